/* Rows of rules: what a rule is, its text in pieces, and what commands say of it. */
#include "domain/rule/book.h"

#define ROW_FORMAT 1u
#define ROW_IS_CONDITION 1u
#define PIECE_BYTES 16000u
#define TEXT_KEY_BYTES 6u
#define SLOT_BYTES_MAX (3u * VARINT_BYTES_MAX + 16u)
#define VALUE_BYTES_MAX 300u /* of a value, packed */
#define RULE_ROW_BYTES_MAX \
    (8u * VARINT_BYTES_MAX + RULE_MAKER_BYTES_MAX + VALUE_BYTES_MAX + PROGRAM_FEATURES_MAX * SLOT_BYTES_MAX)
static_assert(RULE_ROW_BYTES_MAX <= ROW_BYTES_MAX && PIECE_BYTES <= ROW_BYTES_MAX,
              "a rule is a row, its text some more");

const struct family rule_family = {
    .id = 113, .kind = FAMILY_NUMBERED, .value_bytes = RULE_ROW_BYTES_MAX, .name = "rule"};
const struct family rule_text_family = {
    .id = 114, .kind = FAMILY_KEYED, .value_bytes = PIECE_BYTES, .name = "rule_text"};

/* --- the row --- */

static void slot_unpack(struct unpack *u, struct rule_slot *out)
{
    out->slot = unpack_varint32(u);
    out->since = unpack_varint(u);
    out->key.low = unpack_u64(u);
    out->key.high = unpack_u64(u);
}

bool rule_row_unpack(struct bytes row, struct arena *a, struct rule_row *out_row)
{
    struct unpack u = unpack_of(row);
    struct rule_row r = {0};
    u.bad |= unpack_u8(&u) != ROW_FORMAT;
    uint8_t state = unpack_u8(&u), type = unpack_u8(&u);
    u.bad |= state >= RULE_OVER || type >= RULE_TYPE_COUNT;
    r.state = (enum rule_state)state;
    r.type = (enum rule_type)type;
    r.is_condition = (unpack_u8(&u) & ROW_IS_CONDITION) != 0;
    r.brand = unpack_varint32(&u);
    r.position = unpack_varint(&u);
    r.in_force = unpack_varint(&u);
    r.maker = arena_copy(a, unpack_bytes(&u));
    r.unknown = arena_copy(a, unpack_bytes(&u));
    r.slot_count = unpack_varint32(&u);
    if (!unpack_good(&u) || r.slot_count > PROGRAM_FEATURES_MAX)
        return false;
    struct rule_slot *slots = ARENA_ARRAY(a, struct rule_slot, r.slot_count);
    for (uint32_t i = 0; i < r.slot_count; i++)
        slot_unpack(&u, &slots[i]);
    r.slots = slots;
    *out_row = r;
    return unpack_finished(&u);
}

static struct bytes row_pack(const struct rule_row *r, struct arena *a)
{
    struct buf b = arena_buf(a, RULE_ROW_BYTES_MAX);
    pack_u8(&b, ROW_FORMAT);
    pack_u8(&b, (uint8_t)r->state);
    pack_u8(&b, (uint8_t)r->type);
    pack_u8(&b, r->is_condition ? ROW_IS_CONDITION : 0);
    pack_varint(&b, r->brand);
    pack_varint(&b, r->position);
    pack_varint(&b, r->in_force);
    pack_bytes(&b, r->maker);
    pack_bytes(&b, r->unknown);
    pack_varint(&b, r->slot_count);
    for (uint32_t i = 0; i < r->slot_count; i++) {
        pack_varint(&b, r->slots[i].slot);
        pack_varint(&b, r->slots[i].since);
        pack_u64(&b, r->slots[i].key.low);
        pack_u64(&b, r->slots[i].key.high);
    }
    assert(!b.overflowed);
    return buf_bytes(&b);
}

void rule_row_put(struct step *s, const struct rule_row *row)
{
    struct bytes packed = row_pack(row, s->view.arena);
    if (row->number != RULE_NONE) {
        step_row_put(s, &rule_family, row->number, packed);
        return;
    }
    uint32_t number = step_row_create(s, &rule_family, packed);
    assert(number != RULE_NONE);
    (void)number;
}

/* --- the text, and what its names meant --- */

#define MEANINGS_PIECE 0x8000u /* pieces of the text come before it */

