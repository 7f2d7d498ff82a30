#include "domain/rule/switch.h"

#include "domain/rule/commands.h"
#include "domain/rule/sets.h"
#include "lib/pack.h"

#define ROW_FORMAT 1u
#define ROW_BYTES 16u
#define KEY_BYTES 4u
#define EARLY_KEY_BYTES 8u
#define SLICE_PEOPLE 128u
#define SLICE_BYTES_MAX (16u + SLICE_PEOPLE * 5u)

const struct family switch_family = {.id = 109, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES, .name = "rule_switch"};

/* --- the row --- */

struct telling {
    uint32_t old;
    uint32_t told; /* the last person who was */
};

static struct bytes telling_key(struct arena *a, uint32_t new)
{
    uint8_t *key = arena_take(a, KEY_BYTES, 1);
    (void)put_key(key, new, 4);
    return bytes_of(key, KEY_BYTES);
}

static bool telling_find(const struct view *v, uint32_t new, struct telling *out)
{
    struct bytes value;
    if (!view_keyed(v, &switch_family, telling_key(v->arena, new), &value))
        return false;
    struct unpack u = unpack_of(value);
    uint8_t format = unpack_u8(&u);
    out->old = unpack_varint32(&u);
    out->told = unpack_varint32(&u);
    assert(format == ROW_FORMAT && unpack_finished(&u));
    (void)format;
    return true;
}

static void telling_put(struct step *s, uint32_t new, const struct telling *t)
{
    struct buf b = arena_buf(s->view.arena, ROW_BYTES);
    pack_u8(&b, ROW_FORMAT);
    pack_varint(&b, t->old);
    pack_varint(&b, t->told);
    step_keyed_put(s, &switch_family, telling_key(s->view.arena, new), buf_bytes(&b));
}

static struct bytes early_key(struct arena *a, uint32_t new, uint32_t person)
{
    uint8_t *key = arena_take(a, EARLY_KEY_BYTES, 1);
    (void)put_key(put_key(key, new, 4), person, 4);
    return bytes_of(key, EARLY_KEY_BYTES);
}

static bool is_early(const struct view *v, uint32_t new, uint32_t person)
{
    struct bytes value;
    return view_keyed(v, &switch_family, early_key(v->arena, new, person), &value);
}

static struct bytes stood(const struct view *v, uint32_t person, const struct book_rule *r)
{
    struct stand_walk w = stand_walk(view_section(v, person, &standing_section), NULL);
    for (struct stand stand; stand_next(&w, &stand) && stand.rule <= r->row.number;)
        if (stand.rule == r->row.number && !stand.is_plain)
            return stand.value;
    return r->row.unknown;
}

struct bytes switch_told(struct step *s, const struct book *b, const struct book_rule *new, uint32_t person,
                         struct bytes before)
{
    struct telling t;
    uint8_t format = ROW_FORMAT;
    if (!telling_find(&s->view, new->row.number, &t) || person <= t.told || is_early(&s->view, new->row.number, person))
        return before;
    const struct book_rule *old = book_rule(b, t.old);
    step_keyed_put(s, &switch_family, early_key(s->view.arena, new->row.number, person),
                   arena_copy(s->view.arena, bytes_of(&format, 1)));
    return old == NULL ? new->row.unknown : arena_copy(s->view.arena, stood(&s->view, person, old));
}

/* --- whom to tell --- */

struct slice {
    uint32_t new;
    size_t count;
    uint32_t people[SLICE_PEOPLE];
};

static size_t join_sorted(uint32_t *into, size_t count, const uint32_t *more, size_t more_count)
{
    uint32_t both[2 * SLICE_PEOPLE];
    size_t at = 0, i = 0, j = 0;
    while (i < count || j < more_count) {
        uint32_t next = j == more_count || (i < count && into[i] <= more[j]) ? into[i] : more[j];
        i += i < count && into[i] == next;
        j += j < more_count && more[j] == next;
        both[at++] = next;
    }
    at = at < SLICE_PEOPLE ? at : SLICE_PEOPLE;
    memcpy(into, both, at * sizeof *both);
    return at;
}

static size_t everybody_next(const struct view *v, uint32_t after, uint32_t *out_people)
{
    size_t count = 0;
    for (uint32_t end = view_rows_end(v, &person_family); after + 1 < end && count < SLICE_PEOPLE;)
        out_people[count++] = ++after;
    return count;
}

/* Whoever either says something of; where they differ about somebody unknown, everybody. */
static bool slice_fill(const struct view *v, const struct book *b, const struct telling *t, struct slice *slice)
{
    const struct book_rule *old = book_rule(b, t->old), *new = book_rule(b, slice->new);
    uint32_t others[SLICE_PEOPLE];
    if (old != NULL && !bytes_equal(old->row.unknown, new->row.unknown)) {
        slice->count = everybody_next(v, t->told, slice->people);
        return slice->count > 0;
    }
    slice->count = sets_standing(v, slice->new, t->told, slice->people, SLICE_PEOPLE);
    size_t count = old == NULL ? 0 : sets_standing(v, t->old, t->told, others, SLICE_PEOPLE);
    if (count > 0)
        slice->count = join_sorted(slice->people, slice->count, others, count);
    return slice->count > 0;
}

