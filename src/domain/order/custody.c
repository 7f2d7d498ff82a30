#include "domain/order/custody.h"

#include <string.h>

#include "base/time.h"
#include "domain/identity/identity.h"
#include "domain/order/change.h"
#include "lib/phone.h"

#define LOCK_FORMAT 1u
#define ACCOUNT_FORMAT 1u
#define ORDERS_A_STEP 16u
#define LOOKS_A_STEP 64u /* at owners, and at orders of others */
#define ROWS_A_STEP 128u /* a long order lies in many */
#define DAYS_A_YEAR 366  /* no day too few */
#define OWNER_KEY_BYTES 17u
#define ACCOUNT_KEY_BYTES 9u
#define NUMBER_KEY_BYTES 4u

/* 'o', key of an owner -> position of the erasure (8), one past the last order then (4): the chain has not passed this owner yet.
 * 'e', position (8, BE) -> what is in custody of an erasure, and the position of the last record of its chain. */
const struct family order_custody_family = {
    .id = 117, .kind = FAMILY_KEYED, .value_bytes = 32, .name = "order_custody"};

const struct setting order_custody_years = {"order.custody_years",
                                            3,
                                            30,
                                            3,
                                            "years",
                                            "How long orders of who was erased are kept, locked, from when they were "
                                            "last changed in state: no less than the law asks for."};

const struct refusal order_is_locked = {
    "order_locked", "The order is in custody: its buyer was erased, and nothing of it is changed any more.",
    "该订单已依法封存:买家信息已删除,订单不再变更。"};

/* --- keys --- */

static struct bytes owner_row_key(struct hash128 owner, struct arena *arena)
{
    uint8_t *key = arena_take(arena, OWNER_KEY_BYTES, 1);
    key[0] = 'o';
    memcpy(key + 1, &owner, sizeof owner);
    return bytes_of(key, OWNER_KEY_BYTES);
}

static struct bytes account_key(uint64_t erasure, struct arena *arena)
{
    uint8_t *key = arena_take(arena, ACCOUNT_KEY_BYTES, 1);
    key[0] = 'e';
    (void)put_key(key + 1, erasure, 8);
    return bytes_of(key, ACCOUNT_KEY_BYTES);
}

static struct bytes number_key(uint32_t number, struct arena *arena)
{
    uint8_t *key = arena_take(arena, NUMBER_KEY_BYTES, 1);
    (void)put_key(key, number, NUMBER_KEY_BYTES);
    return bytes_of(key, NUMBER_KEY_BYTES);
}

/* --- owners that the chain has not passed --- */

static bool owner_waits(const struct view *v, struct hash128 owner, uint64_t *out_erasure, uint32_t *out_end)
{
    struct bytes row;
    if (!view_keyed(v, &order_custody_family, owner_row_key(owner, v->arena), &row))
        return false;
    struct unpack u = unpack_of(row);
    *out_erasure = unpack_u64(&u);
    *out_end = unpack_u32(&u);
    assert(unpack_finished(&u));
    return true;
}

bool custody_is_near(const struct view *v, const struct document *d)
{
    struct hash128 owner;
    uint64_t erasure;
    uint32_t end;
    return document_owner(d, &owner) && owner_waits(v, owner, &erasure, &end) && d->number < end;
}

bool custody_lets_see(const struct view *v, const struct document *d)
{
    return d->lock.erasure == 0 && !custody_is_near(v, d);
}

static void owner_put(struct step *s, struct hash128 owner, uint32_t end)
{
    struct buf b = arena_buf(s->view.arena, 12);
    pack_u64(&b, s->view.position);
    pack_u32(&b, end);
    step_keyed_put(s, &order_custody_family, owner_row_key(owner, s->view.arena), buf_bytes(&b));
}

/* Unless the same key was erased again meanwhile: then another chain is behind this one. */
static void owner_pass(struct step *s, struct hash128 owner, uint64_t erasure)
{
    uint64_t waits_for;
    uint32_t end;
    if (owner_waits(&s->view, owner, &waits_for, &end) && waits_for == erasure)
        step_keyed_remove(s, &order_custody_family, owner_row_key(owner, s->view.arena));
}

/* --- the account of an erasure --- */

