#include "app/verbs/copy_page.h"

#include <string.h>

#include "app/verbs/show.h"

#define COLUMNS_MAX 8u

/* "to.id": the member of a member. */
struct page_column {
    const char *member, *zh, *en;
};

struct page_table {
    const char *list, *zh, *en; /* where the list stands in the copy */
    struct page_column columns[COLUMNS_MAX];
};

/* clang-format off */
static const struct page_table tables[] = {
    {"profile.identifiers", "标识", "Identifiers",
     {{"type", "类型", "Type"}, {"ns", "范围", "Of"}, {"value", "值", "Value"}, {"state", "状态", "State"}, {"since", "自", "Since"}, {"until", "至", "Until"}}},
    {"profile.traits", "资料", "Traits",
     {{"name", "名称", "Name"}, {"value", "值", "Value"}, {"brand", "品牌", "Brand"}, {"source", "来源", "Source"}, {"time", "时间", "Time"}, {"history", "以往的值", "Earlier"}}},
    {"profile.consents", "授权与撤回", "Consents",
     {{"purpose", "用途", "Purpose"}, {"channel", "渠道", "Channel"}, {"brand", "品牌", "Brand"}, {"given", "同意", "Given"}, {"time", "时间", "Time"}, {"policy", "条款版本", "Policy"},
      {"evidence", "凭证", "Evidence"}, {"source", "来源", "Source"}}},
    {"profile.relations", "关系", "Relations",
     {{"zh", "关系", "In Chinese"}, {"en", "英文", "Relation"}, {"to.kind", "种类", "Kind"}, {"to.id", "对方", "With"}, {"brand", "品牌", "Brand"}, {"periods", "时段", "Periods"},
      {"attributes", "说明", "More"}}},
    {"listings", "名单与人工标签", "Lists, and tags set by hand",
     {{"label_zh", "名称", "In Chinese"}, {"label_en", "英文", "In English"}, {"name", "代号", "Name"}, {"kind", "种类", "Kind"}, {"holds", "当前有效", "Holds"}, {"acts", "登记", "What was said"}}},
    {"profile.counters", "行为次数", "Counts",
     {{"zh", "行为", "In Chinese"}, {"event", "英文", "Event"}, {"brand", "品牌", "Brand"}, {"channel", "渠道", "Channel"}, {"count", "次数", "Count"}, {"first", "首次", "First"},
      {"last", "最近", "Last"}}},
    {"classes", "信息类别、用途与保存期限", "Classes, what for, how long",
     {{"class", "类别", "Class"}, {"purpose_zh", "用途", "In Chinese"}, {"purpose", "英文", "What for"}, {"kept_zh", "保存期限", "In Chinese"}, {"kept", "英文", "How long"}}},
    {"recipients.hooks", "接收方(系统推送)", "Recipients: systems",
     {{"name", "名称", "Name"}, {"target", "地址", "Where"}, {"facts", "内容", "What"}}},
    {"recipients.shares", "接收方(法律主体之间的共享)", "Recipients: legal entities",
     {{"from", "提供方", "From"}, {"to", "接收方", "To"}, {"purposes", "用途", "Purposes"}, {"until", "至", "Until"}}},
    {"kept_by_law", "依法留存", "Kept by law",
     {{"class", "类别", "Class"}, {"years", "年限", "Years"}, {"ground_zh", "依据", "In Chinese"}, {"ground", "英文", "Ground"}}},
};
static const struct page_table orders_table = {
    "orders", "订单", "Orders",
    {{"number", "订单号", "Number"}, {"shop", "店铺", "Shop"}, {"states", "状态", "States"}, {"sums.amount", "金额", "Amount"}, {"sums.refunded", "已退款", "Refunded"},
     {"lines", "商品", "Lines"}, {"receiver", "收件人", "Receiver"}, {"refunds", "退款", "Refunds"}}};
static const struct page_table events_table = {
    "events", "事件", "Events",
    {{"time", "时间", "Time"}, {"event", "事件", "Event"}, {"source", "来源", "Source"}, {"brand", "品牌", "Brand"}, {"channel", "渠道", "Channel"}, {"ids", "标识", "Identifiers"},
     {"properties", "属性", "Properties"}, {"traits", "资料", "Traits"}}};

/* clang-format on */

static const char page_head[] =
    "<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>个人信息副本 · Copy of personal "
    "information</title>\n"
    "<style>body{font:14px/1.5 "
    "system-ui,sans-serif;margin:2em;max-width:1200px}table{border-collapse:collapse;margin:.5em 0 1.5em}"
    "th,td{border:1px solid #ccc;padding:.25em "
    ".6em;text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#f4f4f4}"
    "small{color:#777;font-weight:normal}</style></head><body>\n<h1>个人信息副本 <small>Copy of personal "
    "information</small></h1>\n";

