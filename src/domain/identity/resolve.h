/* Resolving: whose are these identifiers? First they are judged one by one (candidates), then joined from the best
 * priority to the worst, as far as limits and never-merges allow (joining). Both only look; joining_commit changes. */
#pragma once

#include "domain/identity/part.h"

/* How an identifier of an event stands at the event's time. */
enum standing {
    STANDING_NONE,     /* doesn't count: no such type, blocked, malformed, or its key is somebody else's (collision) */
    STANDING_NEW,      /* never seen */
    STANDING_UNHELD,   /* passed on, and seen again after that */
    STANDING_IN_FORCE,
    STANDING_PAST,     /* an earlier holder's, at that time */
    STANDING_HUB,      /* quarantined */
};

struct candidate {
    struct envelope_id id;  /* with the plain key */
    const struct id_type_rule *rule;
    enum standing standing;
    uint32_t person;        /* of the holder; PERSON_NONE: NEW or NONE */
    struct hash128 key;     /* of the holder */
    bool is_accepted;
    bool is_moved;          /* accepted, and taken from its person */
    bool is_conflict;       /* not accepted, or moved; counted unless late or said before */
    bool is_counted;
};

enum joining_trouble { JOINING_FINE, JOINING_LIMIT, JOINING_NEVER, JOINING_FULL };

struct joining {
    struct desk *d;
    int64_t seen_us;
    enum evidence_rule rule;
    bool ignores_limits;    /* a person has decided */
    struct brand_set brands; /* what is accepted becomes known to these. None: what is new to whom the others are known */
    uint32_t count;
    struct candidate candidates[ENVELOPE_IDS_MAX]; /* best first */
    uint32_t people_count;
    struct cluster *people[ENVELOPE_IDS_MAX];      /* of the accepted ones that are in force */
    enum joining_trouble trouble;                  /* of the first that was not accepted */
};

/* Takes the ids that may count (own ones, when only_own) and judges them. Fills all of the joining that anybody reads: it needs no zeroes, which would take longer than a
 * look at one id. */
void joining_begin(struct joining *j, struct desk *d, const struct envelope_id *ids, uint32_t count, bool only_own, int64_t seen_us);
void candidate_judge(struct desk *d, struct candidate *c, int64_t seen_us);
/* Accepts as many as it may. Changes nothing in the desk. */
void joining_accept(struct joining *j);
/* For verbs about people: one more of them is joined, whatever its limits; else why not. */
enum joining_trouble joining_add_person(struct joining *j, struct cluster *c);
struct cluster *joining_unite(struct joining *j); /* merges the people joined; there is at least one */
/* Makes the accepted ones one person: merges, moves, new identifiers, evidence. *out_owner_place is that of the best;
 * out_places has room for ENVELOPE_IDS_MAX and gets the accepted ones' places, ascending. Returns the person. */
struct cluster *joining_commit(struct joining *j, uint16_t *out_places, uint32_t *out_count, uint16_t *out_owner_place);

void resolve_arrived(struct step *s, const struct arrived *arrived);

/* The quick way, for events that tell no more than when: all identifiers known, in force, of one person, seen together before, not before they
 * were first seen, and known to the event's brand. Changes nothing: `seen` is what the row has to say then, which is nothing for what was seen
 * within the hour. False: look closer. */
struct known {
    uint32_t person;
    struct hash128 owner;
    uint16_t owner_type;
    struct body_changes seen;
};
bool resolve_known(const struct view *v, const struct envelope *e, uint32_t brand, struct known *out_known);
uint32_t resolve_other(const struct view *v, const struct envelope *e);
