#include "bench/world.h"
#include "bench/report.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/time.h"
#include "domain/access/access.h"
#include "domain/audience/audience.h"
#include "domain/calendar/calendar.h"
#include "domain/collect/collect.h"
#include "domain/column/column.h"
#include "domain/event/event.h"
#include "domain/identity/identity.h"
#include "domain/listing/listing.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/pulse/pulse.h"
#include "domain/relation/relation.h"
#include "domain/scope/scope.h"
#include "domain/thing/thing.h"
#include "domain/rule/rule.h"
#include "edge/door.h"
#include "engine/engine_domain.h"
#include "lib/pack.h"
#include "store/cold.h"
#include "store/disk.h"

#define SECRET UINT64_C(0x5eed5eed5eed5eed)

static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain, &people_domain, &event_domain, &column_domain, &access_domain, &calendar_domain, &order_domain, &pulse_domain, &relation_domain, &listing_domain, &scope_domain, &thing_domain, &rule_domain, &audience_domain};

struct cold *world_cold_open(void *context, const char *snapshot, struct err *e)
{
    (void)context, (void)snapshot, (void)e;
    return cold_memory_create();
}

void world_cold_close(void *context, struct cold *c)
{
    (void)context;
    cold_close(c);
}

static void broken(void *context, const char *words)
{
    (void)context;
    (void)fprintf(stderr, "bench: the engine stopped: %s\n", words);
    exit(1);
}

static void woken(void *context, struct workspace *w, struct engine *g)
{
    (void)context;
    door_woken(w, g);
}

void workspace_file(const char *folder, const char *name)
{
    char path[512];
    (void)mkdir(folder, 0700);
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof path, "%s/%s/workspace.json", folder, name);
    FILE *file = fopen(path, "we");
    if (file == NULL)
        exit(1);
    (void)fprintf(file, "{\"secret\":\"%016llx\"}\n", (unsigned long long)SECRET);
    (void)fclose(file);
}

struct registry *world_registry(void)
{
    struct err e = {0};
    struct registry *registry;
    must(registry_create(domains, COUNT_OF(domains), &registry, &e), &e);
    return registry;
}

void world_open(struct world *w, const char *folder, size_t memory)
{
    struct err e = {0};
    *w = (struct world){0};
    (void)snprintf(w->folder, sizeof w->folder, "%s", folder);
    workspace_file(folder, "main");
    w->registry = world_registry();
    struct host_options options = {
        .folder = w->folder,
        .registry = w->registry,
        .apply_version = 1,
        .memory_bytes = memory == 0 ? (size_t)20 << 30 : memory,
        .log_segment_bytes = 256u << 20,
        .checkpoint_log_bytes = env_number("BENCH_CHECKPOINT_BYTES", (size_t)1 << 30),
        .disk_reserve_bytes = 1u << 30,
        .woken = woken,
        .broken = broken,
    };
    must(host_create(&options, &w->host, &e), &e);
    must(host_workspace(w->host, BYTES_LIT("main"), &w->workspace, &e), &e);
}

void world_close(struct world *w)
{
    host_stop(w->host);
    host_destroy(w->host);
    registry_destroy(w->registry);
}

void alone_open(struct alone *a, const char *folder)
{
    struct err e = {0};
    *a = (struct alone){.folder = folder, .registry = world_registry()};
    must(disk_open_real(folder, &a->disk, &e), &e);
    struct engine_options options = {
        .disk = a->disk,
        .cold_open = world_cold_open,
        .cold_close = world_cold_close,
        .registry = a->registry,
        .apply_version = 1,
        .log_segment_bytes = 256u << 20,
        .checkpoint_log_bytes = UINT64_MAX,
        .memory_bytes = SIZE_MAX,
        .threaded = true,
    };
    must(engine_open(&options, &a->engine, &e), &e);
}

void alone_close(struct alone *a)
{
    engine_close(a->engine);
    disk_close(a->disk);
    registry_destroy(a->registry);
    files_remove(a->folder);
}

