/* Private to analytics: gathered rows, which are in the order of blocks, become sequences of subjects. */
#pragma once

#include "domain/analytics/gather.h"

typedef void (*deliver_each)(void *context, const struct sequence *s);

/* One thread's; its memory stays from one chunk to the next. */
struct deliver {
    struct buf moments, keyed;
    uint32_t *ends; /* by local number, of a chunk: CHUNK_PEOPLE + 1 */
};
void deliver_init(struct deliver *d, struct arena *arena);
void deliver_fini(struct deliver *d);
size_t deliver_bytes(const struct deliver *d);

/* Rows of one chunk, to each of its people. LIMIT: no memory. */
fallible deliver_people(struct deliver *d, const struct gather *g, uint32_t chunk, deliver_each each, void *context, struct err *e);
/* Rows that are keyed by something else, to each key. */
fallible deliver_subjects(struct deliver *d, const struct gather *g, deliver_each each, void *context, struct err *e);
