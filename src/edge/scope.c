#include "edge/scope.h"

bool scope_is_limited(const struct token *t)
{
    return t != NULL && t->brand_count > 0;
}

bool scope_sees_brand(const struct token *t, struct bytes brand)
{
    if (!scope_is_limited(t) || brand.size == 0)
        return true;
    for (uint32_t i = 0; i < t->brand_count; i++)
        if (bytes_equal(bytes_of_text(t->brands[i]), brand))
            return true;
    return false;
}

bool scope_sees_event(const struct token *t, struct bytes brand, struct bytes store)
{
    bool store_fits = t == NULL || t->store[0] == 0 || store.size == 0 || bytes_equal(store, bytes_of_text(t->store));
    return store_fits && scope_sees_brand(t, brand);
}

bool scope_sees_brand_number(const struct token *t, const struct view *v, uint32_t brand)
{
    return brand == 0 || !scope_is_limited(t) || scope_sees_brand(t, name_text(v, NAME_BRAND, brand));
}

bool scope_sees_counter(const struct token *t, const struct view *v, const struct counter *c)
{
    return !scope_is_limited(t) || (c->event != 0 && scope_sees_brand_number(t, v, c->brand));
}

static bool sees_counters(const struct token *t, const struct view *v, uint32_t person)
{
    const struct counter *list;
    size_t count = people_counters(v, person, &list), i = 0;
    while (i < count && !scope_sees_counter(t, v, &list[i]))
        i++;
    return i < count;
}

static bool sees_traits(const struct token *t, const struct view *v, uint32_t person)
{
    const struct trait *list;
    size_t count = people_traits(v, person, &list), i = 0;
    while (i < count && !scope_sees_brand_number(t, v, list[i].brand))
        i++;
    return i < count;
}

static bool sees_consents(const struct token *t, const struct view *v, uint32_t person)
{
    const struct consent *list;
    size_t count = people_consents(v, person, &list), i = 0;
    while (i < count && !scope_sees_brand_number(t, v, list[i].brand))
        i++;
    return i < count;
}

bool scope_sees_person(const struct token *t, const struct view *v, uint32_t person)
{
    return !scope_is_limited(t) || sees_counters(t, v, person) || sees_traits(t, v, person) || sees_consents(t, v, person);
}

bool scope_sees_act(const struct token *t, const struct view *v, const struct act_record *act)
{
    if (!scope_is_limited(t) || bytes_equal(act->by, bytes_of_text(t->name)))
        return true;
    for (uint32_t i = 0; i < act->owner_count; i++)
        if (!scope_sees_person(t, v, identity_of_owner(v, act->owners[i])))
            return false;
    return act->owner_count > 0; /* else it is about a value, which concerns the whole workspace */
}

bool scope_sees_review(const struct token *t, const struct view *v, const struct review_record *review)
{
    return !scope_is_limited(t) || (review->held_by != PERSON_NONE && scope_sees_person(t, v, review->held_by));
}
