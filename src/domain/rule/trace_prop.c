/* Covers: cut.c, trace.c
 *
 * What a rule said of somebody at an earlier instant, or position, is what a fresh engine says that was told only of what counts: made of the events of now, in whatever
 * order they came. */
#include "domain/calendar/calendar.h"
#include "domain/event/event.h"
#include "domain/identity/script_test.h"
#include "domain/listing/listing.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "domain/rule/rule.h"

extern const struct domain column_domain; /* its header can't stand beside the one of the script */

#define USERS 4u
#define HAPPENED_MAX 120u
#define CUTS 8

static const struct domain *const domains[] = {&engine_domain, &collect_domain,  &identity_domain, &people_domain,
                                               &event_domain,  &column_domain,   &thing_domain,    &calendar_domain,
                                               &order_domain,  &relation_domain, &listing_domain,  &rule_domain};

static const char *const texts[] = {
    "count(page_viewed in last 3 days) >= 2",
    "count(page_viewed within 90 minutes) >= 2",
    "count(page_viewed) >= 4",
    "not did(cart_added in last 2 days)",
    "did(page_viewed then cart_added within 5 hours)",
    "days(page_viewed in last 6 days) between 2 and 4",
    "median_gap(page_viewed in last 9 days) <= 1.5",
    "count(page_viewed where time.hour between 8 and 19) >= 3",
    "phone is known and did(page_viewed in last 5 days)",
    "first(page_viewed).time < ago(30 hours)",
};
#define RULES COUNT_OF(texts)

struct happened {
    const char *words; /* as script_event takes them */
    uint32_t user;
    int64_t event_us, came_us; /* came_us: log time */
    uint64_t position;
    struct bytes packed;
    struct hash128 owner;
};
struct history {
    struct script s;
    uint32_t rules[RULES];
    struct happened happened[HAPPENED_MAX];
    size_t count;
    uint32_t joined[USERS];
    int64_t phone_us[USERS]; /* since when one is known; INT64_MAX: not yet */
};

static void engine_begin(struct t *t, struct script *s)
{
    *s = (struct script){.t = t, .h = harness_create(domains, COUNT_OF(domains)), .arena = arena_create(1 << 16)};
    buf_init(&s->payload, 1 << 20);
    s->event_us = harness_now_us(s->h);
    harness_listen(s->h, script_told, s);
    script_unlimit(s);
}

static uint32_t rule_make(struct script *s, const char *text)
{
    struct view v = harness_view(s->h);
    struct rule_ask ask = {.is_condition = true, .maker = BYTES_LIT("prop"), .text = bytes_of_text(text)};
    uint32_t number = rules_end(&v);
    buf_clear(&s->payload);
    rule_ask_pack(&ask, &s->payload);
    CHECK(s->t, script_send(s, COMMAND_RULE_MAKE) == NULL);
    return number;
}

static const char *user_word(struct script *s, uint32_t user)
{
    return arena_printf(s->arena, "u%u", user);
}

/* --- what happens --- */

static void happen(struct history *y)
{
    struct rng *rng = &y->s.t->rng;
    struct script *s = &y->s;
    struct happened *h = &y->happened[y->count++];
    *h = (struct happened){.user = (uint32_t)rng_below(rng, USERS), .came_us = harness_now_us(s->h)};
    h->words = arena_printf(s->arena, "%s u%u", rng_chance(rng, 0.7) ? "page_viewed" : "cart_added", h->user);
    h->event_us = h->came_us - (rng_chance(rng, 0.3) ? (int64_t)rng_below(rng, (uint64_t)(4 * US_PER_DAY)) : 0);
    h->position = harness_position(s->h);
    s->event_us = h->event_us;
    (void)script_event(s, h->words);
    h->packed = arena_copy(s->arena, buf_bytes(&s->payload));
    h->owner = s->resolved.owner;
}

