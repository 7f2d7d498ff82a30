#include "app/verbs/answer.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "app/app.h"
#include "app/verbs/show.h"
#include "lib/csv.h"

#define REAL_PLAIN_MAX 1e15

/* --- cells --- */

static bool has_suffix(struct bytes name, struct bytes suffix)
{
    return name.size > suffix.size && bytes_equal(bytes_slice(name, name.size - suffix.size, name.size), suffix);
}

bool answer_is_other_language(struct json columns, struct json column)
{
    struct bytes name = text_of(column, "name"), suffix = BYTES_LIT("_zh");
    struct json other;
    if (has_suffix(name, suffix))
        return !speaks_chinese();
    for (struct json_walk w = json_items(columns); speaks_chinese() && json_item_next(&w, &other);) {
        struct bytes there = text_of(other, "name");
        if (has_suffix(there, suffix) && bytes_equal(bytes_slice(there, 0, there.size - suffix.size), name))
            return true;
    }
    return false;
}

struct bytes answer_title(struct json column)
{
    struct bytes title = text_of(column, speaks_chinese() ? "title_zh" : "title");
    return title.size > 0 ? title : text_of(column, "name");
}

enum cell_kind answer_kind(struct json column)
{
    static const char *const names[] = {"text", "number", "share", "money", "time", "seconds"};
    struct bytes kind = text_of(column, "kind");
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (bytes_equal(bytes_of_text(names[i]), kind))
            return (enum cell_kind)i;
    return CELL_KIND_TEXT;
}

/* "-1234567.5" -> "-1,234,567.5": digits as they came, with commas between thousands. */
static const char *number_text(struct bytes raw, struct arena *a)
{
    char whole[GROUPED_BYTES];
    size_t sign = raw.size > 0 && raw.data[0] == '-', digits = sign;
    uint64_t number = 0;
    while (digits < raw.size && digits - sign < 18 && raw.data[digits] >= '0' && raw.data[digits] <= '9')
        number = number * 10 + (uint64_t)(raw.data[digits++] - '0');
    if (digits == sign || (digits < raw.size && raw.data[digits] != '.'))
        return arena_text(a, raw); /* with an exponent, or longer than anybody counts */
    struct bytes rest = bytes_slice(raw, digits, raw.size);
    return arena_printf(a, "%s%s%.*s", sign != 0 ? "-" : "", grouped(number, whole), BYTES_ARG(rest));
}

/* At most three places behind the point, for what is shown; fewer digits of what nobody counts. */
static const char *real_text(double x, struct arena *a)
{
    if (x > REAL_PLAIN_MAX || x < -REAL_PLAIN_MAX)
        return arena_printf(a, "%.4g", x);
    char *text = arena_printf(a, "%.3f", x);
    size_t size = strlen(text);
    while (size > 0 && text[size - 1] == '0')
        size--;
    size -= size > 0 && text[size - 1] == '.';
    return number_text(bytes_of(text, size), a);
}

/* By the largest unit that there is, with the next smaller one beside it: "1 d 4 h", "1 m 44 s", "0.4 s". */
static const char *span_text(double seconds, struct arena *a)
{
    static const struct {
        double seconds;
        const char *en, *zh;
    } units[] = {{86400, "d", "天"}, {3600, "h", "小时"}, {60, "m", "分"}, {1, "s", "秒"}};
    const char *sign = seconds < 0 ? "-" : "";
    double size = seconds < 0 ? -seconds : seconds;
    if (size > REAL_PLAIN_MAX || size < 9.95)
        return arena_printf(a, "%s%s %s", sign, real_text(size < 9.95 ? round(size * 10) / 10 : size, a),
                            either("s", "秒"));
    size_t unit = 0;
    while (size < units[unit].seconds)
        unit++;
    double least = unit + 1 < COUNT_OF(units) ? units[unit + 1].seconds : 1, whole = round(size / least) * least;
    unit -= unit > 0 && whole >= units[unit - 1].seconds; /* 59.7 s is a minute */
    least = unit + 1 < COUNT_OF(units) ? units[unit + 1].seconds : 1;
    double large = floor(whole / units[unit].seconds), small = floor((whole - large * units[unit].seconds) / least);
    const char *text = arena_printf(a, "%s%s %s", sign, real_text(large, a), either(units[unit].en, units[unit].zh));
    if (small == 0 || unit + 1 == COUNT_OF(units))
        return text;
    return arena_printf(a, "%s %.0f %s", text, small, either(units[unit + 1].en, units[unit + 1].zh));
}

struct bytes answer_number(enum cell_kind kind, double x, struct arena *a)
{
    if (kind == CELL_KIND_SECONDS)
        return bytes_of_text(span_text(x, a));
    if (kind == CELL_KIND_SHARE)
        return bytes_of_text(arena_printf(a, "%.1f%%", x * 100));
    if (kind == CELL_KIND_MONEY)
        return bytes_of_text(number_text(bytes_of_text(arena_printf(a, "%.2f", x)), a));
    return bytes_of_text(real_text(x, a));
}

