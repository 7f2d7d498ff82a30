/* Orders through the engine, durable: an order of five lines in eight whole versions, shuffled among others, with all that follows
 * from them (its events, the buyer, the owner). BENCH_ORDERS (40,000). */
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/time.h"
#include "bench/report.h"
#include "bench/world.h"
#include "domain/order/order.h"

#define ROUNDS 5u
#define VERSIONS 8u
#define LINES 5u
#define GROUP_VERSIONS 2000u
#define WINDOW_ORDERS 2000u /* versions are shuffled within so many orders */
#define VERSION_BYTES_MAX 8192u
#define SECRET UINT64_C(0x6b697468)
#define START_US INT64_C(1794326400000000) /* 2026-11-11 in Shanghai */

/* --- versions --- */

struct version_place {
    size_t from, size;
};

struct load {
    struct engine *engine;
    const struct command *command;
    struct buf packed;
    struct version_place *places;
    size_t count;
    uint64_t accepted;
    struct submission submissions[GROUP_VERSIONS];
    struct submission *group[GROUP_VERSIONS];
};

static void put_number(struct buf *b, enum order_field_id id, int64_t x)
{
    order_value_pack(b, &(struct order_value){.field = order_field((uint8_t)id), .integer = x});
}

static void put_text(struct buf *b, enum order_field_id id, const char *text)
{
    order_value_pack(b, &(struct order_value){.field = order_field((uint8_t)id), .text = bytes_of_text(text)});
}

/* Parts whose bodies lie in one buffer, which moves while it grows. */
struct making {
    struct order_version version;
    struct order_part parts[32];
    size_t ends[32];
    struct buf bodies;
};

static void part_end(struct making *m, struct order_part part)
{
    m->parts[m->version.part_count] = part;
    m->ends[m->version.part_count++] = m->bodies.size;
}

static void lines_make(struct making *m, uint64_t order, const char (*ids)[4])
{
    char sku[24];
    struct buf discounts;
    buf_init(&discounts, 256);
    order_amount_pack(&discounts, BYTES_LIT("coupon"), 500);
    order_amount_pack(&discounts, BYTES_LIT("platform"), 1000);
    for (uint64_t line = 0; line < LINES; line++) {
        (void)snprintf(sku, sizeof sku, "SKU-%06llu", (unsigned long long)((order * LINES + line) % 50000));
        order_value_pack(
            &m->bodies,
            &(struct order_value){.field = order_field(FIELD_DISCOUNTS), .count = 2, .text = buf_bytes(&discounts)});
        put_text(&m->bodies, FIELD_NAME, "真丝印花连衣裙 M 码");
        put_text(&m->bodies, FIELD_SKU, sku);
        put_number(&m->bodies, FIELD_QUANTITY, 1);
        put_number(&m->bodies, FIELD_LIST_PRICE, 299);
        put_number(&m->bodies, FIELD_PAID, 28400);
        part_end(m, (struct order_part){.kind = ORDER_LINE, .id = bytes_of_text(ids[line])});
    }
    buf_fini(&discounts);
}

static void buyer_make(struct making *m, uint64_t order)
{
    char phone[24];
    struct envelope_id id = {.type = TYPE_PHONE, .role = ID_OWN};
    (void)snprintf(phone, sizeof phone, "+86139%08llu",
                   (unsigned long long)(order / 2 % 100000000)); /* two orders a buyer */
    id.value = bytes_of_text(phone);
    id.key = identifier_key(SECRET, id.type, id.ns, id.value);
    envelope_id_pack(&m->bodies, &id);
    part_end(m, (struct order_part){.kind = ORDER_BUYER});
}

/* The n-th version of an order says all that was so by then. */
static void version_make(struct making *m, uint64_t order, uint64_t n, struct buf *out)
{
    static const char ids[LINES][4] = {"1", "2", "3", "4", "5"};
    static const uint8_t states[] = {ORDER_CREATED, ORDER_PAID, ORDER_SHIPPED, ORDER_DELIVERED, ORDER_DONE};
    char number[24];
    struct err e = {0};
    int64_t created_us = START_US + (int64_t)order * 1000;
    (void)snprintf(number, sizeof number, "37%010llu", (unsigned long long)order);
    buf_clear(&m->bodies);
    m->version = (struct order_version){.key = {BYTES_LIT("tmall-1"), bytes_of_text(number)},
                                        .source = BYTES_LIT("oms"),
                                        .complete = true,
                                        .parts = m->parts};
    m->version.version = n + 1;
    m->version.time_us = created_us + (int64_t)n * US_PER_HOUR;
    put_text(&m->bodies, FIELD_BRAND, "a");
    part_end(m, (struct order_part){.kind = ORDER_HEAD, .sub = FIELD_BRAND});
    put_number(&m->bodies, FIELD_TOTAL, 28400 * LINES);
    part_end(m, (struct order_part){.kind = ORDER_PAYMENT});
    buyer_make(m, order);
    lines_make(m, order, ids);
    for (uint64_t s = 0; s < COUNT_OF(states) && s <= n; s++)
        part_end(m, (struct order_part){
                        .kind = ORDER_STATE, .sub = states[s], .time_us = created_us + (int64_t)s * US_PER_HOUR});
    if (n >= COUNT_OF(states)) {
        put_text(&m->bodies, FIELD_LINE, "1");
        put_number(&m->bodies, FIELD_AMOUNT, 1000);
        part_end(m, (struct order_part){.kind = ORDER_REFUND, .id = BYTES_LIT("R1")});
        part_end(m, (struct order_part){.kind = ORDER_STATE,
                                        .sub = REFUND_DONE,
                                        .id = BYTES_LIT("R1"),
                                        .time_us = created_us + 6 * US_PER_HOUR});
    }
    for (uint32_t i = 0; i < m->version.part_count; i++) {
        size_t from = i == 0 ? 0 : m->ends[i - 1];
        m->parts[i].body = m->ends[i] == from ? BYTES_NONE : bytes_of(m->bodies.data + from, m->ends[i] - from);
    }
    must(order_version_pack(&m->version, out, &e), &e);
}

