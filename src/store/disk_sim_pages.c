#include "store/disk_sim_pages.h"

#include <stdlib.h>
#include <string.h>

#define WRITEBACK_CHANCE 0.125
#define TEAR_CHANCE 0.25

/* Stands for every page of written zeroes, so that preallocated files cost nothing. Never written to. */
static uint8_t zero_page[SIM_PAGE_BYTES];

static bool page_shared(const struct sim_pages *p, size_t i)
{
    return p->now[i] == p->safe[i] || p->now[i] == zero_page || p->now[i] == NULL;
}

static const uint8_t *page_bytes(const uint8_t *page)
{
    return page == NULL ? zero_page : page;
}

static void page_free(uint8_t *page)
{
    if (page != zero_page)
        free(page);
}

static uint8_t *page_copy(const uint8_t *page)
{
    uint8_t *copy = malloc(SIM_PAGE_BYTES);
    if (copy == NULL)
        abort();
    memcpy(copy, page_bytes(page), SIM_PAGE_BYTES);
    return copy;
}

static void page_set_now(struct sim_pages *p, size_t i, uint8_t *page)
{
    p->used += (page != NULL);
    p->used -= (p->now[i] != NULL);
    if (p->now[i] != p->safe[i] && p->now[i] != page)
        page_free(p->now[i]);
    p->now[i] = page;
}

static void page_set_safe(struct sim_pages *p, size_t i, uint8_t *page)
{
    if (p->safe[i] != p->now[i] && p->safe[i] != page)
        page_free(p->safe[i]);
    p->safe[i] = page;
}

static uint64_t pages_of(uint64_t size)
{
    return (size + SIM_PAGE_BYTES - 1) / SIM_PAGE_BYTES;
}

static void slots_reserve(struct sim_pages *p, uint64_t size)
{
    size_t count = (size_t)pages_of(size);
    if (count <= p->count)
        return;
    size_t more = count > p->count * 2 ? count : p->count * 2;
    p->now = realloc(p->now, more * sizeof *p->now);
    p->safe = realloc(p->safe, more * sizeof *p->safe);
    if (p->now == NULL || p->safe == NULL)
        abort();
    memset(p->now + p->count, 0, (more - p->count) * sizeof *p->now);
    memset(p->safe + p->count, 0, (more - p->count) * sizeof *p->safe);
    p->count = more;
}

void sim_pages_free(struct sim_pages *p)
{
    for (size_t i = 0; i < p->count; i++) {
        page_set_safe(p, i, p->now[i]);
        page_free(p->now[i]);
    }
    free(p->now);
    free(p->safe);
    *p = (struct sim_pages){0};
}

size_t sim_pages_read(const struct sim_pages *p, uint64_t offset, void *out_data, size_t size)
{
    if (offset >= p->size_now)
        return 0;
    if (size > p->size_now - offset)
        size = (size_t)(p->size_now - offset);
    for (size_t done_bytes = 0; done_bytes < size;) {
        size_t i = (size_t)((offset + done_bytes) / SIM_PAGE_BYTES);
        size_t at = (size_t)((offset + done_bytes) % SIM_PAGE_BYTES);
        size_t part = SIM_PAGE_BYTES - at < size - done_bytes ? SIM_PAGE_BYTES - at : size - done_bytes;
        memcpy((uint8_t *)out_data + done_bytes, page_bytes(i < p->count ? p->now[i] : NULL) + at, part);
        done_bytes += part;
    }
    return size;
}

/* The page as it may be written to. */
static uint8_t *page_own(struct sim_pages *p, size_t i, struct rng *chance)
{
    if (!page_shared(p, i) && rng_chance(chance, WRITEBACK_CHANCE))
        page_set_safe(p, i, p->now[i]);
    if (page_shared(p, i))
        page_set_now(p, i, page_copy(p->now[i]));
    return p->now[i];
}

void sim_pages_write(struct sim_pages *p, uint64_t offset, struct bytes data, struct rng *chance)
{
    uint64_t end = offset + data.size;
    slots_reserve(p, end);
    for (size_t put = 0; put < data.size;) {
        size_t i = (size_t)((offset + put) / SIM_PAGE_BYTES);
        size_t at = (size_t)((offset + put) % SIM_PAGE_BYTES);
        size_t part = SIM_PAGE_BYTES - at < data.size - put ? SIM_PAGE_BYTES - at : data.size - put;
        memcpy(page_own(p, i, chance) + at, data.data + put, part);
        put += part;
    }
    if (p->size_now < end)
        p->size_now = end;
}

