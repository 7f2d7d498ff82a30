/* Numbered rows: in memory a directory of pages of 32 neighbours, in the cold store each by itself, so that a row that changed
 * costs a checkpoint that row and no other. */
#include <stdlib.h>
#include <string.h>

#include "lib/pack.h"
#include "store/rows_parts.h"

#define ROW_VERSION 2u /* 1 were pages of 32 rows */
#define CHUNKS_ROOM_MIN 4u
#define NUMBER_BYTES 4u
#define PREFETCH_ROW_BYTES 640u /* most rows as a whole */
/* One call of rows_evict looks at so much: a page in memory counts 16, an empty or wholly cold one 1. */
#define EVICT_LOOKS_MAX (1u << 19)
#define EVICT_PAGE_LOOKS 16u
#define SKIP_COST 128 /* of a slice: a page in memory is looked at */

static_assert(ROW_BYTES_MAX <= UINT16_MAX, "a row's size is two bytes of a slot");
static_assert(sizeof(struct row_page) == 24 + 8 * ROWS_PAGE_ROWS, "under nine bytes a row");

/* A slot of a page holds a row's address (48 bits) and size (16 bits). */
static struct bytes slot_row(uint64_t slot)
{
    return bytes_of((const uint8_t *)(uintptr_t)(slot & ((UINT64_C(1) << 48) - 1)), slot >> 48);
}

static uint64_t slot_of(const void *row, size_t size)
{
    return (uint64_t)size << 48 | (uint64_t)(uintptr_t)row;
}

static void row_prefetch(uint64_t slot)
{
    struct bytes row = slot_row(slot);
    for (size_t at = 0; at < row.size && at < PREFETCH_ROW_BYTES; at += 64)
        prefetch(row.data + at);
}

static bool slot_is_cold(uint64_t slot)
{
    return (slot & 1) != 0;
}

static uint32_t slot_mask(uint64_t slot)
{
    return (uint32_t)(slot >> 32);
}

static struct row_page *slot_page(uint64_t slot)
{
    assert(!slot_is_cold(slot));
    return (struct row_page *)(uintptr_t)slot;
}

/* NULL: no page there was ever made. */
static uint64_t *numbered_slot(const struct numbered *n, uint32_t page)
{
    uint32_t chunk = page / CHUNK_PAGES;
    if (chunk >= n->chunk_room || n->chunks[chunk] == NULL)
        return NULL;
    return &n->chunks[chunk]->slots[page % CHUNK_PAGES];
}

static uint32_t page_end(const struct numbered *n)
{
    return (uint32_t)(((uint64_t)n->end + ROWS_PAGE_ROWS - 1) / ROWS_PAGE_ROWS);
}

static uint64_t place_of(const struct table *t, uint32_t number)
{
    return (uint64_t)t->family->id << 56 | number;
}

/* Only the short array of pointers is ever copied. */
static uint64_t *slot_make(struct numbered *n, uint32_t page)
{
    uint32_t chunk = page / CHUNK_PAGES;
    if (chunk >= n->chunk_room) {
        uint32_t room = n->chunk_room == 0 ? CHUNKS_ROOM_MIN : n->chunk_room * 2;
        room = room > chunk ? room : chunk + 1;
        n->chunks = realloc(n->chunks, room * sizeof(struct page_chunk *));
        if (n->chunks == NULL)
            abort();
        memset(n->chunks + n->chunk_room, 0, (room - n->chunk_room) * sizeof(struct page_chunk *));
        n->bytes += (room - n->chunk_room) * sizeof(struct page_chunk *);
        n->chunk_room = room;
    }
    if (n->chunks[chunk] == NULL) {
        n->chunks[chunk] = calloc(1, sizeof(struct page_chunk));
        if (n->chunks[chunk] == NULL)
            abort();
        n->bytes += sizeof(struct page_chunk);
    }
    return &n->chunks[chunk]->slots[page % CHUNK_PAGES];
}

/* Brings the dirty marks up to the epoch. A page that was dirty at a begin is handed out, so looked at, before the next
 * one; what is older than that is durable. */
