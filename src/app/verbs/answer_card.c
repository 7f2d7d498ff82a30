/* What an answer says beside its rows, such as parameters, tests and totals, as a card under the table. */
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/verbs/answer.h"
#include "app/verbs/show.h"

#define CARD_INDENT "  "
#define CARD_COLUMNS_MAX 16u

/* A line, or of a `list` a column: it has a row for each of the list's items. Rows of one list stand together. */
struct card_row {
    const char *question, *list, *path; /* NULL: of any question; the path begins at the answer, or at an item */
    const char *en, *zh;
    enum cell_kind kind;
};
#define NUMBER CELL_KIND_NUMBER
#define SHARE CELL_KIND_SHARE
#define MONEY CELL_KIND_MONEY
#define TEXT CELL_KIND_TEXT
#define SECONDS CELL_KIND_SECONDS
static const struct card_row card_rows[] = {
    {"funnel", "conversions", "of", "Of", "分组", TEXT},
    {"funnel", "conversions", "entered", "Entered", "进入", NUMBER},
    {"funnel", "conversions", "converted", "Converted", "完成", NUMBER},
    {"funnel", "conversions", "rate", "Rate", "转化率", SHARE},
    {"funnel", "conversions", "open", "May still convert", "仍可能完成", NUMBER},
    {"funnel", "conversions", "median_s", "Median time", "中位时长", SECONDS},
    {"funnel", "conversions", "p90_s", "90th percentile", "90 分位时长", SECONDS},
    {"value", NULL, "people", "Buyers", "买家", NUMBER},
    {"value", NULL, "repeaters", "Bought again", "复购买家", NUMBER},
    {"value", NULL, "to_come", "Purchases to come", "未来购买次数", NUMBER},
    {"value", NULL, "worth", "Value to come", "未来价值", MONEY},
    {"value", NULL, "model.title", "Model", "购买模型", TEXT},
    {"value", NULL, "model.problem", "No model", "模型未拟合", TEXT},
    {"value", NULL, "model.is_at_edge", "A parameter ran away", "参数到达边界", TEXT},
    {"value", "model.parameters", "name", "Parameter of buying", "购买模型参数", TEXT},
    {"value", "model.parameters", "value", "Value", "估计值", NUMBER},
    {"value", "model.parameters", "error", "Standard error", "标准误", NUMBER},
    {"value", NULL, "spending.title", "Spending", "消费模型", TEXT},
    {"value", NULL, "spending.people", "Fitted to people", "拟合人数", NUMBER},
    {"value", NULL, "spending.correlation", "Correlation of how often and how much", "频次与客单价相关系数", NUMBER},
    {"value", "spending.parameters", "name", "Parameter of spending", "消费模型参数", TEXT},
    {"value", "spending.parameters", "value", "Value", "估计值", NUMBER},
    {"value", "spending.parameters", "error", "Standard error", "标准误", NUMBER},
    {"value", NULL, "forecast.actual", "Bought later", "留出期实际次数", NUMBER},
    {"value", NULL, "forecast.expected", "Bought later, by the model", "留出期预测次数", NUMBER},
    {"value", NULL, "forecast.correlation", "Correlation, person by person", "逐人相关系数", NUMBER},
    {"value", NULL, "forecast.mae", "Mean error of a person", "人均绝对误差", NUMBER},
    {"wallet", NULL, "all.people", "People", "人数", NUMBER},
    {"wallet", NULL, "all.measured", "Measured", "计入人数", NUMBER},
    {"wallet", NULL, "all.sampled", "of all people (finite population)", "占总人数(有限总体)", SHARE},
    {"wallet", NULL, "all.own", "Own sales, net", "本品牌净销售额", MONEY},
    {"wallet", NULL, "all.total", "Spent in all", "品类总支出", MONEY},
    {"wallet", NULL, "all.share", "Share of wallet", "钱包份额", SHARE},
    {"wallet", NULL, "all.share_low", "from (95 %)", "下限(95%)", SHARE},
    {"wallet", NULL, "all.share_high", "to", "上限", SHARE},
    {"wallet", NULL, "all.exceeding", "Own sales exceed the total, left out", "自购超过总额,未计入", NUMBER},
    {"wallet", NULL, "all.share_with_exceeding", "Share, were theirs 100 %", "若这些人按 100% 计的份额", SHARE},
    {"wallet", NULL, "all.unusable", "Total is no number above 0", "总额不可用", NUMBER},
    {"wallet", NULL, "all.unknown", "No total known", "总额未知", NUMBER},
    {"wallet", NULL, "objected", "Object to profiling, left out", "拒绝画像,不计入", NUMBER},
    {"wallet", "sources", "source", "Source of totals", "总额来源", TEXT},
    {"wallet", "sources", "people", "People", "人数", NUMBER},
    {"wallet", "sources", "total", "Spent in all", "品类总支出", MONEY},
    {"wallet", "sources", "age_days", "Mean age, days", "平均距今天数", NUMBER},
    {"wallet", "sources", "age_days_max", "Oldest, days", "最早距今天数", NUMBER},
    {"wallet", NULL, "buyers.with_total", "Buyers with a total", "有总额的购买者", NUMBER},
    {"wallet", NULL, "buyers.coverage", "of all buyers", "占全部购买者", SHARE},
    {"wallet", NULL, "buyers.coverage_of_sales", "of all own sales", "占全部净销售额", SHARE},
    {"wallet", NULL, "buyers.mean_with_total", "Own sales of one with a total", "有总额者人均净销售额", MONEY},
    {"wallet", NULL, "buyers.mean_without_total", "of one without", "无总额者人均净销售额", MONEY},
    {"wallet", NULL, "buyers.difference", "Difference, standard deviations", "差异(标准差)", NUMBER},
    {"wallet", NULL, "warnings.few", "Beware: fewer than 30 people are measured", "注意:计入者不足 30 人", TEXT},
    {"wallet", NULL, "warnings.coverage", "Beware: under 5 % of buyers have a total", "注意:有总额的购买者不足 5%", TEXT},
    {"wallet", NULL, "warnings.selection", "Beware: those with a total buy otherwise than the others", "注意:有总额者与其他购买者的消费明显不同", TEXT},
    {"wallet", NULL, "warnings.exceeding", "Beware: over 10 % buy more here than they are said to spend", "注意:自购超过总额者多于 10%", TEXT},
    {"survival", "groups", "of", "Of", "分组", TEXT},
    {"survival", "groups", "subjects", "Subjects", "对象数", NUMBER},
    {"survival", "groups", "ended", "Ended", "已结束", NUMBER},
    {"survival", "groups", "median", "Median", "中位时长", NUMBER},
    {"survival", "groups", "median_low", "from", "下限", NUMBER},
    {"survival", "groups", "median_high", "to", "上限", NUMBER},
    {"survival", "groups", "mean_within_seen", "Mean within what was seen", "观察期内均值", NUMBER},
    {"survival", "groups", "hazard_ratio", "Hazard ratio", "风险比", NUMBER},
    {"survival", "groups", "hazard_low", "from", "下限", NUMBER},
    {"survival", "groups", "hazard_high", "to", "上限", NUMBER},
    {"survival", NULL, "log_rank.chi_square", "Log-rank χ²", "log-rank χ²", NUMBER},
    {"survival", NULL, "log_rank.degrees", "Degrees of freedom", "自由度", NUMBER},
    {"survival", NULL, "log_rank.p", "p", "p 值", NUMBER},
    {"attribution", NULL, "totals.conversions", "Conversions", "转化", NUMBER},
    {"attribution", NULL, "totals.value", "Value", "转化金额", MONEY},
    {"attribution", NULL, "totals.without_touch", "Without a touch", "无触点的转化", NUMBER},
    {"attribution", NULL, "totals.value_without_touch", "Value without a touch", "无触点的金额", MONEY},
    {"attribution", NULL, "totals.conversions_without_value", "Without a value", "无金额的转化", NUMBER},
    {"attribution", NULL, "totals.duplicates", "Told twice", "重复上报", NUMBER},
    {"attribution", NULL, "totals.paths_without_conversion", "Paths without conversion", "未转化路径", NUMBER},
    {"attribution", NULL, "totals.open_paths", "Whose window isn't over", "窗口未结束的路径", NUMBER},
    {"attribution", NULL, "totals.cut_paths", "Cut to the last touches", "被截短的路径", NUMBER},
    {"attribution", NULL, "totals.touches_without_channel", "Touches without a channel", "无渠道的触点", NUMBER},
    {"attribution", NULL, "markov.order", "Markov, order", "马尔可夫阶数", NUMBER},
    {"attribution", NULL, "markov.probability", "Markov, conversion of the whole chain", "马尔可夫整链转化概率", SHARE},
    {"channel_quality", NULL, "totals.orders", "Orders", "订单", NUMBER},
    {"channel_quality", NULL, "totals.new_customers", "New customers", "新客", NUMBER},
    {"channel_quality", NULL, "totals.gross", "Gross", "销售额", MONEY},
    {"channel_quality", NULL, "totals.refunds", "Refunds", "退款", MONEY},
    {"channel_quality", NULL, "totals.net", "Net", "净额", MONEY},
    {"channel_quality", NULL, "totals.cost", "Cost", "消耗", MONEY},
    {"drivers", NULL, "people", "People", "人数", NUMBER},
    {"drivers", NULL, "converted", "Converted", "转化人数", NUMBER},
    {"drivers", NULL, "rate", "Rate", "转化率", SHARE},
    {"drivers", NULL, "tests", "Tests", "检验次数", NUMBER},
    {"drivers", NULL, "correction", "Corrected by", "多重检验校正", TEXT},
    {"drivers", NULL, "left_out_open", "Left out: time isn't over", "剔除:时间未满", NUMBER},
    {"drivers", NULL, "left_out_converted_before", "Left out: converted before", "剔除:起点前已转化", NUMBER},
    {"drivers", NULL, "left_out_converted_early", "Left out: converted early", "剔除:行为期内已转化", NUMBER},
    {"portrait", NULL, "members.read", "People looked at", "读取的成员", NUMBER},
    {"portrait", NULL, "members.is_sample", "a sample", "为抽样", TEXT},
    {"portrait", NULL, "others.read", "Others looked at", "读取的对照", NUMBER},
    {"portrait", NULL, "others.is_sample", "a sample", "为抽样", TEXT},
    {"portrait", NULL, "tests", "Tests", "检验次数", NUMBER},
    {"portrait", NULL, "found", "Stand out", "突出特征数", NUMBER},
    {"portrait", NULL, "left_out", "Values left out: too many", "取值过多而未计", NUMBER},
    {"growth", NULL, "people", "People now", "当前人数", NUMBER},
    {"predict", NULL, "auc", "AUC", "AUC", NUMBER},
    {"predict", NULL, "auc_low", "from", "下限", NUMBER},
    {"predict", NULL, "auc_high", "to", "上限", NUMBER},
    {"predict", NULL, "baseline.auc", "AUC of the best feature alone", "最佳单一特征的 AUC", NUMBER},
    {"predict", NULL, "baseline.feature", "which is", "即", TEXT},
    {"predict", NULL, "rate", "Rate of all", "总体比例", SHARE},
    {"predict", NULL, "calibration_error", "Calibration error", "校准误差", NUMBER},
    {"predict", NULL, "brier", "Brier score", "Brier 分", NUMBER},
    {"predict", NULL, "label_frequency", "Of those who are so, in the seed", "种子占同类人的比例", SHARE},
    {"predict", NULL, "fit_people", "People it was fitted to", "拟合人数", NUMBER},
    {"predict", NULL, "fit_positives", "of whom positive", "其中正例", NUMBER},
    {"predict", NULL, "judge_people", "People it was judged by", "检验人数", NUMBER},
    {"predict", NULL, "judge_positives", "of whom positive", "其中正例", NUMBER},
    {"predict", NULL, "objected", "Object to profiling, left out", "拒绝画像,不计入", NUMBER},
    {"predict", NULL, "by", "By", "算法", TEXT},
    {"predict", NULL, "seed", "Seed", "随机种子", NUMBER},
    {"score", NULL, "scored", "People scored", "评分人数", NUMBER},
    {"score", NULL, "mean", "Mean score", "平均评分", SHARE},
    {"score", NULL, "objected", "Object to profiling, not scored", "拒绝画像,未评分", NUMBER},
    {"score", NULL, "drift", "Drift, at most", "最大漂移", NUMBER},
    {"score", NULL, "drift_feature", "of", "特征", TEXT},
    {"score", NULL, "threshold", "Score from which on", "评分门槛", NUMBER},
    {"score", NULL, "threshold_people", "there are people", "达到的人数", NUMBER},
    {NULL, NULL, "report.name", "Report", "报表", TEXT},
    {NULL, NULL, "report.revision", "Revision", "修订", NUMBER},
    {NULL, NULL, "arrived.events", "Events that arrived since", "此后到达的事件", NUMBER},
    {NULL, NULL, "arrived.before", "of them before the range", "其中早于范围", NUMBER},
    {NULL, NULL, "arrived.behind", "of them behind the range", "其中晚于范围", NUMBER},
    {NULL, "arrived.units", "unit", "Of", "发生于", TEXT},
    {NULL, "arrived.units", "events", "Arrived since", "此后到达", NUMBER},
    {NULL, NULL, "currency", "Currency", "币种", TEXT},
    {NULL, NULL, "without_rate.amounts", "Amounts without a rate, left out", "无汇率而未计入的金额", NUMBER},
    {NULL, NULL, "without_rate.currencies", "in", "其币种", TEXT},
};

