/* Ready reports: questions that most brands ask, in both languages, to be kept as they are or with other members (docs/guide/analytics.md). A new one is a row of
 * the table in ready.c. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"

enum ready_language { READY_EN, READY_ZH, READY_LANGUAGES };

struct ready_report {
    const char *name;
    const char *labels[READY_LANGUAGES];
    const char *abouts[READY_LANGUAGES]; /* what it says, and what to change */
    const char *kind;
    const char *question; /* a body in JSON; names for people in it are «English|中文» */
    const char *needs;    /* what has to be there, with a space between: of "a|b" either is enough */
};
const struct ready_report *ready_reports(size_t *out_count);      /* in the order in which they are listed for people */
const struct ready_report *ready_report_named(struct bytes name); /* NULL: none */

/* The body with its names in one language; in the arena. */
struct bytes ready_question(const struct ready_report *r, enum ready_language language, struct arena *a);

/* An event, or what is said of people: "order_paid", "segment:members", "trait:category_spend". */
enum ready_need_of { READY_EVENT, READY_SEGMENT, READY_TRAIT, READY_NEED_COUNT };
extern const char *const ready_need_names[READY_NEED_COUNT]; /* "event", "segment", "trait" */
#define READY_EITHER_MAX 12u
struct ready_need {
    enum ready_need_of of;
    uint32_t count;
    struct bytes either[READY_EITHER_MAX]; /* names, of which one is enough; of one sort */
};
/* The need at *io_at, which goes on behind it; false: no more. Begin with the report's. */
bool ready_need_next(const char **io_at, struct ready_need *out);
