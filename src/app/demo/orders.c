/* The demo's orders: told as documents, then held against the truth, to the 分. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/demo/demo.h"
#include "app/verbs/show.h"
#include "lib/csv.h"
#include "lib/money.h"

#define SHOPS_MAX 64u
#define ROW_BYTES_MAX (1u << 20)
#define BODY_BYTES_MAX 4096u

struct sums {
    uint64_t orders;
    int64_t gross, refunded, net; /* 分 */
};

struct shop {
    char name[DEMO_KEY_BYTES], brand[DEMO_KEY_BYTES];
    struct sums truth, found;
};

struct books {
    struct shop shops[SHOPS_MAX];
    size_t count;
    char declared[DEMO_KEY_BYTES];                    /* the shop whose days are declared: the first of them */
    char day[DEMO_KEY_BYTES];                         /* its busiest one */
    char first[DEMO_KEY_BYTES], last[DEMO_KEY_BYTES]; /* and those it begins and ends with */
    uint64_t day_orders;
};

static void text_take(struct bytes text, char out_text[DEMO_KEY_BYTES])
{
    (void)snprintf(out_text, DEMO_KEY_BYTES, "%.*s", BYTES_ARG(text));
}

static fallible money_take(struct bytes text, int64_t *out_fen, struct err *e)
{
    struct decimal x;
    return decimal_read(text, &x) && money_of_decimal(x, CURRENCY_CNY, out_fen)
               ? DONE
               : FAIL(e, CORRUPT, "'%.*s' is no amount", BYTES_ARG(text));
}

static fallible body_send(const struct demo_desk *d, const char *method, const char *path, struct bytes body,
                          struct err *e)
{
    struct client_call call = {.method = method, .path = path, .body = body};
    struct client_reply reply;
    TRY(client_send(d->client, &call, &reply, e));
    return reply.status < 300 ? DONE : FAIL(e, INVALID, "%s %s: %.*s", method, path, BYTES_ARG(reply.body));
}

/* --- the truth --- */

/* Where events tell already what happens to orders, documents that derived events of it would have all count twice. */
static fallible shop_declare(const struct demo_desk *d, const struct shop *shop, struct err *e)
{
    const char *body = arena_printf(d->arena, "{\"shop\":\"%s\",\"derives_events\":%s}", shop->name,
                                    strcmp(shop->name, DEMO_DERIVING_SHOP) == 0 ? "true" : "false");
    return body_send(d, "PUT", "/api/v1/order-shops", bytes_of_text(body), e);
}

static fallible shop_take(const struct demo_desk *d, struct books *b, struct json truth, struct err *e)
{
    if (b->count == SHOPS_MAX)
        return FAIL(e, LIMIT, "more than %u shops", SHOPS_MAX);
    struct shop *shop = &b->shops[b->count++];
    text_take(json_string(json_find(truth, BYTES_LIT("shop"))), shop->name);
    text_take(json_string(json_find(truth, BYTES_LIT("brand"))), shop->brand);
    shop->truth.orders = number_in(truth, "orders");
    TRY(money_take(json_raw(json_find(truth, BYTES_LIT("gross"))), &shop->truth.gross, e));
    TRY(money_take(json_raw(json_find(truth, BYTES_LIT("refunded"))), &shop->truth.refunded, e));
    TRY(money_take(json_raw(json_find(truth, BYTES_LIT("net"))), &shop->truth.net, e));
    return shop_declare(d, shop, e);
}

/* A day as its source declares it: the line of the truth is the very body. */
static fallible day_take(const struct demo_desk *d, struct books *b, struct json truth, struct bytes line,
                         struct err *e)
{
    struct bytes shop = json_string(json_find(truth, BYTES_LIT("shop"))),
                 day = json_string(json_find(truth, BYTES_LIT("day")));
    uint64_t orders = number_in(truth, "orders");
    if (b->declared[0] == 0) {
        text_take(shop, b->declared);
        text_take(day, b->first);
    }
    if (!bytes_equal(shop, bytes_of_text(b->declared)))
        return DONE;
    text_take(day, b->last);
    if (orders > b->day_orders) {
        b->day_orders = orders;
        text_take(day, b->day);
    }
    return body_send(d, "POST", "/api/v1/reconcile", line, e);
}

static fallible truth_read(const struct demo_desk *d, struct synth *s, struct books *b, struct err *e)
{
    struct buf line;
    struct json root;
    struct status status = DONE;
    buf_init(&line, SYNTH_LINE_BYTES_MAX);
    while (done(status) && synth_truth_next(s, &line)) {
        if (!bytes_starts_with(buf_bytes(&line), BYTES_LIT("{\"shop\":")))
            continue;
        status = json_parse(d->parser, buf_bytes(&line), &root, e);
        if (done(status))
            status = json_is(json_find(root, BYTES_LIT("day")), JSON_ABSENT)
                         ? shop_take(d, b, root, e)
                         : day_take(d, b, root, buf_bytes(&line), e);
    }
    buf_fini(&line);
    return status;
}

