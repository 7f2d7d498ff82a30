#include "port/file.h"

#include <stdio.h>
#include <string.h>

#include "domain/hook/hook.h"
#include "engine/work.h"
#include "lib/pack.h"

#define END_BYTES (1u << 20) /* searched for the id: far more than can be unanswered at a crash */
#define NEEDLE_BYTES_MAX 1024u
#define PATH_BYTES_MAX (HOOK_TARGET_BYTES_MAX + 8)

/* The end of a file; line_end is behind its last whole line. */
struct ending {
    struct buf bytes;
    uint64_t size, line_end;
};

static fallible ending_read(struct file *f, struct ending *out, struct err *e)
{
    TRY(file_size(f, &out->size, e));
    uint64_t from = out->size > END_BYTES ? out->size - END_BYTES : 0;
    size_t got = 0;
    uint8_t *room = buf_extend(&out->bytes, (size_t)(out->size - from));
    if (room != NULL)
        TRY(file_read(f, from, room, (size_t)(out->size - from), &got, e));
    const uint8_t *last = got == 0 ? NULL : memrchr(room, '\n', got);
    out->line_end = last == NULL ? from : from + (uint64_t)(last - room) + 1;
    if (out->size - out->line_end > ROW_BYTES_MAX)
        out->line_end = out->size; /* too long to be a line of ours: whatever it is, it stays */
    out->bytes.size = (size_t)(out->line_end - from);
    return DONE;
}

/* Does a whole line of this id stand there? Its id is the first thing in it, as hooks write it. */
static bool is_there(const struct ending *end, struct bytes key)
{
    struct buf needle;
    buf_init(&needle, NEEDLE_BYTES_MAX);
    buf_push_text(&needle, "\n{\"id\":\"");
    buf_push(&needle, key);
    buf_push_text(&needle, "\"");
    assert(!needle.overflowed);
    struct bytes line = bytes_slice(buf_bytes(&needle), 1, needle.size);
    bool there = bytes_starts_with(buf_bytes(&end->bytes), line) ||
                 (end->bytes.size > 0 && memmem(end->bytes.data, end->bytes.size, needle.data, needle.size) != NULL);
    buf_fini(&needle);
    return there;
}

static fallible line_write(struct file *f, uint64_t at, struct bytes body, struct err *e)
{
    struct buf line;
    buf_init(&line, ROW_BYTES_MAX);
    buf_push(&line, body);
    buf_push_byte(&line, '\n');
    struct status status = file_write(f, at, buf_bytes(&line), e);
    buf_fini(&line);
    TRY(status);
    return file_sync(f, e);
}

static fallible line_append(struct file *f, struct bytes key, struct bytes body, struct err *e)
{
    struct ending end = {0};
    buf_init(&end.bytes, END_BYTES);
    struct status status = ending_read(f, &end, e);
    bool there = done(status) && is_there(&end, key);
    buf_fini(&end.bytes);
    TRY(status);
    if (end.line_end < end.size)
        TRY(file_truncate(f, end.line_end, e));
    return there ? DONE : line_write(f, end.line_end, body, e);
}

static fallible file_of(struct disk *d, const char *path, struct file **out_file, struct err *e)
{
    TRY(disk_make_folder(d, "out", e));
    if (done(disk_file_open(d, path, FILE_WRITE, out_file, e)))
        return DONE;
    TRY(disk_file_open(d, path, FILE_CREATE, out_file, e));
    return disk_sync_folder(d, "out", e);
}

/* A disk that refuses is tried again: the world may free some room. */
static struct status file_send(void *context, struct workspace *w, struct bytes key, struct bytes payload, struct port_answer *out_answer)
{
    (void)context;
    struct unpack u = unpack_of(payload);
    struct bytes target = unpack_bytes(&u);
    (void)unpack_bytes(&u);
    char path[PATH_BYTES_MAX];
    struct err e = {0};
    struct file *f = NULL;
    (void)snprintf(path, sizeof path, "out/%.*s", BYTES_ARG(target));
    struct status status = file_of(workspace_surroundings(w)->disk, path, &f, &e);
    if (done(status))
        status = line_append(f, key, unpack_rest(&u), &e);
    file_close(f);
    buf_push_text(&out_answer->words, e.text);
    return failed(status) ? (struct status){STATUS_UNAVAILABLE} : DONE;
}

void file_port_start(struct host *h)
{
    host_port(h, &(struct port_kind){.effect = &effect_file, .target = hook_target, .send = file_send});
}
