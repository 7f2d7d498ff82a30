/* From acts to periods. */
#include <stdlib.h>

#include "domain/relation/strands.h"

#define REASON_REPLACED BYTES_LIT("replaced")

/* An act of one of the relations that are looked at together. */
struct turn {
    struct act act;
    uint32_t relation; /* which */
    struct hash128 owner;
};

static int turn_compare(const void *a, const void *b)
{
    const struct turn *x = a, *y = b;
    if (x->act.time_us != y->act.time_us)
        return x->act.time_us < y->act.time_us ? -1 : 1;
    if (x->act.is_end != y->act.is_end)
        return x->act.is_end ? 1 : -1; /* the stricter is the later */
    if (x->relation != y->relation)
        return x->relation < y->relation ? -1 : 1;
    int order = bytes_compare(x->act.reason, y->act.reason);
    if (order != 0)
        return order;
    if (x->act.by.kind != y->act.by.kind)
        return x->act.by.kind < y->act.by.kind ? -1 : 1;
    order = bytes_compare(x->act.by.name, y->act.by.name);
    if (order != 0)
        return order;
    if (x->owner.high != y->owner.high)
        return x->owner.high < y->owner.high ? -1 : 1;
    return (x->owner.low > y->owner.low) - (x->owner.low < y->owner.low);
}

/* Relations while they are made: periods oldest first. */
struct making {
    struct relation *list;
    struct relation_period **periods;
    uint32_t count;
};

static struct relation_period *period_last(struct making *m, uint32_t relation)
{
    return m->periods[relation] + m->list[relation].period_count - 1;
}

static void relation_open(struct making *m, uint32_t relation, const struct turn *turn)
{
    struct relation *r = &m->list[relation];
    if (r->is_open)
        return;
    m->periods[relation][r->period_count++] = (struct relation_period){
        .begin_us = turn->act.time_us, .end_us = RELATION_OPEN_US, .begun_by = turn->act.by};
    r->is_open = true;
    r->owner = turn->owner;
}

/* An end that nothing was before: it began at a time that isn't known. A second end in a row changes nothing. */
static void relation_shut(struct making *m, uint32_t relation, const struct act *end, bool is_replaced)
{
    struct relation *r = &m->list[relation];
    if (!r->is_open && r->period_count > 0)
        return;
    if (!r->is_open)
        m->periods[relation][r->period_count++] = (struct relation_period){.begin_us = RELATION_UNKNOWN_US};
    struct relation_period *last = period_last(m, relation);
    last->end_us = end->time_us;
    last->reason = end->reason;
    last->ended_by = end->by;
    last->is_replaced = is_replaced;
    r->is_open = false;
}

static void turn_take(struct making *m, const struct turn *turn)
{
    if (turn->act.is_end) {
        relation_shut(m, turn->relation, &turn->act, false);
        return;
    }
    struct act replaced = {.time_us = turn->act.time_us, .is_end = true, .reason = REASON_REPLACED, .by = turn->act.by};
    if (m->list[turn->relation].type->is_single)
        for (uint32_t i = 0; i < m->count; i++)
            if (i != turn->relation && m->list[i].is_open)
                relation_shut(m, i, &replaced, true);
    relation_open(m, turn->relation, turn);
}

static void periods_turn_round(struct making *m)
{
    for (uint32_t i = 0; i < m->count; i++) {
        struct relation_period *list = m->periods[i];
        uint32_t count = m->list[i].period_count;
        for (uint32_t j = 0; j < count / 2; j++) {
            struct relation_period kept = list[j];
            list[j] = list[count - 1 - j];
            list[count - 1 - j] = kept;
        }
        m->list[i].periods = list;
    }
}

/* --- attributes: the union of what all owners said --- */

static struct relation_attribute attribute_of(const struct attribute *from, struct arena *a)
{
    struct relation_attribute *list = ARENA_ARRAY(a, struct relation_attribute, from->count);
    for (uint32_t i = 0; i < from->count; i++)
        list[i] = (struct relation_attribute){
            .name = from->name, .time_us = from->versions[i].time_us, .value = from->versions[i].value};
    struct relation_attribute newest = list[0];
    newest.earlier = from->count - 1;
    newest.history = list + 1;
    return newest;
}

