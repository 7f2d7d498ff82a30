#include <stdlib.h>
#include <string.h>

#include "store/log_parts.h"

#define NAME_DIGITS 16

/* The scan and what it works with. */
struct scanner {
    struct disk *disk;
    const struct log_options *options;
    struct log_scan *found;
    struct log_window window;
    uint32_t run; /* of the last good header */
};

fallible log_corrupt(uint64_t first, uint64_t position, const char *why, struct err *e)
{
    return FAIL(e, CORRUPT, "segment %016llx: byte %llu: %s: run `kith repair`", (unsigned long long)first,
                (unsigned long long)(position - first), why);
}

static void bad_note(struct log_scan *s, uint64_t first, uint64_t position, const char *why)
{
    s->bad_first = first;
    s->bad_position = position;
    err_set(&s->why, "%s", why);
}

static void *memory_grow(void *old, size_t size)
{
    void *p = realloc(old, size);
    if (p == NULL)
        abort();
    return p;
}

/* --- names --- */

bool log_name_read(const char *name, uint64_t *out_first)
{
    if (strlen(name) != NAME_DIGITS + 4 || strcmp(name + NAME_DIGITS, ".log") != 0 ||
        strspn(name, "0123456789abcdef") != NAME_DIGITS)
        return false;
    *out_first = strtoull(name, NULL, 16);
    return true;
}

static struct status name_add(void *context, const char *name, struct err *e)
{
    (void)e;
    struct log_scan *s = context;
    uint64_t first = 0;
    if (!log_name_read(name, &first))
        return DONE;
    assert(s->name_count == 0 || s->names[s->name_count - 1] < first);
    s->names = memory_grow(s->names, (s->name_count + 1) * sizeof *s->names);
    s->names[s->name_count++] = first;
    return DONE;
}

/* --- one segment --- */

/* The records of a group, all good or *out_bad is where the first bad one begins in `body`. */
static bool records_check(struct log_scan *s, const struct log_group_header *h, struct bytes body, int64_t base_time_us,
                          size_t *out_bad)
{
    uint32_t crc = h->crc;
    uint32_t count = 0;
    struct log_record r = {.time_us = s->time_us};
    size_t at = 0;
    while (at < body.size) {
        size_t size = log_record_read(bytes_of(body.data + at, body.size - at), base_time_us, &r, &crc);
        if (size == 0)
            break;
        at += size;
        count++;
    }
    *out_bad = at;
    if (at != body.size || count != h->count)
        return false;
    s->crc = crc;
    s->time_us = r.time_us;
    return true;
}

/* One group at s->end. *out_good false: there is none, or a bad one, which is noted. */
static fallible group_check(struct scanner *x, const struct log_segment *segment, uint64_t limit, bool *out_good,
                            struct err *e)
{
    struct log_scan *s = x->found;
    struct log_group_header h;
    struct log_span span = {.offset = s->end - segment->first, .size = sizeof h, .limit = limit};
    struct bytes in;
    size_t bad = 0;
    *out_good = false;
    TRY(log_window_read(&x->window, segment->file, span, &in, e));
    const char *why = NULL;
    if (!log_group_header_read(in, s->end, &h))
        why = "no good header of a group";
    else if (h.run < x->run || h.crc != log_group_header_crc(&h, s->crc))
        why = "a group that doesn't follow what is before it";
    else if (h.size > limit - span.offset - sizeof h)
        why = "a group that is cut off";
    if (why != NULL) {
        bad_note(s, segment->first, s->end, why);
        return DONE;
    }
    span.size += h.size;
    TRY(log_window_read(&x->window, segment->file, span, &in, e));
    struct bytes body = in.size < span.size ? BYTES_LIT("") : bytes_slice(in, sizeof h, in.size);
    if (!records_check(s, &h, body, segment->base_time_us, &bad)) {
        bad_note(s, segment->first, s->end + sizeof h + bad, "bad checksum of a record");
        return DONE;
    }
    x->run = h.run;
    s->mark = h.synced > s->mark ? h.synced : s->mark;
    s->end += span.size;
    *out_good = true;
    return DONE;
}

