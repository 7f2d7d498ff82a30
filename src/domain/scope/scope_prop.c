/* Random worlds against models that were written by themselves: who may see whom, by a list of what was said; and how many people
 * can be reached, by going through all of them. Covers: scope.c, shares.c, reach.c, standing.c, reach_count.c, stops.c */
#include "domain/scope/scope_test.h"

#define BRANDS 4u
#define ENTITIES 3u
#define PURPOSES 3u

static const char *const brands[BRANDS] = {"a", "b", "c", "d"};
static const char *const entities[ENTITIES] = {"", "甲公司", "乙公司"};
static const char *const purposes[PURPOSES] = {"service", "marketing", "health"};

static uint32_t any(struct t *t, uint32_t count)
{
    return (uint32_t)rng_below(&t->rng, count);
}

/* --- sharing --- */

struct edge {
    bool there;
    int64_t until_us;
    uint32_t purposes; /* a bit each; 0: all but health */
};
struct sharing_model {
    uint32_t entity[BRANDS];
    struct edge edges[ENTITIES][ENTITIES];
};

static bool model_may(const struct sharing_model *m, uint32_t viewer, uint32_t brand, uint32_t purpose, int64_t now_us)
{
    const struct edge *e = &m->edges[m->entity[brand]][m->entity[viewer]];
    bool is_for = e->purposes == 0 ? purpose != 2 : (e->purposes >> purpose & 1) != 0;
    return viewer == brand || (e->there && (e->until_us == 0 || now_us < e->until_us) && is_for);
}

static void share_any(struct world *w, struct sharing_model *m)
{
    uint32_t from = any(w->t, ENTITIES), to = any(w->t, ENTITIES);
    struct share_ask ask = {.from = bytes_of_text(entities[from]), .to = bytes_of_text(entities[to])};
    struct edge *e = &m->edges[from][to];
    if (rng_chance(&w->t->rng, 0.4)) {
        CHECK(w->t, (world_share(w, COMMAND_UNSHARE, ask) == NULL) == e->there);
        e->there = false;
        return;
    }
    *e = (struct edge){.there = true,
                       .until_us = rng_chance(&w->t->rng, 0.5) ? harness_now_us(w->h) + 1 + any(w->t, 20) : 0,
                       .purposes = any(w->t, 8)};
    ask.until_us = e->until_us;
    for (uint32_t i = 0; i < PURPOSES; i++)
        if ((e->purposes >> i & 1) != 0)
            ask.purposes[ask.purpose_count++] = bytes_of_text(purposes[i]);
    CHECK(w->t, world_share(w, COMMAND_SHARE, ask) == NULL);
}

static void sharing_compare(struct world *w, const struct sharing_model *m)
{
    struct view v = harness_view(w->h);
    for (uint32_t i = 0; i < BRANDS; i++) {
        uint32_t own[] = {0, world_brand_number(&v, brands[i])};
        for (uint32_t p = 0; p < PURPOSES; p++) {
            struct brand_set open = scope_open(&v, (struct brand_set){2, own}, bytes_of_text(purposes[p]));
            for (uint32_t k = 0; k < BRANDS; k++) {
                uint32_t brand = world_brand_number(&v, brands[k]);
                bool want = model_may(m, i, k, p, v.now_us);
                CHECK_EQ(w->t, scope_may(&v, (struct brand_set){2, own}, brand, bytes_of_text(purposes[p])), want);
                CHECK_EQ(w->t, brand_set_has(open, brand), want);
            }
        }
    }
}

