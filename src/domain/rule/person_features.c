#include "domain/rule/person_features.h"

#include <string.h>

#include "lib/pack.h"

#define SECTION_FORMAT 1u
#define KEY_BYTES 8u
#define SLOT_BYTES_MAX 8u /* a slot's distance and a series' size, both under 2^28 */

const struct family long_feature_family = {
    .id = 111, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "long_feature"};
const struct section features_section = {.id = 7, .kind = SECTION_FOLD, .name = "features"};

/* --- reading --- */

struct held {
    uint32_t slot;
    bool is_long; /* lies in a row of its own */
    struct bytes series;
};
struct held_list {
    struct held *list;
    size_t count, room;
};

static struct bytes long_key(struct arena *a, uint32_t person, uint32_t slot)
{
    uint8_t *key = arena_take(a, KEY_BYTES, 1);
    (void)put_key(put_key(key, person, 4), slot, 4);
    return bytes_of(key, KEY_BYTES);
}

static struct bytes long_series(const struct view *v, uint32_t person, uint32_t slot)
{
    struct bytes series = BYTES_NONE;
    bool found = view_keyed(v, &long_feature_family, long_key(v->arena, person, slot), &series);
    assert(found);
    (void)found;
    return series;
}

/* The next one of a section; what lies elsewhere is not fetched. */
static bool held_next(struct unpack *u, struct held *io)
{
    if (unpack_left(u) == 0)
        return false;
    io->slot += unpack_varint32(u);
    io->series = unpack_bytes(u);
    io->is_long = io->series.size == 0;
    assert(unpack_good(u));
    return true;
}

static struct unpack section_open(const struct view *v, uint32_t person)
{
    struct unpack u = unpack_of(view_section(v, person, &features_section));
    if (unpack_left(&u) > 0) {
        uint8_t format = unpack_u8(&u);
        assert(format == SECTION_FORMAT);
        (void)format;
    }
    return u;
}

struct bytes person_feature(const struct view *v, uint32_t person, uint32_t slot)
{
    struct unpack u = section_open(v, person);
    struct held h = {0};
    while (held_next(&u, &h) && h.slot <= slot)
        if (h.slot == slot)
            return h.is_long ? long_series(v, person, slot) : h.series;
    return BYTES_NONE;
}

static void held_push(struct arena *a, struct held_list *l, struct held h)
{
    if (l->count == l->room) {
        size_t room = l->room == 0 ? 16 : l->room * 2;
        struct held *list = ARENA_ARRAY(a, struct held, room);
        if (l->count > 0)
            memcpy(list, l->list, l->count * sizeof *list);
        l->list = list;
        l->room = room;
    }
    l->list[l->count++] = h;
}

static struct held_list held_of(const struct view *v, uint32_t person)
{
    struct unpack u = section_open(v, person);
    struct held_list l = {0};
    for (struct held h = {0}; held_next(&u, &h);)
        held_push(v->arena, &l,
                  (struct held){.slot = h.slot,
                                .is_long = h.is_long,
                                .series = h.is_long ? long_series(v, person, h.slot) : h.series});
    return l;
}

size_t person_features(const struct view *v, uint32_t person, const struct slot_series **out_list)
{
    struct held_list l = held_of(v, person);
    struct slot_series *list = ARENA_ARRAY(v->arena, struct slot_series, l.count);
    for (size_t i = 0; i < l.count; i++)
        list[i] = (struct slot_series){.slot = l.list[i].slot, .series = l.list[i].series};
    *out_list = list;
    return l.count;
}

/* --- writing --- */

/* What is on its way into the section. One that is long and has no bytes stays as it lies. */
struct rewriting {
    struct step *step;
    uint32_t person;
    struct held_list held;
};

static bool stays(const struct held *h)
{
    return h->is_long && h->series.size == 0;
}

