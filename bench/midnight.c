/* Midnight: what it takes when a day ends in a workspace where rules look back by days, and how late people leave whose hours are over meanwhile.
 *
 * BENCH_PEOPLE (1 M) each visited once within the last 30 days, so that of three rules (the last 7, 14 and 30 days) a tenth of them turn at a midnight; and each
 * carted once, of which a rule in hours lets BENCH_SPAN_S (12 h) worth of them go one after another, from a little before midnight on: all others of them are pending.
 * Midnight comes when the benchmark is ready for it: the workspace's zone is made for that. Sets are counted again and again by plain arithmetic on what was sent; a
 * set that was wrong ends the benchmark. BENCH_RATE (10 k events a second of other things) is what ingest has to do before and during it. BENCH_WAIT_S: how long
 * rules may take to read what happened before.
 * It is a workspace's first midnight, at which the turns of the next one are looked at too: half as much again as at any other. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/time.h"
#include "bench/report.h"
#include "bench/ruled.h"
#include "domain/calendar/calendar.h"
#include "domain/rule/rule.h"
#include "engine/engine_priv.h"
#include "lib/bitmap.h"

#define IN_FLIGHT 64u
#define BATCH_PEOPLE (WORLD_BATCH_EVENTS / 2) /* two events each */
#define VISIT_DAYS 30
#define LOOK_US 5000u
#define TRAFFIC_EVENTS 100u /* a batch of the others */
#define TRAFFIC_SENDERS 4u
#define TRAFFIC_BATCHES_MAX 100000u /* of each of them */
#define BEFORE_S 10                 /* of ingest before midnight */
#define AFTER_S 5                   /* and at least so long after it */
#define SERIAL_TRAFFIC (UINT64_C(1) << 40)

static const int windows[] = {7, 14, VISIT_DAYS};
#define WINDOWS COUNT_OF(windows)

struct midnight {
    struct world world;
    uint64_t people, span_s;
    int64_t loaded_us;               /* when the first of them was sent: what they did is before it */
    int64_t at_us;                   /* midnight */
    int64_t stay_us;                 /* how long a cart keeps its owner in the set */
    uint64_t visits[VISIT_DAYS + 1]; /* people by the days from their visit to the day that ends at midnight */
    uint32_t rules[WINDOWS], leaving;
};

/* --- what people did --- */

static int64_t visited_us(const struct midnight *m, uint64_t person)
{
    return m->loaded_us - (int64_t)(rng_mix(person) % (VISIT_DAYS * UINT64_C(86400))) * US_PER_SECOND;
}

/* Ascends with the person. */
static int64_t carted_us(const struct midnight *m, uint64_t person)
{
    int64_t span_us = (int64_t)m->span_s * US_PER_SECOND;
    return m->loaded_us - span_us + (int64_t)((double)span_us * (double)person / (double)m->people);
}

static void event_write(struct buf *out, const char *name, uint64_t person, uint64_t serial, int64_t us)
{
    char when[TIME_TEXT_BYTES];
    buf_printf(out,
               "{\"type\":\"track\",\"event\":\"%s\",\"messageId\":\"m%llx\",\"timestamp\":\"%s\",\"userId\":\"u%"
               "09llu\",\"properties\":{}}",
               name, (unsigned long long)serial, time_format(us, when), (unsigned long long)person);
}

static void batch_end(struct buf *out)
{
    char now[TIME_TEXT_BYTES];
    buf_printf(out, "],\"writeKey\":\"w\",\"sentAt\":\"%s\"}", time_format(time_now_us(), now));
}

static void people_send(struct midnight *m, struct sender *s)
{
    struct buf batch;
    double start = seconds_now();
    buf_init(&batch, 1u << 20);
    for (uint64_t person = 0; person < m->people; person++) {
        buf_push_text(&batch, person % BATCH_PEOPLE == 0 ? "{\"batch\":[" : ",");
        event_write(&batch, "visited", person, 2 * person, visited_us(m, person));
        buf_push_byte(&batch, ',');
        event_write(&batch, "carted", person, 2 * person + 1, carted_us(m, person));
        if (person % BATCH_PEOPLE != BATCH_PEOPLE - 1 && person + 1 < m->people)
            continue;
        batch_end(&batch);
        sender_send(s, buf_bytes(&batch));
        buf_clear(&batch);
    }
    sender_wait(s);
    buf_fini(&batch);
    (void)fprintf(stderr, "%llu people in %.0f s\n", (unsigned long long)m->people, seconds_now() - start);
}

/* --- the zone, and what is asked in it --- */

