/* Identity's commands; the table of identity.c names them. */
#pragma once

#include "domain/identity/acts.h"

#define VERB(name)                                                              \
    fallible name##_check(struct bytes payload, struct err *e);                 \
    const struct refusal *name##_apply(struct step *s, struct bytes payload)
VERB(bind);
VERB(unbind);
VERB(merge);
VERB(split);
VERB(never_merge);
VERB(undo);
VERB(type);
VERB(block);
VERB(review);
#undef VERB

void act_needs(const struct view *v, struct bytes payload);  /* of those that name identifiers */
void undo_needs(const struct view *v, struct bytes payload);

/* What the verbs have in common. */
#define ALIASES_BY_HAND_MAX 160u /* of one person that a verb takes apart in its own step */
extern const struct refusal refuse_unknown, refuse_quarantined, refuse_limit, refuse_never, refuse_full, refuse_same,
    refuse_several, refuse_alone, refuse_apart, refuse_not_waiting, refuse_blocked, refuse_not_blocked, refuse_no_act,
    refuse_undone, refuse_not_undoable, refuse_erased, refuse_name, refuse_parent;

fallible act_check_ids(struct bytes payload, uint32_t least, uint32_t most, struct err *e);
/* An act that its check has seen, in the step's arena. */
struct identity_act *act_of(const struct view *v, struct bytes payload);
/* The desk on which an act is done: at the time when it was decided, never later than now. */
void act_desk_open(struct desk *d, struct step *s, const struct identity_act *act);
const struct refusal *refusal_of(enum joining_trouble trouble);

/* Who has the identifier now, in whatever state. */
struct holder {
    struct envelope_id id; /* with the plain key */
    struct cluster *cluster;
    uint16_t place;
};
bool holder_find(struct desk *d, const struct envelope_id *id, struct holder *out_holder);
/* Of an identifier in force; else why not. */
const struct refusal *holder_in_force_find(struct desk *d, const struct envelope_id *id, struct holder *out_holder);
void never_add(struct desk *d, struct cluster *c, uint16_t place, struct hash128 other);
