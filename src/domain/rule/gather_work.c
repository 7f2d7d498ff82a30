/* The background work of gathering: one run for each command of a pass. */
#include <string.h>

#include "base/hash.h"
#include "domain/identity/identity.h"
#include "domain/order/order.h"
#include "domain/rule/gather.h"
#include "domain/rule/past_columns.h"
#include "lib/pack.h"
#include "store/disk.h"

#define FILE_PATH PAST_FOLDER "/gathering"
#define SORT_PATH PAST_FOLDER "/gathering.sort"
#define PAYLOAD_FORMAT 1u
#define FILE_FORMAT 2u
#define ARENA_BLOCK_BYTES (64u << 10)
#define SLICE_BYTES (64u << 10) /* of items; one more may be on top of it */
#define HEAD_BYTES 24u          /* of the file: format, position of the pass, round */
#define FRAME_HEAD_BYTES 16u    /* of a slice in it: hash, size */
#define HASH_SEED 0x67617468u
#define LOOK_EVERY 1024u
#define COLUMNS_UNTIL 300u /* of the reading, in thousandths: envelopes, where any are to be asked, take longer */

struct gather_order {
    struct arena *arena;
    enum gathered what;
    struct gather_pass pass;
    struct past *past;           /* to read with; NULL: nothing is to be read */
    struct event_view *events;   /* as long as anything is */
    struct column_view *columns; /* NULL: they aren't asked */
    atomic_uint *share;          /* of the reading, for who asks how far it is */
    uint32_t until;              /* whom to look at, or which orders */
    bool is_last;                /* of orders: there are no more */
    uint32_t ready_count;
    uint32_t ready[GATHERED_RULES];
};

/* --- wanted: on the engine's thread --- */

static void ready_list(const struct book *b, struct gather_order *o)
{
    for (uint32_t rule = book_next(b, RULE_NONE); rule != RULE_NONE && o->ready_count < GATHERED_RULES;
         rule = book_next(b, rule))
        if (gather_is_of(&o->pass, book_rule(b, rule)))
            o->ready[o->ready_count++] = rule;
}

static bool looks_at_people(const struct book *b, const struct gather_order *o)
{
    for (uint32_t rule = book_next(b, RULE_NONE); rule != RULE_NONE; rule = book_next(b, rule))
        if (gather_looks_at_all(&o->pass, book_rule(b, rule)))
            return true;
    return false;
}

/* Where no feature of orders wants it, none is looked at. */
static void orders_order(const struct view *v, const struct book *b, struct gather_order *o)
{
    struct book_list slots = book_orders(b);
    uint32_t end = orders_end(v), at_once = GATHERED_ORDERS_MAX * WORK_COMMANDS_MAX;
    bool is_wanted = false;
    for (uint32_t i = 0; i < slots.count; i++)
        is_wanted |= gather_wants_orders(&o->pass, book_feature(b, slots.list[i]));
    o->what = GATHERED_ORDERS;
    o->is_last = !is_wanted || end <= o->pass.order + at_once;
    o->until = !is_wanted ? o->pass.order : o->is_last ? end : o->pass.order + at_once;
}

static void order_make(const struct view *v, const struct book *b, struct work_context *c, struct gather_order *o)
{
    uint32_t end = view_rows_end(v, &person_family);
    struct past_ask ask = {.from = gathered_until(v), .until = o->pass.position};
    switch (o->pass.phase) {
    case GATHER_READING:
        o->what = GATHERED_READ;
        o->share = book_read_share(b);
        atomic_store_explicit(o->share, 0, memory_order_relaxed);
        o->past = past_create(v, b, &ask);
        o->events = event_view_open(v, c->around);
        o->columns = past_columns_any(o->past) ? column_view_open(v, c->around) : NULL;
        return;
    case GATHER_INSTALLING:
        o->what = GATHERED_SLICE;
        return;
    case GATHER_ORDERS:
        orders_order(v, b, o);
        return;
    default:
        break;
    }
    uint32_t at_once = GATHERED_PEOPLE * WORK_COMMANDS_MAX;
    o->until = end - o->pass.person > at_once ? o->pass.person + at_once : end;
    o->what = o->until > o->pass.person && looks_at_people(b, o) ? GATHERED_LOOK : GATHERED_END;
    if (o->what == GATHERED_END)
        ready_list(b, o);
}

/* Reading takes every processor that it gets, so it gives way to senders; for the next slices the engine's thread waits. */
static enum work_haste gather_haste(const struct view *v, const struct work_surroundings *around)
{
    struct gather_pass pass;
    (void)around;
    bool is_reading = book_of(v) != NULL && gather_pass_find(v, &pass) && pass.phase == GATHER_READING;
    return is_reading ? WORK_AT_LEISURE : WORK_IN_HASTE;
}

