/* Relations: what ties a person to a thing or to another person, from when to when: follows a channel, is a friend of staff, is in a
 * group, belongs to a programme, is owned by a guide, was recruited by one, bought from one, referred somebody, lives in a
 * household, is a lead. DESIGN §5.
 *
 * What is said of a relation is a set of acts, each at a time of its own: it begins, it ends, with a reason. From the acts, in the
 * order of their times, come its periods. A block, a delete or a hand-over is an end with a reason. Attributes hold from a time on;
 * the newest value stands, of equal times the larger. So the order in which acts arrive, and how often, makes no difference;
 * but for what a bound below drops.
 *
 * An act is kept under the identifier that it was said of: it follows it through merge and split. A household never joins
 * anybody's identity.
 *
 * The way back, from a thing to its people, is a set of candidates in rows that go cold (roll.h): it is brought up to date by a follow-up
 * right after, and whoever is read there is looked up in the person. So a list never shows anybody who isn't in it, and may lack for
 * one group of commands whom it should show.
 *
 * Formats: docs/formats/relation.md. */
#pragma once

#include "domain/identity/identity.h"
#include "domain/thing/thing.h"

extern const struct domain relation_domain;
extern const struct section relations_section;

#define RELATIONS_MAX 256u   /* of one person; beyond, of the ended ones those of the oldest act go, then open ones */
#define RELATION_ACTS_MAX 8u /* of a relation and identifier: four periods */
#define RELATION_ATTRIBUTES_MAX 8u    /* of a relation and identifier; beyond, those of the smallest names stay */
#define RELATION_VERSIONS_MAX 4u      /* newest kept of an attribute */
#define RELATION_REASON_BYTES_MAX 64u /* a longer one is cut */
#define RELATION_NAME_BYTES_MAX 32u   /* of an attribute */
#define RELATION_VALUE_BYTES_MAX 256u /* of an attribute, packed */
#define RELATION_FUTURE_US_MAX US_PER_DAY

/* --- types --- */

/* How far a person has come with a brand; each is more than the one before, but for the last, who was more and is gone. */
enum rung { RUNG_STRANGER, RUNG_FAN, RUNG_LEAD, RUNG_BUYER, RUNG_MEMBER, RUNG_LOYAL, RUNG_LOST, RUNG_COUNT };
struct rung_words {
    const char *name, *en, *zh;
};
extern const struct rung_words rung_words[RUNG_COUNT];

enum relation_type_number {
    RELATION_FOLLOWS = 1, /* on disk, for ever */
    RELATION_FRIEND,
    RELATION_IN_GROUP,
    RELATION_SUBSCRIBED,
    RELATION_MEMBER,
    RELATION_OWNED_BY,
    RELATION_RECRUITED_BY,
    RELATION_SOLD_BY,
    RELATION_REFERRED,
    RELATION_HOUSEHOLD,
    RELATION_LEAD,
    RELATION_TYPE_END,
};
#define RELATION_TO_PERSON "person" /* kind of a reference whose id is the plain key of an identifier, 16 bytes */
#define RELATION_KINDS_MAX 4u
struct relation_type {
    const char *name;
    uint8_t number;
    const char *en, *zh;
    const char *back_en, *back_zh; /* the same from the other side */
    /* Of things it leads to, or RELATION_TO_PERSON; their places are on disk. None: it leads to nothing. */
    const char *kinds[RELATION_KINDS_MAX];
    bool is_single;    /* one at a time a brand: beginning one ends the other, as "replaced" */
    enum rung rung;    /* that an open one makes the person, at least */
    const char *roles; /* "parent|child": what the attribute `role` may say; NULL: anything */
};
const struct relation_type *relation_types(size_t *out_count);                 /* in order of number */
const struct relation_type *relation_type_numbered(uint32_t number);           /* NULL: none */
const struct relation_type *relation_type_named(struct bytes name);            /* NULL: none */
bool relation_type_takes(const struct relation_type *type, struct bytes kind); /* empty: leads to nothing */

/* --- reading; in the view's arena --- */

#define RELATION_UNKNOWN_US INT64_MIN /* began before what is known */
#define RELATION_OPEN_US INT64_MAX
struct relation_period {
    int64_t begin_us, end_us;
    struct bytes reason; /* of the end; empty: none was told */
    bool is_replaced;    /* another one of a type that is single began */
};
struct relation_attribute {
    struct bytes name;
    int64_t time_us;
    struct bytes value; /* packed; null: taken back */
    uint32_t earlier;   /* values before it that are kept, newest first */
    const struct relation_attribute *history;
};
struct relation {
    const struct relation_type *type;
    uint32_t brand;       /* 0: the whole group's */
    struct thing_ref ref; /* to nothing: all empty */
    bool is_open;
    struct hash128 owner;                  /* the identifier under which it began last */
    uint32_t period_count;                 /* at least one, but where only attributes were said */
    const struct relation_period *periods; /* newest first */
    uint32_t attribute_count;
    const struct relation_attribute *attributes; /* by name */
};
/* In order of (type, brand, reference). O(n log n) of the acts. */
size_t relation_list(const struct view *v, uint32_t person, const struct relation **out_list);
const struct relation_attribute *relation_attribute(const struct relation *r, const char *name); /* NULL: never said */
/* The id of a reference to whoever holds the identifier of this plain key. In the arena. */
struct bytes relation_person_id(struct hash128 plain, struct arena *a);
/* Of one that leads to a person: who that is now; PERSON_NONE. */
uint32_t relation_other(const struct view *v, const struct relation *r);

