/* Any bytes as what a verb of sharing says and as the section of reach: refused, or they say the same again in the same bytes. */
#include "domain/scope/reach.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask_fuzz(struct bytes input)
{
    struct share_ask ask, again;
    struct buf once, twice;
    if (failed(share_ask_unpack(input, &ask, NULL)))
        return;
    buf_init(&once, SHARE_PAYLOAD_BYTES_MAX);
    buf_init(&twice, SHARE_PAYLOAD_BYTES_MAX);
    struct status packed = share_ask_pack(&ask, &once, NULL), read = share_ask_unpack(buf_bytes(&once), &again, NULL);
    struct status repacked = share_ask_pack(&again, &twice, NULL);
    assert(done(packed) && done(read) && done(repacked));
    assert(again.purpose_count == ask.purpose_count && again.until_us == ask.until_us &&
           bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
    buf_fini(&once);
    buf_fini(&twice);
}

static void reach_fuzz(struct bytes input, struct arena *a)
{
    struct reach reach, again;
    if (!reach_decode(input, a, &reach))
        return;
    struct bytes once = reach_encode(&reach, a);
    bool read = reach_decode(once, a, &again);
    assert(read && again.count == reach.count && again.due_us == reach.due_us);
    assert(bytes_equal(reach_encode(&again, a), once));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create(1 << 16);
    ask_fuzz(bytes_of(data, size));
    reach_fuzz(bytes_of(data, size), a);
    arena_destroy(a);
    return 0;
}
