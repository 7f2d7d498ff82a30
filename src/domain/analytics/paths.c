/* Paths: which way people take through events, step by step, and what comes next. docs/guide/analytics.md. */
#include "domain/analytics/paths.h"

#include "base/time.h"
#include "domain/analytics/answer.h"
#include "domain/analytics/groups.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/ranking.h"
#include "engine/domain.h"

#define EDGES_INITIALLY 50
#define EDGES_MAX 1000
#define AROUND_INITIALLY 5
#define LEVEL_BITS 40u /* a level stands above a node in a key */
#define CELL_ARENA_BYTES (16u << 10)

static const char *const match_names[MATCH_COUNT] = {"first", "last", "each"};
static const char *const count_names[] = {"transitions", "people"};

struct path_count {
    uint64_t count;
    uint64_t taker; /* of the subject that was counted last */
};

struct path_tally {
    struct groups edges; /* by level, from and to: of a path_count */
    struct groups pairs; /* by from and to: of a uint64_t */
    struct path_scratch scratch;
    uint64_t takes;
};

/* What goes through a node of a level. */
struct path_node {
    uint64_t in, out, dropped;
    bool is_shown; /* an edge that is told has it */
};

struct path_cell {
    int32_t level;
    struct bytes from, to;
};

/* --- reading --- */

static fallible node_read(struct asked *a, struct paths *own, struct err *e)
{
    struct plan *plan = &a->question->plan;
    bool given;
    TRY(asked_lane(a, "node", LANE_CODES, LANE_VALUE, false, &given, &own->node, e));
    if (given)
        return DONE;
    if (plan->lane_count == LANES_MAX)
        return asked_wrong(a->body, e, "a question has at most %u values", LANES_MAX);
    plan->lanes[plan->lane_count] = (struct lane_ask){.kind = LANE_CODES, .of = LANE_EVENT};
    own->node = plan->lane_count++;
    return DONE;
}

/* Which of the three it is: around an anchor, what comes next, else sessions. */
static fallible shape_read(struct asked *a, struct paths *own, struct err *e)
{
    int64_t nodes, before, after;
    size_t match;
    struct json next = json_find(a->body, BYTES_LIT("next"));
    TRY(asked_pick_else(a, "start", PICK_NONE, &own->start, e));
    TRY(asked_pick_else(a, "end", PICK_NONE, &own->end, e));
    TRY(asked_pick_else(a, "anchor", PICK_NONE, &own->anchor, e));
    TRY(asked_picks(a, "next", json_is(next, JSON_ABSENT) ? 0 : 1, PATH_CHAIN_MAX, own->chain, &own->chain_count, e));
    own->of = own->chain_count > 0 ? PATH_NEXT : own->anchor != PICK_NONE ? PATH_ANCHOR : PATH_SESSIONS;
    if ((own->start != PICK_NONE || own->end != PICK_NONE) + (own->anchor != PICK_NONE) + (own->chain_count > 0) > 1)
        return asked_wrong(a->body, e, "say \"start\" and \"end\", or \"anchor\", or \"next\"");
    TRY(asked_number(a, "nodes", PATH_NODES_INITIALLY, 3, PATH_NODES_MAX, &nodes, e));
    TRY(asked_number(a, "before", 0, 0, PATH_NODES_MAX, &before, e));
    TRY(asked_number(a, "after", AROUND_INITIALLY, 0, PATH_NODES_MAX, &after, e));
    TRY(asked_choice(a, "match", match_names, MATCH_COUNT, MATCH_FIRST, &match, e));
    if (own->of == PATH_NEXT && match == MATCH_EACH)
        return asked_wrong(json_find(a->body, BYTES_LIT("match")), e, "what comes next is told of the first or of the last");
    own->node_max = (uint32_t)nodes;
    own->before = (uint32_t)before;
    own->after = (uint32_t)after;
    own->match = (enum path_match)match;
    return DONE;
}

