/* Events through the real engine. Covers: event.c, tail.c, fold.c, merge.c, manifest.c, work.c, purge.c, event_view.c, event_seek.c, ../../engine/work_sweep.c */
#include "domain/event/event.h"

#include "base/time.h"
#include "domain/event/tail.h"
#include "domain/event/work.h"
#include "domain/event/world_test.h"
#include "store/disk_sim.h"

#define START_US INT64_C(1763740800000000)

static void many_send(struct world *w, size_t count, uint32_t people, uint32_t names)
{
    struct wish *wishes = ARENA_ARRAY(w->plant.t->arena, struct wish, 1000);
    for (size_t sent = 0, some; sent < count; sent += some) {
        some = count - sent < 1000 ? count - sent : 1000;
        for (size_t i = 0; i < some; i++)
            wishes[i] = (struct wish){.person = (uint32_t)rng_below(&w->plant.t->rng, people),
                                      .event = (uint32_t)rng_below(&w->plant.t->rng, names),
                                      .event_us = w->plant.now_us - (int64_t)rng_below(&w->plant.t->rng, US_PER_DAY),
                                      .message = {rng_next(&w->plant.t->rng), rng_next(&w->plant.t->rng)}};
        world_send(w, wishes, some);
    }
}

static void named_check(const struct view *v, void *context)
{
    struct world *w = context;
    uint64_t *want = ARENA_ARRAY(w->plant.t->arena, uint64_t, 1000);
    for (size_t i = 0; i < w->count; i++)
        want[w->events[i].note.event]++;
    for (uint32_t event = 0; event < 1000; event++)
        CHECK_EQ(w->plant.t, event_count_named(v, event), want[event]);
    uint64_t *counts = ARENA_ARRAY(v->arena, uint64_t, EVENT_NAMES), sum = 0;
    for (uint32_t brand = 0; brand < WORLD_BRANDS; brand++) {
        event_counts_add(v, brand, counts);
        sum += event_count_of_brand(v, brand);
    }
    CHECK_EQ(w->plant.t, memcmp(counts, want, 1000 * sizeof *want), 0);
    CHECK_EQ(w->plant.t, sum, w->count);
    CHECK_EQ(w->plant.t, event_count_named(v, 65535), 0);
    CHECK_EQ(w->plant.t, event_count(v), w->count);
}

/* Every name once, by one person. */
static void all_names_send(struct world *w, uint32_t person)
{
    struct wish *wishes = ARENA_ARRAY(w->plant.t->arena, struct wish, 4096);
    for (uint32_t from = 0; from < EVENT_NAMES; from += 4096) {
        for (uint32_t i = 0; i < 4096; i++)
            wishes[i] = (struct wish){.person = person, .event = from + i, .event_us = w->plant.now_us, .message = {.low = rng_next(&w->plant.t->rng)}};
        world_send(w, wishes, 4096);
    }
}

/* Person 4's events are of as many brands; those of person 5 come when the pairs are used up. */
static void others_check(const struct view *v, void *context)
{
    struct world *w = context;
    for (uint32_t brand = 0; brand < WORLD_BRANDS; brand++) {
        uint64_t *counts = ARENA_ARRAY(v->arena, uint64_t, EVENT_NAMES);
        uint32_t first = (brand + WORLD_BRANDS - 4 % WORLD_BRANDS) % WORLD_BRANDS;
        event_counts_add(v, brand, counts);
        CHECK_EQ(w->plant.t, event_count_of_brand(v, brand), 2 * EVENT_NAMES / WORLD_BRANDS);
        for (uint32_t event = first == 0 ? WORLD_BRANDS : first; event < EVENT_NAMES - 4096; event += WORLD_BRANDS)
            if (counts[event] != 1)
                CHECK_EQ(w->plant.t, counts[event], 1);
        CHECK(w->plant.t, counts[0] >= EVENT_NAMES / WORLD_BRANDS - 2);
    }
}

static void brands_beyond_the_bound_stay_exact(struct t *t)
{
    struct world *w = world_open(t);
    all_names_send(w, 4);
    all_names_send(w, 5);
    engine_read(w->plant.engine, others_check, w);
    world_close(w);
}

static void view_check(struct world *w)
{
    struct event_view *ev = world_view(w);
    for (uint32_t i = 0; i < 30; i++) {
        uint32_t numbers[] = {(uint32_t)rng_below(&w->plant.t->rng, 3100), (uint32_t)rng_below(&w->plant.t->rng, 3100), 0};
        world_compare(w, ev, &(struct event_people){numbers, 1 + i % 3, INT64_MAX}, i % 2 == 0 ? SIZE_MAX : 3);
    }
    world_compare_all(w, ev);
    world_compare_sought(w, ev);
    event_view_close(ev);
}

