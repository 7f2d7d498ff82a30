/* Backfill: a count rule over the last 90 days of a year is made when all of it has happened already: how long until its values are there, in reading what happened
 * and in installing it; and what answers to events take while more such rules are made, against rounds without. BENCH_PEOPLE (200 k), BENCH_EVENTS (5 M: 50 M write
 * some 20 GB on their way), BENCH_OFFERED (20,000 events/s), BENCH_SECONDS (3, of a round without). */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/time.h"
#include "bench/report.h"
#include "bench/year_load.h"
#include "domain/rule/rule.h"

#define LOOK_US 2000u
#define DAYS 90
#define SECONDS_A_DAY 86400
#define OFFERERS 4u
#define OFFERED_A_BATCH 50u
#define LATENCIES_MAX 100000u

struct looking {
    uint32_t rule, progress;
    enum rule_state state;
};

static void look(const struct view *v, void *context)
{
    struct looking *l = context;
    struct rule rule;
    l->rule = rules_end(v) - 1;
    l->progress = rule_progress(v, l->rule).share;
    l->state = rule_find(v, l->rule, &rule) ? rule.state : RULE_OVER;
}

static struct looking look_at(struct world *w)
{
    struct looking l;
    struct err e = {0};
    if (failed(host_read(w->host, w->workspace, look, &l, &e)))
        exit(1);
    return l;
}

static void rule_make(struct world *w, const char *text)
{
    struct buf payload;
    struct answer answer;
    struct err e = {0};
    struct rule_ask ask = {.is_condition = true, .maker = BYTES_LIT("bench"), .text = bytes_of_text(text)};
    buf_init(&payload, RULE_TEXT_BYTES_MAX);
    rule_ask_pack(&ask, &payload);
    if (failed(host_call(w->host, w->workspace, COMMAND_RULE_MAKE, buf_bytes(&payload), &answer, NULL, &e)) ||
        answer.refusal != NULL) {
        (void)fprintf(stderr, "%s%s\n", e.text, answer.refusal == NULL ? "" : answer.refusal->en);
        exit(1);
    }
    buf_fini(&payload);
}

/* Until its values are there; *out_read_s is when all that happened was read. */
static double gathered(struct world *w, const char *text, double *out_read_s)
{
    double begin = seconds_now();
    struct looking l;
    rule_make(w, text);
    *out_read_s = 0;
    do {
        (void)usleep(LOOK_US);
        l = look_at(w);
        if (*out_read_s == 0 && l.progress >= RULE_PROGRESS_READ)
            *out_read_s = seconds_now() - begin;
    } while (l.state == RULE_GATHERING);
    return seconds_now() - begin;
}

/* The year ends on a day of the past: so many days more are looked back. */
static void text_write(char *out, size_t size, const char *name)
{
    int64_t days = DAYS + (time_now_us() / US_PER_SECOND - YEAR_UNTIL_S) / SECONDS_A_DAY;
    (void)snprintf(out, size, "count(%s in last %lld days) >= 3", name, (long long)days);
}

/* --- senders beside it --- */

/* Events of now, offered at a fixed rate by senders who wait for each answer; what it takes is counted from the planned time, so that who waits in line is not forgotten. */
struct offering {
    struct world *world;
    pthread_t thread;
    uint32_t people;
    uint64_t serial; /* of the next event */
    double pause_s;
    atomic_bool is_over;
    size_t count;
    double latencies_ms[LATENCIES_MAX];
};

/* Of names that questions are about: year_name writes the others anew for whoever asks, and senders are several threads. */
static void now_write(struct offering *o, struct rng *rng, struct buf *out)
{
    struct year_event events[OFFERED_A_BATCH];
    for (uint32_t i = 0; i < OFFERED_A_BATCH; i++)
        events[i] = (struct year_event){.person = 1 + (uint32_t)rng_below(rng, o->people),
                                        .time_s = time_now_us() / US_PER_SECOND - 1,
                                        .name = (uint8_t)rng_below(rng, YEAR_AD_CLICKED + 1),
                                        .category = 1};
    year_batch_write(out, events, OFFERED_A_BATCH, o->serial);
    o->serial += OFFERED_A_BATCH;
}

static void *offering_run(void *context)
{
    struct offering *o = context;
    struct sender *s = sender_create(o->world, 1);
    struct rng rng;
    struct buf batch;
    rng_init(&rng, o->serial);
    buf_init(&batch, 1u << 20);
    for (double planned = seconds_now(); !atomic_load(&o->is_over) && o->count < LATENCIES_MAX; planned += o->pause_s) {
        now_write(o, &rng, &batch);
        double ahead_s = planned - seconds_now();
        if (ahead_s > 0)
            (void)usleep((useconds_t)(ahead_s * 1e6));
        sender_send(s, buf_bytes(&batch));
        sender_wait(s);
        o->latencies_ms[o->count++] = (seconds_now() - planned) * 1e3;
    }
    sender_destroy(s);
    buf_fini(&batch);
    return NULL;
}

