#include "engine/fetch.h"

#include <pthread.h>
#include <stdlib.h>

#include "engine/view.h"

#define FETCH_THREADS_MAX 8u
#define PAGE_BYTES_MAX (ROWS_PAGE_ROWS * (ROW_BYTES_MAX + 64u))
#define SLOTS 8192u /* asks in flight; the engine asks again when some are back */
#define BUCKETS 8192u
#define NO_SLOT UINT32_MAX

struct slot {
    uint32_t number;
    uint32_t next;           /* in its bucket while pending, else in the list of free ones */
    struct status status;
    struct buf page;
};

/* Places in order of arrival; a slot is in at most one ring, so neither overflows. */
struct ring {
    uint32_t first, count;
    uint32_t slots[SLOTS];
};

/* The lock guards everything but the page of a slot that is in neither ring and not free: that is its reader's. */
struct fetch {
    struct cold *cold;
    pthread_mutex_t lock;
    pthread_cond_t asked_more, arrived;
    pthread_t threads[FETCH_THREADS_MAX];
    unsigned thread_count;
    bool closing;
    size_t pending;
    uint32_t free_slot;
    struct ring asked, here;
    uint32_t buckets[BUCKETS];
    struct err error;
    struct slot slots[SLOTS];
};

static void ring_push(struct ring *r, uint32_t slot)
{
    assert(r->count < SLOTS);
    r->slots[(r->first + r->count++) % SLOTS] = slot;
}

static uint32_t ring_pop(struct ring *r)
{
    assert(r->count > 0);
    uint32_t slot = r->slots[r->first];
    r->first = (r->first + 1) % SLOTS;
    r->count--;
    return slot;
}

static uint32_t *bucket_of(struct fetch *f, uint32_t number)
{
    return &f->buckets[(number * 2654435761u) % BUCKETS];
}

static bool is_pending(struct fetch *f, uint32_t number)
{
    for (uint32_t at = *bucket_of(f, number); at != NO_SLOT; at = f->slots[at].next)
        if (f->slots[at].number == number)
            return true;
    return false;
}

static void slot_free(struct fetch *f, uint32_t slot)
{
    uint32_t *at = bucket_of(f, f->slots[slot].number);
    while (*at != slot)
        at = &f->slots[*at].next;
    *at = f->slots[slot].next;
    buf_clear(&f->slots[slot].page);
    f->slots[slot].next = f->free_slot;
    f->free_slot = slot;
    f->pending--;
}

static void slot_read(struct fetch *f, struct slot *slot, struct err *e)
{
    struct page_key key = rows_numbered_page(&person_family, slot->number);
    bool found = false;
    slot->status = cold_get(f->cold, bytes_of(key.data, key.size), &slot->page, &found, e);
    if (done(slot->status) && !found)
        slot->status = FAIL(e, CORRUPT, "the page of person %u is not in the cold store", slot->number);
}

static void *reader_run(void *context)
{
    struct fetch *f = context;
    (void)pthread_mutex_lock(&f->lock);
    while (!f->closing) {
        if (f->asked.count == 0) {
            (void)pthread_cond_wait(&f->asked_more, &f->lock);
            continue;
        }
        uint32_t slot = ring_pop(&f->asked);
        (void)pthread_mutex_unlock(&f->lock);
        struct err e = {0};
        slot_read(f, &f->slots[slot], &e);
        (void)pthread_mutex_lock(&f->lock);
        if (failed(f->slots[slot].status))
            f->error = e;
        ring_push(&f->here, slot);
        (void)pthread_cond_signal(&f->arrived);
    }
    (void)pthread_mutex_unlock(&f->lock);
    return NULL;
}

static void slots_init(struct fetch *f)
{
    for (uint32_t i = 0; i < BUCKETS; i++)
        f->buckets[i] = NO_SLOT;
    for (uint32_t i = 0; i < SLOTS; i++) {
        buf_init(&f->slots[i].page, PAGE_BYTES_MAX);
        f->slots[i].next = i + 1 < SLOTS ? i + 1 : NO_SLOT;
    }
    f->free_slot = 0;
}

