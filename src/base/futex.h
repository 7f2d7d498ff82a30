/* Sleeping on a word of memory. Condition variables take a moment in time, by a clock; this takes a span. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FUTEX_WAIT_US_MAX INT64_C(3600000000) /* an hour; longer waits are cut to it */

/* Sleeps while the word is `seen`: not at all when it has changed already. May return early for no reason. False: slept for all of `wait_us`. */
bool futex_wait(_Atomic uint32_t *word, uint32_t seen, int64_t wait_us);
/* After the word has changed. A system call, also when nobody sleeps. */
void futex_wake(_Atomic uint32_t *word, uint32_t sleepers_max);
