#include "testing/plant.h"

#include "engine/engine_domain.h"
#include "lib/pack.h"
#include "store/disk_sim.h"

#define START_US INT64_C(1763740800000000) /* 2025-11-21T16:00:00Z: midnight in Shanghai */
#define SETTING_BYTES_MAX 256u

static struct cold *cold_again(void *context, const char *snapshot, struct err *e)
{
    struct plant *p = context;
    return failed(cold_memory_reopen(p->cold, snapshot, e)) ? NULL : p->cold;
}

static void cold_keep(void *context, struct cold *c)
{
    (void)context, (void)c;
}

void plant_start(struct plant *p)
{
    struct err e = {0};
    p->engine = NULL;
    CHECK_DONE(p->t, engine_open(&p->options, &p->engine, &e), &e);
}

void plant_open(struct plant *p, struct t *t, const struct domain *const *domains, size_t count)
{
    struct err e = {0};
    *p = (struct plant){.t = t, .disk = disk_sim_create(t->seed), .cold = cold_memory_create(), .now_us = START_US};
    CHECK_DONE(t, registry_create(domains, count, &p->registry, &e), &e);
    p->options = (struct engine_options){
        .disk = p->disk,
        .cold_open = cold_again,
        .cold_close = cold_keep,
        .context = p,
        .registry = p->registry,
        .apply_version = 1,
        .log_segment_bytes = 1 << 15,
        .checkpoint_log_bytes = UINT64_C(1) << 40,
        .memory_bytes = 1 << 30,
    };
    plant_start(p);
}

void plant_close(struct plant *p)
{
    engine_close(p->engine);
    cold_close(p->cold);
    disk_close(p->disk);
    registry_destroy(p->registry);
}

void plant_crash(struct plant *p)
{
    engine_close(p->engine);
    disk_sim_crash(p->disk);
    plant_start(p);
}

static void applied(struct submission *s, const struct answer *a)
{
    const struct plant *p = s->context;
    CHECK(p->t, done(a->status) && a->refusal == NULL);
}

void plant_apply(struct plant *p, uint32_t command_id, struct bytes payload)
{
    struct err e = {0};
    struct submission one = {
        .command = registry_command(p->registry, command_id), .payload = payload, .answered = applied, .context = p};
    struct submission *list = &one;
    CHECK_DONE(p->t, engine_group(p->engine, &list, 1, p->now_us, &e), &e);
}

void plant_set(struct plant *p, const char *setting, int64_t value)
{
    struct buf b = arena_buf(p->t->arena, SETTING_BYTES_MAX);
    pack_bytes(&b, bytes_of_text(setting));
    pack_u64(&b, (uint64_t)value);
    plant_apply(p, COMMAND_SET, buf_bytes(&b));
}

fallible plant_house(struct plant *p, int64_t wait_us, struct err *e)
{
    int64_t next_us;
    p->now_us += wait_us;
    return engine_keep_house(p->engine, p->now_us, &next_us, e);
}

void plant_checkpoint(struct plant *p)
{
    struct err e = {0};
    CHECK_DONE(p->t, engine_checkpoint(p->engine, true, &e), &e);
}

struct hash128 plant_digest(const struct plant *p)
{
    struct engine_stats stats;
    engine_stats(p->engine, &stats);
    return stats.digest;
}
