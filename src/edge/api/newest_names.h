/* Names as questions know them: those that the state has, and those of properties that only the newest events have, which are in no file of columns yet. */
#pragma once

#include "domain/analytics/analytics.h"
#include "edge/route.h"

struct newest_names;
/* On a thread that may wait (studies_read). Costs a microsecond for each event that came since the last question of the workspace; its columns are kept for the
 * next one. Failures as of host_read and column_view_newest. */
fallible newest_names_open(struct request *r, struct newest_names **out_names, struct err *e);
const struct name_book *newest_names_book(const struct newest_names *n); /* lives as long as they do */
void newest_names_close(struct newest_names *n);                         /* before the answer; NULL is fine */
