/* `kith export acts`: what was decided by hand, as calls that `kith redo` makes again. */
#include <stdlib.h>
#include <string.h>

#include "app/arguments.h"
#include "app/verbs/redo.h"

#define CALLS_BYTES_MAX ((size_t)256 << 20)
#define PAGE "200"

/* Where an act's line lies. */
struct place {
    uint64_t position;
    size_t start, size;
};

struct calls {
    struct buf types, acts; /* lines, each with its end */
    struct buf places;      /* struct place each, the newest first of each list */
    uint64_t left_out;
};

/* A list of acts, as the daemon gives it, and how one of them is called again. */
struct act_list {
    const char *path;
    bool (*put)(struct json act, struct json_writer *w); /* members `path` and `body`; false: it can't be done again */
};

/* --- a line --- */

static void put_member(struct json_writer *w, const char *name, struct json value)
{
    json_key(w, name);
    json_put(w, value);
}

/* "identity.never_merge" is called at …/never-merge, "order.void" at …/void. */
static void push_verb(struct buf *path, struct bytes act)
{
    const uint8_t *dot = act.size == 0 ? NULL : memchr(act.data, '.', act.size);
    for (size_t i = dot == NULL ? 0 : (size_t)(dot - act.data) + 1; i < act.size; i++)
        buf_push_byte(path, act.data[i] == '_' ? '-' : act.data[i]);
}

/* The members of an object but for one; NULL: all. */
static void put_members_but(struct json_writer *w, struct json object, const char *but)
{
    struct bytes key;
    struct json value;
    for (struct json_walk walk = json_members(object); json_member_next(&walk, &key, &value);) {
        if (but != NULL && bytes_equal(key, bytes_of_text(but)))
            continue;
        json_key_bytes(w, key);
        json_put(w, value);
    }
}

static void put_body(struct json_writer *w, struct json act, struct json asked, const char *but)
{
    json_key(w, "body");
    json_object_begin(w);
    put_members_but(w, asked, but);
    put_member(w, "reason", member(act, "reason"));
    put_member(w, "decided", member(act, "time"));
    json_object_end(w);
}

static void put_path(struct json_writer *w, struct buf *path)
{
    json_key(w, "path");
    json_put_string(w, buf_bytes(path));
    buf_fini(path);
}

/* Of one that spoke of somebody who was erased nothing is left. */
static bool put_identity_act(struct json act, struct json_writer *w)
{
    struct buf path;
    struct json summary = member(act, "summary");
    if (json_is(member(summary, "ids"), JSON_ABSENT))
        return false;
    buf_init(&path, CALLS_BYTES_MAX);
    buf_push_text(&path, IDENTITY_PATH);
    push_verb(&path, json_string(member(act, "act")));
    put_path(w, &path);
    put_body(w, act, summary, "people"); /* numbers of people are each workspace's own */
    return true;
}

static bool put_order_act(struct json act, struct json_writer *w)
{
    struct buf path;
    buf_init(&path, CALLS_BYTES_MAX);
    buf_push_text(&path, ORDERS_PATH);
    url_push(&path, json_string(member(act, "shop")));
    buf_push_byte(&path, '/');
    url_push(&path, json_string(member(act, "number")));
    buf_push_byte(&path, '/');
    push_verb(&path, json_string(member(act, "act")));
    put_path(w, &path);
    put_body(w, act, member(act, "asked"), NULL);
    return true;
}

static void act_take(struct calls *c, const struct act_list *list, struct json act)
{
    struct place place = {.start = c->acts.size};
    struct json_writer w;
    (void)json_uint64(member(act, "position"), &place.position);
    json_writer_init(&w, &c->acts, false);
    json_object_begin(&w);
    put_member(&w, "position", member(act, "position"));
    put_member(&w, "time", member(act, "time"));
    put_member(&w, "by", member(act, "by"));
    if (!list->put(act, &w)) {
        c->acts.size = place.start;
        c->left_out++;
        return;
    }
    json_object_end(&w);
    buf_push_byte(&c->acts, '\n');
    place.size = c->acts.size - place.start;
    buf_push(&c->places, bytes_of(&place, sizeof place));
}

