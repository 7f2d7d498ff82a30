#include "app/import/elsewhere.h"

#include <stdlib.h>

#include "base/arena.h"
#include "lib/json.h"

#define ARENA_BLOCK_BYTES (1u << 16)
#define QUESTION_BYTES_MAX (1u << 20) /* as the route has it */
#define REPLY_JSON_BYTES_MAX (1u << 20)

struct elsewhere {
    struct client *client;
    elsewhere_found found;
    void *context;
    struct arena *arena; /* of the names of those that are to be asked about */
    struct elsewhere_order orders[ELSEWHERE_ORDERS_MAX];
    size_t count;
    struct buf question;
    struct json_parser *parser;
    uint64_t unasked;
};

struct elsewhere *elsewhere_create(const struct client *client, elsewhere_found found, void *context)
{
    struct elsewhere *e = calloc(1, sizeof *e);
    if (e == NULL)
        abort();
    e->client = client_again(client);
    e->found = found;
    e->context = context;
    e->arena = arena_create(ARENA_BLOCK_BYTES);
    buf_init(&e->question, QUESTION_BYTES_MAX);
    e->parser = json_parser_create(REPLY_JSON_BYTES_MAX);
    if (e->parser == NULL)
        abort();
    return e;
}

void elsewhere_destroy(struct elsewhere *e)
{
    if (e == NULL)
        return;
    client_destroy(e->client);
    arena_destroy(e->arena);
    buf_fini(&e->question);
    json_parser_destroy(e->parser);
    free(e);
}

static void question_write(struct elsewhere *e, size_t from)
{
    struct json_writer w;
    buf_clear(&e->question);
    json_writer_init(&w, &e->question, false);
    json_object_begin(&w);
    json_key(&w, "orders");
    json_array_begin(&w);
    for (size_t i = from; i < e->count; i++) {
        json_object_begin(&w);
        json_key(&w, "shop");
        json_put_string(&w, e->orders[i].shop);
        json_key(&w, "number");
        json_put_string(&w, e->orders[i].number);
        json_object_end(&w);
    }
    json_array_end(&w);
    json_object_end(&w);
}

/* Asks about the orders from one on. Returns how many of them were looked up; 0: none, and there is no use in asking again. */
static size_t orders_ask(struct elsewhere *e, size_t from)
{
    struct client_reply reply;
    struct json root, found;
    uint64_t looked_up = 0, at;
    question_write(e, from);
    struct client_call call = {"POST", "/api/v1/orders/elsewhere", buf_bytes(&e->question)};
    if (failed(client_send(e->client, &call, &reply, NULL)) || reply.status != 200 ||
        failed(json_parse(e->parser, reply.body, &root, NULL)))
        return 0;
    if (!json_uint64(json_find(root, BYTES_LIT("looked_up")), &looked_up) || looked_up > e->count - from)
        return 0;
    for (struct json_walk w = json_items(json_find(root, BYTES_LIT("elsewhere"))); json_item_next(&w, &found);)
        if (json_uint64(json_find(found, BYTES_LIT("at")), &at) && at < looked_up)
            e->found(e->context, &e->orders[from + (size_t)at], json_string(json_find(found, BYTES_LIT("shop"))));
    return (size_t)looked_up;
}

void elsewhere_ask(struct elsewhere *e)
{
    size_t from = 0, asked = 1;
    for (; from < e->count && asked > 0; from += asked)
        asked = orders_ask(e, from);
    e->unasked += e->count - from;
    e->count = 0;
    arena_reset(e->arena);
}

void elsewhere_add(struct elsewhere *e, const struct elsewhere_order *order)
{
    if (e->count == ELSEWHERE_ORDERS_MAX)
        elsewhere_ask(e);
    e->orders[e->count++] = (struct elsewhere_order){arena_copy(e->arena, order->shop),
                                                     arena_copy(e->arena, order->number), order->line};
}

uint64_t elsewhere_unasked(const struct elsewhere *e)
{
    return e->unasked;
}
