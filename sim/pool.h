/* What a simulated world is made of: a handful of identifiers, shared by too few people, and the deeds that are sent about
 * them. The models know only these, never the engine. */
#pragma once

#include "base/bytes.h"
#include "base/hash.h"
#include "domain/identity/types.h"

#define POOL_IDS_MAX 160u
#define DEED_IDS_MAX 6u
#define DEEDS_MAX 4096u
#define POOL_SECRET UINT64_C(0x6b697468)

/* An identifier that somebody may use. Its place in the pool is its name in the models. */
struct pool_id {
    uint16_t type;
    char ns[16];
    char value[48];
    struct hash128 key; /* plain */
};

struct pool {
    struct pool_id ids[POOL_IDS_MAX];
    uint32_t id_count;
};

enum deed_kind {
    DEED_EVENT,
    DEED_BIND,
    DEED_UNBIND,
    DEED_MERGE,
    DEED_SPLIT,
    DEED_NEVER_MERGE,
    DEED_UNDO,
    DEED_REVIEW,
    DEED_BLOCK,
    DEED_SET,
    DEED_SOURCE,
    DEED_TYPE,
    DEED_ALIAS,
    DEED_THING,
    DEED_ORDER,
    DEED_SHARE,
    DEED_UNSHARE,
    DEED_STOP,
    DEED_ENTITY,
    DEED_APP,
    DEED_RELATION_TYPE,
    DEED_RELATION,
    DEED_ERASE,
    DEED_AUDIENCE_SAVE,
    DEED_AUDIENCE_END,
    DEED_AUDIENCE_CANCEL,
    DEED_AUDIENCE_FREEZE,
    DEED_LISTING,
    DEED_KIND_COUNT,
};

/* What may be said of a thing: numbers whose order is that of the bytes that stand for them. */
enum thing_field { THING_FIELD_EXISTS, THING_FIELD_PARENT, THING_FIELD_SIZE, THING_FIELD_MOOD, THING_FIELD_COUNT };
#define THING_UNSAID (-2)
#define THING_CLEARED (-1)
#define THINGS_PLANNED 8u
extern const char *const thing_field_names[THING_FIELD_COUNT]; /* of attributes */

/* What may be said of an order: its lines, its first states, whose it is. */
#define ORDERS_PLANNED 6u
#define ORDER_LINES_PLANNED 3u
#define ORDER_STATES_PLANNED 3u
#define ORDER_UNSAID (-2)
#define ORDER_REMOVED (-1)
#define ORDER_PAID_MOST 60 /* so that the bytes of amounts are in order of size */

/* Who may see whose data, and what openids serve. */
#define BRANDS_PLANNED 2u
#define ENTITIES_PLANNED 3u /* the first is the common one */
#define APPS_PLANNED 3u     /* the last is all others */
#define APP_KINDS_PLANNED 5u
#define SHARE_PURPOSES_PLANNED 3u
extern const char *const planned_brands[BRANDS_PLANNED], *const planned_entities[ENTITIES_PLANNED];
extern const char *const planned_apps[APPS_PLANNED],
    *const planned_app_kinds[APP_KINDS_PLANNED]; /* the first kind: not said */
extern const char *const planned_purposes[SHARE_PURPOSES_PLANNED];

#define TRAITS_A_DEED 2u

/* Whose friend somebody becomes, or is no more. */
#define STAFF_PLANNED 3u
extern const char *const planned_staff[STAFF_PLANNED];

/* Types of relations to staff that operators declare. */
#define RELATIONS_PLANNED 2u
struct planned_relation {
    const char *name;
    bool is_single;
};
extern const struct planned_relation planned_relations[RELATIONS_PLANNED];

/* One thing that a sender wants, as the sender knows it. Texts are static. */
struct deed {
    enum deed_kind kind;
    uint16_t ids[DEED_IDS_MAX]; /* places in the pool, one of a type */
    bool is_own[DEED_IDS_MAX];  /* the buyer's own; the others may only propose */
    uint32_t id_count;
    uint64_t undo_position;
    uint8_t choice;             /* of a review or a block */
    /* Of an event. */
    const char *event, *source, *brand, *channel; /* "": none */
    uint32_t message;           /* the same message: the same number */
    int64_t event_us, received_us;
    const char *trait[TRAITS_A_DEED]; /* NULL: none */
    int64_t trait_value[TRAITS_A_DEED];
    const char *staff;          /* of friend_added and friend_lost; NULL: another event */
    uint32_t relation, relation_staff; /* of a relation: which planned one, to whom; event_us says when */
    bool ends;
    const char *purpose;        /* of a consent; NULL: none */
    const char *consent_channel; /* "": all */
    bool given;
    int64_t until_us;           /* 0: open */
    bool is_relayed;            /* it follows a relay by this post (0: a new one) */
    uint32_t post, beside;
    /* Of a setting, a source or an alias. */
    const char *name;
    const char *alias_of;       /* "": none any more */
    int64_t value;
    uint8_t priority, first;
    struct id_type_rule rule;   /* of a type */
    /* Of a thing, at event_us. */
    uint32_t thing;
    int thing_field[THING_FIELD_COUNT]; /* exists: 1 it is put, 0 it is deleted; parent: a thing of a smaller number */
    /* Of an order; ids are its buyer's. */
    uint32_t order, order_version;
    bool order_complete;
    int order_line[ORDER_LINES_PLANNED];
    int64_t order_state_us[ORDER_STATES_PLANNED]; /* 0: unsaid */
    /* Of a share: entities, until_us, purposes by a bit each (none: all but sensitive ones). Of a brand or an app: what it is of. A stop is of
     * the one identifier, by `choice`. */
    uint32_t from, to, share_purposes;
    uint32_t brand_or_app, is_of;
    /* Of a tag or segment: which planned one, and which of the texts that it may say; of an act of a list: its number, and which value; `ends`: taken off it. */
    uint32_t definition, text, list, list_value;
    struct hash128 public_id;   /* of whom is to be erased: who had the one identifier when it was said */
};

/* Does it say how other deeds are to be taken? */
static inline bool deed_is_rule(const struct deed *d)
{
    return d->kind == DEED_SET || d->kind == DEED_SOURCE || d->kind == DEED_TYPE || d->kind == DEED_ALIAS;
}

/* Is it about tags and segments? */
static inline bool deed_is_of_audience(const struct deed *d)
{
    return d->kind >= DEED_AUDIENCE_SAVE && d->kind <= DEED_LISTING;
}

/* Is it about who sees whose data, or who is written to? */
static inline bool deed_is_of_scope(const struct deed *d)
{
    return d->kind >= DEED_SHARE && d->kind <= DEED_APP;
}
