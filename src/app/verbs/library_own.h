/* Thresholds for ready tags out of the workspace's own data: where the question `rfm` cuts those who bought (docs/guide/tags-library.md). */
#pragma once

#include "app/apply/library.h"
#include "app/verbs/errand.h"

#define LIBRARY_OWN_MAX 3u
bool library_own_suits(const struct library_tag *tag); /* it has such a threshold; a group has none itself */

/* Asks the daemon, and says of each threshold that no choice says what the data says, with the day that it was taken on, in the errand's arena. An exit code; what is wrong was said:
 * purchases that aren't orders or one event, nobody who bought. */
int library_own_take(struct errand *d, struct library_choices choices, struct library_choice out_own[LIBRARY_OWN_MAX],
                     size_t *out_count);
