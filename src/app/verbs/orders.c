/* Verbs about orders: get order, orders, order, reconcile. */
#include <string.h>

#include "app/app.h"
#include "app/arguments.h"
#include "app/verbs/errand.h"
#include "app/verbs/order_put.h"
#include "app/words.h"

#define COLUMNS_MAX 40u

/* "–" where there is none; numbers as they came. */
static struct bytes shown(struct json j, const char *name)
{
    struct json m = member(j, name);
    struct bytes text = json_is(m, JSON_STRING) ? json_string(m) : json_raw(m);
    return text.size == 0 || json_is(m, JSON_NULL) ? BYTES_LIT("–") : text;
}

static void grid_begin(struct grid *g, struct arena *a, size_t columns)
{
    grid_init(g, a, columns);
    g->indent = "    ";
    g->columns_max = COLUMNS_MAX;
}

/* --- one order --- */

/* Where it stands: "paid 2026-01-02 00:05 · shipped …". */
static void show_states(struct json states, struct arena *a, FILE *out)
{
    struct bytes key;
    struct json value;
    const char *apart = "";
    for (struct json_walk w = json_members(states); json_member_next(&w, &key, &value);) {
        struct bytes word = word_of(key), time = short_time(value, a);
        fprintf(out, "%s%.*s %.*s", apart, BYTES_ARG(word), BYTES_ARG(time));
        apart = " · ";
    }
    (void)fputc('\n', out);
}

static void show_head(struct json order, struct arena *a, FILE *out)
{
    static const char *const names[] = {"brand", "channel", "store", "till", "seller", "campaign", "remark"};
    struct bytes shop = shown(order, "shop"), number = shown(order, "number"), owner = shown(order, "owner");
    bool is_void = json_is(member(order, "void"), JSON_TRUE);
    fprintf(out, "  %.*s  %.*s%s\n  ", BYTES_ARG(shop), BYTES_ARG(number),
            is_void ? either("   (void)", "   (已作废)") : "");
    show_states(member(order, "states"), a, out);
    fprintf(out, "  %s %s%.*s", either("owner", "归属"), json_is(member(order, "owner"), JSON_STRING) ? "id:" : "",
            BYTES_ARG(owner));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct bytes text = shown(order, names[i]), word = word_of(bytes_of_text(names[i]));
        if (json_is(member(order, names[i]), JSON_STRING))
            fprintf(out, "  %.*s %.*s", BYTES_ARG(word), BYTES_ARG(text));
    }
    (void)fputc('\n', out);
}

/* Words of ours are told in the terminal's language; what sources call their things stays as it is. */
static struct bytes cell_of(struct json item, const char *name, struct arena *a)
{
    static const char *const worded[] = {"kind", "act", "difference"};
    struct json value = member(item, name);
    for (size_t i = 0; i < COUNT_OF(worded); i++)
        if (strcmp(worded[i], name) == 0)
            return word_of(json_string(value));
    if (json_is(value, JSON_TRUE) || json_is(value, JSON_FALSE))
        return bytes_of_text(json_is(value, JSON_TRUE) ? "✓" : "–");
    struct bytes time = short_time(value, a);
    return time.size > 0 ? time : shown(item, name);
}

/* A list as a table of these members; nothing when it is empty. */
static void show_list(struct json list, const char *const *names, size_t count, struct arena *a, FILE *out)
{
    struct grid g;
    struct json item;
    struct bytes cells[GRID_COLUMNS_MAX];
    grid_begin(&g, a, count);
    g.headed = true;
    for (size_t i = 0; i < count; i++)
        cells[i] = word_of(bytes_of_text(names[i]));
    grid_add(&g, cells);
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        for (size_t i = 0; i < count; i++)
            cells[i] = cell_of(item, names[i], a);
        grid_add(&g, cells);
    }
    if (json_count(list) > 0)
        grid_print(&g, out);
}

