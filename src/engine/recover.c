/* Open, replay, audit. */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine_priv.h"
#include "store/checkpoint_mark.h"

#define STEP_ARENA_BYTES (1u << 18)
#define FETCH_THREADS 4u
#define REPLIES_BYTES_MAX (64u << 20)
#define TOLD_BYTES_MAX (256u << 20)
#define LOG_FOLDER "log"
#define INDEX_SHARE 2u   /* of the memory: index entries that a start brings back at most */
#define BUFFER_SHARE 32u /* of the memory: copies of pages on their way to a checkpoint */
#define REPLAY_BATCH 256u
#define REPLAY_BATCH_BYTES (1u << 20)

static struct log_options log_options_of(const struct engine_options *o, bool read_only)
{
    return (struct log_options){.folder = LOG_FOLDER,
                                .segment_bytes = o->log_segment_bytes,
                                .apply_version = o->apply_version,
                                .owner = o->log_owner,
                                .read_only = read_only};
}

struct shelf_filling {
    struct engine *engine;
    struct status status;
    struct err *error;
};

static void sieve_place(void *context, const char *path)
{
    struct shelf_filling *f = context;
    struct sieve *sieve = NULL;
    if (failed(f->status))
        return;
    f->status = sieve_open(f->engine->options.disk, path, &sieve, f->error);
    if (f->status.code == STATUS_NOT_FOUND)
        f->status = FAIL(f->error, CORRUPT, "%s: the state refers to it, but it is not there", path);
    if (done(f->status))
        f->status = shelf_put(f->engine->shelf, path, sieve, f->error);
}

/* All sieves that the state names come to the shelf. */
static fallible shelf_fill(struct engine *g, struct err *e)
{
    struct view v = engine_view(g);
    struct shelf_filling f = {.engine = g, .status = DONE, .error = e};
    for (size_t i = 0; i < registry_domain_count(g->options.registry); i++) {
        const struct domain *d = registry_domain(g->options.registry, i);
        if (d->sieves != NULL)
            d->sieves(&v, sieve_place, &f);
    }
    return f.status;
}

static void projections_begin(struct engine *g)
{
    for (size_t i = 0; i < registry_domain_count(g->options.registry); i++) {
        const struct domain *d = registry_domain(g->options.registry, i);
        for (size_t j = 0; j < d->projection_count; j++)
            rows_project(g->rows, d->projections[j]);
    }
}

/* The state of a mark, or the empty state when `mark` has position 0. */
static fallible state_load(struct engine *g, const struct checkpoint_mark *mark, struct err *e)
{
    size_t count;
    const struct family *const *families = registry_families(g->options.registry, &count);
    TRY(rows_create(families, count, &g->rows, e));
    projections_begin(g);
    g->cold = g->options.cold_open(g->options.context, mark->snapshot[0] == 0 ? NULL : mark->snapshot, e);
    if (g->cold == NULL)
        return mark->snapshot[0] == 0 ? (struct status){STATUS_IO} : (struct status){STATUS_CORRUPT}; /* another one may do */
    /* What fits comes back now, in one pass over the cold store, instead of a random read for each row that is met first. */
    rows_load_within(g->rows, (struct load_room){.indexes = g->options.memory_bytes / INDEX_SHARE, .rows = engine_rows_room(g)});
    if (mark->snapshot[0] != 0)
        TRY(WRAP(e, checkpoint_load(g->cold, mark, g->rows, e), "checkpoint %s", mark->snapshot));
    g->mark = *mark;
    g->applied = mark->position;
    g->time_us = mark->time_us;
    return shelf_fill(g, e);
}

static fallible fetch_begin(struct engine *g, struct err *e)
{
    struct fetch_places places = {.cold = g->cold, .disk = g->options.disk, .rows = g->rows, .shelf = g->shelf};
    return fetch_create(&places, g->options.threaded ? FETCH_THREADS : 0, &g->fetch, e);
}

