/* Growth and uses over the real rules, against counts of the facts that were said. Covers: growth.c, use.c */
#include "domain/access/access.h"
#include "domain/audience/audience.h"
#include "domain/calendar/calendar.h"
#include "domain/event/event.h"
#include "domain/hook/hook.h"
#include "domain/identity/script_test.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"

extern const struct domain column_domain; /* its header can't stand beside the one of the script */

#define USERS 6u
#define DAYS_MAX (GROWTH_DAYS_MAX + 8u)
#define PEOPLE_MAX 64u

/* What facts said of the one segment, day by day, and who is in it by them. */
struct scene {
    struct script s;
    int32_t first;
    uint64_t entered[DAYS_MAX], left[DAYS_MAX], by_time[DAYS_MAX], sizes[DAYS_MAX];
    bool is_in[PEOPLE_MAX];
};

static int32_t today(struct scene *x)
{
    struct view v = harness_view(x->s.h);
    return calendar_day_of(&v, harness_now_us(x->s.h));
}

static void hear(void *context, const struct step *step, const struct fact_kind *kind, const void *fact)
{
    struct scene *x = context;
    script_told(&x->s, step, kind, fact);
    if (kind != &fact_segment_entered && kind != &fact_segment_left)
        return;
    const struct audience_turned *f = fact;
    int32_t day = calendar_day_of(&step->view, step->view.now_us) - x->first;
    assert(day >= 0 && day < (int32_t)DAYS_MAX && f->person < PEOPLE_MAX);
    x->is_in[f->person] = kind == &fact_segment_entered;
    x->entered[day] += kind == &fact_segment_entered;
    x->left[day] += kind == &fact_segment_left;
    x->by_time[day] += f->by_time;
}

static struct scene *begin(struct t *t)
{
    static const struct domain *const domains[] = {
        &engine_domain,  &collect_domain, &identity_domain, &people_domain, &event_domain,
        &column_domain,  &thing_domain,   &calendar_domain, &order_domain,  &relation_domain,
        &listing_domain, &rule_domain,    &audience_domain, &access_domain, &hook_domain};
    struct scene *x = ARENA_NEW(t->arena, struct scene);
    x->s = (struct script){.t = t, .h = harness_create(domains, COUNT_OF(domains)), .arena = arena_create(1 << 16)};
    buf_init(&x->s.payload, 1 << 20);
    x->s.event_us = harness_now_us(x->s.h);
    harness_listen(x->s.h, hear, x);
    x->first = today(x);
    return x;
}

/* With all that follows. */
static void send(struct scene *x, uint32_t command)
{
    CHECK(x->s.t, script_send(&x->s, command) == NULL);
    (void)harness_follow(x->s.h);
}

static void save(struct scene *x, const char *name, const char *text)
{
    const struct audience said = {.kind = AUDIENCE_SEGMENT, .name = bytes_of_text(name), .text = bytes_of_text(text)};
    buf_clear(&x->s.payload);
    audience_pack(&said, AUDIENCE_ANY_REVISION, &x->s.payload);
    send(x, COMMAND_AUDIENCE_SAVE);
}

static uint32_t number_of(struct scene *x, const char *name)
{
    struct view v = harness_view(x->s.h);
    struct audience a = {.number = 0};
    CHECK(x->s.t, audience_find(&v, AUDIENCE_SEGMENT, bytes_of_text(name), &a) && a.rule != RULE_NONE);
    return a.number;
}

/* All that is due, timer by timer and slice by slice. */
static void pass(struct scene *x, int64_t us)
{
    int64_t due_us;
    script_later(&x->s, us);
    for (;;) {
        struct view v = harness_view(x->s.h);
        if (!engine_timer_due(&v, &due_us) || due_us > harness_now_us(x->s.h))
            return;
        buf_clear(&x->s.payload);
        send(x, COMMAND_TICK);
    }
}

