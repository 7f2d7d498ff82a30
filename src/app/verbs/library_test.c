/* `kith tag library`, said as in a shell. Covers: library.c */
#include "app/app_test.h"

#define PAID(id, who, day)                                        \
    "{\"id\":\"" id "\",\"event\":\"order_paid\",\"time\":\"" day \
    "T03:00:00Z\",\"ids\":[{\"type\":\"user_id\",\"value\":\"" who "\"}]}\n"

static const char payments[] = PAID("1", "ann", "2026-01-10") PAID("2", "ann", "2026-03-10")
    PAID("3", "bea", "2026-03-11");

static const char *errors_of(struct t *t)
{
    return file_text(t, arena_printf(t->arena, "%s/errors", t->folder));
}

static void what_is_missing_is_told(struct t *t)
{
    struct place p;
    place_open(&p, t);
    struct said said = KITH(t, "tag", "library");
    CHECK_EQ(t, said.code, EXIT_DONE);
    CHECK(t, says(said.out, "missing: coupon_used, order") && says(said.out, "a trait or an identifier \"birthday\""));
    CHECK(t, says(said.out, "ready")); /* the preferred channel asks for any event */
    CHECK(t, says(KITH(t, "tag", "library", "list", "purchase=order_paid", "--json").out,
                  "\"text\":\"count(order_paid) = 1\",\"missing\":\"order_paid\",\"installed\":false"));
    (void)setenv("KITH_LANG", "zh", 1);
    CHECK(t, says(KITH(t, "tag", "library").out, "缺少:coupon_used, 订单"));
    (void)setenv("KITH_LANG", "en", 1);
    CHECK_EQ(t, KITH(t, "tag", "library", "install", "first_order", "--yes").code, EXIT_REFUSED);
    CHECK(t, says(errors_of(t), "first_order: missing: order"));
    place_close(&p, t);
}

static void they_are_installed_with_their_parameters(struct t *t)
{
    struct place p;
    place_open(&p, t);
    file_make(t, "events.ndjson", payments);
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/events.ndjson", t->folder)).code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "tag", "library", "install", "first_order", "purchase=order_paid", "--dry-run").code,
             EXIT_DONE);
    CHECK(t, says(KITH(t, "tag", "library", "--json").out, "\"name\":\"first_order\"") &&
                 !says(KITH(t, "tag", "library").out, "installed"));
    CHECK_EQ(t, KITH(t, "tag", "library", "install", "first_order", "purchase=order_paid", "--yes").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "tag", "library").out, "installed"));
    CHECK(t, says(KITH(t, "tag", "show", "first_order").out, "count(order_paid) = 1"));
    struct said said = KITH(t, "tag", "library", "install", "--all", "--yes", "--json");
    CHECK(t, says(said.out, "channel_preference") && !says(said.out, "first_order"));
    place_close(&p, t);
}

static void they_are_shown_and_printed_without_a_daemon(struct t *t)
{
    struct said said = KITH(t, "tag", "library", "show", "life_stage", "active_days=60");
    CHECK_EQ(t, said.code, EXIT_DONE);
    CHECK(t, says(said.out, "did(order where net > 0 in last 60 days)") && says(said.out, "Bought within 60 days"));
    CHECK(t, says(said.out, "in this order: stage_new stage_back stage_active"));
    said = KITH(t, "tag", "library", "print", "first_order");
    CHECK(t, says(said.out, "\"tags\"") && says(said.out, "\"first_order\"") && !says(said.out, "stage_new"));
}

static void wrong_words_are_told(struct t *t)
{
    CHECK_EQ(t, KITH(t, "tag", "library", "install").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "tag", "library", "install", "rfm", "--all").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "tag", "library", "list", "rfm").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "tag", "library", "show", "rfn").code, EXIT_USAGE);
    CHECK(t, says(errors_of(t), "did you mean \"rfm\""));
    CHECK_EQ(t, KITH(t, "tag", "library", "show", "rfm", "rfm_order=3").code, EXIT_USAGE);
    CHECK(t, says(errors_of(t), "did you mean \"rfm_orders\""));
}

static const struct test tests[] = {
    {"what is missing is told", what_is_missing_is_told, 1},
    {"they are installed with their parameters", they_are_installed_with_their_parameters, 1},
    {"they are shown and printed without a daemon", they_are_shown_and_printed_without_a_daemon, 1},
    {"wrong words are told", wrong_words_are_told, 1},
};
PROGRAM_TEST_MAIN(tests)
