/* Copying files while a daemon is at work on the same disk: in pieces, sent to the disk as they are written, at a bounded rate,
 * hashed on the way. */
#pragma once

#include "app/backup/set.h"

struct copying;
struct copying *
copying_create(const struct backup_pace *pace); /* lowers the priority of this thread's I/O and work; borrows pace */
void copying_destroy(struct copying *c);        /* NULL is fine */

/* Makes `to`, which is absent, of the first `size` bytes of `from`, and syncs it. CORRUPT: there are fewer. FULL. IO. */
fallible copy_file(struct copying *c, const char *from, const char *to, uint64_t size, struct hash128 *out_hash,
                   struct err *e);
