/* The view of columns.h, in place of that of domain/column/view.c. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bench/columns.h"
#include "bench/report.h"
#include "domain/column/column.h"
#include "domain/column/file.h"

#define LIST_FIRST 8u

struct column_view {
    struct disk *disk;
    uint32_t chunks;
    struct column_file *files[COLUMNS_MONTHS];
    struct column_sum sums[COLUMNS_MONTHS];
    struct column_ahead ahead; /* of the first question */
};

struct column_view *columns_open(const struct columns *c, uint32_t people)
{
    struct err e = {0};
    struct column_view *cv = calloc(1, sizeof *cv);
    assert(cv != NULL);
    must(disk_open_real(c->folder, &cv->disk, &e), &e);
    cv->chunks = people / CHUNK_PEOPLE + 1;
    for (uint32_t m = 0; m < COLUMNS_MONTHS; m++) {
        must(column_file_open(cv->disk, columns_month(m), &cv->files[m], &e), &e);
        cv->sums[m] = column_file_sum(cv->files[m]);
    }
    return cv;
}

void columns_close(struct column_view *cv)
{
    for (uint32_t m = 0; m < COLUMNS_MONTHS; m++)
        column_file_close(cv->files[m]);
    disk_close(cv->disk);
    free(cv);
}

fallible column_view_load(struct column_view *cv, struct column_shelf *shelf, int64_t from_us, int64_t until_us,
                          struct err *e)
{
    (void)cv, (void)shelf, (void)from_us, (void)until_us, (void)e;
    return DONE;
}

void column_view_close(struct column_view *cv)
{
    (void)cv;
}

uint64_t column_view_position(const struct column_view *cv)
{
    (void)cv;
    return 0;
}

uint32_t column_view_chunks(const struct column_view *cv)
{
    return cv->chunks;
}

static void list_add(struct block_list *l, const struct block *b, struct arena *arena)
{
    bool is_full = l->count >= LIST_FIRST && (l->count & (l->count - 1)) == 0;
    if (l->count == 0 || is_full) {
        uint32_t room = l->count == 0 ? LIST_FIRST : l->count * 2;
        const struct block **blocks = ARENA_ARRAY(arena, const struct block *, room);
        if (l->count > 0)
            memcpy(blocks, l->blocks, l->count * sizeof *blocks);
        l->blocks = blocks;
        l->people = ARENA_ARRAY(arena, const uint64_t *, room); /* all of them: nobody moved */
    }
    l->in_order &= l->count == 0 || block_last_us(l->blocks[l->count - 1]) < block_first_us(b);
    l->blocks[l->count++] = b;
}

fallible column_view_blocks(struct column_view *cv, uint32_t chunk, int64_t from_us, int64_t until_us,
                            struct arena *arena, struct block_list *out_list, struct err *e)
{
    uint32_t ahead_from, ahead_until;
    bool is_ahead = column_ahead_take(&cv->ahead, chunk, &ahead_from, &ahead_until);
    *out_list = (struct block_list){.in_order = true};
    for (uint32_t m = 0; m < COLUMNS_MONTHS; m++) {
        uint32_t from, until;
        if (cv->sums[m].last_us < from_us || cv->sums[m].first_us >= until_us)
            continue;
        if (is_ahead)
            column_file_fetch(cv->files[m], ahead_from, ahead_until);
        column_file_find(cv->files[m], chunk, &from, &until);
        for (; from < until; from++) {
            const struct block *b;
            TRY(column_file_block(cv->files[m], from, &b, e));
            if (block_last_us(b) >= from_us && block_first_us(b) < until_us)
                list_add(out_list, b, arena);
        }
    }
    return DONE;
}
