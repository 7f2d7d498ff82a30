/* Covers: draft.c, segment.c, native.c. */
#include "edge/codec/codec_test.h"

static const char *const seeds[] = {
    "{\"batch\":[{\"type\":\"track\",\"event\":\"Order Completed\",\"messageId\":\"m\",\"timestamp\":\"2026-11-22T03:04:00.000Z\",\"userId\":\"u\","
    "\"anonymousId\":\"1f2e3d4c-1111-4222-8333-444455556666\",\"context\":{\"traits\":{\"phone\":\"13812345678\"},\"device\":{\"id\":\"d\"},"
    "\"externalIds\":[{\"type\":\"openid\",\"ns\":\"w\",\"id\":\"o\"}],\"page\":{\"path\":\"/\"}},\"properties\":{\"order_id\":1,\"revenue\":1.5,"
    "\"products\":[{\"sku\":\"s\",\"price\":9}],\"revenue\":2}},{\"type\":\"identify\",\"traits\":{\"email\":\"a@b.cn\"}}],\"sentAt\":1795316645}",
    "{\"id\":\"m\",\"event\":\"支付\",\"time\":\"2026-11-22T11:00:00+08:00\",\"ids\":[{\"type\":\"phone\",\"value\":13812345678,\"role\":\"payer\"}],"
    "\"actor\":{\"kind\":\"staff\",\"id\":\"G\"},\"other\":{\"ids\":[{\"type\":\"email\",\"value\":\"a@b.cn\"}]},\"order\":\"o\",\"traits\":{\"n\":null},"
    "\"consents\":[{\"purpose\":\"m\",\"given\":true,\"until\":1}],\"properties\":{\"a\":[1,{\"b\":1e3}]},\"items\":[{}]}\n{\"event\":\"y\"}",
};

static void all_are_good(struct t *t, struct rig *r)
{
    size_t at = 0;
    for (size_t i = 0; i < r->batch.event_count; i++) {
        (void)rig_event(t, r, i);
        CHECK_EQ(t, r->batch.events[i].offset, at);
        at += r->batch.events[i].size;
    }
    CHECK_EQ(t, at, r->batch.packed.size);
    CHECK_EQ(t, r->batch.counts.events, r->batch.event_count);
    CHECK_EQ(t, r->batch.counts.faults, r->batch.fault_count);
}

/* Bytes cut off, changed and moved about: what is read of them is good, and the same whenever it is read. */
static void any_bytes_are_safe(struct t *t)
{
    static struct rig *r;
    if (r == NULL)
        r = rig_create();
    const char *seed = seeds[rng_below(&t->rng, COUNT_OF(seeds))];
    size_t size = strlen(seed);
    char *body = arena_take(t->arena, size, 1);
    memcpy(body, seed, size);
    for (uint64_t left = rng_below(&t->rng, 4); left > 0; left--) {
        static const char bytes[] = "\"{}[],:\\0019eE-. \nantf\xe7\xff";
        size_t from = rng_below(&t->rng, size), to = rng_below(&t->rng, size), run = rng_below(&t->rng, 12);
        if (rng_chance(&t->rng, 0.5))
            body[to] = bytes[rng_below(&t->rng, sizeof bytes)];
        else if (from + run <= size && to + run <= size)
            memmove(body + to, body + from, run);
    }
    if (rng_chance(&t->rng, 0.2))
        size = rng_below(&t->rng, size + 1);
    struct bytes all = bytes_of(body, size);
    enum segment_call call = (enum segment_call)rng_below(&t->rng, CALL_COUNT);
    struct status status = rig_segment(r, all, call);
    all_are_good(t, r);
    struct hash128 first = hash128(buf_bytes(&r->batch.packed), 0);
    CHECK_EQ(t, rig_segment(r, all, call).code, status.code);
    CHECK(t, hash128_equal(first, hash128(buf_bytes(&r->batch.packed), 0)));
    (void)failed(rig_native(r, all));
    all_are_good(t, r);
}

