#include "app/chart/chart.h"

#include <string.h>

#include "app/app.h"
#include "app/chart/pictures.h"
#include "app/verbs/show.h"

#define ARENA_BYTES (64u << 10)

#define VALUES_MAX 4u

/* What is drawn of a kind of question, by the names of its columns. Where one isn't there, what the columns hold decides. */
enum picture { PICTURE_LINES, PICTURE_STACK, PICTURE_BARS, PICTURE_HEAT, PICTURE_FUNNEL, PICTURE_SANKEY };
struct chart_rule {
    const char *kind;
    const char *en, *zh; /* the title */
    enum picture picture;
    const char *row, *column; /* labels */
    const char *values
        [VALUES_MAX]; /* all of these, if more than one is there; else the first with all behind it that hold the same */
    const char *after; /* instead: the one behind this */
};
static const struct chart_rule rules[] = {
    {"funnel", "Funnel", "转化漏斗", PICTURE_FUNNEL, "step", "event", {"count"}, NULL},
    {"retention", "Retention", "留存", PICTURE_HEAT, "cohort", "period", {"rate", "per_person"}, NULL},
    {"cohort", "Cohorts", "同期群", PICTURE_HEAT, "cohort", NULL, {"period_0"}, NULL},
    {"ltv", "Value over time", "累计价值", PICTURE_HEAT, "cohort", NULL, {"period_0"}, NULL},
    {"rfm", "RFM", "RFM 分布", PICTURE_HEAT, "r", "f", {"people"}, NULL},
    {"stickiness", "Stickiness", "黏性", PICTURE_HEAT, "interval", "active_units", {"share", "dau"}, NULL},
    {"lifecycle",
     "Life cycle",
     "生命周期",
     PICTURE_STACK,
     "unit",
     NULL,
     {"new", "returning", "resurrecting", "dormant"},
     NULL},
    {"path", "Paths", "行为路径", PICTURE_SANKEY, "from", "to", {"count"}, NULL},
    {"trend", "Trend", "趋势", PICTURE_LINES, NULL, "unit", {NULL}, NULL},
    {"sessions", "Sessions", "访问会话", PICTURE_LINES, NULL, "unit", {"sessions", "people"}, NULL},
    {"survival", "Survival", "生存曲线", PICTURE_LINES, NULL, "periods", {"share", "low", "high"}, NULL},
    {"wallet", "Share of wallet", "钱包份额", PICTURE_BARS, NULL, NULL, {"share"}, NULL},
    {"attribution", "Attribution", "归因", PICTURE_BARS, "channel", NULL, {NULL}, "converted"},
    {"reach", "Reach by channel", "各渠道可触达人数", PICTURE_BARS, NULL, NULL, {"reachable"}, NULL},
    {"overlap", "Overlap", "人群重叠", PICTURE_HEAT, "set", "with", {"jaccard"}, NULL},
    {"portrait", "What stands out: times as many, at least", "突出特征(提升倍数下限)", PICTURE_BARS, NULL, NULL, {"lift_low"}, NULL},
    {"growth", "People over time", "人数变化", PICTURE_LINES, NULL, "day", {"size", "entered", "left"}, NULL},
    {"health", "Coverage", "覆盖率", PICTURE_BARS, NULL, NULL, {"coverage"}, NULL},
    {"predict", "Lift by tenths", "十分位提升倍数", PICTURE_BARS, NULL, NULL, {"lift"}, NULL},
    {"predict_calibration", "Scores and what came", "评分与实际", PICTURE_LINES, NULL, "score", {"rate", "rate_low", "rate_high"}, NULL},
    {"predict_features", "What it goes by", "特征影响力", PICTURE_BARS, NULL, NULL, {"weight"}, NULL},
    {"score", "Scores", "评分", PICTURE_BARS, NULL, NULL, {"score"}, NULL},
    {"distribution", "Distribution", "分布", PICTURE_BARS, "from", NULL, {"count"}, NULL},
};

static const struct chart_rule *rule_of(struct bytes kind)
{
    static const struct chart_rule any = {"", "Answer", "查询结果", PICTURE_BARS, NULL, NULL, {NULL}, NULL};
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (bytes_equal(bytes_of_text(rules[i].kind), kind))
            return &rules[i];
    return &any;
}

/* --- the columns that a picture is of --- */

struct choice {
    size_t row, column, value; /* FRAME_NONE: there is none */
    size_t breakdown;          /* the last text in front of the value: what rows are told apart by */
};

