#include "base/pages.h"

#include <stdint.h>

#include "testing/test.h"

static void pages_are_zeroed_and_aligned(struct t *t)
{
    static const size_t sizes[] = {
        1, 4096, 5000, PAGES_HUGE_BYTES - 1, PAGES_HUGE_BYTES, PAGES_HUGE_BYTES + 1, 3 * PAGES_HUGE_BYTES};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *p = pages_take(sizes[i]);
        REQUIRE(t, p != NULL);
        CHECK_EQ(t, (uintptr_t)p % (sizes[i] >= PAGES_HUGE_BYTES ? PAGES_HUGE_BYTES : 4096), 0);
        size_t others = 0;
        for (size_t at = 0; at < sizes[i]; at++)
            others += p[at] != 0;
        CHECK_EQ(t, others, 0);
        memset(p, 1, sizes[i]);
        pages_give(p, sizes[i]);
    }
    pages_give(NULL, 77);
    CHECK(t, pages_take(SIZE_MAX / 4) == NULL);
}

static const struct test tests[] = {{"pages are zeroed and aligned", pages_are_zeroed_and_aligned, 1}};
TEST_MAIN(tests)
