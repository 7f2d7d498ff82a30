/* Segment's batch of 500 track events with three identifiers each -> packed envelopes, on one thread; against the time of
 * parsing the same bytes alone. BENCH_ROUNDS (20). */
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/time.h"
#include "bench/report.h"
#include "bench/world.h"
#include "edge/codec/codec.h"

#define PEOPLE 100000u
#define BATCHES 64u
#define ROUNDS_MAX 1000u

static double parse_ns(struct json_parser *p, const struct buf *batches)
{
    struct json root;
    double start = cpu_seconds();
    for (size_t i = 0; i < BATCHES; i++)
        if (failed(json_parse(p, buf_bytes(&batches[i]), &root, NULL)))
            exit(1);
    return (cpu_seconds() - start) * 1e9 / (BATCHES * WORLD_BATCH_EVENTS);
}

static double read_ns(struct codec *k, const struct codec_context *c, const struct buf *batches, struct codec_batch *out)
{
    double start = cpu_seconds();
    for (size_t i = 0; i < BATCHES; i++) {
        codec_batch_clear(out);
        struct status status = segment_read(k, c, buf_bytes(&batches[i]), CALL_BATCH, out, NULL);
        if (failed(status) || out->event_count != WORLD_BATCH_EVENTS)
            exit(1);
    }
    return (cpu_seconds() - start) * 1e9 / (BATCHES * WORLD_BATCH_EVENTS);
}

int main(void)
{
    struct codec k = {.parser = json_parser_create(16u << 20), .draft = draft_create()};
    struct codec_context c = {.secret = 7, .source = BYTES_LIT("shop"), .received_us = time_now_us()};
    struct codec_batch out;
    struct buf batches[BATCHES];
    double parse[ROUNDS_MAX], all[ROUNDS_MAX];
    struct rng rng;
    size_t rounds = env_number("BENCH_ROUNDS", 20);
    if (k.parser == NULL || k.draft == NULL || rounds == 0 || rounds > ROUNDS_MAX)
        return 1;
    c.rules = id_types_builtin(&c.rule_count);
    rng_init(&rng, 1);
    codec_batch_init(&out, 32u << 20);
    for (size_t i = 0; i < BATCHES; i++) {
        buf_init(&batches[i], 1u << 20);
        batch_write(&batches[i], i, PEOPLE, 0, &rng);
    }
    for (size_t i = 0; i < rounds; i++) { /* in turns, so that both meet the same machine */
        parse[i] = parse_ns(k.parser, batches);
        all[i] = read_ns(&k, &c, batches, &out);
    }
    char conditions[120];
    (void)snprintf(conditions, sizeof conditions, "%u batches of %u events, %zu bytes an event, one thread, CPU time, median of %zu rounds", BATCHES,
                   (unsigned)WORLD_BATCH_EVENTS, batches[0].size / WORLD_BATCH_EVENTS, rounds);
    report(&(struct figure){.bench = "codec", .what = "segment batch to envelopes", .unit = "ns/event", .value = median(all, rounds),
                            .baseline = median(parse, rounds), .goal = 2.65, .better = "lower", .conditions = conditions});
    for (size_t i = 0; i < BATCHES; i++)
        buf_fini(&batches[i]);
    codec_batch_fini(&out);
    draft_destroy(k.draft);
    json_parser_destroy(k.parser);
    return 0;
}
