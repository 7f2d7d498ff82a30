/* A naive model of scope: the last word on each pair of entities, each brand, each app and each identifier. */
#pragma once

#include "sim/pool.h"

struct model_share {
    bool there;
    uint32_t purposes;
    int64_t until_us;
};
struct model_scope {
    struct model_share shares[ENTITIES_PLANNED][ENTITIES_PLANNED]; /* from, to */
    bool known[ENTITIES_PLANNED];                                  /* a brand was of it once */
    uint32_t entity[BRANDS_PLANNED], app[APPS_PLANNED];
    bool stopped[POOL_IDS_MAX];
};

/* Takes in a deed about scope that stands in the log at time_us. What it is refused with; NULL: it isn't. */
const char *model_scope_say(struct model_scope *m, const struct deed *d, int64_t time_us);
bool model_scope_may(const struct model_scope *m, uint32_t viewer, uint32_t brand, uint32_t purpose, int64_t now_us);
/* What an openid of this app is of: of planned_app_kinds. */
uint32_t model_app_kind(const struct model_scope *m, const char *ns);
