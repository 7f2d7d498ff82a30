/* What sources declare of a shop's day, and where it differs from what is here, down to the order. */
#include <stdlib.h>

#include "domain/order/books.h"
#include "domain/order/payload.h"

#define DECLARED_FORMAT 1u
#define DECLARED_BYTES_MAX 2048u
#define PIECES_MAX ((ORDER_VERSION_BYTES_MAX + PIECE_BYTES - 1) / PIECE_BYTES)
#define TIE_SEED UINT64_C(0x6f72647469)

const struct family order_declared_family = {
    .id = 88, .kind = FAMILY_KEYED, .value_bytes = DECLARED_BYTES_MAX, .name = "order_declared"};

/* --- rows --- */

struct declared_row {
    struct order_declared said; /* its list isn't read */
    uint64_t tie;               /* of the whole: of two of equal times the greater one counts */
    size_t list_bytes;
    uint32_t piece_count;
    uint32_t pieces[PIECES_MAX];
};

static bool row_read(struct bytes value, struct declared_row *out)
{
    struct unpack u = unpack_of(value);
    *out = (struct declared_row){.tie = 0};
    u.bad |= unpack_u8(&u) != DECLARED_FORMAT;
    out->said.source = unpack_bytes(&u);
    out->said.said_us = unpack_signed(&u);
    out->tie = unpack_u64(&u);
    out->said.currency = unpack_u16(&u);
    out->said.orders = unpack_varint(&u);
    out->said.amount = unpack_signed(&u);
    out->said.listed = unpack_varint32(&u);
    out->list_bytes = unpack_varint32(&u);
    out->piece_count = unpack_varint32(&u);
    u.bad |= out->piece_count > PIECES_MAX;
    for (uint32_t i = 0; i < out->piece_count && !u.bad; i++)
        out->pieces[i] = unpack_u32(&u);
    return unpack_finished(&u);
}

static void row_pack(struct buf *b, const struct order_declared *said, uint64_t tie, const uint32_t *pieces,
                     uint32_t piece_count)
{
    pack_u8(b, DECLARED_FORMAT);
    pack_bytes(b, said->source);
    pack_signed(b, said->said_us);
    pack_u64(b, tie);
    pack_u16(b, said->currency);
    pack_varint(b, said->orders);
    pack_signed(b, said->amount);
    pack_varint(b, said->listed);
    pack_varint(b, said->list.size);
    pack_varint(b, piece_count);
    for (uint32_t i = 0; i < piece_count; i++)
        pack_u32(b, pieces[i]);
}

/* The part of a day that a key names, or the next one. */
static bool row_next(const struct view *v, struct bytes shop, struct bytes key, bool after, int32_t *out_day,
                     struct declared_row *out)
{
    struct bytes value;
    bool there = view_keyed_next(v, &order_declared_family, key, after, &key, &value) &&
                 book_key_read(key, shop, out_day, &out->said.part);
    uint16_t part = there ? out->said.part : 0;
    if (!there)
        return false;
    bool good = row_read(value, out);
    assert(good);
    out->said.part = part;
    return good;
}

/* --- the command --- */

fallible declaration_check(struct bytes payload, struct err *e)
{
    struct order_declared d;
    return declared_unpack(payload, &d, e);
}

static bool row_find(const struct view *v, const struct order_declared *d, struct declared_row *out)
{
    struct bytes value;
    return view_keyed(v, &order_declared_family, book_key(d->shop, d->day, d->part, v->arena), &value) &&
           row_read(value, out);
}

void declaration_needs(const struct view *v, struct bytes payload)
{
    struct order_declared d;
    struct declared_row old;
    struct bytes piece;
    struct status status = declared_unpack(payload, &d, NULL);
    assert(done(status));
    bool is_there = row_find(v, &d, &old);
    for (uint32_t i = 0; is_there && i < old.piece_count; i++)
        (void)view_row(v, &order_piece_family, old.pieces[i], &piece);
}

