#include "domain/identity/evidence.h"

#include <string.h>

#include "base/time.h"

uint32_t places_sort(uint16_t *places, uint32_t count)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint16_t place = places[i];
        uint32_t at = left;
        while (at > 0 && places[at - 1] > place)
            at--;
        if (at > 0 && places[at - 1] == place)
            continue;
        memmove(places + at + 1, places + at, (left - at) * sizeof *places);
        places[at] = place;
        left++;
    }
    return left;
}

/* Both ascending. */
static bool is_within(const uint16_t *inner, uint32_t inner_count, const uint16_t *outer, uint32_t outer_count)
{
    uint32_t j = 0;
    for (uint32_t i = 0; i < inner_count; i++, j++) {
        while (j < outer_count && outer[j] < inner[i])
            j++;
        if (j == outer_count || outer[j] != inner[i])
            return false;
    }
    return true;
}

static struct evidence *set_around(const struct cluster *c, const uint16_t *places, uint32_t count)
{
    for (uint32_t i = 0; i < c->set_count; i++) {
        struct evidence *set = &c->sets[i];
        if (set->rule == EVIDENCE_EVENT && is_within(places, count, set->members, set->member_count))
            return set;
    }
    return NULL;
}

bool evidence_has(const struct cluster *c, const uint16_t *places, uint32_t count)
{
    return set_around(c, places, count) != NULL;
}

static void set_seen(struct cluster *c, struct evidence *set, int64_t seen_us)
{
    if (seen_us < set->first_us) {
        set->first_us = seen_us;
        c->is_changed = true;
    }
    if (seen_us >= set->last_us + SIGHTING_US) {
        set->last_us = seen_us;
        set->count++;
        c->is_changed = true;
    }
}

/* Takes the sets of events within `into` away, and what they knew into it. */
static void sets_absorb(struct cluster *c, struct evidence *into)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < c->set_count; i++) {
        const struct evidence *set = &c->sets[i];
        if (set->rule != EVIDENCE_EVENT || !is_within(set->members, set->member_count, into->members, into->member_count)) {
            c->sets[left++] = *set;
            continue;
        }
        into->position = set->position < into->position ? set->position : into->position;
        into->first_us = set->first_us < into->first_us ? set->first_us : into->first_us;
        into->last_us = set->last_us > into->last_us ? set->last_us : into->last_us;
        into->count += set->count;
    }
    c->set_count = left;
}

static bool are_connected(const struct desk *d, const struct cluster *c, const uint16_t *places, uint32_t count)
{
    uint16_t *labels = ARENA_ARRAY(d->v->arena, uint16_t, c->inc_count);
    (void)evidence_parts(d, c, labels);
    bool connected = true;
    for (uint32_t i = 1; i < count; i++)
        connected = connected && labels[places[i]] == labels[places[0]];
    return connected;
}

void evidence_say(struct desk *d, struct cluster *c, enum evidence_rule rule, const uint16_t *places, uint32_t count, int64_t seen_us)
{
    struct arena *a = d->v->arena;
    assert(count >= 2 && places[count - 1] < c->inc_count);
    seen_us = seconds_of(seen_us) * US_PER_SECOND;
    struct evidence *around = rule == EVIDENCE_EVENT ? set_around(c, places, count) : NULL;
    if (around != NULL) {
        set_seen(c, around, seen_us);
        return;
    }
    if (rule == EVIDENCE_EVENT && c->set_count >= EVIDENCE_SETS_MAX && are_connected(d, c, places, count))
        return;
    uint16_t *members = ARENA_ARRAY(a, uint16_t, count);
    memcpy(members, places, count * sizeof *members);
    struct evidence set = {.rule = rule, .position = d->v->position, .first_us = seen_us, .last_us = seen_us, .count = 1,
                           .member_count = count, .members = members};
    if (rule == EVIDENCE_EVENT)
        sets_absorb(c, &set);
    LIST_ROOM(a, c->sets, c->set_count, c->set_room);
    c->sets[c->set_count++] = set;
    c->is_changed = true;
}

uint32_t evidence_partners(struct desk *d, const struct cluster *c, uint16_t place, const uint16_t *also, uint32_t also_count,
                           int64_t seen_us, int64_t days)
{
    bool *is_partner = ARENA_ARRAY(d->v->arena, bool, c->inc_count);
    for (uint32_t i = 0; i < c->set_count; i++) {
        const struct evidence *set = &c->sets[i];
        if (is_within(&place, 1, set->members, set->member_count))
            for (uint32_t j = 0; j < set->member_count; j++)
                is_partner[set->members[j]] = true;
    }
    for (uint32_t i = 0; i < also_count; i++)
        is_partner[also[i]] = true;
    is_partner[place] = false;
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->inc_count; i++) {
        int64_t apart_us = c->incs[i].id.first_us - seen_us;
        count += is_partner[i] && (apart_us < 0 ? -apart_us : apart_us) <= days * US_PER_DAY;
    }
    return count;
}

bool evidence_forget(struct cluster *c, uint64_t position)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < c->set_count; i++)
        if (c->sets[i].rule == EVIDENCE_EVENT || c->sets[i].position != position)
            c->sets[left++] = c->sets[i];
    bool found = left < c->set_count;
    c->set_count = left;
    c->is_changed |= found;
    return found;
}

