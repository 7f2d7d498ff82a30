/* Many commands in one body: an object a line, or one JSON array of them. A bad one does not cost the good ones: it is told with its
 * line. Answered when all are durable and applied. */
#pragma once

#include "edge/route.h"
#include "lib/json.h"

#define BULK_COMMANDS_MAX 5000u

struct bulk_kind {
    const char *name; /* what there are many of: "things" */
    /* Reads one. The payload lives in the request's arena. INVALID, LIMIT: a fault. */
    fallible (*read)(struct request *r, struct json from, uint32_t *out_command_id, struct bytes *out_payload,
                     struct err *e);
    void (*over)(void *own); /* all is read, and nothing sent yet: what reading needed may go; NULL: nothing needs to */
};

/* Answers {"accepted":…,"faulty":…,"faults":[{"line":…,"detail":…}]}, the first 100 of them in the asker's language: 200; a problem with
 * the faults when none was good. 503: some were not taken at all; sending all again is right. `own` is for the kind's reader, as bulk_own. */
void bulk_take(struct request *r, const struct bulk_kind *kind, void *own);
void *bulk_own(const struct request *r);
