/* Bytes that the cold store gives: the pairs of a checkpoint, a page that comes back, and a page to lay another one over.
 * Whatever they are, they are CORRUPT or they are read as docs/formats/rows.md says. */
#include <string.h>

#include "lib/pack.h"
#include "store/cold.h"
#include "store/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BYTES_MAX 65536u
#define NUMBERS_USED_MAX 4096u
#define RECORD_BYTES 24u

static const struct family people = {.id = 1, .kind = FAMILY_NUMBERED, .value_bytes = 300, .name = "people"};
static const struct family jobs = {.id = 7, .kind = FAMILY_KEYED, .value_bytes = 300, .name = "jobs"};
static const struct family names = {.id = 9, .kind = FAMILY_INDEX, .name = "names"};
static const struct family ids = {.id = 63, .kind = FAMILY_SERIES, .value_bytes = RECORD_BYTES, .name = "ids"};
static const struct family *const families[] = {&people, &jobs, &names, &ids};

static struct rows *rows_empty(void)
{
    struct rows *r = NULL;
    struct status s = rows_create(families, COUNT_OF(families), &r, NULL);
    assert(done(s));
    return r;
}

static void must(struct status s)
{
    assert(done(s));
}

static void must_be_read_or_corrupt(struct status s)
{
    assert(done(s) || s.code == STATUS_CORRUPT);
}

/* --- the cold store of one input --- */

struct world {
    struct cold *cold;
    struct rows *rows;
    struct buf page, overlaid, filter;
};

static void world_begin(struct world *w)
{
    w->cold = cold_memory_create();
    w->rows = rows_empty();
    buf_init(&w->page, BYTES_MAX * 16);
    buf_init(&w->overlaid, BYTES_MAX * 16);
    buf_init(&w->filter, BYTES_MAX);
}

static void world_end(struct world *w)
{
    rows_destroy(w->rows);
    cold_close(w->cold);
    buf_fini(&w->page);
    buf_fini(&w->overlaid);
    buf_fini(&w->filter);
}

static void sink_put(void *context, const struct page *page)
{
    struct world *w = context;
    struct bytes value = page->value;
    bool found;
    if (page->partial) {
        must(cold_get(w->cold, page->key, &w->page, &found, NULL));
        must(page_overlay(buf_bytes(&w->page), value, &w->overlaid, &w->filter, NULL));
        value = buf_bytes(&w->overlaid);
    }
    struct cold_pair pair = {page->key, value.size == 0 ? BYTES_NONE : value};
    must(cold_put(w->cold, &pair, 1, NULL));
}

static void checkpoint(struct world *w)
{
    rows_checkpoint_begin(w->rows, (struct page_sink){sink_put, w});
    while (!rows_checkpoint_some(w->rows, 1u << 20)) {
    }
    rows_checkpoint_done(w->rows);
}

static struct status each_load(void *context, struct bytes key, struct bytes value, struct err *e)
{
    struct rows *r = context;
    return rows_load(r, key, value, e);
}

/* --- the pairs of a checkpoint --- */

/* A pair: its key's size (a byte), the key, its value's size (two bytes), the value; what is too long ends with the input. */
static void pairs_put(struct world *w, struct bytes input)
{
    struct unpack u = unpack_of(input);
    while (unpack_good(&u) && unpack_left(&u) > 0) {
        struct bytes key = unpack_raw(&u, unpack_u8(&u) % 32u);
        size_t size = unpack_u16(&u), left = unpack_left(&u);
        struct cold_pair pair = {key, unpack_raw(&u, size < left ? size : left)};
        if (unpack_good(&u) && key.size > 0 && pair.value.size > 0)
            must(cold_put(w->cold, &pair, 1, NULL));
    }
}

