/* Verbs about tags and segments: save, list, show, people, of, end. */
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/arguments.h"
#include "app/verbs/audience_look.h"
#include "app/verbs/caret.h"
#include "app/verbs/errand.h"
#include "app/verbs/explain.h"
#include "app/verbs/library.h"
#include "app/verbs/listings.h"
#include "app/words.h"

/* Which of both a verb is about. */
struct audience_words {
    const char *path, *list; /* of the API, and the member that holds them */
};
static const struct audience_words of_segments = {"/api/v1/segments", "segments"}, of_tags = {"/api/v1/tags", "tags"};

static struct bytes state_word(struct json item)
{
    static const struct {
        const char *state, *en, *zh;
    } words[] = {{"gathering", "gathering", "回溯历史"},
                 {"waiting", "waiting", "等待生效"},
                 {"in_force", "in force", "生效"},
                 {"refused", "refused", "未能建立"}};
    struct bytes state = text_of(item, "state");
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (bytes_equal(state, bytes_of_text(words[i].state)))
            return bytes_of_text(either(words[i].en, words[i].zh));
    return state;
}

/* While it is gathered with how far that is: "gathering 42 %, about 12 s more". */
static struct bytes state_words(struct json item, struct arena *a)
{
    struct bytes state = state_word(item);
    struct json progress = member(item, "progress");
    double share, rest_s;
    if (!json_is(progress, JSON_OBJECT) || !json_double(member(progress, "share"), &share))
        return state;
    const char *words = arena_printf(a, "%.*s %.0f %%", BYTES_ARG(state), share * 100);
    if (json_double(member(progress, "rest_seconds"), &rest_s))
        words = arena_printf(a, either("%s, about %.0f s more", "%s,约还需 %.0f 秒"), words, rest_s);
    return bytes_of_text(words);
}

static struct bytes label_of(struct json item)
{
    struct bytes own = text_of(item, speaks_chinese() ? "label_zh" : "label_en");
    return own.size > 0 ? own : text_of(item, speaks_chinese() ? "label_en" : "label_zh");
}

/* Of a tag with values there is no size. */
static struct bytes size_of(struct json item, struct arena *a)
{
    char text[GROUPED_BYTES];
    uint64_t size = 0;
    return json_uint64(member(item, "size"), &size) ? arena_copy(a, bytes_of_text(grouped(size, text)))
                                                    : BYTES_LIT("–");
}

static void path_named(struct errand *d, const struct audience_words *words, const char *name)
{
    errand_path_text(d, words->path);
    errand_path_text(d, "/");
    url_push(&d->path, bytes_of_text(name));
}

/* --- save --- */

/* "dry:干性:Dry,oily": values, and what they are called. */
static void put_values(struct errand *d, const char *text)
{
    static const char *const labels[] = {"label_zh", "label_en"};
    if (text == NULL)
        return;
    json_key(&d->writer, "values");
    json_object_begin(&d->writer);
    for (size_t size = strcspn(text, ","); size > 0; text += size + (text[size] == ','), size = strcspn(text, ",")) {
        size_t at = strcspn(text, ":,");
        json_key_bytes(&d->writer, bytes_of(text, at));
        json_object_begin(&d->writer);
        for (size_t i = 0; i < COUNT_OF(labels) && at < size; i++) {
            size_t end = at + 1 + strcspn(text + at + 1, ":,");
            json_key(&d->writer, labels[i]);
            json_put_string(&d->writer, bytes_of(text + at + 1, end - at - 1));
            at = end;
        }
        json_object_end(&d->writer);
    }
    json_object_end(&d->writer);
}

/* A list: with the kind of its values, and for how long. */
static void put_list(struct errand *d, const char *value, const char *lasts_days)
{
    uint64_t days = lasts_days == NULL ? 0 : strtoull(lasts_days, NULL, 10);
    json_key(&d->writer, "list");
    json_object_begin(&d->writer);
    errand_put_text(d, "value", value);
    json_key(&d->writer, "lasts_days");
    json_put_uint64(&d->writer, days);
    json_object_end(&d->writer);
}

