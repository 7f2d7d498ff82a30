#include <pthread.h>
#include <stdatomic.h>

#include "store/disk_sim.h"
#include "store/log.h"
#include "testing/test.h"

static const struct log_options small = {.folder = "log", .segment_bytes = 8192, .apply_version = 1};

static struct log_record record_of(int64_t time_us, uint32_t kind, const char *text)
{
    return (struct log_record){.time_us = time_us, .kind = kind, .payload = bytes_of_text(text)};
}

/* Appends one group of `count` records of `size` bytes. */
static struct status append_many(struct t *t, struct log *l, size_t count, size_t size, struct err *e)
{
    struct log_record *records = ARENA_ARRAY(t->arena, struct log_record, count);
    uint8_t *payload = arena_zeroed(t->arena, size + 1, 1);
    for (size_t i = 0; i < count; i++)
        records[i] = (struct log_record){
            .time_us = log_time_us(l) + 1 + (int64_t)i, .kind = (uint32_t)i, .payload = bytes_of(payload, size)};
    return log_append(l, records, count, e);
}

static size_t count_from(struct t *t, struct log *l, uint64_t from)
{
    struct err e = {0};
    struct log_cursor *c = NULL;
    struct log_record r;
    size_t count = 0;
    CHECK_DONE(t, log_cursor_open(l, from, &c, &e), &e);
    struct status s = DONE;
    while (c != NULL && done(s = log_cursor_next(c, &r, &e)))
        count++;
    CHECK_EQ(t, s.code, STATUS_NOT_FOUND);
    log_cursor_close(c);
    return count;
}

static void what_is_appended_is_read_back(struct t *t)
{
    struct err e = {0};
    struct disk *d = NULL;
    struct log *l = NULL;
    struct log_cursor *c = NULL;
    struct log_record r;
    struct buf b;
    uint64_t torn = 0;
    buf_init(&b, LOG_RECORD_BYTES_MAX * 2);
    REQUIRE_DONE(t, disk_open_real(t->folder, &d, &e), &e);
    REQUIRE_DONE(t, log_open(d, &small, &l, &e), &e);
    CHECK_EQ(t, log_end(l), 0);
    CHECK_EQ(t, log_first(l), 0);
    CHECK_EQ(t, log_time_us(l), 0);
    REQUIRE_DONE(t, log_cursor_open(l, 0, &c, &e), &e);
    CHECK_FAILS(t, log_cursor_next(c, &r, &e), NOT_FOUND);

    struct log_record group[] = {record_of(1000, 7, "seven"), record_of(1000, LOG_KIND_END - 1, ""), record_of(5000, 1, "知己")};
    REQUIRE_DONE(t, log_append(l, group, 3, &e), &e);
    CHECK_EQ(t, log_synced(l), 0);
    REQUIRE_DONE(t, log_sync(l, &e), &e);
    CHECK_EQ(t, log_synced(l), log_end(l));
    CHECK_EQ(t, log_first(l), group[0].position);
    for (size_t i = 0; i < 3; i++) {
        REQUIRE_DONE(t, log_cursor_next(c, &r, &e), &e);
        CHECK_EQ(t, r.position, group[i].position);
        CHECK_EQ(t, r.time_us, group[i].time_us);
        CHECK_EQ(t, r.kind, group[i].kind);
        CHECK_BYTES(t, r.payload, group[i].payload);
        REQUIRE_DONE(t, log_read(l, group[i].position, &b, &r, &e), &e);
        CHECK_EQ(t, r.position, group[i].position);
        CHECK_EQ(t, r.time_us, group[i].time_us);
        CHECK_BYTES(t, r.payload, group[i].payload);
    }
    CHECK_FAILS(t, log_cursor_next(c, &r, &e), NOT_FOUND);
    CHECK_FAILS(t, log_read(l, group[1].position + 1, &b, &r, &e), NOT_FOUND);
    CHECK_FAILS(t, log_read(l, log_end(l), &b, &r, &e), NOT_FOUND);
    CHECK_FAILS(t, log_read(l, 0, &b, &r, &e), NOT_FOUND);
    log_cursor_close(c);
    CHECK_FAILS(t, log_cursor_open(l, log_end(l) + 1, &c, &e), NOT_FOUND);

    uint64_t end = log_end(l);
    log_close(l);
    REQUIRE_DONE(t, log_open(d, &small, &l, &e), &e);
    CHECK_EQ(t, log_end(l), end);
    CHECK_EQ(t, log_synced(l), end);
    CHECK_EQ(t, log_time_us(l), 5000);
    CHECK(t, !log_torn_tail(l, &torn));
    CHECK_EQ(t, count_from(t, l, group[1].position), 2);
    CHECK_EQ(t, count_from(t, l, group[1].position + 1), 1);
    log_close(l);
    disk_close(d);
    buf_fini(&b);
}

