/* `kith serve`, and the other verbs that work on a folder of workspaces by themselves. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "app/app.h"
#include "base/time.h"
#include "domain/all.h"
#include "edge/door.h"
#include "edge/journal.h"
#include "engine/host.h"
#include "port/file.h"
#include "port/web.h"
#include "store/log.h"

#define CONSOLE_PATH_BYTES 4096
#define LISTEN_DEFAULT "127.0.0.1:7070"
#define SEGMENT_BYTES (256u << 20)
#define SEGMENT_BYTES_LEAST (1u << 20)
#define CHECKPOINT_LOG_BYTES (1ull << 30)
#define DISK_RESERVE_BYTES (1ull << 30)   /* besides, room for a checkpoint is kept (engine/disk_room.c) */
#define DISK_PARTS 10u                    /* of a smaller disk the reserve is one part of ten */
#define SEGMENTS_A_PART 4u                /* the log's next segment must not take the reserve away by itself */
#define WOKEN_AT_START_MAX 8u
#define ASLEEP_AFTER_US (5 * US_PER_MINUTE)

struct host_options app_host_options(const char *folder, const struct registry *registry)
{
    return (struct host_options){
        .folder = folder,
        .registry = registry,
        .apply_version = APPLY_VERSION,
        .memory_bytes = MEMORY_DEFAULT,
        .asleep_after_us = ASLEEP_AFTER_US,
        .log_segment_bytes = SEGMENT_BYTES,
        .checkpoint_log_bytes = CHECKPOINT_LOG_BYTES,
        .disk_reserve_bytes = DISK_RESERVE_BYTES,
    };
}

/* A small disk keeps a smaller reserve, else it would never take anything; what the log takes at once fits in with it. */
static void disk_fit(struct host_options *o)
{
    struct statvfs at;
    if (statvfs(o->folder, &at) != 0)
        return; /* opening the folder will say why */
    uint64_t size = (uint64_t)at.f_blocks * at.f_frsize, part = size / DISK_PARTS;
    if (part == 0 || part >= o->disk_reserve_bytes)
        return;
    uint64_t segment = part / SEGMENTS_A_PART;
    o->disk_reserve_bytes = part;
    o->checkpoint_log_bytes = part < o->checkpoint_log_bytes ? part : o->checkpoint_log_bytes;
    o->log_segment_bytes = segment < SEGMENT_BYTES_LEAST ? SEGMENT_BYTES_LEAST : segment < o->log_segment_bytes ? segment : o->log_segment_bytes;
}

static void woken(void *context, struct workspace *w, struct engine *g)
{
    (void)context;
    door_woken(w, g);
}

static void warned(void *context, const struct workspace *w, const char *words)
{
    (void)context;
    journal(JOURNAL_WARN, "workspace_trouble", "%s: %s", workspace_name(w), words);
}

static void alarmed(void *context, const struct workspace *w, const struct alarm *alarm, bool begun)
{
    (void)context;
    journal(begun ? JOURNAL_WARN : JOURNAL_INFO, begun ? "alarm_begun" : "alarm_over", "%s: %s: %s", workspace_name(w), alarm->name,
            begun ? alarm->begun : alarm->over);
}

/* The log failed: nothing may be answered any more. A restart replays what was durable. */
static void broken(void *context, const char *words)
{
    (void)context;
    journal(JOURNAL_ERROR, "stopped", "%s", words);
    _exit(EXIT_DAMAGED);
}

static bool listen_parse(const char *text, char *out_address, size_t room, uint16_t *out_port)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon[1] < '0' || colon[1] > '9')
        return false;
    bool bracketed = text[0] == '[' && colon > text + 1 && colon[-1] == ']'; /* [::1]:7070 */
    size_t size = (size_t)(colon - text) - (bracketed ? 2 : 0);
    char *end;
    unsigned long port = strtoul(colon + 1, &end, 10);
    if (size == 0 || size >= room || *end != 0 || port > 65535)
        return false;
    memcpy(out_address, text + bracketed, size);
    out_address[size] = 0;
    *out_port = (uint16_t)port;
    return true;
}

static bool is_loopback_address(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* The console as the build leaves it beside the program, or as an installation does. */
static const char *console_find(char out_folder[CONSOLE_PATH_BYTES])
{
    static const char *const places[] = {"/../../../console/dist", "/../share/kith/console"};
    char program[CONSOLE_PATH_BYTES - 64];
    ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
    if (size <= 0)
        return NULL;
    program[size] = 0;
    *strrchr(program, '/') = 0;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        (void)snprintf(out_folder, CONSOLE_PATH_BYTES, "%s%s", program, places[i]);
        if (access(out_folder, R_OK | X_OK) == 0)
            return out_folder;
    }
    return NULL;
}

