#include "domain/identity/resolve.h"

#include <string.h>

#include "base/time.h"
#include "domain/identity/vacant.h"
#include "lib/pack.h"

#define KEY_HASH_BITS (UINT64_C(0xffff) << 48)

/* --- the quick way --- */

struct known_id {
    const struct envelope_id *id;
    struct hash128 plain;
    uint32_t ns_number;
    uint8_t priority;
    uint16_t place;
    struct hash128 key; /* of the holder */
};

struct known_ids {
    uint32_t count, matched;
    uint32_t person;
    const uint8_t *brands_at; /* of the last that was known to the brand; NULL: none yet */
    struct known_id ids[ENVELOPE_IDS_MAX];
};

static bool is_logout(const struct envelope *e)
{
    return bytes_equal(e->event, BYTES_LIT("logout"));
}

/* The identifiers that count, and the person of the first one. Of the others the index would tell nothing that this
 * person's row doesn't: an identifier that is in force here is nobody else's. False: there is none, or nobody has it. */
static bool known_find(const struct view *v, const struct envelope *e, struct known_ids *k)
{
    bool changed = rules_changed(v);
    k->count = k->matched = 0;
    k->person = PERSON_NONE;
    k->brands_at = NULL;
    for (uint32_t i = 0; i < e->id_count; i++) {
        const struct envelope_id *id = &e->ids[i];
        const struct id_type_rule *rule = id->role == ID_OWN ? rule_of(v, changed, id->type) : NULL;
        if (rule == NULL || id->ns.size > ID_NAMESPACE_BYTES_MAX)
            continue;
        struct hash128 plain = {.low = id->key.low, .high = id->key.high & KEY_HASH_BITS};
        uint32_t ns_number = namespace_number(v, id->ns);
        if (ns_number == NAMESPACE_UNKNOWN || (k->count == 0 && !view_index(v, &index_family, plain, &k->person)))
            return false;
        k->ids[k->count++] = (struct known_id){.id = id, .plain = plain, .ns_number = ns_number, .priority = rule->priority, .place = NO_PLACE};
    }
    return k->count > 0;
}

static bool is_again(int64_t last_s, int64_t seen_s)
{
    return seen_s >= last_s + SIGHTING_US / US_PER_SECOND;
}

static void change_note(struct body_changes *changes, const uint8_t *at, uint64_t before, uint64_t now)
{
    assert(changes->count < BODY_CHANGES_MAX);
    changes->list[changes->count++] = (struct body_change){at, before, now};
}

static void inc_note(struct body_changes *changes, const struct packed_inc *p, int64_t seen_s)
{
    if (is_again(p->last_s, seen_s))
        change_note(changes, p->last_at, (uint64_t)(p->last_s - p->first_s), (uint64_t)(seen_s - p->first_s));
}

/* False: it was seen before the first time that is known. */
static bool set_note(struct body_changes *changes, const struct packed_set *set, int64_t seen_s)
{
    int64_t first_s = seconds_of(set->evidence.first_us), last_s = seconds_of(set->evidence.last_us);
    uint64_t before = (uint64_t)(last_s - first_s), count = set->evidence.count;
    if (is_again(last_s, seen_s)) {
        change_note(changes, set->last_at, before, (uint64_t)(seen_s - first_s));
        change_note(changes, set->last_at + varint_bytes(before), count, (uint32_t)(count + 1));
    }
    return seen_s >= first_s;
}

/* Most often all identifiers of a person are known to the same brands, which stand in the row once. */
static bool is_known_to(struct known_ids *k, const struct inc_walk *w, uint32_t brand)
{
    if (w->brands.at != k->brands_at && !inc_walk_knows(w, brand))
        return false;
    k->brands_at = w->brands.at;
    return true;
}

/* False: one that is there isn't simply in force, or was first seen later. */
static bool known_match(struct known_ids *k, const struct packed_inc *p, uint16_t place, int64_t seen_us)
{
    for (uint32_t i = 0; i < k->count; i++) {
        struct known_id *known = &k->ids[i];
        if (!hash128_equal(known->plain, p->plain) || !p->is_newest)
            continue;
        if (p->state != ID_IN_FORCE || seen_us < p->from_us || seconds_of(seen_us) < p->first_s ||
            !packed_inc_is(p, known->id->type, known->ns_number, known->id->value))
            return false;
        k->matched += known->place == NO_PLACE;
        known->place = place;
        known->key = identifier_key_of_holder(p->plain, p->holder);
    }
    return true;
}

static bool set_holds(struct packed_set *set, const uint16_t *places, uint32_t count)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < set->evidence.member_count && found < count; i++)
        found += unpack_varint(&set->members) == places[found];
    return found == count;
}

