#include "sim/model_people.h"

#include <string.h>

#include "base/time.h"

const char *const source_names[SOURCE_COUNT] = {"web", "app", "pos", "desk"};
const char *const purpose_names[PURPOSE_COUNT] = {"marketing", "research"};

uint32_t source_place(const char *name)
{
    for (uint32_t i = 0; i < SOURCE_COUNT; i++)
        if (strcmp(source_names[i], name) == 0)
            return i;
    return 0;
}

void model_people_init(struct model_people *p, int64_t dedup_days, int64_t dedup_ids)
{
    p->count = p->part_count = p->name_count = 0;
    p->dedup_days = dedup_days;
    p->dedup_ids = dedup_ids;
    memset(p->priority, SOURCE_PRIORITY_DEFAULT, sizeof p->priority);
    memset(p->first, 0, sizeof p->first);
}

/* --- messages --- */

/* In whole seconds of log time. */
static bool is_remembered(const struct model_people *p, uint32_t seen, int64_t now_us)
{
    int64_t age_s = now_us / US_PER_SECOND - p->seen[seen].time_us / US_PER_SECOND;
    return age_s < p->dedup_days * (US_PER_DAY / US_PER_SECOND) && p->count - seen <= p->dedup_ids;
}

enum model_novelty model_novelty(const struct model_people *p, const struct deed *d, int64_t now_us)
{
    enum model_novelty novelty = MESSAGE_NEW;
    for (uint32_t i = 0; i < p->count && novelty != MESSAGE_SEEN; i++)
        if (p->seen[i].deed->message == d->message && is_remembered(p, i, now_us))
            novelty = p->seen[i].may_be_forgotten ? MESSAGE_EITHER : MESSAGE_SEEN;
    return novelty;
}

bool model_was_seen(const struct model_people *p, const struct deed *d)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (p->seen[i].deed->message == d->message)
            return true;
    return false;
}

void model_dedup_set(struct model_people *p, const char *setting, int64_t value, int64_t now_us)
{
    for (uint32_t i = 0; i < p->count; i++)
        p->seen[i].may_be_forgotten |= !is_remembered(p, i, now_us);
    if (strcmp(setting, "collect.dedup_days") == 0)
        p->dedup_days = value;
    else if (strcmp(setting, "collect.dedup_ids") == 0)
        p->dedup_ids = value;
}

/* --- names --- */

static bool is_standard(const char *event)
{
    return standard_event_named(bytes_of_text(event)) != NULL;
}

static struct model_name *name_of(struct model_people *p, const char *event)
{
    for (uint32_t i = 0; i < p->name_count; i++)
        if (strcmp(p->names[i].name, event) == 0)
            return &p->names[i];
    return NULL;
}

static struct model_name *name_say(struct model_people *p, const char *event)
{
    if (is_standard(event) || name_of(p, event) != NULL)
        return name_of(p, event);
    assert(p->name_count < CUSTOM_EVENTS_MAX);
    p->names[p->name_count] = (struct model_name){event, ""};
    return &p->names[p->name_count++];
}

static const char *counted_as(struct model_people *p, const char *event)
{
    const struct model_name *name = name_say(p, event);
    return name == NULL || name->counts_as[0] == 0 ? event : name->counts_as;
}

const char *model_alias(struct model_people *p, const char *name, const char *alias_of)
{
    const struct model_name *target = name_of(p, alias_of);
    if (alias_of[0] != 0) {
        if (is_standard(name) || strcmp(name, alias_of) == 0 || (target != NULL && target->counts_as[0] != 0))
            return "bad_alias";
        if (target == NULL && !is_standard(alias_of))
            return "unknown_target";
    }
    struct model_name *own = name_say(p, name);
    if (own != NULL)
        own->counts_as = alias_of;
    return NULL;
}

void model_see(struct model_people *p, const struct model_seen *seen)
{
    assert(p->count < SEEN_MAX);
    p->seen[p->count] = *seen;
    p->seen[p->count].counts_as = counted_as(p, seen->deed->event);
    p->seen[p->count++].part = PART_NONE;
}

/* --- events that are counted anew --- */

void model_part_open(struct model_people *p, const struct model_part *part)
{
    assert(p->part_count < PARTS_MAX);
    p->parts[p->part_count] = *part;
    p->parts[p->part_count++].is_open = true;
}

void model_part_mark(struct model_people *p, uint32_t seen)
{
    p->seen[seen].part = p->part_count - 1;
}

void model_parts_give_up(struct model_people *p, uint32_t person)
{
    for (uint32_t i = 0; i < p->part_count; i++)
        p->parts[i].is_open &= p->parts[i].person != person;
}

void model_parts_move(struct model_people *p, uint32_t from, uint32_t to)
{
    for (uint32_t i = 0; i < p->part_count; i++)
        if (p->parts[i].person == from)
            p->parts[i].person = to;
}

uint32_t model_part_free(const struct model_people *p, uint64_t id)
{
    uint32_t number = 0;
    for (uint32_t i = 0; i < p->part_count; i++)
        if (p->parts[i].is_open && p->parts[i].id == id && p->parts[i].number >= number)
            number = p->parts[i].number + 1;
    return number;
}

void model_part_install(struct model_people *p, uint64_t id, uint32_t number)
{
    for (uint32_t part = 0; part < p->part_count; part++) {
        if (!p->parts[part].is_open || p->parts[part].id != id || p->parts[part].number != number)
            continue;
        p->parts[part].is_open = false;
        for (uint32_t i = 0; i < p->count; i++)
            if (p->seen[i].part == part)
                p->seen[i].counts_as = counted_as(p, p->seen[i].deed->event);
    }
}

