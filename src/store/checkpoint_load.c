/* Loading. Reading pages and making rows of them take about as long as each other, so a thread reads ahead: batches of pairs
 * go from it to the loader through one queue, and come back empty through another. */
#include <pthread.h>
#include <string.h>

#include "lib/queue.h"
#include "store/checkpoint.h"

#define BATCHES 4u
#define BATCH_BYTES (1u << 20)
#define BATCH_BYTES_MAX (64u << 20) /* with one pair too many */
#define WAIT_US INT64_C(1000000)

struct pair_head {
    uint32_t key_size;
    uint32_t value_size;
};

struct reader {
    struct cold *cold;
    uint8_t prefixes[LOAD_PREFIXES];
    struct buf batches[BATCHES]; /* struct pair_head, key, value, again and again */
    struct queue *full;          /* of struct buf; the reader closes it at the end */
    struct queue *empty;         /* the loader closes it to end the reader */
    struct buf *filling;         /* NULL: none */
    pthread_t thread;
    struct status status; /* of the reader, once `full` is closed */
    struct err error;
};

/* --- the reader's thread --- */

static fallible batch_take(struct reader *d, struct err *e)
{
    void *popped = NULL;
    while (d->filling == NULL) {
        if (queue_pop_many(d->empty, &popped, 1, WAIT_US) > 0)
            d->filling = popped;
        else if (queue_is_over(d->empty))
            return FAIL(e, CANCELLED, "nobody loads any more");
    }
    buf_clear(d->filling);
    return DONE;
}

static fallible batch_give(struct reader *d, struct err *e)
{
    struct buf *b = d->filling;
    d->filling = NULL;
    return b == NULL ? DONE : queue_push(d->full, b, 0, e); /* it has room for all that there are */
}

static struct status pair_read(void *context, struct bytes key, struct bytes value, struct err *e)
{
    struct reader *d = context;
    struct pair_head head = {.key_size = (uint32_t)key.size, .value_size = (uint32_t)value.size};
    if (d->filling == NULL)
        TRY(batch_take(d, e));
    buf_push(d->filling, bytes_of(&head, sizeof head));
    buf_push(d->filling, key);
    buf_push(d->filling, value);
    if (d->filling->overflowed)
        return FAIL(e, FULL, "no memory for pages");
    return d->filling->size < BATCH_BYTES ? DONE : batch_give(d, e);
}

static fallible all_read(struct reader *d, struct err *e)
{
    for (size_t i = 0; i < COUNT_OF(d->prefixes); i++)
        TRY(cold_scan(d->cold, bytes_of(&d->prefixes[i], 1), pair_read, d, e));
    return batch_give(d, e);
}

static void *reader_run(void *context)
{
    struct reader *d = context;
    d->status = all_read(d, &d->error);
    queue_close(d->full);
    return NULL;
}

static fallible reader_start(struct reader *d, struct err *e)
{
    TRY(queue_create(BATCHES, &d->full, e));
    TRY(queue_create(BATCHES, &d->empty, e));
    for (size_t i = 0; i < BATCHES; i++)
        TRY(queue_push(d->empty, &d->batches[i], 0, e));
    return pthread_create(&d->thread, NULL, reader_run, d) == 0
               ? DONE
               : FAIL(e, FULL, "can't start the thread that reads pages");
}

/* --- the loader's --- */

static fallible batch_load(struct rows *r, const struct buf *b, struct err *e)
{
    for (const uint8_t *at = b->data, *end = at + b->size; at < end;) {
        struct pair_head head;
        memcpy(&head, at, sizeof head);
        at += sizeof head;
        TRY(rows_load(r, bytes_of(at, head.key_size), bytes_of(at + head.key_size, head.value_size), e));
        at += head.key_size + head.value_size;
    }
    return DONE;
}

static fallible batches_load(struct reader *d, struct rows *r, struct err *e)
{
    void *popped = NULL;
    while (!queue_is_over(d->full)) {
        if (queue_pop_many(d->full, &popped, 1, WAIT_US) == 0)
            continue;
        TRY(batch_load(r, popped, e));
        struct status back = queue_push(d->empty, popped, 0, e);
        assert(done(back)); /* it came from there */
    }
    return DONE;
}

static fallible read_and_load(struct reader *d, struct rows *r, struct err *e)
{
    TRY(reader_start(d, e));
    struct status loaded = batches_load(d, r, e);
    queue_close(d->empty);
    (void)pthread_join(d->thread, NULL);
    TRY(loaded);
    if (failed(d->status))
        *e = d->error;
    return d->status;
}

fallible checkpoint_load(struct cold *c, const struct checkpoint_mark *mark, struct rows *r, struct err *e)
{
    struct reader d = {.cold = c};
    rows_load_order(r, d.prefixes);
    for (size_t i = 0; i < BATCHES; i++)
        buf_init(&d.batches[i], BATCH_BYTES_MAX);
    struct status status = read_and_load(&d, r, e);
    for (size_t i = 0; i < BATCHES; i++)
        buf_fini(&d.batches[i]);
    queue_destroy(d.full);
    queue_destroy(d.empty);
    TRY(status);
    return rows_load_done(r, mark->digest, e);
}