static void a_long_tail(struct t *t)
{
    struct world *w = world_open(t);
    engine_read(w->plant.engine, named_check, w);
    many_send(w, 4096, 3000, 1000); /* exactly a part, then one more */
    engine_read(w->plant.engine, named_check, w);
    many_send(w, 1, 3000, 1000);
    engine_read(w->plant.engine, named_check, w);
    many_send(w, 9000, 3000, 1000);
    view_check(w);
    plant_set(&w->plant, "event.fold_events", 13000); /* folds in the middle of a part */
    world_settle(w);
    engine_read(w->plant.engine, named_check, w);
    many_send(w, 5000, 3000, 1000);
    engine_read(w->plant.engine, named_check, w);
    view_check(w);
    plant_set(&w->plant, "event.fold_events", 1);
    world_settle(w);
    view_check(w);
    world_crash(w);
    view_check(w);
    engine_read(w->plant.engine, named_check, w);
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
    plant_set(&w->plant, "event.fold_events", 1);
    world_settle(w);
    struct event_view *ev = world_view(w);
    for (uint32_t i = 0; i < COUNT_OF(wishes); i += 7)
        world_compare(w, ev, &(struct event_people){(uint32_t[]){wishes[i].person, 70000}, 2, INT64_MAX}, SIZE_MAX);
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
    engine_read(w->plant.engine, haste_look, &haste);
    CHECK_EQ(t, haste, WORK_AT_LEISURE);
    many_send(w, 32768, 3000, 10);
    engine_read(w->plant.engine, haste_look, &haste);
    CHECK_EQ(t, haste, WORK_IN_HASTE);
    many_send(w, 32768, 3000, 10);
    engine_read(w->plant.engine, haste_look, &haste);
    CHECK_EQ(t, haste, WORK_HOLDS_COMMANDS);
    plant_set(&w->plant, "event.fold_events", 1);
    world_settle(w);
    engine_read(w->plant.engine, haste_look, &haste);
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
    world_compare(w, ev, &(struct event_people){(uint32_t[]){3}, 1, INT64_MAX}, SIZE_MAX);
    event_view_close(ev);
    world_close(w);
}

static void nothing_yet(struct t *t)
{
    struct world *w = world_open(t);
    struct event_view *ev = world_view(w);
    world_compare(w, ev, &(struct event_people){(uint32_t[]){0, 1}, 2, INT64_MAX}, SIZE_MAX);
    world_compare(w, ev, &(struct event_people){NULL, 0, INT64_MAX}, SIZE_MAX);
    world_compare_all(w, ev);
    event_view_close(ev);
    event_view_close(NULL);
    world_settle(w);
    world_close(w);
}

/* --- files --- */

static void purged_check(const struct view *v, void *context)
{
    const struct world *w = context;
    CHECK_EQ(w->plant.t, event_purged_until(v), world_erasure->position + 1);
}

