/* Open, replay, audit. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine_priv.h"

#define STEP_ARENA_BYTES (1u << 18)
#define FETCH_THREADS 4u
#define REPLIES_BYTES_MAX (64u << 20)
#define TOLD_BYTES_MAX (256u << 20)
#define LOG_FOLDER "log"

static struct log_options log_options_of(const struct engine_options *o, bool read_only)
{
    return (struct log_options){
        .folder = LOG_FOLDER, .segment_bytes = o->log_segment_bytes, .apply_version = o->apply_version, .read_only = read_only};
}

/* The state of a mark, or the empty state when `mark` has position 0. */
static fallible state_load(struct engine *g, const struct checkpoint_mark *mark, struct err *e)
{
    size_t count;
    const struct family *const *families = registry_families(g->options.registry, &count);
    TRY(rows_create(families, count, &g->rows, e));
    g->cold = g->options.cold_open(g->options.context, mark->snapshot[0] == 0 ? NULL : mark->snapshot, e);
    if (g->cold == NULL)
        return (struct status){STATUS_IO};
    if (mark->snapshot[0] != 0)
        TRY(WRAP(e, checkpoint_load(g->cold, mark, g->rows, e), "checkpoint %s", mark->snapshot));
    g->mark = *mark;
    g->applied = mark->position;
    g->time_us = mark->time_us;
    return DONE;
}

/* Brings people back into memory, in order, as far as the budget goes: one pass over the cold store instead of a random
 * read for each person who is met first. */
static struct status warm_page(void *context, struct bytes key, struct bytes page, struct err *e)
{
    struct engine *g = context;
    struct rows_usage usage;
    rows_usage(g->rows, &usage);
    if (usage.bytes > g->options.memory_bytes / 8 * 7)
        return FAIL(e, CANCELLED, "the rest stays cold");
    return rows_numbered_thaw_page(g->rows, &person_family, key, page, e);
}

static fallible rows_warm(struct engine *g, struct err *e)
{
    struct rows_usage usage;
    rows_usage(g->rows, &usage);
    if (usage.cold_rows == 0)
        return DONE;
    struct status status = cold_scan(g->cold, bytes_of(&person_family.id, 1), warm_page, g, e);
    return status.code == STATUS_CANCELLED ? DONE : status;
}

static fallible replay_one(struct engine *g, const struct log_record *record, struct err *e)
{
    const struct command *command = registry_command(g->options.registry, record->kind);
    if (command == NULL)
        return FAIL(e, CORRUPT, "position %" PRIu64 ": no command has the id 0x%x: was the log written by a newer release?",
                    record->position, record->kind);
    TRY(engine_warm_up(g, command, record, e));
    struct bytes reply;
    (void)engine_apply(g, command, record, false, &reply);
    g->stats.replayed++;
    return DONE;
}

/* Replays [g->applied, until). */
static fallible replay(struct engine *g, uint64_t until, struct err *e)
{
    struct log_cursor *cursor = NULL;
    TRY(log_cursor_open(g->log, g->applied, &cursor, e));
    struct status status = DONE;
    struct log_record record;
    for (uint64_t i = 0; done(status); i++) {
        status = log_cursor_next(cursor, &record, e);
        if (failed(status) || record.position >= until)
            break;
        status = replay_one(g, &record, e);
        struct rows_usage usage;
        if ((i & 0xffff) == 0xffff && (rows_usage(g->rows, &usage), usage.bytes > g->options.memory_bytes))
            (void)rows_evict(g->rows, usage.bytes - g->options.memory_bytes);
    }
    log_cursor_close(cursor);
    if (failed(status) && status.code != STATUS_NOT_FOUND)
        return status;
    g->applied = until;
    return DONE;
}

static struct engine *engine_create(const struct engine_options *options)
{
    struct engine *g = calloc(1, sizeof *g);
    if (g == NULL)
        abort();
    g->options = *options;
    g->arena = arena_create(STEP_ARENA_BYTES);
    g->waiting = waiting_create();
    g->accepting = true;
    buf_init(&g->replies, REPLIES_BYTES_MAX);
    buf_init(&g->told_bytes, TOLD_BYTES_MAX);
    return g;
}

static fallible mark_find(struct engine *g, unsigned which, struct checkpoint_mark *out_mark, struct err *e)
{
    struct checkpoint_mark mark = {0};
    struct status status = checkpoint_mark_read(g->options.disk, which, &mark, e);
    if (failed(status) && status.code != STATUS_NOT_FOUND)
        return status;
    *out_mark = mark;
    return DONE;
}

/* What lies between the mark and the log must be whole: the log may not begin behind the mark. */
static fallible log_reaches(const struct engine *g, const struct checkpoint_mark *mark, struct err *e)
{
    struct log_cursor *cursor = NULL;
    struct status status = log_cursor_open(g->log, mark->position, &cursor, NULL); /* it may stand just before the first record */
    log_cursor_close(cursor);
    if (failed(status))
        return FAIL(e, CORRUPT, "the checkpoint stands at %" PRIu64 ", but the log has only %" PRIu64 " to %" PRIu64,
                    mark->position, log_first(g->log), log_end(g->log));
    uint32_t version = log_apply_version(g->log, mark->position);
    if (mark->position < log_end(g->log) && version != g->options.apply_version)
        return FAIL(e, INVALID, "commands behind the last checkpoint were applied by version %u, this is %u: start that release once and stop it cleanly",
                    version, g->options.apply_version);
    return DONE;
}

