#include "edge/api/export_rows.h"

#include <stdlib.h>
#include <string.h>

#include "domain/order/order.h"
#include "domain/thing/thing.h"
#include "edge/api/api.h"
#include "edge/api/export_audience.h"
#include "edge/api/export_choice.h"
#include "edge/api/export_listings.h"
#include "edge/api/export_relations.h"
#include "edge/api/order_print.h"
#include "edge/api/profile_print.h"
#include "edge/mask.h"
#include "edge/scope.h"
#include "lib/csv.h"

/* A column: what stands at a path; a time; of a list of objects `then` in the first whose `member` is `is`. */
#define AT(name, zh, path)                      \
    {                                           \
        name, zh, path, NULL, NULL, NULL, false \
    }
#define TIMES(name, zh, path)                  \
    {                                          \
        name, zh, path, NULL, NULL, NULL, true \
    }
#define FIRST(name, zh, path, member, is, then) \
    {                                           \
        name, zh, path, member, is, then, false \
    }

struct json_writer *export_row_begin(struct export_rows *rows)
{
    json_writer_init(&rows->writer, rows->out, false);
    json_object_begin(&rows->writer);
    return &rows->writer;
}

void export_row_end(struct export_rows *rows)
{
    json_object_end(&rows->writer);
    buf_push_byte(rows->out, '\n');
}

/* "12": a number; 0: none. */
static uint32_t plain_number(struct bytes text)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || number > UINT32_MAX)
            return 0;
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    }
    return number > UINT32_MAX ? 0 : (uint32_t)number;
}

/* Takes what stands before the first slash off the front; all of it where there is none. */
static struct bytes step_take(struct bytes *text)
{
    const uint8_t *slash = text->size == 0 ? NULL : memchr(text->data, '/', text->size);
    size_t end = slash == NULL ? text->size : (size_t)(slash - text->data);
    struct bytes step = bytes_slice(*text, 0, end);
    *text = bytes_slice(*text, slash == NULL ? end : end + 1, text->size);
    return step;
}

/* --- people --- */

static uint32_t people_end(const struct view *v)
{
    return view_rows_end(v, &person_family);
}

static bool person_wanted(const struct view *v, uint32_t person, const struct export_filter *filter)
{
    uint32_t brand = filter->brand.size == 0 ? 0 : name_number(v, NAME_BRAND, filter->brand);
    return filter->brand.size == 0 || (brand != 0 && brand_set_has(identity_known_to(v, person), brand));
}

static void people_put(struct request *r, const struct view *v, uint32_t number, const struct export_filter *filter,
                       struct export_rows *rows)
{
    if (identity_living(v, number) != number || !scope_sees_person(r->token, v, number) ||
        !person_wanted(v, number, filter))
        return;
    if (filter->choice != NULL)
        export_choice_put(filter->choice, r, v, number, filter->parser, export_row_begin(rows));
    else
        put_profile(r, v, number, export_row_begin(rows));
    export_row_end(rows);
}

static uint32_t people_number(const struct request *r, const struct view *v, struct bytes after)
{
    (void)r, (void)v;
    return plain_number(after);
}

static const struct export_column people_columns[] = {
    AT("id", "公开编号", "id"),
    AT("number", "编号", "number"),
    FIRST("name", "姓名", "traits", "name", "name", "value"),
    FIRST("phone", "手机号", "identifiers", "type", "phone", "value"),
    FIRST("email", "邮箱", "identifiers", "type", "email", "value"),
    AT("identifiers", "标识", "identifiers"),
    AT("traits", "特质", "traits"),
    AT("counters", "计数", "counters"),
    AT("consents", "同意授权", "consents"),
};

/* --- things --- */

static bool thing_wanted(const struct view *v, const struct thing_ref *ref, const struct export_filter *filter)
{
    return (filter->kind.size == 0 || bytes_equal(ref->kind, filter->kind)) &&
           (filter->brand.size == 0 || bytes_equal(thing_brand(v, ref), filter->brand));
}