/* Numbers that may be people of a thing now, ascending: relation_person_of tells who they are. Reads the rows of a roster. */
uint32_t relation_people(const struct view *v, const struct relation_type *type, const struct thing_ref *ref,
                         uint32_t after, uint32_t *out_numbers, uint32_t max);
/* At least as many as there are open relations to it; exact when nothing is on its way. */
uint64_t relation_people_count(const struct view *v, const struct relation_type *type, const struct thing_ref *ref);
/* The person that a number of relation_people stands for, each once; PERSON_NONE: nobody any more. Fills in their open
 * relations to the thing, one a brand. */
uint32_t relation_person_of(const struct view *v, const struct relation_type *type, const struct thing_ref *ref,
                            uint32_t number, const struct relation **out_list, size_t *out_count);

/* How far somebody has come with a brand, and why. A rung is reached by what holds now, the highest one counts:
 *   fan     an open relation of a type that says so
 *   lead    an open lead
 *   buyer   an order that was paid, as a document with something left of it, or as an event (order_paid, order_completed, sale_made)
 *   member  an open membership, of the brand or of the whole group
 *   loyal   so many orders within so many days (settings): by documents, or by events where all of them lie within
 *   lost    at least a fan, and no event of the brand within so many days (a setting)
 * What the whole group has, under no brand, counts for each brand. */
struct ladder {
    uint32_t brand;
    enum rung rung;
    enum rung was;                  /* of a lost one: the rung without that */
    const struct relation *because; /* of a fan, lead or member; NULL: not by a relation */
    uint64_t orders;                /* that made a buyer */
    uint64_t orders_lately;         /* within the days of the setting */
    int64_t last_us;                /* the newest event; 0: none */
};
#define LADDER_BRANDS_MAX 64u
#define LADDER_ORDERS_MAX 100u /* documents looked at: of more, those that came last */
/* One for each brand that has anything of the person, in order of number. Reads up to LADDER_ORDERS_MAX orders. */
size_t relation_ladder(const struct view *v, uint32_t person, struct ladder out[LADDER_BRANDS_MAX]);
extern const struct setting relation_loyal_orders, relation_loyal_days, relation_lost_days;

/* --- commands --- */

enum {
    COMMAND_RELATION_BEGIN = 0x0A01,
    COMMAND_RELATION_END = 0x0A02,
    COMMAND_RELATION_SET = 0x0A03,    /* attributes alone */
    COMMAND_RELATION_LISTED = 0x0A04, /* a follow-up: brings the way back up to date */
    COMMAND_RELATION_HAND_OVER = 0x0A05,
    COMMAND_RELATION_UNLISTED = 0x0A06, /* a follow-up: takes the numbers of somebody erased off rolls */
};
#define RELATION_PAYLOAD_BYTES_MAX 16384u
struct relation_put {
    struct envelope_id id; /* whose relation */
    uint8_t type;
    struct bytes brand; /* by name; empty: the whole group's */
    struct thing_ref ref;
    int64_t time_us;
    bool is_import;
    struct bytes reason;
    struct bytes attributes; /* a record; null takes one back */
};
void relation_put_pack(const struct relation_put *put, struct buf *out);
fallible relation_put_unpack(struct bytes payload, struct relation_put *out_put, struct err *e); /* borrows. INVALID */

/* A hand-over: relations to somebody of staff end, and begin to others, in turn. A job does it, HAND_OVER_SLICE people a step. */
#define HAND_OVER_TO_MAX 64u
#define HAND_OVER_SLICE 64u
struct hand_over {
    struct bytes by, reason;
    uint32_t types;        /* 1 << number */
    struct bytes brand;    /* relations of it alone; empty: of all */
    struct thing_ref from; /* of kind staff */
    uint32_t to_count;
    struct thing_ref to[HAND_OVER_TO_MAX];
    bool by_store; /* to those of the store that the relation's attribute `store` names, while there are any */
};
#define HAND_OVER_BYTES_MAX 12288u
fallible hand_over_pack(const struct hand_over *h, struct buf *out, struct err *e); /* LIMIT, INVALID */
fallible hand_over_unpack(struct bytes payload, struct hand_over *out, struct err *e);
struct hand_over_record {
    uint64_t position;
    int64_t time_us, finished_us; /* 0: it goes on */
    uint64_t looked_at, moved;    /* relations handed over so far */
    struct hand_over ask;
};
bool hand_over_before(const struct view *v, uint64_t position,
                      struct hand_over_record *out); /* the newest one before */

/* --- facts --- */

struct relation_changed {
    uint32_t person;
    uint32_t brand;
    const struct relation_type *type;
    struct thing_ref ref;
    enum { RELATION_BEGAN, RELATION_ENDED, RELATION_ALTERED } change;
    int64_t time_us;     /* when it is true from */
    struct bytes reason; /* of an end */
    uint32_t altered;    /* attributes with another value */
};
extern const struct fact_kind fact_relation_changed;
