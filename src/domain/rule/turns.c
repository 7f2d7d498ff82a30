/* What time alone changes: timers within the horizon, a job each day, and the sweep of rules that are over. */
#include "domain/calendar/calendar.h"
#include "domain/rule/look.h"
#include "domain/rule/sets.h"

#define TURN_KEY_BYTES 8u
#define SLICE_PEOPLE 128u
#define SLICE_FORMAT 2u
#define SLICE_BYTES_MAX (32u + SLICE_PEOPLE * 5u)
#define THROUGH_BYTES_MAX 16u

/* --- a turn within the horizon --- */

static struct bytes turn_key(struct step *s, uint32_t person, uint32_t rule)
{
    uint8_t *key = arena_take(s->view.arena, TURN_KEY_BYTES, 1);
    (void)put_key(put_key(key, person, 4), rule, 4);
    return bytes_of(key, TURN_KEY_BYTES);
}

void turn_timer_set(struct step *s, uint32_t person, const struct stand *stand)
{
    struct bytes key = turn_key(s, person, stand->rule);
    step_timer_set(s, &turn_timer, stand->turn_us, key, key);
}

void turn_timer_cancel(struct step *s, uint32_t person, const struct stand *stand)
{
    step_timer_cancel(s, &turn_timer, stand->turn_us, turn_key(s, person, stand->rule));
}

static void turn_due(struct step *s, struct bytes payload)
{
    assert(payload.size == TURN_KEY_BYTES);
    const struct book *b = book_of(&s->view);
    uint32_t person = (uint32_t)key_number(payload.data, 4), rule = (uint32_t)key_number(payload.data + 4, 4);
    struct rule_numbers n = {0};
    rule_numbers_add(&n, s->view.arena, (struct book_list){.count = 1, .list = &rule});
    rules_look(s, b, person, &n, true);
}

static void turn_needs(const struct view *v, struct bytes payload)
{
    (void)view_person(v, (uint32_t)key_number(payload.data, 4));
}

const struct timer_kind turn_timer = {.id = 0x1021, .name = "rule.turn", .due = turn_due, .needs = turn_needs};

/* --- slices: the people of the next one stand in the state, so that what is announced is what is touched --- */

enum slice_phase { FLIPS, NEXT_MOMENTS, NEXT_MIDNIGHTS, SLICE_PHASES };
struct slice {
    uint8_t phase;
    bool is_next_exact; /* turns at the end of the day are */
    int32_t number;     /* a day, or a rule */
    uint64_t zone;      /* whose day it is (calendar_zone_since) */
    uint32_t after;
    size_t count;
    uint32_t people[SLICE_PEOPLE];
};

static struct bytes slice_pack(struct step *s, const struct slice *slice)
{
    struct buf b = arena_buf(s->view.arena, SLICE_BYTES_MAX);
    pack_u8(&b, SLICE_FORMAT);
    pack_u8(&b, slice->phase);
    pack_u8(&b, slice->is_next_exact);
    pack_signed(&b, slice->number);
    pack_varint(&b, slice->zone);
    pack_varint(&b, slice->count);
    for (size_t i = 0, before = 0; i < slice->count; before = slice->people[i++])
        pack_varint(&b, slice->people[i] - before);
    assert(!b.overflowed);
    return buf_bytes(&b);
}

static void slice_unpack(struct bytes state, struct slice *out)
{
    struct unpack u = unpack_of(state);
    uint8_t format = unpack_u8(&u);
    out->phase = unpack_u8(&u);
    out->is_next_exact = unpack_u8(&u) != 0;
    out->number = (int32_t)unpack_signed(&u);
    out->zone = unpack_varint(&u);
    out->count = (size_t)unpack_varint(&u);
    out->after = 0;
    assert(format == SLICE_FORMAT && unpack_good(&u) && out->count <= SLICE_PEOPLE);
    (void)format;
    for (size_t i = 0; i < out->count; i++)
        out->after = out->people[i] = out->after + unpack_varint32(&u);
    assert(unpack_finished(&u));
}

static void slice_needs(const struct view *v, struct bytes state)
{
    struct slice slice;
    slice_unpack(state, &slice);
    for (size_t i = 0; i < slice.count; i++)
        (void)view_person(v, slice.people[i]);
}

/* --- the day --- */

/* The next midnight is looked at once more where a day may have gone by while nothing ran. The people of the next slice, in this phase or a later one. false: there are none. */
static bool day_fill(const struct view *v, struct slice *slice)
{
    for (; slice->phase < SLICE_PHASES; slice->phase++, slice->after = 0) {
        int32_t day = slice->number,
                first = slice->phase == NEXT_MIDNIGHTS ? day + 1 + slice->is_next_exact : INT32_MIN;
        int32_t last = slice->phase == FLIPS ? day : slice->phase == NEXT_MOMENTS ? day + 1 : day + 2;
        enum turn_place where = slice->phase == NEXT_MOMENTS ? TURN_IN_DAY : TURN_AT_MIDNIGHT;
        slice->count = sets_turning(v, where, first, last, slice->after, slice->people, SLICE_PEOPLE);
        if (slice->count > 0)
            return true;
    }
    return false;
}

