/* What people decide of people, for `kith segment` and `kith tag`: one by one, by a file, as a snapshot. Exit codes, as errands have them. */
#pragma once

#include "app/verbs/errand.h"

/* tag set|unset, segment add|remove; `kind`: "tag", "segment". */
int listing_put(struct errand *d, struct arguments *a, const char *kind, bool is_off);
int listing_acts(struct errand *d, struct arguments *a);     /* who set what on a person, when and why */
int listing_put_file(struct errand *d, struct arguments *a); /* of both kinds: what an export has */
int listing_import(struct errand *d, struct arguments *a, const char *kind);
int listing_freeze(struct errand *d, struct arguments *a, const char *path); /* of the API: "/api/v1/segments" */
