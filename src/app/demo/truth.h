/* The synthetic brand against the daemon that was told about it: who is really who, and who it says is who. */
#pragma once

#include "app/client.h"
#include "app/demo/score.h"
#include "synth/synth.h"

struct truth {
    struct score score;
    uint32_t people;          /* seen, in truth */
    char interesting[40];     /* "id:…": the public id of the person with the most identifiers, found whole; empty: none */
};

/* Looks every identifier up that belongs to one person for life, and counts. `s` is at the end of its stream, which is made
 * once more, of `options`, to see what could be known. */
fallible truth_compare(struct synth *s, const struct synth_options *options, struct client *c, struct truth *out_truth, struct err *e);
