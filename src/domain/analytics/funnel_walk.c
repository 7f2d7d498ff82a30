#include "domain/analytics/funnel.h"

#define NEVER_US (INT64_MIN / 2) /* so long ago that no window reaches it */

/* --- the greatest depth, in one pass --- */

/* Attempts of different entries at the same depth move on together, so of each depth only the latest entry matters: its window is open longest. */
struct climb {
    uint32_t depth;   /* the greatest that any entry reached; 0: there is none */
    uint32_t entry;   /* the first one */
    uint32_t reached; /* the moment at which that depth was reached first */
    bool is_excluded; /* an exclusion ended an attempt */
};

static void climb_reaches(struct climb *c, uint32_t depth, uint32_t at)
{
    if (depth > c->depth) {
        c->entry = depth == 1 ? at : c->entry;
        c->reached = at;
        c->depth = depth;
    }
}

/* The common funnel: a span, and nothing that ends attempts but its window. An entry that got further is also counted as one that got less far. What
 * comes next of three steps nobody can guess, so there is no branch on it. */
static struct climb climb_freely(const struct funnel_part *p)
{
    const struct moment *moments = p->s->moments;
    int64_t from_us = p->q->from_us, until_us = p->entries_until_us, window_us = p->f->window_us;
    int64_t begun_us[FUNNEL_STEPS_MAX + 1]; /* by depth: when the latest entry began that reached it; of depth 0: now, if one begins */
    uint32_t step_mask = p->f->step_mask, entry_mask = p->f->entry_mask, step_count = p->f->step_count, deepest = 0;
    struct climb c = {0};
    for (uint32_t depth = 0; depth <= step_count; depth++)
        begun_us[depth] = NEVER_US;
    for (uint32_t at = p->from, until = p->until; at < until && deepest < step_count; at++) {
        int64_t us = moments[at].time_us;
        uint32_t picks = moments[at].picks;
        bool enters = ((picks & entry_mask) == entry_mask) & (us >= from_us) & (us < until_us);
        begun_us[0] = us;
        for (uint32_t open = picks & (step_mask - (uint32_t)!enters); open != 0;) { /* later steps first: one event fills one step of an attempt */
            uint32_t depth = 31u - (uint32_t)__builtin_clz(open);
            int64_t began_us = begun_us[depth];
            open ^= UINT32_C(1) << depth;
            begun_us[depth + 1] = began_us; /* one whose window is over stays so, and what it replaces began no later */
            int64_t over_us = us - began_us - window_us - 1, further = (int64_t)depth - (int64_t)deepest;
            if (UNLIKELY((over_us & ~further) < 0)) { /* in the window, and not reached before: one sign, for compilers make two branches of two tests */
                deepest = depth + 1;
                climb_reaches(&c, deepest, at);
            }
        }
    }
    return c;
}

/* Time as windows are measured in it: instants, or numbers of sessions. */
struct clock {
    const struct funnel_part *p;
    bool by_sessions;
    int64_t now, last_us;
};

static void clock_go(struct clock *c, int64_t us)
{
    if (!c->by_sessions)
        c->now = us;
    else if (us - c->last_us > c->p->f->session_gap_us)
        c->now++;
    c->last_us = us;
}

static int64_t clock_end(const struct clock *c)
{
    return c->by_sessions ? c->now + c->p->f->session_count - 1 : funnel_window_end_us(c->p, c->now);
}

static bool is_of(const struct funnel_part *p, uint32_t at, const struct facet *only)
{
    return only == NULL || facet_equal(facet_of(&p->f->breakdown, p->s, &p->s->moments[at]), *only);
}

