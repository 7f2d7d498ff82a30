/* Any bytes are a sheaf or aren't; one that is has good series, and is the same sheaf when it is written again. */
#include "lib/sheaf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_again(const struct sheaf *s, struct arena *arena)
{
    struct sheaf again;
    struct buf out = arena_buf(arena, sheaf_bytes_max(s));
    sheaf_pack(s, &out);
    bool good = sheaf_unpack(buf_bytes(&out), arena, &again);
    assert(good);
    for (uint32_t i = 0; i < SHEAF_SLOTS; i++) {
        assert(again.slots[i].place == s->slots[i].place);
        if (s->slots[i].place != SHEAF_ELSEWHERE)
            assert(bytes_equal(sheaf_series(&again, i, arena), sheaf_series(s, i, arena)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(1 << 16);
    struct sheaf s;
    if (sheaf_unpack(bytes_of(data, size), arena, &s)) {
        for (uint32_t i = 0; i < SHEAF_SLOTS; i++) {
            const struct series_shape shape = {s.slots[i].kind, s.slots[i].is_keyed, SHEAF_TOGETHER_MAX};
            assert(s.slots[i].place != SHEAF_TOGETHER || series_is_good(&shape, sheaf_series(&s, i, arena)));
        }
        same_again(&s, arena);
    }
    arena_destroy(arena);
    return 0;
}
