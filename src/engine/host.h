/* The host: the engine's thread, and the workspaces whose turns it takes. DESIGN §6 "Workspace", "Threads".
 *
 * Everything from outside comes as a message through one bounded queue: a command to submit, a reader to run over the
 * durable state. Nothing else reaches an engine. A workspace is opened by its first message and closed (checkpoint, then
 * its files) after a while without any, so that asleep it costs a name and a few words.
 *
 * Log time: the wall clock, but a jump of more than HOST_CLOCK_JUMP_US against the monotonic clock holds accept until
 * it is confirmed (host_confirm_clock) or the clock has come back. */
#pragma once

#include <stdatomic.h>

#include "engine/engine.h"
#include "engine/work.h"

#define HOST_CLOCK_JUMP_US (60 * US_PER_SECOND)
#define WORKSPACE_NAME_BYTES_MAX 63u

struct host;
struct workspace;

struct host_options {
    const char *folder;              /* a folder of workspaces: each is a folder with a log */
    const struct registry *registry;
    uint32_t apply_version;
    size_t memory_bytes;             /* of all workspaces that are awake */
    int64_t asleep_after_us;
    uint64_t log_segment_bytes, checkpoint_log_bytes, disk_reserve_bytes;
    /* Called on the engine's thread when a workspace has been opened, before its first message. */
    void (*woken)(void *context, struct workspace *w, struct engine *g);
    /* Something that an operator should know of a workspace. On the engine's thread. NULL: nobody listens. */
    void (*warned)(void *context, const struct workspace *w, const char *words);
    /* An alarm of a workspace that is awake has begun, or is over. Each is said once, also when the workspace slept meanwhile. On
     * the engine's thread. NULL: nobody listens. */
    void (*alarmed)(void *context, const struct workspace *w, const struct alarm *alarm, bool begun);
    /* The process can't go on (a log failed): called once, on the engine's thread. */
    void (*broken)(void *context, const char *words);
    void *context;
};

fallible host_create(const struct host_options *options, struct host **out_host, struct err *e); /* starts the thread */
/* Takes no more messages, finishes those there, makes a checkpoint of every open workspace, ends the thread. */
void host_stop(struct host *h);
void host_destroy(struct host *h); /* NULL is fine; stopped before */

/* NOT_FOUND; CORRUPT: as of workspace_secret_read. Those that are there at the start are known all the same, and can't be
 * opened. Borrowed for the host's life. Any thread. */
fallible host_workspace(struct host *h, struct bytes name, struct workspace **out_workspace, struct err *e);
size_t host_workspace_count(const struct host *h);
struct workspace *host_workspace_at(const struct host *h, size_t at);
const char *workspace_trouble(const struct workspace *w); /* why it could not be opened; after an answer UNAVAILABLE */
struct status workspace_trouble_status(const struct workspace *w); /* the failure itself: CORRUPT, EXISTS (locked), IO … */
struct host *workspace_host(const struct workspace *w);
const struct registry *host_registry(const struct host *h);
const char *workspace_name(const struct workspace *w);
uint64_t workspace_secret(const struct workspace *w); /* keys identifiers and tokens; from the workspace's own file */
/* Of folder/name, from its own file, workspace.json. NOT_FOUND: it is no workspace. CORRUPT: it is one, but the file is
 * damaged or missing: without its secret nobody would be known, so a new file is no help. */
fallible workspace_secret_read(const char *folder, const char *name, uint64_t *out_secret, struct err *e);
/* Does folder/name hold what a workspace has written, whatever has become of its file? */
bool workspace_has_data(const char *folder, const char *name);
uint64_t workspace_log_owner(uint64_t secret); /* by which a log tells the workspace that wrote it; never 0 */
/* A place for whoever sits above (edge): set in `woken` or before, read by any thread. */
void *workspace_attachment(const struct workspace *w);
void workspace_attach(struct workspace *w, void *attachment);

/* What lies in the queue: commands that arrived together, or a reader. The sender owns it, and may free it once all its
 * submissions are answered, or once the reading is done. */
