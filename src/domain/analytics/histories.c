/* Fits of the models of how often and how long. A likelihood is made of two ways of having had one's purchases, each of which depends on the number of repeats
 * and on one span; there are far fewer such pairs than people, so each is computed once an evaluation. */
#include <math.h>
#include <stdlib.h>

#include "domain/analytics/fit.h"
#include "domain/analytics/value_models.h"
#include "lib/special.h"

const struct buying_model *const buying_models[] = {&bgnbd_model, &pareto_nbd_model};
const size_t buying_model_count = COUNT_OF(buying_models);

#define ROUGH_PEOPLE 20000u /* tell roughly where a fit of more will be */

struct pair {
    uint32_t repeats, days;
};

/* People of one history. */
struct alike {
    uint32_t repeats;
    uint32_t recency, age; /* places of pairs */
    uint32_t people;
};

struct histories {
    size_t alike_count, pair_count;
    struct alike *alike; /* by repeats */
    struct pair *pairs;  /* by repeats, days */
    struct ways *ways;   /* of each pair, at the parameters of the evaluation that is going on */
    struct histories *rough; /* of a sample; NULL: they are few */
};

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int pair_compare(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int by_repeats = compare_numbers(x->repeats, y->repeats);
    return by_repeats != 0 ? by_repeats : compare_numbers(x->days, y->days);
}

static int history_compare(const void *a, const void *b)
{
    const struct history *x = a, *y = b;
    int by_repeats = compare_numbers(x->repeats, y->repeats), by_age = compare_numbers(x->age_days, y->age_days);
    return by_repeats != 0 ? by_repeats : by_age != 0 ? by_age : compare_numbers(x->recency_days, y->recency_days);
}

static uint32_t pair_place(const struct histories *all, uint32_t repeats, uint32_t days)
{
    const struct pair *found = bsearch(&(struct pair){repeats, days}, all->pairs, all->pair_count, sizeof *all->pairs, pair_compare);
    assert(found != NULL);
    return (uint32_t)(found - all->pairs);
}

static size_t distinct_count(const struct history *sorted, size_t count)
{
    size_t distinct = 0;
    for (size_t i = 0; i < count; i++)
        distinct += i == 0 || history_compare(&sorted[i], &sorted[i - 1]) != 0;
    return distinct;
}

/* The distinct pairs of sorted histories, ascending. */
static void pairs_take(struct histories *all, struct arena *arena, const struct history *sorted, size_t count, size_t distinct)
{
    struct pair *pairs = ARENA_ARRAY(arena, struct pair, 2 * distinct);
    size_t taken = 0, kept = 0;
    for (size_t i = 0; i < count; i++) {
        const struct history *h = &sorted[i];
        if (i > 0 && history_compare(h, h - 1) == 0)
            continue;
        pairs[taken++] = (struct pair){h->repeats, h->recency_days};
        if (i == 0 || h->repeats != h[-1].repeats || h->age_days != h[-1].age_days)
            pairs[taken++] = (struct pair){h->repeats, h->age_days};
    }
    qsort(pairs, taken, sizeof *pairs, pair_compare);
    for (size_t i = 0; i < taken; i++)
        if (i == 0 || pair_compare(&pairs[i], &pairs[kept - 1]) != 0)
            pairs[kept++] = pairs[i];
    all->pairs = pairs;
    all->pair_count = kept;
    all->ways = ARENA_ARRAY(arena, struct ways, kept);
}

/* Every n-th of sorted histories: so each sort has its part. */
static struct histories *sample_create(struct arena *arena, const struct history *sorted, size_t count)
{
    size_t step = count / ROUGH_PEOPLE, taken = 0;
    struct history *sample = ARENA_ARRAY(arena, struct history, count / step + 1);
    for (size_t i = step / 2; i < count; i += step)
        sample[taken++] = sorted[i];
    return histories_create(arena, sample, taken);
}

struct histories *histories_create(struct arena *arena, struct history *io_all, size_t count)
{
    struct histories *all = ARENA_NEW(arena, struct histories);
    qsort(io_all, count, sizeof *io_all, history_compare);
    size_t distinct = distinct_count(io_all, count);
    pairs_take(all, arena, io_all, count, distinct);
    all->alike = ARENA_ARRAY(arena, struct alike, distinct);
    for (size_t i = 0; i < count; i++) {
        const struct history *h = &io_all[i];
        assert(h->recency_days <= h->age_days);
        if (i == 0 || history_compare(h, h - 1) != 0)
            all->alike[all->alike_count++] =
                (struct alike){h->repeats, pair_place(all, h->repeats, h->recency_days), pair_place(all, h->repeats, h->age_days), 0};
        all->alike[all->alike_count - 1].people++;
    }
    all->rough = count >= 4 * ROUGH_PEOPLE ? sample_create(arena, io_all, count) : NULL;
    return all;
}

static double leaves_of(const struct buying_model *model, struct ways recency, struct ways age)
{
    /* Rounding may put the later one a hair above. */
    return model->leaves_at_purchases ? recency.leaves : log_difference(fmax(recency.leaves, age.leaves), age.leaves);
}

double histories_log_likelihood(const struct histories *all, const struct buying_model *model, const double *p)
{
    double sum = 0, factor = 0;
    for (size_t i = 0; i < all->pair_count; i++)
        all->ways[i] = model->ways(p, all->pairs[i].repeats, all->pairs[i].days / 7.0);
    for (size_t i = 0; i < all->alike_count; i++) {
        const struct alike *a = &all->alike[i];
        if (i == 0 || a->repeats != a[-1].repeats)
            factor = model->factor(p, a->repeats);
        struct ways recency = all->ways[a->recency], age = all->ways[a->age];
        sum += a->people * (factor + log_sum(age.stays, leaves_of(model, recency, age)));
    }
    return sum;
}

struct descent {
    const struct buying_model *model;
    const struct histories *all;
};

static double descent_height(void *context, const double *p)
{
    const struct descent *d = context;
    return -histories_log_likelihood(d->all, d->model, p);
}

fallible buying_fit(const struct buying_model *model, const struct histories *all, const struct effort *effort, struct fit *out, struct err *e)
{
    struct descent d = {model, all}, rough_d = {model, all->rough};
    struct surface rough = {descent_height, &rough_d, model->parameter_count, NULL, effort};
    return fit_of(&(struct surface){descent_height, &d, model->parameter_count, all->rough == NULL ? NULL : &rough, effort}, model->title, out, e);
}

double buying_log_likelihood(const struct buying_model *model, const double *p, const struct history *h)
{
    struct ways recency = model->ways(p, h->repeats, h->recency_days / 7.0), age = model->ways(p, h->repeats, h->age_days / 7.0);
    return model->factor(p, h->repeats) + log_sum(age.stays, leaves_of(model, recency, age));
}

double buying_alive(const struct buying_model *model, const double *p, const struct history *h)
{
    struct ways recency = model->ways(p, h->repeats, h->recency_days / 7.0), age = model->ways(p, h->repeats, h->age_days / 7.0);
    return 1 / (1 + exp(leaves_of(model, recency, age) - age.stays));
}

double buying_expected(const struct buying_model *model, const double *p, const struct history *h, double weeks)
{
    return buying_alive(model, p, h) * model->expected(p, h, weeks);
}

double buying_expected_of_new(const struct buying_model *model, const double *p, double weeks)
{
    return model->expected(p, &(struct history){0}, weeks);
}
