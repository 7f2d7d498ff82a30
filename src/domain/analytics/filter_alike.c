/* Whether columns say of a condition, or under a path, what events themselves say (filter_event.c). */
#include "domain/analytics/filter_inside.h"

static bool texts_are_alike(const struct filter *f)
{
    bool is_whole = f->compare != EXPR_CONTAINS && f->compare != EXPR_ENDS && f->compare != EXPR_MATCHES;
    for (uint32_t i = 0; i < f->text_count; i++)
        is_whole &= f->texts[i].size < PATH_CELL_TEXT_BYTES_MAX;
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

/* Its values are in columns, of whoever has any. */
static bool is_kept(const struct path *p)
{
    return p->kind == PATH_COLUMN && p->barred == NULL && p->veil == NULL && p->name.size <= COLUMN_PROPERTY_BYTES_MAX;
}

/* Columns of fields are always there; of a file that is full those of properties may be missing. */
static bool comparison_is_alike(const struct filter *f, const struct block *b)
{
    const struct path *p = f->path;
    if (p->kind == PATH_TIME || p->kind == PATH_DIAL)
        return true;
    if (!is_kept(p) || !texts_are_alike(f))
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

/* --- the values of a path --- */

bool path_is_alike(const struct path *p, const struct block *b)
{
    struct path_column columns[PATH_COLUMNS_MAX];
    if (!is_kept(p) || p->of == COLUMN_ITEM)
        return false;
    if (b == NULL || p->of == COLUMN_FIELD)
        return true;
    bool is_alike = !block_is_full(b);
    for (uint32_t i = 0, count = path_columns(p, b, columns); i < count; i++)
        is_alike &= !columns[i].is_list && columns[i].kind != COLUMN_REAL;
    return is_alike;
}

void path_cells_open(const struct path *p, struct block_scratch *s, struct path_cells *out_cells)
{
    struct path_column columns[PATH_COLUMNS_MAX];
    assert(path_is_alike(p, s->block));
    out_cells->count = path_columns(p, s->block, columns);
    for (uint32_t i = 0; i < out_cells->count; i++) {
        out_cells->list[i].column = columns[i].column;
        out_cells->list[i].kind = columns[i].kind;
        out_cells->list[i].presence = scratch_presence(s, columns[i].column);
        out_cells->list[i].ranks = scratch_ranks(s, columns[i].column);
    }
}

static struct value cell_value(const struct column *c, enum column_kind kind, uint32_t rank)
{
    switch (kind) {
    case COLUMN_TEXT:
        return (struct value){.kind = VALUE_TEXT, .body = column_text(c, column_code_at(c, rank))};
    case COLUMN_BOOL:
        return (struct value){.kind = column_integer_at(c, rank) != 0 ? VALUE_TRUE : VALUE_FALSE};
    case COLUMN_TIME:
        return (struct value){.kind = VALUE_TIME, .integer = column_integer_at(c, rank)};
    default:
        assert(kind == COLUMN_NUMBER);
        return (struct value){.kind = VALUE_DECIMAL, .scale = column_scale(c), .integer = column_integer_at(c, rank)};
    }
}

bool path_cell(const struct path_cells *c, uint32_t event, struct value *out_value)
{
    uint32_t rank;
    for (uint32_t i = 0; i < c->count; i++)
        if (value_rank(c->list[i].presence, c->list[i].ranks, event, &rank)) {
            *out_value = cell_value(c->list[i].column, c->list[i].kind, rank);
            return true;
        }
    return false;
}
