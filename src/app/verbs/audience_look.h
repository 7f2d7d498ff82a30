/* Tags and segments looked at as a whole: reach, overlap, portrait, growth, health. Each is a word of `kith segment` and of `kith tag`; `path` is that of their API. */
#pragma once

#include "app/verbs/errand.h"

int look_reach(struct errand *d, struct arguments *a, const char *path);
int look_portrait(struct errand *d, struct arguments *a, const char *path);
int look_growth(struct errand *d, struct arguments *a, const char *path);
int look_health(struct errand *d, struct arguments *a, const char *kind); /* "tag" or "segment" */
int look_overlap(struct errand *d, struct arguments *a, const char *kind); /* of names without a kind */
