#include "lib/features.h"

#include <stdlib.h>
#include <string.h>

#include "lib/scores.h"

static fallible names_check(const struct features *f, struct err *e)
{
    for (uint32_t i = 0; i < f->columns; i++) {
        size_t size = strnlen(f->names[i], FEATURE_NAME_BYTES_MAX + 1);
        if (size == 0 || size > FEATURE_NAME_BYTES_MAX)
            return FAIL(e, INVALID, "the name of feature %u has %s", i + 1, size == 0 ? "no bytes" : "too many bytes");
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(f->names[i], f->names[j]) == 0)
                return FAIL(e, INVALID, "the feature %s is there twice", f->names[i]);
    }
    return DONE;
}

fallible features_check(const struct features *f, struct sample s, struct err *e)
{
    if (f->columns == 0 || f->columns > FEATURES_MAX)
        return FAIL(e, INVALID, "%u features; it takes 1 to %u", f->columns, FEATURES_MAX);
    if (f->rows > FEATURE_ROWS_MAX)
        return FAIL(e, INVALID, "%u rows of features; at most %u", f->rows, FEATURE_ROWS_MAX);
    TRY(names_check(f, e));
    for (uint32_t i = 0; i < s.count; i++) {
        uint32_t row = sample_row(s, i);
        if (row >= f->rows)
            return FAIL(e, INVALID, "row %u of %u rows of features", row, f->rows);
        const float *values = features_row(f, row);
        for (uint32_t c = 0; c < f->columns; c++)
            if (isinf(values[c]))
                return FAIL(e, INVALID, "the feature %s is infinite in row %u", f->names[c], row);
    }
    return DONE;
}

/* Rows of either label, and those of them that have a value. */
struct presence {
    uint32_t all[2], there[2];
};

static struct presence column_rank(const struct leak_ask *ask, uint32_t column, struct ranked *out)
{
    struct presence p = {0};
    for (uint32_t i = 0; i < ask->sample.count; i++) {
        uint32_t row = sample_row(ask->sample, i);
        float value = features_row(ask->features, row)[column];
        uint8_t label = ask->labels[row];
        assert(label <= 1);
        p.all[label]++;
        if (!isnan(value)) {
            p.there[label]++;
            *out++ = (struct ranked){value, row, label == 1};
        }
    }
    return p;
}

static struct leak column_leak(const struct leak_ask *ask, uint32_t column, struct ranked *room)
{
    struct leak l = {.column = column, .auc = 0.5};
    struct presence p = column_rank(ask, column, room);
    if (p.there[0] >= LEAK_ROWS_MIN && p.there[1] >= LEAK_ROWS_MIN) {
        uint32_t count = p.there[0] + p.there[1];
        ranked_sort(room, count);
        l.auc = 0.5 + fabs(ranked_auc(room, count) - 0.5);
    }
    if (p.all[0] >= LEAK_ROWS_MIN && p.all[1] >= LEAK_ROWS_MIN) {
        double presence = 0.5 + fabs((double)p.there[1] / p.all[1] - (double)p.there[0] / p.all[0]) / 2;
        l.is_presence = presence > l.auc;
        l.auc = fmax(l.auc, presence);
    }
    return l;
}

static int leak_order(const void *a, const void *b)
{
    const struct leak *x = a, *y = b;
    if (x->auc != y->auc)
        return x->auc > y->auc ? -1 : 1;
    return x->column < y->column ? -1 : 1;
}

