/* The common funnel out of bits: in order, within a span, nobody counted twice, nothing held or broken down.
 *
 * An event reaches step k when an event of its person before it reached step k - 1, and the latest entry that leads to it is in the window: where the window
 * has an entry, the latest one is in it. So a step is bits again: those of its events behind what reached the step before, each looked at once. */
#include "base/leisure.h"
#include "domain/analytics/funnel.h"
#include "domain/analytics/shortcut.h"
#include "lib/bits.h"

/* An event of the chunk. */
struct place {
    uint32_t block, event;
};

/* How somebody got to a step. */
struct way {
    uint32_t person; /* local number */
    uint32_t entry;  /* of the block where the step was reached: so far the earliest that led there */
    int64_t reached_us;
};

/* A block as a funnel sees it. */
struct funnel_block {
    const struct picked_block *picked;
    const struct block *block;
    const struct block_stints *stints;
    size_t words;
    const uint64_t *reached[FUNNEL_STEPS_MAX]; /* by step: events that reach it; NULL: none does */
    const uint64_t *late; /* events whose window reaches into the next block; NULL: there is none */
    const uint64_t *past; /* events that no window of the block before reaches; NULL: none is picked */
};

struct funnel_chunk {
    const struct question *q;
    const struct funnel *f;
    struct arena *arena;
    struct funnel_block *blocks;
    uint32_t count;
    int64_t entries_until_us;
    uint64_t entered[CHUNK_WORDS];        /* who has an entry whose window may be open */
    uint64_t entered_before[CHUNK_WORDS]; /* and who one whose window is over */
    uint64_t (*further)[CHUNK_WORDS];     /* by step from 1 on: who reached it */
    int64_t *times_us;                    /* of those, by person and step: of the path that got as far as they did */
    /* Room for what a step takes of any block: events as word_list wants it, ways and which of them go on. */
    uint32_t *events, *going;
    struct way *ways;
};

static uint64_t *bits_take(struct funnel_chunk *in, const struct funnel_block *here)
{
    return arena_take(in->arena, here->words * sizeof(uint64_t), sizeof(uint64_t));
}

/* --- from event to event of one person --- */

static int64_t time_of(const struct funnel_chunk *in, struct place at)
{
    return block_time_at(in->blocks[at.block].block, at.event);
}

/* The last of the bits before an event, of its stint. false: there is none. Mostly without a branch: of a word, if not of the one before. */
static bool last_of_stint(const uint64_t *bits, const uint64_t *starts, uint32_t event, uint32_t *out_event)
{
    size_t w = event / 64;
    uint64_t before = (UINT64_C(1) << event % 64) - 1, found = bits[w] & before, start = starts[w] & (before << 1 | 1);
    while ((found | start) == 0) {
        w--;
        found = bits[w];
        start = starts[w];
    }
    /* The highest of what was found isn't below the highest start. */
    bool is_there = !((found < start) & (found < (found ^ start)));
    uint32_t last = (uint32_t)(w * 64) + 63u - (uint32_t)__builtin_clzll(found | 1);
    *out_event = is_there ? last : *out_event;
    return is_there;
}

/* The same in blocks before it. */
static bool last_before(const struct funnel_chunk *in, uint32_t step, int64_t least_us, struct place at,
                        struct place *out)
{
    uint32_t from, until, person = block_person_of(in->blocks[at.block].stints, at.event);
    while (at.block > 0 && block_last_us(in->blocks[at.block - 1].block) >= least_us) {
        const struct funnel_block *here = &in->blocks[--at.block];
        if (here->reached[step] == NULL || !block_stint_find(here->stints, person, &from, &until))
            continue;
        *out = (struct place){at.block, bits_last(here->reached[step], from, until)};
        if (out->event < until)
            return true;
    }
    return false;
}

/* The latest before it that reached the step, not before `least_us`. false: there is none, and *io_at stays. */
static bool go_back(const struct funnel_chunk *in, uint32_t step, int64_t least_us, struct place *io_at)
{
    const struct funnel_block *here = &in->blocks[io_at->block];
    struct place to = *io_at;
    if (here->reached[step] == NULL ||
        !last_of_stint(here->reached[step], here->stints->events.starts, io_at->event, &to.event)) {
        if (block_first_us(here->block) <= least_us || !last_before(in, step, least_us, *io_at, &to))
            return false;
    }
    if (time_of(in, to) < least_us)
        return false;
    *io_at = to;
    return true;
}

