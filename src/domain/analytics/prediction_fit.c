/* What follows from the people of the question `predict`: the model, and what it is worth. */
#include <math.h>
#include <stdlib.h>

#include "base/attr.h"
#include "domain/analytics/prediction.h"
#include "lib/stats.h"

#define LEAK_AUC 0.98
#define CATEGORY_ROWS_LEAST 10u
#define WEIGHED_ROWS_MAX 2000u /* of whom reasons are taken, to tell which features weigh */
#define MODEL_BYTES_MAX (4u << 20)
#define CONFIDENCE_Z 1.959963984540054
/* Shares of the whole. */
#define LEAKS_UNTIL 0.2
#define FIT_UNTIL 0.8
#define JUDGE_UNTIL 0.9

/* Rows of all that are fitted to, then of all that are judged by. */
struct fitting {
    const struct question *q;
    struct predict_tally *tally;
    struct effort *effort;
    struct prediction_findings *found;
    struct features features;
    uint8_t *labels;
    uint32_t fit_count;
    struct sample fit, judge;
};

/* --- people of whom there are no events --- */

static void unseen_take(const struct question *q, struct predict_tally *tally)
{
    for (uint32_t place = 0; place < person_book_count(q->persons); place++)
        if (tally->seen == NULL || (tally->seen[place / 64] >> place % 64 & 1) == 0)
            predict_person(q, tally, NULL, person_book_person(q->persons, place), place);
}

/* --- columns --- */

static const struct person_cell *cells_of(const struct question *q, uint32_t cut, uint32_t person)
{
    uint32_t place = q->persons == NULL ? PERSON_PLACE_NONE : person_book_place(q->persons, person);
    return place == PERSON_PLACE_NONE ? NULL : person_book_cells(q->persons, place, cut);
}

struct text_count {
    uint32_t text, count;
};

static int by_count(const void *a, const void *b)
{
    const struct text_count *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return (x->text > y->text) - (x->text < y->text);
}

/* What those who are fitted to have of one thing: counts by text, and by number under no text. */
static void want_count(const struct fitting *f, uint32_t want, struct text_count *counts)
{
    for (size_t label = 0; label < COUNT_OF(f->tally->fit); label++)
        for (uint32_t i = 0; i < f->tally->fit[label].count; i++) {
            const struct person_cell *cells = cells_of(f->q, 0, f->tally->fit[label].rows[i]->person);
            if (cells != NULL && (cells[want].text != CODE_NONE || !isnan(cells[want].number)))
                counts[cells[want].text].count++;
        }
}

static uint32_t want_columns(const struct fitting *f, uint32_t want, struct prediction_column *out)
{
    const struct predicting *p = f->q->own;
    struct arena *arena = f->tally->arena;
    uint32_t end = person_book_texts_end(f->q->persons), count = 0;
    struct text_count *counts = ARENA_ARRAY(arena, struct text_count, end);
    for (uint32_t text = 0; text < end; text++)
        counts[text].text = text;
    want_count(f, want, counts);
    if (counts[CODE_NONE].count > 0) {
        out[count] = (struct prediction_column){.is_known = true, .of = want, .text = CODE_NONE};
        prediction_want_title(&out[count++], &p->wants.list[want], BYTES_NONE, arena);
    }
    qsort(counts + 1, end - 1, sizeof *counts, by_count);
    for (uint32_t i = 1; i < end && i <= PREDICTION_CATEGORIES_MAX && counts[i].count >= CATEGORY_ROWS_LEAST; i++) {
        out[count] = (struct prediction_column){.is_known = true, .of = want, .text = counts[i].text};
        prediction_want_title(&out[count++], &p->wants.list[want], person_book_text(f->q->persons, counts[i].text),
                              arena);
    }
    return count;
}

