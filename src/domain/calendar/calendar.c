#include "domain/calendar/calendar.h"

#include "base/hash.h"
#include "base/time.h"
#include "lib/civil.h"
#include "lib/json.h"
#include "lib/pack.h"

#define FORMAT 1u
#define OFFSET_BYTES 12u /* i64, i32, little-endian: looked into where they lie */
#define SHANGHAI_SECONDS (8 * 3600)
#define OFFSET_SECONDS_MAX (18 * 3600)
#define WEEKDAYS_ALL 0x7Fu
#define DAYS_A_WEEK 7
#define THURSDAY 3 /* 1970-01-01 */
#define KEY_BYTES 17u
static_assert(KEY_BYTES <= ROW_KEY_BYTES_MAX, "whatever its name, a calendar has a key");

/* of (1), hash of the name (16): a name may be longer than a key -> the calendar as its command has it */
static const struct family calendar_family = {
    .id = 106, .kind = FAMILY_KEYED, .value_bytes = CALENDAR_BYTES_MAX, .name = "calendar"};

#define ZONE_KEY BYTES_LIT("zone")
#define ZONE_BYTES 8u

/* "zone" -> the position of the command that changed it last */
static const struct family zone_family = {
    .id = 47, .kind = FAMILY_KEYED, .value_bytes = ZONE_BYTES, .name = "calendar_zone"};

const char *const calendar_of_names[CALENDAR_OF_COUNT] = {
    [CALENDAR_OF_WORKSPACE] = "workspace", [CALENDAR_OF_SHOP] = "shop", [CALENDAR_OF_SOURCE] = "source"};

/* --- bytes --- */

static fallible shape_check(const struct calendar *c, struct err *e)
{
    bool is_workspace = c->of == CALENDAR_OF_WORKSPACE;
    if (c->of >= CALENDAR_OF_COUNT || is_workspace != (c->name.size == 0) || c->name.size > CALENDAR_NAME_BYTES_MAX)
        return FAIL(e, INVALID, "name: want that of a shop or a source, of at most %u bytes; the workspace has none",
                    CALENDAR_NAME_BYTES_MAX);
    if (!is_workspace && c->zone.size > 0)
        return FAIL(e, INVALID, "zone: it is the workspace's alone");
    if (c->zone.size > CALENDAR_ZONE_BYTES_MAX || (c->zone.size > 0) != (c->offset_count > 0))
        return FAIL(e, INVALID, "zone: want a name of at most %u bytes, with its offsets", CALENDAR_ZONE_BYTES_MAX);
    if (c->offset_count > CALENDAR_OFFSETS_MAX || c->span_count > CALENDAR_SPANS_MAX)
        return FAIL(e, LIMIT, "closed_days: at most %u spans of days", CALENDAR_SPANS_MAX);
    if (c->closed_weekdays > WEEKDAYS_ALL)
        return FAIL(e, INVALID, "closed_weekdays: there are seven days");
    return DONE;
}

static fallible lists_check(const struct calendar *c, struct err *e)
{
    for (uint32_t i = 0; i < c->offset_count; i++) {
        const struct calendar_offset *o = &c->offsets[i];
        bool is_sane = o->seconds >= -OFFSET_SECONDS_MAX && o->seconds <= OFFSET_SECONDS_MAX;
        if (!is_sane || (i > 0 && o[-1].from_us >= o->from_us))
            return FAIL(e, INVALID, "zone: its offsets are out of order");
    }
    for (uint32_t i = 0; i < c->span_count; i++)
        if (c->spans[i].first > c->spans[i].last || (i > 0 && c->spans[i - 1].last >= c->spans[i].first))
            return FAIL(e, INVALID, "closed_days: want spans in order, none of them meeting another");
    return DONE;
}

fallible calendar_pack(const struct calendar *c, struct buf *b, struct err *e)
{
    TRY(shape_check(c, e));
    TRY(lists_check(c, e));
    pack_u8(b, FORMAT);
    pack_u8(b, (uint8_t)c->of);
    pack_bytes(b, c->name);
    pack_bytes(b, c->zone);
    pack_varint(b, c->offset_count);
    for (uint32_t i = 0; i < c->offset_count; i++) {
        pack_u64(b, (uint64_t)c->offsets[i].from_us);
        pack_u32(b, (uint32_t)c->offsets[i].seconds);
    }
    pack_u8(b, c->closed_weekdays);
    pack_varint(b, c->span_count);
    for (uint32_t i = 0; i < c->span_count; i++) {
        pack_signed(b, c->spans[i].first);
        pack_signed(b, c->spans[i].last);
    }
    pack_varint(b, c->silent);
    return b->overflowed ? FAIL(e, LIMIT, "a calendar takes at most %u bytes", CALENDAR_BYTES_MAX) : DONE;
}

