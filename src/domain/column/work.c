#include "domain/column/work.h"

#include <string.h>

#include "domain/column/properties.h"
#include "lib/pack.h"

#define PAYLOAD_FORMAT 1u

void column_folded_pack(struct buf *b, const struct column_folded *f)
{
    pack_u8(b, PAYLOAD_FORMAT);
    pack_u64(b, f->from);
    pack_u64(b, f->until);
    pack_u64(b, f->settled);
    pack_u64(b, f->taken);
    pack_varint(b, f->file_count);
    for (uint32_t i = 0; i < f->file_count; i++)
        file_row_pack(b, &f->files[i]);
}

static void files_take(struct unpack *u, struct arena *a, struct column_folded *f)
{
    f->file_count = unpack_varint32(u);
    u->bad |= f->file_count > FOLDED_FILES_MAX;
    if (!unpack_good(u))
        return;
    f->files = a == NULL ? NULL : ARENA_ARRAY(a, struct file_row, f->file_count + 1);
    uint64_t place = 0;
    for (uint32_t i = 0; i < f->file_count && unpack_good(u); i++) {
        struct file_row row;
        if (!file_row_unpack(u, &row))
            return;
        u->bad |= row.first != f->from || row.until != f->until || row.settled != f->settled || (i > 0 && file_place(&row) <= place);
        place = file_place(&row);
        if (a != NULL)
            f->files[i] = row;
    }
}

fallible column_folded_unpack(struct bytes payload, struct arena *a, struct column_folded *out_folded, struct err *e)
{
    struct column_folded f;
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    f.from = unpack_u64(&u);
    f.until = unpack_u64(&u);
    f.settled = unpack_u64(&u);
    f.taken = unpack_u64(&u);
    u.bad |= f.from >= f.until || f.until > f.settled;
    files_take(&u, a, &f);
    f.seen = u;
    property_sights_check(&u);
    if (!unpack_finished(&u))
        return FAIL(e, INVALID, "not the result of making columns");
    *out_folded = f;
    return DONE;
}

/* --- a file in the place of others --- */

#define BIT_EMPTY 1u
#define BIT_OVER 2u

static void replaced_put(struct buf *b, const struct column_merged *m)
{
    pack_varint(b, m->removed_count);
    for (uint32_t i = 0; i < m->removed_count; i++) {
        pack_u64(b, m->removed[i]);
        pack_bytes(b, bytes_of_text(m->names[i]));
    }
    if (!m->is_empty)
        file_row_pack(b, &m->file);
}

static void replaced_take(struct unpack *u, bool is_empty, struct column_merged *out)
{
    out->is_empty = is_empty;
    out->removed_count = unpack_varint32(u);
    u->bad |= out->removed_count == 0 || out->removed_count > MERGE_FILES_MAX;
    for (uint32_t i = 0; i < out->removed_count && unpack_good(u); i++) {
        out->removed[i] = unpack_u64(u);
        struct bytes name = unpack_bytes(u);
        u->bad |= (i > 0 && out->removed[i] <= out->removed[i - 1]) || !work_name_is_good(&column_files, name);
        if (!unpack_good(u))
            return;
        memset(out->names[i], 0, sizeof out->names[i]);
        memcpy(out->names[i], name.data, name.size);
    }
    if (unpack_good(u) && !is_empty)
        u->bad |= !file_row_unpack(u, &out->file) || file_place(&out->file) != out->removed[0];
}

void column_merged_pack(struct buf *b, const struct column_merged *m)
{
    pack_u8(b, PAYLOAD_FORMAT);
    pack_u8(b, m->is_empty ? BIT_EMPTY : 0);
    replaced_put(b, m);
}

fallible column_merged_unpack(struct bytes payload, struct column_merged *out_merged, struct err *e)
{
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    uint8_t bits = unpack_u8(&u);
    u.bad |= bits > BIT_EMPTY;
    replaced_take(&u, bits == BIT_EMPTY, out_merged);
    return unpack_finished(&u) ? DONE : FAIL(e, INVALID, "not the result of merging columns");
}

void column_purged_pack(struct buf *b, const struct column_purged *p)
{
    pack_u8(b, PAYLOAD_FORMAT);
    pack_u8(b, (uint8_t)((p->is_over ? BIT_OVER : 0) | (!p->is_over && p->rewritten.is_empty ? BIT_EMPTY : 0)));
    pack_u64(b, p->erasure);
    pack_u64(b, p->looked);
    if (!p->is_over)
        replaced_put(b, &p->rewritten);
}

fallible column_purged_unpack(struct bytes payload, struct column_purged *out_purged, struct err *e)
{
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    uint8_t bits = unpack_u8(&u);
    u.bad |= bits > BIT_OVER;
    out_purged->is_over = bits == BIT_OVER;
    out_purged->erasure = unpack_u64(&u);
    out_purged->looked = unpack_u64(&u);
    if (!out_purged->is_over)
        replaced_take(&u, bits == BIT_EMPTY, &out_purged->rewritten);
    return unpack_finished(&u) ? DONE : FAIL(e, INVALID, "not the result of purging columns");
}
