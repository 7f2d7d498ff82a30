#include "sim/model_inside.h"

#include <string.h>

#include "base/time.h"

#define HOLDERS_BACK_MAX 4 /* so many holders back a late event is looked up */

void model_identity_init(struct model_identity *m, const struct pool *pool)
{
    m->pool = pool;
    m->node_count = m->set_count = m->never_count = m->act_count = m->labels = 0;
    memset(m->blocked, 0, sizeof m->blocked);
    memset(m->given, 0, sizeof m->given);
    memset(m->erased_us, 0, sizeof m->erased_us);
    memset(m->rules, 0, sizeof m->rules);
    m->overflowed = false;
    size_t count;
    const struct id_type_rule *builtin = id_types_builtin(&count);
    for (size_t i = 0; i < count; i++)
        m->rules[builtin[i].type] = builtin[i];
}

/* --- types --- */

const struct id_type_rule *model_rule(const struct model_identity *m, uint16_t id)
{
    const struct id_type_rule *rule = &m->rules[m->pool->ids[id].type];
    return rule->name[0] == 0 ? NULL : rule;
}

const char *model_type(struct model_identity *m, const struct id_type_rule *rule)
{
    struct id_type_rule *mine = &m->rules[rule->type];
    for (uint32_t i = 0; i < TYPE_COUNT_MAX; i++)
        if (i != rule->type && strcmp(m->rules[i].name, rule->name) == 0)
            return "name_taken";
    if (rule->type < TYPE_CUSTOM && strcmp(mine->name, rule->name) != 0)
        return "name_taken";
    if (rule->parent != TYPE_NONE && m->rules[rule->parent].name[0] == 0)
        return "unknown_parent";
    *mine = *rule;
    return NULL;
}

/* --- nodes and sets --- */

uint32_t model_newest(const struct model_identity *m, uint16_t id)
{
    for (uint32_t i = m->node_count; i-- > 0;)
        if (m->nodes[i].id == id && m->nodes[i].is_newest)
            return i;
    return NODE_NONE;
}

uint32_t model_node_before(const struct model_identity *m, uint32_t node)
{
    uint32_t found = NODE_NONE;
    for (uint32_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[i];
        if (n->id == m->nodes[node].id && model_stands(n) && n->holder < m->nodes[node].holder_first &&
            (found == NODE_NONE || n->holder > m->nodes[found].holder))
            found = i;
    }
    return found;
}

uint32_t model_standing(const struct model_identity *m, uint32_t node)
{
    while (m->nodes[node].into != NODE_NONE)
        node = m->nodes[node].into;
    return node;
}

static int64_t whole_seconds(int64_t us)
{
    return (us / US_PER_SECOND - (us % US_PER_SECOND < 0)) * US_PER_SECOND;
}

uint32_t model_node_add(struct model_identity *m, uint16_t id, uint32_t person, int64_t seen_us)
{
    uint32_t newest = model_newest(m, id);
    if (m->node_count == MODEL_NODES_MAX) {
        m->overflowed = true;
        return 0;
    }
    struct model_node *n = &m->nodes[m->node_count];
    *n = (struct model_node){.id = id, .holder_first = ++m->given[id], .state = ID_IN_FORCE, .is_newest = true, .from_us = INT64_MIN,
                             .person = person, .into = NODE_NONE};
    if (newest != NODE_NONE) {
        m->nodes[newest].is_newest = false;
        n->from_us = seen_us;
    }
    n->holder = n->holder_first;
    n->first_us = n->last_us = whole_seconds(seen_us);
    return m->node_count++;
}

static void node_seen(struct model_identity *m, uint32_t node, int64_t seen_us)
{
    struct model_node *n = &m->nodes[node];
    seen_us = whole_seconds(seen_us);
    n->first_us = seen_us < n->first_us ? seen_us : n->first_us;
    n->last_us = seen_us >= n->last_us + US_PER_HOUR ? seen_us : n->last_us;
}

static bool is_late(const struct model_identity *m, uint32_t node, int64_t seen_us)
{
    return whole_seconds(seen_us) < m->nodes[node].last_us;
}

void model_set_add(struct model_identity *m, const struct model_set *set)
{
    if (set->count < 2)
        return;
    if (m->set_count == MODEL_SETS_MAX) {
        m->overflowed = true;
        return;
    }
    m->sets[m->set_count++] = *set;
}

void model_relabel(struct model_identity *m, uint32_t from, uint32_t to)
{
    for (uint32_t i = 0; i < m->node_count; i++)
        if (m->nodes[i].person == from)
            m->nodes[i].person = to;
}

