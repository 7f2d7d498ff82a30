/* Reading events: of some people, newest first. */
#include <stdlib.h>
#include <string.h>

#include "domain/collect/collect.h"
#include "domain/event/view_inside.h"

#define TAIL_KEPT_BYTES (1u << 20) /* of the tail's bodies; further ones are read a second time when their turn comes */
#define SOURCE_BYTES_MAX (8u << 20)
#define LOOK_EVERY 256u

struct event_view *event_view_open(const struct view *v, const struct work_surroundings *around)
{
    struct arena *arena = arena_create(EVENT_ARENA_BLOCK_BYTES);
    struct event_view *ev = ARENA_NEW(arena, struct event_view);
    struct run_row row;
    *ev = (struct event_view){.arena = arena, .around = around, .tail = tail_view_open(v), .count = event_count(v)};
    for (uint64_t from = 0; run_next(v, from, &row); from = row.first + 1)
        ev->run_count++;
    ev->runs = ARENA_ARRAY(arena, struct run_row, ev->run_count);
    size_t at = 0;
    for (uint64_t from = 0; run_next(v, from, &row); from = row.first + 1)
        ev->runs[at++] = row;
    assert(at == ev->run_count);
    return ev;
}

void event_view_close(struct event_view *ev)
{
    if (ev == NULL)
        return;
    tail_view_close(&ev->tail);
    arena_destroy(ev->arena);
}

void event_view_cancelled_by(struct event_view *ev, const atomic_bool *is_cancelled)
{
    ev->is_cancelled = is_cancelled;
}

uint64_t event_view_count(const struct event_view *ev)
{
    return ev->count;
}

struct status event_view_gone(struct status s, struct err *e)
{
    if (s.code != STATUS_NOT_FOUND)
        return s;
    (void)err_wrap(e, s, "events that this view refers to are gone, it may be too old: open another one");
    return (struct status){STATUS_UNAVAILABLE};
}

fallible event_view_look(const struct event_view *ev, uint64_t *io_seen, struct err *e)
{
    return (*io_seen)++ % LOOK_EVERY == 0 ? work_look(ev->around, ev->is_cancelled, e) : DONE;
}

typedef struct status (*reader_open)(struct disk *d, const char *name, struct run_reader **out_reader, struct err *e);

static fallible run_open(const struct event_view *ev, size_t run, reader_open open, struct run_reader **out_reader, struct err *e)
{
    const struct run_row *row = &ev->runs[run];
    struct run_reader *r = NULL;
    TRY(event_view_gone(open(ev->around->disk, row->name, &r, e), e));
    struct run_sum sum = run_reader_sum(r);
    if (sum.count != row->sum.count || sum.bytes != row->sum.bytes || sum.digest != row->sum.digest) {
        run_reader_close(r);
        return FAIL(e, CORRUPT, "run %s is not the one that was installed", row->name);
    }
    *out_reader = r;
    return DONE;
}

fallible event_view_run_open(const struct event_view *ev, size_t run, struct run_reader **out_reader, struct err *e)
{
    return run_open(ev, run, run_reader_open, out_reader, e);
}

bool event_hand_over(event_each each, void *context, const struct stored_event *event)
{
    struct event_seen seen = {.note = event->note, .event_us = event->event_us, .packed = event->packed};
    return each(context, &seen);
}

/* --- events of some people, newest first: the sources are merged --- */

/* The events of one number in one run, or of all numbers in the tail; block by block from the last. Those loaded are in
 * order of time, and taken from the end. Until it is its turn to be read a run stands by the latest time it may have: so old runs aren't read for new events. */
struct source {
    size_t run;                /* of the view; of the tail none */
    uint32_t person;
    uint64_t from, until;      /* blocks not loaded yet; of a run that is ahead not known */
    struct buf events;         /* struct stored_event each; of a run, packed.data counts from the start of `bodies` */
    struct buf bodies;
    size_t left;               /* events loaded and not taken */
    struct stored_event now;
    bool is_ahead; /* `now` is behind all its events, of which none was read yet */
    bool over;
};

struct scan {
    const struct event_view *view;
    struct arena *arena;
    const uint32_t *numbers; /* ascending, each once */
    size_t number_count;
    int64_t latest_us;
    struct run_reader **readers; /* of each run of the view; NULL: not opened */
    struct source **heap;    /* the newest first */
    size_t heap_count, heap_room;
    struct source *tail;
    struct run_buffers buffers;
    struct buf body;         /* of an event of the tail */
    uint64_t seen;
};