static void a_log_has_one_writer(struct t *t)
{
    struct err e = {0};
    struct disk *a = NULL, *b = NULL;
    struct log *l = NULL, *other = NULL;
    REQUIRE_DONE(t, disk_open_real(t->folder, &a, &e), &e);
    REQUIRE_DONE(t, disk_open_real(t->folder, &b, &e), &e);
    REQUIRE_DONE(t, log_open(a, &small, &l, &e), &e);
    REQUIRE_DONE(t, append_many(t, l, 5, 10, &e), &e);
    CHECK_FAILS(t, log_open(b, &small, &other, &e), EXISTS);
    struct log_options reader = small;
    reader.read_only = true;
    REQUIRE_DONE(t, log_open(b, &reader, &other, &e), &e);
    CHECK_EQ(t, count_from(t, other, log_first(other)), 5);
    log_close(other);
    log_close(l);
    disk_close(a);
    disk_close(b);
}

static void a_log_has_one_owner(struct t *t)
{
    struct err e = {0};
    struct disk *d = disk_sim_create(t->seed);
    struct log *l = NULL;
    struct log_options mine = small, theirs = small;
    uint64_t lost = 0;
    mine.owner = 7, theirs.owner = 8;
    REQUIRE_DONE(t, log_open(d, &small, &l, &e), &e);
    REQUIRE_DONE(t, append_many(t, l, 5, 10, &e), &e);
    log_close(l);
    REQUIRE_DONE(t, log_open(d, &mine, &l, &e), &e); /* what is nobody's goes with all */
    REQUIRE_DONE(t, append_many(t, l, 100, 100, &e), &e); /* a segment of its own */
    uint64_t end = log_end(l);
    log_close(l);
    CHECK_FAILS(t, log_open(d, &theirs, &l, &e), CORRUPT);
    CHECK_FAILS(t, log_repair(d, &theirs, &(struct log_cut){.now_us = 1}, &lost, &e), CORRUPT);
    theirs.read_only = true;
    CHECK_FAILS(t, log_open(d, &theirs, &l, &e), CORRUPT);
    REQUIRE_DONE(t, log_open(d, &mine, &l, &e), &e);
    CHECK_EQ(t, log_end(l), end); /* nothing was taken for damage and cut */
    log_close(l);
    disk_close(d);
}

static void segments_follow_each_other(struct t *t)
{
    struct err e = {0};
    struct disk *d = disk_sim_create(t->seed);
    struct log *l = NULL;
    size_t count = 0;
    REQUIRE_DONE(t, log_open(d, &small, &l, &e), &e);
    for (int i = 0; i < 30; i++, count += 10) {
        REQUIRE_DONE(t, append_many(t, l, 10, 100, &e), &e);
        REQUIRE_DONE(t, log_sync(l, &e), &e);
        if (i % 3 == 0)
            REQUIRE_DONE(t, log_prepare(l, &e), &e);
    }
    CHECK(t, log_end(l) > 4 * small.segment_bytes);
    REQUIRE_DONE(t, append_many(t, l, 200, 100, &e), &e); /* longer than a segment */
    REQUIRE_DONE(t, append_many(t, l, 1, 0, &e), &e);
    CHECK_EQ(t, count_from(t, l, 0), count + 201);
    log_close(l);
    REQUIRE_DONE(t, log_open(d, &small, &l, &e), &e);
    CHECK_EQ(t, count_from(t, l, log_first(l)), count + 201);

    uint64_t end = log_end(l);
    log_close(l);
    struct log_options newer = small;
    newer.apply_version = 2;
    REQUIRE_DONE(t, log_open(d, &newer, &l, &e), &e);
    REQUIRE_DONE(t, append_many(t, l, 1, 0, &e), &e);
    CHECK_EQ(t, log_apply_version(l, end - 1), 1);
    CHECK_EQ(t, log_apply_version(l, end), 2);
    CHECK_EQ(t, log_apply_version(l, log_end(l)), 2);
    log_close(l);
    disk_close(d);
}

