#include "domain/order/change.h"

#include "domain/order/custody.h"
#include "domain/order/payload.h"

const struct refusal no_such_order = {"no_such_order", "There is no order of this shop and number.",
                                      "该店铺没有这个订单号。"};

const struct family order_owner_page_family = {
    .id = 84, .kind = FAMILY_NUMBERED, .value_bytes = ROW_BYTES_MAX, .name = "order_owner_page"};
const struct family order_owner_index_family = {
    .id = 85, .kind = FAMILY_INDEX, .name = "order_owner_index", .goes_cold = true};
const struct roster order_owner_roster = {.pages = &order_owner_page_family, .index = &order_owner_index_family};

/* --- what a command does --- */

/* When an order began, as far as its version says. */
static int64_t version_begun_us(const struct order_version *version)
{
    int64_t begun_us = version->time_us;
    for (uint32_t i = 0; i < version->part_count; i++)
        if (version->parts[i].kind == ORDER_STATE && version->parts[i].time_us < begun_us)
            begun_us = version->parts[i].time_us;
    return begun_us;
}

/* An old file does not bring back who was erased, nor what they bought. */
static bool is_of_erased(const struct view *v, const struct order_version *version)
{
    bool found = false;
    for (uint32_t i = 0; i < version->part_count && version->import && !found; i++) {
        if (version->parts[i].kind != ORDER_BUYER)
            continue;
        struct unpack u = unpack_of(version->parts[i].body);
        for (struct envelope_id id; !found && order_id_next(&u, &id);)
            found = collect_is_suppressed(v, id.key, version_begun_us(version));
    }
    return found;
}

static const struct refusal *version_lay(const struct view *v, struct bytes payload, struct change *c)
{
    struct order_version version;
    version_read(payload, v->arena, &version);
    if (is_of_erased(v, &version))
        return &collect_suppressed;
    c->is_known = document_load(v, version.key, &c->before);
    c->is_told = version.told;
    return document_merge(&c->before, &version, v->arena, &c->after);
}

static const struct refusal *tell_lay(const struct view *v, struct bytes payload, struct change *c)
{
    struct order_key key;
    struct status status = key_unpack(payload, &key, NULL, NULL);
    assert(done(status)); /* its check has seen it */
    c->is_known = document_load(v, key, &c->before);
    c->after = c->before;
    return c->is_known ? NULL : &no_such_order;
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
    case COMMAND_ORDER_TELL:
        return tell_lay(v, payload, c);
    default:
        return ask_lay(v, payload, c);
    }
}

static bool is_closed(const struct view *v, const struct change *c)
{
    return c->before.lock.erasure != 0 || custody_is_near(v, &c->before);
}

const struct refusal *change_plan(const struct view *v, uint32_t command, struct bytes payload, struct change *c)
{
    *c = (struct change){.command = command};
    const struct refusal *refusal = command_lay(v, payload, c);
    if (is_closed(v, c))
        return &order_is_locked;
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

/* Both who had it and who has it hear of it. */
static bool hands_over(const struct change *c)
{
    bool is_by_hand = c->command == COMMAND_ORDER_REASSIGN || c->command == COMMAND_ORDER_UNDO;
    return c->owner_moves && is_by_hand && !c->is_told;
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
    if (hands_over(c))
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

void order_say_changed(struct step *s, const struct order_changed *changed)
{
    struct order_changed *f = ARENA_NEW(s->view.arena, struct order_changed);
    *f = *changed;
    step_say(s, &fact_order_changed, f);
}

const struct refusal *change_write(struct step *s, struct change *c)
{
    struct bytes bytes = document_encode(&c->after, ORDER_BYTES_MAX, s->view.arena);
    if (bytes.size == 0 || c->after.probe >= ORDER_PROBES)
        return &order_too_many;
    if (bytes_equal(bytes, c->before.raw))
        return NULL;
    document_save(s, &c->after, bytes);
    if (c->after.act_count > c->before.act_count)
        act_note(s, c);
    c->is.number = c->after.number;
    order_sum(&c->is, ORDER_NOW, &c->sums);
    rosters_move(s, c);
    day_totals_move(s, &c->was, &c->is, &c->sums);
    tells_write(s, c);
    if (hands_over(c))
        handover_write(s, c);
    order_say_changed(s, &(struct order_changed){.key = c->after.key,
                                                 .order = c->after.number,
                                                 .is_new = !c->is_known,
                                                 .had_owner = c->was.has_owner,
                                                 .owner_before = c->was.owner,
                                                 .command = c->command});
    return NULL;
}
