#include "lib/bitmap_container.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "lib/bits.h"

#define BITS_BYTES (CONTAINER_WORDS * sizeof(uint64_t))
#define CACHE_LINE_BYTES 64u
#define RUNS_APPLIED_MAX 16u /* one by one: more are first set in words that are clear, which guesses no lengths */
#define SEARCH_COST 32u /* finding a value among many, in setting the bits of so many */

static_assert(2 * CONTAINER_RUNS_MAX <= CONTAINER_VALUES_MAX, "a list of values holds any runs");

/* --- memory --- */

/* Of the values or runs of this kind. */
static size_t tail_bytes(uint32_t kind, uint32_t size)
{
    return (kind == CONTAINER_RUNS ? 2u : 1u) * sizeof(uint16_t) * size;
}

static size_t head_bytes(uint32_t kind, uint32_t size)
{
    return offsetof(struct container, values) + tail_bytes(kind, size);
}

/* Filled by the caller. */
static struct container *container_take(struct slab *s, enum container_kind kind, uint32_t count, uint32_t size)
{
    assert(count > 0 && count <= CONTAINER_NUMBERS);
    struct container *c = slab_take(s, head_bytes(kind, size));
    c->bits = kind == CONTAINER_BITS ? slab_take(s, BITS_BYTES) : NULL;
    c->refs = 1;
    c->last = (uint16_t)(count - 1);
    c->size = (uint16_t)size;
    c->kind = (uint16_t)kind;
    return c;
}

void container_give(struct slab *s, struct container *c)
{
    if (c == NULL || --c->refs > 0)
        return;
    if (c->kind == CONTAINER_BITS)
        slab_give(s, c->bits, BITS_BYTES);
    slab_give(s, c, head_bytes(c->kind, c->size));
}

/* The same members for the caller alone, who gives `c` away. */
static struct container *container_own(struct slab *s, struct container *c)
{
    if (c->refs == 1)
        return c;
    struct container *own = container_take(s, c->kind, container_count(c), c->size);
    memcpy(own->values, c->values, tail_bytes(c->kind, c->size));
    if (c->kind == CONTAINER_BITS)
        memcpy(own->bits, c->bits, BITS_BYTES);
    c->refs--;
    return own;
}

/* --- words --- */

static void runs_combine(const struct container *c, enum word_op op, uint64_t *words)
{
    _Alignas(64) uint64_t mine[CONTAINER_WORDS];
    if (c->size <= RUNS_APPLIED_MAX) {
        bitmap_way()->apply_runs(op, words, c->values, c->size);
        return;
    }
    container_expand(c, mine);
    bitmap_way()->combine[op](words, words, mine, CONTAINER_WORDS);
}

void container_apply(const struct container *c, enum word_op op, uint64_t *words)
{
    assert(op != WORD_AND);
    switch (c->kind) {
    case CONTAINER_BITS:
        bitmap_way()->combine[op](words, words, c->bits, CONTAINER_WORDS);
        return;
    case CONTAINER_VALUES:
        bitmap_way()->apply_values(op, words, c->values, c->size);
        return;
    default:
        runs_combine(c, op, words);
    }
}

void container_expand(const struct container *c, uint64_t *out_words)
{
    if (c->kind == CONTAINER_BITS) {
        memcpy(out_words, c->bits, BITS_BYTES);
        return;
    }
    memset(out_words, 0, BITS_BYTES);
    if (c->kind == CONTAINER_RUNS)
        bitmap_way()->fill_runs(out_words, CONTAINER_WORDS, c->values, c->size);
    else
        bitmap_way()->apply_values(WORD_OR, out_words, c->values, c->size);
}

/* Set bits with a clear one before them. */
static uint32_t words_runs(const uint64_t *words)
{
    uint32_t runs = 0;
    uint64_t before = 0;
    for (uint32_t i = 0; i < CONTAINER_WORDS; i++) {
        runs += (uint32_t)__builtin_popcountll(words[i] & ~(words[i] << 1 | before));
        before = words[i] >> 63;
    }
    return runs;
}

static void words_list(const uint64_t *words, uint16_t *out_values)
{
    for (uint32_t i = 0; i < CONTAINER_WORDS; i++)
        for (uint64_t left = words[i]; left != 0; left &= left - 1)
            *out_values++ = (uint16_t)(i * 64 + (uint32_t)__builtin_ctzll(left));
}

