/* Attribution: which channels conversions are owed to, by rules of the path and by models of all paths. docs/guide/analytics.md. */
#include "domain/analytics/attribution.h"

#include <math.h>

#include "base/attr.h"
#include "base/time.h"
#include "domain/analytics/answer.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/minor.h"
#include "domain/analytics/shortcut.h"
#include "lib/nearest.h"

#define TOUCH_PICKS_MAX 16u
#define LOOK_BACK_US_MAX (366 * US_PER_DAY)
#define TOUCHES_DEFAULT 100
#define TOUCHES_MAX 1000
#define CHANNELS_DEFAULT 20
#define CHANNELS_MAX 100
#define DRAWS_MAX 10000000
#define ORDERS_MAX 100000
#define CELL_ARENA_BYTES 8192u

const struct attribution_model_row attribution_models[MODEL_COUNT] = {
    [RULE_FIRST] = {"first", "First touch", "首次触点"},
    [RULE_LAST] = {"last", "Last touch", "末次触点"},
    [RULE_LAST_NON_DIRECT] = {"last_non_direct", "Last non-direct touch", "末次非直接触点"},
    [RULE_LINEAR] = {"linear", "Linear", "线性平均"},
    [RULE_POSITION] = {"position", "By position (40-20-40)", "按位置(40-20-40)"},
    [MODEL_TIME_DECAY] = {"time_decay", "Time decay", "时间衰减"},
    [MODEL_MARKOV] = {"markov", "Markov chain", "马尔可夫链"},
    [MODEL_SHAPLEY] = {"shapley", "Shapley, equal parts", "沙普利值(均分)"},
    [MODEL_SHAPLEY_RATE] = {"shapley_rate", "Shapley, by rate", "沙普利值(按转化率)"},
};

/* --- reading --- */

static fallible models_read(struct asked *a, struct attribution *own, struct err *e)
{
    struct json list = json_find(a->body, BYTES_LIT("models")), name;
    bool has_direct = own->direct.size > 0;
    if (json_is(list, JSON_ABSENT) || json_is(list, JSON_NULL)) {
        for (size_t i = 0; i < MODEL_COUNT; i++)
            own->models[i] = i != RULE_LAST_NON_DIRECT || has_direct;
        return DONE;
    }
    if (!json_is(list, JSON_ARRAY) || json_count(list) == 0)
        return asked_wrong(list, e, "want a list of models");
    for (struct json_walk w = json_items(list); json_item_next(&w, &name);) {
        size_t i = 0;
        while (i < MODEL_COUNT && !bytes_equal(json_string(name), bytes_of_text(attribution_models[i].name)))
            i++;
        if (i == MODEL_COUNT)
            return asked_wrong(name, e, "there is no such model; did you mean \"%s\"?",
                               nearest_name(json_string(name), attribution_models, MODEL_COUNT, sizeof *attribution_models));
        if (i == RULE_LAST_NON_DIRECT && !has_direct)
            return asked_wrong(name, e, "say in \"direct\" which channel is the direct one");
        own->models[i] = true;
    }
    return DONE;
}

/* Without paths only their last touches are looked at, which no other model can do with. */
static fallible paths_read(struct asked *a, struct attribution *own, struct err *e)
{
    bool has_paths;
    TRY(asked_flag(a, "paths", true, &has_paths, e));
    own->rule.is_last_only = !has_paths;
    for (size_t i = 0; i < MODEL_COUNT && !has_paths; i++)
        if (own->models[i] != (i == RULE_LAST))
            return asked_wrong(json_find(a->body, BYTES_LIT("paths")), e, "only the model \"last\" by itself does without paths");
    return DONE;
}

