/* What the question `value` tells: of buyers by their number of repeats or one by one, of the models, and of how good a forecast was. */
#include <math.h>
#include <stdio.h>

#include "domain/analytics/answer.h"
#include "domain/analytics/value.h"

#define COLUMNS_MAX 16u

static void number_member(struct json_writer *w, const char *key, double x)
{
    json_key(w, key);
    json_put_double(w, x); /* what isn't finite is null */
}

static void count_member(struct json_writer *w, const char *key, uint64_t x)
{
    json_key(w, key);
    json_put_uint64(w, x);
}

static void text_member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_put_text(w, text);
}

/* Without amounts, value is told in purchases. */
static void columns_put(const struct valuation *v, const struct answer_column *columns, size_t count, struct json_writer *w)
{
    struct answer_column told[COLUMNS_MAX];
    assert(count <= COLUMNS_MAX);
    memcpy(told, columns, count * sizeof *told);
    for (size_t i = 0; i < count; i++)
        if (!v->has_amount && strcmp(told[i].kind, "money") == 0)
            told[i].kind = "number";
    answer_columns(w, told, count);
}

/* --- by number of repeats, and the forecast --- */

static const struct answer_column bucket_columns[] = {
    {"repeats", "Repeats", "复购次数", "text"},
    {"people", "People", "人数", "number"},
    {"alive", "Still buyers", "仍活跃概率", "share"},
    {"to_come", "Purchases to come", "未来购买次数", "number"},
    {"worth", "Value to come", "未来价值", "money"},
    {"worth_sum", "Value to come of all", "未来价值合计", "money"},
    {"people_expected", "People, by the model", "模型人数", "number"},
    {"later", "Bought later", "留出期实际次数", "number"},
    {"later_expected", "Bought later, by the model", "留出期预测次数", "number"},
};

static void buckets_put(const struct buyers *p, const struct bucket *buckets, struct json_writer *w)
{
    columns_put(p->v, bucket_columns, COUNT_OF(bucket_columns), w);
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < BUCKETS; i++) {
        const struct bucket *b = &buckets[i];
        double n = (double)b->people;
        char name[16];
        (void)snprintf(name, sizeof name, i + 1 < BUCKETS ? "%u" : "%u+", i);
        json_array_begin(w);
        json_put_text(w, name);
        json_put_uint64(w, b->people);
        answer_share(w, b->alive, n);
        json_put_double(w, b->to_come / n);
        json_put_double(w, b->worth / n);
        json_put_double(w, b->worth);
        json_put_double(w, b->expected);
        json_put_double(w, p->v->later_units > 0 ? b->later / n : NAN);
        json_put_double(w, p->v->later_units > 0 ? b->expected_later / n : NAN);
        json_array_end(w);
    }
    json_array_end(w);
}

static void forecast_put(const struct valuation *v, const struct forecast *f, struct json_writer *w)
{
    json_key(w, "forecast");
    if (v->later_units == 0 || f->n == 0) {
        json_put_null(w);
        return;
    }
    double both = f->products - f->actual * f->expected / f->n;
    double spread = (f->actual_squares - f->actual * f->actual / f->n) * (f->expected_squares - f->expected * f->expected / f->n);
    json_object_begin(w);
    json_key(w, "units");
    json_put_int64(w, v->later_units);
    number_member(w, "actual", f->actual);
    number_member(w, "expected", f->expected);
    number_member(w, "correlation", spread > 0 ? both / sqrt(spread) : NAN);
    number_member(w, "mae", f->distances / f->n);
    json_object_end(w);
}

/* --- models --- */

static void parameters_put(const struct fit *f, const char *const *names, size_t count, struct json_writer *w)
{
    json_key(w, "parameters");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(w);
        text_member(w, "name", names[i]);
        number_member(w, "value", f->parameters[i]);
        number_member(w, "error", f->has_errors ? f->errors[i] : NAN);
        json_object_end(w);
    }
    json_array_end(w);
    number_member(w, "log_likelihood", f->log_likelihood);
    json_key(w, "is_at_edge");
    json_put_bool(w, f->is_at_edge);
}

static void model_put(const struct buyers *p, struct json_writer *w)
{
    static const char *const bgbb_names[] = {"alpha", "beta", "gamma", "delta"};
    static const char *const titles[VALUE_MODEL_COUNT] = {"BG/NBD", "Pareto/NBD", "BG/BB"};
    const struct buying_model *m = p->v->model == VALUE_PARETO_NBD ? &pareto_nbd_model : &bgnbd_model;
    json_key(w, "model");
    json_object_begin(w);
    text_member(w, "title", titles[p->v->model]);
    if (p->is_fit)
        parameters_put(&p->buying, p->v->model == VALUE_BGBB ? bgbb_names : m->parameters, MODEL_PARAMETERS_MAX, w);
    else
        text_member(w, "problem", p->problem.text);
    json_object_end(w);
}