static fallible path_question_read(struct asked *a, struct err *e)
{
    struct question *q = a->question;
    struct paths *own = ARENA_NEW(q->arena, struct paths);
    int64_t edges;
    size_t counts;
    TRY(asked_activity(a, "event", &own->activity, e));
    TRY(asked_pick_else(a, "hide", PICK_NONE, &own->hidden, e));
    own->is_whole = own->hidden == PICK_NONE && json_is(json_find(a->body, BYTES_LIT("event")), JSON_ABSENT);
    TRY(node_read(a, own, e));
    TRY(asked_sessions(a, &own->rule, e));
    TRY(shape_read(a, own, e));
    TRY(asked_flag(a, "collapse", own->of != PATH_NEXT, &own->collapses, e));
    TRY(asked_choice(a, "counts", count_names, COUNT_OF(count_names), 0, &counts, e));
    TRY(asked_number(a, "top", EDGES_INITIALLY, 1, EDGES_MAX, &edges, e));
    own->counts_people = counts == 1;
    own->edge_max = (uint32_t)edges;
    q->own = own;
    return DONE;
}

/* --- counting --- */

static struct group_key key_of(const struct path_edge *e)
{
    return (struct group_key){.high = (uint64_t)(uint32_t)(e->level + (int32_t)PATH_NODES_MAX + 1) << LEVEL_BITS | e->from, .low = e->to};
}

static struct path_edge edge_of(struct group_key key)
{
    return (struct path_edge){.level = (int32_t)(key.high >> LEVEL_BITS) - (int32_t)PATH_NODES_MAX - 1,
                              .from = key.high & ((UINT64_C(1) << LEVEL_BITS) - 1),
                              .to = key.low};
}

struct counting_ear {
    struct path_ear ear;
    struct path_tally *tally;
    bool once; /* a person */
};

static void edge_count(struct path_ear *ear, const struct path_edge *edge)
{
    struct counting_ear *c = (struct counting_ear *)ear;
    struct path_count *counted = groups_take(&c->tally->edges, key_of(edge));
    counted->count += !c->once || counted->taker != c->tally->takes;
    counted->taker = c->tally->takes;
}

static void pair_count(struct path_ear *ear, uint64_t from, uint64_t to)
{
    struct counting_ear *c = (struct counting_ear *)ear;
    ++*(uint64_t *)groups_take(&c->tally->pairs, (struct group_key){from, to});
}

static void *path_tally(const struct question *q, struct arena *arena)
{
    struct path_tally *tally = ARENA_NEW(arena, struct path_tally);
    (void)q;
    groups_init(&tally->edges, arena, sizeof(struct path_count));
    groups_init(&tally->pairs, arena, sizeof(uint64_t));
    tally->scratch.arena = arena;
    return tally;
}

static void path_take(const struct question *q, void *into, const struct sequence *s)
{
    const struct paths *own = q->own;
    struct path_tally *tally = into;
    struct counting_ear c = {.ear = {.edge = edge_count, .pair = pair_count}, .tally = tally, .once = own->counts_people};
    tally->takes++;
    path_trace(q, &tally->scratch, s, &c.ear);
}

static void path_join(const struct question *q, void *into, void *from)
{
    struct path_tally *sum = into, *more = from;
    uint32_t at = 0;
    (void)q;
    for (const struct group *g; (g = groups_next(&more->edges, &at)) != NULL;)
        ((struct path_count *)groups_take(&sum->edges, g->key))->count += ((const struct path_count *)(const void *)g->own)->count;
    at = 0;
    for (const struct group *g; (g = groups_next(&more->pairs, &at)) != NULL;)
        *(uint64_t *)groups_take(&sum->pairs, g->key) += *(const uint64_t *)(const void *)g->own;
}

/* --- the answer --- */

static struct bytes node_text(const struct texts *texts, uint64_t node)
{
    static const char *const marks[NODE_COUNT] = {NULL, "(start)", "(drop-off)", "..."};
    const char *mark = marks[node >> 32];
    if (mark != NULL)
        return bytes_of_text(mark);
    struct bytes text = texts_get(texts, (uint32_t)node);
    return text.size == 0 ? BYTES_LIT(ANSWER_NONE) : text;
}

