/* What files say against what stands: what is to be done, and in which order. */
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/apply/apply.h"
#include "lib/nearest.h"

/* --- order --- */

int definition_compare(const struct definition *a, const struct definition *b)
{
    return a->kind != b->kind ? (a->kind < b->kind ? -1 : 1) : bytes_compare(a->key, b->key);
}

static int place_compare(const void *a, const void *b)
{
    return a == b ? 0 : a < b ? -1 : 1;
}

int part_place_compare(const struct part *a, const struct part *b)
{
    int by_member = place_compare(a->member, b->member), by_item = bytes_compare(a->item, b->item);
    return by_member != 0 ? by_member : by_item != 0 ? by_item : place_compare(a->inner, b->inner);
}

static int by_kind_and_key(const void *a, const void *b)
{
    return definition_compare(a, b);
}

fallible definitions_sort(struct definitions *d, struct err *e)
{
    if (d->count > 0)
        qsort(d->list, d->count, sizeof *d->list, by_kind_and_key);
    for (size_t i = 1; i < d->count; i++) {
        const struct definition *a = &d->list[i - 1], *b = &d->list[i];
        if (definition_compare(a, b) == 0)
            return FAIL(e, EXISTS, either("%s:%llu: %s %s stands in %s:%llu too", "%s:%llu:%s %s 在 %s:%llu 也有定义"),
                        b->file == NULL ? "-" : b->file, (unsigned long long)b->line, b->kind->name,
                        key_text(b, d->arena), a->file == NULL ? "-" : a->file, (unsigned long long)a->line);
    }
    return DONE;
}

const struct definition *definitions_find(const struct definitions *d, const struct definition_kind *kind,
                                          struct bytes key)
{
    struct definition wanted = {.kind = kind, .key = key};
    return d->count == 0 ? NULL : bsearch(&wanted, d->list, d->count, sizeof *d->list, by_kind_and_key);
}

/* --- words --- */

bool part_is_null(const struct part *p)
{
    return bytes_equal(p->json, BYTES_LIT("null"));
}

const char *key_text(const struct definition *d, struct arena *a)
{
    char *text = arena_text(a, d->key);
    for (char *at = text; *at != 0; at++)
        *at = (unsigned char)*at < ' ' || *at == 0x7F ? ' ' : *at;
    return text;
}

const char *part_path(const struct part *p, struct arena *a)
{
    const char *inner = p->inner == NULL ? "" : p->inner->name;
    if (p->item.size == 0)
        return p->member->name;
    return arena_printf(a, "%s.%.*s%s%s", p->member->name, BYTES_ARG(p->item), *inner == 0 ? "" : ".", inner);
}

/* --- comparing --- */

static const struct definition_member *leaf_of(const struct part *p)
{
    return p->inner != NULL ? p->inner : p->member;
}

/* Which secret it is nobody is told: one is as good as the other. */
static bool is_same(const struct part *is, const struct part *was)
{
    if (was == NULL)
        return part_is_null(is);
    if (leaf_of(is)->shape == SHAPE_SECRET)
        return !part_is_null(is);
    return bytes_equal(is->json, was->json);
}

/* What the files say and the workspace doesn't. */
static void differences_find(struct change *c, struct arena *a)
{
    size_t at = 0, room = c->wanted->part_count;
    c->differences = ARENA_ARRAY(a, struct difference, room + 1);
    for (size_t i = 0; i < room; i++) {
        const struct part *is = &c->wanted->parts[i], *was = NULL;
        size_t end = c->standing == NULL ? 0 : c->standing->part_count;
        while (at < end && part_place_compare(&c->standing->parts[at], is) < 0)
            at++;
        if (at < end && part_place_compare(&c->standing->parts[at], is) == 0)
            was = &c->standing->parts[at];
        if (leaf_of(is)->use == MEMBER_PLAIN && !is_same(is, was))
            c->differences[c->difference_count++] = (struct difference){was, is};
    }
}

static struct change change_of(const struct definition *wanted, const struct definition *standing, bool removes,
                               struct arena *a)
{
    struct change c = {.wanted = wanted, .standing = standing};
    if (wanted == NULL) {
        c.what = removes ? CHANGE_REMOVED : CHANGE_LEFT;
        return c;
    }
    differences_find(&c, a);
    c.what = standing == NULL ? CHANGE_NEW : c.difference_count > 0 ? CHANGE_ALTERED : CHANGE_NONE;
    return c;
}

/* --- what the daemon would refuse --- */

