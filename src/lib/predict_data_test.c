/* Models of published data, against scikit-learn 1.3.2 (LogisticRegression, C = 1, newton-cholesky) and the Python package of XGBoost 1.7.4 (begun with the sample's
 * share) on the same rows: numbers by their training mean and population deviation, categories as a column a value, the first in byte order left out.
 * Covers: predict.c, predict_logistic.c, predict_trees.c, predict_grow.c, features.c, scores.c */
#include <stdlib.h>
#include <zip.h>

#include "lib/predict.h"
#include "lib/scores.h"
#include "testing/shared.h"

#define CELLS_MAX 32u
#define LEVELS_MAX 16u
#define NEAR(got, want, tolerance) (fabs((got) - (want)) < (tolerance))

/* A file of rows, which columns are numbers and which are left out, and who is positive. */
struct file {
    struct bytes text;
    char separator;
    const char *const *numbers; /* up to NULL */
    const char *left_out, *label, *positive;
};

struct table {
    struct features features;
    const char *names[CELLS_MAX * LEVELS_MAX];
    uint8_t *labels;
    uint32_t *rows[2], counts[2]; /* to fit to, and to judge by */
};

/* The cells of a line, without quotes (no cell of these files has a separator in it). */
static uint32_t cells_of(struct bytes line, char separator, struct bytes *out)
{
    uint32_t count = 0;
    const uint8_t *at = line.data, *end = line.data + line.size;
    while (at <= end && count < CELLS_MAX) {
        const uint8_t *until = memchr(at, separator, (size_t)(end - at));
        until = until == NULL ? end : until;
        bool is_quoted = until - at >= 2 && *at == '"';
        out[count++] = bytes_of(at + is_quoted, (size_t)(until - at) - 2 * is_quoted);
        at = until + 1;
    }
    return count;
}

static bool is_number(const struct file *f, struct bytes head)
{
    for (const char *const *n = f->numbers; *n != NULL; n++)
        if (bytes_equal(head, bytes_of_text(*n)))
            return true;
    return false;
}

static int bytes_order(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static uint32_t levels_of(const struct bytes *cells, uint32_t rows, uint32_t cell, struct bytes *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t k = 0;
        while (k < count && !bytes_equal(out[k], cells[i * CELLS_MAX + cell]))
            k++;
        if (k == count && count < LEVELS_MAX)
            out[count++] = cells[i * CELLS_MAX + cell];
    }
    qsort(out, count, sizeof *out, bytes_order);
    return count;
}

static float number_of(struct t *t, struct bytes cell)
{
    const char *text = arena_text(t->arena, cell);
    char *end;
    float x = strtof(text, &end);
    return end == text || *end != 0 ? NAN : x;
}

struct filling {
    struct t *t;
    const struct bytes *cells;
    struct table *table;
    float *values; /* with room for all columns there may be, column by column */
};

static float *column_begin(struct filling *f, const char *name)
{
    struct table *b = f->table;
    b->names[b->features.columns] = name;
    return f->values + (size_t)b->features.columns++ * b->features.rows;
}

static void column_fill(struct filling *f, uint32_t cell, struct bytes head, bool is_plain)
{
    struct bytes levels[LEVELS_MAX];
    uint32_t rows = f->table->features.rows, count = is_plain ? 1 : levels_of(f->cells, rows, cell, levels);
    for (uint32_t k = is_plain ? 0 : 1; k < count; k++) {
        float *column = column_begin(f, is_plain ? arena_text(f->t->arena, head) : arena_printf(f->t->arena, "%.*s=%.*s", BYTES_ARG(head), BYTES_ARG(levels[k])));
        for (uint32_t i = 0; i < rows; i++) {
            struct bytes at = f->cells[i * CELLS_MAX + cell];
            column[i] = is_plain ? number_of(f->t, at) : bytes_equal(at, levels[k]);
        }
    }
}

