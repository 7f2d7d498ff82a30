/* Orders: documents, each of many versions, kept for ever under (shop account, order number). DESIGN §5.
 *
 * A version, as a source sends it, is whole or in part. An order is a set of parts: each field of the head, the buyer, the
 * receiver, the payment, each line, shipment and refund. Of a part the newest one counts, by (version, time of the source,
 * bytes); a state keeps the earliest time it was reached. So versions may come in any order and as often as they like: the row
 * is the same, byte for byte. A whole version takes away the lines that it doesn't name, also those that come later and are
 * older than it.
 *
 * What an operator decides (correct, void, reassign) lies over what sources say, in the order of the log, until it is undone.
 *
 * From states come events, once each: `order_paid` and the like are ordinary events of collect, sent as follow-ups with a
 * message id of the order's own. They find the buyer; whoever they find is the owner, by the key that owns the event, so that an
 * order follows its identifier through merge and split. Sums are computed from the parts, never kept: only the totals of a shop's
 * day are, for reconciliation. A shop whose SDK tells order events itself says so (COMMAND_ORDER_SHOP): its documents then derive
 * no event of a state, only one `order_updated` that finds the owner, and no sale counts twice; that is decided by shop, never by
 * guessing from what came first.
 *
 * Formats: docs/formats/order.md. */
#pragma once

#include "domain/collect/collect.h"
#include "engine/domain.h"
#include "lib/money.h"

extern const struct domain order_domain;

#define ORDER_SHOP_BYTES_MAX 80u
#define ORDER_NUMBER_BYTES_MAX 80u
#define ORDER_PART_ID_BYTES_MAX 64u /* of a line, shipment or refund */
#define ORDER_TEXT_BYTES_MAX 2000u  /* of a field */
#define ORDER_LINES_MAX 1000u
#define ORDER_REFUNDS_MAX 1000u
#define ORDER_SHIPMENTS_MAX 200u
#define ORDER_BYTES_MAX (1u << 20)           /* of one order; over 16 KiB it lies in several rows */
#define ORDER_VERSION_BYTES_MAX (256u << 10) /* packed; a bigger order is sent in several parts */
#define ORDER_PARTS_MAX 4096u                /* of a version */
#define ORDER_ACTS_MAX 100u                  /* decided by hand on one order */
#define ORDER_SOURCE "order"                 /* of the events that orders derive */

struct order_key {
    struct bytes shop, number;
};

/* --- what an order consists of --- */

enum order_part_kind {
    ORDER_HEAD = 1, /* one field; `sub` is the field's id */
    ORDER_BUYER,    /* the buyer's own identifiers: order_ids_next */
    ORDER_RECEIVER, /* whom it goes to: never an identity */
    ORDER_PAYMENT,
    ORDER_LINE,
    ORDER_SHIPMENT,
    ORDER_REFUND, /* also a return and an exchange */
    ORDER_STATE,  /* reached at time_us; `sub` is the state, `id` the refund's or none: the order's own */
    ORDER_PART_KIND_COUNT,
};

enum order_state {
    ORDER_CREATED,
    ORDER_PAID,
    ORDER_SHIPPED,
    ORDER_DELIVERED,
    ORDER_DONE,
    ORDER_CANCELLED,
    ORDER_CLOSED,
    ORDER_STATE_COUNT
};
enum refund_state { REFUND_REQUESTED, REFUND_AGREED, REFUND_RETURNED, REFUND_DONE, REFUND_REFUSED, REFUND_STATE_COUNT };
enum refund_kind { REFUND_MONEY, REFUND_RETURN, REFUND_EXCHANGE, REFUND_KIND_COUNT };
extern const char *const order_state_names[ORDER_STATE_COUNT]; /* "created", "paid" … */
extern const char *const refund_state_names[REFUND_STATE_COUNT];
extern const char *const refund_kind_names[REFUND_KIND_COUNT]; /* "refund", "return", "exchange" */

