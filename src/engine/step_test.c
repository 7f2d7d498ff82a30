/* Steps: a step reads what it wrote, an unfinished one leaves no trace, facts are heard in a fixed order, and follow-ups are kept.
 * Covers: step.c, view.c, follow.c, forget.c */
#include "engine/step.h"

#include <stdlib.h>

#include "engine/engine_domain.h"
#include "engine/follow.h"
#include "engine/forget.h"
#include "engine/outcome.h"
#include "engine/registry.h"
#include "lib/pack.h"
#include "testing/relay.h"
#include "testing/test.h"
#include "testing/tiny.h"

#define KEYS 12u
#define WRITES 40
#define POSTS_MAX 400u

static const struct domain *const domains[] = {&engine_domain, &tiny_domain, &echo_domain, &scribe_domain, &relay_domain};

struct bench {
    struct registry *registry;
    struct rows *rows;
    struct arena *arena;
    struct step step;
};

static void bench_step(struct bench *b, uint64_t position, int64_t now_us)
{
    arena_reset(b->arena);
    step_begin(&b->step, b->rows, b->registry, b->arena);
    b->step.view.position = position;
    b->step.view.now_us = now_us;
}

static void bench_open(struct t *t, struct bench *b)
{
    struct err e = {0};
    CHECK_DONE(t, registry_create(domains, COUNT_OF(domains), &b->registry, &e), &e);
    size_t count;
    const struct family *const *families = registry_families(b->registry, &count);
    CHECK_DONE(t, rows_create(families, count, &b->rows, &e), &e);
    b->arena = arena_create(4096);
    bench_step(b, 1, 1000);
}

static void bench_close(struct bench *b)
{
    rows_destroy(b->rows);
    registry_destroy(b->registry);
    arena_destroy(b->arena);
}

static void bench_commit(struct bench *b)
{
    step_settle(&b->step, NULL, NULL);
    step_commit(&b->step, b->rows);
}

static const struct refusal *append(struct bench *b, uint32_t person, char letter)
{
    struct buf payload;
    buf_init(&payload, 16);
    pack_u32(&payload, person);
    pack_u8(&payload, (uint8_t)letter);
    const struct refusal *refusal = registry_command(b->registry, COMMAND_TINY_APPEND)->apply(&b->step, buf_bytes(&payload));
    buf_fini(&payload);
    return refusal;
}

static void a_step_reads_what_it_wrote(struct t *t)
{
    struct bench b;
    bench_open(t, &b);
    uint32_t one = step_person_create(&b.step), two = step_person_create(&b.step);
    CHECK(t, one == 1 && two == 2);
    CHECK(t, append(&b, one, 'a') == NULL && append(&b, one, 'b') == NULL);
    CHECK_BYTES(t, view_section(&b.step.view, one, &tiny_section), BYTES_LIT("ab"));
    CHECK(t, append(&b, 3, 'c') == &tiny_no_person);
    struct hash128 hash = hash128(BYTES_LIT("ab"), one);
    uint32_t number = 0;
    CHECK(t, view_index(&b.step.view, &tiny_index, hash, &number) && number == one);
    step_index_remove(&b.step, &tiny_index, hash);
    CHECK(t, !view_index(&b.step.view, &tiny_index, hash, &number));
    CHECK_EQ(t, rows_numbered_end(b.rows, &person_family), 1); /* nobody yet */
    bench_commit(&b);

    bench_step(&b, 2, 2000);
    CHECK_BYTES(t, view_section(&b.step.view, one, &tiny_section), BYTES_LIT("ab"));
    CHECK(t, view_person(&b.step.view, two) != NULL && view_person(&b.step.view, 3) == NULL);
    CHECK_EQ(t, step_person_create(&b.step), 3);
    step_person_clear(&b.step, one);
    CHECK_EQ(t, view_section(&b.step.view, one, &tiny_section).size, 0);
    CHECK_EQ(t, rows_series_end(b.rows, &tiny_note), 2);
    CHECK_EQ(t, step_series_push(&b.step, &tiny_note, &(uint64_t){7}), 2);
    CHECK_EQ(t, step_series_push(&b.step, &tiny_note, &(uint64_t){8}), 3);
    bench_close(&b);
}

