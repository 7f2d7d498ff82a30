/* The section that keeps how a person could be reached, and what brings it up to date: facts, the tick, and going through all people
 * when a brand moves. */
#include "domain/scope/reach.h"

#include "engine/forget.h"
#include "engine/stow.h"
#include "lib/pack.h"

#define REACH_FORMAT 1u
#define PERSON_KEY_BYTES 4u
#define RECOUNT_PEOPLE 64u /* a slice */

const struct family long_reach_family = {
    .id = 105, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "long_reach"};
const struct section reach_section = {.id = 6, .kind = SECTION_FLOW, .name = "reach", .beyond = &long_reach_family};
static_assert(REACH_SECTION_BYTES_MAX <= ROW_BYTES_MAX && REACH_FORMAT != SECTION_ELSEWHERE,
              "it fits a row of its own");

/* --- bytes --- */

struct bytes reach_encode(const struct reach *r, struct arena *a)
{
    uint32_t brand = 0;
    if (r->count == 0)
        return BYTES_NONE;
    struct buf b = arena_buf(a, REACH_SECTION_BYTES_MAX);
    pack_u8(&b, REACH_FORMAT);
    pack_signed(&b, r->due_us);
    pack_varint(&b, r->count);
    for (uint32_t i = 0; i < r->count; i++) {
        const struct reach_line *line = &r->lines[i];
        pack_varint(&b, (uint64_t)(line->brand - brand) << 1 | (line->purpose != 0));
        if (line->purpose != 0)
            pack_varint(&b, line->purpose);
        pack_varint(&b, line->states);
        brand = line->brand;
    }
    assert(!b.overflowed);
    return buf_bytes(&b);
}

static struct reach_line line_unpack(struct unpack *u, uint32_t brand)
{
    uint64_t head = unpack_varint(u);
    struct reach_line line = {.brand = brand + (uint32_t)(head >> 1)};
    line.purpose = (head & 1) != 0 ? unpack_varint32(u) : 0;
    line.states = unpack_varint32(u);
    u->bad |= head >> 1 > UINT32_MAX - brand || ((head & 1) != 0 && line.purpose == 0);
    for (uint32_t channel = 0; channel < REACH_CHANNELS; channel++)
        u->bad |= line_state(line.states, channel) >= REACH_STATES;
    return line;
}

bool reach_decode(struct bytes section, struct arena *a, struct reach *out_reach)
{
    struct unpack u = unpack_of(section);
    struct reach r = {0};
    *out_reach = r;
    if (section.size == 0)
        return true;
    u.bad |= unpack_u8(&u) != REACH_FORMAT;
    r.due_us = unpack_signed(&u);
    r.count = unpack_varint32(&u);
    u.bad |= r.count == 0 || r.count > REACH_LINES_MAX;
    if (!unpack_good(&u))
        return false;
    struct reach_line *lines = ARENA_ARRAY(a, struct reach_line, r.count);
    for (uint32_t i = 0; i < r.count && unpack_good(&u); i++) {
        lines[i] = line_unpack(&u, i == 0 ? 0 : lines[i - 1].brand);
        u.bad |= i > 0 && lines[i].brand == lines[i - 1].brand && lines[i].purpose <= lines[i - 1].purpose;
    }
    r.lines = lines;
    *out_reach = r;
    return unpack_finished(&u);
}

void reach_reasons(const struct view *v, uint32_t person, uint32_t brand, uint32_t purpose,
                   enum reach_reason out_reasons[REACH_CHANNELS])
{
    struct reach kept;
    const struct reach_line *addresses = NULL, *consents = NULL;
    bool good = reach_decode(section_read(v, person, &reach_section), v->arena, &kept);
    assert(good);
    for (uint32_t i = 0; good && i < kept.count; i++) {
        const struct reach_line *line = &kept.lines[i];
        if (line->brand == brand && line->purpose == 0)
            addresses = line;
        else if (line->brand == brand && line->purpose == purpose)
            consents = line;
    }
    for (uint32_t channel = 0; channel < REACH_CHANNELS; channel++)
        out_reasons[channel] =
            addresses == NULL
                ? REACH_NOT_KNOWN
                : reach_reason_of(line_state(addresses->states, channel),
                                  consents == NULL ? CONSENT_NONE : line_state(consents->states, channel));
}

