/* The rows of people who moved, under their numbers of now. */
#pragma once

#include "domain/column/batches.h"
#include "domain/column/owners.h"
#include "engine/work.h"

struct moved_rows {
    const struct moves *moves;
    const struct owner_book *owners;
    const struct work_surroundings *around;
    const atomic_bool *is_cancelled; /* NULL: nobody cancels it */
    struct column_set *set;
    struct batches *into;
};
/* Adds those of a file, which is settled up to a position; of erased people none. CANCELLED, CORRUPT, FULL. */
fallible moved_rows_take(const struct moved_rows *m, struct column_file *file, uint64_t settled, struct err *e);
