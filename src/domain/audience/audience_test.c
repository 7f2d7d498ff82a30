/* Covers: audience.c, cancel.c, commands.c, definitions.c, expressions.c, listen.c
 *
 * Definitions over a fake of rules, which does what it is told when it is told: their pasts are gathered in any order, some can't be made. */
#include "domain/audience/audience.h"

#include "domain/calendar/calendar.h"
#include "domain/collect/collect.h"
#include "engine/engine_domain.h"
#include "lib/pack.h"
#include "testing/harness.h"

#define FAKE_RULES_MAX 64u
#define COMMAND_FAKE_READY 0x10F0u
#define COMMAND_FAKE_TURN 0x10F1u
#define REFUSED_EVENT "refund_requested" /* a rule that names it can't be made */

/* --- the fake --- */

static struct fake_rule {
    enum rule_state state;
    char maker[RULE_MAKER_BYTES_MAX], text[512];
} fakes[FAKE_RULES_MAX];
static uint32_t fake_count, switches;

static const struct refusal refused = {"refused", "It can't be.", "不可。"};

static void text_keep(char *out, size_t room, struct bytes text)
{
    assert(text.size < room);
    memcpy(out, text.data, text.size);
    out[text.size] = 0;
}

static void fake_move(struct step *s, uint32_t rule, enum rule_state state)
{
    struct rule_moved *f = ARENA_NEW(s->view.arena, struct rule_moved);
    fakes[rule].state = state;
    *f = (struct rule_moved){.rule = rule, .state = state, .maker = bytes_of_text(fakes[rule].maker)};
    step_say(s, &fact_rule_moved, f);
}

static const struct refusal *fake_make(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    (void)unpack_u8(&u), (void)unpack_varint(&u);
    struct bytes maker = unpack_bytes(&u), text = unpack_rest(&u);
    struct fake_rule *made = &fakes[fake_count + 1];
    assert(fake_count + 2 < FAKE_RULES_MAX);
    text_keep(made->text, sizeof made->text, text);
    text_keep(made->maker, sizeof made->maker, maker);
    if (strstr(made->text, REFUSED_EVENT) != NULL)
        return &refused;
    fake_move(s, ++fake_count, RULE_GATHERING);
    return NULL;
}

static const struct refusal *fake_ready(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    fake_move(s, unpack_u32(&u), RULE_READY);
    return NULL;
}

static const struct refusal *fake_switch(struct step *s, struct bytes payload)
{
    for (struct unpack u = unpack_of(payload); unpack_left(&u) > 0;) {
        uint32_t old = unpack_varint32(&u), new = unpack_varint32(&u);
        if (fakes[new].state != RULE_READY)
            return &refused;
        fake_move(s, new, RULE_IN_FORCE);
        if (old != RULE_NONE)
            fake_move(s, old, RULE_OVER);
    }
    switches++;
    return NULL;
}

static const struct refusal *fake_end(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    uint32_t rule = unpack_u32(&u);
    if (fakes[rule].state == RULE_OVER)
        return &refused;
    fake_move(s, rule, RULE_OVER);
    return NULL;
}

/* u32 rule, u8 what it says now. */
static const struct refusal *fake_turn(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    struct rule_turned *f = ARENA_NEW(s->view.arena, struct rule_turned);
    *f = (struct rule_turned){.rule = unpack_u32(&u), .person = 7};
    f->after = (struct rule_value){.type = RULE_TRUTH, .is_known = true, .truth = unpack_u8(&u) != 0};
    step_say(s, &fact_rule_turned, f);
    return NULL;
}

static const struct command fake_commands[] = {
    {COMMAND_RULE_MAKE, "rule.make", 65536, ROLE_SYSTEM, NULL, NULL, fake_make, "A fake.", NULL},
    {COMMAND_RULE_SWITCH, "rule.switch", 65536, ROLE_SYSTEM, NULL, NULL, fake_switch, "A fake.", NULL},
    {COMMAND_RULE_END, "rule.end", 4, ROLE_SYSTEM, NULL, NULL, fake_end, "A fake.", NULL},
    {COMMAND_FAKE_READY, "rule.fake_ready", 4, ROLE_SYSTEM, NULL, NULL, fake_ready, "A fake.", NULL},
    {COMMAND_FAKE_TURN, "rule.fake_turn", 5, ROLE_SYSTEM, NULL, NULL, fake_turn, "A fake.", NULL},
};
static const struct fact_kind *const fake_says[] = {&fact_rule_moved, &fact_rule_turned};
static const struct domain fake_rules = {.number = 0x10,
                                         .name = "rule",
                                         .about = "A fake.",
                                         .commands = fake_commands,
                                         .command_count = COUNT_OF(fake_commands),
                                         .says = fake_says,
                                         .say_count = COUNT_OF(fake_says)};
