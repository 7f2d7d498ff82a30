#include "sim/model_apply.h"

#include <string.h>

#include "domain/order/order.h"
#include "domain/people/people.h"
#include "engine/engine_domain.h"
#include "engine/outcome.h"

#define JOB_TAKE_APART 0x0301u /* docs/formats/identity.md */

static int pool_find(const struct pool *pool, const struct identifier *id)
{
    for (uint32_t i = 0; i < pool->id_count; i++)
        if (pool->ids[i].type == id->type && bytes_equal(bytes_of_text(pool->ids[i].ns), id->ns) &&
            bytes_equal(bytes_of_text(pool->ids[i].value), id->value))
            return (int)i;
    return -1;
}

static bool is_owned_by(const struct run *r, const struct model_seen *seen, const struct split_part *part)
{
    for (uint32_t i = 0; i < part->owner_count && seen->owner.node != NODE_NONE; i++)
        if (hash128_equal(part->owners[i], model_owner_key(&r->identity, &seen->owner)))
            return true;
    return false;
}

/* The events of each part are going to be counted anew; what was waited for before is given up. */
static void hear_split(struct run *r, uint64_t position, const struct split *split)
{
    r->transcript->split++;
    for (uint32_t i = 0; i < split->part_count; i++)
        model_parts_give_up(&r->people, split->parts[i].person);
    uint32_t number = model_part_free(&r->people, position);
    for (uint32_t i = 0; i < split->part_count; i++) {
        model_part_open(&r->people, &(struct model_part){.id = position, .number = number + i, .person = split->parts[i].person});
        for (uint32_t k = 0; k < r->people.count; k++)
            if (is_owned_by(r, &r->people.seen[k], &split->parts[i]))
                model_part_mark(&r->people, k);
    }
}

static void hear_merged(struct run *r, const struct merged *merged)
{
    r->transcript->merged++;
    model_parts_move(&r->people, merged->absorbed, merged->survivor);
}

/* Whether a value is a hub is a matter of thresholds, which identity's own tests cover; the model is told. */
static void hear_quarantined(struct run *r, const struct quarantined *q)
{
    r->transcript->quarantined++;
    int id = pool_find(&r->pool, q->identifier);
    if (id < 0 || r->hub_count == COUNT_OF(r->hubs))
        run_fail(r, "an identifier was quarantined that nobody sent");
    else
        r->hubs[r->hub_count++] = r->plan.hubs[r->plan.hub_count++ % COUNT_OF(r->plan.hubs)] = (uint16_t)id;
}

static void hear(void *context, const struct step *s, const struct fact_kind *kind, const void *fact)
{
    if (kind == &fact_merged)
        hear_merged(context, fact);
    else if (kind == &fact_split)
        hear_split(context, s->view.position, fact);
    else if (kind == &fact_quarantined)
        hear_quarantined(context, fact);
}

/* --- taking over --- */

static struct hash128 node_key(const struct run *r, const struct model_node *n)
{
    return identifier_key_of_holder(r->pool.ids[n->id].key, n->holder);
}

/* The identifier in the person's list that stands for this node: the one whose last holder is next at or after its own. */
static const struct identifier *node_seen(const struct run *r, const struct view *v, const struct model_node *n, uint32_t person)
{
    const struct identifier *list, *found = NULL;
    size_t count = identity_list(v, person, &list);
    for (size_t i = 0; i < count; i++) {
        if (pool_find(&r->pool, &list[i]) != n->id || list[i].holder < n->holder)
            continue;
        if (found == NULL || list[i].holder < found->holder)
            found = &list[i];
    }
    return found;
}

/* Takes over what the header leaves open. */
static void take_over(struct run *r, uint64_t position)
{
    struct model_identity *m = &r->identity;
    struct view v = shadow_view(r->shadow);
    uint32_t labels[MODEL_NODES_MAX];
    for (uint32_t i = 0; i < m->node_count; i++) {
        struct model_node *n = &m->nodes[i];
        labels[i] = n->is_erased ? 0 : identity_of_owner(&v, node_key(r, n));
        const struct identifier *seen = labels[i] == PERSON_NONE ? NULL : node_seen(r, &v, n, labels[i]);
        if (seen == NULL)
            continue;
        n->state = seen->state;
        n->holder = seen->holder;
        n->until_us = seen->until_us;
    }
    model_adopt(m, labels, position);
}

