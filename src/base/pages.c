#include "base/pages.h"

#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>

#define HEAPS_MAX 2
#define HEAP_TOP_KEPT_BYTES (1 << 20)
#define HEAP_PIECE_BYTES \
    (256 << 10) /* from this size on a piece is a mapping of its own, which goes when it is freed */

static size_t whole_of(size_t bytes)
{
    size_t unit = bytes >= PAGES_HUGE_BYTES ? PAGES_HUGE_BYTES : 4096;
    return (bytes + unit - 1) / unit * unit;
}

/* Takes a huge page more than asked for, and gives back what lies outside the aligned part. */
static void *huge_take(size_t size)
{
    uint8_t *all = mmap(NULL, size + PAGES_HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return NULL;
    size_t before = (PAGES_HUGE_BYTES - (uintptr_t)all % PAGES_HUGE_BYTES) % PAGES_HUGE_BYTES;
    if (before > 0)
        (void)munmap(all, before);
    (void)munmap(all + before + size, PAGES_HUGE_BYTES - before);
    (void)madvise(all + before, size, MADV_HUGEPAGE); /* a wish */
    return all + before;
}

void *pages_take(size_t bytes)
{
    size_t size = whole_of(bytes);
    if (size >= PAGES_HUGE_BYTES)
        return huge_take(size);
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void pages_give(void *p, size_t bytes)
{
    if (p != NULL)
        (void)munmap(p, whole_of(bytes));
}

void heap_keep_small(void)
{
    (void)mallopt(M_ARENA_MAX, HEAPS_MAX);
    (void)mallopt(M_TRIM_THRESHOLD, HEAP_TOP_KEPT_BYTES);
    (void)mallopt(M_MMAP_THRESHOLD, HEAP_PIECE_BYTES);
}