static const struct domain *const domains[] = {&engine_domain, &collect_domain, &calendar_domain, &fake_rules,
                                               &audience_domain};

static struct harness *begin(void)
{
    memset(fakes, 0, sizeof fakes);
    fake_count = switches = 0;
    return harness_create(domains, COUNT_OF(domains));
}

/* --- what is done --- */

static const struct refusal *save_expecting(struct harness *h, const char *name, const char *text, uint64_t expects)
{
    struct buf b;
    buf_init(&b, AUDIENCE_SAVE_BYTES_MAX);
    audience_pack(
        &(struct audience){.kind = AUDIENCE_SEGMENT, .name = bytes_of_text(name), .text = bytes_of_text(text)}, expects,
        &b);
    const struct refusal *refusal = harness_apply(h, COMMAND_AUDIENCE_SAVE, buf_bytes(&b));
    buf_fini(&b);
    return refusal;
}

static const struct refusal *save(struct harness *h, const char *name, const char *text)
{
    return save_expecting(h, name, text, AUDIENCE_ANY_REVISION);
}

static void saved(struct t *t, struct harness *h, const char *name, const char *text)
{
    CHECK(t, save(h, name, text) == NULL);
    (void)harness_follow(h);
}

static const struct refusal *end(struct harness *h, const char *name)
{
    struct buf b;
    buf_init(&b, AUDIENCE_END_BYTES_MAX);
    audience_end_pack(AUDIENCE_SEGMENT, bytes_of_text(name), &b);
    const struct refusal *refusal = harness_apply(h, COMMAND_AUDIENCE_END, buf_bytes(&b));
    buf_fini(&b);
    (void)harness_follow(h);
    return refusal;
}

static struct audience found(struct t *t, struct harness *h, const char *name)
{
    struct view v = harness_view(h);
    struct audience a = {0};
    CHECK(t, audience_find(&v, AUDIENCE_SEGMENT, bytes_of_text(name), &a));
    return a;
}

/* The rule that is gathered for it is ready; what follows is done when asked. */
static void ready(struct t *t, struct harness *h, const char *name)
{
    uint8_t payload[4];
    struct audience a = found(t, h, name);
    CHECK(t, a.next != RULE_NONE);
    memcpy(payload, &a.next, sizeof payload);
    CHECK(t, harness_apply(h, COMMAND_FAKE_READY, bytes_of(payload, sizeof payload)) == NULL);
}

static void came_ready(struct t *t, struct harness *h, const char *name)
{
    ready(t, h, name);
    (void)harness_follow(h);
}

static const char *says(struct t *t, struct harness *h, const char *name)
{
    uint32_t rule = found(t, h, name).rule;
    return rule == RULE_NONE ? "" : fakes[rule].text;
}

static const char *state_of(struct t *t, struct harness *h, const char *name)
{
    struct audience a = found(t, h, name);
    return audience_state_names[audience_state(&a)];
}

/* --- tests --- */

static void the_old_answers_until_the_new_is_ready(struct t *t)
{
    struct harness *h = begin();
    saved(t, h, "x", "did(login)");
    CHECK_TEXT(t, state_of(t, h, "x"), "gathering");
    CHECK_TEXT(t, says(t, h, "x"), "");
    came_ready(t, h, "x");
    CHECK_TEXT(t, state_of(t, h, "x"), "in_force");
    CHECK_TEXT(t, says(t, h, "x"), "did(login)");
    saved(t, h, "x", "did(order_paid)");
    CHECK_TEXT(t, says(t, h, "x"), "did(login)");
    saved(t, h, "x", "did(cart_added)"); /* before the one before was ready: it is given up */
    CHECK_EQ(t, fakes[2].state, RULE_OVER);
    came_ready(t, h, "x");
    CHECK_TEXT(t, says(t, h, "x"), "did(cart_added)");
    CHECK_EQ(t, fakes[1].state, RULE_OVER);
    CHECK_EQ(t, found(t, h, "x").revision, 3);
    CHECK_TEXT(t, save_expecting(h, "x", "did(login)", 2)->name, "definition_changed");
    CHECK_TEXT(t, save_expecting(h, "x", "did(login)", 0)->name, "definition_changed");
    CHECK(t, save_expecting(h, "y", "did(login)", 0) == NULL);
    harness_destroy(h);
}

