/* `kith order put`: versions of orders out of a file, or one said in words. */
#pragma once

#include "app/verbs/errand.h"

int word_order_put(struct errand *d, struct arguments *a); /* of verb_order */