/* What stands in front of the lists, and where the offsets lie. */
static bool head_read(struct unpack *u, struct calendar *out, struct bytes *out_offsets)
{
    uint8_t format = unpack_u8(u);
    *out = (struct calendar){.of = unpack_u8(u)};
    out->name = unpack_bytes(u);
    out->zone = unpack_bytes(u);
    out->offset_count = unpack_varint32(u);
    u->bad |= format != FORMAT || out->offset_count > CALENDAR_OFFSETS_MAX;
    *out_offsets = unpack_raw(u, u->bad ? 0 : (size_t)out->offset_count * OFFSET_BYTES);
    return !u->bad;
}

static struct calendar_offset offset_at(struct bytes offsets, uint32_t place)
{
    struct unpack u = unpack_of(bytes_slice(offsets, (size_t)place * OFFSET_BYTES, offsets.size));
    struct calendar_offset offset = {.from_us = (int64_t)unpack_u64(&u)};
    offset.seconds = (int32_t)unpack_u32(&u);
    return offset;
}

static int32_t day_unpack(struct unpack *u)
{
    int64_t day = unpack_signed(u);
    u->bad |= day < INT32_MIN / 2 || day > INT32_MAX / 2;
    return u->bad ? 0 : (int32_t)day;
}

static bool tail_read(struct unpack *u, struct arena *arena, struct calendar *out)
{
    out->closed_weekdays = unpack_u8(u);
    out->span_count = unpack_varint32(u);
    u->bad |= out->span_count > CALENDAR_SPANS_MAX;
    struct calendar_span *spans = ARENA_ARRAY(arena, struct calendar_span, u->bad ? 1 : out->span_count + 1);
    for (uint32_t i = 0; i < out->span_count && !u->bad; i++) {
        spans[i].first = day_unpack(u);
        spans[i].last = day_unpack(u);
    }
    out->spans = spans;
    out->silent = unpack_varint32(u);
    return unpack_finished(u);
}

fallible calendar_unpack(struct bytes payload, struct arena *arena, struct calendar *out, struct err *e)
{
    struct unpack u = unpack_of(payload);
    struct bytes packed;
    if (!head_read(&u, out, &packed))
        return FAIL(e, INVALID, "not a calendar");
    struct calendar_offset *offsets = ARENA_ARRAY(arena, struct calendar_offset, out->offset_count + 1);
    for (uint32_t i = 0; i < out->offset_count; i++)
        offsets[i] = offset_at(packed, i);
    out->offsets = offsets;
    if (!tail_read(&u, arena, out))
        return FAIL(e, INVALID, "not a calendar");
    TRY(shape_check(out, e));
    return lists_check(out, e);
}

/* --- reading --- */

static struct bytes key_of(enum calendar_of of, struct bytes name, uint8_t room[KEY_BYTES])
{
    struct hash128 hash = hash128(name, 0);
    room[0] = (uint8_t)of;
    (void)put_key(put_key(room + 1, hash.high, 8), hash.low, 8);
    return bytes_of(room, KEY_BYTES);
}

static bool row_find(const struct view *v, enum calendar_of of, struct bytes name, struct bytes *out_row)
{
    uint8_t room[KEY_BYTES];
    return view_keyed(v, &calendar_family, key_of(of, name, room), out_row);
}

static bool calendar_find(const struct view *v, enum calendar_of of, struct bytes name, struct calendar *out)
{
    struct bytes row;
    if (!row_find(v, of, name, &row))
        return false;
    struct status status = calendar_unpack(row, v->arena, out, NULL);
    assert(done(status)); /* rows are our own */
    (void)status;
    return bytes_equal(out->name, name); /* another one may have the same hash */
}

