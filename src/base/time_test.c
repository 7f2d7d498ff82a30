#include "base/time.h"

#include "testing/test.h"

static const struct {
    const char *text;
    int64_t us; /* -1: refused */
} examples[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2026-11-22T08:00:00+08:00", INT64_C(1795305600000000)},
    {"2026-11-22 00:00", INT64_C(1795305600000000)},
    {"2026-11-22T00:00:00.123456789Z", INT64_C(1795305600123456)},
    {"2026-11-22", INT64_C(1795305600000000)},
    {"2024-02-29", INT64_C(1709164800000000)},
    {"2025-02-29", -1},
    {"2026-13-01", -1},
    {"2026-11-22T24:00:00Z", -1},
    {"2026-11-22T00:00:00Q", -1},
    {"2026-11-22T00:00:00.Z", -1},
    {"yesterday", -1},
    {"", -1},
};

static void texts_become_times(struct t *t)
{
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        int64_t us = -1;
        struct err e = {0};
        struct status s = time_parse(bytes_of_text(examples[i].text), &us, &e);
        if (us != examples[i].us || failed(s) != (examples[i].us == -1))
            test_fail(t, __FILE__, __LINE__, "'%s': got %" PRId64 ", want %" PRId64, examples[i].text, us, examples[i].us);
    }
}

static void formatting_reads_back(struct t *t)
{
    int64_t us = rng_between(&t->rng, TIME_US_MIN, TIME_US_END - 1), back = 0;
    char text[TIME_TEXT_BYTES];
    struct err e = {0};
    CHECK_DONE(t, time_parse(bytes_of_text(time_format(us, text)), &back, &e), &e);
    CHECK_EQ(t, back, us);
    CHECK_EQ(t, day_of_civil(civil_of_day(day_of_time(us, 0))), day_of_time(us, 0));
}

static const struct test tests[] = {
    {"texts become times", texts_become_times, 1},
    {"formatting reads back", formatting_reads_back, 2000},
};
TEST_MAIN(tests)
