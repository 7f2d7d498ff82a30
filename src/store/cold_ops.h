/* What a cold store is made of: one table of functions for each kind (cold_rocksdb.c, cold_memory.c). Only cold.c calls
 * them. The functions keep the promises of cold.h. */
#pragma once

#include "store/cold.h"

struct cold_ops {
    void (*close)(struct cold *c);
    struct status (*put)(struct cold *c, const struct cold_pair *pairs, size_t count, struct err *e);
    struct status (*get)(struct cold *c, struct bytes key, struct buf *out_value, bool *out_found, struct err *e);
    struct status (*scan)(struct cold *c, struct bytes prefix, cold_each each, void *context, struct err *e);
    struct status (*compact)(struct cold *c, struct err *e); /* NULL: nothing is ever left behind */
    struct status (*snapshot)(struct cold *c, const char *name, struct err *e);
    struct status (*snapshot_keep)(struct cold *c, const char *const *names, size_t count, struct err *e);
    struct status (*snapshot_remove)(struct cold *c, const char *name, struct err *e);
    void (*leave_free)(struct cold *c, uint64_t bytes); /* NULL: it takes nothing of a disk */
    uint64_t (*bytes)(struct cold *c);
    size_t (*memory_bytes)(const struct cold *c);
};

/* The first member of each kind's own struct. */
struct cold {
    const struct cold_ops *ops;
};

bool cold_name_is_good(const char *name);
bool cold_name_is_in(const char *name, const char *const *names, size_t count);
/* Before all but `names` are removed: what a failure falls back to is one that stays. "" (nothing) stays as it is. */
void cold_base_keep(char base[COLD_NAME_BYTES_MAX + 1], const char *const *names, size_t count);
