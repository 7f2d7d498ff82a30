/* What a rule says, ready to be evaluated: the tree of an expression (lib/expr.h) with its names looked up, its types checked, and its aggregates
 * bound to features (feature.h). docs/guide/expressions.md says what everything means.
 *
 * A program is immutable and belongs to its arena; any thread may evaluate it, each with an arena of its own. Evaluating is a function of what
 * the reading gives, and of nothing else: the same program says who is in a segment now, who was in it at an instant, and why. */
#pragma once

#include "domain/rule/feature.h"
#include "engine/view.h"
#include "lib/civil.h"
#include "lib/expr.h"
#include "lib/value.h"

struct program;

#define PROGRAM_FEATURES_MAX 64u /* of one program */
#define PROGRAM_NODES_MAX 65536u
#define PROGRAM_PLACES_MAX 32u /* traits, relations and the like that one names */

/* --- values --- */

enum rule_type { RULE_TRUTH, RULE_NUMBER, RULE_TEXT, RULE_TIME, RULE_TYPE_COUNT };
extern const char *const rule_type_names[RULE_TYPE_COUNT]; /* "truth", … */
/* Unknown stays unknown through comparisons, not, and, or (as SQL has it); of a condition unknown counts as no. Numbers are millionths; what has
 * more digits is rounded to them, half away from zero, and a quotient by zero is unknown. */
struct rule_value {
    enum rule_type type;
    bool is_known;
    bool truth;
    series_wide number;
    int64_t time_us;
    struct bytes text;
};
int rule_value_compare(const struct rule_value *x, const struct rule_value *y); /* of one type, both known */
/* As it stands in rows and answers (lib/value.h): a number with more than 63 bits is its nearest double. Unknown: no bytes. */
void rule_value_pack(const struct rule_value *value, struct buf *out);
struct rule_value rule_value_unpack(enum rule_type type, struct bytes packed); /* what rule_value_pack wrote */

/* --- making one --- */

/* What other rules and lists say, for segment('x') and tag('x'): their trees are read in place. */
struct program_names {
    void *context;
    /* The tree of a tag or a segment, in the arena. NULL: there is none of that name; `nearest` gets one that is like it, or nothing. */
    const struct expr *(*tree)(void *context, const char *kind, struct bytes name, struct arena *arena,
                               struct bytes *out_nearest);
};
/* A list (domain/listing), as a rule names it: segment('#12'), of a tag with values tag('#12 number'). Whoever makes rules writes it in the place of its name;
 * what rules are made of names no other definition so. */
#define PROGRAM_LIST_NAME_BYTES_MAX 24u
void program_list_name(uint32_t list, enum rule_type type, struct buf *out); /* RULE_TRUTH: it has no values */
bool program_list_named(struct bytes name, uint32_t *out_list, enum rule_type *out_type); /* false: it is no list */
struct program_ask {
    const struct view *view;   /* where names of events, traits, properties, relations and things are looked up */
    const struct civil *civil; /* of the workspace's zone, for dates that are written; outlives the program */
    const struct program_names *names; /* NULL: there are no others */
    const struct name_book *book;      /* of the view, for many programs; NULL: it is made for this one, at the cost of a look at all properties */
    bool wants_truth;                  /* of a segment: INVALID when it is no condition */
    bool takes_new; /* names of properties were looked at by whoever asks, among the newest events too: one that isn't in `book` is a property all the same */
    bool is_saved; /* it was compiled when it was saved: `where` isn't looked at again, so that a property that was forbidden since is merely absent */
    struct bytes meanings; /* of one that is saved: program_meanings of that time. Names aren't looked up again, so it is the same program for ever */
};
#define PROGRAM_NESTED_MAX 16u /* tags in tags */
/* INVALID, with the place in the text (characters, from 1; of another rule with its name), what is wrong, and the nearest name: an unknown name, a clash of types, a threshold
 * of a rolling window over SERIES_MOST_MAX, a window over as many days, a circle, what changes with time for everybody. LIMIT: over the bounds above. The tree outlives the program.
 * Takes some 400 bytes a node. */