static fallible model_options_read(struct asked *a, struct attribution *own, struct err *e)
{
    static const char *const weights[] = {"all", "conversions"};
    int64_t order, draws, orders, seed;
    size_t weight;
    TRY(asked_span(a, "half_life", 7 * US_PER_DAY, LOOK_BACK_US_MAX, &own->half_life_us, e));
    TRY(asked_number(a, "markov_order", 1, 1, MARKOV_ORDER_MAX, &order, e));
    TRY(asked_number(a, "markov_draws", 0, 0, DRAWS_MAX, &draws, e));
    TRY(asked_choice(a, "markov_weight", weights, COUNT_OF(weights), 0, &weight, e));
    TRY(asked_number(a, "shapley_orders", SHAPLEY_ORDERS_DEFAULT, 1, ORDERS_MAX, &orders, e));
    TRY(asked_number(a, "seed", 1, 0, INT64_MAX, &seed, e));
    own->markov = (struct markov_ask){
        .order = (unsigned)order, .conversions_only = weight == 1, .draws = (uint64_t)draws, .seed = (uint64_t)seed};
    own->shapley = (struct shapley_ask){.orders = (uint32_t)orders, .seed = (uint64_t)seed};
    return DONE;
}

/* Which events are touches, which one converts, and what is known of them. */
static fallible rule_read(struct asked *a, struct attribution *own, struct err *e)
{
    struct touch_rule *rule = &own->rule;
    struct plan *plan = &a->question->plan;
    struct json conversion = json_find(a->body, BYTES_LIT("conversion"));
    uint32_t picks[TOUCH_PICKS_MAX], count;
    TRY(asked_picks(a, "touches", 1, TOUCH_PICKS_MAX, picks, &count, e));
    for (uint32_t i = 0; i < count; i++)
        rule->touches |= UINT32_C(1) << picks[i];
    if (json_is(conversion, JSON_ABSENT))
        return asked_missing(a, "conversion", e);
    TRY(asked_pick(a, conversion, &rule->conversion, e));
    TRY(asked_lane_or(a, "channel", "channel", LANE_CODES, LANE_VALUE, &rule->channel_lane, e));
    plan->lanes[rule->channel_lane].picks = rule->touches;
    TRY(asked_lane(a, "value", LANE_QUANTITIES, LANE_SUM, false, &own->has_value, &own->value_lane, e));
    if (own->has_value)
        plan->lanes[own->value_lane].picks = UINT32_C(1) << rule->conversion;
    TRY(asked_lane(a, "key", LANE_CODES, LANE_VALUE, false, &rule->has_key, &rule->key_lane, e));
    if (rule->has_key)
        plan->lanes[rule->key_lane].picks = UINT32_C(1) << rule->conversion;
    return DONE;
}

static fallible attribution_read(struct asked *a, struct err *e)
{
    static const char *const after[] = {"keep", "restart"};
    struct question *q = a->question;
    struct attribution *own = ARENA_NEW(q->arena, struct attribution);
    struct touch_rule *rule = &own->rule;
    int64_t touches;
    size_t restarts;
    TRY(rule_read(a, own, e));
    TRY(asked_breakdown(a, &own->breakdown, e));
    for (uint32_t i = 0; i < own->breakdown.count; i++)
        q->plan.lanes[own->breakdown.lanes[i]].picks |= UINT32_C(1) << rule->conversion;
    TRY(asked_span(a, "look_back", 30 * US_PER_DAY, LOOK_BACK_US_MAX, &rule->look_back_us, e));
    TRY(asked_choice(a, "after_conversion", after, COUNT_OF(after), 0, &restarts, e));
    TRY(asked_number(a, "touches_max", TOUCHES_DEFAULT, 1, TOUCHES_MAX, &touches, e));
    TRY(asked_number(a, "channels_max", CHANNELS_DEFAULT, 2, CHANNELS_MAX, &own->channels_max, e));
    TRY(asked_number(a, "decimals", MINOR_DECIMALS_DEFAULT, 0, MINOR_DECIMALS_MAX, &own->decimals, e));
    TRY(asked_flag(a, "leave_open_out", false, &own->leaves_open_out, e));
    TRY(asked_text(a, "direct", BYTES_NONE, &own->direct, e));
    TRY(models_read(a, own, e));
    TRY(paths_read(a, own, e));
    TRY(model_options_read(a, own, e));
    rule->restarts = restarts == 1;
    rule->touches_max = (uint32_t)touches;
    rule->from_us = q->from_us;
    rule->until_us = q->until_us;
    rule->now_us = q->now_us;
    q->plan.from_us = q->from_us - rule->look_back_us;
    q->plan.until_us = q->until_us + rule->look_back_us;
    q->own = own;
    return DONE;
}

