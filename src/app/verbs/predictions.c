/* `kith predict` and `kith lookalike`: predictions that are kept: said, fitted, judged, scored, written as traits, and made segments of. */
#include <math.h>
#include <string.h>

#include "app/app.h"
#include "app/arguments.h"
#include "app/chart/chart.h"
#include "app/verbs/answer.h"
#include "app/verbs/answer_ask.h"
#include "app/verbs/errand.h"
#include "app/verbs/query.h"
#include "app/words.h"
#include "lib/expr.h"

#define PATH "/api/v1/predictions"
#define PEOPLE_A_PAGE 500000u
#define NAMES_MAX 200u

/* --- said --- */

#define BUYING                                                                                                         \
    "\"features\":[\"count(order_paid in last 30 days)\",\"count(order_paid in last 90 days)\",\"count(order_paid in " \
    "last 365 days)\","                                                                                                \
    "\"sum(order_paid.amount in last 365 days)\",\"days_since(last(order_paid).time)\",\"count(product_viewed in "     \
    "last 30 days)\","                                                                                                 \
    "\"count(cart_added in last 30 days)\",\"days(event in last 30 days)\",\"days_since(last(event).time)\"]"
static const struct template
{
    const char *name, *text, *about, *about_zh;
}
templates[] = {
    {"buy", "{\"target\":\"did(order_paid)\",\"horizon\":\"30d\"," BUYING "}", "likely to buy within 30 days",
     "30 天内可能购买"},
    {"leave",
     "{\"target\":\"not did(order_paid)\",\"horizon\":\"90d\",\"among\":\"did(order_paid in last 180 days)\"," BUYING
     "}",
     "bought lately, and likely not to for 90 days", "近期购买过、未来 90 天可能不再购买(流失)"},
};

static const struct template *template_named(const char *name)
{
    for (size_t i = 0; name != NULL && i < COUNT_OF(templates); i++)
        if (strcmp(templates[i].name, name) == 0)
            return &templates[i];
    return NULL;
}

/* Sends what is said: a name, and a question of a file or a text with the words that are left. */
static int said_send(struct errand *d, struct arguments *a, const char *name, const char *text)
{
    struct err e = {0};
    const char *label = argument_option(a, "label"), *every = argument_option(a, "every"),
               *at = argument_option(a, "at"), *on = argument_option(a, "on"), *file = question_file_word(a);
    uint64_t day = 0;
    struct status status = on == NULL ? DONE : argument_number(a, "on", &day, &e);
    json_object_begin(&d->writer);
    errand_put_text(d, "name", name);
    errand_put_text(d, "label", label);
    errand_put_text(d, "every", every);
    errand_put_text(d, "at", at);
    if (on != NULL) {
        json_key(&d->writer, "on");
        json_put_uint64(&d->writer, day);
    }
    json_key(&d->writer, "question");
    if (done(status))
        status = question_body_put(d, file, text, &e);
    if (failed(status))
        return say_failure(status, &e);
    json_object_end(&d->writer);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    errand_path_text(d, PATH);
    return errand_run(d, "PUT", show_done);
}

static int save(struct errand *d, struct arguments *a)
{
    const char *wanted = argument_option(a, "template"), *text = argument_option(a, "ask");
    const struct template *of = template_named(wanted);
    struct err e = {0};
    if (wanted != NULL && of == NULL)
        return say_failure(
            FAIL(&e, INVALID,
                 either("there is no template %s: there are buy and leave", "没有模板 %s:可用 buy(购买)与 leave(流失)"),
                 wanted),
            &e);
    (void)argument_option(a, "label");
    (void)argument_option(a, "every");
    (void)argument_option(a, "at");
    (void)argument_option(a, "on");
    (void)argument_next(a); /* "save" */
    const char *name = argument_next(a);
    return said_send(d, a, name, of != NULL ? of->text : text);
}

/* --- listed, shown --- */

static struct bytes scored_text(struct json scored, struct arena *a)
{
    char people[GROUPED_BYTES];
    double drift = 0;
    if (!json_is(scored, JSON_OBJECT))
        return BYTES_LIT("–");
    (void)json_double(member(scored, "drift"), &drift);
    const char *warning = drift > 0.25 ? either(": fit again", ":请重新拟合") : "";
    struct bytes when = short_time(member(scored, "time"), a);
    return bytes_of_text(arena_printf(a, either("%.*s, %s people, drift %.2f%s", "%.*s,%s 人,漂移 %.2f%s"),
                                      BYTES_ARG(when), grouped(number_in(scored, "people"), people), drift, warning));
}