/* --- asking for them --- */

static void type_take(struct calls *c, struct json type)
{
    struct bytes key;
    struct json value;
    struct json_writer w;
    json_writer_init(&w, &c->types, false);
    json_object_begin(&w);
    json_key(&w, "path");
    json_put_text(&w, TYPE_PATH);
    json_key(&w, "body");
    json_object_begin(&w);
    for (struct json_walk walk = json_members(type); json_member_next(&walk, &key, &value);) {
        if (bytes_equal(key, BYTES_LIT("number")) || json_is(value, JSON_NULL))
            continue; /* numbers are each workspace's own */
        json_key_bytes(&w, key);
        json_put(&w, value);
    }
    json_object_end(&w);
    json_object_end(&w);
    buf_push_byte(&c->types, '\n');
}

static int types_ask(struct errand *d, struct calls *c)
{
    struct json type;
    errand_path_text(d, IDENTITY_PATH "types");
    int code = errand_send(d, "GET");
    for (struct json_walk w = json_items(member(d->root, "types")); json_item_next(&w, &type);)
        type_take(c, type);
    return code;
}

static int acts_ask(struct errand *d, struct calls *c, const struct act_list *list)
{
    const char *before = NULL;
    do {
        struct json act;
        buf_clear(&d->path);
        errand_path_text(d, list->path);
        errand_path_value(d, "before", before);
        int code = errand_send(d, "GET");
        if (code != EXIT_DONE)
            return code;
        for (struct json_walk w = json_items(member(d->root, "acts")); json_item_next(&w, &act);)
            act_take(c, list, act);
        struct json next = member(d->root, "next");
        before = json_is(next, JSON_NUMBER) ? arena_text(d->arena, json_raw(next)) : NULL;
    } while (before != NULL);
    return EXIT_DONE;
}

/* --- writing --- */

static int by_position(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return (x->position > y->position) - (x->position < y->position);
}

static bool calls_write(const struct calls *c, FILE *file)
{
    size_t count = c->places.size / sizeof(struct place);
    struct place *places = calloc(count + 1, sizeof *places);
    bool good = places != NULL &&
                (c->types.size == 0 || fwrite(c->types.data, 1, c->types.size, file) == c->types.size);
    if (good && count > 0) {
        memcpy(places, c->places.data, c->places.size);
        qsort(places, count, sizeof *places, by_position);
    }
    for (size_t i = 0; i < count && good; i++)
        good = fwrite(c->acts.data + places[i].start, 1, places[i].size, file) == places[i].size;
    free(places);
    return good;
}

static int calls_save(const struct calls *c, const char *path)
{
    struct err e = {0};
    if (c->types.overflowed || c->acts.overflowed || c->places.overflowed)
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
                either("kith: %llu acts about people who were erased are left out\n",
                       "kith:%llu 个涉及已删除之人的操作未导出\n"),
                (unsigned long long)c->left_out);
    return EXIT_DONE;
}

int export_acts(struct errand *d, const char *out)
{
    static const struct act_list lists[] = {{IDENTITY_PATH "acts?limit=" PAGE, put_identity_act},
                                            {ORDERS_PATH "acts?limit=" PAGE, put_order_act}};
    struct calls c = {.left_out = 0};
    buf_init(&c.types, CALLS_BYTES_MAX);
    buf_init(&c.acts, CALLS_BYTES_MAX);
    buf_init(&c.places, CALLS_BYTES_MAX);
    int code = types_ask(d, &c);
    for (size_t i = 0; i < COUNT_OF(lists) && code == EXIT_DONE; i++)
        code = acts_ask(d, &c, &lists[i]);
    if (code == EXIT_DONE)
        code = calls_save(&c, out);
    buf_fini(&c.types);
    buf_fini(&c.acts);
    buf_fini(&c.places);
    return code;
}
