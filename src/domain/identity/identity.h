/* Identity (OneID): which identifiers are one person, why, and since when; merged, and taken apart again.
 *
 * Invariants
 *   - An identifier in force belongs to at most one person; the index finds it by its key, the bytes are compared.
 *   - Two identifiers are one person only through evidence: a set of identifiers seen together, with where and when.
 *     A person is a connected component of its evidence (a lone identifier is one by itself).
 *   - Without limits the people do not depend on the order of arrival. Limits, moves and quarantine decide in log order
 *     and stand until a verb or a review undoes them.
 *   - A person's number is never used again. At a merge the younger number becomes an alias and comes back at a split.
 *
 * Resolving an event: its own identifiers, best priority first; blocked, malformed and quarantined ones don't count.
 * None is known: a new person. Some are: they are one person, unless that breaks a limit or a never-merge; then the
 * one of the worst priority is taken off the event (its type says what becomes of it) and it is tried again.
 * Defaults and peers: docs/adr/ (identity rules). */
#pragma once

#include "domain/collect/collect.h"
#include "domain/identity/types.h"
#include "engine/domain.h"

extern const struct domain identity_domain;
extern const struct section identity_section;

#define CLUSTER_IDS_MAX 1000u   /* identifiers of one person */
#define EVIDENCE_SETS_MAX 512u  /* distinct sets of one person; beyond, a set that adds no connection isn't kept */

/* An identifier of a person. */
enum id_state {
    ID_IN_FORCE,
    ID_PASSED_ON,   /* it was this person's until until_us; what it owned then stays */
    ID_QUARANTINED, /* a hub: it joins nobody until it is reviewed */
};
struct identifier {
    uint16_t type;
    enum id_state state;
    uint32_t holder;        /* the how-manieth holder this person is, from 1; of several in a row the last */
    struct bytes ns, value;
    struct hash128 key;     /* of this holder: identifier_key_of_holder(plain key, holder), as owners of events are */
    int64_t since_us, until_us; /* validity in time; until 0: open */
    int64_t first_us, last_us;  /* event times seen, in whole seconds; `last` may be an hour behind */
};

enum evidence_rule { EVIDENCE_EVENT, EVIDENCE_BIND, EVIDENCE_MERGE, EVIDENCE_REVIEW };
struct evidence {
    enum evidence_rule rule;
    uint64_t position;      /* of the first command that said so */
    int64_t first_us, last_us; /* as of an identifier */
    uint32_t count;         /* of sightings, those within an hour as one */
    uint32_t member_count;
    const uint16_t *members; /* places in the person's list of identifiers, ascending */
};

/* Who, over a view. All numbers returned are living people, never aliases. */
uint32_t identity_find(const struct view *v, uint16_t type, struct bytes ns, struct bytes value, struct hash128 key); /* PERSON_NONE */
/* The same for an identifier in whatever state: whose it is, or was last. PERSON_NONE: it was never seen. */
uint32_t identity_find_last(const struct view *v, const struct envelope_id *id);
uint32_t identity_living(const struct view *v, uint32_t number);      /* follows aliases */
uint32_t identity_of_owner(const struct view *v, struct hash128 owner); /* of an event's owner key; PERSON_NONE */
struct hash128 identity_public_id(const struct view *v, uint32_t number);
uint32_t identity_of_public_id(const struct view *v, struct hash128 id); /* also of an absorbed one */
size_t identity_list(const struct view *v, uint32_t number, const struct identifier **out_list); /* in the view's arena */
/* The best of a person's identifiers: what stands for them where one is wanted. It lives in the view's arena; false: none
 * is in force. */
bool identity_lead(const struct view *v, uint32_t number, struct envelope_id *out_id);
size_t identity_evidence(const struct view *v, uint32_t number, const struct evidence **out_list);
/* All keys that own events of this person: of each identifier, of each time that it was this person's. */
size_t identity_owners(const struct view *v, uint32_t number, const struct hash128 **out_keys);
/* The numbers under which events of this person may be stored: its own and its aliases. */
size_t identity_numbers(const struct view *v, uint32_t number, const uint32_t **out_numbers);
uint64_t identity_people(const struct view *v);      /* living people */
uint64_t identity_identifiers(const struct view *v); /* in force */
uint64_t identity_merges(const struct view *v);

/* --- facts --- */

/* An event found its person. */
struct resolved {
    const struct arrived *arrived;
    uint32_t person;        /* PERSON_NONE: an event of nobody (no identifier counted) */
    bool created;           /* the person is new */
    struct hash128 owner;   /* of the deciding identifier; zeroes: nobody's */
    uint16_t owner_type;
    uint32_t other;         /* the other person of the envelope, if known */
};
extern const struct fact_kind fact_resolved;

