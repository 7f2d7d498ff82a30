/* A script of puts, gets, removals, checkpoints, evictions, thaws and crashes, against plain arrays. Each move is a byte
 * that names it and three more that it may use; a script that ends in the middle of a move ends before it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/pack.h"
#include "store/cold.h"
#include "store/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SCRIPT_BYTES_MAX 4096u
#define NUMBERS 160u
#define KEYS 48u
#define HASHES 4096u
#define RECORDS_MAX 2048u
#define RECORD_BYTES 4096u /* 64 to a chunk */
#define PAGE_BUF_BYTES (1u << 20)

static const struct family people = {.id = 1, .kind = FAMILY_NUMBERED, .value_bytes = 300, .name = "people"};
static const struct family jobs = {.id = 7, .kind = FAMILY_KEYED, .value_bytes = 300, .name = "jobs"};
static const struct family names = {.id = 9, .kind = FAMILY_INDEX, .name = "names", .goes_cold = true};
static const struct family ids = {.id = 63, .kind = FAMILY_SERIES, .value_bytes = RECORD_BYTES, .name = "ids"};
static const struct family *const families[] = {&people, &jobs, &names, &ids};

/* A value is `size` bytes of `fill`. */
struct value {
    bool there;
    uint8_t fill;
    uint16_t size;
};

struct model {
    struct value people[NUMBERS], jobs[KEYS];
    uint32_t people_end;
    uint32_t names[HASHES]; /* 0: none */
    uint8_t ids[RECORDS_MAX];
    uint64_t ids_first, ids_end;
};

struct world {
    struct rows *rows;
    struct cold *cold;
    struct model now, then, durable; /* then: of the running checkpoint */
    struct hash128 then_digest, durable_digest;
    bool running, all_handed;
    uint32_t snapshots; /* taken so far; the last one is named by it */
    struct series_view *view;
    uint64_t view_first, view_end;
    uint8_t view_ids[RECORDS_MAX]; /* what the records were made of */
    struct buf page, overlaid, filter;
    uint8_t room[RECORD_BYTES];
};

/* A move's three bytes. */
struct move {
    uint8_t a, b, c;
};

static void must(struct status s)
{
    assert(done(s));
}

static struct bytes value_bytes(struct world *w, struct value v)
{
    memset(w->room, v.fill, v.size);
    return bytes_of(w->room, v.size);
}

static const uint8_t *record_bytes(struct world *w, uint8_t fill)
{
    memset(w->room, fill, RECORD_BYTES);
    return w->room;
}

static struct value value_of(struct move m)
{
    return (struct value){.there = true, .fill = m.b, .size = (uint16_t)(m.c + m.b % 40)};
}

/* Of many lengths, the empty one and prefixes of others among them. */
static struct bytes key_of(uint32_t i, uint8_t room[ROW_KEY_BYTES_MAX])
{
    memset(room, (int)(i / 8), ROW_KEY_BYTES_MAX);
    return bytes_of(room, i == 0 ? 0 : 1 + i % 8 * 18);
}

static struct hash128 hash_of(uint32_t i)
{
    return hash128(bytes_of(&i, sizeof i), 1);
}

/* --- the cold store --- */

static void page_get(struct world *w, struct bytes key)
{
    bool found = false;
    must(cold_get(w->cold, key, &w->page, &found, NULL));
    assert(found);
}

static void sink_put(void *context, const struct page *page)
{
    struct world *w = context;
    struct bytes value = page->value;
    if (page->partial) {
        bool found = false;
        must(cold_get(w->cold, page->key, &w->page, &found, NULL));
        if (!found && page->below.size > 0)
            must(cold_get(w->cold, page->below, &w->page, &found, NULL));
        must(page_overlay(buf_bytes(&w->page), value, &w->overlaid, &w->filter, NULL));
        rows_page_stored(w->rows, page->key, buf_bytes(&w->filter));
        value = buf_bytes(&w->overlaid);
    }
    struct cold_pair pair = {page->key, value.size == 0 ? BYTES_NONE : value};
    must(cold_put(w->cold, &pair, 1, NULL));
}