static fallible given_check(const struct definition *d, const struct definitions *standing, struct err *e)
{
    const char **names = ARENA_ARRAY(standing->arena, const char *, standing->count + 1);
    size_t count = 0;
    if (!d->kind->is_given || definitions_find(standing, d->kind, d->key) != NULL)
        return DONE;
    for (size_t i = 0; i < standing->count; i++)
        if (standing->list[i].kind == d->kind)
            names[count++] = arena_text(standing->arena, standing->list[i].key);
    return FAIL(e, INVALID, either("there is none of this name; the nearest is '%s'", "没有这个名称,最接近的是 '%s'"),
                nearest_name(d->key, names, count, sizeof *names));
}

static fallible bounds_check(const struct change *c, struct err *e)
{
    int64_t value;
    struct bounds b = c->standing == NULL ? (struct bounds){0} : c->standing->bounds;
    for (size_t i = 0; i < c->difference_count && b.are_known; i++) {
        char *text = NULL;
        const struct bytes json = c->differences[i].is->json;
        char digits[32] = {0};
        if (json.size < sizeof digits)
            memcpy(digits, json.data, json.size);
        value = strtoll(digits, &text, 10);
        if (digits[0] == 0 || *text != 0 || value < b.least || value > b.most)
            return FAIL(e, INVALID, either("%s: want a whole number from %lld to %lld", "%s:应为 %lld 到 %lld 的整数"),
                        c->differences[i].is->member->name, (long long)b.least, (long long)b.most);
    }
    return DONE;
}

/* The key of what a definition refers to by name. */
static struct bytes key_beside(const struct definition *d, struct bytes name, struct arena *a)
{
    size_t size = d->key.size;
    while (size > 0 && d->key.data[size - 1] != KEY_SEPARATOR)
        size--;
    return bytes_of_text(arena_printf(a, "%.*s%.*s", (int)size, (const char *)d->key.data, BYTES_ARG(name)));
}

/* Walks the names that a definition refers to. */
struct reference_walk {
    const struct definition *of;
    size_t part, text;
};

static bool reference_next(struct reference_walk *w, struct bytes *out_name)
{
    for (; w->part < w->of->part_count; w->part++, w->text = 0) {
        const struct part *p = &w->of->parts[w->part];
        if (!leaf_of(p)->refers || w->text == p->text_count)
            continue;
        *out_name = p->texts[w->text++];
        return true;
    }
    return false;
}

static fallible references_check(const struct definition *d, const struct definitions *wanted,
                                 const struct definitions *standing, struct err *e)
{
    struct reference_walk w = {.of = d};
    struct bytes name;
    while (reference_next(&w, &name)) {
        struct bytes key = key_beside(d, name, wanted->arena);
        if (definitions_find(wanted, d->kind, key) == NULL && definitions_find(standing, d->kind, key) == NULL)
            return FAIL(e, INVALID,
                        either("it names '%.*s', which neither a file nor the workspace has",
                               "引用的 '%.*s' 在文件和工作区中都不存在"),
                        BYTES_ARG(name));
    }
    return DONE;
}

static const struct part *secret_in(const struct definition *d)
{
    for (size_t i = 0; d != NULL && i < d->part_count; i++)
        if (d->parts[i].member->shape == SHAPE_SECRET)
            return &d->parts[i];
    return NULL;
}

/* A definition that is put anew gets its secret anew, too. */
static fallible secret_check(const struct change *c, struct arena *a, struct err *e)
{
    const struct part *is = secret_in(c->wanted), *was = secret_in(c->standing);
    if (c->what == CHANGE_NONE || (is == NULL && was == NULL) || (is != NULL && part_is_null(is)))
        return DONE;
    if (is == NULL)
        return FAIL(e, INVALID,
                    either("%s: it has a secret, which would be lost: say in which variable it is",
                           "%s:原有密钥会丢失,请说明密钥所在的环境变量"),
                    was->member->name);
    const char *name = arena_text(a, is->texts[0]), *value = getenv(name);
    if (value == NULL || *value == 0)
        return FAIL(e, INVALID,
                    either("%s: the variable %s is empty: set it to the secret", "%s:环境变量 %s 为空,请设为密钥"),
                    is->member->name, name);
    return DONE;
}

static fallible change_check(const struct change *c, const struct definitions *wanted,
                             const struct definitions *standing, struct err *e)
{
    const struct definition *d = c->wanted;
    if (d == NULL)
        return DONE;
    TRY(given_check(d, standing, e));
    TRY(bounds_check(c, e));
    TRY(references_check(d, wanted, standing, e));
    return secret_check(c, wanted->arena, e);
}

/* --- the plan --- */

bool definitions_name(const struct definitions *d, const struct definition_kind *kind)
{
    size_t count;
    return (d->kinds_named >> (kind - definition_kinds(&count)) & 1) != 0;
}

