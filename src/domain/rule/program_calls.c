/* Calls: what is said in words. Tags and segments are read in place. */
#include "domain/collect/collect.h"
#include "domain/rule/program_inside.h"
#include "lib/nearest.h"

struct call;
typedef struct status (*call_way)(struct compiling *c, const struct call *call, const struct expr *x, bool wants_truth,
                                  const struct node **out_node);

/* Words of a call: how many values they take, and of relations which. */
struct call {
    const char *words;
    call_way compile;
    uint32_t least, most;
    bool is_condition; /* whatever is wanted */
    enum days_of days;
    enum relation_type_number relation;
};

/* The text that a call says in its place; INVALID: it says something else. */
static struct status text_of(struct compiling *c, const struct expr *x, uint32_t i, struct bytes *out_text)
{
    const struct expr *part = x->parts[i];
    if (part->op != EXPR_VALUE || part->values->kind != EXPR_TEXT)
        return FAIL_AT(c, part->place == 0 ? x->place : part->place, INVALID, "%.*s wants a text in single quotes",
                       BYTES_ARG(x->name));
    *out_text = part->values->text;
    return DONE;
}

/* --- consents, shares, days --- */

static struct status name_check(struct compiling *c, enum name_kind kind, struct bytes name, const struct expr *x,
                                const char *what)
{
    struct row {
        const char *name;
    } * rows;
    const struct view *v = c->ask->view;
    uint32_t count = 0;
    if (name_means(c, name_number(v, kind, name)) != 0)
        return DONE;
    for (uint32_t n = name_next(v, kind, 0); n != 0; n = name_next(v, kind, n))
        count++;
    rows = ARENA_ARRAY(c->scratch, struct row, count);
    count = 0;
    for (uint32_t n = name_next(v, kind, 0); n != 0; n = name_next(v, kind, n))
        rows[count++].name = arena_text(c->scratch, name_text(v, kind, n));
    return FAIL_AT(c, x->place, INVALID, "there is no %s \"%.*s\"; did you mean \"%s\"?", what, BYTES_ARG(name),
                   nearest_name(name, rows, count, sizeof *rows));
}

static struct status consents_compile(struct compiling *c, const struct call *call, const struct expr *x,
                                      bool wants_truth, const struct node **out_node)
{
    struct node *n;
    (void)call;
    (void)wants_truth;
    TRY(node_make(c, NODE_CONSENT, RULE_TRUTH, x->place, 0, &n));
    *out_node = n;
    TRY(text_of(c, x, 0, &n->name));
    TRY(name_check(c, NAME_PURPOSE, n->name, x->parts[0], "purpose"));
    if (x->count > 1) {
        TRY(text_of(c, x, 1, &n->second));
        TRY(name_check(c, NAME_CHANNEL, n->second, x->parts[1], "channel"));
    }
    return place_note(c, PROGRAM_CONSENT, 0, x->place);
}

static struct status share_compile(struct compiling *c, const struct call *call, const struct expr *x, bool wants_truth,
                                   const struct node **out_node)
{
    struct node *n;
    (void)call;
    (void)wants_truth;
    TRY(node_make(c, NODE_SHARE, RULE_NUMBER, x->place, 0, &n));
    *out_node = n;
    TRY(text_of(c, x, 0, &n->name));
    return place_note(c, PROGRAM_SELF, 0, x->place);
}

#define LUNAR "lunar"

/* A birthday by the lunar calendar is another day each year: no rule says which. */
static bool is_lunar(const struct expr *x)
{
    return x->op == EXPR_NAME && memmem(x->name.data, x->name.size, LUNAR, sizeof LUNAR - 1) != NULL;
}