static struct status each_load(void *context, struct bytes key, struct bytes value, struct err *e)
{
    struct rows *r = context;
    return rows_load(r, key, value, e);
}

static struct rows *rows_loaded(struct world *w, struct hash128 digest, struct load_room room)
{
    struct rows *r = NULL;
    must(rows_create(families, COUNT_OF(families), &r, NULL));
    rows_load_within(r, room);
    must(cold_scan(w->cold, BYTES_NONE, each_load, r, NULL));
    must(rows_load_done(r, digest, NULL));
    return r;
}

/* --- comparing --- */

static enum presence person_thawed(struct world *w, uint32_t number, struct bytes *out_row)
{
    enum presence presence = rows_numbered_get(w->rows, &people, number, out_row);
    if (presence != ROW_COLD)
        return presence;
    struct page_key key = rows_numbered_key(&people, number);
    page_get(w, bytes_of(key.data, key.size));
    must(rows_numbered_thaw(w->rows, &people, number, buf_bytes(&w->page), NULL));
    return rows_numbered_get(w->rows, &people, number, out_row);
}

static void person_check(struct world *w, uint32_t number)
{
    struct bytes row = BYTES_NONE;
    struct value want = w->now.people[number];
    enum presence presence = person_thawed(w, number, &row);
    assert(presence == (want.there ? ROW_HERE : ROW_ABSENT));
    assert(!want.there || bytes_equal(row, value_bytes(w, want)));
}

static void job_check(struct world *w, uint32_t i)
{
    uint8_t room[ROW_KEY_BYTES_MAX];
    struct bytes row = BYTES_NONE;
    struct value want = w->now.jobs[i];
    bool there = rows_keyed_get(w->rows, &jobs, key_of(i, room), &row);
    assert(there == want.there && (!there || bytes_equal(row, value_bytes(w, want))));
}

/* 0: there is none. */
static uint32_t name_thawed(struct world *w, uint32_t i)
{
    uint32_t number = 0;
    enum presence presence = rows_index_get(w->rows, &names, hash_of(i), &number);
    if (presence != ROW_COLD)
        return presence == ROW_HERE ? number : 0;
    struct index_pages pages = rows_index_pages(w->rows, &names, hash_of(i));
    bool found = false;
    for (uint32_t k = 0; k < pages.count && !found; k++)
        must(cold_get(w->cold, bytes_of(pages.keys[k].data, pages.keys[k].size), &w->page, &found, NULL));
    if (found)
        must(rows_index_find(buf_bytes(&w->page), hash_of(i), &number, NULL));
    must(rows_index_thaw(w->rows, &names, hash_of(i), number, NULL));
    return number;
}

static void names_check(struct world *w, uint32_t from, uint32_t until)
{
    for (uint32_t i = from; i < until && i < HASHES; i++)
        assert(name_thawed(w, i) == w->now.names[i]);
}

static void ids_check(struct world *w)
{
    assert(rows_series_first(w->rows, &ids) == w->now.ids_first && rows_series_end(w->rows, &ids) == w->now.ids_end);
    for (uint64_t i = w->now.ids_first; i < w->now.ids_end; i++)
        assert(memcmp(rows_series_at(w->rows, &ids, i), record_bytes(w, w->now.ids[i]), RECORD_BYTES) == 0);
}

static void all_check(struct world *w)
{
    struct rows_usage usage;
    uint64_t people_count = 0, job_count = 0, walked = 0;
    struct bytes key = BYTES_NONE, row;
    for (uint32_t i = 1; i < NUMBERS; people_count += w->now.people[i++].there)
        person_check(w, i);
    for (uint32_t i = 0; i < KEYS; job_count += w->now.jobs[i++].there)
        job_check(w, i);
    for (bool after = false; rows_keyed_next(w->rows, &jobs, key, after, &key, &row); after = true)
        walked++;
    names_check(w, 0, HASHES);
    ids_check(w);
    rows_usage(w->rows, &usage);
    assert(usage.rows[people.id] == people_count && usage.cold_rows == 0);
    assert(usage.rows[jobs.id] == job_count && walked == job_count);
    assert(rows_numbered_end(w->rows, &people) == w->now.people_end);
}