size_t sim_pages_missing(const struct sim_pages *p, uint64_t from, uint64_t until)
{
    size_t missing = 0;
    for (uint64_t i = from / SIM_PAGE_BYTES; i < pages_of(until); i++)
        missing += i >= p->count || p->now[i] == NULL;
    return missing;
}

void sim_pages_preallocate(struct sim_pages *p, uint64_t size)
{
    slots_reserve(p, size);
    for (uint64_t i = p->size_now / SIM_PAGE_BYTES; i < pages_of(size); i++)
        if (p->now[i] == NULL)
            page_set_now(p, (size_t)i, zero_page);
    if (p->size_now < size)
        p->size_now = size;
}

void sim_pages_truncate(struct sim_pages *p, uint64_t size, struct rng *chance)
{
    slots_reserve(p, size);
    for (uint64_t i = pages_of(size); i < p->count; i++)
        page_set_now(p, (size_t)i, NULL);
    size_t at = (size_t)(size % SIM_PAGE_BYTES);
    if (size < p->size_now && at != 0)
        memset(page_own(p, (size_t)(size / SIM_PAGE_BYTES), chance) + at, 0, SIM_PAGE_BYTES - at);
    p->size_now = size;
}

void sim_pages_sync(struct sim_pages *p)
{
    for (size_t i = 0; i < p->count; i++)
        page_set_safe(p, i, p->now[i]);
    p->size_safe = p->size_now;
}

static uint8_t *page_torn(const struct sim_pages *p, size_t i, struct rng *chance)
{
    bool head_is_new = rng_chance(chance, 0.5);
    size_t at = (1 + (size_t)rng_below(chance, SIM_PAGE_BYTES / SIM_SECTOR_BYTES - 1)) * SIM_SECTOR_BYTES;
    uint8_t *torn = page_copy(head_is_new ? p->now[i] : p->safe[i]);
    memcpy(torn + at, page_bytes(head_is_new ? p->safe[i] : p->now[i]) + at, SIM_PAGE_BYTES - at);
    return torn;
}

static void page_crash(struct sim_pages *p, size_t i, struct rng *chance, double keep)
{
    if (p->now[i] == p->safe[i])
        return;
    if (rng_chance(chance, TEAR_CHANCE)) {
        page_set_now(p, i, page_torn(p, i, chance));
        page_set_safe(p, i, p->now[i]);
    } else if (rng_chance(chance, keep)) {
        page_set_safe(p, i, p->now[i]);
    } else {
        page_set_now(p, i, p->safe[i]);
    }
}

void sim_pages_crash(struct sim_pages *p, struct rng *chance, double keep)
{
    for (size_t i = 0; i < p->count; i++)
        page_crash(p, i, chance, keep);
    uint64_t size = rng_chance(chance, keep) ? p->size_now : p->size_safe;
    if (p->size_now > p->size_safe && rng_chance(chance, TEAR_CHANCE))
        size = p->size_safe + rng_below(chance, p->size_now - p->size_safe + 1);
    slots_reserve(p, size);
    p->size_now = UINT64_MAX; /* so that the cut clears what an older state of the last page had behind it */
    sim_pages_truncate(p, size, chance);
    sim_pages_sync(p);
    assert(p->size_now == size && p->size_safe == size);
}

static uint8_t *page_flipped(const uint8_t *page, uint64_t offset)
{
    uint8_t *copy = page_copy(page);
    copy[offset % SIM_PAGE_BYTES] ^= (uint8_t)(1u << offset * 5 / 8 % 8);
    return copy;
}

void sim_pages_flip(struct sim_pages *p, uint64_t offset)
{
    assert(offset < p->size_now);
    size_t i = (size_t)(offset / SIM_PAGE_BYTES);
    slots_reserve(p, offset + 1);
    bool synced = p->now[i] == p->safe[i];
    page_set_now(p, i, page_flipped(p->now[i], offset));
    page_set_safe(p, i, synced ? p->now[i] : page_flipped(p->safe[i], offset));
}