struct order_part {
    enum order_part_kind kind;
    uint8_t sub;
    bool removed;   /* the source has taken it away */
    bool told;      /* a state: its event was derived, or never will be */
    bool corrected; /* an operator's word is in it */
    struct bytes id;
    uint64_t version; /* not of a state */
    int64_t time_us;
    struct bytes source;
    struct bytes body; /* fields in order of their ids (order_field_next); a buyer's: identifiers; a state's: nothing */
};

enum order_field_type {
    ORDER_TEXT,    /* at most ORDER_TEXT_BYTES_MAX */
    ORDER_MONEY,   /* minor units, within MONEY_MAX */
    ORDER_DECIMAL, /* a unit price or a quantity; scale at most 6 */
    ORDER_TIME,
    ORDER_AMOUNTS, /* money by kind: {"platform":3.00,"coupon":10.00} */
    ORDER_TEXTS,   /* a list */
    ORDER_CURRENCY,
    ORDER_WORD, /* enum refund_kind */
    ORDER_FIELD_TYPE_COUNT,
};

/* On disk, for ever: a new one goes to the end. */
enum order_field_id {
    FIELD_BRAND = 1,
    FIELD_CHANNEL,
    FIELD_STORE,
    FIELD_TILL,
    FIELD_SELLER,
    FIELD_CAMPAIGN,
    FIELD_REMARK,
    FIELD_SELLER_REMARK,
    FIELD_CURRENCY,
    FIELD_TOTAL,
    FIELD_FREIGHT,
    FIELD_DISCOUNTS,
    FIELD_COUPONS,
    FIELD_POINTS_USED,
    FIELD_POINTS_AMOUNT,
    FIELD_STORED_VALUE,
    FIELD_GIFT_CARD,
    FIELD_NAME,
    FIELD_PHONE,
    FIELD_REGION,
    FIELD_ADDRESS,
    FIELD_SKU,
    FIELD_PRODUCT,
    FIELD_QUANTITY,
    FIELD_LIST_PRICE,
    FIELD_PRICE,
    FIELD_PAID,
    FIELD_CARRIER,
    FIELD_TRACKING,
    FIELD_LINES,
    FIELD_SHIPPED,
    FIELD_DELIVERED,
    FIELD_LINE,
    FIELD_AMOUNT,
    FIELD_KIND,
    FIELD_REASON,
    FIELD_NEW_LINE,
    FIELD_COUNT,
};

enum order_privacy {
    ORDER_OPEN,
    ORDER_PERSONAL, /* of a receiver: shown in part to those who may not see it; a product's name is nobody's */
    ORDER_FREE,     /* somebody's own words: nothing of them is shown to those */
};

struct order_field {
    uint8_t id;
    const char *name; /* of a member in JSON */
    uint8_t name_bytes;
    enum order_field_type type;
    uint32_t kinds; /* 1 << enum order_part_kind: where it may stand */
    enum order_privacy privacy;
};
const struct order_field *order_fields(size_t *out_count); /* in order of id */
const struct order_field *order_field(uint8_t id);         /* NULL: none */
const struct order_field *order_field_named(enum order_part_kind kind,
                                            struct bytes name); /* NULL: none that may stand there */

struct order_value {
    const struct order_field *field;
    int64_t integer;   /* money, mantissa, time, currency, word */
    uint8_t scale;     /* of a decimal */
    uint32_t count;    /* of amounts and texts */
    struct bytes text; /* of amounts and texts: `count` of them packed, for order_amount_next and order_text_next */
};
/* Reads the next field of a body; false: no more, or a bad one (which marks the cursor). */
bool order_field_next(struct unpack *u, struct order_value *out_value);
bool order_value_find(struct bytes body, enum order_field_id id, struct order_value *out_value);
bool order_amount_next(struct unpack *u, struct bytes *out_kind, int64_t *out_amount);
bool order_text_next(struct unpack *u, struct bytes *out_text);
void order_value_pack(struct buf *b, const struct order_value *value); /* in order of ids, each once */
void order_amount_pack(struct buf *list, struct bytes kind, int64_t amount);
void order_text_pack(struct buf *list, struct bytes text);

struct envelope_id;
bool order_id_next(struct unpack *u, struct envelope_id *out_id); /* role ID_OWN */

