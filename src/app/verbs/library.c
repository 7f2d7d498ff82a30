/* kith tag library. */
#include "app/verbs/library.h"

#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/apply/apply.h"
#include "app/apply/library.h"
#include "app/arguments.h"
#include "app/verbs/apply.h"
#include "app/verbs/library_own.h"
#include "app/words.h"
#include "lib/nearest.h"

#define PAGES_MAX 100000u
#define CHOICES_MAX 64u /* that are said */
#define FILE_NAME "library"

/* What is known of a ready tag in this workspace. */
struct readiness {
    bool is_installed, is_wanted;
    const char *lack; /* in words; NULL: nothing is missing */
};

struct library {
    struct errand *errand;
    const struct library_tag *tags;
    size_t count;
    struct readiness *readiness; /* by tag */
    struct library_choice list[CHOICES_MAX + LIBRARY_OWN_MAX];
    struct library_choices choices;
    struct bytes *sent; /* names of events that came; "order" when there are orders */
    size_t sent_count;
};

static struct readiness *readiness_of(const struct library *l, const struct library_tag *tag)
{
    return &l->readiness[tag - l->tags];
}

static struct bytes words_of(const struct library_words *words)
{
    return bytes_of_text(either(words->en, words->zh));
}

/* --- what the workspace has --- */

static void sent_add(struct library *l, struct bytes name)
{
    l->sent[l->sent_count++] = arena_copy(l->errand->arena, name);
}

/* A page's events; an alias counts for what it stands for. */
static void events_hear(struct library *l, struct json names)
{
    struct json item;
    struct bytes *more = ARENA_ARRAY(l->errand->arena, struct bytes, l->sent_count + 2 * json_count(names) + 1);
    if (l->sent_count > 0)
        memcpy(more, l->sent, l->sent_count * sizeof *more);
    l->sent = more;
    for (struct json_walk w = json_items(names); json_item_next(&w, &item);) {
        if (number_in(item, "count") == 0)
            continue;
        sent_add(l, text_of(item, "name"));
        sent_add(l, text_of(item, "alias_of"));
    }
}

static int events_ask(struct library *l)
{
    const char *next = NULL;
    for (uint32_t page = 0; page < PAGES_MAX; page++) {
        buf_clear(&l->errand->path);
        errand_path_text(l->errand, "/api/v1/names?kind=event");
        errand_path_value(l->errand, "after", next);
        int code = errand_send(l->errand, "GET");
        if (code != EXIT_DONE)
            return code;
        events_hear(l, member(l->errand->root, "names"));
        struct json after = member(l->errand->root, "next");
        if (json_is(after, JSON_NULL) || json_is(after, JSON_ABSENT))
            return EXIT_DONE;
        next = arena_text(l->errand->arena, json_raw(after));
    }
    return EXIT_DONE;
}

static int orders_ask(struct library *l)
{
    buf_clear(&l->errand->path);
    errand_path_text(l->errand, "/api/v1/stats");
    int code = errand_send(l->errand, "GET");
    if (code == EXIT_DONE && number_in(member(l->errand->root, "rows"), "order") > 0)
        sent_add(l, BYTES_LIT("order")); /* events_hear leaves room for one */
    return code;
}

static int installed_ask(struct library *l)
{
    struct json item;
    buf_clear(&l->errand->path);
    errand_path_text(l->errand, "/api/v1/tags");
    int code = errand_send(l->errand, "GET");
    for (struct json_walk w = json_items(member(l->errand->root, "tags"));
         code == EXIT_DONE && json_item_next(&w, &item);) {
        const struct library_tag *tag = library_tag_named(text_of(item, "name"));
        if (tag != NULL)
            readiness_of(l, tag)->is_installed = true;
    }
    return code;
}

/* --- what is missing --- */

static bool is_sent(const struct library *l, struct bytes name)
{
    for (size_t i = 0; i < l->sent_count; i++)
        if (bytes_equal(l->sent[i], name))
            return true;
    return false;
}

static const char *sources_lacking(const struct library *l, const struct library_sources *sources)
{
    const char *lack = NULL;
    for (size_t i = 0; i < sources->count; i++) {
        struct bytes name = sources->names[i], called = word_of(name);
        if (!is_sent(l, name))
            lack = arena_printf(l->errand->arena, "%s%s%.*s", lack == NULL ? "" : lack, lack == NULL ? "" : ", ",
                                BYTES_ARG(called));
    }
    return lack;
}