/* The same with whatever ends attempts; depths are exact, and an attempt that ended is in none. */
static struct climb climb_with_ends(const struct funnel_part *p, const struct facet *only)
{
    const struct funnel *f = p->f;
    struct clock clock = {.p = p, .by_sessions = f->within == FUNNEL_SESSIONS && !p->is_session, .last_us = p->s->moments[p->from].time_us};
    int64_t ends[FUNNEL_STEPS_MAX]; /* by depth: of the window that is open longest */
    uint32_t alive = 0;             /* bit d: there is an attempt of depth d */
    struct climb c = {0};
    for (uint32_t at = p->from; at < p->until && (c.depth < f->step_count || f->exclude_person); at++) {
        uint32_t picks = p->s->moments[at].picks;
        clock_go(&clock, p->s->moments[at].time_us);
        for (uint32_t left = alive; left != 0;) { /* the deepest first: none moves twice */
            uint32_t depth = 31u - (uint32_t)__builtin_clz(left);
            left ^= UINT32_C(1) << depth;
            bool is_open = clock.now <= ends[depth], fills = is_open && (picks >> depth & 1) != 0;
            if (is_open && !fills && (picks & f->kills[depth]) == 0)
                continue;
            alive ^= UINT32_C(1) << depth;
            c.is_excluded |= is_open && !fills && (picks & f->exclusions[depth]) != 0;
            if (!fills)
                continue;
            climb_reaches(&c, depth + 1, at);
            if (depth + 1 == f->step_count)
                continue;
            alive |= UINT32_C(1) << (depth + 1);
            ends[depth + 1] = ends[depth];
        }
        if (funnel_is_entry(p, at) && is_of(p, at, only)) {
            climb_reaches(&c, 1, at);
            ends[1] = clock_end(&clock);
            alive |= f->step_count > 1 ? 1u << 1 : 0;
        }
    }
    return c;
}

/* --- one path of all entries --- */

/* Whether the depth of entries can be had without following each of them. */
static bool can_climb(const struct funnel *f)
{
    return f->order == FUNNEL_ORDERED && f->grace_us == 0 && f->held_count == 0 && !f->strict_increase;
}

/* The first moment, from the first entry on, whose window would still be open when the greatest depth was reached. */
static uint32_t first_in_reach(const struct funnel_part *p, const struct climb *c)
{
    const struct moment *moments = p->s->moments;
    uint32_t at = c->reached;
    if (p->f->within == FUNNEL_SESSIONS)
        return c->entry;
    while (at > c->entry && funnel_window_end_us(p, moments[at - 1].time_us) >= moments[c->reached].time_us)
        at--;
    return at;
}

/* The earliest entry of the depth that the best ones have. */
static void climbed_path(const struct funnel_part *p, const struct facet *only, const struct climb *c, struct funnel_path *out_path)
{
    out_path->depth = 1;
    out_path->events[0] = c->entry;
    for (uint32_t at = first_in_reach(p, c); at < c->reached && out_path->depth < c->depth; at++)
        if (funnel_is_entry(p, at) && is_of(p, at, only))
            funnel_attempt(p, at, out_path);
    assert(out_path->depth == c->depth);
    out_path->is_excluded = c->is_excluded;
}

/* No entry gets further: there are events of so many steps. So whoever does nothing but step 1 a hundred thousand times is soon done with. */
static uint32_t depth_bound(const struct funnel_part *p)
{
    uint32_t present = 0;
    for (uint32_t at = p->from; at < p->until; at++)
        present |= p->s->moments[at].picks & p->f->step_mask;
    return (uint32_t)(p->f->order == FUNNEL_ANY ? __builtin_popcount(present) : __builtin_ctz(~present));
}

/* Every entry by itself. */
static bool tried_path(const struct funnel_part *p, const struct facet *only, struct funnel_path *out_path)
{
    const struct funnel *f = p->f;
    bool found = false, is_excluded = false;
    uint32_t bound = depth_bound(p);
    for (uint32_t at = p->from; at < p->until && !(found && out_path->depth == bound && !f->exclude_person); at++) {
        struct funnel_path path;
        if (!funnel_is_entry(p, at) || !is_of(p, at, only))
            continue;
        funnel_attempt(p, at, &path);
        is_excluded |= path.is_excluded;
        if (!found || path.depth > out_path->depth)
            *out_path = path;
        found = true;
        if (f->entry == FUNNEL_FIRST)
            break;
    }
    out_path->is_excluded = is_excluded;
    return found;
}

/* The path of a part, of entries of one facet or of all; false: there is no entry. */
static bool best_path(const struct funnel_part *p, const struct facet *only, struct funnel_path *out_path)
{
    if (p->f->entry == FUNNEL_FIRST || !can_climb(p->f))
        return tried_path(p, only, out_path);
    struct climb c = p->f->is_free && !p->is_session && only == NULL ? climb_freely(p) : climb_with_ends(p, only);
    if (c.depth > 0)
        climbed_path(p, only, &c, out_path);
    return c.depth > 0;
}

/* --- all that is counted of a part --- */