static void nobody_sees_without_a_live_edge(struct t *t)
{
    struct world w;
    struct sharing_model m = {0};
    world_begin(&w, t);
    for (uint32_t i = 1; i < ENTITIES; i++)
        (void)world_brand(&w, "known", entities[i]);
    for (uint32_t i = 0; i < BRANDS; i++)
        (void)world_brand(&w, brands[i], NULL);
    for (int i = 0; i < 60; i++) {
        uint32_t brand = any(t, BRANDS);
        if (rng_chance(&t->rng, 0.2)) {
            m.entity[brand] = any(t, ENTITIES);
            (void)world_brand(&w, brands[brand], m.entity[brand] == 0 ? NULL : entities[m.entity[brand]]);
        } else {
            share_any(&w, &m);
        }
        if (rng_chance(&t->rng, 0.3))
            harness_time(w.h, harness_now_us(w.h) + 1 + any(t, 8));
        sharing_compare(&w, &m);
    }
    world_end(&w);
}

/* --- reach --- */

static const char *const words[] = {"p1", "p2", "e1", "e2", "o1", "m1", "x1", "d1", "u1", "u2", "u3", "u4"};
static const uint16_t usable[REACH_CHANNELS][2] = {{TYPE_PHONE},     {TYPE_PHONE},        {TYPE_EMAIL},
                                                   {TYPE_OPENID},    {TYPE_OPENID},       {TYPE_EXTERNAL_USERID},
                                                   {TYPE_DEVICE_ID}, {TYPE_DOUYIN_OPENID}};

enum model_app { APP_OF_O, APP_OF_M, APP_OF_ANY, MODEL_APPS };
static const char *const apps[MODEL_APPS] = {"app", "mini", "*"};
static const char *const app_says[] = {NULL, "official_account", "mini_program", "open_platform", "wecom"};

struct reach_model {
    bool stopped[COUNT_OF(words)];
    uint32_t said[MODEL_APPS]; /* of app_says */
};

/* Only openids are of apps: 1 is the official account, 2 the mini-program. */
static bool model_serves(const struct reach_model *m, const struct identifier *id, uint32_t channel)
{
    uint32_t said = m->said[id->value.data[0] == 'm' ? APP_OF_M : APP_OF_O];
    if (said == 0)
        said = m->said[APP_OF_ANY];
    return id->type == usable[channel][0] && (id->type != TYPE_OPENID || said == 0 || said == channel - 2);
}

static bool model_stopped(const struct reach_model *m, struct bytes value)
{
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (bytes_equal(bytes_of_text(words[i]), value))
            return m->stopped[i];
    return false;
}

/* The newest word of an owner about it, by times alone. */
static const struct consent *model_newest(const struct view *v, const struct consent *list, size_t count,
                                          struct hash128 owner, const struct consent_ask *ask)
{
    const struct consent *newest = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct consent *c = &list[i];
        bool to_brand = c->entity != 0 ? c->entity == ask->entity && ask->entity != 0
                                       : c->brand == 0 || c->brand == ask->brand;
        bool is_about = to_brand && c->purpose == ask->purpose && (c->channel == 0 || c->channel == ask->channel);
        if (!is_about || !hash128_equal(c->owner, owner) || c->time_us > v->now_us ||
            (c->from_us != 0 && c->from_us > v->now_us))
            continue;
        if (newest == NULL || c->time_us > newest->time_us || (c->time_us == newest->time_us && !c->given))
            newest = c;
    }
    return newest;
}

static enum reach_reason model_consent(const struct view *v, uint32_t person, const struct consent_ask *ask)
{
    const struct consent *list;
    size_t count = people_consents(v, person, &list);
    enum reach_reason reason = REACH_NO_CONSENT;
    for (size_t i = 0; i < count; i++) {
        const struct consent *newest = model_newest(v, list, count, list[i].owner, ask);
        if (newest == NULL)
            continue;
        if (!newest->given)
            return REACH_WITHDRAWN;
        bool is_over = newest->until_us != 0 && newest->until_us <= v->now_us;
        reason = !is_over ? REACH_YES : reason == REACH_NO_CONSENT ? REACH_EXPIRED : reason;
    }
    return reason;
}

