/* All domains of this release. */
#pragma once

#include "engine/registry.h"

/* A registry of them; the caller owns it. Fails as registry_create does. */
fallible registry_of_all(struct registry **out_registry, struct err *e);
