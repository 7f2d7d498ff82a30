/* Lines that are written but not yet delivered: those of a till that is offline, repeats, stragglers.
 * A binary heap by arrival; equal arrivals come in the order of posting. */
#pragma once

#include <stddef.h>

#include "synth/synth.h"

struct letter {
    int64_t arrival_us;
    uint64_t number;
    uint8_t *line; /* owned */
    size_t size;
    struct synth_fact fact;
};

struct mail {
    struct letter *letters;
    size_t count, capacity;
    uint64_t posted;
};

void synth_mail_fini(struct mail *m); /* {0} is an empty one */
/* Copies the line; fact.arrival_us says when. Aborts without memory. */
void synth_mail_post(struct mail *m, struct bytes line, const struct synth_fact *fact);
void synth_mail_take(struct mail *m, struct buf *out_line, struct synth_fact *out); /* the next; there must be one */
