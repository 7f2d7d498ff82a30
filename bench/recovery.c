/* After kill -9: how long until the state is whole again, and how fast commands are replayed against how fast they were
 * taken in. BENCH_PEOPLE (10 M) in a checkpoint, BENCH_EVENTS (5 M) behind it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/report.h"
#include "bench/world.h"

/* Loads, makes a checkpoint, takes in more, says how fast, and waits to be killed. */
static void child_run(const char *folder, size_t people, size_t events, int out)
{
    struct world w;
    world_open(&w, folder, 0);
    struct sender *s = sender_create(&w, 64);
    (void)people_load(s, people);
    sender_destroy(s);
    world_close(&w); /* makes the checkpoint */
    world_open(&w, folder, 0);
    s = sender_create(&w, 64);
    double rate = drawn_send(s, events, 0, people, 1);
    if (write(out, &rate, sizeof rate) != sizeof rate)
        exit(1);
    (void)pause();
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "/tmp/kith-bench-recovery";
    size_t people = env_number("BENCH_PEOPLE", 10000000), events = env_number("BENCH_EVENTS", 5000000);
    int ends[2], how;
    double live = 0;
    char conditions[160];
    (void)setenv("BENCH_CHECKPOINT_BYTES", "1000000000000", 1); /* none but the one at the clean stop */
    if (pipe(ends) != 0)
        return 1;
    pid_t child = fork();
    if (child == 0)
        child_run(folder, people, events, ends[1]);
    if (read(ends[0], &live, sizeof live) != sizeof live)
        return 1;
    (void)kill(child, SIGKILL);
    (void)waitpid(child, &how, 0);
    struct world w;
    struct engine_stats stats;
    double start = seconds_now();
    world_open(&w, folder, 0);
    world_stats(&w, &stats); /* answered when the workspace is awake */
    double took = seconds_now() - start;
    (void)snprintf(conditions, sizeof conditions, "%zu people, %llu commands replayed, checkpoint at %llu of %llu", people,
                   (unsigned long long)stats.replayed, (unsigned long long)stats.checkpoint_position, (unsigned long long)stats.position);
    report(&(struct figure){"recovery", "ready after kill -9", "s", took, 0, 15, "lower", conditions});
    report(&(struct figure){"recovery", "commands replayed against the live rate", "events/s", (double)stats.replayed / took, live, 1.5, "higher",
                            "the time includes loading the checkpoint"});
    world_close(&w);
    world_remove(&w);
    return 0;
}
