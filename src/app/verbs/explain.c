#include "app/verbs/explain.h"

#include "app/app.h"
#include "app/arguments.h"
#include "app/verbs/answer_ask.h"

static bool is_true(struct json j, const char *name)
{
    return json_is(member(j, name), JSON_TRUE);
}

static const char *mark_of(struct json part)
{
    struct json value = member(part, "value");
    return json_is(value, JSON_TRUE) ? "✓" : json_is(value, JSON_FALSE) ? "✗" : "·";
}

static struct bytes sentence_of(struct json part)
{
    return text_of(part, either("en", "zh"));
}

/* --- the events that count --- */

static const char *brought_words(struct json event, struct arena *a)
{
    struct json brought = member(event, "brought");
    if (!json_is(brought, JSON_OBJECT))
        return "";
    return arena_printf(a, either("brought by %.*s at %.*s", "由 %.*s 并入(%.*s)"), BYTES_ARG(text_of(brought, "by")),
                        BYTES_ARG(short_time(member(brought, "time"), a)));
}

static void show_events(struct json part, const char *indent, struct arena *a, FILE *out)
{
    struct json event;
    struct grid g;
    grid_init(&g, a, 5);
    g.indent = indent;
    for (struct json_walk w = json_items(member(part, "events")); json_item_next(&w, &event);) {
        struct bytes label = text_of(event, either("en", "zh"));
        grid_add(&g, (const struct bytes[]){
                         short_time(member(event, "time"), a), label.size > 0 ? label : text_of(event, "event"),
                         bytes_of_text(arena_printf(a, "+%.*s", BYTES_ARG(json_raw(member(event, "adds"))))),
                         bytes_of_text(arena_printf(a, either("position %.*s", "位点 %.*s"),
                                                    BYTES_ARG(json_raw(member(event, "position"))))),
                         bytes_of_text(brought_words(event, a))});
    }
    grid_print(&g, out);
    if (is_true(part, "hides_events"))
        fprintf(out, "%s%s\n", indent, either("(and events that this token doesn't see)", "(另有此令牌看不到的事件)"));
}

/* --- the tree --- */

/* Its sentence has what its part is, too. */
static bool says_of_its_part(struct json part)
{
    static const char *const kinds[] = {"compared", "known", "during"};
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (bytes_equal(text_of(part, "kind"), bytes_of_text(kinds[i])))
            return true;
    return false;
}

/* Nesting is bounded by the daemon. */
static void show_part(struct json part, const char *indent, struct arena *a, FILE *out)
{
    struct json inner;
    bool says_all = says_of_its_part(part);
    fprintf(out, "%s%s %.*s%s\n", indent, mark_of(part), BYTES_ARG(sentence_of(part)),
            is_true(part, "is_missing") ? either("  <- missing", "  ← 还差") : "");
    const char *deeper = arena_printf(a, "%s  ", indent);
    show_events(part, arena_printf(a, "%s    ", indent), a, out);
    for (struct json_walk w = json_items(member(part, "parts")); json_item_next(&w, &inner);) {
        if (says_all && json_count(member(inner, "parts")) == 0)
            show_events(inner, arena_printf(a, "%s  ", deeper), a, out);
        else
            show_part(inner, deeper, a, out);
    }
}

static void show_missing(struct json root, FILE *out)
{
    struct json part;
    if (json_count(member(root, "missing")) == 0)
        return;
    fprintf(out, "%s\n", either("The nearest way in:", "最近的进入方式:"));
    for (struct json_walk w = json_items(member(root, "missing")); json_item_next(&w, &part);)
        fprintf(out, "  %s %.*s\n",
                is_true(part, "should_hold") ? either("to hold:    ", "须成立:") : either("not to hold:", "须不成立:"),
                BYTES_ARG(sentence_of(part)));
}

static struct bytes part_word(struct bytes part)
{
    static const struct {
        const char *part, *zh;
    } words[] = {{"identity", "身份"}, {"traits", "特质"}, {"identifiers", "标识"}, {"relations", "关系"},
                 {"consents", "同意"}, {"lists", "名单"},  {"orders", "订单"},      {"things", "实体"}};
    for (size_t i = 0; speaks_chinese() && i < COUNT_OF(words); i++)
        if (bytes_equal(part, bytes_of_text(words[i].part)))
            return bytes_of_text(words[i].zh);
    return part;
}

static void show_as_of(struct json root, struct arena *a, FILE *out)
{
    struct json as_of = member(root, "as_of"), word;
    const char *words = "";
    struct json position = member(as_of, "position");
    fprintf(out, either("As of %.*s", "截至 %.*s"), BYTES_ARG(short_time(member(as_of, "time"), a)));
    if (times_zone()[0] != 0)
        fprintf(out, either(" (%s)", "(%s)"), times_zone());
    if (json_is(position, JSON_NUMBER))
        fprintf(out, either(", as the log stood at position %.*s", ",按日志位点 %.*s 时所知"),
                BYTES_ARG(json_raw(position)));
    for (struct json_walk w = json_items(member(as_of, "of_now")); json_item_next(&w, &word);)
        words = arena_printf(a, "%s%s%.*s", words, words[0] == 0 ? "" : either(", ", "、"),
                             BYTES_ARG(part_word(json_string(word))));
    if (words[0] != 0)
        fprintf(out, either("; as they are now: %s", ";以现状计:%s"), words);
    fputc('\n', out);
}