static void round_make(struct load *l, uint64_t first, uint64_t orders, struct rng *rng)
{
    struct making m = {0};
    buf_init(&m.bodies, VERSION_BYTES_MAX);
    buf_clear(&l->packed);
    l->count = 0;
    for (uint64_t order = 0; order < orders; order++) {
        for (uint64_t n = 0; n < VERSIONS; n++) {
            size_t from = l->packed.size;
            version_make(&m, first + order, n, &l->packed);
            l->places[l->count++] = (struct version_place){from, l->packed.size - from};
        }
    }
    for (size_t window = 0; window < l->count; window += WINDOW_ORDERS * VERSIONS) {
        size_t size = l->count - window < WINDOW_ORDERS * VERSIONS ? l->count - window : WINDOW_ORDERS * VERSIONS;
        for (size_t i = size; i > 1; i--) {
            size_t j = (size_t)rng_below(rng, i);
            struct version_place kept = l->places[window + i - 1];
            l->places[window + i - 1] = l->places[window + j];
            l->places[window + j] = kept;
        }
    }
    buf_fini(&m.bodies);
}

/* --- through the engine --- */

static void answered(struct submission *s, const struct answer *a)
{
    uint64_t *accepted = s->context;
    *accepted += done(a->status) && a->refusal == NULL;
}

static void round_run(struct load *l)
{
    struct err e = {0};
    for (size_t from = 0; from < l->count; from += GROUP_VERSIONS) {
        size_t count = l->count - from < GROUP_VERSIONS ? l->count - from : GROUP_VERSIONS;
        for (size_t i = 0; i < count; i++) {
            const struct version_place *p = &l->places[from + i];
            l->submissions[i] = (struct submission){.command = l->command,
                                                    .payload = bytes_of(l->packed.data + p->from, p->size),
                                                    .answered = answered,
                                                    .context = &l->accepted};
            l->group[i] = &l->submissions[i];
        }
        must(engine_group(l->engine, l->group, count, time_now_us(), &e), &e);
    }
    while (engine_is_busy(l->engine)) /* what follows from the last ones */
        must(engine_group(l->engine, NULL, 0, time_now_us(), &e), &e);
}

int main(int argc, char **argv)
{
    size_t orders = env_number("BENCH_ORDERS", 40000) / ROUNDS;
    const char *folder = argc > 1 ? argv[1] : "/tmp/kith-bench-orders";
    double walls[ROUNDS], cpus[ROUNDS];
    char conditions[200];
    struct alone alone;
    struct rng rng;
    alone_open(&alone, folder);
    struct load *l = calloc(1, sizeof *l);
    rng_init(&rng, 7);
    l->engine = alone.engine;
    l->command = registry_command(alone.registry, COMMAND_ORDER_PUT);
    l->places = calloc(orders * VERSIONS, sizeof *l->places);
    buf_init(&l->packed, orders * VERSIONS * VERSION_BYTES_MAX);
    for (size_t round = 0; round < ROUNDS; round++) {
        round_make(l, round * orders, orders, &rng);
        double start = seconds_now(), cpu = thread_cpu_seconds();
        round_run(l);
        cpus[round] = (thread_cpu_seconds() - cpu) * 1e6 / (double)l->count;
        walls[round] = (double)l->count / (seconds_now() - start);
        (void)fprintf(stderr, "round %zu: %.0f versions/s, %.2f us of the engine's thread a version\n", round,
                      walls[round], cpus[round]);
    }
    alone_tell(&alone, l->accepted, orders * ROUNDS, "an order");
    (void)snprintf(conditions, sizeof conditions,
                   "%zu orders a round of %u lines, %u whole versions each, shuffled; with the events, buyers and "
                   "owners that follow; median of %u",
                   orders, LINES, VERSIONS, ROUNDS);
    report(&(struct figure){"orders", "versions of orders, durable", "versions/s", median(walls, ROUNDS), 0, 100000,
                            "higher", conditions});
    report(&(struct figure){"orders", "CPU of the engine's thread a version", "us", median(cpus, ROUNDS), 0, 0, "lower",
                            conditions});
    free(l->places);
    buf_fini(&l->packed);
    free(l);
    alone_close(&alone);
    return 0;
}
