/* Identity told in transcripts. Covers: acts.c, brands.c, cluster.c, decide.c, desk.c, evidence.c, joining.c, known.c, merge.c,
 * part.c, print.c, read.c, resolve.c, review.c, touch.c, verbs.c */
#include "domain/identity/identity.h"

#include "domain/identity/script_test.h"
#include "lib/json.h"

static struct hash128 digest_of(struct script *s)
{
    struct view v = harness_view(s->h);
    return identity_canonical_digest(&v);
}

static uint64_t last_position(const struct script *s)
{
    return harness_position(s->h) - 1;
}

static void strangers_become_one(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "page_viewed a1");
    CHECK_TEXT(t, s.told, "resolved 1 new");
    EVENT(&s, "order_paid p1");
    PEOPLE(&s, "a1 | p1");
    EVENT(&s, "login u1 a1 p1");
    CHECK_TEXT(t, s.told, "merged 1<2, resolved 1");
    CHECK_EQ(t, s.resolved.owner_type, TYPE_USER_ID);
    PEOPLE(&s, "a1+p1+u1");
    EVENT(&s, "page_viewed a1 u1");
    CHECK_TEXT(t, s.told, "resolved 1");
    struct view v = harness_view(s.h);
    CHECK_EQ(t, identity_people(&v), 1);
    CHECK_EQ(t, identity_identifiers(&v), 3);
    CHECK_EQ(t, identity_living(&v, 2), 1);
    const uint32_t *numbers;
    CHECK_EQ(t, identity_numbers(&v, 2, &numbers), 2);
    CHECK_EQ(t, numbers[1], 2);
    const struct evidence *sets;
    CHECK_EQ(t, identity_evidence(&v, 1, &sets), 1); /* {a1, u1} lies within {u1, a1, p1} */
    CHECK_EQ(t, sets[0].member_count, 3);
    script_end(&s);
}

static void public_ids_redirect(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "page_viewed a1");
    EVENT(&s, "page_viewed a2");
    struct view v = harness_view(s.h);
    struct hash128 first = identity_public_id(&v, 1), second = identity_public_id(&v, 2);
    CHECK(t, !hash128_equal(first, second));
    EVENT(&s, "login u1 a1 a2");
    v = harness_view(s.h);
    CHECK_EQ(t, identity_of_public_id(&v, second), 1);
    CHECK(t, hash128_equal(identity_public_id(&v, 2), first));
    CHECK_EQ(t, identity_of_public_id(&v, (struct hash128){1, 2}), PERSON_NONE);
    script_end(&s);
}

/* The example in Segment's documents: the worst identifier is taken off, and stays with whom it was. */
static void over_the_limit_the_worst_is_taken_off(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "login u-abc123 e-jane");
    EVENT(&s, "login u-abc456 e-jane");
    CHECK_TEXT(t, s.told, "resolved 2 new");
    PEOPLE(&s, "e-jane+u-abc123 | u-abc456");
    CHECK_EQ(t, script_find(&s, "e-jane"), 1);
    script_end(&s);
}

static void a_shared_device_without_log_out(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "page_viewed a1");
    struct hash128 anonymous = s.resolved.owner;
    EVENT(&s, "login u1 a1");
    script_later(&s, US_PER_HOUR);
    EVENT(&s, "login u2 a1");
    PEOPLE(&s, "a1+u2 | u1");
    struct view v = harness_view(s.h);
    CHECK_EQ(t, identity_of_owner(&v, anonymous), 1); /* what was browsed before is the first one's */
    EVENT(&s, "page_viewed a1");
    CHECK_EQ(t, s.resolved.person, 2);
    CHECK(t, !hash128_equal(s.resolved.owner, anonymous));
    script_end(&s);
}

static void a_log_out_ends_the_link(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "login u1 a1");
    script_later(&s, US_PER_HOUR);
    EVENT(&s, "logout u1 a1");
    CHECK_EQ(t, s.resolved.person, 1);
    PEOPLE(&s, "u1");
    script_later(&s, US_PER_HOUR);
    EVENT(&s, "page_viewed a1");
    CHECK_TEXT(t, s.told, "resolved 2 new");
    struct hash128 between = s.resolved.owner;
    script_later(&s, US_PER_HOUR);
    EVENT(&s, "login u2 a1");
    PEOPLE(&s, "a1+u2 | u1");
    struct view v = harness_view(s.h);
    CHECK_EQ(t, identity_of_owner(&v, between), script_find(&s, "u2")); /* the first log-in after it takes the history */
    script_end(&s);
}

