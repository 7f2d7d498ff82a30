/* Any bytes as Kith's own events, in lines or in a list. */
#include "edge/codec/codec_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct codec k = codec_create();
    struct codec_context c = any_context();
    struct codec_batch b;
    codec_batch_init(&b, 1 << 22);
    (void)failed(native_read(&k, &c, bytes_of(data, size), &b, NULL));
    batch_check(&b);
    codec_batch_fini(&b);
    codec_destroy(&k);
    return 0;
}