fallible fetch_create(struct cold *c, unsigned threads, struct fetch **out_fetch, struct err *e)
{
    assert(threads <= FETCH_THREADS_MAX);
    struct fetch *f = calloc(1, sizeof *f);
    if (f == NULL)
        return FAIL(e, FULL, "no memory to fetch cold rows");
    f->cold = c;
    (void)pthread_mutex_init(&f->lock, NULL);
    (void)pthread_cond_init(&f->asked_more, NULL);
    (void)pthread_cond_init(&f->arrived, NULL);
    slots_init(f);
    for (; f->thread_count < threads; f->thread_count++) {
        if (pthread_create(&f->threads[f->thread_count], NULL, reader_run, f) != 0) {
            fetch_destroy(f);
            return FAIL(e, FULL, "can't start a thread to fetch cold rows");
        }
    }
    *out_fetch = f;
    return DONE;
}

void fetch_destroy(struct fetch *f)
{
    if (f == NULL)
        return;
    (void)pthread_mutex_lock(&f->lock);
    f->closing = true;
    (void)pthread_cond_broadcast(&f->asked_more);
    (void)pthread_mutex_unlock(&f->lock);
    for (unsigned i = 0; i < f->thread_count; i++)
        (void)pthread_join(f->threads[i], NULL);
    for (size_t i = 0; i < SLOTS; i++)
        buf_fini(&f->slots[i].page);
    (void)pthread_cond_destroy(&f->asked_more);
    (void)pthread_cond_destroy(&f->arrived);
    (void)pthread_mutex_destroy(&f->lock);
    free(f);
}

void fetch_ask(struct fetch *f, uint32_t number)
{
    assert(number != PERSON_NONE);
    (void)pthread_mutex_lock(&f->lock);
    if (f->free_slot != NO_SLOT && !is_pending(f, number)) {
        uint32_t slot = f->free_slot, *bucket = bucket_of(f, number);
        f->free_slot = f->slots[slot].next;
        f->slots[slot].number = number;
        f->slots[slot].next = *bucket;
        *bucket = slot;
        f->pending++;
        ring_push(&f->asked, slot);
        (void)pthread_cond_signal(&f->asked_more);
    }
    (void)pthread_mutex_unlock(&f->lock);
}

size_t fetch_pending(const struct fetch *f)
{
    return f->pending; /* changed by the engine's thread alone */
}

/* A row that came back in another way meanwhile (or was removed) is left as it is. */
static fallible slot_take(const struct slot *slot, struct rows *rows, const struct err *why, struct err *e)
{
    if (failed(slot->status)) {
        err_set(e, "%s", why->text);
        return slot->status;
    }
    struct bytes row;
    if (rows_numbered_get(rows, &person_family, slot->number, &row) != ROW_COLD)
        return DONE;
    return rows_numbered_thaw(rows, &person_family, slot->number, buf_bytes(&slot->page), e);
}

static void read_inline(struct fetch *f)
{
    while (f->asked.count > 0) {
        uint32_t slot = ring_pop(&f->asked);
        slot_read(f, &f->slots[slot], &f->error);
        ring_push(&f->here, slot);
    }
}

fallible fetch_take(struct fetch *f, struct rows *rows, bool wait, size_t *out_taken, struct err *e)
{
    struct status status = DONE;
    size_t taken = 0;
    (void)pthread_mutex_lock(&f->lock);
    if (f->thread_count == 0)
        read_inline(f);
    while (wait && f->here.count == 0 && f->pending > 0)
        (void)pthread_cond_wait(&f->arrived, &f->lock);
    for (; f->here.count > 0 && done(status); taken++) {
        uint32_t slot = ring_pop(&f->here);
        status = slot_take(&f->slots[slot], rows, &f->error, e);
        slot_free(f, slot);
    }
    (void)pthread_mutex_unlock(&f->lock);
    *out_taken = taken;
    return status;
}
