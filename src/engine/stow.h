/* Where a long section's bytes lie. Up to SECTION_INLINE_MAX of them stand in the person's row; a longer section has a row of its
 * own in its family `beyond`, and the person's row only says so: u8 2, u32 person, u8 section, that row's key. So the first byte
 * of such a section is never 2 (SECTION_ELSEWHERE). A person's row stays small, whatever people do. */
#pragma once

#include "engine/domain.h"

#define SECTION_INLINE_MAX 1536u
#define SECTION_ELSEWHERE 2u

/* The section itself, wherever it lies; `raw` as it stands in a person's row, also in one that was combined just now. */
struct bytes section_resolve(const struct view *v, struct bytes raw);
struct bytes section_read(const struct view *v, uint32_t person, const struct section *section);
/* Empty bytes: the person has none. The bytes live in the step's arena. */
void section_write(struct step *s, uint32_t person, const struct section *section, struct bytes value);
/* After a merge: what was combined into the living person's row, or is only pointed to, is put in its place. */
void section_restow(struct step *s, uint32_t living, const struct section *section);
/* Drops the row of its own of a number that is an alias now. */
void section_unstow(struct step *s, uint32_t person, const struct section *section);
