/* Membership: how soon a person is in once their event was acknowledged, at a steady rate of other people's events under rules; and how late people leave who leave by
 * time alone. BENCH_PEOPLE (200 k), BENCH_RATE (50 k events a second), BENCH_RULES (100), BENCH_PROBES (1,000), BENCH_PENDING (200 k people who leave within some seconds). */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/time.h"
#include "bench/report.h"
#include "bench/ruled.h"
#include "domain/rule/rule.h"
#include "lib/bitmap.h"

#define IN_FLIGHT 64u
#define PROBE_EVERY_US 5000u
#define LOOK_US 20000u
#define STAY_S 20                  /* of people who leave by time */
#define EVENT_AGE_US US_PER_SECOND /* as ruled_write makes them */
#define PROBE_NAME 0u
#define LEAVER_NAME 1u
#define SERIAL_PROBES (UINT64_C(1) << 30)
#define SERIAL_LEAVERS (UINT64_C(1) << 31)

/* --- the others --- */

struct traffic {
    struct world *world;
    uint64_t people, serial;
    double rate, reached; /* events a second: wanted, and sent */
    atomic_bool is_over;
};

static void *traffic_run(void *context)
{
    struct traffic *t = context;
    struct sender *s = sender_create(t->world, IN_FLIGHT);
    struct rng rng;
    struct buf batch;
    double start = seconds_now(), sent = 0;
    rng_init(&rng, 1);
    buf_init(&batch, 1u << 20);
    while (!atomic_load(&t->is_over)) {
        buf_clear(&batch);
        ruled_write(&batch,
                    &(struct ruled_batch){.serial = t->serial++, .people = t->people, .rng = &rng, .is_now = true});
        sender_send(s, buf_bytes(&batch));
        sent += WORLD_BATCH_EVENTS;
        double ahead_s = sent / t->rate - (seconds_now() - start);
        if (ahead_s > 0)
            (void)usleep((useconds_t)(ahead_s * 1e6));
    }
    sender_wait(s);
    t->reached = sent / (seconds_now() - start);
    sender_destroy(s);
    buf_fini(&batch);
    return NULL;
}

/* --- who is in --- */

struct counting {
    uint32_t rule;
    uint64_t people;
};

static void count(const struct view *v, void *context)
{
    struct counting *c = context;
    struct bitmap *set = rule_set(v, c->rule, NULL);
    c->people = bitmap_count(set);
    bitmap_destroy(set);
}

static uint64_t members(struct world *w, uint32_t rule)
{
    struct counting c = {.rule = rule};
    struct err e = {0};
    if (failed(host_read(w->host, w->workspace, count, &c, &e)))
        exit(1);
    return c.people;
}

/* --- entering --- */

