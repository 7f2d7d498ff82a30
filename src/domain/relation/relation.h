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
 * Types are rows: eleven are built in, operators declare more and say other words of those that are there.
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
#define RELATION_BY_BYTES_MAX 64u
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
    RELATION_BUILT_IN_END,
    RELATION_DECLARED = 16, /* the first number of those that operators declare */
    RELATION_TYPE_END = 64, /* so that a set of types is 64 bits */
};
#define RELATION_TO_PERSON "person" /* kind of a reference whose id is the plain key of an identifier, 16 bytes */
#define RELATION_KINDS_MAX 4u
#define RELATION_WORD_BYTES 32u   /* room for a type's name, or that of a kind, with its NUL */
#define RELATION_LABEL_BYTES 64u  /* the same for a label */
#define RELATION_WORDS_BYTES 512u /* the same for a list of words with bars between them: "parent|child" */
/* What is built in is the same table's first content: an operator may say other labels, roles and reasons of it too. */
struct relation_type {
    char name[RELATION_WORD_BYTES];
    uint8_t number; /* on disk, for ever */
    char en[RELATION_LABEL_BYTES], zh[RELATION_LABEL_BYTES];
    char back_en[RELATION_LABEL_BYTES], back_zh[RELATION_LABEL_BYTES]; /* the same from the other side */
    /* Of things it leads to, or RELATION_TO_PERSON. None: it leads to nothing. */
    char kinds[RELATION_KINDS_MAX][RELATION_WORD_BYTES];
    bool is_single;                     /* one at a time a brand: beginning one ends the other, as "replaced" */
    enum rung rung;                     /* that an open one makes the person, at least */
    char roles[RELATION_WORDS_BYTES];   /* what the attribute `role` may say; empty: anything */
    char reasons[RELATION_WORDS_BYTES]; /* what the reason of an end may say; empty: anything */
};
/* In the view's arena; a view without rows knows those built in. NULL: none. A row is looked up: about 0.1 us. */
const struct relation_type *relation_type_numbered(const struct view *v, uint32_t number);
const struct relation_type *relation_type_named(const struct view *v, struct bytes name);
const struct relation_type *relation_type_next(const struct view *v, uint32_t number); /* by number; start with 0 */
bool relation_type_takes(const struct relation_type *type, struct bytes kind);         /* empty: leads to nothing */
bool relation_type_leads(const struct relation_type *type);                            /* to anything at all */
/* Declares a type, or says something else of the one of its name; the number isn't packed. What is there may get more kinds to
 * lead to, but loses none, and stays single or not. */
void relation_type_pack(const struct relation_type *type, struct buf *out);
fallible relation_type_unpack(struct bytes payload, struct relation_type *out_type, struct err *e); /* INVALID */

/* --- reading; in the view's arena --- */

#define RELATION_UNKNOWN_US INT64_MIN /* began before what is known */
#define RELATION_OPEN_US INT64_MAX
/* Who did it, as far as that was told. */
enum relation_by_kind {
    RELATION_BY_NOBODY,
    RELATION_BY_TOKEN,
    RELATION_BY_STAFF,
    RELATION_BY_BOT,
    RELATION_BY_SYSTEM,
    RELATION_BY_COUNT
};
extern const char *const relation_by_names[RELATION_BY_COUNT]; /* "token", "staff" … */
struct relation_by {
    enum relation_by_kind kind; /* nobody: the person, or nobody told */
    struct bytes name;          /* at most RELATION_BY_BYTES_MAX; a longer one is cut */
};
struct relation_period {
    int64_t begin_us, end_us;
    struct bytes reason; /* of the end; empty: none was told */
    struct relation_by begun_by, ended_by;
    bool is_replaced; /* another one of a type that is single began */
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
    int64_t begun_us;                      /* when it was last said to begin, open or not; RELATION_UNKNOWN_US: never */
    struct hash128 owner;                  /* the identifier under which it began last */
    uint32_t period_count;                 /* at least one, but where only attributes were said */
    const struct relation_period *periods; /* newest first */
    uint32_t attribute_count;
    const struct relation_attribute *attributes; /* by name */
};
/* In order of (type, brand, reference). O(n log n) of the acts. */
size_t relation_list(const struct view *v, uint32_t person, const struct relation **out_list);
const struct relation_attribute *relation_attribute(const struct relation *r, const char *name); /* NULL: never said */
/* What was said of a person's relations, one by one: what makes the same relations elsewhere, in whatever order it is said. In the
 * view's arena. */
