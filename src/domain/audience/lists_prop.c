/* Lists, tags set by hand, groups and snapshots as definitions over real rules, against a naive model that keeps all that was said: people are put on lists and taken off
 * them, before and after they are known, while they are found to be one; what rules, sets and other definitions say is what the model says, at the same position.
 * Covers: content.c, freeze.c, commands.c, expressions.c */
#include "domain/audience/audience.h"
#include "domain/column/column.h"
#include "domain/event/event.h"
#include "domain/listing/listing_test.h"
#include "lib/bitmap.h"

#define IDS 6u
#define SAID_MAX 80u
#define LAST_DAY "2027-10-20" /* a few days ahead */
#define LAST_DAY_NUMBER 21111

static const char *const ids[IDS] = {"p1", "p2", "p3", "u1", "u2", "u3"};
static const char *const skins[] = {"dry", "oily"};
enum { INVITED, SKIN, GOLD, SILVER, LISTS };
static const char *const names[LISTS] = {"invited", "skin", "gold", "silver"};

static const struct domain *const domains[] = {
    &engine_domain,   &collect_domain, &identity_domain, &people_domain,  &event_domain, &column_domain,  &thing_domain,
    &calendar_domain, &order_domain,   &relation_domain, &listing_domain, &rule_domain,  &audience_domain};

struct model {
    struct listing_said said[SAID_MAX]; /* `list` is one of the enum */
    uint32_t who[SAID_MAX], count;
};

/* --- definitions --- */

static void save(struct rig *s, const struct audience *a)
{
    buf_clear(&s->payload);
    audience_pack(a, 0, &s->payload);
    const struct refusal *refusal = relation_send(s, COMMAND_AUDIENCE_SAVE);
    CHECK_TEXT(s->t, refusal == NULL ? "saved" : refusal->name, "saved");
}

static struct audience found(struct rig *s, enum audience_kind kind, const char *name)
{
    struct view v = harness_view(s->h);
    struct audience a = {.number = 0};
    CHECK(s->t, audience_find(&v, kind, bytes_of_text(name), &a));
    CHECK_TEXT(s->t, audience_state_names[audience_state(&a)], "in_force");
    return a;
}

static struct audience list_of(uint32_t list)
{
    return (struct audience){.kind = list == INVITED ? AUDIENCE_SEGMENT : AUDIENCE_TAG,
                             .content = AUDIENCE_LIST,
                             .name = bytes_of_text(names[list]),
                             .value = list == SKIN ? LIST_TEXT : LIST_HOLDS};
}

static void begin(struct rig *s, struct t *t)
{
    listing_begin(s, t, domains, COUNT_OF(domains));
    relation_unlimit(s);
    for (uint32_t list = 0; list < LISTS; list++) {
        struct audience a = list_of(list);
        save(s, &a);
    }
    struct buf members = arena_buf(s->arena, 64);
    pack_bytes(&members, bytes_of_text(names[GOLD]));
    pack_bytes(&members, bytes_of_text(names[SILVER]));
    save(s, &(struct audience){.kind = AUDIENCE_TAG,
                               .content = AUDIENCE_GROUP,
                               .name = BYTES_LIT("tier"),
                               .members = buf_bytes(&members)});
    save(s, &(struct audience){.kind = AUDIENCE_SEGMENT,
                               .name = BYTES_LIT("vip"),
                               .text = BYTES_LIT("segment('invited') and (tag('skin') = 'dry' or tag('silver'))")});
    save(s, &(struct audience){.kind = AUDIENCE_SEGMENT,
                               .name = BYTES_LIT("until"),
                               .until = BYTES_LIT(LAST_DAY),
                               .text = BYTES_LIT("segment('invited')")});
}

/* --- what holds --- */

static bool is_rival(uint32_t x, uint32_t y)
{
    return (x == GOLD && y == SILVER) || (x == SILVER && y == GOLD);
}

/* "", "true" or the value: whatever was said last of any of the person's identifiers. Times are all different. */
static const char *naive(const struct model *m, const uint32_t person_of[IDS], uint32_t person, uint32_t list,
                         int64_t now)
{
    const struct listing_said *last = NULL;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct listing_said *x = &m->said[i];
        bool is_about = x->list == list || (is_rival(x->list, list) && !x->is_off);
        if (person_of[m->who[i]] == person && is_about && (last == NULL || x->minute > last->minute))
            last = x;
    }
    bool is_over = last == NULL || last->is_off || last->list != list ||
                   (last->until_minute != 0 && last->until_minute <= now);
    return is_over ? "" : list == SKIN ? last->value : "true";
}

