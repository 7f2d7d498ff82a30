/* Asking a question of a view: threads take chunk after chunk, put the events of each subject in their order, and hand them to the question.
 *
 * Subjects that aren't persons (an order, a conversation, a member of staff) are dealt out by a hash of what they are keyed by, in as many passes as
 * memory asks for. Memory: each thread keeps the events that a question wants of one chunk (or one deal), and its tally. */
#pragma once

#include <stdatomic.h>

#include "domain/analytics/question.h"
#include "domain/column/column.h"

/* What the asker may see, decided by the edge. */
struct sight {
    bool is_limited; /* to the brands below, and to events of none */
    uint32_t brand_count;
    const struct bytes *brands; /* names */
    struct bytes store;         /* empty: all stores; else events of this store and of none */
};

struct inquiry_ask {
    const struct question *question; /* outlives the inquiry */
    struct sight sight;              /* borrowed */
    const struct thing_book *things; /* of the question's wants, all kept; outlives the inquiry; NULL: it wants none */
    const uint32_t *people;          /* ascending; NULL: all. Subjects of others are left out */
    size_t people_count;
    const void
        *cell; /* of question_kind.cell_read: the people of this cell are gathered; NULL: the question is answered */
    uint32_t found_max;      /* people to gather: those of the smallest numbers, and how many there are */
    size_t memory_bytes_max; /* of all threads together: LIMIT beyond, with what to do */
    const atomic_bool *is_cancelled; /* all work is to end soon, with CANCELLED; outlives the inquiry; NULL: nobody cancels it */
};

struct inquiry;
/* Loads the view, which then belongs to the inquiry (when it fails, it is closed). The shelf outlives it. */
fallible inquiry_open(const struct inquiry_ask *ask, struct column_view *view, struct column_shelf *shelf,
                      struct inquiry **out_inquiry, struct err *e);
void inquiry_close(struct inquiry *i); /* nobody works for it any more; NULL is fine */

/* Takes part until nothing is left to take: call it in as many threads as are to work. */
void inquiry_work(struct inquiry *i);
double inquiry_progress(const struct inquiry *i); /* 0 .. 1; any thread */
/* One thread, when all who worked are back: joins what they counted, and concludes from it (question_kind.conclude), which takes its time, can be cancelled
 * and is part of the progress. What fails is told by those below, which do this first where nobody did. */
void inquiry_conclude(struct inquiry *i);
/* When all who worked are back. CANCELLED, CORRUPT, LIMIT … of the first that failed. Members of an open object: the question's, then "event_names" (answer.h), "as_of" (the position),
 * "events" (of them, that it was asked over: items, where it is asked by item), "subjects". */
fallible inquiry_print(struct inquiry *i, struct json_writer *w, struct err *e);
fallible inquiry_found(struct inquiry *i, const uint32_t **out_people, size_t *out_count, uint64_t *out_total,
                       struct err *e);
