#include "app/demo/truth.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/demo/links.h"
#include "app/terminal.h"
#include "lib/json.h"

#define LOOKUP_IDS_MAX 1000u
#define LOOKUP_BYTES_MAX (1u << 20)
#define REPLY_JSON_BYTES_MAX (1u << 20)

struct comparing {
    struct client *client;
    struct json_parser *line_parser, *reply_parser;
    struct score_item *items;
    size_t count, room, asked; /* asked: how many of the items are in the question */
    struct buf question;
    struct json_writer writer;
    struct links *links;
    struct truth truth;
    size_t most_ids;
};

static void item_add(struct comparing *c, uint32_t person)
{
    if (c->count == c->room) {
        c->room = c->room == 0 ? 4096 : c->room * 2;
        c->items = realloc(c->items, c->room * sizeof *c->items);
        if (c->items == NULL)
            abort();
    }
    c->items[c->count++] = (struct score_item){.truth = person};
}

static void question_begin(struct comparing *c)
{
    buf_clear(&c->question);
    json_writer_init(&c->writer, &c->question, false);
    json_object_begin(&c->writer);
    json_key(&c->writer, "ids");
    json_array_begin(&c->writer);
    c->asked = 0;
}

/* 32 hexadecimal digits; else zeroes. */
static struct hash128 public_id_of(struct bytes text)
{
    char digits[2][17] = {{0}};
    if (text.size != 32)
        return (struct hash128){0, 0};
    memcpy(digits[0], text.data, 16);
    memcpy(digits[1], text.data + 16, 16);
    return (struct hash128){.high = strtoull(digits[0], NULL, 16), .low = strtoull(digits[1], NULL, 16)};
}

static fallible answers_take(struct comparing *c, struct json list, struct err *e)
{
    struct json one;
    if (json_count(list) != c->asked)
        return FAIL(e, CORRUPT, "asked for %zu identifiers, and heard of %zu", c->asked, json_count(list));
    struct score_item *item = c->items + c->count - c->asked;
    for (struct json_walk w = json_items(list); json_item_next(&w, &one); item++)
        item->found = public_id_of(json_string(one));
    return DONE;
}

static fallible question_ask(struct comparing *c, struct err *e)
{
    struct client_reply reply;
    struct json root;
    if (c->asked == 0)
        return DONE;
    json_array_end(&c->writer);
    json_object_end(&c->writer);
    struct client_call call = {.method = "POST", .path = "/api/v1/identity/lookup", .body = buf_bytes(&c->question)};
    TRY(client_send(c->client, &call, &reply, e));
    if (reply.status != 200)
        return FAIL(e, INVALID, "looking identifiers up: %.*s", BYTES_ARG(reply.body));
    TRY(json_parse(c->reply_parser, reply.body, &root, e));
    TRY(answers_take(c, json_find(root, BYTES_LIT("ids")), e));
    question_begin(c);
    return DONE;
}

/* The person with the most identifiers makes the best card; kept when all of them were found to be one. */
static void interesting_take(struct comparing *c, size_t ids)
{
    const struct score_item *items = c->items + c->count - ids;
    bool whole = ids > c->most_ids && (items[0].found.low | items[0].found.high) != 0;
    for (size_t i = 1; i < ids && whole; i++)
        whole = hash128_equal(items[0].found, items[i].found);
    if (!whole)
        return;
    c->most_ids = ids;
    (void)snprintf(c->truth.interesting, sizeof c->truth.interesting, "id:%016" PRIx64 "%016" PRIx64, items[0].found.high, items[0].found.low);
}

static fallible person_take(struct comparing *c, struct json ids, struct err *e)
{
    struct json id;
    size_t count = json_count(ids);
    if (c->asked + count > LOOKUP_IDS_MAX)
        TRY(question_ask(c, e));
    for (struct json_walk w = json_items(ids); json_item_next(&w, &id);) {
        json_put(&c->writer, id);
        item_add(c, c->truth.people);
        links_add(c->links, c->truth.people, id);
        c->asked++;
    }
    if (count > c->most_ids) { /* asked for at once, to see whether it was found whole */
        TRY(question_ask(c, e));
        interesting_take(c, count);
    }
    c->truth.people++;
    return DONE;
}

static fallible lines_take(struct comparing *c, struct synth *s, struct err *e)
{
    struct buf line;
    struct json root;
    struct status status = DONE;
    buf_init(&line, SYNTH_LINE_BYTES_MAX);
    question_begin(c);
    while (done(status) && synth_truth_next(s, &line)) {
        status = json_parse(c->line_parser, buf_bytes(&line), &root, e);
        if (done(status) && !json_is(json_find(root, BYTES_LIT("person")), JSON_ABSENT))
            status = person_take(c, json_find(root, BYTES_LIT("ids")), e);
    }
    buf_fini(&line);
    TRY(status);
    return question_ask(c, e);
}

/* All events again, to see which identifiers they show together. */
static fallible links_take(struct comparing *c, const struct synth_options *options, struct err *e)
{
    struct synth *again = NULL;
    struct buf line;
    struct json event;
    struct synth_fact fact;
    struct progress p;
    uint64_t count = 0;
    TRY(synth_create(options, &again, e));
    struct status status = DONE;
    buf_init(&line, SYNTH_LINE_BYTES_MAX);
    progress_begin(&p, either("comparing", "核对"), either("events", "条事件"), 0);
    while (done(status) && synth_next(again, &line, &fact)) {
        status = json_parse(c->line_parser, buf_bytes(&line), &event, e);
        if (done(status))
            links_event(c->links, event);
        progress_show(&p, ++count);
    }
    progress_end(&p);
    buf_fini(&line);
    synth_destroy(again);
    for (size_t i = 0; i < c->count && done(status); i++)
        c->items[i].linked = links_component(c->links, (uint32_t)i);
    return status;
}

fallible truth_compare(struct synth *s, const struct synth_options *options, struct client *client, struct truth *out_truth, struct err *e)
{
    struct comparing c = {.client = client, .line_parser = json_parser_create(SYNTH_LINE_BYTES_MAX), .reply_parser = json_parser_create(REPLY_JSON_BYTES_MAX)};
    if (c.line_parser == NULL || c.reply_parser == NULL)
        abort();
    c.links = links_create();
    buf_init(&c.question, LOOKUP_BYTES_MAX);
    struct status status = lines_take(&c, s, e);
    if (done(status))
        status = links_take(&c, options, e);
    if (done(status)) {
        score_count(c.items, c.count, &c.truth.score);
        *out_truth = c.truth;
    }
    buf_fini(&c.question);
    links_destroy(c.links);
    free(c.items);
    json_parser_destroy(c.line_parser);
    json_parser_destroy(c.reply_parser);
    return status;
}