struct bytes answer_cell(enum cell_kind kind, struct json cell, struct arena *a)
{
    double real;
    int64_t whole;
    if (json_is(cell, JSON_TRUE) || json_is(cell, JSON_FALSE))
        return bytes_of_text(json_is(cell, JSON_TRUE) ? "✓" : "…");
    if (json_is(cell, JSON_ABSENT) || json_is(cell, JSON_NULL))
        return BYTES_LIT("–");
    if (json_is(cell, JSON_STRING))
        return kind == CELL_KIND_TIME ? short_time(cell, a) : json_string(cell);
    if (!json_double(cell, &real))
        return json_raw(cell);
    bool is_count = kind == CELL_KIND_TEXT || kind == CELL_KIND_NUMBER || kind == CELL_KIND_TIME;
    bool is_whole = is_count && json_int64(cell, &whole);
    return is_whole ? bytes_of_text(number_text(bytes_of_text(arena_printf(a, "%" PRId64, whole)), a))
                    : answer_number(kind, real, a);
}

/* What stands for what has no name of its own. */
static struct bytes mark_spoken(struct bytes text)
{
    static const struct {
        const char *mark, *zh;
    } marks[] = {
        {"(none)", "(无)"},
        {"(other)", "(其他)"},
        {"(start)", "(开始)"},
        {"(drop-off)", "(流失)"},
    };
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (bytes_equal(text, bytes_of_text(marks[i].mark)))
            return bytes_of_text(either(marks[i].mark, marks[i].zh));
    return text;
}

/* The text of a cell in the terminal's language. */
static struct bytes text_spoken(struct json answer, struct json column, struct bytes text)
{
    bool is_event = bytes_equal(text_of(column, "kind"), BYTES_LIT("event"));
    struct json name = speaks_chinese() && is_event ? json_find(member(answer, "event_names"), text) : JSON_NOTHING;
    return json_is(name, JSON_STRING) ? json_string(name) : mark_spoken(text);
}

bool answer_is_incomplete(struct json answer, struct json column, struct json cell)
{
    struct json unit;
    if (answer_kind(column) != CELL_KIND_TIME || !json_is(cell, JSON_STRING))
        return false;
    for (struct json_walk w = json_items(member(answer, "incomplete")); json_item_next(&w, &unit);)
        if (bytes_equal(json_string(unit), json_string(cell)))
            return true;
    return false;
}

struct bytes answer_label(struct json answer, struct json column, struct json cell, struct arena *a)
{
    enum cell_kind kind = answer_kind(column);
    bool is_text = kind == CELL_KIND_TEXT && json_is(cell, JSON_STRING);
    return is_text ? text_spoken(answer, column, json_string(cell)) : answer_cell(kind, cell, a);
}

/* --- CSV --- */

void answer_csv_cell(struct json cell, bool inert, struct buf *out)
{
    if (json_is(cell, JSON_NULL) || json_is(cell, JSON_ABSENT))
        return;
    if (!json_is(cell, JSON_STRING))
        csv_put(out, json_raw(cell), ',');
    else if (inert)
        csv_put_inert(out, json_string(cell), ',');
    else
        csv_put(out, json_string(cell), ',');
}

/* For people a text reads as in a table. */
static void csv_put_spoken(struct json answer, struct json column, struct json cell, struct buf *out)
{
    if (json_is(cell, JSON_STRING))
        csv_put_inert(out, text_spoken(answer, column, json_string(cell)), ',');
    else
        answer_csv_cell(cell, true, out);
}

static void csv_row(struct json answer, struct json row, bool inert, struct buf *out)
{
    struct json_walk columns = json_items(member(answer, "columns"));
    struct json column = JSON_NOTHING, cell;
    const char *apart = "";
    for (struct json_walk w = json_items(row); json_item_next(&w, &cell); apart = ",") {
        buf_push_text(out, apart);
        if (inert && json_item_next(&columns, &column))
            csv_put_spoken(answer, column, cell, out);
        else
            answer_csv_cell(cell, inert, out);
    }
    buf_push_text(out, "\r\n");
}

/* Times are numbers in files: their heading says of what. */
static void csv_put_heading(struct json column, bool inert, struct buf *out)
{
    struct bytes heading = inert ? answer_title(column) : text_of(column, "name");
    csv_put(out, heading, ',');
    if (inert && answer_kind(column) == CELL_KIND_SECONDS)
        buf_push_text(out, either(" (s)", "(秒)"));
}

void answer_csv(struct json answer, bool inert, struct buf *out)
{
    struct json column, row;
    const char *apart = "";
    for (struct json_walk w = json_items(member(answer, "columns")); json_item_next(&w, &column); apart = ",") {
        buf_push_text(out, apart);
        csv_put_heading(column, inert, out);
    }
    buf_push_text(out, "\r\n");
    for (struct json_walk rows = json_items(member(answer, "rows")); json_item_next(&rows, &row);)
        csv_row(answer, row, inert, out);
}
