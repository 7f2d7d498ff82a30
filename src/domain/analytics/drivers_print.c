#include <math.h>
#include <stdlib.h>

#include "base/attr.h"
#include "domain/analytics/answer.h"
#include "domain/analytics/drivers.h"
#include "lib/stats.h"

#define CONFIDENCE 0.95
#define LEVEL 0.05          /* an adjusted p below it is called significant */
#define EXPECTED_LEAST 5.0  /* below, the normal is no guide: Fisher's test */
#define SCRATCH_BYTES (64u << 10)

/* A behaviour that was tested. */
struct driver {
    struct bytes event, value;
    const char *property; /* "": none */
    uint32_t times;
    struct proportion with, without;
    double strength; /* |ln lift|, of the middle of its interval: so that nobody having done it is no infinity */
    double p, adjusted;
};

static int by_p(const void *a, const void *b)
{
    const struct driver *x = a, *y = b;
    return (x->p > y->p) - (x->p < y->p);
}

/* The surest first, then the strongest, then by name. */
static int by_rank(const void *a, const void *b)
{
    const struct driver *x = a, *y = b;
    if (x->adjusted != y->adjusted)
        return x->adjusted < y->adjusted ? -1 : 1;
    if (x->strength != y->strength)
        return x->strength > y->strength ? -1 : 1;
    int order = bytes_compare(x->event, y->event);
    order = order != 0 ? order : strcmp(x->property, y->property);
    order = order != 0 ? order : bytes_compare(x->value, y->value);
    return order != 0 ? order : (x->times > y->times) - (x->times < y->times);
}

static double z_of_confidence(void)
{
    return normal_quantile(0.5 + CONFIDENCE / 2);
}

static void driver_test(struct driver *d)
{
    struct interval lift = ratio_interval(d->with, d->without, z_of_confidence());
    d->strength = fabs(log(lift.low) + log(lift.high)) / 2;
    d->p = proportions_expected_least(d->with, d->without) < EXPECTED_LEAST ? fisher_p(d->with, d->without)
                                                                            : normal_two_sided(proportions_z(d->with, d->without));
}

/* Which behaviours are tested is decided by how many did them, never by what came of it: else the correction would be for too few. */
static struct driver *drivers_test(const struct question *q, const struct texts *texts, const struct driver_tally *tally, struct arena *arena,
                                   size_t *out_count)
{
    const struct drivers *own = q->own;
    struct driver *all = ARENA_ARRAY(arena, struct driver, (size_t)tally->behaviours.count * own->times_count + 1);
    const struct group *g;
    size_t count = 0;
    for (uint32_t at = 0; (g = groups_next(&tally->behaviours, &at)) != NULL;) {
        const struct behaviour *b = (const void *)g->own;
        for (uint32_t k = 0; k < own->times_count; k++) {
            uint64_t others = tally->sums.people - b->did[k];
            if (b->did[k] < (uint64_t)own->support_min || others < (uint64_t)own->support_min)
                continue;
            struct driver *d = &all[count++];
            d->event = own->behaviours == 0 ? texts_get(texts, b->event) : bytes_of_text(q->plan.picks[b->event].label);
            d->property = b->property == DRIVER_NO_VALUE ? "" : own->value_titles[b->property];
            d->value = b->property == DRIVER_NO_VALUE ? BYTES_NONE : texts_get(texts, b->value);
            d->times = own->times[k];
            d->with = (struct proportion){b->converted[k], b->did[k]};
            d->without = (struct proportion){tally->sums.converted - b->converted[k], others};
            driver_test(d);
        }
    }
    *out_count = count;
    return all;
}