/* The first behind it that reached the step; there is one. */
static void go_on(const struct funnel_chunk *in, uint32_t step, uint32_t person, struct place *io_at)
{
    const struct funnel_block *here = &in->blocks[io_at->block];
    uint32_t from = io_at->event + 1, until = bits_next(here->stints->events.starts, from, here->stints->events.count),
             at = until;
    if (here->reached[step] != NULL)
        at = bits_next(here->reached[step], from, until);
    while (at == until) {
        assert(io_at->block + 1 < in->count);
        here = &in->blocks[++io_at->block];
        if (here->reached[step] != NULL && block_stint_find(here->stints, person, &from, &until))
            at = bits_next(here->reached[step], from, until);
    }
    io_at->event = at;
}

/* Whether an entry in the window leads to an event that would reach the step, of whatever block. */
static bool is_reached_from_before(const struct funnel_chunk *in, uint32_t step, struct place at)
{
    int64_t least_us = time_of(in, at) - in->f->window_us;
    for (uint32_t before = step; before > 0; before--)
        if (!go_back(in, before - 1, least_us, &at))
            return false;
    return true;
}

/* The latest entry of the event's own stint that leads to it; false: there is none. */
static bool entry_in_stint(const struct funnel_block *here, uint32_t step, uint32_t event, uint32_t *out_entry)
{
    *out_entry = event;
    for (uint32_t before = step; before > 0; before--)
        if (here->reached[before - 1] == NULL ||
            !last_of_stint(here->reached[before - 1], here->stints->events.starts, *out_entry, out_entry))
            return false;
    return true;
}

/* The same as before, mostly without a branch that nobody can foresee: entries are seldom in another block, but often too long ago. */
static bool is_reached(const struct funnel_chunk *in, uint32_t step, struct place at)
{
    const struct funnel_block *here = &in->blocks[at.block];
    uint32_t entry;
    if (UNLIKELY(!entry_in_stint(here, step, at.event, &entry)))
        return at.block > 0 && is_reached_from_before(in, step, at);
    return block_time_at(here->block, entry) >= block_time_at(here->block, at.event) - in->f->window_us;
}

/* --- entries --- */

static void entries_cut(struct funnel_chunk *in, const struct funnel_block *here, uint64_t *io_bits)
{
    int64_t edges_us[] = {in->q->from_us, in->entries_until_us};
    uint64_t *since[] = {bits_take(in, here), bits_take(in, here)};
    if (block_first_us(here->block) >= edges_us[0] && block_last_us(here->block) < edges_us[1])
        return;
    block_since(here->block, edges_us, COUNT_OF(edges_us), since);
    for (size_t w = 0; w < here->words; w++)
        io_bits[w] &= since[0][w] & ~since[1][w];
}

/* Entries from `closed_us` on may still get further. */
static void entered_add(struct funnel_chunk *in, const struct funnel_block *here, const uint64_t *entries)
{
    int64_t closed_us = in->f->closed_us;
    if (block_last_us(here->block) < closed_us) {
        block_people_add(here->stints, entries, in->entered_before);
        return;
    }
    block_people_add(here->stints, entries, in->entered);
    uint64_t *before = bits_take(in, here);
    block_since(here->block, &closed_us, 1, &before);
    for (size_t w = 0; w < here->words; w++)
        before[w] = entries[w] & ~before[w];
    block_people_add(here->stints, before, in->entered_before);
}

/* Whoever enters matches all picks of the mask; NULL: nobody does. */
static void entries_find(struct funnel_chunk *in, struct funnel_block *here)
{
    uint64_t *bits = bits_take(in, here);
    if (block_first_us(here->block) >= in->entries_until_us || block_last_us(here->block) < in->q->from_us)
        return;
    memset(bits, 0xff, here->words * sizeof *bits);
    for (uint32_t left = in->f->entry_mask; left != 0; left &= left - 1) {
        const uint64_t *pick = here->picked->picks[__builtin_ctz(left)];
        if (pick == NULL)
            return;
        for (size_t w = 0; w < here->words; w++)
            bits[w] &= pick[w];
    }
    entries_cut(in, here, bits);
    here->reached[0] = bits;
    entered_add(in, here, bits);
}

/* --- steps --- */

/* Adds those of the step's events that windows of blocks before may reach. */
static void others_add(struct funnel_chunk *in, uint32_t block, uint32_t step, uint64_t *io_bits)
{
    const struct funnel_block *here = &in->blocks[block];
    uint64_t people[CHUNK_WORDS] = {0}, *theirs = bits_take(in, here);
    bool any = false;
    for (uint32_t b = block;
         b-- > 0 && block_last_us(in->blocks[b].block) >= block_first_us(here->block) - in->f->window_us;) {
        const struct funnel_block *before = &in->blocks[b];
        bool is_next = b + 1 == block && before->late != NULL;
        if (before->reached[step - 1] == NULL)
            continue;
        any = true;
        uint64_t *late = is_next ? bits_take(in, before) : NULL;
        for (size_t w = 0; is_next && w < before->words; w++)
            late[w] = before->reached[step - 1][w] & before->late[w];
        block_people_add(before->stints, is_next ? late : before->reached[step - 1], people);
    }
    if (!any)
        return;
    block_events_of(here->stints, people, theirs);
    for (size_t w = 0; w < here->words; w++)
        io_bits[w] |= here->past == NULL ? theirs[w] : theirs[w] & ~here->past[w];
}

