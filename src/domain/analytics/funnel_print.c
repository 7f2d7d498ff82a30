#include "base/time.h"
#include "domain/analytics/funnel.h"

/* How long something took. */
struct lasting {
    bool is_known; /* of nobody nothing */
    double median_s, p90_s, mean_s;
};

static struct lasting lasting_of(const struct samples *us, struct arena *arena)
{
    struct sorted s = samples_sort(us, arena);
    const double second = (double)US_PER_SECOND;
    if (s.count == 0)
        return (struct lasting){.is_known = false};
    return (struct lasting){true, sorted_quantile(&s, 0.5) / second, sorted_quantile(&s, 0.9) / second, sorted_mean(&s) / second};
}

static void seconds_put(const struct lasting *l, double seconds, struct json_writer *w)
{
    if (l->is_known)
        json_put_double(w, seconds);
    else
        json_put_null(w);
}

static void group_head_put(const struct question *q, const struct texts *texts, const struct shown_group *shown, struct json_writer *w)
{
    const struct funnel *f = q->own;
    facet_put(&f->breakdown, texts, shown, w);
    if (f->has_units)
        units_put(q, &f->units, shown->place, w);
}

static void rows_put(const struct question *q, const struct texts *texts, const struct shown_group *shown, struct arena *arena, struct json_writer *w)
{
    const struct funnel *f = q->own;
    const struct funnel_group *g = shown->own;
    for (uint32_t k = 0; k < f->step_count; k++) {
        struct lasting l = lasting_of(&g->steps[k].since_before_us, arena);
        json_array_begin(w);
        group_head_put(q, texts, shown, w);
        json_put_uint64(w, k + 1);
        json_put_text(w, q->plan.picks[k].label);
        json_put_uint64(w, g->steps[k].reached);
        answer_share(w, (double)g->steps[k].reached, (double)g->steps[0].reached);
        answer_share(w, (double)g->steps[k].reached, (double)g->steps[k == 0 ? 0 : k - 1].reached);
        seconds_put(&l, l.median_s, w);
        seconds_put(&l, l.p90_s, w);
        seconds_put(&l, l.mean_s, w);
        json_array_end(w);
    }
}

static void columns_put(const struct question *q, struct json_writer *w)
{
    static const struct answer_column own[] = {
        {"step", "Step", "步骤", "number"},
        {"event", "Event", "事件", "event"},
        {"count", "Count", "数量", "number"},
        {"rate", "Of the first step", "总转化率", "share"},
        {"rate_from_previous", "Of the step before", "上一步转化率", "share"},
        {"median_s", "Median time from the step before", "距上一步中位时长", "seconds"},
        {"p90_s", "90th percentile", "90 分位时长", "seconds"},
        {"mean_s", "Mean", "平均时长", "seconds"},
    };
    const struct funnel *f = q->own;
    struct answer_column columns[COUNT_OF(own) + FACET_VALUES_MAX + 1];
    size_t count = facet_columns(q, &f->breakdown, columns);
    if (f->has_units)
        columns[count++] = (struct answer_column){"unit", "Period of the entry", "进入周期", "time"};
    memcpy(columns + count, own, sizeof own);
    answer_columns(w, columns, count + COUNT_OF(own));
}

static void member_put(struct json_writer *w, const char *key, uint64_t count)
{
    json_key(w, key);
    json_put_uint64(w, count);
}

/* What a whole funnel did: how many entered and converted, how long that took, and how many may still get further. */
static void conversion_put(const struct question *q, const struct texts *texts, const struct shown_group *shown, struct arena *arena,
                           struct json_writer *w)
{
    const struct funnel *f = q->own;
    const struct funnel_group *g = shown->own;
    struct lasting l = lasting_of(&g->whole_us, arena);
    uint64_t entered = g->steps[0].reached, converted = g->steps[f->step_count - 1].reached;
    json_object_begin(w);
    json_key(w, "of"); /* the values of the breakdown and the unit */
    json_array_begin(w);
    group_head_put(q, texts, shown, w);
    json_array_end(w);
    member_put(w, "entered", entered);
    member_put(w, "converted", converted);
    member_put(w, "open", g->open);
    json_key(w, "rate");
    answer_share(w, (double)converted, (double)entered);
    json_key(w, "median_s");
    seconds_put(&l, l.median_s, w);
    json_key(w, "p90_s");
    seconds_put(&l, l.p90_s, w);
    json_key(w, "mean_s");
    seconds_put(&l, l.mean_s, w);
    json_object_end(w);
}

void funnel_print(const struct question *q, const struct texts *texts, struct groups *groups, struct json_writer *w)
{
    const struct funnel *f = q->own;
    struct shown_groups shown;
    breakdown_show(q, &f->breakdown, texts, groups, &funnel_rules, &shown);
    columns_put(q, w);
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < shown.count; i++)
        rows_put(q, texts, &shown.list[i], groups->arena, w);
    json_array_end(w);
    json_key(w, "conversions");
    json_array_begin(w);
    for (uint32_t i = 0; i < shown.count; i++)
        conversion_put(q, texts, &shown.list[i], groups->arena, w);
    json_array_end(w);
    member_put(w, "others", shown.other_count);
}
