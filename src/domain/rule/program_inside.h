/* What the files of a program share: its nodes, who makes them (program_compile.c, program_calls.c, program_names.c, program_feature.c), and who evaluates them
 * (program_value.c, program_tally.c, program_sequence.c, program_window.c, program_turn.c). */
#pragma once

#include "domain/rule/program.h"

#include "domain/analytics/analytics.h"
#include "domain/relation/relation.h"
#include "lib/pattern.h"

#define NUMBER_ONE 1000000       /* millionths */
#define NUMBER_BITS 100          /* what is greater is unknown */
#define TYPE_ANY RULE_TYPE_COUNT /* of a node whose type only its values tell: traits, properties */
#define UNITS_MAX 400u           /* of "in each of last" */
#define SEQUENCE_MOST 600u       /* entries of a sequence's feature */

/* --- nodes --- */

enum node_op {
    NODE_OR,
    NODE_AND,
    NODE_NOT,
    NODE_EACH, /* its part holds in each unit of a window */
    NODE_COMPARE,
    NODE_KNOWN,
    NODE_DURING,
    NODE_SEQUENCE,
    NODE_HAS, /* a relation of which the part holds */
    NODE_CONSENT,
    NODE_LISTED, /* is in a list, or has a tag that is set by hand */
    NODE_CONSTANT,
    NODE_SUM, /* adds, subtracts, multiplies or divides, as `expr` says */
    NODE_MINUS,
    NODE_CASE,
    NODE_CAST,
    NODE_NOW,
    NODE_TODAY,
    NODE_AGO,
    NODE_DAYS, /* days_since and its like */
    NODE_TALLY,
    NODE_TRAIT,
    NODE_IDENTIFIER,
    NODE_LIST_VALUE,
    NODE_MEMBER, /* of the relation that is looked at */
    NODE_SHARE,
    NODE_OP_COUNT
};

/* How a node changes while nothing happens, but for instants at which something falls out of a window. */
enum motion {
    STANDS,
    MOVES_BY_DAY, /* its value may be another one each day */
    MOVES,        /* at each instant */
};

/* A time that was said: an instant, or a date, which is all of a day. */
struct span_us {
    int64_t from_us, until_us;
};

enum days_of { DAYS_SINCE, DAYS_UNTIL, DAYS_TO_ANNIVERSARY, YEARS_SINCE };
enum member_of { MEMBER_BEGUN, MEMBER_ID, MEMBER_KIND, MEMBER_PATH };

struct node {
    enum node_op op;
    enum expr_op expr;   /* which comparison, arithmetic, aggregate */
    enum rule_type type; /* or TYPE_ANY */
    enum motion motion;
    bool is_mixed;  /* moves by day, but not one way only */
    uint32_t place; /* in the text */
    const struct expr *said; /* of which it was made: of what stands in the text, or was put in its place */
    uint32_t count; /* of parts */
    const struct node **parts;
    struct rule_value value; /* of a constant */
    bool has_span;           /* of a constant: it is a time too */
    struct span_us span;
    const struct pattern *pattern; /* of `matches` */
    const struct node **sorted;    /* of `in`: constants by rule_value_compare, types apart; `count` - 1 of them */
    const struct expr_window *window;
    int64_t from_us, until_us; /* of an absolute window */
    int64_t rolling_us;        /* of a window that rolls */
    int64_t bound_us;          /* of a sequence: from its first step to its last; 0: any */
    struct expr_span ago;
    const struct feature *feature; /* of a tally and a sequence */
    uint32_t number;           /* trait, type of identifier or relation, list, feature; of NODE_EACH how many units */
    struct bytes name, second; /* path; purpose and channel; salt */
    enum days_of days;
    enum member_of member;
    bool wants_time;       /* of first and last: when it was */
    uint32_t step_count;   /* of a sequence: bit k of an entry says that step k was taken */
    uint64_t absent_steps; /* bit k: step k is not to be taken before the next one, or the end */
};