static struct table *table_read(struct t *t, const struct file *f, uint32_t rows_max)
{
    struct table *b = ARENA_NEW(t->arena, struct table);
    struct bytes *cells = ARENA_ARRAY(t->arena, struct bytes, (size_t)rows_max * CELLS_MAX), heads[CELLS_MAX], rest = f->text, line;
    uint32_t head_count = shared_line(&rest, &line) ? cells_of(line, f->separator, heads) : 0;
    while (b->features.rows < rows_max && shared_line(&rest, &line))
        (void)cells_of(line, f->separator, cells + (size_t)b->features.rows++ * CELLS_MAX);
    uint32_t rows = b->features.rows;
    struct filling filling = {t, cells, b, ARENA_ARRAY(t->arena, float, (size_t)rows * 64)};
    b->labels = ARENA_ARRAY(t->arena, uint8_t, rows);
    for (uint32_t c = 0; c < head_count; c++) {
        if (bytes_equal(heads[c], bytes_of_text(f->label)))
            for (uint32_t i = 0; i < rows; i++)
                b->labels[i] = bytes_equal(cells[i * CELLS_MAX + c], bytes_of_text(f->positive));
        else if (!bytes_equal(heads[c], bytes_of_text(f->left_out)))
            column_fill(&filling, c, heads[c], is_number(f, heads[c]));
    }
    float *values = ARENA_ARRAY(t->arena, float, (size_t)rows * b->features.columns);
    for (uint32_t i = 0; i < rows; i++)
        for (uint32_t c = 0; c < b->features.columns; c++)
            values[(size_t)i * b->features.columns + c] = filling.values[(size_t)c * rows + i];
    b->features.values = values;
    b->features.names = b->names;
    b->rows[0] = ARENA_ARRAY(t->arena, uint32_t, rows), b->rows[1] = ARENA_ARRAY(t->arena, uint32_t, rows);
    return b;
}

static void row_put(struct table *b, uint32_t row, bool is_judged)
{
    b->rows[is_judged][b->counts[is_judged]++] = row;
}

/* Of the rows that were kept to judge by. */
static struct verdict judged(struct t *t, const struct table *b, const struct prediction *p)
{
    struct err e = {0};
    struct verdict v = {0};
    uint32_t count = b->counts[1];
    double *scores = ARENA_ARRAY(t->arena, double, count);
    uint8_t *labels = ARENA_ARRAY(t->arena, uint8_t, count);
    for (uint32_t i = 0; i < count; i++)
        labels[i] = b->labels[b->rows[1][i]];
    CHECK_DONE(t, prediction_score(p, &(struct scoring){&b->features, {b->rows[1], count}, NULL}, scores, &e), &e);
    CHECK_DONE(t, scores_judge(scores, labels, count, &v, &e), &e);
    return v;
}

static struct prediction *fitted(struct t *t, const struct table *b, const struct predictor *by)
{
    struct err e = {0};
    struct prediction *p = NULL;
    struct training g = {.by = by, .settings = predictor_settings_usual, .features = &b->features, .labels = b->labels, .sample = {b->rows[0], b->counts[0]}};
    CHECK_DONE(t, prediction_fit(&g, &p, &e), &e);
    if (p == NULL)
        abort();
    return p;
}

static bool telco_read(struct t *t, struct table **out)
{
    static const char *const numbers[] = {"SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges", NULL};
    struct file f = {.separator = ',', .numbers = numbers, .left_out = "customerID", .label = "Churn", .positive = "Yes"};
    if (!shared_data(t, "telco_churn/Telco-Customer-Churn.csv", &f.text))
        return false;
    struct table *b = table_read(t, &f, 8000);
    for (uint32_t i = 0; i < b->features.rows; i++)
        row_put(b, i, i % 5 == 0);
    CHECK(t, b->features.rows == 7043 && b->features.columns == 30 && b->counts[1] == 1409);
    *out = b;
    return true;
}

/* A weight is how far the log-odds move by one (of a number by its deviation); so two rows that differ there tell it. */
static double weight_told(struct t *t, const struct table *b, const struct prediction *p, uint32_t column)
{
    float low[FEATURES_MAX] = {0}, high[FEATURES_MAX] = {0};
    double shifts[2][FEATURES_MAX], sum = 0, squares = 0, count = 0;
    bool is_indicator = true;
    for (uint32_t i = 0; i < b->counts[0]; i++) {
        double x = (double)features_row(&b->features, b->rows[0][i])[column];
        if (!isnan(x))
            sum += x, squares += x * x, count++, is_indicator = is_indicator && (x == 0 || x == 1);
    }
    high[column] = 1;
    (void)prediction_shifts(p, low, shifts[0]);
    (void)prediction_shifts(p, high, shifts[1]);
    CHECK(t, count > 0);
    double deviation = is_indicator ? 1 : sqrt(squares / count - (sum / count) * (sum / count));
    return (shifts[1][column] - shifts[0][column]) * deviation;
}

