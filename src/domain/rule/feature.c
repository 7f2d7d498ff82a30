#include "domain/rule/feature.h"

#include <math.h>
#include <string.h>

#include "domain/analytics/analytics.h"
#include "lib/list.h"
#include "lib/pack.h"

#define MILLION 1000000
#define SCALE_OF_MILLIONTHS 6u
#define HASH_BYTES 16u
#define TIE_BYTES 4u
#define PATTERN_STEPS_AN_EVENT 100000u /* beside the free ones of each text; beyond, the event doesn't match */

static_assert(FEATURE_KEY_KEPT_BYTES + HASH_BYTES <= FEATURE_KEY_BYTES_MAX, "a key that was cut is a key");
static_assert(FEATURE_ORDER_BYTES + FEATURE_KEY_BYTES_MAX <= SERIES_KEY_BYTES_MAX && TIE_BYTES == FEATURE_ORDER_BYTES,
              "the keys of an order begin with its tie");

bool feature_reads_days(const struct feature *f)
{
    bool reads = f->grain == GRAIN_DAY || f->from_us != INT64_MIN || f->until_us != INT64_MAX ||
                 name_reads_clock(f->value);
    for (uint32_t i = 0; i < f->step_count; i++)
        reads |= f->steps[i].where != NULL;
    return reads;
}

int64_t feature_oldest(const struct feature *f, int64_t now_us, const struct civil *civil)
{
    if (f->horizon == 0 || f->grain == GRAIN_EVER)
        return -SERIES_BUCKET_MAX;
    return (f->grain == GRAIN_DAY ? civil_number(civil, CIVIL_DAY, now_us) : now_us) - f->horizon + 1;
}

/* --- numbers and keys --- */

static bool real_number(double x, series_wide *out)
{
    double millionths = round(x * MILLION);
    if (fabs(millionths) > ldexp(1, FEATURE_NUMBER_BITS))
        return false;
    *out = (series_wide)millionths;
    return true;
}

bool feature_number(const struct value *v, series_wide *out_number)
{
    series_wide number = v->integer;
    switch (v->kind) {
    case VALUE_FALSE:
    case VALUE_TRUE:
        *out_number = v->kind == VALUE_TRUE ? MILLION : 0;
        return true;
    case VALUE_DECIMAL:
        for (unsigned i = v->scale; i < SCALE_OF_MILLIONTHS; i++)
            number *= 10;
        *out_number = number;
        return true;
    case VALUE_TIME:
        *out_number = number;
        return true;
    case VALUE_DOUBLE:
        return real_number(v->real, out_number);
    default:
        return false;
    }
}

static struct bytes packed(const struct value *v, struct arena *arena)
{
    struct buf b = arena_buf(arena, 2 * VARINT_BYTES_MAX + v->body.size);
    assert(v->kind != VALUE_NULL && v->kind < VALUE_LIST);
    if (v->kind == VALUE_TEXT)
        value_pack_text(&b, v->body);
    else if (v->kind == VALUE_DECIMAL)
        value_pack_decimal(&b, v->integer, v->scale);
    else if (v->kind == VALUE_DOUBLE)
        value_pack_double(&b, v->real);
    else if (v->kind == VALUE_TIME)
        value_pack_time(&b, v->integer);
    else
        value_pack_bool(&b, v->kind == VALUE_TRUE);
    assert(!b.overflowed);
    return buf_bytes(&b);
}

struct bytes feature_key(const struct value *v, struct arena *arena)
{
    struct bytes whole = packed(v, arena);
    size_t kept = FEATURE_KEY_KEPT_BYTES;
    if (whole.size <= FEATURE_KEY_BYTES_MAX)
        return whole;
    while ((whole.data[kept] & 0xc0) == 0x80) /* only texts are so long; their tag ends it */
        kept--;
    struct hash128 hash = hash128(whole, 0);
    uint8_t *key = arena_take(arena, kept + HASH_BYTES, 1);
    memcpy(key, whole.data, kept);
    (void)put_key(put_key(key + kept, hash.high, sizeof hash.high), hash.low, sizeof hash.low);
    return bytes_of(key, kept + HASH_BYTES);
}

struct value feature_key_value(struct bytes key)
{
    struct unpack u = unpack_of(key);
    struct value v = unpack_value(&u);
    if (unpack_finished(&u))
        return v;
    assert(key.size > HASH_BYTES && key.data[0] == VALUE_TEXT);
    u = unpack_of(bytes_slice(key, 1, key.size - HASH_BYTES));
    (void)unpack_varint(&u);
    return (struct value){.kind = VALUE_TEXT, .body = unpack_rest(&u)};
}