static struct custody_count account_read(const struct view *v, uint64_t erasure)
{
    struct custody_count count = {.is_settled = true};
    struct bytes row;
    if (!view_keyed(v, &order_custody_family, account_key(erasure, v->arena), &row))
        return count;
    struct unpack u = unpack_of(row);
    (void)unpack_u8(&u);
    count.is_settled = unpack_u8(&u) != 0;
    count.items = unpack_varint(&u);
    count.until_us = unpack_signed(&u);
    count.last_position = unpack_u64(&u);
    assert(unpack_finished(&u));
    return count;
}

static void account_put(struct step *s, uint64_t erasure, struct custody_count count)
{
    struct buf b = arena_buf(s->view.arena, order_custody_family.value_bytes);
    pack_u8(&b, ACCOUNT_FORMAT);
    pack_u8(&b, count.is_settled);
    pack_varint(&b, count.items);
    pack_signed(&b, count.items == 0 ? 0 : count.until_us);
    pack_u64(&b, count.last_position);
    assert(!b.overflowed);
    step_keyed_put(s, &order_custody_family, account_key(erasure, s->view.arena), buf_bytes(&b));
}

static void custody_tell(const struct view *v, uint64_t erasure, struct custody_count *out)
{
    *out = account_read(v, erasure);
}

const struct custody order_custody = {
    .name = "orders",
    .ground = "E-Commerce Law, article 31, and Measures for Online Trading, article 31: transactions are kept for "
              "three years at least; "
              "Personal Information Protection Law, article 47: what must be kept is stored and nothing else is done "
              "with it.",
    .ground_zh = "《电子商务法》第三十一条、《网络交易监督管理办法》第三十一条:交易信息保存不少于三年;"
                 "《个人信息保护法》第四十七条:保存期限未届满的,除存储外停止处理。",
    .years = &order_custody_years,
    .count = custody_tell,
};

/* --- how far the chain is: the payload of its next follow-up --- */

struct lock_walk {
    uint64_t erasure;
    struct hash128 salt;
    uint32_t end;        /* one past the last order when the person was erased */
    uint32_t owner_at;   /* in the erasure's list; behind it: every order is looked at */
    uint32_t after;      /* number of the last order that was looked at, of this owner or of all */
    struct bytes phones; /* of the person, bytes each: by which a receiver is known */
};

static struct bytes walk_pack(const struct lock_walk *w, struct arena *arena)
{
    struct buf b = arena_buf(arena, 64 + w->phones.size);
    pack_u8(&b, LOCK_FORMAT);
    pack_u64(&b, w->erasure);
    pack_u64(&b, w->salt.low);
    pack_u64(&b, w->salt.high);
    pack_u32(&b, w->end);
    pack_varint(&b, w->owner_at);
    pack_u32(&b, w->after);
    pack_raw(&b, w->phones);
    assert(!b.overflowed);
    return buf_bytes(&b);
}

static fallible walk_unpack(struct bytes payload, struct lock_walk *out, struct err *e)
{
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != LOCK_FORMAT;
    out->erasure = unpack_u64(&u);
    out->salt.low = unpack_u64(&u);
    out->salt.high = unpack_u64(&u);
    out->end = unpack_u32(&u);
    out->owner_at = unpack_varint32(&u);
    out->after = unpack_u32(&u);
    out->phones = unpack_rest(&u);
    return unpack_finished(&u) ? DONE : FAIL(e, INVALID, "not orders to be locked");
}

fallible lock_check(struct bytes payload, struct err *e)
{
    struct lock_walk w;
    return walk_unpack(payload, &w, e);
}

/* --- a slice: what one step of the chain takes, by the view alone --- */

struct slice {
    const struct erasure *erasure;
    uint32_t count;
    struct document orders[ORDERS_A_STEP];
    bool of_others[ORDERS_A_STEP]; /* the person alone is taken out */
    uint32_t looks, rows;          /* taken */
    bool is_over;
};

static bool slice_is_full(const struct slice *x)
{
    return x->count == ORDERS_A_STEP || x->looks >= LOOKS_A_STEP || x->rows >= ROWS_A_STEP;
}

/* Takes the next orders of the owner that is on. */
static void owned_take(const struct view *v, struct lock_walk *w, struct slice *x)
{
    uint32_t numbers[ORDERS_A_STEP], wanted = ORDERS_A_STEP - x->count, i = 0;
    uint32_t got = roster_read(v, &order_owner_roster, x->erasure->owners[w->owner_at], w->after, numbers, wanted);
    x->looks++;
    x->rows++;
    for (; i < got && numbers[i] < w->end && !slice_is_full(x); i++) {
        struct document *d = &x->orders[x->count];
        w->after = numbers[i];
        if (!document_numbered(v, numbers[i], d))
            continue;
        x->rows += 1 + d->piece_count;
        x->count++;
    }
    if ((i < got && numbers[i] >= w->end) || (i == got && got < wanted)) {
        w->owner_at++;
        w->after = 0;
    }
}