static void telco_weights_are_those_of_scikit_learn(struct t *t)
{
    static const double weights[] = {
        -0.0710268037, 0.2065772672, 0.0312765181, -0.2055942680, -1.3768710087, -0.1942882239, 0.1942882239, 0.2373962438, 0.8467693349, -0.1422421583,
        -0.1422421583, -0.3515540817, -0.1422421583, -0.2058516521, -0.1422421583, -0.0168351540, -0.1422421583, -0.3539477091, -0.1422421583, 0.2451018545,
        -0.1422421583, 0.2577454202, -0.6810368020, -1.2286320856, 0.3945131615, -0.1039147648, 0.3776353716, -0.0391669153, -0.1723182992, 0.6109583641,
    };
    struct table *b;
    if (!telco_read(t, &b))
        return;
    struct prediction *p = fitted(t, b, &predictor_logistic);
    for (uint32_t c = 0; c < b->features.columns; c++)
        CHECK(t, NEAR(weight_told(t, b, p, c), weights[c], 1e-6));
    struct verdict v = judged(t, b, p);
    CHECK(t, NEAR(v.auc, 0.835386402049, 1e-6));
    CHECK(t, NEAR(v.average_precision, 0.635372587734, 1e-6));
    CHECK(t, NEAR(v.brier, 0.140068534063, 1e-6));
    CHECK(t, NEAR(v.log_loss, 0.425943304136, 1e-6));
    prediction_destroy(p);
}

/* TotalCharges is the last column, and blank in 11 rows: its weight, that of being blank, and the mean as scikit-learn has them. */
static void telco_blanks_have_a_weight(struct t *t)
{
    struct table *b;
    if (!telco_read(t, &b))
        return;
    struct prediction *p = fitted(t, b, &predictor_logistic);
    double shifts[2][FEATURES_MAX], sum = 0, count = 0;
    float row[FEATURES_MAX] = {0};
    for (uint32_t i = 0; i < b->counts[0]; i++) {
        float value = features_row(&b->features, b->rows[0][i])[29];
        if (!isnan(value))
            sum += (double)value, count++;
    }
    row[29] = (float)(sum / count);
    (void)prediction_shifts(p, row, shifts[0]);
    row[29] = NAN;
    (void)prediction_shifts(p, row, shifts[1]);
    CHECK(t, NEAR(shifts[1][29] - shifts[0][29], -0.6901698030, 1e-6));
    prediction_destroy(p);
}

static void telco_trees_are_those_of_xgboost(struct t *t)
{
    /* The strongest of the second row that is judged. */
    static const struct {
        const char *name;
        double shift;
    } reasons[] = {{"MonthlyCharges", 0.886966},
                   {"InternetService=Fiber optic", 0.435353},
                   {"tenure", 0.419444},
                   {"Contract=Two year", 0.246670},
                   {"PaymentMethod=Electronic check", 0.216841}};
    struct table *b;
    if (!telco_read(t, &b))
        return;
    struct prediction *p = fitted(t, b, &predictor_trees);
    struct verdict v = judged(t, b, p);
    struct reason told[COUNT_OF(reasons)];
    double shifts[FEATURES_MAX];
    CHECK(t, NEAR(v.auc, 0.829428095934, 1e-9));
    CHECK(t, NEAR(v.average_precision, 0.636886988889, 1e-9));
    CHECK(t, NEAR(v.brier, 0.141833293807, 1e-9));
    CHECK(t, NEAR(v.log_loss, 0.433176421823, 1e-9));
    CHECK(t, v.deciles[0].count == 140 && verdict_lift(&v, 0) > 2.4);
    const float *row = features_row(&b->features, b->rows[1][1]);
    CHECK_EQ(t, prediction_reasons(p, row, told, COUNT_OF(reasons)), COUNT_OF(reasons));
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        CHECK_TEXT(t, prediction_feature(p, told[i].column), reasons[i].name);
        CHECK(t, NEAR(told[i].shift, reasons[i].shift, 1e-5));
    }
    CHECK(t, NEAR(prediction_shifts(p, row, shifts), -1.0463033, 1e-5));
    prediction_destroy(p);
}

