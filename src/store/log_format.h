/* The bytes of the log (docs/formats/log.md): pure functions between structs and bytes. */
#pragma once

#include "store/log.h"

#define LOG_SEGMENT_HEADER_BYTES 64u
#define LOG_GROUP_HEADER_BYTES 48u
#define LOG_CRC_BYTES 4u
/* The most that a record takes beside its payload: five varints (3 + 3 + 10 + 10 + 5) and a checksum. */
#define LOG_RECORD_OVERHEAD_BYTES_MAX 35u
#define LOG_KIND_FOLLOWS LOG_KIND_END /* added to the kind of a record that says what it follows */
#define LOG_FORMAT 1u
#define LOG_GROUP_MAGIC 0x5052474bu   /* "KGRP" */
#define LOG_SEGMENT_MAGIC 0x474f4c4bu /* "KLOG" */

struct log_segment_header {
    uint32_t magic;
    uint32_t format;
    uint32_t apply_version;
    uint32_t run;         /* grows with each open for writing */
    uint64_t first;       /* the position of this header's first byte */
    int64_t base_time_us; /* times of records are told from here */
    uint64_t synced;      /* all before this position was durable when the header was written */
    uint32_t seed;        /* checksum of the last record before */
    uint32_t reserved;    /* 0 */
    uint64_t owner;       /* as of log_options */
    uint32_t reserved_too; /* 0 */
    uint32_t check;       /* CRC-32C of the bytes above; the first group's seed */
};
static_assert(sizeof(struct log_segment_header) == LOG_SEGMENT_HEADER_BYTES, "segment headers are on disk");

struct log_group_header {
    uint32_t magic;
    uint32_t size;     /* bytes of the records behind this header */
    uint32_t count;    /* of records, at least 1 */
    uint32_t run;
    uint64_t position; /* of this header */
    int64_t time_us;   /* of the first record */
    uint64_t synced;
    uint32_t check;    /* CRC-32C of the bytes above: so that it can be read on its own */
    uint32_t crc;      /* CRC-32C of the bytes above `check`, seeded with what comes before: so that it is in its place */
};
static_assert(sizeof(struct log_group_header) == LOG_GROUP_HEADER_BYTES, "group headers are on disk");

void log_segment_header_seal(struct log_segment_header *h); /* fills in magic, format, check */
/* INVALID: a format of a later release. CORRUPT: not a header, or not one for position `first`. */
fallible log_segment_header_read(struct bytes in, uint64_t first, struct log_segment_header *out_header, struct err *e);

void log_group_header_seal(struct log_group_header *h, uint32_t seed); /* fills in magic, check, crc */
/* Is there a whole, plausible header for this position? Looks at `check` only. */
bool log_group_header_read(struct bytes in, uint64_t position, struct log_group_header *out_header);
uint32_t log_group_header_crc(const struct log_group_header *h, uint32_t seed);

size_t log_record_measure(const struct log_record *record, int64_t base_time_us); /* bytes that it will take */
/* Writes a record to `at`, which has room for the payload and LOG_RECORD_OVERHEAD_BYTES_MAX; returns the bytes written
 * and moves *crc on. */
size_t log_record_write(uint8_t *at, const struct log_record *record, int64_t base_time_us, uint32_t *crc);
/* Writes a whole group to `at`, which has room for it (log_group_measure), and fills in the records' positions. `h` brings
 * run, position and synced. Returns the last record's checksum. */
struct log_group {
    struct log_record *records;
    size_t count;
    int64_t base_time_us;
    uint32_t seed;
};
size_t log_group_measure(const struct log_group *g); /* bytes, header included */
uint32_t log_group_write(uint8_t *at, struct log_group_header h, const struct log_group *g);
/* Reads the record at the start of `in`; the payload is borrowed from there, the position is left alone. Returns the
 * record's bytes and moves *crc on; 0: there is none, or its checksum is wrong. */
size_t log_record_read(struct bytes in, int64_t base_time_us, struct log_record *out_record, uint32_t *crc);
/* What the record that starts with `in` takes in all, checksum included; 0: these bytes don't tell. */
size_t log_record_size(struct bytes in);
uint32_t log_crc_at(const uint8_t *at); /* a stored checksum */
