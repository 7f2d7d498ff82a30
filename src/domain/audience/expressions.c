/* What definitions say: read, and read in place of their names. */
#include <string.h>

#include "domain/audience/definitions.h"
#include "domain/calendar/calendar.h"
#include "lib/nearest.h"

fallible audience_read(enum audience_kind kind, struct bytes text, struct arena *arena, const struct expr **out_tree,
                       struct err *e)
{
    struct err of_condition = {0};
    struct status status = expr_read(arena, text, out_tree, &of_condition);
    if (done(status))
        return DONE;
    if (kind == AUDIENCE_TAG && done(expr_read_term(arena, text, out_tree, NULL)))
        return DONE;
    if (e != NULL)
        *e = of_condition; /* a condition begins as a term does: it comes at least as far */
    return status;
}

/* The kind that a call asks for; AUDIENCE_KIND_COUNT: it is another call. */
static enum audience_kind kind_called(const struct expr *x)
{
    enum audience_kind kind = AUDIENCE_SEGMENT;
    if (x->op != EXPR_CALL || x->count != 1 || x->parts[0]->op != EXPR_VALUE ||
        x->parts[0]->values[0].kind != EXPR_TEXT)
        return AUDIENCE_KIND_COUNT;
    while (kind < AUDIENCE_KIND_COUNT && !bytes_equal(x->name, bytes_of_text(audience_kind_names[kind])))
        kind++;
    return kind;
}

bool audience_is_condition(enum audience_kind kind, struct bytes text, struct arena *arena)
{
    const struct expr *tree;
    return kind == AUDIENCE_SEGMENT || failed(expr_read_term(arena, text, &tree, NULL));
}

/* --- names --- */

static bool name_find(const struct audience_names *n, enum audience_kind kind, struct bytes name, struct audience *out)
{
    if (n->said != NULL && n->said->kind == kind && bytes_equal(n->said->name, name)) {
        *out = *n->said;
        return true;
    }
    return audience_find(n->view, kind, name, out);
}

struct candidate {
    const char *name; /* of nearest_name */
};

static struct bytes name_near(const struct audience_names *n, enum audience_kind kind, struct bytes name)
{
    struct arena *arena = n->view->arena;
    struct candidate *list = ARENA_ARRAY(arena, struct candidate, audiences_count(n->view) + 1);
    size_t count = 0;
    struct audience a;
    for (struct bytes after = BYTES_NONE; audience_next(n->view, kind, after, &a); after = a.name)
        list[count++].name = arena_text(arena, a.name);
    const char *near = near_name(name, list, count, sizeof *list);
    return near == NULL ? BYTES_NONE : bytes_of_text(near);
}

/* As struct program_names has it. */
static const struct expr *name_tree(void *context, const char *words, struct bytes name, struct arena *arena,
                                    struct bytes *out_nearest)
{
    const struct audience_names *n = context;
    enum audience_kind kind = strcmp(words, audience_kind_names[AUDIENCE_TAG]) == 0 ? AUDIENCE_TAG : AUDIENCE_SEGMENT;
    const struct expr *tree;
    struct audience a;
    if (name_find(n, kind, name, &a) && done(audience_read(kind, a.text, arena, &tree, NULL)))
        return tree;
    *out_nearest = name_near(n, kind, name);
    return NULL;
}

void audience_names_init(struct audience_names *n, const struct view *v, const struct audience *said)
{
    *n = (struct audience_names){.view = v, .said = said, .names = {.context = n, .tree = name_tree}};
}

/* --- who is named --- */

struct named {
    const struct view *view;
    uint32_t *list;
    size_t count, room;
};

static void named_add(struct named *all, uint32_t number)
{
    size_t at = 0;
    while (at < all->count && all->list[at] < number)
        at++;
    if (at < all->count && all->list[at] == number)
        return;
    assert(all->count < all->room);
    memmove(all->list + at + 1, all->list + at, (all->count - at) * sizeof *all->list);
    all->list[at] = number;
    all->count++;
}

/* NULL: only counts. */
static size_t named_walk(const struct expr *x, struct named *all)
{
    enum audience_kind kind = kind_called(x);
    struct audience a;
    size_t calls = kind != AUDIENCE_KIND_COUNT;
    if (calls > 0 && all != NULL && audience_find(all->view, kind, x->parts[0]->values[0].text, &a))
        named_add(all, a.number);
    for (uint32_t i = 0; x->op != EXPR_VALUE && i < x->count; i++)
        calls += named_walk(x->parts[i], all);
    return calls;
}

size_t audience_named(const struct view *v, const struct audience *a, const uint32_t **out_list)
{
    const struct expr *tree;
    struct status status = audience_read(a->kind, a->text, v->arena, &tree, NULL);
    assert(done(status));
    (void)status;
    struct named all = {.view = v, .room = named_walk(tree, NULL)};
    all.list = ARENA_ARRAY(v->arena, uint32_t, all.room + 1);
    (void)named_walk(tree, &all);
    *out_list = all.list;
    return all.count;
}

/* --- in place --- */

