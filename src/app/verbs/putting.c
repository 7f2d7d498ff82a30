#include "app/verbs/putting.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/arguments.h"

#define OBJECT_BYTES_MAX (1u << 20)       /* of one, in JSON */
#define FILE_BYTES_MAX ((size_t)64 << 20) /* of a file that isn't lines */
#define FAULTS_TOLD_MAX 100u

/* --- sending --- */

static fallible fault_tell(void *context, const struct sender_fault *fault, struct err *e)
{
    struct putting *p = context;
    (void)e;
    if (p->faults_told++ < FAULTS_TOLD_MAX)
        fprintf(stderr, "%.*s: %.*s\n", BYTES_ARG(fault->origin), BYTES_ARG(fault->why));
    return DONE;
}

/* Where an object came from, as a fault names it. */
static struct bytes origin_of(struct putting *p, const char *en, const char *zh, uint64_t number)
{
    return bytes_of_text(arena_printf(p->d->arena, either(en, zh), number));
}

fallible putting_send(struct putting *p, struct json object, struct bytes origin, struct err *e)
{
    struct json_writer w;
    if (!json_is(object, JSON_OBJECT))
        return FAIL(e, INVALID, either("%.*s: want an object, {…}", "%.*s:应为对象 {…}"), BYTES_ARG(origin));
    buf_clear(&p->object);
    json_writer_init(&w, &p->object, false);
    json_put(&w, object);
    p->taken++;
    return sender_add(p->sender, buf_bytes(&p->object), origin, e);
}

/* One object, or a list of them. */
static fallible value_send(struct putting *p, struct json value, uint64_t line, struct err *e)
{
    struct json item;
    uint64_t number = 0;
    arena_reset(p->d->arena);
    if (!json_is(value, JSON_ARRAY))
        return putting_send(p, value, origin_of(p, "line %" PRIu64, "第 %" PRIu64 " 行", line), e);
    for (struct json_walk w = json_items(value); json_item_next(&w, &item);)
        TRY(putting_send(p, item, origin_of(p, "item %" PRIu64, "第 %" PRIu64 " 项", ++number), e));
    return DONE;
}

/* --- from a file --- */

static struct bytes blank_cut(struct bytes text)
{
    struct bytes mark = BYTES_LIT("\xef\xbb\xbf");
    if (bytes_starts_with(text, mark))
        text = bytes_slice(text, mark.size, text.size);
    while (text.size > 0 && strchr(" \t\r\n", text.data[text.size - 1]) != NULL)
        text.size--;
    return text;
}

/* A file that is one value over many lines, as people write them. */
static fallible whole_send(struct putting *p, struct bytes first, FILE *file, struct err *e)
{
    struct buf all;
    struct json root;
    char piece[65536];
    buf_init(&all, FILE_BYTES_MAX);
    buf_push(&all, first);
    for (size_t size; (size = fread(piece, 1, sizeof piece, file)) > 0 && !all.overflowed;)
        buf_push(&all, bytes_of(piece, size));
    struct status status = all.overflowed
                               ? FAIL(e, LIMIT, "%s",
                                      either("the file is neither lines of JSON nor a list below 64 MiB",
                                             "文件既不是逐行 JSON,也不是 64 MiB 以内的列表"))
                               : WRAP(e, json_parse(p->d->parser, blank_cut(buf_bytes(&all)), &root, e), "%s",
                                      either("this is neither lines of JSON nor a list",
                                             "内容既不是逐行 JSON,也不是列表"));
    if (done(status))
        status = value_send(p, root, 1, e);
    buf_fini(&all);
    return status;
}

static fallible line_send(struct putting *p, struct bytes line, uint64_t number, FILE *file, struct err *e)
{
    struct json root;
    struct err fault = {0};
    struct bytes text = blank_cut(line);
    if (text.size == 0)
        return DONE;
    if (done(json_parse(p->d->parser, text, &root, &fault)))
        return value_send(p, root, number, e);
    if (p->taken == 0)
        return whole_send(p, line, file, e);
    return FAIL(e, INVALID, either("line %" PRIu64 ": %s", "第 %" PRIu64 " 行:%s"), number, fault.text);
}

fallible putting_file(struct putting *p, const char *path, struct err *e)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    struct status status = DONE;
    char *line = NULL;
    size_t room = 0;
    uint64_t number = 0;
    if (file == NULL)
        return FAIL(e, NOT_FOUND, either("can't read %s", "无法读取 %s"), path);
    for (ssize_t size; done(status) && (size = getline(&line, &room, file)) > 0;)
        status = line_send(p, bytes_of(line, (size_t)size), ++number, file, e);
    free(line);
    if (file != stdin)
        (void)fclose(file);
    return status;
}

/* --- from front to end --- */

fallible putting_begin(struct putting *p, struct errand *d, const struct sender_options *options, struct err *e)
{
    struct sender_options o = *options;
    *p = (struct putting){.d = d};
    TRY(client_of_arguments(d->arguments, &d->client, e));
    buf_init(&p->object, OBJECT_BYTES_MAX);
    o.client = d->client;
    o.line_bytes_max = OBJECT_BYTES_MAX;
    o.take_fault = fault_tell;
    o.context = p;
    p->sender = sender_create(&o);
    return DONE;
}

int putting_end(struct putting *p, struct status status, struct err *e)
{
    if (done(status))
        status = sender_flush(p->sender, e);
    const struct sender_counts *counts = sender_counts(p->sender);
    uint64_t accepted = counts->accepted, faulty = counts->faulty + counts->refused;
    if (p->faults_told > FAULTS_TOLD_MAX)
        fprintf(stderr, either("… and %" PRIu64 " more\n", "……另有 %" PRIu64 " 个\n"),
                p->faults_told - FAULTS_TOLD_MAX);
    sender_destroy(p->sender);
    buf_fini(&p->object);
    if (failed(status))
        return say_failure(status, e);
    printf(either("%" PRIu64 " taken, %" PRIu64 " faulty\n", "已写入 %" PRIu64 " 个,%" PRIu64 " 个有误\n"), accepted,
           faulty);
    return faulty > 0 ? EXIT_REFUSED : EXIT_DONE;
}

int putting_errand(struct errand *d, struct arguments *a, const char *path)
{
    struct putting p;
    struct err e = {0};
    struct sender_options options = {.path = path, .import = argument_flag(a, "import")};
    (void)argument_next(a); /* "put" */
    const char *file = argument_next(a);
    if (!errand_ready(d, file != NULL))
        return EXIT_USAGE;
    struct status status = putting_begin(&p, d, &options, &e);
    return failed(status) ? say_failure(status, &e) : putting_end(&p, putting_file(&p, file, &e), &e);
}
