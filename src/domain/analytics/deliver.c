#include "domain/analytics/deliver.h"

#include <stdlib.h>

#include "base/leisure.h"

#define REST_EVERY 64u /* people */

/* A moment with all that it is put in order by. */
struct keyed {
    struct gathered_tie tie;
    struct moment moment;
    uint32_t whose;
};

void deliver_init(struct deliver *d, struct arena *arena)
{
    buf_init(&d->moments, SIZE_MAX / 2);
    buf_init(&d->keyed, SIZE_MAX / 2);
    d->ends = ARENA_ARRAY(arena, uint32_t, CHUNK_PEOPLE + 1);
}

void deliver_fini(struct deliver *d)
{
    buf_fini(&d->moments);
    buf_fini(&d->keyed);
}

size_t deliver_bytes(const struct deliver *d)
{
    return d->moments.capacity + d->keyed.capacity;
}

static const struct gathered_row *rows_of(const struct gather *g)
{
    return (const struct gathered_row *)(const void *)g->rows.data;
}

static struct moment *moments_take(struct deliver *d, uint32_t count)
{
    buf_clear(&d->moments);
    return (struct moment *)(void *)buf_extend(&d->moments, count * sizeof(struct moment));
}

static void lanes_point(const struct gather *g, struct lane *out)
{
    for (uint32_t i = 0; i < g->plan->plan->lane_count; i++)
        out[i] = (struct lane){.kind = g->plan->plan->lanes[i].kind,
                               .codes = (const uint32_t *)(const void *)g->lanes[i].codes.data,
                               .quantities = (const struct quantity *)(const void *)g->lanes[i].quantities.data,
                               .has = (const bool *)(const void *)g->lanes[i].has.data};
}

static int keyed_compare(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    if (x->whose != y->whose)
        return x->whose < y->whose ? -1 : 1;
    if (x->moment.time_us != y->moment.time_us)
        return x->moment.time_us < y->moment.time_us ? -1 : 1;
    if (x->tie.message != y->tie.message)
        return x->tie.message < y->tie.message ? -1 : 1;
    if (x->tie.position != y->tie.position)
        return x->tie.position < y->tie.position ? -1 : 1;
    return x->moment.row < y->moment.row ? -1 : x->moment.row > y->moment.row;
}

static struct keyed keyed_of(const struct gather *g, const struct moment *m, uint32_t whose)
{
    const struct gathered_tie *ties = (const struct gathered_tie *)(const void *)g->ties.data;
    return (struct keyed){.tie = ties[m->row], .moment = *m, .whose = whose};
}

static bool moments_in_order(const struct gather *g, const struct moment *moments, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        if (moments[i - 1].time_us < moments[i].time_us)
            continue;
        struct keyed a = keyed_of(g, &moments[i - 1], 0), b = keyed_of(g, &moments[i], 0);
        if (keyed_compare(&a, &b) > 0)
            return false;
    }
    return true;
}

/* One person's moments, which came out of blocks that overlap. */
static bool moments_sort(struct deliver *d, const struct gather *g, struct moment *moments, uint32_t count)
{
    if (moments_in_order(g, moments, count))
        return true;
    buf_clear(&d->keyed);
    struct keyed *keyed = (struct keyed *)(void *)buf_extend(&d->keyed, count * sizeof *keyed);
    if (keyed == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++)
        keyed[i] = keyed_of(g, &moments[i], 0);
    qsort(keyed, count, sizeof *keyed, keyed_compare);
    for (uint32_t i = 0; i < count; i++)
        moments[i] = keyed[i].moment;
    return true;
}

/* Deals the rows out by their person, each person's in the order in which they came; ends[p] is then where those of p end. */
static void moments_deal(struct deliver *d, const struct gather *g, struct moment *moments)
{
    const struct gathered_row *rows = rows_of(g);
    uint32_t *at = d->ends, sum = 0, rows_count = g->count;
    memset(at, 0, (CHUNK_PEOPLE + 1) * sizeof *at);
    for (uint32_t i = 0; i < rows_count; i++)
        at[rows[i].whose]++;
    for (uint32_t p = 0; p <= CHUNK_PEOPLE; p++) {
        uint32_t count = at[p];
        at[p] = sum;
        sum += count;
    }
    for (uint32_t i = 0; i < rows_count; i++)
        moments[at[rows[i].whose]++] = (struct moment){.time_us = rows[i].time_us, .picks = rows[i].picks, .row = i};
}

fallible deliver_people(struct deliver *d, const struct gather *g, uint32_t chunk, deliver_each each, void *context,
                        struct err *e)
{
    struct lane lanes[LANES_MAX];
    struct moment *moments = g->count == 0 ? NULL : moments_take(d, g->count);
    if (g->count == 0)
        return DONE;
    if (moments == NULL)
        return FAIL(e, LIMIT, "the question needs too much memory");
    lanes_point(g, lanes);
    moments_deal(d, g, moments);
    for (uint32_t p = 0, from = 0; p < CHUNK_PEOPLE; from = d->ends[p++]) {
        uint32_t count = d->ends[p] - from, person = chunk * CHUNK_PEOPLE + p;
        if (p % REST_EVERY == 0)
            leisure_rest();
        if (count == 0)
            continue;
        if (g->has_ties && !moments_sort(d, g, moments + from, count))
            return FAIL(e, LIMIT, "the question needs too much memory");
        each(context,
             &(struct sequence){
                 .person = person, .subject = person, .count = count, .moments = moments + from, .lanes = lanes});
    }
    return DONE;
}

fallible deliver_subjects(struct deliver *d, const struct gather *g, deliver_each each, void *context, struct err *e)
{
    const struct gathered_row *rows = rows_of(g);
    const uint32_t *people = (const uint32_t *)(const void *)g->people.data;
    struct lane lanes[LANES_MAX];
    if (g->count == 0)
        return DONE;
    struct moment *moments = moments_take(d, g->count);
    buf_clear(&d->keyed);
    struct keyed *keyed = (struct keyed *)(void *)buf_extend(&d->keyed, g->count * sizeof *keyed);
    if (moments == NULL || keyed == NULL)
        return FAIL(e, LIMIT, "the question needs too much memory");
    lanes_point(g, lanes);
    for (uint32_t i = 0; i < g->count; i++) {
        struct moment m = {.time_us = rows[i].time_us, .picks = rows[i].picks, .row = i};
        keyed[i] = keyed_of(g, &m, rows[i].whose);
    }
    qsort(keyed, g->count, sizeof *keyed, keyed_compare);
    for (uint32_t i = 0; i < g->count; i++)
        moments[i] = keyed[i].moment;
    for (uint32_t from = 0, until; from < g->count; from = until) {
        for (until = from + 1; until < g->count && keyed[until].whose == keyed[from].whose;)
            until++;
        each(context, &(struct sequence){.person = people[moments[from].row],
                                         .subject = keyed[from].whose,
                                         .count = until - from,
                                         .moments = moments + from,
                                         .lanes = lanes});
    }
    return DONE;
}
