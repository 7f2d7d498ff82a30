/* What was decided about identity by hand, and its declared types, as a file of calls: `kith export acts` writes one, `kith redo` does
 * again what it says. */
#include <stdlib.h>
#include <string.h>

#include "app/arguments.h"
#include "app/verbs/redo.h"

#define IDENTITY "/api/v1/identity/"
#define TYPE_PATH IDENTITY "type"
#define CALLS_BYTES_MAX ((size_t)256 << 20)
#define PAGE "500"

/* Acts that can be done again from what is kept of them. */
static const struct redoable {
    const char *act, *path;
} redoable[] = {{"identity.bind", IDENTITY "bind"},
                {"identity.unbind", IDENTITY "unbind"},
                {"identity.merge", IDENTITY "merge"},
                {"identity.split", IDENTITY "split"},
                {"identity.never_merge", IDENTITY "never-merge"}};

/* --- writing --- */

struct calls {
    struct buf types, acts; /* lines, each with its end */
    struct buf starts;      /* size_t each: where an act's line begins in `acts` */
    uint64_t left_out;
};

static struct json_writer call_begin(struct buf *out, const char *path)
{
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object_begin(&w);
    json_key(&w, "path");
    json_put_text(&w, path);
    json_key(&w, "body");
    json_object_begin(&w);
    return w;
}

static void call_end(struct json_writer *w)
{
    json_object_end(w);
    json_object_end(w);
    buf_push_byte(w->out, '\n');
}

static void type_put(struct calls *c, struct json type)
{
    struct bytes key;
    struct json value;
    struct json_writer w = call_begin(&c->types, TYPE_PATH);
    for (struct json_walk walk = json_members(type); json_member_next(&walk, &key, &value);) {
        if (bytes_equal(key, BYTES_LIT("number")) || json_is(value, JSON_NULL))
            continue; /* numbers are each workspace's own */
        json_key_bytes(&w, key);
        json_put(&w, value);
    }
    call_end(&w);
}

static const char *path_of(struct bytes act)
{
    for (size_t i = 0; i < COUNT_OF(redoable); i++)
        if (bytes_equal(bytes_of_text(redoable[i].act), act))
            return redoable[i].path;
    return NULL;
}

/* One that was taken back, and the taking back, come to nothing. */
static void act_put(struct calls *c, struct json act)
{
    struct bytes name = json_string(json_find(act, BYTES_LIT("act")));
    const char *path = path_of(name);
    bool undone = false;
    (void)json_bool(json_find(act, BYTES_LIT("undone")), &undone);
    if (undone || bytes_equal(name, BYTES_LIT("identity.undo")))
        return;
    c->left_out += path == NULL;
    if (path == NULL)
        return;
    size_t start = c->acts.size;
    buf_push(&c->starts, bytes_of(&start, sizeof start));
    struct json_writer w = call_begin(&c->acts, path);
    json_key(&w, "ids");
    json_put(&w, json_at(act, "summary.ids"));
    json_key(&w, "reason");
    json_put(&w, json_find(act, BYTES_LIT("reason")));
    call_end(&w);
}

static int types_ask(struct errand *d, struct calls *c)
{
    struct json type;
    errand_path_text(d, IDENTITY "types");
    int code = errand_send(d, "GET");
    for (struct json_walk w = json_items(json_find(d->root, BYTES_LIT("types"))); json_item_next(&w, &type);)
        type_put(c, type);
    return code;
}

/* Pages come newest first. */
static int acts_ask(struct errand *d, struct calls *c)
{
    const char *before = NULL;
    do {
        struct json act;
        buf_clear(&d->path);
        errand_path_text(d, IDENTITY "acts?limit=" PAGE);
        errand_path_value(d, "before", before);
        int code = errand_send(d, "GET");
        if (code != EXIT_DONE)
            return code;
        for (struct json_walk w = json_items(json_find(d->root, BYTES_LIT("acts"))); json_item_next(&w, &act);)
            act_put(c, act);
        struct json next = json_find(d->root, BYTES_LIT("next"));
        before = json_is(next, JSON_NUMBER) ? arena_text(d->arena, json_raw(next)) : NULL;
    } while (before != NULL);
    return EXIT_DONE;
}

static bool calls_write(const struct calls *c, FILE *file)
{
    bool good = c->types.size == 0 || fwrite(c->types.data, 1, c->types.size, file) == c->types.size;
    size_t until = c->acts.size, count = c->starts.size / sizeof(size_t);
    for (size_t i = count; i-- > 0 && good;) { /* the oldest first */
        size_t start;
        memcpy(&start, c->starts.data + i * sizeof start, sizeof start);
        good = fwrite(c->acts.data + start, 1, until - start, file) == until - start;
        until = start;
    }
    return good;
}