static bool is_of(const struct card_row *row, struct json answer)
{
    return row->question == NULL || bytes_equal(text_of(answer, "question"), bytes_of_text(row->question));
}

/* Rows of one question stand in the table one after the other, and so do those of any. */
static bool are_together(const struct card_row *a, const struct card_row *b)
{
    return a->question == NULL || b->question == NULL ? a->question == b->question : strcmp(a->question, b->question) == 0;
}

/* "华东 · tmall": the values of a breakdown; of the whole no text. */
static struct bytes values_text(struct json list, struct arena *a)
{
    struct bytes text = BYTES_NONE;
    struct json value;
    for (struct json_walk w = json_items(list); json_item_next(&w, &value);) {
        struct bytes shown = answer_cell(CELL_KIND_TEXT, value, a);
        text = bytes_of_text(
            arena_printf(a, "%.*s%s%.*s", BYTES_ARG(text), text.size > 0 ? " · " : "", BYTES_ARG(shown)));
    }
    return text.size > 0 ? text : bytes_of_text(either("(all)", "(全部)"));
}

/* Small numbers keep their digits here: a p of 0.00012 isn't 0. */
static struct bytes card_cell(const struct card_row *row, struct json value, struct arena *a)
{
    double x;
    if (json_is(value, JSON_ARRAY))
        return values_text(value, a);
    if (json_is(value, JSON_TRUE) || json_is(value, JSON_FALSE))
        return bytes_of_text(json_is(value, JSON_TRUE) ? either("yes", "是") : either("no", "否"));
    bool is_small = row->kind == NUMBER && json_double(value, &x) && x > -0.1 && x < 0.1 && (x < 0 || x > 0);
    return is_small ? bytes_of_text(arena_printf(a, "%.3g", x)) : answer_cell(row->kind, value, a);
}

