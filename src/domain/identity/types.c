#include "domain/identity/types.h"

#include <ctype.h>
#include <string.h>

#include "base/rng.h"
#include "domain/identity/rules.h"
#include "lib/pack.h"
#include "lib/phone.h"
#include "lib/text.h"
#include "lib/uuid.h"

#define KEY_HASH_BITS (UINT64_C(0xffff) << 48) /* of `high`: an index keeps no more */

/* Why each default is what it is: docs/guide/oneid.md. Priorities leave no gaps between these; an operator's own types
 * come after them unless they say otherwise. */
static const struct id_type_rule builtin[] = {
    {TYPE_USER_ID, "user_id", NORMALISE_EXACT, false, 1, 1, 0, OVER_REFUSE, TYPE_NONE, 0, false},
    {TYPE_UNIONID, "unionid", NORMALISE_EXACT, true, 2, 1, 0, OVER_REFUSE, TYPE_NONE, 20, false},
    {TYPE_PHONE, "phone", NORMALISE_PHONE, false, 4, 5, 365, OVER_MOVE, TYPE_NONE, 10, false},
    {TYPE_EXTERNAL_USERID, "external_userid", NORMALISE_EXACT, true, 5, 1, 0, OVER_REFUSE, TYPE_NONE, 20, false},
    {TYPE_OPENID, "openid", NORMALISE_EXACT, true, 6, 1, 0, OVER_REFUSE, TYPE_UNIONID, 20, false},
    {TYPE_TAOBAO_OUID, "taobao_ouid", NORMALISE_EXACT, true, 7, 3, 0, OVER_REFUSE, TYPE_NONE, 20, false},
    {TYPE_TMALL_OMID, "tmall_omid", NORMALISE_EXACT, true, 8, 3, 0, OVER_REFUSE, TYPE_NONE, 20, false},
    {TYPE_JD_PIN, "jd_pin", NORMALISE_EXACT, false, 9, 3, 0, OVER_REFUSE, TYPE_NONE, 20, false},
    {TYPE_DOUYIN_OPENID, "douyin_openid", NORMALISE_EXACT, true, 10, 3, 0, OVER_REFUSE, TYPE_NONE, 20, false},
    {TYPE_XHS_ID, "xhs_id", NORMALISE_EXACT, false, 11, 3, 0, OVER_REFUSE, TYPE_NONE, 20, false},
    {TYPE_MEMBER_NO, "member_no", NORMALISE_EXACT, true, 3, 1, 0, OVER_REFUSE, TYPE_NONE, 20, false},
    {TYPE_POS_CARD, "pos_card", NORMALISE_EXACT, true, 12, 3, 0, OVER_MOVE, TYPE_NONE, 10, false},
    {TYPE_EMAIL, "email", NORMALISE_EMAIL, false, 13, 5, 0, OVER_REFUSE, TYPE_NONE, 20, false},
    {TYPE_DEVICE_ID, "device_id", NORMALISE_UUID, false, 14, 0, 0, OVER_MOVE, TYPE_NONE, 50, true},
    {TYPE_ANONYMOUS_ID, "anonymous_id", NORMALISE_UUID, false, 15, 0, 0, OVER_MOVE, TYPE_NONE, 50, true},
};

const char *const id_verdict_names[ID_VERDICT_COUNT] = {"good",    "empty",     "blocked", "masked",
                                                        "virtual", "malformed", "too_long"};

const struct id_type_rule *id_types_builtin(size_t *out_count)
{
    *out_count = COUNT_OF(builtin);
    return builtin;
}

/* --- keys --- */

struct hash128 identifier_key(uint64_t secret, uint16_t type, struct bytes ns, struct bytes value)
{
    uint8_t all[3 + 2 * UINT8_MAX] = {(uint8_t)type, (uint8_t)(type >> 8), (uint8_t)ns.size};
    assert(ns.size <= UINT8_MAX && value.size <= UINT8_MAX);
    const uint8_t *end = put_raw(put_raw(all + 3, ns.data, ns.size), value.data, value.size);
    struct hash128 key = hash128(bytes_of(all, (size_t)(end - all)), secret);
    key.high &= KEY_HASH_BITS;
    return key;
}

struct hash128 identifier_key_of_holder(struct hash128 plain, uint32_t holder)
{
    assert((plain.high & ~KEY_HASH_BITS) == 0 && holder > 0);
    return (struct hash128){.low = plain.low ^ rng_mix(holder), .high = plain.high | holder};
}