static bool model_has_ended(const struct view *v, uint32_t person, uint32_t brand, uint32_t channel)
{
    const struct relation *list;
    size_t count = relation_list(v, person, &list), ended = 0, open = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_friend = channel == 5 && list[i].type->number == RELATION_FRIEND;
        bool is_follower = list[i].type->number == RELATION_FOLLOWS &&
                           bytes_equal(list[i].ref.id, bytes_of_text(reach_channels[channel].name));
        if ((is_friend || is_follower) && (brand == 0 || list[i].brand == 0 || list[i].brand == brand)) {
            open += list[i].is_open;
            ended += !list[i].is_open && list[i].period_count > 0;
        }
    }
    return open == 0 && ended > 0;
}

static enum reach_reason model_reason(const struct reach_model *m, const struct view *v, uint32_t person,
                                      uint32_t brand, uint32_t purpose, uint32_t channel)
{
    const struct identifier *list;
    size_t count = identity_list(v, person, &list), free_ones = 0, stopped = 0, quarantined = 0;
    if (brand != 0 && !brand_set_has(identity_known_to(v, person), brand))
        return REACH_NOT_KNOWN;
    for (size_t i = 0; i < count; i++) {
        bool fits = model_serves(m, &list[i], channel) && list[i].state != ID_PASSED_ON;
        bool known = brand == 0 || brand_set_has(list[i].known_to, brand) || brand_set_has(list[i].known_to, 0);
        bool is_stopped = model_stopped(m, list[i].value), is_apart = list[i].state == ID_QUARANTINED;
        stopped += fits && known && is_stopped;
        quarantined += fits && known && !is_stopped && is_apart;
        free_ones += fits && known && !is_stopped && !is_apart;
    }
    if (free_ones == 0)
        return stopped > 0 ? REACH_SUPPRESSED : quarantined > 0 ? REACH_QUARANTINED : REACH_NO_ADDRESS;
    if (model_has_ended(v, person, brand, channel))
        return REACH_ENDED;
    uint32_t number = name_number(v, NAME_CHANNEL, bytes_of_text(reach_channels[channel].name));
    struct consent_ask ask = {.brand = brand,
                              .entity = brand_entity(v, brand),
                              .purpose = purpose,
                              .channel = number == 0 ? UINT32_MAX : number};
    return purpose == 0 ? REACH_NO_CONSENT : model_consent(v, person, &ask);
}

static void cell_compare(struct t *t, const struct reach_model *m, struct view *v, uint32_t brand, uint32_t purpose,
                         uint32_t channel)
{
    struct reach_figures got = reach_count(v, brand, purpose, channel), want = {0};
    for (uint32_t person = 1; person < view_rows_end(v, &person_family); person++) {
        if (identity_living(v, person) != person)
            continue;
        enum reach_reason reason = model_reason(m, v, person, brand, purpose, channel);
        CHECK_EQ(t, reach_of_person(v, person, brand, purpose, channel).reason, reason);
        want.by_reason[reason]++;
        want.people += reason != REACH_NOT_KNOWN;
    }
    want.by_reason[REACH_NOT_KNOWN] = 0;
    CHECK_EQ(t, got.people, want.people);
    for (uint32_t i = 0; i < REACH_REASON_COUNT; i++)
        CHECK_EQ(t, got.by_reason[i], want.by_reason[i]);
}

static void reach_compare(struct world *w, const struct reach_model *m)
{
    struct view v = harness_view(w->h);
    CHECK(w->t, !reach_pending(&v));
    for (uint32_t brand = 0; brand <= BRANDS; brand++)
        for (uint32_t purpose = 0; purpose <= PURPOSES; purpose++)
            for (uint32_t channel = 0; channel < REACH_CHANNELS; channel++)
                cell_compare(w->t, m, &v, brand == 0 ? 0 : world_brand_number(&v, brands[brand - 1]),
                             purpose == 0 ? 0 : name_number(&v, NAME_PURPOSE, bytes_of_text(purposes[purpose - 1])),
                             channel);
}

static const char *any_word(struct t *t)
{
    return words[any(t, COUNT_OF(words))];
}

