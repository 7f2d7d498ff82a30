/* Rates by day, and what is said of shops. */
#include "domain/order/books.h"
#include "domain/order/payload.h"

#define RULE_FORMAT 1u
#define RULE_BYTES_MAX 32u
#define LAST_DAY INT32_MAX
#define RATE_PAIR_BYTES 5u /* of a key, in front of the day */

/* 'r', from (2), to (2), LAST_DAY - day (4), all big-endian -> format, signed mantissa, u8 scale; 's', shop -> format, u8 whether it
 * derives. Later days come first, so that the next key is that of the last rate up to a day. */
const struct family order_rule_family = {
    .id = 89, .kind = FAMILY_KEYED, .value_bytes = RULE_BYTES_MAX, .name = "order_rule"};

const struct setting order_group_currency_setting = {
    "order.group_currency", 1,          999,
    CURRENCY_CNY,           "ISO 4217", "The number of the currency in which orders of all shops are added up."};

uint16_t order_group_currency(const struct view *v)
{
    return (uint16_t)setting_int(v, &order_group_currency_setting);
}

static struct bytes rate_key(uint16_t from, uint16_t to, int32_t day, struct arena *arena)
{
    uint32_t back = (uint32_t)LAST_DAY -
                    (uint32_t)day; /* days before 1970 come last: without sign they are the greatest */
    uint8_t key[] = {'r',          (uint8_t)(from >> 8),  (uint8_t)from,         (uint8_t)(to >> 8),
                     (uint8_t)to,  (uint8_t)(back >> 24), (uint8_t)(back >> 16), (uint8_t)(back >> 8),
                     (uint8_t)back};
    return arena_copy(arena, bytes_of(key, sizeof key));
}

fallible rate_check(struct bytes payload, struct err *e)
{
    struct order_rate rate;
    return rate_unpack(payload, &rate, e);
}

const struct refusal *rate_apply(struct step *s, struct bytes payload)
{
    struct order_rate rate;
    struct buf b = arena_buf(s->view.arena, RULE_BYTES_MAX);
    struct status status = rate_unpack(payload, &rate, NULL);
    assert(done(status)); /* rate_check has seen it */
    pack_u8(&b, RULE_FORMAT);
    pack_signed(&b, rate.rate.mantissa);
    pack_u8(&b, rate.rate.scale);
    step_keyed_put(s, &order_rule_family, rate_key(rate.from, rate.to, rate.day, s->view.arena), buf_bytes(&b));
    if (rate.to == order_group_currency(&s->view)) {
        struct order_rates_changed *f = ARENA_NEW(s->view.arena, struct order_rates_changed);
        f->from = rate.from;
        step_say(s, &fact_order_rates_changed, f);
    }
    return NULL;
}

static struct decimal rate_of_row(struct bytes row)
{
    struct unpack u = unpack_of(row);
    u.bad |= unpack_u8(&u) != RULE_FORMAT;
    struct decimal rate = {.mantissa = unpack_signed(&u)};
    rate.scale = unpack_u8(&u);
    assert(unpack_finished(&u));
    return rate;
}

static uint32_t big_endian(const uint8_t *at, size_t bytes)
{
    uint32_t number = 0;
    for (size_t i = 0; i < bytes; i++)
        number = number << 8 | at[i];
    return number;
}

struct hash128 order_rates_sum(const struct view *v)
{
    struct hash128 rules = rows_keyed_sums(v->rows, &order_rule_family).rows;
    return hash128(bytes_of(&rules, sizeof rules), order_group_currency(v));
}

bool order_rate_next(const struct view *v, const struct order_rate *after, struct order_rate *out_rate)
{
    struct bytes key, value;
    bool is_first = after->from == 0; /* no currency has this number, so its key is in front of all */
    if (!view_keyed_next(v, &order_rule_family, rate_key(after->from, after->to, is_first ? LAST_DAY : after->day, v->arena), true,
                         &key, &value) ||
        key.data[0] != 'r')
        return false;
    *out_rate = (struct order_rate){.from = (uint16_t)big_endian(key.data + 1, 2),
                                    .to = (uint16_t)big_endian(key.data + 3, 2),
                                    .day = (int32_t)((uint32_t)LAST_DAY - big_endian(key.data + RATE_PAIR_BYTES, 4)),
                                    .rate = rate_of_row(value)};
    return true;
}

bool order_in_group_currency(const struct view *v, const struct order *o, int64_t amount, uint16_t currency,
                             int64_t *out_amount)
{
    uint16_t group = order_group_currency(v);
    *out_amount = amount;
    if (currency == group)
        return true;
    struct bytes wanted = rate_key(currency, group, o->day, v->arena), key, value;
    if (!o->has_day || !view_keyed_next(v, &order_rule_family, wanted, false, &key, &value) ||
        key.size != wanted.size || !bytes_starts_with(key, bytes_slice(wanted, 0, RATE_PAIR_BYTES)))
        return false;
    *out_amount = money_convert(amount, currency, rate_of_row(value), group);
    return true;
}

/* --- shops --- */

static struct bytes shop_key(struct bytes shop, struct arena *arena)
{
    uint8_t *key = arena_take(arena, 1 + shop.size, 1);
    key[0] = 's';
    (void)put_raw(key + 1, shop.data, shop.size);
    return bytes_of(key, 1 + shop.size);
}

bool order_shop_derives(const struct view *v, struct bytes shop)
{
    struct bytes value;
    return !view_keyed(v, &order_rule_family, shop_key(shop, v->arena), &value) || value.data[1] != 0;
}

bool order_shop_next(const struct view *v, struct bytes after, struct bytes *out_shop, bool *out_derives)
{
    struct bytes key, value;
    if (!view_keyed_next(v, &order_rule_family, shop_key(after, v->arena), true, &key, &value) || key.data[0] != 's')
        return false;
    *out_shop = bytes_slice(key, 1, key.size);
    *out_derives = value.data[1] != 0;
    return true;
}

fallible shop_check(struct bytes payload, struct err *e)
{
    struct bytes shop;
    bool derives;
    return shop_unpack(payload, &shop, &derives, e);
}

const struct refusal *shop_apply(struct step *s, struct bytes payload)
{
    struct bytes shop;
    bool derives;
    struct status status = shop_unpack(payload, &shop, &derives, NULL);
    assert(done(status)); /* shop_check has seen it */
    uint8_t value[] = {RULE_FORMAT, derives};
    step_keyed_put(s, &order_rule_family, shop_key(shop, s->view.arena),
                   arena_copy(s->view.arena, bytes_of(value, sizeof value)));
    return NULL;
}
