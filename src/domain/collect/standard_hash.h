/* How standard names are found: the hash and the folded spelling, the same when the index is made as when it is read. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define STANDARD_FOLDED_BYTES_MAX 64u /* longer names are nobody's alias; the build checks it */

/* A place of an index, found by the hash's lower bits; the next places when others are there before. */
struct standard_slot {
    uint32_t check; /* the hash's upper half */
    uint16_t entry; /* which spelling, from 1; 0: the place is free */
    uint16_t row;   /* of the event or property, from 0 */
};

/* Made by standard_make.c. An index has a power of two of slots; `texts[entry - 1]` is what a hit is compared with. */
struct standard_index {
    const struct standard_slot *slots;
    const char *const *texts;
    uint32_t slot_count;
};
extern const struct standard_index standard_event_names;     /* exact names */
extern const struct standard_index standard_event_spellings; /* folded names and aliases */
extern const struct standard_index standard_property_spellings;

static inline uint64_t standard_hash(const uint8_t *data, size_t size)
{
    uint64_t h = size, word;
    size_t at = 0;
    for (; at + 8 < size; at += 8) {
        memcpy(&word, data + at, 8);
        h = (h ^ word) * UINT64_C(0x9fb21c651e98df25);
        h ^= h >> 29;
    }
    word = 0;
    for (size_t shift = 0; at < size; at++, shift += 8)
        word |= (uint64_t)data[at] << shift;
    h = (h ^ word) * UINT64_C(0xd6e8feb86659fd93);
    return h ^ h >> 32;
}

/* One spelling for all ways to write a name: ASCII letters are small; blanks, '-', '_', '.', ':' and '/' are gone.
 * Returns the size, or 0 when it would be longer than STANDARD_FOLDED_BYTES_MAX (or nothing is left). */
static inline size_t standard_fold(const uint8_t *data, size_t size, uint8_t out_folded[STANDARD_FOLDED_BYTES_MAX])
{
    size_t folded = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = data[i];
        if (c == ' ' || c == '\t' || c == '-' || c == '_' || c == '.' || c == ':' || c == '/')
            continue;
        if (folded == STANDARD_FOLDED_BYTES_MAX)
            return 0;
        out_folded[folded++] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
    }
    return folded;
}
