#include "domain/identity/erase.h"

#include <string.h>

#include "domain/identity/acts.h"
#include "domain/identity/part.h"
#include "domain/identity/review.h"
#include "domain/identity/verbs.h"
#include "lib/pack.h"

#define ERASE_FORMAT 1u
#define ERASURE_FORMAT 1u
#define NUMBERS_MAX 200u /* of people that one erasure may touch: in one step */
#define OWNERS_MAX 600u

const struct family erasure_family = {.id = 110, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "erasure"};

static const struct refusal refuse_nobody = {"nobody",
                                             "There is nobody of this public id: they may have been erased already.",
                                             "没有此公开编号对应的人,可能已被删除。"};
static const struct refusal refuse_too_big = {
    "too_big_to_erase", "So many people were merged into this one that it can't be erased at once: split it first.",
    "此人由过多的人合并而成,无法一次删除,请先拆分。"};

/* --- payload: u8 format, the public id, by, reason --- */

fallible identity_erase_pack(const struct erase_ask *ask, struct buf *out, struct err *e)
{
    if (ask->by.size > ACT_BY_BYTES_MAX || ask->reason.size > ACT_REASON_BYTES_MAX)
        return FAIL(e, LIMIT, "a name has at most %u bytes, a reason %u", ACT_BY_BYTES_MAX, ACT_REASON_BYTES_MAX);
    pack_u8(out, ERASE_FORMAT);
    pack_u64(out, ask->public_id.low);
    pack_u64(out, ask->public_id.high);
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
    uint32_t owners = 0, people = c->alias_count + 1;
    for (uint32_t i = 0; i < c->inc_count; i++) {
        owners += c->incs[i].id.holder - c->incs[i].holder_first + 1;
        people += c->incs[i].is_newest && c->incs[i].holder_first > 1; /* who had it before is written too */
    }
    return people > NUMBERS_MAX || owners > OWNERS_MAX;
}

static struct forgotten *forgotten_of(const struct desk *d, const struct cluster *c)
{
    struct arena *a = d->v->arena;
    struct forgotten *who = arena_take(a, sizeof *who, _Alignof(struct forgotten));
    uint32_t *numbers = ARENA_ARRAY(a, uint32_t, c->alias_count + 1);
    numbers[0] = c->number;
    for (uint32_t i = 0; i < c->alias_count; i++)
        numbers[i + 1] = c->aliases[i].number;
    who->numbers = numbers;
    who->number_count = c->alias_count + 1;
    who->owner_count = cluster_owners(c, a, &who->owners);
    struct hash128 *keys = ARENA_ARRAY(a, struct hash128, c->inc_count);
    for (uint32_t i = 0; i < c->inc_count; i++)
        keys[i] = c->incs[i].plain;
    who->keys = keys;
    who->key_count = c->inc_count;
    who->also_count = 0;
    who->is_more = false;
    return who;
}

/* Who had the value before: it goes back there, as passed on, so that nobody is taken for its first holder. */
static struct cluster *holder_before(struct desk *d, const struct incarnation *inc)
{
    if (!inc->is_newest || inc->holder_first == 1)
        return NULL;
    return desk_cluster(d, desk_lookup(d, identifier_key_of_holder(inc->plain, inc->holder_first - 1)));
}

