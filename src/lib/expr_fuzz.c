/* Any text, or any JSON, is read as a condition or a term, or refused; what is read is printed as text and as JSON, and read again as the same. */
#include "lib/expr.h"

#define OUT_BYTES_MAX (2u * EXPR_BYTES_MAX)

typedef fallible text_reading(struct arena *arena, struct bytes text, const struct expr **out_tree, struct err *e);
typedef fallible json_reading(struct arena *arena, struct json tree, const struct expr **out_tree, struct err *e);

static void prints_as(struct arena *arena, const struct expr *tree, struct bytes text)
{
    struct buf again = arena_buf(arena, OUT_BYTES_MAX);
    expr_print(tree, &again);
    assert(bytes_equal(text, buf_bytes(&again)));
}

static void same_again(struct arena *arena, const struct expr *tree, text_reading *read, json_reading *read_json)
{
    struct buf text = arena_buf(arena, OUT_BYTES_MAX), json = arena_buf(arena, OUT_BYTES_MAX);
    struct json_parser *p = json_parser_create(OUT_BYTES_MAX);
    struct json_writer w;
    const struct expr *other;
    struct json root;
    json_writer_init(&w, &json, false);
    expr_print(tree, &text);
    expr_print_json(tree, &w);
    if (text.size <= EXPR_BYTES_MAX && json.size <= EXPR_BYTES_MAX) {
        struct status s = read(arena, buf_bytes(&text), &other, NULL);
        assert(done(s));
        prints_as(arena, other, buf_bytes(&text));
        s = json_parse(p, buf_bytes(&json), &root, NULL);
        assert(done(s));
        s = read_json(arena, root, &other, NULL);
        assert(done(s));
        prints_as(arena, other, buf_bytes(&text));
    }
    json_parser_destroy(p);
}

static void text_try(struct arena *arena, struct bytes data, text_reading *read, json_reading *read_json)
{
    const struct expr *tree;
    struct err e = {0};
    if (done(read(arena, data, &tree, &e)))
        same_again(arena, tree, read, read_json);
    else
        assert(e.text[0] != '\0');
}

static void json_try(struct arena *arena, struct json root, text_reading *read, json_reading *read_json)
{
    const struct expr *tree;
    struct err e = {0};
    if (done(read_json(arena, root, &tree, &e)))
        same_again(arena, tree, read, read_json);
    else
        assert(e.text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(1u << 16);
    struct json_parser *p = json_parser_create(OUT_BYTES_MAX);
    struct json root;
    if (done(json_parse(p, bytes_of(data, size), &root, NULL))) {
        json_try(arena, root, expr_read, expr_read_json);
        json_try(arena, root, expr_read_term, expr_read_term_json);
    }
    text_try(arena, bytes_of(data, size), expr_read, expr_read_json);
    text_try(arena, bytes_of(data, size), expr_read_term, expr_read_term_json);
    json_parser_destroy(p);
    arena_destroy(arena);
    return 0;
}
