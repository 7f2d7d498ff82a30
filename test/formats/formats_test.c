/* What past releases have written is read as they read it. */
#include <stdlib.h>
#include <string.h>

#include "engine/host_priv.h"
#include "lib/pack.h"
#include "store/disk_sim.h"
#include "test/formats/release.h"
#include "testing/test.h"

#define SPOILT_BYTE 20u /* of a file: further on it may lie in what only fills up */

/* FORMATS_FOLDER: where this stands. To add a release: a row. */
static const char *const versions[] = {"0.1.0"};

static const char *folder_of(struct t *t, const char *version)
{
    return arena_printf(t->arena, "%s/%s", FORMATS_FOLDER, version);
}

static struct bytes line_at(struct bytes text, size_t at)
{
    size_t from = at, until = at;
    while (from > 0 && text.data[from - 1] != '\n')
        from--;
    while (until < text.size && text.data[until] != '\n')
        until++;
    return bytes_slice(text, from, until);
}

static void compare(struct t *t, struct bytes got, struct bytes want)
{
    size_t at = 0;
    while (at < got.size && at < want.size && got.data[at] == want.data[at])
        at++;
    if (at < got.size || at < want.size)
        CHECK_BYTES(t, line_at(got, at), line_at(want, at)); /* the first line that differs */
    CHECK_EQ(t, got.size, want.size);
}

static void told_as_written_down(struct t *t, const char *version)
{
    struct err e = {0};
    struct release r;
    struct disk *kept = NULL;
    struct buf want, got;
    buf_init(&want, RELEASE_TOLD_BYTES_MAX);
    buf_init(&got, RELEASE_TOLD_BYTES_MAX);
    REQUIRE_DONE(t, release_init(&r, &e), &e);
    CHECK_DONE(t, release_load(&r, folder_of(t, version), &e), &e);
    REQUIRE_DONE(t, release_start(&r, &e), &e);
    CHECK_DONE(t, release_tell(&r, &got, &e), &e);
    CHECK_DONE(t, disk_open_real(folder_of(t, version), &kept, &e), &e);
    CHECK_DONE(t, disk_read_all(kept, RELEASE_TOLD_FILE, &want, &e), &e);
    compare(t, buf_bytes(&got), buf_bytes(&want));
    disk_close(kept);
    release_fini(&r);
    buf_fini(&want);
    buf_fini(&got);
}

static void releases_are_read(struct t *t)
{
    for (size_t i = 0; i < COUNT_OF(versions); i++)
        told_as_written_down(t, versions[i]);
}

static void secrets_are_read(struct t *t)
{
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        struct err e = {0};
        uint64_t secret = 0;
        CHECK_DONE(t, workspace_secret_read(FORMATS_FOLDER, versions[i], &secret, &e), &e);
        CHECK(t, secret == RELEASE_SECRET);
    }
}

/* Whether all that the loaded files say can be read. */
static struct status read_whole(struct release *r, struct buf *out, struct err *e)
{
    TRY(release_start(r, e));
    return release_tell(r, out, e);
}

static void spoilt_is_noticed(struct t *t, const char *version, const char *path)
{
    struct err e = {0};
    struct release r;
    struct buf told;
    buf_init(&told, RELEASE_TOLD_BYTES_MAX);
    REQUIRE_DONE(t, release_init(&r, &e), &e);
    CHECK_DONE(t, release_load(&r, folder_of(t, version), &e), &e);
    disk_sim_corrupt(r.disk, path, SPOILT_BYTE);
    struct status status = read_whole(&r, &told, &e);
    if (done(status))
        test_fail(t, __FILE__, __LINE__, "%s: %s: a bit was flipped, and nobody noticed", version, path);
    release_fini(&r);
    buf_fini(&told);
}

struct spoiling {
    struct t *t;
    const char *version, *folder;
    uint32_t files;
};

static struct status each_file(void *context, const char *name, struct err *e)
{
    struct spoiling *s = context;
    char path[RELEASE_PATH_BYTES];
    (void)e;
    release_path(s->folder, name, path);
    spoilt_is_noticed(s->t, s->version, path);
    s->files++;
    return DONE;
}

/* One bit of each file of the disk, one after the other. */
static void spoilt_files_are_noticed(struct t *t)
{
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        struct err e = {0};
        struct disk *kept = NULL;
        struct spoiling s = {.t = t, .version = versions[i]};
        spoilt_is_noticed(t, versions[i], "CHECKPOINT");
        REQUIRE_DONE(t, disk_open_real(folder_of(t, versions[i]), &kept, &e), &e);
        for (size_t k = 1; k < release_folder_count; k++) {
            s.folder = release_folders[k];
            CHECK_DONE(t, disk_list(kept, s.folder, each_file, &s, &e), &e);
        }
        CHECK(t, s.files >= 3); /* columns, a segment and a run */
        disk_close(kept);
    }
}

static const struct test tests[] = {
    {"what past releases wrote is read as they read it", releases_are_read, 1},
    {"the secrets of workspaces are read", secrets_are_read, 1},
    {"a flipped bit of any file is noticed", spoilt_files_are_noticed, 1},
};
TEST_MAIN(tests)
