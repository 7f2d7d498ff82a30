#include "domain/analytics/gather.h"

#include "base/hash.h"
#include "base/leisure.h"
#include "domain/collect/collect.h"
#include "lib/bits.h"

#define WORD_BITS 64u
#define TIMES_ONE_BY_ONE \
    32u /* when fewer events than one in so many are wanted, their times are looked up and not decoded */

static const char *const subject_fields[SUBJECT_KIND_COUNT] = {NULL, "order", "conversation", "staff"};

void gather_plan_make(struct gather_plan *g, const struct question *q, const struct filter *universe,
                      const struct thing_book *things, struct arena *arena)
{
    const struct plan *plan = &q->plan;
    bool all = plan->wants_all || plan->pick_count == 0;
    *g = (struct gather_plan){.question = q, .plan = plan, .universe = universe, .book = q->names, .things = things};
    for (uint32_t k = 0; k < plan->pick_count; k++)
        for (uint32_t i = 0; i < plan->picks[k].event_count; i++)
            if (plan->picks[k].events[i] >= g->picks_count)
                g->picks_count = plan->picks[k].events[i] + 1u;
    g->picks = ARENA_ARRAY(arena, uint32_t, g->picks_count + 1);
    uint64_t *names = ARENA_ARRAY(arena, uint64_t, EVENT_NAMES_COUNT / WORD_BITS);
    for (uint32_t k = 0; k < plan->pick_count; k++) {
        const struct pick *pick = &plan->picks[k];
        all |= pick->event_count == 0;
        g->filtered |= pick->filter != NULL ? 1u << k : 0;
        g->picks_of_any |= pick->event_count == 0 ? 1u << k : 0;
        for (uint32_t i = 0; i < pick->event_count; i++) {
            g->picks[pick->events[i]] |= 1u << k;
            names[pick->events[i] / WORD_BITS] |= UINT64_C(1) << (pick->events[i] % WORD_BITS);
        }
    }
    for (uint32_t i = 0; all && i < EVENT_NAMES_COUNT; i++)
        names[i / WORD_BITS] |= (uint64_t)!event_is_of_kith(i) << (i % WORD_BITS);
    g->names = names;
    if (plan->subject != SUBJECT_PERSON) {
        struct path *path = ARENA_NEW(arena, struct path);
        *path = (struct path){
            .kind = PATH_COLUMN, .of = COLUMN_FIELD, .name = bytes_of_text(subject_fields[plan->subject])};
        g->subject = path;
    }
}

/* Which picks an event of this name may match. */
static uint32_t picks_of_name(const struct gather_plan *g, uint16_t name)
{
    uint32_t named = name < g->picks_count ? g->picks[name] : 0;
    return named | (event_is_of_kith(name) ? 0 : g->picks_of_any);
}

static void list_init(struct buf *list)
{
    buf_init(list, SIZE_MAX / 2); /* what it may take is looked at by who has many (scan.c) */
}

/* Does the same to each of the lists that have an entry a row. */
static void lists_do(struct gather *g, void (*to)(struct buf *list))
{
    to(&g->rows);
    to(&g->ties);
    to(&g->people);
    for (uint32_t i = 0; i < g->plan->plan->lane_count; i++) {
        to(&g->lanes[i].codes);
        to(&g->lanes[i].quantities);
        to(&g->lanes[i].has);
    }
}

struct gather *gather_open(const struct gather_plan *plan, struct texts *texts, const struct effort *effort, struct arena *arena)
{
    struct gather *g = ARENA_NEW(arena, struct gather);
    *g = (struct gather){.plan = plan, .texts = texts, .scratch = block_scratch_create(plan->things, plan->question->civil, effort)};
    g->near = ARENA_NEW(arena, struct texts_near);
    g->crowds = crowd_lanes_create(plan, arena);
    g->arrivals = arrivals_create(plan->question, arena);
    lists_do(g, list_init);
    return g;
}

void gather_give_back(struct gather *g)
{
    lists_do(g, buf_fini);
    gather_clear(g, false);
}

