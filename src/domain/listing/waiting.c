/* Who is on a list before anybody is known by that identifier. */
#include "domain/listing/inside.h"

#define WAITING_FORMAT 1u
#define PLAIN_BYTES 16u
#define KEY_BYTES (PLAIN_BYTES + 4u)
#define WAITING_BYTES_MAX 4096u
#define COUNT_KEY BYTES_LIT("n") /* shorter than any other key */

const struct family listing_waiting_family = {
    .id = 12, .kind = FAMILY_KEYED, .value_bytes = WAITING_BYTES_MAX, .name = "listing_waiting"};

static struct bytes waiting_key(struct arena *a, struct hash128 plain, uint32_t list)
{
    uint8_t *key = arena_take(a, KEY_BYTES, 1);
    (void)put_key(put_key(put_key(key, plain.high, 8), plain.low, 8), list, 4);
    return bytes_of(key, KEY_BYTES);
}

uint64_t listings_waiting(const struct view *v)
{
    struct bytes value;
    if (!view_keyed(v, &listing_waiting_family, COUNT_KEY, &value))
        return 0;
    struct unpack u = unpack_of(value);
    return unpack_varint(&u);
}

static void count_move(struct step *s, int64_t by)
{
    uint64_t count = listings_waiting(&s->view) + (uint64_t)by;
    struct buf b = arena_buf(s->view.arena, VARINT_BYTES_MAX);
    if (count == 0) {
        step_keyed_remove(s, &listing_waiting_family, COUNT_KEY);
        return;
    }
    pack_varint(&b, count);
    step_keyed_put(s, &listing_waiting_family, COUNT_KEY, buf_bytes(&b));
}

static void waiting_read(struct bytes key, struct bytes row, struct listing_waiting *out)
{
    struct unpack u = unpack_of(row);
    u.bad |= unpack_u8(&u) != WAITING_FORMAT;
    *out = (struct listing_waiting){.key = key, .id.type = unpack_u16(&u)};
    out->id.ns = unpack_bytes(&u);
    out->id.value = unpack_bytes(&u);
    out->id.key = (struct hash128){.high = key_number(key.data, 8), .low = key_number(key.data + 8, 8)};
    out->list = (uint32_t)key_number(key.data + PLAIN_BYTES, 4);
    out->act_count = listing_acts_unpack(&u, out->acts);
    assert(unpack_finished(&u)); /* our own bytes */
}

bool listing_waiting_next(const struct view *v, struct bytes after, struct listing_waiting *out)
{
    struct bytes key, row;
    bool found = view_keyed_next(v, &listing_waiting_family, after, true, &key, &row);
    if (found && key.size != KEY_BYTES) /* the count */
        found = view_keyed_next(v, &listing_waiting_family, key, true, &key, &row);
    if (found)
        waiting_read(key, row, out);
    return found;
}

/* What waits for an identifier, one list after the other. */
static bool of_plain_next(const struct view *v, struct hash128 plain, uint32_t after, struct listing_waiting *out)
{
    struct bytes key, row;
    if (!view_keyed_next(v, &listing_waiting_family, waiting_key(v->arena, plain, after), true, &key, &row) ||
        key.size != KEY_BYTES)
        return false;
    waiting_read(key, row, out);
    return hash128_equal(out->id.key, plain);
}

static void wait_put(struct step *s, const struct envelope_id *id, uint32_t list, const struct listing_act *act)
{
    struct arena *a = s->view.arena;
    struct bytes key = waiting_key(a, id->key, list), row;
    struct listing_waiting before;
    struct listing_strand strand = {.list = list};
    bool is_there = view_keyed(&s->view, &listing_waiting_family, key, &row);
    if (is_there) {
        waiting_read(key, row, &before);
        for (uint32_t i = 0; i < before.act_count; i++)
            (void)listing_strand_add(&strand, &before.acts[i]);
    }
    if (!listing_strand_add(&strand, act))
        return;
    struct buf b = arena_buf(a, WAITING_BYTES_MAX);
    pack_u8(&b, WAITING_FORMAT);
    pack_u16(&b, id->type);
    pack_bytes(&b, id->ns);
    pack_bytes(&b, id->value);
    listing_acts_pack(&b, strand.acts, strand.act_count);
    assert(!b.overflowed);
    step_keyed_put(s, &listing_waiting_family, key, buf_bytes(&b));
    if (!is_there)
        count_move(s, 1);
}

bool listing_wait(struct step *s, const struct envelope_id *id, const struct list *list, const struct listing_act *act)
{
    if (listings_waiting(&s->view) + 1 + list->rival_count > LISTING_WAITING_MAX)
        return false;
    wait_put(s, id, list->number, act);
    const struct listing_act off = listing_rival_act(act);
    for (uint32_t i = 0; i < list->rival_count && !act->is_off; i++)
        wait_put(s, id, list->rivals[i], &off);
    return true;
}

bool listing_welcome(struct step *s, struct listing_strands *io_strands, const struct identifier *id)
{
    uint32_t holder;
    struct hash128 plain = identifier_key_plain(id->key, &holder);
    struct listing_waiting w;
    bool any = false;
    for (uint32_t after = 0; of_plain_next(&s->view, plain, after, &w); after = w.list) {
        struct listing_strand *strand = listing_strand_at(io_strands, id->key, w.list, s->view.arena);
        for (uint32_t i = 0; i < w.act_count; i++)
            (void)listing_strand_add(strand, &w.acts[i]);
        step_keyed_remove(s, &listing_waiting_family, w.key);
        count_move(s, -1);
        any = true;
    }
    return any;
}

void listing_waiting_forget(struct step *s, struct hash128 plain)
{
    struct listing_waiting w;
    for (uint32_t after = 0; of_plain_next(&s->view, plain, after, &w); after = w.list) {
        step_keyed_remove(s, &listing_waiting_family, w.key);
        count_move(s, -1);
    }
}