/* A naive overlay: what stands under each key, after the rows and the writes. */
static void check_walk(struct t *t, const struct view *v, char words[KEYS][8])
{
    struct bytes key = BYTES_LIT("\0"), value;
    bool after = false;
    for (uint8_t i = 0; i < KEYS; i++) {
        if (words[i][0] == 0)
            continue;
        REQUIRE(t, view_keyed_next(v, &tiny_word, key, after, &key, &value));
        CHECK(t, key.size == 1 && key.data[0] == 'a' + i);
        CHECK_BYTES(t, value, bytes_of_text(words[i]));
        after = true;
    }
    CHECK(t, !view_keyed_next(v, &tiny_word, key, after, &key, &value));
}

static void a_walk_over_keys_lays_writes_over_rows(struct t *t)
{
    struct bench b;
    bench_open(t, &b);
    char words[KEYS][8] = {{0}};
    for (int step = 0; step < 4; step++) {
        bench_step(&b, (uint64_t)step + 1, step);
        for (int i = 0; i < WRITES; i++) {
            uint8_t at = (uint8_t)rng_below(&t->rng, KEYS), name = (uint8_t)('a' + at);
            struct bytes key = arena_copy(b.arena, bytes_of(&name, 1)), value;
            if (rng_chance(&t->rng, 0.5)) {
                words[at][0] = 0;
                step_keyed_remove(&b.step, &tiny_word, key);
            } else {
                (void)snprintf(words[at], sizeof words[at], "%d", (int)rng_below(&t->rng, 100));
                step_keyed_put(&b.step, &tiny_word, key, arena_copy(b.arena, bytes_of_text(words[at])));
            }
            CHECK_EQ(t, view_keyed(&b.step.view, &tiny_word, key, &value), words[at][0] != 0);
            check_walk(t, &b.step.view, words);
        }
        step_commit(&b.step, b.rows);
        const struct view committed = {.rows = b.rows, .registry = b.registry, .arena = b.arena};
        check_walk(t, &committed, words);
    }
    bench_close(&b);
}

/* What each numbered row holds: -1 for none. */
struct posts {
    int words[POSTS_MAX];
    uint32_t end; /* one past the last one ever made */
};

static void check_posts(struct t *t, const struct view *v, const struct posts *want)
{
    CHECK_EQ(t, view_rows_end(v, &relay_post), want->end);
    for (uint32_t i = 0; i < want->end + 2; i++) {
        struct bytes row;
        int word = -1;
        if (view_row(v, &relay_post, i, &row)) {
            CHECK(t, row.size == 0 || row.size == sizeof word);
            word = 0; /* no bytes: a row all the same */
            if (row.size > 0)
                memcpy(&word, row.data, sizeof word);
        }
        CHECK_EQ(t, word, i == 0 || i >= want->end ? -1 : want->words[i]);
    }
}

static void posts_write(struct t *t, struct bench *b, struct posts *io_posts)
{
    uint32_t at = 1 + (uint32_t)rng_below(&t->rng, io_posts->end);
    int *word = ARENA_NEW(b->arena, int);
    *word = (int)rng_below(&t->rng, 3);
    struct bytes value = bytes_of(word, *word == 0 ? 0 : sizeof *word);
    if (at == io_posts->end) {
        CHECK_EQ(t, step_row_create(&b->step, &relay_post, value), at);
        io_posts->words[io_posts->end++] = *word;
    } else if (rng_chance(&t->rng, 0.4) || io_posts->words[at] < 0) {
        step_row_remove(&b->step, &relay_post, at);
        io_posts->words[at] = -1;
    } else {
        step_row_put(&b->step, &relay_post, at, value);
        io_posts->words[at] = *word;
    }
}

