#include "domain/rule/book.h"

#include <stdlib.h>
#include <string.h>

#include "domain/analytics/analytics.h"
#include "domain/calendar/calendar.h"
#include "domain/rule/hearing.h"

#define RULE_ARENA_BYTES 2048u

/* Numbers that come and go. */
struct numbers {
    uint32_t count, room;
    uint32_t *list;
};
struct place_list {
    struct program_place place;
    struct numbers rules;
};
/* By name of events; NULL: nobody asked since its rules changed. */
struct hearings {
    struct hearing **list;
    uint32_t room;
    size_t bytes;
};
struct book {
    struct book_rule **rules; /* by number; NULL: none */
    uint32_t rule_room;
    struct book_feature **features; /* by slot */
    uint32_t feature_room;
    uint32_t states[RULE_STATE_COUNT], broken;
    struct numbers stale;   /* rules whose row is another one since the book was looked at */
    struct numbers *events; /* by name: the slots that hear it */
    uint32_t event_room;
    struct numbers all_events, orders;
    struct place_list *places; /* by (what, number) */
    uint32_t place_count, place_room;
    struct civil *civil; /* NULL: nobody asked yet */
    struct hash128 civil_of; /* sum of the calendar */
    uint64_t zone;           /* calendar_zone_since */
    atomic_uint *read_share;
    struct hearings *hearings; /* of its own, since whoever reads the book has them made */
    size_t bytes;
};

/* --- memory --- */

/* Memory of a buffer, which aborts with the system: what the book has is bounded by its rules. */
static void *taken(void *was, size_t bytes_was, size_t bytes)
{
    struct buf store = {.data = was, .size = bytes_was, .capacity = bytes_was, .size_max = bytes};
    uint8_t *more = buf_extend(&store, bytes - bytes_was);
    if (more == NULL)
        abort();
    memset(more, 0, bytes - bytes_was);
    return store.data;
}

static void given(void *p)
{
    struct buf store = {.data = p};
    buf_fini(&store);
}

static void *grown(struct book *b, void *was, size_t count_was, size_t count, size_t size)
{
    b->bytes += (count - count_was) * size;
    return taken(was, count_was * size, count * size);
}

static uint32_t room_for(uint32_t room, uint32_t number)
{
    uint32_t wanted = room == 0 ? 16 : room;
    while (wanted <= number)
        wanted *= 2;
    return wanted;
}

static void numbers_insert(struct book *b, struct numbers *n, uint32_t number)
{
    uint32_t at = n->count;
    while (at > 0 && n->list[at - 1] > number)
        at--;
    if (at > 0 && n->list[at - 1] == number)
        return;
    if (n->count == n->room) {
        uint32_t room = n->room == 0 ? 4 : n->room * 2;
        n->list = grown(b, n->list, n->room, room, sizeof *n->list);
        n->room = room;
    }
    memmove(n->list + at + 1, n->list + at, (n->count - at) * sizeof *n->list);
    n->list[at] = number;
    n->count++;
}

static void numbers_drop(struct numbers *n, uint32_t number)
{
    uint32_t at = 0;
    while (at < n->count && n->list[at] != number)
        at++;
    if (at == n->count)
        return;
    memmove(n->list + at, n->list + at + 1, (n->count - at - 1) * sizeof *n->list);
    n->count--;
}

static struct book_list list_of(const struct numbers *n)
{
    return (struct book_list){.count = n->count, .list = n->list};
}

/* --- places --- */