static bool goes_to_person(const struct document *d, struct bytes phones)
{
    struct unpack u = unpack_of(phones);
    bool found = false;
    while (unpack_left(&u) > 0 && !found)
        found = receiver_has_phone(d, unpack_bytes(&u));
    return found;
}

/* Owned by the person, though not in the roster: that was full, or an event found them since. Or theirs, and no event ever will. */
static bool is_left_behind(const struct document *d, const struct erasure *who)
{
    struct hash128 owner;
    return document_owner(d, &owner) ? erased_owns(who, owner) : document_names(d, who);
}

/* Looks at the next order of all. */
static void any_take(const struct view *v, struct lock_walk *w, struct slice *x)
{
    struct document *d = &x->orders[x->count];
    x->looks++;
    w->after++;
    if (!document_numbered(v, w->after, d))
        return;
    x->rows += 1 + d->piece_count;
    if (d->lock.erasure != 0)
        return;
    bool is_theirs = is_left_behind(d, x->erasure);
    if (!is_theirs && !document_names(d, x->erasure) && !goes_to_person(d, w->phones))
        return;
    x->of_others[x->count] = !is_theirs;
    x->count++;
}

/* NULL: nobody is erased there yet. */
static struct slice *slice_read(const struct view *v, struct lock_walk *w)
{
    struct slice *x = ARENA_NEW(v->arena, struct slice);
    struct erasure *erasure = ARENA_NEW(v->arena, struct erasure);
    if (!identity_erasure_next(v, w->erasure, v->arena, erasure) || erasure->position != w->erasure)
        return NULL;
    x->erasure = erasure;
    while (w->owner_at < erasure->owner_count && !slice_is_full(x))
        owned_take(v, w, x);
    /* Not in one slice: what is about to be locked would be taken for somebody else's. */
    bool looks_at_all = w->owner_at == erasure->owner_count && x->count == 0;
    while (looks_at_all && w->after + 1 < w->end && !slice_is_full(x))
        any_take(v, w, x);
    x->is_over = looks_at_all && w->after + 1 >= w->end;
    return x;
}

void lock_needs(const struct view *v, struct bytes payload)
{
    struct lock_walk w;
    struct status status = walk_unpack(payload, &w, NULL);
    assert(done(status)); /* lock_check has seen it */
    const struct slice *x = slice_read(v, &w);
    for (uint32_t i = 0; x != NULL && i < x->count; i++) { /* a replay asks ahead of the erasure, and again behind it */
        struct hash128 owner;
        if (!x->of_others[i] && document_owner(&x->orders[i], &owner))
            roster_touch(v, &order_owner_roster, owner, x->orders[i].number);
    }
}

/* --- locking --- */

/* From the last state that was reached; of one without any, from now. */
static int64_t until_of(const struct view *v, const struct document *d)
{
    int64_t last_us = INT64_MIN, years = setting_int(v, &order_custody_years);
    for (uint32_t i = 0; i < d->part_count; i++)
        if (d->parts[i].kind == ORDER_STATE && d->parts[i].time_us > last_us)
            last_us = d->parts[i].time_us;
    bool is_told = last_us != INT64_MIN && last_us < v->now_us; /* by a right clock */
    return (is_told ? last_us : v->now_us) + years * DAYS_A_YEAR * US_PER_DAY;
}

static void document_rewrite(struct step *s, struct document *d)
{
    struct bytes bytes = document_encode(d, ORDER_LOCKED_BYTES_MAX, s->view.arena);
    assert(bytes.size > 0); /* it has room for pseudonyms */
    document_save(s, d, bytes);
    order_say_changed(s, &(struct order_changed){.key = d->key, .order = d->number, .command = COMMAND_ORDER_LOCK});
}

static void person_take_out(struct step *s, const struct lock_walk *w, const struct erasure *who, struct document *d)
{
    if (goes_to_person(d, w->phones))
        receiver_pseudonymise(d, w->salt, s->view.arena);
    if (document_names(d, who))
        named_take_out(d, who, w->salt, s->view.arena);
    document_rewrite(s, d);
}

