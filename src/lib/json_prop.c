#include "lib/json.h"

#include <math.h>
#include <stdlib.h>

#include "lib/json_naive.h"
#include "testing/test.h"

#define BYTES_MAX (1 << 20)

static struct bytes any_text(struct t *t)
{
    static const char *const pieces[] = {"a",    "event", " ",    "小明", "裙装", "😀",    "\"",   "\\",      "/",
                                         "\n",   "\t",    "\x01", "{",    "}",    "[",    "]",    ":",       ",",
                                         "\x7F", "é",     "0",    "-",    "\\u",  "\xFF", "\xE5", "product", "true"};
    struct buf b;
    buf_init(&b, BYTES_MAX);
    for (uint64_t i = rng_below(&t->rng, 12); i > 0; i--)
        buf_push_text(&b, pieces[rng_below(&t->rng, COUNT_OF(pieces))]);
    if (rng_chance(&t->rng, 0.05))
        buf_push_byte(&b, 0);
    struct bytes copy = arena_copy(t->arena, buf_bytes(&b));
    buf_fini(&b);
    return copy;
}

static double any_double(struct t *t)
{
    uint64_t bits = rng_next(&t->rng);
    double x;
    memcpy(&x, &bits, sizeof x);
    switch (rng_below(&t->rng, 4)) {
    case 0:
        return isfinite(x) ? x : 1.5;
    case 1:
        return (double)rng_between(&t->rng, -1000000, 1000000) / 100;
    case 2:
        return ldexp((double)(bits >> 11), (int)rng_between(&t->rng, -1100, 960));
    default:
        return (double)rng_between(&t->rng, -100000, 100000);
    }
}

static void any_scalar(struct t *t, struct json_writer *w)
{
    switch (rng_below(&t->rng, 6)) {
    case 0:
        json_put_null(w);
        break;
    case 1:
        json_put_bool(w, rng_chance(&t->rng, 0.5));
        break;
    case 2:
        json_put_int64(w, (int64_t)rng_next(&t->rng) >> rng_below(&t->rng, 64));
        break;
    case 3:
        json_put_double(w, any_double(t));
        break;
    default:
        json_put_string(w, any_text(t));
    }
}

static void any_value(struct t *t, struct json_writer *w, int depth)
{
    if (depth == 0 || rng_chance(&t->rng, 0.5)) {
        any_scalar(t, w);
        return;
    }
    bool is_object = rng_chance(&t->rng, 0.6);
    if (is_object)
        json_object_begin(w);
    else
        json_array_begin(w);
    for (uint64_t count = rng_below(&t->rng, 6); count > 0; count--) {
        if (is_object)
            json_key_bytes(w, any_text(t));
        any_value(t, w, depth - 1);
    }
    if (is_object)
        json_object_end(w);
    else
        json_array_end(w);
}

static void any_document(struct t *t, struct buf *out)
{
    struct json_writer w;
    buf_clear(out);
    json_writer_init(&w, out, rng_chance(&t->rng, 0.3));
    any_value(t, &w, (int)rng_below(&t->rng, 6));
    assert(json_writer_finished(&w) && !out->overflowed);
}

struct pair {
    struct json_parser *parser;
    struct buf want, got;
};

static void pair_init(struct pair *p)
{
    p->parser = json_parser_create(BYTES_MAX);
    buf_init(&p->want, 64 << 20);
    buf_init(&p->got, 64 << 20);
}

static void pair_fini(struct pair *p)
{
    json_parser_destroy(p->parser);
    buf_fini(&p->want);
    buf_fini(&p->got);
}

/* Both readers say the same of this text; returns whether it is JSON. The copy has no byte to spare, so that a sanitizer
 * sees a read beyond its end. */
