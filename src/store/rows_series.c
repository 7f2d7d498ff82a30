/* Series: records in chunks that are counted by reference, since views and checkpoints read them beside the engine. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/pack.h"
#include "store/rows_parts.h"

#define CHUNK_BYTES_MAX (256u << 10) /* about; a chunk has a power of two of records */
#define CHUNKS_ROOM_MIN 8u
#define NUMBER_BYTES 8u
#define DELETE_COST 64

struct series_view {
    uint64_t first, end;
    uint64_t chunk; /* the number of chunks[0] */
    size_t count;
    uint32_t shift, record_bytes;
    struct series_chunk *chunks[];
};

static size_t chunk_bytes(const struct table *t)
{
    return sizeof(struct series_chunk) + ((size_t)t->family->value_bytes << t->series.shift);
}

static void chunk_release(struct series_chunk *chunk)
{
    if (atomic_fetch_sub_explicit(&chunk->refs, 1, memory_order_acq_rel) == 1)
        free(chunk);
}

static uint64_t place_of(const struct table *t, uint64_t index)
{
    assert(index < UINT64_C(1) << 48);
    return (uint64_t)t->family->id << 56 | index;
}

static struct series_chunk **chunks_of(const struct series *s)
{
    return s->chunks + s->head;
}

static struct series_chunk *chunk_of(const struct series *s, uint64_t index)
{
    uint64_t chunk = (index >> s->shift) - (s->first >> s->shift);
    assert(chunk < s->count);
    return chunks_of(s)[chunk];
}

static uint8_t *record_at(const struct table *t, uint64_t index)
{
    uint64_t in_chunk = index & ((UINT64_C(1) << t->series.shift) - 1);
    return chunk_of(&t->series, index)->data + in_chunk * t->family->value_bytes;
}

static struct hash128 record_hash(const struct table *t, uint64_t index)
{
    return row_hash(place_of(t, index), bytes_of(record_at(t, index), t->family->value_bytes));
}

/* What a record is found by. */
static struct hash128 hash_of(const void *record)
{
    struct hash128 hash;
    memcpy(&hash, record, sizeof hash);
    return hash;
}

/* The array of pointers slides down when half of it lies before the head, else it doubles. */
static void chunk_add(struct table *t)
{
    struct series *s = &t->series;
    if (s->head + s->count == s->room) {
        if (s->head > s->room / 2) {
            memmove(s->chunks, chunks_of(s), s->count * sizeof(struct series_chunk *));
            s->head = 0;
        } else {
            s->room = s->room == 0 ? CHUNKS_ROOM_MIN : s->room * 2;
            s->chunks = realloc(s->chunks, s->room * sizeof(struct series_chunk *));
            if (s->chunks == NULL)
                abort();
        }
    }
    struct series_chunk *chunk = malloc(chunk_bytes(t));
    if (chunk == NULL)
        abort();
    atomic_init(&chunk->refs, 1);
    chunk->digest = (struct hash128){0};
    chunks_of(s)[s->count++] = chunk;
}

static void first_raise(struct rows *r, struct table *t, uint64_t first)
{
    struct series *s = &t->series;
    digest_minus(r, fact_hash(t->family, s->first));
    digest_plus(r, fact_hash(t->family, first));
    for (uint64_t chunk = s->first >> s->shift; chunk < first >> s->shift && s->count > 0; chunk++) {
        chunk_release(chunks_of(s)[0]);
        s->head++;
        s->count--;
    }
    s->first = first;
    if (s->finder != NULL)
        finder_drop(s->finder, first);
}

uint64_t rows_series_push(struct rows *r, const struct family *f, const void *record)
{
    struct table *t = rows_table(r, f, FAMILY_SERIES);
    struct series *s = &t->series;
    if ((s->end >> s->shift) - (s->first >> s->shift) == s->count)
        chunk_add(t);
    memcpy(record_at(t, s->end), record, f->value_bytes);
    struct hash128 h = record_hash(t, s->end);
    digest_plus(r, h);
    hash_plus(&chunk_of(s, s->end)->digest, h);
    if (s->finder != NULL)
        finder_add(s->finder, hash_of(record), s->end);
    return s->end++;
}

uint64_t rows_series_first(const struct rows *r, const struct family *f)
{
    return rows_table(r, f, FAMILY_SERIES)->series.first;
}

uint64_t rows_series_end(const struct rows *r, const struct family *f)
{
    return rows_table(r, f, FAMILY_SERIES)->series.end;
}

const void *rows_series_at(const struct rows *r, const struct family *f, uint64_t index)
{
    const struct table *t = rows_table(r, f, FAMILY_SERIES);
    assert(index >= t->series.first && index < t->series.end);
    return record_at(t, index);
}

