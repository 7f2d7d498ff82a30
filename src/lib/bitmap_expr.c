#include "lib/bitmap_expr.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bits.h"
#include "lib/bitmap_inside.h"

#define DIGITS_MAX 6u /* of counting to BITMAP_EXPR_SETS_MAX */
#define PAGES_MAX (BITMAP_EXPR_DEPTH_MAX * (DIGITS_MAX + 2) + 1)
#define LIST_WORDS ((sizeof(struct container) + CONTAINER_LISTED_MAX * sizeof(uint16_t) + 63) / 64 * 8) /* pages stay aligned */
#define MERGED_MAX 512u /* so many values of two lists are merged: more of them are quicker as bits */

static_assert(1u << DIGITS_MAX >= BITMAP_EXPR_SETS_MAX, "the sums can be held");
static_assert(MERGED_MAX >= BITMAP_PROBES_MAX, "few numbers stay a list");
static_assert(CONTAINER_LISTED_MAX >= MERGED_MAX, "a list is no longer than that of a container");

/* What part of an expression holds at a key. */
enum extent { EXTENT_NONE, EXTENT_ALL, EXTENT_SPARSE, EXTENT_WORDS };
struct value {
    enum extent extent;
    const struct container *sparse; /* of values or runs: somebody's, or a page's list */
    const uint64_t *words;          /* a page's, or those of a container */
};

/* Bits, and behind them a container of values. */
struct page {
    uint64_t words[CONTAINER_WORDS];
    uint64_t list[LIST_WORDS];
};

/* An evaluation at one key. It works on a bit for each number, or, within an operator that can hold few numbers only, for each of these candidates.
 *
 * An operator at a level writes into the page of its level, its operands into those behind. */
struct pass {
    const struct bitmap_way *way;
    uint32_t key, until;
    uint32_t candidate_count;
    const uint16_t *candidates; /* NULL: all numbers */
    size_t words;               /* of bits */
    struct page *pages[PAGES_MAX];
};

static size_t words_bytes(const struct pass *p)
{
    return p->words * sizeof(uint64_t);
}

static struct value nothing(void)
{
    return (struct value){.extent = EXTENT_NONE};
}

static struct value words_value(const uint64_t *words)
{
    return (struct value){.extent = EXTENT_WORDS, .words = words};
}

static struct container *list_at(struct pass *p, uint32_t level)
{
    return (struct container *)(void *)p->pages[level]->list;
}

/* So many ascending values stand in the list. */
static struct value list_value(struct container *list, uint32_t count)
{
    if (count == 0)
        return nothing();
    list->bits = NULL;
    list->kind = CONTAINER_VALUES;
    list->size = (uint16_t)count;
    list->last = (uint16_t)(count - 1);
    return (struct value){.extent = EXTENT_SPARSE, .sparse = list};
}

static bool is_list(struct value v)
{
    return v.extent == EXTENT_SPARSE && v.sparse->kind == CONTAINER_VALUES;
}

/* --- checking --- */

static fallible operands_check(const struct bitmap_expr *x, struct err *e)
{
    bool is_one = x->op == BITMAP_NOT;
    if (x->op > BITMAP_AT_LEAST)
        return FAIL(e, INVALID, "no operator %u", (unsigned)x->op);
    if (x->op != BITMAP_SET && (x->count == 0 || (is_one && x->count != 1)))
        return FAIL(e, INVALID, "%u operands where %s", x->count, is_one ? "one is needed" : "one at least is");
    if (x->op == BITMAP_AT_LEAST && (x->least == 0 || x->least > x->count))
        return FAIL(e, INVALID, "at least %u of %u", x->least, x->count);
    return DONE;
}

static fallible part_check(const struct bitmap_expr *x, uint32_t depth, uint32_t *sets, struct err *e)
{
    if (depth > BITMAP_EXPR_DEPTH_MAX)
        return FAIL(e, LIMIT, "more than %u operators in each other", BITMAP_EXPR_DEPTH_MAX - 1);
    TRY(operands_check(x, e));
    if (x->op == BITMAP_SET && ++*sets > BITMAP_EXPR_SETS_MAX)
        return FAIL(e, LIMIT, "more than %u sets", BITMAP_EXPR_SETS_MAX);
    for (uint32_t i = 0; x->op != BITMAP_SET && i < x->count; i++)
        TRY(part_check(x->of[i], depth + 1, sets, e));
    return DONE;
}