static struct status days_compile(struct compiling *c, const struct call *call, const struct expr *x, bool wants_truth,
                                  const struct node **out_node)
{
    struct node *n;
    (void)wants_truth;
    TRY(node_make(c, NODE_DAYS, RULE_NUMBER, x->place, 1, &n));
    *out_node = n;
    n->days = call->days;
    if (!expr_is_term(x->parts[0]))
        return FAIL_AT(c, x->parts[0]->place, INVALID, "%s wants a time", call->words);
    if (call->days == DAYS_TO_ANNIVERSARY && is_lunar(x->parts[0]))
        return FAIL_AT(c, x->parts[0]->place, INVALID, "days of the lunar calendar have no anniversary here");
    TRY(node_term(c, x->parts[0], &n->parts[0]));
    const struct node *time = n->parts[0];
    if (time->type != TYPE_ANY && time->type != RULE_TIME && time->type != RULE_TEXT)
        return FAIL_AT(c, time->place, INVALID, "%s wants a time, and this is a %s", call->words,
                       rule_type_names[time->type]);
    if (time->motion != STANDS)
        return FAIL_AT(c, time->place, INVALID, "%s wants a time that doesn't move", call->words);
    n->motion = MOVES_BY_DAY;
    return DONE;
}

static struct status no_loyalty(struct compiling *c, const struct call *call, const struct expr *x, bool wants_truth,
                                const struct node **out_node)
{
    (void)wants_truth;
    (void)out_node;
    return FAIL_AT(c, x->place, INVALID, "%s: there is no loyalty programme yet", call->words);
}

/* --- relations --- */

static struct status to_compile(struct compiling *c, const struct call *call, const struct expr *x, bool wants_truth,
                                const struct node **out_node)
{
    const struct relation_type *type = relation_type_numbered(c->ask->view, call->relation);
    struct bytes text;
    (void)wants_truth;
    assert(type != NULL);
    for (uint32_t i = 0; i < x->count; i++)
        TRY(text_of(c, x, i, &text));
    return x->count == 0 ? relation_compile(c, type, NULL, x->place, out_node) : relation_to(c, type, x, out_node);
}

/* "has friend(…)": any type of relation, and a condition on it. */
static struct status has_compile(struct compiling *c, struct bytes name, const struct expr *x,
                                 const struct node **out_node)
{
    const struct view *v = c->ask->view;
    const struct relation_type *named = relation_type_named(v, name);
    const struct relation_type *type = relation_type_numbered(v, name_means(c, named == NULL ? 0 : named->number));
    struct row {
        const char *name;
    } rows[RELATION_TYPE_END];
    uint32_t count = 0;
    for (const struct relation_type *t = relation_type_next(v, 0); t != NULL; t = relation_type_next(v, t->number))
        rows[count++].name = t->name;
    if (type == NULL)
        return FAIL_AT(c, x->place, INVALID, "there is no relation \"%.*s\"; did you mean \"%s\"?", BYTES_ARG(name),
                       nearest_name(name, rows, count, sizeof *rows));
    if (x->count > 1 || (x->count == 1 && !expr_is_condition(x->parts[0])))
        return FAIL_AT(c, x->place, INVALID, "has %s wants one condition, or none", type->name);
    return relation_compile(c, type, x->count == 0 ? NULL : x->parts[0], x->place, out_node);
}

/* --- tags and segments --- */

static struct status nesting_check(struct compiling *c, const char *kind, struct bytes name, uint32_t place)
{
    uint32_t depth = 0;
    for (const struct nesting *n = c->nesting; n != NULL; n = n->outer, depth++)
        if (n->kind == kind && bytes_equal(n->name, name))
            return FAIL_AT(c, place, INVALID, "%s '%.*s' asks for itself: that is a circle", kind, BYTES_ARG(name));
    if (depth == PROGRAM_NESTED_MAX)
        return FAIL_AT(c, place, LIMIT, "tags and segments lie in each other %u deep at most", PROGRAM_NESTED_MAX);
    return DONE;
}

/* A value where a condition is wanted: it is there. */
static struct status truth_of(struct compiling *c, const struct node *node, const struct node **out_node)
{
    struct node *n;
    *out_node = node;
    if (node->type == RULE_TRUTH)
        return DONE;
    TRY(node_make(c, NODE_KNOWN, RULE_TRUTH, node->place, 1, &n));
    n->expr = EXPR_KNOWN;
    n->parts[0] = node;
    *out_node = n;
    return DONE;
}

