/* Verbs about values and rules, and undoing. */
#include <string.h>

#include "domain/identity/erase.h"
#include "domain/identity/review.h"
#include "domain/identity/vacant.h"
#include "domain/identity/verbs.h"

#define KEY_HASH_BITS (UINT64_C(0xffff) << 48)

const struct refusal refuse_no_act = {"no_such_act", "There is no act at this position, or it is too old to be kept.", "该位点没有操作记录,或记录已过保留期。"};
const struct refusal refuse_undone = {"undone_already", "This act was undone already.", "该操作已经被撤销。"};
const struct refusal refuse_not_undoable = {"not_undoable", "This act can't be undone: give the opposite one.", "该操作不能撤销,请执行相反的操作。"};
const struct refusal refuse_erased = {"act_of_erased", "This act was about somebody who has been erased since.", "该操作涉及的人已被删除。"};
const struct refusal refuse_name = {"name_taken", "A built-in type keeps its name, and a name belongs to one type.", "内置类型不能改名,且名称不能重复。"};
const struct refusal refuse_parent = {"unknown_parent", "The parent type isn't declared.", "父类型尚未声明。"};

/* --- undo --- */

fallible undo_check(struct bytes payload, struct err *e)
{
    return act_check_ids(payload, 0, 0, e);
}

void undo_needs(const struct view *v, struct bytes payload)
{
    const struct identity_act *act = act_of(v, payload);
    struct act_row row;
    struct desk d;
    if (!act_read(v, act->undo_position, &row))
        return;
    desk_open_reader(&d, v);
    for (uint32_t i = 0; i < row.keys.count; i++)
        (void)desk_cluster(&d, identity_of_owner(v, row.keys.keys[i]));
    for (uint32_t i = 0; i < d.cluster_count && i < PEOPLE_WITH_ALIASES_MAX; i++)
        aliases_touch(&d, d.clusters[i], ALIASES_AT_ONCE_MAX);
    desk_touch_keys(&d);
}

static void nevers_forget(struct cluster *c, uint64_t position)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < c->never_count; i++)
        if (c->nevers[i].position != position)
            c->nevers[left++] = c->nevers[i];
    c->is_changed |= left < c->never_count;
    c->never_count = left;
}

/* What the act had joined comes apart, where nothing else holds it together. */
static void undo_joining(struct desk *d, const struct act_row *row, uint64_t position)
{
    for (uint32_t i = 0; i < row->keys.count; i++)
        (void)desk_cluster(d, identity_of_owner(d->v, row->keys.keys[i]));
    uint32_t people = d->cluster_count; /* parts that come off are put behind them */
    for (uint32_t i = 0; i < people; i++)
        if (evidence_forget(d->clusters[i], position))
            (void)take_apart(d, d->clusters[i], i < PEOPLE_WITH_ALIASES_MAX ? ALIASES_AT_ONCE_MAX : 0);
    d->s->cause = CAUSE_SPLIT;
}

/* What stands for its person in evidence: itself, unless it has become a hub, which connects nobody. */
static struct hash128 standing_for(struct desk *d, struct hash128 key)
{
    const struct cluster *c = desk_cluster(d, identity_of_owner(d->v, key));
    uint16_t place = cluster_place_of_key(c, key);
    bool is_hub = c->incs[place].id.state == ID_QUARANTINED;
    return is_hub ? c->incs[cluster_lead(d, c, NULL, 0)].id.key : key;
}

/* What the act had parted may come together again, and does if it was one person before. */
static const struct refusal *undo_parting(struct desk *d, const struct act_row *row, uint64_t position)
{
    struct joining *j = ARENA_NEW(d->v->arena, struct joining);
    j->d = d;
    j->rule = EVIDENCE_MERGE;
    for (uint32_t i = 0; i < row->keys.count; i++) {
        struct cluster *c = desk_cluster(d, identity_of_owner(d->v, row->keys.keys[i]));
        assert(c != NULL); /* an identifier, once seen, is somebody's until they are erased */
        nevers_forget(c, position);
    }
    if (!row->keys.rejoins)
        return NULL;
    uint32_t count = row->keys.count < ENVELOPE_IDS_MAX ? row->keys.count : ENVELOPE_IDS_MAX;
    struct hash128 keys[ENVELOPE_IDS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        keys[i] = standing_for(d, row->keys.keys[i]);
        const struct refusal *refusal = refusal_of(joining_add_person(j, desk_cluster(d, identity_of_owner(d->v, row->keys.keys[i]))));
        if (refusal != NULL)
            return refusal;
    }
    d->s->cause = CAUSE_MERGE;
    struct cluster *c = joining_unite(j);
    uint16_t places[ENVELOPE_IDS_MAX];
    for (uint32_t i = 0; i < count; i++)
        places[i] = cluster_place_of_key(c, keys[i]);
    count = places_sort(places, count);
    if (count >= 2)
        evidence_say(d, c, EVIDENCE_MERGE, places, count, d->decided_us);
    return NULL;
}

