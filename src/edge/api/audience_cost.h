/* What definitions cost: how often their rules were looked at is counted (domain/rule/effort.h), how long a look takes and what they keep of people is found out of a
 * sample, of which all else is an estimate. */
#pragma once

#include "edge/api/audience_survey.h"

struct audience_cost {
    uint32_t rule; /* RULE_NONE: nothing answers, and it costs nothing */
    struct rule_looks looks;
    /* Of the sample. */
    double bytes;        /* kept of all of its people */
    int64_t look_ns;     /* the median */
    uint32_t look_count; /* how many were measured; 0: none */
};
/* What a survey that asks for this has in the first place of its `own`; its arrays live in the arena of what was looked up. */
struct audience_costs {
    struct audience_cost *list;
    size_t count;
    uint32_t set;                /* of everybody, among the survey's; a sample of whom is looked at */
    uint64_t everybody, sampled; /* people */
    /* Its own affairs. */
    uint32_t *places; /* by rule, one more than its place in the list; 0: not in it */
    uint32_t rules_end;
    struct cost_measure *measures;
    size_t measure_count;
};
/* On the engine's thread, once `list` has its rules. */
void audience_costs_open(struct survey *s, const struct view *v, struct audience_costs *costs);
/* For `work`, on a thread of studies. CANCELLED, FULL: as survey_read. */
fallible audience_costs_sample(struct survey *s, struct audience_costs *costs, struct err *e);

/* As of the survey's time; a day, or as much of one as was counted yet. */
double audience_looks_a_day(const struct survey *s, const struct audience_cost *cost);
double audience_turns_a_day(const struct survey *s, const struct audience_cost *cost);
double audience_cpu_ms_a_day(const struct survey *s, const struct audience_cost *cost);
double audience_bytes(const struct audience_costs *costs, const struct audience_cost *cost); /* of everybody */
/* A member `cost` of the open answer: how these figures were come by, in both languages. */
void audience_costs_put(const struct audience_costs *costs, struct json_writer *w);
