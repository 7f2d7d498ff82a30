/* An answer as a table for a terminal: a row as it came, or cohorts as a matrix. */
#include <inttypes.h>
#include <string.h>

#include "app/app.h"
#include "app/verbs/answer.h"
#include "app/verbs/show.h"

#define CELL_COLUMNS_MAX 32u
#define COLUMNS_APART 2u

/* What is shown, as texts, row by row. The first `keys` columns say what a row is of. */
struct sheet {
    struct arena *arena;
    size_t columns, rows, keys;
    struct bytes *titles, *cells;
    bool *right;
};

/* A column of the answer, in the terminal's language, and where it stands in a row. */
struct source {
    struct json column;
    size_t place;
};
struct sources {
    size_t count, keys;
    struct source *list;
};

static void sheet_init(struct sheet *s, struct arena *a, size_t columns, size_t rows)
{
    *s = (struct sheet){.arena = a,
                        .titles = ARENA_ARRAY(a, struct bytes, columns + 1),
                        .cells = ARENA_ARRAY(a, struct bytes, columns * rows + 1),
                        .right = ARENA_ARRAY(a, bool, columns + 1)};
    s->columns = columns;
}

static bool is_key(enum cell_kind kind)
{
    return kind == CELL_KIND_TEXT || kind == CELL_KIND_TIME;
}

/* From the left: texts and times, and numbers right before one, such as a step's before its event. */
static size_t keys_count(const struct sources *s)
{
    size_t keys = 0;
    for (size_t i = 0; i < s->count; i++)
        if (is_key(answer_kind(s->list[i].column)) && i <= keys + 1)
            keys = i + 1;
    return keys;
}

static struct sources sources_of(struct json answer, struct arena *a)
{
    struct json columns = member(answer, "columns"), column;
    struct sources s = {.list = ARENA_ARRAY(a, struct source, json_count(columns) + 1)};
    size_t place = 0;
    for (struct json_walk w = json_items(columns); json_item_next(&w, &column); place++)
        if (!answer_is_other_language(columns, column))
            s.list[s.count++] = (struct source){column, place};
    s.keys = keys_count(&s);
    return s;
}

static struct json cell_at(struct json row, size_t place)
{
    struct json cell = JSON_NOTHING;
    struct json_walk w = json_items(row);
    for (size_t i = 0; i <= place; i++)
        if (!json_item_next(&w, &cell))
            return JSON_NOTHING;
    return cell;
}

static const struct source *source_named(const struct sources *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (bytes_equal(text_of(s->list[i].column, "name"), bytes_of_text(name)))
            return &s->list[i];
    return NULL;
}

static void column_put(struct sheet *s, size_t at, const struct source *of)
{
    s->titles[at] = answer_title(of->column);
    s->right[at] = !is_key(answer_kind(of->column));
}

static struct bytes *cell_of(const struct sheet *s, size_t row, size_t column)
{
    return &s->cells[row * s->columns + column];
}

/* --- rows as they came --- */

static struct bytes plain_cell(struct json answer, const struct source *from, struct json cell, struct arena *a)
{
    struct bytes text = answer_label(answer, from->column, cell, a);
    return answer_is_incomplete(answer, from->column, cell) ? bytes_of_text(arena_printf(a, "%.*s*", BYTES_ARG(text))) : text;
}

static void sheet_plain(struct sheet *s, struct json answer, const struct sources *from, struct arena *a)
{
    struct json rows = member(answer, "rows"), row;
    sheet_init(s, a, from->count, json_count(rows));
    s->keys = from->keys > 0 ? from->keys : from->count > 0;
    for (size_t i = 0; i < from->count; i++)
        column_put(s, i, &from->list[i]);
    for (struct json_walk w = json_items(rows); json_item_next(&w, &row); s->rows++)
        for (size_t i = 0; i < from->count; i++)
            *cell_of(s, s->rows, i) = plain_cell(answer, &from->list[i], cell_at(row, from->list[i].place), a);
}

/* --- a matrix --- */

/* Nothing where a period hasn't begun, and marked where it isn't over. */
static struct bytes period_cell(enum cell_kind kind, struct json cell, bool is_over, struct arena *a)
{
    if (json_is(cell, JSON_NULL) || json_is(cell, JSON_ABSENT))
        return BYTES_NONE;
    struct bytes text = answer_cell(kind, cell, a);
    return is_over ? text : bytes_of_text(arena_printf(a, "%.*s*", BYTES_ARG(text)));
}