const struct refusal *undo_apply(struct step *s, struct bytes payload)
{
    const struct identity_act *act = act_of(&s->view, payload);
    struct act_row row;
    struct desk d;
    const struct refusal *refusal = NULL;
    if (!act_read(&s->view, act->undo_position, &row))
        return &refuse_no_act;
    if (row.is_undone)
        return &refuse_undone;
    bool joined = act_joined(row.command);
    if ((!joined && !act_parted(row.command)) || row.keys.count == 0)
        return &refuse_not_undoable;
    if (erasure_awaits_act(&s->view, act->undo_position, &row))
        return &refuse_erased;
    act_desk_open(&d, s, act);
    if (joined)
        undo_joining(&d, &row, act->undo_position);
    else
        refusal = undo_parting(&d, &row, act->undo_position);
    if (refusal != NULL)
        return refusal;
    act_mark_undone(&d, act->undo_position);
    row.keys.rejoins = false;
    act_keep(&d, COMMAND_UNDO, act, &row.keys);
    desk_close(&d);
    return NULL;
}

/* --- types --- */

fallible type_check(struct bytes payload, struct err *e)
{
    struct id_type_rule rule;
    return rule_unpack(payload, &rule, e);
}

const struct refusal *type_apply(struct step *s, struct bytes payload)
{
    struct id_type_rule rule;
    struct status status = rule_unpack(payload, &rule, NULL);
    assert(done(status));
    const struct id_type_rule *before = id_type_rule(&s->view, rule.type);
    uint16_t named = id_type_named(&s->view, bytes_of_text(rule.name));
    if ((named != TYPE_NONE && named != rule.type) || (rule.type < TYPE_CUSTOM && strcmp(before->name, rule.name) != 0))
        return &refuse_name;
    if (rule.parent != TYPE_NONE && id_type_rule(&s->view, rule.parent) == NULL)
        return &refuse_parent;
    uint8_t key[2] = {(uint8_t)(rule.type >> 8), (uint8_t)rule.type};
    step_keyed_put(s, &type_family, arena_copy(s->view.arena, bytes_of(key, sizeof key)), payload);
    struct id_type_rule *changed = ARENA_NEW(s->view.arena, struct id_type_rule);
    *changed = rule;
    step_say(s, &fact_id_type_changed, changed);
    return NULL;
}

/* --- blocked values --- */

fallible block_check(struct bytes payload, struct err *e)
{
    TRY(act_check_ids(payload, 1, 1, e));
    struct identity_act act;
    TRY(identity_act_unpack(payload, &act, e));
    return act.choice <= 1 ? DONE : FAIL(e, INVALID, "the choice is 1 (block) or 0 (unblock)");
}

/* Nobody has it any more, and nobody will. */
static void block_holder(struct desk *d, struct holder *h)
{
    struct incarnation *inc = &h->cluster->incs[h->place];
    struct review r;
    if (review_read(d->v, h->id.key, &r))
        review_remove(d, h->id.key);
    if (inc->id.state == ID_QUARANTINED)
        return;
    d->totals.identifiers -= inc->id.state == ID_IN_FORCE;
    inc->id.until_us = inc->id.state == ID_IN_FORCE ? d->decided_us : inc->id.until_us;
    inc->id.state = ID_QUARANTINED;
    h->cluster->is_changed = true;
    (void)take_apart(d, h->cluster, ALIASES_BY_HAND_MAX);
}

/* It may be seen again, as its next holder's. It connects again what it connected before, if anything is left of that;
 * so the caller takes apart what it doesn't. */
static void release_holder(struct desk *d, struct holder *h)
{
    struct incarnation *inc = &h->cluster->incs[h->place];
    assert(inc->id.state == ID_QUARANTINED);
    inc->id.state = ID_PASSED_ON;
    inc->id.until_us = d->decided_us;
    inc->conflicts = inc->rival = 0;
    h->cluster->is_changed = true;
}

