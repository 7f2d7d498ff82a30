/* Private to rule: the book, which is all rules that are not over, as steps look at them: compiled, and found by what they read. It is made of rows, and kept in
 * memory alone; a change of one rule makes this one anew. For the engine's thread. */
#pragma once

#include <stdatomic.h>

#include "domain/rule/effort.h"
#include "domain/rule/person_features.h"

extern const struct family rule_family;       /* NUMBERED: what a rule is, but for its text */
extern const struct family rule_text_family;  /* KEYED: rule (4, BE), piece (2, BE) -> up to 16 KiB of it */
extern const struct family rule_clock_family; /* KEYED: what all rules share (slots.h) */
extern const struct projection book_projection;

/* A feature that at least one rule asks for. Its number, the slot, is for ever: what a later rule asks for by the same text and brand is the same slot
 * as long as there is such a rule. */
struct book_feature {
    uint32_t slot;
    uint32_t brand;                /* whose events count, with those of no brand; 0: all */
    uint64_t since;                /* events from this position on are gathered as they come */
    bool is_whole;                 /* what was before is in people's rows: one of its rules is past RULE_GATHERING */
    struct hash128 key;            /* of text, brand and what its names of events mean; and of the zone, where it reads days */
    const struct feature *feature; /* of `lender`; NULL: none of its rules could be compiled */
    const struct matcher *matcher; /* NULL: it can't be compiled */
    uint32_t lender;               /* the rule in whose arena both lie */
    uint32_t rule_count, rule_room;
    uint32_t *rules; /* ascending */
};

/* What a rule's row says of one of its features. */
struct rule_slot {
    uint32_t slot;
    uint64_t since;
    struct hash128 key;
};
struct rule_row {
    uint32_t number;
    enum rule_state state;
    uint32_t brand;
    bool is_condition;
    enum rule_type type;
    uint64_t position, in_force;
    struct bytes maker, unknown; /* packed: rule_value_pack */
    uint32_t slot_count;
    const struct rule_slot *slots; /* in the program's order */
};
struct book_rule {
    struct rule_row row;
    struct arena *arena; /* of all that it has */
    bool is_listed;      /* the book's own: it was compiled, as far as it can be, and is found by what it reads */
    const struct program *program; /* NULL: it can't be compiled, and says what it says of somebody unknown */
    bool reads_things;             /* as they are now: whoever looks at it announces them (rules_look_with_things) */
    struct rule_effort *effort;      /* whoever looks at it counts here */
};

struct book;
/* What is committed, all of it compiled; NULL: nobody makes it. O(1) when no rule changed. */
const struct book *book_of(const struct view *v);
const struct book_rule *book_rule(const struct book *b, uint32_t number);     /* NULL: none, or over */
const struct book_feature *book_feature(const struct book *b, uint32_t slot); /* NULL: no rule asks for it any more */
const struct book_feature *book_feature_keyed(const struct book *b, struct hash128 key); /* as slot_key has it */
struct hash128 slot_key(const struct book *b, const struct feature *f, uint32_t brand); /* in the zone as it is now */
const struct civil *book_civil(const struct book *b); /* of the workspace's zone */
/* What a pass (gather.h) has read of what happened, of RULE_PROGRESS_WHOLE: its work says it, on any thread. As long as the book, which outlives the work. */
atomic_uint *book_read_share(const struct book *b);
void book_efforts_turn(const struct book *b, int64_t now_us); /* a day begins: what was counted is of the day before */
uint32_t book_count(const struct book *b, enum rule_state state);
uint32_t book_broken(const struct book *b);               /* rules that can't be compiled */
uint32_t book_next(const struct book *b, uint32_t after); /* the next rule's number; 0: no more */

/* Numbers of slots or of rules; borrowed until a rule changes. */
struct book_list {
    uint32_t count;
    const uint32_t *list;
};
struct book_list book_hears(const struct book *b,
                            uint32_t event);           /* slots that gather events of this name; one look-up */
struct book_list book_hears_all(const struct book *b); /* slots that gather events of every name */
/* What rules hear of events of this name; NULL: nothing. Kept, and made at the first event and again once rules of its features came or went. */
struct hearing;
const struct hearing *book_hearing(const struct book *b, uint32_t event);
struct book_list book_orders(const struct book *b);    /* slots of orders */
struct book_list book_reads(const struct book *b, struct program_place p); /* rules that read it */
/* The next of what any rule reads, by (what, number), from this one on; false: no more. */
bool book_place_next(const struct book *b, struct program_place from, struct program_place *out_place);

/* As the domain's: of events of which brand a feature is. */
static inline bool feature_takes(const struct book_feature *f, uint32_t brand)
{
    return f->brand == 0 || brand == 0 || f->brand == brand;
}
/* The shapes of a book's slots at an instant, for person_features.h; lives as long as both arguments. */
struct book_shapes {
    const struct book *book;
    int64_t now_us;
};
struct slot_rules book_slots(struct book_shapes *of);

/* Rows. */
bool rule_row_unpack(struct bytes row, struct arena *a, struct rule_row *out_row);
void rule_row_put(struct step *s, const struct rule_row *row); /* number RULE_NONE: a new one, which gets the next */
void rule_text_put(struct step *s, uint32_t rule, struct bytes text, struct bytes meanings);
struct bytes rule_text_read(const struct view *v, uint32_t rule);                        /* in the view's arena */
struct bytes rule_meanings_read(const struct view *v, uint32_t rule);                    /* of its names; the same */
void rule_remove(struct step *s, uint32_t rule);                                         /* with its text */
fallible rule_ask_unpack(struct bytes payload, struct rule_ask *out_ask, struct err *e); /* borrows. INVALID, LIMIT */
/* Reads and compiles; whether it wants a condition is the rule's. */
fallible rule_compile(struct program_ask how, const struct rule_ask *ask, struct arena *a,
                      const struct program **out_program, struct err *e);
/* One that was saved, as it was then; false: it can't be compiled any more. */
bool rule_compile_saved(const struct program_ask *how, const struct rule_row *row, struct arena *a,
                        const struct program **out_program);