static void columns_make(struct fitting *f)
{
    const struct predicting *p = f->q->own;
    size_t room = p->measure_count + (size_t)p->wants.count * (PREDICTION_CATEGORIES_MAX + 1);
    struct prediction_column *columns = ARENA_ARRAY(f->tally->arena, struct prediction_column, room + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->measure_count; i++)
        columns[count++] = (struct prediction_column){
            .name = p->texts[i], .title = p->titles[i], .title_zh = p->titles_zh[i], .of = i};
    for (uint32_t want = 0; want < p->wants.count; want++)
        if (!p->is_like || want != p->like)
            count += want_columns(f, want, columns + count);
    f->found->columns = columns;
    f->found->column_count = count;
}

/* --- rows --- */

static void rows_fill(struct fitting *f, const struct row_sample *from, uint32_t cut, float *values, uint32_t *io_row)
{
    for (uint32_t i = 0; i < from->count; i++, (*io_row)++) {
        const struct sampled *row = from->rows[i];
        prediction_row(f->found->columns, f->found->column_count, row->measured, cells_of(f->q, cut, row->person),
                       values + (size_t)*io_row * f->found->column_count);
        f->labels[*io_row] = row->label;
    }
}

static fallible rows_make(struct fitting *f, struct err *e)
{
    const struct predicting *p = f->q->own;
    struct predict_tally *tally = f->tally;
    struct arena *arena = tally->arena;
    f->fit_count = tally->fit[0].count + tally->fit[1].count;
    uint32_t rows = f->fit_count + tally->judge.count, row = 0, columns = f->found->column_count;
    size_t bytes = (size_t)rows * (columns * sizeof(float) + sizeof(uint32_t) + 1);
    TRY(effort_step(f->effort, 0, bytes, e));
    float *values = ARENA_ARRAY(arena, float, (size_t)rows *columns + 1);
    uint32_t *numbers = ARENA_ARRAY(arena, uint32_t, rows + 1);
    const char **names = ARENA_ARRAY(arena, const char *, columns + 1);
    f->labels = ARENA_ARRAY(arena, uint8_t, rows + 1);
    for (uint32_t c = 0; c < columns; c++)
        names[c] = f->found->columns[c].name;
    for (size_t label = 0; label < COUNT_OF(tally->fit); label++)
        rows_fill(f, &tally->fit[label], 0, values, &row);
    rows_fill(f, &tally->judge, p->cut_count - 1, values, &row);
    for (uint32_t i = 0; i < rows; i++)
        numbers[i] = i;
    f->features = (struct features){.names = names, .values = values, .rows = rows, .columns = columns};
    f->fit = (struct sample){numbers, f->fit_count};
    f->judge = (struct sample){numbers + f->fit_count, tally->judge.count};
    return DONE;
}

/* --- features by themselves --- */

static fallible alone_judge(struct fitting *f, struct sample by, struct leak *out, uint32_t *out_count, struct err *e)
{
    const struct leak_ask ask = {.features = &f->features, .labels = f->labels, .sample = by, .auc_min = 0.5};
    return leaks_find(&ask, out, out_count, e);
}

static fallible alone_find(struct fitting *f, struct feature_found *features, struct err *e)
{
    struct leak *leaks = ARENA_ARRAY(f->tally->arena, struct leak, f->features.columns);
    uint32_t count;
    for (uint32_t c = 0; c < f->features.columns; c++)
        features[c].alone = NAN;
    TRY(alone_judge(f, f->fit, leaks, &count, e));
    for (uint32_t i = 0; i < count; i++) {
        features[leaks[i].column].alone = leaks[i].auc;
        features[leaks[i].column].is_leak = leaks[i].auc >= LEAK_AUC;
    }
    f->found->best_alone = count == 0 ? PREDICTION_COLUMN_NONE : leaks[0].column;
    f->found->best_auc = NAN;
    if (count == 0)
        return DONE;
    bool is_presence = leaks[0].is_presence;
    TRY(alone_judge(f, f->judge, leaks, &count, e));
    for (uint32_t i = 0; i < count; i++)
        if (leaks[i].column == f->found->best_alone && leaks[i].is_presence == is_presence)
            f->found->best_auc = leaks[i].auc;
    return effort_step(f->effort, LEAKS_UNTIL, 0, e);
}

