#include "lib/predict_inside.h"

static bool node_is_leaf(const struct tree_node *n)
{
    return n->right == 0;
}

/* Here and below without branches, which would be guessed wrongly half of the time. */
static uint32_t node_child(const struct tree *t, uint32_t node, bool is_left)
{
    uint32_t left = node + 1, right = t->nodes[node].right, mask = 0u - (uint32_t)is_left;
    return right ^ ((left ^ right) & mask);
}

static bool node_goes_left(const struct tree_node *n, const float *row)
{
    float value = row[n->column]; /* NAN isn't below anything */
    return (value < n->value) | (isnan(value) & n->is_left_usual);
}

static float tree_leaf(const struct tree *t, const float *row)
{
    uint32_t node = 0;
    while (!node_is_leaf(&t->nodes[node]))
        node = node_child(t, node, node_goes_left(&t->nodes[node], row));
    return t->nodes[node].value;
}

/* A tree for all rows, then the next one, so that it stays in the cache; each row's sum in floats and in this order, as XGBoost adds it up. */
static void trees_log_odds(const struct prediction *p, const float *const *rows, uint32_t count, double *out)
{
    float sums[PREDICT_BATCH_ROWS];
    assert(count <= PREDICT_BATCH_ROWS);
    for (uint32_t i = 0; i < count; i++)
        sums[i] = p->trees.origin;
    for (uint32_t k = 0; k < p->trees.count; k++)
        for (uint32_t i = 0; i < count; i++)
            sums[i] += tree_leaf(&p->trees.trees[k], rows[i]);
    for (uint32_t i = 0; i < count; i++)
        out[i] = (double)sums[i];
}

/* ---- Shapley's values ----
 * Of all subsets of the features of a path, weighed by their size, how many follow it: kept up while the path grows and, where a feature comes
 * again, shrinks. The names are those of the paper's algorithm 2. */
struct path_part {
    uint32_t column;
    double zero; /* the share of rows that go on here when the feature isn't known */
    double one;  /* 1 when the row itself goes on here, else 0 */
    double weight;
};

struct path {
    uint32_t count;
    struct path_part parts[PREDICT_DEPTH_MAX + 1]; /* the first is of no feature */
};

/* 1 / n: dividing takes most of the time here. */
static const double inverse[PREDICT_DEPTH_MAX + 2] = {0, 1, 1.0 / 2, 1.0 / 3, 1.0 / 4, 1.0 / 5, 1.0 / 6, 1.0 / 7, 1.0 / 8, 1.0 / 9, 1.0 / 10, 1.0 / 11};

static void path_extend(struct path *m, struct path_part with)
{
    uint32_t last = m->count++;
    assert(m->count <= COUNT_OF(m->parts));
    with.weight = last == 0;
    m->parts[last] = with;
    for (uint32_t i = last; i-- > 0;) {
        double share = m->parts[i].weight * inverse[last + 1];
        m->parts[i + 1].weight += with.one * share * (i + 1);
        m->parts[i].weight = with.zero * share * (last - i);
    }
}

/* The weights that the other parts have when one is taken away; asked from the last but one down to the first. */
struct removal {
    const struct path *path;
    double next, zero, whole;
    bool follows; /* the row itself goes on at the part that is taken away */
    double whole_by_zero;
};

static struct removal removal_of(const struct path *m, uint32_t at)
{
    const struct path_part *part = &m->parts[at];
    return (struct removal){.path = m,
                            .next = m->parts[m->count - 1].weight,
                            .zero = part->zero * inverse[m->count],
                            .whole = m->count,
                            .follows = part->one != 0,
                            .whole_by_zero = m->count / part->zero};
}

static inline double removal_weight(struct removal *r, uint32_t i)
{
    double weight = r->path->parts[i].weight;
    uint32_t behind = r->path->count - 1 - i;
    if (!r->follows)
        return weight * r->whole_by_zero * inverse[behind];
    double without = r->next * r->whole * inverse[i + 1];
    r->next = weight - without * r->zero * behind;
    return without;
}

static double path_sum_without(const struct path *m, uint32_t at)
{
    struct removal r = removal_of(m, at);
    double sum = 0;
    for (uint32_t i = m->count - 1; i-- > 0;)
        sum += removal_weight(&r, i);
    return sum;
}

static void path_unwind(struct path *m, uint32_t at)
{
    struct removal r = removal_of(m, at);
    for (uint32_t i = m->count - 1; i-- > 0;)
        m->parts[i].weight = removal_weight(&r, i);
    m->count--;
    for (uint32_t i = at; i < m->count; i++) {
        double weight = m->parts[i].weight;
        m->parts[i] = m->parts[i + 1];
        m->parts[i].weight = weight;
    }
}

struct shap {
    const struct tree *tree;
    const float *row;
    double *shifts;
};

static void shap_walk(const struct shap *s, uint32_t node, const struct path *above, struct path_part with)
{
    const struct tree_node *n = &s->tree->nodes[node];
    struct path m;
    m.count = above->count;
    memcpy(m.parts, above->parts, above->count * sizeof *m.parts);
    path_extend(&m, with);
    if (node_is_leaf(n)) {
        for (uint32_t i = 1; i < m.count; i++)
            s->shifts[m.parts[i].column] += path_sum_without(&m, i) * (m.parts[i].one - m.parts[i].zero) * (double)n->value;
        return;
    }
    struct path_part before = {.zero = 1, .one = 1};
    uint32_t at = 1;
    while (at < m.count && m.parts[at].column != n->column)
        at++;
    if (at < m.count) {
        before = m.parts[at];
        path_unwind(&m, at);
    }
    bool goes_left = node_goes_left(n, s->row);
    for (int side = 0; side < 2; side++) {
        bool is_left = side == 0;
        uint32_t child = node_child(s->tree, node, is_left);
        double share = (double)s->tree->nodes[child].cover / (double)n->cover;
        shap_walk(s, child, &m, (struct path_part){.column = n->column, .zero = before.zero * share, .one = is_left == goes_left ? before.one : 0});
    }
}

