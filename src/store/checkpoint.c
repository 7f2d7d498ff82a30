/* The checkpointer. Pages travel from the engine to the writer in batches, through a queue; each batch comes back
 * through another one with what became of it. Nothing else is shared: what a batch holds belongs to whoever has it. */
#include "store/checkpoint.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/queue.h"
#include "store/checkpoint_mark.h"

#define BATCH_BYTES (1u << 20)
#define BATCH_ROOM (BATCH_BYTES + BATCH_BYTES / 8) /* the last page goes beyond */
#define BATCH_BYTES_MAX (64u << 20) /* with one page too many */
#define PAGE_BYTES_MAX (16u << 20)
#define QUEUE_BATCHES 8192u
#define POPPED_MAX 16u
#define WRITER_WAIT_US INT64_C(1000000)
#define POOL_KEPT 2u
#define POOL_ORDERED_MAX 32u /* batches that the writer makes for a checkpoint */

struct batch {
    struct batch *next;
    uint64_t generation; /* of the checkpoint it belongs to */
    bool is_last;        /* after it comes the snapshot, then the mark */
    bool is_waste;       /* to be freed with all that hang on it, on the writer's time */
    bool is_order;       /* asks for new ones, comes back with them behind it */
    size_t batches_wanted; /* of an order */
    size_t page_count;
    struct buf bytes; /* struct page_head, key, value, key below, again and again */
    struct buf filters; /* what the writer says of index pages: struct filter_head, key, filter, again and again */
    struct checkpoint_mark mark; /* of the last batch */
    struct status status;
    struct err error;
};

struct page_head {
    uint32_t value_size; /* 0: delete */
    uint8_t key_size;
    uint8_t below_size;
    bool partial;
};

struct filter_head {
    uint32_t filter_size;
    uint32_t key_size;
};

/* The writer's own. */
struct writer {
    struct disk *disk;
    struct cold *cold;
    struct marks marks;
    atomic_bool compacts; /* before the next snapshot */
    uint64_t failed_generation; /* whose other batches are dropped */
    struct cold_pair *pairs;
    size_t pair_room;
    struct buf below, page, filter;
};

struct checkpointer {
    struct rows *rows;
    struct writer writer;
    bool threaded;
    pthread_t thread;
    struct queue *out, *back; /* NULL without a thread */
    _Atomic bool closing;

    /* the engine's */
    bool running, all_handed;
    uint64_t generation;
    struct checkpoint_mark mark;
    char kept[MARKS_KEPT][COLD_NAME_BYTES_MAX + 1]; /* names of the last marks' snapshots */
    uint64_t attempts;
    struct batch *filling;
    struct batch *sealed, **sealed_end; /* not yet in the queue */
    struct batch *pool;
    size_t pool_count, in_flight;
    size_t buffered_bytes, buffer_bytes_max;
    bool finished;
    struct status status; /* of the running one */
    struct err error;
};

/* --- batches --- */

static struct batch *batch_make(void)
{
    struct batch *b = calloc(1, sizeof *b);
    if (b == NULL)
        abort();
    buf_init(&b->bytes, BATCH_BYTES_MAX);
    buf_init(&b->filters, BATCH_BYTES_MAX);
    return b;
}

static struct batch *batch_take(struct checkpointer *c)
{
    struct batch *b = c->pool;
    if (b != NULL) {
        c->pool = b->next;
        c->pool_count--;
        buf_clear(&b->bytes);
        buf_clear(&b->filters);
    } else {
        b = batch_make();
    }
    b->next = NULL;
    b->generation = c->generation;
    b->is_last = b->is_waste = b->is_order = false;
    b->page_count = 0;
    b->status = DONE;
    return b;
}

static void batch_free_all(struct batch *b)
{
    for (struct batch *next; b != NULL; b = next) {
        next = b->next;
        buf_fini(&b->bytes);
        buf_fini(&b->filters);
        free(b);
    }
}

static void batch_pool(struct checkpointer *c, struct batch *b)
{
    b->next = c->pool;
    c->pool = b;
    c->pool_count++;
}

static void batch_seal(struct checkpointer *c)
{
    struct batch *b = c->filling;
    c->filling = NULL;
    c->buffered_bytes += b->bytes.size;
    *c->sealed_end = b;
    c->sealed_end = &b->next;
}

