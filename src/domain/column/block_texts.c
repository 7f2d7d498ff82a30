/* The texts of a block in the making, each kept once. */
#include "domain/column/block_texts.h"

#include <stdlib.h>

#include "base/hash.h"

#define BYTES_MAX (1u << 30)
#define SLOTS_LEAST 256u

void block_texts_init(struct block_texts *t)
{
    *t = (struct block_texts){0};
    buf_init(&t->bytes, BYTES_MAX);
    buf_init(&t->texts, BYTES_MAX);
    buf_init(&t->slots, BYTES_MAX);
}

void block_texts_fini(struct block_texts *t)
{
    buf_fini(&t->bytes);
    buf_fini(&t->texts);
    buf_fini(&t->slots);
}

void block_texts_clear(struct block_texts *t)
{
    buf_clear(&t->bytes);
    buf_clear(&t->texts);
    t->count = 0;
    if (t->slots.size > 0)
        memset(t->slots.data, 0, t->slots.size);
}

struct kept_text *block_text_at(const struct block_texts *t, uint32_t number)
{
    assert(number < t->count);
    return (struct kept_text *)(void *)t->texts.data + number;
}

struct bytes block_text(const struct block_texts *t, uint32_t number)
{
    const struct kept_text *text = block_text_at(t, number);
    return bytes_of(t->bytes.data + text->offset, text->size);
}

/* Where a text of this hash stands, or would stand. Slots hold the number + 1; 0: empty. */
static uint32_t *slot_find(const struct block_texts *t, struct bytes text, uint32_t hash)
{
    uint32_t *slots = (uint32_t *)(void *)t->slots.data, mask = (uint32_t)(t->slots.size / sizeof *slots) - 1, at = hash & mask;
    while (slots[at] != 0 && (block_text_at(t, slots[at] - 1)->hash != hash || !bytes_equal(block_text(t, slots[at] - 1), text)))
        at = (at + 1) & mask;
    return &slots[at];
}

/* Twice the slots, of which at most half are taken. */
static bool slots_grow(struct block_texts *t)
{
    size_t size = t->slots.size == 0 ? SLOTS_LEAST * sizeof(uint32_t) : 2 * t->slots.size;
    buf_clear(&t->slots);
    uint8_t *room = buf_extend(&t->slots, size);
    if (room == NULL)
        return false;
    memset(room, 0, size);
    for (uint32_t i = 0; i < t->count; i++)
        *slot_find(t, block_text(t, i), block_text_at(t, i)->hash) = i + 1;
    return true;
}

bool block_texts_add(struct block_texts *t, struct bytes text, uint32_t *out_number)
{
    uint32_t hash = (uint32_t)hash64(text, 0);
    if ((size_t)t->count * 2 >= t->slots.size / sizeof(uint32_t) && !slots_grow(t))
        return false;
    uint32_t *slot = slot_find(t, text, hash);
    if (*slot == 0) {
        struct kept_text kept = {.offset = (uint32_t)t->bytes.size, .size = (uint32_t)text.size, .hash = hash};
        buf_push(&t->bytes, text);
        buf_push(&t->texts, bytes_of(&kept, sizeof kept));
        if (t->bytes.overflowed || t->texts.overflowed)
            return false;
        *slot = ++t->count;
    }
    *out_number = *slot - 1;
    return true;
}

size_t block_texts_bytes(const struct block_texts *t)
{
    return t->bytes.size + t->texts.size;
}

static int text_compare(const void *a, const void *b, void *texts)
{
    return bytes_compare(block_text(texts, *(const uint32_t *)a), block_text(texts, *(const uint32_t *)b));
}

void block_texts_sort(struct block_texts *t, uint32_t *io_numbers, uint32_t count)
{
    qsort_r(io_numbers, count, sizeof *io_numbers, text_compare, t);
}