struct message {
    struct workspace *workspace;    /* NULL: about the process: `done` is called, and no workspace is woken */
    struct submission *submissions; /* side by side; each is answered by itself */
    uint32_t submission_count;      /* 0: a reader */
    engine_reader read;             /* run over the durable state, after all commands sent before that need not wait; NULL: nothing is read */
    void (*done)(struct message *m, struct status status); /* after the reading; UNAVAILABLE: the workspace can't be opened */
    void *context;                  /* of read and done */
};
/* Any thread. FULL: the queue is full, or too many commands of the workspace wait for its engine; nothing was taken. */
fallible host_send(struct host *h, struct message *m, struct err *e);
/* The same, and waits; the answer's reply is copied into *out_reply (may be NULL). Not on the engine's thread. */
fallible host_call(struct host *h, struct workspace *w, uint32_t command_id, struct bytes payload, struct answer *out_answer,
                   struct buf *out_reply, struct err *e);
fallible host_read(struct host *h, struct workspace *w, engine_reader read, void *context, struct err *e);

/* Runs `work` on one of a few threads for long questions. FULL: too many wait. */
fallible host_background(struct host *h, void (*work)(void *context), void *context, struct err *e);

/* The live stream. `told` runs on the engine's thread: it must only copy. */
struct host_listener;
typedef void (*host_told)(void *context, uint64_t position, const struct fact_kind *kind, enum cause cause, int64_t time_us,
                          struct bytes json);
/* `kind` NULL: all facts, each of which is then printed, so listen only while somebody looks. */
struct host_listener *host_listen(struct host *h, struct workspace *w, const struct fact_kind *kind, host_told told, void *context);
void host_unlisten(struct host *h, struct host_listener *l); /* told is never called after it has returned */

/* What the world said. */
struct port_answer {
    struct buf words; /* for the log */
    int64_t pause_us; /* how long it asks to be left alone (an hour at most is granted); 0: it didn't say */
};

/* Ports: who carries out effects. Registered before the first workspace wakes. `send` runs on the port's own thread.
 *
 * Effects of one target go out one by one, in the order in which they were asked; one that is tried again keeps those behind
 * it waiting, and nobody else's but for the time of the try. */
#define PORT_WAITING_MAX 8192u /* effects of a target in memory; those beyond wait in the outbox */
struct port_kind {
    const struct effect_kind *effect;
    struct bytes (*target)(struct bytes payload); /* who gets it; borrowed from the payload. NULL: all go to the same one */
    /* Returns whether the world took it. UNAVAILABLE: try again later (backing off, and not before the pause is over). */
    struct status (*send)(void *context, struct workspace *w, struct bytes key, struct bytes payload, struct port_answer *out_answer);
    void *context;
    /* A target that has taken nothing for so long gets one try for each effect, which is then given up: a dead letter (engine/dead.h).
     * Counted anew when it takes something, and when nothing waits for it; 0: it is tried for ever. */
    int64_t give_up_us;
};
void host_port(struct host *h, const struct port_kind *port);
struct bytes host_effect_target(const struct host *h, const struct effect_kind *kind, struct bytes payload); /* as its port tells it; or none */

/* Paused, nothing leaves: effects wait in the outbox. A file in the workspace's folder keeps it over a restart; a restore makes
 * one, for what a copy asks the world the living workspace may have asked already. Engine's thread, awake. Pausing waits for what
 * is being sent. IO. */
#define PORTS_PAUSED_FILE "ports.paused"
bool workspace_ports_paused(const struct workspace *w);
fallible workspace_ports_pause(struct workspace *w, bool paused, struct err *e);
const char *workspace_folder(const struct workspace *w); /* its path; awake */

/* Whoever reads the log and files of a workspace for long keeps it awake, from a reader on the engine's thread on; before the host
 * stops, all have let go of it, from any thread. */
void workspace_keep_awake(struct workspace *w);
void workspace_let_sleep(struct workspace *w);
/* For readers on the engine's thread: what the log and disk of this workspace are. */
/* For readers on the engine's thread: the alarms that ring by this view. Returns how many; each since when it rings as far as this process has
 * heard, for what nobody heard yet `now`. */
struct ringing {
    const struct alarm *alarm;
    int64_t since_us;
};
size_t workspace_ringing(const struct workspace *w, const struct view *v, struct ringing out_ringing[ALARMS_MAX]);
const struct work_surroundings *workspace_surroundings(const struct workspace *w);
struct engine *workspace_engine(const struct workspace *w); /* engine's thread only; NULL: asleep */

struct host_stats {
    uint64_t queued, messages, full, awake;
    bool clock_held;
};
void host_stats(const struct host *h, struct host_stats *out_stats); /* any thread */
void host_confirm_clock(struct host *h);
