/* The bytes of a run's file, for run_write.c, run_read.c and their tests. docs/formats/runs.md */
#pragma once

#include "base/hash.h"

#define RUN_MAGIC 0x4e55524bu      /* "KRUN" */
#define RUN_FOOT_MAGIC 0x444e4552u /* "REND" */
#define RUN_FORMAT 2u
/* One event more than a full block: an envelope of the greatest size, and what stands around it. */
#define RUN_RAW_BYTES_MAX (RUN_BLOCK_BYTES + ENVELOPE_BYTES_MAX + 64u)

struct run_head {
    uint32_t magic, format;
    uint32_t zero[5];
    uint32_t crc; /* of what is before it */
};
static_assert(sizeof(struct run_head) == 32, "runs are on disk");

/* Before each block's compressed bytes. */
struct block_head {
    uint32_t crc; /* of the block's offset (8 bytes), then of all behind this field */
    uint32_t raw_bytes, packed_bytes;
    uint32_t count;
};
static_assert(sizeof(struct block_head) == 16, "runs are on disk");

/* The index has one of these a block. */
struct block_entry {
    uint32_t first_person, last_person;
    int64_t first_us; /* of its first event */
    uint64_t offset;
    uint32_t bytes; /* head and compressed bytes */
    uint32_t count;
    uint32_t zero;
    uint32_t crc; /* of what is before it */
};
static_assert(sizeof(struct block_entry) == 40, "runs are on disk");

struct run_foot {
    uint32_t magic, format;
    uint64_t index_offset;
    uint64_t block_count;
    uint64_t count;
    uint64_t digest; /* over the blocks and the index, each as one piece */
    int64_t first_us, last_us; /* the least and the greatest event time */
    uint32_t first_person, last_person;
    uint32_t zero;
    uint32_t crc; /* of what is before it */
};
static_assert(sizeof(struct run_foot) == 72, "runs are on disk");

/* The checksum that stands in a struct's last four bytes. */
static inline uint32_t crc_of_front(const void *data, size_t size)
{
    return crc32c(0, bytes_of(data, size - sizeof(uint32_t)));
}

static inline uint32_t crc_of_block(uint64_t offset, struct bytes behind_crc)
{
    return crc32c(crc32c(0, bytes_of(&offset, sizeof offset)), behind_crc);
}
