/* Consumers of changes: made, moved, told how far behind they are, ended. */
#include "domain/change/change.h"
#include "edge/api/api.h"

#define ASK_BYTES_MAX 512u

static void put_consumer(const struct view *v, const struct consumer *c, struct json_writer *w)
{
    char cursor[CHANGE_CURSOR_TEXT_BYTES];
    struct consumer_lag lag = consumer_lag(v, c);
    json_object_begin(w);
    member_bytes(w, "name", c->name);
    member_text(w, "acknowledged", change_cursor_text(c->acknowledged, cursor));
    member_time(w, "time", c->time_us);
    member_bytes(w, "by", c->by);
    member_uint(w, "lag", lag.changes);
    member_uint(w, "lost", lag.lost);
    json_object_end(w);
}

static void print_consumers(struct request *r, const struct view *v, struct json_writer *w)
{
    struct consumer c;
    struct changes_span span = {0};
    char cursor[CHANGE_CURSOR_TEXT_BYTES];
    bool are_kept = changes_span(v, &span);
    (void)r;
    json_object_begin(w);
    json_key(w, "consumers");
    json_array_begin(w);
    for (struct bytes after = BYTES_NONE; consumer_next(v, after, &c); after = c.name)
        put_consumer(v, &c, w);
    json_array_end(w);
    member_uint(w, "kept", are_kept ? span.kept : 0);
    member_text(w, "start", are_kept ? change_cursor_text(span.begin, cursor) : NULL);
    json_object_end(w);
}

void api_consumers(struct request *r)
{
    request_print(r, print_consumers);
}

static fallible from_read(struct bytes from, struct consumer_ask *ask, struct err *e)
{
    if (bytes_equal(from, BYTES_LIT("start")))
        ask->act = CONSUMER_FROM_START;
    else if (bytes_equal(from, BYTES_LIT("now")))
        ask->act = CONSUMER_FROM_NOW;
    else if (change_cursor_read(from, &ask->cursor))
        ask->act = CONSUMER_FROM_CURSOR;
    else
        return FAIL(e, INVALID, "from: want the cursor of a change, start or now");
    return DONE;
}

/* How far it has come is for whoever may read; that changes are kept at all, for an admin to say. */
static fallible ask_read(const struct request *r, struct json root, struct consumer_ask *ask, struct err *e)
{
    struct bytes acknowledged = json_string(json_find(root, BYTES_LIT("acknowledged")));
    struct bytes from = json_string(json_find(root, BYTES_LIT("from")));
    if ((acknowledged.size > 0) == (from.size > 0))
        return FAIL(e, INVALID, "say either acknowledged, with the cursor of a change, or from");
    if (from.size > 0 && !request_may(r, ROLE_ADMIN))
        return FAIL(e, DENIED, "from needs the role admin");
    if (from.size > 0)
        return from_read(from, ask, e);
    ask->act = CONSUMER_ACKNOWLEDGES;
    return change_cursor_read(acknowledged, &ask->cursor)
               ? DONE
               : FAIL(e, INVALID, "acknowledged: want the cursor of a change");
}

void api_consumer_put(struct request *r)
{
    static const struct body_member members[] = {{"acknowledged", BODY_TEXT, false}, {"from", BODY_TEXT, false}};
    struct consumer_ask ask = {.name = r->parameters[0], .by = bytes_of_text(r->token->name)};
    struct buf payload = arena_buf(request_arena(r), ASK_BYTES_MAX);
    struct json_parser *p;
    struct json root;
    struct err e = {0};
    if (!body_read(r, BODY_MEMBERS(members), &p, &root))
        return;
    struct status status = ask_read(r, root, &ask, &e);
    json_parser_destroy(p);
    consumer_ask_pack(&ask, &payload);
    if (done(status) && payload.overflowed)
        status = FAIL(&e, INVALID, "a consumer's name has at most %u bytes", CONSUMER_NAME_BYTES_MAX);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_command(r, COMMAND_CONSUMER, buf_bytes(&payload), request_answer);
}

void api_consumer_end(struct request *r)
{
    request_command(r, COMMAND_CONSUMER_END, r->parameters[0], request_answer);
}