static bool known_together(struct inc_walk *w, const struct known_ids *k, int64_t seen_us, struct body_changes *changes)
{
    uint16_t places[ENVELOPE_IDS_MAX];
    for (uint32_t i = 0; i < k->count; i++)
        places[i] = k->ids[i].place;
    uint32_t count = places_sort(places, k->count);
    if (count == 1)
        return true;
    uint32_t left = set_walk_begin(w);
    for (; left > 0; left--) {
        struct packed_set set;
        set_walk_next(w, &set);
        if (set.evidence.rule != EVIDENCE_EVENT || set.evidence.member_count < count || !set_holds(&set, places, count))
            continue;
        return set_note(changes, &set, seconds_of(seen_us));
    }
    return false;
}

static void known_owner(const struct known_ids *k, struct known *out)
{
    const struct known_id *best = &k->ids[0];
    for (uint32_t i = 1; i < k->count; i++) {
        const struct known_id *other = &k->ids[i];
        bool before = other->id->type != best->id->type     ? other->id->type < best->id->type
                      : other->plain.low != best->plain.low ? other->plain.low < best->plain.low
                                                            : other->plain.high < best->plain.high;
        if (other->priority < best->priority || (other->priority == best->priority && before))
            best = other;
    }
    out->person = k->person;
    out->owner = best->key;
    out->owner_type = best->id->type;
}

bool resolve_known(const struct view *v, const struct envelope *e, uint32_t brand, struct known *out_known)
{
    struct known_ids k;
    struct cluster_row row;
    if (!known_find(v, e, &k) || is_logout(e) || !cluster_row(v, k.person, &row) || row.kind == ROW_ALIAS)
        return false;
    struct inc_walk w = inc_walk_of(row.body);
    struct packed_inc p;
    out_known->seen.count = 0;
    for (uint16_t place = 0; inc_walk_next(&w, &p); place++) {
        uint32_t matched = k.matched;
        if (!known_match(&k, &p, place, e->event_us) || (k.matched > matched && !is_known_to(&k, &w, brand)))
            return false;
        if (k.matched > matched)
            inc_note(&out_known->seen, &p, seconds_of(e->event_us));
    }
    bool is_known = k.matched == k.count && known_together(&w, &k, e->event_us, &out_known->seen);
    if (!is_known || (out_known->seen.count > 0 && !cluster_row_is_short(&row)))
        return false;
    known_owner(&k, out_known);
    return true;
}

/* --- the long way --- */

/* The hub that this event makes: by its conflicts, or by its partners. NULL: none. */
static struct candidate *hub_by_conflicts(struct joining *j)
{
    for (uint32_t i = 0; i < j->count; i++) {
        struct candidate *c = &j->candidates[i];
        if (!c->is_counted || c->standing != STANDING_IN_FORCE)
            continue;
        struct cluster *holder = desk_cluster(j->d, c->person);
        struct incarnation *inc = &holder->incs[cluster_place_of_key(holder, c->key)];
        bool too_many = c->rule->hub_moves > 0 && inc->conflicts + 1 >= c->rule->hub_moves;
        if (too_many || c->rule->over == OVER_QUARANTINE) {
            inc->conflicts++;
            return c;
        }
    }
    return NULL;
}

static struct candidate *hub_by_partners(struct joining *j)
{
    for (uint32_t i = j->count; i-- > 0;) { /* of several the one that is trusted least */
        struct candidate *c = &j->candidates[i];
        if (!c->is_accepted || c->is_moved || c->standing != STANDING_IN_FORCE)
            continue;
        struct cluster *person = desk_cluster(j->d, c->person);
        uint16_t also[ENVELOPE_IDS_MAX];
        uint32_t here = 0, elsewhere = 0;
        for (uint32_t k = 0; k < j->count; k++) {
            const struct candidate *other = &j->candidates[k];
            bool same = other->standing == STANDING_IN_FORCE && !other->is_moved && other->person == c->person;
            if (other->is_accepted && same)
                also[here++] = cluster_place_of_key(person, other->key);
            else
                elsewhere += other->is_accepted;
        }
        here = places_sort(also, here);
        if (elsewhere == 0 && (here < 2 || evidence_has(person, also, here)))
            continue;
        int64_t partners_max = setting_int(j->d->v, &hub_partners), days = setting_int(j->d->v, &hub_days);
        uint16_t place = cluster_place_of_key(person, c->key);
        if (evidence_partners(j->d, person, place, also, here, j->seen_us, days) + elsewhere > partners_max)
            return c;
    }
    return NULL;
}

/* Accepts; when that makes a hub, sets it aside and judges all again without it. */
static void accept_without_hubs(struct joining *j)
{
    joining_accept(j);
    struct candidate *hub = hub_by_conflicts(j);
    hub = hub == NULL ? hub_by_partners(j) : hub;
    if (hub == NULL)
        return;
    struct cluster *holder = desk_cluster(j->d, hub->person);
    j->d->totals.conflicts += hub->is_conflict;
    quarantine(j->d, holder, cluster_place_of_key(holder, hub->key), j->seen_us);
    for (uint32_t i = 0; i < j->count; i++)
        candidate_judge(j->d, &j->candidates[i], j->seen_us);
    joining_accept(j);
}