fallible bitmap_expr_check(const struct bitmap_expr *x, struct err *e)
{
    uint32_t sets = 0;
    return part_check(x, 1, &sets, e);
}

/* --- two values --- */

static void pages_swap(struct pass *p, uint32_t level)
{
    struct page *page = p->pages[level];
    p->pages[level] = p->pages[level + 1];
    p->pages[level + 1] = page;
}

/* `b`, which an operand left at the next level, becomes the value of this one. */
static struct value adopt(struct pass *p, struct value b, uint32_t level)
{
    const struct page *page = p->pages[level + 1];
    bool is_bits = b.extent == EXTENT_WORDS && b.words == page->words;
    bool is_own_list = b.extent == EXTENT_SPARSE && (const void *)b.sparse == page->list;
    if (is_bits || is_own_list)
        pages_swap(p, level);
    return b;
}

/* Its bits, in the page of this level unless they are somebody's. */
static const uint64_t *expanded(struct pass *p, struct value v, uint32_t level)
{
    assert(v.extent != EXTENT_SPARSE || p->candidates == NULL);
    if (v.extent == EXTENT_WORDS)
        return v.words;
    if (v.extent == EXTENT_SPARSE)
        container_expand(v.sparse, p->pages[level]->words);
    else
        memset(p->pages[level]->words, v.extent == EXTENT_ALL ? 0xff : 0, words_bytes(p));
    return p->pages[level]->words;
}

/* The same in this level's page, to be written to. */
static uint64_t *own(struct pass *p, struct value v, uint32_t level)
{
    const uint64_t *words = expanded(p, v, level);
    uint64_t *mine = p->pages[level]->words;
    if (words != mine)
        memcpy(mine, words, words_bytes(p));
    return mine;
}

/* The values of `list` of which `keeps` says whether `v` has them. */
static struct value filter_list(struct pass *p, struct value list, struct value v, bool keeps, uint32_t level)
{
    struct container *out = list_at(p, level);
    const uint16_t *values = list.sparse->values;
    uint32_t count = list.sparse->size;
    if (v.extent == EXTENT_WORDS)
        return list_value(out, p->way->filter_values(v.words, keeps, values, count, out->values));
    return list_value(out, container_filter(v.sparse, keeps, values, count, out->values));
}

/* Both ascend, and so does what comes of them, each value once; `out_values` is neither. */
static uint32_t merge(const uint16_t *values, uint32_t count, const uint16_t *more, uint32_t more_count, uint16_t *out_values)
{
    uint32_t i = 0, k = 0, size = 0;
    while (i < count && k < more_count) {
        uint16_t value = values[i], other = more[k];
        out_values[size++] = value < other ? value : other;
        i += value <= other;
        k += other <= value;
    }
    memcpy(out_values + size, values + i, (count - i) * sizeof *values);
    memcpy(out_values + size + count - i, more + k, (more_count - k) * sizeof *more);
    return size + count - i + more_count - k;
}

static struct value merge_lists(struct pass *p, struct value a, struct value b, uint32_t level)
{
    uint16_t merged[MERGED_MAX];
    struct container *out = list_at(p, level);
    uint32_t count = merge(a.sparse->values, a.sparse->size, b.sparse->values, b.sparse->size, merged);
    memcpy(out->values, merged, count * sizeof *merged);
    return list_value(out, count);
}

