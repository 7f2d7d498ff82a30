/* A naive model of people: every event that counted, in a list; whatever is asked is added up from the start. */
#pragma once

#include "sim/model_identity.h"

struct model_seen {
    const struct deed *deed;
    struct model_owner owner;
    uint64_t position;
    int64_t time_us; /* log time */
};

struct model_people {
    struct model_seen seen[DEEDS_MAX];
    uint32_t count;
    uint8_t priority[8], first[8]; /* of sources, in the order of source_names */
};

#define SOURCE_COUNT 4u
#define SOURCE_PRIORITY_DEFAULT 100u
extern const char *const source_names[SOURCE_COUNT];
uint32_t source_place(const char *name);

void model_people_init(struct model_people *p);
/* Did this message come before, within the days of the default? */
bool model_is_duplicate(const struct model_people *p, const struct deed *d, int64_t now_us);
void model_see(struct model_people *p, const struct model_seen *seen);

/* Does the event belong to the people that have this label? */
bool model_is_of(const struct model_identity *m, const struct model_seen *seen, uint32_t label);

struct model_count {
    const char *event, *brand, *channel;
    uint64_t count;
    int64_t first_us, last_us;
};
size_t model_counts(const struct model_people *p, const struct model_identity *m, uint32_t label, struct model_count *out, size_t max);

struct model_trait {
    const char *name, *brand, *source;
    int64_t time_us, value;
};
size_t model_traits(const struct model_people *p, const struct model_identity *m, uint32_t label, struct model_trait *out, size_t max);
