#include "sim/model_scope.h"

#include <string.h>

static const char *share_say(struct model_scope *m, const struct deed *d, int64_t time_us)
{
    bool known = (d->from == 0 || m->known[d->from]) && (d->to == 0 || m->known[d->to]);
    if (!known)
        return "unknown_entity";
    if (d->until_us != 0 && d->until_us <= time_us)
        return "share_over";
    m->shares[d->from][d->to] = (struct model_share){true, d->share_purposes, d->until_us};
    return NULL;
}

static const char *unshare_say(struct model_scope *m, const struct deed *d)
{
    bool there = m->shares[d->from][d->to].there;
    m->shares[d->from][d->to].there = false;
    return there ? NULL : "not_shared";
}

const char *model_scope_say(struct model_scope *m, const struct deed *d, int64_t time_us)
{
    switch (d->kind) {
    case DEED_SHARE:
        return share_say(m, d, time_us);
    case DEED_UNSHARE:
        return unshare_say(m, d);
    case DEED_STOP:
        m->stopped[d->ids[0]] = d->choice == 1;
        return NULL;
    case DEED_ENTITY:
        m->entity[d->brand_or_app] = d->is_of;
        m->known[d->is_of] = true;
        return NULL;
    default:
        assert(d->kind == DEED_APP);
        m->app[d->brand_or_app] = d->is_of;
        return NULL;
    }
}

bool model_scope_may(const struct model_scope *m, uint32_t viewer, uint32_t brand, uint32_t purpose, int64_t now_us)
{
    const struct model_share *s = &m->shares[m->entity[brand]][m->entity[viewer]];
    bool is_for = s->purposes == 0 ? strcmp(planned_purposes[purpose], "health") != 0
                                   : (s->purposes >> purpose & 1) != 0;
    return viewer == brand || (s->there && (s->until_us == 0 || now_us < s->until_us) && is_for);
}

uint32_t model_app_kind(const struct model_scope *m, const char *ns)
{
    for (uint32_t i = 0; i + 1 < APPS_PLANNED; i++)
        if (strcmp(planned_apps[i], ns) == 0 && m->app[i] != 0)
            return m->app[i];
    return m->app[APPS_PLANNED - 1];
}
