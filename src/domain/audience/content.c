/* What definitions say, by their content: lists and groups are written as expressions, and what bounds a definition is put around what it says. */
#include "domain/audience/definitions.h"

#define GUARD_BYTES_MAX 8192u

static void text_put(struct buf *b, struct bytes text)
{
    expr_print_value(&(struct expr_value){.kind = EXPR_TEXT, .text = text}, b);
}

/* --- by itself --- */

static bool standing_find(const struct audience_names *n, const struct audience *a, struct audience *out)
{
    return audience_find(n->view, a->kind, a->name, out);
}

/* The number that it has or, when it is only about to be, will have. */
static uint32_t number_of(const struct audience_names *n, const struct audience *a)
{
    struct audience standing;
    return standing_find(n, a, &standing) ? standing.number : audience_number_next(n->view);
}

/* Somebody who is on a list: segment('#12'), tag('#12 number'). */
static void list_print(const struct audience_names *n, const struct audience *a, struct buf *out)
{
    static const enum rule_type types[LIST_VALUE_COUNT] = {
        [LIST_HOLDS] = RULE_TRUTH, [LIST_TEXT] = RULE_TEXT, [LIST_NUMBER] = RULE_NUMBER, [LIST_TIME] = RULE_TIME};
    struct buf name = arena_buf(n->view->arena, PROGRAM_LIST_NAME_BYTES_MAX);
    program_list_name(number_of(n, a), types[a->value], &name);
    buf_printf(out, "%s(", audience_kind_names[a->kind]);
    text_put(out, buf_bytes(&name));
    buf_push_text(out, ")");
}

static void by_itself_put(const struct audience_names *n, struct bytes name, struct buf *out)
{
    struct buf own = arena_buf(n->view->arena, AUDIENCE_NAME_BYTES_MAX + 1);
    buf_push_text(&own, "=");
    buf_push(&own, name);
    buf_push_text(out, "tag(");
    text_put(out, buf_bytes(&own));
    buf_push_text(out, ")");
}

/* The name of the first of its tags that holds. */
static void group_print(const struct audience_names *n, const struct audience *a, struct buf *out)
{
    struct bytes name;
    buf_push_text(out, "case");
    for (struct unpack u = unpack_of(a->members); audience_member_next(&u, &name);) {
        buf_push_text(out, " when ");
        by_itself_put(n, name, out);
        buf_push_text(out, " then ");
        text_put(out, name);
    }
    buf_push_text(out, " end");
}

static fallible either_read(struct bytes text, bool is_term, struct arena *arena, const struct expr **out_tree,
                            struct err *e)
{
    struct bytes kept = arena_copy(arena, text);
    return is_term ? expr_read_term(arena, kept, out_tree, e) : expr_read(arena, kept, out_tree, e);
}

static fallible content_read(const struct audience_names *n, const struct audience *a, struct arena *arena,
                             const struct expr **out_tree, struct err *e)
{
    struct buf text = arena_buf(arena, AUDIENCE_TEXT_BYTES_MAX * 2);
    if (a->content == AUDIENCE_RULE)
        return audience_read(a->kind, a->text, arena, out_tree, e);
    if (a->content == AUDIENCE_LIST)
        list_print(n, a, &text);
    else
        group_print(n, a, &text);
    bool is_term = a->content == AUDIENCE_GROUP || a->value != LIST_HOLDS;
    return either_read(buf_bytes(&text), is_term, arena, out_tree, e);
}

/* --- what bounds it --- */

static bool is_value(const struct audience *a, const struct expr *tree)
{
    bool may_be = a->kind == AUDIENCE_TAG && (a->content != AUDIENCE_LIST || a->value != LIST_HOLDS);
    return may_be && expr_is_term(tree);
}

/* The same, but only where the guard holds. */
static fallible guard_put(const struct audience *a, struct bytes guard, struct arena *arena,
                          const struct expr **io_tree, struct err *e)
{
    struct buf text = arena_buf(arena, RULE_TEXT_BYTES_MAX);
    bool is_term = is_value(a, *io_tree);
    buf_printf(&text, is_term ? "case when %.*s then " : "%.*s and (", BYTES_ARG(guard));
    expr_print(*io_tree, &text);
    buf_push_text(&text, is_term ? " end" : ")");
    return text.overflowed ? FAIL(e, LIMIT, "with its group it has over %u bytes", RULE_TEXT_BYTES_MAX)
                           : either_read(buf_bytes(&text), is_term, arena, io_tree, e);
}

