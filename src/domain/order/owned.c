/* An event of an order has found its owner: written into the order's bytes as they lie, since nothing else of it changes. */
#include "domain/order/change.h"
#include "domain/order/custody.h"
#include "domain/order/payload.h"

struct owned {
    struct document before, after;
    bool is_first; /* the first event that found somebody */
    bool moves;    /* nobody was set by hand */
};

/* An owner who is found for an order that waits for custody takes it there: no other command finds the order any more. */
static const struct refusal *owned_plan(const struct view *v, struct bytes payload, struct owned *o)
{
    struct order_key key;
    struct hash128 owner, by_hand;
    struct status status = key_unpack(payload, &key, &owner, NULL);
    assert(done(status)); /* owned_check has seen it */
    if (!document_load(v, key, &o->before))
        return &no_such_order;
    if (o->before.lock.erasure != 0)
        return &order_is_locked;
    o->after = o->before;
    o->is_first = !o->before.has_heard;
    o->moves = o->is_first && !document_owner(&o->before, &by_hand);
    if (o->is_first) {
        o->after.has_heard = true;
        o->after.heard = owner;
    }
    return NULL;
}

void owned_needs(const struct view *v, struct bytes payload)
{
    struct owned o;
    if (owned_plan(v, payload, &o) == NULL && o.moves)
        roster_touch(v, &order_owner_roster, o.after.heard, o.after.number);
}

const struct refusal *owned_apply(struct step *s, struct bytes payload)
{
    struct owned o;
    const struct refusal *refusal = owned_plan(&s->view, payload, &o);
    if (refusal != NULL || !o.is_first)
        return refusal;
    struct bytes bytes = document_head_encode(&o.before, &o.after, s->view.arena);
    if (bytes.size == 0)
        return &order_too_many;
    document_save(s, &o.after, bytes);
    if (o.moves)
        (void)roster_add(s, &order_owner_roster, o.after.heard, o.after.number); /* a full one takes no more */
    order_say_changed(
        s, &(struct order_changed){.key = o.after.key, .order = o.after.number, .command = COMMAND_ORDER_OWNED});
    return NULL;
}

fallible owned_check(struct bytes payload, struct err *e)
{
    struct order_key key;
    struct hash128 owner;
    return key_unpack(payload, &key, &owner, e);
}