/* Two people were found to be one. Fold sections are combined already. Of one event: merges, splits, quarantined,
 * resolved, in this order. */
struct merged {
    uint32_t survivor, absorbed;
    enum evidence_rule rule;
};
extern const struct fact_kind fact_merged;

/* One person was found to be several. parts[0] keeps the number. Said after the merges of its step: a part may have been
 * joined with others by the same event, and is told as it is at the end. */
struct split_part {
    uint32_t person;
    bool returned;          /* an absorbed number came back (else it is new) */
    uint32_t owner_count;
    const struct hash128 *owners; /* keys of its identifiers: events of these owners are its own */
};
struct split {
    uint32_t person;
    uint32_t part_count;
    const struct split_part *parts;
};
extern const struct fact_kind fact_split;

/* An identifier was set aside as a hub. */
struct quarantined {
    const struct identifier *identifier;
    uint32_t conflicts;
};
extern const struct fact_kind fact_quarantined;

extern const struct fact_kind fact_id_type_changed; /* struct id_type_rule; edge threads then take a new copy */

/* --- commands; payloads are packed by these --- */
enum {
    COMMAND_BIND = 0x0301,        /* these identifiers are one person */
    COMMAND_UNBIND = 0x0302,      /* this identifier isn't the person's (nor are its children) */
    COMMAND_MERGE = 0x0303,       /* the people of these two are one */
    COMMAND_SPLIT = 0x0304,       /* these identifiers of the person are somebody else */
    COMMAND_NEVER_MERGE = 0x0305, /* the people of these two are never one; splits them when they are */
    COMMAND_UNDO = 0x0306,        /* takes back the act logged at a position */
    COMMAND_TYPE = 0x0307,        /* declares or changes a type */
    COMMAND_BLOCK = 0x0308,       /* a value of a type never counts (or counts again) */
    COMMAND_REVIEW = 0x0309,      /* decides on a quarantined identifier: release it, give it to a person, or block it */
};

/* All acts name who did them and why; both are kept in the audit list of acts. */
struct identity_act {
    struct bytes by;         /* the token's name */
    struct bytes reason;
    uint32_t id_count;
    struct envelope_id ids[ENVELOPE_IDS_MAX];
    uint64_t undo_position;  /* COMMAND_UNDO */
    uint8_t choice;          /* COMMAND_REVIEW: enum review_choice; COMMAND_BLOCK: 1 blocks, 0 unblocks */
};
enum review_choice { REVIEW_RELEASE, REVIEW_GIVE, REVIEW_BLOCK };
fallible identity_act_pack(const struct identity_act *act, struct buf *out, struct err *e);
fallible identity_act_unpack(struct bytes payload, struct identity_act *out_act, struct err *e);
fallible identity_type_pack(const struct id_type_rule *rule, struct buf *out, struct err *e);

/* --- for reading back: acts and reviews, newest first --- */
struct act_record {
    uint64_t position;
    int64_t time_us;
    uint32_t command;
    struct bytes by, reason;
    struct bytes summary;    /* a record: what was merged, split … */
    bool undone;
    bool undoable;           /* it joined or parted people, and is still in force */
    uint32_t owner_count;
    const struct hash128 *owners; /* keys of identifiers whose people it joined or parted: identity_of_owner tells these now */
};
bool identity_act_before(const struct view *v, uint64_t position, struct act_record *out_act); /* the newest one before */
struct review_record {
    struct hash128 key;
    uint16_t type;
    struct bytes ns, value;
    int64_t since_us;
    uint32_t conflicts;
    uint32_t held_by;        /* the person that had it; PERSON_NONE */
};
bool identity_review_next(const struct view *v, struct hash128 after, struct review_record *out_review); /* start at zeroes */

/* Canonical digest: people as sets of identifiers in force, independent of numbers and order. Visits every person. */
struct hash128 identity_canonical_digest(const struct view *v);

struct json_writer;
/* {"type":…,"ns":…,"value":…,"since":…,"state":…}, the value masked when `masked`. Members of an open object. */
void identifier_print(const struct view *v, const struct identifier *id, bool masked, struct json_writer *out);

/* For collect, whose command carries the identifiers: touches every person that resolving this event will touch. */
void identity_touch(const struct view *v, const struct envelope *envelope);
/* Touches ahead what resolving an event of these keys will read: stage by stage while it returns true, at most eight. */
struct identity_ahead { /* zeroes before the first stage */
    uint32_t step;
    uint32_t from;   /* the keys before were tried */
    uint32_t person; /* found on the way */
};
bool identity_prefetch(const struct view *v, const struct envelope_keys *keys, struct identity_ahead *io_ahead);
