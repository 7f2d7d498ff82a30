/* Expressions in definitions: in one form, and whom they name. */
#include "app/apply/apply.h"
#include "lib/expr.h"

static bool is_call(const struct expr *x, struct bytes word)
{
    return x->op == EXPR_CALL && bytes_equal(x->name, word) && x->count == 1 && x->parts[0]->op == EXPR_VALUE &&
           x->parts[0]->values[0].kind == EXPR_TEXT;
}

/* The names go to `out_names`; NULL: they are only counted. */
static size_t calls_walk(const struct expr *x, struct bytes word, struct bytes *out_names)
{
    size_t count = is_call(x, word);
    if (count > 0 && out_names != NULL)
        out_names[0] = x->parts[0]->values[0].text;
    for (uint32_t i = 0; x->op != EXPR_VALUE && i < x->count; i++)
        count += calls_walk(x->parts[i], word, out_names == NULL ? NULL : out_names + count);
    return count;
}

bool expression_read(struct bytes text, const char *word, struct arena *a, const char **out_canonical,
                     const struct bytes **out_names, size_t *out_count)
{
    const struct expr *tree;
    struct buf printed;
    if (failed(expr_read(a, text, &tree, NULL)) && failed(expr_read_term(a, text, &tree, NULL)))
        return false;
    struct bytes called = bytes_of_text(word);
    struct bytes *names = ARENA_ARRAY(a, struct bytes, calls_walk(tree, called, NULL) + 1);
    *out_count = calls_walk(tree, called, names);
    *out_names = names;
    buf_init(&printed, EXPR_BYTES_MAX);
    expr_print(tree, &printed);
    *out_canonical = arena_text(a, buf_bytes(&printed));
    buf_fini(&printed);
    return true;
}
