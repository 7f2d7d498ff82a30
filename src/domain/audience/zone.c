/* The zone of the workspace is another one: what was counted by days of the one before says nothing of days of this one, so every definition asks for its rule once more, with
 * the words that it has. A job goes through them; those of a slice, and who names them, take over together. */
#include "domain/audience/cancel.h"
#include "domain/audience/commands.h"
#include "lib/pack.h"

#define JOB_KEY BYTES_LIT("zone")

/* What a slice asks for, and all that will wait with it. */
struct zone_slice {
    struct zone_counts {
        size_t seen; /* definitions whose text was made */
        size_t changed, waiting, batches;
    } count;
    struct audience changed[AUDIENCE_TOGETHER_MAX];
    struct bytes texts[AUDIENCE_TOGETHER_MAX]; /* of rules */
    uint32_t waiting[AUDIENCE_SWITCH_MAX];
    uint64_t batches[AUDIENCE_SWITCH_MAX]; /* of those that wait already */
};

/* false: there is no room for it. */
static bool waiting_add(struct zone_slice *slice, uint32_t number)
{
    for (size_t i = 0; i < slice->count.waiting; i++)
        if (slice->waiting[i] == number)
            return true;
    if (slice->count.waiting == AUDIENCE_SWITCH_MAX)
        return false;
    slice->waiting[slice->count.waiting++] = number;
    return true;
}

/* All of a batch wait for each of them. */
static bool batch_add(const struct view *v, struct zone_slice *slice, uint64_t batch)
{
    for (size_t i = 0; i < slice->count.batches; i++)
        if (slice->batches[i] == batch)
            return true;
    for (uint32_t number = batch_next(v, batch, 0); number != 0; number = batch_next(v, batch, number))
        if (!waiting_add(slice, number))
            return false;
    assert(slice->count.batches < AUDIENCE_SWITCH_MAX); /* each has somebody who waits */
    slice->batches[slice->count.batches++] = batch;
    return true;
}

static bool is_changed(const struct zone_slice *slice, uint32_t number)
{
    for (size_t i = 0; i < slice->count.changed; i++)
        if (slice->changed[i].number == number)
            return true;
    return false;
}

/* One that could not be made stays as it answers: it is to be saved again. What is made in this zone already waits with the others. */
static bool definition_take(const struct view *v, struct zone_slice *slice, uint32_t number)
{
    struct audience_names names;
    struct audience a;
    struct bytes text;
    bool is_there = audience_numbered(v, number, &a);
    assert(is_there); /* who names others is there */
    audience_names_init(&names, v, NULL);
    slice->count.seen++;
    if (!is_there || a.is_refused || is_changed(slice, number) ||
        failed(audience_expand(&names, &a, v->arena, &text, NULL)))
        return true;
    if (a.batch != 0 && !batch_add(v, slice, a.batch))
        return false;
    if (asked_says(v, &a, text))
        return true;
    if (slice->count.changed == AUDIENCE_TOGETHER_MAX || !waiting_add(slice, number))
        return false;
    slice->texts[slice->count.changed] = text;
    slice->changed[slice->count.changed++] = a;
    return true;
}

/* With all that name it; where these are too many for one slice, by itself. false: not in this slice. */
static bool definition_take_above(const struct view *v, struct zone_slice *slice, const struct audience *a)
{
    uint32_t above[AUDIENCE_TOGETHER_MAX];
    const struct zone_counts before = slice->count;
    size_t count = audience_changing(v, a, a->number, above, COUNT_OF(above));
    bool fits = count <= AUDIENCE_TOGETHER_MAX;
    for (size_t i = 0; i < count && fits; i++)
        fits = definition_take(v, slice, above[i]);
    if (fits)
        return true;
    slice->count = before;
    if (before.seen > 0)
        return false;
    fits = definition_take(v, slice, a->number);
    assert(fits); /* a batch is no larger than a slice's may be */
    return fits;
}

static void slice_ask(struct step *s, struct zone_slice *slice)
{
    uint64_t batch = s->view.position;
    if (slice->count.changed == 0)
        return;
    for (size_t i = 0; i < slice->count.batches; i++)
        batches_absorb(s, slice->batches[i]);
    for (size_t i = 0; i < slice->count.changed; i++) {
        struct audience *a = &slice->changed[i];
        a->batch = a->batch == 0 ? 0 : batch; /* it was absorbed */
        rule_ask_for(s, a, slice->texts[i]);
        batch_join(s, a, batch);
        audience_put(s, a);
    }
}

/* The state: the kind, and the name of the last one. */
static struct bytes zone_advance(struct step *s, struct bytes state)
{
    struct zone_slice *slice = ARENA_NEW(s->view.arena, struct zone_slice);
    enum audience_kind kind = (enum audience_kind)state.data[0];
    struct bytes after = bytes_slice(state, 1, state.size);
    struct buf next = arena_buf(s->view.arena, 1u + AUDIENCE_NAME_BYTES_MAX);
    struct audience a;
    bool is_full = false;
    slice->count = (struct zone_counts){.seen = 0};
    while (!is_full && slice->count.seen < AUDIENCE_TOGETHER_MAX && audience_next(&s->view, kind, after, &a)) {
        is_full = !definition_take_above(&s->view, slice, &a);
        after = is_full ? after : a.name;
    }
    slice_ask(s, slice);
    if (!is_full && slice->count.seen < AUDIENCE_TOGETHER_MAX) { /* no more of this kind */
        if (kind + 1u == AUDIENCE_KIND_COUNT)
            return BYTES_NONE;
        kind++;
        after = BYTES_NONE;
    }
    pack_u8(&next, (uint8_t)kind);
    buf_push(&next, after);
    return buf_bytes(&next);
}

const struct job_kind audience_zone_job = {.id = 0x1213, .name = "audience.zone", .advance = zone_advance};

void audience_hear_zone(struct step *s, const void *fact)
{
    static const uint8_t first[] = {AUDIENCE_SEGMENT};
    (void)fact;
    step_job_start(s, &audience_zone_job, JOB_KEY, bytes_of(first, sizeof first));
}
