#include "app/verbs/audience_look.h"

#include <string.h>

#include "app/app.h"
#include "app/arguments.h"
#include "app/verbs/answer.h"
#include "app/verbs/answer_ask.h"
#include "app/words.h"

#define BAR_CELLS 20u

/* --- what all have --- */

/* A bar of so many cells of BAR_CELLS, an eighth the least that shows. */
static struct bytes bar_text(double share, struct arena *a)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    struct buf text = arena_buf(a, BAR_CELLS * 4u + 4u);
    double eighths_in = (share > 1 ? 1 : share < 0 ? 0 : share) * BAR_CELLS * 8 + 0.5;
    unsigned count = (unsigned)eighths_in;
    for (unsigned i = 0; i < count / 8; i++)
        buf_push_text(&text, "█");
    buf_push_text(&text, eighths[count % 8]);
    return buf_bytes(&text);
}

static struct json row_cell(struct json row, size_t place)
{
    struct json cell = JSON_NOTHING;
    struct json_walk w = json_items(row);
    for (size_t i = 0; i <= place; i++)
        if (!json_item_next(&w, &cell))
            return JSON_NOTHING;
    return cell;
}

static uint64_t count_in(struct json cell)
{
    uint64_t count = 0;
    (void)json_uint64(cell, &count);
    return count;
}

static double share_in(struct json cell)
{
    double share = 0;
    (void)json_double(cell, &share);
    return share;
}

static struct bytes grouped_text(uint64_t count, struct arena *a)
{
    char text[GROUPED_BYTES];
    return arena_copy(a, bytes_of_text(grouped(count, text)));
}

static void path_put(struct errand *d, const char *path, const char *name, const char *what)
{
    errand_path_text(d, path);
    errand_path_text(d, "/");
    url_push(&d->path, bytes_of_text(name));
    errand_path_text(d, what);
}

/* Asks for what these words name, with the options as parameters of the query. */
#define OPTIONS_MAX 4u
static int look(struct errand *d, struct arguments *a, const char *path, const char *what,
                const char *const options[OPTIONS_MAX], errand_show show)
{
    const char *values[OPTIONS_MAX];
    struct answer_presented presented = answer_presented_read(a);
    for (size_t i = 0; i < OPTIONS_MAX; i++)
        values[i] = options[i] == NULL ? NULL : argument_option(a, options[i]);
    (void)argument_next(a); /* the word */
    const char *name = argument_next(a);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    path_put(d, path, name, what);
    for (size_t i = 0; i < OPTIONS_MAX; i++)
        if (options[i] != NULL)
            errand_path_value(d, options[i], values[i]);
    int code = answer_ask(d, "GET");
    return code == EXIT_DONE ? answer_present(d, &presented, show) : code;
}

/* --- reach --- */

#define REACH_REASONS_FROM 4u /* columns: channel in both languages, reachable, share; then reasons */

/* "无同意授权 3,210 · 已撤回 17": those that there are. */
static struct bytes reasons_text(struct json columns, struct json row, struct arena *a)
{
    const char *all = "";
    struct json column;
    size_t place = 0;
    for (struct json_walk w = json_items(columns); json_item_next(&w, &column); place++) {
        uint64_t people = place < REACH_REASONS_FROM ? 0 : count_in(row_cell(row, place));
        struct bytes title = answer_title(column), count = grouped_text(people, a);
        if (people > 0)
            all = arena_printf(a, "%s%s%.*s %.*s", all, all[0] == 0 ? "" : " · ", BYTES_ARG(title), BYTES_ARG(count));
    }
    return bytes_of_text(all);
}

static void show_channels(struct json root, struct arena *a, FILE *out)
{
    struct json row;
    struct grid g;
    grid_init(&g, a, 5);
    g.headed = g.right[1] = g.right[2] = true;
    grid_add_texts(&g, speaks_chinese()
                           ? (const char *const[]){"渠道", "可触达", "占比", "", "不可触达的原因"}
                           : (const char *const[]){"channel", "reachable", "share", "", "why the others can't be"});
    for (struct json_walk w = json_items(member(root, "rows")); json_item_next(&w, &row);) {
        struct json share = row_cell(row, 3);
        grid_add(&g, (const struct bytes[]){json_string(row_cell(row, speaks_chinese() ? 1 : 0)),
                                            grouped_text(count_in(row_cell(row, 2)), a),
                                            answer_cell(CELL_KIND_SHARE, share, a), bar_text(share_in(share), a),
                                            reasons_text(member(root, "columns"), row, a)});
    }
    grid_print(&g, out);
}

