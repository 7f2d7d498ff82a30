/* Every event: in whatever order they lie, or in that of the log. */
#include <stdlib.h>
#include <string.h>

#include "domain/collect/collect.h"
#include "domain/event/view_inside.h"
#include "store/sorter.h"

#define SORT_MEMORY_BYTES ((size_t)32 << 20)

struct scan_all {
    const struct event_view *view;
    event_each each;
    void *context;
    uint64_t after; /* only events behind this position */
    uint64_t until; /* and before this one */
    uint64_t seen;
    bool over; /* `each` has had enough */
};

static void give(struct scan_all *s, const struct stored_event *event)
{
    s->over = !event_hand_over(s->each, s->context, event);
}

/* --- the tail, which lies in the order of the log --- */

static fallible tail_give(struct scan_all *s, struct log_cursor *cursor, const struct event_note *note, struct err *e)
{
    struct log_record record = {0};
    struct stored_event event;
    do
        TRY(event_view_gone(log_cursor_next(cursor, &record, e), e));
    while (record.position < note->position);
    if (record.position != note->position || record.kind != COMMAND_COLLECT_EVENT)
        return FAIL(e, CORRUPT, "the log has no event at position %llu", (unsigned long long)note->position);
    TRY(stored_of(note, record.payload, &event, e));
    give(s, &event);
    return DONE;
}

static const struct event_note *note_at(const struct scan_all *s, uint64_t index)
{
    uint64_t side_by_side;
    return series_view_run(s->view->tail.notes, index, &side_by_side);
}

static fallible tail_give_from(struct scan_all *s, uint64_t index, struct log_cursor *cursor, struct err *e)
{
    uint64_t end = series_view_end(s->view->tail.notes);
    for (; index < end && !s->over && note_at(s, index)->position < s->until; index++) {
        TRY(event_view_look(s->view, &s->seen, e));
        TRY(tail_give(s, cursor, note_at(s, index), e));
    }
    return DONE;
}

/* The first note behind s->after; the end: there is none. */
static uint64_t tail_first(const struct scan_all *s)
{
    uint64_t from = series_view_first(s->view->tail.notes), until = series_view_end(s->view->tail.notes);
    while (from < until) {
        uint64_t middle = from + (until - from) / 2;
        if (note_at(s, middle)->position > s->after)
            until = middle;
        else
            from = middle + 1;
    }
    return from;
}

static fallible tail_scan(struct scan_all *s, struct err *e)
{
    uint64_t first = tail_first(s);
    struct log_cursor *cursor = NULL;
    if (first == series_view_end(s->view->tail.notes) || note_at(s, first)->position >= s->until)
        return DONE;
    TRY(event_view_gone(log_cursor_open(s->view->around->log, note_at(s, first)->position, &cursor, e), e));
    struct status status = tail_give_from(s, first, cursor, e);
    log_cursor_close(cursor);
    return status;
}

/* --- in whatever order --- */

typedef struct status (*run_taker)(void *context, const struct stored_event *event, struct err *e);

/* All events of a run, until s->over. */
static fallible run_walk(struct scan_all *s, struct run_reader *reader, run_taker take, void *context, struct err *e)
{
    struct run_stream stream;
    struct status status = run_stream_open(reader, &stream, e);
    while (done(status) && !stream.over && !s->over) {
        status = event_view_look(s->view, &s->seen, e);
        if (done(status))
            status = take(context, &stream.now, e);
        if (done(status))
            status = run_stream_next(&stream, e);
    }
    run_stream_close(&stream);
    return status;
}

static struct status run_give(void *context, const struct stored_event *event, struct err *e)
{
    struct scan_all *s = context;
    (void)e;
    if (event->note.position > s->after && event->note.position < s->until)
        give(s, event);
    return DONE;
}

static bool run_is_wanted(const struct scan_all *s, const struct run_row *row)
{
    return row->until > s->after && row->first < s->until;
}

/* The tail first: the log can't be held, files can. */
static fallible scan_all_run(struct scan_all *s, struct run_reader **readers, size_t *io_count, struct err *e)
{
    for (size_t i = 0; i < s->view->run_count; i++)
        if (run_is_wanted(s, &s->view->runs[i])) {
            TRY(event_view_run_open(s->view, i, &readers[*io_count], e));
            ++*io_count;
        }
    TRY(tail_scan(s, e));
    for (size_t i = 0; i < *io_count && !s->over; i++)
        TRY(run_walk(s, readers[i], run_give, s, e));
    return DONE;
}

fallible event_scan_all(struct event_view *ev, event_each each, void *context, struct err *e)
{
    return event_scan_between(ev, 0, UINT64_MAX, each, context, e);
}

