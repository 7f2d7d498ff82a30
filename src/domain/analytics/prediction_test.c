/* Predictions as questions: what they know of people, what they make of it, and what it is worth where the truth is known. Covers: measure.c, person_book.c,
 * prediction_count.c, prediction_fit.c, prediction_print.c, prediction_read.c, prediction_sample.c, prediction_score.c */
#include <math.h>

#include "base/time.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/name_book.h"
#include "domain/analytics/posed_test.h"
#include "domain/analytics/prediction.h"

#define NOW "2026-12-01"
#define BODY_BYTES_MAX (1u << 20)
#define VIEWS_MAX 12

/* --- measures --- */

/* The value of the first feature at the cut of `score`: of those who are scored there is one. */
static double measured(struct t *t, const char *feature, const struct posed_event *events, uint32_t count)
{
    struct posed a;
    float out[PREDICTION_MEASURES_MAX];
    posed_open(&a, t, &predict_question,
               arena_printf(t->arena, "{\"target\": \"did(order_paid)\", \"horizon\": \"30d\", \"features\": [\"%s\"]}",
                            feature),
               NOW);
    struct sequence s = {.person = 1, .count = count};
    struct moment *moments = ARENA_ARRAY(t->arena, struct moment, count + 1);
    struct lane lanes[LANES_MAX];
    struct quantity *quantities = ARENA_ARRAY(t->arena, struct quantity, count + 1);
    bool *has = ARENA_ARRAY(t->arena, bool, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t picks = 0;
        for (uint32_t k = 0; k < a.question->plan.pick_count; k++) {
            if (a.question->plan.picks[k].event_count == 0)
                picks |= UINT32_C(1) << k;
            for (uint32_t n = 0; n < a.question->plan.picks[k].event_count; n++)
                if (bytes_equal(name_book_event_name(a.book, a.question->plan.picks[k].events[n]),
                                bytes_of_text(events[i].name)))
                    picks |= UINT32_C(1) << k;
        }
        moments[i] = (struct moment){events[i].time_us, picks, i};
        has[i] = !isnan(events[i].amount);
        quantities[i] = (struct quantity){.micro = has[i] ? llround(events[i].amount * 1e6) : 0};
    }
    for (uint32_t k = 0; k < LANES_MAX; k++)
        lanes[k] = (struct lane){LANE_QUANTITIES, NULL, quantities, has};
    s.moments = moments;
    s.lanes = lanes;
    predicting_measure(a.question, PERSON_CUTS_MAX - 1, &s, out);
    posed_close(&a);
    return (double)out[0];
}

