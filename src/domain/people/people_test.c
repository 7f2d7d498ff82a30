/* What people keep of a person, as transcripts.
 * Covers: people.c, profile.c, find.c, find_scan.c, find_text.c, fake_test.c */
#include "base/time.h"
#include "domain/people/find.h"
#include "domain/people/fold.h"
#include "domain/people/fake_test.h"
#include "engine/stow.h"
#include "lib/value.h"

#define NOON_US INT64_C(1763784000000000) /* 2025-11-22 12:00 in Shanghai */
#define HOUR US_PER_HOUR

static uint32_t person_of(struct harness *h, uint32_t owner)
{
    struct view v = harness_view(h);
    return identity_of_owner(&v, fake_owner(owner));
}

static void group(struct t *t, struct harness *h, uint32_t command, uint32_t a, uint32_t b)
{
    struct buf payload;
    buf_init(&payload, 256);
    fake_owners_pack(&payload, (const uint32_t[]){a, b}, command == COMMAND_FAKE_MERGE ? 2 : 1);
    CHECK(t, harness_apply(h, command, buf_bytes(&payload)) == NULL);
    buf_fini(&payload);
}

static void event(struct t *t, struct harness *h, const struct draft_event *draft)
{
    CHECK(t, draft_apply(t, h, draft) == NULL);
}

static char *traits_text(struct t *t, struct harness *h, uint32_t owner)
{
    struct view v = harness_view(h);
    const struct trait *traits;
    size_t count = people_traits(&v, identity_of_owner(&v, fake_owner(owner)), &traits);
    char *text = arena_printf(t->arena, "%s", "");
    for (size_t i = 0; i < count; i++) {
        struct unpack u = unpack_of(traits[i].value);
        struct value value = unpack_value(&u);
        text = arena_printf(t->arena, "%s%s%.*s@%.*s=%.*s", text, i == 0 ? "" : " ", BYTES_ARG(name_text(&v, NAME_TRAIT, traits[i].name)),
                            BYTES_ARG(name_text(&v, NAME_BRAND, traits[i].brand)), BYTES_ARG(value.body));
        for (uint32_t j = 0; j < traits[i].history_count; j++) {
            u = unpack_of(traits[i].history[j].value);
            value = unpack_value(&u);
            text = arena_printf(t->arena, "%s<%.*s", text, BYTES_ARG(value.body));
        }
    }
    return text;
}

static char *counters_text(struct t *t, struct harness *h, uint32_t owner)
{
    struct view v = harness_view(h);
    const struct counter *counters;
    size_t count = people_counters(&v, identity_of_owner(&v, fake_owner(owner)), &counters);
    char *text = arena_printf(t->arena, "%s", "");
    for (size_t i = 0; i < count; i++)
        text = arena_printf(t->arena, "%s%s%.*s/%.*s*%llu[%lld..%lld]", text, i == 0 ? "" : " ",
                            BYTES_ARG(name_text(&v, NAME_EVENT, counters[i].event)), BYTES_ARG(name_text(&v, NAME_CHANNEL, counters[i].channel)),
                            (unsigned long long)counters[i].count, (long long)((counters[i].first_us - NOON_US) / HOUR),
                            (long long)((counters[i].last_us - NOON_US) / HOUR));
    return text;
}

static void a_rule(struct t *t, struct harness *h, const char *source, uint8_t priority, uint8_t first)
{
    struct buf b;
    buf_init(&b, 16);
    struct view v = harness_view(h);
    pack_u32(&b, name_number(&v, NAME_SOURCE, bytes_of_text(source)));
    pack_u8(&b, priority);
    pack_u8(&b, first);
    CHECK(t, harness_apply(h, COMMAND_SOURCE, buf_bytes(&b)) == NULL);
    buf_fini(&b);
}

