/* The expression language as people write it (docs/guide/expressions.md): text or JSON -> a tree -> text or JSON.
 *
 *   phone is known and count(product_viewed where item.category = '裙装' in last 14 days) >= 3
 *   did(cart_added then no order_completed within 2 hours) or days_since(last(order_completed).time) > 300
 *
 * The tree knows grammar only: what names, sources and the words of calls mean, and whether a value suits them, is its user's affair. A node is a *condition*
 * (it holds or doesn't) or a *term* (it has a value); a call is whatever its words mean. Conditions on one event alone are the *property part*
 * (expr_check_property): filters of questions, and every `where`.
 *
 * Printing is canonical: what is printed is read as the same tree and printed the same, as text and as JSON. Reading and printing take time in proportion to
 * the text; reading takes of the arena at most some 60 times its size, and 16 MiB in all. Nesting is bounded, so nothing here needs much stack. */
#pragma once

#include "base/arena.h"
#include "lib/json.h"

#define EXPR_BYTES_MAX (1u << 20) /* of either form */
#define EXPR_DEPTH_MAX 24u        /* levels of the tree; as JSON they are at most 2 * 24 + 3, below JSON_DEPTH_MAX */
#define EXPR_NODES_MAX 20000u     /* nodes, steps and names of events in all; values don't count */
#define EXPR_VALUES_MAX 10000u    /* of one list */
#define EXPR_ALL_VALUES_MAX 100000u
#define EXPR_NAME_BYTES_MAX 255u /* of a name, of the words of a call, and of what stands behind the dot */
#define EXPR_SCALE_MAX 6u
#define EXPR_SPAN_MAX 1000000000u /* of any unit */

enum expr_op {
    EXPR_OR, /* conditions: up to EXPR_DID */
    EXPR_AND,
    EXPR_NOT,
    EXPR_EQUAL, /* this and all up to EXPR_UNKNOWN compare a term, their first part */
    EXPR_UNEQUAL,
    EXPR_LESS,
    EXPR_AT_MOST,
    EXPR_MORE,
    EXPR_AT_LEAST,
    EXPR_BETWEEN,  /* both ends are in it */
    EXPR_IN,       /* equal to one of them */
    EXPR_CONTAINS, /* of texts, by bytes */
    EXPR_STARTS,
    EXPR_ENDS,
    EXPR_MATCHES, /* a pattern (lib/pattern.h) */
    EXPR_KNOWN,
    EXPR_UNKNOWN,
    EXPR_DURING,   /* a time lies in the window */
    EXPR_DID,      /* the steps, one after the other */
    EXPR_CALL,     /* a condition or a term */
    EXPR_ADD,      /* terms: from here on */
    EXPR_SUBTRACT, /* a - b - c: from the left, as are all four */
    EXPR_MULTIPLY,
    EXPR_DIVIDE,
    EXPR_MINUS,
    EXPR_CASE,
    EXPR_NOW,
    EXPR_TODAY,
    EXPR_AGO,
    EXPR_COUNT, /* this and all up to EXPR_MOST_FREQUENT are aggregates */
    EXPR_SUM,
    EXPR_AVG,
    EXPR_MIN,
    EXPR_MAX,
    EXPR_DAYS, /* on which there is one */
    EXPR_MEDIAN_GAP, /* of the days from one such day to the next */
    EXPR_DISTINCT,
    EXPR_FIRST,
    EXPR_LAST,
    EXPR_MOST_FREQUENT,
    EXPR_NAME,
    EXPR_VALUE,
    EXPR_OP_COUNT
};
extern const char *const expr_op_names[EXPR_OP_COUNT]; /* "or", … "=", … "is known", … "call", … "count" */

enum expr_value_kind { EXPR_TEXT, EXPR_DECIMAL, EXPR_REAL, EXPR_BOOL };
struct expr_value {
    enum expr_value_kind kind;
    uint32_t place; /* as of the tree */
    uint8_t scale;  /* of a decimal: mantissa / 10^scale, without zeros at the end */
    union {
        int64_t mantissa; /* of a decimal: not INT64_MIN */
        double real;      /* of a number that is no such decimal: finite */
        struct bytes text;
        bool truth;
    };
};

enum expr_unit {
    EXPR_SECOND,
    EXPR_MINUTE,
    EXPR_HOUR,
    EXPR_DAY,
    EXPR_WEEK,
    EXPR_MONTH,
    EXPR_QUARTER,
    EXPR_YEAR,
    EXPR_UNIT_COUNT
};
extern const char *const expr_unit_names[EXPR_UNIT_COUNT]; /* "second", … */
struct expr_span {
    uint32_t count; /* 1..EXPR_SPAN_MAX; 0: there is none */
    enum expr_unit unit;
};

enum expr_window_kind {
    EXPR_IN_LAST, /* in last 14 days: calendar days, weeks, months, years, the current one included */
    EXPR_WITHIN,  /* within 30 minutes: (now - span, now]; seconds to days */
    EXPR_IN_THIS, /* in this month: week, month, quarter, year */
    EXPR_IN_EACH, /* in each of last 4 weeks: days, weeks, months */
    EXPR_FROM,    /* from '2026-11-01' to '2026-11-11' */
    EXPR_SINCE,   /* since '2026-11-01' */
    EXPR_BEFORE,  /* before '2026-11-01' */
    EXPR_WINDOW_COUNT,
};
extern const char *const expr_window_names
    [EXPR_WINDOW_COUNT]; /* "in last", "within", "in this", "in each of last", "from", "since", "before" */
