/* Orders: versions taken in, one order shown, the orders of a person. What is decided on them by hand: order_acts.c. */
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "domain/order/order.h"
#include "edge/api/api.h"
#include "edge/api/bulk.h"
#include "edge/api/order_print.h"
#include "edge/codec/order.h"
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

static fallible flag_read(struct request *r, const char *name, bool *out_flag, struct err *e)
{
    struct bytes text = http_query(r->x, name);
    *out_flag = text.size > 0;
    return text.size == 0 || bytes_equal(text, BYTES_LIT("1")) ? DONE
                                                               : FAIL(e, INVALID, "%s: want 1, or leave it out", name);
}

/* History taken for what happens now would be told to everybody; what was told elsewhere comes as events of its own. */
static fallible marks_read(struct request *r, struct codec_context *c, struct err *e)
{
    TRY(flag_read(r, "import", &c->import, e));
    TRY(flag_read(r, "told", &c->told, e));
    return c->told && !c->import ? FAIL(e, INVALID, "told: only of what is imported, with import=1") : DONE;
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
    struct status status = marks_read(r, &t->context, &e);
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

const struct problem problem_no_order = {
    .status = 404,
    .slug = "no-such-order",
    .title = "There is no such order",
    .detail = "The shop has no order of this number, or this token may not see it."};
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
    if (!order_find(v, (struct order_key){r->parameters[0], r->parameters[1]}, &o) ||
        !scope_sees_order(r->token, v, &o)) {
        r->problem = problem_no_order;
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
        seen += order_numbered(v, numbers[i], &orders[seen]) && scope_sees_order(r->token, v, &orders[seen]);
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
    order_walk_put(v, count < p->limit ? NULL : &walk, w);
    json_object_end(w);
}

fallible order_walk_read(struct request *r, struct order_walk *out, struct err *e)
{
    struct bytes text = http_query(r->x, "after");
    int used = 0;
    if (text.size == 0)
        return DONE;
    if (sscanf((const char *)text.data, "%zu.%u%n", &out->key_at, &out->after, &used) == 2 && (size_t)used == text.size)
        return DONE;
    return FAIL(e, INVALID, "after: want what 'next' gave");
}

void order_walk_put(const struct view *v, const struct order_walk *walk, struct json_writer *w)
{
    member_text(w, "next", walk == NULL ? NULL : arena_printf(v->arena, "%zu.%u", walk->key_at, walk->after));
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
        status = order_walk_read(r, &p->walk, &e);
    if (done(status))
        status = at_read(r, &p->at_us, &e);
    p->limit = p->limit == 0 ? 1 : p->limit;
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_orders);
}
