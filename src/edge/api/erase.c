/* Erasing people: asked for, listed with how far it is, purged. */
#include <sodium.h>
#include <string.h>

#include "domain/column/column.h"
#include "domain/event/event.h"
#include "edge/api/api.h"
#include "edge/api/custody.h"
#include "edge/api/study.h"
#include "edge/api/study_shelf.h"

#define ERASURES_MAX 1000u

/* --- erase --- */

struct erase_request {
    struct person_ask ask;
    struct bytes reason;
    struct hash128 public_id;
    bool found;
};

static void erase_find(const struct view *v, void *context)
{
    struct request *r = context;
    struct erase_request *q = r->context;
    uint32_t person = person_asked(r, v, &q->ask);
    q->found = person != PERSON_NONE;
    if (q->found)
        q->public_id = identity_public_id(v, person);
}

static void erase_send(struct request *r)
{
    const struct erase_request *q = r->context;
    struct err e = {0};
    struct buf payload = arena_buf(request_arena(r), ERASE_PAYLOAD_BYTES_MAX);
    struct erase_ask ask = {.public_id = q->public_id, .by = bytes_of_text(r->token->name), .reason = q->reason};
    randombytes_buf(&ask.salt, sizeof ask.salt);
    if (!q->found) {
        request_problem(r, &problem_no_person);
        return;
    }
    struct status status = identity_erase_pack(&ask, &payload, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_command(r, COMMAND_ERASE, buf_bytes(&payload), request_answer);
}

void api_erase(struct request *r)
{
    static const struct body_member members[] = {{"reason", BODY_TEXT, true}};
    struct erase_request *q = ARENA_NEW(request_arena(r), struct erase_request);
    struct err e = {0};
    struct json_parser *p;
    struct json root;
    if (!body_read(r, BODY_MEMBERS(members), &p, &root))
        return;
    q->reason = arena_copy(request_arena(r), json_string(json_find(root, BYTES_LIT("reason"))));
    json_parser_destroy(p);
    r->context = q;
    struct status status = person_ask_read(r, r->parameters[0], &q->ask, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_read(r, erase_find, erase_send);
}

/* --- receipts --- */

/* What owned their events: hashes under the workspace's secret. */
static void put_keys(const struct erasure *x, struct json_writer *w)
{
    char key[PUBLIC_ID_TEXT_BYTES];
    json_key(w, "keys");
    json_array_begin(w);
    for (uint32_t i = 0; i < x->owner_count; i++)
        json_put_text(w, public_id_text(x->owners[i], key));
    json_array_end(w);
}

/* Files that were purged are removed, and no question holds one of them any more. */
static bool is_swept(const struct request *r, const struct view *v)
{
    return event_purge_is_swept(v) && column_purge_is_swept(v) &&
           study_shelves_tidy(studies_shelves(door_studies(r->door)), r->workspace, v);
}

/* How far it is: rows at once, then the events, then the log. */
static void put_erasure(struct request *r, const struct view *v, const struct erasure *x, bool is_purge_swept, struct json_writer *w)
{
    char id[PUBLIC_ID_TEXT_BYTES];
    bool is_rewritten = event_purged_until(v) > x->position && column_purged_until(v) > x->position;
    json_object_begin(w);
    member_uint(w, "position", x->position);
    member_time(w, "time", x->time_us);
    member_text(w, "person", public_id_text(x->public_id, id));
    json_key(w, "absorbed");
    json_array_begin(w);
    for (uint32_t i = 0; i < x->absorbed_count; i++)
        json_put_text(w, public_id_text(x->absorbed[i], id));
    json_array_end(w);
    if (http_query(r->x, "keys").size > 0)
        put_keys(x, w);
    member_bytes(w, "by", x->by);
    member_bytes(w, "reason", x->reason);
    member_bool(w, "rows_emptied", identity_erasure_is_settled(v, x->position));
    uint64_t last_position;
    bool is_kept_settled = custodies_put(v, x->position, w, &last_position);
    member_bool(w, "kept_settled", is_kept_settled);
    member_bool(w, "events_rewritten", is_rewritten);
    member_bool(w, "events_purged", is_rewritten && is_purge_swept);
    member_bool(w, "log_purged",
                is_kept_settled && log_first(engine_log(workspace_engine(r->workspace))) > last_position);
    json_object_end(w);
}

static void print_erasures(struct request *r, const struct view *v, struct json_writer *w)
{
    struct erasure x;
    uint64_t from = 0, count = 0;
    struct err ignored;
    bool is_purge_swept = is_swept(r, v);
    (void)query_number(r, "after", 0, UINT64_MAX, &from, &ignored).code; /* api_erasures has seen it */
    json_object_begin(w);
    json_key(w, "erasures");
    json_array_begin(w);
    for (; count < ERASURES_MAX && identity_erasure_next(v, from, v->arena, &x); from = x.position + 1, count++)
        put_erasure(r, v, &x, is_purge_swept, w);
    json_array_end(w);
    if (count == ERASURES_MAX)
        member_uint(w, "next", from);
    json_object_end(w);
}

void api_erasures(struct request *r)
{
    uint64_t from;
    struct err e = {0};
    struct status status = query_number(r, "after", 0, UINT64_MAX, &from, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_erasures);
}

/* --- purge --- */

static void purge_answer(struct request *r)
{
    struct engine_stats stats;
    engine_stats(workspace_engine(r->workspace), &stats);
    struct json_writer *w = request_object_begin(r);
    member_uint(w, "rounds_left", stats.purge_rounds);
    member_text(w, "trouble", stats.trouble);
    request_object_end(r, stats.purge_rounds == 0 ? 200 : 202);
}

static void purge_want(struct request *r)
{
    engine_purge_want(workspace_engine(r->workspace));
    purge_answer(r);
}

void api_purge(struct request *r)
{
    request_read(r, NULL, http_method(r->x) == HTTP_POST ? purge_want : purge_answer);
}
