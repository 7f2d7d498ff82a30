/* The door: HTTP requests -> commands and reads on the host -> answers. The routes stand in one table (routes.c); what
 * it keeps is only the catalogue (a copy of tokens and types) and a few reusable buffers. docs/reference/http.md. */
#pragma once

#include "engine/host.h"

struct door;

struct door_options {
    struct host *host;
    const char *address;     /* "127.0.0.1" */
    uint16_t port;           /* 0: any free one */
    unsigned threads;        /* 0: the default of edge/http/http.h */
    const char *console;     /* the folder of the console's files; NULL: none */
    const char *version;     /* of the program, for humans */
};

fallible door_open(const struct door_options *options, struct door **out_door, struct err *e);
uint16_t door_port(const struct door *d);
void door_close(struct door *d); /* refuses what is new, waits for what runs; before host_stop. NULL is fine */

/* To be called out of host_options.woken: gives the workspace its catalogue. */
void door_woken(struct workspace *w, struct engine *g);
/* Frees the catalogues; between host_stop and host_destroy. */
void door_forget(struct host *h);
