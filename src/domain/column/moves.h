/* Moves: what became of people since files said who they were. A number was merged into another one, its people were parted, or it was
 * erased; rows that are older than that are looked at through these. docs/formats/columns.md.
 *
 * A row says who its person was as of a position: that of its event, or a later one up to which its file is settled. From there on the
 * moves are followed, one after the other. Of people who were parted an event's owner decides. */
#pragma once

#include "domain/column/column.h"

struct forgotten;
struct merged;
struct split;

enum move_kind {
    MOVE_MERGED, /* what was of `person` is of `living` */
    MOVE_PARTED, /* of what was of `person`, each owner's part is whose MOVE_OWNED of the same position says; else it stays */
    MOVE_OWNED,  /* events of the owner are of `living` */
    MOVE_ERASED, /* what was of `person` is of nobody, and hidden */
    MOVE_STORED, /* events of people who were parted may be stored under the number `person`: their owners are to be looked up there */
};

struct column_move {
    uint64_t position; /* of the command; of one position they stand in the order in which they happened */
    struct hash128 owner;
    uint32_t person, living;
    uint32_t kind; /* enum move_kind */
    uint32_t zero;
};
static_assert(sizeof(struct column_move) == 40, "moves are on disk");

extern const struct family move_family; /* series of struct column_move */

void moves_hear_merged(struct step *s, const void *fact); /* struct merged */
void moves_hear_split(struct step *s, const void *fact);  /* struct split */
void moves_forget(struct step *s, struct forgotten *who);
void moves_drop(struct step *s, uint64_t before); /* by position; not in the step of a push */
uint64_t moves_count(const struct view *v);

/* Moves of a frozen view, for look-ups by any threads. */
struct moves;
/* Those of [from, until) of the series, where no step is cut in two. A copy: the series may go. A millisecond for some thousand moves. */
struct moves *moves_open(const struct series_view *series, uint64_t from, uint64_t until);
struct moves *moves_open_all(const struct series_view *series);
void moves_close(struct moves *m); /* NULL is fine */
size_t moves_bytes(const struct moves *m);
bool moves_any(const struct moves *m);
/* CHUNK_WORDS words with a bit for each number of the chunk that moved; NULL: none did. A few nanoseconds. */
const uint64_t *moves_of_chunk(const struct moves *m, uint32_t chunk);
bool moves_have(const struct moves *m, uint32_t person);
/* Numbers under which events of parted people may be stored; ascending, each once. */
size_t moves_stored(const struct moves *m, const uint32_t **out_numbers);

#define PERSON_GONE UINT32_MAX /* erased */
/* Does it take the owner to tell whose a row of this number is, which is settled up to `since`? */
bool moves_ask_owner(const struct moves *m, uint32_t person, uint64_t since);
/* Whose it is now. `owner` may be NULL where it isn't asked for. */
uint32_t moves_follow(const struct moves *m, uint32_t person, uint64_t since, const struct hash128 *owner);
/* May any row of the number be gone by now? */
bool moves_may_be_gone(const struct moves *m, uint32_t person, uint64_t since);