/* Its header. *out_segment NULL: it is bad, which is noted. Takes the file. */
static fallible header_check(struct scanner *x, struct file *file, uint64_t first, struct log_segment **out_segment,
                             struct err *e)
{
    struct log_scan *s = x->found;
    struct log_segment_header h;
    struct bytes in;
    uint64_t size = 0;
    struct err why = {0};
    *out_segment = NULL;
    log_window_forget(&x->window);
    struct status result = file_size(file, &size, e);
    if (done(result))
        result = log_window_read(&x->window, file, (struct log_span){0, sizeof h, size}, &in, e);
    if (failed(result)) {
        file_close(file);
        return result;
    }
    struct status good = log_segment_header_read(in, first, &h, &why);
    uint64_t owner = x->options->owner;
    if (done(good) && owner != 0 && h.owner != 0 && h.owner != owner) {
        file_close(file);
        return FAIL(e, CORRUPT, "segment %016llx: it was written by another owner: another workspace's log, or another one's workspace.json beside it", (unsigned long long)first);
    }
    if (done(good) && (h.run < x->run || h.synced > first || (s->segment_count > 0 && h.seed != s->crc)))
        good = FAIL(&why, CORRUPT, "it doesn't follow the segment before it");
    if (done(good)) {
        uint64_t most = size > x->options->segment_bytes ? size : x->options->segment_bytes;
        *out_segment = log_segment_create(file, &h, most + LOG_GROUP_BYTES_MAX);
        x->run = h.run;
        s->crc = h.check;
        s->mark = h.synced > s->mark ? h.synced : s->mark;
        s->end = first + sizeof h;
        return DONE;
    }
    file_close(file);
    if (good.code == STATUS_INVALID)
        return FAIL(e, INVALID, "segment %016llx: %s", (unsigned long long)first, why.text);
    bad_note(s, first, first, why.text);
    return DONE;
}

static fallible segment_open(struct scanner *x, size_t i, struct file **out_file, struct err *e)
{
    char path[LOG_PATH_BYTES_MAX];
    log_path(path, x->options->folder, x->found->names[i]);
    return disk_file_open(x->disk, path, x->options->read_only ? FILE_READ : FILE_WRITE, out_file, e);
}

/* *out_good: it is whole, so the next one may follow. */
static fallible segment_check(struct scanner *x, size_t i, bool *out_good, struct err *e)
{
    struct log_scan *s = x->found;
    struct log_segment *segment = NULL;
    struct file *file = NULL;
    uint64_t first = s->names[i], size = 0;
    *out_good = false;
    if (i > 0 && s->end != first)
        return DONE; /* the end of the segment before is missing, which is noted already */
    TRY(segment_open(x, i, &file, e));
    TRY(header_check(x, file, first, &segment, e));
    if (segment == NULL)
        return DONE;
    s->segments[s->segment_count++] = segment;
    TRY(file_size(segment->file, &size, e));
    bool last = i + 1 == s->name_count;
    uint64_t limit = last || s->names[i + 1] - first > size ? size : s->names[i + 1] - first;
    for (bool good = true; good;) {
        uint64_t from = s->end - first;
        TRY(group_check(x, segment, limit, &good, e));
        if (good)
            log_segment_note(segment, from, s->end - first);
    }
    *out_good = true;
    return DONE;
}

/* --- what lies behind the first bad thing --- */

struct tail {
    struct file *file;
    uint64_t first;
    uint64_t offset;
    uint64_t size;
    uint64_t used; /* offset behind its last byte that isn't zero */
};

static size_t nonzero_size(struct bytes b)
{
    while (b.size >= 8) {
        uint64_t word;
        memcpy(&word, b.data + b.size - 8, 8);
        if (word != 0)
            break;
        b.size -= 8;
    }
    while (b.size > 0 && b.data[b.size - 1] == 0)
        b.size--;
    return b.size;
}

/* Looks for one header in a piece of a tail; returns where to go on: behind the group that it heads, or, when there is
 * none, behind the piece, less what a header may need. */
