/* From all paths to what each model gives each channel, facet by facet: the part of the question of attribution that takes its time, so that it can be watched
 * and cancelled. */
#include <stdlib.h>

#include "domain/analytics/answer.h"
#include "domain/analytics/attribution.h"
#include "lib/stats.h"

#define SCRATCH_BYTES (64u << 10)
#define CREDIT_UNIT 1e6
#define PATH_BYTES 256u /* that a path takes, about, until all models are through */

/* --- which channels there are --- */

/* A channel that some path has. */
struct seen {
    uint32_t code;
    struct bytes name;
    uint64_t touches;   /* in all paths, as often as they were walked */
    uint64_t converted; /* conversions whose path has it */
    uint64_t marked;    /* number of the path that counted last, from 1 */
};

static int seen_order(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    if (x->converted != y->converted)
        return x->converted > y->converted ? -1 : 1;
    if (x->touches != y->touches)
        return x->touches > y->touches ? -1 : 1;
    return bytes_compare(x->name, y->name);
}

static int number_order(const void *a, const void *b)
{
    const struct channel_number *x = a, *y = b;
    return (x->code > y->code) - (x->code < y->code);
}

struct concluding {
    const struct attribution *own;
    const struct attribution_tally *tally;
    struct arena *scratch; /* of one facet; of the only one, which is printed from, the tally's */
    struct channel_number *numbers;
    uint32_t number_count;
    uint32_t direct;
    struct attribution_findings *findings;
};

static void paths_see(struct groups *seen, const struct touch_paths *paths, uint64_t *io_path)
{
    for (size_t i = 0; paths != NULL && i < touch_paths_count(paths); i++) {
        const struct touch_path *path = touch_paths_at(paths, i);
        ++*io_path;
        for (uint32_t k = 0; k < path->count; k++) {
            struct seen *s = groups_take(seen, (struct group_key){path->channels[k], 0});
            s->code = path->channels[k];
            s->touches += path->conversions + path->nulls;
            s->converted += s->marked == *io_path ? 0 : path->conversions;
            s->marked = *io_path;
        }
    }
}

/* Of all facets together, those with the most conversions first. */
static struct seen *channels_seen(const struct attribution_tally *tally, const struct texts *texts, uint32_t *out_count)
{
    struct groups groups;
    const struct group *group;
    uint64_t path = 0;
    groups_init(&groups, tally->arena, sizeof(struct seen));
    paths_see(&groups, tally->nulls, &path);
    for (uint32_t at = 0; (group = groups_next(&tally->parts, &at)) != NULL;)
        paths_see(&groups, ((const struct attribution_part *)(const void *)group->own)->paths, &path);
    struct seen *all = ARENA_ARRAY(tally->arena, struct seen, groups.count);
    *out_count = 0;
    for (uint32_t at = 0; (group = groups_next(&groups, &at)) != NULL;) {
        struct seen *seen = &all[(*out_count)++];
        memcpy(seen, group->own, sizeof *seen);
        seen->name = texts_get(texts, seen->code);
    }
    qsort(all, *out_count, sizeof *all, seen_order);
    return all;
}

/* The first ones keep their names; the others, but for the direct one, become one. */
static void channels_number(struct concluding *c, const struct seen *all, uint32_t count)
{
    uint32_t most = (uint32_t)c->own->channels_max, named = count <= most ? count : most - 1, next = 0;
    uint32_t direct = count;
    for (uint32_t i = 0; i < count; i++)
        if (c->own->direct.size > 0 && bytes_equal(all[i].name, c->own->direct))
            direct = i;
    bool is_beyond = direct < count && direct >= named; /* then it takes the last name's place */
    uint32_t channel_count = count <= most ? count : most;
    struct bytes *names = ARENA_ARRAY(c->tally->arena, struct bytes, channel_count);
    c->numbers = ARENA_ARRAY(c->tally->arena, struct channel_number, count);
    c->number_count = count;
    for (uint32_t i = 0; i < count; i++) {
        bool has_name = i == direct || i + is_beyond < named;
        uint32_t number = has_name ? next++ : channel_count - 1;
        c->numbers[i] = (struct channel_number){all[i].code, number};
        names[number] = has_name ? all[i].name : BYTES_LIT(ANSWER_OTHER);
        if (i == direct)
            c->direct = number;
    }
    qsort(c->numbers, count, sizeof *c->numbers, number_order);
    c->findings->names = names;
    c->findings->channel_count = channel_count;
}

