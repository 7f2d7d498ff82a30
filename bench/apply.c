/* What an event costs the engine's thread by itself: packed envelopes made beforehand, appended, applied and answered,
 * without HTTP, parsing, folding and checkpoints. CPU time of that thread, so that neighbours count little.
 * BENCH_PEOPLE (2 M), BENCH_EVENTS (3 M). */
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/time.h"
#include "bench/report.h"
#include "bench/world.h"

#define ROUNDS 5u
#define GROUP_EVENTS 4000u
#define GROUP_BATCHES (GROUP_EVENTS / WORLD_BATCH_EVENTS)

static void answered(struct submission *s, const struct answer *a)
{
    uint64_t *accepted = s->context;
    *accepted += done(a->status) && a->refusal == NULL;
}

/* Events on their way: GROUP_BATCHES batches a group. */
struct load {
    struct engine *engine;
    const struct command *command;
    struct packer *packer;
    struct buf text;
    struct codec_batch *batches;
    size_t batch_room;
    uint64_t accepted;
    struct submission submissions[GROUP_EVENTS];
    struct submission *group[GROUP_EVENTS];
};

/* Of people from `first` on, in order; drawn ones when `rng` isn't NULL. */
static void batches_pack(struct load *l, size_t count, uint64_t serial, uint64_t people, uint64_t first,
                         struct rng *rng)
{
    assert(count <= l->batch_room);
    for (size_t i = 0; i < count; i++) {
        buf_clear(&l->text);
        batch_write(&l->text, serial + i, people, rng == NULL ? first + i * WORLD_BATCH_EVENTS : 0, rng);
        packer_pack(l->packer, buf_bytes(&l->text), &l->batches[i]);
    }
}

static void group_run(struct load *l, const struct codec_batch *batches)
{
    struct err e = {0};
    size_t count = 0;
    for (size_t i = 0; i < GROUP_BATCHES; i++) {
        for (size_t j = 0; j < batches[i].event_count; j++, count++) {
            struct bytes payload = bytes_of(batches[i].packed.data + batches[i].events[j].offset,
                                            batches[i].events[j].size);
            l->submissions[count] = (struct submission){
                .command = l->command, .payload = payload, .answered = answered, .context = &l->accepted};
            l->group[count] = &l->submissions[count];
        }
    }
    must(engine_group(l->engine, l->group, count, time_now_us(), &e), &e);
}

static void people_take(struct load *l, uint64_t people)
{
    uint64_t serial = UINT64_C(1000000000);
    for (uint64_t first = 0; first < people; first += GROUP_EVENTS, serial += GROUP_BATCHES) {
        batches_pack(l, GROUP_BATCHES, serial, people, first, NULL);
        group_run(l, l->batches);
    }
}

static double round_ns(struct load *l, size_t batches, uint64_t serial, uint64_t people)
{
    struct rng rng;
    rng_init(&rng, serial);
    batches_pack(l, batches, serial, people, 0, &rng);
    double start = thread_cpu_seconds();
    for (size_t i = 0; i < batches; i += GROUP_BATCHES)
        group_run(l, l->batches + i);
    return (thread_cpu_seconds() - start) * 1e9 / (double)(batches * WORLD_BATCH_EVENTS);
}

int main(int argc, char **argv)
{
    size_t people = env_number("BENCH_PEOPLE", 2000000), events = env_number("BENCH_EVENTS", 3000000);
    size_t batches = events / ROUNDS / GROUP_EVENTS * GROUP_BATCHES;
    const char *folder = argc > 1 ? argv[1] : "/tmp/kith-bench-apply";
    double rounds[ROUNDS];
    char conditions[160];
    struct alone alone;
    alone_open(&alone, folder);
    struct load *l = calloc(1, sizeof *l);
    l->engine = alone.engine;
    l->command = registry_command(alone.registry, COMMAND_COLLECT_EVENT);
    l->packer = packer_create();
    buf_init(&l->text, 1u << 20);
    l->batch_room = batches > GROUP_BATCHES ? batches : GROUP_BATCHES;
    l->batches = calloc(l->batch_room, sizeof *l->batches);
    for (size_t i = 0; i < l->batch_room; i++)
        codec_batch_init(&l->batches[i], 1u << 20);
    people_take(l, people);
    for (size_t round = 0; round < ROUNDS; round++) {
        rounds[round] = round_ns(l, batches, 1 + round * batches, people);
        (void)fprintf(stderr, "round %zu: %.0f ns an event\n", round, rounds[round]);
    }
    alone_tell(&alone, l->accepted, people, "a person");
    (void)snprintf(conditions, sizeof conditions, "%zu people of three identifiers, %zu events a round, median of %u",
                   people, batches * WORLD_BATCH_EVENTS, ROUNDS);
    report(&(struct figure){"apply", "CPU of the engine's thread an event", "ns", median(rounds, ROUNDS), 0, 1000,
                            "lower", conditions});
    packer_destroy(l->packer);
    for (size_t i = 0; i < l->batch_room; i++)
        codec_batch_fini(&l->batches[i]);
    free(l->batches);
    buf_fini(&l->text);
    free(l);
    alone_close(&alone);
    return 0;
}