void gather_close(struct gather *g)
{
    if (g == NULL)
        return;
    block_scratch_destroy(g->scratch);
    lists_do(g, buf_fini);
}

void gather_clear(struct gather *g, bool has_ties)
{
    g->count = 0;
    g->has_ties = has_ties;
    lists_do(g, buf_clear);
}

size_t gather_bytes(const struct gather *g)
{
    size_t bytes = g->rows.capacity + g->ties.capacity + g->people.capacity;
    for (uint32_t i = 0; i < g->plan->plan->lane_count; i++)
        bytes += g->lanes[i].codes.capacity + g->lanes[i].quantities.capacity + g->lanes[i].has.capacity;
    return bytes;
}

/* --- which events --- */

static uint64_t *bits_take(struct gather *g)
{
    return arena_take(g->scratch->arena, BIT_WORDS(g->scratch->slot_count) * sizeof(uint64_t), sizeof(uint64_t));
}

/* Sets the bits of an event's slots. */
static void slots_set(const struct block_scratch *s, uint32_t event, uint64_t *bits)
{
    uint32_t from = s->by_item ? s->slot_starts[event] : event,
             until = s->by_item ? s->slot_starts[event + 1] : event + 1;
    for (uint32_t slot = from; slot < until; slot++)
        bits[slot / WORD_BITS] |= UINT64_C(1) << (slot % WORD_BITS);
}

/* Takes events of nobody and of people who aren't asked for out of the bits. */
static void people_narrow(struct gather *g, const struct gather_ask *ask, uint64_t *io_events)
{
    struct arena *arena = g->scratch->arena;
    bool has_nobody = block_chunk(ask->block) == 0 && !g->plan->plan->wants_nobody;
    uint64_t people[CHUNK_WORDS], *theirs;
    struct block_stints stints;
    if (!has_nobody && ask->people == NULL)
        return;
    if (ask->people == NULL)
        memset(people, 0xff, sizeof people);
    else
        memcpy(people, ask->people, sizeof people);
    people[0] &= has_nobody ? ~(UINT64_C(1) << PERSON_NONE) : UINT64_MAX;
    theirs = bits_take(g);
    block_stints(ask->block, arena, &stints);
    block_events_of(&stints, people, theirs);
    for (size_t w = 0; w < BIT_WORDS(g->scratch->count); w++)
        io_events[w] &= theirs[w];
}

/* Takes times outside the plan out of the bits. */
static void times_narrow(struct gather *g, const struct gather_ask *ask, uint64_t *io_events)
{
    const struct plan *plan = g->plan->plan;
    if (block_first_us(ask->block) >= plan->from_us && block_last_us(ask->block) < plan->until_us)
        return;
    uint64_t *edges[] = {bits_take(g), bits_take(g)};
    block_since(ask->block, (const int64_t[]){plan->from_us, plan->until_us}, COUNT_OF(edges), edges);
    for (size_t w = 0; w < BIT_WORDS(g->scratch->count); w++)
        io_events[w] &= edges[0][w] & ~edges[1][w];
}

/* Then its events needn't be looked at one by one. */
static bool has_only(const struct block *b, const uint64_t *names)
{
    bool has = true;
    for (uint32_t code = 0; code < block_names(b) && has; code++)
        has = (names[block_name_at(b, code) / WORD_BITS] >> (block_name_at(b, code) % WORD_BITS) & 1) != 0;
    return has;
}

/* Bits of the slots that may become rows: of names that any pick wants, in the universe. NULL: none are. */
static uint64_t *slots_wanted(struct gather *g, const struct gather_ask *ask)
{
    struct block_scratch *s = g->scratch;
    uint64_t *events = arena_zeroed(s->arena, BIT_WORDS(s->count) * sizeof *events, sizeof *events), *slots = events;
    if (has_only(ask->block, g->plan->names)) {
        for (uint32_t i = 0; i < s->count; i += WORD_BITS)
            events[i / WORD_BITS] = s->count - i >= WORD_BITS ? UINT64_MAX : (UINT64_C(1) << (s->count - i)) - 1;
    } else if (block_match(ask->block, g->plan->names, events) == 0) {
        return NULL;
    }
    people_narrow(g, ask, events);
    times_narrow(g, ask, events);
    if (s->by_item) {
        slots = arena_zeroed(s->arena, BIT_WORDS(s->slot_count) * sizeof *slots, sizeof *slots);
        for (size_t w = 0; w < BIT_WORDS(s->count); w++)
            for (uint64_t word = events[w]; word != 0; word &= word - 1)
                slots_set(s, (uint32_t)(w * WORD_BITS) + (uint32_t)__builtin_ctzll(word), slots);
    }
    filter_run(g->plan->universe, s, slots);
    return slots;
}

