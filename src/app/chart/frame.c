#include "app/chart/frame.h"

#include <math.h>

#include "app/verbs/show.h"

/* The columns in the terminal's language, and where each stands in a row. */
static size_t columns_take(struct frame *f, struct json columns, size_t *out_places)
{
    struct json column;
    size_t place = 0, count = 0;
    for (struct json_walk w = json_items(columns); json_item_next(&w, &column); place++) {
        if (answer_is_other_language(columns, column))
            continue;
        out_places[count] = place;
        f->columns[count++] = column;
    }
    return count;
}

static void row_take(struct frame *f, struct json row, const size_t *places, struct json *out_cells)
{
    struct json_walk w = json_items(row);
    size_t place = 0;
    for (size_t k = 0; k < f->column_count; k++) {
        struct json cell = JSON_NOTHING;
        for (bool more = true; more && place <= places[k]; place++)
            more = json_item_next(&w, &cell);
        out_cells[k] = place == places[k] + 1 ? cell : JSON_NOTHING;
    }
}

fallible frame_open(struct frame *f, struct json answer, struct arena *a, struct err *e)
{
    struct json columns = member(answer, "columns"), rows = member(answer, "rows"), row;
    size_t all = json_count(columns), at = 0, *places = ARENA_ARRAY(a, size_t, all + 1);
    *f = (struct frame){
        .arena = a, .root = answer, .row_count = json_count(rows), .columns = ARENA_ARRAY(a, struct json, all + 1)};
    f->column_count = columns_take(f, columns, places);
    if (f->column_count == 0)
        return FAIL(e, INVALID, "%s", either("the answer has no columns to draw", "答案没有可绘制的列"));
    f->cells = ARENA_ARRAY(a, struct json, f->column_count * f->row_count + 1);
    for (struct json_walk w = json_items(rows); json_item_next(&w, &row); at++)
        row_take(f, row, places, &f->cells[at * f->column_count]);
    return DONE;
}

size_t frame_column(const struct frame *f, const char *name)
{
    for (size_t i = 0; i < f->column_count; i++)
        if (bytes_equal(text_of(f->columns[i], "name"), bytes_of_text(name)))
            return i;
    return FRAME_NONE;
}

size_t frame_column_of(const struct frame *f, enum cell_kind kind, size_t from)
{
    while (from < f->column_count && answer_kind(f->columns[from]) != kind)
        from++;
    return from < f->column_count ? from : FRAME_NONE;
}

size_t frame_value(const struct frame *f)
{
    for (size_t i = 0; i < f->column_count; i++) {
        enum cell_kind kind = answer_kind(f->columns[i]);
        if (kind == CELL_KIND_NUMBER || kind == CELL_KIND_SHARE || kind == CELL_KIND_MONEY ||
            kind == CELL_KIND_SECONDS)
            return i;
    }
    return FRAME_NONE;
}

static struct bytes frame_title(const struct frame *f, size_t column)
{
    return answer_title(f->columns[column]);
}

static struct json cell_at(const struct frame *f, size_t row, size_t column)
{
    assert(row < f->row_count && column < f->column_count);
    return f->cells[row * f->column_count + column];
}

struct bytes frame_label(const struct frame *f, size_t row, size_t column)
{
    return answer_label(f->root, f->columns[column], cell_at(f, row, column), f->arena);
}

double frame_number(const struct frame *f, size_t row, size_t column)
{
    double x;
    return json_double(cell_at(f, row, column), &x) ? x : (double)NAN;
}

struct bytes frame_shown(const struct frame *f, size_t column, double x)
{
    return isnan(x) ? BYTES_LIT("–") : answer_number(answer_kind(f->columns[column]), x, f->arena);
}

/* --- matrices --- */

/* The place of a label among those that there are; one that is new goes to the end. */
static size_t label_place(struct bytes *labels, size_t *io_count, struct bytes label)
{
    for (size_t i = *io_count; i > 0; i--) /* rows of one label mostly follow each other */
        if (bytes_equal(labels[i - 1], label))
            return i - 1;
    labels[*io_count] = label;
    return (*io_count)++;
}

static double *values_none(struct arena *a, size_t count)
{
    double *values = ARENA_ARRAY(a, double, count + 1);
    for (size_t i = 0; i < count; i++)
        values[i] = (double)NAN;
    return values;
}

