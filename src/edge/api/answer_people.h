/* The answer of a question that has a column of kind "person", on its way out: numbers of people become their public ids, as far as the token sees them. */
#pragma once

#include "edge/route.h"

#define ANSWER_PEOPLE_A_READ 64u /* so that what they touch stays within what a reader may */

/* Writes the members of `answer` into an open object. Of "rows", those of people whom the token doesn't see are left out, "rows_hidden" says how many; whoever
 * was merged is told as who they are now. `look` has a token. A few reads on the engine's thread; not on it itself. */
fallible answer_people_put(const struct request *look, struct json answer, struct json_writer *w, struct err *e);
/* The place of the column of this kind, or `otherwise` when there is none. */
size_t answer_column_of_kind(struct json answer, struct bytes kind, size_t otherwise);
