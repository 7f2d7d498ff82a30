/* For tests of the whole program: verbs said as in a shell, and a daemon for them to ask. main.c is there under another name. */
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "app/client.h"
#include "app/daemon.h"
#include "testing/test.h"

#define OUTPUT_BYTES_MAX (1u << 20)
#define WORDS_MAX 16

int kith_main(int count, char **words); /* main.c, under another name */

struct said {
    int code;
    const char *out; /* standard output; standard error goes to t->folder/errors */
};

static inline const char *file_text(struct t *t, const char *path)
{
    char *text = arena_take(t->arena, OUTPUT_BYTES_MAX, 1);
    FILE *file = fopen(path, "re");
    size_t size = file == NULL ? 0 : fread(text, 1, OUTPUT_BYTES_MAX - 1, file);
    if (file != NULL)
        (void)fclose(file);
    text[size] = 0;
    return text;
}

static inline void file_make(struct t *t, const char *name, const char *text)
{
    FILE *file = fopen(arena_printf(t->arena, "%s/%s", t->folder, name), "we");
    REQUIRE(t, file != NULL);
    CHECK(t, fputs(text, file) >= 0);
    CHECK_EQ(t, fclose(file), 0);
}

/* Sends what comes to `number` into a file; returns what was there before. */
static inline int output_turn(int number, const char *path)
{
    int before = dup(number), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert(before >= 0 && file >= 0);
    (void)dup2(file, number);
    (void)close(file);
    return before;
}

static inline void output_restore(int number, int before)
{
    (void)dup2(before, number);
    (void)close(before);
}

static inline struct said run(struct t *t, const char *const *words)
{
    char *copies[WORDS_MAX] = {NULL};
    int count = 0;
    for (; words[count] != NULL; count++)
        copies[count] = arena_printf(t->arena, "%s", words[count]);
    const char *path = arena_printf(t->arena, "%s/output", t->folder);
    (void)fflush(stdout);
    int out = output_turn(STDOUT_FILENO, path), err = output_turn(STDERR_FILENO, arena_printf(t->arena, "%s/errors", t->folder));
    struct said said = {.code = kith_main(count, copies)};
    (void)fflush(stdout);
    output_restore(STDOUT_FILENO, out);
    output_restore(STDERR_FILENO, err);
    said.out = file_text(t, path);
    return said;
}

#define KITH(t, ...) run((t), (const char *const[]){"kith", __VA_ARGS__, NULL})

static inline bool says(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static inline const char *errors(struct t *t)
{
    return file_text(t, arena_printf(t->arena, "%s/errors", t->folder));
}

/* --- a daemon --- */

struct place {
    const char *folder;
    struct daemon daemon;
};

static inline void place_open(struct place *p, struct t *t)
{
    struct err e = {0};
    *p = (struct place){.folder = arena_printf(t->arena, "%s/data", t->folder)};
    CHECK_EQ(t, KITH(t, "init", p->folder).code, EXIT_DONE);
    struct daemon_options o = {.folder = p->folder, .listen = "127.0.0.1:0", .journal = arena_printf(t->arena, "%s/journal", t->folder)};
    CHECK_DONE(t, daemon_start(&o, &p->daemon, &e), &e);
    (void)setenv("KITH_URL", p->daemon.url, 1);
    (void)setenv("KITH_FOLDER", p->folder, 1);
}

static inline void place_close(struct place *p, struct t *t)
{
    struct err e = {0};
    CHECK_DONE(t, daemon_stop(&p->daemon, &e), &e);
    (void)unsetenv("KITH_URL");
    (void)unsetenv("KITH_FOLDER");
}

/* As an order system sends them: there is no verb for it. */
static inline void orders_send(struct t *t, const struct place *p, const char *orders)
{
    struct err e = {0};
    struct client *c;
    struct client_reply reply;
    const char *line = file_text(t, arena_printf(t->arena, "%s/main/admin.token", p->folder));
    const char *token = arena_text(t->arena, bytes_of(line, strcspn(line, "\n")));
    CHECK_DONE(t, client_create(&(struct client_options){.url = p->daemon.url, .token = token}, &c, &e), &e);
    CHECK_DONE(t, client_send(c, &(struct client_call){"POST", "/api/v1/orders", bytes_of_text(orders)}, &reply, &e), &e);
    CHECK_EQ(t, reply.status, 200);
    client_destroy(c);
}

/* A daemon is this same program once more: see daemon_start. */
#define PROGRAM_TEST_MAIN(tests)                            \
    int main(int count, char **words)                       \
    {                                                       \
        if (count > 1 && strcmp(words[1], "serve") == 0)    \
            return kith_main(count, words);                 \
        (void)setenv("KITH_LANG", "en", 1);                 \
        return test_main(tests, COUNT_OF(tests));           \
    }
