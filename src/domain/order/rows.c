#include <string.h>

#include "domain/order/document.h"

#define ROW_FORMAT 1u
#define ROW_WHOLE 0u /* the order follows */
#define ROW_IN_PIECES 1u
#define ROW_HEAD_BYTES 2u
#define INDEX_SEED UINT64_C(0x6f72646572)
#define PIECES_MAX ((ORDER_LOCKED_BYTES_MAX + PIECE_BYTES - 1) / PIECE_BYTES)

const struct family order_family = {.id = 80, .kind = FAMILY_NUMBERED, .value_bytes = ROW_BYTES_MAX, .name = "order"};
const struct family order_index_family = {.id = 81, .kind = FAMILY_INDEX, .name = "order_index", .goes_cold = true};
const struct family order_piece_family = {
    .id = 82, .kind = FAMILY_NUMBERED, .value_bytes = PIECE_BYTES, .name = "order_piece"};

/* --- pieces --- */

static struct bytes piece_of(struct bytes bytes, uint32_t at)
{
    size_t from = (size_t)at * PIECE_BYTES, until = from + PIECE_BYTES;
    return bytes_slice(bytes, from, until < bytes.size ? until : bytes.size);
}

const uint32_t *pieces_put(struct step *s, struct bytes bytes, const uint32_t *numbers, uint32_t count,
                           uint32_t *out_count)
{
    uint32_t wanted = (uint32_t)((bytes.size + PIECE_BYTES - 1) / PIECE_BYTES);
    uint32_t *out = ARENA_ARRAY(s->view.arena, uint32_t, wanted + 1);
    for (uint32_t i = 0; i < wanted; i++) {
        struct bytes piece = piece_of(bytes, i), there;
        out[i] = i < count ? numbers[i] : step_row_create(s, &order_piece_family, piece);
        if (i < count && !(view_row(&s->view, &order_piece_family, out[i], &there) && bytes_equal(there, piece)))
            step_row_put(s, &order_piece_family, out[i], piece);
    }
    for (uint32_t i = wanted; i < count; i++)
        step_row_remove(s, &order_piece_family, numbers[i]);
    *out_count = wanted;
    return out;
}

bool pieces_read(const struct view *v, const uint32_t *numbers, uint32_t count, size_t size, struct bytes *out_bytes)
{
    uint8_t *whole = arena_take(v->arena, (size_t)count * PIECE_BYTES + 1, 1);
    size_t filled = 0;
    bool all_here = true; /* each is asked for, so that all come at once */
    for (uint32_t i = 0; i < count; i++) {
        struct bytes piece;
        bool is_here = view_row(v, &order_piece_family, numbers[i], &piece);
        all_here &= is_here;
        if (!is_here)
            continue;
        memcpy(whole + filled, piece.data, piece.size);
        filled += piece.size;
    }
    *out_bytes = bytes_of(whole, filled);
    return all_here && filled == size;
}

/* --- an order's row --- */

/* How an order lies in its row. */
struct place {
    struct order_key key;
    struct bytes whole; /* when it is there */
    size_t size;        /* when it lies in pieces */
    uint32_t piece_count;
    const uint32_t *pieces;
};

static bool place_read(struct bytes row, struct arena *arena, struct place *out)
{
    struct unpack u = unpack_of(row);
    *out = (struct place){.size = 0};
    u.bad |= unpack_u8(&u) != ROW_FORMAT;
    bool is_whole = unpack_u8(&u) == ROW_WHOLE;
    if (is_whole)
        out->whole = bytes_of(u.at, unpack_left(&u));
    out->key.shop = unpack_bytes(&u);
    out->key.number = unpack_bytes(&u);
    if (is_whole || u.bad)
        return !u.bad;
    out->size = unpack_varint32(&u);
    out->piece_count = unpack_varint32(&u);
    u.bad |= out->piece_count > PIECES_MAX;
    uint32_t *pieces = ARENA_ARRAY(arena, uint32_t, u.bad ? 1 : out->piece_count + 1);
    for (uint32_t i = 0; i < out->piece_count && !u.bad; i++)
        pieces[i] = unpack_varint32(&u);
    out->pieces = pieces;
    return unpack_finished(&u);
}

static bool document_read(const struct view *v, uint32_t number, const struct place *place, struct document *out)
{
    struct bytes bytes = place->whole;
    if (place->piece_count > 0 && !pieces_read(v, place->pieces, place->piece_count, place->size, &bytes))
        return false;
    struct status status = document_decode(bytes, v->arena, out, NULL);
    assert(done(status)); /* rows are our own */
    out->number = number;
    out->piece_count = place->piece_count;
    out->pieces = place->pieces;
    return true;
}

bool document_numbered(const struct view *v, uint32_t number, struct document *out)
{
    struct bytes row;
    struct place place;
    return view_row(v, &order_family, number, &row) && place_read(row, v->arena, &place) &&
           document_read(v, number, &place, out);
}

