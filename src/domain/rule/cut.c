#include "domain/rule/cut_reading.h"

#include "domain/identity/identity.h"
#include "domain/listing/listing.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "domain/rule/orders.h"
#include "domain/rule/things.h"

struct cut_context {
    const struct view *v;
    const struct cut_person *who;
};

/* --- when it was --- */

#define POSITIONS_LOOKED 4096u /* back from a position, at first; then eight times as many */

struct newest {
    int64_t received_us;
    bool is_there;
};

static bool newest_take(void *context, const struct event_seen *event)
{
    struct newest *n = context;
    struct envelope envelope;
    if (failed(envelope_unpack(event->packed, &envelope, NULL)) ||
        (n->is_there && envelope.received_us <= n->received_us))
        return true;
    *n = (struct newest){.received_us = envelope.received_us, .is_there = true};
    return true;
}

fallible cut_settle(struct rule_cut *io_cut, struct event_view *events, struct err *e)
{
    struct newest n = {.is_there = false};
    uint64_t until = io_cut->position;
    if (until == UINT64_MAX || io_cut->instant_us != INT64_MAX)
        return DONE;
    for (uint64_t back = POSITIONS_LOOKED; !n.is_there && until > 0; back *= 8) {
        uint64_t from = until > back ? until - back : 0;
        TRY(event_scan_between(events, from, until, newest_take, &n, e));
        until = from;
    }
    if (!n.is_there)
        return FAIL(e, NOT_FOUND, "no event from before position %llu is kept", (unsigned long long)io_cut->position);
    io_cut->instant_us = n.received_us;
    return DONE;
}

/* --- events --- */

static struct series_walk series_then(void *context, uint32_t feature, const struct series_shape *shape)
{
    const struct cut_context *c = context;
    const struct cut_person *who = c->who;
    uint32_t slot = who->rule->row.slots[feature].slot;
    for (size_t i = 0; i < who->series_count; i++)
        if (who->series[i].slot == slot)
            return series_walk(shape, who->series[i].series);
    return series_walk(shape, BYTES_NONE);
}

struct bytes cut_kept(const struct view *v, uint32_t slot, uint32_t person, const struct rule_cut *m)
{
    const struct book *b = book_of(v);
    const struct book_feature *f = book_feature(b, slot);
    bool is_of_orders = f != NULL && f->matcher != NULL && f->feature->of == FEATURE_ORDERS;
    return is_of_orders ? orders_then(v, b, f, person, m->instant_us) : person_feature(v, person, slot);
}

/* --- traits --- */

/* The value that stood then: they are in the order in which they win. */
static bool value_then(const struct trait *t, int64_t at_us, struct trait_value *out)
{
    *out = (struct trait_value){.time_us = t->time_us, .value = t->value};
    if (t->time_us <= at_us)
        return true;
    for (uint32_t i = 0; i < t->history_count; i++) {
        *out = t->history[i];
        if (out->time_us <= at_us)
            return true;
    }
    return false;
}

static bool trait_then(void *context, uint32_t trait, struct value *out_value)
{
    const struct cut_context *c = context;
    uint32_t brand = c->who->rule->row.brand;
    const struct trait *list;
    struct trait_value best = {0}, then;
    size_t count = people_traits(c->v, c->who->person, &list);
    for (size_t i = 0; i < count; i++) {
        const struct trait *t = &list[i];
        if (t->name != trait || !brand_takes(brand, t->brand) || !value_then(t, c->who->cut.instant_us, &then))
            continue;
        bool is_closer = brand != 0 ? t->brand == brand : then.time_us > best.time_us;
        if (best.value.size == 0 || is_closer)
            best = then;
    }
    if (best.value.size == 0)
        return false;
    struct unpack u = unpack_of(best.value);
    *out_value = unpack_value(&u);
    return unpack_finished(&u) && out_value->kind != VALUE_NULL;
}

/* --- identifiers --- */

static bool is_held_then(const struct identifier *id, int64_t at_us)
{
    bool is_over = id->state == ID_PASSED_ON && id->until_us != 0 && id->until_us <= at_us;
    return id->state != ID_QUARANTINED && id->first_us <= at_us && !is_over;
}

static bool identifier_then(void *context, uint32_t type, struct bytes *out_value)
{
    const struct cut_context *c = context;
    uint32_t brand = c->who->rule->row.brand;
    const struct identifier *list;
    size_t count = identity_list(c->v, c->who->person, &list);
    for (size_t i = 0; i < count; i++) {
        if (list[i].type != type || !is_held_then(&list[i], c->who->cut.instant_us) ||
            (brand != 0 && !brand_set_has(list[i].known_to, brand)))
            continue;
        *out_value = list[i].value;
        return true;
    }
    return false;
}

bool cut_knows(const struct view *v, uint32_t person, const struct rule_cut *m)
{
    const struct identifier *list;
    size_t count = identity_list(v, person, &list);
    for (size_t i = 0; i < count; i++)
        if (list[i].first_us <= m->instant_us)
            return true;
    return false;
}

/* --- relations --- */

struct relation_then {
    const struct view *v;
    const struct relation *relation;
    int64_t at_us;
};

