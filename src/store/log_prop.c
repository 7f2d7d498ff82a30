#include <stdlib.h>

#include "base/time.h"
#include "store/disk_sim.h"
#include "store/log.h"
#include "testing/test.h"

#define RECORDS_MAX 4000
#define GROUPS_MAX 400

/* The naive model: every record that was ever handed to the log and not lost since, and the groups they came in. */
struct model_record {
    uint64_t position;
    int64_t time_us;
    uint32_t kind;
    uint32_t size;
    uint64_t seed; /* of the payload */
    struct log_follows follows;
};

struct model_group {
    uint64_t start; /* of its header */
    uint64_t end;
    uint64_t mark; /* what was synced when it was written */
};

struct model {
    struct model_record *records;
    size_t count;
    size_t synced; /* so many records must be there for ever */
    struct model_group *groups;
    size_t group_count;
    uint64_t trimmed_before;
    int64_t time_us;
};

struct world {
    struct t *t;
    struct disk *disk;
    struct log *log;
    struct log_options options;
    struct model model;
    struct buf buffer;
};

static struct bytes payload_of(struct t *t, const struct model_record *r)
{
    uint8_t *p = arena_take(t->arena, r->size + 1, 1);
    for (uint32_t i = 0; i < r->size; i++)
        p[i] = (uint8_t)rng_mix(r->seed + i / 16); /* runs of equal bytes, as in life */
    return bytes_of(p, r->size);
}

static void world_begin(struct world *w, struct t *t)
{
    static const uint64_t sizes[] = {1024, 4096, 20000, 65536};
    *w = (struct world){.t = t, .disk = disk_sim_create(t->seed)};
    w->options = (struct log_options){
        .folder = "log", .segment_bytes = sizes[rng_below(&t->rng, COUNT_OF(sizes))], .apply_version = 1};
    w->model.records = ARENA_ARRAY(t->arena, struct model_record, RECORDS_MAX);
    w->model.groups = ARENA_ARRAY(t->arena, struct model_group, GROUPS_MAX);
    buf_init(&w->buffer, LOG_RECORD_BYTES_MAX * 2);
}

static void world_end(struct world *w)
{
    log_close(w->log);
    disk_close(w->disk);
    buf_fini(&w->buffer);
}

/* Appends a group of chance. The model hears of it also when it failed with IO: it may have reached the disk. */
static struct status group_append(struct world *w, struct err *e)
{
    struct t *t = w->t;
    struct model *m = &w->model;
    size_t count = 1 + rng_below(&t->rng, rng_chance(&t->rng, 0.2) ? 30 : 4);
    if (m->count + count > RECORDS_MAX || m->group_count == GROUPS_MAX)
        return DONE;
    struct log_record *group = ARENA_ARRAY(t->arena, struct log_record, count);
    for (size_t i = 0; i < count; i++) {
        struct model_record *r = &m->records[m->count + i];
        m->time_us += rng_between(&t->rng, 0, rng_chance(&t->rng, 0.1) ? US_PER_DAY : 100);
        *r = (struct model_record){.time_us = m->time_us,
                                   .kind = (uint32_t)rng_below(&t->rng, LOG_KIND_END),
                                   .size = (uint32_t)rng_below(&t->rng, rng_chance(&t->rng, 0.05) ? 6000 : 300),
                                   .seed = rng_next(&t->rng)};
        if (rng_chance(&t->rng, 0.3)) /* any record or place, near or far: the log doesn't look */
            r->follows = (struct log_follows){.position = 1 + (rng_next(&t->rng) >> rng_below(&t->rng, 64)) / 2,
                                              .nth = (uint32_t)rng_next(&t->rng) >> rng_below(&t->rng, 32)};
        group[i] = (struct log_record){.time_us = r->time_us, .kind = r->kind, .payload = payload_of(t, r), .follows = r->follows};
    }
    uint64_t mark = log_synced(w->log);
    struct status s = log_append(w->log, group, count, e);
    if (failed(s) && s.code != STATUS_IO)
        return s;
    for (size_t i = 0; i < count; i++)
        m->records[m->count++].position = group[i].position;
    m->groups[m->group_count++] =
        (struct model_group){.start = group[0].position - 48, .end = log_end(w->log), .mark = mark};
    return s;
}

