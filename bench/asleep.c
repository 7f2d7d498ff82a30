/* Many workspaces in one process: what those cost that fell asleep again, and how long one takes to wake.
 * BENCH_WORKSPACES (1,000). */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "bench/report.h"
#include "bench/world.h"

#define MEMORY_BYTES ((size_t)1 << 30)
#define ASLEEP_AFTER_US (100 * US_PER_MS)
#define LOOK_EVERY_US 20000

static void look(const struct view *v, void *context)
{
    uint64_t *position = context;
    *position = v->position;
}

/* Wakes one after the other, and waits until all are asleep again. Returns the seconds until all were awake once. */
static double all_wake(struct host *h, size_t count)
{
    double start = seconds_now();
    char name[32];
    for (size_t i = 0; i < count; i++) {
        struct err e = {0};
        struct workspace *w;
        uint64_t position;
        (void)snprintf(name, sizeof name, "w%zu", i);
        must(host_workspace(h, bytes_of_text(name), &w, &e), &e);
        must(host_read(h, w, look, &position, &e), &e);
    }
    double took = seconds_now() - start;
    struct host_stats stats = {.awake = 1};
    while (stats.awake > 0) {
        (void)usleep(LOOK_EVERY_US);
        host_stats(h, &stats);
    }
    return took;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "/tmp/kith-bench-asleep";
    size_t count = env_number("BENCH_WORKSPACES", 1000);
    char name[32], conditions[100];
    struct err e = {0};
    struct host *h = NULL;
    struct registry *registry = world_registry();
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(name, sizeof name, "w%zu", i);
        workspace_file(folder, name);
    }
    struct host_options options = {
        .folder = folder,
        .registry = registry,
        .apply_version = 1,
        .memory_bytes = MEMORY_BYTES,
        .asleep_after_us = ASLEEP_AFTER_US,
        .log_segment_bytes = 1u << 20,
        .checkpoint_log_bytes = 1u << 30,
    };
    must(host_create(&options, &h, &e), &e);
    double took = all_wake(h, count);
    (void)snprintf(conditions, sizeof conditions, "%zu workspaces that were awake and are asleep", count);
    report(&(struct figure){"asleep", "resident set", "bytes", (double)memory_bytes(), 0, (double)(64u << 20), "lower",
                            conditions});
    report(&(struct figure){"asleep", "waking an empty workspace", "ms", took * 1e3 / (double)count, 0, 0, "lower",
                            conditions});
    host_stop(h);
    host_destroy(h);
    registry_destroy(registry);
    files_remove(folder);
    return 0;
}
