/* What a disk is made of: one table of functions for each kind (disk_real.c, disk_sim.c). Only disk.c calls them, and
 * only the kinds know what lies behind the two structs. The functions keep the promises of disk.h. */
#pragma once

#include "store/disk.h"

struct disk_ops {
    void (*close)(struct disk *d);
    const char *(*root)(const struct disk *d);
    struct status (*file_open)(struct disk *d, const char *path, enum file_mode mode, struct file **out_file,
                               struct err *e);
    struct status (*remove)(struct disk *d, const char *path, struct err *e);
    struct status (*rename)(struct disk *d, const char *from, const char *to, struct err *e);
    struct status (*make_folder)(struct disk *d, const char *path, struct err *e);
    struct status (*sync_folder)(struct disk *d, const char *path, struct err *e);
    struct status (*list)(struct disk *d, const char *folder, disk_each each, void *context, struct err *e);
    struct status (*free_bytes)(struct disk *d, uint64_t *out_bytes, struct err *e);
    struct status (*lock)(struct disk *d, const char *path, struct err *e);
};

struct file_ops {
    void (*close)(struct file *f);
    struct status (*read)(struct file *f, uint64_t offset, void *out_data, size_t size, size_t *out_read, struct err *e);
    struct status (*write)(struct file *f, uint64_t offset, struct bytes data, struct err *e);
    struct status (*sync)(struct file *f, struct err *e);
    struct status (*size)(struct file *f, uint64_t *out_size, struct err *e);
    struct status (*preallocate)(struct file *f, uint64_t size, struct err *e);
    struct status (*truncate)(struct file *f, uint64_t size, struct err *e);
    struct status (*map)(struct file *f, struct file_map *out_map, struct err *e);
};

struct file_map_ops {
    void (*give)(struct bytes bytes);
    void (*fetch)(struct bytes part); /* NULL: it is in memory */
};

/* Of each disk one, made by its kind; disk_close destroys it before the kind's `close`. */
struct disk_keep;
struct disk_keep *disk_keep_create(void);
void disk_keep_destroy(struct disk_keep *k);
void disk_keep_drop(struct disk_keep *k, const char *path); /* what is kept of this path; NULL: all */

/* The first member of each kind's own struct. */
struct disk {
    const struct disk_ops *ops;
    struct disk_keep *keep;
};

struct file {
    const struct file_ops *ops;
};