static int calls_save(const struct calls *c, const char *path)
{
    struct err e = {0};
    if (c->types.overflowed || c->acts.overflowed || c->starts.overflowed)
        return say_failure(FAIL(&e, LIMIT, "%s", either("there are too many acts", "人工操作过多")), &e);
    FILE *file = path == NULL ? stdout : fopen(path, "wxe");
    if (file == NULL)
        return say_failure(
            FAIL(&e, INVALID, either("can't make %s: is there one already?", "无法新建 %s:文件是否已存在?"), path), &e);
    bool good = calls_write(c, file);
    good &= file == stdout ? fflush(file) == 0 : fclose(file) == 0;
    if (!good)
        return say_failure(FAIL(&e, FULL, either("can't write %s", "无法写入 %s"), path == NULL ? "-" : path), &e);
    if (c->left_out > 0)
        fprintf(stderr,
                either("kith: %llu acts of other kinds (block, review) are left out: do them by hand\n",
                       "kith:%llu 个其他操作(屏蔽、复核)未导出,请手工处理\n"),
                (unsigned long long)c->left_out);
    return EXIT_DONE;
}

int export_acts(struct errand *d, const char *out)
{
    struct calls c = {.left_out = 0};
    buf_init(&c.types, CALLS_BYTES_MAX);
    buf_init(&c.acts, CALLS_BYTES_MAX);
    buf_init(&c.starts, CALLS_BYTES_MAX);
    int code = types_ask(d, &c);
    if (code == EXIT_DONE)
        code = acts_ask(d, &c);
    if (code == EXIT_DONE)
        code = calls_save(&c, out);
    buf_fini(&c.types);
    buf_fini(&c.acts);
    buf_fini(&c.starts);
    return code;
}

/* --- doing again --- */

/* Nothing but identity is called, whatever the file says. */
static bool call_read(struct errand *d, struct bytes line, const char **out_path, struct bytes *out_body)
{
    struct json root;
    if (failed(json_parse(d->parser, line, &root, NULL)))
        return false;
    struct bytes path = json_string(json_find(root, BYTES_LIT("path")));
    struct json body = json_find(root, BYTES_LIT("body"));
    *out_path = arena_text(d->arena, path);
    *out_body = arena_copy(d->arena, json_raw(body));
    return bytes_starts_with(path, BYTES_LIT(IDENTITY)) && json_is(body, JSON_OBJECT);
}

static int call_send(struct errand *d, const char *path, struct bytes body)
{
    buf_clear(&d->path);
    buf_clear(&d->body);
    errand_path_text(d, path);
    buf_push(&d->body, body);
    return errand_send(d, "POST");
}

static int lines_redo(struct errand *d, FILE *file, bool only_types)
{
    char *line = NULL;
    size_t room = 0;
    uint64_t number = 0, did = 0, refused = 0;
    int code = EXIT_DONE;
    for (ssize_t size; code == EXIT_DONE && (size = getline(&line, &room, file)) > 0;) {
        const char *path;
        struct bytes body, text = bytes_of(line, (size_t)size);
        number++;
        arena_reset(d->arena);
        if (!call_read(d, text, &path, &body)) {
            fprintf(stderr, either("kith: line %llu is no act\n", "kith:第 %llu 行不是人工操作\n"),
                    (unsigned long long)number);
            code = EXIT_REFUSED;
        } else if (!only_types || strcmp(path, TYPE_PATH) == 0) {
            code = call_send(d, path, body);
            refused += code == EXIT_REFUSED;
            did += code == EXIT_DONE;
            code = code == EXIT_REFUSED ? EXIT_DONE : code; /* said; the others go on */
        }
    }
    free(line);
    printf(either("%llu done, %llu refused\n", "已执行 %llu 个,被拒绝 %llu 个\n"), (unsigned long long)did,
           (unsigned long long)refused);
    return code == EXIT_DONE && refused > 0 ? EXIT_REFUSED : code;
}

int verb_redo(struct arguments *a)
{
    struct errand d;
    struct err e = {0};
    errand_begin(&d, a);
    bool only_types = argument_flag(a, "types");
    const char *path = argument_next(a);
    if (!errand_ready(&d, path != NULL))
        return errand_end(&d, EXIT_USAGE);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return errand_end(&d, say_failure(FAIL(&e, NOT_FOUND, either("can't read %s", "无法读取 %s"), path), &e));
    int code = lines_redo(&d, file, only_types);
    (void)fclose(file);
    return errand_end(&d, code);
}
