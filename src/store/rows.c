/* What all families share: the set of them, the digest, the frame of checkpoints and of loading. */
#include "store/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/pack.h"
#include "store/rows_parts.h"

#define PAGE_COST 128 /* of a slice, besides the bytes: looking for a page and calling the sink */
#define ROW_COST 32   /* a row that is looked at is a cache line or two */

static const struct kind_ops *kind_ops_of(enum family_kind kind)
{
    switch (kind) {
    case FAMILY_NUMBERED:
        return &numbered_ops;
    case FAMILY_KEYED:
        return &keyed_ops;
    case FAMILY_INDEX:
        return &index_ops;
    case FAMILY_SERIES:
        return &series_ops;
    }
    abort();
}

static fallible table_init(struct rows *r, const struct family *f, struct err *e)
{
    assert(f->id > META_FAMILY && f->id < FAMILY_COUNT_MAX && f->value_bytes <= ROW_BYTES_MAX);
    struct table *t = &r->tables[f->id];
    if (t->family != NULL)
        return FAIL(e, INVALID, "the families %s and %s have one id, %u", t->family->name, f->name, f->id);
    t->family = f;
    t->ops = kind_ops_of(f->kind);
    t->ops->init(r, t);
    return DONE;
}

fallible rows_create(const struct family *const *families, size_t count, struct rows **out_rows, struct err *e)
{
    struct rows *r = calloc(1, sizeof *r);
    if (r == NULL)
        abort();
    r->tables = calloc(FAMILY_COUNT_MAX, sizeof *r->tables);
    if (r->tables == NULL)
        abort();
    r->slab = slab_create();
    r->epoch = 1; /* so that a mark of 0 is clean */
    r->load_bytes_max.indexes = SIZE_MAX;
    buf_init(&r->scratch, PAGE_BYTES_MAX);
    buf_init(&r->sorted, PAGE_BYTES_MAX);
    buf_init(&r->befores, PAGE_BYTES_MAX);
    buf_init(&r->restored, PAGE_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct status status = table_init(r, families[i], e);
        if (failed(status)) {
            rows_destroy(r);
            return status;
        }
    }
    *out_rows = r;
    return DONE;
}

/* The next family, by id, from `id` on; NULL after the last. */
static struct table *table_from(const struct rows *r, uint32_t id)
{
    while (id < FAMILY_COUNT_MAX && r->tables[id].family == NULL)
        id++;
    return id < FAMILY_COUNT_MAX ? &r->tables[id] : NULL;
}

static struct table *table_after(const struct rows *r, const struct table *t)
{
    return table_from(r, t->family->id + 1u);
}

void rows_destroy(struct rows *r)
{
    if (r == NULL)
        return;
    for (uint32_t i = 0; i < r->projected_count; i++)
        r->projected[i].projection->destroy(r->projected[i].made);
    for (struct table *t = table_from(r, 0); t != NULL; t = table_after(r, t))
        t->ops->fini(r, t);
    slab_destroy(r->slab);
    buf_fini(&r->scratch);
    buf_fini(&r->sorted);
    buf_fini(&r->befores);
    buf_fini(&r->restored);
    free(r->tables);
    free(r);
}

/* --- projections --- */

void rows_project(struct rows *r, const struct projection *p)
{
    struct table *t = rows_table(r, p->family, FAMILY_NUMBERED);
    assert(r->projected_count < PROJECTIONS_MAX && t->numbered.count == 0);
    t->is_projected = true;
    r->projected[r->projected_count++] = (struct projected){.projection = p, .made = p->create()};
}

void *rows_projection(const struct rows *r, const struct projection *p)
{
    for (uint32_t i = 0; i < r->projected_count; i++)
        if (r->projected[i].projection == p)
            return r->projected[i].made;
    return NULL;
}