static void logging_in_every_day_keeps_one_identifier(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    for (int day = 0; day < 300; day++) {
        EVENT(&s, "page_viewed a1");
        EVENT(&s, "login u1 a1");
        script_later(&s, US_PER_HOUR);
        EVENT(&s, "logout u1 a1");
        script_later(&s, US_PER_DAY - US_PER_HOUR);
    }
    struct view v = harness_view(s.h);
    const struct identifier *list;
    CHECK_EQ(t, identity_list(&v, script_find(&s, "u1"), &list), 2);
    CHECK_EQ(t, identity_people(&v), 1);
    const struct hash128 *owners;
    CHECK_EQ(t, identity_owners(&v, 1, &owners), 301); /* the days between are its own, too */
    for (int i = 0; i < 301; i++)
        CHECK_EQ(t, identity_of_owner(&v, owners[i]), 1);
    script_end(&s);
}

static void a_recycled_phone_goes_to_the_new_owner(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "registered u1 p1");
    struct hash128 old = s.resolved.owner;
    int64_t then_us = s.event_us + US_PER_HOUR;
    script_later(&s, 400 * US_PER_DAY);
    EVENT(&s, "registered u2 p1");
    PEOPLE(&s, "p1+u2 | u1");
    EVENT(&s, "order_paid p1");
    CHECK_EQ(t, s.resolved.person, 2);
    int64_t now_us = s.event_us;
    s.event_us = then_us; /* a late order of the time when the number was the first one's */
    EVENT(&s, "order_paid p1");
    CHECK_EQ(t, s.resolved.person, 1);
    EVENT(&s, "order_paid p1 a9"); /* and it links nothing */
    CHECK_EQ(t, s.resolved.person, 1);
    CHECK_EQ(t, script_find(&s, "a9"), PERSON_NONE);
    s.event_us = now_us;
    struct view v = harness_view(s.h);
    CHECK_EQ(t, identity_of_owner(&v, old), 1);
    script_end(&s);
}

static void late_history_moves_nothing(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    script_later(&s, 1000 * US_PER_DAY);
    EVENT(&s, "login u2 p1");
    s.event_us -= 900 * US_PER_DAY;
    EVENT(&s, "order_paid u1 p1"); /* imported: the phone was another's, long ago */
    PEOPLE(&s, "p1+u2 | u1");
    CHECK_EQ(t, s.resolved.person, 2);
    script_end(&s);
}

static void a_staff_phone_becomes_a_hub(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    for (int i = 0; i < 30; i++) {
        EVENT(&s, arena_printf(s.arena, "registered m%02d/club p-staff", i));
        script_later(&s, US_PER_DAY);
        if (strstr(s.told, "quarantined") != NULL) {
            CHECK_EQ(t, i, 10); /* the tenth conflict */
            CHECK_TEXT(t, s.told, "quarantined p after 10, resolved 11 new");
        }
    }
    EVENT(&s, "call_started p-staff");
    CHECK_EQ(t, s.resolved.person, PERSON_NONE);
    CHECK_EQ(t, s.resolved.owner_type, TYPE_PHONE);
    struct view v = harness_view(s.h);
    CHECK_EQ(t, identity_people(&v), 30);
    struct review_record r;
    REQUIRE(t, identity_review_next(&v, (struct hash128){0, 0}, &r));
    CHECK_BYTES(t, r.value, BYTES_LIT("p-staff"));
    CHECK_EQ(t, r.held_by, 10);
    CHECK_EQ(t, r.conflicts, 10);
    CHECK(t, !identity_review_next(&v, r.key, &r));
    script_end(&s);
}

