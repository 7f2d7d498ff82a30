/* Private to rule: what columns show of a chunk of people, on its way to series: a hit is an event that a feature gathers. One thread's. */
#pragma once

#include "domain/column/column.h"
#include "domain/rule/past.h"

struct hit {
    int64_t bucket;
    union {
        int64_t us;          /* of what is first or last */
        int64_t number;      /* of sums and extremes: millionths */
        const uint8_t *text; /* of values that are keys; borrowed until the series are made */
    };
    uint64_t count; /* of bits: the bits */
    uint32_t tie;
    uint16_t local; /* whose: the number less the chunk's first */
    uint16_t text_bytes;
};
struct hits {
    const struct past_feature *of;
    int64_t oldest;
    struct buf list; /* struct hit */
};
/* Memory that a hit takes at most, on its way: in a list that grows, in order, as an entry of a series, and its key. */
#define HIT_COST_BYTES 320u
/* Whose hits are kept at once: those of the chunk's people in [from, until), at most `count_max` in all lists. */
struct hits_part {
    uint32_t from, until;
    size_t count, count_max;
};
void hits_init(struct hits *h, const struct past_feature *of, int64_t oldest);
/* Of somebody of the part. Hits of one person from the newest to the oldest are the cheapest; any order is right. */
void hits_push(struct hits_part *part, struct hits *h, const struct hit *hit);
/* Once there is no room: leaves the later half of the part's people to another part, as often as it takes. false: one person alone has more; the part is of nobody then. */
bool hits_narrow(struct hits_part *part, struct hits *lists, uint32_t list_count);
/* The people behind it, up to twice as many; false: there are none. */
bool hits_part_next(struct hits_part *part);
void hits_fini(struct hits *h);

/* The series that hits of a chunk make. */
struct hits_maker;
struct hits_maker *hits_maker_create(void);
void hits_maker_destroy(struct hits_maker *m); /* NULL is fine */
/* In the order of (person, slot), of lists by slot, which are empty then; until the next call. About ten nanoseconds a hit. */
size_t hits_make(struct hits_maker *m, struct hits *lists, uint32_t list_count, uint32_t chunk,
                 const struct past_item **out_items);
