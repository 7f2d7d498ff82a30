/* Indexes: a map of hashes; a page is all entries whose hash begins with the same bits. Entries go cold one by one, and
 * come back one by one: the map is what is in memory, laid over the pages in the cold store. */
#include <stdlib.h>
#include <string.h>

#include "lib/pack.h"
#include "store/rows_parts.h"

#define NUMBER_BYTES 5u
#define DELETE_COST 64      /* of a slice: a key that goes */
#define LOOK_COST 16        /* a page is looked at */
#define ENTRY_BYTES 17u     /* in the map, on average */
#define EVICT_PAGES_MAX 48u /* one call of evict takes apart so many */
#define EVICT_LOOKS_MAX 65536u
#define LOADING_ROOM_MIN 4096u
#define BEFORES_ROOM_MIN 1024u

/* Key bits and number are 118 bits with the family: they fill two words, so nothing of them is lost. */
static struct hash128 entry_hash(const struct table *t, struct hash128 hash, uint32_t number)
{
    struct hash128 key = idmap_key(hash);
    return row_hash(rng_mix(key.low) ^ (key.high | (uint64_t)t->family->id << 32 | number),
                    bytes_of(&key.low, sizeof key.low));
}

/* --- pages --- */

static uint32_t page_count(const struct indexed *x)
{
    return UINT32_C(1) << x->bits;
}

static uint32_t chunk_pages(uint32_t bits)
{
    return UINT32_C(1) << (bits < INDEX_CHUNK_BITS ? bits : INDEX_CHUNK_BITS);
}

static uint32_t chunk_count(uint32_t bits)
{
    return bits < INDEX_CHUNK_BITS ? 1 : UINT32_C(1) << (bits - INDEX_CHUNK_BITS);
}

static struct index_chunk *chunk_make(struct indexed *x, uint32_t bits)
{
    size_t size = sizeof(struct index_chunk) + chunk_pages(bits) * sizeof(struct index_page);
    struct index_chunk *chunk = calloc(1, size);
    if (chunk == NULL)
        abort();
    chunk->bits = bits;
    chunk->page_count = chunk_pages(bits);
    x->bytes += size;
    return chunk;
}

static void chunk_free(struct indexed *x, struct index_chunk *chunk)
{
    x->bytes -= sizeof *chunk + chunk->page_count * sizeof(struct index_page);
    free(chunk);
}

static struct index_chunk *chunk_at(const struct indexed *x, uint32_t page)
{
    return x->chunks[x->bits < INDEX_CHUNK_BITS ? 0 : page >> INDEX_CHUNK_BITS];
}

/* `page` is one of the index's; in a chunk that is not yet split it shares its place with others. */
static struct index_page *page_at(const struct indexed *x, uint32_t page)
{
    struct index_chunk *chunk = chunk_at(x, page);
    return &chunk->pages[page >> (x->bits - chunk->bits) & (chunk->page_count - 1)];
}

static void filter_release(struct rows *r, struct index_filter *f)
{
    if (f != NULL && --f->refs == 0)
        slab_give(r->slab, f, sizeof *f + f->blocks * INDEX_FILTER_BLOCK_BYTES);
}

static void filter_set(struct rows *r, struct index_page *p, uint32_t blocks)
{
    filter_release(r, p->filter);
    p->filter = NULL;
    if (blocks == 0)
        return;
    size_t size = sizeof(struct index_filter) + blocks * INDEX_FILTER_BLOCK_BYTES;
    p->filter = slab_take(r->slab, size);
    memset(p->filter, 0, size);
    p->filter->refs = 1;
    p->filter->blocks = blocks;
}

/* Brings the dirty marks up to the epoch. A page that was dirty at a begin is handed out, so looked at, before the next
 * one; what is older than that is durable. */
static void page_settle(const struct rows *r, struct index_page *p)
{
    uint32_t epoch = p->stamp >> 1;
    if (epoch == r->epoch) {
        if (!r->running)
            p->dirty_then = 0;
        return;
    }
    p->dirty_then = r->running && epoch + 1 == r->epoch ? p->dirty_now : 0;
    p->dirty_now = 0;
    p->stamp = r->epoch << 1;
}