static void page_settle(const struct rows *r, struct row_page *p)
{
    if (p->epoch == r->epoch) {
        if (!r->running)
            p->dirty_then = 0;
        return;
    }
    p->dirty_then = r->running && p->epoch + 1 == r->epoch ? p->dirty_now : 0;
    p->dirty_now = 0;
    p->epoch = r->epoch;
}

/* Rows that the running checkpoint has still to hand out: what changes ahead of the cursor is handed out first. */
static uint32_t page_pending(const struct numbered *n, uint32_t page, const struct row_page *p)
{
    return page < n->cursor ? 0 : p->dirty_then & ~p->dirty_now;
}

static struct row_page *page_open(struct rows *r, struct table *t, uint32_t page)
{
    uint64_t *slot = slot_make(&t->numbered, page);
    if (*slot != 0 && !slot_is_cold(*slot)) {
        page_settle(r, slot_page(*slot));
        return slot_page(*slot);
    }
    struct row_page *p = slab_take(r->slab, sizeof *p);
    memset(p, 0, sizeof *p);
    p->exists = p->cold = slot_mask(*slot);
    p->epoch = r->epoch;
    *slot = (uint64_t)(uintptr_t)p;
    return p;
}

static void dirty_set(struct numbered *n, uint32_t page, uint32_t role)
{
    uint64_t *word = &n->chunks[page / CHUNK_PAGES]->dirty[role & 1][page % CHUNK_PAGES / 64];
    *word |= UINT64_C(1) << (page % 64);
}

static void row_hand_out(struct rows *r, struct table *t, uint32_t number, const struct row_page *p)
{
    uint32_t i = number % ROWS_PAGE_ROWS;
    buf_clear(&r->scratch);
    if ((p->exists >> i & 1) != 0) {
        pack_u8(&r->scratch, ROW_VERSION);
        pack_raw(&r->scratch, slot_row(p->rows[i]));
    }
    struct page_key key = page_key_of(t->family, number, NUMBER_BYTES);
    rows_hand_out(r, (struct page){.key = page_key_bytes(&key), .value = buf_bytes(&r->scratch)}, 1);
}

/* The row is about to change. */
static void row_change(struct rows *r, struct table *t, uint32_t number, struct row_page *p)
{
    uint32_t page = number / ROWS_PAGE_ROWS, bit = UINT32_C(1) << number % ROWS_PAGE_ROWS;
    if ((page_pending(&t->numbered, page, p) & bit) != 0)
        row_hand_out(r, t, number, p);
    if (p->dirty_now == 0)
        dirty_set(&t->numbered, page, r->epoch);
    t->numbered.dirty_rows[r->epoch & 1] += (p->dirty_now & bit) == 0;
    p->dirty_now |= bit;
}

static void row_free(struct rows *r, struct numbered *n, uint64_t slot)
{
    struct bytes row = slot_row(slot);
    if (row.size == 0)
        return;
    n->row_bytes -= slab_class_bytes(row.size);
    slab_give(r->slab, (void *)(uintptr_t)row.data, row.size);
}

/* `value` may lie in the row that it replaces. */
static uint64_t row_store(struct rows *r, struct numbered *n, uint64_t slot, struct bytes value)
{
    struct bytes old = slot_row(slot);
    if (value.size == 0) {
        row_free(r, n, slot);
        return 0;
    }
    if (old.size > 0 && slab_class_bytes(old.size) == slab_class_bytes(value.size)) {
        memmove((void *)(uintptr_t)old.data, value.data, value.size);
        return slot_of(old.data, value.size);
    }
    uint8_t *row = slab_take(r->slab, value.size);
    memcpy(row, value.data, value.size);
    n->row_bytes += slab_class_bytes(value.size);
    row_free(r, n, slot);
    return slot_of(row, value.size);
}

static void end_raise(struct rows *r, struct table *t, uint32_t end)
{
    if (end <= t->numbered.end)
        return;
    digest_minus(r, fact_hash(t->family, t->numbered.end));
    digest_plus(r, fact_hash(t->family, end));
    t->numbered.end = end;
}

