#include "domain/people/profile.h"

#include <string.h>

#include "domain/people/find.h"
#include "engine/stow.h"

#define ROW_FORMAT 1u

const struct family source_family = {.id = 32, .kind = FAMILY_KEYED, .value_bytes = 3, .name = "source_rule"};

/* --- sources --- */

struct source_key {
    uint8_t data[4];
};

static struct source_key key_of(uint32_t source)
{
    return (struct source_key){{(uint8_t)(source >> 24), (uint8_t)(source >> 16), (uint8_t)(source >> 8), (uint8_t)source}};
}

struct people_source people_source(const struct view *v, uint32_t source)
{
    struct people_source rule = {.source = source, .priority = SOURCE_PRIORITY_DEFAULT};
    struct source_key key = key_of(source);
    struct bytes value;
    if (view_keyed(v, &source_family, bytes_of(key.data, sizeof key.data), &value)) {
        struct unpack u = unpack_of(value);
        uint8_t format = unpack_u8(&u);
        rule.priority = unpack_u8(&u);
        rule.first = unpack_u8(&u) != 0;
        assert(format == ROW_FORMAT && unpack_finished(&u));
    }
    return rule;
}

bool people_source_next(const struct view *v, uint32_t after, struct people_source *out_rule)
{
    struct source_key from = key_of(after);
    struct bytes key, value;
    if (!view_keyed_next(v, &source_family, bytes_of(from.data, sizeof from.data), true, &key, &value))
        return false;
    *out_rule = people_source(v, (uint32_t)key.data[0] << 24 | (uint32_t)key.data[1] << 16 | (uint32_t)key.data[2] << 8 | key.data[3]);
    return true;
}

void people_source_pack(const struct people_source *rule, struct buf *out)
{
    pack_u32(out, rule->source);
    pack_u8(out, rule->priority);
    pack_u8(out, rule->first);
}

bool people_source_is_plain(const struct people_source *rule)
{
    return rule->priority == SOURCE_PRIORITY_DEFAULT && !rule->first;
}

static bool source_read(struct bytes payload, struct people_source *out_rule)
{
    struct unpack u = unpack_of(payload);
    uint32_t source = unpack_u32(&u);
    uint8_t priority = unpack_u8(&u), first = unpack_u8(&u);
    if (!unpack_finished(&u) || first > 1)
        return false;
    *out_rule = (struct people_source){.source = source, .priority = priority, .first = first != 0};
    return true;
}

fallible source_check(struct bytes payload, struct err *e)
{
    struct people_source rule;
    return source_read(payload, &rule) ? DONE : FAIL(e, INVALID, "a source's rule is its number (4 bytes), a priority (0..255), and 0 or 1");
}

static const struct refusal source_unknown = {"unknown_source", "No event has come from this source yet.", "还没有收到过该数据源的事件。"};

const struct refusal *source_apply(struct step *s, struct bytes payload)
{
    struct people_source rule;
    bool good = source_read(payload, &rule);
    assert(good);
    (void)good;
    if (name_text(&s->view, NAME_SOURCE, rule.source).size == 0)
        return &source_unknown;
    struct source_key key = key_of(rule.source);
    struct buf b = arena_buf(s->view.arena, source_family.value_bytes);
    pack_u8(&b, ROW_FORMAT);
    pack_u8(&b, rule.priority);
    pack_u8(&b, rule.first);
    step_keyed_put(s, &source_family, arena_copy(s->view.arena, bytes_of(key.data, sizeof key.data)), buf_bytes(&b));
    return NULL;
}

/* --- one event --- */

static void say_changed(struct step *s, struct profile_changed what)
{
    struct profile_changed *changed = ARENA_NEW(s->view.arena, struct profile_changed);
    *changed = what;
    step_say(s, &fact_profile_changed, changed);
}

static void add_traits(struct step *s, const struct resolved *r)
{
    struct arena *a = s->view.arena;
    struct traits traits = traits_decode(section_read(&s->view, r->person, &traits_section), a);
    struct people_source rule = people_source(&s->view, r->arrived->source);
    bool kept = false;
    for (uint32_t i = 0; i < r->arrived->trait_count; i++) {
        struct trait_news news;
        if (!fold_trait(r->arrived, &r->arrived->traits[i], &rule, &news))
            continue;
        enum trait_change change = traits_add(&traits, &news, a);
        kept |= change != TRAIT_SAME;
        if (change != TRAIT_WON)
            continue;
        say_changed(s, (struct profile_changed){.person = r->person, .trait = news.name, .brand = news.brand});
        find_trait(s, r->person, news.name, news.candidate.value);
    }
    if (kept)
        section_write(s, r->person, &traits_section, traits_encode(&traits, TRAITS_BYTES_MAX, a));
}

/* Is one of these to the same brand or entity? */
static bool speaks_to_same(const struct consent *list, uint32_t count, const struct consent *c)
{
    bool found = false;
    for (uint32_t i = 0; i < count && !found; i++)
        found = list[i].brand == c->brand && list[i].entity == c->entity;
    return found;
}

/* Once for each brand and entity: who hears of one need not know of the other. */
static void say_consents(struct step *s, uint32_t person, const struct consent *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!speaks_to_same(list, i, &list[i]))
            say_changed(s,
                        (struct profile_changed){.person = person, .brand = list[i].brand, .entity = list[i].entity});
}

