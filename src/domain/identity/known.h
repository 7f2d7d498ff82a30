/* Private to identity: to whom people are known, and how many to each brand.
 *
 * An identifier is known to a brand when an event of that brand, or an act of somebody who is limited to it, showed it to be
 * this person's; a person is known to whom any of its identifiers is. That goes with the identifiers through merge and
 * split, at once and exactly, so the counts are kept where clusters are written. */
#pragma once

#include "domain/identity/desk.h"

extern const struct family known_family; /* brand (4 bytes, BE) -> living people known to it */

/* To whom any identifier of the cluster is known; has no bound of its own. */
struct brand_set cluster_known_to(const struct cluster *c, struct arena *a);
/* A digest of what fact_identifiers_changed tells of. */
uint64_t cluster_standing(const struct cluster *c);
/* Counts who became known, or isn't any more, since the clusters came to the desk; looks only at those that changed. */
void known_count(struct desk *d);
