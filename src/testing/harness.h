/* Drives domains without log, disk or threads: one command, one step, for tests of what a domain does.
 * Log time stands still until it is moved; positions grow by one a command. Nothing is
 * ever cold here; but a step that reads a row, of a person or of a numbered family, which its command's needs did not touch asserts. */
#pragma once

#include "engine/registry.h"
#include "testing/test.h"

struct harness;

/* `domains` outlive the harness; the engine's own domain is not among them unless it is listed. */
struct harness *harness_create(const struct domain *const *domains, size_t count); /* asserts that the registry is good */
void harness_destroy(struct harness *h);

void harness_time(struct harness *h, int64_t now_us); /* never backwards */
int64_t harness_now_us(const struct harness *h);
uint64_t harness_position(const struct harness *h);   /* of the next command */

/* Checks, applies and commits. NULL: accepted. A payload that its check refuses gives `harness_malformed`. */
const struct refusal *harness_apply(struct harness *h, uint32_t command_id, struct bytes payload);
extern const struct refusal harness_malformed;
/* Applies what follows, in order, until nothing follows any more; returns how many were accepted. One that its own check refuses
 * asserts. */
size_t harness_follow(struct harness *h);
struct bytes harness_reply(const struct harness *h); /* of the last command; borrowed until the next */

/* Called for each fact of the steps that follow, after all domains have heard it. NULL: stop listening. */
void harness_listen(struct harness *h, fact_told told, void *context);

struct view harness_view(struct harness *h); /* over the committed rows; until the next call of the harness */
struct rows *harness_rows(struct harness *h);
struct hash128 harness_digest(const struct harness *h);
