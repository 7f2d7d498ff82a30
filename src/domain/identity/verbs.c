#include "domain/identity/verbs.h"

#include <string.h>

#include "domain/identity/brands.h"
#include "domain/identity/vacant.h"

#define KEY_HASH_BITS (UINT64_C(0xffff) << 48)

const struct refusal refuse_unknown = {"unknown_identifier", "Nobody has this identifier: check its type, namespace and value.",
                                       "没有人持有这个标识,请检查类型、命名空间和值。"};
const struct refusal refuse_quarantined = {"quarantined", "This identifier is set aside as a hub: decide on it in the review list first.",
                                           "该标识已作为枢纽被隔离,请先在复核列表中处理。"};
const struct refusal refuse_limit = {"over_limit", "One person would have more identifiers of a type than allowed; merge the people if they are one.",
                                     "一个人持有的同类标识会超过上限;若确为同一人,请使用合并。"};
const struct refusal refuse_never = {"never_merge", "A never-merge keeps these apart: undo it first.", "这些人被设为禁止合并,请先撤销该设置。"};
const struct refusal refuse_full = {"person_full", "The person would have too many identifiers.", "此人的标识数量会超过上限。"};
const struct refusal refuse_same = {"same_person", "They are one person already.", "他们已经是同一个人。"};
const struct refusal refuse_several = {"several_people", "The identifiers belong to more than one person.", "这些标识不属于同一个人。"};
const struct refusal refuse_alone = {"nothing_left", "Nothing would be left of the person: it has no other identifiers.", "此人没有其他标识,无法拆开。"};
const struct refusal refuse_apart = {"apart_already", "A never-merge of these two is in force already.", "两者已被设为禁止合并。"};
const struct refusal refuse_not_waiting = {"not_in_review", "This identifier is not waiting for a review.", "该标识不在复核列表中。"};
const struct refusal refuse_blocked = {"blocked_already", "This value is blocked already.", "该值已被屏蔽。"};
const struct refusal refuse_not_blocked = {"not_blocked", "This value is not blocked by an operator.", "该值没有被运营人员屏蔽。"};

/* --- what they have in common --- */

fallible act_check_ids(struct bytes payload, uint32_t least, uint32_t most, struct err *e)
{
    struct identity_act act;
    TRY(identity_act_unpack(payload, &act, e));
    if (act.id_count < least || act.id_count > most)
        return FAIL(e, INVALID, "%u identifiers; this act takes %u to %u", act.id_count, least, most);
    return DONE;
}

struct identity_act *act_of(const struct view *v, struct bytes payload)
{
    struct identity_act *act = arena_take(v->arena, sizeof *act, _Alignof(struct identity_act));
    struct status status = identity_act_unpack(payload, act, NULL);
    assert(done(status));
    return act;
}

void act_desk_open(struct desk *d, struct step *s, const struct identity_act *act)
{
    desk_open(d, s);
    if (act->decided_us > 0 && act->decided_us < d->decided_us)
        d->decided_us = act->decided_us;
}

const struct refusal *refusal_of(enum joining_trouble trouble)
{
    switch (trouble) {
    case JOINING_FINE:
        return NULL;
    case JOINING_LIMIT:
        return &refuse_limit;
    case JOINING_NEVER:
        return &refuse_never;
    case JOINING_FULL:
        break;
    }
    return &refuse_full;
}

bool holder_find(struct desk *d, const struct envelope_id *id, struct holder *out)
{
    out->id = *id;
    out->id.key.high &= KEY_HASH_BITS;
    out->cluster = desk_cluster(d, desk_lookup(d, out->id.key));
    out->place = out->cluster == NULL ? NO_PLACE : cluster_place_newest(out->cluster, &out->id, namespace_number(d->v, id->ns));
    return out->place != NO_PLACE;
}

const struct refusal *holder_in_force_find(struct desk *d, const struct envelope_id *id, struct holder *out)
{
    if (!holder_find(d, id, out))
        return &refuse_unknown;
    enum id_state state = out->cluster->incs[out->place].id.state;
    return state == ID_IN_FORCE ? NULL : state == ID_QUARANTINED ? &refuse_quarantined : &refuse_unknown;
}

void never_add(struct desk *d, struct cluster *c, uint16_t place, struct hash128 other)
{
    LIST_ROOM(d->v->arena, c->nevers, c->never_count, c->never_room);
    c->nevers[c->never_count++] = (struct never){.place = place, .other = other, .position = d->v->position};
    c->is_changed = true;
}

void act_needs(const struct view *v, struct bytes payload)
{
    struct desk d;
    const struct identity_act *act = act_of(v, payload);
    desk_open_reader(&d, v);
    for (uint32_t i = 0; i < act->id_count; i++) {
        struct holder h;
        (void)holder_find(&d, &act->ids[i], &h);
        uint32_t first = holder_next(v, h.id.key, 0); /* nobody may have it */
        (void)desk_lookup(&d, identifier_key_of_holder(h.id.key, first));
    }
    for (uint32_t i = 0; i < d.cluster_count && i < PEOPLE_WITH_ALIASES_MAX; i++)
        aliases_touch(&d, d.clusters[i], d.cluster_count == 1 ? ALIASES_BY_HAND_MAX : ALIASES_AT_ONCE_MAX);
    desk_touch_keys(&d);
}