enum presence rows_numbered_get(const struct rows *r, const struct family *f, uint32_t number, struct bytes *out_value)
{
    const struct table *t = rows_table(r, f, FAMILY_NUMBERED);
    const uint64_t *slot = numbered_slot(&t->numbered, number / ROWS_PAGE_ROWS);
    uint32_t i = number % ROWS_PAGE_ROWS;
    if (slot == NULL || *slot == 0)
        return ROW_ABSENT;
    if (slot_is_cold(*slot))
        return (slot_mask(*slot) >> i & 1) != 0 ? ROW_COLD : ROW_ABSENT;
    struct row_page *p = slot_page(*slot);
    uint32_t bit = UINT32_C(1) << i;
    if ((p->exists & bit) == 0)
        return ROW_ABSENT;
    if ((p->cold & bit) != 0)
        return ROW_COLD;
    if ((p->used & bit) == 0) /* most are marked: spares the cache line a write */
        p->used |= bit;
    *out_value = slot_row(p->rows[i]);
    return ROW_HERE;
}

void rows_numbered_put(struct rows *r, const struct family *f, uint32_t number, struct bytes value)
{
    struct table *t = rows_table(r, f, FAMILY_NUMBERED);
    assert(number != 0 && number != UINT32_MAX && value.size <= f->value_bytes);
    uint32_t page = number / ROWS_PAGE_ROWS, i = number % ROWS_PAGE_ROWS, bit = UINT32_C(1) << i;
    struct row_page *p = page_open(r, t, page);
    assert((p->cold & bit) == 0);
    struct bytes old = slot_row(p->rows[i]);
    p->used |= bit;
    if ((p->exists & bit) != 0) {
        if (bytes_equal(old, value))
            return; /* nothing to hand out or to write again */
        digest_minus(r, row_hash(place_of(t, number), old));
    } else {
        t->numbered.count++;
    }
    if (t->is_projected)
        rows_tell(r, f, number, (p->exists & bit) != 0 ? old : BYTES_NONE, value);
    row_change(r, t, number, p);
    digest_plus(r, row_hash(place_of(t, number), value));
    p->rows[i] = row_store(r, &t->numbered, p->rows[i], value);
    p->exists |= bit;
    end_raise(r, t, number + 1);
}

void rows_numbered_remove(struct rows *r, const struct family *f, uint32_t number)
{
    struct table *t = rows_table(r, f, FAMILY_NUMBERED);
    uint32_t page = number / ROWS_PAGE_ROWS, i = number % ROWS_PAGE_ROWS, bit = UINT32_C(1) << i;
    const uint64_t *slot = numbered_slot(&t->numbered, page);
    if (slot == NULL || *slot == 0)
        return;
    assert(!slot_is_cold(*slot) || (slot_mask(*slot) & bit) == 0);
    if (slot_is_cold(*slot) || (slot_page(*slot)->exists & bit) == 0)
        return;
    struct row_page *p = page_open(r, t, page);
    assert((p->cold & bit) == 0);
    if (t->is_projected)
        rows_tell(r, f, number, slot_row(p->rows[i]), BYTES_NONE);
    row_change(r, t, number, p);
    digest_minus(r, row_hash(place_of(t, number), slot_row(p->rows[i])));
    row_free(r, &t->numbered, p->rows[i]);
    p->rows[i] = 0;
    p->exists &= ~bit;
    p->used &= ~bit;
    t->numbered.count--;
}

uint32_t rows_numbered_end(const struct rows *r, const struct family *f)
{
    return rows_table(r, f, FAMILY_NUMBERED)->numbered.end;
}

void rows_numbered_prefetch_slot(const struct rows *r, const struct family *f, uint32_t number)
{
    const struct table *t = rows_table(r, f, FAMILY_NUMBERED);
    prefetch(numbered_slot(&t->numbered, number / ROWS_PAGE_ROWS)); /* NULL is no harm */
}

