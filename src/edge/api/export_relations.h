/* Relations, as an export has them (export_rows.c). */
#pragma once

#include "edge/api/export_rows.h"
#include "edge/identifiers.h"

/* Of the relations of one person those that are wanted and that the token may see: what was said of them, a line each, as
 * POST /api/v1/relations takes it; of a table a row each. */
void relation_rows_put(struct request *r, const struct view *v, uint32_t number, const struct export_filter *filter,
                       struct export_rows *rows);
/* Members of an open object: "person", the identifier that something was said of, and "holder" where another one has it in force now. false: the token doesn't see it, or its
 * holder has no rank, whose line would be taken for that of another one; nothing was put. */
bool export_owner_put(const struct request *r, const struct view *v, const struct identifiers_seen *ids,
                      struct hash128 owner, struct json_writer *w);
/* "TYPE:VALUE": the person that it is of; 0: none. */
uint32_t relation_rows_number(const struct request *r, const struct view *v, struct bytes after);
