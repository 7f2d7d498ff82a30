/* The demo's guides and their customers: who befriends a guide is this guide's from then on. */
#include <inttypes.h>
#include <string.h>

#include "app/demo/demo.h"
#include "app/sender.h"
#include "app/verbs/show.h"

#define GUIDES_MAX 512u
#define GUIDE_BYTES 16
#define SHOWN 5u

struct guide {
    char id[GUIDE_BYTES];
    uint64_t given;
};

struct giving {
    const struct demo_desk *desk;
    struct sender *sender;
    struct buf line, relation; /* a line of the world, and what is made of it */
    struct guide guides[GUIDES_MAX];
    size_t count;
};

static void guide_note(struct giving *g, struct bytes id)
{
    size_t i = 0;
    while (i < g->count && !bytes_equal(bytes_of_text(g->guides[i].id), id))
        i++;
    if (i == GUIDES_MAX)
        return;
    if (i == g->count)
        (void)snprintf(g->guides[g->count++].id, GUIDE_BYTES, "%.*s", BYTES_ARG(id));
    g->guides[i].given++;
}

static void member_copy(struct json_writer *w, struct json from, const char *name)
{
    struct json value = json_find(from, bytes_of_text(name));
    if (json_is(value, JSON_ABSENT))
        return;
    json_key(w, name);
    json_put(w, value);
}

/* {"person":…,"type":"owned_by","to":"staff/G017","brand":…,"time":…} out of a friend_added. */
static fallible relation_send(struct giving *g, struct json event, struct err *e)
{
    struct bytes staff = json_string(json_find(event, BYTES_LIT("staff")));
    struct json_writer w;
    buf_clear(&g->relation);
    json_writer_init(&w, &g->relation, false);
    json_object_begin(&w);
    json_key(&w, "person");
    json_object_begin(&w);
    for (size_t i = 0; i < 3; i++)
        member_copy(&w, json_at(event, "ids.0"), (const char *const[]){"type", "ns", "value"}[i]);
    json_object_end(&w);
    json_key(&w, "type");
    json_put_text(&w, "owned_by");
    json_key(&w, "to");
    json_put_text(&w, arena_printf(g->desk->arena, "staff/%.*s", BYTES_ARG(staff)));
    member_copy(&w, event, "brand");
    member_copy(&w, event, "time");
    json_object_end(&w);
    guide_note(g, staff);
    return sender_add(g->sender, buf_bytes(&g->relation), BYTES_NONE, e);
}

static fallible customers_give(struct giving *g, const struct synth_options *options, struct err *e)
{
    struct synth *s;
    struct synth_fact fact;
    struct json event;
    struct status status = DONE;
    TRY(synth_create(options, &s, e));
    while (done(status) && synth_next(s, &g->line, &fact)) {
        if (fact.duplicate || strcmp(fact.event, "friend_added") != 0)
            continue;
        status = json_parse(g->desk->parser, buf_bytes(&g->line), &event, e);
        if (done(status))
            status = relation_send(g, event, e);
    }
    synth_destroy(s);
    if (done(status))
        status = sender_flush(g->sender, e);
    const struct sender_counts *counts = sender_counts(g->sender);
    if (done(status) && counts->faulty + counts->refused > 0)
        return FAIL(e, INVALID, "of %" PRIu64 " relations %" PRIu64 " were not taken", counts->sent,
                    counts->faulty + counts->refused);
    return status;
}

/* A token that sees the guide's own customers, and nobody else. */
static fallible token_make(const struct demo_desk *d, const char *guide, const char **out_secret, struct err *e)
{
    const char *body = arena_printf(
        d->arena, "{\"name\":\"guide-%s\",\"roles\":[\"read\"],\"own_customers\":\"guide:%s\"}", guide, guide);
    struct client_call call = {.method = "POST", .path = "/api/v1/tokens", .body = bytes_of_text(body)};
    struct client_reply reply;
    struct json root;
    TRY(client_send(d->client, &call, &reply, e));
    if (reply.status >= 300)
        return FAIL(e, INVALID, "a token for guide %s: %.*s", guide, BYTES_ARG(reply.body));
    TRY(json_parse(d->parser, reply.body, &root, e));
    *out_secret = arena_text(d->arena, json_string(json_find(root, BYTES_LIT("secret"))));
    return DONE;
}

/* `d` asks with the guide's token. Those whom somebody else befriended since, or who were found to be one, are fewer than were given. */
static fallible customers_ask(const struct demo_desk *d, const struct guide *guide, struct err *e)
{
    struct json root;
    TRY(demo_ask(d, "/api/v1/stats", &root, e));
    uint64_t own = number_in(root, "own_customers_count");
    TRY(demo_ask(d, arena_printf(d->arena, "/api/v1/things/staff/%s/people?limit=%u", guide->id, SHOWN), &root, e));
    show_customers(root, d->arena, stdout);
    demo_line("%s", "");
    uint64_t found = json_count(json_find(root, BYTES_LIT("people")));
    return found == (own < SHOWN ? own : SHOWN) && own > 0 && own <= guide->given
               ? DONE
               : FAIL(e, INVALID, "guide %s sees %" PRIu64 " of %" PRIu64 " customers, and was given %" PRIu64,
                      guide->id, found, own, guide->given);
}

static fallible customers_show(const struct demo_desk *d, const struct guide *guide, struct err *e)
{
    struct json root;
    struct demo_desk own = *d;
    struct client_options o = {.url = d->url};
    TRY(demo_ask(d, arena_printf(d->arena, "/api/v1/things/staff/%s", guide->id), &root, e));
    struct bytes name = json_string(json_at(root, "attributes.0.value")),
                 store = json_string(json_at(root, "path.0.name"));
    demo_line(either("What guide %s (%.*s, %.*s) sees, by a token of their own: kith customers %s",
                     "导购 %s(%.*s,%.*s)用本人令牌看到的专属客户:kith customers %s"),
              guide->id, BYTES_ARG(name), BYTES_ARG(store), guide->id);
    TRY(token_make(d, guide->id, &o.token, e));
    TRY(client_create(&o, &own.client, e));
    struct status status = customers_ask(&own, guide, e);
    client_destroy(own.client);
    return status;
}

fallible demo_customers(const struct demo_desk *d, const struct synth_options *options, struct err *e)
{
    struct giving *g = ARENA_NEW(d->arena, struct giving);
    struct sender_options o = {.client = d->client, .path = "/api/v1/relations", .import = true};
    *g = (struct giving){.desk = d, .sender = sender_create(&o)};
    buf_init(&g->line, SYNTH_LINE_BYTES_MAX);
    buf_init(&g->relation, SYNTH_LINE_BYTES_MAX);
    struct status status = customers_give(g, options, e);
    sender_destroy(g->sender);
    buf_fini(&g->line);
    buf_fini(&g->relation);
    TRY(status);
    TRY(demo_settle(d, e)); /* lists of people follow */
    const struct guide *best = &g->guides[0];
    for (size_t i = 1; i < g->count; i++)
        best = g->guides[i].given > best->given ? &g->guides[i] : best;
    return g->count == 0 ? DONE : customers_show(d, best, e);
}
