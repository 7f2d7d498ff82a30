/* The life of relations: what is said, in whatever order; the way back; hand-overs; the ladder.
 * Covers: events.c, hand_over.c, ladder.c, note.c, payload.c, relation.c, roll.c, sayings.c, strands.c, timeline.c, types.c */
#include "domain/relation/relation_test.h"

static void a_guide_and_a_group(struct t *t)
{
    struct rig s;
    relation_begin(&s, t);
    relation_tell(&s, &(struct relation_event){
                          .event = "friend_added", .ids = "p1", .staff = "小美", .brand = "雅", .minute = 5});
    relation_tell(&s, &(struct relation_event){
                          .event = "group_joined", .ids = "p1", .group = "VIP群👗", .brand = "雅", .minute = 6});
    CHECK_TEXT(t, relation_all(&s, "p1"), "friend staff:小美@雅 [5-]; in_group group:VIP群👗@雅 [6-]");
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_FRIEND, "staff:小美"), "1");
    relation_tell(&s, &(struct relation_event){.event = "friend_lost",
                                               .ids = "p1",
                                               .staff = "小美",
                                               .brand = "雅",
                                               .minute = 9,
                                               .property = "reason",
                                               .text = "拉黑"});
    CHECK_TEXT(t, relation_all(&s, "p1"), "friend staff:小美@雅 [5-9 拉黑]; in_group group:VIP群👗@雅 [6-]");
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_FRIEND, "staff:小美"), "");
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_IN_GROUP, "group:VIP群👗"), "1");
    relation_finish(&s);
}

static void order_of_arrival_makes_no_difference(struct t *t)
{
    struct rig s;
    relation_begin(&s, t);
    relation_tell(&s, &(struct relation_event){.event = "unfollowed", .ids = "p1", .channel = "公众号", .minute = 30});
    CHECK_TEXT(t, relation_all(&s, "p1"), "follows channel:公众号 [?-30]");
    relation_tell(&s, &(struct relation_event){.event = "followed", .ids = "p1", .channel = "公众号", .minute = 20});
    relation_tell(&s, &(struct relation_event){.event = "unfollowed", .ids = "p1", .channel = "公众号", .minute = 10});
    relation_tell(&s, &(struct relation_event){.event = "followed", .ids = "p1", .channel = "公众号", .minute = 2});
    CHECK_TEXT(t, relation_all(&s, "p1"), "follows channel:公众号 [2-10, 20-30]");
    struct hash128 before = harness_digest(s.h);
    struct relation_said again = {
        COMMAND_RELATION_BEGIN, "p1", RELATION_FOLLOWS, "channel:公众号", NULL, 2, NULL, NULL, NULL};
    CHECK(t, relation_say(&s, &again) == NULL);
    CHECK(t, hash128_equal(harness_digest(s.h), before));
    relation_finish(&s);
}

struct tellings {
    uint32_t count;
    struct relation_changed last;
};

static void relation_hear(void *context, const struct step *s, const struct fact_kind *kind, const void *fact)
{
    struct tellings *tellings = context;
    (void)s;
    if (kind != &fact_relation_changed)
        return;
    tellings->count++;
    tellings->last = *(const struct relation_changed *)fact;
}

/* Rules ask since when somebody is a friend. */
static void an_earlier_beginning_is_told(struct t *t)
{
    struct rig s;
    struct tellings tellings = {0};
    relation_begin(&s, t);
    relation_tell(&s, &(struct relation_event){.event = "friend_added", .ids = "p1", .staff = "G1", .minute = 9});
    harness_listen(s.h, relation_hear, &tellings);
    relation_tell(&s, &(struct relation_event){.event = "friend_added", .ids = "p1", .staff = "G1", .minute = 5});
    CHECK_TEXT(t, relation_all(&s, "p1"), "friend staff:G1 [5-]");
    CHECK_EQ(t, tellings.count, 1);
    CHECK_EQ(t, tellings.last.change, RELATION_ALTERED);
    CHECK_EQ(t, tellings.last.time_us, relation_us(5));
    relation_tell(&s, &(struct relation_event){.event = "friend_added", .ids = "p1", .staff = "G1", .minute = 7});
    CHECK_EQ(t, tellings.count, 1);
    relation_finish(&s);
}

static void there_is_one_guide_at_a_time(struct t *t)
{
    struct rig s;
    relation_begin(&s, t);
    relation_meet(&s, "p1");
    struct relation_said own = {
        COMMAND_RELATION_BEGIN, "p1", RELATION_OWNED_BY, "staff:G2", NULL, 20, NULL, NULL, NULL};
    CHECK(t, relation_say(&s, &own) == NULL);
    own.to = "staff:G1", own.minute = 10;
    CHECK(t, relation_say(&s, &own) == NULL);
    CHECK_TEXT(t, relation_all(&s, "p1"), "owned_by staff:G1 [10-20 replaced]; owned_by staff:G2 [20-]");
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_OWNED_BY, "staff:G1"), "");
    own.minute = 30;
    CHECK(t, relation_say(&s, &own) == NULL);
    CHECK_TEXT(t, relation_all(&s, "p1"),
               "owned_by staff:G1 [10-20 replaced, 30-]; owned_by staff:G2 [20-30 replaced]");
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_OWNED_BY, "staff:G1"), "1");
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_OWNED_BY, "staff:G2"), "");
    relation_finish(&s);
}

