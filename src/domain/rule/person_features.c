#include "domain/rule/person_features.h"

#include "lib/list.h"
#include "lib/pack.h"

#define SECTION_FORMAT 2u
#define KEY_BYTES 8u
#define HEAD_BYTES_MAX 10u   /* of a sheaf in the section: its number and its size */
#define SHEAF_BYTES_LEAST 4u /* of one with these */
#define FRONT_BYTES 1u       /* of a section: its format */
#define SQUEEZE_BLOCK_BYTES (64u << 10) /* a sheaf that is open takes some 14 KiB */
#define SHEAVES_ABREAST 16u /* lists of those that a reading keeps */

const struct family long_feature_family = {
    .id = 111, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "long_feature"};
const struct section features_section = {.id = 7, .kind = SECTION_FOLD, .name = "features"};

/* --- rows of long series --- */

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

static void long_remove(struct step *s, uint32_t person, uint32_t slot)
{
    step_keyed_remove(s, &long_feature_family, long_key(s->view.arena, person, slot));
}

/* --- reading --- */

/* A sheaf as it lies in the section. */
struct packed_sheaf {
    uint32_t number;
    struct bytes body;
    const uint8_t *begin; /* of all of it */
};

static struct unpack sheaves_open(struct bytes section)
{
    struct unpack u = unpack_of(section);
    if (unpack_left(&u) > 0) {
        uint8_t format = unpack_u8(&u);
        assert(format == SECTION_FORMAT);
        (void)format;
    }
    return u;
}

static struct unpack section_open(const struct view *v, uint32_t person)
{
    return sheaves_open(view_section(v, person, &features_section));
}

static bool sheaf_next(struct unpack *u, struct packed_sheaf *out)
{
    if (unpack_left(u) == 0)
        return false;
    out->begin = u->at;
    out->number = unpack_varint32(u);
    out->body = unpack_bytes(u);
    assert(unpack_good(u) && out->body.size > 0);
    return true;
}

static void sheaf_open(struct bytes body, struct arena *a, struct sheaf *out)
{
    bool good = sheaf_unpack(body, a, out);
    assert(good);
    (void)good;
}

static void sheaf_read(const struct view *v, uint32_t person, uint32_t number, struct sheaf *out)
{
    struct unpack u = section_open(v, person);
    struct packed_sheaf p;
    *out = (struct sheaf){0};
    while (sheaf_next(&u, &p) && p.number <= number)
        if (p.number == number)
            sheaf_open(p.body, v->arena, out);
}

/* The series of a slot of a sheaf, wherever it lies. */
static struct bytes slot_bytes(const struct view *v, uint32_t person, const struct sheaf *sheaf, uint32_t slot)
{
    bool is_long = sheaf->slots[slot % SHEAF_SLOTS].place == SHEAF_ELSEWHERE;
    return is_long ? long_series(v, person, slot) : sheaf_series(sheaf, slot % SHEAF_SLOTS, v->arena);
}

struct bytes person_feature(const struct view *v, uint32_t person, uint32_t slot)
{
    struct sheaf sheaf;
    sheaf_read(v, person, slot / SHEAF_SLOTS, &sheaf);
    return slot_bytes(v, person, &sheaf, slot);
}

size_t person_features(const struct view *v, uint32_t person, const struct slot_series **out_list)
{
    struct unpack u = section_open(v, person);
    struct slot_series *list = NULL;
    size_t count = 0, room = 0;
    struct sheaf sheaf;
    for (struct packed_sheaf p; sheaf_next(&u, &p);) {
        sheaf_open(p.body, v->arena, &sheaf);
        for (uint32_t i = 0; i < SHEAF_SLOTS; i++) {
            uint32_t slot = p.number * SHEAF_SLOTS + i;
            if (sheaf.slots[i].place == SHEAF_NOTHING)
                continue;
            LIST_OPEN(v->arena, list, count, room, count);
            list[count - 1] = (struct slot_series){.slot = slot, .series = slot_bytes(v, person, &sheaf, slot)};
        }
    }
    *out_list = list;
    return count;
}

/* --- reading several slots --- */

struct person_sheaves {
    const struct view *view;
    uint32_t person;
    struct kept_sheaf {
        uint32_t number;
        const struct sheaf *sheaf;
        struct kept_sheaf *next;
    } * kept[SHEAVES_ABREAST]; /* by number */
};

struct person_sheaves *person_sheaves(const struct view *v, uint32_t person)
{
    struct person_sheaves *p = ARENA_NEW(v->arena, struct person_sheaves);
    p->view = v;
    p->person = person;
    return p;
}

