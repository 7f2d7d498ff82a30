/* A feature: what an aggregate needs to know of a person's events, without its window and its threshold, so that rules share it
 * (docs/adr/0020-rules-keep-mergeable-features.md). Its state is a series (lib/series.h).
 *
 * Two features are the same when their texts are: the text is canonical, and names stand in it as they are said. */
#pragma once

#include "domain/collect/collect.h"
#include "lib/civil.h"
#include "lib/expr.h"
#include "lib/series.h"

enum feature_of { FEATURE_EVENTS, FEATURE_ORDERS };
/* What a bucket is. */
enum feature_grain {
    GRAIN_EVER,   /* one bucket */
    GRAIN_DAY,    /* a day of the workspace's zone */
    GRAIN_MOMENT, /* microseconds, keyed by 4 bytes of the message where its bits matter (sequences) */
};
/* A kind of event that it gathers; of a sequence, a step: bit k of its entries. */
#define FEATURE_STEPS_MAX 16u
struct feature_step {
    uint32_t event_count;
    const uint32_t *events;   /* NAME_EVENT; none: every event */
    const struct expr *where; /* on the event; NULL: none */
    uint64_t bits;            /* of SERIES_BITS */
};
struct feature {
    struct bytes text;
    enum feature_of of;
    enum feature_grain grain;
    struct series_shape shape;
    int64_t horizon;           /* of GRAIN_DAY days, today included; of GRAIN_MOMENT microseconds; 0: for ever */
    int64_t from_us, until_us; /* of an absolute range: events outside count nothing; else INT64_MIN, INT64_MAX */
    struct bytes value;        /* path of what is summed, compared or kept; empty: none */
    bool value_is_key;         /* distinct values, and how often each */
    bool needs_things;         /* `where` or the value asked for attributes of things when the rule was saved */
    uint32_t step_count;
    const struct feature_step *steps;
};
/* What is gathered of an event may be another thing in another zone: by days, in an absolute range, of what clocks show, or under a condition, which may have dates or read
 * clocks. */
bool feature_reads_days(const struct feature *f);
/* The bucket under which nothing is of use any more. */
int64_t feature_oldest(const struct feature *f, int64_t now_us, const struct civil *civil);

/* --- what entries are made of; of an event alone, so that whoever reads columns makes the same --- */

/* A number in millionths, half away from zero, as questions take quantities: true is one, a time its seconds since 1970. Of a double it is the product by a
 * million, a double itself, that is rounded. false: it is none, or a double beyond FEATURE_NUMBER_BITS. */
#define FEATURE_NUMBER_BITS 90
bool feature_number(const struct value *v, series_wide *out_number);
/* What puts events of one time in order: as much of the message as columns keep (block_messages). */
static inline uint32_t feature_tie(struct hash128 message)
{
    return (uint32_t)(message.high >> 32);
}
/* A key is the packed value; of one over FEATURE_KEY_BYTES_MAX at most so many bytes stay, up to a character, and behind them the hash of all (16 bytes,
 * BE). */
#define FEATURE_KEY_BYTES_MAX 64u
#define FEATURE_KEY_KEPT_BYTES 48u
struct bytes feature_key(const struct value *v, struct arena *arena);
struct value feature_key_value(struct bytes key); /* borrowed; of one that was cut what was kept of its text */

/* Of orders each has entries of its own: in front of a key stand the four bytes (BE) that orders are told apart by, which are those of
 * feature_tie. Behind them, of values that are keys, the value's. */
#define FEATURE_ORDER_BYTES 4u
static inline struct bytes feature_value_key(const struct feature *f, struct bytes key)
{
    return f->of == FEATURE_ORDERS ? bytes_slice(key, FEATURE_ORDER_BYTES, key.size) : key;
}

/* --- from events to entries --- */

/* What was known of the things that events refer to. `member` is an attribute of a thing of this kind, or else the kind of what it belongs to, of which
 * the value is the id. */
struct feature_things {
    void *context;
    bool (*told)(void *context, struct bytes kind, struct bytes member, struct bytes id, int64_t at_us,
                 struct value *out_value);
};

/* A feature of events whose conditions are ready to be looked at. Lives in the arena, borrows the feature; immutable.
 *
 * What it finds is a function of the feature, of the event and of the things alone, and of no list of names: a path is a field, else what the event says
 * under it, else (where it says nothing) what its last part is of the thing that the part before names. So whoever compiles it again, after whatever
 * else came, gathers the same. Of events a name is the one they came as. */
struct matcher;
struct path_found;
struct path_pool;
struct thing_wants;
/* `civil` is of dates in conditions that say no zone, and isn't kept: what clocks show, matcher_entries is told by its own. INVALID, with the place: what filter_read refuses, but for names that nobody has
 * sent. LIMIT: more than THING_WANTS_MAX attributes of things. */
fallible matcher_compile(const struct feature *f, const struct civil *civil, struct arena *arena,
                         const struct matcher **out_matcher, struct err *e);
/* What it asks of things: attributes, or what they belong to (is_ancestor isn't set). */
const struct thing_wants *matcher_wants(const struct matcher *m);
/* What one event adds to the feature, in the arena; returns how many entries. Without a value an event counts once, whichever steps it matches. With one it
 * adds an entry for each of its values that is of use (of sums and extremes: numbers); where the value is of items, for those of each item for which the
 * condition holds by itself. What is first or last adds an entry even where it has no such value, or only some over SERIES_VALUE_BYTES_MAX.
 * NULL `things`: nothing is known of them. Costs, for each comparison, a walk over the members of the event. */
size_t matcher_entries(const struct matcher *m, const struct arrived *arrived, const struct civil *civil,
                       const struct feature_things *things, struct arena *arena,
                       const struct series_entry **out_entries);

/* --- the same for many features of one event --- */

/* An event, and what of it several features ask for, found once. */
struct feature_event {
    const struct arrived *arrived;
    const struct civil *civil;
    const struct feature_things *things; /* as of matcher_entries */
    struct path_found *found; /* values of the paths that their pool has, as of event_look; NULL: they share none */
    bool knows_day;           /* private to feature.c, as is the day: false at first */
    int64_t day;
};
/* As matcher_compile; what conditions and values read of properties is looked for once an event. The pool outlives the matcher. */
fallible matcher_compile_among(const struct feature *f, const struct civil *civil, struct path_pool *pool,
                               struct arena *arena, const struct matcher **out_matcher, struct err *e);
/* The condition, where it is a function of the event alone: of one step, and not item by item; NULL: there is none. Two that print alike hold of the same events. */
const struct expr *matcher_condition(const struct matcher *m);
enum condition_holds { CONDITION_UNTOLD, CONDITION_HOLDS, CONDITION_FAILS };
/* As matcher_entries. *io_holds is what is known of matcher_condition for this event, which is tested where nobody did; NULL: nobody else asks. */
size_t matcher_entries_of(const struct matcher *m, struct feature_event *io_event, enum condition_holds *io_holds,
                          struct arena *arena, const struct series_entry **out_entries);
