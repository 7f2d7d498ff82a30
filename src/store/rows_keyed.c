/* Keyed rows: an ordered map; each row is a page of its own. */
#include <stdlib.h>
#include <string.h>

#include "lib/pack.h"
#include "store/rows_parts.h"

static_assert(ROW_KEY_BYTES_MAX <= ORDMAP_KEY_BYTES_MAX && ROW_KEY_BYTES_MAX <= UINT8_MAX, "keys fit map and list");
static_assert(ROW_BYTES_MAX <= ORDMAP_VALUE_BYTES_MAX, "rows fit the map");

/* --- lists of keys --- */

static void key_list_add(struct key_list *list, struct bytes key)
{
    struct key_block *block = list->last;
    if (block == NULL || block->size + 1 + key.size > KEY_BLOCK_BYTES) {
        block = malloc(sizeof *block);
        if (block == NULL)
            abort();
        block->next = NULL;
        block->size = 0;
        if (list->last == NULL)
            list->first = block;
        else
            list->last->next = block;
        list->last = block;
        list->bytes += sizeof *block;
    }
    block->data[block->size] = (uint8_t)key.size;
    if (key.size > 0)
        memcpy(block->data + block->size + 1, key.data, key.size);
    block->size += 1 + (uint32_t)key.size;
    list->count++;
}

