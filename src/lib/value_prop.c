#include <math.h>
#include <stdlib.h>

#include "lib/json.h"
#include "lib/value.h"
#include "testing/test.h"

#define TEXT_BYTES_MAX (1 << 16)

/* --- any value --- */

/* Numbers around which rules change. */
static double any_real(struct t *t)
{
    static const double nasty[] = {0.1,   0.3,   1e15,  1e-6, 5e-7,    0x1p53,         0x1p63,          0x1p-6, 0x1p-7,
                                   1e300, 1e-320, 999999.999999, 123456789012345.0, 1234567890123.4567};
    double x = nasty[rng_below(&t->rng, COUNT_OF(nasty))];
    switch (rng_below(&t->rng, 4)) {
    case 0:
        return (double)rng_between(&t->rng, -1000000000, 1000000000) / 1e4;
    case 1:
        return ldexp(rng_unit(&t->rng) - 0.5, (int)rng_between(&t->rng, -80, 120));
    case 2:
        return nextafter(x, rng_chance(&t->rng, 0.5) ? INFINITY : -INFINITY);
    default:
        return rng_chance(&t->rng, 0.5) ? x : -x;
    }
}

static void number_write(struct t *t, struct json_writer *w)
{
    if (rng_chance(&t->rng, 0.4)) {
        json_put_double(w, any_real(t));
        return;
    }
    int64_t mantissa = (int64_t)(rng_next(&t->rng) >> rng_below(&t->rng, 64));
    json_put_decimal(w, (struct json_decimal){rng_chance(&t->rng, 0.5) ? mantissa : -mantissa, (int)rng_below(&t->rng, 9)});
}

static void text_write(struct t *t, struct json_writer *w, bool key)
{
    static const char *const texts[] = {"", "a", "b", "ab", "sku", "价格", "🌹", "x\"\\y", "a long text with many words in it"};
    const char *text = texts[rng_below(&t->rng, COUNT_OF(texts))];
    if (key)
        json_key(w, text);
    else
        json_put_text(w, text);
}

static void value_write(struct t *t, struct json_writer *w, unsigned depth)
{
    uint64_t choice = rng_below(&t->rng, depth == 0 ? 5 : 7), count = rng_below(&t->rng, 5);
    switch (choice) {
    case 0:
        json_put_null(w);
        return;
    case 1:
        json_put_bool(w, rng_chance(&t->rng, 0.5));
        return;
    case 2:
    case 3:
        number_write(t, w);
        return;
    case 4:
        text_write(t, w, false);
        return;
    case 5:
        json_array_begin(w);
        for (uint64_t i = 0; i < count; i++)
            value_write(t, w, depth - 1);
        json_array_end(w);
        return;
    default:
        json_object_begin(w);
        for (uint64_t i = 0; i < count; i++) {
            text_write(t, w, true);
            value_write(t, w, depth - 1);
        }
        json_object_end(w);
    }
}

/* Packs a text and prints it again; the text is gone then. */
static struct bytes packed_of(struct t *t, struct json_parser *p, struct bytes text)
{
    struct json root;
    struct err e = {0};
    struct buf b;
    buf_init(&b, TEXT_BYTES_MAX);
    CHECK_DONE(t, json_parse(p, text, &root, &e), &e);
    CHECK_DONE(t, value_pack_json(&b, &root, &e), &e);
    struct bytes packed = arena_copy(t->arena, buf_bytes(&b));
    buf_fini(&b);
    return packed;
}

static struct bytes any_packed(struct t *t, struct json_parser *p)
{
    struct buf text;
    struct json_writer w;
    buf_init(&text, TEXT_BYTES_MAX);
    json_writer_init(&w, &text, false);
    value_write(t, &w, (unsigned)rng_below(&t->rng, 6));
    struct bytes packed = packed_of(t, p, buf_bytes(&text));
    buf_fini(&text);
    return packed;
}

