/* One person's last hundred events out of a year of everybody's: a view of now, the newest events of that person, and the view closed again, as the API does it.
 * People who have as many are asked about one after the other, so that nothing of theirs was looked at before. BENCH_PEOPLE (200 k), BENCH_EVENTS (5 M). */
#include <stdio.h>
#include <stdlib.h>

#include "bench/report.h"
#include "bench/year_load.h"
#include "domain/event/event.h"

#define WANTED 100u
#define ASKED 2001u

struct looking {
    const struct work_surroundings *around;
    struct event_view *view;
};

static void look(const struct view *v, void *context)
{
    struct looking *l = context;
    event_view_close(l->view); /* a reader may run again */
    l->view = event_view_open(v, l->around);
}

struct taking {
    uint32_t count;
    int64_t last_us;
};

static bool take(void *context, const struct event_seen *event)
{
    struct taking *t = context;
    if (event->event_us > t->last_us) {
        (void)fprintf(stderr, "bench: events out of their order\n");
        exit(1);
    }
    t->last_us = event->event_us;
    return ++t->count < WANTED;
}

/* Seconds; 0: the person has fewer. */
static double ask(struct world *w, uint32_t person)
{
    struct looking l = {.around = workspace_surroundings(w->workspace)};
    struct taking t = {.last_us = INT64_MAX};
    struct err e = {0};
    double start = seconds_now();
    must(host_read(w->host, w->workspace, look, &l, &e), &e);
    must(event_scan_people(l.view, &person, 1, take, &t, &e), &e);
    event_view_close(l.view);
    return t.count == WANTED ? seconds_now() - start : 0;
}

int main(int argc, char **argv)
{
    struct world w;
    uint32_t people = (uint32_t)env_number("BENCH_PEOPLE", 200000);
    size_t count = 0;
    double load = 0, us[ASKED];
    char conditions[256];
    struct year *year = year_create(people, env_number("BENCH_EVENTS", 5000000));
    world_open(&w, argc > 1 ? argv[1] : "/tmp/kith-bench-timeline", 0);
    struct year_loaded loaded = year_load(&w, year, people);
    for (uint32_t person = 1; person <= people && count < ASKED; person++) {
        double seconds = ask(&w, person);
        us[count] = seconds * 1e6;
        count += seconds > 0;
    }
    (void)getloadavg(&load, 1);
    (void)snprintf(conditions, sizeof conditions,
                   "%u people, %llu events in runs, %zu people of at least %u, each asked once, load %.1f", people,
                   (unsigned long long)loaded.events, count, WANTED, load);
    if (count == 0)
        return 1;
    report(&(struct figure){"timeline", "a person's last 100 events, median", "us", median(us, count), 0, 200, "lower",
                            conditions});
    report(&(struct figure){"timeline", "a person's last 100 events, 99th percentile", "us", us[count * 99 / 100], 0, 0,
                            "lower", conditions});
    year_destroy(year);
    world_close(&w);
    if (env_number("BENCH_KEEP", 0) == 0)
        world_remove(&w);
    return 0;
}
