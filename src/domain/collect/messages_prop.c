/* Which messages count, against a list of all that were taken in: in the real engine on a simulated disk, with generations
 * that are so small that most ids are in files, through checkpoints, crashes, replays and merges.
 * Covers: messages.c, message_files.c, message_stow.c */
#include "domain/collect/messages.h"

#include <stdlib.h>

#include "base/time.h"
#include "domain/collect/collect_test.h"
#include "engine/engine_domain.h"
#include "engine/shelf.h"
#include "store/disk_sim.h"
#include "testing/plant.h"

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
    struct plant plant;
    struct model model;
    uint32_t files_most;
};

/* What was answered was durable, so the state is the same. */
static void world_crash(struct world *w)
{
    struct hash128 before = plant_digest(&w->plant);
    plant_crash(&w->plant);
    if (w->plant.t->failures == 0)
        CHECK(w->plant.t, hash128_equal(before, plant_digest(&w->plant)));
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
    CHECK_EQ(w->plant.t, a->status.code, STATUS_OK);
    sent->answered = true;
    sent->known = a->refusal == &collect_duplicate;
    bool want = model_knows(&w->model, sent->message, a->time_us);
    CHECK_EQ(w->plant.t, sent->known, want);
    if (!want)
        w->model.list[w->model.count++] = (struct taken){sent->message, a->time_us / US_PER_SECOND};
}

static struct bytes event_of(struct world *w, uint32_t message)
{
    struct err e = {0};
    struct buf b;
    struct envelope v = {
        .event = BYTES_LIT("login"), .source = BYTES_LIT("x"), .event_us = w->plant.now_us, .received_us = w->plant.now_us};
    v.message = hash128(bytes_of(&message, sizeof message), 1);
    buf_init(&b, ENVELOPE_BYTES_MAX);
    CHECK_DONE(w->plant.t, envelope_pack(&v, &b, &e), &e);
    struct bytes packed = arena_copy(w->plant.t->arena, buf_bytes(&b));
    buf_fini(&b);
    return packed;
}

static void world_send(struct world *w, uint32_t command, const struct bytes *payloads, const uint32_t *messages,
                       uint32_t count)
{
    struct sent *sent = ARENA_ARRAY(w->plant.t->arena, struct sent,
                                    count); /* after a failure some may be turned away later */
    struct submission *list[GROUP_MAX];
    struct err e = {0};
    uint32_t rounds = 0, answers = 0;
    for (uint32_t i = 0; i < count; i++) {
        sent[i] = (struct sent){.world = w, .message = messages == NULL ? 0 : messages[i]};
        sent[i].submission = (struct submission){.command = registry_command(w->plant.registry, command),
                                                 .payload = payloads[i],
                                                 .answered = answered,
                                                 .context = &sent[i]};
        list[i] = &sent[i].submission;
    }
    CHECK_DONE(w->plant.t, engine_group(w->plant.engine, list, count, w->plant.now_us, &e), &e);
    for (; answers < count && w->plant.t->failures == 0 && rounds < 100; rounds++) { /* those that wait for blocks */
        CHECK_DONE(w->plant.t, engine_group(w->plant.engine, NULL, 0, w->plant.now_us, &e), &e);
        answers = 0;
        for (uint32_t i = 0; i < count; i++)
            answers += sent[i].answered;
    }
    CHECK_EQ(w->plant.t, answers, count);
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
        TRY(plant_house(&w->plant, 0, e));
    }
    engine_read(w->plant.engine, read_files, w);
    return DONE;
}

/* The disk stops in the middle of work: nothing that it had not finished counts. */
static void world_trouble(struct world *w, uint32_t writes)
{
    struct err e = {0};
    disk_sim_stop_after(w->plant.disk, writes);
    struct status status = world_house(w, 4, &e);
    if (done(status))
        status = engine_checkpoint(w->plant.engine, true, &e);
    CHECK(w->plant.t, done(status) || disk_sim_stopped(w->plant.disk));
    disk_sim_stop_after(w->plant.disk, 0);
    plant_crash(&w->plant);
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
    w->plant.now_us += m->pause_us;
    switch (m->kind) {
    case MOVE_GROUP:
        world_play_group(w, m);
        break;
    case MOVE_HOUSE:
        CHECK_DONE(w->plant.t, world_house(w, 5, &e), &e);
        break;
    case MOVE_CHECKPOINT:
        plant_checkpoint(&w->plant);
        break;
    case MOVE_CRASH:
        world_crash(w);
        break;
    case MOVE_TROUBLE:
        world_trouble(w, m->writes);
        break;
    case MOVE_BOUNDS:
        plant_set(&w->plant, "collect.dedup_days", m->days);
        plant_set(&w->plant, "collect.dedup_ids", m->ids);
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
    struct work_names names;
    size_t count;
};

static struct status name_seen(void *context, const char *name, struct err *e)
{
    (void)e;
    struct listing *l = context;
    CHECK(l->t, l->count < l->names.count && strcmp(l->names.list[l->count], name) == 0);
    l->count++;
    return DONE;
}

static void read_names(const struct view *v, void *context)
{
    struct listing *l = context;
    l->names = work_names_of(v, &message_files, l->t->arena);
}

/* When all has settled and two checkpoints have passed, the folder has the files that are named, and nobody is retired. */
static void folder_is_clean(struct world *w)
{
    struct err e = {0};
    struct listing l = {.t = w->plant.t};
    for (int i = 0; i < 3; i++) {
        w->plant.now_us += US_PER_MINUTE;
        CHECK_DONE(w->plant.t, world_house(w, 60, &e), &e);
        plant_set(&w->plant, "collect.dedup_days", w->model.days); /* something to make a checkpoint of */
        plant_checkpoint(&w->plant);
    }
    CHECK_DONE(w->plant.t, world_house(w, 60, &e), &e);
    engine_read(w->plant.engine, read_names, &l);
    CHECK_DONE(w->plant.t, disk_list(w->plant.disk, MESSAGE_FOLDER, name_seen, &l, &e), &e);
    CHECK_EQ(w->plant.t, l.count, l.names.count);
}

static void script_play(struct t *t, const struct script *s, int64_t generation)
{
    struct world *w = ARENA_NEW(t->arena, struct world);
    struct audit audit;
    struct err e = {0};
    plant_open(&w->plant, t, domains, COUNT_OF(domains));
    w->model.days = 7;
    w->model.ids = 200000000;
    plant_set(&w->plant, "collect.dedup_generation", generation);
    for (uint32_t i = 0; i < s->count && t->failures == 0; i++)
        world_play(w, &s->moves[i]);
    if (t->failures == 0 && generation < 100)
        folder_is_clean(w);
    if (t->failures == 0) {
        plant_checkpoint(&w->plant);
        CHECK(t, generation > 1000 || w->files_most > 3);
        engine_close(w->plant.engine);
        w->plant.engine = NULL;
        w->plant.options.scratch = disk_sim_create(t->seed);
        CHECK_DONE(t, engine_audit(&w->plant.options, &audit, &e), &e);
        disk_close(w->plant.options.scratch);
    }
    plant_close(&w->plant);
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
