/* Checkpoints under fire: the disk and the cold store stop at any operation, the power goes at any moment, and what is
 * loaded is the state of a mark. Covers: checkpoint.c, checkpoint_load.c, checkpoint_mark.c */
#include "store/checkpoint.h"

#include <stdlib.h>

#include "store/disk_sim.h"
#include "testing/test.h"

#define NUMBERS 400u
#define KEYS 40u
#define HASHES 3000u /* several pages, and they double */
#define PERSON_BYTES 8000u /* so that a checkpoint is several batches */
#define MOVES 400
#define MODELS 600u
#define DISK_BYTES_MAX (UINT64_C(1) << 40)

static const struct family people = {.id = 1, .kind = FAMILY_NUMBERED, .value_bytes = PERSON_BYTES, .name = "people"};
static const struct family jobs = {.id = 2, .kind = FAMILY_KEYED, .value_bytes = 100, .name = "jobs"};
static const struct family names = {.id = 3, .kind = FAMILY_INDEX, .name = "names", .goes_cold = true};
static const struct family *const families[] = {&people, &jobs, &names};

/* Words that are 0 stand for no row. */
struct model {
    uint64_t position;
    uint32_t people[NUMBERS];
    uint32_t jobs[KEYS];
    uint32_t names[HASHES];
};

struct world {
    struct t *t;
    struct disk *disk;
    struct cold *cold;
    struct rows *rows;
    struct checkpointer *checkpointer;
    struct model now;
    struct model *begun; /* the states at the begins, in order */
    size_t begun_count;
    uint32_t person[PERSON_BYTES / sizeof(uint32_t)];
    uint64_t last_done, before_done; /* positions of the last two checkpoints that we were told are durable */
    uint64_t forgotten;              /* of the one whose snapshot went last; its mark may still be there */
};

static struct bytes value_of(const uint32_t *word)
{
    return bytes_of(word, sizeof *word);
}

static struct bytes person_of(struct world *w, uint32_t word)
{
    for (size_t i = 0; i < COUNT_OF(w->person); i++)
        w->person[i] = word;
    return bytes_of(w->person, sizeof w->person);
}

static void rows_open(struct world *w)
{
    struct err e = {0};
    CHECK_DONE(w->t, rows_create(families, COUNT_OF(families), &w->rows, &e), &e);
}

static const struct model *model_at(const struct world *w, uint64_t position)
{
    for (size_t i = w->begun_count; i-- > 0;)
        if (w->begun[i].position == position)
            return &w->begun[i];
    return NULL;
}

static void thaw(struct world *w, struct rows *r, struct cold *c, uint32_t number)
{
    struct err e = {0};
    struct buf page;
    bool found = false;
    struct page_key key = rows_numbered_key(&people, number);
    buf_init(&page, 1 << 20);
    CHECK_DONE(w->t, cold_get(c, bytes_of(key.data, key.size), &page, &found, &e), &e);
    CHECK(w->t, found);
    CHECK_DONE(w->t, rows_numbered_thaw(r, &people, number, buf_bytes(&page), &e), &e);
    buf_fini(&page);
}

static struct hash128 hash_of(uint32_t i)
{
    return (struct hash128){.low = rng_mix(i), .high = rng_mix(~(uint64_t)i)};
}

/* What is there of a name, thawed when it is cold; 0: nothing. */
static uint32_t name_get(struct world *w, struct rows *r, struct cold *c, uint32_t i)
{
    struct err e = {0};
    uint32_t number = 0;
    enum presence presence = rows_index_get(r, &names, hash_of(i), &number);
    if (presence != ROW_COLD)
        return presence == ROW_HERE ? number : 0;
    struct index_pages pages = rows_index_pages(r, &names, hash_of(i));
    struct buf page;
    bool found = false;
    buf_init(&page, 1 << 20);
    for (uint32_t k = 0; k < pages.count && !found; k++)
        CHECK_DONE(w->t, cold_get(c, bytes_of(pages.keys[k].data, pages.keys[k].size), &page, &found, &e), &e);
    if (found)
        CHECK_DONE(w->t, rows_index_find(buf_bytes(&page), hash_of(i), &number, &e), &e);
    CHECK_DONE(w->t, rows_index_thaw(r, &names, hash_of(i), number, &e), &e);
    buf_fini(&page);
    return number;
}

