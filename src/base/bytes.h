/* A borrowed run of bytes, and a bounded buffer that grows.
 * `struct bytes` never owns; whoever made the memory says how long it lives. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"

struct bytes {
    const uint8_t *data; /* may be NULL only when size is 0 */
    size_t size;
};

#define BYTES_NONE ((struct bytes){NULL, 0})
#define BYTES_LIT(literal) ((struct bytes)BYTES_INIT(literal))
/* clang-format off */
#define BYTES_INIT(literal) {(const uint8_t *)("" literal), sizeof(literal) - 1} /* of a member in a table */
/* clang-format on */

/* For printf("%.*s"): expands to two arguments. */
#define BYTES_ARG(b) (int)(b).size, (const char *)((b).data == NULL ? (const uint8_t *)"" : (b).data)

static inline struct bytes bytes_of(const void *data, size_t size)
{
    return (struct bytes){data, size};
}

struct bytes bytes_of_text(const char *text); /* without the NUL; NULL gives no bytes */
static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
int bytes_compare(struct bytes a, struct bytes b); /* as unsigned bytes; a prefix comes first */
bool bytes_starts_with(struct bytes b, struct bytes prefix);
struct bytes bytes_slice(struct bytes b, size_t from, size_t until); /* asserts from <= until <= size */

/* A growing buffer. It never holds more than size_max bytes: a push beyond that, or one for which the system has no
 * memory, adds nothing and marks the buffer `overflowed`, so a writer may push many times and ask once at the end. */
struct buf {
    uint8_t *data;
    size_t size;
    size_t capacity;
    size_t size_max;
    bool overflowed;
};

void buf_init(struct buf *b, size_t size_max); /* allocates nothing yet */
void buf_fini(struct buf *b);                  /* frees; the buffer is then as after init */
void buf_clear(struct buf *b);                 /* empty again, memory kept */
void buf_push_beyond(struct buf *b, struct bytes more); /* buf_push's: there may be no room yet */
void buf_push_text(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
uint8_t *buf_extend(struct buf *b, size_t size); /* room for `size` more bytes, counted as pushed; NULL on overflow */
struct bytes buf_bytes(const struct buf *b);     /* borrowed until the next push */

/* In line while there is room: most of what a writer does. */
static inline void buf_push(struct buf *b, struct bytes more)
{
    if (UNLIKELY(b->overflowed || more.size == 0 || more.size > b->capacity - b->size)) {
        buf_push_beyond(b, more);
        return;
    }
    memcpy(b->data + b->size, more.data, more.size);
    b->size += more.size;
}

static inline void buf_push_byte(struct buf *b, uint8_t byte)
{
    buf_push(b, bytes_of(&byte, 1));
}