/* The first bit from `from` on that is set (or clear: `flip` is all ones); CONTAINER_NUMBERS: none. */
static uint32_t words_find(const uint64_t *words, uint32_t from, uint64_t flip)
{
    for (uint32_t i = from / 64; i < CONTAINER_WORDS; i++) {
        uint64_t left = (words[i] ^ flip) & (i == from / 64 ? UINT64_MAX << from % 64 : UINT64_MAX);
        if (left != 0)
            return i * 64 + (uint32_t)__builtin_ctzll(left);
    }
    return CONTAINER_NUMBERS;
}

static void words_list_runs(const uint64_t *words, uint16_t *out_values)
{
    uint32_t first = words_find(words, 0, 0);
    while (first < CONTAINER_NUMBERS) {
        uint32_t end = words_find(words, first, UINT64_MAX);
        *out_values++ = (uint16_t)first;
        *out_values++ = (uint16_t)(end - first - 1);
        first = end < CONTAINER_NUMBERS ? words_find(words, end, 0) : end;
    }
}

/* What takes the fewest bytes as CRoaring writes it. */
static enum container_kind smallest_kind(uint32_t count, uint32_t runs)
{
    size_t plain = count <= CONTAINER_VALUES_MAX ? tail_bytes(CONTAINER_VALUES, count) : BITS_BYTES;
    if (sizeof(uint16_t) + tail_bytes(CONTAINER_RUNS, runs) < plain)
        return CONTAINER_RUNS;
    return count <= CONTAINER_VALUES_MAX ? CONTAINER_VALUES : CONTAINER_BITS;
}

/* The same in memory, where many values are bits. */
static enum container_kind memory_kind(uint32_t count, uint32_t runs)
{
    enum container_kind kind = smallest_kind(count, runs);
    return kind == CONTAINER_VALUES && count > CONTAINER_LISTED_MAX ? CONTAINER_BITS : kind;
}

struct container *container_of_words(struct slab *s, const uint64_t *words)
{
    uint32_t count = bitmap_way()->count(words, CONTAINER_WORDS);
    if (count == 0)
        return NULL;
    uint32_t runs = words_runs(words);
    enum container_kind kind = memory_kind(count, runs);
    uint32_t size = kind == CONTAINER_VALUES ? count : kind == CONTAINER_RUNS ? runs : 0;
    struct container *c = container_take(s, kind, count, size);
    if (kind == CONTAINER_BITS)
        memcpy(c->bits, words, BITS_BYTES);
    else if (kind == CONTAINER_VALUES)
        words_list(words, c->values);
    else
        words_list_runs(words, c->values);
    return c;
}

/* --- one number --- */

/* How many of so many ascending values, `stride` apart, are below. The same steps whatever is found: a branch would be guessed wrong half the time. */
static inline uint32_t search(const uint16_t *values, uint32_t count, uint32_t stride, uint32_t value)
{
    const uint16_t *from = values;
    if (count == 0)
        return 0;
    while (count > 1) {
        uint32_t half = count / 2;
        size_t is_below = from[(half - 1) * stride] < value;
        from += (size_t)half * stride & -is_below;
        count -= half;
    }
    return (uint32_t)(from - values) / stride + (*from < value);
}

static uint32_t values_below(const uint16_t *values, uint32_t count, uint32_t value)
{
    return search(values, count, 1, value);
}

/* How many runs begin at or before `value`. */
static uint32_t runs_until(const struct container *c, uint32_t value)
{
    return search(c->values, c->size, 2, value + 1);
}

static bool run_has(const uint16_t *run, uint32_t value)
{
    return value >= run[0] && value - run[0] <= run[1];
}

bool container_has(const struct container *c, uint16_t value)
{
    if (c->kind == CONTAINER_BITS)
        return bit_is_set(c->bits, value);
    if (c->kind == CONTAINER_VALUES) {
        uint32_t at = values_below(c->values, c->size, value);
        return (at < c->size) & (c->values[at - (at == c->size)] == value);
    }
    uint32_t until = runs_until(c, value);
    return (until > 0) & run_has(c->values + 2 * (until - (until > 0)), value);
}

/* Another container of its members with that one flipped, of the kind that is right for them. */
static struct container *container_rebuild(struct slab *s, struct container *c, uint16_t value)
{
    _Alignas(64) uint64_t words[CONTAINER_WORDS];
    container_expand(c, words);
    words[value / 64] ^= UINT64_C(1) << value % 64;
    container_give(s, c);
    return container_of_words(s, words);
}

