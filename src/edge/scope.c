#include "edge/scope.h"

#include <string.h>

#include "domain/order/order.h"
#include "domain/relation/relation.h"

bool scope_names_brands(const struct token *t)
{
    return t != NULL && t->brand_count > 0;
}

bool scope_names_guide(const struct token *t)
{
    return t != NULL && t->guide[0] != 0;
}

bool scope_is_limited(const struct token *t)
{
    return scope_names_brands(t) || scope_names_guide(t);
}

bool scope_names_store(const struct token *t)
{
    return t != NULL && t->store[0] != 0;
}

/* By name; what belongs to nobody alone isn't its own. */
static bool owns_brand(const struct token *t, struct bytes brand)
{
    for (uint32_t i = 0; i < t->brand_count; i++)
        if (bytes_equal(bytes_of_text(t->brands[i]), brand))
            return true;
    return false;
}

static struct brand_set own_brands(const struct token *t, const struct view *v)
{
    uint32_t *list = ARENA_ARRAY(v->arena, uint32_t, TOKEN_SCOPE_BRANDS_MAX + 1);
    uint32_t count = 1; /* list[0]: the whole group */
    for (uint32_t i = 0; i < t->brand_count; i++) {
        uint32_t brand = name_number(v, NAME_BRAND, bytes_of_text(t->brands[i])), at = count;
        while (at > 0 && list[at - 1] > brand)
            at--;
        if (brand == 0 || list[at - 1] == brand)
            continue;
        memmove(list + at + 1, list + at, (count - at) * sizeof *list);
        list[at] = brand;
        count++;
    }
    return (struct brand_set){count, list};
}

bool scope_sees_brand(const struct token *t, const struct view *v, struct bytes brand)
{
    if (!scope_names_brands(t) || brand.size == 0 || owns_brand(t, brand))
        return true;
    uint32_t number = name_number(v, NAME_BRAND, brand);
    return number != 0 && scope_may(v, own_brands(t, v), number, BYTES_LIT(PURPOSE_SERVICE));
}

static bool store_fits(const struct token *t, struct bytes store)
{
    return !scope_names_store(t) || store.size == 0 || bytes_equal(store, bytes_of_text(t->store));
}

bool scope_sees_event(const struct token *t, const struct view *v, struct bytes brand, struct bytes store)
{
    return store_fits(t, store) && scope_sees_brand(t, v, brand);
}

bool scope_sees_brand_number(const struct token *t, const struct view *v, uint32_t brand)
{
    return brand == 0 || !scope_names_brands(t) || scope_sees_brand(t, v, name_text(v, NAME_BRAND, brand));
}

bool scope_sees_counter(const struct token *t, const struct view *v, const struct counter *c)
{
    return !scope_names_brands(t) || (c->event != 0 && scope_sees_brand_number(t, v, c->brand));
}

struct brand_set scope_brands(const struct token *t, const struct view *v)
{
    return scope_open(v, own_brands(t, v), BYTES_LIT(PURPOSE_SERVICE));
}

bool scope_sees_entity(const struct token *t, const struct view *v, uint32_t entity)
{
    if (!scope_names_brands(t))
        return true;
    struct brand_set brands = scope_brands(t, v);
    for (uint32_t i = 0; i < brands.count; i++)
        if (brands.list[i] != 0 && brand_entity(v, brands.list[i]) == entity)
            return true;
    return false;
}

bool scope_sees_consent(const struct token *t, const struct view *v, const struct consent *c)
{
    return c->entity != 0 ? scope_sees_entity(t, v, c->entity) : scope_sees_brand_number(t, v, c->brand);
}

struct brands_seen scope_brands_seen(const struct token *t, const struct view *v, struct arena *arena)
{
    struct brands_seen seen = {0};
    if (!scope_names_brands(t))
        return seen;
    struct brand_set brands = scope_brands(t, v);
    struct bytes *names = ARENA_ARRAY(arena, struct bytes, t->brand_count + brands.count);
    for (uint32_t i = 0; i < t->brand_count; i++)
        names[seen.count++] = arena_copy(arena, bytes_of_text(t->brands[i]));
    for (uint32_t i = 0; i < brands.count; i++)
        if (brands.list[i] != 0)
            names[seen.count++] = arena_copy(arena, name_text(v, NAME_BRAND, brands.list[i]));
    seen.names = names;
    return seen;
}

bool scope_sees_event_of(const struct token *t, const struct brands_seen *seen, struct bytes brand, struct bytes store)
{
    bool sees = !scope_names_brands(t) || brand.size == 0;
    for (uint32_t i = 0; i < seen->count && !sees; i++)
        sees = bytes_equal(seen->names[i], brand);
    return sees && store_fits(t, store);
}

