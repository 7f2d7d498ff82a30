/* Rules: conditions and values in the expression language that hold of people, live. Tags and segments (domain/audience) are made of them; journeys and
 * earning rules ask here too. docs/adr/0020-rules-keep-mergeable-features.md
 *
 * Invariants
 *   - A rule in force has of each person the value that its expression has of the person's kept history at the log's time: after every event (late or not), merge, split and
 *     correction, and at every instant between. Of a split it is `pending` until its events were read again.
 *   - A rule never changes: what is edited is a new one, which takes over from the old one at one position.
 *   - Its days are those of the zone in which it was made: whoever had it made asks for another one when the zone changes (fact_zone_changed).
 *   - A person of whom a rule says what it says of somebody unknown has no byte of it.
 *
 * Life of a rule: `gathering` (its features' past is read, live events are gathered for it) -> `ready` (its values are in people's rows, shadows of what will be)
 * -> `in force` -> `over`. Formats: docs/formats/rule.md. */
#pragma once

#include "domain/rule/effort.h"
#include "domain/rule/program.h"
#include "domain/rule/recount.h"
#include "domain/rule/trace.h"
#include "engine/domain.h"

extern const struct domain rule_domain;
extern const struct section
    features_section; /* fold: slot, series of each feature with anything in it (docs/formats/rule.md) */
extern const struct section
    standing_section; /* fold: slot, value and turn of each rule that says something else than of somebody unknown */

#define RULES_MAX 20000u /* not over */
#define RULE_TEXT_BYTES_MAX \
    60000u /* a rule is made by a follow-up; it names no other tag or segment: their texts stand in it */
#define RULE_MAKER_BYTES_MAX 128u
#define RULE_NONE 0u

enum rule_state {
    RULE_GATHERING,
    RULE_READY,
    RULE_IN_FORCE,
    RULE_LEAVING, /* another one took over, and whoever differs is being told: it says what it said when that happened */
    RULE_OVER,
    RULE_STATE_COUNT
};
extern const char *const rule_state_names[RULE_STATE_COUNT];

struct rule {
    uint32_t number; /* for ever; what standing_section has */
    enum rule_state state;
    /* NAME_BRAND whose scope it is read in: events, traits and relations of this brand, and what is of no brand; 0: the group's, who reads all, and of
     * a trait that several brands have the newest. */
    uint32_t brand;
    struct bytes text;  /* canonical */
    struct bytes maker; /* what its maker calls it, for whoever hears that it moved */
    enum rule_type type;
    uint64_t position;         /* of the command that made it: what comes from there on is gathered live */
    uint64_t in_force;         /* position of the switch; 0: not yet */
    struct rule_value unknown; /* what it says of somebody of whom nothing is known */
};
/* All here and below read what is committed of rules themselves: one that this step made isn't there yet. false: it was never made, or is over. */
bool rule_find(const struct view *v, uint32_t number, struct rule *out_rule);
enum rule_type rule_type_of(const struct view *v, uint32_t number); /* of one that is there; one look-up */
uint32_t rules_end(const struct view *v);                           /* one past the highest number */

/* What rules in force say of a person at v->now_us: those that say something else than of somebody unknown, by number; in the view's arena. Follows no aliases. */
struct standing {
    uint32_t rule;
    struct rule_value value;
    int64_t since_us; /* when it turned to this value; 0: not kept */
    int64_t turn_us;  /* the earliest instant at which time alone may change it; INT64_MAX: none */
};
size_t rule_standings(const struct view *v, uint32_t person, const struct standing **out_list);
struct rule_value rule_says(const struct view *v, uint32_t person,
                            uint32_t rule); /* one of them, of any state but OVER */
