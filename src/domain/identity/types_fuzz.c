/* Any bytes as the value of an identifier of any type: what comes out is canonical, so that the same value always has the
 * same key; and what is masked, or forwards to somebody, identifies nobody however it is written. Any bytes as the rule of
 * a type: refused, or it says the same again. */
#include <string.h>

#include "domain/identity/identity.h"
#include "domain/identity/rules.h"
#include "lib/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RAW_BYTES_MAX 600u
#define MOBILE_BYTES 14u /* +86 and eleven digits */

static enum id_verdict normalise(const struct id_type_rule *rule, struct bytes raw, struct buf *room, struct bytes *out_value)
{
    buf_clear(room);
    return id_normalise(rule, raw, room, out_value);
}

/* The eleven digits of a Chinese mobile with something between or behind them. */
static enum id_verdict verdict_on(const struct id_type_rule *rule, struct bytes digits, const char *hidden, const char *behind)
{
    struct buf raw, room;
    struct bytes value;
    buf_init(&raw, 64);
    buf_init(&room, 64);
    buf_push(&raw, bytes_slice(digits, 0, 3));
    if (hidden[0] == 0)
        buf_push(&raw, bytes_slice(digits, 3, 7));
    buf_push_text(&raw, hidden);
    buf_push(&raw, bytes_slice(digits, 7, 11));
    buf_push_text(&raw, behind);
    enum id_verdict verdict = normalise(rule, buf_bytes(&raw), &room, &value);
    buf_fini(&raw);
    buf_fini(&room);
    return verdict;
}

static void mobile_check(const struct id_type_rule *rule, struct bytes e164)
{
    struct bytes digits = bytes_slice(e164, 3, MOBILE_BYTES);
    assert(verdict_on(rule, digits, "", "") == ID_GOOD);
    assert(verdict_on(rule, digits, "****", "") == ID_MASKED);
    assert(verdict_on(rule, digits, "xxxx", "") == ID_MASKED);
    assert(verdict_on(rule, digits, "", "-1234") == ID_VIRTUAL);
    assert(verdict_on(rule, digits, "", "转1234") == ID_VIRTUAL);
    assert(verdict_on(rule, digits, "", ",1234") != ID_GOOD);
}

static bool has_stars(struct bytes raw)
{
    return raw.size > 1 && memmem(raw.data, raw.size, "**", 2) != NULL;
}

/* Canonical: the same again is the same, it reads as one line of text, and fits where identifiers are kept. */
static void value_check(const struct id_type_rule *rule, struct bytes raw)
{
    uint8_t copy[ID_VALUE_BYTES_MAX];
    struct buf room;
    struct bytes once, twice;
    buf_init(&room, ID_VALUE_BYTES_MAX * 4);
    if (normalise(rule, raw, &room, &once) == ID_GOOD) {
        assert(once.size > 0 && once.size <= ID_VALUE_BYTES_MAX && text_is_utf8(once) && !has_stars(raw));
        assert(text_find_control(once, TEXT_ONE_LINE) == once.size);
        memcpy(copy, once.data, once.size);
        once.data = copy;
        enum id_verdict again = normalise(rule, once, &room, &twice);
        assert(again == ID_GOOD && bytes_equal(once, twice));
        (void)again;
        if (rule->normaliser == NORMALISE_PHONE && once.size == MOBILE_BYTES && memcmp(once.data, "+861", 4) == 0)
            mobile_check(rule, once);
    }
    buf_fini(&room);
}

/* A declared type has any normaliser, whatever its number. */
static void normalisers_check(struct bytes raw)
{
    for (enum normaliser n = NORMALISE_EXACT; n <= NORMALISE_UUID; n++)
        value_check(&(struct id_type_rule){.type = TYPE_CUSTOM, .name = "own", .normaliser = n, .priority = 20}, raw);
}

static void rule_fuzz(struct bytes payload)
{
    struct id_type_rule rule, again;
    struct buf once;
    buf_init(&once, TYPE_RULE_BYTES_MAX);
    if (done(rule_unpack(payload, &rule, NULL))) {
        struct status packed = identity_type_pack(&rule, &once, NULL), read = rule_unpack(buf_bytes(&once), &again, NULL);
        assert(done(packed) && done(read) && strcmp(rule.name, again.name) == 0 && rule.type == again.type);
        assert(rule.normaliser == again.normaliser && rule.over == again.over && rule.parent == again.parent);
    }
    buf_fini(&once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t count;
    const struct id_type_rule *rules = id_types_builtin(&count);
    struct bytes input = bytes_of(data, size);
    if (size > RAW_BYTES_MAX)
        return 0;
    for (size_t i = 0; i < count; i++)
        value_check(&rules[i], input);
    normalisers_check(input);
    rule_fuzz(input);
    return 0;
}
