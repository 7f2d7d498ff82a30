/* Folding: the oldest notes' events are read from the log in its order, sorted, and written as one run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "domain/collect/collect.h"
#include "domain/event/tail.h"
#include "domain/event/work.h"

#define FOLD_NOTES_MAX (1u << 19) /* in one run of the work */
#define ORDER_BLOCK_BYTES 4096u
#define LOOK_EVERY 1024u

/* What one run of the work gathers: a share of the budget, within bounds. */
#define GATHERED_SHARE 16u
#define GATHERED_BYTES_MIN ((size_t)4 << 20)
#define GATHERED_BYTES_MAX ((size_t)128 << 20)
#define ROOM_BYTES_LEAST ((uint64_t)1 << 20) /* on the disk: with less it isn't worth the trouble */
#define GATHERED_BYTES_LEAST 128u /* of an event: its place twice, what it is sorted by, the head of its envelope */
#define EVENT_BYTES_MAX (sizeof(struct stored_event) + ENVELOPE_BYTES_MAX)
/* In a burst folding falls behind: the notes that wait for it are let have this share of the budget. */
#define UNFOLDED_SHARE 8u
#define UNFOLDED_MIN (UINT64_C(1) << 16)
#define UNFOLDED_MAX (UINT64_C(1) << 22) /* 128 MiB */

const struct setting fold_events_setting = {
    .name = "event.fold_events",
    .least = 1,
    .most = 2000000,
    .initially = 400000,
    .unit = "events",
    .about = "Events are moved from the log into a run when so many have come, or a quarter of those that memory has "
             "room for. More: fewer, bigger runs, and more memory.",
};
const struct setting fold_seconds_setting = {
    .name = "event.fold_seconds",
    .least = 1,
    .most = 30 * 86400,
    .initially = 3600,
    .unit = "seconds",
    .about = "Events are moved from the log into a run at the latest when one has waited so long.",
};

struct fold_order {
    struct arena *arena; /* holds this struct and the names */
    struct series_view *notes;
    struct work_names names; /* files that are referred to */
};

static uint64_t within(uint64_t x, uint64_t least, uint64_t most)
{
    x = x < least ? least : x;
    return x > most ? most : x;
}

static size_t budget_of(const struct work_surroundings *around)
{
    return atomic_load_explicit(&around->memory_bytes, memory_order_relaxed);
}

static size_t gathered_bytes_max(const struct work_surroundings *around)
{
    uint64_t room = atomic_load_explicit(&around->room_bytes, memory_order_relaxed); /* a run takes less than is gathered */
    uint64_t most = within(budget_of(around) / GATHERED_SHARE, GATHERED_BYTES_MIN, GATHERED_BYTES_MAX);
    return room > 0 && room < most ? room : most;
}

static uint64_t unfolded_most(const struct work_surroundings *around)
{
    return within(budget_of(around) / UNFOLDED_SHARE / sizeof(struct event_note), UNFOLDED_MIN, UNFOLDED_MAX);
}

static enum work_haste fold_haste(const struct view *v, const struct work_surroundings *around)
{
    uint64_t count = tail_count(v), most = unfolded_most(around);
    if (count >= most)
        return WORK_HOLDS_COMMANDS;
    return count >= most / 2 ? WORK_IN_HASTE : WORK_AT_LEISURE;
}

/* A nearly full disk wants the log to go, so nothing is waited for there. */
static bool fold_is_due(const struct view *v, const struct work_surroundings *around)
{
    uint64_t count = tail_count(v), many = unfolded_most(around) / 4, wished = (uint64_t)setting_int(v, &fold_events_setting);
    uint64_t room = atomic_load_explicit(&around->room_bytes, memory_order_relaxed);
    if (room > 0)
        return count > 0 && room >= ROOM_BYTES_LEAST;
    many = wished < many ? wished : many;
    if (purge_waits_for_folding(v))
        return true;
    int64_t wait_us = setting_int(v, &fold_seconds_setting) * US_PER_SECOND;
    return count > 0 && (count >= many || v->now_us - fold_mark_read(v).since_us >= wait_us);
}

static bool fold_wanted(const struct view *v, struct work_context *c)
{
    if (!fold_is_due(v, c->around))
        return false;
    struct arena *arena = arena_create(ORDER_BLOCK_BYTES);
    struct fold_order *o = ARENA_NEW(arena, struct fold_order);
    *o = (struct fold_order){.arena = arena, .notes = rows_series_view(v->rows, &note_family)};
    o->names = work_names_of(v, &run_files, arena);
    c->order = o;
    return true;
}

