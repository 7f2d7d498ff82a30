/* All four kinds of family against plain arrays, through checkpoints, evictions, lost checkpoints and crashes.
 * Covers: rows.c, rows_numbered.c, rows_keyed.c, rows_index.c, rows_index_page.c,
 * rows_series.c, cold_memory.c */
#include <stdlib.h>

#include "store/cold.h"
#include "store/rows.h"
#include "testing/test.h"

#define NUMBERS 700u
#define KEYS 90u
#define HASHES 12000u
#define RECORDS_MAX 6000u
#define RECORD_BYTES 4096u /* 64 to a chunk */
#define VALUE_BYTES_MAX 300u
#define STEPS 1500
#define VIEWS 3u

static const struct family people = {.id = 1, .kind = FAMILY_NUMBERED, .value_bytes = VALUE_BYTES_MAX, .name = "people"};
static const struct family jobs = {.id = 7, .kind = FAMILY_KEYED, .value_bytes = VALUE_BYTES_MAX, .name = "jobs"};
static const struct family names = {.id = 9, .kind = FAMILY_INDEX, .name = "names", .goes_cold = true};
static const struct family words = {.id = 10, .kind = FAMILY_INDEX, .name = "words"}; /* as the names, always in memory */
static const struct family ids = {.id = 63, .kind = FAMILY_SERIES, .value_bytes = RECORD_BYTES, .name = "ids", .found_by_hash = true};
static const struct family *const families[] = {&people, &jobs, &names, &words, &ids};

/* A value is made of a word and a size, so the model keeps only these. */
struct model_value {
    uint32_t word; /* 0: there is none */
    uint16_t size;
};

struct model {
    struct model_value people[NUMBERS];
    uint32_t end;
    struct model_value jobs[KEYS];
    uint32_t names[HASHES];
    uint32_t ids[RECORDS_MAX];
    uint64_t ids_first, ids_end;
};

struct open_view {
    struct series_view *view;
    uint32_t ids[RECORDS_MAX];
    uint64_t first, end;
};

struct world {
    struct t *t;
    struct rows *rows;
    struct cold *cold;
    struct model now, then, durable; /* then: as of the running checkpoint's begin */
    bool running, all_handed;
    struct hash128 then_digest;
    uint32_t snapshots;
    char snapshot[16]; /* the last one; "": none */
    uint8_t value[RECORD_BYTES];
    struct open_view views[VIEWS];
    struct buf page, overlaid, filter;
    uint64_t thawed_names;
};

/* --- what values, keys and hashes look like --- */

static struct bytes value_of(struct world *w, struct model_value v)
{
    struct rng rng;
    rng_init(&rng, v.word);
    for (size_t i = 0; i < v.size; i++)
        w->value[i] = (uint8_t)rng_next(&rng);
    return bytes_of(w->value, v.size);
}

static struct model_value any_value(struct world *w)
{
    struct rng *rng = &w->t->rng;
    uint16_t size = (uint16_t)(rng_chance(rng, 0.05) ? 0 : rng_below(rng, VALUE_BYTES_MAX + 1));
    return (struct model_value){.word = (uint32_t)rng_between(rng, 1, UINT32_MAX), .size = size};
}

/* Keys of many lengths, the empty one and prefixes of others among them, in order of i. */
static struct bytes key_of(uint32_t i, uint8_t out_key[ROW_KEY_BYTES_MAX])
{
    size_t size = i == 0 ? 0 : 1 + (i - 1) % 9 * 14;
    memset(out_key, (int)(i == 0 ? 0 : (i - 1) / 9), size);
    return bytes_of(out_key, size);
}

static struct hash128 hash_of(uint32_t i)
{
    return (struct hash128){.low = rng_mix(i), .high = rng_mix(~(uint64_t)i)};
}

static const void *record_of(struct world *w, uint32_t word)
{
    memset(w->value, (int)(word & 0xff), RECORD_BYTES);
    memcpy(w->value, &word, sizeof word);
    memcpy(w->value + RECORD_BYTES - sizeof word, &word, sizeof word);
    return w->value;
}

/* --- the cold store --- */