static const char *says(struct rig *s, uint32_t person, enum audience_kind kind, const char *name)
{
    struct view v = harness_view(s->h);
    struct rule_value value = rule_says(&v, person, found(s, kind, name).rule);
    if (!value.is_known || (value.type == RULE_TRUTH && !value.truth))
        return "";
    return value.type == RULE_TRUTH ? "true" : arena_text(s->arena, value.text);
}

static bool is_pending(struct rig *s, uint32_t person)
{
    struct view v = harness_view(s->h);
    return rule_pending(&v, person);
}

/* Whether the last day of "until" is. */
static bool is_over(struct rig *s)
{
    struct view v = harness_view(s->h);
    struct civil *civil = calendar_civil(&v);
    int64_t end_us = civil_begin_us(civil, CIVIL_DAY, LAST_DAY_NUMBER + 1);
    civil_destroy(civil);
    return v.now_us >= end_us;
}

static void person_agrees(struct rig *s, const struct model *m, const uint32_t person_of[IDS], uint32_t person)
{
    struct t *t = s->t;
    int64_t now = (harness_now_us(s->h) - RELATION_BASE_US) / US_PER_MINUTE;
    const char *want[LISTS];
    for (uint32_t list = 0; list < LISTS; list++) {
        want[list] = naive(m, person_of, person, list, now);
        CHECK_TEXT(t, says(s, person, list == INVITED ? AUDIENCE_SEGMENT : AUDIENCE_TAG, names[list]), want[list]);
    }
    const char *tier = want[GOLD][0] != 0 ? "gold" : want[SILVER][0] != 0 ? "silver" : "";
    bool is_vip = want[INVITED][0] != 0 && (strcmp(want[SKIN], "dry") == 0 || want[SILVER][0] != 0);
    CHECK_TEXT(t, says(s, person, AUDIENCE_TAG, "tier"), tier);
    CHECK_TEXT(t, says(s, person, AUDIENCE_SEGMENT, "vip"), is_vip ? "true" : "");
    CHECK_TEXT(t, says(s, person, AUDIENCE_SEGMENT, "until"), is_over(s) ? "" : want[INVITED]);
}

static void all_agrees(struct rig *s, const struct model *m)
{
    uint32_t person_of[IDS];
    for (uint32_t i = 0; i < IDS; i++)
        person_of[i] = relation_find(s, ids[i]);
    for (uint32_t i = 0; i < IDS; i++)
        if (person_of[i] != PERSON_NONE && !is_pending(s, person_of[i]))
            person_agrees(s, m, person_of, person_of[i]);
}

/* --- what happens --- */

static void say_any(struct rig *s, struct model *m)
{
    struct t *t = s->t;
    uint32_t who = (uint32_t)rng_below(&t->rng, IDS), list = (uint32_t)rng_below(&t->rng, LISTS), said_of_it = 0;
    struct listing_said said = {.who = ids[who],
                                .list = list,
                                .is_off = rng_chance(&t->rng, 0.25),
                                .minute = 1 + (int64_t)rng_below(&t->rng, 9000) * SAID_MAX + m->count};
    for (uint32_t i = 0; i < m->count; i++)
        said_of_it += m->who[i] == who && (m->said[i].list == list || is_rival(m->said[i].list, list));
    if (m->count == SAID_MAX || said_of_it == LISTING_ACTS_MAX)
        return;
    said.value = list == SKIN && !said.is_off ? skins[rng_below(&t->rng, COUNT_OF(skins))] : NULL;
    if (!said.is_off && rng_chance(&t->rng, 0.3))
        said.until_minute = 1000000 + (int64_t)rng_below(&t->rng, 20000);
    m->said[m->count] = said;
    m->who[m->count++] = who;
    said.list = found(s, list == INVITED ? AUDIENCE_SEGMENT : AUDIENCE_TAG, names[list]).number;
    const struct refusal *refusal = listing_say(s, &said);
    CHECK_TEXT(t, refusal == NULL ? "taken" : refusal->name, "taken");
}

static void regroup(struct rig *s)
{
    struct t *t = s->t;
    const char *x = ids[rng_below(&t->rng, IDS)], *y = ids[rng_below(&t->rng, IDS)];
    if (x == y || rng_chance(&t->rng, 0.4))
        relation_meet(s, x);
    else
        (void)relation_act(s, rng_chance(&t->rng, 0.2) ? COMMAND_UNBIND : COMMAND_BIND,
                           arena_printf(s->arena, "%s %s", x, y));
}

