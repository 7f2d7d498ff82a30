/* What a question is asked over: the events of one subject, in their total order (event time, message, position), each with the picks of the
 * question that it matches and the values that the question wants of it. */
#pragma once

#include "base/bytes.h"

#define PICKS_MAX 32u  /* of one question */
#define LANES_MAX 16u

/* An exact number where it fits (millionths), else a double. */
struct quantity {
    bool is_real;
    int64_t micro;
    double real;
};

struct moment {
    int64_t time_us;
    uint32_t picks; /* bit k: it matches pick k */
    uint32_t row;   /* where its values stand in the lanes */
};

enum lane_kind { LANE_CODES, LANE_QUANTITIES };
#define CODE_NONE 0u /* no value; else a text of the question's `texts` (scan.h) */

/* A value that the question wants of each event. */
struct lane {
    enum lane_kind kind;
    const uint32_t *codes;             /* LANE_CODES */
    const struct quantity *quantities; /* LANE_QUANTITIES, with has */
    const bool *has;
};

struct sequence {
    uint32_t person;    /* whose; PERSON_NONE: nobody's. Of another subject than persons: of its first event */
    uint32_t subject;   /* the person; of another subject a number that means nothing: subjects of two sequences may have the same */
    uint32_t count;     /* > 0 */
    const struct moment *moments;
    const struct lane *lanes;
};