static void sink_put(void *context, const struct page *page)
{
    struct world *w = context;
    struct err e = {0};
    struct bytes value = page->value;
    CHECK(w->t, w->running && !w->all_handed);
    if (page->partial) {
        bool found = false;
        CHECK_DONE(w->t, cold_get(w->cold, page->key, &w->page, &found, &e), &e);
        if (!found && page->below.size > 0)
            CHECK_DONE(w->t, cold_get(w->cold, page->below, &w->page, &found, &e), &e);
        CHECK_DONE(w->t, page_overlay(buf_bytes(&w->page), value, &w->overlaid, &w->filter, &e), &e);
        rows_page_stored(w->rows, page->key, buf_bytes(&w->filter));
        value = buf_bytes(&w->overlaid);
    }
    struct cold_pair pair = {page->key, value.size == 0 ? BYTES_NONE : value};
    CHECK_DONE(w->t, cold_put(w->cold, &pair, 1, &e), &e);
}

static void thaw(struct world *w, uint32_t number)
{
    struct err e = {0};
    bool found = false;
    struct page_key key = rows_numbered_key(&people, number);
    CHECK_DONE(w->t, cold_get(w->cold, bytes_of(key.data, key.size), &w->page, &found, &e), &e);
    CHECK(w->t, found);
    CHECK_DONE(w->t, rows_numbered_thaw(w->rows, &people, number, buf_bytes(&w->page), &e), &e);
}

/* What is there of the name, through the cold store when need be; 0: nothing. */
static uint32_t name_get(struct world *w, uint32_t i)
{
    struct err e = {0};
    uint32_t number = 0;
    enum presence presence = rows_index_get(w->rows, &names, hash_of(i), &number);
    if (presence != ROW_COLD)
        return presence == ROW_HERE ? number : 0;
    struct index_pages pages = rows_index_pages(w->rows, &names, hash_of(i));
    bool found = false;
    for (uint32_t k = 0; k < pages.count && !found; k++)
        CHECK_DONE(w->t, cold_get(w->cold, bytes_of(pages.keys[k].data, pages.keys[k].size), &w->page, &found, &e), &e);
    if (found)
        CHECK_DONE(w->t, rows_index_find(buf_bytes(&w->page), hash_of(i), &number, &e), &e);
    CHECK_DONE(w->t, rows_index_thaw(w->rows, &names, hash_of(i), number, &e), &e);
    w->thawed_names++;
    presence = rows_index_get(w->rows, &names, hash_of(i), &number);
    CHECK(w->t, presence == (number == 0 ? ROW_ABSENT : ROW_HERE));
    return number;
}

/* --- comparing --- */

static void check_person(struct world *w, uint32_t number)
{
    struct bytes row = BYTES_NONE;
    struct model_value want = w->now.people[number];
    enum presence presence = rows_numbered_get(w->rows, &people, number, &row);
    CHECK(w->t, (presence == ROW_ABSENT) == (want.word == 0));
    if (presence == ROW_COLD) {
        thaw(w, number);
        presence = rows_numbered_get(w->rows, &people, number, &row);
        CHECK_EQ(w->t, presence, ROW_HERE);
    }
    if (presence == ROW_HERE)
        CHECK(w->t, bytes_equal(row, value_of(w, want)));
}

static void check_jobs(struct world *w)
{
    uint8_t key[ROW_KEY_BYTES_MAX];
    struct bytes at = BYTES_NONE, found = BYTES_NONE, row = BYTES_NONE;
    bool after = false;
    for (uint32_t i = 0; i < KEYS; i++) {
        bool there = rows_keyed_get(w->rows, &jobs, key_of(i, key), &row);
        CHECK(w->t, there == (w->now.jobs[i].word != 0));
        if (!there)
            continue;
        CHECK(w->t, bytes_equal(row, value_of(w, w->now.jobs[i])));
        REQUIRE(w->t, rows_keyed_next(w->rows, &jobs, at, after, &found, &row));
        CHECK(w->t, bytes_equal(found, key_of(i, key)) && bytes_equal(row, value_of(w, w->now.jobs[i])));
        at = found;
        after = true;
    }
    CHECK(w->t, !rows_keyed_next(w->rows, &jobs, at, after, &found, &row));
}

static void check_names(struct world *w)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < HASHES; i++) {
        uint32_t number = 0;
        CHECK_EQ(w->t, name_get(w, i), w->now.names[i]);
        bool there = rows_index_get(w->rows, &words, hash_of(i), &number) == ROW_HERE;
        CHECK(w->t, there == (w->now.names[i] != 0) && number == w->now.names[i]);
        count += there;
    }
    struct rows_usage usage;
    rows_usage(w->rows, &usage);
    CHECK_EQ(w->t, usage.rows[names.id], count);
    CHECK_EQ(w->t, usage.rows[words.id], count);
}

