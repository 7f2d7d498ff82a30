#include <string.h>

#include "base/time.h"
#include "domain/identity/known.h"
#include "domain/identity/review.h"
#include "domain/identity/vacant.h"

#define KEY_HASH_BITS (UINT64_C(0xffff) << 48)
#define DIGEST_SEED UINT64_C(0x70656f706c65)

/* The person whose row has the newest incarnation of the identifier: in force, or in whatever state. */
static uint32_t holder_of(const struct view *v, const struct envelope_id *id, bool must_be_in_force)
{
    uint32_t number, ns_number = id->ns.size > ID_NAMESPACE_BYTES_MAX ? NAMESPACE_UNKNOWN : namespace_number(v, id->ns);
    struct hash128 plain = {.low = id->key.low, .high = id->key.high & KEY_HASH_BITS};
    struct cluster_row row;
    if (ns_number == NAMESPACE_UNKNOWN || !view_index(v, &index_family, plain, &number) || !cluster_row(v, number, &row) ||
        row.kind == ROW_ALIAS)
        return PERSON_NONE;
    struct inc_walk w = inc_walk_of(row.body);
    struct packed_inc p;
    while (inc_walk_next(&w, &p)) {
        bool fits = p.is_newest && (p.state == ID_IN_FORCE || !must_be_in_force);
        if (fits && hash128_equal(p.plain, plain) && packed_inc_is(&p, id->type, ns_number, id->value))
            return number;
    }
    return PERSON_NONE;
}

uint32_t identity_find(const struct view *v, uint16_t type, struct bytes ns, struct bytes value, struct hash128 key)
{
    return holder_of(v, &(struct envelope_id){.type = type, .ns = ns, .value = value, .key = key}, true);
}

uint32_t identity_find_last(const struct view *v, const struct envelope_id *id)
{
    return holder_of(v, id, false);
}

/* Of a plain key: who has it in force. */
static uint32_t holder_in_force(const struct view *v, struct hash128 plain)
{
    uint32_t number;
    struct cluster_row row;
    if (!view_index(v, &index_family, plain, &number) || !cluster_row(v, number, &row) || row.kind == ROW_ALIAS)
        return PERSON_NONE;
    struct inc_walk w = inc_walk_of(row.body);
    struct packed_inc p;
    while (inc_walk_next(&w, &p))
        if (p.is_newest && p.state == ID_IN_FORCE && hash128_equal(p.plain, plain))
            return number;
    return PERSON_NONE;
}

uint32_t identity_of_owner(const struct view *v, struct hash128 owner)
{
    uint32_t holder, number;
    struct hash128 plain = identifier_key_plain(owner, &holder);
    if (holder == 0)
        return holder_in_force(v, plain);
    /* Earlier holders have entries of their own; the newest one is found by the plain key; who was erased by none. */
    if (view_index(v, &index_family, owner, &number))
        return number;
    return view_index(v, &index_family, plain, &number) && !holder_is_vacant(v, plain, holder) ? number : PERSON_NONE;
}

bool identity_section_lives(struct bytes section)
{
    return section.size > 1 && section.data[1] != ROW_ALIAS; /* the format, then the kind of row */
}

uint32_t identity_living(const struct view *v, uint32_t number)
{
    struct cluster_row row;
    if (!cluster_row_head(v, number, &row))
        return PERSON_NONE;
    return row.kind == ROW_ALIAS ? identity_of_owner(v, row.lead) : number;
}

struct hash128 identity_public_id(const struct view *v, uint32_t number)
{
    return identity_own_public_id(v, identity_living(v, number));
}

struct hash128 identity_own_public_id(const struct view *v, uint32_t number)
{
    struct cluster_row row;
    return cluster_row_head(v, number, &row) ? row.public_id : (struct hash128){0, 0};
}

uint32_t identity_of_public_id(const struct view *v, struct hash128 id)
{
    uint32_t number;
    struct cluster_row row;
    if (!view_index(v, &public_family, id, &number) || !cluster_row_head(v, number, &row) || !hash128_equal(row.public_id, id))
        return PERSON_NONE;
    return identity_living(v, number);
}

size_t identity_list(const struct view *v, uint32_t number, const struct identifier **out_list)
{
    const struct cluster *c = cluster_load(v, identity_living(v, number));
    return c == NULL ? 0 : cluster_identifiers(c, v->arena, out_list);
}

/* Of the incarnations with the label 1 (labels NULL: of all). */
static bool lead_of(const struct desk *d, const struct cluster *c, const uint16_t *labels, struct envelope_id *out_id)
{
    uint16_t place = cluster_lead(d, c, labels, 1);
    if (place == NO_PLACE || c->incs[place].id.state != ID_IN_FORCE)
        return false;
    const struct identifier *id = &c->incs[place].id;
    *out_id = (struct envelope_id){.type = id->type, .role = ID_OWN, .ns = id->ns, .value = id->value, .key = c->incs[place].plain};
    return true;
}

bool identity_lead(const struct view *v, uint32_t number, struct envelope_id *out_id)
{
    struct desk d;
    desk_open_reader(&d, v);
    const struct cluster *c = desk_cluster(&d, identity_living(v, number));
    return c != NULL && lead_of(&d, c, NULL, out_id);
}

bool identity_lead_known(const struct view *v, uint32_t number, struct brand_set brands, struct envelope_id *out_id)
{
    struct desk d;
    desk_open_reader(&d, v);
    const struct cluster *c = desk_cluster(&d, identity_living(v, number));
    if (c == NULL)
        return false;
    uint16_t *labels = ARENA_ARRAY(v->arena, uint16_t, c->inc_count);
    for (uint32_t i = 0; i < c->inc_count; i++)
        labels[i] = brand_sets_meet(c->incs[i].id.known_to, brands);
    return lead_of(&d, c, labels, out_id);
}

