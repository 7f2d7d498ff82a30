/* A naive model of identity: what domain/identity says it does, in arrays and loops.
 *
 * Nodes are identifiers while they were one person's (the how-manieth holders a node stands for). Sets of nodes that were
 * seen or said together are the evidence; a person is what the evidence connects. Where the header leaves open how a verb
 * cuts (a split's parts, what an undo joins, a hub's parts) the model takes over the grouping that came out, and checks only
 * what must hold of it. */
#pragma once

#include "domain/identity/identity.h"
#include "sim/pool.h"

#define MODEL_NODES_MAX 2048u
#define MODEL_SETS_MAX 4096u
#define MODEL_SET_MEMBERS_MAX 32u
#define MODEL_NEVERS_MAX 256u
#define NODE_NONE UINT32_MAX

struct model_node {
    uint16_t id;                /* in the pool */
    uint32_t holder_first, holder; /* it stands for these holders of the identifier, one after the other */
    enum id_state state;
    bool is_newest;             /* nobody holds the identifier after it */
    int64_t from_us, until_us;  /* INT64_MIN for the first holder; until counts unless it is in force */
    int64_t first_us, last_us;  /* seen, in whole seconds; `last` moves on by an hour at least */
    uint32_t person;            /* a label, from 1; 0: nobody */
    uint32_t into;              /* the node that it was put together with; NODE_NONE: it stands for itself */
    bool is_erased;             /* who had it was: it is nobody's, and what is said of it stands for nothing */
};

struct model_set {
    uint64_t position;
    enum evidence_rule rule;
    uint32_t members[MODEL_SET_MEMBERS_MAX]; /* nodes */
    uint32_t count;
};

/* The people who have this node shun everybody who has, or had, this identifier. */
struct model_never {
    uint32_t node;
    uint16_t other;
    uint64_t position;
};

/* What taking an act of parting back joins again. */
#define MODEL_ACTS_MAX 512u
#define MODEL_ACT_NODES_MAX 32u
struct model_act {
    uint64_t position;
    bool rejoins;
    uint32_t nodes[MODEL_ACT_NODES_MAX];
    uint32_t count;
};

struct model_identity {
    const struct pool *pool;
    struct model_node nodes[MODEL_NODES_MAX];
    uint32_t node_count;
    struct model_set sets[MODEL_SETS_MAX];
    uint32_t set_count;
    struct model_never nevers[MODEL_NEVERS_MAX];
    uint32_t never_count;
    struct model_act acts[MODEL_ACTS_MAX];
    uint32_t act_count;
    bool blocked[POOL_IDS_MAX]; /* by pool place: never counts again */
    uint32_t given[POOL_IDS_MAX];      /* the highest number that a holder ever got */
    int64_t erased_us[POOL_IDS_MAX];   /* when somebody who had it was erased last: what is told late of before isn't taken in; 0: never */
    struct id_type_rule rules[TYPE_COUNT_MAX]; /* by type; without a name: not declared */
    uint32_t labels; /* given so far */
    bool overflowed; /* a bound above was passed: no comparison is possible any more */
};

/* Who an event belongs to. */
struct model_owner {
    uint32_t node;   /* NODE_NONE: nobody's */
    uint32_t holder;
};

void model_identity_init(struct model_identity *m, const struct pool *pool);
struct model_owner model_event(struct model_identity *m, const struct deed *d, uint64_t position);
/* Declares or changes a type. Returns the name of the reason why not; NULL: it holds from now on. */
const char *model_type(struct model_identity *m, const struct id_type_rule *rule);
/* Verbs that were accepted. */
void model_join(struct model_identity *m, const struct deed *d, uint64_t position, enum evidence_rule rule, int64_t now_us);
/* Whether they were one person: then how they come apart has to be taken over. */
bool model_never_merge(struct model_identity *m, const struct deed *d, uint64_t position);
/* Unbind and split. */
void model_take_off(struct model_identity *m, const struct deed *d, uint64_t position);
void model_undo(struct model_identity *m, const struct deed *d, uint64_t position);
void model_quarantine(struct model_identity *m, uint16_t id, int64_t now_us);
void model_review(struct model_identity *m, const struct deed *d, uint64_t position, int64_t now_us);
void model_block(struct model_identity *m, const struct deed *d, int64_t now_us);
/* model_erase.c. Whoever has this label (0: nobody) is erased, and has the hubs that `are_theirs` names: with whom a hub's past stays, the header
 * leaves open. */
void model_erase(struct model_identity *m, uint32_t label, const bool *are_theirs, int64_t now_us);
/* Is it an event that comes late, of who was erased since it happened? */
bool model_is_suppressed(const struct model_identity *m, const struct deed *d);
/* Takes over a grouping: `labels` of all nodes, 0 for a node that belongs to nobody. */
void model_adopt(struct model_identity *m, const uint32_t *labels, uint64_t position);

/* Is this node still one by itself, of somebody? */
static inline bool model_stands(const struct model_node *n)
{
    return n->into == NODE_NONE && !n->is_erased;
}
/* The node that stands for this one now. */
uint32_t model_standing(const struct model_identity *m, uint32_t node);
uint32_t model_newest(const struct model_identity *m, uint16_t id); /* NODE_NONE: never seen */