static bool gather_wanted(const struct view *v, struct work_context *c)
{
    struct gather_pass pass;
    const struct book *b = book_of(v);
    bool is_under_way = b != NULL && gather_pass_find(v, &pass);
    if (b == NULL || (!is_under_way && book_count(b, RULE_GATHERING) == 0))
        return false;
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct gather_order *o = ARENA_NEW(arena, struct gather_order);
    *o = (struct gather_order){.arena = arena, .what = GATHERED_BEGIN};
    if (is_under_way) {
        o->pass = pass;
        order_make(v, b, c, o);
    }
    c->order = o;
    return true;
}

static void gather_release(struct work_context *c)
{
    struct gather_order *o = c->order;
    event_view_close(o->events);
    column_view_close(o->columns);
    past_destroy(o->past);
    arena_destroy(o->arena);
    c->order = NULL;
}

/* --- reading: what happened, into the file --- */

struct slice_writer {
    struct file *file;
    uint64_t offset;
    struct buf slice;
    struct past_place last; /* of the last item */
    uint32_t owners;        /* and people */
};

static fallible slice_write(struct slice_writer *w, struct err *e)
{
    uint8_t head[FRAME_HEAD_BYTES];
    struct bytes slice = buf_bytes(&w->slice);
    struct buf b = {.data = head, .capacity = sizeof head, .size_max = sizeof head};
    pack_u64(&b, hash64(slice, HASH_SEED));
    pack_u64(&b, slice.size);
    TRY(file_write(w->file, w->offset, bytes_of(head, sizeof head), e));
    if (slice.size > 0)
        TRY(file_write(w->file, w->offset + sizeof head, slice, e));
    w->offset += sizeof head + slice.size;
    buf_clear(&w->slice);
    w->owners = 0;
    return DONE;
}

static struct status item_write(void *context, const struct past_item *item, struct err *e)
{
    struct slice_writer *w = context;
    if (item->series.size == 0 && item->ahead_count == 0)
        return DONE;
    bool is_new = w->owners == 0 || !past_place_same(&w->last, &item->place);
    if (w->slice.size >= SLICE_BYTES || (is_new && w->owners == GATHERED_PEOPLE))
        TRY(slice_write(w, e));
    w->owners += w->owners == 0 || is_new;
    w->last = item->place;
    size_t was = w->slice.size;
    past_item_pack(item, &w->slice);
    if (!w->slice.overflowed)
        return DONE;
    /* So much of one owner is dated ahead: it isn't kept. */
    struct past_item less = {.place = item->place, .series = item->series};
    w->slice.size = was;
    w->slice.overflowed = false;
    past_item_pack(&less, &w->slice);
    assert(!w->slice.overflowed);
    return DONE;
}

struct gather_scan {
    const struct gather_order *order;
    struct work_context *context;
    struct past_heap *heap;
    struct arena *scratch;
    struct event_note note; /* of the event that is looked at */
    struct past_progress progress;
    uint64_t seen, event_count;
    struct status status;
    struct err *error;
};

/* From `since` on a feature is gathered as events come. */
static bool entries_take(void *context, const struct past_feature *f, const struct envelope *event,
                         const struct series_entry *entries, size_t count)
{
    struct gather_scan *s = context;
    if (s->note.position < f->since)
        s->status = past_heap_add(s->heap, s->note.owner, f, event, entries, count, s->error);
    return done(s->status);
}

static bool event_take(void *context, const struct event_seen *seen)
{
    struct gather_scan *s = context;
    if (s->seen++ % LOOK_EVERY == 0) {
        past_progress_say(&s->progress, s->seen, s->event_count);
        if (work_stopped(s->context))
            s->status = FAIL(s->error, CANCELLED, "the process wants to end");
    }
    if (failed(s->status) || seen->note.person == PERSON_NONE)
        return done(s->status);
    arena_reset(s->scratch);
    s->note = seen->note;
    struct status status = past_event(s->order->past, seen, s->scratch, entries_take, s, s->error);
    if (done(s->status))
        s->status = status;
    return done(s->status);
}

static struct status items_write(void *context, const struct past_item *items, size_t count, struct err *e)
{
    struct status status = DONE;
    for (size_t i = 0; i < count && done(status); i++)
        status = item_write(context, &items[i], e);
    return status;
}

static void slices_restart(void *context)
{
    struct slice_writer *w = context;
    w->offset = HEAD_BYTES;
    w->owners = 0;
    buf_clear(&w->slice);
}