bool rule_pending(const struct view *v, uint32_t person);
/* A property that it reads of events, and that was forbidden since it was saved; no bytes: there is none. Borrowed; walks what was said of properties. */
struct bytes rule_reads_forbidden(const struct view *v, uint32_t rule);
/* How much of the way a rule that is gathering has behind it. Engine's thread. */
#define RULE_PROGRESS_WHOLE 1000u
#define RULE_PROGRESS_READ 500u /* all that happened is read, and is to be installed */
struct rule_progress {
    uint32_t share;   /* of RULE_PROGRESS_WHOLE, which says that it isn't gathering; after a restart what happened may be read once more, from 0 */
    int64_t begun_us; /* log time at which the way began: for all rules of a pass when the first of them was made */
};
struct rule_progress rule_progress(const struct view *v, uint32_t rule);

/* A condition that is no rule, evaluated by point: of whatever features of rules in force it shares; LIMIT with the aggregate's text where none is gathered. */
fallible rule_test(const struct view *v, uint32_t person, const struct program *p, struct rule_value *out_value,
                   struct err *e);

/* --- sets: any thread may read a frozen one; engine's thread makes it --- */

struct bitmap;
/* Of whom the rule says this value at v->now_us (of a condition NULL: who is in it). The caller destroys it, on the engine's thread. It is right from
 * midnight on; what turns within a day is at most as late as its timer is, and of a rule that is no condition those who turned at the last midnight are in no
 * set until the job of the day came by. Costs a reference a chunk, and the turns of today. NULL: no such rule. */
struct bitmap *rule_set(const struct view *v, uint32_t rule, const struct rule_value *value);
struct bitmap *rule_everybody(const struct view *v); /* living people */
/* The values that a rule has of people, but for the one that it has of somebody unknown and for none at all; of a condition none. Returns how many there are, the first
 * `max` of which are given, texts borrowed until the next step. O(values). */
size_t rule_values(const struct view *v, uint32_t rule, struct rule_value *out_values, size_t max);
/* Of whom the rule says anything: of a condition who is in it, else who has a value. As of rule_set, but that those whose value turned at the last midnight
 * stay in it until the job of the day came by. */
struct bitmap *rule_set_known(const struct view *v, uint32_t rule);

/* --- facts --- */

/* What a rule in force says of a person changed. By the cause of the step: live, late, import, switch, merge, split. */
struct rule_turned {
    uint32_t rule, person;
    struct rule_value before, after;
    bool by_time;
};
extern const struct fact_kind fact_rule_turned;
struct rule_moved {
    uint32_t rule;
    enum rule_state state;
    struct bytes maker;
};
extern const struct fact_kind fact_rule_moved; /* it is ready, in force, over */

/* --- commands --- */
enum {
    COMMAND_RULE_MAKE = 0x1001,     /* system: of another domain's follow-up */
    COMMAND_RULE_SWITCH = 0x1002,   /* takes over from other rules, all at once */
    COMMAND_RULE_END = 0x1003,      /* u32 number */
    COMMAND_RULE_GATHERED = 0x1004, /* series of some people, as background work read them */
    COMMAND_RULE_REFOLDED = 0x1006, /* the same of people who were parted */
    COMMAND_RULE_LOOK =
        0x1005, /* a follow-up: something that a rule reads of a person changed, of which it hears no fact */
    COMMAND_RULE_ORDER = 0x1007,  /* a follow-up: an order changed, or began */
    COMMAND_RULE_ORDERS = 0x1008, /* a follow-up: orders of who was parted */
};
struct rule_ask {
    uint32_t brand;
    bool is_condition; /* of a segment: the text is a condition; else a term */
    struct bytes maker, text;
};
void rule_ask_pack(const struct rule_ask *ask, struct buf *out);
/* Pairs: of the first of them, or of RULE_NONE, the second takes over. */
#define RULE_SWITCH_MAX 256u
struct rule_pair {
    uint32_t old, new;
};
void rule_switch_pack(const struct rule_pair *pairs, size_t count, struct buf *out);
struct rule_look {
    uint32_t person;
    struct program_place place;
    bool by_time; /* nothing changed but the time */
};
void rule_look_pack(const struct rule_look *look, struct buf *out);