static void limits_are_kept(struct t *t)
{
    struct err e = {0};
    struct disk *d = disk_sim_create(t->seed);
    struct log *l = NULL;
    struct log_record r;
    struct buf b;
    struct log_options options = {.folder = "log", .segment_bytes = 1 << 20, .apply_version = 1};
    buf_init(&b, LOG_RECORD_BYTES_MAX * 2);
    REQUIRE_DONE(t, log_open(d, &options, &l, &e), &e);
    CHECK_FAILS(t, append_many(t, l, 1, LOG_RECORD_BYTES_MAX + 1, &e), LIMIT);
    CHECK_FAILS(t, append_many(t, l, 16, LOG_RECORD_BYTES_MAX, &e), LIMIT);
    CHECK_EQ(t, log_end(l), 0);
    CHECK_DONE(t, append_many(t, l, 15, LOG_RECORD_BYTES_MAX, &e), &e);
    CHECK_DONE(t, log_append(l, NULL, 0, &e), &e);
    CHECK_EQ(t, count_from(t, l, 0), 15);
    CHECK_DONE(t, log_read(l, log_first(l), &b, &r, &e), &e);
    CHECK_EQ(t, r.payload.size, LOG_RECORD_BYTES_MAX);
    buf_fini(&b);
    log_close(l);
    REQUIRE_DONE(t, log_open(d, &options, &l, &e), &e);
    CHECK_EQ(t, count_from(t, l, 0), 15);
    log_close(l);
    disk_close(d);
}

static void what_is_trimmed_is_not_found(struct t *t)
{
    struct err e = {0};
    struct disk *d = disk_sim_create(t->seed);
    struct log *l = NULL;
    struct log_cursor *c = NULL;
    struct log_record r;
    struct buf b;
    buf_init(&b, 1 << 16);
    REQUIRE_DONE(t, log_open(d, &small, &l, &e), &e);
    for (int i = 0; i < 20; i++)
        REQUIRE_DONE(t, append_many(t, l, 10, 100, &e), &e);
    uint64_t first = log_first(l);
    CHECK_DONE(t, log_trim(l, log_end(l), &e), &e);
    CHECK_EQ(t, log_first(l), first); /* not synced yet */
    CHECK_DONE(t, log_sync(l, &e), &e);
    REQUIRE_DONE(t, log_cursor_open(l, first, &c, &e), &e);
    REQUIRE_DONE(t, log_cursor_next(c, &r, &e), &e);
    CHECK_DONE(t, log_trim(l, 100, &e), &e);
    CHECK_EQ(t, log_first(l), first);
    CHECK_DONE(t, log_trim(l, log_end(l), &e), &e);
    CHECK(t, log_first(l) > first);
    CHECK_FAILS(t, log_cursor_next(c, &r, &e), NOT_FOUND);
    log_cursor_close(c);
    CHECK_FAILS(t, log_read(l, first, &b, &r, &e), NOT_FOUND);
    CHECK_FAILS(t, log_cursor_open(l, first, &c, &e), NOT_FOUND);
    CHECK(t, strstr(e.text, "trimmed") != NULL);
    size_t left = count_from(t, l, log_first(l));
    CHECK(t, left > 0 && left < 200);
    CHECK_DONE(t, log_read(l, log_first(l), &b, &r, &e), &e);
    uint64_t end = log_end(l);
    first = log_first(l);
    log_close(l);
    disk_sim_crash(d);
    REQUIRE_DONE(t, log_open(d, &small, &l, &e), &e);
    CHECK_EQ(t, log_first(l), first);
    CHECK_EQ(t, log_end(l), end);
    CHECK_EQ(t, count_from(t, l, first), left);
    log_close(l);
    disk_close(d);
    buf_fini(&b);
}

