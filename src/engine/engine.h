/* One workspace's engine: its log, its rows, its checkpoints, and the one writer. DESIGN §2, §6.
 *
 * All functions are for one thread, the engine's, unless they say otherwise. The engine asks no clock and makes no
 * chance: the time comes in with each group, so the simulator runs this very code.
 *
 * A group: follow-ups of commands before it come in first; needs are met (a command whose people or rows are cold waits aside, and
 * later commands of the same ones behind it), the ready ones are appended and synced as one, applied beside the sync (a few: before
 * it), and only then answered. */
#pragma once

#include "engine/registry.h"
#include "store/cold.h"
#include "store/disk.h"
#include "store/log.h"

struct engine;

#define ENGINE_GROUP_COMMANDS_MAX 16384u
#define ENGINE_GROUP_BYTES_MAX (LOG_GROUP_BYTES_MAX / 2) /* of payloads, with one too many; else of one command */

#define ENGINE_COLD_SHARE 16u /* of the budget of memory: what the cold store is to keep at most */

struct engine_options {
    struct disk *disk;             /* the workspace's folder; outlives the engine */
    struct disk *scratch;          /* an audit's alone: an empty folder for what its replay lets go of. Outlives it */
    /* snapshot NULL: empty. Returns NULL when it can't: a snapshot is then taken for damaged. */
    struct cold *(*cold_open)(void *context, const char *snapshot, struct err *e);
    void (*cold_close)(void *context, struct cold *c);
    void *context;                 /* of the two above */
    const struct registry *registry;
    uint32_t apply_version;
    uint64_t log_owner;            /* as of struct log_options */
    uint64_t log_segment_bytes;
    uint64_t checkpoint_log_bytes; /* a checkpoint begins after so many bytes of log */
    size_t memory_bytes;           /* the budget: of rows, of copies for checkpoints, of what the cold store keeps in memory;
                                    * engine_memory_set changes it */
    uint64_t disk_reserve_bytes;   /* with less free, commands are answered FULL; reads and a checkpoint go on */
    bool threaded;                 /* false: nothing runs beside the caller (simulator) */
};

/* What the sender hears once its command is durable and applied, or not taken at all. */
struct answer {
    struct status status;            /* OK; FULL: not taken, try again later; LIMIT, INVALID: not taken, don't */
    const struct refusal *refusal;   /* NULL: accepted */
    uint64_t position;
    int64_t time_us;
    struct bytes reply;              /* JSON or none; borrowed for the call */
};

/* A command on its way in. The sender owns it and may free it in `answered`, which is called once, on the engine's
 * thread. */
struct submission {
    const struct command *command;
    struct bytes payload;
    void (*answered)(struct submission *s, const struct answer *a);
    void *context;           /* the sender's */
    struct submission *next;    /* the engine's */
    struct log_follows follows; /* the engine's: which follow-up it is */
};

/* Loads the last checkpoint and replays the log behind it. A damaged checkpoint is passed over and forgotten, if the one
 * before and the log, or the log alone, have everything: engine_stats' trouble says so. CORRUPT, with the place, when what is
 * on disk can't be trusted. Cost: the checkpoint's index, plus the commands since. */
fallible engine_open(const struct engine_options *options, struct engine **out_engine, struct err *e);
/* Closes without a checkpoint; NULL is fine. Submissions that still wait are answered UNAVAILABLE. */
void engine_close(struct engine *g);

/* Takes submissions, in order. `now_us` is the wall clock. Commands that must wait for cold rows are answered by a
 * later call; call with count 0 to let them move. IO: the log failed, the process must stop. */
fallible engine_group(struct engine *g, struct submission **submissions, size_t count, int64_t now_us, struct err *e);

/* What is due by itself: timers, jobs, finished and wanted background work, a slice of a running checkpoint, rows to
 * go cold. Call between groups. *out_wait_us: how long it can wait until the next call, at most 1 s. */
fallible engine_keep_house(struct engine *g, int64_t now_us, int64_t *out_wait_us, struct err *e);

/* Why commands must wait. Meanwhile their sender keeps them, in order; reads and previews go on. */
enum engine_hold {
    HOLD_NONE,
    HOLD_ROOM, /* the budget of memory is used up: clean rows are on their way out, or a checkpoint that makes them clean runs */
    HOLD_WORK, /* background work falls too far behind; never while it can't go on */
    HOLD_FOLLOW_UPS, /* there are too many that were not sent yet */
};
/* As of the last group or keep_house, which to call again soon is the way out. Commands that come all the same are taken, so
 * whoever looks after each group of at most ENGINE_GROUP_COMMANDS_MAX passes the budget by what one group brings in. */
