/* What edge threads check and normalise with: an immutable copy of a workspace's tokens and identifier types. A new one
 * replaces it when they change; whoever holds the old one keeps it until done. */
#pragma once

#include "domain/access/access.h"
#include "domain/identity/identity.h"
#include "engine/host.h"

struct catalogue {
    atomic_uint references;
    uint64_t secret;
    size_t token_count;
    struct token *tokens;
    size_t rule_count;
    struct id_type_rule *rules; /* by number */
};

/* Builds and attaches a new one. Engine's thread, workspace awake. */
void catalogue_refresh(struct workspace *w, struct engine *g);
/* The workspace's, or NULL before it was first awake. Any thread; give it back. */
struct catalogue *catalogue_take(const struct workspace *w);
void catalogue_give(struct catalogue *c); /* NULL is fine */
void catalogue_detach(struct workspace *w);

/* The token with this secret, alive at now_us; NULL: none. Borrowed from the catalogue. */
const struct token *catalogue_token(const struct catalogue *c, struct bytes secret, int64_t now_us);
