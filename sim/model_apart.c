/* The model takes people apart: verbs that part, taking back, hubs and reviews. */
#include "sim/model_inside.h"

#include <string.h>

static struct model_act *act_add(struct model_identity *m, uint64_t position)
{
    if (m->act_count == MODEL_ACTS_MAX) {
        m->overflowed = true;
        m->act_count = 0;
    }
    struct model_act *act = &m->acts[m->act_count++];
    *act = (struct model_act){.position = position};
    return act;
}

static void never_add(struct model_identity *m, uint32_t node, uint32_t other, uint64_t position)
{
    if (m->never_count + 2 > MODEL_NEVERS_MAX) {
        m->overflowed = true;
        return;
    }
    m->nevers[m->never_count++] = (struct model_never){.node = node, .other = m->nodes[other].id, .position = position};
    m->nevers[m->never_count++] = (struct model_never){.node = other, .other = m->nodes[node].id, .position = position};
}

/* Where a never-merge takes a person apart, what its hubs were seen with is forgotten. */
static void hubs_forget(struct model_identity *m, uint32_t person)
{
    for (uint32_t s = 0; s < m->set_count; s++) {
        struct model_set *set = &m->sets[s];
        uint32_t kept = 0;
        for (uint32_t k = 0; k < set->count; k++) {
            const struct model_node *n = &m->nodes[set->members[k]];
            if (n->person != person || n->state != ID_QUARANTINED)
                set->members[kept++] = set->members[k];
        }
        set->count = kept;
    }
}

bool model_never_merge(struct model_identity *m, const struct deed *d, uint64_t position)
{
    uint32_t a = model_newest(m, d->ids[0]), b = model_newest(m, d->ids[1]);
    if (a == NODE_NONE || b == NODE_NONE)
        return true; /* nobody can be kept apart: the comparison will tell */
    struct model_act *act = act_add(m, position);
    never_add(m, a, b, position);
    act->nodes[act->count++] = a;
    act->nodes[act->count++] = b;
    act->rejoins = m->nodes[a].person == m->nodes[b].person;
    if (act->rejoins)
        hubs_forget(m, m->nodes[a].person);
    return act->rejoins;
}

/* --- taking apart --- */

static void followers_follow(struct model_identity *m)
{
    for (uint32_t i = 0; i < m->node_count; i++)
        m->nodes[i].person = m->nodes[model_standing(m, i)].person;
}

/* In force, then priority, then first seen, then key. */
static bool leads(const struct model_identity *m, uint32_t a, uint32_t b)
{
    const struct model_node *x = &m->nodes[a], *y = &m->nodes[b];
    uint8_t p = model_rule(m, x->id)->priority, q = model_rule(m, y->id)->priority;
    if ((x->state == ID_IN_FORCE) != (y->state == ID_IN_FORCE))
        return x->state == ID_IN_FORCE;
    if (p != q)
        return p < q;
    if (x->first_us != y->first_us)
        return x->first_us < y->first_us;
    struct hash128 k = identifier_key_of_holder(m->pool->ids[x->id].key, x->holder);
    struct hash128 l = identifier_key_of_holder(m->pool->ids[y->id].key, y->holder);
    return k.low != l.low ? k.low < l.low : k.high < l.high;
}

static uint32_t lead_of(const struct model_identity *m, uint32_t person)
{
    uint32_t lead = NODE_NONE;
    for (uint32_t i = 0; i < m->node_count; i++)
        if (m->nodes[i].person == person && model_stands(&m->nodes[i]) && m->nodes[i].state != ID_QUARANTINED && (lead == NODE_NONE || leads(m, i, lead)))
            lead = i;
    return lead;
}

/* Leaves of each set only what lies on one side; the other side becomes a set of its own. */
static void sets_cut(struct model_identity *m, const uint32_t *sides)
{
    for (uint32_t s = 0; s < m->set_count; s++) {
        struct model_set rest = m->sets[s], *kept = &m->sets[s];
        uint32_t side = kept->count == 0 ? 0 : sides[kept->members[0]], kept_count = 0, rest_count = 0;
        for (uint32_t k = 0; k < rest.count; k++) {
            if (sides[rest.members[k]] == side)
                kept->members[kept_count++] = rest.members[k];
            else
                rest.members[rest_count++] = rest.members[k];
        }
        kept->count = kept_count;
        rest.count = rest_count;
        model_set_add(m, &rest);
    }
    uint32_t kept = 0;
    for (uint32_t s = 0; s < m->set_count; s++)
        if (m->sets[s].count > 1)
            m->sets[kept++] = m->sets[s];
    m->set_count = kept;
}

