/* Any bytes are a series or aren't; one that is can be walked, added to and written again as the same. */
#include "lib/series.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct series_shape shape = {
        .kind = (enum series_kind)(data[0] % SERIES_KIND_COUNT), .is_keyed = data[0] >= 128, .most = 1 + data[1]};
    struct bytes series = bytes_of(data + 2, size - 2);
    if (!series_is_good(&shape, series))
        return 0;
    struct arena *arena = arena_create(1 << 16);
    struct bytes again = series_merge(&shape, series, BYTES_NONE, -SERIES_BUCKET_MAX, arena);
    assert(series_is_good(&shape, again) && series_count(again) == series_count(series));
    assert(bytes_equal(series_merge(&shape, again, BYTES_NONE, -SERIES_BUCKET_MAX, arena), again));
    struct series_total all = series_total(series_walk(&shape, series), -SERIES_BUCKET_MAX, SERIES_BUCKET_MAX);
    assert(all.entries == series_count(series));
    arena_destroy(arena);
    return 0;
}
