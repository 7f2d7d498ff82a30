/* Definitions as bodies of calls, and as files. */
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/apply/apply.h"
#include "app/client.h"

/* The parts of a definition as members of an open object, in whose order they are; items of one name stand together. */
struct writing {
    const struct part *const *parts;
    size_t count;
    bool is_body; /* of a call: members are called as the daemon calls them, and a secret is itself */
    struct arena *arena;
    struct json_writer *w;
};

static const char *member_name(const struct writing *g, const struct definition_member *m)
{
    return g->is_body && m->sent != NULL ? m->sent : m->name;
}

/* The secret itself. */
static void secret_put(const struct writing *g, const struct part *p)
{
    const char *value = getenv(arena_text(g->arena, p->texts[0]));
    assert(value != NULL); /* the plan has seen it */
    json_put_text(g->w, value);
}

static void value_put(const struct writing *g, const struct definition_member *m, const struct part *p)
{
    bool is_texts = m->shape == SHAPE_LIST || m->shape == SHAPE_SET;
    json_key(g->w, member_name(g, m));
    if (part_is_null(p) && is_texts)
        json_put_raw(g->w, BYTES_LIT("[]"));
    else if (g->is_body && m->shape == SHAPE_SECRET && !part_is_null(p))
        secret_put(g, p);
    else
        json_put_raw(g->w, p->json);
}

/* What is taken back among open members isn't said any more. Returns the place behind the member. */
static size_t open_put(const struct writing *g, size_t at)
{
    const struct definition_member *m = g->parts[at]->member;
    json_key(g->w, member_name(g, m));
    json_object_begin(g->w);
    for (; at < g->count && g->parts[at]->member == m; at++) {
        if (part_is_null(g->parts[at]))
            continue;
        json_key_bytes(g->w, g->parts[at]->item);
        json_put_raw(g->w, g->parts[at]->json);
    }
    json_object_end(g->w);
    return at;
}

static size_t named_put(const struct writing *g, size_t at)
{
    const struct definition_member *m = g->parts[at]->member;
    json_key(g->w, member_name(g, m));
    json_array_begin(g->w);
    while (at < g->count && g->parts[at]->member == m) {
        struct bytes item = g->parts[at]->item;
        json_object_begin(g->w);
        for (; at < g->count && g->parts[at]->member == m && bytes_equal(g->parts[at]->item, item); at++)
            value_put(g, g->parts[at]->inner, g->parts[at]);
        json_object_end(g->w);
    }
    json_array_end(g->w);
    return at;
}

static void parts_put(const struct writing *g)
{
    json_object_begin(g->w);
    for (size_t at = 0; at < g->count;) {
        const struct part *p = g->parts[at];
        if (p->member->shape == SHAPE_OPEN)
            at = open_put(g, at);
        else if (p->member->shape == SHAPE_NAMED)
            at = named_put(g, at);
        else
            value_put(g, p->member, g->parts[at++]);
    }
    json_object_end(g->w);
}

/* What files say, and of what they don't say what stands: so that it stays, also where a call replaces all. */
static struct writing both(const struct definition *wanted, const struct definition *standing, struct arena *a)
{
    size_t ends = wanted->part_count + (standing == NULL ? 0 : standing->part_count), count = 0, k = 0;
    const struct part **parts = ARENA_ARRAY(a, const struct part *, ends + 1);
    for (size_t i = 0; i < wanted->part_count; i++) {
        while (standing != NULL && k < standing->part_count &&
               part_place_compare(&standing->parts[k], &wanted->parts[i]) < 0)
            parts[count++] = &standing->parts[k++];
        k += standing != NULL && k < standing->part_count &&
             part_place_compare(&standing->parts[k], &wanted->parts[i]) == 0;
        parts[count++] = &wanted->parts[i];
    }
    while (standing != NULL && k < standing->part_count)
        parts[count++] = &standing->parts[k++];
    return (struct writing){.parts = parts, .count = count, .is_body = true, .arena = a};
}

static struct writing keys_of(const struct definition *d, struct arena *a)
{
    const struct part **parts = ARENA_ARRAY(a, const struct part *, d->part_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < d->part_count; i++)
        if (d->parts[i].member->use == MEMBER_KEY)
            parts[count++] = &d->parts[i];
    return (struct writing){.parts = parts, .count = count, .is_body = true, .arena = a};
}

/* --- calls --- */

static void initial_put(const struct definition *d, struct json_writer *w)
{
    assert(d->bounds.are_known);
    json_object_begin(w);
    json_key(w, "name");
    json_put_string(w, d->key);
    json_key(w, "value");
    json_put_int64(w, d->bounds.initially);
    json_object_end(w);
}

static void removal_write(const struct definition *d, struct arena *a, struct call_text *out)
{
    struct writing g = keys_of(d, a);
    const struct definition_kind *kind = d->kind;
    g.w = out->body;
    out->method = kind->end == END_DELETE ? "DELETE" : kind->end == END_POST ? "POST" : kind->method;
    buf_push_text(out->path, kind->end_path != NULL ? kind->end_path : kind->put);
    if (kind->end == END_DELETE)
        url_push(out->path, d->key);
    else if (kind->end == END_INITIAL)
        initial_put(d, out->body);
    else
        parts_put(&g);
}

void change_call(const struct change *c, struct arena *a, struct call_text *out)
{
    assert(c->what == CHANGE_NEW || c->what == CHANGE_ALTERED || c->what == CHANGE_REMOVED);
    if (c->what == CHANGE_REMOVED) {
        removal_write(c->standing, a, out);
        return;
    }
    struct writing g = both(c->wanted, c->standing, a);
    g.w = out->body;
    out->method = c->wanted->kind->method;
    buf_push_text(out->path, c->wanted->kind->put);
    parts_put(&g);
}

/* --- files --- */

void definitions_write(const struct definitions *d, const struct definition_kind *kind, struct json_writer *w)
{
    json_object_begin(w);
    json_key(w, kind->name);
    json_array_begin(w);
    for (size_t i = 0; i < d->count; i++) {
        const struct definition *one = &d->list[i];
        if (one->kind != kind || one->is_bare)
            continue;
        const struct part **parts = ARENA_ARRAY(d->arena, const struct part *, one->part_count + 1);
        for (size_t k = 0; k < one->part_count; k++)
            parts[k] = &one->parts[k];
        parts_put(&(struct writing){.parts = parts, .count = one->part_count, .arena = d->arena, .w = w});
    }
    json_array_end(w);
    json_object_end(w);
}
