/* What the files of the expression language share: its words, the reader of texts, and the one place where nodes are made.
 *
 *   condition  = and {"or" and}             and     = not {"and" not}                 not = "not" not | comparison
 *   comparison = sum [op sum | window …]    sum     = product {("+"|"-") product}     product = unary {("*"|"/") unary}
 *   unary      = "-" unary | primary        primary = value | name | call | aggregate | did | case | "(" condition or sum ")"
 *
 * Conditions and terms are read by the same functions, since only what is behind a parenthesis tells which it was; `sorts` says what may come. */
#pragma once

#include "lib/expr.h"

enum expr_sort {
    SORT_CONDITION = 1,
    SORT_TERM = 2,
    SORT_EITHER = 3,
    SORT_CASE = 4 /* in turn, of the parts of a case */
};

/* How strongly texts hold together: a part that is weaker than its place wants stands in parentheses. */
enum expr_strength { ANY_STRENGTH, OF_OR, OF_AND, OF_NOT, OF_COMPARISON, OF_SUM, OF_PRODUCT, OF_MINUS, OF_PRIMARY };

/* --- words (expr_words.c) --- */

#define PARTS_ANY UINT32_MAX
struct expr_form {
    uint8_t sorts;                                   /* what it is */
    uint8_t part_sorts;                              /* what its parts are */
    uint8_t strength, first_strength, rest_strength; /* its own, and what its first part and the others want */
    uint32_t least, most;                            /* parts */
};
extern const struct expr_form expr_forms[EXPR_OP_COUNT];

struct window_form {
    uint32_t units;         /* a bit a unit */
    const char *units_said; /* what to write */
    bool has_span, has_from, has_until;
};
extern const struct window_form expr_window_forms[EXPR_WINDOW_COUNT];
#define ANY_UNIT ((1u << EXPR_UNIT_COUNT) - 1)
#define ANY_UNIT_SAID "seconds, minutes, hours, days, weeks, months, quarters or years"

uint8_t expr_small_letter(uint8_t c); /* of ASCII; others as they are */
/* Without regard to the case of ASCII letters; the keyword has small ones. */
bool expr_word_is(struct bytes word, const char *keyword);
/* A word that a call may have at its beginning, or (`is_first` false) behind it. */
bool expr_word_fits_call(struct bytes word, bool is_first);
/* Whether words with single spaces between them are those of a call, and of nothing else. */
bool expr_words_fit_call(struct bytes words);
/* The aggregate of this name; EXPR_OP_COUNT: none. */
enum expr_op expr_aggregate_named(struct bytes word);

/* --- the tree (expr_tree.c) --- */

struct maker {
    struct arena *arena;
    struct err *e;
    uint32_t nodes, values; /* so far */
};

/* Room for one more item: `list` itself, or one twice as long with a copy of its `count` items. So a list of n costs O(n). */
void *expr_list_room(struct arena *arena, void *list, uint32_t count, uint32_t *io_room, size_t item_bytes);

/* A list of parts in the making. */
struct parts {
    const struct expr **list;
    uint32_t count, room;
};
void expr_parts_add(struct maker *m, struct parts *parts, const struct expr *part);

struct expr *expr_node_begin(struct maker *m, enum expr_op op, uint32_t place);
/* Makes the node what it is to be: what is joined by the same op inside becomes part of it, one part joined stands for itself, a number behind a minus is a negative
 * number. INVALID: parts of another sort or number, a `where` beyond the property part; LIMIT: too deep, too many nodes. */
fallible expr_node_end(struct maker *m, struct expr *x, const struct parts *parts, const struct expr **out_node);
/* Steps and names of events count as nodes do. */
fallible expr_node_count(struct maker *m, uint32_t more, uint32_t place);
/* Of one value, or of a list: what stands there is borrowed. */
fallible expr_value_node(struct maker *m, const struct expr_value *values, uint32_t count,
                         const struct expr **out_node);

void expr_number_negate(struct expr_value *number);
/* Whether a comparison is one of a name with values. */
bool expr_is_of_property(const struct expr *comparison);

/* --- tokens (expr_token.c) --- */

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_NAME, TOKEN_SIGN, TOKEN_TEXT, TOKEN_NUMBER };
struct token {
    enum token_kind kind;
    bool is_quoted;    /* a name that has back quotes: it is no word of the language */
    struct bytes text; /* of a word as written; of a name and a text what it stands for; of a sign what is meant */
    struct bytes raw;  /* as written */
    uint32_t place;
};

struct reader {
    struct maker maker;
    struct bytes rest; /* of a copy in the arena */
    uint32_t place;    /* of what is left */
    uint32_t nest;     /* parentheses, nots and signs inside each other: what a tree of EXPR_DEPTH_MAX takes at most */
    struct token token;
};
#define NEST_MAX (2 * EXPR_DEPTH_MAX)

/* What might have stood where something else does: `words` are those that may have been misspelt. */
struct expected {
    const char *said;
    const char *words[16];
};

fallible expr_reader_open(struct reader *r, struct arena *arena, struct bytes text, struct err *e);
fallible expr_token_next(struct reader *r);
/* Keywords, and words that have a meaning only where they stand. */
bool expr_token_is_word(const struct reader *r, const char *word);
bool expr_token_is_sign(const struct reader *r, const char *sign);
struct status expr_unexpected(const struct reader *r, const struct expected *wanted); /* the token is */
fallible expr_want_word(struct reader *r, const char *word, const struct expected *wanted);
fallible expr_want_sign(struct reader *r, const char *sign, const struct expected *wanted);
fallible expr_nest_begin(struct reader *r);
static inline void expr_nest_end(struct reader *r)
{
    assert(r->nest > 0);
    r->nest--;
}

/* --- reading (expr_read.c, expr_term.c, expr_events.c) --- */

extern const struct expected expr_comparison_expected;
fallible expr_either_read(struct reader *r, unsigned sorts,
                          const struct expr **out_node);                /* or, and, all that is stronger */
fallible expr_sum_read(struct reader *r, const struct expr **out_term); /* a sum, and nothing weaker */
fallible expr_primary_read(struct reader *r, const struct expr **out_node);
/* A text, a number (perhaps with a minus), true or false. */
fallible expr_literal_read(struct reader *r, struct expr_value *out_value);
fallible expr_aggregate_read(struct reader *r, enum expr_op op, uint32_t place,
                             const struct expr **out_node);                             /* at its parenthesis */
fallible expr_did_read(struct reader *r, uint32_t place, const struct expr **out_node); /* at its parenthesis */
/* Behind the parenthesis that closes: ".channel", or nothing. */
fallible expr_member_read(struct reader *r, struct bytes *out_member);
bool expr_token_begins_window(const struct reader *r);
fallible expr_window_read(struct reader *r, const struct expr_window **out_window);
/* Behind "in". */
fallible expr_window_in_read(struct reader *r, uint32_t place, const struct expr_window **out_window);
fallible expr_span_read(struct reader *r, uint32_t units, const char *units_said, struct expr_span *out_span);
