/* Pairs on their way into one table file: they come in any order, and leave in the order of their keys. One thread.
 * Memory: about the bytes that were added, and 16 for each pair; it is kept for the next slice. */
#pragma once

#include "store/cold.h"

struct slice_place {
    uint64_t prefix; /* the first eight bytes of the key: most pairs are told apart by them */
    size_t at;       /* in bytes */
};

struct cold_slice {
    struct buf bytes; /* struct slice_head, key, value, again and again */
    struct slice_place *places;
    size_t count, room;
};

void slice_init(struct cold_slice *s);
void slice_fini(struct cold_slice *s);
void slice_clear(struct cold_slice *s);
void slice_add(struct cold_slice *s, const struct cold_pair *pair); /* copies it; aborts without memory */
size_t slice_bytes(const struct cold_slice *s);
/* In the order of the keys; of several pairs of one key the last stays. Once, after the last add. */
void slice_sort(struct cold_slice *s);
struct cold_pair slice_pair(const struct cold_slice *s, size_t i); /* i < count; borrowed until the slice is cleared */
