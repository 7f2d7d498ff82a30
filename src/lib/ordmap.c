#include "lib/ordmap.h"

#include <stdlib.h>
#include <string.h>

#define FAN 63u         /* entries of a leaf, children of an inner node: sizes just fit classes of the slab */
#define LEVELS_MAX 16u  /* with half-empty nodes, more than memory holds */
#define SPARSE (FAN / 4) /* a node with fewer looks for a neighbour to join */
#define JOINED_MAX (FAN * 3 / 4)

/* Slot i of a leaf is an entry. Slot i of an inner node is a child, with the child's first entry beside it, so that a
 * key that is gone never lives on as a border. */
struct node {
    uint16_t count; /* never 0 outside of a change */
    uint16_t level; /* 0: a leaf */
    uint64_t prefix[FAN];
    struct ordmap_entry *first[FAN];
    struct node *child[]; /* FAN of them in an inner node */
};

struct ordmap {
    struct slab *slab;
    struct node *root; /* NULL: empty */
    uint64_t count;
    size_t bytes;
    /* The entry that was asked for last, NULL: none. A key is mostly looked up several times in a row: to see, to change, to remove. Not in the
     * map itself, because looking something up changes it. */
    struct ordmap_entry **latest;
};

/* The way from the root (last) down to a leaf (0): at each level the node and the slot taken. */
struct path {
    struct node *node[LEVELS_MAX];
    uint32_t at[LEVELS_MAX];
};

struct slot {
    uint64_t prefix;
    struct ordmap_entry *first;
    struct node *child; /* of an inner node */
};

/* The first eight bytes, so that keys with different prefixes are in their order; equal ones say nothing. */
static uint64_t prefix_of(struct bytes key)
{
    uint64_t prefix = 0;
    if (key.size > 0)
        memcpy(&prefix, key.data, key.size < sizeof prefix ? key.size : sizeof prefix);
    return __builtin_bswap64(prefix);
}

/* --- memory --- */

static void *map_take(struct ordmap *m, size_t size)
{
    m->bytes += slab_class_bytes(size);
    return slab_take(m->slab, size);
}

static void map_give(struct ordmap *m, void *p, size_t size)
{
    m->bytes -= slab_class_bytes(size);
    slab_give(m->slab, p, size);
}

static size_t node_bytes(uint32_t level)
{
    return sizeof(struct node) + (level > 0 ? FAN * sizeof(struct node *) : 0);
}

static struct node *node_create(struct ordmap *m, uint32_t level)
{
    struct node *node = map_take(m, node_bytes(level));
    node->count = 0;
    node->level = (uint16_t)level;
    return node;
}

static void node_destroy(struct ordmap *m, struct node *node)
{
    map_give(m, node, node_bytes(node->level));
}

static size_t entry_bytes(size_t key_size, size_t value_size)
{
    return sizeof(struct ordmap_entry) + key_size + value_size;
}

static struct ordmap_entry *entry_create(struct ordmap *m, struct bytes key, struct bytes value, uint32_t tag)
{
    struct ordmap_entry *entry = map_take(m, entry_bytes(key.size, value.size));
    entry->tag = tag;
    entry->key_size = (uint16_t)key.size;
    entry->value_size = (uint16_t)value.size;
    if (key.size > 0)
        memcpy(entry->data, key.data, key.size);
    if (value.size > 0)
        memcpy(entry->data + key.size, value.data, value.size);
    return entry;
}

static void entry_destroy(struct ordmap *m, struct ordmap_entry *entry)
{
    if (*m->latest == entry)
        *m->latest = NULL;
    map_give(m, entry, entry_bytes(entry->key_size, entry->value_size));
}

static void tree_destroy(struct ordmap *m, struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        if (node->level > 0)
            tree_destroy(m, node->child[i]);
        else
            entry_destroy(m, node->first[i]);
    }
    node_destroy(m, node);
}

struct ordmap *ordmap_create(struct slab *s)
{
    struct ordmap *m = calloc(1, sizeof *m);
    if (m == NULL)
        abort();
    m->slab = s;
    m->latest = calloc(1, sizeof(struct ordmap_entry *));
    if (m->latest == NULL)
        abort();
    return m;
}

void ordmap_destroy(struct ordmap *m)
{
    if (m == NULL)
        return;
    if (m->root != NULL)
        tree_destroy(m, m->root);
    assert(m->bytes == 0);
    free(m->latest);
    free(m);
}

/* --- finding --- */