static struct status any_move(struct world *w, struct err *e)
{
    struct rng *chance = &w->t->rng;
    struct model *m = &w->model;
    if (rng_chance(chance, 0.6))
        return group_append(w, e);
    if (rng_chance(chance, 0.7)) {
        size_t appended = m->count;
        struct status s = log_sync(w->log, e);
        m->synced = done(s) ? appended : m->synced;
        return s;
    }
    if (rng_chance(chance, 0.5))
        return log_prepare(w->log, e);
    if (m->count == 0 || rng_chance(chance, 0.5))
        return DONE;
    uint64_t before = m->records[rng_below(chance, m->count)].position;
    m->trimmed_before = before > m->trimmed_before ? before : m->trimmed_before;
    return log_trim(w->log, before, e);
}

static void record_check(struct world *w, const struct model_record *want, const struct log_record *got)
{
    CHECK_EQ(w->t, got->position, want->position);
    CHECK_EQ(w->t, got->time_us, want->time_us);
    CHECK_EQ(w->t, got->kind, want->kind);
    CHECK_BYTES(w->t, got->payload, payload_of(w->t, want));
    CHECK(w->t, got->follows.position == want->follows.position && got->follows.nth == want->follows.nth);
}

static size_t first_kept(const struct world *w)
{
    size_t i = 0;
    while (i < w->model.count && w->model.records[i].position < log_first(w->log))
        i++;
    return i;
}

/* The log holds a run of the model's records up to `found`, which it returns. */
static size_t log_compare(struct world *w)
{
    struct t *t = w->t;
    struct err e = {0};
    struct log_cursor *c = NULL;
    struct log_record r;
    size_t begin = first_kept(w), i = begin;
    CHECK(t, begin == 0 || w->model.records[begin - 1].position < w->model.trimmed_before);
    CHECK_DONE(t, log_cursor_open(w->log, log_first(w->log), &c, &e), &e);
    struct status s = DONE;
    for (; c != NULL && done(s = log_cursor_next(c, &r, &e)) && i < w->model.count; i++)
        record_check(w, &w->model.records[i], &r);
    log_cursor_close(c);
    CHECK_EQ(t, s.code, STATUS_NOT_FOUND); /* not a record more */
    CHECK_EQ(t, log_time_us(w->log), i == 0 ? 0 : w->model.records[i - 1].time_us);
    if (i > begin) {
        const struct model_record *any = &w->model.records[begin + rng_below(&t->rng, i - begin)];
        CHECK_DONE(t, log_read(w->log, any->position, &w->buffer, &r, &e), &e);
        record_check(w, any, &r);
        struct status middle = log_read(w->log, any->position + 1, &w->buffer, &r, &e);
        CHECK(t, done(middle) || middle.code == STATUS_NOT_FOUND);
    }
    return i;
}

/* What the log found at its start is now the truth. */
static void model_cut(struct model *m, size_t count)
{
    m->count = count;
    m->synced = count;
    m->time_us = count == 0 ? 0 : m->records[count - 1].time_us;
    while (m->group_count > 0 && (count == 0 || m->groups[m->group_count - 1].start > m->records[count - 1].position))
        m->group_count--;
}

/* An open leaves nothing that the next one would have to cut. */
static void reopen_is_clean(struct world *w)
{
    struct err e = {0};
    uint64_t end = log_end(w->log), torn = 0;
    log_close(w->log);
    w->log = NULL;
    CHECK_DONE(w->t, log_open(w->disk, &w->options, &w->log, &e), &e);
    if (w->log != NULL) {
        CHECK(w->t, !log_torn_tail(w->log, &torn));
        CHECK_EQ(w->t, log_end(w->log), end);
    }
}

/* Opens, perhaps with crashes on the way. */
static void world_open(struct world *w)
{
    struct err e = {0};
    struct t *t = w->t;
    for (int tries = 0; w->log == NULL && t->failures == 0; tries++) {
        if (tries < 3 && rng_chance(&t->rng, 0.4))
            disk_sim_stop_after(w->disk, 1 + rng_below(&t->rng, 12));
        struct status s = log_open(w->disk, &w->options, &w->log, &e);
        if (failed(s) && disk_sim_stopped(w->disk) && s.code == STATUS_IO)
            disk_sim_crash(w->disk);
        else
            CHECK_DONE(t, s, &e);
    }
    disk_sim_stop_after(w->disk, 0);
    if (w->log != NULL && rng_chance(&t->rng, 0.3))
        reopen_is_clean(w);
    if (w->log == NULL)
        return;
    size_t found = log_compare(w);
    CHECK(t, found >= w->model.synced);
    CHECK_EQ(t, log_synced(w->log), log_end(w->log));
    model_cut(&w->model, found);
}