static struct status tree_compile(struct compiling *c, const char *kind, struct bytes name, const struct expr *tree,
                                  bool wants_truth, const struct node **out_node)
{
    const struct nesting inside = {kind, name, c->nesting};
    const struct relation_type *relation = c->relation;
    bool is_condition = !expr_is_term(tree) || (tree->op == EXPR_CALL && wants_truth);
    const struct node *node;
    c->nesting = &inside;
    c->relation = NULL;
    struct status s = is_condition ? node_condition(c, tree, &node) : node_term(c, tree, &node);
    c->nesting = inside.outer;
    c->relation = relation;
    if (failed(s))
        return WRAP(c->e, s, "%s '%.*s'", kind, BYTES_ARG(name));
    *out_node = node;
    return wants_truth ? truth_of(c, node, out_node) : DONE;
}

void program_list_name(uint32_t list, enum rule_type type, struct buf *out)
{
    buf_printf(out, "#%u%s%s", list, type == RULE_TRUTH ? "" : " ", type == RULE_TRUTH ? "" : rule_type_names[type]);
}

/* The type that stands behind a number; RULE_TYPE_COUNT: that is none. */
static enum rule_type list_type(struct bytes word)
{
    enum rule_type type = RULE_TRUTH;
    if (word.size == 0)
        return type;
    for (type = RULE_NUMBER; type < RULE_TYPE_COUNT; type++)
        if (bytes_equal(word, bytes_of_text(rule_type_names[type])))
            return type;
    return RULE_TYPE_COUNT;
}

bool program_list_named(struct bytes name, uint32_t *out_list, enum rule_type *out_type)
{
    size_t at = 1;
    uint64_t number = 0;
    if (name.size > PROGRAM_LIST_NAME_BYTES_MAX || !bytes_starts_with(name, BYTES_LIT("#")))
        return false;
    for (; at < name.size && name.data[at] >= '0' && name.data[at] <= '9' && number <= UINT32_MAX; at++)
        number = number * 10 + (uint64_t)(name.data[at] - '0');
    bool is_spaced = at < name.size && name.data[at] == ' ';
    *out_list = (uint32_t)number;
    *out_type = list_type(bytes_slice(name, is_spaced ? at + 1 : at, name.size));
    return at > 1 && number <= UINT32_MAX && *out_type != RULE_TYPE_COUNT;
}

/* Of one without values there is nothing but whether it holds. */
static struct status list_compile(struct compiling *c, const struct expr *x, uint32_t list, enum rule_type type,
                                  bool wants_truth, const struct node **out_node)
{
    struct node *n;
    bool is_truth = wants_truth || type == RULE_TRUTH;
    TRY(node_make(c, is_truth ? NODE_LISTED : NODE_LIST_VALUE, is_truth ? RULE_TRUTH : type, x->place, 0, &n));
    n->number = list;
    *out_node = n;
    return place_note(c, PROGRAM_LIST, list, x->place);
}

/* Of a segment only a condition is asked. */
static struct status other_compile(struct compiling *c, const struct call *call, const struct expr *x, bool wants_truth,
                                   const struct node **out_node)
{
    const struct program_names *names = c->ask->names;
    struct bytes name, nearest = BYTES_NONE;
    uint32_t list;
    enum rule_type type;
    bool is_truth = wants_truth || call->is_condition;
    TRY(text_of(c, x, 0, &name));
    if (program_list_named(name, &list, &type))
        return list_compile(c, x, list, type, is_truth, out_node);
    TRY(nesting_check(c, call->words, name, x->parts[0]->place));
    const struct expr *tree = names == NULL ? NULL : names->tree(names->context, call->words, name, c->arena, &nearest);
    if (tree != NULL)
        return tree_compile(c, call->words, name, tree, is_truth, out_node);
    return nearest.size == 0
               ? FAIL_AT(c, x->parts[0]->place, INVALID, "there is no %s '%.*s'", call->words, BYTES_ARG(name))
               : FAIL_AT(c, x->parts[0]->place, INVALID, "there is no %s '%.*s'; did you mean '%.*s'?", call->words,
                         BYTES_ARG(name), BYTES_ARG(nearest));
}