/* When it is scored next by itself, or what came in between. */
static struct bytes due_text(struct json item, struct arena *a)
{
    struct json failed = member(item, "failed");
    struct bytes why = text_of(failed, either("why", "why_zh")), due = short_time(member(item, "due"), a);
    if (json_is(failed, JSON_OBJECT))
        return bytes_of_text(arena_printf(a, either("failed (%.*s), again %.*s", "失败(%.*s),%.*s 重试"),
                                          BYTES_ARG(why), BYTES_ARG(due)));
    if (json_is(member(item, "wanted"), JSON_STRING))
        return bytes_of_text(either("now", "正在进行"));
    return json_is(member(item, "due"), JSON_STRING) ? due : BYTES_LIT("–");
}

static void show_predictions(struct json root, struct arena *a, FILE *out)
{
    struct json item;
    struct grid g;
    grid_init(&g, a, 7);
    g.headed = true;
    grid_add_texts(
        &g, speaks_chinese()
                ? (const char *const[]){"名称", "说明", "特质", "修订", "拟合时间", "最近评分", "下次评分"}
                : (const char *const[]){"name", "label", "trait", "revision", "fitted", "scored last", "scored next"});
    for (struct json_walk w = json_items(member(root, "predictions")); json_item_next(&w, &item);)
        grid_add(&g, (const struct bytes[]){text_of(item, "name"), text_of(item, "label"), text_of(item, "trait"),
                                            json_raw(member(item, "revision")), short_time(member(item, "fitted"), a),
                                            scored_text(member(item, "scored"), a), due_text(item, a)});
    grid_print(&g, out);
}

static int list(struct errand *d, struct arguments *a)
{
    (void)argument_next(a); /* "list" */
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    errand_path_text(d, PATH);
    return errand_run(d, "GET", show_predictions);
}

static void path_named(struct errand *d, const char *name, const char *rest)
{
    buf_clear(&d->path);
    errand_path_text(d, PATH "/");
    url_push(&d->path, bytes_of_text(name));
    errand_path_text(d, rest);
}

static const struct {
    const char *name, *en, *zh;
} tables[] = {{"deciles", "By tenths, the likeliest first", "十分位(评分从高到低)"},
              {"calibration", "Scores and what came", "校准:评分与实际"},
              {"features", "What it goes by", "依据的特征"}};

static void show_card(struct json card, struct arena *a, FILE *out)
{
    struct json table, leak;
    size_t at = 0;
    show_answer_card(card, a, out);
    for (struct json_walk w = json_items(member(card, "leaks")); json_item_next(&w, &leak);)
        fprintf(out,
                either("  Beware: %.*s alone gives the answer away: is it known only afterwards?\n",
                       "  注意:仅凭 %.*s 就几乎能得出答案,它是否事后才知道?\n"),
                BYTES_ARG(json_string(leak)));
    for (struct json_walk w = json_items(member(card, "tables")); at < COUNT_OF(tables) && json_item_next(&w, &table);
         at++) {
        heading(tables[at].en, tables[at].zh, out);
        show_answer(table, terminal_columns(), a, out);
    }
}

/* The table of a card by its name; absent: there is none. */
static struct json table_named(struct json card, const char *name)
{
    struct json table;
    size_t at = 0;
    for (struct json_walk w = json_items(member(card, "tables")); at < COUNT_OF(tables) && json_item_next(&w, &table);
         at++)
        if (name != NULL && strcmp(tables[at].name, name) == 0)
            return table;
    return JSON_NOTHING;
}

/* A card, or one table of it; d->root has it. */
static int card_present(struct errand *d, struct json card, const char *table, const struct answer_presented *presented)
{
    struct err e = {0};
    struct json one = table_named(card, table);
    if (!json_is(card, JSON_OBJECT))
        return say_failure(FAIL(&e, NOT_FOUND, "%s",
                                either("it has no model yet: `kith predict fit`", "尚无模型:请先 `kith predict fit`")),
                           &e);
    if (table != NULL && json_is(one, JSON_ABSENT))
        return say_failure(FAIL(&e, INVALID, "%s",
                                either("--table: want deciles, calibration or features",
                                       "--table:应为 deciles、calibration 或 features")),
                           &e);
    d->root = table != NULL ? one : card;
    return answer_present(d, presented, table == NULL ? show_card : NULL);
}

static int show(struct errand *d, struct arguments *a)
{
    const char *table = argument_option(a, "table");
    struct answer_presented presented = answer_presented_read(a);
    (void)argument_next(a); /* "show" */
    const char *name = argument_next(a);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    path_named(d, name, "");
    int code = errand_send(d, "GET");
    return code == EXIT_DONE ? card_present(d, member(d->root, "card"), table, &presented) : code;
}

static int fit(struct errand *d, struct arguments *a)
{
    const char *table = argument_option(a, "table");
    struct answer_presented presented = answer_presented_read(a);
    (void)argument_next(a); /* "fit" */
    const char *name = argument_next(a);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    path_named(d, name, "/fit");
    int code = answer_ask(d, "POST");
    return code == EXIT_DONE ? card_present(d, d->root, table, &presented) : code;
}

