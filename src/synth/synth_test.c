#include "synth/synth.h"

#include <stdio.h>

#include "base/hash.h"
#include "base/time.h"
#include "testing/test.h"

#define GOLDEN UINT64_C(0xa8b0d2d366ce2ff8)        /* of small_world(7): its lines, then its truth */
#define GOLDEN_ORDERS UINT64_C(0x96eb79243f837eee) /* the same of its orders */

struct count {
    uint64_t lines, duplicates, nobody, late, orders_paid, refunds, exchanges;
    uint64_t digest;
};

static struct synth *world_of(struct t *t, struct synth_options o)
{
    struct err e = {0};
    struct synth *s = NULL;
    CHECK_DONE(t, synth_create(&o, &s, &e), &e);
    return s;
}

static struct count play(struct t *t, struct synth_options o)
{
    struct count c = {0};
    struct digest digest = {0};
    struct buf line;
    buf_init(&line, SYNTH_LINE_BYTES_MAX);
    struct synth *s = world_of(t, o);
    struct synth_fact fact;
    while (s != NULL && synth_next(s, &line, &fact)) {
        c.lines++;
        c.duplicates += fact.duplicate;
        c.nobody += fact.person == SYNTH_NOBODY;
        c.late += fact.arrival_us - fact.time_us > US_PER_DAY && !fact.duplicate;
        c.orders_paid += strcmp(fact.event, "order_paid") == 0;
        c.refunds += strcmp(fact.event, "refund_done") == 0;
        c.exchanges += strcmp(fact.event, "exchange_done") == 0;
        digest_add(&digest, buf_bytes(&line));
    }
    while (s != NULL && synth_truth_next(s, &line))
        digest_add(&digest, buf_bytes(&line));
    synth_destroy(s);
    buf_fini(&line);
    c.digest = digest.value;
    return c;
}

static struct synth_options small_world(uint64_t seed)
{
    struct synth_options o = synth_options_default();
    o.seed = seed;
    o.people = 300;
    return o;
}

static void the_same_options_give_the_same_bytes(struct t *t)
{
    struct count first = play(t, small_world(7)), again = play(t, small_world(7)), other = play(t, small_world(8));
    CHECK_EQ(t, first.lines, again.lines);
    CHECK_EQ(t, first.digest, again.digest);
    CHECK(t, first.digest != other.digest);
    /* And on every machine, by every compiler. Whoever changes the world on purpose changes this number. */
    CHECK_EQ(t, first.digest, GOLDEN);
    struct synth_options told = small_world(7);
    told.tells = SYNTH_ORDERS;
    CHECK_EQ(t, play(t, told).digest, GOLDEN_ORDERS);
}

static void the_default_world_is_plausible(struct t *t)
{
    struct synth_options o = synth_options_default();
    struct count c = play(t, o);
    CHECK(t, c.lines > o.people * UINT64_C(20) && c.lines < o.people * UINT64_C(80));
    CHECK(t, c.duplicates > c.lines / 200 && c.duplicates < c.lines / 50);
    CHECK(t, c.nobody > c.lines / 200 && c.nobody < c.lines / 10);
    CHECK(t, c.late > 10 && c.late < c.lines / 20);
    CHECK(t, c.orders_paid > o.people / 4 && c.orders_paid < o.people * UINT64_C(5));
    CHECK(t, c.refunds > 0 && c.refunds < c.orders_paid / 5);
    CHECK(t, c.exchanges > 0 && c.exchanges < c.refunds);
}

static void the_truth_is_the_same_however_it_is_told(struct t *t)
{
    struct buf line;
    uint64_t digests[2] = {0}, lines[2] = {0};
    buf_init(&line, SYNTH_LINE_BYTES_MAX);
    for (size_t i = 0; i < COUNT_OF(digests); i++) {
        struct synth_options o = small_world(6);
        struct digest d = {0};
        struct synth_fact fact;
        o.tells = i == 0 ? SYNTH_EVENTS : SYNTH_ORDERS;
        struct synth *s = world_of(t, o);
        REQUIRE(t, s != NULL);
        while (synth_next(s, &line, &fact))
            lines[i]++;
        while (synth_truth_next(s, &line))
            digest_add(&d, buf_bytes(&line));
        digests[i] = d.value;
        synth_destroy(s);
    }
    CHECK(t, lines[1] > 300 && lines[1] < lines[0] / 2);
    CHECK_EQ(t, digests[0], digests[1]);
    buf_fini(&line);
}

static void things_come_parents_first(struct t *t)
{
    struct buf line, seen;
    uint32_t cursor = 0;
    uint64_t count = 0;
    struct synth *s = world_of(t, small_world(1));
    REQUIRE(t, s != NULL);
    buf_init(&line, SYNTH_LINE_BYTES_MAX);
    buf_init(&seen, 1 << 20);
    for (; synth_thing_next(s, &cursor, &line); count++) {
        char kind[64], id[64], parent[128];
        buf_push_byte(&line, 0);
        const char *text = (const char *)line.data, *up = strstr(text, ",\"parent\":\"");
        REQUIRE(t, sscanf(text, "{\"kind\":\"%63[^\"]\",\"id\":\"%63[^\"]\"", kind, id) == 2);
        CHECK(t, up == NULL || sscanf(up, ",\"parent\":\"%127[^\"]\"", parent) == 1);
        buf_push_byte(&seen, 0);
        CHECK(t, up == NULL || strstr((const char *)seen.data, arena_printf(t->arena, "\n%s\n", parent)) != NULL);
        seen.size--;
        buf_printf(&seen, "\n%s/%s\n", kind, id);
    }
    CHECK(t, count > 800 && count < 2000);
    CHECK(t, !seen.overflowed && strstr((const char *)seen.data, "\nstore/SH01\n") != NULL);
    CHECK(t, !synth_thing_next(s, &cursor, &line));
    synth_destroy(s);
    buf_fini(&line);
    buf_fini(&seen);
}

