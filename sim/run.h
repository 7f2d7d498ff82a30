/* One run: a world, the real engine on a disk that crashes, and what we know of both.
 *
 * run.c opens, crashes and recovers; deliver.c sends and notes what was answered, and reads the log back; check.c compares
 * with the shadow and the models. */
#pragma once

#include "engine/engine.h"
#include "sim/model_orders.h"
#include "sim/model_people.h"
#include "sim/model_relations.h"
#include "sim/model_scope.h"
#include "sim/model_things.h"
#include "sim/plan.h"
#include "sim/shadow.h"
#include "store/disk_sim.h"

#define DELIVERIES_MAX 4096u
#define RECORDS_MAX 16384u
#define DEED_NONE UINT32_MAX
#define TRANSCRIPT_LINES 30u
#define TRANSCRIPT_LINE_BYTES 240u

/* Survives the death of the run's process. */
struct transcript {
    bool is_loud;        /* every line is printed at once */
    uint32_t line_count; /* ever written */
    char lines[TRANSCRIPT_LINES][TRANSCRIPT_LINE_BYTES];
    char trouble[1024];  /* empty: none */
    uint64_t deeds, records, crashes, recoveries_cut, checkpoints, fetched, merged, split, quarantined, again, followed, erased, purges, sets;
};

enum delivery_state { DELIVERY_UNDER_WAY, DELIVERY_ANSWERED, DELIVERY_TURNED_AWAY, DELIVERY_LOST, DELIVERY_GIVEN_UP };

/* A deed on its way, once; the same deed may be delivered again. */
struct delivery {
    struct submission submission;
    struct run *run;
    uint32_t deed;
    enum delivery_state state;
    bool is_in_log;           /* its record was read back */
    uint64_t position;        /* of an answered one */
    const struct refusal *refusal;
};

/* What the log holds, as it was read back; durable for ever. */
struct record {
    struct log_record logged;
    uint32_t deed; /* DEED_NONE: the engine's own, or a relay */
    const struct refusal *refusal;
    uint32_t relays;    /* the deed that a relay has follow; DEED_NONE: it is none, or was refused */
    bool is_followed;   /* that deed was read back */
};

struct run {
    struct transcript *transcript;
    struct rng rng;
    struct pool pool;
    struct plan plan;
    struct arena *arena; /* of payloads; lives as long as the run */
    struct disk *disk;
    struct cold *cold;
    const struct registry *registry;
    struct engine_options options;
    struct engine *engine; /* NULL while it is down */
    int64_t now_us;
    bool is_disk_full;

    struct deed deeds[DEEDS_MAX];
    struct bytes payloads[DEEDS_MAX];
    uint32_t deed_count;
    struct delivery deliveries[DELIVERIES_MAX];
    uint32_t delivery_count, unmatched_from; /* deliveries before it are all settled */
    uint32_t held_back[64];                  /* deeds that travel slowly */
    uint32_t held_back_count;
    struct record records[RECORDS_MAX];
    uint32_t record_count;
    uint64_t read_until; /* the log was read back up to here */
    uint64_t verbs[256]; /* positions of accepted ones */
    uint32_t verb_count;

    struct shadow *shadow;
    struct model_identity identity;
    struct model_people people;
    struct model_things things;
    struct model_orders orders;
    struct model_scope scope;
    struct model_relations relations;
    uint16_t hubs[16];   /* identifiers that the record being applied set aside */
    uint32_t hub_count;
};

/* A word to the transcript. */
void run_say(struct run *r, const char *format, ...) PRINTF_LIKE(2, 3);
/* The run has failed: the first reason counts. */
void run_fail(struct run *r, const char *format, ...) PRINTF_LIKE(2, 3);
static inline bool run_failed(const struct run *r)
{
    return r->transcript->trouble[0] != 0;
}

/* One run from its seed, to its end or the first trouble. */
void run_play(struct transcript *t, uint64_t seed, const struct registry *registry);

/* deliver.c */
void deliver_setup(struct run *r);                 /* settings and sources, one by one */
void deliver_group(struct run *r, uint32_t count); /* new deeds, late ones and copies, in one group */
void deliver_edge(struct run *r);                  /* a message again, at the end of the horizon of duplicates */
void deliver_waiting(struct run *r);               /* lets commands go on that wait for cold rows */
void deliver_house(struct run *r);
void deliver_read_log(struct run *r);              /* what is new in it, into shadow and models */
void deliver_forget(struct run *r);                /* after a crash: what was not answered and is not in the log is lost */
void deliver_lost_again(struct run *r);            /* sends lost events once more, as SDKs do */
/* After a call of the engine; a disk that stopped crashes it. */
void run_mind(struct run *r, struct status status, const struct err *e);

/* check.c */
void check_digest(struct run *r);
void check_people(struct run *r, bool is_settled); /* settled: no re-fold is under way */
void check_reach(struct run *r); /* check_reach.c */
void check_scope(struct run *r); /* check_scope.c */
void check_things(struct run *r); /* check_things.c */
void check_orders(struct run *r, bool is_settled); /* check_orders.c; settled: all that follows has followed */
/* A record that follows from an order: an event, as a deed of its own; that the event has found an owner. */
uint32_t order_event_read(struct run *r, const struct log_record *record);
void order_owned_read(struct run *r, const struct log_record *record);
void check_audience(struct run *r, bool is_settled); /* check_audience.c; settled: nothing of the past is being read */
void check_relations(struct run *r, bool is_settled); /* check_relations.c; the same */
void check_log(struct run *r);
void check_audit(struct run *r);
void check_followed(struct run *r); /* nothing is under way: each relay has what follows it, once */
