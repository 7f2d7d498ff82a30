/* Covers: book.c, commands.c, future.c, listen.c, look.c, reading.c, rule.c, rule_rows.c, sets.c, standing.c, turns.c
 *
 * Rules over people to whom things happen late, twice, ahead of time and after they were found to be one, against loops over all that ever happened. Time goes
 * on, with timers that fire when they may, or later; values are right at once, sets and facts when the timers have fired. */
#include "domain/calendar/calendar.h"
#include "domain/event/event.h"
#include "domain/identity/script_test.h"
#include "domain/listing/listing.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "domain/rule/rule.h"
#include "lib/bitmap.h"

extern const struct domain column_domain; /* its header can't stand beside the one of the script */

#define USERS 6u
#define RULES 12u
#define HAPPENED_MAX 600u
#define PEOPLE_MAX 64u
#define ZONE_US (8 * US_PER_HOUR)

enum shape { DAYS_COUNT, ROLLING_COUNT, EVER_COUNT, QUIET, ON_DAYS, VALUE_COUNT, HAS_PHONE, TRAIT_OR, SHAPES };
struct model_rule {
    enum shape shape;
    const char *event;
    int64_t span, least;
    uint32_t number;
    bool is_in_force;
};
struct happened {
    uint32_t user;
    bool is_view; /* page_viewed, else cart_added */
    int64_t us;
    bool is_ahead; /* it was dated ahead, and counts once the timers of its time have fired */
};
struct model {
    struct script s;
    struct model_rule rules[RULES];
    struct happened happened[HAPPENED_MAX];
    uint32_t count;
    uint32_t joined[USERS]; /* the user as whom this one counts */
    bool has_phone[USERS];
    int64_t told[RULES][PEOPLE_MAX]; /* what facts said last */
    int64_t fired_us;                /* when timers fired last */
};

/* --- what holds --- */

static int64_t day_of(int64_t us)
{
    int64_t local = us + ZONE_US;
    return local / US_PER_DAY - (local % US_PER_DAY < 0);
}

static int64_t naive_count(const struct model *m, const struct model_rule *r, uint32_t user, int64_t now_us,
                           bool by_day)
{
    int64_t count = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct happened *h = &m->happened[i];
        bool is_his = m->joined[h->user] == m->joined[user];
        if (!is_his || h->us > (h->is_ahead ? m->fired_us : now_us) ||
            h->is_view != (strcmp(r->event, "page_viewed") == 0))
            continue;
        if (r->shape == ROLLING_COUNT ? h->us <= now_us - r->span * US_PER_MINUTE
                                      : r->shape != EVER_COUNT && day_of(h->us) <= day_of(now_us) - r->span)
            continue;
        bool is_first = true;
        for (uint32_t j = 0; j < i && by_day; j++)
            is_first &= m->joined[m->happened[j].user] != m->joined[user] || m->happened[j].is_view != h->is_view ||
                        day_of(m->happened[j].us) != day_of(h->us) ||
                        m->happened[j].us > (m->happened[j].is_ahead ? m->fired_us : now_us);
        count += is_first;
    }
    return count;
}

static bool naive_phone(const struct model *m, uint32_t user)
{
    bool has = false;
    for (uint32_t i = 0; i < USERS; i++)
        has |= m->joined[i] == m->joined[user] && m->has_phone[i];
    return has;
}

static int64_t naive_value(const struct model *m, const struct model_rule *r, uint32_t user, int64_t now_us)
{
    int64_t count = naive_count(m, r, user, now_us, r->shape == ON_DAYS);
    switch (r->shape) {
    case QUIET:
        return count == 0;
    case VALUE_COUNT:
        return count;
    case HAS_PHONE:
        return naive_phone(m, user);
    case TRAIT_OR:
        return naive_phone(m, user) && count >= r->least;
    default:
        return count >= r->least;
    }
}

/* --- the rules --- */

static const char *rule_text_of(struct model *m, const struct model_rule *r)
{
    struct arena *a = m->s.arena;
    long long span = r->span, least = r->least;
    switch (r->shape) {
    case DAYS_COUNT:
        return arena_printf(a, "count(%s in last %lld days) >= %lld", r->event, span, least);
    case ROLLING_COUNT:
        return arena_printf(a, "count(%s within %lld minutes) >= %lld", r->event, span, least);
    case EVER_COUNT:
        return arena_printf(a, "count(%s) >= %lld", r->event, least);
    case QUIET:
        return arena_printf(a, "not did(%s in last %lld days)", r->event, span);
    case ON_DAYS:
        return arena_printf(a, "days(%s in last %lld days) >= %lld", r->event, span, least);
    case VALUE_COUNT:
        return arena_printf(a, "count(%s in last %lld days)", r->event, span);
    case HAS_PHONE:
        return "phone is known";
    default:
        return arena_printf(a, "phone is known and count(%s in last %lld days) >= %lld", r->event, span, least);
    }
}

