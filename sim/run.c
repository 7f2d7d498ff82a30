#include "sim/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

#define START_US INT64_C(1763740800000000)
#define ROUNDS_TO_SETTLE 400
#define LONG_DAY_GROUPS 24u
#define LONG_DAY_GROUP 50u

/* --- the transcript --- */

void run_say(struct run *r, const char *format, ...)
{
    struct transcript *t = r->transcript;
    char *line = t->lines[t->line_count++ % TRANSCRIPT_LINES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, TRANSCRIPT_LINE_BYTES, format, args);
    va_end(args);
    if (t->is_loud)
        printf("    %s\n", line);
}

void run_fail(struct run *r, const char *format, ...)
{
    if (run_failed(r))
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(r->transcript->trouble, sizeof r->transcript->trouble, format, args);
    va_end(args);
}

/* --- the cold store outlives the engine, as a disk does --- */

static struct cold *cold_again(void *context, const char *snapshot, struct err *e)
{
    struct run *r = context;
    return failed(cold_memory_reopen(r->cold, snapshot, e)) ? NULL : r->cold;
}

static void cold_keep(void *context, struct cold *c)
{
    (void)context, (void)c;
}

/* --- crashes --- */

static void count_in(struct run *r)
{
    struct engine_stats s;
    engine_stats(r->engine, &s);
    r->transcript->checkpoints += s.checkpoints;
    r->transcript->fetched += s.fetched;
}

static void engine_stop(struct run *r)
{
    if (r->engine != NULL)
        count_in(r);
    engine_close(r->engine);
    r->engine = NULL;
}

static void recover(struct run *r)
{
    for (int tries = 0; r->engine == NULL && !run_failed(r); tries++) {
        struct err e = {0};
        if (tries < 3 && rng_chance(&r->rng, 0.15))
            disk_sim_stop_after(r->disk, 1 + rng_below(&r->rng, 30));
        struct status status = engine_open(&r->options, &r->engine, &e);
        bool was_stopped = disk_sim_stopped(r->disk);
        disk_sim_stop_after(r->disk, 0);
        if (done(status))
            break;
        r->engine = NULL;
        run_say(r, "recovery: %s: %s", status_name(status.code), e.text);
        if (status.code == STATUS_FULL && r->is_disk_full) {
            r->is_disk_full = false;
            disk_sim_limit(r->disk, UINT64_MAX);
            continue;
        }
        if (!was_stopped)
            run_fail(r, "recovery failed: %s: %s", status_name(status.code), e.text);
        r->transcript->recoveries_cut++;
        disk_sim_crash(r->disk);
    }
}

static void check_state(struct run *r, bool is_settled)
{
    check_people(r, is_settled);
    if (!run_failed(r))
        check_things(r);
    if (!run_failed(r))
        check_orders(r, is_settled);
    if (!run_failed(r))
        check_relations(r, is_settled);
    if (!run_failed(r) && r->engine != NULL)
        check_reach(r);
    if (!run_failed(r))
        check_scope(r);
    if (!run_failed(r) && r->engine != NULL)
        check_audience(r, is_settled);
}

static void crash(struct run *r, const char *why)
{
    run_say(r, "CRASH: %s", why);
    r->transcript->crashes++;
    engine_stop(r);
    disk_sim_crash(r->disk);
    r->options.memory_bytes = rng_chance(&r->rng, 0.4) ? 1 : 64 << 20;
    recover(r);
    if (run_failed(r))
        return;
    shadow_reopen(r->shadow);
    deliver_read_log(r);
    deliver_forget(r);
    check_digest(r);
    if (!run_failed(r))
        check_state(r, false);
    if (!run_failed(r) && rng_chance(&r->rng, 0.3))
        check_audit(r);
    if (!run_failed(r))
        deliver_lost_again(r);
}

void run_mind(struct run *r, struct status status, const struct err *e)
{
    if (run_failed(r))
        return;
    if (done(status)) {
        deliver_read_log(r);
        check_digest(r);
        return;
    }
    if (status.code != STATUS_IO || !disk_sim_stopped(r->disk))
        run_fail(r, "the engine stopped: %s: %s", status_name(status.code), e->text);
    else
        crash(r, e->text);
}

/* --- what happens --- */

static void checkpoint(struct run *r)
{
    struct err e = {0};
    bool wait = rng_chance(&r->rng, 0.5);
    run_say(r, "checkpoint%s", wait ? ", to its end" : "");
    run_mind(r, engine_checkpoint(r->engine, wait, &e), &e);
}

static void house(struct run *r)
{
    static const int64_t steps_us[] = {US_PER_MS, US_PER_SECOND, US_PER_MINUTE, US_PER_HOUR, US_PER_DAY, 8 * US_PER_DAY};
    static const double weights[] = {4, 4, 4, 3, 0.5, 0.1};
    uint32_t rounds = (uint32_t)rng_between(&r->rng, 1, 6);
    int64_t step_us = steps_us[rng_pick(&r->rng, weights, COUNT_OF(weights))];
    run_say(r, "%u rounds of housekeeping, %lld s each", rounds, (long long)(step_us / US_PER_SECOND));
    for (uint32_t i = 0; i < rounds && !run_failed(r); i++) {
        r->now_us += step_us;
        deliver_house(r);
    }
}

