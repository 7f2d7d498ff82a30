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

/* Numbers of brands (NAME_BRAND), ascending; 0 is the whole group: what is of no brand. */
struct brand_set {
    uint32_t count;
    const uint32_t *list;
};
bool brand_set_has(struct brand_set b, uint32_t brand);
bool brand_sets_meet(struct brand_set x, struct brand_set y);

/* An identifier of a person. */
#define ID_BRANDS_MAX 32u /* to which an identifier is known; beyond, those of the smallest numbers stay */
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
    struct brand_set known_to;  /* whose events, or acts of somebody limited to them, showed it to be this person's */
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
/* Whether the bytes of identity_section are a living person's: no alias, not erased. For projections. */
bool identity_section_lives(struct bytes section);
uint32_t identity_of_owner(const struct view *v, struct hash128 owner); /* of an event's owner key; PERSON_NONE: also of whoever was erased */
struct hash128 identity_public_id(const struct view *v, uint32_t number);
/* The number's own, also of one that was absorbed: not that of who it is now. Zeroes: it was erased. */
struct hash128 identity_own_public_id(const struct view *v, uint32_t number);
uint32_t identity_of_public_id(const struct view *v, struct hash128 id); /* also of an absorbed one */
size_t identity_list(const struct view *v, uint32_t number, const struct identifier **out_list); /* in the view's arena */
/* The best of a person's identifiers: what stands for them where one is wanted. It lives in the view's arena; false: none
 * is in force. identity_lead_known: of those that are known to any of `brands`. */
bool identity_lead(const struct view *v, uint32_t number, struct envelope_id *out_id);
bool identity_lead_known(const struct view *v, uint32_t number, struct brand_set brands, struct envelope_id *out_id);
/* The key that owns what an identifier's holder does now: what is decided about the person is kept under it, so that it follows
 * the identifier. false: nobody has it in force. */
bool identity_owner_key(const struct view *v, const struct envelope_id *id, struct hash128 *out_owner);
/* Of an owner's key: its holder's rank, which is the how-manieth they are of those who were not erased, from 1: so exports name them,
 * since a workspace that takes one in may never have heard of the erased. 0: it can't be told (more than 64 separate runs of holders of
 * the value were erased, and this one lies among the earliest). One look-up, as the way back. */
uint32_t identity_holder_rank(const struct view *v, struct hash128 owner);
/* The owner's key of the holder of this rank (from 1) of a plain key. false: nobody can have it. Whether anybody has is for
 * identity_of_owner to say. */
bool identity_owner_of_rank(const struct view *v, struct hash128 plain, uint32_t rank, struct hash128 *out_owner);
/* Until when people who were erased had the value of a plain key: what was said of the value before may mean one of them, whoever has
 * it now. INT64_MIN: none of its holders was erased. One look-up. */
int64_t identity_erased_until(const struct view *v, struct hash128 plain);
/* The identifier that has this key, of whoever it is now; NULL: there is none. In the view's arena. */
const struct identifier *identity_owned(const struct view *v, struct hash128 owner);
/* The brands to which any of a person's identifiers is known: those that have an event of the person, and none else (but for
 * what ID_BRANDS_MAX cuts). In the view's arena. */
struct brand_set identity_known_to(const struct view *v, uint32_t number);
struct brand_set identifiers_known_to(const struct identifier *list, size_t count, struct arena *a); /* the same, of such a list */
size_t identity_evidence(const struct view *v, uint32_t number, const struct evidence **out_list);
/* The first evidence by which what this owner's key owns is that of whoever is known by the person's best identifier (identity_lead): what was owned before it came was brought by
 * it. false: it is that identifier's own, or nothing is kept that tells. O(evidence). */
bool identity_joined(const struct view *v, uint32_t number, struct hash128 owner, struct evidence *out_evidence);
/* All keys that own events of this person: of each identifier, of each time that it was this person's. */
size_t identity_owners(const struct view *v, uint32_t number, const struct hash128 **out_keys);
/* The numbers under which events of this person may be stored: its own and its aliases. */
size_t identity_numbers(const struct view *v, uint32_t number, const uint32_t **out_numbers);
uint64_t identity_people(const struct view *v);      /* living people */
uint64_t identity_people_known_to(const struct view *v, uint32_t brand); /* living people; one look-up */
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

/* What a living person is known by changed: which identifiers, in which state, known to whom; or the number lives no more. Said behind
 * the merges, splits and quarantines of its step. */