/* A series in the place of the one that was held; no bytes: it goes. */
static void push_series(struct rewriting *w, const struct held *was, struct bytes series)
{
    struct arena *a = w->step->view.arena;
    if (series.size > 0)
        held_push(a, &w->held, (struct held){.slot = was->slot, .is_long = was->is_long, .series = series});
    else if (was->is_long)
        step_keyed_remove(w->step, &long_feature_family, long_key(a, w->person, was->slot));
}

static size_t inline_bytes(const struct held_list *l, size_t least)
{
    size_t total = 0;
    for (size_t i = 0; i < l->count; i++)
        total += SLOT_BYTES_MAX + (l->list[i].series.size > least ? 0 : l->list[i].series.size);
    return total;
}

/* Decides who gets a row of its own, and writes these rows. */
static void settle_long(struct rewriting *w)
{
    struct arena *a = w->step->view.arena;
    size_t least = FEATURE_LONG_BYTES;
    while (inline_bytes(&w->held, least) > FEATURES_INLINE_MAX && least > 1)
        least /= 2;
    for (size_t i = 0; i < w->held.count; i++) {
        struct held *h = &w->held.list[i];
        if (stays(h))
            continue;
        bool is_long = h->series.size > least || (h->is_long && h->series.size > least / 2);
        struct bytes key = h->is_long || is_long ? long_key(a, w->person, h->slot) : BYTES_NONE;
        if (is_long)
            step_keyed_put(w->step, &long_feature_family, key, h->series);
        else if (h->is_long)
            step_keyed_remove(w->step, &long_feature_family, key);
        h->is_long = is_long;
    }
}

/* Lets go of the slots beyond the bound; returns how many. */
static size_t cut(struct rewriting *w)
{
    struct arena *a = w->step->view.arena;
    size_t over = w->held.count > FEATURE_SLOTS_MAX ? w->held.count - FEATURE_SLOTS_MAX : 0;
    for (size_t i = 0; i < over; i++) {
        const struct held *h = &w->held.list[--w->held.count];
        if (h->is_long)
            step_keyed_remove(w->step, &long_feature_family, long_key(a, w->person, h->slot));
    }
    return over;
}

static size_t rewrite(struct rewriting *w)
{
    size_t over = cut(w);
    settle_long(w);
    struct buf b = arena_buf(w->step->view.arena, 1 + inline_bytes(&w->held, SIZE_MAX));
    if (w->held.count > 0)
        pack_u8(&b, SECTION_FORMAT);
    uint32_t before = 0;
    for (size_t i = 0; i < w->held.count; before = w->held.list[i++].slot) {
        pack_varint(&b, w->held.list[i].slot - before);
        pack_bytes(&b, w->held.list[i].is_long ? BYTES_NONE : w->held.list[i].series);
    }
    step_section_put(w->step, w->person, &features_section, buf_bytes(&b));
    return over;
}

/* --- changing some slots in one pass --- */

/* What becomes of a slot: `at` is its place among those that change. `was` has its series, wherever it lay. */
struct change {
    const struct slot_rules *rules;
    uint32_t (*slot)(const struct change *c, size_t at);
    struct bytes (*series)(const struct change *c, size_t at, struct bytes was, struct arena *a);
    const void *list;
    size_t count;
    struct bytes *out_series; /* NULL: nobody wants to know */
};

static void change_slot(struct rewriting *w, const struct change *c, size_t at, struct held was)
{
    struct arena *a = w->step->view.arena;
    if (stays(&was))
        was.series = arena_copy(a, long_series(&w->step->view, w->person, was.slot));
    struct bytes series = c->series(c, at, was.series, a);
    push_series(w, &was, series);
    if (c->out_series != NULL)
        c->out_series[at] = series;
}

/* Slots that change and were left out have nothing. */
static void unsay_left_out(const struct rewriting *w, const struct change *c)
{
    uint32_t last = w->held.list[w->held.count - 1].slot;
    for (size_t at = c->count; at > 0 && c->slot(c, at - 1) > last; at--)
        c->out_series[at - 1] = BYTES_NONE;
}

