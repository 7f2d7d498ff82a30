/* Runs by themselves. Covers: run_read.c, run_write.c */
#include "domain/event/run.h"

#include "domain/event/run_inside.h"
#include "store/disk_sim.h"
#include "testing/test.h"

#define NAME "0000000000000001-0000000000000002.run"

static struct bytes envelope_of(struct t *t, int64_t event_us, uint64_t message, size_t bytes)
{
    struct err e = {0};
    struct buf b, properties;
    struct envelope *v = ARENA_NEW(t->arena, struct envelope);
    *v = (struct envelope){.event = BYTES_LIT("something_done"),
                           .source = BYTES_LIT("test"),
                           .message = {message, message},
                           .event_us = event_us,
                           .received_us = event_us};
    buf_init(&b, ENVELOPE_BYTES_MAX);
    buf_init(&properties, ENVELOPE_BYTES_MAX);
    if (bytes > 0) {
        uint8_t *text = buf_extend(&properties, bytes);
        for (size_t i = 0; i < bytes; i++)
            text[i] = (uint8_t)rng_next(&t->rng); /* can't be compressed */
        v->properties = buf_bytes(&properties);
    }
    CHECK_DONE(t, envelope_pack(v, &b, &e), &e);
    struct bytes packed = arena_copy(t->arena, buf_bytes(&b));
    buf_fini(&b);
    buf_fini(&properties);
    return packed;
}

static struct stored_event *events_make(struct t *t, size_t count)
{
    struct stored_event *events = ARENA_ARRAY(t->arena, struct stored_event, count);
    struct err e = {0};
    uint32_t person = 0;
    int64_t event_us = 0;
    for (size_t i = 0; i < count; i++) {
        if (rng_chance(&t->rng, 0.1)) {
            person += rng_chance(&t->rng, 0.01) ? 100000000 : 1 + (uint32_t)rng_below(&t->rng, 5);
            event_us = (int64_t)rng_below(&t->rng, 100);
        }
        event_us += (int64_t)rng_below(&t->rng, 2);
        struct event_note note = {.position = 1000 + i, .person = person, .event = (uint16_t)rng_below(&t->rng, 65536),
                                  .owner = {rng_next(&t->rng), rng_next(&t->rng)}};
        size_t bytes = rng_chance(&t->rng, 0.01) ? 65000 : (size_t)rng_below(&t->rng, 200);
        CHECK_DONE(t, stored_of(&note, envelope_of(t, event_us, i, bytes), &events[i], &e), &e);
    }
    return events;
}

static struct run_sum run_write(struct t *t, struct disk *d, const struct stored_event *events, size_t count)
{
    struct err e = {0};
    struct run_sum sum = {0};
    struct run_writer *w = NULL;
    CHECK_DONE(t, run_writer_open(d, NAME, count, &w, &e), &e);
    for (size_t i = 0; i < count; i++)
        CHECK_DONE(t, run_writer_add(w, &events[i], &e), &e);
    CHECK_DONE(t, run_writer_finish(w, &sum, &e), &e);
    run_writer_close(w);
    return sum;
}

/* Who comes next has the reader of who came before, until the file is removed. */
static void kept_check(struct t *t, struct disk *d)
{
    struct err e = {0};
    struct run_reader *first = NULL, *other = NULL, *next = NULL;
    REQUIRE_DONE(t, run_reader_take(d, NAME, &first, &e), &e);
    REQUIRE_DONE(t, run_reader_take(d, NAME, &other, &e), &e);
    CHECK(t, first != other);
    run_reader_keep(d, first);
    REQUIRE_DONE(t, run_reader_take(d, NAME, &next, &e), &e);
    CHECK(t, next == first);
    run_reader_keep(d, next);
    char path[RUN_PATH_BYTES_MAX];
    run_path(NAME, path);
    CHECK_DONE(t, disk_remove(d, path, &e), &e);
    run_reader_keep(d, other);
    CHECK_FAILS(t, run_reader_take(d, NAME, &next, &e), NOT_FOUND);
}

static bool is_same(const struct stored_event *a, const struct stored_event *b)
{
    return memcmp(&a->note, &b->note, sizeof a->note) == 0 && a->event_us == b->event_us && hash128_equal(a->message, b->message) &&
           bytes_equal(a->packed, b->packed);
}

static void stream_check(struct t *t, struct run_reader *r, const struct stored_event *events, size_t count)
{
    struct err e = {0};
    struct run_stream s;
    size_t got = 0;
    CHECK_DONE(t, run_stream_open(r, &s, &e), &e);
    for (; !s.over && got < count; got++) {
        CHECK(t, is_same(&s.now, &events[got]));
        REQUIRE_DONE(t, run_stream_next(&s, &e), &e);
    }
    CHECK(t, s.over);
    CHECK_EQ(t, got, count);
    run_stream_close(&s);
}

/* The events of a person, up to some time, are in the blocks that are found, all of them, and no block is looked at for nothing. */
static void person_check(struct t *t, struct run_reader *r, uint32_t person, int64_t latest_us, const struct stored_event *events, size_t count)
{
    struct err e = {0};
    struct run_buffers b;
    struct stored_event event;
    uint64_t from = 0, until = 0;
    size_t want = 0, got = 0;
    for (size_t i = 0; i < count; i++)
        want += events[i].note.person == person && events[i].event_us <= latest_us;
    REQUIRE_DONE(t, run_reader_find(r, person, latest_us, &from, &until, &e), &e);
    CHECK(t, from <= until && until <= run_reader_blocks(r));
    run_buffers_init(&b);
    for (uint64_t block = from; block < until; block++) {
        struct block_cursor c;
        size_t before = got;
        CHECK_DONE(t, run_block_open(r, block, &b, &c, &e), &e);
        while (c.left > 0) {
            struct event_note note;
            struct bytes packed;
            REQUIRE_DONE(t, run_block_next(&c, &note, &packed, &e), &e);
            REQUIRE_DONE(t, stored_of(&note, packed, &event, &e), &e);
            got += note.person == person && event.event_us <= latest_us;
        }
        CHECK(t, got > before || until - from == 1); /* only in the gap of one block may they be missing */
    }
    run_buffers_fini(&b);
    CHECK_EQ(t, got, want);
}

