/* Lines of imported files: each counts once, for ever, whatever became of its message's id. `kith import` says of each event
 * in which line of which file it stands; which lines of a file came is kept in bits, 1,024 lines a row: an eighth of a byte
 * a line, and some 100 bytes a row. docs/formats/messages.md. */
#pragma once

#include "domain/collect/envelope.h"
#include "engine/step.h"

extern const struct family import_line_family; /* file, hash of the source, line / 1024 -> bits */

/* Of an envelope that has a line. The same file of another source is another history. */
bool import_line_is_known(const struct view *v, const struct envelope *envelope);
void import_line_remember(struct step *s, const struct envelope *envelope);
