/* Whatever is said, in the real engine where every clean row goes cold and power fails now and then: each change is told once, in
 * order, from any cursor that is kept. Covers: change.c, book.c */
#include <stdlib.h>

#include "domain/change/teller_test.h"
#include "testing/plant.h"

#define ROUNDS 120u
#define CHANGES_MAX 20000u
#define TURNS_MAX 200
#define PARTS_MAX 3u /* of a split */

/* All that was ever said while there was a consumer, by position and index. */
struct model {
    struct kept_change *list;
    size_t count;
    bool is_kept;
    struct change_cursor since;
};

struct rig {
    struct plant plant;
    struct t *t;
    struct model model;
    struct buf payload;
    uint64_t position; /* of the last command */
};

/* --- what is sent --- */

static void settle(struct rig *r)
{
    struct err e = {0};
    for (int turn = 0; turn < TURNS_MAX && (turn < 2 || engine_is_busy(r->plant.engine)); turn++) {
        CHECK_DONE(r->t, engine_group(r->plant.engine, NULL, 0, r->plant.now_us, &e), &e);
        CHECK_DONE(r->t, plant_house(&r->plant, 1000, &e), &e);
    }
}

static void note_position(struct submission *s, const struct answer *a)
{
    struct rig *r = s->context;
    CHECK(r->t, done(a->status) && a->refusal == NULL);
    r->position = a->position;
}

/* What r->payload says, with whatever follows it. */
static void apply(struct rig *r, uint32_t command_id)
{
    struct err e = {0};
    struct submission one = {.command = registry_command(r->plant.registry, command_id),
                             .payload = buf_bytes(&r->payload),
                             .answered = note_position,
                             .context = r};
    struct submission *list = &one;
    CHECK_DONE(r->t, engine_group(r->plant.engine, &list, 1, r->plant.now_us, &e), &e);
    settle(r);
}

static struct told any_told(struct t *t)
{
    struct told told = {.fact = (uint8_t)(1 + rng_below(&t->rng, CHANGE_FACT_END - 1)),
                        .subject = (uint32_t)rng_below(&t->rng, 1 << 20),
                        .object = (uint32_t)rng_below(&t->rng, 1 << 20)};
    if (told.fact == CHANGE_SPLIT)
        told.detail = (uint8_t)(1 + rng_below(&t->rng, PARTS_MAX));
    return told;
}

static void model_note(struct rig *r, struct told told, uint16_t index)
{
    uint32_t parts = told.fact == CHANGE_SPLIT ? told.detail : 1;
    for (uint32_t i = 0; i < parts && r->model.is_kept; i++) {
        struct kept_change c = change_of(told);
        assert(r->model.count < CHANGES_MAX);
        c.position = r->position;
        c.index = index;
        c.object += i;
        r->model.list[r->model.count++] = c;
    }
}

static void say_some(struct rig *r)
{
    struct told list[TOLD_FACTS_MAX];
    uint64_t count = rng_below(&r->t->rng, 10) == 0 ? rng_below(&r->t->rng, 500) : 1 + rng_below(&r->t->rng, 40);
    buf_clear(&r->payload);
    for (uint64_t i = 0; i < count; i++) {
        list[i] = any_told(r->t);
        told_pack(&r->payload, list[i]);
    }
    apply(r, COMMAND_TELL);
    for (uint64_t i = 0; i < count; i++)
        model_note(r, list[i], (uint16_t)i);
}

static void consumer_send(struct rig *r, enum consumer_act act, struct change_cursor cursor)
{
    struct consumer_ask ask = {.name = BYTES_LIT("copy"), .by = BYTES_LIT("test"), .act = act, .cursor = cursor};
    buf_clear(&r->payload);
    consumer_ask_pack(&ask, &r->payload);
    apply(r, COMMAND_CONSUMER);
    if (!r->model.is_kept)
        r->model = (struct model){.list = r->model.list, .is_kept = true, .since = {r->position, CHANGE_INDEX_END}};
}

static void consumer_stop(struct rig *r)
{
    if (!r->model.is_kept)
        return;
    buf_clear(&r->payload);
    buf_push_text(&r->payload, "copy");
    apply(r, COMMAND_CONSUMER_END);
    r->model.is_kept = false;
    r->model.count = 0;
}

/* --- what is read --- */

static struct change_cursor cursor_at(const struct rig *r, size_t at)
{
    return (struct change_cursor){r->model.list[at].position, r->model.list[at].index};
}

struct changes_read {
    struct rig *r;
    struct change_cursor after;
    struct changes_span span;
    bool are_kept;
    size_t count;
    bool differs;
};

