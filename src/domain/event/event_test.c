/* Events through the real engine. Covers: event.c, tail.c, fold.c, merge.c, manifest.c, work.c, event_view.c */
#include "domain/event/event.h"

#include "base/time.h"
#include "domain/event/tail.h"
#include "domain/event/work.h"
#include "domain/event/world_test.h"
#include "store/disk_sim.h"

#define START_US INT64_C(1763740800000000)

static void many_send(struct world *w, size_t count, uint32_t people, uint32_t names)
{
    struct wish *wishes = ARENA_ARRAY(w->t->arena, struct wish, 1000);
    for (size_t sent = 0, some; sent < count; sent += some) {
        some = count - sent < 1000 ? count - sent : 1000;
        for (size_t i = 0; i < some; i++)
            wishes[i] = (struct wish){.person = (uint32_t)rng_below(&w->t->rng, people),
                                      .event = (uint32_t)rng_below(&w->t->rng, names),
                                      .event_us = w->now_us - (int64_t)rng_below(&w->t->rng, US_PER_DAY),
                                      .message = {rng_next(&w->t->rng), rng_next(&w->t->rng)}};
        world_send(w, wishes, some);
    }
}

static void named_check(const struct view *v, void *context)
{
    struct world *w = context;
    uint64_t *want = ARENA_ARRAY(w->t->arena, uint64_t, 1000);
    for (size_t i = 0; i < w->count; i++)
        want[w->events[i].note.event]++;
    for (uint32_t event = 0; event < 1000; event++)
        CHECK_EQ(w->t, event_count_named(v, event), want[event]);
    CHECK_EQ(w->t, event_count_named(v, 65535), 0);
    CHECK_EQ(w->t, event_count(v), w->count);
}

static void view_check(struct world *w)
{
    struct event_view *ev = world_view(w);
    for (uint32_t i = 0; i < 30; i++) {
        uint32_t numbers[] = {(uint32_t)rng_below(&w->t->rng, 3100), (uint32_t)rng_below(&w->t->rng, 3100), 0};
        world_compare(w, ev, numbers, 1 + i % 3, i % 2 == 0 ? SIZE_MAX : 3);
    }
    world_compare_all(w, ev);
    event_view_close(ev);
}

static void a_long_tail(struct t *t)
{
    struct world *w = world_open(t);
    world_read(w, named_check, w);
    many_send(w, 4096, 3000, 1000); /* exactly a part, then one more */
    world_read(w, named_check, w);
    many_send(w, 1, 3000, 1000);
    world_read(w, named_check, w);
    many_send(w, 9000, 3000, 1000);
    view_check(w);
    world_set(w, "event.fold_events", 13000); /* folds in the middle of a part */
    world_settle(w);
    world_read(w, named_check, w);
    many_send(w, 5000, 3000, 1000);
    world_read(w, named_check, w);
    view_check(w);
    world_set(w, "event.fold_events", 1);
    world_settle(w);
    view_check(w);
    world_crash(w);
    view_check(w);
    world_read(w, named_check, w);
    world_close(w);
}

/* All digits of a number are sorted by, and many events of one person by time. */
static void numbers_of_all_sizes(struct t *t)
{
    struct world *w = world_open(t);
    struct wish wishes[600];
    for (uint32_t i = 0; i < COUNT_OF(wishes); i++)
        wishes[i] = (struct wish){.person = i % 3 == 0 ? 70000 : (uint32_t)rng_next(&t->rng) >> rng_below(&t->rng, 32) | 1,
                                  .event_us = START_US - (int64_t)rng_below(&t->rng, 100), .message = {rng_next(&t->rng), 0}};
    world_send(w, wishes, COUNT_OF(wishes));
    world_set(w, "event.fold_events", 1);
    world_settle(w);
    struct event_view *ev = world_view(w);
    for (uint32_t i = 0; i < COUNT_OF(wishes); i += 7)
        world_compare(w, ev, (uint32_t[]){wishes[i].person, 70000}, 2, SIZE_MAX);
    world_compare_all(w, ev);
    event_view_close(ev);
    world_close(w);
}

static void haste_look(const struct view *v, void *context)
{
    struct work_surroundings around = {.memory_bytes = 1}; /* the least bound: 65,536 notes */
    *(enum work_haste *)context = fold_work.haste(v, &around);
}

static void folding_makes_haste_when_it_falls_behind(struct t *t)
{
    struct world *w = world_open(t);
    enum work_haste haste = WORK_IN_HASTE;
    world_read(w, haste_look, &haste);
    CHECK_EQ(t, haste, WORK_AT_LEISURE);
    many_send(w, 32768, 3000, 10);
    world_read(w, haste_look, &haste);
    CHECK_EQ(t, haste, WORK_IN_HASTE);
    many_send(w, 32768, 3000, 10);
    world_read(w, haste_look, &haste);
    CHECK_EQ(t, haste, WORK_HOLDS_COMMANDS);
    world_set(w, "event.fold_events", 1);
    world_settle(w);
    world_read(w, haste_look, &haste);
    CHECK_EQ(t, haste, WORK_AT_LEISURE);
    world_close(w);
}