static void counting(struct t *t)
{
    struct harness *h = people_harness();
    event(t, h, &(struct draft_event){.event = "page_viewed", .channel = "tmall", .time_us = NOON_US});
    event(t, h, &(struct draft_event){.event = "page_viewed", .channel = "tmall", .time_us = NOON_US + 2 * HOUR});
    event(t, h, &(struct draft_event){.event = "page_viewed", .channel = "app", .time_us = NOON_US + HOUR});
    event(t, h, &(struct draft_event){.event = "page_viewed", .channel = "tmall", .time_us = NOON_US - 3 * HOUR});
    CHECK_TEXT(t, counters_text(t, h, 0), "page_viewed/tmall*3[-3..2] page_viewed/app*1[1..1]");
    event(t, h, &(struct draft_event){.event = "page_viewed", .channel = "app", .time_us = NOON_US, .owner = 1});
    group(t, h, COMMAND_FAKE_MERGE, 0, 1);
    CHECK_TEXT(t, counters_text(t, h, 1), "page_viewed/tmall*3[-3..2] page_viewed/app*2[0..1]");
    harness_destroy(h);
}

static void whose_value_stands(struct t *t)
{
    struct harness *h = people_harness();
    event(t, h, &(struct draft_event){.event = "identify", .source = "crm", .time_us = NOON_US});
    event(t, h, &(struct draft_event){.event = "identify", .source = "till", .time_us = NOON_US});
    a_rule(t, h, "crm", 10, 0);
    a_rule(t, h, "till", 100, 1);
    event(t, h, &(struct draft_event){.event = "identify", .time_us = NOON_US, .traits = one_trait(t, "city", "Beijing")});
    event(t, h, &(struct draft_event){.event = "identify", .time_us = NOON_US - HOUR, .traits = one_trait(t, "city", "Wuhan")});
    CHECK_TEXT(t, traits_text(t, h, 0), "city@=Beijing<Wuhan"); /* the later one, though it came first */
    event(t, h, &(struct draft_event){.event = "identify", .source = "till", .time_us = NOON_US - 2 * HOUR, .traits = one_trait(t, "city", "Xian")});
    event(t, h, &(struct draft_event){.event = "identify", .source = "till", .time_us = NOON_US + HOUR, .traits = one_trait(t, "city", "Hefei")});
    CHECK_TEXT(t, traits_text(t, h, 0), "city@=Xian<Hefei<Beijing<Wuhan"); /* "first": its earliest */
    event(t, h, &(struct draft_event){.event = "identify", .source = "crm", .time_us = NOON_US - 9 * HOUR, .traits = one_trait(t, "city", "Dali")});
    CHECK_TEXT(t, traits_text(t, h, 0), "city@=Dali<Hefei<Beijing<Wuhan<Xian"); /* the trusted one, however old */
    event(t, h, &(struct draft_event){.event = "identify", .brand = "brand-a", .time_us = NOON_US, .traits = one_trait(t, "city", "Sanya")});
    CHECK_TEXT(t, traits_text(t, h, 0), "city@=Dali<Hefei<Beijing<Wuhan<Xian city@brand-a=Sanya");
    harness_destroy(h);
}

static bool allows(struct harness *h, uint32_t owner, const char *brand, const char *channel)
{
    struct view v = harness_view(h);
    return people_consents_to(&v, identity_of_owner(&v, fake_owner(owner)), name_number(&v, NAME_BRAND, bytes_of_text(brand)),
                              name_number(&v, NAME_PURPOSE, BYTES_LIT("marketing")), name_number(&v, NAME_CHANNEL, bytes_of_text(channel)));
}

struct says {
    uint32_t owner;
    int64_t time_us;
    bool given;
    const char *channel, *brand;
    int64_t until_us;
};

static void say(struct t *t, struct harness *h, struct says says)
{
    struct envelope_consent c = {.purpose = BYTES_LIT("marketing"), .channel = bytes_of_text(says.channel), .policy = BYTES_LIT("v3")};
    c.given = says.given;
    c.until_us = says.until_us;
    event(t, h, &(struct draft_event){.event = says.given ? "consent_given" : "consent_withdrawn", .brand = says.brand, .owner = says.owner,
                                      .time_us = says.time_us, .consents = &c, .consent_count = 1});
}

