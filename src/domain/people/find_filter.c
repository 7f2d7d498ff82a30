/* Filters over the column of hashes: a search passes over the parts that have none of what it asks for. */
#include "base/rng.h"
#include "domain/people/find.h"

/* A byte a hash: of a hundred hashes that are not in a part, three seem to be. All bits of a hash lie in one line, so that a look is
 * one miss. */
#define FILTER_BYTES FIND_PART
#define LINE_BYTES 64u
#define LINE_BITS (LINE_BYTES * 8u)
#define PROBES 4u
#define PROBE_BITS 9u
static_assert(LINE_BITS == 1u << PROBE_BITS, "a probe is a place in a line");
static_assert(FILTER_BYTES / LINE_BYTES == 1u << 8, "a line is told by eight bits");

const struct family find_filter_family = {
    .id = 37, .kind = FAMILY_SERIES, .value_bytes = FILTER_BYTES, .name = "find_filter"};

static uint32_t probe(uint64_t mixed, uint32_t nth)
{
    return (uint32_t)(mixed >> nth * PROBE_BITS) & (LINE_BITS - 1);
}

static size_t line_of(uint64_t mixed)
{
    return (size_t)(mixed >> 56) * LINE_BYTES;
}

static void filter_add(uint8_t *filter, uint32_t hash)
{
    uint64_t mixed = rng_mix(hash);
    uint8_t *line = filter + line_of(mixed);
    for (uint32_t i = 0; i < PROBES; i++)
        line[probe(mixed, i) / 8] |= (uint8_t)(1u << probe(mixed, i) % 8);
}

bool find_filter_may_have(const uint8_t *filter, uint32_t hash)
{
    uint64_t mixed = rng_mix(hash);
    const uint8_t *line = filter + line_of(mixed);
    bool has = true;
    for (uint32_t i = 0; i < PROBES && has; i++)
        has = (line[probe(mixed, i) / 8] >> probe(mixed, i) % 8 & 1) != 0;
    return has;
}

/* One a step: what an older release wrote without filters gets them little by little. */
static void filter_next(struct step *s)
{
    const struct rows *r = s->view.rows;
    uint64_t first = rows_series_end(r, &find_filter_family) * FIND_PART;
    if (rows_series_end(r, &find_token_family) < first + FIND_PART)
        return;
    uint8_t *filter = arena_zeroed(s->view.arena, FILTER_BYTES, LINE_BYTES);
    for (uint64_t i = first; i < first + FIND_PART; i++)
        filter_add(filter, *(const uint32_t *)rows_series_at(r, &find_token_family, i));
    (void)step_series_push(s, &find_filter_family, filter);
}

void find_push(struct step *s, uint32_t person, uint32_t hash)
{
    uint32_t *record = ARENA_ARRAY(s->view.arena, uint32_t, 2);
    record[0] = hash;
    record[1] = person;
    uint64_t index = step_series_push(s, &find_token_family, &record[0]);
    (void)step_series_push(s, &find_person_family, &record[1]);
    if (index == rows_series_end(s->view.rows, &find_token_family)) /* the first of this step */
        filter_next(s);
}
