#include <stdlib.h>

#include "lib/cholesky.h"
#include "lib/predict_inside.h"

#define STEPS_MAX 100
#define STEPS_USUAL 10.0 /* for telling how far it is */
#define GRADIENT_MAX 1e-8
#define STEP_PART_MIN (1.0 / 1024)
#define DECREASE_MIN 1e-13 /* of a height: less is lost in rounding */
#define INPUTS_MAX (2 * FEATURES_MAX + 1)
/* Of a model, and deviations are at least 1 / it: floats so moved, divided, weighed and summed stay far below 1e308. */
#define NUMBER_MAX 1e75

static double input_of(const struct logistic_input *n, float value)
{
    return ((isnan(value) ? n->mean : (double)value) - n->origin) / n->deviation;
}

/* Means and deviations of a column over the rows that have a value. */
static void input_learn(const struct training *g, uint32_t column, struct logistic_input *out)
{
    double sum = 0, squares = 0;
    uint32_t there = 0;
    bool is_indicator = true;
    for (uint32_t i = 0; i < g->sample.count; i++) {
        float value = features_row(g->features, sample_row(g->sample, i))[column];
        if (isnan(value))
            continue;
        there++;
        sum += (double)value;
        is_indicator = is_indicator && (value == 0 || value == 1);
    }
    out->mean = there == 0 ? 0 : sum / there;
    for (uint32_t i = 0; i < g->sample.count; i++) {
        float value = features_row(g->features, sample_row(g->sample, i))[column];
        if (!isnan(value))
            squares += ((double)value - out->mean) * ((double)value - out->mean);
    }
    double deviation = there == 0 ? 0 : sqrt(squares / there);
    out->missing_share = (double)(g->sample.count - there) / g->sample.count;
    out->origin = is_indicator ? 0 : out->mean;
    out->deviation = is_indicator || deviation == 0 ? 1 : deviation;
    out->weight = deviation == 0 ? NAN : 0; /* until it is fitted: NAN says nothing, and is left out */
}

/* Where the weights of a column stand among all; 0, which is the intercept's: nowhere. */
struct place {
    uint32_t value, missing;
};

struct ridge {
    const struct training *training;
    const struct logistic_input *inputs;
    struct place places[FEATURES_MAX];
    uint32_t width; /* weights, with the intercept */
    double *weights, *ahead, *gradient, *step, *hessian;
};

static void places_take(struct ridge *r)
{
    r->width = 1;
    for (uint32_t c = 0; c < r->training->features->columns; c++) {
        r->places[c].value = isnan(r->inputs[c].weight) ? 0 : r->width++;
        r->places[c].missing = r->inputs[c].missing_share > 0 && r->inputs[c].missing_share < 1 ? r->width++ : 0;
    }
}

/* The inputs of a row that aren't 0: most of what came from categories is. */
struct row_inputs {
    uint32_t count;
    uint32_t places[INPUTS_MAX];
    double values[INPUTS_MAX];
};

static void row_take(const struct ridge *r, const float *row, struct row_inputs *out)
{
    out->count = 1;
    out->places[0] = 0;
    out->values[0] = 1;
    for (uint32_t c = 0; c < r->training->features->columns; c++) {
        double value = r->places[c].value == 0 ? 0 : input_of(&r->inputs[c], row[c]);
        if (value != 0) {
            out->places[out->count] = r->places[c].value;
            out->values[out->count++] = value;
        }
        if (r->places[c].missing != 0 && isnan(row[c])) {
            out->places[out->count] = r->places[c].missing;
            out->values[out->count++] = 1;
        }
    }
}

/* -ln of the probability of the label. */
static double row_loss(double log_odds, bool is_positive)
{
    double against = is_positive ? -log_odds : log_odds;
    return against > 0 ? against + log1p(exp(-against)) : log1p(exp(against));
}