static void fold_release(struct work_context *c)
{
    struct fold_order *o = c->order;
    series_view_close(o->notes);
    arena_destroy(o->arena);
    c->order = NULL;
}

/* --- run: on a worker thread --- */

/* Where an event lies in memory; these are sorted in its stead. */
struct place {
    uint32_t person;
    const struct stored_event *event; /* its envelope right behind it */
};

struct gathered {
    struct arena *arena; /* of the places and events */
    struct place *places, *room;
    size_t count;
    int64_t last_us;     /* log time of the last one */
};

static const struct event_note *note_of(const struct series_view *notes, uint64_t index)
{
    uint64_t side_by_side;
    return series_view_run(notes, index, &side_by_side);
}

/* Takes the event of one note; the cursor stands before its record. */
static fallible event_take(struct log_cursor *cursor, const struct event_note *note, struct gathered *g, struct err *e)
{
    struct log_record record = {0};
    do
        TRY(log_cursor_next(cursor, &record, e));
    while (record.position < note->position);
    if (record.position != note->position || record.kind != COMMAND_COLLECT_EVENT)
        return FAIL(e, CORRUPT, "the log has no event at position %llu", (unsigned long long)note->position);
    struct stored_event *event = arena_take(g->arena, sizeof *event + record.payload.size, _Alignof(struct stored_event));
    memcpy(event + 1, record.payload.data, record.payload.size);
    TRY(stored_of(note, bytes_of(event + 1, record.payload.size), event, e));
    g->places[g->count++] = (struct place){.person = note->person, .event = event};
    g->last_us = record.time_us;
    return DONE;
}

/* The oldest notes whose events are durable, as many as memory allows, and one at least. */
static fallible events_gather(struct work_context *c, struct log_cursor *cursor, struct gathered *g, struct err *e)
{
    const struct fold_order *o = c->order;
    uint64_t first = series_view_first(o->notes), left = series_view_end(o->notes) - first, synced = log_synced(c->around->log);
    size_t bytes_max = gathered_bytes_max(c->around), most = bytes_max / GATHERED_BYTES_LEAST;
    most = most < FOLD_NOTES_MAX ? most : FOLD_NOTES_MAX;
    most = most < left ? most : (size_t)left;
    g->places = arena_take(g->arena, most * sizeof *g->places, _Alignof(struct place));
    g->room = arena_take(g->arena, most * sizeof *g->room, _Alignof(struct place));
    while (g->count < most && (g->count == 0 || arena_used(g->arena) + EVENT_BYTES_MAX <= bytes_max)) {
        const struct event_note *note = note_of(o->notes, first + g->count);
        if (note->position >= synced)
            break;
        if (g->count % LOOK_EVERY == 0 && work_stopped(c))
            return FAIL(e, CANCELLED, "the process wants to end");
        TRY(event_take(cursor, note, g, e));
    }
    return g->count > 0 ? DONE : FAIL(e, CANCELLED, "the log is not synced yet");
}

/* --- in the order of a run --- */

#define DIGIT_BITS 11u
#define DIGIT_VALUES (1u << DIGIT_BITS)
#define DIGIT_COUNT 3u
static_assert(DIGIT_COUNT * DIGIT_BITS >= 32, "the digits are all of a person's number");
#define FEW_EVENTS 16u

static uint32_t digit_of(uint32_t person, uint32_t digit)
{
    return person >> digit * DIGIT_BITS & (DIGIT_VALUES - 1);
}

/* Moves all by one digit, keeping the order of those that are equal in it. `starts`: how many have each value. */
static void places_deal(const struct place *from, struct place *to, size_t count, uint32_t digit, uint32_t *starts)
{
    uint32_t before = 0;
    for (uint32_t value = 0; value < DIGIT_VALUES; value++) {
        uint32_t here = starts[value];
        starts[value] = before;
        before += here;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[digit_of(from[i].person, digit)]++] = from[i];
}

/* By person: digit by digit from the last one. Returns where they are in the end, `places` or `room`. */
static struct place *places_by_person(struct place *places, struct place *room, size_t count)
{
    uint32_t starts[DIGIT_COUNT][DIGIT_VALUES] = {0};
    for (size_t i = 0; i < count; i++)
        for (uint32_t digit = 0; digit < DIGIT_COUNT; digit++)
            starts[digit][digit_of(places[i].person, digit)]++;
    for (uint32_t digit = 0; digit < DIGIT_COUNT; digit++) {
        if (starts[digit][digit_of(places[0].person, digit)] == count)
            continue; /* all have the same one */
        places_deal(places, room, count, digit, starts[digit]);
        struct place *sorted = room;
        room = places;
        places = sorted;
    }
    return places;
}