static void a_tidy_world_has_no_trouble(struct t *t)
{
    struct synth_options o = small_world(3);
    o.shared_device = o.recycled_phone = o.staff_phone = o.family = o.late_till = o.duplicate = 0;
    o.out_of_order = o.anonymous = o.junk_id = o.clock_skew = o.odd_phone = 0;
    struct count c = play(t, o);
    CHECK_EQ(t, c.duplicates, 0);
    CHECK_EQ(t, c.late, 0);
    CHECK(t, c.lines > 1000);
}

static void more_activity_gives_more_events(struct t *t)
{
    struct synth_options quiet = small_world(4), busy = small_world(4);
    busy.activity = 3;
    CHECK(t, play(t, busy).lines > 2 * play(t, quiet).lines);
}

static void the_truth_can_be_asked_twice(struct t *t)
{
    struct buf line;
    buf_init(&line, SYNTH_LINE_BYTES_MAX);
    struct synth *s = world_of(t, small_world(5));
    REQUIRE(t, s != NULL);
    CHECK(t, !synth_truth_next(s, &line)); /* nobody has been seen yet */
    struct synth_fact fact;
    while (synth_next(s, &line, &fact))
        continue;
    CHECK(t, !synth_next(s, &line, &fact));
    uint64_t digests[2] = {0}, lines[2] = {0};
    for (size_t i = 0; i < COUNT_OF(digests); i++) {
        struct digest d = {0};
        while (synth_truth_next(s, &line)) {
            lines[i] += !bytes_starts_with(buf_bytes(&line), BYTES_LIT("{\"shop\":"));
            digest_add(&d, buf_bytes(&line));
        }
        digests[i] = d.value;
    }
    CHECK(t, lines[0] > 200 && lines[0] < 600);
    CHECK_EQ(t, lines[0], lines[1]);
    CHECK_EQ(t, digests[0], digests[1]);
    synth_destroy(s);
    buf_fini(&line);
}

static void every_kind_of_sharing_occurs(struct t *t)
{
    static const char *const kinds[] = {"recycled_phone", "shared_device", "staff_phone", "family"};
    struct buf line;
    buf_init(&line, SYNTH_LINE_BYTES_MAX);
    struct synth *s = world_of(t, synth_options_default());
    REQUIRE(t, s != NULL);
    struct synth_fact fact;
    while (synth_next(s, &line, &fact))
        continue;
    uint64_t counts[COUNT_OF(kinds)] = {0};
    while (synth_truth_next(s, &line)) {
        buf_push_byte(&line, 0);
        const char *kind = strstr((const char *)line.data, "\"kind\":\"");
        for (size_t i = 0; kind != NULL && i < COUNT_OF(kinds); i++)
            counts[i] += strncmp(kind + 8, kinds[i], strlen(kinds[i])) == 0;
    }
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        CHECK(t, counts[i] > 0);
    synth_destroy(s);
    buf_fini(&line);
}

static void bad_options_are_refused(struct t *t)
{
    struct err e = {0};
    struct synth *s = NULL;
    struct synth_options o = synth_options_default();
    o.people = 0;
    CHECK_FAILS(t, synth_create(&o, &s, &e), LIMIT);
    o = synth_options_default(), o.people = SYNTH_PEOPLE_MAX + 1;
    CHECK_FAILS(t, synth_create(&o, &s, &e), LIMIT);
    o = synth_options_default(), o.days = 0;
    CHECK_FAILS(t, synth_create(&o, &s, &e), LIMIT);
    o = synth_options_default(), o.duplicate = 1.5;
    CHECK_FAILS(t, synth_create(&o, &s, &e), INVALID);
    o = synth_options_default(), o.activity = 0;
    CHECK_FAILS(t, synth_create(&o, &s, &e), INVALID);
    o = synth_options_default(), o.end_us = TIME_US_END;
    CHECK_FAILS(t, synth_create(&o, &s, &e), INVALID);
    o = synth_options_default(), o.people = SYNTH_PEOPLE_MAX, o.staff_phone = 1;
    CHECK_FAILS(t, synth_create(&o, &s, &e), LIMIT);
    CHECK(t, s == NULL);
    synth_destroy(NULL);
}

static void the_smallest_world_lives(struct t *t)
{
    struct synth_options o = synth_options_default();
    o.people = o.days = 1;
    o.activity = 100;
    CHECK(t, play(t, o).lines > 0);
}

static const struct test tests[] = {
    {"the same options give the same bytes", the_same_options_give_the_same_bytes, 1},
    {"the default world is plausible", the_default_world_is_plausible, 1},
    {"the truth is the same however it is told", the_truth_is_the_same_however_it_is_told, 1},
    {"things come parents first", things_come_parents_first, 1},
    {"a tidy world has no trouble", a_tidy_world_has_no_trouble, 1},
    {"more activity gives more events", more_activity_gives_more_events, 1},
    {"the truth can be asked twice", the_truth_can_be_asked_twice, 1},
    {"every kind of sharing occurs", every_kind_of_sharing_occurs, 1},
    {"bad options are refused", bad_options_are_refused, 1},
    {"the smallest world lives", the_smallest_world_lives, 1},
};
TEST_MAIN(tests)
