/* The desk: the clusters that a step has taken out of their rows, and what is done to them. Nothing is written into a
 * row before desk_close; the index is written at once, so that it can be asked in between. */
#pragma once

#include "domain/identity/cluster.h"

extern const struct family index_family;  /* key -> living person: plain for the newest holder, else the holder's */
extern const struct family public_family; /* public id -> number, living or alias */
extern const struct family totals_family; /* one row */

extern const struct setting hub_partners, hub_days;

struct totals {
    uint64_t people, identifiers, merges, splits, conflicts, moves, quarantined, collisions, namespaces, acts, act_last;
};
struct totals totals_read(const struct view *v);

/* A cluster that was taken apart: parts[0] is what was left of it. */
struct parting {
    struct cluster **parts;
    const bool *is_returned; /* the part has an absorbed number back */
    uint32_t count;
};

struct desk {
    struct step *s;       /* NULL: only reading */
    const struct view *v;
    struct cluster **clusters;
    uint32_t cluster_count, cluster_room;
    int64_t decided_us;  /* when what is done here was decided: mostly now */
    struct totals totals, totals_before;
    bool rules_changed;
    uint32_t created;    /* people made in this step: tells their public ids apart */
    bool has_quarantined; /* one a step, so that its work is bounded */
    struct parting *partings;
    uint32_t parting_count, parting_room;
    const struct quarantined *quarantined; /* to be said; NULL: none */
};

void desk_open(struct desk *d, struct step *s);
void desk_open_reader(struct desk *d, const struct view *v); /* for needs: nothing may be changed */
/* For needs: touches all keys under which the people on the desk are found, since each may be written. */
void desk_touch_keys(const struct desk *d);
/* Writes what has changed, and says what came apart and what was set aside. Merges are said when they are made, so they
 * come first: whoever hears a split can rely on the parts as they are at the end of the step. */
void desk_close(struct desk *d);
struct cluster *desk_cluster(struct desk *d, uint32_t number); /* NULL: no such living person */
struct cluster *desk_create(struct desk *d, struct hash128 first_plain);
/* An absorbed number lives again, with nothing yet. */
struct cluster *desk_return(struct desk *d, uint32_t number, struct hash128 public_id);
uint32_t desk_lookup(const struct desk *d, struct hash128 key); /* in the index; PERSON_NONE */
const struct id_type_rule *desk_rule(const struct desk *d, uint16_t type);

/* A new identifier of `c`; returns its place. */
struct inc_new {
    const struct envelope_id *id;
    uint32_t holder;      /* holder_next (vacant.h) */
    int64_t from_us;      /* TIME_FROM_EVER for the first */
    int64_t seen_us;
    enum id_state state;
    struct brand_set known_to; /* one at least */
    uint32_t conflicts, rival;
};
uint16_t inc_add(struct desk *d, struct cluster *c, const struct inc_new *new);
/* Points the index at person `number` for all holders of the incarnation. */
void inc_index(struct desk *d, const struct incarnation *inc, uint32_t number);
void inc_seen(struct cluster *c, uint16_t place, int64_t seen_us);
void inc_become_known(struct desk *d, struct cluster *c, uint16_t place, struct brand_set brands);
/* It isn't this person's any more from until_us on; a later holder is about to be added when `superseded`. */
void inc_pass_on(struct desk *d, struct cluster *c, uint16_t place, int64_t until_us, bool superseded);
void inc_reopen(struct desk *d, struct cluster *c, uint16_t place); /* the same person has it again */

/* By state (in force first), then priority, then first seen, then key. */
bool inc_is_better(const struct desk *d, const struct incarnation *a, const struct incarnation *b);
/* The best of the incarnations whose label is `label` (labels NULL: of all). */
uint16_t cluster_lead(const struct desk *d, const struct cluster *c, const uint16_t *labels, uint16_t label);

/* `absorbed` becomes an alias of `survivor`, and its fold sections become the survivor's. Of the values whose plain keys
 * are in `shown`, a holder here and the next one there become one incarnation: the event that joins them shows that the
 * person who had it has it again. (Else a log-out a day would be an identifier a day.) */
struct shown {
    uint32_t count;
    struct hash128 plain[ENVELOPE_IDS_MAX];
};
void clusters_merge(struct desk *d, struct cluster *survivor, struct cluster *absorbed, enum evidence_rule rule, const struct shown *shown);
