/* Durable ingest without HTTP: Segment batches in memory -> parsed, logged with sync, resolved, applied, on both cores;
 * against the rate at which one thread parses the same bytes. The rounds begin when the work that loading the people left behind
 * (folding, its checkpoint) is through; their own is within them. BENCH_PEOPLE (10 M), BENCH_EVENTS (4 M). */
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "bench/report.h"
#include "bench/world.h"

#define IN_FLIGHT 64u
#define ROUNDS 5u

static struct buf *batches_make(size_t count, uint64_t people, uint64_t serial)
{
    struct buf *batches = calloc(count, sizeof *batches);
    struct rng rng;
    rng_init(&rng, serial);
    for (size_t i = 0; i < count; i++) {
        buf_init(&batches[i], 1u << 20);
        batch_write(&batches[i], serial + i, people, 0, &rng);
    }
    return batches;
}

static void batches_free(struct buf *batches, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_fini(&batches[i]);
    free(batches);
}

static double parse_rate(const struct buf *batches, size_t count)
{
    struct json_parser *p = json_parser_create(16u << 20);
    struct err e = {0};
    struct json root;
    double start = seconds_now();
    for (size_t i = 0; i < count; i++)
        if (failed(json_parse(p, buf_bytes(&batches[i]), &root, &e)))
            exit(1);
    double rate = (double)(count * WORLD_BATCH_EVENTS) / (seconds_now() - start);
    json_parser_destroy(p);
    return rate;
}

static double ingest_rate(struct sender *s, const struct buf *batches, size_t count)
{
    double start = seconds_now();
    for (size_t i = 0; i < count; i++)
        sender_send(s, buf_bytes(&batches[i]));
    sender_wait(s);
    return (double)(count * WORLD_BATCH_EVENTS) / (seconds_now() - start);
}

/* The peer's events a second, in the same run; 0: it isn't here. */
static double postgres_rate(void)
{
    double rate = 0;
    FILE *peer = popen("python3 bench/peer_postgres.py 2>/dev/null", "re");
    if (peer == NULL || fscanf(peer, "%lf", &rate) != 1)
        rate = 0;
    if (peer != NULL)
        (void)pclose(peer);
    return rate;
}

int main(int argc, char **argv)
{
    struct world w;
    struct engine_stats stats;
    size_t people = env_number("BENCH_PEOPLE", 10000000), events = env_number("BENCH_EVENTS", 4000000);
    size_t batches_a_round = events / ROUNDS / WORLD_BATCH_EVENTS;
    double rates[ROUNDS], parses[ROUNDS];
    char conditions[256];
    world_open(&w, argc > 1 ? argv[1] : "/tmp/kith-bench-ingest", 0);
    struct sender *s = sender_create(&w, IN_FLIGHT);
    (void)people_load(s, people);
    world_rest(&w);
    for (size_t round = 0; round < ROUNDS; round++) {
        struct buf *batches = batches_make(batches_a_round, people, 1 + round * batches_a_round);
        parses[round] = parse_rate(batches, batches_a_round);
        rates[round] = ingest_rate(s, batches, batches_a_round);
        (void)fprintf(stderr, "round %zu: parse %.2f M/s, ingest %.3f M/s\n", round, parses[round] / 1e6, rates[round] / 1e6);
        batches_free(batches, batches_a_round);
    }
    world_stats(&w, &stats);
    (void)snprintf(conditions, sizeof conditions, "%zu people, 3 identifiers, %zu events a round, median of %u, checkpoints %llu, groups %llu", people,
                   batches_a_round * WORLD_BATCH_EVENTS, ROUNDS, (unsigned long long)stats.checkpoints, (unsigned long long)stats.groups);
    double parse = median(parses, ROUNDS);
    report(&(struct figure){"ingest-core", "durable ingest against parsing alone on one thread", "events/s", median(rates, ROUNDS), parse, 0.17, "higher", conditions});
    double postgres = postgres_rate();
    if (postgres > 0)
        report(&(struct figure){"ingest-core", "durable ingest against PostgreSQL's best set-based ingest of parsed events", "events/s", median(rates, ROUNDS), postgres,
                                20, "higher", "PostgreSQL with 1 M people, 10,000 events a transaction, no parsing"});
    report(&(struct figure){"ingest-core", "state of a person in memory", "bytes", (double)stats.rows.bytes / (double)people, 0, 400, "lower", conditions});
    sender_destroy(s);
    world_close(&w);
    world_remove(&w);
    return 0;
}