/* How many slots come before `key`, or with `after` aren't behind it. */
static uint32_t node_search(const struct node *node, struct bytes key, uint64_t prefix, bool after)
{
    uint32_t low = 0, high = node->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int order = (node->prefix[middle] > prefix) - (node->prefix[middle] < prefix);
        if (order == 0)
            order = bytes_compare(ordmap_key(node->first[middle]), key);
        if (order < 0 || (after && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Fills the path to the leaf where `key` is or would be; at[0] is the first slot not before it (behind it with
 * `after`), which may be one past the last. */
static void path_find(const struct ordmap *m, struct bytes key, bool after, struct path *path)
{
    uint64_t prefix = prefix_of(key);
    struct node *node = m->root;
    for (; node->level > 0; node = node->child[path->at[node->level]]) {
        assert(node->level < LEVELS_MAX);
        uint32_t until = node_search(node, key, prefix, true);
        path->node[node->level] = node;
        path->at[node->level] = until > 0 ? until - 1 : 0;
    }
    path->node[0] = node;
    path->at[0] = node_search(node, key, prefix, after);
}

static struct ordmap_entry *path_entry(const struct path *path, struct bytes key)
{
    const struct node *leaf = path->node[0];
    if (path->at[0] == leaf->count)
        return NULL;
    struct ordmap_entry *entry = leaf->first[path->at[0]];
    return bytes_equal(ordmap_key(entry), key) ? entry : NULL;
}

static bool is_latest(const struct ordmap *m, struct bytes key)
{
    return *m->latest != NULL && bytes_equal(ordmap_key(*m->latest), key);
}

struct ordmap_entry *ordmap_get(const struct ordmap *m, struct bytes key)
{
    if (m->root == NULL || is_latest(m, key))
        return m->root == NULL ? NULL : *m->latest;
    struct path path;
    path_find(m, key, false, &path);
    struct ordmap_entry *entry = path_entry(&path, key);
    if (entry != NULL)
        *m->latest = entry;
    return entry;
}

struct ordmap_entry *ordmap_next(const struct ordmap *m, struct bytes from, bool after)
{
    if (m->root == NULL)
        return NULL;
    struct path path;
    path_find(m, from, after, &path);
    if (path.at[0] < path.node[0]->count)
        return path.node[0]->first[path.at[0]];
    /* The leaf ends here: the next entry is the first one of the next slot of the nearest node that has one. */
    for (uint32_t level = 1; level <= m->root->level; level++)
        if (path.at[level] + 1 < path.node[level]->count)
            return path.node[level]->first[path.at[level] + 1];
    return NULL;
}

/* --- changing --- */

static void slot_set(struct node *node, uint32_t at, const struct slot *slot)
{
    node->prefix[at] = slot->prefix;
    node->first[at] = slot->first;
    if (node->level > 0)
        node->child[at] = slot->child;
}

/* Moves `count` slots; the two ranges may overlap in one node. */
static void slots_move(struct node *to, uint32_t to_at, const struct node *from, uint32_t from_at, uint32_t count)
{
    memmove(&to->prefix[to_at], &from->prefix[from_at], count * sizeof to->prefix[0]);
    memmove(&to->first[to_at], &from->first[from_at], count * sizeof to->first[0]);
    if (to->level > 0)
        memmove(&to->child[to_at], &from->child[from_at], count * sizeof to->child[0]);
}

static void node_insert(struct node *node, uint32_t at, const struct slot *slot)
{
    assert(node->count < FAN && at <= node->count);
    slots_move(node, at + 1, node, at, node->count - at);
    slot_set(node, at, slot);
    node->count++;
}

static void node_remove(struct node *node, uint32_t at)
{
    assert(at < node->count);
    node->count--;
    slots_move(node, at, node, at + 1, node->count - at);
}

static struct slot slot_of_child(struct node *child)
{
    return (struct slot){child->prefix[0], child->first[0], child};
}

/* Says anew in the nodes above `level` what the first entries of the nodes of the path are. */
static void path_firsts(const struct ordmap *m, struct path *path, uint32_t level)
{
    for (; level < m->root->level; level++) {
        struct slot slot = slot_of_child(path->node[level]);
        slot_set(path->node[level + 1], path->at[level + 1], &slot);
    }
}

/* Splits a full node to put `slot` at `at`; returns the new right half. What is put behind all others goes into a node
 * of its own, so rows that come in order fill their nodes. */
static struct node *node_split(struct ordmap *m, struct node *node, uint32_t at, const struct slot *slot)
{
    struct node *right = node_create(m, node->level);
    uint32_t keep = at == FAN ? FAN : FAN / 2;
    slots_move(right, 0, node, keep, FAN - keep);
    right->count = (uint16_t)(FAN - keep);
    node->count = (uint16_t)keep;
    if (at > keep || keep == FAN)
        node_insert(right, at - keep, slot);
    else
        node_insert(node, at, slot);
    return right;
}

static void path_insert(struct ordmap *m, struct path *path, struct ordmap_entry *entry)
{
    struct slot slot = {.prefix = prefix_of(ordmap_key(entry)), .first = entry};
    for (uint32_t level = 0;; level++) {
        struct node *node = path->node[level];
        uint32_t at = path->at[level] + (level > 0); /* a new right half goes behind the left one */
        if (node->count < FAN) {
            node_insert(node, at, &slot);
            path_firsts(m, path, level);
            return;
        }
        struct node *right = node_split(m, node, at, &slot);
        if (node == m->root) {
            struct node *root = node_create(m, node->level + 1u);
            struct slot left_slot = slot_of_child(node), right_slot = slot_of_child(right);
            node_insert(root, 0, &left_slot);
            node_insert(root, 1, &right_slot);
            m->root = root;
            return;
        }
        struct slot left_slot = slot_of_child(node);
        slot_set(path->node[level + 1], path->at[level + 1], &left_slot);
        slot = slot_of_child(right);
    }
}

/* Puts the value in place of the old one where it has the room. */
static bool entry_replace(struct ordmap_entry *old, struct bytes value)
{
    size_t before = entry_bytes(old->key_size, old->value_size), size = entry_bytes(old->key_size, value.size);
    if (slab_class_bytes(before) != slab_class_bytes(size))
        return false;
    if (value.size > 0)
        memmove(old->data + old->key_size, value.data, value.size);
    old->value_size = (uint16_t)value.size;
    return true;
}

static struct ordmap_entry *path_replace(struct ordmap *m, struct path *path, struct bytes value)
{
    struct ordmap_entry *old = path->node[0]->first[path->at[0]];
    if (entry_replace(old, value))
        return old;
    struct ordmap_entry *entry = entry_create(m, ordmap_key(old), value, old->tag);
    path->node[0]->first[path->at[0]] = entry;
    path_firsts(m, path, 0);
    entry_destroy(m, old);
    return entry;
}

struct ordmap_entry *ordmap_put(struct ordmap *m, struct bytes key, struct bytes value, bool *out_is_new)
{
    assert(key.size <= ORDMAP_KEY_BYTES_MAX && value.size <= ORDMAP_VALUE_BYTES_MAX);
    if (out_is_new != NULL)
        *out_is_new = false;
    if (is_latest(m, key) && entry_replace(*m->latest, value))
        return *m->latest;
    if (m->root == NULL)
        m->root = node_create(m, 0);
    struct path path;
    path_find(m, key, false, &path);
    if (path_entry(&path, key) != NULL)
        return path_replace(m, &path, value);
    struct ordmap_entry *entry = entry_create(m, key, value, 0);
    path_insert(m, &path, entry);
    m->count++;
    if (out_is_new != NULL)
        *out_is_new = true;
    return entry;
}

/* Joins a sparse child with a neighbour when both fit with room to spare. */
static void children_join(struct ordmap *m, struct node *parent, uint32_t at)
{
    if (parent->child[at]->count >= SPARSE || parent->count < 2)
        return;
    uint32_t left_at = at + 1 < parent->count ? at : at - 1;
    struct node *left = parent->child[left_at], *right = parent->child[left_at + 1];
    if (left->count + right->count > JOINED_MAX)
        return;
    slots_move(left, left->count, right, 0, right->count);
    left->count = (uint16_t)(left->count + right->count);
    node_remove(parent, left_at + 1);
    node_destroy(m, right);
}

bool ordmap_remove(struct ordmap *m, struct bytes key)
{
    if (m->root == NULL)
        return false;
    struct path path;
    path_find(m, key, false, &path);
    struct ordmap_entry *entry = path_entry(&path, key);
    if (entry == NULL)
        return false;
    node_remove(path.node[0], path.at[0]);
    for (uint32_t level = 0; level < m->root->level; level++) {
        struct node *node = path.node[level], *parent = path.node[level + 1];
        uint32_t at = path.at[level + 1];
        if (node->count == 0) {
            node_remove(parent, at);
            node_destroy(m, node);
            continue;
        }
        struct slot slot = slot_of_child(node);
        slot_set(parent, at, &slot);
        children_join(m, parent, at);
    }
    while (m->root->level > 0 && m->root->count == 1) {
        struct node *root = m->root;
        m->root = root->child[0];
        node_destroy(m, root);
    }
    entry_destroy(m, entry);
    m->count--;
    if (m->root->count == 0) {
        assert(m->root->level == 0 && m->count == 0);
        node_destroy(m, m->root);
        m->root = NULL;
    }
    return true;
}

uint64_t ordmap_count(const struct ordmap *m)
{
    return m->count;
}

size_t ordmap_bytes(const struct ordmap *m)
{
    return m->bytes;
}