/* --- what Kith has --- */

enum column { COLUMN_SHOP, COLUMN_GROSS, COLUMN_REFUNDED, COLUMN_NET, COLUMN_COUNT };

/* The table that `kith export orders` writes, as it arrives. */
struct reading {
    struct books *books;
    struct csv *csv;
    size_t columns[COLUMN_COUNT]; /* places in a row */
    uint64_t rows;
    struct err *e;
    struct status status;
};

static fallible head_read(struct reading *r, const struct csv_record *head)
{
    static const char *const names[COLUMN_COUNT] = {"shop", "gross", "refunded", "net"};
    for (size_t c = 0; c < COLUMN_COUNT; c++) {
        size_t at = 0;
        while (at < head->count && !bytes_equal(head->fields[at], bytes_of_text(names[c])))
            at++;
        if (at == head->count)
            return FAIL(r->e, CORRUPT, "the export of orders has no column %s", names[c]);
        r->columns[c] = at;
    }
    return DONE;
}

static fallible row_read(struct reading *r, const struct csv_record *row)
{
    struct sums x = {.orders = 1};
    if (r->rows++ == 0)
        return head_read(r, row);
    for (size_t c = 0; c < COLUMN_COUNT; c++)
        if (r->columns[c] >= row->count)
            return FAIL(r->e, CORRUPT, "line %" PRIu64 " of the export is short", row->line);
    TRY(money_take(row->fields[r->columns[COLUMN_GROSS]], &x.gross, r->e));
    TRY(money_take(row->fields[r->columns[COLUMN_REFUNDED]], &x.refunded, r->e));
    TRY(money_take(row->fields[r->columns[COLUMN_NET]], &x.net, r->e));
    for (size_t i = 0; i < r->books->count; i++) {
        struct sums *found = &r->books->shops[i].found;
        if (!bytes_equal(bytes_of_text(r->books->shops[i].name), row->fields[r->columns[COLUMN_SHOP]]))
            continue;
        *found = (struct sums){found->orders + 1, found->gross + x.gross, found->refunded + x.refunded,
                               found->net + x.net};
        return DONE;
    }
    return FAIL(r->e, CORRUPT, "line %" PRIu64 " of the export is of a shop that sold nothing", row->line);
}

static void rows_read(struct reading *r)
{
    struct csv_record row;
    enum csv_found found;
    while (done(r->status) && (found = csv_next(r->csv, &row)) != CSV_HUNGRY && found != CSV_END)
        r->status = found == CSV_RECORD ? row_read(r, &row) : FAIL(r->e, CORRUPT, "the export of orders: %s", row.why);
}

static bool piece_take(void *context, struct bytes piece)
{
    struct reading *r = context;
    csv_feed(r->csv, piece);
    rows_read(r);
    return done(r->status);
}

static fallible books_read(const struct demo_desk *d, struct books *b, struct err *e)
{
    struct reading r = {.books = b, .csv = csv_create(',', ROW_BYTES_MAX), .e = e, .status = DONE};
    struct client_call call = {.method = "GET", .path = "/api/v1/export/orders?format=csv&plain=1"};
    struct client_reply reply;
    struct status sent = client_stream(d->client, &call, piece_take, &r, &reply, e);
    if (done(sent) && done(r.status)) {
        csv_finish(r.csv);
        rows_read(&r);
    }
    csv_destroy(r.csv);
    TRY(r.status);
    TRY(sent);
    return reply.status == 200 ? DONE : FAIL(e, INVALID, "exporting orders: %.*s", BYTES_ARG(reply.body));
}

/* --- both --- */

static void sums_add(struct sums *to, const struct sums *x)
{
    *to = (struct sums){to->orders + x->orders, to->gross + x->gross, to->refunded + x->refunded, to->net + x->net};
}

static bool sums_equal(const struct sums *a, const struct sums *b)
{
    return a->orders == b->orders && a->gross == b->gross && a->refunded == b->refunded && a->net == b->net;
}

/* "12,345.60" */
static const char *yuan(struct arena *a, int64_t fen)
{
    char whole[GROUPED_BYTES];
    return arena_printf(a, "%s.%02" PRId64, grouped((uint64_t)(fen / 100), whole), fen % 100);
}

static void brand_row(struct grid *g, const struct books *b, const char *brand)
{
    struct sums truth = {0}, found = {0};
    char *orders = arena_take(g->arena, GROUPED_BYTES, 1);
    for (size_t i = 0; i < b->count; i++) {
        if (strcmp(b->shops[i].brand, brand) != 0)
            continue;
        sums_add(&truth, &b->shops[i].truth);
        sums_add(&found, &b->shops[i].found);
    }
    grid_add_texts(g, (const char *const[]){brand, grouped(found.orders, orders), yuan(g->arena, found.gross),
                                            yuan(g->arena, found.refunded), yuan(g->arena, found.net),
                                            yuan(g->arena, truth.net), sums_equal(&truth, &found) ? "✓" : "✗"});
}

