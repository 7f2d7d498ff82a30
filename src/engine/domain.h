/* What a domain tells the engine: one `const struct domain` table a folder, and nothing registered anywhere else.
 *
 * Everything with an id is in the log or on disk: an id is for ever, never changed and never used again. Domain d uses
 * command, fact, effect, timer, job and work ids 0xdd00..0xddff, where 0xdd is its own number. Routes, access checks,
 * metrics, the OpenAPI page and docs/reference come out of these rows.
 *
 * Domains do not call each other: they say facts and hear facts. The engine sorts them so that a fact always goes
 * forward, and refuses to start on a circle. Allowed besides: read-only functions over a view, in a domain's header. */
#pragma once

#include "engine/step.h"
#include "engine/view.h"
#include "store/rows.h"

struct json_writer;
struct forgotten;
struct custody;

/* Who may send a command or ask a query. A token has a set of these; LEGAL answers to persons and the law:
 * copies for persons, and what is kept of the erased; SYSTEM is nobody outside the process. */
enum role { ROLE_COLLECT, ROLE_READ, ROLE_WRITE, ROLE_ADMIN, ROLE_LEGAL, ROLE_SYSTEM };

/* A reason why the rules say no: not a failure. Counted, logged with its command, shown, replayed. */
struct refusal {
    const char *name;  /* "too_few_points": for machines, for ever */
    const char *en;    /* a sentence that says what to do */
    const char *zh;
};

/* What prefetch keeps of one command from stage to stage: the struct is its own. */
#define AHEAD_BYTES 128u
struct ahead {
    _Alignas(16) uint8_t kept[AHEAD_BYTES];
};

struct command {
    uint32_t id;
    const char *name; /* "identity.merge" */
    uint32_t payload_bytes_max;
    enum role role;
    /* Is the payload well formed? Any thread; looks at nothing else. NULL: the door builds it, nobody else can. */
    fallible (*check)(struct bytes payload, struct err *e);
    /* Touches (view_person, view_row, view_index) every person, every row and every key that apply will touch, so that they are
     * in memory by then, and does the same lookups in sieves (engine/shelf.h). Called again until nothing is missing. NULL:
     * touches nobody. */
    void (*needs)(const struct view *v, struct bytes payload);
    /* Pure: a function of view and payload. NULL: accepted; otherwise refused, and then nothing may have been written.
     * A payload of an older release stays readable for ever. */
    const struct refusal *(*apply)(struct step *s, struct bytes payload);
    const char *about; /* a sentence for docs/reference */
    /* Touches ahead the memory that needs and apply will read, stage 0, 1, 2 … while it returns true; a stage is called
     * for a whole batch of commands before the next one. NULL: not worth it. */
    bool (*prefetch)(const struct view *v, struct bytes payload, int stage, struct ahead *io_ahead);
};

/* Something that is now true. The struct behind a fact is declared in the domain's header, lives in the step's arena
 * and is never on disk; `print` makes the outward form. */
struct fact_kind {
    uint32_t id;
    const char *name; /* "person_merged" */
    void (*print)(const struct view *v, const void *fact, struct json_writer *out); /* members of an open object; NULL: inward only */
    const char *about;
};

struct listener {
    const struct fact_kind *fact;
    void (*hear)(struct step *s, const void *fact);
};

/* A section of a person's row. Its bytes are the domain's; empty means that the person has none.
 * Kinds (DESIGN §7): a fold is combined exactly at a merge and re-folded from events after a split; a ledger is never
 * rewritten; a flow follows a written rule. */
enum section_kind { SECTION_FOLD, SECTION_LEDGER, SECTION_FLOW };

struct section {
    uint8_t id; /* 0..SECTION_COUNT_MAX-1, on disk, for ever */
    enum section_kind kind;
    const char *name;
    /* Fold: the section of one person whose history is the union of both. Commutative and associative, by property
     * test. Result in the arena, or one of its arguments. NULL: the domain does it itself on hearing the merge. */
    struct bytes (*merge)(const struct view *v, struct bytes a, struct bytes b);
    /* Of a section that may be long (engine/stow.h): where it lies then, KEYED rows of a person (4, BE) and section (1). NULL: it
     * never is. */
    const struct family *beyond;
};

/* A timer that fell due. */
struct timer_kind {
    uint32_t id;
    const char *name;
    void (*due)(struct step *s, struct bytes payload);
    void (*needs)(const struct view *v, struct bytes payload); /* as of a command; NULL: nobody */
};

/* Work too big for one step: a row that advances by logged continuation commands, one slice a step. */
struct job_kind {
    uint32_t id;
    const char *name;
    /* Does a slice (<= 256 people). Returns the state to go on with; no bytes: the job is finished. */
    struct bytes (*advance)(struct step *s, struct bytes state);
    void (*needs)(const struct view *v, struct bytes state); /* as of a command; NULL: nobody */
};

/* What the world is asked to do. The payload is kept in the outbox until its answer is logged. */
#define EFFECT_BYTES_MAX (ROW_BYTES_MAX - 24u)
struct effect_kind {
    uint32_t id;
    const char *name; /* "webhook.post" */
    uint32_t payload_bytes_max; /* at most EFFECT_BYTES_MAX */
};

