/* Private to relation: what is said of a person's relations, written and told. */
#pragma once

#include "domain/relation/strands.h"

struct note {
    struct strand strand; /* which relation, whose word; acts and attributes are empty */
    struct act act;
    bool has_act;
    int64_t time_us;         /* of the attributes */
    struct bytes attributes; /* a record */
};

/* Adds to the person's section, says what has changed, and has the rolls settled. What was said before changes nothing. The person's row
 * is announced. */
void relation_note(struct step *s, uint32_t person, const struct note *notes, size_t count);
/* On hearing that people were found to be one, or several: each relation goes with its owner. */
void relations_on_merge(struct step *s, const struct merged *m);
void relations_on_split(struct step *s, const struct split *split);
/* What a standard event says of relations. */
void relations_on_event(struct step *s, const struct resolved *r);
