/* Since when what an identifier owns is the person's who is known by their best one. */
#include <stdlib.h>

#include "domain/identity/identity.h"

static int by_position(const void *a, const void *b)
{
    const struct evidence *const *x = a, *const *y = b;
    return ((*x)->position > (*y)->position) - ((*x)->position < (*y)->position);
}

static uint16_t root_of(uint16_t *roots, uint16_t at)
{
    while (roots[at] != at)
        at = roots[at] = roots[roots[at]];
    return at;
}

static void join_all(uint16_t *roots, const struct evidence *e)
{
    for (uint32_t i = 1; i < e->member_count; i++)
        roots[root_of(roots, e->members[i])] = root_of(roots, e->members[0]);
}

/* The place in the list of the one that stands for the person; `count`: none does. */
static size_t lead_place(const struct view *v, uint32_t number, const struct identifier *list, size_t count)
{
    struct envelope_id lead;
    size_t at = 0;
    if (!identity_lead(v, number, &lead))
        return count;
    while (at < count && !(list[at].state == ID_IN_FORCE && list[at].type == lead.type &&
                           bytes_equal(list[at].ns, lead.ns) && bytes_equal(list[at].value, lead.value)))
        at++;
    return at;
}

bool identity_joined(const struct view *v, uint32_t number, struct hash128 owner, struct evidence *out_evidence)
{
    const struct identifier *list;
    const struct evidence *evidence;
    size_t count = identity_list(v, number, &list), at = 0, lead = lead_place(v, number, list, count);
    while (at < count && !hash128_equal(list[at].key, owner))
        at++;
    if (at == count || lead == count || at == lead)
        return false;
    size_t evidence_count = identity_evidence(v, number, &evidence);
    const struct evidence **sorted = ARENA_ARRAY(v->arena, const struct evidence *, evidence_count + 1);
    uint16_t *roots = ARENA_ARRAY(v->arena, uint16_t, count);
    for (size_t i = 0; i < evidence_count; i++)
        sorted[i] = &evidence[i];
    for (size_t i = 0; i < count; i++)
        roots[i] = (uint16_t)i;
    if (evidence_count > 1)
        qsort(sorted, evidence_count, sizeof *sorted, by_position);
    for (size_t i = 0; i < evidence_count; i++) {
        join_all(roots, sorted[i]);
        if (root_of(roots, (uint16_t)at) != root_of(roots, (uint16_t)lead))
            continue;
        *out_evidence = *sorted[i];
        return true;
    }
    return false;
}
