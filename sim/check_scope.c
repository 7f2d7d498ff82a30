/* Scope against its model: who may see whom, and whether anybody has an address that may be used. Asked of the rows of the plain
 * replay, which has the same digest. */
#include <string.h>

#include "domain/scope/scope.h"
#include "sim/run.h"

static uint32_t brand_numbered(const struct view *v, uint32_t brand)
{
    return name_number(v, NAME_BRAND, bytes_of_text(planned_brands[brand]));
}

static void pair_compare(struct run *r, const struct view *v, uint32_t viewer, uint32_t brand)
{
    uint32_t own[] = {0, brand_numbered(v, viewer)}, number = brand_numbered(v, brand);
    if (own[1] == 0 || number == 0)
        return; /* nobody has named it yet */
    for (uint32_t purpose = 0; purpose < SHARE_PURPOSES_PLANNED; purpose++) {
        struct bytes name = bytes_of_text(planned_purposes[purpose]);
        bool want = model_scope_may(&r->scope, viewer, brand, purpose, v->now_us);
        if (scope_may(v, (struct brand_set){2, own}, number, name) != want ||
            brand_set_has(scope_open(v, (struct brand_set){2, own}, name), number) != want)
            run_fail(r, "%s sees %s for %s %s the model", planned_brands[viewer], planned_brands[brand],
                     planned_purposes[purpose], want ? "only in" : "unlike in");
    }
}

/* --- addresses --- */

static uint32_t pool_place(const struct run *r, const struct identifier *id)
{
    uint32_t at = 0;
    while (at < r->pool.id_count &&
           (r->pool.ids[at].type != id->type || !bytes_equal(bytes_of_text(r->pool.ids[at].ns), id->ns) ||
            !bytes_equal(bytes_of_text(r->pool.ids[at].value), id->value)))
        at++;
    assert(at < r->pool.id_count);
    return at;
}

static bool serves(const struct run *r, const struct identifier *id, uint32_t place,
                   const struct reach_channel *channel)
{
    uint32_t kind = model_app_kind(&r->scope, r->pool.ids[place].ns);
    return id->type == channel->types[0] && id->state != ID_PASSED_ON &&
           (id->type != TYPE_OPENID || kind == 0 || strcmp(planned_app_kinds[kind], channel->name) == 0);
}

/* Of the whole group, to which everybody is known, and no purpose, to which nobody consents: what is left hangs on addresses alone. */
static void channel_compare(struct run *r, const struct view *v, uint32_t person, uint32_t channel)
{
    const struct identifier *list;
    size_t count = identity_list(v, person, &list);
    uint32_t usable = 0, stopped = 0, apart = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t place = pool_place(r, &list[i]);
        if (!serves(r, &list[i], place, &reach_channels[channel]))
            continue;
        bool is_apart = list[i].state == ID_QUARANTINED;
        stopped += r->scope.stopped[place];
        apart += !r->scope.stopped[place] && is_apart;
        usable += !r->scope.stopped[place] && !is_apart;
    }
    enum reach_reason got = reach_of_person(v, person, 0, 0, channel).reason;
    enum reach_reason want = stopped > 0 ? REACH_SUPPRESSED : apart > 0 ? REACH_QUARANTINED : REACH_NO_ADDRESS;
    bool is_fine = usable > 0 ? got == REACH_NO_CONSENT || got == REACH_ENDED : got == want;
    if (!is_fine)
        run_fail(r, "person %u by %s: %s, in the model %s", person, reach_channels[channel].name,
                 reach_reason_names[got], usable > 0 ? "there is an address" : reach_reason_names[want]);
}

void check_scope(struct run *r)
{
    struct view v = shadow_view(r->shadow);
    for (uint32_t viewer = 0; viewer < BRANDS_PLANNED; viewer++)
        for (uint32_t brand = 0; brand < BRANDS_PLANNED; brand++)
            pair_compare(r, &v, viewer, brand);
    for (uint32_t person = 1; person < view_rows_end(&v, &person_family) && !run_failed(r); person++) {
        v = shadow_view(r->shadow); /* an empty arena */
        for (uint32_t channel = 0; channel < REACH_CHANNELS && identity_living(&v, person) == person; channel++)
            channel_compare(r, &v, person, channel);
    }
}