void rows_tell(const struct rows *r, const struct family *f, uint32_t number, struct bytes before, struct bytes after)
{
    for (uint32_t i = 0; i < r->projected_count; i++)
        if (r->projected[i].projection->family == f)
            r->projected[i].projection->changed(r->projected[i].made, number, before, after);
}

struct hash128 rows_digest(const struct rows *r)
{
    return r->digest;
}

void rows_usage(const struct rows *r, struct rows_usage *out_usage)
{
    struct rows_usage usage = {.bytes = slab_used(r->slab), .bytes_held = slab_bytes(r->slab)};
    for (const struct table *t = table_from(r, 0); t != NULL; t = table_after(r, t))
        t->ops->usage(t, &usage);
    for (uint32_t i = 0; i < r->projected_count; i++)
        usage.bytes += r->projected[i].projection->bytes(r->projected[i].made);
    *out_usage = usage;
}

size_t rows_evict(struct rows *r, size_t bytes)
{
    size_t freed = 0;
    struct rows_usage all = {0};
    for (const struct table *t = table_from(r, 0); t != NULL; t = table_after(r, t))
        if (t->ops->evict != NULL)
            t->ops->usage(t, &all);
    for (struct table *t = table_from(r, 0); t != NULL; t = table_after(r, t)) {
        struct rows_usage usage = {0};
        if (t->ops->evict == NULL)
            continue;
        t->ops->usage(t, &usage);
        if (usage.clean_bytes == 0)
            continue;
        double share = (double)usage.clean_bytes / (double)all.clean_bytes;
        freed += t->ops->evict(r, t, share < 1 ? (size_t)((double)bytes * share) : bytes);
    }
    return freed;
}

struct page_key page_key_of(const struct family *f, uint64_t number, unsigned number_bytes)
{
    struct page_key key = {.size = (uint8_t)(1 + number_bytes)};
    assert(key.size <= sizeof key.data && (number_bytes == 8 || number >> (number_bytes * 8) == 0));
    key.data[0] = f->id;
    for (unsigned i = 0; i < number_bytes; i++)
        key.data[1 + i] = (uint8_t)(number >> ((number_bytes - 1 - i) * 8));
    return key;
}

/* --- checkpoints --- */

void rows_hand_out(struct rows *r, struct page page, uint32_t row_count)
{
    assert(r->running && !r->scratch.overflowed);
    r->slice_left -= (int64_t)(page.key.size + page.value.size + PAGE_COST + (size_t)row_count * ROW_COST);
    r->sink.put(r->sink.context, &page);
}

static void meta_hand_out(struct rows *r, const struct table *t)
{
    uint8_t key[2] = {META_FAMILY, t->family->id};
    struct table_meta meta = t->ops->meta(t);
    buf_clear(&r->scratch);
    pack_u8(&r->scratch, PAGE_VERSION);
    pack_u8(&r->scratch, (uint8_t)t->family->kind);
    pack_u32(&r->scratch, t->family->value_bytes);
    pack_u64(&r->scratch, meta.a);
    pack_u64(&r->scratch, meta.b);
    rows_hand_out(r, (struct page){.key = bytes_of(key, sizeof key), .value = buf_bytes(&r->scratch)}, 0);
}

void rows_checkpoint_begin(struct rows *r, struct page_sink sink)
{
    assert(!r->running && r->epoch < UINT32_MAX / 2);
    r->running = true;
    r->all_handed = false;
    r->some_table = 0;
    r->epoch++;
    r->sink = sink;
    for (struct table *t = table_from(r, 0); t != NULL; t = table_after(r, t)) {
        t->ops->begin(r, t);
        meta_hand_out(r, t);
    }
}

bool rows_checkpoint_some(struct rows *r, size_t bytes_max)
{
    assert(r->running);
    r->slice_left = (int64_t)bytes_max;
    for (struct table *t; (t = table_from(r, r->some_table)) != NULL; r->some_table = t->family->id + 1u)
        if (!t->ops->some(r, t))
            return false;
    r->all_handed = true;
    return true;
}

