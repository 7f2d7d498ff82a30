/* Whether columns say of a condition what events themselves say (filter_event.c). */
#include "domain/analytics/filter_inside.h"

#define TEXT_CUT_BYTES (COLUMN_TEXT_BYTES_MAX - 4u) /* a longer text may have been cut, at a character */

static bool texts_are_alike(const struct filter *f)
{
    bool is_whole = f->compare != EXPR_CONTAINS && f->compare != EXPR_ENDS && f->compare != EXPR_MATCHES;
    for (uint32_t i = 0; i < f->text_count; i++)
        is_whole &= f->texts[i].size < TEXT_CUT_BYTES;
    return is_whole;
}

static bool has_reals(const struct path *p, const struct block *b)
{
    struct path_column columns[PATH_COLUMNS_MAX];
    bool any = false;
    for (uint32_t i = 0, count = path_columns(p, b, columns); i < count; i++)
        any |= columns[i].kind == COLUMN_REAL;
    return any;
}

/* Columns of fields are always there; of a file that is full those of properties may be missing. */
static bool comparison_is_alike(const struct filter *f, const struct block *b)
{
    const struct path *p = f->path;
    if (p->kind == PATH_TIME)
        return true;
    if (p->kind != PATH_COLUMN || p->barred != NULL || p->veil != NULL || p->name.size > COLUMN_PROPERTY_BYTES_MAX ||
        !texts_are_alike(f))
        return false;
    if (b == NULL || p->of == COLUMN_FIELD)
        return true;
    return !block_is_full(b) && (f->number_count == 0 || !has_reals(p, b));
}

bool filter_is_alike(const struct filter *f, const struct block *b)
{
    if (f == NULL)
        return true;
    if (f->op == FILTER_EVENTS)
        return false;
    if (f->op == FILTER_COMPARISON)
        return comparison_is_alike(f, b);
    for (uint32_t i = 0; i < f->count; i++)
        if (!filter_is_alike(f->parts[i], b))
            return false;
    return true;
}
