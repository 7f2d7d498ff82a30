/* Covers: zone.c, cancel.c
 *
 * The zone of the workspace changes while people view pages, are found to be one, definitions are edited and the power goes: when all has settled, what definitions say is what a
 * loop over everything that happened counts by the days of the zone as it is then. */
#include "domain/audience/commands.h"
#include "domain/calendar/calendar.h"
#include "domain/column/column.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "domain/thing/thing.h"
#include "engine/engine_domain.h"
#include "testing/plant.h"

#define SECRET UINT64_C(0x5ec7e7)
#define USERS 6u
#define HAPPENED_MAX 400u
#define STEPS 160u
#define SECONDS_AN_HOUR 3600
#define DAYS_LAST 5

static const struct domain *const domains[] = {
    &engine_domain,   &collect_domain, &identity_domain, &people_domain,  &event_domain, &column_domain,  &thing_domain,
    &calendar_domain, &order_domain,   &relation_domain, &listing_domain, &rule_domain,  &audience_domain};

struct world {
    struct plant plant;
    struct arena *scratch;
    struct {
        uint32_t user;
        int64_t us;
    } happened[HAPPENED_MAX];
    uint32_t count;
    uint32_t joined[USERS]; /* the user as whom this one counts */
    int32_t hours;          /* the zone: ahead of UTC */
    int32_t hours_before;   /* of the zone before, which may come back while nothing is made yet in this one */
    int span;               /* of "views", days */
};

/* --- what is sent --- */

static void answered(struct submission *s, const struct answer *a)
{
    const struct world *w = s->context;
    CHECK_EQ(w->plant.t, a->status.code, STATUS_OK);
}

/* It may be refused. */
static void send(struct world *w, uint32_t command, struct bytes payload)
{
    struct err e = {0};
    struct submission one = {.command = registry_command(w->plant.registry, command),
                             .payload = payload,
                             .answered = answered,
                             .context = w};
    struct submission *list = &one;
    CHECK_DONE(w->plant.t, engine_group(w->plant.engine, &list, 1, w->plant.now_us, &e), &e);
}

static struct envelope_id id_of(struct world *w, uint32_t user)
{
    struct envelope_id id = {.type = TYPE_USER_ID, .role = ID_OWN};
    id.value = bytes_of_text(arena_printf(w->scratch, "u%u", user));
    id.key = identifier_key(SECRET, id.type, id.ns, id.value);
    return id;
}

static void view_at(struct world *w, uint32_t user, int64_t us)
{
    struct err e = {0};
    struct envelope *v = ARENA_NEW(w->scratch, struct envelope);
    struct buf packed = arena_buf(w->scratch, ENVELOPE_BYTES_MAX);
    if (w->count == HAPPENED_MAX)
        return;
    *v = (struct envelope){.event = BYTES_LIT("page_viewed"),
                           .source = BYTES_LIT("web"),
                           .message = hash128(bytes_of(&w->count, sizeof w->count), 0),
                           .event_us = us,
                           .received_us = w->plant.now_us,
                           .properties = BYTES_LIT("\0"),
                           .id_count = 1};
    v->ids[0] = id_of(w, user);
    w->happened[w->count].user = user;
    w->happened[w->count++].us = us;
    CHECK_DONE(w->plant.t, envelope_pack(v, &packed, &e), &e);
    send(w, COMMAND_COLLECT_EVENT, buf_bytes(&packed));
}

static void any_view(struct world *w)
{
    struct rng *rng = &w->plant.t->rng;
    view_at(w, (uint32_t)rng_below(rng, USERS), w->plant.now_us - (int64_t)rng_below(rng, (uint64_t)(6 * US_PER_DAY)));
}