static void packing_what_was_printed_changes_nothing(struct t *t)
{
    struct json_parser *p = json_parser_create(TEXT_BYTES_MAX);
    REQUIRE(t, p != NULL);
    struct bytes once = any_packed(t, p);
    struct unpack u = unpack_of(once), whole = u;
    struct value v = unpack_value(&u);
    CHECK(t, unpack_finished(&u));
    CHECK_BYTES(t, unpack_value_bytes(&whole), once);
    struct buf text;
    struct json_writer w;
    buf_init(&text, TEXT_BYTES_MAX);
    json_writer_init(&w, &text, false);
    value_print(&v, &w);
    CHECK_BYTES(t, packed_of(t, p, buf_bytes(&text)), once);
    buf_fini(&text);
    json_parser_destroy(p);
}

static void changed_bytes_stay_inside(struct t *t)
{
    struct json_parser *p = json_parser_create(TEXT_BYTES_MAX);
    REQUIRE(t, p != NULL);
    struct bytes packed = any_packed(t, p);
    size_t size = rng_below(&t->rng, packed.size + 1);
    uint8_t *copy = malloc(size + 1); /* so that a sanitizer sees its end */
    REQUIRE(t, copy != NULL);
    memcpy(copy, packed.data, size);
    for (uint64_t changes = rng_below(&t->rng, 4); changes > 0 && size > 0; changes--)
        copy[rng_below(&t->rng, size)] = (uint8_t)rng_next(&t->rng);
    uint8_t *exact = realloc(copy, size == 0 ? 1 : size);
    struct unpack u = unpack_of(bytes_of(exact, size)), whole = u;
    struct value v = unpack_value(&u);
    (void)unpack_value_bytes(&whole);
    CHECK_EQ(t, u.bad, whole.bad);
    struct buf text;
    struct json_writer w;
    buf_init(&text, TEXT_BYTES_MAX);
    json_writer_init(&w, &text, false);
    value_print(&v, &w);
    CHECK(t, json_writer_finished(&w));
    buf_fini(&text);
    free(exact);
    json_parser_destroy(p);
}

/* --- numbers, against 113 bits --- */

__extension__ typedef __float128 wide;

static wide wide_ten(int scale)
{
    wide ten = 1;
    while (scale-- > 0)
        ten *= 10;
    return ten;
}

/* Exact: 64 bits against 53 bits times a 20-bit power, or two products of 84 bits. */
static int wide_compare(const struct value *a, const struct value *b)
{
    wide left = a->kind == VALUE_DECIMAL ? (wide)a->integer : (wide)a->real * wide_ten(a->scale);
    wide right = b->kind == VALUE_DECIMAL ? (wide)b->integer : (wide)b->real * wide_ten(b->scale);
    left *= wide_ten(b->kind == VALUE_DECIMAL ? b->scale : 0);
    right *= wide_ten(a->kind == VALUE_DECIMAL ? a->scale : 0);
    return (left > right) - (left < right);
}

static struct bytes any_number(struct t *t, struct value *out_value)
{
    struct buf b;
    buf_init(&b, 64);
    if (rng_chance(&t->rng, 0.5))
        value_pack_double(&b, any_real(t));
    else
        value_pack_decimal(&b, (int64_t)rng_next(&t->rng) >> rng_below(&t->rng, 64), (uint8_t)rng_below(&t->rng, 7));
    struct bytes packed = arena_copy(t->arena, buf_bytes(&b));
    struct unpack u = unpack_of(packed);
    *out_value = unpack_value(&u);
    CHECK(t, unpack_finished(&u));
    buf_fini(&b);
    return packed;
}

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

/* Either they differ as numbers, and are ordered so; or they are the same bytes, or a double beside its own decimal. */
static void numbers_are_ordered_exactly(struct t *t)
{
    struct value a, b, c;
    struct bytes x = any_number(t, &a), y = any_number(t, &b), z = any_number(t, &c);
    int order = wide_compare(&a, &b);
    CHECK_EQ(t, sign(value_compare(x, y)), order != 0 ? order : sign(bytes_compare(x, y)));
    CHECK_EQ(t, sign(value_compare(x, y)), -sign(value_compare(y, x)));
    CHECK_EQ(t, value_compare(x, y) == 0, bytes_equal(x, y));
    if (value_compare(x, y) <= 0 && value_compare(y, z) <= 0)
        CHECK(t, value_compare(x, z) <= 0);
}