static void put_value_of(const struct request *r, const struct thing_kind *kind, const struct thing_attribute *a,
                         struct bytes packed, struct json_writer *w)
{
    struct masking m;
    json_key_bytes(w, a->name);
    if (!kind->is_personal || !r->token->masked) {
        value_put(w, packed);
        return;
    }
    value_put(mask_begin(&m), packed);
    mask_end(&m, w, a->name, true);
}

static void put_ref_members(const struct thing_ref *ref, struct json_writer *w)
{
    member_bytes(w, "kind", ref->kind);
    if (ref->ns.size > 0)
        member_bytes(w, "ns", ref->ns);
    member_bytes(w, "id", ref->id);
}

static void put_parent_at(const struct thing *t, int64_t at_us, struct json_writer *w)
{
    struct thing_ref parent;
    json_key(w, "parent");
    if (thing_parent(t, at_us, &parent) != TOLD) {
        json_put_null(w);
        return;
    }
    json_object_begin(w);
    put_ref_members(&parent, w);
    json_object_end(w);
}

static const struct thing_version *version_of(const struct thing_slot *slot, int64_t time_us)
{
    for (uint32_t i = 0; i < slot->count; i++)
        if (slot->versions[i].time_us == time_us)
            return &slot->versions[i];
    return NULL;
}

/* What became true of a thing at one instant, as POST /api/v1/things takes it: a put, or its end. */
struct instant {
    int64_t time_us;
    bool ends;
};

static void put_said_at(const struct request *r, const struct thing *t, const struct thing_kind *kind, int64_t time_us,
                        struct json_writer *w)
{
    for (uint32_t i = 0; i < t->slot_count; i++)
        if (t->slots[i].number == THING_PARENT && version_of(&t->slots[i], time_us) != NULL)
            put_parent_at(t, time_us, w);
    json_key(w, "attributes");
    json_object_begin(w);
    for (uint32_t i = 0; i < t->slot_count; i++) {
        const struct thing_version *x = version_of(&t->slots[i], time_us);
        const struct thing_attribute *a = thing_attribute_numbered(kind, t->slots[i].number);
        if (x != NULL && a != NULL)
            put_value_of(r, kind, a, x->value, w);
    }
    json_object_end(w);
}

static void put_instant(const struct request *r, const struct thing *t, const struct thing_ref *ref,
                        const struct thing_kind *kind, struct instant at, struct export_rows *rows)
{
    struct json_writer *w = export_row_begin(rows);
    put_ref_members(ref, w);
    member_time(w, "time", at.time_us);
    if (at.ends)
        member_bool(w, "deleted", true);
    else
        put_said_at(r, t, kind, at.time_us, w);
    export_row_end(rows);
}

static int time_compare(const void *x, const void *y)
{
    const int64_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

/* Nothing else became true of it then: of an end and a put at one time the put stands. */
static bool ends_at(const struct thing *t, int64_t time_us)
{
    for (uint32_t i = 0; i < t->slot_count; i++) {
        const struct thing_version *x = t->slots[i].number == THING_EXISTS ? version_of(&t->slots[i], time_us) : NULL;
        bool exists = true;
        if (x != NULL && thing_exists(t, time_us, &exists) == TOLD)
            return !exists;
    }
    return false;
}

/* One row for each instant at which something became true. */
static void put_history(const struct request *r, const struct view *v, const struct thing *t,
                        const struct thing_ref *ref, const struct thing_kind *kind, struct export_rows *rows)
{
    int64_t *times = ARENA_ARRAY(v->arena, int64_t, (size_t)t->slot_count * THING_VERSIONS_MAX + 1);
    size_t count = 0;
    for (uint32_t i = 0; i < t->slot_count; i++)
        for (uint32_t j = 0; j < t->slots[i].count; j++)
            times[count++] = t->slots[i].versions[j].time_us;
    qsort(times, count, sizeof *times, time_compare);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || times[i] != times[i - 1])
            put_instant(r, t, ref, kind, (struct instant){times[i], ends_at(t, times[i])}, rows);
}

