/* Who is in which segment, and what tags say of whom, as exports and SQL have it (export_rows.c). */
#pragma once

#include "edge/api/export_rows.h"

/* A row for each segment in force that a person is in, or each tag that has a value of them: of those that the token sees, or of the one that the filter names. */
void segment_rows_put(struct request *r, const struct view *v, uint32_t number, const struct export_filter *filter,
                      struct export_rows *rows);
void tag_rows_put(struct request *r, const struct view *v, uint32_t number, const struct export_filter *filter,
                  struct export_rows *rows);