/* The newest place of a word, or nothing when it is gone. */
static void check_found(struct world *w, uint32_t word)
{
    struct hash128 hash;
    uint64_t want = w->now.ids_end, got = 0;
    memcpy(&hash, record_of(w, word), sizeof hash);
    while (want > w->now.ids_first && w->now.ids[want - 1] != word)
        want--;
    rows_series_prefetch(w->rows, &ids, hash);
    bool found = rows_series_find(w->rows, &ids, hash, &got);
    CHECK_EQ(w->t, found, want > w->now.ids_first);
    CHECK(w->t, !found || got == want - 1);
}

static void check_ids(struct world *w)
{
    for (uint64_t i = rng_below(&w->t->rng, 50); i < w->now.ids_end; i += 50)
        check_found(w, w->now.ids[i]);
    CHECK_EQ(w->t, rows_series_first(w->rows, &ids), w->now.ids_first);
    CHECK_EQ(w->t, rows_series_end(w->rows, &ids), w->now.ids_end);
    for (uint64_t i = w->now.ids_first; i < w->now.ids_end; i++)
        CHECK(w->t, memcmp(rows_series_at(w->rows, &ids, i), record_of(w, w->now.ids[i]), RECORD_BYTES) == 0);
}

/* Rows that were never anywhere else, filled from the model. */
static struct rows *rows_of_model(struct world *w)
{
    struct rows *r = NULL;
    struct err e = {0};
    uint8_t key[ROW_KEY_BYTES_MAX];
    CHECK_DONE(w->t, rows_create(families, COUNT_OF(families), &r, &e), &e);
    for (uint64_t i = 0; i < w->now.ids_end; i++)
        (void)rows_series_push(r, &ids, record_of(w, w->now.ids[i]));
    rows_series_drop(r, &ids, w->now.ids_first);
    for (uint32_t i = HASHES; i-- > 0;) {
        if (w->now.names[i] == 0)
            continue;
        rows_index_put(r, &names, hash_of(i), w->now.names[i]);
        rows_index_put(r, &words, hash_of(i), w->now.names[i]);
    }
    for (uint32_t i = KEYS; i-- > 0;)
        if (w->now.jobs[i].word != 0)
            rows_keyed_put(r, &jobs, key_of(i, key), value_of(w, w->now.jobs[i]));
    if (w->now.end > 1) {
        rows_numbered_put(r, &people, w->now.end - 1, BYTES_LIT("highest"));
        rows_numbered_remove(r, &people, w->now.end - 1);
    }
    for (uint32_t i = 1; i < NUMBERS; i++)
        if (w->now.people[i].word != 0)
            rows_numbered_put(r, &people, i, value_of(w, w->now.people[i]));
    return r;
}

static void check_digest(struct world *w)
{
    struct rows *fresh = rows_of_model(w);
    struct keyed_sums want = rows_keyed_sums(fresh, &jobs), sums = rows_keyed_sums(w->rows, &jobs);
    CHECK(w->t, hash128_equal(rows_digest(fresh), rows_digest(w->rows)));
    CHECK(w->t, hash128_equal(want.keys, sums.keys) && hash128_equal(want.rows, sums.rows));
    rows_destroy(fresh);
}

static void check_all(struct world *w)
{
    CHECK_EQ(w->t, rows_numbered_end(w->rows, &people), w->now.end);
    check_jobs(w);
    check_names(w);
    check_ids(w);
    check_digest(w);
    for (uint32_t i = 1; i < NUMBERS; i++)
        check_person(w, i);
}

/* --- views --- */

static void view_open(struct world *w, struct open_view *v)
{
    v->view = rows_series_view(w->rows, &ids);
    v->first = w->now.ids_first;
    v->end = w->now.ids_end;
    memcpy(v->ids, w->now.ids, sizeof v->ids);
}

static void view_check_and_close(struct world *w, struct open_view *v)
{
    if (v->view == NULL)
        return;
    CHECK_EQ(w->t, series_view_first(v->view), v->first);
    CHECK_EQ(w->t, series_view_end(v->view), v->end);
    for (uint64_t i = v->first, count = 0; i < v->end; i += count) {
        const uint8_t *records = series_view_run(v->view, i, &count);
        REQUIRE(w->t, count >= 1 && i + count <= v->end);
        for (uint64_t j = 0; j < count; j++)
            CHECK(w->t, memcmp(records + j * RECORD_BYTES, record_of(w, v->ids[i + j]), RECORD_BYTES) == 0);
    }
    series_view_close(v->view);
    v->view = NULL;
}

