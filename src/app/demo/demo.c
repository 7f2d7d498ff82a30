#include "app/demo/demo.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/daemon.h"
#include "app/demo/retail.h"
#include "app/demo/truth.h"
#include "app/import/import.h"
#include "app/verbs/errand.h"
#include "base/time.h"

#define PATH_BYTES_MAX 4096
#define RETAIL_DATA "../shared/data/online_retail"
#define RETAIL_MAP "docs/guide/maps/online-retail.json"
#define REACHING_BRAND "muchu"
#define SETTLE_MS 100
#define SETTLE_ROUNDS_MAX 600
#define SETTLED_ROUNDS 3
/* What is asked of OneID in a world large enough for shares to mean something. It can't be 1: families share a phone. */
#define PRECISION_FLOOR 0.98
#define RECALL_FLOOR 0.97
#define FLOORS_PEOPLE_MIN 1000u

struct demo {
    struct synth_options synth;
    const char *keep; /* NULL: a temporary folder */
    const char *listen;
    char folder[PATH_BYTES_MAX], journal[PATH_BYTES_MAX + 32];
    char secret[SECRET_TEXT_BYTES], retail_secret[SECRET_TEXT_BYTES];
    char retail_lines[PATH_BYTES_MAX]; /* empty: the data isn't there */
    struct daemon daemon;
    struct demo_desk desk;
    struct demo_sent sent;
    struct demo_things things;
    struct truth truth;
    char digits[5]; /* the last four of that person's phone; empty: none is known */
    bool shows; /* a person watches */
};

/* --- the folder --- */

static fallible folder_make(struct demo *d, struct err *e)
{
    const char *temporary = getenv("TMPDIR");
    if (d->keep != NULL) {
        (void)snprintf(d->folder, sizeof d->folder, "%s", d->keep);
    } else {
        (void)snprintf(d->folder, sizeof d->folder, "%s/kith-demo-XXXXXX", temporary == NULL || *temporary == 0 ? "/tmp" : temporary);
        if (mkdtemp(d->folder) == NULL)
            return FAIL(e, IO, "%s: %s", d->folder, strerror(errno));
    }
    TRY(workspace_make(d->folder, "main", d->secret, e));
    (void)snprintf(d->journal, sizeof d->journal, "%s/journal.ndjson", d->folder);
    return d->retail_lines[0] == 0 ? DONE : workspace_make(d->folder, "retail", d->retail_secret, e);
}

static void demo_remove(const struct demo *d)
{
    if (d->keep == NULL && d->folder[0] != 0)
        folder_remove(d->folder);
}

/* --- asking --- */

fallible demo_ask(const struct demo_desk *d, const char *path, struct json *out_root, struct err *e)
{
    struct client_call call = {.method = "GET", .path = path};
    struct client_reply reply;
    TRY(client_send(d->client, &call, &reply, e));
    if (reply.status != 200)
        return FAIL(e, INVALID, "GET %s: %ld %.*s", path, reply.status, BYTES_ARG(reply.body));
    return WRAP(e, json_parse(d->parser, reply.body, out_root, e), "GET %s", path);
}

static void wait_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

/* Folding and re-folding go on behind the answers, and each result is a command: when the log rests, so do they. */
fallible demo_settle(const struct demo_desk *d, struct err *e)
{
    struct json stats;
    uint64_t before = UINT64_MAX;
    int resting = 0;
    for (int i = 0; i < SETTLE_ROUNDS_MAX && resting < SETTLED_ROUNDS; i++) {
        TRY(demo_ask(d, "/api/v1/stats", &stats, e));
        uint64_t position = number_in(stats, "position");
        resting = position == before ? resting + 1 : 0;
        before = position;
        wait_ms(SETTLE_MS);
    }
    return resting < SETTLED_ROUNDS ? FAIL(e, UNAVAILABLE, "the daemon did not come to rest within %d s", SETTLE_MS * SETTLE_ROUNDS_MAX / 1000) : DONE;
}

/* --- showing --- */

void demo_line(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vprintf(format, values);
    va_end(values);
    (void)fputc('\n', stdout);
    (void)fflush(stdout);
}

