/* The file of the last two marks. Format: docs/formats/rows.md. */
#pragma once

#include "store/checkpoint.h"

#define MARKS_KEPT 2u

struct marks {
    struct checkpoint_mark all[MARKS_KEPT]; /* the last one first */
    unsigned count;
};

fallible marks_read(struct disk *d, struct marks *out_marks, struct err *e); /* no file: none. CORRUPT. */
fallible marks_write(struct disk *d, const struct marks *marks, struct err *e); /* the old file or the new one after a crash */
