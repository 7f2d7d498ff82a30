/* `kith segment explain NAME PERSON`, and the same of tags: why somebody is in it or not, as a tree. */
#pragma once

#include "app/verbs/errand.h"

/* `path`: of the API, "/api/v1/segments". The next word is "explain". */
int explain_run(struct errand *d, struct arguments *a, const char *path);
/* `kith segment at NAME --instant TIME|--position N [--person WHO]`: who was in it then; of one person why. */
int then_run(struct errand *d, struct arguments *a, const char *path);
