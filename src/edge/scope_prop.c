/* Random worlds told and asked by HTTP, against a list of what was said: no answer to a token of one brand has a value of another
 * brand without a live edge between their entities, and with one it has all of them; through merges, splits, moved brands and
 * restarts. Covers: scope.c */
#include "edge/door_test.h"

#define BRANDS 4u
#define ENTITIES 3u
#define USERS 5u
#define VALUES_MAX 256u
#define STEPS 45

static const char *const entities[ENTITIES] = {"", "甲公司", "乙公司"};

/* Of each value it is known whose it is by its own letters: "zz-b-17". */
struct model {
    uint32_t entity[BRANDS];
    bool shared[ENTITIES][ENTITIES]; /* from, to; for the purpose of service */
    uint32_t value_count;
    uint8_t brand_of[VALUES_MAX];
    bool is_event[VALUES_MAX];
};

struct world {
    struct t *t;
    struct place place;
    struct model model;
};

static uint32_t any(struct world *w, uint32_t count)
{
    return (uint32_t)rng_below(&w->t->rng, count);
}

static bool model_sees(const struct model *m, uint32_t viewer, uint32_t brand)
{
    return viewer == brand || m->shared[m->entity[brand]][m->entity[viewer]];
}

/* --- telling --- */

static const char *value_new(struct world *w, uint32_t brand, bool is_event)
{
    struct model *m = &w->model;
    assert(m->value_count < VALUES_MAX);
    m->brand_of[m->value_count] = (uint8_t)brand;
    m->is_event[m->value_count] = is_event;
    return arena_printf(w->t->arena, "zz-%c-%u", 'a' + (int)brand, m->value_count++);
}

static void tell(struct world *w, const char *path, const char *json)
{
    CHECK_STATUS(w->t, post(&w->place, path, json), 200);
}

static void event_any(struct world *w)
{
    static const char *const events[] = {"login", "friend_added", "order_paid"};
    uint32_t brand = any(w, BRANDS);
    const char *value = value_new(w, brand, true);
    tell(w, "/api/v1/events",
         arena_printf(w->t->arena,
                      "{\"id\":\"%s\",\"event\":\"%s\",\"brand\":\"%c\",\"staff\":\"%s\",\"ids\":[{\"type\":\"user_"
                      "id\",\"value\":\"u%u\"},"
                      "{\"type\":\"device_id\",\"value\":\"%s\"}],\"traits\":{\"nickname\":\"%s\"},\"properties\":{"
                      "\"note\":\"%s\"},"
                      "\"consents\":[{\"purpose\":\"marketing\",\"given\":true,\"policy\":\"%s\"}]}",
                      value, events[any(w, COUNT_OF(events))], 'a' + (int)brand, value, any(w, USERS), value, value,
                      value, value));
}

static void order_any(struct world *w)
{
    uint32_t brand = any(w, BRANDS);
    const char *value = value_new(w, brand, false);
    tell(w, "/api/v1/orders",
         arena_printf(w->t->arena,
                      "{\"shop\":\"s\",\"number\":\"%s\",\"version\":1,\"brand\":\"%c\",\"remark\":\"%s\",\"states\":{"
                      "\"created\":"
                      "\"2026-01-11T00:00:00Z\"},\"buyer\":[{\"type\":\"user_id\",\"value\":\"u%u\"}]}",
                      value, 'a' + (int)brand, value, any(w, USERS)));
}

static void thing_any(struct world *w)
{
    uint32_t brand = any(w, BRANDS);
    const char *value = value_new(w, brand, false);
    tell(w, "/api/v1/things",
         arena_printf(w->t->arena,
                      "{\"kind\":\"store\",\"id\":\"%s\",\"attributes\":{\"brand\":\"%c\",\"name\":\"%s\"}}", value,
                      'a' + (int)brand, value));
}

/* The rules may say no: then nothing has changed. */
static void identity_any(struct world *w)
{
    static const char *const verbs[] = {"merge", "merge", "split", "never-merge"};
    const char *verb = verbs[any(w, COUNT_OF(verbs))];
    uint32_t first = any(w, USERS), second = (first + 1 + any(w, USERS - 1)) % USERS;
    const char *body = strcmp(verb, "split") == 0
                           ? arena_printf(w->t->arena, "{\"ids\":[\"user_id:u%u\"]}", first)
                           : arena_printf(w->t->arena, "{\"ids\":[\"user_id:u%u\",\"user_id:u%u\"]}", first, second);
    struct reply r = post(&w->place, arena_printf(w->t->arena, "/api/v1/identity/%s", verb), body);
    CHECK(w->t, r.status == 200 || r.status == 404 || r.status == 409);
}

static const char *entity_json(struct world *w, uint32_t entity)
{
    return entity == 0 ? "null" : arena_printf(w->t->arena, "\"%s\"", entities[entity]);
}

static void share_any(struct world *w)
{
    static const char *const purposes[] = {"null", "[\"service\"]", "[\"marketing\",\"service\"]", "[\"marketing\"]",
                                           "[\"health\"]"};
    uint32_t from = any(w, ENTITIES), to = any(w, ENTITIES), purpose = any(w, COUNT_OF(purposes));
    bool ends = rng_chance(&w->t->rng, 0.4), *shared = &w->model.shared[from][to];
    const char *more = ends ? "" : arena_printf(w->t->arena, ",\"policy\":\"1\",\"purposes\":%s", purposes[purpose]);
    struct reply r = post(&w->place, ends ? "/api/v1/shares/end" : "/api/v1/shares",
                          arena_printf(w->t->arena, "{\"from\":%s,\"to\":%s,\"reason\":\"r\"%s}", entity_json(w, from),
                                       entity_json(w, to), more));
    CHECK(w->t, r.status == 200 || (ends && r.status == 409)); /* there was nothing to end */
    *shared = !ends && purpose < 3;
}

