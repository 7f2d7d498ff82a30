/* The texts of a block in the making, each kept once under a number. One thread. */
#pragma once

#include "base/bytes.h"

struct kept_text {
    uint32_t offset, size; /* in the bytes */
    uint32_t hash;
    uint32_t column; /* that is being encoded, + 1: it has this text, as `code`; the caller's */
    uint32_t code;
};

struct block_texts {
    uint32_t count;
    struct buf bytes;
    struct buf texts; /* struct kept_text */
    struct buf slots; /* uint32_t */
};

void block_texts_init(struct block_texts *t);
void block_texts_fini(struct block_texts *t);
void block_texts_clear(struct block_texts *t); /* memory is kept */
/* Copies it when it is new. false: no memory. */
bool block_texts_add(struct block_texts *t, struct bytes text, uint32_t *out_number);
struct kept_text *block_text_at(const struct block_texts *t, uint32_t number);
struct bytes block_text(const struct block_texts *t, uint32_t number); /* borrowed until the next one is added */
size_t block_texts_bytes(const struct block_texts *t);
void block_texts_sort(struct block_texts *t, uint32_t *io_numbers, uint32_t count); /* into byte order */