static void two_are_one(struct world *w)
{
    struct rng *rng = &w->plant.t->rng;
    struct err e = {0};
    uint32_t x = (uint32_t)rng_below(rng, USERS), y = (uint32_t)rng_below(rng, USERS);
    struct identity_act *act = ARENA_NEW(w->scratch, struct identity_act);
    struct buf b = arena_buf(w->scratch, ACT_PAYLOAD_BYTES_MAX);
    if (w->joined[x] == w->joined[y])
        return;
    *act = (struct identity_act){.by = BYTES_LIT("lin"), .reason = BYTES_LIT("test"), .id_count = 2};
    act->ids[0] = id_of(w, x);
    act->ids[1] = id_of(w, y);
    CHECK_DONE(w->plant.t, identity_act_pack(act, &b, &e), &e);
    plant_apply(&w->plant, COMMAND_MERGE, buf_bytes(&b));
    for (uint32_t i = 0, from = w->joined[y]; i < USERS; i++)
        w->joined[i] = w->joined[i] == from ? w->joined[x] : w->joined[i];
}

static void zone_set(struct world *w, int32_t hours)
{
    struct err e = {0};
    struct buf b = arena_buf(w->scratch, CALENDAR_BYTES_MAX);
    const struct calendar_offset offset = {.seconds = hours * SECONDS_AN_HOUR};
    const struct calendar c = {.zone = BYTES_LIT("Test/Zone"), .offset_count = 1, .offsets = &offset};
    CHECK_DONE(w->plant.t, calendar_pack(&c, &b, &e), &e);
    plant_apply(&w->plant, COMMAND_CALENDAR, buf_bytes(&b));
    w->hours_before = w->hours;
    w->hours = hours;
}

static void save(struct world *w, enum audience_kind kind, const char *name, const char *text)
{
    struct buf b = arena_buf(w->scratch, AUDIENCE_SAVE_BYTES_MAX);
    struct audience a = {.kind = kind, .name = bytes_of_text(name), .text = bytes_of_text(text)};
    audience_pack(&a, AUDIENCE_ANY_REVISION, &b);
    plant_apply(&w->plant, COMMAND_AUDIENCE_SAVE, buf_bytes(&b));
}

static void views_save(struct world *w, int span)
{
    w->span = span;
    save(w, AUDIENCE_TAG, "views", arena_printf(w->scratch, "count(page_viewed in last %d days)", span));
}

/* --- what holds --- */

static int64_t day_of(const struct world *w, int64_t us)
{
    return (us + w->hours * US_PER_HOUR) / US_PER_DAY;
}

/* Views of the last days, or how many of these days have any. */
static int64_t naive(const struct world *w, uint32_t user, int64_t now_us, int span, bool by_day)
{
    int64_t count = 0, today = day_of(w, now_us);
    for (int64_t day = today - span + 1; day <= today; day++) {
        int64_t of_day = 0;
        for (uint32_t i = 0; i < w->count; i++)
            of_day += w->joined[w->happened[i].user] == w->joined[user] && day_of(w, w->happened[i].us) == day;
        count += by_day ? of_day > 0 : of_day;
    }
    return count;
}

static int64_t said(struct t *t, const struct view *v, uint32_t person, enum audience_kind kind, const char *name)
{
    struct audience a = {.number = 0};
    CHECK(t, audience_find(v, kind, bytes_of_text(name), &a));
    CHECK_TEXT(t, audience_state_names[audience_state(&a)], "in_force");
    struct rule_value value = rule_says(v, person, a.rule);
    return value.type == RULE_NUMBER ? (int64_t)(value.number / 1000000) : value.truth;
}

static void all_is_right(const struct view *v, void *context)
{
    struct world *w = context;
    struct t *t = w->plant.t;
    for (uint32_t user = 0; user < USERS; user++) {
        struct envelope_id id = id_of(w, user);
        uint32_t person = identity_find(v, id.type, id.ns, id.value, id.key);
        if (person == PERSON_NONE)
            continue;
        int64_t views = naive(w, user, v->now_us, w->span, false);
        CHECK_EQ(t, said(t, v, person, AUDIENCE_TAG, "views"), views);
        CHECK_EQ(t, said(t, v, person, AUDIENCE_TAG, "days"), naive(w, user, v->now_us, DAYS_LAST, true));
        CHECK_EQ(t, said(t, v, person, AUDIENCE_SEGMENT, "active"), views >= 2);
        CHECK_EQ(t, said(t, v, person, AUDIENCE_SEGMENT, "today"), naive(w, user, v->now_us, 1, false) > 0);
    }
}

