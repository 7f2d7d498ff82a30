/* The daemon's own words, for whoever runs it: one JSON line on standard error for each notable thing. Never holds
 * personal data. Any thread. */
#pragma once

#include "base/bytes.h"

enum journal_level { JOURNAL_INFO, JOURNAL_WARN, JOURNAL_ERROR };

/* {"time":…,"level":"info","what":"workspace_woken","words":"…"} */
void journal(enum journal_level level, const char *what, const char *format, ...) PRINTF_LIKE(3, 4);