static void books_show(const struct demo_desk *d, const struct books *b)
{
    struct grid g;
    demo_line("%s", either("Net by brand against the truth, in yuan:", "各品牌净额对照真值(元):"));
    grid_init(&g, d->arena, 7);
    g.indent = "  ";
    g.headed = true;
    for (size_t i = 1; i < 6; i++)
        g.right[i] = true;
    grid_add_texts(&g, speaks_chinese() ? (const char *const[]){"", "订单", "商品金额", "退款", "净额", "真值", ""}
                                        : (const char *const[]){"", "orders", "gross", "refunded", "net", "truth", ""});
    for (size_t i = 0; i < b->count; i++) {
        size_t first = 0;
        while (strcmp(b->shops[first].brand, b->shops[i].brand) != 0)
            first++;
        if (first == i)
            brand_row(&g, b, b->shops[i].brand);
    }
    grid_print(&g, stdout);
    demo_line("%s", "");
}

static fallible books_check(const struct books *b, struct err *e)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct shop *shop = &b->shops[i];
        if (!sums_equal(&shop->truth, &shop->found))
            return FAIL(e, INVALID,
                        "orders of %s: %" PRIu64 " with a net of %" PRId64 " fen, in truth %" PRIu64 " with %" PRId64,
                        shop->name, shop->found.orders, shop->found.net, shop->truth.orders, shop->truth.net);
    }
    return DONE;
}

/* Every day that was declared, page by page. */
static fallible days_check(const struct demo_desk *d, const struct books *b, struct err *e)
{
    struct json page, day;
    char from[DEMO_KEY_BYTES];
    memcpy(from, b->first, sizeof from);
    do {
        TRY(demo_ask(d, arena_printf(d->arena, "/api/v1/reconcile?shop=%s&from=%s&to=%s", b->declared, from, b->last),
                     &page, e));
        for (struct json_walk w = json_items(json_find(page, BYTES_LIT("days"))); json_item_next(&w, &day);) {
            struct bytes raw = json_raw(day);
            if (!json_is(json_find(day, BYTES_LIT("agrees")), JSON_TRUE))
                return FAIL(e, INVALID, "%s does not reconcile: %.*s", b->declared, BYTES_ARG(raw));
        }
        text_take(json_string(json_find(page, BYTES_LIT("next"))), from);
    } while (from[0] != 0);
    return DONE;
}

static fallible days_show(const struct demo_desk *d, const struct books *b, struct err *e)
{
    struct json page;
    if (b->declared[0] == 0)
        return DONE;
    TRY(demo_ask(d, arena_printf(d->arena, "/api/v1/reconcile?shop=%s&from=%s", b->declared, b->day), &page, e));
    demo_line(either("What %s declares of its busiest day, and what is here:", "店铺 %s 最忙一天的对账:"), b->declared);
    show_days(page, d->arena, stdout);
    demo_line("%s", "");
    return days_check(d, b, e);
}

static fallible order_show(const struct demo_desk *d, const struct demo_order *order, struct err *e)
{
    struct json root;
    if (order->shop[0] == 0)
        return DONE;
    TRY(demo_ask(d, arena_printf(d->arena, "/api/v1/orders/%s/%s", order->shop, order->number), &root, e));
    if (json_count(json_find(root, BYTES_LIT("lines"))) == 0 || json_is(json_find(root, BYTES_LIT("owner")), JSON_NULL))
        return FAIL(e, INVALID, "the order %s of %s has no lines, or no owner", order->number, order->shop);
    demo_line("%s", either("One of them:", "其中一单:"));
    show_order(root, d->arena, stdout);
    return DONE;
}

fallible demo_orders(const struct demo_desk *d, struct synth *s, const struct synth_options *options, struct err *e)
{
    struct books *b = ARENA_NEW(d->arena, struct books);
    struct demo_sent sent;
    struct demo_order order;
    char lines[GROUPED_BYTES];
    TRY(truth_read(d, s, b, e));
    TRY(demo_tell_orders(options, d->client, &sent, &order, e));
    demo_line(either("%s versions of orders in %.1f s, out of order and some twice; each order is one document",
                     "%s 个订单版本,用时 %.1f 秒,乱序且有重复;每个订单只有一份文档"),
              grouped(sent.lines, lines), (double)sent.took_us / 1e6);
    TRY(demo_settle(d, e)); /* orders find their owners */
    TRY(books_read(d, b, e));
    TRY(order_show(d, &order, e));
    books_show(d, b);
    TRY(books_check(b, e));
    return days_show(d, b, e);
}
