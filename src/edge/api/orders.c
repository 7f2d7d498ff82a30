/* Orders: versions taken in, one order shown, the orders of a person. */
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "domain/order/order.h"
#include "edge/api/api.h"
#include "edge/api/bulk.h"
#include "edge/codec/order.h"
#include "edge/api/order_print.h"
#include "edge/scope.h"

#define PERSON_ORDERS_USUAL 20u
#define PERSON_ORDERS_MAX 50u

/* --- taking them in --- */

struct taking {
    struct order_codec *codec;
    struct codec_context context;
    struct buf packed; /* of one version after the other */
};

static struct codec_context context_of(const struct request *r)
{
    return (struct codec_context){
        .rules = r->catalogue->rules,
        .rule_count = r->catalogue->rule_count,
        .secret = r->catalogue->secret,
        .source = bytes_of_text(r->token->name),
        .received_us = time_now_us(),
    };
}

/* History taken for what happens now would be told to everybody. */
static fallible import_read(struct request *r, struct codec_context *c, struct err *e)
{
    struct bytes import = http_query(r->x, "import");
    c->import = import.size > 0;
    return import.size == 0 || bytes_equal(import, BYTES_LIT("1"))
               ? DONE
               : FAIL(e, INVALID, "import: want 1, or leave it out");
}

static fallible version_read(struct request *r, struct json from, uint32_t *out_command_id, struct bytes *out_payload,
                             struct err *e)
{
    struct taking *t = bulk_own(r);
    buf_clear(&t->packed);
    TRY(order_read(t->codec, &t->context, from, &t->packed, e));
    *out_command_id = COMMAND_ORDER_PUT;
    *out_payload = arena_copy(request_arena(r), buf_bytes(&t->packed));
    return DONE;
}

static void taking_over(void *own)
{
    struct taking *t = own;
    order_codec_end(t->codec);
    buf_fini(&t->packed);
}

void api_orders_put(struct request *r)
{
    static const struct bulk_kind versions = {"orders", version_read, taking_over};
    struct taking *t = ARENA_NEW(request_arena(r), struct taking);
    struct err e = {0};
    t->context = context_of(r);
    struct status status = import_read(r, &t->context, &e);
    if (done(status) && (t->codec = order_codec_create(request_arena(r))) == NULL)
        status = FAIL(&e, FULL, "no memory for the request");
    if (failed(status)) {
        request_failed(r, status, &e);
        return;
    }
    buf_init(&t->packed, ORDER_VERSION_BYTES_MAX);
    bulk_take(r, &versions, t);
}

/* --- one order --- */

static const struct problem no_order = {
    .status = 404,
    .slug = "no-such-order",
    .title = "There is no such order",
    .detail = "The shop has no order of this number, or this token may not see it."};
static const struct problem other_brand = {
    .status = 403,
    .slug = "not-allowed",
    .title = "This token may not do that",
    .detail = "It is limited to brands, and this order is another brand's or the whole group's."};

static bool order_seen(const struct request *r, const struct view *v, const struct order *o)
{
    return scope_sees_event(r->token, v, order_text(o, FIELD_BRAND), order_text(o, FIELD_STORE));
}

static fallible at_read(struct request *r, int64_t *out_us, struct err *e)
{
    struct bytes text = http_query(r->x, "at");
    *out_us = ORDER_NOW;
    return text.size == 0 ? DONE : WRAP(e, time_parse(text, out_us, e), "at");
}

static void print_order(struct request *r, const struct view *v, struct json_writer *w)
{
    const int64_t *at_us = r->context;
    struct order o;
    if (!order_find(v, (struct order_key){r->parameters[0], r->parameters[1]}, &o) || !order_seen(r, v, &o)) {
        r->problem = no_order;
        return;
    }
    json_object_begin(w);
    order_put(r, v, &o, *at_us, w);
    json_object_end(w);
}

/* A receiver is a person too, whoever owns the order. */
static void order_printed(struct request *r)
{
    if (r->problem.status == 0)
        request_note_read(r, r->route->path, PERSON_NONE);
    request_printed(r);
}