void rows_numbered_prefetch_page(const struct rows *r, const struct family *f, uint32_t number)
{
    const struct table *t = rows_table(r, f, FAMILY_NUMBERED);
    const uint64_t *slot = numbered_slot(&t->numbered, number / ROWS_PAGE_ROWS);
    if (slot == NULL || *slot == 0 || slot_is_cold(*slot))
        return;
    const struct row_page *p = slot_page(*slot);
    prefetch(p);
    prefetch(&p->rows[number % ROWS_PAGE_ROWS]);
}

void rows_numbered_prefetch_row(const struct rows *r, const struct family *f, uint32_t number)
{
    const struct table *t = rows_table(r, f, FAMILY_NUMBERED);
    const uint64_t *slot = numbered_slot(&t->numbered, number / ROWS_PAGE_ROWS);
    if (slot == NULL || *slot == 0 || slot_is_cold(*slot))
        return;
    row_prefetch(slot_page(*slot)->rows[number % ROWS_PAGE_ROWS]);
}

struct page_key rows_numbered_key(const struct family *f, uint32_t number)
{
    assert(f->kind == FAMILY_NUMBERED);
    return page_key_of(f, number, NUMBER_BYTES);
}

/* --- cold rows --- */

/* The row in a value of the cold store. */
static fallible stored_row(const struct family *f, uint32_t number, struct bytes value, struct bytes *out_row, struct err *e)
{
    if (value.size < 1 || value.data[0] != ROW_VERSION || value.size - 1 > f->value_bytes)
        return FAIL(e, CORRUPT, "%s %u: %zu bytes that are no row of version %u", f->name, number, value.size, ROW_VERSION);
    *out_row = bytes_slice(value, 1, value.size);
    return DONE;
}

fallible rows_numbered_thaw(struct rows *r, const struct family *f, uint32_t number, struct bytes value, struct err *e)
{
    struct table *t = rows_table(r, f, FAMILY_NUMBERED);
    uint32_t i = number % ROWS_PAGE_ROWS, bit = UINT32_C(1) << i;
    struct bytes row;
    TRY(stored_row(f, number, value, &row, e));
    struct row_page *p = page_open(r, t, number / ROWS_PAGE_ROWS);
    assert((p->cold & bit) != 0);
    p->rows[i] = row_store(r, &t->numbered, 0, row);
    p->cold &= ~bit;
    p->used |= bit;
    t->numbered.cold_count--;
    return DONE;
}

/* Lets go what is clean and was not used since the hand last came by. */
static size_t page_evict(struct rows *r, struct table *t, uint64_t *slot)
{
    struct row_page *p = slot_page(*slot);
    page_settle(r, p);
    uint32_t go = p->exists & ~(p->cold | p->dirty_now | p->dirty_then | p->used);
    size_t freed = 0;
    p->used = 0;
    for (uint32_t left = go; left != 0; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(left);
        size_t size = slot_row(p->rows[i]).size;
        freed += size == 0 ? 0 : slab_class_bytes(size);
        row_free(r, &t->numbered, p->rows[i]);
        p->rows[i] = 0;
        t->numbered.cold_count++;
    }
    p->cold |= go;
    if (p->cold != p->exists || (p->dirty_now | p->dirty_then) != 0)
        return freed;
    *slot = p->exists == 0 ? 0 : (uint64_t)p->exists << 32 | 1;
    slab_give(r->slab, p, sizeof *p);
    return freed + slab_class_bytes(sizeof *p);
}

static size_t numbered_evict(struct rows *r, struct table *t, size_t bytes)
{
    struct numbered *n = &t->numbered;
    uint32_t pages = page_end(n);
    size_t freed = 0;
    uint32_t looks = 0;
    for (uint64_t left = (uint64_t)pages * 2; left > 0 && freed < bytes && looks < EVICT_LOOKS_MAX; left--) {
        n->hand = n->hand < pages ? n->hand : 0;
        uint64_t *slot = numbered_slot(n, n->hand++);
        looks++;
        if (slot == NULL || *slot == 0 || slot_is_cold(*slot))
            continue;
        looks += EVICT_PAGE_LOOKS - 1;
        freed += page_evict(r, t, slot);
    }
    return freed;
}