/* --- the model --- */

static fallible model_fit(struct fitting *f, struct prediction **out, struct err *e)
{
    const struct predicting *p = f->q->own;
    const struct row_sample *fit = f->tally->fit;
    struct effort_part part;
    uint64_t seen = fit[0].seen + fit[1].seen;
    bool is_whole = fit[0].below == 0 && fit[1].below == 0;
    const struct training g = {.by = p->by,
                               .settings = p->settings,
                               .features = &f->features,
                               .labels = f->labels,
                               .sample = f->fit,
                               .is_unlabelled = p->is_like,
                               .share_of_labels = is_whole ? 0 : (double)fit[1].seen / (double)seen,
                               .seed = (uint64_t)p->seed,
                               .effort = effort_part_init(&part, f->effort, LEAKS_UNTIL, FIT_UNTIL)};
    return WRAP(e, prediction_fit(&g, out, e), "among %llu people, of whom %llu are what is looked for",
                (unsigned long long)seen, (unsigned long long)fit[1].seen);
}

/* Hanley and McNeil, Radiology 143, 1982. */
static void auc_bounds(struct prediction_findings *found)
{
    double a = found->verdict.auc, p = found->verdict.positives, n = found->verdict.count - p;
    double q1 = a / (2 - a), q2 = 2 * a * a / (1 + a);
    double variance = p == 0 || n == 0 ? 0.25
                                       : (a * (1 - a) + (p - 1) * (q1 - a * a) + (n - 1) * (q2 - a * a)) / (p * n);
    double reach = CONFIDENCE_Z * sqrt(fmax(variance, 0));
    found->auc_low = fmax(0, a - reach);
    found->auc_high = fmin(1, a + reach);
}

/* How far on average a score is from the rate of those who have it. */
static double calibration_error(const struct verdict *v)
{
    double sum = 0;
    for (size_t i = 0; i < SCORE_BINS; i++) {
        const struct score_bin *b = &v->calibration[i];
        sum += b->count == 0 ? 0 : fabs(b->mean * b->count - b->positives);
    }
    return v->count == 0 ? 0 : sum / v->count;
}

static fallible model_judge(struct fitting *f, const struct prediction *model, struct err *e)
{
    struct arena *arena = f->tally->arena;
    uint32_t count = f->judge.count;
    TRY(effort_step(f->effort, FIT_UNTIL, count * sizeof(double), e));
    double *scores = ARENA_ARRAY(arena, double, (size_t)count + 1);
    if (count == 0)
        return FAIL(e, INVALID, "there is nobody to judge the model by: events have to go back two horizons");
    TRY(prediction_score(model, &(struct scoring){.features = &f->features, .sample = f->judge}, scores, e));
    TRY(scores_judge(scores, f->labels + f->fit_count, count, &f->found->verdict, e));
    auc_bounds(f->found);
    f->found->calibration_error = calibration_error(&f->found->verdict);
    return effort_step(f->effort, JUDGE_UNTIL, 0, e);
}

/* --- which features weigh --- */

static int by_weight(const void *a, const void *b)
{
    const struct feature_found *const *x = a, *const *y = b;
    if ((*x)->weight != (*y)->weight)
        return (*x)->weight > (*y)->weight ? -1 : 1;
    return (*x > *y) - (*x < *y);
}