/* Its own, with `size` values or runs, in the same block where its class holds them; the first ones are kept. */
static struct container *container_resize(struct slab *s, struct container *c, uint32_t size)
{
    size_t was = head_bytes(c->kind, c->size), want = head_bytes(c->kind, size), kept = was < want ? was : want;
    c->size = (uint16_t)size;
    if (slab_class_bytes(was) == slab_class_bytes(want))
        return c;
    struct container *other = slab_take(s, want);
    memcpy(other, c, kept);
    slab_give(s, c, was);
    return other;
}

/* Makes room for a value or a run, which the caller fills; its own. */
static struct container *tail_insert(struct slab *s, struct container *c, uint32_t at)
{
    size_t unit = tail_bytes(c->kind, 1), behind = tail_bytes(c->kind, c->size - at);
    c = container_resize(s, container_own(s, c), c->size + 1u);
    uint8_t *gap = (uint8_t *)c->values + at * unit;
    memmove(gap + unit, gap, behind);
    return c;
}

static struct container *tail_drop(struct slab *s, struct container *c, uint32_t at)
{
    size_t unit = tail_bytes(c->kind, 1), behind = tail_bytes(c->kind, c->size - at - 1);
    c = container_own(s, c);
    uint8_t *dropped = (uint8_t *)c->values + at * unit;
    memmove(dropped, dropped + unit, behind);
    return container_resize(s, c, c->size - 1u);
}

static struct container *values_add(struct slab *s, struct container *c, uint16_t value)
{
    uint32_t at = values_below(c->values, c->size, value);
    c = tail_insert(s, c, at);
    c->values[at] = value;
    c->last++;
    return c;
}

static struct container *values_remove(struct slab *s, struct container *c, uint16_t value)
{
    c = tail_drop(s, c, values_below(c->values, c->size, value));
    c->last--;
    return c;
}

/* Closes the gap between two runs, makes one of them longer, or is a run of its own. */
static struct container *runs_add(struct slab *s, struct container *c, uint16_t value)
{
    uint32_t at = runs_until(c, value);
    bool touches_before = at > 0 && run_has(c->values + 2 * (at - 1), value - 1u);
    bool touches_behind = at < c->size && c->values[2 * at] == value + 1u;
    if (memory_kind(container_count(c) + 1, c->size + 1u - touches_before - touches_behind) != CONTAINER_RUNS)
        return container_rebuild(s, c, value);
    uint16_t grows = 1;
    if (touches_before && touches_behind) {
        grows = (uint16_t)(c->values[2 * at + 1] + 2);
        c = tail_drop(s, c, at);
    } else {
        c = touches_before || touches_behind ? container_own(s, c) : tail_insert(s, c, at);
    }
    if (touches_before) {
        c->values[2 * at - 1] = (uint16_t)(c->values[2 * at - 1] + grows);
    } else {
        c->values[2 * at] = value;
        c->values[2 * at + 1] = touches_behind ? (uint16_t)(c->values[2 * at + 1] + 1) : 0;
    }
    c->last++;
    return c;
}

/* Shortens the run that has it, from either end, or makes two of it, or none. */
static struct container *runs_remove(struct slab *s, struct container *c, uint16_t value)
{
    uint32_t at = runs_until(c, value) - 1;
    uint16_t first = c->values[2 * at], before = (uint16_t)(value - first), behind = (uint16_t)(c->values[2 * at + 1] - before);
    bool parts = before > 0 && behind > 0, ends = before == 0 && behind == 0;
    if (memory_kind(container_count(c) - 1, c->size + (uint32_t)parts - (uint32_t)ends) != CONTAINER_RUNS)
        return container_rebuild(s, c, value);
    c = parts ? tail_insert(s, c, at + 1) : ends ? tail_drop(s, c, at) : container_own(s, c);
    if (parts) {
        c->values[2 * at + 2] = (uint16_t)(value + 1);
        c->values[2 * at + 3] = (uint16_t)(behind - 1);
    }
    if (!ends) {
        c->values[2 * at] = before > 0 ? first : (uint16_t)(value + 1);
        c->values[2 * at + 1] = (uint16_t)((before > 0 ? before : behind) - 1);
    }
    c->last--;
    return c;
}

struct container *container_add(struct slab *s, struct container *c, uint16_t value)
{
    if (c == NULL) {
        c = container_take(s, CONTAINER_VALUES, 1, 1);
        c->values[0] = value;
        return c;
    }
    assert(!container_has(c, value));
    if (c->kind == CONTAINER_RUNS)
        return runs_add(s, c, value);
    if (c->kind == CONTAINER_VALUES && c->size < CONTAINER_LISTED_MAX)
        return values_add(s, c, value);
    if (c->kind == CONTAINER_VALUES || container_count(c) + 1 == CONTAINER_NUMBERS)
        return container_rebuild(s, c, value);
    c = container_own(s, c);
    bit_set(c->bits, value);
    c->last++;
    return c;
}

