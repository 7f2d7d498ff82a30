#include "app/verbs/listings.h"

#include <string.h>

#include "app/app.h"
#include "app/arguments.h"
#include "app/import/import.h"
#include "app/verbs/putting.h"
#include "app/words.h"

#define MAP_BYTES_MAX 8192u
#define ACTS_COLUMNS 7u

/* --- one person --- */

int listing_put(struct errand *d, struct arguments *a, const char *kind, bool is_off)
{
    static const char *const names[] = {"until", "time", "reason", "by"};
    const char *options[COUNT_OF(names)];
    for (size_t i = 0; i < COUNT_OF(names); i++)
        options[i] = argument_option(a, names[i]);
    (void)argument_next(a); /* "set", "add" … */
    const char *name = argument_next(a), *who = argument_next(a), *value = is_off ? NULL : argument_next(a);
    json_object_begin(&d->writer);
    errand_put_text(d, "act", is_off ? "unset" : "set");
    errand_put_text(d, kind, name);
    errand_put_text(d, "value", value);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        errand_put_text(d, names[i], options[i]);
    json_object_end(&d->writer);
    if (!errand_ready(d, who != NULL))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/people/");
    url_push(&d->path, bytes_of_text(who));
    errand_path_text(d, "/listings");
    return errand_run(d, "POST", show_done);
}

static struct bytes by_text(struct json by, struct arena *a)
{
    struct bytes kind = text_of(by, "kind"), name = text_of(by, "name");
    bool is_staff = bytes_equal(kind, BYTES_LIT("staff"));
    return kind.size == 0
               ? BYTES_NONE
               : bytes_of_text(arena_printf(a, "%s %.*s", is_staff ? either("staff", "员工") : either("token", "令牌"),
                                            BYTES_ARG(name)));
}

static struct bytes until_text(struct json act, struct arena *a)
{
    struct bytes until = short_time(member(act, "until"), a);
    return until.size == 0 ? BYTES_NONE
                           : bytes_of_text(arena_printf(a, either("until %.*s", "至 %.*s"), BYTES_ARG(until)));
}

static void act_row(struct grid *g, struct json listing, struct json act, bool is_first, struct arena *a)
{
    struct json value = member(act, "value");
    bool is_off = bytes_equal(text_of(act, "act"), BYTES_LIT("unset")),
         holds = json_is(member(listing, "holds"), JSON_TRUE);
    struct bytes label = text_of(listing, speaks_chinese() ? "label_zh" : "label_en");
    struct bytes name = text_of(listing, "name");
    const char *title = arena_printf(a, "%s %.*s%s%.*s", holds ? "●" : "○", BYTES_ARG(name), label.size > 0 ? "  " : "",
                                     BYTES_ARG(label));
    grid_add(g, (const struct bytes[]){is_first ? bytes_of_text(title) : BYTES_NONE,
                                       bytes_of_text(is_off ? either("taken off", "移除") : either("set", "登记")),
                                       json_is(value, JSON_STRING) ? json_string(value) : json_raw(value),
                                       short_time(member(act, "time"), a), until_text(act, a),
                                       by_text(member(act, "by"), a), text_of(act, "reason")});
}

static void show_acts(struct json root, struct arena *a, FILE *out)
{
    struct json listing, act;
    struct grid g;
    if (json_count(member(root, "listings")) == 0) {
        fprintf(out, "%s\n", either("Nothing was decided by hand.", "没有人工登记。"));
        return;
    }
    grid_init(&g, a, ACTS_COLUMNS);
    for (struct json_walk w = json_items(member(root, "listings")); json_item_next(&w, &listing);) {
        bool is_first = true;
        for (struct json_walk x = json_items(member(listing, "acts")); json_item_next(&x, &act); is_first = false)
            act_row(&g, listing, act, is_first, a);
    }
    grid_print(&g, out);
}

int listing_acts(struct errand *d, struct arguments *a)
{
    (void)argument_next(a); /* "acts" */
    const char *who = argument_next(a);
    if (!errand_ready(d, who != NULL))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/people/");
    url_push(&d->path, bytes_of_text(who));
    errand_path_text(d, "/listings");
    return errand_run(d, "GET", show_acts);
}

/* --- a file --- */

int listing_put_file(struct errand *d, struct arguments *a)
{
    return putting_errand(d, a, "/api/v1/listings");
}

/* "phone:手机号", "openid:wx1=openid": a type, perhaps its namespace, and the column in which it stands. Without a column the file has one, and no line that names it. */
struct identifier_column {
    struct bytes type, ns, column;
};

