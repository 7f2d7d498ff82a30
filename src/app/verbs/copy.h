/* `kith export person`: the copy that a person may ask for, as files they can open. */
#pragma once

#include "app/verbs/errand.h"

/* Writes person.json, orders.ndjson, events.ndjson and index.html, which says the same for people in both languages, into the folder
 * `out`, which is made, or into one archive where its name ends in ".zip". Nobody but its owner may read them. An exit code. */
int copy_export(struct errand *d, const char *who, const char *out);
