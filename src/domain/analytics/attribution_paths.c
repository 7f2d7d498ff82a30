#include "domain/analytics/attribution_paths.h"

#include <stdlib.h>

#include "base/hash.h"
#include "domain/analytics/minor.h"

#define SLOTS_FIRST 64u
#define ROWS_FIRST 32u

struct touch_paths {
    struct arena *arena;
    struct touch_path *rows;
    size_t count, rows_max;
    uint32_t *slots; /* number of a row, from 1; 0: free. A power of two, at most half full */
    size_t slot_count;
};

static struct bytes channels_of(const struct touch_path *path)
{
    return bytes_of(path->channels, path->count * sizeof *path->channels);
}

struct touch_paths *touch_paths_create(struct arena *arena)
{
    struct touch_paths *p = ARENA_NEW(arena, struct touch_paths);
    p->arena = arena;
    p->rows_max = ROWS_FIRST;
    p->rows = ARENA_ARRAY(arena, struct touch_path, p->rows_max);
    p->slot_count = SLOTS_FIRST;
    p->slots = ARENA_ARRAY(arena, uint32_t, p->slot_count);
    return p;
}

/* The slot of the row with these channels, or the free one that it would get. */
static uint32_t *slot_of(const struct touch_paths *p, struct bytes channels)
{
    for (size_t at = hash64(channels, 0);; at++) {
        uint32_t *slot = &p->slots[at & (p->slot_count - 1)];
        if (*slot == 0 || bytes_equal(channels_of(&p->rows[*slot - 1]), channels))
            return slot;
    }
}

static void slots_double(struct touch_paths *p)
{
    p->slot_count *= 2;
    p->slots = ARENA_ARRAY(p->arena, uint32_t, p->slot_count);
    for (size_t i = 0; i < p->count; i++)
        *slot_of(p, channels_of(&p->rows[i])) = (uint32_t)(i + 1);
}

static struct touch_path *row_new(struct touch_paths *p, const struct touch_path *path)
{
    if (p->count == p->rows_max) {
        struct touch_path *more = ARENA_ARRAY(p->arena, struct touch_path, 2 * p->rows_max);
        memcpy(more, p->rows, p->count * sizeof *more);
        p->rows = more;
        p->rows_max *= 2;
    }
    struct touch_path *row = &p->rows[p->count++];
    uint32_t *channels = ARENA_ARRAY(p->arena, uint32_t, path->count);
    memcpy(channels, path->channels, path->count * sizeof *channels);
    *row = (struct touch_path){.channels = channels, .count = path->count};
    return row;
}

void touch_paths_add(struct touch_paths *p, const struct touch_path *path)
{
    assert(path->count > 0 && p->count < UINT32_MAX);
    if (2 * (p->count + 1) > p->slot_count)
        slots_double(p);
    uint32_t *slot = slot_of(p, channels_of(path));
    if (*slot == 0) {
        row_new(p, path);
        *slot = (uint32_t)p->count;
    }
    struct touch_path *row = &p->rows[*slot - 1];
    row->conversions += path->conversions;
    row->nulls += path->nulls;
    row->value = minor_sum(row->value, path->value);
}

void touch_paths_join(struct touch_paths *p, const struct touch_paths *more)
{
    for (size_t i = 0; more != NULL && i < more->count; i++)
        touch_paths_add(p, &more->rows[i]);
}

size_t touch_paths_count(const struct touch_paths *p)
{
    return p->count;
}

const struct touch_path *touch_paths_at(const struct touch_paths *p, size_t i)
{
    assert(i < p->count);
    return &p->rows[i];
}

uint32_t channel_number_of(const struct channel_number *numbers, size_t count, uint32_t code)
{
    size_t from = 0, until = count;
    while (until - from > 1) {
        size_t middle = from + (until - from) / 2;
        if (numbers[middle].code <= code)
            from = middle;
        else
            until = middle;
    }
    assert(from < count && numbers[from].code == code);
    return numbers[from].number;
}

