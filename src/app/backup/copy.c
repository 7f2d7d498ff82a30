#include "app/backup/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"

/* Written past the system's cache, one such piece after the other, so that there is never a burst of pages before the log's syncs: their 99th
 * percentile is 0.5 ms beside 400 MB/s written so, 6 ms beside pages that go to the disk by 8 MiB, and 0.3 ms alone. */
#define PIECE_BYTES (128u << 10)
#define CATCH_UP_PART 0.75 /* of its time, that a piece takes at least */
#define PAGE_BYTES 4096u /* of what is written past the cache: places and sizes */
/* As a batch, too, which takes no core from who has it. Less, and a busy machine would hardly ever be done. */
#define WORK_PRIORITY 10
#define IO_PRIORITY_IDLE (3 << 13) /* of linux/ioprio.h: when nobody else wants the disk */
#define IO_WHO_PROCESS 1

struct copying {
    const struct backup_pace *pace;
    double due_us;   /* when all that was copied should have been, by the rate */
    int64_t turn_us; /* when the last piece was over, with its wait */
    _Alignas(PAGE_BYTES) uint8_t piece[PIECE_BYTES];
};

struct copying *copying_create(const struct backup_pace *pace)
{
    struct copying *c = aligned_alloc(PAGE_BYTES, sizeof *c);
    if (c == NULL)
        abort();
    c->pace = pace;
    c->turn_us = time_monotonic_us();
    c->due_us = (double)c->turn_us;
    (void)sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0}); /* wishes, all three */
    (void)setpriority(PRIO_PROCESS, 0, WORK_PRIORITY);
    (void)syscall(SYS_ioprio_set, IO_WHO_PROCESS, 0, IO_PRIORITY_IDLE);
    return c;
}

void copying_destroy(struct copying *c)
{
    free(c);
}

static fallible fail_system(const char *path, struct err *e)
{
    int error = errno;
    if (error == ENOSPC || error == EDQUOT)
        return FAIL(e, FULL, "%s: %s", path, strerror(error));
    return FAIL(e, IO, "%s: %s", path, strerror(error));
}

/* Waits until so many bytes may have been copied. Who is behind, after the sync of a file, comes up with the rate bit by bit: a burst of
 * pieces is what the log's next sync would wait for. */
static void pace_keep(struct copying *c, size_t size)
{
    if (c->pace->told != NULL)
        c->pace->told(c->pace->context, size);
    if (c->pace->bytes_a_second == 0)
        return;
    double took_us = (double)size / (double)c->pace->bytes_a_second * 1e6,
           soonest_us = (double)c->turn_us + took_us * CATCH_UP_PART;
    c->due_us += took_us;
    int64_t wait_us = (int64_t)(c->due_us > soonest_us ? c->due_us : soonest_us) - time_monotonic_us();
    struct timespec wait = {.tv_sec = wait_us / US_PER_SECOND, .tv_nsec = wait_us % US_PER_SECOND * 1000};
    if (wait_us > 0)
        (void)nanosleep(&wait, NULL);
    c->turn_us = time_monotonic_us();
}

/* The last piece of a file is filled up to a whole page, which is cut off in the end. */
static fallible piece_write(struct copying *c, int out, const char *path, size_t size, struct err *e)
{
    size_t whole = (size + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    memset(c->piece + size, 0, whole - size);
    for (size_t at = 0; at < whole;) {
        ssize_t wrote = write(out, c->piece + at, whole - at);
        if (wrote < 0 && errno != EINTR)
            return fail_system(path, e);
        at += wrote < 0 ? 0 : (size_t)wrote;
    }
    return DONE;
}

struct copy {
    const char *from, *to;
    int in, out;
    uint64_t size;
};

static fallible piece_read(struct copying *c, const struct copy *f, uint64_t from, size_t size, struct err *e)
{
    for (size_t at = 0; at < size;) {
        ssize_t got = pread(f->in, c->piece + at, size - at, (off_t)(from + at));
        if (got < 0 && errno != EINTR)
            return fail_system(f->from, e);
        if (got == 0)
            return FAIL(e, CORRUPT, "%s: %" PRIu64 " bytes, want %" PRIu64, f->from, from + at, f->size);
        at += got < 0 ? 0 : (size_t)got;
    }
    return DONE;
}

static int new_file_open(const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0)
        (void)fcntl(file, F_SETFL, O_DIRECT); /* a wish: some file systems have no way past the cache */
    return file;
}

static fallible pieces_copy(struct copying *c, const struct copy *f, struct hasher *h, struct err *e)
{
    for (uint64_t at = 0; at < f->size;) {
        size_t want = f->size - at < PIECE_BYTES ? (size_t)(f->size - at) : PIECE_BYTES;
        TRY(piece_read(c, f, at, want, e));
        TRY(piece_write(c, f->out, f->to, want, e));
        hasher_add(h, bytes_of(c->piece, want));
        at += want;
        pace_keep(c, want);
    }
    return ftruncate(f->out, (off_t)f->size) == 0 && fdatasync(f->out) == 0 ? DONE : fail_system(f->to, e);
}

fallible copy_file(struct copying *c, const char *from, const char *to, uint64_t size, struct hash128 *out_hash,
                   struct err *e)
{
    struct copy f = {.from = from, .to = to, .size = size, .in = open(from, O_RDONLY | O_CLOEXEC)};
    if (f.in < 0)
        return errno == ENOENT ? FAIL(e, CORRUPT, "%s is missing", from) : fail_system(from, e);
    f.out = new_file_open(to);
    if (f.out < 0) {
        (void)close(f.in);
        return fail_system(to, e);
    }
    struct hasher *h = hasher_create();
    struct status status = pieces_copy(c, &f, h, e);
    struct hash128 hash = hasher_finish(h);
    (void)close(f.in);
    if (close(f.out) != 0 && done(status))
        status = fail_system(to, e);
    if (done(status))
        *out_hash = hash;
    return status;
}
