#include "port/file.h"

#include <stdio.h>
#include <string.h>

#include "domain/hook/hook.h"
#include "engine/work.h"
#include "lib/pack.h"

#define END_BYTES (1u << 20) /* searched for the id: far more than can be unanswered at a crash */
#define PATH_BYTES_MAX (HOOK_TARGET_BYTES_MAX + 8)

/* Is "id":"key" in the last part of the file? Ids are ours: no character in them needs an escape. */
static fallible is_there(struct file *f, uint64_t size, struct bytes key, bool *out_there, struct err *e)
{
    struct buf end, needle;
    uint64_t from = size > END_BYTES ? size - END_BYTES : 0;
    size_t got = 0;
    buf_init(&end, END_BYTES);
    buf_init(&needle, 1024);
    buf_push_text(&needle, "\"id\":\"");
    buf_push(&needle, key);
    buf_push_text(&needle, "\"");
    uint8_t *room = buf_extend(&end, (size_t)(size - from));
    struct status status = room == NULL ? DONE : file_read(f, from, room, (size_t)(size - from), &got, e);
    *out_there = done(status) && got > 0 && memmem(end.data, got, needle.data, needle.size) != NULL;
    buf_fini(&end);
    buf_fini(&needle);
    return status;
}

static fallible line_append(struct file *f, struct bytes key, struct bytes body, struct err *e)
{
    uint64_t size = 0;
    bool there = false;
    TRY(file_size(f, &size, e));
    TRY(is_there(f, size, key, &there, e));
    if (there)
        return DONE;
    struct buf line;
    buf_init(&line, ROW_BYTES_MAX);
    buf_push(&line, body);
    buf_push_byte(&line, '\n');
    struct status status = file_write(f, size, buf_bytes(&line), e);
    if (done(status))
        status = file_sync(f, e);
    buf_fini(&line);
    return status;
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
static struct status file_send(void *context, struct workspace *w, struct bytes key, struct bytes payload, struct buf *out_words)
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
    buf_push_text(out_words, e.text);
    return failed(status) ? (struct status){STATUS_UNAVAILABLE} : DONE;
}

void file_port_start(struct host *h)
{
    host_port(h, &(struct port_kind){.effect = &effect_file, .send = file_send});
}
