#include "edge/api/person_events.h"

#include <string.h>

#include "domain/people/people.h"

void person_events_forget(struct person_events *p)
{
    event_view_close(p->view);
    p->view = NULL;
    erased_fini(&p->erased);
}

/* All in one read: 2 us for each erasure that isn't purged yet. */
static void erased_find(struct person_events *p, const struct view *v)
{
    bool more = true;
    erased_init(&p->erased, event_purged_until(v));
    while (more)
        more = erased_gather(&p->erased, v);
}

void person_events_prepare(struct request *r, const struct view *v, uint32_t person, struct person_events *p)
{
    const uint32_t *numbers;
    const struct hash128 *owners;
    p->number_count = people_event_numbers(v, person, &numbers);
    p->numbers = ARENA_ARRAY(request_arena(r), uint32_t, p->number_count + 1);
    memcpy(p->numbers, numbers, p->number_count * sizeof *numbers);
    p->owner_count = identity_owners(v, person, &owners);
    p->owners = ARENA_ARRAY(request_arena(r), struct hash128, p->owner_count + 1);
    for (size_t i = 0; i < p->owner_count; i++)
        p->owners[i] = owners[i];
    p->brands = scope_brands_seen(r->token, v, request_arena(r));
    person_events_forget(p); /* of a first run */
    p->view = event_view_open(v, workspace_surroundings(r->workspace));
    erased_find(p, v);
}

fallible person_events_scan(struct person_events *p, int64_t latest_us, event_each each, void *context, struct err *e)
{
    const struct event_people asked = {.numbers = p->numbers, .count = p->number_count, .latest_us = latest_us};
    assert(p->view != NULL);
    TRY(erased_settle(&p->erased, e));
    return event_scan_people(p->view, &asked, each, context, e);
}

bool person_events_own(const struct person_events *p, struct hash128 owner)
{
    for (size_t i = 0; i < p->owner_count; i++)
        if (hash128_equal(p->owners[i], owner))
            return true;
    return false;
}

bool person_events_read(const struct person_events *p, const struct event_seen *event, struct envelope *out_envelope)
{
    return done(envelope_unpack(event->packed, out_envelope, NULL)) &&
           erased_leave(&p->erased, event->note.position, event->note.owner, out_envelope);
}

bool person_events_shown(const struct person_events *p, const struct request *r, const struct envelope *envelope)
{
    return scope_sees_event_of(r->token, &p->brands, envelope->reference[REF_BRAND], envelope->reference[REF_STORE]);
}