/* Whose marks go to `disk`. */
static fallible checkpoints_begin(struct engine *g, struct disk *disk, struct err *e)
{
    struct checkpointer_options checkpoints = {.disk = disk, .cold = g->cold, .rows = g->rows, .threaded = g->options.threaded,
                                               .buffer_bytes_max = g->options.memory_bytes / BUFFER_SHARE};
    return checkpointer_create(&checkpoints, &g->checkpointer, e);
}

/* Records that are replayed together: what they need is asked for at once, and their memory is touched ahead. */
struct replay_batch {
    struct submission commands[REPLAY_BATCH]; /* as they came once; nobody is answered */
    struct submission *list[REPLAY_BATCH];
    struct log_record records[REPLAY_BATCH];
    size_t payload_at[REPLAY_BATCH]; /* in bytes */
    size_t count;
    struct buf bytes; /* of the payloads: a cursor lends one record at a time */
};

static fallible batch_add(struct engine *g, struct replay_batch *b, const struct log_record *record, struct err *e)
{
    const struct command *command = registry_command(g->options.registry, record->kind);
    if (command == NULL)
        return FAIL(e, CORRUPT, "position %" PRIu64 ": no command has the id 0x%x: was the log written by a newer release?",
                    record->position, record->kind);
    b->payload_at[b->count] = b->bytes.size;
    buf_push(&b->bytes, record->payload);
    if (b->bytes.overflowed)
        return FAIL(e, FULL, "no memory for commands");
    b->commands[b->count].command = command;
    b->list[b->count] = &b->commands[b->count];
    b->records[b->count++] = *record;
    return DONE;
}

/* NOT_FOUND: there are no more before `until`; what came before is in the batch. */
static fallible batch_read(struct engine *g, struct replay_batch *b, struct log_cursor *cursor, uint64_t until, struct err *e)
{
    struct status status = DONE;
    b->count = 0;
    buf_clear(&b->bytes);
    while (done(status) && b->count < REPLAY_BATCH && b->bytes.size < REPLAY_BATCH_BYTES) {
        struct log_record record;
        status = log_cursor_next(cursor, &record, e);
        if (done(status) && record.position >= until)
            status = (struct status){STATUS_NOT_FOUND};
        if (done(status))
            status = batch_add(g, b, &record, e);
    }
    for (size_t i = 0; i < b->count; i++)
        b->records[i].payload = b->commands[i].payload = bytes_of(b->bytes.data + b->payload_at[i], b->records[i].payload.size);
    return status;
}

static void batch_ask(struct engine *g, const struct replay_batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (!engine_needs(g, b->commands[i].command, b->records[i].payload, b->records[i].time_us, false))
            engine_ask_cold(g);
}

/* Nothing is synced, answered or told: it was, when the commands came. */
static fallible batch_apply(struct engine *g, struct replay_batch *b, struct err *e)
{
    struct rows_usage usage;
    rows_usage(g->rows, &usage);
    g->none_cold = usage.cold_rows == 0;
    if (!g->none_cold)
        batch_ask(g, b);
    for (size_t i = 0; i < b->count; i++) {
        const struct command *command = b->commands[i].command;
        if (i % PREFETCH_BATCH == 0)
            engine_touch_ahead(g, b->list + i, b->count - i < PREFETCH_BATCH ? b->count - i : PREFETCH_BATCH);
        if (!engine_needs_nothing(g, command, b->records[i].follows))
            TRY(engine_warm_up(g, command, &b->records[i], e));
        struct bytes reply;
        (void)engine_apply(g, command, &b->records[i], false, &reply);
        engine_shelf_settle(g, command);
        g->stats.replayed++;
    }
    return DONE;
}

