#include <string.h>

#include "domain/identity/brands.h"
#include "domain/identity/evidence.h"
#include "engine/registry.h"

/* --- what is said of places, once they have other numbers --- */

static void sets_take(struct desk *d, struct cluster *c, const struct cluster *from, const uint16_t *places)
{
    struct arena *a = d->v->arena;
    for (uint32_t i = 0; i < from->set_count; i++) {
        struct evidence set = from->sets[i];
        uint16_t *members = ARENA_ARRAY(a, uint16_t, set.member_count);
        for (uint32_t j = 0; j < set.member_count; j++)
            members[j] = places[set.members[j]];
        uint32_t count = places_sort(members, set.member_count);
        if (count < 2) /* holders of one value that became one */
            continue;
        set.members = members;
        set.member_count = count;
        LIST_ROOM(a, c->sets, c->set_count, c->set_room);
        c->sets[c->set_count++] = set;
    }
}

static void nevers_take(struct desk *d, struct cluster *c, const struct cluster *from, const uint16_t *places)
{
    for (uint32_t i = 0; i < from->never_count; i++) {
        LIST_ROOM(d->v->arena, c->nevers, c->never_count, c->never_room);
        c->nevers[c->never_count] = from->nevers[i];
        c->nevers[c->never_count++].place = places[from->nevers[i].place];
    }
}

static void alias_add(struct desk *d, struct cluster *c, struct alias alias)
{
    LIST_ROOM(d->v->arena, c->aliases, c->alias_count, c->alias_room);
    uint32_t at = c->alias_count++;
    for (; at > 0 && c->aliases[at - 1].number > alias.number; at--)
        c->aliases[at] = c->aliases[at - 1];
    c->aliases[at] = alias;
}

static void places_take(struct desk *d, struct cluster *c, const struct cluster *from, const uint16_t *places)
{
    sets_take(d, c, from, places);
    nevers_take(d, c, from, places);
    for (uint32_t i = 0; i < from->alias_count; i++)
        alias_add(d, c, (struct alias){.number = from->aliases[i].number, .place = places[from->aliases[i].place]});
}

/* --- holders that follow one another --- */

static bool is_shown(const struct shown *shown, struct hash128 plain)
{
    for (uint32_t i = 0; i < shown->count; i++)
        if (hash128_equal(shown->plain[i], plain))
            return true;
    return false;
}

/* For each incarnation of one side the one of the other side that came next; itself: there is none. */
static bool successors_find(const struct cluster *c, uint32_t border, const struct shown *shown, uint16_t *out_next)
{
    bool any = false;
    for (uint32_t i = 0; i < c->inc_count; i++)
        out_next[i] = (uint16_t)i;
    for (uint32_t i = 0; i < border; i++) {
        for (uint32_t k = border; k < c->inc_count && is_shown(shown, c->incs[i].plain); k++) {
            const struct incarnation *a = &c->incs[i], *b = &c->incs[k];
            if (!hash128_equal(a->plain, b->plain))
                continue;
            if (a->id.holder + 1 == b->holder_first)
                out_next[i] = (uint16_t)k;
            else if (b->id.holder + 1 == a->holder_first)
                out_next[k] = (uint16_t)i;
            any |= out_next[i] != i || out_next[k] != k;
        }
    }
    return any;
}

static void inc_widen(struct desk *d, struct incarnation *last, const struct incarnation *earlier)
{
    last->id.known_to = brands_union(last->id.known_to, earlier->id.known_to, d->v->arena);
    if (earlier->holder_first < last->holder_first) {
        last->holder_first = earlier->holder_first;
        last->from_us = earlier->from_us;
    }
    if (earlier->id.first_us < last->id.first_us)
        last->id.first_us = earlier->id.first_us;
    if (earlier->id.last_us > last->id.last_us)
        last->id.last_us = earlier->id.last_us;
}

/* Of the shown values, holders of one side and the next ones of the other become one incarnation. */
static void incs_fold(struct desk *d, struct cluster *c, uint32_t border, const struct shown *shown)
{
    struct arena *a = d->v->arena;
    uint16_t *next = ARENA_ARRAY(a, uint16_t, c->inc_count), *places = ARENA_ARRAY(a, uint16_t, c->inc_count);
    if (!successors_find(c, border, shown, next))
        return;
    struct cluster old = *c;
    c->incs = NULL, c->sets = NULL, c->nevers = NULL, c->aliases = NULL;
    c->inc_count = c->inc_room = c->set_count = c->set_room = 0;
    c->never_count = c->never_room = c->alias_count = c->alias_room = 0;
    for (uint32_t i = 0; i < old.inc_count; i++) {
        if (next[i] != i)
            continue;
        LIST_ROOM(a, c->incs, c->inc_count, c->inc_room);
        places[i] = (uint16_t)c->inc_count;
        c->incs[c->inc_count++] = old.incs[i];
    }
    for (uint32_t i = 0; i < old.inc_count; i++) {
        uint16_t last = (uint16_t)i;
        while (next[last] != last)
            last = next[last];
        places[i] = places[last];
        inc_widen(d, &c->incs[places[i]], &old.incs[i]);
    }
    places_take(d, c, &old, places);
}

/* --- merging --- */

/* What other domains keep of both becomes one, where their table says how. */
static void sections_merge(struct step *s, uint32_t survivor, uint32_t absorbed)
{
    for (uint8_t id = 0; id < SECTION_COUNT_MAX; id++) {
        const struct section *section = registry_section(s->view.registry, id);
        if (section == NULL || section->kind != SECTION_FOLD || section->merge == NULL)
            continue;
        struct bytes ours = view_section(&s->view, survivor, section), theirs = view_section(&s->view, absorbed, section);
        if (theirs.size == 0)
            continue;
        step_section_put(s, survivor, section, ours.size == 0 ? theirs : section->merge(&s->view, ours, theirs));
        step_section_put(s, absorbed, section, BYTES_NONE);
    }
}

void clusters_merge(struct desk *d, struct cluster *survivor, struct cluster *absorbed, enum evidence_rule rule, const struct shown *shown)
{
    struct arena *a = d->v->arena;
    assert(survivor->number < absorbed->number && survivor->into == NULL && absorbed->into == NULL);
    uint16_t lead = cluster_lead(d, absorbed, NULL, 0);
    uint16_t *places = ARENA_ARRAY(a, uint16_t, absorbed->inc_count);
    uint32_t border = survivor->inc_count;
    for (uint32_t i = 0; i < absorbed->inc_count; i++) {
        inc_index(d, &absorbed->incs[i], survivor->number);
        LIST_ROOM(a, survivor->incs, survivor->inc_count, survivor->inc_room);
        places[i] = (uint16_t)survivor->inc_count;
        survivor->incs[survivor->inc_count++] = absorbed->incs[i];
    }
    places_take(d, survivor, absorbed, places);
    alias_add(d, survivor, (struct alias){.number = absorbed->number, .place = places[lead]});
    incs_fold(d, survivor, border, shown);
    cluster_drop_overflow(d->s, absorbed);
    cluster_store_alias(d->s, absorbed->number, absorbed->public_id, absorbed->incs[lead].id.key);
    absorbed->into = survivor;
    survivor->is_changed = true;
    sections_merge(d->s, survivor->number, absorbed->number);
    d->totals.people--;
    d->totals.merges++;
    struct merged *fact = ARENA_NEW(a, struct merged);
    *fact = (struct merged){.survivor = survivor->number, .absorbed = absorbed->number, .rule = rule};
    step_say(d->s, &fact_merged, fact);
}
