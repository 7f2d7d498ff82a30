/* The stop list: identifiers that nobody may write to, whoever has them. It keeps their keyed hashes alone, so that it outlives an
 * erasure, in an index that stays in memory, since a step that hears of an event can't fetch: about 12 bytes an identifier. */
#include "domain/scope/reach.h"

#include "base/hash.h"

const struct family stop_family = {.id = 103, .kind = FAMILY_INDEX, .name = "reach_stop"};

bool is_stopped(const struct view *v, struct hash128 plain)
{
    uint32_t stopped;
    return view_index(v, &stop_family, plain, &stopped);
}

fallible suppress_check(struct bytes payload, struct err *e)
{
    struct identity_act act;
    TRY(identity_act_unpack(payload, &act, e));
    if (act.id_count != 1 || act.choice > 1)
        return FAIL(e, INVALID, "a stop names one identifier, and whether it is to be stopped");
    return DONE;
}

static struct identity_act act_of(struct bytes payload)
{
    struct identity_act act;
    struct status read = identity_act_unpack(payload, &act, NULL);
    assert(done(read));
    (void)read;
    return act;
}

void suppress_needs(const struct view *v, struct bytes payload)
{
    struct identity_act act = act_of(payload);
    (void)identity_find_last(v, &act.ids[0]);
}

const struct refusal *suppress_apply(struct step *s, struct bytes payload)
{
    struct identity_act act = act_of(payload);
    struct hash128 plain = act.ids[0].key;
    if (act.choice == 1)
        step_index_put(s, &stop_family, plain, 1);
    else if (is_stopped(&s->view, plain))
        step_index_remove(s, &stop_family, plain);
    uint32_t person = identity_find_last(&s->view, &act.ids[0]);
    if (person != PERSON_NONE)
        reach_refresh(s, person);
    return NULL;
}