struct container *container_remove(struct slab *s, struct container *c, uint16_t value)
{
    assert(container_has(c, value));
    if (c->kind == CONTAINER_RUNS)
        return runs_remove(s, c, value);
    if (c->kind == CONTAINER_VALUES && c->size > 1)
        return values_remove(s, c, value);
    if (c->kind == CONTAINER_VALUES || container_count(c) - 1 == CONTAINER_LISTED_MAX)
        return container_rebuild(s, c, value);
    c = container_own(s, c);
    c->bits[value / 64] &= ~(UINT64_C(1) << value % 64);
    c->last--;
    return c;
}

/* --- in order --- */

uint32_t container_rank(const struct container *c, uint16_t value)
{
    if (c->kind == CONTAINER_VALUES)
        return values_below(c->values, c->size, value);
    uint32_t below = 0;
    if (c->kind == CONTAINER_BITS) {
        uint64_t rest = c->bits[value / 64] & ~(UINT64_MAX << value % 64);
        return bits_count(c->bits, value / 64 * sizeof(uint64_t)) + (uint32_t)__builtin_popcountll(rest);
    }
    for (uint32_t i = 0; i < c->size && c->values[2 * i] < value; i++) {
        uint32_t reach = (uint32_t)value - c->values[2 * i], length = c->values[2 * i + 1] + 1u;
        below += reach < length ? reach : length;
    }
    return below;
}

static uint16_t bits_select(const uint64_t *bits, uint32_t rank)
{
    uint32_t i = 0;
    for (uint32_t here; (here = (uint32_t)__builtin_popcountll(bits[i])) <= rank; i++)
        rank -= here;
    uint64_t left = bits[i];
    for (; rank > 0; rank--)
        left &= left - 1;
    return (uint16_t)(i * 64 + (uint32_t)__builtin_ctzll(left));
}

uint16_t container_select(const struct container *c, uint32_t rank)
{
    assert(rank < container_count(c));
    if (c->kind == CONTAINER_VALUES)
        return c->values[rank];
    if (c->kind == CONTAINER_BITS)
        return bits_select(c->bits, rank);
    const uint16_t *run = c->values;
    for (; rank > run[1]; run += 2)
        rank -= run[1] + 1u;
    return (uint16_t)(run[0] + rank);
}

static uint32_t bits_list(const uint64_t *bits, uint32_t from, uint16_t *out_values, uint32_t max)
{
    uint32_t count = 0;
    for (uint32_t i = from / 64; i < CONTAINER_WORDS && count < max; i++) {
        uint64_t left = bits[i] & (i == from / 64 ? UINT64_MAX << from % 64 : UINT64_MAX);
        for (; left != 0 && count < max; left &= left - 1)
            out_values[count++] = (uint16_t)(i * 64 + (uint32_t)__builtin_ctzll(left));
    }
    return count;
}

static uint32_t runs_list(const struct container *c, uint32_t from, uint16_t *out_values, uint32_t max)
{
    uint32_t count = 0, until = runs_until(c, from);
    for (uint32_t i = until > 0 ? until - 1 : 0; i < c->size && count < max; i++) {
        uint32_t first = c->values[2 * i], last = first + c->values[2 * i + 1];
        for (uint32_t value = first < from ? from : first; value <= last && count < max; value++)
            out_values[count++] = (uint16_t)value;
    }
    return count;
}

uint32_t container_list(const struct container *c, uint32_t from, uint16_t *out_values, uint32_t max)
{
    assert(from < CONTAINER_NUMBERS);
    if (c->kind == CONTAINER_BITS)
        return bits_list(c->bits, from, out_values, max);
    if (c->kind == CONTAINER_RUNS)
        return runs_list(c, from, out_values, max);
    uint32_t at = values_below(c->values, c->size, from), left = c->size - at, count = left < max ? left : max;
    memcpy(out_values, c->values + at, tail_bytes(CONTAINER_VALUES, count));
    return count;
}

/* --- two containers --- */

