/* The question `wallet` against a naive reading of each person, and what it refuses and warns of. Covers: wallet.c, wallet_conclude.c, wallet_print.c. The
 * estimator itself: lib/ratio_test.c. */
#include <math.h>

#include "base/time.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/posed_test.h"
#include "domain/analytics/wallet.h"

#define NOW "2026-07-01T00:00:00Z"
#define RANGE "\"from\": \"2026-04-19\", \"until\": \"2026-07-01\"" /* 73 days: a fifth of a year */
#define BODY \
    "{" RANGE ", \"event\": \"order_paid\", \"value\": \"amount\", \"refund\": \"refund_done\", \"total\": \"spend\""
#define PEOPLE 200u
#define EVENTS_MAX 6u
#define FEW 8u /* events apart in a day */

struct person {
    struct posed_event events[EVENTS_MAX];
    uint32_t count;
    double total; /* NAN: nobody knows */
    const char *level;
    double own;
};

static void person_any(struct t *t, struct person *p)
{
    static const char *const levels[] = {"gold", "silver", NULL};
    int64_t at_us = posed_time("2026-04-20T00:00:00Z");
    *p = (struct person){
        .count = (uint32_t)rng_below(&t->rng, EVENTS_MAX), .total = NAN, .level = levels[rng_below(&t->rng, 3)]};
    if (rng_chance(&t->rng, 0.6))
        p->total = rng_chance(&t->rng, 0.05) ? -10 : 100 + (double)rng_below(&t->rng, 20000);
    for (uint32_t i = 0; i < p->count; i++) {
        bool is_refund = rng_chance(&t->rng, 0.2);
        double amount = (double)rng_below(&t->rng, 60000) / 100;
        p->events[i] = (struct posed_event){is_refund ? "refund_done" : "order_paid",
                                            at_us + (int64_t)i * US_PER_DAY / FEW, amount, NULL};
        p->own += is_refund ? -amount : amount;
    }
}

/* What the question wants to know of people, as whoever reads the state would say it. */
static struct person_book *book_of(struct t *t, struct posed *a, const struct person *all, uint32_t count)
{
    const struct person_wants *wants = a->question->person_wants;
    struct person_book *book;
    struct err e = {0};
    CHECK_DONE(t, person_book_create(wants, (struct person_room){count + 1, PERSON_BOOK_BYTES_MAX}, &book, &e), &e);
    for (uint32_t i = 0; i < count; i++) {
        person_book_enter(book, i + 1);
        for (uint32_t k = 0; k < wants->count; k++) {
            struct value value = {.kind = VALUE_NULL};
            bool is_spend = bytes_equal(wants->list[k].name, BYTES_LIT("spend"));
            if (wants->list[k].of == PERSON_TAG && all[i].level != NULL)
                value = (struct value){.kind = VALUE_TEXT, .body = bytes_of_text(all[i].level)};
            else if (wants->list[k].of == PERSON_TRAIT && !isnan(all[i].total))
                value = (struct value){.kind = VALUE_DOUBLE, .real = is_spend ? all[i].total : all[i].total * 2};
            else if (wants->list[k].of == PERSON_TRAIT_SOURCE && !isnan(all[i].total))
                value = (struct value){.kind = VALUE_TEXT, .body = BYTES_LIT("survey")};
            else if (wants->list[k].of == PERSON_TRAIT_TIME && !isnan(all[i].total))
                value = (struct value){.kind = VALUE_TIME, .integer = posed_time("2026-06-21T00:00:00Z")};
            person_book_say(book, k, 0, &value);
        }
    }
    a->question->persons = book;
    return book;
}

static void people_take(struct t *t, struct posed *a, const struct person *all, uint32_t count)
{
    void *other = a->question->kind->tally(a->question, t->arena);
    for (uint32_t i = 0; i < count; i++)
        if (all[i].count > 0)
            posed_take(a, rng_chance(&t->rng, 0.5) ? a->tally : other, i + 1, all[i].events, all[i].count);
    a->question->kind->join(a->question, a->tally, other);
}

/* Money is told in cents, and totals are kept as floats. */
static bool near(double got, double want)
{
    return (isnan(got) && isnan(want)) ||
           fabs(got - want) <= 1e-6 * fmax(1, fabs(want)) + (fabs(want) > 10 ? 0.005 : 0);
}

