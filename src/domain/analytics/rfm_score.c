#include "domain/analytics/rfm_score.h"

#include "domain/analytics/order_select.h"

#define CUTS (RFM_SCORES - 1u)
#define ORDER_BYTES (512u << 10) /* that an order takes of the arena, */
#define PLACED_BYTES 12u         /* and at most each of whom it looks at closer */

/* --- people --- */

void rfm_add(struct rfm_people *p, const struct rfm_person *person)
{
    struct rfm_lot *lot = p->newest;
    if (lot == NULL || lot->count == RFM_LOT) {
        lot = arena_take(p->arena, sizeof *lot, _Alignof(struct rfm_lot));
        lot->count = 0;
        lot->next = p->newest;
        p->newest = lot;
        p->lot_count++;
    }
    lot->people[lot->count] = person->person;
    lot->values[RFM_RECENCY][lot->count] = person->days;
    lot->values[RFM_FREQUENCY][lot->count] = person->orders;
    lot->values[RFM_MONEY][lot->count] = person->micro;
    lot->count++;
    p->count++;
}

void rfm_people_join(struct rfm_people *into, const struct rfm_people *from)
{
    struct rfm_lot **last = &into->newest;
    while (*last != NULL)
        last = &(*last)->next;
    *last = from->newest;
    into->count += from->count;
    into->lot_count += from->lot_count;
}

/* --- scores --- */

/* The order's ranks at which a new fifth begins. Of few people the last fifths are empty. */
static uint32_t ntile_firsts(const struct order *o, struct placed *out_firsts)
{
    size_t ranks[CUTS], extra = o->count % RFM_SCORES;
    uint32_t count = 0;
    for (size_t t = 1; t <= CUTS; t++) {
        size_t rank = t * (o->count / RFM_SCORES) + (t < extra ? t : extra);
        if (rank < o->count)
            ranks[count++] = rank;
    }
    order_select(o, ranks, count, out_firsts);
    return count;
}

static int64_t floor_fifth(int64_t fifths)
{
    return fifths / (int64_t)RFM_SCORES - (fifths % (int64_t)RFM_SCORES < 0);
}

/* The type-7 quantile j/5 lies (n - 1)j/5 behind the least value: between two values by fifths, so it is exact in fifths of a unit. Whoever is above it is at
 * or behind the next whole unit. */
static void cut_firsts(const struct order *o, int64_t out_fifths[CUTS], struct placed out_firsts[CUTS])
{
    size_t lows[CUTS], highs[CUTS];
    struct placed low[CUTS], high[CUTS];
    for (size_t j = 0; j < CUTS; j++) {
        lows[j] = (o->count - 1) * (j + 1) / RFM_SCORES;
        highs[j] = lows[j] + 1 < o->count ? lows[j] + 1 : lows[j];
    }
    order_select(o, lows, CUTS, low);
    order_select(o, highs, CUTS, high);
    for (size_t j = 0; j < CUTS; j++) {
        int64_t part = (int64_t)((o->count - 1) * (j + 1) % RFM_SCORES);
        out_fifths[j] = low[j].value * (int64_t)RFM_SCORES + part * (high[j].value - low[j].value);
        out_firsts[j] = (struct placed){floor_fifth(out_fifths[j]) + 1, 0};
    }
}

/* The last purchase longest ago is the worst: days are scored the other way round. */
static void scores_turn(enum rfm_measure measure, uint8_t *io_parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        io_parts[i] = (uint8_t)(measure == RFM_RECENCY ? RFM_SCORES - io_parts[i] : io_parts[i] + 1u);
}

static void measure_score(struct rfm_people *p, enum rfm_measure measure, enum rfm_scoring scoring, struct rfm_cuts *io_cuts)
{
    struct values *pieces = ARENA_ARRAY(p->arena, struct values, p->lot_count);
    struct placed firsts[CUTS];
    struct order order;
    size_t at = 0;
    for (const struct rfm_lot *lot = p->newest; lot != NULL; lot = lot->next)
        pieces[at++] = (struct values){lot->count, lot->values[measure], lot->people};
    order_open(&order, p->arena, pieces, p->lot_count);
    if (scoring == RFM_CUT) {
        cut_firsts(&order, io_cuts->fifths[measure], firsts);
        io_cuts->count = CUTS;
    } else {
        io_cuts->count = ntile_firsts(&order, firsts);
        for (uint32_t k = 0; k < io_cuts->count; k++)
            io_cuts->fifths[measure][k] = firsts[k].value * (int64_t)RFM_SCORES;
    }
    order_cut(&order, firsts, io_cuts->count);
    at = 0;
    for (struct rfm_lot *lot = p->newest; lot != NULL; lot = lot->next) {
        order_parts(&order, at++, lot->scores[measure]);
        scores_turn(measure, lot->scores[measure], lot->count);
    }
}

fallible rfm_score(struct rfm_people *p, enum rfm_scoring scoring, struct effort *effort, struct rfm_cuts *out_cuts, struct err *e)
{
    struct rfm_cuts cuts = {0};
    for (enum rfm_measure m = 0; m < RFM_MEASURES && p->count > 0; m++) {
        TRY(effort_step(effort, (double)m / RFM_MEASURES, ORDER_BYTES + p->count * PLACED_BYTES, e));
        measure_score(p, m, scoring, &cuts);
    }
    *out_cuts = cuts;
    return effort_step(effort, 1, 0, e);
}

/* --- named groups --- */

const struct rfm_segment rfm_segments[RFM_SEGMENTS] = {
    {"champions", "Champions", "重要价值客户"},
    {"loyal", "Loyal", "忠诚客户"},
    {"potential_loyalist", "Potential loyalists", "潜力客户"},
    {"new", "New", "新客户"},
    {"promising", "Promising", "有望客户"},
    {"need_attention", "Need attention", "需要关注"},
    {"about_to_sleep", "About to sleep", "即将沉睡"},
    {"at_risk", "At risk", "流失风险"},
    {"cant_lose", "Can't lose", "不可失去"},
    {"hibernating", "Hibernating", "休眠客户"},
};

uint32_t rfm_segment_of(uint8_t recency, uint8_t frequency)
{
    static const uint8_t by_scores[RFM_SCORES][RFM_SCORES] = {
        /* F: 1  2  3  4  5    R */
        {9, 9, 7, 7, 8}, /* 1 */
        {9, 9, 7, 7, 8}, /* 2 */
        {6, 6, 5, 1, 1}, /* 3 */
        {4, 2, 2, 1, 1}, /* 4 */
        {3, 2, 2, 0, 0}, /* 5 */
    };
    assert(recency >= 1 && recency <= RFM_SCORES && frequency >= 1 && frequency <= RFM_SCORES);
    return by_scores[recency - 1][frequency - 1];
}
