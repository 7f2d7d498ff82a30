#include "domain/analytics/texts.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/hash.h"

#define TEXTS_BLOCK_BYTES (64u << 10)
#define PART_FIRST 1024u /* codes of the first part; each further one has twice as many, so that none ever moves */
#define PARTS_MAX 21u

struct text {
    struct bytes bytes;
    uint64_t hash;
};

struct texts {
    pthread_mutex_t lock;
    struct arena *arena;
    struct text *parts[PARTS_MAX]; /* written before a code of theirs is given out */
    uint32_t count;                /* codes given, CODE_NONE among them */
    uint32_t *slots;               /* a power of two of them, at most half are used; CODE_NONE: free */
    uint32_t slot_count;
    size_t bytes_max;
    _Atomic size_t bytes;
};

struct texts *texts_create(size_t bytes_max)
{
    struct arena *arena = arena_create(TEXTS_BLOCK_BYTES);
    struct texts *t = ARENA_NEW(arena, struct texts);
    *t = (struct texts){.arena = arena, .count = CODE_NONE + 1, .slot_count = 2 * PART_FIRST, .bytes_max = bytes_max};
    t->slots = ARENA_ARRAY(arena, uint32_t, t->slot_count);
    t->parts[0] = ARENA_ARRAY(arena, struct text, PART_FIRST);
    int wrong = pthread_mutex_init(&t->lock, NULL);
    assert(wrong == 0);
    (void)wrong;
    return t;
}

void texts_destroy(struct texts *t)
{
    if (t == NULL)
        return;
    (void)pthread_mutex_destroy(&t->lock);
    arena_destroy(t->arena);
}

/* Part p holds codes [PART_FIRST x (2^p - 1), PART_FIRST x (2^(p + 1) - 1)). */
static struct text *text_at(const struct texts *t, uint32_t code)
{
    uint32_t part = 31u - (uint32_t)__builtin_clz(code / PART_FIRST + 1);
    return &t->parts[part][code - PART_FIRST * ((1u << part) - 1)];
}

struct bytes texts_get(const struct texts *t, uint32_t code)
{
    return code == CODE_NONE ? BYTES_NONE : text_at(t, code)->bytes;
}

size_t texts_bytes(const struct texts *t)
{
    return atomic_load_explicit(&t->bytes, memory_order_relaxed);
}

static uint32_t *slot_of(const struct texts *t, struct bytes text, uint64_t hash)
{
    for (uint32_t at = (uint32_t)hash & (t->slot_count - 1);; at = (at + 1) & (t->slot_count - 1)) {
        uint32_t *slot = &t->slots[at];
        if (*slot == CODE_NONE || (text_at(t, *slot)->hash == hash && bytes_equal(text_at(t, *slot)->bytes, text)))
            return slot;
    }
}

bool texts_have(const struct texts *t, struct bytes text)
{
    return *slot_of(t, text, hash64(text, 0)) != CODE_NONE;
}

static void slots_double(struct texts *t)
{
    t->slot_count *= 2;
    t->slots = ARENA_ARRAY(t->arena, uint32_t, t->slot_count);
    for (uint32_t code = CODE_NONE + 1; code < t->count; code++) {
        uint32_t at = (uint32_t)text_at(t, code)->hash & (t->slot_count - 1);
        while (t->slots[at] != CODE_NONE)
            at = (at + 1) & (t->slot_count - 1);
        t->slots[at] = code;
    }
}

static uint32_t code_locked(struct texts *t, struct bytes text, uint64_t hash)
{
    uint32_t *slot = slot_of(t, text, hash);
    if (*slot != CODE_NONE)
        return *slot;
    if (arena_used(t->arena) + text.size > t->bytes_max || t->count >= PART_FIRST * ((1u << PARTS_MAX) - 1))
        return CODE_NONE;
    uint32_t part = 31u - (uint32_t)__builtin_clz(t->count / PART_FIRST + 1);
    if (t->parts[part] == NULL)
        t->parts[part] = arena_take(t->arena, sizeof(struct text) * ((size_t)PART_FIRST << part),
                                    _Alignof(struct text));
    *text_at(t, t->count) = (struct text){.bytes = arena_copy(t->arena, text), .hash = hash};
    *slot = t->count++;
    uint32_t code = *slot;
    if (t->count * 2 > t->slot_count)
        slots_double(t);
    atomic_store_explicit(&t->bytes, arena_used(t->arena), memory_order_relaxed);
    return code;
}

static uint32_t code_of(struct texts *t, struct bytes text, uint64_t hash)
{
    (void)pthread_mutex_lock(&t->lock);
    uint32_t code = code_locked(t, text, hash);
    (void)pthread_mutex_unlock(&t->lock);
    return code;
}

uint32_t texts_code(struct texts *t, struct bytes text)
{
    return code_of(t, text, hash64(text, 0));
}

uint32_t texts_code_near(struct texts *t, struct texts_near *near, struct bytes text)
{
    uint64_t hash = hash64(text, 0);
    uint32_t at = (uint32_t)(hash >> 32) % TEXTS_NEAR, code = near->slots[at].code;
    if (code != CODE_NONE && near->slots[at].hash == hash && bytes_equal(texts_get(t, code), text))
        return code;
    code = code_of(t, text, hash);
    near->slots[at].hash = hash;
    near->slots[at].code = code;
    return code;
}
