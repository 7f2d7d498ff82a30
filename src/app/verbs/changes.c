/* `kith changes`: what has changed, and what changes from now on. */
#include <string.h>
#include <time.h>

#include "app/arguments.h"
#include "app/verbs/errand.h"

#define WAIT_SECONDS "30"
#define TRY_AGAIN_S 2
#define CURSOR_TEXT_BYTES 64u

struct taking {
    struct errand *errand;
    const char *consumer, *facts, *brand, *state;
    bool follows, more;
    char cursor[CURSOR_TEXT_BYTES]; /* empty: nothing has come yet */
    struct arena *arena;            /* emptied after each line */
};

static int consumer_say(struct errand *d, const char *name, const char *key, const char *value)
{
    buf_clear(&d->path);
    buf_clear(&d->body);
    json_writer_init(&d->writer, &d->body, false);
    json_object_begin(&d->writer);
    errand_put_text(d, key, value);
    json_object_end(&d->writer);
    errand_path_text(d, "/api/v1/consumers/");
    url_push(&d->path, bytes_of_text(name));
    int code = errand_send(d, "PUT");
    buf_clear(&d->body);
    return code;
}

static void path_write(struct taking *t, const char *from)
{
    struct errand *d = t->errand;
    bool is_first = t->cursor[0] == 0;
    buf_clear(&d->path);
    errand_path_text(d, "/api/v1/changes");
    errand_path_value(d, "after", is_first ? from : t->cursor);
    errand_path_value(d, "consumer", is_first && from == NULL ? t->consumer : NULL);
    errand_path_value(d, "facts", t->facts);
    errand_path_value(d, "brand", t->brand);
    errand_path_value(d, "state", t->state);
    errand_path_value(d, "wait", t->follows ? WAIT_SECONDS : NULL);
}

/* The last line of an answer says where to go on; what comes before are changes. */
static void line_take(struct taking *t, struct bytes line)
{
    struct json root;
    if (failed(json_parse(t->errand->parser, line, &root, NULL)))
        return;
    struct bytes cursor = json_string(json_find(root, BYTES_LIT("cursor")));
    if (!json_is(json_find(root, BYTES_LIT("fact")), JSON_ABSENT)) {
        if (t->errand->json)
            printf("%.*s\n", BYTES_ARG(line));
        else
            show_fact(root, t->arena, stdout);
        arena_reset(t->arena);
    } else if (cursor.size < sizeof t->cursor) {
        memcpy(t->cursor, cursor.data, cursor.size);
        t->cursor[cursor.size] = 0;
        t->more = json_is(json_find(root, BYTES_LIT("more")), JSON_TRUE);
    }
}

static void lines_take(struct taking *t, struct bytes body)
{
    while (body.size > 0) {
        const uint8_t *end = memchr(body.data, '\n', body.size);
        size_t size = end == NULL ? body.size : (size_t)(end - body.data);
        line_take(t, bytes_slice(body, 0, size));
        body = bytes_slice(body, end == NULL ? size : size + 1, body.size);
    }
}

/* One answer. It is acknowledged when it is written, so what comes twice after a break is what was written last. */
static int take_some(struct taking *t, const char *from)
{
    char before[CURSOR_TEXT_BYTES];
    memcpy(before, t->cursor, sizeof before);
    path_write(t, from);
    int code = errand_send(t->errand, "GET");
    if (code != EXIT_DONE)
        return code;
    lines_take(t, t->errand->reply.body);
    if (fflush(stdout) != 0 || ferror(stdout) != 0)
        return EXIT_BUSY;
    if (t->consumer == NULL || strcmp(before, t->cursor) == 0)
        return EXIT_DONE;
    return consumer_say(t->errand, t->consumer, "acknowledged", t->cursor);
}

/* Whoever doesn't follow has to know where to go on. */
static void cursor_show(const struct taking *t)
{
    if (t->errand->json)
        printf("{\"cursor\":\"%s\",\"more\":false}\n", t->cursor);
    else if (t->consumer == NULL)
        fprintf(stderr, either("To go on from here: kith changes --from %s\n", "从此处继续:kith changes --from %s\n"),
                t->cursor);
}

/* Whoever follows outlives a restart of the daemon, but not a reader of its own that has gone. */
static bool may_try_again(const struct taking *t, int code)
{
    return t->follows && t->cursor[0] != 0 && (code == EXIT_UNREACHABLE || code == EXIT_BUSY) && ferror(stdout) == 0;
}

static int take_all(struct taking *t, const char *from)
{
    static const struct timespec pause = {.tv_sec = TRY_AGAIN_S};
    int code = take_some(t, from);
    while ((code == EXIT_DONE && (t->more || t->follows)) || may_try_again(t, code)) {
        if (code != EXIT_DONE)
            (void)nanosleep(&pause, NULL);
        code = take_some(t, from);
    }
    if (code == EXIT_DONE)
        cursor_show(t);
    return code;
}

int verb_changes(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    struct taking t = {.errand = &d,
                       .consumer = argument_option(a, "consumer"),
                       .facts = argument_option(a, "facts"),
                       .brand = argument_option(a, "brand"),
                       .state = argument_flag(a, "state") ? "1" : NULL,
                       .follows = argument_flag(a, "follow")};
    const char *from = argument_option(a, "from");
    if (!errand_ready(&d, true))
        return errand_end(&d, EXIT_USAGE);
    t.arena = arena_create(1 << 14);
    int code = from != NULL && t.consumer != NULL ? consumer_say(&d, t.consumer, "from", from) : EXIT_DONE;
    if (code == EXIT_DONE)
        code = take_all(&t, t.consumer == NULL ? from : NULL);
    arena_destroy(t.arena);
    return errand_end(&d, code);
}
