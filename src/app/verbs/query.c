/* `kith query`: a question about events, and its answer as a table, as CSV or JSON, or as a picture; or the very people of a cell; or
 * what it says of people, written as their traits. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/arguments.h"
#include "app/verbs/answer.h"
#include "app/verbs/answer_ask.h"
#include "app/verbs/errand.h"
#include "app/verbs/query.h"
#include "app/verbs/report_library.h"

#define QUESTION_BYTES_MAX (4u << 20)
#define OUTPUT_BYTES_MAX (256u << 20)
#define PEOPLE_A_PAGE 100000u /* whose traits are written by one question */

/* A question as it is said: a file or a text, then words that say more. */
struct saying {
    struct errand *errand;
    const char *kind, *report, *file, *text, *steps, *cell, *limit, *after; /* `report`: its name; then the kind is its own */
    struct answer_presented presented;
    bool writes_traits;
};

/* --- the body --- */

static fallible file_take(const char *path, struct buf *out, struct err *e)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char piece[16384];
    if (file == NULL)
        return FAIL(e, NOT_FOUND, either("can't read %s: %s", "无法读取 %s:%s"), path, strerror(errno));
    for (size_t got; (got = fread(piece, 1, sizeof piece, file)) > 0;)
        buf_push(out, bytes_of(piece, got));
    bool is_good = ferror(file) == 0 && !out->overflowed;
    if (file != stdin)
        (void)fclose(file);
    return is_good ? DONE : FAIL(e, INVALID, either("%s can't be read, or is too long", "%s 无法读取或过长"), path);
}

/* Words that say it again stand in for what the file says. */
static bool is_said_again(const struct saying *s, struct bytes name)
{
    struct arguments copy = *s->errand->arguments;
    if (s->steps != NULL && bytes_equal(name, BYTES_LIT("steps")))
        return true;
    for (const char *word = argument_next(&copy); word != NULL; word = argument_next(&copy))
        if (bytes_starts_with(bytes_of_text(word), name) && word[name.size] == '=')
            return true;
    return false;
}

static fallible members_put(struct saying *s, struct bytes text, struct err *e)
{
    struct errand *d = s->errand;
    struct json root, value;
    struct bytes name;
    TRY(WRAP(e, json_parse(d->parser, text, &root, e), "%s", s->file != NULL ? s->file : "--ask"));
    if (!json_is(root, JSON_OBJECT))
        return FAIL(e, INVALID, "%s",
                    either("a question is a JSON object: {\"steps\": […]}", "问题应为 JSON 对象:{\"steps\": […]}"));
    for (struct json_walk w = json_members(root); json_member_next(&w, &name, &value);) {
        if (is_said_again(s, name))
            continue;
        json_key_bytes(&d->writer, name);
        json_put(&d->writer, value);
    }
    return DONE;
}

static fallible question_put(struct saying *s, struct err *e)
{
    struct errand *d = s->errand;
    struct buf text;
    struct status status = DONE;
    buf_init(&text, QUESTION_BYTES_MAX);
    json_object_begin(&d->writer);
    if (s->file != NULL)
        status = file_take(s->file, &text, e);
    else if (s->text != NULL)
        buf_push_text(&text, s->text);
    if (done(status) && text.size > 0)
        status = members_put(s, buf_bytes(&text), e);
    buf_fini(&text);
    TRY(status);
    errand_put_list(d, "steps", s->steps);
    if (!errand_put_members(d, d->arguments))
        return FAIL(e, INVALID, "%s", either("want NAME=VALUE, such as window=7d", "应为 名称=值,如 window=7d"));
    json_object_end(&d->writer);
    return DONE;
}

fallible question_body_put(struct errand *d, const char *file, const char *text, struct err *e)
{
    struct saying s = {.errand = d, .file = file, .text = text};
    return question_put(&s, e);
}

