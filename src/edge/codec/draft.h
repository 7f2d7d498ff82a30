/* A draft: an envelope being made out of what an SDK or a file sent. Shared by all codecs; pure, on any thread.
 *
 * What can't identify (blocked, masked, virtual, malformed, of a type nobody declared) stays out of the identifiers; the
 * property "unlinked_ids" keeps its type and the reason, never a masked or virtual value. */
#pragma once

#include "domain/identity/identity.h"
#include "edge/codec/spelling.h"
#include "lib/json.h"

#define EVENT_JSON_BYTES_MAX (32u << 10)
#define RECORD_MEMBERS_MAX 1000u
#define UNLINKED_MAX 16u
#define EVENT_FUTURE_US_MAX INT64_C(86400000000)     /* a day: later than that is a wrong clock */
#define EVENT_TIME_US_LEAST INT64_C(946684800000000) /* 2000-01-01: earlier is a wrong clock */

/* What codecs need to know; immutable while they run. */
struct codec_context {
    const struct id_type_rule *rules; /* declared types, by number: rules[i].type ascending */
    size_t rule_count;
    uint64_t secret;                  /* the workspace's: keys identifiers and messages */
    struct bytes source;              /* the token's name */
    struct bytes brand, channel;      /* of events that don't say theirs; may be empty */
    int64_t received_us;
    bool import;
    bool told; /* of orders: the events that they derive come by themselves */
};

struct codec_counts {
    uint64_t events, faults, clamped_times;
    uint64_t unlinked[ID_VERDICT_COUNT]; /* by reason; [ID_GOOD] counts undeclared types */
};

/* What a request became: packed envelopes side by side, and what was wrong with the others. */
struct codec_event {
    uint32_t index;        /* in the request, from 0 */
    uint32_t offset, size; /* in packed */
};
struct codec_fault {
    uint32_t index;
    char words[256];       /* the place and what to do */
};
#define CODEC_FAULTS_MAX 100u /* kept with their words; all are counted */
struct codec_batch {
    struct buf packed;
    struct codec_event *events;
    size_t event_count, event_room;
    struct codec_fault *faults;
    size_t fault_count, fault_room; /* fault_count counts all; at most CODEC_FAULTS_MAX are kept */
    struct codec_counts counts;
    int64_t last_us, last_shift_us; /* events of equal times are set 1 us apart, in their order */
};
void codec_batch_init(struct codec_batch *b, size_t packed_bytes_max);
void codec_batch_clear(struct codec_batch *b); /* memory is kept */
void codec_batch_fini(struct codec_batch *b);
void codec_batch_name(struct codec_batch *b, uint32_t index, const char *words); /* among the faults, but not counted as one of the reader's */

/* A record (lib/value.h) that grows member by member; a name stands once. */
#define RECORD_SLOTS 2048u /* over twice RECORD_MEMBERS_MAX: an open table stays at most half full */
struct record_draft {
    struct buf bytes;
    uint32_t count;    /* members that stand */
    uint32_t replaced; /* those that don't any more; their bytes go at the end */
    uint64_t seen[8];  /* a few bits of each name: whether it may be there already, mostly rightly no */
    uint32_t indexed;  /* bytes whose members are in `slots`; 0: not used yet, and not emptied */
    uint32_t slots[RECORD_SLOTS]; /* where a member begins in `bytes`, by its name; 0: free */
};

#define DRAFT_MEMBERS_SEEN 32u
struct draft {
    const struct codec_context *context;
    struct codec_batch *batch;
    struct envelope envelope;
    struct record_draft traits, properties, item;
    struct buf items, consents, values; /* values: normalised identifiers */
    uint32_t unlinked_count;
    char unlinked[UNLINKED_MAX][64];
    bool in_other;        /* identifiers go to the other person */
    bool came_before;     /* draft_origin was said: its time is the one it got then */
    bool clock_said_set;
    int64_t clock_said_us;
    struct spellings spellings;
    /* Which member stood at each place of the event before: most batches are of one form. */
    uint8_t members_seen[DRAFT_MEMBERS_SEEN];
};

struct draft *draft_create(void); /* one a thread; NULL: no memory */
void draft_destroy(struct draft *d);

void draft_begin(struct draft *d, const struct codec_context *context, struct codec_batch *batch);
/* `type` by name. Bad values are noted, never a failure. LIMIT: too many. */
fallible draft_id(struct draft *d, struct bytes type, struct bytes ns, struct bytes raw, enum id_role role, struct err *e);
fallible draft_id_typed(struct draft *d, uint16_t type, struct bytes ns, struct bytes raw, enum id_role role, struct err *e);
/* Everything after this goes to the other person. */
void draft_other(struct draft *d);
/* Of an event that Kith had before: whose it was (none: the context's) and when it came (0: now). Before the message and the times,
 * of which then none is moved. */
void draft_origin(struct draft *d, struct bytes source, int64_t received_us);
void draft_times(struct draft *d, int64_t event_us, int64_t sent_us); /* 0: not said */
/* Adds a member in place of one of the same name. INVALID: a bad name or value. LIMIT: too many, too long. */
fallible draft_member(struct record_draft *r, struct bytes key, struct json value, struct err *e);
/* The same, unless the name is there already. */
fallible draft_member_more(struct record_draft *r, struct bytes key, struct json value, struct err *e);
fallible draft_members(struct record_draft *r, struct json object, struct err *e);      /* all of an object */
fallible draft_members_more(struct record_draft *r, struct json object, struct err *e); /* those not there already */
/* All of an object under standard names (collect/standard.h). Of two that fold to one name, that which was sent under it
 * has it, and the other keeps the name it was sent under. `take` is asked first where a member belongs; NULL: all go into
 * the record. */
enum member_place { PLACE_RECORD, PLACE_RECORD_AS_SENT, PLACE_ELSEWHERE }; /* elsewhere: `take` has put it there */
typedef struct status (*member_taker)(struct draft *d, struct bytes name, struct json value, enum member_place *out_place, struct err *e);
fallible draft_members_folded(struct draft *d, struct record_draft *r, struct json object, member_taker take, struct err *e);
fallible draft_item(struct draft *d, struct json object, struct err *e);
void draft_event(struct draft *d, struct bytes sent); /* under its standard name */
void draft_message(struct draft *d, struct bytes message_id, struct bytes whole); /* whole: when there is no id */
/* Packs the envelope into the batch as event `index`. */
fallible draft_end(struct draft *d, uint32_t index, struct err *e);
void draft_fault(struct codec_batch *b, uint32_t index, const struct err *e);

/* A time in text (RFC 3339) or as a number of seconds or milliseconds; never 0, which stands for no time. INVALID. */
fallible time_of_json(struct json j, int64_t *out_us, struct err *e);
/* What an event says: text, or digits as they were sent ("user_id": 42). Empty for anything else. */
struct bytes text_of_json(struct json j);
