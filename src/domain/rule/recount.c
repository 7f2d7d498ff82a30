#include "domain/rule/recount.h"

#include "domain/calendar/calendar.h"
#include "domain/rule/commands.h"
#include "domain/rule/cut_reading.h"
#include "domain/rule/orders.h"
#include "domain/rule/past.h"
#include "store/disk.h"

#define ARENA_BLOCK_BYTES ((size_t)16 << 10)
#define SORT_PATH PAST_FOLDER "/recount.sort" /* one at a time is worked on */
#define TRIED_SLOT 0x80000000u                /* and up: what no rule keeps of people */

/* A rule that was never made. */
struct tried {
    struct book_rule rule; /* its program is its own */
    struct civil *civil;
    struct rule_slot slots[PROGRAM_FEATURES_MAX]; /* the rule's */
    uint32_t own_count, of_events; /* of features that no rule in force keeps; those of events come first */
    struct book_feature own[PROGRAM_FEATURES_MAX]; /* by slot, from TRIED_SLOT */
};

struct rule_recount {
    struct arena *arena, *scratch;
    uint32_t rule;
    struct tried *tried; /* NULL: a rule of the book */
    struct rule_cut cut;
    struct past *past;
    struct event_view *events;
    struct disk *disk;
    struct past_heap *heap;
    /* The event that is being fed. */
    uint32_t person;
    struct status status;
    struct err *error;
    /* The person who is being read. */
    struct recounted current;
    struct slot_series series[PROGRAM_FEATURES_MAX];
    recount_each each;
    void *context;
};

static const struct book_rule *rule_of(const struct view *v, uint32_t rule)
{
    const struct book *b = book_of(v);
    const struct book_rule *r = b == NULL ? NULL : book_rule(b, rule);
    return r == NULL || r->program == NULL ? NULL : r;
}

static const struct book_rule *rule_asked(const struct view *v, const struct rule_recount *c)
{
    return c->tried != NULL ? &c->tried->rule : rule_of(v, c->rule);
}

static struct rule_recount *recount_make(const struct rule_cut *m)
{
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct rule_recount *c = ARENA_NEW(arena, struct rule_recount);
    *c = (struct rule_recount){.arena = arena, .scratch = arena_create(ARENA_BLOCK_BYTES), .cut = *m};
    return c;
}

static void events_open(struct rule_recount *c, const struct view *v, const struct past_ask *ask,
                        const struct work_surroundings *around)
{
    c->disk = around->disk;
    c->events = event_view_open(v, around);
    c->past = past_create(v, book_of(v), ask);
}

struct rule_recount *rule_recount_create(const struct view *v, uint32_t rule, const struct rule_cut *m,
                                         const struct work_surroundings *around)
{
    if (rule_of(v, rule) == NULL)
        return NULL;
    struct rule_recount *c = recount_make(m);
    c->rule = rule;
    events_open(c, v, &(struct past_ask){.until = UINT64_MAX, .whole_too = true, .rule = rule}, around);
    return c;
}

/* --- one that was never made --- */

/* Those that no rule in force keeps, of this source. */
static fallible own_take(struct tried *t, const struct book *b, enum feature_of of, struct arena *a, struct err *e)
{
    const struct feature *const *features;
    size_t count = program_features(t->rule.program, &features);
    for (size_t i = 0; i < count; i++) {
        const struct feature *f = features[i];
        const struct book_feature *kept = book_feature_keyed(b, slot_key(b, f, t->rule.row.brand));
        if (f->of != of)
            continue;
        if (kept != NULL && kept->is_whole) {
            t->slots[i].slot = kept->slot;
            continue;
        }
        if (f->of == FEATURE_EVENTS && !cut_rereads(f))
            return FAIL(e, LIMIT, "what is asked of the things that events refer to is known once it is saved");
        struct book_feature *own = &t->own[t->own_count];
        *own = (struct book_feature){.slot = TRIED_SLOT + t->own_count, .brand = t->rule.row.brand, .feature = f};
        TRY(matcher_compile(f, t->civil, a, &own->matcher, e));
        t->slots[i].slot = own->slot;
        t->own_count++;
    }
    return DONE;
}

