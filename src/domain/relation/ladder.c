#include "base/time.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"

const struct setting relation_loyal_orders = {
    "relation.loyal_orders", 1, 1000, 3, "orders", "So many orders within relation.loyal_days make a customer loyal."};
const struct setting relation_loyal_days = {
    "relation.loyal_days", 1, 3660, 365, "days", "The days for relation.loyal_orders."};
const struct setting relation_lost_days = {
    "relation.lost_days", 1, 3660, 365, "days", "Without an event for so many days a customer counts as lost."};

#define ORDERS_A_CALL 1024u

static const uint32_t buying[] = {EVENT_ORDER_PAID, EVENT_ORDER_COMPLETED, EVENT_SALE_MADE};

/* What a ladder is derived from: one for each brand, 0 among them. */
struct ground {
    struct ladder ladders[LADDER_BRANDS_MAX + 1];
    uint64_t told[LADDER_BRANDS_MAX + 1][COUNT_OF(buying)];    /* events that tell of orders, by name */
    bool told_lately[LADDER_BRANDS_MAX + 1][COUNT_OF(buying)]; /* all of them lie within the days */
    uint32_t count;
    int64_t loyal_from_us, lost_before_us;
};

/* In order of number; the last place is for what has no room: it is looked at by nobody. */
static uint32_t place_of(struct ground *g, uint32_t brand)
{
    uint32_t at = 0;
    while (at < g->count && g->ladders[at].brand < brand)
        at++;
    if (at < g->count && g->ladders[at].brand == brand)
        return at;
    if (g->count == LADDER_BRANDS_MAX)
        return LADDER_BRANDS_MAX;
    for (uint32_t i = g->count++; i > at; i--) {
        g->ladders[i] = g->ladders[i - 1];
        memcpy(g->told[i], g->told[i - 1], sizeof g->told[i]);
        memcpy(g->told_lately[i], g->told_lately[i - 1], sizeof g->told_lately[i]);
    }
    g->ladders[at] = (struct ladder){.brand = brand};
    memset(g->told[at], 0, sizeof g->told[at]);
    memset(g->told_lately[at], 0, sizeof g->told_lately[at]);
    return at;
}

static void counter_take(struct ground *g, const struct counter *c)
{
    uint32_t at = place_of(g, c->brand);
    struct ladder *l = &g->ladders[at];
    if (c->last_us > l->last_us)
        l->last_us = c->last_us;
    for (size_t i = 0; i < COUNT_OF(buying); i++) {
        if (c->event != buying[i])
            continue;
        g->told_lately[at][i] = c->first_us >= g->loyal_from_us && (g->told[at][i] == 0 || g->told_lately[at][i]);
        g->told[at][i] += c->count;
    }
}

static void relation_take(struct ground *g, const struct relation *r)
{
    struct ladder *l = &g->ladders[place_of(g, r->brand)];
    if (!r->is_open || r->type->rung <= l->rung)
        return;
    l->rung = r->type->rung;
    l->because = r;
}

/* A document counts once it was paid, while something of it is left. */
static void order_take(const struct view *v, struct ground *g, const struct order *o)
{
    struct order_sums sums;
    int64_t paid_us;
    struct bytes brand = order_text(o, FIELD_BRAND);
    uint32_t number = brand.size == 0 ? 0 : name_number(v, NAME_BRAND, brand);
    order_sum(o, ORDER_NOW, &sums);
    if (o->voided || !order_reached(o, BYTES_NONE, ORDER_PAID, &paid_us) || sums.net <= 0)
        return;
    struct ladder *l = &g->ladders[place_of(g, number)];
    l->orders++;
    l->orders_lately += paid_us >= g->loyal_from_us;
}

/* The newest orders of a person: of many those that came last, by number. */
struct newest {
    uint32_t numbers[LADDER_ORDERS_MAX]; /* ascending */
    size_t count;
};