static void make(struct model *m, struct model_rule *r)
{
    struct t *t = m->s.t;
    struct view v = harness_view(m->s.h);
    struct rule_ask ask = {.is_condition = r->shape != VALUE_COUNT, .maker = BYTES_LIT("prop")};
    ask.text = bytes_of_text(rule_text_of(m, r));
    r->number = rules_end(&v);
    buf_clear(&m->s.payload);
    rule_ask_pack(&ask, &m->s.payload);
    const struct refusal *refusal = script_send(&m->s, COMMAND_RULE_MAKE);
    CHECK_TEXT(t, refusal == NULL ? "made" : refusal->name, "made");
    if (!r->is_in_force)
        return;
    buf_clear(&m->s.payload);
    rule_switch_pack(&(struct rule_pair){.new = r->number}, 1, &m->s.payload);
    refusal = script_send(&m->s, COMMAND_RULE_SWITCH);
    CHECK_TEXT(t, refusal == NULL ? "switched" : refusal->name, "switched");
}

static int64_t plain(const struct rule_value *value)
{
    return value->type == RULE_NUMBER ? (int64_t)(value->number / 1000000) : value->truth;
}

static void hear(void *context, const struct step *step, const struct fact_kind *kind, const void *fact)
{
    struct model *m = context;
    script_told(&m->s, step, kind, fact);
    if (kind != &fact_rule_turned)
        return;
    const struct rule_turned *f = fact;
    for (uint32_t i = 0; i < RULES; i++) {
        if (m->rules[i].number != f->rule)
            continue;
        CHECK(m->s.t, m->rules[i].is_in_force && f->person < PEOPLE_MAX);
        CHECK_EQ(m->s.t, plain(&f->before), m->told[i][f->person]);
        CHECK(m->s.t, plain(&f->before) != plain(&f->after));
        m->told[i][f->person] = plain(&f->after);
    }
}

static void begin(struct t *t, struct model *m)
{
    static const struct domain *const domains[] = {&engine_domain, &collect_domain,  &identity_domain, &people_domain,
                                                   &event_domain,  &column_domain,   &thing_domain,    &calendar_domain,
                                                   &order_domain,  &relation_domain, &listing_domain, &rule_domain};
    *m = (struct model){.s = {.t = t, .h = harness_create(domains, COUNT_OF(domains)), .arena = arena_create(1 << 16)}};
    buf_init(&m->s.payload, 1 << 20);
    m->s.event_us = harness_now_us(m->s.h);
    harness_listen(m->s.h, hear, m);
    script_unlimit(&m->s);
    for (uint32_t i = 0; i < USERS; i++)
        m->joined[i] = i;
    for (uint32_t i = 0; i < RULES; i++) {
        struct model_rule *r = &m->rules[i];
        *r = (struct model_rule){.shape = (enum shape)rng_below(&t->rng, SHAPES),
                                 .event = rng_chance(&t->rng, 0.7) ? "page_viewed" : "cart_added",
                                 .least = 1 + (int64_t)rng_below(&t->rng, 3),
                                 .is_in_force = rng_chance(&t->rng, 0.8)};
        r->span = r->shape == ROLLING_COUNT ? 1 + (int64_t)rng_below(&t->rng, 4000)
                                            : 1 + (int64_t)rng_below(&t->rng, 6);
        make(m, r);
        for (uint32_t person = 0; person < PEOPLE_MAX; person++)
            m->told[i][person] = r->shape == QUIET;
    }
}

/* --- comparing --- */

static uint32_t person_of(struct model *m, uint32_t user)
{
    return script_find(&m->s, arena_printf(m->s.arena, "u%u", user));
}

static void compare_says(struct model *m)
{
    int64_t now_us = harness_now_us(m->s.h);
    for (uint32_t user = 0; user < USERS; user++) {
        uint32_t person = person_of(m, user);
        struct view v = harness_view(m->s.h);
        for (uint32_t i = 0; i < RULES && person != PERSON_NONE; i++) {
            struct rule_value said = rule_says(&v, person, m->rules[i].number);
            int64_t want = naive_value(m, &m->rules[i], user, now_us);
            if (plain(&said) != want)
                fprintf(stderr, "rule %u: %s, user %u\n", m->rules[i].number, rule_text_of(m, &m->rules[i]), user);
            CHECK_EQ(m->s.t, plain(&said), want);
        }
    }
}

/* Sets are exact when all timers within days have fired; then facts have told everything, but for what a midnight turned. */
static void compare_sets(struct model *m, bool is_told)
{
    int64_t now_us = harness_now_us(m->s.h);
    for (uint32_t i = 0; i < RULES; i++) {
        if (m->rules[i].shape == VALUE_COUNT)
            continue;
        struct view v = harness_view(m->s.h);
        struct bitmap *set = rule_set(&v, m->rules[i].number, NULL);
        uint64_t count = 0;
        for (uint32_t user = 0; user < USERS; user++) {
            uint32_t person = person_of(m, user);
            if (person == PERSON_NONE)
                continue;
            bool is_in = naive_value(m, &m->rules[i], user, now_us) != 0;
            CHECK_EQ(m->s.t, bitmap_has(set, person), is_in);
            if (m->rules[i].is_in_force && is_told)
                CHECK_EQ(m->s.t, m->told[i][person], is_in);
            count += is_in && m->joined[user] == user;
        }
        CHECK_EQ(m->s.t, bitmap_count(set), count);
        bitmap_destroy(set);
    }
}