static bool page_is_pending(const struct index_page *p)
{
    return p->dirty_then != 0 && (p->stamp & 1) == 0;
}

/* A chunk of fewer bits becomes as many as its pages now are; all of them are to be written anew. */
static void chunk_split(struct rows *r, struct indexed *x, uint32_t page)
{
    struct index_chunk *old = chunk_at(x, page);
    uint32_t more = x->bits - old->bits, first = 0, count = chunk_count(x->bits);
    while (x->chunks[first] != old)
        first++;
    for (uint32_t at = first; at < count && x->chunks[at] == old; at++) {
        struct index_chunk *chunk = chunk_make(x, x->bits);
        for (uint32_t i = 0; i < chunk->page_count; i++) {
            uint32_t whole = (at << INDEX_CHUNK_BITS | i) >> more;
            struct index_page *p = &chunk->pages[i];
            *p = old->pages[whole & (old->page_count - 1)];
            p->dirty_now = 0;
            p->dirty_then = UINT64_MAX;
            p->stamp = r->epoch << 1;
            if (p->filter != NULL)
                p->filter->refs++;
        }
        x->chunks[at] = chunk;
    }
    for (uint32_t i = 0; i < old->page_count; i++)
        filter_release(r, old->pages[i].filter);
    chunk_free(x, old);
}

static struct index_page *page_open(struct rows *r, struct indexed *x, uint32_t page)
{
    if (UNLIKELY(chunk_at(x, page)->bits != x->bits))
        chunk_split(r, x, page);
    struct index_page *p = page_at(x, page);
    page_settle(r, p);
    return p;
}

static struct page_key index_page_key(const struct family *f, uint32_t bits, uint32_t page)
{
    return page_key_of(f, (uint64_t)bits << 32 | page, NUMBER_BYTES);
}

/* The entries of the page that are in memory into r->scratch, behind a byte for the version. */
static void page_gather(struct rows *r, const struct indexed *x, uint32_t page)
{
    buf_clear(&r->scratch);
    pack_u8(&r->scratch, PAGE_VERSION);
    (void)idmap_page_encode(x->map, x->bits, page, &r->scratch);
}

/* --- entries that changed before their page was handed out --- */

static uint32_t before_count_of(const struct indexed *x, uint32_t page)
{
    return x->page_befores == NULL ? 0 : x->page_befores[page].count;
}

static void before_note(struct indexed *x, uint32_t page, struct hash128 hash)
{
    if (x->page_befores == NULL)
        x->page_befores = calloc(page_count(x), sizeof *x->page_befores);
    if (x->before_count == x->before_room) {
        x->before_room = x->before_room * 2 + BEFORES_ROOM_MIN;
        x->befores = realloc(x->befores, x->before_room * sizeof *x->befores);
    }
    if (x->page_befores == NULL || x->befores == NULL)
        abort();
    struct index_befores *of_page = &x->page_befores[page];
    x->befores[x->before_count++] = (struct index_before){.key = idmap_key(hash), .number = idmap_get(x->map, hash), .next = of_page->newest};
    *of_page = (struct index_befores){.newest = x->before_count, .count = of_page->count + 1};
}

static void befores_forget(struct indexed *x)
{
    free(x->befores);
    free(x->page_befores);
    x->befores = NULL;
    x->page_befores = NULL;
    x->before_count = x->before_room = 0;
}

static size_t befores_bytes(const struct indexed *x)
{
    return x->before_room * sizeof *x->befores + (x->page_befores == NULL ? 0 : page_count(x) * sizeof *x->page_befores);
}

