/* Lists against a naive model, which keeps all that was ever said and looks through it: people put on lists and taken off, in any order of time, some before anybody
 * has their identifier, while people are found to be one and several. The same acts in another order give the same bytes.
 * Covers: listing.c, lists.c, payload.c, strands.c, waiting.c */
#include "domain/listing/listing_test.h"
#include "domain/listing/strands.h"
#include "engine/stow.h"

#define IDS 6u
#define SAID_MAX 100u
#define MINUTES_MAX 900000
enum { INVITED = 1, SKIN, GOLD, SILVER, LISTS = SILVER };

static const char *const ids[IDS] = {"p1", "p2", "p3", "u1", "u2", "u3"};
static const char *const skins[] = {"dry", "oily", "混合"};

static const struct domain *const domains[] = {&engine_domain, &collect_domain,  &identity_domain,
                                               &people_domain, &thing_domain,    &calendar_domain,
                                               &order_domain,  &relation_domain, &listing_domain};

/* --- the model --- */

struct model {
    struct listing_said said[SAID_MAX];
    uint32_t who[SAID_MAX];
    uint32_t count;
};

static bool is_rival(uint32_t x, uint32_t y)
{
    return (x == GOLD && y == SILVER) || (x == SILVER && y == GOLD);
}

/* Whatever was said last of any of the person's identifiers: of the list, or of its rival that they were put on. Times are all different. */
static const char *naive(const struct model *m, const uint32_t person_of[IDS], uint32_t person, uint32_t list,
                         int64_t now)
{
    const struct listing_said *last = NULL;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct listing_said *x = &m->said[i];
        bool is_about = x->list == list || (is_rival(x->list, list) && !x->is_off);
        if (person_of[m->who[i]] == person && is_about && (last == NULL || x->minute > last->minute))
            last = x;
    }
    bool is_over = last == NULL || last->is_off || last->list != list ||
                   (last->until_minute != 0 && last->until_minute <= now) ||
                   (list == SKIN && last->until_minute == 0 && last->minute + 100 * 24 * 60 <= now);
    return is_over ? "" : list == SKIN ? last->value : "true";
}

/* --- what happens --- */

static void begin(struct rig *s, struct t *t)
{
    static const uint32_t gold[] = {GOLD}, silver[] = {SILVER};
    listing_begin(s, t, domains, COUNT_OF(domains));
    listing_open(s, &(struct list){.number = INVITED});
    listing_open(s, &(struct list){.number = SKIN, .value = LIST_TEXT, .lasts_days = 100});
    listing_open(s, &(struct list){.number = GOLD, .rival_count = 1, .rivals = silver});
    listing_open(s, &(struct list){.number = SILVER, .rival_count = 1, .rivals = gold});
    relation_unlimit(s);
}

/* Nobody is on more lists, under more identifiers, than acts are kept of. */
static bool has_room(const struct model *m, uint32_t who, uint32_t list)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->count; i++)
        count += m->who[i] == who && (m->said[i].list == list || is_rival(m->said[i].list, list));
    return count < LISTING_ACTS_MAX && m->count < SAID_MAX;
}

static void say_any(struct rig *s, struct model *m)
{
    struct t *t = s->t;
    uint32_t who = (uint32_t)rng_below(&t->rng, IDS), list = 1 + (uint32_t)rng_below(&t->rng, LISTS);
    struct listing_said said = {.who = ids[who],
                                .list = list,
                                .is_off = rng_chance(&t->rng, 0.25),
                                .minute = 1 + (int64_t)rng_below(&t->rng, MINUTES_MAX) / SAID_MAX * SAID_MAX +
                                          m->count};
    if (!has_room(m, who, list))
        return;
    if (list == SKIN && !said.is_off)
        said.value = skins[rng_below(&t->rng, COUNT_OF(skins))];
    if (!said.is_off && rng_chance(&t->rng, 0.3))
        said.until_minute = 900000 + (int64_t)rng_below(&t->rng, 200000);
    const struct refusal *refusal = listing_say(s, &said);
    CHECK_TEXT(t, refusal == NULL ? "taken" : refusal->name, "taken");
    m->said[m->count] = said;
    m->who[m->count++] = who;
    if (rng_chance(&t->rng, 0.1))
        CHECK(t, listing_say(s, &said) == NULL); /* twice is once */
}

