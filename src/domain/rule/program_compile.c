/* From a tree to a program: what is compared, joined and added up, and whether types fit. Names, calls and aggregates have files of their own. */
#include <stdlib.h>

#include "base/time.h"
#include "domain/rule/program_inside.h"

#define SCRATCH_BLOCK_BYTES 16384u
#define NOBODY_LOOKED_US (100 * 366 * US_PER_DAY) /* how far ahead it is looked for changes of nobody's value */

struct status fail_at(struct err *e, uint32_t place, struct status failure)
{
    return place == 0 ? failure : WRAP(e, failure, "at character %u", place);
}

fallible node_make(struct compiling *c, enum node_op op, enum rule_type type, uint32_t place, uint32_t parts,
                   struct node **out_node)
{
    struct node *n = ARENA_NEW(c->arena, struct node);
    *n = (struct node){
        .op = op, .type = type, .place = place, .said = c->said, .count = parts, .from_us = INT64_MIN, .until_us = INT64_MAX};
    n->parts = parts == 0 ? NULL : ARENA_ARRAY(c->arena, const struct node *, parts);
    *out_node = n;
    if (++c->nodes > PROGRAM_NODES_MAX)
        return FAIL_AT(c, place, LIMIT, "a rule has at most %u parts, those of tags and segments in it among them",
                       PROGRAM_NODES_MAX);
    return DONE;
}

fallible place_note(struct compiling *c, enum program_reads what, uint32_t number, uint32_t at_place)
{
    struct program *p = c->program;
    for (uint32_t i = 0; i < p->place_count; i++)
        if (p->places[i].what == what && p->places[i].number == number)
            return DONE;
    if (p->place_count == PROGRAM_PLACES_MAX)
        return FAIL_AT(c, at_place, LIMIT, "a rule reads at most %u traits, relations, lists and the like",
                       PROGRAM_PLACES_MAX);
    p->places[p->place_count++] = (struct program_place){what, number};
    return DONE;
}

/* --- types --- */

static const char *type_name(enum rule_type type)
{
    return type == TYPE_ANY ? "value" : rule_type_names[type];
}

fallible node_as(struct compiling *c, enum rule_type type, const struct node *node, const struct node **out_node)
{
    struct node *cast;
    *out_node = node;
    if (node->type == type)
        return DONE;
    if (node->type != TYPE_ANY && !(type == RULE_TIME && node->type == RULE_TEXT))
        return FAIL_AT(c, node->place, INVALID, "want a %s, and this is a %s", type_name(type), type_name(node->type));
    if (node->op == NODE_CONSTANT && !node->has_span)
        return FAIL_AT(c, node->place, INVALID, "want a date or a time: '2026-11-01', '2026-11-01 09:00'");
    TRY(node_make(c, NODE_CAST, type, node->place, 1, &cast));
    cast->parts[0] = node;
    cast->motion = node->motion;
    cast->is_mixed = node->is_mixed;
    *out_node = cast;
    return DONE;
}

/* A text is compared with a time as a time. */
static bool types_meet(const struct node *x, const struct node *y)
{
    bool is_text_and_time = (x->type == RULE_TEXT && y->type == RULE_TIME) ||
                            (x->type == RULE_TIME && y->type == RULE_TEXT);
    return x->type == y->type || x->type == TYPE_ANY || y->type == TYPE_ANY || is_text_and_time;
}

static struct status types_check(struct compiling *c, const struct node *n, const struct node *x, const struct node *y)
{
    bool has_order = n->expr >= EXPR_LESS && n->expr <= EXPR_BETWEEN;
    const struct node *constant = x->op == NODE_CONSTANT ? x : y, *other = constant == x ? y : x;
    if (!types_meet(x, y))
        return FAIL_AT(c, y->place, INVALID, "a %s is compared with a %s", type_name(x->type), type_name(y->type));
    if (has_order && (x->type == RULE_TRUTH || y->type == RULE_TRUTH))
        return FAIL_AT(c, y->place, INVALID, "true and false have no order: want a text or a number behind \"%s\"",
                       expr_op_names[n->expr]);
    if (constant->op == NODE_CONSTANT && constant->type == RULE_TEXT && other->type == RULE_TIME && !constant->has_span)
        return FAIL_AT(c, constant->place, INVALID, "want a date or a time: '2026-11-01', '2026-11-01 09:00'");
    return DONE;
}

