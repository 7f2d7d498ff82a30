/* What was said of people's lists and hand-set tags, as an export has it (export_rows.c). */
#pragma once

#include "edge/api/export_rows.h"

/* Each act that is kept of one person and that the token may see: a line, as POST /api/v1/listings takes it; of a table a row. */
void listing_rows_put(struct request *r, const struct view *v, uint32_t number, const struct export_filter *filter,
                      struct export_rows *rows);