static void a_hub_ties_nobody_together(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    script_set(&s, "identity.hub_partners", 5);
    for (int i = 0; i < 5; i++)
        EVENT(&s, arena_printf(s.arena, "page_viewed i-kiosk a%d", i));
    EVENT(&s, "page_viewed a1 p1");
    CHECK_EQ(t, strlen(script_people(&s)), strlen("a0+a1+a2+a3+a4+i-kiosk+p1"));
    EVENT(&s, "page_viewed i-kiosk a5");
    CHECK_TEXT(t, s.told, "split 1 in 5, quarantined i after 0, resolved 6 new");
    PEOPLE(&s, "a0 | a1+p1 | a2 | a3 | a4 | a5");
    CHECK_EQ(t, script_find(&s, "p1"), 1); /* the best identifier keeps the number */
    script_end(&s);
}

static void reviews_decide(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    script_set(&s, "identity.hub_partners", 2);
    EVENT(&s, "page_viewed p1 a1");
    EVENT(&s, "page_viewed p1 a2");
    EVENT(&s, "page_viewed p1 a3");
    PEOPLE(&s, "a1 | a2 | a3");
    REFUSE(&s, COMMAND_BIND, "p1 a1", "quarantined");
    const struct refusal *no = script_choose(&s, COMMAND_REVIEW, "p1 a3", REVIEW_GIVE);
    CHECK(t, no == NULL);
    PEOPLE(&s, "a1 | a2 | a3+p1");
    no = script_undo(&s, last_position(&s));
    CHECK(t, no == NULL);
    PEOPLE(&s, "a1 | a2 | a3 | p1");
    no = script_choose(&s, COMMAND_REVIEW, "p1", REVIEW_RELEASE);
    CHECK_TEXT(t, no == NULL ? "" : no->name, "not_in_review");
    no = script_choose(&s, COMMAND_BLOCK, "p1", 1);
    CHECK(t, no == NULL);
    PEOPLE(&s, "a1 | a2 | a3");
    EVENT(&s, "order_paid p1");
    CHECK_EQ(t, s.resolved.person, PERSON_NONE);
    no = script_choose(&s, COMMAND_BLOCK, "p1", 0);
    CHECK(t, no == NULL);
    script_later(&s, US_PER_HOUR);
    EVENT(&s, "order_paid p1");
    CHECK(t, s.resolved.created);
    script_end(&s);
}

static void a_family_shares_a_phone(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "member_joined m1/club p1");
    EVENT(&s, "member_joined m2/club p1");
    PEOPLE(&s, "m1/club | m2/club+p1"); /* one number a programme: they stay two, the phone goes along */
    EVENT(&s, "member_joined m2/spa p1");
    PEOPLE(&s, "m1/club | m2/club+m2/spa+p1"); /* another programme is another namespace */
    script_end(&s);
}

static void unionid_joins_openids(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "followed o1/official");
    EVENT(&s, "page_viewed o2/mini U1/open");
    EVENT(&s, "followed o1/official U1/open");
    PEOPLE(&s, "U1/open+o1/official+o2/mini");
    EVENT(&s, "page_viewed o2/other"); /* the same text of another app is somebody else */
    PEOPLE(&s, "U1/open+o1/official+o2/mini | o2/other");
    script_end(&s);
}

static void a_receiver_never_joins(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "order_paid u1 p1@receiver");
    EVENT(&s, "order_paid u2 p1@receiver");
    PEOPLE(&s, "u1 | u2");
    EVENT(&s, "order_shipped p1@payer");
    CHECK_EQ(t, s.resolved.person, PERSON_NONE);
    CHECK_EQ(t, s.resolved.owner_type, TYPE_NONE);
    script_end(&s);
}

