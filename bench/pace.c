/* What the answers to events take while questions are asked without a pause, against rounds in which nobody asks: a daemon over what was loaded, events offered at a
 * fixed rate, and one asker after the other who waits for each answer. BENCH_EVENTS (2 M, loaded before), BENCH_OFFERED (20,000 events/s), BENCH_SECONDS (4, of a
 * round), BENCH_ROUNDS (5). */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/offer.h"
#include "bench/report.h"

#define ROUNDS_MAX 20u
#define QUESTION_PATH "/api/v1/analytics/funnel?wait_ms=60000"
#define QUESTION "{\"last\":\"7d\",\"steps\":[\"product_viewed\",\"cart_added\",\"order_paid\"],\"window\":\"1d\"}"
#define STATUS_BUSY 503

struct asker {
    struct program *program;
    atomic_bool stop;
    size_t answers;
    double seconds; /* of all of them */
};

static void question_ask(struct asker *a, struct client *c)
{
    struct client_call call = {.method = "POST", .path = QUESTION_PATH, .body = BYTES_LIT(QUESTION)};
    struct client_reply reply;
    struct err e = {0};
    double start = seconds_now();
    must(client_send(c, &call, &reply, &e), &e);
    if (reply.status == 200) {
        a->answers++;
        a->seconds += seconds_now() - start;
    } else if (reply.status != STATUS_BUSY) {
        (void)fprintf(stderr, "bench: %ld: %.*s\n", reply.status, BYTES_ARG(reply.body));
        exit(1);
    }
}

static void *asker_run(void *context)
{
    struct asker *a = context;
    struct client *c = program_client(a->program);
    while (!atomic_load(&a->stop))
        question_ask(a, c);
    client_destroy(c);
    return NULL;
}

static double p99_beside(struct offer *o, struct asker *io_asker, size_t *io_answers)
{
    pthread_t thread;
    atomic_store(&io_asker->stop, false);
    (void)pthread_create(&thread, NULL, asker_run, io_asker);
    double p99 = offer_p99(o, io_answers);
    atomic_store(&io_asker->stop, true);
    (void)pthread_join(thread, NULL);
    return p99;
}

static void pace_measure(struct offer *o, size_t rounds)
{
    double without[ROUNDS_MAX], with[ROUNDS_MAX], load = 0;
    struct asker asker = {.program = o->program};
    char conditions[400];
    size_t answers = 0;
    for (size_t i = 0; i < rounds; i++) {
        without[i] = offer_p99(o, &answers);
        with[i] = p99_beside(o, &asker, &answers);
        (void)fprintf(stderr, "round %zu: p99 %.2f ms without, %.2f ms beside questions\n", i, without[i], with[i]);
    }
    (void)getloadavg(&load, 1);
    double question_ms = asker.answers == 0 ? 0 : asker.seconds * 1e3 / (double)asker.answers;
    (void)snprintf(conditions, sizeof conditions,
                   "requests of %u events over %u connections, %.0f events/s offered, counted from the planned time; %zu rounds of %.0f s each way in turn, medians; "
                   "%zu answers, %zu funnels of %.0f ms each, load %.1f",
                   OFFER_EVENTS_A_BATCH, OFFER_CONNECTIONS, o->rate, rounds, o->seconds, answers, asker.answers, question_ms, load);
    report(&(struct figure){"pace", "time to the answer beside questions without a pause, p99, against none", "ms", median(with, rounds),
                            median(without, rounds), 1.5, "lower", conditions});
}

int main(int argc, char **argv)
{
    int code;
    struct program program;
    if (program_is_verb(argc, argv, &code))
        return code;
    const char *folder = argc > 1 ? argv[1] : "/tmp/kith-bench-pace";
    struct offer offer = {.program = &program,
                          .rate = (double)env_number("BENCH_OFFERED", 20000),
                          .seconds = (double)env_number("BENCH_SECONDS", 4)};
    size_t rounds = env_number("BENCH_ROUNDS", 5);
    folder_remove(folder);
    program_start(&program, folder);
    offer_load(&offer, env_number("BENCH_EVENTS", 2000000));
    pace_measure(&offer, rounds < 1 ? 1 : rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds);
    program_stop(&program);
    folder_remove(folder);
    return 0;
}
