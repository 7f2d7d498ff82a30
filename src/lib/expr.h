/* Conditions as people write them (docs/guide/expressions.md): text or JSON -> a tree -> text or JSON.
 *
 *   channel = 'mini_program' and (amount between 100 and 500 or not (coupon is known))
 *
 * The tree knows grammar only; what a name means, and whether a value suits it, is its user's affair. Printing is canonical: what is printed
 * is read as the same tree and printed the same, as text and as JSON. Nesting is bounded by EXPR_DEPTH_MAX, so nothing here needs much stack. */
#pragma once

#include "base/arena.h"
#include "lib/json.h"

#define EXPR_BYTES_MAX (64u << 10) /* of a text */
#define EXPR_DEPTH_MAX 8u /* parentheses and nots inside each other: as JSON, it is well below JSON_DEPTH_MAX */
#define EXPR_NAME_BYTES_MAX 255u
#define EXPR_SCALE_MAX 6u

enum expr_op {
    EXPR_OR,
    EXPR_AND,
    EXPR_NOT,
    EXPR_EQUAL, /* this and all that follow compare what a name stands for */
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
    EXPR_OP_COUNT
};
extern const char *const expr_op_names[EXPR_OP_COUNT]; /* "or", … "=", … "is known" */

enum expr_value_kind { EXPR_TEXT, EXPR_DECIMAL, EXPR_REAL, EXPR_BOOL };
struct expr_value {
    enum expr_value_kind kind;
    uint8_t scale;    /* of a decimal: mantissa / 10^scale, without zeros at the end */
    bool truth;
    int64_t mantissa;
    double real;      /* of a number that is no such decimal: finite */
    struct bytes text;
    uint32_t place;   /* as of the tree */
};

struct expr {
    enum expr_op op;
    uint32_t place;                 /* where it begins: characters, from 1; 0: it came as JSON */
    uint32_t count;
    const struct expr *const *parts; /* of or, and (at least two, none of the same op), not (one) */
    struct bytes name;               /* of a comparison */
    const struct expr_value *values; /* of a comparison: none, one, two, or (in) at least one */
};

/* Everything in the arena, texts copied. INVALID: where, and what was expected; LIMIT: too long, too deep. */
fallible expr_read(struct arena *arena, struct bytes text, const struct expr **out_tree, struct err *e);
fallible expr_read_json(struct arena *arena, struct json tree, const struct expr **out_tree, struct err *e);
/* One name and nothing else. */
fallible expr_read_name(struct arena *arena, struct bytes text, struct bytes *out_name, struct err *e);

void expr_print(const struct expr *x, struct buf *out);
void expr_print_json(const struct expr *x, struct json_writer *w);
void expr_print_name(struct bytes name, struct buf *out); /* in back quotes where it needs them */

/* A number as it is written: a decimal when it is one (lib/value.h). false: too large for a double, or too long. */
bool expr_number_read(struct bytes text, struct expr_value *out_value);
/* How many values a comparison has: [*out_least, *out_most]. */
void expr_values_of(enum expr_op op, uint32_t *out_least, uint32_t *out_most);
/* A word that can't be a name without back quotes. */
bool expr_is_keyword(struct bytes word);
/* Whether a name can stand there without back quotes. */
bool expr_name_is_plain(struct bytes name);
