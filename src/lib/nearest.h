/* The name that was probably meant by a word that is none of the names: for messages that help. */
#pragma once

#include "base/bytes.h"

#define NEAREST_BYTES_MAX 64u /* of a word what is behind does not count; longer names are near to nothing */

/* The name that takes the fewest edits for its length: bytes put in, left out or changed (Levenshtein), where the case of ASCII
 * letters is no change; of equals the one of fewer edits, then the first. Each of the `count` rows of `row_bytes` begins with
 * a `const char *`; "" when there is none. Costs the product of both lengths a name. */
const char *nearest_name(struct bytes word, const void *rows, size_t count, size_t row_bytes);

/* The same; NULL when more than one edit and half the name would have to be changed. */
const char *near_name(struct bytes word, const void *rows, size_t count, size_t row_bytes);