/* --- all of them --- */

#define TEXTS_MAX 100u
static const struct call calls[] = {
    {.words = "consents", .compile = consents_compile, .least = 1, .most = 2},
    {.words = "tag", .compile = other_compile, .least = 1, .most = 1},
    {.words = "segment", .compile = other_compile, .least = 1, .most = 1, .is_condition = true},
    {.words = "share", .compile = share_compile, .least = 1, .most = 1},
    {.words = "days_since", .compile = days_compile, .least = 1, .most = 1, .days = DAYS_SINCE},
    {.words = "days_until", .compile = days_compile, .least = 1, .most = 1, .days = DAYS_UNTIL},
    {.words = "until_anniversary", .compile = days_compile, .least = 1, .most = 1, .days = DAYS_TO_ANNIVERSARY},
    {.words = "years_since", .compile = days_compile, .least = 1, .most = 1, .days = YEARS_SINCE},
    {.words = "tier", .compile = no_loyalty, .most = TEXTS_MAX},
    {.words = "points", .compile = no_loyalty, .most = TEXTS_MAX},
    {.words = "follows", .compile = to_compile, .most = TEXTS_MAX, .relation = RELATION_FOLLOWS},
    {.words = "friend of", .compile = to_compile, .most = TEXTS_MAX, .relation = RELATION_FRIEND},
    {.words = "in group", .compile = to_compile, .most = TEXTS_MAX, .relation = RELATION_IN_GROUP},
    {.words = "subscribed to", .compile = to_compile, .most = TEXTS_MAX, .relation = RELATION_SUBSCRIBED},
    {.words = "member of", .compile = to_compile, .most = TEXTS_MAX, .relation = RELATION_MEMBER},
    {.words = "owned by", .compile = to_compile, .most = TEXTS_MAX, .relation = RELATION_OWNED_BY},
    {.words = "owned by guide", .compile = to_compile, .most = TEXTS_MAX, .relation = RELATION_OWNED_BY},
    {.words = "recruited by", .compile = to_compile, .most = TEXTS_MAX, .relation = RELATION_RECRUITED_BY},
    {.words = "sold by", .compile = to_compile, .most = TEXTS_MAX, .relation = RELATION_SOLD_BY},
};

static const struct call *call_named(struct bytes words)
{
    for (size_t i = 0; i < COUNT_OF(calls); i++)
        if (bytes_equal(words, bytes_of_text(calls[i].words)))
            return &calls[i];
    return NULL;
}

fallible call_compile(struct compiling *c, const struct expr *x, bool wants_truth, const struct node **out_node)
{
    static const struct bytes has = BYTES_INIT("has ");
    const struct call *call = call_named(x->name);
    if (bytes_starts_with(x->name, has))
        return has_compile(c, bytes_slice(x->name, has.size, x->name.size), x, out_node);
    if (call == NULL)
        return FAIL_AT(c, x->place, INVALID, "nothing is called \"%.*s(…)\"; did you mean \"%s(…)\"?",
                       BYTES_ARG(x->name), nearest_name(x->name, calls, COUNT_OF(calls), sizeof *calls));
    if (x->member.size > 0)
        return FAIL_AT(c, x->place, INVALID, "%s(…) is one value: it has no \"%.*s\"", call->words,
                       BYTES_ARG(x->member));
    if (x->count < call->least || x->count > call->most)
        return FAIL_AT(c, x->place, INVALID, "%s wants %u to %u values", call->words, call->least, call->most);
    return call->compile(c, call, x, wants_truth, out_node);
}
