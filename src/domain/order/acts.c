/* What operators decide on an order: kept in it, with by whom and why. */
#include "domain/identity/identity.h"
#include "domain/order/change.h"

/* An act in the list over all orders; where it stands in full the order says. */
struct act_note {
    uint64_t position;
    int64_t time_us;
    uint32_t order; /* its number */
    uint16_t command;
    uint16_t shop; /* order_shop_mark */
};
static_assert(sizeof(struct act_note) == 24, "notes are on disk");

const struct family order_act_family = {
    .id = 112, .kind = FAMILY_SERIES, .value_bytes = sizeof(struct act_note), .name = "order_act"};

static const struct refusal no_such_part = {
    "no_such_part", "The order has no such line, refund or shipment, or has not reached this state.",
    "订单中没有这一行、退款或包裹,或尚未到达该状态。"};
static const struct refusal void_already = {"void_already", "The order is void already.", "该订单已作废。"};
static const struct refusal unknown_identifier = {"unknown_identifier",
                                                  "Nobody has this identifier: check its type, namespace and value.",
                                                  "没有人持有这个标识,请检查类型、命名空间和值。"};
static const struct refusal is_theirs = {"same_owner", "The order is theirs already.", "该订单已归属此人。"};
static const struct refusal no_such_act = {"no_such_act",
                                           "Nothing was decided on this order at that position, or it was undone.",
                                           "该位点没有对此订单的操作,或已撤销。"};
static const struct refusal acts_full = {"acts_full", "A hundred things were decided on this order already.",
                                         "对此订单的人工操作已满 100 次。"};

static const struct refusal *undo_lay(const struct order_ask *ask, struct change *c)
{
    for (uint32_t i = 0; i < c->after.act_count; i++) {
        struct order_act *a = &c->after.acts[i];
        if (a->position != ask->position || a->undone || a->command == COMMAND_ORDER_UNDO)
            continue;
        a->undone = true;
        return NULL;
    }
    return &no_such_act;
}

static const struct refusal *reassign_lay(const struct view *v, const struct order_ask *ask, const struct change *c,
                                          struct hash128 *out_owner)
{
    if (!identity_owner_key(v, &ask->id, out_owner))
        return &unknown_identifier;
    return c->was.has_owner && hash128_equal(c->was.owner, *out_owner) ? &is_theirs : NULL;
}

static const struct refusal *correct_lay(const struct order_ask *ask, const struct change *c)
{
    bool is_there = order_part_find(&c->was, ask->kind, ask->part_id, ask->sub) != NULL;
    return is_there || part_may_be_new(ask->kind) ? NULL : &no_such_part;
}

/* The list is copied, so that what was stays as it was. */
static void acts_copy(struct document *d, struct arena *arena)
{
    struct order_act *acts = ARENA_ARRAY(arena, struct order_act, d->act_count + 1);
    for (uint32_t i = 0; i < d->act_count; i++)
        acts[i] = d->acts[i];
    d->acts = acts;
}

const struct refusal *act_lay(const struct view *v, struct bytes payload, struct change *c)
{
    struct document *d = &c->after;
    struct order_act act = {.position = v->position, .time_us = v->now_us, .command = c->command, .payload = payload};
    struct status status = order_ask_unpack(c->command, payload, &act.ask, NULL);
    assert(done(status));
    c->is_told = act.ask.decided_us != 0;
    if (act.ask.decided_us > 0 && act.ask.decided_us < act.time_us)
        act.time_us = act.ask.decided_us;
    const struct refusal *refusal = NULL;
    acts_copy(d, v->arena);
    if (d->act_count == ORDER_ACTS_MAX)
        refusal = &acts_full;
    else if (c->command == COMMAND_ORDER_CORRECT)
        refusal = correct_lay(&act.ask, c);
    else if (c->command == COMMAND_ORDER_VOID)
        refusal = c->was.voided ? &void_already : NULL;
    else if (c->command == COMMAND_ORDER_REASSIGN)
        refusal = reassign_lay(v, &act.ask, c, &act.owner);
    else
        refusal = undo_lay(&act.ask, c);
    if (refusal == NULL)
        d->acts[d->act_count++] = act;
    return refusal;
}

/* --- the list over all orders --- */

uint16_t order_shop_mark(struct bytes shop)
{
    return (uint16_t)hash64(shop, 0);
}

void act_note(struct step *s, const struct change *c)
{
    const struct order_act *act = &c->after.acts[c->after.act_count - 1];
    struct act_note *note = ARENA_NEW(s->view.arena, struct act_note);
    assert(c->after.number != 0 && act->command <= UINT16_MAX);
    *note = (struct act_note){.position = act->position,
                              .time_us = act->time_us,
                              .order = c->after.number,
                              .command = (uint16_t)act->command,
                              .shop = order_shop_mark(c->after.key.shop)};
    uint64_t end = step_series_push(s, &order_act_family, note) + 1;
    if (end > ORDER_ACTS_LISTED_MAX && rows_series_first(s->view.rows, &order_act_family) < end - ORDER_ACTS_LISTED_MAX)
        step_series_drop(s, &order_act_family, end - ORDER_ACTS_LISTED_MAX);
}

/* The first note at or behind the position: they ascend. */
static uint64_t note_find(const struct rows *rows, uint64_t position)
{
    uint64_t from = rows_series_first(rows, &order_act_family), until = rows_series_end(rows, &order_act_family);
    while (from < until) {
        uint64_t middle = from + (until - from) / 2;
        const struct act_note *note = rows_series_at(rows, &order_act_family, middle);
        if (note->position < position)
            from = middle + 1;
        else
            until = middle;
    }
    return from;
}

bool order_act_before(const struct view *v, uint64_t position, struct order_act_place *out)
{
    uint64_t at = note_find(v->rows, position);
    if (at == rows_series_first(v->rows, &order_act_family))
        return false;
    const struct act_note *note = rows_series_at(v->rows, &order_act_family, at - 1);
    *out = (struct order_act_place){note->position, note->time_us, note->order, note->command, note->shop};
    return true;
}

const struct order_act *order_act_at(const struct order *o, uint64_t position)
{
    for (uint32_t i = 0; i < o->act_count; i++)
        if (o->acts[i].position == position)
            return &o->acts[i];
    return NULL;
}