/* --- checkpoints --- */

static void numbered_begin(struct rows *r, struct table *t)
{
    (void)r;
    t->numbered.cursor = 0;
}

/* The first page from `from` on that has the mark; page_end when there is none. */
static uint32_t dirty_next(const struct numbered *n, uint32_t role, uint32_t from)
{
    uint32_t end = page_end(n);
    while (from < end) {
        const struct page_chunk *chunk = from / CHUNK_PAGES < n->chunk_room ? n->chunks[from / CHUNK_PAGES] : NULL;
        if (chunk == NULL) {
            from = (from / CHUNK_PAGES + 1) * CHUNK_PAGES;
            continue;
        }
        uint64_t word = chunk->dirty[role & 1][from % CHUNK_PAGES / 64] >> (from % 64);
        if (word != 0)
            return from + (uint32_t)__builtin_ctzll(word);
        from = (from / 64 + 1) * 64;
    }
    return end;
}

static void page_hand_out(struct rows *r, struct table *t, uint32_t page, const struct row_page *p)
{
    uint32_t pending = page_pending(&t->numbered, page, p);
    for (uint32_t left = pending; left != 0; left &= left - 1)
        row_prefetch(p->rows[__builtin_ctz(left)]);
    for (uint32_t left = pending; left != 0; left &= left - 1)
        row_hand_out(r, t, page * ROWS_PAGE_ROWS + (uint32_t)__builtin_ctz(left), p);
}

static bool numbered_some(struct rows *r, struct table *t)
{
    struct numbered *n = &t->numbered;
    uint32_t end = page_end(n);
    while (r->slice_left > 0) {
        uint32_t page = dirty_next(n, r->epoch + 1, n->cursor);
        if (page >= end)
            return true;
        struct row_page *p = slot_page(*numbered_slot(n, page));
        page_settle(r, p);
        r->slice_left -= SKIP_COST; /* also when changes have handed it out already */
        page_hand_out(r, t, page, p);
        n->cursor = page + 1;
    }
    return false;
}

static void then_clear(struct rows *r, struct numbered *n)
{
    for (uint32_t chunk = 0; chunk < n->chunk_room; chunk++)
        if (n->chunks[chunk] != NULL)
            memset(n->chunks[chunk]->dirty[(r->epoch + 1) & 1], 0, sizeof n->chunks[chunk]->dirty[0]);
    n->dirty_rows[(r->epoch + 1) & 1] = 0;
}

static void numbered_done(struct rows *r, struct table *t)
{
    then_clear(r, &t->numbered);
}

static void numbered_abort(struct rows *r, struct table *t)
{
    struct numbered *n = &t->numbered;
    for (uint32_t page = 0, end = page_end(n); (page = dirty_next(n, r->epoch + 1, page)) < end; page++) {
        struct row_page *p = slot_page(*numbered_slot(n, page));
        page_settle(r, p);
        dirty_set(n, page, r->epoch);
        p->dirty_now |= p->dirty_then;
        p->dirty_then = 0;
    }
    n->dirty_rows[r->epoch & 1] += n->dirty_rows[(r->epoch + 1) & 1]; /* those in both count twice: that errs well */
    then_clear(r, n);
}

/* --- beginning and end, loading --- */

static void numbered_init(struct rows *r, struct table *t)
{
    t->numbered.end = 1;
    digest_plus(r, fact_hash(t->family, 1));
}

static void numbered_fini(struct rows *r, struct table *t) /* the slab takes pages and rows with it */
{
    (void)r;
    for (uint32_t chunk = 0; chunk < t->numbered.chunk_room; chunk++)
        free(t->numbered.chunks[chunk]);
    free(t->numbered.chunks);
}

