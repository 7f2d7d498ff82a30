/* Private to people: the three folds as sorted lists, and as bytes (docs/formats/people.md).
 *
 * Each list is a sum of single events: adding is commutative and associative, and a limit keeps what comes first in a
 * fixed order, so that whatever the order and however it was cut in parts, the same events give the same bytes. */
#pragma once

#include "domain/people/people.h"
#include "lib/list.h"

#define SECTION_FORMAT 1u           /* the first byte of every section of ours */
#define TRAITS_BYTES_MAX 12288u     /* packed; beyond, history goes first, then the last names: no longer independent of order */
#define CONSENT_TEXT_BYTES_MAX 64u  /* a longer name of a policy, and longer evidence, are cut */

extern const struct family long_family; /* rows of sections that are long (engine/stow.h) */

/* --- counters: ascending by (event, brand, channel); (0, 0, 0) is "other" --- */

struct counters {
    struct counter *list;
    uint32_t count, room;
    uint32_t max; /* keys besides "other": the smallest stay, the rest is added to "other" */
};

struct counters counters_none(uint32_t max);
struct counters counters_decode(struct bytes section, struct arena *a); /* max COUNTERS_MAX */
struct bytes counters_encode(const struct counters *c, struct arena *a);
void counters_add(struct counters *c, const struct counter *more, struct arena *a);
/* The section with one event added: as decode, add and encode, but in one pass over the bytes, unless it is the earliest of all or keys are at
 * their limit. */
struct bytes counters_bump(struct bytes section, const struct counter *one, struct arena *a);
struct bytes counters_merge(struct bytes x, struct bytes y, struct arena *a);

/* --- traits: ascending by (name, brand) --- */

#define CANDIDATES_MAX (1u + TRAIT_HISTORY_MAX)
struct candidate {
    int64_t time_us;
    uint32_t source;
    uint8_t priority;
    bool first;         /* its source's rule: the earliest stands, not the latest */
    struct bytes value; /* packed */
};
/* The best candidates of distinct values, best first; the first one is the trait's value. */
struct trait_entry {
    uint32_t name, brand;
    uint32_t count;
    struct candidate best[CANDIDATES_MAX];
};
struct traits {
    struct trait_entry *list;
    uint32_t count, room;
    uint32_t max; /* entries: the smallest stay */
    bool more;    /* some did not stay */
};
enum trait_change { TRAIT_SAME, TRAIT_KEPT, TRAIT_WON }; /* nothing changed; it was kept; and it is the value now */

struct traits traits_none(uint32_t max);
struct traits traits_decode(struct bytes section, struct arena *a); /* max TRAITS_MAX */
/* Drops from `t` what does not fit into bytes_max. */
struct bytes traits_encode(struct traits *t, size_t bytes_max, struct arena *a);
struct trait_news {
    uint32_t name, brand;
    struct candidate candidate; /* its value is copied when it is kept */
};
enum trait_change traits_add(struct traits *t, const struct trait_news *news, struct arena *a);
struct bytes traits_merge(struct bytes x, struct bytes y, struct arena *a);
int candidate_compare(const struct candidate *x, const struct candidate *y); /* < 0: x is better */

/* --- consents: newest first --- */

struct consents {
    struct consent *list;
    uint32_t count, room;
    uint32_t max; /* the newest stay */
};

struct consents consents_none(uint32_t max);
struct consents consents_decode(struct bytes section, struct arena *a); /* max CONSENTS_MAX */
struct bytes consents_encode(const struct consents *c, struct arena *a);
bool consents_add(struct consents *c, const struct consent *more, struct arena *a); /* true: it was new and is kept */
struct bytes consents_merge(struct bytes x, struct bytes y, struct arena *a);
