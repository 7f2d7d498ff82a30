#include "domain/audience/commands.h"

#include "domain/audience/cancel.h"
#include "domain/collect/collect.h"
#include "lib/pack.h"

#define REPLY_BYTES_MAX 128u
#define CHECK_ARENA_BYTES 65536u
#define RULE_ASK_BYTES_MAX (RULE_TEXT_BYTES_MAX + RULE_MAKER_BYTES_MAX + 16u)

const struct refusal refuse_no_audience = {"no_such_definition", "There is no tag or segment of this name.",
                                           "没有这个名称的标签或人群。"};
static const struct refusal audience_changed = {"definition_changed",
                                                "Somebody else has saved it meanwhile: look at it, and save it again.",
                                                "其间已有他人保存:请查看后重新保存。"};
static const struct refusal too_many_audiences = {"too_many_definitions",
                                                  "There are 8,000 tags and segments: end one first.",
                                                  "标签与人群已达 8,000 个:请先停用一个。"};
static const struct refusal audience_circle = {"definition_circle",
                                               "It would ask for itself, by what it names or what those name.",
                                               "定义成环:它所引用的内容最终又引用了它自己。"};
static const struct refusal audience_malformed = {
    "definition_malformed", "With the tags and segments that it names it is no expression, or too long.",
    "代入所引用的标签和人群后,表达式不成立或过长。"};
static const struct refusal audience_together = {
    "definition_wide",
    "Too many tags and segments would change with it, or are changing already: wait until they have.",
    "随之变更(或正在变更)的标签和人群过多:请待其完成。"};
static const struct refusal audience_named_elsewhere = {"definition_named",
                                                        "Other tags or segments name it: change or end those first.",
                                                        "仍被其他标签或人群引用:请先修改或停用它们。"};
static const struct refusal audience_other_content = {
    "definition_content",
    "What it is stays as it is, an expression, a list or a group, and so does what values a list has: end it first.",
    "定义的类型(表达式、名单或互斥组)及名单的取值类型不可更改:请先停用再新建。"};
static const struct refusal audience_no_member = {
    "group_tag_unknown", "A tag of the group isn't there, or is a group itself: save it first.",
    "组内有标签不存在,或它本身就是互斥组:请先保存该标签。"};
static const struct refusal audience_grouped = {"group_tag_taken", "A tag of the group is in another one already.",
                                                "组内有标签已属于另一个互斥组。"};
static const struct refusal audience_no_brand = {"no_such_brand", "No event or thing has named this brand yet.",
                                                 "尚无事件或事物提到该品牌。"};

/* --- saving --- */

/* A save on its way: whom it changes, and what their rules will say. */
struct saving {
    struct audience said, standing;
    bool is_there;
    bool is_end;  /* it goes, and those that were in it stand by themselves */
    size_t count; /* that change, itself in front */
    struct audience changed[AUDIENCE_TOGETHER_MAX];
    struct bytes texts[AUDIENCE_TOGETHER_MAX]; /* of rules */
    bool is_answered[AUDIENCE_TOGETHER_MAX];   /* the rule that answers says so already */
};

static bool means_the_same(const struct audience *a, const struct audience *b)
{
    return bytes_equal(a->text, b->text) && bytes_equal(a->brand, b->brand) && bytes_equal(a->until, b->until) &&
           bytes_equal(a->members, b->members);
}

static bool says_the_same(const struct audience *a, const struct audience *b)
{
    return means_the_same(a, b) && bytes_equal(a->label_zh, b->label_zh) && bytes_equal(a->label_en, b->label_en) &&
           bytes_equal(a->owner, b->owner) && bytes_equal(a->about, b->about) &&
           bytes_equal(a->category, b->category) && bytes_equal(a->levels, b->levels) && a->lasts_days == b->lasts_days;
}

fallible audience_save_check(struct bytes payload, struct err *e)
{
    struct audience said;
    uint64_t expects;
    const struct expr *tree;
    TRY(audience_unpack(payload, &said, &expects, e));
    struct arena *arena = arena_create(CHECK_ARENA_BYTES);
    struct status status = said.content == AUDIENCE_RULE ? audience_read(said.kind, said.text, arena, &tree, e) : DONE;
    arena_destroy(arena);
    return status;
}

/* What it says now; what came of it before stays. */
static struct audience said_over(const struct saving *w, const struct view *v)
{
    struct audience a = w->said;
    a.number = w->standing.number;
    a.revision = w->standing.revision + 1;
    a.saved_us = v->now_us;
    a.rule = w->standing.rule;
    a.next = w->standing.next;
    a.next_is_ready = w->standing.next_is_ready;
    a.is_refused = w->standing.is_refused;
    a.asked = w->standing.asked;
    a.batch = w->standing.batch;
    a.frozen = w->is_there ? w->standing.frozen : w->said.frozen;
    a.source_kind = w->is_there ? w->standing.source_kind : w->said.source_kind;
    a.source = w->is_there ? w->standing.source : w->said.source;
    return a;
}

