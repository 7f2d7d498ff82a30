/* Examples of sharing and of reach. Covers: scope.c, shares.c, reach.c, standing.c, reach_count.c, stops.c */
#include "domain/scope/scope_test.h"

/* --- sharing --- */

static bool may(struct world *w, const char *viewer, const char *brand, const char *purpose)
{
    struct view v = harness_view(w->h);
    uint32_t list[] = {0, world_brand_number(&v, viewer)};
    return scope_may(&v, (struct brand_set){2, list}, world_brand_number(&v, brand), bytes_of_text(purpose));
}

static size_t open_to(struct world *w, const char *viewer)
{
    struct view v = harness_view(w->h);
    uint32_t list[] = {0, world_brand_number(&v, viewer)};
    return scope_open(&v, (struct brand_set){2, list}, BYTES_LIT(PURPOSE_SERVICE)).count;
}

static void open_brands(struct world *w)
{
    (void)world_brand(w, "a", "甲公司");
    (void)world_brand(w, "a2", "甲公司");
    (void)world_brand(w, "b", "乙公司");
    (void)world_brand(w, "c", NULL);
    (void)world_brand(w, "d", NULL);
}

static struct share_ask between(const char *from, const char *to)
{
    return (struct share_ask){.from = bytes_of_text(from), .to = bytes_of_text(to)};
}

static void an_edge_opens_one_way_until_it_ends(struct t *t)
{
    struct world w;
    world_begin(&w, t);
    open_brands(&w);
    CHECK(t, may(&w, "a", "a", "service"));
    CHECK(t, !may(&w, "a", "b", "service"));
    CHECK(t, !may(&w, "a", "a2", "service")); /* of one entity, but each a brand of its own */
    CHECK_EQ(t, open_to(&w, "a"), 2);
    CHECK(t, world_share(&w, COMMAND_SHARE, between("乙公司", "甲公司")) == NULL);
    CHECK(t, may(&w, "a", "b", "service"));
    CHECK(t, may(&w, "a2", "b", "service"));
    CHECK(t, !may(&w, "b", "a", "service"));
    CHECK(t, !may(&w, "c", "b", "service"));
    CHECK_EQ(t, open_to(&w, "a"), 3);
    CHECK(t, world_share(&w, COMMAND_UNSHARE, between("乙公司", "甲公司")) == NULL);
    CHECK(t, !may(&w, "a", "b", "service"));
    CHECK_EQ(t, open_to(&w, "a"), 2);
    CHECK_TEXT(t, world_share(&w, COMMAND_UNSHARE, between("乙公司", "甲公司"))->name, "not_shared");
    world_end(&w);
}

static void brands_without_an_entity_have_a_common_one(struct t *t)
{
    struct world w;
    world_begin(&w, t);
    open_brands(&w);
    CHECK(t, !may(&w, "c", "d", "service"));
    CHECK(t, world_share(&w, COMMAND_SHARE, between("", "")) == NULL);
    CHECK(t, may(&w, "c", "d", "service"));
    CHECK(t, !may(&w, "a", "d", "service"));
    CHECK(t, world_brand(&w, "d", "乙公司") == NULL); /* the edge follows the entity */
    CHECK(t, !may(&w, "c", "d", "service"));
    CHECK_TEXT(t, world_share(&w, COMMAND_SHARE, between("丙公司", ""))->name, "unknown_entity");
    world_end(&w);
}

static void a_purpose_is_named_and_a_sensitive_one_always(struct t *t)
{
    struct world w;
    world_begin(&w, t);
    open_brands(&w);
    CHECK(t, world_share(&w, COMMAND_SHARE, between("乙公司", "甲公司")) == NULL);
    CHECK(t, may(&w, "a", "b", "marketing"));
    CHECK(t, !may(&w, "a", "b", "health"));
    CHECK(t, !may(&w, "a", "b", "minors"));
    CHECK(t, !may(&w, "a", "b", "precise_location"));
    struct share_ask ask = between("乙公司", "甲公司");
    ask.purposes[ask.purpose_count++] = BYTES_LIT("health");
    CHECK(t, world_share(&w, COMMAND_SHARE, ask) == NULL);
    CHECK(t, may(&w, "a", "b", "health"));
    CHECK(t, !may(&w, "a", "b", "marketing")); /* what was said before is replaced */
    world_end(&w);
}