/* Its rule isn't made here: what happened before is read in the background. */
static uint32_t number_of(struct rig *s, const char *name)
{
    struct view v = harness_view(s->h);
    struct audience a = {.number = 0};
    CHECK(s->t, audience_find(&v, AUDIENCE_SEGMENT, bytes_of_text(name), &a));
    return a.number;
}

/* Who is in the set of a segment is on the list, and nobody else. */
static void list_agrees(struct rig *s, const char *segment, const char *list)
{
    uint32_t number = number_of(s, list), rule = found(s, AUDIENCE_SEGMENT, segment).rule;
    for (uint32_t i = 0; i < IDS; i++) {
        uint32_t person = relation_find(s, ids[i]);
        struct view v = harness_view(s->h);
        struct bitmap *set = rule_set(&v, rule, NULL);
        CHECK_EQ(s->t, listing_words(s, person, number)[0] != 0, bitmap_has(set, person));
        bitmap_destroy(set);
    }
}

static void freeze(struct rig *s, const char *source, const char *name)
{
    buf_clear(&s->payload);
    audience_freeze_pack(
        &(struct audience_freeze){
            .said = {.kind = AUDIENCE_SEGMENT, .content = AUDIENCE_LIST, .name = bytes_of_text(name)},
            .source_kind = AUDIENCE_SEGMENT,
            .source = bytes_of_text(source),
            .by = BYTES_LIT("lin")},
        &s->payload);
    const struct refusal *refusal = relation_send(s, COMMAND_AUDIENCE_FREEZE);
    CHECK_TEXT(s->t, refusal == NULL ? "frozen" : refusal->name, "frozen");
    struct bytes key;
    for (struct view v = harness_view(s->h); engine_job_next(&v, BYTES_NONE, &key); v = harness_view(s->h)) {
        CHECK(s->t, harness_apply(s->h, COMMAND_CONTINUE, arena_copy(s->arena, key)) == NULL);
        (void)harness_follow(s->h);
    }
    struct view v = harness_view(s->h);
    CHECK(s->t, !audience_is_filling(&v, number_of(s, name)));
}

/* --- the properties --- */

static void lists_say_what_was_said(struct t *t)
{
    struct rig s;
    struct model m = {.count = 0};
    begin(&s, t);
    for (int i = 0; i < 60; i++) {
        say_any(&s, &m);
        if (rng_chance(&t->rng, 0.3))
            regroup(&s);
        if (rng_chance(&t->rng, 0.15))
            harness_time(s.h, harness_now_us(s.h) + (int64_t)rng_below(&t->rng, 3000) * US_PER_MINUTE);
        if (i % 5 == 4)
            all_agrees(&s, &m);
    }
    for (uint32_t i = 0; i < IDS; i++)
        relation_meet(&s, ids[i]);
    all_agrees(&s, &m);
    relation_finish(&s);
}

/* It has who was in the segment, and keeps them when the segment doesn't. */
static void a_snapshot_keeps_who_was_in(struct t *t)
{
    struct rig s;
    struct model m = {.count = 0};
    begin(&s, t);
    for (uint32_t i = 0; i < IDS; i++)
        relation_meet(&s, ids[i]);
    for (uint32_t i = 0; i < 20; i++) {
        say_any(&s, &m);
        if (i % 5 == 0)
            (void)relation_act(&s, COMMAND_BIND, arena_printf(s.arena, "%s %s", ids[i % IDS], ids[(i + 1) % IDS]));
    }
    freeze(&s, "invited", "then");
    list_agrees(&s, "invited", "then");
    uint32_t person = relation_find(&s, ids[0]);
    const char *was = listing_words(&s, person, number_of(&s, "then"));
    for (uint32_t i = 0; i < IDS; i++) {
        struct listing_said off = {
            .who = ids[i], .list = found(&s, AUDIENCE_SEGMENT, "invited").number, .is_off = true, .minute = 999999};
        CHECK(t, listing_say(&s, &off) == NULL);
    }
    CHECK_TEXT(t, says(&s, person, AUDIENCE_SEGMENT, "invited"), "");
    CHECK_TEXT(t, listing_words(&s, person, number_of(&s, "then")), was);
    relation_finish(&s);
}

static const struct test tests[] = {
    {"lists, groups and what names them say what was said", lists_say_what_was_said, 40},
    {"a snapshot keeps who was in", a_snapshot_keeps_who_was_in, 20},
};
TEST_MAIN(tests)
