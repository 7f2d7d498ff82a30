#include "bench/offer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/report.h"

#define LOADED_EVENTS_A_BATCH 5000u
#define BATCH_BYTES_MAX (4u << 20)
#define PEOPLE UINT64_C(200000)

/* --- events --- */

static void batch_write(struct offer *o, struct buf *out, uint64_t count)
{
    static const char *const names[] = {"product_viewed", "product_viewed", "product_viewed", "product_viewed", "cart_added", "product_viewed", "order_paid"};
    uint64_t first = atomic_fetch_add(&o->serial, count);
    buf_clear(out);
    for (uint64_t i = first; i < first + count; i++)
        buf_printf(out,
                   "{\"event\":\"%s\",\"id\":\"e%llu\",\"channel\":\"web\",\"ids\":[{\"type\":\"member_"
                   "no\",\"value\":\"M%07llu\"}],"
                   "\"properties\":{\"sku\":\"SKU-%05llu\",\"seconds\":%llu,\"page\":\"/p/%llx\"}}\n",
                   names[i % COUNT_OF(names)], (unsigned long long)i, (unsigned long long)(i * 7919 % PEOPLE), (unsigned long long)(i % 40000),
                   (unsigned long long)(i % 90), (unsigned long long)(i * UINT64_C(2654435761)));
}

static void batch_send(struct client *c, const struct buf *body)
{
    struct client_call call = {.method = "POST", .path = "/api/v1/events", .body = buf_bytes(body)};
    struct client_reply reply;
    struct err e = {0};
    must(client_send(c, &call, &reply, &e), &e);
    if (reply.status == 200)
        return;
    (void)fprintf(stderr, "bench: %ld: %.*s\n", reply.status, BYTES_ARG(reply.body));
    exit(1);
}

void offer_load(struct offer *o, uint64_t events)
{
    struct buf body;
    buf_init(&body, BATCH_BYTES_MAX);
    for (uint64_t sent = 0; sent < events; sent += LOADED_EVENTS_A_BATCH) {
        batch_write(o, &body, LOADED_EVENTS_A_BATCH);
        batch_send(o->program->client, &body);
    }
    buf_fini(&body);
    (void)program_quiet_since(o->program);
}

/* --- a round --- */

/* One connection of it. */
struct offering {
    struct offer *offer;
    double *latencies_ms;
    size_t count, room;
};

static void sleep_until(double at)
{
    double left = at - seconds_now();
    struct timespec t = {.tv_sec = (time_t)left, .tv_nsec = (long)((left - (double)(time_t)left) * 1e9)};
    if (left > 0)
        (void)nanosleep(&t, NULL);
}

static void *offering_run(void *context)
{
    struct offering *g = context;
    struct offer *o = g->offer;
    struct client *c = program_client(o->program);
    struct buf body;
    double pause = (double)OFFER_EVENTS_A_BATCH * OFFER_CONNECTIONS / o->rate, start = seconds_now();
    buf_init(&body, BATCH_BYTES_MAX);
    for (double planned = start; planned < start + o->seconds && g->count < g->room; planned += pause) {
        batch_write(o, &body, OFFER_EVENTS_A_BATCH);
        sleep_until(planned);
        batch_send(c, &body);
        g->latencies_ms[g->count++] = (seconds_now() - planned) * 1e3;
    }
    buf_fini(&body);
    client_destroy(c);
    return NULL;
}

double offer_p99(struct offer *o, size_t *io_answers)
{
    struct offering all[OFFER_CONNECTIONS];
    pthread_t threads[OFFER_CONNECTIONS];
    size_t room = (size_t)(o->rate * o->seconds / OFFER_EVENTS_A_BATCH) + OFFER_CONNECTIONS, count = 0;
    double *latencies = calloc(room * OFFER_CONNECTIONS, sizeof *latencies);
    for (size_t i = 0; i < OFFER_CONNECTIONS; i++) {
        all[i] = (struct offering){.offer = o, .latencies_ms = calloc(room, sizeof(double)), .room = room};
        (void)pthread_create(&threads[i], NULL, offering_run, &all[i]);
    }
    for (size_t i = 0; i < OFFER_CONNECTIONS; i++) {
        (void)pthread_join(threads[i], NULL);
        memcpy(latencies + count, all[i].latencies_ms, all[i].count * sizeof *latencies);
        count += all[i].count;
        free(all[i].latencies_ms);
    }
    (void)median(latencies, count);
    double p99 = latencies[count * 99 / 100];
    free(latencies);
    *io_answers += count;
    return p99;
}