static void an_edge_is_over_at_its_time(struct t *t)
{
    struct world w;
    world_begin(&w, t);
    open_brands(&w);
    int64_t until_us = harness_now_us(w.h) + US_PER_HOUR;
    struct share_ask ask = between("乙公司", "甲公司");
    ask.until_us = until_us;
    CHECK(t, world_share(&w, COMMAND_SHARE, ask) == NULL);
    world_later(&w, until_us - 1);
    CHECK(t, may(&w, "a", "b", "service"));
    world_later(&w, until_us);
    CHECK(t, !may(&w, "a", "b", "service"));
    CHECK_TEXT(t, world_share(&w, COMMAND_SHARE, ask)->name, "share_over");
    world_end(&w);
}

static void acts_are_kept_newest_first(struct t *t)
{
    struct world w;
    struct share_act act;
    world_begin(&w, t);
    open_brands(&w);
    struct share_ask ask = between("乙公司", "甲公司");
    ask.policy = BYTES_LIT("2026-01 版");
    ask.evidence = BYTES_LIT("合同 4711 號");
    (void)world_share(&w, COMMAND_SHARE, ask);
    (void)world_share(&w, COMMAND_UNSHARE, between("乙公司", "甲公司"));
    struct view v = harness_view(w.h);
    CHECK(t, share_act_before(&v, UINT64_MAX, &act));
    CHECK(t, act.is_end);
    CHECK_BYTES(t, act.ask.by, BYTES_LIT("法务"));
    CHECK(t, share_act_before(&v, act.position, &act));
    CHECK(t, !act.is_end);
    CHECK_BYTES(t, act.ask.evidence, ask.evidence);
    CHECK(t, !share_act_before(&v, act.position, &act));
    world_end(&w);
}

/* --- reach --- */

static const char *reach(struct world *w, const char *word, const char *brand, const char *channel)
{
    struct view v = harness_view(w->h);
    uint32_t purpose = name_number(&v, NAME_PURPOSE, BYTES_LIT("marketing"));
    struct reach_answer a = reach_of_person(&v, world_person(&v, word), world_brand_number(&v, brand), purpose,
                                            reach_channel_named(bytes_of_text(channel)));
    return reach_reason_names[a.reason];
}

static uint64_t counted(struct world *w, const char *brand, const char *channel, enum reach_reason reason)
{
    struct view v = harness_view(w->h);
    uint32_t purpose = name_number(&v, NAME_PURPOSE, BYTES_LIT("marketing"));
    return reach_count(&v, world_brand_number(&v, brand), purpose, reach_channel_named(bytes_of_text(channel)))
        .by_reason[reason];
}

static void each_reason_has_its_case(struct t *t)
{
    struct world w;
    struct envelope_consent yes = {.purpose = BYTES_LIT("marketing"), .given = true},
                            no = {.purpose = BYTES_LIT("marketing")};
    world_begin(&w, t);
    (void)world_brand(&w, "b", NULL);
    (void)world_event(&w, (struct saying){.ids = "u1 p1", .brand = "a"});
    CHECK_TEXT(t, reach(&w, "u1", "b", "sms"), "not_known");
    CHECK_TEXT(t, reach(&w, "u1", "a", "email"), "no_address");
    CHECK_TEXT(t, reach(&w, "u1", "a", "sms"), "no_consent");
    (void)world_event(&w, (struct saying){.ids = "u1", .brand = "a", .consent = &yes});
    CHECK_TEXT(t, reach(&w, "u1", "a", "sms"), "yes");
    CHECK_TEXT(t, reach(&w, "u1", NULL, "sms"), "no_consent"); /* given to a brand, not to the group */
    CHECK_EQ(t, counted(&w, "a", "sms", REACH_YES), 1);
    (void)world_act(&w, COMMAND_SUPPRESS, "p1", NULL, 1);
    CHECK_TEXT(t, reach(&w, "u1", "a", "sms"), "suppressed");
    CHECK_EQ(t, counted(&w, "a", "sms", REACH_SUPPRESSED), 1);
    CHECK_EQ(t, counted(&w, "a", "sms", REACH_YES), 0);
    (void)world_event(&w, (struct saying){.ids = "u1 p2", .brand = "a"}); /* another number is free */
    CHECK_TEXT(t, reach(&w, "u1", "a", "sms"), "yes");
    (void)world_act(&w, COMMAND_SUPPRESS, "p1", NULL, 0);
    CHECK_TEXT(t, reach(&w, "u1", "a", "sms"), "yes");
    harness_time(w.h, harness_now_us(w.h) + 1);
    (void)world_event(&w, (struct saying){.ids = "u1", .brand = "a", .consent = &no});
    CHECK_TEXT(t, reach(&w, "u1", "a", "sms"), "withdrawn");
    CHECK_EQ(t, counted(&w, "a", "sms", REACH_WITHDRAWN), 1);
    world_end(&w);
}

