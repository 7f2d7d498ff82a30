/* Orders against their model; and what follows from them, as the log is read back. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "domain/order/order.h"
#include "sim/run.h"

/* --- what follows --- */

static struct record *record_at(struct run *r, uint64_t position)
{
    for (uint32_t i = 0; i < r->record_count; i++)
        if (r->records[i].logged.position == position)
            return &r->records[i];
    return NULL;
}

static int pool_find(const struct pool *pool, struct hash128 key)
{
    for (uint32_t i = 0; i < pool->id_count; i++)
        if (hash128_equal(pool->ids[i].key, key))
            return (int)i;
    return -1;
}

/* "order:sim:3:order_paid", "order:sim:3:buyer": each once, and only of a state that some version has reached. */
static bool telling_is_new(struct run *r, const struct envelope *v)
{
    struct model_orders *m = &r->orders;
    uint32_t order = (uint32_t)(v->reference[REF_ORDER].data[0] - '0');
    int64_t us;
    assert(order < ORDERS_PLANNED);
    bool *told = &m->buyer_told[order];
    for (uint32_t s = 0; s < ORDER_STATES_PLANNED; s++) {
        const char *id = arena_printf(r->arena, "order:sim:%u:order_%s", order, order_state_names[s]);
        if (!bytes_equal(v->message_id, bytes_of_text(id)))
            continue;
        told = &m->told[order][s];
        if (!model_order_state(m, order, s, &us))
            return false;
    }
    bool is_new = !*told;
    *told = true;
    return is_new;
}

uint32_t order_event_read(struct run *r, const struct log_record *record)
{
    struct envelope v;
    const struct record *from = record_at(r, record->follows.position);
    bool good = done(envelope_unpack(record->payload, &v, NULL)) && from != NULL &&
                (from->logged.kind == COMMAND_ORDER_PUT || from->logged.kind == COMMAND_ORDER_TELL);
    if (!good || !telling_is_new(r, &v)) {
        run_fail(r, "position %llu derives nothing of an order, or again", (unsigned long long)record->position);
        return DEED_NONE;
    }
    struct deed d = {.kind = DEED_EVENT,
                     .source = ORDER_SOURCE,
                     .brand = "",
                     .channel = "",
                     .name = "",
                     .alias_of = "",
                     .event_us = v.event_us,
                     .received_us = v.received_us};
    d.event = standard_event_named(v.event)->name;
    d.message = ++r->plan.messages;
    for (uint32_t i = 0; i < v.id_count && d.id_count < DEED_IDS_MAX; i++) {
        int id = pool_find(&r->pool, v.ids[i].key);
        d.is_own[d.id_count] = true;
        if (id >= 0)
            d.ids[d.id_count++] = (uint16_t)id;
    }
    assert(r->deed_count < DEEDS_MAX);
    r->deeds[r->deed_count] = d;
    r->payloads[r->deed_count] = arena_copy(r->arena, record->payload);
    r->transcript->followed++;
    return r->deed_count++;
}

void order_owned_read(struct run *r, const struct log_record *record)
{
    struct unpack u = unpack_of(record->payload);
    struct hash128 owner;
    uint32_t node = NODE_NONE;
    (void)unpack_bytes(&u);
    uint32_t order = (uint32_t)(unpack_bytes(&u).data[0] - '0');
    memcpy(&owner, unpack_raw(&u, sizeof owner).data, sizeof owner);
    assert(unpack_finished(&u) && order < ORDERS_PLANNED);
    for (uint32_t i = 0; i < r->people.count; i++) {
        const struct model_seen *seen = &r->people.seen[i];
        if (seen->position != record->follows.position || seen->owner.node == NODE_NONE)
            continue;
        if (!hash128_equal(model_owner_key(&r->identity, &seen->owner), owner))
            run_fail(r, "order %u found another owner than its event at %llu has", order,
                     (unsigned long long)seen->position);
        node = seen->owner.node;
    }
    if (r->orders.has_owner[order])
        return;
    r->orders.has_owner[order] = true;
    r->orders.owner[order] = owner;
    r->orders.owner_node[order] = node;
}

/* --- all of them --- */

struct orders_read {
    struct run *run;
    bool is_settled;
    char trouble[200]; /* of this reading; a reading over cold rows is done again */
};

