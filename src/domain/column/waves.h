/* Waves: the moves that a view knows, cut into ranges one after the other, and of each the rows of whom it moved. What a new move costs is
 * a new wave: those before it stay as they are, and only hide whom a later one moves again.
 *
 * A wave takes its rows from what is before it: the source, and earlier waves. Its rows are under their numbers as of its end; erased people are in none. A wave
 * that isn't much larger than all behind it becomes one with them, out of their rows alone: so there are few, each many times as large as the next. */
#pragma once

#include "domain/column/shelf.h"
#include "engine/work.h"

#define WAVES_MAX 16u

/* What rows come out of. */
struct source {
    struct held *held;
    uint64_t settled;              /* as of struct file_row; 0: as of each event */
    struct held *moved[WAVES_MAX]; /* the rows of each wave */
};

struct wave {
    struct held *held; /* its moves */
    uint64_t from, until; /* of the series, by index */
};

struct waves {
    struct column_shelf *shelf;
    const struct series_view *series;
    struct event_view *events;
    const struct work_surroundings *around;
    const atomic_bool *is_cancelled; /* NULL: nobody cancels it */
    struct wave list[WAVES_MAX];
    uint32_t count;
};

/* The waves of all moves of the series, and their rows of each source: from the shelf, or made. Once; errors as of column_view_load. What was taken is
 * there after a failure too. */
fallible waves_load(struct waves *w, struct source *sources, size_t source_count, struct err *e);
void waves_release(struct waves *w, struct source *sources, size_t source_count); /* of sources what waves took */
/* Numbers of the chunk whose rows count that the source has (`after` 0), or the wave `after` - 1: as people of struct block_list. NULL: all. */
const uint64_t *waves_people(const struct waves *w, uint32_t after, uint32_t chunk, struct arena *arena);

/* Whether a name on the shelf is of a wave's rows or moves: *out_from of the series it begins at, *out_source what it is of, "" of moves. */
bool wave_name_read(const char *name, uint64_t *out_from, const char **out_source);