/* With which part of its person a hub stayed, the header leaves open: before somebody decides on it the model is told. */
static void hub_place(struct run *r, uint16_t id)
{
    struct model_identity *m = &r->identity;
    struct view v = shadow_view(r->shadow);
    uint32_t hub = model_newest(m, id);
    if (hub == NODE_NONE || m->nodes[hub].state != ID_QUARANTINED)
        return;
    uint32_t person = identity_of_owner(&v, node_key(r, &m->nodes[hub]));
    for (uint32_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[i];
        if (n->is_erased || n->state == ID_QUARANTINED || identity_of_owner(&v, node_key(r, n)) != person)
            continue;
        m->nodes[hub].person = n->person;
        return;
    }
    m->nodes[hub].person = ++m->labels;
}

/* --- deeds --- */

static const char *refusal_name(const struct refusal *refusal)
{
    return refusal == NULL ? "accepted" : refusal->name;
}

/* What the model says of a rule, for the words or NULL (accepted), is what came out. */
static void rule_compare(struct run *r, const struct record *record, const char *want)
{
    const char *got = refusal_name(record->refusal);
    if (strcmp(got, want == NULL ? "accepted" : want) != 0)
        run_fail(r, "deed %u was answered %s, the model says %s", record->deed, got, want == NULL ? "accepted" : want);
}

/* Deeds that say how others are to be taken. */
static void rule_apply(struct run *r, const struct record *record, const struct deed *d)
{
    if (d->kind == DEED_TYPE) {
        rule_compare(r, record, model_type(&r->identity, &d->rule));
    } else if (d->kind == DEED_ALIAS) {
        rule_compare(r, record, model_alias(&r->people, d->name, d->alias_of));
    } else if (record->refusal == NULL && d->kind == DEED_SET) {
        model_dedup_set(&r->people, d->name, d->value, record->logged.time_us);
    } else if (record->refusal == NULL && d->kind == DEED_SOURCE) {
        r->people.priority[source_place(d->name)] = d->priority;
        r->people.first[source_place(d->name)] = d->first;
    }
}

static void thing_apply(struct run *r, const struct record *record, const struct deed *d)
{
    rule_compare(r, record, NULL);
    model_things_say(&r->things, d);
}

/* people.refolded, as docs/formats/people.md has it: id, then each part's number and body. */
static void refolded_apply(struct run *r, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    (void)unpack_u8(&u);
    uint64_t id = unpack_u64(&u);
    while (unpack_good(&u) && unpack_left(&u) > 0) {
        uint32_t number = unpack_u32(&u);
        (void)unpack_bytes(&u);
        model_part_install(&r->people, id, number);
    }
}

static bool event_apply(struct run *r, const struct record *record, const struct deed *d)
{
    bool is_suppressed = model_is_suppressed(&r->identity, d);
    if (is_suppressed != (record->refusal == &collect_suppressed))
        run_fail(r, "m-%u: %s, but the model says it is %sof who was erased since", d->message, refusal_name(record->refusal), is_suppressed ? "" : "not ");
    if (is_suppressed)
        return false;
    enum model_novelty novelty = model_novelty(&r->people, d, record->logged.time_us);
    if (novelty != MESSAGE_EITHER && (novelty == MESSAGE_SEEN) != (record->refusal == &collect_duplicate))
        run_fail(r, "m-%u: %s, but the model says %s", d->message, refusal_name(record->refusal), novelty == MESSAGE_SEEN ? "it came before" : "it is new");
    if (record->refusal != NULL)
        return false;
    r->transcript->again += model_was_seen(&r->people, d);
    struct model_seen seen = {.deed = d, .position = record->logged.position, .time_us = record->logged.time_us};
    seen.owner = model_event(&r->identity, d, record->logged.position);
    model_see(&r->people, &seen);
    return true;
}

