/* A view of events from inside, for the files that read through it. */
#pragma once

#include "domain/event/manifest.h"
#include "domain/event/tail.h"

#define EVENT_ARENA_BLOCK_BYTES 4096u

struct event_view {
    struct arena *arena; /* holds this struct and what it points at */
    const struct work_surroundings *around;
    const atomic_bool *is_cancelled; /* NULL: nobody cancels it */
    struct tail_view tail;
    struct run_row *runs; /* in the order of their first positions */
    size_t run_count;
    uint64_t count;
};

/* Of a read whose file or log is gone: what a view refers to is kept for two checkpoints. */
struct status event_view_gone(struct status s, struct err *e);
/* Called for each event that is read; now and then it looks whether the process wants to end, or whoever reads: CANCELLED. */
fallible event_view_look(const struct event_view *ev, uint64_t *io_seen, struct err *e);
fallible event_view_run_open(const struct event_view *ev, size_t run, struct run_reader **out_reader, struct err *e);
bool event_hand_over(event_each each, void *context, const struct stored_event *event);