static void sink_put(void *context, const struct page *page)
{
    struct checkpointer *c = context;
    assert(page->key.size > 0 && page->key.size <= UINT8_MAX && page->below.size <= UINT8_MAX && page->value.size <= PAGE_BYTES_MAX);
    if (c->filling == NULL)
        c->filling = batch_take(c);
    struct batch *b = c->filling;
    struct page_head head = {.value_size = (uint32_t)page->value.size, .key_size = (uint8_t)page->key.size, .below_size = (uint8_t)page->below.size, .partial = page->partial};
    buf_push(&b->bytes, bytes_of(&head, sizeof head));
    buf_push(&b->bytes, page->key);
    buf_push(&b->bytes, page->value);
    buf_push(&b->bytes, page->below);
    if (b->bytes.overflowed) /* no memory, and nothing to leave out */
        abort();
    b->page_count++;
    if (b->bytes.size >= BATCH_BYTES)
        batch_seal(c);
}

/* --- writing: on the writer's thread, or inside step --- */

/* What the engine must know of an index page before its entries go cold. */
static fallible filter_note(struct writer *w, struct batch *b, struct bytes key, struct err *e)
{
    struct filter_head head = {.filter_size = (uint32_t)w->filter.size, .key_size = (uint32_t)key.size};
    buf_push(&b->filters, bytes_of(&head, sizeof head));
    buf_push(&b->filters, key);
    buf_push(&b->filters, buf_bytes(&w->filter));
    return b->filters.overflowed ? FAIL(e, FULL, "no memory for filters") : DONE;
}

/* A part of a page is laid over the page that is there, or over the one that it was a part of. */
static fallible partial_write(struct writer *w, struct batch *b, const struct cold_pair *pair, struct bytes below, struct err *e)
{
    bool found = false;
    TRY(cold_get(w->cold, pair->key, &w->below, &found, e));
    if (!found && below.size > 0)
        TRY(cold_get(w->cold, below, &w->below, &found, e));
    TRY(page_overlay(buf_bytes(&w->below), pair->value, &w->page, &w->filter, e));
    TRY(filter_note(w, b, pair->key, e));
    struct cold_pair whole = {pair->key, w->page.size == 0 ? BYTES_NONE : buf_bytes(&w->page)};
    return cold_put(w->cold, &whole, 1, e);
}

static fallible batch_write(struct writer *w, struct batch *b, struct err *e)
{
    if (b->page_count > w->pair_room) {
        free(w->pairs);
        w->pair_room = b->page_count * 2;
        w->pairs = malloc(w->pair_room * sizeof *w->pairs);
        if (w->pairs == NULL)
            abort();
    }
    size_t count = 0;
    const uint8_t *at = b->bytes.data;
    for (size_t i = 0; i < b->page_count; i++) {
        struct page_head head;
        memcpy(&head, at, sizeof head);
        at += sizeof head;
        struct cold_pair pair = {bytes_of(at, head.key_size), head.value_size == 0 ? BYTES_NONE : bytes_of(at + head.key_size, head.value_size)};
        at += head.key_size + head.value_size;
        if (head.partial)
            TRY(partial_write(w, b, &pair, bytes_of(at, head.below_size), e));
        else
            w->pairs[count++] = pair;
        at += head.below_size;
    }
    return cold_put(w->cold, w->pairs, count, e);
}

/* All pages are in: the snapshot, the mark, and what lies before the last two goes. */
static fallible mark_make(struct writer *w, const struct checkpoint_mark *mark, struct err *e)
{
    if (atomic_exchange(&w->compacts, false))
        TRY(cold_compact(w->cold, e));
    TRY(cold_snapshot_remove(w->cold, mark->snapshot, e)); /* left behind by a crash; no mark has this name */
    TRY(cold_snapshot(w->cold, mark->snapshot, e));
    struct marks marks = {.all = {*mark, w->marks.all[0]}, .count = w->marks.count == 0 ? 1 : MARKS_KEPT};
    TRY(marks_write(w->disk, &marks, e));
    w->marks = marks;
    const char *names[MARKS_KEPT] = {marks.all[0].snapshot, marks.all[1].snapshot};
    struct err unheard = {0};
    (void)!failed(cold_snapshot_keep(w->cold, names, marks.count, &unheard)); /* else it goes next time: the mark is durable */
    return DONE;
}

static void batch_process(struct writer *w, struct batch *b)
{
    if (b->generation == w->failed_generation) {
        b->status = FAIL(&b->error, CANCELLED, "the checkpoint was given up");
        return;
    }
    b->status = batch_write(w, b, &b->error);
    if (done(b->status) && b->is_last)
        b->status = mark_make(w, &b->mark, &b->error);
    if (failed(b->status))
        w->failed_generation = b->generation;
}