static struct source *source_create(struct scan *s)
{
    struct source *source = ARENA_NEW(s->arena, struct source);
    buf_init(&source->events, SIZE_MAX / 2);
    buf_init(&source->bodies, SOURCE_BYTES_MAX);
    if (s->heap_count == s->heap_room) {
        size_t room = s->heap_room == 0 ? 16 : s->heap_room * 2;
        struct source **heap = ARENA_ARRAY(s->arena, struct source *, room);
        if (s->heap_count > 0)
            memcpy(heap, s->heap, s->heap_count * sizeof(struct source *));
        s->heap = heap;
        s->heap_room = room;
    }
    s->heap[s->heap_count++] = source;
    return source;
}

static fallible source_keep(struct source *source, const struct stored_event *event, bool with_body, struct err *e)
{
    struct stored_event kept = *event;
    kept.packed = bytes_of((const uint8_t *)source->bodies.size, with_body ? event->packed.size : 0);
    if (with_body)
        buf_push(&source->bodies, event->packed);
    buf_push(&source->events, bytes_of(&kept, sizeof kept));
    if (source->bodies.overflowed || source->events.overflowed)
        return FAIL(e, FULL, "no memory for a person's events");
    source->left++;
    return DONE;
}

static fallible block_load(struct scan *s, struct source *source, uint64_t block, struct err *e)
{
    struct block_cursor cursor;
    struct event_note note;
    struct stored_event event;
    struct bytes packed;
    buf_clear(&source->events);
    buf_clear(&source->bodies);
    TRY(run_block_open(s->readers[source->run], block, &s->buffers, &cursor, e));
    while (cursor.left > 0) {
        TRY(run_block_next(&cursor, &note, &packed, e));
        if (note.person > source->person)
            break;
        if (note.person < source->person)
            continue;
        TRY(stored_of(&note, packed, &event, e));
        if (event.event_us > s->latest_us)
            break;
        TRY(source_keep(source, &event, true, e));
    }
    return DONE;
}

/* Its turn has come: where are its events? */
static fallible source_find(struct scan *s, struct source *source, struct err *e)
{
    struct run_reader **reader = &s->readers[source->run];
    source->is_ahead = false;
    if (*reader == NULL)
        TRY(run_open(s->view, source->run, run_reader_take, reader, e));
    return run_reader_find(*reader, source->person, s->latest_us, &source->from, &source->until, e);
}

static fallible tail_body_read(struct scan *s, struct stored_event *event, struct err *e)
{
    struct log_record record;
    TRY(event_view_gone(log_read(s->view->around->log, event->note.position, &s->body, &record, e), e));
    if (record.kind != COMMAND_COLLECT_EVENT)
        return FAIL(e, CORRUPT, "the log has no event at position %llu", (unsigned long long)event->note.position);
    event->packed = record.payload;
    return DONE;
}

/* Puts the next older event into `now`. */
static fallible source_step(struct scan *s, struct source *source, struct err *e)
{
    if (source->is_ahead)
        TRY(source_find(s, source, e));
    while (source->left == 0 && source->from < source->until)
        TRY(block_load(s, source, --source->until, e));
    source->over = source->left == 0;
    if (source->over)
        return DONE;
    source->left--;
    memcpy(&source->now, source->events.data + source->left * sizeof source->now, sizeof source->now);
    if (source->now.packed.size > 0)
        source->now.packed.data = source->bodies.data + (size_t)source->now.packed.data;
    return DONE;
}

static struct status tail_take(void *context, const struct event_note *note, struct err *e)
{
    struct scan *s = context;
    struct stored_event event = {.note = *note};
    TRY(event_view_look(s->view, &s->seen, e));
    TRY(tail_body_read(s, &event, e));
    TRY(stored_of(note, event.packed, &event, e));
    if (event.event_us > s->latest_us)
        return DONE;
    return source_keep(s->tail, &event, s->tail->bodies.size + event.packed.size <= TAIL_KEPT_BYTES, e);
}

static int time_compare(const void *x, const void *y)
{
    return stored_compare_time(x, y);
}

static fallible scan_open_tail(struct scan *s, struct err *e)
{
    s->tail = source_create(s);
    TRY(tail_view_find(&s->view->tail, s->numbers, s->number_count, tail_take, s, e));
    if (s->tail->left > 0)
        qsort(s->tail->events.data, s->tail->left, sizeof(struct stored_event), time_compare);
    return DONE;
}