/* New labels for what a person's evidence connects; hubs connect nobody and stay with the part that has the best lead. */
static void regroup(struct model_identity *m, uint32_t person)
{
    uint32_t before = m->labels, best = NODE_NONE;
    for (uint32_t i = 0; i < m->node_count; i++) {
        if (m->nodes[i].person != person || m->nodes[i].state == ID_QUARANTINED || !model_stands(&m->nodes[i]))
            continue;
        uint32_t label = ++m->labels;
        m->nodes[i].person = label;
        for (bool grew = true; grew;) {
            grew = false;
            for (uint32_t s = 0; s < m->set_count; s++) {
                bool touches = false;
                for (uint32_t k = 0; k < m->sets[s].count; k++)
                    touches |= m->nodes[m->sets[s].members[k]].person == label && m->nodes[m->sets[s].members[k]].state != ID_QUARANTINED;
                for (uint32_t k = 0; touches && k < m->sets[s].count; k++) {
                    struct model_node *n = &m->nodes[m->sets[s].members[k]];
                    if (n->person == person && n->state != ID_QUARANTINED)
                        n->person = label, grew = true;
                }
            }
        }
    }
    for (uint32_t label = before + 1; label <= m->labels; label++) {
        uint32_t lead = lead_of(m, label);
        best = best == NODE_NONE || leads(m, lead, best) ? lead : best;
    }
    if (best != NODE_NONE)
        model_relabel(m, person, m->nodes[best].person);
    followers_follow(m);
    uint32_t sides[MODEL_NODES_MAX]; /* what went through a hub to another part is gone */
    for (uint32_t i = 0; i < m->node_count; i++)
        sides[i] = m->nodes[i].person;
    sets_cut(m, sides);
}

/* What is taken off stays together; a split is for good. */
static void apart(struct model_identity *m, const uint32_t *sides, uint32_t person, uint64_t position, bool never)
{
    struct model_set taken = {.position = position, .rule = EVIDENCE_BIND};
    uint32_t before = m->labels, first = NODE_NONE;
    sets_cut(m, sides);
    for (uint32_t i = 0; i < m->node_count; i++)
        if (sides[i] == 1 && taken.count < MODEL_SET_MEMBERS_MAX)
            taken.members[taken.count++] = i;
    model_set_add(m, &taken);
    regroup(m, person);
    struct model_act *act = act_add(m, position);
    act->rejoins = true;
    first = lead_of(m, m->nodes[taken.members[0]].person);
    act->nodes[act->count++] = first;
    for (uint32_t label = before + 1; label <= m->labels; label++) {
        uint32_t lead = lead_of(m, label);
        if (lead == NODE_NONE || sides[lead] == 1)
            continue;
        if (act->count < MODEL_ACT_NODES_MAX)
            act->nodes[act->count++] = lead;
        if (never && m->nodes[lead].state == ID_IN_FORCE) /* else nobody can be kept from what it leads with */
            never_add(m, first, lead, position);
    }
}

void model_take_off(struct model_identity *m, const struct deed *d, uint64_t position)
{
    uint32_t sides[MODEL_NODES_MAX] = {0}, person = 0;
    for (uint32_t i = 0; i < d->id_count; i++) {
        uint32_t at = model_newest(m, d->ids[i]);
        if (at == NODE_NONE)
            return;
        sides[at] = 1;
        person = m->nodes[at].person;
    }
    for (uint32_t i = 0; i < m->node_count && d->kind == DEED_UNBIND; i++) {
        const struct model_node *n = &m->nodes[i];
        if (n->person == person && model_stands(n) && n->state != ID_QUARANTINED && model_rule(m, n->id)->parent == m->pool->ids[d->ids[0]].type)
            sides[i] = 1;
    }
    apart(m, sides, person, position, d->kind == DEED_SPLIT);
}

/* --- taking back --- */

static void sets_forget(struct model_identity *m, uint64_t position)
{
    for (uint32_t s = 0; s < m->set_count; s++) {
        struct model_set *set = &m->sets[s];
        if (set->position != position || set->rule == EVIDENCE_EVENT || set->count == 0)
            continue;
        uint32_t person = m->nodes[set->members[0]].person;
        set->count = 0;
        regroup(m, person);
        s = UINT32_MAX; /* the sets have moved: from the start */
    }
}

static void act_take_back(struct model_identity *m, const struct model_act *act, uint64_t position)
{
    struct model_set set = {.position = position, .rule = EVIDENCE_MERGE};
    for (uint32_t i = 0; i < m->never_count; i++)
        if (m->nevers[i].position == act->position)
            m->nevers[i--] = m->nevers[--m->never_count];
    if (!act->rejoins)
        return;
    for (uint32_t i = 0; i < act->count; i++) {
        uint32_t node = model_standing(m, act->nodes[i]), lead = lead_of(m, m->nodes[node].person);
        bool is_hub = m->nodes[node].state == ID_QUARANTINED && lead != NODE_NONE; /* it connects nobody any more */
        set.members[set.count++] = is_hub ? lead : node;
        model_relabel(m, m->nodes[set.members[i]].person, m->nodes[set.members[0]].person);
    }
    model_set_add(m, &set);
}

