/* The bytes of index pages: reading one for one entry, laying a part over a whole one, and the filter of what is there. */
#include <string.h>

#include "lib/pack.h"
#include "store/rows_parts.h"

#define HEAD_BYTES (1u + IDMAP_PAGE_HEAD_BYTES)
#define COUNT_AT 9u /* in the bytes of a page: behind version, bits and page */

/* --- pages --- */

fallible index_part_open(struct bytes value, uint8_t version, struct index_part *out_part, struct err *e)
{
    struct unpack u = unpack_of(value);
    uint8_t found = unpack_u8(&u);
    struct index_part p = {.bits = unpack_u32(&u), .page = unpack_u32(&u), .count = unpack_u32(&u)};
    struct bytes entries = unpack_rest(&u);
    if (!unpack_good(&u) || found != version || p.bits > IDMAP_PAGE_BITS_MAX || p.page >> p.bits != 0)
        return FAIL(e, CORRUPT, "%zu bytes that are no index page of version %u", value.size, version);
    if (p.count > 0) { /* checks the entries */
        struct idmap_page page;
        TRY(idmap_page_open(bytes_slice(value, 1, value.size), &page, e));
    } else if (entries.size > 0 || version == PAGE_VERSION) {
        return FAIL(e, CORRUPT, "an index page without entries");
    }
    p.entries = entries.data;
    *out_part = p;
    return DONE;
}

struct idmap_entry index_part_entry(const struct index_part *p, uint32_t i)
{
    struct idmap_page page = {.bits = p->bits, .page = p->page, .count = p->count, .entries = p->entries};
    return idmap_page_entry(&page, i);
}

static bool key_less(struct hash128 a, struct hash128 b)
{
    return a.low != b.low ? a.low < b.low : a.high < b.high;
}

/* The head is trusted and only the entries on the way to the one are looked at: a page is read for a single entry. */
fallible rows_index_find(struct bytes page, struct hash128 hash, uint32_t *out_number, struct err *e)
{
    struct unpack u = unpack_of(page);
    uint8_t version = unpack_u8(&u);
    struct idmap_page p = {.bits = unpack_u32(&u), .page = unpack_u32(&u), .count = unpack_u32(&u)};
    struct bytes entries = unpack_rest(&u);
    if (!unpack_good(&u) || version != PAGE_VERSION || p.bits > IDMAP_PAGE_BITS_MAX ||
        idmap_page_of(hash, p.bits) != p.page || entries.size != (uint64_t)p.count * IDMAP_PAGE_ENTRY_BYTES)
        return FAIL(e, CORRUPT, "%zu bytes that are not the index page of a key", page.size);
    p.entries = entries.data;
    struct hash128 key = idmap_key(hash);
    uint32_t low = 0, high = p.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (key_less(idmap_page_entry(&p, middle).key, key))
            low = middle + 1;
        else
            high = middle;
    }
    struct idmap_entry found = low < p.count ? idmap_page_entry(&p, low) : (struct idmap_entry){0};
    *out_number = low < p.count && hash128_equal(found.key, key) ? found.number : 0;
    return DONE;
}

void index_entry_push(struct buf *b, struct idmap_entry entry)
{
    pack_u64(b, entry.key.low);
    pack_u16(b, (uint16_t)(entry.key.high >> 48));
    pack_u32(b, entry.number);
}

static void head_push(struct buf *b, uint8_t version, uint32_t bits, uint32_t page)
{
    pack_u8(b, version);
    pack_u32(b, bits);
    pack_u32(b, page);
    pack_u32(b, 0); /* the count, set in the end */
}

static uint32_t count_set(struct buf *b)
{
    uint32_t count = (uint32_t)((b->size - HEAD_BYTES) / IDMAP_PAGE_ENTRY_BYTES);
    memcpy(b->data + COUNT_AT, &count, sizeof count);
    return count;
}

void index_part_finish(struct buf *b, uint8_t version, uint32_t bits, uint32_t page)
{
    assert(!b->overflowed && b->size >= 1);
    if (b->size == 1) { /* no entries */
        buf_clear(b);
        if (version == PAGE_PARTIAL)
            head_push(b, version, bits, page);
        return;
    }
    b->data[0] = version;
    if (version == PAGE_PARTIAL)
        return;
    uint8_t *to = b->data + HEAD_BYTES;
    for (const uint8_t *at = to, *end = b->data + b->size; at < end; at += IDMAP_PAGE_ENTRY_BYTES) {
        uint32_t number;
        memcpy(&number, at + IDMAP_PAGE_ENTRY_BYTES - sizeof number, sizeof number);
        if (number == INDEX_GONE)
            continue;
        memmove(to, at, IDMAP_PAGE_ENTRY_BYTES);
        to += IDMAP_PAGE_ENTRY_BYTES;
    }
    b->size = (size_t)(to - b->data);
    if (count_set(b) == 0)
        buf_clear(b);
}

/* Both ascend; of equal keys the upper one counts, and is left out when it has the number `none`. Of the lower only those of the
 * upper's page are taken. */
