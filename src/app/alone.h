/* An engine by itself: for verbs that open a workspace's folder without a daemon. */
#pragma once

#include "app/app.h"
#include "engine/engine.h"
#include "store/cold_folder.h"

struct alone {
    char path[COLD_PATH_BYTES_MAX];         /* the workspace's */
    char scratch_path[COLD_PATH_BYTES_MAX]; /* an audit's, else empty */
    uint64_t secret;                        /* of the workspace */
    struct disk *disk, *scratch;
    struct engine_options options; /* for engine_open, and before it for the caller to change */
};

/* `a` stays where it is until it is closed. NOT_FOUND: there is no such workspace; says how to make one. */
fallible alone_open(struct alone *a, const char *folder, const char *name, const struct registry *registry,
                    struct err *e);
void alone_close(struct alone *a); /* after its engine; one that was not opened is fine, when zeroed */

/* Is there such a workspace? Its secret. A folder that is opened is made when it isn't there: whoever mistypes its name is told
 * so instead. NOT_FOUND, CORRUPT: as of workspace_secret_read. */
fallible workspace_check(const char *folder, const char *name, uint64_t *out_secret, struct err *e);

/* Makes an empty scratch for an audit, in the workspace's folder, since files can be linked only within one file system.
 * EXISTS: another audit runs. */
fallible alone_scratch_open(struct alone *a, struct err *e);

/* One command. *out_taken: it was not refused. */
fallible alone_send(struct engine *g, uint32_t command_id, struct bytes payload, bool *out_taken, struct err *e);
/* Puts in the token "admin" with this secret, or gives the one that is there this secret. */
fallible alone_token_put(const struct alone *a, struct engine *g, const char *secret, struct err *e);