static bool pair_agree(struct t *t, struct pair *p, struct bytes text)
{
    struct json root;
    struct err e = {0};
    uint8_t *copy = malloc(text.size == 0 ? 1 : text.size);
    assert(copy != NULL);
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    text = bytes_of(copy, text.size);
    bool is_json = naive_document(text, &p->want);
    bool is_read = done(json_parse(p->parser, text, &root, &e));
    if (is_json != is_read)
        test_fail(t, __FILE__, __LINE__, "naive %d, json %d (%s): %.*s", is_json, is_read, e.text, BYTES_ARG(text));
    CHECK(t, is_read || e.text[0] != '\0');
    buf_clear(&p->got);
    if (is_json && is_read) {
        form_of(root, &p->got);
        CHECK_BYTES(t, buf_bytes(&p->got), buf_bytes(&p->want));
    }
    free(copy);
    return is_read;
}

static void what_is_written_reads_back(struct t *t)
{
    struct pair p;
    struct buf text, again;
    pair_init(&p);
    buf_init(&text, BYTES_MAX);
    buf_init(&again, BYTES_MAX);
    any_document(t, &text);
    CHECK(t, pair_agree(t, &p, buf_bytes(&text)));
    struct json root;
    struct json_writer w;
    struct err e = {0};
    REQUIRE_DONE(t, json_parse(p.parser, buf_bytes(&text), &root, &e), &e);
    json_writer_init(&w, &again, false);
    json_put(&w, root);
    CHECK(t, naive_read(buf_bytes(&again), &p.got)); /* a copy means the same */
    CHECK_BYTES(t, buf_bytes(&p.got), buf_bytes(&p.want));
    buf_fini(&text);
    buf_fini(&again);
    pair_fini(&p);
}

static void any_damage(struct t *t, struct buf *b)
{
    static const uint8_t bytes[] = "{}[]:,\"\\ \n\tu0d8123456789.eE+-tfn\x80\xE5\xF0\xFF\x0C\x1A";
    for (uint64_t i = rng_below(&t->rng, 3) + 1; i > 0 && b->size > 0; i--) {
        uint64_t at = rng_below(&t->rng, b->size), how = rng_below(&t->rng, 4);
        uint8_t byte = bytes[rng_below(&t->rng, sizeof bytes - 1)];
        if (how == 0) {
            b->size = at;
        } else if (how == 1) {
            memmove(b->data + at, b->data + at + 1, --b->size - at);
        } else if (how == 2) {
            b->data[at] = byte;
        } else if (buf_extend(b, 1) != NULL) {
            memmove(b->data + at + 1, b->data + at, b->size - 1 - at);
            b->data[at] = byte;
        }
    }
}

static void damaged_documents_are_judged_alike(struct t *t)
{
    struct pair p;
    struct buf text;
    pair_init(&p);
    buf_init(&text, BYTES_MAX);
    for (int i = 0; i < 20; i++) {
        any_document(t, &text);
        any_damage(t, &text);
        (void)pair_agree(t, &p, buf_bytes(&text));
    }
    buf_fini(&text);
    pair_fini(&p);
}

static void token_soup_is_judged_alike(struct t *t)
{
    static const char *const tokens[] = {
        "{",     "}",    "[",       "]",   ":",     ",",    "\"a\"", "\"\"", "1",   "-0",   "1e5",  "true",
        "false", "null", " ",       "\n",  "\"\\u", "d83d", "\"",    "\\",   "0.5", "tru",  "x",    "\xC3",
        "\xA9",  "\\n",  "{\"a\":", "[1,", "\"]}",  "E",    ".",     "-",    "00",  "\x0C", "\x1A", "\\u0000"};
    struct pair p;
    struct buf text;
    pair_init(&p);
    buf_init(&text, BYTES_MAX);
    for (int i = 0; i < 100; i++) {
        buf_clear(&text);
        for (uint64_t n = rng_below(&t->rng, 10); n > 0; n--)
            buf_push_text(&text, tokens[rng_below(&t->rng, COUNT_OF(tokens))]);
        (void)pair_agree(t, &p, buf_bytes(&text));
    }
    buf_fini(&text);
    pair_fini(&p);
}