static int by_size(const void *x, const void *y)
{
    const double *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

/* A person whom nobody knows does a thing; milliseconds from the answer until they are counted. */
static double probe(struct world *w, struct sender *s, uint32_t rule, uint64_t people, uint64_t number)
{
    struct buf batch;
    uint64_t before = members(w, rule);
    buf_init(&batch, 1u << 16);
    ruled_write(&batch, &(struct ruled_batch){.serial = SERIAL_PROBES + number,
                                              .people = UINT64_MAX,
                                              .first = people + number,
                                              .count = 1,
                                              .is_now = true,
                                              .is_idle = true,
                                              .idle_name = PROBE_NAME});
    sender_send(s, buf_bytes(&batch));
    sender_wait(s);
    double start = seconds_now();
    while (members(w, rule) == before)
        ;
    buf_fini(&batch);
    return (seconds_now() - start) * 1e3;
}

static double entering_p99(struct world *w, uint64_t people, size_t probes)
{
    uint32_t rule = ruled_make_one(w, "count(idle_00 in last 30 days) >= 1");
    struct sender *s = sender_create(w, 1);
    double *times = calloc(probes, sizeof *times);
    if (times == NULL)
        abort();
    for (size_t i = 0; i < probes; i++) {
        times[i] = probe(w, s, rule, people, i);
        (void)usleep(PROBE_EVERY_US);
    }
    qsort(times, probes, sizeof *times, by_size);
    double p99 = times[probes * 99 / 100];
    sender_destroy(s);
    free(times);
    return p99;
}

/* --- leaving --- */

static void leavers_send(struct world *w, int64_t *leave_us, uint64_t batches)
{
    struct sender *s = sender_create(w, IN_FLIGHT);
    struct buf batch;
    buf_init(&batch, 1u << 20);
    for (uint64_t i = 0; i < batches; i++) {
        buf_clear(&batch);
        leave_us[i] = time_now_us() - EVENT_AGE_US + STAY_S * US_PER_SECOND;
        ruled_write(&batch, &(struct ruled_batch){.serial = SERIAL_LEAVERS + i,
                                                  .people = UINT64_MAX,
                                                  .first = i * WORLD_BATCH_EVENTS,
                                                  .is_now = true,
                                                  .is_idle = true,
                                                  .idle_name = LEAVER_NAME});
        sender_send(s, buf_bytes(&batch));
    }
    sender_wait(s);
    sender_destroy(s);
    buf_fini(&batch);
}

/* The greatest lateness of anybody, in seconds, as far as looks every LOOK_US show it. */
static double leaving_late(struct world *w, uint64_t pending)
{
    uint32_t rule = ruled_make_one(w, "count(idle_01 within 20 seconds) >= 1");
    uint64_t batches = pending / WORLD_BATCH_EVENTS, left = batches * WORLD_BATCH_EVENTS;
    int64_t *leave_us = calloc(batches, sizeof *leave_us), late_us = 0;
    if (leave_us == NULL)
        abort();
    leavers_send(w, leave_us, batches);
    while (left > 0) {
        int64_t now_us = time_now_us();
        left = members(w, rule);
        uint64_t gone = batches - (left + WORLD_BATCH_EVENTS - 1) / WORLD_BATCH_EVENTS; /* batches, all of them */
        if (gone < batches && now_us - leave_us[gone] > late_us)
            late_us = now_us - leave_us[gone];
        (void)usleep(LOOK_US);
    }
    free(leave_us);
    return (double)late_us / US_PER_SECOND;
}

int main(int argc, char **argv)
{
    struct world w;
    pthread_t thread;
    char conditions[256];
    double load = 0;
    uint64_t people = env_number("BENCH_PEOPLE", 200000), pending = env_number("BENCH_PENDING", 200000);
    uint32_t rules = (uint32_t)env_number("BENCH_RULES", 100);
    struct traffic traffic = {.world = &w, .people = people, .rate = (double)env_number("BENCH_RATE", 50000)};
    world_open(&w, argc > 1 ? argv[1] : "/tmp/kith-bench-membership", 0);
    struct sender *s = sender_create(&w, IN_FLIGHT);
    ruled_names_send(s);
    sender_destroy(s);
    ruled_make(&w, rules, false);
    (void)getloadavg(&load, 1);
    if (pthread_create(&thread, NULL, traffic_run, &traffic) != 0)
        return 1;
    double p99 = entering_p99(&w, people, env_number("BENCH_PROBES", 1000));
    atomic_store(&traffic.is_over, true);
    (void)pthread_join(thread, NULL);
    (void)snprintf(conditions, sizeof conditions, "%.0f k events/s of %llu people in one process, %u rules, load %.1f",
                   traffic.reached / 1e3, (unsigned long long)people, rules, load);
    report(&(struct figure){"membership", "p99 from an event's answer until its person is in the set", "ms", p99, 0, 10,
                            "lower", conditions});
    world_rest(&w);
    double late = leaving_late(&w, pending);
    (void)snprintf(conditions, sizeof conditions, "%llu people who leave %d s after their event, %u rules, load %.1f",
                   (unsigned long long)pending, STAY_S, rules, load);
    report(&(struct figure){"membership", "the latest exit by time alone", "s", late, 0, 1, "lower", conditions});
    world_close(&w);
    world_remove(&w);
    return 0;
}