/* By key, and of one key the oldest first. */
static int before_order(const void *a, const void *b)
{
    const struct index_before *x = *(const struct index_before *const *)a, *y = *(const struct index_before *const *)b;
    if (x->key.low != y->key.low)
        return x->key.low < y->key.low ? -1 : 1;
    if (x->key.high != y->key.high)
        return x->key.high < y->key.high ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* The befores of a page in order, as pointers in `sorted`. Returns how many. */
static size_t befores_sort(const struct indexed *x, uint32_t page, struct buf *sorted)
{
    buf_clear(sorted);
    for (uint32_t at = x->page_befores[page].newest; at != 0; at = x->befores[at - 1].next)
        buf_push(sorted, bytes_of(&(const struct index_before *){&x->befores[at - 1]}, sizeof(struct index_before *)));
    if (sorted->overflowed) /* no memory, and nothing to leave out */
        abort();
    size_t count = sorted->size / sizeof(struct index_before *);
    qsort(sorted->data, count, sizeof(struct index_before *), before_order);
    return count;
}

/* The page that was gathered becomes what it was at the begin. */
static void page_restore(struct rows *r, struct indexed *x, uint32_t page)
{
    size_t count = befores_sort(x, page, &r->sorted);
    const struct index_before *const *sorted = (const void *)r->sorted.data;
    struct index_part before = {.bits = x->bits, .page = page};
    buf_clear(&r->befores);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && hash128_equal(sorted[i - 1]->key, sorted[i]->key))
            continue;
        index_entry_push(&r->befores, (struct idmap_entry){.key = sorted[i]->key, .number = sorted[i]->number});
        before.count++;
    }
    before.entries = r->befores.data;
    assert(!r->befores.overflowed && !r->scratch.overflowed);
    index_part_restore(buf_bytes(&r->scratch), &before, &r->restored);
    assert(!r->restored.overflowed);
    struct buf gathered = r->scratch;
    r->scratch = r->restored;
    r->restored = gathered;
}

static void page_hand_out(struct rows *r, struct table *t, uint32_t page, struct index_page *p)
{
    struct indexed *x = &t->index;
    bool partial = p->filter != NULL;
    page_gather(r, x, page);
    if (before_count_of(x, page) > 0)
        page_restore(r, x, page);
    index_part_finish(&r->scratch, partial ? PAGE_PARTIAL : PAGE_VERSION, x->bits, page);
    struct page_key key = index_page_key(t->family, x->bits, page);
    struct page_key below = index_page_key(t->family, x->stored_bits, page >> (x->bits - x->stored_bits));
    bool grows = partial && x->stored_bits < x->bits;
    rows_hand_out(r,
                  (struct page){.key = page_key_bytes(&key),
                                .partial = partial,
                                .value = buf_bytes(&r->scratch),
                                .below = grows ? page_key_bytes(&below) : BYTES_NONE},
                  1);
    p->stamp |= 1;
}

void rows_page_stored(struct rows *r, struct bytes key, struct bytes filter)
{
    assert(r->running && key.size == 1 + NUMBER_BYTES);
    struct indexed *x = &r->tables[key.data[0]].index;
    uint32_t page = (uint32_t)key.data[2] << 24 | (uint32_t)key.data[3] << 16 | (uint32_t)key.data[4] << 8 |
                    key.data[5];
    assert(key.data[1] == x->bits);
    struct index_page *p = page_open(r, x, page);
    filter_set(r, p, (uint32_t)(filter.size / INDEX_FILTER_BLOCK_BYTES));
    if (filter.size > 0)
        memcpy(p->filter->words, filter.data, filter.size);
}

/* --- entries --- */

static uint64_t dirty_bit(struct hash128 hash)
{
    return UINT64_C(1) << (hash.low & 63);
}

static uint32_t used_bit(struct hash128 hash)
{
    return UINT32_C(1) << (hash.low >> 6 & 31);
}

/* An entry of a page that is still to be handed out is about to change. */
static void pending_change(struct rows *r, struct table *t, uint32_t page, struct index_page *p, struct hash128 hash)
{
    if (before_count_of(&t->index, page) < INDEX_BEFORES_MAX)
        before_note(&t->index, page, hash);
    else
        page_hand_out(r, t, page, p);
}

/* The entry of `hash` is about to change. */
static void entry_change(struct rows *r, struct table *t, struct hash128 hash)
{
    struct indexed *x = &t->index;
    uint32_t page = idmap_page_of(hash, x->bits);
    struct index_page *p = page_open(r, x, page);
    if (page_is_pending(p))
        pending_change(r, t, page, p, hash);
    p->dirty_now |= dirty_bit(hash);
    p->used |= used_bit(hash);
    x->dirty_entries[r->epoch & 1]++;
}