/* By an open relation of ownership; those of brands that the token doesn't see are none. */
static bool owns_customer(const struct token *t, const struct view *v, uint32_t person)
{
    const struct relation *list;
    struct bytes guide = bytes_of_text(t->guide);
    size_t count = relation_list(v, person, &list);
    for (size_t i = 0; i < count; i++)
        if (list[i].is_open && list[i].type->number == RELATION_OWNED_BY && list[i].ref.ns.size == 0 &&
            bytes_equal(list[i].ref.id, guide) && scope_sees_brand_number(t, v, list[i].brand))
            return true;
    return false;
}

bool scope_sees_person(const struct token *t, const struct view *v, uint32_t person)
{
    if (scope_names_brands(t) && !brand_sets_meet(identity_known_to(v, person), scope_brands(t, v)))
        return false;
    return !scope_names_guide(t) || owns_customer(t, v, person);
}

static bool sees_person_of(const struct token *t, const struct view *v, struct hash128 owner)
{
    uint32_t person = identity_of_owner(v, owner);
    return person != PERSON_NONE && scope_sees_person(t, v, person);
}

bool scope_sees_order(const struct token *t, const struct view *v, const struct order *o)
{
    if (!scope_sees_event(t, v, order_text(o, FIELD_BRAND), order_text(o, FIELD_STORE)))
        return false;
    return !scope_names_guide(t) || (o->has_owner && sees_person_of(t, v, o->owner));
}

static bool sees_owner(const struct token *t, const struct view *v, struct hash128 owner)
{
    const struct identifier *id = identity_owned(v, owner);
    if (scope_names_brands(t) && (id == NULL || !brand_sets_meet(id->known_to, scope_brands(t, v))))
        return false;
    return !scope_names_guide(t) || sees_person_of(t, v, owner);
}

bool scope_sees_act(const struct token *t, const struct view *v, const struct act_record *act)
{
    if (!scope_is_limited(t) || bytes_equal(act->by, bytes_of_text(t->name)))
        return true;
    for (uint32_t i = 0; i < act->owner_count; i++)
        if (!sees_owner(t, v, act->owners[i]))
            return false;
    return act->owner_count > 0; /* else it is about a value, which concerns the whole workspace */
}

bool scope_sees_review(const struct token *t, const struct view *v, const struct review_record *review)
{
    return !scope_is_limited(t) || sees_owner(t, v, review->owner);
}

/* A kind that nobody declared has no things. */
static bool tells_of_persons(const struct view *v, struct bytes kind)
{
    const struct thing_kind *k = thing_kind_named(v, kind);
    return k != NULL && (k->is_personal || k->is_owned);
}

bool scope_sees_thing(const struct token *t, const struct view *v, const struct thing_ref *ref)
{
    if (scope_names_guide(t) && tells_of_persons(v, ref->kind))
        return false;
    return !scope_names_brands(t) || scope_sees_brand(t, v, thing_brand(v, ref));
}

/* Whose it is after the put. */
static struct bytes brand_after(const struct view *v, const struct thing_put *put)
{
    struct value brand;
    if (bytes_equal(put->ref.kind, BYTES_LIT("brand")))
        return put->ref.id;
    if (record_find(put->attributes, BYTES_LIT("brand"), &brand))
        return brand.kind == VALUE_TEXT ? brand.body : BYTES_NONE;
    if (put->parent_said == PARENT_SAID)
        return thing_brand(v, &put->parent);
    return put->parent_said == PARENT_CLEARED ? BYTES_NONE : thing_brand(v, &put->ref);
}

bool scope_changes_brand(const struct token *t, struct bytes brand)
{
    return !scope_names_brands(t) || owns_brand(t, brand);
}

bool scope_sees_audience(const struct token *t, const struct view *v, struct bytes brand)
{
    if (scope_names_store(t))
        return false;
    return !scope_names_brands(t) || (brand.size > 0 && scope_sees_brand(t, v, brand));
}

bool scope_changes_audience(const struct token *t, struct bytes brand)
{
    return !scope_names_store(t) && (!scope_names_brands(t) || (brand.size > 0 && owns_brand(t, brand)));
}

bool scope_changes_thing(const struct token *t, const struct view *v, const struct thing_put *put)
{
    if (!scope_names_brands(t))
        return true;
    struct bytes after = brand_after(v, put), before = thing_brand(v, &put->ref);
    bool is_there = thing_find(v, &put->ref) != THING_NONE;
    return owns_brand(t, after) && (before.size > 0 ? owns_brand(t, before) : !is_there);
}
