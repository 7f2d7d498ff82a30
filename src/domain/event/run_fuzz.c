/* Bytes that say they are a run. */
#include <string.h>
#include <zstd.h>

#include "domain/event/run.h"
#include "domain/event/run_inside.h"
#include "lib/pack.h"
#include "store/disk_sim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NAME "1-2.run"
#define PATH RUN_FOLDER "/" NAME

/* Makes the checksums right, so that more than the first is ever reached. */
static void file_mend(uint8_t *file, size_t size)
{
    struct run_head head;
    struct run_foot foot;
    if (size < sizeof head + sizeof foot)
        return;
    memcpy(&head, file, sizeof head);
    head.magic = RUN_MAGIC;
    head.format = RUN_FORMAT;
    head.crc = crc_of_front(&head, sizeof head);
    memcpy(file, &head, sizeof head);
    memcpy(&foot, file + size - sizeof foot, sizeof foot);
    foot.magic = RUN_FOOT_MAGIC;
    foot.format = RUN_FORMAT;
    foot.block_count %= 5;
    if (foot.block_count * sizeof(struct block_entry) > size - sizeof head - sizeof foot)
        foot.block_count = 0;
    foot.index_offset = size - sizeof foot - foot.block_count * sizeof(struct block_entry);
    if (foot.first_person > foot.last_person || foot.first_us > foot.last_us) {
        foot.first_person = 0, foot.last_person = UINT32_MAX;
        foot.first_us = INT64_MIN, foot.last_us = INT64_MAX;
    }
    foot.crc = crc_of_front(&foot, sizeof foot);
    memcpy(file + size - sizeof foot, &foot, sizeof foot);
    for (uint64_t i = 0; i < foot.block_count; i++) {
        struct block_entry entry;
        struct block_head block;
        uint8_t *at = file + foot.index_offset + i * sizeof entry;
        memcpy(&entry, at, sizeof entry);
        entry.crc = crc_of_front(&entry, sizeof entry);
        memcpy(at, &entry, sizeof entry);
        if (entry.offset > foot.index_offset || foot.index_offset - entry.offset < entry.bytes || entry.bytes < sizeof block)
            continue;
        at = file + entry.offset;
        memcpy(&block, at, sizeof block);
        block.crc = crc_of_block(entry.offset, bytes_of(at + sizeof block.crc, entry.bytes - sizeof block.crc));
        memcpy(at, &block.crc, sizeof block.crc);
    }
}

/* A whole run of one block, whose events are the bytes; the first four say how many there are and whose the last is. */
static void file_wrap(struct buf *out, const uint8_t *data, size_t size)
{
    uint16_t count, last_person;
    if (size < 4)
        return;
    memcpy(&count, data, 2);
    memcpy(&last_person, data + 2, 2);
    data += 4, size -= 4;
    struct run_head head = {.magic = RUN_MAGIC, .format = RUN_FORMAT};
    head.crc = crc_of_front(&head, sizeof head);
    buf_push(out, bytes_of(&head, sizeof head));
    struct block_head block = {.raw_bytes = (uint32_t)size, .count = count};
    uint8_t *at = buf_extend(out, sizeof block + ZSTD_compressBound(size));
    assert(at != NULL);
    size_t packed = ZSTD_compress(at + sizeof block, ZSTD_compressBound(size), data, size, 1);
    assert(!ZSTD_isError(packed));
    block.packed_bytes = (uint32_t)packed;
    memcpy(at, &block, sizeof block);
    block.crc = crc_of_block(sizeof head, bytes_of(at + sizeof block.crc, sizeof block - sizeof block.crc + packed));
    memcpy(at, &block, sizeof block);
    out->size = sizeof head + sizeof block + packed;
    struct block_entry entry = {.last_person = last_person, .offset = sizeof head, .bytes = (uint32_t)(sizeof block + packed), .count = count};
    entry.crc = crc_of_front(&entry, sizeof entry);
    struct run_foot foot = {.magic = RUN_FOOT_MAGIC, .format = RUN_FORMAT, .index_offset = out->size, .block_count = 1, .count = UINT16_MAX,
                            .last_us = INT64_MAX, .last_person = UINT32_MAX};
    foot.crc = crc_of_front(&foot, sizeof foot);
    buf_push(out, bytes_of(&entry, sizeof entry));
    buf_push(out, bytes_of(&foot, sizeof foot));
}

static void run_use(struct run_reader *r)
{
    struct err e = {0};
    struct run_stream s;
    uint64_t from, until;
    struct status status = run_stream_open(r, &s, &e);
    for (uint64_t i = 0; done(status) && !s.over; i++) {
        assert(i < run_reader_blocks(r) * UINT32_MAX && s.now.packed.size > 0);
        status = run_stream_next(&s, &e);
    }
    assert(done(status) || status.code == STATUS_CORRUPT);
    run_stream_close(&s);
    for (uint32_t person = 0; person < 8; person++) {
        status = run_reader_find(r, person * 300, (int64_t)person, &from, &until, &e);
        assert(failed(status) || (from <= until && until <= run_reader_blocks(r)));
    }
}

/* The first byte says what the rest is: a file, a file whose checksums are made right, or the events of a block. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct buf file;
    struct run_reader *r = NULL;
    if (size < 1 || size > 65536)
        return 0;
    buf_init(&file, 1 << 18);
    if (data[0] % 3 == 2)
        file_wrap(&file, data + 1, size - 1);
    else
        buf_push(&file, bytes_of(data + 1, size - 1));
    if (data[0] % 3 == 1)
        file_mend(file.data, file.size);
    struct disk *d = disk_sim_create(1);
    struct status status = disk_make_folder(d, RUN_FOLDER, &e);
    assert(done(status));
    status = disk_write_all(d, PATH, buf_bytes(&file), &e);
    assert(done(status));
    status = run_reader_open(d, NAME, &r, &e);
    assert(done(status) || status.code == STATUS_CORRUPT || status.code == STATUS_INVALID);
    if (done(status))
        run_use(r);
    run_reader_close(r);
    disk_close(d);
    buf_fini(&file);
    return 0;
}