static void relations_go_with_their_identifier(struct t *t)
{
    struct rig s;
    relation_begin(&s, t);
    relation_tell(&s, &(struct relation_event){.event = "friend_added", .ids = "p1", .staff = "G1", .minute = 1});
    relation_tell(&s, &(struct relation_event){.event = "group_joined", .ids = "u1", .group = "Q", .minute = 2});
    CHECK(t, relation_act(&s, COMMAND_BIND, "p1 u1") == NULL);
    CHECK_TEXT(t, relation_all(&s, "u1"), "friend staff:G1 [1-]; in_group group:Q [2-]");
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_IN_GROUP, "group:Q"), "1");
    struct thing_ref group = relation_ref(&s, "group:Q");
    struct view v = harness_view(s.h);
    CHECK_EQ(t, relation_people_count(&v, relation_type_numbered(&v, RELATION_IN_GROUP), &group),
             1); /* the absorbed number has gone */
    CHECK(t, relation_act(&s, COMMAND_NEVER_MERGE, "p1 u1") == NULL);
    CHECK_TEXT(t, relation_all(&s, "p1"), "friend staff:G1 [1-]");
    CHECK_TEXT(t, relation_all(&s, "u1"), "in_group group:Q [2-]");
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_FRIEND, "staff:G1"),
               arena_printf(t->arena, "%u", relation_find(&s, "p1")));
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_IN_GROUP, "group:Q"),
               arena_printf(t->arena, "%u", relation_find(&s, "u1")));
    relation_finish(&s);
}

static void referrals_lead_to_people(struct t *t)
{
    struct rig s;
    relation_begin(&s, t);
    relation_tell(&s, &(struct relation_event){.event = "referral_made", .ids = "p1", .other = "p2", .minute = 1});
    CHECK_TEXT(t, relation_all(&s, "p1"), "referred 0 [1-]"); /* nobody yet */
    relation_meet(&s, "p2");
    CHECK_TEXT(t, relation_all(&s, "p1"), "referred 2 [1-]");
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_REFERRED, "person:p2"), "1");
    relation_finish(&s);
}

static void a_lead_has_a_stage_and_a_score(struct t *t)
{
    struct rig s;
    relation_begin(&s, t);
    relation_tell(&s, &(struct relation_event){.event = "form_submitted", .ids = "p1", .brand = "a", .minute = 1});
    struct relation_said set = {COMMAND_RELATION_SET, "p1", RELATION_LEAD, NULL, "a", 9, NULL, "stage", "qualified"};
    CHECK(t, relation_say(&s, &set) == NULL);
    set.minute = 5, set.text = "new";
    CHECK(t, relation_say(&s, &set) == NULL); /* earlier: history */
    CHECK_TEXT(t, relation_all(&s, "p1"), "lead@a [1-] stage=qualified");
    set = (struct relation_said){COMMAND_RELATION_END, "p1",      RELATION_LEAD, NULL, "a", 12,
                                 "預算不足",           "lost_to", "对手"};
    CHECK(t, relation_say(&s, &set) == NULL);
    CHECK_TEXT(t, relation_all(&s, "p1"), "lead@a [1-12 預算不足] lost_to=对手 stage=qualified");
    const struct relation *list;
    uint32_t person = relation_find(&s, "p1");
    struct view v = harness_view(s.h);
    CHECK_EQ(t, relation_list(&v, person, &list), 1);
    CHECK_EQ(t, relation_attribute(&list[0], "stage")->earlier, 1);
    relation_finish(&s);
}

static void what_makes_no_sense_is_refused(struct t *t)
{
    struct rig s;
    relation_begin(&s, t);
    relation_meet(&s, "p1");
    struct relation_said said = {COMMAND_RELATION_BEGIN, "p1", RELATION_OWNED_BY, "group:Q", NULL, 1, NULL, NULL, NULL};
    CHECK_TEXT(t, relation_say(&s, &said)->name, "relation_unfit");
    said.to = NULL;
    CHECK_TEXT(t, relation_say(&s, &said)->name, "relation_unfit");
    said.to = "staff:";
    CHECK_TEXT(t, relation_say(&s, &said)->name, "relation_unfit");
    said.to = "staff:G1", said.type = RELATION_DECLARED;
    CHECK_TEXT(t, relation_say(&s, &said)->name, "relation_unfit");
    said.type = RELATION_OWNED_BY;
    said.to = "staff:G1", said.brand = "nobody's";
    CHECK_TEXT(t, relation_say(&s, &said)->name, "unknown_brand");
    said.brand = NULL, said.who = "p9";
    CHECK_TEXT(t, relation_say(&s, &said)->name, "unknown_identifier");
    said.who = "p1", said.minute = 1000000 + 2 * 1440;
    CHECK_TEXT(t, relation_say(&s, &said)->name, "time_ahead");
    said = (struct relation_said){
        COMMAND_RELATION_BEGIN, "p1", RELATION_HOUSEHOLD, "household:林家", NULL, 1, NULL, "role", "cousin"};
    CHECK_TEXT(t, relation_say(&s, &said)->name, "relation_unfit");
    said.text = "parent";
    CHECK(t, relation_say(&s, &said) == NULL);
    CHECK_TEXT(t, relation_all(&s, "p1"), "household household:林家 [1-] role=parent");
    relation_finish(&s);
}

