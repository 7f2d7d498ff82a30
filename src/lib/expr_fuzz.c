/* Any text is read as a condition or refused; what is read is printed as text and as JSON, and read again as the same. */
#include "lib/expr.h"

#define OUT_BYTES_MAX (8u * EXPR_BYTES_MAX)

static void same_again(struct arena *arena, const struct expr *tree)
{
    struct buf text = arena_buf(arena, OUT_BYTES_MAX), json = arena_buf(arena, OUT_BYTES_MAX),
               again = arena_buf(arena, OUT_BYTES_MAX);
    struct json_parser *p = json_parser_create(OUT_BYTES_MAX);
    struct json_writer w;
    const struct expr *other;
    struct json root;
    json_writer_init(&w, &json, false);
    expr_print(tree, &text);
    expr_print_json(tree, &w);
    if (text.size <= EXPR_BYTES_MAX && json.size <= EXPR_BYTES_MAX) {
        struct status s = expr_read(arena, buf_bytes(&text), &other, NULL);
        assert(done(s));
        expr_print(other, &again);
        assert(bytes_equal(buf_bytes(&text), buf_bytes(&again)));
        s = json_parse(p, buf_bytes(&json), &root, NULL);
        assert(done(s));
        s = expr_read_json(arena, root, &other, NULL);
        assert(done(s));
        buf_clear(&again);
        expr_print(other, &again);
        assert(bytes_equal(buf_bytes(&text), buf_bytes(&again)));
    }
    json_parser_destroy(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(1u << 16);
    const struct expr *tree;
    struct err e = {0};
    if (done(expr_read(arena, bytes_of(data, size), &tree, &e)))
        same_again(arena, tree);
    else
        assert(e.text[0] != '\0');
    arena_destroy(arena);
    return 0;
}