/* All that was counted, largest first. */
static struct ranked *ranked_by(const struct texts *texts, const struct groups *g, struct ranked (*of)(const struct texts *, const struct group *))
{
    struct ranked *list = ARENA_ARRAY(g->arena, struct ranked, g->count + 1);
    uint32_t at = 0, count = 0;
    for (const struct group *one; (one = groups_next(g, &at)) != NULL;)
        list[count++] = of(texts, one);
    ranking_sort(list, count);
    return list;
}

static struct ranked ranked_edge(const struct texts *texts, const struct group *g)
{
    struct path_edge edge = edge_of(g->key);
    return (struct ranked){.count = ((const struct path_count *)(const void *)g->own)->count,
                           .level = edge.level,
                           .names = {node_text(texts, edge.from), node_text(texts, edge.to)},
                           .own = g};
}

static struct ranked ranked_pair(const struct texts *texts, const struct group *g)
{
    return (struct ranked){
        .count = *(const uint64_t *)(const void *)g->own, .names = {node_text(texts, g->key.high), node_text(texts, g->key.low)}, .own = g};
}

static struct path_node *node_take(struct groups *nodes, int32_t level, uint64_t node)
{
    return groups_take(nodes, key_of(&(const struct path_edge){.level = level, .from = node}));
}

/* Sums what goes in and out of each node, of all edges and not only of those that are told. */
static void nodes_sum(const struct paths *own, const struct ranked *edges, uint32_t count, struct groups *out_nodes)
{
    for (uint32_t i = 0; i < count; i++) {
        struct path_edge edge = edge_of(((const struct group *)edges[i].own)->key);
        struct path_node *from = node_take(out_nodes, edge.level, edge.from);
        from->is_shown |= i < own->edge_max;
        if (edge.to == NODE_OF(NODE_DROP, 0)) {
            from->dropped += edges[i].count;
            continue;
        }
        from->out += edges[i].count;
        struct path_node *to = node_take(out_nodes, edge.level + 1, edge.to);
        to->in += edges[i].count;
        to->is_shown |= i < own->edge_max;
    }
}

static void edge_row(const struct path_edge *edge, const struct ranked *r, struct groups *nodes, struct json_writer *w)
{
    const struct path_node *from = node_take(nodes, edge->level, edge->from);
    json_array_begin(w);
    json_put_int64(w, edge->level);
    json_put_string(w, r->names[0]);
    json_put_string(w, r->names[1]);
    json_put_uint64(w, r->count);
    answer_share(w, (double)r->count, (double)(from->out + from->dropped));
    json_array_end(w);
}

/* What isn't told by name, a row a level. */
static void other_rows(const struct paths *own, const struct ranked *edges, uint32_t count, struct json_writer *w)
{
    uint64_t others[2 * PATH_NODES_MAX + 2] = {0};
    for (uint32_t i = own->edge_max; i < count; i++)
        others[edges[i].level + (int32_t)PATH_NODES_MAX + 1] += edges[i].count;
    for (uint32_t k = 0; k < COUNT_OF(others); k++) {
        if (others[k] == 0)
            continue;
        json_array_begin(w);
        int64_t level = (int64_t)k - PATH_NODES_MAX - 1;
        bool is_start = own->of == PATH_SESSIONS && level == 0; /* there is nothing else that they could come from */
        json_put_int64(w, level);
        json_put_string(w, is_start ? node_text(NULL, NODE_OF(NODE_START, 0)) : BYTES_LIT(ANSWER_OTHER));
        json_put_text(w, ANSWER_OTHER);
        json_put_uint64(w, others[k]);
        json_put_null(w);
        json_array_end(w);
    }
}

static void member_number(struct json_writer *w, const char *key, uint64_t number)
{
    json_key(w, key);
    json_put_uint64(w, number);
}

static void nodes_put(const struct texts *texts, const struct groups *nodes, struct json_writer *w)
{
    uint32_t at = 0;
    json_key(w, "nodes");
    json_array_begin(w);
    for (const struct group *g; (g = groups_next(nodes, &at)) != NULL;) {
        const struct path_node *n = (const struct path_node *)(const void *)g->own;
        struct path_edge of = edge_of(g->key);
        if (!n->is_shown)
            continue;
        json_object_begin(w);
        json_key(w, "level");
        json_put_int64(w, of.level);
        json_key(w, "name");
        json_put_string(w, node_text(texts, of.from));
        member_number(w, "in", n->in);
        member_number(w, "out", n->out);
        member_number(w, "dropped", n->dropped);
        json_object_end(w);
    }
    json_array_end(w);
}

