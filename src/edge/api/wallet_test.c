/* Shares of wallet over HTTP: totals out of traits, with their source; of segments, also of who bought nothing; written as traits. Covers: person_facts.c,
 * answer_traits.c */
#include "edge/door_test.h"

#define TRIES 1000 /* until a segment is in force */

/* Four buyers: of 51; of 58 and 59; of 65; and of 72 to 75. */
static void buyers_come(struct place *p)
{
    for (unsigned i = 0; i < 4; i++)
        for (unsigned day = 1; day <= (i % 2 == 0 ? 1u : 1 + i); day++)
            CHECK_STATUS(p->t,
                         post(p, "/api/v1/events",
                              arena_printf(p->t->arena,
                                           "{\"event\":\"order_paid\",\"time\":\"2026-02-%02uT03:00:00Z\",\"ids\":[{"
                                           "\"type\":\"user_id\",\"value\":\"u%u\"}],"
                                           "\"properties\":{\"amount\":%u}}",
                                           2 * day, i, 50 + 7 * i + day)),
                         200);
}

static void segment_save(struct place *p, const char *name, const char *text)
{
    const char *json = arena_printf(p->t->arena, "{\"name\":\"%s\",\"text\":\"%s\"}", name, text), *state = "";
    CHECK_STATUS(p->t, ask(p, (struct ask){.method = "PUT", .path = "/api/v1/segments", .token = ADMIN, .json = json}),
                 200);
    for (int i = 0; i < TRIES && strcmp(state, "in_force") != 0; i++)
        state = at(p, get(p, arena_printf(p->t->arena, "/api/v1/segments/%s", name)), "state");
    CHECK_TEXT(p->t, state, "in_force");
}

#define WALLET "/api/v1/analytics/wallet"
#define WALLET_OF \
    "{\"value\":\"amount\",\"total\":\"spend\",\"per\":\"range\",\"from\":\"2026-01-01\",\"until\":\"2026-06-01\""

/* Totals are traits: who said them, of whom they are, and what becomes of the share. */
static void shares_of_wallet_come_of_traits(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    buyers_come(&p);
    struct reply r = post(&p, WALLET, WALLET_OF "}");
    CHECK_STATUS(t, r, 400);
    CHECK(t, has(r, "nobody has a trait"));
    for (unsigned i = 0; i < 4; i++)
        CHECK_STATUS(t,
                     post(&p, "/api/v1/events",
                          arena_printf(t->arena,
                                       "{\"event\":\"survey_answered\",\"time\":\"2026-02-0%uT03:00:00Z\",\"ids\":[{"
                                       "\"type\":\"user_id\",\"value\":\"u%u\"}],"
                                       "\"traits\":{\"spend\":%u}}",
                                       1 + i, i, i == 3 ? 1 : 1000)),
                     200);
    r = post(&p, WALLET, WALLET_OF "}");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "all.people"), "4"); /* number 0 is nobody */
    CHECK_TEXT(t, at(&p, r, "all.unknown"), "0");
    CHECK_TEXT(t, at(&p, r, "all.measured"), "3");
    CHECK_TEXT(t, at(&p, r, "all.exceeding"), "1");
    CHECK_TEXT(t, at(&p, r, "all.own"), "233"); /* 51, 58 + 59, 65 */
    CHECK_TEXT(t, at(&p, r, "sources.0.people"), "4");
    CHECK_TEXT(t, at(&p, r, "warnings.few"), "true");
    CHECK_STATUS(t, post(&p, WALLET, "{\"value\":\"amount\"}"), 400);
    r = post(&p, WALLET "/traits", WALLET_OF ",\"by_person\":true,\"order\":\"person\"}");
    CHECK_TEXT(t, at(&p, r, "traits"), "[\"share_of_wallet\",\"share_of_wallet_low\",\"share_of_wallet_high\"]");
    CHECK_TEXT(t, at(&p, r, "written"), "3");
    CHECK(t, has(get(&p, "/api/v1/people/user_id:u0"), "share_of_wallet"));
    CHECK(t, !has(get(&p, "/api/v1/people/user_id:u0"), "share_of_wallet_low")); /* it was one number */
    r = post(&p, WALLET "/people", "{\"question\":" WALLET_OF "},\"cell\":{\"who\":\"exceeding\"}}");
    CHECK_TEXT(t, at(&p, r, "total"), "1");
    place_close(&p);
}

/* Who bought nothing has a total as well: they count where the segment has them, and nowhere else. */
static void a_wallet_is_of_a_segment(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    buyers_come(&p);
    segment_save(&p, "bought", "count(order_paid) >= 1");
    static const char *const said[] = {"u0", "u1", "nobody-buys"};
    for (size_t i = 0; i < COUNT_OF(said); i++)
        CHECK_STATUS(t,
                     post(&p, "/api/v1/events",
                          arena_printf(t->arena,
                                       "{\"event\":\"survey_answered\",\"ids\":[{\"type\":\"user_id\",\"value\":\"%s\"}"
                                       "],\"traits\":{\"spend\":1000}}",
                                       said[i])),
                     200);
    CHECK_TEXT(t, at(&p, post(&p, WALLET, WALLET_OF "}"), "all.measured"), "3");
    struct reply r = post(&p, WALLET, WALLET_OF ",\"segment\":\"bought\"}");
    CHECK_TEXT(t, at(&p, r, "all.measured"), "2");
    CHECK_TEXT(t, at(&p, r, "all.total"), "2000");
    r = post(&p, WALLET, WALLET_OF ",\"segment\":{\"none\":[\"bought\"]}}");
    CHECK_TEXT(t, at(&p, r, "all.measured"), "1");
    CHECK_TEXT(t, at(&p, r, "all.own"), "0");
    r = post(&p, WALLET, WALLET_OF ",\"breakdown\":\"segment:bought\"}");
    CHECK_TEXT(t, at(&p, r, "rows.0.0"), "true");
    CHECK_TEXT(t, at(&p, r, "rows.1.0"), "false");
    CHECK_TEXT(t, at(&p, r, "rows.1.1"), "0");
    place_close(&p);
}

static const struct test tests[] = {
    {"shares of wallet come of traits", shares_of_wallet_come_of_traits, 1},
    {"a wallet is of a segment", a_wallet_is_of_a_segment, 1},
};
TEST_MAIN(tests)