/* Whoever names it takes over with it, and waits for all. */
static void those_that_change_together_switch_together(struct t *t)
{
    struct harness *h = begin();
    saved(t, h, "x", "did(login)");
    saved(t, h, "y", "segment('x') and did(order_paid)");
    saved(t, h, "z", "segment('y') and not segment('x')");
    came_ready(t, h, "x");
    came_ready(t, h, "y");
    came_ready(t, h, "z");
    CHECK_TEXT(t, says(t, h, "z"), "did(login) and did(order_paid) and not did(login)");
    uint32_t before = switches;
    saved(t, h, "x", "did(a) or did(b)");
    came_ready(t, h, "z");
    came_ready(t, h, "x");
    CHECK_TEXT(t, state_of(t, h, "x"), "waiting");
    CHECK_TEXT(t, says(t, h, "x"), "did(login)");
    saved(t, h, "z", "segment('x') or did(c)"); /* joins those that wait for each other */
    came_ready(t, h, "y");
    CHECK_EQ(t, switches, before);
    came_ready(t, h, "z");
    CHECK_EQ(t, switches, before + 1);
    CHECK_TEXT(t, says(t, h, "x"), "did(a) or did(b)");
    CHECK_TEXT(t, says(t, h, "y"), "(did(a) or did(b)) and did(order_paid)");
    CHECK_TEXT(t, says(t, h, "z"), "did(a) or did(b) or did(c)");
    harness_destroy(h);
}

/* The switch is under way when somebody saves again: what it brings answers, until the newest one does. */
static void a_save_between_ready_and_switch_loses_nothing(struct t *t)
{
    struct harness *h = begin();
    saved(t, h, "x", "did(login)");
    came_ready(t, h, "x");
    saved(t, h, "x", "did(order_paid)");
    ready(t, h, "x");
    CHECK(t, save(h, "x", "did(cart_added)") == NULL);
    (void)harness_follow(h);
    CHECK_TEXT(t, says(t, h, "x"), "did(order_paid)");
    CHECK_EQ(t, fakes[found(t, h, "x").rule].state, RULE_IN_FORCE);
    CHECK_TEXT(t, state_of(t, h, "x"), "gathering");
    came_ready(t, h, "x");
    CHECK_TEXT(t, says(t, h, "x"), "did(cart_added)");
    harness_destroy(h);
}

static void a_rule_that_cant_be_made_leaves_the_old_one(struct t *t)
{
    struct harness *h = begin();
    saved(t, h, "x", "did(login)");
    saved(t, h, "y", "segment('x')");
    came_ready(t, h, "x");
    came_ready(t, h, "y");
    saved(t, h, "y", "segment('x') and did(" REFUSED_EVENT ")");
    CHECK_TEXT(t, state_of(t, h, "y"), "refused");
    CHECK_TEXT(t, says(t, h, "y"), "did(login)");
    saved(t, h, "x", "did(cart_added)"); /* which y can't follow, and x isn't held up by it */
    came_ready(t, h, "x");
    CHECK_TEXT(t, says(t, h, "x"), "did(cart_added)");
    saved(t, h, "y", "segment('x')");
    came_ready(t, h, "y");
    CHECK_TEXT(t, says(t, h, "y"), "did(cart_added)");
    harness_destroy(h);
}

static void circles_and_ends_are_refused(struct t *t)
{
    struct harness *h = begin();
    CHECK_TEXT(t, save(h, "x", "segment('x')")->name, "definition_malformed");
    CHECK_TEXT(t, save(h, "x", "segment('nobody')")->name, "definition_malformed");
    saved(t, h, "x", "did(login)");
    saved(t, h, "y", "segment('x')");
    saved(t, h, "z", "segment('y')");
    CHECK_TEXT(t, save(h, "x", "segment('z') or did(login)")->name, "definition_circle");
    CHECK_TEXT(t, end(h, "x")->name, "definition_named");
    CHECK_TEXT(t, end(h, "nobody")->name, "no_such_definition");
    saved(t, h, "z", "did(login)"); /* names y no more */
    CHECK(t, end(h, "y") == NULL);
    CHECK(t, end(h, "x") == NULL);
    for (uint32_t i = 1; i <= fake_count; i++)
        CHECK(t, fakes[i].state == RULE_OVER || i == found(t, h, "z").next);
    uint32_t number = found(t, h, "z").number;
    CHECK(t, end(h, "z") == NULL);
    saved(t, h, "z", "did(login)");
    CHECK(t, found(t, h, "z").number != number); /* another one, though it is called the same */
    harness_destroy(h);
}