/* What columns can tell. Where they can't tell it all, or not yet, what they told is written over. */
static fallible columns_fill(struct slice_writer *w, struct work_context *c, struct gather_order *o, bool *out_has_ahead,
                             struct err *e)
{
    struct past_columns_ask ask = {.past = o->past,
                                   .view = o->columns,
                                   .work = c,
                                   .progress = {.share = o->share, .until = COLUMNS_UNTIL},
                                   .ahead_us = o->pass.wanted_us,
                                   .each = items_write,
                                   .again = slices_restart,
                                   .context = w};
    struct past_columns_told told = {0};
    o->columns = NULL; /* the reading closes it */
    struct status status = past_columns_read(&ask, &told, e);
    if (failed(status) && status.code != STATUS_UNAVAILABLE)
        return status;
    *out_has_ahead = told.has_ahead;
    if (done(status) && told.is_whole) {
        past_told(o->past, o->pass.wanted_us);
    } else {
        slices_restart(w);
    }
    return DONE;
}

static fallible envelopes_fill(struct slice_writer *w, struct work_context *c, const struct gather_order *o,
                               struct err *e)
{
    struct past_heap_read read = {.past = o->past, .ahead_us = o->pass.wanted_us, .each = item_write, .context = w};
    struct gather_scan s = {.order = o, .context = c, .status = DONE, .error = e};
    s.event_count = event_view_count(o->events);
    s.progress = (struct past_progress){
        .share = o->share, .from = past_columns_any(o->past) ? COLUMNS_UNTIL : 0, .until = RULE_PROGRESS_WHOLE};
    s.heap = past_heap_create(c->around->disk, SORT_PATH);
    s.scratch = arena_create(ARENA_BLOCK_BYTES);
    struct status status = event_scan_between(o->events, 0, o->pass.position, event_take, &s, e);
    if (done(status))
        status = s.status;
    if (done(status))
        status = past_heap_read(s.heap, &read, e);
    arena_destroy(s.scratch);
    past_heap_destroy(s.heap);
    return status;
}

static fallible file_fill(struct slice_writer *w, struct work_context *c, struct gather_order *o, struct err *e)
{
    bool has_ahead = false;
    uint8_t head[HEAD_BYTES];
    struct buf b = {.data = head, .capacity = sizeof head, .size_max = sizeof head};
    pack_u64(&b, FILE_FORMAT);
    pack_u64(&b, o->pass.position);
    pack_u64(&b, o->pass.round + 1);
    TRY(file_write(w->file, 0, bytes_of(head, sizeof head), e));
    w->offset = sizeof head;
    if (past_columns_any(o->past))
        TRY(columns_fill(w, c, o, &has_ahead, e));
    if (has_ahead || past_is_asked(o->past))
        TRY(envelopes_fill(w, c, o, e));
    if (w->slice.size > 0)
        TRY(slice_write(w, e));
    return slice_write(w, e); /* one of nothing is the end */
}

static fallible past_read(struct work_context *c, struct gather_order *o, struct buf *out, struct err *e)
{
    struct slice_writer w = {0};
    TRY(disk_make_folder(c->around->disk, PAST_FOLDER, e));
    TRY(disk_remove(c->around->disk, FILE_PATH, e));
    TRY(disk_file_open(c->around->disk, FILE_PATH, FILE_CREATE, &w.file, e));
    buf_init(&w.slice, GATHERED_BYTES_MAX - 64);
    struct status status = file_fill(&w, c, o, e);
    if (done(status))
        atomic_store_explicit(o->share, RULE_PROGRESS_WHOLE, memory_order_relaxed);
    buf_fini(&w.slice);
    file_close(w.file);
    pack_varint(out, w.offset);
    return status;
}

/* --- handing in --- */

static fallible read_whole(struct file *f, uint64_t offset, void *out, size_t size, bool *out_there, struct err *e)
{
    size_t got = 0;
    TRY(file_read(f, offset, out, size, &got, e));
    *out_there = got == size;
    return DONE;
}

/* Whether the file is what the pass wrote. */
static fallible file_is_ours(struct file *f, const struct gather_pass *pass, bool *out_ours, struct err *e)
{
    uint8_t head[HEAD_BYTES];
    TRY(read_whole(f, 0, head, sizeof head, out_ours, e));
    struct unpack u = unpack_of(bytes_of(head, sizeof head));
    *out_ours = *out_ours && unpack_u64(&u) == FILE_FORMAT && unpack_u64(&u) == pass->position &&
                unpack_u64(&u) == pass->round;
    return DONE;
}