void rows_checkpoint_done(struct rows *r)
{
    assert(r->running && r->all_handed);
    for (struct table *t = table_from(r, 0); t != NULL; t = table_after(r, t))
        t->ops->done(r, t);
    r->running = false;
}

void rows_checkpoint_abort(struct rows *r)
{
    assert(r->running);
    for (struct table *t = table_from(r, 0); t != NULL; t = table_after(r, t))
        t->ops->abort(r, t);
    r->running = false;
}

/* --- loading --- */

void rows_load_within(struct rows *r, struct load_room bytes_max)
{
    r->load_bytes_max = bytes_max;
}

void rows_load_order(const struct rows *r, uint8_t out_prefixes[LOAD_PREFIXES])
{
    size_t count = 0;
    for (unsigned last = 0; last <= 1; last++) {
        for (unsigned id = 0; id < LOAD_PREFIXES; id++) {
            const struct family *f = id < FAMILY_COUNT_MAX ? r->tables[id].family : NULL;
            if ((f != NULL && f->kind == FAMILY_NUMBERED) == (last != 0))
                out_prefixes[count++] = (uint8_t)id;
        }
    }
    assert(count == LOAD_PREFIXES);
}

static fallible load_meta(struct rows *r, struct table *t, struct bytes value, struct err *e)
{
    struct unpack u = unpack_of(value);
    uint8_t version = unpack_u8(&u), kind = unpack_u8(&u);
    uint32_t value_bytes = unpack_u32(&u);
    struct table_meta meta = {.a = unpack_u64(&u)};
    meta.b = unpack_u64(&u);
    const struct family *f = t->family;
    bool exact = f->kind == FAMILY_SERIES;
    if (!unpack_finished(&u) || version != PAGE_VERSION || kind != (uint8_t)f->kind)
        return FAIL(e, CORRUPT, "what is stored isn't the family %s", f->name);
    if (exact ? value_bytes != f->value_bytes : value_bytes > f->value_bytes)
        return FAIL(e, CORRUPT, "%s has rows of %" PRIu32 " bytes, not of %" PRIu32, f->name, value_bytes, f->value_bytes);
    return t->ops->load_meta(r, t, meta, e);
}

static fallible load_pair(struct rows *r, struct bytes key, struct bytes value, struct err *e)
{
    if (key.size == 0 || value.size == 0)
        return FAIL(e, CORRUPT, "an empty key or page");
    bool is_meta = key.data[0] == META_FAMILY && key.size == 2;
    uint8_t id = is_meta ? key.data[1] : key.data[0];
    if (id >= FAMILY_COUNT_MAX || r->tables[id].family == NULL)
        return FAIL(e, CORRUPT, "no family has the id %u: was it written by a newer release?", id);
    struct table *t = &r->tables[id];
    if (is_meta)
        return load_meta(r, t, value, e);
    return t->ops->load(r, t, bytes_slice(key, 1, key.size), value, e);
}

fallible rows_load(struct rows *r, struct bytes key, struct bytes value, struct err *e)
{
    assert(!r->running);
    struct status status = load_pair(r, key, value, e);
    if (!failed(status))
        return DONE;
    char hex[2 * 20 + 1] = "";
    for (size_t i = 0; i < key.size && i < 20; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", key.data[i]);
    return WRAP(e, status, "page %s%s", hex, key.size > 20 ? "..." : "");
}

fallible rows_load_done(struct rows *r, struct hash128 digest, struct err *e)
{
    for (struct table *t = table_from(r, 0); t != NULL; t = table_after(r, t))
        TRY(t->ops->load_done(r, t, e));
    if (!hash128_equal(r->digest, digest))
        return FAIL(e, CORRUPT, "the rows have the digest %016" PRIx64 "%016" PRIx64 ", not %016" PRIx64 "%016" PRIx64,
                    r->digest.high, r->digest.low, digest.high, digest.low);
    return DONE;
}