/* The sums, each under its name, so that nobody has to guess which one a figure is. */
static void show_sums(struct json sums, struct arena *a, FILE *out)
{
    static const char *const names[] = {"list",     "discount", "gross",      "freight",  "amount",
                                        "refunded", "net",      "differs_by", "group_net"};
    struct grid g;
    struct bytes currency = shown(sums, "currency");
    heading("Sums", "金额", out);
    grid_begin(&g, a, 3);
    g.right[1] = true;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        bool is_group = strcmp(names[i], "group_net") == 0;
        if (!json_is(member(sums, names[i]), JSON_ABSENT))
            grid_add(&g, (const struct bytes[]){word_of(bytes_of_text(names[i])), shown(sums, names[i]),
                                                is_group ? shown(sums, "group_currency") : currency});
    }
    grid_print(&g, out);
}

void show_order(struct json order, struct arena *a, FILE *out)
{
    static const char *const lines[] = {"line", "sku", "name", "quantity", "price", "paid"},
                             *const refunds[] = {"refund", "kind", "line", "amount", "store"},
                             *const shipments[] = {"shipment", "carrier", "tracking", "shipped", "delivered"},
                             *const acts[] = {"position", "time", "act", "by", "reason", "undone"};
    struct json refund;
    show_head(order, a, out);
    heading("Lines", "商品行", out);
    show_list(member(order, "lines"), lines, COUNT_OF(lines), a, out);
    show_sums(member(order, "sums"), a, out);
    if (json_count(member(order, "shipments")) > 0)
        heading("Shipments", "包裹", out);
    show_list(member(order, "shipments"), shipments, COUNT_OF(shipments), a, out);
    if (json_count(member(order, "refunds")) > 0)
        heading("Refunds and exchanges", "退款与换货", out);
    show_list(member(order, "refunds"), refunds, COUNT_OF(refunds), a, out);
    for (struct json_walk w = json_items(member(order, "refunds")); json_item_next(&w, &refund);) {
        struct bytes id = shown(refund, "refund");
        fprintf(out, "    %.*s  ", BYTES_ARG(id));
        show_states(member(refund, "states"), a, out);
    }
    if (json_count(member(order, "acts")) > 0)
        heading("By hand", "人工操作", out);
    show_list(member(order, "acts"), acts, COUNT_OF(acts), a, out);
    (void)fputc('\n', out);
}

static void path_order(struct errand *d, const char *shop, const char *number)
{
    errand_path_text(d, "/api/v1/orders/");
    url_push(&d->path, bytes_of_text(shop));
    errand_path_text(d, "/");
    url_push(&d->path, bytes_of_text(number));
}

int get_order(struct errand *d, struct arguments *a)
{
    const char *at = argument_option(a, "at"), *shop = argument_next(a), *number = argument_next(a);
    if (!errand_ready(d, number != NULL))
        return EXIT_USAGE;
    path_order(d, shop, number);
    errand_path_value(d, "at", at);
    return errand_run(d, "GET", show_order);
}

/* --- the orders of a person --- */

static void show_orders(struct json root, struct arena *a, FILE *out)
{
    struct grid g;
    struct json order;
    if (json_count(member(root, "orders")) == 0) {
        fprintf(out, "%s\n", either("No orders.", "没有订单。"));
        return;
    }
    grid_init(&g, a, 7);
    g.headed = g.right[4] = g.right[5] = true;
    grid_add_texts(&g, speaks_chinese()
                           ? (const char *const[]){"下单", "店铺", "订单号", "门店", "金额", "净额", "币种"}
                           : (const char *const[]){"created", "shop", "number", "store", "amount", "net", "currency"});
    for (struct json_walk w = json_items(member(root, "orders")); json_item_next(&w, &order);) {
        struct json sums = member(order, "sums");
        struct bytes created = short_time(member(member(order, "states"), "created"), a);
        grid_add(&g, (const struct bytes[]){created.size == 0 ? BYTES_LIT("–") : created, shown(order, "shop"),
                                            shown(order, "number"), shown(order, "store"), shown(sums, "amount"),
                                            shown(sums, "net"), shown(sums, "currency")});
    }
    grid_print(&g, out);
    show_next(root, "after", out);
}

int verb_orders(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *limit = argument_option(a, "limit"), *after = argument_option(a, "after"),
               *at = argument_option(a, "at"), *who = argument_next(a);
    if (!errand_ready(&d, who != NULL))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/people/");
    url_push(&d.path, bytes_of_text(who));
    errand_path_text(&d, "/orders");
    errand_path_value(&d, "limit", limit);
    errand_path_value(&d, "after", after);
    errand_path_value(&d, "at", at);
    return errand_end(&d, errand_run(&d, "GET", show_orders));
}