/* The slice at an offset (0: the first), as a payload; *io_offset is then that of the next one, 0: there is none. */
static fallible slice_read(struct file *f, uint64_t *io_offset, struct buf *out, bool *out_there, struct err *e)
{
    uint8_t frame[FRAME_HEAD_BYTES];
    uint64_t offset = *io_offset == 0 ? HEAD_BYTES : *io_offset;
    TRY(read_whole(f, offset, frame, sizeof frame, out_there, e));
    struct unpack u = unpack_of(bytes_of(frame, sizeof frame));
    uint64_t hash = unpack_u64(&u), size = unpack_u64(&u);
    *out_there = *out_there && size <= GATHERED_BYTES_MAX - 64;
    if (!*out_there)
        return DONE;
    uint64_t next = size == 0 ? 0 : offset + sizeof frame + size;
    pack_u8(out, PAYLOAD_FORMAT);
    pack_u8(out, GATHERED_SLICE);
    pack_varint(out, *io_offset);
    pack_varint(out, next);
    uint8_t *at = size == 0 ? NULL : buf_extend(out, (size_t)size);
    if (size > 0)
        TRY(read_whole(f, offset + sizeof frame, at, (size_t)size, out_there, e));
    *out_there = *out_there && hash64(bytes_of(at, (size_t)size), HASH_SEED) == hash;
    *io_offset = next;
    return DONE;
}

/* As many as go at once; none where the first isn't there. */
static fallible slices_read(struct work_context *c, struct file *f, const struct gather_pass *pass, struct buf *out,
                            struct err *e)
{
    bool is_there;
    uint64_t offset = pass->offset;
    TRY(file_is_ours(f, pass, &is_there, e));
    for (uint32_t i = 0; i < WORK_COMMANDS_MAX && is_there && (i == 0 || offset != 0); i++) {
        size_t was = out->size;
        TRY(slice_read(f, &offset, out, &is_there, e));
        if (!is_there)
            out->size = was;
        else if (i > 0)
            work_cut_at(c, was);
    }
    return DONE;
}

static fallible slices_hand_in(struct work_context *c, const struct gather_order *o, struct buf *out, struct err *e)
{
    struct file *f;
    struct status status = disk_file_open(c->around->disk, FILE_PATH, FILE_READ, &f, e);
    if (done(status)) {
        status = slices_read(c, f, &o->pass, out, e);
        file_close(f);
    }
    if (failed(status) && status.code != STATUS_NOT_FOUND)
        return status;
    if (out->size > 0)
        return DONE;
    pack_u8(out, PAYLOAD_FORMAT);
    pack_u8(out, GATHERED_AGAIN);
    return DONE;
}

static void orders_hand_in(struct work_context *c, const struct gather_order *o, struct buf *out)
{
    uint32_t from = o->pass.order, until;
    do {
        until = o->until - from > GATHERED_ORDERS_MAX ? from + GATHERED_ORDERS_MAX : o->until;
        if (from > o->pass.order)
            work_cut_at(c, out->size);
        pack_u8(out, PAYLOAD_FORMAT);
        pack_u8(out, GATHERED_ORDERS);
        pack_varint(out, from);
        pack_varint(out, until);
        pack_u8(out, o->is_last && until == o->until);
        from = until;
    } while (until < o->until);
}

static void looks_hand_in(struct work_context *c, const struct gather_order *o, struct buf *out)
{
    for (uint32_t from = o->pass.person; from < o->until; from += GATHERED_PEOPLE) {
        if (from > o->pass.person)
            work_cut_at(c, out->size);
        pack_u8(out, PAYLOAD_FORMAT);
        pack_u8(out, GATHERED_LOOK);
        pack_varint(out, from);
        pack_varint(out, o->until - from > GATHERED_PEOPLE ? from + GATHERED_PEOPLE : o->until);
    }
}

static fallible gather_run(struct work_context *c, struct buf *out_payload, struct err *e)
{
    struct gather_order *o = c->order;
    if (o->what == GATHERED_SLICE)
        return slices_hand_in(c, o, out_payload, e);
    if (o->what == GATHERED_ORDERS) {
        orders_hand_in(c, o, out_payload);
        return DONE;
    }
    if (o->what == GATHERED_LOOK) {
        looks_hand_in(c, o, out_payload);
        return DONE;
    }
    pack_u8(out_payload, PAYLOAD_FORMAT);
    pack_u8(out_payload, (uint8_t)o->what);
    switch (o->what) {
    case GATHERED_READ:
        return past_read(c, o, out_payload, e);
    case GATHERED_END:
        for (uint32_t i = 0; i < o->ready_count; i++)
            pack_varint(out_payload, o->ready[i]);
        return disk_remove(c->around->disk, FILE_PATH, e);
    default:
        return DONE;
    }
}

const struct work_kind rule_gather_work = {
    .id = 0x1031,
    .name = "rule.gather",
    .command_id = COMMAND_RULE_GATHERED,
    .commands_max = WORK_COMMANDS_MAX,
    .wanted = gather_wanted,
    .run = gather_run,
    .release = gather_release,
    .haste = gather_haste,
};
