/* Events, things and other commands in bulk: lines are gathered into batches and sent; each that is refused is told to whoever sends. */
#pragma once

#include "app/courier.h"

#define SENDER_EVENTS_MAX 5000u /* of a batch, as the daemon takes them */
#define SENDER_BYTES_MAX (4u << 20)
#define SENDER_LINE_BYTES_MAX 65536u      /* of a line, unless the options say more */
#define SENDER_ORIGIN_BYTES_MAX (16u << 20) /* of a batch */

struct sender;

/* One line that the daemon refused. `origin` is what sender_add was given with it. */
struct sender_fault {
    struct bytes event, origin, why;
};
typedef fallible (*sender_take_fault)(void *context, const struct sender_fault *fault, struct err *e);

struct sender_options {
    struct client *client;
    struct courier *courier; /* of that client, perhaps of several senders: the next batch is made while one is under way; NULL: none */
    const char *path;     /* where they are taken, by lines, perhaps with a query; NULL: "/api/v1/events" */
    const char *source;   /* whose events they are; NULL: the token's */
    bool import;          /* history: facts have the cause `import` and move nobody */
    uint32_t events_max;  /* of a batch; 0: SENDER_EVENTS_MAX */
    size_t line_bytes_max; /* 0: SENDER_LINE_BYTES_MAX; at most SENDER_BYTES_MAX */
    sender_take_fault take_fault; /* NULL: faults are only counted */
    void *context;
};

struct sender_counts {
    uint64_t sent, accepted, duplicates, faulty, refused, batches, retries;
};

struct sender *sender_create(const struct sender_options *o);
void sender_destroy(struct sender *s); /* NULL is fine; sends nothing */

/* Adds one event, JSON without a line end, and what it was made of, which is copied. Sends the batch before it when this one doesn't fit any
 * more, waiting while the daemon says that it is busy. DENIED: the token may not; INVALID: the daemon does not take this at all;
 * UNAVAILABLE: nobody answers, or it stays busy; what take_fault fails with. */
fallible sender_add(struct sender *s, struct bytes event, struct bytes origin, struct err *e);
fallible sender_flush(struct sender *s, struct err *e); /* sends what is left */
const struct sender_counts *sender_counts(const struct sender *s);
void sender_counts_add(struct sender_counts *to, const struct sender_counts *more);