static const char *headline(struct json root, struct arena *a)
{
    struct json value = member(root, "value");
    struct bytes name = text_of(root, "name"),
                 said = json_is(value, JSON_STRING) ? json_string(value) : json_raw(value);
    if (json_is(value, JSON_TRUE))
        return arena_printf(a, either("In '%.*s'", "符合“%.*s”"), BYTES_ARG(name));
    if (json_is(value, JSON_FALSE))
        return arena_printf(a, either("Not in '%.*s'", "不符合“%.*s”"), BYTES_ARG(name));
    return arena_printf(a, either("'%.*s' is %.*s", "“%.*s”为 %.*s"), BYTES_ARG(name), BYTES_ARG(said));
}

static void show_explanation(struct json root, struct arena *a, FILE *out)
{
    struct bytes since = short_time(member(root, "since"), a), turn = short_time(member(root, "turn"), a);
    fputs(headline(root, a), out);
    if (since.size > 0)
        fprintf(out, either(", since %.*s", ",自 %.*s 起"), BYTES_ARG(since));
    if (turn.size > 0 && is_true(root, "turn_is_exact"))
        fprintf(out, either("; changes at %.*s, unless something happens before", ";若无新的行为,%.*s 将变化"),
                BYTES_ARG(turn));
    fputc('\n', out);
    if (is_true(root, "pending"))
        fprintf(out, "%s\n", either("(their events are being read again)", "(正在重新读取其事件)"));
    show_as_of(root, a, out);
    show_part(member(root, "tree"), "  ", a, out);
    show_missing(root, out);
}

/* What is asked of a definition: its path, and as of when. */
struct explain_ask {
    const char *path, *name, *instant, *position;
};

static void ask_path(struct errand *d, const struct explain_ask *ask, const char *what, const char *who)
{
    errand_path_text(d, ask->path);
    errand_path_text(d, "/");
    url_push(&d->path, bytes_of_text(ask->name));
    errand_path_text(d, what);
    if (who != NULL)
        url_push(&d->path, bytes_of_text(who));
    errand_path_value(d, "instant", ask->instant);
    errand_path_value(d, "position", ask->position);
}

int explain_run(struct errand *d, struct arguments *a, const char *path)
{
    struct explain_ask ask = {
        .path = path, .instant = argument_option(a, "instant"), .position = argument_option(a, "position")};
    const char *events = argument_option(a, "events");
    (void)argument_next(a); /* "explain" */
    ask.name = argument_next(a);
    const char *who = argument_next(a);
    if (!errand_ready(d, who != NULL))
        return EXIT_USAGE;
    ask_path(d, &ask, "/explain/", who);
    errand_path_value(d, "events", events);
    return errand_run(d, "GET", show_explanation);
}

/* --- who was in it --- */

static void show_then(struct json root, struct arena *a, FILE *out)
{
    struct json item;
    struct json count = member(root, "count");
    show_as_of(root, a, out);
    if (json_is(count, JSON_NUMBER))
        fprintf(out, either("%.*s people\n", "%.*s 人\n"), BYTES_ARG(json_raw(count)));
    struct grid g;
    grid_init(&g, a, 3);
    g.indent = "  ";
    for (struct json_walk w = json_items(member(root, "people")); json_item_next(&w, &item);) {
        struct json person = member(item, "person"), value = member(item, "value");
        struct bytes said = json_is(value, JSON_STRING) ? json_string(value) : json_raw(value);
        grid_add(&g, (const struct bytes[]){bytes_of_text(arena_printf(a, "id:%.*s", BYTES_ARG(text_of(person, "id")))),
                                            text_of(person, "name"), json_is(value, JSON_TRUE) ? BYTES_NONE : said});
    }
    grid_print(&g, out);
    show_next(root, "after", out);
}

int then_run(struct errand *d, struct arguments *a, const char *path)
{
    struct explain_ask ask = {
        .path = path, .instant = argument_option(a, "instant"), .position = argument_option(a, "position")};
    const char *who = argument_option(a, "person"), *limit = argument_option(a, "limit"),
               *after = argument_option(a, "after");
    (void)argument_next(a); /* "at" */
    ask.name = argument_next(a);
    if (!errand_ready(d, ask.name != NULL && (ask.instant != NULL) != (ask.position != NULL)))
        return EXIT_USAGE;
    ask_path(d, &ask, who == NULL ? "/then" : "/explain/", who);
    if (who != NULL)
        return errand_run(d, "GET", show_explanation);
    errand_path_value(d, "limit", limit);
    errand_path_value(d, "after", after);
    int code = answer_ask(d, "GET");
    return code == EXIT_DONE ? answer_present(d, &(struct answer_presented){.svg = NULL}, show_then) : code;
}