static void each_shorter_text_is_judged_alike(struct t *t)
{
    struct pair p;
    struct buf text;
    pair_init(&p);
    buf_init(&text, BYTES_MAX);
    any_document(t, &text);
    for (size_t cut = 0; cut < text.size && cut < 400; cut++)
        (void)pair_agree(t, &p, bytes_of(text.data, cut));
    buf_fini(&text);
    pair_fini(&p);
}

static void any_lines(struct t *t, struct buf *lines)
{
    struct buf text;
    buf_init(&text, BYTES_MAX);
    double bad = rng_chance(&t->rng, 0.5) ? 0 : 0.2;
    for (uint64_t n = rng_below(&t->rng, 400); n > 0; n--) {
        any_document(t, &text);
        if (rng_chance(&t->rng, bad))
            any_damage(t, &text);
        buf_push(lines, buf_bytes(&text)); /* a pretty one is many lines, most of them bad */
        if (n > 1 || rng_chance(&t->rng, 0.5))
            buf_push_byte(lines, '\n');
    }
    buf_fini(&text);
}

/* Lines that are indexed together read as each of them alone. */
static void lines_do_not_touch_each_other(struct t *t)
{
    struct pair p;
    struct buf text;
    struct json_parser *other = json_parser_create(BYTES_MAX);
    pair_init(&p);
    buf_init(&text, 64 << 20);
    any_lines(t, &text);
    struct json_lines l;
    struct json_line line;
    struct json root;
    size_t seen = 0;
    struct err e = {0}, e_alone = {0};
    json_lines_init(&l, p.parser, buf_bytes(&text));
    while (json_lines_next(&l, &line, &e)) {
        seen += line.text.size;
        bool is_good = done(json_parse(other, line.text, &root, &e_alone));
        CHECK_EQ(t, done(line.status), is_good);
        buf_clear(&p.got);
        buf_clear(&p.want);
        if (is_good)
            form_of(root, &p.want);
        if (done(line.status))
            form_of(line.root, &p.got);
        CHECK_BYTES(t, buf_bytes(&p.got), buf_bytes(&p.want));
    }
    CHECK(t, seen <= text.size && seen + l.line + l.line >= text.size / 2);
    json_parser_destroy(other);
    buf_fini(&text);
    pair_fini(&p);
}

static void doubles_read_back_the_same(struct t *t)
{
    struct json_parser *p = json_parser_create(1000);
    struct buf b;
    struct json_writer w;
    struct json root;
    struct err e = {0};
    buf_init(&b, 1000);
    double want = any_double(t), got = 0;
    json_writer_init(&w, &b, false);
    json_put_double(&w, want);
    REQUIRE_DONE(t, json_parse(p, buf_bytes(&b), &root, &e), &e);
    CHECK(t, json_double(root, &got) && memcmp(&got, &want, sizeof got) == 0);
    buf_fini(&b);
    json_parser_destroy(p);
}

static void any_number(struct t *t, struct buf *out)
{
    buf_clear(out);
    if (rng_chance(&t->rng, 0.5))
        buf_push_byte(out, '-');
    uint64_t whole = rng_below(&t->rng, 25), part = rng_below(&t->rng, 25);
    buf_push_byte(out, (uint8_t)('0' + rng_below(&t->rng, 10)));
    if (out->data[out->size - 1] != '0')
        for (uint64_t i = 0; i < whole; i++)
            buf_push_byte(out, rng_chance(&t->rng, 0.3) ? '0' : (uint8_t)('0' + rng_below(&t->rng, 10)));
    if (rng_chance(&t->rng, 0.6)) {
        buf_push_byte(out, '.');
        for (uint64_t i = 0; i <= part; i++)
            buf_push_byte(out, rng_chance(&t->rng, 0.5) ? '0' : (uint8_t)('0' + rng_below(&t->rng, 10)));
    }
    if (rng_chance(&t->rng, 0.4))
        buf_printf(out, "e%s%d", rng_chance(&t->rng, 0.3) ? "+" : "",
                   (int)rng_between(&t->rng, rng_chance(&t->rng, 0.5) ? -400 : 0, rng_chance(&t->rng, 0.5) ? 20 : 400));
    for (size_t i = 0; i + 1 < out->size; i++) /* "e+-5" is no number */
        if (out->data[i] == '+' && out->data[i + 1] == '-')
            out->data[i] = '0';
    for (size_t i = 0; i + 1 < out->size; i++)
        if (out->data[i] == '0' && out->data[i + 1] == '-')
            out->data[i + 1] = '1';
}

