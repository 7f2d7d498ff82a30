/* Acts: what people did about identity by hand, kept with by whom and why, so that each can be shown and taken back. */
#pragma once

#include "domain/identity/resolve.h"

#define ACT_KEYS_MAX 65u
#define ACT_BY_BYTES_MAX 255u
#define ACT_REASON_BYTES_MAX 1000u

extern const struct family act_family; /* position (8, BE) -> act */
extern const struct setting acts_kept;

/* What undoing needs: identifiers (with their holders) whose people the act joined, or parted. */
struct act_keys {
    uint32_t count;
    bool rejoins; /* they were one person, and will be again */
    struct hash128 keys[ACT_KEYS_MAX];
};
void act_keys_add(struct act_keys *k, struct hash128 key); /* the 66th is not kept */

struct act_row {
    uint32_t command;
    int64_t time_us;
    bool is_undone;
    uint64_t previous; /* position of the act before, + 1; 0: it is the first */
    struct bytes by, reason, summary;
    struct act_keys keys;
    uint32_t named_count;
    struct hash128 named[ENVELOPE_IDS_MAX]; /* plain keys of the identifiers that the summary says */
};
/* Keeps the act of this step, lets the oldest go, and replies with the people it was about. */
void act_keep(struct desk *d, uint32_t command, const struct identity_act *act, const struct act_keys *keys);
bool act_read(const struct view *v, uint64_t position, struct act_row *out_row);
bool act_is_about(const struct act_row *row, const struct hash128 *owners, uint32_t owner_count);
bool act_joined(uint32_t command); /* made one person of several: undoing it takes them apart */
bool act_parted(uint32_t command); /* made several of one, or keeps them so */
/* Takes words and identifiers out of the acts before `until` that joined or parted people of these owners, or say an identifier of
 * theirs, some at a time from *io_from on, which it moves; false: that was the last. The former can't be undone any more. */
bool acts_blank(struct step *s, uint64_t *io_from, uint64_t until, const struct hash128 *owners, uint32_t owner_count);
void act_mark_undone(struct desk *d, uint64_t position);