static void put_together(struct model_identity *m, uint32_t earlier, uint32_t later)
{
    struct model_node *a = &m->nodes[earlier], *b = &m->nodes[later];
    b->holder_first = a->holder_first;
    b->from_us = a->from_us;
    b->first_us = a->first_us < b->first_us ? a->first_us : b->first_us;
    b->last_us = a->last_us > b->last_us ? a->last_us : b->last_us;
    a->into = later;
    a->is_newest = false;
    for (uint32_t s = 0; s < m->set_count; s++)
        for (uint32_t k = 0; k < m->sets[s].count; k++)
            if (m->sets[s].members[k] == earlier)
                m->sets[s].members[k] = later;
}

/* Of two people whom an event joins and who had the shown identifier one after the other, it was one holder all along. */
static void holders_meet(struct model_identity *m, uint16_t id, const uint32_t *before)
{
    for (uint32_t i = 0; i < m->node_count; i++)
        for (uint32_t k = 0; k < m->node_count && model_stands(&m->nodes[i]); k++) {
            const struct model_node *a = &m->nodes[i], *b = &m->nodes[k];
            bool is_shown = a->id == id && b->id == id && model_stands(b) && a->person == b->person && before[i] != before[k];
            if (i != k && is_shown && a->holder + 1 == b->holder_first)
                put_together(m, i, k);
        }
}

/* --- what may be joined --- */

enum standing { NOT_COUNTED, NEW, UNHELD, IN_FORCE, PAST };

struct candidate {
    uint16_t id;
    const struct id_type_rule *rule;
    enum standing standing;
    uint32_t node; /* the newest, or the past one; NODE_NONE when new */
    bool is_accepted, is_moved;
};

#define JOINED_MAX 16u
struct joining {
    struct candidate candidates[DEED_IDS_MAX];
    uint32_t count;
    uint32_t people[JOINED_MAX]; /* labels */
    uint32_t people_count;
    int64_t seen_us;
};

/* Who had it then; the gap between two holders is the later one's. */
static void look_back(const struct model_identity *m, struct candidate *c, int64_t seen_us)
{
    uint32_t at = c->node;
    for (int i = 0; i < HOLDERS_BACK_MAX; i++) {
        at = model_node_before(m, at);
        if (at == NODE_NONE || seen_us >= m->nodes[at].until_us)
            return;
        c->standing = PAST;
        c->node = at;
        if (seen_us >= m->nodes[at].from_us)
            return;
    }
}

static struct candidate judge(const struct model_identity *m, uint16_t id, int64_t seen_us)
{
    struct candidate c = {.id = id, .rule = model_rule(m, id), .standing = NEW, .node = model_newest(m, id)};
    if (c.rule == NULL || (c.node == NODE_NONE && m->blocked[id]))
        c.standing = NOT_COUNTED;
    if (c.rule == NULL || c.node == NODE_NONE)
        return c;
    const struct model_node *newest = &m->nodes[c.node];
    if (newest->state == ID_QUARANTINED) {
        c.standing = NOT_COUNTED;
    } else {
        c.standing = newest->state == ID_IN_FORCE ? IN_FORCE : seen_us < newest->until_us ? PAST : UNHELD;
        if (seen_us < newest->from_us)
            look_back(m, &c, seen_us);
        c.standing = c.standing == UNHELD && m->blocked[id] ? NOT_COUNTED : c.standing;
    }
    return c;
}

static bool is_before(const struct candidate *a, const struct candidate *b)
{
    return a->rule->priority != b->rule->priority ? a->rule->priority < b->rule->priority : a->rule->type < b->rule->type;
}

static void joining_fill(const struct model_identity *m, struct joining *j, const struct deed *d, int64_t seen_us)
{
    j->count = j->people_count = 0;
    j->seen_us = seen_us;
    for (uint32_t i = 0; i < d->id_count; i++) {
        if (!d->is_own[i])
            continue;
        struct candidate c = judge(m, d->ids[i], seen_us);
        if (c.standing == NOT_COUNTED)
            continue;
        uint32_t at = j->count++;
        for (; at > 0 && is_before(&c, &j->candidates[at - 1]); at--)
            j->candidates[at] = j->candidates[at - 1];
        j->candidates[at] = c;
    }
}

static bool is_joined(const struct joining *j, uint32_t person)
{
    for (uint32_t i = 0; i < j->people_count; i++)
        if (j->people[i] == person)
            return true;
    return false;
}

