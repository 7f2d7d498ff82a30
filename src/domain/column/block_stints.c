/* Whose events are, for who works with bits. */
#include "domain/column/inside.h"

static void people_fill(const struct block *b, uint64_t out_people[CHUNK_WORDS])
{
    struct walk listed;
    if (b->people != NULL) {
        memcpy(out_people, b->people, CHUNK_BYTES);
        return;
    }
    memset(out_people, 0, CHUNK_BYTES);
    walk_init(&listed, &b->listed);
    for (uint32_t i = 0; i < b->people_count; i++)
        bit_set(out_people, (uint32_t)walk_next(&listed));
}

void block_stints(const struct block *b, struct arena *arena, struct block_stints *out)
{
    uint32_t count = b->place.count;
    size_t words = bits_words(count);
    uint64_t *starts = arena_zeroed(arena, words * sizeof *starts, sizeof *starts);
    out->ranks = arena_take(arena, (words + 1) * sizeof *out->ranks, sizeof *out->ranks);
    memcpy(starts, b->starts, bits_bytes(count));
    out->events = (struct stints){.count = count, .starts = starts};
    bits_ranks(starts, words, out->ranks);
    people_fill(b, out->people);
    bits_ranks(out->people, CHUNK_WORDS, out->people_ranks);
}

void block_people_add(const struct block_stints *s, const uint64_t *events, uint64_t io_people[CHUNK_WORDS])
{
    uint64_t stints[CHUNK_WORDS + 1], people[CHUNK_WORDS];
    stints_any(&s->events, events, stints);
    bits_spread(stints, s->people, CHUNK_WORDS, people);
    for (size_t w = 0; w < CHUNK_WORDS; w++)
        io_people[w] |= people[w];
}

void block_events_of(const struct block_stints *s, const uint64_t people[CHUNK_WORDS], uint64_t *out_events)
{
    uint64_t stints[CHUNK_WORDS + 1] = {0};
    bits_squeeze(people, s->people, CHUNK_WORDS, stints);
    stints_whole(&s->events, stints, out_events);
}

uint32_t block_person_of(const struct block_stints *s, uint32_t event)
{
    uint32_t stint = bits_rank(s->events.starts, s->ranks, event) + bit_is_set(s->events.starts, event) - 1;
    return bits_select(s->people, s->people_ranks, CHUNK_WORDS, stint);
}

bool block_stint_find(const struct block_stints *s, uint32_t person, uint32_t *out_from, uint32_t *out_until)
{
    size_t words = bits_words(s->events.count);
    if (!bit_is_set(s->people, person))
        return false;
    uint32_t stint = bits_rank(s->people, s->people_ranks, person);
    *out_from = bits_select(s->events.starts, s->ranks, words, stint);
    *out_until = bits_next(s->events.starts, *out_from + 1, s->events.count);
    return true;
}
