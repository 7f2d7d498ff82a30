/* What is known of many people as numbers: a row for each person, a column for each feature. Here is what can be said of such columns before and after a model
 * is fitted to them: which of them give the answer away, and which are no longer spread as they were. Knows neither people nor what the features mean; a
 * category comes as a column of 0 and 1 for each of its values. Pure; any thread. */
#pragma once

#include <math.h>
#include <stdint.h>

#include "lib/effort.h"

#define FEATURES_MAX 512u
#define FEATURE_NAME_BYTES_MAX 128u
#define FEATURE_ROWS_MAX (1u << 30)

/* Takes rows x columns x 4 bytes, the owner's: a million people with 50 features 200 MB. */
struct features {
    const char *const *names; /* of the columns; 1..FEATURE_NAME_BYTES_MAX bytes, each once */
    const float *values;      /* row by row; NAN: missing; never infinite */
    uint32_t rows, columns;   /* 0..FEATURE_ROWS_MAX, 1..FEATURES_MAX */
};

/* Some of the rows, such as those of before an instant. */
struct sample {
    const uint32_t *rows; /* ascending; NULL: the first `count` of all */
    uint32_t count;
};

static inline uint32_t sample_row(struct sample s, uint32_t i)
{
    return s.rows == NULL ? i : s.rows[i];
}

static inline const float *features_row(const struct features *f, uint32_t row)
{
    return f->values + (size_t)row * f->columns;
}

/* INVALID: too few or too many columns, a name that is empty, too long or there twice, a value of the sample that is infinite (which, the words say); a row that
 * isn't there. Costs a look at each value. */
fallible features_check(const struct features *f, struct sample s, struct err *e);

/* A feature that tells the labels by itself: known only after the outcome, most likely, and no help before it. */
struct leak {
    uint32_t column;
    bool is_presence; /* not its value tells, but whether there is one */
    double auc;       /* of the feature alone as a score, or of its negative, whichever is more: 0.5 .. 1 */
};
/* Those with `auc_min` (0.5 .. 1, such as 0.98) or more, the strongest first; `out` has room for all columns. A value is judged by the rows that have it, if
 * there are LEAK_ROWS_MIN of either label. FULL: no memory for 16 bytes a row of the sample. CANCELLED. Costs a sort of the sample for each column. */
#define LEAK_ROWS_MIN 20u
struct leak_ask {
    const struct features *features;
    const uint8_t *labels; /* of all rows: 0 or 1 */
    struct sample sample;
    double auc_min;
    struct effort *effort;
};
fallible leaks_find(const struct leak_ask *ask, struct leak *out, uint32_t *out_count, struct err *e);

/* How a feature was spread: about ten bins of about as many rows each, but a value that a tenth or more have is a bin of its own; and those without a value. */
#define FEATURE_CUTS_MAX 19u
struct feature_bins {
    uint32_t cut_count;
    float cuts[FEATURE_CUTS_MAX];          /* ascending; bin i holds what is above cut i - 1, and not above cut i */
    uint32_t counts[FEATURE_CUTS_MAX + 2]; /* rows in each of cut_count + 1 bins; then those without a value */
};
/* Of every column; `out` has room for all. FULL: no memory for 4 bytes a row of the sample. CANCELLED. */
fallible feature_bins_take(const struct features *f, struct sample s, struct effort *effort, struct feature_bins *out, struct err *e);

/* The population stability index of a column against how it was: the sum over bins of (now - then) ln(now / then) of the shares, where half a row is added to each
 * bin, so that an empty one doesn't make it infinite (N. Siddiqi, Credit Risk Scorecards, 2006). */
double feature_drift(const struct feature_bins *then, const struct features *f, struct sample s, uint32_t column);

/* Siddiqi's rule of thumb: below 0.1 nothing, up to 0.25 something, above it too much for a model to be believed. */
enum drift { DRIFT_NONE, DRIFT_SOME, DRIFT_MUCH };
static inline enum drift drift_of(double index)
{
    return index < 0.1 ? DRIFT_NONE : index <= 0.25 ? DRIFT_SOME : DRIFT_MUCH;
}