static void a_wrong_merge_is_taken_apart_and_put_back(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "login u1 a1");
    EVENT(&s, "login j1 a2");
    struct hash128 before = digest_of(&s);
    ACCEPT(&s, COMMAND_MERGE, "u1 j1");
    uint64_t merge = last_position(&s);
    CHECK_TEXT(t, s.told, "merged 1<2");
    PEOPLE(&s, "a1+a2+j1+u1");
    const struct refusal *no = script_undo(&s, merge);
    CHECK(t, no == NULL);
    CHECK_TEXT(t, s.told, "split 1 in 2");
    CHECK_EQ(t, s.parts[1].person, 2); /* the absorbed number is back */
    CHECK(t, s.parts[1].returned);
    CHECK_EQ(t, s.parts[1].owner_count, 2);
    CHECK(t, hash128_equal(digest_of(&s), before));
    no = script_undo(&s, merge);
    CHECK_TEXT(t, no == NULL ? "" : no->name, "undone_already");
    struct view v = harness_view(s.h);
    struct act_record act;
    REQUIRE(t, identity_act_before(&v, UINT64_MAX, &act));
    CHECK_EQ(t, act.command, COMMAND_UNDO);
    REQUIRE(t, identity_act_before(&v, act.position, &act));
    CHECK_EQ(t, act.position, merge);
    CHECK(t, act.undone);
    CHECK_BYTES(t, act.by, BYTES_LIT("lin"));
    CHECK_BYTES(t, act.reason, BYTES_LIT("asked by phone"));
    CHECK(t, !identity_act_before(&v, act.position, &act));
    script_end(&s);
}

static void unbinding_takes_children_along(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "login u1 U1/open o1/mini p1");
    struct hash128 before = digest_of(&s);
    ACCEPT(&s, COMMAND_UNBIND, "U1/open");
    PEOPLE(&s, "U1/open+o1/mini | p1+u1");
    CHECK_EQ(t, script_find(&s, "u1"), 1);
    const struct refusal *no = script_undo(&s, last_position(&s));
    CHECK(t, no == NULL);
    CHECK(t, hash128_equal(digest_of(&s), before));
    ACCEPT(&s, COMMAND_UNBIND, "U1/open");
    EVENT(&s, "page_viewed u1 o1/mini"); /* without a never-merge they may meet again */
    PEOPLE(&s, "U1/open+o1/mini+p1+u1");
    REFUSE(&s, COMMAND_UNBIND, "u7", "unknown_identifier");
    EVENT(&s, "page_viewed a1");
    REFUSE(&s, COMMAND_UNBIND, "a1", "nothing_left");
    script_end(&s);
}

static void a_split_lasts(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "login u1 p1 a1");
    EVENT(&s, "page_viewed p1 e1");
    struct hash128 before = digest_of(&s);
    ACCEPT(&s, COMMAND_SPLIT, "p1 e1");
    uint64_t split = last_position(&s);
    PEOPLE(&s, "a1+u1 | e1+p1");
    EVENT(&s, "order_paid u1 p1");
    PEOPLE(&s, "a1+u1 | e1+p1");
    CHECK_EQ(t, s.resolved.person, script_find(&s, "u1"));
    REFUSE(&s, COMMAND_MERGE, "u1 p1", "never_merge");
    REFUSE(&s, COMMAND_BIND, "u1 p1", "never_merge");
    const struct refusal *no = script_undo(&s, split);
    CHECK(t, no == NULL);
    CHECK(t, hash128_equal(digest_of(&s), before));
    script_end(&s);
}

static void never_merge_keeps_and_takes_apart(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "login u1 a1");
    EVENT(&s, "login j1 a2");
    ACCEPT(&s, COMMAND_NEVER_MERGE, "u1 j1");
    REFUSE(&s, COMMAND_NEVER_MERGE, "j1 u1", "apart_already");
    EVENT(&s, "page_viewed u1 j1");
    PEOPLE(&s, "a1+u1 | a2+j1");
    const struct refusal *no = script_undo(&s, 3);
    CHECK(t, no == NULL);
    script_later(&s, US_PER_HOUR);
    EVENT(&s, "page_viewed u1 j1");
    PEOPLE(&s, "a1+a2+j1+u1");
    ACCEPT(&s, COMMAND_NEVER_MERGE, "a1 j1");
    CHECK_TEXT(t, s.told, "split 1 in 2");
    PEOPLE(&s, "a1+u1 | a2+j1");
    no = script_undo(&s, last_position(&s));
    CHECK(t, no == NULL);
    PEOPLE(&s, "a1+a2+j1+u1");
    script_end(&s);
}