enum presence rows_index_get(const struct rows *r, const struct family *f, struct hash128 hash, uint32_t *out_number)
{
    const struct indexed *x = &rows_table(r, f, FAMILY_INDEX)->index;
    uint32_t number = idmap_get(x->map, hash);
    if (number == 0 && x->cold_count == 0)
        return ROW_ABSENT;
    if (number != 0 && number != INDEX_GONE && x->cold_count == 0) {
        *out_number = number;
        return ROW_HERE;
    }
    struct index_page *p = page_at(x, idmap_page_of(hash, x->bits));
    if (number == 0)
        return p->filter != NULL && index_filter_has(p->filter, idmap_key(hash)) ? ROW_COLD : ROW_ABSENT;
    if ((p->used & used_bit(hash)) == 0) /* most are marked: spares the cache line a write */
        p->used |= used_bit(hash);
    if (number == INDEX_GONE)
        return ROW_ABSENT;
    *out_number = number;
    return ROW_HERE;
}

static void entry_put(struct rows *r, struct table *t, struct hash128 hash, uint32_t number)
{
    struct indexed *x = &t->index;
    assert(number != 0 && number != INDEX_GONE);
    entry_change(r, t, hash);
    uint32_t old = idmap_put(x->map, hash, number);
    if (old == INDEX_GONE)
        x->gone_count--;
    else if (old != 0)
        digest_minus(r, entry_hash(t, hash, old));
    digest_plus(r, entry_hash(t, hash, number));
}

void rows_index_put(struct rows *r, const struct family *f, struct hash128 hash, uint32_t number)
{
    uint32_t unused;
    assert(rows_index_get(r, f, hash, &unused) != ROW_COLD);
    entry_put(r, rows_table(r, f, FAMILY_INDEX), hash, number);
}

void rows_index_add(struct rows *r, const struct family *f, struct hash128 hash, uint32_t number)
{
    entry_put(r, rows_table(r, f, FAMILY_INDEX), hash, number);
}

void rows_index_remove(struct rows *r, const struct family *f, struct hash128 hash)
{
    struct table *t = rows_table(r, f, FAMILY_INDEX);
    struct indexed *x = &t->index;
    uint32_t old = 0;
    enum presence presence = rows_index_get(r, f, hash, &old);
    assert(presence != ROW_COLD);
    if (presence == ROW_ABSENT)
        return;
    entry_change(r, t, hash);
    if (f->goes_cold) { /* the store may still have it */
        (void)idmap_put(x->map, hash, INDEX_GONE);
        x->gone_count++;
    } else {
        (void)idmap_remove(x->map, hash);
    }
    digest_minus(r, entry_hash(t, hash, old));
}

void rows_index_prefetch_part(const struct rows *r, const struct family *f, struct hash128 hash)
{
    idmap_prefetch_part(rows_table(r, f, FAMILY_INDEX)->index.map, hash);
}

void rows_index_prefetch(const struct rows *r, const struct family *f, struct hash128 hash)
{
    const struct indexed *x = &rows_table(r, f, FAMILY_INDEX)->index;
    idmap_prefetch(x->map, hash);
    if (x->cold_count > 0)
        prefetch(page_at(x, idmap_page_of(hash, x->bits)));
}

/* --- cold entries --- */

/* Pages of the new size come into being while a checkpoint runs, and those of the old size go when all of them are
 * there: whoever finds neither looks at the new one again. */
struct index_pages rows_index_pages(const struct rows *r, const struct family *f, struct hash128 hash)
{
    const struct indexed *x = &rows_table(r, f, FAMILY_INDEX)->index;
    struct index_pages pages = {.count = x->stored_bits < x->bits ? 3 : 1};
    pages.keys[0] = pages.keys[2] = index_page_key(f, x->bits, idmap_page_of(hash, x->bits));
    pages.keys[1] = index_page_key(f, x->stored_bits, idmap_page_of(hash, x->stored_bits));
    return pages;
}

fallible rows_index_thaw(struct rows *r, const struct family *f, struct hash128 hash, uint32_t number, struct err *e)
{
    struct indexed *x = &rows_table(r, f, FAMILY_INDEX)->index;
    assert(f->goes_cold && idmap_get(x->map, hash) == 0);
    if (number == INDEX_GONE || (number != 0 && x->cold_count == 0))
        return FAIL(e, CORRUPT, "%s: an entry that can't be in the cold store", f->name);
    page_at(x, idmap_page_of(hash, x->bits))->used |= used_bit(hash);
    (void)idmap_put(x->map, hash, number == 0 ? INDEX_GONE : number);
    x->gone_count += number == 0;
    x->cold_count -= number != 0;
    return DONE;
}