/* The owner keys of the accepted ones, for undoing. */
static void keys_of_places(const struct cluster *c, const uint16_t *places, uint32_t count, struct act_keys *out)
{
    for (uint32_t i = 0; i < count; i++)
        act_keys_add(out, c->incs[places[i]].id.key);
}

static const struct refusal *candidates_refusal(const struct joining *j, uint32_t asked, bool must_be_known)
{
    if (j->count < asked)
        return &refuse_unknown;
    for (uint32_t i = 0; i < j->count; i++) {
        enum standing standing = j->candidates[i].standing;
        if (standing == STANDING_HUB)
            return &refuse_quarantined;
        if (standing == STANDING_NONE || standing == STANDING_PAST || (must_be_known && standing != STANDING_IN_FORCE))
            return &refuse_unknown;
    }
    return NULL;
}

/* How many different ones were asked for. */
static uint32_t distinct_ids(const struct identity_act *act)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < act->id_count; i++) {
        bool seen = false;
        for (uint32_t k = 0; k < i; k++)
            seen = seen || hash128_equal(act->ids[k].key, act->ids[i].key);
        count += !seen;
    }
    return count;
}

static const struct refusal *unite(struct step *s, uint32_t command, const struct identity_act *act, struct joining *j)
{
    joining_accept(j);
    if (j->trouble != JOINING_FINE)
        return refusal_of(j->trouble);
    if (command == COMMAND_MERGE && j->people_count < 2)
        return &refuse_same;
    uint16_t places[ENVELOPE_IDS_MAX], owner_place;
    uint32_t count;
    s->cause = CAUSE_MERGE;
    struct cluster *c = joining_commit(j, places, &count, &owner_place);
    struct act_keys keys = {0};
    keys_of_places(c, places, count, &keys);
    act_keep(j->d, command, act, &keys);
    desk_close(j->d);
    return NULL;
}

/* --- bind, merge --- */

fallible bind_check(struct bytes payload, struct err *e)
{
    return act_check_ids(payload, 1, ENVELOPE_IDS_MAX, e);
}

const struct refusal *bind_apply(struct step *s, struct bytes payload)
{
    struct desk d;
    struct joining *j = ARENA_NEW(s->view.arena, struct joining);
    const struct identity_act *act = act_of(&s->view, payload);
    act_desk_open(&d, s, act);
    joining_begin(j, &d, act->ids, act->id_count, false, d.decided_us);
    j->rule = EVIDENCE_BIND;
    j->brands = brands_named(&s->view, act->brands, act->brand_count);
    const struct refusal *refusal = candidates_refusal(j, distinct_ids(act), false);
    return refusal != NULL ? refusal : unite(s, COMMAND_BIND, act, j);
}

fallible merge_check(struct bytes payload, struct err *e)
{
    return act_check_ids(payload, 2, ENVELOPE_IDS_MAX, e);
}

const struct refusal *merge_apply(struct step *s, struct bytes payload)
{
    struct desk d;
    struct joining *j = ARENA_NEW(s->view.arena, struct joining);
    const struct identity_act *act = act_of(&s->view, payload);
    act_desk_open(&d, s, act);
    joining_begin(j, &d, act->ids, act->id_count, false, d.decided_us);
    j->rule = EVIDENCE_MERGE;
    j->ignores_limits = true;
    const struct refusal *refusal = candidates_refusal(j, distinct_ids(act), true);
    return refusal != NULL ? refusal : unite(s, COMMAND_MERGE, act, j);
}

/* --- unbind, split --- */

/* Cuts those labelled 1 from those labelled 0, keeps them together, and notes who leads each part. */
static void cut(struct desk *d, struct cluster *c, uint16_t *labels, struct act_keys *out_keys, bool never)
{
    uint16_t *parts = ARENA_ARRAY(d->v->arena, uint16_t, c->inc_count), *taken = ARENA_ARRAY(d->v->arena, uint16_t, c->inc_count);
    uint32_t taken_count = 0;
    evidence_cut(d, c, labels);
    for (uint32_t i = 0; i < c->inc_count; i++)
        if (labels[i] == 1)
            taken[taken_count++] = (uint16_t)i;
    if (taken_count > 1)
        evidence_say(d, c, EVIDENCE_BIND, taken, taken_count, d->decided_us);
    uint32_t part_count = evidence_parts(d, c, parts);
    uint16_t first = cluster_lead(d, c, labels, 1);
    act_keys_add(out_keys, c->incs[first].id.key);
    for (uint16_t label = 0; label < part_count; label++) {
        uint16_t lead = cluster_lead(d, c, parts, label);
        if (labels[lead] == 1)
            continue;
        act_keys_add(out_keys, c->incs[lead].id.key);
        bool is_in_force = c->incs[lead].id.state == ID_IN_FORCE; /* else nobody can be kept from it by what it leads with */
        if (never && is_in_force && c->never_count + 2 <= CLUSTER_NEVERS_MAX) {
            never_add(d, c, first, c->incs[lead].plain);
            never_add(d, c, lead, c->incs[first].plain);
        }
    }
    out_keys->rejoins = true;
}