/* A consent that is said in advance counts from its own time on. */
static void a_consent_has_a_beginning_and_its_evidence(struct t *t)
{
    struct harness *h = people_harness();
    const struct consent *list, *why;
    struct envelope_consent c = {.purpose = BYTES_LIT("marketing"), .given = true, .from_us = NOON_US + HOUR, .evidence = BYTES_LIT("門店紙質表 7 號 🖊")};
    harness_time(h, NOON_US);
    event(t, h, &(struct draft_event){.event = "consent_given", .brand = "brand-a", .time_us = NOON_US, .consents = &c, .consent_count = 1});
    CHECK(t, !allows(h, 0, "brand-a", "sms"));
    harness_time(h, NOON_US + HOUR);
    CHECK(t, allows(h, 0, "brand-a", "sms"));
    struct view v = harness_view(h);
    size_t count = people_consents(&v, person_of(h, 0), &list);
    struct consent_ask ask = {.brand = list[0].brand, .purpose = list[0].purpose, .channel = UINT32_MAX};
    CHECK_EQ(t, consents_say(list, count, &ask, v.now_us, &why), CONSENT_GIVEN);
    CHECK_BYTES(t, why->evidence, c.evidence);
    ask.purpose++;
    CHECK_EQ(t, consents_say(list, count, &ask, v.now_us, &why), CONSENT_NONE);
    CHECK(t, why == NULL);
    harness_destroy(h);
}

static void what_is_allowed(struct t *t)
{
    struct harness *h = people_harness();
    harness_time(h, NOON_US + 100 * HOUR);
    CHECK(t, !allows(h, 0, NULL, "sms"));
    say(t, h, (struct says){0, NOON_US, true, "sms", "brand-a", 0});
    CHECK(t, allows(h, 0, "brand-a", "sms"));
    CHECK(t, !allows(h, 0, "brand-a", "call") && !allows(h, 0, NULL, "sms") && !allows(h, 0, "brand-b", "sms"));
    say(t, h, (struct says){0, NOON_US + HOUR, false, NULL, NULL, 0}); /* the whole group, all channels */
    CHECK(t, !allows(h, 0, "brand-a", "sms"));
    say(t, h, (struct says){0, NOON_US + 2 * HOUR, true, "sms", NULL, NOON_US + 101 * HOUR});
    CHECK(t, allows(h, 0, "brand-a", "sms") && allows(h, 0, NULL, "sms") && !allows(h, 0, NULL, "call"));
    harness_time(h, NOON_US + 101 * HOUR);
    CHECK(t, !allows(h, 0, NULL, "sms")); /* its time is over */
    say(t, h, (struct says){0, NOON_US + 3 * HOUR, true, NULL, NULL, 0});
    CHECK(t, allows(h, 0, NULL, "sms") && allows(h, 0, NULL, NULL));
    say(t, h, (struct says){0, NOON_US + 4 * HOUR, false, "call", NULL, 0});
    CHECK(t, allows(h, 0, NULL, "sms") && !allows(h, 0, NULL, "call") && !allows(h, 0, NULL, NULL));

    say(t, h, (struct says){1, NOON_US - HOUR, false, "sms", NULL, 0}); /* somebody else, earlier */
    group(t, h, COMMAND_FAKE_MERGE, 0, 1);
    CHECK(t, !allows(h, 0, NULL, "sms")); /* the stricter one */
    group(t, h, COMMAND_FAKE_SPLIT, 1, 1);
    struct view v = harness_view(h);
    CHECK(t, people_pending(&v, person_of(h, 0)) && people_pending(&v, person_of(h, 1)));
    CHECK(t, !allows(h, 0, NULL, "sms")); /* until it is known again whose is whose: nothing */
    refold_all(t, h);
    CHECK(t, allows(h, 0, NULL, "sms") && !allows(h, 1, NULL, "sms"));
    v = harness_view(h);
    CHECK(t, !people_pending(&v, person_of(h, 0)));
    harness_destroy(h);
}

