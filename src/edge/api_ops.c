/* For whoever runs Kith: is it alive, does it take events, how much is there. */
#include <inttypes.h>
#include <stdio.h>

#include "base/time.h"
#include "domain/event/event.h"
#include "edge/api.h"
#include "edge/scope.h"

void api_health(struct request *r)
{
    struct json_writer *w = request_object_begin(r);
    member_text(w, "status", "alive");
    member_text(w, "version", door_options_of(r->door)->version);
    request_object_end(r, 200);
}

/* --- ready --- */

/* Why events would be turned away now; NULL: they wouldn't. Engine's thread. */
static const char *not_ready(const struct request *r)
{
    struct host *h = request_host(r);
    struct host_stats host;
    host_stats(h, &host);
    if (host.clock_held)
        return "The clock jumped by more than a minute: set it right, or confirm it.";
    for (size_t i = 0; i < host_workspace_count(h); i++) {
        const struct engine *g = workspace_engine(host_workspace_at(h, i));
        struct engine_stats stats;
        if (g == NULL)
            continue; /* asleep: it wakes with the first request */
        engine_stats(g, &stats);
        if (!stats.accepting)
            return "The disk is nearly full: make room; reading goes on.";
    }
    return NULL;
}

static void refuse_ready(struct request *r, const char *why)
{
    request_problem(r, &(struct problem){.status = 503, .slug = "not-ready", .title = "Not ready", .detail = why, .retry_seconds = 1});
}

static void ready_answer(struct request *r)
{
    const char *why = not_ready(r);
    if (why != NULL) {
        refuse_ready(r, why);
        return;
    }
    static const char ready[] = "{\"status\":\"ready\"}";
    request_reply(r, &(struct http_reply){.status = 200,
                                          .content_type = "application/json",
                                          .body = bytes_of(ready, sizeof ready - 1),
                                          .body_kind = HTTP_BODY_STAYS});
}

/* By way of the engine's thread, to see that it turns; no workspace is woken. */
void api_ready(struct request *r)
{
    if (host_workspace_count(request_host(r)) == 0)
        refuse_ready(r, "There is no workspace: `kith init` makes one.");
    else
        request_visit(r, ready_answer);
}

/* --- stats --- */

static void put_event_counts(const struct view *v, struct json_writer *w)
{
    json_key(w, "events_by_name");
    json_array_begin(w);
    for (uint32_t event = name_next(v, NAME_EVENT, 0); event != 0; event = name_next(v, NAME_EVENT, event)) {
        uint64_t count = event_count_named(v, event);
        const struct standard_event *standard = standard_event_numbered(event);
        if (count == 0)
            continue;
        json_object_begin(w);
        member_name(w, "event", v, NAME_EVENT, event);
        member_text(w, "en", standard == NULL ? NULL : standard->en);
        member_text(w, "zh", standard == NULL ? NULL : standard->zh);
        member_uint(w, "count", count);
        json_object_end(w);
    }
    json_array_end(w);
}

static uint64_t put_refusals(const struct engine *g, struct json_writer *w)
{
    const struct refusal_count *rows;
    size_t count = engine_refusals(g, &rows);
    uint64_t duplicates = 0;
    json_key(w, "refusals");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        duplicates += rows[i].refusal == &collect_duplicate ? rows[i].count : 0;
        json_object_begin(w);
        member_text(w, "command", rows[i].command->name);
        member_text(w, "refusal", rows[i].refusal->name);
        member_uint(w, "count", rows[i].count);
        json_object_end(w);
    }
    json_array_end(w);
    return duplicates;
}

static void put_rows(const struct engine *g, const struct engine_stats *stats, struct json_writer *w)
{
    size_t count;
    const struct family *const *families = registry_families(engine_registry(g), &count);
    json_key(w, "rows");
    json_object_begin(w);
    for (size_t i = 0; i < count; i++)
        member_uint(w, families[i]->name, stats->rows.rows[families[i]->id]);
    json_object_end(w);
}