/* Of two people, up to a position, some of them not folded when they are erased; one of them is found by the number alone. */
static void who_was_erased_leaves_the_runs(struct t *t)
{
    struct world *w = world_open(t);
    plant_set(&w->plant, "event.fold_events", 700);
    for (int i = 0; i < 5; i++) {
        many_send(w, 700 + rng_below(&t->rng, 300), 20, 5);
        world_settle(w);
    }
    size_t border = w->count / 2 + rng_below(&t->rng, w->count / 2), left = 0;
    struct hash128 *owners = ARENA_ARRAY(t->arena, struct hash128, w->count);
    uint32_t numbers[] = {7, 11};
    struct erasure e = {.position = w->events[border].note.position, .everywhere = rng_below(&t->rng, 2) == 0, .number_count = 2, .numbers = numbers, .owners = owners};
    for (size_t i = 0; i < w->count; i++) {
        const struct event_note *note = &w->events[i].note;
        bool erased = (note->person == 7 || note->person == 11) && (note->owner.low | note->owner.high) != 0;
        if (erased)
            owners[e.owner_count++] = note->owner;
        if (!erased || note->position >= e.position)
            w->events[left++] = w->events[i];
    }
    CHECK(t, left < w->count && e.owner_count > 0);
    w->purged = w->count - left;
    w->count = left;
    world_erasure = &e;
    world_settle(w);
    struct event_view *ev = world_view(w);
    world_compare_all(w, ev);
    event_view_close(ev);
    engine_read(w->plant.engine, purged_check, w);
    world_crash(w);
    engine_read(w->plant.engine, purged_check, w);
    many_send(w, 900, 20, 5); /* who comes again is somebody new to it */
    world_settle(w);
    ev = world_view(w);
    world_compare_all(w, ev);
    event_view_close(ev);
    world_erasure = NULL;
    world_close(w);
}

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
    struct files f = {.t = w->plant.t};
    CHECK_DONE(w->plant.t, disk_list(w->plant.disk, RUN_FOLDER, file_note, &f, &e), &e);
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
    plant_set(&w->plant, "event.fold_events", 1);
    world_settle(w);
    struct files f = files_list(w);
    REQUIRE(t, f.count == 1);
    struct event_view *ev = world_view(w);
    REQUIRE_DONE(t, disk_file_open(w->plant.disk, f.last, FILE_READ, &file, &e), &e);
    CHECK_DONE(t, file_size(file, &size, &e), &e);
    file_close(file);
    for (int i = 0; i < 300; i++) {
        uint64_t offset = i < 64 ? size - 1 - (uint64_t)i : i < 96 ? (uint64_t)i - 64 : rng_below(&t->rng, size);
        size_t count = 0;
        disk_sim_corrupt(w->plant.disk, f.last, offset);
        CHECK_FAILS(t, event_scan_all(ev, take_all, &count, &e), CORRUPT);
        CHECK(t, strstr(e.text, f.last) != NULL || strstr(e.text, f.last + sizeof RUN_FOLDER) != NULL);
        disk_sim_corrupt(w->plant.disk, f.last, offset); /* the same bit again */
    }
    world_compare_all(w, ev);
    event_view_close(ev);
    world_close(w);
}

/* What can't have any of the events that are asked for isn't opened: so it may as well be gone. */
static void runs_are_opened_when_their_turn_comes(struct t *t)
{
    enum { RUNS = 5 };
    struct err e = {0};
    struct files made[RUNS];
    struct world *w = world_open(t);
    plant_set(&w->plant, "event.fold_events", 1);
    for (size_t i = 0; i < RUNS; i++) {
        world_send(w, &(struct wish){.person = 1, .event_us = START_US + (int64_t)i * US_PER_HOUR, .message = {i, 0}}, 1);
        world_settle(w);
        made[i] = files_list(w);
        CHECK_EQ(t, made[i].count, i + 1);
    }
    struct event_view *ev = world_view(w);
    struct event_people all = {(uint32_t[]){1}, 1, INT64_MAX}, other = {(uint32_t[]){2}, 1, INT64_MAX};
    struct event_people early = {(uint32_t[]){1}, 1, START_US + (RUNS - 2) * US_PER_HOUR};
    CHECK_DONE(t, disk_remove(w->plant.disk, made[0].last, &e), &e);
    world_compare(w, ev, &all, RUNS - 1);
    CHECK_FAILS(t, world_scan(w, ev, &all, RUNS, &e), UNAVAILABLE);
    CHECK_DONE(t, disk_remove(w->plant.disk, made[RUNS - 1].last, &e), &e);
    world_compare(w, ev, &early, RUNS - 2);
    CHECK_FAILS(t, world_scan(w, ev, &all, 1, &e), UNAVAILABLE);
    world_compare(w, ev, &other, SIZE_MAX);
    event_view_close(ev);
    world_close(w);
}

/* Each is whole, but it is the other one's. */
static void swapped_files(struct t *t)
{
    struct err e = {0};
    struct world *w = world_open(t);
    size_t count = 0;
    plant_set(&w->plant, "event.fold_events", 1);
    many_send(w, 10, 5, 5);
    world_settle(w);
    struct files first = files_list(w);
    many_send(w, 10, 5, 5);
    world_settle(w);
    struct files second = files_list(w);
    REQUIRE(t, second.count == 2 && strcmp(first.last, second.last) != 0);
    struct event_view *ev = world_view(w);
    CHECK_DONE(t, disk_rename(w->plant.disk, first.last, second.last, &e), &e);
    CHECK_FAILS(t, event_scan_all(ev, take_all, &count, &e), UNAVAILABLE); /* the first one is gone */
    CHECK_DONE(t, disk_rename(w->plant.disk, second.last, first.last, &e), &e);
    struct buf b;
    buf_init(&b, 1 << 20);
    CHECK_DONE(t, disk_read_all(w->plant.disk, first.last, &b, &e), &e);
    CHECK_DONE(t, disk_write_all(w->plant.disk, second.last, buf_bytes(&b), &e), &e);
    CHECK_FAILS(t, event_scan_all(ev, take_all, &count, &e), CORRUPT);
    buf_fini(&b);
    event_view_close(ev);
    world_close(w);
}

