#include "domain/collect/suppressed.h"

#include "domain/identity/identity.h"
#include "engine/forget.h"
#include "lib/pack.h"

#define KEY_BYTES 10u
#define SUPPRESS_FORMAT 1u
#define SUPPRESSED_BYTES 16u
#define KEY_HIGH_SHIFT 48u /* the bits below are zeroes */

const struct family suppressed_family = {
    .id = 18, .kind = FAMILY_KEYED, .value_bytes = SUPPRESSED_BYTES, .name = "suppressed"};

struct suppressed_key {
    uint8_t data[KEY_BYTES];
};

static struct suppressed_key key_of(struct hash128 key)
{
    struct suppressed_key k;
    (void)put_key(put_key(k.data, key.low, 8), key.high >> KEY_HIGH_SHIFT, 2);
    return k;
}

bool collect_is_suppressed(const struct view *v, struct hash128 key, int64_t happened_us)
{
    struct suppressed_key k = key_of(key);
    struct bytes row;
    if (!view_keyed(v, &suppressed_family, bytes_of(k.data, sizeof k.data), &row))
        return false;
    struct unpack u = unpack_of(row);
    (void)unpack_u64(&u);
    int64_t erased_us = (int64_t)unpack_u64(&u);
    assert(unpack_finished(&u));
    return happened_us < erased_us;
}

/* A line of a file that says no time may be of any: it gets that of its coming. */
static int64_t happened_at(const struct envelope *e)
{
    return e->import && e->event_us >= e->received_us ? INT64_MIN : e->event_us;
}

bool is_suppressed(const struct view *v, const struct envelope *e)
{
    bool found = false;
    for (uint32_t i = 0; i < e->id_count && !found; i++)
        found = e->ids[i].role == ID_OWN && collect_is_suppressed(v, e->ids[i].key, happened_at(e));
    return found;
}

static void suppress(struct step *s, struct hash128 plain, int64_t erased_us)
{
    struct arena *a = s->view.arena;
    struct suppressed_key k = key_of(plain);
    struct buf row = arena_buf(a, SUPPRESSED_BYTES);
    pack_u64(&row, s->view.position);
    pack_u64(&row, (uint64_t)erased_us);
    step_keyed_put(s, &suppressed_family, arena_copy(a, bytes_of(k.data, sizeof k.data)), buf_bytes(&row));
}

void suppressed_forget(struct step *s, struct forgotten *who)
{
    for (uint32_t i = 0; i < who->key_count; i++)
        suppress(s, who->keys[i], s->view.now_us);
}

/* --- as another copy knows: u8 format, i64 time, keys of owners --- */

void collect_suppress_pack(struct buf *b, int64_t erased_us, const struct hash128 *keys, uint32_t count)
{
    assert(count <= SUPPRESS_KEYS_MAX);
    pack_u8(b, SUPPRESS_FORMAT);
    pack_u64(b, (uint64_t)erased_us);
    for (uint32_t i = 0; i < count; i++) {
        pack_u64(b, keys[i].low);
        pack_u64(b, keys[i].high);
    }
}

static bool key_next(struct unpack *u, struct hash128 *out_key)
{
    if (u->bad || unpack_left(u) == 0)
        return false;
    out_key->low = unpack_u64(u);
    out_key->high = unpack_u64(u);
    return !u->bad;
}

fallible suppressed_check(struct bytes payload, struct err *e)
{
    struct unpack u = unpack_of(payload);
    struct hash128 key;
    u.bad |= unpack_u8(&u) != SUPPRESS_FORMAT;
    (void)unpack_u64(&u);
    while (key_next(&u, &key)) {
    }
    return unpack_finished(&u) ? DONE : FAIL(e, INVALID, "not keys of somebody who was erased");
}

const struct refusal *suppressed_apply(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    struct hash128 key;
    (void)unpack_u8(&u);
    int64_t erased_us = (int64_t)unpack_u64(&u);
    while (key_next(&u, &key)) {
        uint32_t holder;
        suppress(s, identifier_key_plain(key, &holder), erased_us);
    }
    return NULL;
}
