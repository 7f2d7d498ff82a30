/* Covers: work_files.c, and work_stopped of work.c. */
#include "engine/work_files.h"

#include "engine/registry.h"
#include "store/disk_sim.h"
#include "testing/test.h"

static const struct family in_force = {.id = 100, .kind = FAMILY_KEYED, .value_bytes = 64, .name = "paper"};
static const struct family retired = {.id = 101, .kind = FAMILY_KEYED, .value_bytes = 8, .name = "paper_retired"};
static const struct family *const families[] = {&in_force, &retired};
static const struct domain papers = {.number = 0x7d,
                                     .name = "papers",
                                     .about = "Names alone.",
                                     .families = families,
                                     .family_count = COUNT_OF(families)};
static const struct domain *const domains[] = {&papers};

static struct bytes name_of(struct bytes row)
{
    return row;
}

static bool is_file(struct bytes row)
{
    return row.data[0] == 'f';
}

static const struct work_files files = {.folder = "papers",
                                        .suffix = ".ids",
                                        .in_force = &in_force,
                                        .retired = &retired,
                                        .name = name_of,
                                        .is_file = is_file};

/* One step that is never committed: what it has written is seen all the same. */
struct desk {
    struct registry *registry;
    struct rows *rows;
    struct disk *disk;
    struct step step;
    atomic_bool stop;
    struct work_surroundings around;
};

static void desk_open(struct desk *d, struct t *t)
{
    struct err e = {0};
    *d = (struct desk){.disk = disk_sim_create(t->seed), .around = {.stop = &d->stop}};
    REQUIRE_DONE(t, registry_create(domains, COUNT_OF(domains), &d->registry, &e), &e);
    REQUIRE_DONE(t, rows_create(families, COUNT_OF(families), &d->rows, &e), &e);
    REQUIRE_DONE(t, disk_make_folder(d->disk, files.folder, &e), &e);
    step_begin(&d->step, d->rows, d->registry, t->arena);
}

static void desk_close(struct desk *d)
{
    disk_close(d->disk);
    rows_destroy(d->rows);
    registry_destroy(d->registry);
}

static void paper_write(struct t *t, struct desk *d, const char *name)
{
    struct err e = {0};
    CHECK_DONE(t, disk_write_all(d->disk, arena_printf(t->arena, "%s/%s", files.folder, name), BYTES_LIT("x"), &e), &e);
}

static void paper_put(struct t *t, struct desk *d, uint64_t place, const char *name)
{
    work_file_put(&d->step, &files, place, bytes_of_text(name));
    paper_write(t, d, name);
}

static void paper_retire(struct desk *d, uint64_t position, uint64_t place, const char *name)
{
    d->step.view.position = position;
    work_retire(&d->step, &files, bytes_of_text(name), BYTES_LIT("f"));
    work_file_remove(&d->step, &files, place);
}

struct listing {
    char names[256];
};

static struct status name_add(void *context, const char *name, struct err *e)
{
    (void)e;
    struct listing *l = context;
    size_t size = strlen(l->names);
    (void)snprintf(l->names + size, sizeof l->names - size, "%s ", name);
    return DONE;
}

static void check_folder(struct t *t, const struct desk *d, const char *want)
{
    struct err e = {0};
    struct listing l = {0};
    CHECK_DONE(t, disk_list(d->disk, files.folder, name_add, &l, &e), &e);
    CHECK_TEXT(t, l.names, want);
}

static void files_are_found_by_their_places(struct t *t)
{
    struct desk d;
    struct bytes row;
    desk_open(&d, t);
    paper_put(t, &d, 1, "1-5.ids");
    paper_put(t, &d, 256, "100-200.ids");
    paper_put(t, &d, UINT64_C(1) << 40, "10000000000-20000000000.ids");
    REQUIRE(t, work_file_next(&d.step.view, &files, 2, &row));
    CHECK_BYTES(t, row, BYTES_LIT("100-200.ids"));
    REQUIRE(t, work_file_find(&d.step.view, &files, 1, &row));
    CHECK_BYTES(t, row, BYTES_LIT("1-5.ids"));
    work_file_remove(&d.step, &files, 256);
    CHECK(t, !work_file_find(&d.step.view, &files, 256, &row));
    REQUIRE(t, work_file_next(&d.step.view, &files, 2, &row));
    CHECK_BYTES(t, row, BYTES_LIT("10000000000-20000000000.ids"));
    CHECK(t, !work_file_next(&d.step.view, &files, (UINT64_C(1) << 40) + 1, &row));
    desk_close(&d);
}

