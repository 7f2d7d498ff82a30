/* The question `value` against a naive reading of each person's purchases, and against the published fits as a whole. Covers: value.c, value_buyers.c,
 * value_conclude.c, value_answer.c. The models themselves: value_models_test.c. */
#include <math.h>
#include <stdlib.h>

#include "base/time.h"
#include "domain/analytics/posed_test.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/value_models.h"
#include "testing/shared.h"

#define CDNOW_MAX 200u /* purchases of one customer */
#define NOW "2026-07-01T08:00:00Z"
#define FIRST_DAY INT64_C(20454) /* 2026-01-01 */
#define CALIBRATED_DAY 90        /* 2026-04-01: the first one behind calibration */
#define UNTIL_DAY 151            /* 2026-06-01 */
#define PEOPLE 80u
#define EVENTS_MAX 12u
#define BODY                                                                                                                          \
    "{\"purchase\": \"order_completed\", \"amount\": \"amount\", \"from\": \"2026-01-11\", \"calibrate_until\": \"2026-04-01\", "              \
    "\"until\": \"2026-06-01\""

struct person {
    struct posed_event events[EVENTS_MAX];
    uint32_t count;
    bool is_buyer;
    struct history history;
    uint32_t later;
    double spent;
};

static int64_t day_of(const struct posed_event *e)
{
    return e->time_us / US_PER_DAY - FIRST_DAY;
}

/* By the definition: days with a purchase, one by one. */
static void person_judge(struct person *p)
{
    int64_t first = p->count == 0 ? UNTIL_DAY : day_of(&p->events[0]);
    p->is_buyer = first >= 10 && first < CALIBRATED_DAY;
    p->history.age_days = p->is_buyer ? (uint32_t)(CALIBRATED_DAY - 1 - first) : 0;
    for (int64_t day = first + 1; p->is_buyer && day < UNTIL_DAY; day++) {
        bool bought = false;
        for (uint32_t i = 0; i < p->count; i++) {
            bool is_then = day_of(&p->events[i]) == day;
            bought = bought || is_then;
            p->spent += is_then && day < CALIBRATED_DAY && !isnan(p->events[i].amount) ? p->events[i].amount : 0;
        }
        p->history.repeats += bought && day < CALIBRATED_DAY;
        p->history.recency_days = bought && day < CALIBRATED_DAY ? (uint32_t)(day - first) : p->history.recency_days;
        p->later += bought && day >= CALIBRATED_DAY;
    }
}

static void person_any(struct t *t, struct person *p)
{
    int64_t day = FIRST_DAY + (int64_t)rng_below(&t->rng, 120);
    *p = (struct person){.count = (uint32_t)rng_below(&t->rng, EVENTS_MAX)};
    for (uint32_t i = 0; i < p->count; i++) {
        double amount = rng_chance(&t->rng, 0.1) ? NAN : (double)rng_below(&t->rng, 9000) / 100;
        p->events[i] = (struct posed_event){"order_completed", day * US_PER_DAY + (int64_t)i * US_PER_HOUR, amount, NULL};
        day += (int64_t)(rng_chance(&t->rng, 0.3) ? 0 : rng_below(&t->rng, 30));
    }
    person_judge(p);
}

static void world_take(struct t *t, struct posed *a, struct person *all)
{
    void *other = a->question->kind->tally(a->question, t->arena);
    for (uint32_t i = 0; i < PEOPLE; i++)
        posed_take(a, rng_chance(&t->rng, 0.5) ? a->tally : other, i + 1, all[i].events, all[i].count);
    a->question->kind->join(a->question, a->tally, other);
}

static void buckets_are_counted(struct t *t)
{
    struct posed a;
    struct person *all = ARENA_ARRAY(t->arena, struct person, PEOPLE);
    double later = 0, people = 0;
    for (uint32_t i = 0; i < PEOPLE; i++) {
        person_any(t, &all[i]);
        later += all[i].later;
        people += all[i].is_buyer;
    }
    posed_open(&a, t, &value_question, BODY "}", NOW);
    world_take(t, &a, all);
    (void)posed_answer(&a, a.tally);
    CHECK_EQ(t, posed_number(&a, "people"), people);
    CHECK_EQ(t, posed_number(&a, "forecast.units"), UNTIL_DAY - CALIBRATED_DAY);
    CHECK_EQ(t, posed_number(&a, "forecast.actual"), later);
    for (uint32_t bucket = 0; bucket <= 10; bucket++) {
        uint32_t want = 0, in_cell = 0;
        const char *cell = arena_printf(t->arena, "{\"repeats\": %u, \"or_more\": %s}", bucket, bucket == 10 ? "true" : "false");
        for (uint32_t i = 0; i < PEOPLE; i++) {
            want += all[i].is_buyer && (all[i].history.repeats == bucket || (bucket == 10 && all[i].history.repeats > 10));
            in_cell += posed_in_cell(&a, cell, i + 1, all[i].events, all[i].count);
        }
        CHECK_EQ(t, posed_number(&a, arena_printf(t->arena, "rows.%u.1", bucket)), want);
        CHECK_EQ(t, in_cell, want);
    }
    double repeats = 0, want_repeats = 0;
    for (size_t i = 0; i < json_count(json_at(a.answer, "months")); i++)
        repeats += posed_number(&a, arena_printf(t->arena, "months.%zu.repeats", i));
    for (uint32_t i = 0; i < PEOPLE; i++)
        want_repeats += all[i].history.repeats + all[i].later;
    CHECK_EQ(t, repeats, want_repeats);
    posed_close(&a);
}