static const struct refusal *cancel(struct harness *h, const char *name)
{
    struct buf b;
    buf_init(&b, AUDIENCE_END_BYTES_MAX);
    audience_end_pack(AUDIENCE_SEGMENT, bytes_of_text(name), &b);
    const struct refusal *refusal = harness_apply(h, COMMAND_AUDIENCE_CANCEL, buf_bytes(&b));
    buf_fini(&b);
    (void)harness_follow(h);
    return refusal;
}

/* What answers is what is said again, and nothing is gathered any more: neither for it nor for those that name it. */
static void a_change_is_taken_back(struct t *t)
{
    struct harness *h = begin();
    saved(t, h, "x", "did(login)");
    CHECK_TEXT(t, cancel(h, "nobody")->name, "no_such_definition");
    came_ready(t, h, "x");
    saved(t, h, "y", "segment('x') and did(order_paid)");
    came_ready(t, h, "y");
    CHECK_TEXT(t, cancel(h, "x")->name, "definition_settled");
    saved(t, h, "x", "did(cart_added)");
    CHECK_TEXT(t, cancel(h, "y")->name, "definition_follows");
    came_ready(t, h, "y");
    CHECK(t, cancel(h, "x") == NULL);
    CHECK_TEXT(t, state_of(t, h, "x"), "in_force");
    CHECK_TEXT(t, state_of(t, h, "y"), "in_force");
    CHECK_TEXT(t, says(t, h, "x"), "did(login)");
    CHECK_TEXT(t, says(t, h, "y"), "did(login) and did(order_paid)");
    struct audience x = found(t, h, "x");
    CHECK(t, bytes_equal(x.text, BYTES_LIT("did(login)")) && x.next == RULE_NONE && x.batch == 0 && x.revision == 3);
    for (uint32_t i = 1; i <= fake_count; i++)
        CHECK(t, fakes[i].state == (i == x.rule || i == found(t, h, "y").rule ? RULE_IN_FORCE : RULE_OVER));
    CHECK_TEXT(t, cancel(h, "x")->name, "definition_settled");
    harness_destroy(h);
}

/* Who has changed by itself meanwhile goes on, over what is said again; and whoever only waited for it takes over. */
static void others_go_on_when_one_is_taken_back(struct t *t)
{
    struct harness *h = begin();
    saved(t, h, "x", "did(login)");
    saved(t, h, "y", "segment('x')");
    came_ready(t, h, "x");
    came_ready(t, h, "y");
    saved(t, h, "x", "did(cart_added)");
    saved(t, h, "y", "segment('x') and did(order_paid)");
    CHECK(t, cancel(h, "x") == NULL);
    CHECK_TEXT(t, state_of(t, h, "x"), "in_force");
    CHECK_TEXT(t, state_of(t, h, "y"), "gathering");
    came_ready(t, h, "y");
    CHECK_TEXT(t, says(t, h, "y"), "did(login) and did(order_paid)");
    harness_destroy(h);
}

static void what_never_was_in_force_ends(struct t *t)
{
    struct harness *h = begin();
    struct view v;
    struct audience a;
    saved(t, h, "x", "did(login)");
    CHECK(t, cancel(h, "x") == NULL);
    v = harness_view(h);
    CHECK(t, !audience_find(&v, AUDIENCE_SEGMENT, BYTES_LIT("x"), &a));
    CHECK_EQ(t, fakes[1].state, RULE_OVER);
    harness_destroy(h);
}

/* It is too late once the switch is under way; and a save of what answers takes a change back as well. */
static void what_takes_over_cant_be_taken_back(struct t *t)
{
    struct harness *h = begin();
    saved(t, h, "x", "did(login)");
    came_ready(t, h, "x");
    saved(t, h, "x", "did(order_paid)");
    saved(t, h, "x", "did(login)");
    CHECK_TEXT(t, state_of(t, h, "x"), "in_force");
    saved(t, h, "x", "did(cart_added)");
    ready(t, h, "x");
    CHECK_TEXT(t, cancel(h, "x")->name, "definition_takes_over");
    CHECK_TEXT(t, says(t, h, "x"), "did(cart_added)");
    harness_destroy(h);
}