static void a_consent_begins_and_is_over_by_the_tick(struct t *t)
{
    struct world w;
    world_begin(&w, t);
    int64_t now_us = harness_now_us(w.h), from_us = now_us + US_PER_HOUR, until_us = now_us + 2 * US_PER_HOUR;
    struct envelope_consent c = {.purpose = BYTES_LIT("marketing"),
                                 .given = true,
                                 .from_us = from_us,
                                 .until_us = until_us,
                                 .evidence = BYTES_LIT("門店紙質表 7 號")};
    (void)world_event(&w, (struct saying){.ids = "u1 e1", .brand = "a", .consent = &c});
    CHECK_EQ(t, counted(&w, "a", "email", REACH_NO_CONSENT), 1);
    world_later(&w, from_us);
    CHECK_EQ(t, counted(&w, "a", "email", REACH_YES), 1);
    struct view v = harness_view(w.h);
    struct reach_answer a = reach_of_person(&v, 1, world_brand_number(&v, "a"), 1,
                                            reach_channel_named(BYTES_LIT("email")));
    CHECK_BYTES(t, a.consent->evidence, c.evidence);
    CHECK_BYTES(t, a.address->value, BYTES_LIT("e1"));
    world_later(&w, until_us);
    CHECK_EQ(t, counted(&w, "a", "email", REACH_EXPIRED), 1);
    CHECK_TEXT(t, reach(&w, "u1", "a", "email"), "expired");
    world_end(&w);
}

static void an_entity_speaks_for_its_brands(struct t *t)
{
    struct world w;
    struct envelope_consent c = {.purpose = BYTES_LIT("marketing"), .given = true, .entity = BYTES_LIT("甲公司")};
    world_begin(&w, t);
    open_brands(&w);
    (void)world_event(&w, (struct saying){.ids = "u1 p1", .brand = "a", .consent = &c});
    (void)world_event(&w, (struct saying){.ids = "u1 p1", .brand = "a2"});
    (void)world_event(&w, (struct saying){.ids = "u1 p1", .brand = "b"});
    CHECK_TEXT(t, reach(&w, "u1", "a", "sms"), "yes");
    CHECK_TEXT(t, reach(&w, "u1", "a2", "sms"), "yes");
    CHECK_TEXT(t, reach(&w, "u1", "b", "sms"), "no_consent");
    CHECK_TEXT(t, reach(&w, "u1", NULL, "sms"), "no_consent");
    (void)world_brand(&w, "a2", "乙公司");
    CHECK_TEXT(t, reach(&w, "u1", "a2", "sms"), "no_consent");
    CHECK_EQ(t, counted(&w, "a2", "sms", REACH_YES), 0);
    CHECK_EQ(t, counted(&w, "a2", "sms", REACH_NO_CONSENT), 1);
    world_end(&w);
}

static void an_address_is_of_whom_it_was_given_to(struct t *t)
{
    struct world w;
    struct envelope_consent c = {.purpose = BYTES_LIT("marketing"), .given = true};
    world_begin(&w, t);
    (void)world_event(&w, (struct saying){.ids = "u1 p1", .brand = "b"});
    (void)world_event(&w, (struct saying){.ids = "u1", .brand = "a", .consent = &c});
    CHECK_TEXT(t, reach(&w, "u1", "a", "sms"), "no_address"); /* b's number isn't a's to write to */
    CHECK_EQ(t, counted(&w, "a", "sms", REACH_NO_ADDRESS), 1);
    (void)world_event(&w, (struct saying){.ids = "u1 p1"});
    CHECK_TEXT(t, reach(&w, "u1", "a", "sms"), "yes"); /* told to the whole group */
    world_end(&w);
}