static void relation_erase(struct rig *s, const char *who)
{
    struct err e = {0};
    struct view v = harness_view(s->h);
    struct erase_ask ask = {.by = BYTES_LIT("lin"), .public_id = identity_public_id(&v, relation_find(s, who))};
    buf_clear(&s->payload);
    REQUIRE_DONE(s->t, identity_erase_pack(&ask, &s->payload, &e), &e);
    CHECK(s->t, relation_send(s, COMMAND_ERASE) == NULL);
}

static void who_is_erased_is_on_no_list(struct t *t)
{
    struct rig s;
    relation_begin(&s, t);
    for (int i = 0; i < 30; i++)
        relation_tell(
            &s, &(struct relation_event){
                    .event = "group_joined", .ids = "p1", .group = arena_printf(t->arena, "Q%d", i), .minute = i});
    relation_tell(&s, &(struct relation_event){.event = "group_joined", .ids = "p2", .group = "Q7", .minute = 3});
    relation_erase(&s, "p1");
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_IN_GROUP, "group:Q7"), "2");
    for (int i = 0; i < 30; i++) {
        struct view v = harness_view(s.h);
        struct thing_ref ref = relation_ref(&s, arena_printf(t->arena, "group:Q%d", i));
        CHECK_EQ(t, relation_people_count(&v, relation_type_numbered(&v, RELATION_IN_GROUP), &ref), i == 7);
    }
    relation_finish(&s);
}

/* Who has the number next was never meant; who is referred by it from then on is. */
static void a_referral_of_the_erased_leads_to_nobody(struct t *t)
{
    enum { ERASED = 2000000 };
    struct rig s;
    relation_begin(&s, t);
    relation_meet(&s, "p2");
    relation_tell(&s, &(struct relation_event){.event = "referral_made", .ids = "p1", .other = "p2", .minute = 1});
    relation_tell(&s, &(struct relation_event){.event = "referral_made", .ids = "u3", .other = "u4", .minute = 1});
    relation_meet(&s, "u4"); /* of whom nobody is erased */
    harness_time(s.h, relation_us(ERASED));
    relation_erase(&s, "p2");
    relation_meet(&s, "u2");
    CHECK(t, relation_act(&s, COMMAND_BIND, "u2 p2") == NULL);
    CHECK_TEXT(t, relation_all(&s, "p1"), "referred 0 [1-]");
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_REFERRED, "person:p2"), "");
    CHECK_TEXT(t, relation_all(&s, "u3"), arena_printf(s.arena, "referred %u [1-]", relation_find(&s, "u4")));
    const char *next = arena_printf(s.arena, "%u", relation_find(&s, "p2"));
    relation_tell(&s,
                  &(struct relation_event){.event = "referral_made", .ids = "u5", .other = "p2", .minute = ERASED - 1});
    CHECK_TEXT(t, relation_all(&s, "u5"), "referred 0 [1999999-]");
    harness_time(s.h, relation_us(ERASED + 9));
    relation_tell(&s, &(struct relation_event){.event = "referral_made", .ids = "u6", .other = "p2", .minute = ERASED});
    CHECK_TEXT(t, relation_all(&s, "u6"), arena_printf(s.arena, "referred %s [2000000-]", next));
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_REFERRED, "person:p2"),
               arena_printf(s.arena, "%u", relation_find(&s, "u6")));
    relation_tell(&s,
                  &(struct relation_event){.event = "referral_made", .ids = "p1", .other = "p2", .minute = ERASED + 5});
    CHECK_TEXT(t, relation_all(&s, "p1"), arena_printf(s.arena, "referred %s [1-]", next));
    relation_finish(&s);
}

/* An erased holder who had passed the number on is meant by what was said until then, and not by more. */
static void a_referral_of_an_erased_earlier_holder_leads_to_nobody(struct t *t)
{
    enum { PASSED_ON = 1100000, ERASED = 2000000 };
    struct rig s;
    relation_begin(&s, t);
    relation_tell(&s, &(struct relation_event){.event = "login", .ids = "u2 p2"});
    relation_tell(&s, &(struct relation_event){.event = "referral_made", .ids = "u5", .other = "p2", .minute = 1});
    relation_tell(&s, &(struct relation_event){.event = "login", .ids = "u3 p2", .minute = PASSED_ON});
    harness_time(s.h, relation_us(ERASED));
    relation_tell(
        &s, &(struct relation_event){.event = "referral_made", .ids = "u6", .other = "p2", .minute = PASSED_ON + 1});
    const char *now = arena_printf(s.arena, "%u", relation_find(&s, "u3"));
    CHECK_TEXT(t, relation_all(&s, "u5"), arena_printf(s.arena, "referred %s [1-]", now));
    relation_erase(&s, "u2");
    CHECK_TEXT(t, relation_all(&s, "u5"), "referred 0 [1-]");
    CHECK_TEXT(t, relation_all(&s, "u6"), arena_printf(s.arena, "referred %s [1100001-]", now));
    relation_finish(&s);
}

/* --- bounds --- */