/* Returns whether the grouping has to be taken over. */
static bool verb_apply(struct run *r, const struct record *record, const struct deed *d)
{
    struct model_identity *m = &r->identity;
    uint64_t position = record->logged.position;
    switch (d->kind) {
    case DEED_BIND:
        model_join(m, d, position, EVIDENCE_BIND, record->logged.time_us);
        return false;
    case DEED_MERGE:
        model_join(m, d, position, EVIDENCE_MERGE, record->logged.time_us);
        return false;
    case DEED_UNBIND:
    case DEED_SPLIT:
        model_take_off(m, d, position);
        return false;
    case DEED_NEVER_MERGE:
        return model_never_merge(m, d, position);
    case DEED_UNDO:
        model_undo(m, d, position);
        return false;
    case DEED_REVIEW:
        model_review(m, d, position, record->logged.time_us);
        return true; /* what a hub still connects is taken over */
    case DEED_BLOCK:
        model_block(m, d, record->logged.time_us);
        return true;
    default:
        return true;
    }
}

static void verb_note(struct run *r, const struct record *record)
{
    if (r->verb_count < COUNT_OF(r->verbs))
        r->verbs[r->verb_count++] = record->logged.position;
}

/* Is a person taken apart by a job? Until it is done the grouping is neither here nor there. */
static bool has_job(struct run *r)
{
    struct view v = shadow_view(r->shadow);
    struct bytes key = BYTES_NONE, state;
    bool found = false;
    for (bool after = false; !found && view_keyed_next(&v, &job_family, key, after, &key, &state); after = true)
        found = key_number(key.data, 4) == JOB_TAKE_APART;
    return found;
}

/* After each deed, so that a difference shows where it arises: the same nodes are of one person here and there. */
static void compare_groups(struct run *r, const struct record *record)
{
    const struct model_identity *m = &r->identity;
    struct view v = shadow_view(r->shadow);
    uint32_t owned_by[MODEL_NODES_MAX];
    for (uint32_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[i];
        if (n->is_erased || n->state == ID_QUARANTINED)
            continue;
        owned_by[i] = identity_of_owner(&v, node_key(r, n));
        for (uint32_t k = 0; k < i; k++) {
            if (m->nodes[k].is_erased || m->nodes[k].state == ID_QUARANTINED || (m->nodes[k].person == n->person) == (owned_by[k] == owned_by[i]))
                continue;
            run_fail(r, "deed %u at %llu: #%u %s holder %u and #%u %s holder %u %s one person in the model", record->deed,
                     (unsigned long long)record->logged.position, m->nodes[k].id, r->pool.ids[m->nodes[k].id].value, m->nodes[k].holder,
                     n->id, r->pool.ids[n->id].value, n->holder, m->nodes[k].person == n->person ? "are" : "aren't");
            return;
        }
    }
}

/* Are orders of somebody who was erased still being gone through? As a follow-up says, whose row begins with its command. */
static bool has_lock(struct run *r)
{
    struct view v = shadow_view(r->shadow);
    struct bytes key = BYTES_NONE, row;
    bool found = false;
    for (bool after = false; !found && view_keyed_next(&v, &follow_up_family, key, after, &key, &row); after = true) {
        struct unpack u = unpack_of(row);
        found = unpack_u32(&u) == COMMAND_ORDER_LOCK;
    }
    return found;
}

static void order_apply(struct run *r, const struct record *record, const struct deed *d)
{
    enum model_custody *custody = &r->orders.custody[d->order];
    if (*custody == CUSTODY_PERHAPS && record->refusal != NULL)
        *custody = CUSTODY_CLOSED;
    rule_compare(r, record, *custody == CUSTODY_CLOSED ? "order_locked" : NULL);
    if (*custody == CUSTODY_CLOSED)
        return;
    model_orders_say(&r->orders, d);
    if (has_lock(r))
        model_orders_perhaps(&r->orders, &r->identity, 0);
}

/* --- erasing --- */

/* Of the person whom a deed to erase names, as they are before it is applied. */
struct erasing {
    uint32_t person; /* the engine's number; PERSON_NONE: nobody */
    uint32_t label;  /* the model's; 0: none but hubs are left of them */
    bool are_theirs[MODEL_NODES_MAX];
};