static void newest_take(struct newest *n, uint32_t number)
{
    if (n->count == LADDER_ORDERS_MAX && number < n->numbers[0])
        return;
    size_t drop = n->count == LADDER_ORDERS_MAX, at = n->count;
    while (at > 0 && n->numbers[at - 1] > number)
        at--;
    if (drop > 0)
        memmove(n->numbers, n->numbers + 1, (at - 1) * sizeof *n->numbers);
    else
        memmove(n->numbers + at + 1, n->numbers + at, (n->count - at) * sizeof *n->numbers);
    n->numbers[at - drop] = number;
    n->count += drop == 0;
}

static void orders_take(const struct view *v, struct ground *g, uint32_t person)
{
    uint32_t numbers[ORDERS_A_CALL];
    struct order_walk walk = {0};
    struct newest newest = {.count = 0};
    for (size_t count; (count = order_of_person(v, person, &walk, numbers, ORDERS_A_CALL)) > 0;)
        for (size_t i = 0; i < count; i++)
            newest_take(&newest, numbers[i]);
    for (size_t i = 0; i < newest.count; i++) {
        struct order o;
        if (order_numbered(v, newest.numbers[i], &o))
            order_take(v, g, &o);
    }
}

/* A document derives events too, so the two are never added up: the more tells. */
static void told_take(struct ground *g, uint32_t at)
{
    struct ladder *l = &g->ladders[at];
    for (size_t i = 0; i < COUNT_OF(buying); i++) {
        if (g->told[at][i] > l->orders)
            l->orders = g->told[at][i];
        if (g->told_lately[at][i] && g->told[at][i] > l->orders_lately)
            l->orders_lately = g->told[at][i];
    }
}

/* What the whole group has counts for a brand. */
static void group_take(struct ladder *l, const struct ladder *group)
{
    if (group->rung > l->rung) {
        l->rung = group->rung;
        l->because = group->because;
    }
    l->orders += group->orders;
    l->orders_lately += group->orders_lately;
    if (group->last_us > l->last_us)
        l->last_us = group->last_us;
}

static void ladder_settle(struct ladder *l, const struct ground *g, uint64_t loyal_orders)
{
    if (l->orders > 0 && l->rung < RUNG_BUYER) {
        l->rung = RUNG_BUYER;
        l->because = NULL;
    }
    if (l->orders_lately >= loyal_orders) {
        l->rung = RUNG_LOYAL;
        l->because = NULL;
    }
    l->was = l->rung;
    if (l->rung > RUNG_STRANGER && l->last_us < g->lost_before_us)
        l->rung = RUNG_LOST;
}

static size_t ladders_finish(struct ground *g, uint64_t loyal_orders, struct ladder *out)
{
    struct ladder group = {.brand = 0};
    for (uint32_t i = 0; i < g->count; i++)
        told_take(g, i);
    bool has_group = g->count > 0 && g->ladders[0].brand == 0;
    if (has_group)
        group = g->ladders[0];
    for (uint32_t i = 0; i < g->count; i++) {
        out[i] = g->ladders[i];
        if (out[i].brand != 0)
            group_take(&out[i], &group);
        ladder_settle(&out[i], g, loyal_orders);
    }
    return g->count;
}

size_t relation_ladder(const struct view *v, uint32_t person, struct ladder out[LADDER_BRANDS_MAX])
{
    const struct counter *counters;
    const struct relation *relations;
    struct ground *g = ARENA_NEW(v->arena, struct ground);
    g->loyal_from_us = v->now_us - setting_int(v, &relation_loyal_days) * US_PER_DAY;
    g->lost_before_us = v->now_us - setting_int(v, &relation_lost_days) * US_PER_DAY;
    size_t count = people_counters(v, person, &counters);
    for (size_t i = 0; i < count; i++)
        counter_take(g, &counters[i]);
    count = relation_list(v, person, &relations);
    for (size_t i = 0; i < count; i++)
        relation_take(g, &relations[i]);
    orders_take(v, g, person);
    return ladders_finish(g, (uint64_t)setting_int(v, &relation_loyal_orders), out);
}