/* By the definition, person by person; `level` NULL: all. */
struct naive {
    double people, with_total, measured, own, total, share, low, high, exceeding;
};

static struct naive naive_of(const struct person *all, uint32_t count, const char *level, bool wants_all)
{
    struct naive n = {0};
    for (uint32_t i = 0; i < count; i++) {
        bool is_in = wants_all || all[i].level == level;
        double total = all[i].total / 5;
        n.people += is_in;
        n.with_total += is_in && total > 0;
        n.exceeding += is_in && total > 0 && all[i].own > total;
        if (!is_in || !(total > 0) || all[i].own > total)
            continue;
        n.measured++;
        n.own += all[i].own;
        n.total += total;
    }
    double squares = 0, mean = n.total / n.measured;
    n.share = n.own / n.total;
    for (uint32_t i = 0; i < count; i++) {
        double total = all[i].total / 5, rest = all[i].own - n.share * total;
        if ((wants_all || all[i].level == level) && total > 0 && all[i].own <= total)
            squares += rest * rest;
    }
    double error = sqrt((1 - n.measured / n.people) / (n.measured * mean * mean) * squares / (n.measured - 1));
    n.low = n.share - 1.959963984540054 * error;
    n.high = n.share + 1.959963984540054 * error;
    return n;
}

static void row_is(struct t *t, const struct posed *a, uint32_t row, const struct naive *n)
{
    const double wanted[] = {n->share,    n->low,        n->high,
                             n->measured, n->own,        n->total,
                             n->people,   n->with_total, n->with_total / n->people,
                             n->exceeding};
    for (uint32_t k = 0; k < COUNT_OF(wanted); k++)
        CHECK(t, near(posed_number(a, arena_printf(t->arena, "rows.%u.%u", row, k + 1)), wanted[k]));
}

static void shares_are_counted(struct t *t)
{
    struct posed a;
    struct person *all = ARENA_ARRAY(t->arena, struct person, PEOPLE);
    for (uint32_t i = 0; i < PEOPLE; i++)
        person_any(t, &all[i]);
    posed_open(&a, t, &wallet_question, BODY ", \"breakdown\": \"tag:level\"}", NOW);
    struct person_book *book = book_of(t, &a, all, PEOPLE);
    people_take(t, &a, all, PEOPLE);
    (void)posed_answer(&a, a.tally);
    CHECK_EQ(t, json_count(json_at(a.answer, "rows")), 3);
    for (uint32_t row = 0; row < 3; row++) {
        struct bytes name = json_string(json_at(a.answer, arena_printf(t->arena, "rows.%u.0", row)));
        const char *level = NULL;
        for (uint32_t i = 0; i < PEOPLE; i++)
            if (all[i].level != NULL && bytes_equal(bytes_of_text(all[i].level), name))
                level = all[i].level;
        struct naive n = naive_of(all, PEOPLE, level, false);
        row_is(t, &a, row, &n);
    }
    struct naive whole = naive_of(all, PEOPLE, NULL, true);
    CHECK(t, near(posed_number(&a, "all.share"), whole.share) && near(posed_number(&a, "all.share_low"), whole.low));
    CHECK(t, near(posed_number(&a, "all.share_high"), whole.high));
    CHECK_EQ(t, posed_number(&a, "sources.0.people"), whole.with_total);
    CHECK(t, near(posed_number(&a, "sources.0.age_days"), 10));
    posed_close(&a);
    person_book_destroy(book);
}

/* 2,000 a year is 400 of the range; own sales 100: a quarter. */
static const struct person plain[] = {
    {.events = {{"order_paid", INT64_C(0), 130, NULL}, {"refund_done", INT64_C(0), 30, NULL}},
     .count = 2,
     .total = 2000,
     .own = 100},
    {.events = {{"order_paid", INT64_C(0), 500, NULL}}, .count = 1, .total = 2000, .own = 500}, /* more than 400 */
    {.total = 1000},                                                                            /* buys nothing here */
    {.events = {{"order_paid", INT64_C(0), 50, NULL}}, .count = 1, .total = NAN, .own = 50},
    {.total = -1},
};

struct asked_plainly {
    struct posed posed;
    struct person people[COUNT_OF(plain)];
    struct person_book *book;
};