/* When its events were, and whose. */
static void sum_check(struct t *t, const struct run_sum *sum, const struct stored_event *events, size_t count)
{
    int64_t first_us = INT64_MAX, last_us = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        first_us = events[i].event_us < first_us ? events[i].event_us : first_us;
        last_us = events[i].event_us > last_us ? events[i].event_us : last_us;
    }
    CHECK_EQ(t, sum->first_us, first_us);
    CHECK_EQ(t, sum->last_us, last_us);
    CHECK_EQ(t, sum->first_person, events[0].note.person);
    CHECK_EQ(t, sum->last_person, events[count - 1].note.person);
}

static void written_and_read(struct t *t)
{
    struct err e = {0};
    struct disk *d = disk_sim_create(t->seed);
    size_t count = 1 + (size_t)rng_below(&t->rng, 3000);
    struct stored_event *events = events_make(t, count);
    struct run_sum sum = run_write(t, d, events, count);
    CHECK_EQ(t, sum.count, count);
    sum_check(t, &sum, events, count);
    struct run_sum again = run_write(t, d, events, count); /* over the old one: the same bytes */
    CHECK_EQ(t, again.digest, sum.digest);
    disk_sim_crash(d);
    struct run_reader *r = NULL;
    REQUIRE_DONE(t, run_reader_open(d, NAME, &r, &e), &e);
    struct run_sum read = run_reader_sum(r);
    CHECK_EQ(t, read.count, count);
    CHECK_EQ(t, read.bytes, sum.bytes);
    CHECK_EQ(t, read.digest, sum.digest);
    sum_check(t, &read, events, count);
    stream_check(t, r, events, count);
    for (int i = 0; i < 20; i++) {
        const struct stored_event *some = &events[rng_below(&t->rng, count)];
        uint32_t person = some->note.person + (uint32_t)rng_below(&t->rng, 2);
        person_check(t, r, person, INT64_MAX, events, count);
        person_check(t, r, person, some->event_us, events, count);
    }
    person_check(t, r, 0, INT64_MAX, events, count);
    person_check(t, r, UINT32_MAX, INT64_MAX, events, count);
    run_reader_close(r);
    kept_check(t, d);
    disk_close(d);
}

static void unfinished_is_removed(struct t *t)
{
    struct err e = {0};
    struct disk *d = disk_sim_create(1);
    struct stored_event *events = events_make(t, 10);
    struct run_writer *w = NULL;
    struct run_reader *r = NULL;
    REQUIRE_DONE(t, run_writer_open(d, NAME, 10, &w, &e), &e);
    CHECK_DONE(t, run_writer_add(w, &events[0], &e), &e);
    run_writer_close(w);
    CHECK_FAILS(t, run_reader_open(d, NAME, &r, &e), NOT_FOUND);
    disk_sim_limit(d, 65536);
    struct stored_event *many = events_make(t, 3000);
    REQUIRE_DONE(t, run_writer_open(d, NAME, 10, &w, &e), &e);
    struct status status = DONE;
    struct run_sum sum;
    for (size_t i = 0; i < 3000 && done(status); i++)
        status = run_writer_add(w, &many[i], &e);
    if (done(status))
        status = run_writer_finish(w, &sum, &e);
    CHECK_EQ(t, status.code, STATUS_FULL);
    run_writer_close(w);
    CHECK_FAILS(t, run_reader_open(d, NAME, &r, &e), NOT_FOUND);
    run_writer_close(NULL);
    run_reader_close(NULL);
    disk_close(d);
}

static void later_formats_are_refused(struct t *t)
{
    struct err e = {0};
    struct disk *d = disk_sim_create(1);
    struct buf b;
    struct run_reader *r = NULL;
    (void)run_write(t, d, events_make(t, 5), 5);
    buf_init(&b, 1 << 20);
    CHECK_DONE(t, disk_read_all(d, RUN_FOLDER "/" NAME, &b, &e), &e);
    struct run_head head = {.magic = RUN_MAGIC, .format = RUN_FORMAT + 1};
    head.crc = crc_of_front(&head, sizeof head);
    memcpy(b.data, &head, sizeof head);
    CHECK_DONE(t, disk_write_all(d, RUN_FOLDER "/" NAME, buf_bytes(&b), &e), &e);
    CHECK_FAILS(t, run_reader_open(d, NAME, &r, &e), INVALID);
    CHECK_DONE(t, disk_write_all(d, RUN_FOLDER "/" NAME, BYTES_LIT("short"), &e), &e);
    CHECK_FAILS(t, run_reader_open(d, NAME, &r, &e), CORRUPT);
    buf_fini(&b);
    disk_close(d);
}

static const struct test tests[] = {
    {"what is written is read", written_and_read, 30},
    {"an unfinished run is removed", unfinished_is_removed, 1},
    {"later formats are refused", later_formats_are_refused, 1},
};
TEST_MAIN(tests)