/* Against the C library's reader for doubles, and against each other. */
static void numbers_mean_what_they_say(struct t *t)
{
    struct json_parser *p = json_parser_create(1000);
    struct buf b;
    struct json root;
    struct err e = {0};
    buf_init(&b, 1000);
    any_number(t, &b);
    REQUIRE_DONE(t, json_parse(p, buf_bytes(&b), &root, &e), &e);
    char *text = arena_text(t->arena, buf_bytes(&b));
    double want = strtod(text, NULL), got = 0;
    bool fits = json_double(root, &got);
    if (fits == isinf(want) || (fits && memcmp(&got, &want, sizeof got) != 0))
        test_fail(t, __FILE__, __LINE__, "%s: fits %d, %.17g, want %.17g", text, fits, got, want);
    int64_t i = 0;
    struct json_decimal d = {0, 0};
    bool is_whole = json_int64(root, &i);
    CHECK_EQ(t, json_decimal(root, 0, &d), is_whole);
    CHECK_EQ(t, d.value, i);
    if (is_whole)
        CHECK(t, (double)i == want);
    if (json_decimal(root, JSON_SCALE_MAX, &d)) {
        CHECK(t, d.scale == 0 || d.value % 10 != 0);
        long double x = (long double)d.value / powl(10, d.scale);
        CHECK(t, fabsl(x - (long double)want) <= fabsl(x) * 0x1p-52L);
    }
    buf_fini(&b);
    json_parser_destroy(p);
}

static void decimals_read_back_the_same(struct t *t)
{
    struct json_parser *p = json_parser_create(1000);
    struct buf b;
    struct json_writer w;
    struct json root;
    struct err e = {0};
    buf_init(&b, 1000);
    struct json_decimal want = {(int64_t)rng_next(&t->rng) >> rng_below(&t->rng, 64), (int)rng_below(&t->rng, 19)}, got;
    json_writer_init(&w, &b, false);
    json_put_decimal(&w, want);
    REQUIRE_DONE(t, json_parse(p, buf_bytes(&b), &root, &e), &e);
    REQUIRE(t, json_decimal(root, JSON_SCALE_MAX, &got));
    for (; want.scale > 0 && want.value % 10 == 0; want.scale--)
        want.value /= 10;
    CHECK_EQ(t, got.value, want.value);
    CHECK_EQ(t, got.scale, want.scale);
    buf_fini(&b);
    json_parser_destroy(p);
}

static const struct test tests[] = {
    {"what is written reads back", what_is_written_reads_back, 1000},
    {"damaged documents are judged alike", damaged_documents_are_judged_alike, 500},
    {"token soup is judged alike", token_soup_is_judged_alike, 500},
    {"each shorter text is judged alike", each_shorter_text_is_judged_alike, 100},
    {"lines don't touch each other", lines_do_not_touch_each_other, 100},
    {"doubles read back the same", doubles_read_back_the_same, 3000},
    {"numbers mean what they say", numbers_mean_what_they_say, 3000},
    {"decimals read back the same", decimals_read_back_the_same, 3000},
};
TEST_MAIN(tests)
