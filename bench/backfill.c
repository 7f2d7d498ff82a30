/* Backfill: a count rule over the last 90 days of a year is made when all of it has happened already: how long until its values are there, in reading what happened
 * and in installing it. BENCH_PEOPLE (200 k), BENCH_EVENTS (5 M: 50 M write some 20 GB on their way). */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "bench/report.h"
#include "bench/year_load.h"
#include "domain/rule/rule.h"

#define LOOK_US 2000u
#define DAYS 90
#define SECONDS_A_DAY 86400

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

int main(int argc, char **argv)
{
    struct world w;
    uint32_t people = (uint32_t)env_number("BENCH_PEOPLE", 200000);
    char text[128], conditions[256];
    double read_s, load = 0;
    struct year *year = year_create(people, env_number("BENCH_EVENTS", 5000000));
    world_open(&w, argc > 1 ? argv[1] : "/tmp/kith-bench-backfill", 0);
    struct year_loaded loaded = year_load(&w, year, people);
    /* The year ends on a day of the past: so many days more are looked back. */
    int64_t days = DAYS + (time_now_us() / US_PER_SECOND - YEAR_UNTIL_S) / SECONDS_A_DAY;
    (void)snprintf(text, sizeof text, "count(product_viewed in last %lld days) >= 3", (long long)days);
    (void)getloadavg(&load, 1);
    (void)fprintf(stderr, "making %s\n", text);
    double cpu = cpu_seconds(), wall = gathered(&w, argc > 2 ? argv[2] : text, &read_s);
    cpu = cpu_seconds() - cpu;
    (void)snprintf(conditions, sizeof conditions,
                   "%u people, %llu events of a year, all in columns, nothing else running, %.2f s of CPU, load %.1f",
                   people, (unsigned long long)loaded.events, cpu, load);
    report(&(struct figure){"backfill", "a new count rule over 90 days", "s", wall, 0, 2, "lower", conditions});
    report(&(struct figure){"backfill", "of it until all was read", "s", read_s, 0, 0, "lower", conditions});
    year_destroy(year);
    world_close(&w);
    if (env_number("BENCH_KEEP", 0) == 0)
        world_remove(&w);
    return 0;
}