static fallible body_put(struct saying *s, struct err *e)
{
    struct errand *d = s->errand;
    uint64_t number;
    if (s->cell == NULL)
        return question_put(s, e);
    json_object_begin(&d->writer);
    json_key(&d->writer, "question");
    TRY(question_put(s, e));
    json_key(&d->writer, "cell");
    struct json cell;
    TRY(WRAP(e, json_parse(d->parser, bytes_of_text(s->cell), &cell, e), "--people"));
    json_put(&d->writer, cell);
    const char *const names[] = {"limit", "after"}, *const values[] = {s->limit, s->after};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (values[i] == NULL)
            continue;
        TRY(argument_number(d->arguments, names[i], &number, e));
        json_key(&d->writer, names[i]);
        json_put_uint64(&d->writer, number);
    }
    json_object_end(&d->writer);
    return DONE;
}

/* --- asking --- */

static int question_send(struct saying *s)
{
    struct errand *d = s->errand;
    errand_path_text(d, s->report != NULL ? "/api/v1/reports/" : "/api/v1/analytics/");
    url_push(&d->path, bytes_of_text(s->report != NULL ? s->report : s->kind));
    errand_path_text(d, s->report != NULL ? "/answer" : s->cell != NULL ? "/people" : s->writes_traits ? "/traits" : "");
    return answer_ask(d, "POST");
}

/* --- showing --- */

static void show_people(struct json root, struct arena *a, FILE *out)
{
    char total[GROUPED_BYTES];
    struct json person;
    struct grid g;
    fprintf(out, either("%s people in all.\n", "共 %s 人。\n"), grouped(number_in(root, "total"), total));
    if (json_count(member(root, "people")) == 0)
        return;
    grid_init(&g, a, 5);
    g.headed = g.right[3] = true;
    grid_add_texts(&g, speaks_chinese() ? (const char *const[]){"编号", "姓名", "手机", "事件", "最近一次"}
                                        : (const char *const[]){"id", "name", "phone", "events", "last seen"});
    for (struct json_walk w = json_items(member(root, "people")); json_item_next(&w, &person);)
        grid_add(&g,
                 (const struct bytes[]){text_of(person, "id"), answer_cell(CELL_KIND_TEXT, member(person, "name"), a),
                                        answer_cell(CELL_KIND_TEXT, member(person, "phone"), a),
                                        answer_cell(CELL_KIND_NUMBER, member(person, "events"), a),
                                        short_time(member(person, "last_seen"), a)});
    grid_print(&g, out);
    show_next(root, "after", out);
}

static void people_csv(struct json root, bool inert, struct buf *out)
{
    static const char *const names[] = {"id", "number", "name", "phone", "events", "last_seen"};
    struct json person;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        buf_printf(out, "%s%s", names[i], i + 1 < COUNT_OF(names) ? "," : "\r\n");
    for (struct json_walk w = json_items(member(root, "people")); json_item_next(&w, &person);)
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            answer_csv_cell(member(person, names[i]), inert, out);
            buf_push_text(out, i + 1 < COUNT_OF(names) ? "," : "\r\n");
        }
}

static int answer_show(const struct saying *s)
{
    struct errand *d = s->errand;
    struct buf csv;
    if (s->cell == NULL)
        return answer_present(d, &s->presented, NULL);
    if (s->presented.is_csv) {
        buf_init(&csv, OUTPUT_BYTES_MAX);
        people_csv(d->root, !s->presented.is_plain, &csv);
        (void)fwrite(csv.data, 1, csv.size, stdout);
        buf_fini(&csv);
    } else if (d->json) {
        printf("%.*s\n", BYTES_ARG(d->reply.body));
    } else {
        show_people(d->root, d->arena, stdout);
    }
    return EXIT_DONE;
}

/* --- what is written --- */