void alone_tell(const struct alone *a, uint64_t accepted, uint64_t count, const char *thing)
{
    struct engine_stats stats;
    engine_stats(a->engine, &stats);
    (void)fprintf(stderr, "digest %016" PRIx64 "%016" PRIx64 ", accepted %" PRIu64 ", rows %.0f bytes %s\n", stats.digest.high, stats.digest.low, accepted,
                  (double)stats.rows.bytes / (double)count, thing);
}

void world_remove(struct world *w)
{
    files_remove(w->folder);
}

void world_set(struct world *w, const char *name, uint64_t value)
{
    struct buf payload;
    struct answer answer;
    struct err e = {0};
    buf_init(&payload, 256);
    pack_bytes(&payload, bytes_of_text(name));
    pack_u64(&payload, value);
    if (failed(host_call(w->host, w->workspace, COMMAND_SET, buf_bytes(&payload), &answer, NULL, &e)) ||
        answer.refusal != NULL)
        exit(1);
    buf_fini(&payload);
}

struct stats_reading {
    struct world *world;
    struct engine_stats *stats;
};

static void read_stats(const struct view *v, void *context)
{
    (void)v;
    const struct stats_reading *r = context;
    engine_stats(workspace_engine(r->world->workspace), r->stats);
}

void world_stats(struct world *w, struct engine_stats *out_stats)
{
    struct err e = {0};
    must(host_read(w->host, w->workspace, read_stats, &(struct stats_reading){.world = w, .stats = out_stats}, &e), &e);
}

#define REST_LOOKS 5 /* one kind of work may begin when another one ends */
#define REST_LOOK_EVERY_US 100000

struct busy_reading {
    const struct world *world;
    bool busy;
};

static void read_busy(const struct view *v, void *context)
{
    (void)v;
    struct busy_reading *r = context;
    r->busy = engine_is_busy(workspace_engine(r->world->workspace));
}

void world_rest(struct world *w)
{
    struct err e = {0};
    struct busy_reading r = {.world = w};
    for (int quiet = 0; quiet < REST_LOOKS; quiet = r.busy ? 0 : quiet + 1) {
        (void)usleep(REST_LOOK_EVERY_US);
        must(host_read(w->host, w->workspace, read_busy, &r, &e), &e);
    }
}

/* --- batches --- */

static void event_write(struct buf *out, uint64_t person, uint64_t serial, const char *when)
{
    static const char *const names[] = {"Product Viewed", "Product Added", "Order Completed", "Page Scrolled", "Coupon Opened"};
    /* The three identifiers: an anonymous id (UUID), a user id, a phone as an external id. */
    buf_printf(out,
               "{\"type\":\"track\",\"event\":\"%s\",\"messageId\":\"node-next-%013llu-6f9d2c1e\",\"timestamp\":\"%s\","
               "\"anonymousId\":\"%08llx-5b1c-4e7a-9a3d-%012llx\",\"userId\":\"u%09llu\","
               "\"context\":{\"library\":{\"name\":\"@segment/analytics-node\",\"version\":\"3.1.0\"},"
               "\"externalIds\":[{\"id\":\"+86138%08llu\",\"type\":\"phone\",\"collection\":\"users\",\"encoding\":\"none\"}]},"
               "\"properties\":{\"sku\":\"SKU-%05llu\",\"category\":\"裙装\",\"price\":%llu.90,\"quantity\":%llu},\"integrations\":{}}",
               names[serial % COUNT_OF(names)], (unsigned long long)serial, when, (unsigned long long)(rng_mix(person) >> 32),
               (unsigned long long)person, (unsigned long long)person, (unsigned long long)(person % 100000000), (unsigned long long)(serial % 40000),
               (unsigned long long)(serial % 900 + 9), (unsigned long long)(serial % 3 + 1));
}