const struct refusal *block_apply(struct step *s, struct bytes payload)
{
    struct desk d;
    struct holder h;
    struct act_keys keys = {0};
    const struct identity_act *act = act_of(&s->view, payload);
    struct hash128 plain = {.low = act->ids[0].key.low, .high = act->ids[0].key.high & KEY_HASH_BITS};
    bool is_blocked = value_blocked(&s->view, plain, act->ids[0].ns, act->ids[0].value);
    if (is_blocked == (act->choice == 1))
        return is_blocked ? &refuse_blocked : &refuse_not_blocked;
    act_desk_open(&d, s, act);
    bool is_held = holder_find(&d, &act->ids[0], &h);
    s->cause = CAUSE_SPLIT;
    if (act->choice == 1) {
        value_block(s, act->ids[0].type, plain, act->ids[0].ns, act->ids[0].value);
        if (is_held)
            block_holder(&d, &h);
    } else {
        value_unblock(s, plain);
        if (is_held && h.cluster->incs[h.place].id.state == ID_QUARANTINED) { /* else that holder was erased */
            release_holder(&d, &h);
            (void)take_apart(&d, h.cluster, ALIASES_AT_ONCE_MAX);
        }
    }
    act_keep(&d, COMMAND_BLOCK, act, &keys);
    desk_close(&d);
    return NULL;
}

/* --- reviews --- */

fallible review_check(struct bytes payload, struct err *e)
{
    struct identity_act act;
    TRY(identity_act_unpack(payload, &act, e));
    if (act.choice > REVIEW_BLOCK)
        return FAIL(e, INVALID, "no such decision");
    uint32_t wanted = act.choice == REVIEW_GIVE ? 2 : 1;
    return act_check_ids(payload, wanted, wanted, e);
}

/* Does a never-merge keep this value, which `from` had, out of `c`? */
static bool is_shunned(const struct cluster *c, struct hash128 plain, const struct cluster *from)
{
    for (uint32_t i = 0; i < c->never_count; i++)
        if (hash128_equal(c->nevers[i].other, plain))
            return true;
    for (uint32_t i = 0; i < from->never_count; i++) {
        if (!hash128_equal(from->incs[from->nevers[i].place].plain, plain))
            continue;
        for (uint32_t k = 0; k < c->inc_count; k++)
            if (hash128_equal(from->nevers[i].other, c->incs[k].plain))
                return true;
    }
    return false;
}

/* x: what waits; to: who gets it. */
static const struct refusal *review_give(struct desk *d, struct holder *x, struct holder *to, struct act_keys *out_keys)
{
    struct cluster *c = to->cluster;
    uint32_t next = holder_next(d->v, x->id.key, x->cluster->incs[x->place].id.holder);
    if (is_shunned(c, x->id.key, x->cluster))
        return &refuse_never;
    if (c->inc_count >= CLUSTER_IDS_MAX)
        return &refuse_full;
    release_holder(d, x);
    uint16_t places[2] = {to->place, x->place};
    if (x->cluster == c) {
        inc_reopen(d, c, x->place);
    } else {
        inc_pass_on(d, x->cluster, x->place, d->decided_us, true);
        places[1] = inc_add(d, c, &(struct inc_new){.id = &x->id, .holder = next, .from_us = d->decided_us,
                                                    .seen_us = d->decided_us, .state = ID_IN_FORCE,
                                                    .known_to = x->cluster->incs[x->place].id.known_to});
        (void)take_apart(d, x->cluster, ALIASES_AT_ONCE_MAX);
    }
    uint32_t count = places_sort(places, 2);
    evidence_say(d, c, EVIDENCE_REVIEW, places, count, d->decided_us);
    for (uint32_t i = 0; i < count; i++)
        act_keys_add(out_keys, c->incs[places[i]].id.key);
    return NULL;
}

const struct refusal *review_apply(struct step *s, struct bytes payload)
{
    struct desk d;
    struct holder x, to;
    struct review r;
    struct act_keys keys = {0};
    const struct identity_act *act = act_of(&s->view, payload);
    const struct refusal *refusal = NULL;
    act_desk_open(&d, s, act);
    s->cause = CAUSE_SPLIT;
    if (!holder_find(&d, &act->ids[0], &x) || !review_read(&s->view, x.id.key, &r))
        return &refuse_not_waiting;
    if (act->choice == REVIEW_GIVE) {
        refusal = holder_in_force_find(&d, &act->ids[1], &to);
        refusal = refusal != NULL ? refusal : review_give(&d, &x, &to, &keys);
    } else if (act->choice == REVIEW_RELEASE) {
        release_holder(&d, &x);
        (void)take_apart(&d, x.cluster, ALIASES_AT_ONCE_MAX);
    } else {
        value_block(s, act->ids[0].type, x.id.key, act->ids[0].ns, act->ids[0].value);
    }
    if (refusal != NULL)
        return refusal;
    review_remove(&d, x.id.key);
    act_keep(&d, COMMAND_REVIEW, act, &keys);
    desk_close(&d);
    return NULL;
}
