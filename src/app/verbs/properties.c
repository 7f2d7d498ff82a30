/* Verbs about the properties of events: properties, property. */
#include "app/arguments.h"
#include "app/verbs/errand.h"

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
    return errand_end(&d, errand_run(&d, "GET", show_json));
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
