#include "domain/event/tail.h"

#include <string.h>

#include "base/rng.h"
#include "domain/collect/collect.h"
#include "lib/pack.h"

#define COUNTS_A_ROW 64u
#define COUNTS_FORMAT 1u
#define COUNTS_BYTES (1u + COUNTS_A_ROW * 8u)
#define BRAND_COUNT_BYTES 9u
#define PAIR_SLOTS (2u * TAIL_PART_NOTES)
/* One byte a note, four bits set for each: of a hundred people that are not in a part, two or three seem to be. */
#define FILTER_BYTES TAIL_PART_NOTES
#define FILTER_PROBES 4u
static_assert((PAIR_SLOTS & (PAIR_SLOTS - 1)) == 0, "a slot is masked");
static_assert(((FILTER_BYTES * 8) & (FILTER_BYTES * 8 - 1)) == 0, "a probe is masked");

const struct family note_family = {.id = 40, .kind = FAMILY_SERIES, .value_bytes = sizeof(struct event_note), .name = "event_note"};
const struct family named_family = {.id = 44, .kind = FAMILY_KEYED, .value_bytes = COUNTS_BYTES, .name = "event_named"};
const struct family brand_named_family = {.id = 46, .kind = FAMILY_KEYED, .value_bytes = BRAND_COUNT_BYTES, .name = "event_brand_named"};
const struct family filter_family = {.id = 45, .kind = FAMILY_SERIES, .value_bytes = FILTER_BYTES, .name = "event_filter"};

/* --- filters --- */

static uint32_t probe(uint64_t mixed, uint32_t nth)
{
    return ((uint32_t)mixed + nth * ((uint32_t)(mixed >> 32) | 1)) & (FILTER_BYTES * 8 - 1);
}

static void filter_add(uint8_t *filter, uint32_t person)
{
    uint64_t mixed = rng_mix(person);
    for (uint32_t i = 0; i < FILTER_PROBES; i++)
        filter[probe(mixed, i) / 8] |= (uint8_t)(1u << probe(mixed, i) % 8);
}

static bool filter_has(const uint8_t *filter, uint32_t person)
{
    uint64_t mixed = rng_mix(person);
    bool has = true;
    for (uint32_t i = 0; i < FILTER_PROBES && has; i++)
        has = (filter[probe(mixed, i) / 8] >> probe(mixed, i) % 8 & 1) != 0;
    return has;
}

/* --- counts --- */

static uint64_t tail_first(const struct view *v)
{
    return rows_series_first(v->rows, &note_family);
}

static uint64_t tail_end(const struct view *v)
{
    return rows_series_end(v->rows, &note_family);
}

static const struct event_note *note_at(const struct view *v, uint64_t index)
{
    return rows_series_at(v->rows, &note_family, index);
}

/* All notes before it are in the counts: the start of the last part, which the next push beyond it closes. */
static uint64_t counted_until(const struct view *v)
{
    uint64_t first = tail_first(v), end = tail_end(v);
    uint64_t part = end == 0 ? 0 : (end - 1) / TAIL_PART_NOTES * TAIL_PART_NOTES;
    return part > first ? part : first;
}

static struct bytes counts_key(uint32_t row, uint8_t room[4])
{
    (void)put_key(room, row, 4);
    return bytes_of(room, 4);
}

static uint64_t count_of_row(struct bytes value, uint32_t place)
{
    uint64_t count;
    assert(value.size == COUNTS_BYTES && value.data[0] == COUNTS_FORMAT);
    memcpy(&count, value.data + 1 + place * sizeof count, sizeof count);
    return count;
}

static void row_add(struct step *s, uint32_t row, const uint32_t *more)
{
    uint8_t room[4];
    struct bytes key = counts_key(row, room), value = BYTES_NONE;
    bool there = view_keyed(&s->view, &named_family, key, &value);
    uint8_t *counts = arena_zeroed(s->view.arena, COUNTS_BYTES, 1);
    counts[0] = COUNTS_FORMAT;
    for (uint32_t i = 0; i < COUNTS_A_ROW; i++) {
        uint64_t sum = more[i] + (there ? count_of_row(value, i) : 0);
        memcpy(counts + 1 + i * sizeof sum, &sum, sizeof sum);
    }
    step_keyed_put(s, &named_family, arena_copy(s->view.arena, key), bytes_of(counts, COUNTS_BYTES));
}

/* --- counts by brand --- */

struct pair_key {
    uint8_t data[4];
};

static struct pair_key pair_key_of(uint32_t brand, uint32_t event)
{
    struct pair_key key;
    (void)put_key(put_key(key.data, brand, 2), event, 2);
    return key;
}

static uint64_t count_of_pair(struct bytes value)
{
    uint64_t count;
    assert(value.size == BRAND_COUNT_BYTES && value.data[0] == COUNTS_FORMAT);
    memcpy(&count, value.data + 1, sizeof count);
    return count;
}