fallible program_compile(const struct program_ask *ask, const struct expr *tree, struct arena *arena,
                         const struct program **out_program, struct err *e);

enum rule_type program_type(const struct program *p);
/* What each of its names meant, in the order in which they were looked up; of one that was saved nothing. Lives as long as the program. */
#define PROGRAM_MEANINGS_BYTES_MAX (1u << 19)
struct bytes program_meanings(const struct program *p);
size_t program_features(const struct program *p,
                        const struct feature *const **out_list); /* each once; their order is the program's numbering */

/* What else a program reads: whoever changes such a thing of a person has it evaluated again. */
enum program_reads {
    PROGRAM_TRAIT,      /* number: NAME_TRAIT */
    PROGRAM_IDENTIFIER, /* number: type */
    PROGRAM_RELATION,   /* number: type of relation */
    PROGRAM_CONSENT,
    PROGRAM_LIST,  /* number: of the list */
    PROGRAM_THING, /* things as they are now, by the view */
    PROGRAM_SELF,  /* who it is: a share */
    PROGRAM_READS_COUNT
};
struct program_place {
    enum program_reads what;
    uint32_t number;
};
size_t program_places(const struct program *p, const struct program_place **out_list); /* each once */

/* --- evaluating --- */

/* A relation that is open, or will be, as conditions on it read it. */
struct rule_relation {
    int64_t since_us; /* before it there is none; INT64_MIN: not known */
    struct bytes kind, id; /* of the thing it leads to */
    void *context;
    bool (*member)(void *context, struct bytes path,
                   struct value *out_value); /* an attribute of it, or of the thing: "staff.store" */
};
/* What is known of a person: their series have nothing that is later than now. Numbers of features and places are the program's. A function that isn't given knows nothing. All that is returned lives
 * as long as the evaluation. */
struct reading {
    void *context;
    int64_t now_us;
    const struct civil *civil; /* of the workspace's zone */
    struct series_walk (*series)(void *context, uint32_t feature, const struct series_shape *shape);
    bool (*trait)(void *context, uint32_t trait, struct value *out_value); /* of the rule's brand, else the group's */
    bool (*identifier)(void *context, uint32_t type, struct bytes *out_value);                /* one in force */
    size_t (*relations)(void *context, uint32_t type, const struct rule_relation **out_list); /* open ones */
    /* At an instant; `channel` empty: of all. *out_turn_us: the earliest one after it at which time alone may change the answer; INT64_MAX: none. */
    bool (*consents)(void *context, struct bytes purpose, struct bytes channel, int64_t at_us, int64_t *out_turn_us);
    /* In it, or has the tag, with what value; `at_us` and out_turn_us as of consents. */
    bool (*list)(void *context, uint32_t list, int64_t at_us, struct value *out_value, int64_t *out_turn_us);
    struct hash128 public_id;
};
struct rule_value program_value(const struct program *p, const struct reading *r, struct arena *scratch);
/* The earliest instant after now at which time alone might change the value; INT64_MAX: none. Cheap: it may be too early, never too late. */
int64_t program_turn(const struct program *p, const struct reading *r, struct arena *scratch);
/* Whether what is added to series moves the value one way alone, and only puts the turn off as long as it stays: of one threshold of a count. So what it says of
 * somebody, once it isn't what it says of nobody, only time changes. */
bool program_is_put_off(const struct program *p);
/* The earliest instant after now and not after `until_us` at which time alone changes the value; INT64_MAX: none. Evaluates once for each instant at which it might. */
int64_t program_turn_exact(const struct program *p, const struct reading *r, int64_t until_us, struct arena *scratch);
/* Where what an evaluation reads first lies: addresses of cache lines, at most `max` of them. For who evaluates many programs in a row, and fetches them ahead. */
size_t program_lines(const struct program *p, const void **out_lines, size_t max);