/* --- bringing it up to date --- */

static struct bytes person_key(struct arena *a, uint32_t person)
{
    uint8_t *key = arena_take(a, PERSON_KEY_BYTES, 1);
    (void)put_key(key, person, PERSON_KEY_BYTES);
    return bytes_of(key, PERSON_KEY_BYTES);
}

static void reach_become(struct step *s, uint32_t person, struct reach now)
{
    struct arena *a = s->view.arena;
    struct bytes section = section_read(&s->view, person, &reach_section), kept = reach_encode(&now, a);
    struct reach before;
    if (bytes_equal(kept, section))
        return;
    bool good = reach_decode(section, a, &before);
    assert(good);
    (void)good;
    reach_recount(s, &before, &now);
    if (before.due_us != now.due_us && before.due_us != 0)
        step_timer_cancel(s, &reach_timer, before.due_us, person_key(a, person));
    if (before.due_us != now.due_us && now.due_us != 0)
        step_timer_set(s, &reach_timer, now.due_us, person_key(a, person), person_key(a, person));
    section_write(s, person, &reach_section, kept);
}

void reach_refresh(struct step *s, uint32_t person)
{
    reach_become(s, person, reach_make(&s->view, person));
}

void reach_forget(struct step *s, struct forgotten *who)
{
    for (uint32_t i = 0; i < who->number_count; i++)
        reach_become(s, who->numbers[i], (struct reach){0});
}

static void timer_due(struct step *s, struct bytes payload)
{
    reach_refresh(s, (uint32_t)key_number(payload.data, PERSON_KEY_BYTES));
}

/* What reach_refresh reads that may be cold: the row, and of an absorbed number whom it led to. */
static void reach_touch(const struct view *v, uint32_t person)
{
    (void)identity_living(v, person);
}

static void timer_needs(const struct view *v, struct bytes payload)
{
    reach_touch(v, (uint32_t)key_number(payload.data, PERSON_KEY_BYTES));
}

const struct timer_kind reach_timer = {.id = 0x0B01, .name = "scope.reach", .due = timer_due, .needs = timer_needs};

/* --- all people --- */

const struct family recount_family = {.id = 104, .kind = FAMILY_KEYED, .value_bytes = 1, .name = "reach_recount"};
static const struct bytes recount_key = {(const uint8_t *)"r", 1};

bool reach_pending(const struct view *v)
{
    struct bytes row;
    return view_keyed(v, &recount_family, recount_key, &row);
}

void recount_start(struct step *s)
{
    step_keyed_put(s, &recount_family, recount_key, recount_key);
    step_job_start(s, &recount_job, recount_key, person_key(s->view.arena, 1));
}

static uint32_t slice_end(const struct view *v, uint32_t from)
{
    uint32_t end = view_rows_end(v, &person_family);
    return end - from > RECOUNT_PEOPLE ? from + RECOUNT_PEOPLE : end;
}

static void recount_needs(const struct view *v, struct bytes state)
{
    uint32_t from = (uint32_t)key_number(state.data, PERSON_KEY_BYTES);
    for (uint32_t person = from; person < slice_end(v, from); person++)
        reach_touch(v, person);
}

static struct bytes recount_advance(struct step *s, struct bytes state)
{
    uint32_t from = (uint32_t)key_number(state.data, PERSON_KEY_BYTES), end = slice_end(&s->view, from);
    for (uint32_t person = from; person < end; person++)
        reach_refresh(s, person);
    if (end < view_rows_end(&s->view, &person_family))
        return person_key(s->view.arena, end);
    step_keyed_remove(s, &recount_family, recount_key);
    return BYTES_NONE;
}

const struct job_kind recount_job = {
    .id = 0x0B02, .name = "scope.recount", .advance = recount_advance, .needs = recount_needs};