static int save(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    static const struct {
        const char *option, *member;
    } said[] = {{"label-zh", "label_zh"},
                {"label-en", "label_en"},
                {"owner", "owner"},
                {"description", "description"},
                {"brand", "brand"},
                {"category", "category"},
                {"until", "until"}};
    const char *value = argument_option(a, "value"), *lasts_days = argument_option(a, "lasts-days"),
               *values = argument_option(a, "values"), *tags = argument_option(a, "tags");
    bool is_list = argument_flag(a, "list") || value != NULL || lasts_days != NULL;
    json_object_begin(&d->writer);
    if (is_list)
        put_list(d, value, lasts_days);
    put_values(d, values);
    errand_put_list(d, "tags", tags);
    for (size_t i = 0; i < COUNT_OF(said); i++)
        errand_put_text(d, said[i].member, argument_option(a, said[i].option));
    (void)argument_next(a); /* "save" */
    const char *name = argument_next(a), *text = argument_next(a);
    errand_put_text(d, "name", name);
    errand_put_text(d, "text", text);
    json_object_end(&d->writer);
    if (!errand_ready(d, name != NULL && (text != NULL) != (is_list || tags != NULL)))
        return EXIT_USAGE;
    errand_path_text(d, words->path);
    int code = errand_run(d, "PUT", show_done);
    size_t place = code == EXIT_REFUSED && text != NULL ? caret_place(text_of(d->root, "detail")) : 0;
    if (place > 0)
        show_caret(bytes_of_text(text), place, stderr);
    return code;
}

/* --- list, show --- */

static bool is_of_content(struct json item, const char *content)
{
    return bytes_equal(text_of(item, "content"), bytes_of_text(content));
}

/* "a > b > c": the tags of a group, the first of which goes before the others. */
static struct bytes tags_text(struct json item, struct arena *a)
{
    struct json tag;
    const char *all = "";
    for (struct json_walk w = json_items(member(item, "tags")); json_item_next(&w, &tag);) {
        struct bytes name = json_string(tag);
        all = arena_printf(a, "%s%s%.*s", all, all[0] == 0 ? "" : " > ", BYTES_ARG(name));
    }
    return bytes_of_text(all);
}

static struct bytes list_text(struct json item, struct arena *a)
{
    struct bytes value = text_of(member(item, "list"), "value"), source = text_of(member(item, "snapshot"), "segment");
    uint64_t days = number_in(member(item, "list"), "lasts_days");
    if (source.size == 0)
        source = text_of(member(item, "snapshot"), "tag");
    const char *text = source.size > 0
                           ? arena_printf(a, either("(a snapshot of %.*s)", "(%.*s 的快照)"), BYTES_ARG(source))
                       : bytes_equal(value, BYTES_LIT("none"))
                           ? either("(set by hand)", "(手工)")
                           : arena_printf(a, either("(set by hand: %.*s)", "(手工,取值 %.*s)"), BYTES_ARG(word_of(value)));
    return days == 0 ? bytes_of_text(text)
                     : bytes_of_text(arena_printf(a, either("%s, for %llu days", "%s,有效 %llu 天"), text, (unsigned long long)days));
}

/* What it says: an expression, the tags of a group, or that people say it. */
static struct bytes content_text(struct json item, struct arena *a)
{
    if (is_of_content(item, "list"))
        return list_text(item, a);
    return is_of_content(item, "group") ? tags_text(item, a) : text_of(item, "text");
}

/* "dry 干性, oily 油性" */
static struct bytes values_text(struct json item, struct arena *a)
{
    struct json level;
    struct bytes text;
    const char *all = "";
    for (struct json_walk w = json_members(member(item, "values")); json_member_next(&w, &text, &level);) {
        struct bytes label = label_of(level);
        all = arena_printf(a, "%s%s%.*s%s%.*s", all, all[0] == 0 ? "" : ", ", BYTES_ARG(text), label.size > 0 ? " " : "",
                           BYTES_ARG(label));
    }
    return bytes_of_text(all);
}

static void show_all(struct json list, struct arena *a, FILE *out)
{
    struct json item;
    struct grid g;
    grid_init(&g, a, 7);
    g.headed = g.right[3] = true;
    grid_add_texts(&g, speaks_chinese()
                           ? (const char *const[]){"目录", "名称", "说明", "人数", "状态", "负责人", "表达式"}
                           : (const char *const[]){"category", "name", "label", "people", "state", "owner", "expression"});
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);)
        grid_add(&g, (const struct bytes[]){text_of(item, "category"), text_of(item, "name"), label_of(item), size_of(item, a), state_words(item, a),
                                            text_of(item, "owner"), content_text(item, a)});
    grid_print(&g, out);
}

static void show_segments(struct json root, struct arena *a, FILE *out)
{
    show_all(member(root, of_segments.list), a, out);
}

static void show_tags(struct json root, struct arena *a, FILE *out)
{
    show_all(member(root, of_tags.list), a, out);
}

static int list(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    const char *category = argument_option(a, "category");
    (void)argument_next(a); /* "list" */
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    errand_path_text(d, words->path);
    errand_path_value(d, "category", category);
    return errand_run(d, "GET", words == &of_tags ? show_tags : show_segments);
}