static void fire(struct model *m)
{
    int64_t due_us;
    m->fired_us = harness_now_us(m->s.h);
    for (;;) {
        struct view v = harness_view(m->s.h);
        if (!engine_timer_due(&v, &due_us) || due_us > harness_now_us(m->s.h))
            return;
        buf_clear(&m->s.payload);
        CHECK(m->s.t, script_send(&m->s, COMMAND_TICK) == NULL);
    }
}

/* --- moves --- */

static void happen(struct model *m)
{
    struct rng *rng = &m->s.t->rng;
    int64_t now_us = harness_now_us(m->s.h);
    struct happened h = {.user = (uint32_t)rng_below(rng, USERS), .is_view = rng_chance(rng, 0.7), .us = now_us};
    if (m->count == HAPPENED_MAX)
        return;
    if (rng_chance(rng, 0.3))
        h.us -= (int64_t)rng_below(rng, (uint64_t)(10 * US_PER_DAY));
    else if (rng_chance(rng, 0.2))
        h.us += 1 + (int64_t)rng_below(rng, (uint64_t)(6 * US_PER_HOUR)), h.is_ahead = true;
    m->s.event_us = h.us;
    (void)script_event(&m->s, arena_printf(m->s.arena, "%s u%u", h.is_view ? "page_viewed" : "cart_added", h.user));
    m->happened[m->count++] = h;
    if (rng_chance(rng, 0.2)) /* the same once more */
        CHECK(m->s.t, script_send(&m->s, COMMAND_COLLECT_EVENT) != NULL);
}

/* Only people who are there, and who aren't one already. */
static void join_two(struct model *m)
{
    struct rng *rng = &m->s.t->rng;
    uint32_t x = (uint32_t)rng_below(rng, USERS), y = (uint32_t)rng_below(rng, USERS);
    if (!rng_chance(rng, 0.3) || m->joined[x] == m->joined[y] || person_of(m, x) == PERSON_NONE ||
        person_of(m, y) == PERSON_NONE)
        return;
    ACCEPT(&m->s, COMMAND_MERGE, arena_printf(m->s.arena, "u%u u%u", x, y));
    uint32_t from = m->joined[y], to = m->joined[x];
    for (uint32_t i = 0; i < USERS; i++)
        m->joined[i] = m->joined[i] == from ? to : m->joined[i];
}

static void get_phone(struct model *m)
{
    uint32_t user = (uint32_t)rng_below(&m->s.t->rng, USERS);
    if (m->has_phone[user] || person_of(m, user) == PERSON_NONE)
        return;
    ACCEPT(&m->s, COMMAND_BIND, arena_printf(m->s.arena, "u%u p%u", user, user));
    m->has_phone[user] = true;
}

static void time_goes(struct model *m)
{
    static const int64_t most_us[] = {US_PER_MINUTE, US_PER_HOUR, US_PER_DAY, 3 * US_PER_DAY};
    struct rng *rng = &m->s.t->rng;
    int64_t us = 1 + (int64_t)rng_below(rng, (uint64_t)most_us[rng_below(rng, COUNT_OF(most_us))]);
    harness_time(m->s.h, harness_now_us(m->s.h) + us);
}

/* From the first instant of a day on all is right, whoever has looked. */
static void midnight_comes(struct model *m)
{
    int64_t midnight_us = (day_of(harness_now_us(m->s.h)) + 1) * US_PER_DAY - ZONE_US;
    harness_time(m->s.h, midnight_us - 1);
    fire(m);
    harness_time(m->s.h, midnight_us);
    compare_says(m);
    compare_sets(m, false);
}

static void rules_hold_at_every_instant(struct t *t)
{
    struct model *m = calloc(1, sizeof *m);
    assert(m != NULL);
    begin(t, m);
    for (int move = 0; move < 300; move++) {
        uint64_t what = rng_below(&t->rng, 20);
        if (what < 11)
            happen(m);
        else if (what < 17)
            time_goes(m);
        else if (what < 18)
            get_phone(m);
        else if (what < 19)
            join_two(m);
        else if (what < 20)
            midnight_comes(m);
        if (rng_chance(&t->rng, 0.5))
            compare_says(m);
        if (rng_chance(&t->rng, 0.5)) {
            fire(m);
            compare_says(m);
            compare_sets(m, true);
        }
    }
    script_end(&m->s);
    free(m);
}

static const struct test tests[] = {{"rules hold at every instant", rules_hold_at_every_instant, 100}};

TEST_MAIN(tests)
