#include "app/import/join.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"

#define SLOTS_FIRST 1024u
#define FILE_BYTES_FIRST ((size_t)1 << 20)
#define NO_ROW 0u /* the file begins with bytes that are no row */
#define FRONT_BYTES 8u

/* A row in the file: this, the sizes of its cells (4 bytes each), the key, the cells; as a whole in eights. */
struct record {
    uint64_t next; /* of the same key; NO_ROW */
    uint64_t line;
    uint32_t key_size;
    uint32_t bytes; /* of all of it */
    uint32_t is_used, unused;
};

struct slot {
    uint64_t hash, first, last;
};

/* Open addressing, at most half full. */
struct join {
    int file;
    uint8_t *data;
    size_t size, capacity; /* of the file */
    size_t columns, count, slot_count;
    struct slot *slots;
};

static struct slot *slots_make(size_t count)
{
    struct slot *slots = calloc(count, sizeof *slots);
    if (slots == NULL)
        abort();
    return slots;
}

static fallible file_open(struct join *j, struct err *e)
{
    const char *folder = getenv("TMPDIR");
    j->file = open(folder == NULL ? "/tmp" : folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (j->file < 0 || ftruncate(j->file, FILE_BYTES_FIRST) != 0)
        return FAIL(e, IO, "no room for a temporary file: %s", strerror(errno));
    j->capacity = FILE_BYTES_FIRST;
    j->data = mmap(NULL, j->capacity, PROT_READ | PROT_WRITE, MAP_SHARED, j->file, 0);
    return j->data == MAP_FAILED ? FAIL(e, IO, "a temporary file can't be mapped: %s", strerror(errno)) : DONE;
}

fallible join_create(size_t columns, struct join **out_join, struct err *e)
{
    struct join *j = calloc(1, sizeof *j);
    if (j == NULL)
        abort();
    *j = (struct join){.file = -1, .data = MAP_FAILED, .size = FRONT_BYTES, .columns = columns, .slot_count = SLOTS_FIRST};
    j->slots = slots_make(j->slot_count);
    struct status status = file_open(j, e);
    if (failed(status)) {
        join_destroy(j);
        return status;
    }
    *out_join = j;
    return DONE;
}

void join_destroy(struct join *j)
{
    if (j == NULL)
        return;
    if (j->data != MAP_FAILED)
        (void)munmap(j->data, j->capacity);
    if (j->file >= 0)
        (void)close(j->file);
    free(j->slots);
    free(j);
}

/* --- records --- */

static struct record record_at(const struct join *j, uint64_t at)
{
    struct record r;
    memcpy(&r, j->data + at, sizeof r);
    return r;
}

static void record_write(struct join *j, uint64_t at, struct record r)
{
    memcpy(j->data + at, &r, sizeof r);
}

static struct bytes key_at(const struct join *j, uint64_t at)
{
    return bytes_of(j->data + at + sizeof(struct record) + 4 * j->columns, record_at(j, at).key_size);
}

static struct join_row row_at(const struct join *j, uint64_t at, struct arena *a)
{
    struct record r = record_at(j, at);
    const uint8_t *sizes = j->data + at + sizeof r, *text = sizes + 4 * j->columns + r.key_size;
    struct bytes *cells = ARENA_ARRAY(a, struct bytes, j->columns + 1); /* a table may have a key and nothing else */
    for (size_t i = 0; i < j->columns; i++) {
        uint32_t size;
        memcpy(&size, sizes + 4 * i, sizeof size);
        cells[i] = bytes_of(text, size);
        text += size;
    }
    return (struct join_row){r.line, cells};
}

/* Room behind what is there; the mapping may move. The disk is asked for now: a write to a hole on a full disk would end the process. */
static fallible room_make(struct join *j, size_t bytes, struct err *e)
{
    size_t capacity = j->capacity;
    while (j->size + bytes > capacity)
        capacity *= 2;
    if (capacity == j->capacity)
        return DONE;
    int rc = posix_fallocate(j->file, 0, (off_t)capacity);
    if (rc != 0)
        return FAIL(e, FULL, "no room for the joined file in a temporary file: %s", strerror(rc));
    void *moved = mremap(j->data, j->capacity, capacity, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED)
        return FAIL(e, FULL, "no room for the joined file: %s", strerror(errno));
    j->data = moved;
    j->capacity = capacity;
    return DONE;
}

static size_t record_bytes(const struct join *j, struct bytes key, const struct bytes *cells, size_t count)
{
    size_t bytes = sizeof(struct record) + 4 * j->columns + key.size;
    for (size_t i = 0; i < count && i < j->columns; i++)
        bytes += cells[i].size;
    return (bytes + 7) / 8 * 8;
}

static void record_append(struct join *j, struct record r, struct bytes key, const struct bytes *cells, size_t count)
{
    uint8_t *sizes = j->data + j->size + sizeof r, *to = sizes + 4 * j->columns;
    record_write(j, j->size, r);
    memcpy(to, key.data == NULL ? (const uint8_t *)"" : key.data, key.size);
    to += key.size;
    for (size_t i = 0; i < j->columns; i++) {
        struct bytes cell = i < count ? cells[i] : BYTES_NONE;
        uint32_t size = (uint32_t)cell.size;
        memcpy(sizes + 4 * i, &size, sizeof size);
        if (size > 0)
            memcpy(to, cell.data, size);
        to += size;
    }
    j->size += r.bytes;
}

/* --- keys --- */

/* Where the key is, or would go. */
static struct slot *slot_of(const struct join *j, uint64_t hash, struct bytes key)
{
    size_t at = (size_t)hash & (j->slot_count - 1);
    while (j->slots[at].first != NO_ROW &&
           (j->slots[at].hash != hash || !bytes_equal(key_at(j, j->slots[at].first), key)))
        at = (at + 1) & (j->slot_count - 1);
    return &j->slots[at];
}

static void grow(struct join *j)
{
    struct slot *old = j->slots;
    size_t count = j->slot_count;
    j->slot_count *= 2;
    j->slots = slots_make(j->slot_count);
    for (size_t i = 0; i < count; i++)
        if (old[i].first != NO_ROW)
            *slot_of(j, old[i].hash, key_at(j, old[i].first)) = old[i];
    free(old);
}

fallible join_add(struct join *j, struct bytes key, uint64_t line, const struct bytes *cells, size_t count, struct err *e)
{
    size_t bytes = record_bytes(j, key, cells, count);
    TRY(room_make(j, bytes, e));
    uint64_t hash = hash64(key, 0), at = j->size;
    struct slot *slot = slot_of(j, hash, key);
    struct record r = {.next = NO_ROW, .line = line, .key_size = (uint32_t)key.size, .bytes = (uint32_t)bytes};
    record_append(j, r, key, cells, count);
    if (slot->first == NO_ROW) {
        *slot = (struct slot){hash, at, at};
        if (++j->count * 2 > j->slot_count)
            grow(j);
        return DONE;
    }
    struct record last = record_at(j, slot->last);
    last.next = at;
    record_write(j, slot->last, last);
    slot->last = at;
    return DONE;
}

/* Returns how many rows the key has. */
static size_t mark_asked(struct join *j, const struct slot *slot)
{
    size_t count = 0;
    for (uint64_t at = slot->first; at != NO_ROW; count++) {
        struct record r = record_at(j, at);
        r.is_used = 1;
        record_write(j, at, r);
        at = r.next;
    }
    return count;
}

size_t join_find(struct join *j, struct bytes key, struct arena *a, size_t rows_max, const struct join_row **out_rows)
{
    const struct slot *slot = slot_of(j, hash64(key, 0), key);
    size_t count = mark_asked(j, slot), given = count <= rows_max ? count : 0;
    struct join_row *rows = ARENA_ARRAY(a, struct join_row, given + 1);
    uint64_t at = slot->first;
    for (size_t i = 0; i < given; i++, at = record_at(j, at).next)
        rows[i] = row_at(j, at, a);
    *out_rows = rows;
    return count;
}

bool join_left_next(const struct join *j, uint64_t *at, struct arena *a, struct join_row *out_row)
{
    uint64_t from = *at < FRONT_BYTES ? FRONT_BYTES : *at;
    while (from < j->size) {
        struct record r = record_at(j, from);
        uint64_t here = from;
        from += r.bytes;
        *at = from;
        if (r.is_used)
            continue;
        *out_row = row_at(j, here, a);
        return true;
    }
    return false;
}
