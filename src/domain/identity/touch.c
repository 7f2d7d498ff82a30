#include <string.h>

#include "domain/identity/resolve.h"

#define KEY_HASH_BITS (UINT64_C(0xffff) << 48)

static struct hash128 plain_of(const struct envelope_id *id)
{
    return (struct hash128){.low = id->key.low, .high = id->key.high & KEY_HASH_BITS};
}

/* Touches who has it now. True: the row has a history that resolving may go into. */
static bool holder_touch(const struct view *v, const struct envelope_id *id, uint32_t *io_last)
{
    uint32_t person;
    struct cluster_row row;
    if (!view_index(v, &index_family, plain_of(id), &person) || person == *io_last)
        return false;
    *io_last = person;
    return cluster_row_head(v, person, &row) && row.kind != ROW_ALIAS && !row.is_plain;
}

/* Earlier holders, for a late event; and aliases, whose numbers come back when a hub is set aside. */
static void histories_touch(const struct view *v, const struct envelope *e)
{
    struct desk d;
    struct joining *j = ARENA_NEW(v->arena, struct joining);
    desk_open_reader(&d, v);
    joining_begin(j, &d, e->ids, e->id_count, true, e->event_us);
    uint32_t people = d.cluster_count < PEOPLE_WITH_ALIASES_MAX ? d.cluster_count : PEOPLE_WITH_ALIASES_MAX;
    for (uint32_t i = 0; i < people; i++)
        aliases_touch(&d, d.clusters[i], ALIASES_AT_ONCE_MAX);
}

void identity_touch(const struct view *v, const struct envelope *e)
{
    bool has_history = false;
    uint32_t last = PERSON_NONE;
    for (uint32_t i = 0; i < e->id_count; i++)
        if (e->ids[i].role == ID_OWN)
            has_history |= holder_touch(v, &e->ids[i], &last);
    for (uint32_t i = 0; i < e->other_count; i++)
        (void)holder_touch(v, &e->ids[e->id_count + i], &last);
    if (has_history)
        histories_touch(v, e);
}

/* The rows are those of the first identifier that is known: most often all of an event lead to the same one. */
bool identity_prefetch(const struct view *v, const struct envelope_id *ids, uint32_t count, int stage)
{
    uint32_t person = PERSON_NONE;
    for (uint32_t i = 0; i < count && person == PERSON_NONE; i++) {
        if (stage == 0)
            rows_index_prefetch(v->rows, &index_family, plain_of(&ids[i]));
        else if (!rows_index_get(v->rows, &index_family, plain_of(&ids[i]), &person))
            continue;
        else if (stage == 1)
            rows_numbered_prefetch(v->rows, &person_family, person);
        else
            rows_numbered_prefetch_row(v->rows, &person_family, person);
    }
    return stage < 2;
}