/* The members of one label; false: fewer than two. */
static bool set_piece(struct desk *d, const struct evidence *set, const uint16_t *labels, uint16_t label, struct evidence *out_piece)
{
    uint16_t *members = ARENA_ARRAY(d->v->arena, uint16_t, set->member_count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < set->member_count; i++)
        if (labels[set->members[i]] == label)
            members[count++] = set->members[i];
    *out_piece = *set;
    out_piece->members = members;
    out_piece->member_count = count;
    return count >= 2;
}

static bool is_first_of_label(const struct evidence *set, uint32_t at, const uint16_t *labels)
{
    for (uint32_t i = 0; i < at; i++)
        if (labels[set->members[i]] == labels[set->members[at]])
            return false;
    return true;
}

void evidence_cut(struct desk *d, struct cluster *c, const uint16_t *labels)
{
    const struct evidence *old = c->sets;
    uint32_t old_count = c->set_count;
    c->sets = NULL;
    c->set_count = c->set_room = 0;
    for (uint32_t i = 0; i < old_count; i++) {
        for (uint32_t j = 0; j < old[i].member_count; j++) {
            struct evidence piece;
            if (!is_first_of_label(&old[i], j, labels) || !set_piece(d, &old[i], labels, labels[old[i].members[j]], &piece))
                continue;
            LIST_ROOM(d->v->arena, c->sets, c->set_count, c->set_room);
            c->sets[c->set_count++] = piece;
        }
    }
    c->is_changed = true;
}

/* --- connected parts: union by the smaller place, with halved paths --- */

static uint16_t root_of(uint16_t *parents, uint16_t at)
{
    while (parents[at] != at)
        at = parents[at] = parents[parents[at]];
    return at;
}

static void join(uint16_t *parents, uint16_t a, uint16_t b)
{
    a = root_of(parents, a);
    b = root_of(parents, b);
    if (a < b)
        parents[b] = a;
    else
        parents[a] = b;
}

static uint16_t *parents_new(const struct desk *d, const struct cluster *c)
{
    uint16_t *parents = ARENA_ARRAY(d->v->arena, uint16_t, c->inc_count);
    for (uint32_t i = 0; i < c->inc_count; i++)
        parents[i] = (uint16_t)i;
    return parents;
}

static bool joins(const struct cluster *c, uint16_t place)
{
    return c->incs[place].id.state != ID_QUARANTINED;
}

static uint32_t parts_label(const struct cluster *c, uint16_t *parents, uint16_t *out_labels)
{
    uint16_t count = 0;
    for (uint32_t i = 0; i < c->inc_count; i++) {
        uint16_t root = root_of(parents, (uint16_t)i);
        if (!joins(c, (uint16_t)i))
            out_labels[i] = LABEL_NONE;
        else
            out_labels[i] = root == i ? count++ : out_labels[root];
    }
    return count;
}

uint32_t evidence_parts(const struct desk *d, const struct cluster *c, uint16_t *out_labels)
{
    uint16_t *parents = parents_new(d, c);
    for (uint32_t i = 0; i < c->set_count; i++) {
        uint16_t first = NO_PLACE;
        for (uint32_t j = 0; j < c->sets[i].member_count; j++) {
            uint16_t place = c->sets[i].members[j];
            if (!joins(c, place))
                continue;
            if (first != NO_PLACE)
                join(parents, first, place);
            first = first == NO_PLACE ? place : first;
        }
    }
    return parts_label(c, parents, out_labels);
}

struct apart {
    uint16_t *parents;
    uint16_t a, b;
};

static void join_unless_together(struct apart *p, uint16_t x, uint16_t y)
{
    uint16_t a = root_of(p->parents, p->a), b = root_of(p->parents, p->b);
    x = root_of(p->parents, x);
    y = root_of(p->parents, y);
    if (!((x == a && y == b) || (x == b && y == a)))
        join(p->parents, x, y);
}

/* Every pair of the set that may be joined is: a member of the other side doesn't keep the rest apart. */
static void join_set_apart(struct apart *p, const struct cluster *c, const struct evidence *set)
{
    for (uint32_t i = 0; i < set->member_count; i++)
        for (uint32_t j = i + 1; j < set->member_count; j++)
            if (joins(c, set->members[i]) && joins(c, set->members[j]))
                join_unless_together(p, set->members[i], set->members[j]);
}

static bool set_comes_before(const struct evidence *a, const struct evidence *b)
{
    bool a_said = a->rule != EVIDENCE_EVENT, b_said = b->rule != EVIDENCE_EVENT;
    if (a_said != b_said)
        return a_said;
    return a->position < b->position;
}

/* Stable; they are nearly in order already. */
static const struct evidence **sets_in_order(const struct desk *d, const struct cluster *c)
{
    const struct evidence **sets = ARENA_ARRAY(d->v->arena, const struct evidence *, c->set_count);
    for (uint32_t i = 0; i < c->set_count; i++) {
        uint32_t at = i;
        for (; at > 0 && set_comes_before(&c->sets[i], sets[at - 1]); at--)
            sets[at] = sets[at - 1];
        sets[at] = &c->sets[i];
    }
    return sets;
}

uint32_t evidence_parts_apart(const struct desk *d, const struct cluster *c, uint16_t a, uint16_t b, uint16_t *out_labels)
{
    struct apart p = {.parents = parents_new(d, c), .a = a, .b = b};
    const struct evidence **sets = sets_in_order(d, c);
    assert(a != b);
    for (uint32_t i = 0; i < c->set_count; i++)
        join_set_apart(&p, c, sets[i]);
    return parts_label(c, p.parents, out_labels);
}