/* Batches with room for their pages. New memory is slow to touch for the first time (3 ms a batch on a virtual machine),
 * so it is the writer who makes them. */
static void order_fill(struct batch *order)
{
    for (size_t i = 0; i < order->batches_wanted; i++) {
        struct batch *b = batch_make();
        uint8_t *room = buf_extend(&b->bytes, BATCH_ROOM);
        if (room != NULL)
            memset(room, 0, BATCH_ROOM);
        buf_clear(&b->bytes);
        b->next = order->next;
        order->next = b;
    }
}

static void *writer_run(void *context)
{
    struct checkpointer *c = context;
    void *popped[POPPED_MAX];
    while (!queue_is_over(c->out)) {
        size_t count = queue_pop_many(c->out, popped, POPPED_MAX, WRITER_WAIT_US);
        for (size_t i = 0; i < count; i++) {
            struct batch *b = popped[i];
            if (b->is_waste) {
                batch_free_all(b);
                continue;
            }
            if (b->is_order)
                order_fill(b);
            else if (atomic_load(&c->closing))
                b->status = (struct status){STATUS_CANCELLED};
            else
                batch_process(&c->writer, b);
            struct err e = {0};
            struct status status = queue_push(c->back, b, 0, &e);
            assert(done(status)); /* no more are in flight than it holds */
        }
    }
    return NULL;
}

/* --- the engine's side --- */

static void filters_take(struct checkpointer *c, const struct batch *b)
{
    const uint8_t *at = b->filters.data;
    for (const uint8_t *end = at + b->filters.size; at < end;) {
        struct filter_head head;
        memcpy(&head, at, sizeof head);
        at += sizeof head;
        rows_page_stored(c->rows, bytes_of(at, head.key_size), bytes_of(at + head.key_size, head.filter_size));
        at += head.key_size + head.filter_size;
    }
}

/* One batch has come back. */
static void batch_settle(struct checkpointer *c, struct batch *b)
{
    if (b->is_order) {
        for (struct batch *next; b != NULL; b = next) {
            next = b->next;
            batch_pool(c, b);
        }
        return;
    }
    assert(c->buffered_bytes >= b->bytes.size);
    c->buffered_bytes -= b->bytes.size;
    if (c->running && b->generation == c->generation) {
        if (failed(b->status) && done(c->status)) {
            c->status = b->status;
            c->error = b->error;
        }
        c->finished |= b->is_last && done(b->status);
        if (done(b->status))
            filters_take(c, b);
    }
    batch_pool(c, b);
}

static void batches_collect(struct checkpointer *c, int64_t wait_us)
{
    void *popped[POPPED_MAX];
    size_t count;
    while (c->in_flight > 0 && (count = queue_pop_many(c->back, popped, POPPED_MAX, wait_us)) > 0) {
        for (size_t i = 0; i < count; i++)
            batch_settle(c, popped[i]);
        c->in_flight -= count;
        wait_us = 0;
    }
}

static struct batch *sealed_pop(struct checkpointer *c)
{
    struct batch *b = c->sealed;
    c->sealed = b->next;
    if (c->sealed == NULL)
        c->sealed_end = &c->sealed;
    b->next = NULL;
    return b;
}

/* Into the queue; without a thread the writing is done here. */
static void batches_send(struct checkpointer *c)
{
    struct err e = {0};
    while (c->sealed != NULL && c->in_flight < QUEUE_BATCHES) {
        struct batch *b = sealed_pop(c);
        if (!c->threaded) {
            batch_process(&c->writer, b);
            batch_settle(c, b);
            continue;
        }
        struct status status = queue_push(c->out, b, 0, &e);
        assert(done(status)); /* it holds as many, and waste besides */
        c->in_flight++;
    }
}

/* Gives the memory of an ended checkpoint back; a thread other than the engine's has the time for it. */
static void pool_shrink(struct checkpointer *c)
{
    if (c->pool_count <= POOL_KEPT)
        return;
    struct batch *waste = c->pool;
    c->pool = NULL;
    c->pool_count = 0;
    struct err e = {0};
    waste->is_waste = true;
    if (!c->threaded || failed(queue_push(c->out, waste, 0, &e)))
        batch_free_all(waste);
}

