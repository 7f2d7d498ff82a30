#include "domain/identity/vacant.h"

#include <string.h>

#include "lib/pack.h"

#define VACANT_FORMAT 1u
#define RANGES_MAX 64u
#define VACANT_BYTES_MAX (1u + RANGES_MAX * 2u * VARINT_BYTES_MAX)

const struct family vacant_family = {
    .id = 124, .kind = FAMILY_KEYED, .value_bytes = VACANT_BYTES_MAX, .name = "identity_vacant"};

struct range {
    uint32_t first, last;
};

struct ranges { /* ascending, none next to another */
    uint32_t count;
    struct range list[RANGES_MAX + 1];
};

static void ranges_read(const struct view *v, struct hash128 plain, struct ranges *out)
{
    struct bytes row;
    out->count = 0;
    if (!view_keyed(v, &vacant_family, bytes_of(&plain, sizeof plain), &row))
        return;
    struct unpack u = unpack_of(row);
    uint8_t format = unpack_u8(&u);
    assert(format == VACANT_FORMAT);
    for (uint32_t end = 1; unpack_left(&u) > 0;) {
        assert(out->count < RANGES_MAX);
        struct range *r = &out->list[out->count++];
        r->first = end + unpack_varint32(&u);
        r->last = r->first + unpack_varint32(&u);
        end = r->last + 1;
    }
    assert(unpack_finished(&u));
}

static void ranges_write(struct step *s, struct hash128 plain, const struct ranges *ranges)
{
    struct arena *a = s->view.arena;
    struct buf b = arena_buf(a, VACANT_BYTES_MAX);
    uint32_t end = 1;
    pack_u8(&b, VACANT_FORMAT);
    for (uint32_t i = 0; i < ranges->count; i++) {
        pack_varint(&b, ranges->list[i].first - end);
        pack_varint(&b, ranges->list[i].last - ranges->list[i].first);
        end = ranges->list[i].last + 1;
    }
    assert(!b.overflowed);
    step_keyed_put(s, &vacant_family, arena_copy(a, bytes_of(&plain, sizeof plain)), buf_bytes(&b));
}

uint32_t holder_next(const struct view *v, struct hash128 plain, uint32_t newest)
{
    struct ranges ranges;
    ranges_read(v, plain, &ranges);
    uint32_t last = ranges.count == 0 ? 0 : ranges.list[ranges.count - 1].last;
    return (last > newest ? last : newest) + 1;
}

uint32_t holder_before(const struct view *v, struct hash128 plain, uint32_t holder)
{
    struct ranges ranges;
    assert(holder > 0);
    if (--holder == 0)
        return 0;
    ranges_read(v, plain, &ranges);
    for (uint32_t i = ranges.count; i-- > 0;)
        if (holder >= ranges.list[i].first && holder <= ranges.list[i].last)
            holder = ranges.list[i].first - 1;
    return holder;
}

uint32_t holder_rank(const struct view *v, struct hash128 plain, uint32_t holder)
{
    struct ranges ranges;
    uint32_t rank = holder;
    ranges_read(v, plain, &ranges);
    for (uint32_t i = 0; i < ranges.count && ranges.list[i].last < holder; i++)
        rank -= ranges.list[i].last - ranges.list[i].first + 1;
    return rank;
}

bool holder_is_vacant(const struct view *v, struct hash128 plain, uint32_t holder)
{
    return holder_before(v, plain, holder + 1) != holder;
}

/* Of too many the two lowest become one: who lives between them has index entries of their own, and is found by these alone. */
static void ranges_bound(struct ranges *ranges)
{
    if (ranges->count <= RANGES_MAX)
        return;
    ranges->list[0].last = ranges->list[1].last;
    memmove(&ranges->list[1], &ranges->list[2], (ranges->count - 2) * sizeof *ranges->list);
    ranges->count--;
}

/* Takes in what is next to `more` or shares numbers with it, and puts it in its place. */
static void ranges_add(struct ranges *ranges, struct range more)
{
    struct ranges old = *ranges;
    uint32_t kept = 0;
    bool is_placed = false;
    for (uint32_t i = 0; i < old.count; i++) {
        struct range r = old.list[i];
        bool touches = r.first <= more.last + 1 && more.first <= r.last + 1;
        if (touches) {
            more.first = r.first < more.first ? r.first : more.first;
            more.last = r.last > more.last ? r.last : more.last;
            continue;
        }
        if (!is_placed && r.first > more.last)
            ranges->list[kept++] = more;
        is_placed |= r.first > more.last;
        ranges->list[kept++] = r;
    }
    if (!is_placed)
        ranges->list[kept++] = more;
    ranges->count = kept;
    ranges_bound(ranges);
}

void holders_vacate(struct step *s, const struct incarnation *inc)
{
    struct ranges ranges;
    ranges_read(&s->view, inc->plain, &ranges);
    ranges_add(&ranges, (struct range){.first = inc->holder_first, .last = inc->id.holder});
    ranges_write(s, inc->plain, &ranges);
}
