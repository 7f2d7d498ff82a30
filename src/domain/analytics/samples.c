#include "domain/analytics/samples.h"

#include <math.h>

#define CHUNK_FIRST 8u
#define CHUNK_MOST (1u << 16)
#define DIGIT_BITS 11u
#define DIGITS (1u << DIGIT_BITS)
#define KEY_BITS 64u
#define SIGN (UINT64_C(1) << 63)

void samples_grow(struct samples *s, struct arena *arena)
{
    uint32_t capacity = s->newest == NULL ? CHUNK_FIRST : s->newest->capacity < CHUNK_MOST ? s->newest->capacity * 2 : CHUNK_MOST;
    struct sample_chunk *chunk = arena_take(arena, sizeof *chunk + capacity * sizeof chunk->values[0], _Alignof(struct sample_chunk));
    chunk->older = s->newest;
    chunk->count = 0;
    chunk->capacity = capacity;
    s->newest = chunk;
}

void samples_join(struct samples *into, struct samples *from)
{
    struct sample_chunk *oldest = from->newest;
    if (oldest == NULL)
        return;
    while (oldest->older != NULL)
        oldest = oldest->older;
    oldest->older = into->newest;
    into->newest = from->newest;
    into->count += from->count;
    *from = (struct samples){0};
}

/* Keys in the order of unsigned numbers are doubles in theirs. */
static uint64_t key_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & SIGN ? ~bits : bits | SIGN;
}

static double value_of(uint64_t key)
{
    double x;
    uint64_t bits = key & SIGN ? key ^ SIGN : ~key;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* One pass of a radix sort; false: all keys have this digit alike, and stay where they are. */
static bool digit_sort(const uint64_t *from, uint64_t *to, uint64_t count, unsigned shift)
{
    uint64_t starts[DIGITS] = {0}, sum = 0;
    for (uint64_t i = 0; i < count; i++)
        starts[from[i] >> shift & (DIGITS - 1)]++;
    if (starts[from[0] >> shift & (DIGITS - 1)] == count)
        return false;
    for (size_t d = 0; d < DIGITS; d++) {
        uint64_t here = starts[d];
        starts[d] = sum;
        sum += here;
    }
    for (uint64_t i = 0; i < count; i++)
        to[starts[from[i] >> shift & (DIGITS - 1)]++] = from[i];
    return true;
}

struct sorted samples_sort(const struct samples *s, struct arena *arena)
{
    if (s->count == 0)
        return (struct sorted){NULL, 0};
    uint64_t *keys = arena_take(arena, s->count * sizeof *keys, _Alignof(uint64_t)), at = 0;
    uint64_t *other = arena_take(arena, s->count * sizeof *other, _Alignof(uint64_t));
    for (const struct sample_chunk *c = s->newest; c != NULL; c = c->older)
        for (uint32_t i = 0; i < c->count; i++)
            keys[at++] = key_of(c->values[i]);
    assert(at == s->count);
    for (unsigned shift = 0; shift < KEY_BITS; shift += DIGIT_BITS)
        if (digit_sort(keys, other, s->count, shift)) {
            uint64_t *sorted = other;
            other = keys;
            keys = sorted;
        }
    double *values = (double *)(void *)other; /* what is in it is needed no more */
    for (uint64_t i = 0; i < s->count; i++)
        values[i] = value_of(keys[i]);
    return (struct sorted){values, s->count};
}

double sorted_quantile(const struct sorted *s, double p)
{
    assert(s->count > 0 && p >= 0 && p <= 1);
    double at = p * (double)(s->count - 1), whole = floor(at);
    uint64_t i = (uint64_t)whole;
    if (i + 1 >= s->count)
        return s->values[s->count - 1];
    return s->values[i] + (at - whole) * (s->values[i + 1] - s->values[i]);
}

double sorted_mean(const struct sorted *s)
{
    double sum = 0;
    assert(s->count > 0);
    for (uint64_t i = 0; i < s->count; i++)
        sum += s->values[i];
    return sum / (double)s->count;
}