/* --- counting --- */

/* What the path's touches are given by how long before the last one they were, which is as good as before the conversion: only ratios count.
 * It sums to DECAY_UNIT: the last one gets what rounding leaves. */
static void decay_give(const struct attribution_tally *tally, struct attribution_part *part, const struct walked_path *path, int64_t value)
{
    const struct attribution *own = tally->question->own;
    int64_t left = DECAY_UNIT;
    double sum = 0;
    for (uint32_t i = 0; i < path->count; i++)
        sum += tally->weights[i] = exp2((double)(path->touches[i].time_us - path->touches[path->count - 1].time_us) / (double)own->half_life_us);
    for (uint32_t i = 0; i < path->count; i++) {
        int64_t share = i + 1 == path->count ? left : (int64_t)(tally->weights[i] / sum * (double)DECAY_UNIT);
        struct decay *decay = groups_take(&part->decays, (struct group_key){path->touches[i].channel, 0});
        decay->conversions += share;
        decay->value += (wide)share * value;
        left -= share;
    }
}

static void part_open(struct attribution_part *p, struct arena *arena)
{
    if (p->paths != NULL)
        return;
    p->paths = touch_paths_create(arena);
    groups_init(&p->decays, arena, sizeof(struct decay));
}

struct attribution_part *attribution_part_take(struct attribution_tally *tally, struct facet facet)
{
    struct attribution_part *part = groups_take(&tally->parts, facet_key(facet, 0));
    part_open(part, tally->arena);
    return part;
}

static void path_add(const struct attribution_tally *tally, struct touch_paths *to, const struct walked_path *path, int64_t value)
{
    for (uint32_t i = 0; i < path->count; i++)
        tally->channels[i] = path->touches[i].channel;
    touch_paths_add(to, &(struct touch_path){.channels = tally->channels,
                                             .count = path->count,
                                             .conversions = path->is_conversion,
                                             .nulls = !path->is_conversion,
                                             .value = value});
}

static void path_meet(void *context, const struct walked_path *path)
{
    struct attribution_tally *tally = context;
    const struct attribution *own = tally->question->own;
    struct attribution_sums *sums = &tally->sums;
    int64_t value = 0;
    sums->cut += path->is_cut;
    sums->open += path->is_open;
    if (!path->is_conversion) {
        if (path->is_open && own->leaves_open_out)
            return;
        sums->nulls++;
        path_add(tally, tally->nulls, path, 0);
        return;
    }
    if (own->has_value) {
        const struct lane *lane = &tally->sequence->lanes[own->value_lane];
        bool has = lane->has[path->conversion->row];
        value = has ? minor_of(lane->quantities[path->conversion->row], (unsigned)own->decimals) : 0;
        sums->without_value += !has;
    }
    struct attribution_part *part =
        attribution_part_take(tally, facet_of(&own->breakdown, tally->sequence, path->conversion));
    part->conversions++;
    sums->conversions++;
    sums->value = minor_sum(sums->value, value);
    if (path->count == 0) {
        sums->untouched++;
        sums->untouched_value = minor_sum(sums->untouched_value, value);
        return;
    }
    path_add(tally, part->paths, path, value);
    if (own->models[MODEL_TIME_DECAY])
        decay_give(tally, part, path, value);
}

static void *attribution_tally(const struct question *q, struct arena *arena)
{
    const struct attribution *own = q->own;
    struct attribution_tally *tally = ARENA_NEW(arena, struct attribution_tally);
    tally->question = q;
    tally->arena = arena;
    tally->nulls = touch_paths_create(arena);
    tally->channels = ARENA_ARRAY(arena, uint32_t, own->rule.touches_max);
    tally->weights = ARENA_ARRAY(arena, double, own->rule.touches_max);
    groups_init(&tally->parts, arena, sizeof(struct attribution_part));
    touch_walk_init(&tally->walk, &own->rule, arena, path_meet, tally);
    return tally;
}

