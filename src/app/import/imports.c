/* `kith imports`: which files were imported, or how much of one. */
#include <inttypes.h>
#include <stdio.h>

#include "app/arguments.h"
#include "app/import/import.h"
#include "app/import/input.h"
#include "app/import/reasons.h"
#include "app/verbs/errand.h"

static void show_imports(struct json root, struct arena *a, FILE *out)
{
    if (json_count(member(root, "imports")) == 0)
        fprintf(out, "%s\n", either("No line of it became an event.", "没有任何一行成为事件。"));
    else
        show_json(root, a, out);
}

static int imports_ask(struct errand *d, const char *path, const char *limit, const char *after)
{
    struct err e = {0};
    struct input_file file = {0};
    struct status status = path == NULL ? DONE : input_file_read(path, &file, &e);
    if (failed(status))
        return say_failure(status, &e);
    errand_path_text(d, "/api/v1/imports");
    if (path != NULL)
        errand_path_value(d, "file",
                          arena_printf(d->arena, "%016" PRIx64 "%016" PRIx64, file.digest.high, file.digest.low));
    errand_path_value(d, "limit", limit);
    errand_path_value(d, "after", after);
    return errand_run(d, "GET", show_imports);
}

int verb_imports(struct arguments *a)
{
    struct errand d;
    errand_begin(&d, a);
    const char *limit = argument_option(a, "limit"), *after = argument_option(a, "after"), *path = argument_next(a);
    if (!errand_ready(&d, true))
        return errand_end(&d, EXIT_USAGE);
    return errand_end(&d, imports_ask(&d, path, limit, after));
}