static void show_segment_reach(struct json root, struct arena *a, FILE *out)
{
    struct bytes brand = text_of(root, "brand"), purpose = word_of(text_of(root, "purpose")),
                 people = grouped_text(number_in(root, "people"), a);
    if (brand.size == 0)
        brand = bytes_of_text(either("the whole group", "整个集团"));
    fprintf(out, either("%.*s people · %.*s · %.*s%s\n\n", "人数 %.*s · %.*s · %.*s%s\n\n"), BYTES_ARG(people),
            BYTES_ARG(brand), BYTES_ARG(purpose),
            json_is(member(root, "pending"), JSON_TRUE) ? either("   (being counted anew)", "   (正在重新计算)") : "");
    show_channels(root, a, out);
    if (json_count(member(root, "sample")) == 0)
        return;
    fprintf(out, "\n%s\n", either("Some of them, spread over all", "抽样成员(均匀抽取)"));
    show_briefs(member(root, "sample"), a, out);
}

int look_reach(struct errand *d, struct arguments *a, const char *path)
{
    static const char *const options[OPTIONS_MAX] = {"brand", "purpose", "sample", "value"};
    return look(d, a, path, "/reach", options, show_segment_reach);
}

/* --- portrait --- */

int look_portrait(struct errand *d, struct arguments *a, const char *path)
{
    static const char *const options[OPTIONS_MAX] = {"against", "limit", "value"};
    return look(d, a, path, "/portrait", options, NULL);
}

/* --- growth --- */