/* --- what moves with time --- */

/* What a node of these parts is: of two that move none goes one way. */
static struct status motion_join(struct compiling *c, struct node *n)
{
    uint32_t movers = 0;
    for (uint32_t i = 0; i < n->count; i++) {
        const struct node *part = n->parts[i];
        movers += part->motion != STANDS;
        n->motion = part->motion > n->motion ? part->motion : n->motion;
        n->is_mixed |= part->is_mixed;
    }
    n->is_mixed |= movers > 1;
    if (n->is_mixed && n->motion == MOVES)
        return FAIL_AT(c, n->place, INVALID,
                       "now and ago move with time, and may be compared, added and subtracted once, "
                       "with what doesn't");
    return DONE;
}

/* A condition stands between its turns. */
static struct status motion_end(struct compiling *c, struct node *n)
{
    TRY(motion_join(c, n));
    n->motion = STANDS;
    return DONE;
}

/* --- conditions --- */

static struct status joined_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    static const enum node_op ops[] = {[EXPR_OR] = NODE_OR, [EXPR_AND] = NODE_AND, [EXPR_NOT] = NODE_NOT};
    struct node *n;
    TRY(node_make(c, ops[x->op], RULE_TRUTH, x->place, x->count, &n));
    for (uint32_t i = 0; i < x->count; i++)
        TRY(node_condition(c, x->parts[i], &n->parts[i]));
    *out_node = n;
    return DONE;
}

fallible node_constant(struct compiling *c, const struct expr_value *said, const struct node **out_node)
{
    struct node *n;
    struct rule_value value = rule_value_said(said);
    if (!value.is_known)
        return FAIL_AT(c, said->place, INVALID, "numbers reach up to 10 to the power of 21");
    TRY(node_make(c, NODE_CONSTANT, value.type, said->place, 0, &n));
    n->value = value;
    n->has_span = value.type == RULE_TEXT && span_read(c->ask->civil, value.text, &n->span);
    if (value.type == RULE_TEXT)
        n->value.text = arena_copy(c->arena, value.text);
    *out_node = n;
    return DONE;
}

static int sorted_order(const void *a, const void *b)
{
    return node_constant_order(*(const struct node *const *)a, *(const struct node *const *)b);
}

/* The values of a list, each a part behind the first. */
static struct status list_compile(struct compiling *c, const struct expr *x, struct node *n)
{
    const struct expr *list = x->parts[1];
    for (uint32_t i = 0; i < list->count; i++) {
        TRY(node_constant(c, &list->values[i], &n->parts[1 + i]));
        TRY(types_check(c, n, n->parts[0], n->parts[1 + i]));
    }
    n->sorted = ARENA_ARRAY(c->arena, const struct node *, list->count);
    memcpy(n->sorted, n->parts + 1, list->count * sizeof *n->sorted);
    qsort(n->sorted, list->count, sizeof *n->sorted, sorted_order);
    return DONE;
}

static struct status text_compile(struct compiling *c, const struct expr *x, struct node *n)
{
    const struct expr_value *said = x->parts[1]->values;
    struct err wrong = {0};
    struct pattern *pattern;
    TRY(node_constant(c, said, &n->parts[1]));
    if (n->parts[1]->type != RULE_TEXT)
        return FAIL_AT(c, said->place, INVALID, "\"%s\" wants a text in single quotes", expr_op_names[x->op]);
    if (n->parts[0]->type != TYPE_ANY && n->parts[0]->type != RULE_TEXT)
        return FAIL_AT(c, n->parts[0]->place, INVALID, "\"%s\" is of texts, and this is a %s", expr_op_names[x->op],
                       type_name(n->parts[0]->type));
    if (x->op != EXPR_MATCHES)
        return DONE;
    if (failed(pattern_create(c->arena, said->text, &pattern, &wrong)))
        return FAIL_AT(c, said->place, INVALID, "%s", wrong.text);
    n->pattern = pattern;
    return DONE;
}

