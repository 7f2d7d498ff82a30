/* Funnels against a model that follows the definitions word by word: every entry, every event, every way to give events to steps.
 * Covers: funnel.c, funnel_attempt.c, funnel_print.c, funnel_read.c, funnel_walk.c, breakdown.c, samples.c, edges.c */
#include <math.h>
#include <stdlib.h>

#include "base/time.h"
#include "domain/analytics/funnel.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/moments_test.h"

#define SUBJECTS 12u
#define NOBODY UINT32_MAX
#define GAP_US (30 * US_PER_MINUTE)

/* What was asked, as the model reads it: the picks of exclusions come behind those of steps. */
struct asked_funnel {
    uint32_t steps;
    const char *order, *entry, *count, *within;
    int64_t window_us, sessions;
    bool strict_increase, exclude_person, dedup, fixed, leave_open_out;
    int64_t grace_us;
    uint32_t exclusions, after[2], before[2];
    uint32_t holds;     /* lanes 0 .. holds - 1 */
    bool has_breakdown; /* the lane behind them */
    const char *breakdown_at;
    uint32_t at_step;
    int64_t from_us, until_us, now_us;
    const struct sequence *s;
    uint32_t first, last; /* moments of the session that is looked at: [first, last) */
};

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool fills(const struct moment *m, uint32_t step) /* from 1 */
{
    return (m->picks >> (step - 1) & 1) != 0;
}

static uint32_t value_of(const struct asked_funnel *f, uint32_t lane, uint32_t at)
{
    return f->s->lanes[lane].codes[f->s->moments[at].row];
}

static bool shares(const struct asked_funnel *f, uint32_t a, uint32_t q)
{
    uint32_t lanes = f->holds + (f->has_breakdown && is(f->breakdown_at, "\"all\""));
    for (uint32_t i = 0; i < lanes; i++)
        if (value_of(f, i, a) == CODE_NONE || value_of(f, i, a) != value_of(f, i, q))
            return false;
    return true;
}

static uint32_t gaps_between(const struct asked_funnel *f, uint32_t a, uint32_t q)
{
    uint32_t gaps = 0;
    for (uint32_t i = a; i < q; i++)
        gaps += f->s->moments[i + 1].time_us - f->s->moments[i].time_us > GAP_US;
    return gaps;
}

static bool in_window(const struct asked_funnel *f, uint32_t a, uint32_t q)
{
    int64_t t = f->s->moments[a].time_us, u = f->s->moments[q].time_us;
    if (is(f->count, "sessions"))
        return q < f->last;
    if (is(f->within, "span"))
        return u <= t + f->window_us;
    if (is(f->within, "same_day"))
        return shanghai_day(u) <= shanghai_day(t);
    return gaps_between(f, a, q) < f->sessions;
}

static bool may_go_on(const struct asked_funnel *f, uint32_t a)
{
    const struct sequence *s = f->s;
    int64_t t = s->moments[a].time_us;
    bool ended = f->now_us - s->moments[s->count - 1].time_us > GAP_US; /* the last session */
    if (is(f->count, "sessions"))
        return !ended && gaps_between(f, a, s->count - 1) == 0;
    if (is(f->within, "span"))
        return t + f->window_us >= f->now_us;
    if (is(f->within, "same_day"))
        return shanghai_day(t) >= shanghai_day(f->now_us);
    return gaps_between(f, a, s->count - 1) + ended < f->sessions;
}

static bool enters(const struct asked_funnel *f, uint32_t a)
{
    const struct moment *m = &f->s->moments[a];
    bool matches = is(f->order, "any") ? (m->picks & ((1u << f->steps) - 1)) != 0 : fills(m, 1);
    return matches && m->time_us >= f->from_us && m->time_us < f->until_us && !(f->leave_open_out && may_go_on(f, a));
}

static bool excludes(const struct asked_funnel *f, uint32_t depth, uint32_t q)
{
    for (uint32_t i = 0; i < f->exclusions; i++)
        if (f->after[i] <= depth && depth < f->before[i] && fills(&f->s->moments[q], f->steps + i + 1))
            return true;
    return false;
}

static bool out_of_turn(const struct asked_funnel *f, uint32_t depth, uint32_t q)
{
    for (uint32_t step = 1; step <= f->steps; step++)
        if (fills(&f->s->moments[q], step) && ((f->dedup && step <= depth) || (f->fixed && step > depth + 1)))
            return true;
    return false;
}