/* What became of people, in the order of these names; pages of them are added up. */
static const struct {
    const char *key, *en, *zh;
} outcomes[] = {
    {"people", "people looked at", "涉及人数"},
    {"written", "written", "已写入"},
    {"unchanged", "unchanged", "无变化"},
    {"without_identifier", "without an identifier that may be used", "没有可用标识"},
    {"hidden", "gone, or not to be seen by this token", "已不存在或此令牌不可见"},
    {"faulty", "refused", "被拒绝"},
};
#define OUTCOME_FAULTY (COUNT_OF(outcomes) - 1)

static void written_show(const struct errand *d, const uint64_t *counts)
{
    char text[GROUPED_BYTES];
    struct json name;
    struct grid g;
    const char *before = either("traits: ", "特质:");
    for (struct json_walk w = json_items(member(d->root, "traits")); json_item_next(&w, &name);
         before = either(", ", "、"))
        printf("%s%.*s", before, BYTES_ARG(json_string(name)));
    printf("\n");
    grid_init(&g, d->arena, 2);
    g.right[0] = true;
    for (size_t i = 0; i < COUNT_OF(outcomes); i++)
        grid_add(&g, (const struct bytes[]){arena_copy(d->arena, bytes_of_text(grouped(counts[i], text))),
                                            bytes_of_text(either(outcomes[i].en, outcomes[i].zh))});
    grid_print(&g, stdout);
}

static void written_json(struct errand *d, const uint64_t *counts)
{
    struct json_writer w;
    buf_clear(&d->body);
    json_writer_init(&w, &d->body, false);
    json_object_begin(&w);
    json_key(&w, "traits");
    json_put(&w, member(d->root, "traits"));
    for (size_t i = 0; i < COUNT_OF(outcomes); i++) {
        json_key(&w, outcomes[i].key);
        json_put_uint64(&w, counts[i]);
    }
    json_object_end(&w);
    printf("%.*s\n", BYTES_ARG(buf_bytes(&d->body)));
}

/* A page of people: what the question says, but for what pages are made by. */
static fallible page_put(struct errand *d, struct bytes question, int64_t after, struct err *e)
{
    static const char *const own[] = {"by_person", "order", "limit", "after"};
    struct bytes name;
    struct json root, value;
    TRY(json_parse(d->parser, question, &root, e));
    buf_clear(&d->path);
    buf_clear(&d->body);
    json_writer_init(&d->writer, &d->body, false);
    json_object_begin(&d->writer);
    for (struct json_walk w = json_members(root); json_member_next(&w, &name, &value);) {
        bool is_own = false;
        for (size_t i = 0; i < COUNT_OF(own); i++)
            is_own |= bytes_equal(name, bytes_of_text(own[i]));
        if (is_own)
            continue;
        json_key_bytes(&d->writer, name);
        json_put(&d->writer, value);
    }
    json_key(&d->writer, "by_person");
    json_put_bool(&d->writer, true);
    json_key(&d->writer, "order");
    json_put_text(&d->writer, "person");
    json_key(&d->writer, "limit");
    json_put_uint64(&d->writer, PEOPLE_A_PAGE);
    json_key(&d->writer, "after");
    json_put_int64(&d->writer, after);
    json_object_end(&d->writer);
    return DONE;
}

/* Page after page of all whom the answer tells. */
static int traits_write(struct saying *s)
{
    struct errand *d = s->errand;
    uint64_t counts[COUNT_OF(outcomes)] = {0};
    struct err e = {0};
    struct bytes question = arena_copy(d->arena, buf_bytes(&d->body));
    int64_t after = -1; /* everybody */
    bool has_more;
    do {
        struct status status = page_put(d, question, after, &e);
        if (failed(status))
            return say_failure(status, &e);
        int code = question_send(s);
        if (code != EXIT_DONE)
            return code;
        for (size_t i = 0; i < COUNT_OF(outcomes); i++)
            counts[i] += number_in(d->root, outcomes[i].key);
        has_more = json_int64(member(d->root, "next"), &after);
    } while (has_more);
    if (d->json)
        written_json(d, counts);
    else
        written_show(d, counts);
    return counts[OUTCOME_FAULTY] > 0 ? EXIT_REFUSED : EXIT_DONE;
}

