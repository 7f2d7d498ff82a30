/* Which messages count, against a list of all that were taken in: in the real engine on a simulated disk, with generations
 * that are so small that most ids are in files, through checkpoints, crashes, replays and merges.
 * Covers: messages.c, message_files.c, message_stow.c */
#include "domain/collect/messages.h"

#include <stdlib.h>

#include "base/time.h"
#include "domain/collect/collect_test.h"
#include "engine/engine.h"
#include "engine/engine_domain.h"
#include "engine/shelf.h"
#include "lib/pack.h"
#include "store/disk_sim.h"

#define START_US INT64_C(1763740800000000)
#define MOVES_MAX 160u
#define GROUP_MAX 60u
#define MESSAGES_MAX (MOVES_MAX * GROUP_MAX)

static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain};

/* --- what happens, and what should come of it --- */

enum move_kind {
    MOVE_GROUP,
    MOVE_PAUSE,
    MOVE_HOUSE,
    MOVE_CHECKPOINT,
    MOVE_CRASH,
    MOVE_TROUBLE,
    MOVE_BOUNDS,
    MOVE_KIND_COUNT
};

struct move {
    enum move_kind kind;
    int64_t pause_us;
    uint32_t writes; /* until the disk stops, in the middle of housekeeping */
    int64_t days, ids;
    uint32_t count;
    uint32_t messages[GROUP_MAX];
    bool begins_at_edge; /* with one that is just within the number, or just beyond it */
    uint32_t off;
};

struct script {
    struct move moves[MOVES_MAX];
    uint32_t count;
    uint64_t disk_seed;
};

static struct move any_move(struct t *t, uint32_t distinct)
{
    static const double weights[MOVE_KIND_COUNT] = {20, 4, 8, 2, 1, 1, 0.2};
    static const int64_t pauses_us[] = {US_PER_SECOND / 3, US_PER_MINUTE, US_PER_HOUR, US_PER_DAY};
    static const double pause_weights[] = {10, 10, 3, 0.5};
    struct move m = {.kind = (enum move_kind)rng_pick(&t->rng, weights, COUNT_OF(weights))};
    m.pause_us = rng_between(&t->rng, 0, pauses_us[rng_pick(&t->rng, pause_weights, COUNT_OF(pauses_us))]);
    m.writes = 1 + (uint32_t)rng_below(&t->rng, 40);
    m.days =
        1; /* raising a bound brings back nothing, so what counts then hangs on what was let go: it only falls here */
    m.ids = 1000;
    m.count = m.kind == MOVE_GROUP ? 1 + (uint32_t)rng_below(&t->rng, GROUP_MAX) : 0;
    for (uint32_t i = 0; i < m.count; i++)
        m.messages[i] = (uint32_t)rng_below(&t->rng, distinct);
    m.begins_at_edge = rng_chance(&t->rng, 0.5);
    m.off = (uint32_t)rng_below(&t->rng, 3);
    return m;
}

static struct script *any_script(struct t *t)
{
    struct script *s = ARENA_NEW(t->arena, struct script);
    uint32_t distinct = rng_chance(&t->rng, 0.5) ? 1200 : 6000; /* ids that end by time, or by number */
    s->count = MOVES_MAX;
    s->disk_seed = rng_next(&t->rng);
    for (uint32_t i = 0; i < s->count; i++)
        s->moves[i] = any_move(t, distinct);
    return s;
}

struct taken {
    uint32_t message;
    int64_t time_s;
};

struct model {
    struct taken list[MESSAGES_MAX];
    size_t count;
    int64_t days;
    size_t ids;
};

/* Exactly: within the days, by whole seconds, and among the last `ids` that were taken in. */
static bool model_knows(const struct model *m, uint32_t message, int64_t now_us)
{
    for (size_t i = 0; i < m->count && i < m->ids; i++) {
        const struct taken *x = &m->list[m->count - 1 - i];
        if (x->message == message)
            return now_us / US_PER_SECOND - x->time_s < m->days * (US_PER_DAY / US_PER_SECOND);
    }
    return false;
}

/* --- the world --- */

struct world {
    struct t *t;
    struct disk *disk;
    struct cold *cold;
    struct registry *registry;
    struct engine_options options;
    struct engine *engine;
    int64_t now_us;
    struct model model;
    uint32_t files_most;
};

static struct cold *cold_again(void *context, const char *snapshot, struct err *e)
{
    struct world *w = context;
    return failed(cold_memory_reopen(w->cold, snapshot, e)) ? NULL : w->cold;
}

static void cold_keep(void *context, struct cold *c)
{
    (void)context, (void)c;
}

static void world_start(struct world *w)
{
    struct err e = {0};
    w->engine = NULL;
    CHECK_DONE(w->t, engine_open(&w->options, &w->engine, &e), &e);
}