static void join_two(struct history *y)
{
    struct script *s = &y->s;
    uint32_t into = (uint32_t)rng_below(&s->t->rng, USERS), from = (uint32_t)rng_below(&s->t->rng, USERS);
    uint32_t gone = y->joined[from];
    if (y->joined[into] == gone || script_find(s, user_word(s, into)) == PERSON_NONE ||
        script_find(s, user_word(s, from)) == PERSON_NONE)
        return;
    ACCEPT(s, COMMAND_MERGE, arena_printf(s->arena, "u%u u%u", into, from));
    for (uint32_t i = 0; i < USERS; i++)
        y->joined[i] = y->joined[i] == gone ? y->joined[into] : y->joined[i];
}

static void get_phone(struct history *y)
{
    uint32_t user = (uint32_t)rng_below(&y->s.t->rng, USERS);
    if (y->phone_us[user] != INT64_MAX || script_find(&y->s, user_word(&y->s, user)) == PERSON_NONE)
        return;
    ACCEPT(&y->s, COMMAND_BIND, arena_printf(y->s.arena, "u%u p%u", user, user));
    y->phone_us[user] = harness_now_us(y->s.h);
}

static void history_make(struct t *t, struct history *y)
{
    engine_begin(t, &y->s);
    for (size_t i = 0; i < RULES; i++)
        y->rules[i] = rule_make(&y->s, texts[i]);
    for (uint32_t i = 0; i < USERS; i++) {
        y->joined[i] = i;
        y->phone_us[i] = INT64_MAX;
    }
    while (y->count < HAPPENED_MAX) {
        harness_time(y->s.h, harness_now_us(y->s.h) + US_PER_SECOND * (1 + (int64_t)rng_below(&t->rng, 7000)));
        happen(y);
        if (rng_chance(&t->rng, 0.03))
            join_two(y);
        if (rng_chance(&t->rng, 0.05))
            get_phone(y);
    }
}

/* --- a fresh engine --- */

static bool counts(const struct happened *h, const struct rule_cut *m)
{
    return h->event_us <= m->instant_us && h->position < m->position;
}

static void fresh_make(struct history *y, const struct rule_cut *m, struct script *fresh)
{
    engine_begin(y->s.t, fresh);
    for (size_t i = 0; i < RULES; i++)
        (void)rule_make(fresh, texts[i]);
    harness_time(fresh->h, m->instant_us);
    for (size_t i = 0; i < y->count; i++) {
        fresh->event_us = y->happened[i].event_us;
        if (counts(&y->happened[i], m))
            (void)script_event(fresh, y->happened[i].words);
    }
    for (uint32_t i = 0; i < USERS; i++)
        for (uint32_t j = 0; j < i; j++) {
            uint32_t x = script_find(fresh, user_word(fresh, i)), with = script_find(fresh, user_word(fresh, j));
            if (y->joined[i] == y->joined[j] && x != PERSON_NONE && with != PERSON_NONE && x != with)
                ACCEPT(fresh, COMMAND_MERGE, arena_printf(fresh->arena, "u%u u%u", j, i));
        }
    for (uint32_t i = 0; i < USERS; i++)
        if (y->phone_us[i] <= m->instant_us && script_find(fresh, user_word(fresh, i)) != PERSON_NONE)
            ACCEPT(fresh, COMMAND_BIND, arena_printf(fresh->arena, "u%u p%u", i, i));
}

/* --- compared --- */

static int newest_first(const void *a, const void *b)
{
    const struct happened *const *x = a, *const *y = b;
    if ((*x)->event_us != (*y)->event_us)
        return (*x)->event_us > (*y)->event_us ? -1 : 1;
    return (*x)->position > (*y)->position ? -1 : 1;
}