static void erasing_find(struct run *r, const struct deed *d, struct erasing *out)
{
    const struct model_identity *m = &r->identity;
    struct view v = shadow_view(r->shadow);
    *out = (struct erasing){.person = identity_of_public_id(&v, d->public_id)};
    for (uint32_t i = 0; i < m->node_count && out->person != PERSON_NONE; i++) {
        const struct model_node *n = &m->nodes[i];
        out->are_theirs[i] = model_stands(n) && identity_of_owner(&v, node_key(r, n)) == out->person;
        if (out->are_theirs[i] && n->state != ID_QUARANTINED)
            out->label = n->person;
    }
}

static void erase_apply(struct run *r, const struct record *record, const struct deed *d, const struct erasing *erasing)
{
    struct view v = shadow_view(r->shadow);
    rule_compare(r, record, erasing->person == PERSON_NONE ? "nobody" : NULL);
    if (record->refusal != NULL)
        return;
    if (identity_of_public_id(&v, d->public_id) != PERSON_NONE)
        run_fail(r, "deed %u: who was erased is found by their public id", record->deed);
    r->transcript->erased++;
    model_erase(&r->identity, erasing->label, erasing->are_theirs, record->logged.time_us);
    model_parts_give_up(&r->people, erasing->person);
    model_orders_close(&r->orders, &r->identity, record->logged.time_us);
}

static void scope_apply(struct run *r, const struct record *record, const struct deed *d)
{
    rule_compare(r, record, model_scope_say(&r->scope, d, record->logged.time_us));
}

/* An act is kept under the identifier as its holder of then has it; where nobody has it in force there is none. */
static void relation_apply(struct run *r, const struct record *record, const struct deed *d)
{
    uint32_t node = model_newest(&r->identity, d->ids[0]);
    bool is_held = node != NODE_NONE && r->identity.nodes[node].state == ID_IN_FORCE && r->identity.nodes[node].person != 0;
    if (!r->identity.overflowed)
        rule_compare(r, record, is_held ? NULL : "unknown_identifier");
    if (record->refusal == NULL && is_held)
        model_relations_say(&r->relations, d, (struct model_owner){node, r->identity.nodes[node].holder});
}

void model_apply(struct run *r, struct record *record)
{
    struct erasing erasing = {0};
    r->hub_count = 0;
    if (record->deed != DEED_NONE && r->deeds[record->deed].kind == DEED_ERASE)
        erasing_find(r, &r->deeds[record->deed], &erasing);
    if (record->deed != DEED_NONE && r->deeds[record->deed].kind == DEED_REVIEW)
        hub_place(r, r->deeds[record->deed].ids[0]);
    record->refusal = shadow_apply(r->shadow, &record->logged, hear, r);
    bool is_open = r->hub_count > 0;
    for (uint32_t i = 0; i < r->hub_count; i++) /* before the event counts: it is judged again without its hub */
        model_quarantine(&r->identity, r->hubs[i], record->logged.time_us);
    if (record->logged.kind == COMMAND_REFOLDED)
        refolded_apply(r, record->logged.payload);
    if (record->deed != DEED_NONE) {
        const struct deed *d = &r->deeds[record->deed];
        if (d->kind == DEED_EVENT) {
            (void)event_apply(r, record, d);
        } else if (d->kind == DEED_THING) {
            thing_apply(r, record, d);
        } else if (d->kind == DEED_ORDER) {
            order_apply(r, record, d);
        } else if (d->kind == DEED_ERASE) {
            erase_apply(r, record, d, &erasing);
        } else if (d->kind == DEED_RELATION) {
            relation_apply(r, record, d);
        } else if (d->kind == DEED_RELATION_TYPE) {
            rule_compare(r, record, NULL);
        } else if (deed_is_rule(d)) {
            rule_apply(r, record, d);
        } else if (deed_is_of_scope(d)) {
            scope_apply(r, record, d);
        } else if (record->refusal == NULL && !deed_is_of_audience(d)) {
            verb_note(r, record);
            is_open |= verb_apply(r, record, d);
        }
    }
    if (is_open || has_job(r) || record->logged.kind == COMMAND_CONTINUE)
        take_over(r, record->logged.position);
    if (record->deed != DEED_NONE && !r->identity.overflowed)
        compare_groups(r, record);
}