void rows_series_drop(struct rows *r, const struct family *f, uint64_t before)
{
    struct table *t = rows_table(r, f, FAMILY_SERIES);
    assert(before <= t->series.end);
    const struct series *s = &t->series;
    if (before <= s->first)
        return;
    uint64_t at = s->first;
    for (; at >> s->shift < before >> s->shift; at = ((at >> s->shift) + 1) << s->shift)
        digest_minus(r, chunk_of(s, at)->digest);
    for (; at < before; at++) {
        struct hash128 h = record_hash(t, at);
        digest_minus(r, h);
        hash_minus(&chunk_of(s, at)->digest, h);
    }
    first_raise(r, t, before);
}

static bool record_is(const void *context, uint64_t place, struct hash128 hash)
{
    const struct table *t = context;
    return hash128_equal(hash_of(record_at(t, place)), hash);
}

bool rows_series_find(const struct rows *r, const struct family *f, struct hash128 hash, uint64_t *out_index)
{
    const struct table *t = rows_table(r, f, FAMILY_SERIES);
    return finder_find(t->series.finder, hash, record_is, t, out_index);
}

void rows_series_prefetch(const struct rows *r, const struct family *f, struct hash128 hash)
{
    finder_prefetch(rows_table(r, f, FAMILY_SERIES)->series.finder, hash);
}

/* --- views --- */

static struct series_view *view_make(const struct table *t)
{
    const struct series *s = &t->series;
    struct series_view *v = malloc(sizeof *v + s->count * sizeof(struct series_chunk *));
    if (v == NULL)
        abort();
    *v = (struct series_view){.first = s->first,
                              .end = s->end,
                              .chunk = s->first >> s->shift,
                              .count = s->count,
                              .shift = s->shift,
                              .record_bytes = t->family->value_bytes};
    for (size_t i = 0; i < s->count; i++) {
        v->chunks[i] = chunks_of(s)[i];
        (void)atomic_fetch_add_explicit(&v->chunks[i]->refs, 1, memory_order_relaxed);
    }
    return v;
}

struct series_view *rows_series_view(const struct rows *r, const struct family *f)
{
    return view_make(rows_table(r, f, FAMILY_SERIES));
}

uint64_t series_view_first(const struct series_view *v)
{
    return v->first;
}

uint64_t series_view_end(const struct series_view *v)
{
    return v->end;
}

const void *series_view_run(const struct series_view *v, uint64_t index, uint64_t *out_count)
{
    assert(index >= v->first && index < v->end);
    uint64_t chunk = index >> v->shift, chunk_end = (chunk + 1) << v->shift;
    *out_count = (chunk_end < v->end ? chunk_end : v->end) - index;
    return v->chunks[chunk - v->chunk]->data + (index - (chunk << v->shift)) * v->record_bytes;
}

void series_view_close(struct series_view *v)
{
    if (v == NULL)
        return;
    for (size_t i = 0; i < v->count; i++)
        chunk_release(v->chunks[i]);
    free(v);
}

/* --- checkpoints: a view keeps what is to be handed out --- */

static uint64_t chunks_up_to(const struct series *s, uint64_t end)
{
    return (end + (UINT64_C(1) << s->shift) - 1) >> s->shift;
}

static void series_begin(struct rows *r, struct table *t)
{
    (void)r;
    struct series *s = &t->series;
    uint64_t from = s->stored_end > s->first ? s->stored_end : s->first;
    assert(s->then == NULL);
    s->then = view_make(t);
    s->cursor = from < s->end ? from >> s->shift : chunks_up_to(s, s->end);
    s->delete_cursor = s->stored_chunk;
    if (s->end > s->handed_end)
        s->handed_end = s->end;
}

static void chunk_hand_out(struct rows *r, struct table *t, uint64_t chunk)
{
    const struct series_view *v = t->series.then;
    uint64_t start = chunk << v->shift, from = start > v->first ? start : v->first, count = 0;
    const void *records = series_view_run(v, from, &count);
    buf_clear(&r->scratch);
    pack_u8(&r->scratch, PAGE_VERSION);
    pack_u32(&r->scratch, (uint32_t)(from - start));
    pack_u32(&r->scratch, (uint32_t)count);
    pack_raw(&r->scratch, bytes_of(records, count * v->record_bytes));
    struct page_key key = page_key_of(t->family, chunk, NUMBER_BYTES);
    rows_hand_out(r, (struct page){.key = page_key_bytes(&key), .value = buf_bytes(&r->scratch)}, 1);
}

static bool series_some(struct rows *r, struct table *t)
{
    struct series *s = &t->series;
    uint64_t delete_end = s->then->first >> s->shift, handed = chunks_up_to(s, s->handed_end);
    delete_end = delete_end < handed ? delete_end : handed;
    for (; s->delete_cursor < delete_end; s->delete_cursor++) {
        if (r->slice_left <= 0)
            return false;
        r->slice_left -= DELETE_COST;
        struct page_key key = page_key_of(t->family, s->delete_cursor, NUMBER_BYTES);
        rows_hand_out(r, (struct page){.key = page_key_bytes(&key)}, 0);
    }
    for (; s->cursor < chunks_up_to(s, s->then->end); s->cursor++) {
        if (r->slice_left <= 0)
            return false;
        chunk_hand_out(r, t, s->cursor);
    }
    return true;
}