static bool same_space(const struct model_identity *m, uint16_t a, uint16_t b)
{
    return m->pool->ids[a].type == m->pool->ids[b].type && strcmp(m->pool->ids[a].ns, m->pool->ids[b].ns) == 0;
}

static bool is_loose(const struct candidate *c)
{
    return c->is_accepted && (c->standing != IN_FORCE || c->is_moved);
}

/* Does the node count against the limit of its type? What was first seen longer ago than the window doesn't. */
static bool is_within(const struct model_identity *m, const struct joining *j, const struct model_node *n)
{
    uint16_t days = model_rule(m, n->id)->limit_window_days;
    return n->state == ID_IN_FORCE && model_stands(n) && (days == 0 || n->first_us > j->seen_us - days * US_PER_DAY);
}

/* How many values of the type and namespace of `like` the joined people and the accepted identifiers have in force, with
 * those of `extra_person` (0: nobody) and `extra_id` (-1: none). */
static uint32_t values_in_force(const struct model_identity *m, const struct joining *j, uint16_t like, uint32_t extra_person, int extra_id)
{
    uint32_t count = 0;
    for (uint16_t id = 0; id < m->pool->id_count; id++) {
        if (!same_space(m, id, like))
            continue;
        bool here = (int)id == extra_id;
        for (uint32_t i = 0; i < m->node_count && !here; i++) {
            const struct model_node *n = &m->nodes[i];
            here = n->id == id && is_within(m, j, n) && (is_joined(j, n->person) || (extra_person != 0 && n->person == extra_person));
        }
        for (uint32_t i = 0; i < j->count && !here; i++)
            here = is_loose(&j->candidates[i]) && j->candidates[i].id == id;
        count += here;
    }
    return count;
}

/* Only what grows can break a limit: a person may have been given more by hand. */
static bool limits_hold(const struct model_identity *m, const struct joining *j, uint32_t extra_person, int extra_id)
{
    for (uint16_t id = 0; id < m->pool->id_count; id++) {
        uint16_t limit = model_rule(m, id) == NULL ? 0 : model_rule(m, id)->limit;
        bool is_this = extra_person == 0 && same_space(m, id, (uint16_t)extra_id);
        if (limit == 0 || (extra_person == 0 && !is_this))
            continue;
        uint32_t before = values_in_force(m, j, id, 0, -1), after = values_in_force(m, j, id, extra_person, extra_id);
        if (after > limit && after > before && (before > 0 || extra_person == 0))
            return false;
    }
    return true;
}

static bool person_had(const struct model_identity *m, uint32_t person, uint16_t id)
{
    for (uint32_t i = 0; i < m->node_count; i++)
        if (m->nodes[i].id == id && m->nodes[i].person == person && model_stands(&m->nodes[i]))
            return true;
    return false;
}

static bool joined_had(const struct model_identity *m, const struct joining *j, uint16_t id)
{
    for (uint32_t i = 0; i < j->people_count; i++)
        if (person_had(m, j->people[i], id))
            return true;
    for (uint32_t i = 0; i < j->count; i++)
        if (is_loose(&j->candidates[i]) && j->candidates[i].id == id)
            return true;
    return false;
}

/* Does a never-merge keep this person, or (person 0) this identifier that `holder` had, apart from what is joined? */
static bool nevers_hold(const struct model_identity *m, const struct joining *j, uint32_t person, uint16_t id, uint32_t holder)
{
    for (uint32_t i = 0; i < m->never_count; i++) {
        const struct model_never *n = &m->nevers[i];
        const struct model_node *node = &m->nodes[model_standing(m, n->node)];
        if (is_joined(j, node->person) && (person != 0 ? person_had(m, person, n->other) : n->other == id))
            return false;
        bool is_ours = person != 0 ? node->person == person : holder != 0 && node->person == holder && node->id == id;
        if (is_ours && joined_had(m, j, n->other))
            return false;
    }
    return true;
}

static bool value_fits(const struct model_identity *m, const struct joining *j, const struct candidate *c)
{
    uint32_t holder = c->node == NODE_NONE ? 0 : m->nodes[c->node].person;
    return limits_hold(m, j, 0, c->id) && nevers_hold(m, j, 0, c->id, holder);
}

/* From the best to the worst: each one joins unless that breaks a limit or a never-merge. What can't join with its person
 * moves alone, if its type says so and this is the latest that was heard of it. */
