/* Bytes a person, and more people than memory: resident bytes under a budget, and events a second when people are drawn
 * uniformly and when most are among a hot few. BENCH_PEOPLE (5 M) under BENCH_BUDGET (400 MB): 50 M under 4 GB has the
 * same proportions. */
#include <stdio.h>

#include "bench/report.h"
#include "bench/world.h"

#define HOT_SHARE 50u /* one person in so many is hot: 2 % */

int main(int argc, char **argv)
{
    struct world w;
    struct engine_stats stats;
    size_t people = env_number("BENCH_PEOPLE", 5000000), budget = env_number("BENCH_BUDGET", 400000000);
    size_t events = env_number("BENCH_EVENTS", 200000);
    char conditions[200];
    (void)snprintf(conditions, sizeof conditions, "%zu people of three identifiers, budget %zu MB", people, budget / 1000000);
    world_open(&w, argc > 1 ? argv[1] : "/tmp/kith-bench-memory", budget);
    struct sender *s = sender_create(&w, 64);
    (void)people_load(s, people);
    world_stats(&w, &stats);
    report(&(struct figure){"memory", "rows in memory against the budget", "bytes", (double)stats.rows.bytes, (double)budget, 1, "lower", conditions});
    report(&(struct figure){"memory", "resident set against the budget", "bytes", (double)memory_bytes(), (double)budget, 1.5, "lower", conditions});
    report(&(struct figure){"memory", "uniform people", "events/s", drawn_send(s, events, 0, people, 1), 0, 10000, "higher", conditions});
    (void)drawn_send(s, events, 0, people / HOT_SHARE, 1000000); /* warms them up */
    report(&(struct figure){"memory", "people among the hottest 2 %", "events/s", drawn_send(s, events * 2, 0, people / HOT_SHARE, 2000000), 0, 100000, "higher",
                            conditions});
    sender_destroy(s);
    world_close(&w);
    world_remove(&w);
    return 0;
}
