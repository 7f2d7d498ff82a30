/* `kith tag library`, said as in a shell. Covers: library.c, library_own.c */
#include "app/app_test.h"
#include "base/time.h"

#define PAID(id, who, day)                                        \
    "{\"id\":\"" id "\",\"event\":\"order_paid\",\"time\":\"" day \
    "T03:00:00Z\",\"ids\":[{\"type\":\"user_id\",\"value\":\"" who "\"}]}\n"

static const char payments[] = PAID("1", "ann", "2026-01-10") PAID("2", "ann", "2026-03-10")
    PAID("3", "bea", "2026-03-11");

/* Five people, the last purchase 0 to 4 days ago: of 50 in three payments, of 40 in two, then of 30, 20 and 10. */
static const char *own_payments(struct t *t)
{
    static const struct {
        const char *who;
        int days_ago, amount;
    } own[] = {{"ann", 0, 20}, {"ann", 9, 20}, {"ann", 5, 10}, {"bea", 1, 20},
               {"bea", 6, 20}, {"cat", 2, 30}, {"dan", 3, 20}, {"eva", 4, 10}};
    struct buf text = arena_buf(t->arena, 4096);
    char time[TIME_TEXT_BYTES];
    for (size_t i = 0; i < COUNT_OF(own); i++)
        buf_printf(&text,
                   "{\"id\":\"own-%zu\",\"event\":\"order_paid\",\"time\":\"%s\",\"ids\":[{\"type\":\"user_id\","
                   "\"value\":\"%s\"}],"
                   "\"properties\":{\"amount\":%d}}\n",
                   i, time_format(time_now_us() - own[i].days_ago * US_PER_DAY, time), own[i].who, own[i].amount);
    return arena_text(t->arena, buf_bytes(&text));
}

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

/* Two of five are above each threshold. */
static void thresholds_come_out_of_own_data(struct t *t)
{
    struct place p;
    place_open(&p, t);
    (void)setenv("KITH_LANG", "en", 1);
    CHECK_EQ(t, KITH(t, "tag", "library", "print", "rfm", "--from-own-data").code, EXIT_REFUSED);
    CHECK(t, says(errors_of(t), "there is no property \"amount\""));
    file_make(t, "own.ndjson", own_payments(t));
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/own.ndjson", t->folder)).code, EXIT_DONE);
    struct said said = KITH(t, "tag", "library", "print", "rfm_champion", "purchase=order_paid",
                            "amount=order_paid.amount", "--from-own-data");
    CHECK_EQ(t, said.code, EXIT_DONE);
    CHECK(t, says(said.out, "did(order_paid in last 2 days) and count(order_paid in last 365 days) >= 2 and "
                            "sum(order_paid.amount in last 365 days) >= 34.01"));
    CHECK(t, says(said.out, "; own data of ") && says(said.out, ": rfm_recent_days 2, rfm_orders 2, rfm_amount 34.01"));
    said = KITH(t, "tag", "library", "print", "rfm_champion", "purchase=order_paid where amount > 10",
                "amount=order_paid.amount", "rfm_orders=7", "--from-own-data");
    CHECK(t, says(said.out, ">= 7 and ") && says(said.out, "where amount > 10") && !says(said.out, "rfm_orders 7"));
    CHECK_EQ(t,
             KITH(t, "tag", "library", "print", "rfm", "purchase=order_paid where amount > 99",
                  "amount=order_paid.amount", "--from-own-data")
                 .code,
             EXIT_REFUSED);
    CHECK(t, says(errors_of(t), "nobody bought anything in that time"));
    CHECK_EQ(t, KITH(t, "tag", "library", "print", "rfm", "purchase=order_paid", "--from-own-data").code, EXIT_USAGE);
    CHECK(t, says(errors_of(t), "amount=order.net: want a value of order_paid"));
    CHECK_EQ(t, KITH(t, "tag", "library", "print", "active_hour", "--from-own-data").code, EXIT_USAGE);
    CHECK(t, says(errors_of(t), "none of these tags has thresholds that are taken out of data"));
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
    {"thresholds come out of own data", thresholds_come_out_of_own_data, 1},
    {"they are shown and printed without a daemon", they_are_shown_and_printed_without_a_daemon, 1},
    {"wrong words are told", wrong_words_are_told, 1},
};
PROGRAM_TEST_MAIN(tests)