static void put_thing_row(const struct request *r, const struct thing *t, const struct thing_ref *ref,
                          const struct thing_kind *kind, struct export_rows *rows)
{
    struct json_writer *w = export_row_begin(rows);
    put_ref_members(ref, w);
    put_parent_at(t, THING_NEWEST, w);
    json_key(w, "attributes");
    json_object_begin(w);
    for (uint32_t i = 0; i < kind->attribute_count; i++) {
        struct bytes value;
        if (thing_value(t, kind->attributes[i].number, THING_NEWEST, &value) == TOLD)
            put_value_of(r, kind, &kind->attributes[i], value, w);
    }
    json_object_end(w);
    export_row_end(rows);
}

static void things_put(struct request *r, const struct view *v, uint32_t number, const struct export_filter *filter,
                       struct export_rows *rows)
{
    struct thing t;
    if (!thing_read(v, number, &t))
        return;
    const struct thing_kind *kind = thing_kind_numbered(v, t.kind);
    struct thing_ref ref = {kind->name, t.ns, t.id};
    if (!scope_sees_thing(r->token, v, &ref) || !thing_wanted(v, &ref, filter))
        return;
    if (!rows->for_table)
        put_history(r, v, &t, &ref, kind, rows);
    else if (thing_is_now(&t))
        put_thing_row(r, &t, &ref, kind, rows);
}

/* KIND/NS/ID, with nothing between the slashes where there is no namespace. */
static uint32_t things_number(const struct request *r, const struct view *v, struct bytes after)
{
    (void)r;
    struct thing_ref ref;
    ref.kind = step_take(&after);
    ref.ns = step_take(&after);
    ref.id = after;
    return thing_find(v, &ref);
}

static const struct export_column thing_columns[] = {
    AT("kind", "种类", "kind"),
    AT("ns", "命名空间", "ns"),
    AT("id", "编号", "id"),
    AT("name", "名称", "attributes.name"),
    AT("parent_kind", "上级种类", "parent.kind"),
    AT("parent_ns", "上级命名空间", "parent.ns"),
    AT("parent_id", "上级编号", "parent.id"),
    AT("attributes", "属性", "attributes"),
};

/* --- orders --- */

static bool order_wanted(const struct request *r, const struct view *v, const struct order *o,
                         const struct export_filter *filter)
{
    int64_t made_us = 0;
    struct bytes brand = order_text(o, FIELD_BRAND);
    bool has_time = order_reached(o, BYTES_NONE, ORDER_CREATED, &made_us);
    bool is_timed = filter->since_us != INT64_MIN || filter->until_us != INT64_MAX;
    return scope_sees_order(r->token, v, o) && (filter->brand.size == 0 || bytes_equal(brand, filter->brand)) &&
           (filter->shop.size == 0 || bytes_equal(o->key.shop, filter->shop)) &&
           (!is_timed || (has_time && made_us >= filter->since_us && made_us < filter->until_us));
}

static void orders_put(struct request *r, const struct view *v, uint32_t number, const struct export_filter *filter,
                       struct export_rows *rows)
{
    struct order o;
    if (!order_numbered(v, number, &o) || !order_wanted(r, v, &o, filter))
        return;
    struct order_said said;
    if (rows->for_table) {
        order_put(r, v, &o, ORDER_NOW, export_row_begin(rows));
        export_row_end(rows);
        return;
    }
    bool is_there = order_said(v, number, &said);
    for (uint32_t i = 0; is_there && i < said.version_count; i++) {
        order_put_version(r, v, &said, i, export_row_begin(rows));
        export_row_end(rows);
    }
}

/* SHOP/NUMBER */
static uint32_t orders_number(const struct request *r, const struct view *v, struct bytes after)
{
    (void)r;
    struct order o;
    struct order_key key;
    key.shop = step_take(&after);
    key.number = after;
    bool is_key = key.shop.size > 0 && key.shop.size <= ORDER_SHOP_BYTES_MAX && key.number.size > 0 &&
                  key.number.size <= ORDER_NUMBER_BYTES_MAX;
    return is_key && order_find_kept(v, key, &o) ? o.number : 0; /* it may have been locked meanwhile */
}

