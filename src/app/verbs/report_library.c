#include "app/verbs/report_library.h"

#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/arguments.h"
#include "app/words.h"
#include "lib/nearest.h"

#define READY_MAX 100u /* ready reports that a daemon may have */

/* A ready report as the daemon tells it; all in the errand's arena. */
struct ready {
    const char *name;
    struct bytes label, about, kind, question;
    const char *lack; /* in words; NULL: nothing is missing */
    bool is_kept, is_wanted;
};
struct shelf {
    struct errand *errand;
    struct ready list[READY_MAX];
    size_t count;
};

/* --- what there is --- */

/* "事件 发送消息 / 发送短信" */
static const char *need_text(struct json need, struct arena *a)
{
    static const struct {
        const char *of, *en, *zh;
    } words[] = {{"event", "event", "事件"}, {"segment", "segment", "人群"}, {"trait", "trait", "特质"}};
    struct bytes of = text_of(need, "of");
    const char *text = "";
    struct json one;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (bytes_equal(of, bytes_of_text(words[i].of)))
            text = either(words[i].en, words[i].zh);
    const char *before = " ";
    for (struct json_walk w = json_items(member(need, "either")); json_item_next(&w, &one); before = " / ") {
        struct bytes name = text_of(one, "name"), label = text_of(one, speaks_chinese() ? "label_zh" : "label");
        struct bytes shown = label.size > 0 ? label : name;
        text = arena_printf(a, "%s%s%.*s", text, before, BYTES_ARG(shown));
    }
    return text;
}

static const char *lack_text(struct json missing, struct arena *a)
{
    const char *text = NULL;
    struct json need;
    for (struct json_walk w = json_items(missing); json_item_next(&w, &need);)
        text = text == NULL ? need_text(need, a)
                            : arena_printf(a, "%s%s%s", text, either("; ", ";"), need_text(need, a));
    return text;
}

/* The next answer stands where this one does, so what is kept of it is copied. */
static int shelf_take(struct shelf *s)
{
    struct errand *d = s->errand;
    struct json item;
    bool is_chinese = speaks_chinese();
    errand_path_text(d, "/api/v1/reports/library");
    int code = errand_send(d, "GET");
    for (struct json_walk w = json_items(member(d->root, "reports")); code == EXIT_DONE && json_item_next(&w, &item);) {
        if (s->count == READY_MAX)
            break;
        s->list[s->count++] = (struct ready){
            .name = arena_text(d->arena, text_of(item, "name")),
            .label = arena_copy(d->arena, text_of(item, is_chinese ? "label_zh" : "label")),
            .about = arena_copy(d->arena, text_of(item, is_chinese ? "about_zh" : "about")),
            .kind = arena_copy(d->arena, text_of(item, "kind")),
            .question = arena_copy(d->arena, json_raw(member(item, is_chinese ? "question_zh" : "question"))),
            .lack = lack_text(member(item, "missing"), d->arena),
            .is_kept = json_is(member(item, "is_kept"), JSON_TRUE),
        };
    }
    return code;
}

/* All words that are left, to be looked up once it is known what there is. */
struct names {
    const char *list[READY_MAX];
    size_t count;
};

static struct names names_read(struct arguments *a)
{
    struct names n = {0};
    for (const char *word; n.count < READY_MAX && (word = argument_next(a)) != NULL;)
        n.list[n.count++] = word;
    return n;
}

/* An exit code. */
static int names_want(struct shelf *s, const struct names *n)
{
    for (size_t k = 0; k < n->count; k++) {
        struct ready *found = NULL;
        for (size_t i = 0; i < s->count; i++)
            if (strcmp(s->list[i].name, n->list[k]) == 0)
                found = &s->list[i];
        if (found == NULL) {
            fprintf(stderr,
                    either("kith: there is no ready report \"%s\"; did you mean \"%s\"?\n",
                           "kith:没有现成报表“%s”;是不是“%s”?\n"),
                    n->list[k], nearest_name(bytes_of_text(n->list[k]), s->list, s->count, sizeof *s->list));
            return EXIT_REFUSED;
        }
        found->is_wanted = true;
    }
    return EXIT_DONE;
}

/* --- list, show --- */

static const char *state_text(const struct shelf *s, const struct ready *r)
{
    if (r->is_kept)
        return either("kept", "已保存");
    return r->lack == NULL ? either("ready", "可添加")
                           : arena_printf(s->errand->arena, either("missing: %s", "缺少:%s"), r->lack);
}