static void numbered_usage(const struct table *t, struct rows_usage *usage)
{
    const struct numbered *n = &t->numbered;
    usage->bytes += n->bytes;
    usage->bytes_held += n->bytes;
    usage->rows[t->family->id] = n->count;
    usage->cold_rows += n->cold_count;
    uint64_t here = n->count - n->cold_count, dirty = n->dirty_rows[0] + n->dirty_rows[1];
    uint64_t clean = here > dirty ? here - dirty : 0;
    size_t bytes_a_row = here == 0 ? 0 : n->row_bytes / here;
    usage->clean_rows += clean;
    usage->clean_bytes += clean * bytes_a_row;
    usage->dirty_bytes += (here - clean) * bytes_a_row;
    usage->checkpoint_bytes += dirty * (bytes_a_row + 1 + NUMBER_BYTES);
}

static struct table_meta numbered_meta(const struct table *t)
{
    return (struct table_meta){.a = t->numbered.end, .b = t->numbered.count};
}

static struct status numbered_load_meta(struct rows *r, struct table *t, struct table_meta meta, struct err *e)
{
    if (meta.a == 0 || meta.a > UINT32_MAX)
        return FAIL(e, CORRUPT, "the end of %s is %llu", t->family->name, (unsigned long long)meta.a);
    end_raise(r, t, (uint32_t)meta.a);
    return DONE;
}

/* A row of a load stays cold when there is no room, or comes into memory; either way it counts. */
static void loaded_put(struct rows *r, struct table *t, uint32_t number, struct bytes row)
{
    struct numbered *n = &t->numbered;
    uint32_t i = number % ROWS_PAGE_ROWS, bit = UINT32_C(1) << i;
    uint64_t *slot = slot_make(n, number / ROWS_PAGE_ROWS);
    bool stays_cold = !n->loads_fit;
    if (t->is_projected)
        rows_tell(r, t->family, number, BYTES_NONE, row);
    digest_plus(r, row_hash(place_of(t, number), row));
    n->count++;
    n->cold_count += stays_cold;
    if (stays_cold && (*slot == 0 || slot_is_cold(*slot))) {
        *slot |= (uint64_t)bit << 32 | 1;
        return;
    }
    struct row_page *p = page_open(r, t, number / ROWS_PAGE_ROWS);
    p->exists |= bit;
    if (stays_cold)
        p->cold |= bit;
    else
        p->rows[i] = row_store(r, n, 0, row);
}

/* Once a page: looking costs as much as some rows. */
static void room_look(const struct rows *r, struct numbered *n)
{
    struct rows_usage usage;
    rows_usage(r, &usage);
    n->loads_fit = usage.bytes < r->load_bytes_max.rows;
}

static struct status numbered_load(struct rows *r, struct table *t, struct bytes key, struct bytes value, struct err *e)
{
    struct numbered *n = &t->numbered;
    struct bytes row;
    uint32_t number = 0;
    for (size_t i = 0; i < key.size; i++)
        number = number << 8 | key.data[i];
    if (key.size != NUMBER_BYTES || number == 0 || number >= n->end)
        return FAIL(e, CORRUPT, "%s %u can't be", t->family->name, number);
    if (number < n->loaded_end)
        return FAIL(e, CORRUPT, "%s %u comes twice, or too late", t->family->name, number);
    TRY(stored_row(t->family, number, value, &row, e));
    if (n->loaded_end == 0 || number / ROWS_PAGE_ROWS != (n->loaded_end - 1) / ROWS_PAGE_ROWS)
        room_look(r, n);
    n->loaded_end = number + 1;
    loaded_put(r, t, number, row);
    return DONE;
}

static struct status numbered_load_done(struct rows *r, struct table *t, struct err *e)
{
    (void)r, (void)t, (void)e;
    return DONE;
}

const struct kind_ops numbered_ops = {
    .init = numbered_init,
    .fini = numbered_fini,
    .usage = numbered_usage,
    .evict = numbered_evict,
    .meta = numbered_meta,
    .begin = numbered_begin,
    .some = numbered_some,
    .done = numbered_done,
    .abort = numbered_abort,
    .load_meta = numbered_load_meta,
    .load = numbered_load,
    .load_done = numbered_load_done,
};