/* What is counted one by one is kept up to a bound: no threshold beyond it could be told. */
static struct status threshold_check(struct compiling *c, const struct node *tally, const struct node *with)
{
    bool is_bounded = tally->op == NODE_TALLY &&
                      (tally->expr == EXPR_DISTINCT || tally->expr == EXPR_DAYS ||
                       (tally->expr == EXPR_COUNT &&
                        (tally->feature->grain == GRAIN_MOMENT || tally->feature->of == FEATURE_ORDERS)));
    if (is_bounded && with->op == NODE_CONSTANT && with->type == RULE_NUMBER &&
        with->value.number > (series_wide)SERIES_MOST_MAX * NUMBER_ONE)
        return FAIL_AT(c, with->place, INVALID, "this is counted up to %u: want no more", SERIES_MOST_MAX);
    return DONE;
}

static struct status others_compile(struct compiling *c, const struct expr *x, struct node *n)
{
    for (uint32_t i = 1; i < x->count; i++) {
        TRY(node_term(c, x->parts[i], &n->parts[i]));
        TRY(types_check(c, n, n->parts[0], n->parts[i]));
        TRY(threshold_check(c, n->parts[0], n->parts[i]));
        TRY(threshold_check(c, n->parts[i], n->parts[0]));
    }
    return DONE;
}

fallible node_each(struct compiling *c, const struct node *n, const struct expr_window *w, const struct node **out_node)
{
    struct node *each;
    TRY(node_make(c, NODE_EACH, RULE_TRUTH, n->place, 1, &each));
    each->parts[0] = n;
    each->number = w->span.count;
    *out_node = each;
    return DONE;
}

static bool is_of_each(const struct expr *x)
{
    return expr_is_aggregate(x) && x->window != NULL && x->window->kind == EXPR_IN_EACH;
}

static struct status compare_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    struct node *n;
    bool is_each = is_of_each(x->parts[0]);
    TRY(node_make(c, NODE_COMPARE, RULE_TRUTH, x->place, x->op == EXPR_IN ? 1 + x->parts[1]->count : x->count, &n));
    n->expr = x->op;
    *out_node = n;
    TRY(is_each ? aggregate_compile(c, x->parts[0], &n->parts[0]) : node_term(c, x->parts[0], &n->parts[0]));
    if (x->op == EXPR_IN)
        TRY(list_compile(c, x, n));
    else if (x->op >= EXPR_CONTAINS)
        TRY(text_compile(c, x, n));
    else
        TRY(others_compile(c, x, n));
    TRY(motion_join(c, n));
    n->is_mixed |= n->motion != STANDS && (is_each || x->op >= EXPR_IN);
    if (n->is_mixed && n->motion == MOVES)
        return FAIL_AT(c, n->place, INVALID, "now and ago move with time: want =, <, > or between");
    n->motion = STANDS;
    return is_each ? node_each(c, n, x->parts[0]->window, out_node) : DONE;
}

fallible node_compared(struct compiling *c, const struct node *node, enum expr_op op, struct rule_value with,
                       const struct node **out_node)
{
    struct node *n, *constant;
    TRY(node_make(c, NODE_CONSTANT, with.type, node->place, 0, &constant));
    constant->value = with;
    TRY(node_make(c, NODE_COMPARE, RULE_TRUTH, node->place, 2, &n));
    n->expr = op;
    n->parts[0] = node;
    n->parts[1] = constant;
    *out_node = n;
    bool is_each = node->window != NULL && node->window->kind == EXPR_IN_EACH;
    return is_each ? node_each(c, n, node->window, out_node) : DONE;
}

