/* The harness: one binary a test file, holding a table of named tests.
 *
 * A test gets an arena and a seed. A property runs `runs` times, each with a seed of its own; a failure prints the
 * seed, and SEED=n runs that one alone. No sleeps, no clock, no network.
 *
 *     static void points_are_conserved(struct t *t) { … CHECK_EQ(t, got, want); … }
 *     static const struct test tests[] = {
 *         {"an empty arena has used nothing", empty, 1},
 *         {"points are conserved", points_are_conserved, 500},
 *     };
 *     TEST_MAIN(tests)
 *
 * Last line on stdout: "N passed, N failed" (, "N skipped"); exit 1 when one failed. `ONLY=word` runs those whose name
 * has the word; `RUNS=n` overrides the number of runs of every property (those with more than one). */
#pragma once

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/rng.h"
#include "base/status.h"

struct t {
    struct arena *arena; /* reset between runs */
    uint64_t seed;       /* of this run */
    struct rng rng;      /* from the seed */
    const char *folder;  /* an empty temporary folder of this test, removed after it passed */
    int failures;
    const char *skipped; /* why; NULL: it ran */
};

struct test {
    const char *name;
    void (*run)(struct t *t);
    int runs; /* 1: an example; more: a property */
};

int test_main(const struct test *tests, size_t count);
#define TEST_MAIN(tests)                                         \
    int main(void)                                               \
    {                                                            \
        return test_main((tests), sizeof(tests) / sizeof *(tests)); \
    }

void test_fail(struct t *t, const char *file, int line, const char *format, ...) PRINTF_LIKE(4, 5);
void test_skip(struct t *t, const char *why); /* `why` must outlive the test; return from the test after it */

/* Checks go on after a failure; REQUIRE returns from the test. */
#define CHECK(t, condition) \
    ((condition) ? (void)0 : test_fail((t), __FILE__, __LINE__, "%s", #condition))
#define CHECK_EQ(t, got, want)                                                                                     \
    do {                                                                                                           \
        long long got_ = (long long)(got), want_ = (long long)(want);                                              \
        if (got_ != want_)                                                                                         \
            test_fail((t), __FILE__, __LINE__, "%s: got %lld, want %s = %lld", #got, got_, #want, want_);           \
    } while (0)
#define CHECK_TEXT(t, got, want)                                                                                   \
    do {                                                                                                           \
        const char *got_ = (got), *want_ = (want);                                                                 \
        if (strcmp(got_, want_) != 0)                                                                              \
            test_fail((t), __FILE__, __LINE__, "%s:\n     got \"%s\"\n    want \"%s\"", #got, got_, want_);           \
    } while (0)
#define CHECK_BYTES(t, got, want)                                                                                  \
    do {                                                                                                           \
        struct bytes got_ = (got), want_ = (want);                                                                 \
        if (!bytes_equal(got_, want_))                                                                             \
            test_fail((t), __FILE__, __LINE__, "%s:\n     got \"%.*s\"\n    want \"%.*s\"", #got, BYTES_ARG(got_),   \
                      BYTES_ARG(want_));                                                                           \
    } while (0)
#define CHECK_DONE(t, expr, e)                                                                                     \
    do {                                                                                                           \
        struct status status_ = (expr);                                                                            \
        if (failed(status_))                                                                                       \
            test_fail((t), __FILE__, __LINE__, "%s: %s: %s", #expr, status_name(status_.code), (e)->text);          \
    } while (0)
#define CHECK_FAILS(t, expr, CODE)                                                                                 \
    do {                                                                                                           \
        struct status status_ = (expr);                                                                            \
        if (status_.code != STATUS_##CODE)                                                                         \
            test_fail((t), __FILE__, __LINE__, "%s: got %s, want " #CODE, #expr, status_name(status_.code));        \
    } while (0)
#define REQUIRE(t, condition)                                                                                      \
    do {                                                                                                           \
        if (!(condition)) {                                                                                        \
            test_fail((t), __FILE__, __LINE__, "%s", #condition);                                                  \
            return;                                                                                                \
        }                                                                                                          \
    } while (0)
#define REQUIRE_DONE(t, expr, e)                                                                                   \
    do {                                                                                                           \
        struct status status_ = (expr);                                                                            \
        if (failed(status_)) {                                                                                     \
            test_fail((t), __FILE__, __LINE__, "%s: %s: %s", #expr, status_name(status_.code), (e)->text);          \
            return;                                                                                                \
        }                                                                                                          \
    } while (0)