/* Before the first entries of a page go: a filter over all of it. */
static void filter_make(struct rows *r, struct index_page *p, const struct idmap_page *page)
{
    filter_set(r, p, index_filter_blocks(page->count));
    for (uint32_t i = 0; i < page->count; i++)
        index_filter_add(p->filter->words, p->filter->blocks, idmap_page_entry(page, i).key);
}

/* Lets go what is clean and was not used since the hand last came by. False: that is nothing, seen at a glance. */
static bool page_evict(struct rows *r, struct table *t, uint32_t at)
{
    struct indexed *x = &t->index;
    struct index_page *p = page_open(r, x, at);
    uint64_t keep = p->dirty_now | p->dirty_then;
    uint32_t used = p->used;
    p->used = 0;
    if (keep == UINT64_MAX || used == UINT32_MAX)
        return false;
    page_gather(r, x, at);
    if (r->scratch.size == 1)
        return true;
    struct idmap_page page;
    struct err e;
    struct status opened = idmap_page_open(bytes_slice(buf_bytes(&r->scratch), 1, r->scratch.size), &page, &e);
    assert(done(opened)); /* it was made just now */
    if (p->filter == NULL)
        filter_make(r, p, &page);
    for (uint32_t i = 0; i < page.count; i++) {
        struct idmap_entry entry = idmap_page_entry(&page, i);
        if ((keep & dirty_bit(entry.key)) != 0 || (used & used_bit(entry.key)) != 0)
            continue;
        (void)idmap_remove(x->map, entry.key);
        x->gone_count -= entry.number == INDEX_GONE;
        x->cold_count += entry.number != INDEX_GONE;
    }
    return true;
}

static size_t index_evict(struct rows *r, struct table *t, size_t bytes)
{
    struct indexed *x = &t->index;
    size_t before = idmap_bytes(x->map), freed = 0;
    uint32_t taken = 0;
    if (!t->family->goes_cold)
        return 0;
    for (uint64_t left = (uint64_t)page_count(x) * 2, looks = 0;
         left > 0 && freed < bytes && taken < EVICT_PAGES_MAX && looks < EVICT_LOOKS_MAX; left--, looks++) {
        x->hand = x->hand < page_count(x) ? x->hand : 0;
        uint32_t page = x->hand++;
        if (chunk_at(x, page)->bits != x->bits)
            continue; /* all of it waits to be written */
        taken += page_evict(r, t, page);
        freed = before > idmap_bytes(x->map) ? before - idmap_bytes(x->map) : 0;
    }
    return freed;
}

/* --- checkpoints --- */

static struct index_chunk **chunks_of_bits(const struct indexed *x, uint32_t bits)
{
    struct index_chunk **chunks = malloc(chunk_count(bits) * sizeof(struct index_chunk *));
    if (chunks == NULL)
        abort();
    for (uint32_t i = 0; i < chunk_count(bits); i++)
        chunks[i] = x->chunks[(uint64_t)i * chunk_count(x->bits) / chunk_count(bits)];
    return chunks;
}

/* When the index has doubled its pages are halved: all of them are written anew, the old ones are deleted. Only the short
 * array of chunks is made here; chunks are split when they are next looked at. */
static void index_begin(struct rows *r, struct table *t)
{
    struct indexed *x = &t->index;
    uint64_t count = idmap_count(x->map) - x->gone_count + x->cold_count;
    uint32_t bits = x->stored_bits < x->bits ? x->bits : idmap_page_bits(count, x->bits);
    x->cursor = 0;
    x->delete_bits = x->stored_bits;
    x->delete_cursor = 0;
    x->dirty_entries[r->epoch & 1] = 0;
    if (bits == x->bits)
        return;
    struct index_chunk **chunks = chunks_of_bits(x, bits);
    free(x->chunks);
    x->chunks = chunks;
    x->bits = bits;
}

