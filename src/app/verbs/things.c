/* Verbs about things: get thing, put thing, list, kinds. */
#include <string.h>

#include "app/app.h"
#include "app/verbs/errand.h"
#include "app/words.h"
#include "lib/json.h"

#define COLUMNS_MAX 60u
#define PATH_SHOWN_MAX 16u

static bool is_true(struct json j, const char *name)
{
    return json_is(member(j, name), JSON_TRUE);
}

/* The label in the terminal's language, else the name. */
static struct bytes label_of(struct json j, const char *en, const char *zh, const char *name)
{
    struct bytes label = text_of(j, speaks_chinese() ? zh : en);
    return label.size > 0 ? label : text_of(j, name);
}

/* A text as it is, a list by its items, money with its currency, yes or no. */
static struct bytes value_text(struct json value, struct arena *a)
{
    struct json item;
    const char *all = "";
    if (json_is(value, JSON_STRING))
        return json_string(value);
    if (json_is(value, JSON_OBJECT)) {
        struct bytes amount = json_raw(member(value, "amount")), currency = text_of(value, "currency");
        return bytes_of_text(arena_printf(a, "%.*s %.*s", BYTES_ARG(amount), BYTES_ARG(currency)));
    }
    if (json_is(value, JSON_TRUE) || json_is(value, JSON_FALSE))
        return bytes_of_text(json_is(value, JSON_TRUE) ? either("yes", "是") : either("no", "否"));
    if (!json_is(value, JSON_ARRAY))
        return json_is(value, JSON_NULL) ? BYTES_LIT("–") : json_raw(value);
    for (struct json_walk w = json_items(value); json_item_next(&w, &item);) {
        struct bytes text = json_string(item);
        all = arena_printf(a, "%s%s%.*s", all, all[0] == 0 ? "" : ", ", BYTES_ARG(text));
    }
    return bytes_of_text(all);
}

static struct bytes typed_text(struct json attribute, struct json value, struct arena *a)
{
    bool is_time = bytes_equal(text_of(attribute, "type"), BYTES_LIT("time")) && json_is(value, JSON_STRING);
    return is_time ? short_time(value, a) : value_text(value, a);
}

/* --- get thing --- */

static struct bytes name_of(struct json thing)
{
    struct json attribute;
    for (struct json_walk w = json_items(member(thing, "attributes")); json_item_next(&w, &attribute);)
        if (bytes_equal(text_of(attribute, "name"), BYTES_LIT("name")))
            return text_of(attribute, "value");
    return BYTES_NONE;
}

/* "甲品牌 › 华东大区 › SH01": from the root on. */
static void show_path(struct json thing, FILE *out)
{
    struct json path[PATH_SHOWN_MAX], ancestor;
    size_t count = 0;
    struct bytes id = text_of(thing, "id");
    for (struct json_walk w = json_items(member(thing, "path"));
         count < PATH_SHOWN_MAX && json_item_next(&w, &ancestor);)
        path[count++] = ancestor;
    if (count == 0 && !is_true(thing, "path_forgotten"))
        return;
    fprintf(out, "  %s  %s", either("belongs to", "归属"), is_true(thing, "path_forgotten") ? "? › " : "");
    while (count-- > 0) {
        struct bytes name = text_of(path[count], "name");
        name = name.size > 0 ? name : text_of(path[count], "id");
        fprintf(out, "%.*s › ", BYTES_ARG(name));
    }
    fprintf(out, "%.*s\n", BYTES_ARG(id));
}

static void show_existence(struct json thing, struct arena *a, FILE *out)
{
    struct bytes since = short_time(member(thing, "since"), a), at = short_time(member(thing, "at"), a);
    if (at.size > 0)
        fprintf(out, "  %s %.*s\n", either("as of", "截至"), BYTES_ARG(at));
    if (is_true(thing, "exists_forgotten"))
        fprintf(out, "  %s\n", either("whether it existed then is forgotten", "当时是否存在已不可考"));
    else if (!is_true(thing, "exists"))
        fprintf(out, "  %s\n", at.size > 0 ? either("did not exist then", "当时不存在") : either("deleted", "已终止"));
    else
        fprintf(out, "  %s %.*s\n", either("since", "始于"), BYTES_ARG(since));
}

static void show_attributes(struct json thing, struct arena *a, FILE *out)
{
    struct grid g;
    struct json attribute;
    heading("Attributes", "属性", out);
    grid_init(&g, a, 3);
    g.indent = "    ";
    g.columns_max = COLUMNS_MAX;
    for (struct json_walk w = json_items(member(thing, "attributes")); json_item_next(&w, &attribute);) {
        bool forgotten = is_true(attribute, "forgotten");
        struct bytes value = forgotten ? bytes_of_text(either("? (forgotten)", "?(已不可考)"))
                                       : typed_text(attribute, member(attribute, "value"), a);
        grid_add(&g, (const struct bytes[]){label_of(attribute, "en", "zh", "name"), value,
                                            short_time(member(attribute, "since"), a)});
    }
    grid_print(&g, out);
}

