/* A program's nodes as somebody who asks why is told them. What the compiler made for itself – casts, constants – is passed over. */
#include "domain/rule/explain.h"
#include "domain/rule/program_inside.h"

const char *const explained_kind_names[EXPLAINED_KIND_COUNT] = {
    "all",      "any",      "not",     "each",   "compared",  "known", "during",
    "sequence", "relation", "consent", "listed", "aggregate", "name",  "term"};

struct explaining {
    const struct evaluation *ev;
    struct arena *arena;
};

static void node_explain(const struct explaining *x, const struct node *n, struct explained *out);

static const struct node *behind_casts(const struct node *n)
{
    while (n->op == NODE_CAST)
        n = n->parts[0];
    return n;
}

static struct explained *parts_take(const struct explaining *x, struct explained *out, uint32_t room)
{
    out->parts = ARENA_ARRAY(x->arena, struct explained, room);
    return out->parts;
}

/* All parts but those that are constants. */
static void parts_explain(const struct explaining *x, const struct node *n, struct explained *out)
{
    struct explained *parts = parts_take(x, out, n->count);
    for (uint32_t i = 0; i < n->count; i++) {
        const struct node *part = behind_casts(n->parts[i]);
        if (part->op != NODE_CONSTANT)
            node_explain(x, part, &parts[out->count++]);
    }
}

/* --- when time alone changes it --- */

static bool is_same(const struct rule_value *x, const struct rule_value *y)
{
    return x->is_known == y->is_known && (!x->is_known || rule_value_compare(x, y) == 0);
}

static void turn_explain(const struct explaining *x, const struct node *n, struct explained *out)
{
    struct evaluation then = *x->ev;
    out->turn_us = node_turn(&then, n);
    for (uint32_t i = 0; i < EXPLAIN_TURNS_MAX && out->turn_us != INT64_MAX; i++) {
        then.now_us = out->turn_us;
        out->then = node_value(&then, n);
        out->is_exact = !is_same(&out->value, &out->then);
        if (out->is_exact)
            return;
        out->turn_us = node_turn(&then, n);
    }
}

/* --- what each kind of node tells --- */

/* What is counted one by one comes by ones. */
static bool is_of_whole_numbers(const struct node *n)
{
    n = behind_casts(n);
    return n->op == NODE_DAYS ||
           (n->op == NODE_TALLY && (n->expr == EXPR_COUNT || n->expr == EXPR_DAYS || n->expr == EXPR_DISTINCT));
}

static void compare_explain(const struct explaining *x, const struct node *n, struct explained *out)
{
    const struct node *with = n->count == 2 ? behind_casts(n->parts[1]) : NULL;
    out->op = n->expr;
    parts_explain(x, n, out);
    if (with == NULL || with->op != NODE_CONSTANT)
        return;
    out->wants = node_value(x->ev, n->parts[1]);
    struct rule_value has = node_value(x->ev, n->parts[0]);
    bool is_less = has.is_known && has.type == RULE_NUMBER && out->wants.is_known && out->wants.type == RULE_NUMBER &&
                   has.number <= out->wants.number && !(out->value.is_known && out->value.truth);
    if (!is_less || (n->expr != EXPR_AT_LEAST && n->expr != EXPR_MORE))
        return;
    out->lacks = out->wants.number - has.number;
    if (is_of_whole_numbers(n->parts[0]))
        out->lacks = (out->lacks + (n->expr == EXPR_MORE ? NUMBER_ONE : NUMBER_ONE - 1)) / NUMBER_ONE * NUMBER_ONE;
}

static void window_explain(const struct explaining *x, const struct node *n, struct explained *out)
{
    struct span_us window = window_instants(x->ev, n, x->ev->now_us);
    out->has_window = n->window != NULL;
    out->from_us = out->has_window ? window.from_us : INT64_MIN;
    out->until_us = out->has_window ? window.until_us : INT64_MAX;
}