/* --- the kinds of questions --- */

static void show_kinds(struct json root, struct arena *a, FILE *out)
{
    struct json kind, rule;
    struct grid g;
    grid_init(&g, a, 2);
    for (struct json_walk w = json_items(member(root, "questions")); json_item_next(&w, &kind);)
        grid_add(&g, (const struct bytes[]){text_of(kind, "name"), text_of(kind, either("about", "about_zh"))});
    grid_print(&g, out);
    heading("What all may say", "通用参数", out);
    grid_init(&g, a, 2);
    g.indent = "    ";
    for (struct json_walk w = json_items(member(root, "members")); json_item_next(&w, &rule);)
        grid_add(&g, (const struct bytes[]){text_of(rule, "name"), text_of(rule, either("about", "about_zh"))});
    grid_print(&g, out);
    fprintf(out, "\n%s\n",
            either("`kith query KIND --members` shows what a kind may say.",
                   "`kith query 种类 --members` 查看该种类的参数。"));
}

/* Of one kind. */
static int members_show(struct errand *d, const char *name)
{
    struct json kind, rule;
    struct grid g;
    errand_path_text(d, "/api/v1/analytics");
    int code = errand_send(d, "GET");
    grid_init(&g, d->arena, 2);
    for (struct json_walk w = json_items(member(d->root, "questions"));
         code == EXIT_DONE && json_item_next(&w, &kind);) {
        if (!bytes_equal(text_of(kind, "name"), bytes_of_text(name)))
            continue;
        struct bytes about = text_of(kind, either("about", "about_zh"));
        printf("%.*s\n\n", BYTES_ARG(about));
        for (struct json_walk rules = json_items(member(kind, "members")); json_item_next(&rules, &rule);)
            grid_add(&g, (const struct bytes[]){text_of(rule, "name"), text_of(rule, either("about", "about_zh"))});
        grid_print(&g, stdout);
        return code;
    }
    struct err e = {0};
    return code != EXIT_DONE ? code
                             : say_failure(FAIL(&e, NOT_FOUND,
                                                either("there is no question %s: `kith query` lists them",
                                                       "没有 %s 这种问题:用 `kith query` 查看全部"),
                                                name),
                                           &e);
}

const char *question_file_word(struct arguments *a)
{
    const char *word = errand_word_peek(a);
    if (word == NULL || strncmp(word, "-f", 2) != 0)
        return NULL;
    (void)argument_next(a);
    return word[2] != 0 ? word + 2 : argument_next(a);
}

int verb_query(struct arguments *a)
{
    struct errand d;
    struct err e = {0};
    errand_begin(&d, a);
    bool wants_members = argument_flag(a, "members");
    struct saying s = {.errand = &d,
                       .text = argument_option(a, "ask"),
                       .steps = argument_option(a, "steps"),
                       .cell = argument_option(a, "people"),
                       .limit = argument_option(a, "limit"),
                       .after = argument_option(a, "after"),
                       .presented = answer_presented_read(a),
                       .writes_traits = argument_flag(a, "write-traits")};
    s.kind = argument_next(a);
    s.file = question_file_word(a);
    if (s.kind == NULL && errand_ready(&d, true)) {
        errand_path_text(&d, "/api/v1/analytics");
        return errand_end(&d, errand_run(&d, "GET", show_kinds));
    }
    if (s.kind != NULL && wants_members && errand_ready(&d, true))
        return errand_end(&d, members_show(&d, s.kind));
    struct status status = s.kind == NULL ? DONE : body_put(&s, &e);
    if (s.cell != NULL && s.presented.svg != NULL)
        status = FAIL(
            &e, INVALID, "%s",
            either("--svg draws an answer, not the --people of a cell", "--svg 只画答案,不能与 --people 同用"));
    if (s.writes_traits && (s.cell != NULL || s.presented.svg != NULL || s.presented.is_csv))
        status = FAIL(&e, INVALID, "%s",
                      either("--write-traits writes: it draws and lists nothing",
                             "--write-traits 只写入特质,不能与 --people、--svg、--csv 同用"));
    if (failed(status))
        return errand_end(&d, say_failure(status, &e));
    if (!errand_ready(&d, s.kind != NULL))
        return errand_end(&d, EXIT_USAGE);
    if (s.writes_traits)
        return errand_end(&d, traits_write(&s));
    int code = question_send(&s);
    return errand_end(&d, code == EXIT_DONE ? answer_show(&s) : code);
}

