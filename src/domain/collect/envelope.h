/* The envelope: one thing that happened, as it stands in the log. docs/formats/envelope.md.
 *
 * The door (edge) makes it out of whatever an SDK sent: names are folded to the standard ones, identifiers normalised
 * and hashed, times corrected for the sender's clock. Everything here is borrowed from the packed bytes. */
#pragma once

#include "base/hash.h"
#include "lib/value.h"

#define ENVELOPE_BYTES_MAX 65536u /* packed; what comes in is bounded before (32 KiB of JSON by default) */
#define ENVELOPE_IDS_MAX 32u
#define MESSAGE_ID_BYTES_MAX 255u
#define NAME_BYTES_MAX 255u /* of an event, a source, a reference */
#define TRAITS_AN_EVENT_MAX 1000u
#define CONSENTS_AN_EVENT_MAX 64u
#define IMPORT_LINE_END (UINT64_C(1) << 40) /* lines of a file have lower numbers */

/* What the identifier is to the buyer. Only the buyer's own joins people; the others may only propose. */
enum id_role { ID_OWN, ID_RECEIVER, ID_PAYER, ID_STAFF, ID_OTHER, ID_ROLE_COUNT };

struct envelope_id {
    uint16_t type;        /* identity/types.h; 0 is no type */
    enum id_role role;
    struct bytes ns;      /* namespace: the app, corp, merchant or programme; empty: none */
    struct bytes value;   /* normalised */
    struct hash128 key;   /* identifier_key of the three */
};

/* References to things that are not the person. */
enum reference {
    REF_BRAND,
    REF_CHANNEL,
    REF_SHOP,
    REF_STORE,
    REF_STAFF,
    REF_TOUCHPOINT,
    REF_CAMPAIGN,
    REF_ORDER,
    REF_CONVERSATION,
    REF_GROUP,
    REF_COUNT,
};
extern const char *const reference_names[REF_COUNT]; /* "brand", "channel", … */

enum actor_kind { ACTOR_PERSON, ACTOR_STAFF, ACTOR_BOT, ACTOR_SYSTEM, ACTOR_KIND_COUNT };
extern const char *const actor_names[ACTOR_KIND_COUNT];

/* Where in which file an imported event stands: it counts once for ever by that, whatever its id (import_lines.h). */
struct import_line {
    struct hash128 file; /* digest of its bytes */
    uint64_t number;     /* from 1; 0: not said */
};

struct envelope {
    struct bytes event;         /* snake_case, folded to the dictionary's name */
    uint32_t event_number;      /* of a standard event; 0: another one, or nobody has looked yet */
    struct bytes source;        /* the write key's or token's name */
    struct hash128 message;     /* of (source, message id): what de-duplication compares */
    struct bytes message_id;    /* as sent; empty: the sender gave none, and `message` is of the whole */
    int64_t event_us;           /* corrected by the sender's clock, not in the far future */
    int64_t sent_us;            /* 0: not said */
    int64_t received_us;
    bool import;                /* history from a file: cause `import` */
    struct import_line line;    /* of an import alone */
    enum actor_kind actor;
    struct bytes actor_id;
    struct bytes reference[REF_COUNT]; /* empty: none */
    uint32_t id_count;
    struct envelope_id ids[ENVELOPE_IDS_MAX];
    uint32_t other_count;       /* of the other person (referred, gifted), behind the first id_count in ids */
    struct bytes traits;        /* a record (lib/value.h) */
    uint32_t consent_count;
    struct bytes consents;      /* packed: envelope_consent_next */
    struct bytes properties;    /* a record */
    uint32_t item_count;
    struct bytes items;         /* item_count records, each as size and bytes */
};

struct envelope_consent {
    struct bytes purpose;       /* "marketing" */
    struct bytes channel;       /* "sms"; empty: all */
    struct bytes entity;        /* the legal entity to all of whose brands it speaks; empty: to the event's brand */
    struct bytes policy;        /* version of the text agreed to */
    struct bytes evidence;      /* "paper form 4711, store SH01"; empty: the event itself */
    bool given;                 /* false: withdrawn */
    int64_t from_us, until_us;  /* 0: from the event's time; open */
};

/* Appends the packed envelope; a failure leaves nothing in `out`. LIMIT: a text over its bound, too many identifiers, or
 * over ENVELOPE_BYTES_MAX packed. INVALID: a time out of range, no event name, a line that isn't of an import. */
fallible envelope_pack(const struct envelope *v, struct buf *out, struct err *e);
/* INVALID: not an envelope. Never reads outside `packed`; fills all but the unused ids; copies nothing. Looks into traits,
 * consents, properties and items no further than their sizes: envelope_check does. About 30 ns with three identifiers. */
fallible envelope_unpack(struct bytes packed, struct envelope *out_envelope, struct err *e);
/* What events are told apart and put in order by, out of the head alone; 2 ns. false: not an envelope. */
bool envelope_order(struct bytes packed, int64_t *out_event_us, struct hash128 *out_message);
/* What a prefetch wants, in a few ns: the message and the keys of the first identifiers, whoever's and in whatever role. */
#define ENVELOPE_KEYS_MAX 4u
struct envelope_keys {
    struct hash128 message;
    uint32_t count;
    struct hash128 ids[ENVELOPE_KEYS_MAX];
};
bool envelope_peek(struct bytes packed, struct envelope_keys *out_keys); /* false: not an envelope */
/* Whether all of an unpacked envelope can be read: it has whole records, and as many consents and items as it says.
 * INVALID, with the part; LIMIT: over TRAITS_AN_EVENT_MAX or CONSENTS_AN_EVENT_MAX. About 60 ns. */
fallible envelope_check(const struct envelope *v, struct err *e);
/* Start with the cursor on `consents`; false: no more, or a bad one (which marks the cursor). */
bool envelope_consent_next(struct unpack *u, struct envelope_consent *out_consent);
void envelope_consent_pack(struct buf *b, const struct envelope_consent *c); /* its texts have at most NAME_BYTES_MAX */

/* The line as text, and back: 32 hex digits of the file, ":", the number. false: it has another form. */
#define IMPORT_LINE_TEXT_BYTES 64u
void import_line_print(const struct import_line *line, char out_text[IMPORT_LINE_TEXT_BYTES]);
bool import_line_read(struct bytes text, struct import_line *out_line);

/* An identifier as payloads and rows of other domains have it; its role isn't in it, and comes out as ID_OWN. Borrows. */
void envelope_id_pack(struct buf *b, const struct envelope_id *id);
struct envelope_id envelope_id_unpack(struct unpack *u);

struct json_writer;
struct id_type_rule;
/* The members of the public JSON form (docs/reference/events.md) into an open object; the inverse of the door. What is
 * absent is left out; an identifier's role too when it is the buyer's own. A declared type of identifier stands there by its number:
 * envelope_print_named calls it by its name, out of `rules`. */
void envelope_print(const struct envelope *v, struct json_writer *out);
void envelope_print_named(const struct envelope *v, const struct id_type_rule *rules, size_t rule_count,
                          struct json_writer *out);
/* One identifier as an object; `masked`: of its value only the first and last characters, for those who may not see it. */
void envelope_id_print(const struct envelope_id *id, bool masked, struct json_writer *out);