/* The cosine between a row and the mean of the seed, by deviations from all. */
static void cosines_take(struct t *t, const struct table *b, const uint8_t *seed, double *out)
{
    const struct features *f = &b->features;
    double mean[FEATURES_MAX] = {0}, deviation[FEATURES_MAX] = {0}, towards[FEATURES_MAX] = {0};
    for (int pass = 0; pass < 3; pass++) { /* each wants what the one before has found */
        for (uint32_t i = 0; i < b->counts[0]; i++) {
            const float *row = features_row(f, b->rows[0][i]);
            for (uint32_t c = 0; c < f->columns; c++) {
                double x = isnan(row[c]) ? mean[c] : (double)row[c];
                if (pass == 0)
                    mean[c] += isnan(row[c]) ? 0 : x / b->counts[0];
                else if (pass == 1)
                    deviation[c] += (x - mean[c]) * (x - mean[c]) / b->counts[0];
                else if (seed[b->rows[0][i]] == 1)
                    towards[c] += (x - mean[c]) / sqrt(deviation[c]);
            }
        }
    }
    for (uint32_t i = 0; i < b->counts[1]; i++) {
        const float *row = features_row(f, b->rows[1][i]);
        double along = 0, square = 0, length = 0;
        for (uint32_t c = 0; c < f->columns; c++) {
            double z = isnan(row[c]) ? 0 : ((double)row[c] - mean[c]) / sqrt(deviation[c]);
            along += z * towards[c], square += z * z, length += towards[c] * towards[c];
        }
        out[i] = 0.5 + along / sqrt(square * length) / 2; /* 0..1 */
    }
    CHECK(t, mean[4] > 30 && mean[4] < 35); /* tenure */
}

/* A third of those who left are the seed; the others are to be found among all. */
static void a_look_alike_beats_the_cosine(struct t *t)
{
    struct err e = {0};
    struct table *b;
    if (!telco_read(t, &b))
        return;
    uint8_t *truth = b->labels, *seed = ARENA_ARRAY(t->arena, uint8_t, b->features.rows), *labels = ARENA_ARRAY(t->arena, uint8_t, b->counts[1]);
    double *scores = ARENA_ARRAY(t->arena, double, b->counts[1]);
    struct verdict cosine;
    for (uint32_t i = 0; i < b->features.rows; i++)
        seed[i] = truth[i] == 1 && rng_chance(&t->rng, 1.0 / 3);
    for (uint32_t i = 0; i < b->counts[1]; i++)
        labels[i] = truth[b->rows[1][i]];
    cosines_take(t, b, seed, scores);
    REQUIRE_DONE(t, scores_judge(scores, labels, b->counts[1], &cosine, &e), &e);
    struct training g = {.by = &predictor_logistic,
                         .settings = predictor_settings_usual,
                         .features = &b->features,
                         .labels = seed,
                         .sample = {b->rows[0], b->counts[0]},
                         .is_unlabelled = true,
                         .seed = t->seed};
    struct prediction *p;
    REQUIRE_DONE(t, prediction_fit(&g, &p, &e), &e);
    struct verdict v = judged(t, b, p);
    CHECK(t, v.auc > 0.82 && v.auc > cosine.auc + 0.01);
    CHECK(t, v.average_precision > cosine.average_precision + 0.01);
    prediction_destroy(p);
}

static bool unzipped(struct t *t, struct bytes archive, const char *name, struct bytes *out)
{
    zip_error_t error;
    struct zip_stat stat = {0};
    zip_source_t *source = zip_source_buffer_create(archive.data, archive.size, 0, &error);
    zip_t *zip = source == NULL ? NULL : zip_open_from_source(source, ZIP_RDONLY, &error);
    if (zip == NULL || zip_stat(zip, name, 0, &stat) != 0)
        return false;
    uint8_t *text = arena_take(t->arena, stat.size, 1);
    zip_file_t *file = zip_fopen(zip, name, 0);
    bool is_whole = file != NULL && zip_fread(file, text, stat.size) == (zip_int64_t)stat.size;
    if (file != NULL)
        (void)zip_fclose(file);
    zip_discard(zip);
    *out = bytes_of(text, stat.size);
    return is_whole;
}

