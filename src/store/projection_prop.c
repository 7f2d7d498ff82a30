/* Covers: rows.c, rows_numbered.c */
#include <stdlib.h>

#include "store/rows.h"
#include "testing/test.h"

#define NUMBERS 200u
#define MOVES 600
#define PAGES_MAX 300u

static const struct family people = {.id = 1, .kind = FAMILY_NUMBERED, .value_bytes = 1000, .name = "people"};
static const struct family others = {.id = 2, .kind = FAMILY_NUMBERED, .value_bytes = 1000, .name = "others"};
static const struct family *const families[] = {&people, &others};

/* What the projection makes: of each number the first byte of its row. It also sees to it that it is told what it knows. */
struct mirror {
    bool is_there[NUMBERS];
    uint8_t first[NUMBERS];
    bool was_lied_to;
};

static void *mirror_create(void)
{
    struct mirror *m = calloc(1, sizeof *m);
    assert(m != NULL);
    return m;
}

static void mirror_changed(void *made, uint32_t number, struct bytes before, struct bytes after)
{
    struct mirror *m = made;
    assert(number < NUMBERS);
    m->was_lied_to |= m->is_there[number] != (before.size > 0);
    m->was_lied_to |= before.size > 0 && m->first[number] != before.data[0];
    m->is_there[number] = after.size > 0;
    m->first[number] = after.size > 0 ? after.data[0] : 0;
}

static size_t mirror_bytes(const void *made)
{
    (void)made;
    return sizeof(struct mirror);
}

static const struct projection mirror = {.name = "mirror",
                                         .family = &people,
                                         .create = mirror_create,
                                         .destroy = free,
                                         .changed = mirror_changed,
                                         .bytes = mirror_bytes};
static const struct projection nobody = {.name = "nobody", .family = &people};

struct kept {
    struct arena *arena;
    size_t count;
    struct {
        struct bytes key, value;
    } pages[PAGES_MAX * 2];
};

static void page_keep(void *context, const struct page *page)
{
    struct kept *kept = context;
    size_t at = 0;
    while (at < kept->count && !bytes_equal(kept->pages[at].key, page->key))
        at++;
    assert(at < COUNT_OF(kept->pages));
    kept->pages[at].key = arena_copy(kept->arena, page->key);
    kept->pages[at].value = arena_copy(kept->arena, page->value);
    kept->count += at == kept->count;
}

static void checkpoint(struct rows *r, struct kept *kept)
{
    rows_checkpoint_begin(r, (struct page_sink){page_keep, kept});
    while (!rows_checkpoint_some(r, 1000))
        continue;
    rows_checkpoint_done(r);
}

static void any_move(struct t *t, struct rows *r, struct kept *kept, struct mirror *model)
{
    uint32_t number = 1 + (uint32_t)rng_below(&t->rng, NUMBERS - 1);
    uint8_t value[40];
    struct bytes there = BYTES_NONE;
    memset(value, (int)rng_below(&t->rng, 5), sizeof value);
    if (rng_chance(&t->rng, 0.02))
        checkpoint(r, kept);
    if (rng_chance(&t->rng, 0.02))
        (void)rows_evict(r, 2000);
    if (rows_numbered_get(r, &others, number, &there) != ROW_COLD)
        rows_numbered_put(r, &others, number, bytes_of(value, sizeof value));
    if (rows_numbered_get(r, &people, number, &there) == ROW_COLD)
        return;
    model->is_there[number] = rng_chance(&t->rng, 0.7);
    model->first[number] = model->is_there[number] ? value[0] : 0;
    if (model->is_there[number])
        rows_numbered_put(r, &people, number, bytes_of(value, 1 + (size_t)rng_below(&t->rng, sizeof value)));
    else
        rows_numbered_remove(r, &people, number);
}

/* Pages as a checkpoint left them, in the order of a load. */
static struct rows *loaded_again(struct t *t, const struct kept *kept, struct hash128 digest, size_t room)
{
    struct rows *r = NULL;
    struct err e = {0};
    bool is_fed[COUNT_OF(kept->pages)] = {false};
    CHECK_DONE(t, rows_create(families, COUNT_OF(families), &r, &e), &e);
    rows_project(r, &mirror);
    rows_load_within(r, (struct load_room){.rows = room});
    for (size_t i = 0; i < kept->count; i++) {
        size_t next = COUNT_OF(kept->pages);
        for (size_t j = 0; j < kept->count; j++)
            if (!is_fed[j] &&
                (next == COUNT_OF(kept->pages) || bytes_compare(kept->pages[j].key, kept->pages[next].key) < 0))
                next = j;
        is_fed[next] = true;
        if (kept->pages[next].value.size > 0)
            CHECK_DONE(t, rows_load(r, kept->pages[next].key, kept->pages[next].value, &e), &e);
    }
    CHECK_DONE(t, rows_load_done(r, digest, &e), &e);
    return r;
}

static void same(struct t *t, const struct rows *r, const struct mirror *model)
{
    const struct mirror *made = rows_projection(r, &mirror);
    CHECK(t, !made->was_lied_to);
    CHECK(t, memcmp(made->is_there, model->is_there, sizeof made->is_there) == 0);
    CHECK(t, memcmp(made->first, model->first, sizeof made->first) == 0);
}

static void a_projection_is_what_the_rows_say(struct t *t)
{
    struct rows *r = NULL;
    struct err e = {0};
    struct mirror model = {0};
    struct kept kept = {.arena = t->arena};
    struct rows_usage usage;
    REQUIRE_DONE(t, rows_create(families, COUNT_OF(families), &r, &e), &e);
    rows_project(r, &mirror);
    CHECK(t, rows_projection(r, &nobody) == NULL);
    rows_usage(r, &usage);
    CHECK(t, usage.bytes >= sizeof(struct mirror));
    for (int i = 0; i < MOVES; i++)
        any_move(t, r, &kept, &model);
    same(t, r, &model);
    checkpoint(r, &kept);
    struct rows *again = loaded_again(t, &kept, rows_digest(r), rng_chance(&t->rng, 0.5) ? 0 : SIZE_MAX);
    same(t, again, &model);
    rows_destroy(again);
    rows_destroy(r);
}

static const struct test tests[] = {
    {"a projection is what the rows say", a_projection_is_what_the_rows_say, 60},
};
TEST_MAIN(tests)
