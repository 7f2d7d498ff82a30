/* A person as rules read them. */
#include "domain/identity/identity.h"
#include "domain/listing/listing.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "domain/rule/look.h"
#include "domain/rule/things.h"

/* What is read of a person is read once, for all the rules that are looked at. */
struct person_context {
    const struct view *v;
    const struct book_rule *rule;
    uint32_t person;
    struct person_sheaves *sheaves; /* NULL: none yet */
    bool knows_traits, knows_identifiers, knows_relations, knows_listings;
    size_t trait_count, identifier_count, relation_count, listing_count;
    const struct trait *traits;
    const struct identifier *identifiers;
    const struct relation *relations;
    const struct listing *listings;
};

static struct series_walk read_series(void *context, uint32_t feature, const struct series_shape *shape)
{
    struct person_context *c = context;
    assert(feature < c->rule->row.slot_count);
    uint32_t slot = c->rule->row.slots[feature].slot;
    if (c->sheaves == NULL)
        c->sheaves = person_sheaves(c->v, c->person);
    return person_sheaves_series(c->sheaves, slot, shape);
}

/* Of several brands' values a rule of the group takes the newest; of equal times that of the smaller number. */
static bool read_trait(void *context, uint32_t trait, struct value *out_value)
{
    struct person_context *c = context;
    uint32_t brand = c->rule->row.brand;
    const struct trait *best = NULL;
    if (!c->knows_traits)
        c->trait_count = people_traits(c->v, c->person, &c->traits);
    c->knows_traits = true;
    for (size_t i = 0; i < c->trait_count; i++) {
        const struct trait *t = &c->traits[i];
        if (t->name != trait || !brand_takes(brand, t->brand))
            continue;
        bool is_closer = brand != 0 ? best == NULL || t->brand == brand : best == NULL || t->time_us > best->time_us;
        best = is_closer ? t : best;
    }
    if (best == NULL)
        return false;
    struct unpack u = unpack_of(best->value);
    *out_value = unpack_value(&u);
    return unpack_finished(&u) && out_value->kind != VALUE_NULL;
}

static bool read_identifier(void *context, uint32_t type, struct bytes *out_value)
{
    struct person_context *c = context;
    if (!c->knows_identifiers)
        c->identifier_count = identity_list(c->v, c->person, &c->identifiers);
    c->knows_identifiers = true;
    for (size_t i = 0; i < c->identifier_count; i++) {
        const struct identifier *id = &c->identifiers[i];
        if (id->type != type || id->state != ID_IN_FORCE ||
            (c->rule->row.brand != 0 && !brand_set_has(id->known_to, c->rule->row.brand)))
            continue;
        *out_value = id->value;
        return true;
    }
    return false;
}

/* A relation, and where the thing behind it is found. */
struct relation_context {
    const struct view *v;
    const struct relation *relation;
};

/* An attribute of the relation itself, else of the thing: "staff.store". */
static bool relation_member(void *context, struct bytes path, struct value *out_value)
{
    const struct relation_context *c = context;
    const struct relation *r = c->relation;
    for (uint32_t i = 0; i < r->attribute_count; i++) {
        if (!bytes_equal(r->attributes[i].name, path))
            continue;
        struct unpack u = unpack_of(r->attributes[i].value);
        *out_value = unpack_value(&u);
        return unpack_finished(&u) && out_value->kind != VALUE_NULL;
    }
    size_t kind = r->ref.kind.size;
    return kind > 0 && path.size > kind + 1 && path.data[kind] == '.' && bytes_starts_with(path, r->ref.kind) &&
           thing_has(c->v, &r->ref, bytes_slice(path, kind + 1, path.size), out_value);
}