/* --- commands --- */
enum {
    COMMAND_ORDER_PUT = 0x0901,     /* a version */
    COMMAND_ORDER_CORRECT = 0x0902, /* acts: an order_ask each */
    COMMAND_ORDER_VOID = 0x0903,
    COMMAND_ORDER_REASSIGN = 0x0904, /* 小票补登 too: an order of nobody gets its owner */
    COMMAND_ORDER_UNDO = 0x0905,
    COMMAND_ORDER_OWNED = 0x0906, /* a follow-up: an event of the order has found its owner */
    COMMAND_ORDER_TELL = 0x0907,  /* a follow-up: more events than one step derives */
    COMMAND_ORDER_RATE = 0x0908,
    COMMAND_ORDER_DECLARED = 0x0909,
    COMMAND_ORDER_SHOP = 0x090a,
    COMMAND_ORDER_LOCK = 0x090b, /* a follow-up: some orders of who was erased come into custody */
    COMMAND_ORDER_EXPIRE = 0x090c, /* a follow-up: the years of an order in custody are over */
};

struct order_version {
    struct order_key key;
    struct bytes source;
    uint64_t version;    /* counts up at the source; or its time of change, in microseconds */
    int64_t time_us;     /* of the source's change */
    bool complete;       /* it names all lines that there are */
    bool import;         /* history: its events say so */
    bool told;           /* what it tells was told elsewhere, and comes by itself: it derives no events */
    uint32_t part_count; /* at most ORDER_PARTS_MAX; pack puts them in order */
    struct order_part *parts;
};
/* INVALID: a part said twice, a bad key; LIMIT: over ORDER_VERSION_BYTES_MAX. */
fallible order_version_pack(const struct order_version *v, struct buf *out, struct err *e);
/* Fills all but the parts; *out_parts is where order_version_next goes on. INVALID: not a version. */
fallible order_version_open(struct bytes payload, struct order_version *out_version, struct unpack *out_parts,
                            struct err *e);
bool order_version_next(const struct order_version *v, struct unpack *u, struct order_part *out_part);

/* An operator's word. */
struct order_ask {
    struct order_key key;
    struct bytes by, reason;
    enum order_part_kind
        kind; /* correct: which part, and the field's new value as order_value_pack made it; of a state: a time */
    struct bytes part_id;
    uint8_t sub;
    struct bytes value;
    int64_t time_us;
    struct envelope_id id; /* reassign: whose it is */
    uint64_t position;     /* undo: of the act */
    int64_t
        decided_us; /* of one that is done again as it was elsewhere: when that was; its events come by themselves. 0: now */
};
fallible order_ask_pack(uint32_t command, const struct order_ask *ask, struct buf *out, struct err *e);
fallible order_ask_unpack(uint32_t command, struct bytes payload, struct order_ask *out_ask, struct err *e);

#define ORDER_RATE_BYTES_MAX 64u
struct order_rate {
    uint16_t from, to;   /* currencies */
    int32_t day;         /* days since 1970-01-01, in the workspace's zone; in force until the next one */
    struct decimal rate; /* one `from` is so many `to`; above zero */
};
void order_rate_pack(const struct order_rate *rate, struct buf *out);
/* The rate behind this one, by (from, to), of a pair the latest day first; behind all zeroes is the first. */
bool order_rate_next(const struct view *v, const struct order_rate *after, struct order_rate *out_rate);
struct hash128 order_rates_sum(const struct view *v); /* as thing_kinds_sum; of rules beside rates too */

/* What a source says it has sent of a shop's day; a day of more than ORDER_DECLARED_MAX orders is declared in parts. The newest
 * word on (shop, day, part) counts, by time, then by a hash of it. */
#define ORDER_DECLARED_MAX 5000u
#define ORDER_DECLARED_PARTS_MAX 8u
struct order_declared {
    struct bytes shop, source;
    int32_t day;
    uint16_t part;
    uint16_t currency;
    int64_t said_us;
    uint64_t orders;
    int64_t amount;
    uint32_t listed;   /* numbers with their amounts, or none: totals alone */
    struct bytes list; /* order_amount_pack, in order of number, each once */
};
fallible order_declared_pack(const struct order_declared *d, struct buf *out, struct err *e);