static void show_score(const struct demo *d)
{
    const struct score *s = &d->truth.score;
    char people[GROUPED_BYTES], items[GROUPED_BYTES], right[GROUPED_BYTES], found[GROUPED_BYTES];
    demo_line(either("OneID against the truth: %s people, %s identifiers that are one person's for life",
                     "OneID 对照真值:%s 人,%s 个终身只属一人的标识"),
              grouped(d->truth.people, people), grouped(s->items, items));
    demo_line(either("  precision %.4f   %s of %s pairs that Kith calls one person are",
                     "  准确率 %.4f   判为同一人的标识对中正确 %s 对,共 %s 对"),
              score_precision(s), grouped(s->pairs_right, right), grouped(s->pairs_found, found));
    demo_line(either("  recall    %.4f   %s of %s pairs that any event links were found",
                     "  召回率 %.4f   有事件佐证的标识对中找到 %s 对,共 %s 对"),
              score_recall(s), grouped(s->pairs_linked_found, right), grouped(s->pairs_linked, found));
    demo_line(either("                     (of all true pairs, also those that nothing ever links: %.4f)\n",
                     "                  (若把从无佐证的也算上:%.4f)\n"),
              score_recall_of_all(s));
}

static void show_sent(const struct demo *d)
{
    char lines[GROUPED_BYTES], duplicates[GROUPED_BYTES], rate[GROUPED_BYTES];
    (void)grouped((uint64_t)((double)d->sent.lines * 1e6 / (double)(d->sent.took_us + 1)), rate);
    demo_line(
        either("\n%s events in %.1f s (%s/s), each on disk before it was answered; %s came twice and were refused\n",
               "\n%s 条事件,用时 %.1f 秒(每秒 %s 条),逐条落盘后才应答;其中 %s 条重复,已拒收\n"),
        grouped(d->sent.lines, lines), (double)d->sent.took_us / 1e6, rate, grouped(d->sent.duplicates, duplicates));
}

/* Something that find surely finds. */
static void digits_take(struct demo *d, struct json profile)
{
    struct json id;
    for (struct json_walk w = json_items(json_find(profile, BYTES_LIT("identifiers"))); json_item_next(&w, &id);) {
        struct bytes value = json_string(json_find(id, BYTES_LIT("value")));
        if (bytes_equal(json_string(json_find(id, BYTES_LIT("type"))), BYTES_LIT("phone")) && value.size > 4)
            (void)snprintf(d->digits, sizeof d->digits, "%.*s", 4, (const char *)value.data + value.size - 4);
    }
}

static fallible show_person(struct demo *d, struct err *e)
{
    struct json profile;
    if (d->truth.interesting[0] == 0)
        return FAIL(e, INVALID, "nobody with several identifiers was found whole");
    TRY(demo_ask(&d->desk, arena_printf(d->desk.arena, "/api/v1/people/%s?timeline=8", d->truth.interesting), &profile,
                 e));
    if (json_count(json_find(profile, BYTES_LIT("identifiers"))) < 2 || json_count(json_find(profile, BYTES_LIT("counters"))) == 0)
        return FAIL(e, INVALID, "the profile of %s is empty", d->truth.interesting);
    demo_line("%s", either("One of them, as staff see them:", "其中一位,导购看到的画像:"));
    (void)fputc('\n', stdout);
    show_profile(profile, d->desk.arena, stdout);
    digits_take(d, profile);
    return DONE;
}

/* --- checking --- */

static fallible check_stats(struct demo *d, struct err *e)
{
    struct json stats;
    TRY(demo_ask(&d->desk, "/api/v1/stats", &stats, e));
    show_stats(stats, d->desk.arena, stdout);
    (void)fputc('\n', stdout);
    uint64_t events = number_in(stats, "events"), duplicates = number_in(stats, "duplicates"), people = number_in(stats, "people");
    if (events != d->sent.lines - d->sent.duplicates || duplicates != d->sent.duplicates)
        return FAIL(e, INVALID, "stats: %" PRIu64 " events and %" PRIu64 " duplicates, but %" PRIu64 " and %" PRIu64 " were sent", events, duplicates,
                    d->sent.lines - d->sent.duplicates, d->sent.duplicates);
    return people == 0 ? FAIL(e, INVALID, "stats: nobody is known") : DONE;
}

