/* All domains of the process, checked and put in order once, at start. Immutable afterwards; any thread may read. */
#pragma once

#include "engine/domain.h"

struct registry;

/* Who hears a fact, in the order of domains. */
struct hearing {
    size_t count;
    void (**hear)(struct step *s, const void *fact);
};

/* `domains` outlive the registry. INVALID, with the names: an id used twice or outside its domain's hundred, a fact
 * heard that nobody says, a circle of speakers and hearers. */
fallible registry_create(const struct domain *const *domains, size_t count, struct registry **out_registry, struct err *e);
void registry_destroy(struct registry *r); /* NULL is fine */

size_t registry_domain_count(const struct registry *r);
const struct domain *registry_domain(const struct registry *r, size_t at); /* in order: speakers before hearers */

const struct hearing *registry_hearing(const struct registry *r, const struct fact_kind *kind);
const struct command *registry_command(const struct registry *r, uint32_t id);            /* NULL: none */
const struct command *registry_command_named(const struct registry *r, struct bytes name); /* NULL: none */
const struct timer_kind *registry_timer(const struct registry *r, uint32_t id);           /* NULL: none */
const struct job_kind *registry_job(const struct registry *r, uint32_t id);               /* NULL: none */
const struct effect_kind *registry_effect(const struct registry *r, uint32_t id);         /* NULL: none */
const struct setting *registry_setting(const struct registry *r, struct bytes name);      /* NULL: none */

/* Every family of every domain and of the engine, for rows_create. */
const struct family *const *registry_families(const struct registry *r, size_t *out_count);
const struct section *registry_section(const struct registry *r, uint8_t id); /* NULL: none */