struct result {
    uint32_t depth, entry;
    uint32_t path[FUNNEL_STEPS_MAX + 1]; /* by depth, from 1 */
    bool excluded;
    uint32_t next;
};

/* Greedy, from the definition. */
static struct result follow(const struct asked_funnel *f, uint32_t a)
{
    struct result r = {.depth = 1, .entry = a, .path = {0, a}, .next = a + 1};
    for (uint32_t q = a + 1; q < f->last && r.depth < f->steps; q++) {
        bool awaited = fills(&f->s->moments[q], r.depth + 1) && shares(f, a, q) &&
                       !(f->strict_increase && f->s->moments[q].time_us <= f->s->moments[r.path[r.depth]].time_us);
        r.next = q;
        if (!in_window(f, a, q))
            return r;
        r.next = q + 1;
        if (awaited) {
            r.path[++r.depth] = q;
        } else if (excludes(f, r.depth, q)) {
            r.excluded = true;
            return r;
        } else if (is(f->order, "strict") || out_of_turn(f, r.depth, q)) {
            r.next = q;
            return r;
        }
    }
    return r;
}

static struct result follow_with_grace(const struct asked_funnel *f, uint32_t a)
{
    struct result r = {.depth = 1, .entry = a, .path = {0, a}, .next = a + 1};
    while (r.depth < f->steps) {
        int64_t latest_us = 0;
        uint32_t found = NOBODY;
        for (uint32_t k = 1; k <= r.depth; k++)
            latest_us = f->s->moments[r.path[k]].time_us > latest_us ? f->s->moments[r.path[k]].time_us : latest_us;
        for (uint32_t q = f->first; q < f->last && found == NOBODY; q++) {
            bool used = false;
            for (uint32_t k = 1; k <= r.depth; k++)
                used |= r.path[k] == q;
            if (used || f->s->moments[q].time_us < latest_us - f->grace_us)
                continue;
            if (!in_window(f, a, q))
                return r;
            if (fills(&f->s->moments[q], r.depth + 1) && shares(f, a, q))
                found = q;
            else if (excludes(f, r.depth, q)) {
                r.excluded = true;
                return r;
            } else if (out_of_turn(f, r.depth, q)) {
                return r;
            }
        }
        if (found == NOBODY)
            return r;
        r.path[++r.depth] = found;
    }
    return r;
}

/* The most steps that events [a, until) can fill, each event one: every way is tried. */
static uint32_t most_steps(const struct asked_funnel *f, uint32_t a, uint32_t until, uint32_t step, uint64_t used)
{
    if (step > f->steps)
        return 0;
    uint32_t best = most_steps(f, a, until, step + 1, used);
    for (uint32_t q = a; q < until; q++)
        if (fills(&f->s->moments[q], step) && (used >> q & 1) == 0 && (q == a || shares(f, a, q))) {
            uint32_t with = 1 + most_steps(f, a, until, step + 1, used | UINT64_C(1) << q);
            best = with > best ? with : best;
        }
    return best;
}

static struct result follow_any(const struct asked_funnel *f, uint32_t a)
{
    struct result r = {.entry = a};
    for (r.next = a; r.next < f->last && r.depth < f->steps && in_window(f, a, r.next); r.next++)
        if (most_steps(f, a, r.next + 1, 1, 0) > r.depth)
            r.path[++r.depth] = r.next;
    return r;
}

static struct result attempt(const struct asked_funnel *f, uint32_t a)
{
    return is(f->order, "any") ? follow_any(f, a) : f->grace_us > 0 ? follow_with_grace(f, a) : follow(f, a);
}

/* --- all results of a subject --- */

struct results {
    struct result list[MOMENTS_MAX];
    uint32_t count;
    bool excluded;
};

static void keep(struct results *all, struct result r)
{
    all->excluded |= r.excluded;
    all->list[all->count++] = r;
}

static void uniques(struct asked_funnel *f, struct results *all)
{
    bool by_value = f->has_breakdown && is(f->entry, "best") && (is(f->breakdown_at, "\"first\"") || is(f->breakdown_at, "\"all\""));
    for (uint32_t value = 0; value <= (by_value ? 1000u : 0); value++) {
        struct result best = {0};
        for (uint32_t a = f->first; a < f->last; a++) {
            if (!enters(f, a) || (by_value && value_of(f, f->holds, a) != value))
                continue;
            struct result r = attempt(f, a);
            r.excluded |= best.excluded;
            if (r.depth > best.depth)
                best = r;
            best.excluded = r.excluded;
            if (is(f->entry, "first"))
                break;
        }
        if (best.depth > 0)
            keep(all, best);
    }
}

