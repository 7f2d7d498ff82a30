/* What the benchmarks of the whole program share: they are the program, too, so that a daemon or a verb is a child of their own. */
#pragma once

#include "app/daemon.h"
#include "app/import/import.h"

#define PROGRAM_PATH_BYTES 512

/* When this process was started as `bench-x VERB …`, runs the verb: *out_code is then its exit code. false: it is the benchmark. */
bool program_is_verb(int argc, char **argv, int *out_code);

/* A daemon over a new workspace "main", and a client of it. */
struct program {
    struct daemon daemon;
    struct client *client;
    char secret[SECRET_TEXT_BYTES]; /* the admin's token */
};
void program_start(struct program *p, const char *folder); /* whose journal is beside it, as FOLDER.journal */
void program_stop(struct program *p);
struct client *program_client(const struct program *p); /* one more; the caller's */

/* When the last command came, by seconds_now: watches until none has come for a while. Asks fifty times a second. */
double program_quiet_since(struct program *p);
