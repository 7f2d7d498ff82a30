/* What was said of people's lists and hand-set tags, as an export has it (export_rows.c). */
#pragma once

#include "edge/api/export_rows.h"

/* Each act that is kept of one person and that the token may see: a line, as POST /api/v1/listings takes it; of a table a row. */
void listing_rows_put(struct request *r, const struct view *v, uint32_t number, const struct export_filter *filter,
                      struct export_rows *rows);
/* The same of identifiers that nobody has yet, one (identifier, list) after the other; of lists that the token may put people on: whose they are nobody can say. */
bool listing_waiting_rows_put(struct request *r, const struct view *v, const struct export_filter *filter,
                              struct bytes *io_key, struct export_rows *rows);
