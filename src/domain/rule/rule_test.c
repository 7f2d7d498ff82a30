/* Covers: commands.c, effort.c, future.c, listen.c, rule.c, standing.c, turns.c
 *
 * What becomes of rules, and of people that are parted or erased. */
#include "domain/calendar/calendar.h"
#include "domain/event/event.h"
#include "domain/identity/script_test.h"
#include "domain/listing/listing.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "domain/rule/listen.h"
#include "domain/rule/sets.h"

extern const struct domain column_domain; /* its header can't stand beside the one of the script */

struct scene {
    struct script s;
    char turned[256]; /* "1: 3 in, 2: 3 out" */
};

static void hear(void *context, const struct step *step, const struct fact_kind *kind, const void *fact)
{
    struct scene *x = context;
    size_t used = strlen(x->turned);
    script_told(&x->s, step, kind, fact);
    if (kind != &fact_rule_turned)
        return;
    const struct rule_turned *f = fact;
    (void)snprintf(x->turned + used, sizeof x->turned - used, "%s%u: %u %s%s", used == 0 ? "" : ", ", f->rule,
                   f->person, f->after.truth ? "in" : "out", f->by_time ? " by time" : "");
}

static struct scene *begin(struct t *t)
{
    static const struct domain *const domains[] = {&engine_domain, &collect_domain,  &identity_domain, &people_domain,
                                                   &event_domain,  &column_domain,   &thing_domain,    &calendar_domain,
                                                   &order_domain,  &relation_domain, &listing_domain,  &rule_domain};
    struct scene *x = ARENA_NEW(t->arena, struct scene);
    x->s = (struct script){.t = t, .h = harness_create(domains, COUNT_OF(domains)), .arena = arena_create(1 << 16)};
    buf_init(&x->s.payload, 1 << 20);
    x->s.event_us = harness_now_us(x->s.h);
    harness_listen(x->s.h, hear, x);
    return x;
}

static const char *sent(struct scene *x, uint32_t command)
{
    x->turned[0] = 0;
    const struct refusal *refusal = script_send(&x->s, command);
    return refusal == NULL ? "accepted" : refusal->name;
}

static const char *make(struct scene *x, const char *text)
{
    buf_clear(&x->s.payload);
    rule_ask_pack(&(struct rule_ask){.is_condition = true, .maker = BYTES_LIT("m"), .text = bytes_of_text(text)},
                  &x->s.payload);
    return sent(x, COMMAND_RULE_MAKE);
}

static const char *take_over(struct scene *x, uint32_t old, uint32_t new)
{
    buf_clear(&x->s.payload);
    rule_switch_pack(&(struct rule_pair){.old = old, .new = new}, 1, &x->s.payload);
    return sent(x, COMMAND_RULE_SWITCH);
}

static const char *end(struct scene *x, uint32_t rule)
{
    buf_clear(&x->s.payload);
    pack_u32(&x->s.payload, rule);
    return sent(x, COMMAND_RULE_END);
}

static const char *state(struct scene *x, uint32_t number)
{
    struct view v = harness_view(x->s.h);
    struct rule rule;
    return rule_find(&v, number, &rule) ? rule_state_names[rule.state] : "none";
}

static uint32_t event(struct scene *x, const char *words)
{
    x->turned[0] = 0;
    return script_event(&x->s, words);
}

/* All that is due, timer by timer and slice by slice. */
static void pass(struct scene *x, int64_t us)
{
    int64_t due_us;
    script_later(&x->s, us);
    x->turned[0] = 0;
    for (;;) {
        struct view v = harness_view(x->s.h);
        if (!engine_timer_due(&v, &due_us) || due_us > harness_now_us(x->s.h))
            return;
        buf_clear(&x->s.payload);
        CHECK(x->s.t, script_send(&x->s, COMMAND_TICK) == NULL);
    }
}

static uint64_t rows_of(struct scene *x, const struct family *f)
{
    struct rows_usage usage;
    rows_usage(harness_rows(x->s.h), &usage);
    return usage.rows[f->id];
}

