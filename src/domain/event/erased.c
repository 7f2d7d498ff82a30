/* Who was erased: what is to be left of events that no purge has rewritten yet. */
#include <stdlib.h>

#include "domain/event/named.h"

#define KEYS_BYTES_MAX ((size_t)64 << 20)

struct erased_key {
    struct hash128 key;
    uint64_t position; /* of the erasure */
};

void erased_init(struct erased *x, uint64_t from)
{
    *x = (struct erased){.from = from};
    buf_init(&x->owners, KEYS_BYTES_MAX);
    buf_init(&x->named, KEYS_BYTES_MAX);
}

void erased_fini(struct erased *x)
{
    buf_fini(&x->owners);
    buf_fini(&x->named);
}

static void keys_add(struct buf *keys, uint64_t position, const struct hash128 *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buf_push(keys, bytes_of(&(struct erased_key){list[i], position}, sizeof(struct erased_key)));
}

bool erased_gather(struct erased *x, const struct view *v)
{
    struct erasure erasure;
    uint32_t count = 0;
    for (; count < ERASED_A_SLICE && identity_erasure_next(v, x->from, v->arena, &erasure); count++) {
        keys_add(&x->owners, erasure.position, erasure.owners, erasure.owner_count);
        keys_add(&x->named, erasure.position, erasure.named, erasure.named_count);
        x->from = erasure.position + 1;
        x->is_settled = false;
    }
    return count == ERASED_A_SLICE;
}

/* A key may have been erased more than once. */
static int key_compare(const void *a, const void *b)
{
    const struct erased_key *x = a, *y = b;
    if (x->key.low != y->key.low)
        return x->key.low > y->key.low ? 1 : -1;
    if (x->key.high != y->key.high)
        return x->key.high > y->key.high ? 1 : -1;
    return (x->position > y->position) - (x->position < y->position);
}

static void keys_sort(struct buf *keys)
{
    if (keys->size > 0)
        qsort(keys->data, keys->size / sizeof(struct erased_key), sizeof(struct erased_key), key_compare);
}

fallible erased_settle(struct erased *x, struct err *e)
{
    if (x->owners.overflowed || x->named.overflowed)
        return FAIL(e, LIMIT, "too many people were erased at once: try again when their events are purged");
    if (!x->is_settled) {
        keys_sort(&x->owners);
        keys_sort(&x->named);
    }
    x->is_settled = true;
    return DONE;
}

static bool is_erased_behind(const struct buf *keys, struct hash128 key, uint64_t position)
{
    const struct erased_key *list = (const void *)keys->data, asked = {key, position + 1};
    size_t from = 0, count = keys->size / sizeof *list, until = count;
    while (from < until) {
        size_t middle = from + (until - from) / 2;
        if (key_compare(&list[middle], &asked) < 0)
            from = middle + 1;
        else
            until = middle;
    }
    return from < count && hash128_equal(list[from].key, key);
}

bool erased_leave(const struct erased *x, uint64_t position, struct hash128 owner, struct envelope *io_envelope)
{
    struct hash128 gone[ENVELOPE_IDS_MAX];
    uint32_t count = 0, ids = io_envelope->id_count + io_envelope->other_count;
    assert(x->is_settled || x->owners.size + x->named.size == 0);
    if (is_erased_behind(&x->owners, owner, position))
        return false;
    for (uint32_t i = 0; i < ids && x->named.size > 0; i++)
        if (is_erased_behind(&x->named, io_envelope->ids[i].key, position))
            gone[count++] = io_envelope->ids[i].key;
    (void)naming_cut(io_envelope, gone, count);
    return true;
}
