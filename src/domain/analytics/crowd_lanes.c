/* Lanes of what a tag or segment says of whose event it is: one look at who of a chunk is in which set, then a code an event. */
#include "domain/analytics/crowd.h"
#include "domain/analytics/gather.h"

struct crowd_lane *crowd_lanes_create(const struct gather_plan *plan, struct arena *arena)
{
    struct crowd_lane *lanes = ARENA_ARRAY(arena, struct crowd_lane, LANES_MAX);
    for (uint32_t i = 0; i < plan->plan->lane_count; i++) {
        const struct lane_ask *ask = &plan->plan->lanes[i];
        if (ask->of != LANE_CROWD)
            continue;
        lanes[i].places = ARENA_ARRAY(arena, uint16_t, CHUNK_PEOPLE);
        lanes[i].codes = ARENA_ARRAY(arena, uint32_t, crowd_book_value_count(plan->question->crowd_book, ask->crowd));
    }
    return lanes;
}

static uint32_t place_code(struct gather *g, const struct lane_ask *ask, struct crowd_lane *lane, uint32_t place)
{
    struct bytes text = crowd_book_value(g->plan->question->crowd_book, ask->crowd, place);
    if (lane->codes[place] == CODE_NONE && text.size > 0)
        lane->codes[place] = gather_code(g, text);
    return lane->codes[place];
}

void crowd_codes(struct gather *g, uint32_t lane, uint32_t first, uint32_t count, uint32_t *out_codes)
{
    const struct lane_ask *ask = &g->plan->plan->lanes[lane];
    const struct gathered_row *rows = (const struct gathered_row *)(const void *)g->rows.data + first;
    struct crowd_lane *own = &g->crowds[lane];
    uint32_t chunk = block_chunk(g->scratch->block);
    if (!own->is_there || own->chunk != chunk)
        crowd_book_places(g->plan->question->crowd_book, ask->crowd, chunk, own->places);
    own->is_there = true;
    own->chunk = chunk;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t local = g->local[g->events[i]];
        bool is_wanted = (ask->picks == 0 || (rows[i].picks & ask->picks) != 0) && chunk * CHUNK_PEOPLE + local != PERSON_NONE;
        out_codes[i] = is_wanted ? place_code(g, ask, own, own->places[local]) : CODE_NONE;
    }
}
