/* What definitions say: read, and read in place of their names. */
#include <string.h>

#include "domain/audience/definitions.h"
#include "domain/calendar/calendar.h"
#include "lib/nearest.h"

static fallible tree_read(enum audience_kind kind, struct bytes text, struct arena *arena, const struct expr **out_tree,
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

static bool is_naming(const struct expr *x)
{
    return x->op == EXPR_CALL && x->count == 1 && x->parts[0]->op == EXPR_VALUE &&
           x->parts[0]->values[0].kind == EXPR_TEXT;
}

static fallible names_check(const struct expr *x, struct err *e)
{
    if (is_naming(x) && audience_name_is_reserved(x->parts[0]->values[0].text))
        return FAIL(e, INVALID,
                    "at character %u: no tag or segment has a name that begins with # or =", x->parts[0]->place);
    for (uint32_t i = 0; x->op != EXPR_VALUE && i < x->count; i++)
        TRY(names_check(x->parts[i], e));
    return DONE;
}

fallible audience_read(enum audience_kind kind, struct bytes text, struct arena *arena, const struct expr **out_tree,
                       struct err *e)
{
    TRY(tree_read(kind, text, arena, out_tree, e));
    return names_check(*out_tree, e);
}

/* The kind that a call asks for; AUDIENCE_KIND_COUNT: it is another call, or of a list. */
static enum audience_kind kind_called(const struct expr *x)
{
    enum audience_kind kind = AUDIENCE_SEGMENT;
    if (!is_naming(x) || bytes_starts_with(x->parts[0]->values[0].text, BYTES_LIT("#")))
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

/* A tag of a group by itself: "=x" is x. */
static bool is_by_itself(struct bytes *io_name)
{
    bool is = bytes_starts_with(*io_name, BYTES_LIT("="));
    if (is)
        *io_name = bytes_slice(*io_name, 1, io_name->size);
    return is;
}

static bool name_find(const struct audience_names *n, enum audience_kind kind, struct bytes name, struct audience *out)
{
    (void)is_by_itself(&name);
    if (n->said != NULL && n->said->kind == kind && bytes_equal(n->said->name, name)) {
        *out = *n->said;
        return true;
    }
    return audience_find(n->view, kind, name, out);
}

static bool is_in_sight(const struct audience_names *n, const struct audience *a)
{
    return n->sight == NULL || n->sight->sees == NULL || n->sight->sees(n->sight->context, n->view, a->brand);
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
        if (is_in_sight(n, &a))
            list[count++].name = arena_text(arena, a.name);
    const char *near = near_name(name, list, count, sizeof *list);
    return near == NULL ? BYTES_NONE : bytes_of_text(near);
}

static fallible named_tree(const struct audience_names *n, const struct audience *a, struct bytes name,
                           struct arena *arena, const struct expr **out_tree, struct err *e)
{
    return is_by_itself(&name) ? audience_own_tree(n, a, arena, out_tree, e) : audience_tree(n, a, arena, out_tree, e);
}

/* As struct program_names has it. */
static const struct expr *name_tree(void *context, const char *words, struct bytes name, struct arena *arena,
                                    struct bytes *out_nearest)
{
    const struct audience_names *n = context;
    enum audience_kind kind = strcmp(words, audience_kind_names[AUDIENCE_TAG]) == 0 ? AUDIENCE_TAG : AUDIENCE_SEGMENT;
    const struct expr *tree;
    struct audience a;
    if (name_find(n, kind, name, &a) && done(named_tree(n, &a, name, arena, &tree, NULL)))
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
    const struct audience_names *names;
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
    if (calls > 0 && all != NULL && name_find(all->names, kind, x->parts[0]->values[0].text, &a))
        named_add(all, a.number);
    for (uint32_t i = 0; x->op != EXPR_VALUE && i < x->count; i++)
        calls += named_walk(x->parts[i], all);
    return calls;
}

size_t audience_named(const struct view *v, const struct audience *a, const uint32_t **out_list)
{
    const struct expr *tree;
    struct audience_names names;
    audience_names_init(&names, v, NULL);
    struct status status = audience_tree(&names, a, v->arena, &tree, NULL);
    assert(done(status));
    (void)status;
    struct named all = {.names = &names, .room = named_walk(tree, NULL)};
    all.list = ARENA_ARRAY(v->arena, uint32_t, all.room + 1);
    (void)named_walk(tree, &all);
    *out_list = all.list;
    return all.count;
}

bool audience_is_seen(const struct view *v, const struct audience *a, const struct audience_sight *sight)
{
    const uint32_t *list;
    struct audience part;
    bool is_seen = sight->sees == NULL || sight->sees(sight->context, v, a->brand);
    size_t count = sight->sees == NULL ? 0 : audience_named(v, a, &list);
    for (size_t i = 0; i < count && is_seen; i++)
        is_seen = !audience_numbered(v, list[i], &part) || audience_is_seen(v, &part, sight);
    return is_seen;
}

static fallible sight_walk(const struct audience_names *n, const struct expr *x, struct err *e)
{
    enum audience_kind kind = kind_called(x);
    struct audience a;
    if (kind != AUDIENCE_KIND_COUNT) {
        struct bytes name = x->parts[0]->values[0].text;
        if (name_find(n, kind, name, &a) && !is_in_sight(n, &a)) {
            (void)is_by_itself(&name);
            return FAIL(e, INVALID, "there is no %s '%.*s'", audience_kind_names[kind], BYTES_ARG(name));
        }
    }
    for (uint32_t i = 0; x->op != EXPR_VALUE && i < x->count; i++)
        TRY(sight_walk(n, x->parts[i], e));
    return DONE;
}

/* Whoever names a definition reads who is in it. */
static fallible sight_check(const struct audience_names *n, struct err *e)
{
    const struct expr *tree;
    TRY(audience_tree(n, n->said, n->view->arena, &tree, e));
    return sight_walk(n, tree, e);
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
    TRY(named_tree(x->names, &a, name, x->arena, &tree, x->e));
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
    TRY(audience_tree(n, a, arena, &tree, e));
    TRY(root_expand(&x, &inside, tree, &tree));
    expr_print(tree, &text);
    if (text.overflowed)
        return FAIL(e, LIMIT, "with the tags and segments in it, it has over %u bytes", RULE_TEXT_BYTES_MAX);
    *out_text = buf_bytes(&text);
    return DONE;
}

/* --- could it be saved? --- */

static struct series_walk nothing_gathered(void *context, uint32_t feature, const struct series_shape *shape)
{
    (void)context, (void)feature;
    return series_walk(shape, BYTES_NONE);
}

/* What a program may say and nothing is gathered for would never hold, without a word: so it is refused. */
static fallible gathered_check(const struct program *p, struct err *e)
{
    const struct feature *const *features;
    bool asks_things = false;
    for (size_t i = 0, count = program_features(p, &features); i < count; i++)
        asks_things |= features[i]->of == FEATURE_EVENTS && features[i]->needs_things;
    if (asks_things)
        return FAIL(e, INVALID,
                    "of events, tags and segments can't ask for attributes of things yet: ask orders, as "
                    "did(order where item.sku.category = 'x'), or send the attribute with the event");
    return DONE;
}

/* What definitions are compiled with. */
struct examining {
    struct audience_names names;
    const struct name_book *book;
    struct civil *civil;
};

static fallible one_examine(struct examining *x, const struct audience *a, struct err *e)
{
    const struct audience_names *n = &x->names;
    struct arena *arena = n->view->arena;
    struct program_ask ask = {.view = n->view,
                              .civil = x->civil,
                              .names = &n->names,
                              .book = x->book,
                              .wants_truth = a->kind == AUDIENCE_SEGMENT};
    struct reading nobody = {.now_us = n->view->now_us, .civil = x->civil, .series = nothing_gathered};
    const struct expr *tree;
    const struct program *p;
    struct bytes text;
    TRY(audience_tree(n, a, arena, &tree, e));
    TRY(program_compile(&ask, tree, arena, &p, e));
    TRY(gathered_check(p, e));
    if (program_turn(p, &nobody, arena) != INT64_MAX)
        return FAIL(e, INVALID, "it says something of everybody that changes with time");
    return audience_expand(n, a, arena, &text, e);
}

/* A tag that could be in a group: there, and none itself. */
static fallible member_find(const struct audience_names *n, struct bytes name, struct audience *out_tag, struct err *e)
{
    bool is_there = name_find(n, AUDIENCE_TAG, name, out_tag);
    if (is_there && out_tag->content != AUDIENCE_GROUP)
        return DONE;
    if (is_there)
        return FAIL(e, INVALID, "tag '%.*s' is a group itself", BYTES_ARG(name));
    struct bytes near = name_near(n, AUDIENCE_TAG, name);
    return near.size == 0 ? FAIL(e, INVALID, "there is no tag '%.*s' for the group", BYTES_ARG(name))
                          : FAIL(e, INVALID, "there is no tag '%.*s' for the group; did you mean '%.*s'?",
                                 BYTES_ARG(name), BYTES_ARG(near));
}

/* The tags of a group are there, and in no other one. */
static fallible group_examine(const struct audience_names *n, struct err *e)
{
    struct audience tag, group;
    struct bytes name;
    for (struct unpack u = unpack_of(n->said->members); audience_member_next(&u, &name);) {
        TRY(member_find(n, name, &tag, e));
        uint32_t number = audience_group_of(n->view, tag.number);
        if (number != 0 && audience_numbered(n->view, number, &group) && !bytes_equal(group.name, n->said->name))
            return FAIL(e, INVALID, "tag '%.*s' is in the group '%.*s' already", BYTES_ARG(name),
                        BYTES_ARG(group.name));
    }
    return DONE;
}

/* A rule of a brand without a number would be one of all brands. */
static fallible brand_examine(const struct audience_names *n, struct err *e)
{
    struct bytes brand = n->said->brand;
    if (brand.size > 0 && name_number(n->view, NAME_BRAND, brand) == 0)
        return FAIL(e, INVALID, "no event or thing has named the brand '%.*s' yet", BYTES_ARG(brand));
    return DONE;
}

static fallible all_examine(struct examining *x, struct err *e)
{
    const struct audience_names *n = &x->names;
    struct audience standing = {.number = 0};
    uint32_t changing[AUDIENCE_TOGETHER_MAX];
    TRY(brand_examine(n, e));
    TRY(sight_check(n, e));
    TRY(group_examine(n, e));
    TRY(one_examine(x, n->said, e));
    (void)audience_find(n->view, n->said->kind, n->said->name, &standing);
    size_t count = audience_changing(n->view, n->said, standing.number, changing, COUNT_OF(changing));
    if (count > COUNT_OF(changing))
        return FAIL(e, LIMIT, "over %u tags and segments would change with it", AUDIENCE_TOGETHER_MAX);
    for (size_t i = 1; i < count; i++)
        if (audience_numbered(n->view, changing[i], &standing))
            TRY(WRAP(e, one_examine(x, &standing, e), "%s '%.*s', which names it", audience_kind_names[standing.kind],
                     BYTES_ARG(standing.name)));
    return DONE;
}

fallible audience_examine(const struct view *v, const struct audience *said, const struct name_book *names,
                          const struct audience_sight *sight, struct err *e)
{
    struct examining x = {.book = names, .civil = calendar_civil(v)};
    audience_names_init(&x.names, v, said);
    x.names.sight = sight;
    struct status status = all_examine(&x, e);
    civil_destroy(x.civil);
    return status;
}
