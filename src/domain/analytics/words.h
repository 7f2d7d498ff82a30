/* Names that can be looked up, exactly and by the nearest: a table of a name book. Private to analytics. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"

/* Begins with its name, as lib/nearest.h wants it. */
struct word {
    const char *name;
    size_t size;
    uint32_t of;       /* what else tells words of one name apart */
    uint32_t number;   /* of an event */
    uint32_t alias_of; /* of an event: what it counts as; 0: itself */
    const char *label, *label_zh;
};

/* Begins as zeroes; its memory is the arenas'. */
struct words {
    struct word *rows;
    uint32_t *slots; /* twice as many as there is room for rows: row + 1; 0: free */
    uint32_t count, room;
};
const struct word *word_find(const struct words *w, struct bytes name, uint32_t of); /* NULL: there is none */
/* The first one of a name stays. Copies the name into `texts`, as its label too where none is said; rows grow in `arena`. */
void word_add(struct words *w, struct arena *arena, struct arena *texts, struct bytes name, struct word said);
/* Its own rows, in the arena, with the same texts. Costs the copying of some 64 bytes a word. */
struct words words_copy(const struct words *w, struct arena *arena);