/* Of a column in both languages the one that the terminal reads. */
static size_t column_named(const struct frame *f, const char *name)
{
    if (name == NULL)
        return FRAME_NONE;
    size_t column = frame_column(f, name);
    return column != FRAME_NONE ? column : frame_column(f, arena_printf(f->arena, "%s_zh", name));
}

static size_t value_choose(const struct frame *f, const struct chart_rule *rule)
{
    size_t after = column_named(f, rule->after);
    if (after != FRAME_NONE && after + 1 < f->column_count)
        return after + 1;
    for (size_t i = 0; i < VALUES_MAX; i++) {
        size_t named = column_named(f, rule->values[i]);
        if (named != FRAME_NONE)
            return named;
    }
    return frame_value(f);
}

static struct choice choice_of(const struct frame *f, const struct chart_rule *rule)
{
    struct choice c = {column_named(f, rule->row), column_named(f, rule->column), value_choose(f, rule), FRAME_NONE};
    for (size_t i = 0; i < c.value; i++)
        if (answer_kind(f->columns[i]) == CELL_KIND_TEXT)
            c.breakdown = i;
    return c;
}

/* --- what they make --- */

/* All columns from `like` on that read as it does. */
static struct matrix matrix_alike(const struct frame *f, size_t label, size_t like)
{
    size_t *columns = ARENA_ARRAY(f->arena, size_t, f->column_count), count = 0;
    for (size_t i = like; i < f->column_count && count < HEAT_COLUMNS_MAX; i++)
        if (i != label && answer_kind(f->columns[i]) == answer_kind(f->columns[like]))
            columns[count++] = i;
    return matrix_columns(f, label, columns, count);
}

static struct matrix matrix_turned(const struct frame *f, const struct matrix *m)
{
    struct matrix t = {.row_count = m->column_count,
                       .column_count = m->row_count,
                       .rows = m->columns,
                       .columns = m->rows,
                       .of = m->of};
    t.values = ARENA_ARRAY(f->arena, double, m->row_count * m->column_count + 1);
    for (size_t i = 0; i < m->row_count; i++)
        for (size_t k = 0; k < m->column_count; k++)
            t.values[k * m->row_count + i] = matrix_at(m, i, k);
    return t;
}

/* The columns that the rule names, if there is more than one of them; else all alike. */
static struct matrix matrix_named(const struct frame *f, const struct chart_rule *rule, size_t label, size_t like)
{
    size_t columns[VALUES_MAX], count = 0;
    for (size_t i = 0; i < VALUES_MAX; i++)
        if (column_named(f, rule->values[i]) != FRAME_NONE)
            columns[count++] = column_named(f, rule->values[i]);
    return count > 1 ? matrix_columns(f, label, columns, count) : matrix_alike(f, label, like);
}

static void draw_over_time(struct drawing *d, const struct frame *f, const struct chart_rule *rule, struct choice c)
{
    size_t time = c.column != FRAME_NONE ? c.column : frame_column_of(f, CELL_KIND_TIME, 0);
    struct matrix m = c.breakdown != FRAME_NONE && time != FRAME_NONE
                          ? matrix_pivot(f, c.breakdown, time, c.value)
                          : matrix_named(f, rule, time != FRAME_NONE ? time : 0, c.value);
    draw_lines(d, &m);
}

/* What stands in front of the label breaks it down: a group of bars a value. */
static void draw_by_label(struct drawing *d, const struct frame *f, struct choice c)
{
    if (c.row != FRAME_NONE && c.row > 0) {
        struct matrix broken_down = matrix_pivot(f, c.row - 1, c.row, c.value);
        draw_bars(d, &broken_down);
        return;
    }
    size_t label = c.row != FRAME_NONE ? c.row : c.breakdown != FRAME_NONE ? c.breakdown : 0;
    struct matrix m = c.row != FRAME_NONE ? matrix_alike(f, label, c.value) : matrix_columns(f, label, &c.value, 1);
    m = matrix_turned(f, &m);
    draw_bars(d, &m);
}

/* Of another form than its rule is of: over time if it has times, else by label. */
static void draw_plainly(struct drawing *d, const struct frame *f, struct choice c)
{
    static const struct chart_rule plain = {.kind = ""};
    c.row = c.column = FRAME_NONE;
    if (frame_column_of(f, CELL_KIND_TIME, 0) != FRAME_NONE)
        draw_over_time(d, f, &plain, c);
    else
        draw_by_label(d, f, c);
}