/* --- what is decided by hand --- */

static void show_act(struct json root, struct arena *a, FILE *out)
{
    struct bytes position = json_raw(json_find(root, BYTES_LIT("position")));
    show_done(root, a, out);
    fprintf(out,
            either("To take it back: kith order undo SHOP NUMBER --position %.*s\n",
                   "如需撤销:kith order undo 店铺 订单号 --position %.*s\n"),
            BYTES_ARG(position));
}

static int act_end(struct errand *d, const char *shop, const char *number, const char *verb)
{
    json_object_end(&d->writer);
    path_order(d, shop, number);
    errand_path_text(d, "/");
    errand_path_text(d, verb);
    return errand_run(d, "POST", strcmp(verb, "undo") == 0 ? show_done : show_act);
}

static int order_void(struct errand *d, struct arguments *a)
{
    const char *reason = argument_option(a, "reason"), *verb = argument_next(a), *shop = argument_next(a),
               *number = argument_next(a);
    if (!errand_ready(d, number != NULL))
        return EXIT_USAGE;
    json_object_begin(&d->writer);
    errand_put_text(d, "reason", reason);
    return act_end(d, shop, number, verb);
}

static int order_reassign(struct errand *d, struct arguments *a)
{
    const char *reason = argument_option(a, "reason"), *verb = argument_next(a), *shop = argument_next(a),
               *number = argument_next(a), *to = argument_next(a);
    if (!errand_ready(d, to != NULL))
        return EXIT_USAGE;
    json_object_begin(&d->writer);
    errand_put_text(d, "to", to);
    errand_put_text(d, "reason", reason);
    return act_end(d, shop, number, verb);
}

/* FIELD VALUE, of the head unless --part says of what; lines, shipments and refunds have an --id. */
static int order_correct(struct errand *d, struct arguments *a)
{
    static const char *const names[] = {"part", "id", "currency", "reason"};
    const char *options[COUNT_OF(names)];
    for (size_t i = 0; i < COUNT_OF(names); i++)
        options[i] = argument_option(a, names[i]);
    const char *verb = argument_next(a), *shop = argument_next(a), *number = argument_next(a),
               *field = argument_next(a), *value = argument_next(a);
    if (!errand_ready(d, value != NULL))
        return EXIT_USAGE;
    json_object_begin(&d->writer);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        errand_put_text(d, names[i], options[i]);
    errand_put_text(d, "field", field);
    errand_put_text(d, "value", value);
    return act_end(d, shop, number, verb);
}

static int order_undo(struct errand *d, struct arguments *a)
{
    uint64_t position = 0;
    struct err e = {0};
    const char *reason = argument_option(a, "reason");
    struct status status = argument_number(a, "position", &position, &e);
    const char *verb = argument_next(a), *shop = argument_next(a), *number = argument_next(a);
    if (failed(status))
        return say_failure(status, &e);
    if (!errand_ready(d, number != NULL && position > 0))
        return EXIT_USAGE;
    json_object_begin(&d->writer);
    json_key(&d->writer, "position");
    json_put_uint64(&d->writer, position);
    errand_put_text(d, "reason", reason);
    return act_end(d, shop, number, verb);
}

/* What the act set: "line 1 paid = 189.00"; to whom it gave the order, or which act it takes back. */
static struct bytes asked_text(struct json act, struct arena *a)
{
    struct json asked = member(act, "asked"), to = member(asked, "to");
    struct bytes field = word_of(text_of(asked, "field")), part = text_of(asked, "part"),
                 part_id = text_of(asked, "id"), value = shown(asked, "value"), position = shown(asked, "position"),
                 type = text_of(to, "type"), id = text_of(to, "value");
    bool is_head = bytes_equal(part, BYTES_LIT("head"));
    struct bytes where = is_head ? BYTES_NONE : word_of(part);
    if (field.size > 0)
        return bytes_of_text(arena_printf(a, "%.*s%s%.*s%s%.*s = %.*s", BYTES_ARG(where), is_head ? "" : " ",
                                          BYTES_ARG(part_id), part_id.size > 0 ? " " : "", BYTES_ARG(field),
                                          BYTES_ARG(value)));
    if (json_is(to, JSON_OBJECT))
        return bytes_of_text(arena_printf(a, "→ %.*s:%.*s", BYTES_ARG(type), BYTES_ARG(id)));
    if (!json_is(member(asked, "position"), JSON_ABSENT))
        return bytes_of_text(arena_printf(a, "@ %.*s", BYTES_ARG(position)));
    return BYTES_LIT("–");
}

