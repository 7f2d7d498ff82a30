/* The rows of files, and the command that changes them. */
#include <stdio.h>
#include <string.h>

#include "domain/collect/messages.h"
#include "engine/shelf.h"

#define ROW_FORMAT 1u
#define PAYLOAD_FORMAT 1u
#define ROW_BYTES_MAX_FILE 128u

const struct family message_file_family = {
    .id = 14, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX_FILE, .name = "message_file"};
const struct family message_retired_family = {
    .id = 15, .kind = FAMILY_KEYED, .value_bytes = 1, .name = "message_retired"};

static const struct refusal messages_changed = {"messages_changed",
                                                "These message ids are kept elsewhere by now: they will be moved anew.",
                                                "这些消息标识已移到别处,将重新整理。"};

void message_path(const char *name, char out_path[MESSAGE_PATH_BYTES_MAX])
{
    assert(name[0] != 0 && strlen(name) <= WORK_NAME_BYTES_MAX);
    (void)snprintf(out_path, MESSAGE_PATH_BYTES_MAX, "%s/%s", MESSAGE_FOLDER, name);
}

/* --- files in force --- */

static void file_pack(struct buf *b, const struct message_file *f)
{
    pack_u8(b, ROW_FORMAT);
    pack_u64(b, f->first);
    pack_u64(b, f->until);
    pack_u32(b, f->oldest_s);
    pack_u32(b, f->newest_s);
    pack_varint(b, f->sum.count);
    pack_varint(b, f->sum.bytes);
    pack_u64(b, f->sum.digest);
    pack_bytes(b, bytes_of_text(f->name));
}

/* The name stands last, borrowed in *out_name. */
static struct message_file file_take(struct unpack *u, struct bytes *out_name)
{
    struct message_file f = {0};
    u->bad |= unpack_u8(u) != ROW_FORMAT;
    f.first = unpack_u64(u);
    f.until = unpack_u64(u);
    f.oldest_s = unpack_u32(u);
    f.newest_s = unpack_u32(u);
    f.sum.count = unpack_varint(u);
    f.sum.bytes = unpack_varint(u);
    f.sum.digest = unpack_u64(u);
    *out_name = unpack_bytes(u);
    return f;
}

static bool file_unpack(struct unpack *u, struct message_file *out_file)
{
    struct bytes name;
    struct message_file f = file_take(u, &name);
    u->bad |= f.first >= f.until || f.oldest_s > f.newest_s || f.sum.count == 0 || f.sum.count > f.until - f.first ||
              !work_name_is_good(&message_files, name);
    if (!unpack_good(u))
        return false;
    memcpy(f.name, name.data, name.size);
    *out_file = f;
    return true;
}

static void file_read_row(struct bytes value, struct message_file *out_file)
{
    struct unpack u = unpack_of(value);
    bool good = file_unpack(&u, out_file) && unpack_finished(&u);
    assert(good); /* rows are our own */
    (void)good;
}

bool message_file_next(const struct view *v, uint64_t from, struct message_file *out_file)
{
    struct bytes value;
    if (!work_file_next(v, &message_files, from, &value))
        return false;
    file_read_row(value, out_file);
    return true;
}

static bool file_find(const struct view *v, uint64_t first, struct message_file *out_file)
{
    struct bytes value;
    if (!work_file_find(v, &message_files, first, &value))
        return false;
    file_read_row(value, out_file);
    return true;
}

static void file_put(struct step *s, const struct message_file *f)
{
    struct buf row = arena_buf(s->view.arena, ROW_BYTES_MAX_FILE);
    file_pack(&row, f);
    assert(!row.overflowed);
    work_file_put(s, &message_files, f->first, buf_bytes(&row));
}

static void file_retire(struct step *s, const struct message_file *f)
{
    work_retire(s, &message_files, bytes_of_text(f->name), BYTES_LIT("\x01"));
    work_file_remove(s, &message_files, f->first);
}

static struct bytes file_name(struct bytes row)
{
    struct unpack u = unpack_of(row);
    struct bytes name;
    (void)file_take(&u, &name);
    return name;
}

const struct work_files message_files = {
    .folder = MESSAGE_FOLDER, .suffix = ".ids", .in_force = &message_file_family, .retired = &message_retired_family, .name = file_name};

bool message_file_is_past(const struct message_bounds *b, const struct message_file *f)
{
    return b->now_s - f->newest_s >= b->days_s || b->end - (f->until - 1) > b->ids;
}