struct hash128 identifier_key_plain(struct hash128 key, uint32_t *out_holder)
{
    *out_holder = (uint32_t)key.high;
    if (*out_holder > 0)
        key.low ^= rng_mix(*out_holder);
    key.high &= KEY_HASH_BITS;
    return key;
}

/* --- values --- */

/* What programs send when they have nothing to send; shorter ones first. */
#define BLANK(text) {(const uint8_t *)(text), sizeof(text) - 1}
static const struct bytes blank_values[] = {
    BLANK("0"),       BLANK("-1"),        BLANK("na"),    BLANK("nil"),     BLANK("nan"),
    BLANK("n/a"),     BLANK("null"),      BLANK("none"),  BLANK("true"),    BLANK("test"),
    BLANK("guest"),   BLANK("false"),     BLANK("empty"), BLANK("(null)"),  BLANK("string"),
    BLANK("unknown"), BLANK("default"),   BLANK("undefined"), BLANK("anonymous"), BLANK("[object object]"),
};
#define BLANK_BYTES_MAX 15u
/* Where those of a size begin. */
static const uint8_t blanks_of_size[BLANK_BYTES_MAX + 2] = {0, 0, 1, 3, 6, 10, 13, 15, 17, 17, 19, 19, 19, 19, 19, 19, 20};

static bool is_blank_word(struct bytes value)
{
    bool only_zeroes = true;
    for (size_t i = 0; i < value.size && only_zeroes; i++)
        only_zeroes = value.data[i] == '0' || value.data[i] == '-' || value.data[i] == '.';
    if (only_zeroes)
        return true;
    if (value.size > BLANK_BYTES_MAX)
        return false;
    for (size_t i = blanks_of_size[value.size]; i < blanks_of_size[value.size + 1]; i++) {
        size_t at = 0;
        while (at < value.size && tolower(value.data[at]) == blank_values[i].data[at])
            at++;
        if (at == value.size)
            return true;
    }
    return false;
}

/* The top bit of a byte is set where it isn't plain: no ASCII, a control character, or a star. Bits beside such a byte
 * may be set too. */
static inline uint64_t bytes_odd(const uint8_t *at, size_t size)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word = ones * 'a';
    memcpy(&word, at, size);
    uint64_t star = word ^ ones * '*', delete = word ^ ones * 0x7f;
    return word | ((word - ones * ' ') & ~word) | ((star - ones) & ~star) | ((delete - ones) & ~delete);
}

/* Most values are: then nothing more has to be asked of their bytes. */
static bool is_plain(struct bytes raw)
{
    uint64_t odd = 0;
    if (raw.size < 8)
        return (bytes_odd(raw.data, raw.size) & UINT64_C(0x8080808080808080)) == 0;
    for (size_t at = 0; at + 8 <= raw.size; at += 8)
        odd |= bytes_odd(raw.data + at, 8);
    odd |= bytes_odd(raw.data + raw.size - 8, 8);
    return (odd & UINT64_C(0x8080808080808080)) == 0;
}

static struct bytes trim(struct bytes b)
{
    while (b.size > 0 && b.data[0] <= ' ')
        b.data++, b.size--;
    while (b.size > 0 && b.data[b.size - 1] <= ' ')
        b.size--;
    return b;
}

static enum id_verdict verdict_of_phone(enum phone_reason reason)
{
    switch (reason) {
    case PHONE_OK:
        return ID_GOOD;
    case PHONE_EMPTY:
        return ID_EMPTY;
    case PHONE_MASKED:
        return ID_MASKED;
    case PHONE_VIRTUAL:
        return ID_VIRTUAL;
    case PHONE_SERVICE:
        return ID_BLOCKED;
    case PHONE_SCIENTIFIC:
    case PHONE_BAD_LENGTH:
    case PHONE_BAD_CHARACTER:
    case PHONE_REASON_COUNT:
        break;
    }
    return ID_MALFORMED;
}

/* 13800000000, +8613888888888 are typed to get past a form. */
static bool is_made_up_phone(struct bytes e164)
{
    size_t same = 1;
    for (size_t i = e164.size - 1; i > 0 && e164.data[i] == e164.data[i - 1]; i--)
        same++;
    return same >= 8;
}