static int shelf_list(struct shelf *s, struct arguments *a)
{
    struct errand *d = s->errand;
    struct grid g;
    if (!errand_ready(d, argument_next(a) == NULL))
        return EXIT_USAGE;
    int code = shelf_take(s);
    if (code != EXIT_DONE)
        return code;
    if (d->json) {
        printf("%.*s\n", BYTES_ARG(d->reply.body));
        return EXIT_DONE;
    }
    grid_init(&g, d->arena, 4);
    g.headed = true;
    grid_add_texts(&g, speaks_chinese() ? (const char *const[]){"名称", "说明", "问题", "状态"}
                                        : (const char *const[]){"name", "label", "question", "state"});
    for (size_t i = 0; i < s->count; i++)
        grid_add(&g, (const struct bytes[]){bytes_of_text(s->list[i].name), s->list[i].label, s->list[i].kind,
                                            bytes_of_text(state_text(s, &s->list[i]))});
    grid_print(&g, stdout);
    return EXIT_DONE;
}

static int shelf_show(struct shelf *s, struct arguments *a)
{
    const struct names names = names_read(a);
    if (!errand_ready(s->errand, names.count > 0))
        return EXIT_USAGE;
    int code = shelf_take(s);
    if (code == EXIT_DONE)
        code = names_want(s, &names);
    for (size_t i = 0; i < s->count && code == EXIT_DONE; i++) {
        const struct ready *r = &s->list[i];
        if (r->is_wanted)
            printf("%s  %.*s\n  %.*s\n  %.*s %.*s\n  %s\n", r->name, BYTES_ARG(r->label), BYTES_ARG(r->about),
                   BYTES_ARG(r->kind), BYTES_ARG(r->question), state_text(s, r));
    }
    return code;
}

/* --- add --- */

static int ready_keep(struct shelf *s, const struct ready *r)
{
    struct errand *d = s->errand;
    buf_clear(&d->path);
    buf_clear(&d->body);
    json_writer_init(&d->writer, &d->body, false);
    json_object_begin(&d->writer);
    errand_put_text(d, "name", r->name);
    json_key(&d->writer, "label");
    json_put_string(&d->writer, r->label);
    json_key(&d->writer, "kind");
    json_put_string(&d->writer, r->kind);
    json_key(&d->writer, "question");
    json_put_raw(&d->writer, r->question);
    json_object_end(&d->writer);
    errand_path_text(d, "/api/v1/reports");
    int code = errand_send(d, "PUT");
    if (code == EXIT_DONE)
        printf(either("Kept: %s (%.*s)\n", "已保存:%s(%.*s)\n"), r->name, BYTES_ARG(r->label));
    return code;
}

/* What was asked for by name and can't be: said of each. */
static bool wanted_can_be(const struct shelf *s)
{
    bool can = true;
    for (size_t i = 0; i < s->count; i++) {
        const struct ready *r = &s->list[i];
        if (!r->is_wanted || r->lack == NULL)
            continue;
        can = false;
        fprintf(stderr, either("kith: %s: missing: %s\n", "kith:%s:缺少:%s\n"), r->name, r->lack);
    }
    return can;
}

/* Of all those that nothing is missing for, what is kept stays as it is: somebody may have changed it. */
static void want_ready(struct shelf *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct ready *r = &s->list[i];
        r->is_wanted = r->lack == NULL && !r->is_kept;
        if (r->lack != NULL && !r->is_kept)
            printf(either("Left out: %s (missing: %s)\n", "未保存:%s(缺少:%s)\n"), r->name, r->lack);
    }
}

static int shelf_add(struct shelf *s, struct arguments *a)
{
    bool wants_all = argument_flag(a, "all");
    const struct names names = names_read(a);
    if (!errand_ready(s->errand, wants_all != (names.count > 0)))
        return EXIT_USAGE;
    int code = shelf_take(s);
    if (code == EXIT_DONE)
        code = names_want(s, &names);
    if (code != EXIT_DONE)
        return code;
    if (wants_all)
        want_ready(s);
    else if (!wanted_can_be(s))
        return EXIT_REFUSED;
    for (size_t i = 0; i < s->count && code == EXIT_DONE; i++)
        if (s->list[i].is_wanted)
            code = ready_keep(s, &s->list[i]);
    return code;
}

int report_library(struct errand *d, struct arguments *a)
{
    static const struct {
        const char *word;
        int (*run)(struct shelf *s, struct arguments *a);
    } rows[] = {{"list", shelf_list}, {"show", shelf_show}, {"add", shelf_add}};
    struct shelf *s = ARENA_NEW(d->arena, struct shelf);
    s->errand = d;
    (void)argument_next(a); /* "library" */
    const char *word = errand_word_peek(a);
    for (size_t i = 0; i < COUNT_OF(rows) && word != NULL; i++)
        if (strcmp(word, rows[i].word) == 0) {
            (void)argument_next(a);
            return rows[i].run(s, a);
        }
    return shelf_list(s, a);
}