static void brand_moves(struct world *w, uint32_t brand, uint32_t entity)
{
    w->model.entity[brand] = entity;
    tell(w, "/api/v1/names",
         entity == 0
             ? arena_printf(w->t->arena, "{\"kind\":\"brand\",\"name\":\"%c\",\"attributes\":{}}", 'a' + (int)brand)
             : arena_printf(w->t->arena, "{\"kind\":\"brand\",\"name\":\"%c\",\"attributes\":{\"entity\":\"%s\"}}",
                            'a' + (int)brand, entities[entity]));
}

static void anything(struct world *w)
{
    double chance = rng_unit(&w->t->rng);
    if (chance < 0.35)
        event_any(w);
    else if (chance < 0.45)
        order_any(w);
    else if (chance < 0.52)
        thing_any(w);
    else if (chance < 0.64)
        identity_any(w);
    else if (chance < 0.72)
        brand_moves(w, any(w, BRANDS), any(w, ENTITIES));
    else if (chance < 0.96)
        share_any(w);
    else
        place_restart(&w->place);
}

/* --- asking --- */

static struct reply ask_as(struct world *w, uint32_t viewer, const char *path)
{
    return ask(&w->place, (struct ask){.path = path, .token = arena_printf(w->t->arena, "kith_%c", 'a' + (int)viewer)});
}

static void answer_check(struct world *w, uint32_t viewer, const char *path, struct reply r)
{
    const char *text = (const char *)r.body.data;
    CHECK(w->t, r.status == 200 || r.status == 404);
    while ((text = strstr(text, "zz-")) != NULL) {
        text += 3;
        if (!model_sees(&w->model, viewer, (uint32_t)(*text - 'a')))
            test_fail(w->t, __FILE__, __LINE__, "%s tells %c of zz-%.8s", path, 'a' + (int)viewer, text);
    }
}

/* No more is hidden than must be. */
static void events_check(struct world *w, uint32_t viewer)
{
    struct reply r = ask_as(w, viewer, "/api/v1/export/events");
    answer_check(w, viewer, "export", r);
    for (uint32_t i = 0; i < w->model.value_count; i++) {
        uint32_t brand = w->model.brand_of[i];
        bool told = has(r, arena_printf(w->t->arena, "\"note\":\"zz-%c-%u\"", 'a' + (int)brand, i));
        CHECK_EQ(w->t, told, w->model.is_event[i] && model_sees(&w->model, viewer, brand));
    }
}

/* Known is who has an event of a brand that the viewer sees; who sees the whole group tells of which brands there are any. */
static void person_check(struct world *w, uint32_t viewer, uint32_t user)
{
    const char *path = arena_printf(w->t->arena, "/api/v1/people/user_id:u%u", user);
    struct reply whole = get(&w->place, path);
    bool known = false;
    if (whole.status == 404 || strcmp(at(&w->place, whole, "pending"), "false") != 0)
        return;
    for (size_t i = count_at(&w->place, whole, "counters"); i-- > 0;) {
        const char *brand = at(&w->place, whole, arena_printf(w->t->arena, "counters.%zu.brand", i));
        known |= model_sees(&w->model, viewer, (uint32_t)(brand[0] - 'a'));
    }
    CHECK_STATUS(w->t, ask_as(w, viewer, path), known ? 200 : 404);
}

static void ask_all(struct world *w, uint32_t viewer)
{
    static const char *const paths[] = {"/api/v1/people/user_id:u%u?timeline=100",
                                        "/api/v1/people/user_id:u%u/timeline?limit=100",
                                        "/api/v1/people/user_id:u%u/orders",
                                        "/api/v1/people/user_id:u%u/relations",
                                        "/api/v1/find?q=user_id:u%u",
                                        "/api/v1/export/people",
                                        "/api/v1/export/orders",
                                        "/api/v1/export/things",
                                        "/api/v1/things/store?limit=100",
                                        "/api/v1/identity/acts",
                                        "/api/v1/identity/reviews",
                                        "/api/v1/stats"};
    uint32_t user = any(w, USERS);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        const char *number = strstr(paths[i], "%u");
        const char *path = number == NULL ? paths[i]
                                          : arena_printf(w->t->arena, "%.*s%u%s", (int)(number - paths[i]), paths[i],
                                                         user, number + 2);
        answer_check(w, viewer, path, ask_as(w, viewer, path));
    }
    person_check(w, viewer, user);
    events_check(w, viewer);
}

static void no_answer_tells_another_brands_values_without_a_live_edge(struct t *t)
{
    struct world *w = ARENA_NEW(t->arena, struct world);
    *w = (struct world){.t = t};
    place_open_main(&w->place, t);
    for (uint32_t brand = 0; brand < BRANDS; brand++) {
        struct token token = {.roles = 1u << ROLE_READ, .brand_count = 1};
        token.name[0] = token.brands[0][0] = (char)('a' + brand);
        place_token(&w->place, "main", &token, arena_printf(t->arena, "kith_%c", 'a' + (int)brand));
        for (uint32_t entity = 0; entity < ENTITIES; entity++)
            brand_moves(w, brand, (entity + brand) % ENTITIES);
    }
    for (int i = 0; i < STEPS; i++) {
        anything(w);
        ask_all(w, any(w, BRANDS));
    }
    place_close(&w->place);
}

static const struct test tests[] = {
    {"no answer tells another brand's values without a live edge",
     no_answer_tells_another_brands_values_without_a_live_edge, 4},
};
TEST_MAIN(tests)
