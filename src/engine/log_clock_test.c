#include "engine/log_clock.h"

#include "base/time.h"
#include "testing/test.h"

#define JUMP (60 * US_PER_SECOND)

static void a_jump_holds_until_it_is_confirmed(struct t *t)
{
    struct log_clock c;
    log_clock_init(&c, 1000 * US_PER_SECOND, 0, JUMP);
    CHECK_EQ(t, log_clock_read(&c, 1001 * US_PER_SECOND, US_PER_SECOND), 1001 * US_PER_SECOND);
    CHECK(t, !c.held);
    CHECK_EQ(t, log_clock_read(&c, 9000 * US_PER_SECOND, 2 * US_PER_SECOND), 1002 * US_PER_SECOND);
    CHECK(t, c.held);
    log_clock_confirm(&c, 9001 * US_PER_SECOND, 3 * US_PER_SECOND);
    CHECK_EQ(t, log_clock_read(&c, 9002 * US_PER_SECOND, 4 * US_PER_SECOND), 9002 * US_PER_SECOND);
    CHECK(t, !c.held);
}

static void a_clock_that_comes_back_frees_itself(struct t *t)
{
    struct log_clock c;
    log_clock_init(&c, 1000 * US_PER_SECOND, 0, JUMP);
    (void)log_clock_read(&c, 10 * US_PER_SECOND, US_PER_SECOND);
    CHECK(t, c.held);
    CHECK_EQ(t, log_clock_read(&c, 1002 * US_PER_SECOND, 2 * US_PER_SECOND), 1002 * US_PER_SECOND);
    CHECK(t, !c.held);
}

static void slow_drift_never_adds_up_to_a_jump(struct t *t)
{
    struct log_clock c;
    log_clock_init(&c, 0, 0, JUMP);
    for (int64_t i = 1; i < 1000; i++) { /* a second a second too fast */
        (void)log_clock_read(&c, 2 * i * US_PER_SECOND, i * US_PER_SECOND);
        CHECK(t, !c.held);
    }
}

static const struct test tests[] = {
    {"a jump holds until it is confirmed", a_jump_holds_until_it_is_confirmed, 1},
    {"a clock that comes back frees itself", a_clock_that_comes_back_frees_itself, 1},
    {"slow drift never adds up to a jump", slow_drift_never_adds_up_to_a_jump, 1},
};
TEST_MAIN(tests)
