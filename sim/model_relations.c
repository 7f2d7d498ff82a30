#include "sim/model_relations.h"

void model_relations_say(struct model_relations *m, const struct deed *d, struct model_owner owner)
{
    assert(m->count < RELATIONS_SAID_MAX);
    m->said[m->count++] = (struct model_seen){.deed = d, .owner = owner};
}

/* Of one moment an end is later, and of two beginnings that to the greater one. */
static bool is_later(const struct deed *x, const struct deed *y)
{
    if (x->event_us != y->event_us)
        return x->event_us > y->event_us;
    return x->ends != y->ends ? x->ends : x->relation_staff > y->relation_staff;
}

/* What was said last of it; of a single one a beginning of another counts, too. */
bool model_relation_holds(const struct model_relations *m, const struct model_identity *identity, uint32_t label,
                          uint32_t type, uint32_t staff)
{
    const struct deed *last = NULL;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct deed *d = m->said[i].deed;
        bool is_about = d->relation == type &&
                        (d->relation_staff == staff || (planned_relations[type].is_single && !d->ends));
        if (is_about && model_is_of(identity, &m->said[i], label) && (last == NULL || is_later(d, last)))
            last = d;
    }
    return last != NULL && !last->ends && last->relation_staff == staff;
}