static void weights_take(struct fitting *f, const struct prediction *model, struct feature_found *features)
{
    uint32_t columns = f->features.columns,
             rows = f->judge.count < WEIGHED_ROWS_MAX ? f->judge.count : WEIGHED_ROWS_MAX;
    double *shifts = ARENA_ARRAY(f->tally->arena, double, columns),
           *means = ARENA_ARRAY(f->tally->arena, double, columns);
    for (uint32_t i = 0; i < rows; i++)
        for (uint32_t c = 0; c < columns; c++) {
            float x = features_row(&f->features, sample_row(f->judge, i))[c];
            means[c] += isnan(x) ? 0 : x / (double)rows;
        }
    for (uint32_t i = 0; i < rows; i++) {
        const float *row = features_row(&f->features, sample_row(f->judge, i));
        (void)prediction_shifts(model, row, shifts);
        for (uint32_t c = 0; c < columns; c++) {
            features[c].weight += fabs(shifts[c]) / rows;
            features[c].trend += isnan(row[c]) ? 0 : shifts[c] * (row[c] - means[c]);
        }
    }
}

static fallible features_weigh(struct fitting *f, const struct prediction *model, struct feature_found *features,
                               struct err *e)
{
    struct arena *arena = f->tally->arena;
    uint32_t columns = f->features.columns;
    double *drift = ARENA_ARRAY(arena, double, columns);
    const struct feature_found **order = ARENA_ARRAY(arena, const struct feature_found *, columns);
    uint32_t *places = ARENA_ARRAY(arena, uint32_t, columns);
    weights_take(f, model, features);
    TRY(prediction_drift(model, &(struct scoring){.features = &f->features, .sample = f->judge}, drift, e));
    for (uint32_t c = 0; c < columns; c++) {
        features[c].drift = drift[c];
        order[c] = &features[c];
    }
    qsort(order, columns, sizeof *order, by_weight);
    for (uint32_t c = 0; c < columns; c++)
        places[c] = (uint32_t)(order[c] - features);
    f->found->features = features;
    f->found->by_weight = places;
    return DONE;
}

static fallible model_examine(struct fitting *f, const struct prediction *model, struct feature_found *features,
                              struct err *e)
{
    struct buf bytes = arena_buf(f->tally->arena, MODEL_BYTES_MAX);
    f->found->facts = *prediction_facts(model);
    TRY(model_judge(f, model, e));
    TRY(features_weigh(f, model, features, e));
    prediction_pack(model, &bytes);
    f->found->model = buf_bytes(&bytes);
    return bytes.overflowed ? FAIL(e, LIMIT, "a model takes at most %u MiB: ask for fewer rounds, or less deep ones",
                                   MODEL_BYTES_MAX >> 20)
                            : DONE;
}

static void people_count(struct fitting *f)
{
    const struct predict_tally *t = f->tally;
    f->found->fit_people = t->fit[0].seen + t->fit[1].seen;
    f->found->fit_positives = t->fit[1].seen;
    f->found->judge_people = t->judge.seen;
    f->found->judge_positives = t->judge.positives;
}

fallible predict_conclude(const struct question *q, const struct texts *texts UNUSED, void *from, struct effort *effort,
                          struct err *e)
{
    const struct predicting *p = q->own;
    struct predict_tally *tally = from;
    struct fitting f = {
        .q = q, .tally = tally, .effort = effort, .found = ARENA_NEW(tally->arena, struct prediction_findings)};
    struct prediction *model;
    if (p->is_like)
        unseen_take(q, tally);
    row_sample_sort(&tally->fit[0]);
    row_sample_sort(&tally->fit[1]);
    row_sample_sort(&tally->judge);
    people_count(&f);
    columns_make(&f);
    if (f.found->column_count == 0)
        return FAIL(e, INVALID, "nobody has any of the features");
    struct feature_found *features = ARENA_ARRAY(tally->arena, struct feature_found, f.found->column_count);
    TRY(rows_make(&f, e));
    TRY(alone_find(&f, features, e));
    TRY(model_fit(&f, &model, e));
    struct status status = model_examine(&f, model, features, e);
    prediction_destroy(model);
    TRY(status);
    tally->findings = f.found;
    return effort_step(effort, 1, 0, e);
}