static struct status known_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    struct node *n;
    TRY(node_make(c, NODE_KNOWN, RULE_TRUTH, x->place, 1, &n));
    n->expr = x->op;
    TRY(node_term(c, x->parts[0], &n->parts[0]));
    *out_node = n;
    return motion_end(c, n);
}

static struct status during_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    struct node *n;
    const struct node *time;
    TRY(node_make(c, NODE_DURING, RULE_TRUTH, x->place, 1, &n));
    TRY(node_term(c, x->parts[0], &time));
    TRY(node_as(c, RULE_TIME, time, &n->parts[0]));
    if (x->window->kind == EXPR_IN_EACH)
        return FAIL_AT(c, x->window->place, INVALID, "one time can't lie in each of several windows");
    TRY(window_compile(c, x->window, n));
    *out_node = n;
    TRY(motion_join(c, n));
    n->is_mixed = n->motion != STANDS;
    if (n->motion == MOVES)
        return FAIL_AT(c, x->place, INVALID, "now and ago move with time: want =, <, > or between");
    n->motion = STANDS;
    return DONE;
}

static struct status condition_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    if (x->op <= EXPR_NOT)
        return joined_compile(c, x, out_node);
    if (x->op == EXPR_KNOWN || x->op == EXPR_UNKNOWN)
        return known_compile(c, x, out_node);
    if (expr_is_comparison(x))
        return compare_compile(c, x, out_node);
    if (x->op == EXPR_DURING)
        return during_compile(c, x, out_node);
    if (x->op == EXPR_DID)
        return did_compile(c, x, out_node);
    if (x->op != EXPR_CALL)
        return FAIL_AT(c, x->place, INVALID, "want a condition, and this is a %s", expr_op_names[x->op]);
    TRY(call_compile(c, x, true, out_node));
    return (*out_node)->type == RULE_TRUTH ? DONE
                                           : FAIL_AT(c, x->place, INVALID, "%.*s(…) is a %s: compare it",
                                                     BYTES_ARG(x->name), type_name((*out_node)->type));
}

fallible node_condition(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    const struct expr *outer = c->said;
    c->said = x;
    struct status s = condition_compile(c, x, out_node);
    c->said = outer;
    return s;
}

/* --- terms --- */

/* The type of a sum of two: times and days, or numbers. What only its values tell is a number, but beside a time that it is taken from. */
static struct status sum_type(struct compiling *c, const struct expr *x, struct node *n, uint32_t i)
{
    const struct node *part;
    enum rule_type have = n->type, want = RULE_NUMBER;
    TRY(node_term(c, x->parts[i], &part));
    bool is_time = part->type == RULE_TIME, may_be_time = x->op == EXPR_SUBTRACT && i > 0 && have == RULE_TIME;
    if (is_time && (x->op == EXPR_ADD || x->op == EXPR_SUBTRACT) && (i == 0 || have == RULE_NUMBER || may_be_time))
        want = RULE_TIME;
    if (may_be_time && part->type == TYPE_ANY)
        want = RULE_TIME;
    TRY(node_as(c, want, part, &n->parts[i]));
    if (x->op == EXPR_SUBTRACT && i > 0 && want == RULE_TIME && have != RULE_TIME)
        return FAIL_AT(c, part->place, INVALID, "a time can't be taken from a %s", type_name(have));
    n->type = i == 0                                   ? want
              : want == RULE_TIME && have == RULE_TIME ? RULE_NUMBER
              : want == RULE_TIME                      ? RULE_TIME
                                                       : have;
    return DONE;
}

/* A quotient that is never known is a slip. What is saved has been looked at. */
static struct status divisor_check(struct compiling *c, const struct node *part)
{
    bool is_zero = part->op == NODE_CONSTANT && part->type == RULE_NUMBER && part->value.number == 0;
    return is_zero && !c->ask->is_saved ? FAIL_AT(c, part->place, INVALID, "nothing can be divided by zero") : DONE;
}