static uint32_t place_at(const struct book *b, struct program_place p)
{
    uint32_t low = 0, high = b->place_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct program_place *is = &b->places[middle].place;
        if (is->what < p.what || (is->what == p.what && is->number < p.number))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool place_is(const struct book *b, uint32_t at, struct program_place p)
{
    return at < b->place_count && b->places[at].place.what == p.what && b->places[at].place.number == p.number;
}

static struct numbers *place_made(struct book *b, struct program_place p)
{
    uint32_t at = place_at(b, p);
    if (place_is(b, at, p))
        return &b->places[at].rules;
    if (b->place_count == b->place_room) {
        uint32_t room = b->place_room == 0 ? 16 : b->place_room * 2;
        b->places = grown(b, b->places, b->place_room, room, sizeof *b->places);
        b->place_room = room;
    }
    memmove(b->places + at + 1, b->places + at, (b->place_count - at) * sizeof *b->places);
    b->places[at] = (struct place_list){.place = p};
    b->place_count++;
    return &b->places[at].rules;
}

struct book_list book_reads(const struct book *b, struct program_place p)
{
    uint32_t at = place_at(b, p);
    return place_is(b, at, p) ? list_of(&b->places[at].rules) : (struct book_list){0};
}

bool book_place_next(const struct book *b, struct program_place from, struct program_place *out_place)
{
    uint32_t at = place_at(b, from);
    if (at == b->place_count)
        return false;
    *out_place = b->places[at].place;
    return true;
}

/* --- hearings --- */

static void hearing_drop(struct hearings *h, uint32_t event)
{
    if (event >= h->room || h->list[event] == NULL)
        return;
    h->bytes -= hearing_bytes(h->list[event]);
    hearing_destroy(h->list[event]);
    h->list[event] = NULL;
}

static void hearings_drop(struct hearings *h)
{
    for (uint32_t event = 0; event < h->room; event++)
        hearing_drop(h, event);
}

/* Of all events that the feature gathers. */
static void hearings_drop_of(const struct book *b, const struct feature *f)
{
    for (uint32_t i = 0; f->of == FEATURE_EVENTS && i < f->step_count; i++) {
        const struct feature_step *step = &f->steps[i];
        if (step->event_count == 0)
            hearings_drop(b->hearings);
        for (uint32_t j = 0; j < step->event_count; j++)
            hearing_drop(b->hearings, step->events[j]);
    }
}

const struct hearing *book_hearing(const struct book *b, uint32_t event)
{
    struct hearings *h = b->hearings;
    if (book_hears(b, event).count + book_hears_all(b).count == 0)
        return NULL;
    if (event >= h->room) {
        uint32_t room = room_for(h->room, event);
        h->list = taken(h->list, h->room * sizeof *h->list, room * sizeof *h->list);
        h->bytes += (room - h->room) * sizeof *h->list;
        h->room = room;
    }
    if (h->list[event] == NULL) {
        h->list[event] = hearing_create(b, event);
        h->bytes += hearing_bytes(h->list[event]);
    }
    return h->list[event];
}

/* --- features --- */

static struct numbers *event_made(struct book *b, uint32_t event)
{
    if (event >= b->event_room) {
        uint32_t room = room_for(b->event_room, event);
        b->events = grown(b, b->events, b->event_room, room, sizeof *b->events);
        b->event_room = room;
    }
    return &b->events[event];
}

static void slot_list(struct book *b, struct numbers *n, uint32_t slot, bool is_in)
{
    if (is_in)
        numbers_insert(b, n, slot);
    else
        numbers_drop(n, slot);
}

/* Which events its steps gather: told by the names, or all of them; or orders. */
static void feature_list(struct book *b, const struct book_feature *f, bool is_in)
{
    hearings_drop_of(b, f->feature);
    if (f->feature->of == FEATURE_ORDERS) {
        slot_list(b, &b->orders, f->slot, is_in);
        return;
    }
    for (uint32_t i = 0; i < f->feature->step_count; i++) {
        const struct feature_step *step = &f->feature->steps[i];
        for (uint32_t j = 0; j < step->event_count || j == 0; j++)
            slot_list(b, step->event_count == 0 ? &b->all_events : event_made(b, step->events[j]), f->slot, is_in);
    }
}

/* From one of its rules that is compiled comes what the feature is. */
static void feature_lend(struct book *b, struct book_feature *f)
{
    f->feature = NULL;
    f->matcher = NULL;
    for (uint32_t i = 0; i < f->rule_count && f->feature == NULL; i++) {
        struct book_rule *r = b->rules[f->rules[i]];
        const struct feature *const *list;
        if (r->program == NULL)
            continue;
        size_t count = program_features(r->program, &list);
        for (size_t j = 0; j < count; j++)
            if (r->row.slots[j].slot == f->slot)
                f->feature = list[j];
        assert(f->feature != NULL);
        f->lender = r->row.number;
        if (failed(matcher_compile(f->feature, b->civil, r->arena, &f->matcher, NULL)))
            f->matcher = NULL;
    }
    if (f->feature != NULL)
        feature_list(b, f, true);
}

static void feature_judge(struct book *b, struct book_feature *f)
{
    f->is_whole = false;
    for (uint32_t i = 0; i < f->rule_count; i++)
        f->is_whole |= b->rules[f->rules[i]]->row.state != RULE_GATHERING;
}

static struct book_feature *feature_made(struct book *b, const struct rule_row *row, const struct rule_slot *slot)
{
    if (slot->slot >= b->feature_room) {
        uint32_t room = room_for(b->feature_room, slot->slot);
        b->features = grown(b, b->features, b->feature_room, room, sizeof(struct book_feature *));
        b->feature_room = room;
    }
    struct book_feature *f = b->features[slot->slot];
    if (f == NULL) {
        f = b->features[slot->slot] = grown(b, NULL, 0, 1, sizeof *f);
        *f = (struct book_feature){.slot = slot->slot, .brand = row->brand, .since = slot->since, .key = slot->key};
    }
    return f;
}

static void feature_join(struct book *b, struct book_feature *f, uint32_t rule)
{
    struct numbers n = {.count = f->rule_count, .room = f->rule_room, .list = f->rules};
    numbers_insert(b, &n, rule);
    f->rule_count = n.count;
    f->rule_room = n.room;
    f->rules = n.list;
    if (f->feature == NULL)
        feature_lend(b, f);
    else
        hearings_drop_of(b, f->feature);
    feature_judge(b, f);
}

static void feature_leave(struct book *b, struct book_feature *f, uint32_t rule)
{
    struct numbers n = {.count = f->rule_count, .room = f->rule_room, .list = f->rules};
    numbers_drop(&n, rule);
    f->rule_count = n.count;
    if (f->feature != NULL)
        hearings_drop_of(b, f->feature);
    if (f->feature != NULL && (f->lender == rule || n.count == 0)) {
        feature_list(b, f, false);
        feature_lend(b, f);
    }
    feature_judge(b, f);
    if (n.count > 0)
        return;
    b->features[f->slot] = NULL;
    b->bytes -= sizeof *f + f->rule_room * sizeof *f->rules;
    given(f->rules);
    given(f);
}

/* --- rules --- */

static void rule_places(struct book *b, struct book_rule *r, bool is_in)
{
    const struct program_place *places;
    size_t count = r->program == NULL ? 0 : program_places(r->program, &places);
    for (size_t i = 0; i < count; i++) {
        struct numbers *n = place_made(b, places[i]);
        r->reads_things |= places[i].what == PROGRAM_THING;
        if (is_in)
            numbers_insert(b, n, r->row.number);
        else
            numbers_drop(n, r->row.number);
    }
}

bool rule_compile_saved(const struct program_ask *how, const struct rule_row *row, struct arena *a,
                        const struct program **out_program)
{
    struct rule_ask ask = {
        .brand = row->brand, .is_condition = row->is_condition, .text = rule_text_read(how->view, row->number)};
    struct program_ask saved = *how;
    const struct feature *const *list;
    saved.is_saved = true;
    saved.meanings = rule_meanings_read(how->view, row->number);
    return done(rule_compile(saved, &ask, a, out_program, NULL)) &&
           program_features(*out_program, &list) == row->slot_count;
}

/* What is listed is found by what it reads; what isn't has only its row. */
static void rule_list(struct book *b, const struct program_ask *how, struct book_rule *r)
{
    if (!rule_compile_saved(how, &r->row, r->arena, &r->program))
        r->program = NULL;
    r->is_listed = true;
    if (r->effort->today.from_us == 0)
        r->effort->today.from_us = how->view->now_us;
    b->broken += r->program == NULL;
    for (uint32_t i = 0; i < r->row.slot_count; i++)
        feature_join(b, feature_made(b, &r->row, &r->row.slots[i]), r->row.number);
    rule_places(b, r, true);
    b->bytes += arena_used(r->arena);
}

static void rule_unlist(struct book *b, struct book_rule *r)
{
    if (!r->is_listed)
        return;
    rule_places(b, r, false);
    for (uint32_t i = 0; i < r->row.slot_count; i++)
        feature_leave(b, b->features[r->row.slots[i].slot], r->row.number);
    b->broken -= r->program == NULL;
    b->bytes -= arena_used(r->arena);
    r->is_listed = false;
}

static void rule_enter(struct book *b, uint32_t number, struct bytes row)
{
    struct book_rule *r = grown(b, NULL, 0, 1, sizeof *r);
    r->arena = arena_create(RULE_ARENA_BYTES);
    bool good = rule_row_unpack(row, r->arena, &r->row);
    assert(good); /* rows are our own */
    (void)good;
    r->row.number = number;
    r->effort = ARENA_NEW(r->arena, struct rule_effort);
    b->rules[number] = r;
    b->states[r->row.state]++;
    numbers_insert(b, &b->stale, number);
}

static void rule_leave(struct book *b, uint32_t number)
{
    struct book_rule *r = b->rules[number];
    if (r == NULL)
        return;
    rule_unlist(b, r);
    numbers_drop(&b->stale, number);
    b->states[r->row.state]--;
    b->bytes -= sizeof *r;
    b->rules[number] = NULL;
    arena_destroy(r->arena);
    given(r);
}

fallible rule_compile(struct program_ask how, const struct rule_ask *ask, struct arena *a,
                      const struct program **out_program, struct err *e)
{
    const struct expr *tree;
    how.wants_truth = ask->is_condition;
    if (ask->is_condition)
        TRY(expr_read(a, ask->text, &tree, e));
    else
        TRY(expr_read_term(a, ask->text, &tree, e));
    return program_compile(&how, tree, a, out_program, e);
}

/* --- the projection --- */

static void *book_create(void)
{
    struct book *b = taken(NULL, 0, sizeof *b);
    b->read_share = grown(b, NULL, 0, 1, sizeof *b->read_share);
    b->hearings = grown(b, NULL, 0, 1, sizeof *b->hearings);
    return b;
}

static void book_destroy(void *made)
{
    struct book *b = made;
    for (uint32_t i = 0; i < b->rule_room; i++)
        rule_leave(b, i);
    hearings_drop(b->hearings);
    given(b->hearings->list);
    given(b->hearings);
    for (uint32_t i = 0; i < b->event_room; i++)
        given(b->events[i].list);
    for (uint32_t i = 0; i < b->place_count; i++)
        given(b->places[i].rules.list);
    civil_destroy(b->civil);
    given(b->all_events.list);
    given(b->orders.list);
    given(b->stale.list);
    given(b->read_share);
    given(b->events);
    given(b->places);
    given(b->features);
    given(b->rules);
    given(b);
}

/* Compiling wants names, which are other rows: whoever looks next does it. */
static void book_changed(void *made, uint32_t number, struct bytes before, struct bytes after)
{
    struct book *b = made;
    if (bytes_equal(before, after))
        return;
    if (number >= b->rule_room) {
        uint32_t room = room_for(b->rule_room, number);
        b->rules = grown(b, b->rules, b->rule_room, room, sizeof(struct book_rule *));
        b->rule_room = room;
    }
    rule_leave(b, number);
    if (after.size > 0)
        rule_enter(b, number, after);
}

static size_t book_bytes(const void *made)
{
    const struct book *b = made;
    return b->bytes + b->hearings->bytes;
}

const struct projection book_projection = {.name = "rule_book",
                                           .family = &rule_family,
                                           .create = book_create,
                                           .destroy = book_destroy,
                                           .changed = book_changed,
                                           .bytes = book_bytes};

/* Programs keep the days that they were compiled with. */
static void take_days(struct book *b, const struct view *v, struct hash128 sum)
{
    for (uint32_t i = 0; i < b->rule_room; i++)
        if (b->rules[i] != NULL && b->rules[i]->is_listed) {
            rule_unlist(b, b->rules[i]);
            numbers_insert(b, &b->stale, i);
        }
    civil_destroy(b->civil);
    b->civil = calendar_civil(v);
    b->civil_of = sum;
    b->zone = calendar_zone_since(v);
}

static void list_stale(struct book *b, const struct view *v)
{
    struct name_book *names = name_book_of_view(v, NULL);
    struct program_ask how = {.view = v, .civil = b->civil, .book = names, .is_saved = true};
    for (uint32_t i = 0; i < b->stale.count; i++)
        rule_list(b, &how, b->rules[b->stale.list[i]]);
    b->stale.count = 0;
    name_book_destroy(names);
}

const struct book *book_of(const struct view *v)
{
    struct book *b = rows_projection(v->rows, &book_projection);
    if (b == NULL)
        return NULL;
    struct view committed = *v;
    committed.written = NULL;
    struct hash128 sum = calendar_sum(v);
    if (b->civil == NULL || !hash128_equal(sum, b->civil_of))
        take_days(b, &committed, sum);
    if (b->stale.count > 0)
        list_stale(b, &committed);
    return b;
}

/* --- reading --- */

const struct book_rule *book_rule(const struct book *b, uint32_t number)
{
    return number < b->rule_room ? b->rules[number] : NULL;
}

const struct book_feature *book_feature(const struct book *b, uint32_t slot)
{
    return slot < b->feature_room ? b->features[slot] : NULL;
}

const struct book_feature *book_feature_keyed(const struct book *b, struct hash128 key)
{
    for (uint32_t slot = 0; slot < b->feature_room; slot++)
        if (b->features[slot] != NULL && hash128_equal(b->features[slot]->key, key))
            return b->features[slot];
    return NULL;
}

struct hash128 slot_key(const struct book *b, const struct feature *f, uint32_t brand)
{
    struct hash128 key = hash128(f->text, brand);
    for (uint32_t i = 0; i < f->step_count; i++) {
        struct bytes events = bytes_of(f->steps[i].events, f->steps[i].event_count * sizeof *f->steps[i].events);
        const struct hash128 both[] = {key, hash128(events, i)};
        key = hash128(bytes_of(both, sizeof both), 0);
    }
    const uint64_t zoned[] = {key.high, key.low, b->zone};
    return feature_reads_days(f) ? hash128(bytes_of(zoned, sizeof zoned), 0) : key;
}

const struct civil *book_civil(const struct book *b)
{
    return b->civil;
}

atomic_uint *book_read_share(const struct book *b)
{
    return b->read_share;
}

void book_efforts_turn(const struct book *b, int64_t now_us)
{
    for (uint32_t number = book_next(b, RULE_NONE); number != RULE_NONE; number = book_next(b, number)) {
        struct rule_effort *effort = b->rules[number]->effort;
        *effort = (struct rule_effort){.today = {.from_us = now_us}, .before = effort->today};
    }
}

uint32_t book_count(const struct book *b, enum rule_state state)
{
    return b->states[state];
}

uint32_t book_broken(const struct book *b)
{
    return b->broken;
}

uint32_t book_next(const struct book *b, uint32_t after)
{
    for (uint32_t number = after + 1; number < b->rule_room; number++)
        if (b->rules[number] != NULL)
            return number;
    return RULE_NONE;
}

struct book_list book_hears(const struct book *b, uint32_t event)
{
    return event < b->event_room ? list_of(&b->events[event]) : (struct book_list){0};
}

struct book_list book_hears_all(const struct book *b)
{
    return list_of(&b->all_events);
}

struct book_list book_orders(const struct book *b)
{
    return list_of(&b->orders);
}

static bool slot_find(void *context, uint32_t slot, const struct series_shape **out_shape, int64_t *out_oldest)
{
    const struct book_shapes *of = context;
    const struct book_feature *f = book_feature(of->book, slot);
    if (f == NULL || f->feature == NULL)
        return false;
    *out_shape = &f->feature->shape;
    *out_oldest = feature_oldest(f->feature, of->now_us, of->book->civil);
    return true;
}

struct slot_rules book_slots(struct book_shapes *of)
{
    return (struct slot_rules){.context = of, .find = slot_find};
}