static const struct sheaf *sheaf_keep(struct person_sheaves *p, uint32_t number, const struct sheaf *sheaf)
{
    struct kept_sheaf *kept = arena_take(p->view->arena, sizeof *kept, _Alignof(struct kept_sheaf));
    *kept = (struct kept_sheaf){number, sheaf, p->kept[number % SHEAVES_ABREAST]};
    p->kept[number % SHEAVES_ABREAST] = kept;
    return sheaf;
}

static struct sheaf *sheaf_take(struct arena *a)
{
    return arena_take(a, sizeof(struct sheaf), _Alignof(struct sheaf));
}

static const struct sheaf *sheaf_kept(struct person_sheaves *p, uint32_t number)
{
    for (const struct kept_sheaf *kept = p->kept[number % SHEAVES_ABREAST]; kept != NULL; kept = kept->next)
        if (kept->number == number)
            return kept->sheaf;
    struct sheaf *sheaf = sheaf_take(p->view->arena);
    sheaf_read(p->view, p->person, number, sheaf);
    return sheaf_keep(p, number, sheaf);
}

struct series_walk person_sheaves_series(struct person_sheaves *p, uint32_t slot, const struct series_shape *shape)
{
    const struct sheaf *sheaf = sheaf_kept(p, slot / SHEAF_SLOTS);
    bool is_long = sheaf->slots[slot % SHEAF_SLOTS].place == SHEAF_ELSEWHERE;
    return is_long ? series_walk(shape, long_series(p->view, p->person, slot))
                   : sheaf_walk(sheaf, slot % SHEAF_SLOTS, shape);
}

/* --- writing --- */

/* The section that is to be. */
struct rewriting {
    struct step *step;
    uint32_t person;
    bool has_room;         /* what is long may come back */
    struct arena *scratch; /* for what is only read and copied */
    struct buf section;
};

static void section_reserve(struct rewriting *w, size_t more)
{
    if (w->section.size + more <= w->section.size_max)
        return;
    struct buf grown = arena_buf(w->step->view.arena, 2 * w->section.size_max + more);
    pack_raw(&grown, buf_bytes(&w->section));
    w->section = grown;
}

/* Sheaves as they lay. */
static void run_push(struct rewriting *w, const uint8_t *begin, const uint8_t *end)
{
    if (begin == end)
        return;
    section_reserve(w, (size_t)(end - begin));
    pack_raw(&w->section, bytes_of(begin, (size_t)(end - begin)));
}

static void sheaf_push(struct rewriting *w, uint32_t number, const struct sheaf *sheaf)
{
    struct buf body = arena_buf(w->scratch, sheaf_bytes_max(sheaf));
    sheaf_pack(sheaf, &body);
    if (body.size == 0)
        return;
    section_reserve(w, HEAD_BYTES_MAX + body.size);
    pack_varint(&w->section, number);
    pack_bytes(&w->section, buf_bytes(&body));
}

static void long_put(const struct rewriting *w, struct sheaf *io, uint32_t slot, struct bytes series)
{
    step_keyed_put(w->step, &long_feature_family, long_key(w->step->view.arena, w->person, slot), series);
    io->slots[slot % SHEAF_SLOTS] = (struct sheaf_slot){.place = SHEAF_ELSEWHERE};
}

/* A series in the place of what a slot had: in the sheaf, or in a row of its own. */
static void series_settle(const struct rewriting *w, struct sheaf *io, uint32_t slot, const struct series_shape *shape,
                          struct bytes series)
{
    bool was_long = io->slots[slot % SHEAF_SLOTS].place == SHEAF_ELSEWHERE;
    bool is_long = was_long ? series.size > FEATURE_LONG_BYTES / 2 || (series.size > 0 && !w->has_room)
                            : series.size > FEATURE_LONG_BYTES && series_count(series) > SHEAF_TOGETHER_MAX;
    if (is_long) {
        long_put(w, io, slot, series);
        return;
    }
    if (was_long)
        long_remove(w->step, w->person, slot);
    sheaf_put(io, slot % SHEAF_SLOTS, shape, series, w->step->view.arena);
}

static void slot_clear(const struct rewriting *w, struct sheaf *io, uint32_t slot)
{
    if (io->slots[slot % SHEAF_SLOTS].place == SHEAF_ELSEWHERE)
        long_remove(w->step, w->person, slot);
    io->slots[slot % SHEAF_SLOTS] = (struct sheaf_slot){0};
}

/* What is longer than this leaves the sheaf. */
static void sheaf_thin(const struct rewriting *w, uint32_t number, struct sheaf *io, size_t least)
{
    for (uint32_t i = 0; i < SHEAF_SLOTS; i++) {
        bool is_here = io->slots[i].place == SHEAF_TOGETHER || io->slots[i].place == SHEAF_APART;
        struct bytes series = is_here ? sheaf_series(io, i, w->scratch) : BYTES_NONE;
        if (series.size > least)
            long_put(w, io, number * SHEAF_SLOTS + i, arena_copy(w->step->view.arena, series));
    }
}

