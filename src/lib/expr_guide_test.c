/* Every example of docs/guide/expressions.md is read, as the text or the tree that it is said to be. */
#include <libgen.h>
#include <stdio.h>

#include "lib/expr.h"
#include "testing/test.h"

#define GUIDE_BYTES_MAX (1u << 20)
#define OUT_BYTES_MAX 4096u

/* Blocks between fences; of texts an example a line. */
static const struct fence {
    const char *opens;
    fallible (*read)(struct arena *arena, struct bytes text, const struct expr **out_tree, struct err *e);
    size_t count; /* of examples, at least */
} fences[] = {
    {"```kith\n", expr_read, 40},
    {"```kith-value\n", expr_read_term, 4},
};

static struct bytes guide(struct t *t)
{
    char *here = arena_text(t->arena, bytes_of_text(__FILE__));
    const char *path = arena_printf(t->arena, "%s/../../docs/guide/expressions.md", dirname(here));
    uint8_t *text = arena_take(t->arena, GUIDE_BYTES_MAX, 1);
    FILE *file = fopen(path, "re");
    assert(file != NULL);
    size_t size = fread(text, 1, GUIDE_BYTES_MAX, file);
    CHECK_EQ(t, fclose(file), 0);
    CHECK(t, size > 0 && size < GUIDE_BYTES_MAX);
    return bytes_of(text, size);
}

/* Cuts off what stands before `mark`, and the mark; false: there is none. */
static bool cut_to(struct bytes *rest, const char *mark, struct bytes *out_before)
{
    const uint8_t *at = rest->size == 0 ? NULL : memmem(rest->data, rest->size, mark, strlen(mark));
    if (at == NULL)
        return false;
    size_t before = (size_t)(at - rest->data);
    *out_before = bytes_slice(*rest, 0, before);
    *rest = bytes_slice(*rest, before + strlen(mark), rest->size);
    return true;
}

static const char *printed(struct t *t, const struct expr *tree)
{
    struct buf out = arena_buf(t->arena, OUT_BYTES_MAX);
    expr_print(tree, &out);
    return arena_text(t->arena, buf_bytes(&out));
}

static void example_is_read(struct t *t, const struct fence *fence, struct bytes line)
{
    const struct expr *tree, *again;
    struct err e = {0};
    if (failed(fence->read(t->arena, line, &tree, &e))) {
        test_fail(t, __FILE__, __LINE__, "%.*s: %s", BYTES_ARG(line), e.text);
        return;
    }
    const char *once = printed(t, tree);
    CHECK_DONE(t, fence->read(t->arena, bytes_of_text(once), &again, &e), &e);
    CHECK_TEXT(t, printed(t, again), once);
}

static void examples_of_the_guide_are_read(struct t *t)
{
    for (size_t i = 0; i < COUNT_OF(fences); i++) {
        struct bytes rest = guide(t), block, line, before;
        size_t count = 0;
        while (cut_to(&rest, fences[i].opens, &before) && cut_to(&rest, "```", &block))
            for (; cut_to(&block, "\n", &line); count++)
                example_is_read(t, &fences[i], line);
        CHECK(t, count >= fences[i].count);
    }
}

static void trees_of_the_guide_are_read(struct t *t)
{
    struct bytes rest = guide(t), block, before;
    struct json_parser *p = json_parser_create(GUIDE_BYTES_MAX);
    size_t count = 0;
    for (; cut_to(&rest, "```json\n", &before) && cut_to(&rest, "```", &block); count++) {
        const struct expr *tree;
        struct json root;
        struct err e = {0};
        REQUIRE_DONE(t, json_parse(p, block, &root, &e), &e);
        CHECK_DONE(t, expr_read_json(t->arena, root, &tree, &e), &e);
    }
    CHECK(t, count >= 2);
    json_parser_destroy(p);
}

static const struct test tests[] = {
    {"examples of the guide are read", examples_of_the_guide_are_read, 1},
    {"trees of the guide are read", trees_of_the_guide_are_read, 1},
};
TEST_MAIN(tests)