static void change_add(struct plan *p, struct change c)
{
    p->changes[p->count++] = c;
    p->counts[c.what]++;
}

fallible plan_make(const struct definitions *wanted, const struct definitions *standing, bool prunes, struct arena *a,
                   struct plan *out_plan, struct err *e)
{
    struct plan p = {.changes = ARENA_ARRAY(a, struct change, wanted->count + standing->count + 1)};
    for (size_t i = 0, k = 0; i < wanted->count || k < standing->count;) {
        const struct definition *is = i < wanted->count ? &wanted->list[i] : NULL,
                                *was = k < standing->count ? &standing->list[k] : NULL;
        int order = is == NULL ? 1 : was == NULL ? -1 : definition_compare(is, was);
        is = order <= 0 ? is : NULL;
        was = order >= 0 ? was : NULL;
        i += is != NULL;
        k += was != NULL;
        bool removes = is == NULL && prunes && was->kind->end != END_NEVER && definitions_name(wanted, was->kind);
        if (is != NULL || !was->is_bare)
            change_add(&p, change_of(is, was, removes, a));
    }
    for (size_t i = 0; i < p.count; i++) {
        const struct definition *d = p.changes[i].wanted;
        struct status status = change_check(&p.changes[i], wanted, standing, e);
        if (failed(status))
            return WRAP(e, status, "%s:%llu: %s %s", d->file, (unsigned long long)d->line, d->kind->name,
                        key_text(d, a));
    }
    *out_plan = p;
    return DONE;
}

/* Does it name something of its kind that is yet to be made? */
static bool waits(const struct change *c, const struct change *const *left, size_t count, struct arena *a)
{
    struct reference_walk w = {.of = c->wanted};
    struct bytes name;
    while (reference_next(&w, &name)) {
        struct bytes key = key_beside(c->wanted, name, a);
        for (size_t i = 0; i < count; i++)
            if (left[i] != c && left[i]->what == CHANGE_NEW && left[i]->wanted->kind == c->wanted->kind &&
                bytes_equal(left[i]->wanted->key, key))
                return true;
    }
    return false;
}

/* The same definition without what it refers to, so that others may name it; and then the whole, as a change of that. */
static const struct change *circle_break(const struct change **io_change, struct arena *a)
{
    const struct definition *whole = (*io_change)->wanted;
    struct definition *bare = ARENA_NEW(a, struct definition);
    struct change *first = ARENA_NEW(a, struct change), *second = ARENA_NEW(a, struct change);
    *bare = *whole;
    bare->parts = ARENA_ARRAY(a, struct part, whole->part_count);
    bare->part_count = 0;
    for (size_t i = 0; i < whole->part_count; i++)
        if (!leaf_of(&whole->parts[i])->refers)
            bare->parts[bare->part_count++] = whole->parts[i];
    *first = *second = **io_change;
    first->wanted = bare;
    second->what = CHANGE_ALTERED;
    *io_change = second;
    return first;
}

/* Of one kind: those that wait for another go behind it. Where all wait there is a circle of new ones. */
static size_t kind_order(const struct change **left, size_t count, const struct change **out, struct arena *a)
{
    size_t out_count = 0;
    while (count > 0) {
        size_t at = 0;
        while (at < count && waits(left[at], left, count, a))
            at++;
        if (at < count) {
            out[out_count++] = left[at];
            memmove(left + at, left + at + 1, (--count - at) * sizeof(const struct change *));
            continue;
        }
        for (at = 0; left[at]->what != CHANGE_NEW;)
            at++;
        out[out_count++] = circle_break(&left[at], a);
    }
    return out_count;
}

const struct change **plan_order(const struct plan *p, struct arena *a, size_t *out_count)
{
    const struct change **order = ARENA_ARRAY(a, const struct change *, 2 * p->count + 1),
                        **left = ARENA_ARRAY(a, const struct change *, p->count + 1);
    size_t count = 0, waiting = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct change *c = &p->changes[i];
        if (waiting > 0 && (c->wanted != NULL ? c->wanted->kind : c->standing->kind) != left[0]->wanted->kind) {
            count += kind_order(left, waiting, order + count, a);
            waiting = 0;
        }
        if (c->what == CHANGE_NEW || c->what == CHANGE_ALTERED)
            left[waiting++] = c;
    }
    count += kind_order(left, waiting, order + count, a);
    for (size_t i = p->count; i-- > 0;)
        if (p->changes[i].what == CHANGE_REMOVED)
            order[count++] = &p->changes[i];
    *out_count = count;
    return order;
}