/* How many people, from the least to the most of them; blank where nobody counted. */
static void show_curve(struct json rows, FILE *out)
{
    static const char *const steps[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    struct json row;
    double least = -1, most = 0;
    for (struct json_walk w = json_items(rows); json_item_next(&w, &row);) {
        double size = json_is(row_cell(row, 1), JSON_NUMBER) ? share_in(row_cell(row, 1)) : -1;
        least = size >= 0 && (least < 0 || size < least) ? size : least;
        most = size > most ? size : most;
    }
    for (struct json_walk w = json_items(rows); json_item_next(&w, &row);) {
        double size = share_in(row_cell(row, 1)), part = most > least ? (size - least) / (most - least) : 1;
        fprintf(out, "%s", json_is(row_cell(row, 1), JSON_NUMBER) ? steps[(size_t)(part * 7 + 0.5)] : " ");
    }
    fprintf(out, "\n\n");
}

static bool has_sizes(struct json rows)
{
    struct json row;
    for (struct json_walk w = json_items(rows); json_item_next(&w, &row);)
        if (json_is(row_cell(row, 1), JSON_NUMBER))
            return true;
    return false;
}

static void show_growth(struct json root, struct arena *a, FILE *out)
{
    if (has_sizes(member(root, "rows")))
        show_curve(member(root, "rows"), out);
    show_answer(root, terminal_columns(), a, out);
}

int look_growth(struct errand *d, struct arguments *a, const char *path)
{
    static const char *const options[OPTIONS_MAX] = {"days"};
    return look(d, a, path, "/growth", options, show_growth);
}

/* --- health --- */

/* Places of columns, as the API has them. */
enum health_column {
    HEALTH_NAME,
    HEALTH_LABEL,
    HEALTH_LABEL_ZH,
    HEALTH_PEOPLE,
    HEALTH_COVERAGE,
    HEALTH_CHANGES,
    HEALTH_NAMED_BY,
    HEALTH_LAST_USED,
    HEALTH_USED_BY,
    HEALTH_USED_BY_ZH,
    HEALTH_HINTS,
    HEALTH_HINTS_ZH,
    HEALTH_EVALUATIONS,
    HEALTH_TURNS,
    HEALTH_CPU_MS,
    HEALTH_BYTES
};

static void show_costs(struct json root, struct arena *a, FILE *out)
{
    static const enum health_column figures[] = {HEALTH_EVALUATIONS, HEALTH_TURNS, HEALTH_CPU_MS, HEALTH_BYTES};
    struct bytes about = text_of(member(root, "cost"), speaks_chinese() ? "zh" : "en");
    struct json row;
    struct grid g;
    grid_init(&g, a, 1 + COUNT_OF(figures));
    g.headed = true;
    grid_add_texts(&g,
                   speaks_chinese()
                       ? (const char *const[]){"名称", "每日求值", "其中因时间", "每日 CPU 毫秒", "占用字节"}
                       : (const char *const[]){"name", "evaluations a day", "by time", "CPU ms a day", "bytes kept"});
    for (struct json_walk w = json_items(member(root, "rows")); json_item_next(&w, &row);) {
        struct bytes cells[1 + COUNT_OF(figures)] = {json_string(row_cell(row, HEALTH_NAME))};
        for (size_t i = 0; i < COUNT_OF(figures); i++) {
            cells[i + 1] = answer_cell(CELL_KIND_NUMBER, row_cell(row, figures[i]), a);
            g.right[i + 1] = true;
        }
        grid_add(&g, cells);
    }
    grid_print(&g, out);
    fprintf(out, "\n%.*s\n", BYTES_ARG(about));
}

static void show_health(struct json root, struct arena *a, FILE *out)
{
    struct bytes people = grouped_text(number_in(root, "people"), a);
    bool zh = speaks_chinese();
    struct json row;
    struct grid g;
    fprintf(out, either("Of %.*s people:\n\n", "总人数 %.*s\n\n"), BYTES_ARG(people));
    grid_init(&g, a, 8);
    g.headed = g.right[2] = g.right[3] = g.right[4] = true;
    grid_add_texts(&g,
                   zh ? (const char *const[]){"名称", "说明", "人数", "覆盖率", "每日变动", "最近使用", "用途", "提示"}
                      : (const char *const[]){"name", "label", "people", "coverage", "changes/day", "last used", "by",
                                              "to look at"});
    for (struct json_walk w = json_items(member(root, "rows")); json_item_next(&w, &row);)
        grid_add(&g, (const struct bytes[]){json_string(row_cell(row, HEALTH_NAME)),
                                            json_string(row_cell(row, zh ? HEALTH_LABEL_ZH : HEALTH_LABEL)),
                                            answer_cell(CELL_KIND_NUMBER, row_cell(row, HEALTH_PEOPLE), a),
                                            answer_cell(CELL_KIND_SHARE, row_cell(row, HEALTH_COVERAGE), a),
                                            answer_cell(CELL_KIND_NUMBER, row_cell(row, HEALTH_CHANGES), a),
                                            json_string(row_cell(row, HEALTH_LAST_USED)),
                                            json_string(row_cell(row, zh ? HEALTH_USED_BY_ZH : HEALTH_USED_BY)),
                                            json_string(row_cell(row, zh ? HEALTH_HINTS_ZH : HEALTH_HINTS))});
    grid_print(&g, out);
    heading("What they cost", "成本", out);
    show_costs(root, a, out);
}

int look_health(struct errand *d, struct arguments *a, const char *kind)
{
    struct answer_presented presented = answer_presented_read(a);
    (void)argument_next(a); /* "health" */
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/audience/health");
    errand_path_value(d, "kind", kind);
    int code = answer_ask(d, "GET");
    return code == EXIT_DONE ? answer_present(d, &presented, show_health) : code;
}

/* --- overlap --- */

/* By label in the terminal's language, else as it was asked for. */
static struct bytes set_name(struct json set)
{
    struct bytes label = text_of(set, speaks_chinese() ? "label_zh" : "label_en");
    return label.size > 0 ? label : text_of(set, "set");
}

static struct json set_called(struct json sets, struct bytes text)
{
    struct json set;
    for (struct json_walk w = json_items(sets); json_item_next(&w, &set);)
        if (bytes_equal(text_of(set, "set"), text))
            return set;
    return JSON_NOTHING;
}

#define OVERLAP_JACCARD 4u /* a column, behind two names in two languages */

/* A row and a column each: how much of both together is in both. Rows of the answer are all pairs, in order. */
static void show_matrix(struct json root, struct arena *a, FILE *out)
{
    struct json sets = member(root, "sets"), set, pair;
    size_t count = json_count(sets), row = 0;
    struct bytes cells[GRID_COLUMNS_MAX];
    struct grid g;
    assert(count + 3 <= GRID_COLUMNS_MAX);
    grid_init(&g, a, count + 3);
    g.headed = true;
    cells[0] = BYTES_NONE;
    cells[1] = bytes_of_text(either("tag or segment", "标签或人群"));
    cells[2] = bytes_of_text(either("people", "人数"));
    for (size_t i = 0; i < count; i++)
        cells[i + 3] = bytes_of_text(arena_printf(a, "[%zu]", i + 1));
    for (size_t i = 2; i < count + 3; i++)
        g.right[i] = true;
    grid_add(&g, cells);
    struct json_walk pairs = json_items(member(root, "rows"));
    for (struct json_walk w = json_items(sets); json_item_next(&w, &set); row++) {
        cells[0] = bytes_of_text(arena_printf(a, "[%zu]", row + 1));
        cells[1] = set_name(set);
        cells[2] = grouped_text(number_in(set, "people"), a);
        for (size_t i = 0; i < count; i++)
            cells[i + 3] = !json_item_next(&pairs, &pair) || i == row
                               ? BYTES_LIT("·")
                               : answer_cell(CELL_KIND_SHARE, row_cell(pair, OVERLAP_JACCARD), a);
        grid_add(&g, cells);
    }
    grid_print(&g, out);
}

static struct bytes names_joined(struct json root, struct json names, struct arena *a)
{
    const char *all = "";
    struct json name;
    for (struct json_walk w = json_items(names); json_item_next(&w, &name);) {
        struct bytes text = set_name(set_called(member(root, "sets"), json_string(name)));
        all = arena_printf(a, "%s%s%.*s", all, all[0] == 0 ? "" : " + ", BYTES_ARG(text));
    }
    return bytes_of_text(all);
}

static void show_combinations(struct json root, struct arena *a, FILE *out)
{
    struct json combination;
    struct grid g;
    grid_init(&g, a, 4);
    g.headed = g.right[0] = g.right[1] = true;
    grid_add_texts(&g, speaks_chinese() ? (const char *const[]){"人数", "占比", "", "恰属于"}
                                        : (const char *const[]){"people", "share", "", "in these and no other"});
    for (struct json_walk w = json_items(member(root, "combinations")); json_item_next(&w, &combination);) {
        struct json share = member(combination, "share");
        grid_add(&g, (const struct bytes[]){grouped_text(number_in(combination, "people"), a),
                                            answer_cell(CELL_KIND_SHARE, share, a), bar_text(share_in(share), a),
                                            names_joined(root, member(combination, "sets"), a)});
    }
    grid_print(&g, out);
}

static void show_overlap(struct json root, struct arena *a, FILE *out)
{
    struct bytes people = grouped_text(number_in(root, "people"), a);
    fprintf(out,
            either("%.*s people are in one at least. Jaccard: how many of both are in both.\n\n",
                   "至少属于其一:%.*s 人。表中为 Jaccard 重叠度(共同人数 ÷ 合并人数)。\n\n"),
            BYTES_ARG(people));
    show_matrix(root, a, out);
    fprintf(out, "\n");
    show_combinations(root, a, out);
}

int look_overlap(struct errand *d, struct arguments *a, const char *kind)
{
    struct answer_presented presented = answer_presented_read(a);
    const char *top = argument_option(a, "top");
    uint64_t top_count = 0;
    struct err e = {0};
    (void)argument_next(a); /* "overlap" */
    struct status status = argument_number(a, "top", &top_count, &e);
    size_t count = 0;
    json_object_begin(&d->writer);
    json_key(&d->writer, "of");
    json_array_begin(&d->writer);
    for (const char *word = argument_next(a); word != NULL; word = argument_next(a), count++)
        json_put_text(&d->writer, strchr(word, ':') != NULL ? word : arena_printf(d->arena, "%s:%s", kind, word));
    json_array_end(&d->writer);
    if (top != NULL) {
        json_key(&d->writer, "top");
        json_put_uint64(&d->writer, top_count);
    }
    json_object_end(&d->writer);
    if (failed(status))
        return say_failure(status, &e);
    if (!errand_ready(d, count > 0))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/segments/overlap");
    int code = answer_ask(d, "POST");
    return code == EXIT_DONE ? answer_present(d, &presented, show_overlap) : code;
}
