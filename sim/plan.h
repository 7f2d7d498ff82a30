/* What happens in a simulated world: who there is, and what is sent about them. All from one seed. */
#pragma once

#include "base/rng.h"
#include "domain/identity/identity.h"
#include "domain/thing/thing.h"
#include "sim/pool.h"

#define PLAN_PEOPLE_MAX 24u
#define PLAN_OWN_IDS_MAX 6u

struct plan {
    struct rng *rng;
    struct pool *pool;
    uint16_t own[PLAN_PEOPLE_MAX][PLAN_OWN_IDS_MAX]; /* what each true person uses */
    uint32_t own_count[PLAN_PEOPLE_MAX];
    uint32_t people;
    double verb_chance;    /* that a deed is a verb */
    double rule_chance;    /* that it changes a type, an alias or the horizon of duplicates */
    double consent_chance; /* that an event gives or withdraws consent */
    double relay_chance;   /* that it comes by a relay */
    double thing_chance;   /* that a deed is about a thing */
    double order_chance;   /* or about an order */
    double scope_chance;   /* or about who sees or is written to */
    double relation_chance; /* or says a relation of a declared type */
    double erase_chance;   /* or erases somebody */
    double audience_chance; /* or says a tag or segment, or puts somebody on a list */
    double stranger_chance; /* that an event shows somebody else's identifier too */
    uint32_t messages;     /* numbers given so far */
    int64_t event_us;      /* of the newest event; each one is later */
    uint16_t hubs[64];     /* identifiers that were set aside lately */
    uint32_t hub_count;
};

void plan_init(struct plan *p, struct rng *rng, struct pool *pool, int64_t start_us);
/* The next deed. `positions` are those of accepted verbs, for an undo. */
void plan_next(struct plan *p, const uint64_t *positions, uint32_t position_count, int64_t now_us, struct deed *out_deed);

/* The command and its payload, as a door makes them. */
uint32_t deed_command(const struct deed *d);
fallible deed_pack(const struct deed *d, const struct pool *pool, struct buf *out, struct err *e);
/* What names a thing of the plan: "c07"; borrows out_id. */
#define THING_ID_BYTES 16
struct thing_ref planned_thing(uint32_t thing, char out_id[THING_ID_BYTES]);
/* In words, for a transcript. */
void deed_print(const struct deed *d, const struct pool *pool, struct buf *out);
