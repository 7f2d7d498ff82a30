/* UUIDs in 16 bytes instead of 36. Most ids that come in as text are UUIDs, and the text must come back exactly, so
 * only the canonical lower-case form is packed; any other way to write one stays plain text. */
#pragma once

#include "base/bytes.h"

#define UUID_BYTES 16
#define UUID_TEXT_BYTES 36 /* 8-4-4-4-12 hexadecimal digits; without a NUL */

struct uuid {
    uint8_t bytes[UUID_BYTES]; /* in the order of the text, so they sort alike */
};
static_assert(sizeof(struct uuid) == UUID_BYTES, "packed into rows and blocks");

enum uuid_form {
    UUID_NONE,  /* not 8-4-4-4-12, or not hexadecimal, or of mixed case */
    UUID_LOWER, /* also when it has no letter at all */
    UUID_UPPER,
};

enum uuid_form uuid_form(struct bytes text); /* any version and variant, also all zeroes */

/* False, and nothing written, unless the form is UUID_LOWER. Some 20 ns. */
bool uuid_pack(struct bytes text, struct uuid *out_uuid);

bool uuid_is(const struct uuid *u, struct bytes text); /* is this the text that was packed? */
/* Writes the text that was packed, and a NUL; returns out_text. */
const char *uuid_text(const struct uuid *u, char out_text[UUID_TEXT_BYTES + 1]);
