#include "store/cold.h"

#include <stdio.h>
#include <string.h>

#include "store/cold_ops.h"

bool cold_name_is_good(const char *name)
{
    size_t size = strlen(name);
    return size > 0 && size <= COLD_NAME_BYTES_MAX && strcmp(name, "live") != 0 && strcmp(name, "info") != 0 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == size;
}

bool cold_name_is_in(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

void cold_base_keep(char base[COLD_NAME_BYTES_MAX + 1], const char *const *names, size_t count)
{
    assert(count > 0);
    if (base[0] != 0 && !cold_name_is_in(base, names, count))
        (void)snprintf(base, COLD_NAME_BYTES_MAX + 1, "%s", names[0]);
}

void cold_close(struct cold *c)
{
    if (c != NULL)
        c->ops->close(c);
}

fallible cold_put(struct cold *c, const struct cold_pair *pairs, size_t count, struct err *e)
{
    return count == 0 ? DONE : c->ops->put(c, pairs, count, e);
}

fallible cold_get(struct cold *c, struct bytes key, struct buf *out_value, bool *out_found, struct err *e)
{
    assert(key.size > 0);
    buf_clear(out_value);
    return c->ops->get(c, key, out_value, out_found, e);
}

fallible cold_scan(struct cold *c, struct bytes prefix, cold_each each, void *context, struct err *e)
{
    assert(each != NULL);
    return c->ops->scan(c, prefix, each, context, e);
}

fallible cold_compact(struct cold *c, struct err *e)
{
    return c->ops->compact == NULL ? DONE : c->ops->compact(c, e);
}

fallible cold_snapshot(struct cold *c, const char *name, struct err *e)
{
    assert(cold_name_is_good(name));
    return c->ops->snapshot(c, name, e);
}

fallible cold_snapshot_remove(struct cold *c, const char *name, struct err *e)
{
    assert(cold_name_is_good(name));
    return c->ops->snapshot_remove(c, name, e);
}

fallible cold_snapshot_keep(struct cold *c, const char *const *names, size_t count, struct err *e)
{
    return c->ops->snapshot_keep(c, names, count, e);
}

void cold_leave_free(struct cold *c, uint64_t bytes)
{
    if (c->ops->leave_free != NULL)
        c->ops->leave_free(c, bytes);
}

uint64_t cold_bytes(struct cold *c)
{
    return c->ops->bytes(c);
}

size_t cold_memory_bytes(const struct cold *c)
{
    return c->ops->memory_bytes(c);
}