/* --- moves --- */

static void move_person(struct world *w)
{
    struct rng *rng = &w->t->rng;
    /* mostly among a few, so that pages are partly cold and partly dirty */
    uint32_t number = 1 + (uint32_t)rng_below(rng, rng_chance(rng, 0.3) ? NUMBERS - 1 : 40);
    check_person(w, number); /* thaws */
    if (rng_chance(rng, 0.25)) {
        rows_numbered_remove(w->rows, &people, number);
        w->now.people[number] = (struct model_value){0};
    } else if (rng_chance(rng, 0.8)) {
        struct model_value value = any_value(w);
        rows_numbered_put(w->rows, &people, number, value_of(w, value));
        w->now.people[number] = value;
        w->now.end = number + 1 > w->now.end ? number + 1 : w->now.end;
    }
}

static void move_job(struct world *w)
{
    uint8_t key[ROW_KEY_BYTES_MAX];
    uint32_t i = (uint32_t)rng_below(&w->t->rng, KEYS);
    if (rng_chance(&w->t->rng, 0.45)) {
        rows_keyed_remove(w->rows, &jobs, key_of(i, key));
        w->now.jobs[i] = (struct model_value){0};
    } else {
        w->now.jobs[i] = any_value(w);
        rows_keyed_put(w->rows, &jobs, key_of(i, key), value_of(w, w->now.jobs[i]));
    }
}

static void name_set(struct world *w, uint32_t i, uint32_t number)
{
    w->now.names[i] = number;
    if (number == 0) {
        rows_index_remove(w->rows, &names, hash_of(i));
        rows_index_remove(w->rows, &words, hash_of(i));
    } else {
        rows_index_put(w->rows, &names, hash_of(i), number);
        rows_index_put(w->rows, &words, hash_of(i), number);
    }
}

static void move_name(struct world *w)
{
    struct rng *rng = &w->t->rng;
    uint32_t from = (uint32_t)rng_below(rng, HASHES), count = rng_chance(rng, 0.1) ? 3000 : 3;
    bool removes = rng_chance(rng, 0.3);
    for (uint32_t i = from; i < from + count && i < HASHES; i++) {
        CHECK_EQ(w->t, name_get(w, i), w->now.names[i]); /* thaws */
        name_set(w, i, removes ? 0 : (uint32_t)rng_between(rng, 1, UINT32_MAX - 1));
    }
}

/* A few of one page, over and over: more than is kept of a page that waits for a checkpoint. */
static void move_names_often(struct world *w)
{
    struct rng *rng = &w->t->rng;
    uint32_t first = (uint32_t)rng_below(rng, HASHES), count = 0, near[3];
    for (uint32_t i = first; i < HASHES && count < COUNT_OF(near); i++)
        if (hash_of(i).low >> 58 == hash_of(first).low >> 58) {
            CHECK_EQ(w->t, name_get(w, i), w->now.names[i]); /* thaws */
            near[count++] = i;
        }
    for (uint64_t left = rng_below(rng, 5000); left > 0; left--)
        name_set(w, near[rng_below(rng, count)], rng_chance(rng, 0.3) ? 0 : (uint32_t)rng_between(rng, 1, UINT32_MAX - 1));
}

static void move_id(struct world *w)
{
    struct rng *rng = &w->t->rng;
    if (rng_chance(rng, 0.2)) {
        uint64_t most = w->now.ids_end - w->now.ids_first;
        uint64_t count = rng_below(rng, most < 150 || rng_chance(rng, 0.1) ? most + 1 : 150);
        w->now.ids_first += count;
        rows_series_drop(w->rows, &ids, w->now.ids_first);
        return;
    }
    for (uint64_t left = rng_below(rng, 60); left > 0 && w->now.ids_end < RECORDS_MAX; left--) {
        uint32_t word = (uint32_t)rng_next(rng);
        CHECK_EQ(w->t, rows_series_push(w->rows, &ids, record_of(w, word)), w->now.ids_end);
        w->now.ids[w->now.ids_end++] = word;
    }
}

static struct status load_pair(void *context, struct bytes key, struct bytes value, struct err *e)
{
    struct rows *r = context;
    return rows_load(r, key, value, e);
}

/* What the cold store has now is the state of the begin, whatever happened since. */
static void check_stored(struct world *w)
{
    struct rows *r = NULL;
    struct err e = {0};
    CHECK_DONE(w->t, rows_create(families, COUNT_OF(families), &r, &e), &e);
    CHECK_DONE(w->t, cold_scan(w->cold, BYTES_NONE, load_pair, r, &e), &e);
    CHECK_DONE(w->t, rows_load_done(r, w->then_digest, &e), &e);
    rows_destroy(r);
}