static fallible tried_make(struct rule_recount *c, const struct view *v, const struct rule_ask *ask, struct err *e)
{
    const struct book *b = book_of(v);
    struct view mine = *v;
    struct tried *t = c->tried = ARENA_NEW(c->arena, struct tried);
    if (b == NULL)
        return FAIL(e, LIMIT, "this workspace keeps no rules");
    mine.arena = c->arena;
    t->civil = calendar_civil(v);
    const struct program_ask how = {.view = &mine, .civil = t->civil, .takes_new = true};
    const struct rule_ask kept = {
        .brand = ask->brand, .is_condition = ask->is_condition, .text = arena_copy(c->arena, ask->text)};
    TRY(rule_compile(how, &kept, c->arena, &t->rule.program, e));
    const struct feature *const *features;
    t->rule.row = (struct rule_row){.brand = ask->brand, .type = program_type(t->rule.program)};
    t->rule.row.slot_count = (uint32_t)program_features(t->rule.program, &features);
    t->rule.row.slots = t->slots;
    (void)nobody_says(&mine, b, t->rule.program, &t->rule.row.unknown);
    TRY(own_take(t, b, FEATURE_EVENTS, c->arena, e));
    t->of_events = t->own_count;
    return own_take(t, b, FEATURE_ORDERS, c->arena, e);
}

fallible rule_recount_try(const struct view *v, const struct rule_ask *ask, const struct work_surroundings *around,
                          struct rule_recount **out_recount, struct err *e)
{
    struct rule_recount *c = recount_make(&(struct rule_cut){.instant_us = v->now_us, .position = UINT64_MAX});
    struct status status = tried_make(c, v, ask, e);
    if (failed(status)) {
        rule_recount_destroy(c);
        return status;
    }
    const struct past_ask past = {.until = UINT64_MAX, .tried = c->tried->own, .tried_count = c->tried->of_events};
    events_open(c, v, &past, around);
    *out_recount = c;
    return DONE;
}

enum rule_type rule_recount_type(const struct view *v, const struct rule_recount *c)
{
    const struct book_rule *r = rule_asked(v, c);
    return r == NULL ? RULE_TRUTH : r->row.type;
}

const struct feature *rule_recount_ungathered(const struct rule_recount *c, size_t i)
{
    return c->tried != NULL && i < c->tried->own_count ? c->tried->own[i].feature : NULL;
}

bool rule_recount_stands(const struct view *v, const struct rule_recount *c)
{
    const struct book *b = book_of(v);
    const struct rule_row *row = &c->tried->rule.row;
    bool stands = b != NULL;
    for (uint32_t i = 0; stands && i < row->slot_count; i++)
        stands = row->slots[i].slot >= TRIED_SLOT || book_feature(b, row->slots[i].slot) != NULL;
    return stands;
}

void rule_recount_destroy(struct rule_recount *c)
{
    if (c == NULL)
        return;
    past_heap_destroy(c->heap);
    event_view_close(c->events);
    past_destroy(c->past);
    civil_destroy(c->tried == NULL ? NULL : c->tried->civil);
    arena_destroy(c->scratch);
    arena_destroy(c->arena);
}

/* --- fed --- */

fallible rule_recount_begin(struct rule_recount *c, struct err *e)
{
    TRY(cut_settle(&c->cut, c->events, e));
    TRY(disk_make_folder(c->disk, PAST_FOLDER, e));
    c->heap = past_heap_create(c->disk, SORT_PATH);
    return DONE;
}

uint64_t rule_recount_events(const struct rule_recount *c)
{
    return c->past->count == 0 ? 0 : event_view_count(c->events);
}

fallible rule_recount_scan(struct rule_recount *c, event_each each, void *context, struct err *e)
{
    return c->past->count == 0 ? DONE : event_scan_between(c->events, 0, c->cut.position, each, context, e);
}

bool rule_recount_hears(const struct rule_recount *c, const struct event_seen *event)
{
    const struct past *p = c->past;
    bool is_heard = p->all_count > 0 || p->starts[event->note.event] < p->starts[event->note.event + 1u];
    return is_heard && event->note.person != PERSON_NONE && cut_takes(&c->cut, event);
}

static bool entries_take(void *context, const struct past_feature *f, const struct envelope *envelope,
                         const struct series_entry *entries, size_t count)
{
    struct rule_recount *c = context;
    if (!cut_rereads(f->feature))
        return true;
    c->status = past_heap_add(c->heap, (struct hash128){.high = c->person}, f, envelope, entries, count, c->error);
    return done(c->status);
}

fallible rule_recount_event(struct rule_recount *c, const struct event_seen *event, uint32_t person, struct err *e)
{
    assert(c->heap != NULL && person != PERSON_NONE);
    arena_reset(c->scratch);
    c->person = person;
    c->status = DONE;
    c->error = e;
    TRY(past_event(c->past, event, c->scratch, entries_take, c, e));
    return c->status;
}

/* --- read --- */

struct recounted recounted_copy(const struct recounted *person, struct arena *a)
{
    struct slot_series *series = ARENA_ARRAY(a, struct slot_series, person->count);
    for (size_t i = 0; i < person->count; i++)
        series[i] = (struct slot_series){person->series[i].slot, arena_copy(a, person->series[i].series)};
    return (struct recounted){person->person, person->count, series};
}