/* --- reports --- */

/* report save NAME KIND [-f FILE] [MEMBER=VALUE …] */
static int report_save(struct errand *d, struct arguments *a)
{
    struct err e = {0};
    const char *label = argument_option(a, "label");
    struct saying s = {.errand = d, .text = argument_option(a, "ask"), .steps = argument_option(a, "steps")};
    (void)argument_next(a); /* "save" */
    const char *name = argument_next(a);
    s.kind = argument_next(a);
    s.file = question_file_word(a);
    if (s.kind == NULL)
        return errand_ready(d, false) ? EXIT_DONE : EXIT_USAGE;
    json_object_begin(&d->writer);
    errand_put_text(d, "name", name);
    errand_put_text(d, "label", label);
    errand_put_text(d, "kind", s.kind);
    json_key(&d->writer, "question");
    struct status status = question_put(&s, &e);
    json_object_end(&d->writer);
    if (failed(status))
        return say_failure(status, &e);
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/reports");
    return errand_run(d, "PUT", show_done);
}

static void show_reports(struct json root, struct arena *a, FILE *out)
{
    struct json report;
    struct grid g;
    grid_init(&g, a, 5);
    g.headed = g.right[3] = true;
    grid_add_texts(&g, speaks_chinese() ? (const char *const[]){"名称", "说明", "问题", "修订", "保存时间"}
                                        : (const char *const[]){"name", "label", "question", "revision", "saved"});
    for (struct json_walk w = json_items(member(root, "reports")); json_item_next(&w, &report);)
        grid_add(&g, (const struct bytes[]){text_of(report, "name"), text_of(report, "label"), text_of(report, "kind"),
                                            json_raw(member(report, "revision")), short_time(member(report, "saved"), a)});
    grid_print(&g, out);
}

static int report_list(struct errand *d, struct arguments *a)
{
    (void)argument_next(a); /* "list" */
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/reports");
    return errand_run(d, "GET", show_reports);
}

/* report run NAME [MEMBER=VALUE …], which are said in place of its own */
static int report_run(struct errand *d, struct arguments *a)
{
    struct err e = {0};
    struct saying s = {.errand = d, .presented = answer_presented_read(a)};
    (void)argument_next(a); /* "run" */
    s.report = argument_next(a);
    struct status status = s.report == NULL ? DONE : question_put(&s, &e);
    if (failed(status))
        return say_failure(status, &e);
    if (!errand_ready(d, s.report != NULL))
        return EXIT_USAGE;
    int code = question_send(&s);
    return code == EXIT_DONE ? answer_show(&s) : code;
}

static int report_remove(struct errand *d, struct arguments *a)
{
    (void)argument_next(a); /* "remove" */
    const char *name = argument_next(a);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/reports/");
    url_push(&d->path, bytes_of_text(name));
    return errand_run(d, "DELETE", show_done);
}

int verb_report(struct arguments *a)
{
    static const struct errand_word rows[] = {{"save", report_save}, {"list", report_list}, {"run", report_run}, {"remove", report_remove}, {"library", report_library}};
    return errand_run_word(a, rows, COUNT_OF(rows));
}
