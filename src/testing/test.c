#include "testing/test.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_BYTES_MAX 256
#define FAILURES_SHOWN_MAX 10

void test_fail(struct t *t, const char *file, int line, const char *format, ...)
{
    t->failures++;
    if (t->failures > FAILURES_SHOWN_MAX)
        return;
    printf("  %s:%d: ", file, line);
    va_list args;
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    printf("\n");
}

void test_skip(struct t *t, const char *why)
{
    t->skipped = why;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info, (void)kind, (void)at;
    return remove(path);
}

static void remove_tree(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL || *text == 0 ? otherwise : strtoull(text, NULL, 10);
}

/* One run with one seed; the temporary folder stays behind a failure, for whoever looks into it. */
static void run_once(struct t *t, const struct test *test, uint64_t seed)
{
    char folder[FOLDER_BYTES_MAX];
    const char *parent = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%s/kith-test-XXXXXX", parent == NULL ? "/tmp" : parent);
    if (mkdtemp(folder) == NULL) {
        test_fail(t, __FILE__, __LINE__, "can't make the folder %s", folder);
        return;
    }
    int failures_before = t->failures;
    t->folder = folder;
    t->seed = seed;
    rng_init(&t->rng, seed);
    test->run(t);
    arena_reset(t->arena);
    if (t->failures == failures_before)
        remove_tree(folder);
    else
        printf("  seed %" PRIu64 " (SEED=%" PRIu64 " runs it alone), folder %s\n", seed, seed, folder);
    (void)fflush(stdout);
}

static void run_test(struct t *t, const struct test *test)
{
    uint64_t only_seed = number_of("SEED", 0);
    if (only_seed != 0) {
        run_once(t, test, only_seed);
        return;
    }
    int runs = test->runs <= 1 ? 1 : (int)number_of("RUNS", (uint64_t)test->runs);
    for (int run = 0; run < runs && t->failures == 0 && t->skipped == NULL; run++)
        run_once(t, test, (uint64_t)run + 1);
}

int test_main(const struct test *tests, size_t count)
{
    const char *only = getenv("ONLY");
    int passed = 0, failures = 0, skipped = 0;
    struct arena *arena = arena_create(1 << 16);
    for (size_t i = 0; i < count; i++) {
        if (only != NULL && strstr(tests[i].name, only) == NULL)
            continue;
        struct t t = {.arena = arena};
        run_test(&t, &tests[i]);
        if (t.failures > 0) {
            failures++;
            printf("FAILED %s (%d checks)\n", tests[i].name, t.failures);
        } else if (t.skipped != NULL) {
            skipped++;
            printf("skipped %s: %s\n", tests[i].name, t.skipped);
        } else {
            passed++;
        }
    }
    arena_destroy(arena);
    if (skipped > 0)
        printf("%d passed, %d failed, %d skipped\n", passed, failures, skipped);
    else
        printf("%d passed, %d failed\n", passed, failures);
    return failures > 0;
}