static void order_lock(struct step *s, const struct lock_walk *w, struct document *d, struct custody_count *io_count)
{
    struct arena *arena = s->view.arena;
    struct hash128 owner;
    if (document_owner(d, &owner))
        roster_remove(s, &order_owner_roster, owner, d->number);
    d->lock = (struct order_lock){.erasure = w->erasure, .until_us = until_of(&s->view, d)};
    document_pseudonymise(d, w->salt, arena);
    document_rewrite(s, d);
    step_timer_set(s, &custody_timer, d->lock.until_us, number_key(d->number, arena), number_key(d->number, arena));
    io_count->items++;
    io_count->until_us = d->lock.until_us > io_count->until_us ? d->lock.until_us : io_count->until_us;
}

const struct refusal *lock_apply(struct step *s, struct bytes payload)
{
    struct lock_walk w;
    struct status status = walk_unpack(payload, &w, NULL);
    assert(done(status)); /* lock_check has seen it */
    uint32_t owner_from = w.owner_at;
    struct slice *x = slice_read(&s->view, &w);
    assert(x != NULL);
    struct custody_count count = account_read(&s->view, w.erasure);
    for (uint32_t i = 0; i < x->count; i++) {
        if (x->of_others[i])
            person_take_out(s, &w, x->erasure, &x->orders[i]);
        else
            order_lock(s, &w, &x->orders[i], &count);
    }
    for (uint32_t i = owner_from; i < w.owner_at; i++)
        owner_pass(s, x->erasure->owners[i], w.erasure);
    count.is_settled = x->is_over;
    count.last_position = s->view.position;
    account_put(s, w.erasure, count);
    if (!x->is_over)
        step_then(s, COMMAND_ORDER_LOCK, walk_pack(&w, s->view.arena));
    return NULL;
}

/* --- erased --- */

/* By which a receiver is known: no other identifier stands there. */
static struct bytes phones_of(const struct view *v, uint32_t person)
{
    const struct identifier *list;
    size_t count = identity_list(v, person, &list);
    struct buf b = arena_buf(v->arena, count * (PHONE_BYTES_MAX + VARINT_BYTES_MAX) + 1);
    for (size_t i = 0; i < count; i++)
        if (list[i].type == TYPE_PHONE)
            pack_bytes(&b, list[i].value);
    assert(!b.overflowed);
    return buf_bytes(&b);
}

void custody_forget(struct step *s, struct forgotten *who)
{
    struct lock_walk w = {.erasure = s->view.position, .salt = who->salt, .end = orders_end(&s->view)};
    if (who->is_rest)
        return;
    for (uint32_t i = 0; i < who->owner_count; i++)
        owner_put(s, who->owners[i], w.end);
    w.phones = phones_of(&s->view, who->numbers[0]);
    account_put(s, w.erasure, (struct custody_count){.is_settled = false, .last_position = w.erasure});
    step_then(s, COMMAND_ORDER_LOCK, walk_pack(&w, s->view.arena));
}

/* --- the years are over --- */

/* Orders may be long, and many go at once: each does in a step of its own. */
static void custody_due(struct step *s, struct bytes payload)
{
    step_then(s, COMMAND_ORDER_EXPIRE, payload);
}

const struct timer_kind custody_timer = {.id = 0x0901, .name = "order.custody", .due = custody_due};

fallible expire_check(struct bytes payload, struct err *e)
{
    return payload.size == NUMBER_KEY_BYTES ? DONE : FAIL(e, INVALID, "not the number of an order");
}

static bool expired_read(const struct view *v, struct bytes payload, struct document *out)
{
    return document_numbered(v, (uint32_t)key_number(payload.data, NUMBER_KEY_BYTES), out);
}

void expire_needs(const struct view *v, struct bytes payload)
{
    struct document d;
    if (!expired_read(v, payload, &d))
        return;
    document_remove_touch(v, &d);
    if (d.has_day)
        roster_touch(v, &order_day_roster, day_key(d.key.shop, d.day), d.number);
}

/* Totals of its day stay: they are the shop's, and tell of nobody. */
const struct refusal *expire_apply(struct step *s, struct bytes payload)
{
    struct document d;
    if (!expired_read(&s->view, payload, &d))
        return &no_such_order;
    assert(d.lock.erasure != 0);
    document_remove(s, &d);
    if (d.has_day)
        roster_remove(s, &order_day_roster, day_key(d.key.shop, d.day), d.number);
    struct custody_count count = account_read(&s->view, d.lock.erasure);
    assert(count.items > 0);
    count.items--;
    account_put(s, d.lock.erasure, count);
    return NULL;
}