/* --- moves on rows --- */

static void move_person_put(struct world *w, struct move m)
{
    uint32_t number = 1 + m.a % (NUMBERS - 1);
    struct value value = value_of(m);
    person_check(w, number);
    rows_numbered_put(w->rows, &people, number, value_bytes(w, value));
    w->now.people[number] = value;
    w->now.people_end = number + 1 > w->now.people_end ? number + 1 : w->now.people_end;
}

static void move_person_remove(struct world *w, struct move m)
{
    uint32_t number = 1 + m.a % (NUMBERS - 1);
    person_check(w, number);
    rows_numbered_remove(w->rows, &people, number);
    w->now.people[number] = (struct value){0};
}

static void move_person_get(struct world *w, struct move m)
{
    person_check(w, 1 + m.a % (NUMBERS - 1));
}

static void move_job_put(struct world *w, struct move m)
{
    uint8_t room[ROW_KEY_BYTES_MAX];
    w->now.jobs[m.a % KEYS] = value_of(m);
    rows_keyed_put(w->rows, &jobs, key_of(m.a % KEYS, room), value_bytes(w, value_of(m)));
}

static void move_job_remove(struct world *w, struct move m)
{
    uint8_t room[ROW_KEY_BYTES_MAX];
    w->now.jobs[m.a % KEYS] = (struct value){0};
    rows_keyed_remove(w->rows, &jobs, key_of(m.a % KEYS, room));
}

/* Many at once, or the index would never grow. */
static void names_move(struct world *w, struct move m, bool removes)
{
    uint32_t from = m.a * 16u, until = from + m.b * 4u;
    for (uint32_t i = from; i < until && i < HASHES; i++) {
        assert(name_thawed(w, i) == w->now.names[i]);
        w->now.names[i] = removes ? 0 : m.c * 1000u + i + 1;
        if (removes)
            rows_index_remove(w->rows, &names, hash_of(i));
        else
            rows_index_put(w->rows, &names, hash_of(i), w->now.names[i]);
    }
    names_check(w, from, until);
}

static void move_names_put(struct world *w, struct move m)
{
    names_move(w, m, false);
}

static void move_names_remove(struct world *w, struct move m)
{
    names_move(w, m, true);
}

static void move_ids_push(struct world *w, struct move m)
{
    for (uint32_t i = 0; i < m.a && w->now.ids_end < RECORDS_MAX; i++) {
        uint8_t fill = (uint8_t)(m.b + i);
        uint64_t at = rows_series_push(w->rows, &ids, record_bytes(w, fill));
        assert(at == w->now.ids_end);
        w->now.ids[w->now.ids_end++] = fill;
    }
}

static void move_ids_drop(struct world *w, struct move m)
{
    uint64_t kept = w->now.ids_end - w->now.ids_first, count = m.a + m.b * 4u;
    w->now.ids_first += count < kept ? count : kept;
    rows_series_drop(w->rows, &ids, w->now.ids_first);
}

/* --- moves on the whole --- */

static void move_evict(struct world *w, struct move m)
{
    (void)rows_evict(w->rows, m.a == 0 ? SIZE_MAX : m.a * 64u);
}

static void checkpoint_finish(struct world *w)
{
    char name[16];
    /* What is stored is the state of the begin, whatever happened since. */
    rows_destroy(rows_loaded(w, w->then_digest, (struct load_room){.indexes = SIZE_MAX}));
    (void)snprintf(name, sizeof name, "s%u", ++w->snapshots);
    must(cold_snapshot(w->cold, name, NULL));
    rows_checkpoint_done(w->rows);
    w->running = false;
    w->durable = w->then;
    w->durable_digest = w->then_digest;
}

