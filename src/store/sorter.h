/* A sorter: many records put in order of a number with little memory. What doesn't fit into memory lies, in sorted parts, in one
 * file of the disk, which has no name any more as soon as it is open: nothing of it outlives the process. One thread. */
#pragma once

#include "store/disk.h"

#define SORTER_MEMORY_LEAST ((size_t)1 << 20)
#define SORTER_RECORD_BYTES_MAX ((size_t)1 << 20)

struct sorter;

/* `path` names the file while it is being made, if one is needed at all: no two sorters of a disk have the same at once. Takes
 * memory_bytes (at least SORTER_MEMORY_LEAST), and as much again for an instant when a part is written. NULL: no memory. */
struct sorter *sorter_create(struct disk *d, const char *path, size_t memory_bytes);
void sorter_destroy(struct sorter *s); /* NULL is fine */

/* The bytes are copied. LIMIT: over SORTER_RECORD_BYTES_MAX; FULL, IO: the file. */
fallible sorter_add(struct sorter *s, uint64_t key, struct bytes record, struct err *e);
/* All are in; from now on only sorter_next. */
fallible sorter_finish(struct sorter *s, struct err *e);
/* The next one in order of key, those of one key as they were added; borrowed until the next call. *out_more is false behind the
 * last. */
fallible sorter_next(struct sorter *s, uint64_t *out_key, struct bytes *out_record, bool *out_more, struct err *e);