/* A name stands once: the last one of it counts, and the others keep their order. */
static void records_hold_the_last_of_each_name(struct t *t)
{
    struct rig *r = rig_create();
    bool many = rng_chance(&t->rng, 0.5); /* records of many members are searched in another way */
    uint64_t count = rng_below(&t->rng, many ? 600 : 60), names = 1 + rng_below(&t->rng, many ? 700 : 80);
    struct buf body, want;
    uint64_t name_of[600], last[700];
    buf_init(&body, 1 << 16);
    buf_init(&want, 1 << 16);
    buf_push_text(&body, "{\"event\":\"x\",\"properties\":{");
    for (uint64_t i = 0; i < count; i++) {
        name_of[i] = rng_below(&t->rng, names);
        last[name_of[i]] = i;
        buf_printf(&body, "%s\"k%c%u\":%u", i == 0 ? "" : ",", (char)('a' + name_of[i] % 26), (unsigned)name_of[i], (unsigned)i);
    }
    buf_push_text(&body, "}}");
    buf_push_text(&want, "{");
    for (uint64_t i = 0; i < count; i++)
        if (last[name_of[i]] == i)
            buf_printf(&want, "%s\"k%c%u\":%u", want.size == 1 ? "" : ",", (char)('a' + name_of[i] % 26), (unsigned)name_of[i], (unsigned)i);
    buf_push_text(&want, "}");
    CHECK_DONE(t, rig_segment(r, buf_bytes(&body), CALL_TRACK), &r->e);
    CHECK_BYTES(t, record_text(r, rig_event(t, r, 0).properties), buf_bytes(&want));
    CHECK_DONE(t, rig_native(r, buf_bytes(&body)), &r->e);
    CHECK_BYTES(t, record_text(r, rig_event(t, r, 0).properties), buf_bytes(&want));
    buf_fini(&body);
    buf_fini(&want);
    rig_destroy(r);
}

/* However often identifiers are said, blocked or not, the kept ones stay what they are. */
static void identifiers_are_kept_whole(struct t *t)
{
    struct rig *r = rig_create();
    struct buf body;
    uint64_t people = 1 + rng_below(&t->rng, 40), said = 1 + rng_below(&t->rng, 300), distinct = 0;
    bool seen[40] = {false};
    buf_init(&body, 1 << 20);
    buf_push_text(&body, "{\"event\":\"x\",\"ids\":[");
    for (uint64_t i = 0; i < said; i++) {
        uint64_t who = rng_below(&t->rng, people);
        bool blocked = rng_chance(&t->rng, 0.3);
        buf_push_text(&body, i == 0 ? "" : ",");
        if (blocked)
            buf_push_text(&body, "{\"type\":\"phone\",\"value\":\"13888888888\"}");
        else
            buf_printf(&body, "{\"type\":\"user_id\",\"value\":\"%060u\"}", (unsigned)who + 1);
        distinct += !blocked && !seen[who];
        seen[who] |= !blocked;
    }
    buf_push_text(&body, "]}");
    CHECK_DONE(t, rig_native(r, buf_bytes(&body)), &r->e);
    if (r->batch.event_count == 0 && distinct <= ENVELOPE_IDS_MAX)
        test_fail(t, __FILE__, __LINE__, "%s", r->batch.faults[0].words);
    CHECK_EQ(t, r->batch.event_count, distinct <= ENVELOPE_IDS_MAX);
    if (r->batch.event_count == 1) {
        struct envelope v = rig_event(t, r, 0);
        CHECK_EQ(t, v.id_count, distinct);
        for (uint32_t i = 0; i < v.id_count; i++)
            CHECK(t, hash128_equal(v.ids[i].key, identifier_key(SECRET, TYPE_USER_ID, BYTES_NONE, v.ids[i].value)));
    }
    buf_fini(&body);
    rig_destroy(r);
}

/* Microseconds that an event takes to read with so many members, all of other names or all of one: the least of many
 * readings, as others may run on the machine. */
static int64_t us_to_read(struct t *t, struct rig *r, unsigned members, bool one_name)
{
    struct buf body;
    int64_t least_us = INT64_MAX;
    buf_init(&body, 1 << 16);
    buf_push_text(&body, "{\"event\":\"x\",\"properties\":{");
    for (unsigned i = 0; i < members; i++)
        buf_printf(&body, "%s\"%x\":1", i == 0 ? "" : ",", one_name ? 1 : i);
    buf_push_text(&body, "}}");
    for (int round = 0; round < 200; round++) {
        int64_t begin_us = time_monotonic_us();
        CHECK_DONE(t, rig_native(r, buf_bytes(&body)), &r->e);
        int64_t took_us = time_monotonic_us() - begin_us;
        least_us = took_us < least_us ? took_us : least_us;
    }
    CHECK_EQ(t, r->batch.event_count, 1);
    buf_fini(&body);
    return least_us;
}

/* Ten times the members cost about ten times as much, not a hundred times. */
static void many_members_cost_no_more_each_than_few(struct t *t)
{
    struct rig *r = rig_create();
    int64_t few_us = us_to_read(t, r, 100, false) + 1;
    CHECK(t, us_to_read(t, r, 1000, false) < 20 * few_us);
    CHECK(t, us_to_read(t, r, 4000, true) < 80 * few_us);
    rig_destroy(r);
}

static const struct test tests[] = {
    {"any bytes are safe", any_bytes_are_safe, 20000},
    {"records hold the last of each name", records_hold_the_last_of_each_name, 300},
    {"identifiers are kept whole", identifiers_are_kept_whole, 100},
    {"many members cost no more each than few", many_members_cost_no_more_each_than_few, 1},
};
TEST_MAIN(tests)