/* --- scored --- */

static int score(struct errand *d, struct arguments *a)
{
    struct err e = {0};
    struct answer_presented presented = answer_presented_read(a);
    (void)argument_next(a); /* "score" */
    const char *name = argument_next(a);
    struct status status = name == NULL ? DONE : question_body_put(d, NULL, NULL, &e);
    if (failed(status))
        return say_failure(status, &e);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    path_named(d, name, "/score");
    int code = answer_ask(d, "POST");
    return code == EXIT_DONE ? answer_present(d, &presented, NULL) : code;
}

/* What became of people; pages are added up. */
struct written {
    uint64_t people, written, unchanged;
};

static void page_put(struct errand *d, int64_t after)
{
    buf_clear(&d->body);
    json_writer_init(&d->writer, &d->body, false);
    json_object_begin(&d->writer);
    errand_put_text(d, "order", "person");
    json_key(&d->writer, "limit");
    json_put_uint64(&d->writer, PEOPLE_A_PAGE);
    json_key(&d->writer, "after");
    json_put_int64(&d->writer, after);
    json_object_end(&d->writer);
}

/* All pages; d->root is the last one's answer. */
static int traits_write(struct errand *d, const char *name, struct written *out)
{
    int64_t after = -1;
    int code;
    bool has_more;
    *out = (struct written){0};
    do {
        path_named(d, name, "/traits");
        page_put(d, after);
        code = answer_ask(d, "POST");
        if (code != EXIT_DONE)
            return code;
        out->people += number_in(d->root, "people");
        out->written += number_in(d->root, "written");
        out->unchanged += number_in(d->root, "unchanged");
        has_more = json_int64(member(d->root, "next"), &after);
    } while (has_more);
    return EXIT_DONE;
}

static void written_show(const struct errand *d, const char *name, const struct written *of)
{
    char people[GROUPED_BYTES], written[GROUPED_BYTES], objected[GROUPED_BYTES];
    double drift = 0;
    struct bytes feature = text_of(d->root, "drift_feature");
    (void)json_double(member(d->root, "drift"), &drift);
    printf(either("%s: %s people scored, p_%s written of %s, %s object and aren't scored; drift %.2f (%.*s)%s\n",
                  "%s:评分 %s 人,写入特质 p_%s %s 人,%s 人拒绝画像未评分;漂移 %.2f(%.*s)%s\n"),
           name, grouped(of->people, people), name, grouped(of->written, written),
           grouped(number_in(d->root, "objected"), objected), drift, BYTES_ARG(feature),
           drift > 0.25 ? either(": fit it again", ":请重新拟合") : "");
}

static int write_traits(struct errand *d, struct arguments *a)
{
    struct written written;
    (void)argument_next(a); /* "write" */
    const char *name = argument_next(a);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    int code = traits_write(d, name, &written);
    if (code == EXIT_DONE && d->json)
        printf("%.*s\n", BYTES_ARG(d->reply.body));
    else if (code == EXIT_DONE)
        written_show(d, name, &written);
    return code;
}

/* --- all of them --- */

static int fit_quietly(struct errand *d, const char *name)
{
    path_named(d, name, "/fit");
    buf_clear(&d->body);
    buf_push_text(&d->body, "{}");
    return answer_ask(d, "POST");
}

struct kept {
    const char *name;
    bool is_stale; /* it has no model of what it says now */
};

static size_t kept_list(struct errand *d, struct kept out[NAMES_MAX])
{
    struct json item;
    size_t count = 0;
    for (struct json_walk w = json_items(member(d->root, "predictions"));
         count < NAMES_MAX && json_item_next(&w, &item);)
        out[count++] = (struct kept){.name = arena_text(d->arena, text_of(item, "name")),
                                     .is_stale = number_in(item, "fitted_revision") != number_in(item, "revision")};
    return count;
}

static int kept_run(struct errand *d, const struct kept *kept)
{
    struct written written;
    int code = kept->is_stale ? fit_quietly(d, kept->name) : EXIT_DONE;
    if (code == EXIT_DONE)
        code = traits_write(d, kept->name, &written);
    if (code == EXIT_DONE && !d->json)
        written_show(d, kept->name, &written);
    return code;
}

/* Fits those that have no model of what they say now, and scores all. One that fails holds up no other. */
static int run(struct errand *d, struct arguments *a)
{
    struct kept kept[NAMES_MAX];
    (void)argument_next(a); /* "run" */
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    errand_path_text(d, PATH);
    int code = errand_send(d, "GET");
    size_t count = code == EXIT_DONE ? kept_list(d, kept) : 0;
    for (size_t i = 0; i < count; i++) {
        int of_this = kept_run(d, &kept[i]);
        code = of_this != EXIT_DONE ? of_this : code;
    }
    return code;
}

