/* Blocks out of rows, in memory: for tests of whoever reads columns. */
#pragma once

#include "domain/column/file.h"

/* What extracting makes of an event, in the arena: item_count and cells. They borrow the event's bytes. */
struct column_row made_row(struct arena *arena, struct column_set *set, struct bytes packed, uint16_t event);
/* Puts the rows in order, and makes a file of them. */
struct column_file *made_file(struct column_set *set, struct column_row *rows, uint32_t count);