static void show_acts(struct json root, struct arena *a, FILE *out)
{
    struct grid g;
    struct json act, next = member(root, "next");
    if (json_count(member(root, "acts")) == 0 && !json_is(next, JSON_NUMBER)) {
        fprintf(out, "%s\n", either("Nothing was decided by hand.", "没有人工操作。"));
        return;
    }
    grid_init(&g, a, 9);
    g.headed = g.right[0] = true;
    g.columns_max = COLUMNS_MAX;
    grid_add_texts(
        &g, speaks_chinese()
                ? (const char *const[]){"位点", "时间", "店铺", "订单号", "操作", "内容", "操作人", "原因", "已撤销"}
                : (const char *const[]){"position", "time", "shop", "number", "act", "what", "by", "reason", "undone"});
    for (struct json_walk w = json_items(member(root, "acts")); json_item_next(&w, &act);)
        grid_add(&g,
                 (const struct bytes[]){shown(act, "position"), short_time(member(act, "time"), a), shown(act, "shop"),
                                        shown(act, "number"), cell_of(act, "act", a), asked_text(act, a),
                                        shown(act, "by"), shown(act, "reason"), cell_of(act, "undone", a)});
    grid_print(&g, out);
    show_next(root, "before", out);
}

static int order_acts(struct errand *d, struct arguments *a)
{
    static const char *const names[] = {"act", "shop", "day", "limit", "before"};
    const char *options[COUNT_OF(names)];
    for (size_t i = 0; i < COUNT_OF(names); i++)
        options[i] = argument_option(a, names[i]);
    (void)argument_next(a); /* "acts" */
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/orders/acts");
    for (size_t i = 0; i < COUNT_OF(names); i++)
        errand_path_value(d, names[i], options[i]);
    return errand_run(d, "GET", show_acts);
}

int verb_order(struct arguments *a)
{
    static const struct errand_word rows[] = {{"void", order_void},         {"correct", order_correct},
                                              {"reassign", order_reassign}, {"undo", order_undo},
                                              {"acts", order_acts},         {"put", word_order_put}};
    return errand_run_word(a, rows, COUNT_OF(rows));
}

/* --- reconciliation --- */

/* Days on which something was due and nothing came. */
static void show_missing(struct json days, FILE *out)
{
    struct json day;
    if (json_count(days) == 0)
        return;
    fprintf(out, "%s", either("Missing, though orders were due:", "应有订单而缺失:"));
    for (struct json_walk w = json_items(days); json_item_next(&w, &day);)
        fprintf(out, " %.*s", BYTES_ARG(json_string(day)));
    fputc('\n', out);
}

void show_days(struct json root, struct arena *a, FILE *out)
{
    struct grid g;
    struct json day;
    show_missing(member(root, "missing_days"), out);
    if (json_count(member(root, "days")) == 0) {
        fprintf(out, "%s\n", either("No orders, and nothing declared.", "没有订单,也没有申报。"));
        return;
    }
    grid_init(&g, a, 8);
    g.headed = true;
    for (size_t i = 2; i < 7; i++)
        g.right[i] = true;
    grid_add_texts(
        &g, speaks_chinese()
                ? (const char *const[]){"日期", "币种", "订单", "申报订单", "金额", "申报金额", "差额", ""}
                : (const char *const[]){"day", "currency", "orders", "declared", "amount", "declared", "differs", ""});
    for (struct json_walk w = json_items(member(root, "days")); json_item_next(&w, &day);) {
        struct json here = member(day, "here"), there = member(day, "declared");
        bool agrees = json_is(member(day, "agrees"), JSON_TRUE);
        grid_add(&g, (const struct bytes[]){shown(day, "day"), shown(day, "currency"), shown(here, "orders"),
                                            shown(there, "orders"), shown(here, "amount"), shown(there, "amount"),
                                            shown(day, "differs_by"), agrees ? BYTES_LIT("✓") : BYTES_LIT("!")});
    }
    grid_print(&g, out);
}

