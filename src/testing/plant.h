/* The real engine on a simulated disk, for tests of what domains do in it: groups of commands, housekeeping, checkpoints and
 * crashes. Log time stands still until it is moved; nothing runs beside the test's thread but background work. */
#pragma once

#include "engine/engine.h"
#include "testing/test.h"

struct plant {
    struct t *t;
    struct disk *disk; /* disk_sim */
    struct cold *cold; /* in memory; outlives a crash */
    struct registry *registry;
    struct engine_options options;
    struct engine *engine;
    int64_t now_us;
};

/* `domains` have the engine's own among them, and outlive the plant. */
void plant_open(struct plant *p, struct t *t, const struct domain *const *domains, size_t count);
void plant_close(struct plant *p);
void plant_start(struct plant *p); /* again, after engine_close */
void plant_crash(struct plant *p); /* power goes and comes back */

/* One command on the spot, which must be accepted. */
void plant_apply(struct plant *p, uint32_t command_id, struct bytes payload);
void plant_set(struct plant *p, const char *setting, int64_t value);
fallible plant_house(struct plant *p, int64_t wait_us, struct err *e); /* time passes, then one round */
void plant_checkpoint(struct plant *p);
struct hash128 plant_digest(const struct plant *p);
