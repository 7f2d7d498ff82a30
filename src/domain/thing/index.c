#include "domain/thing/index.h"

#include "domain/thing/kinds.h"
#include "domain/thing/members.h"
#include "domain/thing/row.h"

#define SLICE_THINGS 32u
#define STATE_BYTES 12u
#define KEY_BYTES 8u

static_assert(SLICE_THINGS * 4 <= STEP_ROWS_MAX, "a thing's row, and three of a set");

/* How far it has come. */
struct building {
    uint32_t kind, attribute;
    uint32_t after; /* the last thing that was looked at */
};

static struct bytes building_pack(const struct building *x, struct arena *a)
{
    struct buf b = arena_buf(a, STATE_BYTES);
    pack_u32(&b, x->kind);
    pack_u32(&b, x->attribute);
    pack_u32(&b, x->after);
    return buf_bytes(&b);
}

static struct building building_of(struct bytes state)
{
    struct unpack u = unpack_of(state);
    struct building x = {.kind = unpack_u32(&u)};
    x.attribute = unpack_u32(&u);
    x.after = unpack_u32(&u);
    assert(unpack_finished(&u));
    return x;
}

void thing_index_begin(struct step *s, const struct thing_kind *kind)
{
    for (uint32_t i = 0; i < kind->attribute_count; i++) {
        struct building x = {.kind = kind->number, .attribute = kind->attributes[i].number};
        struct bytes state = building_pack(&x, s->view.arena);
        if (kind->attributes[i].index == INDEX_WANTED)
            step_job_start(s, &thing_index_job, bytes_slice(state, 0, KEY_BYTES), state);
    }
}

/* The set in which a thing belongs by its newest value; empty: in none (or its row is cold, and noted). */
static struct bytes set_of(const struct view *v, const struct thing_kind *kind, const struct thing_attribute *a,
                           uint32_t number)
{
    struct thing t;
    if (!thing_read(v, number, &t))
        return BYTES_NONE;
    struct bytes value = thing_newest(&t, a->number);
    return thing_is_said(value) ? members_with(kind->name, a->name, value, v->arena) : BYTES_NONE;
}

static void building_needs(const struct view *v, struct bytes state)
{
    struct building x = building_of(state);
    const struct thing_kind *kind = thing_kind_numbered(v, x.kind);
    const struct thing_attribute *a = thing_attribute_numbered(kind, x.attribute);
    struct bytes all = members_of_kind(kind->name, v->arena);
    for (uint32_t i = 0, n = x.after; i < SLICE_THINGS && (n = members_next(v, all, n)) != THING_NONE; i++) {
        struct bytes set = set_of(v, kind, a, n);
        if (set.size > 0)
            members_touch(v, set, n);
    }
}

static void index_write(struct step *s, const struct thing_kind *kind, uint32_t attribute, enum attribute_index index)
{
    struct thing_kind *copy = arena_take(s->view.arena, sizeof *copy, _Alignof(struct thing_kind));
    *copy = *kind;
    for (uint32_t i = 0; i < copy->attribute_count; i++)
        if (copy->attributes[i].number == attribute)
            copy->attributes[i].index = index;
    thing_kind_write(s, copy);
}

static struct bytes building_advance(struct step *s, struct bytes state)
{
    struct building x = building_of(state);
    const struct thing_kind *kind = thing_kind_numbered(&s->view, x.kind);
    const struct thing_attribute *a = thing_attribute_numbered(kind, x.attribute);
    struct bytes all = members_of_kind(kind->name, s->view.arena);
    uint32_t next = members_next(&s->view, all, x.after), i = 0;
    for (; i < SLICE_THINGS && next != THING_NONE; i++, next = members_next(&s->view, all, x.after)) {
        struct bytes set = set_of(&s->view, kind, a, next);
        if (set.size > 0)
            members_add(s, set, next);
        x.after = next;
    }
    enum attribute_index index = next == THING_NONE ? INDEX_DONE : INDEX_BUILDING;
    if (a->index != index)
        index_write(s, kind, x.attribute, index);
    return next == THING_NONE ? BYTES_NONE : building_pack(&x, s->view.arena);
}

const struct job_kind thing_index_job = {
    .id = 0x0810, .name = "thing.index", .advance = building_advance, .needs = building_needs};