static void totals(struct asked_funnel *f, struct results *all)
{
    for (uint32_t a = f->first; a < f->last; a++)
        if (enters(f, a)) {
            struct result r = attempt(f, a);
            keep(all, r);
            a = r.next - 1;
        }
}

static struct results results_of(struct asked_funnel f, const struct sequence *s)
{
    struct results all = {.count = 0};
    f.s = s;
    f.last = s->count;
    if (is(f.count, "sessions")) {
        for (f.first = 0; f.first < s->count; f.first = f.last) {
            f.last = f.first + 1;
            while (f.last < s->count && s->moments[f.last].time_us - s->moments[f.last - 1].time_us <= GAP_US)
                f.last++;
            uniques(&f, &all);
        }
    } else if (is(f.count, "totals")) {
        totals(&f, &all);
    } else {
        uniques(&f, &all);
    }
    all.count = f.exclude_person && all.excluded ? 0 : all.count;
    return all;
}

/* --- questions by chance --- */

static const char *pick_one(struct t *t, const char *a, const char *b, const char *c)
{
    uint64_t which = rng_below(&t->rng, 3);
    return which == 0 ? a : which == 1 ? b : c;
}

static struct asked_funnel any_funnel(struct t *t)
{
    struct asked_funnel f = {.steps = 1 + (uint32_t)rng_below(&t->rng, 4), .from_us = shanghai_us("2026-03-01"), .until_us = shanghai_us("2026-03-04")};
    f.order = pick_one(t, "ordered", "strict", "any");
    f.entry = rng_chance(&t->rng, 0.3) ? "first" : "best";
    f.count = rng_chance(&t->rng, 0.5) ? "uniques" : pick_one(t, "totals", "sessions", "uniques");
    f.within = pick_one(t, "span", "same_day", "sessions");
    f.window_us = rng_between(&t->rng, 1, 48) * US_PER_HOUR;
    f.sessions = rng_between(&t->rng, 1, 3);
    f.strict_increase = !is(f.order, "any") && rng_chance(&t->rng, 0.2);
    f.dedup = !is(f.order, "any") && rng_chance(&t->rng, 0.2);
    f.fixed = !is(f.order, "any") && rng_chance(&t->rng, 0.2);
    f.exclude_person = rng_chance(&t->rng, 0.2);
    f.leave_open_out = rng_chance(&t->rng, 0.2);
    f.holds = rng_chance(&t->rng, 0.3) ? 1 : 0;
    f.has_breakdown = rng_chance(&t->rng, 0.4);
    f.breakdown_at = pick_one(t, "\"first\"", "\"last\"", "\"all\"");
    f.now_us = shanghai_us("2026-03-03") + rng_between(&t->rng, 0, 96) * US_PER_HOUR;
    if (rng_chance(&t->rng, 0.2)) {
        f.at_step = 1 + (uint32_t)rng_below(&t->rng, f.steps);
        f.breakdown_at = arena_printf(t->arena, "%u", f.at_step);
    }
    if (is(f.order, "ordered") && !f.strict_increase && !is(f.within, "sessions") && !is(f.count, "totals") && rng_chance(&t->rng, 0.3))
        f.grace_us = rng_between(&t->rng, 1, 3) * US_PER_MS;
    f.exclusions = f.steps > 1 && !is(f.order, "any") ? (uint32_t)rng_below(&t->rng, 3) : 0;
    for (uint32_t i = 0; i < f.exclusions; i++) {
        f.after[i] = 1 + (uint32_t)rng_below(&t->rng, f.steps - 1);
        f.before[i] = f.after[i] + 1 + (uint32_t)rng_below(&t->rng, f.steps - f.after[i]);
    }
    return f;
}

static const char *yes_or_no(bool x)
{
    return x ? "true" : "false";
}