static struct bytes slice_pack(struct arena *a, const struct slice *slice)
{
    struct buf b = arena_buf(a, SLICE_BYTES_MAX);
    pack_u8(&b, ROW_FORMAT);
    pack_varint(&b, slice->new);
    for (size_t i = 0, before = 0; i < slice->count; before = slice->people[i++])
        pack_varint(&b, slice->people[i] - before);
    assert(!b.overflowed);
    return buf_bytes(&b);
}

static void slice_unpack(struct bytes state, struct slice *out)
{
    struct unpack u = unpack_of(state);
    uint8_t format = unpack_u8(&u);
    out->new = unpack_varint32(&u);
    out->count = 0;
    for (uint32_t person = 0; unpack_left(&u) > 0 && unpack_good(&u);) {
        assert(out->count < SLICE_PEOPLE);
        person += unpack_varint32(&u);
        out->people[out->count++] = person;
    }
    assert(format == ROW_FORMAT && unpack_finished(&u));
    (void)format;
}

/* --- telling --- */

static void person_tell(struct step *s, const struct book_rule *old, const struct book_rule *new, uint32_t person)
{
    struct bytes before = old == NULL ? new->row.unknown : stood(&s->view, person, old);
    struct bytes after = stood(&s->view, person, new);
    if (bytes_equal(before, after) || is_early(&s->view, new->row.number, person))
        return;
    struct rule_turned *f = ARENA_NEW(s->view.arena, struct rule_turned);
    *f = (struct rule_turned){
        .rule = new->row.number,
        .person = person,
        .before = rule_value_unpack(new->row.type, arena_copy(s->view.arena, before)),
        .after = rule_value_unpack(new->row.type, arena_copy(s->view.arena, after)),
    };
    step_say(s, &fact_rule_turned, f);
}

static void switch_end(struct step *s, uint32_t old, uint32_t new)
{
    step_keyed_remove(s, &switch_family, telling_key(s->view.arena, new));
    if (old == RULE_NONE)
        return;
    sweep_begin(s, old);
    rule_remove(s, old);
}

/* A step's share of the rows of who was told before it was their turn, which may be everybody who came meanwhile. true: there may be more. */
static bool early_clear(struct step *s, uint32_t new)
{
    struct bytes prefix = telling_key(s->view.arena, new), from = prefix, key, value;
    for (uint32_t i = 0; i < SLICE_PEOPLE; i++) {
        if (!view_keyed_next(&s->view, &switch_family, from, true, &key, &value) || !bytes_starts_with(key, prefix))
            return false;
        from = arena_copy(s->view.arena, key);
        step_keyed_remove(s, &switch_family, from);
    }
    return true;
}

/* Everybody was told. A slice of nobody comes again. */
static struct bytes switch_clear(struct step *s, const struct telling *t, uint32_t new)
{
    struct slice nobody = {.new = new};
    if (!early_clear(s, new)) {
        switch_end(s, t->old, new);
        return BYTES_NONE;
    }
    telling_put(s, new, &(struct telling){.old = t->old, .told = UINT32_MAX});
    return slice_pack(s->view.arena, &nobody);
}

static struct bytes switch_advance(struct step *s, struct bytes state)
{
    const struct book *b = book_of(&s->view);
    struct telling t;
    struct slice slice;
    slice_unpack(state, &slice);
    const struct book_rule *new = book_rule(b, slice.new);
    if (!telling_find(&s->view, slice.new, &t))
        return BYTES_NONE;
    if (new == NULL || slice.count == 0) /* it ended meanwhile, or all are told */
        return switch_clear(s, &t, slice.new);
    s->cause = CAUSE_SWITCH;
    for (size_t i = 0; i < slice.count; i++)
        person_tell(s, book_rule(b, t.old), new, slice.people[i]);
    t.told = slice.people[slice.count - 1];
    if (!slice_fill(&s->view, b, &t, &slice))
        return switch_clear(s, &t, slice.new);
    telling_put(s, slice.new, &t);
    return slice_pack(s->view.arena, &slice);
}

static void switch_needs(const struct view *v, struct bytes state)
{
    struct slice slice;
    struct telling t;
    struct bytes row;
    slice_unpack(state, &slice);
    for (size_t i = 0; i < slice.count; i++)
        (void)view_person(v, slice.people[i]);
    if (telling_find(v, slice.new, &t) && t.old != RULE_NONE)
        (void)view_row(v, &rule_family, t.old, &row);
}

const struct job_kind switch_job = {
    .id = 0x1013, .name = "rule.switch", .advance = switch_advance, .needs = switch_needs};

void switch_begin(struct step *s, const struct book *b, uint32_t old, uint32_t new)
{
    struct telling t = {.old = old};
    struct slice slice = {.new = new};
    telling_put(s, new, &t);
    if (slice_fill(&s->view, b, &t, &slice))
        step_job_start(s, &switch_job, telling_key(s->view.arena, new), slice_pack(s->view.arena, &slice));
    else
        switch_end(s, old, new);
}