static bool member_then(void *context, struct bytes path, struct value *out_value)
{
    const struct relation_then *then = context;
    const struct relation *r = then->relation;
    for (uint32_t i = 0; i < r->attribute_count; i++) {
        const struct relation_attribute *a = &r->attributes[i], *said = a->time_us <= then->at_us ? a : NULL;
        if (!bytes_equal(a->name, path))
            continue;
        for (uint32_t k = 0; said == NULL && k < a->earlier; k++)
            said = a->history[k].time_us <= then->at_us ? &a->history[k] : NULL;
        if (said == NULL)
            return false;
        struct unpack u = unpack_of(said->value);
        *out_value = unpack_value(&u);
        return unpack_finished(&u) && out_value->kind != VALUE_NULL;
    }
    size_t kind = r->ref.kind.size; /* "staff.store": of the thing behind it */
    return kind > 0 && path.size > kind + 1 && path.data[kind] == '.' && bytes_starts_with(path, r->ref.kind) &&
           thing_says(then->v, r->ref.kind, bytes_slice(path, kind + 1, path.size), r->ref.id, then->at_us, out_value);
}

/* The period that it was in; NULL: it wasn't open. */
static const struct relation_period *period_then(const struct relation *r, int64_t at_us)
{
    for (uint32_t i = 0; i < r->period_count; i++)
        if (r->periods[i].begin_us <= at_us && at_us < r->periods[i].end_us)
            return &r->periods[i];
    return NULL;
}

static size_t relations_then(void *context, uint32_t type, const struct rule_relation **out_list)
{
    const struct cut_context *c = context;
    int64_t at_us = c->who->cut.instant_us;
    const struct relation *all;
    size_t count = relation_list(c->v, c->who->person, &all), kept = 0;
    struct rule_relation *list = ARENA_ARRAY(c->v->arena, struct rule_relation, count);
    for (size_t i = 0; i < count; i++) {
        const struct relation_period *period = period_then(&all[i], at_us);
        if (period == NULL || all[i].type->number != type || !brand_takes(c->who->rule->row.brand, all[i].brand))
            continue;
        struct relation_then *then = ARENA_NEW(c->v->arena, struct relation_then);
        *then = (struct relation_then){.v = c->v, .relation = &all[i], .at_us = at_us};
        list[kept++] = (struct rule_relation){.since_us = period->begin_us,
                                              .kind = all[i].ref.kind,
                                              .id = all[i].ref.id,
                                              .context = then,
                                              .member = member_then};
    }
    *out_list = list;
    return kept;
}

/* --- consents --- */

/* Words that were said later aren't there yet; the newest come first. */
static bool consents_then(void *context, struct bytes purpose, struct bytes channel, int64_t at_us,
                          int64_t *out_turn_us)
{
    const struct cut_context *c = context;
    struct consent_ask ask;
    const struct consent *list;
    *out_turn_us = INT64_MAX;
    if (!consent_ask_of(c->v, c->who->rule->row.brand, purpose, channel, &ask))
        return false;
    size_t count = people_consents(c->v, c->who->person, &list), later = 0;
    while (later < count && list[later].time_us > at_us)
        later++;
    return consents_say(list + later, count - later, &ask, at_us, NULL) == CONSENT_GIVEN;
}

/* --- lists --- */

static bool list_then(void *context, uint32_t list, int64_t at_us, struct value *out_value, int64_t *out_turn_us)
{
    const struct cut_context *c = context;
    return listing_holds(c->v, c->who->person, list, at_us, out_value, out_turn_us);
}

struct reading cut_reading(const struct view *v, const struct book *b, const struct cut_person *who)
{
    struct cut_context *c = ARENA_NEW(v->arena, struct cut_context);
    *c = (struct cut_context){.v = v, .who = who};
    return (struct reading){.context = c,
                            .now_us = who->cut.instant_us,
                            .civil = book_civil(b),
                            .series = series_then,
                            .trait = trait_then,
                            .identifier = identifier_then,
                            .relations = relations_then,
                            .consents = consents_then,
                            .list = list_then,
                            .public_id = identity_own_public_id(v, who->person)};
}

const char *const cut_part_names[CUT_PART_COUNT] = {"traits", "identifiers", "relations", "consents",
                                                    "lists",  "orders",      "things"};

uint32_t cut_unkept(const struct program *p, const struct rule_cut *m)
{
    static const uint32_t parts[PROGRAM_READS_COUNT] = {
        [PROGRAM_TRAIT] = 1u << CUT_TRAITS,       [PROGRAM_IDENTIFIER] = 1u << CUT_IDENTIFIERS,
        [PROGRAM_RELATION] = 1u << CUT_RELATIONS, [PROGRAM_CONSENT] = 1u << CUT_CONSENTS,
        [PROGRAM_LIST] = 1u << CUT_LISTS,         [PROGRAM_THING] = 1u << CUT_THINGS};
    uint32_t of_now = 1u << CUT_ORDERS;
    const struct program_place *places;
    const struct feature *const *features;
    size_t place_count = program_places(p, &places), feature_count = program_features(p, &features);
    uint32_t reads = 0;
    for (size_t i = 0; i < place_count; i++)
        reads |= parts[places[i].what];
    for (size_t i = 0; i < feature_count; i++) {
        reads |= features[i]->of == FEATURE_ORDERS ? 1u << CUT_ORDERS : 0;
        of_now |= features[i]->needs_things ? 1u << CUT_THINGS : 0; /* those of events are read as they were gathered */
    }
    reads |= of_now & 1u << CUT_THINGS;
    if (cut_is_now(m))
        return 0;
    return m->position == UINT64_MAX ? reads & of_now : reads;
}