static void entries_lay_over(const struct index_part *low, const struct index_part *high, uint32_t none, struct buf *out)
{
    uint32_t i = 0, k = 0;
    while (i < low->count || k < high->count) {
        struct idmap_entry below = i < low->count ? index_part_entry(low, i) : (struct idmap_entry){0};
        struct idmap_entry above = k < high->count ? index_part_entry(high, k) : (struct idmap_entry){0};
        bool from_below = k == high->count || (i < low->count && key_less(below.key, above.key));
        if (from_below) {
            i++;
            if (idmap_page_of(below.key, high->bits) == high->page)
                index_entry_push(out, below);
            continue;
        }
        k++;
        i += i < low->count && hash128_equal(below.key, above.key);
        if (above.number != none)
            index_entry_push(out, above);
    }
}

void index_part_restore(struct bytes page, const struct index_part *before, struct buf *out)
{
    assert(page.size >= 1);
    struct index_part now = {.bits = before->bits, .page = before->page};
    if (page.size > HEAD_BYTES) {
        now.entries = page.data + HEAD_BYTES;
        now.count = (uint32_t)((page.size - HEAD_BYTES) / IDMAP_PAGE_ENTRY_BYTES);
    }
    buf_clear(out);
    head_push(out, page.data[0], before->bits, before->page);
    entries_lay_over(&now, before, 0, out);
    if (count_set(out) == 0)
        out->size = 1;
}

static void filter_push(struct bytes page, uint32_t count, struct buf *out)
{
    uint32_t blocks = index_filter_blocks(count);
    uint8_t *words = buf_extend(out, blocks * INDEX_FILTER_BLOCK_BYTES);
    if (words == NULL)
        return;
    memset(words, 0, blocks * INDEX_FILTER_BLOCK_BYTES);
    struct idmap_page p = {.count = count, .entries = page.data + HEAD_BYTES};
    for (uint32_t i = 0; i < count; i++)
        index_filter_add((uint32_t *)(void *)words, blocks, idmap_page_entry(&p, i).key);
}

fallible page_overlay(struct bytes below, struct bytes partial, struct buf *out_page, struct buf *out_filter, struct err *e)
{
    struct index_part low = {0}, high;
    TRY(WRAP(e, index_part_open(partial, PAGE_PARTIAL, &high, e), "the part"));
    if (below.size > 0)
        TRY(WRAP(e, index_part_open(below, PAGE_VERSION, &low, e), "the page below"));
    if (low.bits > high.bits || high.page >> (high.bits - low.bits) != low.page)
        return FAIL(e, CORRUPT, "the page below is none that the part belongs to");
    buf_clear(out_page);
    buf_clear(out_filter);
    head_push(out_page, PAGE_VERSION, high.bits, high.page);
    entries_lay_over(&low, &high, INDEX_GONE, out_page);
    if (out_page->overflowed)
        return FAIL(e, FULL, "no memory for a page");
    uint32_t count = count_set(out_page);
    filter_push(buf_bytes(out_page), count, out_filter);
    if (count == 0)
        buf_clear(out_page);
    return out_filter->overflowed ? FAIL(e, FULL, "no memory for a filter") : DONE;
}

/* --- filters: an entry sets one bit in each word of one block, so a look is one cache line or two --- */

static const uint32_t spreads[INDEX_FILTER_WORDS] = {0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                                     0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};

uint32_t index_filter_blocks(uint64_t entries)
{
    uint64_t blocks = entries * INDEX_FILTER_BITS / (INDEX_FILTER_BLOCK_BYTES * 8);
    if (blocks < 1)
        blocks = entries > 0;
    return (uint32_t)(blocks < INDEX_FILTER_BLOCKS_MAX ? blocks : INDEX_FILTER_BLOCKS_MAX);
}

/* The upper half chooses the block, the lower half the bits. Neither is the prefix by which pages are made. */
static uint64_t filter_hash(struct hash128 key)
{
    return rng_mix(key.low ^ key.high);
}

static uint32_t block_of(uint64_t hash, uint32_t blocks)
{
    return (uint32_t)((hash >> 32) * blocks >> 32);
}

void index_filter_add(uint32_t *words, uint32_t blocks, struct hash128 key)
{
    uint64_t hash = filter_hash(key);
    uint32_t *block = words + block_of(hash, blocks) * INDEX_FILTER_WORDS;
    for (uint32_t i = 0; i < INDEX_FILTER_WORDS; i++)
        block[i] |= UINT32_C(1) << (((uint32_t)hash * spreads[i]) >> 27);
}

bool index_filter_has(const struct index_filter *f, struct hash128 key)
{
    uint64_t hash = filter_hash(key);
    const uint32_t *block = f->words + block_of(hash, f->blocks) * INDEX_FILTER_WORDS;
    uint32_t missing = 0;
    for (uint32_t i = 0; i < INDEX_FILTER_WORDS; i++)
        missing |= ~block[i] & UINT32_C(1) << (((uint32_t)hash * spreads[i]) >> 27);
    return missing == 0;
}
