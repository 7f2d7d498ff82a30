#include "edge/api/audience_recount.h"

#include "edge/api/study.h"
#include "lib/bitmap.h"

void audience_recount_init(struct audience_recount *c, struct survey *s,
                           void (*found)(struct audience_recount *c, uint32_t person, struct bytes value))
{
    c->survey = s;
    c->found = found;
    c->batch = arena_create(RECOUNT_BYTES);
}

void audience_recount_fini(struct audience_recount *c)
{
    audience_recount_drop(c);
    arena_destroy(c->batch);
}

void audience_recount_drop(struct audience_recount *c)
{
    rule_recount_destroy(c->recount);
    c->recount = NULL;
}

void audience_recount_take(struct audience_recount *c, const struct view *v, struct rule_recount *recount)
{
    assert(c->recount == NULL);
    survey_set_take(c->survey, rule_everybody(v));
    c->recount = recount;
    c->asks_all = recount != NULL && rule_recount_asks_all(v, recount);
}

/* --- whose events they are --- */

/* On the engine's thread. Whoever was erased is nobody. */
static void holders_find(const struct view *v, void *context)
{
    struct audience_recount *c = context;
    for (size_t i = 0; i < c->owner_count; i++)
        c->holders[i] = identity_of_owner(v, c->owners[i]);
}

static fallible batch_feed(struct audience_recount *c, struct err *e)
{
    TRY(study_look(&c->survey->look, holders_find, c, e));
    for (size_t i = 0; i < c->event_count; i++) {
        uint32_t person = c->holders[c->events[i].owner];
        if (person != PERSON_NONE)
            TRY(rule_recount_event(c->recount, &c->events[i].event, person, e));
    }
    c->event_count = c->owner_count = 0;
    arena_reset(c->batch);
    return DONE;
}

/* In runs those of one owner stand together. */
static bool is_last_owner(const struct audience_recount *c, struct hash128 owner)
{
    return c->owner_count > 0 && hash128_equal(c->owners[c->owner_count - 1], owner);
}

static bool has_room(const struct audience_recount *c, struct hash128 owner)
{
    return c->event_count < RECOUNT_EVENTS && arena_used(c->batch) <= RECOUNT_BYTES &&
           (c->owner_count < RECOUNT_OWNERS || is_last_owner(c, owner));
}

/* The first failure ends the scan. */
static bool event_take(void *context, const struct event_seen *event)
{
    struct audience_recount *c = context;
    atomic_fetch_add(&c->survey->read, 1);
    if (atomic_load(&c->survey->is_cancelled))
        c->status = FAIL(c->error, CANCELLED, "the question was cancelled");
    if (failed(c->status) || !rule_recount_hears(c->recount, event))
        return done(c->status);
    if (!has_room(c, event->note.owner))
        c->status = batch_feed(c, c->error);
    if (failed(c->status))
        return false;
    assert(has_room(c, event->note.owner));
    if (!is_last_owner(c, event->note.owner))
        c->owners[c->owner_count++] = event->note.owner;
    struct recount_event *kept = &c->events[c->event_count++];
    *kept = (struct recount_event){.event = *event, .owner = c->owner_count - 1};
    kept->event.packed = arena_copy(c->batch, event->packed);
    return true;
}

/* --- who is in it --- */

/* Packed; nothing: not in it. */
static void value_take(struct survey *s, const struct view *v, uint32_t person, struct buf *out)
{
    const struct audience_recount *c = s->own;
    size_t at = 0;
    while (c->people[at] != person)
        at++;
    struct rule_value value;
    if (rule_recount_holds(v, c->recount, &c->recounted[at], &value))
        rule_value_pack(&value, out);
}

static void value_keep(struct survey *s, uint32_t person, struct bytes taken)
{
    struct audience_recount *c = s->own;
    c->found(c, person, taken);
}

static fallible people_ask(struct audience_recount *c, struct err *e)
{
    static const struct survey_reader reader = {value_take, value_keep};
    struct status status = survey_read(c->survey, &reader, c->people, c->people_count, e);
    c->people_count = 0;
    arena_reset(c->batch);
    return status;
}

static fallible person_add(struct audience_recount *c, const struct recounted *person, struct err *e)
{
    c->people[c->people_count] = person->person;
    c->recounted[c->people_count++] = recounted_copy(person, c->batch);
    return c->people_count == RECOUNT_PEOPLE || arena_used(c->batch) > RECOUNT_BYTES ? people_ask(c, e) : DONE;
}

/* Those below a number of whom nothing was read. */
static fallible silent_add(struct audience_recount *c, uint64_t until, struct err *e)
{
    uint32_t numbers[RECOUNT_PEOPLE];
    size_t count = c->asks_all ? RECOUNT_PEOPLE : 0;
    while (count == RECOUNT_PEOPLE && c->asked_until < until) {
        count = bitmap_list(c->survey->sets[0], c->asked_until, numbers, RECOUNT_PEOPLE);
        for (size_t i = 0; i < count && numbers[i] < until; i++)
            TRY(person_add(c, &(struct recounted){.person = numbers[i]}, e));
        c->asked_until = count == 0 ? (uint32_t)until : numbers[count - 1] + 1;
    }
    c->asked_until = until > UINT32_MAX ? UINT32_MAX : (uint32_t)until;
    return DONE;
}

static struct status person_take(void *context, const struct recounted *person, struct err *e)
{
    struct audience_recount *c = context;
    TRY(silent_add(c, person->person, e));
    c->asked_until = person->person + 1;
    return person_add(c, person, e);
}

fallible audience_recount_work(struct audience_recount *c, struct err *e)
{
    struct survey *s = c->survey;
    c->status = DONE;
    c->error = e;
    TRY(rule_recount_begin(c->recount, e));
    atomic_store(&s->total, rule_recount_events(c->recount) + bitmap_count(s->sets[0]));
    TRY(rule_recount_scan(c->recount, event_take, c, e));
    TRY(c->status);
    TRY(batch_feed(c, e));
    TRY(rule_recount_read(c->recount, person_take, c, e));
    TRY(silent_add(c, (uint64_t)UINT32_MAX + 1, e));
    return people_ask(c, e);
}
