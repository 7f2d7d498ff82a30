/* Verbs that look: get, find, stats, events, names, reads. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/verbs/errand.h"
#include "app/words.h"

#define BAR_COLUMNS 28u
#define EVENTS_SHOWN 20u
#define LINE_BYTES_MAX (1u << 20)
#define SECONDS_A_DAY 86400u

int verb_get(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *timeline = argument_option(a, "timeline");
    bool is_whole = argument_flag(a, "all");
    const char *who = argument_next(a);
    if (who != NULL && strcmp(who, "order") == 0) /* no identifier is without a colon */
        return errand_end(&d, get_order(&d, a));
    if (who != NULL && strcmp(who, "thing") == 0)
        return errand_end(&d, get_thing(&d, a));
    if (!errand_ready(&d, who != NULL))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/people/");
    url_push(&d.path, bytes_of_text(who));
    errand_path_value(&d, "timeline", timeline == NULL ? "10" : timeline);
    return errand_end(&d, errand_run(&d, "GET", is_whole ? show_whole_profile : show_profile));
}

/* --- find --- */

void show_briefs(struct json people, struct arena *a, FILE *out)
{
    struct json p;
    struct grid g;
    grid_init(&g, a, 5);
    g.headed = true;
    g.right[3] = true;
    grid_add_texts(&g, speaks_chinese() ? (const char *const[]){"编号", "姓名", "手机", "事件", "最近"}
                                        : (const char *const[]){"id", "name", "phone", "events", "last seen"});
    for (struct json_walk w = json_items(people); json_item_next(&w, &p);) {
        struct bytes id = json_string(json_find(p, BYTES_LIT("id"))), name = json_string(json_find(p, BYTES_LIT("name"))),
                     phone = json_string(json_find(p, BYTES_LIT("phone"))), events = json_raw(json_find(p, BYTES_LIT("events"))),
                     last = short_time(json_find(p, BYTES_LIT("last_seen")), a);
        grid_add(&g, (const struct bytes[]){bytes_of_text(arena_printf(a, "id:%.*s", BYTES_ARG(id))), name, phone, events, last});
    }
    grid_print(&g, out);
}

static void show_found(struct json root, struct arena *a, FILE *out)
{
    struct json people = json_find(root, BYTES_LIT("people"));
    if (json_count(people) == 0) {
        fprintf(out, "%s\n", either("Nobody. Try four last digits of a phone, a whole or given name, its pinyin, an order number, or TYPE:VALUE.",
                                    "没有找到。可试手机后四位、姓名(全名或名,不能只写姓)、拼音、订单号,或 类型:值。"));
        return;
    }
    show_briefs(people, a, out);
    if (json_is(json_find(root, BYTES_LIT("more")), JSON_TRUE))
        fprintf(out, "%s\n", either("There may be more: say more of it.", "可能还有更多:请补充关键字。"));
}

int verb_find(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *text = argument_next(a);
    if (!errand_ready(&d, text != NULL))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/find");
    errand_path_value(&d, "q", text);
    return errand_end(&d, errand_run(&d, "GET", show_found));
}

/* --- stats --- */

/* Who each brand knows, and what happened there. A person may be known to several, so people don't add up. */
static void show_brands(struct json root, struct arena *a, FILE *out)
{
    struct grid g;
    struct json list = json_find(root, BYTES_LIT("by_brand")), j;
    if (json_count(list) == 0)
        return;
    (void)fputc('\n', out);
    grid_init(&g, a, 3);
    g.indent = "  ";
    g.headed = g.right[1] = g.right[2] = true;
    grid_add_texts(&g, (const char *const[]){either("brand", "品牌"), either("people", "人"), either("events", "事件")});
    for (struct json_walk w = json_items(list); json_item_next(&w, &j);) {
        struct bytes brand = json_string(json_find(j, BYTES_LIT("brand")));
        char *texts = arena_take(a, 2 * GROUPED_BYTES, 1);
        (void)grouped(number_in(j, "people"), texts);
        (void)grouped(number_in(j, "events"), texts + GROUPED_BYTES);
        bool counted = json_kind(json_find(j, BYTES_LIT("events"))) != JSON_ABSENT;
        grid_add(&g, (const struct bytes[]){brand.size > 0 ? brand : bytes_of_text(either("(none: the whole group)", "(未注明:全集团)")), bytes_of_text(texts),
                                            counted ? bytes_of_text(texts + GROUPED_BYTES) : BYTES_LIT("–")});
    }
    grid_print(&g, out);
}

static int most_first(const void *a, const void *b)
{
    uint64_t x = number_in(*(const struct json *)a, "count"), y = number_in(*(const struct json *)b, "count");
    return (x < y) - (x > y);
}

