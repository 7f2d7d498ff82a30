#include "sim/model_orders.h"

void model_orders_say(struct model_orders *m, const struct deed *d)
{
    assert(m->count < ORDERS_SAID_MAX);
    m->said[m->count++] = d;
}

/* Did any version say a buyer by an identifier of whoever was erased then? */
static bool names_erased(const struct model_orders *m, const struct model_identity *identity, uint32_t order,
                         int64_t from_us)
{
    bool found = false;
    for (uint32_t i = 0; i < m->count; i++)
        for (uint32_t k = 0; k < m->said[i]->id_count && m->said[i]->order == order; k++)
            found |= identity->erased_us[m->said[i]->ids[k]] != 0 && identity->erased_us[m->said[i]->ids[k]] >= from_us;
    return found;
}

void model_orders_perhaps(struct model_orders *m, const struct model_identity *identity, int64_t from_us)
{
    for (uint32_t order = 0; order < ORDERS_PLANNED; order++) {
        bool has_person = m->has_owner[order] && m->owner_node[order] != NODE_NONE;
        if (!has_person && m->custody[order] == CUSTODY_NONE && names_erased(m, identity, order, from_us))
            m->custody[order] = CUSTODY_PERHAPS;
    }
}

bool model_order_was_erased(const struct model_orders *m, const struct model_identity *identity, uint32_t order)
{
    return m->has_owner[order] && m->owner_node[order] != NODE_NONE && identity->nodes[m->owner_node[order]].is_erased;
}

void model_orders_close(struct model_orders *m, const struct model_identity *identity, int64_t now_us)
{
    for (uint32_t order = 0; order < ORDERS_PLANNED; order++)
        if (model_order_was_erased(m, identity, order))
            m->custody[order] = CUSTODY_CLOSED;
    model_orders_perhaps(m, identity, now_us);
}

bool model_order_known(const struct model_orders *m, uint32_t order)
{
    for (uint32_t i = 0; i < m->count; i++)
        if (m->said[i]->order == order)
            return true;
    return false;
}

/* Of one version the word that takes the line away counts, else the greater amount: they are drawn so small that their bytes are in
 * order of size. */
static bool counts_more(const struct deed *a, const struct deed *b, uint32_t line)
{
    if (a->order_version != b->order_version)
        return a->order_version > b->order_version;
    bool a_removes = a->order_line[line] == ORDER_REMOVED, b_removes = b->order_line[line] == ORDER_REMOVED;
    return a_removes != b_removes ? a_removes : a->order_line[line] > b->order_line[line];
}

int model_order_line(const struct model_orders *m, uint32_t order, uint32_t line)
{
    const struct deed *best = NULL;
    uint32_t complete = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct deed *d = m->said[i];
        if (d->order != order)
            continue;
        complete = d->order_complete && d->order_version > complete ? d->order_version : complete;
        if (d->order_line[line] != ORDER_UNSAID && (best == NULL || counts_more(d, best, line)))
            best = d;
    }
    bool is_gone = best == NULL || best->order_line[line] == ORDER_REMOVED || best->order_version < complete;
    return is_gone ? ORDER_UNSAID : best->order_line[line];
}

bool model_order_state(const struct model_orders *m, uint32_t order, uint32_t state, int64_t *out_us)
{
    int64_t earliest_us = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        int64_t us = m->said[i]->order == order ? m->said[i]->order_state_us[state] : 0;
        earliest_us = us != 0 && (earliest_us == 0 || us < earliest_us) ? us : earliest_us;
    }
    *out_us = earliest_us;
    return earliest_us != 0;
}