void message_files_said(const struct view *v, sieve_said said, void *context)
{
    struct message_file f;
    char path[MESSAGE_PATH_BYTES_MAX];
    for (uint64_t from = 0; message_file_next(v, from, &f); from = f.first + 1) {
        message_path(f.name, path);
        said(context, path);
    }
}

/* --- collect.messages_moved --- */

void messages_moved_pack(struct buf *b, const struct messages_moved *m)
{
    pack_u8(b, PAYLOAD_FORMAT);
    pack_u64(b, m->drop_until);
    pack_u32(b, m->forgotten_s);
    pack_varint(b, m->removed_count);
    for (uint32_t i = 0; i < m->removed_count; i++)
        pack_u64(b, m->removed[i]);
    work_swept_pack(b, &m->swept);
    pack_u8(b, m->has_file);
    if (m->has_file)
        file_pack(b, &m->file);
}

static fallible moved_unpack(struct bytes payload, struct messages_moved *out_moved, struct err *e)
{
    struct messages_moved m = {0};
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    m.drop_until = unpack_u64(&u);
    m.forgotten_s = unpack_u32(&u);
    m.removed_count = unpack_varint32(&u);
    u.bad |= m.removed_count > MESSAGE_MERGE_FILES;
    for (uint32_t i = 0; i < m.removed_count && unpack_good(&u); i++) {
        m.removed[i] = unpack_u64(&u);
        u.bad |= i > 0 && m.removed[i] <= m.removed[i - 1]; /* each once */
    }
    work_swept_unpack(&u, &m.swept);
    m.has_file = unpack_u8(&u) != 0;
    if (m.has_file && unpack_good(&u))
        (void)file_unpack(&u, &m.file);
    if (!unpack_finished(&u))
        return FAIL(e, INVALID, "not a move of message ids");
    *out_moved = m;
    return DONE;
}

fallible messages_moved_check(struct bytes payload, struct err *e)
{
    struct messages_moved m;
    return moved_unpack(payload, &m, e);
}

/* Is all there that the command wants to take away, and nothing where it wants to put something? */
static bool move_fits(const struct view *v, const struct messages_moved *m,
                      struct message_file out_removed[MESSAGE_MERGE_FILES])
{
    struct message_file there;
    bool replaces = false;
    for (uint32_t i = 0; i < m->removed_count; i++) {
        if (!file_find(v, m->removed[i], &out_removed[i]) ||
            (m->has_file && strcmp(out_removed[i].name, m->file.name) == 0))
            return false;
        replaces |= m->has_file && m->removed[i] == m->file.first;
    }
    if (m->has_file && !replaces && file_find(v, m->file.first, &there))
        return false;
    uint64_t first = rows_series_first(v->rows, &message_family), end = rows_series_end(v->rows, &message_family);
    return m->drop_until == 0 || (m->drop_until > first && m->drop_until <= end);
}

/* The new file comes to the shelf before anything is looked for in it. That of a move which will be refused is nobody's, and
 * may be gone when this is replayed. */
void messages_moved_needs(const struct view *v, struct bytes payload)
{
    struct messages_moved m;
    struct message_file removed[MESSAGE_MERGE_FILES];
    char path[MESSAGE_PATH_BYTES_MAX];
    if (failed(moved_unpack(payload, &m, NULL)) || !m.has_file || !move_fits(v, &m, removed))
        return;
    message_path(m.file.name, path);
    (void)view_sieve_has(v, path);
}

/* Whatever else a move does: files go whose ids are all too old. */
static void past_files_retire(struct step *s)
{
    struct message_bounds bounds = message_bounds_of(&s->view);
    struct message_file f;
    for (uint64_t from = 0; message_file_next(&s->view, from, &f); from = f.first + 1) {
        if (!message_file_is_past(&bounds, &f))
            continue;
        message_mark_forgotten(s, f.newest_s);
        file_retire(s, &f);
    }
}

const struct refusal *messages_moved_apply(struct step *s, struct bytes payload)
{
    struct messages_moved m;
    struct message_file removed[MESSAGE_MERGE_FILES];
    struct status status = moved_unpack(payload, &m, NULL);
    assert(done(status)); /* messages_moved_check has seen it */
    if (!move_fits(&s->view, &m, removed))
        return &messages_changed;
    for (uint32_t i = 0; i < m.removed_count; i++)
        file_retire(s, &removed[i]);
    work_swept_forget(s, &message_files, &m.swept);
    if (m.has_file)
        file_put(s, &m.file);
    message_mark_forgotten(s, m.forgotten_s);
    if (m.drop_until > 0)
        step_series_drop(s, &message_family, m.drop_until);
    past_files_retire(s);
    return NULL;
}
