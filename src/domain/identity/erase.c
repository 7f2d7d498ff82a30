#include "domain/identity/erase.h"

#include <string.h>

#include "domain/identity/acts.h"
#include "domain/identity/part.h"
#include "domain/identity/review.h"
#include "domain/identity/vacant.h"
#include "domain/identity/verbs.h"
#include "lib/pack.h"

#define ERASE_FORMAT 1u
#define NUMBERS_A_STEP 100u     /* of the person's own: what is beyond goes by the job of the erasure */
#define HOLDERS_BEFORE_MAX 100u /* people who had a value before: all are written in the erasure's own step */
#define OWNERS_MAX 4096u

static const struct refusal refuse_nobody = {"nobody",
                                             "There is nobody of this public id: they may have been erased already.",
                                             "没有此公开编号对应的人,可能已被删除。"};
static const struct refusal refuse_too_big = {
    "too_big_to_erase",
    "Over 100 values of theirs were somebody else's before, or over 4,096 keys own their events: split them first.",
    "其中超过 100 个标识曾属于他人,或拥有事件的键超过 4096 个,无法一次删除,请先拆分。"};

/* --- payload: u8 format, the public id, the salt, by, reason --- */

fallible identity_erase_pack(const struct erase_ask *ask, struct buf *out, struct err *e)
{
    if (ask->by.size > ACT_BY_BYTES_MAX || ask->reason.size > ACT_REASON_BYTES_MAX)
        return FAIL(e, LIMIT, "a name has at most %u bytes, a reason %u", ACT_BY_BYTES_MAX, ACT_REASON_BYTES_MAX);
    pack_u8(out, ERASE_FORMAT);
    pack_u64(out, ask->public_id.low);
    pack_u64(out, ask->public_id.high);
    pack_u64(out, ask->salt.low);
    pack_u64(out, ask->salt.high);
    pack_bytes(out, ask->by);
    pack_bytes(out, ask->reason);
    return DONE;
}

static bool ask_read(struct bytes payload, struct erase_ask *out)
{
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != ERASE_FORMAT;
    out->public_id.low = unpack_u64(&u);
    out->public_id.high = unpack_u64(&u);
    out->salt.low = unpack_u64(&u);
    out->salt.high = unpack_u64(&u);
    out->by = unpack_bytes(&u);
    out->reason = unpack_bytes(&u);
    u.bad |= out->by.size > ACT_BY_BYTES_MAX || out->reason.size > ACT_REASON_BYTES_MAX;
    return unpack_finished(&u);
}

fallible erase_check(struct bytes payload, struct err *e)
{
    struct erase_ask ask;
    return ask_read(payload, &ask) ? DONE : FAIL(e, INVALID, "not an order to erase somebody");
}

/* --- who --- */

static struct cluster *asked_for(struct desk *d, struct bytes payload, struct erase_ask *out_ask)
{
    bool good = ask_read(payload, out_ask);
    assert(good);
    (void)good;
    return desk_cluster(d, identity_of_public_id(d->v, out_ask->public_id));
}

static bool is_too_big(const struct cluster *c)
{
    uint32_t owners = 0, before = 0;
    for (uint32_t i = 0; i < c->inc_count; i++) {
        owners += c->incs[i].id.holder - c->incs[i].holder_first + 1;
        before += c->incs[i].is_newest && c->incs[i].holder_first > 1; /* whoever that was is written too */
    }
    return before > HOLDERS_BEFORE_MAX || owners > OWNERS_MAX;
}

static struct forgotten *forgotten_of(const struct desk *d, const struct cluster *c)
{
    struct arena *a = d->v->arena;
    struct forgotten *who = ARENA_NEW(a, struct forgotten);
    uint32_t *numbers = ARENA_ARRAY(a, uint32_t, c->alias_count + 1);
    numbers[0] = c->number;
    for (uint32_t i = 0; i < c->alias_count; i++)
        numbers[i + 1] = c->aliases[i].number;
    who->numbers = numbers;
    who->number_count = c->alias_count < NUMBERS_A_STEP ? c->alias_count + 1 : NUMBERS_A_STEP;
    who->later_count = c->alias_count + 1 - who->number_count;
    who->owner_count = cluster_owners(c, a, &who->owners);
    struct hash128 *keys = ARENA_ARRAY(a, struct hash128, c->inc_count);
    for (uint32_t i = 0; i < c->inc_count; i++)
        keys[i] = c->incs[i].plain;
    who->keys = keys;
    who->key_count = c->inc_count;
    return who;
}

/* Who had a value last, of all others: it goes back there, as passed on, so that late events find them. */
struct heir {
    struct cluster *cluster;
    uint16_t place;
};