static void rows_by_number_are_read_as_written(struct t *t)
{
    struct bench b;
    bench_open(t, &b);
    struct posts posts = {.end = 1};
    for (uint64_t position = 1; position < 8; position++) {
        struct posts before = posts;
        bench_step(&b, position, 0);
        for (int i = 0; i < WRITES; i++) {
            posts_write(t, &b, &posts);
            check_posts(t, &b.step.view, &posts);
        }
        CHECK(t, !step_is_clean(&b.step));
        if (rng_chance(&t->rng, 0.3))
            posts = before; /* a preview */
        else
            step_commit(&b.step, b.rows);
        const struct view committed = {.rows = b.rows, .registry = b.registry, .arena = b.arena};
        check_posts(t, &committed, &posts);
    }
    bench_close(&b);
}

static void a_step_that_is_not_committed_leaves_no_trace(struct t *t)
{
    struct bench b;
    bench_open(t, &b);
    uint32_t person = step_person_create(&b.step);
    CHECK(t, append(&b, person, 'a') == NULL);
    bench_commit(&b);
    struct hash128 before = rows_digest(b.rows);

    bench_step(&b, 2, 2000);
    CHECK(t, step_is_clean(&b.step));
    CHECK(t, append(&b, person, 'b') == NULL);
    (void)step_person_create(&b.step);
    step_ask(&b.step, &tiny_ring, BYTES_LIT("k"), BYTES_LIT("p"));
    step_timer_set(&b.step, &tiny_bell, -5, BYTES_LIT("k"), BYTES_LIT("p"));
    step_settle(&b.step, NULL, NULL);
    CHECK(t, !step_is_clean(&b.step));
    CHECK_BYTES(t, tiny_text(&b.step.view, "scribe"), BYTES_LIT("+a~a+b~b"));
    CHECK(t, hash128_equal(rows_digest(b.rows), before));

    bench_step(&b, 2, 2000);
    CHECK_BYTES(t, view_section(&b.step.view, person, &tiny_section), BYTES_LIT("a"));
    CHECK_BYTES(t, tiny_text(&b.step.view, "scribe"), BYTES_LIT("+a~a"));
    bench_close(&b);
}

/* Each of two people takes over what stands in the other's row: neither row may go before both are read. */
static void writes_may_borrow_from_rows_that_change(struct t *t)
{
    struct bench b;
    bench_open(t, &b);
    uint32_t one = step_person_create(&b.step), two = step_person_create(&b.step);
    step_section_put(&b.step, one, &tiny_section, BYTES_LIT("of the first"));
    step_section_put(&b.step, two, &tiny_section, BYTES_LIT("of the other"));
    step_keyed_put(&b.step, &tiny_word, BYTES_LIT("a"), BYTES_LIT("first"));
    step_keyed_put(&b.step, &tiny_word, BYTES_LIT("b"), BYTES_LIT("other"));
    uint32_t post = step_row_create(&b.step, &relay_post, BYTES_LIT("first")), next = step_row_create(&b.step, &relay_post, BYTES_LIT("other"));
    bench_commit(&b);

    bench_step(&b, 2, 2000);
    struct bytes first = view_section(&b.step.view, one, &tiny_section), other = view_section(&b.step.view, two, &tiny_section);
    struct bytes a = tiny_text(&b.step.view, "a"), z = tiny_text(&b.step.view, "b");
    step_section_put(&b.step, one, &tiny_section, other);
    step_section_put(&b.step, two, &tiny_section, first);
    step_keyed_put(&b.step, &tiny_word, BYTES_LIT("a"), z);
    step_keyed_put(&b.step, &tiny_word, BYTES_LIT("b"), a);
    step_keyed_put(&b.step, &tiny_word, BYTES_LIT("c"), first);
    struct bytes row = BYTES_NONE, next_row = BYTES_NONE;
    CHECK(t, view_row(&b.step.view, &relay_post, post, &row) && view_row(&b.step.view, &relay_post, next, &next_row));
    step_row_put(&b.step, &relay_post, post, next_row);
    step_row_put(&b.step, &relay_post, next, a);
    step_keyed_put(&b.step, &tiny_word, BYTES_LIT("d"), row);
    bench_commit(&b);

    bench_step(&b, 3, 3000);
    CHECK_BYTES(t, view_section(&b.step.view, one, &tiny_section), BYTES_LIT("of the other"));
    CHECK_BYTES(t, view_section(&b.step.view, two, &tiny_section), BYTES_LIT("of the first"));
    CHECK_BYTES(t, tiny_text(&b.step.view, "a"), BYTES_LIT("other"));
    CHECK_BYTES(t, tiny_text(&b.step.view, "b"), BYTES_LIT("first"));
    CHECK_BYTES(t, tiny_text(&b.step.view, "c"), BYTES_LIT("of the first"));
    CHECK_BYTES(t, tiny_text(&b.step.view, "d"), BYTES_LIT("first"));
    CHECK(t, view_row(&b.step.view, &relay_post, post, &row) && view_row(&b.step.view, &relay_post, next, &next_row));
    CHECK_BYTES(t, row, BYTES_LIT("other"));
    CHECK_BYTES(t, next_row, BYTES_LIT("first"));
    bench_close(&b);
}

