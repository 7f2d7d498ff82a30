/* The engine's inside, shared by engine.c (groups), recover.c (open, replay, audit), house.c (what is due by itself)
 * disk_room.c (a disk that gets
 * full), follow_send.c (what follows) and waiting.c (commands whose people are cold). */
#pragma once

#include "engine/engine.h"
#include "engine/engine_domain.h"
#include "engine/fetch.h"
#include "engine/follow.h"
#include "engine/outcome.h"
#include "engine/shelf.h"
#include "engine/waiting.h"
#include "store/checkpoint.h"

#define REFUSAL_KINDS_MAX 256u /* those beyond are in the total alone */

struct own_submission;
struct syncer;
struct trimmer;
struct works;

/* Room in memory, and while commands wait for it. */
struct room {
    bool wanted;            /* they wait */
    unsigned checkpoints;   /* that were waited for */
    uint64_t failed_before; /* how many had failed when the waiting began */
    uint64_t given_up;      /* how many there were, + 1, when they had made no room */
    uint64_t barren;        /* how many checkpoints had ended, + 1, when nothing clean was found */
    size_t growth;          /* of the rows' memory, by the largest of the last groups */
    size_t rows_before;     /* what rows took after the last look */
};

/* Copies of what to tell the world after the group is durable. */
struct told_fact {
    uint64_t position;
    const struct fact_kind *kind;
    enum cause cause;
    int64_t time_us;
    size_t from, size; /* in told_bytes */
};
struct told_effect {
    const struct effect_kind *kind;
    size_t key_from, key_size, payload_from, payload_size; /* in told_bytes */
};

/* Follow-ups on their way: sent and not yet answered. */
struct follow_ups {
    struct log_follows sent; /* the last one sent: those behind it are rows alone */
    size_t under_way;
    bool turned_away;        /* one was, since none was under way */
};

struct engine {
    struct engine_options options;
    struct rows *rows;
    struct cold *cold;
    struct log *log;
    struct checkpointer *checkpointer;
    struct fetch *fetch;
    struct shelf *shelf;
    struct syncer *syncer; /* NULL without threads */
    struct trimmer *trimmer; /* the same */
    struct works *works;
    struct waiting *waiting;
    struct follow_ups follow_ups;
    struct own_submission *own_submissions; /* under way */
    struct arena *arena; /* of one step, one needs or one read */
    struct touched touched;
    struct engine_hooks hooks;

    uint64_t applied;       /* position behind the last applied command */
    int64_t time_us;        /* log time of the last command */
    struct checkpoint_mark mark;      /* of the last checkpoint; position 0: none */
    uint64_t trim_position; /* of the last but one: the log is kept from there on */
    uint64_t checkpoint_wanted_at;    /* log position at which the next one begins */
    bool checkpoint_failed; /* the last one */
    uint64_t tried_free_bytes; /* of the disk, when it began */

    /* One group. */
    struct log_record *records;
    struct submission **ready;
    struct answer *answers;
    size_t group_room;
    struct buf replies; /* bytes of this group's replies */
    struct told_fact *told_facts;
    size_t told_fact_count, told_fact_room;
    struct told_effect *told_effects;
    size_t told_effect_count, told_effect_room;
    struct buf told_bytes;

    uint64_t rounds; /* of housekeeping */
    uint64_t disk_looked_at; /* the log's end when the disk was last looked at */
    uint64_t disk_free_bytes; /* as it was then */
    bool disk_is_short; /* it was little more than what is kept */
    uint64_t gave_back_at; /* position behind the last result of work that gives room back */
    int64_t give_back_after_us; /* no other checkpoint for the sake of a full disk before */
    struct room room;
    unsigned purge_rounds; /* checkpoints that are still to end of one */
    bool purge_runs;       /* the first of them was begun */
    bool accepting;
    bool audits;       /* the log is another engine's */
    bool none_cold;    /* of the rows, while this group runs */
    bool needs_again;  /* what was met when a command was taken may not be any more when it is applied */
    int64_t group_took_us; /* the last one, from its append to its answers */
    /* Of the last round of jobs. */
    int64_t job_turn_us; /* of the engine's thread */
    uint32_t job_turns;  /* of each */
    uint64_t job_keys;   /* a hash: which they were; of none 0 */
    size_t arrived;    /* rows and the like, since the waiting commands were last looked at */
    struct refusal_count refusals[REFUSAL_KINDS_MAX];
    size_t refusal_count;
    struct engine_stats stats; /* the counters; the rest is filled in when asked */
    char trouble[ERR_TEXT_BYTES_MAX];
};

/* A view over committed rows, in the engine's arena, noting who is touched. */
struct view engine_view(struct engine *g);
/* Runs a command's needs; true when nothing it touches is missing. `g->touched` says what it touches; with `people_here`, the
 * people only when something else is missing. */
bool engine_needs(struct engine *g, const struct command *command, struct bytes payload, int64_t now_us, bool people_here);
/* Whether its needs need not be asked: nothing is cold, no sieve lies on the shelf, and it isn't the engine's own, which may put one there;
 * what a step said is to follow can't. */
