/* What was decided by hand, as a file: one call of the daemon a line, {"path":"/api/v1/identity/bind","body":{…}}. Declared types of
 * identifiers come first; then acts about identity and orders, the oldest first, each with its position in the log, when it was
 * decided, and by whom. With the events of the same workspace beside it each is done again where it stood. */
#pragma once

#include "app/verbs/errand.h"

#define IDENTITY_PATH "/api/v1/identity/"
#define ORDERS_PATH "/api/v1/orders/"
#define TYPE_PATH IDENTITY_PATH "type"
#define UNDO_WORD "undo"

int export_acts(struct errand *d, const char *out); /* to a new file, or (NULL) to standard output; an exit code */
int verb_redo(struct arguments *a);