static void attribution_take(const struct question *q, void *into, const struct sequence *s)
{
    struct attribution_tally *tally = into;
    (void)q;
    tally->sequence = s;
    touch_walk_take(&tally->walk, s);
}

static double part_weight(const struct question *q UNUSED, const void *own)
{
    return (double)((const struct attribution_part *)own)->conversions;
}

static void part_join(const struct question *q UNUSED, void *into, void *from, struct arena *arena)
{
    struct attribution_part *sum = into;
    const struct attribution_part *more = from;
    const struct group *group;
    uint32_t at = 0;
    part_open(sum, arena);
    touch_paths_join(sum->paths, more->paths);
    sum->conversions += more->conversions;
    while ((group = groups_next(&more->decays, &at)) != NULL) {
        const struct decay *decay = (const void *)group->own;
        struct decay *both = groups_take(&sum->decays, group->key);
        both->conversions += decay->conversions;
        both->value += decay->value;
    }
}

const struct group_rules attribution_parts = {.weigh = part_weight, .join = part_join};

static void attribution_join(const struct question *q, void *into, void *from)
{
    struct attribution_tally *sum = into, *more = from;
    touch_paths_join(sum->nulls, more->nulls);
    groups_join(q, &attribution_parts, &sum->parts, &more->parts);
    sum->walk.duplicates += more->walk.duplicates;
    sum->walk.without_channel += more->walk.without_channel;
    sum->sums.conversions += more->sums.conversions;
    sum->sums.untouched += more->sums.untouched;
    sum->sums.value = minor_sum(sum->sums.value, more->sums.value);
    sum->sums.untouched_value = minor_sum(sum->sums.untouched_value, more->sums.untouched_value);
    sum->sums.without_value += more->sums.without_value;
    sum->sums.nulls += more->sums.nulls;
    sum->sums.open += more->sums.open;
    sum->sums.cut += more->sums.cut;
}

/* --- drill-down --- */

struct attribution_cell {
    struct bytes channel; /* empty: any */
    bool is_none;         /* conversions without a touch */
    size_t outcome;       /* 0: converted, 1: not */
    struct facet_cell facet; /* of the conversion */
};

static const struct member_rule cell_members[] = {
    {"channel", "a channel that the path has; \"(none)\": a conversion without a touch", "路径中的渠道;“(none)”为无触点的转化"},
    {"outcome", "converted (default) or not_converted", "converted(默认)或 not_converted"},
    FACET_CELL_MEMBERS,
};

static fallible attribution_cell_read(struct question *q, struct json cell, void **out_cell, struct err *e)
{
    static const char *const outcomes[] = {"converted", "not_converted"};
    const struct attribution *own = q->own;
    struct attribution_cell *c = ARENA_NEW(q->arena, struct attribution_cell);
    struct asked asked = {.question = q, .body = cell};
    TRY(asked_members(&asked, cell_members, COUNT_OF(cell_members), e));
    TRY(asked_text(&asked, "channel", BYTES_NONE, &c->channel, e));
    TRY(asked_choice(&asked, "outcome", outcomes, COUNT_OF(outcomes), 0, &c->outcome, e));
    if (bytes_equal(c->channel, BYTES_LIT(ANSWER_OTHER)))
        return asked_wrong(cell, e, "ask for one of the channels in \"%s\" by its name", ANSWER_OTHER);
    if (c->outcome == 1 && own->rule.is_last_only)
        return asked_wrong(cell, e, "a question without paths knows conversions only");
    TRY(facet_cell_read(q, &own->breakdown, cell, &c->facet, e));
    if (c->outcome == 1 && !c->facet.is_any)
        return asked_wrong(cell, e, "what led to no conversion has no value of the breakdown: leave out \"value\"");
    c->is_none = bytes_equal(c->channel, BYTES_LIT(ANSWER_NONE));
    *out_cell = c;
    return DONE;
}

struct cell_search {
    const struct attribution_cell *cell;
    const struct attribution *own;
    const struct texts *texts;
    const struct sequence *sequence;
    bool is_found;
};

