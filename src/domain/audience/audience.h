/* Audience: tags and segments, which are rules (domain/rule) with a name, a label, an owner and a meaning that may change. What one says is an expression, or a list of
 * people (domain/listing: imported, set by hand, or a snapshot of another one), or which tag of a group somebody has.
 *
 * Invariants
 *   - What a definition says is answered by one rule, in force; a changed definition is answered by its old rule until the new one, with the past that it asks
 *     for, takes over.
 *   - `segment('x')` and `tag('x')` in a text are read as what x says. Whoever names x follows each change of x, and takes over at the position at which x does.
 *   - A change of the workspace's zone is a change of every definition: its rule is made anew in it, and the one before answers until then.
 *   - No definition asks for itself, however far around, and what others name can't be ended.
 *   - Of the tags of a group a person has at most one: of those that would hold the first in the group's order, of those set by hand the newest.
 *
 * Formats: docs/formats/audience.md. */
#pragma once

#include "domain/audience/growth.h"
#include "domain/audience/use.h"
#include "domain/listing/listing.h"
#include "domain/rule/rule.h"

extern const struct domain audience_domain;

#define AUDIENCE_NAME_BYTES_MAX 64u
#define AUDIENCE_LABEL_BYTES_MAX 200u
#define AUDIENCE_ABOUT_BYTES_MAX 1000u
#define AUDIENCE_TEXT_BYTES_MAX 12000u /* of the text, and of declared values, and of the tags of a group: together */
#define AUDIENCE_MAX 8000u        /* definitions of a workspace: each has two rules while it changes */
#define AUDIENCE_TOGETHER_MAX 72u /* that one save changes, itself among them */
#define AUDIENCE_SWITCH_MAX 200u  /* that wait for each other */
#define AUDIENCE_LEVELS_MAX 100u  /* values that are declared */
#define AUDIENCE_GROUP_MAX 32u    /* tags of a group */
#define AUDIENCE_DATE_BYTES 10u        /* "2026-12-31" */

enum audience_kind { AUDIENCE_SEGMENT, AUDIENCE_TAG, AUDIENCE_KIND_COUNT };
extern const char *const audience_kind_names[AUDIENCE_KIND_COUNT]; /* "segment", "tag": as expressions say them */

/* What it is that is said; it and the kind of a list's values stay as they are while the definition is there. */
enum audience_content {
    AUDIENCE_RULE,  /* an expression */
    AUDIENCE_LIST,  /* people are put on it and taken off it; of a tag perhaps with a value */
    AUDIENCE_GROUP, /* a tag whose value is which of its tags somebody has */
    AUDIENCE_CONTENT_COUNT
};
extern const char *const audience_content_names[AUDIENCE_CONTENT_COUNT]; /* "rule", "list", "group" */

/* A value that a tag is known to have, and what it is called. */
struct audience_level {
    struct bytes value; /* packed */
    struct bytes label_zh, label_en;
};

