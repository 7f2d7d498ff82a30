/* Taking people apart, and setting hubs aside. */
#pragma once

#include "domain/identity/evidence.h"

#define PARTS_A_STEP 64u           /* more of them come off in later steps, by a job */
#define ALIASES_AT_ONCE_MAX 24u    /* of a person that an event takes apart in its own step; else a job does it */
#define PEOPLE_WITH_ALIASES_MAX 5u /* whose aliases are touched for that: with their rows well within STEP_PEOPLE_MAX */

extern const struct job_kind take_apart_job;

/* Splits off what the cluster's evidence doesn't connect any more, to be said by desk_close; at most PARTS_A_STEP parts now. A cluster
 * with more than `aliases_max` aliases is left to a job, which can say beforehand whose rows it needs. Returns the
 * number of parts split off now. */
uint32_t take_apart(struct desk *d, struct cluster *c, uint32_t aliases_max);
/* For needs: touches the people whose numbers would come back. */
void take_apart_touch(struct desk *d, const struct cluster *c);
/* All aliases, when there are at most `aliases_max`. */
void aliases_touch(const struct desk *d, const struct cluster *c, uint32_t aliases_max);

/* The identifier connects nobody any more, and waits for a review. At most one a step (d->has_quarantined). */
void quarantine(struct desk *d, struct cluster *c, uint16_t place, int64_t until_us);