/* --- one facet --- */

/* What is being made of it. */
struct modelling {
    const struct concluding *all;
    const struct attribution_part *part;
    struct effort *effort; /* of this facet */
    struct touch_table table;
    struct facet_found *found;
};

/* Counted anew, since a path has "(other)" once however many channels of it it has. */
static const struct channel_found *channels_count(const struct modelling *m)
{
    struct channel_found *found = ARENA_ARRAY(m->all->tally->arena, struct channel_found, m->table.channel_count);
    size_t *marked = ARENA_ARRAY(m->all->scratch, size_t, m->table.channel_count);
    for (size_t i = 0; i < m->table.count; i++) {
        const struct touch_path *path = &m->table.paths[i];
        for (uint32_t k = 0; k < path->count; k++) {
            uint32_t channel = path->channels[k];
            found[channel].touches += path->conversions + path->nulls;
            found[channel].converted += marked[channel] == i + 1 ? 0 : path->conversions;
            marked[channel] = i + 1;
        }
    }
    return found;
}

static void decay_credit(const struct modelling *m, struct credit *out)
{
    struct decay *sums = ARENA_ARRAY(m->all->scratch, struct decay, m->table.channel_count);
    const struct group *group;
    for (uint32_t at = 0; (group = groups_next(&m->part->decays, &at)) != NULL;) {
        const struct decay *decay = (const void *)group->own;
        struct decay *sum = &sums[channel_number_of(m->all->numbers, m->all->number_count, (uint32_t)group->key.high)];
        sum->conversions += decay->conversions;
        sum->value += decay->value;
    }
    for (uint32_t i = 0; i < m->table.channel_count; i++)
        out[i] = (struct credit){(double)sums[i].conversions / (double)DECAY_UNIT,
                                 (double)sums[i].value / (double)DECAY_UNIT};
}

static struct dealt deal(const struct modelling *m, const struct credit *credits)
{
    uint32_t count = m->table.channel_count;
    struct arena *kept = m->all->tally->arena;
    struct dealt dealt = {ARENA_ARRAY(kept, int64_t, count), ARENA_ARRAY(kept, int64_t, count)};
    double *parts = ARENA_ARRAY(m->all->scratch, double, count);
    for (uint32_t i = 0; i < count; i++)
        parts[i] = credits[i].conversions * CREDIT_UNIT;
    deal_out(parts, count, (int64_t)m->table.conversions * (int64_t)CREDIT_UNIT, dealt.conversions);
    for (uint32_t i = 0; i < count; i++)
        parts[i] = credits[i].value;
    deal_out(parts, count, m->table.value, dealt.value);
    return dealt;
}

/* Of one model. *out_told is false when it could not tell. */
static fallible model_run(struct modelling *m, size_t model, struct credit *out_credits, bool *out_told, struct err *e)
{
    const struct attribution *own = m->all->own;
    struct arena *scratch = m->all->scratch;
    *out_told = true;
    switch (model) {
    case MODEL_TIME_DECAY:
        decay_credit(m, out_credits);
        return DONE;
    case MODEL_MARKOV:
        TRY(markov_solve(scratch, &m->table, &own->markov, m->effort, &m->found->markov, e));
        memcpy(out_credits, m->found->markov.credits, m->table.channel_count * sizeof *out_credits);
        *out_told = !m->found->markov.is_too_large;
        return DONE;
    case MODEL_SHAPLEY:
        shapley_equal_credit(scratch, &m->table, out_credits);
        return DONE;
    case MODEL_SHAPLEY_RATE:
        return shapley_rate_credit(scratch, &m->table, &own->shapley, m->effort, out_credits, e);
    default:
        path_rule_credit(&m->table, (enum path_rule)model, m->all->direct, out_credits);
        return DONE;
    }
}