static const char *body_of(struct t *t, const struct asked_funnel *f)
{
    struct buf b = arena_buf(t->arena, 4096);
    buf_printf(&b, "{\"from\": \"2026-03-01\", \"until\": \"2026-03-04\", \"steps\": [");
    for (uint32_t i = 0; i < f->steps; i++)
        buf_printf(&b, "%s\"page_viewed\"", i > 0 ? ", " : "");
    buf_printf(&b, "], \"order\": \"%s\", \"entry\": \"%s\", \"count\": \"%s\", \"within\": \"%s\", \"window\": \"%dh\", \"sessions\": %d, ",
               f->order, f->entry, f->count, f->within, (int)(f->window_us / US_PER_HOUR), (int)f->sessions);
    buf_printf(&b, "\"strict_increase\": %s, \"exclude_person\": %s, \"dedup\": %s, \"fixed\": %s, \"leave_open_out\": %s, \"grace_ms\": %d",
               yes_or_no(f->strict_increase), yes_or_no(f->exclude_person), yes_or_no(f->dedup), yes_or_no(f->fixed), yes_or_no(f->leave_open_out),
               (int)(f->grace_us / US_PER_MS));
    buf_printf(&b, ", \"exclude\": [");
    for (uint32_t i = 0; i < f->exclusions; i++)
        buf_printf(&b, "%s{\"event\": \"cart_added\", \"after\": %u, \"before\": %u}", i > 0 ? ", " : "", f->after[i], f->before[i]);
    buf_printf(&b, "]%s", f->holds > 0 ? ", \"hold\": \"kind\"" : "");
    if (f->has_breakdown)
        buf_printf(&b, ", \"breakdown\": \"size\", \"breakdown_at\": %s", f->breakdown_at);
    buf_printf(&b, "}");
    return arena_text(t->arena, buf_bytes(&b));
}

/* --- compared --- */

static int double_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Type 7, over a sorted list. */
static double quantile(const double *list, uint32_t count, double p)
{
    double h = (count - 1) * p;
    uint32_t i = (uint32_t)h;
    return i + 1 < count ? list[i] + (h - i) * (list[i + 1] - list[i]) : list[count - 1];
}

/* The values under which a result counts. */
static uint32_t result_value(const struct asked_funnel *f, const struct sequence *s, const struct result *r)
{
    struct asked_funnel of = *f;
    of.s = s;
    if (!f->has_breakdown)
        return CODE_NONE;
    if (is(f->breakdown_at, "\"last\""))
        return value_of(&of, f->holds, r->path[r->depth]);
    if (f->breakdown_at[0] == '"')
        return value_of(&of, f->holds, r->path[1]);
    return r->depth >= f->at_step ? value_of(&of, f->holds, r->path[f->at_step]) : CODE_NONE;
}

static void compare_value(struct posed *a, const struct asked_funnel *f, struct sequence *const *list, uint32_t value)
{
    const char *text = value == 0 ? "(none)" : ((const char *[]){"", "a", "b", "c"})[value];
    uint32_t reached[FUNNEL_STEPS_MAX + 1] = {0}, times = 0, people[FUNNEL_STEPS_MAX + 1] = {0};
    double *whole = ARENA_ARRAY(a->t->arena, double, SUBJECTS *MOMENTS_MAX);
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        struct results all = results_of(*f, list[i]);
        uint32_t deepest = 0;
        for (uint32_t k = 0; k < all.count; k++) {
            const struct result *r = &all.list[k];
            if (result_value(f, list[i], r) != moments_code(a, value))
                continue;
            deepest = r->depth > deepest ? r->depth : deepest;
            for (uint32_t step = 1; step <= r->depth; step++)
                reached[step]++;
            if (r->depth == f->steps) {
                double us = (double)(list[i]->moments[r->path[r->depth]].time_us - list[i]->moments[r->path[1]].time_us);
                whole[times++] = us > 0 ? us : 0;
            }
        }
        for (uint32_t step = 1; step <= deepest; step++)
            people[step]++;
    }
    qsort(whole, times, sizeof *whole, double_compare);
    for (uint32_t step = 1; step <= f->steps; step++) {
        const char *number = arena_printf(a->t->arena, "%u", step), *with_value[] = {text, number}, *without[] = {number};
        struct json row = f->has_breakdown ? moments_row(a, with_value, 2) : moments_row(a, without, 1);
        double got = moments_cell(row, f->has_breakdown ? 3 : 2);
        CHECK_EQ(a->t, isnan(got) ? 0 : got, reached[step]);
        const char *cell = f->has_breakdown ? arena_printf(a->t->arena, "{\"step\": %u, \"value\": \"%s\"}", step, text)
                                            : arena_printf(a->t->arena, "{\"step\": %u}", step);
        CHECK_EQ(a->t, moments_in_cell(a, cell, list, SUBJECTS), people[step]);
    }
    if (!f->has_breakdown && times > 0)
        CHECK(a->t, fabs(posed_number(a, "conversions.0.median_s") - quantile(whole, times, 0.5) / 1e6) < 1e-6 &&
                        fabs(posed_number(a, "conversions.0.p90_s") - quantile(whole, times, 0.9) / 1e6) < 1e-6);
}