static double trees_shifts(const struct prediction *p, const float *row, double *out)
{
    memset(out, 0, p->facts.columns * sizeof *out);
    for (uint32_t i = 0; i < p->trees.count; i++) {
        struct shap s = {&p->trees.trees[i], row, out};
        shap_walk(&s, 0, &(struct path){.count = 0}, (struct path_part){.zero = 1, .one = 1});
    }
    return p->trees.average;
}

/* The mean of a node's leaves, each by its share of the rows. */
static double node_average(const struct tree *t, uint32_t node)
{
    const struct tree_node *n = &t->nodes[node];
    double sum = 0;
    if (node_is_leaf(n))
        return (double)n->value;
    for (int side = 0; side < 2; side++) {
        uint32_t child = node_child(t, node, side == 0);
        sum += node_average(t, child) * (double)t->nodes[child].cover / (double)n->cover;
    }
    return sum;
}

static void trees_settle(struct trees *t)
{
    t->average = (double)t->origin;
    for (uint32_t i = 0; i < t->count; i++)
        t->average += node_average(&t->trees[i], 0);
}

/* ---- Bytes ---- */
enum { NODE_LEAF, NODE_RIGHT_USUAL, NODE_LEFT_USUAL };
#define NODE_BYTES_MIN 9u
/* Of a leaf, and before the first tree: those of as many trees as there may be sum to what a float holds. */
#define LOG_ODDS_MAX 1e30f

static void trees_pack(const struct prediction *p, struct buf *out)
{
    pack_float(out, p->trees.origin);
    pack_varint(out, p->trees.count);
    for (uint32_t i = 0; i < p->trees.count; i++) {
        const struct tree *t = &p->trees.trees[i];
        pack_varint(out, t->count);
        for (uint32_t k = 0; k < t->count; k++) {
            const struct tree_node *n = &t->nodes[k];
            pack_u8(out, node_is_leaf(n) ? NODE_LEAF : n->is_left_usual ? NODE_LEFT_USUAL : NODE_RIGHT_USUAL);
            pack_float(out, n->value);
            pack_float(out, n->cover);
            if (!node_is_leaf(n))
                pack_varint(out, n->column);
        }
    }
}

/* One tree's nodes as they come: behind the last leaf of a left subtree comes its parent's right child. */
static void tree_unpack(struct tree *t, uint32_t columns, struct unpack *u)
{
    struct {
        uint32_t node, level;
    } open[PREDICT_DEPTH_MAX]; /* whose right child is still to come */
    uint32_t open_count = 0, level = 0;
    for (uint32_t k = 0; k < t->count && !u->bad; k++) {
        struct tree_node *n = &t->nodes[k];
        uint8_t kind = unpack_u8(u);
        n->value = unpack_float(u);
        n->cover = unpack_float(u);
        n->is_left_usual = kind == NODE_LEFT_USUAL;
        uint32_t column = kind == NODE_LEAF ? 0 : unpack_varint32(u);
        u->bad = u->bad || kind > NODE_LEFT_USUAL || !(n->cover > 0) || column >= columns || (kind != NODE_LEAF && level == PREDICT_DEPTH_MAX) ||
                 (kind == NODE_LEAF && fabsf(n->value) > LOG_ODDS_MAX);
        if (u->bad)
            return;
        n->column = (uint16_t)column;
        if (kind != NODE_LEAF) {
            open[open_count].node = k;
            open[open_count++].level = level++;
        } else if (open_count > 0) {
            t->nodes[open[--open_count].node].right = k + 1;
            level = open[open_count].level + 1;
        } else {
            u->bad = k + 1 < t->count; /* nothing may follow the last leaf */
            return;
        }
    }
    u->bad = true; /* a parent waits for its right child */
}

static void trees_unpack(struct prediction *p, struct unpack *u)
{
    struct trees *t = &p->trees;
    t->origin = unpack_float(u);
    t->count = unpack_varint32(u);
    u->bad = u->bad || t->count > PREDICT_ROUNDS_MAX || fabsf(t->origin) > LOG_ODDS_MAX;
    if (u->bad)
        return;
    t->trees = ARENA_ARRAY(p->arena, struct tree, t->count);
    for (uint32_t i = 0; i < t->count && !u->bad; i++) {
        uint32_t count = unpack_varint32(u);
        u->bad = u->bad || count == 0 || count > unpack_left(u) / NODE_BYTES_MIN;
        if (u->bad)
            return;
        t->trees[i] = (struct tree){ARENA_ARRAY(p->arena, struct tree_node, count), count};
        tree_unpack(&t->trees[i], p->facts.columns, u);
    }
    if (!u->bad)
        trees_settle(t);
}

static fallible trees_fit(const struct training *g, struct prediction *p, struct err *e)
{
    TRY(trees_grow(g, p->arena, &p->trees, e));
    trees_settle(&p->trees);
    return DONE;
}

const struct predictor predictor_trees = {
    .name = "trees",
    .id = 2,
    .fit = trees_fit,
    .log_odds = trees_log_odds,
    .shifts = trees_shifts,
    .pack = trees_pack,
    .unpack = trees_unpack,
};
