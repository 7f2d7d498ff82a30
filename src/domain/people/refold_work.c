#include <stdlib.h>
#include <string.h>

#include "domain/event/event.h"
#include "domain/people/portable.h"
#include "domain/people/profile.h"
#include "domain/people/refold.h"

#define ARENA_BLOCK_BYTES (64u << 10)

struct owner_part {
    struct hash128 owner;
    uint32_t at; /* place among the parts */
};

struct part_order {
    uint32_t part;
    struct local_names *names;
    struct people_fold *fold;
};

/* All that a run needs, copied out of the rows. */
struct refold_order {
    struct arena *arena;   /* of the order and of the folds */
    struct arena *scratch; /* of one event */
    const struct work_context *context;
    struct event_view *events;
    uint64_t id;
    const uint32_t *numbers;
    size_t number_count;
    struct part_order parts[REFOLD_PARTS_MAX];
    uint32_t part_count;
    struct owner_part *owners; /* sorted */
    uint32_t owner_count, owner_room;
    struct known_sources sources;
    struct err error;
    struct status status;
};

static int owner_compare(const void *x, const void *y)
{
    const struct owner_part *a = x, *b = y;
    if (a->owner.high != b->owner.high)
        return a->owner.high < b->owner.high ? -1 : 1;
    return (a->owner.low > b->owner.low) - (a->owner.low < b->owner.low);
}

/* --- wanted: on the engine's thread --- */

static void sources_copy(const struct view *v, struct refold_order *o)
{
    size_t count = 0;
    for (uint32_t number = name_next(v, NAME_SOURCE, 0); number != 0; number = name_next(v, NAME_SOURCE, number))
        count++;
    struct known_source *list = ARENA_ARRAY(o->arena, struct known_source, count);
    size_t at = 0;
    for (uint32_t number = name_next(v, NAME_SOURCE, 0); number != 0; number = name_next(v, NAME_SOURCE, number))
        list[at++] = (struct known_source){.name = arena_copy(o->arena, name_text(v, NAME_SOURCE, number)), .rule = people_source(v, number)};
    assert(at == count);
    o->sources = (struct known_sources){.list = list, .count = count};
}

static void owners_take(struct refold_order *o, struct bytes owners)
{
    struct unpack u = unpack_of(owners);
    while (unpack_left(&u) > 0) {
        LIST_OPEN(o->arena, o->owners, o->owner_count, o->owner_room, o->owner_count);
        struct owner_part *owner = &o->owners[o->owner_count - 1];
        owner->owner.low = unpack_u64(&u);
        owner->owner.high = unpack_u64(&u);
        owner->at = o->part_count;
    }
    assert(unpack_good(&u));
}

static void part_take(struct refold_order *o, const struct view *v, const struct refold_part *p)
{
    struct part_order *part = &o->parts[o->part_count];
    *part = (struct part_order){.part = p->part, .names = local_names_create(o->arena), .fold = people_fold_create_wide(o->arena)};
    for (size_t i = 0; i < o->sources.count; i++)
        if (!people_source_is_plain(&o->sources.list[i].rule))
            people_fold_source(part->fold, &o->sources.list[i].rule);
    struct bytes owners;
    for (uint32_t chunk = 0; refold_owners_next(v, p, chunk, &owners); chunk++)
        owners_take(o, owners);
    o->part_count++;
}

static bool refold_wanted(const struct view *v, struct work_context *c)
{
    uint64_t id;
    const uint32_t *numbers;
    size_t number_count;
    if (!refold_first(v, &id, &numbers, &number_count))
        return false;
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct refold_order *o = ARENA_NEW(arena, struct refold_order);
    *o = (struct refold_order){.arena = arena, .scratch = arena_create(ARENA_BLOCK_BYTES), .context = c, .id = id, .status = DONE};
    uint32_t *copy = ARENA_ARRAY(arena, uint32_t, number_count);
    memcpy(copy, numbers, number_count * sizeof *copy);
    o->numbers = copy;
    o->number_count = number_count;
    sources_copy(v, o);
    struct refold_part p;
    for (uint32_t part = 0; o->part_count < REFOLD_PARTS_MAX && refold_part_next(v, id, part, &p); part = p.part + 1)
        part_take(o, v, &p);
    if (o->owner_count > 0)
        qsort(o->owners, o->owner_count, sizeof *o->owners, owner_compare);
    o->events = event_view_open(v, c->around);
    c->order = o;
    return true;
}

static void refold_release(struct work_context *c)
{
    struct refold_order *o = c->order;
    event_view_close(o->events);
    arena_destroy(o->scratch);
    arena_destroy(o->arena);
    c->order = NULL;
}

/* --- run: on a worker thread --- */

static bool refold_event(void *context, const struct event_seen *seen)
{
    struct refold_order *o = context;
    if (atomic_load_explicit(o->context->around->stop, memory_order_relaxed)) {
        o->status = FAIL(&o->error, CANCELLED, "the process wants to end");
        return false;
    }
    struct owner_part key = {.owner = seen->note.owner};
    const struct owner_part *found = o->owner_count == 0 ? NULL : bsearch(&key, o->owners, o->owner_count, sizeof key, owner_compare);
    if (found == NULL || seen->note.position >= o->id)
        return true;
    arena_reset(o->scratch);
    struct envelope *envelope = arena_take(o->scratch, sizeof *envelope, _Alignof(struct envelope));
    o->status = envelope_unpack(seen->packed, envelope, &o->error);
    if (failed(o->status))
        return false;
    struct part_order *part = &o->parts[found->at];
    struct arrived arrived = arrived_locally(part->names, &o->sources, envelope, o->scratch);
    people_fold_event(part->fold, &arrived, seen->note.owner);
    return true;
}

/* Parts that don't fit any more are left for the next run: their rows stay. */
static fallible refolded_pack(struct refold_order *o, struct buf *out, struct err *e)
{
    struct buf part;
    buf_init(&part, REFOLDED_BYTES_MAX);
    pack_u8(out, REFOLDED_FORMAT);
    pack_u64(out, o->id);
    for (uint32_t i = 0; i < o->part_count; i++) {
        buf_clear(&part);
        portable_pack(&part, o->parts[i].names, o->parts[i].fold, o->arena);
        bool fits = !part.overflowed && out->size + part.size + 4 + VARINT_BYTES_MAX <= REFOLDED_BYTES_MAX;
        if (!fits && i == 0) {
            buf_fini(&part);
            return FAIL(e, LIMIT, "re-fold %llu: a part of over %u bytes", (unsigned long long)o->id, REFOLDED_BYTES_MAX);
        }
        if (!fits)
            break;
        pack_u32(out, o->parts[i].part);
        pack_bytes(out, buf_bytes(&part));
    }
    buf_fini(&part);
    return DONE;
}

static fallible refold_run(struct work_context *c, struct buf *out_payload, struct err *e)
{
    struct refold_order *o = c->order;
    TRY(event_scan_people(o->events, &(struct event_people){o->numbers, o->number_count, INT64_MAX}, refold_event, o, e));
    if (failed(o->status)) {
        err_set(e, "re-fold %llu: %s", (unsigned long long)o->id, o->error.text);
        return o->status;
    }
    return refolded_pack(o, out_payload, e);
}

const struct work_kind refold_work = {
    .id = 0x0401,
    .name = "people.refold",
    .command_id = COMMAND_REFOLDED,
    .wanted = refold_wanted,
    .run = refold_run,
    .release = refold_release,
};
