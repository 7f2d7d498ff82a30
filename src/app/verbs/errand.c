#include "app/verbs/errand.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "app/arguments.h"

#define PATH_BYTES_MAX 3072u
#define BODY_BYTES_MAX (4u << 20)

void errand_begin(struct errand *d, struct arguments *a)
{
    *d = (struct errand){.arguments = a, .root = JSON_NOTHING};
    d->arena = arena_create(1 << 14);
    d->parser = json_parser_create(CLIENT_REPLY_BYTES_MAX);
    if (d->parser == NULL)
        abort();
    buf_init(&d->path, PATH_BYTES_MAX);
    buf_init(&d->body, BODY_BYTES_MAX);
    json_writer_init(&d->writer, &d->body, false);
    d->json = argument_flag(a, "json");
    /* Told now, so that their values are not taken for words; used by client_of_arguments. */
    static const char *const options[] = {"url", "token", "folder", "workspace"};
    for (size_t i = 0; i < COUNT_OF(options); i++)
        (void)argument_option(a, options[i]);
}

bool errand_is_agreed(bool is_sure, const char *question)
{
    char answer[16] = {0};
    if (is_sure)
        return true;
    if (isatty(STDIN_FILENO) != 1) {
        fprintf(stderr, "%s\n", either("kith: nothing was changed: say --yes to do it", "kith:未作任何更改:加 --yes 执行"));
        return false;
    }
    fprintf(stderr, "%s [y/N] ", question);
    bool is_yes = fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
    if (!is_yes)
        fprintf(stderr, "%s\n", either("Nothing was changed.", "未作任何更改。"));
    return is_yes;
}

int errand_end(struct errand *d, int code)
{
    client_destroy(d->client);
    json_parser_destroy(d->parser);
    buf_fini(&d->path);
    buf_fini(&d->body);
    arena_destroy(d->arena);
    return code;
}

bool errand_ready(struct errand *d, bool has_words)
{
    if (!arguments_finished(d->arguments))
        return false;
    if (!has_words)
        (void)say_usage(verb_of(d->arguments));
    return has_words;
}

void errand_path_text(struct errand *d, const char *text)
{
    buf_push_text(&d->path, text);
}

void errand_path_value(struct errand *d, const char *name, const char *value)
{
    if (value == NULL)
        return;
    bool first = memchr(d->path.data, '?', d->path.size) == NULL;
    buf_printf(&d->path, "%c%s=", first ? '?' : '&', name);
    url_push(&d->path, bytes_of_text(value));
}

int errand_send(struct errand *d, const char *method)
{
    struct err e = {0}, ignored;
    struct status status = d->client == NULL ? client_of_arguments(d->arguments, &d->client, &e) : DONE;
    if (failed(status))
        return say_failure(status, &e);
    if (d->path.overflowed || d->body.overflowed)
        return say_failure(FAIL(&e, LIMIT, "%s", either("that is too long", "内容过长")), &e);
    struct client_call call = {.method = method, .path = arena_text(d->arena, buf_bytes(&d->path)), .body = buf_bytes(&d->body)};
    status = client_send(d->client, &call, &d->reply, &e);
    if (failed(status))
        return say_failure(status, &e);
    times_go_by(d->reply.zone);
    if (failed(json_parse(d->parser, d->reply.body, &d->root, &ignored)))
        d->root = JSON_NOTHING;
    if (d->reply.status < 300)
        return EXIT_DONE;
    if (d->json)
        printf("%.*s\n", BYTES_ARG(d->reply.body));
    return show_problem(&d->reply, d->root);
}

int errand_stream(struct errand *d, const struct client_call *call, client_take take, void *context)
{
    struct err e = {0};
    struct status status = d->client == NULL ? client_of_arguments(d->arguments, &d->client, &e) : DONE;
    if (done(status))
        status = client_stream(d->client, call, take, context, &d->reply, &e);
    if (failed(status))
        return say_failure(status, &e);
    if (d->reply.status < 300)
        return EXIT_DONE;
    return show_problem(&d->reply, done(json_parse(d->parser, d->reply.body, &d->root, NULL)) ? d->root : JSON_NOTHING);
}

