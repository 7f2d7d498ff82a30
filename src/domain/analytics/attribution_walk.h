/* From one subject's events to the paths of touches that ended in a conversion, and those that didn't.
 *
 * A conversion's path is the touches before it within the look-back window, both ends included. Touches of the range that stand in no
 * conversion's path make paths of their own: from the first of them all within the window's length, then from the next. A conversion after the
 * range takes its touches out of those, though it isn't counted itself. */
#pragma once

#include "domain/analytics/code_map.h"
#include "domain/analytics/sequence.h"

struct touch_rule {
    uint32_t touches;    /* bits of picks; an event that converts is no touch */
    uint32_t conversion; /* pick */
    uint32_t channel_lane;
    bool has_key;
    uint32_t key_lane;   /* conversions of one key are one: the first of what is walked */
    int64_t look_back_us;
    bool restarts;       /* a touch stands in no path behind the conversion that follows it */
    uint32_t touches_max; /* of a path: its last ones */
    bool is_last_only;    /* a path is its last touch, and those without a conversion aren't told: several times as fast */
    int64_t from_us, until_us, now_us;
};

struct touch {
    int64_t time_us;
    uint32_t channel; /* code */
};

struct walked_path {
    const struct touch *touches; /* borrowed for the call */
    uint32_t count;              /* of a conversion it may be 0 */
    bool is_cut;                 /* there were more than touches_max */
    bool is_conversion;
    bool is_open;                /* no conversion yet, but the window of its last touch hasn't ended */
    const struct moment *conversion;
};

/* Who walks: a thread's, for one subject after the other. */
struct touch_walk {
    struct arena *arena;
    const struct touch_rule *rule;
    void (*meet)(void *context, const struct walked_path *path);
    void *context;
    struct code_map keys;      /* of this subject's conversions */
    struct touch *touches;     /* this subject's, so far */
    uint32_t count, touches_room;
    uint32_t settled;          /* touches before it are in no path to come */
    uint32_t used;             /* touches before it that aren't settled stand in a conversion's path */
    uint32_t restart;          /* touches before it don't count any more */
    uint64_t duplicates;       /* conversions of a key that had been: counted over all subjects, those of the range */
    uint64_t without_channel;  /* touches that say no channel, the same */
};

void touch_walk_init(struct touch_walk *w, const struct touch_rule *rule, struct arena *arena,
                     void (*meet)(void *context, const struct walked_path *path), void *context);
void touch_walk_take(struct touch_walk *w, const struct sequence *s); /* some nanoseconds an event, and what paths take */
