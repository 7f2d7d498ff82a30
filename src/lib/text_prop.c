#include "lib/text.h"

#include "testing/test.h"

/* UTF-8 by the book (RFC 3629): decode by the count of leading ones, then forbid what is forbidden. */
static size_t model_find_bad(struct bytes text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    for (size_t i = 0; i < text.size;) {
        uint8_t lead = text.data[i];
        size_t size = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
        if (size == 0 || i + size > text.size)
            return i;
        uint32_t code = size == 1 ? lead : lead & (0xFFu >> (size + 1));
        for (size_t j = 1; j < size; j++) {
            if (text.data[i + j] >> 6 != 2)
                return i;
            code = code * 64 + text.data[i + j] % 64;
        }
        if (code < least[size] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
            return i;
        i += size;
    }
    return text.size;
}

static size_t code_put(uint32_t code, uint8_t *to)
{
    if (code < 0x80) {
        to[0] = (uint8_t)code;
        return 1;
    }
    size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size; i-- > 1; code >>= 6)
        to[i] = (uint8_t)(0x80 | (code & 0x3F));
    to[0] = (uint8_t)(0xF00u >> size | code);
    return size;
}

static uint32_t any_code(struct t *t)
{
    static const struct {
        int64_t low, high;
    } ranges[] = {
        {0x20, 0x7E},     {0x20, 0x20},     {0, 0x1F},        {0x80, 0x24F},    {0x300, 0x36F},   {0x370, 0x5FF},
        {0x1100, 0x11FF}, {0x1E00, 0x1FFF}, {0x2000, 0x206F}, {0x2100, 0x214F}, {0x3000, 0x30FF}, {0x3200, 0x33FF},
        {0x4E00, 0x9FFF}, {0x3400, 0x4DFF}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF}, {0xFB00, 0xFDFF}, {0xFE00, 0xFFEF},
        {0x1F300, 0x1F6FF}, {0x20000, 0x2A6DF}, {0xE0000, 0xE0FFF}, {0x80, 0xD7FF}, {0xE000, 0x10FFFF},
    };
    size_t i = rng_below(&t->rng, COUNT_OF(ranges));
    return (uint32_t)rng_between(&t->rng, ranges[i].low, ranges[i].high);
}

static struct bytes any_text(struct t *t, size_t codes_max)
{
    uint8_t *text = arena_take(t->arena, codes_max * 4 + 1, 1);
    size_t size = 0;
    for (uint64_t n = rng_below(&t->rng, codes_max + 1); n > 0; n--)
        size += code_put(any_code(t), text + size);
    return bytes_of(text, size);
}

static void validity_is_what_the_model_says(struct t *t)
{
    uint8_t raw[40];
    static const uint8_t edges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
                                    0xE0, 0xE4, 0xED, 0xEF, 0xF0, 0xF3, 0xF4, 0xF5, 0xFF};
    size_t size = rng_below(&t->rng, sizeof raw);
    double wild = rng_unit(&t->rng);
    for (size_t i = 0; i < size; i++)
        raw[i] = rng_chance(&t->rng, wild) ? edges[rng_below(&t->rng, sizeof edges)] : (uint8_t)rng_below(&t->rng, 256);
    struct bytes text = bytes_of(raw, size);
    CHECK_EQ(t, text_find_bad(text), model_find_bad(text));
    CHECK_EQ(t, text_is_utf8(text), model_find_bad(text) == size);
}

static void one_wrong_byte_is_seen(struct t *t)
{
    struct bytes text = any_text(t, 12);
    CHECK(t, text_is_utf8(text));
    if (text.size == 0)
        return;
    uint8_t *wrong = (uint8_t *)arena_text(t->arena, text);
    wrong[rng_below(&t->rng, text.size)] = (uint8_t)rng_below(&t->rng, 256);
    struct bytes changed = bytes_of(wrong, text.size);
    CHECK_EQ(t, text_find_bad(changed), model_find_bad(changed));
}

static void a_walk_gives_what_was_put(struct t *t)
{
    uint8_t raw[64];
    uint32_t codes[16];
    size_t size = 0;
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        codes[i] = any_code(t);
        size += code_put(codes[i], raw + size);
    }
    struct bytes rest = bytes_of(raw, size);
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        CHECK_EQ(t, text_next(&rest), codes[i]);
    CHECK_EQ(t, rest.size, 0);
}

static void a_cut_is_the_longest(struct t *t)
{
    struct bytes text = any_text(t, 12);
    size_t size_max = rng_below(&t->rng, text.size + 4);
    struct bytes cut = text_cut(text, size_max);
    CHECK(t, cut.size <= size_max && text_is_utf8(cut) && bytes_starts_with(text, cut));
    for (size_t size = cut.size + 1; size <= size_max && size <= text.size; size++)
        CHECK(t, !text_is_utf8(bytes_slice(text, 0, size)));
}

