/* The rows of people who moved, under their numbers of now. */
#pragma once

#include "domain/column/batches.h"
#include "domain/column/owners.h"
#include "engine/work.h"

struct moved_rows {
    const struct moves *moves;
    struct owner_book *owners; /* of the same moves */
    const struct work_surroundings *around;
    const atomic_bool *is_cancelled; /* NULL: nobody cancels it */
    struct column_set *set;
    struct batches *into;
    const struct moves *const *hiding; /* rows of whoever moved in one of these aren't looked at */
    size_t hiding_count;
};
/* Adds those of a file whose numbers moved, which is settled up to a position; of erased people none. CANCELLED, CORRUPT, FULL. */
fallible moved_rows_take(const struct moved_rows *m, struct column_file *file, uint64_t settled, struct err *e);
/* Adds all rows of a file that aren't hidden, as they are; `moves` and `owners` aren't looked at. The same. */
fallible moved_rows_keep(const struct moved_rows *m, struct column_file *file, struct err *e);