static void what_has_no_room_goes(struct t *t)
{
    struct rig s;
    relation_begin(&s, t);
    for (int i = 0; i < 12; i++) /* bought again and again: the first and the latest stay */
        relation_tell(&s, &(struct relation_event){.event = "sale_made", .ids = "p1", .staff = "G1", .minute = 1 + i});
    CHECK_TEXT(t, relation_all(&s, "p1"), "sold_by staff:G1 [1-]");
    for (uint32_t i = 0; i < RELATIONS_MAX + 20; i++)
        relation_tell(&s, &(struct relation_event){.event = i % 2 == 0 ? "group_joined" : "group_left",
                                                   .ids = "p1",
                                                   .minute = 100 + i,
                                                   .group = arena_printf(t->arena, "group-of-many-%u", i)});
    const struct relation *list;
    uint32_t person = relation_find(&s, "p1"), open = 0;
    struct view v = harness_view(s.h);
    size_t count = relation_list(&v, person, &list);
    for (size_t i = 0; i < count; i++)
        open += list[i].is_open;
    CHECK_EQ(t, count, RELATIONS_MAX);
    CHECK_EQ(t, open, 1 + (RELATIONS_MAX + 20) / 2); /* ended ones go first */
    relation_finish(&s);
}

/* --- hand-over --- */

static const struct refusal *hand_over(struct rig *s, struct hand_over *h)
{
    struct err e = {0};
    h->by = BYTES_LIT("lin");
    buf_clear(&s->payload);
    if (failed(hand_over_pack(h, &s->payload, &e)))
        return &harness_malformed;
    return relation_send(s, COMMAND_RELATION_HAND_OVER);
}

static void a_guide_leaves(struct t *t)
{
    struct rig s;
    struct hand_over h = {.types = 1u << RELATION_OWNED_BY, .reason = BYTES_LIT("离职"), .to_count = 2};
    relation_begin(&s, t);
    for (uint32_t i = 1; i <= 150; i++) {
        const char *who = arena_printf(t->arena, "p%u", i);
        relation_meet(&s, who);
        CHECK(t, relation_say(&s, &(struct relation_said){COMMAND_RELATION_BEGIN, who, RELATION_OWNED_BY, "staff:G1",
                                                          NULL, 1, NULL, NULL, NULL}) == NULL);
    }
    h.from = relation_ref(&s, "staff:G1");
    h.to[0] = relation_ref(&s, "staff:G2");
    h.to[1] = relation_ref(&s, "staff:G3");
    CHECK(t, hand_over(&s, &h) == NULL);
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_OWNED_BY, "staff:G1"), "");
    struct view v = harness_view(s.h);
    CHECK_EQ(t, relation_people_count(&v, relation_type_numbered(&v, RELATION_OWNED_BY), &h.from), 0);
    CHECK_EQ(t, relation_people_count(&v, relation_type_numbered(&v, RELATION_OWNED_BY), &h.to[0]), 75);
    CHECK_EQ(t, relation_people_count(&v, relation_type_numbered(&v, RELATION_OWNED_BY), &h.to[1]), 75);
    CHECK_TEXT(t, relation_all(&s, "p1"), "owned_by staff:G1 [1-1000000 离职]; owned_by staff:G2 [1000000-]");
    struct hand_over_record record;
    CHECK(t, hand_over_before(&v, UINT64_MAX, &record));
    CHECK_EQ(t, record.moved, 150);
    CHECK(t, record.finished_us != 0);
    CHECK_BYTES(t, record.ask.by, BYTES_LIT("lin"));
    CHECK(t, !hand_over_before(&v, record.position, &record));
    CHECK_TEXT(t, hand_over(&s, &h)->name, "nobody_to_hand_over");
    h.to[1] = h.from;
    CHECK(t, hand_over(&s, &h) == &harness_malformed);
    relation_finish(&s);
}

static void staff_put(struct rig *s, const char *id, const char *store)
{
    struct thing_put put = {.ref = relation_ref(s, id),
                            .time_us = RELATION_BASE_US,
                            .parent_said = PARENT_SAID,
                            .parent = relation_ref(s, store)};
    buf_clear(&s->payload);
    thing_put_pack(&s->payload, &put);
    CHECK(s->t, relation_send(s, COMMAND_THING_PUT) == NULL);
}

static void by_store_they_stay_where_they_buy(struct t *t)
{
    struct rig s;
    struct hand_over h = {.types = 1u << RELATION_OWNED_BY, .to_count = 2, .by_store = true};
    relation_begin(&s, t);
    staff_put(&s, "staff:G2", "store:上海");
    staff_put(&s, "staff:G3", "store:杭州");
    for (uint32_t i = 1; i <= 6; i++) {
        const char *who = arena_printf(t->arena, "p%u", i);
        relation_meet(&s, who);
        CHECK(t, relation_say(&s, &(struct relation_said){COMMAND_RELATION_BEGIN, who, RELATION_OWNED_BY, "staff:G1",
                                                          NULL, 1, NULL, "store", i <= 4 ? "杭州" : "上海"}) == NULL);
    }
    h.from = relation_ref(&s, "staff:G1");
    h.to[0] = relation_ref(&s, "staff:G2");
    h.to[1] = relation_ref(&s, "staff:G3");
    CHECK(t, hand_over(&s, &h) == NULL);
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_OWNED_BY, "staff:G3"), "1 2 3 4");
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_OWNED_BY, "staff:G2"), "5 6");
    CHECK_TEXT(t, relation_all(&s, "p1"),
               "owned_by staff:G1 [1-1000000 handed_over] store=杭州; owned_by staff:G3 [1000000-] store=杭州");
    relation_finish(&s);
}

