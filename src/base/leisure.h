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

#define LEISURE_PIECE_US 100
#define LEISURE_PIECE_US_MAX 500
/* What a piece takes after the others kept the processor for so long: more the longer it was, so that work goes on while they never end. */
int64_t leisure_piece_us(int64_t away_us);
