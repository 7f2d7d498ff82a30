/* Why a rule says of somebody what it says: its expression part by part, with what each part says as of an instant. A function of a program and of what is read
 * of a person, as evaluating is, so the value at the top is the value that the program has.
 *
 * What is told besides: the events that count (trace.h), and as of which earlier cut somebody asks (cut.h). */
#pragma once

#include "domain/rule/program.h"

#define EXPLAIN_TURNS_MAX \
    64u /* instants that are tried for when a part changes; beyond, only not before which is told */
#define EXPLAIN_UNITS_MAX 60u /* of "in each of last": the newest ones are told */
#define EXPLAIN_NO_FEATURE UINT32_MAX

enum explained_kind {
    EXPLAINED_ALL, /* of its parts all have to hold */
    EXPLAINED_ANY, /* one */
    EXPLAINED_NOT,
    EXPLAINED_EACH,     /* its parts are the units of a window, newest first */
    EXPLAINED_COMPARED, /* its first part is what is compared */
    EXPLAINED_KNOWN,    /* whether its part has a value, or (op) has none */
    EXPLAINED_DURING,
    EXPLAINED_SEQUENCE,
    EXPLAINED_RELATION, /* its part, if it has one, is of the relation that fits, or else of the first one */
    EXPLAINED_CONSENT,
    EXPLAINED_LISTED,
    EXPLAINED_TALLY, /* an aggregate over events or orders */
    EXPLAINED_NAME,  /* a trait, an identifier, what a relation has */
    EXPLAINED_TERM,  /* reckoned from its parts */
    EXPLAINED_KIND_COUNT
};
extern const char *const explained_kind_names[EXPLAINED_KIND_COUNT]; /* "all", "any", … */

struct explained {
    enum explained_kind kind;
    enum expr_op op;         /* of a comparison and of a tally: which */
    const struct expr *said; /* in the program's tree */
    struct rule_value value;
    struct rule_value wants; /* of a comparison with a single constant: it; else unknown */
    uint32_t feature;        /* of a tally and a sequence: its number in the program; EXPLAIN_NO_FEATURE */
    bool has_window;         /* from_us, until_us: the instants that count as of now; open ends INT64_MIN, INT64_MAX */
    int64_t from_us, until_us;
    uint32_t steps,
        reached; /* of a sequence: that are to be taken; the most of them that were, in order, within the window */
    uint32_t relations; /* of a relation: open ones of the type */
    /* The earliest instant after now at which time alone changes the value, and to what. INT64_MAX: none. Not exact: it isn't before that. */
    int64_t turn_us;
    bool is_exact;
    struct rule_value then;
    /* The nearest way in: parts that are to become something else so that the whole holds. */
    bool is_missing;
    bool should_hold;  /* what it is to become */
    series_wide lacks; /* of a comparison of a number: how much more it takes, in millionths; 0: it can't be told */
    uint32_t count;
    struct explained *parts;
};
/* In the arena. Costs an evaluation of each part, and one for each instant that is tried. */
const struct explained *program_explain(const struct program *p, const struct reading *r, struct arena *arena);
