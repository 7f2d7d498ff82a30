/* Lanes of a block without a row an event: for a shortcut, which wants values of a few events only. */
#include "base/attr.h"
#include "domain/analytics/gather.h"
#include "domain/analytics/minor.h"
#include "domain/analytics/shortcut.h"
#include "lib/money.h"

#define ONE_BY_ONE 16u /* when fewer values than one in so many are asked for, they are looked up and not decoded */

bool lane_may_be_plain(const struct lane_ask *ask)
{
    const struct path *path = ask->path;
    bool is_own = path != NULL && path->kind == PATH_COLUMN && path->of != COLUMN_ITEM;
    return is_own && path->barred == NULL && (ask->kind == LANE_CODES || path->veil == NULL);
}

/* false: the lane isn't plain here. */
static bool lane_open(struct gather *g, const struct lane_ask *ask, struct arena *arena, struct picked_lane *out)
{
    struct path_column columns[PATH_COLUMNS_MAX];
    const struct block *b = g->scratch->block;
    uint32_t count = path_columns(ask->path, b, columns);
    size_t words = BIT_WORDS(g->scratch->count);
    *out = (struct picked_lane){0};
    if (count == 0)
        return true;
    enum column_kind kind = ask->kind == LANE_CODES ? COLUMN_TEXT : COLUMN_NUMBER;
    if (count > 1 || columns[0].is_list || columns[0].kind != kind || (ask->is_money && amounts_differ(g)))
        return false;
    uint64_t *presence = arena_take(arena, words * sizeof *presence, sizeof *presence);
    uint32_t *ranks = arena_take(arena, (words + 1) * sizeof *ranks, sizeof *ranks);
    column_presence(columns[0].column, presence);
    bits_ranks(presence, words, ranks);
    *out = (struct picked_lane){.column = columns[0].column, .presence = presence, .ranks = ranks};
    if (kind == COLUMN_TEXT)
        out->codes = ARENA_ARRAY(arena, uint32_t, column_texts(out->column));
    return true;
}

void picked_lanes_open(struct gather *g, struct arena *arena, struct picked_block *io_block)
{
    const struct plan *plan = g->plan->plan;
    io_block->gather = g;
    io_block->arena = arena;
    io_block->is_plain = true;
    for (uint32_t i = 0; i < plan->lane_count && io_block->is_plain; i++)
        io_block->is_plain = lane_open(g, &plan->lanes[i], arena, &io_block->lanes[i]);
}

/* Then decoding all values is faster than finding each. */
static bool are_many(const struct picked_lane *l, uint32_t count)
{
    return l->column != NULL && count > column_count(l->column) / ONE_BY_ONE;
}

void picked_codes(const struct picked_block *b, uint32_t lane, const uint32_t *events, uint32_t count,
                  uint32_t *out_codes)
{
    const struct picked_lane *l = &b->lanes[lane];
    uint32_t *texts = NULL;
    if (are_many(l, count)) {
        texts = arena_take(b->arena, column_count(l->column) * sizeof *texts, sizeof *texts);
        column_codes(l->column, texts);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rank;
        out_codes[i] = CODE_NONE;
        if (l->column == NULL || !value_rank(l->presence, l->ranks, events[i], &rank))
            continue;
        uint32_t text = texts != NULL ? texts[rank] : column_code_at(l->column, rank), *code = &l->codes[text];
        if (*code == CODE_NONE)
            *code = gather_code(b->gather, column_text(l->column, text));
        out_codes[i] = *code;
    }
}

/* As a quantity it would be millionths, or a double where it is too large for them. */
static int64_t minor_of_decimal(int64_t mantissa, uint8_t scale, unsigned decimals)
{
    const struct value v = {.kind = VALUE_DECIMAL, .integer = mantissa, .scale = scale};
    struct quantity x = {0};
    x.is_real = __builtin_mul_overflow(mantissa, micro_of_scale[scale], &x.micro);
    x.real = x.is_real ? value_real(&v) : 0;
    return minor_of(x, decimals);
}

void picked_minors(const struct picked_block *b, uint32_t lane, unsigned decimals, const uint32_t *events,
                   uint32_t count, int64_t *out, bool *out_has)
{
    const struct picked_lane *l = &b->lanes[lane];
    uint8_t scale = l->column == NULL ? 0 : column_scale(l->column);
    /* Most columns have no more digits than the minor unit, so that nothing is rounded. */
    int64_t unit = micro_of_scale[scale], most = scale <= decimals ? MONEY_MAX / unit : -1,
            times = minor_of((struct quantity){.micro = unit}, decimals), *mantissas = NULL;
    if (are_many(l, count)) {
        mantissas = arena_take(b->arena, column_count(l->column) * sizeof *mantissas, sizeof *mantissas);
        column_integers(l->column, mantissas);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rank;
        out[i] = 0;
        out_has[i] = l->column != NULL && value_rank(l->presence, l->ranks, events[i], &rank);
        if (!out_has[i])
            continue;
        int64_t mantissa = mantissas != NULL ? mantissas[rank] : column_integer_at(l->column, rank);
        bool is_whole = mantissa <= most && mantissa >= -most;
        out[i] = LIKELY(is_whole) ? mantissa * times : minor_of_decimal(mantissa, scale, decimals);
    }
}
