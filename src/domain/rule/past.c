#include "domain/rule/past.h"

#include <string.h>

#include "domain/calendar/calendar.h"
#include "domain/rule/past_columns.h"
#include "lib/list.h"
#include "lib/pack.h"

#define ARENA_BLOCK_BYTES (64u << 10)

/* --- the features --- */

static uint32_t place_of(const struct past *p, uint32_t slot)
{
    uint32_t low = 0, high = p->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (p->features[middle].slot < slot)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct past_feature *past_find(const struct past *p, uint32_t slot)
{
    uint32_t at = place_of(p, slot);
    return at < p->count && p->features[at].slot == slot ? &p->features[at] : NULL;
}

static bool is_wanted(const struct book_feature *f, const struct past_ask *ask)
{
    return f != NULL && f->matcher != NULL && f->feature->of == FEATURE_EVENTS && f->since >= ask->from && f->since < ask->until &&
           (ask->whole_too || !f->is_whole);
}

static void feature_take(struct past *p, const struct view *v, const struct book_feature *f, const struct feature *what)
{
    uint32_t at = place_of(p, f->slot);
    const struct filter_reader reader = {.arena = p->arena, .names = p->names, .civil = p->civil, .takes_new = true};
    struct past_feature taken = {
        .slot = f->slot, .brand = f->brand, .since = f->since, .feature = what, .told_until_us = INT64_MIN};
    if (failed(matcher_compile(what, p->civil, p->arena, &taken.matcher, NULL)))
        return;
    if (f->brand != 0)
        taken.brand_name = arena_copy(p->arena, name_text(v, NAME_BRAND, f->brand));
    past_columns_take(&taken, &reader);
    LIST_OPEN(p->arena, p->features, p->count, p->room, at);
    p->features[at] = taken;
}

/* A rule all of whose features were taken from others isn't compiled again. */
static void rule_take(struct past *p, const struct program_ask *how, const struct book *b, const struct book_rule *r,
                      const struct past_ask *ask)
{
    const struct program *program = NULL;
    const struct feature *const *features;
    for (uint32_t i = 0; i < r->row.slot_count; i++) {
        const struct book_feature *f = book_feature(b, r->row.slots[i].slot);
        if (!is_wanted(f, ask) || past_find(p, f->slot) != NULL)
            continue;
        if (program == NULL && !rule_compile_saved(how, &r->row, p->arena, &program))
            return;
        (void)program_features(program, &features);
        feature_take(p, how->view, f, features[i]);
    }
}

/* Which event which of them hears; of several steps each feature once. */
static void hearers_count(struct past *p)
{
    const struct past_feature *f = p->features;
    for (uint32_t i = 0; i < p->count; i++, f++)
        for (uint32_t step = 0; step < f->feature->step_count; step++) {
            const struct feature_step *said = &f->feature->steps[step];
            for (uint32_t j = 0; j < said->event_count; j++)
                p->starts[said->events[j] + 1]++;
        }
    for (uint32_t event = 0; event < EVENT_NAMES; event++)
        p->starts[event + 1] += p->starts[event];
}

static bool hears_all(const struct feature *f)
{
    for (uint32_t step = 0; step < f->step_count; step++)
        if (f->steps[step].event_count == 0)
            return true;
    return false;
}

static void hearers_fill(struct past *p)
{
    uint32_t *at = ARENA_ARRAY(p->arena, uint32_t, EVENT_NAMES);
    memcpy(at, p->starts, EVENT_NAMES * sizeof *at);
    p->heard = ARENA_ARRAY(p->arena, uint32_t, p->starts[EVENT_NAMES] + 1);
    for (uint32_t i = 0; i < p->count; i++) {
        const struct feature *f = p->features[i].feature;
        if (hears_all(f)) {
            LIST_OPEN(p->arena, p->all, p->all_count, p->all_room, p->all_count);
            p->all[p->all_count - 1] = i;
            continue;
        }
        for (uint32_t step = 0; step < f->step_count; step++)
            for (uint32_t j = 0; j < f->steps[step].event_count; j++) {
                uint32_t event = f->steps[step].events[j];
                if (at[event] == p->starts[event] || p->heard[at[event] - 1] != i)
                    p->heard[at[event]++] = i;
            }
    }
    for (uint32_t event = 0; event < EVENT_NAMES; event++) /* what was heard twice leaves a gap, filled with nobody */
        while (at[event] < p->starts[event + 1])
            p->heard[at[event]++] = UINT32_MAX;
}

struct past *past_create(const struct view *v, const struct book *b, const struct past_ask *ask)
{
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct past *p = ARENA_NEW(arena, struct past);
    struct view mine = *v;
    mine.arena = arena;
    *p = (struct past){.arena = arena, .civil = calendar_civil(v), .names = name_book_of_view(v, NULL)};
    struct program_ask how = {.view = &mine, .civil = p->civil, .book = p->names};
    for (uint32_t i = 0; i < ask->tried_count; i++)
        feature_take(p, v, &ask->tried[i], ask->tried[i].feature);
    for (uint32_t rule = book_next(b, RULE_NONE); rule != RULE_NONE && ask->tried == NULL; rule = book_next(b, rule))
        if (ask->rule == RULE_NONE || ask->rule == rule)
            rule_take(p, &how, b, book_rule(b, rule), ask);
    p->starts = ARENA_ARRAY(arena, uint32_t, EVENT_NAMES + 1);
    hearers_count(p);
    hearers_fill(p);
    return p;
}

void past_destroy(struct past *p)
{
    if (p == NULL)
        return;
    name_book_destroy(p->names);
    civil_destroy(p->civil);
    arena_destroy(p->arena);
}

void past_told(struct past *p, int64_t until_us)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (p->features[i].columns != NULL)
            p->features[i].told_until_us = until_us;
}