static bool pair_find(const struct view *v, uint32_t brand, uint32_t event, uint64_t *out_count)
{
    struct pair_key key = pair_key_of(brand, event);
    struct bytes value;
    if (!view_keyed(v, &brand_named_family, bytes_of(key.data, sizeof key.data), &value))
        return false;
    *out_count = count_of_pair(value);
    return true;
}

/* How often each pair of brand and event stands in a part of the tail. */
struct pair {
    uint16_t brand, event;
    uint32_t count; /* 0: a free slot */
};

static void pair_add(struct pair *slots, uint16_t brand, uint16_t event, uint32_t by)
{
    uint32_t at = (uint32_t)rng_mix((uint64_t)brand << 16 | event) & (PAIR_SLOTS - 1);
    while (slots[at].count > 0 && (slots[at].brand != brand || slots[at].event != event))
        at = (at + 1) & (PAIR_SLOTS - 1);
    slots[at].brand = brand;
    slots[at].event = event;
    slots[at].count += by;
}

static void pair_put(struct step *s, const struct pair *pair, uint64_t before)
{
    struct pair_key key = pair_key_of(pair->brand, pair->event);
    uint8_t *value = arena_take(s->view.arena, BRAND_COUNT_BYTES, 1);
    uint64_t sum = before + pair->count;
    value[0] = COUNTS_FORMAT;
    memcpy(value + 1, &sum, sizeof sum);
    step_keyed_put(s, &brand_named_family, arena_copy(s->view.arena, bytes_of(key.data, sizeof key.data)), bytes_of(value, BRAND_COUNT_BYTES));
}

/* How many pairs the state has room for; "other" of a brand always finds some. */
static uint64_t pairs_free(const struct view *v)
{
    struct rows_usage usage;
    rows_usage(v->rows, &usage);
    uint64_t used = usage.rows[brand_named_family.id];
    return used < BRAND_NAMES_MAX ? BRAND_NAMES_MAX - used : 0;
}

static void pairs_count_by_name(struct step *s, const struct pair *pairs)
{
    uint32_t most = 0;
    for (uint32_t at = 0; at < PAIR_SLOTS; at++)
        most = pairs[at].event > most ? pairs[at].event : most;
    uint32_t rows = most / COUNTS_A_ROW + 1;
    uint32_t *more = ARENA_ARRAY(s->view.arena, uint32_t, rows * COUNTS_A_ROW);
    bool *touched = ARENA_ARRAY(s->view.arena, bool, rows);
    for (uint32_t at = 0; at < PAIR_SLOTS; at++) {
        more[pairs[at].event] += pairs[at].count;
        touched[pairs[at].event / COUNTS_A_ROW] |= pairs[at].count > 0;
    }
    for (uint32_t row = 0; row < rows; row++)
        if (touched[row])
            row_add(s, row, more + row * COUNTS_A_ROW);
}

/* Each pair is written once, so what was there before is all in the rows. */
static void pairs_count_by_brand(struct step *s, const struct pair *pairs)
{
    struct arena *a = s->view.arena;
    const struct view before = {.rows = s->view.rows, .registry = s->view.registry, .arena = a};
    struct pair *others = NULL;
    uint64_t left = pairs_free(&before), count;
    for (uint32_t at = 0; at < PAIR_SLOTS; at++) {
        const struct pair *pair = &pairs[at];
        if (pair->count == 0)
            continue;
        bool there = pair_find(&before, pair->brand, pair->event, &count);
        if (pair->event != 0 && (there || left > 0)) {
            pair_put(s, pair, there ? count : 0);
            left -= !there;
            continue;
        }
        others = others == NULL ? ARENA_ARRAY(a, struct pair, PAIR_SLOTS) : others;
        pair_add(others, pair->brand, 0, pair->count);
    }
    for (uint32_t at = 0; others != NULL && at < PAIR_SLOTS; at++)
        if (others[at].count > 0)
            pair_put(s, &others[at], pair_find(&before, others[at].brand, 0, &count) ? count : 0);
}

/* Adds the notes [from, until), a part at most, to the counts. */
static void notes_count(struct step *s, uint64_t from, uint64_t until)
{
    struct pair *pairs = ARENA_ARRAY(s->view.arena, struct pair, PAIR_SLOTS);
    assert(until - from <= TAIL_PART_NOTES);
    for (uint64_t i = from; i < until; i++) {
        const struct event_note *note = note_at(&s->view, i);
        pair_add(pairs, note->brand, note->event, 1);
    }
    pairs_count_by_name(s, pairs);
    pairs_count_by_brand(s, pairs);
}

/* The next pair of the brand from `event` on. */
static bool pair_next(const struct view *v, uint32_t brand, uint32_t event, uint32_t *out_event, uint64_t *out_count)
{
    struct pair_key from = pair_key_of(brand, event);
    struct bytes key, value;
    if (event >= EVENT_NAMES || !view_keyed_next(v, &brand_named_family, bytes_of(from.data, sizeof from.data), false, &key, &value) ||
        memcmp(key.data, from.data, 2) != 0)
        return false;
    *out_event = (uint32_t)key_number(key.data + 2, 2);
    *out_count = count_of_pair(value);
    return true;
}