static void series_done(struct rows *r, struct table *t)
{
    (void)r;
    struct series *s = &t->series;
    s->stored_end = s->then->end;
    s->stored_chunk = s->then->first >> s->shift;
    series_view_close(s->then);
    s->then = NULL;
}

static void series_abort(struct rows *r, struct table *t)
{
    (void)r;
    series_view_close(t->series.then);
    t->series.then = NULL;
}

/* --- beginning and end, loading --- */

static void series_init(struct rows *r, struct table *t)
{
    assert(t->family->value_bytes > 0);
    while ((size_t)t->family->value_bytes << (t->series.shift + 1) <= CHUNK_BYTES_MAX)
        t->series.shift++;
    if (t->family->found_by_hash) {
        assert(t->family->value_bytes >= sizeof(struct hash128));
        t->series.finder = finder_create();
    }
    digest_plus(r, fact_hash(t->family, 0));
}

static void series_fini(struct rows *r, struct table *t)
{
    (void)r;
    series_view_close(t->series.then);
    finder_destroy(t->series.finder);
    for (size_t i = 0; i < t->series.count; i++)
        chunk_release(chunks_of(&t->series)[i]);
    free(t->series.chunks);
}

static void series_usage(const struct table *t, struct rows_usage *usage)
{
    const struct series *s = &t->series;
    size_t bytes = s->room * sizeof(struct series_chunk *) + s->count * chunk_bytes(t) + (s->finder == NULL ? 0 : finder_bytes(s->finder));
    uint64_t dirty_from = s->stored_end > s->first ? s->stored_end : s->first;
    usage->bytes += bytes;
    usage->bytes_held += bytes;
    usage->bytes_ahead += s->finder == NULL ? 0 : finder_bytes_ahead(s->finder);
    usage->rows[t->family->id] = s->end - s->first;
    usage->checkpoint_bytes += dirty_from < s->end ? (chunks_up_to(s, s->end) - (dirty_from >> s->shift)) * chunk_bytes(t) : 0;
}

static struct table_meta series_meta(const struct table *t)
{
    return (struct table_meta){.a = t->series.first, .b = t->series.end};
}

static struct status series_load_meta(struct rows *r, struct table *t, struct table_meta meta, struct err *e)
{
    struct series *s = &t->series;
    if (meta.a > meta.b || meta.b >= UINT64_C(1) << 48)
        return FAIL(e, CORRUPT, "the ends of %s can't be", t->family->name);
    first_raise(r, t, meta.a);
    s->end = s->first;
    s->stored_end = s->handed_end = meta.b;
    s->stored_chunk = s->first >> s->shift;
    return DONE;
}

static struct status series_load(struct rows *r, struct table *t, struct bytes key, struct bytes value, struct err *e)
{
    struct series *s = &t->series;
    struct unpack u = unpack_of(value);
    uint8_t version = unpack_u8(&u);
    uint64_t offset = unpack_u32(&u), count = unpack_u32(&u), chunk = 0;
    for (size_t i = 0; i < key.size; i++)
        chunk = chunk << 8 | key.data[i];
    struct bytes records = unpack_rest(&u);
    uint64_t start = chunk << s->shift, first = start + offset, end = first + count;
    if (version != PAGE_VERSION || key.size != NUMBER_BYTES || chunk >> 48 != 0 || offset + count > UINT64_C(1) << s->shift ||
        records.size != count * t->family->value_bytes || end > s->stored_end)
        return FAIL(e, CORRUPT, "no page of %s", t->family->name);
    if (end <= s->first && chunk == s->first >> s->shift)
        return DONE; /* the chunk where the series ended when all of it was dropped */
    if (first > s->end || end <= s->end)
        return FAIL(e, CORRUPT, "%s goes on at %llu, not at %llu", t->family->name, (unsigned long long)first,
                    (unsigned long long)s->end);
    for (uint64_t i = s->end; i < end; i++)
        (void)rows_series_push(r, t->family, records.data + (i - first) * t->family->value_bytes);
    return DONE;
}

static struct status series_load_done(struct rows *r, struct table *t, struct err *e)
{
    (void)r;
    if (t->series.end != t->series.stored_end)
        return FAIL(e, CORRUPT, "%s ends at %llu, not at %llu", t->family->name, (unsigned long long)t->series.end,
                    (unsigned long long)t->series.stored_end);
    return DONE;
}

const struct kind_ops series_ops = {
    .init = series_init,
    .fini = series_fini,
    .usage = series_usage,
    .meta = series_meta,
    .begin = series_begin,
    .some = series_some,
    .done = series_done,
    .abort = series_abort,
    .load_meta = series_load_meta,
    .load = series_load,
    .load_done = series_load_done,
};