/* Without a checkpoint the state comes from the log alone: its beginning must be there. */
static fallible log_is_whole(struct engine *g, struct err *e)
{
    if (log_was_trimmed(g->log))
        return FAIL(e, CORRUPT, "there is no checkpoint, and the log begins at %" PRIu64 ": what was before is missing", log_first(g->log));
    g->applied = log_first(g->log);
    return DONE;
}

static fallible engine_fill(struct engine *g, struct err *e)
{
    struct checkpoint_mark last, older;
    TRY(mark_find(g, 0, &last, e));
    TRY(mark_find(g, 1, &older, e));
    struct log_options log_options = log_options_of(&g->options, false);
    TRY(log_open(g->options.disk, &log_options, &g->log, e));
    TRY(state_load(g, &last, e));
    if (last.snapshot[0] == 0)
        TRY(log_is_whole(g, e));
    else
        TRY(log_reaches(g, &last, e));
    g->trim_position = older.position;
    TRY(rows_warm(g, e));
    TRY(fetch_create(g->cold, g->options.threaded ? FETCH_THREADS : 0, &g->fetch, e));
    TRY(replay(g, log_end(g->log), e));
    g->rows_arrived = false;
    TRY(checkpointer_create(g->options.disk, g->cold, g->rows, g->options.threaded, &g->checkpointer, e));
    g->checkpoint_wanted_at = (g->mark.position > g->applied ? g->applied : g->mark.position) + g->options.checkpoint_log_bytes;
    if (g->options.threaded)
        TRY(syncer_create(g->log, &g->syncer, e));
    g->works = works_create(g);
    return DONE;
}

fallible engine_open(const struct engine_options *options, struct engine **out_engine, struct err *e)
{
    struct engine *g = engine_create(options);
    struct status status = engine_fill(g, e);
    if (failed(status)) {
        engine_close(g);
        return status;
    }
    *out_engine = g;
    return DONE;
}

static void waiting_turn_away(struct waiting *w)
{
    for (struct submission *s = waiting_take_all(w), *next; s != NULL; s = next) {
        next = s->next;
        struct answer a = {.status = {STATUS_UNAVAILABLE}};
        s->answered(s, &a);
    }
}

void engine_close(struct engine *g)
{
    if (g == NULL)
        return;
    works_destroy(g->works);
    syncer_destroy(g->syncer);
    waiting_turn_away(g->waiting);
    waiting_destroy(g->waiting);
    checkpointer_destroy(g->checkpointer);
    fetch_destroy(g->fetch);
    rows_destroy(g->rows);
    if (g->cold != NULL)
        g->options.cold_close(g->options.context, g->cold);
    log_close(g->log);
    arena_destroy(g->arena);
    buf_fini(&g->replies);
    buf_fini(&g->told_bytes);
    free(g->records);
    free(g->ready);
    free(g->answers);
    free(g->told_facts);
    free(g->told_effects);
    free(g);
}

static fallible audit_run(struct engine *g, struct audit *out_audit, struct err *e)
{
    struct checkpoint_mark last, older;
    TRY(mark_find(g, 0, &last, e));
    TRY(mark_find(g, 1, &older, e));
    if (last.snapshot[0] == 0)
        return FAIL(e, NOT_FOUND, "there is no checkpoint yet: nothing to compare with");
    struct log_options log_options = log_options_of(&g->options, true);
    TRY(log_open(g->options.disk, &log_options, &g->log, e));
    TRY(state_load(g, &older, e));
    if (older.snapshot[0] == 0)
        g->applied = log_first(g->log);
    else
        TRY(log_reaches(g, &older, e));
    TRY(rows_warm(g, e));
    TRY(fetch_create(g->cold, g->options.threaded ? FETCH_THREADS : 0, &g->fetch, e));
    uint64_t from = g->applied;
    TRY(replay(g, last.position, e));
    struct hash128 digest = rows_digest(g->rows);
    if (!hash128_equal(digest, last.digest))
        return FAIL(e, CORRUPT, "replaying %" PRIu64 " to %" PRIu64 " gives the digest %016" PRIx64 "%016" PRIx64
                    ", the checkpoint has %016" PRIx64 "%016" PRIx64, from, last.position, digest.high, digest.low, last.digest.high, last.digest.low);
    *out_audit = (struct audit){.from = from, .until = last.position, .commands = g->stats.replayed, .digest = digest};
    return DONE;
}

fallible engine_audit(const struct engine_options *options, struct audit *out_audit, struct err *e)
{
    struct engine *g = engine_create(options);
    struct status status = audit_run(g, out_audit, e);
    engine_close(g);
    return status;
}
