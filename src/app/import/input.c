#include "app/import/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define PIECE_BYTES (1u << 18)
#define WINDOW_LOG_MAX 27

/* A file is read by one of two libraries; zlib's also reads what isn't compressed. */
struct input {
    const char *path;
    struct input_file about;
    gzFile plain; /* NULL: zstd */
    FILE *file;
    ZSTD_DStream *frames;
    ZSTD_inBuffer waiting; /* read and not yet unpacked */
    bool frame_open;       /* its end has not been seen */
    uint8_t packed[PIECE_BYTES];
    uint8_t piece[PIECE_BYTES];
};

/* --- what a file is known by --- */

/* A mere name for the content, so no cryptographic hash is needed. */
static fallible digest_take(const char *path, int file, struct input_file *out, struct err *e)
{
    void *bytes = out->size_bytes == 0 ? NULL : mmap(NULL, out->size_bytes, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED)
        return FAIL(e, IO, "%s: %s", path, strerror(errno));
    out->digest = hash128(bytes_of(bytes, out->size_bytes), 0);
    if (bytes != NULL)
        (void)munmap(bytes, out->size_bytes);
    return DONE;
}

static fallible opened_read(const char *path, int file, struct input_file *out, struct err *e)
{
    struct stat about;
    if (fstat(file, &about) != 0)
        return FAIL(e, IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return FAIL(e, INVALID,
                    "%s is no plain file: rows are known by the digest of their file, so write what a pipe gives "
                    "into one",
                    path);
    out->size_bytes = (uint64_t)about.st_size;
    return digest_take(path, file, out, e);
}

/* Opened without waiting: a pipe that nobody writes to would hold us here. */
fallible input_file_read(const char *path, struct input_file *out_file, struct err *e)
{
    struct input_file about = {0};
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return FAIL(e, NOT_FOUND, "%s: %s", path, strerror(errno));
    struct status status = opened_read(path, file, &about, e);
    (void)close(file);
    if (done(status))
        *out_file = about;
    return status;
}

/* --- opening --- */

static bool is_zstd(FILE *file)
{
    static const uint8_t magic[] = {0x28, 0xB5, 0x2F, 0xFD};
    uint8_t first[sizeof magic];
    bool is = fread(first, 1, sizeof first, file) == sizeof first && memcmp(first, magic, sizeof magic) == 0;
    rewind(file);
    return is;
}

static fallible zstd_open(struct input *in, struct err *e)
{
    in->frames = ZSTD_createDStream();
    if (in->frames == NULL)
        abort();
    size_t rc = ZSTD_DCtx_setParameter(in->frames, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    return ZSTD_isError(rc) ? FAIL(e, IO, "%s: %s", in->path, ZSTD_getErrorName(rc)) : DONE;
}

static fallible reader_open(struct input *in, struct err *e)
{
    TRY(input_file_read(in->path, &in->about, e));
    in->file = fopen(in->path, "re");
    if (in->file == NULL)
        return FAIL(e, IO, "can't read %s: %s", in->path, strerror(errno));
    if (is_zstd(in->file))
        return zstd_open(in, e);
    in->plain = gzopen(in->path, "rbe");
    if (in->plain == NULL)
        return FAIL(e, IO, "can't read %s", in->path);
    (void)gzbuffer(in->plain, PIECE_BYTES);
    return DONE;
}

fallible input_open(const char *path, struct input **out_input, struct err *e)
{
    struct input *in = calloc(1, sizeof *in);
    if (in == NULL)
        abort();
    in->path = path;
    struct status status = reader_open(in, e);
    if (failed(status)) {
        input_close(in);
        return status;
    }
    *out_input = in;
    return DONE;
}

void input_close(struct input *in)
{
    if (in == NULL)
        return;
    if (in->plain != NULL)
        (void)gzclose(in->plain);
    if (in->file != NULL)
        (void)fclose(in->file);
    ZSTD_freeDStream(in->frames);
    free(in);
}

struct input_file input_file(const struct input *in)
{
    return in->about;
}

/* --- reading --- */

static fallible plain_next(struct input *in, struct bytes *out_piece, struct err *e)
{
    int size = gzread(in->plain, in->piece, PIECE_BYTES), trouble = Z_OK;
    if (size < 0) {
        const char *words = gzerror(in->plain, &trouble); /* it names the file */
        return trouble == Z_ERRNO ? FAIL(e, IO, "%s", words) : FAIL(e, INVALID, "%s", words);
    }
    if (size == 0 && (gzerror(in->plain, &trouble), trouble == Z_BUF_ERROR))
        return FAIL(e, INVALID, "%s: the file ends too early", in->path);
    *out_piece = bytes_of(in->piece, (size_t)size);
    return DONE;
}

/* False at the end of the file. */
static bool packed_fill(struct input *in)
{
    if (in->waiting.pos == in->waiting.size)
        in->waiting = (ZSTD_inBuffer){in->packed, fread(in->packed, 1, PIECE_BYTES, in->file), 0};
    return in->waiting.size > 0;
}

/* Frames may stand one after the other, as zstd's own program writes them for several files. */
static fallible zstd_next(struct input *in, struct bytes *out_piece, struct err *e)
{
    ZSTD_outBuffer out = {in->piece, PIECE_BYTES, 0};
    while (out.pos == 0) {
        bool more = packed_fill(in);
        if (!more && ferror(in->file))
            return FAIL(e, IO, "can't read %s", in->path);
        if (!more && in->frame_open)
            return FAIL(e, INVALID, "%s: the file ends too early", in->path);
        if (!more)
            break;
        size_t rc = ZSTD_decompressStream(in->frames, &out, &in->waiting);
        if (ZSTD_isError(rc))
            return FAIL(e, INVALID, "%s: %s", in->path, ZSTD_getErrorName(rc));
        in->frame_open = rc != 0;
    }
    *out_piece = bytes_of(in->piece, out.pos);
    return DONE;
}

fallible input_next(struct input *in, struct bytes *out_piece, struct err *e)
{
    return in->plain != NULL ? plain_next(in, out_piece, e) : zstd_next(in, out_piece, e);
}

double input_share(const struct input *in)
{
    long at = in->plain != NULL ? (long)gzoffset(in->plain) : ftell(in->file);
    return at <= 0 || in->about.size_bytes == 0 ? 0 : (double)at / (double)in->about.size_bytes;
}