static size_t change_slots(struct step *s, uint32_t person, const struct change *c)
{
    struct rewriting w = {.step = s, .person = person};
    struct unpack u = section_open(&s->view, person);
    struct held h = {0};
    size_t at = 0;
    for (bool more = held_next(&u, &h); more || at < c->count;) {
        if (at == c->count || (more && h.slot < c->slot(c, at))) {
            held_push(s->view.arena, &w.held, h);
            more = held_next(&u, &h);
            continue;
        }
        bool is_there = more && h.slot == c->slot(c, at);
        change_slot(&w, c, at, is_there ? h : (struct held){.slot = c->slot(c, at)});
        at++;
        if (is_there)
            more = held_next(&u, &h);
    }
    size_t over = rewrite(&w);
    if (over > 0 && c->out_series != NULL)
        unsay_left_out(&w, c);
    return over;
}

static uint32_t entries_slot(const struct change *c, size_t at)
{
    return ((const struct slot_entries *)c->list)[at].slot;
}

static struct bytes entries_series(const struct change *c, size_t at, struct bytes was, struct arena *a)
{
    const struct slot_entries *more = (const struct slot_entries *)c->list + at;
    const struct series_shape *shape;
    int64_t oldest;
    if (!c->rules->find(c->rules->context, more->slot, &shape, &oldest))
        return BYTES_NONE;
    for (size_t i = 0; i < more->count; i++)
        was = series_add(shape, was, &more->entries[i], oldest, a);
    return was;
}

size_t person_features_add(struct step *s, uint32_t person, const struct slot_rules *rules,
                           const struct slot_entries *more, size_t count, struct bytes *out_series)
{
    struct change c = {.rules = rules,
                       .slot = entries_slot,
                       .series = entries_series,
                       .list = more,
                       .count = count,
                       .out_series = out_series};
    return change_slots(s, person, &c);
}

static uint32_t series_slot(const struct change *c, size_t at)
{
    return ((const struct slot_series *)c->list)[at].slot;
}

static struct bytes series_put(const struct change *c, size_t at, struct bytes was, struct arena *a)
{
    (void)was, (void)a;
    return ((const struct slot_series *)c->list)[at].series;
}

static struct bytes series_joined(const struct change *c, size_t at, struct bytes was, struct arena *a)
{
    const struct slot_series *more = (const struct slot_series *)c->list + at;
    const struct series_shape *shape;
    int64_t oldest;
    if (!c->rules->find(c->rules->context, more->slot, &shape, &oldest))
        return BYTES_NONE;
    return series_merge(shape, was, more->series, oldest, a);
}

size_t person_features_put(struct step *s, uint32_t person, const struct slot_series *list, size_t count)
{
    struct change c = {.slot = series_slot, .series = series_put, .list = list, .count = count};
    return change_slots(s, person, &c);
}

size_t person_features_join(struct step *s, uint32_t person, const struct slot_rules *rules,
                            const struct slot_series *list, size_t count)
{
    struct change c = {.rules = rules, .slot = series_slot, .series = series_joined, .list = list, .count = count};
    return change_slots(s, person, &c);
}

size_t person_features_merge(struct step *s, uint32_t survivor, uint32_t absorbed, const struct slot_rules *rules)
{
    const struct slot_series *list;
    size_t count = person_features(&s->view, absorbed, &list);
    size_t over = count == 0 ? 0 : person_features_join(s, survivor, rules, list, count);
    person_features_clear(s, absorbed);
    return over;
}

void person_features_clear(struct step *s, uint32_t person)
{
    struct unpack u = section_open(&s->view, person);
    if (unpack_left(&u) == 0)
        return;
    for (struct held h = {0}; held_next(&u, &h);)
        if (h.is_long)
            step_keyed_remove(s, &long_feature_family, long_key(s->view.arena, person, h.slot));
    step_section_put(s, person, &features_section, BYTES_NONE);
}