/* Events come in any order of their times, and at times twice. */
static void event_any(struct world *w)
{
    static const char *const events[] = {"login",       "login",    "login",     "friend_added",
                                         "friend_lost", "followed", "unfollowed"};
    static const char *const channels[] = {"", "sms", "email", "official_account"};
    struct t *t = w->t;
    int64_t now_us = harness_now_us(w->h);
    struct envelope_consent c = {.purpose = bytes_of_text(purposes[any(t, PURPOSES)]),
                                 .channel = bytes_of_text(channels[any(t, COUNT_OF(channels))]),
                                 .entity = bytes_of_text(entities[rng_chance(&t->rng, 0.3) ? any(t, ENTITIES) : 0]),
                                 .given = rng_chance(&t->rng, 0.7),
                                 .from_us = rng_chance(&t->rng, 0.2) ? now_us + any(t, 40) : 0,
                                 .until_us = rng_chance(&t->rng, 0.4) ? now_us + any(t, 60) : 0};
    const char *first = any_word(t), *second = any_word(t), *brand = brands[any(t, BRANDS)];
    struct saying says = {.event = events[any(t, COUNT_OF(events))],
                          .ids = strcmp(first, second) == 0 || rng_chance(&t->rng, 0.4)
                                     ? first
                                     : arena_printf(w->arena, "%s %s", first, second),
                          .brand = rng_chance(&t->rng, 0.8) ? brand : NULL,
                          .channel = "official_account",
                          .staff = "王",
                          .time_us = now_us - any(t, 30),
                          .consent = rng_chance(&t->rng, 0.5) ? &c : NULL};
    (void)world_event(w, says);
    if (rng_chance(&t->rng, 0.2))
        (void)harness_apply(w->h, COMMAND_COLLECT_EVENT, buf_bytes(&w->payload)); /* the same again */
}

static void anything(struct world *w, struct reach_model *m)
{
    static const uint32_t verbs[] = {COMMAND_BIND, COMMAND_UNBIND, COMMAND_MERGE, COMMAND_SPLIT, COMMAND_NEVER_MERGE};
    struct t *t = w->t;
    double chance = rng_unit(&t->rng);
    if (chance < 0.55) {
        event_any(w);
    } else if (chance < 0.58) {
        (void)world_erase(w, any_word(t));
    } else if (chance < 0.7) {
        uint32_t verb = verbs[any(t, COUNT_OF(verbs))];
        bool is_alone = verb == COMMAND_UNBIND || verb == COMMAND_SPLIT;
        (void)world_act(w, verb, any_word(t), is_alone ? NULL : any_word(t), 0);
    } else if (chance < 0.8) {
        uint32_t word = any(t, COUNT_OF(words));
        m->stopped[word] = rng_chance(&t->rng, 0.5);
        (void)world_act(w, COMMAND_SUPPRESS, words[word], NULL, m->stopped[word]);
    } else if (chance < 0.83) {
        uint32_t app = any(t, MODEL_APPS);
        m->said[app] = any(t, COUNT_OF(app_says));
        (void)world_app(w, apps[app], app_says[m->said[app]]);
    } else if (chance < 0.88) {
        (void)world_brand(w, brands[any(t, BRANDS)], entities[any(t, ENTITIES)]);
    } else {
        world_later(w, harness_now_us(w->h) + any(t, 20));
    }
}

static void figures_are_those_of_all_people(struct t *t)
{
    struct world w;
    struct reach_model m = {0};
    world_begin(&w, t);
    for (int i = 0; i < 70; i++) {
        anything(&w, &m);
        if (i % 3 == 0)
            reach_compare(&w, &m);
    }
    reach_compare(&w, &m);
    world_end(&w);
}

static const struct test tests[] = {
    {"nobody sees without a live edge", nobody_sees_without_a_live_edge, 60},
    {"figures are those of all people", figures_are_those_of_all_people, 60},
};
TEST_MAIN(tests)
