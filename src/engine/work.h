/* What background work may use. See struct work_kind in domain.h. */
#pragma once

#include <stdatomic.h>

#include "engine/domain.h"
#include "store/disk.h"
#include "store/log.h"

struct work_surroundings {
    struct log *log;   /* log_read of what is synced */
    struct disk *disk; /* files under the domain's own folder; synced before their name goes into a command */
    /* Position of the last checkpoint but one; 0: there is none. What was given up before it, no checkpoint refers to. */
    _Atomic uint64_t checkpoint_older;
    /* What its files may take of a disk that is nearly full, so that commands are refused; 0: all that they need. */
    _Atomic uint64_t room_bytes;
    size_t memory_bytes; /* the engine's budget, for work that takes a share of it */
    atomic_bool *stop; /* look now and then: true means the process wants to end, return CANCELLED */
};
bool work_stopped(const struct work_context *c); /* the process wants to end */

/* The files of one kind of work: those of a folder with such an end and so many dashes in their names. */
struct work_files {
    const char *folder, *suffix;
    unsigned dashes;
    const char *const *names; /* that somebody may still refer to; sorted */
    size_t name_count;
};
/* Puts names into the order that `names` above wants. */
void work_names_sort(const char **names, size_t count);
/* Makes the folder if there is none, and removes what work left behind there that ended before its command was logged. */
fallible work_orphans_remove(struct disk *d, const struct work_files *files, struct err *e);
