/* Private to event: whom events name beside the person they are of: a receiver, a payer, somebody referred. Such an identifier stands in
 * an event of somebody else; so for each it is kept under which numbers those events lie, by its key alone. When the one who has
 * it is erased, a purge looks there and cuts it out. Costs a row for each identifier and person, and nothing for events that name
 * nobody else. */
#pragma once

#include "domain/event/event.h"
#include "engine/forget.h"

extern const struct family naming_family; /* plain key of an identifier (16), number (4, BE) -> nothing (1) */

void naming_note(struct step *s, const struct envelope *v, uint32_t person);
void naming_forget(struct step *s, struct forgotten *who); /* of the domain's table */
