/* Covers: work.c
 *
 * One work that hands in many commands, with real threads: they come in their order, and some at a time. */
#include "engine/work.h"

#include "base/rng.h"
#include "base/time.h"
#include "engine/engine_domain.h"
#include "engine/host_test.h"

#define RESULT_ROUNDS \
    300000u             /* that applying one takes: a fraction of a millisecond or more, so that not all fit into two */
#define GROUPS_LEAST 3u /* beside the one of whoever wants it */

/* --- a domain that wants it once --- */

enum { COMMAND_WANT = 0x7101, COMMAND_RESULT = 0x7102 };

static const struct family word = {.id = 120, .kind = FAMILY_KEYED, .value_bytes = 8, .name = "word"};
#define WANTED BYTES_LIT("wanted")
#define NEXT BYTES_LIT("next")

static const struct refusal out_of_order = {"out_of_order", "Not the next one.", "顺序不对。"};

static uint64_t number_of(const struct view *v, struct bytes key)
{
    struct bytes value;
    uint64_t number = 0;
    if (view_keyed(v, &word, key, &value))
        memcpy(&number, value.data, sizeof number);
    return number;
}

static void number_put(struct step *s, struct bytes key, uint64_t number)
{
    step_keyed_put(s, &word, key, arena_copy(s->view.arena, bytes_of((const uint8_t *)&number, sizeof number)));
}

static const struct refusal *want_apply(struct step *s, struct bytes payload)
{
    (void)payload;
    number_put(s, WANTED, 1);
    return NULL;
}

static const struct refusal *result_apply(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    uint64_t number = unpack_u64(&u), taken = number;
    for (uint32_t i = 0; i < RESULT_ROUNDS; i++)
        taken = rng_mix(taken);
    if (number != number_of(&s->view, NEXT) || taken == 0)
        return &out_of_order;
    number_put(s, NEXT, number + 1);
    number_put(s, WANTED, number + 1 < WORK_COMMANDS_MAX);
    return NULL;
}

static bool is_wanted(const struct view *v, struct work_context *c)
{
    (void)c;
    return number_of(v, WANTED) != 0;
}

static fallible results_write(struct work_context *c, struct buf *out_payload, struct err *e)
{
    (void)e;
    for (uint64_t i = 0; i < WORK_COMMANDS_MAX; i++) {
        if (i > 0)
            work_cut_at(c, out_payload->size);
        pack_u64(out_payload, i);
    }
    return DONE;
}

static const struct command want_commands[] = {
    {COMMAND_WANT, "many.want", 0, ROLE_WRITE, NULL, NULL, want_apply, "Wants work.", NULL},
    {COMMAND_RESULT, "many.result", 8, ROLE_SYSTEM, NULL, NULL, result_apply, "One of its results.", NULL},
};
static const struct work_kind many_work = {.id = 0x7103,
                                           .name = "many.work",
                                           .command_id = COMMAND_RESULT,
                                           .commands_max = WORK_COMMANDS_MAX,
                                           .wanted = is_wanted,
                                           .run = results_write};
static const struct family *const word_families[] = {&word};
static const struct work_kind *const many_works[] = {&many_work};
static const struct domain many_domain = {
    .number = 0x71,
    .name = "many",
    .about = "Results.",
    .families = word_families,
    .family_count = COUNT_OF(word_families),
    .commands = want_commands,
    .command_count = COUNT_OF(want_commands),
    .works = many_works,
    .work_count = COUNT_OF(many_works),
};
static const struct domain *const many_domains[] = {&engine_domain, &tiny_domain, &many_domain};

/* --- */

struct seen {
    struct place *place;
    uint64_t next;
    struct engine_stats stats;
};

static void look(const struct view *v, void *context)
{
    struct seen *s = context;
    s->next = number_of(v, NEXT);
    engine_stats(workspace_engine(s->place->workspace), &s->stats);
}

static struct seen look_at(struct place *p)
{
    struct err e = {0};
    struct seen s = {.place = p};
    CHECK_DONE(p->t, host_read(p->host, p->workspace, look, &s, &e), &e);
    return s;
}

static void many_results_come_in_their_order_some_at_a_time(struct t *t)
{
    struct err e = {0};
    struct answer answer;
    struct place p = {0};
    CHECK_DONE(t, registry_create(many_domains, COUNT_OF(many_domains), &p.registry, &e), &e);
    place_open(&p, t, 0);
    struct seen before = look_at(&p), after;
    CHECK_DONE(t, host_call(p.host, p.workspace, COMMAND_WANT, BYTES_NONE, &answer, NULL, &e), &e);
    int64_t until_us = time_monotonic_us() + 20 * US_PER_SECOND;
    do
        after = look_at(&p); /* a round of the engine */
    while (after.next < WORK_COMMANDS_MAX && time_monotonic_us() < until_us);
    CHECK_EQ(t, after.next, WORK_COMMANDS_MAX);
    CHECK_EQ(t, after.stats.refused, before.stats.refused);
    CHECK(t, after.stats.groups - before.stats.groups >= 1 + GROUPS_LEAST);
    place_close(&p);
    registry_destroy(p.registry);
}

static const struct test tests[] = {
    {"many results come in their order, some at a time", many_results_come_in_their_order_some_at_a_time, 2},
};
TEST_MAIN(tests)