/* a op b, both with members and without all of them. What a list bounds stays a list: it costs no more than its bits would, and less later on. */
static struct value combine_some(struct pass *p, enum word_op op, struct value a, struct value b, uint32_t level)
{
    bool a_lists = is_list(a), b_lists = is_list(b);
    if (op == WORD_AND && b_lists && (!a_lists || b.sparse->size < a.sparse->size))
        return adopt(p, filter_list(p, b, a, true, level + 1), level);
    if (a_lists && (op == WORD_AND || op == WORD_MINUS))
        return filter_list(p, a, b, op == WORD_AND, level);
    if (op == WORD_OR && a_lists && b_lists && a.sparse->size + b.sparse->size <= MERGED_MAX)
        return merge_lists(p, a, b, level);
    if (b.extent == EXTENT_SPARSE && op != WORD_AND) {
        uint64_t *words = own(p, a, level);
        container_apply(b.sparse, op, words);
        return words_value(words);
    }
    const uint64_t *x = expanded(p, a, level), *y = expanded(p, b, level + 1);
    p->way->combine[op](p->pages[level]->words, x, y, p->words);
    return words_value(p->pages[level]->words);
}

static struct value flip(struct pass *p, struct value v, uint32_t level)
{
    if (v.extent == EXTENT_WORDS && v.words == p->pages[level]->words) /* make room: the next level's page is as good */
        pages_swap(p, level);
    return combine_some(p, WORD_MINUS, (struct value){.extent = EXTENT_ALL}, v, level);
}

/* a op b: `a` of this level, `b` an operand's of the next one. */
static struct value combine(struct pass *p, enum word_op op, struct value a, struct value b, uint32_t level)
{
    bool a_none = a.extent == EXTENT_NONE, a_all = a.extent == EXTENT_ALL;
    bool b_none = b.extent == EXTENT_NONE, b_all = b.extent == EXTENT_ALL;
    switch (op) {
    case WORD_AND:
        if (a_none || b_all)
            return a;
        return a_all || b_none ? adopt(p, b, level) : combine_some(p, op, a, b, level);
    case WORD_OR:
        if (a_all || b_none)
            return a;
        return a_none || b_all ? adopt(p, b, level) : combine_some(p, op, a, b, level);
    case WORD_XOR:
        if (b_none)
            return a;
        if (a_none)
            return adopt(p, b, level);
        break;
    default:
        if (a_none || b_none)
            return a;
    }
    if (b_all) /* flips the first of an XOR; leaves nothing of a MINUS */
        return op == WORD_MINUS ? nothing() : flip(p, a, level);
    return a_all ? flip(p, b, level) : combine_some(p, op, a, b, level);
}

/* --- operators --- */

static struct value eval(struct pass *p, const struct bitmap_expr *x, uint32_t level);
static struct value eval_operator(struct pass *p, const struct bitmap_expr *x, uint32_t level);
static uint32_t bound_of(const struct bitmap_expr *x, uint32_t key);

/* While this key is worked on, what the set has at the next one comes from memory, and where it lies at the one behind. */
static void fetch_ahead(const struct pass *p, const struct bitmap *set)
{
    const struct container *next = p->key + 1 < p->until ? bitmap_container(set, p->key + 1) : NULL;
    if (p->key + 2 < p->until)
        __builtin_prefetch(bitmap_container(set, p->key + 2));
    if (next != NULL)
        container_prefetch(next);
}

static struct value eval_set(struct pass *p, const struct bitmap_expr *x, uint32_t level)
{
    const struct container *c = bitmap_container(x->set, p->key);
    if (c == NULL)
        return nothing();
    if (container_count(c) == CONTAINER_NUMBERS)
        return (struct value){.extent = EXTENT_ALL};
    fetch_ahead(p, x->set);
    if (p->candidates != NULL) {
        container_probe(c, p->candidates, p->candidate_count, p->pages[level]->words);
        return words_value(p->pages[level]->words);
    }
    if (c->kind == CONTAINER_BITS)
        return words_value(c->bits);
    if (c->kind == CONTAINER_RUNS && container_count(c) <= BITMAP_PROBES_MAX)
        return list_value(list_at(p, level), container_list(c, 0, list_at(p, level)->values, BITMAP_PROBES_MAX));
    return (struct value){.extent = EXTENT_SPARSE, .sparse = c};
}

/* Whether so few numbers are left that others are better asked about each of them. */
static bool is_few(const struct pass *p, struct value v)
{
    return p->candidates == NULL && is_list(v) && v.sparse->size <= BITMAP_PROBES_MAX;
}

