/* Beside orders: what sources declare of a shop's days and where it differs, rates, and which shops derive events. */
#include <stdlib.h>

#include "base/time.h"
#include "domain/order/order.h"
#include "domain/pulse/pulse.h"
#include "edge/api/api.h"
#include "edge/api/day.h"
#include "edge/api/list.h"
#include "edge/api/order_print.h"
#include "edge/codec/order.h"

#define DAYS_MAX 100u /* a page */
#define MISMATCHES_MAX 50u
#define RATES_USUAL 1000u
#define RATES_MAX 5000u

/* --- a shop's days --- */

struct days_request {
    struct bytes shop;
    int32_t from, until; /* both included */
    uint64_t at;         /* of mismatches */
};

/* The next of both books in order of (day, currency); *out_here, *out_there: which of them has it. */
struct days_walk {
    int32_t day;
    uint16_t currency;
    struct order_day here, there;
    bool has_here, has_there;
};

static bool is_before(bool has_a, const struct order_day *a, bool has_b, const struct order_day *b)
{
    if (!has_a || !has_b)
        return has_a;
    return a->day != b->day ? a->day < b->day : a->currency < b->currency;
}

static bool days_next(const struct view *v, struct bytes shop, struct days_walk *w)
{
    bool here = order_day_next(v, shop, w->day, w->currency, &w->here),
         there = order_declared_next(v, shop, w->day, w->currency, &w->there);
    w->has_here = here && !is_before(there, &w->there, here, &w->here);
    w->has_there = there && !is_before(here, &w->here, there, &w->there);
    const struct order_day *first = w->has_here ? &w->here : &w->there;
    w->day = first->day;
    w->currency = first->currency;
    return w->has_here || w->has_there;
}

static void put_book(struct json_writer *w, const char *key, const struct order_day *d, bool is_there, bool is_ours)
{
    json_key(w, key);
    if (!is_there) {
        json_put_null(w);
        return;
    }
    json_object_begin(w);
    member_uint(w, "orders", d->orders);
    if (is_ours)
        member_uint(w, "lines", d->lines);
    member_money(w, "amount", d->amount, d->currency);
    if (is_ours)
        member_money(w, "refunded", d->refunded, d->currency);
    else
        member_bool(w, "listed", d->is_listed);
    json_object_end(w);
}

static void put_day(struct json_writer *w, const struct days_walk *d)
{
    int64_t here = d->has_here ? d->here.amount : 0, there = d->has_there ? d->there.amount : 0;
    bool agrees = d->has_there && here == there && (d->has_here ? d->here.orders : 0) == d->there.orders;
    json_object_begin(w);
    member_day(w, "day", d->day);
    member_text(w, "currency", currency_name(d->currency));
    put_book(w, "here", &d->here, d->has_here, true);
    put_book(w, "declared", &d->there, d->has_there, false);
    member_money(w, "differs_by", here - there, d->currency);
    member_bool(w, "agrees", agrees);
    json_object_end(w);
}

/* Days on which orders were due and none came, nor was any declared; of those asked for that are over. */
static void put_missing_days(const struct view *v, const struct days_request *d, int32_t until, struct json_writer *w)
{
    struct pulse_subject shop = {CALENDAR_OF_SHOP, d->shop};
    int32_t today = calendar_day_of(v, v->now_us);
    char text[DAY_TEXT_BYTES];
    json_key(w, "missing_days");
    json_array_begin(w);
    for (int32_t day = d->from, count = 0; day <= until && day < today && count < (int32_t)DAYS_MAX; day++, count++)
        if (pulse_is_missing(v, shop, day))
            json_put_text(w, day_text(day, text));
    json_array_end(w);
}

