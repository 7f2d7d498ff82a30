#include "domain/order/change.h"

#include "domain/order/payload.h"

static const struct refusal no_such_order = {"no_such_order", "There is no order of this shop and number.",
                                             "该店铺没有这个订单号。"};

const struct family order_owner_page_family = {
    .id = 84, .kind = FAMILY_NUMBERED, .value_bytes = ROW_BYTES_MAX, .name = "order_owner_page"};
const struct family order_owner_index_family = {
    .id = 85, .kind = FAMILY_INDEX, .name = "order_owner_index", .goes_cold = true};
const struct roster order_owner_roster = {.pages = &order_owner_page_family, .index = &order_owner_index_family};

/* --- what a command does --- */

static const struct refusal *version_lay(const struct view *v, struct bytes payload, struct change *c)
{
    struct order_version version;
    version_read(payload, v->arena, &version);
    c->is_known = document_load(v, version.key, &c->before);
    return document_merge(&c->before, &version, v->arena, &c->after);
}

/* The order of a follow-up; the owner, too, of one that found it. */
static const struct refusal *follow_up_lay(const struct view *v, struct bytes payload, struct change *c)
{
    struct order_key key;
    struct hash128 owner = {0};
    bool finds_owner = c->command == COMMAND_ORDER_OWNED;
    struct status status = key_unpack(payload, &key, finds_owner ? &owner : NULL, NULL);
    assert(done(status)); /* its check has seen it */
    c->is_known = document_load(v, key, &c->before);
    c->after = c->before;
    if (!c->is_known)
        return &no_such_order;
    if (finds_owner && !c->after.has_heard) {
        c->after.has_heard = true;
        c->after.heard = owner;
    }
    return NULL;
}

static const struct refusal *ask_lay(const struct view *v, struct bytes payload, struct change *c)
{
    struct order_ask ask;
    struct status status = order_ask_unpack(c->command, payload, &ask, NULL);
    assert(done(status)); /* its check has seen it */
    c->is_known = document_load(v, ask.key, &c->before);
    c->after = c->before;
    document_in_force(&c->before, v->arena, &c->was);
    return c->is_known ? act_lay(v, payload, c) : &no_such_order;
}

static bool owner_is_same(const struct order *a, const struct order *b)
{
    return a->has_owner == b->has_owner && (!a->has_owner || hash128_equal(a->owner, b->owner));
}

static const struct refusal *command_lay(const struct view *v, struct bytes payload, struct change *c)
{
    switch (c->command) {
    case COMMAND_ORDER_PUT:
        return version_lay(v, payload, c);
    case COMMAND_ORDER_OWNED:
    case COMMAND_ORDER_TELL:
        return follow_up_lay(v, payload, c);
    default:
        return ask_lay(v, payload, c);
    }
}

const struct refusal *change_plan(const struct view *v, uint32_t command, struct bytes payload, struct change *c)
{
    *c = (struct change){.command = command};
    const struct refusal *refusal = command_lay(v, payload, c);
    if (refusal != NULL)
        return refusal;
    document_in_force(&c->before, v->arena, &c->was);
    document_in_force(&c->after, v->arena, &c->is);
    c->is.has_day = day_of_order(v, &c->is, &c->is.day);
    c->is.day = c->is.has_day ? c->is.day : 0;
    c->after.has_day = c->is.has_day;
    c->after.day = c->is.day;
    c->owner_moves = !owner_is_same(&c->was, &c->is);
    tells_plan(v, c);
    return NULL;
}

/* --- what else it reads and writes --- */

static bool day_moves(const struct change *c)
{
    return c->was.has_day != c->is.has_day || c->was.day != c->is.day;
}

static bool is_by_hand(const struct change *c)
{
    return c->command == COMMAND_ORDER_REASSIGN || c->command == COMMAND_ORDER_UNDO;
}

void change_touch(const struct view *v, const struct change *c)
{
    struct bytes shop = c->after.key.shop;
    uint32_t number = c->before.number != 0 ? c->before.number : view_rows_end(v, &order_family);
    if (day_moves(c) && c->was.has_day)
        roster_touch(v, &order_day_roster, day_key(shop, c->was.day), number);
    if (day_moves(c) && c->is.has_day)
        roster_touch(v, &order_day_roster, day_key(shop, c->is.day), number);
    if (c->owner_moves && c->was.has_owner)
        roster_touch(v, &order_owner_roster, c->was.owner, number);
    if (c->owner_moves && c->is.has_owner)
        roster_touch(v, &order_owner_roster, c->is.owner, number);
    if (c->owner_moves && is_by_hand(c))
        handover_touch(v, c);
}

/* A roster that is full takes no more: the order itself is there all the same. */
static void rosters_move(struct step *s, const struct change *c)
{
    struct bytes shop = c->after.key.shop;
    uint32_t number = c->after.number;
    if (day_moves(c) && c->was.has_day)
        roster_remove(s, &order_day_roster, day_key(shop, c->was.day), number);
    if (day_moves(c) && c->is.has_day)
        (void)roster_add(s, &order_day_roster, day_key(shop, c->is.day), number);
    if (c->owner_moves && c->was.has_owner)
        roster_remove(s, &order_owner_roster, c->was.owner, number);
    if (c->owner_moves && c->is.has_owner)
        (void)roster_add(s, &order_owner_roster, c->is.owner, number);
}

static void say_changed(struct step *s, const struct change *c)
{
    struct order_changed *f = ARENA_NEW(s->view.arena, struct order_changed);
    f->key = c->after.key;
    f->is_new = !c->is_known;
    f->command = c->command;
    step_say(s, &fact_order_changed, f);
}

const struct refusal *change_write(struct step *s, struct change *c)
{
    struct bytes bytes = document_encode(&c->after, s->view.arena);
    if (bytes.size == 0 || c->after.probe >= ORDER_PROBES)
        return &order_too_many;
    if (bytes_equal(bytes, c->before.raw))
        return NULL;
    document_save(s, &c->after, bytes);
    c->is.number = c->after.number;
    order_sum(&c->is, ORDER_NOW, &c->sums);
    rosters_move(s, c);
    day_totals_move(s, &c->was, &c->is, &c->sums);
    tells_write(s, c);
    if (c->owner_moves && is_by_hand(c))
        handover_write(s, c);
    say_changed(s, c);
    return NULL;
}
