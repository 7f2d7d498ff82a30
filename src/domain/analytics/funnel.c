/* Funnels: who gets through steps, how far, and how long it takes. docs/guide/analytics.md. */
#include "domain/analytics/funnel.h"

#include "domain/analytics/kinds.h"
#include "domain/analytics/shortcut.h"
#include "engine/domain.h"

static const struct member_rule members[] = {
    {"steps", "a list of events, one a step", "步骤:事件列表"},
    {"order", "ordered; strict: no other event between; any", "顺序:ordered 依次,strict 紧邻,any 任意"},
    {"within", "span; same_day: until the day of the entry ends; sessions", "窗口:span 时长,same_day 当日,sessions 会话数"},
    {"window", "how long after the first step, inclusive (7d)", "自第一步起的时长,含端点(默认 7d)"},
    {"sessions", "how many, of within sessions (1)", "会话个数(默认 1)"},
    {"session_gap", "a longer pause ends a session (30m)", "会话间隔(默认 30m)"},
    {"entry", "best: the entry that gets furthest, of equals the earliest; first", "进入:best 最深且最早,first 首次"},
    {"count", "uniques; totals: one attempt after the other; sessions", "计数:uniques 人数,totals 次数,sessions 会话数"},
    {"strict_increase", "a step is later than the one before, not at the same time", "后一步必须晚于前一步"},
    {"grace_ms", "a step may lie so much before the last one", "允许的乱序毫秒数"},
    {"exclude", "[{event, after, before}] or names of events: ends an attempt between two steps", "排除(可直接写事件名):出现在两步之间则终止"},
    {"exclude_person", "and whoever has such an attempt isn't counted", "被排除者整体不计"},
    {"hold", "properties whose value all steps share, up to three", "各步须取值相同的属性,最多三个"},
    {"entry_filter", "a condition on the event that enters", "仅对进入事件的条件"},
    {"dedup", "an event of a step that is filled ends the attempt", "已完成步骤再次出现即终止"},
    {"fixed", "an event of a later step than the next ends the attempt", "越级步骤出现即终止"},
    BREAKDOWN_MEMBERS,
    {"breakdown_at", "first, last, all, or a step's number: whose values", "取值来自:first 首步,last 末步,all 全部,或步骤序号"},
    {"unit", "counted by the hour, day … of the entry", "按进入时间分周期"},
    {"leave_open_out", "entries whose window is still open don't count", "窗口未结束的进入不计"},
};

static const struct member_rule cell_members[] = {
    {"step", "its number, from 1: who reached it", "步骤序号:到达者"},
    {"dropped", "who got no further", "止步于此"},
    {"unit", "as it stands in the answer", "周期"},
    FACET_CELL_MEMBERS,
};

/* --- counting --- */

static void *funnel_tally(const struct question *q, struct arena *arena)
{
    const struct funnel *f = q->own;
    struct funnel_tally *t = ARENA_NEW(arena, struct funnel_tally);
    t->arena = arena;
    groups_init(&t->groups, arena, sizeof(struct funnel_group) + f->step_count * sizeof(struct funnel_step));
    if (f->breakdown.count == 0 && !f->has_units)
        t->only = groups_take(&t->groups, facet_key((struct facet){{0}}, 0));
    return t;
}

/* The facet that the path counts under. */
static struct facet path_facet(const struct funnel_part *p, const struct funnel_path *path)
{
    const struct funnel *f = p->f;
    uint32_t step = f->breakdown_at == FUNNEL_AT_LAST ? path->depth - 1 : f->breakdown_at == FUNNEL_AT_STEP ? f->breakdown_step : 0;
    if (step >= path->depth)
        return (struct facet){{CODE_NONE, CODE_NONE, CODE_NONE}};
    return facet_of(&f->breakdown, p->s, &p->s->moments[path->events[step]]);
}

static uint32_t path_place(const struct funnel_part *p, const struct funnel_path *path)
{
    return p->f->has_units ? edges_place(&p->f->edges, p->s->moments[path->events[0]].time_us) : 0;
}

/* Of steps that grace has let come before: no time. */
static double between_us(int64_t from_us, int64_t until_us)
{
    return until_us > from_us ? (double)(until_us - from_us) : 0;
}

void funnel_path_add(const struct funnel *f, struct funnel_tally *t, struct funnel_group *g, const int64_t *times_us, uint32_t depth, int64_t closed_us)
{
    bool converted = depth == f->step_count;
    for (uint32_t k = 0; k < depth; k++)
        g->steps[k].reached++;
    for (uint32_t k = 1; k < depth; k++)
        samples_add(&g->steps[k].since_before_us, t->arena, between_us(times_us[k - 1], times_us[k]));
    if (converted)
        samples_add(&g->whole_us, t->arena, between_us(times_us[0], times_us[depth - 1]));
    g->open += !converted && times_us[0] >= closed_us;
}

