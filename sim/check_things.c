#include <stdio.h>

#include "sim/run.h"

#define INSTANTS 24 /* hours back that are asked about, besides now */

/* --- what the engine says of a field, in the terms of the model --- */

static int value_read(const struct view *v, const struct thing *t, const char *name, int64_t at_us,
                      enum thing_told *out_told)
{
    const struct thing_attribute *a = thing_attribute_named(thing_kind_numbered(v, t->kind), bytes_of_text(name));
    struct bytes packed;
    *out_told = a == NULL ? TOLD_NOTHING : thing_value(t, a->number, at_us, &packed);
    if (*out_told != TOLD)
        return THING_CLEARED;
    struct unpack u = unpack_of(packed);
    return (int)unpack_value(&u).integer;
}

static int field_read(const struct view *v, const struct thing *t, enum thing_field field, int64_t at_us,
                      enum thing_told *out_told)
{
    struct thing_ref parent;
    bool exists = false;
    switch (field) {
    case THING_FIELD_EXISTS:
        *out_told = thing_exists(t, at_us, &exists);
        return exists;
    case THING_FIELD_PARENT:
        *out_told = thing_parent(t, at_us, &parent);
        return *out_told == TOLD ? (parent.id.data[1] - '0') * 10 + (parent.id.data[2] - '0') : THING_CLEARED;
    default:
        return value_read(v, t, thing_field_names[field], at_us, out_told);
    }
}

/* --- all of them --- */

struct things_read {
    struct run *run;
    char trouble[200]; /* of this reading; a reading over cold rows is done again */
};

static void field_compare(const struct view *v, struct things_read *c, const struct thing *t, uint32_t thing,
                          enum thing_field field, int64_t at_us)
{
    bool kept;
    enum thing_told told;
    int want = model_thing_field(&c->run->things, thing, field, at_us, &kept),
        got = field_read(v, t, field, at_us, &told);
    int none = field == THING_FIELD_EXISTS ? 0 : THING_CLEARED;
    want = want == THING_UNSAID ? none : want;
    bool forgets = told == TOLD_FORGOTTEN;
    if (forgets ? kept : got != want)
        (void)snprintf(c->trouble, sizeof c->trouble, "thing %u: field %d at %lld is %d%s, in the model %d", thing,
                       (int)field, (long long)at_us, got, forgets ? " (forgotten)" : "", want);
}

static void children_compare(const struct view *v, struct things_read *c, uint32_t parent)
{
    char id[THING_ID_BYTES];
    struct thing_ref ref = planned_thing(parent, id);
    struct thing t;
    bool kept;
    uint32_t found = 0, members = 0;
    for (uint32_t n = thing_child_next(v, &ref, THING_NEWEST, 0); n != THING_NONE; n = thing_child_next(v, &ref, THING_NEWEST, n))
        found += thing_read(v, n, &t);
    for (uint32_t thing = 0; thing < THINGS_PLANNED; thing++)
        members += model_thing_field(&c->run->things, thing, THING_FIELD_PARENT, INT64_MAX - 1, &kept) == (int)parent;
    if (found != members)
        (void)snprintf(c->trouble, sizeof c->trouble, "thing %u has %u children, in the model %u", parent, found,
                       members);
}

static void things_read(const struct view *v, void *context)
{
    struct things_read *c = context;
    char id[THING_ID_BYTES];
    c->trouble[0] = 0;
    for (uint32_t thing = 0; thing < THINGS_PLANNED; thing++) {
        struct thing_ref ref = planned_thing(thing, id);
        struct thing t;
        bool there = thing_read(v, thing_find(v, &ref), &t);
        if (there != model_thing_known(&c->run->things, thing))
            (void)snprintf(c->trouble, sizeof c->trouble, "thing %u is %sthere, unlike in the model", thing,
                           there ? "" : "not ");
        for (int f = 0; there && f < THING_FIELD_COUNT; f++) {
            field_compare(v, c, &t, thing, (enum thing_field)f, INT64_MAX - 1);
            for (int64_t hours = 0; hours < INSTANTS; hours += 3)
                field_compare(v, c, &t, thing, (enum thing_field)f, v->now_us - hours * US_PER_HOUR);
        }
        children_compare(v, c, thing);
    }
}

void check_things(struct run *r)
{
    struct things_read c = {.run = r};
    engine_read(r->engine, things_read, &c);
    if (c.trouble[0] != 0)
        run_fail(r, "%s", c.trouble);
}