/* In order of time: the last fifth is judged, as it comes after. */
static bool bank_read(struct t *t, const char *left_out, struct table **out)
{
    static const char *const numbers[] = {"age",          "duration",       "campaign",      "pdays",     "previous",
                                          "emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed", NULL};
    struct file f = {.separator = ';', .numbers = numbers, .left_out = left_out, .label = "y", .positive = "yes"};
    struct bytes archive;
    if (!shared_data(t, "bank_marketing/bank-additional.zip", &archive))
        return false;
    CHECK(t, unzipped(t, archive, "bank-additional/bank-additional-full.csv", &f.text));
    struct table *b = table_read(t, &f, 42000);
    for (uint32_t i = 0; i < b->features.rows; i++)
        row_put(b, i, i >= b->features.rows * 4 / 5);
    CHECK(t, b->features.rows == 41188 && b->counts[1] == 8238);
    *out = b;
    return true;
}

static void bank_scores_are_those_of_both(struct t *t)
{
    static const struct {
        const char *left_out;
        uint32_t columns;
        double logistic_auc, trees_auc;
    } runs[] = {{"", 53, 0.788625101224, 0.794429182224}, {"duration", 52, 0.732984497945, 0.643307086614}};
    struct table *b;
    for (size_t i = 0; i < COUNT_OF(runs); i++) {
        if (!bank_read(t, runs[i].left_out, &b))
            return;
        CHECK_EQ(t, b->features.columns, runs[i].columns);
        struct prediction *logistic = fitted(t, b, &predictor_logistic), *trees = fitted(t, b, &predictor_trees);
        CHECK(t, NEAR(judged(t, b, logistic).auc, runs[i].logistic_auc, 1e-6));
        CHECK(t, NEAR(judged(t, b, trees).auc, runs[i].trees_auc, 1e-9));
        prediction_destroy(logistic), prediction_destroy(trees);
    }
}

/* `duration` is how long the call took whose outcome is to be told; and the years after were others, as the rate of interest says. */
static void bank_has_a_leak_and_drifts(struct t *t)
{
    struct err e = {0};
    struct leak leaks[FEATURES_MAX];
    double drift[FEATURES_MAX];
    uint32_t count = 0, much = 0, quiet = 0;
    struct table *b;
    if (!bank_read(t, "", &b))
        return;
    struct leak_ask ask = {&b->features, b->labels, {NULL, b->features.rows}, 0.8, NULL};
    REQUIRE_DONE(t, leaks_find(&ask, leaks, &count, &e), &e);
    REQUIRE(t, count == 1);
    CHECK_TEXT(t, b->names[leaks[0].column], "duration");
    CHECK(t, NEAR(leaks[0].auc, 0.8184458681875134, 1e-9));
    struct prediction *p = fitted(t, b, &predictor_logistic);
    REQUIRE_DONE(t, prediction_drift(p, &(struct scoring){&b->features, {b->rows[1], b->counts[1]}, NULL}, drift, &e), &e);
    for (uint32_t c = 0; c < b->features.columns; c++) {
        much += strcmp(b->names[c], "euribor3m") == 0 && drift_of(drift[c]) == DRIFT_MUCH;
        quiet += strcmp(b->names[c], "day_of_week=tue") == 0 && drift_of(drift[c]) == DRIFT_NONE;
    }
    CHECK(t, much == 1 && quiet == 1);
    prediction_destroy(p);
}

static const struct test tests[] = {
    {"telco: weights are those of scikit-learn", telco_weights_are_those_of_scikit_learn, 1},
    {"telco: blanks have a weight", telco_blanks_have_a_weight, 1},
    {"telco: trees are those of XGBoost", telco_trees_are_those_of_xgboost, 1},
    {"telco: a look-alike beats the cosine", a_look_alike_beats_the_cosine, 3},
    {"bank: scores are those of both", bank_scores_are_those_of_both, 1},
    {"bank: has a leak and drifts", bank_has_a_leak_and_drifts, 1},
};
TEST_MAIN(tests)
