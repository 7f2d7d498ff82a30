/* Any bytes as a person's listings, and as a put and a take: refused, or they say the same again in the same bytes. What is merged with itself stays as it is. */
#include "domain/listing/inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void section_fuzz(struct bytes input, struct arena *a)
{
    struct listing_strands s;
    if (input.size > ROW_BYTES_MAX || !listing_strands_read(input, a, &s))
        return;
    struct bytes once = listing_strands_encode(&s, a);
    assert(once.size <= input.size); /* a number may be longer than it needs to be */
    assert(bytes_equal(listing_strands_merge(once, once, a), once));
}

static void put_fuzz(struct bytes input, struct arena *a)
{
    struct listing_put put, again;
    struct buf b = arena_buf(a, 2 * LISTING_PUT_BYTES_MAX);
    if (input.size > LISTING_PUT_BYTES_MAX || failed(listing_put_unpack(input, &put, NULL)))
        return;
    listing_put_pack(&put, &b);
    struct status read = listing_put_unpack(buf_bytes(&b), &again, NULL);
    assert(done(read) && again.list == put.list && listing_act_compare(&again.act, &put.act) == 0);
    (void)read;
}

static void take_fuzz(struct bytes input, struct arena *a)
{
    struct listing_take take;
    struct buf b = arena_buf(a, 2 * LISTING_TAKE_BYTES_MAX);
    if (input.size > LISTING_TAKE_BYTES_MAX || failed(listing_take_unpack(input, &take, NULL)))
        return;
    listing_take_pack(&take, &b);
    assert(!b.overflowed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create(1 << 16);
    section_fuzz(bytes_of(data, size), a);
    put_fuzz(bytes_of(data, size), a);
    take_fuzz(bytes_of(data, size), a);
    arena_destroy(a);
    return 0;
}
