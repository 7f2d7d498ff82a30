/* The program: verbs, and where all layers meet. */
#pragma once

#include "base/bytes.h"

#define KITH_VERSION "0.1.0"
#define APPLY_VERSION 1u /* counts up when the same log would give other rows */

/* What a verb tells the shell. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1,     /* the rules say no, or there is no such thing */
    EXIT_USAGE = 2,       /* the words on the command line */
    EXIT_UNREACHABLE = 3, /* no daemon answers */
    EXIT_DAMAGED = 4,     /* what is on disk can't be trusted */
    EXIT_BUSY = 5,        /* another process has it, or there is no room */
};

struct arguments;

struct verb {
    const char *name;
    const char *usage;              /* "DIR [--listen ADDRESS:PORT]" */
    const char *about, *about_zh;
    int (*run)(struct arguments *a); /* returns an exit_code */
};
const struct verb *verbs(size_t *out_count); /* main.c: the one table */

/* The words after the verb. Options are "--name value" or "--name=value"; a flag has no value. */
struct arguments;
const char *argument_next(struct arguments *a);                       /* the next word that is no option; NULL: no more */
const char *argument_option(struct arguments *a, const char *name);   /* its value; NULL: not given */
bool argument_flag(struct arguments *a, const char *name);
/* A whole number of at least 0; not given: *out is unchanged. INVALID. */
fallible argument_number(struct arguments *a, const char *name, uint64_t *out, struct err *e);
/* A size, as of size_parse; not given: *out is unchanged. INVALID. */
fallible argument_size(struct arguments *a, const char *name, size_t *out_bytes, struct err *e);
/* Says what is left over and unknown, with the nearest known name. Call after all options have been asked for. */
bool arguments_finished(struct arguments *a);
bool speaks_chinese(void);
const char *either(const char *en, const char *zh); /* by the language of the terminal */

/* Prints "kith: …" to standard error and returns the code. */
int say_failure(struct status s, const struct err *e);
int say_usage(const struct verb *v);

const struct verb *verb_of(const struct arguments *a);

struct registry;
struct host_options;
struct engine_options;

struct host_options app_host_options(const char *folder, const struct registry *registry); /* with this release's defaults */

#define MEMORY_DEFAULT ((size_t)4 << 30)

/* "4G", "512M", "1024" -> bytes. INVALID. */
fallible size_parse(const char *text, size_t *out_bytes, struct err *e);

void folder_remove(const char *path); /* with all that is in it; absent is fine */

int verb_init(struct arguments *a);
int verb_serve(struct arguments *a);
int verb_audit(struct arguments *a);
int verb_repair(struct arguments *a);
int verb_backup(struct arguments *a);  /* verbs/backup.c */
int verb_restore(struct arguments *a);
int verb_sim(struct arguments *a);

/* Makes a workspace in `folder`, which may hold others, with one admin token, whose secret goes to
 * folder/name/admin.token (mode 0600) and to out_secret. EXISTS; INVALID: no name for a folder and a URL. */
#define SECRET_TEXT_BYTES 64
fallible workspace_make(const char *folder, const char *name, char out_secret[SECRET_TEXT_BYTES], struct err *e);
/* The last part of it, also of a workspace that was restored: its token "admin" gets a new secret. EXISTS: admin.token is there. */
fallible admin_token_make(const char *folder, const char *name, char out_secret[SECRET_TEXT_BYTES], struct err *e);
