/* Long sections lie in rows of their own, and come back to the person's row when they are short again. */
#include "engine/stow.h"

#include "engine/engine_domain.h"
#include "engine/registry.h"
#include "testing/test.h"

static const struct family beyond = {
    .id = 120, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "long_words"};
static const struct section words = {.id = 14, .kind = SECTION_FOLD, .name = "words", .beyond = &beyond};
static const struct family *const families[] = {&beyond};
static const struct section *const sections[] = {&words};
static const struct domain domain = {
    .number = 0x77, .name = "words", .families = families, .family_count = 1, .sections = sections, .section_count = 1};

struct bench {
    struct registry *registry;
    struct rows *rows;
    struct arena *arena;
    struct step step;
};

static void bench_step(struct bench *b)
{
    arena_reset(b->arena);
    step_begin(&b->step, b->rows, b->registry, b->arena);
}

static void bench_open(struct t *t, struct bench *b)
{
    static const struct domain *const domains[] = {&engine_domain, &domain};
    struct err e = {0};
    size_t count;
    CHECK_DONE(t, registry_create(domains, COUNT_OF(domains), &b->registry, &e), &e);
    const struct family *const *all = registry_families(b->registry, &count);
    CHECK_DONE(t, rows_create(all, count, &b->rows, &e), &e);
    b->arena = arena_create(1 << 16);
    bench_step(b);
}

static void bench_commit(struct bench *b)
{
    step_settle(&b->step, NULL, NULL);
    step_commit(&b->step, b->rows);
    bench_step(b);
}

static void bench_close(struct bench *b)
{
    rows_destroy(b->rows);
    registry_destroy(b->registry);
    arena_destroy(b->arena);
}

static struct bytes text_of(struct t *t, char letter, size_t size)
{
    char *text = ARENA_ARRAY(t->arena, char, size);
    memset(text, letter, size);
    return bytes_of(text, size);
}

static uint64_t rows_beyond(const struct bench *b)
{
    struct rows_usage usage;
    rows_usage(b->rows, &usage);
    return usage.rows[beyond.id];
}

static void long_ones_lie_elsewhere(struct t *t)
{
    struct bench b;
    bench_open(t, &b);
    uint32_t person = step_person_create(&b.step);
    section_write(&b.step, person, &words, text_of(t, 'a', SECTION_INLINE_MAX));
    bench_commit(&b);
    CHECK_EQ(t, rows_beyond(&b), 0);
    section_write(&b.step, person, &words, text_of(t, 'b', SECTION_INLINE_MAX + 1));
    bench_commit(&b);
    CHECK_EQ(t, rows_beyond(&b), 1);
    CHECK(t, view_section(&b.step.view, person, &words).size < 10);
    CHECK_BYTES(t, section_read(&b.step.view, person, &words), text_of(t, 'b', SECTION_INLINE_MAX + 1));
    section_write(&b.step, person, &words, text_of(t, 'c', 3));
    bench_commit(&b);
    CHECK_EQ(t, rows_beyond(&b), 0);
    CHECK_BYTES(t, section_read(&b.step.view, person, &words), BYTES_LIT("ccc"));
    section_write(&b.step, person, &words, BYTES_NONE);
    CHECK_EQ(t, section_read(&b.step.view, person, &words).size, 0);
    bench_close(&b);
}

/* The row of an absorbed person points to the long section of somebody who is an alias now. */
static void after_a_merge_it_is_put_in_its_place(struct t *t)
{
    struct bench b;
    struct bytes text = text_of(t, 'm', 5000);
    bench_open(t, &b);
    uint32_t living = step_person_create(&b.step), absorbed = step_person_create(&b.step);
    section_write(&b.step, absorbed, &words, text);
    bench_commit(&b);
    step_section_put(&b.step, living, &words, view_section(&b.step.view, absorbed, &words));
    step_section_put(&b.step, absorbed, &words, BYTES_NONE);
    section_restow(&b.step, living, &words);
    section_unstow(&b.step, absorbed, &words);
    bench_commit(&b);
    CHECK_EQ(t, rows_beyond(&b), 1);
    CHECK_BYTES(t, section_read(&b.step.view, living, &words), text);
    step_section_put(&b.step, living, &words, text); /* combined in the row itself */
    section_restow(&b.step, living, &words);
    bench_commit(&b);
    CHECK(t, view_section(&b.step.view, living, &words).size < 10);
    CHECK_BYTES(t, section_read(&b.step.view, living, &words), text);
    bench_close(&b);
}

static const struct test tests[] = {
    {"long sections lie elsewhere, and come back", long_ones_lie_elsewhere, 1},
    {"after a merge a section is put in its place", after_a_merge_it_is_put_in_its_place, 1},
};
TEST_MAIN(tests)
