#include "domain/identity/desk.h"

#include <stddef.h>
#include <string.h>

#include "base/time.h"
#include "domain/identity/brands.h"
#include "domain/identity/known.h"
#include "domain/identity/vacant.h"
#include "lib/pack.h"

#define TOTALS_FORMAT 1u
#define PUBLIC_ID_SALT UINT64_C(0x6b697468206f6e65)

const struct family index_family = {.id = 20, .kind = FAMILY_INDEX, .name = "identity_index", .goes_cold = true};
const struct family public_family = {.id = 21, .kind = FAMILY_INDEX, .name = "identity_public", .goes_cold = true};
const struct family totals_family = {.id = 26, .kind = FAMILY_KEYED, .value_bytes = 128, .name = "identity_totals"};

const struct setting hub_partners = {"identity.hub_partners", 2, 1000000, 100, "identifiers",
                                     "An identifier with more partners than this, seen within identity.hub_days, is a hub."};
const struct setting hub_days = {"identity.hub_days", 1, 3650, 30, "days",
                                 "Partners first seen longer ago than this don't make an identifier a hub."};

/* --- totals --- */

/* In the order in which they stand in the row. */
static const size_t total_places[] = {
    offsetof(struct totals, people),      offsetof(struct totals, identifiers), offsetof(struct totals, merges),
    offsetof(struct totals, splits),      offsetof(struct totals, conflicts),   offsetof(struct totals, moves),
    offsetof(struct totals, quarantined), offsetof(struct totals, collisions),  offsetof(struct totals, namespaces),
    offsetof(struct totals, acts),        offsetof(struct totals, act_last),
};
static_assert(COUNT_OF(total_places) * sizeof(uint64_t) == sizeof(struct totals), "each of them is written");

static uint64_t *total_at(struct totals *t, size_t i)
{
    return (uint64_t *)((uint8_t *)t + total_places[i]);
}

struct totals totals_read(const struct view *v)
{
    struct totals t = {0};
    struct bytes row;
    if (!view_keyed(v, &totals_family, BYTES_LIT("t"), &row))
        return t;
    struct unpack u = unpack_of(row);
    (void)unpack_u8(&u);
    for (size_t i = 0; i < COUNT_OF(total_places); i++)
        *total_at(&t, i) = unpack_varint(&u);
    assert(unpack_good(&u));
    return t;
}

static void totals_write(struct desk *d)
{
    if (memcmp(&d->totals, &d->totals_before, sizeof d->totals) == 0)
        return;
    size_t size = totals_family.value_bytes;
    struct buf b = {.data = arena_take(d->v->arena, size, 1), .capacity = size, .size_max = size};
    pack_u8(&b, TOTALS_FORMAT);
    for (size_t i = 0; i < COUNT_OF(total_places); i++)
        pack_varint(&b, *total_at(&d->totals, i));
    assert(!b.overflowed);
    step_keyed_put(d->s, &totals_family, BYTES_LIT("t"), buf_bytes(&b));
}

/* --- the desk --- */

void desk_open_reader(struct desk *d, const struct view *v)
{
    *d = (struct desk){.v = v, .rules_changed = rules_changed(v)};
}

void desk_open(struct desk *d, struct step *s)
{
    *d = (struct desk){.s = s, .v = &s->view, .decided_us = s->view.now_us, .totals = totals_read(&s->view),
                       .rules_changed = rules_changed(&s->view)};
    d->totals_before = d->totals;
}

static struct cluster *cluster_now(struct cluster *c)
{
    while (c->into != NULL)
        c = c->into;
    return c;
}

static bool is_part(const struct split_part *parts, uint32_t count, uint32_t person)
{
    for (uint32_t i = 0; i < count; i++)
        if (parts[i].person == person)
            return true;
    return false;
}

/* As the parts are now: the event that set a hub aside may have joined them with others, or with each other again. */
static void parting_say(struct desk *d, const struct parting *p)
{
    struct split_part *parts = ARENA_ARRAY(d->v->arena, struct split_part, p->count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct cluster *c = cluster_now(p->parts[i]);
        if (is_part(parts, count, c->number))
            continue;
        parts[count] = (struct split_part){.person = c->number, .returned = p->is_returned[i] && c == p->parts[i]};
        parts[count].owner_count = cluster_owners(c, d->v->arena, &parts[count].owners);
        count++;
    }
    if (count < 2)
        return;
    struct split *fact = ARENA_NEW(d->v->arena, struct split);
    *fact = (struct split){.person = parts[0].person, .part_count = count, .parts = parts};
    step_say(d->s, &fact_split, fact);
}

