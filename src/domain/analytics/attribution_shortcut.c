/* The last touch before each conversion out of bits, where paths aren't told: of each person nothing is kept but their last touch, from block to block.
 *
 * Of an event that is no touch and no conversion nothing is read; of a touch its time and its channel, of a conversion its time and its value. */
#include "base/leisure.h"
#include "domain/analytics/attribution.h"
#include "domain/analytics/minor.h"
#include "domain/analytics/shortcut.h"
#include "lib/bits.h"

#define SUMS_MAX 1024u /* channels of smaller codes are summed up by chunk, the few others one by one */

static_assert(CODE_NONE == 0, "a touch too long ago is multiplied away");

struct channel_sum {
    uint64_t conversions;
    int64_t value;
};

struct touch_chunk {
    const struct attribution *own;
    struct attribution_tally *tally;
    struct channel_sum sums[SUMS_MAX]; /* by code; CODE_NONE: of conversions without a touch */
    uint64_t without_value;
    /* Room for any block of the chunk: */
    uint16_t *local;
    int64_t *times_us;
    uint64_t *touching;
    uint32_t *ranks;
    uint32_t *events, *channels; /* of touches, then of conversions */
    int64_t *values;
    bool *has;
    /* The last touch of each person in blocks before, by local number (CODE_NONE: there was none); one that is nobody's; then those of the block. */
    struct touch *touches;
    uint16_t *whose; /* local numbers, from nobody's on */
};

#define ROOM(arena, list, count) ((list) = arena_take(arena, (count) * sizeof *(list), sizeof *(list)))

static struct touch_chunk *chunk_open(const struct question *q, void *tally, const struct picked_chunk *c)
{
    struct touch_chunk *in = ARENA_NEW(c->arena, struct touch_chunk);
    uint32_t most = 0;
    for (uint32_t b = 0; b < c->count; b++)
        most = c->blocks[b].stints.events.count > most ? c->blocks[b].stints.events.count : most;
    in->own = q->own;
    in->tally = tally;
    ROOM(c->arena, in->local, most);
    ROOM(c->arena, in->times_us, most);
    ROOM(c->arena, in->touching, bits_words(most));
    ROOM(c->arena, in->ranks, bits_words(most) + 1);
    ROOM(c->arena, in->events, most + WORD_LISTED_AHEAD);
    ROOM(c->arena, in->channels, most);
    ROOM(c->arena, in->values, most);
    ROOM(c->arena, in->has, most);
    in->touches = ARENA_ARRAY(c->arena, struct touch, CHUNK_PEOPLE + 1 + most);
    ROOM(c->arena, in->whose, most + 1);
    in->whose[0] = UINT16_MAX;
    return in;
}

/* --- a block --- */

static uint32_t events_list(const uint64_t *bits, size_t words, uint32_t *out)
{
    uint32_t count = 0;
    for (size_t w = 0; w < words; w++)
        count = word_list(bits[w], w, out, count);
    return count;
}

/* Touches are those that say a channel, and don't convert. */
static void touching_find(struct touch_chunk *in, const struct picked_block *b, size_t words)
{
    const struct touch_rule *rule = &in->own->rule;
    const uint64_t *converting = b->picks[rule->conversion], *says = b->lanes[rule->channel_lane].presence;
    memset(in->touching, 0, words * sizeof *in->touching);
    for (uint32_t left = says == NULL ? 0 : rule->touches; left != 0; left &= left - 1) {
        const uint64_t *pick = b->picks[__builtin_ctz(left)];
        for (size_t w = 0; pick != NULL && w < words; w++)
            in->touching[w] |= pick[w] & says[w];
    }
    for (size_t w = 0; converting != NULL && w < words; w++)
        in->touching[w] &= ~converting[w];
}

/* How many there are. */
static uint32_t touches_list(struct touch_chunk *in, const struct picked_block *b, size_t words)
{
    uint32_t count = events_list(in->touching, words, in->events);
    picked_codes(b, in->own->rule.channel_lane, in->events, count, in->channels);
    for (uint32_t i = 0; i < count; i++) {
        in->touches[CHUNK_PEOPLE + 1 + i] = (struct touch){in->times_us[in->events[i]], in->channels[i]};
        in->whose[1 + i] = in->local[in->events[i]];
    }
    return count;
}