static int place_compare_time(const void *x, const void *y)
{
    const struct place *a = x, *b = y;
    return stored_compare_time(a->event, b->event);
}

/* One person's events, which mostly are few and came in their order. */
static void places_by_time(struct place *places, size_t count)
{
    if (count > FEW_EVENTS) {
        qsort(places, count, sizeof *places, place_compare_time);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct place moved = places[i];
        size_t at = i;
        for (; at > 0 && stored_compare_time(places[at - 1].event, moved.event) > 0; at--)
            places[at] = places[at - 1];
        places[at] = moved;
    }
}

static void events_sort(struct gathered *g)
{
    g->places = places_by_person(g->places, g->room, g->count);
    for (size_t from = 0, until; from < g->count; from = until) {
        for (until = from + 1; until < g->count && g->places[until].person == g->places[from].person;)
            until++;
        places_by_time(g->places + from, until - from);
    }
}

/* --- the run --- */

#define AHEAD 8u /* events whose bytes are on their way into the cache while one is written */
#define CACHE_LINE 64u

/* Events lie in memory in the order of the log, so each is a miss. The one twice as far ahead says how long it is when its
 * turn to be fetched comes. */
static void events_fetch(const struct gathered *g, size_t at)
{
    if (at + AHEAD < g->count) {
        const struct stored_event *event = g->places[at + AHEAD].event;
        for (size_t i = 0; i < event->packed.size; i += CACHE_LINE)
            prefetch((const uint8_t *)(event + 1) + i);
    }
    if (at + 2 * AHEAD < g->count)
        prefetch(g->places[at + 2 * AHEAD].event);
}

static fallible events_write(struct work_context *c, struct run_writer *w, const struct gathered *g, struct err *e)
{
    for (size_t i = 0; i < g->count; i++) {
        if (i % LOOK_EVERY == 0 && work_stopped(c))
            return FAIL(e, CANCELLED, "the process wants to end");
        events_fetch(g, i);
        TRY(run_writer_add(w, g->places[i].event, e));
    }
    return DONE;
}

static fallible run_make(struct work_context *c, struct gathered *g, struct run_row *run, struct err *e)
{
    struct run_writer *w = NULL;
    events_sort(g);
    (void)snprintf(run->name, sizeof run->name, "%016llx-%016llx.run", (unsigned long long)run->first, (unsigned long long)run->until);
    TRY(run_writer_open(c->around->disk, run->name, g->count, &w, e));
    struct status status = events_write(c, w, g, e);
    if (done(status))
        status = run_writer_finish(w, &run->sum, e);
    run_writer_close(w);
    return status;
}

static fallible fold_into(struct work_context *c, struct gathered *g, struct buf *out_payload, struct err *e)
{
    const struct fold_order *o = c->order;
    struct log_cursor *cursor = NULL;
    struct folded f = {.first_index = series_view_first(o->notes)};
    f.run.first = note_of(o->notes, f.first_index)->position;
    TRY(log_cursor_open(c->around->log, f.run.first, &cursor, e));
    struct status status = events_gather(c, cursor, g, e);
    log_cursor_close(cursor);
    TRY(status);
    f.run.until = note_of(o->notes, f.first_index + g->count - 1)->position + 1;
    f.last_us = g->last_us;
    TRY(run_make(c, g, &f.run, e));
    folded_pack(out_payload, &f);
    return DONE;
}

static fallible fold_run(struct work_context *c, struct buf *out_payload, struct err *e)
{
    const struct fold_order *o = c->order;
    TRY(work_orphans_remove(c->around->disk, &run_files, &o->names, 1, e));
    if (c->scratch == NULL)
        c->scratch = arena_create(gathered_bytes_max(c->around)); /* one block: what isn't used is never touched */
    struct gathered g = {.arena = c->scratch};
    return fold_into(c, &g, out_payload, e);
}

const struct work_kind fold_work = {
    .id = 0x0501,
    .name = "event.fold",
    .command_id = COMMAND_FOLDED,
    .wanted = fold_wanted,
    .run = fold_run,
    .release = fold_release,
    .gives_back = true,
    .haste = fold_haste,
};
