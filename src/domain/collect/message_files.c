/* The rows of files, and the command that changes them. */
#include <stdio.h>
#include <string.h>

#include "domain/collect/messages.h"
#include "engine/shelf.h"
#include "lib/pack.h"

#define ROW_FORMAT 1u
#define PAYLOAD_FORMAT 1u
#define ROW_BYTES_MAX_FILE 128u
#define PLACE_BYTES 8u /* of a key */
#define SUFFIX ".ids"

const struct family message_file_family = {
    .id = 14, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX_FILE, .name = "message_file"};
const struct family message_retired_family = {
    .id = 15, .kind = FAMILY_KEYED, .value_bytes = 1, .name = "message_retired"};

static const struct refusal messages_changed = {"messages_changed",
                                                "These message ids are kept elsewhere by now: they will be moved anew.",
                                                "这些消息标识已移到别处,将重新整理。"};

struct big_endian {
    uint8_t data[PLACE_BYTES];
};

static struct big_endian big_endian_of(uint64_t x)
{
    struct big_endian b;
    for (int i = 7; i >= 0; i--, x >>= 8)
        b.data[i] = (uint8_t)x;
    return b;
}

void message_path(const char *name, char out_path[MESSAGE_PATH_BYTES_MAX])
{
    assert(name[0] != 0 && strlen(name) <= MESSAGE_NAME_BYTES_MAX);
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

/* A name of ours: no other file can be read or removed by its help. */
static bool name_good(struct bytes name)
{
    size_t suffix = sizeof SUFFIX - 1;
    if (name.size <= suffix || name.size > MESSAGE_NAME_BYTES_MAX)
        return false;
    for (size_t i = 0; i < name.size - suffix; i++)
        if (name.data[i] == 0 || strchr("0123456789abcdef-", name.data[i]) == NULL)
            return false;
    return bytes_equal(bytes_slice(name, name.size - suffix, name.size), BYTES_LIT(SUFFIX));
}

static bool file_unpack(struct unpack *u, struct message_file *out_file)
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
    struct bytes name = unpack_bytes(u);
    u->bad |= f.first >= f.until || f.oldest_s > f.newest_s || f.sum.count == 0 || f.sum.count > f.until - f.first ||
              !name_good(name);
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
    struct big_endian at = big_endian_of(from);
    struct bytes key, value;
    if (!view_keyed_next(v, &message_file_family, bytes_of(at.data, sizeof at.data), false, &key, &value))
        return false;
    file_read_row(value, out_file);
    return true;
}

static bool file_find(const struct view *v, uint64_t first, struct message_file *out_file)
{
    struct big_endian at = big_endian_of(first);
    struct bytes value;
    if (!view_keyed(v, &message_file_family, bytes_of(at.data, sizeof at.data), &value))
        return false;
    file_read_row(value, out_file);
    return true;
}

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

/* --- files given up --- */

bool message_retired_next(const struct view *v, struct bytes after_key, struct message_retired *out_retired)
{
    struct bytes key, value;
    bool first = after_key.size == 0;
    if (!view_keyed_next(v, &message_retired_family, first ? BYTES_LIT("\0") : after_key, !first, &key, &value))
        return false;
    assert(key.size > PLACE_BYTES);
    *out_retired = (struct message_retired){.key = key};
    for (size_t i = 0; i < PLACE_BYTES; i++)
        out_retired->position = out_retired->position << 8 | key.data[i];
    return true;
}

struct bytes message_retired_name(struct bytes key)
{
    return bytes_slice(key, PLACE_BYTES, key.size);
}

static void file_retire(struct step *s, const struct message_file *f)
{
    struct arena *a = s->view.arena;
    struct big_endian position = big_endian_of(s->view.position), first = big_endian_of(f->first);
    size_t name_bytes = strlen(f->name);
    uint8_t *key = arena_take(a, PLACE_BYTES + name_bytes, 1);
    memcpy(key, position.data, PLACE_BYTES);
    memcpy(key + PLACE_BYTES, f->name, name_bytes);
    step_keyed_put(s, &message_retired_family, bytes_of(key, PLACE_BYTES + name_bytes), BYTES_LIT("\x01"));
    step_keyed_remove(s, &message_file_family, arena_copy(a, bytes_of(first.data, sizeof first.data)));
}

size_t message_file_names(const struct view *v, struct arena *arena, const char *const **out_names)
{
    size_t count = 0, at = 0;
    struct message_file f;
    struct message_retired r;
    for (uint64_t from = 0; message_file_next(v, from, &f); from = f.first + 1)
        count++;
    for (struct bytes after = BYTES_NONE; message_retired_next(v, after, &r); after = r.key)
        count++;
    const char **names = ARENA_ARRAY(arena, const char *, count + 1);
    for (uint64_t from = 0; message_file_next(v, from, &f); from = f.first + 1)
        names[at++] = arena_text(arena, bytes_of_text(f.name));
    for (struct bytes after = BYTES_NONE; message_retired_next(v, after, &r); after = r.key)
        names[at++] = arena_text(arena, message_retired_name(r.key));
    assert(at == count);
    work_names_sort(names, count);
    *out_names = names;
    return count;
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
    pack_varint(b, m->swept_count);
    for (uint32_t i = 0; i < m->swept_count; i++)
        pack_bytes(b, m->swept[i]);
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
    m.swept_count = unpack_varint32(&u);
    u.bad |= m.swept_count > MESSAGES_SWEPT_MAX;
    for (uint32_t i = 0; i < m.swept_count && unpack_good(&u); i++) {
        m.swept[i] = unpack_bytes(&u);
        u.bad |= m.swept[i].size <= PLACE_BYTES || m.swept[i].size > PLACE_BYTES + MESSAGE_NAME_BYTES_MAX;
    }
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
    for (uint32_t i = 0; i < m.swept_count; i++)
        step_keyed_remove(s, &message_retired_family, m.swept[i]);
    if (m.has_file) {
        struct big_endian first = big_endian_of(m.file.first);
        struct buf row = {.data = arena_take(s->view.arena, ROW_BYTES_MAX_FILE, 1),
                          .capacity = ROW_BYTES_MAX_FILE,
                          .size_max = ROW_BYTES_MAX_FILE};
        file_pack(&row, &m.file);
        assert(!row.overflowed);
        step_keyed_put(s, &message_file_family, arena_copy(s->view.arena, bytes_of(first.data, sizeof first.data)),
                       buf_bytes(&row));
    }
    message_mark_forgotten(s, m.forgotten_s);
    if (m.drop_until > 0)
        step_series_drop(s, &message_family, m.drop_until);
    past_files_retire(s);
    return NULL;
}
