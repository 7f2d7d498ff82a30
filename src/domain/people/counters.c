/* Counters as bytes: an entry is found and rewritten without reading the others' values, for this is done once an event.
 * Layout: docs/formats/people.md. */
#include <string.h>

#include "base/time.h"
#include "domain/people/sections.h"

#define HEAD_FIRST 0x07u /* code of the size of (first - anchor) */
#define HEAD_SPAN 0x38u  /* code of the size of (last - first) */
#define HEAD_SPAN_SHIFT 3
#define HEAD_ONE 0x40u   /* the count is 1 and not written */
#define HEAD_MS 0x80u    /* both times are in whole milliseconds */
#define ENTRY_BYTES_MAX 44u /* 1 + 6 + 5 + 5 + 10 + 8 + 8, and one to spare */
#define HEADER_BYTES_MAX 24u

static const uint8_t size_of_code[8] = {0, 1, 2, 3, 4, 5, 6, 8};

/* Rows are our own bytes: what would pass the end is a bug. */
struct cursor {
    const uint8_t *at, *end;
};

static inline uint64_t cursor_varint(struct cursor *c)
{
    uint64_t x = 0;
    for (unsigned shift = 0;; shift += 7) {
        assert(shift < 64 && c->at < c->end);
        uint8_t byte = *c->at++;
        x |= (uint64_t)(byte & 0x7f) << shift;
        if (LIKELY(byte < 0x80))
            return x;
    }
}

static uint64_t cursor_fixed(struct cursor *c, uint32_t code)
{
    uint64_t x = 0;
    size_t size = size_of_code[code];
    assert((size_t)(c->end - c->at) >= size);
    memcpy(&x, c->at, size);
    c->at += size;
    return x;
}

static uint32_t code_of(uint64_t x)
{
    uint32_t size = x == 0 ? 0 : (uint32_t)(71 - __builtin_clzll(x)) / 8;
    return size > 7 ? 7 : size;
}

static int key_compare(const struct counter *x, const struct counter *y)
{
    if (x->event != y->event)
        return x->event < y->event ? -1 : 1;
    if (x->brand != y->brand)
        return x->brand < y->brand ? -1 : 1;
    return (x->channel > y->channel) - (x->channel < y->channel);
}

static uint8_t *varint_put(uint8_t *at, uint64_t x)
{
    for (; x >= 0x80; x >>= 7)
        *at++ = (uint8_t)(x | 0x80);
    *at++ = (uint8_t)x;
    return at;
}

static uint8_t *entry_key_put(uint8_t *at, uint8_t head, const struct counter *c, const struct counter *before)
{
    bool moved = c->brand != before->brand || c->channel != before->channel;
    *at++ = head;
    at = varint_put(at, (uint64_t)(c->event - before->event) << 1 | moved);
    if (moved) {
        at = varint_put(at, c->brand);
        at = varint_put(at, c->channel);
    }
    return at;
}

/* Writes up to 8 bytes more than the entry has: `at` has ENTRY_BYTES_MAX. */
static uint8_t *entry_put(uint8_t *at, const struct counter *c, const struct counter *before, int64_t anchor_us)
{
    uint64_t first = (uint64_t)(c->first_us - anchor_us), span = (uint64_t)(c->last_us - c->first_us);
    bool ms = first % US_PER_MS == 0 && span % US_PER_MS == 0;
    first = ms ? first / US_PER_MS : first;
    span = ms ? span / US_PER_MS : span;
    uint32_t first_code = code_of(first), span_code = code_of(span);
    uint32_t head = first_code | span_code << HEAD_SPAN_SHIFT | (c->count == 1 ? HEAD_ONE : 0) | (ms ? HEAD_MS : 0);
    at = entry_key_put(at, (uint8_t)head, c, before);
    if (c->count != 1)
        at = varint_put(at, c->count);
    memcpy(at, &first, sizeof first);
    at += size_of_code[first_code];
    memcpy(at, &span, sizeof span);
    return at + size_of_code[span_code];
}

