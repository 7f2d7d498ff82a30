/* Acts about identity as a file, one call a line: {"path":"/api/v1/identity/bind","body":{…}}; types first, then acts, the oldest
 * first. What was undone isn't there, nor are blocks and reviews. */
#pragma once

#include "app/verbs/errand.h"

int export_acts(struct errand *d, const char *out); /* to a new file, or (NULL) to standard output; an exit code */
int verb_redo(struct arguments *a);
