/* A thing changed that rules read behind relations: its people are looked at in the background, since a store may have a million of them. Where orders are asked for something of it, so are orders. */
#include "domain/analytics/analytics.h"
#include "domain/identity/identity.h"
#include "domain/relation/relation.h"
#include "domain/rule/orders.h"
#include "domain/rule/things.h"
#include "lib/pack.h"

#define STATE_FORMAT 1u
#define STATE_BYTES_MAX 16u
#define KEY_BYTES 5u
#define PEOPLE_A_SLICE 32u  /* each with a few things of their own */
#define CHILDREN_A_SLICE 8u /* each reads some rows */
#define CHILDREN 0u         /* in the place of a type of relation: what belongs to the thing */

struct slice {
    uint32_t thing, type;
    uint32_t after; /* number on the roll that was looked at last, or of the child */
};

static struct bytes slice_pack(struct step *s, const struct slice *slice)
{
    struct buf b = arena_buf(s->view.arena, STATE_BYTES_MAX);
    pack_u8(&b, STATE_FORMAT);
    pack_varint(&b, slice->thing);
    pack_varint(&b, slice->type);
    pack_varint(&b, slice->after);
    assert(!b.overflowed);
    return buf_bytes(&b);
}

static struct slice slice_unpack(struct bytes state)
{
    struct unpack u = unpack_of(state);
    uint8_t format = unpack_u8(&u);
    struct slice slice = {.thing = unpack_varint32(&u)};
    slice.type = unpack_varint32(&u);
    slice.after = unpack_varint32(&u);
    assert(format == STATE_FORMAT && unpack_finished(&u));
    (void)format;
    return slice;
}

/* The next people of the roll, once each; returns how many numbers were passed: fewer than a slice: the last ones. */
static uint32_t slice_people(const struct view *v, struct slice *io, uint32_t out_people[PEOPLE_A_SLICE],
                             uint32_t *out_count)
{
    const struct relation_type *type = relation_type_numbered(v, io->type);
    uint32_t numbers[PEOPLE_A_SLICE];
    struct thing t;
    *out_count = 0;
    if (type == NULL || !thing_read(v, io->thing, &t))
        return 0;
    const struct thing_ref ref = {.kind = thing_kind_name(v, t.kind), .ns = t.ns, .id = t.id};
    uint32_t passed = relation_people(v, type, &ref, io->after, numbers, PEOPLE_A_SLICE);
    for (uint32_t i = 0; i < passed; i++) {
        const struct relation *relations;
        size_t count;
        uint32_t person = relation_person_of(v, type, &ref, numbers[i], &relations, &count);
        if (person != PERSON_NONE)
            out_people[(*out_count)++] = person;
        io->after = numbers[i];
    }
    return passed;
}

/* --- whom a change may concern --- */

static void job_start(struct step *s, struct slice slice)
{
    uint8_t *key = arena_take(s->view.arena, KEY_BYTES, 1);
    (void)put_key(put_key(key, slice.thing, 4), slice.type, 1);
    step_job_start(s, &things_job, bytes_of(key, KEY_BYTES), slice_pack(s, &slice));
}

/* Those who have a relation to the thing of which rules read anything. */
static void people_begin(struct step *s, const struct book *b, uint32_t thing, struct bytes kind)
{
    const struct relation_type *type = NULL;
    while ((type = relation_type_next(&s->view, type == NULL ? 0 : type->number)) != NULL) {
        const struct program_place place = {.what = PROGRAM_RELATION, .number = type->number};
        if (relation_type_takes(type, kind) && book_reads(b, place).count > 0)
            job_start(s, (struct slice){.thing = thing, .type = type->number});
    }
}

static bool reads_things(const struct book *b)
{
    return b != NULL && book_reads(b, (struct program_place){.what = PROGRAM_THING}).count > 0;
}

static bool asks_for(const struct thing_want *want, const struct thing_changed *changed)
{
    bool is_asked = changed->parent_changed && thing_attribute_named(changed->kind, want->member) == NULL;
    for (uint32_t i = 0; i < changed->attribute_count && bytes_equal(want->kind, changed->kind->name); i++) {
        const struct thing_attribute *a = thing_attribute_numbered(changed->kind, changed->attributes[i]);
        is_asked |= a != NULL && bytes_equal(a->name, want->member);
    }
    return is_asked;
}

