/* The shadow: the same commands in the same order, applied to rows that are never cold, never on disk and never lost. What
 * the engine has must be what the shadow has, at every position. It reads the engine's sieves, as a replay does. */
#pragma once

#include "engine/registry.h"
#include "store/disk.h"
#include "store/log.h"

struct shadow;

struct shadow *shadow_create(const struct registry *registry, struct disk *disk);
void shadow_destroy(struct shadow *s); /* NULL is fine */
void shadow_reopen(struct shadow *s);  /* its sieves, after the disk crashed */

const struct refusal *shadow_apply(struct shadow *s, const struct log_record *record, fact_told told, void *context);
struct hash128 shadow_digest(const struct shadow *s);
struct view shadow_view(struct shadow *s); /* until the next call */
