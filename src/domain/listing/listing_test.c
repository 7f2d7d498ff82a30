/* Covers: listing.c, lists.c, payload.c, strands.c, waiting.c
 *
 * What is refused, who is waited for and forgotten, what a section costs, and that nothing else is read as one. */
#include "domain/listing/listing_test.h"
#include "domain/listing/strands.h"
#include "engine/stow.h"

static const struct domain *const domains[] = {&engine_domain, &collect_domain,  &identity_domain,
                                               &people_domain, &thing_domain,    &calendar_domain,
                                               &order_domain,  &relation_domain, &listing_domain};

static void begin(struct rig *s, struct t *t)
{
    struct buf levels = arena_buf(t->arena, 64);
    value_pack_text(&levels, BYTES_LIT("dry"));
    value_pack_text(&levels, BYTES_LIT("oily"));
    listing_begin(s, t, domains, COUNT_OF(domains));
    listing_open(s, &(struct list){.number = 1});
    listing_open(s, &(struct list){.number = 2, .value = LIST_TEXT, .levels = buf_bytes(&levels), .lasts_days = 1});
}

static const char *refused(struct rig *s, const struct listing_said *said)
{
    const struct refusal *refusal = listing_say(s, said);
    return refusal == NULL ? "taken" : refusal->name;
}

static void what_a_list_has_no_room_for_is_refused(struct t *t)
{
    struct rig s;
    begin(&s, t);
    relation_meet(&s, "p1");
    CHECK_TEXT(t, refused(&s, &(struct listing_said){.who = "p1", .list = 9, .minute = 1}), "no_such_list");
    CHECK_TEXT(t, refused(&s, &(struct listing_said){.who = "p1", .list = 1, .value = "x", .minute = 1}),
               "listing_unfit");
    CHECK_TEXT(t, refused(&s, &(struct listing_said){.who = "p1", .list = 2, .minute = 1}), "listing_unfit");
    CHECK_TEXT(t, refused(&s, &(struct listing_said){.who = "p1", .list = 2, .value = "wet", .minute = 1}),
               "listing_unfit");
    CHECK_TEXT(t, refused(&s, &(struct listing_said){.who = "p1", .list = 1, .minute = 1000000 + 24 * 60 + 1}),
               "time_ahead");
    CHECK_TEXT(t, refused(&s, &(struct listing_said){.who = "p1", .list = 2, .value = "dry", .minute = 1}), "taken");
    relation_finish(&s);
}

/* A list says for how long; an act that says it itself is held to its word. */
static void a_listing_ends_by_itself(struct t *t)
{
    struct rig s;
    begin(&s, t);
    relation_meet(&s, "p1");
    uint32_t person = relation_find(&s, "p1");
    CHECK(t,
          listing_say(&s, &(struct listing_said){.who = "p1", .list = 2, .value = "dry", .minute = 1000000}) == NULL);
    CHECK(t, listing_say(&s, &(struct listing_said){
                                 .who = "p1", .list = 1, .minute = 1000000, .until_minute = 1000010}) == NULL);
    CHECK_TEXT(t, listing_words(&s, person, 1), "true");
    harness_time(s.h, relation_us(1000010));
    CHECK_TEXT(t, listing_words(&s, person, 1), "");
    CHECK_TEXT(t, listing_words(&s, person, 2), "dry");
    harness_time(s.h, relation_us(1000000 + 24 * 60));
    CHECK_TEXT(t, listing_words(&s, person, 2), "");
    relation_finish(&s);
}

/* What is dated ahead counts when its time has come, and of what was there is asked as of an instant. */
static void an_instant_is_asked_by_itself(struct t *t)
{
    struct rig s;
    struct value value;
    int64_t turn_us;
    begin(&s, t);
    relation_meet(&s, "p1");
    uint32_t person = relation_find(&s, "p1");
    CHECK(t, listing_say(&s, &(struct listing_said){.who = "p1", .list = 1, .minute = 100}) == NULL);
    CHECK(t, listing_say(&s, &(struct listing_said){.who = "p1", .list = 1, .is_off = true, .minute = 200}) == NULL);
    CHECK(t, listing_say(&s, &(struct listing_said){.who = "p1", .list = 1, .minute = 1000001}) == NULL);
    struct view v = harness_view(s.h);
    CHECK(t, !listing_holds(&v, person, 1, relation_us(99), &value, &turn_us) && turn_us == relation_us(100));
    CHECK(t, listing_holds(&v, person, 1, relation_us(150), &value, &turn_us) && turn_us == relation_us(200));
    CHECK(t, !listing_holds(&v, person, 1, v.now_us, &value, &turn_us) && turn_us == relation_us(1000001));
    CHECK(t, listing_holds(&v, person, 1, relation_us(1000001), &value, &turn_us) && turn_us == LISTING_FOR_EVER);
    relation_finish(&s);
}

