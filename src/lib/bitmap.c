#include "lib/bitmap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bitmap_inside.h"

static_assert(BITMAP_CONTAINER_WORDS == CONTAINER_WORDS && BITMAP_CONTAINER_BYTES_MAX == CONTAINER_BYTES_MAX, "they are the same ones");
static_assert(sizeof(struct root) + BRANCHES_MAX * sizeof(struct branch *) <= SLAB_SIZE_MAX, "the largest root is one object");

static uint16_t low_of(uint32_t number)
{
    return (uint16_t)number;
}

static uint32_t number_of(uint32_t key, uint32_t low)
{
    return key << BITMAP_KEY_BITS | low;
}

/* --- shared parts --- */

static size_t root_bytes(uint32_t size)
{
    return sizeof(struct root) + size * sizeof(struct branch *);
}

static void branch_give(struct slab *s, struct branch *branch)
{
    if (branch == NULL || --branch->refs > 0)
        return;
    for (uint32_t i = 0; i < BRANCH_CONTAINERS; i++)
        container_give(s, branch->containers[i]);
    slab_give(s, branch, sizeof *branch);
}

static void root_give(struct slab *s, struct root *root)
{
    if (root == NULL || --root->refs > 0)
        return;
    for (uint32_t i = 0; i < root->size; i++)
        branch_give(s, root->branches[i]);
    slab_give(s, root, root_bytes(root->size));
}

/* The set's own root, with room for `size` branches. */
static struct root *root_own(struct bitmap *b, uint32_t size)
{
    struct root *was = b->root;
    uint32_t kept = was == NULL ? 0 : was->size;
    size = size > kept ? size : kept;
    if (was != NULL && was->refs == 1 && size == kept)
        return was;
    struct root *root = slab_take(b->slab, root_bytes(size));
    memset(root, 0, root_bytes(size));
    root->refs = 1;
    root->size = size;
    if (was != NULL) {
        root->count = was->count;
        memcpy(root->branches, was->branches, kept * sizeof *was->branches);
        for (uint32_t i = 0; i < kept; i++)
            if (root->branches[i] != NULL)
                root->branches[i]->refs++;
        root_give(b->slab, was);
    }
    b->root = root;
    return root;
}

/* Its own branch for this key. */
static struct branch *branch_own(struct bitmap *b, uint32_t key)
{
    struct branch **at = &root_own(b, key / BRANCH_CONTAINERS + 1)->branches[key / BRANCH_CONTAINERS], *was = *at;
    if (was != NULL && was->refs == 1)
        return was;
    struct branch *branch = slab_take(b->slab, sizeof *branch);
    memset(branch, 0, sizeof *branch);
    branch->refs = 1;
    if (was != NULL) {
        branch->count = was->count;
        memcpy(branch->containers, was->containers, sizeof branch->containers);
        for (uint32_t i = 0; i < BRANCH_CONTAINERS; i++)
            if (branch->containers[i] != NULL)
                container_share(branch->containers[i]);
        was->refs--;
    }
    *at = branch;
    return branch;
}

/* The members of a branch of its own became more or fewer; the last one takes it along. */
static void counted(struct bitmap *b, uint32_t key, uint32_t before, uint32_t now)
{
    struct branch **at = &b->root->branches[key / BRANCH_CONTAINERS];
    (*at)->count = (*at)->count - before + now;
    b->root->count = b->root->count - before + now;
    if ((*at)->count == 0) {
        branch_give(b->slab, *at);
        *at = NULL;
    }
    if (b->root->count == 0) {
        root_give(b->slab, b->root);
        b->root = NULL;
    }
}

/* Takes `c` over, NULL too. */
static void container_put(struct bitmap *b, uint32_t key, struct container *c)
{
    assert(key < BITMAP_KEYS);
    struct container *was = bitmap_container(b, key);
    if (was == NULL && c == NULL)
        return;
    uint32_t before = was == NULL ? 0 : container_count(was), now = c == NULL ? 0 : container_count(c);
    struct branch *branch = branch_own(b, key);
    container_give(b->slab, branch->containers[key % BRANCH_CONTAINERS]);
    branch->containers[key % BRANCH_CONTAINERS] = c;
    counted(b, key, before, now);
}

struct bitmap *bitmap_create(struct slab *s)
{
    struct bitmap *b = slab_take(s, sizeof *b);
    *b = (struct bitmap){.slab = s};
    return b;
}

void bitmap_destroy(struct bitmap *b)
{
    if (b == NULL)
        return;
    root_give(b->slab, b->root);
    slab_give(b->slab, b, sizeof *b);
}

struct bitmap *bitmap_copy(const struct bitmap *b)
{
    struct bitmap *copy = bitmap_create(b->slab);
    copy->root = b->root;
    if (copy->root != NULL)
        copy->root->refs++;
    return copy;
}

/* --- one number --- */

bool bitmap_has(const struct bitmap *b, uint32_t number)
{
    const struct container *c = bitmap_container(b, bitmap_key_of(number));
    return c != NULL && container_has(c, low_of(number));
}

bool bitmap_add(struct bitmap *b, uint32_t number)
{
    uint32_t key = bitmap_key_of(number);
    if (bitmap_has(b, number))
        return false;
    struct container **at = &branch_own(b, key)->containers[key % BRANCH_CONTAINERS];
    *at = container_add(b->slab, *at, low_of(number));
    counted(b, key, 0, 1);
    return true;
}

