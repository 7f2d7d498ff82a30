/* A block in the making: rows are added, then it is encoded. For file_write.c. */
#pragma once

#include "domain/column/inside.h"

struct block_builder;
struct block_builder *block_builder_create(struct column_set *set); /* the set outlives it */
void block_builder_destroy(struct block_builder *b);                /* NULL is fine */
uint32_t block_builder_count(const struct block_builder *b);
bool block_builder_is_full(const struct block_builder *b);
fallible block_builder_add(struct block_builder *b, const struct column_row *row, struct err *e); /* copies; FULL */
/* Appends the block to `out`, with all of `out_place` but the offset, and is empty again. */
fallible block_builder_encode(struct block_builder *b, struct buf *out, struct block_place *out_place, struct err *e);
/* Columns that have come got numbers: how many, and which of the set each is. */
uint32_t block_builder_names(const struct block_builder *b);
uint32_t block_builder_name(const struct block_builder *b, uint32_t number);