/* A disk with so much room left. */
static void room_leave(struct world *w, uint64_t bytes)
{
    struct err e = {0};
    uint64_t free_bytes, plenty = 1 << 30;
    disk_sim_limit(w->plant.disk, plenty);
    CHECK_DONE(w->plant.t, disk_free_bytes(w->plant.disk, &free_bytes, &e), &e);
    disk_sim_limit(w->plant.disk, plenty - free_bytes + bytes);
}

/* The runs that it merges stay for a while, so their bytes must fit in a second time. */
static void a_merge_waits_for_room(struct t *t)
{
    struct world *w = world_open(t);
    w->plant.options.disk_reserve_bytes = 1; /* so that the disk is looked at each time */
    world_crash(w);
    plant_set(&w->plant, "event.fold_events", 1);
    for (int i = 0; i < (int)MERGE_RUNS_LEAST - 1; i++) {
        many_send(w, 10, 5, 5);
        world_settle(w);
    }
    many_send(w, 10, 5, 5);
    room_leave(w, 8192); /* for one more of them */
    world_settle(w);
    CHECK_EQ(t, files_list(w).count, MERGE_RUNS_LEAST);
    room_leave(w, 1 << 20);
    world_settle(w);
    CHECK_EQ(t, files_list(w).count, MERGE_RUNS_LEAST + 1);
    world_close(w);
}

/* Sixteen runs of ten become one; their files go when two checkpoints have passed, and so does what nobody refers to. */
static void files_come_and_go(struct t *t)
{
    struct err e = {0};
    struct world *w = world_open(t);
    plant_set(&w->plant, "event.fold_events", 1);
    for (int i = 0; i < (int)MERGE_RUNS_LEAST - 1; i++) {
        many_send(w, 10, 5, 5);
        world_settle(w);
    }
    CHECK_EQ(t, files_list(w).count, MERGE_RUNS_LEAST - 1);
    CHECK_DONE(t, disk_write_all(w->plant.disk, "runs/0000000000000001-0000000000000002.run", BYTES_LIT("left"), &e), &e);
    CHECK_DONE(t, disk_write_all(w->plant.disk, "runs/0000000000000001-0000000000000002-3.run", BYTES_LIT("left"), &e), &e);
    CHECK_DONE(t, disk_write_all(w->plant.disk, "runs/readme", BYTES_LIT("not ours"), &e), &e);
    struct event_view *before = world_view(w);
    many_send(w, 10, 5, 5);
    world_settle(w); /* folds, merges them all, removes what was left */
    CHECK_EQ(t, files_list(w).count, MERGE_RUNS_LEAST + 1 + 1);
    world_compare(w, before, &(struct event_people){(uint32_t[]){0, 1, 2, 3, 4}, 5, INT64_MAX}, SIZE_MAX);
    plant_checkpoint(&w->plant);
    world_settle(w);
    CHECK_EQ(t, files_list(w).count, MERGE_RUNS_LEAST + 1 + 1);
    world_compare(w, before, &(struct event_people){(uint32_t[]){0, 1, 2, 3, 4}, 5, INT64_MAX}, SIZE_MAX);
    many_send(w, 1, 5, 5);
    plant_checkpoint(&w->plant);
    world_settle(w);
    CHECK_EQ(t, files_list(w).count, 1 + 1 + 1); /* the merged one, that of the last event, and what isn't ours */
    CHECK_FAILS(t, world_scan(w, before, &(struct event_people){(uint32_t[]){0, 1, 2, 3, 4}, 5, INT64_MAX}, SIZE_MAX, &e), UNAVAILABLE);
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
        plant_checkpoint(&w->plant);
        many_send(w, 1, 50, 5);
    }
    CHECK(t, log_first(engine_log(w->plant.engine)) <= oldest); /* not folded: all is kept */
    plant_set(&w->plant, "event.fold_events", 1);
    world_settle(w);
    engine_read(w->plant.engine, until_look, &until);
    CHECK_EQ(t, until, w->events[w->count - 1].note.position + 1);
    for (int i = 0; i < 4; i++) {
        plant_checkpoint(&w->plant);
        world_settle(w);
        many_send(w, 1, 50, 5);
    }
    CHECK(t, log_first(engine_log(w->plant.engine)) > oldest);
    world_crash(w);
    view_check(w);
    world_close(w);
}