/* Of these values those of which the expression says `want`. */
static uint32_t filter(struct pass *p, const struct bitmap_expr *x, bool want, uint16_t *values, uint32_t count, uint32_t level)
{
    if (x->op == BITMAP_SET) {
        const struct container *c = bitmap_container(x->set, p->key);
        fetch_ahead(p, x->set);
        return c == NULL ? (want ? 0 : count) : container_filter(c, want, values, count, values);
    }
    p->candidates = values;
    p->candidate_count = count;
    p->words = BITMAP_PROBE_WORDS;
    struct value v = eval_operator(p, x, level);
    p->candidates = NULL;
    p->words = CONTAINER_WORDS;
    if (v.extent != EXTENT_WORDS)
        return (v.extent == EXTENT_ALL) == want ? count : 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        values[kept] = values[i];
        kept += bit_is_set(v.words, i) == want;
    }
    return kept;
}

/* The few numbers of `v` that the operands of an AND or a MINUS leave, all from `first` on but `skipped`. */
static struct value filter_rest(struct pass *p, const struct bitmap_expr *x, struct value v, uint32_t first, uint32_t skipped, uint32_t level)
{
    struct container *list = list_at(p, level);
    uint32_t count = v.sparse->size;
    memmove(list->values, v.sparse->values, count * sizeof *list->values);
    for (uint32_t i = first; i < x->count && count > 0; i++)
        if (i != skipped)
            count = filter(p, x->of[i], x->op == BITMAP_AND, list->values, count, level + 1);
    return list_value(list, count);
}

/* The operand that bounds an AND. */
static uint32_t smallest_of(const struct bitmap_expr *x, uint32_t key)
{
    uint32_t best = 0, bound = bound_of(x->of[0], key);
    for (uint32_t i = 1; i < x->count; i++) {
        uint32_t other = bound_of(x->of[i], key);
        best = other < bound ? i : best;
        bound = other < bound ? other : bound;
    }
    return best;
}

/* Begins with what can be the fewest, and takes away, without making the opposite first, what is only there to be excluded. */
static struct value eval_and(struct pass *p, const struct bitmap_expr *x, uint32_t level)
{
    uint32_t best = smallest_of(x, p->key);
    struct value v = combine(p, WORD_AND, (struct value){.extent = EXTENT_ALL}, eval(p, x->of[best], level + 1), level);
    for (uint32_t i = 0; i < x->count && v.extent != EXTENT_NONE; i++) {
        const struct bitmap_expr *part = x->of[i];
        bool is_not = part->op == BITMAP_NOT;
        if (is_few(p, v))
            return filter_rest(p, x, v, i, best, level);
        if (i != best)
            v = combine(p, is_not ? WORD_MINUS : WORD_AND, v, eval(p, is_not ? part->of[0] : part, level + 1), level);
    }
    return v;
}

static struct value eval_or(struct pass *p, const struct bitmap_expr *x, uint32_t level)
{
    struct value v = nothing();
    for (uint32_t i = 0; i < x->count && v.extent != EXTENT_ALL; i++)
        v = combine(p, WORD_OR, v, eval(p, x->of[i], level + 1), level);
    return v;
}

static struct value eval_xor(struct pass *p, const struct bitmap_expr *x, uint32_t level)
{
    struct value v = nothing();
    for (uint32_t i = 0; i < x->count; i++)
        v = combine(p, WORD_XOR, v, eval(p, x->of[i], level + 1), level);
    return v;
}

static struct value eval_minus(struct pass *p, const struct bitmap_expr *x, uint32_t level)
{
    struct value v = adopt(p, eval(p, x->of[0], level + 1), level);
    for (uint32_t i = 1; i < x->count && v.extent != EXTENT_NONE; i++) {
        if (is_few(p, v))
            return filter_rest(p, x, v, i, 0, level);
        v = combine(p, WORD_MINUS, v, eval(p, x->of[i], level + 1), level);
    }
    return v;
}

static uint32_t digits_of(uint32_t least)
{
    return least <= 1 ? 0 : 32 - (uint32_t)__builtin_clz(least - 1);
}