static void put_engine(struct engine *g, struct json_writer *w)
{
    struct engine_stats stats;
    char digest[PUBLIC_ID_TEXT_BYTES];
    engine_stats(g, &stats);
    member_uint(w, "position", stats.position);
    member_time(w, "log_time", stats.time_us);
    member_uint(w, "log_bytes", log_end(engine_log(g)) - log_first(engine_log(g)));
    member_uint(w, "checkpoint_position", stats.checkpoint_position);
    member_uint(w, "commands", stats.commands);
    member_uint(w, "replayed", stats.replayed);
    member_uint(w, "refused", stats.refused);
    uint64_t duplicates = put_refusals(g, w);
    member_uint(w, "duplicates", duplicates);
    member_uint(w, "waiting", stats.waiting);
    member_uint(w, "memory_bytes", stats.rows.bytes);
    member_uint(w, "cold_rows", stats.rows.cold_rows);
    member_text(w, "digest", public_id_text(stats.digest, digest));
    member_bool(w, "accepting", stats.accepting);
    member_text(w, "trouble", stats.trouble);
    put_rows(g, &stats, w);
}

static void put_brands(const struct token *t, struct json_writer *w)
{
    json_key(w, "brands");
    json_array_begin(w);
    for (uint32_t i = 0; i < t->brand_count; i++)
        json_put_text(w, t->brands[i]);
    json_array_end(w);
}

/* No figure of a workspace is kept by brand, and sums over all brands tell of the others: who is limited gets none. */
static void print_stats(struct request *r, const struct view *v, struct json_writer *w)
{
    json_object_begin(w);
    member_text(w, "workspace", workspace_name(r->workspace));
    member_text(w, "version", door_options_of(r->door)->version);
    if (scope_is_limited(r->token)) {
        put_brands(r->token, w);
        json_object_end(w);
        return;
    }
    member_uint(w, "people", identity_people(v));
    member_uint(w, "identifiers", identity_identifiers(v));
    member_uint(w, "merges", identity_merges(v));
    member_uint(w, "events", event_count(v));
    member_uint(w, "folded_until", event_folded_until(v));
    member_uint(w, "dedup_horizon_seconds", (uint64_t)(collect_horizon_us(v) / US_PER_SECOND));
    member_bool(w, "dedup_horizon_short", collect_horizon_is_short(v));
    put_event_counts(v, w);
    put_engine(workspace_engine(r->workspace), w);
    json_object_end(w);
}

void api_stats(struct request *r)
{
    request_print(r, print_stats);
}

/* --- checkpoint --- */

struct checkpoint_request {
    uint64_t wanted; /* it is to reach here; 0: only how things stand is asked for */
};

static void checkpoint_answer(struct request *r)
{
    const struct checkpoint_request *c = r->context;
    struct engine_stats stats;
    engine_stats(workspace_engine(r->workspace), &stats);
    bool reached = stats.checkpoint_position >= c->wanted;
    struct json_writer *w = request_object_begin(r);
    if (c->wanted != 0)
        member_uint(w, "wanted", c->wanted);
    member_uint(w, "position", stats.checkpoint_position);
    if (stats.checkpoint_position != 0)
        member_time(w, "time", stats.checkpoint_time_us);
    member_uint(w, "behind_bytes", stats.position - stats.checkpoint_position);
    member_uint(w, "failed", stats.checkpoints_failed);
    member_text(w, "trouble", stats.trouble);
    request_object_end(r, reached ? 200 : 202);
}

static void checkpoint_want(struct request *r)
{
    struct checkpoint_request *c = r->context;
    c->wanted = engine_checkpoint_want(workspace_engine(r->workspace));
    checkpoint_answer(r);
}

void api_checkpoint(struct request *r)
{
    r->context = ARENA_NEW(request_arena(r), struct checkpoint_request);
    request_read(r, NULL, http_method(r->x) == HTTP_POST ? checkpoint_want : checkpoint_answer);
}
