/* Objects of a file that a verb sends: a line each, or one list of them, or one object, as people write them; from standard input, too.
 * What the daemon doesn't take is told by its line. */
#pragma once

#include "app/sender.h"
#include "app/verbs/errand.h"

struct putting {
    struct errand *d;
    struct sender *sender;
    struct buf object; /* the one being sent, on one line */
    uint64_t taken;    /* objects read so far */
    uint64_t faults_told;
};

/* Of the options the path, the source and the import are the verb's. UNAVAILABLE. */
fallible putting_begin(struct putting *p, struct errand *d, const struct sender_options *options, struct err *e);
fallible putting_file(struct putting *p, const char *path, struct err *e); /* "-": standard input */
fallible putting_send(struct putting *p, struct json object, struct bytes origin,
                      struct err *e); /* `origin` names it in a fault */
/* The whole errand "put FILE|- [--import]", to where the daemon takes such objects. An exit code. */
int putting_errand(struct errand *d, struct arguments *a, const char *path);
int putting_end(struct putting *p, struct status status,
                struct err *e); /* of what was begun: sends what is left, says how many; an exit code */