/* The public ids of whom it absorbed. */
static uint32_t absorbed_ids(const struct view *v, const struct cluster *c, const struct hash128 **out_ids)
{
    struct hash128 *ids = ARENA_ARRAY(v->arena, struct hash128, c->alias_count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->alias_count; i++) {
        struct cluster_row row;
        if (cluster_row_head(v, c->aliases[i].number, &row))
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
    const struct hash128 *absorbed;
    uint32_t count = absorbed_ids(v, c, &absorbed);
    for (uint32_t i = 0; i < count; i++)
        (void)identity_of_public_id(v, absorbed[i]);
    for (uint32_t i = 0; i < c->inc_count; i++)
        (void)holder_before(&d, &c->incs[i]);
    desk_touch_keys(&d);
    forgotten_touch(v, forgotten_of(&d, c));
}

/* --- what identity forgets --- */

static void inc_forget(struct desk *d, const struct incarnation *inc)
{
    struct cluster *before = holder_before(d, inc);
    d->totals.identifiers -= inc->id.state == ID_IN_FORCE;
    if (inc->id.state == ID_QUARANTINED && inc->is_newest)
        review_remove(d, inc->plain);
    for (uint32_t k = inc->holder_first; k < inc->id.holder; k++)
        step_index_remove(d->s, &index_family, identifier_key_of_holder(inc->plain, k));
    uint16_t place = before == NULL
                         ? NO_PLACE
                         : cluster_place_of_key(before, identifier_key_of_holder(inc->plain, inc->holder_first - 1));
    if (place == NO_PLACE) {
        step_index_remove(d->s, &index_family, inc->is_newest ? inc->plain : inc->id.key);
        return;
    }
    step_index_remove(d->s, &index_family, before->incs[place].id.key);
    before->incs[place].is_newest = true;
    before->is_changed = true;
    inc_index(d, &before->incs[place], before->number);
}

static void public_ids_forget(struct desk *d, const struct cluster *c)
{
    const struct hash128 *absorbed;
    uint32_t count = absorbed_ids(d->v, c, &absorbed);
    step_index_remove(d->s, &public_family, c->public_id);
    for (uint32_t i = 0; i < count; i++)
        step_index_remove(d->s, &public_family, absorbed[i]);
}

void identity_forget(struct step *s, struct forgotten *who)
{
    struct desk d;
    desk_open(&d, s);
    struct cluster *c = desk_cluster(&d, who->numbers[0]);
    assert(c != NULL);
    public_ids_forget(&d, c);
    for (uint32_t i = 0; i < c->inc_count; i++)
        inc_forget(&d, &c->incs[i]);
    d.totals.people--;
    c->inc_count = c->set_count = c->never_count = c->alias_count = 0;
    c->is_changed = true;
    desk_close(&d);
}

/* --- the receipt, and what is to be purged: u8 format, i64 time, public id, by, reason, numbers, owners,
 * public ids of the absorbed --- */

static struct bytes position_key_of(struct arena *a, uint64_t position)
{
    uint8_t *key = arena_take(a, 8, 1);
    (void)put_key(key, position, 8);
    return bytes_of(key, 8);
}

static void hashes_pack(struct buf *b, const struct hash128 *list, uint32_t count)
{
    pack_varint(b, count);
    for (uint32_t i = 0; i < count; i++) {
        pack_u64(b, list[i].low);
        pack_u64(b, list[i].high);
    }
}

static const struct hash128 *hashes_unpack(struct unpack *u, struct arena *a, uint32_t *out_count)
{
    *out_count = unpack_varint32(u);
    struct hash128 *list = ARENA_ARRAY(a, struct hash128, *out_count + 1);
    for (uint32_t i = 0; i < *out_count; i++) {
        list[i].low = unpack_u64(u);
        list[i].high = unpack_u64(u);
    }
    return list;
}

static void erasure_put(struct step *s, const struct erasure *x, const struct forgotten *who)
{
    struct buf b = arena_buf(s->view.arena, ROW_BYTES_MAX);
    uint32_t also = who->is_more || who->also_count > NUMBERS_MAX
                        ? 0
                        : who->also_count; /* too many: all numbers are looked at */
    pack_u8(&b, ERASURE_FORMAT);
    pack_signed(&b, s->view.now_us);
    pack_u64(&b, x->public_id.low);
    pack_u64(&b, x->public_id.high);
    pack_bytes(&b, x->by);
    pack_bytes(&b, x->reason);
    pack_u8(&b, also < who->also_count);
    pack_varint(&b, who->number_count + also);
    for (uint32_t i = 0; i < who->number_count; i++)
        pack_varint(&b, who->numbers[i]);
    for (uint32_t i = 0; i < also; i++)
        pack_varint(&b, who->also[i]);
    hashes_pack(&b, who->owners, who->owner_count);
    hashes_pack(&b, x->absorbed, x->absorbed_count);
    assert(!b.overflowed);
    step_keyed_put(s, &erasure_family, position_key_of(s->view.arena, s->view.position), buf_bytes(&b));
}

static void erasure_read(struct bytes key, struct bytes row, struct arena *a, struct erasure *out)
{
    struct unpack u = unpack_of(row);
    (void)unpack_u8(&u);
    *out = (struct erasure){.position = key_number(key.data, 8), .time_us = unpack_signed(&u)};
    out->public_id.low = unpack_u64(&u);
    out->public_id.high = unpack_u64(&u);
    out->by = unpack_bytes(&u);
    out->reason = unpack_bytes(&u);
    out->everywhere = unpack_u8(&u) != 0;
    out->number_count = unpack_varint32(&u);
    uint32_t *numbers = ARENA_ARRAY(a, uint32_t, out->number_count);
    for (uint32_t i = 0; i < out->number_count; i++)
        numbers[i] = unpack_varint32(&u);
    out->owners = hashes_unpack(&u, a, &out->owner_count);
    out->absorbed = hashes_unpack(&u, a, &out->absorbed_count);
    assert(unpack_finished(&u));
    out->numbers = numbers;
}

bool identity_erasure_next(const struct view *v, uint64_t from, struct arena *a, struct erasure *out_erasure)
{
    struct bytes key, row;
    if (!view_keyed_next(v, &erasure_family, position_key_of(v->arena, from), false, &key, &row))
        return false;
    erasure_read(key, row, a, out_erasure);
    return true;
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
    struct erasure x = {.public_id = c->public_id, .by = ask.by, .reason = ask.reason};
    x.absorbed_count = absorbed_ids(&s->view, c, &x.absorbed);
    step_forget(s, who);
    erasure_put(s, &x, who);
    struct bytes position = position_key_of(s->view.arena, s->view.position);
    step_job_start(s, &acts_forget_job, position, position);
    struct person_erased *fact = ARENA_NEW(s->view.arena, struct person_erased);
    fact->public_id = x.public_id;
    step_say(s, &fact_person_erased, fact);
    return NULL;
}

/* --- acts that were about the person: the state is the erasure's position, and of the act to go on with --- */

static struct bytes acts_forget(struct step *s, struct bytes state)
{
    struct arena *a = s->view.arena;
    struct erasure erasure;
    uint64_t position = key_number(state.data, 8), from = state.size > 8 ? key_number(state.data + 8, 8) : 0;
    if (!identity_erasure_next(&s->view, position, a, &erasure) || erasure.position != position)
        return BYTES_NONE;
    if (!acts_blank(s, &from, position, erasure.owners, erasure.owner_count))
        return BYTES_NONE;
    uint8_t *next = arena_take(a, 16, 1);
    (void)put_key(put_key(next, position, 8), from, 8);
    return bytes_of(next, 16);
}

const struct job_kind acts_forget_job = {0x0302, "identity.acts_forget", acts_forget, NULL};
