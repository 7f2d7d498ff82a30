#include "domain/collect/suppressed.h"

#include "engine/forget.h"
#include "lib/pack.h"

#define KEY_BYTES 10u
#define KEY_HIGH_SHIFT 48u /* the bits below are zeroes */

const struct family suppressed_family = {.id = 18, .kind = FAMILY_KEYED, .value_bytes = 8, .name = "suppressed"};

struct suppressed_key {
    uint8_t data[KEY_BYTES];
};

static struct suppressed_key key_of(struct hash128 key)
{
    struct suppressed_key k;
    (void)put_key(put_key(k.data, key.low, 8), key.high >> KEY_HIGH_SHIFT, 2);
    return k;
}

bool is_suppressed(const struct view *v, const struct envelope *e)
{
    for (uint32_t i = 0; i < e->id_count; i++) {
        struct suppressed_key k = key_of(e->ids[i].key);
        struct bytes position;
        if (e->ids[i].role == ID_OWN && view_keyed(v, &suppressed_family, bytes_of(k.data, sizeof k.data), &position))
            return true;
    }
    return false;
}

void suppressed_forget(struct step *s, struct forgotten *who)
{
    struct arena *a = s->view.arena;
    for (uint32_t i = 0; i < who->key_count; i++) {
        struct suppressed_key k = key_of(who->keys[i]);
        struct buf position = arena_buf(a, 8);
        pack_u64(&position, s->view.position);
        step_keyed_put(s, &suppressed_family, arena_copy(a, bytes_of(k.data, sizeof k.data)), buf_bytes(&position));
    }
}
