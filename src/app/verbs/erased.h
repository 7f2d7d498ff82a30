/* The list of the erased, kept apart from backups: who was erased, by public ids, and what they were known by, as keyed hashes that are
 * sealed with a key of its own. Without that key the list says nothing, not even to who has a backup; with it a restore finds
 * the erased by any identifier, and keeps old files from bringing them back.
 *
 * A line each: {"erasures":[{"position":…,"time":…,"person":…,"absorbed":[…],"sealed":"base64"}]}. Sealed are 16 bytes for each key,
 * by XSalsa20 and Poly1305, behind the nonce. The key's file holds 64 hexadecimal digits. docs/formats/backup.md. */
#pragma once

#include "app/verbs/errand.h"
#include "base/hash.h"
#include "engine/engine.h"

/* Asks a daemon for all erasures and writes them to `out`, which is replaced as a whole. The key's file is made when there is none,
 * readable to its owner alone. An exit code. */
int erased_write(struct errand *d, const char *out, const char *key_path);

struct erased_one {
    struct hash128 *ids; /* the person's public id, and those of whom it had absorbed */
    size_t id_count;
    struct hash128 *keys; /* that owned their events */
    size_t key_count;
    int64_t time_us;
};
struct erased {
    struct erased_one *list;
    size_t count;
};
/* All of it lives in the arena. INVALID: no such list, or sealed with another key. NOT_FOUND. */
fallible erased_read(const char *path, const char *key_path, struct arena *arena, struct erased *out_erased,
                     struct err *e);
/* Erases them from an engine that nobody else uses; where somebody has identifiers of theirs and others too, as before a split, these
 * alone go. *out_count: how many people went. */
fallible erased_apply(struct engine *g, const struct erased *erased, size_t *out_count, struct err *e);
