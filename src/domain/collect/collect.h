/* Collect: what arrives, once. Names of events, brands, channels and the like get small numbers; a message that came
 * before is refused as a duplicate; everything else is said on as `arrived`. */
#pragma once

#include "base/time.h"
#include "domain/collect/envelope.h"
#include "domain/collect/standard.h"
#include "engine/domain.h"

extern const struct domain collect_domain;

/* Kinds of names that get a number of their own; on disk, for ever. Numbers start at 1; 0 is "none". */
enum name_kind {
    NAME_EVENT = 1, /* standard events have fixed numbers below NAME_EVENT_CUSTOM (standard.h) */
    NAME_BRAND = 2,
    NAME_CHANNEL = 3,
    NAME_SHOP = 4,
    NAME_STORE = 5,
    NAME_STAFF = 6,
    NAME_TOUCHPOINT = 7,
    NAME_CAMPAIGN = 8,
    NAME_SOURCE = 9,
    NAME_TRAIT = 10,
    NAME_PURPOSE = 11,
    NAME_ENTITY = 12, /* legal entity */
    NAME_APP = 13,    /* of WeChat: the namespace of openids */
    NAME_KIND_COUNT,
};
#define NAMES_A_KIND_MAX 65535u /* a 65,536th name is kept in the event, but has no number: it counts as 0, "other" */

uint32_t name_number(const struct view *v, enum name_kind kind, struct bytes name); /* 0: never seen, nor standard */
uint32_t name_alias(const struct view *v, enum name_kind kind, struct bytes name);  /* what it counts as; 0: itself */
struct bytes name_text(const struct view *v, enum name_kind kind, uint32_t number); /* empty: no such number */
/* The next name in number order after `number`, standard events among them; 0: no more. Start with 0. */
uint32_t name_next(const struct view *v, enum name_kind kind, uint32_t number);
/* What an operator said of a name: a record (label_zh, label_en; for a brand: entity; for a store: region …). */
struct bytes name_attributes(const struct view *v, enum name_kind kind, uint32_t number);
/* Of the names of a kind and what was said of them: equal, all are as they were; where `described` is, those up to `last` are. Costs two look-ups. */
struct names_mark {
    uint32_t last;      /* number given */
    uint64_t described; /* how often an operator has said something of one that stood already */
};
struct names_mark names_marked(const struct view *v, enum name_kind kind);
/* The legal entity that a brand belongs to; 0: not declared. */
uint32_t brand_entity(const struct view *v, uint32_t brand);

/* What an app of WeChat is: all of them have openids that look alike, and each sends by ways of its own. */
enum app_kind { APP_NOT_SAID, APP_OFFICIAL_ACCOUNT, APP_MINI_PROGRAM, APP_OPEN_PLATFORM, APP_WECOM, APP_KIND_COUNT };
extern const char *const app_kind_names[APP_KIND_COUNT]; /* "official_account", …; "" where nothing was said */
#define APP_ANY "*"                                      /* the app that says what those are of which nothing is said */
/* What the app of this namespace was declared to be, else what APP_ANY was. Two look-ups at most, none while no app is declared. */
enum app_kind app_kind_of(const struct view *v, struct bytes ns);

/* --- imported files --- */

/* What is known of a file: of its lines those that became events. */
#define IMPORT_FILE_SOURCES_MAX 8u
struct import_file {
    struct hash128 digest;
    uint32_t source_count;
    uint32_t sources[IMPORT_FILE_SOURCES_MAX]; /* NAME_SOURCE; the first ones, 0: one that has no number */
    uint64_t lines;                            /* over all sources */
    uint64_t last_line;                        /* the highest number of one */
};
/* The file behind `after`, by its digest; all zeroes: the first. A look at each of its rows: 5 ms of a file of 100 M lines. */
bool import_file_next(const struct view *v, struct hash128 after, struct import_file *out_file);
bool import_file_find(const struct view *v, struct hash128 digest, struct import_file *out_file); /* false: no line of it came */

/* --- facts --- */

/* An event that was not seen before. Lives in the step's arena; the envelope borrows from the command. */
struct arrived {
    struct envelope envelope;
    struct bytes packed;   /* the whole command payload */
    uint32_t event;        /* numbers of names; 0: none given (or no number left) */
    uint32_t brand, channel, shop, store, staff, touchpoint, campaign, source;
    uint32_t trait_count;
    const struct arrived_trait *traits;
    uint32_t consent_count;
    const struct arrived_consent *consents;
};
struct arrived_trait {
    uint32_t name;         /* NAME_TRAIT */
    struct bytes value;    /* packed value */
};
struct arrived_consent {
    uint32_t purpose, channel; /* NAME_PURPOSE, NAME_CHANNEL; channel 0: all */
    uint32_t entity;           /* NAME_ENTITY; 0: it speaks to the event's brand */
    struct envelope_consent consent;
};
extern const struct fact_kind fact_arrived;

/* A brand belongs to another legal entity than before. */
struct brand_moved {
    uint32_t brand;
};
extern const struct fact_kind fact_brand_moved;

extern const struct fact_kind fact_app_turned; /* an app was declared to be of another kind than before; NULL */

/* Ids that replay and other domains may name. */
enum { COMMAND_COLLECT_EVENT = 0x0201, COMMAND_COLLECT_NAME = 0x0202, COMMAND_COLLECT_MOVED = 0x0203, COMMAND_COLLECT_SUPPRESS = 0x0204 };

/* The command that defines a name: attributes, or (events) an alias of another one; both replace what was said before.
 * An alias counts for events that come from now on. A brand's text attribute "entity" makes that legal entity known; an app's
 * "app_kind" is one of app_kind_names.
 * Payload of COMMAND_COLLECT_NAME: u8 kind, bytes name, bytes alias_of (empty: none), bytes attributes (a record). */
void collect_name_pack(struct buf *b, enum name_kind kind, struct bytes name, struct bytes alias_of, struct bytes attributes);

/* How far back duplicates are certain to be seen: the setting's days, or less once the number of ids is the bound, or after the
 * setting was raised. Within a file of older ids by proportion. */
int64_t collect_horizon_us(const struct view *v);
#define COLLECT_HORIZON_LEAST_US (2 * US_PER_DAY)
/* Less than COLLECT_HORIZON_LEAST_US, and less than the setting asks for: a cause for alarm. */
bool collect_horizon_is_short(const struct view *v);
extern const struct refusal collect_duplicate; /* "duplicate": counted by engine_refusals */

/* Whether the one who had the identifier of this key was erased after something had happened: such history is refused with
 * collect_suppressed. One look-up. */
bool collect_is_suppressed(const struct view *v, struct hash128 key, int64_t happened_us);
extern const struct refusal collect_suppressed;
/* Payload of COMMAND_COLLECT_SUPPRESS: the owners' keys of somebody who was erased at a time, where this copy of the workspace doesn't
 * know of it. At most SUPPRESS_KEYS_MAX. */
#define SUPPRESS_KEYS_MAX 1000u
#define SUPPRESS_BYTES_MAX (32u + SUPPRESS_KEYS_MAX * 16u)
void collect_suppress_pack(struct buf *b, int64_t erased_us, const struct hash128 *keys, uint32_t count);

/* Touches ahead what apply will read of an event; stage by stage while it returns true. */
bool collect_prefetch(const struct view *v, struct bytes packed, int stage, struct ahead *io_ahead);