fallible audience_own_tree(const struct audience_names *n, const struct audience *a, struct arena *arena,
                           const struct expr **out_tree, struct err *e)
{
    struct buf guard = arena_buf(arena, GUARD_BYTES_MAX);
    TRY(content_read(n, a, arena, out_tree, e));
    if (a->until.size == 0)
        return DONE;
    if (is_value(a, *out_tree))
        return FAIL(e, INVALID, "until: a last day is for what holds or not, and this has values");
    buf_push_text(&guard, "today <= ");
    text_put(&guard, a->until);
    return guard_put(a, buf_bytes(&guard), arena, out_tree, e);
}

/* The group that it is in, as it is about to be. */
static bool group_find(const struct audience_names *n, const struct audience *a, struct audience *out_group)
{
    const struct audience *said = n->said;
    struct audience standing;
    bool is_group_said = said != NULL && said->content == AUDIENCE_GROUP;
    if (a->kind != AUDIENCE_TAG || a->content == AUDIENCE_GROUP)
        return false;
    if (is_group_said && audience_has_member(said, a->name)) {
        *out_group = *said;
        return true;
    }
    uint32_t group = standing_find(n, a, &standing) ? audience_group_of(n->view, standing.number) : 0;
    if (group == 0 || !audience_numbered(n->view, group, out_group))
        return false;
    return !(is_group_said && bytes_equal(said->name, out_group->name)); /* it is in it no more */
}

/* That none of the tags before it holds. false: it is the first. */
static bool rivals_print(const struct audience_names *n, const struct audience *group, struct bytes name,
                         struct buf *out)
{
    struct bytes before;
    bool any = false;
    for (struct unpack u = unpack_of(group->members);
         audience_member_next(&u, &before) && !bytes_equal(before, name);) {
        buf_push_text(out, any ? " or " : "not (");
        by_itself_put(n, before, out);
        any = true;
    }
    buf_push_text(out, any ? ")" : "");
    return any;
}

fallible audience_tree(const struct audience_names *n, const struct audience *a, struct arena *arena,
                       const struct expr **out_tree, struct err *e)
{
    struct buf guard = arena_buf(arena, GUARD_BYTES_MAX);
    struct audience group;
    TRY(audience_own_tree(n, a, arena, out_tree, e));
    if (!group_find(n, a, &group) || !rivals_print(n, &group, a->name, &guard))
        return DONE;
    assert(!guard.overflowed);
    return guard_put(a, buf_bytes(&guard), arena, out_tree, e);
}

/* --- the list of a definition --- */

static struct bytes levels_of(const struct audience *a, struct arena *arena)
{
    struct audience_level level;
    struct buf values = arena_buf(arena, LIST_LEVELS_BYTES_MAX);
    for (struct unpack u = unpack_of(a->levels); audience_level_next(&u, &level);)
        pack_raw(&values, level.value);
    return buf_bytes(&values);
}

/* The other lists of its group. */
static uint32_t rivals_of(const struct view *v, const struct audience *a, uint32_t rivals[LIST_RIVALS_MAX])
{
    struct audience group, other;
    struct bytes name;
    uint32_t count = 0, number = audience_group_of(v, a->number);
    if (number == 0 || !audience_numbered(v, number, &group))
        return 0;
    for (struct unpack u = unpack_of(group.members); audience_member_next(&u, &name);)
        if (audience_find(v, AUDIENCE_TAG, name, &other) && other.content == AUDIENCE_LIST && other.number != a->number)
            rivals[count++] = other.number;
    return count;
}

static void list_changed_say(struct step *s, const struct audience *a)
{
    struct audience *said = ARENA_NEW(s->view.arena, struct audience);
    *said = *a;
    step_say(s, &fact_list_changed, said);
}

void audience_list_close(struct step *s, const struct audience *a)
{
    struct buf b = arena_buf(s->view.arena, LISTING_CLOSE_BYTES);
    if (a->content != AUDIENCE_LIST)
        return;
    pack_u32(&b, a->number);
    step_then(s, COMMAND_LISTING_CLOSE, buf_bytes(&b));
    list_changed_say(s, a);
}

void audience_list_open(struct step *s, const struct audience *a)
{
    uint32_t rivals[LIST_RIVALS_MAX];
    struct buf packed = arena_buf(s->view.arena, LISTING_OPEN_BYTES_MAX);
    if (a->content != AUDIENCE_LIST)
        return;
    const struct list list = {.number = a->number,
                              .value = a->value,
                              .lasts_days = a->lasts_days,
                              .levels = levels_of(a, s->view.arena),
                              .rival_count = rivals_of(&s->view, a, rivals),
                              .rivals = rivals};
    list_pack(&list, &packed);
    assert(!packed.overflowed);
    step_then(s, COMMAND_LISTING_OPEN, buf_bytes(&packed));
    list_changed_say(s, a);
}