/* A sum of `digits` bits for each number, which begins so that the operand of rank `least` carries out of it. Pages: the answer, the digits, what is
 * carried, the operands. */
static struct value eval_at_least(struct pass *p, const struct bitmap_expr *x, uint32_t level)
{
    uint32_t digits = digits_of(x->least), first = (1u << digits) - x->least;
    struct page **sums = p->pages + level + 1;
    uint64_t *reached = p->pages[level]->words;
    memset(reached, 0, words_bytes(p));
    for (uint32_t d = 0; d < digits; d++)
        memset(sums[d]->words, (first >> d & 1) != 0 ? 0xff : 0, words_bytes(p));
    for (uint32_t i = 0; i < x->count; i++) {
        struct value part = eval(p, x->of[i], level + digits + 2);
        if (part.extent == EXTENT_NONE)
            continue;
        uint64_t *carry = sums[digits]->words;
        memcpy(carry, expanded(p, part, level + digits + 2), words_bytes(p));
        for (uint32_t d = 0; d < digits; d++)
            p->way->add(sums[d]->words, carry, p->words);
        p->way->combine[WORD_OR](reached, reached, carry, p->words);
    }
    return words_value(reached);
}

static struct value eval_operator(struct pass *p, const struct bitmap_expr *x, uint32_t level)
{
    switch (x->op) {
    case BITMAP_SET:
        return eval_set(p, x, level);
    case BITMAP_AND:
        return eval_and(p, x, level);
    case BITMAP_OR:
        return eval_or(p, x, level);
    case BITMAP_XOR:
        return eval_xor(p, x, level);
    case BITMAP_MINUS:
        return eval_minus(p, x, level);
    case BITMAP_NOT:
        return combine(p, WORD_MINUS, (struct value){.extent = EXTENT_ALL}, eval(p, x->of[0], level + 1), level);
    default:
        return eval_at_least(p, x, level);
    }
}

/* --- few candidates --- */

/* Of an operator that something is in when it is in one operand, or in `least`. */
static uint32_t union_bound(const struct bitmap_expr *x, uint32_t least, uint32_t key)
{
    uint32_t sum = 0, present = 0;
    for (uint32_t i = 0; i < x->count && sum < CONTAINER_NUMBERS; i++) {
        uint32_t bound = bound_of(x->of[i], key);
        sum += bound;
        present += bound > 0;
    }
    if (sum >= CONTAINER_NUMBERS)
        return CONTAINER_NUMBERS;
    return present < least ? 0 : sum;
}

/* Not fewer than the members that the answer has at a key; what containers say of themselves is all that is read. */
static uint32_t bound_of(const struct bitmap_expr *x, uint32_t key)
{
    const struct container *c;
    uint32_t least = CONTAINER_NUMBERS;
    switch (x->op) {
    case BITMAP_SET:
        c = bitmap_container(x->set, key);
        return c == NULL ? 0 : container_count(c);
    case BITMAP_AND:
        for (uint32_t i = 0; i < x->count && least > 0; i++) {
            uint32_t bound = bound_of(x->of[i], key);
            least = bound < least ? bound : least;
        }
        return least;
    case BITMAP_MINUS:
        return bound_of(x->of[0], key);
    case BITMAP_NOT:
        return CONTAINER_NUMBERS;
    default:
        return union_bound(x, x->op == BITMAP_AT_LEAST ? x->least : 1, key);
    }
}

/* The numbers that an operator holds whose operands hold few: a list of all theirs, then those that it says. */
static struct value eval_few(struct pass *p, const struct bitmap_expr *x, uint32_t level)
{
    struct value all = eval_or(p, x, level);
    assert(all.extent == EXTENT_NONE || is_list(all));
    if (x->op == BITMAP_OR || all.extent == EXTENT_NONE)
        return all;
    struct container *list = list_at(p, level);
    uint32_t count = all.sparse->size;
    memmove(list->values, all.sparse->values, count * sizeof *list->values);
    return list_value(list, filter(p, x, true, list->values, count, level + 1));
}