static struct json named(struct json rows, const char *name)
{
    struct json row;
    for (struct json_walk w = json_items(rows); json_item_next(&w, &row);)
        if (bytes_equal(json_string(json_at(row, "name")), bytes_of_text(name)))
            return json_at(row, "value");
    return JSON_NOTHING;
}

static double parameter(const struct posed *a, const char *of, const char *name)
{
    double x;
    return json_double(named(json_at(json_at(a->answer, of), "parameters"), name), &x) ? x : NAN;
}

static bool near(double got, double want)
{
    return (isnan(got) && isnan(want)) || fabs(got - want) <= 1e-9 * fmax(1, fabs(want));
}

/* A row a person says what the models say of that person's history. */
static void person_rows_are_the_models(struct t *t)
{
    struct posed a;
    struct person *all = ARENA_ARRAY(t->arena, struct person, PEOPLE);
    struct json row;
    int64_t before = 0;
    posed_open(&a, t, &value_question, BODY ", \"by_person\": true, \"order\": \"person\", \"after\": 7, \"periods\": 6, \"discount\": 0.02}", NOW);
    for (uint32_t i = 0; i < PEOPLE; i++)
        person_any(t, &all[i]);
    world_take(t, &a, all);
    (void)posed_answer(&a, a.tally);
    const double p[] = {parameter(&a, "model", "r"), parameter(&a, "model", "alpha"), parameter(&a, "model", "a"), parameter(&a, "model", "b")};
    const double g[] = {parameter(&a, "spending", "p"), parameter(&a, "spending", "q"), parameter(&a, "spending", "v")};
    for (struct json_walk w = json_items(json_at(a.answer, "rows")); json_item_next(&w, &row);) {
        double told[11];
        for (size_t i = 0; i < COUNT_OF(told); i++)
            told[i] = json_double(json_at(row, arena_printf(t->arena, "%zu", i)), &told[i]) ? told[i] : NAN;
        int64_t person = (int64_t)told[0];
        REQUIRE(t, person > 7 && person > before && person <= PEOPLE);
        const struct person *of = &all[person - 1];
        const struct history *h = &of->history;
        uint32_t known = of->spent > 0 ? h->repeats : 0;
        double mean = gamma_gamma_expected(g, known, known == 0 ? 0 : of->spent / known);
        CHECK(t, of->is_buyer && told[5] == h->repeats && told[6] == h->recency_days && told[7] == h->age_days && told[8] == of->later);
        CHECK(t, near(told[3], buying_alive(&bgnbd_model, p, h)));
        CHECK(t, near(told[9], buying_expected(&bgnbd_model, p, h, (UNTIL_DAY - CALIBRATED_DAY) / 7.0)));
        CHECK(t, near(told[2], buying_expected(&bgnbd_model, p, h, 6 * WEEKS_A_MONTH)));
        CHECK(t, near(told[4], isfinite(mean) ? mean : NAN));
        CHECK(t, near(told[1], isfinite(mean) ? mean * buying_discounted(&bgnbd_model, p, h, 6, 0.02) : NAN));
        before = person;
    }
    CHECK(t, before > 0);
    posed_close(&a);
}

/* Whoever is worth most comes first, and a bound cuts the rest. */
static void the_worthiest_come_first(struct t *t)
{
    static const char *const models[] = {"bgnbd", "pareto_nbd", "bgbb"};
    struct person *all = ARENA_ARRAY(t->arena, struct person, PEOPLE);
    for (uint32_t i = 0; i < PEOPLE; i++)
        person_any(t, &all[i]);
    for (size_t m = 0; m < COUNT_OF(models); m++) {
        struct posed a;
        posed_open(&a, t, &value_question, arena_printf(t->arena, BODY ", \"model\": \"%s\", \"by_person\": true, \"limit\": 10}", models[m]), NOW);
        world_take(t, &a, all);
        (void)posed_answer(&a, a.tally);
        CHECK_EQ(t, json_count(json_at(a.answer, "rows")), 10);
        bool more = false;
        CHECK(t, json_bool(json_at(a.answer, "has_more"), &more) && more);
        for (size_t i = 1; i < 10; i++)
            CHECK(t, !(posed_number(&a, arena_printf(t->arena, "rows.%zu.1", i - 1)) < posed_number(&a, arena_printf(t->arena, "rows.%zu.1", i))));
        CHECK_EQ(t, isnan(posed_number(&a, "rows.0.10")), m != 1); /* the residual is Pareto/NBD's */
        posed_close(&a);
    }
}