static struct status sum_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    struct node *n;
    TRY(node_make(c, NODE_SUM, RULE_NUMBER, x->place, x->count, &n));
    n->expr = x->op;
    for (uint32_t i = 0; i < x->count; i++) {
        TRY(sum_type(c, x, n, i));
        if (x->op == EXPR_DIVIDE && i > 0)
            TRY(divisor_check(c, n->parts[i]));
        n->is_mixed |= x->op == EXPR_DIVIDE && i > 0 && n->parts[i]->motion != STANDS;
    }
    *out_node = n;
    return motion_join(c, n);
}

static struct status minus_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    struct node *n;
    const struct node *part;
    TRY(node_make(c, NODE_MINUS, RULE_NUMBER, x->place, 1, &n));
    TRY(node_term(c, x->parts[0], &part));
    TRY(node_as(c, RULE_NUMBER, part, &n->parts[0]));
    *out_node = n;
    return motion_join(c, n);
}

/* All values of a case have one type; what only values tell is brought to it. */
static struct status case_types(struct compiling *c, struct node *n)
{
    for (uint32_t i = 1; i <= n->count; i += 2) {
        const struct node *part = n->parts[i < n->count ? i : n->count - 1];
        bool is_value = i < n->count || n->count % 2 == 1;
        if (is_value && n->type == TYPE_ANY)
            n->type = part->type;
        if (is_value && part->type != TYPE_ANY && part->type != n->type)
            return FAIL_AT(c, part->place, INVALID, "one case is a %s, and this one a %s", type_name(n->type),
                           type_name(part->type));
    }
    for (uint32_t i = 1; n->type != TYPE_ANY && i <= n->count; i += 2) {
        uint32_t at = i < n->count ? i : n->count - 1;
        if (i < n->count || n->count % 2 == 1)
            TRY(node_as(c, n->type, n->parts[at], &n->parts[at]));
    }
    return DONE;
}

static struct status case_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    struct node *n;
    TRY(node_make(c, NODE_CASE, TYPE_ANY, x->place, x->count, &n));
    for (uint32_t i = 0; i < x->count; i++) {
        bool is_condition = i % 2 == 0 && i + 1 < x->count;
        TRY(is_condition ? node_condition(c, x->parts[i], &n->parts[i]) : node_term(c, x->parts[i], &n->parts[i]));
    }
    TRY(case_types(c, n));
    TRY(motion_join(c, n));
    n->is_mixed |= n->motion != STANDS;
    *out_node = n;
    return n->motion == MOVES ? FAIL_AT(c, x->place, INVALID, "a case can't be now: it changes at every instant")
                              : DONE;
}

static struct status instant_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    struct node *n;
    enum node_op op = x->op == EXPR_NOW ? NODE_NOW : x->op == EXPR_TODAY ? NODE_TODAY : NODE_AGO;
    TRY(node_make(c, op, RULE_TIME, x->place, 0, &n));
    n->motion = op == NODE_TODAY ? MOVES_BY_DAY : MOVES;
    n->ago = x->span;
    *out_node = n;
    return op == NODE_AGO ? span_check(c, x->span, x->place) : DONE;
}

static struct status term_compile(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    if (x->op >= EXPR_ADD && x->op <= EXPR_DIVIDE)
        return sum_compile(c, x, out_node);
    if (x->op == EXPR_MINUS)
        return minus_compile(c, x, out_node);
    if (x->op == EXPR_CASE)
        return case_compile(c, x, out_node);
    if (x->op == EXPR_NOW || x->op == EXPR_TODAY || x->op == EXPR_AGO)
        return instant_compile(c, x, out_node);
    if (is_of_each(x))
        return FAIL_AT(c, x->window->place, INVALID, "\"in each of last\" has several values: compare %s by itself",
                       expr_op_names[x->op]);
    if (expr_is_aggregate(x))
        return aggregate_compile(c, x, out_node);
    if (x->op == EXPR_NAME)
        return name_compile(c, x, out_node);
    if (x->op == EXPR_CALL)
        return call_compile(c, x, false, out_node);
    if (x->op == EXPR_VALUE)
        return node_constant(c, x->values, out_node);
    return FAIL_AT(c, x->place, INVALID, "want a value, and this is a condition (%s)", expr_op_names[x->op]);
}

