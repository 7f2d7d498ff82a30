/* Verbs about tags and segments: save, list, show, people, of, end. */
#include <string.h>

#include "app/app.h"
#include "app/arguments.h"
#include "app/verbs/errand.h"
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

static int save(struct errand *d, struct arguments *a, const struct audience_words *words)
{
    static const struct {
        const char *option, *member;
    } said[] = {{"label-zh", "label_zh"},
                {"label-en", "label_en"},
                {"owner", "owner"},
                {"description", "description"},
                {"brand", "brand"}};
    json_object_begin(&d->writer);
    for (size_t i = 0; i < COUNT_OF(said); i++)
        errand_put_text(d, said[i].member, argument_option(a, said[i].option));
    (void)argument_next(a); /* "save" */
    const char *name = argument_next(a), *text = argument_next(a);
    errand_put_text(d, "name", name);
    errand_put_text(d, "text", text);
    json_object_end(&d->writer);
    if (!errand_ready(d, text != NULL))
        return EXIT_USAGE;
    errand_path_text(d, words->path);
    return errand_run(d, "PUT", show_done);
}

/* --- list, show --- */

static void show_all(struct json list, struct arena *a, FILE *out)
{
    struct json item;
    struct grid g;
    grid_init(&g, a, 6);
    g.headed = g.right[2] = true;
    grid_add_texts(&g, speaks_chinese()
                           ? (const char *const[]){"名称", "说明", "人数", "状态", "负责人", "表达式"}
                           : (const char *const[]){"name", "label", "people", "state", "owner", "expression"});
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);)
        grid_add(&g, (const struct bytes[]){text_of(item, "name"), label_of(item), size_of(item, a), state_word(item),
                                            text_of(item, "owner"), text_of(item, "text")});
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
    (void)argument_next(a); /* "list" */
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    errand_path_text(d, words->path);
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
    show_line("expression  ", "表达式  ", text_of(root, "text"), out);
    show_line("people      ", "人数    ", size_of(root, a), out);
    show_line("state       ", "状态    ", state_word(root), out);
    show_line("revision    ", "修订    ", json_raw(member(root, "revision")), out);
    show_line("saved       ", "保存于  ", short_time(member(root, "saved"), a), out);
    show_line("owner       ", "负责人  ", text_of(root, "owner"), out);
    show_line("description ", "备注    ", text_of(root, "description"), out);
    show_line("brand       ", "品牌    ", text_of(root, "brand"), out);
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
DEFINE_WORD(end)

int verb_segment(struct arguments *a)
{
    static const struct errand_word rows[] = {{"save", segment_save},    {"list", segment_list},
                                              {"show", segment_show},    {"people", segment_people},
                                              {"of", segment_of_person}, {"end", segment_end}};
    return errand_run_word(a, rows, COUNT_OF(rows));
}

int verb_tag(struct arguments *a)
{
    static const struct errand_word rows[] = {{"save", tag_save},     {"list", tag_list},    {"show", tag_show},
                                              {"people", tag_people}, {"of", tag_of_person}, {"end", tag_end}};
    return errand_run_word(a, rows, COUNT_OF(rows));
}