/* --- conditions --- */

struct matcher_step {
    const struct feature_step *said;
    const struct filter *where;
};
struct matcher {
    const struct feature *feature;
    const struct path *value; /* NULL: none */
    bool by_item;             /* the value is of items */
    const struct thing_wants *wants;
    struct matcher_step steps[]; /* as many as the feature has */
};

fallible matcher_compile_among(const struct feature *f, const struct civil *civil, struct path_pool *pool,
                               struct arena *arena, const struct matcher **out_matcher, struct err *e)
{
    static const struct thing_wants nothing = {.count = 0};
    struct matcher *m = arena_zeroed(arena, sizeof *m + f->step_count * sizeof *m->steps, _Alignof(struct matcher));
    struct thing_wants wants = {.count = 0};
    const struct filter_reader reader = {.arena = arena, .civil = civil, .wants = &wants, .pool = pool};
    assert(f->step_count > 0 && f->step_count <= FEATURE_STEPS_MAX);
    m->feature = f;
    if (f->value.size > 0)
        TRY(path_of(&reader, f->value, &m->value, e));
    m->by_item = m->value != NULL && path_is_of_items(m->value);
    for (uint32_t k = 0; k < f->step_count; k++) {
        m->steps[k].said = &f->steps[k];
        if (f->steps[k].where != NULL)
            TRY(filter_of(&reader, f->steps[k].where, &m->steps[k].where, e));
    }
    m->wants = &nothing;
    if (wants.count > 0) /* seldom, and too much to lie between what every event reads */
        m->wants = memcpy(ARENA_NEW(arena, struct thing_wants), &wants, sizeof wants);
    *out_matcher = m;
    return DONE;
}

fallible matcher_compile(const struct feature *f, const struct civil *civil, struct arena *arena,
                         const struct matcher **out_matcher, struct err *e)
{
    return matcher_compile_among(f, civil, NULL, arena, out_matcher, e);
}

const struct thing_wants *matcher_wants(const struct matcher *m)
{
    return m->wants;
}

const struct expr *matcher_condition(const struct matcher *m)
{
    return m->feature->step_count == 1 && !m->by_item ? m->steps[0].said->where : NULL;
}

/* --- matching --- */

struct matching {
    const struct matcher *matcher;
    const struct arrived *arrived;
    const struct feature_things *things;
    enum condition_holds *holds; /* of the condition that others share; NULL: nobody does */
    struct arena *arena;
    struct event_look look;
    struct series_entry entry; /* what all entries of the event have in common */
    struct series_entry *entries;
    size_t count, room;
    bool is_matched; /* a step did, or an item of one */
};

static bool thing_told(void *context, uint32_t want, struct bytes id, int64_t at_us, struct value *out_value)
{
    const struct matching *g = context;
    const struct thing_want *w = &g->matcher->wants->list[want];
    return g->things->told(g->things->context, w->kind, w->member, id, at_us, out_value);
}

static struct bytes tie_key(uint32_t tie, struct bytes value, struct arena *arena)
{
    uint8_t *key = arena_take(arena, TIE_BYTES + value.size, 1);
    (void)put_raw(put_key(key, tie, TIE_BYTES), value.data, value.size);
    return bytes_of(key, TIE_BYTES + value.size);
}

static void entry_push(struct matching *g, const struct series_entry *entry)
{
    LIST_OPEN(g->arena, g->entries, g->count, g->room, g->count);
    g->entries[g->count - 1] = *entry;
}

static int64_t number_cut(series_wide number)
{
    return number > INT64_MAX ? INT64_MAX : number < INT64_MIN ? INT64_MIN : (int64_t)number;
}

/* One value of the event adds one entry, if it is one that the feature can take. */
static bool value_push(void *context, const struct value *v)
{
    struct matching *g = context;
    const struct feature *f = g->matcher->feature;
    struct series_entry entry = g->entry;
    if (f->value_is_key)
        entry.key = feature_key(v, g->arena);
    if (f->value_is_key && f->of == FEATURE_ORDERS)
        entry.key = tie_key(entry.tie, entry.key, g->arena);
    switch (f->shape.kind) {
    case SERIES_SUM:
    case SERIES_LEAST:
    case SERIES_GREATEST:
        if (!feature_number(v, &entry.sum))
            return true;
        entry.number = number_cut(entry.sum);
        break;
    case SERIES_FIRST:
    case SERIES_LAST:
        entry.value = packed(v, g->arena);
        if (entry.value.size > SERIES_VALUE_BYTES_MAX)
            return true;
        break;
    default:
        break;
    }
    entry_push(g, &entry);
    return true;
}

