#include "domain/identity/part.h"

#include <string.h>

#include "base/time.h"
#include "domain/identity/review.h"
#include "lib/pack.h"

#define JOB_FORMAT 1u

/* --- what comes off --- */

/* A division: labels of places; order[0] keeps the number, order[1..count) come off, in this order. What has another
 * label stays, for now. */
struct division {
    uint16_t *labels;
    uint16_t order[1 + PARTS_A_STEP];
    uint32_t count;
    uint32_t part_count; /* of all parts */
};

static const struct incarnation *lead_of(const struct cluster *c, const uint16_t *leads, uint16_t label)
{
    return &c->incs[leads[label]];
}

static void division_order(const struct desk *d, const struct cluster *c, struct division *n)
{
    uint16_t *leads = ARENA_ARRAY(d->v->arena, uint16_t, n->part_count);
    memset(leads, 0xff, n->part_count * sizeof *leads);
    for (uint32_t i = 0; i < c->inc_count; i++) {
        uint16_t label = n->labels[i];
        if (label != LABEL_NONE && (leads[label] == NO_PLACE || inc_is_better(d, &c->incs[i], lead_of(c, leads, label))))
            leads[label] = (uint16_t)i;
    }
    bool *taken = ARENA_ARRAY(d->v->arena, bool, n->part_count);
    for (n->count = 0; n->count < n->part_count && n->count < COUNT_OF(n->order); n->count++) {
        uint16_t best = LABEL_NONE;
        for (uint16_t label = 0; label < n->part_count; label++)
            if (!taken[label] && (best == LABEL_NONE || inc_is_better(d, lead_of(c, leads, label), lead_of(c, leads, best))))
                best = label;
        taken[best] = true;
        n->order[n->count] = best;
    }
}

static bool divide(const struct desk *d, const struct cluster *c, struct division *out)
{
    out->labels = ARENA_ARRAY(d->v->arena, uint16_t, c->inc_count);
    out->part_count = evidence_parts(d, c, out->labels);
    if (out->part_count < 2)
        return false;
    division_order(d, c, out);
    return true;
}

/* The lowest of the absorbed numbers that led with something of this part. */
static uint32_t returning_number(const struct cluster *c, const uint16_t *labels, uint16_t label)
{
    for (uint32_t i = 0; i < c->alias_count; i++)
        if (labels[c->aliases[i].place] == label)
            return c->aliases[i].number;
    return PERSON_NONE;
}

/* --- taking it off --- */

static struct cluster *part_begin(struct desk *d, const struct cluster *c, uint32_t number, struct hash128 first_plain)
{
    if (number == PERSON_NONE)
        return desk_create(d, first_plain);
    struct cluster_row row;
    bool found = cluster_row_head(d->v, number, &row);
    assert(found && row.kind == ROW_ALIAS && number != c->number);
    return desk_return(d, number, row.public_id);
}

static void sets_part(struct desk *d, struct cluster *to, const struct cluster *from, const uint16_t *labels, uint16_t label,
                      const uint16_t *places)
{
    for (uint32_t i = 0; i < from->set_count; i++) {
        struct evidence set = from->sets[i];
        uint16_t *members = ARENA_ARRAY(d->v->arena, uint16_t, set.member_count);
        uint32_t count = 0;
        for (uint32_t j = 0; j < set.member_count; j++)
            if (labels[set.members[j]] == label)
                members[count++] = places[set.members[j]];
        if (count < 2)
            continue;
        set.members = members;
        set.member_count = count;
        LIST_ROOM(d->v->arena, to->sets, to->set_count, to->set_room);
        to->sets[to->set_count++] = set;
    }
}

/* Copies what has this label into `to`, which is empty. */
static void part_fill(struct desk *d, struct cluster *to, const struct cluster *from, const uint16_t *labels, uint16_t label)
{
    struct arena *a = d->v->arena;
    uint16_t *places = ARENA_ARRAY(a, uint16_t, from->inc_count);
    for (uint32_t i = 0; i < from->inc_count; i++) {
        if (labels[i] != label)
            continue;
        LIST_ROOM(a, to->incs, to->inc_count, to->inc_room);
        places[i] = (uint16_t)to->inc_count;
        to->incs[to->inc_count++] = from->incs[i];
    }
    sets_part(d, to, from, labels, label, places);
    for (uint32_t i = 0; i < from->alias_count; i++) {
        if (labels[from->aliases[i].place] != label || from->aliases[i].number == to->number)
            continue;
        LIST_ROOM(a, to->aliases, to->alias_count, to->alias_room);
        to->aliases[to->alias_count++] = (struct alias){from->aliases[i].number, places[from->aliases[i].place]};
    }
    for (uint32_t i = 0; i < from->never_count; i++) {
        if (labels[from->nevers[i].place] != label)
            continue;
        LIST_ROOM(a, to->nevers, to->never_count, to->never_room);
        to->nevers[to->never_count] = from->nevers[i];
        to->nevers[to->never_count++].place = places[from->nevers[i].place];
    }
    to->is_changed = true;
}

