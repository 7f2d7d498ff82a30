/* Private to people: what a split leaves to be done. Its parts start with empty folds, and each waits in a row until its
 * events were read again and their fold was logged and installed. docs/formats/people.md. */
#pragma once

#include "domain/people/people.h"
#include "engine/work.h"

#define REFOLD_PARTS_MAX 16u /* parts that one command installs */
#define REFOLDED_BYTES_MAX ((1u << 20) - 4096u)
#define REFOLDED_FORMAT 1u

extern const struct family refold_family;  /* id (8, BE) -> numbers; id, part (4, BE) -> person; and chunk (4, BE) -> owners */
extern const struct family pending_family; /* person (4, BE), id (8, BE), part (4, BE) -> nothing */
extern const struct family origin_family;  /* person (4, BE) -> numbers of whom it came out of, and of itself then */
extern const struct work_kind refold_work;

/* One part that waits. `id` is the position of the split: events from there on were folded as they came. */
struct refold_part {
    uint64_t id;
    uint32_t part;
    uint32_t person; /* that has its owners now */
};
bool refold_part_find(const struct view *v, uint64_t id, uint32_t part, struct refold_part *out_part);
/* The first part of `id` from `part` on. */
bool refold_part_next(const struct view *v, uint64_t id, uint32_t part, struct refold_part *out_part);
/* Owners of a part, of 16 bytes each, in chunks from 0 on; false: no more. */
bool refold_owners_next(const struct view *v, const struct refold_part *p, uint32_t chunk, struct bytes *out_owners);
/* The oldest re-fold that waits, and the numbers under which its events may be stored. */
bool refold_first(const struct view *v, uint64_t *out_id, const uint32_t **out_numbers, size_t *out_count);

void refold_on_split(struct step *s, const struct split *split);
void refold_on_merge(struct step *s, uint32_t absorbed, uint32_t living);
void refold_on_forget(struct step *s, struct forgotten *who);

void refolded_needs(const struct view *v, struct bytes payload);
const struct refusal *refolded_apply(struct step *s, struct bytes payload);
extern const struct refusal refold_over;