static void show_line(const char *en, const char *zh, struct bytes text, FILE *out)
{
    if (text.size > 0)
        fprintf(out, "  %s%.*s\n", either(en, zh), BYTES_ARG(text));
}

static void show_one(struct json root, struct arena *a, FILE *out)
{
    struct json namer;
    const char *namers = "";
    for (struct json_walk w = json_items(member(root, "named_by")); json_item_next(&w, &namer);)
        namers = arena_printf(a, "%s%s%.*s('%.*s')", namers, namers[0] == 0 ? "" : ", ",
                              BYTES_ARG(text_of(namer, "kind")), BYTES_ARG(text_of(namer, "name")));
    fprintf(out, "%.*s  %.*s\n", BYTES_ARG(text_of(root, "name")), BYTES_ARG(label_of(root)));
    show_line("expression  ", "表达式  ", content_text(root, a), out);
    show_line("values      ", "取值    ", values_text(root, a), out);
    show_line("group       ", "互斥组  ", text_of(root, "group"), out);
    show_line("category    ", "目录    ", text_of(root, "category"), out);
    show_line("last day    ", "最后一天", text_of(root, "until"), out);
    show_line("people      ", "人数    ", size_of(root, a), out);
    show_line("state       ", "状态    ", state_words(root, a), out);
    show_line("revision    ", "修订    ", json_raw(member(root, "revision")), out);
    show_line("saved       ", "保存于  ", short_time(member(root, "saved"), a), out);
    show_line("owner       ", "负责人  ", text_of(root, "owner"), out);
    show_line("description ", "备注    ", text_of(root, "description"), out);
    show_line("brand       ", "品牌    ", text_of(root, "brand"), out);
    struct json warning;
    for (struct json_walk w = json_items(member(root, "warnings")); json_item_next(&w, &warning);)
        show_line("warning     ", "注意    ", text_of(warning, either("en", "zh")), out);
    show_line("named by    ", "被引用  ", bytes_of_text(namers), out);
}

static int show(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    (void)argument_next(a); /* "show" */
    const char *name = argument_next(a);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    path_named(d, words, name);
    return errand_run(d, "GET", show_one);
}

/* --- people, of --- */

static void show_people(struct json root, struct arena *a, FILE *out)
{
    if (json_count(member(root, "people")) == 0)
        fprintf(out, "%s\n", either("Nobody.", "没有人。"));
    else
        show_briefs(member(root, "people"), a, out);
    show_next(root, "after", out);
}

static int people(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    const char *limit = argument_option(a, "limit"), *after = argument_option(a, "after"),
               *value = words == &of_tags ? argument_option(a, "value") : NULL;
    (void)argument_next(a); /* "people" */
    const char *name = argument_next(a);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    path_named(d, words, name);
    errand_path_text(d, "/people");
    errand_path_value(d, "value", value);
    errand_path_value(d, "limit", limit);
    errand_path_value(d, "after", after);
    return errand_run(d, "GET", show_people);
}

static void show_standings(struct json items, struct arena *a, FILE *out)
{
    struct json item;
    struct grid g;
    grid_init(&g, a, 5);
    g.indent = "  ";
    for (struct json_walk w = json_items(items); json_item_next(&w, &item);) {
        struct json value = member(item, "value");
        struct bytes turn = short_time(member(item, "turn"), a), since = short_time(member(item, "since"), a);
        const char *until = turn.size == 0
                                ? ""
                                : arena_printf(a, either("at least until %.*s", "至少到 %.*s"), BYTES_ARG(turn));
        grid_add(&g, (const struct bytes[]){text_of(item, "name"), label_of(item),
                                            json_is(value, JSON_STRING) ? json_string(value) : json_raw(value), since,
                                            bytes_of_text(until)});
    }
    grid_print(&g, out);
}

static void show_of(struct json root, struct arena *a, FILE *out)
{
    if (json_is(member(root, "pending"), JSON_TRUE))
        fprintf(out, "%s\n", either("(their events are being read again)", "(正在重新读取其事件)"));
    fprintf(out, "%s\n", either("Segments", "人群"));
    show_standings(member(root, "segments"), a, out);
    fprintf(out, "%s\n", either("Tags", "标签"));
    show_standings(member(root, "tags"), a, out);
}

/* Of a person both are told, whichever verb asks. */
static int of_person(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    (void)words;
    (void)argument_next(a); /* "of" */
    const char *who = argument_next(a);
    if (!errand_ready(d, who != NULL))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/people/");
    url_push(&d->path, bytes_of_text(who));
    errand_path_text(d, "/segments");
    return errand_run(d, "GET", show_of);
}

