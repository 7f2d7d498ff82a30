/* A person in a line of a list: enough to recognise whom it is about. */
#pragma once

#include "edge/route.h"

/* Members of an open object: id, number, name (masked where the token is), identifiers (how many), phone (always masked: whoever needs it
 * opens the profile, and that is noted), events, last_seen. Engine's thread. */
void put_brief(const struct request *r, const struct view *v, uint32_t person, struct json_writer *w);
