/* De-duplication with most ids on disk: what a new message and one that came before cost, and what an id takes of memory. The
 * engine runs on the caller's thread, with collect and identity alone, over events of nobody; a figure is that thread's time,
 * so little but de-duplication and the log is in it. The baseline is the same with all ids in memory. BENCH_IDS (24 M). */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/rng.h"
#include "base/time.h"
#include "bench/report.h"
#include "bench/world.h"
#include "domain/collect/collect.h"
#include "domain/identity/identity.h"
#include "engine/engine.h"
#include "engine/engine_domain.h"
#include "engine/shelf.h"
#include "store/cold.h"

#define GROUP 8192u
#define MEASURED_GROUPS 60u
#define QUIET_ROUNDS 2000 /* without any work */
#define PAUSE_NS 200000

static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain};

struct place {
    const char *folder;
    struct disk *disk;
    struct registry *registry;
    struct engine_options options;
    struct engine *engine;
    struct submission submissions[GROUP];
    struct submission *list[GROUP];
    struct arena *arena; /* of one group */
    uint32_t answered, duplicates;
};

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info, (void)kind, (void)at;
    return remove(path);
}

static void place_open(struct place *w, const char *folder)
{
    struct err e = {0};
    *w = (struct place){.folder = folder, .arena = arena_create(4u << 20)};
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    must(disk_open_real(folder, &w->disk, &e), &e);
    must(registry_create(domains, COUNT_OF(domains), &w->registry, &e), &e);
    w->options = (struct engine_options){
        .disk = w->disk,
        .cold_open = world_cold_open,
        .cold_close = world_cold_close,
        .registry = w->registry,
        .apply_version = 1,
        .log_segment_bytes = 256u << 20,
        .checkpoint_log_bytes = UINT64_C(1) << 50,
        .memory_bytes = (size_t)20 << 30,
        .threaded = true,
    };
    must(engine_open(&w->options, &w->engine, &e), &e);
}

