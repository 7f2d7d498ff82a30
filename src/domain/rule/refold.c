/* The background work for parted people: their events are read again. */
#include <stdlib.h>

#include "domain/rule/listen.h"
#include "domain/rule/parted.h"
#include "lib/list.h"
#include "lib/pack.h"

#define PAYLOAD_FORMAT 1u
#define ARENA_BLOCK_BYTES (64u << 10)
#define PEOPLE_AT_ONCE 16u
#define LOOK_EVERY 256u
#define SORT_PATH PAST_FOLDER "/refold.sort"

/* Of an owner: the person who is read. */
struct refold_owner {
    struct hash128 owner;
    uint32_t at;
};
struct refold_person {
    uint32_t person;
    struct parted parted;
    struct series_list {
        size_t count, room;
        struct slot_series *list; /* by slot */
    } series;
};
struct refold_order {
    struct arena *arena, *scratch; /* of the order; of an event */
    int64_t now_us;
    struct work_context *context;
    struct past *past;
    struct event_view *events;
    uint32_t person_count;
    struct refold_person people[PEOPLE_AT_ONCE];
    struct refold_owner *owners; /* sorted */
    size_t owner_count, owner_room;
    uint32_t *numbers; /* sorted, each once */
    size_t number_count, number_room;
    struct past_heap *heap;
    struct refold_person *current; /* whose event is looked at, and by which owner */
    struct hash128 owner;
    uint64_t seen;
    struct status status;
    struct err error;
};

static int by_owner(const void *x, const void *y)
{
    const struct refold_owner *a = x, *b = y;
    if (a->owner.high != b->owner.high)
        return a->owner.high < b->owner.high ? -1 : 1;
    return (a->owner.low > b->owner.low) - (a->owner.low < b->owner.low);
}

