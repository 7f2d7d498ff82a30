/* A fit by maximum likelihood: what all value models share. */
#pragma once

#include "domain/analytics/value_models.h"
#include "lib/minimise.h"

/* `s` is a negative log-likelihood. LIMIT, INVALID: the search failed; `what` stands before the words. */
fallible fit_of(const struct surface *s, const char *what, struct fit *out, struct err *e);
