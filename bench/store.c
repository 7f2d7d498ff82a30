/* The store of events: a year of them through the engine's door, until every one is in runs and in columns, merged; and the bytes that columns take of the disk.
 * What peers take for the same rows is told by bench/analytics.c. BENCH_PEOPLE (200 k), BENCH_EVENTS (5 M: 50 M write some 20 GB on their way). */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/report.h"
#include "bench/year_load.h"

static double folder_sum; /* bytes: nftw hands nothing on */

static int size_add(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)path, (void)at;
    folder_sum += kind == FTW_F ? (double)info->st_size : 0;
    return 0;
}

static double folder_bytes(const struct world *w, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/main/%s", w->folder, name);
    folder_sum = 0;
    (void)nftw(path, size_add, 16, FTW_PHYS);
    return folder_sum;
}

int main(int argc, char **argv)
{
    struct world w;
    uint32_t people = (uint32_t)env_number("BENCH_PEOPLE", 200000);
    double load = 0;
    char conditions[256];
    struct year *year = year_create(people, env_number("BENCH_EVENTS", 5000000));
    world_open(&w, argc > 1 ? argv[1] : "/tmp/kith-bench-store", 0);
    struct year_loaded loaded = year_load(&w, year, people);
    double events = (double)loaded.events;
    (void)getloadavg(&load, 1);
    (void)snprintf(conditions, sizeof conditions,
                   "%u people, %.0f events, 1 identifier, 500 a batch, log synced, runs and columns folded and merged, "
                   "batches made and parsed by one thread, %.2f us of CPU an event, load %.1f",
                   people, events, loaded.cpu_seconds * 1e6 / events, load);
    report(&(struct figure){"store", "events through the door, until folded", "events/s", events / loaded.seconds, 0,
                            500000, "higher", conditions});
    report(&(struct figure){"store", "columns on disk, with 8 bytes of a message's hash and positions", "bytes/event",
                            folder_bytes(&w, "columns") / events, 0, 0, "lower", conditions});
    report(&(struct figure){"store", "runs on disk", "bytes/event", folder_bytes(&w, "runs") / events, 0, 0, "lower",
                            conditions});
    year_destroy(year);
    world_close(&w);
    if (env_number("BENCH_KEEP", 0) == 0)
        world_remove(&w);
    return 0;
}