static void attributes_make(struct relation *r, const struct strand *from, uint32_t count, struct arena *a)
{
    struct strand sum = {.attribute_count = 0};
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < from[i].attribute_count; j++)
            for (uint32_t k = 0; k < from[i].attributes[j].count; k++)
                (void)strand_add_attribute(&sum, from[i].attributes[j].name, &from[i].attributes[j].versions[k], a);
    struct relation_attribute *list = ARENA_ARRAY(a, struct relation_attribute, sum.attribute_count + 1);
    for (uint32_t i = 0; i < sum.attribute_count; i++)
        list[i] = attribute_of(&sum.attributes[i], a);
    r->attribute_count = sum.attribute_count;
    r->attributes = list;
}

/* --- all of it --- */

uint32_t strands_run(const struct strands *s, uint32_t from)
{
    uint32_t until = from + 1;
    while (until < s->count && relation_compare(&s->list[from], &s->list[until]) == 0)
        until++;
    return until;
}

int64_t strands_begun_us(const struct strand *list, uint32_t count)
{
    int64_t begun_us = RELATION_UNKNOWN_US;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < list[i].act_count; j++)
            if (!list[i].acts[j].is_end && list[i].acts[j].time_us > begun_us)
                begun_us = list[i].acts[j].time_us;
    return begun_us;
}

/* Relations that close each other: those of one type and brand, or one alone. */
static uint32_t run_together(const struct strands *s, uint32_t from, bool is_single)
{
    uint32_t until = strands_run(s, from);
    const struct strand *first = &s->list[from];
    while (is_single && until < s->count && s->list[until].type == first->type && s->list[until].brand == first->brand)
        until++;
    return until;
}

/* Of the strands [from, until), all of one type. Adds to `out`; returns how many. */
static uint32_t together_make(const struct strands *s, uint32_t from, uint32_t until, const struct relation_type *type,
                              struct relation *out, struct arena *a)
{
    struct making m = {.list = out, .periods = ARENA_ARRAY(a, struct relation_period *, until - from)};
    struct turn *turns = ARENA_ARRAY(a, struct turn, (size_t)(until - from) * RELATION_ACTS_MAX);
    uint32_t turn_count = 0;
    for (uint32_t at = from, end; at < until; at = end, m.count++) {
        const struct strand *first = &s->list[at];
        uint32_t before = turn_count;
        end = strands_run(s, at);
        out[m.count] = (struct relation){
            .type = type, .brand = first->brand, .ref = first->ref, .begun_us = strands_begun_us(first, end - at)};
        for (uint32_t i = at; i < end; i++)
            for (uint32_t j = 0; j < s->list[i].act_count; j++)
                turns[turn_count++] = (struct turn){s->list[i].acts[j], m.count, s->list[i].owner};
        m.periods[m.count] = ARENA_ARRAY(a, struct relation_period, turn_count - before + 1);
        attributes_make(&out[m.count], first, end - at, a);
    }
    qsort(turns, turn_count, sizeof *turns, turn_compare);
    for (uint32_t i = 0; i < turn_count; i++)
        turn_take(&m, &turns[i]);
    periods_turn_round(&m);
    return m.count;
}

size_t strands_relations(const struct strands *s, uint8_t type, const struct view *v, struct relation **out_list)
{
    struct arena *a = v->arena;
    struct relation *list = ARENA_ARRAY(a, struct relation, s->count + 1);
    const struct relation_type *known = NULL;
    size_t count = 0;
    for (uint32_t at = 0, end; at < s->count; at = end) {
        uint8_t number = s->list[at].type;
        if (type != 0 && number != type) {
            end = at + 1;
            continue;
        }
        if (known == NULL || known->number != number)
            known = relation_type_numbered(v, number);
        assert(known != NULL); /* nobody takes a type away */
        end = run_together(s, at, known->is_single);
        count += together_make(s, at, end, known, list + count, a);
    }
    *out_list = list;
    return count;
}

const struct relation_attribute *relation_attribute(const struct relation *r, const char *name)
{
    for (uint32_t i = 0; i < r->attribute_count; i++)
        if (bytes_equal(r->attributes[i].name, bytes_of_text(name)))
            return &r->attributes[i];
    return NULL;
}
