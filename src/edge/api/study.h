/* Studies: questions about events on their way through the daemon. One is worked on at a time, by a thread a core that gives way to
 * everything else; some wait for their turn, and what is found is kept for a while for whoever didn't wait for it.
 *
 * Whoever asks waits for the answer as long as they say, and is then told the number under which to ask again. A study that nobody
 * has asked about for STUDY_FORGOTTEN_US ends: so one whose asker has gone costs nothing for long. */
#pragma once

#include <stdatomic.h>

#include "base/time.h"
#include "edge/route.h"

#define STUDIES_WAITING_MAX 8u
#define STUDY_READERS 8u       /* of so many workspaces questions are read at once */
#define STUDIES_UNREAD_MAX 32u /* of a workspace */
#define STUDIES_KEPT_MAX 8u /* answers that nobody has taken yet; the oldest goes */
#define STUDY_FORGOTTEN_US (30 * US_PER_SECOND)
#define STUDY_WAIT_MS_USUAL 30000u
#define STUDY_WAIT_MS_MAX 60000u

/* What is done for a study, in this order. None is called on the engine's thread, nor on one of HTTP. */
struct study_kind {
    fallible (*load)(void *own, struct err *e); /* one thread, before anybody works */
    void (*work)(void *own);                    /* a thread a core, until nothing is left to do */
    void (*cancel)(void *own);                  /* any thread while others load, work or conclude: they end soon, with CANCELLED */
    double (*progress)(const void *own);        /* the same: 0 .. 1 */
    void (*conclude)(void *own); /* one thread, when all are back, still to be cancelled; what fails is told by print */
    /* One thread, after that: the answer's members into an open object. */
    fallible (*print)(void *own, struct json_writer *w, struct err *e);
    void (*free)(void *own);
};

/* Reads a request on a thread for it, of a workspace one after the other: whoever reads then puts a study, or answers. So what is wrong with a
 * question is said before its turn, and nobody else's long questions wait for it. FULL: STUDIES_UNREAD_MAX are there already. */
fallible studies_read(struct request *r, void (*read)(struct request *r), struct err *e);
const atomic_bool *studies_closing(const struct studies *s); /* becomes true when nobody is to read on: what takes long ends then */

/* Who doesn't wait at all (wait_us 0) is told the number at once.
 *
 * The thing that is studied is `own`; it is freed with the study, or stays the caller's when this fails. The request is answered in time;
 * when this fails, it is the caller's still. FULL: STUDIES_WAITING_MAX wait already. */
fallible studies_put(struct request *r, const struct study_kind *kind, void *own, int64_t wait_us, struct err *e);
/* The same for the daemon's own work, in whose place the calling thread waits for as long as it takes: the answer's JSON goes to *out_json, which the caller has
 * initialised. `own` is freed in any case. CANCELLED, UNAVAILABLE: the daemon ends; FULL; and whatever fails. */
fallible studies_run(const struct request *look, const struct study_kind *kind, void *own, struct buf *out_json, struct err *e);
/* Answers with what was found, or how far it is after wait_us. Only the token that began a study knows of it. */
void studies_ask(struct request *r, struct bytes id, int64_t wait_us);
void studies_cancel(struct request *r, struct bytes id);

/* How long whoever asks waits, as the query's wait_ms says; "Prefer: respond-async" (RFC 7240): not at all. INVALID: no number. */
fallible study_wait_read(struct request *r, int64_t *out_wait_us, struct err *e);

/* Runs a reader on the engine's thread, as host_read does, but waits while others fill its queue. FULL: for half a minute. */
fallible study_look(const struct request *r, engine_reader read, void *context, struct err *e);
/* The same for giving back what was taken of the state: as long as it takes. false: the workspace can't be read any more, and has let go of it with all its memory. */
bool study_give_back(const struct request *r, engine_reader give, void *context);

struct study_stats {
    uint64_t waiting, kept;                     /* now: for their turn; for who takes the answer */
    uint64_t answered, failed, cancelled, full; /* ever; full: turned away */
    int64_t worked_us;                          /* from taking a question up until its answer, all together */
};
void studies_stats(struct studies *s, struct study_stats *out_stats); /* any thread */

struct study_shelves;
struct study_shelves *studies_shelves(struct studies *s); /* study_shelf.h */