static void joining_accept(const struct model_identity *m, struct joining *j, int64_t seen_us)
{
    for (uint32_t i = 0; i < j->count; i++) {
        struct candidate *c = &j->candidates[i];
        if (c->standing == PAST)
            continue;
        uint32_t person = c->standing == IN_FORCE ? m->nodes[c->node].person : 0;
        if (person == 0) {
            c->is_accepted = value_fits(m, j, c);
        } else if (is_joined(j, person) || (limits_hold(m, j, person, -1) && nevers_hold(m, j, person, c->id, 0))) {
            c->is_accepted = true;
            if (!is_joined(j, person) && j->people_count < JOINED_MAX)
                j->people[j->people_count++] = person;
        } else if (c->rule->over == OVER_MOVE && !is_late(m, c->node, seen_us)) {
            c->is_accepted = c->is_moved = value_fits(m, j, c);
        }
    }
}

static uint32_t people_join(struct model_identity *m, struct joining *j, enum evidence_rule rule)
{
    if (j->people_count == 0)
        return ++m->labels;
    uint32_t before[MODEL_NODES_MAX];
    for (uint32_t i = 0; i < m->node_count; i++)
        before[i] = m->nodes[i].person;
    for (uint32_t i = 1; i < j->people_count; i++)
        model_relabel(m, j->people[i], j->people[0]);
    for (uint32_t i = 0; i < j->count && j->people_count > 1 && rule == EVIDENCE_EVENT; i++)
        if (j->candidates[i].is_accepted)
            holders_meet(m, j->candidates[i].id, before);
    return j->people[0];
}

/* The node by which the accepted identifier belongs to `person` from now on. */
static uint32_t candidate_take(struct model_identity *m, const struct candidate *c, uint32_t person, int64_t seen_us)
{
    if (c->standing == NEW)
        return model_node_add(m, c->id, person, seen_us);
    struct model_node *n = &m->nodes[c->node];
    if (n->person == person) {
        n->state = ID_IN_FORCE; /* again, when it was passed on: the same holder as before */
        node_seen(m, c->node, seen_us);
        return c->node;
    }
    if (n->state != ID_PASSED_ON)
        n->until_us = seen_us;
    n->state = ID_PASSED_ON;
    return model_node_add(m, c->id, person, seen_us);
}

static void end_at_logout(struct model_identity *m, const struct joining *j, int64_t seen_us)
{
    for (uint32_t i = 0; i < j->count; i++) {
        uint32_t node = model_newest(m, j->candidates[i].id);
        if (!j->candidates[i].is_accepted || !j->candidates[i].rule->ends_at_logout || is_late(m, node, seen_us))
            continue;
        m->nodes[node].state = ID_PASSED_ON;
        m->nodes[node].until_us = seen_us;
    }
}

static uint32_t joining_commit(struct model_identity *m, struct joining *j, struct model_set *set, int64_t seen_us)
{
    uint32_t person = people_join(m, j, set->rule), best = NODE_NONE;
    for (uint32_t i = 0; i < j->count; i++) {
        if (!j->candidates[i].is_accepted)
            continue;
        uint32_t node = candidate_take(m, &j->candidates[i], person, seen_us);
        best = best == NODE_NONE ? node : best;
        set->members[set->count++] = node;
    }
    model_set_add(m, set);
    return best;
}

struct model_owner model_event(struct model_identity *m, const struct deed *d, uint64_t position)
{
    struct joining j;
    joining_fill(m, &j, d, d->event_us);
    uint32_t best = NODE_NONE;
    if (j.count > 0 && j.candidates[0].standing == PAST) {
        best = j.candidates[0].node; /* it belongs to who it was then, and links nothing */
    } else if (j.count > 0) {
        struct model_set set = {.position = position, .rule = EVIDENCE_EVENT};
        joining_accept(m, &j, d->event_us);
        best = joining_commit(m, &j, &set, d->event_us);
        if (strcmp(d->event, "logout") == 0)
            end_at_logout(m, &j, d->event_us);
    }
    return (struct model_owner){.node = best, .holder = best == NODE_NONE ? 0 : m->nodes[best].holder};
}

/* --- verbs that join --- */

void model_join(struct model_identity *m, const struct deed *d, uint64_t position, enum evidence_rule rule, int64_t now_us)
{
    struct joining j;
    struct model_set set = {.position = position, .rule = rule};
    joining_fill(m, &j, d, now_us);
    for (uint32_t i = 0; i < j.count; i++) {
        struct candidate *c = &j.candidates[i];
        uint32_t person = c->standing == IN_FORCE ? m->nodes[c->node].person : 0;
        c->is_accepted = true;
        if (person != 0 && !is_joined(&j, person))
            j.people[j.people_count++] = person;
    }
    if (j.count > 0)
        (void)joining_commit(m, &j, &set, now_us);
}
