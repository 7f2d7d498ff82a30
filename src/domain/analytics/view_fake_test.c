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

static fallible blocks_add(struct column_file *f, uint32_t chunk, int64_t from_us, int64_t until_us,
                           struct block_list *io_list, struct err *e)
{
    uint32_t from, until;
    column_file_find(f, chunk, &from, &until);
    for (uint32_t b = from; b < until; b++) {
        const struct block *block;
        TRY(column_file_block(f, b, &block, e));
        if (block_first_us(block) < until_us && block_last_us(block) >= from_us)
            io_list->blocks[io_list->count++] = block;
    }
    return DONE;
}

fallible column_view_blocks(struct column_view *cv, uint32_t chunk, int64_t from_us, int64_t until_us,
                            struct arena *arena, struct block_list *out_list, struct err *e)
{
    *out_list = (struct block_list){.blocks = ARENA_ARRAY(arena, const struct block *, FAKE_FILES_MAX * 8),
                                    .in_order = cv->in_order};
    if (cv->fail_at > 0 && cv->given++ >= cv->fail_at)
        return FAIL(e, CORRUPT, "a block is broken");
    for (uint32_t i = 0; i < cv->file_count; i++)
        TRY(blocks_add(cv->files[i], chunk, from_us, until_us, out_list, e));
    return DONE;
}

bool column_view_chunk_moved(const struct column_view *cv, uint32_t chunk)
{
    bool any = false;
    for (uint32_t p = 0; cv->moved != NULL && p < CHUNK_PEOPLE; p++)
        any |= cv->moved[chunk * CHUNK_PEOPLE + p];
    return any;
}

bool column_view_moved(const struct column_view *cv, uint32_t person)
{
    return cv->moved != NULL && cv->moved[person];
}

fallible column_view_moved_blocks(struct column_view *cv, uint32_t chunk, int64_t from_us, int64_t until_us,
                                  struct arena *arena, struct block_list *out_list, struct err *e)
{
    *out_list = (struct block_list){.blocks = ARENA_ARRAY(arena, const struct block *, FAKE_FILES_MAX)};
    return cv->home == NULL ? DONE : blocks_add(cv->home, chunk, from_us, until_us, out_list, e);
}