/* Cohorts whose periods are columns already: those after "complete_periods". */
static void sheet_cohorts(struct sheet *s, struct json answer, const struct sources *from, struct arena *a)
{
    const struct source *complete = source_named(from, "complete_periods");
    size_t front = (size_t)(complete - from->list);
    struct json rows = member(answer, "rows"), row;
    sheet_init(s, a, from->count - 1, json_count(rows));
    s->keys = front;
    for (size_t i = 0; i < s->columns; i++)
        column_put(s, i, &from->list[i + (i >= front)]);
    for (struct json_walk w = json_items(rows); json_item_next(&w, &row); s->rows++) {
        uint64_t over = 0;
        (void)json_uint64(cell_at(row, complete->place), &over);
        for (size_t i = 0; i < s->columns; i++) {
            const struct source *of = &from->list[i + (i >= front)];
            struct json cell = cell_at(row, of->place);
            *cell_of(s, s->rows, i) = i < front ? answer_label(answer, of->column, cell, a)
                                                : period_cell(answer_kind(of->column), cell, i - front < over, a);
        }
    }
}

/* What tells cohorts apart: the columns in front of "period". */
static bool is_same_cohort(struct json a, struct json b, size_t front)
{
    for (size_t i = 0; i < front; i++)
        if (!bytes_equal(json_raw(cell_at(a, i)), json_raw(cell_at(b, i))))
            return false;
    return true;
}

/* The place of a period's column, which are in the order in which they come. */
static size_t period_place(struct sheet *s, size_t front, struct bytes title)
{
    for (size_t i = front; i < s->columns; i++)
        if (s->titles[i].data == NULL || bytes_equal(s->titles[i], title)) {
            s->titles[i] = title;
            s->right[i] = true;
            return i;
        }
    return s->columns;
}

static size_t periods_count(struct json rows, const struct source *period)
{
    size_t most = 0, count = 0;
    struct json row, before = JSON_NOTHING;
    for (struct json_walk w = json_items(rows); json_item_next(&w, &row); before = row) {
        count = !json_is(before, JSON_ABSENT) && is_same_cohort(row, before, period->place) ? count + 1 : 1;
        most = count > most ? count : most;
    }
    return most;
}

static void cohort_begin(struct sheet *s, struct json answer, const struct sources *from, struct json row)
{
    for (size_t i = 0; i < s->keys; i++)
        *cell_of(s, s->rows, i) = answer_label(answer, from->list[i].column, cell_at(row, from->list[i].place),
                                               s->arena);
    s->rows++;
}

/* Cohorts of whose cells each has a row: what is shown is the share, or else what each is worth. */
static void sheet_pivot(struct sheet *s, struct json answer, const struct sources *from, struct arena *a)
{
    const struct source *period = source_named(from, "period"), *rate = source_named(from, "rate"),
                        *value = rate != NULL ? rate : source_named(from, "per_person"),
                        *complete = source_named(from, "is_complete");
    size_t front = (size_t)(period - from->list);
    struct json rows = member(answer, "rows"), row, before = JSON_NOTHING;
    sheet_init(s, a, front + periods_count(rows, period), json_count(rows));
    s->keys = front;
    for (size_t i = 0; i < front; i++)
        column_put(s, i, &from->list[i]);
    for (struct json_walk w = json_items(rows); json_item_next(&w, &row); before = row) {
        if (json_is(before, JSON_ABSENT) || !is_same_cohort(row, before, period->place))
            cohort_begin(s, answer, from, row);
        size_t place = period_place(s, front, json_string(cell_at(row, period->place)));
        if (place < s->columns)
            *cell_of(s, s->rows - 1, place) = period_cell(answer_kind(value->column), cell_at(row, value->place),
                                                          !json_is(cell_at(row, complete->place), JSON_FALSE), a);
    }
}

static bool is_pivot(const struct sources *s)
{
    return source_named(s, "cohort") != NULL && source_named(s, "period") != NULL &&
           source_named(s, "is_complete") != NULL &&
           (source_named(s, "rate") != NULL || source_named(s, "per_person") != NULL);
}

/* --- printing it --- */