static void add_consents(struct step *s, const struct resolved *r)
{
    struct arena *a = s->view.arena;
    struct consents consents = consents_decode(section_read(&s->view, r->person, &consents_section), a);
    struct consent *added = ARENA_ARRAY(a, struct consent, r->arrived->consent_count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->arrived->consent_count; i++) {
        struct consent consent = fold_consent(r->arrived, &r->arrived->consents[i], r->owner);
        if (consents_add(&consents, &consent, a))
            added[count++] = consent;
    }
    if (count == 0)
        return;
    section_write(s, r->person, &consents_section, consents_encode(&consents, a));
    say_consents(s, r->person, added, count);
}

void profile_on_event(struct step *s, const struct resolved *r)
{
    if (r->person == PERSON_NONE)
        return;
    struct counter counter = fold_counter(r->arrived);
    struct bytes counters = section_read(&s->view, r->person, &counters_section);
    if (fold_counts(r->arrived))
        section_write(s, r->person, &counters_section, counters_bump(counters, &counter, s->view.arena));
    if (r->arrived->trait_count > 0)
        add_traits(s, r);
    if (r->arrived->consent_count > 0)
        add_consents(s, r);
    find_event(s, r);
}

/* --- a split, and its result --- */

void profile_clear(struct step *s, uint32_t person)
{
    section_write(s, person, &traits_section, BYTES_NONE);
    section_write(s, person, &counters_section, BYTES_NONE);
    section_write(s, person, &consents_section, BYTES_NONE);
}

/* Says which traits have another value than before; both lists are sorted by (name, brand). */
static void say_differences(struct step *s, uint32_t person, const struct traits *before, const struct traits *now)
{
    for (uint32_t i = 0, j = 0; i < now->count; i++) {
        const struct trait_entry *entry = &now->list[i];
        while (j < before->count && (before->list[j].name < entry->name ||
                                     (before->list[j].name == entry->name && before->list[j].brand < entry->brand)))
            j++;
        bool same = j < before->count && before->list[j].name == entry->name && before->list[j].brand == entry->brand &&
                    bytes_equal(before->list[j].best[0].value, entry->best[0].value);
        if (same)
            continue;
        say_changed(s, (struct profile_changed){.person = person, .trait = entry->name, .brand = entry->brand});
        find_trait(s, person, entry->name, entry->best[0].value);
    }
}

void profile_install(struct step *s, uint32_t person, const struct portable *folded)
{
    struct arena *a = s->view.arena;
    struct bytes traits = section_read(&s->view, person, &traits_section);
    struct bytes counters = section_read(&s->view, person, &counters_section);
    struct bytes consents = section_read(&s->view, person, &consents_section);
    struct traits before = traits_decode(traits, a);
    struct bytes installed = portable_add_traits(folded, traits, a);
    struct traits now = traits_decode(installed, a);
    section_write(s, person, &traits_section, installed);
    section_write(s, person, &counters_section, portable_add_counters(folded, counters, a));
    struct bytes consented = portable_add_consents(folded, consents, a);
    section_write(s, person, &consents_section, consented);
    say_differences(s, person, &before, &now);
    if (folded->consents.size == 0)
        return;
    struct consents all = consents_decode(consented, a);
    say_consents(s, person, all.list, all.count);
}

/* --- reading --- */

static int history_compare(const struct candidate *x, const struct candidate *y)
{
    if (x->time_us != y->time_us)
        return x->time_us > y->time_us ? -1 : 1;
    return candidate_compare(x, y);
}

static const struct trait_value *history_of(struct trait_entry *entry, struct arena *a)
{
    struct trait_value *history = ARENA_ARRAY(a, struct trait_value, entry->count);
    for (uint32_t i = 2; i < entry->count; i++) {
        struct candidate c = entry->best[i];
        uint32_t at = i;
        for (; at > 1 && history_compare(&c, &entry->best[at - 1]) < 0; at--)
            entry->best[at] = entry->best[at - 1];
        entry->best[at] = c;
    }
    for (uint32_t i = 1; i < entry->count; i++)
        history[i - 1] = (struct trait_value){.time_us = entry->best[i].time_us, .source = entry->best[i].source, .value = entry->best[i].value};
    return history;
}

size_t people_traits(const struct view *v, uint32_t person, const struct trait **out_list)
{
    struct traits traits = traits_decode(section_read(v, person, &traits_section), v->arena);
    struct trait *list = ARENA_ARRAY(v->arena, struct trait, traits.count);
    for (uint32_t i = 0; i < traits.count; i++) {
        struct trait_entry *entry = &traits.list[i];
        list[i] = (struct trait){
            .name = entry->name,
            .brand = entry->brand,
            .source = entry->best[0].source,
            .priority = entry->best[0].priority,
            .time_us = entry->best[0].time_us,
            .value = entry->best[0].value,
            .history_count = entry->count - 1,
        };
        list[i].history = history_of(entry, v->arena);
    }
    *out_list = list;
    return traits.count;
}

size_t people_counters(const struct view *v, uint32_t person, const struct counter **out_list)
{
    struct counters counters = counters_decode(section_read(v, person, &counters_section), v->arena);
    *out_list = counters.list;
    return counters.count;
}

size_t people_consents(const struct view *v, uint32_t person, const struct consent **out_list)
{
    struct consents consents = consents_decode(section_read(v, person, &consents_section), v->arena);
    *out_list = consents.list;
    return consents.count;
}

bool people_consents_to(const struct view *v, uint32_t person, uint32_t brand, uint32_t purpose, uint32_t channel)
{
    const struct consent *list;
    size_t count = people_consents(v, person, &list);
    struct consent_ask ask = {.brand = brand, .entity = brand_entity(v, brand), .purpose = purpose, .channel = channel};
    return consents_say(list, count, &ask, v->now_us, NULL) == CONSENT_GIVEN;
}
