#include "domain/analytics/paths.h"

/* The nodes of one session, or of the whole sequence; those that repeat are one where the question collapses. */
struct way {
    const uint32_t *nodes, *matches;
    uint32_t count;
};

static void scratch_grow(struct path_scratch *scratch, uint32_t count)
{
    if (count <= scratch->capacity)
        return;
    scratch->capacity = count * 2;
    scratch->moments = ARENA_ARRAY(scratch->arena, struct moment, scratch->capacity);
    scratch->nodes = ARENA_ARRAY(scratch->arena, uint32_t, scratch->capacity);
    scratch->matches = ARENA_ARRAY(scratch->arena, uint32_t, scratch->capacity);
}

/* What is no node or is hidden is taken out before anything else: it makes no session longer. */
static struct sequence shown(const struct paths *own, struct path_scratch *scratch, const struct sequence *s)
{
    struct sequence left = *s;
    if (own->is_whole)
        return left;
    left.count = 0;
    left.moments = scratch->moments;
    for (uint32_t i = 0; i < s->count; i++)
        if (moment_is(&s->moments[i], own->activity) && (own->hidden == PICK_NONE || !moment_is(&s->moments[i], own->hidden)))
            scratch->moments[left.count++] = s->moments[i];
    return left;
}

static struct way way_of(const struct paths *own, struct path_scratch *scratch, const struct sequence *s, uint32_t from, uint32_t until)
{
    const uint32_t *codes = s->lanes[own->node].codes;
    uint32_t count = 0;
    for (uint32_t i = from; i < until; i++) {
        const struct moment *m = &s->moments[i];
        if (own->collapses && count > 0 && scratch->nodes[count - 1] == codes[m->row]) {
            scratch->matches[count - 1] |= m->picks;
            continue;
        }
        scratch->nodes[count] = codes[m->row];
        scratch->matches[count++] = m->picks;
    }
    return (struct way){scratch->nodes, scratch->matches, count};
}

static void edge_say(struct path_ear *ear, int32_t level, uint64_t from, uint64_t to)
{
    const struct path_edge edge = {level, from, to};
    ear->edge(ear, &edge);
}

static void pairs_say(const struct paths *own, const struct sequence *s, const struct session_walk *w, struct path_ear *ear)
{
    const uint32_t *codes = s->lanes[own->node].codes;
    for (uint32_t i = w->from + 1; i < w->until; i++)
        ear->pair(ear, codes[s->moments[i - 1].row], codes[s->moments[i].row]);
}

/* --- sessions --- */

static bool node_is(const struct way *w, uint32_t at, uint32_t pick)
{
    return (w->matches[at] >> pick & 1) != 0;
}

/* The part between start and end; false: it has none. Without a start the nodes before an end are the last ones. */
static bool part_find(const struct paths *own, const struct way *w, uint32_t *out_from, uint32_t *out_until)
{
    uint32_t from = 0, until = w->count;
    while (own->start != PICK_NONE && from < w->count && !node_is(w, from, own->start))
        from++;
    if (own->end != PICK_NONE) {
        until = own->start == PICK_NONE ? 0 : from + 1; /* an end comes behind the start */
        while (until < w->count && !node_is(w, until, own->end))
            until++;
        until++;
    }
    *out_from = from;
    *out_until = until;
    return from < w->count && until <= w->count;
}

