#include "engine/registry.h"

#include <stdlib.h>
#include <string.h>

#include "engine/dead.h"
#include "engine/outcome.h"

#define DOMAIN_COUNT_MAX 48u
#define IDS_A_DOMAIN 256u

struct registry {
    size_t domain_count;
    const struct domain *domains[DOMAIN_COUNT_MAX]; /* speakers before hearers */
    const struct domain *by_number[IDS_A_DOMAIN];
    struct hearing *hearings[IDS_A_DOMAIN]; /* by domain number, then the fact's low byte */
    const struct section *sections[SECTION_COUNT_MAX];
    const struct family *families[FAMILY_COUNT_MAX];
    size_t family_count;
    struct arena *arena;
};

static const struct family *const engine_families[] = {&person_family, &timer_family, &job_family, &outbox_family,
                                                       &setting_family, &follow_up_family, &dead_letter_family};

static const struct fact_kind *said_by(const struct domain *d, uint32_t id)
{
    for (size_t i = 0; i < d->say_count; i++)
        if (d->says[i]->id == id)
            return d->says[i];
    return NULL;
}

static bool hears_from(const struct domain *hearer, const struct domain *speaker)
{
    for (size_t i = 0; i < hearer->hear_count; i++)
        if (hearer != speaker && said_by(speaker, hearer->hears[i].fact->id) != NULL)
            return true;
    return false;
}

static fallible number_take(struct registry *r, const struct domain *d, struct err *e)
{
    if (d->number == 0 || r->by_number[d->number] != NULL)
        return FAIL(e, INVALID, "domain %s: its number %u is taken", d->name, d->number);
    r->by_number[d->number] = d;
    return DONE;
}

static fallible id_check(const struct domain *d, bool *seen, uint32_t id, const char *name, struct err *e)
{
    if (id >> 8 != d->number)
        return FAIL(e, INVALID, "%s: id 0x%x is not of domain %s (0x%02x..)", name, id, d->name, d->number);
    if (seen[id & 0xff])
        return FAIL(e, INVALID, "%s: id 0x%x is used twice", name, id);
    seen[id & 0xff] = true;
    return DONE;
}

static fallible ids_check(const struct domain *d, struct err *e)
{
    bool commands[IDS_A_DOMAIN] = {0}, facts[IDS_A_DOMAIN] = {0}, rest[IDS_A_DOMAIN] = {0};
    for (size_t i = 0; i < d->command_count; i++)
        TRY(id_check(d, commands, d->commands[i].id, d->commands[i].name, e));
    for (size_t i = 0; i < d->say_count; i++)
        TRY(id_check(d, facts, d->says[i]->id, d->says[i]->name, e));
    for (size_t i = 0; i < d->timer_count; i++)
        TRY(id_check(d, rest, d->timers[i]->id, d->timers[i]->name, e));
    for (size_t i = 0; i < d->job_count; i++)
        TRY(id_check(d, rest, d->jobs[i]->id, d->jobs[i]->name, e));
    for (size_t i = 0; i < d->effect_count; i++)
        TRY(id_check(d, rest, d->effects[i]->id, d->effects[i]->name, e));
    for (size_t i = 0; i < d->work_count; i++)
        TRY(id_check(d, rest, d->works[i]->id, d->works[i]->name, e));
    return DONE;
}

static fallible rows_take(struct registry *r, const struct domain *d, struct err *e)
{
    for (size_t i = 0; i < d->family_count; i++) {
        if (r->family_count == FAMILY_COUNT_MAX)
            return FAIL(e, LIMIT, "domain %s: more than %u families", d->name, FAMILY_COUNT_MAX);
        r->families[r->family_count++] = d->families[i];
    }
    for (size_t i = 0; i < d->section_count; i++) {
        const struct section *s = d->sections[i];
        if (s->id >= SECTION_COUNT_MAX || r->sections[s->id] != NULL)
            return FAIL(e, INVALID, "domain %s: section %s: its id %u is taken", d->name, s->name, s->id);
        r->sections[s->id] = s;
    }
    return DONE;
}

/* Speakers before hearers; among the free, the order given. */
static fallible domains_sort(struct registry *r, const struct domain *const *domains, size_t count, struct err *e)
{
    bool placed[DOMAIN_COUNT_MAX] = {0};
    while (r->domain_count < count) {
        size_t next = count;
        for (size_t i = 0; i < count && next == count; i++) {
            bool free_to_go = !placed[i];
            for (size_t j = 0; j < count && free_to_go; j++)
                free_to_go = placed[j] || !hears_from(domains[i], domains[j]);
            if (free_to_go)
                next = i;
        }
        if (next == count) {
            size_t stuck = 0;
            while (placed[stuck])
                stuck++;
            return FAIL(e, INVALID, "domain %s is in a circle of facts: let one direction be a read or an effect",
                        domains[stuck]->name);
        }
        placed[next] = true;
        r->domains[r->domain_count++] = domains[next];
    }
    return DONE;
}

static const struct fact_kind *fact_find(const struct registry *r, uint32_t id)
{
    const struct domain *speaker = id >> 8 < IDS_A_DOMAIN ? r->by_number[id >> 8] : NULL;
    return speaker == NULL ? NULL : said_by(speaker, id);
}