/* With the texts that stand in front, such as the values of a breakdown, so that groups are told apart; of those that are empty nothing. */
static struct bytes row_label(const struct frame *f, size_t row, size_t column)
{
    struct bytes label = frame_label(f, row, column);
    for (size_t k = column; k > 0; k--)
        if (answer_kind(f->columns[k - 1]) == CELL_KIND_TEXT) {
            struct bytes front = frame_label(f, row, k - 1);
            const char *apart = front.size > 0 && label.size > 0 ? " · " : "";
            label = bytes_of_text(arena_printf(f->arena, "%.*s%s%.*s", BYTES_ARG(front), apart, BYTES_ARG(label)));
        }
    return label;
}

/* Counts and sums of one place add up; of others the last one holds. */
static void value_put(const struct frame *f, double *io_value, size_t column, double x)
{
    bool adds = answer_kind(f->columns[column]) == CELL_KIND_NUMBER ||
                answer_kind(f->columns[column]) == CELL_KIND_MONEY;
    *io_value = adds && !isnan(*io_value) && !isnan(x) ? *io_value + x : x;
}

struct matrix matrix_pivot(const struct frame *f, size_t row, size_t column, size_t value)
{
    struct bytes down = frame_title(f, row), across = frame_title(f, column);
    struct matrix m = {
        .of = value,
        .corner = bytes_of_text(arena_printf(f->arena, "%.*s / %.*s", BYTES_ARG(down), BYTES_ARG(across)))};
    size_t *places = ARENA_ARRAY(f->arena, size_t, 2 * f->row_count + 1), complete = frame_column(f, "is_complete");
    m.rows = ARENA_ARRAY(f->arena, struct bytes, f->row_count + 1);
    m.columns = ARENA_ARRAY(f->arena, struct bytes, f->row_count + 1);
    for (size_t i = 0; i < f->row_count; i++) {
        places[2 * i] = label_place(m.rows, &m.row_count, row_label(f, i, row));
        places[2 * i + 1] = label_place(m.columns, &m.column_count, frame_label(f, i, column));
    }
    m.values = values_none(f->arena, m.row_count * m.column_count);
    m.are_open = ARENA_ARRAY(f->arena, bool, m.row_count *m.column_count + 1);
    for (size_t i = 0; i < f->row_count; i++) {
        size_t at = places[2 * i] * m.column_count + places[2 * i + 1];
        value_put(f, &m.values[at], value, frame_number(f, i, value));
        m.are_open[at] = (complete != FRAME_NONE && json_is(cell_at(f, i, complete), JSON_FALSE)) ||
                         answer_is_incomplete(f->root, f->columns[column], cell_at(f, i, column));
    }
    return m;
}

struct matrix matrix_columns(const struct frame *f, size_t label, const size_t *columns, size_t count)
{
    struct matrix m = {.row_count = count, .column_count = f->row_count, .of = columns[0]};
    m.rows = ARENA_ARRAY(f->arena, struct bytes, count + 1);
    m.columns = ARENA_ARRAY(f->arena, struct bytes, f->row_count + 1);
    m.values = values_none(f->arena, count * f->row_count);
    m.are_open = ARENA_ARRAY(f->arena, bool, count *f->row_count + 1);
    for (size_t i = 0; i < count; i++) {
        m.rows[i] = frame_title(f, columns[i]);
        for (size_t k = 0; k < f->row_count; k++) {
            m.values[i * f->row_count + k] = frame_number(f, k, columns[i]);
            m.are_open[i * f->row_count + k] = answer_is_incomplete(f->root, f->columns[label], cell_at(f, k, label));
        }
    }
    for (size_t k = 0; k < f->row_count; k++)
        m.columns[k] = row_label(f, k, label);
    return m;
}

bool matrix_is_open(const struct matrix *m)
{
    for (size_t i = 0; m->are_open != NULL && i < m->row_count * m->column_count; i++)
        if (m->are_open[i])
            return true;
    return false;
}

double matrix_at(const struct matrix *m, size_t row, size_t column)
{
    return m->values[row * m->column_count + column];
}

double matrix_most(const struct matrix *m)
{
    double most = 0;
    for (size_t i = 0; i < m->row_count * m->column_count; i++)
        most = m->values[i] > most ? m->values[i] : most; /* never of NAN */
    return most;
}

double matrix_least(const struct matrix *m)
{
    double least = 0;
    for (size_t i = 0; i < m->row_count * m->column_count; i++)
        least = m->values[i] < least ? m->values[i] : least;
    return least;
}
