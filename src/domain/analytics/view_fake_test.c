#include "domain/analytics/view_fake_test.h"

fallible column_view_load(struct column_view *cv UNUSED, struct column_shelf *shelf UNUSED, int64_t from_us UNUSED,
                          int64_t until_us UNUSED, struct err *e UNUSED)
{
    return DONE;
}

void column_view_close(struct column_view *cv UNUSED)
{
}

uint64_t column_view_position(const struct column_view *cv UNUSED)
{
    return 4711;
}

uint32_t column_view_chunks(const struct column_view *cv)
{
    return cv->chunks;
}

static fallible blocks_add(struct column_file *f, uint32_t chunk, int64_t from_us, int64_t until_us, const uint64_t *people,
                           struct block_list *io_list, struct err *e)
{
    uint32_t from, until;
    column_file_find(f, chunk, &from, &until);
    for (uint32_t b = from; b < until; b++) {
        const struct block *block;
        TRY(column_file_block(f, b, &block, e));
        if (block_first_us(block) >= until_us || block_last_us(block) < from_us)
            continue;
        io_list->people[io_list->count] = people;
        io_list->blocks[io_list->count++] = block;
    }
    return DONE;
}

/* Those of the chunk who didn't move. */
static const uint64_t *stayed(const struct column_view *cv, uint32_t chunk, struct arena *arena)
{
    uint64_t *people = ARENA_ARRAY(arena, uint64_t, CHUNK_WORDS);
    for (uint32_t p = 0; p < CHUNK_PEOPLE; p++)
        people[p / 64] |= (uint64_t)!cv->moved[chunk * CHUNK_PEOPLE + p] << p % 64;
    return people;
}

fallible column_view_blocks(struct column_view *cv, uint32_t chunk, int64_t from_us, int64_t until_us,
                            struct arena *arena, struct block_list *out_list, struct err *e)
{
    size_t room = (FAKE_FILES_MAX + 1) * 8;
    *out_list = (struct block_list){.blocks = ARENA_ARRAY(arena, const struct block *, room),
                                    .people = ARENA_ARRAY(arena, const uint64_t *, room),
                                    .in_order = cv->in_order && cv->home == NULL};
    if (cv->fail_at > 0 && cv->given++ >= cv->fail_at)
        return FAIL(e, CORRUPT, "a block is broken");
    const uint64_t *people = cv->moved == NULL ? NULL : stayed(cv, chunk, arena);
    for (uint32_t i = 0; i < cv->file_count; i++)
        TRY(blocks_add(cv->files[i], chunk, from_us, until_us, people, out_list, e));
    return cv->home == NULL ? DONE : blocks_add(cv->home, chunk, from_us, until_us, NULL, out_list, e);
}
