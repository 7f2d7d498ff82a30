/* A numbered row that an index leads to, touched ahead of the commands that read it: an order by its key, a roster's own row. */
#pragma once

#include "engine/view.h"

struct indexed_row {
    const struct family *index, *rows;
    struct hash128 key;
    uint32_t number; /* once it was looked up; 0: there is none */
};

/* As struct command has it: stage 0, 1, 2 … while it returns true; behind that a call does nothing. Reads memory alone, and of each stage only what
 * the one before has touched. */
bool indexed_row_prefetch(const struct view *v, int stage, struct indexed_row *io_row);