/* --- the ladder --- */

static const char *rungs_of(struct rig *s, const char *who)
{
    struct ladder list[LADDER_BRANDS_MAX];
    uint32_t person = relation_find(s, who);
    struct view v = harness_view(s->h);
    const char *all = "";
    size_t count = relation_ladder(&v, person, list);
    for (size_t i = 0; i < count; i++) {
        struct bytes brand = name_text(&v, NAME_BRAND, list[i].brand);
        all = arena_printf(s->arena, "%s%s%.*s:%s", all, i > 0 ? " " : "", BYTES_ARG(brand),
                           rung_words[list[i].rung].name);
    }
    return all;
}

static void the_ladder_is_climbed(struct t *t)
{
    struct rig s;
    relation_begin(&s, t);
    harness_time(s.h, relation_us(1000000));
    relation_tell(&s, &(struct relation_event){.event = "page_viewed", .ids = "p1", .brand = "a", .minute = 999000});
    CHECK_TEXT(t, rungs_of(&s, "p1"), "a:stranger");
    relation_tell(&s, &(struct relation_event){
                          .event = "followed", .ids = "p1", .brand = "a", .channel = "wechat", .minute = 999001});
    CHECK_TEXT(t, rungs_of(&s, "p1"), "a:fan");
    relation_tell(&s, &(struct relation_event){.event = "form_submitted", .ids = "p1", .brand = "a", .minute = 999002});
    CHECK_TEXT(t, rungs_of(&s, "p1"), "a:lead");
    relation_tell(&s, &(struct relation_event){.event = "sale_made", .ids = "p1", .brand = "a", .minute = 999003});
    CHECK_TEXT(t, rungs_of(&s, "p1"), "a:buyer");
    relation_tell(
        &s, &(struct relation_event){
                .event = "member_joined", .ids = "p1", .property = "programme", .text = "group", .minute = 999004});
    CHECK_TEXT(t, rungs_of(&s, "p1"), ":member a:member"); /* of the group counts for each brand */
    relation_tell(&s, &(struct relation_event){.event = "sale_made", .ids = "p1", .brand = "a", .minute = 999005});
    relation_tell(&s, &(struct relation_event){.event = "sale_made", .ids = "p1", .brand = "a", .minute = 999006});
    CHECK_TEXT(t, rungs_of(&s, "p1"), ":member a:loyal");
    harness_time(s.h, relation_us(1000000 + 400 * 1440));
    CHECK_TEXT(t, rungs_of(&s, "p1"), ":lost a:lost");
    relation_finish(&s);
}

static struct bytes field_body(struct rig *s, enum order_field_id id, struct bytes text, int64_t amount)
{
    struct buf b = arena_buf(s->arena, 256);
    order_value_pack(&b, &(struct order_value){.field = order_field((uint8_t)id), .text = text, .integer = amount});
    return buf_bytes(&b);
}

/* An order of p1's for brand a, paid at a minute, perhaps void since. */
static void order_put(struct rig *s, uint32_t number, int64_t minute, bool is_void)
{
    struct buf buyer = arena_buf(s->arena, 256);
    struct envelope_id id = relation_id(s, "p1");
    struct err e = {0};
    struct order_key key = {BYTES_LIT("tmall"), bytes_of_text(arena_printf(s->arena, "%u", number))};
    envelope_id_pack(&buyer, &id);
    struct order_part parts[] = {
        {.kind = ORDER_HEAD, .sub = FIELD_BRAND, .version = 1, .body = field_body(s, FIELD_BRAND, BYTES_LIT("a"), 0)},
        {.kind = ORDER_BUYER, .version = 1, .body = buf_bytes(&buyer)},
        {.kind = ORDER_LINE, .version = 1, .id = BYTES_LIT("1"), .body = field_body(s, FIELD_PAID, BYTES_NONE, 19900)},
        {.kind = ORDER_STATE, .sub = ORDER_PAID, .time_us = relation_us(minute)},
    };
    struct order_version version = {.key = key,
                                    .source = BYTES_LIT("erp"),
                                    .version = 1,
                                    .time_us = relation_us(minute),
                                    .part_count = COUNT_OF(parts),
                                    .parts = parts};
    buf_clear(&s->payload);
    REQUIRE_DONE(s->t, order_version_pack(&version, &s->payload, &e), &e);
    CHECK(s->t, relation_send(s, COMMAND_ORDER_PUT) == NULL);
    buf_clear(&s->payload);
    struct order_ask ask = {.key = key, .by = BYTES_LIT("lin")};
    REQUIRE_DONE(s->t, order_ask_pack(COMMAND_ORDER_VOID, &ask, &s->payload, &e), &e);
    CHECK(s->t, !is_void || relation_send(s, COMMAND_ORDER_VOID) == NULL);
}

#define OLD_MINUTE 1000 /* more than a year before now */
#define NEW_MINUTE 999000