static void key_list_clear(struct key_list *list)
{
    for (struct key_block *block = list->first, *next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    *list = (struct key_list){0};
}

/* Moves all of `from` behind `list`. */
static void key_list_append(struct key_list *list, struct key_list *from)
{
    if (from->first == NULL)
        return;
    if (list->last == NULL)
        list->first = from->first;
    else
        list->last->next = from->first;
    list->last = from->last;
    list->count += from->count;
    list->bytes += from->bytes;
    *from = (struct key_list){0};
}

static bool key_list_next(const struct key_block **block, uint32_t *at, struct bytes *out_key)
{
    while (*block != NULL && *at == (*block)->size) {
        *block = (*block)->next;
        *at = 0;
    }
    if (*block == NULL)
        return false;
    *out_key = bytes_of((*block)->data + *at + 1, (*block)->data[*at]);
    *at += 1 + (uint32_t)out_key->size;
    return true;
}

/* --- rows --- */

static struct hash128 entry_hash(const struct table *t, const struct ordmap_entry *entry)
{
    return row_hash(hash64(ordmap_key(entry), t->family->id), ordmap_value(entry));
}

static struct hash128 key_hash(const struct table *t, const struct ordmap_entry *entry)
{
    return hash128(ordmap_key(entry), t->family->id);
}

static void sums_plus(struct rows *r, struct table *t, const struct ordmap_entry *entry)
{
    struct hash128 h = entry_hash(t, entry);
    digest_plus(r, h);
    hash_plus(&t->keyed.sums.rows, h);
}

static void sums_minus(struct rows *r, struct table *t, const struct ordmap_entry *entry)
{
    struct hash128 h = entry_hash(t, entry);
    digest_minus(r, h);
    hash_minus(&t->keyed.sums.rows, h);
}

/* Hands out the row of `key` as the map has it; no entry: its deletion. */
static void row_hand_out(struct rows *r, const struct table *t, struct bytes key, const struct ordmap_entry *entry)
{
    uint8_t page_key[1 + ROW_KEY_BYTES_MAX];
    page_key[0] = t->family->id;
    if (key.size > 0)
        memcpy(page_key + 1, key.data, key.size);
    buf_clear(&r->scratch);
    if (entry != NULL) {
        pack_u8(&r->scratch, PAGE_VERSION);
        pack_raw(&r->scratch, ordmap_value(entry));
    }
    rows_hand_out(r, (struct page){.key = bytes_of(page_key, 1 + key.size), .value = buf_bytes(&r->scratch)}, 1);
}

/* --- tags --- */

static uint32_t tag_now(const struct rows *r, bool is_born)
{
    return r->epoch << 1 | (is_born ? 1u : 0u);
}

static bool changed_now(const struct rows *r, const struct ordmap_entry *entry)
{
    return entry->tag >> 1 == r->epoch;
}

/* No checkpoint knows of it, so none has to hear that it is gone: as with most of what lives for a moment. */
static bool is_born_now(const struct rows *r, const struct ordmap_entry *entry)
{
    return entry->tag == tag_now(r, true);
}

static bool is_pending(const struct rows *r, const struct ordmap_entry *entry)
{
    return r->running && entry->tag != 0 && !changed_now(r, entry);
}

/* --- reading and writing --- */

bool rows_keyed_get(const struct rows *r, const struct family *f, struct bytes key, struct bytes *out_value)
{
    const struct ordmap_entry *entry = ordmap_get(rows_table(r, f, FAMILY_KEYED)->keyed.map, key);
    if (entry != NULL)
        *out_value = ordmap_value(entry);
    return entry != NULL;
}

/* A row that exists is about to change: its old state goes out, its key into the list. */
static void entry_change(struct rows *r, struct table *t, struct ordmap_entry *entry)
{
    if (is_pending(r, entry))
        row_hand_out(r, t, ordmap_key(entry), entry);
    if (!changed_now(r, entry)) {
        key_list_add(&t->keyed.now, ordmap_key(entry));
        entry->tag = tag_now(r, false);
    }
    sums_minus(r, t, entry);
}

/* A key that has no row is about to get one: a removal before it goes out first. True: there was none since the last begin. */
static bool gap_change(struct rows *r, struct table *t, struct bytes key)
{
    struct keyed *k = &t->keyed;
    struct ordmap_entry *gone = ordmap_count(k->gone) == 0 ? NULL : ordmap_get(k->gone, key);
    if (gone != NULL && is_pending(r, gone))
        row_hand_out(r, t, key, NULL);
    if (gone == NULL || !changed_now(r, gone))
        key_list_add(&k->now, key);
    return gone == NULL || !ordmap_remove(k->gone, key);
}

void rows_keyed_put(struct rows *r, const struct family *f, struct bytes key, struct bytes value)
{
    struct table *t = rows_table(r, f, FAMILY_KEYED);
    assert(key.size <= ROW_KEY_BYTES_MAX && value.size <= f->value_bytes);
    struct ordmap_entry *entry = ordmap_get(t->keyed.map, key);
    if (entry != NULL && bytes_equal(ordmap_value(entry), value))
        return;
    bool is_new = entry == NULL, is_born = is_new && gap_change(r, t, key);
    if (!is_new)
        entry_change(r, t, entry);
    entry = ordmap_put(t->keyed.map, key, value, NULL);
    if (is_new) {
        entry->tag = tag_now(r, is_born);
        hash_plus(&t->keyed.sums.keys, key_hash(t, entry));
    }
    sums_plus(r, t, entry);
}

void rows_keyed_remove(struct rows *r, const struct family *f, struct bytes key)
{
    struct table *t = rows_table(r, f, FAMILY_KEYED);
    struct ordmap_entry *entry = ordmap_get(t->keyed.map, key);
    if (entry == NULL)
        return;
    entry_change(r, t, entry);
    hash_minus(&t->keyed.sums.keys, key_hash(t, entry));
    if (!is_born_now(r, entry))
        ordmap_put(t->keyed.gone, key, BYTES_NONE, NULL)->tag = tag_now(r, false);
    (void)ordmap_remove(t->keyed.map, key);
}

struct keyed_sums rows_keyed_sums(const struct rows *r, const struct family *f)
{
    return rows_table(r, f, FAMILY_KEYED)->keyed.sums;
}

bool rows_keyed_next(const struct rows *r, const struct family *f, struct bytes from, bool after, struct bytes *out_key,
                     struct bytes *out_value)
{
    const struct ordmap_entry *entry = ordmap_next(rows_table(r, f, FAMILY_KEYED)->keyed.map, from, after);
    if (entry == NULL)
        return false;
    *out_key = ordmap_key(entry);
    *out_value = ordmap_value(entry);
    return true;
}

/* --- checkpoints --- */

static void keyed_begin(struct rows *r, struct table *t)
{
    (void)r;
    struct keyed *k = &t->keyed;
    assert(k->then.first == NULL);
    k->then = k->now;
    k->now = (struct key_list){0};
    k->cursor = k->then.first;
    k->cursor_at = 0;
}

/* What changed since the begin was handed out then; a key may stand in the list twice. */
static void key_hand_out(struct rows *r, struct table *t, struct bytes key)
{
    struct ordmap_entry *entry = ordmap_get(t->keyed.map, key);
    if (entry != NULL) {
        if (!is_pending(r, entry))
            return;
        row_hand_out(r, t, key, entry);
        entry->tag = 0;
        return;
    }
    const struct ordmap_entry *gone = ordmap_get(t->keyed.gone, key);
    if (gone == NULL || !is_pending(r, gone))
        return;
    row_hand_out(r, t, key, NULL);
    (void)ordmap_remove(t->keyed.gone, key);
}

static bool keyed_some(struct rows *r, struct table *t)
{
    struct keyed *k = &t->keyed;
    struct bytes key;
    while (r->slice_left > 0) {
        if (!key_list_next(&k->cursor, &k->cursor_at, &key))
            return true;
        r->slice_left -= (int64_t)key.size; /* also when there is nothing to hand out */
        key_hand_out(r, t, key);
    }
    return false;
}

static void keyed_done(struct rows *r, struct table *t)
{
    (void)r;
    key_list_clear(&t->keyed.then);
}

static void keyed_abort(struct rows *r, struct table *t)
{
    struct keyed *k = &t->keyed;
    const struct key_block *block = k->then.first;
    uint32_t at = 0;
    struct bytes key;
    while (key_list_next(&block, &at, &key)) {
        struct ordmap_entry *entry = ordmap_get(k->map, key);
        if (entry == NULL)
            entry = ordmap_put(k->gone, key, BYTES_NONE, NULL);
        entry->tag = tag_now(r, false);
    }
    key_list_append(&k->now, &k->then);
}

/* --- beginning and end, loading --- */

static void keyed_init(struct rows *r, struct table *t)
{
    t->keyed.map = ordmap_create(r->slab);
    t->keyed.gone = ordmap_create(r->slab);
}

static void keyed_fini(struct rows *r, struct table *t)
{
    (void)r;
    key_list_clear(&t->keyed.now);
    key_list_clear(&t->keyed.then);
    ordmap_destroy(t->keyed.map);
    ordmap_destroy(t->keyed.gone);
}

static void keyed_usage(const struct table *t, struct rows_usage *usage)
{
    const struct keyed *k = &t->keyed;
    usage->bytes += k->now.bytes + k->then.bytes;
    usage->bytes_held += k->now.bytes + k->then.bytes;
    usage->rows[t->family->id] = ordmap_count(k->map);
    uint64_t dirty = k->now.count + k->then.count, here = ordmap_count(k->map);
    usage->checkpoint_bytes += k->now.bytes + k->then.bytes + (here == 0 ? 0 : dirty * (ordmap_bytes(k->map) / here));
}

static struct table_meta keyed_meta(const struct table *t)
{
    return (struct table_meta){.a = ordmap_count(t->keyed.map)};
}

static struct status keyed_load_meta(struct rows *r, struct table *t, struct table_meta meta, struct err *e)
{
    (void)r, (void)t, (void)meta, (void)e; /* the digest tells whether rows are missing */
    return DONE;
}

static struct status keyed_load(struct rows *r, struct table *t, struct bytes key, struct bytes value, struct err *e)
{
    if (value.data[0] != PAGE_VERSION || key.size > ROW_KEY_BYTES_MAX || value.size - 1 > t->family->value_bytes)
        return FAIL(e, CORRUPT, "no row of %s", t->family->name);
    bool is_new = false;
    const struct ordmap_entry *entry = ordmap_put(t->keyed.map, key, bytes_slice(value, 1, value.size), &is_new);
    if (!is_new)
        return FAIL(e, CORRUPT, "a key of %s comes twice", t->family->name);
    sums_plus(r, t, entry);
    hash_plus(&t->keyed.sums.keys, key_hash(t, entry));
    return DONE;
}

static struct status keyed_load_done(struct rows *r, struct table *t, struct err *e)
{
    (void)r, (void)t, (void)e;
    return DONE;
}

const struct kind_ops keyed_ops = {
    .init = keyed_init,
    .fini = keyed_fini,
    .usage = keyed_usage,
    .meta = keyed_meta,
    .begin = keyed_begin,
    .some = keyed_some,
    .done = keyed_done,
    .abort = keyed_abort,
    .load_meta = keyed_load_meta,
    .load = keyed_load,
    .load_done = keyed_load_done,
};
