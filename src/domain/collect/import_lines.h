/* Lines of imported files: each counts once, for ever, whatever became of its message's id. `kith import` gives a row the id
 * <digest of the file>:<line>; which lines of a file came is kept in bits, 4,096 lines a row: an eighth of a byte a line, and
 * some 100 bytes a row. Such events take no place among the message ids. docs/formats/messages.md. */
#pragma once

#include "domain/collect/envelope.h"
#include "engine/step.h"

#define IMPORT_LINE_MAX (UINT64_C(1) << 40)

extern const struct family import_line_family; /* digest, hash of the source, line / 4096 -> bits */

struct import_line {
    uint8_t digest[16]; /* of the file, as its digits stand */
    uint64_t source;    /* a hash: the same file of another source is another history */
    uint64_t line;
};
/* false: the event isn't marked as import, or its id has another form. */
bool import_line_of(const struct envelope *v, struct import_line *out_line);
bool import_line_is_known(const struct view *v, const struct import_line *line);
void import_line_remember(struct step *s, const struct import_line *line);
