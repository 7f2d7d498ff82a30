/* The disk: when it is too full to take commands, what is kept of it for the next checkpoint, and how room comes back. */
#include "base/time.h"
#include "engine/engine_priv.h"

#define DISK_LOOK_EVERY_GROUPS 64u
#define DISK_LOOKS_A_RESERVE 8u
#define GIVE_BACK_EVERY_US US_PER_SECOND
#define RETRY_US (10 * US_PER_SECOND) /* of a checkpoint that failed and has no more room than then */
#define MORE_ROOM_PART 8u             /* of what is kept */
#define BACK_PART 4u                  /* of what is kept, beyond it: commands are taken again */
#define CHECKPOINT_MARGIN_PART 4u     /* of a checkpoint: for what it is packed in, and for what comes until the next look */
#define KEEPS_MUCH_PART 4u            /* of what is free */
#define SHORT_TIMES 2u                /* what is kept: with less, checkpoints begin, so that commands need not be refused */

uint64_t engine_checkpoint_room(const struct engine *g)
{
    struct rows_usage usage;
    rows_usage(g->rows, &usage);
    return usage.checkpoint_bytes + usage.checkpoint_bytes / CHECKPOINT_MARGIN_PART;
}

/* When the checkpoint is through the reserve is still there, for the work that lets go of the log. */
uint64_t engine_disk_kept(const struct engine *g)
{
    uint64_t reserve = g->options.disk_reserve_bytes;
    return reserve == 0 ? 0 : reserve + engine_checkpoint_room(g);
}

/* Few groups may write much: a part of the reserve, and it is time to look again. */
static bool disk_is_due(struct engine *g)
{
    uint64_t wrote = log_end(g->log) - g->disk_looked_at, reserve = g->options.disk_reserve_bytes;
    bool wrote_much = reserve > 0 && wrote >= reserve / DISK_LOOKS_A_RESERVE;
    return g->rounds++ % DISK_LOOK_EVERY_GROUPS == 0 || wrote_much || !g->accepting;
}

/* Commands are taken again when there is some more than what is kept, so that it does not flap. */
fallible engine_disk_mind(struct engine *g, struct err *e)
{
    if (!disk_is_due(g))
        return DONE;
    uint64_t kept = engine_disk_kept(g);
    cold_leave_free(g->cold, kept);
    g->disk_looked_at = log_end(g->log);
    TRY(disk_free_bytes(g->options.disk, &g->disk_free_bytes, e));
    g->disk_is_short = g->disk_free_bytes < kept * SHORT_TIMES;
    if (g->disk_free_bytes < kept)
        g->accepting = false;
    else if (g->disk_free_bytes >= kept + kept / BACK_PART)
        g->accepting = true;
    return DONE;
}

/* Would two checkpoints let go of a part of the log, or of what work gave up since the last but one? */
static bool checkpoints_give_back(struct engine *g)
{
    bool log_goes = g->trim_position < g->applied && log_first(g->log) + g->options.log_segment_bytes < engine_log_kept_from(g, g->applied);
    return log_goes || g->trim_position < g->gave_back_at;
}

/* What a checkpoint would write is kept from work, whose files may be what lets go of the log: so it isn't let grow to a large
 * part of what there is. */
static bool checkpoint_keeps_much(const struct engine *g)
{
    return engine_checkpoint_room(g) > g->disk_free_bytes / KEEPS_MUCH_PART;
}

/* One that failed is most often one that had no room: the next one waits for some, but not for ever. */
static bool checkpoint_is_worth_it(struct engine *g, int64_t now_us)
{
    bool has_more_room = g->disk_free_bytes >= g->tried_free_bytes + engine_disk_kept(g) / MORE_ROOM_PART;
    bool may_try = g->checkpoint_failed && !has_more_room ? now_us >= g->give_back_after_us + RETRY_US : now_us >= g->give_back_after_us;
    return may_try && (checkpoints_give_back(g) || (!g->accepting && checkpoint_keeps_much(g)));
}

/* While commands are refused no checkpoint comes due by itself, and the log is kept from the last but one on: a disk that
 * Kith has filled would stay full. What nobody needs any more goes at once: a checkpoint may have no room before. */
fallible engine_disk_give_back(struct engine *g, int64_t now_us, struct err *e)
{
    if (!g->disk_is_short)
        return DONE;
    TRY(engine_log_let_go(g, e));
    if (checkpointer_running(g->checkpointer) || !checkpoint_is_worth_it(g, now_us))
        return DONE;
    g->give_back_after_us = now_us + GIVE_BACK_EVERY_US;
    engine_checkpoint_begin(g); /* also of what the last one had: it makes that one the last but one */
    return DONE;
}

/* The last but one is there for the case that the last one is damaged. Where there is no room for the next one, its files and
 * the log that belongs to it are the room. */
fallible engine_disk_forget_older(struct engine *g, struct err *e)
{
    if (!checkpointer_has_older(g->checkpointer))
        return DONE;
    struct err unheard = {0};
    if (failed(checkpointer_forget_older(g->checkpointer, &unheard)))
        return DONE; /* then the next one tries in what room there is */
    g->trim_position = g->mark.position;
    g->tried_free_bytes = 0;
    g->give_back_after_us = 0;
    return engine_log_let_go(g, e);
}