fallible node_term(struct compiling *c, const struct expr *x, const struct node **out_node)
{
    const struct expr *outer = c->said;
    c->said = x;
    struct status s = term_compile(c, x, out_node);
    c->said = outer;
    return s;
}

/* --- the whole --- */

/* Nobody's value may change by time alone: all people would change at once, of whom nothing is kept. */
static struct status nobody_check(struct compiling *c, struct arena *scratch)
{
    const struct reading nobody = {.now_us = c->ask->view->now_us, .civil = c->ask->civil};
    int64_t turn_us = program_turn_exact(c->program, &nobody, nobody.now_us + NOBODY_LOOKED_US, scratch);
    if (turn_us != INT64_MAX)
        return FAIL_AT(c, c->program->root->place, INVALID,
                       "this says something of everybody that changes with time: want it of an event or a trait");
    return DONE;
}

static struct status root_compile(struct compiling *c, const struct expr *tree, struct arena *scratch)
{
    const struct node *root;
    bool is_condition = !expr_is_term(tree) || tree->op == EXPR_CALL;
    if (c->ask->wants_truth && !is_condition)
        return FAIL_AT(c, tree->place, INVALID, "want a condition, and this is a value (%s)", expr_op_names[tree->op]);
    if (is_condition && (c->ask->wants_truth || tree->op != EXPR_CALL))
        TRY(node_condition(c, tree, &root));
    else
        TRY(node_term(c, tree, &root));
    if (root->type == TYPE_ANY)
        TRY(node_as(c, RULE_TEXT, root, &root));
    if (root->motion == MOVES)
        return FAIL_AT(c, tree->place, INVALID,
                       "now and ago change at every instant: compare them, or take days_since(…)");
    c->program->root = root;
    return c->ask->is_saved ? DONE : nobody_check(c, scratch);
}

uint32_t name_means(struct compiling *c, uint32_t found)
{
    if (c->ask->is_saved)
        return unpack_varint32(&c->meant);
    pack_varint(&c->meanings, found);
    return found;
}

/* Of what is saved each meaning is asked for again, and nothing else. */
static struct status meanings_settle(struct compiling *c)
{
    if (c->ask->is_saved && !unpack_finished(&c->meant))
        return FAIL(c->e, CORRUPT, "what the names of a rule meant isn't what was saved of it");
    if (c->meanings.overflowed)
        return FAIL(c->e, LIMIT, "an expression has too many names");
    c->program->meanings = arena_copy(c->arena, buf_bytes(&c->meanings));
    return DONE;
}

fallible program_compile(const struct program_ask *ask, const struct expr *tree, struct arena *arena,
                         const struct program **out_program, struct err *e)
{
    struct name_book *own = ask->book == NULL ? name_book_of_view(ask->view, NULL) : NULL;
    struct arena *scratch = arena_create(SCRATCH_BLOCK_BYTES);
    struct compiling c = {.ask = ask,
                          .book = ask->book == NULL ? own : ask->book,
                          .arena = arena,
                          .scratch = scratch,
                          .program = ARENA_NEW(arena, struct program),
                          .e = e,
                          .meant = unpack_of(ask->meanings)};
    buf_init(&c.meanings, PROGRAM_MEANINGS_BYTES_MAX);
    struct status s = root_compile(&c, tree, scratch);
    if (done(s))
        s = meanings_settle(&c);
    *out_program = c.program;
    buf_fini(&c.meanings);
    arena_destroy(scratch);
    name_book_destroy(own);
    return s;
}

enum rule_type program_type(const struct program *p)
{
    return p->root->type;
}

struct bytes program_meanings(const struct program *p)
{
    return p->meanings;
}

size_t program_features(const struct program *p, const struct feature *const **out_list)
{
    *out_list = p->features;
    return p->feature_count;
}

size_t program_places(const struct program *p, const struct program_place **out_list)
{
    *out_list = p->places;
    return p->place_count;
}
