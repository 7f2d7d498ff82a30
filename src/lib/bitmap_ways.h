/* What is done with runs of 64-bit words of bits, compiled for several processors: for bitmap*.c, and for the test that compares them.
 *
 * Counts of words are multiples of BITMAP_STRIDE_WORDS. Words lie aligned to 8 bytes, better to 64. All ways give the same. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BITMAP_STRIDE_WORDS 8u

enum word_op { WORD_AND, WORD_OR, WORD_XOR, WORD_MINUS, WORD_OP_COUNT };

struct bitmap_way {
    const char *name;
    bool (*is_supported)(void); /* by this processor */
    /* out = a op b; `out` may be `a` or `b`. */
    void (*combine[WORD_OP_COUNT])(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words);
    /* Adds a digit to each of as many sums as there are bits: `carry` is what doesn't fit, and goes on to the next digit. */
    void (*add)(uint64_t *sum, uint64_t *carry, size_t words);
    uint32_t (*count)(const uint64_t *bits, size_t words);
    uint32_t (*count_both)(const uint64_t *a, const uint64_t *b, size_t words);
    /* The values of which `keeps` says whether their bits are set, into `out_values`, which may be `values`: returns how many. */
    uint32_t (*filter_values)(const uint64_t *bits, bool keeps, const uint16_t *values, uint32_t count, uint16_t *out_values);
    /* Sets the bits of runs where none is set yet. */
    void (*fill_runs)(uint64_t *bits, size_t words, const uint16_t *runs, uint32_t count);
    /* Of values, and of runs (the first number, then how many follow it): bits = bits op these, WORD_AND isn't for them; and how many of them are set. */
    void (*apply_values)(enum word_op op, uint64_t *bits, const uint16_t *values, uint32_t count);
    void (*apply_runs)(enum word_op op, uint64_t *bits, const uint16_t *runs, uint32_t count);
    uint32_t (*count_values)(const uint64_t *bits, const uint16_t *values, uint32_t count);
    uint32_t (*count_runs)(const uint64_t *bits, const uint16_t *runs, uint32_t count);
};

/* The fastest first; the last one is supported everywhere. */
extern const struct bitmap_way bitmap_ways[];
extern const size_t bitmap_way_count;

const struct bitmap_way *bitmap_way(void); /* the fastest that is supported; for any thread */
