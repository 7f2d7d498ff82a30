/* Surveys: studies (study.h) that look at whole tags and segments: how many of their people can be reached, how they overlap, in what they differ from others.
 *
 * A survey takes its sets at one position of the log, on the engine's thread, and works on a thread of studies; the rows of people are read some at a time, so that
 * commands wait no longer than for any other read. So who is counted is exact as of `as_of_time`, and what is said of each is as of when their row was read. */
#pragma once

#include <stdatomic.h>

#include "domain/audience/audience.h"
#include "edge/route.h"

#define SURVEY_NAMED_MAX 20u /* definitions that one is asked about by name */

struct bitmap;
struct survey;

/* Whom a set is of: "segment:vip", "tag:channel" (whoever has a value), "tag:channel=tmall". */
struct survey_ref {
    enum audience_kind kind;
    struct bytes name;
    struct bytes value; /* empty: whichever */
};
/* Of a text, which it borrows. INVALID: it is none. */
fallible survey_ref_read(struct bytes text, struct survey_ref *out_ref, struct err *e);

struct survey_kind {
    const char *question; /* what the answer is called */
    /* Engine's thread, once while the request waits and once at the beginning of the work; each may run twice. Looks up what it needs, into the survey's arena, and
     * adds its sets. NULL, or why it can't be answered. */
    const struct problem *(*open)(struct survey *s, const struct view *v);
    /* A thread of studies: all the work, with s->sets there. CANCELLED when is_cancelled. */
    fallible (*work)(struct survey *s, struct err *e);
    /* The same thread: members of the open answer. Sets are gone by then. */
    fallible (*print)(struct survey *s, struct json_writer *w, struct err *e);
    void (*free)(struct survey *s); /* what `own` has beyond the arenas; NULL: nothing */
};

struct survey {
    const struct survey_kind *kind;
    struct request look; /* what printers look at; it has no exchange */
    struct token token;
    struct arena *said, *arena; /* of what was asked; of what was looked up, emptied before each opening */
    void *own;                  /* the kind's, in `said` */
    int64_t now_us;             /* of the sets */
    struct bitmap **sets;       /* frozen: any thread may read them */
    uint32_t set_count;
    atomic_bool is_cancelled;
    _Atomic uint64_t read, total; /* people, or whatever its work is measured in */
    /* The survey's own affairs. */
    uint32_t set_room;
    uint32_t used[SURVEY_NAMED_MAX]; /* definitions of which it isn't noted yet that they are used today */
    uint32_t used_count;
    bool keeps_awake;
    atomic_flag is_taken;
    struct status status;
    struct err error;
    const struct problem *problem;
    struct survey_slice *slice;
};

/* For a handler: makes the survey; then, once `own` is filled in, answers the request with it, or how far it is (the query's wait_ms). */
struct survey *survey_create(struct request *r, const struct survey_kind *kind);
void survey_ask(struct request *r, struct survey *s);
void survey_destroy(struct survey *s); /* of one that wasn't asked */

/* For `open`, at most SURVEY_NAMED_MAX times. Adds the set of a definition that the token sees, which counts as its use: NULL, or why not. What is found goes to *out_audience (may be NULL; borrowed from the view). */
const struct problem *survey_set_add(struct survey *s, const struct view *v, const struct survey_ref *ref,
                                     struct audience *out_audience);
/* Adds a set that the caller has made on this thread; the survey destroys it. */
void survey_set_take(struct survey *s, struct bitmap *set);

/* For `work` and `print`: reads these people, ascending, each at most once. `take` runs on the engine's thread, for some of them at a time, again when a row was cold, and
 * writes down what it wants to know of one; `keep` gets that, in their order, on the calling thread. Whoever lives no more, or isn't to be seen by the token, is
 * passed over. Counts up s->read. CANCELLED; FULL: the engine is overrun. */
struct survey_reader {
    void (*take)(struct survey *s, const struct view *v, uint32_t person, struct buf *out);
    void (*keep)(struct survey *s, uint32_t person, struct bytes taken);
};
fallible survey_read(struct survey *s, const struct survey_reader *reader, const uint32_t *people, size_t count,
                     struct err *e);
/* A taker: the person in a line of a list (brief.h), an object in JSON. */
void survey_take_brief(struct survey *s, const struct view *v, uint32_t person, struct buf *out);
/* The same of at most `max` members of a set, spread evenly over it; all of them when there are no more. */
fallible survey_read_set(struct survey *s, const struct survey_reader *reader, const struct bitmap *set, uint64_t max,
                         struct err *e);