static void session_say(const struct paths *own, const struct way *w, struct path_ear *ear)
{
    uint64_t nodes[PATH_NODES_MAX + 1];
    uint32_t from, until, count = 0;
    if (!part_find(own, w, &from, &until))
        return;
    bool is_long = until - from > own->node_max;
    if (is_long && own->end != PICK_NONE && own->start == PICK_NONE)
        from = until - own->node_max;
    if (is_long && own->end != PICK_NONE && own->start != PICK_NONE) {
        uint32_t behind = (own->node_max - 1) / 2, ahead = own->node_max - 1 - behind;
        while (count < ahead)
            nodes[count++] = w->nodes[from++];
        nodes[count++] = NODE_OF(NODE_CUT, 0);
        from = until - behind;
    }
    while (from < until && count < own->node_max)
        nodes[count++] = w->nodes[from++];
    edge_say(ear, 0, NODE_OF(NODE_START, 0), nodes[0]);
    for (uint32_t i = 1; i < count; i++)
        edge_say(ear, (int32_t)i, nodes[i - 1], nodes[i]);
    if (count < own->node_max && own->end == PICK_NONE)
        edge_say(ear, (int32_t)count, nodes[count - 1], NODE_OF(NODE_DROP, 0));
}

static void sessions_trace(const struct question *q, struct path_scratch *scratch, const struct sequence *s, struct path_ear *ear)
{
    const struct paths *own = q->own;
    struct session_walk walk = sessions_of(q, &own->rule, s);
    while (session_next(&walk)) {
        struct way w = way_of(own, scratch, s, walk.from, walk.until);
        session_say(own, &w, ear);
        if (ear->pair != NULL)
            pairs_say(own, s, &walk, ear);
    }
}

/* --- around an anchor --- */

static void around_say(const struct paths *own, const struct way *w, uint32_t anchor, struct path_ear *ear)
{
    uint32_t from = anchor >= own->before ? anchor - own->before : 0;
    uint64_t last = w->count - 1 - anchor >= own->after ? anchor + own->after : w->count - 1;
    if (anchor < own->before)
        edge_say(ear, -(int32_t)anchor - 1, NODE_OF(NODE_START, 0), w->nodes[0]);
    for (uint32_t i = from; i < last; i++)
        edge_say(ear, (int32_t)i - (int32_t)anchor, w->nodes[i], w->nodes[i + 1]);
    if (last - anchor < own->after)
        edge_say(ear, (int32_t)(last - anchor), w->nodes[last], NODE_OF(NODE_DROP, 0));
}

static void anchor_trace(const struct paths *own, const struct way *w, struct path_ear *ear)
{
    uint32_t last = UINT32_MAX;
    for (uint32_t i = 0; i < w->count; i++) {
        if (!node_is(w, i, own->anchor))
            continue;
        last = i;
        if (own->match != MATCH_LAST)
            around_say(own, w, i, ear);
        if (own->match == MATCH_FIRST)
            return;
    }
    if (own->match == MATCH_LAST && last != UINT32_MAX)
        around_say(own, w, last, ear);
}

/* --- what comes next --- */

static bool chain_is_at(const struct paths *own, const struct way *w, uint32_t at)
{
    for (uint32_t k = 0; k < own->chain_count; k++)
        if (at + k >= w->count || !node_is(w, at + k, own->chain[k]))
            return false;
    return true;
}

static void next_trace(const struct paths *own, const struct way *w, struct path_ear *ear)
{
    uint32_t found = UINT32_MAX;
    for (uint32_t i = 0; i < w->count && (found == UINT32_MAX || own->match == MATCH_LAST); i++)
        if (chain_is_at(own, w, i))
            found = i;
    if (found == UINT32_MAX)
        return;
    uint32_t next = found + own->chain_count;
    edge_say(ear, 0, NODE_OF(NODE_START, 0), next < w->count ? w->nodes[next] : NODE_OF(NODE_DROP, 0));
}

void path_trace(const struct question *q, struct path_scratch *scratch, const struct sequence *s, struct path_ear *ear)
{
    const struct paths *own = q->own;
    scratch_grow(scratch, s->count);
    struct sequence left = shown(own, scratch, s);
    if (left.count == 0)
        return;
    if (own->of == PATH_SESSIONS) {
        sessions_trace(q, scratch, &left, ear);
        return;
    }
    struct way w = way_of(own, scratch, &left, 0, left.count);
    if (own->of == PATH_ANCHOR)
        anchor_trace(own, &w, ear);
    else
        next_trace(own, &w, ear);
}