/* Of a group not: those that change with it are what it names. A circle through it is found when texts are made. */
static const struct refusal *circle_check(const struct view *v, const struct saving *w, const uint32_t *above,
                                          size_t count)
{
    const uint32_t *named;
    size_t named_count = audience_named(v, &w->said, &named);
    for (size_t i = 0; i < named_count; i++)
        for (size_t k = 0; k < count; k++)
            if (named[i] == above[k])
                return &audience_circle;
    return NULL;
}

/* Those above it, as they stand. */
static const struct refusal *changed_find(const struct view *v, struct saving *w)
{
    uint32_t above[AUDIENCE_TOGETHER_MAX];
    w->changed[0] = said_over(w, v);
    w->count = audience_changing(v, &w->said, w->standing.number, above, COUNT_OF(above));
    if (w->count > AUDIENCE_TOGETHER_MAX)
        return &audience_together;
    for (size_t i = 1; i < w->count; i++) {
        bool is_there = audience_numbered(v, above[i], &w->changed[i]);
        assert(is_there); /* who names others is there */
    }
    return w->is_there && w->said.content != AUDIENCE_GROUP ? circle_check(v, w, above, w->count) : NULL;
}

/* Those that change are all that they wait for: a batch that one of them is in waits with them. */
static bool batches_fit(const struct view *v, const struct saving *w)
{
    size_t count = w->count;
    for (size_t i = 0; i < w->count; i++)
        for (uint32_t n = w->changed[i].batch == 0 ? 0 : batch_next(v, w->changed[i].batch, 0); n != 0;
             n = batch_next(v, w->changed[i].batch, n))
            count++;
    return count <= AUDIENCE_SWITCH_MAX;
}

static const struct refusal *texts_make(const struct view *v, struct saving *w)
{
    struct audience_names names;
    audience_names_init(&names, v, &w->said);
    for (size_t i = w->is_end; i < w->count; i++)
        if (failed(audience_expand(&names, &w->changed[i], v->arena, &w->texts[i], NULL)))
            return &audience_malformed;
    return NULL;
}

static void namings_remove(struct step *s, const struct audience *a)
{
    const uint32_t *list;
    size_t count = audience_named(&s->view, a, &list);
    for (size_t i = 0; i < count; i++)
        naming_remove(s, list[i], a->number);
}

static void namings_put(struct step *s, const struct audience *a)
{
    const uint32_t *list;
    size_t count = audience_named(&s->view, a, &list);
    for (size_t i = 0; i < count; i++)
        naming_put(s, list[i], a->number);
}

void rule_drop(struct step *s, uint32_t rule)
{
    struct buf b = arena_buf(s->view.arena, AUDIENCE_DROP_BYTES);
    pack_u32(&b, rule);
    step_then(s, COMMAND_AUDIENCE_DROP, buf_bytes(&b));
}

/* What was asked for before, nobody waits for any more. */
static void change_drop(struct step *s, struct audience *io_audience)
{
    if (io_audience->next != RULE_NONE)
        rule_drop(s, io_audience->next);
    io_audience->next = RULE_NONE;
    io_audience->next_is_ready = io_audience->is_refused = false;
    io_audience->asked = 0;
}

void rule_ask_for(struct step *s, struct audience *io_audience, struct bytes text)
{
    const struct view *v = &s->view;
    struct buf ask = arena_buf(v->arena, RULE_ASK_BYTES_MAX), settle = arena_buf(v->arena, AUDIENCE_SETTLE_BYTES_MAX);
    change_drop(s, io_audience);
    io_audience->asked = v->position;
    asked_put(s, io_audience, text);
    const struct rule_ask rule = {.brand = name_number(v, NAME_BRAND, io_audience->brand),
                                  .is_condition = audience_is_condition(io_audience->kind, text, v->arena),
                                  .maker = maker_text(v->arena, io_audience->number, v->position),
                                  .text = text};
    rule_ask_pack(&rule, &ask);
    step_then(s, COMMAND_RULE_MAKE, buf_bytes(&ask));
    pack_varint(&settle, io_audience->number);
    pack_varint(&settle, v->position);
    step_then(s, COMMAND_AUDIENCE_SETTLE, buf_bytes(&settle));
}

void batches_absorb(struct step *s, uint64_t batch)
{
    uint64_t into = s->view.position;
    struct audience a;
    for (uint32_t n = batch_next(&s->view, batch, 0); n != 0 && batch != into; n = batch_next(&s->view, batch, n)) {
        bool is_there = audience_numbered(&s->view, n, &a);
        assert(is_there);
        batch_join(s, &a, into);
        audience_put(s, &a);
    }
}

