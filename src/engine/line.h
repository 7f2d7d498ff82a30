/* The commands of one workspace in the order in which they came, until its engine takes them. While the engine holds, they
 * stay here, and whoever sends more is turned away once there are many.
 *
 * The engine's thread alone puts and takes; line_is_full is for any thread. */
#pragma once

#include <stdatomic.h>

#include "engine/engine.h"

#define LINE_COMMANDS_MAX (1u << 18) /* more come in only with messages that were let in before */

struct line {
    struct submission *first, *last; /* through their `next`; first NULL: empty */
    atomic_size_t count;
};

void line_put(struct line *l, struct submission *submissions, size_t count); /* side by side; stay where they are */
/* The oldest ones, at most as many as one group of an engine has, into `out`. Returns how many; 0: the line is empty. */
size_t line_take(struct line *l, struct submission *out[static ENGINE_GROUP_COMMANDS_MAX]);
bool line_is_empty(const struct line *l);
bool line_is_full(const struct line *l);
