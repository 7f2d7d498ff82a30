/* The thread that syncs the log, and the engine syncing by itself while it rests. Covers: syncer.c */
#include "engine/engine_priv.h"
#include "store/disk_sim.h"
#include "testing/test.h"

#define SEGMENT_BYTES (512u << 10)
#define PAYLOAD_BYTES 1000u

struct place {
    struct t *t;
    struct disk *disk;
    struct log *log;
    struct syncer *syncer;
    unsigned here, beside; /* how often each has synced */
};

static void place_open(struct place *p, struct t *t)
{
    struct err e = {0};
    *p = (struct place){.t = t, .disk = disk_sim_create(t->seed)};
    REQUIRE_DONE(t,
                 log_open(p->disk,
                          &(struct log_options){.folder = "log", .segment_bytes = SEGMENT_BYTES, .apply_version = 1},
                          &p->log, &e),
                 &e);
    REQUIRE_DONE(t, syncer_create(p->log, &p->syncer, &e), &e);
}

static void place_close(struct place *p)
{
    syncer_destroy(p->syncer);
    log_close(p->log);
    disk_close(p->disk);
}

static void append(struct place *p)
{
    static const uint8_t payload[PAYLOAD_BYTES];
    struct err e = {0};
    struct log_record record = {.time_us = 1, .kind = 1, .payload = bytes_of(payload, sizeof payload)};
    REQUIRE_DONE(p->t, log_append(p->log, &record, 1, &e), &e);
}

/* As the engine does with a small group. */
static void sync_small(struct place *p)
{
    struct err e = {0};
    bool beside = !syncer_rests(p->syncer);
    p->beside += beside;
    p->here += !beside;
    if (beside)
        syncer_start(p->syncer);
    REQUIRE_DONE(p->t, beside ? syncer_wait(p->syncer, &e) : log_sync(p->log, &e), &e);
}

static void what_was_waited_for_is_durable(struct t *t)
{
    struct place p;
    struct err e = {0};
    place_open(&p, t);
    for (unsigned i = 0; i < 100 && t->failures == 0; i++) {
        append(&p);
        syncer_start(p.syncer);
        REQUIRE_DONE(t, syncer_wait(p.syncer, &e), &e);
        CHECK_EQ(t, log_synced(p.log), log_end(p.log));
        append(&p);
        sync_small(&p);
        CHECK_EQ(t, log_synced(p.log), log_end(p.log));
    }
    place_close(&p);
}

static void a_disk_that_fails_is_told_once_waited_for(struct t *t)
{
    struct place p;
    struct err e = {0};
    place_open(&p, t);
    append(&p);
    disk_sim_stop_after(p.disk, 1);
    syncer_start(p.syncer);
    CHECK_FAILS(t, syncer_wait(p.syncer, &e), IO);
    CHECK(t, e.text[0] != 0);
    place_close(&p);
}

/* The spare one of the start is used up soon; nobody but the thread makes another so early in a segment. */
static void small_groups_get_their_next_segment(struct t *t)
{
    struct place p;
    struct err e = {0};
    struct file *spare = NULL;
    uint64_t size = 0;
    place_open(&p, t);
    while (log_end(p.log) < SEGMENT_BYTES + SEGMENT_BYTES / 8) {
        append(&p);
        sync_small(&p);
    }
    CHECK(t, p.beside > 0 && p.here > p.beside);
    syncer_destroy(p.syncer); /* and what it prepares is done */
    p.syncer = NULL;
    REQUIRE_DONE(t, disk_file_open(p.disk, "log/spare", FILE_READ, &spare, &e), &e);
    REQUIRE_DONE(t, file_size(spare, &size, &e), &e);
    CHECK_EQ(t, size, SEGMENT_BYTES);
    file_close(spare);
    place_close(&p);
}

static const struct test tests[] = {
    {"what was waited for is durable", what_was_waited_for_is_durable, 1},
    {"a disk that fails is told, once waited for", a_disk_that_fails_is_told_once_waited_for, 1},
    {"small groups get their next segment", small_groups_get_their_next_segment, 1},
};
TEST_MAIN(tests)
