/* `kith redo`: does again what `kith export acts` wrote, by itself or among the events of the same workspace. */
#include "app/verbs/redo.h"

#include <stdlib.h>
#include <string.h>

#include "app/arguments.h"
#include "app/import/lines.h"
#include "app/sender.h"

#define LINE_BYTES_MAX (1u << 20)

/* An act that was done again: where it stood, and where it stands now. */
struct redone {
    uint64_t was, is;
};

struct redoing {
    struct errand *d;
    bool only_types;
    uint64_t did, refused;
    struct buf redone; /* struct redone each, `was` ascending */
    /* The events that acts stand between; no sender: none. */
    struct sender *sender;
    struct input *input;
    struct lines *lines;
    struct line event; /* the next one, not sent yet */
    uint64_t event_position;
    bool has_event;
    struct progress progress;
};

/* --- the events between --- */

static fallible event_next(struct redoing *r, struct err *e)
{
    struct json root;
    TRY(lines_next(r->lines, &r->event, &r->has_event, e));
    if (!r->has_event)
        return DONE;
    if (r->event.is_too_long || failed(json_parse(r->d->parser, r->event.text, &root, NULL)) ||
        !json_uint64(json_find(root, BYTES_LIT("position")), &r->event_position))
        return FAIL(e, INVALID,
                    either("line %llu of the events has no position: want what `kith export events` wrote",
                           "事件文件第 %llu 行没有位点:应为 `kith export events` 的输出"),
                    (unsigned long long)r->event.number);
    return DONE;
}

/* Sends those that stood before a position, and waits until they are applied. */
static fallible events_send(struct redoing *r, uint64_t before, struct err *e)
{
    while (r->has_event && r->event_position < before) {
        TRY(sender_add(r->sender, r->event.text, BYTES_NONE, e));
        progress_show(&r->progress, r->event.number);
        TRY(event_next(r, e));
    }
    return sender_flush(r->sender, e);
}

static fallible event_fault(void *context, const struct sender_fault *fault, struct err *e)
{
    (void)context;
    return FAIL(e, INVALID, either("an event was not taken: %.*s", "有事件未被接受:%.*s"), BYTES_ARG(fault->why));
}

static fallible events_open(struct redoing *r, const char *path, struct err *e)
{
    TRY(client_of_arguments(r->d->arguments, &r->d->client, e));
    TRY(input_open(path, &r->input, e));
    r->lines = lines_create(r->input, LINE_BYTES_MAX);
    r->sender = sender_create(
        &(struct sender_options){.client = r->d->client, .import = true, .take_fault = event_fault});
    progress_begin(&r->progress, either("events", "事件"), either("lines", "行"), 0);
    return event_next(r, e);
}

static void events_close(struct redoing *r)
{
    if (r->sender == NULL)
        return;
    progress_end(&r->progress);
    sender_destroy(r->sender);
    lines_destroy(r->lines);
    input_close(r->input);
}

/* --- one act --- */

struct call {
    uint64_t position; /* where it stood; 0: it is a type */
    const char *path;
    bool is_type, is_undo;
    struct json body;
};

/* Nothing but types and acts is called, whatever the file says. */
static bool call_read(struct errand *d, struct bytes line, struct call *out)
{
    struct json root;
    if (failed(json_parse(d->parser, line, &root, NULL)))
        return false;
    struct bytes path = json_string(json_find(root, BYTES_LIT("path")));
    size_t verb = path.size;
    while (verb > 0 && path.data[verb - 1] != '/')
        verb--;
    *out = (struct call){.path = arena_text(d->arena, path), .body = json_find(root, BYTES_LIT("body"))};
    (void)json_uint64(json_find(root, BYTES_LIT("position")), &out->position);
    out->is_type = bytes_equal(path, BYTES_LIT(TYPE_PATH));
    out->is_undo = bytes_equal(bytes_slice(path, verb, path.size), BYTES_LIT(UNDO_WORD));
    bool is_act = bytes_starts_with(path, BYTES_LIT(IDENTITY_PATH)) || bytes_starts_with(path, BYTES_LIT(ORDERS_PATH));
    return is_act && json_is(out->body, JSON_OBJECT);
}

/* Where an act stands in this workspace; false: it wasn't done again. */
static bool redone_find(const struct redoing *r, uint64_t was, uint64_t *out_is)
{
    const struct redone *list = (const struct redone *)(const void *)r->redone.data;
    for (size_t low = 0, high = r->redone.size / sizeof *list; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (list[middle].was == was) {
            *out_is = list[middle].is;
            return true;
        }
        low = list[middle].was < was ? middle + 1 : low;
        high = list[middle].was < was ? high : middle;
    }
    return false;
}

