/* Listings: what people decided of people. Somebody is put on a list, or gets a tag by hand, perhaps with a value and until a time, and is taken off it again; a
 * file says so of many. What lists there are, their names and what they mean is for domain/audience; here a list is a number.
 *
 * Invariants
 *   - A listing is a set of acts under the identifier that it was said of: it follows it through merge and split, and needs no reading again (ADR 0020). The
 *     newest act of all of a person's identifiers counts, so the order in which acts arrive, and how often, makes no difference; but for what a bound below drops.
 *   - Of lists that are rivals a person is on at most one: putting them on one takes them off the others at the same time.
 *   - What is said of an identifier that nobody has waits for whoever comes with it first.
 *
 * Somebody on one list takes 31 bytes of their row, and each further list some 13; a reason, a value and who did it come on top: 20 M people on a list are 0.6 GB of
 * rows, which go cold with them. Who is waited for takes some 100 bytes, which don't.
 *
 * Formats: docs/formats/listing.md. */
#pragma once

#include "domain/identity/identity.h"
#include "domain/relation/relation.h"

extern const struct domain listing_domain;
extern const struct section listings_section; /* fold */

#define LISTING_ACTS_MAX 4u /* newest kept, of a list and identifier */
#define LISTINGS_MAX 256u   /* of one person, lists times identifiers; beyond, those that are off go, then the oldest */
#define LISTING_WAITING_MAX 1000000u /* listings of identifiers that nobody has */
#define LISTING_VALUE_BYTES_MAX 256u /* packed */
#define LISTING_REASON_BYTES_MAX 200u
#define LISTING_FUTURE_US_MAX US_PER_DAY
#define LISTING_FOR_EVER INT64_MAX

/* --- lists --- */

enum list_value { LIST_HOLDS, LIST_TEXT, LIST_NUMBER, LIST_TIME, LIST_VALUE_COUNT }; /* on disk */
extern const char *const list_value_names[LIST_VALUE_COUNT]; /* "none", "text", "number", "time" */
#define LIST_LASTS_DAYS_MAX 3660u
#define LIST_RIVALS_MAX 64u
#define LIST_LEVELS_BYTES_MAX 8192u
struct list {
    uint32_t number;       /* of its definition, for ever */
    enum list_value value; /* that somebody on it has; LIST_HOLDS: none, they are on it or not */
    uint32_t lasts_days;   /* a listing ends so long after it was said, unless it says when; 0: never */
    struct bytes levels;   /* packed values, one of which it is; empty: any */
    uint32_t rival_count;
    const uint32_t *rivals; /* the others of its group, ascending */
};
bool list_find(const struct view *v, uint32_t number, struct list *out_list); /* false: there is none, or it is over */
/* Whether the list takes the value (packed; empty: none). INVALID: what it wants instead. */
fallible list_takes(const struct list *list, struct bytes value, struct err *e);

/* --- reading; in the view's arena --- */

struct listing_act {
    int64_t time_us;
    bool is_off;        /* taken off; else put on */
    struct bytes value; /* packed; empty: none */
    int64_t until_us;   /* LISTING_FOR_EVER: no end was said */
    struct relation_by by;
    struct bytes reason; /* may be empty */
};
/* What was said of a person, act by act: by identifier and list, newest first. What makes the same listings elsewhere, in whatever order it is said. */
struct listing {
    uint32_t list;
    struct hash128 owner; /* the identifier that it was said of */
    struct listing_act act;
};
size_t listings_of(const struct view *v, uint32_t person, const struct listing **out_list);
/* Whether the person is on the list at an instant, with what value (true where there is none), and until when time alone changes nothing of it (INT64_MAX: for
 * ever). Acts before the newest LISTING_ACTS_MAX of an identifier are not known any more. */
bool listing_holds(const struct view *v, uint32_t person, uint32_t list, int64_t at_us, struct value *out_value,
                   int64_t *out_turn_us);
/* The same of what was read before, for who asks for many lists of one person. */
bool listing_holds_of(const struct listing *listings, size_t count, uint32_t list, int64_t at_us,
                      struct value *out_value, int64_t *out_turn_us);
uint64_t listings_waiting(const struct view *v);
/* The next listing of whom nobody knows yet, in no order that means anything; start with none. `id` is borrowed from the view; the acts are as of listings_of. */
struct listing_waiting {
    struct bytes key; /* to go on behind it */
    struct envelope_id id;
    uint32_t list;
    uint32_t act_count;
    struct listing_act acts[LISTING_ACTS_MAX];
};
bool listing_waiting_next(const struct view *v, struct bytes after, struct listing_waiting *out_waiting);

/* --- facts; inward: what lists are called audience knows --- */

struct listing_changed {
    uint32_t person, list;
};
extern const struct fact_kind fact_listing_changed;

/* --- commands --- */

enum {
    COMMAND_LISTING_OPEN = 0x1401, /* a follow-up: there is this list, or it is another one now: list_pack */
    COMMAND_LISTING_CLOSE =
        0x1402, /* a follow-up: u32 number; what was said stands in rows until they are written next, and counts for nothing */
    COMMAND_LISTING_PUT = 0x1403, /* listing_put_pack */
    COMMAND_LISTING_TAKE =
        0x1404, /* a follow-up: these people are put on it, under the identifier that stands for them: listing_take_pack */
};
#define LISTING_OPEN_BYTES_MAX (LIST_LEVELS_BYTES_MAX + 1024u)
#define LISTING_CLOSE_BYTES 4u
#define LISTING_PUT_BYTES_MAX 4096u
#define LISTING_TAKE_PEOPLE_MAX 100u
#define LISTING_TAKE_BYTES_MAX 2048u
void list_pack(const struct list *list, struct buf *out);
struct listing_put {
    struct envelope_id id; /* of whom */
    uint32_t
        holder; /* of one that is said again as it was elsewhere: the holder's rank (identity_holder_rank); 0: who has it in force */
    uint32_t list;
    bool is_import;
    struct listing_act act; /* until_us 0: as the list says */
};
void listing_put_pack(const struct listing_put *put, struct buf *out);
struct listing_take {
    uint32_t list;
    int64_t time_us;
    struct relation_by by;
    struct bytes reason;
    uint32_t count;
    uint32_t people[LISTING_TAKE_PEOPLE_MAX]; /* numbers as they were; whoever they are now is put on it */
};
void listing_take_pack(const struct listing_take *take, struct buf *out);