/* How far ahead of UTC clocks are at an instant. */
static int32_t offset_seconds(const struct view *v, int64_t us)
{
    struct bytes row, offsets;
    struct calendar c;
    if (!row_find(v, CALENDAR_OF_WORKSPACE, BYTES_NONE, &row))
        return SHANGHAI_SECONDS;
    struct unpack u = unpack_of(row);
    bool good = head_read(&u, &c, &offsets);
    assert(good);
    (void)good;
    if (c.offset_count == 0)
        return SHANGHAI_SECONDS;
    uint32_t low = 0, high = c.offset_count; /* the last one not after the instant lies in [low, high) */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (offset_at(offsets, middle).from_us <= us)
            low = middle;
        else
            high = middle;
    }
    return offset_at(offsets, low).seconds;
}

int32_t calendar_day_of(const struct view *v, int64_t us)
{
    return day_of_time(us, offset_seconds(v, us));
}

/* Clocks may have been changed at midnight or near it, so the first instant of the day is looked for on both sides. */
int64_t calendar_day_begin_us(const struct view *v, int32_t day)
{
    int64_t local_us = (int64_t)day * US_PER_DAY, early_us = local_us - OFFSET_SECONDS_MAX * US_PER_SECOND;
    int64_t late_us = local_us + OFFSET_SECONDS_MAX * US_PER_SECOND;
    while (late_us - early_us > 1) {
        int64_t middle_us = early_us + (late_us - early_us) / 2;
        if (calendar_day_of(v, middle_us) < day)
            early_us = middle_us;
        else
            late_us = middle_us;
    }
    return late_us;
}

struct bytes calendar_zone(const struct view *v)
{
    struct calendar c;
    bool is_said = calendar_find(v, CALENDAR_OF_WORKSPACE, BYTES_NONE, &c) && c.zone.size > 0;
    return is_said ? c.zone : BYTES_LIT(CALENDAR_ZONE_INITIALLY);
}

struct civil *calendar_civil(const struct view *v)
{
    static const struct zone_offset initially = {.seconds = SHANGHAI_SECONDS};
    struct calendar c;
    if (!calendar_find(v, CALENDAR_OF_WORKSPACE, BYTES_NONE, &c) || c.offset_count == 0)
        return civil_create_of(&initially, 1, 1);
    struct zone_offset *offsets = ARENA_ARRAY(v->arena, struct zone_offset, c.offset_count);
    for (uint32_t i = 0; i < c.offset_count; i++)
        offsets[i] = (struct zone_offset){.from_us = c.offsets[i].from_us, .seconds = c.offsets[i].seconds};
    offsets[0].from_us = c.offset_count > 1 ? offsets[1].from_us - 1 : 0; /* it is in force from ever, whatever it says */
    return civil_create_of(offsets, c.offset_count, 1);
}

struct hash128 calendar_sum(const struct view *v)
{
    return rows_keyed_sums(v->rows, &calendar_family).rows;
}

uint64_t calendar_zone_since(const struct view *v)
{
    struct bytes value;
    if (!view_keyed(v, &zone_family, ZONE_KEY, &value))
        return 0;
    struct unpack u = unpack_of(value);
    uint64_t since = unpack_u64(&u);
    assert(unpack_finished(&u));
    return since;
}

/* Of the offsets alone: as long as it is the same, so is the day of each instant. The first one is from ever, whatever it says. */
static struct hash128 offsets_sum(const struct view *v)
{
    struct calendar c;
    bool is_said = calendar_find(v, CALENDAR_OF_WORKSPACE, BYTES_NONE, &c) && c.offset_count > 0;
    int64_t first = is_said ? c.offsets[0].seconds : SHANGHAI_SECONDS;
    struct hash128 sum = hash128(bytes_of(&first, sizeof first), 0);
    for (uint32_t i = 1; is_said && i < c.offset_count; i++) {
        const uint64_t parts[] = {sum.high, sum.low, (uint64_t)c.offsets[i].from_us, (uint64_t)c.offsets[i].seconds};
        sum = hash128(bytes_of(parts, sizeof parts), 0);
    }
    return sum;
}

int calendar_weekday(int32_t day)
{
    return ((day % DAYS_A_WEEK) + DAYS_A_WEEK + THURSDAY) % DAYS_A_WEEK;
}

static bool closes(const struct calendar *c, int32_t day)
{
    bool closed = (c->closed_weekdays >> calendar_weekday(day) & 1) != 0;
    for (uint32_t i = 0; i < c->span_count && !closed; i++)
        closed = c->spans[i].first <= day && day <= c->spans[i].last;
    return closed;
}