/* What was given up stays until the last checkpoint but one is younger, and what waits that is no file has none to remove. */
static void what_was_given_up_goes_after_two_checkpoints(struct t *t)
{
    struct desk d;
    struct err e = {0};
    struct work_swept swept, back;
    struct work_retired r;
    desk_open(&d, t);
    paper_put(t, &d, 1, "1-5.ids");
    paper_put(t, &d, 5, "5-7.ids");
    paper_put(t, &d, 7, "7-9.ids");
    paper_retire(&d, 300, 5, "5-7.ids");
    paper_retire(&d, 20, 1, "1-5.ids");
    work_retire(&d.step, &files, BYTES_LIT("7-9.ids"), BYTES_LIT("-"));
    CHECK(t, !work_sweep_is_due(&d.step.view, &files, &d.around));
    atomic_store(&d.around.checkpoint_older, 300);
    CHECK(t, work_sweep_is_due(&d.step.view, &files, &d.around));
    work_swept_find(&d.step.view, &files, &d.around, t->arena, &swept);
    CHECK_EQ(t, swept.count, 2);
    CHECK_DONE(t, work_swept_remove(d.disk, &files, &swept, &e), &e);
    check_folder(t, &d, "5-7.ids 7-9.ids ");
    struct buf b = arena_buf(t->arena, WORK_SWEPT_BYTES_MAX);
    work_swept_pack(&b, &swept);
    struct unpack u = unpack_of(buf_bytes(&b));
    work_swept_unpack(&u, &back);
    REQUIRE(t, unpack_finished(&u));
    work_swept_forget(&d.step, &files, &back);
    REQUIRE(t, work_retired_next(&d.step.view, &files, BYTES_NONE, &r));
    CHECK_EQ(t, r.position, 300);
    CHECK(t, !work_sweep_is_due(&d.step.view, &files, &d.around));
    desk_close(&d);
}

static void bad_keys_are_refused(struct t *t)
{
    static const char *const bad[] = {"\x01\x08"
                                      "12345678",
                                      "\x02\x09"
                                      "123456789",
                                      "\x41"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct work_swept swept;
        struct unpack u = unpack_of(bytes_of_text(bad[i]));
        work_swept_unpack(&u, &swept);
        CHECK(t, !unpack_finished(&u));
        CHECK_EQ(t, swept.count, 0);
    }
}

static void names_of_ours_are_good(struct t *t)
{
    static const char *const bad[] = {"",
                                      ".ids",
                                      "../12.ids",
                                      "12.id",
                                      "1 2.ids",
                                      "12.ids.ids",
                                      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab.ids"};
    CHECK(t, work_name_is_good(&files, BYTES_LIT("0-1.ids")));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK(t, !work_name_is_good(&files, bytes_of_text(bad[i])));
}

/* What is referred to stays, and what other work or people put there. */
static void orphans_go(struct t *t)
{
    static const char *const left[] = {"1-2.ids", "1-3-4.ids", "1-2.ids.txt", "readme", ".ids"};
    struct desk d;
    struct err e = {0};
    desk_open(&d, t);
    paper_put(t, &d, 0, "0-1.ids");
    paper_put(t, &d, 1, "1-3.ids");
    paper_retire(&d, 9, 1, "1-3.ids");
    for (size_t i = 0; i < COUNT_OF(left); i++)
        paper_write(t, &d, left[i]);
    struct work_names names = work_names_of(&d.step.view, &files, t->arena);
    CHECK_EQ(t, names.count, 2);
    CHECK_DONE(t, work_orphans_remove(d.disk, &files, &names, 1, &e), &e);
    check_folder(t, &d, ".ids 0-1.ids 1-2.ids.txt 1-3-4.ids 1-3.ids readme ");
    desk_close(&d);
}

static void work_hears_that_it_should_stop(struct t *t)
{
    atomic_bool stop = false;
    struct work_surroundings around = {.stop = &stop};
    struct work_context c = {.around = &around};
    CHECK(t, !work_stopped(&c));
    atomic_store(&stop, true);
    CHECK(t, work_stopped(&c));
}

static const struct test tests[] = {
    {"files are found by their places", files_are_found_by_their_places, 1},
    {"what was given up goes after two checkpoints", what_was_given_up_goes_after_two_checkpoints, 1},
    {"bad keys are refused", bad_keys_are_refused, 1},
    {"names of ours are good", names_of_ours_are_good, 1},
    {"orphans go", orphans_go, 1},
    {"work hears that it should stop", work_hears_that_it_should_stop, 1},
};
TEST_MAIN(tests)
