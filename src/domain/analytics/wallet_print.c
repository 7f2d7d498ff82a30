#include <math.h>
#include <stdlib.h>

#include "domain/analytics/answer.h"
#include "domain/analytics/wallet.h"

#define MEASURED_LEAST 30u   /* below it the interval is too short (ratio.h) */
#define COVERAGE_LEAST 0.05  /* of those with sales */
#define DIFFERENCE_MOST 0.25 /* standard deviations between those with a total and those without (Cochran 1968) */
#define EXCEEDING_MOST 0.1   /* of those with a total */

static double z_of(void)
{
    return normal_quantile(0.5 + WALLET_CONFIDENCE / 2);
}

/* By sampling, and by what totals may be: from the low end with all totals high to the high end with all of them low. */
static struct interval figures_interval(const struct wallet_figures *f)
{
    return (struct interval){.low = ratio_bounds(&f->at_most, f->people, z_of()).low,
                             .high = ratio_bounds(&f->at_least, f->people, z_of()).high};
}

static uint64_t totals_known(const struct wallet_figures *f)
{
    return f->standings[WALLET_MEASURED] + f->standings[WALLET_EXCEEDED];
}

/* Totals come out of surveys: cents are all they have. */
static double cents(double amount)
{
    return round(amount * 100) / 100;
}

/* --- rows --- */

/* What is looked for comes first: a narrow terminal leaves out what is on the right. */
#define FIGURE_COLUMNS                                                                                          \
    {"share", "Share of wallet", "钱包份额", "share"}, {"share_low", "Share, from", "份额下限", "share"},       \
        {"share_high", "Share, to", "份额上限", "share"}, {"measured", "Measured", "计入人数", "number"},       \
        {"own", "Own sales, net", "本品牌净销售额", "money"}, {"total", "Spent in all", "品类总支出", "money"}, \
        {"people", "People", "人数", "number"}, {"with_total", "With a total", "有总额人数", "number"},         \
        {"coverage", "Coverage", "覆盖率", "share"},                                                            \
    {                                                                                                           \
        "exceeding", "Own sales exceed the total", "自购超过总额人数", "number"                                 \
    }

static void figures_put(const struct wallet_figures *f, struct json_writer *w)
{
    struct interval interval = figures_interval(f);
    answer_share(w, f->sums.y, f->sums.x);
    json_put_double(w, interval.low);
    json_put_double(w, interval.high);
    json_put_uint64(w, f->sums.count);
    json_put_double(w, cents(f->sums.y));
    json_put_double(w, cents(f->sums.x));
    json_put_uint64(w, f->people);
    json_put_uint64(w, totals_known(f));
    answer_share(w, (double)totals_known(f), (double)f->people);
    json_put_uint64(w, f->standings[WALLET_EXCEEDED]);
}

struct named_figures {
    struct bytes name; /* of no bytes: has none */
    struct wallet_figures figures;
};

/* Those with the most people of whom a total is known come first. */
static int named_compare(const void *a, const void *b)
{
    const struct named_figures *x = a, *y = b;
    uint64_t left = totals_known(&x->figures), right = totals_known(&y->figures);
    return left != right ? (left > right ? -1 : 1) : bytes_compare(x->name, y->name);
}

/* The first `top`, and what is left of them as one. */
static struct named_figures *groups_rank(const struct question *q, struct wallet_tally *tally, size_t *out_count)
{
    const struct wallet *own = q->own;
    const struct group *g;
    size_t count = 0, top = (size_t)own->top;
    struct named_figures *list = ARENA_ARRAY(tally->arena, struct named_figures, (size_t)tally->groups.count + 1);
    for (uint32_t at = 0; (g = groups_next(&tally->groups, &at)) != NULL;)
        list[count++] = (struct named_figures){wallet_key_text(q, g->key, tally->arena),
                                               *(const struct wallet_figures *)(const void *)g->own};
    qsort(list, count, sizeof *list, named_compare);
    *out_count = count > top + 1 ? top + 1 : count;
    for (size_t i = top + 1; i < count; i++)
        wallet_figures_join(&list[top].figures, &list[i].figures);
    if (count > top + 1)
        list[top].name = BYTES_LIT(ANSWER_OTHER);
    return list;
}