/* Where the new text can't be made a rule of, the old one is said again. */
static void what_was_refused_is_taken_back(struct t *t)
{
    struct harness *h = begin();
    saved(t, h, "x", "did(login)");
    came_ready(t, h, "x");
    saved(t, h, "x", "did(" REFUSED_EVENT ")");
    CHECK_TEXT(t, state_of(t, h, "x"), "refused");
    CHECK(t, cancel(h, "x") == NULL);
    CHECK_TEXT(t, state_of(t, h, "x"), "in_force");
    CHECK(t, bytes_equal(found(t, h, "x").text, BYTES_LIT("did(login)")));
    harness_destroy(h);
}

struct heard {
    struct t *t;
    const char *facts;
};

static void hear(void *context, const struct step *s, const struct fact_kind *kind, const void *fact)
{
    struct heard *x = context;
    (void)s;
    if (kind != &fact_segment_entered && kind != &fact_segment_left)
        return;
    const struct audience_turned *f = fact;
    x->facts = arena_printf(x->t->arena, "%s%s %.*s;", x->facts, kind->name, BYTES_ARG(f->name));
}

static const struct refusal *save_tag(struct harness *h, const char *name, const char *text, const char *const *tags)
{
    struct buf b, members;
    buf_init(&b, AUDIENCE_SAVE_BYTES_MAX);
    buf_init(&members, AUDIENCE_TEXT_BYTES_MAX);
    struct audience a = {.kind = AUDIENCE_TAG, .name = bytes_of_text(name), .text = bytes_of_text(text)};
    for (; tags != NULL && *tags != NULL; tags++)
        pack_bytes(&members, bytes_of_text(*tags));
    if (text == NULL) {
        a.content = AUDIENCE_GROUP;
        a.members = buf_bytes(&members);
    }
    audience_pack(&a, AUDIENCE_ANY_REVISION, &b);
    const struct refusal *refusal = harness_apply(h, COMMAND_AUDIENCE_SAVE, buf_bytes(&b));
    buf_fini(&b);
    buf_fini(&members);
    (void)harness_follow(h);
    return refusal;
}

/* The text that is gathered for a tag. */
static const char *comes(struct t *t, struct harness *h, const char *name)
{
    struct view v = harness_view(h);
    struct audience a = {.next = RULE_NONE};
    CHECK(t, audience_find(&v, AUDIENCE_TAG, bytes_of_text(name), &a) && a.next != RULE_NONE);
    return fakes[a.next].text;
}

/* Each of them only where none before it holds; what it is called is the group's value. */
static void a_group_leaves_one_of_its_tags(struct t *t)
{
    struct harness *h = begin();
    static const char *const abc[] = {"a", "b", "c", NULL}, *const ca[] = {"c", "a", NULL},
                             *const none[] = {"a", "x", NULL};
    CHECK(t, save_tag(h, "a", "did(login)", NULL) == NULL);
    CHECK(t, save_tag(h, "b", "did(order_paid)", NULL) == NULL);
    CHECK(t, save_tag(h, "c", "count(cart_added)", NULL) == NULL);
    CHECK_TEXT(t, save_tag(h, "g", NULL, none)->name, "group_tag_unknown");
    CHECK(t, save_tag(h, "g", NULL, abc) == NULL);
    CHECK_TEXT(
        t, comes(t, h, "g"),
        "case when did(login) then 'a' when did(order_paid) then 'b' when count(cart_added) is known then 'c' end");
    CHECK_TEXT(t, comes(t, h, "a"), "did(login)");
    CHECK_TEXT(t, comes(t, h, "b"), "not did(login) and did(order_paid)");
    CHECK_TEXT(t, comes(t, h, "c"), "case when not (did(login) or did(order_paid)) then count(cart_added) end");
    CHECK_TEXT(t, save_tag(h, "h", NULL, ca)->name, "group_tag_taken");
    CHECK_TEXT(t, save_tag(h, "a", "tag('g') = 'b'", NULL)->name, "definition_circle");
    CHECK(t, save_tag(h, "a", "did(refund_done)", NULL) == NULL); /* those behind it follow */
    CHECK_TEXT(t, comes(t, h, "b"), "not did(refund_done) and did(order_paid)");
    CHECK(t, save_tag(h, "g", NULL, ca) == NULL); /* b is in it no more */
    CHECK_TEXT(t, comes(t, h, "b"), "did(order_paid)");
    CHECK_TEXT(t, comes(t, h, "a"), "not (count(cart_added) is known) and did(refund_done)");
    struct buf b = arena_buf(t->arena, AUDIENCE_END_BYTES_MAX);
    audience_end_pack(AUDIENCE_TAG, BYTES_LIT("g"), &b);
    CHECK(t, harness_apply(h, COMMAND_AUDIENCE_END, buf_bytes(&b)) == NULL);
    (void)harness_follow(h);
    CHECK_TEXT(t, comes(t, h, "a"), "did(refund_done)");
    struct view v = harness_view(h);
    struct audience gone;
    CHECK(t, !audience_find(&v, AUDIENCE_TAG, BYTES_LIT("g"), &gone));
    harness_destroy(h);
}

