/* One identifier that arrives with a million others: what it does to everybody else. Small batches of other people are
 * sent at a fixed rate before and during it, and their times to the answer compared. BENCH_EVENTS (1 M). */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/time.h"
#include "bench/report.h"
#include "bench/world.h"

#define PEOPLE 100000u
#define SAMPLES_MAX 20000u
#define PAUSE_US 5000u
#define BEFORE_SECONDS 5.0

struct others {
    struct world *world;
    atomic_bool stop;
    double samples[SAMPLES_MAX];
    size_t count;
};

/* A batch every five milliseconds, one at a time: the time to its answer is what another person's client waits. */
static void *others_run(void *context)
{
    struct others *o = context;
    struct sender *s = sender_create(o->world, 1);
    struct buf batch;
    struct rng rng;
    uint64_t serial = (uint64_t)time_monotonic_us();
    rng_init(&rng, serial);
    buf_init(&batch, 1u << 20);
    while (!atomic_load(&o->stop) && o->count < SAMPLES_MAX) {
        buf_clear(&batch);
        batch_write(&batch, serial++, PEOPLE, 0, &rng);
        double start = seconds_now();
        sender_send(s, buf_bytes(&batch));
        sender_wait(s);
        o->samples[o->count++] = (seconds_now() - start) * 1e3;
        (void)usleep(PAUSE_US);
    }
    sender_destroy(s);
    buf_fini(&batch);
    return NULL;
}

static double p99_of(struct others *o)
{
    (void)median(o->samples, o->count);
    return o->samples[o->count * 99 / 100];
}

static void hub_batch(struct buf *out, uint64_t serial)
{
    char when[TIME_TEXT_BYTES];
    (void)time_format(time_now_us(), when);
    buf_push_text(out, "{\"batch\":[");
    for (uint64_t i = 0; i < WORLD_BATCH_EVENTS; i++) {
        uint64_t n = serial * WORLD_BATCH_EVENTS + i;
        buf_printf(out,
                   "%s{\"type\":\"track\",\"event\":\"registered\",\"messageId\":\"hub-%llu\",\"timestamp\":\"%s\",\"userId\":\"hub-user-%llu\","
                   "\"context\":{\"externalIds\":[{\"id\":\"+8613900000000\",\"type\":\"phone\",\"collection\":\"users\"}]}}",
                   i > 0 ? "," : "", (unsigned long long)n, when, (unsigned long long)n);
    }
    buf_push_text(out, "]}");
}

int main(int argc, char **argv)
{
    static struct others before, during;
    struct world w;
    pthread_t thread;
    size_t events = env_number("BENCH_EVENTS", 1000000);
    world_open(&w, argc > 1 ? argv[1] : "/tmp/kith-bench-hub", 0);
    struct sender *s = sender_create(&w, 4);
    (void)people_load(s, PEOPLE);
    before.world = during.world = &w;
    (void)pthread_create(&thread, NULL, others_run, &before);
    double until = seconds_now() + BEFORE_SECONDS;
    uint64_t serial = UINT64_C(5000000); /* the same load as later, of people who are no hub */
    while (seconds_now() < until)
        (void)drawn_send(s, WORLD_BATCH_EVENTS, 0, PEOPLE, serial), serial += 1000;
    atomic_store(&before.stop, true);
    (void)pthread_join(thread, NULL);
    (void)pthread_create(&thread, NULL, others_run, &during);
    struct buf batch;
    buf_init(&batch, 1u << 20);
    double start = seconds_now();
    for (uint64_t i = 0; i * WORLD_BATCH_EVENTS < events; i++) {
        buf_clear(&batch);
        hub_batch(&batch, i);
        sender_send(s, buf_bytes(&batch));
    }
    sender_wait(s);
    double took = seconds_now() - start;
    atomic_store(&during.stop, true);
    (void)pthread_join(thread, NULL);
    buf_fini(&batch);
    report(&(struct figure){"hub", "p99 of other people while a hub arrives, against the same load without one", "ms", p99_of(&during), p99_of(&before), 2, "lower",
                            "one phone with a million user ids; batches of 500 others every 5 ms"});
    report(&(struct figure){"hub", "events of the hub taken in", "events/s", (double)events / took, 0, 0, "higher", "the same"});
    sender_destroy(s);
    world_close(&w);
    world_remove(&w);
    return 0;
}