/* Bodies of more than a megabyte aren't kept while they are sorted. */
static void a_heavy_tail(struct t *t)
{
    struct world *w = world_open(t);
    struct wish wishes[60];
    for (uint32_t i = 0; i < COUNT_OF(wishes); i++)
        wishes[i] = (struct wish){.person = 3, .event_us = START_US - (int64_t)rng_below(&t->rng, 100), .message = {i, 0}, .bytes = 30000};
    world_send(w, wishes, COUNT_OF(wishes));
    struct event_view *ev = world_view(w);
    world_compare(w, ev, (uint32_t[]){3}, 1, SIZE_MAX);
    event_view_close(ev);
    world_close(w);
}

static void nothing_yet(struct t *t)
{
    struct world *w = world_open(t);
    struct event_view *ev = world_view(w);
    world_compare(w, ev, (uint32_t[]){0, 1}, 2, SIZE_MAX);
    world_compare(w, ev, NULL, 0, SIZE_MAX);
    world_compare_all(w, ev);
    event_view_close(ev);
    event_view_close(NULL);
    world_settle(w);
    world_close(w);
}

/* --- files --- */

struct files {
    struct t *t;
    size_t count;
    char last[RUN_PATH_BYTES_MAX];
};

static struct status file_note(void *context, const char *name, struct err *e)
{
    (void)e;
    struct files *f = context;
    f->count++;
    run_path(name, f->last);
    return DONE;
}

static struct files files_list(struct world *w)
{
    struct err e = {0};
    struct files f = {.t = w->t};
    CHECK_DONE(w->t, disk_list(w->disk, RUN_FOLDER, file_note, &f, &e), &e);
    return f;
}

static bool take_all(void *context, const struct event_seen *event)
{
    (void)event;
    ++*(size_t *)context;
    return true;
}

static void a_flipped_bit(struct t *t)
{
    struct err e = {0};
    struct world *w = world_open(t);
    struct file *file = NULL;
    uint64_t size = 0;
    many_send(w, 1500, 20, 5);
    world_set(w, "event.fold_events", 1);
    world_settle(w);
    struct files f = files_list(w);
    REQUIRE(t, f.count == 1);
    struct event_view *ev = world_view(w);
    REQUIRE_DONE(t, disk_file_open(w->disk, f.last, FILE_READ, &file, &e), &e);
    CHECK_DONE(t, file_size(file, &size, &e), &e);
    file_close(file);
    for (int i = 0; i < 300; i++) {
        uint64_t offset = i < 64 ? size - 1 - (uint64_t)i : i < 96 ? (uint64_t)i - 64 : rng_below(&t->rng, size);
        size_t count = 0;
        disk_sim_corrupt(w->disk, f.last, offset);
        CHECK_FAILS(t, event_scan_all(ev, take_all, &count, &e), CORRUPT);
        CHECK(t, strstr(e.text, f.last) != NULL || strstr(e.text, f.last + sizeof RUN_FOLDER) != NULL);
        disk_sim_corrupt(w->disk, f.last, offset); /* the same bit again */
    }
    world_compare_all(w, ev);
    event_view_close(ev);
    world_close(w);
}

/* Each is whole, but it is the other one's. */
static void swapped_files(struct t *t)
{
    struct err e = {0};
    struct world *w = world_open(t);
    size_t count = 0;
    world_set(w, "event.fold_events", 1);
    many_send(w, 10, 5, 5);
    world_settle(w);
    struct files first = files_list(w);
    many_send(w, 10, 5, 5);
    world_settle(w);
    struct files second = files_list(w);
    REQUIRE(t, second.count == 2 && strcmp(first.last, second.last) != 0);
    struct event_view *ev = world_view(w);
    CHECK_DONE(t, disk_rename(w->disk, first.last, second.last, &e), &e);
    CHECK_FAILS(t, event_scan_all(ev, take_all, &count, &e), UNAVAILABLE); /* the first one is gone */
    CHECK_DONE(t, disk_rename(w->disk, second.last, first.last, &e), &e);
    struct buf b;
    buf_init(&b, 1 << 20);
    CHECK_DONE(t, disk_read_all(w->disk, first.last, &b, &e), &e);
    CHECK_DONE(t, disk_write_all(w->disk, second.last, buf_bytes(&b), &e), &e);
    CHECK_FAILS(t, event_scan_all(ev, take_all, &count, &e), CORRUPT);
    buf_fini(&b);
    event_view_close(ev);
    world_close(w);
}