static void weather(struct run *r)
{
    switch (rng_below(&r->rng, 4)) {
    case 0:
        run_say(r, "the disk will stop");
        disk_sim_stop_after(r->disk, 1 + rng_below(&r->rng, 60));
        break;
    case 1:
        run_say(r, "the cold store will fail once");
        cold_memory_fail_after(r->cold, 1 + rng_below(&r->rng, 6));
        break;
    case 2:
        run_say(r, "the disk is %s", r->is_disk_full ? "free again" : "nearly full");
        r->is_disk_full = !r->is_disk_full;
        disk_sim_limit(r->disk, r->is_disk_full ? 4096 * (60 + rng_below(&r->rng, 200)) : UINT64_MAX);
        break;
    default:
        crash(r, "the power was cut");
        break;
    }
}

/* What was erased leaves the files, behind everything else that happens. */
static void purge(struct run *r)
{
    if (r->engine == NULL)
        return;
    run_say(r, "purge");
    r->transcript->purges++;
    engine_purge_want(r->engine);
}

/* So many messages that the oldest ones are beyond the number that is remembered. */
static void long_day(struct run *r)
{
    run_say(r, "a long day");
    for (uint32_t i = 0; i < LONG_DAY_GROUPS && !run_failed(r); i++) {
        r->now_us += US_PER_SECOND;
        deliver_group(r, LONG_DAY_GROUP);
        if (r->people.count > r->people.dedup_ids)
            deliver_edge(r);
    }
}

static void play_some(struct run *r)
{
    static const double weights[] = {10, 4, 1.5, 1.2, 0.7, 0.3, 0.2, 0.5};
    switch (rng_pick(&r->rng, weights, COUNT_OF(weights))) {
    case 0:
        r->now_us += rng_between(&r->rng, 0, 2 * US_PER_MINUTE);
        deliver_group(r, (uint32_t)rng_between(&r->rng, 1, rng_chance(&r->rng, 0.1) ? 40 : 6));
        break;
    case 1:
        house(r);
        break;
    case 2:
        checkpoint(r);
        break;
    case 3:
        weather(r);
        break;
    case 4:
        check_state(r, false);
        break;
    case 5:
        deliver_edge(r);
        break;
    case 6:
        purge(r);
        break;
    default:
        deliver_lost_again(r);
        break;
    }
}

/* Fair weather, until nothing happens by itself any more. */
static void settle(struct run *r)
{
    disk_sim_stop_after(r->disk, 0);
    disk_sim_limit(r->disk, UINT64_MAX);
    cold_memory_fail_after(r->cold, 0);
    r->is_disk_full = false;
    if (disk_sim_stopped(r->disk))
        crash(r, "the disk had stopped");
    deliver_lost_again(r);
    run_say(r, "settle");
    for (uint32_t quiet = 0, rounds = 0; quiet < 6 && rounds < ROUNDS_TO_SETTLE && !run_failed(r); rounds++) {
        uint32_t before = r->record_count;
        struct engine_stats s;
        r->now_us += 11 * US_PER_SECOND; /* beyond the pause after a failure of work */
        deliver_house(r);
        if (r->engine == NULL)
            return;
        engine_stats(r->engine, &s);
        quiet = r->record_count == before && s.waiting == 0 ? quiet + 1 : 0;
    }
}

static void run_open(struct run *r, uint64_t seed)
{
    rng_init(&r->rng, seed);
    r->arena = arena_create(1 << 16);
    r->disk = disk_sim_create(rng_next(&r->rng));
    r->cold = cold_memory_create();
    r->now_us = START_US;
    plan_init(&r->plan, &r->rng, &r->pool, START_US);
    r->shadow = shadow_create(r->registry, r->disk);
    model_identity_init(&r->identity, &r->pool);
    model_people_init(&r->people, registry_setting(r->registry, BYTES_LIT("collect.dedup_days"))->initially,
                      registry_setting(r->registry, BYTES_LIT("collect.dedup_ids"))->initially);
    r->options = (struct engine_options){
        .disk = r->disk,
        .cold_open = cold_again,
        .cold_close = cold_keep,
        .context = r,
        .registry = r->registry,
        .apply_version = 1,
        .log_segment_bytes = UINT64_C(4096) << rng_below(&r->rng, 6),
        .checkpoint_log_bytes = rng_chance(&r->rng, 0.5) ? 4096 : 1 << 20,
        .memory_bytes = rng_chance(&r->rng, 0.3) ? 1 : 64 << 20,
        .disk_reserve_bytes = 16384,
    };
    recover(r);
    if (!run_failed(r))
        r->read_until = log_first(engine_log(r->engine));
}

static void run_close(struct run *r)
{
    r->transcript->deeds = r->deed_count;
    r->transcript->records = r->record_count;
    engine_stop(r);
    shadow_destroy(r->shadow);
    cold_close(r->cold);
    disk_close(r->disk);
    arena_destroy(r->arena);
}

void run_play(struct transcript *t, uint64_t seed, const struct registry *registry)
{
    struct run *r = calloc(1, sizeof *r);
    assert(r != NULL);
    r->transcript = t;
    r->registry = registry;
    run_open(r, seed);
    if (!run_failed(r))
        deliver_setup(r);
    if (!run_failed(r) && rng_chance(&r->rng, 0.03))
        long_day(r);
    uint32_t moves = (uint32_t)rng_between(&r->rng, 20, rng_chance(&r->rng, 0.2) ? 400 : 160);
    for (uint32_t i = 0; i < moves && !run_failed(r); i++)
        play_some(r);
    if (!run_failed(r))
        settle(r);
    if (!run_failed(r))
        check_state(r, true);
    if (!run_failed(r))
        check_followed(r);
    if (!run_failed(r))
        check_log(r);
    if (!run_failed(r))
        check_audit(r);
    if (!run_failed(r) && rng_chance(&r->rng, 0.5)) {
        crash(r, "the end");
        settle(r);
        if (!run_failed(r))
            check_state(r, true);
        check_followed(r);
    }
    run_close(r);
    free(r);
}