/* Whom the walk is inside of, outermost last. */
struct inside {
    enum audience_kind kind;
    struct bytes name;
    uint32_t depth;
    const struct inside *outer;
};
struct expanding {
    const struct audience_names *names;
    struct arena *arena;
    struct err *e;
    uint32_t nodes;
};

static fallible node_expand(struct expanding *x, const struct inside *inside, const struct expr *tree, bool wants_truth,
                            const struct expr **out_tree);

/* A value where a condition is wanted: it is there (as program_compile has it). */
static fallible fit(struct expanding *x, const struct expr *call, const struct expr *tree, bool wants_truth,
                    const struct expr **out_tree)
{
    if (wants_truth ? expr_is_condition(tree) : expr_is_term(tree)) {
        *out_tree = tree;
        return DONE;
    }
    if (!wants_truth)
        return FAIL(x->e, INVALID, "%.*s '%.*s' is a condition, and a value is wanted", BYTES_ARG(call->name),
                    BYTES_ARG(call->parts[0]->values[0].text));
    struct expr *known = ARENA_NEW(x->arena, struct expr);
    const struct expr **part = ARENA_NEW(x->arena, const struct expr *);
    *part = tree;
    *known = (struct expr){.op = EXPR_KNOWN, .place = call->place, .count = 1, .depth = tree->depth + 1, .parts = part};
    *out_tree = known;
    return DONE;
}

static fallible call_expand(struct expanding *x, const struct inside *inside, enum audience_kind kind,
                            const struct expr *call, bool wants_truth, const struct expr **out_tree)
{
    struct bytes name = call->parts[0]->values[0].text;
    const struct expr *tree;
    struct audience a;
    const struct inside next = {kind, name, inside->depth + 1, inside};
    for (const struct inside *i = inside; i != NULL; i = i->outer)
        if (i->kind == kind && bytes_equal(i->name, name))
            return FAIL(x->e, INVALID, "%s '%.*s' asks for itself: that is a circle", audience_kind_names[kind],
                        BYTES_ARG(name));
    if (next.depth > PROGRAM_NESTED_MAX)
        return FAIL(x->e, LIMIT, "tags and segments lie in each other %u deep at most", PROGRAM_NESTED_MAX);
    if (!name_find(x->names, kind, name, &a))
        return FAIL(x->e, INVALID, "there is no %s '%.*s'", audience_kind_names[kind], BYTES_ARG(name));
    TRY(audience_read(kind, a.text, x->arena, &tree, x->e));
    TRY(node_expand(x, &next, tree, wants_truth || !expr_is_term(tree), &tree));
    return fit(x, call, tree, wants_truth || kind == AUDIENCE_SEGMENT, out_tree);
}

/* Whether a condition stands in this place: of a call's arguments what they are says it. */
static bool part_wants_truth(const struct expr *tree, uint32_t i)
{
    switch (tree->op) {
    case EXPR_OR:
    case EXPR_AND:
    case EXPR_NOT:
        return true;
    case EXPR_CASE:
        return i % 2 == 0 && i + 1 < tree->count;
    case EXPR_CALL:
        return expr_is_condition(tree->parts[i]);
    default:
        return false;
    }
}

/* `a or (b or c)` is one. */
static uint32_t flat_count(const struct expr *tree, enum expr_op op)
{
    return tree->op == op && (op == EXPR_OR || op == EXPR_AND) ? tree->count : 1;
}

static void parts_flatten(struct expanding *x, struct expr *io_tree)
{
    uint32_t count = 0, at = 0;
    for (uint32_t i = 0; i < io_tree->count; i++)
        count += flat_count(io_tree->parts[i], io_tree->op);
    if (count == io_tree->count)
        return;
    const struct expr **parts = ARENA_ARRAY(x->arena, const struct expr *, count);
    for (uint32_t i = 0; i < io_tree->count; i++) {
        const struct expr *part = io_tree->parts[i];
        if (flat_count(part, io_tree->op) == 1)
            parts[at++] = part;
        else
            for (uint32_t k = 0; k < part->count; k++)
                parts[at++] = part->parts[k];
    }
    io_tree->parts = parts;
    io_tree->count = count;
}

static fallible parts_expand(struct expanding *x, const struct inside *inside, const struct expr *tree,
                             struct expr **out_tree)
{
    struct expr *copy = ARENA_NEW(x->arena, struct expr);
    const struct expr **parts = ARENA_ARRAY(x->arena, const struct expr *, tree->count);
    *copy = *tree;
    for (uint32_t i = 0; i < tree->count; i++) {
        TRY(node_expand(x, inside, tree->parts[i], part_wants_truth(tree, i), &parts[i]));
        copy->depth = parts[i]->depth >= copy->depth ? parts[i]->depth + 1 : copy->depth;
    }
    copy->parts = parts;
    parts_flatten(x, copy);
    *out_tree = copy;
    return DONE;
}