/* Sixteen runs of ten become one; their files go when two checkpoints have passed, and so does what nobody refers to. */
static void files_come_and_go(struct t *t)
{
    struct err e = {0};
    struct world *w = world_open(t);
    world_set(w, "event.fold_events", 1);
    for (int i = 0; i < (int)MERGE_RUNS_LEAST - 1; i++) {
        many_send(w, 10, 5, 5);
        world_settle(w);
    }
    CHECK_EQ(t, files_list(w).count, MERGE_RUNS_LEAST - 1);
    CHECK_DONE(t, disk_write_all(w->disk, "runs/0000000000000001-0000000000000002.run", BYTES_LIT("left"), &e), &e);
    CHECK_DONE(t, disk_write_all(w->disk, "runs/0000000000000001-0000000000000002-3.run", BYTES_LIT("left"), &e), &e);
    CHECK_DONE(t, disk_write_all(w->disk, "runs/readme", BYTES_LIT("not ours"), &e), &e);
    struct event_view *before = world_view(w);
    many_send(w, 10, 5, 5);
    world_settle(w); /* folds, merges them all, removes what was left */
    CHECK_EQ(t, files_list(w).count, MERGE_RUNS_LEAST + 1 + 1);
    world_compare(w, before, (uint32_t[]){0, 1, 2, 3, 4}, 5, SIZE_MAX);
    world_checkpoint(w);
    world_settle(w);
    CHECK_EQ(t, files_list(w).count, MERGE_RUNS_LEAST + 1 + 1);
    world_compare(w, before, (uint32_t[]){0, 1, 2, 3, 4}, 5, SIZE_MAX);
    many_send(w, 1, 5, 5);
    world_checkpoint(w);
    world_settle(w);
    CHECK_EQ(t, files_list(w).count, 1 + 1 + 1); /* the merged one, that of the last event, and what isn't ours */
    CHECK_FAILS(t, world_scan(w, before, (uint32_t[]){0, 1, 2, 3, 4}, 5, SIZE_MAX, &e), UNAVAILABLE);
    event_view_close(before);
    struct event_view *now = world_view(w);
    world_compare_all(w, now);
    event_view_close(now);
    world_close(w);
}

/* --- the log --- */

static void until_look(const struct view *v, void *context)
{
    *(uint64_t *)context = event_folded_until(v);
}

static void the_log_may_go(struct t *t)
{
    struct world *w = world_open(t);
    uint64_t until = 0;
    many_send(w, 3000, 50, 5);
    uint64_t oldest = w->events[0].note.position;
    for (int i = 0; i < 4; i++) {
        world_checkpoint(w);
        many_send(w, 1, 50, 5);
    }
    CHECK(t, log_first(engine_log(w->engine)) <= oldest); /* not folded: all is kept */
    world_set(w, "event.fold_events", 1);
    world_settle(w);
    world_read(w, until_look, &until);
    CHECK_EQ(t, until, w->events[w->count - 1].note.position + 1);
    for (int i = 0; i < 4; i++) {
        world_checkpoint(w);
        world_settle(w);
        many_send(w, 1, 50, 5);
    }
    CHECK(t, log_first(engine_log(w->engine)) > oldest);
    world_crash(w);
    view_check(w);
    world_close(w);
}

static void old_events_are_folded(struct t *t)
{
    struct err e = {0};
    struct world *w = world_open(t);
    uint64_t until = 0;
    world_set(w, "event.fold_seconds", 100);
    many_send(w, 5, 5, 5);
    w->now_us += 99 * US_PER_SECOND;
    many_send(w, 5, 5, 5);
    CHECK_DONE(t, world_house(w, 0, &e), &e);
    world_read(w, until_look, &until);
    CHECK_EQ(t, until, 0);
    w->now_us += 1 * US_PER_SECOND;
    many_send(w, 1, 5, 5); /* log time goes on with the log */
    world_settle(w);
    world_read(w, until_look, &until);
    CHECK(t, until > 0);
    CHECK_EQ(t, files_list(w).count, 1);
    world_close(w);
}

/* --- commands --- */

struct outcome_seen {
    struct status status;
    const struct refusal *refusal;
};

static void seen_answered(struct submission *s, const struct answer *a)
{
    struct outcome_seen *seen = s->context;
    *seen = (struct outcome_seen){.status = a->status, .refusal = a->refusal};
}