static fallible current_tell(struct rule_recount *c, struct err *e)
{
    c->current.series = c->series;
    struct status status = c->current.count == 0 ? DONE : c->each(c->context, &c->current, e);
    c->current.count = 0;
    arena_reset(c->scratch);
    return status;
}

static struct status item_take(void *context, const struct past_item *item, struct err *e)
{
    struct rule_recount *c = context;
    uint32_t person = (uint32_t)item->place.owner.high;
    if (person != c->current.person)
        TRY(current_tell(c, e));
    assert(c->current.count < COUNT_OF(c->series) && item->ahead_count == 0);
    c->current.person = person;
    c->series[c->current.count++] = (struct slot_series){.slot = item->place.slot,
                                                         .series = arena_copy(c->scratch, item->series)};
    return DONE;
}

fallible rule_recount_read(struct rule_recount *c, recount_each each, void *context, struct err *e)
{
    const struct past_heap_read read = {
        .past = c->past, .ahead_us = c->cut.instant_us, .each = item_take, .context = c};
    c->each = each;
    c->context = context;
    TRY(past_heap_read(c->heap, &read, e));
    return current_tell(c, e);
}

/* --- asked --- */

const struct rule_cut *rule_recount_cut(const struct rule_recount *c)
{
    return &c->cut;
}

uint32_t rule_recount_unkept(const struct view *v, const struct rule_recount *c)
{
    const struct book_rule *r = rule_asked(v, c);
    return r == NULL ? 0 : cut_unkept(r->program, &c->cut);
}

/* Who has orders, say, may stand in it without any event. */
bool rule_recount_asks_all(const struct view *v, const struct rule_recount *c)
{
    const struct book_rule *r = rule_asked(v, c);
    const struct program_place *places;
    const struct feature *const *features;
    if (r == NULL)
        return false;
    struct rule_value unknown = rule_value_unpack(r->row.type, r->row.unknown);
    bool asks = program_places(r->program, &places) > 0 ||
                (unknown.is_known && unknown.type == RULE_TRUTH && unknown.truth);
    size_t count = program_features(r->program, &features);
    for (size_t i = 0; i < count; i++)
        asks |= !cut_rereads(features[i]) || (c->tried != NULL && r->row.slots[i].slot < TRIED_SLOT);
    return asks;
}

/* What nobody read again of events. */
static struct bytes series_kept(const struct view *v, const struct rule_recount *c, uint32_t slot, uint32_t person)
{
    if (c->tried == NULL || slot < TRIED_SLOT)
        return cut_kept(v, slot, person, &c->cut);
    const struct book_feature *own = &c->tried->own[slot - TRIED_SLOT];
    return own->feature->of == FEATURE_ORDERS ? orders_then(v, book_of(v), own, person, c->cut.instant_us) : BYTES_NONE;
}

/* By the program's features: what was fed, and what isn't of events alone. */
static struct slot_series *series_then(const struct view *v, const struct rule_recount *c, const struct book_rule *r,
                                       const struct recounted *person)
{
    struct slot_series *list = ARENA_ARRAY(v->arena, struct slot_series, r->row.slot_count);
    for (uint32_t i = 0; i < r->row.slot_count; i++) {
        uint32_t slot = r->row.slots[i].slot;
        list[i].slot = slot;
        const struct past_feature *f = past_find(c->past, slot);
        if (f == NULL || !cut_rereads(f->feature))
            list[i].series = series_kept(v, c, slot, person->person);
        for (size_t k = 0; k < person->count; k++)
            if (person->series[k].slot == slot)
                list[i].series = person->series[k].series;
    }
    return list;
}

static bool is_in(const struct book_rule *r, const struct rule_value *value, struct arena *a)
{
    if (value->type == RULE_TRUTH || !value->is_known)
        return value->is_known && value->truth;
    return !bytes_equal(value_packed(*value, a), r->row.unknown);
}

bool rule_recount_holds(const struct view *v, const struct rule_recount *c, const struct recounted *person,
                        struct rule_value *out_value)
{
    const struct book_rule *r = rule_asked(v, c);
    struct rule_cut cut = c->cut;
    if (c->tried != NULL)
        cut.instant_us = v->now_us; /* what rules keep goes on being gathered */
    if (r == NULL || (person->count == 0 && !cut_knows(v, person->person, &cut)))
        return false;
    const struct cut_person who = {.person = person->person,
                                   .cut = cut,
                                   .rule = r,
                                   .series_count = r->row.slot_count,
                                   .series = series_then(v, c, r, person)};
    struct reading reading = cut_reading(v, book_of(v), &who);
    *out_value = value_settled(program_value(r->program, &reading, v->arena));
    return is_in(r, out_value, v->arena);
}