/* Events that follow each other in a session: how often as they came, and once repeats are one. */
static void pairs_put(const struct paths *own, const struct texts *texts, const struct groups *pairs, struct json_writer *w)
{
    const struct ranked *list = ranked_by(texts, pairs, ranked_pair);
    json_key(w, "pairs");
    json_array_begin(w);
    for (uint32_t i = 0; i < pairs->count && i < own->edge_max; i++) {
        const struct group *g = list[i].own;
        json_object_begin(w);
        json_key(w, "from");
        json_put_string(w, list[i].names[0]);
        json_key(w, "to");
        json_put_string(w, list[i].names[1]);
        member_number(w, "raw", list[i].count);
        member_number(w, "collapsed", g->key.high == g->key.low ? 0 : list[i].count);
        json_object_end(w);
    }
    json_array_end(w);
}

static void edges_print(const struct question *q, const struct texts *texts, struct path_tally *tally, struct json_writer *w)
{
    const struct paths *own = q->own;
    const char *node_kind = answer_kind_of_lane(q, own->node);
    const struct answer_column columns[] = {
        {"level", "Step", "步", "number"},
        {"from", "From", "来自", node_kind},
        {"to", "To", "去往", node_kind},
        {"count", "Times", "次数", "number"},
        {"share", "Of those here", "占本节点", "share"},
    };
    uint32_t count = tally->edges.count;
    const struct ranked *edges = ranked_by(texts, &tally->edges, ranked_edge);
    struct groups nodes;
    groups_init(&nodes, tally->edges.arena, sizeof(struct path_node));
    nodes_sum(own, edges, count, &nodes);
    answer_columns(w, TABLE(columns));
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < count && i < own->edge_max; i++) {
        struct path_edge edge = edge_of(((const struct group *)edges[i].own)->key);
        edge_row(&edge, &edges[i], &nodes, w);
    }
    other_rows(own, edges, count, w);
    json_array_end(w);
    nodes_put(texts, &nodes, w);
    if (own->of == PATH_SESSIONS)
        pairs_put(own, texts, &tally->pairs, w);
}

static void next_print(const struct question *q, const struct texts *texts, struct path_tally *tally, struct json_writer *w)
{
    const struct paths *own = q->own;
    const struct answer_column columns[] = {
        {"to", "Next", "下一步", answer_kind_of_lane(q, own->node)},
        {"count", "People", "人数", "number"},
        {"share", "Share", "占比", "share"},
    };
    const struct ranked *list = ranked_by(texts, &tally->edges, ranked_edge);
    uint64_t all = 0, other = 0;
    for (uint32_t i = 0; i < tally->edges.count; i++) {
        all += list[i].count;
        other += i >= own->edge_max ? list[i].count : 0;
    }
    answer_columns(w, TABLE(columns));
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < tally->edges.count && i <= own->edge_max; i++) {
        bool is_other = i == own->edge_max;
        uint64_t count = is_other ? other : list[i].count;
        json_array_begin(w);
        json_put_string(w, is_other ? BYTES_LIT(ANSWER_OTHER) : list[i].names[1]);
        json_put_uint64(w, count);
        answer_share(w, (double)count, (double)all);
        json_array_end(w);
    }
    json_array_end(w);
}

static void path_print(const struct question *q, const struct texts *texts, void *from, struct json_writer *w)
{
    const struct paths *own = q->own;
    if (own->of == PATH_NEXT)
        next_print(q, texts, from, w);
    else
        edges_print(q, texts, from, w);
}

/* --- drill-down --- */

static const struct member_rule cell_members[] = {
    {"level", "the step; 0 if it isn't given", "步;不给则 0"},
    {"from", "the node, or \"(start)\"; any if it isn't given", "节点或“(start)”;不给则任意"},
    {"to", "the node behind it, or \"(drop-off)\"; any if it isn't given", "下一节点或“(drop-off)”;不给则任意"},
};