const struct refusal *declaration_apply(struct step *s, struct bytes payload)
{
    struct order_declared d;
    struct declared_row old = {.tie = 0};
    struct status status = declared_unpack(payload, &d, NULL);
    assert(done(status)); /* declaration_check has seen it */
    uint64_t tie = hash64(payload, TIE_SEED);
    bool is_there = row_find(&s->view, &d, &old);
    bool is_newer = !is_there || d.said_us > old.said.said_us || (d.said_us == old.said.said_us && tie > old.tie);
    if (!is_newer)
        return NULL;
    uint32_t count;
    const uint32_t *pieces = pieces_put(s, d.list, old.pieces, old.piece_count, &count);
    struct buf b = arena_buf(s->view.arena, DECLARED_BYTES_MAX);
    row_pack(&b, &d, tie, pieces, count);
    assert(!b.overflowed);
    step_keyed_put(s, &order_declared_family, book_key(d.shop, d.day, d.part, s->view.arena), buf_bytes(&b));
    return NULL;
}

/* --- reading --- */

/* The lowest currency above `currency` that parts of the day are in; CURRENCY_NONE: none. */
static uint16_t day_currency(const struct view *v, struct bytes shop, int32_t day, uint16_t currency)
{
    struct declared_row row;
    int32_t found_day;
    uint16_t lowest = CURRENCY_NONE;
    struct bytes key = book_key(shop, day, 0, v->arena);
    for (bool after = false; row_next(v, shop, key, after, &found_day, &row) && found_day == day; after = true) {
        bool is_lower = row.said.currency > currency && (lowest == CURRENCY_NONE || row.said.currency < lowest);
        lowest = is_lower ? row.said.currency : lowest;
        key = book_key(shop, day, row.said.part, v->arena);
    }
    return lowest;
}

static void day_add_up(const struct view *v, struct bytes shop, struct order_day *io_day)
{
    struct declared_row row;
    int32_t found_day;
    struct bytes key = book_key(shop, io_day->day, 0, v->arena);
    for (bool after = false; row_next(v, shop, key, after, &found_day, &row) && found_day == io_day->day;
         after = true) {
        key = book_key(shop, io_day->day, row.said.part, v->arena);
        if (row.said.currency != io_day->currency)
            continue;
        io_day->orders += row.said.orders;
        io_day->amount += row.said.amount;
        io_day->is_listed |= row.said.listed > 0;
    }
}

bool order_declared_next(const struct view *v, struct bytes shop, int32_t day, uint16_t currency, struct order_day *out)
{
    struct declared_row row;
    int32_t found_day = day;
    uint16_t next = day_currency(v, shop, day, currency);
    if (next == CURRENCY_NONE) {
        if (!row_next(v, shop, book_key(shop, day, UINT16_MAX, v->arena), true, &found_day, &row))
            return false;
        next = day_currency(v, shop, found_day, CURRENCY_NONE);
    }
    *out = (struct order_day){.day = found_day, .currency = next};
    day_add_up(v, shop, out);
    return true;
}

/* --- order by order --- */

struct listed {
    uint32_t count, room;
    struct listed_order {
        struct bytes number;
        int64_t amount;
    } * orders;
    uint16_t currency;
};

static void listed_add(struct listed *l, struct bytes list, uint32_t count, struct arena *arena)
{
    struct unpack u = unpack_of(list);
    struct listed_order *grown = ARENA_ARRAY(arena, struct listed_order, l->count + count + 1);
    for (uint32_t i = 0; i < l->count; i++)
        grown[i] = l->orders[i];
    l->orders = grown;
    for (struct listed_order *o = &grown[l->count]; count > 0 && order_amount_next(&u, &o->number, &o->amount);
         o++, count--)
        l->count++;
}

static int by_number(const void *a, const void *b)
{
    const struct listed_order *x = a, *y = b;
    return bytes_compare(x->number, y->number);
}

