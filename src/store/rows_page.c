#include <string.h>

#include "lib/pack.h"
#include "store/rows_parts.h"

static_assert(ROW_BYTES_MAX <= UINT16_MAX, "a row's size is two bytes, on disk and in a slot");

static void head_encode(uint32_t given, uint32_t exists, struct buf *out)
{
    pack_u8(out, given == UINT32_MAX ? PAGE_VERSION : PAGE_PARTIAL);
    if (given != UINT32_MAX)
        pack_u32(out, given);
    pack_u32(out, exists);
}

void page_encode(const struct row_page *p, uint32_t given, struct buf *out)
{
    uint32_t exists = p->exists & given;
    assert((exists & p->cold) == 0);
    head_encode(given, exists, out);
    for (uint32_t left = exists; left != 0; left &= left - 1) {
        struct bytes row = slot_row(p->rows[__builtin_ctz(left)]);
        __builtin_prefetch(row.data);
        __builtin_prefetch(row.data + 64);
        pack_u16(out, (uint16_t)row.size);
    }
    for (uint32_t left = exists; left != 0; left &= left - 1)
        pack_raw(out, slot_row(p->rows[__builtin_ctz(left)]));
}

fallible page_decode(struct bytes b, struct page_rows *out_rows, struct err *e)
{
    struct unpack u = unpack_of(b);
    struct page_rows p = {.given = UINT32_MAX};
    uint8_t version = unpack_u8(&u);
    if (version != PAGE_VERSION && version != PAGE_PARTIAL)
        return FAIL(e, CORRUPT, "a page of version %u", version);
    if (version == PAGE_PARTIAL)
        p.given = unpack_u32(&u);
    p.exists = unpack_u32(&u);
    size_t sizes = sizeof(uint16_t) * (size_t)__builtin_popcount(p.exists);
    struct unpack size = unpack_of(unpack_raw(&u, sizes));
    for (uint32_t left = p.exists; left != 0; left &= left - 1)
        p.rows[__builtin_ctz(left)] = unpack_raw(&u, unpack_u16(&size));
    if (!unpack_finished(&u) || (p.exists & ~p.given) != 0)
        return FAIL(e, CORRUPT, "a page of %zu bytes whose sizes don't add up", b.size);
    *out_rows = p;
    return DONE;
}

static fallible numbered_overlay(struct bytes below, struct bytes partial, struct buf *out_page, struct err *e)
{
    struct page_rows low = {.given = UINT32_MAX}, high;
    TRY(WRAP(e, page_decode(partial, &high, e), "the part"));
    if (below.size > 0)
        TRY(WRAP(e, page_decode(below, &low, e), "the page below"));
    if (low.given != UINT32_MAX)
        return FAIL(e, CORRUPT, "the page below is itself a part");
    uint32_t exists = (low.exists & ~high.given) | high.exists;
    buf_clear(out_page);
    if (exists == 0)
        return DONE;
    head_encode(UINT32_MAX, exists, out_page);
    for (uint32_t left = exists; left != 0; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(left);
        low.rows[i] = (high.given >> i & 1) != 0 ? high.rows[i] : low.rows[i];
        pack_u16(out_page, (uint16_t)low.rows[i].size);
    }
    for (uint32_t left = exists; left != 0; left &= left - 1)
        pack_raw(out_page, low.rows[__builtin_ctz(left)]);
    return out_page->overflowed ? FAIL(e, FULL, "no memory for a page") : DONE;
}

bool page_is_index(struct bytes partial)
{
    return partial.size > 0 && partial.data[0] == PAGE_PARTIAL_INDEX;
}

fallible page_overlay(struct bytes below, struct bytes partial, struct buf *out_page, struct buf *out_filter, struct err *e)
{
    if (page_is_index(partial))
        return index_overlay(below, partial, out_page, out_filter, e);
    buf_clear(out_filter);
    return numbered_overlay(below, partial, out_page, e);
}
