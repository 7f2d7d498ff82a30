/* A naive model of things: all that was ever said of them, in a list; whatever is asked is looked up from the start. */
#pragma once

#include "sim/pool.h"

#define THINGS_SAID_MAX 4096u

struct model_things {
    const struct deed *said[THINGS_SAID_MAX]; /* in the order of the log */
    uint32_t count;
};

void model_things_say(struct model_things *m, const struct deed *d);
bool model_thing_known(const struct model_things *m, uint32_t thing);
/* What a field was at an instant, INT64_MAX: is now; THING_UNSAID: nothing was said of that time. *out_kept: none of what decides has been
 * dropped for newer ones. */
int model_thing_field(const struct model_things *m, uint32_t thing, enum thing_field field, int64_t at_us,
                      bool *out_kept);
