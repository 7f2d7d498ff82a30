/* Things: what isn't a person. Brands, stores, staff, products, channels, group chats, campaigns, what people own: of a kind that
 * is declared as data, each known for ever by (kind, namespace, id).
 *
 * What is kept of a thing, each with its history by event time: whether it exists, the thing that it belongs to (its parent),
 * and its attributes. Of each of these the THING_VERSIONS_MAX newest versions stay; a read of an instant before them says
 * that it is forgotten. Two versions of one time are decided by their bytes, the larger one stands. So the order in
 * which versions arrive, and how often, makes no difference. Two exceptions: what THING_BYTES_MAX says; and an attribute that
 * nobody declared is of the type of its first value in the log, so what doesn't fit that type is refused or left out.
 *
 * Names of collect (brand, channel, shop, store, staff, touchpoint, campaign, entity) are compact numbers of references in
 * events. A thing of the same kind and id, without a namespace, is what such a name stands for, and has the attributes (thing_of_name).
 * What the name's own record keeps is what Kith itself needs of it: its labels, and a brand's legal entity.
 *
 * Formats: docs/formats/thing.md. */
#pragma once

#include "domain/collect/collect.h"
#include "engine/domain.h"
#include "lib/value.h"

extern const struct domain thing_domain;

#define THING_WORD_BYTES_MAX 64u /* the name of a kind or attribute */
#define THING_LABEL_BYTES_MAX 96u
#define THING_KINDS_MAX 256u        /* built-in ones too */
#define THING_PARENT_KINDS_MAX 8u   /* of a kind */
#define THING_ATTRIBUTES_MAX 128u   /* of a kind, declared or seen */
#define THING_INDEXED_MAX 8u        /* of them */
#define THING_VALUE_BYTES_MAX 2048u /* of an attribute, packed */
#define THING_VERSIONS_MAX 16u      /* of an attribute, of the parent, of existence */
#define THING_DEPTH_MAX 16u         /* of a tree: nobody has more ancestors, and readers go no further */
/* Of all that is kept of a thing. What doesn't fit drops the oldest versions of whatever they are, but never the newest one of
 * anything; which ones are gone by then may depend on the order of arrival. */
#define THING_BYTES_MAX ROW_BYTES_MAX
#define THING_FUTURE_US_MAX US_PER_DAY /* a version of a later time is refused: the newest one is what holds now */

/* --- kinds --- */

enum attribute_type {
    ATTRIBUTE_ANY, /* of one that was only cleared so far: the first value tells */
    ATTRIBUTE_TEXT,
    ATTRIBUTE_NUMBER,
    ATTRIBUTE_MONEY, /* a decimal of the group's currency, or {"amount":…,"currency":"CNY"} */
    ATTRIBUTE_TIME,
    ATTRIBUTE_BOOLEAN,
    ATTRIBUTE_LIST, /* of texts */
    ATTRIBUTE_TYPE_COUNT,
};
extern const char *const attribute_type_names[ATTRIBUTE_TYPE_COUNT]; /* "any", "text" … */

/* Whether things are found by an attribute's newest value. One that is indexed stays so. */
enum attribute_index {
    INDEX_NONE,
    INDEX_WANTED,   /* declared of an attribute that was there: the next commands know, and then it begins */
    INDEX_BUILDING, /* what changes is indexed, and what there was is on the way */
    INDEX_DONE,
};

struct thing_attribute {
    uint32_t number; /* in its kind, for ever */
    struct bytes name, label_en, label_zh;
    enum attribute_type type;
    enum attribute_index index;
    bool is_seen; /* it came undeclared */
};

struct thing_kind {
    uint32_t number; /* for ever */
    struct bytes name, label_en, label_zh;
    bool is_closed;   /* only declared attributes; else what comes is declared at first sight */
    bool is_personal; /* things of it tell of persons: reads are masked and audited */
    bool is_owned;    /* a person owns it: a car, a pet */
    uint32_t parent_count;
    struct bytes parents[THING_PARENT_KINDS_MAX]; /* names of kinds that its parent may be of */
    uint32_t attribute_count;
    struct thing_attribute attributes[THING_ATTRIBUTES_MAX]; /* in no order */
};