/* What orders said of the thing when they began may be known only now. */
static bool orders_ask_for(const struct book *b, const struct thing_changed *changed)
{
    struct book_list slots = book_orders(b);
    for (uint32_t i = 0; i < slots.count; i++) {
        const struct book_feature *f = book_feature(b, slots.list[i]);
        const struct thing_wants *wants = f->matcher == NULL ? NULL : matcher_wants(f->matcher);
        for (uint32_t k = 0; wants != NULL && k < wants->count; k++)
            if (asks_for(&wants->list[k], changed))
                return true;
    }
    return false;
}

/* A thing that changed before somebody was on its roll has passed them by. */
void hear_relation_listed(struct step *s, const void *fact)
{
    const struct relation_listed *listed = fact;
    const struct book *b = book_of(&s->view);
    if (reads_things(b) &&
        book_reads(b, (struct program_place){.what = PROGRAM_RELATION, .number = listed->type}).count > 0)
        rules_look_later(s, listed->number, false);
}

void hear_thing_changed(struct step *s, const void *fact)
{
    const struct thing_changed *changed = fact;
    const struct book *b = book_of(&s->view);
    if (b != NULL && orders_ask_for(b, changed))
        orders_look_again(s);
    if (!reads_things(b))
        return;
    people_begin(s, b, changed->thing, changed->kind->name);
    if (changed->parent_changed)
        job_start(s, (struct slice){.thing = changed->thing, .type = CHILDREN});
}

/* --- slices --- */

/* The next things that belong to this one; fewer than a slice: the last ones. */
static uint32_t slice_children(const struct view *v, struct slice *io, struct thing out_children[CHILDREN_A_SLICE])
{
    uint32_t count = 0;
    struct thing t;
    if (!thing_read(v, io->thing, &t))
        return 0;
    const struct thing_ref ref = {.kind = thing_kind_name(v, t.kind), .ns = t.ns, .id = t.id};
    while (count < CHILDREN_A_SLICE) {
        uint32_t child = thing_child_next(v, &ref, THING_NEWEST, io->after);
        if (child == THING_NONE || !thing_read(v, child, &out_children[count]))
            break;
        io->after = child;
        count++;
    }
    return count;
}

static void people_look(struct step *s, const struct book *b, const uint32_t *people, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct rule_numbers rules = {0};
        rule_numbers_add(&rules, s->view.arena, book_reads(b, (struct program_place){.what = PROGRAM_THING}));
        rules_look_with_things(s, b, people[i], &rules, false);
    }
}

static void slice_needs(const struct view *v, struct bytes state)
{
    struct slice slice = slice_unpack(state);
    struct thing children[CHILDREN_A_SLICE];
    uint32_t people[PEOPLE_A_SLICE], count = 0;
    if (slice.type == CHILDREN)
        (void)slice_children(v, &slice, children);
    else
        (void)slice_people(v, &slice, people, &count);
    for (uint32_t i = 0; i < count; i++) {
        (void)view_person(v, people[i]);
        person_things_touch(v, book_of(v), people[i]);
    }
}

static struct bytes children_advance(struct step *s, const struct book *b, struct slice slice)
{
    struct thing children[CHILDREN_A_SLICE];
    uint32_t count = slice_children(&s->view, &slice, children);
    for (uint32_t i = 0; i < count; i++) {
        people_begin(s, b, children[i].number, thing_kind_name(&s->view, children[i].kind));
        job_start(s, (struct slice){.thing = children[i].number, .type = CHILDREN});
    }
    return count == CHILDREN_A_SLICE ? slice_pack(s, &slice) : BYTES_NONE;
}

static struct bytes slice_advance(struct step *s, struct bytes state)
{
    const struct book *b = book_of(&s->view);
    struct slice slice = slice_unpack(state);
    uint32_t people[PEOPLE_A_SLICE], count;
    if (slice.type == CHILDREN)
        return children_advance(s, b, slice);
    uint32_t passed = slice_people(&s->view, &slice, people, &count);
    people_look(s, b, people, count);
    return passed == PEOPLE_A_SLICE ? slice_pack(s, &slice) : BYTES_NONE;
}

const struct job_kind things_job = {
    .id = 0x1015, .name = "rule.things", .advance = slice_advance, .needs = slice_needs};