static void plain_open(struct t *t, struct asked_plainly *p, const char *body)
{
    memcpy(p->people, plain, sizeof plain);
    for (uint32_t i = 0; i < COUNT_OF(plain); i++)
        for (uint32_t k = 0; k < p->people[i].count; k++)
            p->people[i].events[k].time_us = posed_time("2026-05-01T00:00:00Z") + k;
    posed_open(&p->posed, t, &wallet_question, body, NOW);
    p->book = book_of(t, &p->posed, p->people, COUNT_OF(plain));
    people_take(t, &p->posed, p->people, COUNT_OF(plain));
}

static void plain_close(struct asked_plainly *p)
{
    posed_close(&p->posed);
    person_book_destroy(p->book);
}

static void everybody_has_a_standing(struct t *t)
{
    struct asked_plainly p;
    plain_open(t, &p, BODY "}");
    (void)posed_answer(&p.posed, p.posed.tally);
    CHECK(t, near(posed_number(&p.posed, "all.own"), 100) && near(posed_number(&p.posed, "all.total"), 600));
    CHECK(t, near(posed_number(&p.posed, "all.share"), 1.0 / 6));
    CHECK(t, near(posed_number(&p.posed, "all.share_with_exceeding"), 600.0 / 1100));
    CHECK_EQ(t, posed_number(&p.posed, "all.exceeding"), 1);
    CHECK_EQ(t, posed_number(&p.posed, "all.unknown"), 1);
    CHECK_EQ(t, posed_number(&p.posed, "all.unusable"), 1);
    CHECK(t, near(posed_number(&p.posed, "buyers.coverage"), 2.0 / 3));
    CHECK(t, json_is(json_at(p.posed.answer, "warnings.few"), JSON_TRUE));
    CHECK(t, json_is(json_at(p.posed.answer, "warnings.exceeding"), JSON_TRUE));
    CHECK(t, json_is(json_at(p.posed.answer, "warnings.coverage"), JSON_ABSENT));
    plain_close(&p);
}

static void bands_hold_everybody_measured(struct t *t)
{
    struct asked_plainly p;
    plain_open(t, &p, BODY ", \"show\": \"bands\"}");
    (void)posed_answer(&p.posed, p.posed.tally);
    CHECK_EQ(t, posed_number(&p.posed, "rows.0.1"), 1); /* buys nothing here */
    CHECK_EQ(t, posed_number(&p.posed, "rows.1.1"), 1); /* a quarter */
    CHECK(t, near(posed_number(&p.posed, "rows.1.5"), 300));
    CHECK_EQ(t, posed_number(&p.posed, "rows.4.1"), 0);
    plain_close(&p);
}

/* An end of the interval of three people of five. */
static double end_of(const double *totals, const double *own, int side)
{
    double x = totals[0] + totals[1] + totals[2], y = own[0] + own[1] + own[2], squares = 0;
    for (size_t i = 0; i < 3; i++)
        squares += (own[i] - y / x * totals[i]) * (own[i] - y / x * totals[i]);
    return y / x + side * 1.959963984540054 * sqrt((1 - 3.0 / 5) / 3 * squares / 2) / (x / 3);
}

