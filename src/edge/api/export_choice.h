/* An export of some people, with what was chosen of each: those of a tag or segment, and of all that is known of them some traits and tags. */
#pragma once

#include "edge/api/export_rows.h"
#include "lib/json.h"

#define EXPORT_CHOSEN_MAX 100u /* traits and tags together */

struct export_choice {
    struct export_kind kind; /* people, with a column for each that was chosen */
    size_t trait_count, tag_count;
    struct bytes *traits, *tags;
};
/* Of lists "a,b"; both may be empty. Lives in `arena`. LIMIT: over EXPORT_CHOSEN_MAX. INVALID: a name is there twice, or empty. */
fallible export_choice_read(struct bytes traits, struct bytes tags, struct arena *arena,
                            const struct export_choice **out_choice, struct err *e);
/* A person's row: id, number, identifiers; traits and tags [name, value], those that they have and the token sees, masked where it is. `parser` is for what is on
 * its way through here. */
void export_choice_put(const struct export_choice *c, struct request *r, const struct view *v, uint32_t person,
                       struct json_parser *parser, struct json_writer *w);