static void place_close(struct place *w)
{
    engine_close(w->engine);
    registry_destroy(w->registry);
    disk_close(w->disk);
    arena_destroy(w->arena);
    (void)nftw(w->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void answered(struct submission *s, const struct answer *a)
{
    struct place *w = s->context;
    struct err e = {.text = "an event was not taken"};
    must(a->status, &e);
    w->answered++;
    w->duplicates += a->refusal == &collect_duplicate;
}

static void submission_make(struct place *w, uint32_t i, uint64_t message)
{
    struct err e = {0};
    struct buf b = {.data = arena_take(w->arena, 512, 1), .capacity = 512, .size_max = 512};
    struct envelope v = {.event = BYTES_LIT("page_viewed"),
                         .source = BYTES_LIT("bench"),
                         .event_us = US_PER_DAY,
                         .received_us = US_PER_DAY};
    v.message = (struct hash128){.low = rng_mix(message), .high = rng_mix(~message)};
    must(envelope_pack(&v, &b, &e), &e);
    w->submissions[i] = (struct submission){.command = registry_command(w->registry, COMMAND_COLLECT_EVENT),
                                            .payload = buf_bytes(&b),
                                            .answered = answered,
                                            .context = w};
    w->list[i] = &w->submissions[i];
}

static double thread_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void pause_a_little(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
}

/* Sends the group that was made, until all of it is answered; the seconds of this thread's time that it took. */
static double group_send(struct place *w)
{
    struct err e = {0};
    w->answered = 0;
    double start = thread_seconds();
    must(engine_group(w->engine, w->list, GROUP, time_now_us(), &e), &e);
    while (w->answered < GROUP) {
        pause_a_little();
        must(engine_group(w->engine, NULL, 0, time_now_us(), &e), &e);
    }
    double took = thread_seconds() - start;
    arena_reset(w->arena);
    return took;
}

static void keep_house(struct place *w)
{
    struct err e = {0};
    int64_t wait_us;
    must(engine_keep_house(w->engine, time_now_us(), &wait_us, &e), &e);
}

/* New ids from `first` on; returns nanoseconds each, the making of the groups not counted. */
static double new_send(struct place *w, uint64_t first, uint64_t groups)
{
    double busy = 0;
    for (uint64_t g = 0; g < groups; g++) {
        for (uint32_t i = 0; i < GROUP; i++)
            submission_make(w, i, first + g * GROUP + i);
        busy += group_send(w);
        keep_house(w);
        if (groups > MEASURED_GROUPS && g % 128 == 0)
            (void)fprintf(stderr, "\r%.1f M ids, %.0f k/s ", (double)(g * GROUP) / 1e6,
                          (double)(g * GROUP) / 1e3 / (busy + 1e-9));
    }
    return busy * 1e9 / (double)(groups * GROUP);
}

/* Ids of [first, first + span) that all came before. */
static double again_send(struct place *w, uint64_t first, uint64_t span, uint64_t groups)
{
    struct rng rng;
    double busy = 0;
    rng_init(&rng, first + 1);
    w->duplicates = 0;
    for (uint64_t g = 0; g < groups; g++) {
        for (uint32_t i = 0; i < GROUP; i++)
            submission_make(w, i, first + rng_below(&rng, span));
        busy += group_send(w);
    }
    if (w->duplicates != groups * GROUP)
        (void)fprintf(stderr, "bench: %u of %llu are duplicates\n", w->duplicates,
                      (unsigned long long)(groups * GROUP));
    return busy * 1e9 / (double)(groups * GROUP);
}

static void settle(struct place *w)
{
    struct err e = {0};
    for (int quiet = 0; quiet < QUIET_ROUNDS; quiet = engine_is_busy(w->engine) ? 0 : quiet + 1) {
        keep_house(w);
        must(engine_group(w->engine, NULL, 0, time_now_us(), &e), &e);
        pause_a_little();
    }
}

static void read_shelf(const struct view *v, void *context)
{
    *(struct shelf_stats *)context = view_shelf_stats(v);
}

static uint64_t ids_in_memory(const struct engine *g, size_t *out_bytes)
{
    struct engine_stats stats;
    engine_stats(g, &stats);
    *out_bytes = stats.rows.bytes;
    return stats.rows.rows[13];
}

int main(int argc, char **argv)
{
    static struct place w;
    struct shelf_stats shelf = {0}, after = {0};
    char conditions[200];
    uint64_t ids = env_number("BENCH_IDS", 24000000);
    size_t bytes_before, bytes;
    place_open(&w, argc > 1 ? argv[1] : "/tmp/kith-bench-dedup");
    uint64_t measured = (uint64_t)MEASURED_GROUPS * GROUP, next = 3 * measured;
    (void)new_send(&w, 0, 2 * MEASURED_GROUPS);
    (void)ids_in_memory(w.engine, &bytes_before);
    double new_memory = new_send(&w, 2 * measured, MEASURED_GROUPS),
           again_memory = again_send(&w, 0, next, MEASURED_GROUPS);
    uint64_t groups = ids / GROUP;
    (void)new_send(&w, next, groups);
    next += groups * GROUP;
    settle(&w);
    engine_read(w.engine, read_shelf, &shelf);
    uint64_t in_memory = ids_in_memory(w.engine, &bytes);
    (void)snprintf(conditions, sizeof conditions,
                   "%.1f M ids in %u files, %.1f M in memory, groups of %u, the engine's thread, log included",
                   (double)shelf.entries / 1e6, (unsigned)shelf.sieves, (double)in_memory / 1e6, GROUP);
    (void)fprintf(stderr, "\r%s\n", conditions);
    double new_disk = new_send(&w, next, MEASURED_GROUPS);
    engine_read(w.engine, read_shelf, &after);
    double again_disk = again_send(&w, 0, shelf.entries, MEASURED_GROUPS);
    report(&(struct figure){"dedup", "new id", "ns", new_disk, new_memory, 1.5, "lower", conditions});
    report(&(struct figure){"dedup", "duplicate on disk", "ns", again_disk, again_memory, 0, "lower", conditions});
    report(&(struct figure){"dedup", "files read in vain for a new id", "reads",
                            (double)(after.passed_in_vain - shelf.passed_in_vain) / (double)measured, 0,
                            0.001 * (double)shelf.sieves, "lower", conditions});
    report(&(struct figure){"dedup", "memory for an id in memory", "bytes", (double)bytes / (double)in_memory, 0, 32,
                            "lower", conditions});
    report(&(struct figure){"dedup", "memory for an id on disk", "bytes", (double)shelf.bytes / (double)shelf.entries,
                            0, 2.5, "lower", conditions});
    place_close(&w);
    return 0;
}
