#include "engine/work.h"

#include "store/disk_sim.h"
#include "testing/test.h"

struct listing {
    struct t *t;
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

/* What is referred to stays, and what other work or people put there. */
static void orphans_go(struct t *t)
{
    static const char *const left[] = {"1-2.ids", "1-3.ids", "1-3-4.ids", "1-2.ids.txt", "readme", ".ids"};
    static const char *const names[] = {"0-1.ids", "1-3.ids"};
    struct disk *d = disk_sim_create(t->seed);
    struct err e = {0};
    struct work_files files = {
        .folder = "ids", .suffix = ".ids", .dashes = 1, .names = names, .name_count = COUNT_OF(names)};
    CHECK_DONE(t, work_orphans_remove(d, &files, &e), &e); /* makes the folder */
    for (size_t i = 0; i < COUNT_OF(left); i++)
        CHECK_DONE(t, disk_write_all(d, arena_printf(t->arena, "ids/%s", left[i]), BYTES_LIT("x"), &e), &e);
    CHECK_DONE(t, work_orphans_remove(d, &files, &e), &e);
    struct listing l = {.t = t};
    CHECK_DONE(t, disk_list(d, "ids", name_add, &l, &e), &e);
    CHECK_TEXT(t, l.names, ".ids 1-2.ids.txt 1-3-4.ids 1-3.ids readme ");
    disk_close(d);
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
    {"orphans go", orphans_go, 1},
    {"work hears that it should stop", work_hears_that_it_should_stop, 1},
};
TEST_MAIN(tests)