static fallible models_run(struct modelling *m, struct err *e)
{
    struct effort *whole = m->effort;
    struct effort_part part;
    for (size_t model = 0; model < MODEL_COUNT; model++) {
        struct credit *credits = ARENA_ARRAY(m->all->scratch, struct credit, m->table.channel_count);
        bool is_told;
        if (!m->all->own->models[model])
            continue;
        m->effort = effort_part_init(&part, whole, (double)model / MODEL_COUNT, (double)(model + 1) / MODEL_COUNT);
        TRY(model_run(m, model, credits, &is_told, e));
        if (is_told)
            m->found->dealt[model] = deal(m, credits);
    }
    return effort_step(whole, 1, 0, e);
}

static size_t paths_bytes(const struct touch_paths *paths)
{
    return paths == NULL ? 0 : touch_paths_count(paths) * PATH_BYTES;
}

/* Paths without a conversion have no value of a breakdown: each facet's conversions are seen against all of them. */
static fallible facet_conclude(struct concluding *c, struct effort *effort, struct facet_found *out, struct err *e)
{
    struct modelling m = {.all = c, .part = out->group->own, .effort = effort, .found = out};
    TRY(effort_step(effort, 0, paths_bytes(m.part->paths) + paths_bytes(c->tally->nulls), e));
    struct touch_paths *paths = touch_paths_create(c->scratch);
    touch_paths_join(paths, m.part->paths);
    touch_paths_join(paths, c->tally->nulls);
    m.table = touch_table_make(c->scratch, paths, c->numbers, c->number_count, c->findings->channel_count);
    out->channels = channels_count(&m);
    out->table = m.table;
    return models_run(&m, e);
}

/* --- all of them --- */

static fallible facets_conclude(struct concluding *c, struct effort *effort, struct err *e)
{
    struct attribution_findings *f = c->findings;
    struct effort_part part;
    for (uint32_t i = 0; i < f->facet_count; i++) {
        struct effort *own = effort_part_init(&part, effort, (double)i / f->facet_count, (i + 1.0) / f->facet_count);
        f->facets[i].group = &f->shown.list[i];
        TRY(facet_conclude(c, own, &f->facets[i], e));
        if (c->scratch == c->tally->arena)
            continue;
        f->facets[i].table = (struct touch_table){0};
        f->facets[i].markov = (struct markov_answer){0};
        arena_reset(c->scratch);
    }
    return DONE;
}

fallible attribution_conclude(const struct question *q, const struct texts *texts, void *from, struct effort *effort,
                              struct err *e)
{
    struct attribution_tally *tally = from;
    const struct attribution *own = q->own;
    struct attribution_findings *f = ARENA_NEW(tally->arena, struct attribution_findings);
    bool is_broken_down = own->breakdown.count > 0;
    struct concluding c = {.own = own,
                           .tally = tally,
                           .scratch = is_broken_down ? arena_create(SCRATCH_BYTES) : tally->arena,
                           .direct = CHANNEL_NONE,
                           .findings = f};
    uint32_t count;
    if (!is_broken_down) /* one facet, even of nothing */
        (void)groups_take(&tally->parts, facet_key((struct facet){{CODE_NONE, CODE_NONE, CODE_NONE}}, 0));
    const struct seen *seen = channels_seen(tally, texts, &count);
    channels_number(&c, seen, count);
    breakdown_show(q, &own->breakdown, texts, &tally->parts, &attribution_parts, &f->shown);
    f->facet_count = f->shown.count;
    f->facets = ARENA_ARRAY(tally->arena, struct facet_found, f->facet_count);
    tally->findings = f;
    struct status s = facets_conclude(&c, effort, e);
    if (is_broken_down)
        arena_destroy(c.scratch);
    return s;
}