/* A new value over the limit of a type that wants such set aside: it gets a person of its own, and waits. */
static void set_aside(struct joining *j)
{
    for (uint32_t i = 0; i < j->count && !j->d->has_quarantined; i++) {
        const struct candidate *c = &j->candidates[i];
        if (c->standing != STANDING_NEW || c->is_accepted || !c->is_conflict || c->rule->over != OVER_QUARANTINE)
            continue;
        struct cluster *alone = desk_create(j->d, c->id.key);
        struct inc_new new = {.id = &c->id, .holder = holder_next(j->d->v, c->id.key, 0), .from_us = TIME_FROM_EVER, .seen_us = j->seen_us,
                              .state = ID_IN_FORCE, .known_to = j->brands, .conflicts = 1};
        quarantine(j->d, alone, inc_add(j->d, alone, &new), j->seen_us);
    }
}

static void log_out(struct joining *j, struct cluster *c)
{
    for (uint32_t i = 0; i < j->count; i++) {
        const struct candidate *out = &j->candidates[i];
        if (!out->is_accepted || !out->rule->ends_at_logout)
            continue;
        uint16_t place = cluster_place_newest(c, &out->id, namespace_number(j->d->v, out->id.ns));
        assert(place != NO_PLACE);
        if (seconds_of(j->seen_us) >= seconds_of(c->incs[place].id.last_us))
            inc_pass_on(j->d, c, place, j->seen_us, false);
    }
}

/* The best one that counts; NULL: none does. */
static const struct candidate *deciding(const struct joining *j)
{
    for (uint32_t i = 0; i < j->count; i++)
        if (j->candidates[i].standing != STANDING_NONE && j->candidates[i].standing != STANDING_HUB)
            return &j->candidates[i];
    return NULL;
}

/* Nobody's event is owned by its best hub, so that it can be found again. */
static void resolve_nobody(const struct joining *j, struct resolved *out)
{
    for (uint32_t i = 0; i < j->count; i++) {
        if (j->candidates[i].standing != STANDING_HUB)
            continue;
        out->owner = j->candidates[i].id.key;
        out->owner_type = j->candidates[i].id.type;
        return;
    }
}

/* A late event belongs to who it was then, and links nothing. */
static void resolve_past(struct joining *j, const struct candidate *best, struct resolved *out)
{
    struct cluster *c = desk_cluster(j->d, best->person);
    inc_become_known(j->d, c, cluster_place_of_key(c, best->key), j->brands);
    out->person = best->person;
    out->owner = best->key;
    out->owner_type = best->id.type;
}

static void resolve_joining(struct joining *j, const struct envelope *e, struct resolved *out)
{
    const struct candidate *best = deciding(j);
    if (best == NULL) {
        resolve_nobody(j, out);
        return;
    }
    if (best->standing == STANDING_PAST) {
        resolve_past(j, best, out);
        return;
    }
    accept_without_hubs(j);
    best = deciding(j);
    if (best == NULL) { /* the hub was all there was */
        resolve_nobody(j, out);
        return;
    }
    if (best->standing == STANDING_PAST) {
        resolve_past(j, best, out);
        return;
    }
    uint16_t places[ENVELOPE_IDS_MAX], owner_place;
    uint32_t count;
    out->created = j->people_count == 0;
    struct cluster *c = joining_commit(j, places, &count, &owner_place);
    out->person = c->number;
    out->owner = c->incs[owner_place].id.key;
    out->owner_type = c->incs[owner_place].id.type;
    if (is_logout(e))
        log_out(j, c);
    set_aside(j);
}

uint32_t resolve_other(const struct view *v, const struct envelope *e)
{
    for (uint32_t i = 0; i < e->other_count; i++) {
        const struct envelope_id *id = &e->ids[e->id_count + i];
        uint32_t person = identity_find(v, id->type, id->ns, id->value, id->key);
        if (person != PERSON_NONE)
            return person;
    }
    return PERSON_NONE;
}

void resolve_arrived(struct step *s, const struct arrived *arrived)
{
    struct resolved *r = arena_take(s->view.arena, sizeof *r, _Alignof(struct resolved));
    struct known known;
    *r = (struct resolved){.arrived = arrived};
    if (resolve_known(&s->view, &arrived->envelope, arrived->brand, &known)) {
        r->person = known.person;
        r->owner = known.owner;
        r->owner_type = known.owner_type;
        if (known.seen.count > 0)
            cluster_renumber(s, known.person, &known.seen);
    } else {
        struct desk d;
        struct joining *j = arena_take(s->view.arena, sizeof *j, _Alignof(struct joining));
        desk_open(&d, s);
        joining_begin(j, &d, arrived->envelope.ids, arrived->envelope.id_count, true, arrived->envelope.event_us);
        j->brands = (struct brand_set){1, &arrived->brand};
        resolve_joining(j, &arrived->envelope, r);
        desk_close(&d);
    }
    if (arrived->envelope.other_count > 0)
        r->other = resolve_other(&s->view, &arrived->envelope);
    step_say(s, &fact_resolved, r);
}