static fallible path_cell_read(struct question *q, struct json from, void **out_cell, struct err *e)
{
    struct path_cell *cell = ARENA_NEW(q->arena, struct path_cell);
    struct asked a = {.question = q, .body = from};
    int64_t level;
    TRY(asked_members(&a, TABLE(cell_members), e));
    TRY(asked_number(&a, "level", 0, -(int64_t)PATH_NODES_MAX - 1, PATH_NODES_MAX, &level, e));
    TRY(asked_text(&a, "from", BYTES_NONE, &cell->from, e));
    TRY(asked_text(&a, "to", BYTES_NONE, &cell->to, e));
    if (bytes_equal(cell->from, BYTES_LIT(ANSWER_OTHER)) || bytes_equal(cell->to, BYTES_LIT(ANSWER_OTHER)))
        return asked_wrong(from, e, "want one transition, not all the others");
    if (cell->from.size == 0 && cell->to.size == 0)
        return asked_missing(&a, "to", e);
    cell->level = (int32_t)level;
    *out_cell = cell;
    return DONE;
}

struct cell_ear {
    struct path_ear ear;
    const struct path_cell *cell;
    const struct texts *texts;
    bool found;
};

static void edge_compare(struct path_ear *ear, const struct path_edge *edge)
{
    struct cell_ear *c = (struct cell_ear *)ear;
    c->found |= edge->level == c->cell->level && (c->cell->from.size == 0 || bytes_equal(c->cell->from, node_text(c->texts, edge->from))) &&
                (c->cell->to.size == 0 || bytes_equal(c->cell->to, node_text(c->texts, edge->to)));
}

static bool path_in_cell(const struct question *q, const struct texts *texts, const void *cell, const struct sequence *s)
{
    struct arena *arena = arena_create(CELL_ARENA_BYTES);
    struct path_scratch scratch = {.arena = arena};
    struct cell_ear c = {.ear = {.edge = edge_compare}, .cell = cell, .texts = texts};
    path_trace(q, &scratch, s, &c.ear);
    arena_destroy(arena);
    return c.found;
}

static const struct member_rule members[] = {
    {"event", "the events that are nodes; any if it isn't given", "作为节点的事件;不给则任意事件"},
    {"hide", "events that are taken out first", "先行剔除的事件"},
    {"node", "a value that nodes are called by, such as page; the event's name if it isn't given", "以某个取值(如 page)作节点;不给则用事件名"},
    {"collapse", "false: a node that repeats is shown again (default true, of next false)", "false:连续重复不合并(默认合并;next 默认不合并)"},
    SESSION_MEMBERS,
    {"start", "ways begin with it", "路径从该事件开始"},
    {"end", "ways end with it", "路径到该事件为止"},
    {"nodes", "how many of a way are told: 5 (default)", "展示前几个节点:5(默认)"},
    {"anchor", "ways around this event, over sessions", "以该事件为中心,跨会话"},
    {"before", "nodes before the anchor: 0 (default)", "中心之前的节点数:0(默认)"},
    {"after", "nodes behind the anchor: 5 (default)", "中心之后的节点数:5(默认)"},
    {"next", "a chain of events: what comes next", "一串相邻事件:其后发生什么"},
    {"match", "of anchor and next: first (default), last, or each anchor", "anchor 与 next 取 first(默认)、last,或 each(每次)"},
    {"counts", "transitions (default), or people: each once a transition", "transitions(默认)按次,people 按人"},
    {"top", "how many transitions are told: 50 (default)", "列出多少条转移:50(默认)"},
};

const struct question_kind path_question = {
    .name = "path",
    .about = "Which way people take through events, step by step; what comes before, after and next.",
    .about_zh = "人们一步步经过哪些事件;之前、之后和下一步是什么。",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = path_question_read,
    .tally = path_tally,
    .take = path_take,
    .join = path_join,
    .print = path_print,
    .cell_read = path_cell_read,
    .in_cell = path_in_cell,
};