static void groups_put(const struct question *q, struct wallet_tally *tally, struct json_writer *w)
{
    const struct wallet *own = q->own;
    const struct answer_column columns[] = {{"value", own->by_title, own->by_title, "text"}, FIGURE_COLUMNS};
    size_t skipped = own->has_by ? 0 : 1, count;
    const struct named_figures *list = groups_rank(q, tally, &count);
    answer_columns(w, columns + skipped, COUNT_OF(columns) - skipped);
    json_key(w, "rows");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        json_array_begin(w);
        if (own->has_by)
            answer_text(w, list[i].name);
        figures_put(&list[i].figures, w);
        json_array_end(w);
    }
    json_array_end(w);
}

static void bands_put(const struct wallet_tally *tally, struct json_writer *w)
{
    static const struct answer_column columns[] = {
        {"band", "Share of wallet", "钱包份额区间", "text"},   {"measured", "People", "人数", "number"},
        {"of_measured", "Of those measured", "占比", "share"}, {"own", "Own sales, net", "本品牌净销售额", "money"},
        {"total", "Spent in all", "品类总支出", "money"},      {"to_win", "Spent elsewhere", "在别处的支出", "money"},
    };
    answer_columns(w, columns, COUNT_OF(columns));
    json_key(w, "rows");
    json_array_begin(w);
    for (size_t i = 0; i < WALLET_BANDS; i++) {
        const struct ratio_sums *s = &tally->bands[i].sums;
        json_array_begin(w);
        json_put_text(w, wallet_band_names[i]);
        json_put_uint64(w, s->count);
        answer_share(w, (double)s->count, (double)tally->all.sums.count);
        json_put_double(w, cents(s->y));
        json_put_double(w, cents(s->x));
        json_put_double(w, cents(s->x - s->y));
        json_array_end(w);
    }
    json_array_end(w);
}

static void person_put(const struct question *q, const struct wallet_person *p, struct json_writer *w)
{
    const struct wallet *own = q->own;
    json_array_begin(w);
    json_put_uint64(w, person_book_person(q->persons, p->place));
    json_put_double(w, wallet_share(p));
    json_put_double(w, own->is_range ? p->own / p->most : NAN);
    json_put_double(w, own->is_range ? p->own / p->least : NAN);
    json_put_double(w, cents(p->own));
    json_put_double(w, cents(p->total));
    json_array_end(w);
}

/* "next" is what "after" says for the next page, of rows ordered by person. */
static void people_put(const struct question *q, const struct wallet_tally *tally, struct json_writer *w)
{
    static const struct answer_column columns[] = {
        {"person", "Person", "人员", "person"},
        {"share", "Share of wallet", "钱包份额", "share"},
        {"share_low", "Share, from", "份额下限", "share"},
        {"share_high", "Share, to", "份额上限", "share"},
        {"own", "Own sales, net", "本品牌净销售额", "money"},
        {"total", "Spent in all", "品类总支出", "money"},
    };
    const struct wallet *own = q->own;
    answer_columns(w, columns, COUNT_OF(columns));
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < tally->row_count; i++)
        person_put(q, &tally->people[tally->rows[i]], w);
    json_array_end(w);
    json_key(w, "has_more");
    json_put_bool(w, tally->has_more);
    json_key(w, "next");
    if (tally->has_more && own->order == WALLET_BY_PERSON)
        json_put_uint64(w, person_book_person(q->persons, tally->people[tally->rows[tally->row_count - 1]].place));
    else
        json_put_null(w);
}

/* --- beside the rows --- */

static void count_member(struct json_writer *w, const char *name, uint64_t count)
{
    json_key(w, name);
    json_put_uint64(w, count);
}

static void number_member(struct json_writer *w, const char *name, double x)
{
    json_key(w, name);
    json_put_double(w, x);
}

static void all_put(const struct wallet_figures *f, struct json_writer *w)
{
    struct interval interval = figures_interval(f);
    double raised = f->sums.y + f->exceeding;
    json_key(w, "all");
    json_object_begin(w);
    count_member(w, "people", f->people);
    count_member(w, "measured", f->sums.count);
    number_member(w, "sampled", (double)f->sums.count / (double)f->people);
    number_member(w, "own", cents(f->sums.y));
    number_member(w, "total", cents(f->sums.x));
    number_member(w, "share", ratio_of(&f->sums));
    number_member(w, "share_low", interval.low);
    number_member(w, "share_high", interval.high);
    count_member(w, "exceeding", f->standings[WALLET_EXCEEDED]);
    if (f->standings[WALLET_EXCEEDED] > 0)
        number_member(w, "share_with_exceeding", raised / (f->sums.x + f->exceeding));
    count_member(w, "unusable", f->standings[WALLET_UNUSABLE]);
    count_member(w, "unknown", f->standings[WALLET_UNKNOWN]);
    json_object_end(w);
}