/* For each pick with a filter the slots for which it holds. */
static void picks_filter(struct gather *g, const uint64_t *slots, uint64_t *out_bits[PICKS_MAX])
{
    for (uint32_t left = g->plan->filtered; left != 0; left &= left - 1) {
        uint32_t k = (uint32_t)__builtin_ctz(left);
        out_bits[k] = bits_take(g);
        memcpy(out_bits[k], slots, BIT_WORDS(g->scratch->slot_count) * sizeof *slots);
        filter_run(g->plan->plan->picks[k].filter, g->scratch, out_bits[k]);
    }
}

/* Where every pick has a filter, and nothing else is wanted, only slots for which one of them holds are looked at any further. */
static const uint64_t *slots_matching(struct gather *g, const uint64_t *slots, uint64_t *const bits[PICKS_MAX])
{
    const struct plan *plan = g->plan->plan;
    size_t words = BIT_WORDS(g->scratch->slot_count);
    if (plan->wants_all || plan->pick_count == 0 || __builtin_popcount(g->plan->filtered) != (int)plan->pick_count)
        return slots;
    uint64_t *any = bits_take(g);
    memcpy(any, bits[0], words * sizeof *any);
    for (uint32_t k = 1; k < plan->pick_count; k++)
        for (size_t w = 0; w < words; w++)
            any[w] |= bits[k][w];
    return any;
}

/* --- rows --- */

/* Blocks have few names: what is known of a name is looked up once a block. */
static void names_take(struct gather *g, const struct block *b)
{
    struct arena *arena = g->scratch->arena;
    uint32_t count = block_names(b);
    g->codes = arena_take(arena, g->scratch->count * sizeof *g->codes, sizeof *g->codes);
    g->names = arena_take(arena, count * sizeof *g->names, sizeof *g->names);
    g->picks = arena_take(arena, count * sizeof *g->picks, sizeof *g->picks);
    g->name_codes = ARENA_ARRAY(arena, uint32_t, count);
    block_codes(b, g->codes);
    for (uint32_t code = 0; code < count; code++) {
        g->names[code] = block_name_at(b, code);
        g->picks[code] = picks_of_name(g->plan, g->names[code]);
    }
}

/* What a slot matches of the picks that an event of its name may match. */
static uint32_t picks_of(const struct gather *g, uint32_t slot, uint32_t picks, uint64_t *const bits[PICKS_MAX])
{
    for (uint32_t left = picks & g->plan->filtered; left != 0; left &= left - 1) {
        uint32_t k = (uint32_t)__builtin_ctz(left);
        if ((bits[k][slot / WORD_BITS] >> (slot % WORD_BITS) & 1) == 0)
            picks &= ~(1u << k);
    }
    return picks;
}