static double row_add(struct ridge *r, const struct row_inputs *x, const double *weights, bool is_positive)
{
    double log_odds = 0;
    for (uint32_t i = 0; i < x->count; i++)
        log_odds += weights[x->places[i]] * x->values[i];
    double p = 1 / (1 + exp(-log_odds)), bend = p * (1 - p);
    for (uint32_t i = 0; i < x->count; i++) {
        double *line = r->hessian + (size_t)x->places[i] * r->width, bent = bend * x->values[i];
        r->gradient[x->places[i]] += (p - is_positive) * x->values[i];
        for (uint32_t j = 0; j <= i; j++) /* places ascend: the lower triangle */
            line[x->places[j]] += bent * x->values[j];
    }
    return row_loss(log_odds, is_positive);
}

/* The height of what is minimised at these weights, with its gradient and Hessian. */
static fallible ridge_look(struct ridge *r, const double *weights, double *out_height, struct err *e)
{
    const struct training *g = r->training;
    double height = 0, penalty = g->settings.penalty;
    struct row_inputs x;
    memset(r->gradient, 0, r->width * sizeof *r->gradient);
    memset(r->hessian, 0, (size_t)r->width * r->width * sizeof *r->hessian);
    for (uint32_t i = 0; i < g->sample.count; i++) {
        uint32_t row = sample_row(g->sample, i);
        if (i % PREDICT_WATCH_ROWS == 0 && effort_is_over(g->effort))
            return FAIL(e, CANCELLED, "a fit was cancelled");
        row_take(r, features_row(g->features, row), &x);
        height += row_add(r, &x, weights, g->labels[row] == 1);
    }
    for (uint32_t i = 1; i < r->width; i++) {
        height += penalty / 2 * weights[i] * weights[i];
        r->gradient[i] += penalty * weights[i];
        r->hessian[(size_t)i * r->width + i] += penalty;
    }
    *out_height = height;
    return DONE;
}

static double product(const double *a, const double *b, uint32_t count)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* One of Newton's steps, shorter where the whole one leads up. The gradient is then that of the new weights. */
static fallible ridge_step(struct ridge *r, double *io_height, bool *out_is_done, struct err *e)
{
    memcpy(r->step, r->gradient, r->width * sizeof *r->step);
    if (!cholesky(r->hessian, r->width, r->width))
        return FAIL(e, INVALID, "a logistic regression can't be solved: its features are too large, or its penalty too small");
    cholesky_solve(r->hessian, r->width, r->width, r->step);
    double promise = product(r->step, r->gradient, r->width) / 2, height = INFINITY;
    bool is_rounding = promise < DECREASE_MIN * (1 + *io_height);
    for (double part = 1; part >= STEP_PART_MIN; part /= 2) {
        for (uint32_t i = 0; i < r->width; i++)
            r->ahead[i] = r->weights[i] - part * r->step[i];
        TRY(ridge_look(r, r->ahead, &height, e));
        if (height <= *io_height || is_rounding)
            break;
    }
    if (!(height <= *io_height) && !is_rounding)
        return FAIL(e, INVALID, "a logistic regression finds no way down");
    memcpy(r->weights, r->ahead, r->width * sizeof *r->weights);
    *io_height = height;
    /* Of very many rows the gradient's own rounding may be more than the bound: then there is no further down than where it promises nothing. */
    *out_is_done = sqrt(product(r->gradient, r->gradient, r->width)) < GRADIENT_MAX || promise == 0;
    return DONE;
}

static fallible ridge_descend(struct ridge *r, struct err *e)
{
    double height;
    bool is_done = false;
    TRY(ridge_look(r, r->weights, &height, e));
    for (int step = 0; step < STEPS_MAX && !is_done; step++) {
        TRY(ridge_step(r, &height, &is_done, e));
        TRY(effort_step(r->training->effort, fmin(0.95, (step + 1) / STEPS_USUAL), 0, e));
    }
    return DONE;
}

static void weights_give(const struct ridge *r, struct logistic *out)
{
    out->intercept = r->weights[0];
    for (uint32_t c = 0; c < r->training->features->columns; c++) {
        out->inputs[c].weight = r->places[c].value == 0 ? 0 : r->weights[r->places[c].value];
        out->inputs[c].missing_weight = r->places[c].missing == 0 ? 0 : r->weights[r->places[c].missing];
    }
}