static void people_use(struct world *w)
{
    struct hash128 before = rows_digest(w->rows);
    uint32_t end = rows_numbered_end(w->rows, &people);
    for (uint32_t number = 1; number < end && number < NUMBERS_USED_MAX; number++) {
        struct bytes row = BYTES_NONE;
        bool found = false;
        if (rows_numbered_get(w->rows, &people, number, &row) == ROW_ABSENT)
            continue;
        struct page_key key = rows_numbered_key(&people, number);
        must(cold_get(w->cold, bytes_of(key.data, key.size), &w->page, &found, NULL));
        assert(found);
        must(rows_numbered_thaw(w->rows, &people, number, buf_bytes(&w->page), NULL));
        enum presence presence = rows_numbered_get(w->rows, &people, number, &row);
        assert(presence == ROW_HERE && row.size <= people.value_bytes);
    }
    assert(hash128_equal(rows_digest(w->rows), before));
}

static void jobs_use(struct world *w)
{
    struct rows_usage usage;
    struct bytes key = BYTES_NONE, row, again;
    uint64_t count = 0;
    rows_usage(w->rows, &usage);
    for (bool after = false; rows_keyed_next(w->rows, &jobs, key, after, &key, &row); after = true, count++) {
        bool found = rows_keyed_get(w->rows, &jobs, key, &again);
        assert(found && bytes_equal(row, again) && row.size <= jobs.value_bytes);
    }
    assert(count == usage.rows[jobs.id]);
}

static void ids_use(struct world *w)
{
    struct series_view *view = rows_series_view(w->rows, &ids);
    uint64_t end = series_view_end(view);
    for (uint64_t at = series_view_first(view), count; at < end; at += count) {
        const uint8_t *run = series_view_run(view, at, &count);
        assert(count >= 1 && count <= end - at);
        assert(memcmp(run + (count - 1) * RECORD_BYTES, rows_series_at(w->rows, &ids, at + count - 1), RECORD_BYTES) == 0);
    }
    series_view_close(view);
}

/* One change of each kind of family, so that a checkpoint has something to say of all of them. */
static void all_change(struct world *w)
{
    static const uint8_t record[RECORD_BYTES] = "record";
    const struct hash128 hash = {.low = 0x0123456789abcdef, .high = UINT64_C(0xfedc) << 48};
    struct bytes row;
    if (rows_numbered_get(w->rows, &people, 5, &row) != ROW_COLD)
        rows_numbered_put(w->rows, &people, 5, BYTES_LIT("five"));
    rows_keyed_put(w->rows, &jobs, BYTES_LIT("key"), BYTES_LIT("row"));
    rows_index_put(w->rows, &names, hash, 7);
    if (rows_series_end(w->rows, &ids) < UINT64_MAX / 2)
        (void)rows_series_push(w->rows, &ids, record);
}

/* What was read is state like any other: it is changed, stored, and read again as it was. */
static void loaded_use(struct world *w)
{
    people_use(w);
    jobs_use(w);
    ids_use(w);
    all_change(w);
    checkpoint(w);
    struct rows *again = rows_empty();
    must(cold_scan(w->cold, BYTES_NONE, each_load, again, NULL));
    must(rows_load_done(again, rows_digest(w->rows), NULL));
    rows_destroy(again);
}

static void pairs_fuzz(struct bytes input)
{
    struct world w;
    world_begin(&w);
    pairs_put(&w, input);
    struct status s = cold_scan(w.cold, BYTES_NONE, each_load, w.rows, NULL);
    must_be_read_or_corrupt(s);
    if (done(s)) {
        s = rows_load_done(w.rows, rows_digest(w.rows), NULL);
        must_be_read_or_corrupt(s);
    }
    if (done(s))
        loaded_use(&w);
    world_end(&w);
}

/* --- a page that comes back --- */

/* One person, cold. */
static void person_goes_cold(struct world *w, uint32_t number)
{
    rows_numbered_put(w->rows, &people, number, BYTES_LIT("a person"));
    checkpoint(w);
    struct rows_usage usage;
    do {
        (void)rows_evict(w->rows, SIZE_MAX);
        rows_usage(w->rows, &usage);
    } while (usage.cold_rows == 0);
}