static size_t read_relations(void *context, uint32_t type, const struct rule_relation **out_list)
{
    struct person_context *c = context;
    uint32_t brand = c->rule->row.brand;
    if (!c->knows_relations)
        c->relation_count = relation_list(c->v, c->person, &c->relations);
    c->knows_relations = true;
    struct rule_relation *list = ARENA_ARRAY(c->v->arena, struct rule_relation, c->relation_count);
    struct relation_context *contexts = ARENA_ARRAY(c->v->arena, struct relation_context, c->relation_count);
    size_t count = 0;
    for (size_t i = 0; i < c->relation_count; i++) {
        const struct relation *r = &c->relations[i];
        if (!r->is_open || r->type->number != type || !brand_takes(brand, r->brand))
            continue;
        contexts[count] = (struct relation_context){c->v, r};
        list[count] = (struct rule_relation){.since_us = r->period_count > 0 ? r->periods[0].begin_us : 0,
                                             .kind = r->ref.kind,
                                             .id = r->ref.id,
                                             .context = &contexts[count],
                                             .member = relation_member};
        count++;
    }
    *out_list = list;
    return count;
}

void person_things_touch(const struct view *v, const struct book *b, uint32_t person)
{
    const struct relation *relations;
    size_t count = b == NULL ? 0 : relation_list(v, person, &relations);
    for (size_t i = 0; i < count; i++) {
        const struct program_place place = {.what = PROGRAM_RELATION, .number = relations[i].type->number};
        if (relations[i].is_open && relations[i].ref.kind.size > 0 && book_reads(b, place).count > 0)
            thing_touch(v, &relations[i].ref);
    }
}

/* The earliest instant after `at_us` at which any word about the purpose begins or ends to count. */
static int64_t consents_turn(const struct consent *list, size_t count, uint32_t purpose, int64_t at_us)
{
    int64_t turn_us = TURN_NONE;
    for (size_t i = 0; i < count; i++) {
        const int64_t edges[] = {list[i].time_us, list[i].from_us, list[i].until_us};
        for (size_t j = 0; j < COUNT_OF(edges) && list[i].purpose == purpose; j++)
            turn_us = edges[j] > at_us && edges[j] < turn_us ? edges[j] : turn_us;
    }
    return turn_us;
}

bool consent_ask_of(const struct view *v, uint32_t brand, struct bytes purpose, struct bytes channel,
                    struct consent_ask *out_ask)
{
    *out_ask = (struct consent_ask){.brand = brand,
                                    .entity = brand_entity(v, brand),
                                    .purpose = name_number(v, NAME_PURPOSE, purpose),
                                    .channel = channel.size == 0 ? 0 : name_number(v, NAME_CHANNEL, channel)};
    return out_ask->purpose != 0 && (channel.size == 0 || out_ask->channel != 0);
}

/* Nobody consents to what was never heard of. */
static bool read_consent(void *context, struct bytes purpose, struct bytes channel, int64_t at_us, int64_t *out_turn_us)
{
    const struct person_context *c = context;
    struct consent_ask ask;
    const struct consent *list;
    *out_turn_us = TURN_NONE;
    if (!consent_ask_of(c->v, c->rule->row.brand, purpose, channel, &ask))
        return false;
    size_t count = people_consents(c->v, c->person, &list);
    *out_turn_us = consents_turn(list, count, ask.purpose, at_us);
    return consents_say(list, count, &ask, at_us, NULL) == CONSENT_GIVEN;
}

static bool read_list(void *context, uint32_t list, int64_t at_us, struct value *out_value, int64_t *out_turn_us)
{
    struct person_context *c = context;
    if (!c->knows_listings)
        c->listing_count = listings_of(c->v, c->person, &c->listings);
    c->knows_listings = true;
    return listing_holds_of(c->listings, c->listing_count, list, at_us, out_value, out_turn_us);
}

struct reading person_reading(const struct view *v, const struct book *b, uint32_t person)
{
    struct person_context *c = ARENA_NEW(v->arena, struct person_context);
    c->v = v;
    c->person = person;
    return (struct reading){.context = c,
                            .now_us = v->now_us,
                            .civil = book_civil(b),
                            .series = read_series,
                            .trait = read_trait,
                            .identifier = read_identifier,
                            .relations = read_relations,
                            .consents = read_consent,
                            .list = read_list,
                            .public_id = identity_own_public_id(v, person)};
}

void reading_for(struct reading *r, const struct book_rule *rule)
{
    ((struct person_context *)r->context)->rule = rule;
}

void reading_from(struct reading *r, struct person_sheaves *sheaves)
{
    ((struct person_context *)r->context)->sheaves = sheaves;
}