static void history_rows(struct grid *g, struct bytes label, struct json attribute, struct json versions,
                         struct arena *a)
{
    struct json version;
    for (struct json_walk w = json_items(versions); json_item_next(&w, &version); label = BYTES_NONE) {
        struct json value = member(version, "value");
        struct bytes text = json_is(value, JSON_OBJECT) && text_of(value, "id").size > 0
                                ? text_of(value, "id")
                                : typed_text(attribute, value, a);
        grid_add(g, (const struct bytes[]){label, short_time(member(version, "time"), a), text});
    }
}

static void show_history(struct json thing, struct arena *a, FILE *out)
{
    struct grid g;
    struct json attribute, version;
    if (json_is(member(thing, "existence"), JSON_ABSENT))
        return;
    heading("History, newest first", "历史(新的在前)", out);
    grid_init(&g, a, 3);
    g.indent = "    ";
    g.columns_max = COLUMNS_MAX;
    for (struct json_walk w = json_items(member(thing, "attributes")); json_item_next(&w, &attribute);) {
        history_rows(&g, label_of(attribute, "en", "zh", "name"), attribute, member(attribute, "history"), a);
        if (is_true(attribute, "older_forgotten"))
            grid_add(&g, (const struct bytes[]){BYTES_NONE, BYTES_LIT("…"),
                                                bytes_of_text(either("older ones are forgotten", "更早的已不保留"))});
    }
    history_rows(&g, bytes_of_text(either("belongs to", "归属")), JSON_NOTHING, member(thing, "parents"), a);
    for (struct json_walk w = json_items(member(thing, "existence")); json_item_next(&w, &version);)
        if (!is_true(version, "value"))
            grid_add(&g, (const struct bytes[]){bytes_of_text(either("deleted", "终止")),
                                                short_time(member(version, "time"), a), BYTES_NONE});
    grid_print(&g, out);
}

static void show_thing(struct json thing, struct arena *a, FILE *out)
{
    struct bytes kind = label_of(thing, "kind_en", "kind_zh", "kind"), id = text_of(thing, "id"),
                 ns = text_of(thing, "ns"), name = name_of(thing);
    fprintf(out, "  %.*s  %.*s%s%.*s%s%.*s\n", BYTES_ARG(kind), BYTES_ARG(ns), ns.size > 0 ? " / " : "", BYTES_ARG(id),
            name.size > 0 ? "   " : "", BYTES_ARG(name));
    show_path(thing, out);
    show_existence(thing, a, out);
    if (json_count(member(thing, "attributes")) > 0)
        show_attributes(thing, a, out);
    show_history(thing, a, out);
}

/* "/api/v1/things/KIND/ID" */
static void path_of(struct errand *d, const char *kind, const char *id)
{
    errand_path_text(d, "/api/v1/things/");
    url_push(&d->path, bytes_of_text(kind));
    errand_path_text(d, "/");
    url_push(&d->path, bytes_of_text(id));
}

int get_thing(struct errand *d, struct arguments *a)
{
    const char *ns = argument_option(a, "ns"), *at = argument_option(a, "at");
    bool history = argument_flag(a, "history");
    const char *kind = argument_next(a), *id = argument_next(a);
    if (!errand_ready(d, id != NULL))
        return EXIT_USAGE;
    path_of(d, kind, id);
    errand_path_value(d, "ns", ns);
    errand_path_value(d, "at", at);
    errand_path_value(d, "history", history ? "1" : NULL);
    return errand_run(d, "GET", show_thing);
}

/* --- put thing --- */

static void put_parent(struct errand *d, const char *parent)
{
    if (parent == NULL)
        return;
    json_key(&d->writer, "parent");
    if (parent[0] == 0)
        json_put_null(&d->writer);
    else
        json_put_text(&d->writer, parent);
}

static int put_thing(struct errand *d, struct arguments *a)
{
    const char *ns = argument_option(a, "ns"), *time = argument_option(a, "time"),
               *parent = argument_option(a, "parent");
    bool deletes = argument_flag(a, "deleted"), lenient = argument_flag(a, "lenient");
    (void)argument_next(a); /* "thing" */
    const char *kind = argument_next(a), *id = argument_next(a);
    json_object_begin(&d->writer);
    if (!deletes)
        errand_put_text(d, "time", time);
    put_parent(d, parent);
    bool good = id != NULL && errand_put_attributes(d, a);
    json_object_end(&d->writer);
    if (!errand_ready(d, good))
        return EXIT_USAGE;
    path_of(d, kind, id);
    errand_path_value(d, "ns", ns);
    errand_path_value(d, deletes ? "time" : "lenient", deletes ? time : lenient ? "1" : NULL);
    if (deletes)
        buf_clear(&d->body);
    return errand_run(d, deletes ? "DELETE" : "PUT", show_done);
}

