/* Any bytes as a thing's row, as a put and as a kind: refused, or they say the same again in bytes that stay as they are. */
#include "domain/thing/row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_BYTES_MAX 32768u
#define AGAIN_BYTES_MAX (2 * INPUT_BYTES_MAX)

static void row_fuzz(struct bytes input, struct arena *a)
{
    struct thing t, again;
    if (!thing_row_read(input, a, &t))
        return;
    struct bytes once = thing_row_make(&t, AGAIN_BYTES_MAX, a);
    bool read = thing_row_read(once, a, &again);
    assert(read && again.slot_count == t.slot_count && again.kind == t.kind);
    assert(bytes_equal(thing_row_make(&again, AGAIN_BYTES_MAX, a), once));
    for (uint32_t i = 0; i < t.slot_count; i++)
        assert(t.slots[i].count == again.slots[i].count &&
               t.slots[i].versions[0].time_us == again.slots[i].versions[0].time_us);
    thing_version_add(&t, THING_EXISTS, (struct thing_version){0, BYTES_LIT("\2")}, a);
    (void)thing_row_fit(&t, a);
}

static void put_fuzz(struct bytes input, struct arena *a)
{
    struct thing_put put, again;
    struct buf b = arena_buf(a, AGAIN_BYTES_MAX);
    if (failed(thing_put_unpack(input, &put, NULL)))
        return;
    thing_put_pack(&b, &put);
    struct status read = thing_put_unpack(buf_bytes(&b), &again, NULL);
    assert(done(read) && again.time_us == put.time_us && again.parent_said == put.parent_said &&
           bytes_equal(again.ref.id, put.ref.id) && bytes_equal(again.attributes, put.attributes));
}

static void kind_fuzz(struct bytes input, struct arena *a)
{
    struct thing_kind *kind = ARENA_NEW(a, struct thing_kind), *again = ARENA_NEW(a, struct thing_kind);
    struct buf once = arena_buf(a, AGAIN_BYTES_MAX), twice = arena_buf(a, AGAIN_BYTES_MAX);
    if (failed(thing_kind_unpack(input, kind, NULL)))
        return;
    thing_kind_pack(&once, kind);
    struct status read = thing_kind_unpack(buf_bytes(&once), again, NULL);
    assert(done(read));
    thing_kind_pack(&twice, again);
    assert(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create(1 << 16);
    if (size <= INPUT_BYTES_MAX) {
        row_fuzz(bytes_of(data, size), a);
        put_fuzz(bytes_of(data, size), a);
        kind_fuzz(bytes_of(data, size), a);
    }
    arena_destroy(a);
    return 0;
}
