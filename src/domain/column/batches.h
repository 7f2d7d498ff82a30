/* Rows that come in no order, kept as files in memory, each of them in the order of rows. */
#pragma once

#include "domain/column/file.h"

#define BATCH_BYTES ((size_t)32 << 20) /* of rows that are gathered before they become a file */

struct batches;
struct batches *batches_create(struct column_set *set); /* which outlives it */
void batches_destroy(struct batches *b);                /* and its files; NULL is fine */
fallible batches_add(struct batches *b, const struct column_row *row, struct err *e); /* copies it */
fallible batches_finish(struct batches *b, struct err *e); /* once, when all have come */
size_t batches_count(const struct batches *b);
struct column_file *batches_file(const struct batches *b, size_t i); /* borrowed */
size_t batches_bytes(const struct batches *b);
