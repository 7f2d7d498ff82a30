/* How a tag or segment grows, day by day. */
#include "domain/analytics/analytics.h"
#include "domain/calendar/calendar.h"
#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/day.h"
#include "lib/bitmap.h"

#define DAYS_USUAL 90u
#define MOVES_COLUMNS (GROWTH_MOVES * GROWTH_CAUSES)
#define FIXED_COLUMNS 5u

static const struct {
    const char *name, *title, *title_zh;
} moves_told[GROWTH_MOVES] = {
    {"entered", "Came", "进入"}, {"left", "Left", "离开"}, {"changed", "Other value", "取值变化"}};
static const char *const cause_titles[GROWTH_CAUSES] = {"live", "late", "import", "edit", "merge", "split", "time"};
static const char *const cause_titles_zh[GROWTH_CAUSES] = {"实时", "迟到", "导入", "改定义", "合并", "拆分", "到期"};

struct growth_request {
    uint64_t days;
};

/* The days that are told, one after the other: what isn't kept of one is zeroes. */
struct growth_told {
    int32_t first, last;
    struct growth_day *days;
    uint64_t sums[MOVES_COLUMNS];
};

static struct growth_told days_read(const struct view *v, uint32_t number, int32_t first, int32_t last)
{
    struct growth_told g = {.first = first, .last = last};
    struct growth_day d;
    if (growth_next(v, number, first, &d) && d.day <= last)
        g.first = d.day; /* before that nobody counted */
    else
        g.first = last;
    size_t count = (size_t)(g.last - g.first) + 1;
    g.days = ARENA_ARRAY(v->arena, struct growth_day, count);
    for (size_t i = 0; i < count; i++)
        g.days[i].day = g.first + (int32_t)i;
    for (int32_t from = g.first; growth_next(v, number, from, &d) && d.day <= last; from = d.day + 1) {
        g.days[d.day - g.first] = d;
        for (uint32_t i = 0; i < MOVES_COLUMNS; i++)
            g.sums[i] += (&d.moves[0][0])[i];
    }
    return g;
}

/* Moves of a cause that there were; what a condition can't have, another value, isn't there. */
static void columns_put(const struct growth_told *g, struct arena *a, struct json_writer *w)
{
    struct answer_column columns[FIXED_COLUMNS + MOVES_COLUMNS] = {{"day", "Day", "日期", "time"},
                                                                   {"size", "People", "人数", "number"}};
    size_t count = 2;
    for (uint32_t move = 0; move < GROWTH_MOVES; move++)
        columns[count++] = (struct answer_column){moves_told[move].name, moves_told[move].title,
                                                  moves_told[move].title_zh, "number"};
    for (uint32_t i = 0; i < MOVES_COLUMNS; i++) {
        uint32_t move = i / GROWTH_CAUSES, cause = i % GROWTH_CAUSES;
        if (g->sums[i] > 0)
            columns[count++] = (struct answer_column){
                arena_printf(a, "%s_%s", moves_told[move].name, growth_cause_name(cause)),
                arena_printf(a, "%s: %s", moves_told[move].title, cause_titles[cause]),
                arena_printf(a, "%s:%s", moves_told[move].title_zh, cause_titles_zh[cause]), "number"};
    }
    answer_columns(w, columns, count);
}

static void day_put_row(const struct growth_told *g, const struct growth_day *d, struct json_writer *w)
{
    char text[DAY_TEXT_BYTES];
    json_array_begin(w);
    json_put_text(w, day_text(d->day, text));
    if (d->has_size)
        json_put_uint64(w, d->size);
    else
        json_put_null(w);
    for (uint32_t move = 0; move < GROWTH_MOVES; move++) {
        uint64_t sum = 0;
        for (uint32_t cause = 0; cause < GROWTH_CAUSES; cause++)
            sum += d->moves[move][cause];
        json_put_uint64(w, sum);
    }
    for (uint32_t i = 0; i < MOVES_COLUMNS; i++)
        if (g->sums[i] > 0)
            json_put_uint64(w, (&d->moves[0][0])[i]);
    json_array_end(w);
}

static void put_people_now(const struct view *v, const struct audience *a, struct json_writer *w)
{
    struct bitmap *people = a->rule == RULE_NONE ? NULL : rule_set_known(v, a->rule);
    json_key(w, "people");
    if (people == NULL)
        json_put_null(w);
    else
        json_put_uint64(w, bitmap_count(people));
    bitmap_destroy(people);
}

static void print_growth(struct request *r, const struct view *v, struct json_writer *w)
{
    const struct growth_request *q = r->context;
    struct audience a;
    if (!audience_asked(r, v, &a))
        return;
    int32_t today = calendar_day_of(v, v->now_us);
    struct growth_told g = days_read(v, a.number, today - (int32_t)q->days + 1, today);
    json_object_begin(w);
    member_text(w, "question", "growth");
    member_bytes(w, audience_kind_names[a.kind], a.name);
    member_time(w, "as_of_time", v->now_us);
    put_people_now(v, &a, w);
    columns_put(&g, v->arena, w);
    json_key(w, "rows");
    json_array_begin(w);
    for (int32_t day = g.first; day <= g.last; day++)
        day_put_row(&g, &g.days[day - g.first], w);
    json_array_end(w);
    json_object_end(w);
}

void api_audience_growth(struct request *r)
{
    struct growth_request *q = ARENA_NEW(request_arena(r), struct growth_request);
    struct err e = {0};
    r->context = q;
    struct status status = query_number(r, "days", DAYS_USUAL, GROWTH_DAYS_MAX, &q->days, &e);
    if (done(status) && q->days == 0)
        status = FAIL(&e, INVALID, "days: want 1 to %d", GROWTH_DAYS_MAX);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_growth);
}
