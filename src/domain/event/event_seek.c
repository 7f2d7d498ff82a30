/* Reading events whose positions are known: out of the log while it has them, else out of the runs that hold these positions. */
#include <stdlib.h>
#include <string.h>

#include "domain/collect/collect.h"
#include "domain/event/view_inside.h"

struct seeking {
    struct event_view *view;
    struct arena *arena;
    const struct event_sought *sought; /* by position */
    size_t count;
    struct bytes *packed; /* none: not found yet */
    struct run_buffers buffers;
    uint64_t seen;
};

static bool is_missing(const struct seeking *s, size_t at)
{
    return s->packed[at].size == 0;
}

/* --- in the log --- */

static fallible seek_in_log(struct seeking *s, struct err *e)
{
    struct buf body;
    struct log_record record;
    struct status status = DONE;
    buf_init(&body, LOG_RECORD_BYTES_MAX * 2);
    for (size_t i = 0; i < s->count && done(status); i++) {
        status = log_read(s->view->around->log, s->sought[i].position, &body, &record, e);
        if (done(status) && record.kind == COMMAND_COLLECT_EVENT)
            s->packed[i] = arena_copy(s->arena, record.payload);
        status = status.code == STATUS_NOT_FOUND ? DONE : status;
    }
    buf_fini(&body);
    return status;
}

/* --- in runs --- */

/* What of a run is sought, by person. */
struct wanted {
    uint32_t person;
    size_t at; /* in `sought` */
};

static int wanted_compare(const void *x, const void *y)
{
    const struct wanted *a = x, *b = y;
    return a->person != b->person ? (a->person > b->person) - (a->person < b->person)
                                  : (a->at > b->at) - (a->at < b->at);
}

static size_t wanted_of(const struct seeking *s, const struct run_row *run, struct wanted *out_list)
{
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++)
        if (is_missing(s, i) && s->sought[i].position >= run->first && s->sought[i].position < run->until)
            out_list[count++] = (struct wanted){s->sought[i].person, i};
    if (count > 0)
        qsort(out_list, count, sizeof *out_list, wanted_compare);
    return count;
}

/* Positions ascend within those of one person. Returns whether it was one of them. */
static bool wanted_take(struct seeking *s, const struct wanted *list, size_t count, const struct event_note *note,
                        struct bytes packed)
{
    size_t from = 0, until = count;
    while (from < until) {
        size_t middle = from + (until - from) / 2;
        if (s->sought[list[middle].at].position < note->position)
            from = middle + 1;
        else
            until = middle;
    }
    if (from == count || s->sought[list[from].at].position != note->position)
        return false;
    s->packed[list[from].at] = arena_copy(s->arena, packed);
    return true;
}

static fallible block_seek(struct seeking *s, struct run_reader *r, uint64_t block, const struct wanted *list,
                           size_t count, size_t *io_left, struct err *e)
{
    struct block_cursor cursor;
    struct event_note note;
    struct bytes packed;
    TRY(run_block_open(r, block, &s->buffers, &cursor, e));
    while (cursor.left > 0 && *io_left > 0) {
        TRY(event_view_look(s->view, &s->seen, e));
        TRY(run_block_next(&cursor, &note, &packed, e));
        if (note.person > list[0].person)
            break;
        if (note.person == list[0].person)
            *io_left -= wanted_take(s, list, count, &note, packed);
    }
    return DONE;
}

/* Those of one person. */
static fallible person_seek(struct seeking *s, struct run_reader *r, const struct wanted *list, size_t count,
                            struct err *e)
{
    uint64_t block, until;
    size_t left = count;
    TRY(run_reader_find(r, list[0].person, INT64_MAX, &block, &until, e));
    for (; block < until && left > 0; block++)
        TRY(block_seek(s, r, block, list, count, &left, e));
    return DONE;
}

static fallible run_seek(struct seeking *s, struct run_reader *r, const struct wanted *list, size_t count,
                         struct err *e)
{
    for (size_t from = 0, until; from < count; from = until) {
        for (until = from + 1; until < count && list[until].person == list[from].person;)
            until++;
        TRY(person_seek(s, r, list + from, until - from, e));
    }
    return DONE;
}

static fallible seek_in_runs(struct seeking *s, struct err *e)
{
    struct wanted *list = ARENA_ARRAY(s->arena, struct wanted, s->count);
    struct status status = DONE;
    for (size_t i = 0; i < s->view->run_count && done(status); i++) {
        struct run_reader *r;
        size_t count = wanted_of(s, &s->view->runs[i], list);
        if (count == 0)
            continue;
        TRY(event_view_run_open(s->view, i, &r, e));
        status = run_seek(s, r, list, count, e);
        run_reader_close(r);
    }
    return status;
}

/* What the log let go of since the view was opened is in a run that the view doesn't know. */
static fallible tail_check(const struct seeking *s, struct err *e)
{
    uint64_t folded_until = 0;
    for (size_t i = 0; i < s->view->run_count; i++)
        folded_until = s->view->runs[i].until > folded_until ? s->view->runs[i].until : folded_until;
    for (size_t i = 0; i < s->count; i++)
        if (is_missing(s, i) && s->sought[i].position >= folded_until)
            return FAIL(e, UNAVAILABLE,
                        "events that this view refers to are gone, it may be too old: open another one");
    return DONE;
}

fallible event_find_all(struct event_view *ev, const struct event_sought *sought, size_t count, event_found found,
                        void *context, struct err *e)
{
    struct arena *arena = arena_create(EVENT_ARENA_BLOCK_BYTES);
    struct seeking s = {.view = ev, .arena = arena, .sought = sought, .count = count};
    s.packed = ARENA_ARRAY(arena, struct bytes, count);
    run_buffers_init(&s.buffers);
    struct status status = seek_in_log(&s, e);
    if (done(status))
        status = seek_in_runs(&s, e);
    if (done(status))
        status = tail_check(&s, e);
    for (size_t i = 0; i < count && done(status); i++)
        if (!is_missing(&s, i))
            found(context, i, s.packed[i]);
    run_buffers_fini(&s.buffers);
    arena_destroy(arena);
    return status;
}