static void print_days(struct request *r, const struct view *v, struct json_writer *w)
{
    const struct days_request *d = r->context;
    struct days_walk walk = {.day = d->from};
    uint32_t count = 0;
    bool more = days_next(v, d->shop, &walk) && walk.day <= d->until;
    json_object_begin(w);
    member_bytes(w, "shop", d->shop);
    json_key(w, "days");
    json_array_begin(w);
    for (; more && count < DAYS_MAX; count++) {
        put_day(w, &walk);
        more = days_next(v, d->shop, &walk) && walk.day <= d->until;
    }
    json_array_end(w);
    put_missing_days(v, d, more ? walk.day - 1 : d->until, w);
    json_key(w, "next");
    if (more)
        json_put_text(w, day_text(walk.day, (char[DAY_TEXT_BYTES]){0}));
    else
        json_put_null(w);
    json_object_end(w);
}

static fallible shop_read(struct request *r, struct bytes *out_shop, struct err *e)
{
    *out_shop = http_query(r->x, "shop");
    return out_shop->size > 0 && out_shop->size <= ORDER_SHOP_BYTES_MAX ? DONE
                                                                        : FAIL(e, INVALID, "shop: say which one");
}

void api_reconcile(struct request *r)
{
    struct days_request *d = ARENA_NEW(request_arena(r), struct days_request);
    struct err e = {0};
    struct bytes from = http_query(r->x, "from"), to = http_query(r->x, "to");
    r->context = d;
    struct status status = shop_read(r, &d->shop, &e);
    if (done(status))
        status = day_read(from, "from", &d->from, &e);
    d->until = d->from;
    if (done(status) && to.size > 0)
        status = day_read(to, "to", &d->until, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_days);
}

/* --- order by order --- */

static void print_mismatches(struct request *r, const struct view *v, struct json_writer *w)
{
    static const char *const words[] = {[ORDER_MISSING_HERE] = "missing_here",
                                        [ORDER_MISSING_THERE] = "missing_there",
                                        [ORDER_AMOUNT_DIFFERS] = "amount_differs"};
    const struct days_request *d = r->context;
    struct order_mismatch found[MISMATCHES_MAX];
    uint64_t at = d->at;
    size_t count = order_mismatches(v, d->shop, d->from, &at, found, MISMATCHES_MAX);
    json_object_begin(w);
    member_bytes(w, "shop", d->shop);
    member_day(w, "day", d->from);
    json_key(w, "mismatches");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(w);
        member_bytes(w, "number", found[i].number);
        member_text(w, "difference", words[found[i].difference]);
        member_text(w, "currency", currency_name(found[i].currency));
        member_money(w, "here", found[i].here, found[i].currency);
        member_money(w, "declared", found[i].there, found[i].currency);
        json_object_end(w);
    }
    json_array_end(w);
    json_key(w, "next");
    if (at == ORDER_LOOKED_ALL)
        json_put_null(w);
    else
        json_put_uint64(w, at);
    json_object_end(w);
}

void api_reconcile_orders(struct request *r)
{
    struct days_request *d = ARENA_NEW(request_arena(r), struct days_request);
    struct err e = {0};
    r->context = d;
    struct status status = shop_read(r, &d->shop, &e);
    if (done(status))
        status = day_read(http_query(r->x, "day"), "day", &d->from, &e);
    if (done(status))
        status = query_number(r, "after", 0, UINT64_MAX, &d->at, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_mismatches);
}

/* --- commands: each reads its body into a payload --- */

typedef struct status (*payload_reader)(struct request *r, struct json root, struct buf *out, struct err *e);

static void body_command(struct request *r, struct body_members members, payload_reader read)
{
    struct json_parser *p;
    struct json root;
    struct buf payload;
    struct err e = {0};
    if (!body_read(r, members, &p, &root))
        return;
    buf_init(&payload, ORDER_VERSION_BYTES_MAX);
    struct status status = read(r, root, &payload, &e);
    json_parser_destroy(p);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_command(r, (uint32_t)r->route->choice, buf_bytes(&payload), request_answer);
    buf_fini(&payload);
}