/* Each hit that stands the check, oldest owner last: "0 1". */
static char *found_text(struct t *t, struct harness *h, const char *typed)
{
    uint32_t numbers[16];
    char *text = arena_printf(t->arena, "%s", "");
    struct view v = harness_view(h);
    struct find_view *f = people_find_view(&v);
    size_t count = people_find_scan(f, bytes_of_text(typed), numbers, COUNT_OF(numbers));
    people_find_view_close(f);
    for (size_t i = 0; i < count; i++) {
        v = harness_view(h);
        if (people_matches(&v, numbers[i], bytes_of_text(typed)))
            text = arena_printf(t->arena, "%s%s%u", text, text[0] == 0 ? "" : " ", numbers[i]);
    }
    return text;
}

static void finding(struct t *t)
{
    struct harness *h = people_harness();
    static const char *const names[] = {"王小明", "曾小明", "John Smith", "欧阳娜娜"};
    for (uint32_t i = 0; i < COUNT_OF(names); i++)
        event(t, h, &(struct draft_event){.event = "registered", .owner = i + 1001, .time_us = NOON_US, .traits = one_trait(t, "name", names[i])});
    event(t, h, &(struct draft_event){.event = "order_created", .owner = 1002, .phone = "+8613800001002", .order = "T202511220001", .time_us = NOON_US});
    event(t, h, &(struct draft_event){.event = "order_paid", .owner = 1002, .phone = "+8613800001002", .order = "T202511220001", .time_us = NOON_US});
    static const struct {
        const char *typed, *found;
    } cases[] = {
        {"王小明", "1"}, {"小明", "2 1"}, {"wangxiaoming", "1"}, {"Wang Xiao Ming", "1"}, {"xiaoming", "2 1"}, {"wxm", "1"}, {"zxm", "2"},
        {"john smith", "3"}, {"SMITH", "3"}, {"娜娜", "4"}, {"ouyangnana", "4"}, {"nana", "4"}, {"1002", "2"}, {"t202511220001", "2"},
        {"T202511220002", ""}, {"王", ""}, {"", ""}, {"\xff", ""}, {"王小红", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_TEXT(t, found_text(t, h, cases[i].typed), cases[i].found);
    struct view v = harness_view(h);
    CHECK_EQ(t, rows_series_end(v.rows, &find_token_family), rows_series_end(v.rows, &find_person_family));
    uint64_t entries = rows_series_end(v.rows, &find_token_family);
    event(t, h, &(struct draft_event){.event = "order_completed", .owner = 1002, .phone = "+8613800001002", .order = "T202511220001", .time_us = NOON_US});
    CHECK_EQ(t, rows_series_end(harness_rows(h), &find_token_family), entries); /* each once */

    group(t, h, COMMAND_FAKE_MERGE, 1001, 1003);
    CHECK_TEXT(t, found_text(t, h, "smith"), ""); /* the name of the later event, and of equal times the larger, stands */
    CHECK_TEXT(t, found_text(t, h, "wxm"), "1");
    group(t, h, COMMAND_FAKE_SPLIT, 1003, 1003);
    refold_all(t, h);
    CHECK_TEXT(t, found_text(t, h, "smith"), "3");
    CHECK_TEXT(t, found_text(t, h, "1003"), "3");
    harness_destroy(h);
}

static void many_are_found(struct t *t)
{
    struct harness *h = people_harness();
    for (uint32_t i = 0; i < 700; i++)
        event(t, h, &(struct draft_event){.event = "registered", .owner = i, .time_us = NOON_US,
                                          .traits = one_trait(t, "name", i % 100 == 7 ? "李雷" : arena_printf(t->arena, "person%u", i))});
    CHECK_TEXT(t, found_text(t, h, "李雷"), "608 508 408 308 208 108 8");
    CHECK_TEXT(t, found_text(t, h, "person0"), "1");
    CHECK_TEXT(t, found_text(t, h, "person699"), "700");
    harness_destroy(h);
}

static void the_size_of_a_person(struct t *t)
{
    static const char *const events[] = {"app_opened", "page_viewed", "page_viewed", "product_viewed", "product_viewed", "cart_added", "order_created",
                                         "order_paid", "product_viewed", "order_completed"};
    struct harness *h = people_harness();
    struct envelope_consent consent = {.purpose = BYTES_LIT("marketing"), .given = true, .policy = BYTES_LIT("v3")};
    for (uint32_t i = 0; i < COUNT_OF(events); i++)
        event(t, h, &(struct draft_event){.event = events[i], .channel = i % 2 == 0 ? "tmall" : "mini_program", .brand = "brand-a",
                                          .time_us = NOON_US + i * 31 * US_PER_MINUTE + i * 7 * US_PER_MS, .consents = &consent, .consent_count = i == 0});
    struct view v = harness_view(h);
    size_t size = 0;
    for (const struct section *const *s = (const struct section *const[]){&traits_section, &counters_section, &consents_section, &found_section, NULL}; *s != NULL; s++)
        size += view_section(&v, 1, *s).size;
    printf("people: %zu bytes of ten events over two channels and a consent\n", size);
    CHECK(t, size <= 120);
    harness_destroy(h);
}

static void what_is_refused(struct t *t)
{
    struct harness *h = people_harness();
    CHECK_TEXT(t, harness_apply(h, COMMAND_SOURCE, BYTES_LIT("\x07\0\0\0\x01\0"))->name, "unknown_source");
    CHECK(t, harness_apply(h, COMMAND_SOURCE, BYTES_LIT("\x07\0\0\0\x01\x02")) == &harness_malformed);
    CHECK(t, harness_apply(h, COMMAND_SOURCE, BYTES_LIT("\x07")) == &harness_malformed);
    CHECK_TEXT(t, harness_apply(h, COMMAND_REFOLDED, BYTES_LIT("\x01" "12345678"))->name, "refold_over");
    harness_destroy(h);
}

struct heard {
    char text[256];
};

static void hear(void *context, const struct step *s, const struct fact_kind *kind, const void *fact)
{
    struct heard *heard = context;
    const struct profile_changed *changed = fact;
    if (kind == &fact_profile_changed)
        (void)snprintf(heard->text + strlen(heard->text), sizeof heard->text - strlen(heard->text), "%u:%.*s ", changed->person,
                       BYTES_ARG(changed->trait == 0 ? BYTES_LIT("consent") : name_text(&s->view, NAME_TRAIT, changed->trait)));
}

static void changes_are_said(struct t *t)
{
    struct harness *h = people_harness();
    struct heard heard = {{0}};
    harness_listen(h, hear, &heard);
    event(t, h, &(struct draft_event){.event = "identify", .time_us = NOON_US, .traits = one_trait(t, "city", "Beijing")});
    event(t, h, &(struct draft_event){.event = "identify", .time_us = NOON_US + 1, .traits = one_trait(t, "city", "Beijing")}); /* no news */
    event(t, h, &(struct draft_event){.event = "identify", .time_us = NOON_US - 1, .traits = one_trait(t, "city", "Wuhan")});   /* old */
    event(t, h, &(struct draft_event){.event = "identify", .time_us = NOON_US + 2, .traits = one_trait(t, "city", "Wuhan")});
    say(t, h, (struct says){0, NOON_US, true, "sms", NULL, 0});
    CHECK_TEXT(t, heard.text, "1:city 1:city 1:consent ");
    harness_destroy(h);
}

static const struct test tests[] = {
    {"events are counted by channel, and a merge adds up", counting, 1},
    {"whose value of a trait stands", whose_value_stands, 1},
    {"a consent has a beginning and its evidence", a_consent_has_a_beginning_and_its_evidence, 1},
    {"what a person allows, before and after a merge and a split", what_is_allowed, 1},
    {"people are found", finding, 1},
    {"many are found, newest first", many_are_found, 1},
    {"a person of ten events takes 120 bytes at most", the_size_of_a_person, 1},
    {"what is refused", what_is_refused, 1},
    {"changes are said once", changes_are_said, 1},
};
TEST_MAIN(tests)
