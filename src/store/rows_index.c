/* Indexes: a map of hashes; a page is all entries whose hash begins with the same bits. */
#include <stdlib.h>
#include <string.h>

#include "lib/pack.h"
#include "store/rows_parts.h"

#define DELETE_COST 64 /* of a slice: a key that goes */

/* Key bits and number are 118 bits with the family: they fill two words, so nothing of them is lost. */
static struct hash128 entry_hash(const struct table *t, struct hash128 hash, uint32_t number)
{
    struct hash128 key = idmap_key(hash);
    return row_hash(rng_mix(key.low) ^ (key.high | (uint64_t)t->family->id << 32 | number), bytes_of(&key.low, sizeof key.low));
}

static uint64_t page_count(const struct indexed *x)
{
    return UINT64_C(1) << x->bits;
}

static size_t map_bytes(const struct indexed *x)
{
    return (page_count(x) + 63) / 64 * sizeof(uint64_t);
}

static bool bit_get(const uint64_t *map, uint32_t i)
{
    return (map[i / 64] >> (i % 64) & 1) != 0;
}

static void page_hand_out(struct rows *r, struct table *t, uint32_t page)
{
    struct indexed *x = &t->index;
    buf_clear(&r->scratch);
    pack_u8(&r->scratch, PAGE_VERSION);
    if (idmap_page_encode(x->map, x->bits, page, &r->scratch) == 0)
        buf_clear(&r->scratch);
    struct page_key key = page_key_of(t->family, (uint64_t)x->bits << 32 | page, 5);
    rows_hand_out(r, (struct page){.key = page_key_bytes(&key), .value = buf_bytes(&r->scratch)}, 1);
    x->handed[page / 64] |= UINT64_C(1) << (page % 64);
}

/* The page of `hash` is about to change. */
static void page_change(struct rows *r, struct table *t, struct hash128 hash)
{
    struct indexed *x = &t->index;
    uint32_t page = idmap_page_of(hash, x->bits);
    if (r->running && bit_get(x->dirty[(r->epoch + 1) & 1], page) && !bit_get(x->handed, page))
        page_hand_out(r, t, page);
    uint32_t now = r->epoch & 1;
    x->dirty_pages[now] += !bit_get(x->dirty[now], page);
    x->dirty[now][page / 64] |= UINT64_C(1) << (page % 64);
}

bool rows_index_get(const struct rows *r, const struct family *f, struct hash128 hash, uint32_t *out_number)
{
    uint32_t number = idmap_get(rows_table(r, f, FAMILY_INDEX)->index.map, hash);
    if (number != 0)
        *out_number = number;
    return number != 0;
}

void rows_index_put(struct rows *r, const struct family *f, struct hash128 hash, uint32_t number)
{
    struct table *t = rows_table(r, f, FAMILY_INDEX);
    assert(number != 0);
    page_change(r, t, hash);
    uint32_t old = idmap_put(t->index.map, hash, number);
    if (old != 0)
        digest_minus(r, entry_hash(t, hash, old));
    digest_plus(r, entry_hash(t, hash, number));
}

void rows_index_remove(struct rows *r, const struct family *f, struct hash128 hash)
{
    struct table *t = rows_table(r, f, FAMILY_INDEX);
    uint32_t old = idmap_get(t->index.map, hash);
    if (old == 0)
        return;
    page_change(r, t, hash);
    (void)idmap_remove(t->index.map, hash);
    digest_minus(r, entry_hash(t, hash, old));
}

void rows_index_prefetch(const struct rows *r, const struct family *f, struct hash128 hash)
{
    idmap_prefetch(rows_table(r, f, FAMILY_INDEX)->index.map, hash);
}

/* --- checkpoints --- */

static void maps_make(struct indexed *x)
{
    uint64_t **maps[] = {&x->dirty[0], &x->dirty[1], &x->handed};
    for (size_t i = 0; i < COUNT_OF(maps); i++) {
        free(*maps[i]);
        *maps[i] = calloc(1, map_bytes(x));
        if (*maps[i] == NULL)
            abort();
    }
}

/* When the map has doubled its pages are halved: all of them are written anew, the old ones are deleted. */
static void index_begin(struct rows *r, struct table *t)
{
    struct indexed *x = &t->index;
    uint32_t bits = idmap_page_bits(idmap_count(x->map), x->bits), then = (r->epoch + 1) & 1;
    x->cursor = 0;
    x->delete_bits = x->stored_bits;
    x->delete_cursor = 0;
    if (bits == x->bits)
        return;
    x->bits = bits;
    maps_make(x);
    if (page_count(x) < 64)
        x->dirty[then][0] = (UINT64_C(1) << page_count(x)) - 1;
    else
        memset(x->dirty[then], 0xff, map_bytes(x));
    x->dirty_pages[then] = page_count(x);
    x->dirty_pages[then ^ 1] = 0;
}

