/* What the demo tells the daemon: the brand's own things, then everything that happens. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "app/demo.h"
#include "app/sender.h"
#include "app/terminal.h"
#include "base/time.h"
#include "lib/json.h"

#define WORLD_BYTES_MAX (4u << 20)
#define BODY_BYTES_MAX (64u << 10)
#define LOOK_EVERY 1000u
#define DEMO_BATCH_EVENTS 2000u

bool demo_stop_wanted(void)
{
    sigset_t waiting;
    sigemptyset(&waiting);
    (void)sigpending(&waiting);
    return sigismember(&waiting, SIGINT) == 1 || sigismember(&waiting, SIGTERM) == 1;
}

/* --- the brand's own things --- */

/* {"kind":…,"name":…,"attributes":{"label_zh":…, …}} out of a row of the world. */
static void name_body(const char *kind, struct json row, struct buf *out)
{
    struct json_writer w;
    struct bytes key;
    struct json value;
    buf_clear(out);
    json_writer_init(&w, out, false);
    json_object_begin(&w);
    json_key(&w, "kind");
    json_put_text(&w, kind);
    json_key(&w, "name");
    json_put(&w, json_find(row, BYTES_LIT("id")));
    json_key(&w, "attributes");
    json_object_begin(&w);
    json_key(&w, "label_zh");
    json_put(&w, json_is(json_find(row, BYTES_LIT("name")), JSON_STRING) ? json_find(row, BYTES_LIT("name")) : json_find(row, BYTES_LIT("id")));
    for (struct json_walk m = json_members(row); json_member_next(&m, &key, &value);) {
        if (bytes_equal(key, BYTES_LIT("id")) || bytes_equal(key, BYTES_LIT("name")))
            continue;
        json_key_bytes(&w, key);
        json_put(&w, value);
    }
    json_object_end(&w);
    json_object_end(&w);
}

static fallible rows_declare(struct client *c, const char *kind, struct json rows, struct buf *body, struct err *e)
{
    struct json row;
    struct client_reply reply;
    for (struct json_walk w = json_items(rows); json_item_next(&w, &row);) {
        name_body(kind, row, body);
        struct client_call call = {.method = "POST", .path = "/api/v1/names", .body = buf_bytes(body)};
        TRY(client_send(c, &call, &reply, e));
        if (reply.status >= 300)
            return FAIL(e, INVALID, "declaring a %s: %.*s", kind, BYTES_ARG(reply.body));
    }
    return DONE;
}

fallible demo_declare(const struct synth *s, struct client *c, struct err *e)
{
    static const char *const tables[][2] = {{"entities", "entity"}, {"brands", "brand"}, {"channels", "channel"},
                                            {"shops", "shop"},      {"stores", "store"}, {"staff", "staff"}};
    struct buf world, body;
    struct json root;
    struct json_parser *p = json_parser_create(WORLD_BYTES_MAX);
    if (p == NULL)
        abort();
    buf_init(&world, WORLD_BYTES_MAX);
    buf_init(&body, BODY_BYTES_MAX);
    synth_world_json(s, &world);
    struct status status = json_parse(p, buf_bytes(&world), &root, e);
    for (size_t i = 0; i < COUNT_OF(tables) && done(status); i++)
        status = rows_declare(c, tables[i][1], json_find(root, bytes_of_text(tables[i][0])), &body, e);
    buf_fini(&world);
    buf_fini(&body);
    json_parser_destroy(p);
    return status;
}

/* --- what happens --- */

static fallible events_tell(struct synth *s, struct sender *sender, struct progress *p, struct demo_sent *sent, struct err *e)
{
    struct buf line;
    struct synth_fact fact;
    struct status status = DONE;
    buf_init(&line, SYNTH_LINE_BYTES_MAX);
    while (done(status) && synth_next(s, &line, &fact)) {
        sent->duplicates += fact.duplicate;
        status = sender_add(sender, buf_bytes(&line), ++sent->lines, e);
        progress_show(p, sent->lines);
        if (done(status) && sent->lines % LOOK_EVERY == 0 && demo_stop_wanted())
            status = FAIL(e, CANCELLED, "%s", either("stopped", "已中止"));
    }
    buf_fini(&line);
    return failed(status) ? status : sender_flush(sender, e);
}

fallible demo_tell(struct synth *s, struct client *c, struct demo_sent *out_sent, struct err *e)
{
    struct demo_sent sent = {0};
    struct progress p;
    struct sender_options o = {.client = c, .source = "synth", .import = true, .events_max = DEMO_BATCH_EVENTS};
    struct sender *sender = sender_create(&o);
    progress_begin(&p, either("telling", "写入"), either("events", "条事件"), 0);
    struct status status = events_tell(s, sender, &p, &sent, e);
    sent.took_us = progress_us(&p);
    progress_end(&p);
    struct sender_counts counts = *sender_counts(sender);
    sender_destroy(sender);
    TRY(status);
    if (counts.faulty + counts.refused > 0)
        return FAIL(e, INVALID, "of %llu events %llu were called faulty and %llu were refused", (unsigned long long)counts.sent,
                    (unsigned long long)counts.faulty, (unsigned long long)counts.refused);
    if (counts.accepted + counts.duplicates != sent.lines || counts.duplicates != sent.duplicates)
        return FAIL(e, INVALID, "%llu events were sent, %llu of them twice; %llu were taken in and %llu called duplicates", (unsigned long long)sent.lines,
                    (unsigned long long)sent.duplicates, (unsigned long long)counts.accepted, (unsigned long long)counts.duplicates);
    *out_sent = sent;
    return DONE;
}
