/* Verbs about the properties of events: properties, property. */
#include "app/arguments.h"
#include "app/verbs/errand.h"

/* Who has just begun has none: they are learned when events go into column files. */
static void show_properties(struct json root, struct arena *a, FILE *out)
{
    struct json list = member(root, "properties");
    if (json_is(list, JSON_ARRAY) && json_count(list) == 0)
        (void)fputs(either("No properties yet: they are listed once their events have been put into column files, within an hour or as the setting "
                           "event.fold_seconds says. Questions may name them before.\n",
                           "还没有属性:事件归入列存文件后才会列出(一小时内,或由设置 event.fold_seconds 决定);提问时已可使用。\n"),
                    out);
    else
        show_json(root, a, out);
}

int verb_properties(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *event = argument_option(a, "event"), *limit = argument_option(a, "limit"),
               *after = argument_option(a, "after");
    if (!errand_ready(&d, true))
        return errand_end(&d, EXIT_USAGE);
    errand_path_text(&d, "/api/v1/properties");
    errand_path_value(&d, "event", event);
    errand_path_value(&d, "limit", limit);
    errand_path_value(&d, "after", after);
    return errand_end(&d, errand_run(&d, "GET", show_properties));
}

static void put_flag(struct errand *d, const char *key, bool flag)
{
    json_key(&d->writer, key);
    json_put_bool(&d->writer, flag);
}

/* What is said replaces what was said before: all of it. */
int verb_property(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    bool is_item = argument_flag(a, "item"), is_forbidden = argument_flag(a, "forbidden"),
         is_personal = argument_flag(a, "personal");
    const char *event = argument_option(a, "event"), *display = argument_option(a, "display"),
               *about = argument_option(a, "about"), *name = argument_next(a);
    if (!errand_ready(&d, name != NULL))
        return errand_end(&d, EXIT_USAGE);
    json_object_begin(&d.writer);
    errand_put_text(&d, "event", event);
    errand_put_text(&d, "of", is_item ? "item" : "property");
    errand_put_text(&d, "name", name);
    errand_put_text(&d, "display", display);
    errand_put_text(&d, "about", about);
    put_flag(&d, "forbidden", is_forbidden);
    put_flag(&d, "personal", is_personal);
    json_object_end(&d.writer);
    errand_path_text(&d, "/api/v1/properties");
    return errand_end(&d, errand_run(&d, "PUT", show_done));
}