static void is_settled(const struct view *v, void *context)
{
    struct audience a;
    bool *out = context;
    *out = !job_is_under_way(v, &audience_zone_job, BYTES_LIT("zone"));
    for (enum audience_kind kind = AUDIENCE_SEGMENT; kind < AUDIENCE_KIND_COUNT; kind++)
        for (struct bytes after = BYTES_NONE; audience_next(v, kind, after, &a); after = a.name)
            *out &= audience_state(&a) == AUDIENCE_IN_FORCE;
}

static void house(struct world *w, int64_t wait_us)
{
    struct err e = {0};
    CHECK_DONE(w->plant.t, plant_house(&w->plant, wait_us, &e), &e);
}

static void settle(struct world *w)
{
    bool is_over = false;
    for (uint32_t i = 0; i < 600 && !is_over; i++) {
        house(w, US_PER_MS);
        engine_read(w->plant.engine, is_settled, &is_over);
    }
    CHECK(w->plant.t, is_over);
    for (uint32_t i = 0; i < 20; i++)
        house(w, US_PER_MS);
}

/* --- the tests --- */

static struct world *world_begin(struct t *t)
{
    struct world *w = ARENA_NEW(t->arena, struct world);
    w->scratch = arena_create(1 << 16);
    w->hours = w->hours_before = 8;
    for (uint32_t user = 0; user < USERS; user++)
        w->joined[user] = user;
    plant_open(&w->plant, t, domains, COUNT_OF(domains));
    return w;
}

static void world_end(struct world *w)
{
    plant_close(&w->plant);
    arena_destroy(w->scratch);
}

static void any_step(struct world *w)
{
    struct rng *rng = &w->plant.t->rng;
    uint64_t what = rng_below(rng, 100);
    if (what < 60)
        any_view(w);
    else if (what < 62)
        two_are_one(w);
    else if (what < 90)
        house(w, rng_between(rng, 0, 1200) * US_PER_SECOND);
    else if (what < 93)
        zone_set(w, rng_chance(rng, 0.6) ? w->hours_before : (int32_t)rng_between(rng, -11, 13));
    else if (what < 96)
        views_save(w, (int)rng_between(rng, 2, 4));
    else if (what < 98)
        plant_checkpoint(&w->plant);
    else
        plant_crash(&w->plant);
}

static void days_are_of_the_zone_as_it_is(struct t *t)
{
    struct world *w = world_begin(t);
    for (uint32_t user = 0; user < USERS; user++)
        view_at(w, user, w->plant.now_us - US_PER_HOUR);
    views_save(w, 3);
    save(w, AUDIENCE_TAG, "days", "days(page_viewed in last 5 days)");
    save(w, AUDIENCE_SEGMENT, "active", "tag('views') >= 2");
    save(w, AUDIENCE_SEGMENT, "today", "did(page_viewed in last 1 days)");
    for (uint32_t i = 0; i < STEPS; i++) {
        any_step(w);
        if (rng_chance(&t->rng, 0.03)) {
            settle(w);
            engine_read(w->plant.engine, all_is_right, w);
        }
    }
    zone_set(w, (int32_t)rng_between(&t->rng, -11, 13));
    settle(w);
    engine_read(w->plant.engine, all_is_right, w);
    world_end(w);
}

struct told {
    uint32_t by_switch, others;
};

static bool wants_told(void *context, const struct fact_kind *kind)
{
    (void)context;
    return kind == &fact_tag_changed;
}

static void hear_told(void *context, uint64_t position, const struct fact_kind *kind, enum cause cause, int64_t time_us,
                      struct bytes json)
{
    struct told *told = context;
    (void)position, (void)time_us, (void)json;
    if (kind == &fact_tag_changed)
        *(cause == CAUSE_SWITCH ? &told->by_switch : &told->others) += 1;
}

struct asking {
    struct world *w;
    int64_t days;
    bool is_changing;
};

