/* Files that are imported, as bytes from front to end: plain, gzip or zstd, told by their first bytes. */
#pragma once

#include "base/hash.h"

struct input;

/* What a file is known by, wherever it lies and whatever it is called. */
struct input_file {
    uint64_t size_bytes;   /* on disk */
    struct hash128 digest; /* of the bytes on disk */
};

/* Reads the whole file once. Only a file of its own is taken: what comes through a pipe has no digest before its end, and
 * rows are known by it. NOT_FOUND; INVALID: no plain file; IO. */
fallible input_file_read(const char *path, struct input_file *out_file, struct err *e);

/* The path is borrowed until the close. Failures as of input_file_read. */
fallible input_open(const char *path, struct input **out_input, struct err *e);
void input_close(struct input *in); /* NULL is fine */

struct input_file input_file(const struct input *in);

/* No bytes: the end. Borrowed until the next call. INVALID: what is compressed is damaged or ends too early. Memory is bounded
 * whatever the ratio: a frame that asks for a window over 128 MiB is refused. */
fallible input_next(struct input *in, struct bytes *out_piece, struct err *e);
double input_share(const struct input *in); /* of the file that has been read: 0..1 */
