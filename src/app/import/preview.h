/* What an import would do, before it does it. */
#pragma once

#include "app/import/import.h"

/* Prints what the first `groups` rows (or groups of rows) would become, with their faults; then which names nobody has told of yet, and which
 * people who are several now one row names together. Asks the daemon, and changes nothing. */
fallible import_preview(const struct import_options *o, uint64_t groups, struct err *e);
