/* Private to rule: the section `standing`: what rules say of a person, where that isn't what they say of somebody unknown, and when time alone may change
 * it. docs/formats/rule.md */
#pragma once

#include "domain/rule/book.h"

#define STANDINGS_BYTES_MAX 7168u /* of a section: beyond, entries of the largest numbers are left out, and counted */
#define STAND_BYTES_LEAST 3u      /* of an entry: its rule, what it has, and at least one thing that it has */
#define TURN_NONE INT64_MAX

/* An entry. Its turn is kept with the day that it is on, so that sets need no zone. */
struct stand {
    uint32_t rule;
    bool is_plain;      /* the value is the one of somebody unknown, and only the turn is kept */
    struct bytes value; /* packed; of one that is plain nothing */
    int64_t since_s;    /* seconds; of one that is plain 0 */
    int32_t turn_day;   /* of turn_us in the workspace's zone */
    bool is_midnight;   /* the turn is the first instant of its day */
    bool has_turn;
    bool is_timed;   /* a timer will look: the turn is exact, and within the horizon */
    int64_t turn_us; /* TURN_NONE without one; so is one at a midnight that was read without days */
};
/* Reads entry by entry; what lies in a row of its own is nowhere. */
struct stand_walk {
    struct unpack left;
    const struct civil *civil; /* NULL: turns at a midnight have no turn_us */
    /* Of the entry before: neighbours often turned together, and will. */
    uint32_t rule;
    int64_t since_s;
    int32_t turn_day;
    bool is_pending; /* the person's events are being read again */
};
struct stand_walk stand_walk(struct bytes section, const struct civil *civil);
bool stand_next(struct stand_walk *w, struct stand *out_stand);

/* Entries by rule, ascending. Returns how many were left out. */
size_t stands_pack(const struct stand *list, size_t count, bool is_pending, struct buf *out);

/* As stands say it: of a condition unknown counts as no. */
struct rule_value value_settled(struct rule_value value);
struct bytes value_packed(struct rule_value value, struct arena *a); /* settled; of a condition nothing is taken */
