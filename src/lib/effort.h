/* A long piece of work that somebody watches: whoever works says how far they are and what memory they are about to take, and is told when to end. The
 * watcher's; whoever works only borrows it. NULL is fine everywhere: nobody watches. */
#pragma once

#include <stddef.h>

#include "base/status.h"

struct effort {
    fallible (*step)(struct effort *f, double share, size_t bytes, struct err *e);
    bool (*is_over)(const struct effort *f); /* cheap: asked in inner loops */
};

/* `share` of the whole (0 .. 1) is done, and so many bytes more are about to be taken. CANCELLED: nobody wants it any more; LIMIT: too many bytes. Whoever
 * works then ends with that. */
static inline fallible effort_step(struct effort *f, double share, size_t bytes, struct err *e)
{
    return f == NULL ? DONE : f->step(f, share, bytes, e);
}

static inline bool effort_is_over(const struct effort *f)
{
    return f != NULL && f->is_over(f);
}

/* A part of it as an effort of its own, for whoever knows nothing of the rest: its shares lie between `from` and `until` of the whole. NULL when nobody
 * watches the whole. */
struct effort_part {
    struct effort effort; /* first, so that it is the part */
    struct effort *whole;
    double from, until;
};
struct effort *effort_part_init(struct effort_part *p, struct effort *whole, double from, double until);
