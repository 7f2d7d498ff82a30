#include "store/sorter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES_MAX 256u
#define READ_BYTES_LEAST ((size_t)16 << 10) /* of a part at once */
#define READ_BYTES_MOST ((size_t)1 << 20)

/* Before each record, in memory and in the file. */
struct record_head {
    uint64_t key;
    uint32_t size;
};
#define RECORD_HEAD_BYTES 12u

/* A record in memory: where it stands in `bytes`. */
struct place {
    uint64_t key;
    uint32_t size;
    size_t from;
};

/* A sorted run of records in the file, read from front to end. */
struct part {
    uint64_t at, until; /* of the file: what isn't read yet */
    struct buf buffer;  /* what is */
    size_t used;        /* of the buffer */
    struct record_head now;
    bool over;
};

struct sorter {
    struct disk *disk;
    char path[PATH_BYTES_MAX];
    size_t memory_bytes;
    struct buf bytes;  /* of the records in memory */
    struct buf places; /* struct place each */
    size_t place_at;   /* of those not given yet, once finished */
    struct file *file; /* NULL: all fit into memory so far */
    uint64_t file_bytes;
    struct part *parts; /* in the order in which they were written */
    size_t part_count, part_room;
    struct part **heap; /* once finished: the next one first */
    size_t heap_count;
    struct part *given; /* whose record was given last; it goes on with the next call */
};

struct sorter *sorter_create(struct disk *d, const char *path, size_t memory_bytes)
{
    struct sorter *s = calloc(1, sizeof *s);
    assert(strlen(path) < PATH_BYTES_MAX);
    if (s == NULL)
        return NULL;
    s->disk = d;
    (void)snprintf(s->path, sizeof s->path, "%s", path);
    s->memory_bytes = memory_bytes < SORTER_MEMORY_LEAST ? SORTER_MEMORY_LEAST : memory_bytes;
    buf_init(&s->bytes, s->memory_bytes + SORTER_RECORD_BYTES_MAX);
    buf_init(&s->places, s->memory_bytes + SORTER_RECORD_BYTES_MAX);
    return s;
}

void sorter_destroy(struct sorter *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->part_count; i++)
        buf_fini(&s->parts[i].buffer);
    file_close(s->file);
    buf_fini(&s->bytes);
    buf_fini(&s->places);
    free(s->parts);
    free(s->heap);
    free(s);
}

/* --- taking in --- */

static struct place *places_of(const struct sorter *s, size_t *out_count)
{
    *out_count = s->places.size / sizeof(struct place);
    return (struct place *)(void *)s->places.data;
}

/* Those of one key stay in the order in which they came: they lie so in memory. */
static int place_compare(const void *x, const void *y)
{
    const struct place *a = x, *b = y;
    if (a->key != b->key)
        return (a->key > b->key) - (a->key < b->key);
    return (a->from > b->from) - (a->from < b->from);
}

static void places_sort(struct sorter *s)
{
    size_t count;
    struct place *places = places_of(s, &count);
    if (count > 1)
        qsort(places, count, sizeof *places, place_compare);
}

/* Its name is needed no longer than the opening takes; one of a process that was killed in between is replaced. */
static fallible file_make(struct sorter *s, struct err *e)
{
    TRY(disk_remove(s->disk, s->path, e));
    TRY(disk_file_open(s->disk, s->path, FILE_CREATE, &s->file, e));
    return disk_remove(s->disk, s->path, e);
}

static void record_push(struct buf *out, const struct place *p, const uint8_t *bytes)
{
    struct record_head head = {p->key, p->size};
    buf_push(out, bytes_of(&head, RECORD_HEAD_BYTES));
    buf_push(out, bytes_of(bytes + p->from, p->size));
}

static fallible places_write(struct sorter *s, struct buf *out, struct err *e)
{
    size_t count;
    const struct place *places = places_of(s, &count);
    for (size_t i = 0; i < count; i++) {
        record_push(out, &places[i], s->bytes.data);
        if (out->size < READ_BYTES_MOST && i + 1 < count)
            continue;
        if (out->overflowed)
            return FAIL(e, FULL, "no memory to sort with");
        TRY(file_write(s->file, s->file_bytes, buf_bytes(out), e));
        s->file_bytes += out->size;
        buf_clear(out);
    }
    return DONE;
}

static fallible part_add(struct sorter *s, uint64_t from, struct err *e)
{
    if (s->part_count == s->part_room) {
        size_t room = s->part_room == 0 ? 16 : s->part_room * 2;
        struct part *parts = realloc(s->parts, room * sizeof *parts);
        if (parts == NULL)
            return FAIL(e, FULL, "no memory to sort with");
        s->parts = parts;
        s->part_room = room;
    }
    s->parts[s->part_count++] = (struct part){.at = from, .until = s->file_bytes};
    return DONE;
}

/* What is in memory becomes a part of the file. */
static fallible spill(struct sorter *s, struct err *e)
{
    uint64_t from = s->file_bytes;
    struct buf out;
    if (s->file == NULL)
        TRY(file_make(s, e));
    places_sort(s);
    buf_init(&out, READ_BYTES_MOST + SORTER_RECORD_BYTES_MAX + RECORD_HEAD_BYTES);
    struct status status = places_write(s, &out, e);
    buf_fini(&out);
    TRY(status);
    buf_clear(&s->bytes);
    buf_clear(&s->places);
    return part_add(s, from, e);
}

