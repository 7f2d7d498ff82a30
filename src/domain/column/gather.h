/* Gathering: events out of runs and out of the log, on their way into columns. They come in any order, are put in that of rows, and are
 * handed out as rows, month by month. */
#pragma once

#include "domain/column/extract.h"
#include "domain/column/moves.h"

struct gather;
struct gather_rules {
    const struct moves *moves;             /* numbers are as of them; NULL: as of each event */
    const struct property_bans *forbidden; /* NULL: nothing is */
    size_t bytes_max;                      /* about what gathered events may take; beyond, the later half of them is let go of */
    uint64_t until;                        /* positions before it are wanted */
};
struct gather *gather_create(const struct gather_rules *rules, struct column_set *set); /* both of the rules and the set outlive it */
void gather_destroy(struct gather *g); /* NULL is fine */

/* For event_scan_*: false when it can't go on, and gather_trouble says why. */
bool gather_event(void *gather, const struct event_seen *event);
fallible gather_trouble(const struct gather *g, struct err *e);
uint64_t gather_until(const struct gather *g); /* all events before it that came are there; less than rules.until when there was no room */
uint64_t gather_taken(const struct gather *g); /* how many came from before it; the erased among them */

/* Puts them in order, or, with `by_month`, in that of their months first. Once, when all have come. */
void gather_sort(struct gather *g, bool by_month);
/* The next row; NULL: over. Its cells live until the next call. */
fallible gather_next(struct gather *g, const struct column_row **out_row, struct err *e);
uint32_t gather_month(const struct gather *g); /* of the row that comes next; only of what is sorted by month. UINT32_MAX: over */
/* Lets go of later events until those that are left are of at most so many months, which are sorted anew. */
void gather_cut(struct gather *g, uint32_t months_max);