static void words_for_who_asks_wrongly(struct t *t)
{
    static const struct {
        const char *body, *word;
    } wrong[] = {
        {"{}", "purchase"},
        {"{\"purchase\": \"order_completed\", \"discount\": 2}", "discount"},
        {"{\"purchase\": \"order_completed\", \"subject\": \"order\"}", "subject"},
        {"{\"purchase\": \"order_completed\", \"opportunity\": \"month\"}", "opportunity"},
        {"{\"purchase\": \"order_completed\", \"model\": \"bgndb\"}", "bgnbd"},
        {"{\"purchase\": \"order_completed\", \"from\": \"2026-03-01\", \"until\": \"2026-05-01\", \"calibrate_until\": \"2026-06-01\"}", "calibrate_until"},
        {"{\"purchase\": \"order_completed\", \"calibrate_until\": \"soon\"}", "calibrate_until"},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CHECK(t, strstr(posed_refused(t, &value_question, wrong[i].body, NOW), wrong[i].word) != NULL);
}

static void nothing_to_fit_is_said(struct t *t)
{
    struct posed a;
    const struct posed_event once = {"order_completed", (FIRST_DAY + 30) * US_PER_DAY, 5, NULL};
    posed_open(&a, t, &value_question, BODY "}", NOW);
    (void)posed_answer(&a, a.tally);
    CHECK_EQ(t, posed_number(&a, "people"), 0);
    CHECK(t, json_is(json_at(a.answer, "model.problem"), JSON_STRING));
    posed_take(&a, a.tally, 1, &once, 1);
    (void)posed_answer(&a, a.tally);
    CHECK_EQ(t, posed_number(&a, "people"), 1);
    CHECK(t, json_is(json_at(a.answer, "model.problem"), JSON_STRING) && json_is(json_at(a.answer, "spending"), JSON_NULL));
    CHECK(t, isnan(posed_number(&a, "worth")));
    posed_close(&a);
    /* A clock that was wrong by centuries makes no buyer. */
    const struct posed_event ancient[] = {{"order_completed", posed_time("0001-01-01"), 5, NULL}, once};
    posed_open(&a, t, &value_question, "{\"purchase\": \"order_completed\"}", NOW);
    posed_take(&a, a.tally, 1, ancient, 2);
    posed_take(&a, a.tally, 2, &once, 1);
    (void)posed_answer(&a, a.tally);
    CHECK_EQ(t, posed_number(&a, "people"), 1);
    posed_close(&a);
}

/* --- CDNOW as events --- */

/* The purchases of one customer, from the first line of the rest on. */
static uint32_t customer_read(struct t *t, struct bytes *io_text, struct posed_event *out)
{
    struct bytes line;
    uint32_t count = 0;
    for (long customer = 0; io_text->size > 0;) {
        struct bytes rest = *io_text;
        (void)shared_line(&rest, &line);
        char *at = arena_text(t->arena, line);
        long of = strtol(at, &at, 10);
        if (count > 0 && of != customer)
            break;
        customer = of;
        (void)strtol(at, &at, 10);
        long date = strtol(at, &at, 10);
        (void)strtol(at, &at, 10);
        const char *day = arena_printf(t->arena, "%ld-%02ld-%02ld", date / 10000, date / 100 % 100, date % 100);
        assert(count < CDNOW_MAX);
        out[count++] = (struct posed_event){"order_completed", posed_time(day), strtod(at, &at), NULL};
        *io_text = rest;
    }
    return count;
}

static bool cdnow_ask(struct t *t, const char *body, struct posed *out)
{
    struct bytes text;
    struct posed_event events[CDNOW_MAX];
    if (!shared_data(t, "cdnow/CDNOW_sample.txt", &text))
        return false;
    posed_open(out, t, &value_question, body, NOW);
    uint32_t person = 0;
    for (uint32_t count; (count = customer_read(t, &text, events)) > 0;)
        posed_take(out, out->tally, ++person, events, count);
    (void)posed_answer(out, out->tally);
    return true;
}

static void cdnow_is_told(struct t *t)
{
    struct posed a;
    if (!cdnow_ask(t,
                   "{\"purchase\": \"order_completed\", \"amount\": \"amount\", \"from\": \"1997-01-01\", \"calibrate_until\": \"1997-10-01\", "
                   "\"until\": \"1998-07-01\"}",
                   &a))
        return;
    CHECK_EQ(t, posed_number(&a, "people"), 2357);
    CHECK_EQ(t, posed_number(&a, "repeaters"), 946);
    CHECK(t, fabs(posed_number(&a, "model.log_likelihood") - -9582.429) < 1e-3);
    CHECK(t, fabs(parameter(&a, "model", "r") - .243) < 1e-2 && fabs(parameter(&a, "model", "b") - 2.426) < 1e-2);
    CHECK(t, fabs(parameter(&a, "spending", "p") - 6.25) < 1e-2 && fabs(parameter(&a, "spending", "v") - 15.44) < 1e-2);
    CHECK_EQ(t, posed_number(&a, "spending.people"), 946);
    CHECK(t, fabs(posed_number(&a, "spending.correlation")) < 0.12); /* "near 0": Fader, Hardie, Lee 2005b have 0.11 */
    CHECK_EQ(t, posed_number(&a, "forecast.units"), 273);
    double actual = posed_number(&a, "forecast.actual"), expected = posed_number(&a, "forecast.expected");
    CHECK_EQ(t, actual, 1882); /* published */
    CHECK(t, fabs(expected / actual - 1) < 0.15);
    CHECK(t, posed_number(&a, "forecast.correlation") > 0.6);
    /* Of buckets the model has about as many people as there are. */
    for (size_t i = 0; i < 4; i++) {
        double people = posed_number(&a, arena_printf(t->arena, "rows.%zu.1", i)), model = posed_number(&a, arena_printf(t->arena, "rows.%zu.6", i));
        CHECK(t, fabs(model / people - 1) < 0.15);
    }
    CHECK_EQ(t, json_count(json_at(a.answer, "months")), 18);
    double repeats = 0, modelled = 0;
    for (size_t i = 0; i < 18; i++) {
        repeats += posed_number(&a, arena_printf(t->arena, "months.%zu.repeats", i));
        modelled += posed_number(&a, arena_printf(t->arena, "months.%zu.expected", i));
    }
    CHECK(t, fabs(modelled / repeats - 1) < 0.05);
    posed_close(&a);
}

/* --- planted truth --- */

#define PLANTED 6000u

/* People as BG/BB would have them, with alpha = gamma = 1: month after month each buys with a probability of their own until they leave. */
static void planted_buyer_take(struct t *t, struct posed *a, uint32_t person, double beta, double delta)
{
    struct posed_event events[30];
    uint32_t count = 0;
    double buys = 1 - pow(rng_unit(&t->rng), 1 / beta), leaves = 1 - pow(rng_unit(&t->rng), 1 / delta);
    uint32_t first = (uint32_t)rng_below(&t->rng, 6);
    bool is_there = true;
    for (uint32_t month = first; month < 24; month++) {
        is_there = is_there && (month == first || !rng_chance(&t->rng, leaves));
        if (month == first || (is_there && rng_chance(&t->rng, buys)))
            events[count++] =
                (struct posed_event){"order_completed", posed_time(arena_printf(t->arena, "%u-%02u-15", 2024 + month / 12, month % 12 + 1)), NAN, NULL};
    }
    posed_take(a, a->tally, person, events, count);
}

static void a_planted_forecast_comes_true(struct t *t)
{
    struct posed a;
    posed_open(&a, t, &value_question,
                "{\"purchase\": \"order_completed\", \"model\": \"bgbb\", \"from\": \"2024-01-01\", \"calibrate_until\": \"2025-04-01\", "
                "\"until\": \"2026-01-01\"}",
                NOW);
    for (uint32_t person = 1; person <= PLANTED; person++)
        planted_buyer_take(t, &a, person, 2, 6);
    (void)posed_answer(&a, a.tally);
    CHECK_EQ(t, posed_number(&a, "people"), PLANTED);
    CHECK_EQ(t, posed_number(&a, "forecast.units"), 9);
    CHECK(t, fabs(posed_number(&a, "forecast.expected") / posed_number(&a, "forecast.actual") - 1) < 0.05);
    CHECK(t, posed_number(&a, "forecast.correlation") > 0.5);
    CHECK(t, fabs(parameter(&a, "model", "alpha") - 1) < 0.1 && fabs(parameter(&a, "model", "beta") - 2) < 0.3);
    posed_close(&a);
}

static const struct test tests[] = {
    {"buckets are counted", buckets_are_counted, 20},
    {"person rows are the models'", person_rows_are_the_models, 10},
    {"the worthiest come first", the_worthiest_come_first, 3},
    {"words for who asks wrongly", words_for_who_asks_wrongly, 1},
    {"nothing to fit is said", nothing_to_fit_is_said, 1},
    {"CDNOW is told", cdnow_is_told, 1},
    {"a planted forecast comes true", a_planted_forecast_comes_true, 1},
};
TEST_MAIN(tests)
