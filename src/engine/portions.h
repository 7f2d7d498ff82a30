/* How the workspaces that are awake share the one budget of memory that the process has.
 *
 * Whoever wants less than an equal part gets what it wants; the others get equal parts of what is left; what nobody wants is
 * divided equally. Who is to have less lets go of it at once, as far as it can; who is to have more gets it as it becomes free.
 * So all of them together stay within the budget, whatever each of them does. */
#pragma once

#include <stddef.h>

#define PORTION_BYTES_MIN ((size_t)32 << 20) /* of each, whatever the budget: what the cold store keeps, and a few rows */

struct portion {
    size_t used;   /* now; 0: it is about to wake */
    size_t wanted; /* SIZE_MAX: all that it can get */
    size_t bytes;  /* in: what it might use until now; out: from now on */
    size_t due;    /* out: what `bytes` comes to when all have let go of what is not theirs */
};

/* O(count^2) at most, for wants that are all different. Asks for no memory. */
void portions_divide(struct portion *portions, size_t count, size_t budget);

/* What a workspace that uses so much wants: some more. */
size_t portion_wanted(size_t used);