void batch_write(struct buf *out, uint64_t serial, uint64_t people, uint64_t first, struct rng *rng)
{
    char when[TIME_TEXT_BYTES];
    (void)time_format(time_now_us() - US_PER_SECOND, when);
    buf_push_text(out, "{\"batch\":[");
    for (uint64_t i = 0; i < WORLD_BATCH_EVENTS; i++) {
        uint64_t person = rng == NULL ? (first + i) % people : first + rng_below(rng, people);
        if (i > 0)
            buf_push_byte(out, ',');
        event_write(out, person, serial * WORLD_BATCH_EVENTS + i, when);
    }
    buf_printf(out, "],\"writeKey\":\"w\",\"sentAt\":\"%s\"}", when);
}

/* --- packing --- */

struct packer {
    struct codec codec;
    size_t rule_count;
    const struct id_type_rule *rules;
};

struct packer *packer_create(void)
{
    struct packer *p = calloc(1, sizeof *p);
    if (p == NULL)
        abort();
    p->codec = (struct codec){.parser = json_parser_create(16u << 20), .draft = draft_create()};
    p->rules = id_types_builtin(&p->rule_count);
    return p;
}

void packer_destroy(struct packer *p)
{
    json_parser_destroy(p->codec.parser);
    draft_destroy(p->codec.draft);
    free(p);
}

void packer_pack(struct packer *p, struct bytes batch, struct codec_batch *out)
{
    struct err e = {0};
    struct codec_context c = {
        .rules = p->rules, .rule_count = p->rule_count, .secret = SECRET, .source = BYTES_LIT("bench"), .brand = BYTES_LIT("lumi"), .channel = BYTES_LIT("web"), .received_us = time_now_us()};
    codec_batch_clear(out);
    must(segment_read(&p->codec, &c, batch, CALL_BATCH, out, &e), &e);
}

/* --- sending --- */

struct delivery {
    struct sender *sender;
    struct delivery *next;
    struct codec_batch batch;
    struct submission *submissions;
    struct message message;
    uint32_t answered;
};

struct sender {
    struct world *world;
    struct packer *packer;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct delivery *free;
    unsigned busy;
    unsigned all;
    atomic_uint_fast64_t accepted;
};

struct sender *sender_create(struct world *w, unsigned in_flight_max)
{
    struct sender *s = calloc(1, sizeof *s);
    s->world = w;
    s->packer = packer_create();
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->freed, NULL);
    for (s->all = 0; s->all < in_flight_max; s->all++) {
        struct delivery *d = calloc(1, sizeof *d);
        d->sender = s;
        codec_batch_init(&d->batch, 16u << 20);
        d->submissions = calloc(WORLD_BATCH_EVENTS, sizeof *d->submissions);
        d->next = s->free;
        s->free = d;
    }
    return s;
}

void sender_wait(struct sender *s)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->busy > 0)
        (void)pthread_cond_wait(&s->freed, &s->lock);
    (void)pthread_mutex_unlock(&s->lock);
}

void sender_destroy(struct sender *s)
{
    sender_wait(s);
    while (s->free != NULL) {
        struct delivery *d = s->free;
        s->free = d->next;
        codec_batch_fini(&d->batch);
        free(d->submissions);
        free(d);
    }
    packer_destroy(s->packer);
    free(s);
}

static void delivered(struct submission *submission, const struct answer *a)
{
    struct delivery *d = submission->context;
    struct sender *s = d->sender;
    if (done(a->status) && a->refusal == NULL)
        atomic_fetch_add_explicit(&s->accepted, 1, memory_order_relaxed);
    if (++d->answered < d->batch.event_count)
        return;
    (void)pthread_mutex_lock(&s->lock);
    d->next = s->free;
    s->free = d;
    s->busy--;
    (void)pthread_cond_signal(&s->freed);
    (void)pthread_mutex_unlock(&s->lock);
}

static struct delivery *delivery_take(struct sender *s)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->free == NULL)
        (void)pthread_cond_wait(&s->freed, &s->lock);
    struct delivery *d = s->free;
    s->free = d->next;
    s->busy++;
    (void)pthread_mutex_unlock(&s->lock);
    return d;
}