bool container_equal(const struct container *a, const struct container *b)
{
    if (a->last != b->last)
        return false;
    if (a->kind == b->kind && a->kind != CONTAINER_BITS)
        return a->size == b->size && memcmp(a->values, b->values, tail_bytes(a->kind, a->size)) == 0;
    _Alignas(64) uint64_t mine[CONTAINER_WORDS], theirs[CONTAINER_WORDS];
    container_expand(a, mine);
    container_expand(b, theirs);
    return memcmp(mine, theirs, sizeof mine) == 0;
}

uint32_t container_count_in(const struct container *c, const struct bitmap_way *way, const uint64_t *words)
{
    if (c->kind == CONTAINER_BITS)
        return way->count_both(c->bits, words, CONTAINER_WORDS);
    return (c->kind == CONTAINER_VALUES ? way->count_values : way->count_runs)(words, c->values, c->size);
}

uint32_t container_filter(const struct container *c, bool keeps, const uint16_t *values, uint32_t count, uint16_t *out_values)
{
    _Alignas(64) uint64_t words[CONTAINER_WORDS];
    const uint64_t *bits = c->bits;
    if (bits == NULL && count * SEARCH_COST > c->size) {
        container_expand(c, words);
        bits = words;
    }
    if (bits != NULL)
        return bitmap_way()->filter_values(bits, keeps, values, count, out_values);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint16_t value = values[i];
        out_values[kept] = value;
        kept += container_has(c, value) == keeps;
    }
    return kept;
}

void container_prefetch(const struct container *c)
{
    const uint8_t *at = (const uint8_t *)(c->bits != NULL ? (const void *)c->bits : c->values);
    size_t bytes = c->bits != NULL ? BITS_BYTES : tail_bytes(c->kind, c->size);
    for (size_t i = 0; i < bytes; i += CACHE_LINE_BYTES)
        __builtin_prefetch(at + i, 0, 2);
}

void container_probe(const struct container *c, const uint16_t *values, uint32_t count, uint64_t *out_bits)
{
    size_t strides = (count + 64 * BITMAP_STRIDE_WORDS - 1) / (64 * BITMAP_STRIDE_WORDS);
    memset(out_bits, 0, strides * BITMAP_STRIDE_WORDS * sizeof *out_bits);
    _Alignas(64) uint64_t words[CONTAINER_WORDS];
    const uint64_t *bits = c->bits;
    if (bits == NULL && count * SEARCH_COST > c->size) {
        container_expand(c, words);
        bits = words;
    }
    for (uint32_t i = 0; bits != NULL && i < count; i++)
        out_bits[i / 64] |= (bits[values[i] / 64] >> values[i] % 64 & 1) << i % 64;
    for (uint32_t i = 0; bits == NULL && i < count; i++)
        out_bits[i / 64] |= (uint64_t)container_has(c, values[i]) << i % 64;
}

/* --- bytes --- */

static void head_put(struct buf *b, enum container_kind kind, const struct container *c)
{
    uint8_t head[CONTAINER_HEAD_BYTES] = {1, (uint8_t)kind, (uint8_t)c->last, (uint8_t)(c->last >> 8)};
    buf_push(b, bytes_of(head, sizeof head));
}

static void runs_put(struct buf *b, const uint16_t *values, uint32_t runs)
{
    uint16_t size = (uint16_t)runs;
    buf_push(b, bytes_of(&size, sizeof size));
    buf_push(b, bytes_of(values, tail_bytes(CONTAINER_RUNS, runs)));
}

/* Runs in memory are already the smallest kind; of the others it is found out now. */
void container_encode(const struct container *c, struct buf *b)
{
    if (c->kind == CONTAINER_RUNS) {
        head_put(b, CONTAINER_RUNS, c);
        runs_put(b, c->values, c->size);
        return;
    }
    _Alignas(64) uint64_t words[CONTAINER_WORDS];
    uint16_t values[CONTAINER_VALUES_MAX];
    container_expand(c, words);
    uint32_t runs = words_runs(words), count = container_count(c);
    enum container_kind kind = smallest_kind(count, runs);
    head_put(b, kind, c);
    if (kind == CONTAINER_RUNS) {
        words_list_runs(words, values);
        runs_put(b, values, runs);
    } else if (kind == CONTAINER_VALUES) {
        words_list(words, values);
        buf_push(b, bytes_of(values, tail_bytes(CONTAINER_VALUES, count)));
    } else {
        buf_push(b, bytes_of(c->bits, BITS_BYTES));
    }
}

