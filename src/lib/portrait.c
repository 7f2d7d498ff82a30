#include "lib/portrait.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "lib/idmap.h"

#define ARENA_BYTES (64u << 10)
#define CONFIDENCE 0.975
#define EXPECTED_LEAST 5.0 /* in a cell, for the normal to be a guide */

struct feature_counted {
    uint8_t what;
    struct bytes name, value;
    uint64_t person; /* the last one of whom it was said */
    uint64_t counts[PORTRAIT_SIDES];
};

struct portrait {
    struct arena *arena;  /* of names, values and rows */
    struct slab *slab;    /* of both maps */
    struct idmap *by_key; /* -> a place in `features`, from 1 */
    struct idmap *values; /* of a name -> how many values it has */
    struct feature_counted *features;
    size_t count, room;
    enum portrait_side side;
    uint64_t person; /* all of both sides so far */
    uint64_t people[PORTRAIT_SIDES];
    uint64_t left_out;
    struct portrait_row *rows;
};

struct portrait *portrait_create(void)
{
    struct portrait *p = calloc(1, sizeof *p);
    if (p == NULL)
        abort();
    p->arena = arena_create(ARENA_BYTES);
    p->slab = slab_create();
    p->by_key = idmap_create(p->slab);
    p->values = idmap_create(p->slab);
    return p;
}

void portrait_destroy(struct portrait *p)
{
    if (p == NULL)
        return;
    idmap_destroy(p->by_key);
    idmap_destroy(p->values);
    slab_destroy(p->slab);
    arena_destroy(p->arena);
    free(p->features);
    free(p->rows);
    free(p);
}

/* --- counting --- */

void portrait_person(struct portrait *p, enum portrait_side side)
{
    p->side = side;
    p->people[side]++;
    p->person++;
}

static struct hash128 name_key(uint8_t what, struct bytes name)
{
    return idmap_key(hash128(name, what));
}

static struct hash128 feature_key(uint8_t what, struct bytes name, struct bytes value)
{
    return idmap_key(hash128(value, hash64(name, what)));
}

static void features_grow(struct portrait *p)
{
    if (p->count < p->room)
        return;
    p->room = p->room == 0 ? 256 : p->room * 2;
    p->features = realloc(p->features, p->room * sizeof *p->features);
    if (p->features == NULL)
        abort();
}

/* NULL: there are too many already. */
static struct feature_counted *feature_of(struct portrait *p, uint8_t what, struct bytes name, struct bytes value)
{
    struct hash128 key = feature_key(what, name, value), of_name = name_key(what, name);
    uint32_t at = idmap_get(p->by_key, key);
    if (at != 0)
        return &p->features[at - 1];
    uint32_t values = idmap_get(p->values, of_name);
    if (values >= PORTRAIT_VALUES_MAX || p->count >= PORTRAIT_FEATURES_MAX)
        return NULL;
    features_grow(p);
    p->features[p->count++] = (struct feature_counted){
        .what = what, .name = arena_copy(p->arena, name), .value = arena_copy(p->arena, value)};
    (void)idmap_put(p->values, of_name, values + 1);
    (void)idmap_put(p->by_key, key, (uint32_t)p->count);
    return &p->features[p->count - 1];
}

void portrait_add(struct portrait *p, uint8_t what, struct bytes name, struct bytes value)
{
    assert(p->person > 0);
    struct feature_counted *f = feature_of(p, what, name, value);
    if (f == NULL) {
        p->left_out++;
        return;
    }
    f->counts[p->side] += f->person != p->person;
    f->person = p->person;
}

/* --- judging --- */

/* Said of enough members, or of enough others that so many members were to be expected. */
static bool is_tested(const struct portrait_row *row)
{
    double expected = (double)row->members.of * proportion_rate(row->others);
    return row->members.count >= PORTRAIT_PEOPLE_LEAST ||
           (row->others.count >= PORTRAIT_PEOPLE_LEAST && expected >= PORTRAIT_PEOPLE_LEAST);
}

static double p_of(struct proportion members, struct proportion others)
{
    return proportions_expected_least(members, others) < EXPECTED_LEAST
               ? fisher_p(members, others)
               : normal_two_sided(proportions_z(members, others));
}

static double strength_of(struct interval lift)
{
    if (lift.low > 1)
        return log(lift.low);
    return lift.high < 1 && lift.high > 0 ? -log(lift.high) : 0;
}

static struct portrait_row row_of(const struct portrait *p, const struct feature_counted *f)
{
    struct portrait_row row = {.what = f->what,
                               .name = f->name,
                               .value = f->value,
                               .members = {f->counts[PORTRAIT_MEMBERS], p->people[PORTRAIT_MEMBERS]},
                               .others = {f->counts[PORTRAIT_OTHERS], p->people[PORTRAIT_OTHERS]}};
    return row;
}

static int by_p(const void *a, const void *b)
{
    const struct portrait_row *x = a, *y = b;
    return (x->p > y->p) - (x->p < y->p);
}

/* Of equals by what they are called, so that the same people give the same rows. */
static int by_strength(const void *a, const void *b)
{
    const struct portrait_row *x = a, *y = b;
    if (x->strength < y->strength || x->strength > y->strength)
        return x->strength < y->strength ? 1 : -1;
    if (x->what != y->what)
        return x->what < y->what ? -1 : 1;
    int order = bytes_compare(x->name, y->name);
    return order != 0 ? order : bytes_compare(x->value, y->value);
}

static void rows_correct(struct portrait *p, size_t tested)
{
    double *values = calloc(tested + 1, sizeof *values);
    if (values == NULL)
        abort();
    qsort(p->rows, tested, sizeof *p->rows, by_p);
    for (size_t i = 0; i < tested; i++)
        values[i] = p->rows[i].p;
    adjust_benjamini_hochberg(values, tested, values);
    for (size_t i = 0; i < tested; i++)
        p->rows[i].q = values[i];
    free(values);
}

struct portrait_told portrait_conclude(struct portrait *p)
{
    double z = normal_quantile(CONFIDENCE);
    size_t tested = 0, told = 0;
    assert(p->rows == NULL);
    p->rows = calloc(p->count + 1, sizeof *p->rows);
    if (p->rows == NULL)
        abort();
    for (size_t i = 0; i < p->count; i++) {
        struct portrait_row row = row_of(p, &p->features[i]);
        if (!is_tested(&row))
            continue;
        row.p = p_of(row.members, row.others);
        row.lift = ratio_interval(row.members, row.others, z);
        row.strength = strength_of(row.lift);
        p->rows[tested++] = row;
    }
    rows_correct(p, tested);
    for (size_t i = 0; i < tested; i++)
        if (p->rows[i].q <= PORTRAIT_LEVEL && p->rows[i].strength > 0)
            p->rows[told++] = p->rows[i];
    qsort(p->rows, told, sizeof *p->rows, by_strength);
    return (struct portrait_told){.rows = p->rows,
                                  .count = told,
                                  .tested = tested,
                                  .people = {p->people[PORTRAIT_MEMBERS], p->people[PORTRAIT_OTHERS]},
                                  .left_out = p->left_out};
}