uint64_t tail_count_of_brand(const struct view *v, uint32_t brand)
{
    uint64_t sum = 0, count;
    for (uint32_t event = 0; pair_next(v, brand, event, &event, &count); event++)
        sum += count;
    for (uint64_t i = counted_until(v), end = tail_end(v); i < end; i++)
        sum += note_at(v, i)->brand == brand;
    return sum;
}

void tail_counts_add(const struct view *v, uint32_t brand, uint64_t counts[EVENT_NAMES])
{
    uint64_t count;
    bool is_full = pairs_free(v) == 0;
    for (uint32_t event = 0; pair_next(v, brand, event, &event, &count); event++)
        counts[event] += count;
    for (uint64_t i = counted_until(v), end = tail_end(v); i < end; i++) {
        const struct event_note *note = note_at(v, i);
        if (note->brand == brand)
            counts[is_full && !pair_find(v, brand, note->event, &count) ? 0 : note->event]++;
    }
}

uint64_t tail_count(const struct view *v)
{
    return tail_end(v) - tail_first(v);
}

uint64_t tail_count_named(const struct view *v, uint32_t event)
{
    uint8_t room[4];
    struct bytes value;
    uint64_t count = 0;
    if (view_keyed(v, &named_family, counts_key(event / COUNTS_A_ROW, room), &value))
        count = count_of_row(value, event % COUNTS_A_ROW);
    for (uint64_t i = counted_until(v), end = tail_end(v); i < end; i++)
        count += note_at(v, i)->event == event;
    return count;
}

/* --- pushing and dropping --- */

/* The part before `end` is full: it is counted, and gets its filter. */
static void part_close(struct step *s, uint64_t end)
{
    uint64_t from = end - TAIL_PART_NOTES, first = tail_first(&s->view);
    from = from > first ? from : first;
    notes_count(s, from, end);
    uint8_t *filter = arena_zeroed(s->view.arena, FILTER_BYTES, 8);
    for (uint64_t i = from; i < end; i++)
        filter_add(filter, note_at(&s->view, i)->person);
    uint64_t index = step_series_push(s, &filter_family, filter);
    assert(index == end / TAIL_PART_NOTES - 1);
    (void)index;
}

void tail_push(struct step *s, const struct event_note *note)
{
    uint64_t index = step_series_push(s, &note_family, note);
    assert(index == tail_end(&s->view)); /* one a step: all before it can be read */
    if (index > 0 && index % TAIL_PART_NOTES == 0)
        part_close(s, index);
}

void tail_drop(struct step *s, uint64_t until)
{
    uint64_t from = counted_until(&s->view), filters = rows_series_end(s->view.rows, &filter_family);
    assert(until <= tail_end(&s->view));
    if (until > from)
        notes_count(s, from, until);
    uint64_t part = until / TAIL_PART_NOTES;
    step_series_drop(s, &note_family, until);
    step_series_drop(s, &filter_family, part < filters ? part : filters);
}

/* --- views --- */

struct tail_view tail_view_open(const struct view *v)
{
    return (struct tail_view){.notes = rows_series_view(v->rows, &note_family), .filters = rows_series_view(v->rows, &filter_family)};
}

void tail_view_close(struct tail_view *t)
{
    series_view_close(t->notes);
    series_view_close(t->filters);
    *t = (struct tail_view){0};
}

static bool part_may_have(const struct tail_view *t, uint64_t part, const uint32_t *numbers, size_t count)
{
    if (part < series_view_first(t->filters) || part >= series_view_end(t->filters))
        return true;
    uint64_t side_by_side;
    const uint8_t *filter = series_view_run(t->filters, part, &side_by_side);
    for (size_t i = 0; i < count; i++)
        if (filter_has(filter, numbers[i]))
            return true;
    return false;
}

static bool is_one_of(uint32_t person, const uint32_t *numbers, size_t count)
{
    if (person < numbers[0] || person > numbers[count - 1])
        return false;
    size_t low = 0, high = count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (numbers[middle] <= person)
            low = middle;
        else
            high = middle;
    }
    return numbers[low] == person;
}

fallible tail_view_find(const struct tail_view *t, const uint32_t *numbers, size_t count, tail_each each, void *context, struct err *e)
{
    uint64_t first = series_view_first(t->notes), end = series_view_end(t->notes);
    for (uint64_t from = first, until; count > 0 && from < end; from = until) {
        until = (from / TAIL_PART_NOTES + 1) * TAIL_PART_NOTES;
        until = until < end ? until : end;
        if (!part_may_have(t, from / TAIL_PART_NOTES, numbers, count))
            continue;
        for (uint64_t i = from, run; i < until; i += run) {
            const struct event_note *notes = series_view_run(t->notes, i, &run);
            run = run < until - i ? run : until - i;
            for (uint64_t j = 0; j < run; j++)
                if (is_one_of(notes[j].person, numbers, count))
                    TRY(each(context, &notes[j], e));
        }
    }
    return DONE;
}