static void binding_obeys_limits_and_merging_does_not(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    ACCEPT(&s, COMMAND_BIND, "u1 p1 e1");
    PEOPLE(&s, "e1+p1+u1");
    CHECK_BYTES(t, bytes_slice(harness_reply(s.h), 0, 12), BYTES_LIT("{\"people\":[\""));
    REFUSE(&s, COMMAND_BIND, "u2 p1", "over_limit");
    PEOPLE(&s, "e1+p1+u1");
    EVENT(&s, "login u2");
    REFUSE(&s, COMMAND_MERGE, "u2 u9", "unknown_identifier");
    ACCEPT(&s, COMMAND_MERGE, "u2 u1");
    PEOPLE(&s, "e1+p1+u1+u2");
    REFUSE(&s, COMMAND_MERGE, "u2 p1", "same_person");
    EVENT(&s, "page_viewed u1 a1"); /* over the limit it stays usable */
    PEOPLE(&s, "a1+e1+p1+u1+u2");
    script_end(&s);
}

static void blocked_values_do_not_count(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "login u1 p1");
    EVENT(&s, "login j1 p1");
    PEOPLE(&s, "j1+p1+u1");
    const struct refusal *no = script_choose(&s, COMMAND_BLOCK, "p1", 1);
    CHECK(t, no == NULL);
    PEOPLE(&s, "j1 | u1");
    EVENT(&s, "login j1 p1");
    PEOPLE(&s, "j1 | u1");
    EVENT(&s, "login u5 g1"); /* a type nobody declared */
    PEOPLE(&s, "j1 | u1 | u5");
    script_end(&s);
}

static void own_types(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    struct id_type_rule rule = {.type = TYPE_CUSTOM, .name = "loyalty_app", .normaliser = NORMALISE_EXACT, .priority = 20,
                                .limit = 2, .over = OVER_QUARANTINE, .parent = TYPE_USER_ID};
    CHECK(t, script_rule(&s, &rule) == NULL);
    EVENT(&s, "login u1 g1");
    EVENT(&s, "login u1 g2");
    PEOPLE(&s, "g1+g2+u1");
    EVENT(&s, "login u1 g3");
    CHECK_TEXT(t, s.told, "quarantined g after 1, resolved 1");
    PEOPLE(&s, "g1+g2+u1");
    REFUSE(&s, COMMAND_UNBIND, "u1", "nothing_left"); /* its children would go with it */
    rule.type++;
    const struct refusal *no = script_rule(&s, &rule);
    CHECK_TEXT(t, no == NULL ? "" : no->name, "name_taken");
    struct view v = harness_view(s.h);
    CHECK_EQ(t, id_type_named(&v, BYTES_LIT("loyalty_app")), TYPE_CUSTOM);
    CHECK_EQ(t, id_type_named(&v, BYTES_LIT("phone")), TYPE_PHONE);
    CHECK_EQ(t, id_type_named(&v, BYTES_LIT("nothing")), TYPE_NONE);
    script_end(&s);
}

static void a_window_limits_new_values_only(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    for (int i = 0; i < 7; i++) {
        EVENT(&s, arena_printf(s.arena, "login u1 p%d", i));
        script_later(&s, US_PER_DAY);
    }
    PEOPLE(&s, "p0+p1+p2+p3+p4+u1"); /* five phones a year */
    script_later(&s, 400 * US_PER_DAY);
    EVENT(&s, "login u1 p8");
    PEOPLE(&s, "p0+p1+p2+p3+p4+p8+u1");
    script_end(&s);
}

/* A person of 1,000 identifiers lies over several rows, and takes no more. */
static void a_person_of_a_thousand(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    script_unlimit(&s);
    for (int i = 0; i < 1100; i++) {
        EVENT(&s, arena_printf(s.arena, "page_viewed u1 a-some-longer-device-%d", i));
        if (i % 100 == 0)
            arena_reset(s.arena);
    }
    struct view v = harness_view(s.h);
    const struct identifier *list;
    const struct evidence *sets;
    CHECK_EQ(t, identity_list(&v, 1, &list), 1000);
    CHECK_EQ(t, identity_evidence(&v, 1, &sets), 999);
    EVENT(&s, "page_viewed u1 a-some-longer-device-500");
    CHECK_EQ(t, s.resolved.person, 1);
    ACCEPT(&s, COMMAND_UNBIND, "u1"); /* the middle of the star: its parts come off by and by */
    v = harness_view(s.h);
    CHECK_EQ(t, identity_people(&v), 1000);
    script_end(&s);
}

