/* What rules cost. How often each is looked at is counted where it happens, in memory alone: it is no state, and begins anew with the process and whenever a rule takes
 * over. What it keeps of people, and how long a look at one takes, is found out of a sample by whoever asks. Engine's thread. */
#pragma once

#include "engine/view.h"

/* Of a day, or of as much of it as there was. */
struct rule_looks {
    int64_t from_us; /* log time; 0: it wasn't counted yet */
    uint64_t looks;  /* at what it says of somebody, whatever came of it */
    uint64_t turns;  /* of these: because of the time alone */
};
/* Of a rule: since the last midnight in the workspace's zone, and of the day before. */
struct rule_effort {
    struct rule_looks today, before;
};
/* Both days together, with looks of steps that were only previewed; of a rule that isn't there none. O(1). */
struct rule_looks rule_looks_of(const struct view *v, uint32_t rule);

/* Looks at what the rule says of a person as a step does, and forgets it: for whoever measures how long that takes. Nothing for a rule that says nothing. */
void rule_try(const struct view *v, uint32_t person, uint32_t rule);

/* What rules keep in a person's rows. Series that several rules read are shared equally. */
struct rule_bytes {
    uint32_t rule;
    double bytes;
};
/* In no order, a rule perhaps more than once; in the view's arena. O(what is kept of the person). */
size_t rule_bytes_of(const struct view *v, uint32_t person, const struct rule_bytes **out_list);
