#include "domain/analytics/funnel.h"

#define NOBODY UINT32_MAX

int64_t funnel_window_end_us(const struct funnel_part *p, int64_t us)
{
    const struct funnel *f = p->f;
    if (p->is_session)
        return INT64_MAX;
    if (f->within == FUNNEL_SAME_DAY)
        return civil_begin_us(p->q->civil, CIVIL_DAY, civil_number(p->q->civil, CIVIL_DAY, us) + 1) - 1;
    assert(f->within == FUNNEL_SPAN);
    return us + f->window_us;
}

/* The window of an entry, as it is walked through. */
struct window {
    bool by_sessions;
    int64_t end_us;
    int64_t gap_us, last_us, sessions_left;
};

static struct window window_open(const struct funnel_part *p, uint32_t entry)
{
    int64_t us = p->s->moments[entry].time_us;
    if (p->f->within != FUNNEL_SESSIONS || p->is_session)
        return (struct window){.end_us = funnel_window_end_us(p, us)};
    return (struct window){.by_sessions = true, .gap_us = p->f->session_gap_us, .last_us = us, .sessions_left = p->f->session_count};
}

/* Whether the next moment is still in it. */
static bool window_has(struct window *w, int64_t us)
{
    if (!w->by_sessions)
        return us <= w->end_us;
    if (us - w->last_us > w->gap_us)
        w->sessions_left--;
    w->last_us = us;
    return w->sessions_left > 0;
}

bool funnel_is_entry(const struct funnel_part *p, uint32_t at)
{
    const struct funnel *f = p->f;
    const struct moment *m = &p->s->moments[at];
    if ((m->picks & f->entry_mask) != f->entry_mask || (m->picks & f->step_mask) == 0)
        return false;
    return m->time_us >= p->q->from_us && m->time_us < p->entries_until_us;
}

/* No value equals no value. */
static bool shares_held(const struct funnel_part *p, uint32_t entry, uint32_t at)
{
    const struct moment *moments = p->s->moments;
    for (uint32_t i = 0; i < p->f->held_count; i++) {
        const uint32_t *codes = p->s->lanes[p->f->held[i]].codes;
        if (codes[moments[entry].row] == CODE_NONE || codes[moments[entry].row] != codes[moments[at].row])
            return false;
    }
    return true;
}

static bool fills_next(const struct funnel_part *p, const struct funnel_path *path, uint32_t at)
{
    const struct moment *m = &p->s->moments[at];
    if ((m->picks >> path->depth & 1) == 0)
        return false;
    if (p->f->strict_increase && m->time_us <= p->s->moments[path->events[path->depth - 1]].time_us)
        return false;
    return shares_held(p, path->events[0], at);
}

/* What fills no step ends the attempt, or nothing. The event that excludes doesn't begin the next attempt; others may. */
static bool ends(const struct funnel_part *p, struct funnel_path *path, uint32_t at)
{
    const struct funnel *f = p->f;
    uint32_t picks = p->s->moments[at].picks;
    bool is_killed = (picks & f->kills[path->depth]) != 0;
    path->is_excluded = (picks & f->exclusions[path->depth]) != 0;
    path->next = path->is_excluded ? at + 1 : at;
    return is_killed || f->order == FUNNEL_STRICT;
}

static void in_order(const struct funnel_part *p, uint32_t entry, struct funnel_path *path)
{
    struct window w = window_open(p, entry);
    uint32_t at = entry + 1;
    for (; at < p->until && path->depth < p->f->step_count; at++) {
        if (!window_has(&w, p->s->moments[at].time_us))
            break;
        if (fills_next(p, path, at))
            path->events[path->depth++] = at;
        else if (ends(p, path, at))
            return;
    }
    path->next = at;
}

/* --- any order: distinct events for as many steps as can be --- */

struct matching {
    const struct moment *moments;
    uint32_t step_mask;
    uint32_t events[FUNNEL_STEPS_MAX]; /* by step: who fills it */
};

/* Gives the event a step, of which another event may have to go to a step of its own that is free. */
static bool match(struct matching *m, uint32_t event, uint32_t *io_seen)
{
    for (uint32_t open; (open = m->moments[event].picks & m->step_mask & ~*io_seen) != 0;) {
        uint32_t step = (uint32_t)__builtin_ctz(open);
        *io_seen |= UINT32_C(1) << step;
        if (m->events[step] == NOBODY || match(m, m->events[step], io_seen)) {
            m->events[step] = event;
            return true;
        }
    }
    return false;
}

static void in_any_order(const struct funnel_part *p, uint32_t entry, struct funnel_path *path)
{
    struct matching m = {.moments = p->s->moments, .step_mask = p->f->step_mask};
    struct window w = window_open(p, entry);
    uint32_t at = entry;
    memset(m.events, 0xff, sizeof m.events);
    path->depth = 0;
    for (; at < p->until && path->depth < p->f->step_count; at++) {
        uint32_t seen = 0;
        if (!window_has(&w, p->s->moments[at].time_us))
            break;
        if ((at == entry || shares_held(p, entry, at)) && match(&m, at, &seen))
            path->events[path->depth++] = at;
        else if (ends(p, path, at))
            return;
    }
    path->next = at;
}

/* --- with grace: the next step may lie a little before the last one --- */

static bool is_used(const struct funnel_path *path, uint32_t at)
{
    for (uint32_t i = 0; i < path->depth; i++)
        if (path->events[i] == at)
            return true;
    return false;
}

static uint32_t grace_begin(const struct funnel_part *p, uint32_t at, int64_t latest_us)
{
    while (at > p->from && p->s->moments[at - 1].time_us >= latest_us - p->f->grace_us)
        at--;
    return at;
}

static void with_grace(const struct funnel_part *p, uint32_t entry, struct funnel_path *path)
{
    const struct moment *moments = p->s->moments;
    int64_t end_us = funnel_window_end_us(p, moments[entry].time_us);
    uint32_t latest = entry, at = grace_begin(p, entry, moments[entry].time_us);
    for (; at < p->until && moments[at].time_us <= end_us; at++) {
        if (is_used(path, at))
            continue;
        if (fills_next(p, path, at)) {
            path->events[path->depth++] = at;
            latest = at > latest ? at : latest;
            if (path->depth == p->f->step_count)
                break;
            at = grace_begin(p, latest, moments[latest].time_us) - 1; /* the loop's step brings it back */
        } else if (ends(p, path, at)) {
            path->next = path->next > entry ? path->next : entry + 1;
            return;
        }
    }
    path->next = path->depth == p->f->step_count ? latest + 1 : at > entry ? at : entry + 1;
}

void funnel_attempt(const struct funnel_part *p, uint32_t entry, struct funnel_path *out_path)
{
    assert(entry >= p->from && entry < p->until && funnel_is_entry(p, entry));
    out_path->depth = 1;
    out_path->events[0] = entry;
    out_path->is_excluded = false;
    if (p->f->order == FUNNEL_ANY)
        in_any_order(p, entry, out_path);
    else if (p->f->grace_us > 0)
        with_grace(p, entry, out_path);
    else
        in_order(p, entry, out_path);
    assert(out_path->depth >= 1 && out_path->next > entry);
}
