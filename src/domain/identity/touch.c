#include <string.h>

#include "domain/identity/resolve.h"

#define KEY_HASH_BITS (UINT64_C(0xffff) << 48)

static struct hash128 plain_of(struct hash128 key)
{
    return (struct hash128){.low = key.low, .high = key.high & KEY_HASH_BITS};
}

/* Touches who has it now. True: the row has a history that resolving may go into. */
static bool holder_touch(const struct view *v, const struct envelope_id *id, uint32_t *io_last)
{
    uint32_t person;
    struct cluster_row row;
    if (!view_index(v, &index_family, plain_of(id->key), &person) || person == *io_last)
        return false;
    *io_last = person;
    return cluster_row_head(v, person, &row) && row.kind != ROW_ALIAS && !row.is_plain;
}

/* Earlier holders, for a late event; aliases, whose numbers come back when a hub is set aside; and the keys of all that
 * may be joined or parted. */
static void histories_touch(const struct view *v, const struct envelope *e)
{
    struct desk d;
    struct joining *j = arena_take(v->arena, sizeof *j, _Alignof(struct joining));
    desk_open_reader(&d, v);
    joining_begin(j, &d, e->ids, e->id_count, true, e->event_us);
    uint32_t people = d.cluster_count < PEOPLE_WITH_ALIASES_MAX ? d.cluster_count : PEOPLE_WITH_ALIASES_MAX;
    for (uint32_t i = 0; i < people; i++)
        aliases_touch(&d, d.clusters[i], ALIASES_AT_ONCE_MAX);
    desk_touch_keys(&d);
}

/* May resolving go beyond the rows and keys that were touched so far? Where a row is to be written it may, if it is another one by then. */
static bool changes_people(const struct view *v, const struct envelope *e)
{
    struct known known;
    struct bytes name = e->reference[REF_BRAND];
    uint32_t brand = name_number(v, NAME_BRAND, name);
    bool is_new_brand = brand == 0 && name.size > 0;
    return v->touched == NULL || (v->touched->cold_count == 0 &&
                                  (is_new_brand || !resolve_known(v, e, brand, &known) || known.seen.count > 0));
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
    if (has_history || changes_people(v, e))
        histories_touch(v, e);
}

/* Keys [from, until): most often all of an event lead to one person, so the first one is tried alone. */
static uint32_t keys_until(const struct envelope_keys *keys, const struct identity_ahead *a)
{
    return a->from == 0 && keys->count > 1 ? 1 : keys->count;
}

static uint32_t first_known(const struct view *v, const struct envelope_keys *keys, const struct identity_ahead *a)
{
    uint32_t person = PERSON_NONE;
    for (uint32_t i = a->from; i < keys_until(keys, a) && person == PERSON_NONE; i++)
        (void)rows_index_get(v->rows, &index_family, plain_of(keys->ids[i]), &person);
    return person;
}

/* Finds the person, or goes on with the keys that were not tried; false: there are none. */
static bool person_find(const struct view *v, const struct envelope_keys *keys, struct identity_ahead *a)
{
    a->person = first_known(v, keys, a);
    if (a->person != PERSON_NONE) {
        rows_numbered_prefetch_slot(v->rows, &person_family, a->person);
        return true;
    }
    a->from = keys_until(keys, a);
    a->step = 0;
    return a->from < keys->count;
}

bool identity_prefetch(const struct view *v, const struct envelope_keys *keys, struct identity_ahead *a)
{
    uint32_t until = keys_until(keys, a);
    switch (a->step++) {
    case 0:
        for (uint32_t i = a->from; i < until; i++)
            rows_index_prefetch_part(v->rows, &index_family, plain_of(keys->ids[i]));
        return a->from < until;
    case 1:
        for (uint32_t i = a->from; i < until; i++)
            rows_index_prefetch(v->rows, &index_family, plain_of(keys->ids[i]));
        return true;
    case 2:
        return person_find(v, keys, a);
    case 3:
        rows_numbered_prefetch_page(v->rows, &person_family, a->person);
        return true;
    default:
        rows_numbered_prefetch_row(v->rows, &person_family, a->person);
        return false;
    }
}
