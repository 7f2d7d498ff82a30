#include "store/cold_slice.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 1024u
#define SLICE_BYTES_MAX ((size_t)1 << 30)

struct slice_head {
    uint32_t value_size;
    uint16_t key_size;
    bool is_delete;
};

void slice_init(struct cold_slice *s)
{
    *s = (struct cold_slice){0};
    buf_init(&s->bytes, SLICE_BYTES_MAX);
}

void slice_fini(struct cold_slice *s)
{
    buf_fini(&s->bytes);
    free(s->places);
    *s = (struct cold_slice){0};
}

void slice_clear(struct cold_slice *s)
{
    buf_clear(&s->bytes);
    s->count = 0;
}

static uint64_t prefix_of(struct bytes key)
{
    uint64_t prefix = 0;
    memcpy(&prefix, key.data, key.size < sizeof prefix ? key.size : sizeof prefix);
    return __builtin_bswap64(prefix);
}

void slice_add(struct cold_slice *s, const struct cold_pair *pair)
{
    assert(pair->key.size > 0 && pair->key.size <= UINT16_MAX && pair->value.size <= UINT32_MAX);
    if (s->count == s->room) {
        s->room = s->room * 2 + ROOM_MIN;
        s->places = realloc(s->places, s->room * sizeof *s->places);
        if (s->places == NULL)
            abort();
    }
    s->places[s->count++] = (struct slice_place){.prefix = prefix_of(pair->key), .at = s->bytes.size};
    struct slice_head head = {.value_size = (uint32_t)pair->value.size,
                              .key_size = (uint16_t)pair->key.size,
                              .is_delete = pair->value.data == NULL};
    buf_push(&s->bytes, bytes_of(&head, sizeof head));
    buf_push(&s->bytes, pair->key);
    buf_push(&s->bytes, pair->value);
    if (s->bytes.overflowed) /* no memory, and nothing to leave out */
        abort();
}

size_t slice_bytes(const struct cold_slice *s)
{
    return s->bytes.size + s->count * sizeof *s->places;
}

static struct cold_pair pair_at(const uint8_t *at)
{
    struct slice_head head;
    memcpy(&head, at, sizeof head);
    const uint8_t *key = at + sizeof head;
    return (struct cold_pair){.key = bytes_of(key, head.key_size),
                              .value = head.is_delete ? BYTES_NONE : bytes_of(key + head.key_size, head.value_size)};
}

struct cold_pair slice_pair(const struct cold_slice *s, size_t i)
{
    assert(i < s->count);
    return pair_at(s->bytes.data + s->places[i].at);
}

/* Equal keys keep the order in which they came. */
static int place_order(const void *a, const void *b, void *bytes)
{
    const struct slice_place *x = a, *y = b;
    if (x->prefix != y->prefix)
        return x->prefix < y->prefix ? -1 : 1;
    const uint8_t *data = bytes;
    int order = bytes_compare(pair_at(data + x->at).key, pair_at(data + y->at).key);
    return order != 0 ? order : x->at < y->at ? -1 : x->at > y->at;
}

void slice_sort(struct cold_slice *s)
{
    size_t kept = 0;
    qsort_r(s->places, s->count, sizeof *s->places, place_order, s->bytes.data);
    for (size_t i = 0; i < s->count; i++) {
        if (kept > 0 && bytes_equal(slice_pair(s, kept - 1).key, slice_pair(s, i).key))
            kept--;
        s->places[kept++] = s->places[i];
    }
    s->count = kept;
}
