/* What is kept for one question of a workspace after another: its opened columns, and its names. */
#pragma once

#include "domain/analytics/analytics.h"
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
/* The names of `v` under the veil (NULL: none): those of the question before, unless any of them has changed since. The caller's hold. Engine's thread, and
 * a microsecond, but for the question that is the first after a change. */
struct name_book *study_shelf_names(struct study_shelf *h, const struct view *v, const struct veil *veil);
/* Has the workspace's let go of what `v` has given up (column_shelf_tidy): false, somebody reads some of it still. Engine's thread. */
bool study_shelves_tidy(struct study_shelves *s, const struct workspace *w, const struct view *v);
void study_shelves_wake(struct study_shelves *s); /* of all of them who waits for columns looks again (column_shelf_wake); any thread */
void study_shelf_give(struct study_shelves *s, struct study_shelf *h); /* NULL is fine */