/* What lies before a turn can go, however little it is. */
static void a_turned_log_lets_go_of_all_before(struct t *t)
{
    struct err e = {0};
    struct disk *d = disk_sim_create(t->seed);
    struct log *l = NULL;
    REQUIRE_DONE(t, log_open(d, &small, &l, &e), &e);
    log_turn(l); /* of an empty log: nothing comes of it */
    REQUIRE_DONE(t, append_many(t, l, 3, 50, &e), &e);
    uint64_t first = log_first(l);
    uint64_t before = log_end(l);
    REQUIRE_DONE(t, append_many(t, l, 3, 50, &e), &e);
    log_turn(l);
    uint64_t turned = log_end(l);
    REQUIRE_DONE(t, append_many(t, l, 2, 50, &e), &e);
    REQUIRE_DONE(t, append_many(t, l, 2, 50, &e), &e); /* once */
    CHECK_DONE(t, log_sync(l, &e), &e);
    CHECK_DONE(t, log_trim(l, before, &e), &e);
    CHECK_EQ(t, log_first(l), first);
    CHECK_EQ(t, count_from(t, l, first), 10);
    CHECK_DONE(t, log_trim(l, log_end(l), &e), &e);
    CHECK(t, log_first(l) >= turned);
    CHECK_EQ(t, count_from(t, l, log_first(l)), 4);
    log_close(l);
    disk_sim_crash(d);
    REQUIRE_DONE(t, log_open(d, &small, &l, &e), &e);
    CHECK_EQ(t, count_from(t, l, log_first(l)), 4);
    log_close(l);
    disk_close(d);
}

/* Three synced groups in one file; the header of the third says that the first two were synced. */
static struct disk *three_groups(struct t *t, uint64_t starts[4])
{
    struct err e = {0};
    struct disk *d = disk_sim_create(t->seed);
    struct log *l = NULL;
    CHECK_DONE(t, log_open(d, &small, &l, &e), &e);
    starts[0] = 64;
    for (int i = 0; i < 3; i++) {
        CHECK_DONE(t, append_many(t, l, 3, 50, &e), &e);
        CHECK_DONE(t, log_sync(l, &e), &e);
        starts[i + 1] = log_end(l);
    }
    log_close(l);
    return d;
}

static void damage_below_the_mark_is_corruption(struct t *t)
{
    struct err e = {0};
    struct log *l = NULL;
    uint64_t starts[4], lost = 0;
    struct disk *d = three_groups(t, starts);
    disk_sim_corrupt(d, "log/0000000000000000.log", starts[1] + 48 + 75);
    uint64_t before = disk_sim_digest(d);
    CHECK_FAILS(t, log_open(d, &small, &l, &e), CORRUPT);
    const char *want = arena_printf(t->arena, "log log: segment 0000000000000000: byte %" PRIu64
                                    ": bad checksum of a record: run `kith repair`", starts[1] + 48 + 57);
    CHECK_TEXT(t, e.text, want);
    CHECK_EQ(t, disk_sim_digest(d), before);

    uint64_t left = starts[1] + 48 + 57; /* what a cut leaves */
    CHECK_FAILS(t, log_repair(d, &small, &(struct log_cut){.now_us = 98, .needed = left + 1}, &lost, &e), CORRUPT);
    CHECK(t, strstr(e.text, "nothing was changed") != NULL);
    CHECK_EQ(t, disk_sim_digest(d), before);
    CHECK_DONE(t, log_repair(d, &small, &(struct log_cut){.now_us = 99, .needed = left}, &lost, &e), &e);
    CHECK_EQ(t, lost, starts[3] - starts[1] - 48 - 57);
    REQUIRE_DONE(t, log_open(d, &small, &l, &e), &e);
    CHECK_EQ(t, count_from(t, l, 0), 4); /* three, and one before the bad one */
    CHECK_DONE(t, append_many(t, l, 3, 50, &e), &e);
    CHECK_DONE(t, log_sync(l, &e), &e);
    CHECK_EQ(t, count_from(t, l, 0), 7);
    log_close(l);
    struct buf part;
    buf_init(&part, 1 << 16);
    CHECK_DONE(t, disk_read_all(d, arena_printf(t->arena, "log/damaged-99/%016" PRIx64 ".part", starts[1]), &part, &e), &e);
    CHECK_EQ(t, part.size, starts[3] - starts[1]);
    buf_fini(&part);
    CHECK_DONE(t, log_repair(d, &small, &(struct log_cut){.now_us = 100}, &lost, &e), &e);
    CHECK_EQ(t, lost, 0);
    disk_close(d);
}

