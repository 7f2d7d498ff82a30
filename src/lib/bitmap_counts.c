/* One set against many, key by key. */
#include <string.h>

#include "lib/bitmap_expr.h"
#include "lib/bitmap_inside.h"

/* The members of one set at a key, as what is quickest to count others in. */
struct subject {
    const struct container *container;
    const uint64_t *words;              /* NULL: few */
    uint16_t values[BITMAP_PROBES_MAX]; /* the few */
};

static void subject_of(struct subject *subject, const struct container *c, uint64_t *scratch)
{
    subject->container = c;
    subject->words = NULL;
    if (container_count(c) <= BITMAP_PROBES_MAX) {
        (void)container_list(c, 0, subject->values, BITMAP_PROBES_MAX);
    } else if (c->kind == CONTAINER_BITS) {
        subject->words = c->bits;
    } else {
        container_expand(c, scratch);
        subject->words = scratch;
    }
}

static uint32_t subject_overlap(const struct subject *subject, const struct bitmap_way *way, const struct container *other)
{
    uint64_t bits[BITMAP_PROBE_WORDS];
    uint32_t count = container_count(subject->container);
    if (container_count(other) == CONTAINER_NUMBERS || count == CONTAINER_NUMBERS)
        return count < container_count(other) ? count : container_count(other);
    if (subject->words != NULL)
        return container_count_in(other, way, subject->words);
    container_probe(other, subject->values, count, bits);
    return way->count(bits, BITMAP_PROBE_WORDS);
}

/* Adds what set `of` has in common with each of `sets` at a key. */
static void key_overlaps(const struct container *of, const struct bitmap *const *sets, uint32_t count, uint32_t key, uint64_t *counts)
{
    _Alignas(64) uint64_t scratch[CONTAINER_WORDS];
    struct subject subject;
    const struct bitmap_way *way = bitmap_way();
    if (of == NULL)
        return;
    subject_of(&subject, of, scratch);
    for (uint32_t i = 0; i < count; i++) {
        const struct container *other = bitmap_container(sets[i], key);
        counts[i] += other == NULL ? 0 : subject_overlap(&subject, way, other);
    }
}

void bitmap_overlaps(const struct bitmap *of, const struct bitmap *const *sets, uint32_t count, const struct bitmap_span *span, uint64_t *out_counts)
{
    memset(out_counts, 0, count * sizeof *out_counts);
    for (uint32_t key = span->from; key < span->until && bitmap_next(of, &key) && key < span->until; key++)
        key_overlaps(bitmap_container(of, key), sets, count, key, out_counts);
}

/* Half of it is counted, and is the other half as well. */
void bitmap_overlaps_each(const struct bitmap *const *sets, uint32_t count, const struct bitmap_span *span, uint64_t *out_counts)
{
    memset(out_counts, 0, (size_t)count * count * sizeof *out_counts);
    for (uint32_t key = span->from; key < span->until; key++)
        for (uint32_t i = 0; i < count; i++)
            key_overlaps(bitmap_container(sets[i], key), sets + i, count - i, key, out_counts + (size_t)i * count + i);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < i; j++)
            out_counts[(size_t)i * count + j] = out_counts[(size_t)j * count + i];
}