static void sum_add(struct touch_chunk *in, uint32_t channel, struct channel_sum more)
{
    struct attribution_sums *sums = &in->tally->sums;
    struct attribution_part *part = attribution_part_take(in->tally, (struct facet){0});
    part->conversions += more.conversions;
    sums->conversions += more.conversions;
    sums->value = minor_sum(sums->value, more.value);
    if (channel == CODE_NONE) {
        sums->untouched += more.conversions;
        sums->untouched_value = minor_sum(sums->untouched_value, more.value);
        return;
    }
    touch_paths_add(
        part->paths,
        &(struct touch_path){.channels = &channel, .count = 1, .conversions = more.conversions, .value = more.value});
}

static void conversion_add(struct touch_chunk *in, uint32_t channel, int64_t value)
{
    if (UNLIKELY(channel >= SUMS_MAX)) {
        sum_add(in, channel, (struct channel_sum){1, value});
        return;
    }
    in->sums[channel].conversions++;
    in->sums[channel].value = minor_sum(in->sums[channel].value, value);
}

/* The channels of the block's conversions: of the touch before it in the block, where that is the same person's, else of their last one of a block before. */
static void channels_find(const struct touch_chunk *in, uint32_t count, uint32_t *out_channels)
{
    const uint32_t *events = in->events, *ranks = in->ranks;
    const uint16_t *local = in->local, *whose = in->whose;
    const uint64_t *touching = in->touching;
    const int64_t *times_us = in->times_us, look_back_us = in->own->rule.look_back_us;
    const struct touch *touches = in->touches;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t event = events[i], person = local[event], before = bits_rank(touching, ranks, event);
        /* A mask and a product, for nobody can foresee either. */
        uint32_t is_theirs = 0u - (uint32_t)(whose[before] == person);
        const struct touch *last = &touches[(person & ~is_theirs) | ((CHUNK_PEOPLE + before) & is_theirs)];
        out_channels[i] = last->channel * (uint32_t)(times_us[event] - last->time_us <= look_back_us);
    }
}

static void conversions_add(struct touch_chunk *in, const struct picked_block *b, size_t words)
{
    const struct attribution *own = in->own;
    uint32_t count = events_list(b->picks[own->rule.conversion], words, in->events);
    channels_find(in, count, in->channels);
    if (own->has_value)
        picked_minors(b, own->value_lane, (unsigned)own->decimals, in->events, count, in->values, in->has);
    for (uint32_t i = 0; i < count; i++) {
        int64_t time_us = in->times_us[in->events[i]];
        if (time_us < own->rule.from_us || time_us >= own->rule.until_us)
            continue;
        in->without_value += own->has_value && !in->has[i];
        conversion_add(in, in->channels[i], own->has_value ? in->values[i] : 0);
    }
}

static void block_walk(struct touch_chunk *in, const struct picked_block *b)
{
    size_t words = bits_words(b->stints.events.count);
    block_people(b->block, in->local);
    block_times(b->block, in->times_us);
    touching_find(in, b, words);
    bits_ranks(in->touching, words, in->ranks);
    uint32_t touches = touches_list(in, b, words);
    if (b->picks[in->own->rule.conversion] != NULL)
        conversions_add(in, b, words);
    for (uint32_t i = 1; i <= touches; i++)
        in->touches[in->whose[i]] = in->touches[CHUNK_PEOPLE + i];
}

/* --- a chunk --- */

static void count(const struct question *q, void *tally, const struct picked_chunk *c)
{
    struct touch_chunk *in = chunk_open(q, tally, c);
    for (uint32_t b = 0; b < c->count; b++) {
        leisure_rest();
        block_walk(in, &c->blocks[b]);
    }
    in->tally->sums.without_value += in->without_value;
    for (uint32_t channel = 0; channel < SUMS_MAX; channel++)
        if (in->sums[channel].conversions > 0)
            sum_add(in, channel, in->sums[channel]);
}

static bool fits(const struct question *q)
{
    const struct attribution *own = q->own;
    return own->rule.is_last_only && !own->rule.restarts && !own->rule.has_key && own->breakdown.count == 0;
}

const struct shortcut attribution_shortcut = {.fits = fits, .count = count};
