#include "domain/rule/trace.h"

#include "domain/rule/cut_reading.h"
#include "domain/rule/past.h"

#define ARENA_BLOCK_BYTES ((size_t)16 << 10)
#define SERIES_ARENA_BYTES ((size_t)8 << 20) /* then what is of no use any more is let go of */

/* What was read for one of the rule's features. */
struct traced {
    uint32_t slot; /* 0: nothing is read for it */
    struct series_shape shape;
    struct bytes series;
    uint32_t hidden, count;
    struct traced_event *events;
};
struct rule_trace {
    struct arena *arena, *scratch;
    struct arena *series, *spare; /* of `traced`, in turn */
    struct rule_trace_ask ask;
    struct past *past;
    uint32_t count;
    struct traced *traced; /* by the program's numbers of features */
    bool is_shown;         /* of the event that is looked at */
    const struct event_seen *event;
};

struct rule_trace *rule_trace_create(const struct view *v, const struct rule_trace_ask *ask)
{
    const struct book *b = book_of(v);
    const struct book_rule *r = b == NULL ? NULL : book_rule(b, ask->rule);
    assert(ask->events_max <= TRACE_EVENTS_MAX);
    if (r == NULL || r->program == NULL)
        return NULL;
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct rule_trace *t = ARENA_NEW(arena, struct rule_trace);
    *t = (struct rule_trace){.arena = arena,
                             .scratch = arena_create(ARENA_BLOCK_BYTES),
                             .series = arena_create(ARENA_BLOCK_BYTES),
                             .spare = arena_create(ARENA_BLOCK_BYTES),
                             .ask = *ask,
                             .count = r->row.slot_count};
    t->past = past_create(v, b, &(struct past_ask){.until = UINT64_MAX, .whole_too = true, .rule = ask->rule});
    t->traced = ARENA_ARRAY(arena, struct traced, t->count);
    for (uint32_t i = 0; i < t->count; i++) {
        const struct past_feature *f = past_find(t->past, r->row.slots[i].slot);
        if (f == NULL || !cut_rereads(f->feature))
            continue;
        t->traced[i] = (struct traced){.slot = f->slot,
                                       .shape = f->feature->shape,
                                       .events = ARENA_ARRAY(arena, struct traced_event, ask->events_max)};
    }
    return t;
}

void rule_trace_destroy(struct rule_trace *t)
{
    if (t == NULL)
        return;
    past_destroy(t->past);
    arena_destroy(t->series);
    arena_destroy(t->spare);
    arena_destroy(t->scratch);
    arena_destroy(t->arena);
}

/* --- fed --- */

void rule_trace_at(struct rule_trace *t, const struct rule_cut *m)
{
    assert(cut_is_now(m) == cut_is_now(&t->ask.cut));
    t->ask.cut = *m;
}

static void series_settle(struct rule_trace *t)
{
    struct arena *full = t->series;
    if (arena_used(full) < SERIES_ARENA_BYTES)
        return;
    for (uint32_t i = 0; i < t->count; i++)
        t->traced[i].series = arena_copy(t->spare, t->traced[i].series);
    t->series = t->spare;
    t->spare = full;
    arena_reset(full);
}

static void event_keep(struct rule_trace *t, struct traced *to, const struct envelope *envelope,
                       const struct series_entry *entries, size_t count)
{
    struct traced_event *kept = &to->events[to->count++];
    *kept = (struct traced_event){.event_us = t->event->event_us,
                                  .position = t->event->note.position,
                                  .owner = t->event->note.owner,
                                  .stored_under = t->event->note.person,
                                  .event = arena_copy(t->arena, envelope->event)};
    for (size_t i = 0; i < count; i++)
        kept->adds += to->shape.kind == SERIES_SUM     ? entries[i].sum
                      : to->shape.kind == SERIES_COUNT ? (series_wide)entries[i].count
                                                       : 1;
}