struct identifiers_changed {
    uint32_t person;
    const struct identifier *list; /* as identity_list has them now */
    size_t count;                  /* 0: the number lives no more */
};
extern const struct fact_kind fact_identifiers_changed;

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
    COMMAND_ERASE = 0x030A,       /* takes a person away: identity_erase_pack */
    COMMAND_REVIEW = 0x0309,      /* decides on a quarantined identifier: release it, give it to a person, or block it */
};

/* All acts name who did them and why; both are kept in the audit list of acts. */
#define ACT_BRANDS_MAX 32u
struct identity_act {
    struct bytes by;         /* the token's name */
    struct bytes reason;
    uint32_t brand_count;    /* that the token is limited to: the identifiers bound become known to them. 0: not limited;
                              * what it binds becomes known to those whom the person's others are, since it tells nobody else */
    struct bytes brands[ACT_BRANDS_MAX]; /* by name; those that no event had yet don't count */
    uint32_t id_count;
    struct envelope_id ids[ENVELOPE_IDS_MAX];
    uint64_t undo_position;  /* COMMAND_UNDO */
    uint8_t choice;          /* COMMAND_REVIEW: enum review_choice; COMMAND_BLOCK: 1 blocks, 0 unblocks */
    int64_t decided_us;      /* of one that is done again as it was elsewhere: when that was; 0: now */
};
enum review_choice { REVIEW_RELEASE, REVIEW_GIVE, REVIEW_BLOCK, REVIEW_CHOICE_COUNT };
extern const char *const review_choice_names[REVIEW_CHOICE_COUNT]; /* "release", "give", "block" */
#define ACT_PAYLOAD_BYTES_MAX 16384u
fallible identity_act_pack(const struct identity_act *act, struct buf *out, struct err *e);
fallible identity_act_unpack(struct bytes payload, struct identity_act *out_act, struct err *e);
fallible identity_type_pack(const struct id_type_rule *rule, struct buf *out, struct err *e);

/* --- erasing --- */

#define ERASE_PAYLOAD_BYTES_MAX 2048u
struct erase_ask {
    struct hash128 public_id; /* never a value: the log would hold it */
    struct hash128 salt;      /* drawn anew: keys the pseudonyms in what must be kept (engine/forget.h) */
    struct bytes by, reason;
};
fallible identity_erase_pack(const struct erase_ask *ask, struct buf *out, struct err *e);

struct person_erased {
    struct hash128 public_id;
};
extern const struct fact_kind fact_person_erased;

/* What is kept of an erasure: nothing that says who it was. Events of these owners before its position are to be purged. */
struct erasure {
    uint64_t position;
    int64_t time_us;
    struct hash128 public_id;
    struct bytes by, reason;
    bool everywhere;             /* they may be stored under other numbers too */
    uint32_t number_count;
    const uint32_t *numbers;     /* under which they are stored; the person's own come first */
    uint32_t own_count;
    uint32_t owner_count;
    const struct hash128 *owners;
    uint32_t named_count;
    const struct hash128 *named; /* plain keys of identifiers by which events of others name them: these lose them */
    uint32_t absorbed_count;
    const struct hash128 *absorbed; /* public ids of those that were merged into them */
};
/* Whether the rows of all whom they had absorbed are empty by now, and acts about them blank: both go by slices. */
bool identity_erasure_is_settled(const struct view *v, uint64_t position);
bool identity_erasure_is_listed(const struct view *v, uint64_t position); /* only the former: `absorbed` is whole */
/* The first one from a position on; its lists in `a`, its words borrowed from the view. */
bool identity_erasure_next(const struct view *v, uint64_t from, struct arena *a, struct erasure *out_erasure);

/* --- for reading back: acts and reviews, newest first --- */
struct act_record {
    uint64_t position;
    int64_t time_us;
    uint32_t command;
    struct bytes by, reason;
    struct bytes summary;    /* a record: ids, and people as numbers; choice, blocked, position (undone), brands where there are any */
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
    struct hash128 owner;    /* its key as that person's */
};
bool identity_review_next(const struct view *v, struct hash128 after, struct review_record *out_review); /* start at zeroes */
/* What operators have blocked, in no order that means anything; start at zeroes. Borrowed from the view. */
struct blocked_value {
    struct hash128 key;
    uint16_t type;
    struct bytes ns, value;
};
bool identity_blocked_next(const struct view *v, struct hash128 after, struct blocked_value *out_blocked);

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
