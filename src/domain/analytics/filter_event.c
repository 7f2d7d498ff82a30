#include "domain/analytics/filter_event.h"

#include <string.h>

#include "domain/analytics/filter_inside.h"
#include "domain/analytics/thing_book.h"
#include "domain/collect/collect.h"
#include "lib/list.h"

/* --- the values of a path --- */

struct walking {
    const struct path *path;
    struct event_look *look;
    event_value each;
    void *context;
    bool any;       /* values came */
    uint32_t kinds; /* of single values that came of this record: a bit each */
};

/* All below return false when whoever asked has had enough. Of a thing: what it told; each of several. */
static bool value_told(struct walking *w, const struct value *v)
{
    struct value told, one;
    uint32_t at = 0;
    w->any = true;
    if (w->path->kind != PATH_THING)
        return w->each(w->context, v);
    if (v->kind != VALUE_TEXT || w->look->told == NULL ||
        !w->look->told(w->look->context, w->path->want, v->body, w->look->envelope->event_us, &told))
        return true;
    while (thing_value_next(&told, &at, &one))
        if (!w->each(w->context, &one))
            return false;
    return true;
}

/* As columns keep it. */
static struct value value_cut(struct value v)
{
    if (v.kind == VALUE_TEXT && v.body.size > COLUMN_TEXT_BYTES_MAX) {
        size_t size = COLUMN_TEXT_BYTES_MAX;
        while (size > 0 && (v.body.data[size] & 0xc0) == 0x80)
            size--;
        v.body.size = size;
    }
    return v;
}

/* Where a name comes twice, as a member of an object and with a dot in it, the first value of each kind counts, as in columns. */
static bool single_told(struct walking *w, const struct value *v)
{
    struct value one = value_cut(*v);
    uint32_t kind = UINT32_C(1) << (v->kind == VALUE_FALSE ? VALUE_TRUE : v->kind);
    bool is_first = (w->kinds & kind) == 0;
    w->kinds |= kind;
    return !is_first || value_told(w, &one);
}

/* A member of the path's name: of a list the scalars in it. */
static bool member_told(struct walking *w, const struct value *v)
{
    struct unpack u = unpack_of(v->body);
    if (v->kind == VALUE_NULL || v->kind == VALUE_OBJECT)
        return true;
    if (v->kind != VALUE_LIST)
        return single_told(w, v);
    for (uint32_t i = 0; i < v->count; i++) {
        struct value one = value_cut(unpack_value(&u));
        if (one.kind != VALUE_NULL && one.kind < VALUE_LIST && !value_told(w, &one))
            return false;
    }
    return true;
}

/* Members of a record or an object, behind the count, whose name is `name`, or begins it up to a dot. Objects lie in each other as deep as VALUE_DEPTH_MAX. */
static bool members_told(struct walking *w, struct unpack *u, uint32_t count, struct bytes name)
{
    for (uint32_t i = 0; i < count && unpack_good(u); i++) {
        struct bytes key;
        struct value v = unpack_member(u, &key);
        if (!bytes_starts_with(name, key) || key.size == 0)
            continue;
        if (key.size == name.size && !member_told(w, &v))
            return false;
        if (v.kind == VALUE_OBJECT && key.size < name.size && name.data[key.size] == '.') {
            struct unpack inside = unpack_of(v.body);
            if (!members_told(w, &inside, v.count, bytes_slice(name, key.size + 1, name.size)))
                return false;
        }
    }
    return true;
}

static bool named_told(struct walking *w, const struct path *path, struct bytes record)
{
    struct unpack u = unpack_of(record);
    w->path = path;
    w->kinds = 0;
    return record.size == 0 || path->name.size > COLUMN_PROPERTY_BYTES_MAX ||
           members_told(w, &u, unpack_varint32(&u), path->name);
}

/* What the event says under the whole name of a path to a thing. *out_any: it says something. */
static bool whole_told(struct walking *w, const struct path *path, struct bytes record, bool *out_any)
{
    bool goes_on = true;
    w->any = false;
    if (path->first != NULL)
        goes_on = named_told(w, path->first, record);
    *out_any = w->any;
    w->path = path;
    return goes_on;
}

static bool record_told(struct walking *w, struct bytes record)
{
    const struct path *path = w->path;
    bool any, goes_on = whole_told(w, path, record, &any);
    return goes_on && (any || named_told(w, path, record));
}

static void items_told(struct walking *w)
{
    struct unpack u = unpack_of(w->look->envelope->items);
    for (uint32_t i = 0; i < w->look->envelope->item_count && unpack_good(&u); i++) {
        struct bytes record = unpack_bytes(&u);
        if ((!w->look->is_item || i == w->look->item) && !record_told(w, record))
            return;
    }
}