static bool entries_take(void *context, const struct past_feature *f, const struct envelope *envelope,
                         const struct series_entry *entries, size_t count)
{
    struct rule_trace *t = context;
    struct traced *to = t->traced;
    if (!cut_rereads(f->feature))
        return true;
    while (to->slot != f->slot)
        to++;
    for (size_t i = 0; i < count && !cut_is_now(&t->ask.cut); i++)
        to->series = series_add(&to->shape, to->series, &entries[i], -SERIES_BUCKET_MAX, t->series);
    if (!t->is_shown)
        to->hidden++;
    else if (to->count < t->ask.events_max)
        event_keep(t, to, envelope, entries, count);
    return true;
}

/* Of now only the newest are wanted. */
static bool wants_more(const struct rule_trace *t)
{
    bool wants = !cut_is_now(&t->ask.cut);
    for (uint32_t i = 0; i < t->count; i++)
        wants |= t->traced[i].slot != 0 && t->traced[i].count < t->ask.events_max;
    return wants;
}

fallible rule_trace_event(struct rule_trace *t, const struct event_seen *event, bool is_shown, bool *out_goes_on,
                          struct err *e)
{
    *out_goes_on = wants_more(t);
    if (!*out_goes_on || !cut_takes(&t->ask.cut, event))
        return DONE;
    arena_reset(t->scratch);
    t->is_shown = is_shown;
    t->event = event;
    TRY(past_event(t->past, event, t->scratch, entries_take, t, e));
    t->event = NULL;
    series_settle(t);
    return DONE;
}

/* --- told --- */

/* What isn't made of events alone isn't read again. */
static const struct slot_series *series_then(const struct view *v, const struct rule_trace *t,
                                             const struct book_rule *r, uint32_t person)
{
    struct slot_series *list = ARENA_ARRAY(v->arena, struct slot_series, t->count);
    for (uint32_t i = 0; i < t->count; i++) {
        uint32_t slot = r->row.slots[i].slot;
        list[i] = (struct slot_series){.slot = slot,
                                       .series = t->traced[i].slot != 0 ? t->traced[i].series
                                                                        : cut_kept(v, slot, person, &t->ask.cut)};
    }
    return list;
}

static void standing_tell(const struct view *v, uint32_t rule, uint32_t person, struct rule_explanation *out)
{
    const struct standing *list;
    size_t count = rule_standings(v, person, &list);
    for (size_t i = 0; i < count; i++)
        if (list[i].rule == rule) {
            out->since_us = list[i].since_us;
            out->turn_us = list[i].turn_us;
        }
}

bool rule_explain(const struct view *v, const struct rule_trace *t, uint32_t person, struct rule_explanation *out)
{
    const struct book *b = book_of(v);
    const struct book_rule *r = b == NULL ? NULL : book_rule(b, t->ask.rule);
    struct reading reading;
    if (r == NULL || r->program == NULL)
        return false;
    *out = (struct rule_explanation){
        .turn_us = INT64_MAX, .unkept = cut_unkept(r->program, &t->ask.cut), .civil = book_civil(b)};
    if (cut_is_now(&t->ask.cut)) {
        reading = person_reading(v, b, person);
        reading_for(&reading, r);
        standing_tell(v, t->ask.rule, person, out);
    } else {
        struct cut_person *who = ARENA_NEW(v->arena, struct cut_person);
        *who = (struct cut_person){.person = person,
                                   .cut = t->ask.cut,
                                   .rule = r,
                                   .series_count = t->count,
                                   .series = series_then(v, t, r, person)};
        reading = cut_reading(v, b, who);
    }
    out->now_us = reading.now_us;
    out->root = program_explain(r->program, &reading, v->arena);
    out->value = value_settled(program_value(r->program, &reading, v->arena));
    return true;
}

size_t rule_traced(const struct rule_trace *t, const struct explained *of, const struct traced_event **out_list,
                   bool *out_hidden)
{
    assert(of->feature < t->count);
    const struct traced *from = &t->traced[of->feature];
    uint32_t first = 0, end;
    while (first < from->count && from->events[first].event_us >= of->until_us)
        first++;
    for (end = first; end < from->count && from->events[end].event_us >= of->from_us;)
        end++;
    *out_list = from->events + first;
    *out_hidden = from->hidden > 0;
    return end - first;
}