/* Entries of ways go back in their stints, as far as the window allows: all of them one entry at a time, for nobody can foresee how many there are. */
static void ways_go_back(struct funnel_chunk *in, const struct funnel_block *here, uint32_t count)
{
    const uint64_t *entries = here->reached[0], *starts = here->stints->events.starts;
    for (uint32_t i = 0; i < count; i++)
        in->going[i] = i;
    for (uint32_t going = entries == NULL ? 0 : count, kept; going > 0; going = kept) {
        kept = 0;
        for (uint32_t i = 0; i < going; i++) {
            struct way *way = &in->ways[in->going[i]];
            uint32_t entry = way->entry;
            bool goes = last_of_stint(entries, starts, entry, &entry);
            goes &= block_time_at(here->block, entry) >= way->reached_us - in->f->window_us;
            way->entry = goes ? entry : way->entry;
            in->going[kept] = in->going[i];
            kept += goes;
        }
    }
}

/* The earliest entry that got as far as the first event that reached the step, perhaps of a block before, and what it filled its steps with. */
static void path_note(struct funnel_chunk *in, uint32_t block, uint32_t step, const struct way *way)
{
    int64_t *times_us = &in->times_us[(size_t)way->person * in->f->step_count],
            least_us = way->reached_us - in->f->window_us;
    struct place at = {block, way->entry};
    bool goes = block > 0 && block_first_us(in->blocks[block].block) > least_us;
    while (goes)
        goes = go_back(in, 0, least_us, &at);
    times_us[step] = way->reached_us;
    times_us[0] = time_of(in, at);
    for (uint32_t between = 1; between < step; between++) {
        go_on(in, between, way->person, &at);
        times_us[between] = time_of(in, at);
    }
}

/* The first of the bits in each stint. */
static uint32_t firsts_list(struct funnel_chunk *in, const struct funnel_block *here, const uint64_t *bits,
                            uint32_t *out_events)
{
    uint64_t *behind = bits_take(in, here);
    uint32_t count = 0;
    stints_behind(&here->stints->events, bits, behind);
    for (size_t w = 0; w < here->words; w++)
        count = word_list(bits[w] & ~behind[w], w, out_events, count);
    return count;
}

/* The ways of whoever reached the step for the first time: the n-th person who has a bit has the n-th of the first ones. Returns how many. */
static uint32_t ways_begin(struct funnel_chunk *in, const struct funnel_block *here, uint32_t step)
{
    uint64_t people[CHUNK_WORDS] = {0};
    uint32_t ranks[CHUNK_WORDS + 1], count = 0, firsts = firsts_list(in, here, here->reached[step], in->events);
    block_people_add(here->stints, here->reached[step], people);
    bits_ranks(people, CHUNK_WORDS, ranks);
    assert(ranks[CHUNK_WORDS] == firsts);
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        uint64_t fresh = people[w] & ~in->further[step][w];
        in->further[step][w] |= fresh;
        for (; fresh != 0; fresh &= fresh - 1) {
            uint32_t person = w * 64 + (uint32_t)__builtin_ctzll(fresh),
                     event = in->events[bits_rank(people, ranks, person)];
            in->ways[count++] = (struct way){person, event, block_time_at(here->block, event)};
        }
    }
    return count;
}

/* Their paths are then the ones that count, until they get further. */
static void paths_note(struct funnel_chunk *in, uint32_t block, uint32_t step)
{
    const struct funnel_block *here = &in->blocks[block];
    uint32_t count = ways_begin(in, here, step);
    ways_go_back(in, here, count);
    for (uint32_t i = 0; i < count; i++)
        path_note(in, block, step, &in->ways[i]);
}

static void step_climb(struct funnel_chunk *in, uint32_t block, uint32_t step)
{
    struct funnel_block *here = &in->blocks[block];
    const uint64_t *matching = here->picked->picks[step];
    uint64_t *bits = bits_take(in, here), any = 0;
    if (matching == NULL)
        return;
    if (here->reached[step - 1] != NULL)
        stints_behind(&here->stints->events, here->reached[step - 1], bits);
    else
        memset(bits, 0, here->words * sizeof *bits);
    others_add(in, block, step, bits);
    uint32_t *events = in->events, count = 0;
    for (size_t w = 0; w < here->words; w++) {
        count = word_list(bits[w] & matching[w], w, events, count);
        bits[w] = 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint64_t is_one = is_reached(in, step, (struct place){block, events[i]});
        bits[events[i] / 64] |= is_one << events[i] % 64;
        any |= is_one;
    }
    if (any == 0)
        return;
    here->reached[step] = bits;
    paths_note(in, block, step);
}

