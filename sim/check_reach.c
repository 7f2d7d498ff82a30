/* Reach: its figures against a walk over all people, of the rows of the plain replay, which has the same digest. */
#include "domain/scope/scope.h"
#include "engine/engine_priv.h"
#include "sim/run.h"

static void cell_compare(struct run *r, struct view *v, uint32_t brand, uint32_t purpose, uint32_t channel)
{
    struct reach_figures got = reach_count(v, brand, purpose, channel);
    uint64_t want[REACH_REASON_COUNT] = {0};
    for (uint32_t person = 1; person < view_rows_end(v, &person_family); person++)
        if (identity_living(v, person) == person)
            want[reach_of_person(v, person, brand, purpose, channel).reason]++;
    for (uint32_t i = 0; i < REACH_REASON_COUNT; i++)
        if (i != REACH_NOT_KNOWN && got.by_reason[i] != want[i])
            run_fail(r, "brand %u, purpose %u, %s: %llu people are counted as %s, there are %llu", brand, purpose,
                     reach_channels[channel].name, (unsigned long long)got.by_reason[i], reach_reason_names[i],
                     (unsigned long long)want[i]);
}

void check_reach(struct run *r)
{
    struct view v = shadow_view(r->shadow);
    int64_t due_us;
    uint32_t brand = 0;
    if (reach_pending(&v) || (engine_timer_due(&v, &due_us) && due_us <= v.now_us))
        return; /* a tick is on its way */
    do {
        uint32_t purpose = 0;
        do {
            for (uint32_t channel = 0; channel < REACH_CHANNELS; channel++) {
                v = shadow_view(r->shadow); /* an empty arena */
                cell_compare(r, &v, brand, purpose, channel);
            }
            purpose = name_next(&v, NAME_PURPOSE, purpose);
        } while (purpose != 0);
        brand = name_next(&v, NAME_BRAND, brand);
    } while (brand != 0);
}