/* Said here, by comparing, so that no place where identifiers change can forget to. */
static void change_say(struct desk *d, struct cluster *c)
{
    if (!c->is_changed && c->into == NULL)
        return;
    uint64_t standing = c->into == NULL ? cluster_standing(c) : 0;
    if (standing != c->standing_before) {
        struct identifiers_changed *fact = ARENA_NEW(d->v->arena, struct identifiers_changed);
        fact->person = c->number;
        fact->count = c->into == NULL ? cluster_identifiers(c, d->v->arena, &fact->list) : 0;
        step_say(d->s, &fact_identifiers_changed, fact);
    }
    c->standing_before = standing;
    c->is_changed = false;
}

void desk_close(struct desk *d)
{
    known_count(d);
    for (uint32_t i = 0; i < d->cluster_count; i++) {
        struct cluster *c = d->clusters[i];
        if (c->is_changed && c->into == NULL)
            cluster_store(d->s, c);
    }
    totals_write(d);
    for (uint32_t i = 0; i < d->parting_count; i++)
        parting_say(d, &d->partings[i]);
    if (d->quarantined != NULL)
        step_say(d->s, &fact_quarantined, d->quarantined);
    for (uint32_t i = 0; i < d->cluster_count; i++)
        change_say(d, d->clusters[i]);
}

static void desk_put(struct desk *d, struct cluster *c)
{
    LIST_ROOM(d->v->arena, d->clusters, d->cluster_count, d->cluster_room);
    d->clusters[d->cluster_count++] = c;
}

struct cluster *desk_cluster(struct desk *d, uint32_t number)
{
    for (uint32_t i = 0; i < d->cluster_count; i++)
        if (d->clusters[i]->number == number && d->clusters[i]->into == NULL)
            return d->clusters[i];
    struct cluster *c = number == PERSON_NONE ? NULL : cluster_load(d->v, number);
    if (c == NULL)
        return NULL;
    c->known_before = cluster_known_to(c, d->v->arena);
    c->standing_before = cluster_standing(c);
    desk_put(d, c);
    return c;
}

struct cluster *desk_create(struct desk *d, struct hash128 first_plain)
{
    /* Nobody without the workspace's secret can tell the key, so nobody can guess the id. */
    uint64_t from[] = {d->s->view.position, d->created++, first_plain.low, first_plain.high};
    struct cluster *c = ARENA_NEW(d->v->arena, struct cluster);
    c->number = step_person_create(d->s);
    c->public_id = hash128(bytes_of(from, sizeof from), PUBLIC_ID_SALT);
    c->is_changed = true;
    step_index_add(d->s, &public_family, c->public_id, c->number);
    d->totals.people++;
    desk_put(d, c);
    return c;
}

struct cluster *desk_return(struct desk *d, uint32_t number, struct hash128 public_id)
{
    struct cluster *c = ARENA_NEW(d->v->arena, struct cluster);
    c->number = number;
    c->public_id = public_id;
    c->is_changed = true;
    d->totals.people++;
    desk_put(d, c);
    return c;
}

uint32_t desk_lookup(const struct desk *d, struct hash128 key)
{
    uint32_t number;
    return view_index(d->v, &index_family, key, &number) ? number : PERSON_NONE;
}

void desk_touch_keys(const struct desk *d)
{
    for (uint32_t i = 0; i < d->cluster_count; i++) {
        const struct cluster *c = d->clusters[i];
        for (uint32_t k = 0; k < c->inc_count; k++) {
            const struct incarnation *inc = &c->incs[k];
            for (uint32_t holder = inc->holder_first; holder <= inc->id.holder; holder++)
                (void)desk_lookup(d, identifier_key_of_holder(inc->plain, holder));
            uint32_t next = holder_next(d->v, inc->plain, inc->id.holder);
            (void)desk_lookup(d, identifier_key_of_holder(inc->plain, next));
            (void)desk_lookup(d, inc->plain);
        }
    }
}

const struct id_type_rule *desk_rule(const struct desk *d, uint16_t type)
{
    return rule_of(d->v, d->rules_changed, type);
}

/* --- incarnations --- */

