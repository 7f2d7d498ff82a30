/* Examples of sets: kinds and their changes, copies, bytes. Covers: bitmap_container.c */
#include "lib/bitmap.h"

#include "lib/bitmap_inside.h"
#include "testing/test.h"

static struct bitmap *range_of(struct slab *s, uint32_t first, uint32_t count, uint32_t step)
{
    struct bitmap *b = bitmap_create(s);
    for (uint32_t i = 0; i < count; i++)
        (void)bitmap_add(b, first + i * step);
    return b;
}

static uint16_t kind_at(const struct bitmap *b, uint32_t key)
{
    return bitmap_container(b, key)->kind;
}

static void one_number(struct t *t)
{
    struct slab *s = slab_create();
    struct bitmap *b = bitmap_create(s);
    CHECK(t, !bitmap_has(b, 0) && !bitmap_remove(b, 7) && bitmap_count(b) == 0);
    CHECK(t, bitmap_add(b, UINT32_MAX) && !bitmap_add(b, UINT32_MAX));
    CHECK(t, bitmap_add(b, 0) && bitmap_has(b, 0) && bitmap_has(b, UINT32_MAX) && !bitmap_has(b, 1));
    CHECK_EQ(t, bitmap_count(b), 2);
    CHECK_EQ(t, bitmap_rank(b, UINT32_MAX), 1);
    uint32_t number = 7;
    CHECK(t, bitmap_select(b, 1, &number) && number == UINT32_MAX && !bitmap_select(b, 2, &number));
    CHECK(t, bitmap_remove(b, 0) && bitmap_remove(b, UINT32_MAX) && !bitmap_remove(b, UINT32_MAX));
    CHECK_EQ(t, bitmap_count(b), 0);
    bitmap_destroy(b);
    CHECK_EQ(t, slab_used(s), 0);
    slab_destroy(s);
}

static void kinds_change(struct t *t)
{
    struct slab *s = slab_create();
    struct bitmap *b = range_of(s, 65536, CONTAINER_LISTED_MAX, 3);
    CHECK_EQ(t, kind_at(b, 1), CONTAINER_VALUES);
    CHECK(t, bitmap_add(b, 65537));
    CHECK_EQ(t, kind_at(b, 1), CONTAINER_BITS);
    CHECK(t, bitmap_remove(b, 65537));
    CHECK_EQ(t, kind_at(b, 1), CONTAINER_VALUES);
    for (uint32_t i = 0; i < 65536; i++)
        (void)bitmap_add(b, 65536 + i);
    CHECK_EQ(t, bitmap_count(b), 65536);
    CHECK_EQ(t, kind_at(b, 1), CONTAINER_RUNS); /* all of them are one run */
    CHECK(t, bitmap_remove(b, 65536 + 30000));
    CHECK_EQ(t, bitmap_container(b, 1)->size, 2);
    for (uint32_t i = 0; i < 65536; i += 2)
        (void)bitmap_remove(b, 65536 + i);
    CHECK_EQ(t, kind_at(b, 1), CONTAINER_BITS);
    CHECK_EQ(t, bitmap_count(b), 32768);
    for (uint32_t i = 1; i < 65536; i += 2)
        CHECK(t, bitmap_remove(b, 65536 + i));
    CHECK(t, bitmap_count(b) == 0 && slab_used(s) == slab_class_bytes(sizeof *b));
    bitmap_destroy(b);
    slab_destroy(s);
}

/* More members than are listed in memory are still values as bytes, up to CONTAINER_VALUES_MAX. */
static void many_values_are_bits_in_memory(struct t *t)
{
    static const uint32_t sizes[] = {CONTAINER_LISTED_MAX, CONTAINER_LISTED_MAX + 1, CONTAINER_VALUES_MAX, CONTAINER_VALUES_MAX + 1};
    struct slab *s = slab_create();
    struct buf bytes;
    struct err e;
    buf_init(&bytes, BITMAP_CONTAINER_BYTES_MAX);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct bitmap *b = range_of(s, 65536, sizes[i], 3), *read = bitmap_create(s);
        buf_clear(&bytes);
        CHECK_EQ(t, bitmap_encode(b, 1, &bytes), sizes[i]);
        CHECK_EQ(t, bytes.size, CONTAINER_HEAD_BYTES + (sizes[i] <= CONTAINER_VALUES_MAX ? 2 * sizes[i] : 8 * CONTAINER_WORDS));
        CHECK_DONE(t, bitmap_decode(read, 1, buf_bytes(&bytes), &e), &e);
        CHECK_EQ(t, kind_at(read, 1), sizes[i] <= CONTAINER_LISTED_MAX ? CONTAINER_VALUES : CONTAINER_BITS);
        CHECK(t, bitmap_equal(b, read));
        bitmap_destroy(read);
        bitmap_destroy(b);
    }
    buf_fini(&bytes);
    slab_destroy(s);
}