bool bitmap_remove(struct bitmap *b, uint32_t number)
{
    uint32_t key = bitmap_key_of(number);
    if (!bitmap_has(b, number))
        return false;
    struct container **at = &branch_own(b, key)->containers[key % BRANCH_CONTAINERS];
    *at = container_remove(b->slab, *at, low_of(number));
    counted(b, key, 1, 0);
    return true;
}

/* --- all of them --- */

uint64_t bitmap_count(const struct bitmap *b)
{
    return b->root == NULL ? 0 : b->root->count;
}

bool bitmap_equal(const struct bitmap *a, const struct bitmap *b)
{
    if (bitmap_count(a) != bitmap_count(b))
        return false;
    for (uint32_t key = 0; bitmap_next(a, &key); key++) {
        const struct container *mine = bitmap_container(a, key), *theirs = bitmap_container(b, key);
        if (theirs == NULL || (mine != theirs && !container_equal(mine, theirs)))
            return false;
    }
    return true;
}

void bitmap_add_all(struct bitmap *b, const uint32_t *numbers, size_t count)
{
    for (size_t i = 0; i < count;) {
        _Alignas(64) uint64_t words[CONTAINER_WORDS] = {0};
        uint32_t key = bitmap_key_of(numbers[i]);
        const struct container *there = bitmap_container(b, key);
        if (there != NULL)
            container_expand(there, words);
        for (; i < count && bitmap_key_of(numbers[i]) == key; i++) {
            assert(i == 0 || numbers[i - 1] <= numbers[i]);
            words[low_of(numbers[i]) / 64] |= UINT64_C(1) << numbers[i] % 64;
        }
        bitmap_put(b, key, words);
    }
}

size_t bitmap_list(const struct bitmap *b, uint32_t from, uint32_t *out_numbers, size_t max)
{
    size_t count = 0;
    for (uint32_t key = bitmap_key_of(from); count < max && bitmap_next(b, &key); key++) {
        uint16_t values[1024];
        uint32_t low = key == bitmap_key_of(from) ? low_of(from) : 0, got, want;
        do {
            want = (uint32_t)(max - count < COUNT_OF(values) ? max - count : COUNT_OF(values));
            got = container_list(bitmap_container(b, key), low, values, want);
            for (uint32_t i = 0; i < got; i++)
                out_numbers[count++] = number_of(key, values[i]);
            low = got > 0 ? values[got - 1] + 1u : low;
        } while (got == COUNT_OF(values) && low < CONTAINER_NUMBERS);
    }
    return count;
}

void bitmap_words(const struct bitmap *b, uint32_t from, uint32_t count, uint64_t *out_words)
{
    _Alignas(64) uint64_t words[CONTAINER_WORDS];
    uint32_t first = low_of(from) / 64;
    const struct container *c = bitmap_container(b, bitmap_key_of(from));
    assert(from % 64 == 0 && count <= CONTAINER_WORDS - first);
    if (c == NULL) {
        memset(out_words, 0, count * sizeof *out_words);
        return;
    }
    container_expand(c, words);
    memcpy(out_words, words + first, count * sizeof *out_words);
}

uint64_t bitmap_rank(const struct bitmap *b, uint32_t number)
{
    uint32_t key = bitmap_key_of(number), last = key / BRANCH_CONTAINERS;
    uint64_t below = 0;
    for (uint32_t i = 0; b->root != NULL && i < b->root->size && i < last; i++)
        below += b->root->branches[i] == NULL ? 0 : b->root->branches[i]->count;
    for (uint32_t before = last * BRANCH_CONTAINERS; before < key; before++) {
        const struct container *c = bitmap_container(b, before);
        below += c == NULL ? 0 : container_count(c);
    }
    const struct container *c = bitmap_container(b, key);
    return below + (c == NULL ? 0 : container_rank(c, low_of(number)));
}

bool bitmap_select(const struct bitmap *b, uint64_t rank, uint32_t *out_number)
{
    if (rank >= bitmap_count(b))
        return false;
    uint32_t i = 0, key;
    for (;; i++) {
        uint32_t here = b->root->branches[i] == NULL ? 0 : b->root->branches[i]->count;
        if (rank < here)
            break;
        rank -= here;
    }
    for (key = i * BRANCH_CONTAINERS;; key++) {
        const struct container *c = bitmap_container(b, key);
        uint32_t here = c == NULL ? 0 : container_count(c);
        if (rank < here)
            break;
        rank -= here;
    }
    *out_number = number_of(key, container_select(bitmap_container(b, key), (uint32_t)rank));
    return true;
}

/* --- containers --- */

bool bitmap_next(const struct bitmap *b, uint32_t *key)
{
    uint32_t end = bitmap_keys_end(b);
    for (uint32_t at = *key; at < end;) {
        if (b->root->branches[at / BRANCH_CONTAINERS] == NULL) {
            at = (at / BRANCH_CONTAINERS + 1) * BRANCH_CONTAINERS;
            continue;
        }
        if (bitmap_container(b, at) != NULL) {
            *key = at;
            return true;
        }
        at++;
    }
    return false;
}

void bitmap_put(struct bitmap *b, uint32_t key, const uint64_t words[BITMAP_CONTAINER_WORDS])
{
    container_put(b, key, container_of_words(b->slab, words));
}

uint32_t bitmap_encode(const struct bitmap *b, uint32_t key, struct buf *out)
{
    const struct container *c = bitmap_container(b, key);
    if (c == NULL)
        return 0;
    container_encode(c, out);
    return container_count(c);
}

fallible bitmap_decode(struct bitmap *b, uint32_t key, struct bytes container, struct err *e)
{
    struct container *c;
    TRY(container_decode(b->slab, container, &c, e));
    container_put(b, key, c);
    return DONE;
}