static void marketing_is_never_health(struct t *t)
{
    struct world w;
    struct envelope_consent c = {.purpose = BYTES_LIT("marketing"), .given = true};
    world_begin(&w, t);
    (void)world_event(&w, (struct saying){.ids = "u1 p1", .brand = "a", .consent = &c});
    c = (struct envelope_consent){.purpose = BYTES_LIT("health")};
    (void)world_event(&w, (struct saying){.ids = "u2 p2", .brand = "a", .consent = &c});
    struct view v = harness_view(w.h);
    uint32_t health = name_number(&v, NAME_PURPOSE, BYTES_LIT("health"));
    CHECK_EQ(t, reach_count(&v, 1, health, 0).by_reason[REACH_YES], 0);
    CHECK_EQ(t, reach_count(&v, 1, health, 0).by_reason[REACH_NO_CONSENT], 1);
    CHECK_EQ(t, reach_count(&v, 1, health, 0).by_reason[REACH_WITHDRAWN], 1);
    CHECK_TEXT(t, reach(&w, "u2", "a", "sms"), "no_consent");
    world_end(&w);
}

static void a_friend_that_is_lost_is_not_reached(struct t *t)
{
    struct world w;
    struct envelope_consent c = {.purpose = BYTES_LIT("marketing"), .given = true};
    world_begin(&w, t);
    (void)world_event(
        &w, (struct saying){.event = "friend_added", .ids = "x1 o1", .brand = "a", .staff = "小王", .consent = &c});
    CHECK_TEXT(t, reach(&w, "x1", "a", "wecom"), "yes");
    harness_time(w.h, harness_now_us(w.h) + US_PER_MINUTE);
    (void)world_event(&w, (struct saying){.event = "friend_lost", .ids = "x1", .brand = "a", .staff = "小王"});
    CHECK_TEXT(t, reach(&w, "x1", "a", "wecom"), "ended");
    CHECK_EQ(t, counted(&w, "a", "wecom", REACH_ENDED), 1);
    /* One that nobody saw begin. */
    (void)world_event(&w,
                      (struct saying){.event = "unfollowed", .ids = "o1", .brand = "a", .channel = "official_account"});
    CHECK_TEXT(t, reach(&w, "x1", "a", "official_account"), "ended");
    CHECK_EQ(t, counted(&w, "a", "official_account", REACH_ENDED), 1);
    CHECK_TEXT(t, reach(&w, "x1", "a", "mini_program"), "yes");
    world_end(&w);
}

static void an_openid_serves_the_app_it_is_of(struct t *t)
{
    struct world w;
    struct envelope_consent c = {.purpose = BYTES_LIT("marketing"), .given = true};
    world_begin(&w, t);
    (void)world_event(&w, (struct saying){.ids = "u1 m1", .brand = "a", .consent = &c});
    CHECK_TEXT(t, reach(&w, "u1", "a", "official_account"), "yes"); /* nothing was said: it may be either */
    CHECK_TEXT(t, reach(&w, "u1", "a", "mini_program"), "yes");
    CHECK(t, world_app(&w, "mini", "mini_program") == NULL);
    CHECK_TEXT(t, reach(&w, "u1", "a", "official_account"), "no_address");
    CHECK_TEXT(t, reach(&w, "u1", "a", "mini_program"), "yes");
    CHECK_EQ(t, counted(&w, "a", "official_account", REACH_NO_ADDRESS), 1);
    CHECK(t, world_app(&w, "mini", "open_platform") == NULL); /* nobody can be written to there */
    CHECK_TEXT(t, reach(&w, "u1", "a", "mini_program"), "no_address");
    CHECK(t, world_app(&w, "mini", NULL) == NULL);
    CHECK(t, world_app(&w, "*", "official_account") == NULL); /* what all others are */
    CHECK_TEXT(t, reach(&w, "u1", "a", "official_account"), "yes");
    CHECK_TEXT(t, reach(&w, "u1", "a", "mini_program"), "no_address");
    CHECK_EQ(t, counted(&w, "a", "official_account", REACH_YES), 1);
    CHECK_TEXT(t, world_app(&w, "mini", "miniprogram")->name, "bad_app_kind");
    world_end(&w);
}