/* The nearest double is kept, and what equals a decimal of six places is one: equal numbers have equal bytes. */
static void doubles_are_canonical(struct t *t)
{
    double x = any_real(t);
    struct buf b;
    buf_init(&b, 64);
    value_pack_double(&b, x);
    struct unpack u = unpack_of(buf_bytes(&b));
    struct value v = unpack_value(&u);
    CHECK(t, value_real(&v) == x);
    for (int scale = 0; scale <= (int)VALUE_SCALE_MAX; scale++) {
        wide scaled = (wide)x * wide_ten(scale);
        if (scaled > (wide)INT64_MIN && scaled < (wide)INT64_MAX && scaled == (wide)(int64_t)scaled)
            CHECK_EQ(t, v.kind, VALUE_DECIMAL);
    }
    if (v.kind == VALUE_DECIMAL && v.scale > 0)
        CHECK(t, v.integer % 10 != 0);
    buf_fini(&b);
}

/* Digits that were sent are kept: the naive reading of them as text. */
static void digits_are_kept(struct t *t)
{
    int64_t mantissa = (int64_t)rng_next(&t->rng) >> rng_below(&t->rng, 64);
    int scale = (int)rng_below(&t->rng, 7);
    struct buf text;
    struct json_writer w;
    buf_init(&text, 256);
    json_writer_init(&w, &text, false);
    json_put_decimal(&w, (struct json_decimal){mantissa, scale});
    struct json_parser *p = json_parser_create(TEXT_BYTES_MAX);
    REQUIRE(t, p != NULL);
    struct bytes packed = packed_of(t, p, buf_bytes(&text));
    struct unpack u = unpack_of(packed);
    struct value v = unpack_value(&u);
    for (; scale > 0 && mantissa % 10 == 0; scale--)
        mantissa /= 10;
    CHECK_EQ(t, v.kind, VALUE_DECIMAL);
    CHECK_EQ(t, v.integer, mantissa);
    CHECK_EQ(t, v.scale, scale);
    buf_fini(&text);
    json_parser_destroy(p);
}

/* --- records, against a list --- */

static void the_last_member_is_found(struct t *t)
{
    static const char *const keys[] = {"a", "b", "c", "dd", "ee", "f", "", "色"};
    int64_t last[COUNT_OF(keys)];
    bool is_there[COUNT_OF(keys)] = {0};
    struct buf text, b;
    struct json_writer w;
    struct json root;
    struct err e = {0};
    struct json_parser *p = json_parser_create(TEXT_BYTES_MAX);
    REQUIRE(t, p != NULL);
    buf_init(&text, TEXT_BYTES_MAX);
    buf_init(&b, TEXT_BYTES_MAX);
    json_writer_init(&w, &text, false);
    json_object_begin(&w);
    for (uint64_t i = rng_below(&t->rng, 12); i > 0; i--) {
        size_t key = rng_below(&t->rng, COUNT_OF(keys));
        last[key] = (int64_t)rng_below(&t->rng, 1000);
        is_there[key] = true;
        json_key(&w, keys[key]);
        json_put_int64(&w, last[key]);
    }
    json_object_end(&w);
    CHECK_DONE(t, json_parse(p, buf_bytes(&text), &root, &e), &e);
    CHECK_DONE(t, record_pack_json(&b, &root, &e), &e);
    uint32_t count = 0;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct value v;
        bool found = record_find(buf_bytes(&b), bytes_of_text(keys[i]), &v);
        CHECK_EQ(t, found, is_there[i]);
        if (found)
            CHECK_EQ(t, v.integer, last[i]);
        count += is_there[i];
    }
    CHECK_EQ(t, record_count(buf_bytes(&b)), count);
    buf_fini(&text);
    buf_fini(&b);
    json_parser_destroy(p);
}

static const struct test tests[] = {
    {"packing what was printed changes nothing", packing_what_was_printed_changes_nothing, 3000},
    {"changed bytes stay inside", changed_bytes_stay_inside, 3000},
    {"numbers are ordered exactly", numbers_are_ordered_exactly, 20000},
    {"doubles are canonical", doubles_are_canonical, 20000},
    {"digits are kept", digits_are_kept, 2000},
    {"the last member is found", the_last_member_is_found, 1000},
};
TEST_MAIN(tests)
