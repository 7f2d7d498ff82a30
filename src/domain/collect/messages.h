/* The ids of messages that came, so that each counts once. An id is known iff it was taken in less than `dedup_days` ago and
 * is among the last `dedup_ids`, wherever it is kept: the answer hangs on nothing else.
 *
 * Where they are kept. The newest are a series, found by hash (store/rows.h). When two generations are there, the older one
 * is written in the background as a sieve (store/sieve.h), and leaves memory by a logged command; four sieves of a size are
 * merged into one; a sieve goes as a whole when none of its ids can count any more. docs/formats/messages.md.
 *
 * The place of an id is its number among all that were ever taken in. Times are whole seconds of log time. Raising a bound
 * does not bring back what was let go before. */
#pragma once

#include "domain/collect/collect.h"
#include "engine/work_files.h"

#define MESSAGE_FOLDER "messages"
#define MESSAGE_PATH_BYTES_MAX SIEVE_PATH_BYTES_MAX
#define MESSAGE_MERGE_FILES 4u /* of one size */

extern const struct family message_family;      /* series: the newest ids */
extern const struct family message_file_family; /* first place (8 bytes, big-endian) -> a file in force */
extern const struct family
    message_retired_family; /* position of the giving up (8 bytes, big-endian), name -> a format byte */
extern const struct family message_mark_family; /* "mark" -> how far back all ids are kept */
extern const struct work_files message_files; /* files in force, and those given up */
extern const struct setting dedup_days, dedup_ids, dedup_generation;

/* What decides whether an id counts. */
struct message_bounds {
    int64_t days_s;
    int64_t now_s;
    uint64_t ids;
    uint64_t end; /* the next place */
};
struct message_bounds message_bounds_of(const struct view *v);

/* An id that was taken in; the hash first, as series found by hash want it. */
struct message_seen {
    uint8_t hash[16]; /* low, high */
    uint8_t seen_s[4];
};
static_assert(sizeof(struct message_seen) == 20, "message ids are on disk");
struct hash128 message_hash(const struct message_seen *m);
uint32_t message_seen_s(const struct message_seen *m);

/* What a sieve has for an id: when it came, and its place modulo 2^32. Bounds keep far fewer than that. */
static inline uint64_t message_value(uint32_t seen_s, uint64_t place)
{
    return (uint64_t)seen_s << 32 | (uint32_t)place;
}
bool message_value_counts(const struct message_bounds *b, uint64_t value);
bool message_value_is_newer(uint64_t a, uint64_t b); /* by place */

/* Did this message come before? For a command's `needs` as well: what is not in memory is then noted as missing. */
bool message_is_known(const struct view *v, struct hash128 message);
void message_prefetch(const struct view *v, struct hash128 message);
void message_remember(struct step *s, struct hash128 message); /* and now and then lets go of what is too old */
/* The first place in memory that can still count. */
uint64_t message_first_counting(const struct view *v);
/* All ids up to one that was seen then are let go. */
void message_mark_forgotten(struct step *s, uint32_t seen_s);

int64_t messages_horizon_us(const struct view *v);
uint64_t messages_in_memory(const struct view *v);

/* --- files --- */

struct message_file {
    char name[WORK_NAME_BYTES_MAX + 1];
    uint64_t first, until;       /* places of its ids are in [first, until), not all in there are its own */
    uint32_t oldest_s, newest_s; /* when ids of these places came */
    struct sieve_sum sum;
};
void message_path(const char *name, char out_path[MESSAGE_PATH_BYTES_MAX]);
/* The files in force by their first place: >= from. */
bool message_file_next(const struct view *v, uint64_t from, struct message_file *out_file);
bool message_file_is_past(const struct message_bounds *b,
                          const struct message_file *f);                       /* none of its ids counts any more */
void message_files_said(const struct view *v, sieve_said said, void *context); /* domain->sieves */

/* --- the command of all background work: collect.messages_moved --- */

#define MESSAGES_MOVED_BYTES_MAX 8192u
static_assert(WORK_SWEPT_BYTES_MAX < MESSAGES_MOVED_BYTES_MAX - 512, "the rest takes less");

/* Ids moved from memory into a file, from files into one, or from a file to nowhere. Every part may be absent. */
struct messages_moved {
    uint64_t drop_until;  /* places before it leave memory; 0: none */
    uint32_t forgotten_s; /* when the newest id came that was left out, since it counts no more; 0: none was */
    uint32_t removed_count;
    uint64_t removed[MESSAGE_MERGE_FILES]; /* first places of the files that are now one */
    struct work_swept swept; /* whose files are gone */
    bool has_file;
    struct message_file file;
};
void messages_moved_pack(struct buf *b, const struct messages_moved *m);
fallible messages_moved_check(struct bytes payload, struct err *e);
void messages_moved_needs(const struct view *v, struct bytes payload);
const struct refusal *messages_moved_apply(struct step *s, struct bytes payload);

extern const struct work_kind stow_work, stow_merge_work, stow_sweep_work;