enum engine_hold engine_holds(const struct engine *g);

/* Another budget from now on. Lets clean rows go at once, as far as they are over it: up to a second a GB. What is dirty follows,
 * and commands wait for it. */
void engine_memory_set(struct engine *g, size_t bytes);
size_t engine_memory_bytes(const struct engine *g); /* of all that counts against the budget */

/* Is something under way that must end before the engine is closed: commands that wait for cold rows, background work? */
bool engine_is_busy(const struct engine *g);

/* Runs `read` over the durable state; again, after fetching, when it asked for people that are cold. Blocks for those. */
typedef void (*engine_reader)(const struct view *v, void *context);
void engine_read(struct engine *g, engine_reader read, void *context);
/* Applies a command to a throw-away outcome and lets `look` see it before it is gone. Returns its refusal. */
const struct refusal *engine_preview(struct engine *g, const struct command *command, struct bytes payload,
                                     void (*look)(void *context, const struct step *s), void *context);

/* Hooks, called on the engine's thread after the group that caused them is durable, but for the last one. NULL: nobody listens. */
struct engine_hooks {
    void *context;
    bool (*wants)(void *context, const struct fact_kind *kind); /* is it worth printing? Beside `fact` */
    void (*fact)(void *context, uint64_t position, const struct fact_kind *kind, enum cause cause, int64_t time_us, struct bytes json);
    void (*effect)(void *context, const struct effect_kind *kind, struct bytes key, struct bytes payload);
    void (*finished)(void *context); /* any thread: background work has a result, for which the house is to be kept */
};
void engine_hook(struct engine *g, const struct engine_hooks *hooks);
/* Calls hooks->effect for everything that is in the outbox, in the order in which it was asked: for a start. Cost: O(n log n)
 * of what is there. */
void engine_outbox_replay(struct engine *g);

/* Begins a checkpoint now, unless one runs; keep_house carries it on. With `wait`, returns when one of all that is applied by
 * now is durable, or has failed: engine_stats tells which. */
fallible engine_checkpoint(struct engine *g, bool wait, struct err *e);
/* Asks for a checkpoint of all that is applied by now, and returns that position. keep_house begins it, when one runs after
 * that; engine_stats tells when one is there that reaches so far, or has failed. */
uint64_t engine_checkpoint_want(struct engine *g);

/* Purging: what was erased, deleted or given up leaves the files. Some checkpoints are made one after the other, each after a new
 * segment of the log, with the cold store rewritten: in the meantime files go that no checkpoint refers to any more, and with them
 * the log as far as nobody reads it. Done when engine_stats says 0 rounds. Cost: everything is read and written some times. */
void engine_purge_want(struct engine *g);

struct engine_stats {
    uint64_t position;            /* the next command's */
    uint64_t checkpoint_position; /* of the last one */
    int64_t checkpoint_time_us;   /* its log time; 0: there is none */
    int64_t time_us;
    struct hash128 digest;
    uint64_t commands, refused, replayed, groups, facts, waiting, fetched;
    uint64_t checkpoints, checkpoints_failed;
    unsigned purge_rounds;        /* that are left */
    uint64_t held;                /* how often commands had to wait for room in memory */
    size_t memory_bytes;          /* of all that counts against the budget */
    size_t memory_bytes_most;     /* the most that did, since the start or since its budget was last changed */
    int64_t stall_us_max;         /* the longest slice that a checkpoint took from the engine, its beginning and end included */
    int64_t stall_cpu_us_max;     /* the same in time of a processor: other threads and processes are left out */
    struct rows_usage rows;
    bool accepting;               /* false: the disk is nearly full */
    const char *trouble;          /* words for people, or NULL */
};
void engine_stats(const struct engine *g, struct engine_stats *out_stats);
/* How often each rule has said no since the start (replay included), in no order; returns how many rows there are. */
struct refusal_count {
    const struct command *command;
    const struct refusal *refusal;
    uint64_t count;
};
size_t engine_refusals(const struct engine *g, const struct refusal_count **out_rows);
const struct registry *engine_registry(const struct engine *g);
struct log *engine_log(const struct engine *g);

/* Replays from the last checkpoint but one up to the last one and compares digests, within the budget. Touches nothing but
 * options->scratch and what cold_open gives, a store that is the audit's own, so it may run beside a living engine of the same
 * folder. With only one checkpoint it starts at the beginning of the log. CORRUPT: they differ. NOT_FOUND: there is no
 * checkpoint. */
struct audit {
    uint64_t from, until, commands;
    struct hash128 digest;
    size_t memory_bytes_most; /* that it used */
};
fallible engine_audit(const struct engine_options *options, struct audit *out_audit, struct err *e);
