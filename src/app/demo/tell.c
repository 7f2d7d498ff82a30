/* What the demo tells the daemon: the brand's own things, then everything that happens, then the orders. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/demo/demo.h"
#include "app/sender.h"
#include "app/terminal.h"
#include "base/time.h"
#include "lib/json.h"

#define WORLD_BYTES_MAX (4u << 20)
#define BODY_BYTES_MAX (64u << 10)
#define LOOK_EVERY 1000u
#define DEMO_BATCH_EVENTS 2000u

bool demo_stop_wanted(void)
{
    sigset_t waiting;
    sigemptyset(&waiting);
    (void)sigpending(&waiting);
    return sigismember(&waiting, SIGINT) == 1 || sigismember(&waiting, SIGTERM) == 1;
}

/* --- the brand's own things --- */

/* {"kind":…,"name":…,"attributes":{"label_zh":…, …}} out of a row of the world. */
static void name_body(const char *kind, struct json row, struct buf *out)
{
    struct json_writer w;
    struct bytes key;
    struct json value;
    buf_clear(out);
    json_writer_init(&w, out, false);
    json_object_begin(&w);
    json_key(&w, "kind");
    json_put_text(&w, kind);
    json_key(&w, "name");
    json_put(&w, json_find(row, BYTES_LIT("id")));
    json_key(&w, "attributes");
    json_object_begin(&w);
    json_key(&w, "label_zh");
    json_put(&w, json_is(json_find(row, BYTES_LIT("name")), JSON_STRING) ? json_find(row, BYTES_LIT("name")) : json_find(row, BYTES_LIT("id")));
    for (struct json_walk m = json_members(row); json_member_next(&m, &key, &value);) {
        if (bytes_equal(key, BYTES_LIT("id")) || bytes_equal(key, BYTES_LIT("name")))
            continue;
        json_key_bytes(&w, key);
        json_put(&w, value);
    }
    json_object_end(&w);
    json_object_end(&w);
}

static fallible rows_declare(struct client *c, const char *kind, struct json rows, struct buf *body, struct err *e)
{
    struct json row;
    struct client_reply reply;
    for (struct json_walk w = json_items(rows); json_item_next(&w, &row);) {
        name_body(kind, row, body);
        struct client_call call = {.method = "POST", .path = "/api/v1/names", .body = buf_bytes(body)};
        TRY(client_send(c, &call, &reply, e));
        if (reply.status >= 300)
            return FAIL(e, INVALID, "declaring a %s: %.*s", kind, BYTES_ARG(reply.body));
    }
    return DONE;
}

fallible demo_declare(const struct synth *s, struct client *c, struct err *e)
{
    static const char *const tables[][2] = {{"entities", "entity"},  {"brands", "brand"}, {"apps", "app"},
                                            {"channels", "channel"}, {"shops", "shop"},   {"stores", "store"},
                                            {"staff", "staff"}};
    struct buf world, body;
    struct json root;
    struct json_parser *p = json_parser_create(WORLD_BYTES_MAX);
    if (p == NULL)
        abort();
    buf_init(&world, WORLD_BYTES_MAX);
    buf_init(&body, BODY_BYTES_MAX);
    synth_world_json(s, &world);
    struct status status = json_parse(p, buf_bytes(&world), &root, e);
    for (size_t i = 0; i < COUNT_OF(tables) && done(status); i++)
        status = rows_declare(c, tables[i][1], json_find(root, bytes_of_text(tables[i][0])), &body, e);
    buf_fini(&world);
    buf_fini(&body);
    json_parser_destroy(p);
    return status;
}

/* --- many lines, with a bar --- */

struct telling {
    struct sender *sender;
    struct progress progress;
    struct buf line;
    uint64_t count;
};

static void telling_begin(struct telling *t, const struct sender_options *o, const char *what, const char *unit)
{
    t->sender = sender_create(o);
    t->count = 0;
    buf_init(&t->line, SYNTH_LINE_BYTES_MAX);
    progress_begin(&t->progress, what, unit, 0);
}

static fallible line_tell(struct telling *t, struct err *e)
{
    TRY(sender_add(t->sender, buf_bytes(&t->line), BYTES_NONE, e));
    progress_show(&t->progress, ++t->count);
    return t->count % LOOK_EVERY == 0 && demo_stop_wanted() ? FAIL(e, CANCELLED, "%s", either("stopped", "已中止"))
                                                            : DONE;
}

/* Sends what is left, if all went well so far, and says what became of all. INVALID: not every line was good. */
static fallible telling_end(struct telling *t, struct status status, struct sender_counts *out_counts,
                            int64_t *out_took_us, struct err *e)
{
    if (done(status))
        status = sender_flush(t->sender, e);
    *out_took_us = progress_us(&t->progress);
    *out_counts = *sender_counts(t->sender);
    progress_end(&t->progress);
    sender_destroy(t->sender);
    buf_fini(&t->line);
    TRY(status);
    if (out_counts->faulty + out_counts->refused > 0)
        return FAIL(e, INVALID, "of %llu lines %llu were called faulty and %llu were refused",
                    (unsigned long long)out_counts->sent, (unsigned long long)out_counts->faulty,
                    (unsigned long long)out_counts->refused);
    return DONE;
}

/* --- things --- */

