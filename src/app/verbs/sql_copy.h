/* Rows of an export that a query reads more than once: kept by the command, with an index for each column by which they are looked up. So a join reads each
 * table once, however it goes through it. */
#pragma once

#include "app/verbs/sql_rows.h"
#include "edge/api/export_rows.h"

#define COPY_BYTES_MAX (1u << 30) /* of rows in their JSON, of all copies of a query */

struct sql_copy;
/* Takes all rows of what is there; closes `rows`. *io_bytes: of all copies of the query. LIMIT: they would be too many. */
fallible sql_copy_take(struct sql_rows *rows, size_t *io_bytes, struct sql_copy **out_copy, struct err *e);
void sql_copy_destroy(struct sql_copy *c); /* NULL is fine */
uint32_t sql_copy_count(const struct sql_copy *c);
struct bytes sql_copy_row(const struct sql_copy *c, uint32_t row); /* in JSON */

/* What a cell is looked up by: equal cells have equal keys, and few others. 0: it equals nothing. */
uint64_t sql_key_of_cell(struct json cell);
uint64_t sql_key_of_number(double number);
uint64_t sql_key_of_text(struct bytes text);
/* The first row whose cell of that column has the key, then the next behind `row`; UINT32_MAX: no more. The index is made by the first who asks. */
uint32_t sql_copy_find(struct sql_copy *c, const struct export_column *column, uint64_t key);
uint32_t sql_copy_next(const struct sql_copy *c, const struct export_column *column, uint32_t row);