/* The first of the model's changes behind a cursor, by looking at each. */
static size_t model_behind(const struct rig *r, struct change_cursor after)
{
    size_t at = 0;
    while (at < r->model.count && change_cursor_compare(cursor_at(r, at), after) <= 0)
        at++;
    return at;
}

static bool changes_are_equal(const struct kept_change *x, const struct kept_change *y)
{
    return x->position == y->position && x->index == y->index && x->fact == y->fact && x->subject == y->subject &&
           x->object == y->object && x->detail == y->detail && hash128_equal(x->owner, y->owner);
}

static void read_all(const struct view *v, void *context)
{
    struct changes_read *g = context;
    struct changes_walk w;
    struct kept_change c;
    g->are_kept = changes_span(v, &g->span);
    g->count = 0;
    g->differs = false;
    struct change_cursor after = change_cursor_compare(g->after, g->span.begin) < 0 ? g->span.begin : g->after;
    size_t first = g->are_kept ? model_behind(g->r, after) : 0;
    changes_walk_begin(v, after, &w);
    for (; changes_walk_next(&w, &c); g->count++)
        g->differs |= first + g->count >= g->r->model.count ||
                      !changes_are_equal(&c, &g->r->model.list[first + g->count]);
    g->differs |= g->are_kept && first + g->count != g->r->model.count;
}

static void read_from(struct rig *r, struct change_cursor after)
{
    struct changes_read g = {.r = r, .after = after};
    engine_read(r->plant.engine, read_all, &g);
    CHECK_EQ(r->t, g.are_kept, r->model.is_kept);
    CHECK(r->t, !g.differs);
    if (!g.are_kept)
        return;
    uint64_t told = r->model.count - model_behind(r, g.span.begin);
    CHECK(r->t,
          g.span.kept >= told && g.span.kept < told + PARTS_MAX); /* parts of a split whose first went with its page */
    CHECK(r->t, change_cursor_compare(g.span.begin, r->model.since) >= 0);
    CHECK(r->t,
          g.span.kept <= 1000 + 3 * CHANGES_A_PAGE + TOLD_FACTS_MAX * 3); /* what one command says stands beyond */
    CHECK(r->t, g.span.kept >= r->model.count || g.span.kept >= 1000 - CHANGES_A_PAGE);
}

static void read_somewhere(struct rig *r)
{
    size_t at = r->model.count == 0 ? 0 : (size_t)rng_below(&r->t->rng, r->model.count);
    struct change_cursor after = r->model.count == 0 ? r->model.since : cursor_at(r, at);
    read_from(r, after);
    after.index += (uint32_t)rng_below(&r->t->rng, 2);
    read_from(r, after);
    read_from(r, (struct change_cursor){0, 0});
}

/* --- the property --- */

static void acknowledge_some(struct rig *r)
{
    if (r->model.is_kept && r->model.count > 0)
        consumer_send(r, CONSUMER_ACKNOWLEDGES, cursor_at(r, (size_t)rng_below(&r->t->rng, r->model.count)));
}

static void one_round(struct rig *r)
{
    switch (rng_below(&r->t->rng, 12)) {
    case 0:
        plant_checkpoint(&r->plant);
        break;
    case 1:
        plant_crash(&r->plant);
        break;
    case 2:
        acknowledge_some(r);
        break;
    case 3:
        if (rng_below(&r->t->rng, 4) == 0)
            consumer_stop(r);
        break;
    case 4:
        consumer_send(r, CONSUMER_FROM_START, (struct change_cursor){0});
        break;
    default:
        say_some(r);
    }
}

static void every_change_is_told_once(struct t *t)
{
    struct rig r = {.t = t};
    r.model.list = calloc(CHANGES_MAX, sizeof *r.model.list);
    assert(r.model.list != NULL);
    buf_init(&r.payload, TOLD_BYTES * TOLD_FACTS_MAX);
    plant_open(&r.plant, t, teller_domains, COUNT_OF(teller_domains));
    engine_close(r.plant.engine);
    r.plant.options.memory_bytes = 1; /* whatever may go cold does */
    plant_start(&r.plant);
    plant_set(&r.plant, "change.kept", 1000);
    consumer_send(&r, CONSUMER_FROM_NOW, (struct change_cursor){0});
    for (unsigned round = 0; round < ROUNDS && t->failures == 0; round++) {
        one_round(&r);
        read_somewhere(&r);
    }
    plant_close(&r.plant);
    buf_fini(&r.payload);
    free(r.model.list);
}

static const struct test tests[] = {
    {"every change is told once, in order, from any cursor", every_change_is_told_once, 20},
};
TEST_MAIN(tests)
