#include "lib/slab.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define SLAB_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLAB_POISONS 1
#endif
#endif
#ifdef SLAB_POISONS
#include <sanitizer/asan_interface.h>
#define POISON(p, size) __asan_poison_memory_region((p), (size))
#define UNPOISON(p, size) __asan_unpoison_memory_region((p), (size))
#else
#define POISON(p, size) ((void)(p), (void)(size))
#define UNPOISON(p, size) ((void)(p), (void)(size))
#endif

#define CHUNK_BYTES ((size_t)64 * 1024)
#define SPAN_CHUNKS 32u
#define SPAN_BYTES (CHUNK_BYTES * SPAN_CHUNKS)
#define FINE_STEP 16u
#define FINE_MAX 1024u
#define FINE_CLASSES (FINE_MAX / FINE_STEP)
/* 1024 * 2^4 = 16384, and one step more for SLAB_SIZE_MAX. */
#define CLASS_COUNT (FINE_CLASSES + 4 * 8 + 1)
#define NO_CLASS UINT8_MAX /* of a chunk that has none */
/* Empty chunks that are kept: some, or a small share of all. */
#define KEPT_CHUNKS_MIN 8u
#define KEPT_SHARE 64u

static_assert(CLASS_COUNT < NO_CLASS, "a class fits a byte");

/* A free object; the list of a chunk runs through its free objects. */
struct hole {
    struct hole *next;
};

struct chunk {
    struct chunk *next, *prev; /* in one of the slab's lists, or in none when all its objects live */
    struct hole *holes;        /* objects that were given back */
    uint16_t live;             /* objects out */
    uint16_t touched;          /* objects ever out since it got its class; the rest lie behind them */
    uint16_t capacity;
    uint8_t class;             /* NO_CLASS: the chunk is free */
    bool kept;                 /* free, with memory behind it */
};

struct span {
    struct chunk chunks[SPAN_CHUNKS];
    struct span *next, *prev;
    uint32_t held; /* chunks that have a class or are kept */
};

#define SPAN_HEAD_BYTES ((sizeof(struct span) + 63) / 64 * 64)
static_assert(SPAN_HEAD_BYTES < CHUNK_BYTES - SLAB_SIZE_MAX, "the first chunk holds the header and an object");

struct slab {
    struct chunk *roomy[CLASS_COUNT]; /* chunks with room, by class */
    struct chunk *kept;               /* free, with memory behind them */
    struct chunk *bare;               /* free, without */
    struct span *spans;
    size_t used_chunks;
    size_t kept_chunks;
    size_t used_bytes;
};

static uint32_t class_of(size_t size)
{
    if (size <= FINE_MAX)
        return (uint32_t)(size + FINE_STEP - 1) / FINE_STEP - 1;
    uint32_t last = (uint32_t)size - 1;
    uint32_t doubling = 31 - (uint32_t)__builtin_clz(last);
    return FINE_CLASSES + (doubling - 10) * 8 + ((last >> (doubling - 3)) & 7);
}

static size_t class_bytes(uint32_t class)
{
    if (class < FINE_CLASSES)
        return (size_t)(class + 1) * FINE_STEP;
    uint32_t coarse = class - FINE_CLASSES;
    return (size_t)(9 + coarse % 8) << (7 + coarse / 8);
}

size_t slab_class_bytes(size_t size)
{
    assert(size > 0 && size <= SLAB_SIZE_MAX);
    return class_bytes(class_of(size));
}

static struct span *span_of(const void *p)
{
    return (struct span *)((uintptr_t)p & ~(uintptr_t)(SPAN_BYTES - 1));
}

static uint8_t *chunk_objects(const struct chunk *c)
{
    struct span *span = span_of(c);
    size_t i = (size_t)(c - span->chunks);
    return (uint8_t *)span + (i == 0 ? SPAN_HEAD_BYTES : i * CHUNK_BYTES);
}

static size_t chunk_room(const struct chunk *c)
{
    return c == span_of(c)->chunks ? CHUNK_BYTES - SPAN_HEAD_BYTES : CHUNK_BYTES;
}

static void list_push(struct chunk **first, struct chunk *c)
{
    c->prev = NULL;
    c->next = *first;
    if (c->next != NULL)
        c->next->prev = c;
    *first = c;
}

static void list_drop(struct chunk **first, struct chunk *c)
{
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        *first = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
}

/* Maps twice the size and cuts the ends off, so that the span lies at a multiple of its size. It doesn't ask for huge
 * pages: they made random reads of 200 MB a tenth faster, but the first touch of one took the kernel up to 6 ms. */