static void copies_part(struct t *t)
{
    struct slab *s = slab_create();
    struct bitmap *b = range_of(s, 0, 200000, 5);
    struct bitmap *frozen = bitmap_copy(b);
    size_t used = slab_used(s);
    CHECK(t, bitmap_equal(b, frozen) && !bitmap_add(b, 5) && !bitmap_remove(b, 6));
    CHECK_EQ(t, slab_used(s), used); /* nothing changed, so nothing was copied */
    CHECK(t, bitmap_add(b, 6) && bitmap_remove(b, 999995));
    CHECK(t, !bitmap_equal(b, frozen) && bitmap_has(frozen, 999995) && !bitmap_has(frozen, 6));
    CHECK(t, slab_used(s) - used < 20000); /* two containers and what they hang on, of sixteen */
    CHECK(t, bitmap_remove(b, 6) && bitmap_add(b, 999995) && bitmap_equal(b, frozen));
    bitmap_destroy(b);
    CHECK_EQ(t, bitmap_count(frozen), 200000);
    bitmap_destroy(frozen);
    CHECK_EQ(t, slab_used(s), 0);
    slab_destroy(s);
}

/* Format 1, docs/formats/bitmap.md. */
static void bytes_are_these(struct t *t)
{
    struct slab *s = slab_create();
    struct bitmap *b = bitmap_create(s);
    struct buf out;
    buf_init(&out, 1u << 20);
    CHECK_EQ(t, bitmap_encode(b, 0, &out), 0);
    bitmap_add_all(b, (const uint32_t[]){3, 3, 258, 65535, 0x20000, 0x20001, 0x20002, 0x20003}, 8);
    CHECK_EQ(t, bitmap_encode(b, 0, &out), 3);
    CHECK_BYTES(t, buf_bytes(&out), BYTES_LIT("\1\1\2\0\3\0\2\1\xff\xff"));
    buf_clear(&out);
    CHECK_EQ(t, bitmap_encode(b, 1, &out), 0);
    CHECK_EQ(t, bitmap_encode(b, 2, &out), 4);
    CHECK_BYTES(t, buf_bytes(&out), BYTES_LIT("\1\3\3\0\1\0\0\0\3\0"));
    buf_clear(&out);
    for (uint32_t i = 0; i < 4097; i++)
        (void)bitmap_add(b, 0x30000 + i * 8);
    CHECK_EQ(t, bitmap_encode(b, 3, &out), 4097);
    CHECK_EQ(t, out.size, BITMAP_CONTAINER_BYTES_MAX);
    CHECK_BYTES(t, bytes_slice(buf_bytes(&out), 0, 6), BYTES_LIT("\1\2\x00\x10\1\1"));
    buf_fini(&out);
    bitmap_destroy(b);
    slab_destroy(s);
}