static fallible values_decode(struct slab *s, struct bytes b, uint32_t count, struct container **out_container, struct err *e)
{
    uint16_t values[CONTAINER_VALUES_MAX];
    if (count > CONTAINER_VALUES_MAX || b.size != tail_bytes(CONTAINER_VALUES, count))
        return FAIL(e, CORRUPT, "container: %zu bytes for %u values", b.size, count);
    memcpy(values, b.data, b.size);
    uint32_t wrong = 0;
    for (uint32_t i = 1; i < count; i++)
        wrong += values[i] <= values[i - 1];
    if (wrong > 0)
        return FAIL(e, CORRUPT, "container: %u of %u values don't ascend", wrong, count);
    enum container_kind kind = count > CONTAINER_LISTED_MAX ? CONTAINER_BITS : CONTAINER_VALUES;
    struct container *c = container_take(s, kind, count, kind == CONTAINER_VALUES ? count : 0);
    if (kind == CONTAINER_VALUES) {
        memcpy(c->values, values, b.size);
    } else {
        memset(c->bits, 0, BITS_BYTES);
        bitmap_way()->apply_values(WORD_OR, c->bits, values, count);
    }
    *out_container = c;
    return DONE;
}

static fallible bits_decode(struct slab *s, struct bytes b, uint32_t count, struct container **out_container, struct err *e)
{
    if (count <= CONTAINER_VALUES_MAX || b.size != BITS_BYTES)
        return FAIL(e, CORRUPT, "container: %zu bytes of bits for %u members", b.size, count);
    struct container *c = container_take(s, CONTAINER_BITS, count, 0);
    memcpy(c->bits, b.data, b.size);
    uint32_t found = bitmap_way()->count(c->bits, CONTAINER_WORDS);
    if (found != count) {
        container_give(s, c);
        return FAIL(e, CORRUPT, "container: %u bits, want %u", found, count);
    }
    *out_container = c;
    return DONE;
}

/* How many members these runs have; 0: they don't ascend, touch, or go beyond the last number. */
static uint32_t runs_members(const uint16_t *values, uint32_t runs)
{
    uint32_t members = 0, free_from = 0; /* where the next one may begin */
    for (uint32_t i = 0; i < runs; i++) {
        uint32_t first = values[2 * i], last = first + values[2 * i + 1];
        if (first < free_from || last >= CONTAINER_NUMBERS)
            return 0;
        members += last - first + 1;
        free_from = last + 2;
    }
    return members;
}

/* Runs that another kind would hold in fewer bytes are taken in as that kind. */
static fallible runs_decode(struct slab *s, struct bytes b, uint32_t count, struct container **out_container, struct err *e)
{
    uint16_t runs = 0;
    if (b.size >= sizeof runs)
        memcpy(&runs, b.data, sizeof runs);
    if (runs == 0 || runs > CONTAINER_RUNS_MAX || b.size != sizeof runs + tail_bytes(CONTAINER_RUNS, runs))
        return FAIL(e, CORRUPT, "container: %zu bytes for %u runs", b.size, runs);
    struct container *c = container_take(s, CONTAINER_RUNS, count, runs);
    memcpy(c->values, b.data + sizeof runs, tail_bytes(CONTAINER_RUNS, runs));
    uint32_t members = runs_members(c->values, runs);
    if (members != count) {
        container_give(s, c);
        return FAIL(e, CORRUPT, "container: %u members in %u runs, want %u", members, runs, count);
    }
    if (memory_kind(count, runs) != CONTAINER_RUNS) {
        _Alignas(64) uint64_t words[CONTAINER_WORDS];
        container_expand(c, words);
        container_give(s, c);
        c = container_of_words(s, words);
    }
    *out_container = c;
    return DONE;
}

fallible container_decode(struct slab *s, struct bytes b, struct container **out_container, struct err *e)
{
    if (b.size < CONTAINER_HEAD_BYTES || b.data[0] != 1)
        return FAIL(e, CORRUPT, "container: %zu bytes, or not of format 1", b.size);
    uint32_t count = (b.data[2] | (uint32_t)b.data[3] << 8) + 1, kind = b.data[1];
    struct bytes tail = bytes_slice(b, CONTAINER_HEAD_BYTES, b.size);
    switch (kind) {
    case CONTAINER_VALUES:
        return values_decode(s, tail, count, out_container, e);
    case CONTAINER_BITS:
        return bits_decode(s, tail, count, out_container, e);
    case CONTAINER_RUNS:
        return runs_decode(s, tail, count, out_container, e);
    default:
        return FAIL(e, CORRUPT, "container: no kind %u", kind);
    }
}
