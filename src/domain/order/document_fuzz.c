/* Any bytes as an order's row: refused, or read without leaving them. What was read is worked with as rows are (summed, corrected,
 * encoded), and what it encodes to reads back as the same. */
#include "domain/order/document.h"

#include "domain/order/fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct order *o)
{
    struct order_sums now, before;
    struct order_discounts walk = {.part_at = 0};
    struct bytes kind;
    int64_t amount;
    order_sum(o, ORDER_NOW, &now);
    order_sum(o, 0, &before);
    while (order_discount_next(o, &walk, &kind, &amount))
        assert(kind.size <= ORDER_BYTES_MAX);
    for (uint32_t i = 0; i < o->part_count; i++)
        assert(order_part_find(o, o->parts[i].kind, o->parts[i].id, o->parts[i].sub) == &o->parts[i]);
}

/* Bodies are checked when they come in, not when they are read: sums hold for those that were. */
static bool bodies_are_good(const struct document *d)
{
    for (uint32_t i = 0; i < d->part_count; i++)
        if (failed(part_check(&d->parts[i], NULL)))
            return false;
    return d->part_count <= ORDER_LINES_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(1 << 16);
    struct document d, back;
    struct order o;
    if (done(document_decode(bytes_of(data, size), arena, &d, NULL))) {
        document_in_force(&d, arena, &o);
        if (bodies_are_good(&d))
            look(&o);
        struct bytes once = document_encode(&d, ORDER_LOCKED_BYTES_MAX, arena);
        if (once.size > 0) {
            struct status status = document_decode(once, arena, &back, NULL);
            assert(done(status));
            assert(bytes_equal(document_encode(&back, ORDER_LOCKED_BYTES_MAX, arena), once));
            (void)status;
        }
    }
    arena_destroy(arena);
    return 0;
}
