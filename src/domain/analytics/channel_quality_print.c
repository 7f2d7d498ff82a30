#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "domain/analytics/answer.h"
#include "domain/analytics/channel_quality.h"
#include "domain/analytics/minor.h"
#include "lib/stats.h"

#define CONFIDENCE 0.95

static void figures_join(const struct question *q, void *into, void *from, struct arena *arena)
{
    (void)q;
    (void)arena;
    channel_figures_join(into, from);
}

/* Channels with the most money in or out come first. */
static double figures_weigh(const struct question *q, const void *own)
{
    const struct channel_figures *f = own;
    (void)q;
    return (double)llabs(f->gross) + (double)llabs(f->cost);
}

/* What is looked for comes first: a narrow terminal leaves out what is on the right. */
static void columns_print(const struct channel_quality *own, struct json_writer *w)
{
    bool is_channel = strcmp(own->by.titles[0], "channel") == 0;
    const char *title = is_channel ? "Channel" : own->by.titles[0], *title_zh = is_channel ? "渠道" : own->by.titles[0];
    const struct answer_column columns[] = {
        {"unit", "Period", "周期", "time"},
        {"channel", title, title_zh, "text"},
        {"net", "Revenue, net", "净收入", "money"},
        {"net_share", "Of all net revenue", "净收入占比", "share"},
        {"orders", "Orders", "订单数", "number"},
        {"customers", "Customers", "下单客户", "number"},
        {"new_customers", "New customers", "新客", "number"},
        {"repeat_rate", "Repeat rate", "新客复购率", "share"},
        {"repeat_rate_low", "Repeat rate, from", "复购率下限", "share"},
        {"repeat_rate_high", "Repeat rate, to", "复购率上限", "share"},
        {"repeat_rate_of", "New customers it is of", "复购率基数", "number"},
        {"average_order", "Average order", "客单价", "money"},
        {"gross", "Revenue, gross", "收入", "money"},
        {"refunds", "Refunds", "退款", "money"},
        {"cost", "Cost", "投放消耗", "money"},
        {"cost_per_new_customer", "Cost of a new customer", "获客成本", "money"},
        {"revenue_per_cost", "Revenue per cost", "投入产出比", "number"},
        {"return_on_cost", "Return on cost", "投资回报率", "number"},
    };
    size_t skipped = own->has_unit ? 0 : 1;
    answer_columns(w, columns + skipped, COUNT_OF(columns) - skipped);
}

/* `amount` / `count`, rounded half away from zero; of nothing: null. */
static void average_print(struct json_writer *w, int64_t amount, uint64_t count, unsigned decimals)
{
    if (count == 0) {
        json_put_null(w);
        return;
    }
    int64_t half = (int64_t)(count / 2);
    minor_put(w, (amount + (amount < 0 ? -half : half)) / (int64_t)count, decimals);
}

static void repeat_print(const struct channel_figures *f, struct json_writer *w)
{
    struct proportion repeated = {f->repeated, f->mature};
    struct interval interval = wilson_interval(repeated, normal_quantile(0.5 + CONFIDENCE / 2));
    answer_share(w, (double)f->repeated, (double)f->mature);
    for (size_t i = 0; i < 2; i++)
        if (f->mature == 0)
            json_put_null(w);
        else
            json_put_double(w, i == 0 ? interval.low : interval.high);
    json_put_uint64(w, f->mature);
}

/* `all`: of all rows of the same period. */
static void figures_print(const struct channel_figures *f, const struct channel_figures *all, unsigned decimals, struct json_writer *w)
{
    int64_t net = f->gross - f->refunds;
    minor_put(w, net, decimals);
    answer_share(w, (double)net, (double)(all->gross - all->refunds));
    json_put_uint64(w, f->orders);
    json_put_uint64(w, f->customers);
    json_put_uint64(w, f->new_customers);
    repeat_print(f, w);
    average_print(w, f->gross, f->orders, decimals);
    minor_put(w, f->gross, decimals);
    minor_put(w, f->refunds, decimals);
    if (f->costs == 0)
        json_put_null(w); /* nobody said: that isn't nothing */
    else
        minor_put(w, f->cost, decimals);
    average_print(w, f->cost, f->costs == 0 ? 0 : f->new_customers, decimals);
    answer_share(w, (double)f->gross, (double)f->cost);
    answer_share(w, (double)(net - f->cost), (double)f->cost);
}

/* Costs that said their day get their places; returns how many said one that can't be read. */
static uint64_t reports_place(const struct question *q, const struct texts *texts, struct channel_tally *tally)
{
    const struct group *g;
    uint64_t unread = 0;
    for (uint32_t at = 0; (g = groups_next(&tally->reports, &at)) != NULL;) {
        const struct cost_report *report = (const void *)g->own;
        struct facet channel = {{(uint32_t)(g->key.high >> 32), CODE_NONE, CODE_NONE}};
        int64_t us;
        uint32_t place;
        if (failed(civil_read(q->civil, texts_get(texts, (uint32_t)g->key.low), &us, NULL))) {
            unread++;
            continue;
        }
        if (!channel_place_of(q, us, &place))
            continue;
        struct channel_figures *f = groups_take(&tally->groups, facet_key(channel, place));
        f->costs++;
        f->cost = minor_sum(f->cost, report->amount);
    }
    return unread;
}

static void totals_print(const struct channel_figures *all, unsigned decimals, struct json_writer *w)
{
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {{"orders", all->orders}, {"new_customers", all->new_customers}};
    const struct {
        const char *name;
        int64_t amount;
    } amounts[] = {{"gross", all->gross}, {"refunds", all->refunds}, {"net", all->gross - all->refunds}, {"cost", all->cost}};
    json_key(w, "totals");
    json_object_begin(w);
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        json_key(w, counts[i].name);
        json_put_uint64(w, counts[i].count);
    }
    for (size_t i = 0; i < COUNT_OF(amounts); i++) {
        json_key(w, amounts[i].name);
        minor_put(w, amounts[i].amount, decimals);
    }
    json_object_end(w);
}

static struct channel_figures *period_of(struct groups *periods, const struct shown_group *g)
{
    return groups_take(periods, (struct group_key){0, g->place});
}

void channel_quality_print(const struct question *q, const struct texts *texts, void *from, struct json_writer *w)
{
    static const struct group_rules rules = {.weigh = figures_weigh, .join = figures_join};
    const struct channel_quality *own = q->own;
    struct channel_tally *tally = from;
    struct channel_figures all = {0};
    struct groups periods;
    struct shown_groups shown;
    uint64_t unread = reports_place(q, texts, tally);
    breakdown_show(q, &own->by, texts, &tally->groups, &rules, &shown);
    groups_init(&periods, tally->groups.arena, sizeof(struct channel_figures));
    for (uint32_t i = 0; i < shown.count; i++) {
        channel_figures_join(period_of(&periods, &shown.list[i]), shown.list[i].own);
        channel_figures_join(&all, shown.list[i].own);
    }
    columns_print(own, w);
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < shown.count; i++) {
        const struct shown_group *g = &shown.list[i];
        json_array_begin(w);
        if (own->has_unit)
            units_put(q, &own->units, g->place, w);
        facet_put(&own->by, texts, g, w);
        figures_print(g->own, period_of(&periods, g), (unsigned)own->decimals, w);
        json_array_end(w);
    }
    json_array_end(w);
    totals_print(&all, (unsigned)own->decimals, w);
    json_key(w, "costs_without_readable_day");
    json_put_uint64(w, unread);
    json_key(w, "confidence");
    json_put_double(w, CONFIDENCE);
}