static void job_start(struct desk *d, uint32_t number)
{
    struct buf b = {.data = arena_take(d->v->arena, 5, 1), .capacity = 5, .size_max = 5};
    pack_u8(&b, JOB_FORMAT);
    pack_u32(&b, number);
    step_job_start(d->s, &take_apart_job, bytes_slice(buf_bytes(&b), 1, 5), buf_bytes(&b));
}

/* What isn't taken off now, and what is quarantined, goes with the part that keeps the number. */
static void labels_settle(const struct cluster *c, struct division *n)
{
    for (uint32_t i = 0; i < c->inc_count; i++) {
        bool comes_off = false;
        for (uint32_t j = 1; j < n->count && !comes_off; j++)
            comes_off = n->labels[i] == n->order[j];
        if (!comes_off)
            n->labels[i] = n->order[0];
    }
}

uint32_t take_apart(struct desk *d, struct cluster *c, uint32_t aliases_max)
{
    struct division n;
    if (!divide(d, c, &n))
        return 0;
    if (c->alias_count > aliases_max || n.part_count > n.count)
        job_start(d, c->number);
    if (c->alias_count > aliases_max)
        return 0;
    labels_settle(c, &n);
    struct cluster **parts = ARENA_ARRAY(d->v->arena, struct cluster *, n.count);
    bool *is_returned = ARENA_ARRAY(d->v->arena, bool, n.count);
    for (uint32_t i = 1; i < n.count; i++) {
        uint32_t number = returning_number(c, n.labels, n.order[i]);
        uint16_t lead = cluster_lead(d, c, n.labels, n.order[i]);
        struct cluster *part = part_begin(d, c, number, c->incs[lead].plain);
        part_fill(d, part, c, n.labels, n.order[i]);
        for (uint32_t j = 0; j < part->inc_count; j++)
            inc_index(d, &part->incs[j], part->number);
        parts[i] = part;
        is_returned[i] = number != PERSON_NONE;
    }
    struct cluster rest = {.number = c->number,
                           .public_id = c->public_id,
                           .chunk_count = c->chunk_count,
                           .known_before = c->known_before,
                           .standing_before = c->standing_before};
    part_fill(d, &rest, c, n.labels, n.order[0]);
    *c = rest;
    parts[0] = c;
    d->totals.splits++;
    LIST_ROOM(d->v->arena, d->partings, d->parting_count, d->parting_room);
    d->partings[d->parting_count++] = (struct parting){.parts = parts, .is_returned = is_returned, .count = n.count};
    return n.count - 1;
}

void aliases_touch(const struct desk *d, const struct cluster *c, uint32_t aliases_max)
{
    for (uint32_t i = 0; c->alias_count <= aliases_max && i < c->alias_count; i++)
        (void)view_person(d->v, c->aliases[i].number);
}

void take_apart_touch(struct desk *d, const struct cluster *c)
{
    struct division n;
    if (!divide(d, c, &n))
        return;
    labels_settle(c, &n);
    for (uint32_t i = 1; i < n.count; i++)
        (void)view_person(d->v, returning_number(c, n.labels, n.order[i]));
}

/* --- the job: 64 parts a step, until the person is one again --- */

static uint32_t job_person(const struct view *v, struct bytes state)
{
    struct unpack u = unpack_of(state);
    (void)unpack_u8(&u);
    return identity_living(v, unpack_u32(&u));
}

static void job_needs(const struct view *v, struct bytes state)
{
    struct desk d;
    desk_open_reader(&d, v);
    const struct cluster *c = desk_cluster(&d, job_person(v, state));
    if (c != NULL)
        take_apart_touch(&d, c);
    desk_touch_keys(&d);
}

static struct bytes job_advance(struct step *s, struct bytes state)
{
    struct desk d;
    desk_open(&d, s);
    struct cluster *c = desk_cluster(&d, job_person(&s->view, state));
    uint32_t off = c == NULL ? 0 : take_apart(&d, c, CLUSTER_ALIASES_MAX);
    desk_close(&d);
    s->cause = CAUSE_SPLIT;
    return off == PARTS_A_STEP ? arena_copy(s->view.arena, state) : BYTES_NONE;
}

const struct job_kind take_apart_job = {0x0301, "identity.take_apart", job_advance, job_needs};

/* --- hubs --- */

void quarantine(struct desk *d, struct cluster *c, uint16_t place, int64_t until_us)
{
    struct incarnation *inc = &c->incs[place];
    assert(inc->is_newest && inc->id.state != ID_QUARANTINED && !d->has_quarantined);
    d->has_quarantined = true;
    d->totals.identifiers -= inc->id.state == ID_IN_FORCE;
    inc->id.state = ID_QUARANTINED;
    inc->id.until_us = until_us;
    c->is_changed = true;
    review_put(d, inc);
    struct identifier *id = ARENA_NEW(d->v->arena, struct identifier);
    *id = inc->id;
    id->since_us = inc_since(inc);
    struct quarantined *fact = ARENA_NEW(d->v->arena, struct quarantined);
    *fact = (struct quarantined){.identifier = id, .conflicts = inc->conflicts};
    d->quarantined = fact;
    (void)take_apart(d, c, ALIASES_AT_ONCE_MAX);
}