static void offering_begin(struct offering all[OFFERERS])
{
    for (uint32_t i = 0; i < OFFERERS; i++) {
        all[i].count = 0;
        atomic_store(&all[i].is_over, false);
        (void)pthread_create(&all[i].thread, NULL, offering_run, &all[i]);
    }
}

/* The 99th percentile, in ms. */
static double offering_end(struct offering all[OFFERERS])
{
    size_t count = 0;
    double *latencies = calloc((size_t)OFFERERS * LATENCIES_MAX, sizeof *latencies);
    for (uint32_t i = 0; i < OFFERERS; i++)
        atomic_store(&all[i].is_over, true);
    for (uint32_t i = 0; i < OFFERERS; i++) {
        (void)pthread_join(all[i].thread, NULL);
        for (size_t k = 0; k < all[i].count; k++)
            latencies[count++] = all[i].latencies_ms[k];
    }
    (void)median(latencies, count);
    double p99 = latencies[count * 99 / 100];
    free(latencies);
    return p99;
}

static struct offering *offering_create(struct world *w, uint32_t people, uint64_t serial)
{
    struct offering *all = calloc(OFFERERS, sizeof *all);
    double rate = (double)env_number("BENCH_OFFERED", 20000);
    for (uint32_t i = 0; i < OFFERERS; i++) {
        all[i].world = w;
        all[i].people = people;
        all[i].serial = serial * (i + 1) * 2;
        all[i].pause_s = (double)OFFERED_A_BATCH * OFFERERS / rate;
    }
    return all;
}

/* Rounds in turn: nothing else, and a rule over another name each. */
static void pace_measure(struct world *w, uint32_t people, uint64_t events)
{
    static const uint8_t names[] = {YEAR_PAGE_VIEWED, YEAR_ORDER_PAID, YEAR_CART_ADDED, YEAR_AD_CLICKED};
    double without[COUNT_OF(names)], with[COUNT_OF(names)], read_s, took_s = 0;
    struct offering *all = offering_create(w, people, events);
    char text[128], conditions[256];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        offering_begin(all);
        (void)sleep((unsigned)env_number("BENCH_SECONDS", 3));
        without[i] = offering_end(all);
        text_write(text, sizeof text, year_name(names[i]));
        offering_begin(all);
        double seconds = gathered(w, text, &read_s);
        with[i] = offering_end(all);
        took_s += seconds / COUNT_OF(names);
        (void)fprintf(stderr, "round %zu: p99 %.2f ms without, %.2f ms beside a backfill of %.2f s\n", i, without[i],
                      with[i], seconds);
    }
    (void)snprintf(conditions, sizeof conditions,
                   "%u people, %llu events of a year; batches of %u, %zu events/s offered, counted from the planned "
                   "time; %zu rounds in turn, medians; backfills of %.2f s",
                   people, (unsigned long long)events, OFFERED_A_BATCH, env_number("BENCH_OFFERED", 20000),
                   COUNT_OF(names), took_s);
    report(&(struct figure){"backfill", "time to the answer beside a backfill, p99, against none", "ms",
                            median(with, COUNT_OF(names)), median(without, COUNT_OF(names)), 2, "lower", conditions});
    free(all);
}

int main(int argc, char **argv)
{
    struct world w;
    uint32_t people = (uint32_t)env_number("BENCH_PEOPLE", 200000);
    char text[128], conditions[256];
    double read_s, load = 0;
    struct year *year = year_create(people, env_number("BENCH_EVENTS", 5000000));
    world_open(&w, argc > 1 ? argv[1] : "/tmp/kith-bench-backfill", 0);
    struct year_loaded loaded = year_load(&w, year, people);
    text_write(text, sizeof text, year_name(YEAR_PRODUCT_VIEWED));
    (void)getloadavg(&load, 1);
    (void)fprintf(stderr, "making %s\n", text);
    double cpu = cpu_seconds(), wall = gathered(&w, argc > 2 ? argv[2] : text, &read_s);
    cpu = cpu_seconds() - cpu;
    (void)snprintf(conditions, sizeof conditions,
                   "%u people, %llu events of a year, all in columns, nothing else running, %.2f s of CPU, load %.1f",
                   people, (unsigned long long)loaded.events, cpu, load);
    report(&(struct figure){"backfill", "a new count rule over 90 days", "s", wall, 0, 2, "lower", conditions});
    report(&(struct figure){"backfill", "of it until all was read", "s", read_s, 0, 0, "lower", conditions});
    pace_measure(&w, people, loaded.events);
    year_destroy(year);
    world_close(&w);
    if (env_number("BENCH_KEEP", 0) == 0)
        world_remove(&w);
    return 0;
}