struct expr_window {
    enum expr_window_kind kind;
    uint32_t place;
    struct expr_span span;   /* of in this: count is 1 */
    struct expr_value from;  /* of from and since: a text */
    struct expr_value until; /* of from and before: a text */
};

/* Which events: what an aggregate gathers, or a step of what somebody did. */
struct expr_step {
    uint32_t place;
    bool is_absent;            /* "then no …": none comes before the next step, or the end */
    uint32_t name_count;       /* at least one; any of them will do */
    const struct bytes *names; /* as written: "order_completed.amount" may be an event and what of it */
    struct bytes path;         /* of (a or b).amount what is behind the dot; else empty, as of every step of did */
    const struct expr *where;  /* of the property part; NULL: all */
};

struct expr {
    enum expr_op op;
    uint32_t place; /* where it begins: characters, from 1; 0: it came as JSON */
    uint32_t count; /* of parts; of EXPR_VALUE, of values */
    uint32_t depth; /* levels: 1..EXPR_DEPTH_MAX */
    /* or, and: conditions, at least two, none of the same op. not: one. A comparison: a term, then what it is compared with: a term (=, !=, <, …), two (between),
     * an EXPR_VALUE (in: of all values; contains, starts, ends: of one text; matches), or nothing. during: a term. A call: conditions and terms, in any number.
     * Arithmetic: terms, at least two, the first of another op. minus: a term, no number. case: condition, term, condition, term, … and perhaps a term for the rest. */
    const struct expr *const *parts;
    struct bytes name;   /* of a name; of a call its words, with single spaces */
    struct bytes member; /* of a call or an aggregate: what is behind its ")." (first(a).channel); else empty */
    const struct expr_value *values; /* of EXPR_VALUE: one; of a list that `in` has: one or more */
    const struct expr_step *steps;   /* of did: at least one, the first not absent; of an aggregate: one */
    uint32_t step_count;
    bool is_first_time; /* did(… for the first time) */
    struct expr_span
        span; /* of ago; of did from its first step to its last: count 0 when not said, and of a single step */
    const struct expr_window *window; /* of during, did and aggregates; NULL: ever */
};

/* Everything in the arena, texts copied. INVALID: where, what was expected, and the nearest word; LIMIT: too long, too deep, too many. */
fallible expr_read(struct arena *arena, struct bytes text, const struct expr **out_condition, struct err *e);
fallible expr_read_json(struct arena *arena, struct json tree, const struct expr **out_condition, struct err *e);
fallible expr_read_term(struct arena *arena, struct bytes text, const struct expr **out_term, struct err *e);
fallible expr_read_term_json(struct arena *arena, struct json tree, const struct expr **out_term, struct err *e);
/* One name and nothing else. */
fallible expr_read_name(struct arena *arena, struct bytes text, struct bytes *out_name, struct err *e);

/* INVALID, with the place of what doesn't belong there, unless each comparison is one of a name with values: then ops are EXPR_OR to EXPR_UNKNOWN, and the part
 * that is compared is an EXPR_NAME. */
fallible expr_check_property(const struct expr *condition, struct err *e);

void expr_print(const struct expr *x, struct buf *out);
void expr_print_json(const struct expr *x, struct json_writer *w);
void expr_print_name(struct bytes name, struct buf *out); /* in back quotes where it needs them */
void expr_print_value(const struct expr_value *v, struct buf *out);
void expr_print_window(const struct expr_window *window, struct buf *out); /* "in last 14 days" */

/* Of seconds, minutes and hours, and of at most 1e8 days of 24 hours. */
int64_t expr_span_us(struct expr_span span);
/* The days that it has at most, whichever its months are; a part of a day counts as one. */
int64_t expr_span_days_most(struct expr_span span);

bool expr_is_condition(const struct expr *x); /* a call is both */
bool expr_is_term(const struct expr *x);
static inline bool expr_is_comparison(const struct expr *x)
{
    return x->op >= EXPR_EQUAL && x->op <= EXPR_UNKNOWN;
}
static inline bool expr_is_aggregate(const struct expr *x)
{
    return x->op >= EXPR_COUNT && x->op <= EXPR_MOST_FREQUENT;
}

/* The values that a comparison of the property part names: none (is known), two (between), as many as are listed (in), or one. */
static inline uint32_t expr_said_count(const struct expr *comparison)
{
    return comparison->op == EXPR_IN ? comparison->parts[1]->count : comparison->count - 1;
}
static inline const struct expr_value *expr_said(const struct expr *comparison, uint32_t i)
{
    return comparison->op == EXPR_IN ? &comparison->parts[1]->values[i] : comparison->parts[1 + i]->values;
}

/* "at character 5: ", or nothing of what came as JSON: what messages about a node or a value begin with. */
#define EXPR_PLACE_BYTES 32u
const char *expr_place_text(uint32_t place, char out[EXPR_PLACE_BYTES]);

/* A number as it is written: a decimal when it is one (lib/value.h). false: it is no number, too large for a double, or too long. */
bool expr_number_read(struct bytes text, struct expr_value *out_value);
/* A word that can't be a name without back quotes. */
bool expr_is_keyword(struct bytes word);
/* Whether a name can stand there without back quotes. */
bool expr_name_is_plain(struct bytes name);
