/* People: what is known of a person now. Traits by brand with their history, counters by event, brand and channel, and
 * the consent log. All are folds: exact at a merge, re-folded from events after a split (`pending` until then). */
#pragma once

#include "domain/identity/identity.h"
#include "engine/domain.h"

extern const struct domain people_domain;
extern const struct section traits_section, counters_section, consents_section;
extern const struct section found_section; /* what the person was entered under in the search columns */

#define TRAITS_MAX 128u          /* of one person, over all brands; beyond, those of the smallest names stay (the oldest) */
#define TRAIT_BYTES_MAX 1024u    /* a packed value; longer ones stay in the event alone */
#define TRAIT_HISTORY_MAX 4u     /* earlier values kept of each */
#define COUNTERS_MAX 256u        /* distinct (event, brand, channel); beyond, the smallest keys stay, and the rest adds up
                                  * under (0, 0, 0), "other", where events without a number count too */
#define CONSENTS_MAX 64u         /* newest kept */

#define SOURCE_PRIORITY_DEFAULT 100u

/* Survivorship of a trait: the value of the best source priority wins, among these the latest event time, among these
 * the larger value, among these the source of the smaller number; so the winner does not depend on the order of arrival.
 * A source whose rule is "first" goes before the others of its priority, and of it the earliest time wins. The history
 * is the best TRAIT_HISTORY_MAX other values in the same order, each once, by its best source and time. */
struct trait {
    uint32_t name;               /* NAME_TRAIT */
    uint32_t brand;              /* 0: the whole group's */
    uint32_t source;             /* NAME_SOURCE */
    uint8_t priority;            /* of the source: 0 best */
    int64_t time_us;
    struct bytes value;          /* packed */
    uint32_t history_count;
    const struct trait_value *history; /* newest first, the winner not among them */
};
struct trait_value {
    int64_t time_us;
    uint32_t source;
    struct bytes value;
};
struct counter {
    uint32_t event, brand, channel;
    uint64_t count;
    int64_t first_us, last_us;
};
struct consent {
    uint32_t brand, purpose, channel; /* brand 0: the whole group's, unless it is an entity's; channel 0: all */
    uint32_t entity;             /* NAME_ENTITY: it speaks to all brands of this one, and `brand` is 0; 0: to the brand */
    uint32_t source;
    bool given;
    int64_t time_us;             /* when it was said: the newest word of an identifier counts */
    int64_t from_us, until_us;   /* 0: from time_us; open */
    struct bytes policy, evidence;
    struct hash128 owner;        /* the identifier that gave it: it splits with it */
};

/* What somebody wants to do. Purposes stand for themselves: none is part of another, so "marketing" never means "health". */
struct consent_ask {
    uint32_t brand, entity;     /* brand 0: the whole group; entity: the brand's (brand_entity) */
    uint32_t purpose, channel;  /* channel 0: all channels */
};
enum consent_state { CONSENT_NONE, CONSENT_GIVEN, CONSENT_WITHDRAWN, CONSENT_EXPIRED };

size_t people_traits(const struct view *v, uint32_t person, const struct trait **out_list);
size_t people_counters(const struct view *v, uint32_t person, const struct counter **out_list);
size_t people_consents(const struct view *v, uint32_t person, const struct consent **out_list); /* newest first */
bool people_pending(const struct view *v, uint32_t person); /* a re-fold after a split isn't in yet */
/* The numbers under which events of this person may be stored: identity_numbers, and for one that came out of a split
 * also those of whom it came out of (events before the split lie there, among others': ask for their owner). */
size_t people_event_numbers(const struct view *v, uint32_t person, const uint32_t **out_numbers);
/* What consents (newest first) say at now_us. What each owner said last about it is in force, where "all channels" (0), "all brands
 * of the entity" and "the whole group" (0) speak of each channel and brand; the stricter owner wins: one that withdrew, else one
 * that gave and whose time isn't over is enough. channel 0: for all channels, so a withdrawal for one counts. *out_why (may be
 * NULL): the one that decided; NULL when none did. */
enum consent_state consents_say(const struct consent *list, size_t count, const struct consent_ask *ask, int64_t now_us, const struct consent **out_why);
/* Is it CONSENT_GIVEN at v->now_us? */
bool people_consents_to(const struct view *v, uint32_t person, uint32_t brand, uint32_t purpose, uint32_t channel);

/* --- finding: last four digits of a phone, (folded) name, pinyin or its initials, order number, public id --- */
enum find_kind { FIND_PHONE_TAIL, FIND_NAME, FIND_PINYIN, FIND_ORDER, FIND_KIND_COUNT };
struct find_view; /* a frozen view of the search columns: any one thread may scan it */
struct find_view *people_find_view(const struct view *v);
void people_find_view_close(struct find_view *f); /* any thread */
/* Numbers of people that may match (`text` as typed), newest first, each once, at most `max`; each is to be checked
 * against its row (people_matches), for hashes collide and values change. A number may have become an alias since. Any
 * thread; cost: a look at a filter for each 16,384 searchable values, and a pass over 4 bytes a value where it says yes. An
 * order is found by its whole number, a name also by the given name or a Latin word, pinyin by the whole, the given name or
 * the initials. */
size_t people_find_scan(const struct find_view *f, struct bytes text, uint32_t *out_numbers, size_t max);
bool people_matches(const struct view *v, uint32_t person, struct bytes text); /* follows aliases */
/* The same by the phones known to, and the names of, these brands; NULL: of all. An order number is said whole, so it counts. */
bool people_matches_known(const struct view *v, uint32_t person, struct bytes text, const struct brand_set *brands);

/* How much a source is trusted about traits; 0 best. Kept with each value: a new rule is for new events. A re-fold goes
 * by the rules of its own time. */
struct people_source {
    uint32_t source; /* NAME_SOURCE */
    uint8_t priority;
    bool first;      /* its earliest value stands, not its latest */
};
struct people_source people_source(const struct view *v, uint32_t source); /* the default where nothing was said */
bool people_source_next(const struct view *v, uint32_t after, struct people_source *out_rule); /* of which something was said, by number */
#define SOURCE_RULE_BYTES 6u
void people_source_pack(const struct people_source *rule, struct buf *out); /* the payload of COMMAND_SOURCE */

/* The fold itself, pure, as used live and by a re-fold: adds one event to sections. */
struct people_fold; /* sections being built */
struct people_fold *people_fold_create(struct arena *a);
void people_fold_source(struct people_fold *f, const struct people_source *rule); /* before the first event */
void people_fold_event(struct people_fold *f, const struct arrived *arrived, struct hash128 owner);
struct bytes people_fold_section(const struct people_fold *f, const struct section *section, struct arena *a);

extern const struct fact_kind fact_profile_changed; /* a trait or a consent of a person changed */
struct profile_changed {
    uint32_t person;
    uint32_t trait;         /* 0: a consent */
    uint32_t brand, entity; /* as of a trait and a consent: to whom the value, or the word, belongs */
};

enum { COMMAND_REFOLDED = 0x0401, COMMAND_SOURCE = 0x0402 /* rule of a source: u32 NAME_SOURCE, u8 priority, u8 first */ };