static uint64_t events_named(struct json stats, const char *name)
{
    struct json event;
    for (struct json_walk w = json_items(json_find(stats, BYTES_LIT("events_by_name"))); json_item_next(&w, &event);)
        if (bytes_equal(json_string(json_find(event, BYTES_LIT("event"))), bytes_of_text(name)))
            return number_in(event, "count");
    return 0;
}

/* What happens to an order is known by a document, and told by an event or derived: it counts once. */
static fallible check_counted_once(struct demo *d, struct err *e)
{
    struct json stats;
    char left[GROUPED_BYTES], all[GROUPED_BYTES];
    uint64_t happened = 0;
    TRY(demo_ask(&d->desk, "/api/v1/stats", &stats, e));
    for (size_t i = 0; i < DEMO_ORDER_EVENTS; i++) {
        uint64_t known = events_named(stats, demo_order_events[i]);
        if (known != d->sent.happened[i])
            return FAIL(e, INVALID, "stats: %" PRIu64 " of %s, but it happened %" PRIu64 " times", known,
                        demo_order_events[i], d->sent.happened[i]);
        happened += known;
    }
    demo_line(
        either("Of %s events of orders %s came out of the documents of %s, whose SDK tells none: each counts once\n",
               "%s 条订单事件中,%s 条由店铺 %s 的订单派生(其 SDK 不上报订单事件):每条只算一次\n"),
        grouped(happened, all), grouped(d->sent.left, left), DEMO_DERIVING_SHOP);
    return DONE;
}

static fallible check_score(struct demo *d, struct err *e)
{
    const struct score *s = &d->truth.score;
    show_score(d);
    if (d->synth.people >= FLOORS_PEOPLE_MIN && (score_precision(s) < PRECISION_FLOOR || score_recall(s) < RECALL_FLOOR))
        return FAIL(e, INVALID, "OneID: precision %.4f and recall %.4f, want at least %.2f and %.2f", score_precision(s), score_recall(s), PRECISION_FLOOR,
                    RECALL_FLOOR);
    return DONE;
}

static fallible check_health(struct demo *d, struct err *e)
{
    struct json health;
    TRY(demo_ask(&d->desk, "/healthz", &health, e));
    return demo_ask(&d->desk, "/readyz", &health, e);
}

/* --- real sales --- */

static void retail_row(struct grid *g, const char *what, uint64_t read, uint64_t known)
{
    char *texts = arena_take(g->arena, 2 * GROUPED_BYTES, 1);
    grid_add_texts(g, (const char *const[]){what, grouped(read, texts), grouped(known, texts + GROUPED_BYTES), read == known ? "✓" : "✗"});
}

static void retail_show(struct demo *d, const struct retail *r, double seconds)
{
    const struct retail *k = &retail_known;
    struct grid g;
    demo_line(either("Real sales: Online Retail (UCI, CC BY 4.0) in %.1f s, read back out of Kith's log",
                     "真实销售:Online Retail(UCI,CC BY 4.0),导入用时 %.1f 秒,自 Kith 日志读回核对"),
              seconds);
    grid_init(&g, d->desk.arena, 4);
    g.indent = "  ";
    g.headed = g.right[1] = g.right[2] = true;
    grid_add_texts(&g, speaks_chinese() ? (const char *const[]){"", "Kith", "已知", ""} : (const char *const[]){"", "Kith", "known", ""});
    retail_row(&g, either("lines", "行"), r->lines, k->lines);
    retail_row(&g, either("invoices", "发票"), r->invoices, k->invoices);
    retail_row(&g, either("customers", "顾客"), r->customers, k->customers);
    grid_add_texts(&g, (const char *const[]){either("Σ quantity × price, £", "Σ 数量 × 单价(英镑)"),
                                             arena_printf(d->desk.arena, "%.3f", (double)r->revenue_micro / 1e6),
                                             arena_printf(d->desk.arena, "%.3f", (double)k->revenue_micro / 1e6),
                                             r->revenue_micro == k->revenue_micro ? "✓" : "✗"});
    grid_print(&g, stdout);
    demo_line("%s", "");
}