/* Reads head and key; what follows is left to entry_rest or entry_skip. `key` holds the key of the entry before. */
static inline uint8_t entry_key(struct cursor *c, struct counter *key)
{
    assert(c->at < c->end);
    uint8_t head = *c->at++;
    uint64_t code = cursor_varint(c);
    key->event += (uint32_t)(code >> 1);
    if ((code & 1) != 0) {
        key->brand = (uint32_t)cursor_varint(c);
        key->channel = (uint32_t)cursor_varint(c);
    }
    return head;
}

static void entry_rest(struct cursor *c, uint8_t head, int64_t anchor_us, struct counter *into)
{
    into->count = (head & HEAD_ONE) != 0 ? 1 : cursor_varint(c);
    uint64_t first = cursor_fixed(c, head & HEAD_FIRST);
    uint64_t span = cursor_fixed(c, (head & HEAD_SPAN) >> HEAD_SPAN_SHIFT);
    uint64_t unit = (head & HEAD_MS) != 0 ? (uint64_t)US_PER_MS : 1;
    into->first_us = anchor_us + (int64_t)(first * unit);
    into->last_us = into->first_us + (int64_t)(span * unit);
}

static inline void entry_skip(struct cursor *c, uint8_t head)
{
    if ((head & HEAD_ONE) == 0)
        (void)cursor_varint(c);
    c->at += size_of_code[head & HEAD_FIRST] + size_of_code[(head & HEAD_SPAN) >> HEAD_SPAN_SHIFT];
    assert(c->at <= c->end);
}

static uint8_t *header_put(uint8_t *at, uint32_t count, int64_t anchor_ms)
{
    *at++ = SECTION_FORMAT;
    at = varint_put(at, count);
    return varint_put(at, (uint64_t)anchor_ms << 1 ^ (uint64_t)(anchor_ms >> 63));
}

/* The anchor, in microseconds. */
static int64_t header_read(struct cursor *c, uint32_t *out_count)
{
    assert(c->at < c->end && *c->at == SECTION_FORMAT);
    c->at++;
    *out_count = (uint32_t)cursor_varint(c);
    uint64_t zigzag = cursor_varint(c);
    int64_t anchor_ms = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
    return anchor_ms * US_PER_MS;
}

struct counters counters_none(uint32_t max)
{
    return (struct counters){.max = max};
}

struct counters counters_decode(struct bytes section, struct arena *a)
{
    struct counters c = counters_none(COUNTERS_MAX);
    if (section.size == 0)
        return c;
    struct cursor at = {section.data, section.data + section.size};
    int64_t anchor_us = header_read(&at, &c.count);
    c.room = c.count + 1; /* most are decoded to add one */
    c.list = ARENA_ARRAY(a, struct counter, c.room);
    struct counter key = {0};
    for (uint32_t i = 0; i < c.count; i++) {
        uint8_t head = entry_key(&at, &key);
        c.list[i] = key;
        entry_rest(&at, head, anchor_us, &c.list[i]);
    }
    assert(at.at == at.end);
    return c;
}

static int64_t anchor_of(const struct counters *c)
{
    int64_t first_us = c->list[0].first_us;
    for (uint32_t i = 1; i < c->count; i++)
        first_us = c->list[i].first_us < first_us ? c->list[i].first_us : first_us;
    return first_us / US_PER_MS - (first_us % US_PER_MS < 0);
}

struct bytes counters_encode(const struct counters *c, struct arena *a)
{
    if (c->count == 0)
        return BYTES_NONE;
    uint8_t *data = arena_take(a, HEADER_BYTES_MAX + (size_t)c->count * ENTRY_BYTES_MAX, 1), *at = data;
    int64_t anchor_ms = anchor_of(c);
    at = header_put(at, c->count, anchor_ms);
    struct counter none = {0};
    for (uint32_t i = 0; i < c->count; i++)
        at = entry_put(at, &c->list[i], i == 0 ? &none : &c->list[i - 1], anchor_ms * US_PER_MS);
    return bytes_of(data, (size_t)(at - data));
}

static void counter_sum(struct counter *into, const struct counter *more)
{
    into->count += more->count;
    into->first_us = more->first_us < into->first_us ? more->first_us : into->first_us;
    into->last_us = more->last_us > into->last_us ? more->last_us : into->last_us;
}