static size_t list_show(const struct card_row *rows, size_t count, struct json answer, struct arena *a, FILE *out)
{
    struct bytes titles[CARD_COLUMNS_MAX], cells[CARD_COLUMNS_MAX];
    struct json list = json_at(answer, rows->list), item;
    struct grid g;
    size_t columns = 0;
    while (columns < count && columns < CARD_COLUMNS_MAX && rows[columns].list != NULL &&
           strcmp(rows[columns].list, rows->list) == 0 && are_together(&rows[columns], rows))
        columns++;
    if (json_count(list) == 0)
        return columns;
    grid_init(&g, a, columns);
    g.headed = true;
    g.indent = CARD_INDENT;
    for (size_t i = 0; i < columns; i++) {
        titles[i] = bytes_of_text(either(rows[i].en, rows[i].zh));
        g.right[i] = rows[i].kind != TEXT;
    }
    grid_add(&g, titles);
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        for (size_t i = 0; i < columns; i++)
            cells[i] = card_cell(&rows[i], json_at(item, rows[i].path), a);
        grid_add(&g, cells);
    }
    fprintf(out, "\n");
    grid_print(&g, out);
    return columns;
}

/* Lines up to the next list; what the answer doesn't have isn't there. */
static size_t lines_show(const struct card_row *rows, size_t count, struct json answer, struct arena *a, FILE *out)
{
    struct grid g;
    size_t lines = 0;
    grid_init(&g, a, 2);
    g.indent = CARD_INDENT;
    g.right[1] = true;
    for (; lines < count && rows[lines].list == NULL && are_together(&rows[lines], rows); lines++) {
        struct json value = json_at(answer, rows[lines].path);
        if (json_is(value, JSON_ABSENT) || json_is(value, JSON_NULL))
            continue;
        grid_add(&g, (const struct bytes[]){bytes_of_text(either(rows[lines].en, rows[lines].zh)),
                                            card_cell(&rows[lines], value, a)});
    }
    if (g.count > 0) {
        fprintf(out, "\n");
        grid_print(&g, out);
    }
    return lines;
}

void show_answer_card(struct json answer, struct arena *a, FILE *out)
{
    for (size_t i = 0, shown; i < COUNT_OF(card_rows); i += shown) {
        const struct card_row *row = &card_rows[i];
        size_t left = COUNT_OF(card_rows) - i;
        shown = 1;
        if (is_of(row, answer))
            shown = row->list != NULL ? list_show(row, left, answer, a, out) : lines_show(row, left, answer, a, out);
    }
}