/* What is due, or within the horizon and perhaps not exact. */
static void day_look(struct step *s, const struct book *b, uint32_t person)
{
    struct rule_numbers n = {0};
    int64_t horizon_us = turn_horizon_us(book_civil(b), s->view.now_us);
    struct stand_walk w = stand_walk(view_section(&s->view, person, &standing_section), book_civil(b));
    for (struct stand stand; stand_next(&w, &stand);)
        if (!stand.is_timed && stand.turn_us <= horizon_us)
            rule_numbers_add(&n, s->view.arena, (struct book_list){.count = 1, .list = &stand.rule});
    rules_look(s, b, person, &n, true);
}

/* The day whose work is through, so that turns at the midnight after its next one are exact, as days are in a zone. No bytes: of none that is known. */
static struct bytes through_pack(struct step *s, int32_t day, uint64_t zone)
{
    struct buf b = arena_buf(s->view.arena, THROUGH_BYTES_MAX);
    pack_signed(&b, day);
    pack_varint(&b, zone);
    return buf_bytes(&b);
}

static bool is_through(struct bytes payload, int32_t day, uint64_t zone)
{
    struct unpack u = unpack_of(payload);
    if (payload.size == 0)
        return false;
    int64_t through = unpack_signed(&u);
    return through == day && unpack_varint(&u) == zone;
}

static void midnight_await(struct step *s, const struct book *b, int32_t day, struct bytes through)
{
    step_timer_set(s, &day_timer, civil_begin_us(book_civil(b), CIVIL_DAY, day), BYTES_LIT("day"), through);
}

static int32_t today_of(const struct view *v, const struct book *b)
{
    return (int32_t)civil_number(book_civil(b), CIVIL_DAY, v->now_us);
}

void days_begin(struct step *s, const struct book *b)
{
    midnight_await(s, b, today_of(&s->view, b) + 1, BYTES_NONE);
}

static struct bytes day_advance(struct step *s, struct bytes state)
{
    const struct book *b = book_of(&s->view);
    struct slice slice;
    slice_unpack(state, &slice);
    for (size_t i = 0; i < slice.count; i++)
        day_look(s, b, slice.people[i]);
    if (slice.count > 0)
        slice.after = slice.people[slice.count - 1];
    if (day_fill(&s->view, &slice))
        return slice_pack(s, &slice);
    if (slice.number == today_of(&s->view, b))
        midnight_await(s, b, slice.number + 1, through_pack(s, slice.number, slice.zone));
    return BYTES_NONE;
}

const struct job_kind day_job = {.id = 0x1011, .name = "rule.day", .advance = day_advance, .needs = slice_needs};

/* A job of yesterday that is still under way is replaced: what it would have done is due today too. */
static void day_due(struct step *s, struct bytes payload)
{
    const struct book *b = book_of(&s->view);
    struct slice slice = {.number = today_of(&s->view, b), .zone = calendar_zone_since(&s->view)};
    slice.is_next_exact = is_through(payload, slice.number - 1, slice.zone);
    bool has_work = day_fill(&s->view, &slice);
    if (has_work)
        step_job_start(s, &day_job, BYTES_LIT("day"), slice_pack(s, &slice));
    book_efforts_turn(b, s->view.now_us);
    midnight_await(s, b, slice.number + 1, has_work ? BYTES_NONE : through_pack(s, slice.number, slice.zone));
}

const struct timer_kind day_timer = {.id = 0x1022, .name = "rule.day", .due = day_due};

/* --- the sweep --- */

static bool sweep_fill(const struct view *v, struct slice *slice)
{
    slice->count = sets_standing(v, (uint32_t)slice->number, slice->after, slice->people, SLICE_PEOPLE);
    return slice->count > 0;
}

static struct bytes sweep_advance(struct step *s, struct bytes state)
{
    const struct book *b = book_of(&s->view);
    struct slice slice;
    slice_unpack(state, &slice);
    uint32_t rule = (uint32_t)slice.number;
    for (size_t i = 0; i < slice.count; i++) {
        struct rule_numbers n = {0};
        rule_numbers_add(&n, s->view.arena, (struct book_list){.count = 1, .list = &rule});
        rules_look(s, b, slice.people[i], &n, false);
    }
    return sweep_fill(&s->view, &slice) ? slice_pack(s, &slice) : BYTES_NONE;
}

const struct job_kind sweep_job = {.id = 0x1012, .name = "rule.sweep", .advance = sweep_advance, .needs = slice_needs};

void sweep_begin(struct step *s, uint32_t rule)
{
    struct slice slice = {.number = (int32_t)rule};
    uint8_t *key = arena_take(s->view.arena, 4, 1);
    (void)put_key(key, rule, 4);
    if (sweep_fill(&s->view, &slice))
        step_job_start(s, &sweep_job, bytes_of(key, 4), slice_pack(s, &slice));
}