static void folding_twice_changes_nothing(struct t *t)
{
    struct bytes text = any_text(t, 20), once, twice;
    struct err e = {0};
    REQUIRE_DONE(t, text_fold(text, t->arena, &once, &e), &e);
    CHECK(t, text_is_utf8(once));
    REQUIRE_DONE(t, text_fold(once, t->arena, &twice, &e), &e);
    CHECK_BYTES(t, twice, once);
    bool spaced = once.size > 0 && (once.data[0] == ' ' || once.data[once.size - 1] == ' ');
    CHECK(t, !spaced);
}

/* The quick path and ICU's agree: a full-width letter in front sends the same text through ICU. */
static void both_ways_to_fold_agree(struct t *t)
{
    uint8_t raw[100];
    size_t size = 0;
    for (uint64_t n = rng_below(&t->rng, 25); n > 0; n--) {
        bool han = rng_chance(&t->rng, 0.4);
        size += code_put((uint32_t)(han ? rng_between(&t->rng, 0x4E00, 0x9FFF) : rng_between(&t->rng, 0, 0x7F)), raw + size);
    }
    raw[size] = '\0';
    struct bytes quick, slow;
    struct err e = {0};
    struct buf longer;
    buf_init(&longer, 1 << 10);
    buf_push_text(&longer, "Ａ");
    buf_push(&longer, bytes_of(raw, size));
    CHECK_DONE(t, text_fold(buf_bytes(&longer), t->arena, &slow, &e), &e);
    buf_clear(&longer);
    buf_push_text(&longer, "A");
    buf_push(&longer, bytes_of(raw, size));
    CHECK_DONE(t, text_fold(buf_bytes(&longer), t->arena, &quick, &e), &e);
    CHECK_BYTES(t, quick, slow);
    buf_fini(&longer);
}

static void simplifying_keeps_the_size_and_is_stable(struct t *t)
{
    struct bytes text = any_text(t, 20);
    struct bytes once = text_simplify(text, t->arena);
    CHECK_EQ(t, once.size, text.size);
    CHECK(t, text_is_utf8(once));
    CHECK_BYTES(t, text_simplify(once, t->arena), once);
}

static void an_email_normalises_once(struct t *t)
{
    struct bytes front = any_text(t, 4), back = any_text(t, 2), once = BYTES_NONE, twice = BYTES_NONE;
    char *raw = arena_printf(t->arena, "%.*sName%.*s@Example.com", BYTES_ARG(front), BYTES_ARG(back));
    struct err e = {0};
    if (failed(email_normalise(bytes_of_text(raw), t->arena, &once, &e)))
        return;
    CHECK_DONE(t, email_normalise(once, t->arena, &twice, &e), &e);
    CHECK_BYTES(t, twice, once);
}

static void gb18030_never_gives_bad_text(struct t *t)
{
    static const uint8_t likely[] = {0x30, 0x39, 0x40, 0x7E, 0x80, 0x81, 0x84, 0x95, 0xA1, 0xCD, 0xE3, 0xF5, 0xFE, 0xFF};
    uint8_t raw[12];
    size_t size = rng_below(&t->rng, sizeof raw);
    for (size_t i = 0; i < size; i++)
        raw[i] = likely[rng_below(&t->rng, sizeof likely)];
    struct bytes text;
    struct err e = {0};
    if (done(text_of_gb18030(bytes_of(raw, size), t->arena, &text, &e))) {
        CHECK(t, text_is_utf8(text));
        return;
    }
    size_t bad = size; /* what is before the named byte is good */
    CHECK_EQ(t, sscanf(e.text, "not GB18030 at byte %zu", &bad), 1);
    REQUIRE(t, bad < size);
    CHECK_DONE(t, text_of_gb18030(bytes_of(raw, bad), t->arena, &text, &e), &e);
}

/* A run costs the harness a folder, so each does many rounds. */
#define ROUNDS 50
#define MANY(property)                                                    \
    static void many_##property(struct t *t)                              \
    {                                                                     \
        for (int round = 0; round < ROUNDS && t->failures == 0; round++) \
            property(t);                                                  \
    }
MANY(validity_is_what_the_model_says)
MANY(one_wrong_byte_is_seen)
MANY(a_walk_gives_what_was_put)
MANY(a_cut_is_the_longest)
MANY(folding_twice_changes_nothing)
MANY(both_ways_to_fold_agree)
MANY(simplifying_keeps_the_size_and_is_stable)
MANY(an_email_normalises_once)
MANY(gb18030_never_gives_bad_text)

static const struct test tests[] = {
    {"validity is what the model says", many_validity_is_what_the_model_says, 400},
    {"one wrong byte is seen", many_one_wrong_byte_is_seen, 200},
    {"a walk gives what was put", many_a_walk_gives_what_was_put, 20},
    {"a cut is the longest", many_a_cut_is_the_longest, 40},
    {"folding twice changes nothing", many_folding_twice_changes_nothing, 400},
    {"both ways to fold agree", many_both_ways_to_fold_agree, 60},
    {"simplifying keeps the size and is stable", many_simplifying_keeps_the_size_and_is_stable, 60},
    {"an e-mail normalises once", many_an_email_normalises_once, 100},
    {"GB18030 never gives bad text", many_gb18030_never_gives_bad_text, 100},
};
TEST_MAIN(tests)
