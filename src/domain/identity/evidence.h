/* Evidence of a cluster: which of its identifiers were seen or said together. */
#pragma once

#include "domain/identity/desk.h"

/* Notes that these were together; places ascending, distinct, two or more. A set of events that lies within an older
 * one counts there, and takes in the older ones that lie within it; what people said is kept apart, each by itself. */
void evidence_say(struct desk *d, struct cluster *c, enum evidence_rule rule, const uint16_t *places, uint32_t count, int64_t seen_us);
/* Is there evidence of an event already that holds them all? */
bool evidence_has(const struct cluster *c, const uint16_t *places, uint32_t count);
/* Distinct partners of `place` with those in `also`, as far as first seen within `days` of seen_us. */
uint32_t evidence_partners(struct desk *d, const struct cluster *c, uint16_t place, const uint16_t *also, uint32_t also_count,
                           int64_t seen_us, int64_t days);
/* Takes away what was said by the act at `position`; false: nothing was left of it. */
bool evidence_forget(struct cluster *c, uint64_t position);
/* Leaves of each set only what has one label: connections between different labels are gone. */
void evidence_cut(struct desk *d, struct cluster *c, const uint16_t *labels);

#define LABEL_NONE UINT16_MAX
/* Labels the connected parts 0, 1, … in order of their first place; quarantined identifiers get LABEL_NONE.
 * Returns how many parts there are. */
uint32_t evidence_parts(const struct desk *d, const struct cluster *c, uint16_t *out_labels);

/* Which of two identifiers each one goes with, when the two must be apart: evidence is taken in order (what people said
 * first, then by position), leaving out what would connect them. `out_labels` as of evidence_parts. */
uint32_t evidence_parts_apart(const struct desk *d, const struct cluster *c, uint16_t a, uint16_t b, uint16_t *out_labels);

uint32_t places_sort(uint16_t *places, uint32_t count); /* ascending and distinct; returns how many are left */