static const struct refusal *command_send(struct world *w, uint32_t id, const struct buf *payload)
{
    struct err e = {0};
    struct outcome_seen seen = {0};
    const struct command *command = registry_command(w->registry, id);
    CHECK_DONE(w->t, command->check(buf_bytes(payload), &e), &e);
    struct submission one = {.command = command, .payload = buf_bytes(payload), .answered = seen_answered, .context = &seen};
    struct submission *list = &one;
    CHECK_DONE(w->t, engine_group(w->engine, &list, 1, w->now_us, &e), &e);
    CHECK_EQ(w->t, seen.status.code, STATUS_OK);
    return seen.refusal;
}

static void results_count_once(struct t *t)
{
    struct world *w = world_open(t);
    struct buf b;
    buf_init(&b, 4096);
    many_send(w, 20, 5, 5);
    struct folded f = {.last_us = w->now_us, .run = {.name = "0-1.run", .sum = {.count = 10, .bytes = 100, .digest = 1}}};
    f.run.first = w->events[0].note.position;
    f.run.until = w->events[9].note.position + 1;
    folded_pack(&b, &f);
    CHECK(t, command_send(w, COMMAND_FOLDED, &b) == NULL);
    CHECK_TEXT(t, command_send(w, COMMAND_FOLDED, &b)->name, "already_folded");
    buf_clear(&b);
    f.first_index = 10; /* the right place, the wrong events */
    folded_pack(&b, &f);
    CHECK_TEXT(t, command_send(w, COMMAND_FOLDED, &b)->name, "already_folded");
    buf_clear(&b);
    struct merged_runs m = {.removed_count = 2, .removed = {f.run.first, f.run.until}, .run = f.run};
    (void)snprintf(m.run.name, sizeof m.run.name, "0-1-2.run");
    merged_pack(&b, &m);
    CHECK_TEXT(t, command_send(w, COMMAND_RUNS_MERGED, &b)->name, "runs_changed");
    buf_fini(&b);
    world_close(w);
}

static void bad_payloads(struct t *t)
{
    struct err e = {0};
    struct folded f;
    struct merged_runs m;
    struct swept s;
    struct buf b;
    CHECK_FAILS(t, folded_unpack(BYTES_NONE, &f, &e), INVALID);
    CHECK_FAILS(t, merged_unpack(BYTES_LIT("\1\2\3"), &m, &e), INVALID);
    CHECK_FAILS(t, swept_unpack(BYTES_LIT("\1\0"), &s, &e), INVALID);
    buf_init(&b, 4096);
    f = (struct folded){.run = {.name = "../passwd", .first = 1, .until = 2, .sum = {.count = 1}}};
    folded_pack(&b, &f);
    CHECK_FAILS(t, folded_unpack(buf_bytes(&b), &f, &e), INVALID);
    buf_fini(&b);
}

static void owners_look(const struct view *v, void *context)
{
    struct t *t = context;
    struct event_note note = {.person = 3, .owner = {.low = 42, .high = 7}};
    CHECK(t, event_is_of(v, &note, 4)); /* the fake's people are ten by ten */
    CHECK(t, !event_is_of(v, &note, 3));
    note.owner = (struct hash128){0};
    CHECK(t, event_is_of(v, &note, 3));
    CHECK(t, !event_is_of(v, &note, 4));
}

static void owners_decide(struct t *t)
{
    struct world *w = world_open(t);
    world_read(w, owners_look, t);
    world_close(w);
}

static void stop_is_heard(struct t *t)
{
    struct err e = {0};
    struct world *w = world_open(t);
    size_t count = 0;
    many_send(w, 10, 1, 1);
    struct event_view *ev = world_view(w);
    atomic_store(&w->stop, true);
    CHECK_FAILS(t, event_scan_all(ev, take_all, &count, &e), CANCELLED);
    CHECK_FAILS(t, event_scan_people(ev, (uint32_t[]){0}, 1, take_all, &count, &e), CANCELLED);
    CHECK_EQ(t, count, 0);
    event_view_close(ev);
    world_close(w);
}

static const struct test tests[] = {
    {"a long tail: counts and filters by part", a_long_tail, 1},
    {"a heavy tail is read twice", a_heavy_tail, 1},
    {"numbers of all sizes", numbers_of_all_sizes, 3},
    {"folding makes haste when it falls behind", folding_makes_haste_when_it_falls_behind, 1},
    {"nothing yet", nothing_yet, 1},
    {"a flipped bit is noticed, wherever it is", a_flipped_bit, 1},
    {"a file that is another run is noticed", swapped_files, 1},
    {"files come and go", files_come_and_go, 1},
    {"the log may go when it is folded", the_log_may_go, 1},
    {"old events are folded, however few", old_events_are_folded, 1},
    {"results count once", results_count_once, 1},
    {"bad payloads are refused", bad_payloads, 1},
    {"owners decide whose an event is", owners_decide, 1},
    {"stop is heard", stop_is_heard, 1},
};
TEST_MAIN(tests)
