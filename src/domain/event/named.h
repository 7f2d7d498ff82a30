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
/* What a purge does to an event of somebody else's from before an erasure: takes the erasure's `named` keys out of an unpacked envelope,
 * where they stand in a role that is not its own person's. false: none of them does. Any thread. */
bool naming_cut(struct envelope *v, const struct hash128 *keys, uint32_t count);
