/* Any bytes as payloads of order commands: refused by their checks, or read to the end. A version that is good merges into an empty
 * order and into itself, which changes nothing. */
#include "domain/order/books.h"
#include "domain/order/payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void version_try(struct bytes payload, struct arena *arena)
{
    struct order_version v;
    struct document none = {.number = 0}, once, twice;
    if (failed(version_check(payload, NULL)))
        return;
    version_read(payload, arena, &v);
    none.key = v.key;
    if (document_merge(&none, &v, arena, &once) != NULL)
        return;
    const struct refusal *refusal = document_merge(&once, &v, arena, &twice);
    assert(refusal == NULL);
    assert(bytes_equal(document_encode(&once, ORDER_BYTES_MAX, arena),
                       document_encode(&twice, ORDER_BYTES_MAX, arena)));
    (void)refusal;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes payload = bytes_of(data, size), shop;
    struct arena *arena = arena_create(1 << 16);
    struct order_ask ask;
    struct order_rate rate;
    struct order_declared declared;
    struct order_key key;
    struct hash128 owner;
    bool derives;
    version_try(payload, arena);
    for (uint32_t command = COMMAND_ORDER_CORRECT; command <= COMMAND_ORDER_UNDO; command++) {
        struct buf back;
        buf_init(&back, 1 << 16);
        if (done(order_ask_unpack(command, payload, &ask, NULL)))
            assert(failed(order_ask_pack(command, &ask, &back, NULL)) == false &&
                   buf_bytes(&back).size <= payload.size);
        buf_fini(&back);
    }
    (void)failed(rate_unpack(payload, &rate, NULL));
    (void)failed(declared_unpack(payload, &declared, NULL));
    (void)failed(shop_unpack(payload, &shop, &derives, NULL));
    (void)failed(key_unpack(payload, &key, &owner, NULL));
    arena_destroy(arena);
    return 0;
}
