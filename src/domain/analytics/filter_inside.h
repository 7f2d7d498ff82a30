/* Private to analytics: conditions and values as they are run (filter_read.c makes them, filter_run.c and lanes.c run them), and what
 * a thread has decoded of the block that it is at. */
#pragma once

#include "domain/analytics/filter.h"
#include "lib/effort.h"
#include "lib/expr.h"
#include "lib/pattern.h"
#include "lib/value.h"

enum path_kind {
    PATH_EVENT,  /* the event's name */
    PATH_TIME,   /* its time */
    PATH_DIAL,   /* what clocks showed then: a whole number */
    PATH_COLUMN, /* the columns of one name, one a kind of value */
    PATH_THING,  /* what is known of the thing that such a column names */
};
struct path {
    enum path_kind kind;
    enum column_of of;
    struct bytes name;
    enum civil_dial dial; /* of PATH_DIAL */
    uint32_t want; /* of a thing: which of the question's thing_wants */
    const struct path *first; /* of a thing, read without a book of names: what an event itself says under the whole name counts before it; NULL: nothing */
    const struct veil *veil; /* values that it masks equal nothing; NULL: none */
    const uint64_t *barred; /* events that are as if they had no value, as block_match wants them; NULL: none */
    uint32_t pooled;        /* its number in the reader's pool, from 1; 0: it is in none */
};

/* A time that was said: an instant, or a date, which is all of a day. */
struct stretch {
    int64_t from_us, until_us;
};

enum filter_op { FILTER_OR, FILTER_AND, FILTER_NOT, FILTER_EVENTS, FILTER_COMPARISON };
struct filter {
    enum filter_op op;
    uint32_t count;
    const struct filter *const *parts;
    const uint64_t *events; /* of FILTER_EVENTS: as block_match wants them */
    /* Of a comparison: what it compares with, by the kind of value; ascending where it is one of several. */
    const struct path *path;
    enum expr_op compare;
    uint32_t text_count, number_count, time_count;
    const struct bytes *texts;
    const struct expr_value *numbers;
    const struct stretch *times;
    bool has_false, has_true;
    const struct pattern *pattern;
};

/* --- what a thread has decoded --- */

#define PATTERN_STEPS_A_BLOCK 10000000u /* that patterns may take beside the free ones of each text: about a tenth of a second */
#define PATTERN_WORDS "a pattern behind \"matches\" takes too many steps: make it simpler, without repeats within repeats or several \".*\""

struct decoded; /* of one column */
struct part;    /* bits of a part of a condition, a bit a slot */

/* Lists are of what the block has of the column, in the order of its events; all live until the next block. */
struct block_scratch {
    struct arena *arena;   /* of the block */
    struct arena *passing; /* of one comparison: emptied by the next, so that many of them take no more than one */
    struct arena *own;     /* of the scratch itself */
    struct part *spare;    /* that were given back, for the next who takes one */
    const struct block *block;
    uint32_t count;      /* of events */
    bool by_item;        /* bits are of items (of one for events without) and not of events */
    uint32_t slot_count; /* how many bits */
    const uint32_t *slot_starts; /* by item: where an event's begin; one more than events */
    const int64_t *times;        /* NULL: not decoded yet */
    struct decoded *decoded;
    const struct thing_book *things; /* of the question; NULL: it names none */
    const struct civil *civil;       /* whose clocks conditions read; NULL: none does */
    const struct effort *effort;     /* of whoever runs conditions; NULL: nobody watches */
    struct pattern_budget patterns; /* of the block: PATTERN_STEPS_A_BLOCK; is_spent: since the scratch was made */
    bool is_over;        /* the effort was over in the midst of a condition: the same */
};
/* A condition was given up in its midst: what it holds for isn't known. */
static inline bool scratch_gave_up(const struct block_scratch *s)
{
    return s->patterns.is_spent || s->is_over;
}
size_t block_scratch_bytes(const struct block_scratch *s); /* that are taken for the block now */
/* As block_scratch_open; by_item: a bit for each item. */
void block_scratch_open_items(struct block_scratch *s, const struct block *b, bool by_item);

