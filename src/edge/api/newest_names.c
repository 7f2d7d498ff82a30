#include "edge/api/newest_names.h"

#include <stdlib.h>

#include "domain/column/column.h"
#include "edge/api/study.h"
#include "edge/api/study_shelf.h"

#define SHELF_BYTES ((size_t)64 << 20) /* of one that no question has made yet */

struct newest_names {
    struct request *request;
    bool keeps_awake;
    struct study_shelf *shelf;
    struct column_view *view;
    struct name_book *book;
};

static struct study_shelves *shelves_of(const struct newest_names *n)
{
    return studies_shelves(door_studies(n->request->door));
}

/* On the engine's thread; runs again when something was cold. */
static void state_look(const struct view *v, void *context)
{
    struct newest_names *n = context;
    struct workspace *w = n->request->workspace;
    column_view_close(n->view);
    name_book_destroy(n->book);
    if (!n->keeps_awake)
        workspace_keep_awake(w);
    n->keeps_awake = true;
    if (n->shelf == NULL)
        n->shelf = study_shelf_take(shelves_of(n), w, SHELF_BYTES);
    n->book = study_shelf_names(n->shelf, v, NULL);
    n->view = column_view_open(v, workspace_surroundings(w));
    column_view_cancelled_by(n->view, studies_closing(door_studies(n->request->door)));
}

static void name_take(void *context, const struct column_name *name)
{
    struct newest_names *n = context;
    if (name->of != COLUMN_FIELD)
        name_book_property_add(n->book, name->of, name->name);
}

static fallible names_look(struct newest_names *n, struct err *e)
{
    TRY(host_read(request_host(n->request), n->request->workspace, state_look, n, e));
    n->book = name_book_over(n->book);
    return column_view_newest(n->view, study_shelf_columns(n->shelf), name_take, n, e);
}

fallible newest_names_open(struct request *r, struct newest_names **out_names, struct err *e)
{
    struct newest_names *n = calloc(1, sizeof *n);
    if (n == NULL)
        abort();
    n->request = r;
    struct status status = names_look(n, e);
    if (done(status))
        *out_names = n;
    else
        newest_names_close(n);
    return status;
}

const struct name_book *newest_names_book(const struct newest_names *n)
{
    return n->book;
}

void newest_names_close(struct newest_names *n)
{
    if (n == NULL)
        return;
    column_view_close(n->view);
    name_book_destroy(n->book);
    study_shelf_give(shelves_of(n), n->shelf);
    if (n->keeps_awake)
        workspace_let_sleep(n->request->workspace);
    free(n);
}
