#include "engine/fetch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

#define FETCH_THREADS_MAX 8u
#define PAGE_BYTES_MAX (1u << 20) /* of a row, an index page, a block, or a path */
#define SLOTS 2048u /* asks in flight; the engine asks again when some are back */
#define BUCKETS 2048u
#define PAGE_KEPT_BYTES 1024u /* a slot that read more gives the memory back */
#define NO_SLOT UINT32_MAX

/* What is asked for, as one number: family and number of a row; or one of these bits, and below it serial and block, or a hash
 * of the path or of the index key. */
#define KEY_BLOCK (UINT64_C(1) << 63)
#define KEY_SIEVE (UINT64_C(1) << 62)
#define KEY_INDEX (UINT64_C(1) << 61) /* two keys that are one here are asked for one after the other */

struct slot {
    uint64_t key;
    uint32_t next;           /* in its bucket while pending, else in the list of free ones */
    struct status status;
    struct sieve *sieve;     /* of a block: to read from; of a sieve: what was opened; a reference of the slot's own */
    struct buf page;         /* what was read; of a sieve: its path, with the NUL */
    const struct family *family; /* of a row */
    struct index_name name;  /* of an index entry: what is looked for, where, and the number found */
    struct index_pages pages;
    uint32_t number;
};

/* Places in order of arrival; a slot is in at most one ring, so neither overflows. */
struct ring {
    uint32_t first, count;
    uint32_t slots[SLOTS];
};