static void funnels_are_what_their_definition_says(struct t *t)
{
    struct asked_funnel f = any_funnel(t);
    struct posed a;
    struct sequence *list[SUBJECTS];
    bool is_any = is(f.order, "any");
    moments_open(&a, t, &funnel_question, body_of(t, &f), f.now_us);
    for (uint32_t i = 0; i < SUBJECTS; i++)
        list[i] = moments_random(&a, i + 1, is_any ? 9 : 20, f.from_us - US_PER_HOUR + rng_between(&t->rng, 0, 3) * US_PER_DAY, 10 * US_PER_HOUR);
    moments_answer(&a, list, SUBJECTS);
    for (uint32_t value = 0; value < (f.has_breakdown ? VALUES_MAX : 1); value++)
        compare_value(&a, &f, list, value);
    if (t->failures > 0)
        printf("  %s\n", body_of(t, &f));
    posed_close(&a);
}

/* --- properties --- */

/* The depth of each subject under a body. */
static void depths_of(struct t *t, const char *body, struct sequence *const *like, uint32_t *out_depths)
{
    struct posed a;
    struct sequence *one[SUBJECTS];
    moments_open(&a, t, &funnel_question, body, shanghai_us("2026-04-01"));
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        struct made_moment made[MOMENTS_MAX];
        for (uint32_t k = 0; k < like[i]->count; k++)
            made[k] = (struct made_moment){like[i]->moments[k].time_us, like[i]->moments[k].picks, 1};
        one[i] = moments_made(&a, i + 1, made, like[i]->count);
        for (out_depths[i] = 0; out_depths[i] < 3; out_depths[i]++)
            if (moments_in_cell(&a, arena_printf(t->arena, "{\"step\": %u}", out_depths[i] + 1), &one[i], 1) == 0)
                break;
    }
    posed_close(&a);
}

static void wider_is_never_less(struct t *t)
{
    static const struct {
        const char *less, *more;
    } rows[] = {
        {"\"order\": \"strict\"", "\"order\": \"ordered\""},
        {"\"order\": \"ordered\"", "\"order\": \"any\""},
        {"\"entry\": \"first\"", "\"entry\": \"best\""},
        {"\"window\": \"1h\"", "\"window\": \"9h\""},
        {"\"exclude\": [{\"event\": \"cart_added\"}]", "\"window\": \"7d\""},
        {"\"exclude\": [{\"event\": \"cart_added\", \"after\": 2}], \"order\": \"any\"", "\"order\": \"any\""},
        {"\"strict_increase\": true", "\"entry\": \"best\""},
    };
    const char *frame = "{\"from\": \"2026-03-01\", \"until\": \"2026-03-04\", \"steps\": [\"page_viewed\", \"page_viewed\", \"page_viewed\"], %s}";
    struct posed a;
    struct sequence *list[SUBJECTS];
    const char *with_exclusion = "{\"from\": \"2026-03-01\", \"until\": \"2026-03-04\", \"steps\": [\"page_viewed\", \"page_viewed\", "
                                 "\"page_viewed\"], \"order\": \"strict\", \"exclude\": [{\"event\": \"cart_added\"}]}";
    moments_open(&a, t, &funnel_question, with_exclusion, shanghai_us("2026-04-01"));
    for (uint32_t i = 0; i < SUBJECTS; i++)
        list[i] = moments_random(&a, i + 1, 14, shanghai_us("2026-03-01"), 5 * US_PER_HOUR);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t less[SUBJECTS], more[SUBJECTS];
        char body[512];
        (void)snprintf(body, sizeof body, frame, rows[i].less);
        depths_of(t, body, list, less);
        (void)snprintf(body, sizeof body, frame, rows[i].more);
        depths_of(t, body, list, more);
        for (uint32_t k = 0; k < SUBJECTS; k++)
            CHECK(t, less[k] <= more[k]);
    }
    posed_close(&a);
}

static const struct test tests[] = {
    {"funnels are what their definition says", funnels_are_what_their_definition_says, 1500},
    {"wider is never less", wider_is_never_less, 40},
};
TEST_MAIN(tests)