static void old_events_are_folded(struct t *t)
{
    struct err e = {0};
    struct world *w = world_open(t);
    uint64_t until = 0;
    plant_set(&w->plant, "event.fold_seconds", 100);
    many_send(w, 5, 5, 5);
    w->plant.now_us += 99 * US_PER_SECOND;
    many_send(w, 5, 5, 5);
    CHECK_DONE(t, plant_house(&w->plant, 0, &e), &e);
    engine_read(w->plant.engine, until_look, &until);
    CHECK_EQ(t, until, 0);
    w->plant.now_us += 1 * US_PER_SECOND;
    many_send(w, 1, 5, 5); /* log time goes on with the log */
    world_settle(w);
    engine_read(w->plant.engine, until_look, &until);
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
    const struct command *command = registry_command(w->plant.registry, id);
    CHECK_DONE(w->plant.t, command->check(buf_bytes(payload), &e), &e);
    struct submission one = {.command = command, .payload = buf_bytes(payload), .answered = seen_answered, .context = &seen};
    struct submission *list = &one;
    CHECK_DONE(w->plant.t, engine_group(w->plant.engine, &list, 1, w->plant.now_us, &e), &e);
    CHECK_EQ(w->plant.t, seen.status.code, STATUS_OK);
    return seen.refusal;
}

static void results_count_once(struct t *t)
{
    struct world *w = world_open(t);
    struct buf b;
    buf_init(&b, 4096);
    many_send(w, 20, 5, 5);
    struct folded f = {.last_us = w->plant.now_us, .run = {.name = "0-1.run", .sum = {.count = 10, .bytes = 100, .digest = 1}}};
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
    struct buf b;
    CHECK_FAILS(t, folded_unpack(BYTES_NONE, &f, &e), INVALID);
    CHECK_FAILS(t, merged_unpack(BYTES_LIT("\1\2\3"), &m, &e), INVALID);
    CHECK_FAILS(t, work_sweep_check(BYTES_LIT("\1\0"), &e), INVALID);
    buf_init(&b, 4096);
    f = (struct folded){.run = {.name = "../passwd", .first = 1, .until = 2, .sum = {.count = 1}}};
    folded_pack(&b, &f);
    CHECK_FAILS(t, folded_unpack(buf_bytes(&b), &f, &e), INVALID);
    buf_fini(&b);
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
    CHECK_FAILS(t, event_scan_people(ev, &(struct event_people){(uint32_t[]){0}, 1, INT64_MAX}, take_all, &count, &e), CANCELLED);
    CHECK_EQ(t, count, 0);
    atomic_store(&w->stop, false);
    atomic_bool is_cancelled = true;
    event_view_cancelled_by(ev, &is_cancelled);
    CHECK_FAILS(t, event_scan_all(ev, take_all, &count, &e), CANCELLED);
    CHECK_FAILS(t, event_scan_people(ev, &(struct event_people){(uint32_t[]){0}, 1, INT64_MAX}, take_all, &count, &e), CANCELLED);
    CHECK_EQ(t, count, 0);
    event_view_close(ev);
    world_close(w);
}

static const struct test tests[] = {
    {"a long tail: counts and filters by part", a_long_tail, 1},
    {"brands beyond the bound stay exact", brands_beyond_the_bound_stay_exact, 1},
    {"a heavy tail is read twice", a_heavy_tail, 1},
    {"numbers of all sizes", numbers_of_all_sizes, 3},
    {"folding makes haste when it falls behind", folding_makes_haste_when_it_falls_behind, 1},
    {"nothing yet", nothing_yet, 1},
    {"a flipped bit is noticed, wherever it is", a_flipped_bit, 1},
    {"runs are opened when their turn comes", runs_are_opened_when_their_turn_comes, 1},
    {"a file that is another run is noticed", swapped_files, 1},
    {"a merge waits for room", a_merge_waits_for_room, 1},
    {"files come and go", files_come_and_go, 1},
    {"the log may go when it is folded", the_log_may_go, 1},
    {"old events are folded, however few", old_events_are_folded, 1},
    {"results count once", results_count_once, 1},
    {"bad payloads are refused", bad_payloads, 1},
    {"who was erased leaves the runs", who_was_erased_leaves_the_runs, 6},
    {"stop is heard", stop_is_heard, 1},
};
TEST_MAIN(tests)