static void show_mismatches(struct json root, struct arena *a, FILE *out)
{
    static const char *const names[] = {"number", "difference", "currency", "here", "declared"};
    struct json next = member(root, "next");
    if (json_count(member(root, "mismatches")) == 0 && !json_is(next, JSON_NUMBER)) {
        fprintf(out, "%s\n", either("No order differs, of those declared one by one.", "逐单申报的订单没有差异。"));
        return;
    }
    show_list(member(root, "mismatches"), names, COUNT_OF(names), a, out);
    show_next(root, "after", out);
}

/* --- alarms --- */

/* "95 % within 3600 s, before 900 s". */
static const char *lag_words(struct json alarm, struct arena *a)
{
    struct json seen = member(alarm, "seen_seconds"), usual = member(alarm, "usual_seconds");
    if (!json_is(seen, JSON_NUMBER) || !json_is(usual, JSON_NUMBER))
        return "";
    int64_t seen_minutes = (int64_t)number_in(alarm, "seen_seconds") / 60,
            usual_minutes = (int64_t)number_in(alarm, "usual_seconds") / 60;
    return arena_printf(a, either("95 %% within %lld min, else %lld", "95%% 在 %lld 分钟内到达,往常 %lld"),
                        (long long)seen_minutes, (long long)usual_minutes);
}

static void alarm_row(struct grid *g, struct json alarm, struct arena *a)
{
    bool is_late = bytes_equal(shown(alarm, "alarm"), BYTES_LIT("late_data")),
         is_over = json_is(member(alarm, "over"), JSON_TRUE);
    bool is_shop = bytes_equal(shown(alarm, "of"), BYTES_LIT("shop"));
    grid_add(g, (const struct bytes[]){is_over ? BYTES_LIT("○") : BYTES_LIT("●"), shown(alarm, "day"),
                                       bytes_of_text(is_shop ? either("shop", "店铺") : either("source", "数据源")),
                                       shown(alarm, "name"), shown(alarm, speaks_chinese() ? "zh" : "en"),
                                       bytes_of_text(is_late   ? lag_words(alarm, a)
                                                     : is_over ? either("over", "已解除")
                                                               : "")});
}

static void show_alarms(struct json root, struct arena *a, FILE *out)
{
    struct grid g;
    struct json alarm;
    if (json_count(member(root, "alarms")) == 0)
        fprintf(out, "%s\n",
                either("No alarm: each source and shop sends as it usually does.", "没有告警:各数据源与店铺均如常。"));
    grid_begin(&g, a, 6);
    for (struct json_walk w = json_items(member(root, "alarms")); json_item_next(&w, &alarm);)
        alarm_row(&g, alarm, a);
    grid_print(&g, out);
    show_next(root, "after", out);
}

static int reconcile_alarms(struct errand *d, struct arguments *a)
{
    bool all = argument_flag(a, "all");
    const char *shop = argument_option(a, "shop"), *source = argument_option(a, "source"),
               *limit = argument_option(a, "limit"), *after = argument_option(a, "after");
    (void)argument_next(a); /* "alarms" */
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/reconcile/alarms");
    errand_path_value(d, "shop", shop);
    errand_path_value(d, "source", source);
    errand_path_value(d, "standing", all ? NULL : "1");
    errand_path_value(d, "limit", limit);
    errand_path_value(d, "after", after);
    return errand_run(d, "GET", show_alarms);
}

int verb_reconcile(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *word = errand_word_peek(a);
    if (word != NULL && strcmp(word, "alarms") == 0)
        return errand_end(&d, reconcile_alarms(&d, a));
    bool by_order = argument_flag(a, "orders");
    const char *after = argument_option(a, "after"), *shop = argument_next(a), *from = argument_next(a),
               *to = argument_next(a);
    if (!errand_ready(&d, from != NULL))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, by_order ? "/api/v1/reconcile/orders" : "/api/v1/reconcile");
    errand_path_value(&d, "shop", shop);
    errand_path_value(&d, by_order ? "day" : "from", from);
    errand_path_value(&d, "to", by_order ? NULL : to);
    errand_path_value(&d, "after", after);
    return errand_end(&d, errand_run(&d, "GET", by_order ? show_mismatches : show_days));
}