static fallible retail_check(struct demo *d, const struct retail *r, struct client *c, struct err *e)
{
    const struct retail *k = &retail_known;
    struct client_call call = {.method = "GET", .path = "/api/v1/stats"};
    struct client_reply reply;
    struct json stats;
    if (r->lines != k->lines || r->invoices != k->invoices || r->customers != k->customers || r->revenue_micro != k->revenue_micro)
        return FAIL(e, INVALID, "Online Retail: what was read back isn't what the data set says");
    TRY(client_send(c, &call, &reply, e));
    TRY(json_parse(d->desk.parser, reply.body, &stats, e));
    if (number_in(stats, "events") != k->lines || number_in(stats, "people") != k->customers)
        return FAIL(e, INVALID, "Online Retail: stats of %" PRIu64 " events and %" PRIu64 " people", number_in(stats, "events"), number_in(stats, "people"));
    return DONE;
}

static fallible retail_run(struct demo *d, struct client *c, struct err *e)
{
    struct import_options o = {.client = c, .path = d->retail_lines, .map = RETAIL_MAP};
    struct import_counts counts;
    struct retail r;
    int64_t begin_us = time_monotonic_us();
    TRY(import_file(&o, &counts, e));
    double seconds = (double)(time_monotonic_us() - begin_us) / 1e6;
    TRY(retail_read(d->folder, "retail", &r, e));
    retail_show(d, &r, seconds);
    return retail_check(d, &r, c, e);
}

static fallible retail_import(struct demo *d, struct err *e)
{
    struct client_options co = {.url = d->daemon.url, .token = d->retail_secret, .workspace = "retail"};
    struct client *c = NULL;
    if (d->retail_lines[0] == 0)
        return DONE;
    TRY(client_create(&co, &c, e));
    struct status status = retail_run(d, c, e);
    client_destroy(c);
    return status;
}

/* --- all of it --- */

static void serve_on(const struct demo *d, const sigset_t *signals)
{
    int signal_number;
    demo_line(either("Look around: %s/#token=%s", "打开看看:%s/#token=%s"), d->daemon.url, d->secret);
    demo_line("%s", either("or ask, in another terminal:", "或在另一个终端里问:"));
    demo_line("  export KITH_URL=%s KITH_TOKEN=%s", d->daemon.url, d->secret);
    demo_line("  kith find %s     kith get %s     kith stats", d->digits, d->truth.interesting);
    demo_line("  kith orders %s     kith list store --under region/muchu-华东", d->truth.interesting);
    demo_line("\n%s", either("Ctrl-C ends the demo.", "按 Ctrl-C 结束演示。"));
    (void)sigwait(signals, &signal_number);
    demo_line("%s", "");
}

static fallible story(struct demo *d, struct synth *s, struct err *e)
{
    struct client_options co = {.url = d->daemon.url, .token = d->secret};
    d->desk.url = d->daemon.url;
    TRY(client_create(&co, &d->desk.client, e));
    TRY(check_health(d, e));
    demo_line(either("A made-up brand group: %u people on many channels, %u days, told to %s",
                     "虚构品牌集团:%u 人,多个渠道,%u 天,写入 %s"),
              d->synth.people, d->synth.days, d->daemon.url);
    TRY(demo_declare(s, d->desk.client, e));
    TRY(demo_put_things(s, d->desk.client, &d->things, e));
    TRY(demo_tell(s, d->desk.client, &d->sent, e));
    TRY(demo_settle(&d->desk, e));
    show_sent(d);
    TRY(check_stats(d, e));
    TRY(demo_show_stores(&d->desk, &d->things, e));
    TRY(demo_orders(&d->desk, s, &d->synth, e));
    TRY(check_counted_once(d, e));
    TRY(demo_customers(&d->desk, &d->synth, e));
    TRY(demo_reach(&d->desk, REACHING_BRAND, e));
    TRY(truth_compare(s, &d->synth, d->desk.client, &d->truth, e)); /* who is who after all of it */
    TRY(check_score(d, e));
    TRY(show_person(d, e));
    return retail_import(d, e);
}