/* Rows for the wanted events. Everything that is looked at stands in locals: this is where most of the time of a question goes. */
static uint32_t rows_of_events(struct gather *g, const uint64_t *slots, uint64_t *const bits[PICKS_MAX],
                               struct gathered_row *out)
{
    const struct block_scratch *s = g->scratch;
    const uint32_t *picks_of_code = g->picks, filtered = g->plan->filtered;
    const uint16_t *codes = g->codes, *local = g->local;
    const int64_t *times = s->times;
    const bool all = g->plan->plan->wants_all;
    uint32_t *events = g->events, count = 0;
    for (size_t w = 0, words = BIT_WORDS(s->slot_count); w < words; w++)
        for (uint64_t word = slots[w]; word != 0; word &= word - 1) {
            uint32_t event = (uint32_t)(w * WORD_BITS) + (uint32_t)__builtin_ctzll(word),
                     picks = picks_of_code[codes[event]];
            if ((picks & filtered) != 0)
                picks = picks_of(g, event, picks, bits);
            if (picks == 0 && !all)
                continue;
            int64_t time_us = times != NULL ? times[event] : block_time_at(s->block, event);
            out[count] = (struct gathered_row){.time_us = time_us, .picks = picks, .whose = local[event]};
            if (events != NULL)
                events[count] = event;
            count++;
        }
    return count;
}

/* The same by item. The event of an item is found in step: both ascend. */
static uint32_t rows_of_items(struct gather *g, const uint64_t *slots, uint64_t *const bits[PICKS_MAX],
                              struct gathered_row *out)
{
    const struct block_scratch *s = g->scratch;
    const int64_t *times = scratch_times(g->scratch);
    uint32_t count = 0, event = 0;
    for (size_t w = 0; w < BIT_WORDS(s->slot_count); w++)
        for (uint64_t word = slots[w]; word != 0; word &= word - 1) {
            uint32_t slot = (uint32_t)(w * WORD_BITS) + (uint32_t)__builtin_ctzll(word);
            while (s->slot_starts[event + 1] <= slot)
                event++;
            uint32_t picks = picks_of(g, slot, g->picks[g->codes[event]], bits);
            if (picks == 0 && !g->plan->plan->wants_all)
                continue;
            out[count] = (struct gathered_row){.time_us = times[event], .picks = picks, .whose = g->local[event]};
            g->events[count] = event;
            g->items[count++] = slot - s->slot_starts[event];
        }
    return count;
}

/* The column of what the rows are keyed by; NULL: no event of the block has any. */
static const struct column *subject_column(const struct gather *g, const struct block *b)
{
    struct path_column columns[PATH_COLUMNS_MAX];
    for (uint32_t i = path_columns(g->plan->subject, b, columns); i-- > 0;)
        if (columns[i].kind == COLUMN_TEXT && !columns[i].is_list)
            return columns[i].column;
    return NULL;
}

/* Of rows that are keyed by something else than their person: only those of this deal stay, with the code of their key. */
static fallible rows_deal(struct gather *g, const struct gather_ask *ask, struct gathered_row *rows, uint32_t *io_count,
                          struct err *e)
{
    uint32_t kept = 0, count = *io_count, rank, person = block_chunk(ask->block) * CHUNK_PEOPLE,
             mask = (1u << ask->deal_bits) - 1;
    const struct column *key = subject_column(g, ask->block);
    *io_count = 0;
    if (key == NULL)
        return DONE;
    const uint64_t *presence = scratch_presence(g->scratch, key);
    const uint32_t *ranks = scratch_ranks(g->scratch, key), *codes = scratch_codes(g->scratch, key);
    for (uint32_t i = 0; i < count; i++) {
        if (!value_rank(presence, ranks, g->events[i], &rank))
            continue;
        struct bytes text = column_text(key, codes[rank]);
        if ((hash64(text, DEAL_SEED) & mask) != ask->deal)
            continue;
        uint32_t code = texts_code(g->subjects, text), number = person + rows[i].whose;
        if (code == CODE_NONE)
            return FAIL(e, LIMIT, "the question needs too much memory");
        buf_push(&g->people, bytes_of(&number, sizeof number));
        rows[kept] = (struct gathered_row){rows[i].time_us, rows[i].picks, code};
        g->events[kept] = g->events[i];
        g->items[kept++] = g->items[i];
    }
    *io_count = kept;
    return DONE;
}

