/* The same sets in CRoaring: its portable format holds our containers and ours hold its, and every operation gives the same numbers.
 *
 * The portable format, as its specification has it: a cookie (12347, with the count of containers less 1 above it, and then a bit for each that says
 * whether it is of runs; 12346 and the count when none is), for each container its key and its members less 1, where each begins (when there are no
 * runs, or four containers at least), and the containers. */
#include <roaring/roaring.h>

#include "lib/bitmap_expr.h"
#include "lib/bitmap_naive_test.h"
#include "testing/test.h"

#define COOKIE_RUNS 12347u
#define COOKIE_PLAIN 12346u
#define RUNS 3u         /* the kind in the second byte of a container */
#define OFFSETS_FROM 4u /* containers */

static roaring_bitmap_t *theirs_of(const struct naive *n)
{
    roaring_bitmap_t *r = roaring_bitmap_create();
    for (uint32_t i = 0; i < NAIVE_NUMBERS; i++)
        if (n->has[i])
            roaring_bitmap_add(r, naive_number(i));
    return r;
}

static void same_numbers(struct t *t, const struct bitmap *b, const roaring_bitmap_t *r)
{
    uint32_t *mine = malloc((NAIVE_NUMBERS + 1) * sizeof *mine), *others = malloc((NAIVE_NUMBERS + 1) * sizeof *others);
    assert(mine != NULL && others != NULL);
    size_t count = bitmap_list(b, 0, mine, NAIVE_NUMBERS + 1);
    CHECK_EQ(t, count, roaring_bitmap_get_cardinality(r));
    if (count == roaring_bitmap_get_cardinality(r)) {
        roaring_bitmap_to_uint32_array(r, others);
        CHECK(t, memcmp(mine, others, count * sizeof *mine) == 0);
    }
    free(mine);
    free(others);
}

static void u16_push(struct buf *b, uint32_t value)
{
    buf_push_byte(b, (uint8_t)value);
    buf_push_byte(b, (uint8_t)(value >> 8));
}

static void u32_push(struct buf *b, uint32_t value)
{
    u16_push(b, value);
    u16_push(b, value >> 16);
}

struct part {
    uint32_t key, count;
    struct bytes bytes; /* as we encode it */
};

/* Our containers as CRoaring's file. */
static void portable_put(const struct part *parts, uint32_t count, struct buf *out)
{
    uint8_t run_bits[(NAIVE_KEYS + 7) / 8] = {0};
    bool has_runs = false;
    uint32_t at;
    for (uint32_t i = 0; i < count; i++)
        if (parts[i].bytes.data[1] == RUNS)
            run_bits[i / 8] |= (uint8_t)(1u << i % 8), has_runs = true;
    u32_push(out, has_runs ? COOKIE_RUNS | (count - 1) << 16 : COOKIE_PLAIN);
    if (has_runs)
        buf_push(out, bytes_of(run_bits, (count + 7) / 8));
    else
        u32_push(out, count);
    for (uint32_t i = 0; i < count; i++) {
        u16_push(out, parts[i].key);
        u16_push(out, parts[i].count - 1);
    }
    bool has_offsets = !has_runs || count >= OFFSETS_FROM;
    at = (uint32_t)out->size + (has_offsets ? 4 * count : 0);
    for (uint32_t i = 0; has_offsets && i < count; at += (uint32_t)parts[i++].bytes.size - 4)
        u32_push(out, at);
    for (uint32_t i = 0; i < count; i++)
        buf_push(out, bytes_slice(parts[i].bytes, 4, parts[i].bytes.size));
}

static uint32_t u16_at(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8;
}

/* CRoaring's file as our containers: with runs and fewer than four containers, which is all that this takes, there are no offsets. */
static void portable_get(struct t *t, const uint8_t *data, struct bitmap *out)
{
    bool has_runs = u16_at(data) == COOKIE_RUNS;
    uint32_t count = has_runs ? u16_at(data + 2) + 1 : u16_at(data + 4);
    const uint8_t *run_bits = data + 4, *heads = has_runs ? data + 4 + (count + 7) / 8 : data + 8;
    const uint8_t *at = heads + 4 * count + (has_runs ? 0 : 4 * count);
    for (uint32_t i = 0; i < count; i++) {
        bool is_runs = has_runs && (run_bits[i / 8] >> i % 8 & 1) != 0;
        uint32_t members = u16_at(heads + 4 * i + 2) + 1;
        size_t size = is_runs ? 2 + 4 * u16_at(at) : members <= 4096 ? 2 * members : 8192;
        struct err e = {0};
        uint8_t bytes[BITMAP_CONTAINER_BYTES_MAX] = {1, is_runs ? RUNS : members <= 4096 ? 1 : 2, (uint8_t)(members - 1), (uint8_t)((members - 1) >> 8)};
        memcpy(bytes + 4, at, size);
        CHECK_DONE(t, bitmap_decode(out, u16_at(heads + 4 * i), bytes_of(bytes, 4 + size), &e), &e);
        at += size;
    }
}

