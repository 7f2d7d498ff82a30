/* What is heard of an event, against what each feature by itself makes of it, while rules come and go. Covers: hearing.c, program_lines.c */
#include "domain/rule/hearing.h"

#include "domain/calendar/calendar.h"
#include "domain/event/event.h"
#include "domain/identity/script_test.h"
#include "domain/listing/listing.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"

extern const struct domain column_domain; /* its header can't stand beside the one of the script */

#define ROUNDS 12u
#define EVENTS_A_ROUND 6u
#define NAMES_MAX 16u   /* numbers of events that are looked at: those of the rules are among the first */
#define SLOTS_MAX 1024u /* that are looked through: more than all rules take */

static const char *const texts[] = {
    "count(page_viewed where channel = 'a' in last %u days) >= 2",
    "count(page_viewed where channel = 'a') >= %u",
    "days(page_viewed where channel in ('a', 'b') in last %u days) >= 2",
    "count(cart_added where channel = 'a' in last %u days) = 0 and did(page_viewed in last %u days)",
    "distinct(cart_added.store in last %u days) >= 2",
    "last(page_viewed).channel = 'b' and count(cart_added where store = 's') < %u",
    "count(page_viewed within %u hours) >= 2",
    "did(page_viewed where channel = 'a' then cart_added) or count(cart_added) > %u",
    "count(event where channel = 'a' in last %u days) >= 3",
};

static void rule_make(struct script *s)
{
    unsigned number = 2 + (unsigned)rng_below(&s->t->rng, 5);
    const char *text = arena_printf(s->arena, texts[rng_below(&s->t->rng, COUNT_OF(texts))], number, number);
    buf_clear(&s->payload);
    rule_ask_pack(&(struct rule_ask){.is_condition = true, .maker = BYTES_LIT("m"), .text = bytes_of_text(text)},
                  &s->payload);
    CHECK(s->t, script_send(s, COMMAND_RULE_MAKE) == NULL);
}

/* Perhaps one that is over already, which is refused. */
static void rule_end(struct script *s, uint32_t rules)
{
    buf_clear(&s->payload);
    pack_u32(&s->payload, 1 + (uint32_t)rng_below(&s->t->rng, rules));
    (void)script_send(s, COMMAND_RULE_END);
}

static struct arrived any_arrived(struct t *t, uint32_t event, int64_t now_us)
{
    static const char *const channels[] = {"a", "b", "c"}, *const stores[] = {"s", "t"};
    struct arrived arrived = {.event = event};
    arrived.envelope.event_us = now_us - rng_between(&t->rng, 0, 3) * US_PER_DAY;
    arrived.envelope.message = (struct hash128){rng_next(&t->rng), rng_next(&t->rng)};
    arrived.envelope.reference[REF_CHANNEL] = bytes_of_text(channels[rng_below(&t->rng, COUNT_OF(channels))]);
    arrived.envelope.reference[REF_STORE] = bytes_of_text(stores[rng_below(&t->rng, COUNT_OF(stores))]);
    return arrived;
}

static bool has_rule(struct book_list rules, uint32_t rule)
{
    for (uint32_t i = 0; i < rules.count; i++)
        if (rules.list[i] == rule)
            return true;
    return false;
}

static void heard_check(struct t *t, const struct view *v, const struct book *b, const struct arrived *arrived)
{
    const struct hearing *h = book_hearing(b, arrived->event);
    struct heard heard = {0};
    size_t at = 0;
    if (h != NULL)
        hearing_match(h, arrived, book_civil(b), v->arena, &heard);
    if (h != NULL)
        hearing_fetch(h, heard.rules);
    for (uint32_t slot = 0; slot < SLOTS_MAX; slot++) {
        const struct book_feature *f = book_feature(b, slot);
        const struct series_entry *entries;
        if (f == NULL || matcher_entries(f->matcher, arrived, book_civil(b), NULL, v->arena, &entries) == 0)
            continue;
        CHECK(t, at < heard.count && heard.list[at].slot == slot);
        for (uint32_t j = 0; j < f->rule_count; j++)
            CHECK(t, has_rule(heard.rules, f->rules[j]));
        at++;
    }
    CHECK_EQ(t, heard.count, at);
    for (uint32_t i = 1; i < heard.rules.count; i++)
        CHECK(t, heard.rules.list[i - 1] < heard.rules.list[i]);
}

static void an_event_is_heard_as_by_each(struct t *t)
{
    static const struct domain *const domains[] = {&engine_domain, &collect_domain,  &identity_domain, &people_domain,
                                                   &event_domain,  &column_domain,   &thing_domain,    &calendar_domain,
                                                   &order_domain,  &relation_domain, &listing_domain,  &rule_domain};
    struct script s = {.t = t, .h = harness_create(domains, COUNT_OF(domains)), .arena = arena_create(1 << 16)};
    uint32_t rules = 0;
    buf_init(&s.payload, 1 << 20);
    s.event_us = harness_now_us(s.h);
    (void)script_event(&s, "page_viewed u1");
    (void)script_event(&s, "cart_added u1");
    for (uint32_t round = 0; round < ROUNDS; round++) {
        bool is_new = rules == 0 || rng_chance(&t->rng, 0.7);
        if (is_new)
            rule_make(&s);
        else
            rule_end(&s, rules);
        rules += is_new;
        struct view v = harness_view(s.h);
        const struct book *b = book_of(&v);
        for (uint32_t i = 0; i < EVENTS_A_ROUND * NAMES_MAX; i++) {
            struct arrived arrived = any_arrived(t, i % NAMES_MAX, harness_now_us(s.h));
            heard_check(t, &v, b, &arrived);
        }
    }
    script_end(&s);
}

static const struct test tests[] = {
    {"an event is heard as each feature by itself hears it", an_event_is_heard_as_by_each, 100},
};
TEST_MAIN(tests)
