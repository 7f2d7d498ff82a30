/* Folding: events that lie in the log only are moved into runs, and runs are merged, while nothing else goes on; so all
 * of the process's CPU time is theirs, with that of the engine's thread which installs what was made.
 * BENCH_PEOPLE (1 M), BENCH_EVENTS (6 M). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/report.h"
#include "bench/world.h"
#include "domain/event/event.h"

#define IN_FLIGHT 64u
#define EVENTS_A_ROUND 1000000u /* fewer than what folding is wanted for by itself */
#define LOOK_US 20000u
#define NEVER 2000000 /* more than a round has */

#define TIMELINES 301u

static const struct work_surroundings *work_around;

struct spent {
    double cpu_s, wall_s, bytes;
    uint64_t events;
};

struct looking {
    struct world *world;
    uint64_t unfolded;
    bool busy;
};

static void look(const struct view *v, void *context)
{
    struct looking *l = context;
    for (size_t i = 0; i < event_domain.metric_count; i++)
        if (strcmp(event_domain.metrics[i].name, "kith_events_unfolded") == 0)
            l->unfolded = event_domain.metrics[i].read(v);
    l->busy = engine_is_busy(workspace_engine(l->world->workspace));
}

static struct looking look_at(struct world *w)
{
    struct looking l = {.world = w};
    struct err e = {0};
    if (failed(host_read(w->host, w->workspace, look, &l, &e)))
        exit(1);
    return l;
}

/* Bytes that this process has given to write, so far. */
static double bytes_written(void)
{
    unsigned long long bytes = 0;
    char line[64];
    FILE *io = fopen("/proc/self/io", "re");
    while (io != NULL && fgets(line, sizeof line, io) != NULL)
        (void)sscanf(line, "wchar: %llu", &bytes);
    if (io != NULL)
        (void)fclose(io);
    return (double)bytes;
}

static void fold_all(struct world *w, struct spent *sum)
{
    struct looking l = look_at(w);
    double cpu = cpu_seconds(), wall = seconds_now(), bytes = bytes_written();
    sum->events += l.unfolded;
    world_set(w, "event.fold_events", 1);
    for (unsigned quiet = 0; quiet < 3; quiet = l.unfolded == 0 && !l.busy ? quiet + 1 : 0) {
        (void)usleep(LOOK_US);
        l = look_at(w);
    }
    sum->cpu_s += cpu_seconds() - cpu;
    sum->wall_s += seconds_now() - wall;
    sum->bytes += bytes_written() - bytes;
    world_set(w, "event.fold_events", NEVER);
}

/* --- how long a person's timeline takes, out of all runs --- */

static void view_open(const struct view *v, void *context)
{
    struct event_view **view = context;
    event_view_close(*view); /* a reader may run again */
    *view = event_view_open(v, work_around);
}

static bool event_count_one(void *context, const struct event_seen *event)
{
    (void)event;
    ++*(uint64_t *)context;
    return true;
}

/* The median, in microseconds of CPU. */
static double timeline_us(struct world *w, size_t people)
{
    double took[TIMELINES];
    struct event_view *view = NULL;
    struct err e = {0};
    uint64_t events = 0;
    work_around = workspace_surroundings(w->workspace);
    if (failed(host_read(w->host, w->workspace, view_open, &view, &e)))
        exit(1);
    for (uint32_t i = 0; i < TIMELINES; i++) {
        uint32_t number = (uint32_t)(i * (people / 2) / TIMELINES);
        double start = cpu_seconds();
        if (failed(event_scan_people(view, &(struct event_people){&number, 1, INT64_MAX}, event_count_one, &events, &e)))
            exit(1);
        took[i] = (cpu_seconds() - start) * 1e6;
    }
    event_view_close(view);
    return events == 0 ? 0 : median(took, TIMELINES);
}

int main(int argc, char **argv)
{
    struct world w;
    struct spent spent = {0};
    size_t people = env_number("BENCH_PEOPLE", 1000000), events = env_number("BENCH_EVENTS", 6000000);
    char conditions[160];
    world_open(&w, argc > 1 ? argv[1] : "/tmp/kith-bench-fold", 0);
    struct sender *s = sender_create(&w, IN_FLIGHT);
    world_set(&w, "event.fold_events", NEVER);
    world_set(&w, "event.fold_seconds", 30 * 86400);
    for (uint64_t serial = 1; spent.events < events; serial += EVENTS_A_ROUND) {
        (void)drawn_send(s, EVENTS_A_ROUND, 0, people, serial);
        fold_all(&w, &spent);
        (void)fprintf(stderr, "\r%.1f M events folded: %.2f us of CPU an event ", (double)spent.events / 1e6,
                      spent.cpu_s * 1e6 / (double)spent.events);
    }
    (void)fprintf(stderr, "\n");
    double count = (double)spent.events;
    (void)snprintf(
        conditions, sizeof conditions,
        "%zu people, %llu events in rounds of %u, merges counted, nothing else running, %.2f us of wall time an event",
        people, (unsigned long long)spent.events, EVENTS_A_ROUND, spent.wall_s * 1e6 / count);
    report(&(struct figure){"fold", "CPU of folding and merging", "us/event", spent.cpu_s * 1e6 / count, 0, 0.7,
                            "lower", conditions});
    report(&(struct figure){"fold", "events that one thread folds", "events/s", count / spent.cpu_s, 0, 1430000,
                            "higher", conditions});
    report(&(struct figure){"fold", "bytes written for an event", "bytes/event", spent.bytes / count, 0, 250, "lower",
                            conditions});
    report(&(struct figure){"fold", "CPU of one person's timeline", "us", timeline_us(&w, people), 0, 1000, "lower",
                            conditions});
    sender_destroy(s);
    world_close(&w);
    if (env_number("BENCH_KEEP", 0) == 0)
        world_remove(&w);
    return 0;
}