/* --- explain --- */

static int explain(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    return explain_run(d, a, words->path);
}

/* --- what people decide (verbs/listings.c) --- */

static int put_on(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    return listing_put(d, a, words == &of_tags ? "tag" : "segment", false);
}

static int take_off(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    return listing_put(d, a, words == &of_tags ? "tag" : "segment", true);
}

static int acts(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    (void)words;
    return listing_acts(d, a);
}

static int put_file(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    (void)words;
    return listing_put_file(d, a);
}

static int import(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    return listing_import(d, a, words == &of_tags ? "tag" : "segment");
}

static int freeze(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    return listing_freeze(d, a, words->path);
}

static int at(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    return then_run(d, a, words->path);
}

/* --- end --- */

static int end(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    (void)argument_next(a); /* "end" */
    const char *name = argument_next(a);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    path_named(d, words, name);
    return errand_run(d, "DELETE", show_done);
}

/* A change that hasn't taken over yet. */
static int cancel(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    (void)argument_next(a); /* "cancel" */
    const char *name = argument_next(a);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    path_named(d, words, name);
    errand_path_text(d, "/change");
    return errand_run(d, "DELETE", show_done);
}

/* --- looked at as a whole (verbs/audience_look.c) --- */

static int reach(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    return look_reach(d, a, words->path);
}

static int portrait(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    return look_portrait(d, a, words->path);
}

static int growth(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    return look_growth(d, a, words->path);
}

static int health(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    return look_health(d, a, words == &of_tags ? "tag" : "segment");
}

static int overlap(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    return look_overlap(d, a, words == &of_tags ? "tag" : "segment");
}

/* --- the words --- */

#define DEFINE_WORD(word)                                            \
    static int segment_##word(struct errand *d, struct arguments *a) \
    {                                                                \
        return word(d, a, &of_segments);                             \
    }                                                                \
    static int tag_##word(struct errand *d, struct arguments *a)     \
    {                                                                \
        return word(d, a, &of_tags);                                 \
    }
DEFINE_WORD(save)
DEFINE_WORD(list)
DEFINE_WORD(show)
DEFINE_WORD(people)
DEFINE_WORD(of_person)
DEFINE_WORD(explain)
DEFINE_WORD(at)
DEFINE_WORD(put_on)
DEFINE_WORD(take_off)
DEFINE_WORD(acts)
DEFINE_WORD(put_file)
DEFINE_WORD(import)
DEFINE_WORD(freeze)
DEFINE_WORD(end)
DEFINE_WORD(cancel)
DEFINE_WORD(reach)
DEFINE_WORD(portrait)
DEFINE_WORD(growth)
DEFINE_WORD(health)
DEFINE_WORD(overlap)

int verb_segment(struct arguments *a)
{
    static const struct errand_word rows[] = {{"add", segment_put_on},
                                              {"remove", segment_take_off},
                                              {"acts", segment_acts},
                                              {"put", segment_put_file},
                                              {"import", segment_import},
                                              {"freeze", segment_freeze},
                                              {"save", segment_save},    {"list", segment_list},
                                              {"show", segment_show},    {"people", segment_people},
                                              {"of", segment_of_person}, {"explain", segment_explain}, {"at", segment_at},
                                              {"end", segment_end},
                                              {"cancel", segment_cancel},
                                              {"reach", segment_reach},
                                              {"portrait", segment_portrait},
                                              {"growth", segment_growth},
                                              {"health", segment_health},
                                              {"overlap", segment_overlap}};
    return errand_run_word(a, rows, COUNT_OF(rows));
}

int verb_tag(struct arguments *a)
{
    static const struct errand_word rows[] = {{"set", tag_put_on},
                                              {"unset", tag_take_off},
                                              {"acts", tag_acts},
                                              {"put", tag_put_file},
                                              {"import", tag_import},
                                              {"freeze", tag_freeze},
                                              {"save", tag_save},     {"list", tag_list},    {"show", tag_show},
                                              {"people", tag_people}, {"of", tag_of_person}, {"explain", tag_explain}, {"at", tag_at},
                                              {"end", tag_end},
                                              {"cancel", tag_cancel},
                                              {"reach", tag_reach},
                                              {"portrait", tag_portrait},
                                              {"growth", tag_growth},
                                              {"health", tag_health},
                                              {"overlap", tag_overlap},
                                              {"library", library_run}};
    return errand_run_word(a, rows, COUNT_OF(rows));
}
