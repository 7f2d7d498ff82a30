#include "app/import/rejects.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "app/import/reasons.h"
#include "lib/csv.h"

#define ARENA_BLOCK_BYTES 4096u
#define HEAD_BYTES_MAX ((size_t)4 << 20)
#define LINE_BYTES_MAX ((size_t)64 << 20) /* of a row with every byte a quote, and the words */

struct rejects {
    char *path;
    FILE *file;
    struct buf head; /* the names of the row's columns, as CSV */
    struct buf line;
    struct arena *arena; /* of a reason */
    uint64_t count;
};

struct rejects *rejects_create(const char *path)
{
    struct rejects *r = calloc(1, sizeof *r);
    if (r == NULL || (r->path = strdup(path)) == NULL)
        abort();
    buf_init(&r->head, HEAD_BYTES_MAX);
    buf_init(&r->line, LINE_BYTES_MAX);
    r->arena = arena_create(ARENA_BLOCK_BYTES);
    return r;
}

void rejects_destroy(struct rejects *r)
{
    if (r == NULL)
        return;
    if (r->file != NULL)
        (void)fclose(r->file);
    buf_fini(&r->head);
    buf_fini(&r->line);
    arena_destroy(r->arena);
    free(r->path);
    free(r);
}

void rejects_columns(struct rejects *r, const struct bytes *names, size_t count)
{
    assert(r->count == 0);
    buf_clear(&r->head);
    for (size_t i = 0; i < count; i++) {
        buf_push_text(&r->head, i == 0 ? "" : ",");
        csv_put(&r->head, names[i], ',');
    }
}

static fallible line_write(struct rejects *r, struct err *e)
{
    bool good = !r->line.overflowed && fwrite(r->line.data, 1, r->line.size, r->file) == r->line.size && fflush(r->file) == 0;
    return good ? DONE : FAIL(e, IO, "can't write the rejects to %s", r->path);
}

static fallible file_open(struct rejects *r, struct err *e)
{
    int file = open(r->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    r->file = file < 0 || fchmod(file, 0600) != 0 ? NULL : fdopen(file, "w"); /* it may have been there before */
    if (r->file == NULL && file >= 0)
        (void)close(file);
    if (r->file == NULL)
        return FAIL(e, IO, "can't write the rejects to %s", r->path);
    buf_push_text(&r->line, "\xEF\xBB\xBF");
    buf_push_text(&r->line, either("file,line,column,reason,", "文件,行,列,原因,"));
    buf_push(&r->line, r->head.size == 0 ? bytes_of_text(either("row", "原行")) : buf_bytes(&r->head));
    buf_push_byte(&r->line, '\n');
    return line_write(r, e);
}

/* Whole values and lines are told by the daemon, in the language that it was asked for. */
static struct bytes reason_of(struct rejects *r, struct bytes reason)
{
    arena_reset(r->arena);
    return bytes_of_text(reason_said(r->arena, arena_text(r->arena, reason)));
}

fallible rejects_add(struct rejects *r, const struct reject *x, struct err *e)
{
    buf_clear(&r->line);
    if (r->file == NULL)
        TRY(file_open(r, e));
    r->count++;
    buf_clear(&r->line);
    csv_put(&r->line, bytes_of_text(x->file), ',');
    buf_printf(&r->line, ",%" PRIu64 ",", x->line);
    csv_put(&r->line, x->column, ',');
    buf_push_byte(&r->line, ',');
    csv_put(&r->line, reason_of(r, x->reason), ',');
    buf_push_byte(&r->line, ',');
    buf_push(&r->line, x->cells);
    buf_push_byte(&r->line, '\n');
    return line_write(r, e);
}

uint64_t rejects_count(const struct rejects *r)
{
    return r->count;
}
