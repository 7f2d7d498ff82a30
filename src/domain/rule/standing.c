#include "domain/rule/standing.h"

#include "base/time.h"

/* format, pending; then of each entry: rule - rule before, what it has, what it has */
#define SECTION_FORMAT 1u
#define SECTION_PENDING 1u
enum { VALUE_PLAIN, VALUE_YES, VALUE_NO, VALUE_BYTES }; /* two bits */
#define STAND_VALUE 3u
#define STAND_TURN 4u
#define STAND_MIDNIGHT 8u
#define STAND_TIMED 16u
#define STAND_BYTES_MAX (5u * VARINT_BYTES_MAX + 1u)
#define VALUE_PACKED_BYTES 32u /* beside its text: kind, size, scale, a number */
#define MILLION 1000000
#define SCALE_MILLIONTHS 6

const struct section standing_section = {.id = 8, .kind = SECTION_FOLD, .name = "standing"};

static const uint8_t packed_yes[] = {VALUE_TRUE}, packed_no[] = {VALUE_FALSE};
#define YES bytes_of(packed_yes, sizeof packed_yes)
#define NO bytes_of(packed_no, sizeof packed_no)

struct stand_walk stand_walk(struct bytes section, const struct civil *civil)
{
    struct stand_walk w = {.left = unpack_of(section), .civil = civil};
    if (section.size == 0)
        return w;
    uint8_t format = unpack_u8(&w.left);
    w.is_pending = (unpack_u8(&w.left) & SECTION_PENDING) != 0;
    assert(format == SECTION_FORMAT && unpack_good(&w.left));
    (void)format;
    return w;
}

static struct bytes value_unpack(struct unpack *u, uint8_t has)
{
    switch (has & STAND_VALUE) {
    case VALUE_PLAIN:
        return BYTES_NONE;
    case VALUE_YES:
        return YES;
    case VALUE_NO:
        return NO;
    default:
        return unpack_bytes(u);
    }
}

bool stand_next(struct stand_walk *w, struct stand *out_stand)
{
    struct unpack *u = &w->left;
    if (unpack_left(u) == 0)
        return false;
    w->rule += unpack_varint32(u);
    uint8_t has = unpack_u8(u);
    struct stand s = {.rule = w->rule, .is_plain = (has & STAND_VALUE) == VALUE_PLAIN, .turn_us = TURN_NONE};
    s.value = value_unpack(u, has);
    if (!s.is_plain)
        s.since_s = w->since_s += unpack_signed(u);
    s.is_midnight = (has & STAND_MIDNIGHT) != 0;
    s.is_timed = (has & STAND_TIMED) != 0;
    s.has_turn = (has & STAND_TURN) != 0;
    if (s.has_turn) {
        s.turn_day = w->turn_day += (int32_t)unpack_signed(u);
        if (!s.is_midnight)
            s.turn_us = unpack_signed(u);
        else if (w->civil != NULL)
            s.turn_us = civil_begin_us(w->civil, CIVIL_DAY, s.turn_day);
    }
    assert(unpack_good(u));
    *out_stand = s;
    return true;
}

static uint8_t value_kind(const struct stand *s)
{
    if (s->is_plain)
        return VALUE_PLAIN;
    if (bytes_equal(s->value, YES))
        return VALUE_YES;
    return bytes_equal(s->value, NO) ? VALUE_NO : VALUE_BYTES;
}

/* `io` is where a walk would be. */
static void stand_pack(const struct stand *s, struct stand_walk *io, struct buf *out)
{
    uint8_t kind = value_kind(s);
    pack_varint(out, s->rule - io->rule);
    io->rule = s->rule;
    pack_u8(out, (uint8_t)(kind | (s->has_turn ? STAND_TURN : 0) | (s->is_midnight ? STAND_MIDNIGHT : 0) |
                           (s->is_timed ? STAND_TIMED : 0)));
    if (kind == VALUE_BYTES)
        pack_bytes(out, s->value);
    if (!s->is_plain) {
        pack_signed(out, s->since_s - io->since_s);
        io->since_s = s->since_s;
    }
    if (s->has_turn) {
        pack_signed(out, s->turn_day - io->turn_day);
        io->turn_day = s->turn_day;
    }
    if (s->has_turn && !s->is_midnight)
        pack_signed(out, s->turn_us);
}

size_t stands_pack(const struct stand *list, size_t count, bool is_pending, struct buf *out)
{
    struct stand_walk at = {0};
    if (count == 0 && !is_pending)
        return 0;
    pack_u8(out, SECTION_FORMAT);
    pack_u8(out, is_pending ? SECTION_PENDING : 0);
    for (size_t i = 0; i < count; i++) {
        if (out->size + STAND_BYTES_MAX + list[i].value.size > STANDINGS_BYTES_MAX)
            return count - i;
        stand_pack(&list[i], &at, out);
    }
    return 0;
}

/* --- values --- */

/* Of more than 63 bits: the double that it was packed as. */
static series_wide millionths(const struct value *v)
{
    if (v->kind == VALUE_DOUBLE)
        return (series_wide)(v->real * MILLION);
    series_wide number = v->integer;
    for (int scale = v->scale; scale < SCALE_MILLIONTHS; scale++)
        number *= 10;
    return number;
}

struct rule_value rule_value_unpack(enum rule_type type, struct bytes packed)
{
    struct rule_value value = {.type = type, .is_known = packed.size > 0};
    if (!value.is_known)
        return value;
    struct unpack u = unpack_of(packed);
    struct value v = unpack_value(&u);
    assert(unpack_finished(&u));
    value.truth = v.kind == VALUE_TRUE;
    value.text = type == RULE_TEXT ? v.body : BYTES_NONE;
    value.time_us = type == RULE_TIME ? v.integer : 0;
    value.number = type == RULE_NUMBER ? millionths(&v) : 0;
    return value;
}

struct rule_value value_settled(struct rule_value value)
{
    if (value.type == RULE_TRUTH && !value.is_known)
        return (struct rule_value){.type = RULE_TRUTH, .is_known = true};
    return value;
}

struct bytes value_packed(struct rule_value value, struct arena *a)
{
    struct rule_value settled = value_settled(value);
    if (settled.type == RULE_TRUTH)
        return settled.truth ? YES : NO;
    struct buf b = arena_buf(a, settled.text.size + VALUE_PACKED_BYTES);
    rule_value_pack(&settled, &b);
    assert(!b.overflowed);
    return buf_bytes(&b);
}
