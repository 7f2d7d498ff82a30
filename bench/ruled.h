/* What the benchmarks of rules share: a workspace with rules in force, and events of fifty names that they ask for. */
#pragma once

#include "bench/world.h"

#define RULED_NAMES 50u  /* of events that come */
#define RULED_A_NAME 20u /* rules that ask for it, where there are RULED_NAMES x RULED_A_NAME of them */
#define RULED_DAYS 90    /* events are of these days, the last of them today */

/* Somebody does each thing once, so that its name is known; also the things that nobody does again. */
void ruled_names_send(struct sender *s);
/* Rules 0 … count - 1, of which each asks for another name than the one before, or, idle, for what nobody does. Waits until they are in force. */
void ruled_make(struct world *w, uint32_t count, bool is_idle);
/* One rule in force, by its text. Returns its number. */
uint32_t ruled_make_one(struct world *w, const char *text);
/* Several, which read what happened before at once. Returns the number of the first; the others follow. */
uint32_t ruled_make_these(struct world *w, const char *const *texts, size_t count);
/* A batch of events of `people` at random, or, without an rng, of those from `first` on; of times at random, or of a second ago; of any name, or of one that nobody
 * else does. */
struct ruled_batch {
    uint64_t serial, people, first;
    uint32_t count; /* 0: WORLD_BATCH_EVENTS */
    struct rng *rng;
    bool is_now, is_idle;
    uint32_t idle_name;
};
void ruled_write(struct buf *out, const struct ruled_batch *batch);
