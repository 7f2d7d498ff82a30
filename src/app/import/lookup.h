/* The rows of a small table by one of its columns, in memory: what a check of the demo looks up. Of a file that may be big: join.h. */
#pragma once

#include "base/arena.h"

struct lookup;

struct lookup *lookup_create(size_t columns);
void lookup_destroy(struct lookup *l); /* NULL is fine */
/* Cells are copied; missing ones are empty. Of several rows with one key the first counts. */
void lookup_add(struct lookup *l, struct bytes key, const struct bytes *cells, size_t count);
/* `columns` cells, or NULL: no such key. */
const struct bytes *lookup_find(const struct lookup *l, struct bytes key);
