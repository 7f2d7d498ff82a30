/* The properties that events were seen to have, and what an operator says of them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "domain/column/column.h"
#include "edge/api/api.h"
#include "edge/scope.h"

#define LIMIT_USUAL 200u
#define LIMIT_MAX 1000u

static const char *const of_names[COLUMN_OF_COUNT] = {[COLUMN_PROPERTY] = "property", [COLUMN_ITEM] = "item"};

struct properties_request {
    struct bytes event; /* only of this one; empty: of all */
    uint64_t limit;
    bool has_after;
    struct property after;
};

/* --- the list --- */

/* "104.1.0.0.amount", as `next` gave it: event, of, kind, list, name. */
static fallible after_read(struct request *r, struct properties_request *p, struct err *e)
{
    struct bytes text = http_query(r->x, "after");
    unsigned event = 0, of = 0, kind = 0, list = 0;
    int used = 0;
    if (text.size == 0)
        return DONE;
    if (sscanf((const char *)text.data, "%5u.%1u.%1u.%1u.%n", &event, &of, &kind, &list, &used) != 4 || used == 0 ||
        event > UINT16_MAX || of >= COLUMN_OF_COUNT || kind >= COLUMN_KIND_COUNT || (size_t)used >= text.size)
        return FAIL(e, INVALID, "after: want what 'next' gave");
    if (text.size - (size_t)used > COLUMN_PROPERTY_BYTES_MAX)
        return FAIL(e, INVALID, "after: want what 'next' gave");
    p->has_after = true;
    p->after = (struct property){.event = (uint16_t)event,
                                 .of = (enum column_of)of,
                                 .kind = (enum column_kind)kind,
                                 .is_list = list != 0,
                                 .name = bytes_slice(text, (size_t)used, text.size)};
    return DONE;
}

static void put_next(const struct property *p, struct json_writer *w)
{
    char text[32 + COLUMN_PROPERTY_BYTES_MAX];
    (void)snprintf(text, sizeof text, "%u.%u.%u.%u.%.*s", p->event, p->of, p->kind, p->is_list, BYTES_ARG(p->name));
    json_key(w, "next");
    json_put_text(w, text);
}

/* How often is nobody's who sees only some brands or a store. */
static bool sees_counts(const struct request *r)
{
    return !scope_is_limited(r->token) && !scope_names_store(r->token);
}

static void put_property(const struct request *r, const struct view *v, const struct property *p, struct json_writer *w)
{
    json_object_begin(w);
    member_name(w, "event", v, NAME_EVENT, p->event);
    member_text(w, "of", of_names[p->of]);
    member_bytes(w, "name", p->name);
    member_text(w, "kind", column_kind_names[p->kind]);
    member_bool(w, "is_list", p->is_list);
    if (sees_counts(r)) {
        member_uint(w, "count", p->count);
        member_time(w, "first", p->first_us);
        member_time(w, "last", p->last_us);
    }
    member_text_or_null(w, "display", p->display);
    member_text_or_null(w, "about", p->about);
    member_bool(w, "forbidden", p->is_forbidden);
    member_bool(w, "personal", p->is_personal);
    json_object_end(w);
}

static void print_properties(struct request *r, const struct view *v, struct json_writer *w)
{
    const struct properties_request *q = r->context;
    uint32_t event = q->event.size == 0 ? 0 : name_number(v, NAME_EVENT, q->event);
    struct property at = q->after, last = at;
    uint64_t shown = 0;
    if (q->event.size > 0 && !q->has_after) /* rows stand in order of their events */
        at = last = (struct property){.event = (uint16_t)event};
    bool more = property_next(v, q->has_after || q->event.size > 0 ? &at : NULL, &at);
    json_object_begin(w);
    json_key(w, "properties");
    json_array_begin(w);
    for (; more && shown < q->limit && (q->event.size == 0 || at.event == event); shown++) {
        put_property(r, v, &at, w);
        last = at;
        more = property_next(v, &last, &at);
    }
    json_array_end(w);
    if (more && shown == q->limit) {
        put_next(&last, w);
    } else {
        json_key(w, "next");
        json_put_null(w);
    }
    json_object_end(w);
}