/* NULL: there is none. In the view's arena; texts borrowed. About a microsecond. */
const struct thing_kind *thing_kind_named(const struct view *v, struct bytes name);
const struct thing_kind *thing_kind_numbered(const struct view *v, uint32_t number);
struct bytes thing_kind_name(const struct view *v, uint32_t number); /* empty: none */
/* The next kind by number; start with 0. NULL: no more. */
const struct thing_kind *thing_kind_next(const struct view *v, uint32_t number);
/* Of all kinds and what was said of them: equal, all are as they were. Costs nothing; so do those of other domains. */
struct hash128 thing_kinds_sum(const struct view *v);
const struct thing_attribute *thing_attribute_named(const struct thing_kind *kind, struct bytes name);  /* NULL: none */
const struct thing_attribute *thing_attribute_numbered(const struct thing_kind *kind, uint32_t number); /* NULL: none */

/* --- things --- */

#define THING_NONE 0u
#define THING_NEWEST INT64_MAX /* as of now: the newest versions */

/* What names a thing for ever: the name of its kind, and texts of 1 to NAME_BYTES_MAX bytes; `ns` may be empty. */
struct thing_ref {
    struct bytes kind, ns, id;
};

struct thing_version {
    int64_t time_us;
    struct bytes value; /* packed (lib/value.h); null: cleared */
};
struct thing_slot {
    uint32_t number; /* THING_EXISTS, THING_PARENT, or an attribute's */
    bool is_cut;     /* older versions were dropped */
    uint32_t count;
    struct thing_version *versions; /* the newest first */
};
enum { THING_EXISTS = 0, THING_PARENT = 1, THING_ATTRIBUTE_FIRST = 8 };

struct thing {
    uint32_t number;
    uint32_t kind;
    struct bytes ns, id;
    int64_t first_put_us, first_deleted_us; /* INT64_MAX: never */
    uint32_t slot_count;
    struct thing_slot *slots; /* by number, ascending */
};

/* The number of a thing, THING_NONE: never heard of (or cold, and noted). What was deleted keeps its number. */
uint32_t thing_find(const struct view *v, const struct thing_ref *ref);
/* The thing that a name of collect stands for; THING_NONE: none, or names of this kind stand for no things. */
uint32_t thing_of_name(const struct view *v, enum name_kind kind, uint32_t name);
bool thing_read(const struct view *v, uint32_t number, struct thing *out_thing); /* false: none (or cold, and noted) */
uint32_t things_end(const struct view *v); /* one past the highest number of a thing */

/* What is known of something at an instant. */
enum thing_told {
    TOLD,           /* *out is set */
    TOLD_NOTHING,   /* it had no value then */
    TOLD_FORGOTTEN, /* what was known of that time has been dropped */
};
/* Values and the parent, which need not be there itself, are borrowed from the thing. */
enum thing_told thing_exists(const struct thing *t, int64_t at_us, bool *out_exists);
enum thing_told thing_value(const struct thing *t, uint32_t attribute, int64_t at_us, struct bytes *out_value);
enum thing_told thing_parent(const struct thing *t, int64_t at_us, struct thing_ref *out_parent);
bool thing_is_now(const struct thing *t); /* exists by its newest version */
/* The id of the nearest thing of the kind that it belonged to; no bytes: to none. Reads the rows of its ancestors. */
struct bytes thing_ancestor(const struct view *v, const struct thing *t, struct bytes kind, int64_t at_us);
/* The brand that a thing belongs to now: it is one, its attribute `brand` names one, or that of its parent, and so on.
 * Empty: none, it is the whole group's. Reads the rows of its ancestors. */
struct bytes thing_brand(const struct view *v, const struct thing_ref *ref);