static void checkpoint_end(struct checkpointer *c)
{
    c->running = false;
    if (c->filling != NULL) {
        batch_pool(c, c->filling);
        c->filling = NULL;
    }
    while (c->sealed != NULL) {
        struct batch *b = sealed_pop(c);
        c->buffered_bytes -= b->bytes.size;
        batch_pool(c, b);
    }
    pool_shrink(c);
}

static size_t pool_ordered(const struct checkpointer *c)
{
    size_t fitting = c->buffer_bytes_max / BATCH_BYTES;
    return fitting < POOL_ORDERED_MAX ? fitting : POOL_ORDERED_MAX;
}

/* Without an answer the batches are made as they are needed. */
static void batches_order(struct checkpointer *c)
{
    struct err e = {0};
    struct batch *order = batch_make();
    order->is_order = true;
    order->batches_wanted = pool_ordered(c);
    if (c->in_flight < QUEUE_BATCHES && done(queue_push(c->out, order, 0, &e)))
        c->in_flight++;
    else
        batch_pool(c, order);
}

/* Whether step may hand out now: not as long as a batch would have to be made, but for want of any other. */
static bool has_room(const struct checkpointer *c)
{
    bool has_batch = !c->threaded || c->pool != NULL || c->in_flight == 0;
    return !c->all_handed && has_batch && c->buffered_bytes < c->buffer_bytes_max;
}

void checkpointer_compact(struct checkpointer *c)
{
    assert(!c->running);
    atomic_store(&c->writer.compacts, true);
}

void checkpointer_begin(struct checkpointer *c, const struct checkpoint_mark *mark)
{
    assert(!c->running);
    batches_collect(c, 0);
    if (c->threaded && c->pool_count < pool_ordered(c))
        batches_order(c);
    c->running = true;
    c->all_handed = c->finished = false;
    c->status = DONE;
    c->generation++;
    c->mark = *mark;
    /* A name that was never used: of one whose mark failed nobody knows whether the disk has it. */
    do
        (void)snprintf(c->mark.snapshot, sizeof c->mark.snapshot, "p%" PRIu64 "-%" PRIu64, mark->position, ++c->attempts % 1000000);
    while (strcmp(c->mark.snapshot, c->kept[0]) == 0 || strcmp(c->mark.snapshot, c->kept[1]) == 0);
    rows_checkpoint_begin(c->rows, (struct page_sink){sink_put, c});
    if (c->filling != NULL) /* it may have no room but for what is in it */
        batch_seal(c);
}

static void pages_hand_out(struct checkpointer *c, size_t bytes_max)
{
    c->all_handed = rows_checkpoint_some(c->rows, bytes_max);
    if (!c->all_handed)
        return;
    if (c->filling == NULL)
        c->filling = batch_take(c);
    c->filling->is_last = true;
    c->filling->mark = c->mark;
    batch_seal(c);
}

enum checkpoint_state checkpointer_step(struct checkpointer *c, size_t bytes_max, struct checkpoint_mark *out_mark, struct err *e)
{
    assert(c->running);
    batches_collect(c, 0);
    if (done(c->status) && bytes_max > 0) {
        if (has_room(c))
            pages_hand_out(c, bytes_max);
        batches_send(c);
    }
    if (failed(c->status)) {
        rows_checkpoint_abort(c->rows);
        checkpoint_end(c);
        err_set(e, "checkpoint at %" PRIu64 ": %s", c->mark.position, c->error.text);
        return c->status.code == STATUS_FULL ? CHECKPOINT_FULL : CHECKPOINT_FAILED;
    }
    if (!c->finished)
        return CHECKPOINT_RUNNING;
    rows_checkpoint_done(c->rows);
    checkpoint_end(c);
    memcpy(c->kept[1], c->kept[0], sizeof c->kept[0]);
    memcpy(c->kept[0], c->mark.snapshot, sizeof c->kept[0]);
    *out_mark = c->mark;
    return CHECKPOINT_IDLE;
}

bool checkpointer_has_older(const struct checkpointer *c)
{
    return c->kept[1][0] != 0;
}

/* Once the writer rests, what it has of the marks may be changed here. Files go first, since without a free byte nothing can be
 * written; a mark whose snapshot is gone is passed over like one whose snapshot is damaged. What failed attempts have left goes
 * when no mark on the disk can name it any more. */