/* With so many absorbed numbers a job does it, which says beforehand whose rows it needs; all of them come back. */
static void a_hub_of_many_numbers_comes_apart_later(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    for (int i = 0; i < 101; i++) {
        EVENT(&s, arena_printf(s.arena, "page_viewed a%d", i));
        script_later(&s, US_PER_SECOND);
    }
    for (int i = 0; i < 100; i++)
        EVENT(&s, arena_printf(s.arena, "page_viewed a%d i-kiosk", i));
    struct view v = harness_view(s.h);
    CHECK_EQ(t, identity_people(&v), 2);
    EVENT(&s, "page_viewed a100 i-kiosk");
    CHECK_TEXT(t, s.told, "quarantined i after 0, resolved 101, split 1 in 65, split 1 in 36");
    v = harness_view(s.h);
    CHECK_EQ(t, identity_people(&v), 101);
    for (uint32_t number = 1; number <= 101; number++)
        CHECK_EQ(t, identity_living(&v, number), number);
    script_end(&s);
}

static void everything_has_words(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "login u1 p+8613812345678 e-wang@example.com o1/app");
    struct view v = harness_view(s.h);
    const struct identifier *list;
    size_t count = identity_list(&v, 1, &list);
    struct buf out;
    struct json_writer w;
    buf_init(&out, 1 << 16);
    json_writer_init(&w, &out, false);
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(&w);
        identifier_print(&v, &list[i], true, &w);
        json_object_end(&w);
    }
    json_array_end(&w);
    buf_push_byte(&out, 0);
    CHECK(t, strstr((const char *)out.data, "\"value\":\"p+86****5678\"") != NULL);
    CHECK(t, strstr((const char *)out.data, "\"value\":\"e****@example.com\"") != NULL);
    CHECK(t, strstr((const char *)out.data, "\"ns\":\"app\"") != NULL);
    buf_fini(&out);
    script_end(&s);
}

static void other_person_is_looked_up(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    EVENT(&s, "login u2");
    struct envelope *e = ARENA_NEW(s.arena, struct envelope);
    struct err err = {0};
    script_envelope(&s, "referral_made", "u1", "a7 u2", e);
    buf_clear(&s.payload);
    REQUIRE_DONE(t, envelope_pack(e, &s.payload, &err), &err);
    CHECK(t, script_send(&s, COMMAND_COLLECT_EVENT) == NULL);
    CHECK_EQ(t, s.resolved.person, 2);
    CHECK_EQ(t, s.resolved.other, 1);
    PEOPLE(&s, "u1 | u2");
    script_end(&s);
}

static void acts_are_bounded(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    script_set(&s, "identity.acts_kept", 100);
    for (int i = 0; i < 130; i++)
        ACCEPT(&s, COMMAND_BIND, arena_printf(s.arena, "u%d a%d", i, i));
    struct view v = harness_view(s.h);
    struct act_record act = {.position = UINT64_MAX};
    int count = 0;
    while (identity_act_before(&v, act.position, &act))
        count++;
    CHECK_EQ(t, count, 100);
    const struct refusal *no = script_undo(&s, 3);
    CHECK_TEXT(t, no == NULL ? "" : no->name, "no_such_act");
    script_end(&s);
}

static void bad_payloads_are_refused(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    buf_clear(&s.payload);
    CHECK(t, script_send(&s, COMMAND_BIND) == &harness_malformed);
    CHECK(t, script_send(&s, COMMAND_TYPE) == &harness_malformed);
    CHECK(t, script_act(&s, COMMAND_MERGE, "u1") == &harness_malformed);
    CHECK(t, script_choose(&s, COMMAND_BLOCK, "u1", 9) == &harness_malformed);
    CHECK(t, script_choose(&s, COMMAND_REVIEW, "u1", REVIEW_GIVE) == &harness_malformed);
    script_end(&s);
}

/* --- to whom they are known --- */

static uint32_t brand_of(struct script *s, const char *name)
{
    struct view v = harness_view(s->h);
    return name_number(&v, NAME_BRAND, bytes_of_text(name));
}

