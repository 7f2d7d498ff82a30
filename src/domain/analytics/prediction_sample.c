/* Which of many people a model is fitted to, and judged by. */
#include <stdlib.h>

#include "base/rng.h"
#include "domain/analytics/prediction.h"

#define ROWS_FIRST 256u

void row_sample_init(struct row_sample *s, struct arena *arena, uint32_t width, uint32_t room_max)
{
    assert(room_max > 0);
    *s = (struct row_sample){.arena = arena, .width = width, .room_max = room_max};
}

static bool is_kept(const struct row_sample *s, uint64_t hash)
{
    return s->below == 0 || hash < s->below;
}

/* Half of what is kept goes. Whoever has too many at a bound would have them with others' rows too, so the last bound is the same whoever saw which. */
static void halve(struct row_sample *s)
{
    uint32_t kept = 0;
    s->below = s->below == 0 ? UINT64_C(1) << 63 : s->below / 2;
    for (uint32_t i = 0; i < s->count; i++) {
        struct sampled *row = s->rows[i];
        if (is_kept(s, row->hash)) {
            s->rows[kept++] = row;
            continue;
        }
        *(struct sampled **)(void *)row = s->spare;
        s->spare = row;
    }
    s->count = kept;
}

static void rows_grow(struct row_sample *s)
{
    uint32_t room = s->room == 0 ? ROWS_FIRST : 2 * s->room;
    struct sampled **rows = ARENA_ARRAY(s->arena, struct sampled *, room);
    if (s->count > 0)
        memcpy(rows, s->rows, s->count * sizeof *rows);
    s->rows = rows;
    s->room = room;
}

static void row_keep(struct row_sample *s, struct sampled *row)
{
    if (s->count == s->room)
        rows_grow(s);
    s->rows[s->count++] = row;
    while (s->count > s->room_max)
        halve(s);
}

static struct sampled *row_take(struct row_sample *s)
{
    struct sampled *row = s->spare;
    if (row == NULL)
        return arena_take(s->arena, sizeof *row + (size_t)s->width * sizeof *row->measured, _Alignof(struct sampled));
    s->spare = *(struct sampled **)(void *)row;
    return row;
}

struct sampled *row_sample_add(struct row_sample *s, uint64_t seed, uint32_t person, bool label)
{
    uint64_t hash = rng_mix(rng_mix(seed) ^ person);
    s->seen++;
    s->positives += label;
    if (!is_kept(s, hash))
        return NULL;
    struct sampled *row = row_take(s);
    row->hash = hash;
    row->person = person;
    row->label = label;
    row_keep(s, row);
    return is_kept(s, hash) ? row : NULL;
}

void row_sample_join(struct row_sample *into, struct row_sample *from)
{
    assert(into->width == from->width && into->room_max == from->room_max);
    into->seen += from->seen;
    into->positives += from->positives;
    while (from->below != 0 && (into->below == 0 || into->below > from->below))
        halve(into);
    for (uint32_t i = 0; i < from->count; i++)
        if (is_kept(into, from->rows[i]->hash))
            row_keep(into, from->rows[i]);
}

static int by_hash(const void *a, const void *b)
{
    const struct sampled *const *x = a, *const *y = b;
    return ((*x)->hash > (*y)->hash) - ((*x)->hash < (*y)->hash);
}

void row_sample_sort(struct row_sample *s)
{
    if (s->count > 1)
        qsort(s->rows, s->count, sizeof *s->rows, by_hash);
}
