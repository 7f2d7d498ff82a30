#include <string.h>

#include "store/disk_sim.h"
#include "store/log_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BYTES_MAX 65536u

/* Makes the checksums of what looks like records right, so that more than the first header is ever reached. */
static size_t records_mend(uint8_t *at, size_t size, uint32_t crc, uint32_t *out_count)
{
    size_t used = 0;
    *out_count = 0;
    while (used < size) {
        size_t record = log_record_size(bytes_of(at + used, size - used));
        if (record == 0 || record > size - used)
            break;
        crc = crc32c(crc, bytes_of(at + used, record - LOG_CRC_BYTES));
        memcpy(at + used + record - LOG_CRC_BYTES, &crc, LOG_CRC_BYTES);
        used += record;
        ++*out_count;
    }
    return used;
}

/* A group at `offset` of the file; returns where it ends, or 0. */
static size_t group_mend(uint8_t *file, size_t size, size_t offset)
{
    struct log_group_header h;
    if (size - offset < sizeof h + 1)
        return 0;
    memcpy(&h, file + offset, sizeof h);
    size_t room = size - offset - sizeof h;
    h.size = h.size % 2048 < room ? h.size % 2048 : (uint32_t)room;
    h.position = offset;
    h.synced = h.synced % (offset + 1);
    h.run = 1;
    uint32_t seed = log_crc_at(file + offset - LOG_CRC_BYTES);
    /* The header's checksum seeds the records', and they say how long it is: measure with any seed first. */
    uint32_t count = 0;
    h.size = (uint32_t)records_mend(file + offset + sizeof h, h.size, 0, &count);
    h.count = count;
    log_group_header_seal(&h, seed);
    memcpy(file + offset, &h, sizeof h);
    (void)records_mend(file + offset + sizeof h, h.size, h.crc, &count);
    return count == 0 ? 0 : offset + sizeof h + h.size;
}

static void segment_mend(uint8_t *file, size_t size)
{
    struct log_segment_header h;
    if (size < sizeof h)
        return;
    memcpy(&h, file, sizeof h);
    h.first = 0;
    h.run = 1;
    h.synced = 0;
    log_segment_header_seal(&h);
    memcpy(file, &h, sizeof h);
    for (size_t at = sizeof h; at > 0 && at < size;)
        at = group_mend(file, size, at);
}

static void log_use(struct log *l)
{
    struct err e = {0};
    struct log_cursor *c = NULL;
    struct log_record r;
    struct buf b;
    buf_init(&b, LOG_RECORD_BYTES_MAX * 2);
    struct status s = log_cursor_open(l, log_first(l), &c, &e);
    assert(done(s));
    while (done(s = log_cursor_next(c, &r, &e))) {
        struct log_record one;
        struct status same = log_read(l, r.position, &b, &one, &e);
        assert(done(same) && one.kind == r.kind && bytes_equal(one.payload, r.payload) &&
               one.follows.position == r.follows.position && one.follows.nth == r.follows.nth);
    }
    assert(s.code == STATUS_NOT_FOUND);
    log_cursor_close(c);
    buf_fini(&b);
}

/* The first byte says whether to mend the checksums, and where the file is said to begin; the rest is a segment file.
 * An open fails or gives a log whose every record can be read and that can be appended to. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t file[BYTES_MAX];
    struct err e = {0};
    struct log *l = NULL;
    uint64_t lost = 0;
    if (size < 2 || size > BYTES_MAX)
        return 0;
    memcpy(file, data + 1, size - 1);
    if ((data[0] & 1) != 0)
        segment_mend(file, size - 1);
    struct disk *d = disk_sim_create(1);
    struct log_options options = {.folder = "log", .segment_bytes = 4096, .apply_version = 1};
    const char *path = (data[0] & 2) != 0 ? "log/0000000000000040.log" : "log/0000000000000000.log";
    struct status s = disk_make_folder(d, "log", &e);
    assert(done(s));
    s = disk_write_all(d, path, bytes_of(file, size - 1), &e);
    assert(done(s));
    s = log_open(d, &options, &l, &e);
    if (s.code == STATUS_CORRUPT) {
        s = log_repair(d, &options, &(struct log_cut){.now_us = 5}, &lost, &e);
        assert(done(s));
        s = log_open(d, &options, &l, &e);
        assert(done(s));
    }
    if (done(s)) {
        struct log_record more = {.time_us = log_time_us(l), .kind = 1, .payload = BYTES_LIT("more")};
        log_use(l);
        s = log_append(l, &more, 1, &e);
        assert(done(s));
        s = log_sync(l, &e);
        assert(done(s));
        log_use(l);
    }
    log_close(l);
    disk_close(d);
    return 0;
}
