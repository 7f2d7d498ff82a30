/* Definitions that another verb has in hand, done as `kith apply -f` does them. */
#pragma once

#include "app/verbs/errand.h"

/* Shows what would change, asks, and does it; `is_dry`: only shows; `is_sure`: doesn't ask. `text` is a file of definitions, called `file` in messages.
 * An exit code; what is wrong has been said. */
int apply_text(struct errand *d, const char *file, struct bytes text, bool is_dry, bool is_sure);
