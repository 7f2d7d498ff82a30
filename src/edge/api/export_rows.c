#include "edge/api/export_rows.h"

#include <stdlib.h>
#include <string.h>

#include "domain/order/order.h"
#include "domain/thing/thing.h"
#include "edge/api/api.h"
#include "edge/mask.h"
#include "edge/api/order_print.h"
#include "edge/api/profile_print.h"
#include "edge/scope.h"
#include "lib/csv.h"

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
    put_profile(r, v, number, export_row_begin(rows));
    export_row_end(rows);
}

static uint32_t people_number(const struct request *r, const struct view *v, struct bytes after)
{
    (void)r, (void)v;
    return plain_number(after);
}

static const struct export_column people_columns[] = {
    {"id", "id", NULL, NULL, NULL},
    {"number", "number", NULL, NULL, NULL},
    {"name", "traits", "name", "name", "value"},
    {"phone", "identifiers", "type", "phone", "value"},
    {"email", "identifiers", "type", "email", "value"},
    {"identifiers", "identifiers", NULL, NULL, NULL},
    {"traits", "traits", NULL, NULL, NULL},
    {"counters", "counters", NULL, NULL, NULL},
    {"consents", "consents", NULL, NULL, NULL},
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
    {"kind", "kind", NULL, NULL, NULL},
    {"ns", "ns", NULL, NULL, NULL},
    {"id", "id", NULL, NULL, NULL},
    {"name", "attributes.name", NULL, NULL, NULL},
    {"parent_kind", "parent.kind", NULL, NULL, NULL},
    {"parent_ns", "parent.ns", NULL, NULL, NULL},
    {"parent_id", "parent.id", NULL, NULL, NULL},
    {"attributes", "attributes", NULL, NULL, NULL},
};

/* --- orders --- */

static bool order_wanted(const struct request *r, const struct view *v, const struct order *o,
                         const struct export_filter *filter)
{
    int64_t made_us = 0;
    struct bytes brand = order_text(o, FIELD_BRAND);
    bool has_time = order_reached(o, BYTES_NONE, ORDER_CREATED, &made_us);
    bool is_timed = filter->since_us != INT64_MIN || filter->until_us != INT64_MAX;
    return scope_sees_event(r->token, v, brand, order_text(o, FIELD_STORE)) &&
           (filter->brand.size == 0 || bytes_equal(brand, filter->brand)) &&
           (filter->shop.size == 0 || bytes_equal(o->key.shop, filter->shop)) &&
           (!is_timed || (has_time && made_us >= filter->since_us && made_us < filter->until_us));
}

static void orders_put(struct request *r, const struct view *v, uint32_t number, const struct export_filter *filter,
                       struct export_rows *rows)
{
    struct order o;
    if (!order_numbered(v, number, &o) || !order_wanted(r, v, &o, filter))
        return;
    struct json_writer *w = export_row_begin(rows);
    if (rows->for_table)
        order_put(r, v, &o, ORDER_NOW, w);
    else
        order_put_version(r, &o, w);
    export_row_end(rows);
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
    return is_key && order_find(v, key, &o) ? o.number : 0;
}

static const struct export_column order_columns[] = {
    {"shop", "shop", NULL, NULL, NULL},
    {"number", "number", NULL, NULL, NULL},
    {"void", "void", NULL, NULL, NULL},
    {"owner", "owner", NULL, NULL, NULL},
    {"brand", "brand", NULL, NULL, NULL},
    {"channel", "channel", NULL, NULL, NULL},
    {"store", "store", NULL, NULL, NULL},
    {"till", "till", NULL, NULL, NULL},
    {"seller", "seller", NULL, NULL, NULL},
    {"campaign", "campaign", NULL, NULL, NULL},
    {"created", "states.created", NULL, NULL, NULL},
    {"paid", "states.paid", NULL, NULL, NULL},
    {"shipped", "states.shipped", NULL, NULL, NULL},
    {"delivered", "states.delivered", NULL, NULL, NULL},
    {"done", "states.done", NULL, NULL, NULL},
    {"cancelled", "states.cancelled", NULL, NULL, NULL},
    {"closed", "states.closed", NULL, NULL, NULL},
    {"currency", "sums.currency", NULL, NULL, NULL},
    {"lines", "sums.lines", NULL, NULL, NULL},
    {"list", "sums.list", NULL, NULL, NULL},
    {"discount", "sums.discount", NULL, NULL, NULL},
    {"gross", "sums.gross", NULL, NULL, NULL},
    {"freight", "sums.freight", NULL, NULL, NULL},
    {"amount", "sums.amount", NULL, NULL, NULL},
    {"refunded", "sums.refunded", NULL, NULL, NULL},
    {"net", "sums.net", NULL, NULL, NULL},
    {"buyer", "buyer", NULL, NULL, NULL},
    {"receiver", "receiver", NULL, NULL, NULL},
    {"items", "lines", NULL, NULL, NULL},
    {"refunds", "refunds", NULL, NULL, NULL},
};

/* --- events: what they are is printed by their scan --- */

static const struct export_column event_columns[] = {
    {"position", "position", NULL, NULL, NULL},
    {"id", "id", NULL, NULL, NULL},
    {"event", "event", NULL, NULL, NULL},
    {"time", "time", NULL, NULL, NULL},
    {"received_at", "received_at", NULL, NULL, NULL},
    {"source", "source", NULL, NULL, NULL},
    {"brand", "brand", NULL, NULL, NULL},
    {"channel", "channel", NULL, NULL, NULL},
    {"shop", "shop", NULL, NULL, NULL},
    {"store", "store", NULL, NULL, NULL},
    {"staff", "staff", NULL, NULL, NULL},
    {"touchpoint", "touchpoint", NULL, NULL, NULL},
    {"campaign", "campaign", NULL, NULL, NULL},
    {"order", "order", NULL, NULL, NULL},
    {"conversation", "conversation", NULL, NULL, NULL},
    {"group", "group", NULL, NULL, NULL},
    {"actor", "actor.kind", NULL, NULL, NULL},
    {"actor_id", "actor.id", NULL, NULL, NULL},
    {"phone", "ids", "type", "phone", "value"},
    {"ids", "ids", NULL, NULL, NULL},
    {"traits", "traits", NULL, NULL, NULL},
    {"consents", "consents", NULL, NULL, NULL},
    {"properties", "properties", NULL, NULL, NULL},
    {"items", "items", NULL, NULL, NULL},
};

const struct export_kind export_kinds[EXPORT_WHAT_COUNT] = {
    [EXPORT_EVENTS] = {"events", event_columns, COUNT_OF(event_columns), true, NULL, NULL, NULL},
    [EXPORT_PEOPLE] = {"people", people_columns, COUNT_OF(people_columns), false, people_end, people_put,
                       people_number},
    [EXPORT_THINGS] = {"things", thing_columns, COUNT_OF(thing_columns), false, things_end, things_put, things_number},
    [EXPORT_ORDERS] = {"orders", order_columns, COUNT_OF(order_columns), true, orders_end, orders_put, orders_number},
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

void export_csv_head(const struct export_kind *kind, struct buf *out)
{
    for (size_t i = 0; i < kind->column_count; i++)
        buf_printf(out, "%s%s", i == 0 ? "" : ",", kind->columns[i].name);
    buf_push_text(out, "\r\n");
}