static struct hash128 key_hash(struct order_key key, uint8_t probe)
{
    uint8_t text[ORDER_SHOP_BYTES_MAX + 1 + ORDER_NUMBER_BYTES_MAX];
    assert(key.shop.size <= ORDER_SHOP_BYTES_MAX && key.number.size <= ORDER_NUMBER_BYTES_MAX);
    uint8_t *at = put_raw(text, key.shop.data, key.shop.size);
    *at++ = 0;
    at = put_raw(at, key.number.data, key.number.size);
    return hash128(bytes_of(text, (size_t)(at - text)), INDEX_SEED + probe);
}

static bool keys_are_equal(struct order_key a, struct order_key b)
{
    return bytes_equal(a.number, b.number) && bytes_equal(a.shop, b.shop);
}

bool document_load(const struct view *v, struct order_key key, struct document *out)
{
    *out = (struct document){.key = key};
    for (uint8_t probe = 0; probe < ORDER_PROBES; probe++) {
        struct bytes row;
        struct place place;
        uint32_t number;
        out->probe = probe;
        if (!view_index(v, &order_index_family, key_hash(key, probe), &number))
            return false;
        if (!view_row(v, &order_family, number, &row)) /* it went, and others lie behind it */
            continue;
        bool good = place_read(row, v->arena, &place);
        assert(good);
        if (good && keys_are_equal(place.key, key))
            return document_read(v, number, &place, out);
    }
    out->probe = ORDER_PROBES;
    return false;
}

struct indexed_row document_ahead(struct order_key key)
{
    return (struct indexed_row){.index = &order_index_family, .rows = &order_family, .key = key_hash(key, 0)};
}

static struct bytes row_in_pieces(const struct document *d, size_t size, struct arena *arena)
{
    size_t most = ROW_HEAD_BYTES + 4 * VARINT_BYTES_MAX + d->key.shop.size + d->key.number.size +
                  (size_t)d->piece_count * VARINT_BYTES_MAX;
    uint8_t *from = arena_take(arena, most, 1), *at = from;
    *at++ = ROW_FORMAT;
    *at++ = ROW_IN_PIECES;
    at = put_bytes(put_bytes(at, d->key.shop), d->key.number);
    at = put_varint(put_varint(at, size), d->piece_count);
    for (uint32_t i = 0; i < d->piece_count; i++)
        at = put_varint(at, d->pieces[i]);
    return bytes_of(from, (size_t)(at - from));
}

void document_save(struct step *s, struct document *d, struct bytes bytes)
{
    struct arena *arena = s->view.arena;
    bool is_whole = bytes.size + ROW_HEAD_BYTES <= ROW_BYTES_MAX;
    d->pieces = pieces_put(s, is_whole ? BYTES_NONE : bytes, d->pieces, d->piece_count, &d->piece_count);
    struct bytes row;
    if (is_whole) {
        uint8_t *whole = arena_take(arena, ROW_HEAD_BYTES + bytes.size, 1);
        whole[0] = ROW_FORMAT;
        whole[1] = ROW_WHOLE;
        memcpy(whole + ROW_HEAD_BYTES, bytes.data, bytes.size);
        row = bytes_of(whole, ROW_HEAD_BYTES + bytes.size);
    } else {
        row = row_in_pieces(d, bytes.size, arena);
    }
    d->raw = bytes;
    if (d->number != 0) {
        step_row_put(s, &order_family, d->number, row);
        return;
    }
    assert(d->probe < ORDER_PROBES);
    d->number = step_row_create(s, &order_family, row);
    step_index_put(s, &order_index_family, key_hash(d->key, d->probe), d->number);
}

/* --- gone --- */

/* Another key that has one of its hashes may be found only by passing this one. */
static bool is_last_probe(const struct view *v, const struct document *d)
{
    uint32_t number;
    return d->probe + 1u == ORDER_PROBES || !view_index(v, &order_index_family, key_hash(d->key, d->probe + 1), &number);
}

/* By its number a document is read without its probe. */
static struct document probed(const struct view *v, const struct document *d)
{
    struct document found;
    bool is_here = document_load(v, d->key, &found);
    return is_here ? found : *d;
}

void document_remove_touch(const struct view *v, const struct document *d)
{
    struct document found = probed(v, d);
    (void)is_last_probe(v, &found);
}

void document_remove(struct step *s, const struct document *d)
{
    struct document found = probed(&s->view, d);
    uint32_t none;
    assert(found.number == d->number);
    (void)pieces_put(s, BYTES_NONE, found.pieces, found.piece_count, &none);
    if (is_last_probe(&s->view, &found))
        step_index_remove(s, &order_index_family, key_hash(found.key, found.probe));
    step_row_remove(s, &order_family, found.number);
}
