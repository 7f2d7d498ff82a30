#include "domain/event/work.h"

#include "lib/pack.h"

#define PAYLOAD_FORMAT 1u

/* --- payloads --- */

void folded_pack(struct buf *b, const struct folded *f)
{
    pack_u8(b, PAYLOAD_FORMAT);
    pack_u64(b, f->first_index);
    pack_u64(b, (uint64_t)f->last_us);
    run_row_pack(b, &f->run);
}

fallible folded_unpack(struct bytes payload, struct folded *out_folded, struct err *e)
{
    struct folded f;
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    f.first_index = unpack_u64(&u);
    f.last_us = (int64_t)unpack_u64(&u);
    if (!run_row_unpack(&u, &f.run, &f.packed) || !unpack_finished(&u))
        return FAIL(e, INVALID, "not the result of folding");
    *out_folded = f;
    return DONE;
}

void merged_pack(struct buf *b, const struct merged_runs *m)
{
    pack_u8(b, PAYLOAD_FORMAT);
    pack_varint(b, m->removed_count);
    for (uint32_t i = 0; i < m->removed_count; i++)
        pack_u64(b, m->removed[i]);
    run_row_pack(b, &m->run);
}

fallible merged_unpack(struct bytes payload, struct merged_runs *out_merged, struct err *e)
{
    struct merged_runs m;
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    m.removed_count = unpack_varint32(&u);
    u.bad |= m.removed_count < 2 || m.removed_count > MERGE_RUNS_MAX;
    for (uint32_t i = 0; i < m.removed_count && unpack_good(&u); i++) {
        m.removed[i] = unpack_u64(&u);
        u.bad |= i > 0 && m.removed[i] <= m.removed[i - 1]; /* each once */
    }
    if (!run_row_unpack(&u, &m.run, &m.packed) || !unpack_finished(&u) || m.run.first != m.removed[0])
        return FAIL(e, INVALID, "not the result of merging runs");
    *out_merged = m;
    return DONE;
}

void swept_pack(struct buf *b, const struct swept *s)
{
    pack_u8(b, PAYLOAD_FORMAT);
    pack_varint(b, s->count);
    for (uint32_t i = 0; i < s->count; i++)
        pack_bytes(b, s->keys[i]);
}

fallible swept_unpack(struct bytes payload, struct swept *out_swept, struct err *e)
{
    struct swept s;
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    s.count = unpack_varint32(&u);
    u.bad |= s.count == 0 || s.count > SWEPT_FILES_MAX;
    for (uint32_t i = 0; i < s.count && unpack_good(&u); i++) {
        s.keys[i] = unpack_bytes(&u);
        u.bad |= s.keys[i].size <= 8 || s.keys[i].size > 8 + RUN_NAME_BYTES_MAX;
    }
    if (!unpack_finished(&u))
        return FAIL(e, INVALID, "not a list of what was given up");
    *out_swept = s;
    return DONE;
}

/* --- files that nobody refers to --- */

fallible orphans_remove(struct disk *d, unsigned dashes, const char *const *names, size_t name_count, struct err *e)
{
    struct work_files files = {.folder = RUN_FOLDER, .suffix = ".run", .dashes = dashes, .names = names, .name_count = name_count};
    return work_orphans_remove(d, &files, e);
}
