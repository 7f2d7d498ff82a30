/* The table of routes, and the domains' tables of commands and facts, as pages: for programs and for people. */
#pragma once

#include "engine/registry.h"

void openapi_print(struct buf *out, const struct registry *registry, const char *version); /* OpenAPI 3.1, JSON */
void reference_print(struct buf *out, const struct registry *registry);                    /* docs/reference/http.md */