/* What is told, and whether the subject is out of the funnel. */
struct telling {
    struct funnel_visit *visit; /* NULL: only looked at */
    bool is_excluded;
};

static void tell(struct telling *t, const struct funnel_part *p, const struct funnel_path *path)
{
    t->is_excluded |= path->is_excluded;
    if (t->visit != NULL)
        t->visit->path(t->visit, p, path);
}

/* One attempt is open at a time. */
static void totals_walk(const struct funnel_part *p, struct telling *t)
{
    struct funnel_path path;
    for (uint32_t at = p->from; at < p->until; at++)
        if (funnel_is_entry(p, at)) {
            funnel_attempt(p, at, &path);
            tell(t, p, &path);
            at = path.next - 1;
        }
}

static bool is_first_of_facet(const struct funnel_part *p, uint32_t entry, const struct facet *facet)
{
    for (uint32_t at = p->from; at < entry; at++)
        if (funnel_is_entry(p, at) && is_of(p, at, facet))
            return false;
    return true;
}

/* Whoever enters under several values counts once for each. */
static void facets_walk(const struct funnel_part *p, struct telling *t)
{
    struct funnel_path path;
    for (uint32_t at = p->from; at < p->until; at++) {
        if (!funnel_is_entry(p, at))
            continue;
        struct facet facet = facet_of(&p->f->breakdown, p->s, &p->s->moments[at]);
        if (is_first_of_facet(p, at, &facet) && best_path(p, &facet, &path))
            tell(t, p, &path);
    }
}

static void part_walk(const struct funnel_part *p, struct telling *t)
{
    const struct funnel *f = p->f;
    bool by_facet = f->breakdown.count > 0 && f->entry == FUNNEL_BEST && (f->breakdown_at == FUNNEL_AT_FIRST || f->breakdown_at == FUNNEL_AT_ALL);
    struct funnel_path path;
    if (f->count == FUNNEL_TOTALS)
        totals_walk(p, t);
    else if (by_facet)
        facets_walk(p, t);
    else if (best_path(p, NULL, &path))
        tell(t, p, &path);
}

static void sessions_walk(const struct funnel_part *whole, struct telling *t)
{
    struct funnel_part p = *whole;
    p.is_session = true;
    for (p.until = p.from; p.until < whole->until; p.from = p.until) {
        while (++p.until < whole->until && p.s->moments[p.until].time_us - p.s->moments[p.until - 1].time_us <= p.f->session_gap_us)
            continue;
        part_walk(&p, t);
    }
}

/* Entries before it have seen the end of their window, which is of sessions. */
static int64_t sessions_closed_us(const struct funnel *f, const struct sequence *s, int64_t now_us)
{
    const struct moment *moments = s->moments;
    uint32_t first = s->count;
    int64_t needed = f->count == FUNNEL_BY_SESSION ? 1 : f->session_count, last_us = now_us;
    for (; first > 0; last_us = moments[--first].time_us)
        if (last_us - moments[first - 1].time_us > f->session_gap_us && --needed == 0)
            break;
    return first < s->count ? moments[first].time_us : INT64_MAX;
}

int64_t funnel_closed_us(const struct question *q, const struct funnel *f)
{
    if (f->within == FUNNEL_SPAN)
        return q->now_us - f->window_us;
    return civil_begin_us(q->civil, CIVIL_DAY, civil_number(q->civil, CIVIL_DAY, q->now_us));
}

void funnel_walk(const struct question *q, const struct sequence *s, struct funnel_visit *v)
{
    const struct funnel *f = q->own;
    bool by_session = f->count == FUNNEL_BY_SESSION, closes_by_session = by_session || f->within == FUNNEL_SESSIONS;
    struct funnel_part p = {.q = q, .f = f, .s = s, .until = s->count, .entries_until_us = q->until_us};
    void (*walk)(const struct funnel_part *, struct telling *) = by_session ? sessions_walk : part_walk;
    struct telling looked = {.visit = NULL}, told = {.visit = v};
    p.closed_us = closes_by_session ? sessions_closed_us(f, s, q->now_us) : f->closed_us;
    if (f->leaves_open_out && p.closed_us < p.entries_until_us)
        p.entries_until_us = p.closed_us;
    if (f->exclude_person)
        walk(&p, &looked);
    if (!looked.is_excluded)
        walk(&p, &told);
}
