/* Extracting: an event's envelope becomes the cells of a row.
 *
 * Taken are the fields (source, actor, actor_id, the references) and the properties: members of objects under names such as
 * "address.city", of lists the scalars, of items each one's members. Left out are nulls, what is forbidden, names over
 * COLUMN_PROPERTY_BYTES_MAX and objects in lists; and always identifiers, traits and consents. */
#pragma once

#include "domain/column/properties.h"

struct extractor;
/* Both outlive it. `forbidden` may be NULL. One thread. */
struct extractor *extractor_create(struct column_set *set, const struct property_bans *forbidden);
void extractor_destroy(struct extractor *x); /* NULL is fine */
/* Fills in event-dependent parts of the row: item_count and cells, which borrow from the envelope's bytes and live until the next
 * call. Some 200 ns for eight properties. CORRUPT: it isn't an envelope. */
fallible extract(struct extractor *x, struct bytes packed, uint16_t event, struct column_row *out_row, struct err *e);