static void check_rows(struct world *w, struct rows *r, struct cold *c, const struct model *m)
{
    struct bytes row;
    for (uint32_t i = 1; i < NUMBERS; i++) {
        if (rows_numbered_get(r, &people, i, &row) == ROW_COLD)
            thaw(w, r, c, i);
        bool there = rows_numbered_get(r, &people, i, &row) == ROW_HERE;
        CHECK(w->t, there == (m->people[i] != 0) && (!there || bytes_equal(row, person_of(w, m->people[i]))));
    }
    for (uint8_t i = 0; i < KEYS; i++) {
        bool there = rows_keyed_get(r, &jobs, bytes_of(&i, 1), &row);
        CHECK(w->t, there == (m->jobs[i] != 0) && (!there || bytes_equal(row, value_of(&m->jobs[i]))));
    }
    for (uint32_t i = 0; i < HASHES; i++)
        CHECK_EQ(w->t, name_get(w, r, c, i), m->names[i]);
}

/* --- moves --- */

static void write_names(struct world *w)
{
    struct rng *rng = &w->t->rng;
    uint32_t from = (uint32_t)rng_below(rng, HASHES);
    for (uint32_t i = from; i < from + 20 && i < HASHES; i++) {
        (void)name_get(w, w->rows, w->cold, i);
        w->now.names[i] = rng_chance(rng, 0.1) ? 0 : (uint32_t)rng_between(rng, 1, 1000000);
        if (w->now.names[i] == 0)
            rows_index_remove(w->rows, &names, hash_of(i));
        else
            rows_index_put(w->rows, &names, hash_of(i), w->now.names[i]);
    }
}

static void write_some(struct world *w)
{
    struct rng *rng = &w->t->rng;
    struct bytes row;
    for (int i = 0; i < 8; i++) {
        uint32_t number = (uint32_t)rng_between(rng, 1, NUMBERS - 1);
        uint8_t key = (uint8_t)rng_below(rng, KEYS);
        if (rows_numbered_get(w->rows, &people, number, &row) == ROW_COLD)
            thaw(w, w->rows, w->cold, number);
        w->now.people[number] = rng_chance(rng, 0.2) ? 0 : (uint32_t)rng_between(rng, 1, UINT32_MAX);
        w->now.jobs[key] = rng_chance(rng, 0.4) ? 0 : (uint32_t)rng_between(rng, 1, UINT32_MAX);
        if (w->now.people[number] == 0)
            rows_numbered_remove(w->rows, &people, number);
        else
            rows_numbered_put(w->rows, &people, number, person_of(w, w->now.people[number]));
        if (w->now.jobs[key] == 0)
            rows_keyed_remove(w->rows, &jobs, bytes_of(&key, 1));
        else
            rows_keyed_put(w->rows, &jobs, bytes_of(&key, 1), value_of(&w->now.jobs[key]));
        w->now.position++;
    }
    write_names(w);
}

static void begin(struct world *w)
{
    if (w->begun_count == MODELS)
        return;
    if (w->now.position == w->last_done)
        write_some(w); /* else two marks could not be told apart */
    w->begun[w->begun_count++] = w->now;
    struct checkpoint_mark mark = {
        .position = w->now.position, .time_us = -5, .apply_version = 3, .digest = rows_digest(w->rows)};
    checkpointer_begin(w->checkpointer, &mark);
}

static void step(struct world *w)
{
    struct checkpoint_mark mark = {0};
    struct err e = {0};
    switch (checkpointer_step(w->checkpointer, rng_below(&w->t->rng, 600000), &mark, &e)) {
    case CHECKPOINT_IDLE:
        CHECK_EQ(w->t, mark.position, w->begun[w->begun_count - 1].position);
        w->before_done = w->last_done;
        w->last_done = mark.position;
        break;
    case CHECKPOINT_FULL:
    case CHECKPOINT_FAILED:
        CHECK(w->t, e.text[0] != 0);
        break;
    case CHECKPOINT_RUNNING:
        break;
    }
}

/* As on a full disk, which has room for a mark again when a snapshot is gone; that mark can't always be taken out. */
static void forget_older(struct world *w)
{
    struct err e = {0};
    disk_sim_limit(w->disk, DISK_BYTES_MAX);
    if (checkpointer_running(w->checkpointer) || !checkpointer_has_older(w->checkpointer))
        return;
    w->forgotten = w->before_done;
    w->before_done = 0;
    if (done(checkpointer_forget_older(w->checkpointer, &e)))
        CHECK(w->t, !checkpointer_has_older(w->checkpointer));
}