static int by_number(const void *x, const void *y)
{
    const uint32_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

/* --- wanted: on the engine's thread --- */

static void person_take(struct refold_order *o, const struct view *v, uint32_t person, const struct parted *parted)
{
    struct parted_pieces pieces;
    parted_pieces(v, person, o->arena, &pieces);
    o->people[o->person_count] = (struct refold_person){.person = person, .parted = *parted};
    for (size_t i = 0; i < pieces.owner_count; i++) {
        LIST_OPEN(o->arena, o->owners, o->owner_count, o->owner_room, o->owner_count);
        o->owners[o->owner_count - 1] = (struct refold_owner){.owner = pieces.owners[i], .at = o->person_count};
    }
    for (size_t i = 0; i < pieces.number_count; i++) {
        LIST_OPEN(o->arena, o->numbers, o->number_count, o->number_room, o->number_count);
        o->numbers[o->number_count - 1] = pieces.numbers[i];
    }
    o->person_count++;
}

static void order_settle(struct refold_order *o)
{
    size_t kept = 0;
    if (o->owner_count > 1)
        qsort(o->owners, o->owner_count, sizeof *o->owners, by_owner);
    if (o->number_count > 1)
        qsort(o->numbers, o->number_count, sizeof *o->numbers, by_number);
    for (size_t i = 0; i < o->number_count; i++)
        if (kept == 0 || o->numbers[kept - 1] != o->numbers[i])
            o->numbers[kept++] = o->numbers[i];
    o->number_count = kept;
}

static bool refold_wanted(const struct view *v, struct work_context *c)
{
    uint32_t person;
    struct parted parted;
    const struct book *b = book_of(v);
    if (b == NULL || !parted_next(v, 0, &person, &parted))
        return false;
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct refold_order *o = ARENA_NEW(arena, struct refold_order);
    *o = (struct refold_order){.arena = arena, .context = c, .now_us = v->now_us, .status = DONE};
    o->scratch = arena_create(ARENA_BLOCK_BYTES);
    for (bool more = true; more && o->person_count < PEOPLE_AT_ONCE;
         more = parted_next(v, person + 1, &person, &parted))
        person_take(o, v, person, &parted);
    order_settle(o);
    o->past = past_create(v, b, &(struct past_ask){.until = v->position, .whole_too = true});
    o->events = event_view_open(v, c->around);
    c->order = o;
    return true;
}

static void refold_release(struct work_context *c)
{
    struct refold_order *o = c->order;
    event_view_close(o->events);
    past_destroy(o->past);
    arena_destroy(o->scratch);
    arena_destroy(o->arena);
    c->order = NULL;
}

/* --- run: on a worker thread --- */

/* Of features that are gathered since later than the person was parted nothing: what is gathered for them has all of this. */
static bool entries_take(void *context, const struct past_feature *f, const struct envelope *event,
                         const struct series_entry *entries, size_t count)
{
    struct refold_order *o = context;
    if (f->since <= o->current->parted.since)
        o->status = past_heap_add(o->heap, o->owner, f, event, entries, count, &o->error);
    return done(o->status);
}

static bool event_take(void *context, const struct event_seen *seen)
{
    struct refold_order *o = context;
    if (o->seen++ % LOOK_EVERY == 0 && work_stopped(o->context)) {
        o->status = FAIL(&o->error, CANCELLED, "the process wants to end");
        return false;
    }
    struct refold_owner key = {.owner = seen->note.owner};
    const struct refold_owner *found = o->owner_count == 0
                                           ? NULL
                                           : bsearch(&key, o->owners, o->owner_count, sizeof key, by_owner);
    if (found == NULL)
        return true;
    o->current = &o->people[found->at];
    o->owner = found->owner;
    if (seen->note.position >= o->current->parted.since || seen->event_us > o->current->parted.since_us)
        return true; /* it came since, or waits under a timer */
    arena_reset(o->scratch);
    struct status status = past_event(o->past, seen, o->scratch, entries_take, o, &o->error);
    if (done(o->status))
        o->status = status;
    return done(o->status);
}

static struct slot_series *series_at(struct refold_order *o, struct series_list *l, uint32_t slot)
{
    size_t at = 0;
    while (at < l->count && l->list[at].slot < slot)
        at++;
    if (at == l->count || l->list[at].slot != slot) {
        LIST_OPEN(o->arena, l->list, l->count, l->room, at);
        l->list[at] = (struct slot_series){.slot = slot};
    }
    return &l->list[at];
}

/* What several owners have is the person's together. */
static struct status item_take(void *context, const struct past_item *item, struct err *e)
{
    struct refold_order *o = context;
    struct refold_owner key = {.owner = item->place.owner};
    const struct refold_owner *found = bsearch(&key, o->owners, o->owner_count, sizeof key, by_owner);
    const struct past_feature *f = past_find(o->past, item->place.slot);
    assert(found != NULL && f != NULL && item->ahead_count == 0);
    (void)e;
    struct slot_series *to = series_at(o, &o->people[found->at].series, item->place.slot);
    struct bytes mine = arena_copy(o->arena, item->series);
    to->series = series_merge(&f->feature->shape, to->series, mine, -SERIES_BUCKET_MAX, o->arena);
    return DONE;
}

static fallible events_read(struct refold_order *o, struct err *e)
{
    struct past_heap_read read = {.past = o->past, .ahead_us = o->now_us, .each = item_take, .context = o};
    TRY(event_scan_people(o->events, &(struct event_people){o->numbers, o->number_count, INT64_MAX}, event_take, o, e));
    if (failed(o->status)) {
        err_set(e, "%s", o->error.text);
        return o->status;
    }
    return past_heap_read(o->heap, &read, e);
}

/* Who doesn't fit any more is left for the next run. */
static fallible refolded_pack(const struct refold_order *o, struct buf *out, struct err *e)
{
    struct buf series;
    buf_init(&series, REFOLDED_RULES_BYTES_MAX);
    pack_u8(out, PAYLOAD_FORMAT);
    struct status status = DONE;
    for (uint32_t i = 0; i < o->person_count; i++) {
        const struct refold_person *p = &o->people[i];
        buf_clear(&series);
        for (size_t j = 0; j < p->series.count; j++) {
            pack_varint(&series, p->series.list[j].slot);
            pack_bytes(&series, p->series.list[j].series);
        }
        bool fits = !series.overflowed && out->size + series.size + 3 * VARINT_BYTES_MAX <= REFOLDED_RULES_BYTES_MAX;
        if (!fits && i == 0)
            status = FAIL(e, LIMIT, "what rules keep of person %u is over %u bytes", p->person,
                          REFOLDED_RULES_BYTES_MAX);
        if (!fits)
            break;
        pack_varint(out, p->person);
        pack_varint(out, p->parted.since);
        pack_bytes(out, buf_bytes(&series));
    }
    buf_fini(&series);
    return status;
}

static fallible refold_run(struct work_context *c, struct buf *out_payload, struct err *e)
{
    struct refold_order *o = c->order;
    TRY(disk_make_folder(c->around->disk, PAST_FOLDER, e));
    o->heap = past_heap_create(c->around->disk, SORT_PATH);
    struct status status = o->past->count == 0 ? DONE : events_read(o, e);
    past_heap_destroy(o->heap);
    TRY(status);
    return refolded_pack(o, out_payload, e);
}

const struct work_kind rule_refold_work = {
    .id = 0x1032,
    .name = "rule.refold",
    .command_id = COMMAND_RULE_REFOLDED,
    .wanted = refold_wanted,
    .run = refold_run,
    .release = refold_release,
};
