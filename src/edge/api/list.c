#include "edge/api/list.h"

#include "edge/api/api.h"

#define PAGE_PEOPLE_MAX 200u /* a reader may touch STEP_PEOPLE_MAX; the rest is for what the items' people lead to */
#define PAGE_ITEMS_LOOKED_MAX 5000u /* those hidden by a scope, too, so that no page keeps the engine for long */

struct list_request {
    const struct list_kind *kind;
    void *own;
    uint64_t limit;
    struct hash128 from;
    uint64_t shown; /* items of the page */
};

void *list_own(const struct request *r)
{
    const struct list_request *l = r->context;
    return l->own;
}

static void put_next(const struct list_kind *kind, bool more, struct hash128 key, struct json_writer *w)
{
    char text[PUBLIC_ID_TEXT_BYTES];
    json_key(w, "next");
    if (!more)
        json_put_null(w);
    else if (kind->cursor_kind == CURSOR_NUMBER)
        json_put_uint64(w, key.low);
    else
        json_put_text(w, public_id_text(key, text));
}

static void print_list(struct request *r, const struct view *v, struct json_writer *w)
{
    struct list_request *l = r->context;
    const struct list_kind *kind = l->kind;
    struct hash128 at = l->from;
    struct list_item item = {.people_max = 0};
    uint64_t shown = 0, looked = 0, people = 0;
    json_object_begin(w);
    if (kind->head != NULL)
        kind->head(r, w);
    json_key(w, kind->name);
    json_array_begin(w);
    bool more = kind->next(r, v, at, &item);
    for (; more && shown < l->limit && looked < PAGE_ITEMS_LOOKED_MAX; looked++) {
        people += item.people_max;
        if (looked > 0 && people > PAGE_PEOPLE_MAX)
            break;
        if (kind->is_seen == NULL || kind->is_seen(r, v, &item)) {
            json_object_begin(w);
            kind->put(r, v, &item, w);
            json_object_end(w);
            shown++;
        }
        at = item.key;
        more = kind->next(r, v, at, &item);
    }
    json_array_end(w);
    put_next(kind, more, at, w);
    json_object_end(w);
    l->shown = shown;
}

static void list_printed(struct request *r)
{
    const struct list_request *l = r->context;
    if (l->kind->is_personal && l->shown > 0)
        request_note_read(r, r->route->path, PERSON_NONE);
    request_printed(r);
}

static fallible from_read(struct request *r, struct list_request *l, struct err *e)
{
    const struct list_kind *kind = l->kind;
    struct bytes text = http_query(r->x, kind->cursor);
    if (kind->cursor_kind == CURSOR_NUMBER)
        return query_number(r, kind->cursor, kind->from, UINT64_MAX, &l->from.low, e);
    if (text.size > 0 && !public_id_read(text, &l->from))
        return FAIL(e, INVALID, "%s: want what 'next' gave", kind->cursor);
    return DONE;
}

void list_answer(struct request *r, const struct list_kind *kind, void *own)
{
    struct list_request *l = ARENA_NEW(request_arena(r), struct list_request);
    struct err e = {0};
    *l = (struct list_request){.kind = kind, .own = own};
    r->context = l;
    struct status status = query_number(r, "limit", kind->usual, kind->most, &l->limit, &e);
    if (done(status))
        status = from_read(r, l, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print_then(r, print_list, list_printed);
}
