/* A roster: a set of 32-bit numbers under a 128-bit key, such as the customers of a guide, the orders of an owner, the
 * children of a thing. It lives in rows that go cold, at 4 bytes a number and about 30 bytes a key.
 *
 * A domain gives it two families: `pages`, NUMBERED with rows of up to ROW_BYTES_MAX, and `index`, an INDEX that goes cold. They
 * may serve many keys, and hold nothing else. Up to ROSTER_PAGE_MAX numbers stand in the key's own row; more of them in pages of
 * so many, with a directory in the key's row, which also has the last numbers that came behind all others. Format: docs/formats/rows.md.
 *
 * Of a key 80 bits decide, as in every index: of bytes that outsiders choose no key is made, but of the number that stands for
 * them, or by a secret hash. 0 is no number. */
#pragma once

#include "engine/step.h"

struct roster {
    const struct family *pages;
    const struct family *index;
};

#define ROSTER_PAGE_MAX 2560u
#define ROSTER_NUMBERS_MAX 1000000u /* a key has room for at least so many, however they came and went */

/* For `needs`: touches what roster_has, roster_add and roster_remove read of this number: the key's row, one page, and the pages
 * beside it that are half empty. */
void roster_touch(const struct view *v, const struct roster *r, struct hash128 key, uint32_t number);
/* Writes two rows, a page of up to 10 KiB and the key's; three when a page comes or goes. What comes behind all others most often writes
 * the key's alone. What is in it already, or isn't, changes
 * nothing. false: the roster is full, and nothing is written. */
bool roster_add(struct step *s, const struct roster *r, struct hash128 key, uint32_t number);
void roster_remove(struct step *s, const struct roster *r, struct hash128 key, uint32_t number);

bool roster_has(const struct view *v, const struct roster *r, struct hash128 key, uint32_t number);
/* The numbers above `after` (0: from the first), in order, at most `max`; returns how many. Two pages on average have more than
 * ROSTER_PAGE_MAX / 2 numbers, and each is a row that may be cold. */
uint32_t roster_read(const struct view *v, const struct roster *r, struct hash128 key, uint32_t after,
                     uint32_t *out_numbers, uint32_t max);
uint32_t roster_count(const struct view *v, const struct roster *r, struct hash128 key); /* reads the key's row alone */

/* A set that has no bound: a roster for each ROSTER_SHARD_NUMBERS numbers. It is named by bytes, whosever they are: sets whose names
 * have one hash are one, so a reader compares what it finds. */
#define ROSTER_SHARD_BITS 19u
#define ROSTER_SHARD_NUMBERS (1u << ROSTER_SHARD_BITS)
void roster_set_touch(const struct view *v, const struct roster *r, struct bytes set, uint32_t number);
void roster_set_add(struct step *s, const struct roster *r, struct bytes set, uint32_t number);
void roster_set_remove(struct step *s, const struct roster *r, struct bytes set, uint32_t number);
bool roster_set_has(const struct view *v, const struct roster *r, struct bytes set, uint32_t number);
/* As roster_read, of numbers below `end`. Reads a row for each shard that is passed. */
uint32_t roster_set_read(const struct view *v, const struct roster *r, struct bytes set, uint32_t after, uint32_t end,
                         uint32_t *out_numbers, uint32_t max);
uint64_t roster_set_count(const struct view *v, const struct roster *r, struct bytes set, uint32_t end);
