#include "domain/analytics/order_select.h"

#define BUCKET_BITS 16u
#define BUCKETS (1u << BUCKET_BITS)
#define PART_CLOSER UINT8_MAX /* one of the firsts has these upper bits */

static uint32_t bucket_of(const struct order *o, int64_t value)
{
    return (uint32_t)(((uint64_t)value - (uint64_t)o->least) >> o->shift);
}

static void span_find(struct order *o)
{
    int64_t least = INT64_MAX, most = INT64_MIN;
    for (size_t p = 0; p < o->piece_count; p++)
        for (size_t i = 0; i < o->pieces[p].count; i++) {
            int64_t value = o->pieces[p].values[i];
            least = value < least ? value : least;
            most = value > most ? value : most;
        }
    o->least = least;
    o->most = most;
    o->shift = 0;
    while (((uint64_t)most - (uint64_t)least) >> o->shift >= BUCKETS)
        o->shift++;
}

/* `counts` are of an order before this one, or zero. */
static void buckets_count(struct order *o, uint32_t *counts)
{
    span_find(o);
    o->counts = counts;
    memset(counts, 0, BUCKETS * sizeof *counts);
    o->count = 0;
    for (size_t p = 0; p < o->piece_count; p++) {
        o->count += o->pieces[p].count;
        for (size_t i = 0; i < o->pieces[p].count; i++)
            counts[bucket_of(o, o->pieces[p].values[i])]++;
    }
}

void order_open(struct order *o, struct arena *arena, const struct values *pieces, size_t piece_count)
{
    *o = (struct order){.arena = arena, .pieces = pieces, .piece_count = piece_count};
    buckets_count(o, ARENA_ARRAY(arena, uint32_t, BUCKETS));
    assert(o->count > 0);
}

/* --- ranks --- */

/* Those of a bucket in which somebody is looked for. */
struct few {
    uint32_t bucket;
    size_t count, rank; /* of who is looked for, among them */
    int64_t *values;
    uint32_t *people;
};

/* The buckets of the ranks; *out_few of them, for some may share one. `out_of` says which each rank is in. */
static size_t few_open(const struct order *o, const size_t *ranks, size_t rank_count, struct few *out_few, uint8_t *out_of)
{
    size_t below = 0, found = 0;
    uint32_t bucket = 0;
    for (size_t i = 0; i < rank_count; i++) {
        assert(ranks[i] < o->count && (i == 0 || ranks[i] >= ranks[i - 1]));
        while (ranks[i] >= below + o->counts[bucket])
            below += o->counts[bucket++];
        if (found == 0 || out_few[found - 1].bucket != bucket)
            out_few[found++] = (struct few){
                .bucket = bucket,
                .rank = below,
                .values = arena_take(o->arena, o->counts[bucket] * sizeof(int64_t), _Alignof(int64_t)),
                .people = arena_take(o->arena, o->counts[bucket] * sizeof(uint32_t), _Alignof(uint32_t)),
            };
        out_of[i] = (uint8_t)(found - 1);
    }
    return found;
}

/* One pass for all: most values are of no bucket that is looked into. */
static void few_fill(const struct order *o, struct few *few, size_t few_count)
{
    uint8_t *wanted = arena_zeroed(o->arena, BUCKETS, 1);
    for (size_t k = 0; k < few_count; k++)
        wanted[few[k].bucket] = (uint8_t)(k + 1);
    for (size_t p = 0; p < o->piece_count; p++)
        for (size_t i = 0; i < o->pieces[p].count; i++) {
            uint8_t k = wanted[bucket_of(o, o->pieces[p].values[i])];
            if (k == 0)
                continue;
            struct few *f = &few[k - 1];
            f->values[f->count] = o->pieces[p].values[i];
            f->people[f->count++] = o->pieces[p].people[i];
        }
}

/* Where all values are equal, their people are what is put in order. */
static struct values people_as_values(struct arena *arena, const struct values *v)
{
    int64_t *numbers = arena_take(arena, v->count * sizeof *numbers, _Alignof(int64_t));
    for (size_t i = 0; i < v->count; i++)
        numbers[i] = v->people[i];
    return (struct values){v->count, numbers, v->people};
}

/* Each round leaves a 65,536th of the span: at most four for the values, and two for people whose values are equal. */
static struct placed select_in(struct arena *arena, uint32_t *counts, struct values v, size_t rank)
{
    int64_t value = 0;
    for (bool by_person = false; v.count > 1 || !by_person;) {
        struct order inner = {.arena = arena, .pieces = &v, .piece_count = 1};
        struct few few;
        uint8_t of;
        buckets_count(&inner, counts);
        if (!by_person && inner.least == inner.most) {
            value = inner.least;
            by_person = true;
            v = people_as_values(arena, &v);
            continue;
        }
        size_t found = few_open(&inner, &rank, 1, &few, &of);
        few_fill(&inner, &few, found);
        rank -= few.rank;
        v = (struct values){few.count, few.values, few.people};
    }
    assert(v.count == 1 && rank == 0);
    return (struct placed){value, v.people[0]};
}

void order_select(const struct order *o, const size_t *ranks, size_t rank_count, struct placed *out_placed)
{
    struct few few[ORDER_RANKS_MAX];
    uint8_t of[ORDER_RANKS_MAX];
    uint32_t *counts = ARENA_ARRAY(o->arena, uint32_t, BUCKETS);
    assert(rank_count <= ORDER_RANKS_MAX);
    few_fill(o, few, few_open(o, ranks, rank_count, few, of));
    for (size_t i = 0; i < rank_count; i++) {
        const struct few *f = &few[of[i]];
        out_placed[i] = select_in(o->arena, counts, (struct values){f->count, f->values, f->people}, ranks[i] - f->rank);
    }
}

/* --- parts --- */

static bool is_at_or_behind(int64_t value, uint32_t person, const struct placed *first)
{
    return value > first->value || (value == first->value && person >= first->person);
}

static uint8_t part_of(const struct order *o, int64_t value, uint32_t person)
{
    uint8_t part = 0;
    for (size_t k = 0; k < o->first_count; k++)
        part += is_at_or_behind(value, person, &o->firsts[k]);
    return part;
}

void order_cut(struct order *o, const struct placed *firsts, size_t first_count)
{
    struct placed *kept = arena_take(o->arena, (first_count + 1) * sizeof *kept, _Alignof(struct placed));
    size_t inside = first_count; /* firsts that aren't behind all */
    while (inside > 0 && firsts[inside - 1].value > o->most)
        inside--;
    assert(first_count <= ORDER_RANKS_MAX);
    memcpy(kept, firsts, first_count * sizeof *kept);
    o->firsts = kept;
    o->first_count = first_count;
    o->parts = arena_zeroed(o->arena, BUCKETS, 1);
    for (size_t k = 0; k < inside; k++) {
        uint32_t at = bucket_of(o, firsts[k].value < o->least ? o->least : firsts[k].value);
        memset(o->parts + at, (int)k + 1, BUCKETS - at);
    }
    for (size_t k = 0; k < inside; k++)
        o->parts[bucket_of(o, firsts[k].value < o->least ? o->least : firsts[k].value)] = PART_CLOSER;
}

void order_parts(const struct order *o, size_t piece, uint8_t *out_parts)
{
    const struct values *v = &o->pieces[piece];
    for (size_t i = 0; i < v->count; i++) {
        uint8_t part = o->parts[bucket_of(o, v->values[i])];
        out_parts[i] = part == PART_CLOSER ? part_of(o, v->values[i], v->people[i]) : part;
    }
}