static fallible hearings_fill(struct registry *r, struct err *e)
{
    for (size_t i = 0; i < r->domain_count; i++)
        r->hearings[r->domains[i]->number] = ARENA_ARRAY(r->arena, struct hearing, IDS_A_DOMAIN);
    for (size_t i = 0; i < r->domain_count; i++) {
        const struct domain *d = r->domains[i];
        for (size_t j = 0; j < d->hear_count; j++) {
            const struct fact_kind *fact = d->hears[j].fact;
            if (fact_find(r, fact->id) != fact)
                return FAIL(e, INVALID, "domain %s hears %s, which nobody says", d->name, fact->name);
            struct hearing *h = &r->hearings[fact->id >> 8][fact->id & 0xff];
            if (h->hear == NULL)
                h->hear = arena_zeroed(r->arena, sizeof *h->hear * DOMAIN_COUNT_MAX, _Alignof(void *));
            if (h->count == DOMAIN_COUNT_MAX)
                return FAIL(e, LIMIT, "fact %s: more than %u hearers", fact->name, DOMAIN_COUNT_MAX);
            h->hear[h->count++] = d->hears[j].hear;
        }
    }
    return DONE;
}

static fallible registry_fill(struct registry *r, const struct domain *const *domains, size_t count, struct err *e)
{
    if (count > DOMAIN_COUNT_MAX)
        return FAIL(e, LIMIT, "more than %u domains", DOMAIN_COUNT_MAX);
    for (size_t i = 0; i < COUNT_OF(engine_families); i++)
        r->families[r->family_count++] = engine_families[i];
    for (size_t i = 0; i < count; i++) {
        TRY(number_take(r, domains[i], e));
        TRY(ids_check(domains[i], e));
        TRY(rows_take(r, domains[i], e));
    }
    TRY(domains_sort(r, domains, count, e));
    return hearings_fill(r, e);
}

fallible registry_create(const struct domain *const *domains, size_t count, struct registry **out_registry, struct err *e)
{
    struct registry *r = calloc(1, sizeof *r);
    if (r == NULL)
        return FAIL(e, FULL, "no memory for the registry");
    r->arena = arena_create(1 << 14);
    struct status s = registry_fill(r, domains, count, e);
    if (failed(s)) {
        registry_destroy(r);
        return s;
    }
    *out_registry = r;
    return DONE;
}

void registry_destroy(struct registry *r)
{
    if (r == NULL)
        return;
    arena_destroy(r->arena);
    free(r);
}

size_t registry_domain_count(const struct registry *r)
{
    return r->domain_count;
}

const struct domain *registry_domain(const struct registry *r, size_t at)
{
    assert(at < r->domain_count);
    return r->domains[at];
}

const struct hearing *registry_hearing(const struct registry *r, const struct fact_kind *kind)
{
    assert(r->hearings[kind->id >> 8] != NULL);
    return &r->hearings[kind->id >> 8][kind->id & 0xff];
}

static const struct domain *domain_of(const struct registry *r, uint32_t id)
{
    return id >> 8 < IDS_A_DOMAIN ? r->by_number[id >> 8] : NULL;
}

const struct command *registry_command(const struct registry *r, uint32_t id)
{
    const struct domain *d = domain_of(r, id);
    for (size_t i = 0; d != NULL && i < d->command_count; i++)
        if (d->commands[i].id == id)
            return &d->commands[i];
    return NULL;
}

const struct command *registry_command_named(const struct registry *r, struct bytes name)
{
    for (size_t i = 0; i < r->domain_count; i++)
        for (size_t j = 0; j < r->domains[i]->command_count; j++)
            if (bytes_equal(bytes_of_text(r->domains[i]->commands[j].name), name))
                return &r->domains[i]->commands[j];
    return NULL;
}

#define DEFINE_FIND(function, type, list, list_count)                            \
    const struct type *function(const struct registry *r, uint32_t id)           \
    {                                                                            \
        const struct domain *d = domain_of(r, id);                               \
        for (size_t i = 0; d != NULL && i < d->list_count; i++)                  \
            if (d->list[i]->id == id)                                            \
                return d->list[i];                                               \
        return NULL;                                                             \
    }

DEFINE_FIND(registry_timer, timer_kind, timers, timer_count)
DEFINE_FIND(registry_job, job_kind, jobs, job_count)
DEFINE_FIND(registry_effect, effect_kind, effects, effect_count)

const struct setting *registry_setting(const struct registry *r, struct bytes name)
{
    for (size_t i = 0; i < r->domain_count; i++)
        for (size_t j = 0; j < r->domains[i]->setting_count; j++)
            if (bytes_equal(bytes_of_text(r->domains[i]->settings[j]->name), name))
                return r->domains[i]->settings[j];
    return NULL;
}

const struct family *const *registry_families(const struct registry *r, size_t *out_count)
{
    *out_count = r->family_count;
    return r->families;
}

const struct section *registry_section(const struct registry *r, uint8_t id)
{
    return id < SECTION_COUNT_MAX ? r->sections[id] : NULL;
}
