/* What the benchmarks of the engine share: a workspace in a temporary folder, people with three identifiers each, and
 * Segment batches of track events for uniformly drawn people. */
#pragma once

#include <stdatomic.h>

#include "edge/codec/codec.h"
#include "engine/host.h"

/* A cold store in memory, as struct engine_options wants it: of an engine that is measured alone. */
struct cold *world_cold_open(void *context, const char *snapshot, struct err *e);
void world_cold_close(void *context, struct cold *c);

/* An engine alone, durable, with all rows in memory and no checkpoints: for what its thread takes. */
struct alone {
    const char *folder;
    struct disk *disk;
    struct registry *registry; /* world_registry */
    struct engine *engine;
};
void alone_open(struct alone *a, const char *folder);
void alone_close(struct alone *a); /* the folder goes */
/* On standard error: the digest, how many commands were accepted, and what rows take of each of `count` things. */
void alone_tell(const struct alone *a, uint64_t accepted, uint64_t count, const char *thing);

struct world {
    char folder[256];
    struct registry *registry;
    struct host *host;
    struct workspace *workspace;
    struct engine *engine; /* only after the host was stopped asking: for reading figures on its thread */
};

struct registry *world_registry(void); /* of the domains that a benchmark needs; the caller's */
/* `memory_bytes` 0: plenty. */
void world_open(struct world *w, const char *folder, size_t memory_bytes);
void world_close(struct world *w);   /* stops cleanly; the folder stays */
void world_remove(struct world *w);  /* the folder goes */
void workspace_file(const char *folder, const char *name); /* makes a workspace that was never awake, and `folder` */
void world_set(struct world *w, const char *setting, uint64_t value);
void world_stats(struct world *w, struct engine_stats *out_stats);
void world_rest(struct world *w); /* waits until folding and other background work is through */

#define WORLD_BATCH_EVENTS 500u

/* A batch of track events as @segment/analytics-node sends it, about 494 bytes an event. `serial` makes message ids and
 * times; people are `first` + i (sequential) or drawn from [0, people) when `rng` isn't NULL. */
struct rng;
void batch_write(struct buf *out, uint64_t serial, uint64_t people, uint64_t first, struct rng *rng);

/* Makes packed envelopes out of batches, as the door does. One thread. */
struct packer;
struct packer *packer_create(void);
void packer_destroy(struct packer *p);
void packer_pack(struct packer *p, struct bytes batch, struct codec_batch *out_batch); /* cleared before */

/* Reads batches, sends them as messages and keeps `in_flight_max` of them on their way. One thread. */
struct sender;
struct sender *sender_create(struct world *w, unsigned in_flight_max);
void sender_destroy(struct sender *s); /* waits for all */
void sender_send(struct sender *s, struct bytes batch); /* waits while too many are on their way */
void sender_wait(struct sender *s);                     /* until none is */
uint64_t sender_accepted(const struct sender *s);

/* Sends every person of [0, people) once, in order, with progress on standard error; waits. Returns the seconds it took. */
double people_load(struct sender *s, uint64_t people);
/* The same with other batches: `write` makes that of WORLD_BATCH_EVENTS people from `first` on. */
typedef void (*people_writer)(struct buf *out, uint64_t first, uint64_t people);
double people_load_by(struct sender *s, uint64_t people, people_writer write);
/* Sends `events` for people drawn from [first, first + span), in batches made on the way; waits. Returns events a second,
 * the making of the batches not counted. */
double drawn_send(struct sender *s, uint64_t events, uint64_t first, uint64_t span, uint64_t serial);
/* The same, with 95 % of the events for the first `hot` people and the rest for any of `people`. */
double mixed_send(struct sender *s, uint64_t events, uint64_t hot, uint64_t people, uint64_t serial);