bool past_is_asked(const struct past *p)
{
    bool any = false;
    for (uint32_t i = 0; i < p->count; i++)
        any |= p->features[i].told_until_us == INT64_MIN;
    return any;
}

/* What was counted before the reading began may be less than what is read. */
void past_progress_say(const struct past_progress *p, uint64_t read, uint64_t all)
{
    assert(p->from <= p->until && p->until <= RULE_PROGRESS_WHOLE);
    uint64_t part = read >= all ? p->until - p->from : (p->until - p->from) * read / all;
    atomic_store_explicit(p->share, p->from + (uint32_t)part, memory_order_relaxed);
}

/* --- an event --- */

/* As feature_takes: of the brand, or of none. */
static bool takes(const struct past_feature *f, const struct envelope *e)
{
    struct bytes brand = e->reference[REF_BRAND];
    return f->brand == 0 || brand.size == 0 || bytes_equal(f->brand_name, brand);
}

static bool feature_event(const struct past *p, uint32_t place, const struct arrived *arrived, struct arena *scratch,
                          past_each each, void *context)
{
    const struct series_entry *entries;
    const struct past_feature *f = &p->features[place];
    if (arrived->envelope.event_us <= f->told_until_us || !takes(f, &arrived->envelope))
        return true;
    size_t count = matcher_entries(f->matcher, arrived, p->civil, NULL, scratch, &entries);
    return count == 0 || each(context, f, &arrived->envelope, entries, count);
}

fallible past_event(const struct past *p, const struct event_seen *seen, struct arena *scratch, past_each each,
                    void *context, struct err *e)
{
    uint32_t from = p->starts[seen->note.event], until = p->starts[seen->note.event + 1u];
    if (from == until && p->all_count == 0)
        return DONE;
    struct arrived *arrived = ARENA_NEW(scratch, struct arrived);
    arrived->packed = seen->packed;
    arrived->event = seen->note.event; /* what the name stood for when it came */
    TRY(envelope_unpack(seen->packed, &arrived->envelope, e));
    bool goes_on = true;
    for (uint32_t i = from; i < until && goes_on; i++)
        goes_on = p->heard[i] == UINT32_MAX || feature_event(p, p->heard[i], arrived, scratch, each, context);
    for (uint32_t i = 0; i < p->all_count && goes_on; i++)
        goes_on = feature_event(p, p->all[i], arrived, scratch, each, context);
    return DONE;
}
