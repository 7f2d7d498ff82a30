#include "base/futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"

bool futex_wait(_Atomic uint32_t *word, uint32_t seen, int64_t wait_us)
{
    int64_t us = wait_us < FUTEX_WAIT_US_MAX ? wait_us : FUTEX_WAIT_US_MAX;
    struct timespec span = {.tv_sec = us / US_PER_SECOND, .tv_nsec = us % US_PER_SECOND * 1000};
    return syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, &span, NULL, 0) == 0 || errno != ETIMEDOUT;
}

void futex_wake(_Atomic uint32_t *word, uint32_t sleepers_max)
{
    uint32_t count = sleepers_max < INT_MAX ? sleepers_max : INT_MAX; /* the system takes an int */
    (void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}