static struct world *world_open(struct t *t, uint64_t seed)
{
    struct err e = {0};
    struct world *w = ARENA_NEW(t->arena, struct world);
    *w = (struct world){.t = t, .disk = disk_sim_create(seed), .cold = cold_memory_create(), .now_us = START_US};
    CHECK_DONE(t, registry_create(domains, COUNT_OF(domains), &w->registry, &e), &e);
    w->options = (struct engine_options){
        .disk = w->disk,
        .cold_open = cold_again,
        .cold_close = cold_keep,
        .context = w,
        .registry = w->registry,
        .apply_version = 1,
        .log_segment_bytes = 1 << 14,
        .checkpoint_log_bytes = UINT64_C(1) << 40,
        .memory_bytes = 1 << 30,
    };
    w->model.days = 7;
    w->model.ids = 200000000;
    world_start(w);
    return w;
}

static void world_close(struct world *w)
{
    engine_close(w->engine);
    cold_close(w->cold);
    disk_close(w->disk);
    registry_destroy(w->registry);
}

static struct hash128 world_digest(const struct world *w)
{
    struct engine_stats stats;
    engine_stats(w->engine, &stats);
    return stats.digest;
}

/* Power goes and comes back; what was answered was durable, so the state is the same. */
static void world_crash(struct world *w)
{
    struct hash128 before = world_digest(w);
    engine_close(w->engine);
    disk_sim_crash(w->disk);
    world_start(w);
    if (w->t->failures == 0)
        CHECK(w->t, hash128_equal(before, world_digest(w)));
}

struct sent {
    struct submission submission;
    struct world *world;
    uint32_t message;
    bool answered, known;
};

/* In the order of the log, which is that of the answers. */
static void answered(struct submission *s, const struct answer *a)
{
    struct sent *sent = s->context;
    struct world *w = sent->world;
    CHECK_EQ(w->t, a->status.code, STATUS_OK);
    sent->answered = true;
    sent->known = a->refusal == &collect_duplicate;
    bool want = model_knows(&w->model, sent->message, a->time_us);
    CHECK_EQ(w->t, sent->known, want);
    if (!want)
        w->model.list[w->model.count++] = (struct taken){sent->message, a->time_us / US_PER_SECOND};
}

static struct bytes event_of(struct world *w, uint32_t message)
{
    struct err e = {0};
    struct buf b;
    struct envelope v = {
        .event = BYTES_LIT("login"), .source = BYTES_LIT("x"), .event_us = w->now_us, .received_us = w->now_us};
    v.message = hash128(bytes_of(&message, sizeof message), 1);
    buf_init(&b, ENVELOPE_BYTES_MAX);
    CHECK_DONE(w->t, envelope_pack(&v, &b, &e), &e);
    struct bytes packed = arena_copy(w->t->arena, buf_bytes(&b));
    buf_fini(&b);
    return packed;
}

static void world_send(struct world *w, uint32_t command, const struct bytes *payloads, const uint32_t *messages,
                       uint32_t count)
{
    struct sent *sent = ARENA_ARRAY(w->t->arena, struct sent,
                                    count); /* after a failure some may be turned away later */
    struct submission *list[GROUP_MAX];
    struct err e = {0};
    uint32_t rounds = 0, answers = 0;
    for (uint32_t i = 0; i < count; i++) {
        sent[i] = (struct sent){.world = w, .message = messages == NULL ? 0 : messages[i]};
        sent[i].submission = (struct submission){.command = registry_command(w->registry, command),
                                                 .payload = payloads[i],
                                                 .answered = answered,
                                                 .context = &sent[i]};
        list[i] = &sent[i].submission;
    }
    CHECK_DONE(w->t, engine_group(w->engine, list, count, w->now_us, &e), &e);
    for (; answers < count && w->t->failures == 0 && rounds < 100; rounds++) { /* those that wait for blocks */
        CHECK_DONE(w->t, engine_group(w->engine, NULL, 0, w->now_us, &e), &e);
        answers = 0;
        for (uint32_t i = 0; i < count; i++)
            answers += sent[i].answered;
    }
    CHECK_EQ(w->t, answers, count);
}

static void world_set_answered(struct submission *s, const struct answer *a)
{
    struct world *w = s->context;
    CHECK(w->t, a->status.code == STATUS_OK && a->refusal == NULL);
}

static void world_set(struct world *w, const char *name, int64_t value)
{
    struct err e = {0};
    struct buf b;
    buf_init(&b, 256);
    pack_bytes(&b, bytes_of_text(name));
    pack_u64(&b, (uint64_t)value);
    struct submission one = {.command = registry_command(w->registry, COMMAND_SET),
                             .payload = buf_bytes(&b),
                             .answered = world_set_answered,
                             .context = w};
    struct submission *list = &one;
    CHECK_DONE(w->t, engine_group(w->engine, &list, 1, w->now_us, &e), &e);
    buf_fini(&b);
}

static void read_files(const struct view *v, void *context)
{
    struct world *w = context;
    uint32_t files = (uint32_t)view_shelf_stats(v).sieves;
    w->files_most = files > w->files_most ? files : w->files_most;
}

static fallible world_house(struct world *w, uint32_t rounds, struct err *e)
{
    for (uint32_t i = 0; i < rounds; i++) {
        int64_t wait_us;
        TRY(engine_keep_house(w->engine, w->now_us, &wait_us, e));
    }
    engine_read(w->engine, read_files, w);
    return DONE;
}