/* Adds up equal keys, whatever the limit. */
static void add_exactly(struct counters *c, const struct counter *more, struct arena *a)
{
    uint32_t low = 0, high = c->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (key_compare(&c->list[middle], more) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < c->count && key_compare(&c->list[low], more) == 0) {
        counter_sum(&c->list[low], more);
        return;
    }
    LIST_OPEN(a, c->list, c->count, c->room, low);
    c->list[low] = *more;
}

/* "Other" is one, of all brands and channels. */
static struct counter counted_as(const struct counter *c)
{
    struct counter one = *c;
    if (one.event == 0)
        one.brand = one.channel = 0;
    return one;
}

void counters_add(struct counters *c, const struct counter *more, struct arena *a)
{
    assert(more->count > 0 && more->first_us <= more->last_us && (more->count > 1 || more->first_us == more->last_us));
    struct counter one = counted_as(more);
    add_exactly(c, &one, a);
    bool has_other = c->list[0].event == 0;
    if (c->count - has_other <= c->max)
        return;
    struct counter last = c->list[--c->count]; /* the largest key gives way: it can never come back among the smallest */
    last.event = last.brand = last.channel = 0;
    add_exactly(c, &last, a);
    assert(c->count == c->max + 1);
}

/* Where a key stands among the entries, or would stand. */
struct spot {
    const uint8_t *start;  /* of `entry`; the end, when all keys are smaller */
    struct counter before; /* the last smaller key; 0 when there is none */
    struct counter entry;  /* the key that was found, or the next larger one */
    uint8_t head;          /* of `entry` */
    bool is_found, has_next;
};

/* Leaves `c` behind the head and key of the entry, so that its times or what follows can be taken as it is. */
static struct spot spot_find(struct cursor *c, uint32_t count, const struct counter *wanted)
{
    struct counter key = {0}, before = {0};
    for (uint32_t i = 0; i < count; i++, before = key) {
        const uint8_t *start = c->at;
        uint8_t head = entry_key(c, &key);
        int order = key_compare(&key, wanted);
        if (order >= 0)
            return (struct spot){start, before, key, head, order == 0, order > 0};
        entry_skip(c, head);
    }
    assert(c->at == c->end);
    return (struct spot){.start = c->at, .before = before};
}

static struct bytes bump_in_list(struct bytes section, const struct counter *one, struct arena *a)
{
    struct counters all = counters_decode(section, a);
    counters_add(&all, one, a);
    return counters_encode(&all, a);
}

struct bytes counters_bump(struct bytes section, const struct counter *one, struct arena *a)
{
    if (section.size == 0)
        return bump_in_list(section, one, a);
    struct cursor c = {section.data, section.data + section.size};
    struct counter sum = counted_as(one);
    uint32_t count;
    int64_t anchor_us = header_read(&c, &count);
    if (sum.first_us < anchor_us) /* all times are told from the earliest one */
        return bump_in_list(section, one, a);
    const uint8_t *entries = c.at;
    struct spot spot = spot_find(&c, count, &sum);
    if (!spot.is_found && count >= COUNTERS_MAX) /* one may have to give way */
        return bump_in_list(section, one, a);
    if (spot.is_found) {
        entry_rest(&c, spot.head, anchor_us, &spot.entry);
        counter_sum(&sum, &spot.entry);
    }
    size_t ahead = (size_t)(spot.start - entries), behind = (size_t)(c.end - c.at);
    uint8_t *data = arena_take(a, HEADER_BYTES_MAX + ahead + 2 * (size_t)ENTRY_BYTES_MAX + behind, 1);
    uint8_t *at = header_put(data, count + !spot.is_found, anchor_us / US_PER_MS);
    memcpy(at, entries, ahead);
    at = entry_put(at + ahead, &sum, &spot.before, anchor_us);
    if (spot.has_next) /* it is told from the one before it, which is another now */
        at = entry_key_put(at, spot.head, &spot.entry, &sum);
    memcpy(at, c.at, behind);
    return bytes_of(data, (size_t)(at - data) + behind);
}

struct bytes counters_merge(struct bytes x, struct bytes y, struct arena *a)
{
    if (x.size == 0 || y.size == 0)
        return x.size == 0 ? y : x;
    struct counters sum = counters_decode(x, a), more = counters_decode(y, a);
    for (uint32_t i = 0; i < more.count; i++)
        counters_add(&sum, &more.list[i], a);
    return counters_encode(&sum, a);
}
