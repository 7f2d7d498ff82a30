/* Any bytes as an order in JSON: a fault, or a version that the command's own check takes. */
#include "edge/codec/order.h"

#include "edge/codec/codec_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void version_check_whole(struct bytes packed)
{
    struct order_version v;
    struct order_part p;
    struct unpack u;
    uint32_t count = 0;
    struct status status = order_version_open(packed, &v, &u, NULL);
    assert(done(status));
    while (order_version_next(&v, &u, &p))
        count++;
    assert(unpack_finished(&u) && count == v.part_count);
    (void)status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(1 << 20);
    struct json_parser *parser = json_parser_create(1 << 20);
    struct order_codec *k = order_codec_create(arena);
    struct codec_context c = any_context();
    struct json root;
    struct buf packed;
    assert(parser != NULL && k != NULL);
    buf_init(&packed, ORDER_VERSION_BYTES_MAX);
    if (done(json_parse(parser, bytes_of(data, size), &root, NULL)) && done(order_read(k, &c, root, &packed, NULL)))
        version_check_whole(buf_bytes(&packed));
    buf_fini(&packed);
    order_codec_end(k);
    json_parser_destroy(parser);
    arena_destroy(arena);
    return 0;
}