void api_properties(struct request *r)
{
    struct properties_request *q = ARENA_NEW(request_arena(r), struct properties_request);
    struct err e = {0};
    *q = (struct properties_request){.event = http_query(r->x, "event")};
    r->context = q;
    struct status status = query_number(r, "limit", LIMIT_USUAL, LIMIT_MAX, &q->limit, &e);
    if (done(status))
        status = after_read(r, q, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_properties);
}

/* --- what is said of one --- */

struct property_put {
    struct property_words words;
    struct bytes event;
};

/* The name of an event becomes its number: one that no event had yet is none. */
static void event_look(const struct view *v, void *context)
{
    struct request *r = context;
    struct property_put *put = r->context;
    put->words.event = put->event.size == 0 ? 0 : (uint16_t)name_number(v, NAME_EVENT, put->event);
}

static void property_send(struct request *r)
{
    const struct property_put *put = r->context;
    struct buf payload;
    if (put->event.size > 0 && put->words.event == 0) {
        request_problem(r, &(struct problem){.status = 404,
                                             .slug = "no-such-event",
                                             .title = "There is no such event",
                                             .detail = "GET /api/v1/names?kind=event lists them."});
        return;
    }
    buf_init(&payload, PROPERTY_WORDS_BYTES_MAX);
    property_words_pack(&payload, &put->words);
    struct bytes packed = arena_copy(request_arena(r), buf_bytes(&payload));
    buf_fini(&payload);
    request_command(r, COMMAND_COLUMN_PROPERTY, packed, request_answer);
}

static struct bytes text_member(struct request *r, struct json root, const char *name)
{
    return arena_copy(request_arena(r), json_string(json_find(root, bytes_of_text(name))));
}

static fallible property_put_read(struct request *r, struct json root, struct property_put *out, struct err *e)
{
    struct bytes of = json_string(json_find(root, BYTES_LIT("of")));
    out->event = text_member(r, root, "event");
    out->words = (struct property_words){.of = COLUMN_PROPERTY,
                                         .name = text_member(r, root, "name"),
                                         .display = text_member(r, root, "display"),
                                         .about = text_member(r, root, "about")};
    if (bytes_equal(of, BYTES_LIT("item")))
        out->words.of = COLUMN_ITEM;
    else if (of.size > 0 && !bytes_equal(of, BYTES_LIT("property")))
        return FAIL(e, INVALID, "of: want property or item");
    (void)json_bool(json_find(root, BYTES_LIT("forbidden")), &out->words.is_forbidden);
    (void)json_bool(json_find(root, BYTES_LIT("personal")), &out->words.is_personal);
    if (out->words.name.size == 0 || out->words.name.size > COLUMN_PROPERTY_BYTES_MAX)
        return FAIL(e, INVALID, "name: want 1 to %u bytes", COLUMN_PROPERTY_BYTES_MAX);
    if (out->words.display.size > PROPERTY_DISPLAY_BYTES_MAX)
        return FAIL(e, INVALID, "display: want a text of at most %u bytes", PROPERTY_DISPLAY_BYTES_MAX);
    if (out->words.about.size > PROPERTY_ABOUT_BYTES_MAX)
        return FAIL(e, INVALID, "about: want a text of at most %u bytes", PROPERTY_ABOUT_BYTES_MAX);
    return DONE;
}

void api_property_put(struct request *r)
{
    static const struct body_member members[] = {
        {"event", BODY_TEXT, true},     {"of", BODY_TEXT, false},   {"name", BODY_TEXT, false},
        {"display", BODY_TEXT, true},   {"about", BODY_TEXT, true}, {"forbidden", BODY_BOOL, false},
        {"personal", BODY_BOOL, false},
    };
    struct property_put *put = ARENA_NEW(request_arena(r), struct property_put);
    struct json_parser *p;
    struct json root;
    struct err e = {0};
    if (!body_read(r, BODY_MEMBERS(members), &p, &root))
        return;
    struct status status = property_put_read(r, root, put, &e);
    json_parser_destroy(p);
    r->context = put;
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_read(r, event_look, property_send);
}