bool engine_needs_nothing(const struct engine *g, const struct command *command, struct log_follows follows);
/* Cache misses of a batch overlap when its memory is touched ahead, stage by stage. Some PREFETCH_BATCH at a time. */
#define PREFETCH_BATCH 32u
void engine_touch_ahead(struct engine *g, struct submission **submissions, size_t count);
/* Makes sure that everything the command touches is in memory, waiting for it. */
fallible engine_warm_up(struct engine *g, const struct command *command, const struct log_record *record, struct err *e);
/* Asks for what of g->touched is missing. */
void engine_ask_cold(struct engine *g);
/* Lets go of the sieves that no domain's rows name any more, after a command that may have taken one out. */
void engine_shelf_settle(struct engine *g, const struct command *command);
/* Puts what was fetched into memory; with `wait`, at least one thing, when any is pending. */
fallible engine_take_fetched(struct engine *g, bool wait, struct err *e);
/* Applies one logged command. Facts and effects are kept to be told when `tell`. The reply lives until the next step. */
const struct refusal *engine_apply(struct engine *g, const struct command *command, const struct log_record *record,
                                   bool tell, struct bytes *out_reply);
/* Answers and hooks of the commands applied since the last call. */
void engine_tell(struct engine *g);
/* Carries a running checkpoint on, for about so long. */
fallible engine_checkpoint_step(struct engine *g, int64_t slice_us, struct err *e);
void engine_checkpoint_begin(struct engine *g); /* none runs */
/* The log is kept from `keep` on, and for as long as a domain still reads it. */
uint64_t engine_log_kept_from(struct engine *g, uint64_t keep);
fallible engine_log_let_go(struct engine *g, struct err *e); /* of what is before the last checkpoint but one */
/* The disk (disk_room.c). */
uint64_t engine_checkpoint_room(const struct engine *g); /* about what one that begins now may take of it */
uint64_t engine_disk_kept(const struct engine *g); /* with less free, no commands are taken; 0: it isn't minded */
fallible engine_disk_mind(struct engine *g, struct err *e);  /* looks at what is free, now and then */
fallible engine_disk_give_back(struct engine *g, int64_t now_us, struct err *e); /* on a disk that gets full: checkpoints that let go of the log */
fallible engine_disk_forget_older(struct engine *g, struct err *e); /* a checkpoint had no room */
/* Memory (memory.c). */
void engine_memory_note(struct engine *g);          /* how much is used now, for the most of it */
size_t engine_rows_room(const struct engine *g);    /* for what a start brings back into memory */
void engine_memory_mind(struct engine *g);          /* a slice of what is over the budget goes cold; may want a checkpoint */
/* After something was applied, and while commands wait for room: do they have to, from now on? Lets clean rows go, and begins
 * checkpoints while there are none. Cost: some 10 ms. */
fallible engine_room_look(struct engine *g, struct err *e);
/* The same until nobody has to wait: for a replay. */
fallible engine_room_make(struct engine *g, struct err *e);
void engine_trouble(struct engine *g, const struct err *e);

/* A command of the engine's own. It may wait for cold rows, so it lives on the heap with a copy of its payload until it is
 * answered; `over` hears how (NULL: nobody needs to). */
struct submission *own_submission_create(struct engine *g, const struct command *command, struct bytes payload,
                                         void (*over)(struct engine *g, struct status status));
void own_submissions_destroy(struct engine *g); /* those that an engine which broke never answered */

/* Follow-ups (follow_send.c). */
bool follow_ups_due(struct engine *g); /* is there one to send, now? */
/* Some of those that are due, in order; a list that ends with NULL. To be sorted in behind what waits. */
struct submission *follow_ups_take(struct engine *g, size_t *out_count);
bool follow_ups_left(const struct engine *g); /* on their way or due */
bool follow_ups_hold(const struct engine *g); /* there are so many that commands should wait */

/* The thread that syncs the log, and prepares its next segment. */
fallible syncer_create(struct log *l, struct syncer **out_syncer, struct err *e);
void syncer_destroy(struct syncer *s);
void syncer_start(struct syncer *s);                  /* of everything appended so far */
fallible syncer_wait(struct syncer *s, struct err *e); /* until the started one is over */
bool syncer_rests(struct syncer *s);                   /* and nothing is due to be prepared: the engine may sync by itself */

/* The thread that trims the log. */
fallible trimmer_create(struct log *l, struct trimmer **out_trimmer, struct err *e);
void trimmer_destroy(struct trimmer *t); /* what it is at is finished; NULL is fine */
/* What is before may go, soon; `wait`: has gone. A failure, also of what was wanted before, is final. */
fallible trimmer_want(struct trimmer *t, uint64_t before, bool wait, struct err *e);

/* The engine's own commands (own.c). */
bool engine_timer_due(const struct view *v, int64_t *out_due_us); /* of the next timer; false: there is none */
/* The key of the job after `key` (none: the first); false: there is none. */
bool engine_job_next(const struct view *v, struct bytes key, struct bytes *out_key);

/* Background work (work.c). */
struct works *works_create(struct engine *g);
void works_destroy(struct works *w); /* waits for what runs; NULL is fine */
/* Starts what is wanted and isn't running; hands in the results of what has finished, of many commands some at a time, for two milliseconds or so. */
fallible works_step(struct works *w, int64_t now_us, struct err *e);
int64_t works_wait_us(const struct works *w); /* until the next step; 0: there are more results */
bool works_running(const struct works *w);
bool works_hold(const struct works *w); /* commands should wait, as of the last step */
void works_memory_set(struct works *w, size_t bytes); /* the engine's budget */