/* Nothing but their order tells events of one time apart that are of one block, and of blocks that don't overlap. */
static void ties_add(struct gather *g, const struct gather_ask *ask, uint32_t count)
{
    struct gathered_tie *ties = (struct gathered_tie *)(void *)buf_extend(&g->ties, count * sizeof *ties);
    if (count == 0 || ties == NULL)
        return;
    memset(ties, 0, count * sizeof *ties);
    if (!ask->ties)
        return;
    uint32_t *messages = arena_take(g->scratch->arena, g->scratch->count * sizeof *messages, sizeof *messages);
    uint64_t *positions = arena_take(g->scratch->arena, g->scratch->count * sizeof *positions, sizeof *positions);
    block_messages(ask->block, messages);
    block_positions(ask->block, positions);
    for (uint32_t i = 0; i < count; i++)
        ties[i] = (struct gathered_tie){messages[g->events[i]], positions[g->events[i]]};
}

/* Log positions of the block's events, in the arena; NULL: nobody asks which have arrived since, or none of these has. */
static const uint64_t *positions_since(const struct gather *g, const struct block *b, struct arena *arena)
{
    if (g->arrivals == NULL || block_last_position(b) < g->plan->question->since)
        return NULL;
    uint64_t *positions = arena_take(arena, block_count(b) * sizeof *positions, sizeof *positions);
    block_positions(b, positions);
    return positions;
}

static void rows_arrived(struct gather *g, const struct block *b, const struct gathered_row *rows, uint32_t count)
{
    const uint64_t *positions = positions_since(g, b, g->scratch->arena);
    for (uint32_t i = 0; positions != NULL && i < count; i++)
        if (positions[g->events[i]] >= g->plan->question->since)
            arrivals_note(g->arrivals, rows[i].time_us);
}

void gather_arrived(struct gather *g, const struct picked_block *b, struct arena *arena)
{
    const uint64_t *positions = positions_since(g, b->block, arena);
    uint32_t count = positions == NULL ? 0 : block_count(b->block);
    for (uint32_t event = bits_next(b->any, 0, count); event < count; event = bits_next(b->any, event + 1, count))
        if (positions[event] >= g->plan->question->since)
            arrivals_note(g->arrivals, block_time_at(b->block, event));
}

/* Else every condition held or didn't, for all slots of the block. */
static fallible conditions_sound(const struct block_scratch *s, struct err *e)
{
    if (s->is_over)
        return FAIL(e, CANCELLED, "the question was cancelled");
    return s->patterns.is_spent ? FAIL(e, LIMIT, PATTERN_WORDS) : DONE;
}

fallible gather_block(struct gather *g, const struct gather_ask *ask, struct err *e)
{
    struct block_scratch *s = g->scratch;
    uint64_t *bits[PICKS_MAX];
    block_scratch_open_items(s, ask->block, g->plan->plan->by_item);
    const uint64_t *slots = slots_wanted(g, ask);
    uint32_t most = slots == NULL ? 0 : bits_count(slots, bits_bytes(s->slot_count)), first = g->count;
    TRY(conditions_sound(s, e));
    if (most == 0)
        return DONE;
    leisure_rest();
    picks_filter(g, slots, bits);
    leisure_rest();
    TRY(conditions_sound(s, e));
    slots = slots_matching(g, slots, bits);
    most = bits_count(slots, bits_bytes(s->slot_count));
    if (most == 0)
        return DONE;
    names_take(g, ask->block);
    g->local = arena_take(s->arena, s->count * sizeof *g->local, sizeof *g->local);
    block_people(ask->block, g->local);
    if (most > s->count / TIMES_ONE_BY_ONE)
        (void)scratch_times(s);
    bool needs_events = g->has_ties || g->arrivals != NULL || s->by_item || g->plan->subject != NULL || g->plan->plan->lane_count > 0;
    g->events = needs_events ? arena_take(s->arena, most * sizeof *g->events, sizeof *g->events) : NULL;
    g->items = needs_events ? arena_zeroed(s->arena, most * sizeof *g->items, sizeof *g->items) : NULL;
    size_t before = g->rows.size;
    struct gathered_row *rows = (struct gathered_row *)(void *)buf_extend(&g->rows, most * sizeof *rows);
    if (rows == NULL)
        return FAIL(e, LIMIT, "the question needs too much memory");
    uint32_t count = s->by_item ? rows_of_items(g, slots, bits, rows) : rows_of_events(g, slots, bits, rows);
    if (g->plan->subject != NULL)
        TRY(rows_deal(g, ask, rows, &count, e));
    g->rows.size = before + count * sizeof *rows;
    g->count += count;
    if (g->has_ties)
        ties_add(g, ask, count);
    rows_arrived(g, ask->block, rows, count);
    leisure_rest();
    return lanes_fill(g, first, e);
}

