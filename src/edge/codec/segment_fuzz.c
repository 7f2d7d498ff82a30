/* Any bytes as the body of a Segment call; the first byte says which. */
#include "edge/codec/codec_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct codec k = codec_create();
    struct codec_context c = any_context();
    struct codec_batch b;
    struct bytes body = bytes_of(data + 1, size - 1);
    codec_batch_init(&b, 1 << 22);
    (void)failed(segment_read(&k, &c, body, (enum segment_call)(data[0] % CALL_COUNT), &b, NULL));
    batch_check(&b);
    (void)segment_write_key(&k, body);
    codec_batch_fini(&b);
    codec_destroy(&k);
    return 0;
}