static void told(void *context, const struct step *s, const struct fact_kind *kind, const void *fact)
{
    (void)s;
    const struct letter_added *added = fact;
    buf_printf(context, "%s:%c ", kind->name, added->letter);
}

/* Two facts said at once: the first is heard by all, and only then the second; what a hearer says comes last. */
static void facts_are_heard_in_the_order_said(struct t *t)
{
    struct bench b;
    struct buf order;
    bench_open(t, &b);
    buf_init(&order, 4096);
    uint32_t person = step_person_create(&b.step);
    CHECK(t, append(&b, person, 'a') == NULL && append(&b, person, 'b') == NULL);
    step_settle(&b.step, told, &order);
    CHECK_BYTES(t, buf_bytes(&order), BYTES_LIT("letter_added:a letter_added:b letter_echoed:a letter_echoed:b "));
    CHECK_BYTES(t, tiny_text(&b.step.view, "scribe"), BYTES_LIT("+a+b~a~b"));
    CHECK_BYTES(t, tiny_text(&b.step.view, "echo"), BYTES_LIT("ab"));
    buf_fini(&order);
    bench_close(&b);
}

static void a_wish_is_kept_once(struct t *t)
{
    struct bench b;
    bench_open(t, &b);
    step_ask(&b.step, &tiny_ring, BYTES_LIT("k"), BYTES_LIT("first"));
    step_ask(&b.step, &tiny_ring, BYTES_LIT("k"), BYTES_LIT("second"));
    bench_commit(&b);
    bench_step(&b, 9, 9000);
    step_ask(&b.step, &tiny_ring, BYTES_LIT("k"), BYTES_LIT("third"));
    CHECK(t, step_is_clean(&b.step));
    struct bytes key = BYTES_LIT("\0"), value;
    REQUIRE(t, view_keyed_next(&b.step.view, &outbox_family, key, false, &key, &value));
    CHECK_BYTES(t, bytes_slice(key, 4, key.size), BYTES_LIT("k"));
    CHECK_BYTES(t, bytes_slice(value, sizeof(struct outbox_head), value.size), BYTES_LIT("first"));
    bench_close(&b);
}

static void wishes_of_a_step_are_numbered(struct t *t)
{
    struct bench b;
    bench_open(t, &b);
    step_ask(&b.step, &tiny_ring, BYTES_LIT("10"), BYTES_LIT("first"));
    step_ask(&b.step, &tiny_ring, BYTES_LIT("9"), BYTES_LIT("second"));
    struct bytes key = BYTES_LIT("\0"), value;
    for (uint64_t order = 0; order < 2; order++) { /* "10" sorts first, too */
        struct outbox_head head;
        REQUIRE(t, view_keyed_next(&b.step.view, &outbox_family, key, order > 0, &key, &value));
        memcpy(&head, value.data, sizeof head);
        CHECK_EQ(t, head.order, order);
    }
    bench_close(&b);
}

