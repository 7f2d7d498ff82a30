/* What edge threads check and normalise with: an immutable copy of a workspace's tokens and types. A new one
 * replaces it when they change; whoever holds the old one keeps it until done. */
#pragma once

#include "domain/access/access.h"
#include "domain/identity/identity.h"
#include "domain/relation/relation.h"
#include "engine/host.h"

/* A list that people are put on, by its name. */
struct catalogue_list {
    unsigned kind;  /* enum audience_kind */
    unsigned value; /* enum list_value */
    uint32_t number;
    struct bytes name, brand; /* the catalogue's own */
};

#define CATALOGUE_ZONE_BYTES 64u
struct catalogue {
    atomic_uint references;
    uint64_t secret;
    size_t token_count;
    struct token *tokens;
    size_t rule_count;
    struct id_type_rule *rules; /* by number */
    size_t relation_count;
    struct relation_type *relations; /* types, by number */
    size_t list_count;
    struct catalogue_list *lists; /* by kind and name */
    char zone[CATALOGUE_ZONE_BYTES]; /* whose clocks the workspace goes by: "Asia/Shanghai" */
};

/* Builds and attaches a new one. Engine's thread, workspace awake. */
void catalogue_refresh(struct workspace *w, struct engine *g);
/* The workspace's, or NULL before it was first awake. Any thread; give it back. */
struct catalogue *catalogue_take(const struct workspace *w);
void catalogue_give(struct catalogue *c); /* NULL is fine */
void catalogue_detach(struct workspace *w);

/* Borrowed from the catalogue. */
const struct relation_type *catalogue_relation(const struct catalogue *c, struct bytes name); /* NULL: none */
const struct catalogue_list *catalogue_list(const struct catalogue *c, unsigned kind, struct bytes name); /* NULL: none */
/* The token with this secret, alive at now_us; NULL: none. */
const struct token *catalogue_token(const struct catalogue *c, struct bytes secret, int64_t now_us);
/* Is this very token, unchanged, in force now? For what goes on longer than its request. Any thread. */
bool catalogue_has(const struct workspace *w, const struct token *t, int64_t now_us);
