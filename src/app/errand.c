#include "app/errand.h"

#include <stdlib.h>
#include <string.h>

#include "app/app.h"

#define PATH_BYTES_MAX 3072u
#define BODY_BYTES_MAX (64u << 10)

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
    if (failed(json_parse(d->parser, d->reply.body, &d->root, &ignored)))
        d->root = JSON_NOTHING;
    if (d->reply.status < 300)
        return EXIT_DONE;
    if (d->json)
        printf("%.*s\n", BYTES_ARG(d->reply.body));
    return show_problem(&d->reply, d->root);
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