static struct value eval(struct pass *p, const struct bitmap_expr *x, uint32_t level)
{
    if (x->op == BITMAP_SET || p->candidates != NULL)
        return eval_operator(p, x, level);
    uint32_t bound = bound_of(x, p->key);
    if (bound == 0)
        return nothing();
    bool is_and = x->op == BITMAP_AND || x->op == BITMAP_MINUS; /* which find out themselves that few are left */
    return bound <= BITMAP_PROBES_MAX && !is_and ? eval_few(p, x, level) : eval_operator(p, x, level);
}

/* --- one key --- */

/* Clears the bits from `from` on. */
static const uint64_t *cut(struct pass *p, struct value v, uint32_t from)
{
    uint64_t *words = own(p, v, 0);
    for (uint32_t i = from / 64; i < p->words; i++)
        words[i] &= i == from / 64 ? ~(UINT64_MAX << from % 64) : 0;
    return words;
}

/* Numbers from `limit` on aren't looked at. */
static uint64_t eval_key(struct pass *p, const struct bitmap_expr *x, uint32_t limit, struct bitmap *out)
{
    struct value v = eval(p, x, 0);
    if (v.extent == EXTENT_NONE)
        return 0;
    if (out == NULL && limit == CONTAINER_NUMBERS && v.extent != EXTENT_WORDS)
        return v.extent == EXTENT_ALL ? limit : container_count(v.sparse);
    const uint64_t *words = limit < CONTAINER_NUMBERS ? cut(p, v, limit) : expanded(p, v, 0);
    if (out != NULL)
        bitmap_put(out, p->key, words);
    return p->way->count(words, p->words);
}

/* --- all keys --- */

static uint32_t pages_of(const struct bitmap_expr *x)
{
    uint32_t behind = 1;
    for (uint32_t i = 0; x->op != BITMAP_SET && i < x->count; i++) {
        uint32_t pages = pages_of(x->of[i]);
        behind = pages > behind ? pages : behind;
    }
    return behind + (x->op == BITMAP_AT_LEAST ? digits_of(x->least) + 2 : 1);
}

uint64_t bitmap_eval(const struct bitmap_expr *x, const struct bitmap_span *span, struct bitmap *out)
{
    struct pass p = {.way = bitmap_way(), .until = span->until, .words = CONTAINER_WORDS};
    uint32_t pages = pages_of(x) + 1; /* one more for who evaluates itself on a list of its own */
    uint64_t found = 0;
    assert(done(bitmap_expr_check(x, NULL)) && pages <= PAGES_MAX && span->universe <= UINT64_C(1) << 32);
    struct page *memory = aligned_alloc(64, pages * sizeof *memory);
    if (memory == NULL)
        abort();
    for (uint32_t i = 0; i < pages; i++)
        p.pages[i] = memory + i;
    for (p.key = span->from; p.key < span->until; p.key++) {
        uint64_t first = (uint64_t)p.key << BITMAP_KEY_BITS, left = span->universe > first ? span->universe - first : 0;
        if (left == 0)
            break;
        found += eval_key(&p, x, left < CONTAINER_NUMBERS ? (uint32_t)left : CONTAINER_NUMBERS, out);
    }
    free(memory);
    return found;
}

uint64_t bitmap_pair(enum bitmap_op op, const struct bitmap *a, const struct bitmap *b, struct bitmap *out)
{
    struct bitmap_expr first = {.op = BITMAP_SET, .set = a}, second = {.op = BITMAP_SET, .set = b};
    const struct bitmap_expr *const of[] = {&first, &second};
    uint32_t a_end = bitmap_keys_end(a), b_end = bitmap_keys_end(b);
    struct bitmap_span span = {.universe = UINT64_C(1) << 32, .until = a_end > b_end ? a_end : b_end};
    assert(op != BITMAP_NOT);
    return bitmap_eval(&(struct bitmap_expr){.op = op, .count = 2, .of = of}, &span, out);
}

struct bitmap *bitmap_of_pair(enum bitmap_op op, const struct bitmap *a, const struct bitmap *b)
{
    struct bitmap *out = bitmap_create(a->slab);
    (void)bitmap_pair(op, a, b, out);
    return out;
}
