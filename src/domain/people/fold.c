#include "domain/people/fold.h"

#include <string.h>

struct people_fold *people_fold_create(struct arena *a)
{
    struct people_fold *f = ARENA_NEW(a, struct people_fold);
    f->arena = a;
    f->traits = traits_none(TRAITS_MAX);
    f->counters = counters_none(COUNTERS_MAX);
    f->consents = consents_none(CONSENTS_MAX);
    f->trait_bytes_max = TRAITS_BYTES_MAX;
    return f;
}

struct people_fold *people_fold_create_wide(struct arena *a)
{
    struct people_fold *f = people_fold_create(a);
    f->traits.max = REFOLD_TRAITS_MAX;
    f->counters.max = REFOLD_COUNTERS_MAX;
    f->consents.max = REFOLD_CONSENTS_MAX;
    f->trait_bytes_max = REFOLD_TRAITS_BYTES_MAX;
    return f;
}

void people_fold_source(struct people_fold *f, const struct people_source *rule)
{
    LIST_OPEN(f->arena, f->rules, f->rule_count, f->rule_room, f->rule_count);
    f->rules[f->rule_count - 1] = *rule;
}

static struct people_source rule_of(const struct people_fold *f, uint32_t source)
{
    for (uint32_t i = 0; i < f->rule_count; i++)
        if (f->rules[i].source == source)
            return f->rules[i];
    return (struct people_source){.source = source, .priority = SOURCE_PRIORITY_DEFAULT};
}

bool fold_counts(const struct arrived *arrived)
{
    return !bytes_equal(arrived->envelope.event, standard_event_name(EVENT_TRAITS_COMPUTED));
}

struct counter fold_counter(const struct arrived *arrived)
{
    return (struct counter){
        .event = arrived->event,
        .brand = arrived->brand,
        .channel = arrived->channel,
        .count = 1,
        .first_us = arrived->envelope.event_us,
        .last_us = arrived->envelope.event_us,
    };
}

bool fold_trait(const struct arrived *arrived, const struct arrived_trait *trait, const struct people_source *rule,
                struct trait_news *out_news)
{
    if (trait->value.size > TRAIT_BYTES_MAX || trait->value.size == 0)
        return false;
    *out_news = (struct trait_news){
        .name = trait->name,
        .brand = arrived->brand,
        .candidate = {.time_us = arrived->envelope.event_us,
                      .source = arrived->source,
                      .priority = rule->priority,
                      .first = rule->first,
                      .value = trait->value},
    };
    return true;
}

struct consent fold_consent(const struct arrived *arrived, const struct arrived_consent *consent, struct hash128 owner)
{
    return (struct consent){
        .brand = consent->entity != 0 ? 0 : arrived->brand,
        .entity = consent->entity,
        .purpose = consent->purpose,
        .channel = consent->channel,
        .source = arrived->source,
        .given = consent->consent.given,
        .time_us = arrived->envelope.event_us,
        .from_us = consent->consent.from_us,
        .until_us = consent->consent.until_us,
        .policy = consent->consent.policy,
        .evidence = consent->consent.evidence,
        .owner = owner,
    };
}

void people_fold_event(struct people_fold *f, const struct arrived *arrived, struct hash128 owner)
{
    struct counter counter = fold_counter(arrived);
    if (fold_counts(arrived))
        counters_add(&f->counters, &counter, f->arena);
    struct people_source rule = rule_of(f, arrived->source);
    for (uint32_t i = 0; i < arrived->trait_count; i++) {
        struct trait_news news;
        if (fold_trait(arrived, &arrived->traits[i], &rule, &news))
            (void)traits_add(&f->traits, &news, f->arena);
    }
    for (uint32_t i = 0; i < arrived->consent_count; i++) {
        struct consent consent = fold_consent(arrived, &arrived->consents[i], owner);
        (void)consents_add(&f->consents, &consent, f->arena);
    }
}

struct bytes people_fold_section(const struct people_fold *f, const struct section *section, struct arena *a)
{
    if (section == &counters_section)
        return counters_encode(&f->counters, a);
    if (section == &consents_section)
        return consents_encode(&f->consents, a);
    assert(section == &traits_section);
    struct traits traits = f->traits; /* encoding drops what doesn't fit: of a copy */
    traits.list = arena_take(a, (traits.count + 1) * sizeof *traits.list, _Alignof(struct trait_entry));
    if (traits.count > 0)
        memcpy(traits.list, f->traits.list, traits.count * sizeof *traits.list);
    return traits_encode(&traits, f->trait_bytes_max, a);
}