static struct identifier_column column_read(const char *text)
{
    struct identifier_column c = {.type = bytes_of(text, strcspn(text, ":"))};
    const char *rest = text + c.type.size + (text[c.type.size] == ':');
    const char *equals = strchr(rest, '=');
    if (equals != NULL)
        c.ns = bytes_of(rest, (size_t)(equals - rest));
    c.column = bytes_of_text(equals == NULL ? rest : equals + 1);
    return c;
}

static void put_column(struct json_writer *w, const char *key, struct bytes column, struct arena *a)
{
    json_key(w, key);
    json_put_text(w, arena_printf(a, "${%.*s}", BYTES_ARG(column)));
}

static void put_words(struct json_writer *w, const char *key, const char *text)
{
    if (text == NULL)
        return;
    json_key(w, key);
    json_put_text(w, text);
}

struct file_options {
    const char *id, *value, *until, *reason, *rejects;
    bool is_off;
};

/* The map of such a file, as one could write it by hand (docs/guide/import.md). */
static struct bytes map_write(const char *kind, const char *name, const struct file_options *o, struct arena *a)
{
    struct json_writer w;
    struct buf map = arena_buf(a, MAP_BYTES_MAX);
    struct identifier_column id = column_read(o->id == NULL ? "phone" : o->id);
    bool is_plain = id.column.size == 0;
    json_writer_init(&w, &map, false);
    json_object_begin(&w);
    if (is_plain) {
        id.column = BYTES_LIT("id");
        json_key(&w, "columns");
        json_array_begin(&w);
        json_put_string(&w, id.column);
        json_array_end(&w);
    }
    json_key(&w, "listing");
    json_object_begin(&w);
    json_key(&w, "person");
    json_object_begin(&w);
    json_key(&w, "type");
    json_put_string(&w, id.type);
    if (id.ns.size > 0) {
        json_key(&w, "ns");
        json_put_string(&w, id.ns);
    }
    put_column(&w, "value", id.column, a);
    json_object_end(&w);
    put_words(&w, "act", o->is_off ? "unset" : "set");
    put_words(&w, kind, name);
    if (o->value != NULL)
        put_column(&w, "value", bytes_of_text(o->value), a);
    put_words(&w, "until", o->until);
    put_words(&w, "reason", o->reason);
    json_object_end(&w);
    json_object_end(&w);
    return buf_bytes(&map);
}

int listing_import(struct errand *d, struct arguments *a, const char *kind)
{
    struct err e = {0};
    const struct file_options o = {.id = argument_option(a, "id"),
                                   .value = argument_option(a, "value"),
                                   .until = argument_option(a, "until"),
                                   .reason = argument_option(a, "reason"),
                                   .rejects = argument_option(a, "rejects"),
                                   .is_off = argument_flag(a, "unset")};
    (void)argument_next(a); /* "import" */
    const char *name = argument_next(a), *path = argument_next(a);
    if (!errand_ready(d, path != NULL))
        return EXIT_USAGE;
    struct status status = client_of_arguments(a, &d->client, &e);
    if (failed(status))
        return say_failure(status, &e);
    struct import_options import = {
        .client = d->client, .path = path, .map_text = map_write(kind, name, &o, d->arena), .rejects = o.rejects};
    return import_run(&import, d->json);
}

/* --- a snapshot --- */

static void show_frozen(struct json root, struct arena *a, FILE *out)
{
    char text[GROUPED_BYTES];
    (void)a;
    fprintf(out, either("A snapshot of %s people. They are put on the list now.\n", "快照共 %s 人,正在放入名单。\n"),
            grouped(number_in(member(root, "result"), "people"), text));
}

int listing_freeze(struct errand *d, struct arguments *a, const char *path)
{
    static const struct {
        const char *option, *member;
    } said[] = {{"label-zh", "label_zh"}, {"label-en", "label_en"}, {"owner", "owner"}, {"description", "description"},
                {"brand", "brand"},       {"category", "category"}, {"until", "until"}, {"value", "value"}};
    json_object_begin(&d->writer);
    for (size_t i = 0; i < COUNT_OF(said); i++)
        errand_put_text(d, said[i].member, argument_option(a, said[i].option));
    (void)argument_next(a); /* "freeze" */
    const char *source = argument_next(a), *name = argument_next(a);
    errand_put_text(d, "name", name);
    json_object_end(&d->writer);
    if (!errand_ready(d, name != NULL))
        return EXIT_USAGE;
    errand_path_text(d, path);
    errand_path_text(d, "/");
    url_push(&d->path, bytes_of_text(source));
    errand_path_text(d, "/freeze");
    return errand_run(d, "POST", show_frozen);
}
