/* Distributions against a model that counts each bucket by itself.
 * Covers: distribution.c, samples.c */
#include <math.h>

#include "base/time.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/moments_test.h"
#include "domain/analytics/samples.h"

#define SUBJECTS 15u
#define LISTED_MAX (SUBJECTS * MOMENTS_MAX)

static const char *const ofs[] = {"count", "sum", "value"};
static const char *const texts[] = {"(none)", "a", "b", "c"};

struct asked_distribution {
    size_t of;
    bool by_value, has_edges;
    int64_t from_us, until_us;
};

struct listed {
    double values[LISTED_MAX];
    uint32_t count;
};

/* What there is under a value: one number a subject, or one an event; `people` counts subjects that have one in [from, until). */
static struct listed *listed_of(struct posed *a, const struct asked_distribution *d, struct sequence *const *list, uint32_t value,
                                double from, double until, uint32_t *out_people)
{
    struct listed *l = ARENA_NEW(a->t->arena, struct listed);
    *out_people = 0;
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        const struct sequence *s = list[i];
        uint32_t before = l->count;
        int64_t sum = 0; /* in millionths: so 0.1 + 0.2 - 0.3 is nothing */
        bool has = false, is_in = false;
        for (uint32_t k = 0; k < s->count; k++) {
            uint32_t row = s->moments[k].row, lane = d->of != 0;
            int64_t x = d->of == 0 ? 1000000 : s->lanes[0].quantities[row].micro;
            bool counts = s->moments[k].time_us >= d->from_us && s->moments[k].time_us < d->until_us && (d->of == 0 || s->lanes[0].has[row]);
            if (!counts || (d->by_value && s->lanes[lane].codes[row] != moments_code(a, value)))
                continue;
            sum += x;
            has = true;
            if (d->of == 2)
                l->values[l->count++] = (double)x / 1e6;
        }
        if (d->of != 2 && has)
            l->values[l->count++] = (double)sum / 1e6;
        for (uint32_t k = before; k < l->count; k++)
            is_in |= l->values[k] >= from && l->values[k] < until;
        *out_people += is_in;
    }
    return l;
}

static uint32_t between(const struct listed *l, double from, double until)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < l->count; i++)
        count += l->values[i] >= from && l->values[i] < until;
    return count;
}

static double bound(struct json row, uint32_t column, double otherwise)
{
    double x = moments_cell(row, column);
    return isnan(x) ? otherwise : x;
}

static void compare_row(struct posed *a, const struct asked_distribution *d, struct sequence *const *list, struct json row)
{
    uint32_t first = d->by_value ? 1 : 0, value = 0, people;
    struct json name;
    struct json_walk w = json_items(row);
    if (d->by_value && json_item_next(&w, &name))
        while (!bytes_equal(json_string(name), bytes_of_text(texts[value])))
            value++;
    double from = bound(row, first, -INFINITY), until = bound(row, first + 1, INFINITY);
    struct listed *l = listed_of(a, d, list, value, from, until, &people);
    CHECK_EQ(a->t, moments_cell(row, first + 2), between(l, from, until));
    CHECK(a->t, fabs(moments_cell(row, first + 3) - (double)between(l, from, until) / l->count) < 1e-9);
    struct buf cell = arena_buf(a->t->arena, 256);
    buf_printf(&cell, "{\"value\": \"%s\"", texts[value]);
    if (!d->by_value)
        buf_clear(&cell), buf_printf(&cell, "{\"from\": null");
    if (!isinf(from))
        buf_printf(&cell, ", \"from\": %.17g", from);
    if (!isinf(until))
        buf_printf(&cell, ", \"until\": %.17g", until);
    buf_printf(&cell, "}");
    CHECK_EQ(a->t, moments_in_cell(a, arena_text(a->t->arena, buf_bytes(&cell)), list, SUBJECTS), people);
}

