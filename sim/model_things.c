#include "sim/model_things.h"

#include "domain/thing/thing.h"

void model_things_say(struct model_things *m, const struct deed *d)
{
    assert(m->count < THINGS_SAID_MAX);
    m->said[m->count++] = d;
}

bool model_thing_known(const struct model_things *m, uint32_t thing)
{
    for (uint32_t i = 0; i < m->count; i++)
        if (m->said[i]->thing == thing)
            return true;
    return false;
}

static bool speaks_of(const struct deed *d, uint32_t thing, enum thing_field field)
{
    return d->thing == thing && d->thing_field[field] != THING_UNSAID;
}

/* The newest time at which something was said, before `before_us`; false: none. */
static bool time_before(const struct model_things *m, uint32_t thing, enum thing_field field, int64_t before_us,
                        int64_t *out_us)
{
    bool found = false;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct deed *d = m->said[i];
        if (!speaks_of(d, thing, field) || d->event_us >= before_us || (found && d->event_us <= *out_us))
            continue;
        *out_us = d->event_us;
        found = true;
    }
    return found;
}

/* Of one time the largest stands. */
static int value_of_time(const struct model_things *m, uint32_t thing, enum thing_field field, int64_t time_us)
{
    int value = THING_UNSAID;
    for (uint32_t i = 0; i < m->count; i++)
        if (speaks_of(m->said[i], thing, field) && m->said[i]->event_us == time_us &&
            m->said[i]->thing_field[field] > value)
            value = m->said[i]->thing_field[field];
    return value;
}

int model_thing_field(const struct model_things *m, uint32_t thing, enum thing_field field, int64_t at_us,
                      bool *out_kept)
{
    uint32_t newer = 0;
    int64_t time_us = INT64_MAX;
    bool more = time_before(m, thing, field, time_us, &time_us);
    for (; more && time_us > at_us; newer++)
        more = time_before(m, thing, field, time_us, &time_us);
    *out_kept = newer < THING_VERSIONS_MAX || (newer == THING_VERSIONS_MAX && !more);
    return more ? value_of_time(m, thing, field, time_us) : THING_UNSAID;
}
