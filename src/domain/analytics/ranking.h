/* The n largest of what was counted, and what the others come to. */
#pragma once

#include "base/bytes.h"

#define RANKING_PARTS 3u

/* What is told of one, largest first: of equals, by its names in their order. */
struct ranked {
    uint64_t count;
    int64_t level;                      /* of equals and of equal names the least first */
    struct bytes names[RANKING_PARTS];  /* what isn't used is BYTES_NONE */
    const void *own;                    /* the caller's */
};

void ranking_sort(struct ranked *list, size_t count);