static void days_ask(const struct view *v, void *context)
{
    struct asking *asking = context;
    struct envelope_id id = id_of(asking->w, 0);
    struct audience a = {.number = 0};
    CHECK(asking->w->plant.t, audience_find(v, AUDIENCE_TAG, BYTES_LIT("days"), &a));
    struct rule_value value = rule_says(v, identity_find(v, id.type, id.ns, id.value, id.key), a.rule);
    asking->days = (int64_t)(value.number / 1000000);
    asking->is_changing = a.asked != 0;
}

/* Until the rules of the new zone take over, at one position, those before answer; then who differs is told, once. */
static void who_differs_is_told_by_a_switch(struct t *t)
{
    struct world *w = world_begin(t);
    struct told told = {0};
    struct asking asking = {.w = w};
    int64_t midnight_us = w->plant.now_us / US_PER_DAY * US_PER_DAY - US_PER_DAY; /* of UTC */
    view_at(w, 0, midnight_us + 10 * US_PER_HOUR); /* 18:00 where clocks are 8 hours ahead */
    view_at(w, 0, midnight_us + 17 * US_PER_HOUR); /* 01:00 of the next day */
    save(w, AUDIENCE_TAG, "days", "days(page_viewed in last 5 days)");
    settle(w);
    engine_hook(w->plant.engine, &(struct engine_hooks){.context = &told, .wants = wants_told, .fact = hear_told});
    zone_set(w, 8); /* which it is already */
    house(w, US_PER_MS);
    engine_read(w->plant.engine, days_ask, &asking);
    CHECK(t, !asking.is_changing);
    zone_set(w, 0);
    engine_read(w->plant.engine, days_ask, &asking);
    CHECK_EQ(t, asking.days, 2);
    settle(w);
    engine_read(w->plant.engine, days_ask, &asking);
    CHECK_EQ(t, asking.days, 1);
    CHECK_EQ(t, told.by_switch, 1);
    CHECK_EQ(t, told.others, 0);
    world_end(w);
}

#define CROWD 150u /* definitions: more than go in two slices; and more name one than go with it */

static void crowd_is_right(const struct view *v, void *context)
{
    struct world *w = context;
    struct t *t = w->plant.t;
    struct envelope_id id = id_of(w, 0);
    uint32_t person = identity_find(v, id.type, id.ns, id.value, id.key);
    CHECK_EQ(t, said(t, v, person, AUDIENCE_TAG, "views"), naive(w, 0, v->now_us, w->span, false));
    for (uint32_t i = 0; i < CROWD; i++) {
        int64_t at_least = 1 + i % 3, want = naive(w, 0, v->now_us, i % 2 == 0 ? w->span : DAYS_LAST, i % 2 == 1);
        CHECK_EQ(t, said(t, v, person, AUDIENCE_SEGMENT, arena_printf(w->scratch, "s%u", i)), want >= at_least);
    }
}

static void crowds_go_in_slices(struct t *t)
{
    struct world *w = world_begin(t);
    for (uint32_t i = 0; i < 12; i++)
        view_at(w, 0, w->plant.now_us - (int64_t)rng_below(&t->rng, (uint64_t)(6 * US_PER_DAY)));
    views_save(w, 2);
    for (uint32_t i = 0; i < CROWD; i++) {
        unsigned at_least = 1 + i % 3;
        const char *text = i % 2 == 0 ? arena_printf(w->scratch, "tag('views') >= %u", at_least)
                                      : arena_printf(w->scratch, "days(page_viewed in last 5 days) >= %u", at_least);
        save(w, AUDIENCE_SEGMENT, arena_printf(w->scratch, "s%u", i), text);
    }
    settle(w);
    engine_read(w->plant.engine, crowd_is_right, w);
    for (uint32_t i = 0; i < 3; i++) { /* the last ones while the one before is on its way */
        zone_set(w, (int32_t)rng_between(&t->rng, -11, 13));
        house(w, US_PER_MS);
    }
    settle(w);
    engine_read(w->plant.engine, crowd_is_right, w);
    world_end(w);
}

static const struct test tests[] = {
    {"days are of the zone as it is", days_are_of_the_zone_as_it_is, 30},
    {"who differs is told by a switch", who_differs_is_told_by_a_switch, 1},
    {"crowds go in slices", crowds_go_in_slices, 4},
};
TEST_MAIN(tests)