static const struct export_column order_columns[] = {
    AT("shop", "店铺", "shop"),
    AT("number", "订单号", "number"),
    AT("void", "已作废", "void"),
    AT("owner", "归属人", "owner"),
    AT("brand", "品牌", "brand"),
    AT("channel", "渠道", "channel"),
    AT("store", "门店", "store"),
    AT("till", "收银台", "till"),
    AT("seller", "销售员", "seller"),
    AT("campaign", "营销活动", "campaign"),
    TIMES("created", "下单时间", "states.created"),
    TIMES("paid", "付款时间", "states.paid"),
    TIMES("shipped", "发货时间", "states.shipped"),
    TIMES("delivered", "签收时间", "states.delivered"),
    TIMES("done", "完成时间", "states.done"),
    TIMES("cancelled", "取消时间", "states.cancelled"),
    TIMES("closed", "关闭时间", "states.closed"),
    AT("currency", "币种", "sums.currency"),
    AT("lines", "行数", "sums.lines"),
    AT("list", "吊牌金额", "sums.list"),
    AT("discount", "优惠金额", "sums.discount"),
    AT("gross", "商品金额", "sums.gross"),
    AT("freight", "运费", "sums.freight"),
    AT("amount", "应付金额", "sums.amount"),
    AT("refunded", "已退金额", "sums.refunded"),
    AT("net", "净额", "sums.net"),
    AT("buyer", "买家标识", "buyer"),
    AT("receiver", "收货人", "receiver"),
    AT("items", "商品行", "lines"),
    AT("refunds", "退款", "refunds"),
};

/* --- relations --- */

static const struct export_column relation_columns[] = {
    AT("person", "人", "person"),
    AT("number", "编号", "number"),
    AT("type", "关系", "relation.type"),
    AT("brand", "品牌", "relation.brand"),
    AT("to_kind", "对象种类", "relation.to.kind"),
    AT("to_ns", "对象命名空间", "relation.to.ns"),
    AT("to_id", "对象编号", "relation.to.id"),
    AT("to_person", "对象(人)", "relation.to.person"),
    AT("open", "进行中", "relation.open"),
    TIMES("begin", "开始时间", "relation.periods.0.begin"),
    TIMES("end", "结束时间", "relation.periods.0.end"),
    AT("reason", "结束原因", "relation.periods.0.reason"),
    AT("periods", "时段", "relation.periods"),
    AT("attributes", "属性", "relation.attributes"),
};

/* --- listings --- */

static const struct export_column listing_columns[] = {
    AT("person", "人", "person"),
    AT("kind", "类型", "kind"),
    AT("tag", "标签", "tag"),
    AT("segment", "人群", "segment"),
    AT("act", "操作", "act"),
    AT("value", "取值", "value"),
    TIMES("time", "时间", "time"),
    TIMES("until", "有效至", "until"),
    AT("reason", "原因", "reason"),
    AT("by_kind", "操作者类型", "by.kind"),
    AT("by", "操作者", "by.name"),
    AT("waiting_type", "等待的标识类型", "waiting.type"),
    AT("waiting", "等待的标识", "waiting.value"),
};

/* --- who is in which segment, what tags say of whom --- */

static const struct export_column segment_columns[] = {
    AT("segment", "人群", "segment"),
    AT("person", "人", "person"),
    AT("number", "编号", "number"),
    TIMES("since", "起始时间", "since"),
};
static const struct export_column tag_columns[] = {
    AT("tag", "标签", "tag"),
    AT("person", "人", "person"),
    AT("number", "编号", "number"),
    AT("value", "取值", "value"),
    TIMES("since", "起始时间", "since"),
};

/* --- events: what they are is printed by their scan --- */

