#include "domain/event/named.h"

#include <string.h>

#define NAMING_KEY_BYTES 20u

const struct family naming_family = {.id = 118, .kind = FAMILY_KEYED, .value_bytes = 1, .name = "event_naming"};

static struct bytes naming_key(struct hash128 id, uint32_t number, struct arena *arena)
{
    uint8_t *key = arena_take(arena, NAMING_KEY_BYTES, 1);
    memcpy(key, &id, sizeof id);
    (void)put_key(key + sizeof id, number, 4);
    return bytes_of(key, NAMING_KEY_BYTES);
}

static uint32_t ids_of(const struct envelope *v)
{
    return v->id_count + v->other_count;
}

/* The other person's come behind the first id_count. */
static bool is_of_other(const struct envelope *v, uint32_t at)
{
    return at >= v->id_count || v->ids[at].role != ID_OWN;
}

void naming_note(struct step *s, const struct envelope *v, uint32_t person)
{
    for (uint32_t i = 0; i < ids_of(v); i++) {
        struct bytes row;
        if (!is_of_other(v, i))
            continue;
        struct bytes key = naming_key(v->ids[i].key, person, s->view.arena);
        if (!view_keyed(&s->view, &naming_family, key, &row))
            step_keyed_put(s, &naming_family, key, BYTES_LIT("\1"));
    }
}

/* The numbers under which events name this key: as many as an erasure looks at one by one, and whether there are more. */
static uint32_t naming_take(struct step *s, struct hash128 id, struct forgotten *who)
{
    uint32_t count = 0;
    struct bytes row, key = naming_key(id, 0, s->view.arena);
    for (bool after = false; view_keyed_next(&s->view, &naming_family, key, after, &key, &row) && !who->is_more;
         after = true, count++) {
        if (key.size != NAMING_KEY_BYTES || memcmp(key.data, &id, sizeof id) != 0)
            break;
        key = arena_copy(s->view.arena, key);
        uint32_t number = (uint32_t)key_number(key.data + sizeof id, 4);
        forgotten_also(who, &number, 1);
        step_keyed_remove(s, &naming_family, key);
    }
    return count;
}

void naming_forget(struct step *s, struct forgotten *who)
{
    struct hash128 *named = ARENA_ARRAY(s->view.arena, struct hash128, who->key_count + 1);
    for (uint32_t i = 0; i < who->key_count; i++)
        if (naming_take(s, who->keys[i], who) > 0 || who->is_more)
            named[who->named_count++] = who->keys[i];
    who->named = named;
}

static bool is_among(struct hash128 key, const struct hash128 *keys, uint32_t count)
{
    bool found = false;
    for (uint32_t i = 0; i < count && !found; i++)
        found = hash128_equal(key, keys[i]);
    return found;
}

bool naming_cut(struct envelope *v, const struct hash128 *keys, uint32_t count)
{
    uint32_t kept = 0, all = ids_of(v), own = v->id_count, others = v->other_count;
    for (uint32_t i = 0; i < all; i++) {
        if (!is_of_other(v, i) || !is_among(v->ids[i].key, keys, count)) {
            v->ids[kept++] = v->ids[i];
            continue;
        }
        own -= i < v->id_count;
        others -= i >= v->id_count;
    }
    v->id_count = own;
    v->other_count = others;
    return kept < all;
}