/* The daemon's own word on names that the expression asks for: traits, properties. It is no trouble, so it isn't said as such. */
static int text_check(struct library *l, const char *name, const char *text, const char **out_lack)
{
    struct errand *d = l->errand;
    struct err e = {0};
    struct client_call call = {.method = "POST", .path = "/api/v1/tags/check"};
    buf_clear(&d->body);
    json_writer_init(&d->writer, &d->body, false);
    json_object_begin(&d->writer);
    errand_put_text(d, "name", name);
    errand_put_text(d, "text", text);
    json_object_end(&d->writer);
    call.body = buf_bytes(&d->body);
    struct status status = client_send(d->client, &call, &d->reply, &e);
    if (done(status))
        status = json_parse(d->parser, d->reply.body, &d->root, &e);
    if (failed(status))
        return say_failure(status, &e);
    if (d->reply.status == 400)
        *out_lack = arena_text(d->arena, text_of(d->root, "detail"));
    else if (d->reply.status >= 300)
        return show_problem(&d->reply, d->root);
    buf_clear(&d->body);
    return EXIT_DONE;
}

static int text_look(struct library *l, const struct library_tag *tag)
{
    struct library_sources sources;
    const char *text = library_fill(tag->text, l->choices, l->errand->arena);
    struct readiness *r = readiness_of(l, tag);
    library_sources_read(text, l->errand->arena, &sources);
    r->lack = sources_lacking(l, &sources);
    return r->lack == NULL ? text_check(l, tag->name, text, &r->lack) : EXIT_DONE;
}

/* A group lacks what its tags lack: they stand before it. */
static void group_look(struct library *l, const struct library_tag *group)
{
    for (const char *const *name = group->tags; *name != NULL; name++) {
        const char *lack = readiness_of(l, library_tag_named(bytes_of_text(*name)))->lack;
        if (lack != NULL)
            readiness_of(l, group)->lack = lack;
    }
}

static int workspace_look(struct library *l)
{
    int code = events_ask(l);
    if (code == EXIT_DONE)
        code = orders_ask(l);
    if (code == EXIT_DONE)
        code = installed_ask(l);
    for (size_t i = 0; i < l->count && code == EXIT_DONE; i++) {
        if (l->tags[i].text == NULL)
            group_look(l, &l->tags[i]);
        else
            code = text_look(l, &l->tags[i]);
    }
    return code;
}

/* --- the command line --- */

static void want(struct library *l, const struct library_tag *tag)
{
    readiness_of(l, tag)->is_wanted = true;
    for (const char *const *name = tag->tags; name != NULL && *name != NULL; name++)
        want(l, library_tag_named(bytes_of_text(*name)));
}

static fallible word_read(struct library *l, const char *word, struct err *e)
{
    const char *equals = strchr(word, '=');
    struct bytes name = bytes_of_text(word);
    if (equals != NULL && l->choices.count == CHOICES_MAX)
        return FAIL(e, LIMIT, either("at most %u parameters", "至多 %u 个参数"), CHOICES_MAX);
    if (equals != NULL) {
        l->list[l->choices.count++] = (struct library_choice){.name = bytes_of(word, (size_t)(equals - word)),
                                                              .value = bytes_of_text(equals + 1)};
        return DONE;
    }
    const struct library_tag *tag = library_tag_named(name);
    if (tag == NULL)
        return FAIL(e, NOT_FOUND,
                    either("there is no ready tag \"%s\"; did you mean \"%s\"?", "没有现成标签“%s”;是不是“%s”?"), word,
                    nearest_name(name, l->tags, l->count, sizeof *l->tags));
    want(l, tag);
    return DONE;
}

/* All words that are left. EXIT_DONE: understood. */
static int words_read(struct library *l, struct arguments *a)
{
    struct err e = {0};
    struct status status = DONE;
    l->choices.list = l->list;
    for (const char *word; done(status) && (word = argument_next(a)) != NULL;)
        status = word_read(l, word, &e);
    if (done(status))
        status = library_choices_check(l->choices, &e);
    if (done(status))
        return EXIT_DONE;
    (void)say_failure(status, &e);
    return EXIT_USAGE;
}

static size_t wanted_count(const struct library *l)
{
    size_t count = 0;
    for (size_t i = 0; i < l->count; i++)
        count += l->readiness[i].is_wanted;
    return count;
}

static const struct library_tag **wanted_list(const struct library *l)
{
    const struct library_tag **list = ARENA_ARRAY(l->errand->arena, const struct library_tag *, wanted_count(l) + 1);
    for (size_t i = 0, count = 0; i < l->count; i++)
        if (l->readiness[i].is_wanted)
            list[count++] = &l->tags[i];
    return list;
}