/* A clock that shows 00:00 at m->at_us. */
static void zone_set(struct midnight *m)
{
    int32_t seconds = (int32_t)(86400 - m->at_us / US_PER_SECOND % 86400);
    struct calendar_offset offset = {.from_us = INT64_MIN, .seconds = seconds > 43200 ? seconds - 86400 : seconds};
    struct calendar c = {
        .of = CALENDAR_OF_WORKSPACE, .zone = BYTES_LIT("Bench/Midnight"), .offset_count = 1, .offsets = &offset};
    struct buf payload;
    struct answer answer;
    struct err e = {0};
    buf_init(&payload, 256);
    must(calendar_pack(&c, &payload, &e), &e);
    must(host_call(m->world.host, m->world.workspace, COMMAND_CALENDAR, buf_bytes(&payload), &answer, NULL, &e), &e);
    buf_fini(&payload);
    for (uint64_t person = 0; person < m->people; person++) {
        int64_t before_us = m->at_us - 1 - visited_us(m, person);
        m->visits[before_us / US_PER_DAY]++;
    }
}

static void rules_make(struct midnight *m)
{
    char texts[WINDOWS + 1][64];
    const char *asked[WINDOWS + 1];
    for (size_t i = 0; i < WINDOWS; i++)
        (void)snprintf(texts[i], sizeof texts[i], "did(visited in last %d days)", windows[i]);
    (void)snprintf(texts[WINDOWS], sizeof texts[WINDOWS], "did(carted within %lld seconds)",
                   (long long)(m->stay_us / US_PER_SECOND));
    for (size_t i = 0; i <= WINDOWS; i++)
        asked[i] = texts[i];
    uint32_t first = ruled_make_these(&m->world, asked, WINDOWS + 1);
    for (uint32_t i = 0; i < WINDOWS; i++)
        m->rules[i] = first + i;
    m->leaving = first + (uint32_t)WINDOWS;
}

/* --- looking --- */

struct look {
    const struct midnight *midnight;
    int64_t now_us; /* of the log, by which sets are made */
    int64_t wall_us;
    int64_t cpu_us; /* that the engine's thread has had */
    uint64_t in[WINDOWS], in_leaving;
    bool has_job; /* at midnight: the day's, of which there is no other */
};

static uint64_t members(const struct view *v, uint32_t rule)
{
    struct bitmap *set = rule_set(v, rule, NULL);
    uint64_t count = bitmap_count(set);
    bitmap_destroy(set);
    return count;
}

static void look_read(const struct view *v, void *context)
{
    struct look *l = context;
    struct bytes job;
    l->now_us = v->now_us;
    l->wall_us = time_now_us();
    l->cpu_us = time_thread_us();
    for (size_t i = 0; i < WINDOWS; i++)
        l->in[i] = members(v, l->midnight->rules[i]);
    l->in_leaving = members(v, l->midnight->leaving);
    l->has_job = engine_job_next(v, BYTES_NONE, &job);
}

static struct look look_now(struct midnight *m)
{
    struct look l = {.midnight = m};
    struct err e = {0};
    must(host_read(m->world.host, m->world.workspace, look_read, &l, &e), &e);
    return l;
}

static uint64_t visitors(const struct midnight *m, int days, bool is_after)
{
    uint64_t count = 0;
    for (int day = 0; day < days - is_after; day++)
        count += m->visits[day];
    return count;
}

static void look_check(const struct midnight *m, const struct look *l)
{
    for (size_t i = 0; i < WINDOWS; i++) {
        uint64_t want = visitors(m, windows[i], l->now_us >= m->at_us);
        if (l->in[i] == want)
            continue;
        (void)fprintf(stderr, "bench: %.3f s from midnight %llu people are in the set of %d days, want %llu\n",
                      (double)(l->now_us - m->at_us) / 1e6, (unsigned long long)l->in[i], windows[i],
                      (unsigned long long)want);
        exit(1);
    }
}

/* How late whoever is to leave next is, in microseconds; 0: there is time. */
static int64_t late_us(const struct midnight *m, const struct look *l)
{
    uint64_t gone = m->people - l->in_leaving;
    int64_t late = gone == m->people ? 0 : l->wall_us - (carted_us(m, gone) + m->stay_us);
    return late > 0 ? late : 0;
}

/* --- the others --- */

/* One of several senders. */
struct traffic {
    struct midnight *midnight;
    uint64_t serial;
    double every_s; /* a batch */
    atomic_bool *is_over;
    double *planned_s, *took_ms; /* of each batch; its plan in seconds from midnight */
    atomic_size_t count;
};

static double from_midnight_s(const struct midnight *m)
{
    return (double)(time_now_us() - m->at_us) / 1e6;
}

