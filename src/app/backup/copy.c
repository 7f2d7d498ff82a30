#include "app/backup/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"

#define PIECE_BYTES (1u << 20)
#define SEND_EVERY_BYTES (8u << 20) /* to the disk: a sync at the end is then no burst before the log's */
#define WORK_PRIORITY 10
#define IO_PRIORITY_IDLE (3 << 13) /* of linux/ioprio.h: when nobody else wants the disk */
#define IO_WHO_PROCESS 1

struct copying {
    const struct backup_pace *pace;
    int64_t begin_us;
    uint64_t bytes; /* since then */
    uint8_t piece[PIECE_BYTES];
};

struct copying *copying_create(const struct backup_pace *pace)
{
    struct copying *c = malloc(sizeof *c);
    if (c == NULL)
        abort();
    c->pace = pace;
    c->bytes = 0;
    c->begin_us = time_monotonic_us();
    (void)setpriority(PRIO_PROCESS, 0, WORK_PRIORITY); /* wishes, both */
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

/* Waits until so many bytes may have been copied. */
static void pace_keep(struct copying *c, size_t size)
{
    c->bytes += size;
    if (c->pace->told != NULL)
        c->pace->told(c->pace->context, size);
    if (c->pace->bytes_a_second == 0)
        return;
    int64_t due_us = c->begin_us + (int64_t)((double)c->bytes / (double)c->pace->bytes_a_second * 1e6),
            wait_us = due_us - time_monotonic_us();
    struct timespec wait = {.tv_sec = wait_us / US_PER_SECOND, .tv_nsec = wait_us % US_PER_SECOND * 1000};
    if (wait_us > 0)
        (void)nanosleep(&wait, NULL);
}

static fallible piece_write(const struct copying *c, int out, const char *path, size_t size, struct err *e)
{
    for (size_t at = 0; at < size;) {
        ssize_t wrote = write(out, c->piece + at, size - at);
        if (wrote < 0 && errno != EINTR)
            return fail_system(path, e);
        at += wrote < 0 ? 0 : (size_t)wrote;
    }
    return DONE;
}

/* The pages go to the disk, and out of the system's cache, which others need more. */
static void pages_send(int out, uint64_t from, uint64_t until)
{
    (void)sync_file_range(out, (off_t)from, (off_t)(until - from),
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    (void)posix_fadvise(out, (off_t)from, (off_t)(until - from), POSIX_FADV_DONTNEED);
}

struct copy {
    const char *from, *to;
    int in, out;
    uint64_t size;
};

static fallible pieces_copy(struct copying *c, const struct copy *f, struct hasher *h, struct err *e)
{
    uint64_t sent = 0;
    for (uint64_t at = 0; at < f->size;) {
        size_t want = f->size - at < PIECE_BYTES ? (size_t)(f->size - at) : PIECE_BYTES;
        ssize_t got = pread(f->in, c->piece, want, (off_t)at);
        if (got < 0)
            return fail_system(f->from, e);
        if (got == 0)
            return FAIL(e, CORRUPT, "%s: %" PRIu64 " bytes, want %" PRIu64, f->from, at, f->size);
        TRY(piece_write(c, f->out, f->to, (size_t)got, e));
        hasher_add(h, bytes_of(c->piece, (size_t)got));
        at += (uint64_t)got;
        if (at - sent >= SEND_EVERY_BYTES) {
            pages_send(f->out, sent, at);
            sent = at;
        }
        pace_keep(c, (size_t)got);
    }
    return fdatasync(f->out) == 0 ? DONE : fail_system(f->to, e);
}

fallible copy_file(struct copying *c, const char *from, const char *to, uint64_t size, struct hash128 *out_hash,
                   struct err *e)
{
    struct copy f = {.from = from, .to = to, .size = size, .in = open(from, O_RDONLY | O_CLOEXEC)};
    if (f.in < 0)
        return errno == ENOENT ? FAIL(e, CORRUPT, "%s is missing", from) : fail_system(from, e);
    f.out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
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
