#include "domain/column/block_write.h"

#define WRITE_BYTES (1u << 20) /* what is written at once, about */
#define OUT_BYTES_MAX ((size_t)1 << 40)

struct column_writer {
    struct arena *arena; /* holds this struct */
    struct disk *disk;   /* NULL: into memory */
    struct file *file;
    char path[COLUMN_PATH_BYTES_MAX];
    const struct column_set *set;
    struct block_builder *builder;
    struct buf out;  /* what isn't written yet: into memory, everything */
    uint64_t offset; /* of what comes next */
    struct buf places;
    struct column_row last; /* without cells */
    struct column_sum sum;
    struct digest digest;
    bool finished;
};

int column_row_compare(const struct column_row *a, const struct column_row *b)
{
    if (a->person != b->person)
        return a->person < b->person ? -1 : 1;
    if (a->time_us != b->time_us)
        return a->time_us < b->time_us ? -1 : 1;
    if (a->message != b->message)
        return a->message < b->message ? -1 : 1;
    return (a->position > b->position) - (a->position < b->position);
}

void column_sum_add(struct column_sum *s, const struct block_place *place)
{
    bool is_first = s->count == 0;
    s->first_us = is_first || place->first_us < s->first_us ? place->first_us : s->first_us;
    s->last_us = is_first || place->last_us > s->last_us ? place->last_us : s->last_us;
    s->first_position = is_first || place->first_position < s->first_position ? place->first_position : s->first_position;
    s->last_position = is_first || place->last_position > s->last_position ? place->last_position : s->last_position;
    s->count += place->count;
}

/* --- opening --- */

static fallible file_create(struct column_writer *w, struct err *e)
{
    TRY(disk_make_folder(w->disk, COLUMN_FOLDER, e));
    TRY(disk_sync_folder(w->disk, "", e));  /* the folder's own name, else a crash may lose it with all that is in it */
    TRY(disk_remove(w->disk, w->path, e)); /* left behind by a crash */
    return disk_file_open(w->disk, w->path, FILE_CREATE, &w->file, e);
}

fallible column_writer_open(struct disk *d, const char *name, struct column_set *set, struct column_writer **out_writer, struct err *e)
{
    struct arena *arena = arena_create(sizeof(struct column_writer) + 64);
    struct column_writer *w = ARENA_NEW(arena, struct column_writer);
    assert((d == NULL) == (name == NULL));
    *w = (struct column_writer){.arena = arena, .disk = d, .set = set, .builder = block_builder_create(set)};
    buf_init(&w->out, OUT_BYTES_MAX);
    buf_init(&w->places, OUT_BYTES_MAX);
    if (d != NULL) {
        column_path(name, w->path);
        struct status status = file_create(w, e);
        if (failed(status)) {
            column_writer_close(w);
            return status;
        }
    }
    struct column_head head = {.magic = COLUMN_MAGIC, .format = COLUMN_FORMAT};
    head.crc = crc_of_front(&head, sizeof head);
    buf_push(&w->out, bytes_of(&head, sizeof head));
    w->offset = sizeof head;
    *out_writer = w;
    return DONE;
}

void column_writer_close(struct column_writer *w)
{
    if (w == NULL)
        return;
    file_close(w->file);
    if (!w->finished && w->file != NULL)
        (void)disk_remove(w->disk, w->path, NULL).code; /* else the next work removes it */
    block_builder_destroy(w->builder);
    buf_fini(&w->out);
    buf_fini(&w->places);
    arena_destroy(w->arena);
}

/* --- blocks --- */

/* What waits in memory goes to the file. */
static fallible out_write(struct column_writer *w, struct err *e)
{
    TRY(file_write(w->file, w->offset - w->out.size, buf_bytes(&w->out), e));
    buf_clear(&w->out);
    return DONE;
}

static fallible block_close(struct column_writer *w, struct err *e)
{
    struct block_place place;
    if (block_builder_count(w->builder) == 0)
        return DONE;
    size_t begin = w->out.size;
    TRY(block_builder_encode(w->builder, &w->out, &place, e));
    place.offset = w->offset;
    w->offset += place.bytes;
    digest_add(&w->digest, bytes_of(w->out.data + begin, place.bytes));
    column_sum_add(&w->sum, &place);
    buf_push(&w->places, bytes_of(&place, sizeof place));
    if (w->places.overflowed)
        return FAIL(e, FULL, "no memory for the directory of a column file");
    return w->file == NULL || w->out.size < WRITE_BYTES ? DONE : out_write(w, e);
}

fallible column_writer_add(struct column_writer *w, const struct column_row *row, struct err *e)
{
    bool is_first = w->sum.count == 0 && block_builder_count(w->builder) == 0;
    assert(!w->finished && (is_first || column_row_compare(&w->last, row) < 0));
    if (!is_first && row->person / CHUNK_PEOPLE != w->last.person / CHUNK_PEOPLE)
        TRY(block_close(w, e));
    TRY(block_builder_add(w->builder, row, e));
    w->last = *row;
    return block_builder_is_full(w->builder) ? block_close(w, e) : DONE;
}

/* --- the end --- */

static void names_pack(const struct column_writer *w, struct buf *out)
{
    for (uint32_t i = 0; i < block_builder_names(w->builder); i++) {
        struct column_name name = column_set_name(w->set, block_builder_name(w->builder, i));
        pack_u8(out, (uint8_t)name.of);
        pack_u8(out, (uint8_t)name.kind);
        pack_u8(out, name.is_list);
        pack_bytes(out, name.name);
    }
}

/* The last block, the directory and the foot. */
static fallible end_put(struct column_writer *w, struct err *e)
{
    assert(!w->finished);
    TRY(block_close(w, e));
    struct column_foot foot = {.magic = COLUMN_FOOT_MAGIC,
                               .format = COLUMN_FORMAT,
                               .directory_offset = w->offset,
                               .block_count = (uint32_t)(w->places.size / sizeof(struct block_place)),
                               .name_count = block_builder_names(w->builder),
                               .count = w->sum.count};
    size_t begin = w->out.size;
    buf_push(&w->out, buf_bytes(&w->places));
    names_pack(w, &w->out);
    if (w->out.overflowed)
        return FAIL(e, FULL, "no memory for the directory of a column file");
    struct bytes directory = bytes_of(w->out.data + begin, w->out.size - begin);
    foot.directory_crc = crc32c(0, directory);
    digest_add(&w->digest, directory);
    foot.digest = w->digest.value;
    foot.crc = crc_of_front(&foot, sizeof foot);
    buf_push(&w->out, bytes_of(&foot, sizeof foot));
    if (w->out.overflowed)
        return FAIL(e, FULL, "no memory for the foot of a column file");
    w->offset += directory.size + sizeof foot;
    w->sum.bytes = w->offset;
    w->sum.digest = foot.digest;
    return DONE;
}

fallible column_writer_finish(struct column_writer *w, struct column_sum *out_sum, struct err *e)
{
    assert(w->file != NULL);
    TRY(end_put(w, e));
    TRY(out_write(w, e));
    TRY(file_sync(w->file, e));
    TRY(disk_sync_folder(w->disk, COLUMN_FOLDER, e));
    w->finished = true;
    *out_sum = w->sum;
    return DONE;
}

fallible column_writer_keep(struct column_writer *w, struct column_file **out_file, struct err *e)
{
    assert(w->file == NULL);
    TRY(end_put(w, e));
    w->finished = true;
    return column_file_of_memory(&w->out, out_file, e);
}
