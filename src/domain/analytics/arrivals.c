#include "domain/analytics/arrivals.h"

struct arrivals *arrivals_create(const struct question *q, struct arena *arena)
{
    static const enum civil_unit units[] = {CIVIL_DAY, CIVIL_MONTH};
    struct err e = {0};
    if (!q->tells_arrivals)
        return NULL;
    struct arrivals *a = ARENA_NEW(arena, struct arrivals);
    a->question = q;
    for (size_t i = 0; i < COUNT_OF(units) && a->units.count == 0; i++)
        if (failed(units_over(q, units[i], q->from_us, q->until_us, &a->units, &e)))
            a->units.count = 0; /* they are too many: larger ones; of 4,000 months none */
    a->by_unit = ARENA_ARRAY(arena, uint64_t, a->units.count);
    return a;
}

void arrivals_clear(struct arrivals *a)
{
    if (a == NULL)
        return;
    a->events = a->before = a->behind = 0;
    memset(a->by_unit, 0, a->units.count * sizeof *a->by_unit);
}

void arrivals_note(struct arrivals *a, int64_t time_us)
{
    const struct question *q = a->question;
    a->events++;
    if (time_us < q->from_us)
        a->before++;
    else if (time_us >= q->until_us)
        a->behind++;
    else if (a->units.count > 0)
        a->by_unit[units_place(q, &a->units, time_us)]++;
}

void arrivals_add(struct arrivals *a, const struct arrivals *more)
{
    assert((a == NULL) == (more == NULL));
    if (a == NULL)
        return;
    a->events += more->events;
    a->before += more->before;
    a->behind += more->behind;
    for (uint32_t i = 0; i < a->units.count; i++)
        a->by_unit[i] += more->by_unit[i];
}

static void put_count(struct json_writer *w, const char *key, uint64_t count)
{
    json_key(w, key);
    json_put_uint64(w, count);
}

void arrivals_print(const struct arrivals *a, struct json_writer *w)
{
    if (a == NULL)
        return;
    json_key(w, "arrived");
    json_object_begin(w);
    put_count(w, "since", a->question->since);
    put_count(w, "events", a->events);
    put_count(w, "before", a->before);
    put_count(w, "behind", a->behind);
    json_key(w, "units");
    json_array_begin(w);
    for (uint32_t i = 0; i < a->units.count; i++) {
        if (a->by_unit[i] == 0)
            continue;
        json_object_begin(w);
        json_key(w, "unit");
        units_put(a->question, &a->units, i, w);
        put_count(w, "events", a->by_unit[i]);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}