static void damage_above_the_mark_is_a_torn_tail(struct t *t)
{
    struct err e = {0};
    struct log *l = NULL;
    uint64_t starts[4], torn = 0;
    struct disk *d = three_groups(t, starts);
    disk_sim_corrupt(d, "log/0000000000000000.log", starts[2] + 60);
    struct log_options reader = small;
    reader.read_only = true;
    uint64_t before = disk_sim_digest(d);
    REQUIRE_DONE(t, log_open(d, &reader, &l, &e), &e);
    CHECK(t, log_torn_tail(l, &torn));
    CHECK_EQ(t, torn, starts[3] - starts[2]);
    CHECK_EQ(t, log_end(l), starts[2]);
    log_close(l);
    CHECK_EQ(t, disk_sim_digest(d), before);

    REQUIRE_DONE(t, log_open(d, &small, &l, &e), &e);
    CHECK(t, log_torn_tail(l, &torn));
    CHECK_EQ(t, count_from(t, l, 0), 6);
    log_close(l);
    REQUIRE_DONE(t, log_open(d, &small, &l, &e), &e);
    CHECK(t, !log_torn_tail(l, &torn));
    CHECK_EQ(t, log_end(l), starts[2]);
    log_close(l);
    disk_close(d);
}

static void a_failed_sync_is_final(struct t *t)
{
    struct err e = {0};
    struct disk *d = disk_sim_create(t->seed);
    struct log *l = NULL;
    REQUIRE_DONE(t, log_open(d, &small, &l, &e), &e);
    CHECK_DONE(t, append_many(t, l, 3, 50, &e), &e);
    disk_sim_stop_after(d, 1);
    CHECK_FAILS(t, log_sync(l, &e), IO);
    CHECK_EQ(t, log_synced(l), 0);
    disk_sim_stop_after(d, 0);
    CHECK_FAILS(t, log_sync(l, &e), IO);
    CHECK_FAILS(t, append_many(t, l, 3, 50, &e), IO);
    log_close(l);
    disk_close(d);
}

static void a_full_disk_appends_nothing(struct t *t)
{
    struct err e = {0};
    struct disk *d = disk_sim_create(t->seed);
    struct log *l = NULL;
    size_t count = 0;
    disk_sim_limit(d, 40 * 4096);
    REQUIRE_DONE(t, log_open(d, &small, &l, &e), &e);
    struct status s = DONE;
    for (; done(s = append_many(t, l, 20, 100, &e)); count += 20)
        CHECK_DONE(t, log_sync(l, &e), &e);
    CHECK_EQ(t, s.code, STATUS_FULL);
    CHECK_EQ(t, count_from(t, l, log_first(l)), count);
    CHECK_FAILS(t, append_many(t, l, 20, 100, &e), FULL);
    CHECK_DONE(t, log_trim(l, log_end(l) / 2, &e), &e);
    size_t left = count_from(t, l, log_first(l));
    CHECK_DONE(t, append_many(t, l, 20, 100, &e), &e);
    CHECK_DONE(t, log_sync(l, &e), &e);
    CHECK_EQ(t, count_from(t, l, log_first(l)), left + 20);
    log_close(l);
    REQUIRE_DONE(t, log_open(d, &small, &l, &e), &e);
    CHECK_EQ(t, count_from(t, l, log_first(l)), left + 20);
    log_close(l);
    disk_close(d);
}

/* --- several threads --- */

struct traffic {
    struct log *log;
    atomic_bool over;
    atomic_int failures;
    _Atomic uint64_t reads;
};

