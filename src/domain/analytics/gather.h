/* Private to analytics: out of blocks the events that a question wants, as rows in the order in which they were read: time, picks, whose, and the
 * values of the lanes. One thread's; its memory stays from one chunk to the next. */
#pragma once

#include "domain/analytics/arrivals.h"
#include "domain/analytics/exchange.h"
#include "domain/analytics/filter_inside.h"
#include "domain/analytics/shortcut.h"
#include "domain/analytics/texts.h"

#define EVENT_NAMES_COUNT 65536u
#define DEAL_SEED 0x6465616cu /* of the hash by which subjects are dealt out */

/* What of a plan is the same for all blocks: made once, read by all threads. */
struct gather_plan {
    const struct question *question;
    const struct plan *plan; /* the question's */
    const struct filter *universe; /* with what the asker may see */
    uint64_t *names;               /* that are wanted, as block_match wants them: those of Kith itself only where a pick names them */
    uint32_t *picks, picks_count;  /* by name: which picks name it; none does from picks_count on */
    uint32_t picks_of_any;         /* picks that take all names but Kith's own */
    uint32_t filtered;             /* picks that have a filter */
    const struct name_book *book;
    const struct thing_book *things;
    const struct path *subject;    /* the field that the events are keyed by; NULL: they are a person's */
};
void gather_plan_make(struct gather_plan *g, const struct question *q, const struct filter *universe, const struct thing_book *things,
                      struct arena *arena);

/* An event, or an item of it. */
struct gathered_row {
    int64_t time_us;
    uint32_t picks;
    uint32_t whose; /* local number of the person; or the code of what it is keyed by */
};
/* What else orders events of one time: of blocks that overlap others. */
struct gathered_tie {
    uint64_t message, position;
};
struct gathered_lane {
    struct buf codes, quantities, has; /* as the lane's kind wants; one entry a row */
};

struct gather {
    const struct gather_plan *plan;
    struct block_scratch *scratch;
    struct texts *texts, *subjects; /* of values; of what events are keyed by */
    struct texts_near *near;
    struct crowd_lane *crowds;      /* by lane (crowd_lanes.c) */
    uint32_t count;                 /* of rows */
    bool has_ties;
    bool is_full;                   /* texts had no room for a value's */
    struct buf rows, ties;
    struct buf people;              /* the person of each row, where `whose` is something else */
    struct gathered_lane lanes[LANES_MAX];
    uint16_t *local;                /* of the block */
    uint16_t *codes;                /* the block's own, of each event's name */
    uint16_t *names;                /* by code */
    uint32_t *picks;                /* by code: which picks an event of this name may match */
    uint32_t *name_codes;           /* by code: the name's code in lanes of names; CODE_NONE: not asked for yet */
    /* Of all rows since they were last taken. */
    struct unexchanged unexchanged;
    struct arrivals *arrivals; /* NULL: nobody asks */
    uint32_t *events, *items;       /* of the rows of the block: which event, which item of it (0: not by item); NULL: nobody wants to know */
};
/* What of a block is wanted. */
struct gather_ask {
    const struct block *block;
    const uint64_t *people;        /* bits by local number: others are left out; NULL: all */
    bool ties;                     /* it overlaps others */
    uint32_t deal, deal_bits;      /* subjects whose hash ends in these bits */
};

struct gather *gather_open(const struct gather_plan *plan, struct texts *texts, const struct effort *effort, struct arena *arena);
void gather_close(struct gather *g); /* its memory apart from the arena's; NULL is fine */
void gather_clear(struct gather *g, bool has_ties);
void gather_give_back(struct gather *g); /* the memory of its rows */
/* Adds the rows of a block. LIMIT: they, or texts, take too much memory; or a pattern takes too long. CANCELLED: the effort is over. */
fallible gather_block(struct gather *g, const struct gather_ask *ask, struct err *e);
/* Instead of rows the bits of each pick, and its lanes, in the arena; of people alone, not by item. *out_count: of events that match any; none: nothing is filled in.
 * Fails as gather_block does. */
fallible gather_picked(struct gather *g, const struct gather_ask *ask, struct arena *arena, struct picked_block *out, uint32_t *out_count, struct err *e);
/* Counts those of the picked events that have arrived since; `arena` is for scratch. */
void gather_arrived(struct gather *g, const struct picked_block *b, struct arena *arena);
size_t gather_bytes(const struct gather *g); /* of its rows; what it has decoded of a block is the scratch's */

/* The code of a text, as the asker may see it; CODE_NONE: there is no room, which the gather then says. */
uint32_t gather_code(struct gather *g, struct bytes text);
/* LIMIT: there was no room. */
fallible gather_roomy(const struct gather *g, struct err *e);
/* What one of so many decimals is in millionths. */
extern const int64_t micro_of_scale[EXPR_SCALE_MAX + 1];
/* Of a lane of what a tag or segment says of people: the codes of its values, and who of the chunk that was asked of last has which. */
struct crowd_lane {
    bool is_there;
    uint32_t chunk; /* of the places */
    uint16_t *places;
    uint32_t *codes; /* by place; CODE_NONE: not asked for yet, or nothing */
};
struct crowd_lane *crowd_lanes_create(const struct gather_plan *plan, struct arena *arena);
/* The codes of the rows from `first` on, which are of the scratch's block. */
void crowd_codes(struct gather *g, uint32_t lane, uint32_t first, uint32_t count, uint32_t *out_codes);
/* Fills the lanes of the rows from `first` on, which are of the scratch's block (lanes.c). */
fallible lanes_fill(struct gather *g, uint32_t first, struct err *e);