/* Stands by the latest event that the run may have of somebody. */
static void scan_add_run(struct scan *s, size_t run)
{
    const struct run_sum *sum = &s->view->runs[run].sum;
    if (sum->first_us > s->latest_us)
        return;
    for (size_t i = 0; i < s->number_count; i++) {
        if (s->numbers[i] < sum->first_person || s->numbers[i] > sum->last_person)
            continue;
        struct source *source = source_create(s);
        source->run = run;
        source->person = s->numbers[i];
        source->is_ahead = true;
        source->now = (struct stored_event){.event_us = sum->last_us < s->latest_us ? sum->last_us : s->latest_us,
                                            .message = {.low = UINT64_MAX, .high = UINT64_MAX},
                                            .note.position = UINT64_MAX};
    }
}

static fallible scan_open(struct scan *s, struct err *e)
{
    s->readers = ARENA_ARRAY(s->arena, struct run_reader *, s->view->run_count);
    TRY(scan_open_tail(s, e));
    for (size_t i = 0; i < s->view->run_count; i++)
        scan_add_run(s, i);
    return DONE;
}

static void source_fini(struct source *source)
{
    buf_fini(&source->events);
    buf_fini(&source->bodies);
    source->over = true;
}

/* A reader that met with trouble isn't kept: what it remembers of the file may be the trouble. */
static void scan_close(struct scan *s, bool keeps_readers)
{
    for (size_t i = 0; i < s->heap_count; i++)
        source_fini(s->heap[i]);
    for (size_t i = 0; i < s->view->run_count; i++)
        if (keeps_readers)
            run_reader_keep(s->view->around->disk, s->readers[i]);
        else
            run_reader_close(s->readers[i]);
    run_buffers_fini(&s->buffers);
    buf_fini(&s->body);
    arena_destroy(s->arena);
}

static void heap_sink(struct scan *s, size_t at)
{
    for (;;) {
        size_t newest = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < s->heap_count; child++)
            if (stored_compare_time(&s->heap[child]->now, &s->heap[newest]->now) > 0)
                newest = child;
        if (newest == at)
            return;
        struct source *moved = s->heap[at];
        s->heap[at] = s->heap[newest];
        s->heap[newest] = moved;
        at = newest;
    }
}

static void heap_pop(struct scan *s)
{
    source_fini(s->heap[0]);
    s->heap[0] = s->heap[--s->heap_count];
}

/* Every source on its newest event, or ahead of it; the empty ones go. */
static fallible heap_begin(struct scan *s, struct err *e)
{
    for (size_t i = 0; i < s->heap_count;) {
        if (!s->heap[i]->is_ahead)
            TRY(source_step(s, s->heap[i], e));
        if (s->heap[i]->over) {
            source_fini(s->heap[i]);
            s->heap[i] = s->heap[--s->heap_count];
        } else {
            i++;
        }
    }
    for (size_t i = s->heap_count / 2; i-- > 0;)
        heap_sink(s, i);
    return DONE;
}

static fallible scan_run(struct scan *s, event_each each, void *context, struct err *e)
{
    TRY(scan_open(s, e));
    TRY(heap_begin(s, e));
    while (s->heap_count > 0) {
        struct source *newest = s->heap[0];
        TRY(event_view_look(s->view, &s->seen, e));
        if (!newest->is_ahead && newest->now.packed.size == 0)
            TRY(tail_body_read(s, &newest->now, e));
        if (!newest->is_ahead && !event_hand_over(each, context, &newest->now))
            return DONE;
        TRY(source_step(s, newest, e));
        if (newest->over)
            heap_pop(s);
        if (s->heap_count > 0)
            heap_sink(s, 0);
    }
    return DONE;
}

static int number_compare(const void *x, const void *y)
{
    const uint32_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

fallible event_scan_people(struct event_view *ev, const struct event_people *asked, event_each each, void *context, struct err *e)
{
    if (asked->count == 0)
        return DONE;
    struct arena *arena = arena_create(EVENT_ARENA_BLOCK_BYTES);
    struct scan *s = ARENA_NEW(arena, struct scan);
    uint32_t *sorted = ARENA_ARRAY(arena, uint32_t, asked->count);
    *s = (struct scan){.view = ev, .arena = arena, .numbers = sorted, .latest_us = asked->latest_us};
    memcpy(sorted, asked->numbers, asked->count * sizeof *sorted);
    qsort(sorted, asked->count, sizeof *sorted, number_compare);
    for (size_t i = 0; i < asked->count; i++)
        if (i == 0 || sorted[i] != sorted[i - 1])
            sorted[s->number_count++] = sorted[i];
    run_buffers_init(&s->buffers);
    buf_init(&s->body, LOG_RECORD_BYTES_MAX * 2);
    struct status status = scan_run(s, each, context, e);
    scan_close(s, done(status));
    return status;
}