/* --- bits instead of rows --- */

/* Of each pick the events whose names it takes; of those that take no name of the block there are no bits. */
static void picks_match(const struct gather *g, const struct block *b, struct arena *arena, struct picked_block *out)
{
    struct packed_set sets[PICKS_MAX];
    uint32_t names = block_names(b), set_count = 0, any = 0;
    size_t words = BIT_WORDS(2 * names);
    uint64_t *codes = arena_zeroed(g->scratch->arena, g->plan->plan->pick_count * words * sizeof *codes, sizeof *codes);
    for (uint32_t code = 0; code < names; code++) {
        uint32_t picks = picks_of_name(g->plan, block_name_at(b, code));
        any |= picks;
        for (uint32_t left = picks; left != 0; left &= left - 1)
            bit_set(codes + (size_t)__builtin_ctz(left) * words, code);
    }
    for (uint32_t left = any; left != 0; left &= left - 1) {
        uint32_t k = (uint32_t)__builtin_ctz(left);
        out->picks[k] = arena_take(arena, BIT_WORDS(g->scratch->count) * sizeof **out->picks, sizeof **out->picks);
        sets[set_count++] = (struct packed_set){.set = codes + k * words, .bits = out->picks[k]};
    }
    if (set_count > 0)
        block_match_codes(b, sets, set_count);
}

/* What every pick has in common: whose the events are, when, and that they are in the universe. */
static void picks_narrow(struct gather *g, const struct gather_ask *ask, struct picked_block *out)
{
    size_t words = BIT_WORDS(g->scratch->count);
    people_narrow(g, ask, out->any);
    times_narrow(g, ask, out->any);
    filter_run(g->plan->universe, g->scratch, out->any);
    for (uint32_t k = 0; k < g->plan->plan->pick_count; k++) {
        for (size_t w = 0; out->picks[k] != NULL && w < words; w++)
            out->picks[k][w] &= out->any[w];
        if (out->picks[k] != NULL)
            filter_run(g->plan->plan->picks[k].filter, g->scratch, out->picks[k]);
    }
}

static void any_fill(const struct gather *g, struct picked_block *out)
{
    size_t words = BIT_WORDS(g->scratch->count);
    memset(out->any, 0, words * sizeof *out->any);
    for (uint32_t k = 0; k < g->plan->plan->pick_count; k++)
        for (size_t w = 0; out->picks[k] != NULL && w < words; w++)
            out->any[w] |= out->picks[k][w];
}

fallible gather_picked(struct gather *g, const struct gather_ask *ask, struct arena *arena, struct picked_block *out, uint32_t *out_count, struct err *e)
{
    const struct plan *plan = g->plan->plan;
    size_t bytes = BIT_WORDS(block_count(ask->block)) * sizeof(uint64_t);
    assert(plan->subject == SUBJECT_PERSON && !plan->by_item && !plan->wants_all);
    block_scratch_open(g->scratch, ask->block);
    *out = (struct picked_block){.block = ask->block};
    *out_count = 0;
    picks_match(g, ask->block, arena, out);
    out->any = arena_take(arena, bytes, sizeof *out->any);
    any_fill(g, out);
    leisure_rest();
    picks_narrow(g, ask, out);
    if (g->plan->filtered != 0)
        any_fill(g, out);
    TRY(conditions_sound(g->scratch, e));
    *out_count = bits_count(out->any, bits_bytes(g->scratch->count));
    if (*out_count == 0)
        return DONE;
    leisure_rest();
    block_stints(ask->block, arena, &out->stints);
    picked_lanes_open(g, arena, out);
    return DONE;
}