struct program {
    const struct node *root;
    uint32_t feature_count, place_count;
    struct bytes meanings;
    const struct feature *features[PROGRAM_FEATURES_MAX];
    struct program_place places[PROGRAM_PLACES_MAX];
};

/* --- compiling --- */

/* Whose trees are being read in place, innermost first. */
struct nesting {
    const char *kind;
    struct bytes name;
    const struct nesting *outer;
};
struct compiling {
    const struct program_ask *ask;
    const struct name_book *book;
    struct arena *arena, *scratch; /* of what comes out; of this compilation */
    struct program *program;
    struct err *e;
    uint32_t nodes; /* so far */
    struct buf meanings; /* of names, one after the other, varints */
    struct unpack meant; /* of one that is saved: what is left of them */
    const struct nesting *nesting;
    const struct expr *said; /* what is being compiled, innermost */
    const struct relation_type *relation; /* in whose condition we are; NULL: in none */
};

/* What a name means: as it is found now, or of what is saved as it was then. Everything that is looked up outside of the text passes through here. */
uint32_t name_means(struct compiling *c, uint32_t found);

/* A failure at a place of the text (0: it came as JSON), which its words begin with. */
struct status fail_at(struct err *e, uint32_t place, struct status failure);
#define FAIL_AT(c, place, CODE, ...) fail_at((c)->e, (place), FAIL((c)->e, CODE, __VA_ARGS__))

/* LIMIT: PROGRAM_NODES_MAX. */
fallible node_make(struct compiling *c, enum node_op op, enum rule_type type, uint32_t place, uint32_t parts,
                   struct node **out_node);
fallible node_term(struct compiling *c, const struct expr *x, const struct node **out_node);
fallible node_condition(struct compiling *c, const struct expr *x, const struct node **out_node);
/* The node as of this type: itself, or a cast of what only its values tell. INVALID: it is of another. */
fallible node_as(struct compiling *c, enum rule_type type, const struct node *node, const struct node **out_node);
fallible node_constant(struct compiling *c, const struct expr_value *said, const struct node **out_node);
/* The node compared with a constant of the program's own making. */
fallible node_compared(struct compiling *c, const struct node *node, enum expr_op op, struct rule_value with,
                       const struct node **out_node);
/* "in each of last 4 weeks": the condition holds in each of them. */
fallible node_each(struct compiling *c, const struct node *n, const struct expr_window *w,
                   const struct node **out_node);
fallible place_note(struct compiling *c, enum program_reads what, uint32_t number, uint32_t at_place);
/* `wants_truth`: what has a value is there when it has one. */
fallible call_compile(struct compiling *c, const struct expr *x, bool wants_truth, const struct node **out_node);
/* The condition on a relation of the type: NULL `condition`: there is one. */
fallible relation_compile(struct compiling *c, const struct relation_type *type, const struct expr *condition,
                          uint32_t place, const struct node **out_node);
/* The same of things whose id or name is one of the texts. */
fallible relation_to(struct compiling *c, const struct relation_type *type, const struct expr *call,
                     const struct node **out_node);
fallible name_compile(struct compiling *c, const struct expr *x, const struct node **out_node);
fallible aggregate_compile(struct compiling *c, const struct expr *x, const struct node **out_node);
fallible did_compile(struct compiling *c, const struct expr *x, const struct node **out_node);
/* INVALID: longer than anything is kept, SERIES_MOST_MAX days. */
fallible span_check(struct compiling *c, struct expr_span span, uint32_t place);
/* What a window says of instants: INVALID: dates that are none, or the wrong way round. */
fallible window_compile(struct compiling *c, const struct expr_window *w, struct node *io_node);

/* --- evaluating --- */

struct evaluation {
    const struct reading *reading;
    int64_t now_us;
    struct arena *scratch;
    const struct rule_relation *relation; /* that is looked at */
    uint32_t unit;                        /* of NODE_EACH: which; UNIT_ALL: all of them as one */
};
#define UNIT_ALL UINT32_MAX

