/* A comparison of many members, as qsort wants it: each line returns where its two differ, else goes on. */
#pragma once

#define ORDER_BY(x, y)                 \
    do {                               \
        if ((x) != (y))                \
            return (x) < (y) ? -1 : 1; \
    } while (0)
#define ORDER_BY_BYTES(x, y)              \
    do {                                  \
        int order_ = bytes_compare(x, y); \
        if (order_ != 0)                  \
            return order_;                \
    } while (0)
