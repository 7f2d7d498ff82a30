/* What came of a source or shop, and how late. */
#include "base/rng.h"
#include "base/time.h"
#include "domain/order/order.h"
#include "domain/pulse/inside.h"
#include "lib/pack.h"

#define LAG_FORMAT 1u
#define LAG_BYTES (1u + PULSE_BUCKETS * 4u)
#define KEY_BYTES 9u /* of (1), number (4), day (4), big-endian; the day biased, so that keys sort */
#define DAY_BIAS 0x80000000u
#define SLOT_US (15 * US_PER_MINUTE) /* zones differ by so much, so no slot lies in two days */

/* (of, number) -> the slot in which something came last: what spares the other rows */
const struct family pulse_seen_family = {.id = 95, .kind = FAMILY_INDEX, .name = "pulse_seen"};
const struct family pulse_came_family = {.id = 96, .kind = FAMILY_KEYED, .value_bytes = 1, .name = "pulse_came"};
const struct family pulse_lag_family = {.id = 97, .kind = FAMILY_KEYED, .value_bytes = LAG_BYTES, .name = "pulse_lag"};

const int64_t pulse_bounds_us[PULSE_BUCKETS] = {
    -US_PER_DAY,     -US_PER_HOUR,      -5 * US_PER_MINUTE, -US_PER_MINUTE, 0,
    US_PER_MINUTE,   5 * US_PER_MINUTE, 15 * US_PER_MINUTE, US_PER_HOUR,    3 * US_PER_HOUR,
    6 * US_PER_HOUR, 12 * US_PER_HOUR,  US_PER_DAY,         2 * US_PER_DAY, 3 * US_PER_DAY,
    7 * US_PER_DAY,  30 * US_PER_DAY,   INT64_MAX};

static uint32_t bucket_of(int64_t lag_us)
{
    uint32_t bucket = 0;
    while (bucket + 1 < PULSE_BUCKETS && lag_us >= pulse_bounds_us[bucket])
        bucket++;
    return bucket;
}

static struct bytes day_key(enum calendar_of of, uint32_t number, int32_t day, uint8_t room[KEY_BYTES])
{
    *room = (uint8_t)of;
    (void)put_key(put_key(room + 1, number, 4), (uint32_t)day + DAY_BIAS, 4);
    return bytes_of(room, KEY_BYTES);
}

enum name_kind pulse_name_kind(enum calendar_of of)
{
    return of == CALENDAR_OF_SHOP ? NAME_SHOP : NAME_SOURCE;
}

uint32_t pulse_number(const struct view *v, struct pulse_subject subject)
{
    return name_number(v, pulse_name_kind(subject.of), subject.name);
}

/* --- written --- */

static void lags_write(struct step *s, struct bytes key, const struct pulse_lags *lags)
{
    struct buf b = arena_buf(s->view.arena, LAG_BYTES);
    pack_u8(&b, LAG_FORMAT);
    for (uint32_t i = 0; i < PULSE_BUCKETS; i++)
        pack_u32(&b, lags->counts[i]);
    step_keyed_put(s, &pulse_lag_family, key, buf_bytes(&b));
}

static void row_add(struct bytes row, struct pulse_lags *io_lags)
{
    struct unpack u = unpack_of(row);
    u.bad |= unpack_u8(&u) != LAG_FORMAT;
    for (uint32_t i = 0; i < PULSE_BUCKETS; i++) {
        uint32_t count = unpack_u32(&u);
        io_lags->counts[i] += count;
        io_lags->samples += count;
    }
    assert(unpack_finished(&u)); /* rows are our own */
}

void pulse_note(struct step *s, enum calendar_of of, uint32_t number, bool is_counted, int64_t lag_us)
{
    uint32_t slot = (uint32_t)(s->view.now_us / SLOT_US), seen;
    struct hash128 name = {.low = rng_mix((uint64_t)of << 32 | number), .high = number};
    struct bytes row;
    bool is_new = !view_index(&s->view, &pulse_seen_family, name, &seen) || seen != slot;
    if (!is_new && !is_counted)
        return;
    struct bytes key = day_key(of, number, calendar_day_of(&s->view, s->view.now_us),
                               arena_take(s->view.arena, KEY_BYTES, 1));
    if (is_new) {
        step_index_put(s, &pulse_seen_family, name, slot);
        if (!view_keyed(&s->view, &pulse_came_family, key, &row))
            step_keyed_put(s, &pulse_came_family, key, BYTES_LIT("\1"));
        pulse_watch(s);
    }
    if (!is_counted)
        return;
    struct pulse_lags lags = {.samples = 0};
    if (view_keyed(&s->view, &pulse_lag_family, key, &row))
        row_add(row, &lags);
    lags.counts[bucket_of(lag_us)]++;
    lags_write(s, key, &lags);
}

void pulse_day_drop(struct step *s, struct pulse_subject subject, int32_t day)
{
    struct bytes key = day_key(subject.of, pulse_number(&s->view, subject), day,
                               arena_take(s->view.arena, KEY_BYTES, 1));
    step_keyed_remove(s, &pulse_came_family, key);
    step_keyed_remove(s, &pulse_lag_family, key);
}

/* --- read --- */

bool pulse_came(const struct view *v, struct pulse_subject subject, int32_t day)
{
    uint8_t room[KEY_BYTES];
    struct bytes row;
    struct order_day orders;
    if (subject.of == CALENDAR_OF_SHOP)
        return order_day_next(v, subject.name, day, CURRENCY_NONE, &orders) && orders.day == day;
    return view_keyed(v, &pulse_came_family, day_key(subject.of, pulse_number(v, subject), day, room), &row);
}

void pulse_lags_add(const struct view *v, struct pulse_subject subject, int32_t day, struct pulse_lags *io_lags)
{
    uint8_t room[KEY_BYTES];
    struct bytes row;
    if (view_keyed(v, &pulse_lag_family, day_key(subject.of, pulse_number(v, subject), day, room), &row))
        row_add(row, io_lags);
}

void pulse_usual(const struct view *v, struct pulse_subject subject, int32_t day, struct pulse_lags *out_lags)
{
    *out_lags = (struct pulse_lags){.samples = 0};
    for (int32_t before = 1; before <= PULSE_DAYS; before++)
        pulse_lags_add(v, subject, day - before, out_lags);
}

uint32_t pulse_percentile(const struct pulse_lags *lags, uint32_t percent)
{
    uint64_t sum = 0;
    for (uint32_t bucket = 0; bucket < PULSE_BUCKETS; bucket++) {
        sum += lags->counts[bucket];
        if (sum > 0 && sum * 100 >= (uint64_t)lags->samples * percent)
            return bucket;
    }
    return 0;
}
