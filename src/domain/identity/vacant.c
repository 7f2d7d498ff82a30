#include "domain/identity/vacant.h"

#include <string.h>

#include "lib/pack.h"

#define VACANT_FORMAT 3u
#define RANGES_MAX 64u
#define VACANT_BYTES_MAX (1u + 2u * VARINT_BYTES_MAX + RANGES_MAX * 2u * VARINT_BYTES_MAX)

const struct family vacant_family = {
    .id = 124, .kind = FAMILY_KEYED, .value_bytes = VACANT_BYTES_MAX, .name = "identity_vacant"};

struct range {
    uint32_t first, last;
};

struct ranges {       /* ascending, none next to another */
    int64_t until_us; /* until when the last of the erased had the value */
    uint32_t count;
    uint32_t living; /* numbers within the first range that aren't vacant: ranges became one */
    struct range list[RANGES_MAX + 1];
};

static void ranges_read(const struct view *v, struct hash128 plain, struct ranges *out)
{
    struct bytes row;
    out->count = out->living = 0;
    out->until_us = INT64_MIN;
    if (!view_keyed(v, &vacant_family, bytes_of(&plain, sizeof plain), &row))
        return;
    struct unpack u = unpack_of(row);
    uint8_t format = unpack_u8(&u);
    assert(format == VACANT_FORMAT);
    out->until_us = unpack_signed(&u);
    out->living = unpack_varint32(&u);
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
    pack_signed(&b, ranges->until_us);
    pack_varint(&b, ranges->living);
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

/* How many numbers of the range are really vacant. */
static uint32_t vacant_in(const struct ranges *ranges, uint32_t place)
{
    const struct range *r = &ranges->list[place];
    return r->last - r->first + 1 - (place == 0 ? ranges->living : 0);
}

uint32_t holder_rank(const struct view *v, struct hash128 plain, uint32_t holder)
{
    struct ranges ranges;
    uint32_t rank = holder;
    assert(holder > 0);
    ranges_read(v, plain, &ranges);
    for (uint32_t i = 0; i < ranges.count && ranges.list[i].first <= holder; i++) {
        if (ranges.list[i].last >= holder)
            return 0;
        rank -= vacant_in(&ranges, i);
    }
    return rank;
}

uint32_t holder_of_rank(const struct view *v, struct hash128 plain, uint32_t rank)
{
    struct ranges ranges;
    uint64_t holder = rank; /* ranks come from outside: the sum may be more than a number can be */
    assert(rank > 0);
    ranges_read(v, plain, &ranges);
    for (uint32_t i = 0; i < ranges.count && ranges.list[i].first <= holder; i++) {
        if (i == 0 && holder < ranges.list[i].first + (uint64_t)ranges.living)
            return 0;
        holder += vacant_in(&ranges, i);
    }
    return holder <= UINT32_MAX ? (uint32_t)holder : 0;
}

bool holder_is_vacant(const struct view *v, struct hash128 plain, uint32_t holder)
{
    return holder_before(v, plain, holder + 1) != holder;
}

int64_t holders_vacant_until(const struct view *v, struct hash128 plain)
{
    struct ranges ranges;
    ranges_read(v, plain, &ranges);
    return ranges.until_us;
}

/* The two lowest become one: who lives between them has index entries of their own, and is found by these alone; how many they are is
 * kept, so that everybody above is still counted right. */
static void lowest_join(struct ranges *ranges)
{
    assert(ranges->count > 1);
    ranges->living += ranges->list[1].first - ranges->list[0].last - 1;
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
    bool is_below = old.living > 0 && more.last + 1 < old.list[0].first; /* where people live must stay the first */
    if (old.living > 0 && more.first >= old.list[0].first && more.last <= old.list[0].last)
        ranges->living -= more.last - more.first + 1; /* whoever lived in there all the same */
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
    if (kept > RANGES_MAX || is_below)
        lowest_join(ranges);
}

void holders_vacate(struct step *s, const struct incarnation *inc)
{
    struct ranges ranges;
    int64_t until_us = inc->id.state == ID_PASSED_ON ? inc->id.until_us : s->view.now_us;
    ranges_read(&s->view, inc->plain, &ranges);
    ranges.until_us = until_us > ranges.until_us ? until_us : ranges.until_us;
    ranges_add(&ranges, (struct range){.first = inc->holder_first, .last = inc->id.holder});
    ranges_write(s, inc->plain, &ranges);
}