static uint64_t members(const struct scene *x)
{
    uint64_t count = 0;
    for (size_t i = 0; i < PEOPLE_MAX; i++)
        count += x->is_in[i];
    return count;
}

/* To the next midnight, and over it: who is in it then is what the day begins with. */
static void next_day(struct scene *x)
{
    int32_t day = today(x);
    struct view v = harness_view(x->s.h);
    pass(x, calendar_day_begin_us(&v, day + 1) - harness_now_us(x->s.h));
    x->sizes[today(x) - x->first] = members(x);
}

static uint64_t sum(const uint64_t *causes)
{
    uint64_t all = 0;
    for (size_t i = 0; i < GROWTH_CAUSES; i++)
        all += causes[i];
    return all;
}

static void compare(struct scene *x, uint32_t number)
{
    struct view v = harness_view(x->s.h);
    struct t *t = x->s.t;
    for (int32_t i = 0; i <= today(x) - x->first; i++) {
        struct growth_day d = {.day = 0};
        bool is_kept = growth_next(&v, number, x->first + i, &d) && d.day == x->first + i;
        if (!is_kept)
            d = (struct growth_day){.day = x->first + i};
        CHECK_EQ(t, sum(d.moves[GROWTH_ENTERED]), x->entered[i]);
        CHECK_EQ(t, sum(d.moves[GROWTH_LEFT]), x->left[i]);
        CHECK_EQ(t, d.moves[GROWTH_ENTERED][GROWTH_BY_TIME] + d.moves[GROWTH_LEFT][GROWTH_BY_TIME], x->by_time[i]);
        CHECK_EQ(t, d.has_size, i > 0);
        CHECK_EQ(t, d.size, x->sizes[i]);
    }
}

static void days_are_what_facts_said(struct t *t)
{
    struct scene *x = begin(t);
    uint64_t moves = 0;
    save(x, "keen", "count(page_viewed in last 3 days) >= 2");
    uint32_t number = number_of(x, "keen");
    unsigned days = 8 + (unsigned)rng_below(&t->rng, 12);
    for (unsigned day = 0; day < days; day++) {
        unsigned events = (unsigned)rng_below(&t->rng, 5);
        for (unsigned i = 0; i < events; i++) {
            pass(x, (int64_t)rng_below(&t->rng, US_PER_HOUR));
            (void)script_event(&x->s, arena_printf(t->arena, "page_viewed u%u", (unsigned)rng_below(&t->rng, USERS)));
            (void)harness_follow(x->s.h);
        }
        next_day(x);
    }
    compare(x, number);
    for (size_t i = 0; i < DAYS_MAX; i++)
        moves += x->entered[i] + x->left[i];
    CHECK(t, moves > 0 || days < 12); /* else nothing was compared */
    script_end(&x->s);
}

static uint64_t rows_of(struct scene *x, const char *name)
{
    struct view v = harness_view(x->s.h);
    struct rows_usage usage;
    rows_usage(harness_rows(x->s.h), &usage);
    for (size_t i = 0; i < audience_domain.family_count; i++)
        if (strcmp(audience_domain.families[i]->name, name) == 0)
            return usage.rows[audience_domain.families[i]->id];
    (void)v;
    return 0;
}

/* Days are kept so long, and with the definition they go. */
static void old_days_and_ended_definitions_are_forgotten(struct t *t)
{
    struct scene *x = begin(t);
    save(x, "all", "did(page_viewed)");
    uint32_t number = number_of(x, "all");
    for (int day = 0; day < GROWTH_DAYS_MAX + 3; day++)
        next_day(x);
    CHECK_EQ(t, rows_of(x, "audience_day"), GROWTH_DAYS_MAX + 1);
    struct view v = harness_view(x->s.h);
    struct growth_day d = {.day = 0};
    CHECK(t, growth_next(&v, number, INT32_MIN, &d) && d.day == today(x) - GROWTH_DAYS_MAX);
    buf_clear(&x->s.payload);
    audience_end_pack(AUDIENCE_SEGMENT, BYTES_LIT("all"), &x->s.payload);
    send(x, COMMAND_AUDIENCE_END);
    CHECK_EQ(t, rows_of(x, "audience_day"), 0);
    script_end(&x->s);
}

