/* One person's last hundred events out of a year of everybody's: a view of now, the newest events of that person, and the view closed again, as the API does it; and
 * the hundred before some instant of the year, as one who pages back far asks for them. People who have as many are asked about one after the other, so that nothing
 * of theirs was looked at before; "cold": the system has let go of all runs before each question.
 *
 * BENCH_PEOPLE (200 k), BENCH_EVENTS (5 M). BENCH_KEEP=1 leaves the workspace, and BENCH_REUSE=1 asks one that was left, of the same people and events. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rng.h"
#include "bench/report.h"
#include "bench/year_load.h"
#include "domain/event/event.h"

#define WANTED 100u
#define ASKED 2001u
#define ASKED_COLD 201u
#define SEED 7u

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

/* What one person took, in microseconds. 0: they have fewer. */
struct asked_once {
    double whole_us; /* with the way to the engine's thread and back, for a view */
    double cpu_us;   /* of the thread that reads the view, which says more on a busy machine */
};

static struct asked_once ask(struct world *w, uint32_t person, int64_t latest_us)
{
    struct looking l = {.around = workspace_surroundings(w->workspace)};
    struct taking t = {.last_us = latest_us};
    struct event_people people = {.numbers = &person, .count = 1, .latest_us = latest_us};
    struct err e = {0};
    double start = seconds_now();
    must(host_read(w->host, w->workspace, look, &l, &e), &e);
    double cpu_start = thread_cpu_seconds();
    must(event_scan_people(l.view, &people, take, &t, &e), &e);
    event_view_close(l.view);
    struct asked_once once = {(seconds_now() - start) * 1e6, (thread_cpu_seconds() - cpu_start) * 1e6};
    return t.count < WANTED ? (struct asked_once){0} : once;
}

/* The system lets go of what it keeps of runs. */
static void runs_cool(const struct world *w)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s/main/runs", w->folder);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        (void)snprintf(path, sizeof path, "%s/main/runs/%.255s", w->folder, entry->d_name);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file >= 0) {
            (void)posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
            (void)close(file);
        }
    }
    if (folder != NULL)
        (void)closedir(folder);
}

struct asking {
    const char *what;
    bool is_paging, is_cold;
    double goal_us;
};

static void ask_all(struct world *w, const struct asking *a, uint32_t people, const char *conditions)
{
    double whole[ASKED], cpu[ASKED];
    char what[128];
    size_t count = 0;
    struct rng rng;
    rng_init(&rng, SEED);
    for (uint32_t person = 1; person <= people && count < (a->is_cold ? ASKED_COLD : ASKED); person++) {
        int64_t before_s = YEAR_FIRST_S + (int64_t)rng_below(&rng, (uint64_t)(YEAR_UNTIL_S - YEAR_FIRST_S));
        if (a->is_cold)
            runs_cool(w);
        struct asked_once once = ask(w, person, a->is_paging ? before_s * INT64_C(1000000) : INT64_MAX);
        whole[count] = once.whole_us;
        cpu[count] = once.cpu_us;
        count += once.whole_us > 0;
    }
    if (count == 0)
        return;
    (void)snprintf(what, sizeof what, "%s, median", a->what);
    report(&(struct figure){"timeline", what, "us", median(whole, count), 0, a->goal_us, "lower", conditions});
    (void)snprintf(what, sizeof what, "%s, median of the reading thread's CPU", a->what);
    report(&(struct figure){"timeline", what, "us", median(cpu, count), 0, 0, "lower", conditions});
    (void)snprintf(what, sizeof what, "%s, 99th percentile", a->what);
    report(&(struct figure){"timeline", what, "us", whole[count * 99 / 100], 0, 0, "lower", conditions}); /* the median has sorted them */
}

int main(int argc, char **argv)
{
    static const struct asking askings[] = {
        {"a person's last 100 events", false, false, 200},
        {"a person's 100 events before any instant of the year", true, false, 200},
        {"a person's last 100 events, cold", false, true, 0},
    };
    struct world w;
    uint32_t people = (uint32_t)env_number("BENCH_PEOPLE", 200000);
    uint64_t events = env_number("BENCH_EVENTS", 5000000);
    double load = 0;
    char conditions[256];
    world_open(&w, argc > 1 ? argv[1] : "/tmp/kith-bench-timeline", 0);
    if (env_number("BENCH_REUSE", 0) == 0) {
        struct year *year = year_create(people, events);
        events = year_load(&w, year, people).events;
        year_destroy(year);
    }
    (void)getloadavg(&load, 1);
    (void)snprintf(conditions, sizeof conditions, "%u people, %llu events in runs, people of at least %u, each asked once, load %.1f", people,
                   (unsigned long long)events, WANTED, load);
    for (size_t i = 0; i < COUNT_OF(askings); i++)
        ask_all(&w, &askings[i], people, conditions);
    world_close(&w);
    if (env_number("BENCH_KEEP", 0) == 0)
        world_remove(&w);
    return 0;
}
