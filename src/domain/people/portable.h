/* Private to people: folds whose names are texts. A worker thread has no rows, so it numbers the names that it meets by
 * itself; the bytes it hands in carry the texts, and installing them turns its numbers into the workspace's. */
#pragma once

#include "domain/people/fold.h"

#define LOCAL_NAMES_BYTES_MAX (256u << 10) /* of one part; names beyond have no number: "other", or not kept */

struct local_names;
struct local_names *local_names_create(struct arena *a);

/* What a worker knows of the workspace's sources. */
struct known_source {
    struct bytes name;
    struct people_source rule;
};
struct known_sources {
    const struct known_source *list;
    size_t count;
};

/* As collect says it, with local numbers; lists live in `scratch`. */
struct arrived arrived_locally(struct local_names *names, const struct known_sources *sources, const struct envelope *envelope,
                               struct arena *scratch);

/* One part of a re-fold: bytes names, bytes traits, bytes counters, bytes consents. */
void portable_pack(struct buf *b, const struct local_names *names, const struct people_fold *fold, struct arena *a);

struct portable {
    uint32_t name_count;
    uint32_t *numbers; /* local number - 1 -> the workspace's; 0: none is left */
    struct bytes traits, counters, consents;
};
bool portable_unpack(const struct view *v, struct unpack *u, struct portable *out);
/* Adds to sections of a row; what is empty stays as it is. */
struct bytes portable_add_traits(const struct portable *p, struct bytes section, struct arena *a);
struct bytes portable_add_counters(const struct portable *p, struct bytes section, struct arena *a);
struct bytes portable_add_consents(const struct portable *p, struct bytes section, struct arena *a);