/* A process that dies leaves all that it wrote in the system's memory, synced or not. */
static void process_or_power_ends(struct world *w)
{
    if (rng_chance(&w->t->rng, 0.3))
        disk_sim_stop_after(w->disk, 0);
    else
        disk_sim_crash(w->disk);
}

static void what_was_synced_survives_a_crash_anywhere(struct t *t)
{
    struct world w;
    world_begin(&w, t);
    for (int life = 0; life < 6 && t->failures == 0; life++) {
        struct err e = {0};
        if (rng_chance(&t->rng, 0.2))
            w.options.apply_version++;
        world_open(&w);
        if (w.log == NULL)
            break;
        disk_sim_stop_after(w.disk, 1 + rng_below(&t->rng, 120));
        struct status s = DONE;
        for (int i = 0; i < 60 && done(s); i++)
            s = any_move(&w, &e);
        CHECK(t, done(s) || s.code == STATUS_IO);
        log_close(w.log);
        w.log = NULL;
        process_or_power_ends(&w);
    }
    world_open(&w);
    world_end(&w);
}

/* A read-only open sees what an open for writing would keep, and changes nothing. */
static void looking_changes_no_byte(struct t *t)
{
    struct world w;
    struct err e = {0};
    world_begin(&w, t);
    world_open(&w);
    disk_sim_stop_after(w.disk, 20 + rng_below(&t->rng, 100));
    while (w.log != NULL && done(any_move(&w, &e)) && w.model.count + 40 < RECORDS_MAX)
        ;
    log_close(w.log);
    w.log = NULL;
    disk_sim_crash(w.disk);
    uint64_t before = disk_sim_digest(w.disk), operations = disk_sim_operations(w.disk);
    struct log_options reader = w.options;
    reader.read_only = true;
    REQUIRE_DONE(t, log_open(w.disk, &reader, &w.log, &e), &e);
    size_t found = log_compare(&w);
    log_close(w.log);
    w.log = NULL;
    CHECK_EQ(t, disk_sim_digest(w.disk), before);
    CHECK_EQ(t, disk_sim_operations(w.disk), operations);
    world_open(&w);
    CHECK_EQ(t, found, w.model.count);
    world_end(&w);
}

/* --- flipped bits --- */

struct pick {
    struct world *world;
    uint64_t firsts[GROUPS_MAX];
    size_t count;
};

static struct status segment_add(void *context, const char *name, struct err *e)
{
    (void)e;
    struct pick *p = context;
    if (strlen(name) == 20 && strcmp(name + 16, ".log") == 0)
        p->firsts[p->count++] = strtoull(name, NULL, 16);
    return DONE;
}

/* Flips a bit anywhere in any segment. Returns the position from which on nothing can be trusted; UINT64_MAX: the bit
 * lies where nothing is ever read. */
static uint64_t bit_flip(struct world *w)
{
    struct t *t = w->t;
    struct err e = {0};
    struct pick p = {.world = w};
    struct file *f = NULL;
    uint64_t size = 0;
    CHECK_DONE(t, disk_list(w->disk, "log", segment_add, &p, &e), &e);
    size_t i = (size_t)rng_below(&t->rng, p.count);
    char *path = arena_printf(t->arena, "log/%016" PRIx64 ".log", p.firsts[i]);
    CHECK_DONE(t, disk_file_open(w->disk, path, FILE_READ, &f, &e), &e);
    CHECK_DONE(t, file_size(f, &size, &e), &e);
    file_close(f);
    uint64_t used = (i + 1 < p.count ? p.firsts[i + 1] : w->model.groups[w->model.group_count - 1].end) - p.firsts[i];
    uint64_t offset = rng_below(&t->rng, rng_chance(&t->rng, 0.9) ? used : size);
    disk_sim_corrupt(w->disk, path, offset);
    if (offset >= used)
        return i + 1 < p.count ? UINT64_MAX : p.firsts[i] + used;
    uint64_t position = p.firsts[i] + offset;
    for (size_t g = 0; g < w->model.group_count; g++)
        if (w->model.groups[g].start <= position && position < w->model.groups[g].end)
            return w->model.groups[g].start;
    return p.firsts[i];
}

