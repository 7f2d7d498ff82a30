/* What operators decide on orders: taken, and listed over the whole workspace. */
#include "base/time.h"
#include "domain/calendar/calendar.h"
#include "domain/order/order.h"
#include "edge/api/api.h"
#include "edge/api/day.h"
#include "edge/api/list.h"
#include "edge/api/order_print.h"
#include "edge/codec/draft.h"
#include "edge/codec/order.h"
#include "edge/mask.h"
#include "edge/scope.h"

#define LIST_USUAL 50u
#define LIST_MAX 200u
#define ORDER_ROWS_MAX 3u /* that an act of a list asks for, as list.h counts people: an order may lie in several */

static const struct problem other_brand = {
    .status = 403,
    .slug = "not-allowed",
    .title = "This token may not do that",
    .detail = "It is limited to brands, and this order is another brand's or the whole group's."};

#define MEMBERS_OF_ALL              \
    {"reason", BODY_TEXT, true},    \
    {                               \
        "decided", BODY_TIME, false \
    }

/* Parts of an order, as people call them. */
static const struct {
    const char *name;
    enum order_part_kind kind;
    bool has_id;
} part_words[] = {{"head", ORDER_HEAD, false},  {"payment", ORDER_PAYMENT, false},  {"receiver", ORDER_RECEIVER, false},
                  {"line", ORDER_LINE, true},   {"shipment", ORDER_SHIPMENT, true}, {"refund", ORDER_REFUND, true},
                  {"state", ORDER_STATE, false}};

/* --- one act --- */

struct order_act_request {
    uint32_t command;
    struct bytes payload;
};

static struct body_members act_members(uint32_t command)
{
    static const struct body_member correct[] = {MEMBERS_OF_ALL,
                                                 {"part", BODY_TEXT, false},
                                                 {"id", BODY_SCALAR, false},
                                                 {"field", BODY_TEXT, false},
                                                 {"value", BODY_ANY, false},
                                                 {"currency", BODY_TEXT, false}};
    static const struct body_member reassign[] = {MEMBERS_OF_ALL, {"to", BODY_ANY, false}};
    static const struct body_member undo[] = {MEMBERS_OF_ALL, {"position", BODY_COUNT, false}};
    static const struct body_member plain[] = {MEMBERS_OF_ALL};
    return command == COMMAND_ORDER_CORRECT    ? BODY_MEMBERS(correct)
           : command == COMMAND_ORDER_REASSIGN ? BODY_MEMBERS(reassign)
           : command == COMMAND_ORDER_UNDO     ? BODY_MEMBERS(undo)
                                               : BODY_MEMBERS(plain);
}