static void a_rule_lives(struct t *t)
{
    struct scene *x = begin(t);
    CHECK_TEXT(t, make(x, "count(page_viewed in last 7 days) >= 2"), "accepted");
    CHECK_TEXT(t, state(x, 1), "ready");
    CHECK_TEXT(t, take_over(x, RULE_NONE, 2), "rule_unknown");
    CHECK_TEXT(t, take_over(x, RULE_NONE, 1), "accepted");
    CHECK_TEXT(t, state(x, 1), "in_force");
    CHECK_TEXT(t, take_over(x, RULE_NONE, 1), "rule_not_ready");
    (void)event(x, "page_viewed u1");
    CHECK_TEXT(t, x->turned, "");
    uint32_t person = event(x, "page_viewed u1");
    CHECK_TEXT(t, x->turned, "1: 1 in");
    pass(x, 6 * US_PER_DAY);
    CHECK_TEXT(t, x->turned, "");
    pass(x, US_PER_DAY);
    CHECK_TEXT(t, x->turned, "1: 1 out by time");
    (void)event(x, "page_viewed u1"), (void)event(x, "page_viewed u1");
    CHECK_TEXT(t, make(x, "count(page_viewed) >= 9"), "accepted");
    CHECK_TEXT(t, state(x, 2), "gathering"); /* somebody was here before it */
    CHECK_TEXT(t, take_over(x, 1, 2), "rule_not_ready");
    CHECK_TEXT(t, end(x, 1), "accepted");
    CHECK_TEXT(t, state(x, 1), "none");
    struct view v = harness_view(x->s.h);
    CHECK_EQ(t, view_section(&v, person, &standing_section).size, 0); /* swept */
    CHECK_TEXT(t, end(x, 1), "rule_unknown");
    script_end(&x->s);
}

static void what_does_not_hold_is_refused(struct t *t)
{
    struct scene *x = begin(t);
    CHECK_TEXT(t, make(x, "count(page_vewed) >= 2"), "rule_malformed");
    CHECK_TEXT(t, make(x, "count(page_viewed) >= 'two'"), "rule_malformed");
    CHECK_TEXT(t, make(x, "now > '2099-01-01'"), "rule_malformed");
    struct view v = harness_view(x->s.h);
    CHECK_EQ(t, rules_end(&v), 1);
    script_end(&x->s);
}

static void shared_features_are_gathered_once(struct t *t)
{
    struct scene *x = begin(t);
    const struct slot_series *series;
    CHECK_TEXT(t, make(x, "count(page_viewed in last 7 days) >= 2"), "accepted");
    CHECK_TEXT(t, make(x, "not did(page_viewed in last 7 days)"), "accepted");
    CHECK_TEXT(t, make(x, "count(page_viewed in last 7 days) >= 2 and count(cart_added) >= 1"), "accepted");
    uint32_t person = event(x, "page_viewed u1");
    struct view v = harness_view(x->s.h);
    CHECK_EQ(t, person_features(&v, person, &series), 1);
    CHECK_TEXT(t, end(x, 1), "accepted"); /* whose program told what the feature is */
    (void)event(x, "page_viewed u1"), (void)event(x, "cart_added u1");
    v = harness_view(x->s.h);
    CHECK_EQ(t, person_features(&v, person, &series), 2);
    CHECK(t, rule_says(&v, person, 3).truth && !rule_says(&v, person, 2).truth);
    script_end(&x->s);
}

static void alias(struct scene *x, const char *name, const char *of)
{
    buf_clear(&x->s.payload);
    collect_name_pack(&x->s.payload, NAME_EVENT, bytes_of_text(name), bytes_of_text(of), BYTES_NONE);
    CHECK_TEXT(x->s.t, sent(x, COMMAND_COLLECT_NAME), "accepted");
}

/* A rule is compiled anew when it is switched, as all are at a start: what it means is what it meant when it was made. */
static void a_rule_means_what_it_meant(struct t *t)
{
    struct scene *x = begin(t);
    alias(x, "page_opened", "");
    CHECK_TEXT(t, make(x, "count(page_opened) >= 1"), "accepted");
    alias(x, "page_opened", "page_viewed");
    CHECK_TEXT(t, make(x, "count(page_opened) >= 1"), "accepted"); /* means more, and has a slot of its own */
    for (uint32_t rule = 1; rule <= 2; rule++)
        CHECK_TEXT(t, take_over(x, RULE_NONE, rule), "accepted");
    (void)event(x, "page_viewed u1");
    CHECK_TEXT(t, x->turned, "2: 1 in");
    alias(x, "page_opened", "");
    (void)event(x, "page_opened u1");
    CHECK_TEXT(t, x->turned, "1: 1 in");
    script_end(&x->s);
}

