/* A cold store in memory: a sorted array of pairs that don't change; snapshots share them by reference. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/cold_ops.h"

struct pair {
    uint32_t refs;
    uint32_t key_size;
    size_t value_size;
    uint8_t data[]; /* the key, then the value */
};

struct pairs {
    struct pair **all;
    size_t count, room;
};

struct snapshot {
    struct snapshot *next;
    char name[COLD_NAME_BYTES_MAX + 1];
    struct pairs pairs;
};

struct cold_memory {
    struct cold cold;
    pthread_mutex_t lock; /* of everything below */
    struct pairs live;
    char base[COLD_NAME_BYTES_MAX + 1]; /* the snapshot that a failure falls back to, "": none */
    struct snapshot *snapshots;
    uint64_t fail_after; /* operations until one fails; 0: none will */
    size_t full_with;    /* snapshots; 0: it is never full */
};

static struct cold_memory *memory_of(struct cold *c)
{
    return (struct cold_memory *)c;
}

static void *take(size_t size)
{
    void *p = malloc(size);
    if (p == NULL)
        abort();
    return p;
}

static struct bytes key_of(const struct pair *p)
{
    return bytes_of(p->data, p->key_size);
}

static struct bytes value_of(const struct pair *p)
{
    return bytes_of(p->data + p->key_size, p->value_size);
}

static struct pair *pair_make(struct bytes key, struct bytes value)
{
    struct pair *p = take(sizeof *p + key.size + value.size);
    *p = (struct pair){.refs = 1, .key_size = (uint32_t)key.size, .value_size = value.size};
    memcpy(p->data, key.data, key.size);
    if (value.size > 0)
        memcpy(p->data + key.size, value.data, value.size);
    return p;
}

static void pair_release(struct pair *p)
{
    if (--p->refs == 0)
        free(p);
}

static void pairs_clear(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++)
        pair_release(pairs->all[i]);
    free(pairs->all);
    *pairs = (struct pairs){0};
}

static struct pairs pairs_share(const struct pairs *pairs)
{
    struct pairs copy = {.all = take((pairs->count + 1) * sizeof(struct pair *)), .count = pairs->count, .room = pairs->count + 1};
    for (size_t i = 0; i < pairs->count; i++) {
        copy.all[i] = pairs->all[i];
        copy.all[i]->refs++;
    }
    return copy;
}