static void bad_bytes_are_told(struct t *t)
{
    static const struct {
        struct bytes bytes;
        const char *says;
    } cases[] = {
        {BYTES_INIT(""), "container: 0 bytes, or not of format 1"},
        {BYTES_INIT("\2\1\0\0\7\0"), "container: 6 bytes, or not of format 1"},
        {BYTES_INIT("\1\4\0\0\7\0"), "container: no kind 4"},
        {BYTES_INIT("\1\1\1\0\7\0"), "container: 2 bytes for 2 values"},
        {BYTES_INIT("\1\1\2\0\7\0\7\0\6\0"), "container: 2 of 3 values don't ascend"},
        {BYTES_INIT("\1\2\2\0\7\0\7\0\6\0"), "container: 6 bytes of bits for 3 members"},
        {BYTES_INIT("\1\3\3\0"), "container: 0 bytes for 0 runs"},
        {BYTES_INIT("\1\3\3\0\1\0\7\0"), "container: 4 bytes for 1 runs"},
        {BYTES_INIT("\1\3\3\0\1\0\7\0\4\0"), "container: 5 members in 1 runs, want 4"},
        {BYTES_INIT("\1\3\1\0\2\0\7\0\0\0\x8\0\0\0"), "container: 0 members in 2 runs, want 2"},
        {BYTES_INIT("\1\3\1\0\1\0\xff\xff\1\0"), "container: 0 members in 1 runs, want 2"},
    };
    struct slab *s = slab_create();
    struct bitmap *b = range_of(s, 0, 3, 2);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err e = {0};
        CHECK_FAILS(t, bitmap_decode(b, 0, cases[i].bytes, &e), CORRUPT);
        CHECK_TEXT(t, e.text, cases[i].says);
    }
    uint8_t bits[BITMAP_CONTAINER_BYTES_MAX] = {1, 2, 0, 0x20};
    struct err e = {0};
    memset(bits + 4, 0xff, 1024);
    CHECK_FAILS(t, bitmap_decode(b, 0, bytes_of(bits, sizeof bits), &e), CORRUPT);
    CHECK_TEXT(t, e.text, "container: 8192 bits, want 8193");
    CHECK_EQ(t, bitmap_count(b), 3); /* what was there is */
    bitmap_destroy(b);
    CHECK_EQ(t, slab_used(s), 0);
    slab_destroy(s);
}

/* CRoaring writes runs wherever it was told to; more of them than fit the bits were never ours. */
static void runs_are_taken_in_as_they_are_small(struct t *t)
{
    struct slab *s = slab_create();
    struct bitmap *b = bitmap_create(s);
    struct err e = {0};
    CHECK_DONE(t, bitmap_decode(b, 0, BYTES_LIT("\1\3\2\0\3\0\1\0\0\0\3\0\0\0\x05\0\0\0"), &e), &e);
    CHECK_EQ(t, kind_at(b, 0), CONTAINER_VALUES);
    CHECK(t, bitmap_count(b) == 3 && bitmap_has(b, 1) && bitmap_has(b, 3) && bitmap_has(b, 5));
    enum { RUNS = 8000 };
    static uint8_t many[CONTAINER_HEAD_BYTES + 2 + 4 * RUNS] = {1, 3, (uint8_t)(RUNS - 1), (RUNS - 1) >> 8, (uint8_t)RUNS, RUNS >> 8};
    for (uint32_t i = 0; i < RUNS; i++) {
        uint16_t run[2] = {(uint16_t)(i * 8), 0};
        memcpy(many + CONTAINER_HEAD_BYTES + 2 + i * sizeof run, run, sizeof run);
    }
    CHECK_FAILS(t, bitmap_decode(b, 0, bytes_of(many, sizeof many), &e), CORRUPT);
    CHECK_TEXT(t, e.text, "container: 32002 bytes for 8000 runs");
    bitmap_destroy(b);
    CHECK_EQ(t, slab_used(s), 0);
    slab_destroy(s);
}

static void keys_are_found(struct t *t)
{
    struct slab *s = slab_create();
    struct bitmap *b = range_of(s, 100 << 16, 3, 1000u << 16);
    uint32_t key = 0, seen = 0;
    for (; bitmap_next(b, &key); key++)
        CHECK_EQ(t, key, 100 + 1000 * seen++);
    CHECK_EQ(t, seen, 3);
    bitmap_destroy(b);
    slab_destroy(s);
}

static const struct test tests[] = {
    {"a number is added, found and removed", one_number, 1},
    {"containers change their kind at its bounds", kinds_change, 1},
    {"many values are bits in memory, and values as bytes", many_values_are_bits_in_memory, 1},
    {"a copy costs what changes", copies_part, 1},
    {"a container's bytes are those of its format", bytes_are_these, 1},
    {"bytes that are no container are told", bad_bytes_are_told, 1},
    {"runs are taken in as they are small", runs_are_taken_in_as_they_are_small, 1},
    {"keys with members are found", keys_are_found, 1},
};
TEST_MAIN(tests)