fallible event_scan_between(struct event_view *ev, uint64_t from, uint64_t until, event_each each, void *context, struct err *e)
{
    struct arena *arena = arena_create(EVENT_ARENA_BLOCK_BYTES);
    struct scan_all s = {.view = ev, .each = each, .context = context, .after = from == 0 ? 0 : from - 1, .until = until};
    struct run_reader **readers = ARENA_ARRAY(arena, struct run_reader *, ev->run_count + 1);
    size_t count = 0;
    struct status status = scan_all_run(&s, readers, &count, e);
    for (size_t i = 0; i < count; i++)
        run_reader_close(readers[i]);
    arena_destroy(arena);
    return status;
}

uint64_t event_view_part_end(const struct event_view *ev, uint64_t from, uint32_t every)
{
    struct scan_all s = {.view = ev, .after = from};
    uint64_t index = tail_first(&s), end = series_view_end(ev->tail.notes);
    index = (index + every - 1) / every * every;
    return index < end ? note_at(&s, index)->position : UINT64_MAX;
}

/* --- in the order of the log --- */

/* Runs whose positions mix, while they are put in order. */
struct sorting {
    struct scan_all *scan;
    struct sorter *sorter;
    const struct event_log_scan *asked;
    struct buf record; /* an event's note, then its envelope */
};

static struct status run_sort(void *context, const struct stored_event *event, struct err *e)
{
    struct sorting *s = context;
    struct event_seen seen = {.note = event->note, .event_us = event->event_us, .packed = event->packed};
    if (event->note.position <= s->scan->after ||
        (s->asked->wanted != NULL && !s->asked->wanted(s->asked->context, &seen)))
        return DONE;
    buf_clear(&s->record);
    buf_push(&s->record, bytes_of(&event->note, sizeof event->note));
    buf_push(&s->record, event->packed);
    assert(!s->record.overflowed);
    return sorter_add(s->sorter, event->note.position, buf_bytes(&s->record), e);
}

static fallible sorted_give(struct sorting *s, struct err *e)
{
    uint64_t position;
    struct bytes record;
    struct stored_event event;
    bool more = true;
    TRY(sorter_finish(s->sorter, e));
    while (more && !s->scan->over) {
        TRY(event_view_look(s->scan->view, &s->scan->seen, e));
        TRY(sorter_next(s->sorter, &position, &record, &more, e));
        if (!more)
            break;
        struct event_note note;
        memcpy(&note, record.data, sizeof note);
        TRY(stored_of(&note, bytes_slice(record, sizeof note, record.size), &event, e));
        give(s->scan, &event);
    }
    return DONE;
}

static fallible run_sort_all(struct sorting *s, size_t run, struct err *e)
{
    struct run_reader *reader;
    TRY(event_view_run_open(s->scan->view, run, &reader, e));
    struct status status = run_walk(s->scan, reader, run_sort, s, e);
    run_reader_close(reader);
    return status;
}

/* Runs [from, until) in order. */
static fallible runs_give_sorted(struct scan_all *scan, const struct event_log_scan *asked, size_t from, size_t until,
                                 struct err *e)
{
    struct sorting s = {.scan = scan, .asked = asked};
    struct status status = DONE;
    s.sorter = sorter_create(scan->view->around->disk, asked->path, SORT_MEMORY_BYTES);
    if (s.sorter == NULL)
        return FAIL(e, FULL, "no memory to put events in order");
    buf_init(&s.record, sizeof(struct event_note) + ENVELOPE_BYTES_MAX);
    for (size_t i = from; i < until && done(status); i++)
        status = run_sort_all(&s, i, e);
    if (done(status))
        status = sorted_give(&s, e);
    buf_fini(&s.record);
    sorter_destroy(s.sorter);
    return status;
}

/* Where runs end whose positions mix with those of `from`. */
static size_t mixed_until(const struct event_view *ev, size_t from, uint64_t *out_position)
{
    size_t until = from + 1;
    *out_position = ev->runs[from].until;
    for (; until < ev->run_count && ev->runs[until].first < *out_position; until++)
        *out_position = ev->runs[until].until > *out_position ? ev->runs[until].until : *out_position;
    return until;
}

static bool give_wanted(void *context, const struct event_seen *event)
{
    const struct event_log_scan *asked = context;
    bool is_wanted = asked->wanted == NULL || asked->wanted(asked->context, event);
    return !is_wanted || asked->each(asked->context, event);
}

fallible event_scan_log(struct event_view *ev, const struct event_log_scan *asked, struct err *e)
{
    struct scan_all runs = {.view = ev, .each = asked->each, .context = asked->context, .after = asked->after, .until = UINT64_MAX};
    struct event_log_scan copy = *asked;
    struct scan_all tail = {.view = ev, .each = give_wanted, .context = &copy, .after = asked->after, .until = UINT64_MAX};
    for (size_t from = 0, until; from < ev->run_count && !runs.over; from = until) {
        uint64_t end;
        until = mixed_until(ev, from, &end);
        if (end > asked->after)
            TRY(runs_give_sorted(&runs, asked, from, until, e));
    }
    return runs.over ? DONE : tail_scan(&tail, e);
}
