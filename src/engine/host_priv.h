/* The host's inside, shared by host.c (thread, messages), workspace.c (open, close, sleep) and ports.c (effects). */
#pragma once

#include <pthread.h>

#include "engine/host.h"
#include "engine/log_clock.h"
#include "lib/queue.h"

#define HOST_QUEUE_CAPACITY 8192u
#define PORT_KINDS_MAX 16u
#define WANTED_KINDS_MAX 16u

struct ports;
struct crew;

struct workspace {
    struct host *host;
    char name[WORKSPACE_NAME_BYTES_MAX + 1];
    uint64_t secret;
    _Atomic(void *) attachment;
    struct workspace *next; /* in the host's list; never removed */
    /* Awake: the engine's thread alone. */
    struct engine *engine;
    struct disk *disk;
    struct cold *cold;
    struct log_clock clock;
    int64_t last_message_us; /* monotonic */
    int64_t wait_us;
    struct work_surroundings around;
    struct err trouble;      /* why it can't be opened */
    enum status_code trouble_code;
    int64_t not_before_us;   /* no new try to open before (monotonic) */
    struct ports *ports;
    /* Which facts are worth printing: those of one kind stay wanted for ever, they are few. */
    atomic_uint listeners_of_all, wanted_count;
    const struct fact_kind *wanted[WANTED_KINDS_MAX];
};

struct host_listener {
    struct workspace *workspace;
    const struct fact_kind *kind; /* NULL: all */
    host_told told;
    void *context;
    struct host_listener *next;
};

struct host {
    struct host_options options;
    struct queue *queue;
    pthread_t thread;
    bool thread_runs;
    pthread_mutex_t lock; /* of the list of workspaces and of listeners */
    struct workspace *first;
    struct host_listener *listeners;
    struct port_kind port_kinds[PORT_KINDS_MAX];
    size_t port_kind_count;
    struct crew *crew;
    atomic_bool stop;     /* told to background work */
    atomic_bool confirm_clock;
    atomic_uint_fast64_t messages, full, awake;
    atomic_bool clock_held;
    /* The engine's thread alone. */
    struct submission **group;
    size_t group_count, group_room;
    bool broken;
};

/* As host_send, and waits for room so long. CANCELLED: the host is stopping. */
fallible host_send_within(struct host *h, struct message *m, int64_t wait_us, struct err *e);

fallible workspace_wake(struct workspace *w, struct err *e); /* engine's thread; awake already is fine */
void workspace_sleep(struct workspace *w, bool checkpoint);  /* engine's thread; asleep already is fine */

struct ports *ports_create(struct workspace *w);
void ports_destroy(struct ports *p); /* what is not sent stays in the outbox; NULL is fine */
void ports_take(struct ports *p, const struct effect_kind *kind, struct bytes key, struct bytes payload);

/* A few threads for long questions. */
fallible crew_create(unsigned threads, struct crew **out_crew, struct err *e);
void crew_destroy(struct crew *c); /* runs what is there first; NULL is fine */
fallible crew_run(struct crew *c, void (*work)(void *context), void *context, struct err *e);