static bool step_hears(const struct feature_step *step, uint32_t event)
{
    for (uint32_t i = 0; i < step->event_count; i++)
        if (step->events[i] == event)
            return true;
    return step->event_count == 0;
}

static bool condition_holds(struct matching *g, const struct matcher_step *step)
{
    if (g->holds != NULL && *g->holds != CONDITION_UNTOLD)
        return *g->holds == CONDITION_HOLDS;
    bool holds = filter_holds(step->where, &g->look) && !g->look.patterns.is_spent;
    if (g->holds != NULL)
        *g->holds = holds ? CONDITION_HOLDS : CONDITION_FAILS;
    return holds;
}

/* Which steps the event is, or the one item of it that is looked at. false: none. */
static bool steps_matched(struct matching *g, uint64_t *out_bits)
{
    const struct matcher *m = g->matcher;
    bool any = false;
    *out_bits = 0;
    for (uint32_t k = 0; k < m->feature->step_count; k++) {
        const struct matcher_step *step = &m->steps[k];
        if (!step_hears(step->said, g->arrived->event) || !condition_holds(g, step))
            continue;
        any = true;
        *out_bits |= step->said->bits;
    }
    return any;
}

static void values_push(struct matching *g)
{
    const struct matcher *m = g->matcher;
    uint64_t bits;
    if (!steps_matched(g, &bits))
        return;
    g->is_matched = true;
    g->entry.count = m->feature->shape.kind == SERIES_BITS ? bits : 1;
    if (m->value == NULL)
        entry_push(g, &g->entry);
    else
        path_values(m->value, &g->look, value_push, g);
}

/* What was first or last is so without a value too. */
static bool is_bare(const struct matching *g)
{
    enum series_kind kind = g->matcher->feature->shape.kind;
    return g->is_matched && g->count == 0 && (kind == SERIES_FIRST || kind == SERIES_LAST);
}

static int64_t bucket_of(const struct feature *f, struct feature_event *io_event)
{
    int64_t us = io_event->arrived->envelope.event_us;
    if (f->grain == GRAIN_EVER)
        return 0;
    if (f->grain == GRAIN_MOMENT)
        return us;
    if (!io_event->knows_day) {
        io_event->day = civil_number(io_event->civil, CIVIL_DAY, us);
        io_event->knows_day = true;
    }
    return io_event->day;
}

size_t matcher_entries_of(const struct matcher *m, struct feature_event *io_event, enum condition_holds *io_holds,
                          struct arena *arena, const struct series_entry **out_entries)
{
    const struct feature *f = m->feature;
    const struct envelope *v = &io_event->arrived->envelope;
    if (v->event_us < f->from_us || v->event_us >= f->until_us || (io_holds != NULL && *io_holds == CONDITION_FAILS))
        return 0;
    struct matching g = {
        .matcher = m, .arrived = io_event->arrived, .things = io_event->things, .holds = io_holds, .arena = arena};
    g.look = (struct event_look){.envelope = v,
                                 .event = (uint16_t)g.arrived->event,
                                 .is_item = m->by_item,
                                 .told = g.things == NULL ? NULL : thing_told,
                                 .context = &g,
                                 .civil = io_event->civil,
                                 .found = io_event->found,
                                 .arena = arena,
                                 .patterns = {.steps = PATTERN_STEPS_AN_EVENT}};
    g.entry = (struct series_entry){
        .bucket = bucket_of(f, io_event), .number = v->event_us, .tie = feature_tie(v->message)};
    if (f->shape.is_keyed && !f->value_is_key)
        g.entry.key = tie_key(g.entry.tie, BYTES_NONE, arena);
    if (!m->by_item)
        values_push(&g);
    for (; m->by_item && g.look.item < v->item_count; g.look.item++)
        values_push(&g);
    if (is_bare(&g))
        entry_push(&g, &g.entry);
    *out_entries = g.entries;
    return g.count;
}

size_t matcher_entries(const struct matcher *m, const struct arrived *arrived, const struct civil *civil,
                       const struct feature_things *things, struct arena *arena,
                       const struct series_entry **out_entries)
{
    struct feature_event event = {.arrived = arrived, .civil = civil, .things = things};
    return matcher_entries_of(m, &event, NULL, arena, out_entries);
}