fallible checkpointer_forget_older(struct checkpointer *c, struct err *e)
{
    assert(!c->running && checkpointer_has_older(c));
    while (c->in_flight > 0) /* of one that failed: nothing is done with them any more */
        batches_collect(c, WRITER_WAIT_US);
    struct writer *w = &c->writer;
    TRY(cold_snapshot_remove(w->cold, c->kept[1], e));
    c->kept[1][0] = 0;
    w->marks = (struct marks){.all = {w->marks.all[0]}, .count = 1};
    TRY(marks_write(w->disk, &w->marks, e));
    const char *last = c->kept[0];
    return cold_snapshot_keep(w->cold, &last, 1, e);
}

size_t checkpointer_bytes(const struct checkpointer *c)
{
    size_t idle = c->pool_count + (c->filling != NULL), busy = c->buffered_bytes / BATCH_BYTES;
    return (idle + busy) * BATCH_ROOM;
}

size_t checkpointer_bytes_ahead(const struct checkpointer *c)
{
    size_t now = checkpointer_bytes(c), ahead = (c->buffer_bytes_max / BATCH_BYTES + 1) * BATCH_ROOM;
    return now > ahead ? now : ahead;
}

bool checkpointer_running(const struct checkpointer *c)
{
    return c->running;
}

bool checkpointer_hands_out(const struct checkpointer *c)
{
    return c->running && done(c->status) && has_room(c);
}

void checkpointer_wait(struct checkpointer *c, int64_t wait_us)
{
    bool can_go_on = c->finished || failed(c->status) || c->sealed != NULL || has_room(c);
    if (c->running && !can_go_on)
        batches_collect(c, wait_us);
}

/* --- beginning and end --- */

static fallible checkpointer_start(struct checkpointer *c, struct err *e)
{
    struct writer *w = &c->writer;
    TRY(marks_read(w->disk, &w->marks, e));
    const char *names[MARKS_KEPT] = {w->marks.all[0].snapshot, w->marks.all[1].snapshot};
    for (unsigned i = 0; i < w->marks.count; i++)
        memcpy(c->kept[i], names[i], sizeof c->kept[i]);
    if (w->marks.count > 0) /* without a mark nothing is thrown away: perhaps it is the mark that is missing */
        TRY(cold_snapshot_keep(w->cold, names, w->marks.count, e));
    if (!c->threaded)
        return DONE;
    TRY(queue_create(QUEUE_BATCHES * 2, &c->out, e));
    TRY(queue_create(QUEUE_BATCHES, &c->back, e));
    if (pthread_create(&c->thread, NULL, writer_run, c) != 0) {
        queue_destroy(c->out);
        c->out = NULL; /* there is no thread to end */
        return FAIL(e, FULL, "can't start the thread that writes checkpoints");
    }
    return DONE;
}

fallible checkpointer_create(const struct checkpointer_options *options, struct checkpointer **out, struct err *e)
{
    struct checkpointer *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    size_t most = options->buffer_bytes_max;
    c->buffer_bytes_max = most < CHECKPOINT_BUFFER_BYTES_MIN ? CHECKPOINT_BUFFER_BYTES_MIN : most < CHECKPOINT_BUFFER_BYTES_MAX ? most : CHECKPOINT_BUFFER_BYTES_MAX;
    c->rows = options->rows;
    c->threaded = options->threaded;
    c->sealed_end = &c->sealed;
    c->writer.disk = options->disk;
    c->writer.cold = options->cold;
    buf_init(&c->writer.below, PAGE_BYTES_MAX);
    buf_init(&c->writer.page, PAGE_BYTES_MAX);
    buf_init(&c->writer.filter, PAGE_BYTES_MAX);
    struct status status = checkpointer_start(c, e);
    if (failed(status)) {
        if (c->back == NULL) {
            queue_destroy(c->out);
            c->out = NULL;
        }
        checkpointer_destroy(c);
        return status;
    }
    *out = c;
    return DONE;
}

static void writer_stop(struct checkpointer *c)
{
    atomic_store(&c->closing, true);
    queue_close(c->out);
    (void)pthread_join(c->thread, NULL);
    batches_collect(c, 0);
    queue_destroy(c->out);
}

void checkpointer_destroy(struct checkpointer *c)
{
    if (c == NULL)
        return;
    if (c->running) {
        rows_checkpoint_abort(c->rows);
        checkpoint_end(c);
    }
    if (c->out != NULL)
        writer_stop(c);
    queue_destroy(c->back);
    batch_free_all(c->pool);
    free(c->writer.pairs);
    buf_fini(&c->writer.below);
    buf_fini(&c->writer.page);
    buf_fini(&c->writer.filter);
    free(c);
}