static size_t width_of(const struct sheet *s, size_t column)
{
    size_t width = text_columns(s->titles[column]);
    for (size_t i = 0; i < s->rows; i++) {
        size_t own = text_columns(*cell_of(s, i, column));
        width = own > width ? own : width;
    }
    return width < CELL_COLUMNS_MAX ? width : CELL_COLUMNS_MAX;
}

/* Up to the last column with anything in it: periods that none has begun aren't shown. */
static size_t columns_filled(const struct sheet *s)
{
    for (size_t i = s->columns; i > s->keys; i--)
        for (size_t k = 0; k < s->rows; k++)
            if (cell_of(s, k, i - 1)->size > 0)
                return i;
    return s->keys;
}

/* Those from the left whose widest cells fit side by side; the keys always. */
static size_t columns_fitting(const struct sheet *s, size_t filled, size_t columns_max)
{
    size_t taken = 0, count = 0;
    for (; count < filled && count < GRID_COLUMNS_MAX; count++) {
        taken += width_of(s, count) + COLUMNS_APART;
        if (count >= s->keys && taken > columns_max + COLUMNS_APART)
            break;
    }
    return count;
}

static void left_out_show(const struct sheet *s, size_t from, size_t filled, FILE *out)
{
    if (from == filled)
        return;
    fprintf(out, "%s", either("Too wide to be shown: ", "放不下的列:"));
    for (size_t i = from; i < filled; i++)
        fprintf(out, "%s%.*s", i == from ? "" : either(", ", "、"), BYTES_ARG(s->titles[i]));
    fprintf(out, "%s\n",
            either(". A wider terminal, --csv or --json shows all.", "。请加宽终端,或用 --csv、--json 查看。"));
}

static void sheet_print(const struct sheet *s, size_t columns_max, FILE *out)
{
    size_t filled = columns_filled(s), shown = columns_fitting(s, filled, columns_max);
    struct grid g;
    grid_init(&g, s->arena, shown);
    g.headed = true;
    g.columns_max = CELL_COLUMNS_MAX;
    memcpy(g.right, s->right, shown * sizeof *g.right);
    grid_add(&g, s->titles);
    for (size_t i = 0; i < s->rows; i++)
        grid_add(&g, cell_of(s, i, 0));
    grid_print(&g, out);
    left_out_show(s, shown, filled, out);
}

static void marks_show(const struct sheet *s, FILE *out)
{
    for (size_t i = 0; i < s->rows * s->columns; i++)
        if (s->cells[i].size > 0 && s->cells[i].data[s->cells[i].size - 1] == '*') {
            fprintf(out, "%s\n", either("* not over yet", "* 周期尚未结束"));
            return;
        }
}

/* Under the table: what it stands on. */
static void footing_show(struct json answer, FILE *out)
{
    char events[GROUPED_BYTES], subjects[GROUPED_BYTES];
    fprintf(out,
            either("\n%s events of %s, as of log position %" PRIu64 ".\n",
                   "\n共 %s 个事件,涉及 %s 个主体,截至日志位点 %" PRIu64 "。\n"),
            grouped(number_in(answer, "events"), events), grouped(number_in(answer, "subjects"), subjects),
            number_in(answer, "as_of"));
}

void show_answer(struct json answer, size_t columns_max, struct arena *a, FILE *out)
{
    struct sources from = sources_of(answer, a);
    struct sheet s;
    bool is_matrix = is_pivot(&from) || source_named(&from, "complete_periods") != NULL;
    if (is_pivot(&from))
        sheet_pivot(&s, answer, &from, a);
    else if (is_matrix)
        sheet_cohorts(&s, answer, &from, a);
    else
        sheet_plain(&s, answer, &from, a);
    if (s.columns > 0 && s.rows > 0)
        sheet_print(&s, columns_max, out);
    else
        fprintf(out, "%s\n", either("Nothing.", "没有数据。"));
    if (is_matrix)
        marks_show(&s, out);
    else if (json_count(member(answer, "incomplete")) > 0)
        fprintf(out, "%s\n", either("* cut by the range, or not over yet", "* 被范围截断,或尚未结束"));
    show_answer_card(answer, a, out);
    if (!json_is(member(answer, "as_of"), JSON_ABSENT)) /* else it isn't about events */
        footing_show(answer, out);
}