/* All parts of a day, in order of number. */
static void listed_read(const struct view *v, struct bytes shop, int32_t day, struct listed *out)
{
    struct declared_row row;
    int32_t found_day;
    struct bytes key = book_key(shop, day, 0, v->arena);
    *out = (struct listed){.count = 0};
    for (bool after = false; row_next(v, shop, key, after, &found_day, &row) && found_day == day; after = true) {
        struct bytes list;
        key = book_key(shop, day, row.said.part, v->arena);
        out->currency = row.said.currency;
        if (row.piece_count > 0 && pieces_read(v, row.pieces, row.piece_count, row.list_bytes, &list))
            listed_add(out, list, row.said.listed, v->arena);
    }
    if (out->count > 0)
        qsort(out->orders, out->count, sizeof *out->orders, by_number);
}

/* false: they agree. */
static bool listed_differs(const struct view *v, struct bytes shop, const struct listed_order *listed,
                           uint16_t currency, struct order_mismatch *out)
{
    struct order o;
    struct order_sums sums = {.currency = currency};
    bool is_here = order_find_kept(v, (struct order_key){shop, listed->number}, &o) && !o.voided;
    if (is_here)
        order_sum(&o, ORDER_NOW, &sums);
    *out = (struct order_mismatch){.difference = is_here ? ORDER_AMOUNT_DIFFERS : ORDER_MISSING_HERE,
                                   .number = listed->number};
    out->here = sums.amount;
    out->there = listed->amount;
    out->currency = sums.currency;
    return !is_here || sums.amount != listed->amount;
}

static bool missing_there(const struct view *v, struct bytes shop, int32_t day, uint32_t number, const struct listed *l,
                          struct order_mismatch *out)
{
    struct order o;
    struct order_sums sums;
    if (!order_numbered_kept(v, number, &o) || !bytes_equal(o.key.shop, shop) || !o.has_day || o.day != day)
        return false;
    struct listed_order wanted = {.number = o.key.number};
    if (bsearch(&wanted, l->orders, l->count, sizeof wanted, by_number) != NULL)
        return false;
    order_sum(&o, ORDER_NOW, &sums);
    *out = (struct order_mismatch){
        .difference = ORDER_MISSING_THERE, .number = o.key.number, .here = sums.amount, .currency = sums.currency};
    return true;
}

/* First through what was listed, by places; then through the orders that are here, by their numbers. */
#define WALK_HERE (UINT64_C(1) << 32)

/* A look at a day: where it stands, how much more it may look at, and what it has found. */
struct look {
    const struct view *v;
    struct bytes shop;
    int32_t day;
    struct listed listed;
    uint64_t at;
    uint32_t looks; /* left */
    struct order_mismatch *out;
    size_t found, max;
};

static void listed_walk(struct look *k)
{
    for (; k->at < k->listed.count && k->found < k->max && k->looks > 0; k->looks--, k->at++)
        k->found += listed_differs(k->v, k->shop, &k->listed.orders[k->at], k->listed.currency, &k->out[k->found]);
}

/* Through those that are here, in order of number. */
static void here_walk(struct look *k)
{
    uint32_t numbers[ORDER_LOOKS_MAX], after = k->at >= WALK_HERE ? (uint32_t)k->at : 0;
    uint32_t count = roster_read(k->v, &order_day_roster, day_key(k->shop, k->day), after, numbers, k->looks), i = 0;
    for (; i < count && k->found < k->max; i++, after = numbers[i - 1])
        k->found += missing_there(k->v, k->shop, k->day, numbers[i], &k->listed, &k->out[k->found]);
    k->at = i == count && count < k->looks ? ORDER_LOOKED_ALL : WALK_HERE | after;
}

size_t order_mismatches(const struct view *v, struct bytes shop, int32_t day, uint64_t *io_at,
                        struct order_mismatch *out, size_t max)
{
    struct look k = {.v = v, .shop = shop, .day = day, .at = *io_at, .looks = ORDER_LOOKS_MAX, .out = out, .max = max};
    listed_read(v, shop, day, &k.listed);
    if (k.listed.count == 0)
        k.at = ORDER_LOOKED_ALL;
    listed_walk(&k);
    if (k.at >= k.listed.count && k.at != ORDER_LOOKED_ALL && k.looks > 0)
        here_walk(&k);
    *io_at = k.at;
    return k.found;
}
