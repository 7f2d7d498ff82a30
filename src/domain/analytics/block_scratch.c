/* What a thread has decoded of the block that it is at: each list once, when it is asked for first. */
#include "domain/analytics/filter_inside.h"

#define SCRATCH_BLOCK_BYTES (4u << 20) /* room for most blocks; what is not touched takes nothing */

struct decoded {
    const struct column *column;
    struct decoded *next;
    uint64_t *presence;
    uint32_t *ranks, *starts, *items, *codes, *owners;
    int64_t *integers;
    double *reals;
};

struct block_scratch *block_scratch_create(const struct thing_book *things, const struct civil *civil,
                                           const struct effort *effort)
{
    struct arena *own = arena_create(sizeof(struct block_scratch));
    struct block_scratch *s = ARENA_NEW(own, struct block_scratch);
    *s = (struct block_scratch){.arena = arena_create(SCRATCH_BLOCK_BYTES),
                                .passing = arena_create(SCRATCH_BLOCK_BYTES),
                                .own = own,
                                .things = things,
                                .civil = civil,
                                .effort = effort};
    return s;
}

void block_scratch_destroy(struct block_scratch *s)
{
    if (s == NULL)
        return;
    arena_destroy(s->arena);
    arena_destroy(s->passing);
    arena_destroy(s->own);
}

size_t block_scratch_bytes(const struct block_scratch *s)
{
    return arena_used(s->arena) + arena_used(s->passing);
}

void block_scratch_open_items(struct block_scratch *s, const struct block *b, bool by_item)
{
    arena_reset(s->arena);
    s->spare = NULL;
    s->block = b;
    s->count = s->slot_count = block_count(b);
    s->by_item = by_item;
    s->patterns.steps = PATTERN_STEPS_A_BLOCK;
    s->slot_starts = NULL;
    s->times = NULL;
    s->decoded = NULL;
    if (!by_item)
        return;
    uint32_t *counts = arena_take(s->arena, s->count * sizeof *counts, sizeof *counts);
    uint32_t *starts = arena_take(s->arena, (s->count + 1) * sizeof *starts, sizeof *starts);
    uint32_t at = 0;
    block_item_counts(b, counts);
    for (uint32_t i = 0; i < s->count; i++) {
        starts[i] = at;
        at += counts[i] == 0 ? 1 : counts[i];
    }
    starts[s->count] = at;
    s->slot_starts = starts;
    s->slot_count = at;
}

void block_scratch_open(struct block_scratch *s, const struct block *b)
{
    block_scratch_open_items(s, b, false);
}

static struct decoded *decoded_of(struct block_scratch *s, const struct column *c)
{
    for (struct decoded *d = s->decoded; d != NULL; d = d->next)
        if (d->column == c)
            return d;
    struct decoded *d = ARENA_NEW(s->arena, struct decoded);
    d->column = c;
    d->next = s->decoded;
    s->decoded = d;
    return d;
}

const uint64_t *scratch_presence(struct block_scratch *s, const struct column *c)
{
    struct decoded *d = decoded_of(s, c);
    if (d->presence == NULL) {
        d->presence = arena_take(s->arena, BIT_WORDS(s->count) * sizeof *d->presence, sizeof *d->presence);
        column_presence(c, d->presence);
    }
    return d->presence;
}

const uint32_t *scratch_ranks(struct block_scratch *s, const struct column *c)
{
    const uint64_t *presence = scratch_presence(s, c);
    struct decoded *d = decoded_of(s, c);
    if (d->ranks == NULL) {
        uint32_t before = 0;
        d->ranks = arena_take(s->arena, BIT_WORDS(s->count) * sizeof *d->ranks, sizeof *d->ranks);
        for (size_t i = 0; i < BIT_WORDS(s->count); i++) {
            d->ranks[i] = before;
            before += (uint32_t)__builtin_popcountll(presence[i]);
        }
    }
    return d->ranks;
}

const uint32_t *scratch_starts(struct block_scratch *s, const struct column *c)
{
    struct decoded *d = decoded_of(s, c);
    if (d->starts == NULL) {
        d->starts = arena_take(s->arena, (s->count + 1) * sizeof *d->starts, sizeof *d->starts);
        column_starts(c, d->starts);
    }
    return d->starts;
}

/* A list of the column's values, made by `decode` when it isn't there yet. */
#define SCRATCH_LIST(name, type, member, decode)                                            \
    const type *name(struct block_scratch *s, const struct column *c)                       \
    {                                                                                       \
        struct decoded *d = decoded_of(s, c);                                               \
        if (d->member == NULL) {                                                            \
            d->member = arena_take(s->arena, column_count(c) * sizeof(type), sizeof(type)); \
            decode(c, d->member);                                                           \
        }                                                                                   \
        return d->member;                                                                   \
    }
SCRATCH_LIST(scratch_items, uint32_t, items, column_items)
SCRATCH_LIST(scratch_codes, uint32_t, codes, column_codes)
SCRATCH_LIST(scratch_integers, int64_t, integers, column_integers)
SCRATCH_LIST(scratch_reals, double, reals, column_reals)

const int64_t *scratch_times(struct block_scratch *s)
{
    if (s->times == NULL) {
        int64_t *times = arena_take(s->arena, s->count * sizeof *times, sizeof *times);
        block_times(s->block, times);
        s->times = times;
    }
    return s->times;
}

const uint32_t *scratch_owners(struct block_scratch *s, const struct path_column *c, bool has_starts)
{
    struct decoded *d = decoded_of(s, c->column);
    const uint64_t *presence = scratch_presence(s, c->column);
    const uint32_t *starts = has_starts ? scratch_starts(s, c->column) : NULL;
    if (d->owners != NULL)
        return d->owners;
    uint32_t *owners = arena_take(s->arena, column_count(c->column) * sizeof *owners, sizeof *owners), at = 0;
    for (size_t w = 0; w < BIT_WORDS(s->count); w++)
        for (uint64_t word = presence[w]; word != 0; word &= word - 1) {
            uint32_t event = (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(word);
            for (uint32_t more = has_starts ? starts[event + 1] - starts[event] : 1; more > 0; more--)
                owners[at++] = event;
        }
    assert(at == column_count(c->column));
    return d->owners = owners;
}

uint32_t path_columns(const struct path *p, const struct block *b, struct path_column out[PATH_COLUMNS_MAX])
{
    uint32_t count = 0;
    if (p->kind != PATH_COLUMN && p->kind != PATH_THING)
        return 0;
    for (enum column_kind kind = 0; kind < (p->kind == PATH_THING ? COLUMN_TEXT + 1 : COLUMN_KIND_COUNT); kind++)
        for (int is_list = 0; is_list < 2; is_list++) {
            struct column_name name = {.of = p->of, .kind = kind, .is_list = is_list != 0, .name = p->name};
            const struct column *c = block_column(b, &name);
            if (c != NULL)
                out[count++] = (struct path_column){c, kind, is_list != 0};
        }
    return count;
}