struct counting {
    struct funnel_visit visit;
    struct funnel_tally *tally;
};

static void path_count(struct funnel_visit *v, const struct funnel_part *p, const struct funnel_path *path)
{
    struct funnel_tally *t = ((struct counting *)v)->tally;
    struct funnel_group *g = t->only != NULL ? t->only : groups_take(&t->groups, facet_key(path_facet(p, path), path_place(p, path)));
    int64_t times_us[FUNNEL_STEPS_MAX];
    for (uint32_t k = 0; k < path->depth; k++)
        times_us[k] = p->s->moments[path->events[k]].time_us;
    funnel_path_add(p->f, t, g, times_us, path->depth, p->closed_us);
}

static void funnel_take(const struct question *q, void *tally, const struct sequence *s)
{
    struct counting c = {.visit = {.path = path_count}, .tally = tally};
    funnel_walk(q, s, &c.visit);
}

static void group_join(const struct question *q, void *into, void *from, struct arena *arena)
{
    const struct funnel *f = q->own;
    struct funnel_group *sum = into, *more = from;
    (void)arena;
    sum->open += more->open;
    samples_join(&sum->whole_us, &more->whole_us);
    for (uint32_t k = 0; k < f->step_count; k++) {
        sum->steps[k].reached += more->steps[k].reached;
        samples_join(&sum->steps[k].since_before_us, &more->steps[k].since_before_us);
    }
}

static double group_weight(const struct question *q, const void *own)
{
    (void)q;
    return (double)((const struct funnel_group *)own)->steps[0].reached;
}

const struct group_rules funnel_rules = {.weigh = group_weight, .join = group_join};

static void funnel_join(const struct question *q, void *into, void *from)
{
    groups_join(q, &funnel_rules, &((struct funnel_tally *)into)->groups, &((struct funnel_tally *)from)->groups);
}

static void print(const struct question *q, const struct texts *texts, void *tally, struct json_writer *w)
{
    funnel_print(q, texts, &((struct funnel_tally *)tally)->groups, w);
}

/* --- drill-down --- */

struct funnel_cell {
    uint32_t depth;
    bool is_dropped; /* and no further */
    bool has_unit;
    uint32_t place;
    struct facet_cell facets;
};

static fallible funnel_cell_read(struct question *q, struct json cell, void **out_cell, struct err *e)
{
    const struct funnel *f = q->own;
    struct funnel_cell *c = ARENA_NEW(q->arena, struct funnel_cell);
    struct asked a = {q, cell};
    int64_t step;
    TRY(asked_members(&a, TABLE(cell_members), e));
    TRY(asked_number(&a, "step", 1, 1, f->step_count, &step, e));
    TRY(asked_flag(&a, "dropped", false, &c->is_dropped, e));
    c->depth = (uint32_t)step;
    c->has_unit = f->has_units && !json_is(json_find(cell, BYTES_LIT("unit")), JSON_ABSENT);
    if (c->has_unit)
        TRY(units_read(q, &f->units, cell, "unit", &c->place, e));
    *out_cell = c;
    return facet_cell_read(q, &f->breakdown, cell, &c->facets, e);
}

struct looking {
    struct funnel_visit visit;
    const struct funnel_cell *cell;
    const struct texts *texts;
    bool found;
};

static void path_look(struct funnel_visit *v, const struct funnel_part *p, const struct funnel_path *path)
{
    struct looking *l = (struct looking *)v;
    const struct funnel_cell *c = l->cell;
    bool reached = c->is_dropped ? path->depth == c->depth : path->depth >= c->depth;
    if (!reached || (c->has_unit && path_place(p, path) != c->place))
        return;
    l->found |= facet_in_cell(&p->f->breakdown, l->texts, &c->facets, path_facet(p, path));
}

static bool funnel_in_cell(const struct question *q, const struct texts *texts, const void *cell, const struct sequence *s)
{
    struct looking l = {.visit = {.path = path_look}, .cell = cell, .texts = texts};
    funnel_walk(q, s, &l.visit);
    return l.found;
}

const struct question_kind funnel_question = {
    .name = "funnel",
    .about = "Who gets through steps, how far, and how long it takes",
    .about_zh = "漏斗:逐步转化的人数、比率与时长",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = funnel_read,
    .tally = funnel_tally,
    .take = funnel_take,
    .shortcut = &funnel_shortcut,
    .join = funnel_join,
    .print = print,
    .cell_read = funnel_cell_read,
    .in_cell = funnel_in_cell,
};