static void distributions_are_what_their_definition_says(struct t *t)
{
    struct asked_distribution d = {.of = rng_below(&t->rng, 3), .by_value = rng_chance(&t->rng, 0.5), .has_edges = rng_chance(&t->rng, 0.5)};
    struct posed a;
    struct sequence *list[SUBJECTS];
    struct json row;
    uint32_t rows = 0, people;
    double counted = 0;
    const char *body = arena_printf(t->arena,
                                    "{\"from\": \"2026-03-02\", \"until\": \"2026-03-30\", \"event\": \"page_viewed\", \"of\": \"%s\"%s%s%s}",
                                    ofs[d.of], d.of == 0 ? "" : ", \"value\": \"amount\"", d.by_value ? ", \"breakdown\": \"kind\"" : "",
                                    d.has_edges ? ", \"buckets\": [-1, 0, 2, 5.5, 20]" : "");
    d.from_us = shanghai_us("2026-03-02");
    d.until_us = shanghai_us("2026-03-30");
    moments_open(&a, t, &distribution_question, body, shanghai_us("2026-04-05"));
    for (uint32_t i = 0; i < SUBJECTS; i++)
        list[i] = moments_random(&a, i + 1, 30, shanghai_us("2026-03-01"), 3 * US_PER_DAY);
    moments_answer(&a, list, SUBJECTS);
    for (struct json_walk w = json_items(json_find(a.answer, BYTES_LIT("rows"))); json_item_next(&w, &row); rows++) {
        compare_row(&a, &d, list, row);
        counted += moments_cell(row, d.by_value ? 3 : 2);
    }
    uint32_t all = 0;
    for (uint32_t value = 0; value < (d.by_value ? VALUES_MAX : 1); value++)
        all += listed_of(&a, &d, list, value, 0, 0, &people)->count;
    CHECK_EQ(t, counted, all); /* buckets leave nothing out */
    CHECK(t, !d.has_edges || rows >= 5);
    if (t->failures > 0)
        printf("  %s\n", body);
    posed_close(&a);
}

/* --- quantiles --- */

static void samples_are_sorted_whoever_had_them(struct t *t)
{
    struct samples a = {0}, b = {0};
    uint32_t count = 1 + (uint32_t)rng_below(&t->rng, 3000);
    double sum = 0, least = INFINITY, most = -INFINITY;
    for (uint32_t i = 0; i < count; i++) {
        double x = rng_chance(&t->rng, 0.5) ? (double)rng_between(&t->rng, -5, 5) : (rng_unit(&t->rng) - 0.5) * pow(10, rng_unit(&t->rng) * 12);
        samples_add(rng_chance(&t->rng, 0.5) ? &a : &b, t->arena, x);
        sum += x;
        least = fmin(least, x);
        most = fmax(most, x);
    }
    samples_join(&a, &b);
    CHECK_EQ(t, b.count, 0);
    CHECK_EQ(t, a.count, count);
    struct sorted s = samples_sort(&a, t->arena);
    for (uint32_t i = 1; i < count; i++)
        CHECK(t, s.values[i - 1] <= s.values[i]);
    CHECK(t, sorted_quantile(&s, 0) == least && sorted_quantile(&s, 1) == most);
    CHECK(t, fabs(sorted_mean(&s) * count - sum) <= 1e-9 * count * fmax(fabs(least), fabs(most)));
}

static void quantiles_are_of_type_7(struct t *t)
{
    struct samples s = {0};
    for (int i = 1; i <= 10; i++)
        samples_add(&s, t->arena, i * i);
    struct sorted sorted = samples_sort(&s, t->arena); /* R: quantile((1:10)^2, c(.1, .25, .5, .9)) */
    CHECK(t, fabs(sorted_quantile(&sorted, 0.1) - 3.7) < 1e-12);
    CHECK(t, fabs(sorted_quantile(&sorted, 0.25) - 10.75) < 1e-12);
    CHECK(t, fabs(sorted_quantile(&sorted, 0.5) - 30.5) < 1e-12);
    CHECK(t, fabs(sorted_quantile(&sorted, 0.9) - 82.9) < 1e-12);
}

static const struct test tests[] = {
    {"distributions are what their definition says", distributions_are_what_their_definition_says, 300},
    {"samples are sorted, whoever had them", samples_are_sorted_whoever_had_them, 50},
    {"quantiles are of type 7", quantiles_are_of_type_7, 1},
};
TEST_MAIN(tests)