static void *sync_often(void *context)
{
    struct traffic *x = context;
    struct err e = {0};
    while (!atomic_load(&x->over)) {
        if (failed(log_sync(x->log, &e)) || failed(log_prepare(x->log, &e)))
            atomic_fetch_add(&x->failures, 1);
        uint64_t synced = log_synced(x->log);
        if (synced > 300000 && failed(log_trim(x->log, synced - 300000, &e)))
            atomic_fetch_add(&x->failures, 1);
    }
    return NULL;
}

/* Kinds count up by one: a reader sees each, in order, until it is overtaken by a trim. */
static void *read_often(void *context)
{
    struct traffic *x = context;
    struct err e = {0};
    struct buf b;
    buf_init(&b, 1 << 16);
    while (!atomic_load(&x->over)) {
        struct log_cursor *c = NULL;
        struct log_record r, one;
        if (failed(log_cursor_open(x->log, log_first(x->log), &c, &e)))
            continue;
        struct status s = DONE;
        for (uint32_t last = 0; done(s = log_cursor_next(c, &r, &e)); last = r.kind) {
            if ((last != 0 && r.kind != last + 1) || r.payload.size != r.kind % 300)
                atomic_fetch_add(&x->failures, 1);
            if (r.kind % 16 == 0) {
                struct status got = log_read(x->log, r.position, &b, &one, &e);
                if (done(got) ? one.kind != r.kind : got.code != STATUS_NOT_FOUND)
                    atomic_fetch_add(&x->failures, 1);
                atomic_fetch_add(&x->reads, 1);
            }
        }
        if (s.code != STATUS_NOT_FOUND)
            atomic_fetch_add(&x->failures, 1);
        log_cursor_close(c);
    }
    buf_fini(&b);
    return NULL;
}

static void readers_and_the_syncer_run_beside(struct t *t)
{
    struct err e = {0};
    struct disk *d = NULL;
    struct traffic x = {0};
    struct log_options options = {.folder = "log", .segment_bytes = 64 << 10, .apply_version = 1};
    pthread_t threads[3];
    static const uint8_t payload[300];
    struct log_record group[50];
    REQUIRE_DONE(t, disk_open_real(t->folder, &d, &e), &e);
    REQUIRE_DONE(t, log_open(d, &options, &x.log, &e), &e);
    REQUIRE(t, pthread_create(&threads[0], NULL, sync_often, &x) == 0);
    REQUIRE(t, pthread_create(&threads[1], NULL, read_often, &x) == 0);
    REQUIRE(t, pthread_create(&threads[2], NULL, read_often, &x) == 0);
    uint32_t kind = 0;
    for (int i = 0; i < 400; i++) {
        for (size_t k = 0; k < COUNT_OF(group); k++) {
            kind++;
            group[k] = (struct log_record){.time_us = kind, .kind = kind, .payload = bytes_of(payload, kind % 300)};
        }
        CHECK_DONE(t, log_append(x.log, group, COUNT_OF(group), &e), &e);
    }
    atomic_store(&x.over, true);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        (void)pthread_join(threads[i], NULL);
    CHECK_EQ(t, atomic_load(&x.failures), 0);
    log_close(x.log);
    REQUIRE_DONE(t, log_open(d, &options, &x.log, &e), &e);
    CHECK_EQ(t, log_time_us(x.log), kind);
    log_close(x.log);
    disk_close(d);
}

static const struct test tests[] = {
    {"what is appended is read back", what_is_appended_is_read_back, 1},
    {"a log has one writer", a_log_has_one_writer, 1},
    {"a log has one owner", a_log_has_one_owner, 1},
    {"segments follow each other", segments_follow_each_other, 1},
    {"limits are kept", limits_are_kept, 1},
    {"what is trimmed is not found", what_is_trimmed_is_not_found, 1},
    {"a turned log lets go of all before", a_turned_log_lets_go_of_all_before, 1},
    {"damage below the mark is corruption", damage_below_the_mark_is_corruption, 1},
    {"damage above the mark is a torn tail", damage_above_the_mark_is_a_torn_tail, 1},
    {"a failed sync is final", a_failed_sync_is_final, 1},
    {"a full disk appends nothing", a_full_disk_appends_nothing, 1},
    {"readers and the syncer run beside", readers_and_the_syncer_run_beside, 1},
};
TEST_MAIN(tests)
