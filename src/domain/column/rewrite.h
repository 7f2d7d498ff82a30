/* Writing files of a month anew as one, in which all moves are settled: rows of merged people under their numbers of now, of parted ones
 * each under its owner's, of erased ones none. For merging and for purging. */
#pragma once

#include "domain/column/moves.h"
#include "domain/column/work.h"

/* What an order keeps of the engine's thread for it. */
struct rewrite_order {
    struct event_view *events;
    struct series_view *moves;
    struct file_row files[MERGE_FILES_MAX]; /* of one month, in the order of their places */
    size_t file_count;
};
void rewrite_order_open(struct rewrite_order *o, const struct view *v, const struct work_surroundings *around); /* but for the files */
void rewrite_order_close(struct rewrite_order *o);

/* Files [from, until) of the order. `ending` makes the new one's name another than those of other works. */
fallible files_rewrite(const struct work_context *c, const struct rewrite_order *o, size_t from, size_t until, const char *ending,
                       struct column_merged *out_merged, struct err *e);
