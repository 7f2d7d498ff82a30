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
        assert(found);
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
        struct page_key key = rows_numbered_page(&people, number);
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

static struct bytes person_of(uint32_t number, uint8_t room[8])
{
    memset(room, (int)number, 8);
    return bytes_of(room, number % 8);
}

/* Every third of the first page is there, and none is in memory. */
static void people_go_cold(struct world *w)
{
    uint8_t room[8];
    for (uint32_t number = 1; number < ROWS_PAGE_ROWS; number += 3)
        rows_numbered_put(w->rows, &people, number, person_of(number, room));
    checkpoint(w);
    struct rows_usage usage;
    do {
        (void)rows_evict(w->rows, SIZE_MAX);
        rows_usage(w->rows, &usage);
    } while (usage.cold_rows < usage.rows[people.id]);
}

/* Whoever is still cold after bad bytes comes back from the good ones. */
static void people_come_back(struct world *w)
{
    uint8_t room[8];
    struct page_key key = rows_numbered_page(&people, 1);
    bool found = false;
    must(cold_get(w->cold, bytes_of(key.data, key.size), &w->page, &found, NULL));
    assert(found);
    for (uint32_t number = 1; number < ROWS_PAGE_ROWS; number++) {
        struct bytes row = BYTES_NONE;
        enum presence presence = rows_numbered_get(w->rows, &people, number, &row);
        assert((presence == ROW_ABSENT) == (number % 3 != 1));
        if (presence != ROW_COLD)
            continue;
        must(rows_numbered_thaw(w->rows, &people, number, buf_bytes(&w->page), NULL));
        presence = rows_numbered_get(w->rows, &people, number, &row);
        assert(presence == ROW_HERE && bytes_equal(row, person_of(number, room)));
    }
}

/* The first byte says who is asked for; the rest is the page. */
static void thaw_fuzz(struct bytes input)
{
    struct world w;
    world_begin(&w);
    people_go_cold(&w);
    uint32_t number = 1 + 3 * (input.data[0] % 10u);
    struct bytes page = bytes_slice(input, 1, input.size);
    struct page_key key = rows_numbered_page(&people, number);
    must_be_read_or_corrupt(rows_numbered_thaw(w.rows, &people, number, page, NULL));
    must_be_read_or_corrupt(rows_numbered_thaw_page(w.rows, &people, bytes_of(key.data, key.size), page, NULL));
    must_be_read_or_corrupt(rows_numbered_thaw_page(w.rows, &people, bytes_slice(page, 0, page.size < 5 ? page.size : 5), page, NULL));
    people_come_back(&w);
    world_end(&w);
}

/* --- a page over another one --- */

/* A page, read one row after the other. */
struct naive_page {
    bool is_good, is_part;
    bool speaks[ROWS_PAGE_ROWS]; /* of this row */
    bool has[ROWS_PAGE_ROWS];
    struct bytes row[ROWS_PAGE_ROWS];
};

static uint32_t number_at(struct bytes b, size_t at, size_t bytes)
{
    uint32_t x = 0;
    for (size_t i = 0; i < bytes; i++)
        x |= (uint32_t)b.data[at + i] << (8 * i);
    return x;
}

static struct naive_page naive_read(struct bytes b)
{
    struct naive_page p = {.is_part = b.size > 0 && b.data[0] == 2};
    size_t at = 1, head = p.is_part ? 9 : 5, count = 0, sizes = 0;
    if (b.size < head || (b.data[0] != 1 && !p.is_part))
        return p;
    uint32_t speaks = p.is_part ? number_at(b, 1, 4) : UINT32_MAX, has = number_at(b, head - 4, 4);
    for (uint32_t i = 0; i < ROWS_PAGE_ROWS; i++) {
        p.speaks[i] = (speaks >> i & 1) != 0;
        p.has[i] = (has >> i & 1) != 0;
        count += p.has[i];
        if (p.has[i] && !p.speaks[i])
            return p;
    }
    at = head + 2 * count;
    for (uint32_t i = 0; i < ROWS_PAGE_ROWS && at <= b.size; i++) {
        if (!p.has[i])
            continue;
        size_t size = number_at(b, head + 2 * sizes++, 2);
        p.row[i] = size <= b.size - at ? bytes_of(b.data + at, size) : BYTES_NONE;
        at += size;
    }
    p.is_good = at == b.size;
    return p;
}

/* The key of the first entry of an index page. */
static struct hash128 index_key_in(struct bytes page)
{
    struct hash128 key = {0};
    memcpy(&key.low, page.data + 13, sizeof key.low);
    return key;
}

/* The first two bytes say how long the page below is. */
static void overlay_fuzz(struct bytes input)
{
    struct buf out, filter;
    if (input.size < 2)
        return;
    size_t cut = number_at(input, 0, 2);
    struct bytes pages = bytes_slice(input, 2, input.size);
    cut = cut < pages.size ? cut : pages.size;
    struct bytes below = bytes_slice(pages, 0, cut), above = bytes_slice(pages, cut, pages.size);
    buf_init(&out, BYTES_MAX * 2);
    buf_init(&filter, BYTES_MAX * 2);
    struct status s = page_overlay(below, above, &out, &filter, NULL);
    buf_fini(&filter);
    must_be_read_or_corrupt(s);
    if (page_is_index(above)) {
        uint32_t number;
        assert(failed(s) || out.size == 0 || done(rows_index_find(buf_bytes(&out), index_key_in(buf_bytes(&out)), &number, NULL)));
        buf_fini(&out);
        return;
    }
    struct naive_page low = naive_read(below), high = naive_read(above), got = naive_read(buf_bytes(&out));
    assert(done(s) == (high.is_good && (below.size == 0 || (low.is_good && !low.is_part))));
    bool any = false;
    for (uint32_t i = 0; i < ROWS_PAGE_ROWS && done(s); i++) {
        bool has = high.speaks[i] ? high.has[i] : low.has[i];
        assert(got.has[i] == has);
        assert(!has || bytes_equal(got.row[i], high.speaks[i] ? high.row[i] : low.row[i]));
        any |= has;
    }
    assert(failed(s) || (any ? got.is_good && !got.is_part : out.size == 0));
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
