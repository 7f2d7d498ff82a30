/* Relations, as an export has them (export_rows.c). */
#pragma once

#include "edge/api/export_rows.h"

/* Of the relations of one person those that are wanted and that the token may see: what was said of them, a line each, as
 * POST /api/v1/relations takes it; of a table a row each. */
void relation_rows_put(struct request *r, const struct view *v, uint32_t number, const struct export_filter *filter,
                       struct export_rows *rows);
/* "TYPE:VALUE": the person that it is of; 0: none. */
uint32_t relation_rows_number(const struct request *r, const struct view *v, struct bytes after);