static void tally_explain(const struct explaining *x, const struct node *n, struct explained *out)
{
    out->op = n->expr;
    out->feature = n->number;
    window_explain(x, n, out);
}

static void sequence_explain(const struct explaining *x, const struct node *n, struct explained *out)
{
    out->feature = n->number;
    out->steps = sequence_steps(n, n->step_count);
    out->reached = sequence_reached(x->ev, n);
    window_explain(x, n, out);
}

static void during_explain(const struct explaining *x, const struct node *n, struct explained *out)
{
    window_explain(x, n, out);
    parts_explain(x, n, out);
}

static void known_explain(const struct explaining *x, const struct node *n, struct explained *out)
{
    out->op = n->expr;
    parts_explain(x, n, out);
}

/* The one that fits, or else the first that has begun. */
static const struct rule_relation *relation_of(const struct explaining *x, const struct node *n,
                                               const struct rule_relation *list, size_t count)
{
    struct evaluation inside = *x->ev;
    const struct rule_relation *first = NULL;
    for (size_t i = 0; i < count; i++) {
        if (list[i].since_us > x->ev->now_us)
            continue;
        first = first == NULL ? &list[i] : first;
        inside.relation = &list[i];
        struct rule_value fits = node_value(&inside, n->parts[0]);
        if (fits.is_known && fits.truth)
            return &list[i];
    }
    return first;
}

static void relation_explain(const struct explaining *x, const struct node *n, struct explained *out)
{
    struct evaluation inside = *x->ev;
    const struct explaining within = {.ev = &inside, .arena = x->arena};
    const struct rule_relation *list;
    size_t count = open_relations(x->ev, n, &list);
    for (size_t i = 0; i < count; i++)
        out->relations += list[i].since_us <= x->ev->now_us;
    inside.relation = n->count == 0 ? NULL : relation_of(x, n, list, count);
    if (inside.relation != NULL)
        parts_explain(&within, n, out);
}

static void each_explain(const struct explaining *x, const struct node *n, struct explained *out)
{
    struct evaluation one = *x->ev;
    const struct explaining within = {.ev = &one, .arena = x->arena};
    out->count = n->number < EXPLAIN_UNITS_MAX ? n->number : EXPLAIN_UNITS_MAX;
    struct explained *parts = parts_take(x, out, out->count);
    for (one.unit = 0; one.unit < out->count; one.unit++)
        node_explain(&within, n->parts[0], &parts[one.unit]);
}

