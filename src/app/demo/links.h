/* What could be found at all: which identifiers of a person some event shows together. A person whose channels were
 * never seen side by side can't be told to be one by anybody, so recall is also counted over the pairs that were. */
#pragma once

#include "lib/json.h"

struct links;

struct links *links_create(void);
void links_destroy(struct links *r); /* NULL is fine */
/* One identifier, {"type":…,"ns":…,"value":…}, that is this person's alone; its number is the how-manieth it is, from 0. */
void links_add(struct links *r, uint32_t person, struct json id);
/* One event: its buyer's own identifiers were seen together. Those that several people share link nobody here. */
void links_event(struct links *r, struct json event);
/* The same number for all identifiers that are linked with this one, through others too. */
uint32_t links_component(struct links *r, uint32_t id);