static void show_event_bars(struct json root, struct arena *a, FILE *out)
{
    struct json list = json_find(root, BYTES_LIT("events_by_name")), j;
    size_t count = 0, all = json_count(list);
    struct json *rows = ARENA_ARRAY(a, struct json, all + 1);
    struct grid g;
    for (struct json_walk w = json_items(list); json_item_next(&w, &j);)
        rows[count++] = j;
    if (count == 0)
        return;
    qsort(rows, count, sizeof *rows, most_first);
    grid_init(&g, a, 3);
    g.indent = "  ";
    g.right[1] = true;
    for (size_t i = 0; i < count && i < EVENTS_SHOWN; i++) {
        struct bytes name = json_string(json_find(rows[i], speaks_chinese() ? BYTES_LIT("zh") : BYTES_LIT("en")));
        char *text = arena_take(a, GROUPED_BYTES, 1);
        uint64_t n = number_in(rows[i], "count");
        (void)grouped(n, text);
        if (name.size == 0)
            name = json_string(json_find(rows[i], BYTES_LIT("event")));
        if (name.size == 0)
            name = bytes_of_text(either("other", "其他"));
        grid_add(&g, (const struct bytes[]){name, bytes_of_text(text), bytes_of_text(bar(a, n, number_in(rows[0], "count"), BAR_COLUMNS))});
    }
    (void)fputc('\n', out);
    grid_print(&g, out);
}

enum stat_form { STAT_COUNT, STAT_POSITION, STAT_BYTES, STAT_SPAN };

/* 0: there is none; bytes in MiB; a span in days or hours. */
static const char *stat_text(uint64_t number, enum stat_form form, struct arena *a)
{
    char *text = arena_take(a, GROUPED_BYTES, 1);
    switch (form) {
    case STAT_POSITION:
        return number == 0 ? either("none yet", "尚无") : grouped(number, text);
    case STAT_BYTES:
        return arena_printf(a, "%.1f MiB", (double)number / (1 << 20));
    case STAT_SPAN:
        if (number >= SECONDS_A_DAY)
            return arena_printf(a, either("%.1f days", "%.1f 天"), (double)number / SECONDS_A_DAY);
        return arena_printf(a, either("%.1f hours", "%.1f 小时"), (double)number / 3600);
    case STAT_COUNT:
        break;
    }
    return grouped(number, text);
}

/* Of a token that is limited to them. */
static void show_own_customers(struct json root, FILE *out)
{
    if (json_is(json_find(root, BYTES_LIT("own_customers_count")), JSON_NUMBER))
        fprintf(out, "  %s  %llu\n", either("own customers", "专属客户"), (unsigned long long)number_in(root, "own_customers_count"));
}

void show_stats(struct json root, struct arena *a, FILE *out)
{
    static const struct {
        const char *name, *en, *zh;
        enum stat_form form;
    } rows[] = {
        {"people", "people", "人", STAT_COUNT},
        {"identifiers", "identifiers in force", "有效标识", STAT_COUNT},
        {"merges", "merges", "合并", STAT_COUNT},
        {"events", "events", "事件", STAT_COUNT},
        {"duplicates", "duplicates refused", "拒收的重复", STAT_COUNT},
        {"position", "log position", "日志位点", STAT_POSITION},
        {"checkpoint_position", "last checkpoint at", "最近检查点", STAT_POSITION},
        {"memory_bytes", "memory of the rows", "行所占内存", STAT_BYTES},
        {"dedup_horizon_seconds", "de-duplication reaches back", "去重可回溯", STAT_SPAN},
        {"consumers", "consumers of changes", "变更的消费者", STAT_COUNT},
        {"consumer_lag", "changes the last of them lacks", "进度最慢者未确认的变更", STAT_COUNT},
    };
    struct grid g;
    struct bytes trouble = json_string(json_find(root, BYTES_LIT("trouble"))), digest = json_string(json_find(root, BYTES_LIT("digest")));
    if (json_kind(json_find(root, BYTES_LIT("left_out"))) != JSON_ABSENT) {
        fprintf(out, "  %s\n", either("Cut to what this token may see; figures of the whole workspace are not for it.", "以下仅为该令牌可见的部分,不含整个工作区的数字。"));
        show_own_customers(root, out);
        show_brands(root, a, out);
        show_event_bars(root, a, out);
        return;
    }
    grid_init(&g, a, 2);
    g.indent = "  ";
    g.right[1] = true;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        grid_add_texts(&g, (const char *const[]){either(rows[i].en, rows[i].zh), stat_text(number_in(root, rows[i].name), rows[i].form, a)});
    grid_print(&g, out);
    fprintf(out, "  %s %.*s\n", either("digest of all rows", "全部行的摘要"), BYTES_ARG(digest));
    if (trouble.size > 0)
        fprintf(out, "  ! %.*s\n", BYTES_ARG(trouble));
    if (json_kind(json_find(root, BYTES_LIT("dedup_horizon_short"))) == JSON_TRUE)
        fprintf(out, "  ! %s\n", either("A message that comes again after less than 48 hours may count twice: raise collect.dedup_ids.",
                                        "不到 48 小时后重发的消息可能被计两次:请调高 collect.dedup_ids。"));
    show_brands(root, a, out);
    show_event_bars(root, a, out);
}

int verb_stats(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    if (!errand_ready(&d, true))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/stats");
    return errand_end(&d, errand_run(&d, "GET", show_stats));
}

/* --- alarms --- */

