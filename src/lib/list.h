/* A list in an arena that grows by a place in its middle. */
#pragma once

#include <stddef.h>
#include <string.h>

#include "base/arena.h"

/* Makes room for one more in a sorted list of the arena. */
#define LIST_OPEN(a, list, count, room, at)                                                \
    do {                                                                                   \
        if ((count) == (room)) {                                                           \
            (room) = (room) == 0 ? 8 : (room)*2;                                           \
            void *list_ = arena_take((a), (room) * sizeof *(list), _Alignof(max_align_t)); \
            if ((count) > 0)                                                               \
                memcpy(list_, (list), (count) * sizeof *(list));                           \
            (list) = list_;                                                                \
        }                                                                                  \
        memmove((list) + (at) + 1, (list) + (at), ((count) - (at)) * sizeof *(list));      \
        (count)++;                                                                         \
    } while (0)