uint16_t inc_add(struct desk *d, struct cluster *c, const struct inc_new *new)
{
    struct arena *a = d->v->arena;
    int64_t seen_us = seconds_of(new->seen_us) * US_PER_SECOND;
    assert(c->inc_count < NO_PLACE && new->known_to.count > 0);
    LIST_ROOM(a, c->incs, c->inc_count, c->inc_room);
    uint16_t place = (uint16_t)c->inc_count++;
    c->incs[place] = (struct incarnation){
        .plain = new->id->key,
        .ns_number = namespace_intern(d->s, new->id->ns, &d->totals.namespaces),
        .holder_first = new->holder,
        .is_newest = true,
        .from_us = new->from_us,
        .conflicts = new->conflicts,
        .rival = new->rival,
        .id = {.type = new->id->type, .state = new->state, .holder = new->holder, .ns = new->id->ns, .value = new->id->value,
               .key = identifier_key_of_holder(new->id->key, new->holder), .first_us = seen_us, .last_us = seen_us,
               .known_to = new->known_to}};
    c->is_changed = true;
    d->totals.identifiers += new->state == ID_IN_FORCE;
    inc_index(d, &c->incs[place], c->number);
    return place;
}

void inc_index(struct desk *d, const struct incarnation *inc, uint32_t number)
{
    for (uint32_t k = inc->holder_first; k < inc->id.holder; k++)
        step_index_put(d->s, &index_family, identifier_key_of_holder(inc->plain, k), number);
    step_index_put(d->s, &index_family, inc->is_newest ? inc->plain : inc->id.key, number);
}

void inc_seen(struct cluster *c, uint16_t place, int64_t seen_us)
{
    struct identifier *id = &c->incs[place].id;
    seen_us = seconds_of(seen_us) * US_PER_SECOND;
    if (seen_us < id->first_us) {
        id->first_us = seen_us;
        c->is_changed = true;
    }
    if (seen_us >= id->last_us + SIGHTING_US) {
        id->last_us = seen_us;
        c->is_changed = true;
    }
}

void inc_become_known(struct desk *d, struct cluster *c, uint16_t place, struct brand_set brands)
{
    struct identifier *id = &c->incs[place].id;
    struct brand_set known_to = brands_union(id->known_to, brands, d->v->arena);
    c->is_changed |= !brands_equal(known_to, id->known_to);
    id->known_to = known_to;
}

void inc_pass_on(struct desk *d, struct cluster *c, uint16_t place, int64_t until_us, bool superseded)
{
    struct incarnation *inc = &c->incs[place];
    assert(inc->is_newest);
    d->totals.identifiers -= inc->id.state == ID_IN_FORCE;
    if (inc->id.state != ID_PASSED_ON) /* else it ended before */
        inc->id.until_us = until_us;
    inc->id.state = ID_PASSED_ON;
    if (superseded) {
        inc->is_newest = false;
        step_index_put(d->s, &index_family, inc->id.key, c->number);
    }
    c->is_changed = true;
}

void inc_reopen(struct desk *d, struct cluster *c, uint16_t place)
{
    struct incarnation *inc = &c->incs[place];
    assert(inc->is_newest && inc->id.state != ID_IN_FORCE);
    inc->id.state = ID_IN_FORCE;
    inc->id.until_us = 0;
    d->totals.identifiers++;
    c->is_changed = true;
}

bool inc_is_better(const struct desk *d, const struct incarnation *a, const struct incarnation *b)
{
    if (a->id.state != b->id.state)
        return a->id.state < b->id.state;
    const struct id_type_rule *rule_a = desk_rule(d, a->id.type), *rule_b = desk_rule(d, b->id.type);
    assert(rule_a != NULL && rule_b != NULL); /* a type is never taken back */
    if (rule_a->priority != rule_b->priority)
        return rule_a->priority < rule_b->priority;
    if (a->id.first_us != b->id.first_us)
        return a->id.first_us < b->id.first_us;
    if (a->id.key.low != b->id.key.low)
        return a->id.key.low < b->id.key.low;
    return a->id.key.high < b->id.key.high;
}

uint16_t cluster_lead(const struct desk *d, const struct cluster *c, const uint16_t *labels, uint16_t label)
{
    uint16_t best = NO_PLACE;
    for (uint32_t i = 0; i < c->inc_count; i++)
        if ((labels == NULL || labels[i] == label) && (best == NO_PLACE || inc_is_better(d, &c->incs[i], &c->incs[best])))
            best = (uint16_t)i;
    return best;
}
