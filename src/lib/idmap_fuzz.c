/* Bytes that say they are a page of an index: CORRUPT, or entries that a map takes in and gives back as the same page. */
#include "lib/idmap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Keys that are only reached by an attack on the hash are a bug of the owner: a part holds so many of one beginning. */
#define ENTRIES_MAX 2000u

static void entries_check(const struct idmap_page *p)
{
    struct hash128 before = {0};
    for (uint32_t i = 0; i < p->count; i++) {
        struct idmap_entry entry = idmap_page_entry(p, i);
        bool ascends = i == 0 || entry.key.low > before.low || (entry.key.low == before.low && entry.key.high > before.high);
        assert(ascends && entry.number != 0 && idmap_page_of(entry.key, p->bits) == p->page);
        assert(hash128_equal(idmap_key(entry.key), entry.key));
        before = entry.key;
    }
}

static void entries_use(const struct idmap_page *p, struct bytes page)
{
    struct slab *s = slab_create();
    struct idmap *m = idmap_create(s);
    struct buf b;
    buf_init(&b, 1u << 20);
    for (uint32_t i = 0; i < p->count; i++) {
        struct idmap_entry entry = idmap_page_entry(p, i);
        uint32_t replaced = idmap_put(m, entry.key, entry.number);
        assert(replaced == 0);
    }
    for (uint32_t i = 0; i < p->count; i++) {
        struct idmap_entry entry = idmap_page_entry(p, i);
        assert(idmap_get(m, entry.key) == entry.number);
    }
    size_t count = idmap_page_encode(m, p->bits, p->page, &b);
    assert(count == p->count && idmap_count(m) == count && bytes_equal(buf_bytes(&b), page));
    buf_fini(&b);
    idmap_destroy(m);
    slab_destroy(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct idmap_page p;
    struct bytes page = bytes_of(data, size);
    struct status status = idmap_page_open(page, &p, NULL);
    assert(done(status) || status.code == STATUS_CORRUPT);
    if (failed(status))
        return 0;
    assert(p.count > 0 && p.bits <= IDMAP_PAGE_BITS_MAX && p.page >> p.bits == 0);
    entries_check(&p);
    if (p.count <= ENTRIES_MAX)
        entries_use(&p, page);
    return 0;
}
