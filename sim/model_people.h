/* A naive model of people: every event that counted, in a list; whatever is asked is added up from the start. */
#pragma once

#include "sim/model_identity.h"

#define SEEN_MAX 4096u
#define PARTS_MAX 1024u
#define PART_NONE UINT32_MAX
#define CUSTOM_EVENTS_MAX 8u

struct model_seen {
    const struct deed *deed;
    const char *counts_as; /* an event, which an alias may have changed */
    struct model_owner owner;
    uint64_t position;
    int64_t time_us;       /* log time */
    bool may_be_forgotten; /* as a message: once the horizon was narrower than the time or number since */
    uint32_t part;         /* that waits to be counted anew; PART_NONE: none */
};

/* A part of somebody who was split: its events of before are counted anew when a re-fold is installed, and by the aliases
 * of that time. */
struct model_part {
    uint64_t id;     /* position of the split */
    uint32_t number; /* among the parts of this id */
    uint32_t person; /* the engine's number */
    bool is_open;
};

/* An event that isn't standard: somebody has said its name. */
struct model_name {
    const char *name, *counts_as; /* "": itself */
};

struct model_people {
    struct model_seen seen[SEEN_MAX];
    uint32_t count;
    struct model_part parts[PARTS_MAX];
    uint32_t part_count;
    struct model_name names[CUSTOM_EVENTS_MAX];
    uint32_t name_count;
    int64_t dedup_days, dedup_ids; /* the settings */
    uint8_t priority[8], first[8]; /* of sources, in the order of source_names */
};

#define SOURCE_COUNT 4u
#define SOURCE_PRIORITY_DEFAULT 100u
extern const char *const source_names[SOURCE_COUNT];
#define PURPOSE_COUNT 2u
extern const char *const purpose_names[PURPOSE_COUNT];
uint32_t source_place(const char *name);

void model_people_init(struct model_people *p, int64_t dedup_days, int64_t dedup_ids);
/* Did this message come before, within the days and the number of the settings? It may have been forgotten while they were
 * narrower: then either will do. */
enum model_novelty { MESSAGE_NEW, MESSAGE_SEEN, MESSAGE_EITHER };
enum model_novelty model_novelty(const struct model_people *p, const struct deed *d, int64_t now_us);
bool model_was_seen(const struct model_people *p, const struct deed *d); /* ever */
void model_dedup_set(struct model_people *p, const char *setting, int64_t value, int64_t now_us);
void model_see(struct model_people *p, const struct model_seen *seen);

/* An alias of events from now on. Returns the name of the reason why not; NULL: it holds. */
const char *model_alias(struct model_people *p, const char *name, const char *alias_of);

/* What facts and results tell of the events that are counted anew. */
void model_part_open(struct model_people *p, const struct model_part *part);
void model_part_mark(struct model_people *p, uint32_t seen); /* the event is of the part that was opened last */
void model_parts_give_up(struct model_people *p, uint32_t person);
void model_parts_move(struct model_people *p, uint32_t from, uint32_t to);
uint32_t model_part_free(const struct model_people *p, uint64_t id);
void model_part_install(struct model_people *p, uint64_t id, uint32_t number);

/* Does the event belong to the people that have this label? */
bool model_is_of(const struct model_identity *m, const struct model_seen *seen, uint32_t label);

struct model_count {
    const char *event, *brand, *channel;
    uint64_t count;
    int64_t first_us, last_us;
};
size_t model_counts(const struct model_people *p, const struct model_identity *m, uint32_t label, struct model_count *out, size_t max);

/* As events, consents and parts of a split name the owner. */
struct hash128 model_owner_key(const struct model_identity *m, const struct model_owner *owner);

/* What an owner has said about being written to. */
struct model_consent {
    const struct deed *deed;
    struct model_owner owner;
};
#define CONSENTS_KEPT 64u /* the newest */
/* The newest ones, newest first. Equal ones stand once. */
size_t model_consents(const struct model_people *p, const struct model_identity *m, uint32_t label, struct model_consent *out, size_t max);
/* Does the list allow it at now_us? "": the whole group; all channels. */
struct model_wish {
    const char *purpose, *brand, *channel;
};
bool model_consents_to(const struct model_identity *m, const struct model_consent *list, size_t count, const struct model_wish *wish, int64_t now_us);

struct model_trait {
    const char *name, *brand, *source;
    int64_t time_us, value;
};
size_t model_traits(const struct model_people *p, const struct model_identity *m, uint32_t label, struct model_trait *out, size_t max);