/* How much background work matters now. */
enum work_haste {
    WORK_AT_LEISURE,     /* commands come first: its thread takes what the processors have left, at most a tenth under load */
    WORK_IN_HASTE,       /* somebody waits for it, or it falls behind: its thread counts as much as any other */
    WORK_HOLDS_COMMANDS, /* what waits for it has reached its bound: commands wait until it has caught up */
};

/* Background work over a frozen view, whose result comes back as a logged command: folding, re-folding, backfill. */
#define WORK_COMMANDS_MAX 64u
struct work_surroundings;
struct work_context;
struct work_kind {
    uint32_t id;
    const char *name;
    uint32_t command_id; /* whose payload `run` writes */
    uint32_t commands_max; /* that one run may hand in (work_cut_at), in their order and in few groups, between which other commands go; 0: one */
    /* Engine thread, between groups: is there something to do? Fills in what `run` needs to know. At most one of a
     * kind runs at a time. The order outlives the call: whatever it points at is freed by `release`. */
    bool (*wanted)(const struct view *v, struct work_context *c);
    /* Worker thread. Reads the log, synced files and views in the context; never rows. */
    fallible (*run)(struct work_context *c, struct buf *out_payload, struct err *e);
    void (*release)(struct work_context *c); /* engine thread; NULL: nothing to release */
    bool gives_back; /* lets go of more of the disk than it takes: begins also where commands are refused for lack of room */
    /* Engine thread, between groups. NULL: always in haste. */
    enum work_haste (*haste)(const struct view *v, const struct work_surroundings *around);
};

struct work_context {
    const struct work_surroundings *around; /* log, disk, settings of the run: engine/work.h */
    uint64_t position;                      /* the view's: everything before it is applied */
    void *order;                            /* the domain's own */
    uint32_t cut_count;
    size_t cuts[WORK_COMMANDS_MAX - 1]; /* where in what `run` wrote commands end */
    /* For `run` to create when it wants one. Emptied after the run, and kept while one run follows the other: fresh memory
     * costs as much time as what is done in it. */
    struct arena *scratch;
};

/* A value that an operator may set. Stored by name; used through setting_int. */
struct setting {
    const char *name; /* "identity.hub_partners" */
    int64_t least, most, initially;
    const char *unit;
    const char *about;
};

/* A number for /metrics beyond those that the engine counts itself (commands, refusals, facts, rows). */
struct metric {
    const char *name; /* "kith_identity_quarantined" */
    const char *about;
    uint64_t (*read)(const struct view *v);
};

/* Something that an operator should hear of when it begins and when it ends. Looked at about once a second. */
struct alarm {
    const char *name;         /* "dedup_horizon_short" */
    const char *begun, *over; /* sentences for the journal */
    bool (*rings)(const struct view *v);
    const char *begun_zh; /* for whoever asks what rings */
};
#define ALARMS_MAX 64u /* of all domains */

typedef void (*sieve_said)(void *context, const char *path);

struct domain {
    uint8_t number; /* the high byte of its ids */
    const char *name;
    const char *about;
    const struct family *const *families;
    size_t family_count;
    const struct section *const *sections;
    size_t section_count;
    const struct command *commands;
    size_t command_count;
    const struct fact_kind *const *says;
    size_t say_count;
    const struct listener *hears; /* in no order: the engine calls domain after domain */
    size_t hear_count;
    const struct timer_kind *const *timers;
    size_t timer_count;
    const struct job_kind *const *jobs;
    size_t job_count;
    const struct effect_kind *const *effects;
    size_t effect_count;
    const struct work_kind *const *works;
    size_t work_count;
    const struct setting *const *settings;
    size_t setting_count;
    const struct metric *metrics;
    size_t metric_count;
    const struct alarm *alarms;
    size_t alarm_count;
    /* Made of rows, kept in memory alone (store/rows.h). Of people's rows a section is found by person_row_section. */
    const struct projection *const *projections;
    size_t projection_count;
    /* Erasing a person (engine/forget.h): lets go of what it keeps of them outside their rows, which become empty after it. May add
     * to forgotten_also. NULL: nothing. */
    void (*forget)(struct step *s, struct forgotten *who);
    void (*forget_touch)(const struct view *v, const struct forgotten *who); /* as needs of a command; NULL: nothing */
    const struct custody *const *custodies; /* what of it is kept of who was erased, by law */
    size_t custody_count;
    /* Folders of the workspace's whose files rows name; they never change, and a backup takes them. */
    const char *const *folders;
    size_t folder_count;
    /* The oldest log position that the domain will still read; NULL: none. */
    uint64_t (*log_needed)(const struct view *v);
    /* Says the path of each sieve that the domain's steps look into, by the state. Those that bring one in or take one out
     * are ROLE_SYSTEM. NULL: none. */
    void (*sieves)(const struct view *v, sieve_said said, void *context);
};

/* The pair (pointer, count) of a static table. */
#define TABLE(rows) (rows), COUNT_OF(rows)
