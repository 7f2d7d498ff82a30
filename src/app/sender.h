/* Events in bulk: lines are gathered into batches and sent to /api/v1/events; what is refused is kept aside. */
#pragma once

#include "app/client.h"

#define SENDER_EVENTS_MAX 5000u      /* of a batch, as the daemon takes them */
#define SENDER_BYTES_MAX (4u << 20)
#define SENDER_LINE_BYTES_MAX 65536u

struct sender;

struct sender_options {
    struct client *client;
    const char *source;   /* whose events they are; NULL: the token's */
    bool import;          /* history: facts have the cause `import` and move nobody */
    const char *rejects;  /* the path of a file made when there is something for it; NULL: only counted */
    uint32_t events_max;  /* of a batch; 0: SENDER_EVENTS_MAX */
};

struct sender_counts {
    uint64_t sent, accepted, duplicates, faulty, refused, batches, retries;
};

struct sender *sender_create(const struct sender_options *o);
void sender_destroy(struct sender *s); /* NULL is fine; sends nothing */

/* Adds one event, JSON without a line end; `line` is what its place is called in the rejects. Sends the batch before it
 * when this one doesn't fit any more, waiting while the daemon says that it is busy. DENIED: the token may not; INVALID:
 * the daemon does not take this at all; UNAVAILABLE: nobody answers, or it stays busy. */
fallible sender_add(struct sender *s, struct bytes event, uint64_t line, struct err *e);
/* One event that could not even be made. */
fallible sender_reject(struct sender *s, uint64_t line, struct bytes event, const char *why, struct err *e);
fallible sender_flush(struct sender *s, struct err *e); /* sends what is left */
const struct sender_counts *sender_counts(const struct sender *s);