/* --- crashes --- */

static void check_mark(struct world *w, unsigned which, uint64_t *out_position)
{
    struct err e = {0};
    struct checkpoint_mark mark = {0};
    struct status status = checkpoint_mark_read(w->disk, which, &mark, &e);
    bool is_gone = which > 0 && mark.position != 0 && mark.position == w->forgotten;
    *out_position = is_gone ? 0 : mark.position;
    if (status.code == STATUS_NOT_FOUND || is_gone)
        return;
    CHECK_DONE(w->t, status, &e);
    CHECK(w->t, mark.time_us == -5 && mark.apply_version == 3);
    const struct model *m = model_at(w, mark.position);
    struct rows *r = NULL;
    struct cold *c = NULL;
    REQUIRE(w->t, m != NULL);
    REQUIRE_DONE(w->t, rows_create(families, COUNT_OF(families), &r, &e), &e);
    REQUIRE_DONE(w->t, cold_memory_copy(w->cold, mark.snapshot, &c, &e), &e);
    REQUIRE_DONE(w->t, checkpoint_load(c, &mark, r, &e), &e);
    check_rows(w, r, c, m);
    rows_destroy(r);
    cold_close(c);
}

static void restart(struct world *w)
{
    struct err e = {0};
    struct checkpoint_mark mark = {0};
    uint64_t last = 0, before = 0;
    disk_sim_crash(w->disk);
    disk_sim_limit(w->disk, DISK_BYTES_MAX);
    check_mark(w, 0, &last);
    check_mark(w, 1, &before);
    CHECK(w->t, last >= w->last_done);
    CHECK(w->t, last != w->last_done || before == w->before_done);
    const struct model *m = model_at(w, last);
    struct status status = checkpoint_mark_read(w->disk, 0, &mark, &e);
    CHECK_DONE(w->t, cold_memory_reopen(w->cold, done(status) ? mark.snapshot : NULL, &e), &e);
    rows_open(w);
    if (done(status))
        REQUIRE_DONE(w->t, checkpoint_load(w->cold, &mark, w->rows, &e), &e);
    w->now = done(status) && m != NULL ? *m : (struct model){.position = w->now.position};
    w->last_done = last;
    w->before_done = before;
    /* positions behind the mark come again with other content: a real log would replay them */
    while (w->begun_count > 0 && w->begun[w->begun_count - 1].position > last)
        w->begun_count--;
    REQUIRE_DONE(w->t, checkpointer_create(&(struct checkpointer_options){.disk = w->disk, .cold = w->cold, .rows = w->rows}, &w->checkpointer, &e), &e);
}

static void crash(struct world *w)
{
    checkpointer_destroy(w->checkpointer);
    rows_destroy(w->rows);
    w->checkpointer = NULL;
    w->rows = NULL;
    restart(w);
}

static void trouble(struct world *w)
{
    static const double weights[] = {2, 1, 1};
    struct rng *rng = &w->t->rng;
    switch (rng_pick(rng, weights, COUNT_OF(weights))) {
    case 0:
        cold_memory_fail_after(w->cold, 1 + rng_below(rng, 6));
        break;
    case 1:
        disk_sim_stop_after(w->disk, 1 + rng_below(rng, 8));
        break;
    default:
        disk_sim_limit(w->disk, 1); /* snapshots are made, and their marks fail */
    }
}

static void move(struct world *w)
{
    static const double weights[] = {30, 40, 3, 2, 1, 1.5};
    switch (rng_pick(&w->t->rng, weights, COUNT_OF(weights))) {
    case 0:
        write_some(w);
        break;
    case 1:
        if (checkpointer_running(w->checkpointer))
            step(w);
        else
            begin(w);
        break;
    case 2:
        (void)rows_evict(w->rows, rng_below(&w->t->rng, 2000000));
        break;
    case 3:
        trouble(w);
        break;
    case 4:
        forget_older(w);
        break;
    default:
        crash(w);
    }
}

static void a_crash_leaves_a_whole_checkpoint(struct t *t)
{
    struct world w = {.t = t, .disk = disk_sim_create(t->seed), .cold = cold_memory_create()};
    w.begun = calloc(MODELS, sizeof *w.begun);
    REQUIRE(t, w.begun != NULL);
    restart(&w);
    for (int i = 0; i < MOVES && t->failures == 0; i++)
        move(&w);
    if (t->failures == 0)
        check_rows(&w, w.rows, w.cold, &w.now);
    crash(&w);
    checkpointer_destroy(w.checkpointer);
    rows_destroy(w.rows);
    cold_close(w.cold);
    disk_close(w.disk);
    free(w.begun);
}

