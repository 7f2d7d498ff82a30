/* Rules: durable ingest without HTTP while rules are in force, against the same without any, each in a workspace of its own; and what they keep of a person.
 * BENCH_PEOPLE (200 k), BENCH_EVENTS (5 M, the same in each): 25 a person, of ninety days and fifty names. BENCH_IDLE (10 k). */
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "bench/report.h"
#include "bench/ruled.h"

#define IN_FLIGHT 64u
#define ROUNDS 5u

struct ruling {
    uint32_t live, idle;
};
struct measured {
    double events_a_second, cpu_us; /* of an event, the making of the batches not counted */
    double bytes;                   /* of a person, of rows in memory */
};

static struct buf *batches_make(size_t count, uint64_t people, uint64_t serial)
{
    struct buf *batches = calloc(count, sizeof *batches);
    struct rng rng;
    rng_init(&rng, serial);
    for (size_t i = 0; i < count; i++) {
        buf_init(&batches[i], 1u << 20);
        ruled_write(&batches[i], &(struct ruled_batch){.serial = serial + i, .people = people, .rng = &rng});
    }
    return batches;
}

static void round_send(struct sender *s, struct buf *batches, size_t count, double *out_rate, double *out_cpu_us)
{
    double start = seconds_now(), cpu = cpu_seconds(), events = (double)(count * WORLD_BATCH_EVENTS);
    for (size_t i = 0; i < count; i++) {
        sender_send(s, buf_bytes(&batches[i]));
        buf_fini(&batches[i]);
    }
    sender_wait(s);
    *out_rate = events / (seconds_now() - start);
    *out_cpu_us = (cpu_seconds() - cpu) * 1e6 / events;
}

static void people_write(struct buf *out, uint64_t first, uint64_t people)
{
    ruled_write(out, &(struct ruled_batch){
                         .serial = first / WORLD_BATCH_EVENTS, .people = people, .first = first, .is_now = true});
}

static struct measured measure(const char *folder, struct ruling setting, size_t people, size_t events)
{
    struct world w;
    struct engine_stats stats;
    double rates[ROUNDS], cpus[ROUNDS];
    size_t a_round = events / ROUNDS / WORLD_BATCH_EVENTS;
    world_open(&w, folder, 0);
    struct sender *s = sender_create(&w, IN_FLIGHT);
    ruled_names_send(s);
    ruled_make(&w, setting.live, false);
    ruled_make(&w, setting.idle, true);
    (void)people_load_by(s, people, people_write);
    world_rest(&w);
    for (size_t round = 0; round < ROUNDS; round++) {
        struct buf *batches = batches_make(a_round, people, people / WORLD_BATCH_EVENTS + 1 + round * a_round);
        round_send(s, batches, a_round, &rates[round], &cpus[round]);
        free(batches);
    }
    world_rest(&w);
    world_stats(&w, &stats);
    sender_destroy(s);
    world_close(&w);
    world_remove(&w);
    struct measured m = {median(rates, ROUNDS), median(cpus, ROUNDS), (double)stats.rows.bytes / (double)people};
    (void)fprintf(stderr, "%u rules, %u idle: %.0f k events/s, %.2f us of CPU an event, %.0f bytes a person\n",
                  setting.live, setting.idle, m.events_a_second / 1e3, m.cpu_us, m.bytes);
    return m;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "/tmp/kith-bench-rules";
    size_t people = env_number("BENCH_PEOPLE", 200000), events = env_number("BENCH_EVENTS", 5000000);
    uint32_t idle = (uint32_t)env_number("BENCH_IDLE", 10000);
    char conditions[160], cpu[256];
    double load = 0;
    struct measured none = measure(folder, (struct ruling){0, 0}, people, events),
                    some = measure(folder, (struct ruling){RULED_NAMES * 2, 0}, people, events),
                    many = measure(folder, (struct ruling){RULED_NAMES * RULED_A_NAME, 0}, people, events),
                    few_idle = measure(folder, (struct ruling){0, 100}, people, events),
                    many_idle = measure(folder, (struct ruling){0, idle}, people, events);
    (void)getloadavg(&load, 1);
    (void)snprintf(conditions, sizeof conditions,
                   "%zu people with 3 identifiers, %zu events of 90 days and %u names, median of %u rounds, load %.1f",
                   people, events, RULED_NAMES, ROUNDS, load);
    (void)snprintf(cpu, sizeof cpu, "%s; us of CPU an event, all threads: %.2f without, %.2f with 100, %.2f with 1,000",
                   conditions, none.cpu_us, some.cpu_us, many.cpu_us);
    report(&(struct figure){"rules", "ingest with 1,000 rules, of which an event touches 20, against none", "events/s",
                            many.events_a_second, none.events_a_second, 0.4, "higher", cpu});
    report(&(struct figure){"rules", "ingest with 100 rules, of which an event touches 2, against none", "events/s",
                            some.events_a_second, none.events_a_second, 0.7, "higher", cpu});
    report(&(struct figure){"rules", "ingest with 10,000 idle rules against 100", "events/s", many_idle.events_a_second,
                            few_idle.events_a_second, 0.95, "higher", conditions});
    report(&(struct figure){"rules", "what 1,000 rules keep of a person", "bytes", many.bytes - none.bytes, 0, 300,
                            "lower", conditions});
    return 0;
}