/* Which part a correction is of. */
static fallible part_read(struct json root, struct order_ask *ask, struct err *e)
{
    struct bytes name = json_string(json_find(root, BYTES_LIT("part")));
    ask->part_id = text_of_json(json_find(root, BYTES_LIT("id")));
    for (size_t i = 0; i < COUNT_OF(part_words); i++) {
        if (!bytes_equal(bytes_of_text(part_words[i].name), name.size == 0 ? BYTES_LIT("head") : name))
            continue;
        ask->kind = part_words[i].kind;
        return part_words[i].has_id == (ask->part_id.size > 0)
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

static fallible ask_read(struct request *r, struct json root, struct err *e)
{
    struct order_act_request *a = r->context;
    struct order_ask ask = {.key = {r->parameters[0], r->parameters[1]}, .by = bytes_of_text(r->token->name)};
    struct buf packed;
    ask.reason = json_string(json_find(root, BYTES_LIT("reason")));
    struct json decided = json_find(root, BYTES_LIT("decided"));
    if (!json_is(decided, JSON_ABSENT)) {
        TRY(request_may_redo(r, e));
        TRY(WRAP(e, time_of_json(decided, &ask.decided_us, e), "decided"));
    }
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
    if (!scope_sees_order(r->token, v, &o))
        r->problem = problem_no_order;
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
    a->command = (uint32_t)r->route->choice;
    r->context = a;
    if (body_read_by(r, act_members(a->command), ask_read))
        request_read(r, act_settle, act_send);
}

/* --- all of them, newest first --- */

static const char *part_word(enum order_part_kind kind)
{
    for (size_t i = 0; i < COUNT_OF(part_words); i++)
        if (part_words[i].kind == kind)
            return part_words[i].name;
    return "";
}

static void put_correction(const struct request *r, const struct order *o, const struct order_ask *ask,
                           struct json_writer *w)
{
    const struct order_part *part = order_part_find(o, ask->kind, ask->part_id, ask->sub);
    struct unpack u = unpack_of(ask->value);
    struct order_value value, currency;
    member_text(w, "part", part_word(ask->kind));
    if (ask->part_id.size > 0)
        member_bytes(w, "id", ask->part_id);
    if (ask->kind == ORDER_STATE) {
        member_text(w, "field", order_state_names[ask->sub]);
        member_time(w, "value", ask->time_us);
        return;
    }
    if (!order_field_next(&u, &value))
        return;
    bool is_foreign = part != NULL && order_value_find(part->body, FIELD_CURRENCY, &currency);
    uint16_t number = is_foreign ? (uint16_t)currency.integer : CURRENCY_CNY;
    member_text(w, "field", value.field->name);
    json_key(w, "value");
    order_put_value(r, &value, number, ask->kind == ORDER_RECEIVER, w);
    if (is_foreign)
        member_text(w, "currency", currency_name(number));
}

/* What was asked, as the act's own route takes it. */
static void put_asked(const struct request *r, const struct view *v, const struct order *o, const struct order_act *act,
                      struct json_writer *w)
{
    json_key(w, "asked");
    json_object_begin(w);
    if (act->command == COMMAND_ORDER_CORRECT)
        put_correction(r, o, &act->ask, w);
    if (act->command == COMMAND_ORDER_UNDO)
        member_uint(w, "position", act->ask.position);
    if (act->command == COMMAND_ORDER_REASSIGN) {
        json_key(w, "to");
        put_id(r, v, &act->ask.id, w);
    }
    json_object_end(w);
}

/* Which acts are wanted. */
struct acts_wanted {
    struct bytes act;  /* "void"; empty: all */
    struct bytes shop; /* empty: all */
    bool has_day;
    int32_t day; /* when it was decided, in the workspace's zone */
};

/* "order.void" is called void. */
static struct bytes act_word(const struct view *v, uint32_t command)
{
    const struct command *c = registry_command(v->registry, command);
    const char *dot = c == NULL ? NULL : strchr(c->name, '.');
    return dot == NULL ? BYTES_NONE : bytes_of_text(dot + 1);
}

static bool is_wanted(const struct view *v, const struct acts_wanted *wanted, const struct order_act_place *place)
{
    return (wanted->shop.size == 0 || order_shop_mark(wanted->shop) == place->shop) &&
           (wanted->act.size == 0 || bytes_equal(wanted->act, act_word(v, place->command))) &&
           (!wanted->has_day || calendar_day_of(v, place->time_us) == wanted->day);
}

/* An act with its order; no order: it isn't wanted. */
struct act_item {
    struct order order;
    const struct order_act *act; /* NULL */
};

static bool act_next(const struct request *r, const struct view *v, struct hash128 key, struct list_item *out_item)
{
    struct order_act_place place;
    struct act_item *item = ARENA_NEW(v->arena, struct act_item);
    if (!order_act_before(v, key.low, &place))
        return false;
    *out_item = (struct list_item){.key = {.low = place.position}, .own = item};
    if (!is_wanted(v, list_own(r), &place))
        return true;
    out_item->people_max = ORDER_ROWS_MAX;
    const struct acts_wanted *wanted = list_own(r);
    if (order_numbered(v, place.order, &item->order) && (wanted->shop.size == 0 || bytes_equal(wanted->shop, item->order.key.shop)))
        item->act = order_act_at(&item->order, place.position);
    return true;
}

static bool act_is_seen(const struct request *r, const struct view *v, const struct list_item *item)
{
    const struct act_item *own = item->own;
    return own->act != NULL && scope_sees_order(r->token, v, &own->order);
}

static void put_act(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w)
{
    const struct act_item *own = item->own;
    member_bytes(w, "shop", own->order.key.shop);
    member_bytes(w, "number", own->order.key.number);
    order_put_act(r, v, own->act, w);
    put_asked(r, v, &own->order, own->act, w);
}

static fallible wanted_read(struct request *r, struct acts_wanted *wanted, struct err *e)
{
    struct bytes day = http_query(r->x, "day");
    wanted->act = http_query(r->x, "act");
    wanted->shop = http_query(r->x, "shop");
    wanted->has_day = day.size > 0;
    return day.size == 0 ? DONE : day_read(day, "day", &wanted->day, e);
}

void api_order_acts(struct request *r)
{
    static const struct list_kind acts = {.name = "acts",
                                          .cursor = "before",
                                          .cursor_kind = CURSOR_NUMBER,
                                          .from = UINT64_MAX,
                                          .usual = LIST_USUAL,
                                          .most = LIST_MAX,
                                          .next = act_next,
                                          .is_seen = act_is_seen,
                                          .put = put_act,
                                          .is_personal = true};
    struct acts_wanted *wanted = ARENA_NEW(request_arena(r), struct acts_wanted);
    struct err e = {0};
    struct status status = wanted_read(r, wanted, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        list_answer(r, &acts, wanted);
}