static bool delete_some(struct rows *r, struct table *t)
{
    struct indexed *x = &t->index;
    while (x->delete_bits < x->bits) {
        if (r->slice_left <= 0)
            return false;
        r->slice_left -= DELETE_COST;
        struct page_key key = page_key_of(t->family, (uint64_t)x->delete_bits << 32 | x->delete_cursor, 5);
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
    const uint64_t *then = x->dirty[(r->epoch + 1) & 1];
    if (!delete_some(r, t))
        return false;
    while (x->cursor < page_count(x)) {
        uint64_t word = (then[x->cursor / 64] & ~x->handed[x->cursor / 64]) >> (x->cursor % 64);
        if (word == 0) {
            x->cursor = (x->cursor / 64 + 1) * 64;
            continue;
        }
        if (r->slice_left <= 0)
            return false;
        x->cursor += (uint32_t)__builtin_ctzll(word);
        page_hand_out(r, t, x->cursor++);
    }
    return true;
}

static void index_done(struct rows *r, struct table *t)
{
    struct indexed *x = &t->index;
    memset(x->dirty[(r->epoch + 1) & 1], 0, map_bytes(x));
    memset(x->handed, 0, map_bytes(x));
    x->dirty_pages[(r->epoch + 1) & 1] = 0;
    x->stored_bits = x->bits;
}

/* Pages of the new size may be in the store already: they are dirty, so they are written or deleted next time. */
static void index_abort(struct rows *r, struct table *t)
{
    struct indexed *x = &t->index;
    uint32_t now = r->epoch & 1;
    x->dirty_pages[0] = x->dirty_pages[1] = 0;
    for (size_t i = 0; i < map_bytes(x) / sizeof(uint64_t); i++) {
        x->dirty[now][i] |= x->dirty[now ^ 1][i];
        x->dirty[now ^ 1][i] = 0;
        x->dirty_pages[now] += (uint64_t)__builtin_popcountll(x->dirty[now][i]);
    }
    memset(x->handed, 0, map_bytes(x));
}

/* --- beginning and end, loading --- */

static void index_init(struct rows *r, struct table *t)
{
    t->index.map = idmap_create(r->slab);
    maps_make(&t->index);
}

static void index_fini(struct rows *r, struct table *t)
{
    (void)r;
    idmap_destroy(t->index.map);
    free(t->index.dirty[0]);
    free(t->index.dirty[1]);
    free(t->index.handed);
}

static void index_usage(const struct table *t, struct rows_usage *usage)
{
    const struct indexed *x = &t->index;
    usage->bytes += 3 * map_bytes(x);
    usage->bytes_held += 3 * map_bytes(x);
    usage->rows[t->family->id] = idmap_count(x->map);
    usage->dirty_pages += x->dirty_pages[0] + x->dirty_pages[1];
}

static struct table_meta index_meta(const struct table *t)
{
    return (struct table_meta){.a = t->index.bits, .b = idmap_count(t->index.map)};
}

static struct status index_load_meta(struct rows *r, struct table *t, struct table_meta meta, struct err *e)
{
    (void)r;
    if (meta.a > IDMAP_PAGE_BITS_MAX)
        return FAIL(e, CORRUPT, "the pages of %s have %llu bits", t->family->name, (unsigned long long)meta.a);
    t->index.bits = t->index.stored_bits = (uint32_t)meta.a;
    maps_make(&t->index);
    return DONE;
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* A page's entries are in the map's own order, and putting them in that order would pile them up at one end of each part
 * until it grows; so they are put in steps of about the golden section, which visit each once. */
static uint32_t scattering_step(uint32_t count)
{
    uint32_t step = (uint32_t)((uint64_t)count * 618 / 1000) | 1;
    while (common_divisor(count, step) != 1)
        step++;
    return step;
}

static struct status index_load(struct rows *r, struct table *t, struct bytes key, struct bytes value, struct err *e)
{
    struct indexed *x = &t->index;
    struct idmap_page page;
    if (value.data[0] != PAGE_VERSION)
        return FAIL(e, CORRUPT, "a page of %s of version %u", t->family->name, value.data[0]);
    TRY(idmap_page_open(bytes_slice(value, 1, value.size), &page, e));
    struct page_key right = page_key_of(t->family, (uint64_t)page.bits << 32 | page.page, 5);
    if (page.bits != x->bits || !bytes_equal(key, bytes_of(right.data + 1, right.size - 1u)))
        return FAIL(e, CORRUPT, "a page of %s that belongs elsewhere", t->family->name);
    uint32_t step = scattering_step(page.count);
    for (uint32_t i = 0, at = 0; i < page.count; i++, at = (at + step) % page.count) {
        struct idmap_entry entry = idmap_page_entry(&page, at);
        if (idmap_put(x->map, entry.key, entry.number) != 0)
            return FAIL(e, CORRUPT, "an entry of %s comes twice", t->family->name);
        digest_plus(r, entry_hash(t, entry.key, entry.number));
    }
    return DONE;
}

static struct status index_load_done(const struct table *t, struct err *e)
{
    (void)t, (void)e;
    return DONE;
}

const struct kind_ops index_ops = {
    .init = index_init,
    .fini = index_fini,
    .usage = index_usage,
    .meta = index_meta,
    .begin = index_begin,
    .some = index_some,
    .done = index_done,
    .abort = index_abort,
    .load_meta = index_load_meta,
    .load = index_load,
    .load_done = index_load_done,
};
