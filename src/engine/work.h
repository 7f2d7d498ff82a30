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
    /* Of the disk beyond what is kept of it: see work_has_room. */
    _Atomic uint64_t spare_bytes;
    /* Some work that runs is needed soon by now: none of them rests. */
    atomic_bool is_in_haste;
    _Atomic size_t memory_bytes; /* the engine's budget, for work that takes a share of it */
    atomic_bool *stop; /* look now and then: true means the process wants to end, return CANCELLED */
    bool is_threaded;  /* work may take threads besides its own */
};
/* Runs `part` on a thread a core, all at the pace of the work's own, which is one of them; back when all are. Where there are no threads, once. */
void work_share(const struct work_context *c, void (*part)(void *context), void *context);
unsigned work_threads(const struct work_context *c); /* on which work_share runs it, at most; 1 or more */
/* What `run` wrote from this offset on is another command (struct work_kind, commands_max). One that waits for cold rows may be applied behind later ones. */
void work_cut_at(struct work_context *c, size_t offset);
bool work_stopped(const struct work_context *c); /* the process wants to end; a rest, too (base/leisure.h) */
/* CANCELLED: it does, or whoever waits for a view to be read has gone (NULL: nobody waits). Cheap, for inner loops, and a
 * rest (base/leisure.h). */
fallible work_look(const struct work_surroundings *around, const atomic_bool *is_cancelled, struct err *e);
/* For work that takes much of the disk before it lets go of anything: may it take so much? */
bool work_has_room(const struct work_surroundings *around, uint64_t bytes);
