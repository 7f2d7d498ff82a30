#include "engine/dead.h"

#include "engine/engine_domain.h"
#include "engine/outcome.h"
#include "engine/registry.h"
#include "lib/pack.h"
#include "testing/test.h"
#include "testing/tiny.h"

static const struct domain *const domains[] = {&engine_domain, &tiny_domain};

struct bench {
    struct registry *registry;
    struct rows *rows;
    struct arena *arena;
    struct step step;
    uint64_t position;
};

static void bench_open(struct t *t, struct bench *b)
{
    struct err e = {0};
    size_t count;
    *b = (struct bench){.arena = arena_create(4096)};
    CHECK_DONE(t, registry_create(domains, COUNT_OF(domains), &b->registry, &e), &e);
    const struct family *const *families = registry_families(b->registry, &count);
    CHECK_DONE(t, rows_create(families, count, &b->rows, &e), &e);
}

static void bench_close(struct bench *b)
{
    rows_destroy(b->rows);
    registry_destroy(b->registry);
    arena_destroy(b->arena);
}

static const struct view *bench_view(struct bench *b)
{
    arena_reset(b->arena);
    step_begin(&b->step, b->rows, b->registry, b->arena);
    b->step.view.position = ++b->position;
    b->step.view.now_us = (int64_t)b->position * 1000;
    return &b->step.view;
}

static const struct refusal *bench_apply(struct bench *b, uint32_t command, struct bytes payload)
{
    (void)bench_view(b);
    const struct refusal *refusal = registry_command(b->registry, command)->apply(&b->step, payload);
    if (refusal == NULL) {
        step_settle(&b->step, NULL, NULL);
        step_commit(&b->step, b->rows);
    }
    return refusal;
}

static void ask(struct bench *b, const char *key, const char *words)
{
    struct buf payload;
    buf_init(&payload, 1024);
    pack_bytes(&payload, bytes_of_text(key));
    pack_raw(&payload, bytes_of_text(words));
    (void)bench_apply(b, COMMAND_TINY_ASK, buf_bytes(&payload));
    buf_fini(&payload);
}

static void answer(struct bench *b, const char *key, bool worked, const char *words)
{
    struct buf payload;
    buf_init(&payload, 4096);
    pack_u32(&payload, tiny_ring.id);
    pack_bytes(&payload, bytes_of_text(key));
    pack_u8(&payload, worked);
    pack_raw(&payload, bytes_of_text(words));
    (void)bench_apply(b, COMMAND_ANSWERED, buf_bytes(&payload));
    buf_fini(&payload);
}

static const struct refusal *span(struct bench *b, uint32_t command, uint64_t from, uint64_t until)
{
    struct buf payload;
    buf_init(&payload, 16);
    dead_span_pack(&payload, from, until);
    const struct refusal *refusal = bench_apply(b, command, buf_bytes(&payload));
    buf_fini(&payload);
    return refusal;
}

static size_t outbox_size(const struct bench *b)
{
    struct bytes key = BYTES_LIT("\0"), value;
    size_t count = 0;
    while (rows_keyed_next(b->rows, &outbox_family, key, true, &key, &value))
        count++;
    return count;
}

static void what_the_world_refuses_is_kept_with_its_reason(struct t *t)
{
    struct bench b;
    struct dead_letter letter;
    bench_open(t, &b);
    ask(&b, "k1", "a 王小明");
    ask(&b, "k2", "b");
    answer(&b, "k2", true, "taken");
    CHECK(t, !dead_letter_next(bench_view(&b), 0, &letter));
    answer(&b, "k1", false, "404: nobody is here");
    CHECK_EQ(t, outbox_size(&b), 0);
    REQUIRE(t, dead_letter_next(bench_view(&b), 0, &letter));
    CHECK(t, letter.kind == &tiny_ring && letter.asked_us == 1000 && letter.time_us == (int64_t)letter.position * 1000);
    CHECK_BYTES(t, letter.key, BYTES_LIT("k1"));
    CHECK_BYTES(t, letter.payload, BYTES_LIT("a 王小明"));
    CHECK_BYTES(t, letter.words, BYTES_LIT("404: nobody is here"));
    CHECK(t, !dead_letter_next(bench_view(&b), letter.position, &letter));
    CHECK_EQ(t, dead_letters_count(bench_view(&b)), 1);
    answer(&b, "k1", false, "again"); /* a port may say it twice after a crash */
    CHECK_EQ(t, dead_letters_count(bench_view(&b)), 1);
    bench_close(&b);
}

