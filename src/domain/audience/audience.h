/* Audience: tags and segments, which are rules (domain/rule) with a name, a label, an owner and a meaning that may change.
 *
 * Invariants
 *   - What a definition says is answered by one rule, in force; a changed definition is answered by its old rule until the new one, with the past that it asks
 *     for, takes over.
 *   - `segment('x')` and `tag('x')` in a text are read as what x says. Whoever names x follows each change of x, and takes over at the position at which x does.
 *   - No definition asks for itself, however far around, and what others name can't be ended.
 *
 * Formats: docs/formats/audience.md. */
#pragma once

#include "domain/rule/rule.h"

extern const struct domain audience_domain;

#define AUDIENCE_NAME_BYTES_MAX 64u
#define AUDIENCE_LABEL_BYTES_MAX 200u
#define AUDIENCE_ABOUT_BYTES_MAX 1000u
#define AUDIENCE_TEXT_BYTES_MAX 12000u
#define AUDIENCE_MAX 8000u        /* definitions of a workspace: each has two rules while it changes */
#define AUDIENCE_TOGETHER_MAX 80u /* that one save changes, itself among them */
#define AUDIENCE_SWITCH_MAX 200u  /* that wait for each other */

enum audience_kind { AUDIENCE_SEGMENT, AUDIENCE_TAG, AUDIENCE_KIND_COUNT };
extern const char *const audience_kind_names[AUDIENCE_KIND_COUNT]; /* "segment", "tag": as expressions say them */

struct audience {
    /* What is said. */
    enum audience_kind kind;
    struct bytes name;
    struct bytes label_zh, label_en, owner, about; /* may be empty */
    struct bytes brand;                            /* whose scope it is read in; empty: the whole group's */
    struct bytes text; /* canonical; of a segment a condition, of a tag a condition or a term */
    /* What came of it; of what is said zeroes. */
    uint32_t number;   /* for ever; no other definition gets it */
    uint64_t revision; /* from 1 */
    int64_t saved_us;
    uint32_t rule;      /* that answers; RULE_NONE: none yet */
    uint32_t next;      /* that will; RULE_NONE: none */
    bool next_is_ready; /* its past is read: it waits for those that change with it */
    bool is_refused;    /* no rule could be made of the last revision: the one before it answers */
    uint64_t asked;     /* position of the command that asked for `next`; 0: nothing is changing */
    uint64_t batch;     /* those of one batch take over together; 0: none */
};
enum audience_state { AUDIENCE_GATHERING, AUDIENCE_WAITING, AUDIENCE_IN_FORCE, AUDIENCE_REFUSED, AUDIENCE_STATE_COUNT };
extern const char *const audience_state_names[AUDIENCE_STATE_COUNT];
enum audience_state audience_state(const struct audience *a); /* of its last revision */

/* --- reading; borrowed from the view --- */

bool audience_find(const struct view *v, enum audience_kind kind, struct bytes name, struct audience *out_audience);
/* In order of name; start with none. */
bool audience_next(const struct view *v, enum audience_kind kind, struct bytes after, struct audience *out_audience);
bool audience_numbered(const struct view *v, uint32_t number, struct audience *out_audience); /* false: it is over */
bool audience_of_rule(const struct view *v, uint32_t rule, struct audience *out_audience); /* in force, or gathering */
/* The next definition that names this one, by number; 0: no more. */
uint32_t audience_namer_next(const struct view *v, uint32_t number, uint32_t after);

/* --- expressions --- */

/* A tree as a definition of this kind has it: a condition, and of a tag else a term. INVALID, LIMIT: as expr_read. */
fallible audience_read(enum audience_kind kind, struct bytes text, struct arena *arena, const struct expr **out_tree,
                       struct err *e);
/* What else is read in place: the definitions that stand, and in front of them one that is only about to. `said` may be NULL. */
struct audience_names {
    const struct view *view;
    const struct audience *said;
    struct program_names names; /* for program_ask */
};
void audience_names_init(struct audience_names *n, const struct view *v, const struct audience *said);
/* The text as a rule has it, with all that it names in place. INVALID: a name that nobody has, a circle, a condition where a value is wanted. LIMIT: over
 * RULE_TEXT_BYTES_MAX, or too deep. */
fallible audience_expand(const struct audience_names *n, const struct audience *a, struct arena *arena,
                         struct bytes *out_text, struct err *e);
/* Whether it could be saved: compiles it, and all that name it with it. INVALID, LIMIT: why not, with the place in the text. Costs a compilation each; for
 * the edge, since a step would have nobody to tell. */
fallible audience_examine(const struct view *v, const struct audience *said, struct err *e);

/* --- facts --- */

struct audience_turned {
    uint32_t number; /* of the definition */
    uint32_t person;
    enum audience_kind kind;
    struct bytes name;
    struct rule_value before, after;
    bool by_time;
};
extern const struct fact_kind fact_segment_entered, fact_segment_left, fact_tag_changed;

/* --- commands --- */
enum {
    COMMAND_AUDIENCE_SAVE = 0x1201,   /* audience_pack. What it says already stays as it is, with its revision */
    COMMAND_AUDIENCE_END = 0x1202,    /* u8 kind, bytes name */
    COMMAND_AUDIENCE_SETTLE = 0x1203, /* a follow-up: behind the making of a rule; was it made? */
    COMMAND_AUDIENCE_DROP =
        0x1204, /* a follow-up: a rule that nobody waits for any more, unless it came into force meanwhile */
};
#define AUDIENCE_SAVE_BYTES_MAX (AUDIENCE_TEXT_BYTES_MAX + 4096u)
#define AUDIENCE_END_BYTES_MAX (1u + AUDIENCE_NAME_BYTES_MAX)
#define AUDIENCE_ANY_REVISION UINT64_MAX
/* What is said of it. `expects`: the revision that it changes, 0: it is new; AUDIENCE_ANY_REVISION: whichever. */
void audience_pack(const struct audience *a, uint64_t expects, struct buf *out);
void audience_end_pack(enum audience_kind kind, struct bytes name, struct buf *out);