int verb_put(struct arguments *a)
{
    static const struct errand_word words[] = {{"thing", put_thing}};
    return errand_run_word(a, words, COUNT_OF(words));
}

/* --- list, kinds --- */

static void show_things(struct json root, struct arena *a, FILE *out)
{
    struct grid g;
    struct json thing, next = member(root, "next");
    if (json_count(member(root, "things")) == 0 && json_is(next, JSON_NULL)) {
        fprintf(out, "%s\n", either("There are none.", "没有符合条件的实体。"));
        return;
    }
    grid_init(&g, a, 4);
    g.headed = true;
    g.columns_max = COLUMNS_MAX;
    grid_add_texts(&g, (const char *const[]){either("kind", "种类"), either("id", "编号"), either("name", "名称"),
                                             either("belongs to", "归属")});
    for (struct json_walk w = json_items(member(root, "things")); json_item_next(&w, &thing);) {
        struct json parent = member(thing, "parent");
        struct bytes kind = text_of(parent, "kind"), of = text_of(parent, "id"), ns = text_of(thing, "ns"),
                     id = text_of(thing, "id");
        const char *belongs = of.size == 0 ? "" : arena_printf(a, "%.*s/%.*s", BYTES_ARG(kind), BYTES_ARG(of));
        const char *named = ns.size == 0 ? arena_text(a, id)
                                         : arena_printf(a, "%.*s / %.*s", BYTES_ARG(ns), BYTES_ARG(id));
        grid_add(&g, (const struct bytes[]){text_of(thing, "kind"), bytes_of_text(named), text_of(thing, "name"),
                                            bytes_of_text(belongs)});
    }
    grid_print(&g, out);
    show_next(root, "after", out);
}

int verb_list(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *under = argument_option(a, "under"), *ns = argument_option(a, "ns"),
               *where = argument_option(a, "where"), *limit = argument_option(a, "limit"),
               *after = argument_option(a, "after"), *at = argument_option(a, "at"), *kind = argument_next(a);
    const char *equals = where == NULL ? NULL : strchr(where, '=');
    if (!errand_ready(&d, kind != NULL && (where == NULL) == (equals == NULL)))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/things/");
    url_push(&d.path, bytes_of_text(kind));
    errand_path_value(&d, "under", under);
    errand_path_value(&d, "at", at);
    errand_path_value(&d, "ns", ns);
    errand_path_value(&d, "attribute",
                      where == NULL ? NULL : arena_printf(d.arena, "%.*s", (int)(equals - where), where));
    errand_path_value(&d, "value", where == NULL ? NULL : equals + 1);
    errand_path_value(&d, "limit", limit);
    errand_path_value(&d, "after", after);
    return errand_end(&d, errand_run(&d, "GET", show_things));
}

int verb_find_thing(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *kind = argument_option(a, "kind"), *limit = argument_option(a, "limit"),
               *after = argument_option(a, "after"), *q = argument_next(a);
    if (!errand_ready(&d, q != NULL))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/things");
    errand_path_value(&d, "q", q);
    errand_path_value(&d, "kind", kind);
    errand_path_value(&d, "limit", limit);
    errand_path_value(&d, "after", after);
    return errand_end(&d, errand_run(&d, "GET", show_things));
}

static struct bytes names_text(struct json list, const char *name, struct arena *a)
{
    struct json item;
    const char *all = "";
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        struct bytes text = name == NULL ? json_string(item) : text_of(item, name);
        all = arena_printf(a, "%s%s%.*s", all, all[0] == 0 ? "" : ", ", BYTES_ARG(text));
    }
    return bytes_of_text(all);
}

static void show_kinds(struct json root, struct arena *a, FILE *out)
{
    struct grid g;
    struct json kind;
    grid_init(&g, a, 4);
    g.headed = true;
    g.columns_max = COLUMNS_MAX;
    grid_add_texts(&g, (const char *const[]){either("kind", "种类"), "", either("belongs to", "可归属"),
                                             either("attributes", "属性")});
    for (struct json_walk w = json_items(member(root, "kinds")); json_item_next(&w, &kind);)
        grid_add(&g, (const struct bytes[]){text_of(kind, "name"), label_of(kind, "label_en", "label_zh", "name"),
                                            names_text(member(kind, "parents"), NULL, a),
                                            names_text(member(kind, "attributes"), "name", a)});
    grid_print(&g, out);
}

int verb_kinds(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    if (!errand_ready(&d, true))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/kinds");
    return errand_end(&d, errand_run(&d, "GET", show_kinds));
}