fallible sorter_add(struct sorter *s, uint64_t key, struct bytes record, struct err *e)
{
    assert(s->heap == NULL);
    if (record.size > SORTER_RECORD_BYTES_MAX)
        return FAIL(e, LIMIT, "a record of %zu bytes is more than can be sorted", record.size);
    struct place place = {.key = key, .size = (uint32_t)record.size, .from = s->bytes.size};
    buf_push(&s->bytes, record);
    buf_push(&s->places, bytes_of(&place, sizeof place));
    if (s->bytes.overflowed || s->places.overflowed)
        return FAIL(e, FULL, "no memory to sort with");
    return s->bytes.size + s->places.size < s->memory_bytes ? DONE : spill(s, e);
}

/* --- giving out --- */

/* Has the next `size` bytes of the part in its buffer, side by side. */
static fallible part_need(struct sorter *s, struct part *p, size_t size, struct err *e)
{
    size_t left = p->buffer.size - p->used, most = s->memory_bytes / s->part_count, got;
    if (left >= size)
        return DONE;
    most = most < READ_BYTES_LEAST ? READ_BYTES_LEAST : most > READ_BYTES_MOST ? READ_BYTES_MOST : most;
    most = most < size ? size : most;
    if (left > 0)
        memmove(p->buffer.data, p->buffer.data + p->used, left);
    p->buffer.size = left;
    p->used = 0;
    size_t want = most - left < p->until - p->at ? most - left : (size_t)(p->until - p->at);
    uint8_t *to = buf_extend(&p->buffer, want);
    if (to == NULL)
        return FAIL(e, FULL, "no memory to sort with");
    TRY(file_read(s->file, p->at, to, want, &got, e));
    p->at += got;
    return got == want && left + got >= size ? DONE : FAIL(e, CORRUPT, "what was sorted can't be read back");
}

static fallible part_step(struct sorter *s, struct part *p, struct err *e)
{
    p->over = p->at == p->until && p->used == p->buffer.size;
    if (p->over)
        return DONE;
    TRY(part_need(s, p, RECORD_HEAD_BYTES, e));
    memcpy(&p->now, p->buffer.data + p->used, RECORD_HEAD_BYTES);
    TRY(part_need(s, p, RECORD_HEAD_BYTES + p->now.size, e));
    return DONE;
}

static bool is_before(const struct part *a, const struct part *b)
{
    return a->now.key != b->now.key ? a->now.key < b->now.key : a < b; /* the older part first */
}

static void heap_sink(struct sorter *s, size_t at)
{
    for (;;) {
        size_t first = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < s->heap_count; child++)
            if (is_before(s->heap[child], s->heap[first]))
                first = child;
        if (first == at)
            return;
        struct part *moved = s->heap[at];
        s->heap[at] = s->heap[first];
        s->heap[first] = moved;
        at = first;
    }
}

fallible sorter_finish(struct sorter *s, struct err *e)
{
    if (s->file == NULL) {
        places_sort(s);
        return DONE;
    }
    if (s->places.size > 0)
        TRY(spill(s, e));
    buf_fini(&s->bytes); /* its memory is for reading from now on */
    buf_fini(&s->places);
    s->heap = calloc(s->part_count, sizeof *s->heap);
    if (s->heap == NULL)
        return FAIL(e, FULL, "no memory to sort with");
    for (size_t i = 0; i < s->part_count; i++) {
        buf_init(&s->parts[i].buffer, 2 * SORTER_RECORD_BYTES_MAX);
        TRY(part_step(s, &s->parts[i], e));
        s->heap[s->heap_count++] = &s->parts[i];
    }
    for (size_t i = s->heap_count / 2; i-- > 0;)
        heap_sink(s, i);
    return DONE;
}

static bool memory_next(struct sorter *s, uint64_t *out_key, struct bytes *out_record)
{
    size_t count;
    const struct place *places = places_of(s, &count);
    if (s->place_at == count)
        return false;
    const struct place *p = &places[s->place_at++];
    *out_key = p->key;
    *out_record = bytes_of(s->bytes.data + p->from, p->size);
    return true;
}

/* The part whose record was given goes on to its next one. */
static fallible given_step(struct sorter *s, struct err *e)
{
    struct part *p = s->given;
    if (p == NULL)
        return DONE;
    p->used += RECORD_HEAD_BYTES + p->now.size;
    TRY(part_step(s, p, e));
    if (p->over)
        s->heap[0] = s->heap[--s->heap_count];
    heap_sink(s, 0);
    return DONE;
}

fallible sorter_next(struct sorter *s, uint64_t *out_key, struct bytes *out_record, bool *out_more, struct err *e)
{
    if (s->file == NULL) {
        *out_more = memory_next(s, out_key, out_record);
        return DONE;
    }
    TRY(given_step(s, e));
    s->given = NULL;
    *out_more = s->heap_count > 0;
    if (!*out_more)
        return DONE;
    s->given = s->heap[0];
    *out_key = s->given->now.key;
    *out_record = bytes_of(s->given->buffer.data + s->given->used + RECORD_HEAD_BYTES, s->given->now.size);
    return DONE;
}