static void traffic_write(const struct traffic *t, uint64_t serial, struct rng *rng, struct buf *out)
{
    buf_clear(out);
    buf_push_text(out, "{\"batch\":[");
    for (uint64_t i = 0; i < TRAFFIC_EVENTS; i++) {
        if (i > 0)
            buf_push_byte(out, ',');
        event_write(out, "scrolled", rng_below(rng, t->midnight->people), serial + i, time_now_us() - US_PER_SECOND);
    }
    batch_end(out);
}

/* A batch at its time, or, where the one before isn't answered yet, behind it: its answer is late by the wait. */
static void *traffic_run(void *context)
{
    struct traffic *t = context;
    struct sender *s = sender_create(&t->midnight->world, 1);
    struct rng rng;
    struct buf batch;
    double planned_s = from_midnight_s(t->midnight);
    rng_init(&rng, t->serial);
    buf_init(&batch, 1u << 20);
    for (size_t i = 0; !atomic_load(t->is_over) && i < TRAFFIC_BATCHES_MAX; i++, planned_s += t->every_s) {
        traffic_write(t, t->serial + i * TRAFFIC_EVENTS, &rng, &batch);
        double ahead_s = planned_s - from_midnight_s(t->midnight);
        if (ahead_s > 0)
            (void)usleep((useconds_t)(ahead_s * 1e6));
        sender_send(s, buf_bytes(&batch));
        sender_wait(s);
        t->planned_s[i] = planned_s;
        t->took_ms[i] = (from_midnight_s(t->midnight) - planned_s) * 1e3;
        atomic_store(&t->count, i + 1);
    }
    sender_destroy(s);
    buf_fini(&batch);
    return NULL;
}

struct others {
    struct traffic each[TRAFFIC_SENDERS];
    pthread_t threads[TRAFFIC_SENDERS];
    atomic_bool is_over;
};

static void others_start(struct others *o, struct midnight *m, double rate)
{
    *o = (struct others){.is_over = false};
    for (size_t i = 0; i < TRAFFIC_SENDERS; i++) {
        struct traffic *t = &o->each[i];
        t->midnight = m;
        t->serial = SERIAL_TRAFFIC * (i + 1);
        t->every_s = (double)TRAFFIC_EVENTS * TRAFFIC_SENDERS / rate;
        t->is_over = &o->is_over;
        t->planned_s = calloc(TRAFFIC_BATCHES_MAX, sizeof *t->planned_s);
        t->took_ms = calloc(TRAFFIC_BATCHES_MAX, sizeof *t->took_ms);
        if (t->planned_s == NULL || t->took_ms == NULL || pthread_create(&o->threads[i], NULL, traffic_run, t) != 0)
            exit(1);
    }
}

static void others_stop(struct others *o)
{
    atomic_store(&o->is_over, true);
    for (size_t i = 0; i < TRAFFIC_SENDERS; i++)
        (void)pthread_join(o->threads[i], NULL);
}

static void others_free(struct others *o)
{
    for (size_t i = 0; i < TRAFFIC_SENDERS; i++) {
        free(o->each[i].planned_s);
        free(o->each[i].took_ms);
    }
}

static size_t others_batches(const struct others *o)
{
    size_t count = 0;
    for (size_t i = 0; i < TRAFFIC_SENDERS; i++)
        count += atomic_load(&o->each[i].count);
    return count;
}

static double others_p99(const struct others *o, double from_s, double until_s)
{
    double *some = calloc(others_batches(o) + 1, sizeof *some);
    size_t count = 0;
    if (some == NULL)
        exit(1);
    for (size_t k = 0; k < TRAFFIC_SENDERS; k++)
        for (size_t i = 0; i < o->each[k].count; i++)
            if (o->each[k].planned_s[i] >= from_s && o->each[k].planned_s[i] < until_s)
                some[count++] = o->each[k].took_ms[i];
    (void)median(some, count);
    double p99 = some[count * 99 / 100];
    free(some);
    return p99;
}

/* --- the night --- */

struct night {
    int64_t late_us;        /* of whoever left latest */
    double begun_s, over_s; /* from midnight until a look saw the new day, and until its job was through */
    double work_cpu_s;      /* of the engine's thread, what the others take not counted */
    uint64_t looks;
};

/* What the engine's thread has done by a look, and for how many batches of the others. */
struct spent {
    double cpu_s;
    size_t batches;
};

static struct spent spent_by(const struct look *l, const struct others *o)
{
    return (struct spent){(double)l->cpu_us / 1e6, others_batches(o)};
}

static double work_of(struct spent start, struct spent midnight, struct spent end)
{
    size_t before = midnight.batches - start.batches;
    double a_batch = before == 0 ? 0 : (midnight.cpu_s - start.cpu_s) / (double)before;
    return end.cpu_s - midnight.cpu_s - a_batch * (double)(end.batches - midnight.batches);
}