/* Which group its tags are in. */
static void groups_write(struct step *s, const struct saving *w)
{
    struct audience tag;
    struct bytes name;
    for (struct unpack u = unpack_of(w->standing.members); audience_member_next(&u, &name);)
        if (audience_find(&s->view, AUDIENCE_TAG, name, &tag))
            audience_group_remove(s, tag.number);
    for (struct unpack u = unpack_of(w->said.members); audience_member_next(&u, &name);)
        if (audience_find(&s->view, AUDIENCE_TAG, name, &tag))
            audience_group_put(s, tag.number, w->changed[0].number);
}

/* Rules that say what is said now, and all of which take over together. Who waited for one that changes no more may be all that is left, and ready. */
static void rules_ask_for(struct step *s, struct saving *w)
{
    for (size_t i = 0; i < w->count; i++)
        w->is_answered[i] = answer_says(&s->view, &w->changed[i], w->texts[i]);
    for (size_t i = 0; i < w->count; i++)
        if (w->changed[i].batch != 0)
            batches_absorb(s, w->changed[i].batch);
    for (size_t i = w->is_end; i < w->count; i++) {
        struct audience *a = &w->changed[i];
        a->batch = a->batch == 0 ? 0 : s->view.position; /* it was absorbed */
        if (w->is_answered[i])
            change_drop(s, a);
        else
            rule_ask_for(s, a, w->texts[i]);
        batch_join(s, a, w->is_answered[i] ? 0 : s->view.position);
        audience_put(s, a);
    }
    batch_look(s, s->view.position);
}

/* Who is named by whom changes where texts do, and of the tags of a group where it does. */
static void changes_write(struct step *s, struct saving *w)
{
    bool is_group = w->said.content == AUDIENCE_GROUP;
    size_t renamed = is_group ? w->count : 1;
    if (!w->is_there)
        w->changed[0].number = audience_number_take(s, &w->said);
    for (size_t i = 0; i < renamed; i++)
        if (i > 0 || w->is_there)
            namings_remove(s, i == 0 ? &w->standing : &w->changed[i]);
    groups_write(s, w);
    rules_ask_for(s, w);
    for (size_t i = w->is_end; i < renamed; i++) {
        namings_put(s, &w->changed[i]);
        audience_list_open(s, &w->changed[i]);
    }
}

static const struct refusal *members_check(const struct view *v, const struct saving *w)
{
    struct audience tag, group;
    struct bytes name;
    for (struct unpack u = unpack_of(w->said.members); audience_member_next(&u, &name);) {
        if (!audience_find(v, AUDIENCE_TAG, name, &tag) || tag.content == AUDIENCE_GROUP)
            return &audience_no_member;
        uint32_t number = audience_group_of(v, tag.number);
        if (number != 0 && number != w->standing.number && audience_numbered(v, number, &group))
            return &audience_grouped;
    }
    return NULL;
}

static const struct refusal *save_check(const struct view *v, const struct saving *w, uint64_t expects)
{
    if (expects != AUDIENCE_ANY_REVISION && expects != (w->is_there ? w->standing.revision : 0))
        return &audience_changed;
    if (!w->is_there && audiences_count(v) >= AUDIENCE_MAX)
        return &too_many_audiences;
    if (w->said.brand.size > 0 && name_number(v, NAME_BRAND, w->said.brand) == 0)
        return &audience_no_brand;
    if (w->is_there && (w->said.content != w->standing.content || w->said.value != w->standing.value))
        return &audience_other_content;
    return members_check(v, w);
}

static size_t changes_count(const struct saving *w)
{
    size_t count = w->count;
    for (size_t i = 0; i < w->count; i++)
        count -= w->is_answered[i];
    return count;
}

/* What the sender reads: which revision it is, and how many definitions change with it. */
static void save_reply(struct step *s, uint64_t revision, size_t changes)
{
    struct buf b = arena_buf(s->view.arena, REPLY_BYTES_MAX);
    buf_printf(&b, "{\"revision\":%llu,\"changing\":%zu}", (unsigned long long)revision, changes);
    step_reply(s, buf_bytes(&b));
}

/* What needs no other rule: nothing is new, or only what it is called and who owns it. */
static bool is_settled(struct step *s, const struct saving *w)
{
    bool needs_rule = !w->is_there || w->standing.is_refused || !means_the_same(&w->said, &w->standing);
    if (needs_rule)
        return false;
    bool is_new = !says_the_same(&w->said, &w->standing);
    if (is_new) {
        struct audience a = said_over(w, &s->view);
        audience_put(s, &a);
        audience_list_open(s, &a);
    }
    save_reply(s, w->standing.revision + is_new, 0);
    return true;
}