#define BIT_WORDS(count) (((size_t)(count) + 63) / 64)

const uint64_t *scratch_presence(struct block_scratch *s, const struct column *c);
const uint32_t *scratch_ranks(struct block_scratch *s, const struct column *c); /* of each word of the presence: how many bits are before it */
const uint32_t *scratch_starts(struct block_scratch *s, const struct column *c);
const uint32_t *scratch_items(struct block_scratch *s, const struct column *c);
const uint32_t *scratch_codes(struct block_scratch *s, const struct column *c);
const int64_t *scratch_integers(struct block_scratch *s, const struct column *c);
const double *scratch_reals(struct block_scratch *s, const struct column *c);
const int64_t *scratch_times(struct block_scratch *s);

/* Which of the column's values is the event's, of a column of one value an event. false: it has none. */
static inline bool value_rank(const uint64_t *presence, const uint32_t *ranks, uint32_t event, uint32_t *out_rank)
{
    uint64_t word = presence[event / 64], bit = UINT64_C(1) << (event % 64);
    *out_rank = ranks[event / 64] + (uint32_t)__builtin_popcountll(word & (bit - 1));
    return (word & bit) != 0;
}

/* The columns of a path in a block: at most one a kind and list or not. */
#define PATH_COLUMNS_MAX (2u * COLUMN_KIND_COUNT)
struct path_column {
    const struct column *column;
    enum column_kind kind;
    bool is_list;
};
/* Of each value the event that has it. */
const uint32_t *scratch_owners(struct block_scratch *s, const struct path_column *c, bool has_starts);
uint32_t path_columns(const struct path *p, const struct block *b, struct path_column out[PATH_COLUMNS_MAX]);

/* What the clocks that a PATH_DIAL reads showed at an instant. */
static inline struct value path_dial(const struct path *p, const struct civil *civil, int64_t us)
{
    assert(p->kind == PATH_DIAL && civil != NULL);
    return (struct value){.kind = VALUE_DECIMAL, .integer = civil_dial(civil, p->dial, us)};
}

/* --- comparisons (compare.c) --- */

/* Whole numbers [from, until], both in it; of a column's mantissas, codes, times. */
struct reach {
    int64_t from, until;
};
/* Those that hold, ascending and apart; of != those that don't. At most as many as the comparison has values. */
uint32_t reaches_of_numbers(const struct filter *f, uint8_t scale, struct reach *out);
uint32_t reaches_of_times(const struct filter *f, struct reach *out);
uint32_t reaches_of_bools(const struct filter *f, struct reach *out);
/* Codes of the column's dictionary. Not of contains, ends and matches. */
uint32_t reaches_of_texts(const struct filter *f, const struct column *c, struct reach *out);
bool real_holds(const struct filter *f, double x);
/* contains, ends, matches: a pattern takes from the budget. */
bool text_holds(const struct filter *f, struct bytes text, struct pattern_budget *budget);
/* Any comparison of a value that stands for itself: no list, not null. */
bool value_holds(const struct filter *f, const struct value *v, struct pattern_budget *budget);
/* Any comparison of a text, for names of events. */
bool name_holds(const struct filter *f, struct bytes text, struct pattern_budget *budget);
/* A decimal and a number that was said, exactly: below nothing, nothing, above it. */
int number_compare(int64_t mantissa, uint8_t scale, const struct expr_value *said);

/* --- what isn't shown (veil.c) --- */

/* A value that stands for itself, and no time, as people write it: a number in at most NUMBER_TEXT_BYTES_MAX. */
#define NUMBER_TEXT_BYTES_MAX 64u
void value_text(const struct value *v, struct buf *out);
/* Whether an asker isn't to see it, for what it looks like: then no comparison holds of it either, and it is no quantity. Else conditions would tell, digit by
 * digit, what answers mask. Texts and numbers alike: phone numbers come as both. NULL `veil`: never. */
bool value_is_veiled(const struct veil *veil, const struct value *v);