static void parted_people_are_pending(struct t *t)
{
    struct scene *x = begin(t);
    CHECK_TEXT(t, make(x, "count(page_viewed) >= 1"), "accepted");
    CHECK_TEXT(t, take_over(x, RULE_NONE, 1), "accepted");
    (void)event(x, "page_viewed u1 p1");
    CHECK_TEXT(t, x->turned, "1: 1 in");
    x->turned[0] = 0;
    ACCEPT(&x->s, COMMAND_SPLIT, "p1");
    CHECK_EQ(t, x->s.part_count, 2);
    struct view v = harness_view(x->s.h);
    const struct slot_series *series;
    for (uint32_t i = 0; i < x->s.part_count; i++) {
        CHECK(t, rule_pending(&v, x->s.parts[i].person));
        CHECK_EQ(t, person_features(&v, x->s.parts[i].person, &series), 0);
    }
    (void)event(x, "page_viewed u1");
    CHECK_TEXT(t, x->turned, ""); /* it is gathered, and nothing is said */
    script_end(&x->s);
}

static void the_erased_leave_nothing(struct t *t)
{
    struct scene *x = begin(t);
    struct err e = {0};
    CHECK_TEXT(t, make(x, "count(page_viewed within 90 minutes) >= 1"), "accepted");
    CHECK_TEXT(t, take_over(x, RULE_NONE, 1), "accepted");
    int64_t now_us = x->s.event_us;
    uint32_t person = event(x, "page_viewed u1");
    x->s.event_us = now_us + US_PER_HOUR;
    (void)event(x, "page_viewed u1");
    CHECK_TEXT(t, x->turned, ""); /* its time has not come */
    CHECK_EQ(t, rows_of(x, &future_family), 1);
    struct view v = harness_view(x->s.h);
    struct erase_ask ask = {.public_id = identity_public_id(&v, person), .salt = {1, 2}, .by = BYTES_LIT("lin")};
    buf_clear(&x->s.payload);
    CHECK_DONE(t, identity_erase_pack(&ask, &x->s.payload, &e), &e);
    CHECK_TEXT(t, sent(x, COMMAND_ERASE), "accepted");
    CHECK_EQ(t, rows_of(x, &future_family), 0);
    x->s.event_us = now_us;
    pass(x, 3 * US_PER_HOUR);
    CHECK_TEXT(t, x->turned, "");
    script_end(&x->s);
}

static void values_come_back_as_they_were(struct t *t)
{
    static const struct rule_value values[] = {
        {.type = RULE_TRUTH, .is_known = true, .truth = true},
        {.type = RULE_TRUTH, .is_known = true},
        {.type = RULE_NUMBER, .is_known = true, .number = 1500000},
        {.type = RULE_NUMBER, .is_known = true, .number = -7},
        {.type = RULE_NUMBER},
        {.type = RULE_TIME, .is_known = true, .time_us = 1763740800000000},
        {.type = RULE_TEXT, .is_known = true, .text = BYTES_INIT("裙装")},
    };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct buf packed = arena_buf(t->arena, 64);
        rule_value_pack(&values[i], &packed);
        struct rule_value back = rule_value_unpack(values[i].type, buf_bytes(&packed));
        CHECK_EQ(t, back.is_known, values[i].is_known);
        CHECK(t, !back.is_known || rule_value_compare(&back, &values[i]) == 0);
    }
}

/* Of today and the day before; what is kept of a person is shared by those who read it. */
static void looks_are_counted_by_day(struct t *t)
{
    struct scene *x = begin(t);
    const struct rule_bytes *bytes;
    double sums[4] = {0};
    CHECK_TEXT(t, make(x, "count(page_viewed in last 1 day) >= 2"), "accepted");
    CHECK_TEXT(t, make(x, "count(page_viewed in last 1 day) >= 3"), "accepted");
    CHECK_TEXT(t, make(x, "did(order_paid)"), "accepted");
    for (uint32_t rule = 1; rule <= 3; rule++)
        CHECK_TEXT(t, take_over(x, RULE_NONE, rule), "accepted");
    uint32_t person = event(x, "page_viewed u1");
    for (int i = 0; i < 2; i++)
        (void)event(x, "page_viewed u1");
    struct view v = harness_view(x->s.h);
    uint64_t looks = rule_looks_of(&v, 2).looks;
    CHECK(t, looks >= 3 && rule_looks_of(&v, 2).turns == 0 && rule_looks_of(&v, 2).from_us > 0);
    CHECK_EQ(t, rule_looks_of(&v, 3).looks, 0);
    CHECK_EQ(t, rule_looks_of(&v, 99).from_us, 0); /* there is none */
    size_t count = rule_bytes_of(&v, person, &bytes);
    for (size_t i = 0; i < count; i++)
        sums[bytes[i].rule] += bytes[i].bytes;
    CHECK(t, sums[1] > 0 && sums[2] > 0 && sums[1] < 64);
    CHECK(t, sums[3] <= 0);
    rule_try(&v, person, 2); /* says nothing, and counts nothing */
    CHECK_EQ(t, rule_looks_of(&v, 2).looks, looks);
    pass(x, US_PER_DAY);
    v = harness_view(x->s.h);
    struct rule_looks before = rule_looks_of(&v, 2);
    CHECK(t, before.looks > looks && before.turns == before.looks - looks); /* the window went by */
    pass(x, US_PER_DAY);
    pass(x, US_PER_DAY);
    v = harness_view(x->s.h);
    CHECK_EQ(t, rule_looks_of(&v, 2).looks, 0); /* of the days before nobody knows any more */
    CHECK(t, rule_looks_of(&v, 2).from_us > before.from_us);
    script_end(&x->s);
}