void model_undo(struct model_identity *m, const struct deed *d, uint64_t position)
{
    for (uint32_t i = 0; i < m->act_count; i++) {
        if (m->acts[i].position == d->undo_position) {
            act_take_back(m, &m->acts[i], position);
            return;
        }
    }
    sets_forget(m, d->undo_position);
}

void model_quarantine(struct model_identity *m, uint16_t id, int64_t now_us)
{
    uint32_t node = model_newest(m, id);
    if (node == NODE_NONE) /* set aside before anybody had it */
        node = model_node_add(m, id, ++m->labels, now_us);
    m->nodes[node].state = ID_QUARANTINED;
    regroup(m, m->nodes[node].person);
}

/* It connects again what it connected before; whoever shows it next has it. */
static void release(struct model_identity *m, uint32_t node, int64_t now_us)
{
    m->nodes[node].state = ID_PASSED_ON;
    m->nodes[node].until_us = now_us;
    regroup(m, m->nodes[node].person);
}

static void give(struct model_identity *m, uint32_t hub, uint32_t to, struct model_set *set, int64_t now_us)
{
    uint32_t node = hub;
    if (m->nodes[hub].person == m->nodes[to].person) {
        m->nodes[hub].state = ID_IN_FORCE;
    } else {
        release(m, hub, now_us);
        node = model_node_add(m, m->nodes[hub].id, m->nodes[to].person, now_us);
    }
    set->members[0] = to;
    set->members[1] = node;
    set->count = 2;
    model_set_add(m, set);
}

void model_review(struct model_identity *m, const struct deed *d, uint64_t position, int64_t now_us)
{
    uint32_t hub = model_newest(m, d->ids[0]), to = d->id_count > 1 ? model_newest(m, d->ids[1]) : NODE_NONE;
    if (d->choice == REVIEW_BLOCK)
        m->blocked[d->ids[0]] = true;
    else if (hub != NODE_NONE && d->choice == REVIEW_RELEASE)
        release(m, hub, now_us);
    else if (hub != NODE_NONE && to != NODE_NONE)
        give(m, hub, to, &(struct model_set){.position = position, .rule = EVIDENCE_REVIEW}, now_us);
}

void model_block(struct model_identity *m, const struct deed *d, int64_t now_us)
{
    uint32_t node = model_newest(m, d->ids[0]);
    m->blocked[d->ids[0]] = d->choice == 1;
    if (node != NODE_NONE && d->choice == 1)
        model_quarantine(m, d->ids[0], now_us);
    else if (node != NODE_NONE)
        release(m, node, now_us);
}

/* --- taking over --- */

/* Parts of what the sets connect, as numbers of nodes that lead them. */
static void parts_of(const struct model_identity *m, uint32_t *out_parts)
{
    for (uint32_t i = 0; i < m->node_count; i++)
        out_parts[i] = i;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t s = 0; s < m->set_count; s++) {
            const struct model_set *set = &m->sets[s];
            uint32_t least = NODE_NONE;
            for (uint32_t k = 0; k < set->count; k++)
                if (m->nodes[set->members[k]].state != ID_QUARANTINED && out_parts[set->members[k]] < least)
                    least = out_parts[set->members[k]];
            for (uint32_t k = 0; k < set->count; k++) {
                uint32_t *part = &out_parts[set->members[k]];
                if (m->nodes[set->members[k]].state != ID_QUARANTINED && *part != least)
                    *part = least, changed = true;
            }
        }
    }
}

/* Whatever holds a group together now, something does. */
static void groups_hold(struct model_identity *m, uint64_t position)
{
    uint32_t parts[MODEL_NODES_MAX];
    parts_of(m, parts);
    for (uint32_t i = 0; i < m->node_count; i++) {
        if (m->nodes[i].person == 0 || m->nodes[i].state == ID_QUARANTINED || parts[i] != i || !model_stands(&m->nodes[i]))
            continue;
        for (uint32_t k = 0; k < i; k++) {
            if (m->nodes[k].person != m->nodes[i].person || m->nodes[k].state == ID_QUARANTINED || !model_stands(&m->nodes[k]))
                continue;
            model_set_add(m, &(struct model_set){.position = position, .rule = EVIDENCE_MERGE, .members = {k, i}, .count = 2});
            break;
        }
    }
}

void model_adopt(struct model_identity *m, const uint32_t *labels, uint64_t position)
{
    sets_cut(m, labels);
    for (uint32_t i = 0; i < m->node_count; i++) {
        m->nodes[i].person = labels[i];
        m->labels = m->labels > labels[i] ? m->labels : labels[i];
    }
    followers_follow(m);
    groups_hold(m, position);
}