static const struct refusal *changes_check(const struct view *v, struct saving *w)
{
    const struct refusal *refusal = changed_find(v, w);
    if (refusal != NULL)
        return refusal;
    return batches_fit(v, w) ? texts_make(v, w) : &audience_together;
}

const struct refusal *audience_save(struct step *s, const struct audience *said, uint64_t expects)
{
    struct saving *w = ARENA_NEW(s->view.arena, struct saving);
    const struct refusal *refusal;
    w->said = *said;
    w->standing = (struct audience){.number = 0};
    w->is_end = false;
    w->is_there = audience_find(&s->view, said->kind, said->name, &w->standing);
    refusal = save_check(&s->view, w, expects);
    if (refusal != NULL || is_settled(s, w))
        return refusal;
    refusal = changes_check(&s->view, w);
    if (refusal != NULL)
        return refusal;
    changes_write(s, w);
    save_reply(s, w->changed[0].revision, changes_count(w));
    return NULL;
}

const struct refusal *audience_save_apply(struct step *s, struct bytes payload)
{
    struct audience said;
    uint64_t expects;
    struct status status = audience_unpack(payload, &said, &expects, NULL);
    assert(done(status)); /* its check has seen it */
    (void)status;
    return audience_save(s, &said, expects);
}

/* --- ending --- */

fallible audience_end_check(struct bytes payload, struct err *e)
{
    return payload.size > 1 && payload.data[0] < AUDIENCE_KIND_COUNT
               ? DONE
               : FAIL(e, INVALID, "which tag or segment? give its name");
}

static void rule_end(struct step *s, uint32_t rule)
{
    struct buf b = arena_buf(s->view.arena, AUDIENCE_DROP_BYTES);
    if (rule == RULE_NONE)
        return;
    pack_u32(&b, rule);
    step_then(s, COMMAND_RULE_END, buf_bytes(&b));
}

/* The tags of a group that ends stand by themselves again. */
static const struct refusal *group_leave(struct step *s, const struct audience *group)
{
    struct saving *w = ARENA_NEW(s->view.arena, struct saving);
    w->said = w->standing = *group;
    w->said.members = BYTES_NONE;
    w->is_there = w->is_end = true;
    const struct refusal *refusal = changes_check(&s->view, w);
    if (refusal == NULL)
        changes_write(s, w);
    return refusal;
}

const struct refusal *audience_end_apply(struct step *s, struct bytes payload)
{
    struct audience a;
    const struct refusal *refusal = NULL;
    if (!audience_find(&s->view, (enum audience_kind)payload.data[0], bytes_slice(payload, 1, payload.size), &a))
        return &refuse_no_audience;
    if (audience_namer_next(&s->view, a.number, 0) != 0)
        return &audience_named_elsewhere;
    if (a.content == AUDIENCE_GROUP)
        refusal = group_leave(s, &a);
    else
        namings_remove(s, &a);
    if (refusal != NULL || !audience_numbered(&s->view, a.number, &a)) /* its batch may be another one now */
        return refusal;
    uint64_t batch = a.batch;
    batch_join(s, &a, 0);
    growth_forget(s, a.number);
    asked_settle(s, a.number, 0, 0);
    uses_forget(s, a.number);
    audience_remove(s, &a);
    audience_list_close(s, &a);
    rule_end(s, a.rule);
    rule_end(s, a.next);
    if (batch != 0)
        batch_look(s, batch);
    return NULL;
}

/* --- what follows a save --- */

fallible audience_settle_check(struct bytes payload, struct err *e)
{
    struct unpack u = unpack_of(payload);
    (void)unpack_varint32(&u);
    (void)unpack_varint(&u);
    return unpack_finished(&u) ? DONE : FAIL(e, INVALID, "whose rule was made is cut short");
}

/* Of a rule that was made it was heard before this. */
const struct refusal *audience_settle_apply(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    struct audience a;
    uint32_t number = unpack_varint32(&u);
    uint64_t asked = unpack_varint(&u);
    if (!audience_numbered(&s->view, number, &a) || a.asked != asked || a.next != RULE_NONE)
        return NULL;
    uint64_t batch = a.batch;
    a.asked = 0;
    a.is_refused = true;
    batch_join(s, &a, 0);
    audience_put(s, &a);
    batch_look(s, batch);
    return NULL;
}

fallible audience_drop_check(struct bytes payload, struct err *e)
{
    return payload.size == AUDIENCE_DROP_BYTES ? DONE : FAIL(e, INVALID, "a rule to drop is a number");
}

/* It may have come into force between the save that gave it up and now: then it answers until the next one does. */
const struct refusal *audience_drop_apply(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    struct audience a;
    uint32_t rule = unpack_u32(&u);
    if (!audience_of_rule(&s->view, rule, &a) || a.rule != rule)
        rule_end(s, rule);
    return NULL;
}
