#include "testing/shared.h"

#include <stdlib.h>

#define PATH_BYTES_MAX 4096

bool shared_data(struct t *t, const char *name, struct bytes *out_text)
{
    char path[PATH_BYTES_MAX];
    const char *folder = getenv("SHARED_DATA");
    (void)snprintf(path, sizeof path, "%s/%s", folder == NULL ? SHARED_DATA_FOLDER : folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        test_skip(t, "the published data aren't there (SHARED_DATA)");
        return false;
    }
    bool whole = fseek(file, 0, SEEK_END) == 0;
    long size = ftell(file);
    whole = whole && size >= 0 && fseek(file, 0, SEEK_SET) == 0;
    uint8_t *data = whole ? arena_take(t->arena, (size_t)size, 1) : NULL;
    whole = whole && fread(data, 1, (size_t)size, file) == (size_t)size;
    (void)fclose(file);
    if (!whole) {
        test_fail(t, __FILE__, __LINE__, "can't read %s", path);
        return false;
    }
    *out_text = bytes_of(data, (size_t)size);
    return true;
}

bool shared_line(struct bytes *io_text, struct bytes *out_line)
{
    if (io_text->size == 0)
        return false;
    const uint8_t *end = memchr(io_text->data, '\n', io_text->size);
    size_t size = end == NULL ? io_text->size : (size_t)(end - io_text->data), whole = size + (end != NULL);
    if (size > 0 && io_text->data[size - 1] == '\r')
        size--;
    *out_line = bytes_of(io_text->data, size);
    *io_text = bytes_of(io_text->data + whole, io_text->size - whole);
    return true;
}
