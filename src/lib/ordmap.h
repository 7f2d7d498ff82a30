/* An ordered map from short byte keys to byte values: a B+tree in memory, for up to some millions of rows.
 *
 * An entry is one object of the slab with its key and value in it, and a tag that belongs to the owner (dirty marks).
 * Nodes hold, for each entry or child, its first eight key bytes and a pointer, 64 to a node; most searches read keys
 * only at the end. Get, put, remove and next are O(log n). A pointer to an entry, its key and its value are good until
 * that entry is put or removed; other entries' changes don't move it.
 *
 * Order is that of unsigned bytes; a prefix comes first. One thread. Nothing fails: the slab aborts without memory. */
#pragma once

#include "base/bytes.h"
#include "lib/slab.h"

#define ORDMAP_KEY_BYTES_MAX 128u
#define ORDMAP_VALUE_BYTES_MAX 16384u

struct ordmap;

struct ordmap_entry {
    uint32_t tag; /* the owner's, 0 in a new entry; kept when a value is replaced */
    uint16_t value_size;
    uint16_t key_size;
    uint8_t data[]; /* the key, then the value */
};

static inline struct bytes ordmap_key(const struct ordmap_entry *entry)
{
    return bytes_of(entry->data, entry->key_size);
}

static inline struct bytes ordmap_value(const struct ordmap_entry *entry)
{
    return bytes_of(entry->data + entry->key_size, entry->value_size);
}

struct ordmap *ordmap_create(struct slab *s); /* all memory comes from `s`, which outlives the map */
void ordmap_destroy(struct ordmap *m);        /* gives all of it back; NULL is fine */

struct ordmap_entry *ordmap_get(const struct ordmap *m, struct bytes key); /* NULL: not there */

/* Adds or replaces; asserts the bounds on key (an empty one is a key too) and value. `value` may lie in the entry that
 * is replaced. Returns the entry, *out_is_new (may be NULL) says whether it was added. */
struct ordmap_entry *ordmap_put(struct ordmap *m, struct bytes key, struct bytes value, bool *out_is_new);

bool ordmap_remove(struct ordmap *m, struct bytes key); /* false: it wasn't there. `key` may lie in the entry */

/* The first entry whose key is >= `from`, or > with `after`. NULL: there is none. */
struct ordmap_entry *ordmap_next(const struct ordmap *m, struct bytes from, bool after);

uint64_t ordmap_count(const struct ordmap *m);
size_t ordmap_bytes(const struct ordmap *m); /* taken from the slab, O(1) */