struct relation_saying {
    const struct relation_type *type;
    uint32_t brand;
    struct thing_ref ref;
    int64_t begun_us;     /* of the relation */
    struct hash128 owner; /* the identifier that it was said of */
    enum { RELATION_SAYS_BEGIN, RELATION_SAYS_END, RELATION_SAYS_VALUE } what;
    int64_t time_us;
    struct bytes reason; /* of an end */
    struct relation_by by;
    struct bytes name, value; /* of an attribute, packed */
};
size_t relation_sayings(const struct view *v, uint32_t person, const struct relation_saying **out_list);
/* The id of a reference to whoever holds the identifier of this plain key. In the arena. */
struct bytes relation_person_id(struct hash128 plain, struct arena *a);
struct hash128 relation_person_plain(struct bytes id); /* the way back */
/* Of one that leads to a person: who that is now; PERSON_NONE. It is whoever has the identifier in force; but nobody where the relation
 * (`begun_us`: its own) may mean somebody who had the identifier and was erased. A look-up or two. */
uint32_t relation_other(const struct view *v, const struct thing_ref *ref, int64_t begun_us);

/* Numbers that may be people of a thing now, ascending: relation_person_of tells who they are. Reads the rows of a roster. */
uint32_t relation_people(const struct view *v, const struct relation_type *type, const struct thing_ref *ref,
                         uint32_t after, uint32_t *out_numbers, uint32_t max);
/* At least as many as there are open relations to it; exact when nothing is on its way, and nobody was erased whom they may mean. */
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
    COMMAND_RELATION_TYPE = 0x0A07,
};
#define RELATION_PAYLOAD_BYTES_MAX 16384u
struct relation_put {
    struct envelope_id id; /* whose relation */
    uint32_t
        holder; /* of one that is said again as it was elsewhere: the holder's rank (identity_holder_rank); 0: who has it in force */
    uint8_t type;
    struct bytes brand; /* by name; empty: the whole group's */
    struct thing_ref ref;
    int64_t time_us;
    bool is_import;
    struct bytes reason;
    struct relation_by by;
    struct bytes attributes; /* a record; null takes one back */
};
void relation_put_pack(const struct relation_put *put, struct buf *out);
/* Does it say what its type allows: where it leads, its role, its reason? INVALID: says what not. */
fallible relation_put_fits(const struct relation_type *type, const struct relation_put *put, struct err *e);
fallible relation_put_unpack(struct bytes payload, struct relation_put *out_put, struct err *e); /* borrows. INVALID */

/* A hand-over: relations to somebody of staff end, and begin to others, in turn. A job does it, HAND_OVER_SLICE people a step. */
#define HAND_OVER_TO_MAX 64u
#define HAND_OVER_SLICE 64u
struct hand_over {
    struct bytes by, reason;
    uint64_t types;        /* 1 << number */
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
    enum {
        RELATION_BEGAN,
        RELATION_ENDED,
        RELATION_ALTERED
    } change;            /* altered: an attribute, or since when it is open */
    int64_t time_us;     /* when it is true from */
    struct bytes reason; /* of an end */
    uint32_t altered;    /* attributes with another value */
};
extern const struct fact_kind fact_relation_changed;
/* A number is on the roll of a thing, from where whoever looks for the people of the thing finds it. Inward alone. */
struct relation_listed {
    uint32_t number;
    uint8_t type;
};
extern const struct fact_kind fact_relation_listed;
extern const struct fact_kind fact_relation_type_changed; /* edge threads then take a new copy */