static void owner_compare(const struct view *v, struct orders_read *c, uint32_t order, const struct order *o)
{
    const struct model_orders *m = &c->run->orders;
    uint32_t numbers[ORDERS_PLANNED + 1];
    struct order_walk walk = {0};
    if (o->has_owner != m->has_owner[order] || (o->has_owner && !hash128_equal(o->owner, m->owner[order])))
        (void)snprintf(c->trouble, sizeof c->trouble, "order %u has another owner than in the model", order);
    uint32_t person = o->has_owner ? identity_of_owner(v, o->owner) : PERSON_NONE;
    size_t count = person == PERSON_NONE ? 0 : order_of_person(v, person, &walk, numbers, COUNT_OF(numbers));
    bool is_listed = person == PERSON_NONE;
    for (size_t i = 0; i < count; i++)
        is_listed |= numbers[i] == o->number;
    if (!is_listed)
        (void)snprintf(c->trouble, sizeof c->trouble, "order %u is not among those of person %u", order, person);
}

static void order_compare(const struct view *v, struct orders_read *c, uint32_t order, const struct order *o)
{
    const struct model_orders *m = &c->run->orders;
    for (uint32_t line = 0; line < ORDER_LINES_PLANNED; line++) {
        struct order_value paid;
        char id[2] = {(char)('0' + line), 0};
        const struct order_part *p = order_part_find(o, ORDER_LINE, bytes_of_text(id), 0);
        int got = p != NULL && order_value_find(p->body, FIELD_PAID, &paid) ? (int)paid.integer : ORDER_UNSAID,
            want = model_order_line(m, order, line);
        if (got != want)
            (void)snprintf(c->trouble, sizeof c->trouble, "order %u: line %u is %d, in the model %d", order, line, got,
                           want);
    }
    for (uint32_t state = 0; state < ORDER_STATES_PLANNED; state++) {
        int64_t got_us = 0, want_us;
        bool want = model_order_state(m, order, state, &want_us),
             got = order_reached(o, BYTES_NONE, (uint8_t)state, &got_us);
        if (got != want || got_us != want_us)
            (void)snprintf(c->trouble, sizeof c->trouble, "order %u: state %u was reached at %lld, in the model %lld",
                           order, state, (long long)got_us, (long long)want_us);
        if (c->is_settled && want && !m->told[order][state])
            (void)snprintf(c->trouble, sizeof c->trouble, "order %u: state %u was never told", order, state);
    }
    owner_compare(v, c, order, o);
}

/* Totals are what all orders of a day add up to. */
static void days_compare(const struct view *v, struct orders_read *c)
{
    const struct model_orders *m = &c->run->orders;
    struct order_day day = {.day = INT32_MIN / 2};
    uint64_t orders = 0, want_orders = 0;
    int64_t amount = 0, want_amount = 0;
    while (order_day_next(v, BYTES_LIT("sim"), day.day, day.currency, &day)) {
        orders += day.orders;
        amount += day.amount;
    }
    for (uint32_t order = 0; order < ORDERS_PLANNED; order++) {
        int64_t us;
        bool has_state = false;
        for (uint32_t state = 0; state < ORDER_STATES_PLANNED; state++)
            has_state |= model_order_state(m, order, state, &us);
        want_orders += has_state;
        for (uint32_t line = 0; has_state && line < ORDER_LINES_PLANNED; line++)
            want_amount += model_order_line(m, order, line) == ORDER_UNSAID ? 0 : model_order_line(m, order, line);
    }
    if (orders != want_orders || amount != want_amount)
        (void)snprintf(c->trouble, sizeof c->trouble, "the days hold %llu orders and %lld, in the model %llu and %lld",
                       (unsigned long long)orders, (long long)amount, (unsigned long long)want_orders,
                       (long long)want_amount);
}

/* Nobody finds an order in custody; of one that may be, only the end tells. */
static bool is_found_rightly(const struct orders_read *c, uint32_t order, bool there)
{
    const struct model_orders *m = &c->run->orders;
    bool known = model_order_known(m, order);
    switch (m->custody[order]) {
    case CUSTODY_PERHAPS:
        return there ? known && !(c->is_settled && model_order_was_erased(m, &c->run->identity, order)) : true;
    case CUSTODY_CLOSED:
        return !there;
    default:
        return there == known;
    }
}

static void orders_read(const struct view *v, void *context)
{
    struct orders_read *c = context;
    c->trouble[0] = 0;
    for (uint32_t order = 0; order < ORDERS_PLANNED; order++) {
        char number[2] = {(char)('0' + order), 0};
        struct order o;
        bool there = order_find(v, (struct order_key){BYTES_LIT("sim"), bytes_of_text(number)}, &o);
        if (!is_found_rightly(c, order, there))
            (void)snprintf(c->trouble, sizeof c->trouble, "order %u is %sthere, unlike in the model", order,
                           there ? "" : "not ");
        if (there)
            order_compare(v, c, order, &o);
    }
    days_compare(v, c);
}

void check_orders(struct run *r, bool is_settled)
{
    struct orders_read c = {.run = r, .is_settled = is_settled};
    engine_read(r->engine, orders_read, &c);
    if (c.trouble[0] != 0)
        run_fail(r, "%s", c.trouble);
}