static struct bytes field_text(const struct envelope *v, struct bytes name)
{
    if (bytes_equal(name, BYTES_LIT("source")))
        return v->source;
    if (bytes_equal(name, BYTES_LIT("actor")))
        return bytes_of_text(actor_names[v->actor]);
    if (bytes_equal(name, BYTES_LIT("actor_id")))
        return v->actor_id;
    for (uint32_t i = 0; i < REF_COUNT; i++)
        if (bytes_equal(name, bytes_of_text(reference_names[i])))
            return v->reference[i];
    return BYTES_NONE;
}

static void field_told(struct walking *w)
{
    const struct envelope *v = w->look->envelope;
    struct bytes text = w->path->kind == PATH_EVENT ? v->event : field_text(v, w->path->name);
    struct value one = value_cut((struct value){.kind = VALUE_TEXT, .body = text});
    bool any;
    if (whole_told(w, w->path, v->properties, &any) && !any && one.body.size > 0)
        (void)value_told(w, &one);
}

bool path_is_of_items(const struct path *p)
{
    return (p->kind == PATH_COLUMN || p->kind == PATH_THING) && p->of == COLUMN_ITEM;
}

/* As the event itself says them. */
static void path_look(struct walking *w)
{
    const struct path *p = w->path;
    const struct envelope *v = w->look->envelope;
    struct value time = {.kind = VALUE_TIME, .integer = v->event_us}, dial;
    if (p->kind == PATH_TIME) {
        (void)w->each(w->context, &time);
    } else if (p->kind == PATH_DIAL) {
        dial = path_dial(p, w->look->civil, v->event_us);
        (void)w->each(w->context, &dial);
    } else if (p->kind == PATH_EVENT || p->of == COLUMN_FIELD) {
        field_told(w);
    } else if (p->of == COLUMN_ITEM) {
        items_told(w);
    } else {
        (void)record_told(w, v->properties);
    }
}

struct finding {
    struct path_found *found;
    struct arena *arena;
};

static bool found_add(void *context, const struct value *v)
{
    struct finding *to = context;
    struct path_found *f = to->found;
    LIST_OPEN(to->arena, f->list, f->count, f->room, f->count);
    f->list[f->count - 1] = *v;
    return true;
}

/* Values that several ask for: looked for once, and told to each. */
static void path_tell(const struct path *p, struct event_look *look, event_value each, void *context)
{
    struct path_found *f = &look->found[p->pooled - 1];
    if (!f->is_found) {
        struct finding to = {.found = f, .arena = look->arena};
        f->is_found = true;
        path_look(&(struct walking){.path = p, .look = look, .each = found_add, .context = &to});
    }
    for (size_t i = 0; i < f->count; i++)
        if (!each(context, &f->list[i]))
            return;
}

void path_values(const struct path *p, struct event_look *look, event_value each, void *context)
{
    bool is_barred = p->barred != NULL && (p->barred[look->event / 64] >> (look->event % 64) & 1) != 0;
    if (is_barred)
        return;
    if (look->found != NULL && p->pooled > 0)
        path_tell(p, look, each, context);
    else
        path_look(&(struct walking){.path = p, .look = look, .each = each, .context = context});
}

/* --- conditions --- */

struct comparing {
    const struct filter *filter;
    struct event_look *look;
    bool is_known, holds;
};

static bool value_compare_next(void *context, const struct value *v)
{
    struct comparing *c = context;
    c->is_known = true;
    if (c->filter->compare < EXPR_KNOWN)
        c->holds |= value_holds(c->filter, v, &c->look->patterns) && !value_is_veiled(c->filter->path->veil, v);
    return !c->holds;
}

/* Of what is absent neither a comparison holds nor its opposite. */
static bool comparison_holds(const struct filter *f, struct event_look *look, bool wanted)
{
    struct comparing c = {.filter = f, .look = look};
    path_values(f->path, look, value_compare_next, &c);
    if (f->compare == EXPR_KNOWN || f->compare == EXPR_UNKNOWN)
        return (c.is_known == (f->compare == EXPR_KNOWN)) == wanted;
    return wanted ? c.holds : c.is_known && !c.holds;
}

/* Whether it holds, or (not `wanted`) its opposite does. Depth is bounded by EXPR_DEPTH_MAX. */
static bool holds(const struct filter *f, struct event_look *look, bool wanted)
{
    if (f->op == FILTER_EVENTS)
        return ((f->events[look->event / 64] >> (look->event % 64) & 1) != 0) == wanted;
    if (f->op == FILTER_COMPARISON)
        return comparison_holds(f, look, wanted);
    if (f->op == FILTER_NOT)
        return holds(f->parts[0], look, !wanted);
    bool is_all = (f->op == FILTER_AND) == wanted;
    for (uint32_t i = 0; i < f->count; i++)
        if (holds(f->parts[i], look, wanted) != is_all)
            return !is_all;
    return is_all;
}

bool filter_holds(const struct filter *f, struct event_look *look)
{
    return f == NULL || holds(f, look, true);
}