extern const struct rule_value rule_unknown;
struct rule_value rule_truth(bool truth);
struct rule_value rule_number(series_wide number); /* unknown beyond NUMBER_BITS */
struct rule_value rule_time(int64_t us);
struct rule_value rule_text(struct bytes text);
/* Unknown: of no type that a rule has. */
struct rule_value rule_value_of(const struct value *v);
struct rule_value rule_value_said(const struct expr_value *said);
/* The same value as of another type: anything is a text, and a text may be a time; else unknown. */
struct rule_value rule_value_as(const struct rule_value *v, enum rule_type type, const struct civil *civil,
                                struct arena *a);
int node_constant_order(const struct node *x, const struct node *y);
struct rule_value node_value(const struct evaluation *ev, const struct node *n);
/* What a row or a relation has where the node looks, of whatever kind. false: nothing, or the node doesn't look there. */
bool node_raw(const struct evaluation *ev, const struct node *n, struct value *out_value);
struct rule_value compare_value(const struct evaluation *ev, const struct node *n);
/* All values of a term, known ones, in scratch: of a list each, of any other at most one. */
uint32_t term_values(const struct evaluation *ev, const struct node *n, const struct rule_value **out_list);
/* The order of a value of `n` and one of `of`; ORDER_NONE: they have none, or the first is unknown. */
#define ORDER_NONE 2
int terms_order(const struct evaluation *ev, const struct node *n, const struct rule_value *value,
                const struct node *of, const struct rule_value *with);
struct series_walk feature_series(const struct evaluation *ev, const struct node *n); /* of a tally or a sequence */
struct rule_value tally_value(const struct evaluation *ev, const struct node *n);
struct rule_value sequence_value(const struct evaluation *ev, const struct node *n);
/* Whether a text is a time too; a date alone is all of its day. */
bool span_read(const struct civil *civil, struct bytes text, struct span_us *out_span);
/* Half away from zero; `by` isn't zero. */
series_wide wide_divided(series_wide x, series_wide by);

/* Instants of a window as of now, both ends in it; of days their numbers. */
struct span_days {
    int64_t from, until;
};
struct span_days window_days(const struct evaluation *ev, const struct node *n, int64_t today);
struct span_us window_instants(const struct evaluation *ev, const struct node *n, int64_t now_us);
int64_t today_of(const struct evaluation *ev);
int64_t day_begin_us(const struct evaluation *ev, int64_t day);
/* The same time of day so many units before: of months that lack the day, the first instant behind it. */
int64_t ago_us(const struct civil *civil, struct expr_span span, int64_t now_us);
/* The day, so many months before or (negative) after, with the same number; of months that lack it the first of the next. */
int64_t day_months_before(int64_t day, int64_t months);
/* The day on which the year of `date` comes round next, from `day` on; 29 February is 28 February in common years. */
int64_t anniversary_from(int64_t day, unsigned month, unsigned day_of_month);

/* The earliest instant after now at which the node may have another value, never too late. */
int64_t node_turn(const struct evaluation *ev, const struct node *n);
int64_t tally_turn(const struct evaluation *ev, const struct node *n);
/* When the count of a window that moves falls below `least` (over 0); INT64_MAX: it is below already. */
int64_t tally_falls(const struct evaluation *ev, const struct node *n, uint64_t least);
int64_t sequence_turn(const struct evaluation *ev, const struct node *n);
uint32_t sequence_steps(const struct node *n, uint32_t until); /* before this one, that are to be taken */
uint32_t sequence_reached(const struct evaluation *ev, const struct node *n); /* the most of them that were, one after the other */
size_t open_relations(const struct evaluation *ev, const struct node *n, const struct rule_relation **out_list);
struct rule_value program_value_at(const struct program *p, const struct reading *r, int64_t now_us,
                                   struct arena *scratch);
/* When a day of the window falls out of it, as it moves by days. */
int64_t window_day_leaves(const struct evaluation *ev, const struct node *n, int64_t day);
int64_t earlier(int64_t x_us, int64_t y_us);