/* "all aria bravo ", of these three. */
static const char *known_to(struct script *s, const char *word)
{
    struct view v = harness_view(s->h);
    struct envelope_id id = script_id(s, word);
    const struct identifier *found = identity_owned(&v, identifier_key_of_holder(id.key, 1));
    if (found == NULL)
        return "nobody's";
    return arena_printf(s->arena, "%s%s%s", brand_set_has(found->known_to, 0) ? "all " : "",
                        brand_set_has(found->known_to, brand_of(s, "aria")) ? "aria " : "",
                        brand_set_has(found->known_to, brand_of(s, "bravo")) ? "bravo " : "");
}

static uint64_t people_of(struct script *s, const char *brand)
{
    struct view v = harness_view(s->h);
    return identity_people_known_to(&v, brand == NULL ? 0 : brand_of(s, brand));
}

static void brand_event(struct script *s, const char *brand, const char *words)
{
    s->brand = brand;
    (void)script_event(s, words);
    s->brand = NULL;
}

static void brands_know_through_merge_and_split(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    brand_event(&s, "aria", "login u1 p1");
    brand_event(&s, "bravo", "login e2");
    CHECK_EQ(t, people_of(&s, "aria"), 1);
    CHECK_EQ(t, people_of(&s, "bravo"), 1);
    EVENT(&s, "page_viewed u1 e2");
    CHECK_TEXT(t, s.told, "merged 1<2, resolved 1");
    CHECK_TEXT(t, known_to(&s, "u1"), "all aria ");
    CHECK_TEXT(t, known_to(&s, "p1"), "aria ");
    CHECK_TEXT(t, known_to(&s, "e2"), "all bravo ");
    CHECK_EQ(t, people_of(&s, "aria"), 1);
    CHECK_EQ(t, people_of(&s, "bravo"), 1);
    CHECK_EQ(t, people_of(&s, NULL), 1);
    ACCEPT(&s, COMMAND_SPLIT, "e2");
    CHECK_EQ(t, people_of(&s, "aria"), 1);
    CHECK_EQ(t, people_of(&s, "bravo"), 1);
    CHECK_EQ(t, people_of(&s, NULL), 2);
    CHECK_TEXT(t, known_to(&s, "e2"), "all bravo ");
    script_end(&s);
}

static void what_is_bound_by_hand_goes_with_the_others(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    brand_event(&s, "aria", "login u1");
    brand_event(&s, "bravo", "login u2");
    ACCEPT(&s, COMMAND_BIND, "u1 p1"); /* by somebody who may see all */
    CHECK_TEXT(t, known_to(&s, "p1"), "aria ");
    ACCEPT(&s, COMMAND_BIND, "p3");
    CHECK_TEXT(t, known_to(&s, "p3"), "all ");
    s.brand = "bravo";
    ACCEPT(&s, COMMAND_BIND, "u1 e1");
    CHECK_TEXT(t, known_to(&s, "u1"), "aria bravo ");
    CHECK_TEXT(t, known_to(&s, "e1"), "bravo ");
    CHECK_EQ(t, people_of(&s, "bravo"), 2);
    s.brand = "never heard of"; /* it can't be kept */
    ACCEPT(&s, COMMAND_BIND, "u2 e2");
    CHECK_TEXT(t, known_to(&s, "e2"), "bravo ");
    script_end(&s);
}

static void the_smallest_brands_stay(struct t *t)
{
    struct script s;
    script_begin(&s, t);
    for (uint32_t i = 0; i < ID_BRANDS_MAX + 8; i++)
        brand_event(&s, arena_printf(s.arena, "brand-%u", i), "login u9"); /* gives them their numbers */
    for (uint32_t i = ID_BRANDS_MAX + 8; i-- > 0;)
        brand_event(&s, arena_printf(s.arena, "brand-%u", i), "login u1");
    struct view v = harness_view(s.h);
    struct brand_set known = identity_known_to(&v, script_find(&s, "u1"));
    CHECK_EQ(t, known.count, ID_BRANDS_MAX);
    CHECK_EQ(t, known.list[0], brand_of(&s, "brand-0"));
    CHECK_EQ(t, known.list[ID_BRANDS_MAX - 1], brand_of(&s, arena_printf(s.arena, "brand-%u", ID_BRANDS_MAX - 1)));
    CHECK_EQ(t, people_of(&s, "brand-0"), 2);
    CHECK_EQ(t, people_of(&s, arena_printf(s.arena, "brand-%u", ID_BRANDS_MAX)), 0);
    script_end(&s);
}

