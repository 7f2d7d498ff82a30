/* More people than memory: bytes a person, the resident set against the budget while nearly everything is dirty, and events
 * a second when people are drawn uniformly and when most are among a hot few. BENCH_PEOPLE (5 M) under BENCH_BUDGET
 * (400 MB): 50 M under 4 GB has the same proportions. */
#include <stdio.h>

#include "bench/report.h"
#include "bench/world.h"

#define HOT_SHARE 50u /* one person in so many is hot: 2 % */
#define WARMING_EVENTS 3u /* of a hot person, before they are measured: one in twenty is met first then */
#define FIXED_BYTES \
    ((double)(64u << 20)) /* of a process, beside the budget: code, stacks, queues, buffers of this benchmark */
#define IN_FLIGHT 16u

static char conditions[200];

static void figure(const char *what, const char *unit, double value, double baseline, double goal, const char *better)
{
    report(&(struct figure){"memory", what, unit, value, baseline, goal, better, conditions});
}

/* The resident set may take the budget and the fixed part. */
static void figure_resident(const char *what, size_t budget)
{
    figure(what, "bytes", (double)memory_bytes(), (double)budget + FIXED_BYTES, 1, "lower");
}

int main(int argc, char **argv)
{
    struct world w;
    struct engine_stats stats;
    size_t people = env_number("BENCH_PEOPLE", 5000000), budget = env_number("BENCH_BUDGET", 400000000);
    size_t events = env_number("BENCH_EVENTS", 200000);
    (void)snprintf(conditions, sizeof conditions, "%zu people of three identifiers, budget %zu MB", people,
                   budget / 1000000);
    world_open(&w, argc > 1 ? argv[1] : "/tmp/kith-bench-memory", budget);
    struct sender *s = sender_create(&w, IN_FLIGHT);
    double took = people_load(s, people);
    world_stats(&w, &stats);
    figure("new people", "people/s", (double)people / took, 0, 0, "higher");
    figure("what counts against the budget, at most", "bytes", (double)stats.memory_bytes_most, (double)budget, 1, "lower");
    figure_resident("resident set after new people", budget);
    figure("times that commands waited for a checkpoint", "times", (double)stats.held, 0, 0, "lower");
    figure("uniform people", "events/s", drawn_send(s, events, 0, people, 1), 0, 10000, "higher");
    figure_resident("resident set after uniform people", budget);
    size_t hot = people / HOT_SHARE, warming = hot * WARMING_EVENTS > events ? hot * WARMING_EVENTS : events;
    (void)drawn_send(s, warming, 0, hot, 1000000);
    figure("people of whom the hottest 2 % do 95 %", "events/s",
           mixed_send(s, events * 2, hot, people, 1000000 + warming), 0, 100000, "higher");
    world_stats(&w, &stats);
    figure("what counts against the budget, at most, in the end", "bytes", (double)stats.memory_bytes_most, (double)budget, 1, "lower");
    figure("rows fetched from the cold store", "rows", (double)stats.fetched, 0, 0, "lower");
    figure("the longest slice that a checkpoint took from the engine, in CPU", "us", (double)stats.stall_cpu_us_max, 0, 1000, "lower");
    sender_destroy(s);
    world_close(&w);
    world_remove(&w);
    return 0;
}