/* --- made a segment of --- */

/* Who isn't in the seed of a look-alike; of another prediction nothing. */
static const char *seed_text(struct json question, struct arena *a)
{
    struct json like = member(question, "like");
    const char *kinds[] = {"segment", "tag"};
    for (size_t i = 0; json_is(like, JSON_OBJECT) && i < COUNT_OF(kinds); i++) {
        struct bytes name = text_of(like, kinds[i]);
        if (name.size > 0)
            return arena_printf(a, " and not %s('%.*s')", kinds[i], BYTES_ARG(name));
    }
    return "";
}

/* The score from which on there are `top` people. */
static int threshold_find(struct errand *d, const char *name, uint64_t top, double *out)
{
    path_named(d, name, "/score");
    buf_clear(&d->body);
    buf_printf(&d->body, "{\"limit\":1,\"reasons\":0,\"top\":%llu}", (unsigned long long)top);
    int code = answer_ask(d, "POST");
    *out = 0;
    if (code == EXIT_DONE)
        (void)json_double(member(d->root, "threshold"), out);
    return code;
}

static int segment_save(struct errand *d, const char *name, const char *segment, double least)
{
    path_named(d, name, "");
    int code = errand_send(d, "GET");
    if (code != EXIT_DONE)
        return code;
    const char *text = arena_printf(d->arena, "p_%s >= %.4g%s", name, least,
                                    seed_text(member(d->root, "question"), d->arena));
    buf_clear(&d->path);
    buf_clear(&d->body);
    json_writer_init(&d->writer, &d->body, false);
    json_object_begin(&d->writer);
    errand_put_text(d, "name", segment);
    errand_put_text(d, "text", text);
    json_object_end(&d->writer);
    errand_path_text(d, "/api/v1/segments");
    printf(either("segment %s: %s\n", "人群 %s:%s\n"), segment, text);
    return errand_run(d, "PUT", show_done);
}

static int segment_make(struct errand *d, struct arguments *a)
{
    struct err e = {0};
    const char *top = argument_option(a, "top"), *least = argument_option(a, "least");
    uint64_t people = 0;
    double score_least = NAN;
    struct expr_value number;
    (void)argument_next(a); /* "segment" */
    const char *name = argument_next(a), *segment = argument_next(a);
    struct status status = top == NULL ? DONE : argument_number(a, "top", &people, &e);
    if (failed(status))
        return say_failure(status, &e);
    if (least != NULL && expr_number_read(bytes_of_text(least), &number))
        score_least = number.kind == EXPR_REAL ? number.real : (double)number.mantissa / pow(10, number.scale);
    if (!errand_ready(d, segment != NULL && (people > 0 || !isnan(score_least))))
        return EXIT_USAGE;
    int code = isnan(score_least) ? threshold_find(d, name, people, &score_least) : EXIT_DONE;
    return code == EXIT_DONE ? segment_save(d, name, segment, score_least) : code;
}

static int end(struct errand *d, struct arguments *a)
{
    (void)argument_next(a); /* "end" */
    const char *name = argument_next(a);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    path_named(d, name, "");
    return errand_run(d, "DELETE", show_done);
}

int verb_predict(struct arguments *a)
{
    static const struct errand_word rows[] = {
        {"save", save},   {"list", list},          {"show", show}, {"fit", fit},
        {"score", score}, {"write", write_traits}, {"run", run},   {"segment", segment_make},
        {"end", end}};
    return errand_run_word(a, rows, COUNT_OF(rows));
}

/* lookalike NAME SEGMENT: a prediction of who is like a segment. */
int verb_lookalike(struct arguments *a)
{
    struct errand d;
    struct json_writer w;
    uint8_t bytes[512];
    struct buf text = {.data = bytes, .capacity = sizeof bytes, .size_max = sizeof bytes};
    errand_begin(&d, a);
    (void)argument_option(a, "label");
    (void)argument_option(a, "every");
    (void)argument_option(a, "at");
    (void)argument_option(a, "on");
    const char *name = argument_next(a), *segment = argument_next(a);
    if (segment == NULL)
        return errand_end(&d, errand_ready(&d, false) ? EXIT_DONE : EXIT_USAGE);
    json_writer_init(&w, &text, false);
    json_object_begin(&w);
    json_key(&w, "like");
    json_object_begin(&w);
    json_key(&w, "segment");
    json_put_text(&w, segment);
    json_object_end(&w);
    json_object_end(&w);
    return errand_end(&d, said_send(&d, a, name, arena_text(d.arena, buf_bytes(&text))));
}