static bool heir_find(struct desk *d, const struct cluster *c, const struct incarnation *inc, struct heir *out)
{
    uint32_t holder = inc->is_newest ? holder_before(d->v, inc->plain, inc->holder_first) : 0;
    while (holder > 0) {
        struct hash128 key = identifier_key_of_holder(inc->plain, holder);
        struct cluster *before = desk_cluster(d, desk_lookup(d, key));
        uint16_t place = before == NULL ? NO_PLACE : cluster_place_of_key(before, key);
        *out = (struct heir){before, place};
        if (place == NO_PLACE || before != c)
            return place != NO_PLACE;
        holder = holder_before(d->v, inc->plain, c->incs[place].holder_first);
    }
    return false;
}

uint32_t public_ids_of(const struct view *v, const struct forgotten *who, const struct hash128 **out_ids)
{
    struct hash128 *ids = ARENA_ARRAY(v->arena, struct hash128, who->number_count + 1);
    uint32_t count = 0, number;
    for (uint32_t i = 0; i < who->number_count; i++) {
        struct cluster_row row;
        if (!cluster_row_head(v, who->numbers[i], &row))
            continue;
        (void)view_index(v, &public_family, row.public_id, &number); /* it is taken out of there */
        ids[count++] = row.public_id;
    }
    *out_ids = ids;
    return count;
}

void erase_needs(const struct view *v, struct bytes payload)
{
    struct desk d;
    struct erase_ask ask;
    desk_open_reader(&d, v);
    struct cluster *c = asked_for(&d, payload, &ask);
    if (c == NULL || is_too_big(c))
        return;
    struct forgotten *who = forgotten_of(&d, c);
    const struct hash128 *ids;
    (void)public_ids_of(v, who, &ids);
    struct heir heir;
    for (uint32_t i = 0; i < c->inc_count; i++)
        (void)heir_find(&d, c, &c->incs[i], &heir);
    desk_touch_keys(&d);
    forgotten_touch(v, who);
}

/* --- what identity forgets --- */

static void inc_forget(struct desk *d, const struct cluster *c, const struct incarnation *inc)
{
    struct heir heir;
    struct review r;
    bool has_heir = heir_find(d, c, inc, &heir);
    d->totals.identifiers -= inc->id.state == ID_IN_FORCE;
    if (inc->is_newest && review_read(d->v, inc->plain, &r)) /* what is blocked is quarantined and waits for nobody */
        review_remove(d, inc->plain);
    for (uint32_t k = inc->holder_first; k < inc->id.holder; k++)
        step_index_remove(d->s, &index_family, identifier_key_of_holder(inc->plain, k));
    holders_vacate(d->s, inc);
    if (!has_heir) {
        step_index_remove(d->s, &index_family, inc->is_newest ? inc->plain : inc->id.key);
        return;
    }
    struct incarnation *newest = &heir.cluster->incs[heir.place];
    step_index_remove(d->s, &index_family, newest->id.key);
    newest->is_newest = true;
    heir.cluster->is_changed = true;
    inc_index(d, newest, heir.cluster->number);
}

static void public_ids_forget(struct step *s, const struct forgotten *who)
{
    const struct hash128 *ids;
    uint32_t count = public_ids_of(&s->view, who, &ids);
    for (uint32_t i = 0; i < count; i++)
        step_index_remove(s, &public_family, ids[i]);
}

void identity_forget(struct step *s, struct forgotten *who)
{
    struct desk d;
    public_ids_forget(s, who);
    if (who->is_rest)
        return;
    desk_open(&d, s);
    struct cluster *c = desk_cluster(&d, who->numbers[0]);
    assert(c != NULL);
    for (uint32_t i = 0; i < c->inc_count; i++)
        inc_forget(&d, c, &c->incs[i]);
    d.totals.people--;
    c->inc_count = c->set_count = c->never_count = c->alias_count = 0;
    c->is_changed = true;
    desk_close(&d);
}

/* --- the step --- */

const struct refusal *erase_apply(struct step *s, struct bytes payload)
{
    struct desk d;
    struct erase_ask ask;
    desk_open(&d, s);
    struct cluster *c = asked_for(&d, payload, &ask);
    if (c == NULL)
        return &refuse_nobody;
    if (is_too_big(c))
        return &refuse_too_big;
    struct forgotten *who = forgotten_of(&d, c);
    who->salt = ask.salt;
    struct erasure x = {.public_id = c->public_id,
                        .by = ask.by,
                        .reason = ask.reason,
                        .own_count = who->number_count + who->later_count};
    x.absorbed_count = public_ids_of(&s->view, who, &x.absorbed) - 1; /* behind its own */
    x.absorbed++;
    step_forget(s, who);
    erasure_take(&x, who, s->view.arena);
    erasure_put(s, &x);
    erasure_jobs_start(s, who);
    struct person_erased *fact = ARENA_NEW(s->view.arena, struct person_erased);
    fact->public_id = x.public_id;
    step_say(s, &fact_person_erased, fact);
    return NULL;
}