static int source_compare(const void *a, const void *b)
{
    const struct group *const *x = a, *const *y = b;
    const struct wallet_source *left = (const void *)(*x)->own, *right = (const void *)(*y)->own;
    if (left->people != right->people)
        return left->people > right->people ? -1 : 1;
    return (*x)->key.low < (*y)->key.low ? -1 : (*x)->key.low > (*y)->key.low;
}

static void sources_put(const struct question *q, struct wallet_tally *tally, struct json_writer *w)
{
    uint32_t count = 0;
    const struct group **list = ARENA_ARRAY(tally->arena, const struct group *, (size_t)tally->sources.count + 1);
    for (uint32_t at = 0; (list[count] = groups_next(&tally->sources, &at)) != NULL;)
        count++;
    qsort(list, count, sizeof(const struct group *), source_compare);
    json_key(w, "sources");
    json_array_begin(w);
    for (uint32_t i = 0; i < count; i++) {
        const struct wallet_source *s = (const void *)list[i]->own;
        json_object_begin(w);
        json_key(w, "source");
        answer_text(w, person_book_text(q->persons, (uint32_t)list[i]->key.low));
        count_member(w, "people", s->people);
        number_member(w, "total", cents(s->total));
        number_member(w, "age_days", s->age_days / (double)s->people);
        number_member(w, "age_days_max", s->age_days_max);
        json_object_end(w);
    }
    json_array_end(w);
}

static double buyers_mean(const struct wallet_buyers *b)
{
    return b->count == 0 ? NAN : b->own / (double)b->count;
}

static double buyers_variance(const struct wallet_buyers *b)
{
    double n = (double)b->count, mean = buyers_mean(b);
    return b->count < 2 ? NAN : fmax(b->squares - n * mean * mean, 0) / (n - 1);
}

/* In standard deviations, of both pooled evenly; NAN: too few to say. */
static double buyers_difference(const struct wallet_tally *tally)
{
    double deviation = sqrt((buyers_variance(&tally->buyers[0]) + buyers_variance(&tally->buyers[1])) / 2);
    double difference = buyers_mean(&tally->buyers[1]) - buyers_mean(&tally->buyers[0]);
    return deviation > 0 ? difference / deviation : NAN;
}

/* Those with sales: do the ones of whom a total is known buy as the others do? */
static double buyers_put(const struct wallet_tally *tally, struct json_writer *w)
{
    const struct wallet_buyers *without = &tally->buyers[0], *with = &tally->buyers[1];
    double coverage = (double)with->count / (double)(with->count + without->count),
           difference = buyers_difference(tally);
    json_key(w, "buyers");
    json_object_begin(w);
    count_member(w, "with_total", with->count);
    count_member(w, "without_total", without->count);
    number_member(w, "coverage", coverage);
    number_member(w, "coverage_of_sales", with->own / (with->own + without->own));
    number_member(w, "mean_with_total", cents(buyers_mean(with)));
    number_member(w, "mean_without_total", cents(buyers_mean(without)));
    number_member(w, "difference", difference);
    json_object_end(w);
    return coverage;
}

static void warnings_put(const struct wallet_tally *tally, double coverage, struct json_writer *w)
{
    const struct wallet_figures *f = &tally->all;
    const struct {
        const char *name;
        bool is_so;
    } rows[] = {
        {"few", f->sums.count < MEASURED_LEAST},
        {"coverage", coverage < COVERAGE_LEAST},
        {"selection", fabs(buyers_difference(tally)) > DIFFERENCE_MOST},
        {"exceeding", (double)f->standings[WALLET_EXCEEDED] > EXCEEDING_MOST * (double)totals_known(f)},
    };
    json_key(w, "warnings");
    json_object_begin(w);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (!rows[i].is_so)
            continue;
        json_key(w, rows[i].name);
        json_put_bool(w, true);
    }
    json_object_end(w);
}

void wallet_print(const struct question *q, const struct texts *texts, void *from, struct json_writer *w)
{
    const struct wallet *own = q->own;
    struct wallet_tally *tally = from;
    (void)texts;
    if (own->by_person)
        people_put(q, tally, w);
    else if (own->show == WALLET_IN_BANDS)
        bands_put(tally, w);
    else
        groups_put(q, tally, w);
    all_put(&tally->all, w);
    sources_put(q, tally, w);
    double coverage = buyers_put(tally, w);
    warnings_put(tally, coverage, w);
    count_member(w, "objected", person_book_left_out(q->persons));
    number_member(w, "scale", own->scale);
    number_member(w, "confidence", WALLET_CONFIDENCE);
}