/* The first byte says who is asked for; the rest is what the cold store gives. */
static void thaw_fuzz(struct bytes input)
{
    struct world w;
    uint32_t number = 1 + input.data[0];
    struct bytes value = bytes_slice(input, 1, input.size), row = BYTES_NONE;
    world_begin(&w);
    person_goes_cold(&w, number);
    struct status s = rows_numbered_thaw(w.rows, &people, number, value, NULL);
    must_be_read_or_corrupt(s);
    enum presence presence = rows_numbered_get(w.rows, &people, number, &row);
    assert(presence == (done(s) ? ROW_HERE : ROW_COLD));
    assert(failed(s) || (value.data[0] == 2 && bytes_equal(row, bytes_slice(value, 1, value.size))));
    world_end(&w);
}

/* --- a page over another one --- */

#define ENTRIES_AT 13u
#define ENTRY_BYTES 14u

static uint64_t number_at(struct bytes b, size_t at, size_t bytes)
{
    uint64_t x = 0;
    for (size_t i = 0; i < bytes; i++)
        x |= (uint64_t)b.data[at + i] << (8 * i);
    return x;
}

static size_t naive_count(struct bytes page)
{
    return page.size < ENTRIES_AT ? 0 : (page.size - ENTRIES_AT) / ENTRY_BYTES;
}

static struct hash128 naive_key(struct bytes page, size_t i)
{
    size_t at = ENTRIES_AT + i * ENTRY_BYTES;
    return (struct hash128){.low = number_at(page, at, 8), .high = number_at(page, at + 8, 2) << 48};
}

/* 0: the page doesn't speak of the key. */
static uint32_t naive_number(struct bytes page, struct hash128 key)
{
    for (size_t i = 0; i < naive_count(page); i++)
        if (hash128_equal(naive_key(page, i), key))
            return (uint32_t)number_at(page, ENTRIES_AT + i * ENTRY_BYTES + 10, 4);
    return 0;
}

/* Whatever one of the two says of a key that belongs to the upper one's page, the result says too; of both the upper counts. */
static void overlay_check(struct bytes below, struct bytes above, struct bytes got)
{
    uint64_t bits = number_at(above, 1, 4), page = number_at(above, 5, 4);
    size_t kept = 0;
    for (unsigned k = 0; k < 2; k++) {
        struct bytes from = k == 0 ? above : below;
        for (size_t i = 0; i < naive_count(from); i++) {
            struct hash128 key = naive_key(from, i);
            uint32_t want = naive_number(from, key);
            if ((bits > 0 && key.low >> (64 - bits) != page) || (k == 1 && naive_number(above, key) != 0))
                continue;
            want = want == UINT32_MAX ? 0 : want;
            assert(naive_number(got, key) == want);
            kept += want != 0;
        }
    }
    assert(naive_count(got) == kept);
}

/* The first two bytes say how long the page below is. */
static void overlay_fuzz(struct bytes input)
{
    struct buf out, filter;
    if (input.size < 2)
        return;
    size_t cut = (size_t)number_at(input, 0, 2);
    struct bytes pages = bytes_slice(input, 2, input.size);
    cut = cut < pages.size ? cut : pages.size;
    struct bytes below = bytes_slice(pages, 0, cut), above = bytes_slice(pages, cut, pages.size);
    buf_init(&out, BYTES_MAX * 2);
    buf_init(&filter, BYTES_MAX * 2);
    struct status s = page_overlay(below, above, &out, &filter, NULL);
    must_be_read_or_corrupt(s);
    if (done(s))
        overlay_check(below, above, buf_bytes(&out));
    buf_fini(&filter);
    buf_fini(&out);
}

/* The first byte says what the rest is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > BYTES_MAX)
        return 0;
    struct bytes input = bytes_of(data + 1, size - 1);
    if (data[0] % 3 == 0)
        pairs_fuzz(input);
    else if (data[0] % 3 == 1)
        thaw_fuzz(input);
    else
        overlay_fuzz(input);
    return 0;
}
