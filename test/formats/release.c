#include "test/formats/release.h"

#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "domain/all.h"
#include "lib/pack.h"
#include "store/checkpoint.h"
#include "store/disk_sim.h"

#define SEGMENT_BYTES 32768u

const char *const release_folders[] = {"", "columns", "log", "messages", "runs"};
const size_t release_folder_count = COUNT_OF(release_folders);

/* --- the cold store outlives the engine --- */

static struct cold *cold_again(void *context, const char *snapshot, struct err *e)
{
    struct release *r = context;
    return failed(cold_memory_reopen(r->cold, snapshot, e)) ? NULL : r->cold;
}

static void cold_keep(void *context, struct cold *c)
{
    (void)context, (void)c;
}

fallible release_init(struct release *r, struct err *e)
{
    *r = (struct release){.disk = disk_sim_create(1), .cold = cold_memory_create()};
    TRY(registry_of_all(&r->registry, e));
    for (size_t i = 1; i < release_folder_count; i++)
        TRY(disk_make_folder(r->disk, release_folders[i], e));
    r->options = (struct engine_options){
        .disk = r->disk,
        .cold_open = cold_again,
        .cold_close = cold_keep,
        .context = r,
        .registry = r->registry,
        .apply_version = APPLY_VERSION,
        .log_segment_bytes = SEGMENT_BYTES,
        .checkpoint_log_bytes = UINT64_C(1) << 40, /* only when asked for */
        .memory_bytes = 64 << 20,
    };
    return DONE;
}

void release_fini(struct release *r)
{
    engine_close(r->engine);
    registry_destroy(r->registry);
    cold_close(r->cold);
    disk_close(r->disk);
    *r = (struct release){0};
}

/* --- loading --- */

struct loading {
    struct release *release;
    struct disk *kept;  /* the folder */
    const char *folder; /* of it, being listed */
    struct buf bytes;
};

/* Names in a workspace's own folder that are none of its files on the disk. */
static bool is_apart(const char *name)
{
    static const char *const apart[] = {RELEASE_COLD_FILE, RELEASE_TOLD_FILE, "workspace.json"};
    for (size_t i = 0; i < COUNT_OF(apart); i++)
        if (strcmp(name, apart[i]) == 0)
            return true;
    for (size_t i = 1; i < release_folder_count; i++)
        if (strcmp(name, release_folders[i]) == 0)
            return true;
    return false;
}

void release_path(const char *folder, const char *name, char out_path[RELEASE_PATH_BYTES])
{
    (void)snprintf(out_path, RELEASE_PATH_BYTES, "%s%s%s", folder, folder[0] == 0 ? "" : "/", name);
}

static struct status each_file(void *context, const char *name, struct err *e)
{
    struct loading *l = context;
    char path[RELEASE_PATH_BYTES];
    if (l->folder[0] == 0 && is_apart(name))
        return DONE;
    release_path(l->folder, name, path);
    TRY(disk_read_all(l->kept, path, &l->bytes, e));
    return disk_write_all(l->release->disk, path, buf_bytes(&l->bytes), e);
}

/* Pairs, each as u32 size of the key, u32 size of the value, key, value; and the snapshot that the last mark names. */
static fallible cold_load(struct release *r, struct bytes dump, struct err *e)
{
    struct checkpoint_mark mark;
    struct unpack u = unpack_of(dump);
    while (unpack_good(&u) && unpack_left(&u) > 0) {
        uint32_t key_size = unpack_u32(&u), value_size = unpack_u32(&u);
        struct cold_pair pair = {.key = unpack_raw(&u, key_size)};
        pair.value = unpack_raw(&u, value_size);
        if (unpack_good(&u))
            TRY(cold_put(r->cold, &pair, 1, e));
    }
    if (!unpack_finished(&u))
        return FAIL(e, CORRUPT, "%s is cut short", RELEASE_COLD_FILE);
    TRY(checkpoint_mark_read(r->disk, 0, &mark, e));
    return cold_snapshot(r->cold, mark.snapshot, e);
}

static fallible files_load(struct loading *l, struct err *e)
{
    for (size_t i = 0; i < release_folder_count; i++) {
        l->folder = release_folders[i];
        TRY(WRAP(e, disk_list(l->kept, l->folder, each_file, l, e), "%s", l->folder));
    }
    TRY(disk_read_all(l->kept, RELEASE_COLD_FILE, &l->bytes, e));
    return cold_load(l->release, buf_bytes(&l->bytes), e);
}

fallible release_load(struct release *r, const char *folder, struct err *e)
{
    struct loading l = {.release = r};
    TRY(disk_open_real(folder, &l.kept, e));
    buf_init(&l.bytes, RELEASE_FILE_BYTES_MAX);
    struct status status = files_load(&l, e);
    buf_fini(&l.bytes);
    disk_close(l.kept);
    return status;
}

fallible release_start(struct release *r, struct err *e)
{
    return engine_open(&r->options, &r->engine, e);
}