static bool delete_some(struct rows *r, struct table *t)
{
    struct indexed *x = &t->index;
    while (x->delete_bits < x->bits) {
        if (r->slice_left <= 0)
            return false;
        r->slice_left -= DELETE_COST;
        struct page_key key = index_page_key(t->family, x->delete_bits, x->delete_cursor);
        rows_hand_out(r, (struct page){.key = page_key_bytes(&key)}, 0);
        if (++x->delete_cursor == UINT32_C(1) << x->delete_bits) {
            x->delete_bits++;
            x->delete_cursor = 0;
        }
    }
    return true;
}

static bool index_some(struct rows *r, struct table *t)
{
    struct indexed *x = &t->index;
    for (; x->cursor < page_count(x); x->cursor++) {
        if (r->slice_left <= 0)
            return false;
        if (chunk_at(x, x->cursor)->bits != x->bits)
            r->slice_left -= (int64_t)chunk_pages(x->bits) * LOOK_COST;
        r->slice_left -= LOOK_COST;
        struct index_page *p = page_open(r, x, x->cursor);
        if (page_is_pending(p))
            page_hand_out(r, t, x->cursor, p);
    }
    return delete_some(r, t);
}

static void index_done(struct rows *r, struct table *t)
{
    t->index.dirty_entries[(r->epoch + 1) & 1] = 0;
    t->index.stored_bits = t->index.bits;
    befores_forget(&t->index);
}

/* Pages of the new size may be in the store already: they are dirty, so they are written or deleted next time. */
static void index_abort(struct rows *r, struct table *t)
{
    struct indexed *x = &t->index;
    for (uint32_t page = 0; page < page_count(x); page++) {
        struct index_page *p = page_open(r, x, page);
        p->dirty_now |= x->stored_bits < x->bits ? UINT64_MAX : p->dirty_then;
        p->dirty_then = 0;
    }
    befores_forget(x);
    x->dirty_entries[r->epoch & 1] += x->dirty_entries[(r->epoch + 1) & 1];
    x->dirty_entries[(r->epoch + 1) & 1] = 0;
}

/* --- beginning and end, loading --- */

static void chunks_make(struct indexed *x, uint32_t bits)
{
    x->bits = x->stored_bits = bits;
    x->chunks = malloc(chunk_count(bits) * sizeof(struct index_chunk *));
    if (x->chunks == NULL)
        abort();
    for (uint32_t i = 0; i < chunk_count(bits); i++)
        x->chunks[i] = chunk_make(x, bits);
}

static void chunks_free(struct indexed *x)
{
    for (uint32_t i = 0; i < chunk_count(x->bits); i++)
        if (i == 0 || x->chunks[i] != x->chunks[i - 1])
            chunk_free(x, x->chunks[i]);
    free(x->chunks);
}

static void index_init(struct rows *r, struct table *t)
{
    t->index.map = idmap_create(r->slab);
    chunks_make(&t->index, 0);
}

static void index_fini(struct rows *r, struct table *t) /* the slab takes the filters with it */
{
    (void)r;
    idmap_destroy(t->index.map);
    chunks_free(&t->index);
    free(t->index.loading);
    befores_forget(&t->index);
}

/* Every changed entry lies in a page of its own, most often; when pages are to be halved all of them are written anew. */
static uint64_t checkpoint_bytes(const struct indexed *x, uint64_t count, uint64_t dirty)
{
    uint64_t pages = page_count(x);
    bool grows = x->stored_bits < x->bits || idmap_page_bits(count, x->bits) != x->bits;
    uint64_t written = grows || dirty > pages ? pages : dirty;
    return dirty == 0 ? 0 : written * (count / pages + 1) * IDMAP_PAGE_ENTRY_BYTES + written * IDMAP_PAGE_HEAD_BYTES;
}

static void index_usage(const struct table *t, struct rows_usage *usage)
{
    const struct indexed *x = &t->index;
    uint64_t here = idmap_count(x->map), dirty = x->dirty_entries[0] + x->dirty_entries[1];
    size_t bytes = x->bytes + befores_bytes(x);
    usage->bytes += bytes;
    usage->bytes_held += bytes;
    uint64_t count = here - x->gone_count + x->cold_count;
    usage->rows[t->family->id] = count;
    usage->cold_rows += x->cold_count;
    usage->checkpoint_bytes += checkpoint_bytes(x, count, dirty);
    if (!t->family->goes_cold)
        return;
    usage->clean_bytes += here > dirty ? (here - dirty) * ENTRY_BYTES : 0;
    usage->dirty_bytes += (here > dirty ? dirty : here) * ENTRY_BYTES;
}

