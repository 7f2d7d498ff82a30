/* Bytes that say they are a container: CORRUPT, or members that are encoded as the same set again. */
#include "lib/bitmap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slab *s = slab_create();
    struct bitmap *b = bitmap_create(s), *again = bitmap_create(s);
    struct bytes container = bytes_of(data, size);
    struct buf out;
    buf_init(&out, BITMAP_CONTAINER_BYTES_MAX);
    struct status status = bitmap_decode(b, 7, container, NULL);
    assert(done(status) || status.code == STATUS_CORRUPT);
    if (done(status)) {
        uint32_t count = bitmap_encode(b, 7, &out), number = 0;
        assert(count > 0 && count == bitmap_count(b) && !out.overflowed && out.size <= container.size);
        status = bitmap_decode(again, 7, buf_bytes(&out), NULL);
        assert(done(status) && bitmap_equal(b, again));
        bool found = bitmap_select(b, count - 1, &number);
        assert(found && bitmap_has(b, number) && bitmap_rank(b, number) == count - 1);
        bool removed = bitmap_remove(b, number);
        assert(removed && !bitmap_equal(b, again));
        bool added = bitmap_add(b, number);
        assert(added && bitmap_equal(b, again));
    }
    buf_fini(&out);
    bitmap_destroy(b);
    bitmap_destroy(again);
    assert(slab_used(s) == 0);
    slab_destroy(s);
    return 0;
}