/* The file of definitions of what is wanted; in the arena. */
static struct bytes wanted_text(const struct library *l, bool is_pretty)
{
    struct buf out;
    struct json_writer w;
    buf_init(&out, DEFINITION_FILE_BYTES_MAX);
    json_writer_init(&w, &out, is_pretty);
    library_write(wanted_list(l), wanted_count(l), l->choices, l->errand->arena, &w);
    struct bytes text = arena_copy(l->errand->arena, buf_bytes(&out));
    buf_fini(&out);
    return text;
}

static void library_begin(struct library *l, struct errand *d)
{
    *l = (struct library){.errand = d};
    l->tags = library_tags(&l->count);
    l->readiness = ARENA_ARRAY(d->arena, struct readiness, l->count);
}

/* --- list --- */

static const char *state_text(const struct library *l, const struct readiness *r)
{
    if (r->is_installed)
        return either("installed", "已安装");
    return r->lack == NULL ? either("ready", "可安装")
                           : arena_printf(l->errand->arena, either("missing: %s", "缺少:%s"), r->lack);
}

static void list_show(const struct library *l)
{
    struct grid g;
    grid_init(&g, l->errand->arena, 4);
    g.headed = true;
    grid_add_texts(&g, speaks_chinese() ? (const char *const[]){"目录", "名称", "说明", "状态"}
                                        : (const char *const[]){"category", "name", "label", "state"});
    for (size_t i = 0; i < l->count; i++)
        grid_add(&g,
                 (const struct bytes[]){words_of(l->tags[i].category), bytes_of_text(l->tags[i].name),
                                        words_of(&l->tags[i].label), bytes_of_text(state_text(l, &l->readiness[i]))});
    grid_print(&g, stdout);
}

static void member_put(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    if (text == NULL)
        json_put_null(w);
    else
        json_put_text(w, text);
}

static void list_print(const struct library *l)
{
    struct buf out;
    struct json_writer w;
    buf_init(&out, DEFINITION_FILE_BYTES_MAX);
    json_writer_init(&w, &out, false);
    json_object_begin(&w);
    json_key(&w, "tags");
    json_array_begin(&w);
    for (size_t i = 0; i < l->count; i++) {
        const struct library_tag *tag = &l->tags[i];
        json_object_begin(&w);
        member_put(&w, "name", tag->name);
        member_put(&w, "label_zh", tag->label.zh);
        member_put(&w, "label_en", tag->label.en);
        member_put(&w, "category", either(tag->category->en, tag->category->zh));
        member_put(&w, "text", tag->text == NULL ? NULL : library_fill(tag->text, l->choices, l->errand->arena));
        member_put(&w, "missing", l->readiness[i].lack);
        json_key(&w, "installed");
        json_put_bool(&w, l->readiness[i].is_installed);
        json_object_end(&w);
    }
    json_array_end(&w);
    json_object_end(&w);
    printf("%.*s\n", BYTES_ARG(buf_bytes(&out)));
    buf_fini(&out);
}

static int list(struct library *l, struct arguments *a)
{
    int code = words_read(l, a);
    if (code != EXIT_DONE || !errand_ready(l->errand, wanted_count(l) == 0))
        return EXIT_USAGE;
    code = workspace_look(l);
    if (code != EXIT_DONE)
        return code;
    if (l->errand->json)
        list_print(l);
    else
        list_show(l);
    return EXIT_DONE;
}

/* --- show: of each its words, its text, and the parameters --- */

static void parameters_show(const struct library *l, const struct library_tag *tag)
{
    size_t count;
    const struct library_parameter *all = library_parameters(&count);
    struct grid g;
    grid_init(&g, l->errand->arena, 3);
    g.indent = "    ";
    for (size_t i = 0; i < count; i++)
        if (library_tag_reads(tag, &all[i]))
            grid_add(&g, (const struct bytes[]){bytes_of_text(all[i].name), library_value(&all[i], l->choices),
                                                words_of(&all[i].about)});
    grid_print(&g, stdout);
}

static void tag_show(const struct library *l, const struct library_tag *tag)
{
    printf("%s  %s\n  %s\n", tag->name, either(tag->label.en, tag->label.zh),
           library_fill(either(tag->description.en, tag->description.zh), l->choices, l->errand->arena));
    printf("  %s%s\n", either("owner: ", "负责人:"), either(tag->owner->en, tag->owner->zh));
    if (tag->text == NULL) {
        printf("  %s", either("a group of which one has at most one, in this order:", "互斥组,依次为:"));
        for (const char *const *name = tag->tags; *name != NULL; name++)
            printf(" %s", *name);
        printf("\n");
        return;
    }
    printf("  %s\n", library_fill(tag->text, l->choices, l->errand->arena));
    parameters_show(l, tag);
}