bool calendar_is_closed(const struct view *v, enum calendar_of of, struct bytes name, int32_t day)
{
    struct calendar c;
    if (calendar_find(v, CALENDAR_OF_WORKSPACE, BYTES_NONE, &c) && closes(&c, day))
        return true;
    return of != CALENDAR_OF_WORKSPACE && calendar_find(v, of, name, &c) && closes(&c, day);
}

bool calendar_is_silent(const struct view *v, enum calendar_of of, struct bytes name, unsigned alarm)
{
    struct calendar c;
    assert(alarm < 32);
    if (calendar_find(v, CALENDAR_OF_WORKSPACE, BYTES_NONE, &c) && (c.silent >> alarm & 1) != 0)
        return true;
    return of != CALENDAR_OF_WORKSPACE && calendar_find(v, of, name, &c) && (c.silent >> alarm & 1) != 0;
}

bool calendar_next(const struct view *v, const struct calendar *after, struct calendar *out)
{
    uint8_t room[KEY_BYTES];
    struct bytes key = after == NULL ? BYTES_NONE : key_of(after->of, after->name, room), row;
    if (!view_keyed_next(v, &calendar_family, key, true, &key, &row))
        return false;
    struct status status = calendar_unpack(row, v->arena, out, NULL);
    assert(done(status));
    (void)status;
    return true;
}

/* --- the command --- */

static fallible calendar_check(struct bytes payload, struct err *e)
{
    struct calendar c;
    struct arena *arena = arena_create(CALENDAR_BYTES_MAX);
    struct status status = calendar_unpack(payload, arena, &c, e);
    arena_destroy(arena);
    return status;
}

static bool says_nothing(const struct calendar *c)
{
    return c->zone.size == 0 && c->closed_weekdays == 0 && c->span_count == 0 && c->silent == 0;
}

static void zone_change(struct step *s)
{
    struct buf b = arena_buf(s->view.arena, ZONE_BYTES);
    pack_u64(&b, s->view.position);
    step_keyed_put(s, &zone_family, ZONE_KEY, buf_bytes(&b));
    step_say(s, &fact_zone_changed, ARENA_NEW(s->view.arena, uint8_t));
}

static const struct refusal *calendar_apply(struct step *s, struct bytes payload)
{
    struct arena *a = s->view.arena;
    struct calendar c, was;
    struct status status = calendar_unpack(payload, a, &c, NULL);
    assert(done(status)); /* calendar_check has seen it */
    if (c.of == CALENDAR_OF_WORKSPACE && c.zone.size == 0 && calendar_find(&s->view, c.of, c.name, &was)) {
        c.zone = was.zone;
        c.offset_count = was.offset_count;
        c.offsets = was.offsets;
    }
    struct bytes key = key_of(c.of, c.name, arena_take(a, KEY_BYTES, 1));
    struct hash128 offsets = offsets_sum(&s->view);
    if (says_nothing(&c)) {
        step_keyed_remove(s, &calendar_family, key);
        return NULL;
    }
    struct buf b = arena_buf(a, CALENDAR_BYTES_MAX);
    status = calendar_pack(&c, &b, NULL);
    assert(done(status)); /* each of both was one */
    (void)status;
    step_keyed_put(s, &calendar_family, key, buf_bytes(&b));
    if (!hash128_equal(offsets, offsets_sum(&s->view)))
        zone_change(s);
    return NULL;
}

/* --- the table --- */

static void zone_print(const struct view *v, const void *fact, struct json_writer *out)
{
    (void)fact;
    json_key(out, "zone");
    json_put_string(out, calendar_zone(v));
}

const struct fact_kind fact_zone_changed = {.id = 0x0D01,
                                            .name = "zone_changed",
                                            .print = zone_print,
                                            .about = "Days of the workspace begin and end at other instants."};

static const struct family *const families[] = {&calendar_family, &zone_family};
static const struct fact_kind *const says[] = {&fact_zone_changed};
static const struct command commands[] = {
    {COMMAND_CALENDAR, "calendar.set", CALENDAR_BYTES_MAX, ROLE_ADMIN, calendar_check, NULL, calendar_apply,
     "Says the zone of the workspace, the days on which it, a shop or a source is closed, and which alarms are silent.",
     NULL},
};

const struct domain calendar_domain = {
    .number = 0x0D,
    .name = "calendar",
    .about = "The zone of a workspace, and the days on which it, a shop or a source is closed.",
    .families = families,
    .family_count = COUNT_OF(families),
    .says = says,
    .say_count = COUNT_OF(says),
    .commands = commands,
    .command_count = COUNT_OF(commands),
};