static const struct refusal *take_off(struct desk *d, struct cluster *c, uint16_t *labels, uint32_t command, const struct identity_act *act)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < c->inc_count; i++)
        left += labels[i] == 0 && c->incs[i].id.state != ID_QUARANTINED;
    if (left == 0)
        return &refuse_alone;
    if (command == COMMAND_SPLIT && c->never_count + 2 > CLUSTER_NEVERS_MAX)
        return &refuse_full;
    struct act_keys keys = {0};
    d->s->cause = CAUSE_SPLIT;
    cut(d, c, labels, &keys, command == COMMAND_SPLIT);
    (void)take_apart(d, c, ALIASES_BY_HAND_MAX);
    act_keep(d, command, act, &keys);
    desk_close(d);
    return NULL;
}

fallible unbind_check(struct bytes payload, struct err *e)
{
    return act_check_ids(payload, 1, 1, e);
}

const struct refusal *unbind_apply(struct step *s, struct bytes payload)
{
    struct desk d;
    struct holder h;
    const struct identity_act *act = act_of(&s->view, payload);
    act_desk_open(&d, s, act);
    const struct refusal *refusal = holder_in_force_find(&d, &act->ids[0], &h);
    if (refusal != NULL)
        return refusal;
    uint16_t *labels = ARENA_ARRAY(s->view.arena, uint16_t, h.cluster->inc_count);
    for (uint32_t i = 0; i < h.cluster->inc_count; i++) {
        const struct id_type_rule *rule = desk_rule(&d, h.cluster->incs[i].id.type);
        bool is_child = rule != NULL && rule->parent == h.id.type && h.cluster->incs[i].id.state != ID_QUARANTINED;
        labels[i] = i == h.place || is_child;
    }
    return take_off(&d, h.cluster, labels, COMMAND_UNBIND, act);
}

fallible split_check(struct bytes payload, struct err *e)
{
    return act_check_ids(payload, 1, ENVELOPE_IDS_MAX, e);
}

const struct refusal *split_apply(struct step *s, struct bytes payload)
{
    struct desk d;
    struct cluster *c = NULL;
    uint16_t *labels = NULL;
    const struct identity_act *act = act_of(&s->view, payload);
    act_desk_open(&d, s, act);
    for (uint32_t i = 0; i < act->id_count; i++) {
        struct holder h;
        const struct refusal *refusal = holder_in_force_find(&d, &act->ids[i], &h);
        if (refusal != NULL)
            return refusal;
        if (c != NULL && h.cluster != c)
            return &refuse_several;
        if (c == NULL)
            labels = ARENA_ARRAY(s->view.arena, uint16_t, h.cluster->inc_count);
        c = h.cluster;
        labels[h.place] = 1;
    }
    return take_off(&d, c, labels, COMMAND_SPLIT, act);
}

/* --- never-merge --- */

fallible never_merge_check(struct bytes payload, struct err *e)
{
    return act_check_ids(payload, 2, 2, e);
}

static bool is_apart(const struct holder *a, const struct holder *b)
{
    for (uint32_t i = 0; i < a->cluster->never_count; i++) {
        const struct never *n = &a->cluster->nevers[i];
        if (n->place == a->place && hash128_equal(n->other, b->id.key))
            return true;
    }
    return false;
}

const struct refusal *never_merge_apply(struct step *s, struct bytes payload)
{
    struct desk d;
    struct holder a, b;
    const struct identity_act *act = act_of(&s->view, payload);
    act_desk_open(&d, s, act);
    const struct refusal *refusal = holder_in_force_find(&d, &act->ids[0], &a);
    refusal = refusal != NULL ? refusal : holder_in_force_find(&d, &act->ids[1], &b);
    if (refusal != NULL)
        return refusal;
    if (a.cluster == b.cluster && a.place == b.place)
        return &refuse_alone;
    if (is_apart(&a, &b))
        return &refuse_apart;
    if (a.cluster->never_count + 2 > CLUSTER_NEVERS_MAX || b.cluster->never_count + 2 > CLUSTER_NEVERS_MAX)
        return &refuse_full;
    struct act_keys keys = {.rejoins = a.cluster == b.cluster};
    act_keys_add(&keys, a.cluster->incs[a.place].id.key);
    act_keys_add(&keys, b.cluster->incs[b.place].id.key);
    never_add(&d, a.cluster, a.place, b.id.key);
    never_add(&d, b.cluster, b.place, a.id.key);
    if (keys.rejoins) {
        uint16_t *labels = ARENA_ARRAY(s->view.arena, uint16_t, a.cluster->inc_count);
        s->cause = CAUSE_SPLIT;
        (void)evidence_parts_apart(&d, a.cluster, a.place, b.place, labels);
        evidence_cut(&d, a.cluster, labels);
        (void)take_apart(&d, a.cluster, ALIASES_BY_HAND_MAX);
    }
    act_keep(&d, COMMAND_NEVER_MERGE, act, &keys);
    desk_close(&d);
    return NULL;
}
