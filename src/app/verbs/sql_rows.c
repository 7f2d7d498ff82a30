#include "app/verbs/sql_rows.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATH_BYTES 4096u

/* Pieces go through a pair of sockets, which holds some of them: so a thread that is ahead waits, and one that isn't wanted any more is told. */
struct sql_rows {
    struct client *client;
    char path[PATH_BYTES];
    int in, out; /* the thread's end, the reader's */
    pthread_t thread;
    FILE *file; /* over `out` */
    char *line;
    size_t line_room;
    struct json_parser *parser;
    bool is_over;
    /* The thread's, until it has ended. */
    struct client_reply reply;
    struct status status;
    struct err error;
};

static bool piece_take(void *context, struct bytes piece)
{
    struct sql_rows *rows = context;
    while (piece.size > 0) {
        ssize_t sent = send(rows->in, piece.data, piece.size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false; /* nobody reads any more */
        piece = bytes_slice(piece, (size_t)sent, piece.size);
    }
    return true;
}

static void *rows_run(void *context)
{
    struct sql_rows *rows = context;
    struct client_call call = {.method = "GET", .path = rows->path};
    rows->status = client_stream(rows->client, &call, piece_take, rows, &rows->reply, &rows->error);
    (void)close(rows->in);
    return NULL;
}

struct sql_rows *sql_rows_open(struct client *c, const char *path)
{
    int ends[2];
    struct sql_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0 || strlen(path) >= PATH_BYTES)
        abort();
    *rows = (struct sql_rows){.client = c, .in = ends[0], .out = ends[1], .status = DONE};
    memcpy(rows->path, path, strlen(path) + 1);
    rows->file = fdopen(rows->out, "re");
    rows->parser = json_parser_create(SQL_ROW_BYTES_MAX);
    if (rows->file == NULL || rows->parser == NULL || pthread_create(&rows->thread, NULL, rows_run, rows) != 0)
        abort();
    return rows;
}

/* What the daemon said instead of rows. */
static fallible refusal_tell(const struct sql_rows *rows, struct err *e)
{
    struct json root;
    if (failed(json_parse(rows->parser, rows->reply.body, &root, NULL)))
        return FAIL(e, UNAVAILABLE, "HTTP %ld", rows->reply.status);
    struct bytes title = json_string(json_find(root, BYTES_LIT("title"))),
                 detail = json_string(json_find(root, BYTES_LIT("detail")));
    return FAIL(e, DENIED, "%.*s: %.*s", BYTES_ARG(title), BYTES_ARG(detail));
}

static fallible rows_end(struct sql_rows *rows, struct err *e)
{
    if (!rows->is_over)
        (void)pthread_join(rows->thread, NULL);
    rows->is_over = true;
    if (failed(rows->status)) {
        err_set(e, "%s", rows->error.text);
        return rows->status;
    }
    return rows->reply.status >= 300 ? refusal_tell(rows, e) : DONE;
}

fallible sql_rows_next(struct sql_rows *rows, struct json *out_row, struct err *e)
{
    ssize_t size = rows->is_over ? -1 : getline(&rows->line, &rows->line_room, rows->file);
    *out_row = JSON_NOTHING;
    if (size <= 0 || rows->line[size - 1] != '\n') /* a line without its end was cut off */
        return rows_end(rows, e);
    return json_parse(rows->parser, bytes_of(rows->line, (size_t)size), out_row, e);
}

void sql_rows_close(struct sql_rows *rows)
{
    if (rows == NULL)
        return;
    (void)shutdown(rows->out, SHUT_RDWR);
    if (!rows->is_over)
        (void)pthread_join(rows->thread, NULL);
    (void)fclose(rows->file);
    client_destroy(rows->client);
    json_parser_destroy(rows->parser);
    free(rows->line);
    free(rows);
}