static void regroup(struct rig *s)
{
    struct t *t = s->t;
    const char *x = ids[rng_below(&t->rng, IDS)], *y = ids[rng_below(&t->rng, IDS)];
    switch (rng_below(&t->rng, 4)) {
    case 0:
        relation_meet(s, x);
        break;
    case 1:
        (void)relation_act(s, COMMAND_UNBIND, x);
        break;
    default:
        if (x != y)
            (void)relation_act(s, COMMAND_BIND, arena_printf(s->arena, "%s %s", x, y));
    }
}

static void all_agrees(struct rig *s, const struct model *m)
{
    uint32_t person_of[IDS];
    int64_t now = (harness_now_us(s->h) - RELATION_BASE_US) / US_PER_MINUTE;
    for (uint32_t i = 0; i < IDS; i++)
        person_of[i] = relation_find(s, ids[i]);
    for (uint32_t i = 0; i < IDS; i++)
        for (uint32_t list = 1; list <= LISTS && person_of[i] != PERSON_NONE; list++)
            CHECK_TEXT(s->t, listing_words(s, person_of[i], list), naive(m, person_of, person_of[i], list, now));
}

/* --- the properties --- */

static void lists_are_what_was_said(struct t *t)
{
    struct rig s;
    struct model m = {.count = 0};
    begin(&s, t);
    for (int i = 0; i < 60; i++) {
        say_any(&s, &m);
        if (rng_chance(&t->rng, 0.3))
            regroup(&s);
        if (rng_chance(&t->rng, 0.1))
            harness_time(s.h, harness_now_us(s.h) + (int64_t)rng_below(&t->rng, 20000) * US_PER_MINUTE);
        if (i % 6 == 5)
            all_agrees(&s, &m);
    }
    for (uint32_t i = 0; i < IDS; i++)
        relation_meet(&s, ids[i]);
    all_agrees(&s, &m);
    struct view v = harness_view(s.h);
    CHECK_EQ(t, listings_waiting(&v), 0);
    relation_finish(&s);
}

/* Who is met before or after, and who is one when: all the same. */
static void order_gives_the_same_bytes(struct t *t)
{
    struct bytes sections[2];
    struct listing_said list[30];
    for (uint32_t i = 0; i < COUNT_OF(list); i++) {
        uint32_t number = 1 + (uint32_t)rng_below(&t->rng, LISTS);
        list[i] = (struct listing_said){.who = ids[rng_below(&t->rng, IDS)],
                                        .list = number,
                                        .is_off = rng_chance(&t->rng, 0.3),
                                        .minute = 1 + (int64_t)rng_below(&t->rng, 50)};
        list[i].value = number == SKIN && !list[i].is_off ? skins[rng_below(&t->rng, COUNT_OF(skins))] : NULL;
    }
    for (uint32_t run = 0; run < 2; run++) {
        struct rig s;
        uint32_t bind_at = (uint32_t)rng_below(&t->rng, COUNT_OF(list));
        begin(&s, t);
        for (uint32_t i = COUNT_OF(list); i > 1; i--) {
            uint32_t j = (uint32_t)rng_below(&t->rng, i);
            struct listing_said kept = list[i - 1];
            list[i - 1] = list[j];
            list[j] = kept;
        }
        for (uint32_t i = 0; i < COUNT_OF(list); i++) {
            if (i == bind_at)
                CHECK(t, relation_act(&s, COMMAND_BIND, "p1 p2 p3 u1 u2 u3") == NULL);
            CHECK(t, listing_say(&s, &list[i]) == NULL);
        }
        uint32_t person = relation_find(&s, "p1");
        struct view v = harness_view(s.h);
        sections[run] = arena_copy(t->arena, section_read(&v, person, &listings_section));
        relation_finish(&s);
    }
    CHECK(t, sections[0].size > 0);
    CHECK(t, bytes_equal(sections[0], sections[1]));
}

static const struct test tests[] = {
    {"lists are what was said, through merges, splits and late identifiers", lists_are_what_was_said, 60},
    {"the order of what is said, and of merges, gives the same bytes", order_gives_the_same_bytes, 60},
};
TEST_MAIN(tests)
