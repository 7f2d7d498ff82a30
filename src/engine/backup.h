/* An open backup: a folder of links to every file that the state at one position of the log stands on.
 *
 * It holds the snapshot of the last checkpoint with a mark of it, the log from there on, the files that rows name, and a copy of
 * workspace.json. Those files never change, but for the log's last segment, which grows: so commands, checkpoints and background
 * work go on, and what they let go of stays as long as the backup is open. Nothing of it is on the way of a command.
 *
 * Not in it: the admin's token, the folder out/ (files of hooks), the list of who was erased. One at a time is open: whoever
 * opens sees to that. */
#pragma once

#include "engine/registry.h"

#define BACKUP_FOLDER "backup" /* in the workspace's */

struct backup_order {
    const char *folder; /* the workspace's */
    const struct registry *registry;
    uint64_t log_end; /* what is told of is durable up to here; the log's files may hold more */
};
/* Makes it anew: one that is there goes. Any thread, beside the engine, once the state at log_end was seen. NOT_FOUND: there is
 * no log. UNAVAILABLE: checkpoints came faster than their files could be linked. Cost: a link a file. */
fallible backup_open(const struct backup_order *order, struct err *e);
fallible backup_close(const char *folder, struct err *e); /* of the workspace's folder; none open is fine */