/* Documents derive events, so events alone would make these loyal; what lies long ago or is void doesn't. */
static void documents_make_buyers_and_loyal_ones(struct t *t)
{
    struct rig s;
    relation_begin(&s, t);
    for (uint32_t i = 0; i < LADDER_ORDERS_MAX + 10; i++)
        order_put(&s, i, OLD_MINUTE + i, false);
    order_put(&s, 1000, NEW_MINUTE, false);
    order_put(&s, 1001, NEW_MINUTE, true);
    order_put(&s, 1002, NEW_MINUTE, false);
    CHECK_TEXT(t, rungs_of(&s, "p1"), "a:buyer");
    order_put(&s, 1003, NEW_MINUTE, false);
    CHECK_TEXT(t, rungs_of(&s, "p1"), "a:loyal");
    relation_finish(&s);
}

static void word_set(char *room, size_t size, const char *word)
{
    memset(room, 0, size);
    memcpy(room, word, strlen(word));
}

/* An adviser: one at a time, to staff; then more words, and no other shape. */
static void types_are_declared_and_keep_their_shape(struct t *t)
{
    struct rig s;
    struct relation_type type = {.name = "adviser",
                                 .zh = "顾问",
                                 .kinds = {"staff"},
                                 .is_single = true,
                                 .roles = "primary|backup",
                                 .reasons = "搬家|本人要求"};
    relation_begin(&s, t);
    relation_meet(&s, "p1");
    struct relation_said said = {
        COMMAND_RELATION_BEGIN, "p1", RELATION_DECLARED, "staff:G1", NULL, 1, NULL, "role", "primary"};
    CHECK_TEXT(t, relation_say(&s, &said)->name, "relation_unfit");
    CHECK(t, relation_declare(&s, &type) == NULL);
    CHECK(t, relation_say(&s, &said) == NULL);
    said.text = "chief";
    CHECK_TEXT(t, relation_say(&s, &said)->name, "relation_unfit");
    said = (struct relation_said){
        COMMAND_RELATION_BEGIN, "p1", RELATION_DECLARED, "staff:G2", NULL, 5, NULL, NULL, NULL};
    CHECK(t, relation_say(&s, &said) == NULL);
    CHECK_TEXT(t, relation_all(&s, "p1"), "adviser staff:G1 [1-5 replaced] role=primary; adviser staff:G2 [5-]");
    said.command = COMMAND_RELATION_END, said.minute = 9, said.reason = "别的";
    CHECK_TEXT(t, relation_say(&s, &said)->name, "relation_unfit");
    said.reason = "搬家";
    CHECK(t, relation_say(&s, &said) == NULL);
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_DECLARED, "staff:G2"), "");
    word_set(type.kinds[1], sizeof type.kinds[1], "store");
    word_set(type.zh, sizeof type.zh, "护肤顾问");
    CHECK(t, relation_declare(&s, &type) == NULL);
    struct view v = harness_view(s.h);
    const struct relation_type *now = relation_type_named(&v, BYTES_LIT("adviser"));
    CHECK_EQ(t, now->number, RELATION_DECLARED);
    CHECK_TEXT(t, now->zh, "护肤顾问");
    type.is_single = false;
    CHECK_TEXT(t, relation_declare(&s, &type)->name, "relation_type_fixed");
    type.is_single = true;
    memset(type.kinds, 0, sizeof type.kinds);
    CHECK_TEXT(t, relation_declare(&s, &type)->name, "relation_type_fixed");
    type = (struct relation_type){.name = "moon", .kinds = {"moons"}};
    CHECK_TEXT(t, relation_declare(&s, &type)->name, "unknown_kind");
    type = (struct relation_type){.name = "Not a name"};
    CHECK(t, relation_declare(&s, &type) == &harness_malformed);
    relation_finish(&s);
}

static void words_of_what_is_built_in_can_be_others(struct t *t)
{
    struct rig s;
    relation_begin(&s, t);
    struct view v = harness_view(s.h);
    struct relation_type type = *relation_type_named(&v, BYTES_LIT("lead"));
    word_set(type.reasons, sizeof type.reasons, "预算不足|选择对手");
    CHECK(t, relation_declare(&s, &type) == NULL);
    v = harness_view(s.h);
    CHECK_EQ(t, relation_type_named(&v, BYTES_LIT("lead"))->number, RELATION_LEAD);
    CHECK_TEXT(t, relation_type_numbered(&v, RELATION_LEAD)->reasons, "预算不足|选择对手");
    for (uint32_t i = 0; i + RELATION_DECLARED < RELATION_TYPE_END; i++) {
        (void)snprintf(type.name, sizeof type.name, "own_%u", i);
        CHECK(t, relation_declare(&s, &type) == NULL);
    }
    word_set(type.name, sizeof type.name, "one_more");
    CHECK_TEXT(t, relation_declare(&s, &type)->name, "too_many_relation_types");
    relation_finish(&s);
}

/* Packs and applies an act of identity; what follows from it waits. */
static void act_at_once(struct rig *s, uint32_t command, const char *words)
{
    struct identity_act act = {.by = BYTES_LIT("lin")};
    act.id_count = relation_ids(s, words, act.ids);
    buf_clear(&s->payload);
    REQUIRE_DONE(s->t, identity_act_pack(&act, &s->payload, &(struct err){0}), &(struct err){0});
    CHECK(s->t, harness_apply(s->h, command, buf_bytes(&s->payload)) == NULL);
}