static void their_files_are_ours(struct t *t)
{
    struct slab *s = slab_create();
    struct naive *n = naive_any(t);
    struct bitmap *b = naive_bitmap(t, s, n), *back = bitmap_create(s);
    roaring_bitmap_t *r = theirs_of(n);
    struct part parts[NAIVE_KEYS];
    struct buf containers[NAIVE_KEYS], file;
    uint32_t count = 0;
    buf_init(&file, 1u << 20);
    for (uint32_t i = 0; i < NAIVE_KEYS; i++) {
        buf_init(&containers[i], 1u << 16);
        parts[count].key = naive_keys[i];
        parts[count].count = bitmap_encode(b, naive_keys[i], &containers[i]);
        parts[count].bytes = buf_bytes(&containers[i]);
        count += parts[count].count > 0;
    }
    portable_put(parts, count, &file);
    roaring_bitmap_t *read = count == 0 ? NULL : roaring_bitmap_portable_deserialize_safe((const char *)file.data, file.size);
    if (count > 0) {
        CHECK(t, read != NULL && roaring_bitmap_equals(read, r));
        (void)roaring_bitmap_run_optimize(r);
        char *bytes = malloc(roaring_bitmap_portable_size_in_bytes(r));
        assert(bytes != NULL);
        size_t size = roaring_bitmap_portable_serialize(r, bytes);
        CHECK_BYTES(t, buf_bytes(&file), bytes_of(bytes, size)); /* the same file, to the byte */
        portable_get(t, (const uint8_t *)bytes, back);
        CHECK(t, bitmap_equal(b, back));
        free(bytes);
        roaring_bitmap_free(read);
    }
    buf_fini(&file);
    for (uint32_t i = 0; i < NAIVE_KEYS; i++)
        buf_fini(&containers[i]);
    roaring_bitmap_free(r);
    bitmap_destroy(b);
    bitmap_destroy(back);
    slab_destroy(s);
}

static roaring_bitmap_t *their_pair(enum bitmap_op op, const roaring_bitmap_t *a, const roaring_bitmap_t *b)
{
    return op == BITMAP_AND   ? roaring_bitmap_and(a, b)
           : op == BITMAP_OR  ? roaring_bitmap_or(a, b)
           : op == BITMAP_XOR ? roaring_bitmap_xor(a, b)
                              : roaring_bitmap_andnot(a, b);
}

static void their_answers_are_ours(struct t *t)
{
    static const enum bitmap_op ops[] = {BITMAP_AND, BITMAP_OR, BITMAP_XOR, BITMAP_MINUS};
    struct slab *s = slab_create();
    struct naive *n = naive_any(t), *m = naive_any(t);
    struct bitmap *b = naive_bitmap(t, s, n), *c = naive_bitmap(t, s, m);
    roaring_bitmap_t *r = theirs_of(n), *q = theirs_of(m);
    uint32_t theirs = 0, mine = 0;
    same_numbers(t, b, r);
    for (size_t i = 0; i < COUNT_OF(ops); i++) {
        struct bitmap *out = bitmap_create(s);
        roaring_bitmap_t *want = their_pair(ops[i], r, q);
        CHECK_EQ(t, bitmap_pair(ops[i], b, c, out), roaring_bitmap_get_cardinality(want));
        same_numbers(t, out, want);
        bitmap_destroy(out);
        roaring_bitmap_free(want);
    }
    for (uint32_t i = 0; i < 50; i++) {
        uint32_t rank = (uint32_t)rng_below(&t->rng, NAIVE_NUMBERS), number = naive_number((uint32_t)rng_below(&t->rng, NAIVE_NUMBERS));
        bool is_there = roaring_bitmap_select(r, rank, &theirs);
        CHECK_EQ(t, bitmap_select(b, rank, &mine), is_there);
        CHECK(t, !is_there || mine == theirs);
        CHECK_EQ(t, bitmap_rank(b, number) + bitmap_has(b, number), roaring_bitmap_rank(r, number));
    }
    roaring_bitmap_free(r);
    roaring_bitmap_free(q);
    bitmap_destroy(b);
    bitmap_destroy(c);
    slab_destroy(s);
}

static const struct test tests[] = {
    {"their files hold our containers, and ours hold theirs", their_files_are_ours, 60},
    {"their operations give the same numbers", their_answers_are_ours, 30},
};
TEST_MAIN(tests)
