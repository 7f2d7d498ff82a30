/* Covers: types.c, rules.c */
#include "domain/identity/types.h"

#include "domain/identity/identity.h"
#include "domain/identity/rules.h"
#include "testing/test.h"

static enum id_verdict verdict_of(uint16_t type, const char *raw, struct buf *scratch, struct bytes *out)
{
    size_t count;
    const struct id_type_rule *rules = id_types_builtin(&count);
    buf_clear(scratch);
    return id_normalise(&rules[type - 1], bytes_of_text(raw), scratch, out);
}

static void builtin_types_are_in_order(struct t *t)
{
    size_t count;
    const struct id_type_rule *rules = id_types_builtin(&count);
    uint64_t priorities = 0;
    CHECK_EQ(t, count, TYPE_ANONYMOUS_ID);
    for (size_t i = 0; i < count; i++) {
        CHECK_EQ(t, rules[i].type, i + 1);
        CHECK(t, (priorities >> rules[i].priority & 1) == 0); /* no two are trusted alike */
        priorities |= UINT64_C(1) << rules[i].priority;
        struct buf b;
        struct id_type_rule back;
        struct err e = {0};
        buf_init(&b, TYPE_RULE_BYTES_MAX);
        CHECK_DONE(t, identity_type_pack(&rules[i], &b, &e), &e);
        CHECK_DONE(t, rule_unpack(buf_bytes(&b), &back, &e), &e);
        CHECK_TEXT(t, back.name, rules[i].name);
        CHECK_EQ(t, back.limit, rules[i].limit);
        CHECK_EQ(t, back.ends_at_logout, rules[i].ends_at_logout);
        CHECK_FAILS(t, rule_unpack(bytes_slice(buf_bytes(&b), 0, b.size - 1), &back, &e), INVALID);
        buf_fini(&b);
    }
}

static void values_are_made_canonical(struct t *t)
{
    static const struct {
        uint16_t type;
        const char *raw, *want;
    } good[] = {
        {TYPE_PHONE, "138 1234 5678", "+8613812345678"},
        {TYPE_PHONE, "0086-13812345678", "+8613812345678"},
        {TYPE_EMAIL, " Wang@Example.COM ", "wang@example.com"},
        {TYPE_USER_ID, " 42 ", "42"},
        {TYPE_OPENID, "oAbC", "oAbC"},
        {TYPE_ANONYMOUS_ID, "6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
        {TYPE_ANONYMOUS_ID, "Device-7", "Device-7"},
    };
    struct buf scratch;
    buf_init(&scratch, 4096);
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct bytes got = BYTES_NONE;
        CHECK_EQ(t, verdict_of(good[i].type, good[i].raw, &scratch, &got), ID_GOOD);
        CHECK_BYTES(t, got, bytes_of_text(good[i].want));
        struct bytes again = BYTES_NONE;
        char *copy = arena_text(t->arena, got);
        CHECK_EQ(t, verdict_of(good[i].type, copy, &scratch, &again), ID_GOOD);
        CHECK_BYTES(t, again, bytes_of_text(good[i].want));
    }
    buf_fini(&scratch);
}

static void bad_values_say_why(struct t *t)
{
    static const struct {
        uint16_t type;
        const char *raw;
        enum id_verdict want;
    } bad[] = {
        {TYPE_USER_ID, "  ", ID_EMPTY},
        {TYPE_USER_ID, "NULL", ID_BLOCKED},
        {TYPE_USER_ID, "undefined", ID_BLOCKED},
        {TYPE_DEVICE_ID, "00000000-0000-0000-0000-000000000000", ID_BLOCKED},
        {TYPE_PHONE, "138****1234", ID_MASKED},
        {TYPE_OPENID, "o***x", ID_MASKED},
        {TYPE_PHONE, "13800001234-1234", ID_VIRTUAL},
        {TYPE_PHONE, "13800000000", ID_BLOCKED},
        {TYPE_PHONE, "400-800-8888", ID_BLOCKED},
        {TYPE_PHONE, "1.38E+10", ID_MALFORMED},
        {TYPE_EMAIL, "wang@", ID_MALFORMED},
        {TYPE_USER_ID, "\xff\xfe", ID_MALFORMED},
        {TYPE_USER_ID, "a\nb", ID_MALFORMED},
    };
    struct buf scratch;
    buf_init(&scratch, 4096);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct bytes got = BYTES_NONE;
        enum id_verdict verdict = verdict_of(bad[i].type, bad[i].raw, &scratch, &got);
        CHECK_TEXT(t, id_verdict_names[verdict], id_verdict_names[bad[i].want]);
        CHECK_EQ(t, got.size, 0);
    }
    char *long_one = memset(arena_take(t->arena, 300, 1), 'x', 300);
    long_one[299] = 0;
    struct bytes got;
    CHECK_EQ(t, verdict_of(TYPE_USER_ID, long_one, &scratch, &got), ID_TOO_LONG);
    buf_fini(&scratch);
}

static void keys_lead_there_and_back(struct t *t)
{
    struct hash128 a = identifier_key(1, TYPE_OPENID, BYTES_LIT("app"), BYTES_LIT("o1"));
    CHECK(t, !hash128_equal(a, identifier_key(1, TYPE_OPENID, BYTES_LIT("app2"), BYTES_LIT("o1"))));
    CHECK(t, !hash128_equal(a, identifier_key(1, TYPE_OPENID, BYTES_LIT("appo"), BYTES_LIT("1"))));
    CHECK(t, !hash128_equal(a, identifier_key(1, TYPE_UNIONID, BYTES_LIT("app"), BYTES_LIT("o1"))));
    CHECK(t, !hash128_equal(a, identifier_key(2, TYPE_OPENID, BYTES_LIT("app"), BYTES_LIT("o1"))));
    uint32_t holder;
    CHECK(t, hash128_equal(identifier_key_plain(a, &holder), a));
    CHECK_EQ(t, holder, 0);
    for (uint32_t n = 1; n < 100000; n = n * 3 + 1) {
        struct hash128 key = identifier_key_of_holder(a, n);
        CHECK(t, key.low != a.low); /* an index tells them apart */
        CHECK(t, hash128_equal(identifier_key_plain(key, &holder), a));
        CHECK_EQ(t, holder, n);
    }
}

static const struct test tests[] = {
    {"built-in types are in order", builtin_types_are_in_order, 1},
    {"values are made canonical", values_are_made_canonical, 1},
    {"bad values say why", bad_values_say_why, 1},
    {"keys lead there and back", keys_lead_there_and_back, 1},
};

TEST_MAIN(tests)