/* Lets go of the sheaves beyond the bound, if there are any; returns how many slots they had. */
static size_t cut(struct rewriting *w)
{
    struct unpack u = sheaves_open(buf_bytes(&w->section));
    struct packed_sheaf p = {0};
    struct sheaf sheaf;
    size_t over = 0;
    for (uint32_t i = 0; i < SHEAVES_MAX; i++)
        (void)sheaf_next(&u, &p);
    size_t kept = (size_t)(u.at - w->section.data);
    while (sheaf_next(&u, &p)) {
        sheaf_open(p.body, w->step->view.arena, &sheaf);
        for (uint32_t i = 0; i < SHEAF_SLOTS; i++)
            if (sheaf.slots[i].place == SHEAF_ELSEWHERE)
                long_remove(w->step, w->person, p.number * SHEAF_SLOTS + i);
        over += sheaf_count(&sheaf);
    }
    w->section.size = kept;
    return over;
}

/* Rows for the longest series, so many that the section is within its bound. All sheaves are opened, some hundred times as large as they lie, several times over:
 * one after the other in an arena of its own, since a step has slices of people to squeeze. */
static void squeeze(struct rewriting *w)
{
    struct arena *scratch = arena_create(SQUEEZE_BLOCK_BYTES);
    for (size_t least = FEATURE_LONG_BYTES / 2; w->section.size > FEATURES_INLINE_MAX && least > 0; least /= 2) {
        struct rewriting thin = *w;
        struct unpack u = sheaves_open(buf_bytes(&w->section));
        thin.scratch = scratch;
        thin.section = arena_buf(w->step->view.arena, w->section.size);
        pack_u8(&thin.section, SECTION_FORMAT);
        for (struct packed_sheaf p; sheaf_next(&u, &p); arena_reset(scratch)) {
            struct sheaf sheaf;
            sheaf_open(p.body, scratch, &sheaf);
            sheaf_thin(&thin, p.number, &sheaf, least);
            sheaf_push(&thin, p.number, &sheaf);
        }
        w->section = thin.section;
    }
    arena_destroy(scratch);
}

static size_t section_write(struct rewriting *w)
{
    size_t over = w->section.size > SHEAVES_MAX * SHEAF_BYTES_LEAST ? cut(w) : 0;
    if (w->section.size > FEATURES_INLINE_MAX)
        squeeze(w);
    step_section_put(w->step, w->person, &features_section,
                     w->section.size == FRONT_BYTES ? BYTES_NONE : buf_bytes(&w->section));
    return over;
}

/* --- changing some slots in one pass --- */

struct shaped_slot {
    uint32_t slot;
    const struct series_shape *shape;
    int64_t oldest;
};
/* What becomes of slots: `at` is the place of one among those that change. */
struct change {
    const struct slot_rules *rules;
    uint32_t (*slot)(const struct change *c, size_t at);
    void (*apply)(const struct change *c, size_t at, const struct rewriting *w, const struct shaped_slot *to,
                  struct sheaf *io);
    const void *list;
    size_t count;
    struct person_sheaves *sheaves; /* NULL: nobody wants them */
};

static void change_slot(const struct rewriting *w, const struct change *c, size_t at, struct sheaf *io)
{
    struct shaped_slot to = {.slot = c->slot(c, at)};
    if (c->rules->find(c->rules->context, to.slot, &to.shape, &to.oldest))
        c->apply(c, at, w, &to, io);
    else
        slot_clear(w, io, to.slot);
}

/* All that changes of one sheaf, from `at` on; returns what comes behind it. */
static size_t change_sheaf(struct rewriting *w, const struct change *c, size_t at, struct bytes was)
{
    uint32_t number = c->slot(c, at) / SHEAF_SLOTS;
    struct sheaf *sheaf = sheaf_take(w->step->view.arena);
    if (was.size > 0)
        sheaf_open(was, w->step->view.arena, sheaf);
    else
        *sheaf = (struct sheaf){0};
    for (; at < c->count && c->slot(c, at) / SHEAF_SLOTS == number; at++) {
        assert(at + 1 == c->count || c->slot(c, at) < c->slot(c, at + 1));
        change_slot(w, c, at, sheaf);
    }
    sheaf_push(w, number, sheaf);
    if (c->sheaves != NULL)
        (void)sheaf_keep(c->sheaves, number, sheaf);
    return at;
}

