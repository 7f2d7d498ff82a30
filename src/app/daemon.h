/* A daemon as a child process: for the demo, which then talks to it like anybody else. */
#pragma once

#include <sys/types.h>

#include "base/status.h"

struct daemon {
    pid_t pid;     /* 0: none runs */
    int words;     /* its standard output */
    char url[128]; /* "http://127.0.0.1:41234" */
};

struct daemon_options {
    const char *folder;
    const char *listen;  /* "127.0.0.1:0": any free port */
    const char *journal; /* the file that its standard error goes to */
};

/* Runs this very program as `kith serve` and waits until it listens. It is sent SIGTERM when this process dies.
 * UNAVAILABLE: it ended before, and why is in its journal. */
fallible daemon_start(const struct daemon_options *o, struct daemon *out_daemon, struct err *e);
/* Lets it finish and write its checkpoint. IO: it did not end well. */
fallible daemon_stop(struct daemon *d, struct err *e);