void api_order(struct request *r)
{
    int64_t *at_us = ARENA_NEW(request_arena(r), int64_t);
    struct err e = {0};
    r->context = at_us;
    struct status status = at_read(r, at_us, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print_then(r, print_order, order_printed);
}

/* --- the orders of a person --- */

struct person_orders {
    struct person_ask ask;
    struct order_walk walk;
    uint64_t limit;
    int64_t at_us;
};

static int newest_first(const void *a, const void *b)
{
    const struct order *x = a, *y = b;
    return x->day != y->day ? (x->day < y->day) - (x->day > y->day) : bytes_compare(y->key.number, x->key.number);
}

/* A page in order of day, the latest first; pages go by identifiers. */
static void print_orders(struct request *r, const struct view *v, struct json_writer *w)
{
    const struct person_orders *p = r->context;
    struct order_walk walk = p->walk;
    uint32_t numbers[PERSON_ORDERS_MAX];
    uint32_t person = person_asked(r, v, &p->ask);
    if (person == PERSON_NONE) {
        r->problem = problem_no_person;
        return;
    }
    r->person_read = person;
    size_t count = order_of_person(v, person, &walk, numbers, (size_t)p->limit), seen = 0;
    struct order *orders = ARENA_ARRAY(v->arena, struct order, count + 1);
    for (size_t i = 0; i < count; i++)
        seen += order_numbered(v, numbers[i], &orders[seen]) && order_seen(r, v, &orders[seen]);
    qsort(orders, seen, sizeof *orders, newest_first);
    json_object_begin(w);
    member_person(w, "id", v, person);
    json_key(w, "orders");
    json_array_begin(w);
    for (size_t i = 0; i < seen; i++) {
        json_object_begin(w);
        order_put_brief(r, v, &orders[i], p->at_us, w);
        json_object_end(w);
    }
    json_array_end(w);
    member_text(w, "next", count < p->limit ? NULL : arena_printf(v->arena, "%zu.%u", walk.key_at, walk.after));
    json_object_end(w);
}

static fallible after_read(struct request *r, struct order_walk *out, struct err *e)
{
    struct bytes text = http_query(r->x, "after");
    int used = 0;
    if (text.size == 0)
        return DONE;
    if (sscanf((const char *)text.data, "%zu.%u%n", &out->key_at, &out->after, &used) == 2 && (size_t)used == text.size)
        return DONE;
    return FAIL(e, INVALID, "after: want what 'next' gave");
}

void api_person_orders(struct request *r)
{
    struct person_orders *p = ARENA_NEW(request_arena(r), struct person_orders);
    struct err e = {0};
    r->context = p;
    struct status status = person_ask_read(r, r->parameters[0], &p->ask, &e);
    if (done(status))
        status = query_number(r, "limit", PERSON_ORDERS_USUAL, PERSON_ORDERS_MAX, &p->limit, &e);
    if (done(status))
        status = after_read(r, &p->walk, &e);
    if (done(status))
        status = at_read(r, &p->at_us, &e);
    p->limit = p->limit == 0 ? 1 : p->limit;
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_orders);
}

/* --- what operators decide --- */

struct order_act_request {
    uint32_t command;
    struct bytes payload;
};

static struct body_members act_members(uint32_t command)
{
    static const struct body_member correct[] = {{"part", BODY_TEXT, false},     {"id", BODY_SCALAR, false},
                                                 {"field", BODY_TEXT, false},    {"value", BODY_ANY, false},
                                                 {"currency", BODY_TEXT, false}, {"reason", BODY_TEXT, true}};
    static const struct body_member reassign[] = {{"to", BODY_ANY, false}, {"reason", BODY_TEXT, true}};
    static const struct body_member undo[] = {{"position", BODY_COUNT, false}, {"reason", BODY_TEXT, true}};
    static const struct body_member plain[] = {{"reason", BODY_TEXT, true}};
    return command == COMMAND_ORDER_CORRECT    ? BODY_MEMBERS(correct)
           : command == COMMAND_ORDER_REASSIGN ? BODY_MEMBERS(reassign)
           : command == COMMAND_ORDER_UNDO     ? BODY_MEMBERS(undo)
                                               : BODY_MEMBERS(plain);
}

/* Which part a correction is of, as people call it. */
static fallible part_read(struct json root, struct order_ask *ask, struct err *e)
{
    static const struct {
        const char *name;
        enum order_part_kind kind;
        bool has_id;
    } parts[] = {{"head", ORDER_HEAD, false},  {"payment", ORDER_PAYMENT, false},  {"receiver", ORDER_RECEIVER, false},
                 {"line", ORDER_LINE, true},   {"shipment", ORDER_SHIPMENT, true}, {"refund", ORDER_REFUND, true},
                 {"state", ORDER_STATE, false}};
    struct bytes name = json_string(json_find(root, BYTES_LIT("part")));
    ask->part_id = text_of_json(json_find(root, BYTES_LIT("id")));
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (!bytes_equal(bytes_of_text(parts[i].name), name.size == 0 ? BYTES_LIT("head") : name))
            continue;
        ask->kind = parts[i].kind;
        return parts[i].has_id == (ask->part_id.size > 0)
                   ? DONE
                   : FAIL(e, INVALID, "id: say which line, shipment or refund; the other parts have none");
    }
    return FAIL(e, INVALID, "part: want head, payment, receiver, line, shipment, refund or state");
}

