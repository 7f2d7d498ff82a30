/* `kith demo`: a synthetic brand, told to a daemon, and what the daemon then knows. */
#pragma once

#include "app/client.h"
#include "synth/synth.h"

/* Declares the brand's legal entities, brands, channels, shops, stores and staff, with their labels. */
fallible demo_declare(const struct synth *s, struct client *c, struct err *e);

struct demo_sent {
    uint64_t lines, duplicates; /* duplicates: lines that came before, word for word */
    int64_t took_us;
};
/* Tells the daemon all that happens, in order of arrival. CANCELLED: Ctrl-C. */
fallible demo_tell(struct synth *s, struct client *c, struct demo_sent *out_sent, struct err *e);

bool demo_stop_wanted(void); /* Ctrl-C or SIGTERM waits to be taken; the demo has blocked them */

int verb_demo(struct arguments *a);