static struct table_meta index_meta(const struct table *t)
{
    const struct indexed *x = &t->index;
    return (struct table_meta){.a = x->bits, .b = idmap_count(x->map) - x->gone_count + x->cold_count};
}

static struct status index_load_meta(struct rows *r, struct table *t, struct table_meta meta, struct err *e)
{
    (void)r;
    if (meta.a > IDMAP_PAGE_BITS_MAX)
        return FAIL(e, CORRUPT, "the pages of %s have %llu bits", t->family->name, (unsigned long long)meta.a);
    chunks_free(&t->index);
    chunks_make(&t->index, (uint32_t)meta.a);
    return DONE;
}

/* Entries come in the map's own order. Those of one root are put together, so that each part is made once, in its size. */
static void loading_put(struct indexed *x)
{
    idmap_fill(x->map, x->loading, x->loading_count);
    x->loading_count = 0;
}

static void loading_add(struct indexed *x, struct idmap_entry entry)
{
    if (x->loading_count > 0 && idmap_page_of(x->loading[0].key, IDMAP_ROOT_BITS) != idmap_page_of(entry.key, IDMAP_ROOT_BITS))
        loading_put(x);
    if (x->loading_count == x->loading_room) {
        x->loading_room = x->loading_room * 2 + LOADING_ROOM_MIN;
        x->loading = realloc(x->loading, x->loading_room * sizeof *x->loading);
        if (x->loading == NULL)
            abort();
    }
    x->loading[x->loading_count++] = entry;
}

/* A page comes into memory as a whole, or not at all. */
static void page_load(struct rows *r, struct table *t, const struct index_part *part)
{
    struct indexed *x = &t->index;
    bool stays_cold = t->family->goes_cold && slab_bytes(r->slab) >= r->load_bytes_max.indexes;
    struct index_page *p = page_at(x, part->page);
    if (stays_cold) {
        struct idmap_page page = {
            .bits = part->bits, .page = part->page, .count = part->count, .entries = part->entries};
        filter_make(r, p, &page);
        x->cold_count += part->count;
    }
    for (uint32_t i = 0; i < part->count; i++) {
        struct idmap_entry entry = index_part_entry(part, i);
        digest_plus(r, entry_hash(t, entry.key, entry.number));
        if (!stays_cold)
            loading_add(x, entry);
    }
}

static struct status index_load(struct rows *r, struct table *t, struct bytes key, struct bytes value, struct err *e)
{
    struct indexed *x = &t->index;
    struct index_part part;
    TRY(WRAP(e, index_part_open(value, PAGE_VERSION, &part, e), "%s", t->family->name));
    struct page_key right = index_page_key(t->family, part.bits, part.page);
    if (part.bits != x->bits || !bytes_equal(key, bytes_of(right.data + 1, right.size - 1u)))
        return FAIL(e, CORRUPT, "a page of %s that belongs elsewhere", t->family->name);
    if (part.page < x->loaded_pages)
        return FAIL(e, CORRUPT, "a page of %s comes twice, or too late", t->family->name);
    for (uint32_t i = 0; i < part.count; i++)
        if (index_part_entry(&part, i).number == INDEX_GONE)
            return FAIL(e, CORRUPT, "an entry of %s has no number", t->family->name);
    x->loaded_pages = part.page + 1;
    page_load(r, t, &part);
    return DONE;
}

static struct status index_load_done(struct rows *r, struct table *t, struct err *e)
{
    struct indexed *x = &t->index;
    (void)r, (void)e;
    loading_put(x);
    free(x->loading);
    x->loading = NULL;
    x->loading_room = 0;
    return DONE;
}

const struct kind_ops index_ops = {
    .init = index_init,
    .fini = index_fini,
    .usage = index_usage,
    .evict = index_evict,
    .meta = index_meta,
    .begin = index_begin,
    .some = index_some,
    .done = index_done,
    .abort = index_abort,
    .load_meta = index_load_meta,
    .load = index_load,
    .load_done = index_load_done,
};