/* Begins one, carries it on, or ends it. */
static void move_checkpoint(struct world *w, struct move m)
{
    if (!w->running) {
        w->running = true;
        w->all_handed = false;
        w->then = w->now;
        w->then_digest = rows_digest(w->rows);
        rows_checkpoint_begin(w->rows, (struct page_sink){sink_put, w});
    } else if (!w->all_handed) {
        w->all_handed = rows_checkpoint_some(w->rows, m.a == 0 ? SIZE_MAX / 4 : m.a * 256u);
    } else {
        checkpoint_finish(w);
    }
}

static void move_abort(struct world *w, struct move m)
{
    (void)m;
    if (w->running)
        rows_checkpoint_abort(w->rows);
    w->running = false;
}

/* What the last snapshot has comes back. */
static void move_crash(struct world *w, struct move m)
{
    char name[16];
    struct load_room room = {.indexes = m.a % 3 == 0 ? 0 : SIZE_MAX, .rows = m.a % 5 * 20000};
    (void)snprintf(name, sizeof name, "s%u", w->snapshots);
    rows_destroy(w->rows);
    w->rows = NULL;
    w->running = false;
    w->now = w->durable;
    must(cold_memory_reopen(w->cold, w->snapshots == 0 ? NULL : name, NULL));
    if (w->snapshots == 0)
        must(rows_create(families, COUNT_OF(families), &w->rows, NULL));
    else
        w->rows = rows_loaded(w, w->durable_digest, room);
}

/* Opens a view, or looks whether the open one is what it was. */
static void move_view(struct world *w, struct move m)
{
    (void)m;
    if (w->view == NULL) {
        w->view = rows_series_view(w->rows, &ids);
        w->view_first = w->now.ids_first;
        w->view_end = w->now.ids_end;
        memcpy(w->view_ids, w->now.ids, sizeof w->view_ids);
        return;
    }
    assert(series_view_first(w->view) == w->view_first && series_view_end(w->view) == w->view_end);
    for (uint64_t at = w->view_first, count = 0; at < w->view_end; at += count) {
        const uint8_t *run = series_view_run(w->view, at, &count);
        assert(count >= 1 && count <= w->view_end - at);
        for (uint64_t i = 0; i < count; i++)
            assert(memcmp(run + i * RECORD_BYTES, record_bytes(w, w->view_ids[at + i]), RECORD_BYTES) == 0);
    }
    series_view_close(w->view);
    w->view = NULL;
}

static void move_check(struct world *w, struct move m)
{
    (void)m;
    all_check(w);
}

static void (*const moves[])(struct world *w, struct move m) = {
    move_person_put, move_person_remove, move_person_get, move_job_put, move_job_remove, move_names_put,
    move_names_remove, move_ids_push,    move_ids_drop,   move_evict,     move_checkpoint, move_abort,   move_crash,
    move_view,       move_check,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > SCRIPT_BYTES_MAX)
        return 0;
    struct world *w = calloc(1, sizeof *w);
    assert(w != NULL);
    w->cold = cold_memory_create();
    w->now.people_end = w->durable.people_end = 1;
    buf_init(&w->page, PAGE_BUF_BYTES);
    buf_init(&w->overlaid, PAGE_BUF_BYTES);
    buf_init(&w->filter, PAGE_BUF_BYTES);
    must(rows_create(families, COUNT_OF(families), &w->rows, NULL));
    for (; size >= 4; data += 4, size -= 4)
        moves[data[0] % COUNT_OF(moves)](w, (struct move){data[1], data[2], data[3]});
    all_check(w);
    move_crash(w, (struct move){0});
    all_check(w);
    series_view_close(w->view);
    rows_destroy(w->rows);
    cold_close(w->cold);
    buf_fini(&w->page);
    buf_fini(&w->overlaid);
    buf_fini(&w->filter);
    free(w);
    return 0;
}