static void path_search(void *context, const struct walked_path *path)
{
    struct cell_search *search = context;
    const struct attribution_cell *cell = search->cell;
    if (path->is_conversion != (cell->outcome == 0))
        return;
    if (path->is_conversion && !facet_in_cell(&search->own->breakdown, search->texts, &cell->facet,
                                              facet_of(&search->own->breakdown, search->sequence, path->conversion)))
        return;
    if (cell->is_none || cell->channel.size == 0)
        search->is_found |= !cell->is_none || path->count == 0;
    for (uint32_t i = 0; i < path->count && !search->is_found && !cell->is_none; i++)
        search->is_found = bytes_equal(texts_get(search->texts, path->touches[i].channel), cell->channel);
}

static bool attribution_in_cell(const struct question *q, const struct texts *texts, const void *cell, const struct sequence *s)
{
    const struct attribution *own = q->own;
    struct arena *arena = arena_create(CELL_ARENA_BYTES);
    struct cell_search search = {.cell = cell, .own = own, .texts = texts, .sequence = s};
    struct touch_walk walk;
    touch_walk_init(&walk, &own->rule, arena, path_search, &search);
    touch_walk_take(&walk, s);
    arena_destroy(arena);
    return search.is_found;
}

static const struct member_rule members[] = {
    {"touches", "a list of events that are touches", "触点事件列表"},
    {"conversion", "the event that converts", "转化事件"},
    {"channel", "the property of a touch that says its channel (default channel; campaign, utm_source …)", "触点的渠道属性(默认 channel;也可 campaign、utm_source 等)"},
    {"value", "the property of a conversion that says its worth, such as amount", "转化金额属性,如 amount"},
    {"key", "the property that tells conversions apart, such as order: of one key the first counts", "转化去重属性,如 order:同一取值只计首个"},
    {"look_back", "how long before a conversion a touch counts (30d)", "回溯窗口(默认 30d)"},
    {"after_conversion", "keep (default): a touch may count for several conversions; restart: only for the next", "keep(默认):触点可计入多个转化;restart:只计入下一个"},
    {"direct", "the channel that is the direct one", "直接流量渠道的名称"},
    BREAKDOWN_MEMBERS,
    {"models", "first, last, last_non_direct, linear, position, time_decay, markov, shapley, shapley_rate (all)", "归因模型列表(默认全部)"},
    {"half_life", "of time decay (7d)", "时间衰减的半衰期(默认 7d)"},
    {"markov_order", "how many channels a state has: 1 (default) to 4", "马尔可夫阶数 1(默认)至 4"},
    {"markov_weight", "all (default): paths without a conversion count; conversions: they don't", "all(默认)计入未转化路径;conversions 不计入"},
    {"markov_draws", "random walks in place of the exact solution (0: none)", "随机游走次数(0:精确求解)"},
    {"shapley_orders", "orders to draw with more than 20 channels (2000)", "渠道超过 20 个时抽取的排列数(默认 2000)"},
    {"seed", "of what is drawn (1)", "随机种子(默认 1)"},
    {"channels_max", "channels that are told apart, the rest being (other) (20)", "单独列出的渠道数,其余归入 (other)(默认 20)"},
    {"touches_max", "of a path: the last ones (100)", "每条路径保留的最后触点数(默认 100)"},
    {"paths", "false: for the model last by itself, faster, and only conversions with their values are told", "false:仅用于单独的 last 模型,更快,只给转化与金额"},
    {"leave_open_out", "leave out paths that may still convert", "不计入仍可能转化的路径"},
    {"decimals", "digits of the currency's minor unit (2)", "货币小数位(默认 2)"},
};

const struct question_kind attribution_question = {
    .name = "attribution",
    .about = "Which channels conversions and their value are owed to, by rules, Markov chains and Shapley's value.",
    .about_zh = "转化及其金额应归功于哪些渠道:规则、马尔可夫链与沙普利值。",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = attribution_read,
    .tally = attribution_tally,
    .take = attribution_take,
    .shortcut = &attribution_shortcut,
    .join = attribution_join,
    .conclude = attribution_conclude,
    .print = attribution_print,
    .cell_read = attribution_cell_read,
    .in_cell = attribution_in_cell,
};