static struct span *span_map(void)
{
    uint8_t *p = mmap(NULL, 2 * SPAN_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        abort();
    size_t before = (SPAN_BYTES - ((uintptr_t)p & (SPAN_BYTES - 1))) & (SPAN_BYTES - 1);
    if (before > 0)
        (void)munmap(p, before);
    if (before < SPAN_BYTES)
        (void)munmap(p + before + SPAN_BYTES, SPAN_BYTES - before);
    return (struct span *)(p + before);
}

static void span_open(struct slab *s)
{
    struct span *span = span_map();
    for (uint32_t i = SPAN_CHUNKS; i-- > 0;) {
        span->chunks[i].class = NO_CLASS;
        list_push(&s->bare, &span->chunks[i]);
    }
    span->prev = NULL;
    span->next = s->spans;
    if (span->next != NULL)
        span->next->prev = span;
    s->spans = span;
}

static void span_close(struct slab *s, struct span *span)
{
    assert(span->held == 0);
    for (uint32_t i = 0; i < SPAN_CHUNKS; i++)
        list_drop(&s->bare, &span->chunks[i]);
    if (span->prev != NULL)
        span->prev->next = span->next;
    else
        s->spans = span->next;
    if (span->next != NULL)
        span->next->prev = span->prev;
    UNPOISON(span, SPAN_BYTES);
    (void)munmap(span, SPAN_BYTES);
}

/* Gives a free chunk's memory back. */
static void chunk_bare(struct slab *s, struct chunk *c)
{
    struct span *span = span_of(c);
    assert(c->class == NO_CLASS && !c->kept && span->held > 0);
    /* The first chunk's page with the span's header stays. */
    uint8_t *from = (uint8_t *)(((uintptr_t)chunk_objects(c) + 4095) & ~(uintptr_t)4095);
    UNPOISON(chunk_objects(c), chunk_room(c));
    (void)madvise(from, (size_t)(chunk_objects(c) + chunk_room(c) - from), MADV_DONTNEED);
    list_push(&s->bare, c);
    span->held--;
    if (span->held == 0)
        span_close(s, span);
}

static struct chunk *kept_take(struct slab *s)
{
    struct chunk *c = s->kept;
    list_drop(&s->kept, c);
    c->kept = false;
    s->kept_chunks--;
    return c;
}

static struct chunk *chunk_open(struct slab *s, uint32_t class)
{
    struct chunk *c;
    if (s->kept != NULL) {
        c = kept_take(s);
    } else {
        if (s->bare == NULL)
            span_open(s);
        c = s->bare;
        list_drop(&s->bare, c);
        span_of(c)->held++;
    }
    c->holes = NULL;
    c->live = c->touched = 0;
    c->capacity = (uint16_t)(chunk_room(c) / class_bytes(class));
    c->class = (uint8_t)class;
    list_push(&s->roomy[class], c);
    s->used_chunks++;
    POISON(chunk_objects(c), chunk_room(c));
    return c;
}

static void chunk_close(struct slab *s, struct chunk *c)
{
    list_drop(&s->roomy[c->class], c);
    c->class = NO_CLASS;
    s->used_chunks--;
    c->kept = true;
    s->kept_chunks++;
    list_push(&s->kept, c);
    while (s->kept_chunks > KEPT_CHUNKS_MIN + s->used_chunks / KEPT_SHARE) /* twice at most: the bound falls slowly */
        chunk_bare(s, kept_take(s));
}

struct slab *slab_create(void)
{
    struct slab *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    return s;
}

void slab_destroy(struct slab *s)
{
    if (s == NULL)
        return;
    for (struct span *span = s->spans, *next; span != NULL; span = next) {
        next = span->next;
        UNPOISON(span, SPAN_BYTES);
        (void)munmap(span, SPAN_BYTES);
    }
    free(s);
}

void *slab_take(struct slab *s, size_t size)
{
    assert(size > 0 && size <= SLAB_SIZE_MAX);
    uint32_t class = class_of(size);
    size_t bytes = class_bytes(class);
    struct chunk *c = s->roomy[class];
    if (UNLIKELY(c == NULL))
        c = chunk_open(s, class);
    uint8_t *p = (uint8_t *)c->holes;
    if (p != NULL) {
        UNPOISON(p, bytes);
        c->holes = c->holes->next;
    } else {
        p = chunk_objects(c) + (size_t)c->touched++ * bytes;
        UNPOISON(p, bytes);
    }
    c->live++;
    assert(c->touched <= c->capacity && c->live <= c->touched);
    if (c->live == c->capacity)
        list_drop(&s->roomy[class], c);
    s->used_bytes += bytes;
    return p;
}

void slab_give(struct slab *s, void *p, size_t size)
{
    assert(p != NULL && size > 0 && size <= SLAB_SIZE_MAX);
    uint32_t class = class_of(size);
    size_t bytes = class_bytes(class);
    struct span *span = span_of(p);
    struct chunk *c = &span->chunks[(size_t)((uint8_t *)p - (uint8_t *)span) / CHUNK_BYTES];
    assert(c->class == class && c->live > 0);
    assert((size_t)((uint8_t *)p - chunk_objects(c)) % bytes == 0);
    struct hole *hole = p;
    hole->next = c->holes;
    c->holes = hole;
    POISON(p, bytes);
    if (c->live == c->capacity)
        list_push(&s->roomy[class], c);
    c->live--;
    s->used_bytes -= bytes;
    if (c->live == 0)
        chunk_close(s, c);
}

size_t slab_bytes(const struct slab *s)
{
    return (s->used_chunks + s->kept_chunks) * CHUNK_BYTES;
}

size_t slab_used(const struct slab *s)
{
    return s->used_bytes;
}

size_t slab_trim(struct slab *s)
{
    size_t freed = s->kept_chunks * CHUNK_BYTES;
    while (s->kept != NULL)
        chunk_bare(s, kept_take(s));
    assert(s->kept_chunks == 0);
    return freed;
}