static fallible logistic_fit(const struct training *g, struct prediction *p, struct err *e)
{
    struct logistic *l = &p->logistic;
    struct ridge *r = ARENA_NEW(p->arena, struct ridge);
    l->inputs = ARENA_ARRAY(p->arena, struct logistic_input, g->features->columns);
    for (uint32_t c = 0; c < g->features->columns; c++) {
        input_learn(g, c, &l->inputs[c]);
        if (effort_is_over(g->effort))
            return FAIL(e, CANCELLED, "a fit was cancelled");
    }
    *r = (struct ridge){.training = g, .inputs = l->inputs};
    places_take(r);
    size_t numbers = (size_t)r->width * (r->width + 4);
    TRY(effort_step(g->effort, 0, numbers * sizeof(double), e));
    double *room = calloc(numbers, sizeof *room);
    if (room == NULL)
        return FAIL(e, FULL, "no memory for a logistic regression of %u inputs", r->width);
    r->weights = room, r->ahead = room + r->width, r->gradient = r->ahead + r->width, r->step = r->gradient + r->width, r->hessian = r->step + r->width;
    struct status status = ridge_descend(r, e);
    if (done(status))
        weights_give(r, l);
    free(room);
    return status;
}

static double input_log_odds(const struct logistic_input *n, float value)
{
    return n->weight * input_of(n, value) + (isnan(value) ? n->missing_weight : 0);
}

static void logistic_log_odds(const struct prediction *p, const float *const *rows, uint32_t count, double *out)
{
    for (uint32_t i = 0; i < count; i++) {
        out[i] = p->logistic.intercept;
        for (uint32_t c = 0; c < p->facts.columns; c++)
            out[i] += input_log_odds(&p->logistic.inputs[c], rows[i][c]);
    }
}

static double logistic_shifts(const struct prediction *p, const float *row, double *out)
{
    const struct logistic *l = &p->logistic;
    double average = l->intercept;
    for (uint32_t c = 0; c < p->facts.columns; c++) {
        const struct logistic_input *n = &l->inputs[c];
        double usual = n->weight * input_of(n, NAN) + n->missing_share * n->missing_weight;
        out[c] = input_log_odds(n, row[c]) - usual;
        average += usual;
    }
    return average;
}

static void logistic_pack(const struct prediction *p, struct buf *out)
{
    pack_double(out, p->logistic.intercept);
    for (uint32_t c = 0; c < p->facts.columns; c++) {
        const struct logistic_input *n = &p->logistic.inputs[c];
        const double numbers[] = {n->mean, n->origin, n->deviation, n->weight, n->missing_share, n->missing_weight};
        for (size_t i = 0; i < COUNT_OF(numbers); i++)
            pack_double(out, numbers[i]);
    }
}

/* Not finite, or so great that log-odds of such numbers might not be: bad. */
static double unpack_moderate(struct unpack *u)
{
    double x = unpack_double(u);
    u->bad = u->bad || !(fabs(x) <= NUMBER_MAX);
    return x;
}

static void logistic_unpack(struct prediction *p, struct unpack *u)
{
    struct logistic *l = &p->logistic;
    l->intercept = unpack_moderate(u);
    l->inputs = ARENA_ARRAY(p->arena, struct logistic_input, p->facts.columns);
    for (uint32_t c = 0; c < p->facts.columns; c++) {
        struct logistic_input *n = &l->inputs[c];
        double *numbers[] = {&n->mean, &n->origin, &n->deviation, &n->weight, &n->missing_share, &n->missing_weight};
        for (size_t i = 0; i < COUNT_OF(numbers); i++)
            *numbers[i] = unpack_moderate(u);
        u->bad = u->bad || !(n->deviation >= 1 / NUMBER_MAX) || n->missing_share < 0 || n->missing_share > 1;
    }
}

const struct predictor predictor_logistic = {
    .name = "logistic",
    .id = 1,
    .fit = logistic_fit,
    .log_odds = logistic_log_odds,
    .shifts = logistic_shifts,
    .pack = logistic_pack,
    .unpack = logistic_unpack,
};
