/* The identifiers of a person as a token sees them, and what stands on their places. */
#pragma once

#include "domain/identity/identity.h"
#include "edge/route.h"

#define IDENTIFIER_HIDDEN UINT32_MAX

struct identifiers_seen {
    const struct identifier *list; /* all of the person's */
    const uint32_t *places;        /* where each stands among those seen; IDENTIFIER_HIDDEN: it doesn't */
    size_t count, seen;            /* of the list; of those that are seen */
};

/* In the view's arena. Engine's thread. */
struct identifiers_seen identifiers_seen(const struct request *r, const struct view *v, uint32_t person);

/* Members of an open object: "identifiers" with what is seen, and "identifiers_hidden", how many more there are. */
void put_identifiers(const struct request *r, const struct view *v, const struct identifiers_seen *ids, struct json_writer *w);
/* "evidence": which of those seen were together; of a set with fewer than two of them nothing. */
void put_evidence(const struct view *v, uint32_t person, const struct identifiers_seen *ids, struct json_writer *w);
