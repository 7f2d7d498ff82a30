/* Names as they were sent, and what they fold to (collect/standard.h): the same few hundred come again and again, and to
 * know one again costs a fifth of folding it. A pure function's memory: what it says never depends on what came before.
 * Belongs to one thread. */
#pragma once

#include "base/bytes.h"

#define SPELLING_SLOTS 256u /* of each kind; a newer name takes an older one's place */

struct spelling {
    uint64_t words[4]; /* of the name as sent: its first and last bytes, which together are all of it */
    uint32_t size;     /* 0: the slot is free */
    uint32_t number;   /* of a standard event; 0: it is none */
    struct bytes name; /* static text; none: it folds to itself */
};

struct spellings {
    struct spelling events[SPELLING_SLOTS], properties[SPELLING_SLOTS];
};

/* As standard_event_fold; *out_number is that of a standard event, 0 of another. */
struct bytes spelling_event(struct spellings *s, struct bytes sent, uint32_t *out_number);
/* As standard_property_fold, and `sent` itself also when it is the standard name. */
struct bytes spelling_property(struct spellings *s, struct bytes sent);
