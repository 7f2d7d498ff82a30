/* The model erases people: nobody is found by what they had, and values that were passed on go back to who had them before. */
#include "sim/model_inside.h"

#include "base/time.h"

#define LATE_US US_PER_HOUR

static void sets_leave(struct model_identity *m)
{
    for (uint32_t s = 0; s < m->set_count; s++) {
        struct model_set *set = &m->sets[s];
        uint32_t kept = 0;
        for (uint32_t k = 0; k < set->count; k++)
            if (!m->nodes[set->members[k]].is_erased)
                set->members[kept++] = set->members[k];
        set->count = kept;
    }
}

static void nevers_leave(struct model_identity *m)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < m->never_count; i++)
        if (!m->nodes[m->nevers[i].node].is_erased)
            m->nevers[kept++] = m->nevers[i];
    m->never_count = kept;
}

/* Who has the identifier last of those that are left is its newest holder. */
static void holder_go(struct model_identity *m, uint32_t node)
{
    const struct model_node *n = &m->nodes[node];
    uint32_t before = model_node_before(m, node);
    if (n->is_newest && before != NODE_NONE)
        m->nodes[before].is_newest = true;
    m->nodes[node].is_newest = false;
}

void model_erase(struct model_identity *m, uint32_t label, const bool *are_theirs, int64_t now_us)
{
    for (uint32_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[model_standing(m, i)];
        if (m->nodes[i].is_erased)
            continue;
        bool is_hub = n->state == ID_QUARANTINED;
        m->nodes[i].is_erased = is_hub ? are_theirs[model_standing(m, i)] : label != 0 && n->person == label;
        if (is_hub && n->person == label && !m->nodes[i].is_erased)
            m->nodes[i].person = ++m->labels;
    }
    for (uint32_t i = 0; i < m->node_count; i++) {
        if (!m->nodes[i].is_erased || m->nodes[i].person == 0)
            continue;
        if (m->nodes[i].into == NODE_NONE)
            holder_go(m, i);
        m->nodes[i].person = 0;
        m->erased_us[m->nodes[i].id] = now_us;
    }
    sets_leave(m);
    nevers_leave(m);
}

bool model_is_suppressed(const struct model_identity *m, const struct deed *d)
{
    bool found = false;
    for (uint32_t i = 0; i < d->id_count; i++)
        found |= d->is_own[i] && d->event_us < m->erased_us[d->ids[i]];
    return found && d->received_us - d->event_us > LATE_US;
}