fallible demo_put_things(const struct synth *s, struct client *c, struct demo_things *out_things, struct err *e)
{
    struct sender_options o = {.client = c, .path = "/api/v1/things", .import = true};
    struct demo_things things = {0};
    struct sender_counts counts;
    struct telling t;
    struct status status = DONE;
    uint32_t cursor = 0;
    telling_begin(&t, &o, either("putting", "写入"), either("things", "个实体"));
    while (done(status) && synth_thing_next(s, &cursor, &t.line)) {
        things.stores += bytes_starts_with(buf_bytes(&t.line), BYTES_LIT("{\"kind\":\"store\""));
        things.staff += bytes_starts_with(buf_bytes(&t.line), BYTES_LIT("{\"kind\":\"staff\""));
        status = line_tell(&t, e);
    }
    things.all = t.count;
    TRY(telling_end(&t, status, &counts, &things.took_us, e));
    *out_things = things;
    return DONE;
}

/* --- what happens --- */

const char *const demo_order_events[DEMO_ORDER_EVENTS] = {
    "order_created",   "order_paid",       "order_shipped", "order_delivered",    "order_done",
    "order_cancelled", "refund_requested", "refund_done",   "exchange_requested", "exchange_done"};

/* Notes an event of an order. true: the shop's documents tell it, so nobody else does. */
static bool is_left(struct demo_sent *sent, struct bytes line, const struct synth_fact *fact)
{
    static const char shop[] = ",\"shop\":\"" DEMO_DERIVING_SHOP "\"";
    size_t event = 0;
    while (event < DEMO_ORDER_EVENTS && strcmp(demo_order_events[event], fact->event) != 0)
        event++;
    if (event == DEMO_ORDER_EVENTS)
        return false;
    bool left = memmem(line.data, line.size, shop, sizeof shop - 1) != NULL;
    sent->happened[event] += !fact->duplicate;
    sent->left += left && !fact->duplicate;
    return left;
}

fallible demo_tell(struct synth *s, struct client *c, struct demo_sent *out_sent, struct err *e)
{
    struct sender_options o = {.client = c, .source = "synth", .import = true, .events_max = DEMO_BATCH_EVENTS};
    struct demo_sent sent = {0};
    struct sender_counts counts;
    struct telling t;
    struct synth_fact fact;
    struct status status = DONE;
    telling_begin(&t, &o, either("telling", "写入"), either("events", "条事件"));
    while (done(status) && synth_next(s, &t.line, &fact)) {
        if (is_left(&sent, buf_bytes(&t.line), &fact))
            continue;
        sent.duplicates += fact.duplicate;
        status = line_tell(&t, e);
    }
    sent.lines = t.count;
    TRY(telling_end(&t, status, &counts, &sent.took_us, e));
    if (counts.accepted + counts.duplicates != sent.lines || counts.duplicates != sent.duplicates)
        return FAIL(e, INVALID, "%llu events were sent, %llu of them twice; %llu were taken in and %llu called duplicates", (unsigned long long)sent.lines,
                    (unsigned long long)sent.duplicates, (unsigned long long)counts.accepted, (unsigned long long)counts.duplicates);
    *out_sent = sent;
    return DONE;
}

/* --- orders --- */

/* A text that is a member of the line, as it stands: of keys, which need no escapes. The line ends without a zero. */
static void member_take(struct bytes line, const char *before, char out_text[DEMO_KEY_BYTES])
{
    const uint8_t *at = memmem(line.data, line.size, before, strlen(before));
    out_text[0] = 0;
    if (at == NULL)
        return;
    const uint8_t *text = at + strlen(before);
    const uint8_t *end = memchr(text, '"', (size_t)(line.data + line.size - text));
    if (end != NULL)
        (void)snprintf(out_text, DEMO_KEY_BYTES, "%.*s", (int)(end - text), (const char *)text);
}

/* The first paid one will do until one is found that was paid back in part. */
static void order_look(struct bytes line, const struct synth_fact *fact, struct demo_order *order)
{
    bool is_refund = strcmp(fact->event, "refund_done") == 0, is_first = order->shop[0] == 0;
    if (!is_refund && !(is_first && strcmp(fact->event, "order_paid") == 0))
        return;
    member_take(line, "{\"shop\":\"", order->shop);
    member_take(line, ",\"number\":\"", order->number);
}

fallible demo_tell_orders(const struct synth_options *options, struct client *c, struct demo_sent *out_sent,
                          struct demo_order *out_order, struct err *e)
{
    struct sender_options o = {.client = c, .path = "/api/v1/orders", .import = true, .events_max = DEMO_BATCH_EVENTS};
    struct synth_options told = *options;
    struct demo_sent sent = {0};
    struct demo_order order = {0};
    struct sender_counts counts;
    struct telling t;
    struct synth *s;
    struct synth_fact fact;
    told.tells = SYNTH_ORDERS;
    TRY(synth_create(&told, &s, e));
    struct status status = DONE;
    telling_begin(&t, &o, either("telling", "写入"), either("versions of orders", "个订单版本"));
    while (done(status) && synth_next(s, &t.line, &fact)) {
        sent.duplicates += fact.duplicate;
        order_look(buf_bytes(&t.line), &fact, &order);
        status = line_tell(&t, e);
    }
    sent.lines = t.count;
    synth_destroy(s);
    TRY(telling_end(&t, status, &counts, &sent.took_us, e));
    *out_sent = sent;
    *out_order = order;
    return DONE;
}