/* Merged, and parted again before the rolls have followed: the number that was absorbed is on none. */
static void a_split_right_after_a_merge_leaves_no_number_behind(struct t *t)
{
    struct rig s;
    relation_begin(&s, t);
    relation_meet(&s, "p1");
    relation_meet(&s, "p2 u2");
    struct relation_said said = {
        .command = COMMAND_RELATION_BEGIN, .who = "p2", .type = RELATION_FRIEND, .to = "staff:G2", .minute = 1};
    CHECK(t, relation_say(&s, &said) == NULL);
    act_at_once(&s, COMMAND_MERGE, "p1 p2");
    act_at_once(&s, COMMAND_SPLIT, "p2");
    (void)harness_follow(s.h);
    struct view v = harness_view(s.h);
    struct thing_ref ref = relation_ref(&s, "staff:G2");
    CHECK_EQ(t, relation_people_count(&v, relation_type_numbered(&v, RELATION_FRIEND), &ref), 1);
    uint32_t person = relation_find(&s, "p2");
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_FRIEND, "staff:G2"), arena_printf(s.arena, "%u", person));
    relation_finish(&s);
}

/* Parted twice before the rolls have followed: where the relation went first has it no more, and whoever had it before is on no roll. */
static void a_split_right_after_a_split_leaves_no_number_behind(struct t *t)
{
    struct rig s;
    relation_begin(&s, t);
    relation_meet(&s, "p1 u1");
    relation_meet(&s, "p2 u2");
    relation_meet(&s, "p3");
    CHECK(t, relation_act(&s, COMMAND_MERGE, "p1 p2") == NULL);
    CHECK(t, relation_act(&s, COMMAND_MERGE, "p1 p3") == NULL);
    struct relation_said said = {
        .command = COMMAND_RELATION_BEGIN, .who = "p1", .type = RELATION_FRIEND, .to = "staff:G2", .minute = 1};
    CHECK(t, relation_say(&s, &said) == NULL);
    act_at_once(&s, COMMAND_SPLIT, "p2 u2");
    act_at_once(&s, COMMAND_SPLIT, "p1");
    (void)harness_follow(s.h);
    struct view v = harness_view(s.h);
    struct thing_ref ref = relation_ref(&s, "staff:G2");
    CHECK_EQ(t, relation_people_count(&v, relation_type_numbered(&v, RELATION_FRIEND), &ref), 1);
    uint32_t person = relation_find(&s, "p1");
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_FRIEND, "staff:G2"), arena_printf(s.arena, "%u", person));
    relation_finish(&s);
}

/* Merges everybody named, and takes that back. */
static void merge_and_undo(struct rig *s, const char *words)
{
    struct err e = {0};
    uint64_t merged = harness_position(s->h);
    CHECK(s->t, relation_act(s, COMMAND_MERGE, words) == NULL);
    struct identity_act act = {.by = BYTES_LIT("lin"), .undo_position = merged};
    buf_clear(&s->payload);
    CHECK_DONE(s->t, identity_act_pack(&act, &s->payload, &e), &e);
    CHECK(s->t, relation_send(s, COMMAND_UNDO) == NULL);
}

/* Whoever has one of the identifiers u0, u1 ... now: "1 3 4". */
static const char *people_of_users(struct rig *s, uint32_t users)
{
    bool is_one[RELATION_NUMBERS_MAX] = {false};
    const char *all = "";
    for (uint32_t i = 0; i < users; i++)
        is_one[relation_find(s, arena_printf(s->arena, "u%u", i))] = true;
    for (uint32_t number = 0; number < RELATION_NUMBERS_MAX; number++)
        if (is_one[number])
            all = arena_printf(s->arena, "%s%s%u", all, all[0] == 0 ? "" : " ", number);
    return all;
}

/* Each of them has a relation: the rolls of all parts are to be looked through for the numbers of all others. */
static void many_part_in_one_step(struct t *t)
{
    struct rig s;
    const char *all = "";
    relation_begin(&s, t);
    for (uint32_t i = 0; i < ENVELOPE_IDS_MAX; i++) {
        const char *who = arena_printf(s.arena, "u%u", i);
        struct relation_said said = {
            .command = COMMAND_RELATION_BEGIN, .who = who, .type = RELATION_FRIEND, .to = "staff:G1", .minute = 1};
        relation_meet(&s, who);
        CHECK(t, relation_say(&s, &said) == NULL);
        all = arena_printf(s.arena, "%s%s%s", all, i > 0 ? " " : "", who);
    }
    merge_and_undo(&s, all);
    CHECK_TEXT(t, relation_of_thing(&s, RELATION_FRIEND, "staff:G1"), people_of_users(&s, ENVELOPE_IDS_MAX));
    struct view v = harness_view(s.h);
    struct thing_ref ref = relation_ref(&s, "staff:G1");
    CHECK_EQ(t, relation_people_count(&v, relation_type_numbered(&v, RELATION_FRIEND), &ref), ENVELOPE_IDS_MAX);
    relation_finish(&s);
}

