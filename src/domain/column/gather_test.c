/* Events that are more than there is room for, and what commands of the work on columns look like. Covers: gather.c, work.c */
#include <stdlib.h>

#include "base/time.h"
#include "domain/column/gather.h"
#include "domain/column/work.h"
#include "testing/test.h"

#define EVENTS 6000u
#define START_US INT64_C(1763740800000000)

struct sent {
    uint64_t position;
    uint32_t person;
    int64_t time_us;
};

static struct bytes any_packed(struct t *t, uint64_t position, int64_t time_us)
{
    struct err e = {0};
    struct buf b = arena_buf(t->arena, 256);
    struct envelope *v = ARENA_NEW(t->arena, struct envelope);
    v->event = BYTES_LIT("page_viewed");
    v->message = hash128(bytes_of(&position, sizeof position), 0);
    v->event_us = v->received_us = time_us;
    CHECK_DONE(t, envelope_pack(v, &b, &e), &e);
    return buf_bytes(&b);
}

static void order_any(struct t *t, uint32_t order[EVENTS])
{
    for (uint32_t i = 0; i < EVENTS; i++)
        order[i] = i;
    for (uint32_t i = EVENTS; i > 1; i--) {
        uint32_t j = (uint32_t)rng_below(&t->rng, i), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

static uint32_t rows_check(struct t *t, struct gather *g, const struct sent *sent, uint64_t until, uint32_t *out_months)
{
    struct err e = {0};
    struct column_row before = {0};
    const struct column_row *row;
    uint32_t count = 0, month = UINT32_MAX, months = 0, wanted = 0;
    for (;;) {
        uint32_t next = gather_month(g);
        months += next != UINT32_MAX && next != month;
        CHECK_DONE(t, gather_next(g, &row, &e), &e);
        if (row == NULL)
            break;
        CHECK_EQ(t, next, month_of(row->time_us));
        CHECK(t, month == UINT32_MAX || next > month || (next == month && column_row_compare(&before, row) < 0));
        CHECK(t, row->position < until);
        const struct sent *s = &sent[row->position - 1];
        CHECK(t, s->position == row->position && s->person == row->person && s->time_us == row->time_us);
        before = *row;
        month = next;
        count++;
    }
    for (uint32_t i = 0; i < EVENTS; i++)
        wanted += sent[i].position < until;
    CHECK_EQ(t, count, wanted);
    *out_months = months;
    return count;
}

/* What there is no room for are the latest events; the others are all there, in order. */
static void the_oldest_stay(struct t *t)
{
    uint32_t order[EVENTS], months, span = 1 + (uint32_t)rng_below(&t->rng, 400), months_max = 1 + (uint32_t)rng_below(&t->rng, 5);
    struct sent *sent = ARENA_ARRAY(t->arena, struct sent, EVENTS);
    struct column_set *set = column_set_create();
    struct gather_rules rules = {.bytes_max = 4 * ENVELOPE_BYTES_MAX + (size_t)rng_below(&t->rng, 1 << 20), .until = EVENTS + 1};
    struct gather *g = gather_create(&rules, set);
    struct err e = {0};
    order_any(t, order);
    for (uint32_t i = 0; i < EVENTS; i++) {
        uint32_t at = order[i];
        sent[at] = (struct sent){.position = at + 1, .person = (uint32_t)rng_below(&t->rng, 50)};
        sent[at].time_us = START_US - (int64_t)rng_below(&t->rng, span) * US_PER_DAY;
        struct event_seen seen = {.note = {.position = at + 1, .person = sent[at].person, .event = 3},
                                  .event_us = sent[at].time_us,
                                  .packed = any_packed(t, at + 1, sent[at].time_us)};
        CHECK(t, gather_event(g, &seen));
    }
    CHECK_DONE(t, gather_trouble(g, &e), &e);
    gather_sort(g, true);
    gather_cut(g, months_max);
    uint64_t taken = gather_taken(g);
    CHECK_EQ(t, rows_check(t, g, sent, gather_until(g), &months), taken);
    CHECK(t, taken > 0 && months <= months_max);
    gather_destroy(g);
    column_set_destroy(set);
}

/* Erased ones that lie behind the cut come again with the next fold, as the others do. */
static void the_erased_behind_a_cut_are_not_counted(struct t *t)
{
    static const struct family *const families[] = {&move_family};
    struct column_move gone = {.position = EVENTS + 1, .person = 7, .kind = MOVE_ERASED};
    struct err e = {0};
    struct rows *rows = NULL;
    REQUIRE_DONE(t, rows_create(families, COUNT_OF(families), &rows, &e), &e);
    (void)rows_series_push(rows, &move_family, &gone);
    struct series_view *series = rows_series_view(rows, &move_family);
    struct moves *moves = moves_open_all(series);
    struct column_set *set = column_set_create();
    struct gather_rules rules = {.moves = moves, .bytes_max = 4 * ENVELOPE_BYTES_MAX, .until = EVENTS + 1};
    struct gather *g = gather_create(&rules, set);
    uint32_t order[EVENTS];
    order_any(t, order);
    for (uint32_t i = 0; i < EVENTS; i++) {
        uint64_t position = order[i] + 1u;
        struct event_seen seen = {.note = {.position = position, .person = position % 3 == 0 ? 7 : 8, .event = 3},
                                  .event_us = START_US,
                                  .packed = any_packed(t, position, START_US - (int64_t)(position % 5) * 40 * US_PER_DAY)};
        CHECK(t, gather_event(g, &seen));
    }
    CHECK_DONE(t, gather_trouble(g, &e), &e);
    CHECK_EQ(t, gather_taken(g), gather_until(g) - 1);
    gather_sort(g, true);
    gather_cut(g, 2);
    CHECK(t, gather_until(g) < EVENTS);
    CHECK_EQ(t, gather_taken(g), gather_until(g) - 1);
    gather_destroy(g);
    column_set_destroy(set);
    moves_close(moves);
    series_view_close(series);
    rows_destroy(rows);
}

/* --- payloads --- */

static struct file_row a_file(uint32_t month)
{
    struct file_row row = {.month = month, .first = 10, .until = 90, .settled = 100};
    row.sum = (struct column_sum){.count = 7, .bytes = 900, .digest = 1, .first_us = -5, .last_us = 5, .first_position = 10, .last_position = 80};
    (void)snprintf(row.name, sizeof row.name, "%05x-a-5a-64.col", month);
    return row;
}

static void folded_put(struct t *t, struct buf *b)
{
    struct file_row files[] = {a_file(24309), a_file(24310)};
    struct column_folded f = {.from = 10, .until = 90, .settled = 100, .taken = 14, .files = files, .file_count = 2};
    struct column_set *set = column_set_create();
    struct property_sights *sights = property_sights_create();
    struct column_name name = {.of = COLUMN_PROPERTY, .kind = COLUMN_NUMBER, .name = BYTES_LIT("amount")};
    struct column_cell cell = {.column = column_set_number(set, &name)};
    property_sights_add(sights, set, &(struct column_row){.event = 3, .time_us = START_US, .cell_count = 1, .cells = &cell});
    column_folded_pack(b, &f);
    property_sights_pack(sights, set, b);
    property_sights_destroy(sights);
    column_set_destroy(set);
    (void)t;
}

static void merged_put(struct t *t, struct buf *b)
{
    struct column_merged *m = ARENA_NEW(t->arena, struct column_merged);
    m->removed_count = 1;
    m->file = a_file(24309);
    m->removed[0] = file_place(&m->file);
    memcpy(m->names[0], m->file.name, sizeof m->names[0]);
    column_merged_pack(b, m);
}

static void purged_put(struct t *t, struct buf *b)
{
    struct column_purged *p = ARENA_NEW(t->arena, struct column_purged);
    p->erasure = 5;
    p->rewritten.removed_count = 1;
    p->rewritten.is_empty = true;
    (void)snprintf(p->rewritten.names[0], sizeof p->rewritten.names[0], "1-2.col");
    column_purged_pack(b, p);
}

static bool folded_good(struct bytes payload, struct arena *a)
{
    struct column_folded f;
    return done(column_folded_unpack(payload, a, &f, NULL));
}

static bool merged_good(struct bytes payload, struct arena *a)
{
    return done(column_merged_unpack(payload, ARENA_NEW(a, struct column_merged), NULL));
}

static bool purged_good(struct bytes payload, struct arena *a)
{
    return done(column_purged_unpack(payload, ARENA_NEW(a, struct column_purged), NULL));
}

/* Whole ones are read; cut or longer ones are refused; others are read or refused, and never more of them than there is. */
static void payloads_are_checked(struct t *t)
{
    static const struct {
        void (*put)(struct t *t, struct buf *b);
        bool (*is_good)(struct bytes payload, struct arena *a);
    } kinds[] = {{folded_put, folded_good}, {merged_put, merged_good}, {purged_put, purged_good}};
    for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
        struct buf b;
        buf_init(&b, 1 << 16);
        kinds[kind].put(t, &b);
        CHECK(t, kinds[kind].is_good(buf_bytes(&b), t->arena));
        for (size_t size = 0; size < b.size; size++)
            CHECK(t, !kinds[kind].is_good(arena_copy(t->arena, bytes_of(b.data, size)), t->arena));
        for (int i = 0; i < 200; i++) {
            struct bytes copy = arena_copy(t->arena, buf_bytes(&b));
            uint8_t *data = arena_take(t->arena, copy.size, 1);
            memcpy(data, copy.data, copy.size);
            data[rng_below(&t->rng, copy.size)] ^= (uint8_t)(1u << rng_below(&t->rng, 8));
            (void)kinds[kind].is_good(bytes_of(data, copy.size), t->arena);
        }
        buf_push_byte(&b, 0);
        CHECK(t, !kinds[kind].is_good(buf_bytes(&b), t->arena));
        buf_fini(&b);
    }
}

static const struct test tests[] = {
    {"the oldest stay", the_oldest_stay, 20},
    {"the erased behind a cut are not counted", the_erased_behind_a_cut_are_not_counted, 5},
    {"payloads are checked", payloads_are_checked, 20},
};
TEST_MAIN(tests)