static void drivers_adjust(struct driver *all, size_t count, bool is_holm, struct arena *arena)
{
    double *p = ARENA_ARRAY(arena, double, count);
    qsort(all, count, sizeof *all, by_p);
    for (size_t i = 0; i < count; i++)
        p[i] = all[i].p;
    if (is_holm)
        adjust_holm(p, count, p);
    else
        adjust_benjamini_hochberg(p, count, p);
    for (size_t i = 0; i < count; i++)
        all[i].adjusted = p[i];
    qsort(all, count, sizeof *all, by_rank);
}

static void columns_print(struct json_writer *w)
{
    static const struct answer_column columns[] = {
        {"behaviour", "Behaviour", "行为", "event"},
        {"property", "Property", "属性", "text"},
        {"value", "Value", "取值", "text"},
        {"times", "Times, at least", "至少次数", "number"},
        {"did", "Did it", "做过的人数", "number"},
        {"rate_with", "Rate of them", "做过者转化率", "share"},
        {"rate_without", "Rate of others", "未做者转化率", "share"},
        {"lift", "Lift", "提升倍数", "number"},
        {"lift_low", "Lift, from", "提升倍数下限", "number"},
        {"lift_high", "Lift, to", "提升倍数上限", "number"},
        {"p_adjusted", "p, corrected", "校正后 p 值", "number"},
        {"is_significant", "Significant", "是否显著", "text"},
        {"p", "p", "p 值", "number"},
        {"rate_with_low", "Rate of them, from", "做过者转化率下限", "share"},
        {"rate_with_high", "Rate of them, to", "做过者转化率上限", "share"},
    };
    answer_columns(w, columns, COUNT_OF(columns));
}

static void driver_print(const struct driver *d, struct json_writer *w)
{
    struct interval rate = wilson_interval(d->with, z_of_confidence());
    struct interval lift = ratio_interval(d->with, d->without, z_of_confidence());
    json_array_begin(w);
    json_put_string(w, d->event);
    json_put_text(w, d->property);
    json_put_string(w, d->value);
    json_put_uint64(w, d->times);
    json_put_uint64(w, d->with.of);
    json_put_double(w, proportion_rate(d->with));
    json_put_double(w, proportion_rate(d->without));
    answer_share(w, proportion_rate(d->with), proportion_rate(d->without));
    json_put_double(w, lift.low);
    json_put_double(w, lift.high);
    json_put_double(w, d->adjusted);
    json_put_bool(w, d->adjusted < LEVEL);
    json_put_double(w, d->p);
    json_put_double(w, rate.low);
    json_put_double(w, rate.high);
    json_array_end(w);
}

static void facts_print(const struct drivers *own, const struct driver_sums *sums, size_t tests, struct json_writer *w)
{
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {{"people", sums->people},
                  {"converted", sums->converted},
                  {"left_out_open", sums->open},
                  {"left_out_converted_before", sums->converted_before},
                  {"left_out_converted_early", sums->converted_early},
                  {"tests", tests}};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        json_key(w, counts[i].name);
        json_put_uint64(w, counts[i].count);
    }
    json_key(w, "rate");
    answer_share(w, (double)sums->converted, (double)sums->people);
    json_key(w, "correction");
    json_put_text(w, own->is_holm ? "holm" : "benjamini_hochberg");
    json_key(w, "level");
    json_put_double(w, LEVEL);
    json_key(w, "confidence");
    json_put_double(w, CONFIDENCE);
}

void drivers_print(const struct question *q, const struct texts *texts, void *from, struct json_writer *w)
{
    const struct drivers *own = q->own;
    const struct driver_tally *tally = from;
    struct arena *arena = arena_create(SCRATCH_BYTES);
    size_t count;
    struct driver *all = drivers_test(q, texts, tally, arena, &count);
    drivers_adjust(all, count, own->is_holm, arena);
    columns_print(w);
    json_key(w, "rows");
    json_array_begin(w);
    for (size_t i = 0; i < count && i < (size_t)own->top; i++)
        driver_print(&all[i], w);
    json_array_end(w);
    facts_print(own, &tally->sums, count, w);
    arena_destroy(arena);
}
