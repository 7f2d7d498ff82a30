/* The events behind what a rule says of a person: read again beside the engine, by whoever asks why, or how it was (cut.h).
 *
 * Begun on the engine's thread, fed with the person's events on any one thread, and told on the engine's thread again. What is told of an earlier cut is
 * evaluated over the events that were fed; what is told of now over what is kept, as the rule itself says it. */
#pragma once

#include "domain/rule/cut.h"
#include "domain/rule/explain.h"

#define TRACE_EVENTS_MAX 100u /* kept of each aggregate: the newest */

struct rule_trace_ask {
    uint32_t rule;
    struct rule_cut cut;
    uint32_t events_max; /* of each aggregate, at most TRACE_EVENTS_MAX; 0: none */
};
struct rule_trace;
/* NULL: there is no such rule, or it can't be compiled any more. Compiles it. */
struct rule_trace *rule_trace_create(const struct view *v, const struct rule_trace_ask *ask);
void rule_trace_destroy(struct rule_trace *t); /* NULL is fine */
void rule_trace_at(struct rule_trace *t,
                   const struct rule_cut *m); /* before it is fed: the cut with its instant (cut_settle) */
/* The person's, newest first, each once. `is_shown` false: it counts, and whoever asks may not see it. false: no more are needed. CORRUPT: it isn't an event. */
fallible rule_trace_event(struct rule_trace *t, const struct event_seen *event, bool is_shown, bool *out_goes_on,
                          struct err *e);

/* An event that a rule gathered. */
struct traced_event {
    int64_t event_us;
    uint64_t position;
    struct hash128 owner;
    uint32_t stored_under; /* the number of whom it was when it came */
    struct bytes event;    /* as it was sent */
    series_wide adds;      /* of sums: how much, in millionths; of others how often it counts, as a whole number */
};
struct rule_explanation {
    const struct explained *root;
    struct rule_value value; /* of a condition unknown counts as no */
    int64_t now_us;          /* as of when */
    int64_t since_us,
        turn_us;     /* of now: since when it says so, and until when at least; 0 and INT64_MAX: not kept, none */
    uint32_t unkept; /* cut_unkept */
    const struct civil *civil; /* of the workspace's days */
};
/* false: the rule has ended since. In the view's arena, and the trace's. */
bool rule_explain(const struct view *v, const struct rule_trace *t, uint32_t person, struct rule_explanation *out);
/* Those of an aggregate or a sequence that lie in its window, newest first, borrowed; *out_hidden: there are ones that aren't shown, as far as they were kept. */
size_t rule_traced(const struct rule_trace *t, const struct explained *of, const struct traced_event **out_list,
                   bool *out_hidden);