static struct bytes text_key(struct arena *a, uint32_t rule, uint32_t piece)
{
    uint8_t *key = arena_take(a, TEXT_KEY_BYTES, 1);
    (void)put_key(put_key(key, rule, 4), piece, 2);
    return bytes_of(key, TEXT_KEY_BYTES);
}

static void pieces_put(struct step *s, uint32_t rule, uint32_t first, struct bytes all)
{
    for (size_t from = 0; from < all.size; from += PIECE_BYTES) {
        size_t left = all.size - from;
        struct bytes part = bytes_slice(all, from, from + (left < PIECE_BYTES ? left : PIECE_BYTES));
        step_keyed_put(s, &rule_text_family, text_key(s->view.arena, rule, first++), part);
    }
}

/* Takes no more than there is: a book that is made reads those of all rules in one arena. */
static struct bytes pieces_read(const struct view *v, uint32_t rule, uint32_t first)
{
    struct bytes part;
    size_t size = 0;
    uint32_t piece = first;
    while (view_keyed(v, &rule_text_family, text_key(v->arena, rule, piece++), &part))
        size += part.size;
    struct buf b = arena_buf(v->arena, size);
    while (b.size < size && view_keyed(v, &rule_text_family, text_key(v->arena, rule, first++), &part))
        buf_push(&b, part);
    return buf_bytes(&b);
}

static void pieces_remove(struct step *s, uint32_t rule, uint32_t first)
{
    struct bytes part, key = text_key(s->view.arena, rule, first);
    while (view_keyed(&s->view, &rule_text_family, key, &part)) {
        step_keyed_remove(s, &rule_text_family, key);
        key = text_key(s->view.arena, rule, ++first);
    }
}

void rule_text_put(struct step *s, uint32_t rule, struct bytes text, struct bytes meanings)
{
    assert(text.size > 0 && text.size <= RULE_TEXT_BYTES_MAX && meanings.size <= PROGRAM_MEANINGS_BYTES_MAX);
    pieces_put(s, rule, 0, text);
    pieces_put(s, rule, MEANINGS_PIECE, meanings);
}

struct bytes rule_text_read(const struct view *v, uint32_t rule)
{
    return pieces_read(v, rule, 0);
}

struct bytes rule_meanings_read(const struct view *v, uint32_t rule)
{
    return pieces_read(v, rule, MEANINGS_PIECE);
}

void rule_remove(struct step *s, uint32_t rule)
{
    pieces_remove(s, rule, 0);
    pieces_remove(s, rule, MEANINGS_PIECE);
    step_row_remove(s, &rule_family, rule);
}

/* --- what commands say --- */

void rule_ask_pack(const struct rule_ask *ask, struct buf *out)
{
    pack_u8(out, ask->is_condition ? ROW_IS_CONDITION : 0);
    pack_varint(out, ask->brand);
    pack_bytes(out, ask->maker);
    pack_raw(out, ask->text);
}

fallible rule_ask_unpack(struct bytes payload, struct rule_ask *out_ask, struct err *e)
{
    struct unpack u = unpack_of(payload);
    struct rule_ask ask = {.is_condition = (unpack_u8(&u) & ROW_IS_CONDITION) != 0};
    ask.brand = unpack_varint32(&u);
    ask.maker = unpack_bytes(&u);
    ask.text = unpack_rest(&u);
    if (!unpack_good(&u) || ask.maker.size > RULE_MAKER_BYTES_MAX)
        return FAIL(e, INVALID, "a rule is cut short, or its maker's name for it is over %u bytes",
                    RULE_MAKER_BYTES_MAX);
    if (ask.text.size == 0 || ask.text.size > RULE_TEXT_BYTES_MAX)
        return FAIL(e, LIMIT, "a rule has a text of at most %u bytes, this one %zu", RULE_TEXT_BYTES_MAX,
                    ask.text.size);
    *out_ask = ask;
    return DONE;
}

void rule_switch_pack(const struct rule_pair *pairs, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        pack_varint(out, pairs[i].old);
        pack_varint(out, pairs[i].new);
    }
}

void rule_look_pack(const struct rule_look *look, struct buf *out)
{
    pack_varint(out, look->person);
    pack_u8(out, (uint8_t)look->place.what);
    pack_varint(out, look->place.number);
    pack_u8(out, look->by_time);
}
