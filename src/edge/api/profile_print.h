/* A person's profile as JSON (api/people.c): as a page shows it, and as an export has it. */
#pragma once

#include "edge/route.h"

/* All that is known of a living person, as members of an open object: what the request's token may see, masked where it is. */
void put_profile(struct request *r, const struct view *v, uint32_t person, struct json_writer *w);