fallible leaks_find(const struct leak_ask *ask, struct leak *out, uint32_t *out_count, struct err *e)
{
    const struct features *f = ask->features;
    uint32_t found = 0;
    size_t bytes = ((size_t)ask->sample.count + 1) * sizeof(struct ranked);
    assert(ask->auc_min >= 0.5 && ask->auc_min <= 1);
    TRY(effort_step(ask->effort, 0, bytes, e));
    struct ranked *room = malloc(bytes);
    if (room == NULL)
        return FAIL(e, FULL, "no memory to rank %u rows", ask->sample.count);
    struct status status = DONE;
    for (uint32_t c = 0; c < f->columns && done(status); c++) {
        struct leak l = column_leak(ask, c, room);
        if (l.auc >= ask->auc_min)
            out[found++] = l;
        status = effort_step(ask->effort, (double)(c + 1) / f->columns, 0, e);
    }
    free(room);
    TRY(status);
    qsort(out, found, sizeof *out, leak_order);
    *out_count = found;
    return DONE;
}

static int float_order(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

static void bin_end(struct feature_bins *b, float cut)
{
    assert(b->cut_count < FEATURE_CUTS_MAX);
    b->cuts[b->cut_count++] = cut;
}

/* Bins of sorted values: each ends where it has a tenth of the rows, or before a value that has a tenth by itself. */
static void bins_cut(const float *sorted, uint32_t count, struct feature_bins *b)
{
    uint32_t until;
    for (uint32_t from = 0; from < count; from = until) {
        for (until = from + 1; until < count && sorted[until] == sorted[from];)
            until++;
        bool is_lump = (uint64_t)(until - from) * 10 >= count;
        if (is_lump && b->counts[b->cut_count] > 0)
            bin_end(b, sorted[from - 1]);
        b->counts[b->cut_count] += until - from;
        if ((uint64_t)b->counts[b->cut_count] * 10 >= count && until < count)
            bin_end(b, sorted[from]);
    }
}

static void column_bins(const struct features *f, struct sample s, uint32_t column, float *room, struct feature_bins *out)
{
    uint32_t count = 0;
    *out = (struct feature_bins){0};
    for (uint32_t i = 0; i < s.count; i++) {
        float value = features_row(f, sample_row(s, i))[column];
        if (!isnan(value))
            room[count++] = value;
    }
    qsort(room, count, sizeof *room, float_order);
    bins_cut(room, count, out);
    out->counts[out->cut_count + 1] = s.count - count;
}

fallible feature_bins_take(const struct features *f, struct sample s, struct effort *effort, struct feature_bins *out, struct err *e)
{
    size_t bytes = ((size_t)s.count + 1) * sizeof(float);
    TRY(effort_step(effort, 0, bytes, e));
    float *room = malloc(bytes);
    if (room == NULL)
        return FAIL(e, FULL, "no memory to sort %u values", s.count);
    struct status status = DONE;
    for (uint32_t c = 0; c < f->columns && done(status); c++) {
        column_bins(f, s, c, room, &out[c]);
        status = effort_step(effort, (double)(c + 1) / f->columns, 0, e);
    }
    free(room);
    return status;
}

static uint32_t bin_of(const struct feature_bins *b, float value)
{
    uint32_t bin = 0;
    if (isnan(value))
        return b->cut_count + 1;
    while (bin < b->cut_count && value > b->cuts[bin])
        bin++;
    return bin;
}

double feature_drift(const struct feature_bins *then, const struct features *f, struct sample s, uint32_t column)
{
    uint32_t now[FEATURE_CUTS_MAX + 2] = {0}, bins = then->cut_count + 2;
    uint64_t all_then = 0;
    double index = 0;
    assert(column < f->columns && then->cut_count <= FEATURE_CUTS_MAX);
    for (uint32_t i = 0; i < s.count; i++)
        now[bin_of(then, features_row(f, sample_row(s, i))[column])]++;
    for (uint32_t i = 0; i < bins; i++)
        all_then += then->counts[i];
    for (uint32_t i = 0; i < bins; i++) {
        double share_now = (now[i] + 0.5) / (s.count + 0.5 * bins);
        double share_then = (then->counts[i] + 0.5) / ((double)all_then + 0.5 * bins);
        index += (share_now - share_then) * log(share_now / share_then);
    }
    return index;
}