static bool marked_behind(const struct model *m, uint64_t bad)
{
    for (size_t g = 0; g < m->group_count; g++)
        if (m->groups[g].start > bad && m->groups[g].mark > bad)
            return true;
    return false;
}

/* Repair keeps all that is in front of the bad record, also within its group. */
static void repair_check(struct world *w, uint64_t bad)
{
    struct t *t = w->t;
    struct err e = {0};
    uint64_t lost = 0;
    CHECK_DONE(t, log_repair(w->disk, &w->options, &(struct log_cut){.now_us = 77}, &lost, &e), &e);
    CHECK(t, lost > 0);
    REQUIRE_DONE(t, log_open(w->disk, &w->options, &w->log, &e), &e);
    size_t found = log_compare(w);
    size_t whole = 0;
    while (whole < w->model.count && w->model.records[whole].position < bad)
        whole++;
    CHECK(t, found >= whole);
    model_cut(&w->model, found);
    CHECK_DONE(t, group_append(w, &e), &e);
    CHECK_DONE(t, log_sync(w->log, &e), &e);
    CHECK_EQ(t, log_compare(w), w->model.count);
}

static void a_flipped_bit_is_seen(struct t *t)
{
    struct world w;
    struct err e = {0};
    world_begin(&w, t);
    REQUIRE_DONE(t, log_open(w.disk, &w.options, &w.log, &e), &e);
    for (int i = 0; i < 60; i++)
        CHECK_DONE(t, rng_chance(&t->rng, 0.7) ? group_append(&w, &e) : log_sync(w.log, &e), &e);
    CHECK_DONE(t, group_append(&w, &e), &e);
    CHECK_DONE(t, log_sync(w.log, &e), &e);
    log_close(w.log);
    w.log = NULL;

    uint64_t bad = bit_flip(&w), digest = disk_sim_digest(w.disk), torn = 0;
    struct status s = log_open(w.disk, &w.options, &w.log, &e);
    if (marked_behind(&w.model, bad)) {
        CHECK_EQ(t, s.code, STATUS_CORRUPT);
        CHECK(t, strstr(e.text, "run `kith repair`") != NULL && strstr(e.text, "segment 0") != NULL);
        CHECK_EQ(t, disk_sim_digest(w.disk), digest);
        repair_check(&w, bad);
    } else {
        CHECK_DONE(t, s, &e);
        size_t whole = 0;
        while (whole < w.model.count && w.model.records[whole].position < bad)
            whole++;
        if (done(s)) {
            CHECK_EQ(t, log_compare(&w), whole);
            CHECK_EQ(t, log_torn_tail(w.log, &torn), bad != UINT64_MAX);
        }
    }
    world_end(&w);
}

/* --- no room --- */

static void a_full_disk_loses_nothing(struct t *t)
{
    struct world w;
    world_begin(&w, t);
    disk_sim_limit(w.disk, 4096 * (20 + rng_below(&t->rng, 60)));
    world_open(&w);
    for (int i = 0; i < 150 && t->failures == 0; i++) {
        struct err e = {0};
        uint64_t end = log_end(w.log);
        struct status s = rng_chance(&t->rng, 0.9) ? group_append(&w, &e) : any_move(&w, &e);
        CHECK(t, done(s) || s.code == STATUS_FULL);
        if (s.code == STATUS_FULL) {
            CHECK_EQ(t, log_end(w.log), end);
            w.model.time_us = log_time_us(w.log);
            CHECK_DONE(t, log_sync(w.log, &e), &e);
            w.model.synced = w.model.count;
            w.model.trimmed_before = log_end(w.log);
            if (rng_chance(&t->rng, 0.5))
                CHECK_DONE(t, log_trim(w.log, log_end(w.log), &e), &e);
        }
        if (rng_chance(&t->rng, 0.03)) {
            log_close(w.log);
            w.log = NULL;
            disk_sim_crash(w.disk);
            world_open(&w);
        }
    }
    if (w.log != NULL)
        CHECK_EQ(t, log_compare(&w), w.model.count);
    world_end(&w);
}

static const struct test tests[] = {
    {"what was synced survives a crash anywhere", what_was_synced_survives_a_crash_anywhere, 300},
    {"looking changes no byte", looking_changes_no_byte, 150},
    {"a flipped bit is seen", a_flipped_bit_is_seen, 500},
    {"a full disk loses nothing", a_full_disk_loses_nothing, 150},
};
TEST_MAIN(tests)
