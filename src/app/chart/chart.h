/* Pictures of answers to questions about events, as SVG: so that a person can look instead of read. The same answer gives the same bytes. */
#pragma once

#include "lib/json.h"

/* By the member "question" of the answer; a kind that has no picture of its own becomes bars or lines by what its columns hold. Texts
 * are in the language of the terminal, and readable on a light or a dark page. INVALID: nothing in it can be drawn. */
fallible chart_draw(struct json answer, struct buf *out, struct err *e);
