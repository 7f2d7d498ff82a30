/* The opened columns of workspaces, kept for one question after another. */
#pragma once

#include "domain/column/column.h"
#include "engine/host.h"

struct study_shelves;
struct study_shelves *study_shelves_create(void);
void study_shelves_destroy(struct study_shelves *s); /* waits until all are given back; NULL is fine */

/* Whoever takes one gives it back when nothing of it is used any more; of workspaces that nobody asks about, only the last few keep theirs. Any thread. */
struct study_shelf;
struct study_shelf *study_shelf_take(struct study_shelves *s, const struct workspace *w,
                                     size_t bytes_max); /* a new one keeps so much */
struct column_shelf *study_shelf_columns(const struct study_shelf *h);
/* Has the workspace's let go of what `v` has given up (column_shelf_tidy): false, somebody reads some of it still. Engine's thread. */
bool study_shelves_tidy(struct study_shelves *s, const struct workspace *w, const struct view *v);
void study_shelf_give(struct study_shelves *s, struct study_shelf *h); /* NULL is fine */