/* Whether a shop's orders derive events. What states were reached while they did not is never told later. */
void order_shop_pack(struct bytes shop, bool derives, struct buf *out);
bool order_shop_derives(const struct view *v, struct bytes shop);
/* The next shop of which something was said, by name; behind no bytes is the first. Borrowed from the view. */
bool order_shop_next(const struct view *v, struct bytes after, struct bytes *out_shop, bool *out_derives);

/* --- reading; what is cold is noted, as everywhere --- */

struct order_act {
    uint64_t position;
    int64_t time_us;
    uint32_t command;
    bool undone;
    struct order_ask ask; /* what was asked, by whom and why */
    struct bytes payload; /* the same, packed */
    struct hash128 owner; /* of a reassignment: to whom */
};

/* An order in custody: its buyer was erased. */
struct order_lock {
    uint64_t erasure; /* its position; 0: the order is not locked */
    int64_t until_us; /* when the order goes */
};

/* An order as it is in force: without what was removed, corrections laid over. Borrowed from the view. */
struct order {
    uint32_t number; /* of its row: what rosters hold */
    struct order_key key;
    struct order_lock lock;
    bool voided;
    bool has_owner;
    struct hash128
        owner; /* of a locked one a pseudonym; key of an identifier: identity_of_owner tells whose it is now */
    bool has_day;
    int32_t day;         /* under which it is counted */
    uint32_t part_count; /* in order of (kind, id, sub) */
    const struct order_part *parts;
    uint32_t act_count; /* in the order of the log */
    const struct order_act *acts;
};
/* An order as sources said it, without what was decided by hand: as the versions that make it again, in whatever order they come, each
 * with what one source said at one time in one currency. A state belongs to none of them: it stands in `order`, as what was removed
 * does. In the view's arena. */
struct order_said {
    struct order order;
    uint32_t version_count; /* at least one */
    struct order_version *versions;
    uint16_t *currencies; /* of all money in each; 0: there is none */
};
bool order_said(const struct view *v, uint32_t number, struct order_said *out_said);

/* The acts on all orders, the newest first: the one before a position (UINT64_MAX: the newest of all). false: there is none, or it is none of the
 * last ORDER_ACTS_LISTED_MAX; all that was decided on an order stands in it. */
#define ORDER_ACTS_LISTED_MAX UINT64_C(1000000)
struct order_act_place {
    uint64_t position;
    int64_t time_us;
    uint32_t order; /* its number */
    uint16_t command;
    uint16_t shop; /* order_shop_mark of its shop */
};
uint16_t order_shop_mark(struct bytes shop); /* those of two shops may be the same */
bool order_act_before(const struct view *v, uint64_t position, struct order_act_place *out_place);
const struct order_act *order_act_at(const struct order *o, uint64_t position); /* NULL: none */

/* Orders of who was erased are not among those that are found, from the erasure on. order_find_kept finds these too: for books,
 * and for who may read them by law. */
bool order_find(const struct view *v, struct order_key key, struct order *out_order);
bool order_find_kept(const struct view *v, struct order_key key, struct order *out_order);
bool order_numbered(const struct view *v, uint32_t number, struct order *out_order);
bool order_numbered_kept(const struct view *v, uint32_t number, struct order *out_order);
uint32_t orders_end(const struct view *v); /* one past the highest number of an order */
const struct order_part *order_part_find(const struct order *o, enum order_part_kind kind, struct bytes id,
                                         uint8_t sub); /* NULL */
bool order_reached(const struct order *o, struct bytes refund, uint8_t state, int64_t *out_us);
struct bytes order_text(const struct order *o, enum order_field_id id); /* of the head; empty: not said */

/* Orders of a person, of each of the keys that own things of them, in order of (key, number). `io_key` and `io_after` say where to
 * go on; both 0: from the first. Fills in numbers of rows; 0: no more. Reads a row for each key and page. */