void sender_send(struct sender *s, struct bytes batch)
{
    struct delivery *d = delivery_take(s);
    struct err e = {0};
    d->answered = 0;
    packer_pack(s->packer, batch, &d->batch);
    const struct command *command = registry_command(s->world->registry, COMMAND_COLLECT_EVENT);
    for (size_t i = 0; i < d->batch.event_count; i++)
        d->submissions[i] = (struct submission){.command = command,
                                                .payload = bytes_of(d->batch.packed.data + d->batch.events[i].offset, d->batch.events[i].size),
                                                .answered = delivered,
                                                .context = d};
    d->message = (struct message){.workspace = s->world->workspace, .submissions = d->submissions, .submission_count = (uint32_t)d->batch.event_count};
    must(host_send(s->world->host, &d->message, &e), &e);
}

uint64_t sender_accepted(const struct sender *s)
{
    return atomic_load(&s->accepted);
}

double people_load_by(struct sender *s, uint64_t people, people_writer write)
{
    struct buf batch;
    buf_init(&batch, 1u << 20);
    double start = seconds_now();
    for (uint64_t first = 0; first < people; first += WORLD_BATCH_EVENTS) {
        buf_clear(&batch);
        write(&batch, first, people);
        sender_send(s, buf_bytes(&batch));
        if (first % 500000 == 0)
            (void)fprintf(stderr, "\rloading %llu of %llu people, %.0f k/s ", (unsigned long long)first, (unsigned long long)people,
                          (double)first / 1e3 / (seconds_now() - start + 1e-9));
    }
    sender_wait(s);
    buf_fini(&batch);
    double took = seconds_now() - start;
    (void)fprintf(stderr, "\rloaded %llu people in %.1f s            \n", (unsigned long long)people, took);
    return took;
}

static void loaded_write(struct buf *out, uint64_t first, uint64_t people)
{
    batch_write(out, UINT64_C(1000000000) + first / WORLD_BATCH_EVENTS, people, first, NULL);
}

double people_load(struct sender *s, uint64_t people)
{
    return people_load_by(s, people, loaded_write);
}

#define DRAWN_BATCHES_AT_ONCE 200u

/* One batch in `rare_every` is drawn from all of [0, rare_span); 0: none. */
struct drawing {
    uint64_t first, span;
    uint64_t rare_every, rare_span;
};

static double drawing_send(struct sender *s, uint64_t events, const struct drawing *d, uint64_t serial)
{
    struct buf batches[DRAWN_BATCHES_AT_ONCE];
    struct rng rng;
    double busy = 0;
    uint64_t sent = 0;
    rng_init(&rng, serial);
    for (size_t i = 0; i < DRAWN_BATCHES_AT_ONCE; i++)
        buf_init(&batches[i], 1u << 20);
    while (sent < events) {
        for (size_t i = 0; i < DRAWN_BATCHES_AT_ONCE; i++) {
            bool rare = d->rare_every > 0 && i % d->rare_every == 0;
            buf_clear(&batches[i]);
            batch_write(&batches[i], serial++, rare ? d->rare_span : d->span, rare ? 0 : d->first, &rng);
        }
        double start = seconds_now();
        for (size_t i = 0; i < DRAWN_BATCHES_AT_ONCE; i++)
            sender_send(s, buf_bytes(&batches[i]));
        sender_wait(s);
        busy += seconds_now() - start;
        sent += (uint64_t)DRAWN_BATCHES_AT_ONCE * WORLD_BATCH_EVENTS;
    }
    for (size_t i = 0; i < DRAWN_BATCHES_AT_ONCE; i++)
        buf_fini(&batches[i]);
    return (double)sent / busy;
}

double drawn_send(struct sender *s, uint64_t events, uint64_t first, uint64_t span, uint64_t serial)
{
    return drawing_send(s, events, &(struct drawing){.first = first, .span = span}, serial);
}

double mixed_send(struct sender *s, uint64_t events, uint64_t hot, uint64_t people, uint64_t serial)
{
    return drawing_send(s, events, &(struct drawing){.span = hot, .rare_every = 20, .rare_span = people}, serial);
}