/* Walks in ascending order of number, those that were deleted among them; start with 0; 0: no more. Each call reads the
 * next thing's row, and mostly two rows of a roster. Of a kind; by the parent as of an instant, passing over those that were children
 * at another; by the newest value (packed) of an attribute that is indexed. So that no call takes long, one that has passed over
 * THING_PASSED_MAX gives the next whatever it is: whoever shows children, or things by name, asks whether each is one. */
#define THING_PASSED_MAX 64u
bool thing_is_child(const struct view *v, const struct thing *t, const struct thing_ref *parent, int64_t at_us);
uint32_t thing_next(const struct view *v, struct bytes kind, uint32_t after);
uint32_t thing_child_next(const struct view *v, const struct thing_ref *parent, int64_t at_us, uint32_t after);
uint32_t thing_indexed_next(const struct view *v, struct bytes kind, const struct thing_attribute *attribute,
                            struct bytes value, uint32_t after);

/* By the beginning of the newest value of the attribute THING_NAME: as it is written, whatever its case, width and traditional
 * characters; in pinyin (two letters at least); by the initials of its pinyin (the same). */
#define THING_NAME "name"
enum thing_text { THING_TEXT_WRITTEN, THING_TEXT_PINYIN, THING_TEXT_INITIALS, THING_TEXT_COUNT };
struct thing_search {
    struct bytes texts[THING_TEXT_COUNT]; /* empty: nothing begins so */
};
bool thing_search_of(struct bytes typed, struct arena *a, struct thing_search *out_search); /* false: it says nothing */
bool thing_is_named(const struct view *v, const struct thing *t, const struct thing_search *search);
/* Of a kind; empty: of all, at the cost of a look-up each. */
uint32_t thing_named_next(const struct view *v, struct bytes kind, const struct thing_search *search, uint32_t after);

/* --- commands --- */

enum { COMMAND_THING_PUT = 0x0801, COMMAND_THING_DELETE = 0x0802, COMMAND_THING_KIND = 0x0803 };
#define THING_PAYLOAD_BYTES_MAX FOLLOW_UP_BYTES_MAX

/* What is true of a thing from an instant on; what isn't said stays. */
struct thing_put {
    struct thing_ref ref;
    int64_t time_us;
    bool is_lenient; /* what doesn't fit is left out, as of a stream that nobody watches; else it is refused */
    bool is_import;  /* history: its fact has the cause `import` */
    enum { PARENT_UNSAID, PARENT_CLEARED, PARENT_SAID } parent_said;
    struct thing_ref parent;
    struct bytes attributes; /* a record; null clears */
};
/* Payload of COMMAND_THING_PUT, and of COMMAND_THING_DELETE, which says neither parent nor attributes. */
void thing_put_pack(struct buf *b, const struct thing_put *put);
fallible thing_put_unpack(struct bytes payload, struct thing_put *out_put, struct err *e); /* borrows. INVALID */

/* Payload of COMMAND_THING_KIND: what is declared. Labels, parents and flags replace what was; attributes are added, or get
 * another label or type (values that are kept stay as they are), or an index; none is taken away. Numbers are not looked
 * at, and any index but INDEX_NONE asks for one. */
void thing_kind_pack(struct buf *b, const struct thing_kind *kind);
fallible thing_kind_unpack(struct bytes payload, struct thing_kind *out_kind, struct err *e); /* borrows. INVALID */

/* --- facts --- */

/* What holds now has changed. */
struct thing_changed {
    uint32_t thing;
    const struct thing_kind *kind;
    struct thing_ref ref;
    enum { THING_CREATED, THING_CHANGED, THING_DELETED } change; /* created: also what was deleted and is there again */
    uint32_t attribute_count;
    const uint32_t *attributes; /* numbers */
    bool parent_changed;
    uint32_t left_out; /* members that didn't fit */
};
extern const struct fact_kind fact_thing_changed;