/* The later cut is 2026-11-01. */
static void measures_are_what_they_say(struct t *t)
{
    const struct posed_event events[] = {
        {"order_paid", posed_time("2026-08-01T10:00:00Z"), 5, NULL},
        {"order_paid", posed_time("2026-10-02T00:00:00Z"), 10, NULL},
        {"product_viewed", posed_time("2026-10-30T08:00:00Z"), NAN, NULL},
        {"product_viewed", posed_time("2026-10-30T23:00:00Z"), NAN, NULL},
        {"order_paid", posed_time("2026-10-31T12:00:00Z"), 30, NULL},
        {"order_paid", posed_time("2026-11-01T00:00:00Z"), 1000, NULL},
    };
    static const struct {
        const char *feature;
        double want;
    } cases[] = {
        {"count(order_paid)", 3},
        {"count(order_paid in last 30 days)",
         2}, /* 10-02 00:00 is the first instant of the 30 days that end with 10-31 */
        {"count(order_paid in last 29 days)", 1},
        {"count(order_paid within 12 hours)", 1},
        {"count(order_paid within 11 hours)", 0},
        {"count(order_paid in this month)", 2},
        {"count(order_paid in last 4096 days)", 3}, /* the longest window */
        {"count(order_paid within 98303 hours)", 3},
        {"sum(order_paid.amount)", 45},
        {"avg(order_paid.amount)", 15},
        {"min(order_paid.amount)", 5},
        {"max(order_paid.amount in last 90 days)", 30},
        {"days(product_viewed)", 1},
        {"count(event in last 2 days)", 3},
        {"days_since(last(order_paid).time)", 0.5},
        {"days_since(first(order_paid).time)", 91 + 14.0 / 24},
        {"sum(order_paid.amount) / count(order_paid)", 15},
        {"did(order_paid in last 1 days) and not did(cart_added)", 1},
        {"count(order_paid) between 4 and 9", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double got = measured(t, cases[i].feature, events, COUNT_OF(events));
        if (fabs(got - cases[i].want) > 1e-5)
            test_fail(t, __FILE__, __LINE__, "%s: got %g, want %g", cases[i].feature, got, cases[i].want);
    }
    CHECK(t, isnan(measured(t, "avg(cart_added.amount)", events, COUNT_OF(events))));
    CHECK(t, isnan(measured(t, "count(order_paid) / count(cart_added)", events, COUNT_OF(events))));
    CHECK(t, isnan(measured(t, "days_since(last(cart_added).time)", events, COUNT_OF(events))));
}

static void what_makes_no_sense_is_refused(struct t *t)
{
    static const struct {
        const char *body, *words;
    } cases[] = {
        {"{\"target\": \"did(order_paid)\"}", "by what?"},
        {"{\"features\": [\"count(order_paid)\"]}", "either \"target\""},
        {"{\"target\": \"count(order_paid)\", \"features\": [\"count(order_paid)\"]}", "want a condition"},
        {"{\"target\": \"did(order_paid in last 3 days)\", \"features\": [\"count(order_paid)\"]}",
         "no window of its own"},
        {"{\"target\": \"did(order_payd)\", \"features\": [\"count(order_paid)\"]}", "order_paid"},
        {"{\"target\": \"did(order_paid)\", \"features\": [\"count(order_paid since '2026-01-01')\"]}",
         "move with the day"},
        {"{\"target\": \"did(order_paid)\", \"features\": [\"count(order_paid within 1000000000 days)\"]}",
         "at most 4096 days"},
        {"{\"target\": \"did(order_paid)\", \"features\": [\"count(order_paid in last 1000000000 years)\"]}",
         "at most 4096 days"},
        {"{\"target\": \"did(order_paid)\", \"features\": [\"days(order_paid in last 4097 days)\"]}",
         "at most 4096 days"},
        {"{\"target\": \"did(order_paid)\", \"features\": [\"city\"]}", "is of count, sum"},
        {"{\"target\": \"did(order_paid)\", \"features\": [\"count(order_paid)\", \"count(order_paid)\"]}", "twice"},
        {"{\"target\": \"did(order_paid)\", \"features\": [\"count(order_paid)\"], \"traits\": [\"gender\"]}",
         "sensitive"},
        {"{\"target\": \"did(order_paid)\", \"features\": [\"count(order_paid)\"], \"tags\": [\"vip\"]}",
         "isn't known"},
        {"{\"target\": \"did(order_paid)\", \"features\": [\"sum(order_paid)\"]}", "of what?"},
        {"{\"target\": \"did(order_paid)\", \"features\": [\"count(order_paid)\"], \"horizon\": \"36h\"}",
         "whole days"},
        {"{\"like\": {\"segment\": \"a\", \"tag\": \"b\"}, \"features\": [\"count(order_paid)\"]}",
         "whom people may be like"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *got = posed_refused(t, &predict_question, cases[i].body, NOW);
        if (strstr(got, cases[i].words) == NULL)
            test_fail(t, __FILE__, __LINE__, "%s: got \"%s\", want \"%s\"", cases[i].body, got, cases[i].words);
    }
    struct posed a;
    posed_open(&a, t, &predict_question,
               "{\"target\": \"did(order_paid)\", \"features\": [\"count(order_paid)\"], \"traits\": [\"gender\"], "
               "\"sensitive\": [\"gender\"]}",
               NOW);
    posed_close(&a);
}

/* --- a population whose truth is known --- */

/* Days of the cuts for a horizon of 30 days: 2026-10-02 and 2026-11-01. */
static int64_t cut_us(uint32_t cut)
{
    return posed_time(cut == 0 ? "2026-10-02T00:00:00Z" : "2026-11-01T00:00:00Z");
}

struct truth {
    double chance[2]; /* that somebody buys within the horizon of each cut */
    bool bought[2];
};

/* Whoever looks more buys more, by a logistic law; before each cut views of the last 20 days, after each perhaps an order. */
static uint32_t person_make(struct rng *r, struct posed_event *events, struct truth *out)
{
    uint32_t count = 0, keen = (uint32_t)rng_below(r, VIEWS_MAX);
    for (uint32_t cut = 0; cut < 2; cut++) {
        uint32_t views = 0;
        for (uint32_t i = 0; i < keen; i++)
            if (rng_chance(r, 0.6))
                events[count++] = (struct posed_event){
                    "product_viewed", cut_us(cut) - (int64_t)(20 - views++) * US_PER_DAY / 2, NAN, NULL};
        out->chance[cut] = 1 / (1 + exp(4 - 0.7 * views));
        out->bought[cut] = rng_chance(r, out->chance[cut]);
        if (out->bought[cut])
            events[count++] = (struct posed_event){"order_paid", cut_us(cut) + 5 * US_PER_DAY, 10, NULL};
    }
    return count;
}

#define QUESTION(more)                                                                                         \
    "\"target\": \"did(order_paid)\", \"horizon\": \"30d\", \"features\": [\"count(product_viewed in last 15 " \
    "days)\", \"days_since(last(product_viewed).time)\", \"count(order_paid)\"]" more
#define PEOPLE 6000u

/* Everybody into one tally, or by turns into two that are joined. */
static void population_take(struct posed *a, uint64_t seed, bool is_parted, struct ranked *out_truth,
                            uint32_t *out_count)
{
    void *other = a->question->kind->tally(a->question, a->t->arena);
    struct rng r;
    uint32_t count = 0;
    rng_init(&r, seed);
    for (uint32_t person = 1; person <= PEOPLE; person++) {
        struct posed_event events[4 * VIEWS_MAX];
        struct truth truth;
        uint32_t n = person_make(&r, events, &truth);
        posed_take(a, is_parted && person % 2 == 0 ? other : a->tally, person, events, n);
        if (n > 0 && events[0].time_us < cut_us(1) && out_truth != NULL)
            out_truth[count++] = (struct ranked){truth.chance[1], person, truth.bought[1]};
    }
    a->question->kind->join(a->question, a->tally, other);
    if (out_count != NULL)
        *out_count = count;
}

static void a_model_is_as_good_as_can_be(struct t *t)
{
    static const char *const kinds[] = {"logistic", "trees"};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct posed a;
        struct ranked *truth = ARENA_ARRAY(t->arena, struct ranked, PEOPLE);
        uint32_t count;
        posed_open(&a, t, &predict_question, arena_printf(t->arena, "{" QUESTION("") ", \"by\": \"%s\"}", kinds[i]),
                   NOW);
        population_take(&a, t->seed, false, truth, &count);
        ranked_sort(truth, count);
        double best = ranked_auc(truth, count);
        posed_answer(&a, a.tally);
        double auc = posed_number(&a, "auc");
        if (!(auc > best - 0.03 && auc < best + 0.03))
            test_fail(t, __FILE__, __LINE__, "%s: AUC %g, of the truth %g", kinds[i], auc, best);
        CHECK(t, posed_number(&a, "auc_low") < auc && auc < posed_number(&a, "auc_high"));
        CHECK(t, posed_number(&a, "calibration_error") < 0.05);
        CHECK(t, posed_number(&a, "judge_people") == count);
        CHECK(t, posed_number(&a, "rows.0.5") > 1.5); /* lift of the likeliest tenth */
        CHECK(t, json_count(json_find(a.answer, BYTES_LIT("leaks"))) == 0);
        CHECK_BYTES(t, json_string(json_at(a.answer, "cuts.0")), BYTES_LIT("2026-10-02"));
        CHECK_BYTES(t, json_string(json_at(a.answer, "cuts.1")), BYTES_LIT("2026-11-01"));
        posed_close(&a);
    }
}

/* The same bytes, whichever thread saw whom; also where samples are cut. */
static void who_counts_makes_no_difference(struct t *t)
{
    struct bytes models[2];
    for (size_t i = 0; i < COUNT_OF(models); i++) {
        struct posed a;
        posed_open(&a, t, &predict_question, "{" QUESTION("") ", \"with_model\": true, \"sample\": 1000, \"seed\": 7}",
                   NOW);
        population_take(&a, t->seed, i == 1, NULL, NULL);
        posed_answer(&a, a.tally);
        CHECK(t, posed_number(&a, "fit_rows") <= 1000 && posed_number(&a, "judge_rows") <= 1000 &&
                     posed_number(&a, "judge_rows") >= 500);
        CHECK(t, posed_number(&a, "fit_people") > 4000);
        models[i] = arena_copy(t->arena, json_string(json_find(a.answer, BYTES_LIT("model"))));
        posed_close(&a);
    }
    CHECK(t, models[0].size > 0 && bytes_equal(models[0], models[1]));
}

/* Watches, and gives up at once, or for want of memory. */
static struct status step_refused(struct effort *f, double share, size_t bytes, struct err *e)
{
    (void)f, (void)share;
    return bytes > 0 ? FAIL(e, LIMIT, "no more") : FAIL(e, CANCELLED, "nobody wants it");
}

static bool is_never_over(const struct effort *f)
{
    (void)f;
    return false;
}

static void what_nobody_wants_ends(struct t *t)
{
    struct posed a;
    struct err e = {0};
    struct effort refused = {.step = step_refused, .is_over = is_never_over};
    posed_open(&a, t, &predict_question, "{" QUESTION("") "}", NOW);
    population_take(&a, t->seed, false, NULL, NULL);
    CHECK(t, predict_question.conclude(a.question, a.texts, a.tally, &refused, &e).code == STATUS_LIMIT);
    posed_close(&a);
}

/* Who is about to pay has a cart, and hardly anybody else. */
static void a_leak_is_told(struct t *t)
{
    struct posed a;
    posed_open(&a, t, &predict_question,
               "{\"target\": \"did(order_paid)\", \"features\": [\"count(order_paid)\", \"count(cart_added)\"]}", NOW);
    for (uint32_t person = 1; person <= 400; person++) {
        struct posed_event events[4];
        uint32_t count = 0;
        if (person % 4 != 0)
            events[count++] = (struct posed_event){"order_paid", cut_us(0) - 40 * US_PER_DAY, 1, NULL};
        for (uint32_t cut = 0; cut < 2 && (person % 4 == 0 || person % 50 == 1); cut++)
            events[count++] = (struct posed_event){"cart_added", cut_us(cut) - US_PER_HOUR, NAN, NULL};
        if (person % 4 == 0) {
            events[2] = events[1];
            events[1] = (struct posed_event){"order_paid", cut_us(0) + US_PER_DAY, 1, NULL};
            events[3] = (struct posed_event){"order_paid", cut_us(1) + US_PER_DAY, 1, NULL};
            count = 4;
        }
        posed_take(&a, a.tally, person, events, count);
    }
    posed_answer(&a, a.tally);
    CHECK(t, json_count(json_find(a.answer, BYTES_LIT("leaks"))) >= 1);
    posed_close(&a);
}

/* --- scores --- */

static const char *scoring_body(struct t *t, struct posed *fitted, const char *more)
{
    struct bytes model = json_string(json_find(fitted->answer, BYTES_LIT("model")));
    struct buf body = arena_buf(t->arena, BODY_BYTES_MAX);
    buf_printf(&body, "{" QUESTION("") ", \"model\": \"%.*s\"%s}", BYTES_ARG(model), more);
    return arena_text(t->arena, buf_bytes(&body));
}

/* Views before the last midnight, `count` of them. */
static void viewer_take(struct posed *a, void *tally, uint32_t person, uint32_t count)
{
    struct posed_event events[VIEWS_MAX];
    for (uint32_t i = 0; i < count; i++)
        events[i] = (struct posed_event){"product_viewed", posed_time("2026-11-20T00:00:00Z") + i * US_PER_HOUR, NAN,
                                         NULL};
    posed_take(a, tally, person, events, count);
}

static void scores_rank_and_say_why(struct t *t)
{
    struct posed fitted, a;
    posed_open(&fitted, t, &predict_question, "{" QUESTION("") ", \"with_model\": true}", NOW);
    population_take(&fitted, t->seed, false, NULL, NULL);
    posed_answer(&fitted, fitted.tally);
    posed_open(&a, t, &score_question, scoring_body(t, &fitted, ", \"limit\": 3, \"top\": 20"), NOW);
    void *other = score_question.tally(a.question, t->arena);
    for (uint32_t person = 1; person <= 300; person++)
        viewer_take(&a, person % 2 == 0 ? a.tally : other, person, person % 11);
    score_question.join(a.question, a.tally, other);
    posed_answer(&a, a.tally);
    CHECK(t, posed_number(&a, "scored") == 300 - 300 / 11); /* who did nothing wasn't known */
    CHECK(t, json_count(json_find(a.answer, BYTES_LIT("rows"))) == 3);
    CHECK(t, posed_number(&a, "rows.0.0") == 10 && posed_number(&a, "rows.1.0") == 21 &&
                 posed_number(&a, "rows.2.0") == 32); /* of equal ones the first */
    CHECK(t, posed_number(&a, "rows.0.1") > 0.2 && posed_number(&a, "rows.0.1") > posed_number(&a, "mean"));
    struct bytes why = json_string(json_at(a.answer, "rows.0.3")), why_zh = json_string(json_at(a.answer, "rows.0.4"));
    CHECK(t, bytes_starts_with(why, BYTES_LIT("for: count(product_viewed in last 15 days) = 10")));
    CHECK(t, bytes_starts_with(why_zh, BYTES_LIT("利于:近 15 天「")));
    CHECK(t, posed_number(&a, "threshold_people") == 27); /* so many look ten times */
    CHECK(t, fabs(posed_number(&a, "threshold") - posed_number(&a, "rows.0.1")) < 1e-4);
    posed_close(&a);
    posed_open(&a, t, &score_question, scoring_body(t, &fitted, ", \"order\": \"person\", \"limit\": 2, \"after\": 21"),
               NOW);
    for (uint32_t person = 40; person >= 10; person--)
        viewer_take(&a, a.tally, person, 1 + person % 11);
    posed_answer(&a, a.tally);
    CHECK(t,
          posed_number(&a, "rows.0.0") == 22 && posed_number(&a, "rows.1.0") == 23 && posed_number(&a, "next") == 23);
    posed_close(&a);
    CHECK(t, strstr(posed_refused(t, &score_question, "{" QUESTION("") ", \"model\": \"bm90aGluZw==\"}", NOW),
                    "no model") != NULL);
    posed_close(&fitted);
}

/* --- look-alikes --- */

/* Half of those who look often are in the seed; the others are to be found. */
static void a_look_alike_finds_the_others(struct t *t)
{
    struct posed fitted, a;
    struct err e = {0};
    struct person_book *book;
    const char *like = "\"like\": {\"segment\": \"vip\"}, \"features\": [\"count(product_viewed in last 30 days)\"], "
                       "\"traits\": [\"city\"]";
    posed_open(&fitted, t, &predict_question, arena_printf(t->arena, "{%s, \"with_model\": true}", like), NOW);
    const struct person_wants *wants = fitted.question->person_wants;
    CHECK_EQ(t, wants->count, 2);
    CHECK_DONE(t, person_book_create(wants, (struct person_room){5000, PERSON_BOOK_BYTES_MAX}, &book, &e), &e);
    for (uint32_t person = 1; person < 4000; person++) {
        bool is_keen = person % 8 == 0;
        person_book_enter(book, person);
        person_book_say(book, 0, 0, &(struct value){.kind = is_keen && person % 16 == 0 ? VALUE_TRUE : VALUE_FALSE});
        person_book_say(book, 1, 0,
                        &(struct value){.kind = VALUE_TEXT,
                                        .body = is_keen || person % 3 == 0 ? BYTES_LIT("上海") : BYTES_LIT("北京")});
    }
    person_book_leave_out(book);
    fitted.question->persons = book;
    for (uint32_t person = 8; person < 5000; person += 8) /* the last ones aren't in the book: they object */
        viewer_take(&fitted, fitted.tally, person, 6 + person / 8 % 5);
    for (uint32_t person = 1; person < 2000; person += 8)
        viewer_take(&fitted, fitted.tally, person, 1);
    posed_answer(&fitted, fitted.tally);
    CHECK(t, posed_number(&fitted, "fit_people") + posed_number(&fitted, "judge_people") ==
                 3999); /* also who did nothing */
    CHECK(t, posed_number(&fitted, "objected") == 1);
    CHECK(t, fabs(posed_number(&fitted, "label_frequency") - 0.5) < 0.15);
    struct bytes model = json_string(json_find(fitted.answer, BYTES_LIT("model")));
    struct buf body = arena_buf(t->arena, BODY_BYTES_MAX);
    buf_printf(&body, "{%s, \"limit\": 249, \"model\": \"%.*s\"}", like, BYTES_ARG(model));
    posed_open(&a, t, &score_question, arena_text(t->arena, buf_bytes(&body)), NOW);
    a.question->persons = book;
    void *tally = score_question.tally(a.question, t->arena);
    for (uint32_t person = 8; person < 4000; person += 8)
        viewer_take(&a, tally, person, 6 + person / 8 % 5);
    posed_answer(&a, tally);
    uint32_t keen = 0, seeds = 0;
    struct json row;
    for (struct json_walk w = json_items(json_find(a.answer, BYTES_LIT("rows"))); json_item_next(&w, &row);) {
        double person = 0;
        (void)json_double(json_at(row, "0"), &person);
        keen += (uint32_t)person % 8 == 0;
        seeds += (uint32_t)person % 16 == 0;
    }
    CHECK_EQ(t, keen, 249); /* all there are, and nobody of the seed */
    CHECK_EQ(t, seeds, 0);
    posed_close(&a);
    posed_close(&fitted);
    person_book_destroy(book);
}

static void a_book_goes_back(struct t *t)
{
    const struct person_wants wants = {
        .count = 1, .list = {{PERSON_TRAIT, BYTES_LIT("city")}}, .cut_count = 2, .cuts = {1, 2}};
    struct person_book *b;
    struct err e = {0};
    CHECK_DONE(t, person_book_create(&wants, (struct person_room){100, PERSON_BOOK_BYTES_MAX}, &b, &e), &e);
    person_book_enter(b, 3);
    person_book_enter(b, 5);
    person_book_say(b, 0, 1, &(struct value){.kind = VALUE_TEXT, .body = BYTES_LIT("上海")});
    person_book_back(b, 1, 0);
    CHECK_EQ(t, person_book_place(b, 5), PERSON_PLACE_NONE);
    person_book_enter(b, 7);
    CHECK_EQ(t, person_book_place(b, 7), 1);
    CHECK(t, isnan(person_book_cells(b, 1, 1)[0].number) && person_book_cells(b, 1, 1)[0].text == CODE_NONE);
    person_book_say(b, 0, 0, &(struct value){.kind = VALUE_DECIMAL, .integer = 25, .scale = 1});
    CHECK(t, (double)person_book_cells(b, 1, 0)[0].number == 2.5);
    CHECK_BYTES(t, person_book_text(b, person_book_text_code(b, BYTES_LIT("上海"))), BYTES_LIT("上海"));
    CHECK_EQ(t, person_book_text_code(b, BYTES_LIT("南京")), CODE_NONE);
    person_book_destroy(b);
    CHECK_FAILS(t, person_book_create(&wants, (struct person_room){100, 1000}, &b, &e), LIMIT);
    CHECK_FAILS(t, person_book_create(&wants, (struct person_room){50000000, SIZE_MAX}, &b, &e), LIMIT);
}

static const struct test tests[] = {
    {"measures are what they say", measures_are_what_they_say, 1},
    {"what makes no sense is refused", what_makes_no_sense_is_refused, 1},
    {"a model is as good as can be", a_model_is_as_good_as_can_be, 1},
    {"who counts makes no difference", who_counts_makes_no_difference, 1},
    {"what nobody wants ends", what_nobody_wants_ends, 1},
    {"a leak is told", a_leak_is_told, 1},
    {"scores rank and say why", scores_rank_and_say_why, 1},
    {"a look-alike finds the others", a_look_alike_finds_the_others, 1},
    {"a book goes back", a_book_goes_back, 1},
};
TEST_MAIN(tests)