int errand_run(struct errand *d, const char *method, errand_show show)
{
    int code = errand_send(d, method);
    if (code == EXIT_DONE && d->json)
        printf("%.*s\n", BYTES_ARG(d->reply.body));
    else if (code == EXIT_DONE)
        show(d->root, d->arena, stdout);
    return code;
}

int errand_list(struct arguments *a, const char *path, const char *cursor)
{
    struct errand d;
    errand_begin(&d, a);
    const char *limit = cursor == NULL ? NULL : argument_option(a, "limit"), *from = cursor == NULL ? NULL : argument_option(a, cursor);
    if (!errand_ready(&d, true))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, path);
    errand_path_value(&d, "limit", limit);
    errand_path_value(&d, cursor, from);
    return errand_end(&d, errand_run(&d, "GET", show_json));
}

void errand_put_text(struct errand *d, const char *key, const char *text)
{
    if (text == NULL)
        return;
    json_key(&d->writer, key);
    json_put_text(&d->writer, text);
}

void errand_put_list(struct errand *d, const char *key, const char *text)
{
    if (text == NULL)
        return;
    json_key(&d->writer, key);
    json_array_begin(&d->writer);
    while (*text != 0) {
        size_t size = strcspn(text, ",");
        if (size > 0)
            json_put_string(&d->writer, bytes_of(text, size));
        text += size + (text[size] == ',');
    }
    json_array_end(&d->writer);
}

/* A value that reads as JSON is what it says, anything else a text: price=199, city=上海, labels='["新品"]', code='"007"'. */
static void put_attribute(struct errand *d, const char *name, const char *value)
{
    struct json root;
    json_key(&d->writer, name);
    if (value[0] != 0 && done(json_parse(d->parser, bytes_of_text(value), &root, NULL)))
        json_put_raw(&d->writer, bytes_of_text(value));
    else
        json_put_text(&d->writer, value);
}

/* "NAME=VALUE"; false: it is no such word. */
static bool attribute_take(struct errand *d, const char *word)
{
    const char *equals = strchr(word, '=');
    if (equals == NULL || equals == word)
        return false;
    put_attribute(d, arena_printf(d->arena, "%.*s", (int)(equals - word), word), equals + 1);
    return true;
}

bool errand_put_members(struct errand *d, struct arguments *a)
{
    bool good = true;
    for (const char *word = argument_next(a); word != NULL && good; word = argument_next(a))
        good = attribute_take(d, word);
    return good;
}

bool errand_put_attributes(struct errand *d, struct arguments *a)
{
    json_key(&d->writer, "attributes");
    json_object_begin(&d->writer);
    bool good = errand_put_members(d, a);
    json_object_end(&d->writer);
    return good;
}

void show_done(struct json root, struct arena *a, FILE *out)
{
    struct bytes position = json_raw(json_find(root, BYTES_LIT("position")));
    struct json result = json_find(root, BYTES_LIT("result"));
    fprintf(out, either("Done, at log position %.*s.\n", "已完成,日志位点 %.*s。\n"), BYTES_ARG(position));
    if (!json_is(result, JSON_ABSENT))
        show_json(result, a, out);
}

const char *errand_word_peek(const struct arguments *a)
{
    struct arguments copy = *a; /* so that the word can be taken again */
    return argument_next(&copy);
}

int errand_run_word(struct arguments *a, const struct errand_word *rows, size_t count)
{
    struct errand d;
    errand_begin(&d, a);
    const char *word = errand_word_peek(a);
    for (size_t i = 0; i < count; i++)
        if (word != NULL && strcmp(rows[i].word, word) == 0)
            return errand_end(&d, rows[i].run(&d, a));
    return errand_end(&d, say_usage(verb_of(a)));
}