/* --- with a thread, and RocksDB, in a real folder --- */

static void run_checkpoint(struct world *w)
{
    struct checkpoint_mark mark;
    struct err e = {0};
    begin(w);
    for (;;) {
        enum checkpoint_state state = checkpointer_step(w->checkpointer, 200000, &mark, &e);
        if (state == CHECKPOINT_IDLE)
            return;
        REQUIRE(w->t, state == CHECKPOINT_RUNNING);
        write_some(w);
        checkpointer_wait(w->checkpointer, 1000000);
    }
}

static void a_thread_writes_while_the_engine_goes_on(struct t *t)
{
    struct err e = {0};
    struct world w = {.t = t};
    struct checkpoint_mark mark = {0};
    const char *folder = arena_printf(t->arena, "%s/cold", t->folder);
    w.begun = calloc(MODELS, sizeof *w.begun);
    REQUIRE(t, w.begun != NULL);
    REQUIRE_DONE(t, disk_open_real(t->folder, &w.disk, &e), &e);
    REQUIRE_DONE(t, cold_open(folder, NULL, COLD_MEMORY_BYTES_MIN, &w.cold, &e), &e);
    rows_open(&w);
    REQUIRE_DONE(t, checkpointer_create(&(struct checkpointer_options){.disk = w.disk, .cold = w.cold, .rows = w.rows, .threaded = true}, &w.checkpointer, &e), &e);
    for (int i = 0; i < 5; i++) {
        write_some(&w);
        run_checkpoint(&w);
        (void)rows_evict(w.rows, 1000000);
        check_rows(&w, w.rows, w.cold, &w.now);
    }
    write_some(&w);
    begin(&w); /* given up by the end */
    checkpointer_destroy(w.checkpointer);
    rows_destroy(w.rows);
    cold_close(w.cold);
    for (unsigned which = 0; which < 2; which++) {
        rows_open(&w);
        REQUIRE_DONE(t, checkpoint_mark_read(w.disk, which, &mark, &e), &e);
        CHECK_EQ(t, mark.position, w.begun[4 - which].position);
        REQUIRE_DONE(t, cold_open_read(folder, mark.snapshot, COLD_MEMORY_BYTES_MIN, &w.cold, &e), &e);
        REQUIRE_DONE(t, checkpoint_load(w.cold, &mark, w.rows, &e), &e);
        check_rows(&w, w.rows, w.cold, &w.begun[4 - which]);
        rows_destroy(w.rows);
        cold_close(w.cold);
    }
    disk_close(w.disk);
    free(w.begun);
}

static void a_damaged_mark_is_seen(struct t *t)
{
    struct err e = {0};
    struct world w = {.t = t, .disk = disk_sim_create(1), .cold = cold_memory_create()};
    struct checkpoint_mark mark;
    w.begun = calloc(MODELS, sizeof *w.begun);
    REQUIRE(t, w.begun != NULL);
    rows_open(&w);
    REQUIRE_DONE(t, checkpointer_create(&(struct checkpointer_options){.disk = w.disk, .cold = w.cold, .rows = w.rows}, &w.checkpointer, &e), &e);
    CHECK_FAILS(t, checkpoint_mark_read(w.disk, 0, &mark, &e), NOT_FOUND);
    run_checkpoint(&w);
    CHECK_DONE(t, checkpoint_mark_read(w.disk, 0, &mark, &e), &e);
    CHECK_FAILS(t, checkpoint_mark_read(w.disk, 1, &mark, &e), NOT_FOUND);
    disk_sim_corrupt(w.disk, "CHECKPOINT", 40);
    CHECK_FAILS(t, checkpoint_mark_read(w.disk, 0, &mark, &e), CORRUPT);
    checkpointer_destroy(w.checkpointer);
    rows_destroy(w.rows);
    cold_close(w.cold);
    disk_close(w.disk);
    free(w.begun);
}

static const struct test tests[] = {
    {"a crash leaves a whole checkpoint", a_crash_leaves_a_whole_checkpoint, 100},
    {"a thread writes while the engine goes on", a_thread_writes_while_the_engine_goes_on, 1},
    {"a damaged mark is seen", a_damaged_mark_is_seen, 1},
};
TEST_MAIN(tests)