static struct bytes any_payload(struct t *t, struct arena *a, size_t size)
{
    uint8_t *payload = arena_take(a, size + 1, 1);
    for (size_t i = 0; i < size; i++)
        payload[i] = (uint8_t)rng_next(&t->rng);
    return bytes_of(payload, size);
}

/* In order, whole, with the cause of the step that said them; and each is gone when its own step is over. */
static void follow_ups_are_kept_until_their_own_step(struct t *t)
{
    static const size_t sizes[] = {0, 5, ROW_BYTES_MAX - 12, ROW_BYTES_MAX - 11, FOLLOW_UP_BYTES_MAX};
    struct bench b;
    bench_open(t, &b);
    struct bytes said[COUNT_OF(sizes)];
    b.step.cause = CAUSE_IMPORT;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        said[i] = any_payload(t, t->arena, sizes[i]);
        step_then(&b.step, COMMAND_ANSWERED, said[i]);
    }
    bench_commit(&b);
    struct log_follows last = {0};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct follow_up f;
        bench_step(&b, 2, 2000);
        REQUIRE(t, follow_up_next(&b.step.view, last, &f));
        CHECK(t, f.name.position == 1 && f.name.nth == i && f.command->id == COMMAND_ANSWERED);
        CHECK_BYTES(t, f.payload, said[i]);
        last = f.name;
    }
    for (uint32_t nth = COUNT_OF(sizes); nth-- > 0;) {
        struct log_record record = {.position = 2 + nth, .time_us = 2000, .payload = BYTES_LIT("\1\0\0\0\0\0"), .follows = {1, nth}};
        struct follow_up f;
        bench_step(&b, 0, 0);
        CHECK(t, step_apply(&b.step, registry_command(b.registry, COMMAND_ANSWERED), &record) == NULL);
        CHECK_EQ(t, b.step.cause, CAUSE_IMPORT);
        CHECK(t, nth == 0 || follow_up_next(&b.step.view, (struct log_follows){1, nth - 1}, &f) == false);
        bench_commit(&b);
    }
    bench_step(&b, 9, 9000);
    struct bytes key, value;
    CHECK(t, !view_keyed_next(&b.step.view, &follow_up_family, BYTES_LIT("\0"), false, &key, &value));
    bench_close(&b);
}

static void a_setting_is_its_default_until_it_is_set(struct t *t)
{
    struct bench b;
    bench_open(t, &b);
    CHECK_EQ(t, setting_int(&b.step.view, &tiny_limit), 5);
    int64_t value = 7;
    step_keyed_put(&b.step, &setting_family, BYTES_LIT("tiny.limit"), bytes_of(&value, sizeof value));
    CHECK_EQ(t, setting_int(&b.step.view, &tiny_limit), 7);
    bench_close(&b);
}

static void a_row_of_a_person_keeps_its_sections(struct t *t)
{
    struct person in = {.number = 5}, out;
    uint8_t bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    for (uint32_t i = 0; i < SECTION_COUNT_MAX; i++)
        if (rng_chance(&t->rng, 0.5))
            in.section[i] = bytes_of(bytes, rng_below(&t->rng, sizeof bytes));
    person_decode(5, person_encode(&in, t->arena), &out);
    CHECK_EQ(t, out.number, 5);
    for (uint32_t i = 0; i < SECTION_COUNT_MAX; i++) {
        const struct section alone = {.id = (uint8_t)i};
        CHECK_BYTES(t, out.section[i], in.section[i]);
        CHECK_BYTES(t, person_row_section(person_encode(&in, t->arena), &alone), in.section[i]);
        CHECK_EQ(t, person_row_section(BYTES_NONE, &alone).size, 0);
    }
}

/* --- forgetting --- */

struct forgetting {
    struct forgotten who;
    struct t *t;
};