/* Nobody has looked at this midnight yet. */
static bool is_in_at_midnight(struct scene *x, uint32_t rule, uint32_t person)
{
    int64_t now_us = harness_now_us(x->s.h), day_us = 8 * US_PER_HOUR; /* Asia/Shanghai */
    script_later(&x->s, US_PER_DAY - (now_us + day_us) % US_PER_DAY);
    struct view v = harness_view(x->s.h);
    struct bitmap *set = rule_set(&v, rule, NULL);
    bool is_in = bitmap_has(set, person);
    bitmap_destroy(set);
    return is_in;
}

/* An event on the fourth day puts off, unwritten, what the seventh midnight would do; the job of the fifth day writes it, or, where none ran, the one of the sixth. */
static void a_day_goes_by_unseen(struct t *t)
{
    static const int64_t steps[][2] = {{US_PER_DAY, US_PER_DAY}, {2 * US_PER_DAY, 0}};
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        struct scene *x = begin(t);
        CHECK_TEXT(t, make(x, "count(page_viewed in last 7 days) >= 1"), "accepted");
        CHECK_TEXT(t, take_over(x, RULE_NONE, 1), "accepted");
        uint32_t person = event(x, "page_viewed u1");
        pass(x, 4 * US_PER_DAY);
        (void)event(x, "page_viewed u1");
        pass(x, steps[i][0]);
        pass(x, steps[i][1]);
        CHECK(t, is_in_at_midnight(x, 1, person));
        pass(x, 3 * US_PER_DAY);
        CHECK_TEXT(t, x->turned, "");
        CHECK(t, !is_in_at_midnight(x, 1, person));
        script_end(&x->s);
    }
}

/* More come and go than wait at a time, and nobody reads meanwhile. */
static void sets_are_right_when_they_are_read(struct t *t)
{
    enum { PEOPLE = 150, SLOW = 40 };
    struct scene *x = begin(t);
    uint32_t people[PEOPLE];
    CHECK_TEXT(t, make(x, "count(page_viewed within 60 minutes) >= 1"), "accepted");
    CHECK_TEXT(t, take_over(x, RULE_NONE, 1), "accepted");
    for (uint32_t i = 0; i < PEOPLE; i++) {
        if (i == SLOW)
            pass(x, 61 * US_PER_MINUTE); /* those before have left */
        people[i] = event(x, arena_printf(x->s.arena, "page_viewed u%u", i));
    }
    for (uint32_t times = 0; times < 2; times++) {
        struct view v = harness_view(x->s.h);
        struct bitmap *set = rule_set(&v, 1, NULL);
        uint32_t some[PEOPLE];
        CHECK_EQ(t, bitmap_count(set), PEOPLE - SLOW);
        for (uint32_t i = 0; i < PEOPLE; i++)
            CHECK_EQ(t, bitmap_has(set, people[i]), i >= SLOW);
        CHECK_EQ(t, sets_standing(&v, 1, 0, some, PEOPLE), PEOPLE - SLOW);
        bitmap_destroy(set);
    }
    script_end(&x->s);
}

static const struct test tests[] = {
    {"sets are right when they are read", sets_are_right_when_they_are_read, 1},
    {"a rule lives", a_rule_lives, 1},
    {"a day goes by unseen", a_day_goes_by_unseen, 1},
    {"what does not hold is refused", what_does_not_hold_is_refused, 1},
    {"shared features are gathered once", shared_features_are_gathered_once, 1},
    {"a rule means what it meant", a_rule_means_what_it_meant, 1},
    {"parted people are pending", parted_people_are_pending, 1},
    {"the erased leave nothing", the_erased_leave_nothing, 1},
    {"looks are counted by day", looks_are_counted_by_day, 1},
    {"values come back as they were", values_come_back_as_they_were, 1},
};
TEST_MAIN(tests)
