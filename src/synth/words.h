/* What people say and type. */
#pragma once

#include "base/rng.h"

enum talk {
    TALK_RUNNING_OUT,
    TALK_SOCIAL,    /* others ask about it: a chance to recommend */
    TALK_QUESTION,
    TALK_PRICE,
    TALK_COMPLAINT,
    TALK_THANKS,
    TALK_GUIDE,     /* said by the guide */
    TALK_SYSTEM,    /* sent by a template */
    TALK_SEARCH,    /* typed into a search box; not of one brand */
    TALK_REASON,    /* of a refund */
    TALK_COUNT,
};

const char *synth_words(struct rng *rng, enum talk talk); /* UTF-8; may hold quotes, line ends and emoji */