/* The speaker comes first in the registry, and is the last to forget: who listens to it can still ask. */
static void speaker_forgets(struct step *s, struct forgotten *who)
{
    CHECK_EQ(((struct forgetting *)who)->t, who->also_count, 1);
    CHECK(((struct forgetting *)who)->t, view_section(&s->view, who->numbers[0], &tiny_section).size > 0);
}

static void hearer_forgets(struct step *s, struct forgotten *who)
{
    uint32_t also = 9;
    CHECK_EQ(((struct forgetting *)who)->t, who->also_count, 0);
    CHECK(((struct forgetting *)who)->t, view_section(&s->view, who->numbers[0], &tiny_section).size > 0);
    forgotten_also(who, &also, 1);
}

static void touched_too(const struct view *v, const struct forgotten *who)
{
    (void)view_person(v, who->numbers[0] + 100);
}

static void a_person_is_forgotten_by_all(struct t *t)
{
    struct bench b;
    struct err e = {0};
    struct domain speaker = tiny_domain, hearer = echo_domain;
    speaker.forget = speaker_forgets;
    hearer.forget = hearer_forgets;
    hearer.forget_touch = touched_too;
    const struct domain *const all[] = {&engine_domain, &speaker, &hearer, &scribe_domain, &relay_domain};
    bench_open(t, &b);
    registry_destroy(b.registry);
    CHECK_DONE(t, registry_create(all, COUNT_OF(all), &b.registry, &e), &e);
    bench_step(&b, 1, 1000);
    uint32_t numbers[] = {step_person_create(&b.step), step_person_create(&b.step)}, other = step_person_create(&b.step);
    for (uint32_t number = numbers[0]; number <= other; number++)
        CHECK(t, append(&b, number, 'a') == NULL);
    bench_commit(&b);
    bench_step(&b, 2, 2000);
    struct forgetting *f = ARENA_NEW(t->arena, struct forgetting);
    f->t = t;
    f->who.numbers = numbers;
    f->who.number_count = 2;
    struct touched *touched = ARENA_NEW(t->arena, struct touched);
    b.step.view.touched = touched;
    forgotten_touch(&b.step.view, &f->who);
    b.step.view.touched = NULL;
    CHECK_EQ(t, touched->count, 3);
    step_forget(&b.step, &f->who);
    CHECK_EQ(t, view_section(&b.step.view, numbers[0], &tiny_section).size, 0);
    CHECK_EQ(t, view_section(&b.step.view, numbers[1], &tiny_section).size, 0);
    CHECK_BYTES(t, view_section(&b.step.view, other, &tiny_section), BYTES_LIT("a"));
    uint32_t many[FORGOTTEN_ALSO_MAX] = {0};
    CHECK(t, !f->who.is_more);
    forgotten_also(&f->who, many, FORGOTTEN_ALSO_MAX); /* with the one that is there, one too many */
    CHECK_EQ(t, f->who.also_count, FORGOTTEN_ALSO_MAX);
    CHECK(t, f->who.is_more);
    bench_close(&b);
}

static const struct test tests[] = {
    {"a step reads what it wrote", a_step_reads_what_it_wrote, 1},
    {"a walk over keys lays writes over rows", a_walk_over_keys_lays_writes_over_rows, 100},
    {"rows by number are read as written", rows_by_number_are_read_as_written, 100},
    {"a step that is not committed leaves no trace", a_step_that_is_not_committed_leaves_no_trace, 1},
    {"writes may borrow from rows that change", writes_may_borrow_from_rows_that_change, 1},
    {"facts are heard in the order said", facts_are_heard_in_the_order_said, 1},
    {"a wish is kept once", a_wish_is_kept_once, 1},
    {"wishes of a step are numbered", wishes_of_a_step_are_numbered, 1},
    {"follow-ups are kept until their own step", follow_ups_are_kept_until_their_own_step, 1},
    {"a setting is its default until it is set", a_setting_is_its_default_until_it_is_set, 1},
    {"a row of a person keeps its sections", a_row_of_a_person_keeps_its_sections, 100},
    {"a person is forgotten by all", a_person_is_forgotten_by_all, 1},
};
TEST_MAIN(tests)
