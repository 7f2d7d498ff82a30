#include "engine/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "engine/registry.h"

#define BUCKETS (2 * SHELF_BLOCKS_MAX)
#define NO_SLOT UINT32_MAX

struct shelved {
    struct sieve *sieve;
    uint32_t serial; /* of its coming, never used again */
    bool marked;
    char path[SIEVE_PATH_BYTES_MAX];
};

struct block_slot {
    struct block_name name;
    uint32_t next; /* in its bucket */
    uint8_t *data; /* SIEVE_BLOCK_BYTES; NULL: never used */
};

struct shelf {
    struct shelved sieves[SHELF_SIEVES_MAX];
    uint32_t count;
    uint32_t serials; /* given so far */
    uint64_t passed_in_vain;
    uint32_t hand; /* the slot of the oldest block, which the next one takes */
    size_t block_bytes;
    uint32_t buckets[BUCKETS];
    struct block_slot slots[SHELF_BLOCKS_MAX];
};

struct shelf *shelf_create(void)
{
    struct shelf *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    for (uint32_t i = 0; i < BUCKETS; i++)
        s->buckets[i] = NO_SLOT;
    return s;
}

void shelf_destroy(struct shelf *s)
{
    if (s == NULL)
        return;
    for (uint32_t i = 0; i < s->count; i++)
        sieve_release(s->sieves[i].sieve);
    for (uint32_t i = 0; i < SHELF_BLOCKS_MAX; i++)
        free(s->slots[i].data);
    free(s);
}

/* --- sieves --- */

static struct shelved *shelved_at(const struct shelf *s, const char *path)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (strcmp(s->sieves[i].path, path) == 0)
            return (struct shelved *)&s->sieves[i];
    return NULL;
}

size_t shelf_count(const struct shelf *s)
{
    return s->count;
}

size_t shelf_bytes(const struct shelf *s)
{
    size_t bytes = s->block_bytes;
    for (uint32_t i = 0; i < s->count; i++)
        bytes += sieve_bytes(s->sieves[i].sieve);
    return bytes;
}

fallible shelf_put(struct shelf *s, const char *path, struct sieve *sieve, struct err *e)
{
    assert(path[0] != 0 && strlen(path) < SIEVE_PATH_BYTES_MAX);
    if (shelved_at(s, path) != NULL) {
        sieve_release(sieve);
        return DONE;
    }
    if (s->count == SHELF_SIEVES_MAX) {
        sieve_release(sieve);
        return FAIL(e, LIMIT, "%s: there are %u sieves already", path, SHELF_SIEVES_MAX);
    }
    struct shelved *own = &s->sieves[s->count++];
    *own = (struct shelved){.sieve = sieve, .serial = s->serials++};
    memcpy(own->path, path, strlen(path));
    return DONE;
}

struct sieve *shelf_sieve(const struct shelf *s, uint32_t serial)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->sieves[i].serial == serial)
            return s->sieves[i].sieve;
    return NULL;
}

static void sieve_mark(void *context, const char *path)
{
    struct shelved *own = shelved_at(context, path);
    assert(own != NULL); /* its command did not ask for it */
    own->marked = true;
}

void shelf_settle(struct shelf *s, const struct view *v)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->count; i++)
        s->sieves[i].marked = false;
    for (size_t i = 0; i < registry_domain_count(v->registry); i++) {
        const struct domain *d = registry_domain(v->registry, i);
        if (d->sieves != NULL)
            d->sieves(v, sieve_mark, s);
    }
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->sieves[i].marked)
            s->sieves[kept++] = s->sieves[i];
        else
            sieve_release(s->sieves[i].sieve);
    }
    s->count = kept;
}

/* --- blocks --- */

static uint32_t *bucket_of(struct shelf *s, struct block_name name)
{
    return &s->buckets[rng_mix((uint64_t)name.serial << 32 | name.block) % BUCKETS];
}

static bool name_equal(struct block_name a, struct block_name b)
{
    return a.serial == b.serial && a.block == b.block;
}

static const uint8_t *block_find(struct shelf *s, struct block_name name)
{
    for (uint32_t at = *bucket_of(s, name); at != NO_SLOT; at = s->slots[at].next)
        if (name_equal(s->slots[at].name, name))
            return s->slots[at].data;
    return NULL;
}

static void bucket_remove(struct shelf *s, uint32_t slot)
{
    uint32_t *at = bucket_of(s, s->slots[slot].name);
    while (*at != slot)
        at = &s->slots[*at].next;
    *at = s->slots[slot].next;
}

void shelf_put_block(struct shelf *s, struct block_name name, struct bytes block)
{
    assert(block.size == SIEVE_BLOCK_BYTES);
    if (block_find(s, name) != NULL)
        return;
    struct block_slot *slot = &s->slots[s->hand];
    if (slot->data != NULL) {
        bucket_remove(s, s->hand);
    } else {
        slot->data = malloc(SIEVE_BLOCK_BYTES);
        if (slot->data == NULL)
            abort();
        s->block_bytes += SIEVE_BLOCK_BYTES;
    }
    uint32_t *bucket = bucket_of(s, name);
    memcpy(slot->data, block.data, SIEVE_BLOCK_BYTES);
    slot->name = name;
    slot->next = *bucket;
    *bucket = s->hand;
    s->hand = (s->hand + 1) % SHELF_BLOCKS_MAX;
}

/* --- views --- */

bool view_sieve_has(const struct view *v, const char *path)
{
    if (v->shelf == NULL || shelved_at(v->shelf, path) != NULL)
        return true; /* without a shelf nothing is looked into: a test of one domain */
    assert(v->touched != NULL);
    touched_sieve(v->touched, path);
    return false;
}

struct sieve *view_sieve_hold(const struct view *v, const char *path)
{
    const struct shelved *own = shelved_at(v->shelf, path);
    assert(own != NULL);
    return sieve_hold(own->sieve);
}

static bool sieve_find(const struct view *v, const struct shelved *own, struct hash128 hash, uint64_t *out_value)
{
    struct block_name name = {.serial = own->serial};
    if (!sieve_suspects(own->sieve, hash, &name.block))
        return false;
    const uint8_t *block = block_find(v->shelf, name);
    if (block == NULL) {
        assert(v->touched != NULL); /* an apply that its needs did not announce */
        touched_block(v->touched, name);
        return false;
    }
    bool found = sieve_block_find(block, hash, out_value);
    v->shelf->passed_in_vain += !found && v->touched == NULL;
    return found;
}

size_t view_sieves_find(const struct view *v, struct hash128 hash, uint64_t out_values[SHELF_SIEVES_MAX])
{
    size_t found = 0;
    for (uint32_t i = 0; v->shelf != NULL && i < v->shelf->count; i++)
        found += sieve_find(v, &v->shelf->sieves[i], hash, &out_values[found]);
    return found;
}

void view_sieves_prefetch(const struct view *v, struct hash128 hash)
{
    for (uint32_t i = 0; v->shelf != NULL && i < v->shelf->count; i++)
        sieve_prefetch(v->shelf->sieves[i].sieve, hash);
}

struct shelf_stats view_shelf_stats(const struct view *v)
{
    struct shelf_stats stats = {0};
    if (v->shelf == NULL)
        return stats;
    stats.sieves = v->shelf->count;
    stats.block_bytes = v->shelf->block_bytes;
    stats.bytes = shelf_bytes(v->shelf) - stats.block_bytes;
    stats.passed_in_vain = v->shelf->passed_in_vain;
    for (uint32_t i = 0; i < v->shelf->count; i++)
        stats.entries += sieve_sum(v->shelf->sieves[i].sieve).count;
    return stats;
}