static uint64_t marks_in(struct log_scan *s, const struct tail *t, uint64_t offset, struct bytes in)
{
    static const uint32_t magic = LOG_GROUP_MAGIC;
    struct log_group_header h;
    for (size_t at = 0; at + sizeof h <= in.size;) {
        const uint8_t *hit = memmem(in.data + at, in.size - at, &magic, sizeof magic);
        if (hit == NULL)
            break;
        at = (size_t)(hit - in.data);
        if (log_group_header_read(bytes_of(hit, in.size - at), t->first + offset + at, &h)) {
            s->mark = h.synced > s->mark ? h.synced : s->mark;
            s->run = h.run > s->run ? h.run : s->run;
            return offset + at + sizeof h + h.size;
        }
        at++;
    }
    assert(in.size >= sizeof h);
    return offset + in.size - sizeof h + 1;
}

/* Reads all of a tail: its marks, and how far it is used. */
static fallible tail_read(struct scanner *x, struct tail *t, struct err *e)
{
    uint64_t marks_from = t->offset;
    log_window_forget(&x->window);
    t->used = t->offset;
    for (uint64_t at = t->offset; at < t->size;) {
        struct bytes in;
        TRY(log_window_read(&x->window, t->file, (struct log_span){at, 64u << 10, t->size}, &in, e));
        if (in.size == 0)
            break;
        size_t used = nonzero_size(in);
        t->used = used > 0 ? at + used : t->used;
        marks_from = marks_from > at ? marks_from : at;
        while (used > 0 && marks_from + LOG_GROUP_HEADER_BYTES <= at + in.size)
            marks_from = marks_in(x->found, t, marks_from, bytes_slice(in, (size_t)(marks_from - at), in.size));
        /* A header may lie across two pieces: they overlap. */
        size_t overlap = in.size > LOG_GROUP_HEADER_BYTES && at + in.size < t->size ? LOG_GROUP_HEADER_BYTES : 0;
        at += in.size - overlap;
    }
    x->found->torn_bytes += t->used - t->offset;
    return DONE;
}

static fallible tails_read(struct scanner *x, struct err *e)
{
    struct log_scan *s = x->found;
    s->tail_end = s->end;
    if (s->segment_count > 0) {
        const struct log_segment *last = s->segments[s->segment_count - 1];
        struct tail t = {.file = last->file, .first = last->first, .offset = s->end - last->first};
        TRY(file_size(t.file, &t.size, e));
        TRY(tail_read(x, &t, e));
        s->tail_end = t.first + t.used;
    }
    for (size_t i = s->segment_count; i < s->name_count; i++) {
        struct tail t = {.first = s->names[i]};
        TRY(segment_open(x, i, &t.file, e));
        struct status result = file_size(t.file, &t.size, e);
        if (done(result))
            result = tail_read(x, &t, e);
        file_close(t.file);
        TRY(result);
    }
    return DONE;
}

/* --- all --- */

static fallible scan_all(struct scanner *x, struct err *e)
{
    struct log_scan *s = x->found;
    TRY(disk_list(x->disk, x->options->folder, name_add, s, e));
    if (s->name_count == 0)
        return DONE;
    s->segments = memory_grow(NULL, s->name_count * sizeof(struct log_segment *));
    s->end = s->names[0];
    if (s->names[0] > 0) /* older ones were trimmed, which waits until the beginning of the next one is durable */
        s->mark = s->names[0] + LOG_SEGMENT_HEADER_BYTES;
    for (bool good = true; good && s->segment_count < s->name_count;)
        TRY(segment_check(x, s->segment_count, &good, e));
    s->run = x->run;
    return tails_read(x, e);
}

fallible log_scan_run(struct disk *d, const struct log_options *options, struct log_scan *out_scan, struct err *e)
{
    struct log_scan found = {0};
    struct scanner x = {.disk = d, .options = options, .found = &found};
    struct status result = scan_all(&x, e);
    log_window_fini(&x.window);
    if (failed(result))
        log_scan_fini(&found);
    else
        *out_scan = found;
    return result;
}

fallible log_scan_judge(const struct log_scan *s, struct err *e)
{
    return s->mark > s->end ? log_corrupt(s->bad_first, s->bad_position, s->why.text, e) : DONE;
}

void log_scan_fini(struct log_scan *s)
{
    for (size_t i = 0; i < s->segment_count; i++)
        log_segment_drop(s->segments[i]);
    free(s->segments);
    free(s->names);
    *s = (struct log_scan){0};
}
