#include "base/leisure.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/futex.h"
#include "base/time.h"

#define LEISURE_NICE 10 /* a weight of 110 against 1024 */
#define AWAY_A_PIECE 16 /* times the piece: the least share of a processor that others never leave */

/* Of the thread, as its priority is. */
static _Thread_local struct {
    bool has_begun;
    int64_t rest_us; /* monotonic; when its piece is over */
    uint32_t pause;  /* the last one that it kept: no thread keeps one twice */
} leisure;

/* Pauses of all threads, counted; equal when there is none. Who keeps one sleeps on the second. */
static _Atomic uint32_t pauses_begun, pauses_ended, sleepers;

void leisure_begin(void)
{
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), LEISURE_NICE); /* in vain: it is only less polite */
    leisure.has_begun = true;
}

bool leisure_has_begun(void)
{
    return leisure.has_begun;
}

int64_t leisure_piece_us(int64_t away_us)
{
    int64_t share_us = away_us / AWAY_A_PIECE;
    return share_us < LEISURE_PIECE_US ? LEISURE_PIECE_US : share_us > LEISURE_PIECE_US_MAX ? LEISURE_PIECE_US_MAX : share_us;
}

void leisure_pause_begin(void)
{
    atomic_fetch_add(&pauses_begun, 1);
}

void leisure_pause_end(void)
{
    atomic_fetch_add(&pauses_ended, 1);
    if (atomic_load(&sleepers) > 0)
        futex_wake(&pauses_ended, UINT32_MAX);
}

bool leisure_has_pause(void)
{
    uint32_t ended = atomic_load(&pauses_ended), begun = atomic_load(&pauses_begun);
    return leisure.has_begun && begun != ended && begun != leisure.pause;
}

static void pause_keep(int64_t from_us)
{
    uint32_t ended = atomic_load(&pauses_ended);
    int64_t left_us = LEISURE_PAUSE_US_MAX;
    leisure.pause = atomic_load(&pauses_begun);
    if (leisure.pause == ended)
        return;
    atomic_fetch_add(&sleepers, 1);
    while (left_us > 0 && atomic_load(&pauses_ended) == ended) {
        (void)futex_wait(&pauses_ended, ended, left_us);
        left_us = from_us + LEISURE_PAUSE_US_MAX - time_monotonic_us();
    }
    atomic_fetch_sub(&sleepers, 1);
}

void leisure_rest(void)
{
    if (!leisure.has_begun)
        return;
    int64_t from_us = time_monotonic_us();
    if (from_us < leisure.rest_us)
        return;
    bool is_paused = leisure_has_pause();
    if (is_paused)
        pause_keep(from_us);
    else
        (void)sched_yield();
    int64_t until_us = time_monotonic_us(), piece_us = leisure_piece_us(until_us - from_us);
    leisure.rest_us = until_us + (is_paused && piece_us < until_us - from_us ? until_us - from_us : piece_us);
}
