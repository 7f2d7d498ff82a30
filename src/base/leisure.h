/* Threads that take what others leave of the processors. Each says so once, and rests between the pieces of its work.
 *
 * A low priority alone is not enough: the system lets whoever has a processor keep it for milliseconds, and hands a small share out in lumps as large. An answer that passes
 * through five threads on its way meets several of them. Between rests the lumps are as long as a piece. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* From now on the calling thread gives way to those that never said this; until it ends. */
void leisure_begin(void);
bool leisure_has_begun(void); /* of the calling thread; who makes helpers tells them */

/* Lets others run, when the thread has worked for a piece since it last did. Wanted every ten to a hundred microseconds of work, and never while a lock is held that
 * others may want. Costs a look at the clock; nothing on a thread that never began. */
void leisure_rest(void);

/* Around what somebody waits for, so short that nothing is lost: threads at leisure sleep from their next rest until it ends, or for LEISURE_PAUSE_US_MAX at most of
 * each pause. Any thread; pauses may overlap. Costs an atomic addition, and a system call at the end when somebody sleeps.
 *
 * Giving way is not enough there. Who yields does so to the threads of its own group (a session, a service, a container) and goes on when none of them is ready; a sync
 * is finished by threads of the kernel's, which are of no group, and stand behind the whole of ours for a slice, or till the next tick. Who sleeps leaves the processor. */
void leisure_pause_begin(void);
void leisure_pause_end(void);
bool leisure_has_pause(void); /* the calling thread's next rest is one */

#define LEISURE_PIECE_US 100
#define LEISURE_PIECE_US_MAX 500
#define LEISURE_PAUSE_US_MAX 1000 /* most groups are synced and answered within; on a slow disk the processors aren't left to nobody */
/* What a piece takes after the others kept the processor for so long: more the longer it was, so that work goes on while they never end. After a pause it takes as long as the
 * pause did at least: groups that follow each other without end leave it half of a processor that waits for their syncs. */
int64_t leisure_piece_us(int64_t away_us);