struct audience {
    /* What is said. */
    enum audience_kind kind;
    enum audience_content content;
    struct bytes name;
    struct bytes label_zh, label_en, owner, about; /* may be empty */
    struct bytes brand;                            /* whose scope it is read in; empty: the whole group's */
    struct bytes category;                         /* where operators look for it: "交易/价值"; may be empty */
    struct bytes until; /* the last day on which it holds of anybody, in the workspace's zone: "2026-12-31"; empty: for ever */
    struct bytes text;  /* of a rule, canonical: of a segment a condition, of a tag a condition or a term; else empty */
    struct bytes levels; /* audience_levels_pack; may be empty. Of a list these are all that it takes */
    enum list_value value;  /* of a list */
    uint32_t lasts_days;    /* of a list: so long after it was said a listing ends, unless it says when; 0: never */
    struct bytes members;   /* of a group, in its order: *bytes* the name of each tag */
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
    /* Of a snapshot. */
    uint64_t frozen;           /* the position at which it was taken; 0: it is none */
    enum audience_kind source_kind;
    struct bytes source;       /* of whom: the name that it had */
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
/* The group that a tag is in, by number; 0: none. */
uint32_t audience_group_of(const struct view *v, uint32_t number);
bool audience_is_filling(const struct view *v, uint32_t number); /* a snapshot whose people are still being put on it */
/* What is declared, one after the other; start with `u` of a definition's levels, and of its members. false: no more. */
bool audience_level_next(struct unpack *u, struct audience_level *out_level);
void audience_level_pack(const struct audience_level *level, struct buf *out);
bool audience_member_next(struct unpack *u, struct bytes *out_name);
/* The next definition that names this one, by number; 0: no more. */
uint32_t audience_namer_next(const struct view *v, uint32_t number, uint32_t after);

/* --- expressions --- */

/* A tree as a definition of this kind has it: a condition, and of a tag else a term. INVALID, LIMIT: as expr_read; and a name that only rules have. */
fallible audience_read(enum audience_kind kind, struct bytes text, struct arena *arena, const struct expr **out_tree,
                       struct err *e);
/* Whether a text that was read before is a condition: of a tag a call by itself is what its words mean, so none. */
bool audience_is_condition(enum audience_kind kind, struct bytes text, struct arena *arena);
/* Whose definitions, by their brands, somebody sees. Others are to them as if they weren't there. */
struct audience_sight {
    const void *context;
    bool (*sees)(const void *context, const struct view *v, struct bytes brand); /* NULL: all */
};
/* Whether they see a definition and all that is in it, however deep. Costs a look at each name in it. */
bool audience_is_seen(const struct view *v, const struct audience *a, const struct audience_sight *sight);
/* What else is read in place: the definitions that stand, and in front of them one that is only about to. `said` may be NULL. */
struct audience_names {
    const struct view *view;
    const struct audience *said;
    const struct audience_sight *sight; /* of who says it: what they don't see they can't name, nor is it proposed to them. NULL: they see all */
    struct program_names names; /* for program_ask */
};
void audience_names_init(struct audience_names *n, const struct view *v, const struct audience *said);
/* What a definition says, whatever it is, as others read it: with its last day, and of a tag of a group that none before it holds. In the arena. INVALID: as
 * audience_read. */
fallible audience_tree(const struct audience_names *n, const struct audience *a, struct arena *arena,
                       const struct expr **out_tree, struct err *e);
/* The text as a rule has it, with all that it names in place. INVALID: a name that nobody has, a circle, a condition where a value is wanted. LIMIT: over
 * RULE_TEXT_BYTES_MAX, or too deep. */
fallible audience_expand(const struct audience_names *n, const struct audience *a, struct arena *arena,
                         struct bytes *out_text, struct err *e);
/* Whether it could be saved: compiles it, and all that name it with it. INVALID, LIMIT: why not, with the place in the text. Costs a compilation each; for
 * the edge, since a step would have nobody to tell. `names`: of events and properties; NULL: those of the view, in which there is no property that only the
 * newest events have. The step that saves takes any name of a property, so what was seen here of the newest events needn't be seen there. `sight`: of who saves it;
 * what stands in a definition that they see may be named with it, whoever's that is. */
fallible audience_examine(const struct view *v, const struct audience *said, const struct name_book *names,
                          const struct audience_sight *sight, struct err *e);

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
/* struct audience; of a list: it is there, takes something else, or is over. Said by the very step that saves or ends it, so that whoever keeps a copy of the lists has it before
 * the save is answered. */
extern const struct fact_kind fact_list_changed;

/* --- commands --- */
enum {
    COMMAND_AUDIENCE_SAVE = 0x1201,   /* audience_pack. What it says already stays as it is, with its revision */
    COMMAND_AUDIENCE_END = 0x1202,    /* u8 kind, bytes name */
    COMMAND_AUDIENCE_SETTLE = 0x1203, /* a follow-up: behind the making of a rule; was it made? */
    COMMAND_AUDIENCE_DROP =
        0x1204, /* a follow-up: a rule that nobody waits for any more, unless it came into force meanwhile */
    COMMAND_AUDIENCE_CANCEL = 0x1205, /* as END: the change that hasn't taken over yet is taken back; of what never was in force nothing is left */
    COMMAND_AUDIENCE_FREEZE = 0x1206, /* audience_freeze_pack. Who is in one now is put on a new list */
};
#define AUDIENCE_SAVE_BYTES_MAX (AUDIENCE_TEXT_BYTES_MAX + 4096u)
#define AUDIENCE_END_BYTES_MAX (1u + AUDIENCE_NAME_BYTES_MAX)
#define AUDIENCE_ANY_REVISION UINT64_MAX
/* What is said of it. `expects`: the revision that it changes, 0: it is new; AUDIENCE_ANY_REVISION: whichever. */
void audience_pack(const struct audience *a, uint64_t expects, struct buf *out);
void audience_end_pack(enum audience_kind kind, struct bytes name, struct buf *out);
/* Who is in the source at the position of the command, whatever happens meanwhile; a job puts them on the list, LISTING_TAKE_PEOPLE_MAX a step. */
struct audience_freeze {
    struct audience said; /* a list that isn't there yet */
    enum audience_kind source_kind;
    struct bytes source;
    struct rule_value value; /* of a tag with values; unknown: of a condition */
    struct bytes by;         /* the token's name */
};
#define AUDIENCE_FREEZE_BYTES_MAX (AUDIENCE_SAVE_BYTES_MAX + ROW_BYTES_MAX)
void audience_freeze_pack(const struct audience_freeze *freeze, struct buf *out);
