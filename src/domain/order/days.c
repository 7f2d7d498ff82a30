/* Totals of a shop's day, kept as versions come. */
#include "base/time.h"
#include "domain/calendar/calendar.h"
#include "domain/order/books.h"
#include "domain/order/fields.h"

#define DAY_FORMAT 1u
#define DAY_BYTES_MAX 64u
#define DAY_BIAS 0x80000000u /* so that keys are in order of day */
#define BOOK_KEY_BYTES 7u
#define DAY_SEED UINT64_C(0x6f72646461)

const struct family order_day_family = {
    .id = 83, .kind = FAMILY_KEYED, .value_bytes = DAY_BYTES_MAX, .name = "order_day"};
const struct family order_day_page_family = {
    .id = 86, .kind = FAMILY_NUMBERED, .value_bytes = ROW_BYTES_MAX, .name = "order_day_page"};
const struct family order_day_index_family = {
    .id = 87, .kind = FAMILY_INDEX, .name = "order_day_index", .goes_cold = true};
const struct roster order_day_roster = {.pages = &order_day_page_family, .index = &order_day_index_family};

bool order_began(const struct order *o, int64_t *out_us)
{
    int64_t us;
    for (uint8_t state = ORDER_CREATED; state < ORDER_STATE_COUNT; state++) {
        if (!order_reached(o, BYTES_NONE, state, &us))
            continue;
        int64_t other_us;
        for (uint8_t later = state + 1; state != ORDER_CREATED && later < ORDER_STATE_COUNT; later++)
            us = order_reached(o, BYTES_NONE, later, &other_us) && other_us < us ? other_us : us;
        *out_us = us;
        return true;
    }
    return false;
}

bool day_of_order(const struct view *v, const struct order *o, int32_t *out_day)
{
    int64_t us;
    if (o->voided || !order_began(o, &us))
        return false;
    *out_day = calendar_day_of(v, us);
    return true;
}

struct hash128 day_key(struct bytes shop, int32_t day)
{
    return hash128(shop, DAY_SEED + (uint64_t)(int64_t)day);
}

/* --- rows --- */

struct day_row {
    uint64_t orders, lines;
    int64_t amount, refunded;
};

static struct day_row day_row_read(struct bytes value)
{
    struct unpack u = unpack_of(value);
    struct day_row row = {0};
    u.bad |= unpack_u8(&u) != DAY_FORMAT;
    row.orders = unpack_varint(&u);
    row.lines = unpack_varint(&u);
    row.amount = unpack_signed(&u);
    row.refunded = unpack_signed(&u);
    assert(unpack_finished(&u));
    return row;
}

struct bytes book_key(struct bytes shop, int32_t day, uint16_t last, struct arena *arena)
{
    uint8_t *from = arena_take(arena, shop.size + BOOK_KEY_BYTES, 1), *at = put_raw(from, shop.data, shop.size);
    uint32_t biased = (uint32_t)day + DAY_BIAS;
    *at++ = 0;
    for (int shift = 24; shift >= 0; shift -= 8)
        *at++ = (uint8_t)(biased >> shift);
    *at++ = (uint8_t)(last >> 8);
    *at++ = (uint8_t)last;
    return bytes_of(from, (size_t)(at - from));
}

bool book_key_read(struct bytes key, struct bytes shop, int32_t *out_day, uint16_t *out_last)
{
    if (key.size != shop.size + BOOK_KEY_BYTES || !bytes_starts_with(key, shop) || key.data[shop.size] != 0)
        return false;
    const uint8_t *at = key.data + shop.size + 1;
    uint32_t biased = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    *out_day = (int32_t)(biased - DAY_BIAS);
    *out_last = (uint16_t)(at[4] << 8 | at[5]);
    return true;
}

static void day_row_add(struct step *s, const struct order *o, const struct order_sums *sums, bool take_out)
{
    struct arena *arena = s->view.arena;
    struct bytes key = book_key(o->key.shop, o->day, sums->currency, arena), value;
    struct day_row row = {0};
    if (view_keyed(&s->view, &order_day_family, key, &value))
        row = day_row_read(value);
    uint64_t sign = take_out ? UINT64_MAX
                             : 1; /* without sign, where what is added can be taken out again whatever it was */
    row.orders += sign;
    row.lines += sign * sums->lines;
    row.amount = (int64_t)((uint64_t)row.amount + sign * (uint64_t)sums->amount);
    row.refunded = (int64_t)((uint64_t)row.refunded + sign * (uint64_t)sums->refunded);
    if (row.orders == 0) {
        assert(row.lines == 0 && row.amount == 0 && row.refunded == 0);
        step_keyed_remove(s, &order_day_family, key);
        return;
    }
    uint8_t *from = arena_take(arena, DAY_BYTES_MAX, 1), *at = from;
    *at++ = DAY_FORMAT;
    at = put_varint(put_varint(at, row.orders), row.lines);
    at = put_varint(put_varint(at, zigzag_of(row.amount)), zigzag_of(row.refunded));
    step_keyed_put(s, &order_day_family, key, bytes_of(from, (size_t)(at - from)));
}

void day_totals_move(struct step *s, const struct order *before, const struct order *after,
                     const struct order_sums *sums)
{
    struct order_sums was = {0};
    if (before->has_day)
        order_sum(before, ORDER_NOW, &was);
    bool is_same = before->has_day == after->has_day && before->day == after->day && was.currency == sums->currency &&
                   was.lines == sums->lines && was.amount == sums->amount && was.refunded == sums->refunded;
    if (is_same)
        return;
    if (after->has_day)
        day_row_add(s, after, sums, false);
    if (before->has_day)
        day_row_add(s, before, &was, true);
}

bool order_day_next(const struct view *v, struct bytes shop, int32_t day, uint16_t currency, struct order_day *out)
{
    struct bytes key, value;
    if (!view_keyed_next(v, &order_day_family, book_key(shop, day, currency, v->arena), true, &key, &value) ||
        !book_key_read(key, shop, &out->day, &out->currency))
        return false;
    struct day_row row = day_row_read(value);
    out->orders = row.orders;
    out->lines = row.lines;
    out->amount = row.amount;
    out->refunded = row.refunded;
    out->is_listed = false;
    return true;
}