/* {"part":"state","field":"paid","value":TIME}: the order's own states alone. */
static fallible state_read(struct json value, struct bytes field, struct order_ask *ask, struct err *e)
{
    while (ask->sub < ORDER_STATE_COUNT && !bytes_equal(bytes_of_text(order_state_names[ask->sub]), field))
        ask->sub++;
    if (ask->sub == ORDER_STATE_COUNT)
        return FAIL(e, INVALID, "field: want a state, such as paid");
    return WRAP(e, time_of_json(value, &ask->time_us, e), "value");
}

static fallible correction_read(struct request *r, struct json root, struct order_ask *ask, struct err *e)
{
    struct buf packed;
    uint16_t currency;
    struct json value = json_find(root, BYTES_LIT("value"));
    struct bytes field = json_string(json_find(root, BYTES_LIT("field")));
    TRY(part_read(root, ask, e));
    TRY(currency_of_json(json_find(root, BYTES_LIT("currency")), &currency, e));
    if (ask->kind == ORDER_STATE)
        return state_read(value, field, ask, e);
    struct order_codec *k = order_codec_create(request_arena(r));
    if (k == NULL)
        return FAIL(e, FULL, "no memory for the request");
    buf_init(&packed, ORDER_TEXT_BYTES_MAX * 2);
    struct status status = order_field_read(k, ask->kind, field, value, currency, &packed, e);
    ask->value = arena_copy(request_arena(r), buf_bytes(&packed));
    ask->sub = ask->kind == ORDER_HEAD && ask->value.size > 0 ? ask->value.data[0] : 0;
    buf_fini(&packed);
    order_codec_end(k);
    return status;
}

static fallible ask_read(struct request *r, struct json root, struct order_act_request *a, struct err *e)
{
    struct order_ask ask = {.key = {r->parameters[0], r->parameters[1]}, .by = bytes_of_text(r->token->name)};
    struct buf packed;
    ask.reason = json_string(json_find(root, BYTES_LIT("reason")));
    if (a->command == COMMAND_ORDER_CORRECT)
        TRY(correction_read(r, root, &ask, e));
    if (a->command == COMMAND_ORDER_REASSIGN)
        TRY(WRAP(e, id_read_json(r, json_find(root, BYTES_LIT("to")), &ask.id, e), "to"));
    if (a->command == COMMAND_ORDER_UNDO && !json_uint64(json_find(root, BYTES_LIT("position")), &ask.position))
        return FAIL(e, INVALID, "position: say which act, by its position");
    buf_init(&packed, ROW_BYTES_MAX);
    struct status status = order_ask_pack(a->command, &ask, &packed, e);
    a->payload = arena_copy(request_arena(r), buf_bytes(&packed));
    buf_fini(&packed);
    return status;
}

/* What is not there is for the command to say, and to log; an order that the token may not see is as one that isn't there.
 * What it sees through a share it may not change. */
static void act_settle(const struct view *v, void *context)
{
    struct request *r = context;
    struct order o;
    r->problem = (struct problem){.status = 0};
    if (!order_find(v, (struct order_key){r->parameters[0], r->parameters[1]}, &o))
        return;
    if (!order_seen(r, v, &o))
        r->problem = no_order;
    else if (!scope_changes_brand(r->token, order_text(&o, FIELD_BRAND)))
        r->problem = other_brand;
}

static void act_send(struct request *r)
{
    const struct order_act_request *a = r->context;
    if (r->problem.status != 0)
        request_problem(r, &r->problem);
    else
        request_command(r, a->command, a->payload, request_answer);
}

void api_order_act(struct request *r)
{
    struct order_act_request *a = ARENA_NEW(request_arena(r), struct order_act_request);
    struct json_parser *p;
    struct json root;
    struct err e = {0};
    a->command = (uint32_t)r->route->choice;
    if (!body_read(r, act_members(a->command), &p, &root))
        return;
    r->context = a;
    struct status status = ask_read(r, root, a, &e);
    json_parser_destroy(p);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_read(r, act_settle, act_send);
}