static int show(struct library *l, struct arguments *a)
{
    int code = words_read(l, a);
    if (code != EXIT_DONE || !errand_ready(l->errand, wanted_count(l) > 0))
        return EXIT_USAGE;
    for (size_t i = 0; i < l->count; i++)
        if (l->readiness[i].is_wanted)
            tag_show(l, &l->tags[i]);
    return EXIT_DONE;
}

/* --- print, install --- */

/* Thresholds out of the workspace's data, where they are asked for. */
static int own_take(struct library *l, bool is_asked, bool wants_all)
{
    size_t count;
    bool suits = wants_all;
    if (!is_asked)
        return EXIT_DONE;
    for (size_t i = 0; i < l->count; i++)
        suits |= l->readiness[i].is_wanted && library_own_suits(&l->tags[i]);
    if (!suits) {
        fprintf(stderr, "%s\n",
                either("kith: none of these tags has thresholds that are taken out of data",
                       "kith:这些标签都没有可取自数据的门槛"));
        return EXIT_USAGE;
    }
    int code = library_own_take(l->errand, l->choices, l->list + l->choices.count, &count);
    l->choices.count += count;
    return code;
}

static int print(struct library *l, struct arguments *a)
{
    bool wants_all = argument_flag(a, "all"), wants_own = argument_flag(a, "from-own-data");
    int code = words_read(l, a);
    if (code != EXIT_DONE || !errand_ready(l->errand, wants_all != (wanted_count(l) > 0)))
        return EXIT_USAGE;
    code = own_take(l, wants_own, wants_all);
    if (code != EXIT_DONE)
        return code;
    for (size_t i = 0; i < l->count; i++)
        l->readiness[i].is_wanted |= wants_all;
    struct bytes text = wanted_text(l, true);
    printf("%.*s\n", BYTES_ARG(text));
    return EXIT_DONE;
}

/* All that nothing is missing for; what is installed stays as it is, whatever thresholds it was given. */
static void want_ready(struct library *l)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct readiness *r = &l->readiness[i];
        l->readiness[i].is_wanted = r->lack == NULL && !r->is_installed;
    }
}

/* What was asked for by name and can't be: said of each. */
static bool wanted_can_be(const struct library *l)
{
    bool can = true;
    for (size_t i = 0; i < l->count; i++) {
        const struct readiness *r = &l->readiness[i];
        if (!r->is_wanted || r->lack == NULL || l->tags[i].text == NULL)
            continue;
        can = false;
        fprintf(stderr, either("kith: %s: missing: %s\n", "kith:%s:缺少:%s\n"), l->tags[i].name, r->lack);
    }
    return can;
}

static void left_out_show(const struct library *l)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->readiness[i].lack != NULL && !l->readiness[i].is_installed)
            printf(either("Left out: %s (missing: %s)\n", "未安装:%s(缺少:%s)\n"), l->tags[i].name,
                   l->readiness[i].lack);
}

static int install(struct library *l, struct arguments *a)
{
    bool wants_all = argument_flag(a, "all"), is_dry = argument_flag(a, "dry-run"), is_sure = argument_flag(a, "yes");
    bool wants_own = argument_flag(a, "from-own-data");
    int code = words_read(l, a);
    if (code != EXIT_DONE || !errand_ready(l->errand, wants_all != (wanted_count(l) > 0)))
        return EXIT_USAGE;
    code = own_take(l, wants_own, wants_all);
    if (code == EXIT_DONE)
        code = workspace_look(l);
    if (code != EXIT_DONE)
        return code;
    if (wants_all)
        want_ready(l);
    else if (!wanted_can_be(l))
        return EXIT_REFUSED;
    code = apply_text(l->errand, FILE_NAME, wanted_text(l, false), is_dry, is_sure);
    if (code == EXIT_DONE && wants_all && !l->errand->json)
        left_out_show(l);
    return code;
}

int library_run(struct errand *d, struct arguments *a)
{
    static const struct {
        const char *word;
        int (*run)(struct library *l, struct arguments *a);
    } rows[] = {{"list", list}, {"show", show}, {"print", print}, {"install", install}};
    struct library l;
    library_begin(&l, d);
    (void)argument_next(a); /* "library" */
    const char *word = errand_word_peek(a);
    for (size_t i = 0; i < COUNT_OF(rows) && word != NULL; i++)
        if (strcmp(word, rows[i].word) == 0) {
            (void)argument_next(a);
            return rows[i].run(&l, a);
        }
    return list(&l, a);
}