/* The lock guards everything but the page of a slot that is in neither ring and not free: that is its reader's. */
struct fetch {
    struct fetch_places places;
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

static uint32_t *bucket_of(struct fetch *f, uint64_t key)
{
    return &f->buckets[rng_mix(key) % BUCKETS];
}

static bool is_pending(struct fetch *f, uint64_t key)
{
    for (uint32_t at = *bucket_of(f, key); at != NO_SLOT; at = f->slots[at].next)
        if (f->slots[at].key == key)
            return true;
    return false;
}

static void slot_free(struct fetch *f, uint32_t slot)
{
    uint32_t *at = bucket_of(f, f->slots[slot].key);
    while (*at != slot)
        at = &f->slots[*at].next;
    *at = f->slots[slot].next;
    sieve_release(f->slots[slot].sieve);
    f->slots[slot].sieve = NULL;
    if (f->slots[slot].page.capacity > PAGE_KEPT_BYTES)
        buf_fini(&f->slots[slot].page);
    else
        buf_clear(&f->slots[slot].page);
    f->slots[slot].next = f->free_slot;
    f->free_slot = slot;
    f->pending--;
}

/* --- reading --- */

static fallible page_read(struct fetch *f, struct slot *slot, struct err *e)
{
    uint32_t number = (uint32_t)slot->key;
    struct page_key key = rows_numbered_key(slot->family, number);
    bool found = false;
    TRY(cold_get(f->places.cold, bytes_of(key.data, key.size), &slot->page, &found, e));
    return found ? DONE : FAIL(e, CORRUPT, "%s %u is not in the cold store", slot->family->name, number);
}

static fallible index_read(struct fetch *f, struct slot *slot, struct err *e)
{
    bool found = false;
    slot->number = 0;
    for (uint32_t i = 0; i < slot->pages.count && !found; i++) {
        const struct page_key *key = &slot->pages.keys[i];
        TRY(cold_get(f->places.cold, bytes_of(key->data, key->size), &slot->page, &found, e));
    }
    if (found)
        TRY(rows_index_find(buf_bytes(&slot->page), slot->name.hash, &slot->number, e));
    buf_fini(&slot->page); /* many slots may wait to be taken; the number is all that counts */
    return DONE;
}

static fallible block_read(struct slot *slot, struct err *e)
{
    uint8_t *block = buf_extend(&slot->page, SIEVE_BLOCK_BYTES);
    if (block == NULL)
        return FAIL(e, FULL, "no memory for a block");
    return sieve_block_read(slot->sieve, (uint32_t)slot->key, block, e);
}

static fallible sieve_read(struct fetch *f, struct slot *slot, struct err *e)
{
    struct status status = sieve_open(f->places.disk, (const char *)slot->page.data, &slot->sieve, e);
    return status.code == STATUS_NOT_FOUND ? FAIL(e, CORRUPT, "%s: a command names it, but it is not there", (const char *)slot->page.data)
                                           : status;
}

static void slot_read(struct fetch *f, struct slot *slot, struct err *e)
{
    if (slot->key & KEY_BLOCK)
        slot->status = block_read(slot, e);
    else if (slot->key & KEY_SIEVE)
        slot->status = sieve_read(f, slot, e);
    else if (slot->key & KEY_INDEX)
        slot->status = index_read(f, slot, e);
    else
        slot->status = page_read(f, slot, e);
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

fallible fetch_create(const struct fetch_places *places, unsigned threads, struct fetch **out_fetch, struct err *e)
{
    assert(threads <= FETCH_THREADS_MAX);
    struct fetch *f = calloc(1, sizeof *f);
    if (f == NULL)
        return FAIL(e, FULL, "no memory to fetch cold rows");
    f->places = *places;
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
    for (size_t i = 0; i < SLOTS; i++) {
        sieve_release(f->slots[i].sieve);
        buf_fini(&f->slots[i].page);
    }
    (void)pthread_cond_destroy(&f->asked_more);
    (void)pthread_cond_destroy(&f->arrived);
    (void)pthread_mutex_destroy(&f->lock);
    free(f);
}

/* What an ask is, beside its key: of a block or a sieve what to read it by (the reference is taken over). */
struct asked {
    struct sieve *sieve;
    const char *path;
    const struct family *family;
    struct index_name name;
    struct index_pages pages;
};

static void ask(struct fetch *f, uint64_t key, const struct asked *what)
{
    struct sieve *sieve = what->sieve;
    (void)pthread_mutex_lock(&f->lock);
    if (f->free_slot != NO_SLOT && !is_pending(f, key)) {
        uint32_t slot = f->free_slot, *bucket = bucket_of(f, key);
        f->free_slot = f->slots[slot].next;
        f->slots[slot].key = key;
        f->slots[slot].sieve = sieve;
        f->slots[slot].family = what->family;
        f->slots[slot].name = what->name;
        f->slots[slot].pages = what->pages;
        if (what->path != NULL)
            buf_push(&f->slots[slot].page, bytes_of(what->path, strlen(what->path) + 1));
        f->slots[slot].next = *bucket;
        *bucket = slot;
        f->pending++;
        ring_push(&f->asked, slot);
        (void)pthread_cond_signal(&f->asked_more);
        sieve = NULL;
    }
    (void)pthread_mutex_unlock(&f->lock);
    sieve_release(sieve);
}

void fetch_ask_row(struct fetch *f, struct row_name name)
{
    struct bytes row;
    if (rows_numbered_get(f->places.rows, name.family, name.number, &row) == ROW_COLD)
        ask(f, (uint64_t)name.family->id << 32 | name.number, &(struct asked){.family = name.family});
}

void fetch_ask_index(struct fetch *f, struct index_name name)
{
    uint32_t number;
    if (rows_index_get(f->places.rows, name.family, name.hash, &number) != ROW_COLD)
        return;
    struct asked what = {.name = name, .pages = rows_index_pages(f->places.rows, name.family, name.hash)};
    ask(f, KEY_INDEX | rng_mix(name.hash.low ^ name.hash.high ^ name.family->id) >> 3, &what);
}

void fetch_ask_block(struct fetch *f, struct block_name name)
{
    struct sieve *sieve = shelf_sieve(f->places.shelf, name.serial);
    assert(sieve != NULL && name.serial < UINT32_MAX / 4); /* the bits above are for kinds */
    ask(f, KEY_BLOCK | (uint64_t)name.serial << 32 | name.block, &(struct asked){.sieve = sieve_hold(sieve)});
}

void fetch_ask_sieve(struct fetch *f, const char *path)
{
    ask(f, KEY_SIEVE | hash64(bytes_of_text(path), 0) >> 2, &(struct asked){.path = path});
}

size_t fetch_pending(const struct fetch *f)
{
    return f->pending; /* changed by the engine's thread alone */
}

/* --- taking --- */

/* A row that came back in another way meanwhile (or was removed) is left as it is. */
static fallible row_take(const struct fetch *f, const struct slot *slot, struct err *e)
{
    struct bytes row;
    uint32_t number = (uint32_t)slot->key;
    if (rows_numbered_get(f->places.rows, slot->family, number, &row) != ROW_COLD)
        return DONE;
    return rows_numbered_thaw(f->places.rows, slot->family, number, buf_bytes(&slot->page), e);
}

static fallible entry_take(const struct fetch *f, const struct slot *slot, struct err *e)
{
    uint32_t number;
    if (rows_index_get(f->places.rows, slot->name.family, slot->name.hash, &number) != ROW_COLD)
        return DONE;
    return rows_index_thaw(f->places.rows, slot->name.family, slot->name.hash, slot->number, e);
}

static fallible slot_take(const struct fetch *f, struct slot *slot, struct err *e)
{
    if (failed(slot->status)) {
        err_set(e, "%s", f->error.text);
        return slot->status;
    }
    if (slot->key & KEY_BLOCK) {
        struct block_name name = {.serial = (uint32_t)(slot->key >> 32 & UINT32_MAX / 4), .block = (uint32_t)slot->key};
        shelf_put_block(f->places.shelf, name, buf_bytes(&slot->page));
        return DONE;
    }
    if (slot->key & KEY_SIEVE) {
        struct sieve *sieve = slot->sieve;
        slot->sieve = NULL;
        return shelf_put(f->places.shelf, (const char *)slot->page.data, sieve, e);
    }
    return slot->key & KEY_INDEX ? entry_take(f, slot, e) : row_take(f, slot, e);
}

static void read_inline(struct fetch *f)
{
    while (f->asked.count > 0) {
        uint32_t slot = ring_pop(&f->asked);
        slot_read(f, &f->slots[slot], &f->error);
        ring_push(&f->here, slot);
    }
}

fallible fetch_take(struct fetch *f, bool wait, size_t *out_taken, struct err *e)
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
        status = slot_take(f, &f->slots[slot], e);
        slot_free(f, slot);
    }
    (void)pthread_mutex_unlock(&f->lock);
    *out_taken = taken;
    return status;
}