static const struct export_column event_columns[] = {
    AT("position", "日志位点", "position"),
    AT("id", "消息编号", "id"),
    AT("event", "事件", "event"),
    TIMES("time", "发生时间", "time"),
    TIMES("received_at", "接收时间", "received_at"),
    AT("source", "来源", "source"),
    AT("brand", "品牌", "brand"),
    AT("channel", "渠道", "channel"),
    AT("shop", "店铺", "shop"),
    AT("store", "门店", "store"),
    AT("staff", "员工", "staff"),
    AT("touchpoint", "触点", "touchpoint"),
    AT("campaign", "营销活动", "campaign"),
    AT("order", "订单号", "order"),
    AT("conversation", "会话", "conversation"),
    AT("group", "群聊", "group"),
    AT("actor", "行为主体", "actor.kind"),
    AT("actor_id", "主体编号", "actor.id"),
    FIRST("phone", "手机号", "ids", "type", "phone", "value"),
    AT("ids", "标识", "ids"),
    AT("traits", "特质", "traits"),
    AT("consents", "同意授权", "consents"),
    AT("properties", "属性", "properties"),
    AT("items", "商品", "items"),
    AT("person", "人", "person"),
};

const struct export_kind export_kinds[EXPORT_WHAT_COUNT] = {
    [EXPORT_EVENTS] = {"events", event_columns, COUNT_OF(event_columns), true, NULL, NULL, NULL, NULL},
    [EXPORT_PEOPLE] = {"people", people_columns, COUNT_OF(people_columns), false, people_end, people_put,
                       people_number, NULL},
    [EXPORT_THINGS] = {"things", thing_columns, COUNT_OF(thing_columns), false, things_end, things_put, things_number, NULL},
    [EXPORT_ORDERS] = {"orders", order_columns, COUNT_OF(order_columns), true, orders_end, orders_put, orders_number, NULL},
    [EXPORT_RELATIONS] = {"relations", relation_columns, COUNT_OF(relation_columns), false, people_end,
                          relation_rows_put, relation_rows_number, NULL},
    [EXPORT_LISTINGS] = {"listings", listing_columns, COUNT_OF(listing_columns), false, people_end, listing_rows_put,
                         relation_rows_number, listing_waiting_rows_put},
    [EXPORT_SEGMENT_MEMBERS] = {"segment_members", segment_columns, COUNT_OF(segment_columns), false, people_end,
                                segment_rows_put, people_number, NULL},
    [EXPORT_TAG_VALUES] = {"tag_values", tag_columns, COUNT_OF(tag_columns), false, people_end, tag_rows_put,
                           people_number, NULL},
};

/* --- as a table --- */

struct json export_cell(const struct export_column *c, struct json row)
{
    struct json at = json_at(row, c->path), item;
    if (c->member == NULL)
        return at;
    for (struct json_walk w = json_items(at); json_item_next(&w, &item);)
        if (bytes_equal(json_string(json_find(item, bytes_of_text(c->member))), bytes_of_text(c->is)))
            return json_find(item, bytes_of_text(c->then));
    return JSON_NOTHING;
}

/* What is a number or a list stands as it is: neither begins as a formula of somebody's. */
static void put_cell(struct json cell, bool inert, struct buf *out)
{
    if (json_is(cell, JSON_ABSENT) || json_is(cell, JSON_NULL))
        return;
    if (!json_is(cell, JSON_STRING))
        csv_put(out, json_raw(cell), ',');
    else if (inert)
        csv_put_inert(out, json_string(cell), ',');
    else
        csv_put(out, json_string(cell), ',');
}

void export_csv_row(const struct export_kind *kind, struct json row, bool inert, struct buf *out)
{
    for (size_t i = 0; i < kind->column_count; i++) {
        buf_push_text(out, i == 0 ? "" : ",");
        put_cell(export_cell(&kind->columns[i], row), inert, out);
    }
    buf_push_text(out, "\r\n");
}

void export_csv_head(const struct export_kind *kind, bool in_chinese, struct buf *out)
{
    for (size_t i = 0; i < kind->column_count; i++)
        buf_printf(out, "%s%s", i == 0 ? "" : ",", in_chinese ? kind->columns[i].zh : kind->columns[i].name);
    buf_push_text(out, "\r\n");
}