static void show_ringing(struct json root, struct arena *a, FILE *out)
{
    struct grid g;
    struct json alarm;
    grid_init(&g, a, 3);
    g.indent = "  ";
    for (struct json_walk w = json_items(member(root, "alarms")); json_item_next(&w, &alarm);)
        grid_add(&g, (const struct bytes[]){BYTES_LIT("●"), short_time(member(alarm, "since"), a), text_of(alarm, speaks_chinese() ? "zh" : "en")});
    if (g.count == 0)
        fprintf(out, "%s\n", either("No alarm rings.", "没有告警。"));
    grid_print(&g, out);
}

int verb_alarms(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    if (!errand_ready(&d, true))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/alarms");
    return errand_end(&d, errand_run(&d, "GET", show_ringing));
}

/* --- events tail --- */

/* Server-sent events: lines; those that begin with "data:" carry a fact. */
struct tail {
    struct buf line;
    bool json;
    struct json_parser *parser;
    struct arena *arena; /* emptied after each */
};

static void members_print(struct json object, const char *left_out, FILE *out)
{
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value);) {
        struct json inner = json_find(value, key), told = json_is(inner, JSON_ABSENT) ? value : inner; /* of an event its name */
        struct bytes name = word_of(key), text = json_is(told, JSON_STRING) ? json_string(told) : json_raw(told);
        if (!bytes_equal(key, bytes_of_text(left_out)) && !json_is(value, JSON_NULL))
            fprintf(out, "  %.*s=%.*s", BYTES_ARG(name), BYTES_ARG(text));
    }
}

/* {"position":…,"time":…,"fact":…,"cause":…,"data":{…}}: the cause where it isn't live. */
void show_fact(struct json fact, struct arena *a, FILE *out)
{
    struct bytes time = short_time(json_find(fact, BYTES_LIT("time")), a), what = word_of(json_string(json_find(fact, BYTES_LIT("fact")))),
                 cause = json_string(json_find(fact, BYTES_LIT("cause"))), cause_word = word_of(BYTES_LIT("cause"));
    fprintf(out, "%.*s  %.*s", BYTES_ARG(time), BYTES_ARG(what));
    if (!bytes_equal(cause, BYTES_LIT("live")))
        fprintf(out, "  %.*s=%.*s", BYTES_ARG(cause_word), BYTES_ARG(cause));
    members_print(json_find(fact, BYTES_LIT("data")), "time", out);
    fprintf(out, "\n");
}

static void fact_print(struct tail *t, struct bytes data)
{
    struct json root;
    if (t->json || failed(json_parse(t->parser, data, &root, NULL)))
        printf("%.*s\n", BYTES_ARG(data));
    else
        show_fact(root, t->arena, stdout);
    arena_reset(t->arena);
}

static void line_take(struct tail *t)
{
    struct bytes line = buf_bytes(&t->line);
    if (bytes_starts_with(line, BYTES_LIT("data:"))) {
        line = bytes_slice(line, 5, line.size);
        while (line.size > 0 && line.data[0] == ' ')
            line = bytes_slice(line, 1, line.size);
        fact_print(t, line);
    }
    buf_clear(&t->line);
}

static bool stream_take(void *context, struct bytes piece)
{
    struct tail *t = context;
    for (const uint8_t *end; piece.size > 0 && (end = memchr(piece.data, '\n', piece.size)) != NULL;) {
        size_t size = (size_t)(end - piece.data);
        buf_push(&t->line, bytes_slice(piece, 0, size > 0 && piece.data[size - 1] == '\r' ? size - 1 : size));
        line_take(t);
        piece = bytes_slice(piece, size + 1, piece.size);
    }
    buf_push(&t->line, piece);
    return fflush(stdout) == 0;
}

int verb_events(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *segment = argument_option(a, "segment"), *tag = argument_option(a, "tag"),
               *name = segment != NULL ? segment : tag, *what = argument_next(a);
    if (!errand_ready(&d, what != NULL && strcmp(what, "tail") == 0 && (segment == NULL || tag == NULL)))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/events/stream");
    if (name != NULL)
        errand_path_value(&d, "of", arena_printf(d.arena, "%s:%s", segment != NULL ? "segment" : "tag", name));
    /* What comes is shown in an arena that is emptied after each. */
    struct tail t = {.json = d.json, .parser = d.parser, .arena = arena_create(LINE_BYTES_MAX)};
    struct client_call call = {.method = "GET", .path = arena_text(d.arena, buf_bytes(&d.path))};
    buf_init(&t.line, LINE_BYTES_MAX);
    int code = errand_stream(&d, &call, stream_take, &t);
    buf_fini(&t.line);
    arena_destroy(t.arena);
    return errand_end(&d, code);
}

/* --- names, reads --- */

int verb_names(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *limit = argument_option(a, "limit"), *after = argument_option(a, "after"), *kind = argument_next(a);
    if (!errand_ready(&d, kind != NULL))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/names");
    errand_path_value(&d, "kind", kind);
    errand_path_value(&d, "limit", limit);
    errand_path_value(&d, "after", after);
    return errand_end(&d, errand_run(&d, "GET", show_json));
}

int verb_reads(struct arguments *a)
{
    return errand_list(a, "/api/v1/reads", "before");
}
