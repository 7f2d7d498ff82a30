/* Blocks out of rows, in memory: for tests of whoever reads columns. */
#pragma once

#include "domain/column/file.h"

/* Puts the rows in order, and makes a file of them. */
struct column_file *made_file(struct column_set *set, struct column_row *rows, uint32_t count);