static void used(struct scene *x, uint32_t number, enum audience_use use)
{
    buf_clear(&x->s.payload);
    audience_used_pack(number, use, &x->s.payload);
    send(x, COMMAND_AUDIENCE_USED);
}

static void uses_are_noted_by_day(struct t *t)
{
    struct scene *x = begin(t);
    save(x, "all", "did(page_viewed)");
    uint32_t number = number_of(x, "all");
    int32_t first = today(x);
    struct view v = harness_view(x->s.h);
    CHECK(t, audience_use_is_new(&v, number, AUDIENCE_USE_EXPORT));
    CHECK_EQ(t, audience_uses_of(&v, number).days[AUDIENCE_USE_EXPORT], AUDIENCE_NEVER);
    used(x, number, AUDIENCE_USE_EXPORT);
    v = harness_view(x->s.h);
    CHECK(t, !audience_use_is_new(&v, number, AUDIENCE_USE_EXPORT));
    CHECK(t, audience_use_is_new(&v, number, AUDIENCE_USE_SURVEY));
    next_day(x);
    v = harness_view(x->s.h);
    CHECK(t, audience_use_is_new(&v, number, AUDIENCE_USE_EXPORT));
    used(x, number, AUDIENCE_USE_SURVEY);
    v = harness_view(x->s.h);
    CHECK_EQ(t, audience_uses_of(&v, number).days[AUDIENCE_USE_EXPORT], first);
    CHECK_EQ(t, audience_uses_of(&v, number).days[AUDIENCE_USE_SURVEY], first + 1);
    used(x, number + 100, AUDIENCE_USE_SURVEY); /* of none nothing is kept */
    CHECK_EQ(t, rows_of(x, "audience_use"), 1);
    buf_clear(&x->s.payload);
    audience_end_pack(AUDIENCE_SEGMENT, BYTES_LIT("all"), &x->s.payload);
    send(x, COMMAND_AUDIENCE_END);
    CHECK_EQ(t, rows_of(x, "audience_use"), 0);
    script_end(&x->s);
}

/* However much one step says: more than may follow a step, twice of each segment. */
static void uses_by_a_hook_are_noted_once(struct t *t)
{
    enum { SEGMENTS = STEP_FOLLOW_UPS_MAX + 4 };
    const struct hook hook = {
        .name = BYTES_LIT("crm"), .kind = HOOK_FILE, .target = BYTES_LIT("crm.ndjson"), .causes = 1u << CAUSE_LIVE};
    struct scene *x = begin(t);
    for (unsigned i = 0; i < SEGMENTS; i++)
        save(x, arena_printf(t->arena, "s%u", i), "did(page_viewed)");
    buf_clear(&x->s.payload);
    hook_pack(&x->s.payload, &hook);
    send(x, COMMAND_HOOK);
    CHECK_EQ(t, rows_of(x, "audience_use"), 0);
    (void)script_event(&x->s, "page_viewed u1");
    CHECK_EQ(t, harness_follow(x->s.h), 0); /* it is noted at once */
    CHECK_EQ(t, rows_of(x, "audience_use"), SEGMENTS);
    struct view v = harness_view(x->s.h);
    CHECK_EQ(t, audience_uses_of(&v, number_of(x, "s0")).days[AUDIENCE_USE_HOOK], today(x));
    script_end(&x->s);
}

static const struct test tests[] = {
    {"days are what facts said", days_are_what_facts_said, 25},
    {"old days and ended definitions are forgotten", old_days_and_ended_definitions_are_forgotten, 1},
    {"uses are noted by day", uses_are_noted_by_day, 1},
    {"uses by a hook are noted once", uses_by_a_hook_are_noted_once, 1},
};
TEST_MAIN(tests)