/* Which events a window may reach beyond the block, and which one before it may not reach. */
static void edges_find(struct funnel_chunk *in, uint32_t block)
{
    struct funnel_block *here = &in->blocks[block];
    int64_t window_us = in->f->window_us, edges_us[2];
    uint64_t *since[2];
    uint32_t count = 0;
    if (block + 1 < in->count) {
        edges_us[count] = block_first_us(in->blocks[block + 1].block) - window_us;
        here->late = since[count++] = bits_take(in, here);
    }
    int64_t past_us = block == 0 ? INT64_MAX : block_last_us(in->blocks[block - 1].block) + window_us + 1;
    if (past_us < in->q->plan.until_us) {
        edges_us[count] = past_us;
        here->past = since[count++] = bits_take(in, here);
    }
    if (count > 0)
        block_since(here->block, edges_us, count, since);
}

/* --- counting --- */

static void path_add(const struct funnel_chunk *in, struct funnel_tally *t, uint32_t person)
{
    uint32_t depth = 2;
    while (depth < in->f->step_count && bit_is_set(in->further[depth], person))
        depth++;
    funnel_path_add(in->f, t, t->only, &in->times_us[(size_t)person * in->f->step_count], depth, in->f->closed_us);
}

static void people_count(const struct funnel_chunk *in, struct funnel_tally *t)
{
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        uint64_t further = in->further[1][w], before = in->entered_before[w] & ~further,
                 open = in->entered[w] & ~in->entered_before[w] & ~further;
        t->only->steps[0].reached += (uint64_t)__builtin_popcountll(before | open);
        t->only->open += (uint64_t)__builtin_popcountll(open);
        for (uint64_t left = further; left != 0; left &= left - 1)
            path_add(in, t, w * 64 + (uint32_t)__builtin_ctzll(left));
    }
}

static struct funnel_chunk *chunk_open(const struct question *q, const struct picked_chunk *c)
{
    const struct funnel *f = q->own;
    struct funnel_chunk *in = ARENA_NEW(c->arena, struct funnel_chunk);
    uint32_t most = 0;
    *in = (struct funnel_chunk){.q = q, .f = f, .arena = c->arena, .count = c->count, .entries_until_us = q->until_us};
    in->blocks = ARENA_ARRAY(c->arena, struct funnel_block, c->count);
    in->further = arena_zeroed(c->arena, f->step_count * sizeof *in->further, sizeof(uint64_t));
    in->times_us = arena_take(c->arena, (size_t)CHUNK_PEOPLE * f->step_count * sizeof *in->times_us,
                              sizeof *in->times_us);
    if (f->leaves_open_out && f->closed_us < in->entries_until_us)
        in->entries_until_us = f->closed_us;
    for (uint32_t b = 0; b < c->count; b++) {
        const struct picked_block *p = &c->blocks[b];
        in->blocks[b] = (struct funnel_block){
            .picked = p, .block = p->block, .stints = &p->stints, .words = bits_words(p->stints.events.count)};
        most = p->stints.events.count > most ? p->stints.events.count : most;
    }
    in->events = arena_take(c->arena, (most + WORD_LISTED_AHEAD) * sizeof *in->events, sizeof *in->events);
    in->going = arena_take(c->arena, CHUNK_PEOPLE * sizeof *in->going, sizeof *in->going);
    in->ways = arena_take(c->arena, CHUNK_PEOPLE * sizeof *in->ways, sizeof(int64_t));
    return in;
}

static void count(const struct question *q, void *tally, const struct picked_chunk *c)
{
    const struct funnel *f = q->own;
    struct funnel_chunk *in = chunk_open(q, c);
    for (uint32_t b = 0; b < c->count; b++) {
        edges_find(in, b);
        entries_find(in, &in->blocks[b]);
        for (uint32_t step = 1; step < f->step_count; step++) {
            leisure_rest();
            step_climb(in, b, step);
        }
    }
    people_count(in, tally);
}

static bool fits(const struct question *q)
{
    const struct funnel *f = q->own;
    return f->is_free && f->entry == FUNNEL_BEST && f->count == FUNNEL_UNIQUES && f->breakdown.count == 0 &&
           !f->has_units && !f->exclude_person && f->step_count > 1;
}

const struct shortcut funnel_shortcut = {.fits = fits, .count = count};