static fallible node_expand(struct expanding *x, const struct inside *inside, const struct expr *tree, bool wants_truth,
                            const struct expr **out_tree)
{
    enum audience_kind kind = kind_called(tree);
    struct expr *copy;
    if (++x->nodes > EXPR_NODES_MAX)
        return FAIL(x->e, LIMIT, "with the tags and segments in it, it has over %u parts", EXPR_NODES_MAX);
    if (kind != AUDIENCE_KIND_COUNT)
        return call_expand(x, inside, kind, tree, wants_truth, out_tree);
    *out_tree = tree;
    if (tree->op == EXPR_VALUE || tree->count == 0)
        return DONE;
    TRY(parts_expand(x, inside, tree, &copy));
    *out_tree = copy;
    return copy->depth <= EXPR_DEPTH_MAX
               ? DONE
               : FAIL(x->e, LIMIT, "with the tags and segments in it, it is over %u levels deep", EXPR_DEPTH_MAX);
}

/* A tag is whatever a tag that it names is. */
static fallible root_expand(struct expanding *x, const struct inside *inside, const struct expr *tree,
                            const struct expr **out_tree)
{
    if (inside->kind == AUDIENCE_TAG && expr_is_term(tree) && done(node_expand(x, inside, tree, false, out_tree)))
        return DONE;
    return node_expand(x, inside, tree, true, out_tree);
}

fallible audience_expand(const struct audience_names *n, const struct audience *a, struct arena *arena,
                         struct bytes *out_text, struct err *e)
{
    struct expanding x = {.names = n, .arena = arena, .e = e};
    const struct inside inside = {.kind = a->kind, .name = a->name};
    const struct expr *tree;
    struct buf text = arena_buf(arena, RULE_TEXT_BYTES_MAX);
    TRY(audience_read(a->kind, a->text, arena, &tree, e));
    TRY(root_expand(&x, &inside, tree, &tree));
    expr_print(tree, &text);
    if (text.overflowed)
        return FAIL(e, LIMIT, "with the tags and segments in it, it has over %u bytes", RULE_TEXT_BYTES_MAX);
    *out_text = buf_bytes(&text);
    return DONE;
}

/* --- could it be saved? --- */

static struct bytes nothing_gathered(void *context, uint32_t feature)
{
    (void)context, (void)feature;
    return BYTES_NONE;
}

/* What a program may say and no rule is told of yet would never hold, without a word: so it is refused. */
static fallible gathered_check(const struct program *p, struct err *e)
{
    const struct feature *const *features;
    const struct program_place *places;
    bool asks_orders = false, asks_things = false;
    for (size_t i = 0, count = program_features(p, &features); i < count; i++) {
        asks_orders |= features[i]->of == FEATURE_ORDERS;
        asks_things |= features[i]->needs_things;
    }
    for (size_t i = 0, count = program_places(p, &places); i < count; i++)
        asks_things |= places[i].what == PROGRAM_THING;
    if (asks_orders)
        return FAIL(e, INVALID,
                    "tags and segments can't ask for order documents yet: ask for events, as sum(order_paid.amount)");
    if (asks_things)
        return FAIL(e, INVALID,
                    "tags and segments can't ask for names and attributes of things yet: ask for ids, as has "
                    "owned_by(id = 'G17')");
    return DONE;
}

static fallible one_examine(struct audience_names *n, const struct civil *civil, const struct audience *a,
                            struct err *e)
{
    struct arena *arena = n->view->arena;
    struct program_ask ask = {
        .view = n->view, .civil = civil, .names = &n->names, .wants_truth = a->kind == AUDIENCE_SEGMENT};
    struct reading nobody = {.now_us = n->view->now_us, .civil = civil, .series = nothing_gathered};
    const struct expr *tree;
    const struct program *p;
    struct bytes text;
    TRY(audience_read(a->kind, a->text, arena, &tree, e));
    TRY(program_compile(&ask, tree, arena, &p, e));
    TRY(gathered_check(p, e));
    if (program_turn(p, &nobody, arena) != INT64_MAX)
        return FAIL(e, INVALID, "it says something of everybody that changes with time");
    return audience_expand(n, a, arena, &text, e);
}

static fallible all_examine(struct audience_names *n, const struct civil *civil, struct err *e)
{
    struct audience standing;
    uint32_t above[AUDIENCE_TOGETHER_MAX];
    TRY(one_examine(n, civil, n->said, e));
    if (!audience_find(n->view, n->said->kind, n->said->name, &standing))
        return DONE;
    size_t count = audience_above(n->view, standing.number, above, COUNT_OF(above));
    if (count > COUNT_OF(above))
        return FAIL(e, LIMIT, "over %u tags and segments would change with it", AUDIENCE_TOGETHER_MAX);
    for (size_t i = 1; i < count; i++)
        if (audience_numbered(n->view, above[i], &standing))
            TRY(WRAP(e, one_examine(n, civil, &standing, e), "%s '%.*s', which names it",
                     audience_kind_names[standing.kind], BYTES_ARG(standing.name)));
    return DONE;
}

fallible audience_examine(const struct view *v, const struct audience *said, struct err *e)
{
    struct audience_names n;
    struct civil *civil = calendar_civil(v);
    audience_names_init(&n, v, said);
    struct status status = all_examine(&n, civil, e);
    civil_destroy(civil);
    return status;
}
