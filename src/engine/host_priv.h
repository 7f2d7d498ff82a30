/* The host's inside, shared by host.c (thread, messages), workspace.c (open, close, sleep) and ports.c (effects). */
#pragma once

#include <pthread.h>

#include "engine/host.h"
#include "engine/line.h"
#include "engine/log_clock.h"
#include "engine/portions.h"
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
    struct line line;
    size_t memory_bytes;     /* its portion of the host's */
    struct disk *disk;
    struct cold *cold;
    struct log_clock clock;
    int64_t last_message_us; /* monotonic */
    atomic_uint kept_awake;  /* by so many who read its files; any thread */
    int64_t wait_us;
    struct work_surroundings around;
    struct err trouble;      /* why it can't be opened */
    enum status_code trouble_code;
    int64_t not_before_us;   /* no new try to open before (monotonic) */
    uint64_t alarms;         /* those that ring, a bit each, in the order of the domains */
    int64_t alarms_since_us[ALARMS_MAX]; /* of those that ring */
    int64_t alarms_due_us;   /* to be looked at then (monotonic) */
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
    struct submission *group[ENGINE_GROUP_COMMANDS_MAX]; /* on its way to an engine */
    struct portion *portions;  /* room for a division */
    size_t portion_room;
    int64_t shared_out_us; /* when it was done last (monotonic) */
    bool broken;
};

/* As host_send, waits for room in the queue so long, and is let in where a workspace has many commands that wait. CANCELLED: the host is stopping. */
fallible host_send_within(struct host *h, struct message *m, int64_t wait_us, struct err *e);

struct workspace *host_workspaces(struct host *h); /* the first one; through their `next` */

/* Divides the host's memory anew among those that are awake (portions.h), and one that is about to be (NULL: none), whose portion is
 * then in its memory_bytes. Engine's thread. Cost: as of engine_memory_set, for each that gets less. */
void memory_divide(struct host *h, const struct workspace *waking);

fallible workspace_wake(struct workspace *w, struct err *e); /* engine's thread; awake already is fine */
void workspace_sleep(struct workspace *w, bool checkpoint);  /* engine's thread; asleep already is fine */
void workspace_alarms_hear(struct workspace *w, int64_t now_us); /* engine's thread, awake; now and then it looks at them */

struct ports *ports_create(struct workspace *w);
void ports_destroy(struct ports *p); /* what is not sent stays in the outbox; NULL is fine */
void ports_take(struct ports *p, const struct effect_kind *kind, struct bytes key, struct bytes payload);

/* A few threads for long questions. */
fallible crew_create(unsigned threads, struct crew **out_crew, struct err *e);
void crew_destroy(struct crew *c); /* runs what is there first; NULL is fine */
fallible crew_run(struct crew *c, void (*work)(void *context), void *context, struct err *e);