/* --- what is known --- */

bool model_is_of(const struct model_identity *m, const struct model_seen *seen, uint32_t label)
{
    return seen->owner.node != NODE_NONE && m->nodes[model_standing(m, seen->owner.node)].person == label;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

size_t model_counts(const struct model_people *p, const struct model_identity *m, uint32_t label, struct model_count *out, size_t max)
{
    size_t count = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct deed *d = p->seen[i].deed;
        const char *event = p->seen[i].counts_as;
        if (!model_is_of(m, &p->seen[i], label))
            continue;
        size_t at = 0;
        while (at < count && !(same_text(out[at].event, event) && same_text(out[at].brand, d->brand) && same_text(out[at].channel, d->channel)))
            at++;
        if (at == count) {
            assert(count < max);
            out[count++] = (struct model_count){event, d->brand, d->channel, 0, d->event_us, d->event_us};
        }
        out[at].count++;
        out[at].first_us = d->event_us < out[at].first_us ? d->event_us : out[at].first_us;
        out[at].last_us = d->event_us > out[at].last_us ? d->event_us : out[at].last_us;
    }
    return count;
}

static bool same_owner(const struct model_identity *m, const struct model_owner *a, const struct model_owner *b)
{
    return m->nodes[a->node].id == m->nodes[b->node].id && a->holder == b->holder;
}

struct hash128 model_owner_key(const struct model_identity *m, const struct model_owner *owner)
{
    return identifier_key_of_holder(m->pool->ids[m->nodes[owner->node].id].key, owner->holder);
}

/* Newest first; of one moment there is only one message, counted for several owners: by their keys. */
static bool consent_is_before(const struct model_identity *m, const struct model_consent *a, const struct model_consent *b)
{
    struct hash128 x = model_owner_key(m, &a->owner), y = model_owner_key(m, &b->owner);
    if (a->deed->event_us != b->deed->event_us)
        return a->deed->event_us > b->deed->event_us;
    return x.high != y.high ? x.high < y.high : x.low < y.low;
}

size_t model_consents(const struct model_people *p, const struct model_identity *m, uint32_t label, struct model_consent *out, size_t max)
{
    size_t count = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        struct model_consent consent = {.deed = p->seen[i].deed, .owner = p->seen[i].owner};
        bool is_there = consent.deed->purpose == NULL || !model_is_of(m, &p->seen[i], label);
        for (size_t k = 0; k < count && !is_there; k++)
            is_there = out[k].deed == consent.deed && same_owner(m, &out[k].owner, &consent.owner);
        if (is_there)
            continue;
        assert(count < max);
        size_t at = count++;
        for (; at > 0 && consent_is_before(m, &consent, &out[at - 1]); at--)
            out[at] = out[at - 1];
        out[at] = consent;
    }
    return count < CONSENTS_KEPT ? count : CONSENTS_KEPT;
}

/* "All channels" and "the whole group" speak of each; and whoever asks for all channels must hear of one withdrawn. */
static bool speaks_of(const struct deed *d, const struct model_wish *wish)
{
    bool channel = d->consent_channel[0] == 0 || same_text(d->consent_channel, wish->channel) || (wish->channel[0] == 0 && !d->given);
    return channel && same_text(d->purpose, wish->purpose) && (d->brand[0] == 0 || same_text(d->brand, wish->brand));
}

bool model_consents_to(const struct model_identity *m, const struct model_consent *list, size_t count, const struct model_wish *wish, int64_t now_us)
{
    bool gave = false;
    for (size_t i = 0; i < count; i++) {
        const struct deed *d = list[i].deed;
        bool is_last = speaks_of(d, wish) && d->event_us <= now_us; /* of its owner */
        for (size_t k = 0; k < count && is_last; k++) {
            const struct deed *other = list[k].deed;
            is_last = !(same_owner(m, &list[k].owner, &list[i].owner) && speaks_of(other, wish) && other->event_us <= now_us &&
                        other->event_us > d->event_us);
        }
        if (is_last && !d->given)
            return false;
        gave |= is_last && (d->until_us == 0 || d->until_us > now_us);
    }
    return gave;
}

/* The best priority wins, then the latest event ("first": the earliest), then the larger value. */
static bool is_better(const struct model_people *p, const struct model_trait *a, const struct model_trait *b)
{
    uint32_t x = source_place(a->source), y = source_place(b->source);
    if (p->priority[x] != p->priority[y])
        return p->priority[x] < p->priority[y];
    if (a->time_us != b->time_us)
        return p->first[x] ? a->time_us < b->time_us : a->time_us > b->time_us;
    return a->value > b->value;
}

size_t model_traits(const struct model_people *p, const struct model_identity *m, uint32_t label, struct model_trait *out, size_t max)
{
    size_t count = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct deed *d = p->seen[i].deed;
        for (size_t k = 0; k < TRAITS_A_DEED && model_is_of(m, &p->seen[i], label); k++) {
            if (d->trait[k] == NULL)
                continue;
            struct model_trait trait = {d->trait[k], d->brand, d->source, d->event_us, d->trait_value[k]};
            size_t at = 0;
            while (at < count && !(same_text(out[at].name, trait.name) && same_text(out[at].brand, trait.brand)))
                at++;
            assert(at < max);
            if (at == count)
                out[count++] = trait;
            else if (is_better(p, &trait, &out[at]))
                out[at] = trait;
        }
    }
    return count;
}
