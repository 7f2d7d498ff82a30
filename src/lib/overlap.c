#include "lib/overlap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define KEY_NUMBERS (1u << BITMAP_KEY_BITS)
#define LISTED 1024u /* members at a time */

struct overlap {
    uint32_t set_count;
    uint32_t *of_number; /* of each number of a key, the combination that it is in */
    uint64_t *people;    /* by combination */
};

struct overlap *overlap_create(uint32_t set_count)
{
    assert(set_count > 0 && set_count <= OVERLAP_SETS_MAX);
    struct overlap *o = calloc(1, sizeof *o);
    if (o == NULL)
        abort();
    o->set_count = set_count;
    o->of_number = calloc(KEY_NUMBERS, sizeof *o->of_number);
    o->people = calloc((size_t)1 << set_count, sizeof *o->people);
    if (o->of_number == NULL || o->people == NULL)
        abort();
    return o;
}

void overlap_destroy(struct overlap *o)
{
    if (o == NULL)
        return;
    free(o->of_number);
    free(o->people);
    free(o);
}

static void set_mark(struct overlap *o, const struct bitmap *set, uint32_t index, uint32_t key)
{
    uint32_t members[LISTED], first = key << BITMAP_KEY_BITS, from = first;
    size_t count;
    do {
        count = bitmap_list(set, from, members, LISTED);
        for (size_t i = 0; i < count; i++) {
            if (bitmap_key_of(members[i]) != key)
                return;
            o->of_number[members[i] - first] |= UINT32_C(1) << index;
        }
        from = count > 0 ? members[count - 1] + 1 : 0;
    } while (count == LISTED && from > first && bitmap_key_of(from) == key);
}

void overlap_add(struct overlap *o, const struct bitmap *const *sets, uint32_t key)
{
    memset(o->of_number, 0, KEY_NUMBERS * sizeof *o->of_number);
    for (uint32_t i = 0; i < o->set_count; i++)
        set_mark(o, sets[i], i, key);
    for (uint32_t i = 0; i < KEY_NUMBERS; i++)
        o->people[o->of_number[i]] += o->of_number[i] != 0;
}

bool overlap_next(const struct bitmap *const *sets, uint32_t set_count, uint32_t *key)
{
    bool is_any = false;
    uint32_t least = BITMAP_KEYS;
    for (uint32_t i = 0; i < set_count; i++) {
        uint32_t next = *key;
        if (!bitmap_next(sets[i], &next))
            continue;
        is_any = true;
        least = next < least ? next : least;
    }
    if (is_any)
        *key = least;
    return is_any;
}

static uint32_t combinations(const struct overlap *o)
{
    return UINT32_C(1) << o->set_count;
}

uint64_t overlap_of(const struct overlap *o, uint32_t combination)
{
    assert(combination > 0 && combination < combinations(o));
    return o->people[combination];
}

void overlap_pairs(const struct overlap *o, uint64_t *out_counts)
{
    memset(out_counts, 0, (size_t)o->set_count * o->set_count * sizeof *out_counts);
    for (uint32_t c = 1; c < combinations(o); c++)
        for (uint32_t i = 0; o->people[c] > 0 && i < o->set_count; i++)
            for (uint32_t j = 0; (c >> i & 1) != 0 && j < o->set_count; j++)
                out_counts[i * o->set_count + j] += (c >> j & 1) != 0 ? o->people[c] : 0;
}

uint64_t overlap_any(const struct overlap *o)
{
    uint64_t any = 0;
    for (uint32_t c = 1; c < combinations(o); c++)
        any += o->people[c];
    return any;
}

size_t overlap_top(const struct overlap *o, uint32_t *out_combinations, size_t max)
{
    size_t count = 0;
    for (uint32_t c = 1; c < combinations(o); c++) {
        size_t at = count;
        if (o->people[c] == 0)
            continue;
        while (at > 0 && o->people[out_combinations[at - 1]] < o->people[c])
            at--;
        if (at == max)
            continue;
        count += count < max;
        memmove(out_combinations + at + 1, out_combinations + at, (count - at - 1) * sizeof *out_combinations);
        out_combinations[at] = c;
    }
    return count;
}