static void who_is_not_known_is_waited_for(struct t *t)
{
    struct rig s;
    struct listing_waiting waiting;
    begin(&s, t);
    CHECK(t, listing_say(&s, &(struct listing_said){.who = "p7", .list = 1, .minute = 5, .reason = "名单"}) == NULL);
    CHECK(t, listing_say(&s, &(struct listing_said){.who = "p7", .list = 2, .value = "dry", .minute = 999999}) == NULL);
    struct view v = harness_view(s.h);
    CHECK_EQ(t, listings_waiting(&v), 2);
    CHECK(t, listing_waiting_next(&v, BYTES_NONE, &waiting));
    CHECK(t, bytes_equal(waiting.id.value, BYTES_LIT("p7")) && waiting.list == 1 && waiting.act_count == 1);
    relation_meet(&s, "p7");
    uint32_t person = relation_find(&s, "p7");
    CHECK_TEXT(t, listing_words(&s, person, 1), "true");
    CHECK_TEXT(t, listing_words(&s, person, 2), "dry");
    v = harness_view(s.h);
    CHECK_EQ(t, listings_waiting(&v), 0);
    CHECK(t, !listing_waiting_next(&v, BYTES_NONE, &waiting));
    relation_finish(&s);
}

static void a_member_takes_few_bytes(struct t *t)
{
    struct rig s;
    begin(&s, t);
    relation_meet(&s, "p1");
    struct listing_put put = {.id = relation_id(&s, "p1"), .list = 1, .act = {.time_us = relation_us(5)}};
    for (put.list = 1; put.list <= 2; put.list++) {
        listing_open(&s, &(struct list){.number = put.list});
        buf_clear(&s.payload);
        listing_put_pack(&put, &s.payload);
        CHECK(t, relation_send(&s, COMMAND_LISTING_PUT) == NULL);
        struct view v = harness_view(s.h);
        CHECK_EQ(t, section_read(&v, relation_find(&s, "p1"), &listings_section).size, 18 + 11 * put.list);
    }
    relation_finish(&s);
}

/* Beyond the bound those that are off go, then the oldest. */
static void a_person_is_on_so_many_lists(struct t *t)
{
    struct listing_strands s = {0};
    for (uint32_t i = 0; i < LISTINGS_MAX + 10; i++) {
        struct listing_strand *strand = listing_strand_at(&s, (struct hash128){.low = 1 + i % 3}, i, t->arena);
        CHECK(t, listing_strand_add(
                     strand, &(struct listing_act){.time_us = i, .is_off = i == 100, .until_us = LISTING_FOR_EVER}));
    }
    struct bytes section = listing_strands_encode(&s, t->arena);
    CHECK(t, listing_strands_read(section, t->arena, &s));
    CHECK_EQ(t, s.count, LISTINGS_MAX);
    for (uint32_t i = 0; i < s.count; i++)
        CHECK(t, s.list[i].list >= 9 && s.list[i].list != 100);
    for (size_t cut = 1; cut < section.size; cut += 7) /* what is cut is none, or a shorter one */
        if (listing_strands_read(bytes_slice(section, 0, cut), t->arena, &s))
            CHECK(t, s.count < LISTINGS_MAX);
}

static void drop_count(void *context, const struct step *s, const struct fact_kind *kind, const void *fact)
{
    const struct listing_changed *changed = fact;
    (void)s;
    *(uint32_t *)context += kind == &fact_listing_changed && changed->list == 1;
}

/* Whoever is taken off a list because there is no more room is told of like anybody who is taken off. */
static void what_is_dropped_is_told(struct t *t)
{
    struct rig s;
    uint32_t told = 0;
    begin(&s, t);
    relation_meet(&s, "p1");
    for (uint32_t list = 3; list < LISTINGS_MAX + 2; list++)
        listing_open(&s, &(struct list){.number = list});
    for (uint32_t list = 3; list < LISTINGS_MAX + 2; list++)
        CHECK(t, listing_say(&s, &(struct listing_said){.who = "p1", .list = list, .minute = 500}) == NULL);
    CHECK(t, listing_say(&s, &(struct listing_said){.who = "p1", .list = 1, .minute = 1}) == NULL);
    CHECK_TEXT(t, listing_words(&s, relation_find(&s, "p1"), 1), "true");
    harness_listen(s.h, drop_count, &told);
    CHECK(t, listing_say(&s, &(struct listing_said){.who = "p1", .list = 2, .value = "dry", .minute = 999990}) == NULL);
    harness_listen(s.h, NULL, NULL);
    CHECK_TEXT(t, listing_words(&s, relation_find(&s, "p1"), 1), "");
    CHECK_EQ(t, told, 1);
    relation_finish(&s);
}

static const struct test tests[] = {
    {"what a list has no room for is refused", what_a_list_has_no_room_for_is_refused, 1},
    {"a listing ends by itself", a_listing_ends_by_itself, 1},
    {"an instant is asked by itself", an_instant_is_asked_by_itself, 1},
    {"who is not known is waited for", who_is_not_known_is_waited_for, 1},
    {"a member takes few bytes", a_member_takes_few_bytes, 1},
    {"a person is on so many lists", a_person_is_on_so_many_lists, 1},
    {"what is dropped is told", what_is_dropped_is_told, 1},
};
TEST_MAIN(tests)