static void spending_put(const struct buyers *p, struct json_writer *w)
{
    static const char *const names[] = {"p", "q", "v"};
    json_key(w, "spending");
    if (!p->has_spending) {
        json_put_null(w);
        return;
    }
    json_object_begin(w);
    text_member(w, "title", "Gamma-Gamma");
    count_member(w, "people", p->spender_count);
    number_member(w, "correlation", p->correlation);
    parameters_put(&p->spending, names, COUNT_OF(names), w);
    json_object_end(w);
}

/* --- by month --- */

static void months_put(const struct question *q, const struct findings *f, struct json_writer *w)
{
    json_key(w, "months");
    json_array_begin(w);
    for (size_t i = 0; i < f->month_count; i++) {
        char text[CIVIL_TEXT_BYTES];
        civil_print(q->civil, CIVIL_MONTH, f->months[i].month, text);
        json_object_begin(w);
        text_member(w, "month", text);
        count_member(w, "repeats", f->months[i].repeats);
        number_member(w, "expected", f->months[i].expected);
        json_object_end(w);
    }
    json_array_end(w);
}

/* --- by person --- */

static const struct answer_column person_columns[] = {
    {"person", "Person", "人员", "person"},
    {"worth", "Value to come", "未来价值", "money"},
    {"to_come", "Purchases to come", "未来购买次数", "number"},
    {"alive", "Still a buyer", "仍活跃概率", "share"},
    {"mean", "Value of a purchase", "预期客单价", "money"},
    {"repeats", "Repeats", "复购次数", "number"},
    {"recency", "First to last purchase", "首次至末次", "number"},
    {"age", "First purchase to the end", "首次至截止", "number"},
    {"later", "Bought later", "留出期实际次数", "number"},
    {"later_expected", "Bought later, by the model", "留出期预测次数", "number"},
    {"residual", "All purchases to come, discounted", "折现剩余购买次数", "number"},
};

static void person_put(const struct buyers *p, const struct buyer *b, struct json_writer *w)
{
    struct prospector walk = {.people = p};
    struct prospect told = prospect_of(&walk, b);
    json_array_begin(w);
    json_put_uint64(w, b->person);
    json_put_double(w, told.worth);
    json_put_double(w, told.to_come);
    json_put_double(w, told.alive);
    json_put_double(w, told.mean);
    json_put_uint64(w, b->history.repeats);
    json_put_uint64(w, b->history.recency_days);
    json_put_uint64(w, b->history.age_days);
    json_put_uint64(w, b->later);
    json_put_double(w, p->v->later_units > 0 ? told.later : NAN);
    json_put_double(w, told.residual);
    json_array_end(w);
}

/* "next" is what "after" says for the next page, of rows ordered by person. */
static void persons_put(const struct findings *f, struct json_writer *w)
{
    const struct buyers *p = &f->people;
    columns_put(p->v, person_columns, COUNT_OF(person_columns), w);
    json_key(w, "rows");
    json_array_begin(w);
    for (size_t i = 0; i < f->row_count; i++)
        person_put(p, &p->buyers[f->rows[i]], w);
    json_array_end(w);
    json_key(w, "has_more");
    json_put_bool(w, f->has_more);
    json_key(w, "next");
    if (f->has_more && p->v->order == ORDER_PERSON)
        json_put_uint64(w, p->buyers[f->rows[f->row_count - 1]].person);
    else
        json_put_null(w);
}

void valuation_print(const struct question *q, const struct texts *texts, void *from, struct json_writer *w)
{
    const struct valuation *v = q->own;
    const struct findings *f = ((const struct valuation_tally *)from)->findings;
    const struct buyers *p = &f->people;
    double worth = 0, to_come = 0;
    (void)texts;
    for (size_t i = 0; i < BUCKETS; i++) {
        worth += f->buckets[i].worth;
        to_come += f->buckets[i].to_come;
    }
    if (v->by_person)
        persons_put(f, w);
    else
        buckets_put(p, f->buckets, w);
    count_member(w, "people", p->count);
    count_member(w, "repeaters", p->count - f->buckets[0].people);
    text_member(w, "unit", civil_unit_names[v->unit]);
    count_member(w, "periods", (uint64_t)v->periods);
    number_member(w, "to_come", to_come);
    number_member(w, "worth", worth);
    model_put(p, w);
    spending_put(p, w);
    forecast_put(v, &f->forecast, w);
    months_put(q, f, w);
}