/* What is undone is named by where it stands here. */
static bool body_write(struct redoing *r, const struct call *call)
{
    struct errand *d = r->d;
    struct bytes key;
    struct json value;
    uint64_t position = 0;
    buf_clear(&d->body);
    json_writer_init(&d->writer, &d->body, false);
    json_object_begin(&d->writer);
    for (struct json_walk w = json_members(call->body); json_member_next(&w, &key, &value);) {
        json_key_bytes(&d->writer, key);
        if (!call->is_undo || !bytes_equal(key, BYTES_LIT("position")))
            json_put(&d->writer, value);
        else if (json_uint64(value, &position) && redone_find(r, position, &position))
            json_put_uint64(&d->writer, position);
        else
            return false;
    }
    json_object_end(&d->writer);
    return true;
}

static int call_send(struct redoing *r, const struct call *call)
{
    struct errand *d = r->d;
    struct redone redone = {.was = call->position};
    buf_clear(&d->path);
    errand_path_text(d, call->path);
    int code = errand_send(d, "POST");
    r->did += code == EXIT_DONE;
    r->refused += code == EXIT_REFUSED;
    if (code == EXIT_DONE && json_uint64(json_find(d->root, BYTES_LIT("position")), &redone.is))
        buf_push(&r->redone, bytes_of(&redone, sizeof redone));
    return code == EXIT_REFUSED ? EXIT_DONE : code; /* said; the others go on */
}

static int line_redo(struct redoing *r, struct bytes line, uint64_t number)
{
    struct call call;
    struct err e = {0};
    arena_reset(r->d->arena);
    if (!call_read(r->d, line, &call)) {
        fprintf(stderr, either("kith: line %llu is no act\n", "kith:第 %llu 行不是人工操作\n"),
                (unsigned long long)number);
        return EXIT_REFUSED;
    }
    if (r->only_types && !call.is_type)
        return EXIT_DONE;
    if (!body_write(r, &call)) {
        fprintf(stderr,
                either("kith: line %llu takes back an act that was not done again\n",
                       "kith:第 %llu 行所撤销的操作未被重做\n"),
                (unsigned long long)number);
        r->refused++;
        return EXIT_DONE;
    }
    struct status status = r->sender != NULL && !call.is_type ? events_send(r, call.position, &e) : DONE;
    return failed(status) ? say_failure(status, &e) : call_send(r, &call);
}

static int lines_redo(struct redoing *r, FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    uint64_t number = 0;
    struct err e = {0};
    int code = EXIT_DONE;
    for (ssize_t size; code == EXIT_DONE && (size = getline(&line, &room, file)) > 0;)
        code = line_redo(r, bytes_of(line, (size_t)size), ++number);
    free(line);
    struct status status = code == EXIT_DONE && r->sender != NULL ? events_send(r, UINT64_MAX, &e) : DONE;
    return failed(status) ? say_failure(status, &e) : code;
}

static void redoing_tell(const struct redoing *r)
{
    if (r->sender != NULL)
        printf(either("%llu events, ", "事件 %llu 个,"), (unsigned long long)sender_counts(r->sender)->accepted);
    printf(either("%llu done, %llu refused\n", "已执行 %llu 个,被拒绝 %llu 个\n"), (unsigned long long)r->did,
           (unsigned long long)r->refused);
}

static int redo(struct redoing *r, const char *path, const char *events)
{
    struct err e = {0};
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return say_failure(FAIL(&e, NOT_FOUND, either("can't read %s", "无法读取 %s"), path), &e);
    struct status status = events == NULL ? DONE : events_open(r, events, &e);
    int code = failed(status) ? say_failure(status, &e) : lines_redo(r, file);
    (void)fclose(file);
    if (code == EXIT_DONE)
        redoing_tell(r);
    events_close(r);
    return code == EXIT_DONE && r->refused > 0 ? EXIT_REFUSED : code;
}

int verb_redo(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    struct redoing r = {.d = &d, .only_types = argument_flag(a, "types")};
    const char *events = argument_option(a, "events"), *path = argument_next(a);
    if (!errand_ready(&d, path != NULL && !(r.only_types && events != NULL)))
        return errand_end(&d, EXIT_USAGE);
    buf_init(&r.redone, SIZE_MAX);
    int code = redo(&r, path, events);
    buf_fini(&r.redone);
    return errand_end(&d, code);
}
