/* Predictions that are kept (domain/prediction), between their requests and the questions `predict` and `score` that they are asked by (analytics.c). */
#pragma once

#include "domain/prediction/prediction.h"
#include "edge/api/api.h"

/* One that is being fitted or scored. */
struct prediction_asked {
    struct bytes name;
    bool fits; /* else it is scored */
    /* Looked up: */
    bool is_there, is_fitted;
    uint64_t revision, fitted_revision;
    int64_t fitted_us;
    struct bytes question; /* the body of the question: its own, and what fitting or scoring says besides */
};
/* What a body says of one: to fit takes nothing, to score only what says which rows are told, never what they are, nor of whom. `body` is an object.
 * INVALID: another member, or of another kind. */
fallible prediction_body_check(const struct prediction_asked *asked, struct json body, struct err *e);
/* On the engine's thread; what is found lives in `arena`. */
void prediction_look_up(const struct view *v, struct prediction_asked *io_asked, struct arena *arena);

/* Asks one as its route does, for the daemon itself, and waits for the answer (studies_run). `look` has a token, and the route of fitting or of writing traits. Not on the
 * engine's thread, nor on one of studies. Any failure; CANCELLED, UNAVAILABLE: the daemon ends. */
fallible prediction_ask(const struct request *look, struct bytes name, struct bytes body, struct buf *out_json,
                        struct err *e);

/* On a thread that may wait; members into an open object, as the routes say. `look` has a token.
 * Keeps the model of an answer to `predict`, and its card. INVALID: the prediction has changed meanwhile; LIMIT: it is too large to keep. */
fallible prediction_keep(const struct request *look, const struct prediction_asked *asked, struct json answer,
                         struct json_writer *w, struct err *e);
/* Notes what an answer to `score` says of everybody: how many, and drift. */
fallible prediction_note(const struct request *look, const struct prediction_asked *asked, struct json answer,
                         struct json_writer *w, struct err *e);