static void finish_checkpoint(struct world *w)
{
    struct err e = {0};
    check_stored(w);
    (void)snprintf(w->snapshot, sizeof w->snapshot, "s%u", ++w->snapshots);
    CHECK_DONE(w->t, cold_snapshot(w->cold, w->snapshot, &e), &e);
    rows_checkpoint_done(w->rows);
    w->running = false;
    w->durable = w->then;
}

static void move_checkpoint(struct world *w)
{
    struct rng *rng = &w->t->rng;
    if (!w->running) {
        w->running = true;
        w->all_handed = false;
        w->then = w->now;
        w->then_digest = rows_digest(w->rows);
        rows_checkpoint_begin(w->rows, (struct page_sink){sink_put, w});
    } else if (rng_chance(rng, 0.04)) {
        rows_checkpoint_abort(w->rows);
        w->running = false;
    } else if (!w->all_handed) {
        w->all_handed = rows_checkpoint_some(w->rows, rng_below(rng, 60000));
    } else {
        finish_checkpoint(w);
    }
}

static void crash(struct world *w)
{
    struct err e = {0};
    rows_destroy(w->rows);
    w->rows = NULL;
    w->running = false;
    w->now = w->durable;
    CHECK_DONE(w->t, rows_create(families, COUNT_OF(families), &w->rows, &e), &e);
    if (rng_chance(&w->t->rng, 0.5)) /* else all entries come back, and no people */
        rows_load_within(w->rows, (struct load_room){.indexes = rng_below(&w->t->rng, 200000), .rows = rng_below(&w->t->rng, 400000)});
    CHECK_DONE(w->t, cold_memory_reopen(w->cold, w->snapshot[0] == 0 ? NULL : w->snapshot, &e), &e);
    if (w->snapshot[0] == 0)
        return;
    CHECK_DONE(w->t, cold_scan(w->cold, BYTES_NONE, load_pair, w->rows, &e), &e);
    struct rows *fresh = rows_of_model(w);
    CHECK_DONE(w->t, rows_load_done(w->rows, rows_digest(fresh), &e), &e);
    rows_destroy(fresh);
}

static void move(struct world *w)
{
    static const double weights[] = {30, 15, 6, 8, 16, 3, 2, 0.4, 2, 0.3};
    switch (rng_pick(&w->t->rng, weights, COUNT_OF(weights))) {
    case 0:
        move_person(w);
        break;
    case 1:
        move_job(w);
        break;
    case 2:
        move_name(w);
        break;
    case 3:
        move_id(w);
        break;
    case 4:
        move_checkpoint(w);
        break;
    case 5:
        (void)rows_evict(w->rows, rng_below(&w->t->rng, 100000));
        break;
    case 6: {
        struct open_view *v = &w->views[rng_below(&w->t->rng, VIEWS)];
        if (v->view == NULL)
            view_open(w, v);
        else
            view_check_and_close(w, v);
        break;
    }
    case 7:
        check_all(w);
        break;
    case 8:
        move_names_often(w);
        break;
    default:
        crash(w);
    }
}

static void rows_are_as_the_model(struct t *t)
{
    struct world *w = calloc(1, sizeof *w);
    struct err e = {0};
    REQUIRE(t, w != NULL);
    w->t = t;
    w->cold = cold_memory_create();
    w->now.end = w->durable.end = 1;
    buf_init(&w->page, 1u << 20);
    buf_init(&w->overlaid, 1u << 20);
    buf_init(&w->filter, 1u << 20);
    REQUIRE_DONE(t, rows_create(families, COUNT_OF(families), &w->rows, &e), &e);
    for (int i = 0; i < STEPS && t->failures == 0; i++)
        move(w);
    if (t->failures == 0)
        check_all(w);
    crash(w);
    if (t->failures == 0)
        check_all(w);
    rows_destroy(w->rows);
    for (size_t i = 0; i < VIEWS; i++)
        view_check_and_close(w, &w->views[i]);
    cold_close(w->cold);
    buf_fini(&w->page);
    buf_fini(&w->overlaid);
    buf_fini(&w->filter);
    free(w);
}

static const struct test tests[] = {
    {"rows are as the model says, through checkpoints, evictions and crashes", rows_are_as_the_model, 60},
};
TEST_MAIN(tests)