struct listed_order {
    struct bytes number;
    int64_t amount;
};

static int by_number(const void *a, const void *b)
{
    const struct listed_order *x = a, *y = b;
    return bytes_compare(x->number, y->number);
}

/* [{"number":…,"amount":…}], put in order. */
static fallible listed_read(struct request *r, struct json list, struct order_declared *d, struct err *e)
{
    struct json item;
    size_t count = json_count(list);
    if (json_is(list, JSON_ABSENT))
        return DONE;
    if (count > ORDER_DECLARED_MAX)
        return FAIL(e, LIMIT, "a list has at most %u orders: declare the day in parts", ORDER_DECLARED_MAX);
    struct listed_order *orders = ARENA_ARRAY(request_arena(r), struct listed_order, count + 1);
    for (struct json_walk w = json_items(list); json_item_next(&w, &item); d->listed++) {
        struct listed_order *o = &orders[d->listed];
        o->number = text_of_json(json_find(item, BYTES_LIT("number")));
        if (o->number.size == 0)
            return FAIL(e, INVALID, "list: each one has a \"number\" and an \"amount\"");
        TRY(WRAP(e, money_of_json(json_find(item, BYTES_LIT("amount")), d->currency, &o->amount, e), "list: %.*s",
                 BYTES_ARG(o->number)));
    }
    qsort(orders, d->listed, sizeof *orders, by_number);
    struct buf packed;
    buf_init(&packed, ORDER_VERSION_BYTES_MAX);
    for (uint32_t i = 0; i < d->listed; i++)
        order_amount_pack(&packed, orders[i].number, orders[i].amount);
    d->list = arena_copy(request_arena(r), buf_bytes(&packed));
    bool fits = !packed.overflowed;
    buf_fini(&packed);
    return fits ? DONE : FAIL(e, LIMIT, "the list is too large: declare the day in parts");
}

static fallible declared_read(struct request *r, struct json root, struct buf *out, struct err *e)
{
    uint64_t part = 0;
    struct json said = json_find(root, BYTES_LIT("said")), source = json_find(root, BYTES_LIT("source"));
    struct order_declared d = {.shop = json_string(json_find(root, BYTES_LIT("shop"))), .said_us = time_now_us()};
    d.source = json_is(source, JSON_STRING) ? json_string(source) : bytes_of_text(r->token->name);
    TRY(day_read(json_string(json_find(root, BYTES_LIT("day"))), "day", &d.day, e));
    TRY(currency_of_json(json_find(root, BYTES_LIT("currency")), &d.currency, e));
    (void)json_uint64(json_find(root, BYTES_LIT("part")), &part);
    d.part = part < UINT16_MAX ? (uint16_t)part : UINT16_MAX;
    if (!json_is(said, JSON_ABSENT))
        TRY(WRAP(e, time_of_json(said, &d.said_us, e), "said"));
    if (!json_uint64(json_find(root, BYTES_LIT("orders")), &d.orders))
        return FAIL(e, INVALID, "orders: say how many");
    TRY(WRAP(e, money_of_json(json_find(root, BYTES_LIT("amount")), d.currency, &d.amount, e), "amount"));
    TRY(listed_read(r, json_find(root, BYTES_LIT("list")), &d, e));
    return order_declared_pack(&d, out, e);
}

void api_declare(struct request *r)
{
    static const struct body_member members[] = {
        {"shop", BODY_TEXT, false},    {"day", BODY_TEXT, false},      {"part", BODY_COUNT, false},
        {"source", BODY_TEXT, false},  {"said", BODY_TIME, false},     {"currency", BODY_TEXT, false},
        {"orders", BODY_COUNT, false}, {"amount", BODY_SCALAR, false}, {"list", BODY_NAMES, false}};
    body_command(r, BODY_MEMBERS(members), declared_read);
}

