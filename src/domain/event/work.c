#include "domain/event/work.h"

#include <string.h>

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

void purged_pack(struct buf *b, const struct purged *p)
{
    pack_u8(b, PAYLOAD_FORMAT);
    pack_u8(b, (uint8_t)(p->is_over | p->is_empty << 1));
    pack_u64(b, p->until);
    pack_u64(b, p->first);
    pack_bytes(b, bytes_of_text(p->before));
    if (!p->is_over && !p->is_empty)
        run_row_pack(b, &p->run);
}

fallible purged_unpack(struct bytes payload, struct purged *out_purged, struct err *e)
{
    struct purged p = {0};
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    uint8_t bits = unpack_u8(&u);
    p.is_over = bits & 1;
    p.is_empty = (bits & 2) != 0;
    p.until = unpack_u64(&u);
    p.first = unpack_u64(&u);
    struct bytes before = unpack_bytes(&u);
    u.bad |= before.size > RUN_NAME_BYTES_MAX || bits > 3;
    if (unpack_good(&u) && before.size > 0)
        memcpy(p.before, before.data, before.size);
    if (unpack_good(&u) && bits == 0)
        u.bad |= !run_row_unpack(&u, &p.run, &p.packed) || p.run.first != p.first;
    if (!unpack_finished(&u))
        return FAIL(e, INVALID, "not the result of purging a run");
    *out_purged = p;
    return DONE;
}
