/* Any bytes as a person's relations, as a put and as a hand-over: refused, or they say the same again in the same bytes. What is merged
 * with itself stays as it is, and its periods can be told. */
#include "domain/relation/payload.h"
#include "domain/relation/strands.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void section_fuzz(struct bytes input, struct arena *a)
{
    struct strands s;
    struct relation *list;
    if (input.size > ROW_BYTES_MAX || !strands_read(input, a, &s))
        return;
    struct bytes once = strands_encode(&s, a);
    assert(bytes_equal(strands_merge(once, once, a), once));
    for (uint32_t i = 0; i < s.count; i++)
        if (s.list[i].type >= RELATION_BUILT_IN_END)
            return; /* declared in no view */
    size_t count = strands_relations(&s, 0, &(struct view){.arena = a}, &list), periods = 0;
    for (size_t i = 0; i < count; i++) {
        assert(list[i].period_count <= s.count * RELATION_ACTS_MAX && (!list[i].is_open || list[i].period_count > 0));
        periods += list[i].period_count;
    }
    assert(count <= s.count && periods <= (size_t)s.count * RELATION_ACTS_MAX);
}

static void put_fuzz(struct bytes input, struct arena *a)
{
    struct relation_put put, again;
    struct buf b = arena_buf(a, 2 * RELATION_PAYLOAD_BYTES_MAX);
    if (input.size > RELATION_PAYLOAD_BYTES_MAX || failed(relation_put_unpack(input, &put, NULL)))
        return;
    relation_put_pack(&put, &b);
    struct status read = relation_put_unpack(buf_bytes(&b), &again, NULL);
    assert(done(read) && again.type == put.type && again.time_us == put.time_us &&
           bytes_equal(again.ref.id, put.ref.id) && bytes_equal(again.attributes, put.attributes));
    (void)read;
}

static void hand_over_fuzz(struct bytes input, struct arena *a)
{
    struct hand_over h;
    struct buf once = arena_buf(a, HAND_OVER_BYTES_MAX);
    if (input.size > HAND_OVER_BYTES_MAX || failed(hand_over_unpack(input, &h, NULL)))
        return;
    struct status status = hand_over_pack(&h, &once, NULL);
    assert(done(status) && buf_bytes(&once).size <= input.size);
    (void)status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create(1 << 16);
    section_fuzz(bytes_of(data, size), a);
    put_fuzz(bytes_of(data, size), a);
    hand_over_fuzz(bytes_of(data, size), a);
    arena_destroy(a);
    return 0;
}
