/* Private to people: where a section's bytes lie. Up to SECTION_INLINE_MAX of them stand in the person's row; a longer
 * section has a row of its own, and the person's row only says so. */
#pragma once

#include "domain/people/people.h"

#define SECTION_INLINE_MAX 1536u

extern const struct family long_family; /* person (4 bytes, BE), section (1) -> the section */

/* The section itself, wherever it lies; `raw` as it stands in a person's row, also in one that was combined just now. */
struct bytes section_resolve(const struct view *v, struct bytes raw);
struct bytes section_read(const struct view *v, uint32_t person, const struct section *section);
/* Empty bytes: the person has none. The bytes live in the step's arena. */
void section_write(struct step *s, uint32_t person, const struct section *section, struct bytes value);
/* After a merge: what was combined into the living person's row, or is only pointed to, is put in its place. */
void section_restow(struct step *s, uint32_t living, const struct section *section);
/* Drops the row of its own of a number that is an alias now. */
void section_unstow(struct step *s, uint32_t person, const struct section *section);
