#include <stdlib.h>

#include "domain/collect/collect_test.h"

/* --- duplicates, against a list of all that was accepted --- */

#define MESSAGES_MAX 4000
#define DISTINCT 600u

struct accepted {
    uint64_t message;
    int64_t time_us;
};

struct model {
    struct accepted list[MESSAGES_MAX];
    size_t count;
    int64_t days;
    size_t ids;
};

/* Exactly: within the days, and among the last `ids` that were accepted. */
static bool model_is_duplicate(const struct model *m, uint64_t message, int64_t now_us)
{
    for (size_t i = 0; i < m->count && i < m->ids; i++) {
        const struct accepted *a = &m->list[m->count - 1 - i];
        if (a->message == message)
            return now_us - a->time_us < m->days * US_PER_DAY;
    }
    return false;
}

static void settings_change(struct t *t, struct harness *h, struct model *m)
{
    m->days = rng_between(&t->rng, 1, 3);
    m->ids = rng_chance(&t->rng, 0.5) ? 1000 : 1200;
    setting_put(h, "collect.dedup_days", m->days);
    setting_put(h, "collect.dedup_ids", (int64_t)m->ids);
}

static int64_t any_pause(struct t *t)
{
    if (rng_chance(&t->rng, 0.002))
        return rng_between(&t->rng, 0, 2 * US_PER_DAY);
    return rng_chance(&t->rng, 0.5) ? 0 : rng_between(&t->rng, 0, 3 * US_PER_MINUTE);
}

static void duplicates_are_exact(struct t *t)
{
    struct harness *h = collect_alone();
    struct model *m = ARENA_NEW(t->arena, struct model);
    uint32_t distinct = rng_chance(&t->rng, 0.5) ? DISTINCT : 20 * DISTINCT; /* ids that end by time, or by number */
    settings_change(t, h, m);
    for (int i = 0; i < MESSAGES_MAX && t->failures == 0; i++) {
        harness_time(h, harness_now_us(h) + any_pause(t));
        uint64_t message = rng_below(&t->rng, distinct);
        struct envelope v = {.event = BYTES_LIT("login")};
        bool is_duplicate = model_is_duplicate(m, message, harness_now_us(h));
        CHECK_EQ(t, event_send(t, h, &v, message) == &collect_duplicate, is_duplicate);
        if (!is_duplicate)
            m->list[m->count++] = (struct accepted){message, harness_now_us(h)};
    }
    struct view view = harness_view(h);
    CHECK(t, collect_horizon_us(&view) <= m->days * US_PER_DAY);
    harness_destroy(h);
}

/* --- names, against a list --- */

struct name_model {
    char names[64][16];
    uint32_t aliases[64];
    uint32_t count;
};

static uint32_t model_intern(struct name_model *m, const char *name)
{
    uint32_t i = 0;
    while (i < m->count && strcmp(m->names[i], name) != 0)
        i++;
    if (i == m->count)
        (void)snprintf(m->names[m->count++], sizeof m->names[0], "%s", name);
    return m->aliases[i] != 0 ? m->aliases[i] : 1000 + i;
}

static void hear(void *context, const struct step *s, const struct fact_kind *kind, const void *fact)
{
    (void)s;
    if (kind == &fact_arrived)
        *(uint32_t *)context = ((const struct arrived *)fact)->event;
}

static void numbers_follow_the_log(struct t *t)
{
    struct harness *h = collect_alone();
    struct name_model m = {0};
    uint32_t heard = 0;
    harness_listen(h, hear, &heard);
    for (int i = 0; i < 300 && t->failures == 0; i++) {
        char name[16], other[16];
        (void)snprintf(name, sizeof name, "ours %u", (unsigned)rng_below(&t->rng, 40));
        (void)snprintf(other, sizeof other, "ours %u", (unsigned)rng_below(&t->rng, 40));
        if (rng_chance(&t->rng, 0.1)) {
            uint32_t target = number_of(h, NAME_EVENT, other);
            struct view v = harness_view(h);
            bool bad = target == 0 || strcmp(name, other) == 0 || name_alias(&v, NAME_EVENT, bytes_of_text(other)) != 0;
            CHECK_EQ(t, name_send(h, NAME_EVENT, name, other, BYTES_NONE) != NULL, bad);
            if (!bad) {
                (void)model_intern(&m, name);
                m.aliases[number_of(h, NAME_EVENT, name) - 1000] = target;
            }
            continue;
        }
        struct envelope v = {.event = bytes_of_text(name)};
        CHECK(t, event_send(t, h, &v, (uint64_t)i) == NULL);
        CHECK_EQ(t, heard, model_intern(&m, name));
    }
    for (uint32_t i = 0; i < m.count; i++)
        CHECK_EQ(t, number_of(h, NAME_EVENT, m.names[i]), 1000 + i);
    harness_destroy(h);
}

/* --- any events: the same log gives the same state --- */

static struct hash128 digest_of(struct t *t, uint64_t seed)
{
    struct harness *h = collect_alone();
    struct t again = *t;
    rng_init(&again.rng, seed);
    for (int i = 0; i < 30; i++) {
        struct envelope v = any_envelope(&again);
        v.id_count = v.other_count = 0;
        (void)event_send(&again, h, &v, rng_below(&again.rng, 25));
        harness_time(h, harness_now_us(h) + rng_between(&again.rng, 0, US_PER_DAY));
    }
    t->failures = again.failures;
    struct hash128 digest = harness_digest(h);
    harness_destroy(h);
    return digest;
}

static void the_same_log_gives_the_same_state(struct t *t)
{
    struct hash128 once = digest_of(t, t->seed), twice = digest_of(t, t->seed), other = digest_of(t, t->seed + 1);
    CHECK(t, hash128_equal(once, twice));
    CHECK(t, !hash128_equal(once, other));
}

static const struct test tests[] = {
    {"duplicates are exact", duplicates_are_exact, 20},
    {"numbers follow the log", numbers_follow_the_log, 50},
    {"the same log gives the same state", the_same_log_gives_the_same_state, 20},
};
TEST_MAIN(tests)
