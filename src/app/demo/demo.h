/* `kith demo`: a synthetic brand, told to a daemon, and what the daemon then knows. */
#pragma once

#include "app/client.h"
#include "base/arena.h"
#include "lib/json.h"
#include "synth/synth.h"

/* Declares the brand's legal entities, brands, apps of WeChat, channels, shops, stores and staff, with their labels. */
fallible demo_declare(const struct synth *s, struct client *c, struct err *e);

struct demo_things {
    uint64_t all, stores, staff;
    int64_t took_us;
};
/* Puts the brand group as things. CANCELLED: Ctrl-C. */
fallible demo_put_things(const struct synth *s, struct client *c, struct demo_things *out_things, struct err *e);

/* The shop whose SDK tells nothing of orders: its documents derive these events. All others tell both, and their documents derive
 * none, so that each event happens once either way. */
#define DEMO_DERIVING_SHOP "mp_muchu"
#define DEMO_ORDER_EVENTS 10u
extern const char *const demo_order_events[DEMO_ORDER_EVENTS];

struct demo_sent {
    uint64_t lines, duplicates;           /* duplicates: lines that came before, word for word */
    uint64_t happened[DEMO_ORDER_EVENTS]; /* of demo_order_events, told or left to documents; without duplicates */
    uint64_t left;                        /* to documents */
    int64_t took_us;
};
/* Tells the daemon all that happens, in order of arrival, but for what documents derive. CANCELLED: Ctrl-C. */
fallible demo_tell(struct synth *s, struct client *c, struct demo_sent *out_sent, struct err *e);

#define DEMO_KEY_BYTES 48
struct demo_order {
    char shop[DEMO_KEY_BYTES], number[DEMO_KEY_BYTES]; /* empty: there is none */
};
/* Tells the orders of the same world, version by version. *out_order: one worth a look, with a refund if there is any. CANCELLED. */
fallible demo_tell_orders(const struct synth_options *options, struct client *c, struct demo_sent *out_sent,
                          struct demo_order *out_order, struct err *e);

/* --- what is asked back --- */

struct demo_desk {
    const char *url;
    struct client *client; /* of that daemon */
    struct json_parser *parser;
    struct arena *arena;
};
/* *out_root lives until the next call. INVALID: no success. */
fallible demo_ask(const struct demo_desk *d, const char *path, struct json *out_root, struct err *e);
/* Waits until what goes on behind the answers is over. UNAVAILABLE: it isn't after a minute. */
fallible demo_settle(const struct demo_desk *d, struct err *e);
void demo_line(const char *format, ...) PRINTF_LIKE(1, 2); /* to standard output, with its end */

/* Shows the stores by brand and region, and checks that all are there. */
fallible demo_show_stores(const struct demo_desk *d, const struct demo_things *things, struct err *e);
/* Tells the orders, shows one, and holds what they add up to against the truth: by shop, and one shop's days against what its source
 * declares. `s` is at the end of its stream. */
fallible demo_orders(const struct demo_desk *d, struct synth *s, const struct synth_options *options, struct err *e);

/* Gives each person who befriends a guide to that guide, and shows the one with most of them as that guide sees them. */
fallible demo_customers(const struct demo_desk *d, const struct synth_options *options, struct err *e);
/* Shows whom a brand may write to, by channel, and checks that each of its people is counted once in each. */
fallible demo_reach(const struct demo_desk *d, const char *brand, struct err *e);

bool demo_stop_wanted(void); /* Ctrl-C or SIGTERM waits to be taken; the demo has blocked them */

int verb_demo(struct arguments *a);