static void a_band_is_a_fifth(struct t *t)
{
    static const struct {
        double own;
        uint32_t band;
    } rows[] = {{-5, 0}, {0, 0}, {19, 0}, {21, 1}, {39, 1}, {41, 2}, {59, 2}, {61, 3}, {81, 4}, {100, 4}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_EQ(t, wallet_band(&(struct wallet_person){.own = rows[i].own, .total = 100}), rows[i].band);
}

static void totals_may_be_ranges(struct t *t)
{
    struct asked_plainly p;
    plain_open(t, &p,
               "{" RANGE ", \"value\": \"amount\", \"refund\": \"refund_done\", \"total_low\": \"spend\", "
               "\"total_high\": \"more\", \"by_person\": true}");
    (void)posed_answer(&p.posed, p.posed.tally);
    /* The one of 500 spends at least that, and 800 at most. */
    CHECK_EQ(t, posed_number(&p.posed, "rows.0.0"), 2);
    CHECK(t, near(posed_number(&p.posed, "rows.0.1"), 500.0 / 650));
    CHECK(t, near(posed_number(&p.posed, "rows.0.2"), 500.0 / 800) && near(posed_number(&p.posed, "rows.0.3"), 1));
    CHECK(t, near(posed_number(&p.posed, "rows.1.1"), 100.0 / 600));
    CHECK(t, near(posed_number(&p.posed, "rows.1.2"), 100.0 / 800) &&
                 near(posed_number(&p.posed, "rows.1.3"), 100.0 / 400));
    CHECK_EQ(t, posed_number(&p.posed, "all.exceeding"), 0);
    /* From all totals high, less what chance may do, to all low, and more of it. */
    CHECK(t, near(posed_number(&p.posed, "all.share_low"),
                  end_of((const double[]){800, 800, 400}, (const double[]){100, 500, 0}, -1)));
    CHECK(t, near(posed_number(&p.posed, "all.share_high"),
                  end_of((const double[]){400, 500, 200}, (const double[]){100, 500, 0}, 1)));
    plain_close(&p);
}

struct found {
    struct gathering to;
    uint32_t people[COUNT_OF(plain)], count;
};

static void found_add(struct gathering *to, uint32_t person)
{
    struct found *f = (struct found *)(void *)to;
    f->people[f->count++] = person;
}

static void cells_have_their_people(struct t *t)
{
    static const struct {
        const char *cell;
        uint32_t first, count;
    } rows[] = {{"{}", 1, 2},
                {"{\"band\": \"20-40%\"}", 1, 1},
                {"{\"band\": \"0-20%\"}", 3, 1},
                {"{\"who\": \"exceeding\"}", 2, 1},
                {"{\"who\": \"unknown\"}", 4, 1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct asked_plainly p;
        struct found f = {.to = {found_add}};
        struct err e = {0};
        void *cell;
        plain_open(t, &p, BODY "}");
        CHECK_DONE(t, posed_cell_read(&p.posed, rows[i].cell, &cell, &e), &e);
        wallet_question.gather(p.posed.question, posed_conclude(&p.posed, p.posed.tally), cell, &f.to);
        CHECK_EQ(t, f.count, rows[i].count);
        CHECK_EQ(t, f.people[0], rows[i].first);
        plain_close(&p);
    }
}

static void totals_scale_with_the_range(struct t *t)
{
    static const struct {
        const char *more;
        double scale;
    } rows[] = {{"}", 0.2}, {", \"per\": \"month\"}", 2.4}, {", \"per\": \"range\"}", 1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct posed a;
        posed_open(&a, t, &wallet_question, arena_printf(t->arena, BODY "%s", rows[i].more), NOW);
        CHECK(t, near(((const struct wallet *)a.question->own)->scale, rows[i].scale));
        posed_close(&a);
    }
}

static void own_sales_alone_are_no_share(struct t *t)
{
    struct posed a;
    const struct person one = {.total = NAN};
    struct err e = {0};
    CHECK(t, strstr(posed_refused(t, &wallet_question, "{\"value\": \"amount\"}", NOW),
                    "can't be told from own sales alone") != NULL);
    CHECK(t, strstr(posed_refused(t, &wallet_question, BODY ", \"breakdown\": \"channel\"}", NOW),
                    "wallets are people's") != NULL);
    posed_open(&a, t, &wallet_question, BODY "}", NOW);
    struct person_book *book = book_of(t, &a, &one, 1);
    CHECK_FAILS(t, wallet_conclude(a.question, a.texts, a.tally, NULL, &e), INVALID);
    CHECK(t, strstr(e.text, "never of own sales alone") != NULL);
    posed_close(&a);
    person_book_destroy(book);
}

static const struct test tests[] = {
    {"shares are counted", shares_are_counted, 20},
    {"everybody has a standing", everybody_has_a_standing, 1},
    {"bands hold everybody measured", bands_hold_everybody_measured, 1},
    {"a band is a fifth", a_band_is_a_fifth, 1},
    {"totals may be ranges", totals_may_be_ranges, 1},
    {"cells have their people", cells_have_their_people, 1},
    {"totals scale with the range", totals_scale_with_the_range, 1},
    {"own sales alone are no share", own_sales_alone_are_no_share, 1},
};
TEST_MAIN(tests)