/* The last day stands around what it says, also where others name it. */
static void a_last_day_bounds_it(struct t *t)
{
    struct harness *h = begin();
    struct buf b = arena_buf(t->arena, AUDIENCE_SAVE_BYTES_MAX);
    audience_pack(&(struct audience){.kind = AUDIENCE_TAG,
                                     .name = BYTES_LIT("x"),
                                     .text = BYTES_LIT("did(login)"),
                                     .until = BYTES_LIT("2026-12-31")},
                  0, &b);
    CHECK(t, harness_apply(h, COMMAND_AUDIENCE_SAVE, buf_bytes(&b)) == NULL);
    (void)harness_follow(h);
    CHECK_TEXT(t, comes(t, h, "x"), "today <= '2026-12-31' and did(login)");
    CHECK(t, save_tag(h, "y", "tag('x') or did(order_paid)", NULL) == NULL);
    CHECK_TEXT(t, comes(t, h, "y"), "today <= '2026-12-31' and did(login) or did(order_paid)");
    CHECK(t, save_tag(h, "=x", "did(login)", NULL) == &harness_malformed);
    CHECK(t, save_tag(h, "z", "tag('=x')", NULL) == &harness_malformed);
    CHECK(t, save_tag(h, "z", "tag('#1')", NULL) == &harness_malformed);
    harness_destroy(h);
}

static void who_turns_is_told_by_name(struct t *t)
{
    struct harness *h = begin();
    struct heard heard = {.t = t, .facts = ""};
    saved(t, h, "x", "did(login)");
    came_ready(t, h, "x");
    harness_listen(h, hear, &heard);
    CHECK(t, harness_apply(h, COMMAND_FAKE_TURN, BYTES_LIT("\1\0\0\0\1")) == NULL);
    CHECK(t, harness_apply(h, COMMAND_FAKE_TURN, BYTES_LIT("\1\0\0\0\0")) == NULL);
    CHECK(t, harness_apply(h, COMMAND_FAKE_TURN, BYTES_LIT("\11\0\0\0\1")) == NULL); /* a rule of somebody else */
    CHECK_TEXT(t, heard.facts, "segment_entered x;segment_left x;");
    harness_destroy(h);
}

static const struct test tests[] = {
    {"the old answers until the new is ready", the_old_answers_until_the_new_is_ready, 1},
    {"those that change together switch together", those_that_change_together_switch_together, 1},
    {"a save between ready and switch loses nothing", a_save_between_ready_and_switch_loses_nothing, 1},
    {"a rule that can't be made leaves the old one", a_rule_that_cant_be_made_leaves_the_old_one, 1},
    {"circles and ends are refused", circles_and_ends_are_refused, 1},
    {"a change is taken back", a_change_is_taken_back, 1},
    {"others go on when one is taken back", others_go_on_when_one_is_taken_back, 1},
    {"what never was in force ends", what_never_was_in_force_ends, 1},
    {"what takes over can't be taken back", what_takes_over_cant_be_taken_back, 1},
    {"what was refused is taken back", what_was_refused_is_taken_back, 1},
    {"a group leaves one of its tags", a_group_leaves_one_of_its_tags, 1},
    {"a last day bounds it", a_last_day_bounds_it, 1},
    {"who turns is told by name", who_turns_is_told_by_name, 1},
};
TEST_MAIN(tests)