/* All of whom the user is, as an event view tells them. */
static void trace_feed(struct history *y, uint32_t user, struct rule_trace *trace)
{
    const struct happened *list[HAPPENED_MAX];
    size_t count = 0;
    for (size_t i = 0; i < y->count; i++)
        if (y->joined[y->happened[i].user] == y->joined[user])
            list[count++] = &y->happened[i];
    qsort(list, count, sizeof *list, newest_first);
    bool goes_on = true;
    for (size_t i = 0; i < count && goes_on; i++) {
        struct err e = {0};
        struct envelope envelope;
        CHECK_DONE(y->s.t, envelope_unpack(list[i]->packed, &envelope, &e), &e);
        struct view v = harness_view(y->s.h);
        struct event_seen seen = {.note = {.position = list[i]->position,
                                           .person = 1,
                                           .event = (uint16_t)name_number(&v, NAME_EVENT, envelope.event),
                                           .owner = list[i]->owner},
                                  .event_us = list[i]->event_us,
                                  .packed = list[i]->packed};
        CHECK_DONE(y->s.t, rule_trace_event(trace, &seen, true, &goes_on, &e), &e);
    }
}

static void cut_compare(struct history *y, struct script *fresh, const struct rule_cut *m, uint32_t user)
{
    struct t *t = y->s.t;
    uint32_t person = script_find(&y->s, user_word(&y->s, user)), then = script_find(fresh, user_word(fresh, user));
    for (size_t i = 0; i < RULES; i++) {
        struct view v = harness_view(y->s.h), fresh_view = harness_view(fresh->h);
        struct rule_trace *trace = rule_trace_create(
            &v, &(struct rule_trace_ask){.rule = y->rules[i], .cut = *m, .events_max = 10});
        struct rule_explanation explanation;
        bool hides;
        trace_feed(y, user, trace);
        v = harness_view(y->s.h);
        CHECK(t, rule_explain(&v, trace, person, &explanation));
        CHECK_EQ(t, explanation.now_us, m->instant_us);
        struct rule_value want = rule_says(&fresh_view, then, y->rules[i]);
        if (explanation.value.truth != want.truth)
            test_fail(t, __FILE__, __LINE__, "%s of user %u at %lld, position %llu: %d, want %d", texts[i], user,
                      (long long)m->instant_us, (unsigned long long)m->position, explanation.value.truth, want.truth);
        const struct explained *of = explanation.root->kind == EXPLAINED_COMPARED ? &explanation.root->parts[0] : NULL;
        const struct traced_event *events;
        size_t count = of == NULL || of->kind != EXPLAINED_TALLY ? 0 : rule_traced(trace, of, &events, &hides);
        for (size_t k = 0; k < count; k++)
            CHECK(t, events[k].event_us <= m->instant_us && events[k].position < m->position &&
                         events[k].event_us >= of->from_us && events[k].event_us < of->until_us);
        if (of != NULL && of->op == EXPR_COUNT && of->kind == EXPLAINED_TALLY && of->value.number <= 10 * 1000000)
            CHECK_EQ(t, (int64_t)count, (int64_t)(of->value.number / 1000000)); /* what counts is what is told */
        rule_trace_destroy(trace);
    }
}

static void a_cut_is_what_a_fresh_engine_says(struct t *t)
{
    struct history *y = calloc(1, sizeof *y);
    assert(y != NULL);
    history_make(t, y);
    for (int i = 0; i < CUTS; i++) {
        const struct happened *at = &y->happened[rng_below(&t->rng, y->count)];
        struct rule_cut m = {.instant_us = at->came_us, .position = UINT64_MAX};
        struct script fresh;
        bool is_position = rng_chance(&t->rng, 0.4);
        if (is_position)
            m.position = at->position;
        else
            m.instant_us += (int64_t)rng_below(&t->rng, (uint64_t)(8 * US_PER_DAY));
        fresh_make(y, &m, &fresh);
        for (uint32_t user = 0; user < USERS; user++)
            if (script_find(&fresh, user_word(&fresh, user)) != PERSON_NONE)
                cut_compare(y, &fresh, &m, user);
        script_end(&fresh);
    }
    script_end(&y->s);
    free(y);
}

static const struct test tests[] = {
    {"a cut is what a fresh engine says that was told only of what counts", a_cut_is_what_a_fresh_engine_says, 25}};

TEST_MAIN(tests)