/* --- text --- */

static void put_escaped(FILE *page, struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        const char *name = text.data[i] == '<'   ? "&lt;"
                           : text.data[i] == '>' ? "&gt;"
                           : text.data[i] == '&' ? "&amp;"
                           : text.data[i] == '"' ? "&quot;"
                                                 : NULL;
        if (name != NULL)
            (void)fputs(name, page);
        else
            (void)fputc(text.data[i], page);
    }
}

static struct json member_at(struct json j, const char *path)
{
    const char *dot = strchr(path, '.');
    if (dot == NULL)
        return json_find(j, bytes_of_text(path));
    return member_at(json_find(j, bytes_of(path, (size_t)(dot - path))), dot + 1);
}

static void put_value(FILE *page, struct json value, struct arena *a);

static void put_members(FILE *page, struct json object, struct arena *a)
{
    struct bytes key;
    struct json value;
    bool first = true;
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value); first = false) {
        (void)fputs(first ? "" : "<br>", page);
        put_escaped(page, key);
        (void)fputs(": ", page);
        put_value(page, value, a);
    }
}

static void put_items(FILE *page, struct json list, struct arena *a)
{
    struct json item;
    bool first = true;
    for (struct json_walk w = json_items(list); json_item_next(&w, &item); first = false) {
        (void)fputs(first ? "" : "<br>", page);
        put_value(page, item, a);
    }
}

static void put_value(FILE *page, struct json value, struct arena *a)
{
    switch (json_kind(value)) {
    case JSON_ABSENT:
    case JSON_NULL:
        break;
    case JSON_TRUE:
        (void)fputs("是 yes", page);
        break;
    case JSON_FALSE:
        (void)fputs("否 no", page);
        break;
    case JSON_STRING:
        put_escaped(page, short_time(value, a));
        break;
    case JSON_OBJECT:
        put_members(page, value, a);
        break;
    case JSON_ARRAY:
        put_items(page, value, a);
        break;
    case JSON_NUMBER:
        put_escaped(page, json_raw(value));
        break;
    }
}

/* --- tables --- */

static void table_begin(FILE *page, const struct page_table *t)
{
    fprintf(page, "<h2>%s <small>%s</small></h2>\n<table><tr>", t->zh, t->en);
    for (size_t i = 0; i < COLUMNS_MAX && t->columns[i].member != NULL; i++)
        fprintf(page, "<th>%s <small>%s</small></th>", t->columns[i].zh, t->columns[i].en);
    (void)fputs("</tr>\n", page);
}

static void table_row(FILE *page, const struct page_table *t, struct json row, struct arena *a)
{
    (void)fputs("<tr>", page);
    for (size_t i = 0; i < COLUMNS_MAX && t->columns[i].member != NULL; i++) {
        (void)fputs("<td>", page);
        put_value(page, member_at(row, t->columns[i].member), a);
        (void)fputs("</td>", page);
    }
    (void)fputs("</tr>\n", page);
}

static void table_end(FILE *page)
{
    (void)fputs("</table>\n", page);
}

static void put_line(FILE *page, const char *zh, const char *en, struct json value, struct arena *a)
{
    fprintf(page, "<p>%s <small>%s</small>: ", zh, en);
    put_value(page, value, a);
    (void)fputs("</p>\n", page);
}

void copy_page_begin(FILE *page, struct json copy, struct arena *a)
{
    (void)fputs(page_head, page);
    put_line(page, "制作时间", "Made", member_at(copy, "made"), a);
    put_line(page, "编号", "Public id", member_at(copy, "profile.id"), a);
    put_line(page, "信息来源", "Sources", member_at(copy, "sources"), a);
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        struct json row;
        table_begin(page, &tables[i]);
        for (struct json_walk w = json_items(member_at(copy, tables[i].list)); json_item_next(&w, &row);)
            table_row(page, &tables[i], row, a);
        table_end(page);
    }
}

void copy_page_orders_begin(FILE *page)
{
    table_begin(page, &orders_table);
}

void copy_page_order(FILE *page, struct json order, struct arena *a)
{
    table_row(page, &orders_table, order, a);
}

void copy_page_events_begin(FILE *page)
{
    table_end(page);
    table_begin(page, &events_table);
}

void copy_page_event(FILE *page, struct json event, struct arena *a)
{
    table_row(page, &events_table, event, a);
}

void copy_page_end(FILE *page)
{
    table_end(page);
    (void)fputs("</body></html>\n", page);
}