static void draw_squares(struct drawing *d, const struct frame *f, const struct chart_rule *rule, struct choice c)
{
    struct matrix m;
    if (c.row == FRAME_NONE || (rule->column != NULL && c.column == FRAME_NONE)) {
        draw_plainly(d, f, c);
        return;
    }
    if (rule->column != NULL) {
        m = matrix_pivot(f, c.row, c.column, c.value);
    } else {
        m = matrix_alike(f, c.row, c.value);
        m = matrix_turned(f, &m);
    }
    if (m.row_count == 1 && rule->column != NULL) {
        m = matrix_turned(f, &m);
        draw_bars(d, &m);
        return;
    }
    draw_heat(d, &m);
}

static void draw_layers(struct drawing *d, const struct frame *f, const struct chart_rule *rule, struct choice c)
{
    if (c.row == FRAME_NONE) {
        draw_plainly(d, f, c);
        return;
    }
    struct matrix m = matrix_named(f, rule, c.row, c.value);
    draw_stack(d, &m);
}

/* Of what has a size: never below nothing. */
static double size_number(const struct frame *f, size_t row, size_t column)
{
    double x = frame_number(f, row, column);
    return x > 0 ? x : 0; /* NAN isn't */
}

/* Of a breakdown the steps of its first group, by whose values the picture is called. */
static void draw_steps(struct drawing *d, const struct frame *f, struct choice c)
{
    struct bytes *names = ARENA_ARRAY(f->arena, struct bytes, f->row_count + 1), value;
    double *counts = ARENA_ARRAY(f->arena, double, f->row_count + 1);
    struct funnel_steps s = {.names = names, .counts = counts, .of = c.value};
    if (c.row == FRAME_NONE || c.column == FRAME_NONE) {
        draw_plainly(d, f, c);
        return;
    }
    for (size_t i = 0; i < f->row_count && (i == 0 || frame_number(f, i, c.row) > frame_number(f, i - 1, c.row)); i++) {
        names[s.count] = frame_label(f, i, c.column);
        counts[s.count++] = size_number(f, i, c.value);
    }
    for (size_t i = s.count; i < f->row_count; i++)
        s.left_out += frame_number(f, i, c.row) <= frame_number(f, i - 1, c.row);
    for (size_t k = 0; k < c.row; k++) {
        value = frame_label(f, 0, k);
        d->title = bytes_of_text(arena_printf(f->arena, "%.*s · %.*s", BYTES_ARG(d->title), BYTES_ARG(value)));
    }
    draw_funnel(d, &s);
}

static void draw_streams(struct drawing *d, const struct frame *f, struct choice c)
{
    struct stream *streams = ARENA_ARRAY(f->arena, struct stream, f->row_count + 1);
    size_t level = frame_column(f, "level"), count = 0;
    if (level == FRAME_NONE || c.row == FRAME_NONE || c.column == FRAME_NONE) {
        draw_plainly(d, f, c);
        return;
    }
    for (size_t i = 0; i < f->row_count; i++) {
        double at = frame_number(f, i, level);
        if (at >= 0 && at < BAND_LEVELS_MAX)
            streams[count++] = (struct stream){(size_t)at, frame_label(f, i, c.row), frame_label(f, i, c.column),
                                               size_number(f, i, c.value)};
    }
    draw_sankey(d, streams, count, c.value);
}

static void picture_draw(struct drawing *d, const struct frame *f, const struct chart_rule *rule)
{
    struct choice c = choice_of(f, rule);
    switch (rule->picture) {
    case PICTURE_LINES:
        draw_over_time(d, f, rule, c);
        break;
    case PICTURE_STACK:
        draw_layers(d, f, rule, c);
        break;
    case PICTURE_BARS:
        draw_by_label(d, f, c);
        break;
    case PICTURE_HEAT:
        draw_squares(d, f, rule, c);
        break;
    case PICTURE_FUNNEL:
        draw_steps(d, f, c);
        break;
    case PICTURE_SANKEY:
        draw_streams(d, f, c);
        break;
    }
}

fallible chart_draw(struct json answer, struct buf *out, struct err *e)
{
    struct arena *a = arena_create(ARENA_BYTES);
    const struct chart_rule *rule = rule_of(text_of(answer, "question"));
    struct frame f;
    struct status status = frame_open(&f, answer, a, e);
    if (done(status) && (f.row_count == 0 || frame_value(&f) == FRAME_NONE))
        status = FAIL(e, INVALID, "%s", either("the answer has nothing to draw", "答案中没有可绘制的数据"));
    if (done(status)) {
        struct drawing d = {.svg = {out, a}, .frame = &f, .title = bytes_of_text(either(rule->en, rule->zh))};
        picture_draw(&d, &f, rule);
    }
    arena_destroy(a);
    if (done(status) && out->overflowed)
        status = FAIL(e, LIMIT, "%s", either("the picture is too large", "图片过大"));
    return status;
}