static void who_is_erased_counts_no_more(struct t *t)
{
    struct world w;
    struct envelope_consent c = {
        .purpose = BYTES_LIT("marketing"), .given = true, .until_us = INT64_C(4102444800000000)};
    world_begin(&w, t);
    (void)world_event(&w, (struct saying){.ids = "u1 p1", .brand = "a", .consent = &c});
    (void)world_act(&w, COMMAND_SUPPRESS, "p1", NULL, 1);
    CHECK(t, world_erase(&w, "u1") == NULL);
    struct view v = harness_view(w.h);
    int64_t due_us;
    CHECK_EQ(t, reach_count(&v, 0, 0, 0).people, 0);
    CHECK_EQ(t, reach_count(&v, world_brand_number(&v, "a"), 1, 0).people, 0);
    CHECK(t, !engine_timer_due(&v, &due_us));
    (void)world_event(
        &w,
        (struct saying){.ids = "u1 p1", .brand = "a", .consent = &c}); /* somebody new, but the stop is remembered */
    CHECK_TEXT(t, reach(&w, "u1", "a", "sms"), "suppressed");
    world_end(&w);
}

/* What is beyond the bounds isn't counted, and a person's row stays small. */
static void a_person_of_many_brands_and_purposes(struct t *t)
{
    struct world w;
    world_begin(&w, t);
    for (int i = 0; i < 40; i++)
        (void)world_event(&w, (struct saying){.ids = "u1 p1 e1", .brand = arena_printf(w.arena, "b%02d", i)});
    for (int i = 0; i < 20; i++) {
        struct envelope_consent c = {.purpose = bytes_of_text(arena_printf(w.arena, "p%02d", i)), .given = true};
        (void)world_event(&w, (struct saying){.ids = "u1", .consent = &c});
    }
    struct view v = harness_view(w.h);
    CHECK(t, view_section(&v, 1, &reach_section).size < 16);
    CHECK_EQ(t, reach_count(&v, REACH_BRANDS_MAX - 1, REACH_PURPOSES_MAX, 0).by_reason[REACH_YES], 1);
    CHECK_EQ(t, reach_count(&v, REACH_BRANDS_MAX, 1, 0).people, 0);
    CHECK_EQ(t, reach_count(&v, 1, REACH_PURPOSES_MAX + 1, 0).by_reason[REACH_NO_CONSENT], 1);
    CHECK(t, world_erase(&w, "u1") == NULL);
    v = harness_view(w.h);
    CHECK_EQ(t, reach_count(&v, 0, 1, 0).people, 0);
    world_end(&w);
}

static void a_person_takes_few_bytes(struct t *t)
{
    struct world w;
    struct envelope_consent c = {.purpose = BYTES_LIT("marketing"), .given = true};
    world_begin(&w, t);
    (void)world_event(&w, (struct saying){.ids = "u1 p1 o1", .brand = "a"});
    struct view v = harness_view(w.h);
    size_t alone = view_section(&v, 1, &reach_section).size;
    (void)world_event(&w, (struct saying){.ids = "u1", .brand = "a", .consent = &c});
    v = harness_view(w.h);
    size_t with_consent = view_section(&v, 1, &reach_section).size;
    printf("reach: %zu bytes a person of one brand, phone and openid; %zu with a consent\n", alone, with_consent);
    CHECK(t, alone <= 11);
    CHECK(t, with_consent <= 17);
    world_end(&w);
}

static const struct test tests[] = {
    {"an edge opens one way until it ends", an_edge_opens_one_way_until_it_ends, 1},
    {"brands without an entity have a common one", brands_without_an_entity_have_a_common_one, 1},
    {"a purpose is named, and a sensitive one always", a_purpose_is_named_and_a_sensitive_one_always, 1},
    {"an edge is over at its time", an_edge_is_over_at_its_time, 1},
    {"acts are kept, newest first", acts_are_kept_newest_first, 1},
    {"each reason has its case", each_reason_has_its_case, 1},
    {"a consent begins and is over by the tick", a_consent_begins_and_is_over_by_the_tick, 1},
    {"an entity speaks for its brands", an_entity_speaks_for_its_brands, 1},
    {"an address is of whom it was given to", an_address_is_of_whom_it_was_given_to, 1},
    {"marketing is never health", marketing_is_never_health, 1},
    {"a friend that is lost is not reached", a_friend_that_is_lost_is_not_reached, 1},
    {"an openid serves the app it is of", an_openid_serves_the_app_it_is_of, 1},
    {"who is erased counts no more", who_is_erased_counts_no_more, 1},
    {"a person of many brands and purposes", a_person_of_many_brands_and_purposes, 1},
    {"a person takes few bytes", a_person_takes_few_bytes, 1},
};
TEST_MAIN(tests)
