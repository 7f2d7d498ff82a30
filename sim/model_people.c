#include "sim/model_people.h"

#include <string.h>

#include "base/time.h"

#define DEDUP_US (7 * US_PER_DAY)

const char *const source_names[SOURCE_COUNT] = {"web", "app", "pos", "desk"};

uint32_t source_place(const char *name)
{
    for (uint32_t i = 0; i < SOURCE_COUNT; i++)
        if (strcmp(source_names[i], name) == 0)
            return i;
    return 0;
}

void model_people_init(struct model_people *p)
{
    p->count = 0;
    memset(p->priority, SOURCE_PRIORITY_DEFAULT, sizeof p->priority);
    memset(p->first, 0, sizeof p->first);
}

bool model_is_duplicate(const struct model_people *p, const struct deed *d, int64_t now_us)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (p->seen[i].deed->message == d->message && now_us - p->seen[i].time_us < DEDUP_US)
            return true;
    return false;
}

void model_see(struct model_people *p, const struct model_seen *seen)
{
    assert(p->count < DEEDS_MAX);
    p->seen[p->count++] = *seen;
}

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
        if (!model_is_of(m, &p->seen[i], label))
            continue;
        size_t at = 0;
        while (at < count && !(same_text(out[at].event, d->event) && same_text(out[at].brand, d->brand) && same_text(out[at].channel, d->channel)))
            at++;
        if (at == count) {
            assert(count < max);
            out[count++] = (struct model_count){d->event, d->brand, d->channel, 0, d->event_us, d->event_us};
        }
        out[at].count++;
        out[at].first_us = d->event_us < out[at].first_us ? d->event_us : out[at].first_us;
        out[at].last_us = d->event_us > out[at].last_us ? d->event_us : out[at].last_us;
    }
    return count;
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