/* Where the key is, or would be. */
static size_t pairs_find(const struct pairs *pairs, struct bytes key, bool *out_found)
{
    size_t low = 0, high = pairs->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bytes_compare(key_of(pairs->all[middle]), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *out_found = low < pairs->count && bytes_equal(key_of(pairs->all[low]), key);
    return low;
}

static struct pairs pairs_share_prefix(const struct pairs *pairs, struct bytes prefix)
{
    bool found;
    size_t first = pairs_find(pairs, prefix, &found), end = first;
    while (end < pairs->count && bytes_starts_with(key_of(pairs->all[end]), prefix))
        end++;
    return pairs_share(&(struct pairs){.all = pairs->all + first, .count = end - first});
}

static void pairs_put(struct pairs *pairs, const struct cold_pair *pair)
{
    bool found;
    size_t at = pairs_find(pairs, pair->key, &found);
    if (found)
        pair_release(pairs->all[at]);
    if (pair->value.data == NULL) {
        if (found) {
            memmove(pairs->all + at, pairs->all + at + 1, (pairs->count - at - 1) * sizeof(struct pair *));
            pairs->count--;
        }
        return;
    }
    if (!found) {
        if (pairs->count == pairs->room) {
            pairs->room = pairs->room * 2 + 16;
            pairs->all = realloc(pairs->all, pairs->room * sizeof(struct pair *));
            if (pairs->all == NULL)
                abort();
        }
        memmove(pairs->all + at + 1, pairs->all + at, (pairs->count - at) * sizeof(struct pair *));
        pairs->count++;
    }
    pairs->all[at] = pair_make(pair->key, pair->value);
}

static struct snapshot **snapshot_find(struct cold_memory *m, const char *name)
{
    struct snapshot **at = &m->snapshots;
    while (*at != NULL && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    return at;
}

/* To nothing, when its base is gone: so a test sees that. */
static void fall_back(struct cold_memory *m)
{
    const struct snapshot *base = *snapshot_find(m, m->base);
    pairs_clear(&m->live);
    if (base != NULL)
        m->live = pairs_share(&base->pairs);
}

static void base_set(struct cold_memory *m, const char *name)
{
    (void)snprintf(m->base, sizeof m->base, "%s", name);
}

/* false: this operation fails. */
static bool operation_passes(struct cold_memory *m)
{
    if (m->fail_after == 0 || --m->fail_after > 0)
        return true;
    fall_back(m);
    return false;
}

static size_t snapshot_count(const struct cold_memory *m)
{
    size_t count = 0;
    for (const struct snapshot *s = m->snapshots; s != NULL; s = s->next)
        count++;
    return count;
}

static struct status memory_put(struct cold *c, const struct cold_pair *pairs, size_t count, struct err *e)
{
    struct cold_memory *m = memory_of(c);
    (void)pthread_mutex_lock(&m->lock);
    bool full = m->full_with > 0 && snapshot_count(m) >= m->full_with, passes = !full && operation_passes(m);
    if (full)
        fall_back(m);
    for (size_t i = 0; i < count && passes; i++)
        pairs_put(&m->live, &pairs[i]);
    (void)pthread_mutex_unlock(&m->lock);
    if (full)
        return FAIL(e, FULL, "the cold store is full, as it was told to be");
    return passes ? DONE : FAIL(e, IO, "the cold store failed, as it was told to");
}

static struct status memory_get(struct cold *c, struct bytes key, struct buf *out_value, bool *out_found, struct err *e)
{
    struct cold_memory *m = memory_of(c);
    bool found = false;
    (void)pthread_mutex_lock(&m->lock);
    size_t at = pairs_find(&m->live, key, &found);
    if (found)
        buf_push(out_value, value_of(m->live.all[at]));
    (void)pthread_mutex_unlock(&m->lock);
    *out_found = found;
    return out_value->overflowed ? FAIL(e, LIMIT, "a cold page is too long for its reader") : DONE;
}

/* Over a share, so that `each` may get. */
static struct status memory_scan(struct cold *c, struct bytes prefix, cold_each each, void *context, struct err *e)
{
    struct cold_memory *m = memory_of(c);
    struct status status = DONE;
    (void)pthread_mutex_lock(&m->lock);
    struct pairs pairs = pairs_share_prefix(&m->live, prefix);
    (void)pthread_mutex_unlock(&m->lock);
    for (size_t i = 0; i < pairs.count && done(status); i++)
        status = each(context, key_of(pairs.all[i]), value_of(pairs.all[i]), e);
    (void)pthread_mutex_lock(&m->lock);
    pairs_clear(&pairs);
    (void)pthread_mutex_unlock(&m->lock);
    return status;
}

static void snapshot_add(struct cold_memory *m, const char *name, const struct pairs *pairs)
{
    struct snapshot *s = take(sizeof *s);
    *s = (struct snapshot){.next = m->snapshots, .pairs = pairs_share(pairs)};
    memcpy(s->name, name, strlen(name) + 1);
    m->snapshots = s;
}

static void snapshot_drop(struct snapshot **at)
{
    struct snapshot *s = *at;
    *at = s->next;
    pairs_clear(&s->pairs);
    free(s);
}

static struct status memory_snapshot(struct cold *c, const char *name, struct err *e)
{
    struct cold_memory *m = memory_of(c);
    (void)pthread_mutex_lock(&m->lock);
    bool passes = operation_passes(m), there = *snapshot_find(m, name) != NULL;
    if (passes && !there) {
        snapshot_add(m, name, &m->live);
        base_set(m, name);
    }
    (void)pthread_mutex_unlock(&m->lock);
    if (!passes)
        return FAIL(e, IO, "the cold store failed, as it was told to");
    return there ? FAIL(e, EXISTS, "there is a snapshot %s already", name) : DONE;
}

static struct status memory_snapshot_remove(struct cold *c, const char *name, struct err *e)
{
    (void)e;
    struct cold_memory *m = memory_of(c);
    (void)pthread_mutex_lock(&m->lock);
    struct snapshot **at = snapshot_find(m, name);
    if (*at != NULL)
        snapshot_drop(at);
    (void)pthread_mutex_unlock(&m->lock);
    return DONE;
}

static struct status memory_snapshot_keep(struct cold *c, const char *const *names, size_t count, struct err *e)
{
    (void)e;
    struct cold_memory *m = memory_of(c);
    (void)pthread_mutex_lock(&m->lock);
    cold_base_keep(m->base, names, count);
    for (struct snapshot **at = &m->snapshots; *at != NULL;) {
        if (cold_name_is_in((*at)->name, names, count))
            at = &(*at)->next;
        else
            snapshot_drop(at);
    }
    (void)pthread_mutex_unlock(&m->lock);
    return DONE;
}

static uint64_t memory_bytes(struct cold *c)
{
    struct cold_memory *m = memory_of(c);
    uint64_t bytes = 0;
    (void)pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < m->live.count; i++)
        bytes += m->live.all[i]->key_size + m->live.all[i]->value_size;
    (void)pthread_mutex_unlock(&m->lock);
    return bytes;
}

static void memory_close(struct cold *c)
{
    struct cold_memory *m = memory_of(c);
    while (m->snapshots != NULL)
        snapshot_drop(&m->snapshots);
    pairs_clear(&m->live);
    (void)pthread_mutex_destroy(&m->lock);
    free(m);
}

/* A test's: it counts against no budget. */
static size_t memory_memory_bytes(const struct cold *c)
{
    (void)c;
    return 0;
}

static const struct cold_ops memory_ops = {
    .close = memory_close,
    .put = memory_put,
    .get = memory_get,
    .scan = memory_scan,
    .snapshot = memory_snapshot,
    .snapshot_keep = memory_snapshot_keep,
    .snapshot_remove = memory_snapshot_remove,
    .bytes = memory_bytes,
    .memory_bytes = memory_memory_bytes,
};

struct cold *cold_memory_create(void)
{
    struct cold_memory *m = take(sizeof *m);
    *m = (struct cold_memory){.cold = {&memory_ops}};
    (void)pthread_mutex_init(&m->lock, NULL);
    return &m->cold;
}

fallible cold_memory_reopen(struct cold *c, const char *snapshot, struct err *e)
{
    struct cold_memory *m = memory_of(c);
    assert(c->ops == &memory_ops);
    if (snapshot != NULL && *snapshot_find(m, snapshot) == NULL)
        return FAIL(e, CORRUPT, "the cold store has no snapshot %s", snapshot);
    base_set(m, snapshot == NULL ? "" : snapshot);
    fall_back(m);
    m->fail_after = 0;
    return DONE;
}

fallible cold_memory_copy(struct cold *c, const char *snapshot, struct cold **out_cold, struct err *e)
{
    struct cold_memory *m = memory_of(c);
    assert(c->ops == &memory_ops);
    (void)pthread_mutex_lock(&m->lock);
    const struct snapshot *s = *snapshot_find(m, snapshot);
    struct cold *copy = s == NULL ? NULL : cold_memory_create();
    for (size_t i = 0; s != NULL && i < s->pairs.count; i++) /* not shared: the counts of references have one lock */
        pairs_put(&memory_of(copy)->live, &(struct cold_pair){key_of(s->pairs.all[i]), value_of(s->pairs.all[i])});
    if (s != NULL) {
        snapshot_add(memory_of(copy), snapshot, &memory_of(copy)->live);
        base_set(memory_of(copy), snapshot);
    }
    (void)pthread_mutex_unlock(&m->lock);
    if (copy == NULL)
        return FAIL(e, CORRUPT, "the cold store has no snapshot %s", snapshot);
    *out_cold = copy;
    return DONE;
}

void cold_memory_full_with(struct cold *c, size_t snapshots)
{
    assert(c->ops == &memory_ops);
    memory_of(c)->full_with = snapshots;
}

void cold_memory_fail_after(struct cold *c, uint64_t operations)
{
    assert(c->ops == &memory_ops);
    memory_of(c)->fail_after = operations;
}