static void signals_block(sigset_t *out_set)
{
    sigemptyset(out_set);
    sigaddset(out_set, SIGINT);
    sigaddset(out_set, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, out_set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static void serve_until_signal(const struct door *door, const char *address, const sigset_t *signals)
{
    int signal_number;
    bool is_v6 = strchr(address, ':') != NULL;
    printf("%s http://%s%s%s:%u/\n", either("Kith listens on", "Kith 知己 正在监听"), is_v6 ? "[" : "", address, is_v6 ? "]" : "", door_port(door));
    if (!is_loopback_address(address))
        journal(JOURNAL_WARN, "open_address", "%s is open to others, and speaks plain HTTP: put a proxy with TLS in front", address);
    (void)fflush(stdout);
    (void)sigwait(signals, &signal_number);
    journal(JOURNAL_INFO, "stopping", "signal %d: no new requests, finishing those that run, then a checkpoint", signal_number);
}

/* Opens the workspaces at start, so that a damaged one is seen at once; where there are many, they sleep until asked. */
static void read_nothing(const struct view *v, void *context)
{
    (void)v, (void)context;
}

/* One that can't be opened doesn't keep the others; but if none opens, there is nothing to serve. */
static fallible wake_all(struct host *host, struct err *e)
{
    struct status status = DONE;
    size_t opened = 0;
    for (size_t i = 0; i < host_workspace_count(host) && i < WOKEN_AT_START_MAX; i++) {
        struct workspace *w = host_workspace_at(host, i);
        if (done(host_read(host, w, read_nothing, NULL, e))) {
            opened++;
            continue;
        }
        status = workspace_trouble_status(w);
        journal(JOURNAL_ERROR, "workspace_closed", "%s: %s", workspace_name(w), e->text);
    }
    return opened > 0 || done(status) ? DONE : status;
}

static fallible serve(const struct host_options *options, const struct door_options *door_options, const char *address, struct err *e)
{
    struct host *host = NULL;
    struct door *door = NULL;
    sigset_t signals;
    signals_block(&signals); /* before threads start, so that none of them is interrupted */
    TRY(host_create(options, &host, e));
    if (host_workspace_count(host) == 0) {
        host_stop(host);
        host_destroy(host);
        return FAIL(e, NOT_FOUND, either("%s holds no workspace: make one with `kith init %s`", "%s 里没有工作区:请用 `kith init %s` 新建"), options->folder, options->folder);
    }
    file_port_start(host);
    struct status status = web_port_start(host, e);
    if (done(status))
        status = wake_all(host, e);
    struct door_options d = *door_options;
    d.host = host;
    if (done(status))
        status = door_open(&d, &door, e);
    if (done(status))
        serve_until_signal(door, address, &signals);
    door_close(door);
    host_stop(host);
    door_forget(host);
    web_port_stop();
    host_destroy(host);
    return status;
}

int verb_serve(struct arguments *a)
{
    const char *listen = argument_option(a, "listen"), *console = argument_option(a, "console");
    struct err e = {0};
    char address[64], console_path[CONSOLE_PATH_BYTES];
    uint16_t port;
    size_t memory_bytes = MEMORY_DEFAULT;
    struct status status = argument_size(a, "memory", &memory_bytes, &e);
    const char *folder = argument_next(a);
    if (!arguments_finished(a))
        return EXIT_USAGE;
    if (folder == NULL)
        return say_usage(verb_of(a));
    listen = listen == NULL ? LISTEN_DEFAULT : listen;
    if (done(status) && !listen_parse(listen, address, sizeof address, &port))
        status = FAIL(&e, INVALID, "--listen %s: want ADDRESS:PORT, such as " LISTEN_DEFAULT, listen);
    if (failed(status)) {
        (void)say_failure(status, &e);
        return EXIT_USAGE;
    }
    struct registry *registry = NULL;
    status = registry_of_all(&registry, &e);
    if (failed(status))
        return say_failure(status, &e);
    struct host_options options = app_host_options(folder, registry);
    options.woken = woken;
    options.warned = warned;
    options.alarmed = alarmed;
    options.broken = broken;
    options.memory_bytes = memory_bytes;
    disk_fit(&options);
    struct door_options door = {.address = address, .port = port, .console = console == NULL ? console_find(console_path) : console, .version = KITH_VERSION};
    status = serve(&options, &door, address, &e);
    registry_destroy(registry);
    return failed(status) ? say_failure(status, &e) : EXIT_DONE;
}
