#include "domain/audience/commands.h"

#include "domain/calendar/calendar.h"
#include "lib/bitmap.h"
#include "lib/pack.h"

#define DAY_FORMAT 1u
#define DAY_KEY_BYTES 8u
#define DAY_ZERO UINT32_C(0x80000000) /* so that days before 1970 come first */
#define COUNTERS (GROWTH_MOVES * GROWTH_CAUSES)
#define DAY_BYTES_MAX (1u + (2u + COUNTERS) * VARINT_BYTES_MAX)
#define SLICE_DEFINITIONS 32u
static_assert(COUNTERS < 32, "a bit for each of them");

const struct family audience_day_family = {
    .id = 53, .kind = FAMILY_KEYED, .value_bytes = DAY_BYTES_MAX, .name = "audience_day"};

const char *growth_cause_name(uint32_t cause)
{
    assert(cause < GROWTH_CAUSES);
    return cause == GROWTH_BY_TIME ? "time" : cause_name((enum cause)cause);
}

/* --- rows --- */

static struct bytes day_key(struct arena *a, uint32_t number, int32_t day)
{
    uint8_t *key = arena_take(a, DAY_KEY_BYTES, 1);
    (void)put_key(put_key(key, number, 4), (uint32_t)day + DAY_ZERO, 4);
    return bytes_of(key, DAY_KEY_BYTES);
}

static int32_t key_day(struct bytes key)
{
    return (int32_t)((uint32_t)key_number(key.data + 4, 4) - DAY_ZERO);
}

/* A bit says which counters are there; the others are 0. */
static void day_unpack(struct bytes row, struct growth_day *out)
{
    struct unpack u = unpack_of(row);
    uint64_t *counters = &out->moves[0][0];
    uint8_t format = unpack_u8(&u);
    uint64_t size = unpack_varint(&u), there = unpack_varint(&u);
    out->has_size = size > 0;
    out->size = size > 0 ? size - 1 : 0;
    for (uint32_t i = 0; i < COUNTERS; i++)
        counters[i] = (there >> i & 1) != 0 ? unpack_varint(&u) : 0;
    assert(format == DAY_FORMAT && unpack_finished(&u));
    (void)format;
}

static void day_put(struct step *s, uint32_t number, const struct growth_day *day)
{
    struct buf b = arena_buf(s->view.arena, DAY_BYTES_MAX);
    const uint64_t *counters = &day->moves[0][0];
    uint64_t there = 0;
    for (uint32_t i = 0; i < COUNTERS; i++)
        there |= (uint64_t)(counters[i] > 0) << i;
    pack_u8(&b, DAY_FORMAT);
    pack_varint(&b, day->has_size ? day->size + 1 : 0);
    pack_varint(&b, there);
    for (uint32_t i = 0; i < COUNTERS; i++)
        if (counters[i] > 0)
            pack_varint(&b, counters[i]);
    assert(!b.overflowed);
    step_keyed_put(s, &audience_day_family, day_key(s->view.arena, number, day->day), buf_bytes(&b));
}

static struct growth_day day_of(const struct view *v, uint32_t number, int32_t day)
{
    struct growth_day d = {.day = day};
    struct bytes row;
    if (view_keyed(v, &audience_day_family, day_key(v->arena, number, day), &row))
        day_unpack(row, &d);
    return d;
}

bool growth_next(const struct view *v, uint32_t number, int32_t from, struct growth_day *out_day)
{
    struct bytes key, row;
    if (!view_keyed_next(v, &audience_day_family, day_key(v->arena, number, from), false, &key, &row) ||
        key_number(key.data, 4) != number)
        return false;
    *out_day = (struct growth_day){.day = key_day(key)};
    day_unpack(row, out_day);
    return true;
}

/* Takes the days before this one. */
static void days_remove(struct step *s, uint32_t number, int64_t before)
{
    struct growth_day d;
    while (growth_next(&s->view, number, INT32_MIN, &d) && d.day < before)
        step_keyed_remove(s, &audience_day_family, day_key(s->view.arena, number, d.day));
}

void growth_forget(struct step *s, uint32_t number)
{
    days_remove(s, number, INT64_MAX);
}

/* --- who moved --- */

static bool holds(const struct rule_value *value)
{
    return value->is_known && (value->type != RULE_TRUTH || value->truth);
}

void growth_count(struct step *s, const struct audience_turned *turned)
{
    struct growth_day d = day_of(&s->view, turned->number, calendar_day_of(&s->view, s->view.now_us));
    bool held = holds(&turned->before), is_held = holds(&turned->after);
    enum growth_move move = held && is_held ? GROWTH_CHANGED : is_held ? GROWTH_ENTERED : GROWTH_LEFT;
    d.moves[move][turned->by_time ? GROWTH_BY_TIME : (uint32_t)s->cause]++;
    day_put(s, turned->number, &d);
}

/* --- how many there are --- */

/* A condition whose sets nobody makes, or a definition that nothing answers yet, has no size. */
static void size_count(struct step *s, const struct audience *a, int32_t day)
{
    struct growth_day d = day_of(&s->view, a->number, day);
    struct bitmap *people = a->rule == RULE_NONE ? NULL : rule_set_known(&s->view, a->rule);
    days_remove(s, a->number, (int64_t)day - GROWTH_DAYS_MAX);
    if (people != NULL) {
        d.has_size = true;
        d.size = bitmap_count(people);
        day_put(s, a->number, &d);
    }
    bitmap_destroy(people);
}

/* The state: the kind, and the name of the last one. */
static struct bytes growth_advance(struct step *s, struct bytes state)
{
    enum audience_kind kind = (enum audience_kind)state.data[0];
    struct bytes after = bytes_slice(state, 1, state.size);
    int32_t day = calendar_day_of(&s->view, s->view.now_us);
    struct buf next = arena_buf(s->view.arena, 1u + AUDIENCE_NAME_BYTES_MAX);
    struct audience a;
    uint32_t count = 0;
    for (; count < SLICE_DEFINITIONS && audience_next(&s->view, kind, after, &a); after = a.name, count++)
        size_count(s, &a, day);
    if (count < SLICE_DEFINITIONS) { /* no more of this kind */
        if (kind + 1u == AUDIENCE_KIND_COUNT)
            return BYTES_NONE;
        kind++;
        after = BYTES_NONE;
    }
    pack_u8(&next, (uint8_t)kind);
    buf_push(&next, after);
    return buf_bytes(&next);
}

const struct job_kind growth_job = {.id = 0x1211, .name = "audience.growth", .advance = growth_advance};

void growth_begin(struct step *s)
{
    int32_t next = calendar_day_of(&s->view, s->view.now_us) + 1;
    step_timer_set(s, &growth_timer, calendar_day_begin_us(&s->view, next), BYTES_LIT("day"), BYTES_NONE);
}

static bool is_any_defined(const struct view *v)
{
    struct audience a;
    return audience_next(v, AUDIENCE_SEGMENT, BYTES_NONE, &a) || audience_next(v, AUDIENCE_TAG, BYTES_NONE, &a);
}

static void growth_due(struct step *s, struct bytes payload)
{
    static const uint8_t first[] = {AUDIENCE_SEGMENT};
    (void)payload;
    if (!is_any_defined(&s->view))
        return;
    step_job_start(s, &growth_job, BYTES_LIT("day"), bytes_of(first, sizeof first));
    growth_begin(s);
}

const struct timer_kind growth_timer = {.id = 0x1221, .name = "audience.growth", .due = growth_due};