struct order_walk {
    size_t key_at;
    uint32_t after;
};
size_t order_of_person(const struct view *v, uint32_t person, struct order_walk *io_walk, uint32_t *out_numbers,
                       size_t max);

/* In the order's currency, minor units. Parts of another currency are left out and counted. */
struct order_sums {
    uint16_t currency;
    uint32_t lines;
    uint32_t foreign; /* lines and refunds of another currency */
    int64_t list;     /* list price x quantity */
    int64_t discount; /* of all kinds */
    int64_t gross;    /* what the lines cost the buyer, before refunds, less discounts of the whole order */
    int64_t freight;
    int64_t amount;   /* gross and freight: what the buyer paid, or is to pay */
    int64_t refunded; /* by refunds that are done */
    int64_t net;      /* what is left: nothing of an order that was not paid, was cancelled or is void */
    bool has_total;
    int64_t differs_by; /* the total that the source declares, less `amount`; 0 where it declares none */
};
#define ORDER_NOW INT64_MAX
/* As of an instant: what was paid and refunded by then; ORDER_NOW: all that is known. */
void order_sum(const struct order *o, int64_t at_us, struct order_sums *out_sums);
/* Discounts by kind, in the order they stand; false: no more. Start with zeroes. */
struct order_discounts {
    uint32_t part_at;
    struct unpack amounts;
};
bool order_discount_next(const struct order *o, struct order_discounts *io_walk, struct bytes *out_kind,
                         int64_t *out_amount);
/* What the buyer pays for a line, in minor units of its own currency: as the source says, else its price less its discounts. */
int64_t order_line_paid(const struct order_part *line, uint16_t *out_currency);
/* The instant that its day is of: its creation, else the first state it reached. false: it reached none. */
bool order_began(const struct order *o, int64_t *out_us);
/* In the group's currency by the rate of the order's day, or the last one before. false: there is none. */
bool order_in_group_currency(const struct view *v, const struct order *o, int64_t amount, uint16_t currency,
                             int64_t *out_amount);
uint16_t order_group_currency(const struct view *v);

/* What was counted for a shop's day and currency, here or by what the source declared. */
struct order_day {
    int32_t day;
    uint16_t currency;
    uint64_t orders, lines; /* declared: no lines */
    int64_t amount, refunded;
    bool is_listed; /* declared order by order */
};
/* The days of a shop from `day` on, in order of (day, currency): `currency` is where to go on behind, 0 for all of the day. */
bool order_day_next(const struct view *v, struct bytes shop, int32_t day, uint16_t currency, struct order_day *out_day);
/* The same of what was declared, parts added up. */
bool order_declared_next(const struct view *v, struct bytes shop, int32_t day, uint16_t currency,
                         struct order_day *out_day);

enum order_difference { ORDER_MISSING_HERE, ORDER_MISSING_THERE, ORDER_AMOUNT_DIFFERS };
struct order_mismatch {
    enum order_difference difference;
    struct bytes number;
    int64_t here, there; /* amounts */
    uint16_t currency;
};
/* Where a day differs order by order, from *io_at on (start at 0): fills in up to `max` places, looking at so many orders at most
 * that a reader stays within what it may touch. *io_at is ORDER_LOOKED_ALL when nothing is left. A day that was not declared order
 * by order differs nowhere. O(listed) a call. */
#define ORDER_LOOKED_ALL UINT64_MAX
#define ORDER_LOOKS_MAX 80u
size_t order_mismatches(const struct view *v, struct bytes shop, int32_t day, uint64_t *io_at,
                        struct order_mismatch *out, size_t max);

/* --- facts --- */
struct order_changed {
    struct order_key key;
    uint32_t order; /* its number */
    bool is_new;
    bool had_owner; /* before it, whose it was then; who has it now the order says */
    struct hash128 owner_before;
    uint32_t command;
};
extern const struct fact_kind fact_order_changed;
/* What amounts are in the group's currency may be something else: of orders in a currency. */
struct order_rates_changed {
    uint16_t from;
};
extern const struct fact_kind fact_order_rates_changed;