static enum id_verdict normalise_phone(struct bytes raw, struct buf *scratch)
{
    struct phone phone;
    enum id_verdict verdict = verdict_of_phone(phone_normalise(raw, "86", &phone));
    if (verdict != ID_GOOD)
        return verdict;
    struct bytes e164 = bytes_of(phone.text, phone.size);
    buf_push(scratch, e164);
    return is_made_up_phone(e164) ? ID_BLOCKED : ID_GOOD;
}

static enum id_verdict normalise_email(struct bytes raw, struct buf *scratch)
{
    struct arena *a = arena_create(1024);
    struct bytes email;
    bool good = done(email_normalise(raw, a, &email, NULL));
    if (good)
        buf_push(scratch, email);
    arena_destroy(a);
    return good ? ID_GOOD : ID_MALFORMED;
}

static void push_lower(struct buf *scratch, struct bytes raw)
{
    for (size_t i = 0; i < raw.size; i++)
        buf_push_byte(scratch, raw.data[i] < 0x80 ? (uint8_t)tolower(raw.data[i]) : raw.data[i]);
}

static bool has_stars(struct bytes raw)
{
    for (size_t i = 0; i + 1 < raw.size; i++)
        if (raw.data[i] == '*' && raw.data[i + 1] == '*')
            return true;
    return false;
}

enum id_verdict id_normalise(const struct id_type_rule *rule, struct bytes raw, struct buf *scratch, struct bytes *out_value)
{
    raw = trim(raw);
    if (raw.size == 0)
        return ID_EMPTY;
    if (raw.size > ID_VALUE_BYTES_MAX)
        return ID_TOO_LONG;
    if (is_blank_word(raw))
        return ID_BLOCKED;
    if (UNLIKELY(!is_plain(raw))) {
        if (!text_is_utf8(raw) || text_find_control(raw, TEXT_ONE_LINE) < raw.size)
            return ID_MALFORMED;
        if (has_stars(raw))
            return ID_MASKED;
    }
    size_t from = scratch->size;
    enum id_verdict verdict = ID_GOOD;
    if (rule->normaliser == NORMALISE_PHONE)
        verdict = normalise_phone(raw, scratch);
    else if (rule->normaliser == NORMALISE_EMAIL)
        verdict = normalise_email(raw, scratch);
    else if (rule->normaliser == NORMALISE_LOWER || (rule->normaliser == NORMALISE_UUID && uuid_form(raw) == UUID_UPPER))
        push_lower(scratch, raw);
    else
        buf_push(scratch, raw);
    if (scratch->overflowed)
        return ID_TOO_LONG;
    if (verdict == ID_GOOD)
        *out_value = bytes_of(scratch->data + from, scratch->size - from);
    return verdict;
}

/* --- rules as rows --- */

bool rules_changed(const struct view *v)
{
    struct bytes key, value;
    return view_keyed_next(v, &type_family, BYTES_LIT("\0"), false, &key, &value);
}

const struct id_type_rule *rule_of(const struct view *v, bool changed, uint16_t type)
{
    uint8_t key[2] = {(uint8_t)(type >> 8), (uint8_t)type};
    struct bytes row;
    if (changed && view_keyed(v, &type_family, bytes_of(key, sizeof key), &row)) {
        struct id_type_rule *rule = ARENA_NEW(v->arena, struct id_type_rule);
        struct status status = rule_unpack(row, rule, NULL);
        assert(done(status)); /* checked before it was kept */
        return rule;
    }
    return type == TYPE_NONE || type > COUNT_OF(builtin) ? NULL : &builtin[type - 1];
}

const struct id_type_rule *id_type_rule(const struct view *v, uint16_t type)
{
    return rule_of(v, rules_changed(v), type);
}

static bool is_named(const struct id_type_rule *rule, struct bytes name)
{
    return bytes_equal(bytes_of_text(rule->name), name);
}

uint16_t id_type_named(const struct view *v, struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(builtin); i++)
        if (is_named(&builtin[i], name))
            return builtin[i].type;
    struct bytes key = BYTES_LIT("\0"), row;
    for (bool after = false; view_keyed_next(v, &type_family, key, after, &key, &row); after = true) {
        struct id_type_rule rule;
        struct status status = rule_unpack(row, &rule, NULL);
        assert(done(status));
        if (is_named(&rule, name))
            return rule.type;
    }
    return TYPE_NONE;
}