/* In another workspace, among the events that stood around it: it holds from when it was decided, and is kept so; never from later
 * than now. */
static void an_act_is_done_again_as_it_was(struct t *t)
{
    static const int64_t ago_us[] = {30 * US_PER_DAY, -30 * US_PER_DAY};
    struct script s;
    struct act_record kept;
    script_begin(&s, t);
    for (size_t i = 0; i < COUNT_OF(ago_us); i++) {
        struct identity_act act = {.by = BYTES_LIT("lin"), .decided_us = harness_now_us(s.h) - ago_us[i]};
        EVENT(&s, arena_printf(s.arena, "login u%zu", i));
        act.id_count = script_ids(&s, arena_printf(s.arena, "u%zu p%zu", i, i), act.ids);
        buf_clear(&s.payload);
        CHECK(t, done(identity_act_pack(&act, &s.payload, NULL)));
        CHECK(t, script_send(&s, COMMAND_BIND) == NULL);
        struct view v = harness_view(s.h);
        REQUIRE(t, identity_act_before(&v, UINT64_MAX, &kept));
        CHECK_EQ(t, kept.time_us, ago_us[i] > 0 ? act.decided_us : v.now_us);
    }
    PEOPLE(&s, "p0+u0 | p1+u1");
    script_end(&s);
}

static const struct test tests[] = {
    {"an act is done again as it was", an_act_is_done_again_as_it_was, 1},
    {"strangers become one person", strangers_become_one, 1},
    {"public ids redirect", public_ids_redirect, 1},
    {"over the limit the worst is taken off", over_the_limit_the_worst_is_taken_off, 1},
    {"a shared device without log-out", a_shared_device_without_log_out, 1},
    {"a log-out ends the link", a_log_out_ends_the_link, 1},
    {"logging in every day keeps one identifier", logging_in_every_day_keeps_one_identifier, 1},
    {"a recycled phone goes to the new owner", a_recycled_phone_goes_to_the_new_owner, 1},
    {"late history moves nothing", late_history_moves_nothing, 1},
    {"a staff phone becomes a hub", a_staff_phone_becomes_a_hub, 1},
    {"a hub ties nobody together", a_hub_ties_nobody_together, 1},
    {"reviews decide", reviews_decide, 1},
    {"a family shares a phone", a_family_shares_a_phone, 1},
    {"unionid joins openids", unionid_joins_openids, 1},
    {"a receiver never joins", a_receiver_never_joins, 1},
    {"a wrong merge is taken apart and put back", a_wrong_merge_is_taken_apart_and_put_back, 1},
    {"unbinding takes children along", unbinding_takes_children_along, 1},
    {"a split lasts", a_split_lasts, 1},
    {"never-merge keeps and takes apart", never_merge_keeps_and_takes_apart, 1},
    {"binding obeys limits, merging does not", binding_obeys_limits_and_merging_does_not, 1},
    {"blocked values do not count", blocked_values_do_not_count, 1},
    {"own types", own_types, 1},
    {"a window limits new values only", a_window_limits_new_values_only, 1},
    {"a person of a thousand", a_person_of_a_thousand, 1},
    {"a hub of many numbers comes apart later", a_hub_of_many_numbers_comes_apart_later, 1},
    {"everything has words", everything_has_words, 1},
    {"the other person is looked up", other_person_is_looked_up, 1},
    {"acts are bounded", acts_are_bounded, 1},
    {"bad payloads are refused", bad_payloads_are_refused, 1},
    {"brands know through merge and split", brands_know_through_merge_and_split, 1},
    {"what is bound by hand goes with the others", what_is_bound_by_hand_goes_with_the_others, 1},
    {"the smallest brands stay", the_smallest_brands_stay, 1},
};

TEST_MAIN(tests)