/* The disk stops in the middle of work: nothing that it had not finished counts. */
static void world_trouble(struct world *w, uint32_t writes)
{
    struct err e = {0};
    disk_sim_stop_after(w->disk, writes);
    struct status status = world_house(w, 4, &e);
    if (done(status))
        status = engine_checkpoint(w->engine, true, &e);
    CHECK(w->t, done(status) || disk_sim_stopped(w->disk));
    disk_sim_stop_after(w->disk, 0);
    engine_close(w->engine);
    disk_sim_crash(w->disk);
    world_start(w);
}

static void world_play_group(struct world *w, const struct move *m)
{
    struct bytes payloads[GROUP_MAX];
    uint32_t messages[GROUP_MAX];
    size_t edge = w->model.count + 1 - w->model.ids -
                  m->off; /* the last but one that counts, the last, the first that does not */
    memcpy(messages, m->messages, sizeof messages);
    if (m->begins_at_edge && w->model.count > w->model.ids + 1)
        messages[0] = w->model.list[edge].message;
    for (uint32_t i = 0; i < m->count; i++)
        payloads[i] = event_of(w, messages[i]);
    world_send(w, COMMAND_COLLECT_EVENT, payloads, messages, m->count);
}

static void world_play(struct world *w, const struct move *m)
{
    struct err e = {0};
    w->now_us += m->pause_us;
    switch (m->kind) {
    case MOVE_GROUP:
        world_play_group(w, m);
        break;
    case MOVE_HOUSE:
        CHECK_DONE(w->t, world_house(w, 5, &e), &e);
        break;
    case MOVE_CHECKPOINT:
        CHECK_DONE(w->t, engine_checkpoint(w->engine, true, &e), &e);
        break;
    case MOVE_CRASH:
        world_crash(w);
        break;
    case MOVE_TROUBLE:
        world_trouble(w, m->writes);
        break;
    case MOVE_BOUNDS:
        world_set(w, "collect.dedup_days", m->days);
        world_set(w, "collect.dedup_ids", m->ids);
        w->model.days = m->days;
        w->model.ids = (size_t)m->ids;
        break;
    case MOVE_PAUSE:
    case MOVE_KIND_COUNT:
        break;
    }
}

/* --- what is left on disk --- */

struct listing {
    struct t *t;
    const char *const *names;
    size_t name_count, count;
};

static struct status name_seen(void *context, const char *name, struct err *e)
{
    (void)e;
    struct listing *l = context;
    CHECK(l->t, l->count < l->name_count && strcmp(l->names[l->count], name) == 0);
    l->count++;
    return DONE;
}

static void read_names(const struct view *v, void *context)
{
    struct listing *l = context;
    l->name_count = message_file_names(v, l->t->arena, &l->names);
}

/* When all has settled and two checkpoints have passed, the folder has the files that are named, and nobody is retired. */
static void folder_is_clean(struct world *w)
{
    struct err e = {0};
    struct listing l = {.t = w->t};
    for (int i = 0; i < 3; i++) {
        w->now_us += US_PER_MINUTE;
        CHECK_DONE(w->t, world_house(w, 60, &e), &e);
        world_set(w, "collect.dedup_days", w->model.days); /* something to make a checkpoint of */
        CHECK_DONE(w->t, engine_checkpoint(w->engine, true, &e), &e);
    }
    CHECK_DONE(w->t, world_house(w, 60, &e), &e);
    engine_read(w->engine, read_names, &l);
    CHECK_DONE(w->t, disk_list(w->disk, MESSAGE_FOLDER, name_seen, &l, &e), &e);
    CHECK_EQ(w->t, l.count, l.name_count);
}

static void script_play(struct t *t, const struct script *s, int64_t generation)
{
    struct world *w = world_open(t, s->disk_seed);
    struct audit audit;
    struct err e = {0};
    world_set(w, "collect.dedup_generation", generation);
    for (uint32_t i = 0; i < s->count && t->failures == 0; i++)
        world_play(w, &s->moves[i]);
    if (t->failures == 0 && generation < 100)
        folder_is_clean(w);
    if (t->failures == 0) {
        CHECK_DONE(t, engine_checkpoint(w->engine, true, &e), &e);
        CHECK(t, generation > 1000 || w->files_most > 3);
        engine_close(w->engine);
        w->engine = NULL;
        CHECK_DONE(t, engine_audit(&w->options, &audit, &e), &e);
    }
    world_close(w);
}

/* The same answers wherever the ids are. */
static void answers_hang_on_no_generation(struct t *t)
{
    static const int64_t generations[] = {16, 100, 1 << 20};
    const struct script *s = any_script(t);
    for (size_t i = 0; i < COUNT_OF(generations) && t->failures == 0; i++)
        script_play(t, s, generations[i]);
}

static const struct test tests[] = {
    {"answers hang on no generation", answers_hang_on_no_generation, 30},
};
TEST_MAIN(tests)
