/* For whoever runs Kith: is it alive, does it take events, how much is there. */
#include <inttypes.h>
#include <stdio.h>

#include "base/time.h"
#include "domain/change/change.h"
#include "domain/event/event.h"
#include "domain/relation/relation.h"
#include "edge/api/api.h"
#include "edge/scope.h"

#define BRANDS_TOLD_MAX 256u /* of one answer: each costs a look at the newest events */

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

/* --- what rings --- */

static void print_alarms(struct request *r, const struct view *v, struct json_writer *w)
{
    struct ringing ringing[ALARMS_MAX];
    size_t count = workspace_ringing(r->workspace, v, ringing);
    json_object_begin(w);
    json_key(w, "alarms");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(w);
        member_text(w, "alarm", ringing[i].alarm->name);
        member_text(w, "en", ringing[i].alarm->begun);
        member_text(w, "zh", ringing[i].alarm->begun_zh);
        member_time(w, "since", ringing[i].since_us);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

void api_alarms(struct request *r)
{
    request_print(r, print_alarms);
}

/* --- figures, cut to what a token may see --- */

/* Those that are one number. */
static const struct {
    const char *name;
    uint64_t (*read)(const struct view *v);
    bool of_events;
} figures[] = {
    {"people", identity_people, false},
    {"identifiers", identity_identifiers, false},
    {"merges", identity_merges, false},
    {"events", event_count, true},
    {"folded_until", event_folded_until, true},
};

static const char *const names_of_engine[] = {"position",  "log_time", "log_bytes", "checkpoint_position", "commands", "replayed",
                                              "refused",   "refusals", "duplicates", "waiting",            "memory_bytes", "cold_rows",
                                              "digest",    "accepting", "trouble",   "rows",               "dedup_horizon_seconds",
                                              "dedup_horizon_short", "consumers", "consumer_lag"};

/* Adds up over all brands, or over those of a token: how many people they are together can't be told, for one person may be
 * known to several. */
static bool may_have_figure(const struct token *t, size_t at)
{
    return !scope_is_limited(t) && !(figures[at].of_events && scope_names_store(t));
}

static bool may_have_engine(const struct token *t)
{
    return !scope_is_limited(t) && !scope_names_store(t);
}

/* How many own customers a guide has: those of some brands can't be counted without a look at each. */
static bool may_have_customers(const struct token *t)
{
    return scope_names_guide(t) && !scope_names_brands(t);
}

static uint64_t customers_count(const struct token *t, const struct view *v)
{
    struct thing_ref guide = {.kind = BYTES_LIT("staff"), .id = bytes_of_text(t->guide)};
    return relation_people_count(v, relation_type_numbered(v, RELATION_OWNED_BY), &guide);
}

static bool may_have_counts(const struct token *t)
{
    return !scope_names_guide(t);
}

static void put_figures(struct request *r, const struct view *v, struct json_writer *w)
{
    for (size_t i = 0; i < COUNT_OF(figures); i++)
        if (may_have_figure(r->token, i))
            member_uint(w, figures[i].name, figures[i].read(v));
    if (may_have_customers(r->token))
        member_uint(w, "own_customers_count", customers_count(r->token, v));
}

static void put_left_out(const struct token *t, struct json_writer *w)
{
    json_key(w, "left_out");
    json_array_begin(w);
    for (size_t i = 0; i < COUNT_OF(figures); i++)
        if (!may_have_figure(t, i))
            json_put_text(w, figures[i].name);
    if (!may_have_counts(t)) {
        json_put_text(w, "by_brand");
        json_put_text(w, "by_brand_more");
    }
    if (scope_names_store(t) || !may_have_counts(t))
        json_put_text(w, "events_by_name");
    for (size_t i = 0; i < COUNT_OF(names_of_engine); i++)
        json_put_text(w, names_of_engine[i]);
    json_array_end(w);
}

static void put_brand(const struct request *r, const struct view *v, uint32_t brand, struct json_writer *w)
{
    uint64_t people = identity_people_known_to(v, brand), events = event_count_of_brand(v, brand);
    if (people == 0 && events == 0)
        return;
    json_object_begin(w);
    member_name(w, "brand", v, NAME_BRAND, brand);
    member_uint(w, "people", people);
    if (!scope_names_store(r->token))
        member_uint(w, "events", events);
    json_object_end(w);
}

/* The first BRANDS_TOLD_MAX, the whole group before them. */
static struct brand_set brands_told(const struct view *v, bool *out_more)
{
    uint32_t *list = ARENA_ARRAY(v->arena, uint32_t, BRANDS_TOLD_MAX), count = 0, brand = 0;
    do {
        list[count++] = brand;
        brand = name_next(v, NAME_BRAND, brand);
    } while (brand != 0 && count < BRANDS_TOLD_MAX);
    *out_more = brand != 0;
    return (struct brand_set){count, list};
}

/* Brand null is the whole group: people and events that somebody told of without a brand. */
static void put_by_brand(const struct request *r, const struct view *v, struct json_writer *w)
{
    bool more = false;
    struct brand_set brands = scope_names_brands(r->token) ? scope_brands(r->token, v) : brands_told(v, &more);
    json_key(w, "by_brand");
    json_array_begin(w);
    more |= brands.count > BRANDS_TOLD_MAX;
    for (uint32_t i = 0; i < brands.count && i < BRANDS_TOLD_MAX; i++)
        put_brand(r, v, brands.list[i], w);
    json_array_end(w);
    member_bool(w, "by_brand_more", more);
}

/* Of the brands that the token sees, and of no brand. */
static const uint64_t *counts_seen(const struct token *t, const struct view *v)
{
    struct brand_set brands = scope_brands(t, v);
    uint64_t *counts = ARENA_ARRAY(v->arena, uint64_t, EVENT_NAMES);
    for (uint32_t i = 0; i < brands.count; i++)
        event_counts_add(v, brands.list[i], counts);
    return counts;
}

static void put_event_count(const struct view *v, uint32_t event, uint64_t count, struct json_writer *w)
{
    const struct standard_event *standard = standard_event_numbered(event);
    if (count == 0)
        return;
    json_object_begin(w);
    member_name(w, "event", v, NAME_EVENT, event);
    member_text(w, "en", standard == NULL ? NULL : standard->en);
    member_text(w, "zh", standard == NULL ? NULL : standard->zh);
    member_uint(w, "count", count);
    json_object_end(w);
}

/* Event null is "other": names that have no number, or no count of their own with their brand. */
static void put_event_counts(const struct request *r, const struct view *v, struct json_writer *w)
{
    const uint64_t *seen = scope_names_brands(r->token) ? counts_seen(r->token, v) : NULL;
    json_key(w, "events_by_name");
    json_array_begin(w);
    uint32_t event = 0;
    do {
        put_event_count(v, event, seen != NULL ? seen[event] : event_count_named(v, event), w);
        event = name_next(v, NAME_EVENT, event);
    } while (event != 0);
    json_array_end(w);
}

/* --- stats --- */

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

static void put_scope(const struct token *t, struct json_writer *w)
{
    json_key(w, "brands");
    json_array_begin(w);
    for (uint32_t i = 0; i < t->brand_count; i++)
        json_put_text(w, t->brands[i]);
    json_array_end(w);
    member_text(w, "store", scope_names_store(t) ? t->store : NULL);
    member_text(w, "own_customers_of", scope_names_guide(t) ? t->guide : NULL);
}

static void print_stats(struct request *r, const struct view *v, struct json_writer *w)
{
    json_object_begin(w);
    member_text(w, "workspace", workspace_name(r->workspace));
    member_text(w, "version", door_options_of(r->door)->version);
    if (!may_have_engine(r->token))
        put_scope(r->token, w);
    put_figures(r, v, w);
    if (may_have_counts(r->token))
        put_by_brand(r, v, w);
    if (may_have_counts(r->token) && !scope_names_store(r->token))
        put_event_counts(r, v, w);
    if (may_have_engine(r->token)) {
        member_uint(w, "dedup_horizon_seconds", (uint64_t)(collect_horizon_us(v) / US_PER_SECOND));
        member_bool(w, "dedup_horizon_short", collect_horizon_is_short(v));
        member_uint(w, "consumers", consumers_count(v));
        member_uint(w, "consumer_lag", consumers_lag(v));
        put_engine(workspace_engine(r->workspace), w);
    } else {
        put_left_out(r->token, w);
    }
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