static fallible demo_run(struct demo *d, const sigset_t *signals, struct err *e)
{
    struct synth *s = NULL;
    struct err ignored = {0};
    TRY(synth_create(&d->synth, &s, e));
    struct status status = folder_make(d, e);
    struct daemon_options o = {.folder = d->folder, .listen = d->listen, .journal = d->journal};
    if (done(status))
        status = daemon_start(&o, &d->daemon, e);
    if (done(status))
        status = story(d, s, e);
    if (done(status) && d->shows)
        serve_on(d, signals);
    struct status stopped = daemon_stop(&d->daemon, done(status) ? e : &ignored);
    synth_destroy(s);
    return failed(status) ? status : stopped;
}

static fallible options_read(struct demo *d, struct arguments *a, struct err *e)
{
    uint64_t people = d->synth.people, days = d->synth.days;
    TRY(argument_number(a, "people", &people, e));
    TRY(argument_number(a, "days", &days, e));
    TRY(argument_number(a, "seed", &d->synth.seed, e));
    if (people > SYNTH_PEOPLE_MAX || days > SYNTH_DAYS_MAX)
        return FAIL(e, LIMIT, "at most %u people and %u days", SYNTH_PEOPLE_MAX, SYNTH_DAYS_MAX);
    d->synth.people = (uint32_t)people;
    d->synth.days = (uint32_t)days;
    d->keep = argument_option(a, "keep");
    const char *listen = argument_option(a, "listen"), *retail = argument_option(a, "retail");
    d->listen = listen == NULL ? "127.0.0.1:0" : listen;
    (void)snprintf(d->retail_lines, sizeof d->retail_lines, "%s/lines.csv.gz", retail == NULL ? RETAIL_DATA : retail);
    bool there = access(d->retail_lines, R_OK) == 0 && access(RETAIL_MAP, R_OK) == 0;
    if (retail != NULL && !there)
        return FAIL(e, NOT_FOUND, "--retail %s: want lines.csv.gz and invoices.csv there, and to be started in Kith's own folder", retail);
    if (!there)
        d->retail_lines[0] = 0; /* not asked for, and not there */
    return DONE;
}

/* What a check found, in words; nobody is there to look on. */
static int demo_end(struct demo *d, struct status status, const struct err *e)
{
    if (failed(status) && d->keep == NULL && d->journal[0] != 0)
        fprintf(stderr, either("kith demo: what the daemon wrote stays in %s\n", "kith demo:守护进程的记录保留在 %s\n"), d->folder);
    else
        demo_remove(d);
    if (done(status) && !d->shows)
        demo_line("%s", either("demo: all checks passed", "demo:全部检查通过"));
    return failed(status) ? say_failure(status, e) : EXIT_DONE;
}

int verb_demo(struct arguments *a)
{
    struct demo *d = calloc(1, sizeof *d);
    struct err e = {0};
    sigset_t signals;
    if (d == NULL)
        abort();
    d->synth = synth_options_default();
    struct status status = options_read(d, a, &e);
    if (failed(status) || !arguments_finished(a)) {
        free(d);
        if (failed(status))
            (void)say_failure(status, &e);
        return EXIT_USAGE;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    d->shows = isatty(STDOUT_FILENO) == 1;
    d->desk.arena = arena_create(1 << 16);
    d->desk.parser = json_parser_create(CLIENT_REPLY_BYTES_MAX);
    status = d->desk.parser == NULL ? FAIL(&e, FULL, "no memory") : demo_run(d, &signals, &e);
    client_destroy(d->desk.client);
    json_parser_destroy(d->desk.parser);
    arena_destroy(d->desk.arena);
    int code = demo_end(d, status, &e);
    free(d);
    return code;
}
