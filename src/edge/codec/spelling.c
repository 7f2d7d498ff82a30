#include "edge/codec/spelling.h"

#include <string.h>

#include "domain/collect/collect.h"

#define WHOLE_BYTES_MAX 32u /* longer names don't fit the words, and are folded each time */
#define SLOT_SHIFT 56u
static_assert(SPELLING_SLOTS == 1u << (64 - SLOT_SHIFT), "a hash's upper bits say the slot");

static uint64_t word_at(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Equal names of equal size have equal words, and others have not. false: too long. */
static bool words_of(struct bytes text, uint64_t out_words[4])
{
    const uint8_t *from = text.data, *end = text.data + text.size;
    uint32_t first, last;
    out_words[1] = out_words[2] = out_words[3] = 0;
    if (text.size > WHOLE_BYTES_MAX || text.size == 0)
        return false;
    if (text.size >= 16) {
        out_words[0] = word_at(from), out_words[1] = word_at(from + 8);
        out_words[2] = word_at(end - 16), out_words[3] = word_at(end - 8);
    } else if (text.size >= 8) {
        out_words[0] = word_at(from), out_words[1] = word_at(end - 8);
    } else if (text.size >= 4) {
        memcpy(&first, from, 4), memcpy(&last, end - 4, 4);
        out_words[0] = first | (uint64_t)last << 32;
    } else {
        out_words[0] = (uint64_t)from[0] | (uint64_t)from[text.size / 2] << 8 | (uint64_t)end[-1] << 16;
    }
    return true;
}

static size_t slot_of(const uint64_t words[4], size_t size)
{
    uint64_t mixed = words[0] ^ (words[1] + size) * UINT64_C(0x9e3779b97f4a7c15) ^
                     (words[2] ^ words[3] << 1) * UINT64_C(0xd6e8feb86659fd93);
    return (size_t)((mixed ^ mixed >> 32) * UINT64_C(0x9fb21c651e98df25) >> SLOT_SHIFT);
}

static bool is_that(const struct spelling *known, const uint64_t words[4], size_t size)
{
    uint64_t apart = (known->words[0] ^ words[0]) | (known->words[1] ^ words[1]) | (known->words[2] ^ words[2]) |
                     (known->words[3] ^ words[3]);
    return apart == 0 && known->size == size;
}

struct bytes spelling_event(struct spellings *s, struct bytes sent, uint32_t *out_number)
{
    uint64_t words[4];
    bool is_short = words_of(sent, words);
    struct spelling *known = is_short ? &s->events[slot_of(words, sent.size)] : NULL;
    if (LIKELY(is_short && is_that(known, words, sent.size))) {
        *out_number = known->number;
        return known->name.size > 0 ? known->name : sent;
    }
    struct bytes name = standard_event_fold(sent);
    const struct standard_event *standard = standard_event_named(name);
    *out_number = standard == NULL ? 0 : standard->number;
    bool is_itself = name.data == sent.data && name.size == sent.size;
    if (is_short && (standard != NULL || is_itself)) { /* not what is cut out of `sent` */
        *known = (struct spelling){.size = (uint32_t)sent.size,
                                   .number = *out_number,
                                   .name = standard == NULL ? BYTES_NONE : standard_event_name(*out_number)};
        memcpy(known->words, words, sizeof words);
    }
    return name;
}

struct bytes spelling_property(struct spellings *s, struct bytes sent)
{
    uint64_t words[4];
    bool is_short = words_of(sent, words);
    struct spelling *known = is_short ? &s->properties[slot_of(words, sent.size)] : NULL;
    if (LIKELY(is_short && is_that(known, words, sent.size)))
        return known->name.size > 0 ? known->name : sent;
    struct bytes name = standard_property_fold(sent);
    bool is_itself = name.data == sent.data || bytes_equal(name, sent);
    if (is_short) {
        *known = (struct spelling){.size = (uint32_t)sent.size, .name = is_itself ? BYTES_NONE : name};
        memcpy(known->words, words, sizeof words);
    }
    return is_itself ? sent : name;
}