static void who_did_it_is_kept(struct t *t)
{
    struct rig s;
    const struct relation *list;
    relation_begin(&s, t);
    relation_meet(&s, "p1");
    struct relation_said said = {
        .command = COMMAND_RELATION_BEGIN, .who = "p1", .type = RELATION_OWNED_BY, .to = "staff:G1", .minute = 1};
    s.by = "G7";
    CHECK(t, relation_say(&s, &said) == NULL);
    said.command = COMMAND_RELATION_END, said.minute = 4, s.by = NULL;
    CHECK(t, relation_say(&s, &said) == NULL);
    relation_tell(
        &s, &(struct relation_event){.event = "friend_added", .ids = "p1", .staff = "G1", .actor = "G2", .minute = 6});
    uint32_t person = relation_find(&s, "p1");
    struct view v = harness_view(s.h);
    REQUIRE(t, relation_list(&v, person, &list) == 2);
    CHECK_EQ(t, list[0].periods[0].begun_by.kind, RELATION_BY_STAFF);
    CHECK_BYTES(t, list[0].periods[0].begun_by.name, BYTES_LIT("G2"));
    CHECK_BYTES(t, list[1].periods[0].begun_by.name, BYTES_LIT("G7"));
    CHECK_EQ(t, list[1].periods[0].ended_by.kind, RELATION_BY_NOBODY);
    relation_finish(&s);
}

/* Each act and each value by itself, the oldest first, under the identifier that it was said of. */
static void what_was_said_is_told_one_by_one(struct t *t)
{
    struct rig s;
    const struct relation_saying *list;
    struct relation_said said = {.command = COMMAND_RELATION_BEGIN,
                                 .who = "p1",
                                 .type = RELATION_OWNED_BY,
                                 .to = "staff:G1",
                                 .minute = 1,
                                 .attribute = "store",
                                 .text = "S1"};
    relation_begin(&s, t);
    relation_meet(&s, "p1");
    CHECK(t, relation_say(&s, &said) == NULL);
    said = (struct relation_said){.command = COMMAND_RELATION_END,
                                  .who = "p1",
                                  .type = RELATION_OWNED_BY,
                                  .to = "staff:G1",
                                  .minute = 4,
                                  .reason = "离职"};
    CHECK(t, relation_say(&s, &said) == NULL);
    CHECK(t, relation_say(&s, &said) == NULL); /* twice is once */
    uint32_t person = relation_find(&s, "p1");
    struct view v = harness_view(s.h);
    struct envelope_id id = relation_id(&s, "p1");
    struct hash128 owner;
    REQUIRE(t, identity_owner_key(&v, &id, &owner) && relation_sayings(&v, person, &list) == 3);
    CHECK_EQ(t, list[0].what, RELATION_SAYS_BEGIN);
    CHECK_EQ(t, list[1].what, RELATION_SAYS_END);
    CHECK_BYTES(t, list[1].reason, BYTES_LIT("离职"));
    CHECK(t, list[0].time_us < list[1].time_us);
    CHECK_EQ(t, list[2].what, RELATION_SAYS_VALUE);
    CHECK_BYTES(t, list[2].name, BYTES_LIT("store"));
    for (size_t i = 0; i < 3; i++)
        CHECK(t, hash128_equal(list[i].owner, owner) && bytes_equal(list[i].ref.id, BYTES_LIT("G1")));
    relation_finish(&s);
}

static const struct test tests[] = {
    {"what was said is told one by one", what_was_said_is_told_one_by_one, 1},
    {"types are declared and keep their shape", types_are_declared_and_keep_their_shape, 1},
    {"words of what is built in can be others", words_of_what_is_built_in_can_be_others, 1},
    {"many part in one step", many_part_in_one_step, 1},
    {"who did it is kept", who_did_it_is_kept, 1},
    {"a split right after a merge leaves no number behind", a_split_right_after_a_merge_leaves_no_number_behind, 1},
    {"a split right after a split leaves no number behind", a_split_right_after_a_split_leaves_no_number_behind, 1},
    {"a guide and a group, begun and ended by events", a_guide_and_a_group, 1},
    {"the order of arrival makes no difference", order_of_arrival_makes_no_difference, 1},
    {"an earlier beginning is told", an_earlier_beginning_is_told, 1},
    {"there is one guide at a time", there_is_one_guide_at_a_time, 1},
    {"relations go with their identifier through merge and split", relations_go_with_their_identifier, 1},
    {"referrals lead to people, also to those not known yet", referrals_lead_to_people, 1},
    {"a lead has a stage, a score and an end", a_lead_has_a_stage_and_a_score, 1},
    {"who is erased is on no list", who_is_erased_is_on_no_list, 1},
    {"a referral of the erased leads to nobody", a_referral_of_the_erased_leads_to_nobody, 1},
    {"a referral of an erased earlier holder leads to nobody", a_referral_of_an_erased_earlier_holder_leads_to_nobody,
     1},
    {"what makes no sense is refused", what_makes_no_sense_is_refused, 1},
    {"what has no room goes: ended ones first", what_has_no_room_goes, 1},
    {"a guide leaves: customers in turn to others, history stays", a_guide_leaves, 1},
    {"by store they stay where they buy", by_store_they_stay_where_they_buy, 1},
    {"the ladder is climbed, and left", the_ladder_is_climbed, 1},
    {"documents make buyers and loyal ones", documents_make_buyers_and_loyal_ones, 1},
};
TEST_MAIN(tests)
