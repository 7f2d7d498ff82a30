/* A run: many events in the order of (person, event time, message, position), in compressed blocks, in one file that never
 * changes. docs/formats/runs.md.
 *
 * A reader trusts no byte: what isn't as it was written is CORRUPT, with the file and the block. A writer or a reader
 * belongs to one thread. */
#pragma once

#include "domain/event/event.h"

#define RUN_FOLDER "runs"
#define RUN_NAME_BYTES_MAX 63u
#define RUN_PATH_BYTES_MAX (sizeof RUN_FOLDER + 1 + RUN_NAME_BYTES_MAX)
/* A block is closed when it has so many, before compression. A look at one person unpacks a block of each run: of 64 KiB that takes three times as long as of 16, which take
 * 2 % more of the disk. */
#define RUN_BLOCK_BYTES 16384u

/* An event with what it is sorted by. */
struct stored_event {
    struct event_note note;
    int64_t event_us;
    struct hash128 message;
    struct bytes packed; /* the envelope; borrowed */
};

/* By event time, then message, then position: the order of one person's events. */
int stored_compare_time(const struct stored_event *a, const struct stored_event *b);
int stored_compare(const struct stored_event *a, const struct stored_event *b); /* by person first: the order of a run */
/* Fills in time and message out of the envelope. CORRUPT: it isn't one. */
fallible stored_of(const struct event_note *note, struct bytes packed, struct stored_event *out_event, struct err *e);

/* What a finished run is. */
struct run_sum {
    uint64_t count; /* of events */
    uint64_t bytes; /* of the file */
    uint64_t digest;
    int64_t first_us, last_us; /* its least and its greatest event time */
    uint32_t first_person, last_person;
};

void run_path(const char *name, char out_path[RUN_PATH_BYTES_MAX]);

struct run_writer;
/* A file of that name that is there is replaced: only a run that nobody refers to may be. `count_about`, of events, says how
 * long the run will live, and so how much time its compression is worth. FULL: no room. */
fallible run_writer_open(struct disk *d, const char *name, uint64_t count_about, struct run_writer **out_writer, struct err *e);
fallible run_writer_add(struct run_writer *w, const struct stored_event *event, struct err *e); /* in order, asserted */
fallible run_writer_finish(struct run_writer *w, struct run_sum *out_sum, struct err *e);       /* file and folder are synced */
void run_writer_close(struct run_writer *w); /* removes what isn't finished; NULL is fine */

/* Where a block's bytes go; may serve many readers, one after the other. */
struct ZSTD_DCtx_s;
struct run_buffers {
    struct buf packed, raw;
    struct ZSTD_DCtx_s *unzip;
};
void run_buffers_init(struct run_buffers *b);
void run_buffers_fini(struct run_buffers *b);

struct run_reader;
/* Reads head and foot only. NOT_FOUND: no such file; INVALID: a later release wrote it; CORRUPT. */
fallible run_reader_open(struct disk *d, const char *name, struct run_reader **out_reader, struct err *e);
void run_reader_close(struct run_reader *r); /* NULL is fine */
/* The same, for who reads a little of many runs: one that was kept open is taken where there is one, and is kept for who comes next, until the run's file is
 * removed (disk_keep). Opening costs 5 us, taking less than one. */
fallible run_reader_take(struct disk *d, const char *name, struct run_reader **out_reader, struct err *e);
void run_reader_keep(struct disk *d, struct run_reader *r); /* of run_reader_take; NULL is fine */
struct run_sum run_reader_sum(const struct run_reader *r);
uint64_t run_reader_blocks(const struct run_reader *r);
/* The blocks that may hold events of the person that are not later than `latest_us`: [*out_from, *out_until). A few small reads: where a
 * person is to be found is guessed by their number. */
fallible run_reader_find(struct run_reader *r, uint32_t person, int64_t latest_us, uint64_t *out_from, uint64_t *out_until, struct err *e);

/* The events of one block, in order. */
struct block_cursor {
    struct unpack u;
    uint32_t left; /* events still to come */
    uint32_t person, person_last;
    const struct run_reader *reader;
    uint64_t block;
};
/* The cursor reads out of `b` until it is used again. */
fallible run_block_open(struct run_reader *r, uint64_t block, struct run_buffers *b, struct block_cursor *out_cursor, struct err *e);
/* While cursor.left > 0. */
fallible run_block_next(struct block_cursor *c, struct event_note *out_note, struct bytes *out_packed, struct err *e);

/* All events of a run, block after block. */
struct run_stream {
    struct run_reader *reader;
    struct run_buffers buffers;
    uint64_t block; /* the next one */
    struct block_cursor cursor;
    struct stored_event now; /* valid when !over */
    bool over;
};
/* On the first event, if there is one. The reader outlives the stream. */
fallible run_stream_open(struct run_reader *r, struct run_stream *out_stream, struct err *e);
fallible run_stream_next(struct run_stream *s, struct err *e);
void run_stream_close(struct run_stream *s); /* zeroes are fine */
