#include "base/leisure.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/time.h"

#define LEISURE_NICE 10 /* a weight of 110 against 1024 */
#define AWAY_A_PIECE 16 /* times the piece: the least share of a processor that others never leave */

/* Of the thread, as its priority is. */
static _Thread_local struct {
    bool has_begun;
    int64_t rest_us; /* monotonic; when its piece is over */
} leisure;

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

void leisure_rest(void)
{
    if (!leisure.has_begun)
        return;
    int64_t from_us = time_monotonic_us();
    if (from_us < leisure.rest_us)
        return;
    (void)sched_yield();
    int64_t until_us = time_monotonic_us();
    leisure.rest_us = until_us + leisure_piece_us(until_us - from_us);
}