/* Replays [g->applied, until). */
static fallible replay(struct engine *g, uint64_t until, struct err *e)
{
    struct log_cursor *cursor = NULL;
    TRY(log_cursor_open(g->log, g->applied, &cursor, e));
    struct replay_batch *b = calloc(1, sizeof *b);
    if (b == NULL)
        abort();
    buf_init(&b->bytes, REPLAY_BATCH_BYTES + LOG_RECORD_BYTES_MAX);
    struct status read = DONE, status = DONE;
    while (done(read) && done(status)) {
        read = batch_read(g, b, cursor, until, e);
        if (failed(read) && read.code != STATUS_NOT_FOUND)
            status = read;
        if (done(status) && b->count > 0) {
            g->applied = b->records[0].position;
            status = engine_room_make(g, e);
        }
        if (done(status))
            status = batch_apply(g, b, e);
        engine_memory_note(g);
    }
    buf_fini(&b->bytes);
    free(b);
    log_cursor_close(cursor);
    TRY(status);
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
    g->shelf = shelf_create();
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

/* The log is read through and checked beside the loading of the state; neither needs the other. */
struct log_opening {
    struct engine *engine;
    pthread_t thread;
    bool has_thread;
    struct status status;
    struct err error;
};

static void *log_open_run(void *context)
{
    struct log_opening *o = context;
    struct log_options log_options = log_options_of(&o->engine->options, false);
    o->status = log_open(o->engine->options.disk, &log_options, &o->engine->log, &o->error);
    return NULL;
}

static void log_open_begin(struct log_opening *o)
{
    o->has_thread = o->engine->options.threaded && pthread_create(&o->thread, NULL, log_open_run, o) == 0;
    if (!o->has_thread)
        (void)log_open_run(o);
}

static fallible log_open_end(struct log_opening *o, struct err *e)
{
    if (o->has_thread)
        (void)pthread_join(o->thread, NULL);
    if (failed(o->status))
        err_set(e, "%s", o->error.text);
    return o->status;
}

/* What a start stands on: the last checkpoint; when that one is damaged, the one before; when there is none that is whole,
 * the log alone. The log is kept from the last but one on, so nothing is lost by it but time. */
struct footing {
    struct checkpoint_mark last; /* as it is on disk: the log must reach it, whatever the state is loaded from */
    struct marks marks;          /* without those that are damaged */
    bool damaged;                /* something was passed over */
    struct err damage;           /* the first such thing */
};

static fallible footing_begin(struct engine *g, struct footing *f, struct err *e)
{
    struct err why = {0};
    struct status status = marks_read(g->options.disk, &f->marks, &why);
    if (failed(status) && status.code != STATUS_CORRUPT) {
        *e = why;
        return status;
    }
    f->damaged = failed(status);
    f->damage = why;
    f->last = f->marks.all[0];
    return DONE;
}

/* The last of the marks is of no use. */
static void footing_step_back(struct footing *f, const struct err *why)
{
    if (!f->damaged)
        f->damage = *why;
    f->damaged = true;
    f->marks = (struct marks){.all = {f->marks.all[1]}, .count = f->marks.count - 1};
}

static void state_drop(struct engine *g)
{
    rows_destroy(g->rows);
    g->rows = NULL;
    shelf_destroy(g->shelf);
    g->shelf = shelf_create();
    if (g->cold != NULL)
        g->options.cold_close(g->options.context, g->cold);
    g->cold = NULL;
}

static fallible footing_load(struct engine *g, struct footing *f, struct err *e)
{
    for (;;) {
        struct err why = {0};
        struct status status = state_load(g, &f->marks.all[0], &why);
        if (status.code != STATUS_CORRUPT || f->marks.count == 0) {
            *e = why;
            return status;
        }
        footing_step_back(f, &why);
        state_drop(g);
    }
}

/* Is there a log for all that the state lacks? */
static fallible footing_check(struct engine *g, const struct footing *f, struct err *e)
{
    const struct checkpoint_mark *mark = &f->marks.all[0];
    if (f->last.snapshot[0] != 0)
        TRY(log_reaches(g, &f->last, e));
    if (f->marks.count > 0)
        return log_reaches(g, mark, e);
    struct status status = log_is_whole(g, e);
    if (failed(status) && f->damaged)
        return FAIL(e, CORRUPT, "%s; the log alone does not do, as it begins at %" PRIu64 ": bring the workspace's folder back from a copy",
                    f->damage.text, log_first(g->log));
    return status;
}

/* The damaged ones are forgotten for good: the next checkpoint must not count on them. */
static fallible footing_keep(struct engine *g, const struct footing *f, struct err *e)
{
    struct err words = {0};
    g->trim_position = f->marks.count > 1 ? f->marks.all[1].position : 0;
    if (!f->damaged)
        return DONE;
    TRY(marks_write(g->options.disk, &f->marks, e));
    err_set(&words, "%s; it was passed over, and the log replayed from %" PRIu64 ": nothing is lost, but look after the disk", f->damage.text, g->applied);
    engine_trouble(g, &words);
    return DONE;
}

/* Whichever fails, the log's failure is the one to be told: it says what to do. */
static fallible log_and_state_open(struct engine *g, struct footing *f, struct err *e)
{
    struct log_opening opening = {.engine = g, .status = DONE};
    log_open_begin(&opening);
    struct status loaded = DONE;
    if (opening.has_thread || done(opening.status))
        loaded = footing_load(g, f, e);
    TRY(log_open_end(&opening, e));
    return loaded;
}

static fallible engine_fill(struct engine *g, struct err *e)
{
    struct footing f = {0};
    TRY(footing_begin(g, &f, e));
    TRY(log_and_state_open(g, &f, e));
    TRY(footing_check(g, &f, e));
    TRY(footing_keep(g, &f, e));
    TRY(fetch_begin(g, e));
    TRY(checkpoints_begin(g, g->options.disk, e));
    TRY(replay(g, log_end(g->log), e));
    g->arrived = 0;
    g->gave_back_at = g->applied; /* for all that one knows */
    g->checkpoint_wanted_at = (g->mark.position > g->applied ? g->applied : g->mark.position) + g->options.checkpoint_log_bytes;
    if (g->options.threaded) {
        TRY(syncer_create(g->log, &g->syncer, e));
        TRY(trimmer_create(g->log, &g->trimmer, e));
    }
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
    waiting_turn_away(g->waiting); /* results of work may be among them */
    waiting_destroy(g->waiting);
    own_submissions_destroy(g);
    works_destroy(g->works);
    syncer_destroy(g->syncer);
    trimmer_destroy(g->trimmer);
    checkpointer_destroy(g->checkpointer);
    fetch_destroy(g->fetch);
    shelf_destroy(g->shelf);
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

/* A full disk makes Kith give the last checkpoint but one up for room: no fault, but nothing to replay from. */
static fallible audit_load(struct engine *g, const struct checkpoint_mark *older, struct err *e)
{
    struct err why = {0};
    struct status status = state_load(g, older, &why);
    if (failed(status) && g->cold == NULL && older->snapshot[0] != 0)
        return FAIL(e, NOT_FOUND, "the last checkpoint but one can't be opened (%s): it was given up for room on a full disk, or is damaged; "
                    "behind the next checkpoint there is something to compare with again", why.text);
    *e = why;
    return status;
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
    TRY(audit_load(g, &older, e));
    if (older.snapshot[0] == 0)
        g->applied = log_first(g->log);
    else
        TRY(log_reaches(g, &older, e));
    TRY(fetch_begin(g, e));
    TRY(checkpoints_begin(g, g->options.scratch, e));
    uint64_t from = g->applied;
    TRY(replay(g, last.position, e));
    struct hash128 digest = rows_digest(g->rows);
    if (!hash128_equal(digest, last.digest))
        return FAIL(e, CORRUPT, "replaying %" PRIu64 " to %" PRIu64 " gives the digest %016" PRIx64 "%016" PRIx64
                    ", the checkpoint has %016" PRIx64 "%016" PRIx64, from, last.position, digest.high, digest.low, last.digest.high, last.digest.low);
    *out_audit = (struct audit){.from = from, .until = last.position, .commands = g->stats.replayed, .digest = digest, .memory_bytes_most = g->stats.memory_bytes_most};
    return DONE;
}

fallible engine_audit(const struct engine_options *options, struct audit *out_audit, struct err *e)
{
    struct engine *g = engine_create(options);
    g->audits = true;
    assert(options->scratch != NULL);
    struct status status = audit_run(g, out_audit, e);
    engine_close(g);
    return status;
}