static int path_order(const void *a, const void *b)
{
    const struct touch_path *x = a, *y = b;
    for (uint32_t i = 0; i < x->count && i < y->count; i++)
        if (x->channels[i] != y->channels[i])
            return x->channels[i] < y->channels[i] ? -1 : 1;
    return (x->count > y->count) - (x->count < y->count);
}

struct touch_table touch_table_make(struct arena *arena, const struct touch_paths *paths, const struct channel_number *numbers, size_t number_count,
                                    uint32_t channel_count)
{
    struct touch_paths *merged = touch_paths_create(arena);
    struct touch_table table = {.channel_count = channel_count};
    uint32_t longest = 0;
    for (size_t i = 0; i < paths->count; i++)
        longest = paths->rows[i].count > longest ? paths->rows[i].count : longest;
    uint32_t *channels = ARENA_ARRAY(arena, uint32_t, longest);
    for (size_t i = 0; i < paths->count; i++) {
        struct touch_path path = paths->rows[i];
        for (uint32_t k = 0; k < path.count; k++) {
            channels[k] = channel_number_of(numbers, number_count, path.channels[k]);
            assert(channels[k] < channel_count);
        }
        path.channels = channels;
        touch_paths_add(merged, &path);
        table.conversions += path.conversions;
        table.nulls += path.nulls;
        table.value = minor_sum(table.value, path.value);
    }
    qsort(merged->rows, merged->count, sizeof *merged->rows, path_order);
    table.paths = merged->rows;
    table.count = merged->count;
    return table;
}

static void give(struct credit *credits, const struct touch_path *path, uint32_t touch, double share)
{
    struct credit *c = &credits[path->channels[touch]];
    c->conversions += share * (double)path->conversions;
    c->value += share * (double)path->value;
}

static void give_first(const struct touch_path *path, uint32_t direct, struct credit *out)
{
    (void)direct;
    give(out, path, 0, 1);
}

static void give_last(const struct touch_path *path, uint32_t direct, struct credit *out)
{
    (void)direct;
    give(out, path, path->count - 1, 1);
}

static void give_last_non_direct(const struct touch_path *path, uint32_t direct, struct credit *out)
{
    uint32_t touch = path->count;
    while (touch > 0 && path->channels[touch - 1] == direct)
        touch--;
    give(out, path, touch > 0 ? touch - 1 : path->count - 1, 1);
}

static void give_linear(const struct touch_path *path, uint32_t direct, struct credit *out)
{
    (void)direct;
    for (uint32_t i = 0; i < path->count; i++)
        give(out, path, i, 1.0 / path->count);
}

/* 40 each to both ends, 20 to all between; two touches share, one has all. */
static void give_position(const struct touch_path *path, uint32_t direct, struct credit *out)
{
    if (path->count <= 2) {
        give_linear(path, direct, out);
        return;
    }
    for (uint32_t i = 0; i < path->count; i++)
        give(out, path, i, i == 0 || i == path->count - 1 ? 0.4 : 0.2 / (path->count - 2));
}

static void (*const rules[PATH_RULE_COUNT])(const struct touch_path *path, uint32_t direct, struct credit *out) = {
    [RULE_FIRST] = give_first,   [RULE_LAST] = give_last,         [RULE_LAST_NON_DIRECT] = give_last_non_direct,
    [RULE_LINEAR] = give_linear, [RULE_POSITION] = give_position,
};

void path_rule_credit(const struct touch_table *table, enum path_rule rule, uint32_t direct, struct credit *out_credits)
{
    assert(rule < PATH_RULE_COUNT);
    memset(out_credits, 0, table->channel_count * sizeof *out_credits);
    for (size_t i = 0; i < table->count; i++)
        if (table->paths[i].conversions > 0)
            rules[rule](&table->paths[i], direct, out_credits);
}