/* Looks until the day's job is through, but for AFTER_S at least. */
static void night_watch(struct midnight *m, const struct others *o, struct night *n)
{
    struct look l = look_now(m);
    struct spent start = spent_by(&l, o), midnight = start;
    bool is_after = false;
    do {
        (void)usleep(LOOK_US);
        l = look_now(m);
        look_check(m, &l);
        n->looks++;
        int64_t late = late_us(m, &l);
        n->late_us = late > n->late_us ? late : n->late_us;
        if (l.now_us < m->at_us)
            continue;
        if (!is_after) {
            n->begun_s = (double)(l.wall_us - m->at_us) / 1e6;
            midnight = spent_by(&l, o);
        }
        if (!is_after || l.has_job) {
            n->over_s = (double)(l.wall_us - m->at_us) / 1e6;
            n->work_cpu_s = work_of(start, midnight, spent_by(&l, o));
        }
        is_after = true;
    } while (!is_after || l.has_job || l.now_us < m->at_us + AFTER_S * US_PER_SECOND);
}

static void night_report(const struct midnight *m, const struct night *n, const struct others *o, double rate)
{
    char conditions[400];
    double load = 0, before = others_p99(o, -BEFORE_S, 0), during = others_p99(o, 0, n->over_s);
    uint64_t turned = 0;
    (void)getloadavg(&load, 1);
    for (size_t i = 0; i < WINDOWS; i++)
        turned += visitors(m, windows[i], false) - visitors(m, windows[i], true);
    (void)snprintf(conditions, sizeof conditions,
                   "%llu people, %llu of whom a midnight turns, as many pending as people, %.0f k events/s beside; the "
                   "new day's sets seen after %.3f s, "
                   "its work through after %.1f s, sets right at %llu looks, load %.1f",
                   (unsigned long long)m->people, (unsigned long long)turned, rate / 1e3, n->begun_s, n->over_s,
                   (unsigned long long)n->looks, load);
    report(&(struct figure){"midnight", "background work of the day's change, CPU of the engine's thread", "s",
                            n->work_cpu_s, 0, 10, "lower", conditions});
    report(&(struct figure){"midnight", "the latest exit by time alone", "s", (double)n->late_us / 1e6, 0, 1, "lower",
                            conditions});
    report(&(struct figure){"midnight", "p99 of ingest while the day changes, against before", "ms", during, before, 2,
                            "lower", conditions});
}

static void midnight_prepare(struct midnight *m)
{
    struct sender *s = sender_create(&m->world, IN_FLIGHT);
    m->loaded_us = time_now_us() - US_PER_SECOND;
    people_send(m, s);
    sender_destroy(s);
    world_rest(&m->world);
    int64_t wait_s = (int64_t)env_number("BENCH_WAIT_S", 60 + (size_t)m->people / 20000);
    m->at_us = (time_now_us() / US_PER_SECOND + wait_s) * US_PER_SECOND;
    m->stay_us = m->at_us - BEFORE_S * US_PER_SECOND - carted_us(m, 0);
    m->stay_us -= m->stay_us % US_PER_SECOND;
    zone_set(m);
    rules_make(m);
    while (look_now(m).has_job) /* of rules that came into force: who differs is told */
        (void)usleep(LOOK_US);
    world_rest(&m->world);
    (void)fprintf(stderr, "rules in force %.0f s before midnight, %.2f GB resident\n", -from_midnight_s(m),
                  (double)memory_bytes() / 1e9);
    if (-from_midnight_s(m) > BEFORE_S + 1)
        return;
    (void)fprintf(stderr, "bench: that is too late: give them more than BENCH_WAIT_S\n");
    exit(1);
}

int main(int argc, char **argv)
{
    struct midnight m = {.people = env_number("BENCH_PEOPLE", 1000000),
                         .span_s = env_number("BENCH_SPAN_S", 12 * 3600)};
    struct night night = {0};
    struct others others;
    double rate = (double)env_number("BENCH_RATE", 10000);
    world_open(&m.world, argc > 1 ? argv[1] : "/tmp/kith-bench-midnight", env_number("BENCH_BUDGET", 0));
    midnight_prepare(&m);
    while (from_midnight_s(&m) < -BEFORE_S)
        (void)usleep(LOOK_US);
    others_start(&others, &m, rate);
    night_watch(&m, &others, &night);
    others_stop(&others);
    night_report(&m, &night, &others, rate);
    others_free(&others);
    world_close(&m.world);
    world_remove(&m.world);
    return 0;
}