static void node_explain(const struct explaining *x, const struct node *n, struct explained *out)
{
    static const struct {
        enum explained_kind kind;
        void (*explain)(const struct explaining *x, const struct node *n,
                        struct explained *out); /* NULL: nothing but its value */
    } ways[NODE_OP_COUNT] = {
        [NODE_OR] = {EXPLAINED_ANY, parts_explain},
        [NODE_AND] = {EXPLAINED_ALL, parts_explain},
        [NODE_NOT] = {EXPLAINED_NOT, parts_explain},
        [NODE_EACH] = {EXPLAINED_EACH, each_explain},
        [NODE_COMPARE] = {EXPLAINED_COMPARED, compare_explain},
        [NODE_KNOWN] = {EXPLAINED_KNOWN, known_explain},
        [NODE_DURING] = {EXPLAINED_DURING, during_explain},
        [NODE_SEQUENCE] = {EXPLAINED_SEQUENCE, sequence_explain},
        [NODE_HAS] = {EXPLAINED_RELATION, relation_explain},
        [NODE_CONSENT] = {EXPLAINED_CONSENT, NULL},
        [NODE_LISTED] = {EXPLAINED_LISTED, NULL},
        [NODE_CONSTANT] = {EXPLAINED_TERM, NULL},
        [NODE_SUM] = {EXPLAINED_TERM, parts_explain},
        [NODE_MINUS] = {EXPLAINED_TERM, parts_explain},
        [NODE_CASE] = {EXPLAINED_TERM, parts_explain},
        [NODE_CAST] = {EXPLAINED_TERM, parts_explain},
        [NODE_NOW] = {EXPLAINED_TERM, NULL},
        [NODE_TODAY] = {EXPLAINED_TERM, NULL},
        [NODE_AGO] = {EXPLAINED_TERM, NULL},
        [NODE_DAYS] = {EXPLAINED_TERM, parts_explain},
        [NODE_TALLY] = {EXPLAINED_TALLY, tally_explain},
        [NODE_TRAIT] = {EXPLAINED_NAME, NULL},
        [NODE_IDENTIFIER] = {EXPLAINED_NAME, NULL},
        [NODE_LIST_VALUE] = {EXPLAINED_NAME, NULL},
        [NODE_MEMBER] = {EXPLAINED_NAME, NULL},
        [NODE_SHARE] = {EXPLAINED_TERM, NULL},
    };
    *out = (struct explained){.kind = ways[n->op].kind,
                              .said = n->said,
                              .value = node_value(x->ev, n),
                              .feature = EXPLAIN_NO_FEATURE,
                              .from_us = INT64_MIN,
                              .until_us = INT64_MAX,
                              .turn_us = INT64_MAX};
    if (ways[n->op].explain != NULL)
        ways[n->op].explain(x, n, out);
    turn_explain(x, n, out);
}

/* --- the nearest way in --- */

/* What is unknown is neither: negated it stays so. */
static bool is_so(const struct explained *x, bool wanted)
{
    return x->value.is_known && x->value.truth == wanted;
}

/* Of parts that all must become so, or of which one is enough. */
static bool takes_all(const struct explained *x, bool wanted)
{
    return (x->kind == EXPLAINED_ALL && wanted) || (x->kind == EXPLAINED_ANY && !wanted);
}

static bool is_joined(const struct explained *x)
{
    return x->kind == EXPLAINED_ALL || x->kind == EXPLAINED_ANY;
}

/* How many parts are to change. */
static uint32_t way_length(const struct explained *x, bool wanted)
{
    uint32_t all = 0, least = UINT32_MAX;
    if (x->kind == EXPLAINED_NOT)
        return way_length(&x->parts[0], !wanted);
    if (is_so(x, wanted))
        return 0;
    for (uint32_t i = 0; is_joined(x) && i < x->count; i++) {
        uint32_t length = way_length(&x->parts[i], wanted);
        all += length;
        least = length < least ? length : least;
    }
    return !is_joined(x) ? 1 : takes_all(x, wanted) ? all : least;
}

static void way_mark(struct explained *x, bool wanted)
{
    if (x->kind == EXPLAINED_NOT) {
        way_mark(&x->parts[0], !wanted);
        return;
    }
    if (is_so(x, wanted))
        return;
    if (!is_joined(x)) {
        x->is_missing = true;
        x->should_hold = wanted;
        return;
    }
    struct explained *nearest = &x->parts[0];
    for (uint32_t i = 0; i < x->count; i++) {
        if (takes_all(x, wanted))
            way_mark(&x->parts[i], wanted);
        else if (way_length(&x->parts[i], wanted) < way_length(nearest, wanted))
            nearest = &x->parts[i];
    }
    if (!takes_all(x, wanted))
        way_mark(nearest, wanted);
}

const struct explained *program_explain(const struct program *p, const struct reading *r, struct arena *arena)
{
    const struct evaluation ev = {.reading = r, .now_us = r->now_us, .scratch = arena, .unit = UNIT_ALL};
    const struct explaining x = {.ev = &ev, .arena = arena};
    struct explained *root = ARENA_NEW(arena, struct explained);
    node_explain(&x, behind_casts(p->root), root);
    if (p->root->type == RULE_TRUTH)
        way_mark(root, true);
    return root;
}