static fallible rate_read(struct request *r, struct json root, struct buf *out, struct err *e)
{
    struct json_decimal rate;
    struct order_rate o = {.from = 0};
    (void)r;
    TRY(WRAP(e, currency_of_json(json_find(root, BYTES_LIT("from")), &o.from, e), "from"));
    TRY(WRAP(e, currency_of_json(json_find(root, BYTES_LIT("to")), &o.to, e), "to"));
    TRY(day_read(json_string(json_find(root, BYTES_LIT("day"))), "day", &o.day, e));
    if (!json_decimal(json_find(root, BYTES_LIT("rate")), DECIMAL_SCALE_MAX, &rate))
        return FAIL(e, INVALID, "rate: want a number with at most %d digits behind the point", DECIMAL_SCALE_MAX);
    o.rate = (struct decimal){.mantissa = rate.value, .scale = (uint8_t)rate.scale};
    order_rate_pack(&o, out);
    return DONE;
}

void api_rate_set(struct request *r)
{
    static const struct body_member members[] = {
        {"from", BODY_TEXT, false}, {"to", BODY_TEXT, false}, {"day", BODY_TEXT, false}, {"rate", BODY_SCALAR, false}};
    body_command(r, BODY_MEMBERS(members), rate_read);
}

static fallible order_shop_read(struct request *r, struct json root, struct buf *out, struct err *e)
{
    bool derives = true;
    (void)r;
    if (!json_bool(json_find(root, BYTES_LIT("derives_events")), &derives))
        return FAIL(e, INVALID, "derives_events: want true or false");
    order_shop_pack(json_string(json_find(root, BYTES_LIT("shop"))), derives, out);
    return DONE;
}

void api_order_shop_set(struct request *r)
{
    static const struct body_member members[] = {{"shop", BODY_TEXT, false}, {"derives_events", BODY_BOOL, false}};
    body_command(r, BODY_MEMBERS(members), order_shop_read);
}

/* --- told --- */

static bool rate_of_list_next(const struct request *r, const struct view *v, struct hash128 key, struct list_item *out_item)
{
    struct order_rate *rate = ARENA_NEW(v->arena, struct order_rate);
    struct order_rate after = {(uint16_t)(key.low >> 48), (uint16_t)(key.low >> 32), (int32_t)(uint32_t)key.low, {0}};
    (void)r;
    if (!order_rate_next(v, &after, rate))
        return false;
    *out_item = (struct list_item){
        .key = {.low = (uint64_t)rate->from << 48 | (uint64_t)rate->to << 32 | (uint32_t)rate->day}, .own = rate};
    return true;
}

static void put_rate(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w)
{
    const struct order_rate *rate = item->own;
    (void)r;
    (void)v;
    member_text(w, "from", currency_name(rate->from));
    member_text(w, "to", currency_name(rate->to));
    member_day(w, "day", rate->day);
    json_key(w, "rate");
    json_put_decimal(w, (struct json_decimal){rate->rate.mantissa, rate->rate.scale});
}

void api_rates(struct request *r)
{
    static const struct list_kind rates = {.name = "rates",
                                           .cursor = "after",
                                           .cursor_kind = CURSOR_NUMBER,
                                           .usual = RATES_USUAL,
                                           .most = RATES_MAX,
                                           .next = rate_of_list_next,
                                           .put = put_rate};
    list_answer(r, &rates, NULL);
}

static void print_order_shops(struct request *r, const struct view *v, struct json_writer *w)
{
    struct bytes shop = BYTES_NONE;
    bool derives;
    (void)r;
    json_object_begin(w);
    json_key(w, "shops");
    json_array_begin(w);
    while (order_shop_next(v, shop, &shop, &derives)) {
        json_object_begin(w);
        member_bytes(w, "shop", shop);
        member_bool(w, "derives_events", derives);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

void api_order_shops(struct request *r)
{
    request_print(r, print_order_shops);
}
