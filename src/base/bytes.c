#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_CAPACITY_MIN 256

struct bytes bytes_of_text(const char *text)
{
    return text == NULL ? BYTES_NONE : bytes_of(text, strlen(text));
}

int bytes_compare(struct bytes a, struct bytes b)
{
    size_t shared = a.size < b.size ? a.size : b.size;
    int order = shared == 0 ? 0 : memcmp(a.data, b.data, shared);
    if (order != 0)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

bool bytes_starts_with(struct bytes b, struct bytes prefix)
{
    return b.size >= prefix.size && (prefix.size == 0 || memcmp(b.data, prefix.data, prefix.size) == 0);
}

struct bytes bytes_slice(struct bytes b, size_t from, size_t until)
{
    assert(from <= until && until <= b.size);
    return until == from ? BYTES_NONE : bytes_of(b.data + from, until - from);
}

void buf_init(struct buf *b, size_t size_max)
{
    assert(size_max > 0);
    *b = (struct buf){.size_max = size_max};
}

void buf_fini(struct buf *b)
{
    free(b->data);
    *b = (struct buf){.size_max = b->size_max};
}

void buf_clear(struct buf *b)
{
    b->size = 0;
    b->overflowed = false;
}

static bool buf_reserve(struct buf *b, size_t more)
{
    if (b->overflowed || more > b->size_max - b->size) {
        b->overflowed = true;
        return false;
    }
    size_t need = b->size + more;
    if (need <= b->capacity)
        return true;
    size_t capacity = b->capacity * 2 > BUF_CAPACITY_MIN ? b->capacity * 2 : BUF_CAPACITY_MIN;
    if (capacity < need)
        capacity = need;
    if (capacity > b->size_max)
        capacity = b->size_max;
    uint8_t *data = realloc(b->data, capacity);
    if (data == NULL) {
        b->overflowed = true;
        return false;
    }
    b->data = data;
    b->capacity = capacity;
    return true;
}

uint8_t *buf_extend(struct buf *b, size_t size)
{
    if (!buf_reserve(b, size))
        return NULL;
    uint8_t *room = b->data + b->size;
    b->size += size;
    assert(b->size <= b->capacity);
    return room;
}

void buf_push_beyond(struct buf *b, struct bytes more)
{
    if (more.size == 0 || !buf_reserve(b, more.size))
        return;
    memcpy(b->data + b->size, more.data, more.size);
    b->size += more.size;
}

void buf_push_text(struct buf *b, const char *text)
{
    buf_push(b, bytes_of_text(text));
}

void buf_printf(struct buf *b, const char *format, ...)
{
    char small[256];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    assert(size >= 0);
    if ((size_t)size < sizeof small) {
        buf_push(b, bytes_of(small, (size_t)size));
        return;
    }
    if (!buf_reserve(b, (size_t)size + 1)) /* vsnprintf also writes a NUL, which is not counted */
        return;
    va_start(args, format);
    (void)vsnprintf((char *)b->data + b->size, (size_t)size + 1, format, args);
    va_end(args);
    b->size += (size_t)size;
}

struct bytes buf_bytes(const struct buf *b)
{
    return bytes_of(b->data, b->size);
}