static size_t change_slots(struct step *s, uint32_t person, const struct change *c)
{
    struct bytes section = view_section(&s->view, person, &features_section);
    struct unpack u = sheaves_open(section);
    struct rewriting w = {.step = s,
                          .person = person,
                          .has_room = section.size <= FEATURES_INLINE_MAX / 2,
                          .scratch = s->view.arena,
                          .section = arena_buf(s->view.arena, section.size + FEATURE_LONG_BYTES)};
    const uint8_t *run = u.at; /* where what stays begins, and isn't copied yet */
    struct packed_sheaf p;
    bool more = sheaf_next(&u, &p);
    pack_u8(&w.section, SECTION_FORMAT);
    for (size_t at = 0; at < c->count;) {
        uint32_t number = c->slot(c, at) / SHEAF_SLOTS;
        while (more && p.number < number)
            more = sheaf_next(&u, &p);
        bool is_there = more && p.number == number;
        run_push(&w, run, more ? p.begin : u.end);
        run = is_there ? u.at : more ? p.begin : u.end;
        at = change_sheaf(&w, c, at, is_there ? p.body : BYTES_NONE);
        if (is_there)
            more = sheaf_next(&u, &p);
    }
    run_push(&w, run, u.end);
    assert(!w.section.overflowed);
    return section_write(&w);
}

static uint32_t entries_slot(const struct change *c, size_t at)
{
    return ((const struct slot_entries *)c->list)[at].slot;
}

static void entries_apply(const struct change *c, size_t at, const struct rewriting *w, const struct shaped_slot *to,
                          struct sheaf *io)
{
    const struct slot_entries *more = (const struct slot_entries *)c->list + at;
    const struct sheaf_slot *slot = &io->slots[to->slot % SHEAF_SLOTS];
    struct arena *a = w->step->view.arena;
    if (slot->place == SHEAF_ELSEWHERE) {
        struct bytes series = arena_copy(a, long_series(&w->step->view, w->person, to->slot));
        for (size_t i = 0; i < more->count; i++)
            series = series_add(to->shape, series, &more->entries[i], to->oldest, a);
        series_settle(w, io, to->slot, to->shape, series);
        return;
    }
    for (size_t i = 0; i < more->count; i++)
        sheaf_add(io, to->slot % SHEAF_SLOTS, to->shape, &more->entries[i], to->oldest, a);
    if (slot->place == SHEAF_APART && slot->series.size > FEATURE_LONG_BYTES)
        long_put(w, io, to->slot, slot->series);
}

size_t person_features_add(struct step *s, uint32_t person, const struct slot_rules *rules,
                           const struct slot_entries *more, size_t count, struct person_sheaves **out_sheaves)
{
    struct change c = {.rules = rules, .slot = entries_slot, .apply = entries_apply, .list = more, .count = count};
    c.sheaves = out_sheaves == NULL ? NULL : person_sheaves(&s->view, person);
    size_t over = change_slots(s, person, &c);
    if (out_sheaves != NULL)
        *out_sheaves = over == 0 ? c.sheaves : person_sheaves(&s->view, person); /* what was left out isn't there */
    return over;
}

static uint32_t series_slot(const struct change *c, size_t at)
{
    return ((const struct slot_series *)c->list)[at].slot;
}

static void series_put(const struct change *c, size_t at, const struct rewriting *w, const struct shaped_slot *to,
                       struct sheaf *io)
{
    series_settle(w, io, to->slot, to->shape, ((const struct slot_series *)c->list)[at].series);
}

static void series_join(const struct change *c, size_t at, const struct rewriting *w, const struct shaped_slot *to,
                        struct sheaf *io)
{
    struct bytes was = slot_bytes(&w->step->view, w->person, io, to->slot);
    struct bytes more = ((const struct slot_series *)c->list)[at].series;
    series_settle(w, io, to->slot, to->shape, series_merge(to->shape, was, more, to->oldest, w->step->view.arena));
}

size_t person_features_put(struct step *s, uint32_t person, const struct slot_rules *rules,
                           const struct slot_series *list, size_t count)
{
    struct change c = {.rules = rules, .slot = series_slot, .apply = series_put, .list = list, .count = count};
    return change_slots(s, person, &c);
}

size_t person_features_join(struct step *s, uint32_t person, const struct slot_rules *rules,
                            const struct slot_series *list, size_t count)
{
    struct change c = {.rules = rules, .slot = series_slot, .apply = series_join, .list = list, .count = count};
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
    struct sheaf sheaf;
    if (unpack_left(&u) == 0)
        return;
    for (struct packed_sheaf p; sheaf_next(&u, &p);) {
        sheaf_open(p.body, s->view.arena, &sheaf);
        for (uint32_t i = 0; i < SHEAF_SLOTS; i++)
            if (sheaf.slots[i].place == SHEAF_ELSEWHERE)
                long_remove(s, person, p.number * SHEAF_SLOTS + i);
    }
    step_section_put(s, person, &features_section, BYTES_NONE);
}
