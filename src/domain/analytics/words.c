#include "domain/analytics/words.h"

#include "base/hash.h"

#define WORDS_FIRST 256u /* room for words, doubled as they come; so many slots twice */

static uint32_t *slot_of(const struct words *w, struct bytes name, uint32_t of)
{
    uint32_t mask = w->room * 2 - 1;
    for (uint32_t at = (uint32_t)hash64(name, of) & mask;; at = (at + 1) & mask) {
        uint32_t *slot = &w->slots[at];
        if (*slot == 0)
            return slot;
        const struct word *row = &w->rows[*slot - 1];
        if (row->of == of && bytes_equal(name, bytes_of(row->name, row->size)))
            return slot;
    }
}

const struct word *word_find(const struct words *w, struct bytes name, uint32_t of)
{
    const uint32_t *slot = w->room == 0 ? NULL : slot_of(w, name, of);
    return slot == NULL || *slot == 0 ? NULL : &w->rows[*slot - 1];
}

static void words_grow(struct words *w, struct arena *arena)
{
    struct words larger = {.count = w->count, .room = w->room == 0 ? WORDS_FIRST : w->room * 2};
    larger.rows = ARENA_ARRAY(arena, struct word, larger.room);
    larger.slots = ARENA_ARRAY(arena, uint32_t, (size_t)larger.room * 2);
    if (w->count > 0)
        memcpy(larger.rows, w->rows, w->count * sizeof *w->rows);
    for (uint32_t i = 0; i < w->count; i++)
        *slot_of(&larger, bytes_of(w->rows[i].name, w->rows[i].size), w->rows[i].of) = i + 1;
    *w = larger;
}

void word_add(struct words *w, struct arena *arena, struct arena *texts, struct bytes name, struct word said)
{
    if (name.size == 0 || word_find(w, name, said.of) != NULL)
        return;
    if (w->count == w->room)
        words_grow(w, arena);
    said.name = arena_text(texts, name);
    said.size = name.size;
    if (said.label == NULL)
        said.label = said.name;
    if (said.label_zh == NULL)
        said.label_zh = said.label;
    uint32_t *slot = slot_of(w, name, said.of);
    w->rows[w->count] = said;
    *slot = ++w->count;
}

struct words words_copy(const struct words *w, struct arena *arena)
{
    struct words copy = *w;
    if (w->room == 0)
        return copy;
    copy.rows = arena_take(arena, w->room * sizeof *copy.rows, sizeof(void *));
    copy.slots = arena_take(arena, (size_t)w->room * 2 * sizeof *copy.slots, sizeof *copy.slots);
    memcpy(copy.rows, w->rows, w->count * sizeof *copy.rows);
    memcpy(copy.slots, w->slots, (size_t)w->room * 2 * sizeof *copy.slots);
    return copy;
}