bool identity_owner_key(const struct view *v, const struct envelope_id *id, struct hash128 *out_owner)
{
    const struct identifier *list;
    uint32_t person = identity_find(v, id->type, id->ns, id->value, id->key);
    size_t count = person == PERSON_NONE ? 0 : identity_list(v, person, &list);
    for (size_t i = 0; i < count; i++) {
        bool is_it = list[i].type == id->type && bytes_equal(list[i].ns, id->ns) && bytes_equal(list[i].value, id->value);
        if (list[i].state != ID_IN_FORCE || !is_it)
            continue;
        *out_owner = list[i].key;
        return true;
    }
    return false;
}

uint32_t identity_holder_rank(const struct view *v, struct hash128 owner)
{
    uint32_t holder;
    struct hash128 plain = identifier_key_plain(owner, &holder);
    return holder_rank(v, plain, holder);
}

bool identity_owner_of_rank(const struct view *v, struct hash128 plain, uint32_t rank, struct hash128 *out_owner)
{
    uint32_t holder = rank == 0 ? 0 : holder_of_rank(v, plain, rank);
    if (holder == 0)
        return false;
    *out_owner = identifier_key_of_holder(plain, holder);
    return true;
}

int64_t identity_erased_until(const struct view *v, struct hash128 plain)
{
    return holders_vacant_until(v, plain);
}

const struct identifier *identity_owned(const struct view *v, struct hash128 owner)
{
    const struct cluster *c = cluster_load(v, identity_of_owner(v, owner));
    uint16_t place = c == NULL ? NO_PLACE : cluster_place_of_key(c, owner);
    return place == NO_PLACE ? NULL : &c->incs[place].id;
}

struct brand_set identity_known_to(const struct view *v, uint32_t number)
{
    const struct cluster *c = cluster_load(v, identity_living(v, number));
    return c == NULL ? (struct brand_set){0} : cluster_known_to(c, v->arena);
}

size_t identity_evidence(const struct view *v, uint32_t number, const struct evidence **out_list)
{
    const struct cluster *c = cluster_load(v, identity_living(v, number));
    if (c == NULL)
        return 0;
    *out_list = c->sets;
    return c->set_count;
}

size_t identity_owners(const struct view *v, uint32_t number, const struct hash128 **out_keys)
{
    const struct cluster *c = cluster_load(v, identity_living(v, number));
    return c == NULL ? 0 : cluster_owners(c, v->arena, out_keys);
}

size_t identity_numbers(const struct view *v, uint32_t number, const uint32_t **out_numbers)
{
    const struct cluster *c = cluster_load(v, identity_living(v, number));
    if (c == NULL)
        return 0;
    uint32_t *numbers = ARENA_ARRAY(v->arena, uint32_t, c->alias_count + 1);
    numbers[0] = c->number;
    for (uint32_t i = 0; i < c->alias_count; i++)
        numbers[1 + i] = c->aliases[i].number;
    *out_numbers = numbers;
    return c->alias_count + 1;
}

uint64_t identity_people(const struct view *v)
{
    return totals_read(v).people;
}

uint64_t identity_identifiers(const struct view *v)
{
    return totals_read(v).identifiers;
}

uint64_t identity_merges(const struct view *v)
{
    return totals_read(v).merges;
}

bool identity_review_next(const struct view *v, struct hash128 after, struct review_record *out)
{
    struct bytes key, row;
    if (!view_keyed_next(v, &review_family, bytes_of(&after, sizeof after), true, &key, &row))
        return false;
    struct review r;
    memcpy(&out->key, key.data, sizeof out->key);
    bool found = review_read(v, out->key, &r);
    assert(found);
    out->type = r.type;
    out->ns = r.ns;
    out->value = r.value;
    out->since_us = r.since_us;
    out->conflicts = r.conflicts;
    out->owner = r.holder_key;
    out->held_by = identity_of_owner(v, r.holder_key);
    return true;
}

/* --- the canonical digest --- */

static struct hash128 identifier_digest(const struct identifier *id)
{
    struct hash128 parts[3] = {{.low = id->type}, hash128(id->ns, DIGEST_SEED), hash128(id->value, DIGEST_SEED)};
    return hash128(bytes_of(parts, sizeof parts), DIGEST_SEED);
}

static void digest_sum(struct hash128 *sum, struct hash128 x)
{
    sum->low += x.low;
    sum->high += x.high;
}

struct hash128 identity_canonical_digest(const struct view *v)
{
    struct hash128 all = {0, 0};
    struct view each = *v;
    each.arena = arena_create(1 << 16);
    uint32_t end = rows_numbered_end(v->rows, &person_family);
    for (uint32_t number = 1; number < end; number++) {
        arena_reset(each.arena);
        const struct cluster *c = cluster_load(&each, number);
        struct hash128 sum = {0, 0};
        uint32_t count = 0;
        for (uint32_t i = 0; c != NULL && i < c->inc_count; i++) {
            if (c->incs[i].id.state != ID_IN_FORCE)
                continue;
            digest_sum(&sum, identifier_digest(&c->incs[i].id)); /* a sum: the order of the list doesn't count */
            count++;
        }
        if (count > 0)
            digest_sum(&all, hash128(bytes_of(&sum, sizeof sum), count));
    }
    arena_destroy(each.arena);
    return all;
}