static void one_goes_out_again_or_is_let_go(struct t *t)
{
    struct bench b;
    struct dead_letter first, second;
    bench_open(t, &b);
    for (int i = 0; i < 2; i++) {
        const char *key = i == 0 ? "k1" : "k2";
        ask(&b, key, "ring");
        answer(&b, key, false, "no");
    }
    REQUIRE(t, dead_letter_next(bench_view(&b), 0, &first));
    uint64_t position = first.position;
    REQUIRE(t, dead_letter_next(bench_view(&b), position, &second));
    uint64_t other = second.position;
    CHECK(t, span(&b, COMMAND_DEAD_AGAIN, position, position + 1) == NULL);
    CHECK_EQ(t, outbox_size(&b), 1);
    CHECK_EQ(t, dead_letters_count(bench_view(&b)), 1);
    CHECK_TEXT(t, span(&b, COMMAND_DEAD_AGAIN, position, position + 1)->name, "no_such_dead_letter");
    CHECK(t, span(&b, COMMAND_DEAD_DROP, other, other + 1) == NULL);
    CHECK_EQ(t, outbox_size(&b), 1);
    CHECK_EQ(t, dead_letters_count(bench_view(&b)), 0);
    answer(&b, "k1", false, "still no"); /* the same key, a new letter */
    REQUIRE(t, dead_letter_next(bench_view(&b), 0, &first));
    CHECK_BYTES(t, first.key, BYTES_LIT("k1"));
    CHECK(t, first.position > other);
    bench_close(&b);
}

/* More than one step does: the rest follows. */
static void all_go_out_again_in_steps(struct t *t)
{
    enum { LETTERS = 70 };
    struct bench b;
    struct dead_letter letter;
    uint32_t steps = 1;
    bench_open(t, &b);
    for (int i = 0; i < LETTERS; i++) {
        const char *key = arena_printf(t->arena, "k%d", i);
        ask(&b, key, "ring");
        answer(&b, key, false, "no");
    }
    CHECK(t, span(&b, COMMAND_DEAD_AGAIN, 0, UINT64_MAX) == NULL);
    while (b.step.outcome->follow_up_count > 0 && dead_letter_next(bench_view(&b), 0, &letter)) {
        CHECK(t, span(&b, COMMAND_DEAD_AGAIN, letter.position, UINT64_MAX) == NULL);
        steps++;
    }
    CHECK_EQ(t, steps, 3);
    CHECK_EQ(t, outbox_size(&b), LETTERS);
    CHECK_EQ(t, dead_letters_count(bench_view(&b)), 0);
    bench_close(&b);
}

static void the_oldest_go_when_there_are_too_many(struct t *t)
{
    struct bench b;
    struct dead_letter letter;
    bench_open(t, &b);
    for (unsigned i = 0; i < DEAD_LETTERS_MAX + 3; i++) {
        const char *key = arena_printf(t->arena, "k%u", i);
        ask(&b, key, "ring");
        answer(&b, key, false, "no");
    }
    CHECK_EQ(t, dead_letters_count(bench_view(&b)), DEAD_LETTERS_MAX);
    REQUIRE(t, dead_letter_next(bench_view(&b), 0, &letter));
    CHECK_BYTES(t, letter.key, BYTES_LIT("k3"));
    bench_close(&b);
}

static void a_span_of_nothing_is_no_command(struct t *t)
{
    struct err e = {0};
    struct buf b;
    buf_init(&b, 16);
    dead_span_pack(&b, 5, 5);
    CHECK_FAILS(t, dead_span_check(buf_bytes(&b), &e), INVALID);
    CHECK_FAILS(t, dead_span_check(BYTES_LIT("x"), &e), INVALID);
    buf_fini(&b);
}

static const struct test tests[] = {
    {"what the world refuses is kept with its reason", what_the_world_refuses_is_kept_with_its_reason, 1},
    {"one goes out again or is let go", one_goes_out_again_or_is_let_go, 1},
    {"all go out again, in steps", all_go_out_again_in_steps, 1},
    {"the oldest go when there are too many", the_oldest_go_when_there_are_too_many, 1},
    {"a span of nothing is no command", a_span_of_nothing_is_no_command, 1},
};
TEST_MAIN(tests)
