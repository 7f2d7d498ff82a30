/* The thread that trims the log, beside who appends to it. Covers: trimmer.c */
#include "engine/engine_priv.h"
#include "store/disk_sim.h"
#include "testing/test.h"

#define SEGMENT_BYTES (512u << 10)
#define PAYLOAD_BYTES 60000u

struct place {
    struct t *t;
    struct disk *disk;
    struct log *log;
    struct trimmer *trimmer;
};

static void place_open(struct place *p, struct t *t)
{
    struct log_options options = {.folder = "log", .segment_bytes = SEGMENT_BYTES, .apply_version = 1};
    struct err e = {0};
    *p = (struct place){.t = t, .disk = disk_sim_create(t->seed)};
    REQUIRE_DONE(t, log_open(p->disk, &options, &p->log, &e), &e);
    REQUIRE_DONE(t, trimmer_create(p->log, &p->trimmer, &e), &e);
}

static void place_close(struct place *p)
{
    trimmer_destroy(p->trimmer);
    log_close(p->log);
    disk_close(p->disk);
}

static void segments_write(struct place *p, unsigned count)
{
    static const uint8_t payload[PAYLOAD_BYTES];
    struct err e = {0};
    for (uint64_t until = log_end(p->log) + count * SEGMENT_BYTES; log_end(p->log) < until;) {
        struct log_record record = {.time_us = 1, .kind = 1, .payload = bytes_of(payload, sizeof payload)};
        REQUIRE_DONE(p->t, log_append(p->log, &record, 1, &e), &e);
        REQUIRE_DONE(p->t, log_sync(p->log, &e), &e);
    }
}

static void what_was_waited_for_has_gone(struct t *t)
{
    struct place p;
    struct err e = {0};
    place_open(&p, t);
    for (unsigned i = 0; i < 20; i++) {
        segments_write(&p, 1);
        REQUIRE_DONE(t, trimmer_want(p.trimmer, log_end(p.log) / 2, false, &e), &e); /* beside the next segment */
    }
    uint64_t before = log_end(p.log);
    REQUIRE_DONE(t, trimmer_want(p.trimmer, before, true, &e), &e);
    CHECK(t, log_first(p.log) <= before && log_first(p.log) + 2 * SEGMENT_BYTES > before);
    REQUIRE_DONE(t, trimmer_want(p.trimmer, 1, true, &e), &e); /* less than has gone: nothing is waited for */
    place_close(&p);
}

static void a_disk_that_fails_is_told_for_ever(struct t *t)
{
    struct place p;
    struct err e = {0};
    place_open(&p, t);
    segments_write(&p, 3);
    disk_sim_stop_after(p.disk, 1);
    CHECK_FAILS(t, trimmer_want(p.trimmer, log_end(p.log), true, &e), IO);
    CHECK(t, e.text[0] != 0);
    CHECK_FAILS(t, trimmer_want(p.trimmer, log_end(p.log), false, &e), IO);
    place_close(&p);
}

static const struct test tests[] = {
    {"what was waited for has gone", what_was_waited_for_has_gone, 1},
    {"a disk that fails is told for ever", a_disk_that_fails_is_told_for_ever, 1},
};
TEST_MAIN(tests)
